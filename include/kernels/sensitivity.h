/* airshed -- GPL-3.0-or-later. How much of the spread of results comes from each uncertain input (P3.13).
 *
 * Results are held, [results, draws]; inputs come one column after another, in any order and on any rank, so
 * that memory does not grow with their number and no sum crosses ranks:
 *
 *   sensitivity_create()       once, from the draws of the results
 *   sensitivity_correlate()    for each input: Pearson and Spearman with every result
 *   sensitivity_regress()      for each result: its most correlated inputs together
 */
#ifndef AIRSHED_KERNELS_SENSITIVITY_H
#define AIRSHED_KERNELS_SENSITIVITY_H

#include <stdint.h>

#include "base/status.h"

/** Results made ready: values and ranks with mean 0 and length 1. Read-only once made. */
struct sensitivity;

/** Takes 16 bytes a draw and result; fewer than 2^31 draws. A result that does not vary, or with values that are not finite, has
 *  NaN correlations.
 *  @param[in] values  [results, draws], at least 3 draws; not kept
 *  @return STATUS_OK or STATUS_MEMORY */
enum status sensitivity_create(const double *values, int64_t results, int64_t draws,
                               struct sensitivity **sensitivity);

/** Releases *@p sensitivity and sets it to NULL; NULL is allowed. */
void sensitivity_destroy(struct sensitivity **sensitivity);

/** Doubles that sensitivity_correlate() and sensitivity_regress() need as scratch. */
int64_t sensitivity_scratch(const struct sensitivity *sensitivity);

/** Correlations of an input with all results; NaN for an input that does not vary. Equal values share their
 *  mean rank, and so do those that agree to 6e-8 of their distance to the middle of the column.
 *
 *  @param[in]  column    [draws]
 *  @param[out] pearson   [results]
 *  @param[out] spearman  [results]
 *  @param[out] scratch   [sensitivity_scratch()]
 */
void sensitivity_correlate(const struct sensitivity *sensitivity, const double *column,
                           double *pearson, double *spearman, double *scratch);

/** Two-sided p of a correlation of so many pairs (Student's t with draws - 2 degrees of freedom), as
 *  scipy's pearsonr and spearmanr. NaN for NaN. */
double sensitivity_p(double correlation, int64_t draws);

/** One input in the regression of a result. */
struct sensitivity_share {
    double coefficient; /**< standardised: standard deviations of the result for one of the input */
    double error, p;    /**< its standard error, and Student's t test against 0 */
    double
        contribution; /**< to the variance of the result: coefficient times Pearson (Pratt 1987); they
                              sum to r_squared. The square of the coefficient for inputs without
                              correlation; may be negative for correlated ones */
};

/** Multiple regression of result @p result on @p inputs inputs together, all standardised, by Cholesky of
 *  their correlations. An input that does not vary, or that the ones before it determine, gets NaN and
 *  contributes nothing.
 *
 *  @param[in]  columns    [inputs, draws]; overwritten: standardised
 *  @param[out] shares     [inputs]
 *  @param[out] r_squared  share of the variance that they explain together
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status sensitivity_regress(const struct sensitivity *sensitivity, int64_t result,
                                int64_t inputs, double *columns, struct sensitivity_share *shares,
                                double *r_squared);

#endif
