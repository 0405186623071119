/* airshed -- GPL-3.0-or-later. Linear regression of one series on a few others, with an intercept.
 */
#ifndef AIRSHED_KERNELS_LEAST_SQUARES_H
#define AIRSHED_KERNELS_LEAST_SQUARES_H

#include <stdint.h>

/** Most regressors of one fit, the intercept not counted. */
enum {
    LEAST_SQUARES_COLUMNS = 16
};

/** One series in the caller's storage: element t is values[t * stride]. */
struct least_squares_series {
    const double *values;
    int64_t stride;
};

/** What is regressed on what. A step counts only where y and every regressor are finite. */
struct least_squares_data {
    int64_t steps;
    int columns; /**< regressors, 0 to LEAST_SQUARES_COLUMNS */
    struct least_squares_series y;
    struct least_squares_series x[LEAST_SQUARES_COLUMNS];
};

enum least_squares_outcome {
    LEAST_SQUARES_FULL_RANK,
    LEAST_SQUARES_RANK_DEFICIENT, /**< coefficients are the minimum-norm solution */
    LEAST_SQUARES_TOO_FEW,        /**< fewer than columns + 2 steps: every number is NaN */
};

/** Coefficient 0 is the intercept, j + 1 belongs to regressor j. */
struct least_squares_fit {
    enum least_squares_outcome outcome;
    int rank;     /**< of the centred regressors, 0 to columns */
    int64_t used; /**< steps where y and all regressors are finite */
    double coefficients[LEAST_SQUARES_COLUMNS + 1];
    double standard_errors[LEAST_SQUARES_COLUMNS + 1];
    double variance_inflation[LEAST_SQUARES_COLUMNS]; /**< NaN unless full rank */
    double x_means[LEAST_SQUARES_COLUMNS];            /**< over the used steps */
    double y_mean;
    double r2;        /**< NaN where y is constant */
    double sigma;     /**< residual standard deviation, used - rank - 1 degrees of freedom */
    double condition; /**< of [1 x], columns scaled to unit length (Belsley et al. 1980) */
    double condition_centred; /**< of the centred x, scaled likewise: collinearity alone */
};

/** Ordinary least squares y ~ 1 + x (P2.30), by Householder QR of blocks of rows, so that nothing
 * of length steps is stored and the normal equations are never formed.
 *
 *  Each series is shifted by its first used value, which leaves the slopes as they are and frees
 * them from the condition of the intercept. Householder QR does not feel the scale of a column;
 * rank and condition are judged on columns of unit length. A regressor whose spread is under 1e-12
 * of its size is constant (an STL baseline of a constant series has rounding noise); singular
 * values under 1e-10 of the largest count as zero. The minimum-norm solution is then that of the
 * centred, scaled regressors with a free intercept: a constant regressor gets 0, twins share their
 * effect. Standard errors of a deficient fit come from the pseudo-inverse.
 *
 *  The same series give the same bits on every CPU class and at any stride.
 */
void least_squares_fit(const struct least_squares_data *data, struct least_squares_fit *fit);

/** Independent values that @p used autocorrelated ones are worth: used (1 - r) / (1 + r) for a
 * first order process (P2.32; Bayley and Hammersley 1946), negative @p lag1 taken as 0 and values
 * of 1 or more giving 0. Standard errors grow by about sqrt(used / effective). NaN for a NaN @p
 * lag1. */
double least_squares_effective_size(int64_t used, double lag1);

#endif
