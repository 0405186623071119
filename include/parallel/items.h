/* airshed -- GPL-3.0-or-later. Items: how work is cut, whatever the number of ranks.
 *
 * A row band holds all steps of some rows (or of some columns of one row, where a row does not fit
 * the budget); a time slab holds whole maps of some steps; other work is simply counted. The cut
 * depends on the extents and the memory budget, never on the ranks; the values do not depend on
 * the cut at all.
 */
#ifndef AIRSHED_PARALLEL_ITEMS_H
#define AIRSHED_PARALLEL_ITEMS_H

#include <stdint.h>

#include "base/status.h"
#include "base/window.h"

enum items_shape { ITEMS_ROW_BANDS, ITEMS_TIME_SLABS, ITEMS_COUNTED };

/** A cut. A plain value. */
struct items {
    enum items_shape shape;
    int64_t steps, rows, cols; /**< extents of the cube; ITEMS_COUNTED: count in rows */
    int64_t band_rows;         /**< rows of a band */
    int64_t block_cols;        /**< columns of a band: cols, unless a row is split */
    int64_t slab_steps;        /**< steps of a slab */
    int64_t count;             /**< number of items */
};

/** What an item costs in memory. */
struct items_cost {
    int64_t fixed_bytes; /**< buffers that do not grow with the item */
    int64_t unit_bytes;  /**< per cell of a band (all its steps), or per step of a slab */
};

/** Smallest block of columns: a multiple of every kernel's lanes. Most items of a cut, cells of a step
 *  that make a run of the file which the disk takes in one go (32 KiB of floats), fewest bands that a
 *  small grid is cut into. */
enum { ITEMS_LANES = 16, ITEMS_PARTS = 256, ITEMS_RUN_CELLS = 8192, ITEMS_BANDS_LEAST = 16 };

/** Cuts a cube into row bands: band rows are what @p memory_bytes allows, at most rows / 256
 *  rounded up, at least 1; on a small grid up to a run of cells, at most rows / 16 rounded up.
 *  @return STATUS_USAGE naming the --memory that one item needs */
enum status items_cut_rows(int64_t steps, int64_t rows, int64_t cols,
                           const struct items_cost *cost, int64_t memory_bytes,
                           struct items *items);

/** Cuts a cube into time slabs, by the same rule over steps. */
enum status items_cut_steps(int64_t steps, int64_t rows, int64_t cols,
                            const struct items_cost *cost, int64_t memory_bytes,
                            struct items *items);

/** @p count pieces of work that no window describes. */
struct items items_counted(int64_t count);

/** The window of item @p index; for counted items row = index, rows = 1. */
struct window items_window(const struct items *items, int64_t index);

/** Memory of the largest item under @p cost. */
int64_t items_bytes(const struct items *items, const struct items_cost *cost);

#endif
