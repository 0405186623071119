/* airshed -- GPL-3.0-or-later. Items: how work is cut. */
#include "parallel/items.h"

static int64_t ceil_divide(int64_t value, int64_t divisor)
{
    return (value + divisor - 1) / divisor;
}

static int64_t smaller(int64_t first, int64_t second)
{
    return first < second ? first : second;
}

static enum status refuse_budget(int64_t needed_bytes, int64_t memory_bytes)
{
    return failure_record(STATUS_USAGE, __FILE__, __LINE__,
                          "--memory %.0fM is too small for one item: use at least --memory %.0fM",
                          (double)memory_bytes / (1 << 20),
                          (double)ceil_divide(needed_bytes, 1 << 20));
}

/* A 256th of the rows; on small grids so many that a band's part of a step is a long run of the file:
 * short runs cost a disk operation each, and pages that two items share are written for both. But no
 * less than 16 bands. */
static int64_t rows_wanted(int64_t rows, int64_t cols)
{
    int64_t part = ceil_divide(rows, ITEMS_PARTS);
    int64_t run = ceil_divide(ITEMS_RUN_CELLS, cols);
    int64_t most = ceil_divide(rows, ITEMS_BANDS_LEAST);
    int64_t long_run = smaller(run, most);
    return part > long_run ? part : long_run;
}

enum status items_cut_rows(int64_t steps, int64_t rows, int64_t cols,
                           const struct items_cost *cost, int64_t memory_bytes,
                           struct items *items)
{
    *items = (struct items){.shape = ITEMS_ROW_BANDS,
                            .steps = steps,
                            .rows = rows,
                            .cols = cols,
                            .block_cols = cols,
                            .slab_steps = steps};
    int64_t room = memory_bytes - cost->fixed_bytes;
    int64_t cells = cost->unit_bytes > 0 ? room / cost->unit_bytes : rows * cols;
    int64_t wanted = rows_wanted(rows, cols);
    if (room > 0 && cells >= cols) {
        items->band_rows = smaller(cells / cols, wanted);
    } else if (room > 0 && cells >= ITEMS_LANES) {
        items->band_rows = 1;
        items->block_cols = cells / ITEMS_LANES * ITEMS_LANES;
    } else {
        int64_t least = smaller(cols, ITEMS_LANES);
        return refuse_budget(cost->fixed_bytes + least * cost->unit_bytes, memory_bytes);
    }
    items->count = ceil_divide(rows, items->band_rows) * ceil_divide(cols, items->block_cols);
    return STATUS_OK;
}

enum status items_cut_steps(int64_t steps, int64_t rows, int64_t cols,
                            const struct items_cost *cost, int64_t memory_bytes,
                            struct items *items)
{
    *items = (struct items){.shape = ITEMS_TIME_SLABS,
                            .steps = steps,
                            .rows = rows,
                            .cols = cols,
                            .band_rows = rows,
                            .block_cols = cols};
    int64_t room = memory_bytes - cost->fixed_bytes;
    int64_t fitting = cost->unit_bytes > 0 ? room / cost->unit_bytes : steps;
    if (room <= 0 || fitting < 1) {
        return refuse_budget(cost->fixed_bytes + cost->unit_bytes, memory_bytes);
    }
    items->slab_steps = smaller(fitting, ceil_divide(steps, ITEMS_PARTS));
    items->count = ceil_divide(steps, items->slab_steps);
    return STATUS_OK;
}

struct items items_counted(int64_t count)
{
    return (struct items){
        .shape = ITEMS_COUNTED, .rows = count, .band_rows = 1, .block_cols = 1, .count = count};
}

static struct window band_window(const struct items *items, int64_t index)
{
    int64_t blocks = ceil_divide(items->cols, items->block_cols);
    struct window window = {.steps = items->steps,
                            .row = index / blocks * items->band_rows,
                            .col = index % blocks * items->block_cols};
    window.rows = smaller(items->band_rows, items->rows - window.row);
    window.cols = smaller(items->block_cols, items->cols - window.col);
    return window;
}

struct window items_window(const struct items *items, int64_t index)
{
    switch (items->shape) {
    case ITEMS_ROW_BANDS:
        return band_window(items, index);
    case ITEMS_TIME_SLABS: {
        int64_t time = index * items->slab_steps;
        return (struct window){.time = time,
                               .steps = smaller(items->slab_steps, items->steps - time),
                               .rows = items->rows,
                               .cols = items->cols};
    }
    case ITEMS_COUNTED:
        break;
    }
    return (struct window){.row = index, .rows = 1, .steps = 1, .cols = 1};
}

int64_t items_bytes(const struct items *items, const struct items_cost *cost)
{
    switch (items->shape) {
    case ITEMS_ROW_BANDS:
        return cost->fixed_bytes + items->band_rows * items->block_cols * cost->unit_bytes;
    case ITEMS_TIME_SLABS:
        return cost->fixed_bytes + items->slab_steps * cost->unit_bytes;
    case ITEMS_COUNTED:
        break;
    }
    return cost->fixed_bytes + cost->unit_bytes;
}
