/* airshed -- GPL-3.0-or-later. Mann-Kendall test for a monotonic trend in one series. */
#ifndef AIRSHED_KERNELS_MANN_KENDALL_H
#define AIRSHED_KERNELS_MANN_KENDALL_H

#include <stdint.h>

struct mann_kendall {
    int64_t used;    /**< finite values */
    int64_t s;       /**< pairs that rise less pairs that fall */
    double variance; /**< of s under no trend, corrected for ties */
    double z;        /**< (s - sign s) / sqrt(variance); 0 where s is 0 */
    double p;        /**< two-sided, normal approximation; 1 where z is 0 */
    double tau_a;    /**< s / pairs */
    double tau_b;    /**< s / sqrt(pairs * pairs not tied); NaN where all values are equal */
};

/** Tests the series whose element t is y[t * stride], in the order of time (P2.52; Mann 1945,
 * Kendall 1975), in O(steps log steps): falling pairs are the inversions that a merge sort finds.
 * What is not finite is left out; time itself has no ties, and how uneven it is does not matter.
 * With fewer than two values all numbers are NaN and s is 0.
 *
 *  Daily series are autocorrelated, which makes p too small (P2.52).
 *
 *  @param[out] scratch  [2 * steps]
 */
struct mann_kendall mann_kendall_test(const double *y, int64_t steps, int64_t stride,
                                      double *scratch);

/** Variance of s for @p used values without trend, (n (n-1) (2n+5) - sum t (t-1) (2t+5)) / 18 over
 *  groups of t equal values, and the number of pairs that are tied.
 *
 *  @param[in] sorted  [used], ascending
 */
double mann_kendall_variance(const double *sorted, int64_t used, int64_t *tied_pairs);

/** Sorts @p values [count], none NaN, in place. @return pairs i < j with values[i] > values[j]
 *
 *  @param[out] scratch  [count]
 */
int64_t mann_kendall_inversions(double *values, int64_t count, double *scratch);

#endif
