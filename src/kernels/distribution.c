/* airshed -- GPL-3.0-or-later. Distributions of one uncertain number, truncated where asked for. */
#include "kernels/distribution.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "distribution_internal.h"

#define LEAST_PROBABILITY 1e-12

static const struct {
    const char *name;
    int count;
    const char *parameters[DISTRIBUTION_PARAMETERS];
} families[DISTRIBUTION_FAMILY_COUNT] = {
#define X(code, name, count, first, second, third, fourth)                                         \
    [code] = {name, count, {first, second, third, fourth}},
    DISTRIBUTION_FAMILIES(X)
#undef X
};

const char *distribution_family_name(enum distribution_family family)
{
    return (unsigned)family < DISTRIBUTION_FAMILY_COUNT ? families[family].name : "unknown";
}

enum distribution_family distribution_family_find(const char *name)
{
    int family = 0;
    while (family < DISTRIBUTION_FAMILY_COUNT && strcmp(families[family].name, name) != 0) {
        family++;
    }
    return (enum distribution_family)family;
}

int distribution_parameter_count(enum distribution_family family)
{
    return (unsigned)family < DISTRIBUTION_FAMILY_COUNT ? families[family].count : 0;
}

const char *distribution_parameter_name(enum distribution_family family, int parameter)
{
    bool is_one = parameter >= 0 && parameter < distribution_parameter_count(family);
    return is_one ? families[family].parameters[parameter] : "";
}

/* ---- making ------------------------------------------------------------------------------- */

struct distribution distribution_of(enum distribution_family family, double first, double second,
                                    double third, double fourth)
{
    return (struct distribution){.family = family,
                                 .parameters = {first, second, third, fourth},
                                 .low = -INFINITY,
                                 .high = INFINITY};
}

struct distribution distribution_empirical(const double *values, int64_t count)
{
    return (struct distribution){.family = DISTRIBUTION_EMPIRICAL,
                                 .low = -INFINITY,
                                 .high = INFINITY,
                                 .values = values,
                                 .count = count};
}

struct distribution distribution_truncate(struct distribution distribution, double low, double high)
{
    /* Not fmax(): a NaN is a fault that distribution_check() is to see. */
    distribution.low = distribution.low > low ? distribution.low : low;
    distribution.high = distribution.high < high ? distribution.high : high;
    return distribution;
}

/** log of 1 + the squared coefficient of variation of a Weibull distribution, falling in the shape. */
static double weibull_log_spread(double shape)
{
    return lgamma(1 + 2 / shape) - 2 * lgamma(1 + 1 / shape);
}

static double weibull_shape(double log_spread)
{
    double low = log(0.02), high = log(1e6);
    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (low + high);
        bool is_low = weibull_log_spread(exp(middle)) > log_spread;
        low = is_low ? middle : low;
        high = is_low ? high : middle;
    }
    return exp(0.5 * (low + high));
}

struct distribution distribution_from_moments(enum distribution_family family, double mean,
                                              double sd, double low, double high)
{
    double square = (sd / mean) * (sd / mean);
    double share = (mean - low) / (high - low);
    double sum = share * (1 - share) * (high - low) * (high - low) / (sd * sd) - 1;
    bool is_positive = mean > 0 && sd > 0;
    switch (family) {
    case DISTRIBUTION_CONSTANT:
        return distribution_of(family, mean, 0, 0, 0);
    case DISTRIBUTION_NORMAL:
        return distribution_of(family, mean, sd, 0, 0);
    case DISTRIBUTION_UNIFORM:
        return distribution_of(family, mean - sqrt(3) * sd, mean + sqrt(3) * sd, 0, 0);
    case DISTRIBUTION_TRIANGULAR:
        return distribution_of(family, low, 3 * mean - low - high, high, 0);
    case DISTRIBUTION_BETA:
        return distribution_of(family, sum * share, sum * (1 - share), low, high);
    case DISTRIBUTION_LOGNORMAL:
        if (is_positive) {
            double variance = log1p(square);
            return distribution_of(family, log(mean) - 0.5 * variance, sqrt(variance), 0, 0);
        }
        break;
    case DISTRIBUTION_GAMMA:
        if (is_positive) {
            return distribution_of(family, 1 / square, mean * square, 0, 0);
        }
        break;
    case DISTRIBUTION_WEIBULL:
        if (is_positive) {
            double shape = weibull_shape(log1p(square));
            return distribution_of(family, shape, mean / exp(lgamma(1 + 1 / shape)), 0, 0);
        }
        break;
    default:
        break;
    }
    return distribution_of(family, NAN, NAN, NAN, NAN);
}

/* ---- checking ----------------------------------------------------------------------------- */

const char *distribution_fault_text(enum distribution_fault fault)
{
    static const char *const texts[] = {
#define X(code, text) [code] = text,
        DISTRIBUTION_FAULTS(X)
#undef X
    };
    return (size_t)fault < sizeof texts / sizeof *texts ? texts[fault] : "unknown";
}

static enum distribution_fault check_values(const struct distribution *distribution)
{
    bool sound = distribution->values != NULL && distribution->count > 0;
    for (int64_t i = 0; sound && i < distribution->count; i++) {
        sound = isfinite(distribution->values[i]) &&
                (i == 0 || distribution->values[i] >= distribution->values[i - 1]);
    }
    return sound ? DISTRIBUTION_SOUND : DISTRIBUTION_NO_VALUES;
}

static double probability_left(const struct distribution *distribution)
{
    if (distribution->family == DISTRIBUTION_CONSTANT) {
        double value = distribution->parameters[0];
        return value >= distribution->low && value <= distribution->high;
    }
    if (distribution->family == DISTRIBUTION_EMPIRICAL) {
        int64_t first;
        return (double)distribution_kept(distribution, &first);
    }
    return distribution_truncation(distribution).probability;
}

enum distribution_fault distribution_check(const struct distribution *distribution)
{
    const struct family_law *law = family_law_of(distribution->family);
    enum distribution_fault fault;
    if (distribution->family == DISTRIBUTION_EMPIRICAL) {
        fault = check_values(distribution);
    } else if (law == NULL) {
        fault =
            isfinite(distribution->parameters[0]) ? DISTRIBUTION_SOUND : DISTRIBUTION_NOT_FINITE;
    } else {
        fault = law->check(distribution->parameters);
    }
    bool has_interval = law == NULL ? distribution->low <= distribution->high
                                    : distribution->low < distribution->high;
    if (fault != DISTRIBUTION_SOUND) {
        return fault;
    }
    if (!has_interval) {
        return DISTRIBUTION_EMPTY_INTERVAL;
    }
    return probability_left(distribution) >= LEAST_PROBABILITY ? DISTRIBUTION_SOUND
                                                               : DISTRIBUTION_NO_PROBABILITY;
}

/* ---- truncation --------------------------------------------------------------------------- */

static bool is_truncated(const struct distribution *distribution)
{
    return distribution->low > -INFINITY || distribution->high < INFINITY;
}

struct truncation distribution_truncation(const struct distribution *distribution)
{
    if (!is_truncated(distribution)) {
        return (struct truncation){false, 0, 1};
    }
    const struct family_law *law = family_law_of(distribution->family);
    const double *p = distribution->parameters;
    double low = distribution->low, high = distribution->high;
    double below = low > -INFINITY ? law->lower(p, low) : 0;
    if (below > 0.5) {
        double above = high < INFINITY ? law->upper(p, high) : 0;
        return (struct truncation){true, above, law->upper(p, low) - above};
    }
    double up_to = high < INFINITY ? law->lower(p, high) : 1;
    return (struct truncation){false, below, up_to - below};
}

/** Values of an empirical distribution below @p x, or up to it. */
static int64_t values_below(const struct distribution *distribution, double x, bool or_equal)
{
    int64_t low = 0, high = distribution->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        double value = distribution->values[middle];
        bool is_below = or_equal ? value <= x : value < x;
        low = is_below ? middle + 1 : low;
        high = is_below ? high : middle;
    }
    return low;
}

int64_t distribution_kept(const struct distribution *distribution, int64_t *first)
{
    *first = values_below(distribution, distribution->low, false);
    return values_below(distribution, distribution->high, true) - *first;
}

/* ---- density and tails -------------------------------------------------------------------- */

double distribution_log_density(const struct distribution *distribution, double x)
{
    const struct family_law *law = family_law_of(distribution->family);
    if (law == NULL) {
        return NAN;
    }
    if (x < distribution->low || x > distribution->high) {
        return -INFINITY;
    }
    return law->log_density(distribution->parameters, x) -
           log(distribution_truncation(distribution).probability);
}

double distribution_density(const struct distribution *distribution, double x)
{
    return exp(distribution_log_density(distribution, x));
}

/** Share of the values of a constant or empirical distribution up to @p x. */
static double discrete_cdf(const struct distribution *distribution, double x)
{
    if (distribution->family == DISTRIBUTION_CONSTANT) {
        return x >= distribution->parameters[0];
    }
    int64_t first, kept = distribution_kept(distribution, &first);
    int64_t below = values_below(distribution, x, true) - first;
    return (double)(below < 0 ? 0 : below > kept ? kept : below) / (double)kept;
}

double distribution_cdf(const struct distribution *distribution, double x)
{
    const struct family_law *law = family_law_of(distribution->family);
    if (isnan(x)) {
        return NAN;
    }
    if (law == NULL) {
        return discrete_cdf(distribution, x);
    }
    if (x <= distribution->low || x >= distribution->high) {
        return x >= distribution->high;
    }
    const double *p = distribution->parameters;
    struct truncation part = distribution_truncation(distribution);
    double share = part.is_high ? law->upper(p, distribution->low) - law->upper(p, x)
                                : law->lower(p, x) - part.start;
    return fmax(0, fmin(1, share / part.probability));
}

double distribution_survival(const struct distribution *distribution, double x)
{
    const struct family_law *law = family_law_of(distribution->family);
    if (isnan(x)) {
        return NAN;
    }
    if (law == NULL) {
        return 1 - discrete_cdf(distribution, x);
    }
    if (x <= distribution->low || x >= distribution->high) {
        return x < distribution->high;
    }
    const double *p = distribution->parameters;
    struct truncation part = distribution_truncation(distribution);
    double above = distribution->high < INFINITY ? law->upper(p, distribution->high) : 0;
    return fmax(0, fmin(1, (law->upper(p, x) - above) / part.probability));
}

void distribution_tails(const struct distribution *distribution, const double *values,
                        int64_t count, double *cdf, double *survival)
{
    const struct family_law *law = family_law_of(distribution->family);
    if (law != NULL && law->tails != NULL && !is_truncated(distribution)) {
        law->tails(distribution->parameters, values, count, cdf, survival);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        cdf[i] = distribution_cdf(distribution, values[i]);
        survival[i] = distribution_survival(distribution, values[i]);
    }
}

/* ---- quantiles ---------------------------------------------------------------------------- */

static double discrete_quantile(const struct distribution *distribution, double u)
{
    if (distribution->family == DISTRIBUTION_CONSTANT) {
        return distribution->parameters[0];
    }
    int64_t first, kept = distribution_kept(distribution, &first);
    int64_t rank = (int64_t)ceil(u * (double)kept) - 1;
    rank = rank < 0 ? 0 : rank >= kept ? kept - 1 : rank;
    return distribution->values[first + rank];
}

double distribution_quantile(const struct distribution *distribution, double u)
{
    const struct family_law *law = family_law_of(distribution->family);
    if (!(u >= 0 && u <= 1)) {
        return NAN;
    }
    if (law == NULL) {
        return discrete_quantile(distribution, u);
    }
    const double *p = distribution->parameters;
    struct truncation part = distribution_truncation(distribution);
    double value;
    if (part.is_high) {
        value = law->upper_quantile(p, part.start + (1 - u) * part.probability);
    } else {
        double probability = fmin(1, part.start + u * part.probability);
        value = probability > 0.5 ? law->upper_quantile(p, 1 - probability)
                                  : law->lower_quantile(p, probability);
    }
    return fmax(distribution->low, fmin(distribution->high, value));
}

/* ---- moments ------------------------------------------------------------------------------ */

static double empirical_moment(const struct distribution *distribution, int order)
{
    int64_t first, kept = distribution_kept(distribution, &first);
    const double *values = distribution->values + first;
    double mean = 0, square = 0;
    for (int64_t i = 0; i < kept; i++) {
        mean += values[i] / (double)kept;
    }
    for (int64_t i = 0; i < kept; i++) {
        square += (values[i] - mean) * (values[i] - mean) / (double)kept;
    }
    return order == 1 ? mean : square;
}

/** Mean of the truncated law, in units from the origin, to the power @p order. */
static double truncated_moment(const struct distribution *distribution,
                               const struct family_law *law, int order)
{
    return law->partial(distribution->parameters, order, distribution->low, distribution->high) /
           distribution_truncation(distribution).probability;
}

double distribution_mean(const struct distribution *distribution)
{
    const struct family_law *law = family_law_of(distribution->family);
    const double *p = distribution->parameters;
    if (law == NULL) {
        return distribution->family == DISTRIBUTION_CONSTANT ? p[0]
                                                             : empirical_moment(distribution, 1);
    }
    if (!is_truncated(distribution)) {
        return law->mean(p);
    }
    return law->origin(p) + law->unit(p) * truncated_moment(distribution, law, 1);
}

double distribution_variance(const struct distribution *distribution)
{
    const struct family_law *law = family_law_of(distribution->family);
    const double *p = distribution->parameters;
    if (law == NULL) {
        return distribution->family == DISTRIBUTION_CONSTANT ? 0
                                                             : empirical_moment(distribution, 2);
    }
    if (!is_truncated(distribution)) {
        return law->variance(p);
    }
    double mean = truncated_moment(distribution, law, 1), unit = law->unit(p);
    double square = truncated_moment(distribution, law, 2);
    return unit * unit * fmax(0, square - mean * mean);
}
