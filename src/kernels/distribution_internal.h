/* airshed -- GPL-3.0-or-later. What each family of distributions can do, without truncation. */
#ifndef AIRSHED_KERNELS_DISTRIBUTION_INTERNAL_H
#define AIRSHED_KERNELS_DISTRIBUTION_INTERNAL_H

#include "kernels/distribution.h"

/** Functions of a continuous family; @p p are its parameters. */
struct family_law {
    enum distribution_fault (*check)(const double *p);
    double (*log_density)(const double *p, double x);
    double (*lower)(const double *p, double x); /**< probability of values <= x */
    double (*upper)(const double *p, double x); /**< of values > x */
    double (*lower_quantile)(const double *p, double probability);
    double (*upper_quantile)(const double *p, double probability);
    double (*mean)(const double *p);
    double (*variance)(const double *p);
    /** Integral of y^order times the density for low < x <= high, y = (x - origin) / unit. */
    double (*partial)(const double *p, int order, double low, double high);
    double (*origin)(const double *p);
    double (*unit)(const double *p);
    /** Both tails of many values, where that is less work than one by one; NULL allowed. */
    void (*tails)(const double *p, const double *values, int64_t count, double *lower,
                  double *upper);
};

/** NULL for the constant and the empirical family. */
const struct family_law *family_law_of(enum distribution_family family);

/** The probability that truncation leaves, from the tail in which it has more digits. */
struct truncation {
    bool is_high;       /**< the interval lies above the median: start and width count from above */
    double start;       /**< probability below low (above high) */
    double probability; /**< of the interval; 1 without truncation */
};

struct truncation distribution_truncation(const struct distribution *distribution);

/** Empirical: first value that truncation leaves, and how many. */
int64_t distribution_kept(const struct distribution *distribution, int64_t *first);

#endif
