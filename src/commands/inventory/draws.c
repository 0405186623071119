/* airshed -- GPL-3.0-or-later. inventory: the draws of all results. */
#include "draws.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flow/run.h"
#include "flow/scratch.h"
#include "kernels/draw_quantiles.h"
#include "parallel/agree.h"

/* ---- a block ------------------------------------------------------------------------------ */

struct drawer {
    const struct inventory_drawing *drawing;
    const struct inventory_draws *draws;
    double *blocks;       /* of the graph */
    float *differences;   /* [slots, draws of the item] */
    int64_t first, count; /* draws of the item */
};

static void take_input(void *context, int32_t number, int64_t draws, double *values)
{
    const struct drawer *drawer = context;
    inventory_inputs_draw(drawer->drawing->inputs, drawer->drawing->results->input_value + number,
                          1, drawer->first, draws, values);
}

static void keep_result(void *context, int64_t slot, int64_t draws, const double *values)
{
    struct drawer *drawer = context;
    double point = drawer->drawing->results->statistics[slot].point;
    draws_differences(values, draws, point, drawer->differences + slot * draws);
}

static enum status draw_block(void *context, struct flow_item *item)
{
    struct drawer *drawer = context;
    const struct inventory_drawing *drawing = drawer->drawing;
    const struct inventory_results *results = drawing->results;
    const struct graph_traffic traffic = {drawer, take_input, keep_result};
    int64_t first = item->index * drawing->block, left = drawing->draws - first;
    drawer->count = left < drawing->block ? left : drawing->block;
    drawer->first = first;
    graph_evaluate(results->graph, drawer->count, &traffic, drawer->blocks);
    return STATUS_OK;
}

static enum status write_block(void *context, struct flow_item *item)
{
    const struct drawer *drawer = context;
    struct window window = {
        .time = item->index, .steps = 1, .rows = drawer->draws->slots, .cols = drawer->count};
    return flow_put(item, 0, 0, &window, drawer->differences);
}

static enum status drawer_create(struct drawer *drawer)
{
    enum status status;
    const struct inventory_results *results = drawer->drawing->results;
    size_t block = (size_t)drawer->drawing->block;
    TRY(memory_allocate((size_t)graph_blocks(results->graph) * block, sizeof(double),
                        &drawer->blocks));
    TRY(memory_allocate((size_t)results->slot_count * block, sizeof(float), &drawer->differences));
done:
    return status;
}

int64_t inventory_draws_bytes(const struct inventory_results *results, int64_t block)
{
    return block * (8 * graph_blocks(results->graph) + 4 * results->slot_count);
}

/* ---- the cube ----------------------------------------------------------------------------- */

static enum status describe(const struct inventory_drawing *drawing, struct inventory_draws *draws)
{
    enum status status;
    draws->slots = drawing->results->slot_count;
    draws->draws = drawing->draws;
    draws->block = drawing->block;
    TRY(georeference_create_regular(draws->slots, draws->block, 0, 0, 1 / (double)draws->block,
                                    1 / (double)draws->slots, "EPSG:4326", &draws->grid));
    draws->variable =
        (struct cube_variable){.name = "difference",
                               .long_name = "draws of results less the point estimate",
                               .layers = (int)((draws->draws + draws->block - 1) / draws->block),
                               .layer_name = "block",
                               .skip_range = true};
    draws->spec = (struct cube_spec){.grid = draws->grid,
                                     .variables = &draws->variable,
                                     .variable_count = 1,
                                     .format = CUBE_CDF5,
                                     .is_passing = true};
done:
    return status;
}

static enum status declare(const struct job *job, const struct inventory_drawing *drawing,
                           const struct inventory_draws *draws, struct stage **stage)
{
    enum status status;
    int cube;
    TRY(stage_create(job, draws->path, stage));
    TRY(drawing->attach(drawing->context, *stage));
    TRY(stage_add_cube(*stage, draws->path, &draws->spec, &cube));
done:
    return status;
}

static enum status run(const struct job *job, const struct inventory_drawing *drawing,
                       struct inventory_draws *draws)
{
    enum status status;
    struct stage *stage = NULL;
    const struct job own = scratch_job(job);
    struct drawer drawer = {.drawing = drawing, .draws = draws};
    const struct items items = items_counted(draws->variable.layers);
    const struct items_cost cost = {.fixed_bytes =
                                        inventory_draws_bytes(drawing->results, drawing->block)};
    const struct flow_work work = {.context = &drawer, .compute = draw_block, .write = write_block};
    TRY_TOGETHER(job->comm, declare(&own, drawing, draws, &stage));
    TRY(stage_begin(stage, &items, &cost));
    if (!stage_is_done(stage)) {
        TRY_TOGETHER(job->comm, drawer_create(&drawer));
        TRY(flow_run(stage, &work));
        TRY(stage_leave(stage));
    }
    if (!job->dry_run) {
        const char *path = stage_is_done(stage) ? draws->path : stage_partial(stage, draws->path);
        TRY_TOGETHER(job->comm, cube_reopen(MPI_COMM_SELF, path, &draws->spec, &draws->cube));
    }
done:
    stage_destroy(&stage);
    free(drawer.blocks);
    free(drawer.differences);
    return status;
}

enum status inventory_draws_name(const struct job *job, struct inventory_draws *draws)
{
    return scratch_path(job, "draws", &draws->path);
}

enum status inventory_draws_make(const struct job *job, const struct inventory_drawing *drawing,
                                 struct inventory_draws *draws)
{
    enum status status;
    TRY_TOGETHER(job->comm, describe(drawing, draws));
    TRY(run(job, drawing, draws));
done:
    return status;
}

enum status inventory_draws_read(const struct inventory_draws *draws, int64_t first, int64_t count,
                                 int64_t limit, float *room, float *values)
{
    enum status status = STATUS_OK;
    for (int64_t start = 0; start < limit; start += draws->block) {
        int64_t left = limit - start;
        int64_t cols = left < draws->block ? left : draws->block;
        struct window window = {
            .time = start / draws->block, .steps = 1, .row = first, .rows = count, .cols = cols};
        if (draws->cube == NULL) { /* a dry run */
            memset(room, 0, (size_t)(count * cols) * sizeof *room);
        } else {
            TRY(cube_get(draws->cube, 0, &window, room));
        }
        for (int64_t slot = 0; slot < count; slot++) {
            memcpy(values + slot * limit + start, room + slot * cols,
                   (size_t)cols * sizeof *values);
        }
    }
done:
    return status;
}

enum status inventory_draws_part(const struct inventory_draws *draws, int64_t slot, int64_t first,
                                 int64_t count, float *values)
{
    const struct window window = {.time = first / draws->block,
                                  .steps = 1,
                                  .row = slot,
                                  .rows = 1,
                                  .col = first % draws->block,
                                  .cols = count};
    if (draws->cube == NULL) { /* a dry run */
        memset(values, 0, (size_t)count * sizeof *values);
        return STATUS_OK;
    }
    return cube_get(draws->cube, 0, &window, values);
}

void inventory_draws_close(const struct job *job, struct inventory_draws *draws, bool is_finished)
{
    cube_close(&draws->cube);
    if (is_finished && draws->path != NULL) {
        scratch_remove(job, job->size - 1, draws->path); /* the first has the tables to write */
    }
    georeference_destroy(&draws->grid);
    free(draws->path);
    draws->path = NULL;
}
