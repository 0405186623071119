/* airshed -- GPL-3.0-or-later. Between maps [steps, cells] of floats and blocks [steps, LANES] of
 * doubles. */
#ifndef AIRSHED_KERNELS_LANE_BLOCKS_H
#define AIRSHED_KERNELS_LANE_BLOCKS_H

#include <stdint.h>

#include "kernels/lanes.h"

/** Loads cells [first, first + LANES) of @p values [steps, cells] into @p block [steps, LANES]; lanes
 *  beyond the last cell are NaN. */
void lane_block_load(const float *values, int64_t steps, int64_t cells, int64_t first,
                     double *block);

/** Stores @p block [steps, LANES], rounded to float, into cells [first, first + LANES) of @p values
 *  [steps, cells]; lanes beyond the last cell are dropped. */
void lane_block_store(const double *block, int64_t steps, int64_t cells, int64_t first,
                      float *values);

/** sum[i] = first[i] + second[i] of blocks [steps, LANES]. */
void lane_block_add(const double *first, const double *second, int64_t steps, double *sum);

/** Takes the marks [steps, LANES] (1 or 0) away where @p values is NaN. */
void lane_block_mark(const double *values, int64_t steps, unsigned char *marks);

/** kept[i] = values[i] where marked, else NaN. */
void lane_block_keep(const double *values, const unsigned char *marks, int64_t steps, double *kept);

/** For each lane the sum over marked steps of first - second, in the order of the steps, and their
 *  number; both are [LANES]. */
void lane_block_difference(const double *first, const double *second, const unsigned char *marks,
                           int64_t steps, double *sum, int64_t *count);

/** Most addends of a lane_sum: a bilinear target. */
enum { LANE_TERMS = 4 };

/** For each lane a weighted sum of cells of a source map. Terms that are not used weigh 0 and point
 *  to a valid cell; a lane without a source has a weight of NaN. */
struct lane_sum {
    int64_t offset[LANE_TERMS][LANES]; /**< of the cell in its map */
    double weight[LANE_TERMS][LANES];
};

/** block[step, lane] = sum over terms of weight x maps[step x map_stride + offset], fused, in the
 *  order of the terms. */
void lane_block_interpolate(const double *maps, int64_t steps, int64_t map_stride,
                            const struct lane_sum *sum, double *block);

#endif
