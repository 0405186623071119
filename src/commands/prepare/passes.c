/* airshed -- GPL-3.0-or-later. Passes of prepare over scratch: outliers of series, variograms. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/reason.h"
#include "flow/scratch.h"
#include "io/table.h"
#include "io/table_writer.h"
#include "parallel/agree.h"
#include "prepare.h"

/* ---- inputs -------------------------------------------------------------------------------- */

static enum status attach_inputs(const struct fields *fields, struct stage *stage)
{
    enum status status;
    TRY(input_attach(fields->input, stage));
    if (fields->dew_point != NULL) {
        TRY(input_attach(fields->dew_point, stage));
    }
    TRY(target_attach(fields->target, stage));
done:
    return status;
}

/* ---- outliers ----------------------------------------------------------------------------- */

enum {
    CLEAN_VALUE,
    CLEAN_FLAG,
    CLEAN_COUNT,
    CLEAN_VALID,
    CLEAN_VARIABLES
};

struct cleaning {
    struct fields *fields;
    struct outlier_rule rule;
    float *values;   /* [steps, cells] */
    int8_t *flags;   /* [steps, cells] */
    int32_t *counts; /* [cells], outliers */
    int32_t *valid;  /* [cells], values before */
    double *series, *scratch;
};

static enum status clean_read(void *context, struct flow_item *item)
{
    struct cleaning *cleaning = context;
    return fields_read(cleaning->fields, item, &item->window, cleaning->values);
}

static void clean_cell(struct cleaning *cleaning, int64_t cell, int64_t cells, int64_t steps)
{
    for (int64_t step = 0; step < steps; step++) {
        cleaning->series[step] = (double)cleaning->values[step * cells + cell];
    }
    struct outlier_result result =
        outlier_remove(&cleaning->rule, cleaning->series, steps, 1, cleaning->scratch);
    for (int64_t step = 0; step < steps; step++) {
        int64_t at = step * cells + cell;
        bool is_taken = isnan(cleaning->series[step]) && !isnan(cleaning->values[at]);
        cleaning->flags[at] = is_taken ? REASON_OUTLIER : REASON_OK;
        cleaning->values[at] = is_taken ? NAN : cleaning->values[at];
    }
    cleaning->counts[cell] = (int32_t)result.removed;
    cleaning->valid[cell] = (int32_t)result.valid;
}

static enum status clean_compute(void *context, struct flow_item *item)
{
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t cell = 0; cell < cells; cell++) {
        clean_cell(context, cell, cells, item->window.steps);
    }
    return STATUS_OK;
}

static enum status clean_write(void *context, struct flow_item *item)
{
    enum status status;
    struct cleaning *cleaning = context;
    struct window map = item->window;
    map.steps = 1;
    TRY(flow_put(item, 0, CLEAN_VALUE, &item->window, cleaning->values));
    TRY(flow_put(item, 0, CLEAN_FLAG, &item->window, cleaning->flags));
    TRY(flow_put(item, 0, CLEAN_COUNT, &map, cleaning->counts));
    TRY(flow_put(item, 0, CLEAN_VALID, &map, cleaning->valid));
done:
    return status;
}

static enum status clean_buffers(struct cleaning *cleaning, const struct items *items)
{
    enum status status;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t steps = (size_t)items->steps;
    TRY(memory_allocate(cells * steps, sizeof(float), &cleaning->values));
    TRY(memory_allocate(cells * steps, 1, &cleaning->flags));
    TRY(memory_allocate(cells, sizeof *cleaning->counts, &cleaning->counts));
    TRY(memory_allocate(cells, sizeof *cleaning->valid, &cleaning->valid));
    TRY(memory_allocate(steps, sizeof(double), &cleaning->series));
    TRY(memory_allocate(steps, sizeof(double), &cleaning->scratch));
done:
    return status;
}

static void cleaning_clear(struct cleaning *cleaning)
{
    free(cleaning->values);
    free(cleaning->flags);
    free(cleaning->counts);
    free(cleaning->valid);
    free(cleaning->series);
    free(cleaning->scratch);
}

static enum status clean_declare(const struct job *job, const struct fields *fields,
                                 const char *path, const struct cube_spec *spec,
                                 struct stage **stage)
{
    enum status status;
    int cube;
    TRY(stage_create(job, path, stage));
    TRY(attach_inputs(fields, *stage));
    TRY(stage_add_cube(*stage, path, spec, &cube));
done:
    return status;
}

static enum status clean_run(const struct job *job, struct cleaning *cleaning, const char *path)
{
    enum status status;
    struct stage *stage = NULL;
    const struct georeference *grid = cleaning->fields->target->grid;
    const struct time_axis *time = input_time(cleaning->fields->input);
    const struct job own = scratch_job(job);
    static const struct cube_variable variables[CLEAN_VARIABLES] = {
        [CLEAN_VALUE] = {.name = "value", .has_time = true, .skip_range = true},
        [CLEAN_FLAG] = {.name = "flag", .type = CUBE_BYTE, .has_time = true},
        [CLEAN_COUNT] = {.name = "outliers", .type = CUBE_INT},
        [CLEAN_VALID] = {.name = "valid", .type = CUBE_INT},
    };
    const struct cube_spec spec = {
        .grid = grid, .time = time, .variables = variables, .variable_count = CLEAN_VARIABLES};
    const struct items_cost cost = {.fixed_bytes = fields_bytes(job, cleaning->fields) +
                                                   time->steps * 16 + (1 << 20),
                                    .unit_bytes = time->steps * 5 + 8};
    const struct flow_work work = {
        .context = cleaning, .read = clean_read, .compute = clean_compute, .write = clean_write};
    struct items items;

    TRY_TOGETHER(job->comm, items_cut_rows(time->steps, grid->rows, grid->cols, &cost,
                                           job->memory_bytes, &items));
    TRY_TOGETHER(job->comm, clean_declare(&own, cleaning->fields, path, &spec, &stage));
    TRY(stage_begin(stage, &items, &cost));
    if (!stage_is_done(stage)) {
        TRY_TOGETHER(job->comm, clean_buffers(cleaning, stage_items(stage)));
        TRY(flow_run(stage, &work));
        TRY(stage_commit(stage));
    }
done:
    stage_destroy(&stage);
    return status;
}

static enum status open_cleaned(struct passes *passes)
{
    enum status status;
    const struct dataset_options how = {0};
    TRY(dataset_open(passes->values_path, &how, &passes->values));
    TRY(dataset_find(passes->values, "value", &passes->value_variable));
    TRY(dataset_find(passes->values, "flag", &passes->flag_variable));
    TRY(dataset_find(passes->values, "outliers", &passes->count_variable));
    TRY(dataset_find(passes->values, "valid", &passes->valid_variable));
done:
    return status;
}

enum status passes_clean(const struct job *job, struct fields *fields,
                         const struct outlier_rule *rule, struct passes *passes)
{
    enum status status;
    struct cleaning cleaning = {.fields = fields, .rule = *rule};
    TRY_TOGETHER(job->comm, scratch_path(job, "clean", &passes->values_path));
    TRY(clean_run(job, &cleaning, passes->values_path));
    if (!job->dry_run) {
        TRY_TOGETHER(job->comm, open_cleaned(passes));
    }
done:
    cleaning_clear(&cleaning);
    return status;
}

/* ---- values, cleaned or not --------------------------------------------------------------- */

static enum status read_flags(struct passes *passes, const struct window *window, float *room,
                              int8_t *flags)
{
    enum status status;
    int64_t count = window_count(window);
    TRY(dataset_read(passes->values, passes->flag_variable, window, room));
    for (int64_t i = 0; i < count; i++) {
        flags[i] = (int8_t)room[i];
    }
done:
    return status;
}

enum status passes_read(struct passes *passes, struct fields *fields, struct flow_item *item,
                        const struct window *window, float *values, int8_t *flags)
{
    enum status status;
    if (passes->values == NULL) { /* nothing to clean, or a dry run */
        memset(flags, REASON_OK, (size_t)window_count(window));
        return fields_read(fields, item, window, values);
    }
    /* The room of the values holds the flags first, which come as floats. */
    TRY(read_flags(passes, window, values, flags));
    TRY(dataset_read(passes->values, passes->value_variable, window, values));
    flow_count_read(item, window_count(window) * 5);
done:
    return status;
}

/* A map of counts, and their sum. */
static enum status read_counts(struct dataset *dataset, int variable, const struct window *map,
                               float *room, int32_t *count, int64_t *total)
{
    enum status status;
    TRY(dataset_read(dataset, variable, map, room));
    *total = 0;
    for (int64_t cell = 0; cell < window_count(map); cell++) {
        count[cell] = (int32_t)room[cell];
        *total += count[cell];
    }
done:
    return status;
}

enum status passes_outliers(struct passes *passes, const struct target *target, int32_t *count,
                            int64_t *outliers, int64_t *valid)
{
    enum status status;
    float *room = NULL;
    const struct window map = {.steps = 1, .rows = target->grid->rows, .cols = target->grid->cols};
    TRY(memory_allocate((size_t)window_count(&map), sizeof *room, &room));
    TRY(read_counts(passes->values, passes->valid_variable, &map, room, count, valid));
    TRY(read_counts(passes->values, passes->count_variable, &map, room, count, outliers));
done:
    free(room);
    return status;
}

/* ---- variograms --------------------------------------------------------------------------- */

struct summing {
    struct passes *passes;
    struct fields *fields;
    const struct interpolation *how;
    float *values;
    int8_t *flags;
    double *map;
    struct day_pairs *days; /* of an item */
};

static enum status sum_read(void *context, struct flow_item *item)
{
    struct summing *summing = context;
    return passes_read(summing->passes, summing->fields, item, &item->window, summing->values,
                       summing->flags);
}

static enum status sum_compute(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct summing *summing = context;
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t step = 0; step < item->window.steps; step++) {
        for (int64_t cell = 0; cell < cells; cell++) {
            summing->map[cell] = (double)summing->values[step * cells + cell];
        }
        TRY(day_pairs_make(summing->how, (uint64_t)(item->window.time + step), cells,
                           summing->fields->target->place, summing->map, &summing->days[step]));
    }
done:
    return status;
}

static enum status sum_write(void *context, struct flow_item *item)
{
    struct summing *summing = context;
    return flow_payload(item, summing->days, item->window.steps * (int64_t)sizeof *summing->days);
}

/* Columns of the table: day, count, deviation, then count, distance and square of each lag. */
enum {
    TABLE_DAY_COLS = 3,
    TABLE_LAG_COLS = 3,
    TABLE_COLS_MOST = TABLE_DAY_COLS + TABLE_LAG_COLS * VARIOGRAM_LAGS_MAX
};

static enum status pairs_write(const struct stage *stage, const char *path, int64_t steps, int lags)
{
    enum status status;
    struct journal_content content = {0};
    struct table_writer *writer = NULL;
    struct table_column columns[TABLE_COLS_MOST];
    char names[TABLE_COLS_MOST][16];
    int cols = TABLE_DAY_COLS + TABLE_LAG_COLS * lags;
    int64_t step = 0;
    for (int i = 0; i < cols; i++) {
        snprintf(names[i], sizeof names[i], "c%d", i);
        columns[i] = (struct table_column){.name = names[i], .kind = TABLE_NUMBER};
    }
    TRY(stage_records(stage, &content));
    TRY(table_writer_create(stage_partial(stage, path), NULL, columns, cols, &writer));
    for (int64_t i = 0; i < content.record_count; i++) {
        const struct day_pairs *days = content.records[i].payload;
        int64_t count = content.records[i].payload_bytes / (int64_t)sizeof *days;
        for (int64_t day = 0; day < count; day++) {
            table_writer_number(writer, (double)step++);
            table_writer_number(writer, (double)days[day].count);
            table_writer_number(writer, days[day].deviation);
            for (int lag = 0; lag < lags; lag++) {
                table_writer_number(writer, (double)days[day].pairs.count[lag]);
                table_writer_number(writer, days[day].pairs.distance_sum[lag]);
                table_writer_number(writer, days[day].pairs.square_sum[lag]);
            }
        }
    }
    FAIL_IF(step != steps, STATUS_FAILED, "%s: holds %lld of %lld days", path, (long long)step,
            (long long)steps);
    TRY(table_writer_close(&writer, NULL));
done:
    table_writer_destroy(&writer);
    journal_content_clear(&content);
    return status;
}

static enum status day_read(const struct table *table, const struct interpolation *how, int64_t row,
                            struct day_pairs *day)
{
    enum status status;
    double number;
    variogram_pairs_init(&day->pairs, how->cutoff_m, how->lags);
    TRY(table_number(table, row, 1, &number));
    day->count = (int64_t)number;
    TRY(table_number(table, row, 2, &day->deviation));
    for (int lag = 0; lag < how->lags; lag++) {
        int64_t col = TABLE_DAY_COLS + TABLE_LAG_COLS * lag;
        TRY(table_number(table, row, col, &number));
        day->pairs.count[lag] = (int64_t)number;
        TRY(table_number(table, row, col + 1, &day->pairs.distance_sum[lag]));
        TRY(table_number(table, row, col + 2, &day->pairs.square_sum[lag]));
    }
done:
    return status;
}

static enum status models_read(const char *path, const struct interpolation *how, int64_t steps,
                               struct day_models *models)
{
    enum status status;
    struct table *table = NULL;
    struct day_pairs *days = NULL;
    const struct table_source source = {.path = path};
    TRY(table_read(&source, &table));
    FAIL_IF(table->rows != steps ||
                table->cols != TABLE_DAY_COLS + TABLE_LAG_COLS * (int64_t)how->lags,
            STATUS_DATA, "%s: has other days or lags: remove it and run again", path);
    TRY(memory_allocate((size_t)steps, sizeof *days, &days));
    for (int64_t step = 0; step < steps; step++) {
        TRY(day_read(table, how, step, &days[step]));
    }
    TRY(day_models_fit(how, steps, days, models));
done:
    free(days);
    table_destroy(&table);
    return status;
}

static enum status summing_buffers(struct summing *summing, const struct items *items)
{
    enum status status;
    size_t cells = (size_t)(items->rows * items->cols);
    size_t steps = (size_t)items->slab_steps;
    TRY(memory_allocate(cells * steps, sizeof(float), &summing->values));
    TRY(memory_allocate(cells * steps, 1, &summing->flags));
    TRY(memory_allocate(cells, sizeof(double), &summing->map));
    TRY(memory_allocate(steps, sizeof *summing->days, &summing->days));
done:
    return status;
}

static void summing_clear(struct summing *summing)
{
    free(summing->values);
    free(summing->flags);
    free(summing->map);
    free(summing->days);
}

static enum status sum_declare(const struct job *job, const struct fields *fields, const char *path,
                               struct stage **stage)
{
    enum status status;
    TRY(stage_create(job, path, stage));
    TRY(attach_inputs(fields, *stage));
    TRY(stage_add_file(*stage, path));
done:
    return status;
}

static enum status sum_run(const struct job *job, struct summing *summing, const char *path)
{
    enum status status;
    struct stage *stage = NULL;
    const struct georeference *grid = summing->fields->target->grid;
    const struct time_axis *time = input_time(summing->fields->input);
    const struct job own = scratch_job(job);
    int64_t cells = grid->rows * grid->cols;
    const struct items_cost cost = {.fixed_bytes = fields_bytes(job, summing->fields) + cells * 8 +
                                                   summing->how->sample * 48 + (1 << 20),
                                    .unit_bytes = cells * 5 + (int64_t)sizeof *summing->days};
    const struct flow_work work = {
        .context = summing, .read = sum_read, .compute = sum_compute, .write = sum_write};
    struct items items;

    TRY_TOGETHER(job->comm, items_cut_steps(time->steps, grid->rows, grid->cols, &cost,
                                            job->memory_bytes, &items));
    TRY_TOGETHER(job->comm, sum_declare(&own, summing->fields, path, &stage));
    TRY(stage_begin(stage, &items, &cost));
    if (!stage_is_done(stage)) {
        TRY_TOGETHER(job->comm, summing_buffers(summing, stage_items(stage)));
        TRY(flow_run(stage, &work));
        status = job->rank == 0 && !job->dry_run
                     ? pairs_write(stage, path, time->steps, summing->how->lags)
                     : STATUS_OK;
        TRY(status_agree(job->comm, status));
        TRY(stage_commit(stage));
    }
done:
    stage_destroy(&stage);
    return status;
}

/* A dry run has no variograms: its time is that of a plausible one. */
static enum status models_guess(const struct interpolation *how, int64_t steps,
                                struct day_models *models)
{
    enum status status;
    TRY(memory_allocate((size_t)steps, sizeof *models->model, &models->model));
    models->steps = steps;
    for (int64_t step = 0; step < steps; step++) {
        models->model[step] = (struct variogram_model){
            .shape = VARIOGRAM_SPHERICAL, .partial_sill = 1, .range = how->cutoff_m};
    }
done:
    return status;
}

enum status passes_variograms(const struct job *job, struct fields *fields, struct passes *passes,
                              const struct interpolation *how, struct day_models *models)
{
    enum status status;
    struct summing summing = {.passes = passes, .fields = fields, .how = how};
    int64_t steps = input_time(fields->input)->steps;
    TRY_TOGETHER(job->comm, scratch_path(job, "variograms", &passes->variograms_path));
    TRY(sum_run(job, &summing, passes->variograms_path));
    TRY_TOGETHER(job->comm, job->dry_run
                                ? models_guess(how, steps, models)
                                : models_read(passes->variograms_path, how, steps, models));
done:
    summing_clear(&summing);
    return status;
}

void passes_close(const struct job *job, struct passes *passes, bool is_finished)
{
    dataset_close(&passes->values);
    if (is_finished && passes->values_path != NULL) {
        scratch_remove(job, 0, passes->values_path);
    }
    if (is_finished && passes->variograms_path != NULL) {
        scratch_remove(job, 0, passes->variograms_path);
    }
    free(passes->values_path);
    free(passes->variograms_path);
}
