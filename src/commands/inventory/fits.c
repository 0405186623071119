/* airshed -- GPL-3.0-or-later. inventory: distributions fitted to the samples of a value, and what they leave
 * open (P3.10, P3.11). */
#include "fits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "inputs_internal.h"
#include "kernels/quantile.h"

#define LEAST_P                                                                                    \
    0.05 /* of the Anderson-Darling and Kolmogorov-Smirnov tests, for a family to be a rival */
#define LEVEL 0.95 /* of intervals */

static const enum distribution_family families[] = {
    DISTRIBUTION_NORMAL, DISTRIBUTION_LOGNORMAL, DISTRIBUTION_TRIANGULAR, DISTRIBUTION_UNIFORM,
    DISTRIBUTION_BETA,   DISTRIBUTION_GAMMA,     DISTRIBUTION_WEIBULL};
enum {
    FAMILIES = sizeof families / sizeof families[0]
};

const char *const inventory_sample_statistics[FIT_STATISTICS] = {"mean", "sd", "p2.5", "median",
                                                                 "p97.5"};
const double inventory_percentiles[FIT_PERCENTILES] = {0.01, 0.025, 0.05, 0.1,   0.25, 0.5,
                                                       0.75, 0.9,   0.95, 0.975, 0.99};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Missing ones, NaN, are left out. @return how many are left, ascending */
static int64_t sort_numbers(double *values, int64_t count)
{
    int64_t kept = quantile_compact(values, count);
    qsort(values, (size_t)kept, sizeof *values, compare);
    return kept;
}

/* ---- fits --------------------------------------------------------------------------------- */

static int64_t test_replicates(const struct inventory_inputs *inputs)
{
    int64_t replicates = inputs->settings.replicates;
    return replicates < TEST_REPLICATES ? replicates : TEST_REPLICATES;
}

/* Fits by one method all families that apply: beta has ends for shares alone, 0 and 1. */
static enum status fit_all(const struct inventory_inputs *inputs,
                           const struct inventory_value *value, const double *sorted,
                           enum fit_method method, struct distribution_fit *fits, int *count)
{
    enum status status = STATUS_OK;
    bool is_share = inputs->model->parameters[value->parameter].kind == PARAMETER_SHARE;
    struct random_key key = {inputs->settings.seed, random_stream("inventory.fits")};
    for (int i = 0; i < FAMILIES; i++) {
        if (families[i] != DISTRIBUTION_BETA || is_share) {
            struct distribution_fit *fit = &fits[(*count)++];
            *fit = distribution_fit(families[i], method, sorted, value->sample_count, 0, 1);
            TRY(distribution_fit_test(fit, key, value->identity, test_replicates(inputs)));
        }
    }
done:
    return status;
}

enum status inventory_fit_choose(const struct inventory_inputs *inputs,
                                 const struct inventory_value *value, const double *sorted,
                                 enum distribution_family family, struct distribution_fit *fit)
{
    enum status status;
    struct distribution_fit fits[FAMILIES];
    enum fit_choice choice;
    int count = 0;
    if (family < DISTRIBUTION_FAMILY_COUNT) {
        *fit = distribution_fit(family, FIT_LIKELIHOOD, sorted, value->sample_count, 0, 1);
        return STATUS_OK;
    }
    TRY(fit_all(inputs, value, sorted, FIT_LIKELIHOOD, fits, &count));
    int best = distribution_fit_choose(fits, count, LEAST_P, &choice);
    *fit = fits[best >= 0 ? best : 0];
done:
    return status;
}

/* AICc compares likelihoods, so the choice is among the fits that have the largest. */
static enum status fit_sample(const struct inventory_inputs *inputs,
                              const struct inventory_value *value, const double *sorted,
                              struct inventory_sample *sample)
{
    enum status status = STATUS_OK;
    int by_likelihood;
    sample->chosen = -1;
    sample->choice = FIT_CHOICE_NONE;
    if (sample->count < FIT_SMALL_SAMPLE) {
        return STATUS_OK;
    }
    TRY(fit_all(inputs, value, sorted, FIT_LIKELIHOOD, sample->fits, &sample->fit_count));
    by_likelihood = sample->fit_count;
    TRY(fit_all(inputs, value, sorted, FIT_MOMENTS, sample->fits, &sample->fit_count));
    sample->chosen = distribution_fit_choose(sample->fits, by_likelihood, LEAST_P, &sample->choice);
done:
    return status;
}

/* ---- bootstrap ---------------------------------------------------------------------------- */

struct statistic {
    bootstrap_statistic *function;
    double probability;
};

static const struct statistic statistics[FIT_STATISTICS] = {{bootstrap_mean, 0},
                                                            {bootstrap_sd, 0},
                                                            {bootstrap_percentile, 0.025},
                                                            {bootstrap_percentile, 0.5},
                                                            {bootstrap_percentile, 0.975}};

/* scratch [2 * count], replicates [settings' replicates] */
static void bootstrap_one(const struct bootstrap_sample *sample, struct statistic statistic,
                          int64_t times, double *scratch, double *replicates, double *estimate,
                          struct bootstrap_interval *percentile, struct bootstrap_interval *bca)
{
    double *context = &statistic.probability;
    memcpy(scratch, sample->rows, (size_t)sample->count * sizeof *scratch);
    *estimate = statistic.function(scratch, sample->count, 1, context);
    bootstrap_replicates(sample, statistic.function, context, 0, times, scratch, replicates);
    times = sort_numbers(replicates, times);
    *percentile = bootstrap_percentile_interval(replicates, times, LEVEL);
    double acceleration = bootstrap_acceleration(sample, statistic.function, context, scratch);
    *bca = bootstrap_bca_interval(replicates, times, *estimate, acceleration, LEVEL);
}

static void bootstrap_all(const struct inventory_inputs *inputs,
                          const struct inventory_value *value, const double *sorted,
                          double *scratch, double *replicates, struct inventory_sample *sample)
{
    struct bootstrap_sample drawn = {
        .rows = sorted,
        .count = value->sample_count,
        .columns = 1,
        .key = {inputs->settings.seed, random_stream("inventory.bootstrap")},
        .item = value->identity,
    };
    for (int i = 0; i < FIT_STATISTICS; i++) {
        bootstrap_one(&drawn, statistics[i], inputs->settings.replicates, scratch, replicates,
                      &sample->statistic[i], &sample->percentile[i], &sample->bca[i]);
    }
}

/* ---- variability and its uncertainty ------------------------------------------------------ */

static struct known_within within(double estimate, double *values, int64_t count)
{
    int64_t kept = sort_numbers(values, count);
    return (struct known_within){estimate, quantile(values, kept, 0.5 * (1 - LEVEL)),
                                 quantile(values, kept, 0.5),
                                 quantile(values, kept, 0.5 * (1 + LEVEL))};
}

/* The distribution that describes the spread between samples: the one that is drawn from where they are
 * plants, else the best fit; the samples themselves where there is none. */
static struct distribution_fit describing(const struct inventory_inputs *inputs,
                                          const struct inventory_sample *sample,
                                          const double *sorted)
{
    const struct input *input = &inputs->inputs[sample->value];
    struct distribution_fit fit =
        distribution_fit(DISTRIBUTION_EMPIRICAL, FIT_LIKELIHOOD, sorted, sample->count, 0, 1);
    if (input->origin == ORIGIN_FITTED) {
        fit = distribution_fit(input->distribution.family, FIT_LIKELIHOOD, sorted, sample->count, 0,
                               1);
    } else if (input->origin != ORIGIN_EMPIRICAL && sample->chosen >= 0) {
        fit = sample->fits[sample->chosen];
    }
    return fit;
}

static enum status vary(const struct inventory_inputs *inputs, const struct inventory_value *value,
                        const double *sorted, struct inventory_sample *sample)
{
    enum status status;
    double *quantiles = NULL;
    int64_t times = inputs->settings.replicates;
    struct random_key key = {inputs->settings.seed, random_stream("inventory.variability")};
    struct distribution_fit fit = describing(inputs, sample, sorted);
    const struct distribution *law = &fit.distribution;
    TRY(memory_allocate((size_t)((FIT_PERCENTILES + 2) * times), sizeof *quantiles, &quantiles));
    TRY(distribution_fit_replicates(&fit, key, value->identity, times, inventory_percentiles,
                                    FIT_PERCENTILES, quantiles));
    for (int i = 0; i < FIT_PERCENTILES + 2; i++) {
        double estimate = i < FIT_PERCENTILES ? distribution_quantile(law, inventory_percentiles[i])
                          : i == FIT_PERCENTILES ? distribution_mean(law)
                                                 : sqrt(distribution_variance(law));
        sample->variability[i] = within(estimate, quantiles + i * times, times);
    }
done:
    free(quantiles);
    return status;
}

/* ---- one value ---------------------------------------------------------------------------- */

static bool is_studied(const struct inventory_value *value)
{
    return value->meaning != SAMPLES_NONE && value->sample_count >= 2;
}

int64_t inventory_samples_count(const struct inventory_inputs *inputs)
{
    int64_t count = 0;
    for (int64_t i = 0; i < inputs->model->value_count; i++) {
        count += is_studied(&inputs->model->values[i]);
    }
    return count;
}

int64_t inventory_samples_value(const struct inventory_inputs *inputs, int64_t number)
{
    int64_t value = 0;
    while (number > 0 || !is_studied(&inputs->model->values[value])) {
        number -= is_studied(&inputs->model->values[value]);
        value++;
    }
    return value;
}

enum status inventory_sample_study(const struct inventory_inputs *inputs, int64_t number,
                                   struct inventory_sample *sample)
{
    enum status status;
    const struct inventory_value *value = &inputs->model->values[number];
    size_t count = (size_t)value->sample_count;
    double *sorted = NULL, *scratch = NULL, *replicates = NULL;
    *sample = (struct inventory_sample){.value = number, .count = value->sample_count};
    TRY(memory_allocate(count, sizeof *sorted, &sorted));
    TRY(memory_allocate(2 * count, sizeof *scratch, &scratch));
    TRY(memory_allocate((size_t)inputs->settings.replicates, sizeof *replicates, &replicates));
    memcpy(sorted, value->samples, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    TRY(fit_sample(inputs, value, sorted, sample));
    bootstrap_all(inputs, value, sorted, scratch, replicates, sample);
    TRY(vary(inputs, value, sorted, sample));
    for (int i = 0; i < sample->fit_count; i++) {
        sample->fits[i].distribution.values = NULL;
    }
done:
    free(sorted);
    free(scratch);
    free(replicates);
    return status;
}
