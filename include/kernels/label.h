/* airshed -- GPL-3.0-or-later. Connected areas of a mask. */
#ifndef AIRSHED_KERNELS_LABEL_H
#define AIRSHED_KERNELS_LABEL_H

#include <stdint.h>

/** Numbers the connected areas of @p mask [rows, cols] over eight neighbours (P2.11). Cells that
 * are not 0 belong to areas; the area of the first such cell in row order is 1, that of the first
 * cell not in area 1 is 2, and so on; other cells get 0.
 *
 *  @param[out] stack   [rows * cols], scratch
 *  @param[out] labels  [rows, cols]
 *  @return areas, at most a quarter of the cells (rounded up in rows and cols)
 */
int32_t label_areas(const uint8_t *mask, int64_t rows, int64_t cols, int64_t *stack,
                    int32_t *labels);

#endif
