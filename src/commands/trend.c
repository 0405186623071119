/* airshed -- GPL-3.0-or-later. trend: Mann-Kendall and Sen's slope of every cell (P2.52). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "flow/produce.h"
#include "kernels/mann_kendall.h"
#include "kernels/sen.h"
#include "kernels/trend_variants.h"
#include "parallel/agree.h"
#include "step_groups.h"

static const struct option_spec trend_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube or stack of maps with a time axis."},
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

enum trend_map {
    TREND_S,
    TREND_Z,
    TREND_P,
    TREND_TAU,
    TREND_SLOPE,
    TREND_SLOPE_PER_DAY,
    TREND_SLOPE_LOW,
    TREND_SLOPE_HIGH,
    TREND_INTERCEPT,
    TREND_MAPS,
    TREND_USED = TREND_MAPS,
    TREND_REASON,
    TREND_VARIABLES
};

/* Order of the choices of --variant. */
enum variant {
    VARIANT_PLAIN,
    VARIANT_SEASONAL,
    VARIANT_HAMED_RAO,
    VARIANT_TREND_FREE,
    VARIANTS
};

static const struct {
    const char *name, *test, *references;
} variants[VARIANTS] = {
    {"plain", "Mann-Kendall test", ""},
    {"seasonal", "seasonal Mann-Kendall test",
     "; Hirsch, Slack and Smith, Water Resources Research 18, 107-121, 1982"},
    {"hamed-rao", "Mann-Kendall test with the variance of Hamed and Rao",
     "; Hamed and Rao, Journal of Hydrology 204, 182-196, 1998"},
    {"trend-free", "Mann-Kendall test after trend-free pre-whitening",
     "; Yue, Pilon, Phinney and Cavadias, Hydrological Processes 16, 1807-1829, 2002"},
};

struct trend {
    struct input *input;
    struct step_groups grouping;
    enum variant variant;
    struct trend_seasons seasons;
    int64_t *season_start, *season_step; /* of the seasons */
    struct trend_workspace *workspace;   /* NULL for the plain test */
    double min_valid, days_per_year;
    struct sen_workspace *sen;
    float *values;  /* [steps, cells] of the item */
    float *maps;    /* [TREND_MAPS, cells] */
    int32_t *used;  /* [cells] */
    int8_t *reason; /* [cells] */
    double *means, *scratch;
    char slope_units[96], slope_day_units[96], intercept_name[128];
    char title[128], references[512];
    struct cube_attribute attributes[3];
    struct cube_variable variables[TREND_VARIABLES];
    struct cube_spec spec;
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
static enum status find_seasons(struct trend *trend, const struct time_axis *axis, char by)
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

/* ---- items -------------------------------------------------------------------------------- */

static enum status trend_read(void *context, struct flow_item *item)
{
    struct trend *trend = context;
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    return input_read(trend->input, &item->window, trend->values);
}

/* The test and the line of --variant for the means at hand. */
static struct mann_kendall trend_test(struct trend *trend, struct sen *sen)
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

static void trend_cell(struct trend *trend, int64_t cell, int64_t cells, int64_t steps)
{
    step_groups_means(&trend->grouping, trend->min_valid, trend->values + cell, steps, cells,
                      trend->means);
    struct sen sen;
    struct mann_kendall test = trend_test(trend, &sen);
    const double result[TREND_MAPS] = {
        [TREND_S] = isnan(test.z) ? NAN : (double)test.s,
        [TREND_Z] = test.z,
        [TREND_P] = test.p,
        [TREND_TAU] = test.tau_b,
        [TREND_SLOPE] = sen.slope,
        [TREND_SLOPE_PER_DAY] = sen.slope / trend->days_per_year,
        [TREND_SLOPE_LOW] = sen.low,
        [TREND_SLOPE_HIGH] = sen.high,
        [TREND_INTERCEPT] = sen.intercept,
    };
    for (int map = 0; map < TREND_MAPS; map++) {
        trend->maps[map * cells + cell] = (float)result[map];
    }
    trend->used[cell] = (int32_t)test.used;
    trend->reason[cell] = (int8_t)(sen.used == 0       ? REASON_ALL_MISSING
                                   : isnan(test.z)     ? REASON_TOO_SHORT
                                   : isnan(test.tau_b) ? REASON_FLAT_SERIES
                                                       : REASON_OK);
}

static enum status trend_compute(void *context, struct flow_item *item)
{
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t cell = 0; cell < cells; cell++) {
        trend_cell(context, cell, cells, item->window.steps);
    }
    return STATUS_OK;
}

static enum status trend_write(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct trend *trend = context;
    struct window map = item->window;
    map.time = 0;
    map.steps = 1;
    for (int i = 0; i < TREND_MAPS; i++) {
        TRY(flow_put(item, 0, i, &map, trend->maps + i * map.rows * map.cols));
    }
    TRY(flow_put(item, 0, TREND_USED, &map, trend->used));
    TRY(flow_put(item, 0, TREND_REASON, &map, trend->reason));
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

#define REFERENCES                                                                                 \
    "Mann, Econometrica 13, 245-259, 1945; Kendall, Rank Correlation Methods, 1975; "              \
    "Sen, Journal of the American Statistical Association 63, 1379-1389, 1968"

static void describe(struct trend *trend)
{
    const struct time_axis *time = input_time(trend->input);
    char date[CALENDAR_TEXT_BYTES];
    struct calendar_date first = time_axis_date(time, 0);
    const char *units = input_units(trend->input);
    snprintf(trend->slope_units, sizeof trend->slope_units, "%s year-1", units);
    snprintf(trend->title, sizeof trend->title, "%s and Sen's slope of each cell",
             variants[trend->variant].test);
    trend->title[0] = (char)toupper((unsigned char)trend->title[0]);
    snprintf(trend->references, sizeof trend->references, REFERENCES "%s",
             variants[trend->variant].references);
    trend->attributes[0] = (struct cube_attribute){"title", trend->title};
    trend->attributes[1] = (struct cube_attribute){"references", trend->references};
    trend->attributes[2] = (struct cube_attribute){"trend_variant", variants[trend->variant].name};
    snprintf(trend->slope_day_units, sizeof trend->slope_day_units, "%s day-1", units);
    snprintf(trend->intercept_name, sizeof trend->intercept_name,
             "intercept of Sen's line at the first step, %s", calendar_format_date(&first, date));
    const struct cube_variable variables[TREND_VARIABLES] = {
        [TREND_S] = {.name = "s", .long_name = "Mann-Kendall S", .units = "1"},
        [TREND_Z] = {.name = "z",
                     .long_name = "Mann-Kendall Z with ties and continuity correction",
                     .units = "1"},
        [TREND_P] = {.name = "p", .long_name = "two-sided p-value of Mann-Kendall", .units = "1"},
        [TREND_TAU] = {.name = "tau", .long_name = "Kendall's tau-b", .units = "1"},
        [TREND_SLOPE] = {.name = "slope",
                         .long_name = "Sen's slope per year",
                         .units = trend->slope_units},
        [TREND_SLOPE_PER_DAY] = {.name = "slope_per_day",
                                 .long_name = "Sen's slope per day",
                                 .units = trend->slope_day_units},
        [TREND_SLOPE_LOW] = {.name = "slope_low",
                             .long_name = "lower end of the 95 % interval of Sen's slope",
                             .units = trend->slope_units},
        [TREND_SLOPE_HIGH] = {.name = "slope_high",
                              .long_name = "upper end of the 95 % interval of Sen's slope",
                              .units = trend->slope_units},
        [TREND_INTERCEPT] = {.name = "intercept",
                             .long_name = trend->intercept_name,
                             .units = units},
        [TREND_USED] = {.name = "used",
                        .standard_name = "number_of_observations",
                        .long_name = "values in the test",
                        .units = "1",
                        .type = CUBE_INT},
        [TREND_REASON] = {.name = "reason",
                          .long_name = "why a cell has no trend",
                          .type = CUBE_BYTE,
                          .flag_meanings = reason_flag_meanings()},
    };
    memcpy(trend->variables, variables, sizeof variables);
    trend->spec =
        (struct cube_spec){.grid = input_grid(trend->input),
                           .variables = trend->variables,
                           .variable_count = TREND_VARIABLES,
                           .attributes = trend->attributes,
                           .attribute_count = sizeof trend->attributes / sizeof *trend->attributes};
}

/* ---- the command -------------------------------------------------------------------------- */

static struct items_cost trend_cost(const struct trend *trend, int64_t steps)
{
    int64_t groups = trend->grouping.count;
    int64_t pairs = trend_seasonal_pairs(&trend->seasons) * (int64_t)sizeof(double);
    int64_t variant = trend->variant == VARIANT_PLAIN ? 0 : groups * 200 + pairs;
    return (struct items_cost){.fixed_bytes = groups * (64 + 4 * 8) + variant + (1 << 20),
                               .unit_bytes = steps * 4 + TREND_MAPS * 4 + 5};
}

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct trend *trend = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t groups = (size_t)trend->grouping.count;
    TRY(memory_allocate(cells * (size_t)items->steps, sizeof(float), &trend->values));
    TRY(memory_allocate(cells * TREND_MAPS, sizeof(float), &trend->maps));
    TRY(memory_allocate(cells, sizeof *trend->used, &trend->used));
    TRY(memory_allocate(cells, sizeof *trend->reason, &trend->reason));
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

static void trend_clear(struct trend *trend, bool is_finished)
{
    input_close(&trend->input, is_finished);
    step_groups_clear(&trend->grouping);
    sen_workspace_destroy(&trend->sen);
    trend_workspace_destroy(&trend->workspace);
    free(trend->season_start);
    free(trend->season_step);
    free(trend->values);
    free(trend->maps);
    free(trend->used);
    free(trend->reason);
    free(trend->means);
    free(trend->scratch);
}

static enum variant variant_of(const char *name)
{
    int variant = VARIANT_PLAIN;
    while (variant < VARIANTS - 1 && strcmp(variants[variant].name, name) != 0) {
        variant++;
    }
    return (enum variant)variant;
}

static enum status prepare(struct trend *trend, const struct job *job,
                           struct production *production)
{
    enum status status;
    const struct time_axis *time = input_time(trend->input);
    const struct georeference *grid = input_grid(trend->input);
    trend->min_valid = option_real(job->options, "min-valid");
    trend->days_per_year = step_groups_days_per_year(time->calendar);
    char by = option_text(job->options, "by")[0];
    trend->variant = variant_of(option_text(job->options, "variant"));
    TRY(step_groups_create(time, by, &trend->grouping));
    FAIL_IF(trend->variant == VARIANT_SEASONAL && by == 'y', STATUS_USAGE,
            "--variant seasonal: a year has no seasons; use it with --by month or --by day");
    if (trend->variant == VARIANT_SEASONAL) {
        TRY(find_seasons(trend, time, by));
    }
    describe(trend);
    production->cost = trend_cost(trend, time->steps);
    TRY(items_cut_rows(time->steps, grid->rows, grid->cols, &production->cost, job->memory_bytes,
                       &production->items));
done:
    return status;
}

static enum status trend_run(struct job *job)
{
    enum status status;
    struct trend trend = {0};
    struct input_request request = input_request_for(job, "input");
    struct production production = {.output = option_text(job->options, "output"),
                                    .cube = &trend.spec,
                                    .work = {.context = &trend,
                                             .read = trend_read,
                                             .compute = trend_compute,
                                             .write = trend_write},
                                    .create_buffers = create_buffers};

    TRY(input_open(job, &request, &trend.input));
    TRY_TOGETHER(job->comm, prepare(&trend, job, &production));
    production.inputs = (struct input *const[]){trend.input, NULL};
    TRY(flow_produce(job, &production));
done:
    trend_clear(&trend, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const trend_tables[] = {trend_options, options_output,
                                                         options_grid, options_common, NULL};

const struct command command_trend = {
    .name = "trend",
    .summary = "Mann-Kendall test and Sen's slope of every cell",
    .details =
        "Tests each cell for a monotonic trend (Mann-Kendall with ties and continuity "
        "correction) and gives Sen's slope per year and per day with its 95 % interval "
        "(P2.52). Missing values are left out.\n\n"
        "Daily and monthly values depend on one another, which makes the plain p too small: "
        "--variant hamed-rao widens the variance of s, --variant trend-free whitens the "
        "series, and --variant seasonal compares like with like and gives the median of slopes "
        "within seasons. Values that follow a gap count as following one another. The "
        "interval of the slope is that of independent values.",
    .examples = "airshed trend pm25.nc -o trend.nc --by year --geotiff\n"
                "mpirun -n 4 airshed trend deweathered.nc -o trend.nc --variable deweathered",
    .tables = trend_tables,
    .run = trend_run,
};
