/* airshed -- GPL-3.0-or-later. trend: Mann-Kendall and Sen's slope of every cell (P2.52). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "flow/produce.h"
#include "parallel/agree.h"
#include "trend_test.h"

static const struct option_spec trend_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube or stack of maps with a time axis."},
    {.name = NULL},
};

enum {
    TREND_USED = TREND_MAPS,
    TREND_REASON,
    TREND_VARIABLES
};

struct trend {
    struct input *input;
    struct trend_test test;
    float *values;  /* [steps, cells] of the item */
    float *maps;    /* [TREND_MAPS, cells] */
    int32_t *used;  /* [cells] */
    int8_t *reason; /* [cells] */
    char slope_units[96], slope_day_units[96], intercept_name[128];
    char title[128], references[512];
    struct cube_attribute attributes[3];
    struct cube_variable variables[TREND_VARIABLES];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status trend_read(void *context, struct flow_item *item)
{
    struct trend *trend = context;
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    return input_read(trend->input, &item->window, trend->values);
}

static void trend_cell(struct trend *trend, int64_t cell, int64_t cells, int64_t steps)
{
    struct trend_result result = trend_test_cell(&trend->test, trend->values + cell, steps, cells);
    for (int map = 0; map < TREND_MAPS; map++) {
        trend->maps[map * cells + cell] = (float)result.maps[map];
    }
    trend->used[cell] = (int32_t)result.used;
    trend->reason[cell] = (int8_t)result.reason;
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
    enum status status;
    struct trend *trend = context;
    struct window map = item->window;
    map.time = 0;
    map.steps = 1;
    TRY(flow_put_maps(item, 0, TREND_MAPS, &map, trend->maps));
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
             trend_variants[trend->test.variant].test);
    trend->title[0] = (char)toupper((unsigned char)trend->title[0]);
    snprintf(trend->references, sizeof trend->references, REFERENCES "%s",
             trend_variants[trend->test.variant].references);
    trend->attributes[0] = (struct cube_attribute){"title", trend->title};
    trend->attributes[1] = (struct cube_attribute){"references", trend->references};
    trend->attributes[2] = (struct cube_attribute){"trend_variant", trend_variants[trend->test.variant].name};
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
    return (struct items_cost){.fixed_bytes = trend_test_bytes(&trend->test) + (1 << 20),
                               .unit_bytes = steps * 4 + TREND_MAPS * 4 + 5};
}

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct trend *trend = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    TRY(memory_allocate(cells * (size_t)items->steps, sizeof(float), &trend->values));
    TRY(memory_allocate(cells * TREND_MAPS, sizeof(float), &trend->maps));
    TRY(memory_allocate(cells, sizeof *trend->used, &trend->used));
    TRY(memory_allocate(cells, sizeof *trend->reason, &trend->reason));
    TRY(trend_test_create_buffers(&trend->test));
done:
    return status;
}

static void trend_clear(struct trend *trend, bool is_finished)
{
    input_close(&trend->input, is_finished);
    trend_test_clear(&trend->test);
    free(trend->values);
    free(trend->maps);
    free(trend->used);
    free(trend->reason);
}

static enum status prepare(struct trend *trend, const struct job *job,
                           struct production *production)
{
    enum status status;
    const struct time_axis *time = input_time(trend->input);
    const struct georeference *grid = input_grid(trend->input);
    TRY(trend_test_init(job->options, time, &trend->test));
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

static const struct option_spec *const trend_tables[] = {
    trend_options, trend_test_options, options_output, options_grid, options_common, NULL};

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
