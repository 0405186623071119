/* airshed -- GPL-3.0-or-later. Iman and Conover's rank correlation of one block of draws. */
#include "kernels/iman_conover.h"

#include <math.h>
#include <string.h>

#include "kernels/lanes.h"
#include "kernels/sampler.h"

#define LEAST_PIVOT 1e-6 /* of correlations that count as independent */

/* ---- order -------------------------------------------------------------------------------- */

enum {
    PARTS = 2 * IMAN_CONOVER_BLOCK
};

/* A value's part never lies before that of a smaller one. */
KERNEL_CLONES
static void find_parts(const double *values, int64_t count, int32_t *part)
{
    double low = values[0], high = values[0];
    for (int64_t i = 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    double scale = (PARTS - 1) / (high - low);
    if (!isfinite(scale) ||
        scale == 0) { /* equal values, or others that double cannot tell: all in one */
        memset(part, 0, (size_t)count * sizeof *part);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        part[i] = (int32_t)((values[i] - low) * scale);
    }
}

/* Sorts places that are nearly in order; equal values stay as they are. */
static void finish_order(const double *values, int64_t count, int32_t *order)
{
    for (int64_t i = 1; i < count; i++) {
        int32_t place = order[i];
        int64_t at = i;
        for (; at > 0 && values[order[at - 1]] > values[place]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = place;
    }
}

void iman_conover_order(const double *values, int64_t count, int32_t *order)
{
    int32_t part[IMAN_CONOVER_BLOCK], next[PARTS + 1] = {0};
    find_parts(values, count, part);
    for (int64_t i = 0; i < count; i++) {
        next[part[i] + 1]++;
    }
    for (int i = 0; i < PARTS; i++) {
        next[i + 1] += next[i];
    }
    for (int64_t i = 0; i < count; i++) {
        order[next[part[i]]++] = (int32_t)i;
    }
    finish_order(values, count, order);
}

/* ---- scores ------------------------------------------------------------------------------- */

void iman_conover_scores(int64_t count, double *scores)
{
    for (int64_t i = 0; i < count; i++) {
        scores[i] = (double)(i + 1) / (double)(count + 1);
    }
    sampler_normal_scores(scores, count, scores);
}

/* Sums run in lanes, which do not depend on the CPU. */
KERNEL_CLONES
static double product_of(const double *a, const double *b, int64_t count)
{
    double sums[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane] = __builtin_fma(a[i + lane], b[i + lane], sums[lane]);
        }
    }
    for (int lane = 0; i < count; i++, lane++) {
        sums[lane] = __builtin_fma(a[i], b[i], sums[lane]);
    }
    for (int lane = 0; lane < LANES; lane++) {
        sum += sums[lane];
    }
    return sum;
}

KERNEL_CLONES
static void add_column(const double *scores, double weight, int64_t count, double *column)
{
    for (int64_t i = 0; i < count; i++) {
        column[i] = __builtin_fma(weight, scores[i], column[i]);
    }
}

/* Q, in the lower part. All columns are permutations of the same scores, whose mean is 0. */
static bool factor_of(const double *const *scores, int columns, int64_t count, double *factor)
{
    double square = product_of(scores[0], scores[0], count);
    for (int row = 0; row < columns; row++) {
        for (int col = 0; col <= row; col++) {
            double sum = row == col ? 1 : product_of(scores[row], scores[col], count) / square;
            for (int k = 0; k < col; k++) {
                sum -= factor[row * columns + k] * factor[col * columns + k];
            }
            if (row == col && !(sum > LEAST_PIVOT)) {
                return false;
            }
            factor[row * columns + col] =
                row == col ? sqrt(sum) : sum / factor[col * columns + col];
        }
    }
    return true;
}

/* The row s of P Q^-1: s Q = weights. */
static void solve_row(const double *factor, int columns, const double *weights, double *row)
{
    for (int k = columns - 1; k >= 0; k--) {
        double sum = weights[k];
        for (int i = k + 1; i < columns; i++) {
            sum -= row[i] * factor[i * columns + k];
        }
        row[k] = sum / factor[k * columns + k];
    }
}

bool iman_conover_column(const double *const *scores, int columns, int64_t count,
                         const double *weights, double *room, double *column)
{
    double *row = room + columns * columns;
    bool has_factor = factor_of(scores, columns, count, room);
    if (has_factor) {
        solve_row(room, columns, weights, row);
        weights = row;
    }
    memset(column, 0, (size_t)count * sizeof *column);
    for (int k = 0; k < columns; k++) {
        add_column(scores[k], weights[k], count, column);
    }
    return has_factor;
}
