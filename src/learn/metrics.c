/* airshed -- GPL-3.0-or-later. Errors of predictions. */
#include "learn/metrics.h"

#include <math.h>

void metric_add(struct metric_sums *sums, double observed, double predicted)
{
    double error = predicted - observed;
    if (isnan(error)) {
        return;
    }
    sums->count++;
    sums->error += error;
    sums->square += error * error;
    sums->absolute += fabs(error);
    sums->x += observed;
    sums->y += predicted;
    sums->xx += observed * observed;
    sums->yy += predicted * predicted;
    sums->xy += observed * predicted;
}

void metric_merge(struct metric_sums *sums, const struct metric_sums *part)
{
    sums->count += part->count;
    sums->error += part->error;
    sums->square += part->square;
    sums->absolute += part->absolute;
    sums->x += part->x;
    sums->y += part->y;
    sums->xx += part->xx;
    sums->yy += part->yy;
    sums->xy += part->xy;
}

static double mean_of(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

double metric_mean(const struct metric_sums *sums)
{
    return mean_of(sums->x, sums->count);
}

double metric_bias(const struct metric_sums *sums)
{
    return mean_of(sums->error, sums->count);
}

double metric_mae(const struct metric_sums *sums)
{
    return mean_of(sums->absolute, sums->count);
}

double metric_rmse(const struct metric_sums *sums)
{
    return sqrt(mean_of(sums->square, sums->count));
}

double metric_correlation(const struct metric_sums *sums)
{
    double count = (double)sums->count;
    double xx = sums->xx - sums->x * sums->x / count;
    double yy = sums->yy - sums->y * sums->y / count;
    double xy = sums->xy - sums->x * sums->y / count;
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
