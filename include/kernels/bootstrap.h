/* airshed -- GPL-3.0-or-later. Bootstrap of a sample: replicates, percentile and BCa intervals (P3.11). */
#ifndef AIRSHED_KERNELS_BOOTSTRAP_H
#define AIRSHED_KERNELS_BOOTSTRAP_H

#include <stdint.h>

#include "base/random.h"

/** A statistic of @p rows [count, columns], which it may reorder. */
typedef double bootstrap_statistic(double *rows, int64_t count, int columns, void *context);

/** Statistics of one column: mean, standard deviation (divided by count - 1), and the percentile whose
 *  probability in [0, 1] *@p context holds as a double (type 7; kernels/quantile.h). */
double bootstrap_mean(double *rows, int64_t count, int columns, void *context);
double bootstrap_sd(double *rows, int64_t count, int columns, void *context);
double bootstrap_percentile(double *rows, int64_t count, int columns, void *context);

/** A sample whose rows are drawn with replacement. A plain value. */
struct bootstrap_sample {
    const double *rows; /**< [count, columns] */
    int64_t count;      /**< >= 1, below 2^31 */
    int columns;
    struct random_key key;
    uint64_t item; /**< replicate r depends on (key, item, r, count) alone */
};

/** Replicates [@p first, @p first + @p replicates) of a statistic. A row is chosen by the high half of a
 *  32-bit word times count: none is more likely than another by more than count / 2^32.
 *
 *  @param[out] scratch  [count, columns + 1]
 *  @param[out] values   [replicates]
 */
void bootstrap_replicates(const struct bootstrap_sample *sample, bootstrap_statistic *statistic,
                          void *context, int64_t first, int64_t replicates, double *scratch,
                          double *values);

/** The same of the mean of a sample of one column, without copies of it. */
void bootstrap_means(const struct bootstrap_sample *sample, int64_t first, int64_t replicates,
                     double *means);

/** The acceleration of BCa from the jackknife (Efron 1987): sum l^3 / (6 (sum l^2)^1.5), l = the mean of the
 *  statistics that leave a row out less each of them. 0 where they are all equal.
 *
 *  @param[out] scratch  [count, columns + 1]
 */
double bootstrap_acceleration(const struct bootstrap_sample *sample, bootstrap_statistic *statistic,
                              void *context, double *scratch);

struct bootstrap_interval {
    double low, high;
    double low_error,
        high_error; /**< Monte Carlo standard errors of the ends, from the spacing of the
                                       replicates around them */
};

/** Percentile interval of @p sorted [replicates], ascending, at @p level (0.95): order statistics (R + 1) a,
 *  between them linear in normal quantiles, as R's boot has it (Davison and Hinkley 1997, 5.6). NaN where
 *  there are no replicates; the outermost ones where there are too few. */
struct bootstrap_interval bootstrap_percentile_interval(const double *sorted, int64_t replicates,
                                                        double level);

/** BCa interval (Efron 1987) about @p estimate, the statistic of the sample itself. NaN where all replicates
 *  lie on one side of it. */
struct bootstrap_interval bootstrap_bca_interval(const double *sorted, int64_t replicates,
                                                 double estimate, double acceleration,
                                                 double level);

#endif
