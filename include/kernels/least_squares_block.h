/* airshed -- GPL-3.0-or-later. Regressions of LANES cells at once, and what they leave. */
#ifndef AIRSHED_KERNELS_LEAST_SQUARES_BLOCK_H
#define AIRSHED_KERNELS_LEAST_SQUARES_BLOCK_H

#include <stdint.h>

#include "kernels/lanes.h"
#include "kernels/least_squares.h"

/** What is regressed on what, each [steps, LANES]. A step of a lane counts only where its y and
 *  every regressor are finite; a lane without such steps is a cell without data. */
struct least_squares_block {
    int64_t steps;
    int columns; /**< regressors, 0 to LEAST_SQUARES_COLUMNS */
    const double *y;
    const double *x[LEAST_SQUARES_COLUMNS];
};

/** The fits of least_squares_fit(), several times faster where the regressors are far from
 *  collinear, and by it where they are not.
 *
 *  Sums of products of the shifted series, in tiles, give the same triangle by Cholesky
 *  factorisation. Their relative error is at most (32 + steps / 32) eps, 1.7e-14 for ten years of
 *  days, and comes out multiplied by the square of the condition number of the centred regressors
 *  (Higham 2002, 20.4). A lane is therefore left to Householder QR where that number exceeds 50, or
 *  where factorising cancels more than 99.9 % of a column (a shift far from the mean, y that lies on
 *  the regressors): what is left is under 1e-10 of the largest coefficient's share in y.
 *
 *  A lane's bits do not depend on its position, on the other lanes or on the CPU class.
 */
void least_squares_fit_block(const struct least_squares_block *block,
                             struct least_squares_fit fits[LANES]);

/** What is taken away with the weather (P2.31). */
enum removal {
    REMOVAL_RECENTRE,       /**< y - sum a (x - mean x): keeps the mean of the cell */
    REMOVAL_KEEP_INTERCEPT, /**< y - sum a x */
    REMOVAL_LITERAL,        /**< y - intercept - sum a x, as printed: a mean of zero */
};

/** Takes the weather out of @p whole, a y that may have more steps than the fit used.
 *
 *  @param[in]  block    as fitted
 *  @param[in]  whole    [steps, LANES]
 *  @param[out] removed  [steps, LANES]; NaN where whole or a regressor is not finite
 *  @param[out] lag1     lag-1 autocorrelation of the residuals of the fit, over neighbouring steps
 *                       that are both used: (sum e[t] e[t+1] / pairs) / (sum e[t]^2 / (used - 1)),
 *                       for a complete series the usual sum e[t] e[t+1] / sum e[t]^2; NaN without
 *                       pairs or where all residuals are 0
 */
void removal_apply_block(enum removal removal, const struct least_squares_block *block,
                         const struct least_squares_fit fits[LANES], const double *whole,
                         double *removed, double lag1[LANES]);

#endif
