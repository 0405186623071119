/* airshed -- GPL-3.0-or-later. The area that one source reaches downhill, and filling of pits. */
#ifndef AIRSHED_KERNELS_GROWTH_H
#define AIRSHED_KERNELS_GROWTH_H

#include <stdint.h>

#include "base/status.h"

/** The surroundings of one source: a window of the elevation grid that holds all cells within the
 *  limit. Sources never share a window's result, since the limit belongs to the source. */
struct growth_terrain {
    int64_t rows, cols;
    const float *elevation_m; /**< [rows, cols], NaN where not known */
    /** Metres from the centre of cell (row, col) to that of the source, on the ellipsoid. Asked at
     *  most once for each cell that the slope rule lets in. NaN counts as beyond the limit. */
    double (*distance_m)(const void *context, int64_t row, int64_t col);
    const void *context; /**< handed to distance_m */
    double limit_m;      /**< cells at this distance still belong to the area; 10 km in the paper */
    double rise_tolerance_m; /**< 0 or more; see growth_fill() */
};

/** Grows the area of one source (P2.10, P2.11).
 *
 *  The source's own cells are in the area, wherever they lie. From a cell g in the area, each of
 * the eight neighbours n inside the window joins when its elevation is known, its distance is at
 * most the limit, and
 *  - with tolerance 0 (paper mode) elevation(n) < elevation(g): equal elevations stop growth;
 *  - with tolerance t > 0 elevation(n) - elevation(g) <= t: level ground is crossed, and each step
 *    may climb up to t.
 *
 *  A source cell without elevation is in the area and grows no further. Whether n may join from g
 *  depends on these two cells alone, so the area is what can be reached at all and does not depend
 *  on the order of visits.
 *
 *  @param[in]  source  [source_count] cells of the source, row * cols + col, inside the window; one
 *                      may be named twice
 *  @param[out] queue   [rows * cols], scratch
 *  @param[out] from    [rows * cols], for each cell of the area the one that it joined from, itself
 *                      for the source's own; NULL where nobody asks. No way back to the source by it
 *                      has fewer steps than another
 *  @param[out] mask    [rows, cols], 1 in the area and 0 elsewhere
 *  @return cells in the area
 */
int64_t growth_fill(const struct growth_terrain *terrain, const int64_t *source,
                    int64_t source_count, int64_t *queue, int64_t *from, uint8_t *mask);

/** Raises every cell of a pit to the level at which water leaves it (P2.10, --depression-fill), by
 *  priority-flood (Barnes, Lehman and Mulla 2014) over eight neighbours, in O(n log n).
 *
 *  Water leaves over the border of the grid and into cells without elevation. filled(c) is thus the
 *  smallest, over all ways out of c, of the highest elevation on the way. Filled pits are level:
 *  growth crosses them only with a tolerance above 0.
 *
 *  @param[in]  elevation_m  [rows, cols], NaN where not known
 *  @param[out] filled_m     [rows, cols], NaN kept; may be elevation_m
 *  @return STATUS_OK, or STATUS_MEMORY (it takes 17 bytes a cell)
 */
enum status depression_fill(const float *elevation_m, int64_t rows, int64_t cols, float *filled_m);

#endif
