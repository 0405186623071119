/* airshed -- GPL-3.0-or-later. inventory: all that is known of the samples of a value: fits, bootstrap,
 * variability and its uncertainty (P3.10, P3.11). */
#ifndef AIRSHED_COMMANDS_INVENTORY_FITS_H
#define AIRSHED_COMMANDS_INVENTORY_FITS_H

#include "inputs.h"
#include "kernels/bootstrap.h"
#include "kernels/distribution_fit.h"

enum {
    FITS_MAX = 14,         /**< seven families by likelihood and by moments */
    FIT_STATISTICS = 5,    /**< mean, sd, and three percentiles */
    FIT_PERCENTILES = 11,  /**< of the variability */
    TEST_REPLICATES = 199, /**< most replicates of a p-value: steps of 0.005 */
};

/** "mean", "sd", "p2.5", "median", "p97.5". */
extern const char *const inventory_sample_statistics[FIT_STATISTICS];

/** Probabilities whose quantiles describe the variability: 0.01 to 0.99. */
extern const double inventory_percentiles[FIT_PERCENTILES];

/** A number with its uncertainty. */
struct known_within {
    double estimate;
    double low, median, high; /**< over the replicates; 95 % between low and high */
};

/** What is known of one value's samples. Holds no pointers that count, so that it can be sent. */
struct inventory_sample {
    int64_t value; /**< of the model */
    int64_t count;
    int fit_count;                          /**< 0: fewer than 5 values */
    struct distribution_fit fits[FITS_MAX]; /**< by likelihood, then by moments */
    int chosen;                             /**< of fits, by likelihood alone; -1 */
    enum fit_choice choice;
    /** Bootstrap of the sample. */
    double statistic[FIT_STATISTICS];
    struct bootstrap_interval percentile[FIT_STATISTICS], bca[FIT_STATISTICS];
    /** Two-dimensional simulation: quantiles of the chosen fit, of the samples where they are to be taken
     *  as they are; then mean and standard deviation. */
    struct known_within variability[FIT_PERCENTILES + 2];
};

/** How many values have samples, two or more, and number @p number of them. */
int64_t inventory_samples_count(const struct inventory_inputs *inputs);
int64_t inventory_samples_value(const struct inventory_inputs *inputs, int64_t number);

/** Finds all that is known of the samples of @p value. Local; depends on the seed, the value's name and its
 *  samples alone. @return STATUS_OK or STATUS_MEMORY */
enum status inventory_sample_study(const struct inventory_inputs *inputs, int64_t value,
                                   struct inventory_sample *sample);

#endif
