/* airshed -- GPL-3.0-or-later. Ordinary kriging and inverse distance from the nearest sites
 * (P2.09). */
#ifndef AIRSHED_KERNELS_KRIGING_H
#define AIRSHED_KERNELS_KRIGING_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/geodesic.h"
#include "kernels/neighbours.h"
#include "kernels/variogram.h"

/** Interpolates between observations of one moment: stations, or the observed cells of a map,
 *  wherever they lie. Opaque. Predicting uses scratch inside, so one object serves one caller at a
 *  time. */
struct kriging;

enum kriging_method {
    KRIGING_ORDINARY,        /**< unknown constant mean among the neighbours */
    KRIGING_INVERSE_DISTANCE /**< weights distance^-power; the variance is NaN */
};

struct kriging_options {
    enum kriging_method method;
    enum distance_metric metric;
    struct variogram_model model; /**< ordinary kriging only */
    double power;                 /**< inverse distance only, > 0, usually 2 */
    struct neighbours_rule rule;  /**< sectors are ignored where all sites together are no more than
                                       rule.most */
    int64_t
        fewest; /**< where the rule finds fewer, so many nearest ones at any distance; 0: never */
};

/** P2.09: ordinary kriging by @p model from the 32 nearest sites within its effective range, not
 * more than 8 of them in an octant, and from the 4 nearest where fewer lie within. */
struct kriging_options kriging_options_default(enum distance_metric metric,
                                               const struct variogram_model *model);

/** What is special about a predicted value; bits. */
enum kriging_flag {
    KRIGING_EXACT = 1,       /**< the target is a site: its value, variance 0 */
    KRIGING_WIDENED = 2,     /**< sites beyond the radius were used (options.fewest) */
    KRIGING_REGULARISED = 4, /**< the system was too ill-conditioned as it stood: see
                                  kriging_predict() */
    KRIGING_UNREACHED = 8    /**< no neighbour: prediction and variance are NaN */
};

/** Takes @p sites [count] with @p values [count], copied; *@p kriging is the caller's. Sites whose
 *  value or place is not finite are left out. Sites at one place become one with their mean value.
 *
 *  @return STATUS_OK, STATUS_MEMORY
 */
enum status kriging_create(const struct kriging_options *options, int64_t count,
                           const struct position *sites, const double *values,
                           struct kriging **kriging);

/** Releases *@p kriging and sets it to NULL; NULL is allowed. */
void kriging_destroy(struct kriging **kriging);

/** Sites in use. */
int64_t kriging_sites(const struct kriging *kriging);

/** Predicts at @p targets [count]. A prediction depends on its target and the sites alone: the same
 *  bits in any order, in any company and on any CPU. Targets in the order of a map are fastest,
 * since neighbours in a row share their systems.
 *
 *  The model's nugget counts as variation at less than the smallest distance, not as measurement
 *  error: gamma(0) = 0, so a target at a site gets exactly the site's value, and the variance is
 * that of a new observation (as in gstat). Where a pivot of the scaled system falls below 1e-11 the
 * diagonal is raised by 1e-10, if that fails by 1e-8 and so on, as if the sites had errors of their
 * own. A sill of 0 gives the mean of the neighbours with variance 0.
 *
 *  Method: with correlations K = U' U among the n neighbours and c to the target, v = U'^-1 c; the
 *  unknown mean by generalised least squares; n^2 / 2 multiplications a target, and n^3 / 6 a set
 * of neighbours (Cressie 1993, 3.2).
 *
 *  @param[out] prediction [count]
 *  @param[out] variance   [count], never negative; NULL if not wanted
 *  @param[out] flags      [count], bits of kriging_flag; NULL if not wanted
 */
void kriging_predict(struct kriging *kriging, int64_t count, const struct position *targets,
                     double *prediction, double *variance, uint8_t *flags);

/** Most neighbours of a target: the width of the rows of kriging_weights(). */
int64_t kriging_capacity(const struct kriging *kriging);

/** What kriging_predict() multiplies the values with, for maps that have their observations at the
 *  same places again and again: the sum of weight times value over a row is the prediction, to
 *  rounding. No value is used.
 *
 *  @param[out] site    [count, capacity], numbers among the usable sites, in the order in which
 *                      kriging_create() got them; entries beyond the neighbours repeat the first
 *  @param[out] weight  [count, capacity], of each; 0 beyond the neighbours. NaN where there is none
 *  @param[out] share   [count], variance over the sill; NULL if not wanted
 */
void kriging_weights(struct kriging *kriging, int64_t count, const struct position *targets,
                     int32_t *site, double *weight, double *share);

#endif
