/* airshed -- GPL-3.0-or-later. One run at a time on one product.
 *
 * Every rank holds a lock on its own byte of NAME.lock while it lives, because ranks outlive a
 * killed launcher by a second: a new start must not write beside such orphans.
 */
#ifndef AIRSHED_FLOW_LOCK_H
#define AIRSHED_FLOW_LOCK_H

#include <mpi.h>

#include "base/status.h"

struct lock;

/** Seconds that a start waits for the ranks of an earlier run. */
enum { LOCK_WAIT_S = 30 };

/** Takes the lock of @p path for all ranks. Collective.
 *  @return STATUS_OUTPUT naming host and process where another run holds it for 30 s, or where the
 *          folder cannot be written */
enum status lock_acquire(MPI_Comm comm, const char *path, struct lock **lock);

/** Releases and removes the lock file. Collective; NULL on every rank is allowed. */
void lock_release(struct lock **lock);

#endif
