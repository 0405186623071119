/* airshed -- GPL-3.0-or-later. correlate: correlation of two cubes in every cell, or of tables (P2.51). */
#include "correlate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "flow/produce.h"
#include "io/vector.h"
#include "kernels/correlation.h"
#include "parallel/agree.h"
#include "step_groups.h"

static const struct option_spec correlate_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube, or a table such as zonal writes."},
    {.name = "with",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube on the same grid and dates, or a table."},
    {.name = "with-variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Variable of the cube of --with; default: the only one.",
     .group = "Cubes"},
    {.name = "by",
     .kind = OPTION_CHOICE,
     .choices = "year|month|day",
     .fallback = "year",
     .help = "Correlate means of years, means of months, or the steps themselves.",
     .group = "Cubes"},
    {.name = "min-valid",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .help = "A year's or month's mean needs this share of the steps that the calendar gives it.",
     .group = "Cubes"},
    {.name = "value",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .fallback = "mean",
     .help = "Column of the first table.",
     .group = "Tables"},
    {.name = "columns",
     .kind = OPTION_LIST,
     .argument = "COLUMN,...",
     .help = "Columns of the second table; default: all of numbers beside the keys.",
     .group = "Tables"},
    {.name = "on",
     .kind = OPTION_LIST,
     .argument = "COLUMN,...",
     .fallback = "year",
     .help = "Columns of both tables that tell which rows belong together.",
     .group = "Tables"},
    {.name = "group",
     .kind = OPTION_LIST,
     .argument = "COLUMN,...",
     .help =
         "Columns of both tables, such as zone: rows pair within a group, and each group has its "
         "own correlations.",
     .group = "Tables"},
    {.name = "where",
     .kind = OPTION_LIST,
     .argument = "COLUMN=VALUE,...",
     .help = "Rows of the first table that count: by=year,part=inside.",
     .group = "Tables"},
    {.name = "missing",
     .kind = OPTION_TEXT,
     .argument = "TEXT,...",
     .help = "Texts in tables that mean a missing value, beside empty cells and NaN.",
     .group = "Tables"},
    {.name = NULL},
};

enum correlate_map {
    MAP_PEARSON,
    MAP_PEARSON_P,
    MAP_PEARSON_LOW,
    MAP_PEARSON_HIGH,
    MAP_SPEARMAN,
    MAP_SPEARMAN_P,
    MAP_SPEARMAN_LOW,
    MAP_SPEARMAN_HIGH,
    MAPS,
    MAP_USED = MAPS,
    MAP_DROPPED,
    MAP_REASON,
    VARIABLES
};

struct correlate {
    struct input *input, *other;
    struct step_groups groups;
    double min_valid;
    float *first, *second; /* [steps, cells] of the item */
    float *maps;           /* [MAPS, cells] */
    int32_t *used, *dropped;
    int8_t *reason;
    double *x, *y, *scratch; /* [groups], scratch [5, groups] */
    char title[256];
    struct cube_attribute attributes[2];
    struct cube_variable variables[VARIABLES];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status correlate_read(void *context, struct flow_item *item)
{
    enum status status;
    struct correlate *correlate = context;
    flow_count_read(item, 2 * window_count(&item->window) * (int64_t)sizeof(float));
    TRY(input_read(correlate->input, &item->window, correlate->first));
    TRY(input_read(correlate->other, &item->window, correlate->second));
done:
    return status;
}

static void correlate_cell(struct correlate *correlate, int64_t cell, int64_t cells, int64_t steps)
{
    const struct step_groups *groups = &correlate->groups;
    step_groups_means(groups, correlate->min_valid, correlate->first + cell, steps, cells,
                      correlate->x);
    step_groups_means(groups, correlate->min_valid, correlate->second + cell, steps, cells,
                      correlate->y);
    struct correlation pearson = correlation_pearson(correlate->x, correlate->y, groups->count, 1);
    struct correlation spearman =
        correlation_spearman(correlate->x, correlate->y, groups->count, 1, correlate->scratch);
    const double result[MAPS] = {
        [MAP_PEARSON] = pearson.r,         [MAP_PEARSON_P] = pearson.p,
        [MAP_PEARSON_LOW] = pearson.low,   [MAP_PEARSON_HIGH] = pearson.high,
        [MAP_SPEARMAN] = spearman.r,       [MAP_SPEARMAN_P] = spearman.p,
        [MAP_SPEARMAN_LOW] = spearman.low, [MAP_SPEARMAN_HIGH] = spearman.high,
    };
    for (int map = 0; map < MAPS; map++) {
        correlate->maps[map * cells + cell] = (float)result[map];
    }
    correlate->used[cell] = (int32_t)pearson.used;
    correlate->dropped[cell] = (int32_t)pearson.dropped;
    correlate->reason[cell] = (int8_t)(pearson.used == 0  ? REASON_ALL_MISSING
                                       : pearson.used < 3 ? REASON_TOO_SHORT
                                       : isnan(pearson.r) ? REASON_FLAT_SERIES
                                                          : REASON_OK);
}

static enum status correlate_compute(void *context, struct flow_item *item)
{
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t cell = 0; cell < cells; cell++) {
        correlate_cell(context, cell, cells, item->window.steps);
    }
    return STATUS_OK;
}

static enum status correlate_write(void *context, struct flow_item *item)
{
    enum status status;
    struct correlate *correlate = context;
    struct window map = item->window;
    map.time = 0;
    map.steps = 1;
    TRY(flow_put_maps(item, 0, MAPS, &map, correlate->maps));
    TRY(flow_put(item, 0, MAP_USED, &map, correlate->used));
    TRY(flow_put(item, 0, MAP_DROPPED, &map, correlate->dropped));
    TRY(flow_put(item, 0, MAP_REASON, &map, correlate->reason));
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

static void describe(struct correlate *correlate)
{
    const struct cube_variable variables[VARIABLES] = {
        [MAP_PEARSON] = {.name = "pearson", .long_name = "Pearson's correlation", .units = "1"},
        [MAP_PEARSON_P] = {.name = "pearson_p",
                           .long_name = "two-sided p-value of Pearson's correlation",
                           .units = "1"},
        [MAP_PEARSON_LOW] = {.name = "pearson_low",
                             .long_name = "lower end of the 95 % interval by Fisher's z",
                             .units = "1"},
        [MAP_PEARSON_HIGH] = {.name = "pearson_high",
                              .long_name = "upper end of the 95 % interval by Fisher's z",
                              .units = "1"},
        [MAP_SPEARMAN] = {.name = "spearman",
                          .long_name = "Spearman's rank correlation",
                          .units = "1"},
        [MAP_SPEARMAN_P] = {.name = "spearman_p",
                            .long_name = "two-sided p-value of Spearman's correlation",
                            .units = "1"},
        [MAP_SPEARMAN_LOW] = {.name = "spearman_low",
                              .long_name = "lower end of the 95 % interval by Fisher's z",
                              .units = "1"},
        [MAP_SPEARMAN_HIGH] = {.name = "spearman_high",
                               .long_name = "upper end of the 95 % interval by Fisher's z",
                               .units = "1"},
        [MAP_USED] = {.name = "used",
                      .standard_name = "number_of_observations",
                      .long_name = "pairs with both values",
                      .units = "1",
                      .type = CUBE_INT},
        [MAP_DROPPED] = {.name = "dropped",
                         .long_name = "pairs with a missing value",
                         .units = "1",
                         .type = CUBE_INT},
        [MAP_REASON] = {.name = "reason",
                        .long_name = "why a cell has no correlation",
                        .type = CUBE_BYTE,
                        .flag_meanings = reason_flag_meanings()},
    };
    memcpy(correlate->variables, variables, sizeof variables);
    snprintf(correlate->title, sizeof correlate->title, "Correlation of %s with %s in each cell",
             input_variable(correlate->input)->name, input_variable(correlate->other)->name);
    correlate->attributes[0] = (struct cube_attribute){"title", correlate->title};
    correlate->attributes[1] =
        (struct cube_attribute){"references", "Fisher, Metron 1, 3-32, 1921; Bonett and Wright, "
                                              "Psychometrika 65, 23-28, 2000"};
    correlate->spec = (struct cube_spec){.grid = input_grid(correlate->input),
                                         .variables = correlate->variables,
                                         .variable_count = VARIABLES,
                                         .attributes = correlate->attributes,
                                         .attribute_count = 2};
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct correlate *correlate = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t groups = (size_t)correlate->groups.count;
    TRY(memory_allocate(cells * (size_t)items->steps, sizeof(float), &correlate->first));
    TRY(memory_allocate(cells * (size_t)items->steps, sizeof(float), &correlate->second));
    TRY(memory_allocate(cells * MAPS, sizeof(float), &correlate->maps));
    TRY(memory_allocate(cells, sizeof *correlate->used, &correlate->used));
    TRY(memory_allocate(cells, sizeof *correlate->dropped, &correlate->dropped));
    TRY(memory_allocate(cells, sizeof *correlate->reason, &correlate->reason));
    TRY(memory_allocate(groups, sizeof(double), &correlate->x));
    TRY(memory_allocate(groups, sizeof(double), &correlate->y));
    TRY(memory_allocate(5 * groups, sizeof(double), &correlate->scratch));
done:
    return status;
}

static enum status check_pair(const struct correlate *correlate, const struct job *job)
{
    enum status status = STATUS_OK;
    char why[256];
    const char *path = option_text(job->options, "with");
    FAIL_IF(!georeference_is_equal(input_grid(correlate->other), input_grid(correlate->input), why,
                                   sizeof why),
            STATUS_DATA,
            "--with %s: does not lie on the grid of the input: %s; prepare can warp it", path, why);
    FAIL_IF(!time_axis_is_equal(input_time(correlate->other), input_time(correlate->input), why,
                                sizeof why),
            STATUS_DATA,
            "--with %s: has other dates than the input: %s; choose common ones with "
            "--from and --to",
            path, why);
done:
    return status;
}

static enum status prepare(struct correlate *correlate, const struct job *job,
                           struct production *production)
{
    enum status status;
    const struct time_axis *time = input_time(correlate->input);
    const struct georeference *grid = input_grid(correlate->input);
    TRY(check_pair(correlate, job));
    correlate->min_valid = option_real(job->options, "min-valid");
    TRY(step_groups_create(time, option_text(job->options, "by")[0], &correlate->groups));
    describe(correlate);
    production->cost =
        (struct items_cost){.fixed_bytes = correlate->groups.count * 8 * 8 + (1 << 20),
                            .unit_bytes = time->steps * 8 + MAPS * 4 + 9};
    TRY(items_cut_rows(time->steps, grid->rows, grid->cols, &production->cost, job->memory_bytes,
                       &production->items));
done:
    return status;
}

static void correlate_clear(struct correlate *correlate, bool is_finished)
{
    input_close(&correlate->input, is_finished);
    input_close(&correlate->other, is_finished);
    step_groups_clear(&correlate->groups);
    void *const blocks[] = {correlate->first, correlate->second,  correlate->maps,
                            correlate->used,  correlate->dropped, correlate->reason,
                            correlate->x,     correlate->y,       correlate->scratch};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static enum status correlate_cubes(struct job *job)
{
    enum status status;
    struct correlate correlate = {0};
    struct input_request request = input_request_for(job, "input");
    struct input_request other = input_request_for(job, "with");
    struct production production = {.output = option_text(job->options, "output"),
                                    .cube = &correlate.spec,
                                    .work = {.context = &correlate,
                                             .read = correlate_read,
                                             .compute = correlate_compute,
                                             .write = correlate_write},
                                    .create_buffers = create_buffers};
    other.variable = option_text(job->options, "with-variable");
    TRY(input_open(job, &request, &correlate.input));
    TRY(input_open(job, &other, &correlate.other));
    TRY_TOGETHER(job->comm, prepare(&correlate, job, &production));
    production.inputs = (struct input *const[]){correlate.input, correlate.other, NULL};
    TRY(flow_produce(job, &production));
done:
    correlate_clear(&correlate, status == STATUS_OK && !job->dry_run);
    return status;
}

static enum status refuse_options(const struct job *job, const char *const *names,
                                  const char *owner, const char *input)
{
    enum status status = STATUS_OK;
    for (; *names != NULL; names++) {
        FAIL_IF(option_is_set(job->options, *names), STATUS_USAGE,
                "--%s belongs to %s, and the input is %s", *names, owner, input);
    }
done:
    return status;
}

static enum status check_kinds(const struct job *job, bool *are_tables)
{
    enum status status = STATUS_OK;
    static const char *const of_cubes[] = {"with-variable", "by",       "min-valid",     "variable",
                                           "from",          "to",       "bbox",          "clip",
                                           "geotiff",       "compress", "missing-steps", NULL};
    static const char *const of_tables[] = {"value", "columns", "on", "group",
                                            "where", "missing", NULL};
    const char *first = option_text(job->options, "input"),
               *with = option_text(job->options, "with");
    *are_tables = vector_is_table(first);
    FAIL_IF(vector_is_table(with) != *are_tables, STATUS_USAGE,
            "--with %s: %s; correlate takes two cubes or two tables", with,
            *are_tables ? "is no table, but the input is" : "is a table, but the input is not");
    TRY(*are_tables ? refuse_options(job, of_cubes, "cubes", "a table")
                    : refuse_options(job, of_tables, "tables", "a cube"));
done:
    return status;
}

static enum status correlate_run(struct job *job)
{
    enum status status;
    bool are_tables = false;
    TRY_TOGETHER(job->comm, check_kinds(job, &are_tables));
    status = are_tables ? correlate_tables(job) : correlate_cubes(job);
done:
    return status;
}

static const struct option_spec *const correlate_option_tables[] = {
    correlate_options, options_output, options_grid, options_common, NULL};

const struct command command_correlate = {
    .name = "correlate",
    .summary = "Pearson and Spearman of two cubes in every cell, or of tables",
    .details =
        "Two cubes: maps of both correlations, each with p and a 95 % interval by Fisher's "
        "transformation (P2.51), of means of years by default. Two tables (CSV, workbooks): a row "
        "for each group and column of the second table; -o names a CSV file, or - for standard "
        "output. Pairs with a missing value are dropped and counted.\n\n"
        "Spearman's p is that of Student's t. With ten years an interval is wide: r = 0.8 goes "
        "from "
        "0.34 to 0.95.",
    .examples =
        "mpirun -n 4 airshed correlate ihs.nc --with sources.nc -o correlation.nc --geotiff\n"
        "airshed correlate cities.csv --with energy.csv --where by=year --group zone -o r.csv",
    .tables = correlate_option_tables,
    .run = correlate_run,
};
