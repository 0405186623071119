/* airshed -- GPL-3.0-or-later. Regressions of a block of cells by sums of products. */
#include "kernels/least_squares_block.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "least_squares_internal.h"

#define INLINED __attribute__((always_inline)) static inline

/* Steps of a tile, whose columns stay in the fastest cache while they are multiplied; columns are
 * multiplied two by four. */
enum {
    TILE = 32,
    DOWN = 2,
    ACROSS = 4,
    PADDED = WIDTH + DOWN + ACROSS
};

/* Least part of a column's square that may remain when it is factorised, and largest condition. */
static const double LEAST_REMAINDER = 1e-3;
static const double LARGEST_CONDITION = 50;

/** Sums of products of [used, x, y], and how x and y were shifted. */
struct products {
    double sum[PADDED][PADDED][LANES]; /* from the diagonal on */
    double shift[WIDTH][LANES];
    bool has_shift[LANES];
};

/** Shifted columns of some steps, zero where a step is not used or beyond the end. */
struct tile {
    double column[PADDED][TILE][LANES];
};

INLINED const double *series_of(const struct least_squares_block *block, int j)
{
    return j < block->columns ? block->x[j] : block->y;
}

/** Whether y and every regressor are finite. */
static bool is_used(const struct least_squares_block *block, int64_t step, int lane)
{
    bool finite = true;
    for (int j = 0; j <= block->columns; j++) {
        finite = finite && isfinite(series_of(block, j)[step * LANES + lane]);
    }
    return finite;
}

/** Takes the values of the first used step of each lane that has none yet as its shift.
 *  @return whether every lane has one */
static bool find_shifts(const struct least_squares_block *block, int64_t first, int count,
                        struct products *products)
{
    bool has_all = true;
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < count && !products->has_shift[lane]; i++) {
            products->has_shift[lane] = is_used(block, first + i, lane);
            for (int j = 0; j <= block->columns && products->has_shift[lane]; j++) {
                products->shift[j][lane] = series_of(block, j)[(first + i) * LANES + lane];
            }
        }
        has_all = has_all && products->has_shift[lane];
    }
    return has_all;
}

/** Fills the tile with shifted values, whatever they are, and its first column with 1 where a step
 *  is used, else 0. @return whether all are used */
INLINED bool load_columns(const struct least_squares_block *block, int64_t first, int count,
                          const struct products *products, struct tile *tile)
{
    lane_row zeros = {0};
    for (int i = 0; i < count; i++) {
        lane_row zero = {0};
        for (int j = 0; j <= block->columns; j++) {
            const double *values = series_of(block, j) + (first + i) * LANES;
            lane_row value = *(const lane_row *)values;
            __builtin_prefetch(values + TILE * LANES, 0, 2); /* of the next tile */
            zero += value * 0;                               /* NaN for what is not finite */
            *(lane_row *)tile->column[j + 1][i] = value - *(const lane_row *)products->shift[j];
        }
        EACH_LANE (lane) {
            tile->column[0][i][lane] = zero[lane] == 0 ? 1 : 0;
        }
        zeros += zero;
    }
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
        sum += zeros[lane];
    }
    return sum == 0 && count == TILE;
}

/** Clears what is not used or beyond the end. */
INLINED void clear_unused(int columns, int count, struct tile *tile)
{
    for (int j = 1; j <= columns + 1; j++) {
        for (int i = 0; i < count; i++) {
            EACH_LANE (lane) {
                double value = tile->column[j][i][lane];
                tile->column[j][i][lane] = tile->column[0][i][lane] > 0 ? value : 0;
            }
        }
    }
    for (int j = 0; j <= columns + 1; j++) {
        memset(tile->column[j][count], 0, sizeof(tile->column[0][0]) * (size_t)(TILE - count));
    }
}

/** Adds the products of columns row, row + 1 with columns column to column + 3. Each sum has a name,
 *  because only so do all eight stay in registers. */
INLINED void add_products(const struct tile *tile, int row, int column, struct products *products)
{
    lane_row s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
    for (int i = 0; i < TILE; i++) {
        lane_row a = *(const lane_row *)tile->column[row][i];
        lane_row b = *(const lane_row *)tile->column[row + 1][i];
        lane_row c = *(const lane_row *)tile->column[column][i];
        lane_row d = *(const lane_row *)tile->column[column + 1][i];
        lane_row e = *(const lane_row *)tile->column[column + 2][i];
        lane_row f = *(const lane_row *)tile->column[column + 3][i];
        lane_row_add_product(&s0, &a, &c);
        lane_row_add_product(&s1, &a, &d);
        lane_row_add_product(&s2, &a, &e);
        lane_row_add_product(&s3, &a, &f);
        lane_row_add_product(&t0, &b, &c);
        lane_row_add_product(&t1, &b, &d);
        lane_row_add_product(&t2, &b, &e);
        lane_row_add_product(&t3, &b, &f);
    }
    *(lane_row *)products->sum[row][column] += s0;
    *(lane_row *)products->sum[row][column + 1] += s1;
    *(lane_row *)products->sum[row][column + 2] += s2;
    *(lane_row *)products->sum[row][column + 3] += s3;
    *(lane_row *)products->sum[row + 1][column] += t0;
    *(lane_row *)products->sum[row + 1][column + 1] += t1;
    *(lane_row *)products->sum[row + 1][column + 2] += t2;
    *(lane_row *)products->sum[row + 1][column + 3] += t3;
}

KERNEL_CLONES
static void products_build(const struct least_squares_block *block, struct products *products)
{
    struct tile tile;
    int width = block->columns + 2;
    bool has_shifts = false;
    memset(products, 0, sizeof *products);
    memset(tile.column[width], 0, sizeof(tile.column[0]) * (size_t)(PADDED - width));
    for (int64_t first = 0; first < block->steps; first += TILE) {
        int count = block->steps - first < TILE ? (int)(block->steps - first) : TILE;
        has_shifts = has_shifts || find_shifts(block, first, count, products);
        if (!load_columns(block, first, count, products, &tile)) {
            clear_unused(block->columns, count, &tile);
        }
        for (int row = 0; row < width; row += DOWN) {
            for (int column = row; column < width; column += ACROSS) {
                add_products(&tile, row, column, products);
            }
        }
    }
}

/** Cholesky factorisation in a lane. @return whether every column kept enough of itself */
static bool factorise(const struct products *products, int columns, int lane,
                      struct triangle *triangle)
{
    int width = columns + 2;
    triangle->used = (int64_t)products->sum[0][0][lane];
    for (int j = 0; j <= columns; j++) {
        triangle->shift[j] = products->shift[j][lane];
    }
    for (int k = 0; k < width; k++) {
        double square = products->sum[k][k][lane];
        double left = square;
        for (int i = 0; i < k; i++) {
            left -= triangle->r[i][k] * triangle->r[i][k];
        }
        if (!(left > LEAST_REMAINDER * square)) {
            return false;
        }
        triangle->r[k][k] = sqrt(left);
        for (int j = k + 1; j < width; j++) {
            double product = products->sum[k][j][lane];
            for (int i = 0; i < k; i++) {
                product -= triangle->r[i][k] * triangle->r[i][j];
            }
            triangle->r[k][j] = product / triangle->r[k][k];
        }
    }
    return true;
}

static void fit_lane_by_qr(const struct least_squares_block *block, int lane,
                           struct least_squares_fit *fit)
{
    struct least_squares_data data = {
        .steps = block->steps, .columns = block->columns, .y = {block->y + lane, LANES}};
    for (int j = 0; j < block->columns; j++) {
        data.x[j] = (struct least_squares_series){block->x[j] + lane, LANES};
    }
    least_squares_fit(&data, fit);
}

void least_squares_fit_block(const struct least_squares_block *block,
                             struct least_squares_fit fits[LANES])
{
    struct products products;
    struct triangle triangles[LANES];
    bool factorised[LANES];
    products_build(block, &products);
    for (int lane = 0; lane < LANES; lane++) {
        triangles[lane].used = 0;
        factorised[lane] = products.has_shift[lane] &&
                           factorise(&products, block->columns, lane, &triangles[lane]);
        if (!factorised[lane]) {
            triangles[lane].used = 0;
        }
    }
    fits_from_triangles(triangles, block->columns, LANES, fits);
    for (int lane = 0; lane < LANES; lane++) {
        bool is_exact = factorised[lane] && (fits[lane].outcome == LEAST_SQUARES_TOO_FEW ||
                                             fits[lane].condition_centred <= LARGEST_CONDITION);
        if (products.has_shift[lane] && !is_exact) {
            fit_lane_by_qr(block, lane, &fits[lane]);
        }
    }
}

/* ---- what a fit leaves -------------------------------------------------------------------- */

/** Sums of the residuals e: the last one, of e[t]^2, of e[t] e[t + 1], and their pairs. */
struct residual_sums {
    double before[LANES], squares[LANES], products[LANES], pairs[LANES];
};

/** Of the fits, beside each other; level is what is taken from y beyond the weather's anomaly. */
struct fit_lanes {
    double slope[LEAST_SQUARES_COLUMNS][LANES], mean[LEAST_SQUARES_COLUMNS][LANES];
    double level[LANES], y_mean[LANES];
};

static void fits_gather(enum removal removal, int columns, const struct least_squares_fit *fits,
                        struct fit_lanes *lanes)
{
    for (int lane = 0; lane < LANES; lane++) {
        const struct least_squares_fit *fit = &fits[lane];
        for (int j = 0; j < columns; j++) {
            lanes->slope[j][lane] = fit->coefficients[j + 1];
            lanes->mean[j][lane] = fit->x_means[j];
        }
        lanes->y_mean[lane] = fit->y_mean;
        /* sum a mean(x) = mean(y) - intercept */
        lanes->level[lane] = removal == REMOVAL_LITERAL ? fit->y_mean
                             : removal == REMOVAL_KEEP_INTERCEPT
                                 ? fit->y_mean - fit->coefficients[0]
                                 : 0;
    }
}

/** The weather's anomaly of some steps: slopes times what x is off its mean. */
INLINED void sum_weather(const struct least_squares_block *block, const struct fit_lanes *fit,
                         int64_t first, int count, double (*weather)[LANES])
{
    memset(weather, 0, sizeof *weather * (size_t)count);
    for (int j = 0; j < block->columns; j++) {
        const double *x = block->x[j] + first * LANES;
        const double *slope = fit->slope[j], *mean = fit->mean[j];
        for (int i = 0; i < count; i++) {
            EACH_LANE (lane) {
                weather[i][lane] =
                    fma(slope[lane], x[i * LANES + lane] - mean[lane], weather[i][lane]);
            }
        }
    }
}

/** y, less weather and level; an infinity times 0 is NaN. */
INLINED void take_away(const double *restrict y, const double (*weather)[LANES],
                       const double *level, int count, double *restrict rest)
{
    for (int i = 0; i < count; i++) {
        EACH_LANE (lane) {
            double left = y[i * LANES + lane] - weather[i][lane] - level[lane];
            rest[i * LANES + lane] = fma(left, 0.0, left);
        }
    }
}

INLINED void add_residuals(const double *residual, int count, struct residual_sums *sums)
{
    struct residual_sums s = *sums;
    for (int i = 0; i < count; i++) {
        EACH_LANE (lane) {
            double e = residual[i * LANES + lane];
            double product = s.before[lane] * e;
            s.squares[lane] += isnan(e) ? 0 : e * e;
            s.products[lane] += isnan(product) ? 0 : product;
            s.pairs[lane] += isnan(product) ? 0 : 1;
            s.before[lane] = e;
        }
    }
    *sums = s;
}

KERNEL_CLONES
static void remove_steps(const struct least_squares_block *block, const struct fit_lanes *fit,
                         const double *whole, double *removed, struct residual_sums *sums)
{
    for (int64_t first = 0; first < block->steps; first += TILE) {
        double weather[TILE][LANES], residual[TILE * LANES];
        int count = block->steps - first < TILE ? (int)(block->steps - first) : TILE;
        sum_weather(block, fit, first, count, weather);
        take_away(whole + first * LANES, weather, fit->level, count, removed + first * LANES);
        take_away(block->y + first * LANES, weather, fit->y_mean, count, residual);
        add_residuals(residual, count, sums);
    }
}

void removal_apply_block(enum removal removal, const struct least_squares_block *block,
                         const struct least_squares_fit fits[LANES], const double *whole,
                         double *removed, double lag1[LANES])
{
    struct fit_lanes lanes;
    struct residual_sums sums = {{0}, {0}, {0}, {0}};
    fits_gather(removal, block->columns, fits, &lanes);
    for (int lane = 0; lane < LANES; lane++) {
        sums.before[lane] = NAN;
    }
    remove_steps(block, &lanes, whole, removed, &sums);
    for (int lane = 0; lane < LANES; lane++) {
        bool has_any = sums.pairs[lane] > 0 && sums.squares[lane] > 0;
        double degrees = (double)(fits[lane].used - 1) / sums.pairs[lane];
        lag1[lane] = has_any ? sums.products[lane] / sums.squares[lane] * degrees : NAN;
    }
}
