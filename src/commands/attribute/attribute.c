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
#include "parallel/messages.h"

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
     .help = "Result of `deweather`: its variable deweathered and, for the standard error, its replicates."},
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
    {.name = "expected-others",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_REPEATABLE | OPTION_INPUT,
     .group = ERROR_GROUP,
     .help = "A further prediction by a network of another seed; repeat it. Their spread becomes a part of "
             "the standard error (P2.47), their values do not change the share."},
    {.name = "no-errors",
     .kind = OPTION_FLAG,
     .group = ERROR_GROUP,
     .help = "Leave standard errors out. They are found after all cells, in one piece that a kill "
             "loses: --resume keeps the cells and finds them again."},
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
    SHARE_LOW,
    SHARE_HIGH,
    FIRST_OTHER, /* as many as --expected-others, then the clipped copy where it is asked for */
    VARIABLES = FIRST_OTHER + OTHERS_MOST + 1
};

enum { DAILY = 4, OTHER_NAME_BYTES = 24, TABLES = 2, SCRATCH_ROWS = 3 };

enum attribute_input { POLLUTION, DEWEATHERED, EXPECTED, OTHERS, INPUTS = OTHERS + OTHERS_MOST };

struct attribute {
    const struct job *job;
    struct input *input[INPUTS];
    int others;
    struct periods *periods;
    struct stage *stage;
    int64_t steps, cells;
    bool is_clipped, has_errors;

    /* Of an item: [steps, cells], [periods, cells] */
    float *values[INPUTS];
    float *daily[DAILY];
    float *other_maps[OTHERS_MOST];
    float *maps[ATTRIBUTE_MAPS];
    int32_t *counts[ATTRIBUTE_COUNTS];

    char *table[TABLES];
    char (*label)[PERIOD_LABEL_BYTES];
    const char **labels;
    char comment[300];
    char other_name[OTHERS_MOST][OTHER_NAME_BYTES];
    struct cube_variable variables[VARIABLES];
    struct cube_attribute attributes[3];
    struct cube_spec spec;
};

/* ---- one cell ----------------------------------------------------------------------------- */

/* Mean part of the sources by a further prediction, over the days that the parts count. */
static float other_mean(const struct attribute *attribute, const struct period *period, int other,
                        int64_t cells, int64_t cell)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t step = period->first; step <= period->last; step++) {
        int64_t at = step * cells + cell;
        struct attribute_day day =
            attribute_day_of(attribute->values[POLLUTION][at], attribute->values[DEWEATHERED][at],
                             attribute->values[OTHERS + other][at]);
        if (!isnan(day.background) && period_holds(attribute->periods, period, step)) {
            sum += day.ihs;
            count++;
        }
    }
    return count > 0 ? (float)(sum / (double)count) : NAN;
}

static void sum_periods(struct attribute *attribute, int64_t cells, int64_t cell)
{
    const struct periods *periods = attribute->periods;
    struct attribute_series series = {attribute->values[POLLUTION] + cell,
                                      attribute->values[DEWEATHERED] + cell,
                                      attribute->values[EXPECTED] + cell, cells, false};
    series.is_outside = attribute_is_outside(&series, attribute->steps);
    for (int64_t i = 0; i < periods->count; i++) {
        struct attribute_means means = attribute_means_of(periods, &periods->period[i], &series);
        int64_t at = i * cells + cell;
        for (int map = 0; map < ATTRIBUTE_MAPS; map++) {
            attribute->maps[map][at] = (float)means.maps[map];
        }
        for (int count = 0; count < ATTRIBUTE_COUNTS; count++) {
            attribute->counts[count][at] = means.counts[count];
        }
        for (int other = 0; other < attribute->others; other++) {
            attribute->other_maps[other][at] =
                other_mean(attribute, &periods->period[i], other, cells, cell);
        }
    }
}

static void split_days(struct attribute *attribute, int64_t count)
{
    for (int64_t at = 0; at < count; at++) {
        struct attribute_day day =
            attribute_day_of(attribute->values[POLLUTION][at], attribute->values[DEWEATHERED][at],
                             attribute->values[EXPECTED][at]);
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
    enum status status = STATUS_OK;
    struct attribute *attribute = context;
    for (int i = 0; i < OTHERS + attribute->others; i++) {
        TRY(input_read(attribute->input[i], &item->window, attribute->values[i]));
        flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    }
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
        TRY(flow_put(item, 0, FIRST_OTHER + attribute->others, &item->window,
                     attribute->daily[DAILY - 1]));
    }
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(flow_put(item, 0, FIRST_MAP + i, &layers, attribute->maps[i]));
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(flow_put(item, 0, FIRST_COUNT + i, &layers, attribute->counts[i]));
    }
    for (int i = 0; i < attribute->others; i++) {
        TRY(flow_put(item, 0, FIRST_OTHER + i, &layers, attribute->other_maps[i]));
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

static struct cube_variable layered(const struct attribute *attribute, const char *name,
                                    const char *long_name, const char *units)
{
    return (struct cube_variable){.name = name,
                                  .long_name = long_name,
                                  .units = units,
                                  .layers = (int)attribute->periods->count,
                                  .layer_name = "period",
                                  .layer_labels = attribute->labels};
}

static void describe_layers(struct attribute *attribute)
{
    static const char *const long_names[ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS] = {
        "mean pollution of the days that have all parts",
        "mean part of the pollution that the sources add",
        "mean pollution without the part of the sources",
        "share of the sources: their mean part over the mean pollution",
        "share of the sources: mean of the daily shares",
        "harmonic mean of the pollution over the days of the mean of the daily shares",
        "mean deweathered pollution of the cells outside the areas",
        "days with pollution, deweathered and expected",
        "days of the mean of the daily shares: with pollution of at least 1",
        "days on which the background is negative"};
    const char *units = input_units(attribute->input[POLLUTION]);
    for (int i = 0; i < ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS; i++) {
        bool is_map = i < ATTRIBUTE_MAPS;
        bool is_share = i == ATTRIBUTE_RATIO_OF_MEANS || i == ATTRIBUTE_MEAN_OF_RATIOS;
        struct cube_variable *variable = &attribute->variables[FIRST_MAP + i];
        *variable =
            layered(attribute,
                    is_map ? attribute_map_names[i] : attribute_count_names[i - ATTRIBUTE_MAPS],
                    long_names[i], is_map && !is_share ? units : "1");
        variable->type = is_map ? CUBE_FLOAT : CUBE_INT;
    }
    for (int i = 0; i < attribute->others; i++) {
        snprintf(attribute->other_name[i], OTHER_NAME_BYTES, "ihs_mean_other_%d", i + 1);
        attribute->variables[FIRST_OTHER + i] =
            layered(attribute, attribute->other_name[i],
                    "mean part of the sources by a further prediction", units);
    }
}

static void describe_daily(struct attribute *attribute)
{
    const char *units = input_units(attribute->input[POLLUTION]);
    const char *methods = input_variable(attribute->input[POLLUTION])->cell_methods;
    attribute->variables[DAILY_IHS] = (struct cube_variable){
        .name = "ihs", .long_name = "part of the pollution that the sources add: deweathered less "
                                    "expected", .units = units, .cell_methods = methods, .has_time = true};
    attribute->variables[DAILY_BACKGROUND] = (struct cube_variable){
        .name = "background", .long_name = "pollution less the part of the sources; may be negative",
        .units = units, .cell_methods = methods, .has_time = true};
    attribute->variables[DAILY_SHARE] = (struct cube_variable){
        .name = "share", .long_name = "part of the sources over the pollution, where that is at least 1",
        .units = "1", .has_time = true};
    attribute->variables[FIRST_OTHER + attribute->others] = (struct cube_variable){
        .name = "background_clipped", .long_name = "background, 0 where it is negative",
        .units = units, .cell_methods = methods, .has_time = true};
}

static void describe_errors(struct attribute *attribute)
{
    static const char *const names[][2] = {
        {"share_standard_error", "standard error of the share of the whole period"},
        {"share_low", "lower end of the 95 % interval of the share of the whole period"},
        {"share_high", "upper end of the 95 % interval of the share of the whole period"}};
    for (int i = 0; i <= SHARE_HIGH - STANDARD_ERROR; i++) {
        attribute->variables[STANDARD_ERROR + i] = (struct cube_variable){
            .name = names[i][0], .long_name = names[i][1], .units = "1", .skip_range = true};
    }
}

static void describe(struct attribute *attribute)
{
    const struct options *options = attribute->job->options;
    describe_daily(attribute);
    describe_layers(attribute);
    describe_errors(attribute);
    snprintf(attribute->comment, sizeof attribute->comment,
             "share_standard_error, share_low and share_high are about the share by %s; totals of the "
             "areas in %s",
             option_text(options, "share"), path_name(attribute->table[0]));
    attribute->attributes[0] = (struct cube_attribute){"comment", attribute->comment};
    attribute->attributes[1] =
        (struct cube_attribute){"references", "Zeng et al., Atmosphere 15, 131, 2024"};
    attribute->attributes[2] =
        (struct cube_attribute){"title", "Part of the pollution that industrial heat sources add"};
    attribute->spec = (struct cube_spec){.grid = input_grid(attribute->input[POLLUTION]),
                                         .time = input_time(attribute->input[POLLUTION]),
                                         .variables = attribute->variables,
                                         .variable_count = FIRST_OTHER + attribute->others +
                                                           attribute->is_clipped,
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
    for (int i = 0; i < OTHERS + attribute->others; i++) {
        TRY(input_attach(attribute->input[i], attribute->stage));
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
    float *maps[ATTRIBUTE_MAPS], *others[OTHERS_MOST];
    int32_t *counts[ATTRIBUTE_COUNTS];
    double *scratch;
};

static enum status read_back_create(const struct attribute *attribute, struct read_back *back)
{
    enum status status = STATUS_OK;
    int64_t cells = attribute->cells, rows = input_grid(attribute->input[POLLUTION])->rows;
    for (int i = 0; i < attribute->others; i++) {
        TRY(memory_allocate((size_t)cells, sizeof(float), &back->others[i]));
    }
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
    for (int i = 0; i < OTHERS_MOST; i++) {
        free(back->others[i]);
    }
    free(back->scratch);
}

static enum status read_period(struct attribute *attribute, int64_t index, struct read_back *back,
                               struct attribute_maps *maps)
{
    enum status status = STATUS_OK;
    struct cube *cube = stage_cube(attribute->stage, 0);
    const struct georeference *grid = input_grid(attribute->input[POLLUTION]);
    struct window layer = {.time = index, .steps = 1, .rows = grid->rows, .cols = grid->cols};
    for (int i = 0; i < ATTRIBUTE_MAPS; i++) {
        TRY(cube_get(cube, FIRST_MAP + i, &layer, back->maps[i]));
        maps->period.maps[i] = back->maps[i];
    }
    for (int i = 0; i < ATTRIBUTE_COUNTS; i++) {
        TRY(cube_get(cube, FIRST_COUNT + i, &layer, back->counts[i]));
        maps->period.counts[i] = back->counts[i];
    }
    for (int i = 0; i < attribute->others; i++) {
        TRY(cube_get(cube, FIRST_OTHER + i, &layer, back->others[i]));
        maps->others[i] = back->others[i];
    }
done:
    return status;
}

/* ---- the table ---------------------------------------------------------------------------- */

static void write_row(const struct period *period, const struct attribute_total *total,
                      const struct attribute_errors *errors, struct table_writer *writer)
{
    double days = total->days > 0 ? (double)total->days : NAN;
    period_write(period, writer);
    table_writer_integer(writer, total->cells);
    table_writer_integer(writer, total->days);
    table_writer_number(writer, total->pollution / days);
    table_writer_number(writer, total->ihs / days);
    table_writer_number(writer, (total->pollution - total->ihs) / days);
    for (int reading = 0; reading < READINGS; reading++) {
        double share = attribute_share(total, (enum attribute_reading)reading);
        double reach = errors->factor * errors->total[reading];
        table_writer_number(writer, share);
        table_writer_number(writer, errors->total[reading]);
        table_writer_number(writer, share - reach);
        table_writer_number(writer, share + reach);
        for (int part = 0; part < PARTS; part++) {
            table_writer_number(writer, errors->part[part][reading]);
        }
    }
    table_writer_integer(writer, total->share_days);
    table_writer_integer(writer, total->negative_cells);
    table_writer_integer(writer, total->negative_days);
}

#define SHARE_COLUMNS(name, text)                                                                  \
    {name, "1", text, TABLE_NUMBER}, {name "_se", "1", "its standard error", TABLE_NUMBER},        \
        {name "_low", "1", "lower end of its 95 % interval", TABLE_NUMBER},                        \
        {name "_high", "1", "upper end of its 95 % interval", TABLE_NUMBER},                       \
        {name "_se_remainder", "1", "standard error from replicates of remainders", TABLE_NUMBER}, \
        {name "_se_background", "1", "standard error from the prediction of the background",       \
         TABLE_NUMBER},                                                                            \
    {                                                                                              \
        name "_se_network", "1", "standard error from networks of other seeds", TABLE_NUMBER       \
    }

static enum status write_table(struct attribute *attribute, struct read_back *back,
                               const struct attribute_errors *errors)
{
    enum status status;
    struct table_writer *writer = NULL;
    const char *units = input_units(attribute->input[POLLUTION]);
    const struct georeference *grid = input_grid(attribute->input[POLLUTION]);
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
        struct attribute_maps maps;
        TRY(read_period(attribute, i, back, &maps));
        struct attribute_total total =
            attribute_sum(&maps.period, grid->rows, grid->cols, back->scratch);
        write_row(&attribute->periods->period[i], &total, &errors[i], writer);
    }
    TRY(table_writer_close(&writer, stage_partial(attribute->stage, attribute->table[1])));
done:
    table_writer_destroy(&writer);
    return status;
}

/* The maps of the whole period: standard error, lower and upper end. @p map and @p share are scratch. */
static enum status write_error_maps(struct attribute *attribute, struct read_back *back, int64_t all,
                                    const struct attribute_errors *errors, const float *error)
{
    enum status status = STATUS_OK;
    struct cube *cube = stage_cube(attribute->stage, 0);
    struct attribute_maps maps;
    const struct georeference *grid = input_grid(attribute->input[POLLUTION]);
    struct window whole = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    bool is_mean = strcmp(option_text(attribute->job->options, "share"), "mean-of-ratios") == 0;
    TRY(read_period(attribute, all, back, &maps));
    const float *share =
        back->maps[is_mean ? ATTRIBUTE_MEAN_OF_RATIOS : ATTRIBUTE_RATIO_OF_MEANS];
    float *map = back->maps[ATTRIBUTE_OUTSIDE];
    for (int i = 0; i <= SHARE_HIGH - STANDARD_ERROR; i++) {
        for (int64_t cell = 0; cell < attribute->cells; cell++) {
            double reach = errors->factor * (double)error[cell];
            map[cell] = i == 0 ? error[cell] : (float)((double)share[cell] + (i == 1 ? -reach : reach));
        }
        TRY(cube_put(cube, STANDARD_ERROR + i, &whole, map));
    }
    TRY(cube_sync(cube));
done:
    return status;
}

static int64_t find_all(const struct periods *periods)
{
    int64_t index = periods->count - 1;
    while (periods->period[index].kind != PERIOD_ALL) {
        index--;
    }
    return index;
}

/* Periods are dealt out to the ranks. */
static enum status find_own_errors(struct attribute *attribute, struct uncertainty *uncertainty,
                                   int64_t all, struct read_back *back,
                                   struct attribute_errors *errors, float *const cells[READINGS])
{
    enum status status = STATUS_OK;
    const struct job *job = attribute->job;
    struct attribute_maps maps;
    for (int64_t i = job->rank; i < attribute->periods->count; i += job->size) {
        TRY(read_period(attribute, i, back, &maps));
        TRY(uncertainty_find(uncertainty, &maps, &errors[i], i == all ? cells : NULL));
    }
done:
    return status;
}

/* Each period comes from the rank that had it. */
static void share_errors(const struct attribute *attribute, int64_t all,
                         struct attribute_errors *errors, float *const cells[READINGS])
{
    const struct job *job = attribute->job;
    for (int64_t i = 0; i < attribute->periods->count; i++) {
        messages_share(job->comm, (int)(i % job->size), &errors[i], sizeof errors[i], MPI_BYTE);
    }
    for (int i = 0; i < READINGS; i++) {
        messages_share(job->comm, (int)(all % job->size), cells[i], (int)attribute->cells, MPI_FLOAT);
    }
}

static enum status find_errors(struct attribute *attribute, int64_t all, struct read_back *back,
                               struct attribute_errors *errors, float *const cells[READINGS])
{
    enum status status;
    const struct job *job = attribute->job;
    struct attribute_maps maps;
    struct uncertainty *uncertainty = NULL;
    struct attribute_request request = {.job = job,
                                        .grid = input_grid(attribute->input[POLLUTION]),
                                        .steps = attribute->steps,
                                        .deweathered = option_text(job->options, "deweathered"),
                                        .expected = option_text(job->options, "expected"),
                                        .others = attribute->others};
    TRY_TOGETHER(job->comm, read_period(attribute, all, back, &maps));
    TRY(uncertainty_create(&request, &maps, &uncertainty));
    TRY_TOGETHER(job->comm, find_own_errors(attribute, uncertainty, all, back, errors, cells));
    share_errors(attribute, all, errors, cells);
done:
    uncertainty_destroy(&uncertainty);
    return status;
}

static void clear_errors(struct attribute_errors *errors, int64_t periods, float *const *cells,
                         int64_t count)
{
    for (int64_t i = 0; i < periods; i++) {
        errors[i].factor = NAN;
        for (int reading = 0; reading < READINGS; reading++) {
            errors[i].total[reading] = NAN;
            for (int part = 0; part < PARTS; part++) {
                errors[i].part[part][reading] = NAN;
            }
        }
    }
    for (int reading = 0; reading < READINGS; reading++) {
        for (int64_t cell = 0; cell < count; cell++) {
            cells[reading][cell] = NAN;
        }
    }
}

/* What no item owns: made after them, and again by a resumed run. */
static enum status write_rest(struct attribute *attribute)
{
    enum status status;
    const struct job *job = attribute->job;
    struct read_back back = {0};
    struct attribute_errors *errors = NULL;
    float *cells[READINGS] = {NULL};
    int64_t all = find_all(attribute->periods), periods = attribute->periods->count;
    bool is_mean = strcmp(option_text(job->options, "share"), "mean-of-ratios") == 0;
    TRY_TOGETHER(job->comm, read_back_create(attribute, &back));
    TRY_TOGETHER(job->comm, memory_allocate((size_t)periods, sizeof *errors, &errors));
    for (int i = 0; i < READINGS; i++) {
        TRY_TOGETHER(job->comm,
                     memory_allocate((size_t)attribute->cells, sizeof(float), &cells[i]));
    }
    clear_errors(errors, periods, cells, attribute->cells);
    if (attribute->has_errors) {
        TRY(find_errors(attribute, all, &back, errors, cells));
    }
    if (job->rank == 0) {
        TRY(write_error_maps(attribute, &back, all, &errors[all],
                             cells[is_mean ? READING_MEAN_OF_RATIOS : READING_RATIO_OF_MEANS]));
        TRY(write_table(attribute, &back, errors));
    }
done:
    read_back_clear(&back);
    free(errors);
    for (int i = 0; i < READINGS; i++) {
        free(cells[i]);
    }
    return status_agree(job->comm, status);
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status check_like(const struct job *job, const struct input *pollution,
                              const char *label, const char *path,
                              const struct input *other)
{
    enum status status = STATUS_OK;
    char why[256];
    const char *own = option_text(job->options, "input");
    FAIL_IF(!georeference_is_equal(input_grid(pollution), input_grid(other), why, sizeof why),
            STATUS_DATA, "--%s %s: is not on the grid of %s: %s", label, path, own, why);
    FAIL_IF(!time_axis_is_equal(input_time(pollution), input_time(other), why, sizeof why),
            STATUS_DATA, "--%s %s: has not the days of %s: %s; use --from and --to", label, path, own,
            why);
done:
    return status;
}

enum status attribute_open_like(const struct job *job, const struct input *pollution,
                                const char *label, const char *path, const char *variable,
                                bool few_cells,
                                struct input **input)
{
    enum status status;
    struct input_request request = {.label = label,
                                    .path = path,
                                    .variable = variable,
                                    .units = input_units(pollution),
                                    .needs_time = true,
                                    .by_rows = true,
                                    .few_cells = few_cells};
    request.fill_steps = input_request_for(job, "input").fill_steps;
    TRY(input_open(job, &request, input));
    TRY_TOGETHER(job->comm, check_like(job, pollution, label, path, *input));
done:
    return status;
}

static enum status open_inputs(struct attribute *attribute)
{
    enum status status;
    const struct job *job = attribute->job;
    const struct options *options = job->options;
    struct input_request request = input_request_for(job, "input");
    size_t others = option_count(options, "expected-others");
    FAIL_IF(others > OTHERS_MOST, STATUS_USAGE, "--expected-others: at most %d cubes", OTHERS_MOST);
    TRY(input_open(job, &request, &attribute->input[POLLUTION]));
    const struct input *pollution = attribute->input[POLLUTION];
    TRY(attribute_open_like(job, pollution, "deweathered", option_text(options, "deweathered"),
                            "deweathered", false, &attribute->input[DEWEATHERED]));
    TRY(attribute_open_like(job, pollution, "expected", option_text(options, "expected"), "expected",
                            false, &attribute->input[EXPECTED]));
    for (size_t i = 0; i < others; i++) {
        TRY(attribute_open_like(job, pollution, "expected-others",
                                option_item(options, "expected-others", i), "expected", false,
                                &attribute->input[OTHERS + i]));
        attribute->others++;
    }
done:
    return status;
}

static enum status prepare(struct attribute *attribute)
{
    enum status status;
    const struct options *options = attribute->job->options;
    const struct georeference *grid = input_grid(attribute->input[POLLUTION]);
    attribute->steps = input_time(attribute->input[POLLUTION])->steps;
    attribute->cells = grid->rows * grid->cols;
    attribute->is_clipped = option_flag(options, "clipped");
    attribute->has_errors = !option_flag(options, "no-errors");
    TRY(attribute_check_removal(attribute->job, option_text(options, "deweathered")));
    TRY(periods_create(options, input_time(attribute->input[POLLUTION]), &attribute->periods));
    TRY(periods_add_windows(attribute->periods, options, input_time(attribute->input[POLLUTION])));
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
    for (int i = 0; i < OTHERS + attribute->others; i++) {
        TRY(memory_allocate(values, sizeof(float), &attribute->values[i]));
    }
    for (int i = 0; i < attribute->others; i++) {
        TRY(memory_allocate(layers, sizeof(float), &attribute->other_maps[i]));
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

/* Buffers of the items are there while the errors are found. */
static enum status cut(struct attribute *attribute, struct items *items, struct items_cost *cost)
{
    int others = attribute->others;
    int64_t layers = attribute->periods->count * (ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS + others);
    int64_t series = attribute->steps * (OTHERS + others + DAILY);
    int64_t maps = ATTRIBUTE_MAPS + ATTRIBUTE_COUNTS + others + READINGS;
    const struct georeference *grid = input_grid(attribute->input[POLLUTION]);
    *cost = (struct items_cost){.fixed_bytes =
                                    (1 << 20) + attribute->cells * maps * (int64_t)sizeof(float),
                                .unit_bytes = (series + layers) * (int64_t)sizeof(float)};
    if (attribute->has_errors) {
        cost->fixed_bytes += uncertainty_bytes(attribute->cells);
    }
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
    for (int i = 0; i < INPUTS; i++) {
        input_close(&attribute->input[i], is_finished);
        free(attribute->values[i]);
    }
    periods_destroy(&attribute->periods);
    for (int i = 0; i < OTHERS_MOST; i++) {
        free(attribute->other_maps[i]);
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
    attribute_options, periods_options, periods_december_options, periods_window_options,
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
        "The standard error of a share (P2.47) has up to three parts, each in the table. _remainder: "
        "the replicates of `deweather --replicates`, in which remainders are drawn anew and stage 2 is "
        "fitted again, predicted into the areas; for years and seasons it grows with the root of the "
        "days that are missing from the whole period, a bound, since baselines are smoother than days. "
        "_background: shapes of the areas are held out of the mean background in all its blocks and "
        "predicted as the areas are; the mean square of their errors, over what the variogram of the "
        "map expects and weighted by their influence on the areas, scales the variance of the areas' "
        "mean. For a network the areas that "
        "`background` held out tell. _network: the spread of --expected-others. The interval is that "
        "of Student's distribution, with the effective number of held-out areas as degrees of freedom.",
    .examples = "airshed attribute pm25.nc --deweathered deweathered.nc --expected expected.nc -o ihs.nc\n"
                "mpirun -n 4 airshed attribute pm25.nc --deweathered deweathered.nc \\\n"
                "  --expected expected.nc -o ihs.nc --by year --share mean-of-ratios --geotiff",
    .tables = attribute_tables,
    .run = attribute_run,
};
