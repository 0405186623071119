/* airshed -- GPL-3.0-or-later. Correlation of pairs, with p and interval (P2.51). */
#ifndef AIRSHED_KERNELS_CORRELATION_H
#define AIRSHED_KERNELS_CORRELATION_H

#include <stdint.h>

/** Correlation of two series. Numbers are NaN with fewer than 3 pairs (the interval: 4) or where a
 *  series is constant. */
struct correlation {
    int64_t used;    /**< pairs with both values */
    int64_t dropped; /**< pairs with a missing value */
    double r;        /**< within [-1, 1] */
    double p; /**< two-sided, Student's t with used - 2 degrees of freedom; 0 where |r| is 1 */
    double low, high; /**< 95 % interval by Fisher's transformation, atanh(r) +- 1.96 se */
};

/** Pearson's correlation (Eq. 12) of x[i * stride] and y[i * stride], se = 1 / sqrt(used - 3). A pair
 *  counts where both values are finite. Two passes: means first, so that a large mean costs nothing.
 */
struct correlation correlation_pearson(const double *x, const double *y, int64_t count,
                                       int64_t stride);

/** Spearman's: Pearson's of the ranks, equal values sharing their mean rank; p as scipy's
 *  spearmanr. The interval takes se = sqrt((1 + r^2 / 2) / (used - 3)) (Bonett and Wright 2000).
 *
 *  @param[out] scratch  [5 * count]
 */
struct correlation correlation_spearman(const double *x, const double *y, int64_t count,
                                        int64_t stride, double *scratch);

/** Mean ranks, from 1, of @p values [count] without NaN.
 *
 *  @param[out] ranks    [count]
 *  @param[out] scratch  [2 * count]
 */
void correlation_ranks(const double *values, int64_t count, double *ranks, double *scratch);

#endif
