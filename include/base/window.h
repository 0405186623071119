/* airshed -- GPL-3.0-or-later. A box of a cube: some steps, rows and columns. */
#ifndef AIRSHED_BASE_WINDOW_H
#define AIRSHED_BASE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/** Half-open box [time, row, col]; a map has one step. Values in a window are stored densely,
 *  [steps, rows, cols], row 0 the southernmost. */
struct window {
    int64_t time, steps;
    int64_t row, rows;
    int64_t col, cols;
};

/** Number of values in @p window. */
int64_t window_count(const struct window *window);

/** True when @p window lies inside a cube of @p steps x @p rows x @p cols. */
bool window_is_inside(const struct window *window, int64_t steps, int64_t rows, int64_t cols);

/** The box that both windows share; a dimension they do not share has length 0. */
struct window window_intersect(const struct window *first, const struct window *second);

#endif
