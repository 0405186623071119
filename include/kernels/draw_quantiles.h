/* airshed -- GPL-3.0-or-later. Moments and percentiles of Monte Carlo draws, with standard errors
 * (P3.12). */
#ifndef AIRSHED_KERNELS_DRAW_QUANTILES_H
#define AIRSHED_KERNELS_DRAW_QUANTILES_H

#include <stdint.h>

/** differences[i] = values[i] - point, rounded to float; [count]. */
void draws_differences(const double *values, int64_t count, double point, float *differences);

/** What draws have in common. NaN where there is nothing to tell. */
struct draw_moments {
    double mean, sd; /**< sd divides by count - 1 */
    float low, high;
};

/** Moments of @p values [count]; the mean is NaN where one of them is. Sums run in 16 lanes of doubles, which do not depend on
 *  the CPU; the sd is taken about the mean. */
struct draw_moments draws_moments(const float *values, int64_t count);

/** A percentile and its standard error. */
struct draw_quantile {
    double value, error;
};

enum {
    DRAW_QUANTILES_MAX = 8
};

/** Quantiles @p probabilities [wanted], each in (0, 1), wanted <= DRAW_QUANTILES_MAX, of @p values [count],
 *  none of them NaN, count >= 1: exact, linear between order statistics at (count - 1) * probability
 *  (Hyndman and Fan 1996, type 7).
 *
 *  The number of independent draws below the true quantile is binomial, so that the order statistics
 *  sqrt(count p (1 - p)) to either side of it enclose the quantile with the probability of one standard
 *  error (David and Nagaraja 2003, 7.1); half their distance is the standard error. It needs no density;
 *  its own relative error goes as count^(-1/4). NaN where either of them would be outside the draws.
 *
 *  Two passes: values are counted in 1024 parts of their range, and those parts that hold a wanted order
 *  statistic are sorted. Where a few far values crowd the others into one part, that part is sorted in time
 *  proportional to its length.
 *
 *  @param[in]  moments  of the same values
 *  @param[out] room     [2 * count], scratch
 *  @param[out] found    [wanted]
 */
void draws_quantiles(const float *values, int64_t count, const struct draw_moments *moments,
                     const double *probabilities, int wanted, float *room,
                     struct draw_quantile *found);

#endif
