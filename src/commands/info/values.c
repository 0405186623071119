/* airshed -- GPL-3.0-or-later. Statistics of a variable, shared by the ranks, for `info`. */
#include "values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"
#include "parallel/messages.h"
#include "parallel/row_sums.h"

/* Cells whose extremes are kept at once, values of one read: fixed numbers, so that neither the
 * memory budget nor the ranks touch a sum. 12 bytes a cell: 96 MB. */
enum {
    GROUP_CELLS = 8 << 20,
    SLAB_VALUES = 8 << 20,
    MOST_SAMPLES = 24
};

/* Work on one variable. The cube is looked at in groups of cells (all of them, bands of rows where
 * there are many, or tiles of a sample), each in slabs of steps that the ranks share. */
struct survey {
    const struct job *job;
    struct dataset *dataset;
    int variable;
    int64_t steps, rows, cols; /* of the cube */
    int64_t slab_steps;
    int64_t slab_count;
    int64_t *slab_start; /* [slab_count] */
    int64_t group_count;
    struct window *groups; /* [group_count] */
    int64_t most_cells;    /* of a group */
    /* Buffers. */
    float *block;        /* [slab_steps, cells] */
    float *low, *high;   /* [cells] of the group */
    int32_t *valid;      /* [cells] */
    double *row_sum;     /* [rows of the group] */
    double *step_sum;    /* [steps looked at], of the group */
    int64_t *step_valid; /* [steps looked at], of all groups */
    uint32_t *step_hash; /* of all groups */
};

/* ---- what to look at ------------------------------------------------------------------------ */

static int64_t at_least_one(int64_t number)
{
    return number > 1 ? number : 1;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Number @p index of @p count places spread over @p extent, both ends among them. */
static int64_t spread(int64_t index, int64_t count, int64_t extent)
{
    return count > 1 ? index * (extent - 1) / (count - 1) : (extent - 1) / 2;
}

static int64_t slab_length(const struct survey *survey, int64_t slab)
{
    return smaller(survey->slab_steps, survey->steps - survey->slab_start[slab]);
}

/* Slabs of @p length steps, at most @p most of them. */
static enum status choose_slabs(struct survey *survey, int64_t length, int64_t most)
{
    enum status status;
    int64_t all = (survey->steps + length - 1) / length;
    survey->slab_steps = length;
    survey->slab_count = smaller(all, most);
    TRY(memory_allocate((size_t)survey->slab_count, sizeof *survey->slab_start,
                        &survey->slab_start));
    for (int64_t i = 0; i < survey->slab_count; i++) {
        survey->slab_start[i] = spread(i, survey->slab_count, all) * length;
    }
done:
    return status;
}

static enum status choose_everything(struct survey *survey)
{
    enum status status;
    struct dataset_chunk chunk = dataset_chunk(survey->dataset, survey->variable);
    int64_t band = smaller(survey->rows, at_least_one(GROUP_CELLS / survey->cols));
    survey->group_count = (survey->rows + band - 1) / band;
    TRY(memory_allocate((size_t)survey->group_count, sizeof *survey->groups, &survey->groups));
    for (int64_t i = 0; i < survey->group_count; i++) {
        survey->groups[i] = (struct window){
            .row = i * band, .rows = smaller(band, survey->rows - i * band), .cols = survey->cols};
    }
    /* Whole chunks, so that none is inflated twice, where they fit. */
    int64_t cells = band * survey->cols;
    int64_t length = smaller(survey->steps, at_least_one(SLAB_VALUES / cells));
    int64_t layers = chunk.steps > 1 ? (length + chunk.steps - 1) / chunk.steps : length;
    int64_t whole = chunk.steps > 1 ? layers * chunk.steps : length;
    length = whole * cells <= 4 * (int64_t)SLAB_VALUES ? whole : length;
    TRY(choose_slabs(survey, length, INT64_MAX));
done:
    return status;
}

/* Tiles that follow the chunks of a file whose maps are too large to sample whole. */
static enum status choose_tiles(struct survey *survey, const struct dataset_chunk *chunk,
                                int64_t most)
{
    enum status status;
    int64_t down = 1 + (survey->rows - chunk->first_rows + chunk->rows - 1) / chunk->rows;
    int64_t over = (survey->cols + chunk->cols - 1) / chunk->cols;
    survey->group_count = smaller(down * over, most);
    TRY(memory_allocate((size_t)survey->group_count, sizeof *survey->groups, &survey->groups));
    for (int64_t i = 0; i < survey->group_count; i++) {
        int64_t tile = spread(i, survey->group_count, down * over);
        int64_t row = tile / over;
        int64_t start = row == 0 ? 0 : chunk->first_rows + (row - 1) * chunk->rows;
        int64_t end = chunk->first_rows + row * chunk->rows;
        int64_t col = tile % over * chunk->cols;
        survey->groups[i] = (struct window){.row = start,
                                            .rows = smaller(end, survey->rows) - start,
                                            .col = col,
                                            .cols = smaller(chunk->cols, survey->cols - col)};
    }
done:
    return status;
}

static enum status choose_sample(struct survey *survey, int64_t budget)
{
    enum status status;
    enum {
        TILE_CELLS = 1 << 18,
        MOST_TILES = 64,
        LEAST_SLABS = 4
    };
    struct dataset_chunk chunk = dataset_chunk(survey->dataset, survey->variable);
    bool is_chunked = dataset_storage(survey->dataset, survey->variable)->is_chunked;
    int64_t length = smaller(chunk.steps, survey->steps);
    int64_t map = survey->rows * survey->cols;
    if (map * length <= budget) {
        chunk = (struct dataset_chunk){length, survey->rows, survey->cols, survey->rows};
    } else if (!is_chunked) {
        chunk.rows = smaller(survey->rows, at_least_one(TILE_CELLS / survey->cols));
        chunk.first_rows = chunk.rows;
    }
    int64_t tile = chunk.rows * chunk.cols;
    int64_t slabs = smaller((survey->steps + length - 1) / length, LEAST_SLABS);
    int64_t tiles = smaller(at_least_one(budget / (length * tile * slabs)), MOST_TILES);
    TRY(choose_tiles(survey, &chunk, tiles));
    slabs = smaller(at_least_one(budget / (length * tile * survey->group_count)), MOST_SAMPLES);
    TRY(choose_slabs(survey, length, slabs));
done:
    return status;
}

/* Steps that are looked at, slab after slab. */
static int64_t looked_at(const struct survey *survey)
{
    int64_t steps = 0;
    for (int64_t i = 0; i < survey->slab_count; i++) {
        steps += slab_length(survey, i);
    }
    return steps;
}

static enum status create_buffers(struct survey *survey)
{
    enum status status;
    size_t steps = (size_t)looked_at(survey);
    int64_t most_rows = 0;
    for (int64_t i = 0; i < survey->group_count; i++) {
        int64_t cells = survey->groups[i].rows * survey->groups[i].cols;
        survey->most_cells = cells > survey->most_cells ? cells : survey->most_cells;
        most_rows = survey->groups[i].rows > most_rows ? survey->groups[i].rows : most_rows;
    }
    size_t cells = (size_t)survey->most_cells;
    TRY(memory_allocate((size_t)survey->slab_steps * cells, sizeof(float), &survey->block));
    TRY(memory_allocate(cells, sizeof(float), &survey->low));
    TRY(memory_allocate(cells, sizeof(float), &survey->high));
    TRY(memory_allocate(cells, sizeof *survey->valid, &survey->valid));
    TRY(memory_allocate((size_t)most_rows, sizeof(double), &survey->row_sum));
    TRY(memory_allocate(steps, sizeof(double), &survey->step_sum));
    TRY(memory_allocate(steps, sizeof *survey->step_valid, &survey->step_valid));
    TRY(memory_allocate(steps, sizeof *survey->step_hash, &survey->step_hash));
done:
    return status;
}

static void survey_clear(struct survey *survey)
{
    free(survey->slab_start);
    free(survey->groups);
    free(survey->block);
    free(survey->low);
    free(survey->high);
    free(survey->valid);
    free(survey->row_sum);
    free(survey->step_sum);
    free(survey->step_valid);
    free(survey->step_hash);
}

/* ---- one rank's slabs ----------------------------------------------------------------------- */

static int64_t place_number(const struct survey *survey, const struct info_place *place)
{
    return (place->step * survey->rows + place->row) * survey->cols + place->col;
}

static void meet(double value, const struct info_place *place, const struct survey *survey,
                 struct info_values *values)
{
    bool is_first = isnan(values->min);
    bool is_earlier_low = value == values->min &&
                          place_number(survey, place) < place_number(survey, &values->min_place);
    bool is_earlier_high = value == values->max &&
                           place_number(survey, place) < place_number(survey, &values->max_place);
    if (is_first || value < values->min || is_earlier_low) {
        values->min = value;
        values->min_place = *place;
    }
    if (is_first || value > values->max || is_earlier_high) {
        values->max = value;
        values->max_place = *place;
    }
}

/* One row of one step: sum in column order, and the extremes of its cells. */
static double take_row(struct survey *survey, const struct window *group, int64_t step, int64_t row,
                       const float *line, struct info_values *values, int64_t *valid)
{
    double sum = 0;
    for (int64_t col = 0; col < group->cols; col++) {
        double value = (double)line[col];
        int64_t cell = row * group->cols + col;
        if (!isfinite(value)) {
            values->infinite += !isnan(value);
            values->missing += isnan(value);
            continue;
        }
        const struct info_place place = {step, group->row + row, group->col + col};
        sum += value;
        *valid += 1;
        values->negative += value < 0;
        values->zero += value == 0;
        survey->low[cell] = fminf(survey->low[cell], line[col]);
        survey->high[cell] = fmaxf(survey->high[cell], line[col]);
        survey->valid[cell]++;
        if (!(value > values->min && value < values->max)) {
            meet(value, &place, survey, values);
        }
    }
    return sum;
}

static void take_step(struct survey *survey, const struct window *group, int64_t step,
                      int64_t number, const float *map, struct info_values *values)
{
    int64_t valid = 0;
    for (int64_t row = 0; row < group->rows; row++) {
        survey->row_sum[row] =
            take_row(survey, group, step, row, map + row * group->cols, values, &valid);
    }
    survey->step_sum[number] = tree_sum(survey->row_sum, group->rows);
    survey->step_valid[number] += valid;
    uint32_t hash = hash_crc32c(map, (size_t)(group->rows * group->cols) * sizeof *map);
    survey->step_hash[number] = survey->step_hash[number] * 16777619U + hash;
}

/* This rank's slabs of one group. Local. */
static enum status take_slabs(struct survey *survey, const struct window *group,
                              struct log_progress *progress, int64_t slabs_before,
                              struct info_values *values)
{
    enum status status = STATUS_OK;
    int64_t number = 0;
    for (int64_t slab = 0; slab < survey->slab_count; slab++) {
        struct window window = *group;
        window.time = survey->slab_start[slab];
        window.steps = slab_length(survey, slab);
        if (slab % survey->job->size == survey->job->rank) {
            TRY(dataset_read(survey->dataset, survey->variable, &window, survey->block));
            for (int64_t i = 0; i < window.steps; i++) {
                take_step(survey, group, window.time + i, number + i,
                          survey->block + i * group->rows * group->cols, values);
            }
            log_progress_update(progress, slabs_before + slab + 1);
        }
        number += window.steps;
    }
done:
    return status;
}

/* ---- all ranks' groups ---------------------------------------------------------------------- */

static void start_group(struct survey *survey, const struct window *group)
{
    for (int64_t cell = 0; cell < group->rows * group->cols; cell++) {
        survey->low[cell] = INFINITY;
        survey->high[cell] = -INFINITY;
        survey->valid[cell] = 0;
    }
    memset(survey->step_sum, 0, (size_t)looked_at(survey) * sizeof *survey->step_sum);
}

/* Extremes and counts do not depend on the order in which ranks meet. */
static void finish_group(struct survey *survey, const struct window *group, double *sum,
                         struct info_values *values)
{
    MPI_Comm comm = survey->job->comm;
    int64_t cells = group->rows * group->cols;
    double group_sum;
    messages_reduce(comm, survey->low, (int)cells, MPI_FLOAT, MPI_MIN);
    messages_reduce(comm, survey->high, (int)cells, MPI_FLOAT, MPI_MAX);
    messages_reduce(comm, survey->valid, (int)cells, MPI_INT32_T, MPI_SUM);
    for (int64_t cell = 0; cell < cells; cell++) {
        bool is_tested = survey->valid[cell] >= INFO_LEAST_VALUES;
        values->tested_cells += is_tested;
        values->constant_cells += is_tested && survey->low[cell] == survey->high[cell];
        values->empty_cells += survey->valid[cell] == 0;
    }
    row_sums_total(comm, survey->step_sum, looked_at(survey), &group_sum);
    *sum += group_sum;
}

static enum status take_groups(struct survey *survey, double *sum, struct info_values *values)
{
    enum status status = STATUS_OK;
    struct log_progress progress;
    log_progress_begin(&progress, "reading", survey->group_count * survey->slab_count);
    for (int64_t i = 0; i < survey->group_count; i++) {
        const struct window *group = &survey->groups[i];
        start_group(survey, group);
        TRY_TOGETHER(survey->job->comm,
                     take_slabs(survey, group, &progress, i * survey->slab_count, values));
        finish_group(survey, group, sum, values);
        values->cells += group->rows * group->cols;
    }
done:
    log_progress_end(&progress);
    return status;
}

/* The extreme of all ranks, where it was met first. */
static void share_extreme(const struct survey *survey, MPI_Op operation, double *value,
                          struct info_place *place)
{
    MPI_Comm comm = survey->job->comm;
    double nothing = operation == MPI_MIN ? INFINITY : -INFINITY;
    double best = isnan(*value) ? nothing : *value;
    messages_reduce(comm, &best, 1, MPI_DOUBLE, operation);
    int64_t number = *value == best ? place_number(survey, place) : INT64_MAX;
    messages_reduce(comm, &number, 1, MPI_INT64_T, MPI_MIN);
    *value = isfinite(best) ? best : NAN;
    if (isfinite(best)) {
        *place = (struct info_place){number / (survey->rows * survey->cols),
                                     number / survey->cols % survey->rows, number % survey->cols};
    }
}

static void share_steps(struct survey *survey, struct info_values *values)
{
    MPI_Comm comm = survey->job->comm;
    int64_t number = 0;
    int steps = (int)looked_at(survey);
    messages_reduce(comm, survey->step_valid, steps, MPI_INT64_T, MPI_SUM);
    messages_reduce(comm, survey->step_hash, steps, MPI_UINT32_T, MPI_SUM);
    for (int64_t slab = 0; slab < survey->slab_count; slab++) {
        for (int64_t i = 0; i < slab_length(survey, slab); i++, number++) {
            int64_t step = survey->slab_start[slab] + i;
            bool follows =
                i > 0 ||
                (slab > 0 && survey->slab_start[slab - 1] + slab_length(survey, slab - 1) == step);
            if (survey->step_valid[number] == 0 && values->empty_steps++ == 0) {
                values->first_empty_step = step;
            }
            if (follows && survey->step_valid[number] > 0 &&
                survey->step_valid[number] == survey->step_valid[number - 1] &&
                survey->step_hash[number] == survey->step_hash[number - 1] &&
                values->repeated_steps++ == 0) {
                values->first_repeated_step = step;
            }
        }
    }
}

static void share_values(struct survey *survey, double sum, struct info_values *values)
{
    MPI_Comm comm = survey->job->comm;
    int64_t counts[4] = {values->missing, values->infinite, values->negative, values->zero};
    messages_reduce(comm, counts, 4, MPI_INT64_T, MPI_SUM);
    values->missing = counts[0];
    values->infinite = counts[1];
    values->negative = counts[2];
    values->zero = counts[3];
    share_extreme(survey, MPI_MIN, &values->min, &values->min_place);
    share_extreme(survey, MPI_MAX, &values->max, &values->max_place);
    share_steps(survey, values);
    values->steps = looked_at(survey);
    values->values = values->steps * values->cells;
    values->is_sample = values->values < survey->steps * survey->rows * survey->cols;
    int64_t finite = values->values - values->missing - values->infinite;
    values->mean = finite > 0 ? sum / (double)finite : NAN;
}

enum status info_values_read(const struct job *job, struct dataset *dataset, int variable,
                             int64_t sample_values, struct info_values *values)
{
    enum status status;
    const struct dataset_variable *facts = dataset_variable(dataset, variable);
    double sum = 0;
    struct survey survey = {.job = job,
                            .dataset = dataset,
                            .variable = variable,
                            .steps = facts->time != NULL ? facts->time->steps : 1,
                            .rows = facts->grid->rows,
                            .cols = facts->grid->cols};
    *values = (struct info_values){.min = NAN, .max = NAN, .mean = NAN};
    status = sample_values > 0 ? choose_sample(&survey, sample_values) : choose_everything(&survey);
    if (status == STATUS_OK) {
        status = create_buffers(&survey);
    }
    TRY(status_agree(job->comm, status));
    TRY(take_groups(&survey, &sum, values));
    share_values(&survey, sum, values);
done:
    survey_clear(&survey);
    return status;
}
