/* airshed -- GPL-3.0-or-later. A box of a cube. */
#include "base/window.h"

int64_t window_count(const struct window *window)
{
    return window->steps * window->rows * window->cols;
}

static bool span_is_inside(int64_t start, int64_t length, int64_t extent)
{
    return start >= 0 && length >= 0 && start <= extent - length;
}

bool window_is_inside(const struct window *window, int64_t steps, int64_t rows, int64_t cols)
{
    return span_is_inside(window->time, window->steps, steps) &&
           span_is_inside(window->row, window->rows, rows) &&
           span_is_inside(window->col, window->cols, cols);
}

static void span_intersect(int64_t start, int64_t length, int64_t *shared_start,
                           int64_t *shared_length)
{
    int64_t end = start + length;
    int64_t shared_end = *shared_start + *shared_length;
    *shared_start = start > *shared_start ? start : *shared_start;
    end = end < shared_end ? end : shared_end;
    *shared_length = end > *shared_start ? end - *shared_start : 0;
}

struct window window_intersect(const struct window *first, const struct window *second)
{
    struct window shared = *first;
    span_intersect(second->time, second->steps, &shared.time, &shared.steps);
    span_intersect(second->row, second->rows, &shared.row, &shared.rows);
    span_intersect(second->col, second->cols, &shared.col, &shared.cols);
    return shared;
}
