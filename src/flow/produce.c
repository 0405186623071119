/* airshed -- GPL-3.0-or-later. The common case of a command. */
#include "flow/produce.h"

#include "parallel/agree.h"

static enum status declare(const struct job *job, const struct production *production,
                           struct stage **stage)
{
    enum status status;
    int cube;
    TRY(stage_create(job, production->output, stage));
    for (struct input *const *input = production->inputs; *input != NULL; input++) {
        TRY(input_attach(*input, *stage));
    }
    TRY(stage_add_cube(*stage, production->output, production->cube, &cube));
done:
    return status;
}

enum status flow_produce(const struct job *job, const struct production *production)
{
    enum status status;
    struct stage *stage = NULL;
    TRY_TOGETHER(job->comm, declare(job, production, &stage));
    TRY(stage_begin(stage, &production->items, &production->cost));
    if (stage_is_done(stage)) {
        goto done;
    }
    if (production->create_buffers != NULL) {
        TRY_TOGETHER(job->comm, production->create_buffers(production->work.context,
                                                           stage_items(stage)));
    }
    TRY(flow_run(stage, &production->work));
    TRY(stage_commit(stage));
done:
    stage_destroy(&stage);
    return status;
}
