/* airshed -- GPL-3.0-or-later. The loop that every stage shares: items in, values out, safe to kill.
 *
 * An item is the unit of work and of loss: a band of rows, a slab of steps or one of a count
 * (parallel/items.h), cut without a look at the number of ranks. For each the loop calls read,
 * compute and write of the command, makes what was written durable, and appends one record to the
 * journal (flow/journal.h). While a thread waits for the disk, the next item is read and computed;
 * before that one writes, the record of the one before is appended, so that a record never comes
 * before its data. A kill loses the items without a record: the one that each rank was at, and the
 * one that was on its way to the disk. Ranks may be a few items apart (src/flow/run.c), so that one
 * that is held up for a while does not hold up the others.
 *
 * So that a resume gives the same bytes, an item may depend on inputs, options and its index alone:
 * not on ranks, order, or what other items left in buffers; later items also on what earlier ones have put
 * on record (flow_work.between). Results that need all items (sums,
 * tables, maps of counts) go into payloads, and rank 0 puts them together from stage_records()
 * after the run: records are sorted there, so sums have one order.
 *
 * AIRSHED_FAULT=PHASE:N kills a rank on purpose (flow/fault.h); `make test-faults` does so for
 * every command of src/commands/list.h.
 */
#ifndef AIRSHED_FLOW_RUN_H
#define AIRSHED_FLOW_RUN_H

#include <stdint.h>

#include "base/status.h"
#include "base/window.h"
#include "flow/stage.h"

/** An item on its way through a rank. */
struct flow_item {
    int64_t index;
    struct window window; /**< its part of the cube, see items_window() */
    struct stage *stage;
    struct journal_record record; /**< filled by flow_put() and flow_payload() */
};

/** The callbacks of a command. Each is local to its rank and may fail; all ranks then end
 *  together. An item's values may depend on nothing but the inputs and the item. */
struct flow_work {
    void *context;
    enum status (*read)(void *context, struct flow_item *item);    /**< NULL: nothing to read */
    enum status (*compute)(void *context, struct flow_item *item); /**< NULL allowed */
    enum status (*write)(void *context, struct flow_item *item);   /**< calls flow_put() */
    /** Where some items depend on results of others: items from @p later on begin when all before them are
     *  on record and every rank has called this, which reads them (stage_records_of()). NULL: all are
     *  independent. A resume calls it again. */
    enum status (*between)(void *context);
    int64_t later;
    int64_t payload_bytes; /**< what an item keeps with flow_payload() at most, where that is much:
                                the plan of --dry-run adds it on its way to the journal */
};

/** Runs all items of @p stage that are not done. Rank r takes the r-th, r + size-th ... of them.
 *  Errors, USR1 and TERM are agreed on at item ends: every rank finishes and records its item, and
 *  begins no other once it knows; all leave together, and the next run goes on with --resume.
 *  Collective.
 *
 *  @return STATUS_OK, STATUS_CHECKPOINT (exit 75) after a signal, or what a callback returned
 */
enum status flow_run(struct stage *stage, const struct flow_work *work);

/** Writes @p window of @p variable of @p cube (cube_put) and notes its checksum, extremes and
 *  missing values for the journal. Within write() only. No two items may put the same cell: which
 *  of them came last would depend on ranks, and a resume would find the other's checksum. */
enum status flow_put(struct flow_item *item, int cube, int variable, const struct window *window,
                     const void *values);

/** Puts @p maps, one after the other, into the first @p count variables of @p cube. */
enum status flow_put_maps(struct flow_item *item, int cube, int count, const struct window *window,
                          const float *maps);

/** Keeps @p bytes of results in the item's record (stage_records() returns them). */
enum status flow_payload(struct flow_item *item, const void *payload, int64_t bytes);

/** Counts bytes that a callback read, for provenance. */
void flow_count_read(struct flow_item *item, int64_t bytes);

/** Counts one halo step: of the bytes read, @p bytes are surroundings of the item that others read as
 *  well. Halos come from the file again; nothing is sent for them. */
void flow_count_halo(struct flow_item *item, int64_t bytes);

/** What the items of this rank have moved since the program began. */
struct flow_counts {
    int64_t items, bytes_read, bytes_written, halo_steps, halo_bytes;
};
struct flow_counts flow_counts(void);

#endif
