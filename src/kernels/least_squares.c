/* airshed -- GPL-3.0-or-later. Linear regression of one series on a few others, with an intercept.
 */
#include "kernels/least_squares.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A tile of rows is folded into the triangle in turn. */
enum {
    TILE = 128,
    WIDTH = LEAST_SQUARES_COLUMNS + 2, /* intercept, regressors, y */
};

/* Four lanes are a register of v3 and half of one of v4: a sum has the same order in both. */
typedef double lanes __attribute__((vector_size(32), aligned(8), may_alias));
enum {
    LANES = 4,
    UNROLL = 4
};

/* fma() is one instruction in the clones for v3 and v4 and a call in the default, to the same bits;
 * what a clone calls has to be inlined into it. */
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define INLINED __attribute__((always_inline)) static inline

static const double CONSTANT_SPREAD = 1e-12;
static const double SMALLEST_SINGULAR = 1e-10;

/** Triangle of the QR factorisation of [1 x y], rows above the diagonal unused. */
struct triangle {
    int width;
    double r[WIDTH][WIDTH];
};

/** Least squares in the centred, scaled regressors: triangle, right side, lengths. */
struct scaled {
    int columns;
    double r[LEAST_SQUARES_COLUMNS][LEAST_SQUARES_COLUMNS];
    double right[LEAST_SQUARES_COLUMNS];
    double length[LEAST_SQUARES_COLUMNS]; /* 0 for a constant regressor */
};

/** One-sided Jacobi: columns of the input times v are orthogonal, of lengths value. */
struct singular {
    double u[WIDTH][WIDTH]; /* [column][row], not normalised */
    double v[WIDTH][WIDTH]; /* [column][row] */
    double value[WIDTH];
};

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
    lanes sum[UNROLL] = {{0}};
    for (int i = 0; i < TILE; i += LANES * UNROLL) {
        for (int k = 0; k < UNROLL; k++) {
            int at = i + k * LANES;
            sum[k] += *(const lanes *)&a[at] * *(const lanes *)&b[at];
        }
    }
    lanes total = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    return (total[0] + total[2]) + (total[1] + total[3]);
}

/** Folds @p tile [width][TILE] into the triangle by Householder reflections (Golub and Van Loan,
 *  5.1 and 5.2): each touches one row of the triangle and the tile, which is overwritten. */
INLINED void triangle_fold(struct triangle *triangle, double tile[][TILE])
{
    for (int k = 0; k < triangle->width; k++) {
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
        for (int j = k + 1; j < triangle->width; j++) {
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

/** Factorises the used steps, shifted by @p shift [columns + 1], y last. A step that is not used is
 *  a row of zeros, which changes nothing. @return steps used */
CLONED static int64_t triangle_build(const struct least_squares_data *data, double *shift,
                                     struct triangle *triangle)
{
    double tile[WIDTH][TILE], zero[TILE];
    int64_t used = 0;
    memset(triangle, 0, sizeof *triangle);
    triangle->width = data->columns + 2;
    for (int64_t step = shift_find(data, shift); step < data->steps; step += TILE) {
        tile_load(data, step, &tile[1], zero);
        int filled = 0;
        for (int i = 0; i < TILE; i++) {
            tile[0][i] = zero[i] == 0 ? 1 : 0;
            filled += zero[i] == 0;
        }
        for (int j = 0; j <= data->columns; j++) {
            for (int i = 0; i < TILE; i++) {
                double shifted = tile[j + 1][i] - shift[j];
                tile[j + 1][i] = zero[i] == 0 ? shifted : 0;
            }
        }
        if (filled > 0) {
            triangle_fold(triangle, tile);
        }
        used += filled;
    }
    return used;
}

INLINED double length_of(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum = fma(values[i], values[i], sum);
    }
    return sqrt(sum);
}

/** Rotates columns a and b of both matrices so that those of u become orthogonal.
 *  @return whether they were not yet */
INLINED bool rotate(struct singular *singular, int a, int b, int rows, int columns)
{
    double *ua = singular->u[a], *ub = singular->u[b];
    double *va = singular->v[a], *vb = singular->v[b];
    double aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < rows; i++) {
        aa = fma(ua[i], ua[i], aa);
        bb = fma(ub[i], ub[i], bb);
        ab = fma(ua[i], ub[i], ab);
    }
    if (fabs(ab) <= 1e-15 * sqrt(aa * bb)) {
        return false;
    }
    double zeta = (bb - aa) / (2 * ab);
    double tangent = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double cosine = 1 / sqrt(1 + tangent * tangent);
    double sine = cosine * tangent;
    for (int i = 0; i < rows; i++) {
        double old = ua[i];
        ua[i] = cosine * old - sine * ub[i];
        ub[i] = sine * old + cosine * ub[i];
    }
    for (int i = 0; i < columns; i++) {
        double old = va[i];
        va[i] = cosine * old - sine * vb[i];
        vb[i] = sine * old + cosine * vb[i];
    }
    return true;
}

/** Decomposes u, filled by the caller as [column][row], by one-sided Jacobi (Golub and Van Loan,
 *  8.6.3): as accurate as the columns are, and a few microseconds at these sizes. */
CLONED static void singular_decompose(struct singular *singular, int rows, int columns)
{
    memset(singular->v, 0, sizeof singular->v);
    for (int j = 0; j < columns; j++) {
        singular->v[j][j] = 1;
    }
    bool turned = true;
    for (int sweep = 0; turned && sweep < 40; sweep++) {
        turned = false;
        for (int a = 0; a < columns - 1; a++) {
            for (int b = a + 1; b < columns; b++) {
                turned |= rotate(singular, a, b, rows, columns);
            }
        }
    }
    for (int j = 0; j < columns; j++) {
        singular->value[j] = length_of(singular->u[j], rows);
    }
}

static double ratio_of_extremes(const double *values, int count)
{
    double low = INFINITY, high = 0;
    for (int i = 0; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    return count == 0 ? 1 : high / low;
}

/** Condition number of [1 x] with unit columns: the shift is given back, which changes the first
 *  row of the triangle alone. */
static double condition_with_intercept(const struct triangle *triangle, const double *shift)
{
    struct singular singular;
    int columns = triangle->width - 1;
    memset(singular.u, 0, sizeof singular.u);
    for (int j = 0; j < columns; j++) {
        double *column = singular.u[j];
        for (int i = 0; i <= j; i++) {
            column[i] = triangle->r[i][j];
        }
        if (j > 0) {
            column[0] = fma(shift[j - 1], triangle->r[0][0], column[0]);
        }
        double length = length_of(column, j + 1);
        for (int i = 0; length > 0 && i <= j; i++) {
            column[i] /= length;
        }
    }
    singular_decompose(&singular, columns, columns);
    return ratio_of_extremes(singular.value, columns);
}

/** Rows below the intercept's, columns scaled to unit length: least squares in centred regressors.
 */
static void scaled_extract(const struct triangle *triangle, const double *shift,
                           struct scaled *scaled)
{
    int columns = triangle->width - 2;
    memset(scaled, 0, sizeof *scaled);
    scaled->columns = columns;
    for (int j = 0; j < columns; j++) {
        double column[LEAST_SQUARES_COLUMNS] = {0};
        for (int i = 0; i <= j; i++) {
            column[i] = triangle->r[i + 1][j + 1];
        }
        double size = fabs(fma(shift[j], triangle->r[0][0], triangle->r[0][j + 1]));
        double length = length_of(column, j + 1);
        if (length > CONSTANT_SPREAD * size) {
            scaled->length[j] = length;
            for (int i = 0; i <= j; i++) {
                scaled->r[i][j] = column[i] / length;
            }
        }
        scaled->right[j] = triangle->r[j + 1][columns + 1];
    }
}

/** Inverse of the scaled triangle by back substitution, or its pseudo-inverse. */
static void inverse_of(const struct scaled *scaled, const struct singular *singular,
                       const struct least_squares_fit *fit, double least,
                       double inverse[][LEAST_SQUARES_COLUMNS])
{
    int columns = scaled->columns;
    for (int k = 0; k < columns; k++) {
        for (int i = columns - 1; i >= 0; i--) {
            double sum = 0;
            if (fit->outcome == LEAST_SQUARES_FULL_RANK) {
                sum = i == k ? 1 : 0;
                for (int j = i + 1; j <= k; j++) {
                    sum = fma(-scaled->r[i][j], inverse[j][k], sum);
                }
                sum /= scaled->r[i][i];
            } else {
                for (int s = 0; s < columns; s++) {
                    double value = singular->value[s];
                    if (value > least) {
                        sum = fma(singular->v[s][i] / value, singular->u[s][k] / value, sum);
                    }
                }
            }
            inverse[i][k] = sum;
        }
    }
}

/** Slopes in units of 1 / length: back substitution loses least where there is full rank. */
static void solve(const struct scaled *scaled, bool full, double inverse[][LEAST_SQUARES_COLUMNS],
                  double *slopes)
{
    for (int i = scaled->columns - 1; i >= 0; i--) {
        double sum = full ? scaled->right[i] : 0;
        for (int j = full ? i + 1 : 0; j < scaled->columns; j++) {
            sum = full ? fma(-scaled->r[i][j], slopes[j], sum)
                       : fma(inverse[i][j], scaled->right[j], sum);
        }
        slopes[i] = full ? sum / scaled->r[i][i] : sum;
    }
}

/** Sum of squared residuals: y's last entry, and what a deficient triangle leaves unexplained. */
static double residual_square(const struct triangle *triangle, const struct scaled *scaled,
                              const double *slopes)
{
    int columns = scaled->columns;
    double last = triangle->r[columns + 1][columns + 1];
    double sum = last * last;
    for (int i = 0; i < columns; i++) {
        double left = scaled->right[i];
        for (int j = i; j < columns; j++) {
            left = fma(-scaled->r[i][j], slopes[j], left);
        }
        sum = fma(left, left, sum);
    }
    return sum;
}

static void fit_set_nan(struct least_squares_fit *fit)
{
    for (int j = 0; j <= LEAST_SQUARES_COLUMNS; j++) {
        fit->coefficients[j] = fit->standard_errors[j] = NAN;
    }
    for (int j = 0; j < LEAST_SQUARES_COLUMNS; j++) {
        fit->variance_inflation[j] = fit->x_means[j] = NAN;
    }
    fit->y_mean = fit->r2 = fit->sigma = fit->condition = fit->condition_centred = NAN;
}

/** Means over the used steps: the intercept's row of the triangle holds them, times its corner. */
static void fit_set_means(const struct triangle *triangle, const double *shift,
                          struct least_squares_fit *fit)
{
    int columns = triangle->width - 2;
    for (int j = 0; j <= columns; j++) {
        double mean = shift[j] + triangle->r[0][j + 1] / triangle->r[0][0];
        *(j < columns ? &fit->x_means[j] : &fit->y_mean) = mean;
    }
}

static void fit_set_rank(const struct scaled *scaled, struct singular *singular, double *least,
                         struct least_squares_fit *fit)
{
    int columns = scaled->columns;
    memset(singular->u, 0, sizeof singular->u);
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < columns; i++) {
            singular->u[j][i] = scaled->r[i][j];
        }
    }
    singular_decompose(singular, columns, columns);
    double largest = 0;
    for (int j = 0; j < columns; j++) {
        largest = fmax(largest, singular->value[j]);
    }
    *least = SMALLEST_SINGULAR * largest;
    for (int j = 0; j < columns; j++) {
        fit->rank += singular->value[j] > *least;
    }
    bool full = fit->rank == columns;
    fit->outcome = full ? LEAST_SQUARES_FULL_RANK : LEAST_SQUARES_RANK_DEFICIENT;
    fit->condition_centred = full ? ratio_of_extremes(singular->value, columns) : INFINITY;
}

static void fit_set_errors(const struct scaled *scaled, double inverse[][LEAST_SQUARES_COLUMNS],
                           struct least_squares_fit *fit)
{
    int columns = scaled->columns;
    double intercept = 1 / (double)fit->used;
    for (int k = 0; k < columns; k++) {
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            if (scaled->length[j] > 0) {
                sum = fma(fit->x_means[j] / scaled->length[j], inverse[j][k], sum);
            }
        }
        intercept = fma(sum, sum, intercept);
    }
    fit->standard_errors[0] = fit->sigma * sqrt(intercept);
    for (int j = 0; j < columns; j++) {
        double root = length_of(inverse[j], columns);
        bool constant = scaled->length[j] == 0;
        fit->standard_errors[j + 1] = constant ? NAN : fit->sigma * root / scaled->length[j];
        if (fit->outcome == LEAST_SQUARES_FULL_RANK) {
            fit->variance_inflation[j] = root * root;
        }
    }
}

void least_squares_fit(const struct least_squares_data *data, struct least_squares_fit *fit)
{
    struct triangle triangle;
    struct scaled scaled;
    struct singular singular;
    double shift[WIDTH] = {0};
    double inverse[LEAST_SQUARES_COLUMNS][LEAST_SQUARES_COLUMNS];
    double slopes[LEAST_SQUARES_COLUMNS];
    double least = 0;

    fit_set_nan(fit);
    fit->outcome = LEAST_SQUARES_TOO_FEW;
    fit->rank = 0;
    fit->used = triangle_build(data, shift, &triangle);
    if (fit->used < data->columns + 2) {
        return;
    }
    fit_set_means(&triangle, shift, fit);
    scaled_extract(&triangle, shift, &scaled);
    fit_set_rank(&scaled, &singular, &least, fit);
    fit->condition = fit->outcome == LEAST_SQUARES_FULL_RANK
                         ? condition_with_intercept(&triangle, shift)
                         : INFINITY;
    inverse_of(&scaled, &singular, fit, least, inverse);
    solve(&scaled, fit->outcome == LEAST_SQUARES_FULL_RANK, inverse, slopes);

    double residual = residual_square(&triangle, &scaled, slopes);
    double right = length_of(scaled.right, scaled.columns);
    double last = triangle.r[scaled.columns + 1][scaled.columns + 1];
    double total = right * right + last * last;
    fit->r2 = total > 0 ? 1 - residual / total : NAN;
    fit->sigma = sqrt(residual / (double)(fit->used - fit->rank - 1));
    fit->coefficients[0] = fit->y_mean;
    for (int j = 0; j < scaled.columns; j++) {
        double slope = scaled.length[j] > 0 ? slopes[j] / scaled.length[j] : 0;
        fit->coefficients[j + 1] = slope;
        fit->coefficients[0] = fma(-slope, fit->x_means[j], fit->coefficients[0]);
    }
    fit_set_errors(&scaled, inverse, fit);
}

/** y less the slopes times (x - centre), less @p level, for a tile of steps; NaN where not used.
 *  About the means it is the residual without the cancellation in the intercept.
 *  @return steps of the tile */
INLINED int tile_remainder(const struct least_squares_data *data, int64_t first,
                           const double *slopes, const double *centre, double level,
                           double *remainder)
{
    double raw[WIDTH][TILE], zero[TILE];
    int count = tile_load(data, first, raw, zero);
    memcpy(remainder, raw[data->columns], sizeof zero);
    for (int j = 0; j < data->columns; j++) {
        double middle = centre == NULL ? 0 : centre[j];
        for (int i = 0; i < TILE; i++) {
            remainder[i] = fma(-slopes[j], raw[j][i] - middle, remainder[i]);
        }
    }
    for (int i = 0; i < TILE; i++) {
        remainder[i] = remainder[i] - level + zero[i];
    }
    return count;
}

CLONED void least_squares_residuals(const struct least_squares_data *data,
                                    const struct least_squares_fit *fit, double *residuals)
{
    double tile[TILE];
    for (int64_t step = 0; step < data->steps; step += TILE) {
        int count =
            tile_remainder(data, step, &fit->coefficients[1], fit->x_means, fit->y_mean, tile);
        memcpy(&residuals[step], tile, sizeof(double) * (size_t)count);
    }
}

CLONED double least_squares_lag1(const struct least_squares_data *data,
                                 const struct least_squares_fit *fit)
{
    double tile[TILE], products = 0, squares = 0, before = NAN;
    int64_t pairs = 0;
    for (int64_t step = 0; step < data->steps; step += TILE) {
        int count =
            tile_remainder(data, step, &fit->coefficients[1], fit->x_means, fit->y_mean, tile);
        for (int i = 0; i < count; i++) {
            double product = before * tile[i];
            squares += isnan(tile[i]) ? 0 : tile[i] * tile[i];
            products += isnan(product) ? 0 : product;
            pairs += !isnan(product);
            before = tile[i];
        }
    }
    if (pairs == 0 || squares == 0) {
        return NAN;
    }
    return products / squares * ((double)(fit->used - 1) / (double)pairs);
}

double least_squares_effective_size(int64_t used, double lag1)
{
    if (isnan(lag1)) {
        return NAN;
    }
    double r = fmin(fmax(lag1, 0), 1);
    return (double)used * (1 - r) / (1 + r);
}

CLONED void removal_apply(enum removal removal, const struct least_squares_data *data,
                          const double *coefficients, const double *x_means, double *out,
                          int64_t out_stride)
{
    const double *centre = removal == REMOVAL_RECENTRE ? x_means : NULL;
    double intercept = removal == REMOVAL_LITERAL ? coefficients[0] : 0;
    double tile[TILE];
    for (int64_t step = 0; step < data->steps; step += TILE) {
        int count = tile_remainder(data, step, &coefficients[1], centre, intercept, tile);
        for (int i = 0; i < count; i++) {
            out[(step + i) * out_stride] = tile[i];
        }
    }
}
