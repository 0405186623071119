/* airshed -- GPL-3.0-or-later. Bootstrap of a sample: replicates, percentile and BCa intervals. */
#include "kernels/bootstrap.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "kernels/quantile.h"
#include "kernels/random_words.h"

enum {
    GROUP = RANDOM_WORDS_BLOCK * RANDOM_WORDS_LANES, /* words that are made at once */
};

/* ---- statistics --------------------------------------------------------------------------- */

double bootstrap_mean(double *rows, int64_t count, int columns, void *context)
{
    (void)context;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += rows[i * columns];
    }
    return sum / (double)count;
}

double bootstrap_sd(double *rows, int64_t count, int columns, void *context)
{
    double mean = bootstrap_mean(rows, count, columns, context), square = 0;
    for (int64_t i = 0; i < count; i++) {
        double rest = rows[i * columns] - mean;
        square = fma(rest, rest, square);
    }
    return count > 1 ? sqrt(square / (double)(count - 1)) : NAN;
}

double bootstrap_percentile(double *rows, int64_t count, int columns, void *context)
{
    (void)columns;
    return quantile(rows, count, *(const double *)context);
}

/* ---- replicates --------------------------------------------------------------------------- */

/** The choices of one replicate, a group of words at a time. */
struct choices {
    const struct bootstrap_sample *sample;
    uint64_t block;
    uint32_t words[GROUP];
};

static struct choices choices_of(const struct bootstrap_sample *sample, int64_t replicate)
{
    uint64_t groups = ((uint64_t)sample->count + GROUP - 1) / GROUP;
    return (struct choices){.sample = sample,
                            .block = (uint64_t)replicate * groups * RANDOM_WORDS_LANES};
}

static void next_choices(struct choices *choices)
{
    random_words(choices->sample->key, choices->sample->item, choices->block, RANDOM_WORDS_LANES,
                 choices->words);
    choices->block += RANDOM_WORDS_LANES;
}

static int64_t choice(const struct choices *choices, int64_t number)
{
    return (int64_t)((uint64_t)choices->words[number % GROUP] * (uint64_t)choices->sample->count >>
                     32);
}

void bootstrap_replicates(const struct bootstrap_sample *sample, bootstrap_statistic *statistic,
                          void *context, int64_t first, int64_t replicates, double *scratch,
                          double *values)
{
    size_t columns = (size_t)sample->columns;
    for (int64_t r = 0; r < replicates; r++) {
        struct choices choices = choices_of(sample, first + r);
        for (int64_t i = 0; i < sample->count; i++) {
            if (i % GROUP == 0) {
                next_choices(&choices);
            }
            memcpy(scratch + (size_t)i * columns,
                   sample->rows + (size_t)choice(&choices, i) * columns, columns * sizeof *scratch);
        }
        values[r] = statistic(scratch, sample->count, sample->columns, context);
    }
}

void bootstrap_means(const struct bootstrap_sample *sample, int64_t first, int64_t replicates,
                     double *means)
{
    for (int64_t r = 0; r < replicates; r++) {
        struct choices choices = choices_of(sample, first + r);
        double sum = 0;
        for (int64_t i = 0; i < sample->count; i++) {
            if (i % GROUP == 0) {
                next_choices(&choices);
            }
            sum += sample->rows[choice(&choices, i)];
        }
        means[r] = sum / (double)sample->count;
    }
}

/* ---- intervals ---------------------------------------------------------------------------- */

/* The statistic without each row in turn, after the first columns of scratch. */
double bootstrap_acceleration(const struct bootstrap_sample *sample, bootstrap_statistic *statistic,
                              void *context, double *scratch)
{
    size_t columns = (size_t)sample->columns, count = (size_t)sample->count;
    double *without = scratch + count * columns, mean = 0, square = 0, cube = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(scratch, sample->rows, i * columns * sizeof *scratch);
        memcpy(scratch + i * columns, sample->rows + (i + 1) * columns,
               (count - i - 1) * columns * sizeof *scratch);
        without[i] = statistic(scratch, sample->count - 1, sample->columns, context);
        mean += without[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double rest = mean - without[i];
        square += rest * rest;
        cube += rest * rest * rest;
    }
    return square > 0 ? cube / (6 * square * sqrt(square)) : 0;
}

/* The quantile at @p probability, by norm.inter() of R's boot; *error is its standard error. */
static double normal_quantile(const double *sorted, int64_t count, double probability,
                              double *error)
{
    double place = (double)(count + 1) * probability;
    int64_t k = (int64_t)floor(place);
    if (k < 1 || k >= count) {
        *error = NAN;
        return k < 1 ? sorted[0] : sorted[count - 1];
    }
    double spread = sqrt((double)count * probability * (1 - probability));
    int64_t reach = (int64_t)ceil(spread);
    int64_t below = k - reach < 1 ? 1 : k - reach, above = k + reach > count ? count : k + reach;
    *error = (sorted[above - 1] - sorted[below - 1]) / (double)(above - below) * spread;
    if ((double)k == place) {
        return sorted[k - 1];
    }
    double at = gsl_cdf_ugaussian_Pinv(probability);
    double left = gsl_cdf_ugaussian_Pinv((double)k / (double)(count + 1));
    double right = gsl_cdf_ugaussian_Pinv((double)(k + 1) / (double)(count + 1));
    return sorted[k - 1] + (at - left) / (right - left) * (sorted[k] - sorted[k - 1]);
}

static struct bootstrap_interval interval_between(const double *sorted, int64_t replicates,
                                                  double low, double high)
{
    struct bootstrap_interval interval = {NAN, NAN, NAN, NAN};
    if (replicates > 0 && low >= 0 && high <= 1) {
        interval.low = normal_quantile(sorted, replicates, low, &interval.low_error);
        interval.high = normal_quantile(sorted, replicates, high, &interval.high_error);
    }
    return interval;
}

struct bootstrap_interval bootstrap_percentile_interval(const double *sorted, int64_t replicates,
                                                        double level)
{
    return interval_between(sorted, replicates, 0.5 * (1 - level), 0.5 * (1 + level));
}

struct bootstrap_interval bootstrap_bca_interval(const double *sorted, int64_t replicates,
                                                 double estimate, double acceleration, double level)
{
    int64_t below = 0;
    while (below < replicates && sorted[below] < estimate) {
        below++;
    }
    if (below == 0 || below == replicates) {
        return (struct bootstrap_interval){NAN, NAN, NAN, NAN};
    }
    double bias = gsl_cdf_ugaussian_Pinv((double)below / (double)replicates);
    double ends[2];
    for (int side = 0; side < 2; side++) {
        double z = bias + gsl_cdf_ugaussian_Pinv(0.5 * (side == 0 ? 1 - level : 1 + level));
        ends[side] = gsl_cdf_ugaussian_P(bias + z / (1 - acceleration * z));
    }
    return interval_between(sorted, replicates, ends[0], ends[1]);
}
