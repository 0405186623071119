/* airshed -- GPL-3.0-or-later. Many values of a distribution from uniform numbers, in SIMD lanes
 * (P3.12). */
#ifndef AIRSHED_KERNELS_SAMPLER_H
#define AIRSHED_KERNELS_SAMPLER_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/distribution.h"

/** A distribution made ready for draws. Read-only once made. */
struct sampler;

/** Makes @p distribution, which passed distribution_check(), ready: some 30 microseconds and 13 KB for
 *  gamma and beta, nothing worth mentioning for others. The values of an empirical distribution are
 *  not copied.
 *  @return STATUS_OK or STATUS_MEMORY */
enum status sampler_create(const struct distribution *distribution, struct sampler **sampler);

/** Releases *@p sampler and sets it to NULL; NULL is allowed. */
void sampler_destroy(struct sampler **sampler);

/** values[i] = the quantile of uniforms[i], each in (0, 1): one uniform makes one value, larger ones
 *  for larger uniforms, so that Latin hypercubes, Sobol points, rank correlation and keyed draws all
 *  work. A value depends on its uniform alone: same bits in any lane, any block, on any CPU class.
 *
 *  Relative error against the exact quantile below 1e-13 (lognormal and Weibull: 1e-15 times 1 + |log x|
 *  more); larger uniforms give smaller values by a rounding at most. Gamma with shapes of at least 0.05
 *  and beta with shapes of at least 0.3 interpolate with a relative error below 1e-8 (1e-9 from shapes of
 *  0.5 on; beta with both shapes at 0.05: 2e-5; for beta with other ends than 0 and 1 relative to the
 *  larger of |x| and its distance to the nearer end): log x, or log(x / (1 - x)), as a function of the normal
 *  score of u, by polynomials of degree 5 that meet in two derivatives at nodes 1/8 apart; nodes come
 *  from the differential equation of the quantile (Steinbrecher and Shaw 2008), integrated from both
 *  tails to the middle, the direction in which errors fade. Normal scores: a polynomial in
 *  -log(4 u (1 - u)), after Giles (2012), and beyond 1e-3 of the probability Wichura's AS 241.
 *
 *  @param[in]  uniforms  [count]
 *  @param[out] values    [count]; may be @p uniforms
 */
void sampler_draw(const struct sampler *sampler, const double *uniforms, int64_t count,
                  double *values);

/** Asks the processor for what sampler_draw() will read of a sampler, so that it comes while uniform numbers
 *  are made. */
void sampler_prefetch(const struct sampler *sampler);

/** Standard normal scores of @p uniforms [count], relative error below 1e-14; may be in place. */
void sampler_normal_scores(const double *uniforms, int64_t count, double *scores);

#endif
