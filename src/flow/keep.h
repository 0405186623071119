/* airshed -- GPL-3.0-or-later. An item made durable while the next one is read and computed. */
#ifndef AIRSHED_FLOW_KEEP_H
#define AIRSHED_FLOW_KEEP_H

#include <pthread.h>
#include <stdbool.h>

#include "flow/run.h"
#include "stage_internal.h"

/** The item between its writes and its record. Its data are synced by a thread that does nothing
 *  else; zeros hold none. */
struct keeper {
    struct stage *stage;
    struct journal_record record; /**< owned while there is one */
    bool has_record, has_thread;
    pthread_t thread;
    bool was_written[STAGE_CUBES_MAX];
    int errors[STAGE_CUBES_MAX]; /**< of the syncs, as errno */
};

/** Takes over the record of @p item, whose puts have all been made, and begins to sync its data. */
void keeper_begin(struct keeper *keeper, struct flow_item *item);

/** Waits for the sync, then appends the record that vouches for the data. To be called before the
 *  next item writes, so that no record comes before data of its own rank, and at the end. */
enum status keeper_finish(struct keeper *keeper);

#endif
