/* airshed -- GPL-3.0-or-later. Daily and compressed inputs, decoded once into a CDF-5 cube. */
#ifndef AIRSHED_FLOW_SCRATCH_H
#define AIRSHED_FLOW_SCRATCH_H

#include "base/status.h"
#include "flow/job.h"
#include "io/dataset.h"

/** Decodes @p variable of @p dataset, [time, row, col] of @p part, into a scratch cube: each file by
 *  one rank, a compressed file in time slabs that hold whole chunks, so that no file is opened and
 *  no chunk inflated twice. The cube is a stage of its own: killed and started again it goes on, and
 *  where it is complete already it is used as it is. Collective.
 *
 *  @param[in] identity  of the dataset, see dataset_identity()
 *  @param[in] beside    path that the scratch goes beside where --scratch is not given
 *  @param[out] path     of the cube, released with free(); NULL with --dry-run
 */
enum status scratch_decode(const struct job *job, struct dataset *dataset, int variable,
                           const struct window *part, const char *identity, const char *beside,
                           char **path);

/** Path of a scratch product of the job's output, named @p what: beside the output, or below
 *  --scratch, where the output's absolute path tells it from those of other runs.
 *  @param[out] path  released with free() */
enum status scratch_path(const struct job *job, const char *what, char **path);

/** @p job as a scratch product needs it: what an earlier run left is used where it fits and replaced
 *  where it does not, because it is nobody's product; no other forms are written. */
struct job scratch_job(const struct job *job);

/** Removes a scratch cube with its sidecar, or what stage_leave() or a kill has left of it. @p rank does it: 0, or
 *  another while 0 has more to do and all meet afterwards. */
void scratch_remove(const struct job *job, int rank, const char *path);

#endif
