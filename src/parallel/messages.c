/* airshed -- GPL-3.0-or-later. Messages, counted. */
#include "parallel/messages.h"

static struct messages_sent sent;

static void count_sent(MPI_Comm comm, int count, MPI_Datatype type)
{
    int size;
    int bytes = 0;
    MPI_Comm_size(comm, &size);
    MPI_Type_size(type, &bytes);
    sent.messages += size > 1;
    sent.bytes += size > 1 ? (int64_t)count * bytes : 0;
}

struct messages_sent messages_sent(void)
{
    return sent;
}

void messages_reduce(MPI_Comm comm, void *values, int count, MPI_Datatype type, MPI_Op operation)
{
    count_sent(comm, count, type);
    MPI_Allreduce(MPI_IN_PLACE, values, count, type, operation, comm);
}

void messages_reduce_begin(MPI_Comm comm, const void *own, void *all, int count, MPI_Datatype type,
                           MPI_Op operation, MPI_Request *request)
{
    count_sent(comm, count, type);
    MPI_Iallreduce(own, all, count, type, operation, comm, request);
}

void messages_share(MPI_Comm comm, int root, void *values, int count, MPI_Datatype type)
{
    int rank;
    MPI_Comm_rank(comm, &rank);
    if (rank == root) {
        count_sent(comm, count, type);
    }
    MPI_Bcast(values, count, type, root, comm);
}

void messages_gather(MPI_Comm comm, const void *own, int bytes, void *all)
{
    int rank;
    MPI_Comm_rank(comm, &rank);
    if (rank != 0) {
        count_sent(comm, bytes, MPI_BYTE);
    }
    MPI_Gather(own, bytes, MPI_BYTE, all, bytes, MPI_BYTE, 0, comm);
}

void messages_meet(MPI_Comm comm)
{
    count_sent(comm, 0, MPI_BYTE);
    MPI_Barrier(comm);
}
