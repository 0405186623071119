/* airshed -- GPL-3.0-or-later. Relative humidity from temperature and dew point. */
#include "kernels/humidity.h"

#include <math.h>

static double saturation(struct magnus magnus, double celsius)
{
    return exp(magnus.slope * celsius / (magnus.offset_c + celsius));
}

double humidity_relative(struct magnus magnus, double temperature_c, double dew_point_c)
{
    if (!(temperature_c > -magnus.offset_c) || !(dew_point_c > -magnus.offset_c)) {
        return NAN;
    }
    double humidity = 100 * saturation(magnus, dew_point_c) / saturation(magnus, temperature_c);
    return humidity > 100 ? 100 : humidity < 0 ? 0 : humidity;
}

void humidity_fill(struct magnus magnus, const double *temperature_c, const double *dew_point_c,
                   int64_t count, double *humidity)
{
    for (int64_t i = 0; i < count; i++) {
        humidity[i] = humidity_relative(magnus, temperature_c[i], dew_point_c[i]);
    }
}
