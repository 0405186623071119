/* airshed -- GPL-3.0-or-later. Sen's slope: the median of the slopes of all pairs, in O(n log n).
 */
#ifndef AIRSHED_KERNELS_SEN_H
#define AIRSHED_KERNELS_SEN_H

#include <stdint.h>

#include "base/status.h"

struct sen {
    int64_t used;     /**< finite values */
    double slope;     /**< median of (y[j] - y[i]) / (t[j] - t[i]) over all i < j */
    double low, high; /**< 95 % interval of the slope */
    double intercept; /**< median(y) - slope * median(t), over the used steps */
};

/** Memory for series of up to so many steps; one for each thread of work, reused between cells. */
struct sen_workspace;

/** Allocates for @p steps steps, 64 bytes a step and 270 kB more.
 *  @return STATUS_OK or STATUS_MEMORY */
enum status sen_workspace_create(int64_t steps, struct sen_workspace **workspace);

/** Releases *@p workspace and sets it to NULL; NULL is allowed. */
void sen_workspace_destroy(struct sen_workspace **workspace);

/** Slope, interval and intercept of the series whose element k is y[k * stride] at time t[k]
 *  (P2.52; Theil 1950, Sen 1968). What is not finite is left out; all numbers are NaN with fewer
 * than two values.
 *
 *  The interval takes the slopes of 0-based rank round((N - C) / 2) - 1 and round((N + C) / 2),
 * half to even, kept in range, for N pairs and C = 1.95996 sqrt(variance of Mann-Kendall's s with
 * ties), as scipy.stats.theilslopes and R's trend::sens.slope do. Median and ranks are those of the
 * sorted slopes of all pairs, to the bit, ties included: ranks are counted as inversions of y - m t
 *  (Matousek 1991, Dillencourt et al. 1992), only slopes near a rank are computed, and the rounding
 *  of y - m t is bounded. The exception is more than 32768 slopes within a few such roundings of
 *  each other, none of them 0: the result is then one of these.
 *
 *  @param[in] t  [steps], strictly increasing; the slope is per its unit
 */
struct sen sen_slope(const double *t, const double *y, int64_t steps, int64_t stride,
                     struct sen_workspace *workspace);

#endif
