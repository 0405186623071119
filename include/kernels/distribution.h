/* airshed -- GPL-3.0-or-later. Distributions of one uncertain number, truncated where that is asked
 * for (P3.10, P3.12). */
#ifndef AIRSHED_KERNELS_DISTRIBUTION_H
#define AIRSHED_KERNELS_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

enum {
    DISTRIBUTION_PARAMETERS = 4 /**< most parameters of a family */
};

/** Families with their names in configs and tables, and the names of their parameters in order:
 *
 *  - constant: value
 *  - normal: mean, sd
 *  - lognormal: meanlog, sdlog, of the natural logarithm
 *  - triangular: low, mode, high
 *  - uniform: low, high
 *  - beta: shape1, shape2, low, high; the usual one has low 0 and high 1
 *  - gamma: shape, scale (1 / rate)
 *  - weibull: shape, scale
 *  - empirical: no parameters; each value is as likely as any other
 */
#define DISTRIBUTION_FAMILIES(X)                                                                   \
    X(DISTRIBUTION_CONSTANT, "constant", 1, "value", "", "", "")                                   \
    X(DISTRIBUTION_NORMAL, "normal", 2, "mean", "sd", "", "")                                      \
    X(DISTRIBUTION_LOGNORMAL, "lognormal", 2, "meanlog", "sdlog", "", "")                          \
    X(DISTRIBUTION_TRIANGULAR, "triangular", 3, "low", "mode", "high", "")                         \
    X(DISTRIBUTION_UNIFORM, "uniform", 2, "low", "high", "", "")                                   \
    X(DISTRIBUTION_BETA, "beta", 4, "shape1", "shape2", "low", "high")                             \
    X(DISTRIBUTION_GAMMA, "gamma", 2, "shape", "scale", "", "")                                    \
    X(DISTRIBUTION_WEIBULL, "weibull", 2, "shape", "scale", "", "")                                \
    X(DISTRIBUTION_EMPIRICAL, "empirical", 0, "", "", "", "")

enum distribution_family {
#define X(code, name, count, first, second, third, fourth) code,
    DISTRIBUTION_FAMILIES(X)
#undef X
    DISTRIBUTION_FAMILY_COUNT
};

/** A plain value. Every function below but distribution_check() needs one that passes it. */
struct distribution {
    enum distribution_family family;
    double parameters[DISTRIBUTION_PARAMETERS];
    double low, high; /**< truncation: values lie in [low, high]; infinite where there is none */
    const double *values; /**< empirical: [count], ascending, the caller's; else NULL */
    int64_t count;
};

/** What is wrong with a distribution. */
#define DISTRIBUTION_FAULTS(X)                                                                     \
    X(DISTRIBUTION_SOUND, "sound")                                                                 \
    X(DISTRIBUTION_NOT_FINITE, "a parameter is missing or not finite")                             \
    X(DISTRIBUTION_NOT_POSITIVE, "a spread, shape or scale is not above 0")                        \
    X(DISTRIBUTION_DISORDERED, "low, mode and high are not in ascending order")                    \
    X(DISTRIBUTION_NO_VALUES, "there are no values, or they are not finite and ascending")         \
    X(DISTRIBUTION_EMPTY_INTERVAL, "the truncation is not an interval")                            \
    X(DISTRIBUTION_NO_PROBABILITY, "the truncation leaves less than 1e-12 of the probability")

enum distribution_fault {
#define X(code, text) code,
    DISTRIBUTION_FAULTS(X)
#undef X
};

/** "lognormal" and so on; "unknown" for a number that is no family. */
const char *distribution_family_name(enum distribution_family family);

/** The family called @p name, or DISTRIBUTION_FAMILY_COUNT. */
enum distribution_family distribution_family_find(const char *name);

/** How many parameters a family has, and the name of one of them ("" beyond the last). */
int distribution_parameter_count(enum distribution_family family);
const char *distribution_parameter_name(enum distribution_family family, int parameter);

/** A distribution without truncation; parameters beyond the family's do not count. For the empirical
 *  one see distribution_empirical(). */
struct distribution distribution_of(enum distribution_family family, double first, double second,
                                    double third, double fourth);

/** Of @p values [count], ascending, which must outlive the distribution. */
struct distribution distribution_empirical(const double *values, int64_t count);

/** The same, truncated to [@p low, @p high] as well. */
struct distribution distribution_truncate(struct distribution distribution, double low,
                                          double high);

/** The distribution of a family that has this mean and standard deviation (method of moments):
 *  constant (sd is ignored), normal, lognormal (mean > 0), uniform, gamma (mean > 0), weibull (mean >
 *  0), beta on [@p low, @p high], triangular with these ends (sd is ignored; the mode is 3 mean - low
 *  - high). @p low and @p high serve no other family. What is impossible comes out with NaN, which
 *  distribution_check() tells; so does the empirical family. */
struct distribution distribution_from_moments(enum distribution_family family, double mean,
                                              double sd, double low, double high);

/** DISTRIBUTION_SOUND, or the first fault found. */
enum distribution_fault distribution_check(const struct distribution *distribution);

/** A fault in words that can follow a colon. */
const char *distribution_fault_text(enum distribution_fault fault);

/** Density at @p x; its logarithm (-INFINITY where the density is 0). NaN for the constant and the
 *  empirical distribution, which have none. */
double distribution_density(const struct distribution *distribution, double x);
double distribution_log_density(const struct distribution *distribution, double x);

/** Probability of values <= @p x, and of values > @p x, which keeps its digits in the upper tail. */
double distribution_cdf(const struct distribution *distribution, double x);
double distribution_survival(const struct distribution *distribution, double x);

/** Both of @p values [@p count], finite: cdf [count], survival [count]. */
void distribution_tails(const struct distribution *distribution, const double *values,
                        int64_t count, double *cdf, double *survival);

/** The value that is reached with probability @p u in [0, 1]: exact to some 1e-13, relative. Of the
 *  empirical distribution value number ceil(u count). Ends of the support at 0 and 1. kernels/sampler.h
 *  does the same for many values, fast. */
double distribution_quantile(const struct distribution *distribution, double u);

/** Moments of the truncated distribution in closed form. Of an empirical one the variance is that of
 *  its values, divided by count. */
double distribution_mean(const struct distribution *distribution);
double distribution_variance(const struct distribution *distribution);

#endif
