/* airshed -- GPL-3.0-or-later. The common case of a command: inputs, items, one cube. */
#ifndef AIRSHED_FLOW_PRODUCE_H
#define AIRSHED_FLOW_PRODUCE_H

#include "base/status.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/run.h"
#include "flow/stage.h"

/** A product of one cube. */
struct production {
    const char *output;
    struct input *const *inputs; /**< open; NULL-terminated */
    const struct cube_spec *cube;
    struct items items;     /**< the cut of a fresh start */
    struct items_cost cost;
    struct flow_work work;
    /** Makes buffers for the cut in force, which a resume takes from its journal; NULL allowed.
     *  Local; not called where nothing is to be done. */
    enum status (*create_buffers)(void *context, const struct items *items);
};

/** Stage, run and commit of @p production. Collective; the same status on every rank. */
enum status flow_produce(const struct job *job, const struct production *production);

#endif
