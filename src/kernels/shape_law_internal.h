/* airshed -- GPL-3.0-or-later. Tails of the gamma and the beta distribution on a logarithmic scale. */
#ifndef AIRSHED_KERNELS_SHAPE_LAW_INTERNAL_H
#define AIRSHED_KERNELS_SHAPE_LAW_INTERNAL_H

#include <stdbool.h>

/** The law of t = log x, x from the gamma distribution of scale 1, or of t = log(x / (1 - x)), x from
 *  the beta distribution on [0, 1]. Its density is log-concave, hence so are both tails (Prekopa 1973):
 *  Newton's steps on the logarithm of a tail converge from everywhere. */
struct shape_law {
    bool is_beta;
    double a, b;     /**< shapes; b of the beta distribution alone */
    double constant; /**< of the logarithm of the density */
};

struct shape_law shape_law_gamma(double shape);
struct shape_law shape_law_beta(double shape1, double shape2);

/** Logarithm of the density of t. */
double shape_law_log_density(const struct shape_law *law, double t);

/** Logarithms of the probabilities below and above @p t: relative error of the probability some 1e-13,
 *  however small it is. */
double shape_law_log_lower(const struct shape_law *law, double t);
double shape_law_log_upper(const struct shape_law *law, double t);

/** Both for the work of one. */
void shape_law_log_tails(const struct shape_law *law, double t, double *lower, double *upper);

/** The t below which (above which, where @p is_upper) lies the probability exp(@p log_p) <= 1/2. */
double shape_law_quantile(const struct shape_law *law, double log_p, bool is_upper);

/** log(Gamma(x) / (sqrt(2 pi) x^(x - 1/2) e^-x)): what Stirling's formula leaves over. */
double log_gamma_rest(double x);

#endif
