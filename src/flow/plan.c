/* airshed -- GPL-3.0-or-later. What --dry-run prints. */
#include "flow/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/timing.h"
#include "parallel/agree.h"
#include "stage_internal.h"

static int64_t type_bytes(enum cube_type type)
{
    return type == CUBE_DOUBLE ? 8 : type == CUBE_BYTE ? 1 : 4;
}

static int64_t disk_bytes(const struct stage *stage)
{
    int64_t bytes = 0;
    for (int i = 0; i < stage->cube_count; i++) {
        const struct cube_spec *spec = &stage->cubes[i].spec;
        int64_t cells = spec->grid->rows * spec->grid->cols;
        for (int variable = 0; variable < spec->variable_count; variable++) {
            const struct cube_variable *facts = &spec->variables[variable];
            int64_t layers = facts->layers > 0 ? facts->layers : 1;
            int64_t steps = facts->has_time ? spec->time->steps : layers;
            bytes += cells * steps * type_bytes(facts->type);
        }
    }
    return bytes;
}

static void print_items(const struct items *items)
{
    switch (items->shape) {
    case ITEMS_ROW_BANDS:
        printf("  items           %lld row bands of %lld row(s) x %lld column(s), all %lld steps\n",
               (long long)items->count, (long long)items->band_rows, (long long)items->block_cols,
               (long long)items->steps);
        break;
    case ITEMS_TIME_SLABS:
        printf("  items           %lld time slabs of %lld step(s), whole maps of %lld x %lld\n",
               (long long)items->count, (long long)items->slab_steps, (long long)items->rows,
               (long long)items->cols);
        break;
    case ITEMS_COUNTED:
        printf("  items           %lld\n", (long long)items->count);
        break;
    }
}

/* Seconds that the first item takes, without its writing. */
static enum status first_item_time(struct stage *stage, const struct flow_work *work,
                                   double *seconds)
{
    enum status status = STATUS_OK;
    struct flow_item item = {.window = items_window(&stage->items, 0), .stage = stage};
    double start = timing_wall_s();
    if (work->read != NULL) {
        TRY(work->read(work->context, &item));
    }
    if (work->compute != NULL) {
        TRY(work->compute(work->context, &item));
    }
    *seconds = timing_wall_s() - start;
done:
    free(item.record.puts);
    free(item.record.payload);
    return status;
}

/* The peak after the first item holds everything but the buffers of the writes, and the payload: once in
 * its record, once in the frame that is appended. */
static void print_plan(const struct stage *stage, int64_t peak_bytes, double item_s)
{
    const struct job *job = stage->job;
    int64_t item_bytes = items_bytes(&stage->items, &stage->cost);
    int64_t rounds = (stage->items.count + job->size - 1) / job->size;
    printf("plan of %s for %s on %d rank(s)\n", job->command, stage->output, job->size);
    print_items(&stage->items);
    printf("  memory          %.0f MB per rank, measured on the first item, which takes %.0f MB\n",
           (double)peak_bytes / 1e6, (double)item_bytes / 1e6);
    printf("  disk            %.1f MB in %d file(s)\n", (double)disk_bytes(stage) / 1e6,
           stage->file_count);
    printf("  expected time   %.1f s: the first item took %.3f s to read and compute, %lld rounds\n",
           item_s * (double)rounds, item_s, (long long)rounds);
    for (int i = 0; i < stage->file_count; i++) {
        printf("  writes          %s\n", stage->files[i]);
    }
}

enum status flow_plan_print(struct stage *stage, const struct flow_work *work)
{
    enum status status = STATUS_OK;
    double seconds = 0;
    if (stage->job->rank == 0) {
        status = first_item_time(stage, work, &seconds);
        if (status == STATUS_OK) {
            print_plan(stage, memory_peak_bytes() + 2 * work->payload_bytes, seconds);
        }
    }
    return status_agree(stage->job->comm, status);
}
