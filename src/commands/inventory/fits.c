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

static struct random_key test_key(const struct inventory_inputs *inputs)
{
    return (struct random_key){inputs->settings.seed, random_stream("inventory.fits")};
}

/* Families that apply: beta has ends for shares alone, 0 and 1. @return how many */
static int families_of(const struct inventory_inputs *inputs, const struct inventory_value *value,
                       enum distribution_family found[FAMILIES])
{
    int count = 0;
    bool is_share = inputs->model->parameters[value->parameter].kind == PARAMETER_SHARE;
    for (int i = 0; i < FAMILIES; i++) {
        if (families[i] != DISTRIBUTION_BETA || is_share) {
            found[count++] = families[i];
        }
    }
    return count;
}

enum status inventory_fit_choose(const struct inventory_inputs *inputs,
                                 const struct inventory_value *value, const double *sorted,
                                 enum distribution_family family, struct distribution_fit *fit)
{
    enum status status = STATUS_OK;
    struct distribution_fit fits[FAMILIES];
    enum distribution_family rivals[FAMILIES];
    enum fit_choice choice;
    if (family < DISTRIBUTION_FAMILY_COUNT) {
        *fit = distribution_fit(family, FIT_LIKELIHOOD, sorted, value->sample_count, 0, 1);
        return STATUS_OK;
    }
    int count = families_of(inputs, value, rivals);
    for (int i = 0; i < count; i++) {
        fits[i] = distribution_fit(rivals[i], FIT_LIKELIHOOD, sorted, value->sample_count, 0, 1);
        TRY(distribution_fit_test(&fits[i], test_key(inputs), value->identity,
                                  test_replicates(inputs)));
    }
    int best = distribution_fit_choose(fits, count, LEAST_P, &choice);
    *fit = fits[best >= 0 ? best : 0];
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
                          int64_t times, double *scratch, double *replicates,
                          struct inventory_bootstrap *found)
{
    double *context = &statistic.probability;
    memcpy(scratch, sample->rows, (size_t)sample->count * sizeof *scratch);
    found->estimate = statistic.function(scratch, sample->count, 1, context);
    bootstrap_replicates(sample, statistic.function, context, 0, times, scratch, replicates);
    times = sort_numbers(replicates, times);
    found->percentile = bootstrap_percentile_interval(replicates, times, LEVEL);
    double acceleration = bootstrap_acceleration(sample, statistic.function, context, scratch);
    found->bca = bootstrap_bca_interval(replicates, times, found->estimate, acceleration, LEVEL);
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
                        const double *sorted, const struct inventory_sample *sample,
                        struct inventory_variability *found)
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
        found->known[i] = within(estimate, quantiles + i * times, times);
    }
done:
    free(quantiles);
    return status;
}

/* ---- parts -------------------------------------------------------------------------------- */

enum {
    PART_VALUES = 1 << 17 /* of the replicates of a part, unless one has more: some 20 ms */
};

/* Some replicates of the test of a fit. */
struct test_part {
    int64_t sample, first, replicates;
    int fit;
    double cost;
};

struct inventory_studies {
    const struct inventory_inputs *inputs;
    struct inventory_sample *samples; /* [count] */
    struct fit_tally *tallies;        /* [count, FITS_MAX] */
    double **sorted;                  /* [count], samples of each value, ascending */
    int64_t *order;                   /* [count], the largest first */
    int64_t count;
    struct test_part *tests; /* [test_count], the dearest first */
    int64_t test_count;
};

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

static const struct inventory_value *value_of(const struct inventory_studies *studies,
                                              int64_t sample)
{
    return &studies->inputs->model->values[studies->samples[sample].value];
}

/* By family, as measured: of a refit and its distances, a value; the search for a triangle is the dearest. */
static double refit_cost(enum distribution_family family, enum fit_method method)
{
    bool is_searched = family == DISTRIBUTION_TRIANGULAR && method == FIT_LIKELIHOOD;
    bool has_series = family == DISTRIBUTION_GAMMA || family == DISTRIBUTION_BETA;
    return is_searched ? 5 : has_series ? 4 : 1;
}

/* Family and method of fit number @p fit: all families by likelihood, then all by moments. */
static enum distribution_family family_of(const struct inventory_studies *studies, int64_t sample,
                                          int fit, enum fit_method *method)
{
    enum distribution_family rivals[FAMILIES];
    int count = families_of(studies->inputs, value_of(studies, sample), rivals);
    *method = fit < count ? FIT_LIKELIHOOD : FIT_MOMENTS;
    return rivals[fit % count];
}

static int64_t part_replicates(const struct inventory_studies *studies, int64_t sample)
{
    int64_t fitting = PART_VALUES / studies->samples[sample].count;
    return fitting > 1 ? fitting : 1;
}

static void cut_test(struct inventory_studies *studies, int64_t sample, int fit)
{
    enum fit_method method;
    enum distribution_family family = family_of(studies, sample, fit, &method);
    int64_t all = test_replicates(studies->inputs), part = part_replicates(studies, sample);
    for (int64_t first = 0; first < all; first += part) {
        int64_t replicates = all - first < part ? all - first : part;
        studies->tests[studies->test_count++] =
            (struct test_part){.sample = sample,
                               .first = first,
                               .replicates = replicates,
                               .fit = fit,
                               .cost = refit_cost(family, method) *
                                       (double)(replicates * studies->samples[sample].count)};
    }
}

/* Equal costs in the order in which they were cut. */
static int compare_parts(const void *a, const void *b)
{
    const struct test_part *first = a, *second = b;
    if (first->cost != second->cost) {
        return first->cost < second->cost ? 1 : -1;
    }
    if (first->sample != second->sample) {
        return first->sample < second->sample ? -1 : 1;
    }
    if (first->fit != second->fit) {
        return first->fit < second->fit ? -1 : 1;
    }
    return (first->first > second->first) - (first->first < second->first);
}

static enum status cut_tests(struct inventory_studies *studies)
{
    enum status status;
    int64_t most = 0, all = test_replicates(studies->inputs);
    for (int64_t i = 0; i < studies->count; i++) {
        int64_t part = part_replicates(studies, i);
        most += studies->samples[i].fit_count * ((all + part - 1) / part);
    }
    TRY(memory_allocate((size_t)most, sizeof *studies->tests, &studies->tests));
    for (int64_t i = 0; i < studies->count; i++) {
        for (int fit = 0; fit < studies->samples[i].fit_count; fit++) {
            cut_test(studies, i, fit);
        }
    }
    qsort(studies->tests, (size_t)studies->test_count, sizeof *studies->tests, compare_parts);
done:
    return status;
}

static int compare_sizes(const void *a, const void *b, void *context)
{
    const struct inventory_studies *studies = context;
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    int64_t one = studies->samples[first].count, other = studies->samples[second].count;
    return one != other ? (one < other ? 1 : -1) : (first > second) - (first < second);
}

static enum status take_sample(struct inventory_studies *studies, int64_t number, int64_t value)
{
    enum status status;
    const struct inventory_value *from = &studies->inputs->model->values[value];
    enum distribution_family rivals[FAMILIES];
    bool is_small = from->sample_count < FIT_SMALL_SAMPLE;
    double **sorted = &studies->sorted[number];
    studies->samples[number] = (struct inventory_sample){
        .value = value,
        .count = from->sample_count,
        .fit_count = is_small ? 0 : 2 * families_of(studies->inputs, from, rivals),
        .chosen = -1,
        .choice = FIT_CHOICE_NONE};
    studies->order[number] = number;
    TRY(memory_allocate((size_t)from->sample_count, sizeof **sorted, sorted));
    memcpy(*sorted, from->samples, (size_t)from->sample_count * sizeof **sorted);
    qsort(*sorted, (size_t)from->sample_count, sizeof **sorted, compare);
done:
    return status;
}

enum status inventory_studies_create(const struct inventory_inputs *inputs,
                                     struct inventory_studies **out)
{
    enum status status;
    struct inventory_studies *studies = NULL;
    int64_t count = inventory_samples_count(inputs), number = 0;
    TRY(memory_allocate(1, sizeof *studies, &studies));
    studies->inputs = inputs;
    TRY(memory_allocate((size_t)count, sizeof *studies->samples, &studies->samples));
    TRY(memory_allocate((size_t)(count * FITS_MAX), sizeof *studies->tallies, &studies->tallies));
    TRY(memory_allocate((size_t)count, sizeof *studies->sorted, &studies->sorted));
    studies->count = count;
    TRY(memory_allocate((size_t)count, sizeof *studies->order, &studies->order));
    for (int64_t value = 0; value < inputs->model->value_count; value++) {
        if (is_studied(&inputs->model->values[value])) {
            TRY(take_sample(studies, number++, value));
        }
    }
    qsort_r(studies->order, (size_t)count, sizeof *studies->order, compare_sizes, studies);
    TRY(cut_tests(studies));
    *out = studies;
    studies = NULL;
done:
    inventory_studies_destroy(&studies);
    return status;
}

void inventory_studies_destroy(struct inventory_studies **studies)
{
    struct inventory_studies *own = *studies;
    if (own == NULL) {
        return;
    }
    for (int64_t i = 0; i < own->count; i++) {
        free(own->sorted[i]);
    }
    free(own->samples);
    free(own->tallies);
    free(own->sorted);
    free(own->order);
    free(own->tests);
    free(own);
    *studies = NULL;
}

int64_t inventory_studies_tests(const struct inventory_studies *studies)
{
    return studies->test_count;
}

int64_t inventory_studies_bootstraps(const struct inventory_studies *studies)
{
    return studies->count * FIT_STATISTICS;
}

int64_t inventory_studies_variabilities(const struct inventory_studies *studies)
{
    return studies->count;
}

enum status inventory_study_test(const struct inventory_studies *studies, int64_t part,
                                 struct inventory_test *found)
{
    const struct test_part *test = &studies->tests[part];
    const struct inventory_sample *sample = &studies->samples[test->sample];
    enum fit_method method;
    enum distribution_family family = family_of(studies, test->sample, test->fit, &method);
    *found = (struct inventory_test){
        .fit =
            distribution_fit(family, method, studies->sorted[test->sample], sample->count, 0, 1)};
    return distribution_fit_tally(&found->fit, test_key(studies->inputs),
                                  value_of(studies, test->sample)->identity, test->first,
                                  test->replicates, &found->tally);
}

enum status inventory_study_bootstrap(const struct inventory_studies *studies, int64_t part,
                                      struct inventory_bootstrap *found)
{
    enum status status;
    int64_t sample = studies->order[part / FIT_STATISTICS], count = studies->samples[sample].count;
    const struct inventory_settings *settings = &studies->inputs->settings;
    double *scratch = NULL, *replicates = NULL;
    struct bootstrap_sample drawn = {
        .rows = studies->sorted[sample],
        .count = count,
        .columns = 1,
        .key = {settings->seed, random_stream("inventory.bootstrap")},
        .item = value_of(studies, sample)->identity,
    };
    TRY(memory_allocate(2 * (size_t)count, sizeof *scratch, &scratch));
    TRY(memory_allocate((size_t)settings->replicates, sizeof *replicates, &replicates));
    bootstrap_one(&drawn, statistics[part % FIT_STATISTICS], settings->replicates, scratch,
                  replicates, found);
done:
    free(scratch);
    free(replicates);
    return status;
}

enum status inventory_study_variability(const struct inventory_studies *studies, int64_t part,
                                        struct inventory_variability *found)
{
    int64_t sample = studies->order[part];
    return vary(studies->inputs, value_of(studies, sample), studies->sorted[sample],
                &studies->samples[sample], found);
}

void inventory_studies_take_test(struct inventory_studies *studies, int64_t part,
                                 const struct inventory_test *found)
{
    const struct test_part *test = &studies->tests[part];
    struct fit_tally *tally = &studies->tallies[test->sample * FITS_MAX + test->fit];
    studies->samples[test->sample].fits[test->fit] = found->fit;
    tally->made += found->tally.made;
    tally->worse_ks += found->tally.worse_ks;
    tally->worse_ad += found->tally.worse_ad;
}

void inventory_studies_take_bootstrap(struct inventory_studies *studies, int64_t part,
                                      const struct inventory_bootstrap *found)
{
    int64_t sample = studies->order[part / FIT_STATISTICS];
    studies->samples[sample].bootstrap[part % FIT_STATISTICS] = *found;
}

void inventory_studies_take_variability(struct inventory_studies *studies, int64_t part,
                                        const struct inventory_variability *found)
{
    studies->samples[studies->order[part]].variability = *found;
}

/* AICc compares likelihoods, so the choice is among the fits that have the largest. */
void inventory_studies_choose(struct inventory_studies *studies)
{
    for (int64_t i = 0; i < studies->count; i++) {
        struct inventory_sample *sample = &studies->samples[i];
        for (int fit = 0; fit < sample->fit_count; fit++) {
            distribution_fit_conclude(&sample->fits[fit], &studies->tallies[i * FITS_MAX + fit]);
        }
        if (sample->fit_count > 0) {
            sample->chosen = distribution_fit_choose(sample->fits, sample->fit_count / 2, LEAST_P,
                                                     &sample->choice);
        }
    }
}

const struct inventory_sample *inventory_studies_samples(const struct inventory_studies *studies)
{
    return studies->samples;
}
