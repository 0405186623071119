/* airshed -- GPL-3.0-or-later. Linear regression of one series on a few others, with an intercept.
 */
#include "least_squares_internal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A tile of rows is folded into the triangle in turn. */
enum {
    TILE = 128
};

/* Four lanes are a register of v3 and half of one of v4: a sum has the same order in both. */
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));
enum {
    QUAD = 4,
    UNROLL = 4
};

#define INLINED __attribute__((always_inline)) static inline

/** Series @p j, y after the regressors. */
INLINED const struct least_squares_series *series_of(const struct least_squares_data *data, int j)
{
    return j < data->columns ? &data->x[j] : &data->y;
}

/** Loads steps from @p first on, y last, into @p raw [columns + 1][TILE]. zero[i] is 0 where all
 *  values of a step are finite, else NaN, and NaN beyond the end. @return steps of the tile */
INLINED int tile_load(const struct least_squares_data *data, int64_t first, double raw[][TILE],
                      double *zero)
{
    int count = data->steps - first < TILE ? (int)(data->steps - first) : TILE;
    for (int i = 0; i < TILE; i++) {
        zero[i] = i < count ? 0 : NAN;
    }
    for (int j = 0; j <= data->columns; j++) {
        int64_t stride = series_of(data, j)->stride;
        const double *values = series_of(data, j)->values + first * stride;
        for (int i = 0; i < count; i++) {
            raw[j][i] = values[i * stride];
        }
        memset(&raw[j][count], 0, sizeof(double) * (size_t)(TILE - count));
        for (int i = 0; i < TILE; i++) {
            zero[i] += raw[j][i] - raw[j][i];
        }
    }
    return count;
}

INLINED double dot(const double *a, const double *b)
{
    quad sum[UNROLL] = {{0}};
    for (int i = 0; i < TILE; i += QUAD * UNROLL) {
        for (int k = 0; k < UNROLL; k++) {
            int at = i + k * QUAD;
            sum[k] += *(const quad *)&a[at] * *(const quad *)&b[at];
        }
    }
    quad total = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    return (total[0] + total[2]) + (total[1] + total[3]);
}

/** Folds @p tile [width][TILE] into the triangle by Householder reflections (Golub and Van Loan,
 *  5.1 and 5.2): each touches one row of the triangle and the tile, which is overwritten. */
INLINED void triangle_fold(struct triangle *triangle, int width, double tile[][TILE])
{
    for (int k = 0; k < width; k++) {
        double *row = triangle->r[k];
        double *v = tile[k];
        double below = dot(v, v);
        if (below == 0) {
            continue;
        }
        double diagonal = -copysign(sqrt(fma(row[k], row[k], below)), row[k]);
        double pivot = row[k] - diagonal;
        double factor = -pivot / diagonal;
        double inverse = 1 / pivot;
        for (int i = 0; i < TILE; i++) {
            v[i] *= inverse;
        }
        row[k] = diagonal;
        for (int j = k + 1; j < width; j++) {
            double *column = tile[j];
            double projection = factor * (row[j] + dot(v, column));
            row[j] -= projection;
            for (int i = 0; i < TILE; i++) {
                column[i] = fma(-projection, v[i], column[i]);
            }
        }
    }
}

/** Values of the first used step, y last, into @p shift [columns + 1]. @return that step, or steps
 */
static int64_t shift_find(const struct least_squares_data *data, double *shift)
{
    for (int64_t step = 0; step < data->steps; step++) {
        bool finite = true;
        for (int j = 0; j <= data->columns; j++) {
            shift[j] = series_of(data, j)->values[step * series_of(data, j)->stride];
            finite = finite && isfinite(shift[j]);
        }
        if (finite) {
            return step;
        }
    }
    return data->steps;
}

/** Factorises the used steps. A step that is not used is a row of zeros, which changes nothing. */
KERNEL_CLONES static void triangle_build(const struct least_squares_data *data,
                                         struct triangle *triangle)
{
    double tile[WIDTH][TILE], zero[TILE];
    memset(triangle, 0, sizeof *triangle);
    for (int64_t step = shift_find(data, triangle->shift); step < data->steps; step += TILE) {
        tile_load(data, step, &tile[1], zero);
        int filled = 0;
        for (int i = 0; i < TILE; i++) {
            tile[0][i] = zero[i] == 0 ? 1 : 0;
            filled += zero[i] == 0;
        }
        for (int j = 0; j <= data->columns; j++) {
            for (int i = 0; i < TILE; i++) {
                double shifted = tile[j + 1][i] - triangle->shift[j];
                tile[j + 1][i] = zero[i] == 0 ? shifted : 0;
            }
        }
        if (filled > 0) {
            triangle_fold(triangle, data->columns + 2, tile);
        }
        triangle->used += filled;
    }
}

void least_squares_fit(const struct least_squares_data *data, struct least_squares_fit *fit)
{
    struct triangle triangle;
    triangle_build(data, &triangle);
    fits_from_triangles(&triangle, data->columns, 1, fit);
}

double least_squares_effective_size(int64_t used, double lag1)
{
    if (isnan(lag1)) {
        return NAN;
    }
    double r = fmin(fmax(lag1, 0), 1);
    return (double)used * (1 - r) / (1 + r);
}
