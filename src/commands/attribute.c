/* airshed -- GPL-3.0-or-later. attribute: what sources add to pollution, and their share (P2.44-P2.47).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "io/table_writer.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"

#define SHARE_GROUP "Shares"
#define ERROR_GROUP "Uncertainty"

static const struct option_spec attribute_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Pollution cube, the one that `deweather` read."},
    {.name = "deweathered",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_REQUIRED | OPTION_INPUT,
     .help = "Result of `deweather`: its variables deweathered and, for the standard error, baseline."},
    {.name = "expected",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_REQUIRED | OPTION_INPUT,
     .help = "Result of `background`: its variable expected, which has values in the areas."},
    {.name = "share",
     .kind = OPTION_CHOICE,
     .choices = "ratio-of-means|mean-of-ratios",
     .fallback = "ratio-of-means",
     .group = SHARE_GROUP,
     .help = "Reading of a share (P2.46) that the map of standard errors is about; both are written. "
             "The paper's printed numbers are closer to mean-of-ratios."},
    {.name = "clipped",
     .kind = OPTION_FLAG,
     .group = SHARE_GROUP,
     .help = "Also write background_clipped: the background, 0 where it is negative."},
    {.name = "replicates",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "200",
     .high = 100000,
     .group = ERROR_GROUP,
     .help = "Replicates of the remainders, drawn by --seed in blocks of days, whole maps together "
             "(P2.47); 0: no standard errors."},
    {.name = "block-days",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "30",
     .low = 1,
     .high = 1e6,
     .group = ERROR_GROUP,
     .help = "Steps of such a block."},
    {.name = "groups",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "200",
     .low = 2,
     .high = 10000,
     .group = ERROR_GROUP,
     .help = "The background is cut into blocks as wide as a typical area, in at most so many groups; "
             "each is left out once, which tells how sure the prediction is."},
    {.name = NULL},
};

/* Variables by place: daily ones, layered ones, the map of standard errors. */
enum attribute_variable {
    DAILY_IHS,
    DAILY_BACKGROUND,
    DAILY_SHARE,
    FIRST_MAP,
    FIRST_COUNT = FIRST_MAP + ATTRIBUTE_MAPS,
    STANDARD_ERROR = FIRST_COUNT + ATTRIBUTE_COUNTS,
    CLIPPED, /* last: only with --clipped */
    VARIABLES
};

enum { DAILY = 4, TABLES = 2, SCRATCH_ROWS = 3 };

struct attribute {
    const struct job *job;
    struct input *pollution, *deweathered, *expected, *baseline;
    struct periods *periods;
    struct stage *stage;
    int64_t steps, cells;
    bool is_clipped;

    /* Of an item: [steps, cells], [periods, cells] */
    float *values[3]; /* pollution, deweathered, expected */
    float *daily[DAILY];
    float *maps[ATTRIBUTE_MAPS];
    int32_t *counts[ATTRIBUTE_COUNTS];

    char *table[TABLES];
    char (*label)[PERIOD_LABEL_BYTES];
    const char **labels;
    char comment[300];
    struct cube_variable variables[VARIABLES];
    struct cube_attribute attributes[3];
    struct cube_spec spec;
};

/* ---- cells -------------------------------------------------------------------------------- */

static void sum_periods(struct attribute *attribute, int64_t cells, int64_t cell)
{
    const struct periods *periods = attribute->periods;
    const struct attribute_series series = {attribute->values[0] + cell, attribute->values[1] + cell,
                                            attribute->values[2] + cell, cells};
    for (int64_t i = 0; i < periods->count; i++) {
        struct attribute_means means = attribute_means_of(periods, &periods->period[i], &series);
        int64_t at = i * cells + cell;
        for (int map = 0; map < ATTRIBUTE_MAPS; map++) {
            attribute->maps[map][at] = (float)means.maps[map];
        }
        for (int count = 0; count < ATTRIBUTE_COUNTS; count++) {
            attribute->counts[count][at] = means.counts[count];
        }
    }
}

static void split_days(struct attribute *attribute, int64_t count)
{
    for (int64_t at = 0; at < count; at++) {
        struct attribute_day day = attribute_day_of(
            attribute->values[0][at], attribute->values[1][at], attribute->values[2][at]);
        attribute->daily[DAILY_IHS][at] = (float)day.ihs;
        attribute->daily[DAILY_BACKGROUND][at] = (float)day.background;
        attribute->daily[DAILY_SHARE][at] = (float)day.share;
        if (attribute->is_clipped) {
            attribute->daily[DAILY - 1][at] = day.background < 0 ? 0 : (float)day.background;
        }
    }
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status attribute_read(void *context, struct flow_item *item)
{
    enum status status;
    struct attribute *attribute = context;
    TRY(input_read(attribute->pollution, &item->window, attribute->values[0]));
    TRY(input_read(attribute->deweathered, &item->window, attribute->values[1]));
    TRY(input_read(attribute->expected, &item->window, attribute->values[2]));
    flow_count_read(item, 3 * window_count(&item->window) * (int64_t)sizeof(float));
done:
    return status;
}

static enum status attribute_compute(void *context, struct flow_item *item)
{
    struct attribute *attribute = context;
    int64_t cells = item->window.rows * item->window.cols;
    split_days(attribute, item->window.steps * cells);
    for (int64_t cell = 0; cell < cells; cell++) {
        sum_periods(attribute, cells, cell);
    }
    return STATUS_OK;
}

static enum status attribute_write(void *context, struct flow_item *item)
{
    enum status status;
    struct attribute *attribute = context;
    struct window layers = item->window;
    layers.steps = attribute->periods->count;
    for (int i = 0; i < FIRST_MAP; i++) {
        TRY(flow_put(item, 0, i, &item->window, attribute->daily[i]));
    }
    if (attribute->is_clipped) {
        TRY(flow_put(item, 0, CLIPPED, &item->window, attribute->daily[DAILY - 1]));
    }
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(flow_put(item, 0, FIRST_MAP + i, &layers, attribute->maps[i]));
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(flow_put(item, 0, FIRST_COUNT + i, &layers, attribute->counts[i]));
    }
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

static enum status label_periods(struct attribute *attribute)
{
    enum status status;
    const struct periods *periods = attribute->periods;
    TRY(memory_allocate((size_t)periods->count, sizeof *attribute->label, &attribute->label));
    TRY(memory_allocate((size_t)periods->count, sizeof *attribute->labels, &attribute->labels));
    for (int64_t i = 0; i < periods->count; i++) {
        FAIL_IF(periods->period[i].kind == PERIOD_DAY, STATUS_USAGE,
                "--by day: the daily values are variables of their own; leave it out");
        attribute->labels[i] = period_label(&periods->period[i], attribute->label[i]);
    }
done:
    return status;
}

static void describe_layers(struct attribute *attribute)
{
    static const char *const long_names[ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS] = {
        "mean pollution of the days that have all parts",
        "mean part of the pollution that the sources add",
        "mean pollution without the part of the sources",
        "share of the sources: their mean part over the mean pollution",
        "share of the sources: mean of the daily shares",
        "days with pollution, deweathered and expected",
        "days of the mean of the daily shares: with pollution of at least 1",
        "days on which the background is negative"};
    for (int i = 0; i < ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS; i++) {
        bool is_map = i < ATTRIBUTE_MAPS;
        attribute->variables[FIRST_MAP + i] = (struct cube_variable){
            .name = is_map ? attribute_map_names[i] : attribute_count_names[i - ATTRIBUTE_MAPS],
            .long_name = long_names[i],
            .units = i < ATTRIBUTE_RATIO_OF_MEANS ? input_units(attribute->pollution) : "1",
            .type = is_map ? CUBE_FLOAT : CUBE_INT,
            .layers = (int)attribute->periods->count,
            .layer_name = "period",
            .layer_labels = attribute->labels};
    }
}

static void describe_daily(struct attribute *attribute)
{
    const char *units = input_units(attribute->pollution);
    const char *methods = input_variable(attribute->pollution)->cell_methods;
    attribute->variables[DAILY_IHS] = (struct cube_variable){
        .name = "ihs", .long_name = "part of the pollution that the sources add: deweathered less "
                                    "expected", .units = units, .cell_methods = methods, .has_time = true};
    attribute->variables[DAILY_BACKGROUND] = (struct cube_variable){
        .name = "background", .long_name = "pollution less the part of the sources; may be negative",
        .units = units, .cell_methods = methods, .has_time = true};
    attribute->variables[DAILY_SHARE] = (struct cube_variable){
        .name = "share", .long_name = "part of the sources over the pollution, where that is at least 1",
        .units = "1", .has_time = true};
    attribute->variables[CLIPPED] = (struct cube_variable){
        .name = "background_clipped", .long_name = "background, 0 where it is negative",
        .units = units, .cell_methods = methods, .has_time = true};
    attribute->variables[STANDARD_ERROR] = (struct cube_variable){
        .name = "share_standard_error",
        .long_name = "standard error of the share of the whole period",
        .units = "1",
        .skip_range = true};
}

static void describe(struct attribute *attribute)
{
    const struct options *options = attribute->job->options;
    describe_daily(attribute);
    describe_layers(attribute);
    snprintf(attribute->comment, sizeof attribute->comment,
             "share_standard_error is about the share by %s; %lld replicates of remainders in blocks of "
             "%lld steps; totals of the areas in %s",
             option_text(options, "share"), (long long)option_integer(options, "replicates"),
             (long long)option_integer(options, "block-days"), path_name(attribute->table[0]));
    attribute->attributes[0] = (struct cube_attribute){"comment", attribute->comment};
    attribute->attributes[1] =
        (struct cube_attribute){"references", "Zeng et al., Atmosphere 15, 131, 2024"};
    attribute->attributes[2] =
        (struct cube_attribute){"title", "Part of the pollution that industrial heat sources add"};
    attribute->spec = (struct cube_spec){.grid = input_grid(attribute->pollution),
                                         .time = input_time(attribute->pollution),
                                         .variables = attribute->variables,
                                         .variable_count = attribute->is_clipped ? VARIABLES : CLIPPED,
                                         .attributes = attribute->attributes,
                                         .attribute_count = 3};
}

static enum status declare(struct attribute *attribute)
{
    static const char *const endings[TABLES] = {"_summary.csv", "_summary.json"};
    enum status status;
    char *stem = NULL;
    int cube;
    const char *output = option_text(attribute->job->options, "output");
    TRY(path_stem(output, &stem));
    for (int i = 0; i < TABLES; i++) {
        FAIL_IF(asprintf(&attribute->table[i], "%s%s", stem, endings[i]) < 0, STATUS_MEMORY,
                "out of memory");
    }
    describe(attribute);
    TRY(stage_create(attribute->job, output, &attribute->stage));
    TRY(input_attach(attribute->pollution, attribute->stage));
    TRY(input_attach(attribute->deweathered, attribute->stage));
    TRY(input_attach(attribute->expected, attribute->stage));
    if (attribute->baseline != NULL) {
        TRY(input_attach(attribute->baseline, attribute->stage));
    }
    TRY(stage_add_cube(attribute->stage, output, &attribute->spec, &cube));
    for (int i = 0; i < TABLES; i++) {
        TRY(stage_add_file(attribute->stage, attribute->table[i]));
    }
done:
    free(stem);
    return status;
}

/* ---- totals ------------------------------------------------------------------------------- */

struct attribute_total attribute_sum(const struct attribute_period *period, int64_t rows, int64_t cols,
                                     double *scratch)
{
    struct attribute_total total = {0};
    for (int64_t row = 0; row < rows; row++) {
        double sums[SCRATCH_ROWS] = {0};
        for (int64_t at = row * cols; at < (row + 1) * cols; at++) {
            double days = period->counts[ATTRIBUTE_DAYS][at];
            double share_days = period->counts[ATTRIBUTE_SHARE_DAYS][at];
            if (days > 0) {
                sums[0] += days * (double)period->maps[ATTRIBUTE_POLLUTION][at];
                sums[1] += days * (double)period->maps[ATTRIBUTE_IHS][at];
                total.days += period->counts[ATTRIBUTE_DAYS][at];
                total.cells++;
                total.negative_cells += period->maps[ATTRIBUTE_BACKGROUND][at] < 0;
                total.negative_days += period->counts[ATTRIBUTE_NEGATIVE][at];
            }
            if (share_days > 0) {
                sums[2] += share_days * (double)period->maps[ATTRIBUTE_MEAN_OF_RATIOS][at];
                total.share_days += period->counts[ATTRIBUTE_SHARE_DAYS][at];
            }
        }
        for (int i = 0; i < SCRATCH_ROWS; i++) {
            scratch[i * rows + row] = sums[i];
        }
    }
    total.pollution = tree_sum(scratch, rows);
    total.ihs = tree_sum(scratch + rows, rows);
    total.ratios = tree_sum(scratch + 2 * rows, rows);
    return total;
}

double attribute_share(const struct attribute_total *total, enum attribute_reading reading)
{
    return reading == READING_RATIO_OF_MEANS
               ? (total->pollution > 0 ? total->ihs / total->pollution : NAN)
               : (total->share_days > 0 ? total->ratios / (double)total->share_days : NAN);
}

/* Maps of a period, read back from the finished items. */
struct read_back {
    float *maps[ATTRIBUTE_MAPS];
    int32_t *counts[ATTRIBUTE_COUNTS];
    double *scratch;
};

static enum status read_back_create(int64_t cells, int64_t rows, struct read_back *back)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(memory_allocate((size_t)cells, sizeof(float), &back->maps[i]));
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(memory_allocate((size_t)cells, sizeof(int32_t), &back->counts[i]));
    }
    TRY(memory_allocate((size_t)(SCRATCH_ROWS * rows), sizeof(double), &back->scratch));
done:
    return status;
}

static void read_back_clear(struct read_back *back)
{
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        free(back->maps[i]);
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        free(back->counts[i]);
    }
    free(back->scratch);
}

static enum status read_period(struct attribute *attribute, int64_t index, struct read_back *back,
                               struct attribute_period *period)
{
    enum status status = STATUS_OK;
    struct cube *cube = stage_cube(attribute->stage, 0);
    const struct georeference *grid = input_grid(attribute->pollution);
    struct window layer = {.time = index, .steps = 1, .rows = grid->rows, .cols = grid->cols};
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(cube_get(cube, FIRST_MAP + i, &layer, back->maps[i]));
        period->maps[i] = back->maps[i];
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(cube_get(cube, FIRST_COUNT + i, &layer, back->counts[i]));
        period->counts[i] = back->counts[i];
    }
done:
    return status;
}

/* ---- the table ---------------------------------------------------------------------------- */

static void write_row(struct attribute *attribute, const struct period *period,
                      const struct attribute_total *total, const struct attribute_errors *errors,
                      struct table_writer *writer)
{
    double days = total->days > 0 ? (double)total->days : NAN;
    bool has_error = period->kind == PERIOD_ALL && attribute->baseline != NULL;
    period_write(period, writer);
    table_writer_integer(writer, total->cells);
    table_writer_integer(writer, total->days);
    table_writer_number(writer, total->pollution / days);
    table_writer_number(writer, total->ihs / days);
    table_writer_number(writer, (total->pollution - total->ihs) / days);
    for (int reading = 0; reading < READINGS; reading++) {
        double share = attribute_share(total, (enum attribute_reading)reading);
        double error = has_error ? errors->total[reading] : NAN;
        table_writer_number(writer, share);
        table_writer_number(writer, error);
        table_writer_number(writer, share - 1.959963984540054 * error);
        table_writer_number(writer, share + 1.959963984540054 * error);
        table_writer_number(writer, has_error ? errors->drawn[reading] : NAN);
        table_writer_number(writer, has_error ? errors->predicted[reading] : NAN);
    }
    table_writer_integer(writer, total->share_days);
    table_writer_integer(writer, total->negative_cells);
    table_writer_integer(writer, total->negative_days);
}

#define SHARE_COLUMNS(name, text)                                                                  \
    {name, "1", text, TABLE_NUMBER}, {name "_se", "1", "its standard error", TABLE_NUMBER},        \
        {name "_low", "1", "lower end of its 95 % interval", TABLE_NUMBER},                        \
        {name "_high", "1", "upper end of its 95 % interval", TABLE_NUMBER},                       \
        {name "_se_remainder", "1", "standard error from blocks of remainders", TABLE_NUMBER},     \
    {                                                                                              \
        name "_se_background", "1", "standard error from the prediction of the background",        \
            TABLE_NUMBER                                                                           \
    }

static enum status write_table(struct attribute *attribute, struct read_back *back,
                               const struct attribute_errors *errors)
{
    enum status status;
    struct table_writer *writer = NULL;
    const char *units = input_units(attribute->pollution);
    const struct georeference *grid = input_grid(attribute->pollution);
    const struct table_column columns[] = {
        PERIOD_COLUMNS,
        {"cells", "1", "cells of the areas with values", TABLE_INTEGER},
        {"cell_days", "1", "cells times days with all parts", TABLE_INTEGER},
        {"pollution", units, "mean over cells and days", TABLE_NUMBER},
        {"ihs", units, "mean part of the sources", TABLE_NUMBER},
        {"background", units, "mean without it", TABLE_NUMBER},
        SHARE_COLUMNS("share_ratio_of_means", "mean part of the sources over the mean pollution"),
        SHARE_COLUMNS("share_mean_of_ratios", "mean of the daily shares of cells"),
        {"share_cell_days", "1", "daily shares: pollution of at least 1", TABLE_INTEGER},
        {"negative_cells", "1", "cells whose mean background is negative", TABLE_INTEGER},
        {"negative_cell_days", "1", "cells times days whose background is negative", TABLE_INTEGER},
    };
    TRY(table_writer_create(stage_partial(attribute->stage, attribute->table[0]),
                            "Part and share of the sources in the areas", columns,
                            sizeof columns / sizeof *columns, &writer));
    for (int64_t i = 0; i < attribute->periods->count; i++) {
        struct attribute_period period;
        TRY(read_period(attribute, i, back, &period));
        struct attribute_total total = attribute_sum(&period, grid->rows, grid->cols, back->scratch);
        write_row(attribute, &attribute->periods->period[i], &total, errors, writer);
    }
    TRY(table_writer_close(&writer, stage_partial(attribute->stage, attribute->table[1])));
done:
    table_writer_destroy(&writer);
    return status;
}

static enum status write_error_map(struct attribute *attribute, const struct attribute_errors *errors,
                                   float *map)
{
    enum status status;
    struct cube *cube = stage_cube(attribute->stage, 0);
    const struct georeference *grid = input_grid(attribute->pollution);
    struct window whole = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    bool is_mean = strcmp(option_text(attribute->job->options, "share"), "mean-of-ratios") == 0;
    const float *own = errors->map[is_mean ? READING_MEAN_OF_RATIOS : READING_RATIO_OF_MEANS];
    for (int64_t cell = 0; cell < attribute->cells; cell++) {
        map[cell] = own != NULL ? own[cell] : NAN;
    }
    TRY(cube_put(cube, STANDARD_ERROR, &whole, map));
    TRY(cube_sync(cube));
done:
    return status;
}

static enum status find_errors(struct attribute *attribute, const struct attribute_period *all,
                               struct attribute_errors *errors)
{
    enum status status = STATUS_OK;
    const struct options *options = attribute->job->options;
    struct attribute_request request = {.job = attribute->job,
                                        .pollution = attribute->pollution,
                                        .baseline = attribute->baseline,
                                        .deweathered = attribute->deweathered,
                                        .all = all,
                                        .replicates = option_integer(options, "replicates"),
                                        .block_days = option_integer(options, "block-days"),
                                        .groups = option_integer(options, "groups")};
    if (attribute->baseline != NULL) {
        TRY(attribute_uncertainty(&request, errors));
    }
done:
    return status;
}

/* What no item owns: made after them, and again by a resumed run. */
static enum status write_rest(struct attribute *attribute)
{
    enum status status;
    const struct job *job = attribute->job;
    struct read_back back = {0};
    struct attribute_errors errors = {0};
    struct attribute_period all = {0};
    int64_t rows = input_grid(attribute->pollution)->rows;
    int64_t last = attribute->periods->count - 1;
    while (attribute->periods->period[last].kind != PERIOD_ALL) {
        last--;
    }
    TRY_TOGETHER(job->comm, read_back_create(attribute->cells, rows, &back));
    TRY_TOGETHER(job->comm, read_period(attribute, last, &back, &all));
    TRY(find_errors(attribute, &all, &errors));
    if (job->rank == 0) {
        TRY(write_error_map(attribute, &errors, back.maps[0]));
        TRY(write_table(attribute, &back, &errors));
    }
done:
    read_back_clear(&back);
    for (int i = 0; i < READINGS; i++) {
        free(errors.map[i]);
    }
    return status_agree(job->comm, status);
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status check_like(const struct job *job, const struct input *pollution,
                              const char *label, const struct input *other)
{
    enum status status = STATUS_OK;
    char why[256];
    const char *path = option_text(job->options, label), *own = option_text(job->options, "input");
    FAIL_IF(!georeference_is_equal(input_grid(pollution), input_grid(other), why, sizeof why),
            STATUS_DATA, "--%s %s: is not on the grid of %s: %s", label, path, own, why);
    FAIL_IF(!time_axis_is_equal(input_time(pollution), input_time(other), why, sizeof why),
            STATUS_DATA, "--%s %s: has not the days of %s: %s; use --from and --to", label, path, own,
            why);
done:
    return status;
}

enum status attribute_open_like(const struct job *job, const struct input *pollution,
                                const char *label, const char *variable, bool few_cells,
                                struct input **input)
{
    enum status status;
    struct input_request request = {.label = label,
                                    .path = option_text(job->options, label),
                                    .variable = variable,
                                    .units = input_units(pollution),
                                    .needs_time = true,
                                    .by_rows = true,
                                    .few_cells = few_cells};
    request.fill_steps = input_request_for(job, "input").fill_steps;
    TRY(input_open(job, &request, input));
    TRY_TOGETHER(job->comm, check_like(job, pollution, label, *input));
done:
    return status;
}

static enum status open_inputs(struct attribute *attribute)
{
    enum status status;
    const struct job *job = attribute->job;
    struct input_request request = input_request_for(job, "input");
    TRY(input_open(job, &request, &attribute->pollution));
    const struct input *pollution = attribute->pollution;
    TRY(attribute_open_like(job, pollution, "deweathered", "deweathered", false,
                            &attribute->deweathered));
    TRY(attribute_open_like(job, pollution, "expected", "expected", false, &attribute->expected));
    if (option_integer(job->options, "replicates") > 0) {
        TRY(attribute_open_like(job, pollution, "deweathered", "baseline", false,
                                &attribute->baseline));
    }
done:
    return status;
}

static enum status prepare(struct attribute *attribute)
{
    enum status status;
    const struct georeference *grid = input_grid(attribute->pollution);
    attribute->steps = input_time(attribute->pollution)->steps;
    attribute->cells = grid->rows * grid->cols;
    attribute->is_clipped = option_flag(attribute->job->options, "clipped");
    TRY(periods_create(attribute->job->options, input_time(attribute->pollution),
                       &attribute->periods));
    TRY(periods_add_all(attribute->periods));
    TRY(label_periods(attribute));
    TRY(declare(attribute));
done:
    return status;
}

static enum status create_buffers(struct attribute *attribute, const struct items *items)
{
    enum status status = STATUS_OK;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t values = cells * (size_t)items->steps, layers = cells * (size_t)attribute->periods->count;
    for (int i = 0; i < 3; i++) {
        TRY(memory_allocate(values, sizeof(float), &attribute->values[i]));
    }
    for (int i = 0; i < DAILY; i++) {
        TRY(memory_allocate(values, sizeof(float), &attribute->daily[i]));
    }
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(memory_allocate(layers, sizeof(float), &attribute->maps[i]));
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(memory_allocate(layers, sizeof(int32_t), &attribute->counts[i]));
    }
done:
    return status;
}

static enum status cut(struct attribute *attribute, struct items *items, struct items_cost *cost)
{
    int64_t layers = attribute->periods->count * (ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS);
    const struct georeference *grid = input_grid(attribute->pollution);
    *cost = (struct items_cost){
        .fixed_bytes = 1 << 20,
        .unit_bytes = (attribute->steps * (3 + DAILY) + layers) * (int64_t)sizeof(float)};
    return items_cut_rows(attribute->steps, grid->rows, grid->cols, cost,
                          attribute->job->memory_bytes, items);
}

static enum status attribute_stage(struct attribute *attribute)
{
    enum status status;
    const struct job *job = attribute->job;
    struct items items;
    struct items_cost cost;
    struct flow_work work = {.context = attribute,
                             .read = attribute_read,
                             .compute = attribute_compute,
                             .write = attribute_write};
    TRY_TOGETHER(job->comm, cut(attribute, &items, &cost));
    TRY(stage_begin(attribute->stage, &items, &cost));
    if (stage_is_done(attribute->stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm, create_buffers(attribute, stage_items(attribute->stage)));
    TRY(flow_run(attribute->stage, &work));
    if (!job->dry_run) {
        TRY(write_rest(attribute));
    }
    TRY(stage_commit(attribute->stage));
done:
    return status;
}

static void attribute_clear(struct attribute *attribute, bool is_finished)
{
    stage_destroy(&attribute->stage);
    input_close(&attribute->pollution, is_finished);
    input_close(&attribute->deweathered, is_finished);
    input_close(&attribute->expected, is_finished);
    input_close(&attribute->baseline, is_finished);
    periods_destroy(&attribute->periods);
    for (int i = 0; i < 3; i++) {
        free(attribute->values[i]);
    }
    for (int i = 0; i < DAILY; i++) {
        free(attribute->daily[i]);
    }
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        free(attribute->maps[i]);
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        free(attribute->counts[i]);
    }
    for (int i = 0; i < TABLES; i++) {
        free(attribute->table[i]);
    }
    free(attribute->label);
    free(attribute->labels);
}

static enum status attribute_run(struct job *job)
{
    enum status status;
    struct attribute attribute = {.job = job};
    TRY(open_inputs(&attribute));
    TRY_TOGETHER(job->comm, prepare(&attribute));
    TRY(attribute_stage(&attribute));
done:
    attribute_clear(&attribute, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const attribute_tables[] = {
    attribute_options, periods_options, periods_december_options,
    options_output,    options_grid,    options_common,           NULL};

const struct command command_attribute = {
    .name = "attribute",
    .summary = "what the sources add to the pollution, and how sure that is",
    .details =
        "In the areas, `ihs` is deweathered less expected (P2.44), `background` the pollution less "
        "that, never clipped (P2.45), `share` their part in the pollution, day by day. Layers of "
        "further maps have the means and both readings of the share (P2.46) by year, season, as --by "
        "asks, and over all; NAME_summary.csv has the same over all cells of the areas, with counts of "
        "negative cells and days.\n\n"
        "The standard error of the share over all (P2.47) has two parts. Blocks of the pollution's "
        "remainders, whole maps together, are drawn anew on the fixed trend and seasonal part and "
        "predicted into the areas; regressions need no second fit for it, since `recentre` keeps the "
        "mean of a cell whatever the coefficients. And blocks of the background, as wide as a "
        "typical area, are left out of the prediction in turn (delete-a-group jackknife), by ordinary "
        "kriging whatever method `background` used. The map has the standard error of each cell's mean "
        "by the same two parts. The interval is 1.96 standard errors wide to either side.",
    .examples = "airshed attribute pm25.nc --deweathered deweathered.nc --expected expected.nc -o ihs.nc\n"
                "mpirun -n 4 airshed attribute pm25.nc --deweathered deweathered.nc \\\n"
                "  --expected expected.nc -o ihs.nc --by year --share mean-of-ratios --geotiff",
    .tables = attribute_tables,
    .run = attribute_run,
};
