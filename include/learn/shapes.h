/* airshed -- GPL-3.0-or-later. Shapes of real areas, to blank others like them (P2.42). */
#ifndef AIRSHED_LEARN_SHAPES_H
#define AIRSHED_LEARN_SHAPES_H

#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

/** One connected area, cut out of its map. */
struct shape {
    int64_t rows, cols; /**< of the box around it */
    int64_t cells;
    int32_t *row, *col; /**< [cells], within the box */
};

/** All connected areas of a mask, in the order of their labels. Owned by its creator. */
struct shapes {
    int64_t count;
    struct shape *shape;
};

/** Cuts the areas (eight neighbours, as kernels/label.h numbers them) out of @p mask [rows, cols],
 *  not 0 inside. A mask without areas gives no shapes. */
enum status shapes_create(const uint8_t *mask, int64_t rows, int64_t cols, struct shapes **shapes);

/** Releases *@p shapes and sets it to NULL; NULL is allowed. */
void shapes_destroy(struct shapes **shapes);

/** Longer side of the box of the middle one by size; 0 without shapes. */
int64_t shapes_typical_side(const struct shapes *shapes);

/** Draws a shape, one of its eight turns and reflections, and one of its cells, lays that cell on
 *  a cell of the box @p row, @p col, @p rows, @p cols drawn evenly, and sets to 1 all cells of @p
 *  map [.., stride] that it covers within the box. Each shape is as likely as any other.
 *
 *  @param first_draw  the first of five draws of (key, item) that are used
 */
void shapes_stamp(const struct shapes *shapes, struct random_key key, uint64_t item,
                  uint64_t first_draw, const int64_t box[4], int64_t stride, uint8_t *map);

enum { SHAPES_STAMP_DRAWS = 5 };

#endif
