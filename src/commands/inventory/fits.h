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

/** A fit, and some of the replicates of its test. */
struct inventory_test {
    struct distribution_fit fit;
    struct fit_tally tally;
};

/** A statistic of a sample with its intervals. */
struct inventory_bootstrap {
    double estimate;
    struct bootstrap_interval percentile, bca;
};

/** Two-dimensional simulation: quantiles of the chosen fit, of the samples where they are to be taken as they
 *  are; then mean and standard deviation. */
struct inventory_variability {
    struct known_within known[FIT_PERCENTILES + 2];
};

/** What is known of one value's samples. */
struct inventory_sample {
    int64_t value; /**< of the model */
    int64_t count;
    int fit_count;                          /**< 0: fewer than 5 values */
    struct distribution_fit fits[FITS_MAX]; /**< by likelihood, then by moments */
    int chosen;                             /**< of fits, by likelihood alone; -1 */
    enum fit_choice choice;
    struct inventory_bootstrap bootstrap[FIT_STATISTICS];
    struct inventory_variability variability;
};

/** How many values have samples, two or more, and number @p number of them. */
int64_t inventory_samples_count(const struct inventory_inputs *inputs);
int64_t inventory_samples_value(const struct inventory_inputs *inputs, int64_t number);

/** All studies of samples, in parts that any rank can do: tests of fits and bootstraps first, then, once the
 *  tests have chosen a distribution, variabilities. Parts stand in the order of what they cost, the dearest
 *  first, so that ranks that take turns have equal shares; tests of large samples are several parts. A
 *  part depends on the seed, the value's name and its samples alone. */
struct inventory_studies;

enum status inventory_studies_create(const struct inventory_inputs *inputs,
                                     struct inventory_studies **studies);
void inventory_studies_destroy(struct inventory_studies **studies);

/** How many parts there are of each kind. */
int64_t inventory_studies_tests(const struct inventory_studies *studies);
int64_t inventory_studies_bootstraps(const struct inventory_studies *studies);
int64_t inventory_studies_variabilities(const struct inventory_studies *studies);

/** Does one part. Local. @return STATUS_OK or STATUS_MEMORY */
enum status inventory_study_test(const struct inventory_studies *studies, int64_t part,
                                 struct inventory_test *found);
enum status inventory_study_bootstrap(const struct inventory_studies *studies, int64_t part,
                                      struct inventory_bootstrap *found);
enum status inventory_study_variability(const struct inventory_studies *studies, int64_t part,
                                        struct inventory_variability *found);

/** Takes what parts have found; tests in the order of parts, and before the first variability is asked for
 *  all of them, once. */
void inventory_studies_take_test(struct inventory_studies *studies, int64_t part,
                                 const struct inventory_test *found);
void inventory_studies_take_bootstrap(struct inventory_studies *studies, int64_t part,
                                      const struct inventory_bootstrap *found);
void inventory_studies_take_variability(struct inventory_studies *studies, int64_t part,
                                        const struct inventory_variability *found);

/** Chooses the distribution of each value, when all tests are taken. */
void inventory_studies_choose(struct inventory_studies *studies);

/** All that is known, [inventory_samples_count()], in the order of values. */
const struct inventory_sample *inventory_studies_samples(const struct inventory_studies *studies);

#endif
