/* airshed -- GPL-3.0-or-later. The loop that every stage shares. */
#include "flow/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timing.h"
#include "flow/fault.h"
#include "flow/plan.h"
#include "flow/signals.h"
#include "keep.h"
#include "kernels/survey.h"
#include "parallel/agree.h"
#include "parallel/messages.h"
#include "stage_internal.h"

enum {
    PIECE_VALUES = 1024
};

static struct flow_counts counts;

/* ---- one item ----------------------------------------------------------------------------- */

/* Notes what is in the values. @return their size */
static size_t put_survey(enum cube_type type, const void *values, int64_t count,
                         struct journal_put *put)
{
    struct survey survey = {0, NAN, NAN};
    size_t bytes = 1;
    switch (type) {
    case CUBE_FLOAT:
        survey = survey_floats(values, count);
        bytes = sizeof(float);
        break;
    case CUBE_DOUBLE:
        survey = survey_doubles(values, count);
        bytes = sizeof(double);
        break;
    case CUBE_INT:
        bytes = sizeof(int32_t);
        break;
    case CUBE_BYTE:
        break;
    }
    put->missing = survey.missing;
    put->low = survey.low;
    put->high = survey.high;
    return bytes;
}

/* A NaN may have any sign and payload in memory, but comes back from the file as NAN: where there
 * are some, a copy with NAN in their place is hashed, piece by piece. */
static uint32_t floats_crc(const float *values, int64_t count)
{
    float piece[PIECE_VALUES];
    uint32_t crc = 0;
    for (int64_t start = 0; start < count; start += PIECE_VALUES) {
        int64_t length = count - start < PIECE_VALUES ? count - start : PIECE_VALUES;
        for (int64_t i = 0; i < length; i++) {
            piece[i] = isnan(values[start + i]) ? NAN : values[start + i];
        }
        crc = hash_crc32c_append(crc, piece, (size_t)length * sizeof *piece);
    }
    return crc;
}

static uint32_t doubles_crc(const double *values, int64_t count)
{
    double piece[PIECE_VALUES];
    uint32_t crc = 0;
    for (int64_t start = 0; start < count; start += PIECE_VALUES) {
        int64_t length = count - start < PIECE_VALUES ? count - start : PIECE_VALUES;
        for (int64_t i = 0; i < length; i++) {
            piece[i] = isnan(values[start + i]) ? NAN : values[start + i];
        }
        crc = hash_crc32c_append(crc, piece, (size_t)length * sizeof *piece);
    }
    return crc;
}

static uint32_t values_crc(enum cube_type type, const void *values, int64_t count, size_t bytes,
                           int64_t missing)
{
    if (missing == 0) {
        return hash_crc32c(values, bytes);
    }
    return type == CUBE_FLOAT ? floats_crc(values, count) : doubles_crc(values, count);
}

static enum status puts_grow(struct journal_record *record)
{
    enum status status = STATUS_OK;
    struct journal_put *longer =
        realloc(record->puts, (size_t)(record->put_count + 1) * sizeof *longer);
    FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
    record->puts = longer;
    record->put_count++;
done:
    return status;
}

enum status flow_put(struct flow_item *item, int cube, int variable, const struct window *window,
                     const void *values)
{
    enum status status;
    struct stage_cube_entry *entry = &item->stage->cubes[cube];
    struct journal_put put = {.cube = cube, .variable = variable, .window = *window};
    int64_t count = window_count(window);
    enum cube_type type = entry->spec.variables[variable].type;
    size_t bytes = (size_t)count * put_survey(type, values, count, &put);

    put.crc = values_crc(type, values, count, bytes, put.missing);
    TRY(cube_put(entry->cube, variable, window, values));
    TRY(puts_grow(&item->record));
    item->record.puts[item->record.put_count - 1] = put;
    item->stage->bytes_written += (int64_t)bytes;
    counts.bytes_written += (int64_t)bytes;
done:
    return status;
}

enum status flow_put_maps(struct flow_item *item, int cube, int count, const struct window *window,
                          const float *maps)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        TRY(flow_put(item, cube, i, window, maps + i * window_count(window)));
    }
done:
    return status;
}

enum status flow_payload(struct flow_item *item, const void *payload, int64_t bytes)
{
    enum status status;
    free(item->record.payload);
    TRY(memory_allocate((size_t)bytes, 1, &item->record.payload));
    memcpy(item->record.payload, payload, (size_t)bytes);
    item->record.payload_bytes = bytes;
done:
    return status;
}

void flow_count_read(struct flow_item *item, int64_t bytes)
{
    item->stage->bytes_read += bytes;
    counts.bytes_read += bytes;
}

void flow_count_halo(struct flow_item *item, int64_t bytes)
{
    (void)item;
    counts.halo_steps++;
    counts.halo_bytes += bytes;
}

struct flow_counts flow_counts(void)
{
    return counts;
}

static enum status item_run(struct stage *stage, const struct flow_work *work, int64_t index,
                            struct keeper *keeper)
{
    enum status status = STATUS_OK;
    struct flow_item item = {.index = index,
                             .window = items_window(&stage->items, index),
                             .stage = stage,
                             .record = {.item = index}};
    if (work->read != NULL) {
        TRY(work->read(work->context, &item));
    }
    fault_strike(FAULT_READ, index);
    if (work->compute != NULL) {
        TRY(work->compute(work->context, &item));
    }
    fault_strike(FAULT_COMPUTE, index);
    TRY(keeper_finish(keeper)); /* of the item before */
    TRY(work->write(work->context, &item));
    fault_strike(FAULT_WRITE, index);
    keeper_begin(keeper, &item);
    counts.items++;
done:
    free(item.record.puts);
    free(item.record.payload);
    return status;
}

/* ---- all items ---------------------------------------------------------------------------- */

enum {
    ROUNDS_AHEAD = 8
};

/* Item number k of every rank is round k, and its outcome is told to all. Outcomes travel while further
 * rounds are computed, and ranks may be that many rounds apart: an item that takes longer on one rank
 * does not hold the others up. When a rank knows of a failure or a stop it begins no further item, but
 * goes on telling, because the others wait: all leave ROUNDS_AHEAD rounds after the first bad one. */
struct rounds {
    MPI_Comm comm;
    MPI_Request requests[ROUNDS_AHEAD];
    int own[ROUNDS_AHEAD][2], all[ROUNDS_AHEAD][2]; /* failed, stop requested */
    int64_t told, known;
    int64_t first_bad; /* round, or -1 */
    bool any_failed;
};

static void rounds_tell(struct rounds *rounds, enum status status)
{
    int64_t place = rounds->told++ % ROUNDS_AHEAD;
    rounds->own[place][0] = status != STATUS_OK;
    rounds->own[place][1] = signals_stop_requested();
    messages_reduce_begin(rounds->comm, rounds->own[place], rounds->all[place], 2, MPI_INT, MPI_MAX,
                          &rounds->requests[place]);
}

/* Takes what has arrived, and waits until at most @p ahead outcomes are under way. */
static void rounds_hear(struct rounds *rounds, int64_t ahead)
{
    while (rounds->known < rounds->told) {
        int64_t place = rounds->known % ROUNDS_AHEAD;
        int has_come = rounds->told - rounds->known > ahead;
        if (has_come) {
            MPI_Wait(&rounds->requests[place], MPI_STATUS_IGNORE);
        } else {
            MPI_Test(&rounds->requests[place], &has_come, MPI_STATUS_IGNORE);
        }
        if (!has_come) {
            return;
        }
        rounds->any_failed |= rounds->all[place][0] != 0;
        if (rounds->first_bad < 0 && (rounds->all[place][0] != 0 || rounds->all[place][1] != 0)) {
            rounds->first_bad = rounds->known;
        }
        rounds->known++;
    }
}

static enum status open_items(const struct stage *stage, int64_t first, int64_t end, int64_t **open,
                              int64_t *count)
{
    enum status status;
    TRY(memory_allocate((size_t)(end - first), sizeof **open, open));
    *count = 0;
    for (int64_t item = first; item < end; item++) {
        if (!stage->is_finished[item]) {
            (*open)[(*count)++] = item;
        }
    }
done:
    return status;
}

/* @return @p status, or where that is good, how the last item was kept */
static enum status finish(struct keeper *keeper, enum status status)
{
    enum status kept = keeper_finish(keeper);
    return status != STATUS_OK ? status : kept;
}

static enum status run_rounds(struct stage *stage, const struct flow_work *work,
                              const int64_t *open, int64_t open_count)
{
    enum status status = STATUS_OK;
    const struct job *job = stage->job;
    struct rounds rounds = {.comm = job->comm, .first_bad = -1};
    struct keeper keeper = {0};
    int64_t round_count = (open_count + job->size - 1) / job->size;
    struct log_progress progress;

    log_progress_begin(&progress, stage->output, open_count);
    for (int64_t round = 0; round < round_count; round++) {
        int64_t position = round * job->size + job->rank;
        rounds_hear(&rounds, ROUNDS_AHEAD - 1);
        if (rounds.first_bad >= 0 && round >= rounds.first_bad + ROUNDS_AHEAD) {
            break;
        }
        if (status != STATUS_OK || rounds.first_bad >= 0 || signals_stop_requested()) {
            status = finish(&keeper, status);
        } else if (position < open_count) {
            status = item_run(stage, work, open[position], &keeper);
            int64_t reached = (round + 1) * job->size;
            log_progress_update(&progress, reached < open_count ? reached : open_count);
        }
        rounds_tell(&rounds, status);
    }
    status = finish(&keeper, status);
    rounds_hear(&rounds, 0);
    log_progress_end(&progress);
    if (status == STATUS_OK && rounds.first_bad >= 0 && !rounds.any_failed) {
        status = failure_record(STATUS_CHECKPOINT, __FILE__, __LINE__,
                                "%s: stopped at a checkpoint; go on with --resume", stage->output);
    }
    return status_agree(job->comm, status);
}

/* Items [first, end). */
static enum status run_part(struct stage *stage, const struct flow_work *work, int64_t first,
                            int64_t end)
{
    enum status status;
    int64_t *open = NULL;
    int64_t open_count = 0;
    TRY_TOGETHER(stage->job->comm, open_items(stage, first, end, &open, &open_count));
    TRY(run_rounds(stage, work, open, open_count));
done:
    free(open);
    return status;
}

enum status flow_run(struct stage *stage, const struct flow_work *work)
{
    enum status status = STATUS_OK;
    int64_t count = stage->items.count, later = work->between != NULL ? work->later : count;

    if (stage->state == STAGE_PLANNED) {
        return flow_plan_print(stage, work);
    }
    if (stage->state != STAGE_RUNNING) {
        return STATUS_OK;
    }
    TRY(run_part(stage, work, 0, later));
    if (work->between != NULL) {
        TRY_TOGETHER(stage->job->comm, work->between(work->context));
        TRY(run_part(stage, work, later, count));
    }
done:
    return status;
}
