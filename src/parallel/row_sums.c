/* airshed -- GPL-3.0-or-later. Sums over distributed rows. */
#include "parallel/row_sums.h"

#include "kernels/tree_sum.h"
#include "parallel/messages.h"

enum { PIECE_ROWS = 1 << 24 };

void row_sums_total(MPI_Comm comm, double *row_sum, int64_t rows, double *total)
{
    /* Exact: for each row all addends but one are zero, so no order can change the result. */
    for (int64_t row = 0; row < rows; row += PIECE_ROWS) {
        int64_t left = rows - row;
        messages_reduce(comm, row_sum + row, (int)(left < PIECE_ROWS ? left : PIECE_ROWS),
                        MPI_DOUBLE, MPI_SUM);
    }
    *total = tree_sum(row_sum, rows);
}
