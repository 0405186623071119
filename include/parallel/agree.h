/* airshed -- GPL-3.0-or-later. Ranks agree on an outcome, so that all go on or all end together. */
#ifndef AIRSHED_PARALLEL_AGREE_H
#define AIRSHED_PARALLEL_AGREE_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Lets the outcomes of all ranks meet: call it before the next collective wherever one rank may
 *  have failed alone. The failure of the lowest failing rank wins, and its sentence becomes the
 *  recorded failure everywhere, so that rank 0 can print it. Collective.
 *
 *  @return the same status on every rank
 */
enum status status_agree(MPI_Comm comm, enum status status);

/** Evaluates a call that may fail on one rank alone and agrees on it; then as TRY. Collective. */
#define TRY_TOGETHER(comm, call) TRY(status_agree((comm), (call)))

/** Hands rank 0's text to every rank. *@p text is released with free(); NULL stays NULL.
 *  Collective. */
enum status text_share(MPI_Comm comm, char **text);

/** Hands rank 0's bytes to every rank; other ranks get a block of their own. Any length (sent in
 *  pieces under 2 GiB). Collective. */
enum status bytes_share(MPI_Comm comm, void **bytes, int64_t *count);

#endif
