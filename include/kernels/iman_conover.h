/* airshed -- GPL-3.0-or-later. Iman and Conover's rank correlation of one block of draws (P3.12). */
#ifndef AIRSHED_KERNELS_IMAN_CONOVER_H
#define AIRSHED_KERNELS_IMAN_CONOVER_H

#include <stdbool.h>
#include <stdint.h>

/** Draws of a block at most. */
enum {
    IMAN_CONOVER_BLOCK = 1024
};

/** Places of the smallest, the second smallest ... of @p values, which are finite; equal values in the order
 *  of their places. Made for numbers that spread evenly or as a normal distribution does: time goes with
 *  count then, else at worst with its square.
 *
 *  @param[in]  values  [count], 1 <= count <= IMAN_CONOVER_BLOCK
 *  @param[out] order   [count]
 */
void iman_conover_order(const double *values, int64_t count, int32_t *order);

/** Van der Waerden's scores, the normal quantiles of 1/(count + 1) ... count/(count + 1).
 *  @param[out] scores  [count] */
void iman_conover_scores(int64_t count, double *scores);

/** One column of the scores that the draws are to be sorted by: R* = R (P Q^-1)' of Iman and Conover (1982), A
 *  distribution-free approach to inducing rank correlation among input variables, Communications in Statistics B
 *  11(3), 311-334. Q is Cholesky's factor of the correlations of the columns of R, so that R* has exactly those
 *  that P P' asks for.
 *
 *  Column k of R* takes nothing from the columns of R behind k, and the first rows of Q are those of fewer
 *  columns: a column of R* is the same, whether columns are added behind it or not.
 *
 *  @param[in]  scores   R: [columns] of [count], each a permutation of iman_conover_scores()
 *  @param[in]  weights  [columns], the last row of P; their squares sum to 1
 *  @param[in,out] room  [columns * (columns + 1)], scratch
 *  @param[out] column   [count], the last column of R*
 *  @return whether Q exists. Where count is too small for so many columns, or some of them are the same,
 *          they are taken as they come: R* = R P'
 */
bool iman_conover_column(const double *const *scores, int columns, int64_t count,
                         const double *weights, double *room, double *column);

#endif
