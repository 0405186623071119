/* airshed -- GPL-3.0-or-later. Sums over a map whose rows live on different ranks, the same bits
 * whoever owns which row (C.19). */
#ifndef AIRSHED_PARALLEL_ROW_SUMS_H
#define AIRSHED_PARALLEL_ROW_SUMS_H

#include <mpi.h>
#include <stdint.h>

#include "base/status.h"

/** Adds one value per row in a tree that only @p rows sets.
 *
 *  @param[in,out] row_sum  [rows]; each row filled in by at most one rank (summed there in column
 *                          order) and 0 on all others; on return every rank's rows on every rank
 *  @param[out] total       the sum, the same on every rank
 */
void row_sums_total(MPI_Comm comm, double *row_sum, int64_t rows, double *total);

#endif
