/* airshed -- GPL-3.0-or-later. Relative humidity from temperature and dew point. */
#ifndef AIRSHED_KERNELS_HUMIDITY_H
#define AIRSHED_KERNELS_HUMIDITY_H

#include <stdint.h>

/** Magnus' formula: saturation pressure is proportional to exp(slope t / (offset_c + t)), t in
 * degC. */
struct magnus {
    double slope;
    double offset_c;
};

/** Constants of Alduchov and Eskridge (1996), the reading of P2.04. */
#define MAGNUS_DEFAULT ((struct magnus){17.625, 243.04})

/** Relative humidity in %, within [0, 100] (P2.04): a dew point above the temperature, which
 *  averaging and rounding produce, gives 100.
 *
 *  @return NaN where either is NaN or not above -offset_c
 */
double humidity_relative(struct magnus magnus, double temperature_c, double dew_point_c);

/** humidity_relative() of @p count pairs into @p humidity, which may be either input. */
void humidity_fill(struct magnus magnus, const double *temperature_c, const double *dew_point_c,
                   int64_t count, double *humidity);

#endif
