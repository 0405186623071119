/* airshed -- GPL-3.0-or-later. Blanked cells of a map from the others: kriging, inverse distance, a
 * linear model (P2.43). */
#ifndef AIRSHED_LEARN_INFILL_H
#define AIRSHED_LEARN_INFILL_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/geodesic.h"
#include "kernels/kriging.h"
#include "kernels/variogram.h"

enum infill_method {
    INFILL_KRIGING,
    INFILL_INVERSE_DISTANCE,
    INFILL_LINEAR,
    INFILL_METHODS
};

/** All that predictions need but the map itself; borrowed, must outlive what is made of it. */
struct infill_request {
    enum infill_method method;
    struct kriging_options kriging; /**< of kriging and inverse distance */
    int64_t cells;
    const struct position *place; /**< [cells] */
    const uint8_t *may_be_known;  /**< [cells], 1: the cell's value may be used where it has one */
    int64_t targets;
    const int64_t *target; /**< [targets], cells to predict; none may be known */
    int covariates;        /**< of the linear model, at most LEAST_SQUARES_COLUMNS */
    const double *const *covariate; /**< [covariates][cells], finite at targets */
};

/** One method at work. It keeps the weights of the last set of known cells, so that a map with the
 *  same cells as the one before costs as many multiplications as neighbours. Opaque. */
struct infill;

enum status infill_create(const struct infill_request *request, struct infill **infill);

/** Releases *@p infill and sets it to NULL; NULL is allowed. */
void infill_destroy(struct infill **infill);

/** Predicts the targets of @p map [cells] into @p prediction [targets]; NaN where nothing is known
 *  within reach. The bits depend on this map alone, not on maps before it.
 *
 *  Linear: ordinary least squares of the known cells on the covariates with an intercept, for this
 *  map alone: over a series, a model linear in space whose coefficients are free in time.
 */
enum status infill_predict(struct infill *infill, const float *map, double *prediction);

/** Memory that it takes, in bytes, about. */
int64_t infill_bytes(const struct infill_request *request);

/** Variogram of a series of maps: semivariances of single maps, each divided by its variance, pooled
 *  (P2.09). A map that is flat or has fewer than two values says nothing. */
struct infill_pool {
    struct variogram_pairs pairs;
    uint32_t seed;
    int64_t sample; /**< at most so many cells of a map, drawn by seed and step */
};

/** Adds map @p step, [cells], of which only cells with @p may_be_known count. */
enum status infill_pool_add(struct infill_pool *pool, int64_t step, int64_t cells,
                            const struct position *place, const uint8_t *may_be_known,
                            const float *map);

#endif
