/* airshed -- GPL-3.0-or-later. The trend of one cell: Mann-Kendall and Sen's slope of its means. */
#include "trend_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct option_spec trend_test_options[] = {
    {.name = "by",
     .kind = OPTION_CHOICE,
     .choices = "year|month|day",
     .fallback = "year",
     .help = "Test means of years, means of months, or the steps themselves. Daily values are "
             "autocorrelated, which makes p too small."},
    {.name = "variant",
     .kind = OPTION_CHOICE,
     .choices = "plain|seasonal|hamed-rao|trend-free",
     .fallback = "plain",
     .help =
         "Plain; seasonal: values are compared with those of the same month (--by month) or day "
         "of the year (--by day); hamed-rao: the variance allows for autocorrelation; "
         "trend-free: lag-1 autocorrelation is taken out before the test."},
    {.name = "min-valid",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .help = "A year's or month's mean needs this share of the steps that the calendar gives it."},
    {.name = NULL},
};

const char *const trend_map_names[TREND_MAPS] = {[TREND_S] = "s",
                                                 [TREND_Z] = "z",
                                                 [TREND_P] = "p",
                                                 [TREND_TAU] = "tau",
                                                 [TREND_SLOPE] = "slope",
                                                 [TREND_SLOPE_PER_DAY] = "slope_per_day",
                                                 [TREND_SLOPE_LOW] = "slope_low",
                                                 [TREND_SLOPE_HIGH] = "slope_high",
                                                 [TREND_INTERCEPT] = "intercept"};

const struct trend_variant_text trend_variants[VARIANTS] = {
    {"plain", "Mann-Kendall test", ""},
    {"seasonal", "seasonal Mann-Kendall test",
     "; Hirsch, Slack and Smith, Water Resources Research 18, 107-121, 1982"},
    {"hamed-rao", "Mann-Kendall test with the variance of Hamed and Rao",
     "; Hamed and Rao, Journal of Hydrology 204, 182-196, 1998"},
    {"trend-free", "Mann-Kendall test after trend-free pre-whitening",
     "; Yue, Pilon, Phinney and Cavadias, Hydrological Processes 16, 1807-1829, 2002"},
};

/* ---- seasons ------------------------------------------------------------------------------ */

/* A group, and where in the year it lies. */
struct place {
    int64_t in_year, group;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    return a->in_year != b->in_year ? (a->in_year > b->in_year) - (a->in_year < b->in_year)
                                    : (a->group > b->group) - (a->group < b->group);
}

/* Months, or seconds if all months had 31 days: the same every year. */
static int64_t place_in_year(const struct time_axis *axis, int64_t step, char by)
{
    struct calendar_date date = time_axis_date(axis, step);
    int64_t days = by == 'm' ? date.month * 31 : date.month * 31 + date.day;
    return by == 'm' ? days : days * 86400 + (int64_t)date.seconds;
}

/* Groups that lie alike in their years, in the order of time. */
static enum status find_seasons(struct trend_test *trend, const struct time_axis *axis, char by)
{
    enum status status;
    struct place *places = NULL;
    int64_t count = trend->grouping.count;
    TRY(memory_allocate((size_t)count, sizeof *places, &places));
    TRY(memory_allocate((size_t)count + 1, sizeof *trend->season_start, &trend->season_start));
    TRY(memory_allocate((size_t)count, sizeof *trend->season_step, &trend->season_step));
    for (int64_t step = axis->steps - 1; step >= 0; step--) {
        int64_t group = trend->grouping.group[step];
        places[group] = (struct place){place_in_year(axis, step, by), group};
    }
    qsort(places, (size_t)count, sizeof *places, compare_places);
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || places[i].in_year != places[i - 1].in_year) {
            trend->season_start[trend->seasons.seasons++] = i;
        }
        trend->season_step[i] = places[i].group;
    }
    trend->season_start[trend->seasons.seasons] = count;
    trend->seasons.start = trend->season_start;
    trend->seasons.step = trend->season_step;
done:
    free(places);
    return status;
}

/* ---- life --------------------------------------------------------------------------------- */

static enum trend_variant variant_of(const char *name)
{
    int variant = VARIANT_PLAIN;
    while (variant < VARIANTS - 1 && strcmp(trend_variants[variant].name, name) != 0) {
        variant++;
    }
    return (enum trend_variant)variant;
}

enum status trend_test_init(const struct options *options, const struct time_axis *time,
                            struct trend_test *trend)
{
    enum status status;
    char by = option_text(options, "by")[0];
    trend->min_valid = option_real(options, "min-valid");
    trend->days_per_year = step_groups_days_per_year(time->calendar);
    trend->variant = variant_of(option_text(options, "variant"));
    TRY(step_groups_create(time, by, &trend->grouping));
    FAIL_IF(trend->variant == VARIANT_SEASONAL && by == 'y', STATUS_USAGE,
            "--variant seasonal: a year has no seasons; use it with --by month or --by day");
    if (trend->variant == VARIANT_SEASONAL) {
        TRY(find_seasons(trend, time, by));
    }
done:
    return status;
}

enum status trend_test_create_buffers(struct trend_test *trend)
{
    enum status status;
    size_t groups = (size_t)trend->grouping.count;
    TRY(memory_allocate(groups, sizeof(double), &trend->means));
    TRY(memory_allocate(2 * groups, sizeof(double), &trend->scratch));
    TRY(sen_workspace_create(trend->grouping.count, &trend->sen));
    if (trend->variant != VARIANT_PLAIN) {
        TRY(trend_workspace_create(trend->grouping.count, trend_seasonal_pairs(&trend->seasons),
                                   &trend->workspace));
    }
done:
    return status;
}

int64_t trend_test_bytes(const struct trend_test *trend)
{
    int64_t groups = trend->grouping.count;
    int64_t pairs = trend_seasonal_pairs(&trend->seasons) * (int64_t)sizeof(double);
    return groups * (64 + 4 * 8) + (trend->variant == VARIANT_PLAIN ? 0 : groups * 200 + pairs);
}

void trend_test_clear(struct trend_test *trend)
{
    step_groups_clear(&trend->grouping);
    sen_workspace_destroy(&trend->sen);
    trend_workspace_destroy(&trend->workspace);
    free(trend->season_start);
    free(trend->season_step);
    free(trend->means);
    free(trend->scratch);
    *trend = (struct trend_test){0};
}

/* ---- one cell ----------------------------------------------------------------------------- */

/* The test and the line of --variant for the means at hand. */
static struct mann_kendall run_test(struct trend_test *trend, struct sen *sen)
{
    const struct step_groups *grouping = &trend->grouping;
    const double *t = grouping->time, *means = trend->means;
    struct mann_kendall test;
    if (trend->variant == VARIANT_SEASONAL) {
        test = trend_seasonal(means, &trend->seasons, trend->workspace);
        *sen = trend_seasonal_slope(t, means, &trend->seasons, test.variance, trend->workspace);
        return test;
    }
    *sen = sen_slope(t, means, grouping->count, 1, trend->sen);
    switch (trend->variant) {
    case VARIANT_HAMED_RAO:
        return trend_hamed_rao(t, means, grouping->count, sen->slope, trend->workspace);
    case VARIANT_TREND_FREE:
        return trend_free_prewhitening(t, means, grouping->count, sen->slope, trend->workspace);
    case VARIANT_PLAIN:
    case VARIANT_SEASONAL:
    case VARIANTS:
        break;
    }
    return mann_kendall_test(means, grouping->count, 1, trend->scratch);
}

static enum reason reason_of(const struct mann_kendall *test, const struct sen *sen)
{
    return sen->used == 0       ? REASON_ALL_MISSING
           : isnan(test->z)     ? REASON_TOO_SHORT
           : isnan(test->tau_b) ? REASON_FLAT_SERIES
                                : REASON_OK;
}

struct trend_result trend_test_cell(struct trend_test *trend, const float *series, int64_t steps,
                                    int64_t stride)
{
    struct sen sen;
    step_groups_means(&trend->grouping, trend->min_valid, series, steps, stride, trend->means);
    struct mann_kendall test = run_test(trend, &sen);
    return (struct trend_result){
        .maps = {[TREND_S] = isnan(test.z) ? NAN : (double)test.s,
                 [TREND_Z] = test.z,
                 [TREND_P] = test.p,
                 [TREND_TAU] = test.tau_b,
                 [TREND_SLOPE] = sen.slope,
                 [TREND_SLOPE_PER_DAY] = sen.slope / trend->days_per_year,
                 [TREND_SLOPE_LOW] = sen.low,
                 [TREND_SLOPE_HIGH] = sen.high,
                 [TREND_INTERCEPT] = sen.intercept},
        .used = test.used,
        .reason = reason_of(&test, &sen)};
}
