/* airshed -- GPL-3.0-or-later. Tails of the gamma and the beta distribution on a logarithmic scale. */
#include "shape_law_internal.h"

#include <float.h>
#include <math.h>

enum {
    MOST_TERMS = 100000, /* some 5 sqrt(shape) are needed */
    MOST_STEPS = 200
};

double log_gamma_rest(double x)
{
    if (x < 16) {
        return lgamma(x) - ((x - 0.5) * log(x) - x + 0.91893853320467274178);
    }
    double s = 1 / (x * x);
    /* Stirling's series; the next term is 1 / (1188 x^9) < 2e-14 / x. */
    return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680)))) / x;
}

struct shape_law shape_law_gamma(double shape)
{
    double constant = 0.5 * log(shape / (2 * M_PI)) - log_gamma_rest(shape);
    return (struct shape_law){.a = shape, .constant = constant};
}

struct shape_law shape_law_beta(double shape1, double shape2)
{
    double sum = shape1 + shape2;
    return (struct shape_law){.is_beta = true,
                              .a = shape1,
                              .b = shape2,
                              .constant = 0.5 * (log(shape1 / (2 * M_PI)) + log(shape2 / sum)) +
                                          log_gamma_rest(sum) - log_gamma_rest(shape1) -
                                          log_gamma_rest(shape2)};
}

/** log(1 + e^t). */
static double soft_plus(double t)
{
    return t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
}

/* Written about the mode, so that large shapes do not cancel. */
double shape_law_log_density(const struct shape_law *law, double t)
{
    double a = law->a, b = law->b;
    if (law->is_beta) {
        double low = -soft_plus(-t) - log(a / (a + b)), high = -soft_plus(t) - log(b / (a + b));
        return a * low + b * high + law->constant;
    }
    double offset = t - log(a);
    return a * (offset - expm1(offset)) + law->constant;
}

/* ---- gamma -------------------------------------------------------------------------------- */

/* P / (density / a) for x < a + 1: 1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) + ... */
static double gamma_series(double a, double x)
{
    double sum = 1, term = 1;
    for (int n = 1; n < MOST_TERMS && term > 0x1p-54 * sum; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

/* Q / density for x >= a + 1, Legendre's continued fraction by Lentz's method. */
static double gamma_fraction(double a, double x)
{
    double middle = x + 1 - a, c = INFINITY, d = 1 / middle, value = d;
    for (int n = 1; n < MOST_TERMS; n++) {
        double weight = n * (a - n);
        middle += 2;
        d = 1 / (weight * d + middle);
        c = middle + weight / c;
        value *= c * d;
        if (fabs(c * d - 1) < 0x1p-52) {
            break;
        }
    }
    return value;
}

/** log(1 - e^p). */
static double log_rest(double p)
{
    return p < 0 ? log1p(-exp(p)) : -INFINITY;
}

/** The logarithm of one tail; *@p is_upper says of which. */
static double gamma_log_tail(const struct shape_law *law, double t, bool *is_upper)
{
    double a = law->a, x = exp(t), density = shape_law_log_density(law, t);
    *is_upper = x >= a + 1;
    if (x > DBL_MAX) {
        return -INFINITY;
    }
    return density + (*is_upper ? log(gamma_fraction(a, x)) : log(gamma_series(a, x) / a));
}

/* ---- beta --------------------------------------------------------------------------------- */

/** A number that is not 0. */
static double off_zero(double value)
{
    return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* I / (density / a) for x < (a + 1) / (a + b + 2): DLMF 8.17.22 by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    double sum = a + b;
    double c = 1, d = 1 / off_zero(1 - sum * x / (a + 1)), value = d;
    for (int m = 1; m < MOST_TERMS; m++) {
        double even = m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m));
        d = 1 / off_zero(1 + even * d);
        c = off_zero(1 + even / c);
        value *= d * c;
        double odd = -(a + m) * (sum + m) * x / ((a + 2 * m) * (a + 1 + 2 * m));
        d = 1 / off_zero(1 + odd * d);
        c = off_zero(1 + odd / c);
        value *= d * c;
        if (fabs(d * c - 1) < 0x1p-52) {
            break;
        }
    }
    return value;
}

/** The logarithm of one tail; *@p is_upper says of which. */
static double beta_log_tail(const struct shape_law *law, double t, bool *is_upper)
{
    double a = law->a, b = law->b, x = 1 / (1 + exp(-t));
    double density = shape_law_log_density(law, t);
    *is_upper = !(x < (a + 1) / (a + b + 2));
    return density +
           log(*is_upper ? beta_fraction(b, a, 1 / (1 + exp(t))) / b : beta_fraction(a, b, x) / a);
}

static struct shape_law swapped(const struct shape_law *law)
{
    return (struct shape_law){true, law->b, law->a, law->constant};
}

/* ---- both --------------------------------------------------------------------------------- */

static double log_tail(const struct shape_law *law, double t, bool *is_upper)
{
    return law->is_beta ? beta_log_tail(law, t, is_upper) : gamma_log_tail(law, t, is_upper);
}

void shape_law_log_tails(const struct shape_law *law, double t, double *lower, double *upper)
{
    bool is_upper;
    double tail = log_tail(law, t, &is_upper), rest = log_rest(tail);
    *lower = is_upper ? rest : tail;
    *upper = is_upper ? tail : rest;
}

double shape_law_log_lower(const struct shape_law *law, double t)
{
    bool is_upper;
    double tail = log_tail(law, t, &is_upper);
    return is_upper ? log_rest(tail) : tail;
}

double shape_law_log_upper(const struct shape_law *law, double t)
{
    bool is_upper;
    double tail = log_tail(law, t, &is_upper);
    return is_upper ? tail : log_rest(tail);
}

/* Where the distribution is near normal, at its normal quantile; else where the first term of the lower
 * tail, x^a / (a B) or x^a / Gamma(a + 1), reaches the probability. In the upper tail of gamma with
 * shapes under 1 the probability is at most e^-x for x > 1. */
static double first_guess(const struct shape_law *law, double log_p, bool is_upper)
{
    double a = law->a, b = law->b;
    double spread = sqrt(-2 * log_p) * (is_upper ? 1 : -1);
    if (law->is_beta) {
        double density = shape_law_log_density(law, 0) + (a + b) * M_LN2;
        return fmin(a, b) >= 1 ? log(a / b) + spread * sqrt(1 / a + 1 / b)
                               : (log_p + log(a) - density) / a;
    }
    if (a < 1) {
        return is_upper ? log(fmax(1, -log_p)) : (log_p + lgamma(a + 1)) / a;
    }
    double root = 1 - 1 / (9 * a) + spread / (3 * sqrt(a)); /* Wilson and Hilferty (1931) */
    return root > 0.05 ? log(a) + 3 * log(root) : (log_p + lgamma(a + 1)) / a;
}

double shape_law_quantile(const struct shape_law *law, double log_p, bool is_upper)
{
    if (law->is_beta && is_upper) {
        struct shape_law other = swapped(law);
        return -shape_law_quantile(&other, log_p, false);
    }
    if (log_p == -INFINITY) {
        return is_upper ? INFINITY : -INFINITY;
    }
    double t = first_guess(law, log_p, is_upper);
    for (int i = 0; i < MOST_STEPS; i++) {
        double tail = is_upper ? shape_law_log_upper(law, t) : shape_law_log_lower(law, t);
        double slope = exp(shape_law_log_density(law, t) - tail) * (is_upper ? -1 : 1);
        double step = (log_p - tail) / slope;
        t += step;
        if (!(fabs(step) > 1e-8)) { /* quadratic: the next one would be some 1e-16 */
            break;
        }
    }
    return t;
}
