/* airshed -- GPL-3.0-or-later. Differences between samples: Mann-Whitney, Kruskal-Wallis, analysis of
 * variance, each with an effect size (P2.50, P2.54). */
#ifndef AIRSHED_KERNELS_RANK_TESTS_H
#define AIRSHED_KERNELS_RANK_TESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Mann and Whitney (1947). Numbers are NaN where a sample is empty. */
struct mann_whitney {
    int64_t first, second; /**< values of each sample */
    double u_first; /**< pairs in which the first sample is larger, ties half: R's W, scipy's U1 */
    double
        u_second; /**< first * second - u_first; Eq. 11 with the rank sum of the first gives this */
    double z; /**< of u_first, with ties and continuity correction; 0 where u_first is its mean */
    double p; /**< two-sided, normal approximation; NaN where all values are equal */
    double p_exact;     /**< two-sided, from the exact law; NaN unless asked for and possible */
    double superiority; /**< u_first / (first * second): chance that a value of the first sample is
                                larger than one of the second, ties half */
    double shift;       /**< 2 superiority - 1: rank-biserial correlation, Cliff's delta */
};

enum {
    MANN_WHITNEY_EXACT = 50 /**< samples smaller than this without ties have an exact p (as R) */
};

/** Compares two samples without NaN, both of which are sorted in place.
 *
 *  @param[in] corrects_continuity  1/2 is taken off |U - mean|, as R and scipy do by default
 *  @param[in] wants_exact          where both samples are below MANN_WHITNEY_EXACT and no value
 *                                  comes twice: counts all orders, in at most 2 MB of its own
 *  @param[out] scratch             [larger of the counts]
 *  @return STATUS_OK, or STATUS_MEMORY
 */
enum status mann_whitney_test(double *first, int64_t first_count, double *second,
                              int64_t second_count, bool corrects_continuity, bool wants_exact,
                              double *scratch, struct mann_whitney *test);

/** Several samples: each owns the values start[g] <= i < start[g + 1]. Empty ones do not count. */
struct samples {
    int64_t groups;
    const int64_t *start; /**< [groups + 1] */
    double *values;       /**< none NaN */
};

/** Kruskal and Wallis (1952). NaN with fewer than two samples or where all values are equal. */
struct kruskal_wallis {
    int64_t n, groups;      /**< values, and samples that hold some */
    double h;               /**< corrected for ties */
    int64_t df;             /**< groups - 1 */
    double p;               /**< chi-square approximation */
    double epsilon_squared; /**< h / (n - 1): share of the variance of ranks between samples */
};

/** @param[in,out] samples  values are sorted within each sample
 *  @param[out] scratch      [2, all values] */
struct kruskal_wallis kruskal_wallis_test(const struct samples *samples, double *scratch);

/** One-way analysis of variance. NaN as above, or where no sample varies within itself. */
struct anova {
    int64_t n, groups, df_between, df_within;
    double f, p;
    double eta_squared; /**< share of the variance between samples */
};

struct anova anova_test(const struct samples *samples);

/** Box-plot statistics of one sample (P2.54; Tukey 1977), quartiles of type 7. */
struct box {
    int64_t n;
    double q1, median, q3;
    double whisker_low, whisker_high; /**< farthest values within 1.5 (q3 - q1) of the quartiles */
    int64_t outliers;                 /**< values beyond the whiskers */
};

/** Values without NaN are reordered; all numbers are NaN where there are none. */
struct box box_of(double *values, int64_t count);

#endif
