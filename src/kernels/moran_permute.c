/* airshed -- GPL-3.0-or-later. Moran's I of values in a random order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"
#include "moran_internal.h"

/* ---- values made ready -------------------------------------------------------------------- */

static int64_t padded(int64_t cols)
{
    return (cols + LANES - 1) / LANES * LANES;
}

static void find_runs(const struct moran *moran, struct moran_order *order)
{
    order->run_count = 0;
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        int64_t row = cell / moran->who.cols, col = cell % moran->who.cols;
        if (moran->position[cell] < 0) {
            continue;
        }
        if (col > 0 && moran->position[cell - 1] >= 0) {
            order->runs[order->run_count - 1].length++;
        } else {
            order->runs[order->run_count++] =
                (struct shuffle_run){(row + 1) * order->stride + LANES + col, 1};
        }
    }
}

static int64_t count_runs(const struct moran *moran)
{
    int64_t runs = 0;
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        bool is_after = cell % moran->who.cols > 0 && moran->position[cell - 1] >= 0;
        runs += moran->position[cell] >= 0 && !is_after;
    }
    return runs;
}

static void fill(const struct moran *moran, struct moran_order *order)
{
    double deviation = sqrt(moran->squares / (double)moran->n);
    int64_t width = padded(moran->who.cols);
    for (int64_t i = 0; i < moran->n; i++) {
        order->value[i] = (float)(moran->value[i] / deviation);
        order->squares += (double)order->value[i] * (double)order->value[i];
    }
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        int64_t row = cell / moran->who.cols, col = cell % moran->who.cols;
        order->scale[row * width + col] = (float)moran->scale[cell];
        order->s0 += moran->who.links == NULL ? moran->scale[cell] * moran->count[cell] : 0;
    }
    for (int64_t link = 0; moran->who.links != NULL && link < moran->who.links->start[moran->cells];
         link++) {
        order->s0 += moran->link_weight[link];
    }
}

static enum status make_ready(struct moran *moran)
{
    enum status status;
    struct moran_order *order = NULL;
    int64_t rows = moran->who.rows, width = padded(moran->who.cols);
    TRY(memory_allocate(1, sizeof *order, &order));
    order->stride = width + 2 * LANES;
    TRY(memory_allocate((size_t)moran->n, sizeof *order->value, &order->value));
    if (moran->who.links != NULL) {
        TRY(memory_allocate((size_t)moran->n, sizeof *order->dealt, &order->dealt));
    }
    TRY(memory_allocate((size_t)((rows + 2) * order->stride), sizeof *order->map, &order->map));
    TRY(memory_allocate((size_t)(rows * width), sizeof *order->scale, &order->scale));
    TRY(memory_allocate((size_t)order->stride, sizeof *order->row, &order->row));
    TRY(memory_allocate((size_t)count_runs(moran), sizeof *order->runs, &order->runs));
    if (moran->who.band != NULL) {
        TRY(memory_allocate((size_t)(rows * (moran->who.cols + 1)), sizeof *order->sums,
                            &order->sums));
    }
    TRY(shuffle_create(moran->n, &order->shuffle));
    find_runs(moran, order);
    fill(moran, order);
    moran->order = order;
    order = NULL;
done:
    moran_order_clear(&order);
    return status;
}

void moran_order_clear(struct moran_order **pointer)
{
    struct moran_order *order = *pointer;
    if (order == NULL) {
        return;
    }
    free(order->value);
    free(order->dealt);
    free(order->map);
    free(order->scale);
    free(order->row);
    free(order->sums);
    free(order->runs);
    shuffle_destroy(&order->shuffle);
    free(order);
    *pointer = NULL;
}

/* ---- sums of products --------------------------------------------------------------------- */

static inline double add_lanes(const double sum[LANES])
{
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* Products of one row with the sums of its neighbours; above and below are the rows beside it, each
 * with a margin of LANES zeros on both sides. */
KERNEL_CLONES
static double queen_row(const float *below, const float *row, const float *above,
                        const float *scale, int64_t width, double *column)
{
    double sum[LANES] = {0};
    for (int64_t col = 0; col < width + 2 * LANES; col += LANES) {
        EACH_LANE (lane) {
            column[col + lane] =
                ((double)below[col + lane] + (double)above[col + lane]) + (double)row[col + lane];
        }
    }
    for (int64_t col = 0; col < width; col += LANES) {
        const double *middle = column + LANES + col;
        const float *own = row + LANES + col;
        EACH_LANE (lane) {
            double value = (double)own[lane];
            double around = (middle[lane - 1] + middle[lane + 1]) + (middle[lane] - value);
            sum[lane] += value * (double)scale[col + lane] * around;
        }
    }
    return add_lanes(sum);
}

KERNEL_CLONES
static double rook_row(const float *below, const float *row, const float *above, const float *scale,
                       int64_t width)
{
    double sum[LANES] = {0};
    for (int64_t col = 0; col < width; col += LANES) {
        const float *own = row + LANES + col;
        EACH_LANE (lane) {
            double around = ((double)own[lane - 1] + (double)own[lane + 1]) +
                            ((double)below[LANES + col + lane] + (double)above[LANES + col + lane]);
            sum[lane] += (double)own[lane] * (double)scale[col + lane] * around;
        }
    }
    return add_lanes(sum);
}

static double contiguity_cross(const struct moran *moran)
{
    const struct moran_order *order = moran->order;
    int64_t width = padded(moran->who.cols);
    double sum = 0;
    for (int64_t row = 0; row < moran->who.rows; row++) {
        const float *own = order->map + (row + 1) * order->stride;
        const float *below = own - order->stride, *above = own + order->stride;
        const float *scale = order->scale + row * width;
        sum += moran->who.contiguity == MORAN_QUEEN
                   ? queen_row(below, own, above, scale, width, order->row)
                   : rook_row(below, own, above, scale, width);
    }
    return sum;
}

static double band_cross(const struct moran *moran)
{
    const struct moran_order *order = moran->order;
    int64_t cols = moran->who.cols, width = padded(cols);
    double total = 0;
    for (int64_t row = 0; row < moran->who.rows; row++) {
        const float *own = order->map + (row + 1) * order->stride + LANES;
        double *sums = order->sums + row * (cols + 1);
        for (int64_t col = 0; col < cols; col++) {
            sums[col + 1] = sums[col] + (double)own[col];
        }
    }
    for (int64_t row = 0; row < moran->who.rows; row++) {
        const float *own = order->map + (row + 1) * order->stride + LANES;
        double sum = 0;
        moran_band_row(&moran->who, order->sums, row, order->row);
        for (int64_t col = 0; col < cols; col++) {
            double value = (double)own[col];
            sum += value * (double)order->scale[row * width + col] * (order->row[col] - value);
        }
        total += sum;
    }
    return total;
}

static double links_cross(const struct moran *moran)
{
    const struct moran_links *links = moran->who.links;
    const float *map = moran->order->map;
    double total = 0;
    for (int64_t i = 0; i < moran->cells; i++) {
        double sum = 0;
        for (int64_t link = links->start[i]; link < links->start[i + 1]; link++) {
            sum += moran->link_weight[link] * (double)map[links->neighbour[link]];
        }
        total += (double)map[i] * sum;
    }
    return total;
}

/* Lays the values out as they are, or in a random order. */
static void lay_out(const struct moran *moran, struct random_key key, int64_t permutation)
{
    const struct moran_order *order = moran->order;
    const float *values = order->value;
    uint64_t item = (uint64_t)permutation;
    if (moran->who.links != NULL) {
        if (permutation >= 0) {
            shuffle_values(order->shuffle, key, item, order->value, NULL, order->dealt);
            values = order->dealt;
        }
        for (int64_t i = 0; i < moran->cells; i++) {
            order->map[i] = moran->position[i] >= 0 ? values[moran->position[i]] : 0;
        }
    } else if (permutation >= 0) {
        shuffle_values(order->shuffle, key, item, order->value, order->runs, order->map);
    } else {
        for (int64_t i = 0; i < order->run_count; i++) {
            const struct shuffle_run *run = &order->runs[i];
            memcpy(order->map + run->start, values, (size_t)run->length * sizeof *values);
            values += run->length;
        }
    }
}

enum status moran_permuted(struct moran *moran, struct random_key key, int64_t permutation,
                           double *i)
{
    enum status status = STATUS_OK;
    *i = NAN;
    if (!(moran->squares > 0)) {
        goto done;
    }
    if (moran->order == NULL) {
        TRY(make_ready(moran));
    }
    const struct moran_order *order = moran->order;
    lay_out(moran, key, permutation);
    double cross = moran->who.links != NULL  ? links_cross(moran)
                   : moran->who.band != NULL ? band_cross(moran)
                                             : contiguity_cross(moran);
    *i = order->s0 > 0 ? (double)moran->n / order->s0 * (cross / order->squares) : NAN;
done:
    return status;
}
