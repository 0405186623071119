/* airshed -- GPL-3.0-or-later. attribute: the parts of one cell, day by day and over periods. */
#include <math.h>

#include "attribute.h"

const char *const attribute_map_names[ATTRIBUTE_MAPS] = {
    [ATTRIBUTE_POLLUTION] = "pollution_mean",
    [ATTRIBUTE_IHS] = "ihs_mean",
    [ATTRIBUTE_BACKGROUND] = "background_mean",
    [ATTRIBUTE_RATIO_OF_MEANS] = "share_ratio_of_means",
    [ATTRIBUTE_MEAN_OF_RATIOS] = "share_mean_of_ratios",
    [ATTRIBUTE_HARMONIC] = "pollution_harmonic_mean",
    [ATTRIBUTE_OUTSIDE] = "outside_mean"};

const char *const attribute_count_names[ATTRIBUTE_COUNTS] = {[ATTRIBUTE_DAYS] = "days",
                                                             [ATTRIBUTE_SHARE_DAYS] = "share_days",
                                                             [ATTRIBUTE_NEGATIVE] = "negative_days"};

struct attribute_day attribute_day_of(float pollution, float deweathered, float expected)
{
    double ihs = (double)deweathered - (double)expected;
    return (struct attribute_day){
        .ihs = ihs,
        .background = (double)pollution - ihs,
        .share = (double)pollution >= SHARE_FLOOR ? ihs / (double)pollution : NAN};
}

struct sums {
    double pollution, ihs, background, ratios, inverse, outside;
    int32_t days, share_days, negative, outside_days;
};

static void add_day(double pollution, const struct attribute_day *day, struct sums *sums)
{
    sums->pollution += pollution;
    sums->ihs += day->ihs;
    sums->background += day->background;
    sums->days++;
    sums->negative += day->background < 0;
    if (pollution >= SHARE_FLOOR) {
        sums->ratios += day->share;
        sums->inverse += 1 / pollution;
        sums->share_days++;
    }
}

static struct attribute_means means_from(const struct sums *sums)
{
    double days = sums->days > 0 ? sums->days : NAN;
    return (struct attribute_means){
        .maps = {[ATTRIBUTE_POLLUTION] = sums->pollution / days,
                 [ATTRIBUTE_IHS] = sums->ihs / days,
                 [ATTRIBUTE_BACKGROUND] = sums->background / days,
                 [ATTRIBUTE_RATIO_OF_MEANS] =
                     sums->pollution > 0 ? sums->ihs / sums->pollution : NAN,
                 [ATTRIBUTE_MEAN_OF_RATIOS] =
                     sums->share_days > 0 ? sums->ratios / sums->share_days : NAN,
                 [ATTRIBUTE_HARMONIC] =
                     sums->share_days > 0 ? sums->share_days / sums->inverse : NAN,
                 [ATTRIBUTE_OUTSIDE] =
                     sums->outside_days > 0 ? sums->outside / sums->outside_days : NAN},
        .counts = {[ATTRIBUTE_DAYS] = sums->days,
                   [ATTRIBUTE_SHARE_DAYS] = sums->share_days,
                   [ATTRIBUTE_NEGATIVE] = sums->negative}};
}

bool attribute_is_outside(const struct attribute_series *series, int64_t steps)
{
    int64_t step = 0;
    while (step < steps && isnan(series->expected[step * series->stride])) {
        step++;
    }
    return step == steps;
}

struct attribute_means attribute_means_of(const struct periods *periods,
                                          const struct period *period,
                                          const struct attribute_series *series)
{
    struct sums sums = {0};
    for (int64_t step = period->first; step <= period->last; step++) {
        int64_t at = step * series->stride;
        struct attribute_day day = attribute_day_of(series->pollution[at], series->deweathered[at],
                                                    series->expected[at]);
        if (!isnan(day.background) && period_holds(periods, period, step)) {
            add_day((double)series->pollution[at], &day, &sums);
        }
        if (series->is_outside && !isnan(series->deweathered[at]) &&
            period_holds(periods, period, step)) {
            sums.outside += (double)series->deweathered[at];
            sums.outside_days++;
        }
    }
    return means_from(&sums);
}
