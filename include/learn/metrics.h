/* airshed -- GPL-3.0-or-later. Errors of predictions: sums that merge, and what they come to. */
#ifndef AIRSHED_LEARN_METRICS_H
#define AIRSHED_LEARN_METRICS_H

#include <stdint.h>

/** Sums over pairs of an observed and a predicted value. A plain value, all zero for no pairs; merge
 *  parts in one order and the bits are the same wherever the parts were made. */
struct metric_sums {
    int64_t count;
    double error, square, absolute; /**< of prediction less observation */
    double x, y, xx, yy, xy;        /**< observed, predicted and their products */
};

/** Adds one pair; a pair with a missing value (NaN) is passed over. */
void metric_add(struct metric_sums *sums, double observed, double predicted);

/** Adds the pairs of @p part to @p sums. */
void metric_merge(struct metric_sums *sums, const struct metric_sums *part);

/** Mean of the observations, mean error (bias), mean absolute error, root mean square error, Pearson's
 *  correlation; NaN where there are too few pairs, the last also where one side is constant. */
double metric_mean(const struct metric_sums *sums);
double metric_bias(const struct metric_sums *sums);
double metric_mae(const struct metric_sums *sums);
double metric_rmse(const struct metric_sums *sums);
double metric_correlation(const struct metric_sums *sums);

#endif
