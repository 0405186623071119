/* airshed -- GPL-3.0-or-later. Distributions fitted to a sample, how well they fit, and which to take. */
#include "kernels/distribution_fit.h"

#include <gsl/gsl_multimin.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"
#include "kernels/random_words.h"
#include "kernels/sampler.h"
#include "lanes_internal.h"

enum {
    MOST_STEPS = 100,
    SIMPLEX_STEPS = 1000,
    PART = 64 /* values that are looked at together */
};

/** What fits need of a sample. */
struct sample {
    const double *values; /* [count], ascending */
    int64_t count;
    double n, mean, sd, skewness; /* moments divide by n */
    double log_mean, log_sd;      /* of the logarithms; NaN for families that need none */
    double *room;                 /* [count] or NULL: for the logarithms, less their mean */
};

/* Two passes, means first. */
static void moments(struct sample *sample)
{
    double sum = 0, square = 0, cube = 0;
    for (int64_t i = 0; i < sample->count; i++) {
        sum += sample->values[i];
    }
    sample->mean = sum / sample->n;
    for (int64_t i = 0; i < sample->count; i++) {
        double d = sample->values[i] - sample->mean;
        square += d * d;
        cube += d * d * d;
    }
    sample->sd = sqrt(square / sample->n);
    sample->skewness = cube / sample->n / (sample->sd * sample->sd * sample->sd);
}

/* The logarithm of a value less the mean logarithm. */
static double log_rest(const struct sample *sample, int64_t i)
{
    return sample->room != NULL ? sample->room[i] : log(sample->values[i]) - sample->log_mean;
}

static void log_moments(struct sample *sample)
{
    double sum = 0, square = 0;
    for (int64_t i = 0; i < sample->count; i++) {
        double one = log(sample->values[i]);
        sum += one;
        if (sample->room != NULL) {
            sample->room[i] = one;
        }
    }
    sample->log_mean = sum / sample->n;
    for (int64_t i = 0; sample->room != NULL && i < sample->count; i++) {
        sample->room[i] -= sample->log_mean;
    }
    for (int64_t i = 0; i < sample->count; i++) {
        double d = log_rest(sample, i);
        square += d * d;
    }
    sample->log_sd = sqrt(square / sample->n);
}

static bool has_logarithms(enum distribution_family family)
{
    return family == DISTRIBUTION_LOGNORMAL || family == DISTRIBUTION_GAMMA ||
           family == DISTRIBUTION_WEIBULL;
}

/* ---- maximum likelihood ------------------------------------------------------------------- */

/** Square roots of the diagonal of the inverse of [[aa, ab], [ab, bb]]. */
static void errors_of_information(double aa, double ab, double bb, double errors[2])
{
    double determinant = aa * bb - ab * ab;
    errors[0] = sqrt(bb / determinant);
    errors[1] = sqrt(aa / determinant);
}

static void fit_normal(const struct sample *sample, double mean, double sd,
                       struct distribution_fit *fit)
{
    double root = sqrt(sample->n);
    fit->distribution = distribution_of(fit->family, mean, sd, 0, 0);
    fit->standard_errors[0] = sd / root;
    fit->standard_errors[1] = sd / (M_SQRT2 * root);
}

/* log a - digamma(a) = log mean - mean log: Newton on 1 / a (Minka 2002). */
static void fit_gamma(const struct sample *sample, struct distribution_fit *fit)
{
    double gap = log(sample->mean) - sample->log_mean, step = 1;
    double shape = (3 - gap + sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap);
    for (int i = 0; i < MOST_STEPS && fabs(step) > 1e-13; i++) {
        double error = log(shape) - gsl_sf_psi(shape) - gap;
        double inverse = 1 / shape + error / (shape * shape * (1 / shape - gsl_sf_psi_1(shape)));
        step = 1 - shape * inverse;
        shape = 1 / inverse;
    }
    double scale = sample->mean / shape;
    fit->distribution = distribution_of(fit->family, shape, scale, 0, 0);
    errors_of_information(sample->n * gsl_sf_psi_1(shape), sample->n / scale,
                          sample->n * shape / (scale * scale), fit->standard_errors);
}

/** Sums over e = exp(k d), d = log x - mean log: e, e d, e d d. */
static void weibull_sums(const struct sample *sample, double shape, double sums[3])
{
    sums[0] = sums[1] = sums[2] = 0;
    for (int64_t i = 0; i < sample->count; i++) {
        double d = log_rest(sample, i), e = exp(shape * d);
        sums[0] += e;
        sums[1] += e * d;
        sums[2] += e * d * d;
    }
}

/* sum(e d) / sum(e) - 1 / k = 0, which grows in k. The start is from the sd of the logarithms. */
static void fit_weibull(const struct sample *sample, struct distribution_fit *fit)
{
    double shape = 1.2825498301618641 / sample->log_sd, step = 1, sums[3];
    for (int i = 0; i < MOST_STEPS && fabs(step) > 1e-14 * shape; i++) {
        weibull_sums(sample, shape, sums);
        double ratio = sums[1] / sums[0];
        double slope = sums[2] / sums[0] - ratio * ratio + 1 / (shape * shape);
        step = (1 / shape - ratio) / slope;
        shape = shape + step > 0 ? shape + step : shape / 2;
    }
    weibull_sums(sample, shape, sums);
    double log_scale = sample->log_mean + log(sums[0] / sample->n) / shape, scale = exp(log_scale);
    /* Sums of z L and z L L, z = (x / scale)^shape, L = log(x / scale) = d - offset. */
    double offset = log_scale - sample->log_mean, weight = sample->n / sums[0];
    double first = weight * sums[1] - offset * sample->n;
    double second = weight * (sums[2] - 2 * offset * sums[1]) + offset * offset * sample->n;
    fit->distribution = distribution_of(fit->family, shape, scale, 0, 0);
    errors_of_information(sample->n / (shape * shape) + second, -shape / scale * first,
                          sample->n * shape * shape / (scale * scale), fit->standard_errors);
}

/* digamma(a) - digamma(a + b) = mean log y and the same of 1 - y, by Newton from the moments. */
static void fit_beta(const struct sample *sample, double low, double high,
                     struct distribution_fit *fit)
{
    double mean_low = 0, mean_high = 0, aa = NAN, bb = NAN, ab = NAN;
    for (int64_t i = 0; i < sample->count; i++) {
        mean_low += log((sample->values[i] - low) / (high - low)) / sample->n;
        mean_high += log((high - sample->values[i]) / (high - low)) / sample->n;
    }
    struct distribution start =
        distribution_from_moments(DISTRIBUTION_BETA, sample->mean, sample->sd, low, high);
    bool is_sound = distribution_check(&start) == DISTRIBUTION_SOUND;
    double a = is_sound ? start.parameters[0] : 1, b = is_sound ? start.parameters[1] : 1;
    double step = 1;
    for (int i = 0; i < MOST_STEPS && step > 1e-13; i++) {
        double both = gsl_sf_psi(a + b), bend = gsl_sf_psi_1(a + b);
        double error_a = mean_low - gsl_sf_psi(a) + both,
               error_b = mean_high - gsl_sf_psi(b) + both;
        aa = gsl_sf_psi_1(a) - bend;
        bb = gsl_sf_psi_1(b) - bend;
        ab = -bend;
        double determinant = aa * bb - ab * ab;
        double to_a = a + (bb * error_a - ab * error_b) / determinant;
        double to_b = b + (aa * error_b - ab * error_a) / determinant;
        to_a = to_a > 0 ? to_a : a / 2;
        to_b = to_b > 0 ? to_b : b / 2;
        step = fmax(fabs(to_a / a - 1), fabs(to_b / b - 1));
        a = to_a;
        b = to_b;
    }
    fit->distribution = distribution_of(fit->family, a, b, low, high);
    errors_of_information(sample->n * aa, sample->n * ab, sample->n * bb, fit->standard_errors);
}

/* ---- triangular --------------------------------------------------------------------------- */

/** Logarithms of the distances of @p x to both ends, [PART]; of a distance that is lost in rounding that
 *  of a very small number. */
KERNEL_CLONES static void triangle_logarithms(const double *x, int64_t count, double low,
                                              double high, double *from_low, double *from_high)
{
    for (int64_t i = 0; i < count; i++) {
        from_low[i] = lanes_logarithm(x[i] - low);
        from_high[i] = lanes_logarithm(high - x[i]);
    }
}

/** Given the ends, the likelihood is largest with the mode at one of the values. With the mode at value i it
 *  is the sum of log(x - low) before i and of log(high - x) behind it, the latter less what all have in
 *  common: two logarithms a value are enough. */
static double triangle_likelihood(const struct sample *sample, double low, double high,
                                  double *mode)
{
    const double *x = sample->values;
    double left = 0, right = 0, best = -INFINITY;
    double from_low[PART], from_high[PART];
    for (int64_t i = 0; i < sample->count; i++) {
        int64_t k = i % PART, rest = sample->count - i;
        if (k == 0) {
            triangle_logarithms(x + i, rest < PART ? rest : PART, low, high, from_low, from_high);
        }
        right += from_high[k];
        double value = left - (double)i * from_low[k] - right - (double)(rest - 1) * from_high[k];
        if (value > best) {
            best = value;
            *mode = x[i];
        }
        left += from_low[k];
    }
    return best + right + sample->n * log(2 / (high - low));
}

/** Ends at distances of exp(u), exp(v) ranges beyond the values. */
static void triangle_ends(const struct sample *sample, const gsl_vector *at, double *low,
                          double *high)
{
    double least = sample->values[0], most = sample->values[sample->count - 1];
    double range = most - least;
    *low = least - range * exp(fmax(-30, fmin(10, gsl_vector_get(at, 0))));
    *high = most + range * exp(fmax(-30, fmin(10, gsl_vector_get(at, 1))));
}

static double triangle_cost(const gsl_vector *at, void *sample)
{
    double low, high, mode;
    triangle_ends(sample, at, &low, &high);
    return -triangle_likelihood(sample, low, high, &mode);
}

static void fit_triangular(struct sample *sample, struct distribution_fit *fit)
{
    double start[2] = {-3, -3}, reach[2] = {1, 1};
    gsl_vector_view from = gsl_vector_view_array(start, 2), steps = gsl_vector_view_array(reach, 2);
    gsl_multimin_function cost = {.f = triangle_cost, .n = 2, .params = sample};
    gsl_multimin_fminimizer *simplex =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, 2);
    gsl_multimin_fminimizer_set(simplex, &cost, &from.vector, &steps.vector);
    for (int i = 0; i < SIMPLEX_STEPS && gsl_multimin_fminimizer_size(simplex) > 1e-6; i++) {
        if (gsl_multimin_fminimizer_iterate(simplex) != 0) {
            break;
        }
    }
    double low, high, mode = NAN;
    triangle_ends(sample, simplex->x, &low, &high);
    triangle_likelihood(sample, low, high, &mode);
    gsl_multimin_fminimizer_free(simplex);
    fit->distribution = distribution_of(fit->family, low, mode, high, 0);
}

/** Skewness of a triangle on [0, 1] with its mode at @p mode, falling from 0.566 to -0.566. */
static double triangle_skewness(double mode)
{
    double spread = 1 - mode + mode * mode;
    return M_SQRT2 * (1 - 2 * mode) * (1 + mode) * (2 - mode) / (5 * spread * sqrt(spread));
}

static struct distribution triangle_of_moments(const struct sample *sample)
{
    double below = 0, above = 1;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (below + above);
        bool is_low = triangle_skewness(middle) > sample->skewness;
        below = is_low ? middle : below;
        above = is_low ? above : middle;
    }
    double mode = 0.5 * (below + above);
    double width = sample->sd * sqrt(18 / (1 - mode + mode * mode));
    double low = sample->mean - width * (1 + mode) / 3;
    return distribution_of(DISTRIBUTION_TRIANGULAR, low, low + mode * width, low + width, 0);
}

/* ---- one family --------------------------------------------------------------------------- */

static enum reason reason_of(enum distribution_family family, const double *sorted, int64_t count,
                             double low, double high)
{
    bool is_positive = has_logarithms(family);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(sorted[i])) {
            return REASON_MISSING;
        }
    }
    if (count < (family == DISTRIBUTION_TRIANGULAR  ? 3
                 : family == DISTRIBUTION_EMPIRICAL ? 1
                                                    : 2)) {
        return REASON_TOO_SHORT;
    }
    if (family == DISTRIBUTION_EMPIRICAL) {
        return REASON_OK;
    }
    if (is_positive && sorted[0] <= 0) {
        return REASON_NOT_POSITIVE;
    }
    if (family == DISTRIBUTION_BETA && !(sorted[0] > low && sorted[count - 1] < high)) {
        return REASON_OUTSIDE_BOUNDS;
    }
    return sorted[0] == sorted[count - 1] ? REASON_FLAT_SERIES : REASON_OK;
}

static void fit_by_likelihood(struct sample *sample, double low, double high,
                              struct distribution_fit *fit)
{
    switch (fit->family) {
    case DISTRIBUTION_NORMAL:
        fit_normal(sample, sample->mean, sample->sd, fit);
        break;
    case DISTRIBUTION_LOGNORMAL:
        fit_normal(sample, sample->log_mean, sample->log_sd, fit);
        break;
    case DISTRIBUTION_UNIFORM:
        fit->distribution = distribution_of(fit->family, sample->values[0],
                                            sample->values[sample->count - 1], 0, 0);
        break;
    case DISTRIBUTION_TRIANGULAR:
        fit_triangular(sample, fit);
        break;
    case DISTRIBUTION_BETA:
        fit_beta(sample, low, high, fit);
        break;
    case DISTRIBUTION_GAMMA:
        fit_gamma(sample, fit);
        break;
    case DISTRIBUTION_WEIBULL:
        fit_weibull(sample, fit);
        break;
    default:
        break;
    }
}

static void fit_by_moments(const struct sample *sample, double low, double high,
                           struct distribution_fit *fit)
{
    fit->distribution =
        fit->family == DISTRIBUTION_TRIANGULAR
            ? triangle_of_moments(sample)
            : distribution_from_moments(fit->family, sample->mean, sample->sd, low, high);
}

static void set_likelihood(struct distribution_fit *fit, const struct sample *sample)
{
    double sum = 0, k = fit->free_parameters, n = sample->n;
    for (int64_t i = 0; i < sample->count; i++) {
        sum += distribution_log_density(&fit->distribution, sample->values[i]);
    }
    fit->log_likelihood = sum;
    fit->aic = 2 * k - 2 * sum;
    fit->bic = k * log(n) - 2 * sum;
    fit->aicc = n > k + 1 ? fit->aic + 2 * k * (k + 1) / (n - k - 1) : NAN;
}

static struct distribution_fit no_fit(enum distribution_family family, enum fit_method method)
{
    return (struct distribution_fit){.family = family,
                                     .method = method,
                                     .distribution = distribution_of(family, NAN, NAN, NAN, NAN),
                                     .standard_errors = {NAN, NAN, NAN, NAN},
                                     .log_likelihood = NAN,
                                     .aic = NAN,
                                     .aicc = NAN,
                                     .bic = NAN,
                                     .ks = NAN,
                                     .ad = NAN,
                                     .cvm = NAN,
                                     .p_ks = NAN,
                                     .p_ad = NAN};
}

/* The distribution alone, without likelihood and distances. */
static struct distribution_fit fit_sample(enum distribution_family family, enum fit_method method,
                                          struct sample *sample, double low, double high)
{
    struct distribution_fit fit = no_fit(family, method);
    fit.count = sample->count;
    fit.reason = reason_of(family, sample->values, sample->count, low, high);
    if (fit.reason != REASON_OK) {
        return fit;
    }
    if (family == DISTRIBUTION_EMPIRICAL) {
        fit.distribution = distribution_empirical(sample->values, sample->count);
        return fit;
    }
    moments(sample);
    if (has_logarithms(family) && method == FIT_LIKELIHOOD) {
        log_moments(sample);
    }
    fit.free_parameters = family == DISTRIBUTION_TRIANGULAR ? 3 : 2;
    if (method == FIT_LIKELIHOOD) {
        fit_by_likelihood(sample, low, high, &fit);
    } else {
        fit_by_moments(sample, low, high, &fit);
    }
    if (distribution_check(&fit.distribution) != DISTRIBUTION_SOUND) {
        fit = no_fit(family, method);
        fit.count = sample->count;
        fit.reason = REASON_NO_CONVERGENCE;
    }
    return fit;
}

static struct sample sample_of(const double *sorted, int64_t count, double *room)
{
    return (struct sample){.values = sorted,
                           .count = count,
                           .n = (double)count,
                           .log_mean = NAN,
                           .log_sd = NAN,
                           .room = room};
}

struct distribution_fit distribution_fit(enum distribution_family family, enum fit_method method,
                                         const double *sorted, int64_t count, double low,
                                         double high)
{
    struct sample sample = sample_of(sorted, count, NULL);
    struct distribution_fit fit = fit_sample(family, method, &sample, low, high);
    if (fit.reason == REASON_OK && family != DISTRIBUTION_EMPIRICAL) {
        set_likelihood(&fit, &sample);
        distribution_fit_distances(&fit, sorted, count);
    }
    return fit;
}

/* ---- distances ---------------------------------------------------------------------------- */

void distribution_fit_distances(struct distribution_fit *fit, const double *sorted, int64_t count)
{
    double n = (double)count, sum = 0;
    fit->ks = 0;
    fit->cvm = 1 / (12 * n);
    double cdf[PART], survival[PART];
    for (int64_t i = 0; i < count; i++) {
        if (i % PART == 0) {
            int64_t left = count - i;
            distribution_tails(&fit->distribution, sorted + i, left < PART ? left : PART, cdf,
                               survival);
        }
        double below = cdf[i % PART], rest = survival[i % PART];
        double step = (double)i / n, middle = step + 0.5 / n;
        fit->ks = fmax(fit->ks, fmax(fabs(below - step), fabs(below - step - 1 / n)));
        fit->cvm += (below - middle) * (below - middle);
        /* log F of value i and log(1 - F) of value i from above have the same weight. */
        sum += (2 * (double)i + 1) * log(below) + (2 * (n - (double)i) - 1) * log(rest);
    }
    fit->ad = -n - sum / n;
}

/* ---- samples of a fit --------------------------------------------------------------------- */

/** What makes samples of the size of a fit's from its distribution and fits them anew. */
struct refitter {
    const struct distribution_fit *fit;
    struct sampler *sampler;
    struct random_key key;
    uint64_t item;
    double *values, *room; /* [count] */
    int64_t *ends;         /* [count + 1] */
};

static void refitter_clear(struct refitter *refitter)
{
    sampler_destroy(&refitter->sampler);
    free(refitter->values);
    free(refitter->room);
    free(refitter->ends);
}

static enum status refitter_init(struct refitter *refitter, const struct distribution_fit *fit,
                                 struct random_key key, uint64_t item)
{
    enum status status;
    size_t count = (size_t)fit->count;
    *refitter = (struct refitter){.fit = fit, .key = key, .item = item};
    TRY(memory_allocate(count, sizeof *refitter->values, &refitter->values));
    TRY(memory_allocate(count, sizeof *refitter->room, &refitter->room));
    TRY(memory_allocate(count + 1, sizeof *refitter->ends, &refitter->ends));
    TRY(sampler_create(&fit->distribution, &refitter->sampler));
done:
    return status;
}

static int64_t class_of(double uniform, int64_t count)
{
    int64_t number = (int64_t)(uniform * (double)count);
    return number < count ? number : count - 1;
}

/* Into count classes of equal width, in which uniform numbers are few. */
static void sort_classes(const double *uniforms, int64_t count, int64_t *ends, double *sorted)
{
    memset(ends, 0, (size_t)(count + 1) * sizeof *ends);
    for (int64_t i = 0; i < count; i++) {
        ends[1 + class_of(uniforms[i], count)]++;
    }
    for (int64_t i = 0; i < count; i++) {
        ends[i + 1] += ends[i];
    }
    for (int64_t i = 0; i < count; i++) {
        sorted[ends[class_of(uniforms[i], count)]++] = uniforms[i];
    }
}

/* Quick where each value is near its place. */
static void sort_nearly_sorted(double *values, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        double value = values[i];
        int64_t place = i;
        for (; place > 0 && values[place - 1] > value; place--) {
            values[place] = values[place - 1];
        }
        values[place] = value;
    }
}

/* The same family fitted to sample number @p replicate. Quantiles grow with their probability, but for the
 * last digit: uniform numbers that are sorted make values that nearly are. */
static struct distribution_fit refit(const struct refitter *refitter, int64_t replicate)
{
    const struct distribution_fit *fit = refitter->fit;
    const double *p = fit->distribution.parameters;
    double *values = refitter->values, *room = refitter->room;
    random_words_uniforms(refitter->key, refitter->item + (uint64_t)replicate, 0, fit->count, room);
    sort_classes(room, fit->count, refitter->ends, values);
    sort_nearly_sorted(values, fit->count);
    sampler_draw(refitter->sampler, values, fit->count, values);
    sort_nearly_sorted(values, fit->count);
    struct sample sample = sample_of(values, fit->count, room);
    return fit_sample(fit->family, fit->method, &sample, p[2], p[3]);
}

static bool is_tested(const struct distribution_fit *fit)
{
    return fit->reason == REASON_OK && fit->family != DISTRIBUTION_EMPIRICAL;
}

enum status distribution_fit_tally(const struct distribution_fit *fit, struct random_key key,
                                   uint64_t item, int64_t first, int64_t replicates,
                                   struct fit_tally *tally)
{
    enum status status = STATUS_OK;
    struct refitter refitter = {0};
    if (!is_tested(fit)) {
        return STATUS_OK;
    }
    TRY(refitter_init(&refitter, fit, key, item));
    for (int64_t r = first; r < first + replicates; r++) {
        struct distribution_fit other = refit(&refitter, r);
        if (other.reason == REASON_OK) {
            distribution_fit_distances(&other, refitter.values, fit->count);
            tally->made++;
            tally->worse_ks += other.ks >= fit->ks;
            tally->worse_ad += other.ad >= fit->ad;
        }
    }
done:
    refitter_clear(&refitter);
    return status;
}

void distribution_fit_conclude(struct distribution_fit *fit, const struct fit_tally *tally)
{
    if (is_tested(fit)) {
        double all = 1 + (double)tally->made;
        fit->p_ks = (1 + (double)tally->worse_ks) / all;
        fit->p_ad = isfinite(fit->ad) ? (1 + (double)tally->worse_ad) / all : NAN;
    }
}

enum status distribution_fit_test(struct distribution_fit *fit, struct random_key key,
                                  uint64_t item, int64_t replicates)
{
    enum status status;
    struct fit_tally tally = {0, 0, 0};
    TRY(distribution_fit_tally(fit, key, item, 0, replicates, &tally));
    distribution_fit_conclude(fit, &tally);
done:
    return status;
}

enum status distribution_fit_replicates(const struct distribution_fit *fit, struct random_key key,
                                        uint64_t item, int64_t replicates,
                                        const double *probabilities, int count, double *quantiles)
{
    enum status status = STATUS_OK;
    struct refitter refitter = {0};
    TRY(refitter_init(&refitter, fit, key, item));
    for (int64_t r = 0; r < replicates; r++) {
        struct distribution_fit other = refit(&refitter, r);
        bool is_sound = other.reason == REASON_OK;
        for (int i = 0; i < count; i++) {
            quantiles[i * replicates + r] =
                is_sound ? distribution_quantile(&other.distribution, probabilities[i]) : NAN;
        }
        quantiles[count * replicates + r] = is_sound ? distribution_mean(&other.distribution) : NAN;
        quantiles[(count + 1) * replicates + r] =
            is_sound ? sqrt(distribution_variance(&other.distribution)) : NAN;
    }
done:
    refitter_clear(&refitter);
    return status;
}

/* ---- choice ------------------------------------------------------------------------------- */

static bool is_rival(const struct distribution_fit *fit)
{
    return fit->reason == REASON_OK && fit->family != DISTRIBUTION_EMPIRICAL;
}

int distribution_fit_choose(const struct distribution_fit *fits, int count, double level,
                            enum fit_choice *choice)
{
    int best = -1, nearest = -1;
    for (int i = 0; i < count; i++) {
        if (!is_rival(&fits[i])) {
            continue;
        }
        if (nearest < 0 || fits[i].ad < fits[nearest].ad) {
            nearest = i;
        }
        bool passes = !(fits[i].p_ad < level) && !(fits[i].p_ks < level) && isfinite(fits[i].aicc);
        if (passes && (best < 0 || fits[i].aicc < fits[best].aicc)) {
            best = i;
        }
    }
    *choice = best >= 0 ? FIT_CHOICE_AICC : nearest >= 0 ? FIT_CHOICE_DISTANCE : FIT_CHOICE_NONE;
    return best >= 0 ? best : nearest;
}

enum reason distribution_fit_small(const double *sorted, int64_t count,
                                   struct distribution *distribution)
{
    if (count == 0) {
        *distribution = distribution_of(DISTRIBUTION_CONSTANT, NAN, 0, 0, 0);
        return REASON_ALL_MISSING;
    }
    double low = sorted[0], high = sorted[count - 1], mean = 0;
    for (int64_t i = 0; i < count; i++) {
        mean += sorted[i] / (double)count;
    }
    struct distribution triangle =
        distribution_from_moments(DISTRIBUTION_TRIANGULAR, mean, 0, low, high);
    if (low == high) {
        *distribution = distribution_of(DISTRIBUTION_CONSTANT, low, 0, 0, 0);
    } else if (count >= 3 && distribution_check(&triangle) == DISTRIBUTION_SOUND) {
        *distribution = triangle;
    } else {
        *distribution = distribution_of(DISTRIBUTION_UNIFORM, low, high, 0, 0);
    }
    return REASON_SMALL_SAMPLE;
}
