/* airshed -- GPL-3.0-or-later. From one georeferenced grid to another (P2.08, P2.29). */
#ifndef AIRSHED_GRID_REGRID_H
#define AIRSHED_GRID_REGRID_H

#include "base/status.h"
#include "grid/georeference.h"
#include "kernels/resample.h"

/** Plans the resampling of maps on @p source to @p target, whatever their coordinate systems; the
 *  plan borrows nothing. Two geographic systems count as one, as in georeference_is_equal().
 *
 *  Between different systems cell centres go through PROJ, and RESAMPLE_AVERAGE is the mean of the
 *  source cells below 2 x 2 to 16 x 16 points spread evenly over the target cell (four to a source
 *  cell and axis, where 16 are enough for that): its error is that of the covered shares, at most
 *  about a quarter of a source cell along the rim.
 *
 *  To resample a band of rows, cut @p target first (georeference_cut()), or plan once and use the
 *  rows of the plan that are needed: both give the same bits.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_DATA where PROJ knows no way between the systems, or
 *          where no target centre lies inside the source
 */
enum status regrid_create(enum resample_method method, const struct georeference *source,
                          const struct georeference *target, struct resample_plan **plan);

/** Rows and columns of @p source that resampling to @p target needs by any method, with some to
 *  spare: what to read of a source that is much larger. All columns where the target crosses the
 *  source's seam. @return STATUS_OK, STATUS_MEMORY, or STATUS_DATA where they do not overlap */
enum status regrid_source_window(const struct georeference *source,
                                 const struct georeference *target, int64_t *row, int64_t *rows,
                                 int64_t *col, int64_t *cols);

/** Memory that such a plan takes, in bytes, before it is made. */
int64_t regrid_bytes(enum resample_method method, const struct georeference *source,
                     const struct georeference *target);

#endif
