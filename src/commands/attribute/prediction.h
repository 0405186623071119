/* airshed -- GPL-3.0-or-later. How far the prediction across areas may be off, learnt from areas that are
 * held out of the background (P2.42, P2.47). */
#ifndef AIRSHED_COMMANDS_ATTRIBUTE_PREDICTION_H
#define AIRSHED_COMMANDS_ATTRIBUTE_PREDICTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"
#include "kernels/kriging.h"

/** The prediction of `background`, made again for mean maps. Opaque. */
struct predictor;

/** What predictor_create() is made of; borrowed, must outlive it. */
struct predictor_request {
    const struct georeference *grid;
    uint32_t seed;
    const char *expected;   /**< path of the product of `background` */
    const uint8_t *is_area; /**< [cells], predicted */
    const uint8_t *is_outside; /**< [cells], predicted from */
};

/** Reads from the product how it was predicted, and lays shapes of the areas over the background:
 *  held-out areas. Local. */
enum status predictor_create(const struct predictor_request *request,
                             struct predictor **predictor);
void predictor_destroy(struct predictor **predictor);

/** Memory, for a grid of @p cells. */
int64_t predictor_bytes(int64_t cells);

/** How a mean map is predicted. */
struct prediction_quality {
    struct variogram_model model; /**< of the map */
    double scale; /**< weighted mean over held-out areas of error squared over the variance that the model
                       expects there; weights are the influence of their cells on the prediction */
    double held;  /**< (sum of weights)^2 / sum of their squares: degrees of freedom; 0: nothing was
                       held out, scale is 1 */
};

/** Fits the variogram of @p outside [cells] and holds areas out. Where that cannot be made again for this
 *  map (a network), the areas that `background` held out tell, and @p known, the quality of the whole
 *  period, keeps its scale; NULL: this is the whole period. */
enum status predictor_assess(struct predictor *predictor, const float *outside,
                             const struct prediction_quality *known,
                             struct prediction_quality *quality);

/** Weights that predict @p count @p cell from the cells outside that have a value in @p outside
 *  [cells], as kriging_weights() gives them: @p site [count, predictor_width()] are cells. A network is
 *  stood in for by ordinary kriging. */
int64_t predictor_width(const struct predictor *predictor);
enum status predictor_weights(struct predictor *predictor, const float *outside,
                              const struct prediction_quality *quality, int64_t count,
                              const int64_t *cell, int32_t *site, double *weight);

/** Variance of the error of a weighted mean of predictions: @p weight [count] of @p cell, any sum, under
 *  @p quality. Of many cells a regular sample is taken. */
enum status predictor_variance(struct predictor *predictor, const float *outside,
                               const struct prediction_quality *quality, int64_t count,
                               const int64_t *cell, const double *weight, double *variance);

/** Variance of the error of each of @p count @p cell into @p variance. */
enum status predictor_variances(struct predictor *predictor, const float *outside,
                                const struct prediction_quality *quality, int64_t count,
                                const int64_t *cell, double *variance);

#endif
