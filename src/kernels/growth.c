/* airshed -- GPL-3.0-or-later. The area that one source reaches downhill, and filling of pits. */
#include "kernels/growth.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    OUTSIDE = 0,
    INSIDE = 1,
    TOO_FAR = 2,
    NEIGHBOURS = 8
};

static const int ROW_STEP[NEIGHBOURS] = {-1, -1, -1, 0, 0, 1, 1, 1};
static const int COL_STEP[NEIGHBOURS] = {-1, 0, 1, -1, 1, -1, 0, 1};

/** Cell next to @p cell in direction @p k, or -1 beyond the border. */
static int64_t neighbour_of(int64_t rows, int64_t cols, int64_t cell, int k)
{
    int64_t row = cell / cols + ROW_STEP[k], col = cell % cols + COL_STEP[k];
    return row < 0 || row >= rows || col < 0 || col >= cols ? -1 : row * cols + col;
}

/* Comparisons with NaN are false: no cell without elevation joins, and none grows. */
static bool slope_admits(const struct growth_terrain *terrain, int64_t from, int64_t to)
{
    double rise = (double)terrain->elevation_m[to] - (double)terrain->elevation_m[from];
    double tolerance = terrain->rise_tolerance_m;
    return tolerance > 0 ? rise <= tolerance : rise < 0;
}

static bool distance_admits(const struct growth_terrain *terrain, int64_t cell)
{
    int64_t cols = terrain->cols;
    return terrain->distance_m(terrain->context, cell / cols, cell % cols) <= terrain->limit_m;
}

static void note_from(int64_t *from, int64_t cell, int64_t before)
{
    if (from != NULL) {
        from[cell] = before;
    }
}

/** Adds the neighbours of @p cell that may join. @return the new end of the queue */
static int64_t grow_from(const struct growth_terrain *terrain, int64_t cell, int64_t *queue,
                         int64_t end, int64_t *from, uint8_t *mask)
{
    for (int k = 0; k < NEIGHBOURS; k++) {
        int64_t next = neighbour_of(terrain->rows, terrain->cols, cell, k);
        if (next < 0 || mask[next] != OUTSIDE || !slope_admits(terrain, cell, next)) {
            continue;
        }
        mask[next] = distance_admits(terrain, next) ? INSIDE : TOO_FAR;
        if (mask[next] == INSIDE) {
            queue[end++] = next;
            note_from(from, next, cell);
        }
    }
    return end;
}

int64_t growth_fill(const struct growth_terrain *terrain, const int64_t *source,
                    int64_t source_count, int64_t *queue, int64_t *from, uint8_t *mask)
{
    int64_t cells = terrain->rows * terrain->cols, end = 0;
    memset(mask, OUTSIDE, (size_t)cells);
    for (int64_t i = 0; i < source_count; i++) {
        if (mask[source[i]] == OUTSIDE) {
            mask[source[i]] = INSIDE;
            queue[end++] = source[i];
            note_from(from, source[i], source[i]);
        }
    }
    for (int64_t begin = 0; begin < end; begin++) {
        end = grow_from(terrain, queue[begin], queue, end, from, mask);
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        mask[cell] = mask[cell] == INSIDE;
    }
    return end;
}

/* ---- depression fill ----------------------------------------------------------------------- */

struct spill {
    float level;
    int64_t cell;
};

/** Cells that water has reached: a heap by level in front, a stack of pit cells at the back of one
 *  array. A cell is in one of them once, so they never meet. */
struct flood {
    int64_t rows, cols;
    struct spill *spill; /* [cells] */
    uint8_t *reached;    /* [cells] */
    int64_t heap_count, pit_count;
};

static void heap_push(struct flood *flood, struct spill item)
{
    int64_t at = flood->heap_count++;
    for (; at > 0 && flood->spill[(at - 1) / 2].level > item.level; at = (at - 1) / 2) {
        flood->spill[at] = flood->spill[(at - 1) / 2];
    }
    flood->spill[at] = item;
}

static struct spill heap_pop(struct flood *flood)
{
    struct spill *heap = flood->spill;
    struct spill top = heap[0], item = heap[--flood->heap_count];
    int64_t at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child + 1 < flood->heap_count && heap[child + 1].level < heap[child].level) {
            child++;
        }
        if (child >= flood->heap_count || heap[child].level >= item.level) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
    return top;
}

static bool is_outlet(const struct flood *flood, const float *filled, int64_t cell)
{
    bool outlet = false;
    for (int k = 0; k < NEIGHBOURS; k++) {
        int64_t next = neighbour_of(flood->rows, flood->cols, cell, k);
        outlet = outlet || next < 0 || isnan(filled[next]);
    }
    return outlet;
}

static void flood_begin(struct flood *flood, const float *filled)
{
    for (int64_t cell = 0; cell < flood->rows * flood->cols; cell++) {
        flood->reached[cell] = isnan(filled[cell]) != 0;
        if (!isnan(filled[cell]) && is_outlet(flood, filled, cell)) {
            flood->reached[cell] = 1;
            heap_push(flood, (struct spill){filled[cell], cell});
        }
    }
}

static void flood_from(struct flood *flood, struct spill from, float *filled)
{
    int64_t cells = flood->rows * flood->cols;
    for (int k = 0; k < NEIGHBOURS; k++) {
        int64_t next = neighbour_of(flood->rows, flood->cols, from.cell, k);
        if (next < 0 || flood->reached[next]) {
            continue;
        }
        flood->reached[next] = 1;
        if (filled[next] <= from.level) {
            filled[next] = from.level;
            flood->spill[cells - ++flood->pit_count] = (struct spill){from.level, next};
        } else {
            heap_push(flood, (struct spill){filled[next], next});
        }
    }
}

enum status depression_fill(const float *elevation_m, int64_t rows, int64_t cols, float *filled_m)
{
    enum status status;
    size_t cells = (size_t)(rows * cols);
    struct flood flood = {.rows = rows, .cols = cols};

    TRY(memory_allocate(cells, sizeof *flood.spill, &flood.spill));
    TRY(memory_allocate(cells, sizeof *flood.reached, &flood.reached));
    memmove(filled_m, elevation_m, sizeof *filled_m * cells);
    flood_begin(&flood, filled_m);
    while (flood.heap_count > 0 || flood.pit_count > 0) {
        struct spill from =
            flood.pit_count > 0 ? flood.spill[cells - (size_t)flood.pit_count--] : heap_pop(&flood);
        flood_from(&flood, from, filled_m);
    }
done:
    free(flood.spill);
    free(flood.reached);
    return status;
}
