/* airshed -- GPL-3.0-or-later. Percentiles of Monte Carlo draws, with their standard errors (P3.12). */
#ifndef AIRSHED_KERNELS_DRAW_QUANTILES_H
#define AIRSHED_KERNELS_DRAW_QUANTILES_H

#include <stdint.h>

/** Sorts @p values [count], none of them NaN, in ascending order, in time proportional to count (a radix
 *  sort of their bits). -0 comes before 0.
 *  @param[out] scratch  [count] */
void draws_sort(float *values, int64_t count, float *scratch);

/** A percentile and its standard error. */
struct draw_quantile {
    double value, error;
};

/** Quantile @p probability in (0, 1) of @p sorted [count], count >= 1: linear between order statistics
 *  at (count - 1) * probability (Hyndman and Fan 1996, type 7).
 *
 *  The number of independent draws below the true quantile is binomial, so that the order statistics
 *  sqrt(count p (1 - p)) to either side of it enclose the quantile with the probability of one standard
 *  error (David and Nagaraja 2003, 7.1); half their distance is the standard error. It needs no density;
 *  its own relative error goes as count^(-1/4). NaN where either of them would be outside the draws. */
struct draw_quantile draws_quantile(const float *sorted, int64_t count, double probability);

#endif
