/* airshed -- GPL-3.0-or-later. Between maps of floats and blocks of doubles. */
#include "kernels/lane_blocks.h"

#include <math.h>

/* Steps lie a row or more apart, which no processor foresees: each is asked for so many steps before
 * it is needed. Asking beyond the end is harmless. */
enum { STEPS_AHEAD = 32 };

/* The address as a number, for it may lie beyond the block. */
static inline const void *ahead_of(const float *step, int64_t cells)
{
    return (const void *)((uintptr_t)step + (uintptr_t)(STEPS_AHEAD * cells) * sizeof *step);
}

static void load_part(const float *values, int64_t steps, int64_t cells, int64_t first,
                      double *block)
{
    int64_t lanes = cells - first;
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t lane = 0; lane < LANES; lane++) {
            block[step * LANES + lane] =
                lane < lanes ? (double)values[step * cells + first + lane] : NAN;
        }
    }
}

KERNEL_CLONES
static void load_whole(const float *restrict values, int64_t steps, int64_t cells,
                       double *restrict block)
{
    for (int64_t step = 0; step < steps; step++) {
        __builtin_prefetch(ahead_of(values + step * cells, cells));
        EACH_LANE(lane)
        {
            block[step * LANES + lane] = (double)values[step * cells + lane];
        }
    }
}

void lane_block_load(const float *values, int64_t steps, int64_t cells, int64_t first,
                     double *block)
{
    if (first + LANES <= cells) {
        load_whole(values + first, steps, cells, block);
    } else {
        load_part(values, steps, cells, first, block);
    }
}

KERNEL_CLONES
static void store_whole(const double *restrict block, int64_t steps, int64_t cells,
                        float *restrict values)
{
    for (int64_t step = 0; step < steps; step++) {
        __builtin_prefetch(ahead_of(values + step * cells, cells), 1);
        EACH_LANE(lane)
        {
            values[step * cells + lane] = (float)block[step * LANES + lane];
        }
    }
}

void lane_block_store(const double *block, int64_t steps, int64_t cells, int64_t first,
                      float *values)
{
    if (first + LANES <= cells) {
        store_whole(block, steps, cells, values + first);
        return;
    }
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t lane = 0; lane < cells - first; lane++) {
            values[step * cells + first + lane] = (float)block[step * LANES + lane];
        }
    }
}

KERNEL_CLONES
void lane_block_add(const double *restrict first, const double *restrict second, int64_t steps,
                    double *restrict sum)
{
    for (int64_t i = 0; i < steps * LANES; i++) {
        sum[i] = first[i] + second[i];
    }
}

KERNEL_CLONES
void lane_block_mark(const double *restrict values, int64_t steps, unsigned char *restrict marks)
{
    for (int64_t i = 0; i < steps * LANES; i++) {
        marks[i] &= !isnan(values[i]);
    }
}

KERNEL_CLONES
void lane_block_keep(const double *restrict values, const unsigned char *restrict marks, int64_t steps,
                     double *restrict kept)
{
    for (int64_t i = 0; i < steps * LANES; i++) {
        kept[i] = marks[i] ? values[i] : (double)NAN;
    }
}

KERNEL_CLONES
void lane_block_difference(const double *restrict first, const double *restrict second,
                           const unsigned char *restrict marks, int64_t steps, double *restrict sum,
                           int64_t *restrict count)
{
    double total[LANES] = {0};
    int64_t marked[LANES] = {0};
    for (int64_t step = 0; step < steps; step++) {
        EACH_LANE(lane)
        {
            int64_t i = step * LANES + lane;
            total[lane] += marks[i] ? first[i] - second[i] : 0.0;
            marked[lane] += marks[i];
        }
    }
    EACH_LANE(lane)
    {
        sum[lane] = total[lane];
        count[lane] = marked[lane];
    }
}

KERNEL_CLONES
void lane_block_interpolate(const double *maps, int64_t steps, int64_t map_stride,
                            const struct lane_sum *sum, double *block)
{
    for (int64_t step = 0; step < steps; step++) {
        const double *map = maps + step * map_stride;
        double total[LANES] = {0};
        for (int term = 0; term < LANE_TERMS; term++) {
            EACH_LANE(lane)
            {
                total[lane] = __builtin_fma(sum->weight[term][lane],
                                            map[sum->offset[term][lane]], total[lane]);
            }
        }
        EACH_LANE(lane)
        {
            block[step * LANES + lane] = total[lane];
        }
    }
}
