/* airshed -- GPL-3.0-or-later. Weather decomposed on its own, coarser grid (P2.29). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flow/produce.h"
#include "flow/scratch.h"
#include "parallel/agree.h"
#include "weather_internal.h"

enum { COARSE_BASELINE, COARSE_COMPLETE, COARSE_VARIABLES };

/* Doubles, because the regression works on small differences of large numbers (pressure). */
static const struct cube_variable coarse_variables[COARSE_VARIABLES] = {
    [COARSE_BASELINE] = {.name = "baseline",
                         .long_name = "trend and seasonal part",
                         .type = CUBE_DOUBLE,
                         .has_time = true,
                         .skip_range = true},
    [COARSE_COMPLETE] = {.name = "complete",
                         .long_name = "no value is missing",
                         .type = CUBE_BYTE},
};

struct coarse {
    struct input *input;
    struct decomposition *decomposition;
    float *values;     /* [steps, cells] */
    double *baselines; /* [steps, cells] */
    int8_t *complete;  /* [cells] */
};

static enum status coarse_read(void *context, struct flow_item *item)
{
    struct coarse *coarse = context;
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    return input_read(coarse->input, &item->window, coarse->values);
}

/* The cells of the last block of @p d into @p baselines [steps, cells]. */
static void store_baselines(const struct decomposition *d, int64_t cells, int64_t first,
                            double *baselines)
{
    for (int64_t lane = 0; lane < LANES && first + lane < cells; lane++) {
        for (int64_t step = 0; step < d->steps; step++) {
            int64_t from = step * LANES + lane;
            baselines[step * cells + first + lane] = d->trend[from] + d->seasonal[from];
        }
    }
}

static void note_gaps(const struct decomposition *d, int64_t cells, int64_t first, int8_t *complete)
{
    for (int64_t lane = 0; lane < LANES && first + lane < cells; lane++) {
        complete[first + lane] = 1;
        for (int64_t step = 0; step < d->steps; step++) {
            complete[first + lane] &= !isnan(d->series[step * LANES + lane]);
        }
    }
}

static enum status coarse_compute(void *context, struct flow_item *item)
{
    struct coarse *coarse = context;
    struct decomposition *d = coarse->decomposition;
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t first = 0; first < cells; first += LANES) {
        decomposition_load(d, coarse->values, cells, first);
        decomposition_run(d);
        store_baselines(d, cells, first, coarse->baselines);
        note_gaps(d, cells, first, coarse->complete);
    }
    return STATUS_OK;
}

static enum status coarse_write(void *context, struct flow_item *item)
{
    enum status status;
    struct coarse *coarse = context;
    struct window map = item->window;
    map.steps = 1;
    TRY(flow_put(item, 0, COARSE_BASELINE, &item->window, coarse->baselines));
    TRY(flow_put(item, 0, COARSE_COMPLETE, &map, coarse->complete));
done:
    return status;
}

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct coarse *coarse = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t values = cells * (size_t)items->steps;
    TRY(memory_allocate(values, sizeof *coarse->values, &coarse->values));
    TRY(memory_allocate(values, sizeof *coarse->baselines, &coarse->baselines));
    TRY(memory_allocate(cells, sizeof *coarse->complete, &coarse->complete));
done:
    return status;
}

static struct cube_spec coarse_spec(const struct input *input)
{
    return (struct cube_spec){.grid = input_grid(input),
                              .time = input_time(input),
                              .variables = coarse_variables,
                              .variable_count = COARSE_VARIABLES};
}

/* Looks whether any cell has gaps, on the finished map. */
static enum status check_complete(struct weather_field *field, bool *is_complete)
{
    enum status status;
    int8_t *complete = NULL;
    const struct georeference *grid = input_grid(field->input);
    struct window map = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    struct cube_spec spec = coarse_spec(field->input);
    TRY(cube_reopen(MPI_COMM_SELF, field->coarse_path, &spec, &field->coarse));
    TRY(memory_allocate((size_t)window_count(&map), sizeof *complete, &complete));
    TRY(cube_get(field->coarse, COARSE_COMPLETE, &map, complete));
    *is_complete = memchr(complete, 0, (size_t)window_count(&map)) == NULL;
done:
    free(complete);
    return status;
}

enum status weather_decompose_coarse(const struct job *job, struct decomposition *decomposition,
                                     struct weather_field *field, bool *is_complete)
{
    enum status status;
    const struct georeference *grid = input_grid(field->input);
    int64_t steps = input_time(field->input)->steps;
    struct coarse coarse = {.input = field->input, .decomposition = decomposition};
    struct cube_spec spec = coarse_spec(field->input);
    struct job own = scratch_job(job);
    TRY_TOGETHER(job->comm, scratch_path(job, field->key, &field->coarse_path));
    struct production production = {
        .output = field->coarse_path,
        .inputs = (struct input *const[]){field->input, NULL},
        .cube = &spec,
        .cost = {.fixed_bytes = decomposition_bytes(decomposition), .unit_bytes = steps * 12 + 1},
        .work = {.context = &coarse,
                 .read = coarse_read,
                 .compute = coarse_compute,
                 .write = coarse_write},
        .create_buffers = create_buffers};
    TRY_TOGETHER(job->comm, items_cut_rows(steps, grid->rows, grid->cols, &production.cost,
                                           job->memory_bytes, &production.items));
    TRY(flow_produce(&own, &production));
    TRY_TOGETHER(job->comm, check_complete(field, is_complete));
done:
    free(coarse.values);
    free(coarse.baselines);
    free(coarse.complete);
    return status;
}

/* ---- few cells ---------------------------------------------------------------------------- */

static void store_doubles(const double *block, int64_t steps, int64_t cells, int64_t first,
                          double *values)
{
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t lane = 0; lane < LANES && first + lane < cells; lane++) {
            values[step * cells + first + lane] = block[step * LANES + lane];
        }
    }
}

enum status weather_decompose_rows(struct decomposition *decomposition, struct weather_field *field,
                                   const struct window *source)
{
    enum status status;
    struct decomposition *d = decomposition;
    int64_t cells = source->rows * source->cols;
    TRY(input_read(field->input, source, field->source_values));
    for (int64_t first = 0; first < cells; first += LANES) {
        decomposition_load(d, field->source_values, cells, first);
        decomposition_run(d);
        store_baselines(d, cells, first, field->baselines);
        store_doubles(d->series, d->steps, cells, first, field->doubles);
        store_doubles(d->trend, d->steps, cells, first, field->trends);
        store_doubles(d->seasonal, d->steps, cells, first, field->seasonals);
    }
done:
    return status;
}

enum status weather_look_for_gaps(struct weather_field *field, int64_t memory_bytes,
                                  bool *is_complete)
{
    enum status status;
    float *slab = NULL;
    const struct georeference *grid = input_grid(field->input);
    int64_t cells = grid->rows * grid->cols, steps = input_time(field->input)->steps;
    int64_t most = memory_bytes / 8 / (cells * (int64_t)sizeof *slab);
    most = most < 1 ? 1 : most > steps ? steps : most;
    struct window window = {.rows = grid->rows, .cols = grid->cols};
    *is_complete = true;
    TRY(memory_allocate((size_t)(most * cells), sizeof *slab, &slab));
    for (; window.time < steps && *is_complete; window.time += window.steps) {
        window.steps = steps - window.time < most ? steps - window.time : most;
        TRY(input_read(field->input, &window, slab));
        for (int64_t i = 0; i < window.steps * cells; i++) {
            *is_complete = *is_complete && !isnan(slab[i]);
        }
    }
done:
    free(slab);
    return status;
}

void weather_release_coarse(const struct job *job, struct weather_field *field, bool is_finished)
{
    cube_close(&field->coarse);
    if (is_finished && field->coarse_path != NULL) {
        scratch_remove(job, 0, field->coarse_path);
    }
    free(field->coarse_path);
}
