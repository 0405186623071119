/* airshed -- GPL-3.0-or-later. Families of distributions without truncation: tails, quantiles, moments.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stddef.h>

#include "distribution_internal.h"
#include "shape_law_internal.h"

#define LOG_ROOT_2PI 0.91893853320467274178

/** Probability of low < x <= high by the tails of a law. */
static double between(double (*lower)(const double *, double),
                      double (*upper)(const double *, double), const double *p, double low,
                      double high)
{
    double below = lower(p, low);
    return below > 0.5 ? upper(p, low) - upper(p, high) : lower(p, high) - below;
}

static enum distribution_fault check_finite(const double *p, int count)
{
    for (int i = 0; i < count; i++) {
        if (!isfinite(p[i])) {
            return DISTRIBUTION_NOT_FINITE;
        }
    }
    return DISTRIBUTION_SOUND;
}

static enum distribution_fault check_spread(const double *p)
{
    enum distribution_fault fault = check_finite(p, 2);
    return fault == DISTRIBUTION_SOUND && p[1] <= 0 ? DISTRIBUTION_NOT_POSITIVE : fault;
}

static enum distribution_fault check_shape(const double *p)
{
    enum distribution_fault fault = check_spread(p);
    return fault == DISTRIBUTION_SOUND && p[0] <= 0 ? DISTRIBUTION_NOT_POSITIVE : fault;
}

static double first_parameter(const double *p)
{
    return p[0];
}

static double second_parameter(const double *p)
{
    return p[1];
}

static double zero(const double *p)
{
    (void)p;
    return 0;
}

/* ---- normal ------------------------------------------------------------------------------- */

static double normal_log_density(const double *p, double x)
{
    double z = (x - p[0]) / p[1];
    return -0.5 * z * z - LOG_ROOT_2PI - log(p[1]);
}

static double score_lower(double z)
{
    return isinf(z) ? z > 0 : gsl_cdf_ugaussian_P(z);
}

static double score_upper(double z)
{
    return score_lower(-z);
}

static double normal_lower(const double *p, double x)
{
    return score_lower((x - p[0]) / p[1]);
}

static double normal_upper(const double *p, double x)
{
    return score_upper((x - p[0]) / p[1]);
}

static double normal_lower_quantile(const double *p, double u)
{
    return p[0] + p[1] * gsl_cdf_ugaussian_Pinv(u);
}

static double normal_upper_quantile(const double *p, double q)
{
    return p[0] - p[1] * gsl_cdf_ugaussian_Pinv(q);
}

static double normal_variance(const double *p)
{
    return p[1] * p[1];
}

/** z^power times the standard normal density, which is 0 at infinity. */
static double score_moment(double z, int power)
{
    return isinf(z) ? 0 : pow(z, power) * exp(-0.5 * z * z - LOG_ROOT_2PI);
}

static double normal_partial(const double *p, int order, double low, double high)
{
    double a = (low - p[0]) / p[1], b = (high - p[0]) / p[1];
    double probability = between(normal_lower, normal_upper, p, low, high);
    if (order == 1) {
        return score_moment(a, 0) - score_moment(b, 0);
    }
    return order == 0 ? probability : probability + score_moment(a, 1) - score_moment(b, 1);
}

/* ---- lognormal ---------------------------------------------------------------------------- */

static double lognormal_log_density(const double *p, double x)
{
    return x > 0 ? normal_log_density(p, log(x)) - log(x) : -INFINITY;
}

static double lognormal_lower(const double *p, double x)
{
    return x > 0 ? normal_lower(p, log(x)) : 0;
}

static double lognormal_upper(const double *p, double x)
{
    return x > 0 ? normal_upper(p, log(x)) : 1;
}

static double lognormal_lower_quantile(const double *p, double u)
{
    return exp(normal_lower_quantile(p, u));
}

static double lognormal_upper_quantile(const double *p, double q)
{
    return exp(normal_upper_quantile(p, q));
}

static double lognormal_mean(const double *p)
{
    return exp(p[0] + 0.5 * p[1] * p[1]);
}

static double lognormal_variance(const double *p)
{
    return expm1(p[1] * p[1]) * exp(2 * p[0] + p[1] * p[1]);
}

/* A moment of order k is that of the lognormal law whose logarithm is shifted by k variances. */
static double lognormal_partial(const double *p, int order, double low, double high)
{
    double shifted[2] = {p[0] + order * p[1] * p[1], p[1]};
    return exp(0.5 * order * order * p[1] * p[1]) *
           between(lognormal_lower, lognormal_upper, shifted, low, high);
}

static double lognormal_unit(const double *p)
{
    return exp(p[0]);
}

/* ---- triangular --------------------------------------------------------------------------- */

static enum distribution_fault triangular_check(const double *p)
{
    enum distribution_fault fault = check_finite(p, 3);
    bool ordered = p[0] <= p[1] && p[1] <= p[2] && p[0] < p[2];
    return fault == DISTRIBUTION_SOUND && !ordered ? DISTRIBUTION_DISORDERED : fault;
}

static double triangular_log_density(const double *p, double x)
{
    double low = p[0], mode = p[1], high = p[2], width = high - low;
    if (x < low || x > high) {
        return -INFINITY;
    }
    if (x < mode) {
        return log(2 * (x - low) / (width * (mode - low)));
    }
    return x > mode ? log(2 * (high - x) / (width * (high - mode))) : log(2 / width);
}

static double triangular_lower(const double *p, double x)
{
    double low = p[0], mode = p[1], high = p[2], width = high - low;
    if (x <= low) {
        return 0;
    }
    if (x <= mode) {
        return (x - low) * (x - low) / (width * (mode - low));
    }
    return x < high ? 1 - (high - x) * (high - x) / (width * (high - mode)) : 1;
}

static double triangular_upper(const double *p, double x)
{
    double mirrored[3] = {-p[2], -p[1], -p[0]};
    return triangular_lower(mirrored, -x);
}

static double triangular_lower_quantile(const double *p, double u)
{
    double low = p[0], mode = p[1], high = p[2], width = high - low;
    return u * width <= mode - low ? low + sqrt(u * width * (mode - low))
                                   : high - sqrt((1 - u) * width * (high - mode));
}

static double triangular_upper_quantile(const double *p, double q)
{
    double mirrored[3] = {-p[2], -p[1], -p[0]};
    return -triangular_lower_quantile(mirrored, q);
}

static double triangular_mean(const double *p)
{
    return (p[0] + p[1] + p[2]) / 3;
}

static double triangular_variance(const double *p)
{
    double left = p[1] - p[0], right = p[2] - p[1];
    return (left * left + left * right + right * right) / 18;
}

/** Integral of y^order times (slope y + height) from low to high. */
static double line_moment(double slope, double height, int order, double low, double high)
{
    if (!(high > low)) {
        return 0;
    }
    return slope * (pow(high, order + 2) - pow(low, order + 2)) / (order + 2) +
           height * (pow(high, order + 1) - pow(low, order + 1)) / (order + 1);
}

static double triangular_partial(const double *p, int order, double low, double high)
{
    double width = p[2] - p[0];
    double left = (p[0] - p[1]) / width, right = (p[2] - p[1]) / width;
    double from = fmax((low - p[1]) / width, left), to = fmin((high - p[1]) / width, right);
    double sum = left < 0 ? line_moment(-2 / left, 2, order, from, fmin(to, 0)) : 0;
    return right > 0 ? sum + line_moment(-2 / right, 2, order, fmax(from, 0), to) : sum;
}

static double triangular_unit(const double *p)
{
    return p[2] - p[0];
}

/* ---- uniform ------------------------------------------------------------------------------ */

static enum distribution_fault uniform_check(const double *p)
{
    enum distribution_fault fault = check_finite(p, 2);
    return fault == DISTRIBUTION_SOUND && !(p[0] < p[1]) ? DISTRIBUTION_DISORDERED : fault;
}

static double uniform_log_density(const double *p, double x)
{
    return x >= p[0] && x <= p[1] ? -log(p[1] - p[0]) : -INFINITY;
}

static double uniform_lower(const double *p, double x)
{
    return fmax(0, fmin(1, (x - p[0]) / (p[1] - p[0])));
}

static double uniform_upper(const double *p, double x)
{
    return fmax(0, fmin(1, (p[1] - x) / (p[1] - p[0])));
}

static double uniform_lower_quantile(const double *p, double u)
{
    return p[0] + u * (p[1] - p[0]);
}

static double uniform_upper_quantile(const double *p, double q)
{
    return p[1] - q * (p[1] - p[0]);
}

static double uniform_mean(const double *p)
{
    return p[0] + 0.5 * (p[1] - p[0]);
}

static double uniform_variance(const double *p)
{
    return (p[1] - p[0]) * (p[1] - p[0]) / 12;
}

static double uniform_unit(const double *p)
{
    return p[1] - p[0];
}

static double uniform_partial(const double *p, int order, double low, double high)
{
    double from = fmax(0, (low - p[0]) / (p[1] - p[0]));
    double to = fmin(1, (high - p[0]) / (p[1] - p[0]));
    return line_moment(0, 1, order, from, to);
}

/* ---- gamma -------------------------------------------------------------------------------- */

static double gamma_log_density(const double *p, double x)
{
    if (!(x > 0) || isinf(x)) {
        bool at_end = x == 0 && p[0] <= 1;
        return !at_end ? -INFINITY : p[0] < 1 ? INFINITY : -log(p[1]);
    }
    struct shape_law law = shape_law_gamma(p[0]);
    return shape_law_log_density(&law, log(x / p[1])) - log(x);
}

static double gamma_lower(const double *p, double x)
{
    struct shape_law law = shape_law_gamma(p[0]);
    return isinf(x) ? x > 0 : x > 0 ? exp(shape_law_log_lower(&law, log(x / p[1]))) : 0;
}

static double gamma_upper(const double *p, double x)
{
    struct shape_law law = shape_law_gamma(p[0]);
    return isinf(x) ? x < 0 : x > 0 ? exp(shape_law_log_upper(&law, log(x / p[1]))) : 1;
}

static void gamma_tails(const double *p, const double *values, int64_t count, double *lower,
                        double *upper)
{
    struct shape_law law = shape_law_gamma(p[0]);
    for (int64_t i = 0; i < count; i++) {
        double log_lower = -INFINITY, log_upper = 0;
        if (values[i] > 0) {
            shape_law_log_tails(&law, log(values[i] / p[1]), &log_lower, &log_upper);
        }
        lower[i] = exp(log_lower);
        upper[i] = exp(log_upper);
    }
}

static double gamma_tail_quantile(const double *p, double probability, bool is_upper)
{
    struct shape_law law = shape_law_gamma(p[0]);
    double log_p = log(probability);
    if (probability > 0.5) {
        is_upper = !is_upper;
        log_p = log1p(-probability);
    }
    return p[1] * exp(shape_law_quantile(&law, log_p, is_upper));
}

static double gamma_lower_quantile(const double *p, double u)
{
    return gamma_tail_quantile(p, u, false);
}

static double gamma_upper_quantile(const double *p, double q)
{
    return gamma_tail_quantile(p, q, true);
}

static double gamma_mean(const double *p)
{
    return p[0] * p[1];
}

static double gamma_variance(const double *p)
{
    return p[0] * p[1] * p[1];
}

static double gamma_partial(const double *p, int order, double low, double high)
{
    double shifted[2] = {p[0] + order, p[1]};
    double factor = order == 0 ? 1 : order == 1 ? p[0] : p[0] * (p[0] + 1);
    return factor * between(gamma_lower, gamma_upper, shifted, low, high);
}

/* ---- beta --------------------------------------------------------------------------------- */

static enum distribution_fault beta_check(const double *p)
{
    enum distribution_fault fault = check_finite(p, 4);
    if (fault == DISTRIBUTION_SOUND) {
        fault = p[0] <= 0 || p[1] <= 0 ? DISTRIBUTION_NOT_POSITIVE
                : p[2] >= p[3]         ? DISTRIBUTION_DISORDERED
                                       : DISTRIBUTION_SOUND;
    }
    return fault;
}

/** log(x / (1 - x)) of a value between the ends. */
static double beta_logit(const double *p, double x)
{
    return log((x - p[2]) / (p[3] - x));
}

static double beta_log_density(const double *p, double x)
{
    double width = p[3] - p[2];
    if (x < p[2] || x > p[3]) {
        return -INFINITY;
    }
    if (x == p[2] || x == p[3]) {
        double shape = x == p[2] ? p[0] : p[1], other = x == p[2] ? p[1] : p[0];
        return shape > 1 ? -INFINITY : shape < 1 ? INFINITY : log(other / width);
    }
    struct shape_law law = shape_law_beta(p[0], p[1]);
    return shape_law_log_density(&law, beta_logit(p, x)) - log((x - p[2]) / width) -
           log((p[3] - x) / width) - log(width);
}

static double beta_lower(const double *p, double x)
{
    struct shape_law law = shape_law_beta(p[0], p[1]);
    return x <= p[2] ? 0 : x >= p[3] ? 1 : exp(shape_law_log_lower(&law, beta_logit(p, x)));
}

static double beta_upper(const double *p, double x)
{
    struct shape_law law = shape_law_beta(p[0], p[1]);
    return x <= p[2] ? 1 : x >= p[3] ? 0 : exp(shape_law_log_upper(&law, beta_logit(p, x)));
}

static void beta_tails(const double *p, const double *values, int64_t count, double *lower,
                       double *upper)
{
    struct shape_law law = shape_law_beta(p[0], p[1]);
    for (int64_t i = 0; i < count; i++) {
        double log_lower = -INFINITY, log_upper = 0;
        if (values[i] >= p[3]) {
            log_lower = 0;
            log_upper = -INFINITY;
        } else if (values[i] > p[2]) {
            shape_law_log_tails(&law, beta_logit(p, values[i]), &log_lower, &log_upper);
        }
        lower[i] = exp(log_lower);
        upper[i] = exp(log_upper);
    }
}

static double beta_tail_quantile(const double *p, double probability, bool is_upper)
{
    struct shape_law law = shape_law_beta(p[0], p[1]);
    double log_p = log(probability);
    if (probability > 0.5) {
        is_upper = !is_upper;
        log_p = log1p(-probability);
    }
    double t = shape_law_quantile(&law, log_p, is_upper), width = p[3] - p[2];
    return t < 0 ? p[2] + width / (1 + exp(-t)) : p[3] - width / (1 + exp(t));
}

static double beta_lower_quantile(const double *p, double u)
{
    return beta_tail_quantile(p, u, false);
}

static double beta_upper_quantile(const double *p, double q)
{
    return beta_tail_quantile(p, q, true);
}

static double beta_origin(const double *p)
{
    return p[2];
}

static double beta_unit(const double *p)
{
    return p[3] - p[2];
}

static double beta_mean(const double *p)
{
    return p[2] + (p[3] - p[2]) * p[0] / (p[0] + p[1]);
}

static double beta_variance(const double *p)
{
    double sum = p[0] + p[1], width = p[3] - p[2];
    return width * width * (p[0] / sum) * (p[1] / sum) / (sum + 1);
}

static double beta_partial(const double *p, int order, double low, double high)
{
    double shifted[4] = {p[0] + order, p[1], p[2], p[3]};
    double sum = p[0] + p[1];
    double factor = order == 0 ? 1 : order == 1 ? p[0] / sum : p[0] / sum * (p[0] + 1) / (sum + 1);
    return factor * between(beta_lower, beta_upper, shifted, low, high);
}

/* ---- Weibull ------------------------------------------------------------------------------ */

static double weibull_log_density(const double *p, double x)
{
    if (!(x > 0) || isinf(x)) {
        bool at_end = x == 0 && p[0] <= 1;
        return !at_end ? -INFINITY : p[0] < 1 ? INFINITY : -log(p[1]);
    }
    double ratio = log(x / p[1]);
    return log(p[0] / p[1]) + (p[0] - 1) * ratio - exp(p[0] * ratio);
}

/** Hazard up to x: -log of the upper tail. */
static double weibull_hazard(const double *p, double x)
{
    return x > 0 ? pow(x / p[1], p[0]) : 0;
}

static double weibull_lower(const double *p, double x)
{
    return -expm1(-weibull_hazard(p, x));
}

static double weibull_upper(const double *p, double x)
{
    return exp(-weibull_hazard(p, x));
}

static double weibull_lower_quantile(const double *p, double u)
{
    return p[1] * pow(-log1p(-u), 1 / p[0]);
}

static double weibull_upper_quantile(const double *p, double q)
{
    return p[1] * pow(-log(q), 1 / p[0]);
}

static double weibull_mean(const double *p)
{
    return p[1] * exp(lgamma(1 + 1 / p[0]));
}

static double weibull_variance(const double *p)
{
    double log_mean = lgamma(1 + 1 / p[0]);
    return p[1] * p[1] * exp(2 * log_mean) * expm1(lgamma(1 + 2 / p[0]) - 2 * log_mean);
}

/* The hazard is standard exponential; x^order of it makes a gamma law. */
static double weibull_partial(const double *p, int order, double low, double high)
{
    double shifted[2] = {1 + order / p[0], 1};
    return exp(lgamma(shifted[0])) * between(gamma_lower, gamma_upper, shifted,
                                             weibull_hazard(p, low), weibull_hazard(p, high));
}

/* ---- the table ---------------------------------------------------------------------------- */

static const struct family_law laws[DISTRIBUTION_FAMILY_COUNT] = {
    [DISTRIBUTION_NORMAL] = {check_spread, normal_log_density, normal_lower, normal_upper,
                             normal_lower_quantile, normal_upper_quantile, first_parameter,
                             normal_variance, normal_partial, first_parameter, second_parameter,
                             NULL},
    [DISTRIBUTION_LOGNORMAL] = {check_spread, lognormal_log_density, lognormal_lower,
                                lognormal_upper, lognormal_lower_quantile, lognormal_upper_quantile,
                                lognormal_mean, lognormal_variance, lognormal_partial, zero,
                                lognormal_unit, NULL},
    [DISTRIBUTION_TRIANGULAR] = {triangular_check, triangular_log_density, triangular_lower,
                                 triangular_upper, triangular_lower_quantile,
                                 triangular_upper_quantile, triangular_mean, triangular_variance,
                                 triangular_partial, second_parameter, triangular_unit, NULL},
    [DISTRIBUTION_UNIFORM] = {uniform_check, uniform_log_density, uniform_lower, uniform_upper,
                              uniform_lower_quantile, uniform_upper_quantile, uniform_mean,
                              uniform_variance, uniform_partial, first_parameter, uniform_unit,
                              NULL},
    [DISTRIBUTION_BETA] = {beta_check, beta_log_density, beta_lower, beta_upper,
                           beta_lower_quantile, beta_upper_quantile, beta_mean, beta_variance,
                           beta_partial, beta_origin, beta_unit, beta_tails},
    [DISTRIBUTION_GAMMA] = {check_shape, gamma_log_density, gamma_lower, gamma_upper,
                            gamma_lower_quantile, gamma_upper_quantile, gamma_mean, gamma_variance,
                            gamma_partial, zero, second_parameter, gamma_tails},
    [DISTRIBUTION_WEIBULL] = {check_shape, weibull_log_density, weibull_lower, weibull_upper,
                              weibull_lower_quantile, weibull_upper_quantile, weibull_mean,
                              weibull_variance, weibull_partial, zero, second_parameter, NULL},
};

const struct family_law *family_law_of(enum distribution_family family)
{
    return laws[family].check != NULL ? &laws[family] : NULL;
}
