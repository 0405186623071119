/* airshed -- GPL-3.0-or-later. STL of gridded series as commands ask for it. */
#include "decomposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "kernels/lane_blocks.h"
#include "kernels/leap.h"
#include "kernels/stl.h"

#define STL_GROUP .group = "Decomposition (STL)"

const struct option_spec decomposition_options[] = {
    {.name = "preset",
     .kind = OPTION_CHOICE,
     .choices = "r|statsmodels|exact",
     .fallback = "statsmodels",
     .help = "Whose defaults fill what is not set: R's stl(), statsmodels' STL, or degree 1 and "
             "jump 1 throughout.",
     STL_GROUP},
    {.name = "period",
     .kind = OPTION_INTEGER,
     .fallback = "365",
     .low = 2,
     .high = 1e9,
     .argument = "STEPS",
     .help = "Length of the cycle in time steps.",
     STL_GROUP},
    {.name = "seasonal",
     .kind = OPTION_INTEGER,
     .fallback = "7",
     .choices = "periodic",
     .low = 3,
     .high = 1e9,
     .argument = "N",
     .help = "Window of the cycle-subseries, odd; `periodic` gives one cycle for all years.",
     STL_GROUP},
    {.name = "trend",
     .kind = OPTION_INTEGER,
     .low = 3,
     .high = 1e9,
     .argument = "N",
     .help = "Window of the trend, odd; default: smallest odd >= 1.5 period / (1 - 1.5 / seasonal).",
     STL_GROUP},
    {.name = "low-pass",
     .kind = OPTION_INTEGER,
     .low = 3,
     .high = 1e9,
     .argument = "N",
     .help = "Window of the low-pass filter, odd; default: smallest odd >= period (statsmodels: > "
             "period).",
     STL_GROUP},
    {.name = "seasonal-degree", .kind = OPTION_INTEGER, .high = 1, .choices = "preset",
     .fallback = "preset", .help = "Degree of the seasonal loess, 0 or 1.", STL_GROUP},
    {.name = "trend-degree", .kind = OPTION_INTEGER, .high = 1, .choices = "preset",
     .fallback = "preset", .help = "Degree of the trend loess, 0 or 1.", STL_GROUP},
    {.name = "low-pass-degree", .kind = OPTION_INTEGER, .high = 1, .choices = "preset",
     .fallback = "preset", .help = "Degree of the low-pass loess, 0 or 1.", STL_GROUP},
    {.name = "seasonal-jump", .kind = OPTION_INTEGER, .low = 1, .high = 1e9,
     .help = "Fit the seasonal at every N-th point and interpolate.", STL_GROUP},
    {.name = "trend-jump", .kind = OPTION_INTEGER, .low = 1, .high = 1e9,
     .help = "Fit the trend at every N-th point and interpolate.", STL_GROUP},
    {.name = "low-pass-jump", .kind = OPTION_INTEGER, .low = 1, .high = 1e9,
     .help = "Fit the low-pass at every N-th point and interpolate.", STL_GROUP},
    {.name = "inner", .kind = OPTION_INTEGER, .low = 1, .high = 1000,
     .help = "Inner passes; default: r 2 (robust 1), statsmodels 5 (robust 2).", STL_GROUP},
    {.name = "outer", .kind = OPTION_INTEGER, .high = 1000, .choices = "preset",
     .fallback = "preset", .help = "Robustness passes; default: 0, robust 15.", STL_GROUP},
    {.name = "robust",
     .kind = OPTION_FLAG,
     .help = "Weigh outliers down. With skewed data the baseline then drops part of the pollution "
             "(P2.28): see remainder_mean.",
     STL_GROUP},
    {.name = "calendar-days",
     .kind = OPTION_CHOICE,
     .choices = "auto|calendar|drop|interpolate|naive",
     .fallback = "auto",
     .help = "29 February (P2.25): taken out and filled in again, left missing, years mapped to 365 "
             "points, or untouched. auto: calendar for daily steps, period 365 and a calendar with "
             "leap days, else naive.",
     STL_GROUP},
    {.name = "gap-window",
     .kind = OPTION_CHOICE,
     .choices = "nearest|fixed",
     .fallback = "nearest",
     .help = "Windows of cells with missing values: widened to the nearest valid ones, or fixed.",
     STL_GROUP},
    {.name = NULL},
};

/* ---- settings ----------------------------------------------------------------------------- */

/* A number, or what stands for "as the preset says". */
static int64_t number_or(const struct options *options, const char *name, int64_t otherwise)
{
    int64_t value = otherwise;
    if (option_count(options, name) > 0) {
        text_parse_integer(option_item(options, name, 0), &value);
    }
    return value;
}

static enum stl_preset find_preset(const char *name)
{
    return strcmp(name, "r") == 0       ? STL_PRESET_R
           : strcmp(name, "exact") == 0 ? STL_PRESET_EXACT
                                        : STL_PRESET_STATSMODELS;
}

static struct stl_settings read_settings(const struct options *options)
{
    bool is_periodic = strcmp(option_item(options, "seasonal", 0), "periodic") == 0;
    int64_t seasonal = is_periodic ? STL_PERIODIC : number_or(options, "seasonal", 7);
    struct stl_settings settings =
        stl_settings_preset(find_preset(option_text(options, "preset")),
                            option_integer(options, "period"), seasonal,
                            option_flag(options, "robust"));
    settings.trend = number_or(options, "trend", 0);
    settings.low_pass = number_or(options, "low-pass", 0);
    settings.seasonal_jump = number_or(options, "seasonal-jump", 0);
    settings.trend_jump = number_or(options, "trend-jump", 0);
    settings.low_pass_jump = number_or(options, "low-pass-jump", 0);
    settings.seasonal_degree = (int)number_or(options, "seasonal-degree", STL_DERIVED);
    settings.trend_degree = (int)number_or(options, "trend-degree", STL_DERIVED);
    settings.low_pass_degree = (int)number_or(options, "low-pass-degree", STL_DERIVED);
    settings.inner = (int)number_or(options, "inner", STL_DERIVED);
    settings.outer = (int)number_or(options, "outer", STL_DERIVED);
    settings.gap_window = strcmp(option_text(options, "gap-window"), "fixed") == 0
                              ? STL_GAP_WINDOW_FIXED
                              : STL_GAP_WINDOW_NEAREST;
    return settings;
}

static enum leap_mode find_leap_mode(const struct options *options, const struct time_axis *time)
{
    static const char *const names[] = {
        [LEAP_NAIVE] = "naive", [LEAP_CALENDAR] = "calendar", [LEAP_DROP] = "drop",
        [LEAP_INTERPOLATE] = "interpolate"};
    const char *wanted = option_text(options, "calendar-days");
    for (int mode = LEAP_NAIVE; mode <= LEAP_INTERPOLATE; mode++) {
        if (strcmp(wanted, names[mode]) == 0) {
            return (enum leap_mode)mode;
        }
    }
    bool applies = time->step_days == 1.0 && option_integer(options, "period") == 365 &&
                   calendar_has_leap_days(time->calendar);
    return applies ? LEAP_CALENDAR : LEAP_NAIVE;
}

static enum status create_leap_axis(struct decomposition *decomposition, enum leap_mode mode,
                                    const struct time_axis *time)
{
    enum status status = STATUS_OK;
    int32_t *day_of_year = NULL;
    int32_t *days_in_year = NULL;
    FAIL_IF(mode != LEAP_NAIVE && time->step_days != 1.0, STATUS_USAGE,
            "--calendar-days is for daily steps: leave it out or use naive");
    TRY(memory_allocate((size_t)time->steps, sizeof *day_of_year, &day_of_year));
    TRY(memory_allocate((size_t)time->steps, sizeof *days_in_year, &days_in_year));
    for (int64_t step = 0; step < time->steps; step++) {
        struct calendar_date date = time_axis_date(time, step);
        bool has_leap_days = calendar_has_leap_days(time->calendar);
        day_of_year[step] = calendar_day_of_year(time->calendar, &date);
        days_in_year[step] =
            has_leap_days && calendar_is_leap_year(time->calendar, date.year) ? 366 : 365;
    }
    TRY(leap_axis_create(mode, time->steps, day_of_year, days_in_year, &decomposition->leap));
done:
    free(day_of_year);
    free(days_in_year);
    return status;
}

static void summarise(struct decomposition *decomposition, const char *preset)
{
    static const char *const gap_windows[] = {"nearest", "fixed"};
    const struct stl_settings *s = stl_plan_settings(decomposition->plan);
    char seasonal[32];
    snprintf(seasonal, sizeof seasonal, s->seasonal == STL_PERIODIC ? "periodic" : "%lld",
             (long long)s->seasonal);
    snprintf(decomposition->summary, sizeof decomposition->summary,
             "STL preset %s: period %lld, seasonal %s degree %d jump %lld, trend %lld degree %d jump "
             "%lld, low-pass %lld degree %d jump %lld, inner %d, outer %d, gap window %s",
             preset, (long long)s->period, seasonal, s->seasonal_degree,
             (long long)s->seasonal_jump, (long long)s->trend, s->trend_degree,
             (long long)s->trend_jump, (long long)s->low_pass, s->low_pass_degree,
             (long long)s->low_pass_jump, s->inner, s->outer, gap_windows[s->gap_window]);
}

/* ---- life --------------------------------------------------------------------------------- */

static enum status create_blocks(struct decomposition *decomposition)
{
    enum status status;
    size_t days = (size_t)decomposition->leap->days * LANES;
    size_t points = (size_t)decomposition->leap->points * LANES;
    double **of_days[] = {&decomposition->series, &decomposition->trend, &decomposition->seasonal};
    double **of_points[] = {&decomposition->points, &decomposition->point_trend,
                            &decomposition->point_seasonal};
    decomposition->is_plain = leap_axis_is_plain(decomposition->leap);
    for (int i = 0; i < 3; i++) {
        TRY(memory_allocate(days, sizeof(double), of_days[i]));
        if (decomposition->is_plain) {
            *of_points[i] = *of_days[i];
        } else {
            TRY(memory_allocate(points, sizeof(double), of_points[i]));
        }
    }
done:
    return status;
}

enum status decomposition_create(const struct options *options, const struct time_axis *time,
                                 struct decomposition **out)
{
    enum status status;
    struct decomposition *decomposition = NULL;
    struct stl_settings settings = read_settings(options);

    TRY(stl_settings_check(&settings));
    TRY(memory_allocate(1, sizeof *decomposition, &decomposition));
    decomposition->steps = time->steps;
    TRY(create_leap_axis(decomposition, find_leap_mode(options, time), time));
    TRY(stl_plan_create(&settings, decomposition->leap->points, &decomposition->plan));
    TRY(stl_workspace_create(decomposition->plan, &decomposition->workspace));
    TRY(create_blocks(decomposition));
    summarise(decomposition, option_text(options, "preset"));
    *out = decomposition;
    decomposition = NULL;
done:
    decomposition_destroy(&decomposition);
    return status;
}

void decomposition_destroy(struct decomposition **decomposition)
{
    struct decomposition *d = *decomposition;
    if (d == NULL) {
        return;
    }
    stl_workspace_destroy(&d->workspace);
    stl_plan_destroy(&d->plan);
    leap_axis_destroy(&d->leap);
    free(d->series);
    free(d->trend);
    free(d->seasonal);
    if (!d->is_plain) {
        free(d->points);
        free(d->point_trend);
        free(d->point_seasonal);
    }
    free(d);
    *decomposition = NULL;
}

int64_t decomposition_bytes(const struct decomposition *decomposition)
{
    int64_t blocks = 3 * (decomposition->leap->days + decomposition->leap->points) * LANES;
    return blocks * (int64_t)sizeof(double) + (int64_t)stl_workspace_bytes(decomposition->plan) +
           (int64_t)stl_plan_bytes(decomposition->plan);
}

bool decomposition_is_linear(const struct decomposition *decomposition)
{
    return stl_plan_settings(decomposition->plan)->outer == 0;
}

/* ---- work --------------------------------------------------------------------------------- */

void decomposition_load(struct decomposition *decomposition, const float *values, int64_t cells,
                        int64_t first)
{
    lane_block_load(values, decomposition->steps, cells, first, decomposition->series);
}

static void mark_missing_lanes(struct decomposition *decomposition)
{
    for (int lane = 0; lane < LANES; lane++) {
        int64_t step = 0;
        while (step < decomposition->steps && isnan(decomposition->series[step * LANES + lane])) {
            step++;
        }
        if (step == decomposition->steps) {
            decomposition->reasons[lane] = REASON_ALL_MISSING;
        }
    }
}

void decomposition_run(struct decomposition *decomposition)
{
    struct stl_parts parts = {.trend = decomposition->point_trend,
                              .seasonal = decomposition->point_seasonal};
    if (!decomposition->is_plain) {
        leap_to_points(decomposition->leap, decomposition->series, decomposition->points);
    }
    stl_decompose(decomposition->plan, decomposition->workspace, decomposition->points, &parts,
                  decomposition->reasons);
    if (!decomposition->is_plain) {
        leap_to_days(decomposition->leap, decomposition->point_trend, decomposition->trend);
        leap_to_days(decomposition->leap, decomposition->point_seasonal, decomposition->seasonal);
    }
    mark_missing_lanes(decomposition);
}

void decomposition_take_remainder(struct decomposition *d, double mean[LANES])
{
    int64_t observed[LANES] = {0};
    for (int lane = 0; lane < LANES; lane++) {
        mean[lane] = 0;
    }
    for (int64_t step = 0; step < d->steps; step++) {
        for (int lane = 0; lane < LANES; lane++) {
            int64_t i = step * LANES + lane;
            d->series[i] = d->series[i] - d->trend[i] - d->seasonal[i];
            if (!isnan(d->series[i])) {
                mean[lane] += d->series[i];
                observed[lane]++;
            }
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        mean[lane] = observed[lane] > 0 ? mean[lane] / (double)observed[lane] : NAN;
    }
}
