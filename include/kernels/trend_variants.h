/* airshed -- GPL-3.0-or-later. Trend tests of seasonal or autocorrelated series (P2.52). */
#ifndef AIRSHED_KERNELS_TREND_VARIANTS_H
#define AIRSHED_KERNELS_TREND_VARIANTS_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/mann_kendall.h"
#include "kernels/sen.h"

/** Memory for series of up to so many steps. */
struct trend_workspace;

/** Some 150 bytes a step, and 8 for each pair of values of the same season that the seasonal slope
 *  compares (@p seasonal_pairs; 0 where no seasonal test is made). */
enum status trend_workspace_create(int64_t steps, int64_t seasonal_pairs,
                                   struct trend_workspace **workspace);

/** Releases *@p workspace and sets it to NULL; NULL is allowed. */
void trend_workspace_destroy(struct trend_workspace **workspace);

/** Mann-Kendall with the variance of Hamed and Rao (1998): the series less Sen's line is ranked, and
 *  var(s) is multiplied by 1 + 2 / (n (n-1) (n-2)) |sum (n-i) (n-i-1) (n-i-2) r_i| over the lags i
 *  whose autocorrelation of ranks r_i is outside +-1.96 / sqrt(n). The size of the sum counts, as in
 *  pyMannKendall after 1.4.3: the paper's own sum may be negative and leave no variance. What is not finite is left out and the
 *  values that are left count as following one another. O(steps log steps), by Fourier transform.
 *
 *  @param[in] t      [steps], as sen_slope()
 *  @param[in] slope  Sen's, per unit of t
 */
struct mann_kendall trend_hamed_rao(const double *t, const double *y, int64_t steps, double slope,
                                    struct trend_workspace *workspace);

/** Mann-Kendall after trend-free pre-whitening (Yue et al. 2002): Sen's line is taken off, the lag-1
 *  autocorrelation r_1 of the rest is removed, x_t - r_1 x_(t-1), and the line is put back. Of the
 *  used values the first is lost. Always whitens, as pyMannKendall, however small r_1 is. Gaps as
 *  above.
 */
struct mann_kendall trend_free_prewhitening(const double *t, const double *y, int64_t steps,
                                            double slope, struct trend_workspace *workspace);

/** Where the steps of each season lie: season k owns step[start[k]] ... step[start[k + 1] - 1],
 *  ascending. */
struct trend_seasons {
    int64_t seasons;
    const int64_t *start; /**< [seasons + 1] */
    const int64_t *step;  /**< [start[seasons]] */
};

/** Pairs of steps of the same season: room for the slopes. */
int64_t trend_seasonal_pairs(const struct trend_seasons *seasons);

/** Seasonal Mann-Kendall (Hirsch et al. 1982): s and var(s) are the sums over seasons, which are
 *  taken as independent; tau_a = s / pairs, tau_b over pairs that are not tied. */
struct mann_kendall trend_seasonal(const double *y, const struct trend_seasons *seasons,
                                   struct trend_workspace *workspace);

/** Seasonal Sen slope: the median of slopes of pairs of the same season, with the interval of ranks
 *  (N -+ 1.96 sqrt(var s)) / 2 taken as in sen_slope(). intercept = median(y) - slope median(t).
 *
 *  @param[in] variance  of s, from trend_seasonal()
 */
struct sen trend_seasonal_slope(const double *t, const double *y,
                                const struct trend_seasons *seasons, double variance,
                                struct trend_workspace *workspace);

#endif
