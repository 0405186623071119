/* airshed -- GPL-3.0-or-later. Background cells that are held out to score predictions (P2.42). */
#ifndef AIRSHED_LEARN_HOLDOUT_H
#define AIRSHED_LEARN_HOLDOUT_H

#include <stdint.h>

#include "base/status.h"
#include "learn/shapes.h"

/** What a block of cells serves. */
enum holdout_part { HOLDOUT_TRAINING, HOLDOUT_VALIDATION, HOLDOUT_TEST };

struct holdout_request {
    int64_t rows, cols;
    const uint8_t *is_background; /**< [rows, cols], 1: a cell with values outside the areas */
    const struct shapes *shapes;  /**< of the real areas */
    int64_t block;                /**< rows and columns of a block, >= 1 */
    double test_share, validation_share; /**< of the background cells, in whole blocks */
    uint32_t seed;
};

/** Blocks and the held-out areas in them. Owned by its creator. */
struct holdout {
    int64_t rows, cols;
    uint8_t *part;  /**< [rows, cols], enum holdout_part of the cell's block */
    int32_t *area;  /**< [rows, cols], number of the held-out area from 1 on; 0: none */
    int64_t areas;
    uint8_t *area_part;  /**< [areas] */
    int64_t *area_cells; /**< [areas] */
};

/** Shares blocks out, and lays shapes of real areas over the background of the test and validation
 *  blocks until at least three tenths of it are covered: held-out area by block, so that a cell and
 *  its neighbours are held out together.
 *
 *  Blocks are taken in an order drawn by the seed, first for the test, then for validation, each until
 *  its share of the background cells is reached; the last block with background cells stays for
 *  training. The test areas do not depend on @p validation_share.
 */
enum status holdout_create(const struct holdout_request *request, struct holdout **holdout);

/** Releases *@p holdout and sets it to NULL; NULL is allowed. */
void holdout_destroy(struct holdout **holdout);

/** Edge of the blocks where the user names none: as long as a typical area, at least 8 cells, and at
 *  most a quarter of the shorter side of the grid. */
int64_t holdout_block(const struct shapes *shapes, int64_t rows, int64_t cols);

#endif
