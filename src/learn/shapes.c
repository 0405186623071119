/* airshed -- GPL-3.0-or-later. Shapes of real areas. */
#include "learn/shapes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "kernels/label.h"

/* ---- cutting out -------------------------------------------------------------------------- */

static enum status count_cells(const int32_t *label, int64_t cells, struct shapes *shapes)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < cells; i++) {
        if (label[i] > 0) {
            shapes->shape[label[i] - 1].cells++;
        }
    }
    for (int64_t i = 0; i < shapes->count; i++) {
        struct shape *shape = &shapes->shape[i];
        TRY(memory_allocate((size_t)shape->cells, sizeof *shape->row, &shape->row));
        TRY(memory_allocate((size_t)shape->cells, sizeof *shape->col, &shape->col));
        shape->cells = 0;
    }
done:
    return status;
}

/* Moves the cells of a shape to the corner of its box. */
static void shape_settle(struct shape *shape)
{
    int32_t row = INT32_MAX, col = INT32_MAX;
    for (int64_t i = 0; i < shape->cells; i++) {
        row = shape->row[i] < row ? shape->row[i] : row;
        col = shape->col[i] < col ? shape->col[i] : col;
    }
    for (int64_t i = 0; i < shape->cells; i++) {
        shape->row[i] -= row;
        shape->col[i] -= col;
        shape->rows = shape->row[i] >= shape->rows ? shape->row[i] + 1 : shape->rows;
        shape->cols = shape->col[i] >= shape->cols ? shape->col[i] + 1 : shape->cols;
    }
}

enum status shapes_create(const uint8_t *mask, int64_t rows, int64_t cols, struct shapes **out)
{
    enum status status;
    int64_t *stack = NULL;
    int32_t *label = NULL;
    struct shapes *shapes = NULL;
    size_t cells = (size_t)(rows * cols);
    TRY(memory_allocate(cells, sizeof *stack, &stack));
    TRY(memory_allocate(cells, sizeof *label, &label));
    TRY(memory_allocate(1, sizeof *shapes, &shapes));
    int64_t areas = label_areas(mask, rows, cols, stack, label);
    TRY(memory_allocate((size_t)areas, sizeof *shapes->shape, &shapes->shape));
    shapes->count = areas;
    TRY(count_cells(label, rows * cols, shapes));
    for (int64_t i = 0; i < rows * cols; i++) {
        if (label[i] > 0) {
            struct shape *shape = &shapes->shape[label[i] - 1];
            shape->row[shape->cells] = (int32_t)(i / cols);
            shape->col[shape->cells++] = (int32_t)(i % cols);
        }
    }
    for (int64_t i = 0; i < areas; i++) {
        shape_settle(&shapes->shape[i]);
    }
    *out = shapes;
    shapes = NULL;
done:
    shapes_destroy(&shapes);
    free(stack);
    free(label);
    return status;
}

void shapes_destroy(struct shapes **shapes)
{
    if (*shapes != NULL) {
        for (int64_t i = 0; i < (*shapes)->count; i++) {
            free((*shapes)->shape[i].row);
            free((*shapes)->shape[i].col);
        }
        free((*shapes)->shape);
        free(*shapes);
        *shapes = NULL;
    }
}

static int64_t longer_side(const struct shape *shape)
{
    return shape->rows > shape->cols ? shape->rows : shape->cols;
}

/* The side that half of the shapes do not exceed. */
int64_t shapes_typical_side(const struct shapes *shapes)
{
    int64_t side = 0;
    for (int64_t i = 0; i < shapes->count; i++) {
        int64_t own = longer_side(&shapes->shape[i]), larger = 0;
        for (int64_t k = 0; k < shapes->count; k++) {
            larger += longer_side(&shapes->shape[k]) > own;
        }
        if (2 * larger <= shapes->count && (side == 0 || own < side)) {
            side = own;
        }
    }
    return side;
}

/* ---- blanking ----------------------------------------------------------------------------- */

/* Offset of a cell from the anchor after one of eight turns: bit 2 swaps the axes, bits 0 and 1
 * reflect them. */
static void turn(int64_t which, int64_t *row, int64_t *col)
{
    int64_t r = *row, c = *col;
    *row = (which & 4) != 0 ? c : r;
    *col = (which & 4) != 0 ? r : c;
    *row = (which & 1) != 0 ? -*row : *row;
    *col = (which & 2) != 0 ? -*col : *col;
}

void shapes_stamp(const struct shapes *shapes, struct random_key key, uint64_t item,
                  uint64_t first_draw, const int64_t box[4], int64_t stride, uint8_t *map)
{
    if (shapes->count == 0) {
        return;
    }
    int64_t which = (int64_t)random_below(key, item, first_draw, (uint64_t)shapes->count);
    const struct shape *shape = &shapes->shape[which];
    int64_t turned = (int64_t)random_below(key, item, first_draw + 1, 8);
    int64_t anchor = (int64_t)random_below(key, item, first_draw + 2, (uint64_t)shape->cells);
    int64_t row = box[0] + (int64_t)random_below(key, item, first_draw + 3, (uint64_t)box[2]);
    int64_t col = box[1] + (int64_t)random_below(key, item, first_draw + 4, (uint64_t)box[3]);
    for (int64_t i = 0; i < shape->cells; i++) {
        int64_t down = shape->row[i] - shape->row[anchor];
        int64_t right = shape->col[i] - shape->col[anchor];
        turn(turned, &down, &right);
        down += row;
        right += col;
        if (down >= box[0] && down < box[0] + box[2] && right >= box[1] && right < box[1] + box[3]) {
            map[down * stride + right] = 1;
        }
    }
}
