/* airshed -- GPL-3.0-or-later. What a triangle tells of a regression: coefficients, errors, condition.
 */
#include "least_squares_internal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What a clone calls has to be inlined into it: fma() is one instruction there, to the same bits. */
#define INLINED __attribute__((always_inline)) static inline

static const double CONSTANT_SPREAD = 1e-12;
static const double SMALLEST_SINGULAR = 1e-10;

/** Least squares in the centred, scaled regressors: triangle, right side, lengths. */
struct scaled {
    int columns;
    double r[LEAST_SQUARES_COLUMNS][LEAST_SQUARES_COLUMNS];
    double right[LEAST_SQUARES_COLUMNS];
    double length[LEAST_SQUARES_COLUMNS]; /* 0 for a constant regressor */
};

/** One-sided Jacobi, a matrix in each lane: columns of the input times v are orthogonal, of lengths
 *  value. */
struct singular {
    double u[WIDTH][WIDTH][LANES]; /* [column][row], not normalised */
    double v[WIDTH][WIDTH][LANES]; /* [column][row] */
    double value[WIDTH][LANES];
};

INLINED double length_of(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum = fma(values[i], values[i], sum);
    }
    return sqrt(sum);
}

/** Turns columns a and b by one angle in each lane. */
INLINED void turn(double (*a)[LANES], double (*b)[LANES], int rows, const double *cosine,
                  const double *sine)
{
    for (int i = 0; i < rows; i++) {
        EACH_LANE (lane) {
            double old = a[i][lane];
            a[i][lane] = cosine[lane] * old - sine[lane] * b[i][lane];
            b[i][lane] = sine[lane] * old + cosine[lane] * b[i][lane];
        }
    }
}

/** Rotates columns a and b of u, and of v where it is kept, so that those of u become orthogonal. A
 *  lane where they are already is turned by nothing, which changes no bit.
 *  @return whether one was turned */
INLINED bool rotate(struct singular *singular, int a, int b, int rows, int kept)
{
    double aa[LANES] = {0}, bb[LANES] = {0}, ab[LANES] = {0};
    double cosine[LANES], sine[LANES], turned[LANES];
    for (int i = 0; i < rows; i++) {
        const double *ua = singular->u[a][i], *ub = singular->u[b][i];
        EACH_LANE (lane) {
            aa[lane] = fma(ua[lane], ua[lane], aa[lane]);
            bb[lane] = fma(ub[lane], ub[lane], bb[lane]);
            ab[lane] = fma(ua[lane], ub[lane], ab[lane]);
        }
    }
    EACH_LANE (lane) {
        turned[lane] = fabs(ab[lane]) > 1e-15 * sqrt(aa[lane] * bb[lane]) ? 1 : 0;
        double zeta = (bb[lane] - aa[lane]) / (2 * ab[lane]);
        double tangent = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
        double c = 1 / sqrt(1 + tangent * tangent);
        cosine[lane] = turned[lane] > 0 ? c : 1;
        sine[lane] = turned[lane] > 0 ? c * tangent : 0;
    }
    double any = 0;
    for (int lane = 0; lane < LANES; lane++) {
        any += turned[lane];
    }
    if (any > 0) {
        turn(singular->u[a], singular->u[b], rows, cosine, sine);
        turn(singular->v[a], singular->v[b], kept, cosine, sine);
    }
    return any > 0;
}

/** Decomposes u, filled by the caller as [column][row], by one-sided Jacobi (Golub and Van Loan,
 *  8.6.3): as accurate as the columns are. v is kept on request. */
INLINED void singular_decompose(struct singular *singular, int rows, int columns, bool with_v)
{
    for (int j = 0; with_v && j < columns; j++) {
        memset(singular->v[j], 0, sizeof singular->v[j]);
        EACH_LANE (lane) {
            singular->v[j][j][lane] = 1;
        }
    }
    bool turned = true;
    for (int sweep = 0; turned && sweep < 40; sweep++) {
        turned = false;
        for (int a = 0; a < columns - 1; a++) {
            for (int b = a + 1; b < columns; b++) {
                turned |= rotate(singular, a, b, rows, with_v ? columns : 0);
            }
        }
    }
    for (int j = 0; j < columns; j++) {
        double sum[LANES] = {0};
        for (int i = 0; i < rows; i++) {
            EACH_LANE (lane) {
                sum[lane] = fma(singular->u[j][i][lane], singular->u[j][i][lane], sum[lane]);
            }
        }
        EACH_LANE (lane) {
            singular->value[j][lane] = sqrt(sum[lane]);
        }
    }
}

/** Clears the matrices that lanes without a triangle have, too. */
INLINED void singular_clear(struct singular *singular, int columns)
{
    for (int j = 0; j < columns; j++) {
        memset(singular->u[j], 0, sizeof singular->u[j]);
    }
}

INLINED double ratio_of_extremes(const struct singular *singular, int columns, int lane)
{
    double low = INFINITY, high = 0;
    for (int i = 0; i < columns; i++) {
        low = fmin(low, singular->value[i][lane]);
        high = fmax(high, singular->value[i][lane]);
    }
    return columns == 0 ? 1 : high / low;
}

/** Fills a lane with [1 x], its columns of unit length: the shift is given back, which changes the
 *  first row of the triangle alone. */
INLINED void fill_with_intercept(const struct triangle *triangle, int columns, int lane,
                                 struct singular *singular)
{
    for (int j = 0; j <= columns; j++) {
        double column[WIDTH];
        for (int i = 0; i <= j; i++) {
            column[i] = triangle->r[i][j];
        }
        if (j > 0) {
            column[0] = fma(triangle->shift[j - 1], triangle->r[0][0], column[0]);
        }
        double length = length_of(column, j + 1);
        for (int i = 0; i <= j; i++) {
            singular->u[j][i][lane] = length > 0 ? column[i] / length : column[i];
        }
    }
}

/** Rows below the intercept's, columns scaled to unit length: least squares in centred regressors.
 */
INLINED void scaled_extract(const struct triangle *triangle, int columns, struct scaled *scaled)
{
    scaled->columns = columns;
    for (int j = 0; j < columns; j++) {
        double column[LEAST_SQUARES_COLUMNS];
        for (int i = 0; i <= j; i++) {
            column[i] = triangle->r[i + 1][j + 1];
        }
        double size = fabs(fma(triangle->shift[j], triangle->r[0][0], triangle->r[0][j + 1]));
        double length = length_of(column, j + 1);
        bool varies = length > CONSTANT_SPREAD * size;
        scaled->length[j] = varies ? length : 0;
        for (int i = 0; i < columns; i++) {
            scaled->r[i][j] = varies && i <= j ? column[i] / length : 0;
        }
        scaled->right[j] = triangle->r[j + 1][columns + 1];
    }
}

/** Singular values up to this count as zero. */
INLINED double least_kept(const struct singular *singular, int columns, int lane)
{
    double largest = 0;
    for (int j = 0; j < columns; j++) {
        largest = fmax(largest, singular->value[j][lane]);
    }
    return SMALLEST_SINGULAR * largest;
}

/** Inverse of the scaled triangle by back substitution, or its pseudo-inverse. */
INLINED void inverse_of(const struct scaled *scaled, const struct singular *singular, int lane,
                        const struct least_squares_fit *fit,
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
                    double value = singular->value[s][lane];
                    if (value > least_kept(singular, columns, lane)) {
                        sum = fma(singular->v[s][i][lane] / value, singular->u[s][k][lane] / value,
                                  sum);
                    }
                }
            }
            inverse[i][k] = sum;
        }
    }
}

/** Slopes in units of 1 / length: back substitution loses least where there is full rank. */
INLINED void solve(const struct scaled *scaled, bool full, double inverse[][LEAST_SQUARES_COLUMNS],
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
INLINED double residual_square(const struct triangle *triangle, const struct scaled *scaled,
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

INLINED void fit_set_nan(struct least_squares_fit *fit)
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
INLINED void fit_set_means(const struct triangle *triangle, int columns,
                           struct least_squares_fit *fit)
{
    for (int j = 0; j <= columns; j++) {
        double mean = triangle->shift[j] + triangle->r[0][j + 1] / triangle->r[0][0];
        *(j < columns ? &fit->x_means[j] : &fit->y_mean) = mean;
    }
}

INLINED void fit_set_rank(const struct singular *singular, int columns, int lane,
                          struct least_squares_fit *fit)
{
    double least = least_kept(singular, columns, lane);
    for (int j = 0; j < columns; j++) {
        fit->rank += singular->value[j][lane] > least;
    }
    bool full = fit->rank == columns;
    fit->outcome = full ? LEAST_SQUARES_FULL_RANK : LEAST_SQUARES_RANK_DEFICIENT;
    fit->condition_centred = full ? ratio_of_extremes(singular, columns, lane) : INFINITY;
}

INLINED void fit_set_errors(const struct scaled *scaled, double inverse[][LEAST_SQUARES_COLUMNS],
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

/** Coefficients, errors and how well they fit, once the rank is known. */
INLINED void fit_solve(const struct triangle *triangle, const struct scaled *scaled,
                       const struct singular *singular, int lane, struct least_squares_fit *fit)
{
    int columns = scaled->columns;
    double inverse[LEAST_SQUARES_COLUMNS][LEAST_SQUARES_COLUMNS];
    double slopes[LEAST_SQUARES_COLUMNS];
    inverse_of(scaled, singular, lane, fit, inverse);
    solve(scaled, fit->outcome == LEAST_SQUARES_FULL_RANK, inverse, slopes);

    double residual = residual_square(triangle, scaled, slopes);
    double right = length_of(scaled->right, columns);
    double last = triangle->r[columns + 1][columns + 1];
    double total = right * right + last * last;
    fit->r2 = total > 0 ? 1 - residual / total : NAN;
    fit->sigma = sqrt(residual / (double)(fit->used - fit->rank - 1));
    fit->coefficients[0] = fit->y_mean;
    for (int j = 0; j < columns; j++) {
        double slope = scaled->length[j] > 0 ? slopes[j] / scaled->length[j] : 0;
        fit->coefficients[j + 1] = slope;
        fit->coefficients[0] = fma(-slope, fit->x_means[j], fit->coefficients[0]);
    }
    fit_set_errors(scaled, inverse, fit);
}

/** The centred, scaled regressors of every lane, whose rank it finds; v only where @p with_v. */
INLINED void decompose_scaled(const struct scaled *scaled, int columns, int count,
                              struct singular *singular, bool with_v)
{
    singular_clear(singular, columns);
    for (int lane = 0; lane < count; lane++) {
        for (int j = 0; j < columns; j++) {
            for (int i = 0; i < columns; i++) {
                singular->u[j][i][lane] = scaled[lane].r[i][j];
            }
        }
    }
    singular_decompose(singular, columns, columns, with_v);
}

INLINED bool has_enough(const struct triangle *triangle, int columns)
{
    return triangle->used >= columns + 2;
}

KERNEL_CLONES
void fits_from_triangles(const struct triangle *triangles, int columns, int count,
                         struct least_squares_fit *fits)
{
    struct scaled scaled[LANES];
    struct singular singular;
    bool deficient = false;
    memset(scaled, 0, sizeof scaled);
    for (int lane = 0; lane < count; lane++) {
        fit_set_nan(&fits[lane]);
        fits[lane].outcome = LEAST_SQUARES_TOO_FEW;
        fits[lane].rank = 0;
        fits[lane].used = triangles[lane].used;
        if (has_enough(&triangles[lane], columns)) {
            fit_set_means(&triangles[lane], columns, &fits[lane]);
            scaled_extract(&triangles[lane], columns, &scaled[lane]);
        }
    }
    decompose_scaled(scaled, columns, count, &singular, false);
    for (int lane = 0; lane < count; lane++) {
        if (has_enough(&triangles[lane], columns)) {
            fit_set_rank(&singular, columns, lane, &fits[lane]);
            deficient |= fits[lane].outcome == LEAST_SQUARES_RANK_DEFICIENT;
        }
    }
    if (deficient) {
        decompose_scaled(scaled, columns, count, &singular, true);
    }
    for (int lane = 0; lane < count; lane++) {
        if (has_enough(&triangles[lane], columns)) {
            fit_solve(&triangles[lane], &scaled[lane], &singular, lane, &fits[lane]);
        }
    }

    singular_clear(&singular, columns + 1);
    for (int lane = 0; lane < count; lane++) {
        if (fits[lane].outcome == LEAST_SQUARES_FULL_RANK) {
            fill_with_intercept(&triangles[lane], columns, lane, &singular);
        }
    }
    singular_decompose(&singular, columns + 1, columns + 1, false);
    for (int lane = 0; lane < count; lane++) {
        if (has_enough(&triangles[lane], columns)) {
            bool full = fits[lane].outcome == LEAST_SQUARES_FULL_RANK;
            fits[lane].condition =
                full ? ratio_of_extremes(&singular, columns + 1, lane) : INFINITY;
        }
    }
}
