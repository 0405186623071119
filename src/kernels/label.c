/* airshed -- GPL-3.0-or-later. Connected areas of a mask. */
#include "kernels/label.h"

#include <string.h>

struct map {
    const uint8_t *mask;
    int64_t rows, cols;
    int64_t *stack;
    int32_t *labels;
};

/** Labels the unlabelled neighbours of @p cell. @return the new height of the stack */
static int64_t spread(const struct map *map, int64_t cell, int64_t height)
{
    int64_t row = cell / map->cols, col = cell % map->cols;
    for (int64_t r = row - (row > 0); r <= row + (row + 1 < map->rows); r++) {
        for (int64_t c = col - (col > 0); c <= col + (col + 1 < map->cols); c++) {
            int64_t next = r * map->cols + c;
            if (map->mask[next] != 0 && map->labels[next] == 0) {
                map->labels[next] = map->labels[cell];
                map->stack[height++] = next;
            }
        }
    }
    return height;
}

int32_t label_areas(const uint8_t *mask, int64_t rows, int64_t cols, int64_t *stack,
                    int32_t *labels)
{
    struct map map = {mask, rows, cols, stack, labels};
    int32_t areas = 0;
    memset(labels, 0, sizeof *labels * (size_t)(rows * cols));
    for (int64_t cell = 0; cell < rows * cols; cell++) {
        if (mask[cell] == 0 || labels[cell] != 0) {
            continue;
        }
        labels[cell] = ++areas;
        stack[0] = cell;
        for (int64_t height = 1; height > 0;) {
            int64_t next = stack[--height];
            height = spread(&map, next, height);
        }
    }
    return areas;
}
