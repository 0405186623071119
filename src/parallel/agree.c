/* airshed -- GPL-3.0-or-later. Ranks agree on an outcome. */
#include "parallel/agree.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "parallel/messages.h"

enum { SENTENCE_BYTES = 4096, PIECE_BYTES = 1 << 30 };

enum status status_agree(MPI_Comm comm, enum status status)
{
    int rank;
    int size;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);

    int first = status == STATUS_OK ? size : rank;
    messages_reduce(comm, &first, 1, MPI_INT, MPI_MIN);
    if (first == size) {
        return STATUS_OK;
    }

    int code = (int)status;
    char sentence[SENTENCE_BYTES] = "";
    if (rank == first) {
        strncpy(sentence, failure_message(), sizeof sentence - 1);
    }
    messages_share(comm, first, &code, 1, MPI_INT);
    messages_share(comm, first, sentence, SENTENCE_BYTES, MPI_CHAR);
    if (rank != first) {
        failure_clear();
        failure_record((enum status)code, "rank", first, "%s", sentence);
    }
    return (enum status)code;
}

enum status bytes_share(MPI_Comm comm, void **bytes, int64_t *count)
{
    enum status status = STATUS_OK;
    int rank;
    MPI_Comm_rank(comm, &rank);
    messages_share(comm, 0, count, 1, MPI_INT64_T);
    if (rank != 0) {
        status = memory_allocate((size_t)*count, 1, bytes);
    }
    TRY(status_agree(comm, status));
    for (int64_t sent = 0; sent < *count; sent += PIECE_BYTES) {
        int64_t left = *count - sent;
        messages_share(comm, 0, (char *)*bytes + sent,
                       (int)(left < PIECE_BYTES ? left : PIECE_BYTES), MPI_BYTE);
    }
done:
    return status;
}

enum status text_share(MPI_Comm comm, char **text)
{
    int64_t count = *text != NULL ? (int64_t)strlen(*text) + 1 : 0;
    messages_share(comm, 0, &count, 1, MPI_INT64_T);
    if (count == 0) {
        int rank;
        MPI_Comm_rank(comm, &rank);
        if (rank != 0) {
            *text = NULL;
        }
        return STATUS_OK;
    }
    return bytes_share(comm, (void **)text, &count);
}
