/* airshed -- GPL-3.0-or-later. Extremes and gaps of many values. */
#include "kernels/survey.h"

#include <math.h>

#include "kernels/lanes.h"

/* Comparisons with NaN are false, so missing values pass by. Lanes, because the compiler may not
 * reorder a running minimum of its own accord. */
#define SURVEY(type)                                                                               \
    type low[2 * LANES];                                                                           \
    type high[2 * LANES];                                                                          \
    int64_t missing = 0;                                                                           \
    for (int lane = 0; lane < 2 * LANES; lane++) {                                                 \
        low[lane] = (type)INFINITY;                                                                \
        high[lane] = (type)-INFINITY;                                                              \
    }                                                                                              \
    int64_t i = 0;                                                                                 \
    for (; i + 2 * LANES <= count; i += 2 * LANES) {                                               \
        for (int lane = 0; lane < 2 * LANES; lane++) {                                             \
            type value = values[i + lane];                                                         \
            low[lane] = value < low[lane] ? value : low[lane];                                     \
            high[lane] = value > high[lane] ? value : high[lane];                                  \
            missing += value != value;                                                             \
        }                                                                                          \
    }                                                                                              \
    for (; i < count; i++) {                                                                       \
        low[0] = values[i] < low[0] ? values[i] : low[0];                                          \
        high[0] = values[i] > high[0] ? values[i] : high[0];                                       \
        missing += values[i] != values[i];                                                         \
    }                                                                                              \
    for (int lane = 1; lane < 2 * LANES; lane++) {                                                 \
        low[0] = low[lane] < low[0] ? low[lane] : low[0];                                          \
        high[0] = high[lane] > high[0] ? high[lane] : high[0];                                     \
    }                                                                                              \
    struct survey result = {missing, NAN, NAN};                                                    \
    if (missing < count) {                                                                         \
        result.low = (double)low[0];                                                               \
        result.high = (double)high[0];                                                             \
    }                                                                                              \
    return result

KERNEL_CLONES
struct survey survey_floats(const float *values, int64_t count)
{
    SURVEY(float);
}

KERNEL_CLONES
struct survey survey_doubles(const double *values, int64_t count)
{
    SURVEY(double);
}
