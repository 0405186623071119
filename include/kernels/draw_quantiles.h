/* airshed -- GPL-3.0-or-later. Moments and percentiles of Monte Carlo draws, with standard errors
 * (P3.12). */
#ifndef AIRSHED_KERNELS_DRAW_QUANTILES_H
#define AIRSHED_KERNELS_DRAW_QUANTILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

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

/** Draws of several independent Latin hypercubes or scrambled sequences: blocks belong to them in turn, as
 *  kernels/sampling.h has it. */
struct draw_turns {
    int64_t block, randomisations; /**< randomisations <= DRAW_RANDOMISATIONS_MAX */
};

enum {
    DRAW_RANDOMISATIONS_MAX = 100
};

/** Standard errors of a mean and of quantiles of draws that fill their space evenly, from how far the randomisations
 *  lie apart: exact in expectation, whatever evenness brings (L'Ecuyer and Lemieux 2002, randomised quasi-Monte
 *  Carlo), where the errors of independent draws would be too large.
 *
 *  With n_r of n draws in randomisation r and D_r its sum of differences from the mean of all, the variance of the
 *  mean is sum(D_r^2) / n^2 / (1 - sum(n_r^2) / n^2), for R equal ones that of their means by R. It has R - 1 degrees
 *  of freedom: an interval takes Student's t (2.26 standard errors for 95 % and R = 10), and the standard error is
 *  uncertain by 1 / sqrt(2 (R - 1)) of itself (24 %). For a quantile D_r counts the draws at or below it less those
 *  expected; the slope of the quantile is that of draws_quantiles(): its error is multiplied by what counts vary more
 *  or less than binomial ones, sqrt(n p (1 - p)). NaN where one randomisation has all the draws.
 *
 *  @param[in]     values      [count], draws from the first on; NaN ones do not count
 *  @param[in]     mean        of those that count
 *  @param[in,out] found       [wanted], from draws_quantiles(): its errors change
 *  @param[out]    mean_error
 */
void draws_errors_between(const float *values, int64_t count, const struct draw_turns *turns,
                          double mean, const double *probabilities, int wanted,
                          struct draw_quantile *found, double *mean_error);

/** Moments, quantiles and their errors of more draws than memory holds, which come two or three times over: the same
 *  as above, exactly, in DRAW_STREAM_BYTES for three quantiles. A quantile is found by the first 16 bits of numbers in the first pass and by the others in
 *  the second (a radix selection); the third, for errors between randomisations, counts what lies below it. */
struct draw_stream;

enum {
    DRAW_STREAM_BYTES = 11 << 20
};

/** Begins the first pass.
 *  @param[in] turns  NULL: independent draws
 *  @return STATUS_OK or STATUS_MEMORY */
enum status draw_stream_create(const double *probabilities, int wanted,
                               const struct draw_turns *turns, struct draw_stream **stream);

/** Releases *@p stream and sets it to NULL; NULL is allowed. */
void draw_stream_destroy(struct draw_stream **stream);

/** The next @p count draws of this pass, in parts of any length. NaN ones do not count. */
void draw_stream_take(struct draw_stream *stream, const float *values, int64_t count);

/** Ends a pass. @return whether all draws are to come again */
bool draw_stream_next(struct draw_stream *stream);

/** What was found. NaN where there were no numbers.
 *  @param[out] found  [wanted]
 *  @return numbers among the draws */
int64_t draw_stream_found(const struct draw_stream *stream, double *mean, double *sd,
                          double *mean_error, struct draw_quantile *found);

#endif
