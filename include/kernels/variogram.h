/* airshed -- GPL-3.0-or-later. Semivariograms: pairs by lag, models, weighted fit (P2.09). */
#ifndef AIRSHED_KERNELS_VARIOGRAM_H
#define AIRSHED_KERNELS_VARIOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/geodesic.h"

/** f(t), t = h / range, as gstat parameterises them (t = 1 is the reach of the spherical model
 * only).
 *
 *  | shape | f(t) |
 *  |---|---|
 *  | spherical | 1.5 t - 0.5 t^3, 1 from t = 1 on |
 *  | exponential | 1 - exp(-t) |
 *  | gaussian | 1 - exp(-t^2): ill-conditioned without a nugget |
 *  | matern | 1 - 2^(1 - nu) / Gamma(nu) t^nu K_nu(t); nu = 0.5 is exponential |
 */
#define VARIOGRAM_SHAPE_LIST(X)                                                                    \
    X(VARIOGRAM_SPHERICAL, "spherical")                                                            \
    X(VARIOGRAM_EXPONENTIAL, "exponential")                                                        \
    X(VARIOGRAM_GAUSSIAN, "gaussian")                                                              \
    X(VARIOGRAM_MATERN, "matern")

enum variogram_shape {
#define X(shape, name) shape,
    VARIOGRAM_SHAPE_LIST(X)
#undef X
    VARIOGRAM_SHAPES
};

const char *variogram_shape_name(enum variogram_shape shape);

/** The shape called @p name; VARIOGRAM_SHAPES where there is none. */
enum variogram_shape variogram_shape_find(const char *name);

/** gamma(0) = 0 and gamma(h > 0) = nugget + partial_sill f(h / range). */
struct variogram_model {
    enum variogram_shape shape;
    double nugget;       /**< >= 0, units of the values squared */
    double partial_sill; /**< >= 0 */
    double range;        /**< > 0, units of distance */
    double smoothness;   /**< nu of matern, in (0, 50]; 0.5, 1.5 and 2.5 are fast, others need a
                            Bessel function, some 300 ns a value (kriging tabulates it); unused by
                            other shapes */
};

/** gamma of @p model at @p distance >= 0. */
double variogram_gamma(const struct variogram_model *model, double distance);

/** nugget + partial_sill: the variance of the field. */
double variogram_sill(const struct variogram_model *model);

/** Distance where f reaches 0.95 (1 for spherical): beyond it observations hardly matter. */
double variogram_effective_range(const struct variogram_model *model);

/** Turns distances @p values [count] into correlations 1 - gamma / sill, in place: 1 at distance 0,
 *  partial_sill / sill (1 - f) elsewhere, 0 everywhere else where the sill is 0. Each value depends
 *  on itself alone: the same bits in any lane. */
void variogram_correlate(const struct variogram_model *model, int64_t count, double *values);

/** True where @p model is matern with a smoothness that has no closed form here. */
bool variogram_is_general(const struct variogram_model *model);

enum {
    VARIOGRAM_LAGS_MAX = 64,
    VARIOGRAM_LAGS_DEFAULT = 15
};

/** Sums over pairs by lag; lag k holds distances in (k, k + 1] cutoff / lags. A plain value: copy
 * it, send it, keep one a day. */
struct variogram_pairs {
    double cutoff;
    int32_t lags;
    int64_t count[VARIOGRAM_LAGS_MAX];       /**< pairs */
    double distance_sum[VARIOGRAM_LAGS_MAX]; /**< of their distances */
    double square_sum[VARIOGRAM_LAGS_MAX];   /**< of their squared differences */
};

/** Empty sums over @p lags (1 to VARIOGRAM_LAGS_MAX) equal lags up to @p cutoff > 0. gstat's
 * default is 15 lags up to a third of distance_box_diagonal(). */
void variogram_pairs_init(struct variogram_pairs *pairs, double cutoff, int lags);

/** Adds all pairs among @p sites [count] with their @p values [count] (method of moments). Missing
 *  values (NaN) make no pairs, nor do two sites at one place. Takes count^2 / 2 times some 4 ns:
 * thin thousands of cells with variogram_sample() first. */
void variogram_pairs_add(struct variogram_pairs *pairs, enum distance_metric metric, int64_t count,
                         const struct position *sites, const double *values);

/** Adds @p other, of equal lags and cutoff, to @p pairs. A pooled variogram has the same bits
 *  anywhere when the days are merged in the order of time. */
void variogram_pairs_merge(struct variogram_pairs *pairs, const struct variogram_pairs *other);

/** Semivariance and mean distance of lag @p lag; NaN where it holds no pair. */
double variogram_pairs_gamma(const struct variogram_pairs *pairs, int lag);
double variogram_pairs_distance(const struct variogram_pairs *pairs, int lag);

/** Picks at most @p limit of the valid (not NaN) @p values [count], as ascending indices into
 *  @p chosen [limit]: all where they are few enough, else by selection sampling (Knuth, algorithm
 * S) with draws keyed by (seed, @p item, index). @return how many */
int64_t variogram_sample(uint32_t seed, uint64_t item, int64_t count, const double *values,
                         int64_t limit, int64_t *chosen);

/** How a fit ended. */
enum variogram_outcome {
    VARIOGRAM_FITTED,
    VARIOGRAM_RANGE_AT_LIMIT, /**< no sill within reach: the range is the longest allowed */
    VARIOGRAM_NO_STRUCTURE,   /**< pure nugget fits best: partial sill 0 */
    VARIOGRAM_TOO_FEW_LAGS    /**< fewer than three lags with pairs: no fit was made. Nugget 0,
                                   partial sill the pooled semivariance, effective range the cutoff */
};

struct variogram_fit {
    struct variogram_model model;
    double weighted_squares; /**< sum of N / h^2 (gamma - model)^2 over the lags */
    enum variogram_outcome outcome;
};

/** Weighted least squares with weights N / h^2 (Cressie 1985 as in gstat, fit.method 7).
 *
 *  Nugget and partial sill enter linearly and are solved for, not below zero, at each range; the
 * range is the global minimum of what remains, by a scan of effective ranges from the first lag to
 * three cutoffs and golden section. Needs no starting values and cannot diverge.
 *
 *  @param smoothness nu of VARIOGRAM_MATERN, ignored for other shapes
 */
struct variogram_fit variogram_fit(const struct variogram_pairs *pairs, enum variogram_shape shape,
                                   double smoothness);

/** The fit with the smallest weighted_squares among all shapes (matern with nu 1.5); the earlier
 * one of VARIOGRAM_SHAPE_LIST wins a tie. */
struct variogram_fit variogram_fit_best(const struct variogram_pairs *pairs);

#endif
