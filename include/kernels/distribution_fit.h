/* airshed -- GPL-3.0-or-later. Distributions fitted to a sample, how well they fit, and which to take
 * (P3.10). */
#ifndef AIRSHED_KERNELS_DISTRIBUTION_FIT_H
#define AIRSHED_KERNELS_DISTRIBUTION_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "base/reason.h"
#include "base/status.h"
#include "kernels/distribution.h"

enum fit_method {
    FIT_LIKELIHOOD,
    FIT_MOMENTS
};

/** A family fitted to a sample. Where reason is not REASON_OK every number is NaN. */
struct distribution_fit {
    enum distribution_family family;
    enum fit_method method;
    enum reason
        reason; /**< REASON_TOO_SHORT: fewer than 2 values (triangular: 3); REASON_FLAT_SERIES: all
                             equal; REASON_NOT_POSITIVE: lognormal, gamma, weibull with a value <= 0;
                             REASON_OUTSIDE_BOUNDS: beta with a value at or beyond an end;
                             REASON_NO_CONVERGENCE; REASON_MISSING: a value is not finite */
    struct distribution distribution; /**< empirical: its values are the sample's */
    int64_t count;
    int free_parameters; /**< that were fitted: 2 for beta, whose ends are given; 0 for empirical */
    double
        standard_errors[DISTRIBUTION_PARAMETERS]; /**< from the observed information at the maximum;
                                                          NaN for moments, uniform, triangular */
    double log_likelihood, aic, aicc,
        bic;    /**< NaN for empirical; aicc where count <= parameters + 1 */
    double ks;  /**< Kolmogorov-Smirnov: largest distance to the empirical distribution function */
    double ad;  /**< Anderson-Darling, A squared; INFINITY where a value has no probability */
    double cvm; /**< Cramer-von Mises */
    double p_ks, p_ad; /**< by distribution_fit_test(); NaN before it */
};

/** Fits @p family to @p sorted [count], ascending.
 *
 *  Likelihood: normal, lognormal, uniform in closed form; gamma and Weibull by Newton on the profile
 *  of the shape; beta by Newton on both shapes; triangular by the best mode among the values (Oliver
 *  1972; Kotz and van Dorp 2004) for ends found by Nelder and Mead's simplex. Standard deviations divide
 *  by count, as R's fitdistrplus does. Moments: mean and standard deviation (divided by count); uniform
 *  and triangular by mean, standard deviation and, for triangular, skewness as far as a triangle can have
 *  it. Empirical: the values themselves.
 *
 *  @param[in] low, high  ends of beta; they serve no other family
 */
struct distribution_fit distribution_fit(enum distribution_family family, enum fit_method method,
                                         const double *sorted, int64_t count, double low,
                                         double high);

/** Sets the distances of @p fit to @p sorted [count]: ks, ad, cvm as D'Agostino and Stephens (1986) define
 *  them. Done by distribution_fit() already; for distributions that come from elsewhere. */
void distribution_fit_distances(struct distribution_fit *fit, const double *sorted, int64_t count);

/** Sets p_ks and p_ad by parametric bootstrap (P3.10; tables would assume known parameters): @p replicates
 *  samples of the same size from the fitted distribution are fitted anew, and p = (1 + how many are
 *  no better) / (1 + replicates), replicates that cannot be fitted left out. p_ad stays NaN where ad is
 *  infinite: a uniform distribution of largest likelihood ends at the values themselves. Nothing happens for
 *  a fit that failed and for the empirical family.
 *
 *  @param[in] key, item  replicate r takes the draws of item + r
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status distribution_fit_test(struct distribution_fit *fit, struct random_key key,
                                  uint64_t item, int64_t replicates);

/** The same in parts: how many of the replicates could be fitted, and fit no better. Tallies of parts add up in
 *  any order. */
struct fit_tally {
    int64_t made, worse_ks, worse_ad;
};

/** Adds replicates [@p first, @p first + @p replicates) to @p tally. */
enum status distribution_fit_tally(const struct distribution_fit *fit, struct random_key key,
                                   uint64_t item, int64_t first, int64_t replicates,
                                   struct fit_tally *tally);

/** Sets p_ks and p_ad by the tally of all replicates. */
void distribution_fit_conclude(struct distribution_fit *fit, const struct fit_tally *tally);

/** Variability and what is known of it, apart (two-dimensional simulation, Cullen and Frey 1999; P3.11): @p
 *  replicates samples of the same size from the fitted distribution are fitted anew, by the same family and
 *  method, and each gives its quantiles, exactly. Of the empirical family: samples from the sample.
 *
 *  @param[in]  key, item      replicate r takes the draws of item + r
 *  @param[in]  probabilities  [count], in [0, 1]
 *  @param[out] quantiles      [count + 2, replicates]: of each probability, then means and standard
 *                             deviations; NaN where a replicate cannot be fitted
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status distribution_fit_replicates(const struct distribution_fit *fit, struct random_key key,
                                        uint64_t item, int64_t replicates,
                                        const double *probabilities, int count, double *quantiles);

/** Why a family was chosen. */
enum fit_choice {
    FIT_CHOICE_AICC, /**< smallest AICc among those whose p_ad and p_ks are at least the level */
    FIT_CHOICE_DISTANCE, /**< none passes: smallest Anderson-Darling distance; take with care */
    FIT_CHOICE_NONE,     /**< nothing was fitted */
};

/** Index of the fit to take out of @p fits [count], or -1. Families whose p_ad and p_ks are at
 *  least @p level (0.05) are rivals; the smallest AICc wins, ties go to the first. Where a p is NaN, because
 *  it was not tested, it does not count. Empirical ones are no rivals. */
int distribution_fit_choose(const struct distribution_fit *fits, int count, double level,
                            enum fit_choice *choice);

/** A distribution for a sample too small to be fitted (P3.10: fewer than 5 values): triangular from the
 *  smallest to the largest value with the mean of a triangle where that is possible (3 values or
 *  more), else uniform between them; a constant where all are equal. The caller warns.
 *  REASON_SMALL_SAMPLE, or REASON_ALL_MISSING where count is 0. */
enum {
    FIT_SMALL_SAMPLE = 5
};
enum reason distribution_fit_small(const double *sorted, int64_t count,
                                   struct distribution *distribution);

#endif
