/* airshed -- GPL-3.0-or-later. The messages of the program: every one goes through here and is counted.
 *
 * A rank counts what it hands over: in a reduction each rank its values, when one rank shares each
 * block once by that rank, in a gathering each rank but the first. An MPI library that works in trees
 * sends such a block at most log2(ranks), rounded up, times from one rank. A rank that is alone sends
 * nothing. What libraries send among themselves is not in it: files are opened by each rank alone.
 */
#ifndef AIRSHED_PARALLEL_MESSAGES_H
#define AIRSHED_PARALLEL_MESSAGES_H

#include <mpi.h>
#include <stdint.h>

/** What this rank has sent so far. */
struct messages_sent {
    int64_t messages, bytes;
};
struct messages_sent messages_sent(void);

/** Reduces @p count values in place, the result on every rank. Collective. */
void messages_reduce(MPI_Comm comm, void *values, int count, MPI_Datatype type, MPI_Op operation);

/** Begins a reduction of @p own into @p all; MPI_Wait() on @p request ends it. Collective. */
void messages_reduce_begin(MPI_Comm comm, const void *own, void *all, int count, MPI_Datatype type,
                           MPI_Op operation, MPI_Request *request);

/** Hands @p root's values to every rank. Collective. */
void messages_share(MPI_Comm comm, int root, void *values, int count, MPI_Datatype type);

/** Gathers @p bytes of each rank in @p all [ranks, bytes] of rank 0. Collective. */
void messages_gather(MPI_Comm comm, const void *own, int bytes, void *all);

/** Waits for every rank. Collective. */
void messages_meet(MPI_Comm comm);

#endif
