/* airshed -- GPL-3.0-or-later. Data first, then the record that vouches for them, beside the next item. */
#include "keep.h"

#include <signal.h>
#include <stdlib.h>

/* Signals are for the rank's own thread. */
static void *sync_cubes(void *context)
{
    struct keeper *keeper = context;
    for (int cube = 0; cube < keeper->stage->cube_count; cube++) {
        if (keeper->was_written[cube]) {
            keeper->errors[cube] = cube_flush(keeper->stage->cubes[cube].cube);
        }
    }
    return NULL;
}

void keeper_begin(struct keeper *keeper, struct flow_item *item)
{
    sigset_t every, before;
    *keeper = (struct keeper){.stage = item->stage, .record = item->record, .has_record = true};
    item->record = (struct journal_record){.item = item->index};
    if (keeper->record.put_count == 0) {
        return; /* a payload alone */
    }
    for (int64_t i = 0; i < keeper->record.put_count; i++) {
        keeper->was_written[keeper->record.puts[i].cube] = true;
    }
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    keeper->has_thread = pthread_create(&keeper->thread, NULL, sync_cubes, keeper) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!keeper->has_thread) {
        sync_cubes(keeper);
    }
}

enum status keeper_finish(struct keeper *keeper)
{
    enum status status = STATUS_OK;
    if (!keeper->has_record) {
        return STATUS_OK;
    }
    if (keeper->has_thread) {
        pthread_join(keeper->thread, NULL);
    }
    for (int cube = 0; cube < keeper->stage->cube_count; cube++) {
        TRY(cube_flushed(keeper->stage->cubes[cube].cube, keeper->errors[cube]));
    }
    TRY(journal_append(keeper->stage->journal, &keeper->record));
    keeper->stage->own_items++;
done:
    free(keeper->record.puts);
    free(keeper->record.payload);
    *keeper = (struct keeper){0};
    return status;
}
