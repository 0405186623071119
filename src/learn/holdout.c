/* airshed -- GPL-3.0-or-later. Background cells that are held out. */
#include "learn/holdout.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

enum {
    STAMPS_MOST = 24, /* of a block; few are needed unless real areas are tiny */
    BLOCK_LEAST = 8
};

/* Share of a block's background cells that its held-out area covers at least, where stamps allow. */
static const double COVER = 0.3;

/* A block and its place in the drawn order. */
struct block {
    uint64_t key;
    int64_t row, col, cells;
};

struct maker {
    const struct holdout_request *request;
    struct holdout *holdout;
    int64_t blocks;
    struct block *block;
    uint8_t *stamp; /* [rows, cols] */
};

int64_t holdout_block(const struct shapes *shapes, int64_t rows, int64_t cols)
{
    int64_t shorter = rows < cols ? rows : cols;
    int64_t most = shorter / 4 > 1 ? shorter / 4 : 1;
    int64_t side = shapes_typical_side(shapes);
    side = side > BLOCK_LEAST ? side : BLOCK_LEAST;
    return side < most ? side : most;
}

static int compare_blocks(const void *first, const void *second)
{
    const struct block *a = first, *b = second;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->row != b->row ? (a->row < b->row ? -1 : 1) : (a->col > b->col) - (a->col < b->col);
}

/* Rows and columns of a block. */
static void box_of(const struct maker *maker, const struct block *block, int64_t box[4])
{
    const struct holdout_request *request = maker->request;
    int64_t rows = request->rows - block->row, cols = request->cols - block->col;
    box[0] = block->row;
    box[1] = block->col;
    box[2] = rows < request->block ? rows : request->block;
    box[3] = cols < request->block ? cols : request->block;
}

static int64_t count_background(const struct maker *maker, const struct block *block)
{
    int64_t box[4], cells = 0;
    box_of(maker, block, box);
    for (int64_t row = box[0]; row < box[0] + box[2]; row++) {
        for (int64_t col = box[1]; col < box[1] + box[3]; col++) {
            cells += maker->request->is_background[row * maker->request->cols + col];
        }
    }
    return cells;
}

/* Blocks with background cells, in the drawn order. */
static enum status order_blocks(struct maker *maker)
{
    enum status status;
    const struct holdout_request *request = maker->request;
    struct random_key key = {request->seed, random_stream("holdout.order")};
    int64_t down = (request->rows + request->block - 1) / request->block;
    int64_t across = (request->cols + request->block - 1) / request->block;
    TRY(memory_allocate((size_t)(down * across), sizeof *maker->block, &maker->block));
    for (int64_t i = 0; i < down * across; i++) {
        struct block block = {.key = random_bits(key, (uint64_t)i, 0),
                              .row = i / across * request->block,
                              .col = i % across * request->block};
        block.cells = count_background(maker, &block);
        if (block.cells > 0) {
            maker->block[maker->blocks++] = block;
        }
    }
    qsort(maker->block, (size_t)maker->blocks, sizeof *maker->block, compare_blocks);
done:
    return status;
}

/* Numbers the background cells of @p block that shapes cover. */
static void blank_block(struct maker *maker, const struct block *block, enum holdout_part part)
{
    const struct holdout_request *request = maker->request;
    struct holdout *holdout = maker->holdout;
    struct random_key key = {request->seed, random_stream("holdout.stamp")};
    uint64_t item = (uint64_t)(block->row * request->cols + block->col);
    int64_t box[4], covered = 0;
    int32_t number = (int32_t)holdout->areas + 1;
    box_of(maker, block, box);
    for (int64_t stamp = 0; stamp < STAMPS_MOST && (double)covered < COVER * (double)block->cells;
         stamp++) {
        shapes_stamp(request->shapes, key, item, (uint64_t)(SHAPES_STAMP_DRAWS * stamp), box,
                     request->cols, maker->stamp);
        covered = 0;
        for (int64_t row = box[0]; row < box[0] + box[2]; row++) {
            for (int64_t cell = row * request->cols + box[1];
                 cell < row * request->cols + box[1] + box[3]; cell++) {
                bool is_held = maker->stamp[cell] != 0 && request->is_background[cell] != 0;
                holdout->area[cell] = is_held ? number : 0;
                covered += is_held;
            }
        }
    }
    if (covered > 0) {
        holdout->area_part[holdout->areas] = (uint8_t)part;
        holdout->area_cells[holdout->areas++] = covered;
    }
}

static void mark_block(struct maker *maker, const struct block *block, enum holdout_part part)
{
    int64_t box[4];
    box_of(maker, block, box);
    for (int64_t row = box[0]; row < box[0] + box[2]; row++) {
        for (int64_t col = box[1]; col < box[1] + box[3]; col++) {
            maker->holdout->part[row * maker->request->cols + col] = (uint8_t)part;
        }
    }
    blank_block(maker, block, part);
}

static void share_out(struct maker *maker)
{
    const enum holdout_part parts[] = {HOLDOUT_TEST, HOLDOUT_VALIDATION};
    const double shares[] = {maker->request->test_share, maker->request->validation_share};
    int64_t all = 0, next = 0;
    for (int64_t i = 0; i < maker->blocks; i++) {
        all += maker->block[i].cells;
    }
    for (int i = 0; i < 2; i++) {
        int64_t taken = 0;
        while (next + 1 < maker->blocks && (double)taken < shares[i] * (double)all) {
            taken += maker->block[next].cells;
            mark_block(maker, &maker->block[next++], parts[i]);
        }
    }
}

enum status holdout_create(const struct holdout_request *request, struct holdout **out)
{
    enum status status;
    struct maker maker = {.request = request};
    size_t cells = (size_t)(request->rows * request->cols);
    TRY(memory_allocate(1, sizeof *maker.holdout, &maker.holdout));
    struct holdout *holdout = maker.holdout;
    holdout->rows = request->rows;
    holdout->cols = request->cols;
    TRY(memory_allocate(cells, 1, &holdout->part));
    TRY(memory_allocate(cells, sizeof *holdout->area, &holdout->area));
    TRY(memory_allocate(cells, 1, &maker.stamp));
    TRY(order_blocks(&maker));
    TRY(memory_allocate((size_t)maker.blocks, 1, &holdout->area_part));
    TRY(memory_allocate((size_t)maker.blocks, sizeof *holdout->area_cells, &holdout->area_cells));
    share_out(&maker);
    *out = holdout;
    maker.holdout = NULL;
done:
    holdout_destroy(&maker.holdout);
    free(maker.block);
    free(maker.stamp);
    return status;
}

void holdout_destroy(struct holdout **holdout)
{
    if (*holdout != NULL) {
        free((*holdout)->part);
        free((*holdout)->area);
        free((*holdout)->area_part);
        free((*holdout)->area_cells);
        free(*holdout);
        *holdout = NULL;
    }
}
