/* airshed -- GPL-3.0-or-later. Weighted local fits over long windows from sums of powers. */
#ifndef AIRSHED_KERNELS_LOESS_MOMENTS_INTERNAL_H
#define AIRSHED_KERNELS_LOESS_MOMENTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/loess.h"

/** The tricube weight (1 - (|d| / h)^3)^3 is a polynomial on either side of a point, so a weighted
 *  sum over a window is made of eleven sums of d^k * value, and these are differences of running
 *  sums: the cost of a fit does not grow with its window.
 *
 *  Powers are taken about the middle of each `chunk` of neighbouring points, a fifth to 0.45 of
 *  the narrowest bandwidth h. Then the terms of the polynomial add up to at most
 *  (1 + (1 + chunk / h)^3)^3 < 67 where the weight itself is at most 1. With n terms in a running
 *  sum, a shift of 12 products and the unit roundoff u = 1.1e-16, the error of a weighted sum is
 *  below 67 (n + 24) u = 4e-12 (n = 500) of the sum of |weight * value| behind it. Divided by the
 *  share of the weight that the tricube leaves (0.58 for even weights) and times the steepest line
 *  (4, at the ends) a smooth value is off by less than 3e-11 of the largest value; roundings do not
 *  all add up, and 1e-14 is usual. Fits with hardly any weight near the point or with a narrow
 *  spread would lose more than three digits beyond that and are summed directly. */
struct loess_moments {
    int64_t points;
    int64_t chunk;
    int degree;
    double smallest_spread;
    double *shifts;            /**< [chunk, powers of a moved origin] */
    const int32_t *bandwidths; /**< [points] of the windows without gaps */
};

/** True where the sums of powers need fewer operations than the windows point by point. */
bool loess_moments_pay(const struct loess_settings *settings);

/** @p bandwidths stays the caller's. */
enum status loess_moments_create(const struct loess_settings *settings, double smallest_spread,
                                 const int32_t *bandwidths, struct loess_moments **moments);
void loess_moments_destroy(struct loess_moments **moments);
size_t loess_moments_bytes(const struct loess_moments *moments);

/** Doubles of the coefficients of a block, and of the scratch that both functions need. */
size_t loess_moments_coefficients_size(int64_t points);
size_t loess_moments_scratch_size(const struct loess_moments *moments);

/** Solves the fits for @p weights [points, LANES].
 *
 *  @param[in] bandwidths  [points, LANES], 0 in lanes without interest; NULL: without gaps
 */
void loess_moments_fit(const struct loess_moments *moments, const int32_t *bandwidths,
                       const double *weights, double *coefficients, double *scratch);

/** As loess_smooth_weighted(), all points being knots. */
void loess_moments_smooth(const struct loess_moments *moments, const int32_t *bandwidths,
                          const double *coefficients, const double *weighted, const double *values,
                          double *smooth, double *scratch);

#endif
