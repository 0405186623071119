/* airshed -- GPL-3.0-or-later. Extremes and gaps of many values: exact in any order. */
#ifndef AIRSHED_KERNELS_SURVEY_H
#define AIRSHED_KERNELS_SURVEY_H

#include <stdint.h>

struct survey {
    int64_t missing;  /**< NaN among the values */
    double low, high; /**< extremes of the others; NaN where there is none */
};

struct survey survey_floats(const float *values, int64_t count);
struct survey survey_doubles(const double *values, int64_t count);

#endif
