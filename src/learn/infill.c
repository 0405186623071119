/* airshed -- GPL-3.0-or-later. Blanked cells of a map from the others. */
#include "learn/infill.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/least_squares.h"

struct infill {
    struct infill_request request;
    double *value; /* [cells], NaN where not known */

    /* Kriging and inverse distance */
    uint8_t *is_known; /* [cells], the set that the weights were made for */
    bool has_weights;
    int64_t sites, capacity;
    int64_t *site_cell; /* [cells], cells of the sites */
    struct position *site_place, *target_place;
    int32_t *site; /* [targets, capacity] */
    double *weight;
};

/* ---- making ------------------------------------------------------------------------------- */

static int64_t most_neighbours(const struct infill_request *request)
{
    int64_t most = request->kriging.rule.most;
    return most > request->kriging.fewest ? most : request->kriging.fewest;
}

static enum status allocate_weights(struct infill *infill)
{
    enum status status;
    size_t cells = (size_t)infill->request.cells, targets = (size_t)infill->request.targets;
    size_t entries = targets * (size_t)most_neighbours(&infill->request);
    TRY(memory_allocate(cells, 1, &infill->is_known));
    TRY(memory_allocate(cells, sizeof *infill->site_cell, &infill->site_cell));
    TRY(memory_allocate(cells, sizeof *infill->site_place, &infill->site_place));
    TRY(memory_allocate(targets, sizeof *infill->target_place, &infill->target_place));
    TRY(memory_allocate(entries, sizeof *infill->site, &infill->site));
    TRY(memory_allocate(entries, sizeof *infill->weight, &infill->weight));
    for (size_t i = 0; i < targets; i++) {
        infill->target_place[i] = infill->request.place[infill->request.target[i]];
    }
done:
    return status;
}

enum status infill_create(const struct infill_request *request, struct infill **out)
{
    enum status status;
    struct infill *infill = NULL;
    TRY(memory_allocate(1, sizeof *infill, &infill));
    infill->request = *request;
    TRY(memory_allocate((size_t)request->cells, sizeof *infill->value, &infill->value));
    if (request->method != INFILL_LINEAR) {
        TRY(allocate_weights(infill));
    }
    *out = infill;
    infill = NULL;
done:
    infill_destroy(&infill);
    return status;
}

void infill_destroy(struct infill **infill)
{
    if (*infill != NULL) {
        void *const blocks[] = {(*infill)->value,      (*infill)->is_known,
                                (*infill)->site_cell,  (*infill)->site_place,
                                (*infill)->target_place, (*infill)->site,
                                (*infill)->weight};
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
            free(blocks[i]);
        }
        free(*infill);
        *infill = NULL;
    }
}

int64_t infill_bytes(const struct infill_request *request)
{
    int64_t entry = (int64_t)(sizeof(int32_t) + sizeof(double)) * most_neighbours(request);
    int64_t place = (int64_t)sizeof(struct position);
    /* The k-d tree and the copies in a kriging object while weights are made: some 80 bytes a site. */
    return request->method == INFILL_LINEAR
               ? request->cells * 8
               : request->cells * (8 + 1 + 8 + place + 80) + request->targets * (entry + place);
}

/* ---- weights ------------------------------------------------------------------------------ */

/* Takes the known cells of a map. @return true where they are not those of the map before */
static bool take_map(struct infill *infill, const float *map)
{
    const struct infill_request *request = &infill->request;
    bool differs = !infill->has_weights;
    for (int64_t cell = 0; cell < request->cells; cell++) {
        bool is_known = request->may_be_known[cell] != 0 && !isnan(map[cell]);
        infill->value[cell] = is_known ? (double)map[cell] : NAN;
        if (infill->is_known != NULL) {
            differs = differs || infill->is_known[cell] != is_known;
            infill->is_known[cell] = is_known;
        }
    }
    return differs;
}

static enum status make_weights(struct infill *infill)
{
    enum status status;
    struct kriging *kriging = NULL;
    double *value = NULL; /* any finite numbers: weights do not depend on them */
    infill->sites = 0;
    for (int64_t cell = 0; cell < infill->request.cells; cell++) {
        if (infill->is_known[cell] != 0) {
            infill->site_place[infill->sites] = infill->request.place[cell];
            infill->site_cell[infill->sites++] = cell;
        }
    }
    TRY(memory_allocate((size_t)infill->sites, sizeof *value, &value));
    TRY(kriging_create(&infill->request.kriging, infill->sites, infill->site_place, value,
                       &kriging));
    infill->capacity = kriging_capacity(kriging);
    kriging_weights(kriging, infill->request.targets, infill->target_place, infill->site,
                    infill->weight, NULL);
    infill->has_weights = true;
done:
    kriging_destroy(&kriging);
    free(value);
    return status;
}

static void apply_weights(const struct infill *infill, double *prediction)
{
    for (int64_t i = 0; i < infill->request.targets; i++) {
        const int32_t *site = infill->site + i * infill->capacity;
        const double *weight = infill->weight + i * infill->capacity;
        double sum = infill->sites > 0 ? 0 : NAN;
        for (int64_t k = 0; k < infill->capacity && infill->sites > 0; k++) {
            sum = fma(weight[k], infill->value[infill->site_cell[site[k]]], sum);
        }
        prediction[i] = sum;
    }
}

/* ---- linear model ------------------------------------------------------------------------- */

static void predict_linear(const struct infill *infill, double *prediction)
{
    const struct infill_request *request = &infill->request;
    struct least_squares_fit fit;
    struct least_squares_data data = {
        .steps = request->cells, .columns = request->covariates, .y = {infill->value, 1}};
    for (int i = 0; i < request->covariates; i++) {
        data.x[i] = (struct least_squares_series){request->covariate[i], 1};
    }
    least_squares_fit(&data, &fit);
    for (int64_t i = 0; i < request->targets; i++) {
        double sum = fit.coefficients[0];
        for (int k = 0; k < request->covariates; k++) {
            sum = fma(fit.coefficients[k + 1], request->covariate[k][request->target[i]], sum);
        }
        prediction[i] = sum;
    }
}

enum status infill_predict(struct infill *infill, const float *map, double *prediction)
{
    enum status status = STATUS_OK;
    bool differs = take_map(infill, map);
    if (infill->request.method == INFILL_LINEAR) {
        predict_linear(infill, prediction);
        goto done;
    }
    if (differs) {
        infill->has_weights = false;
        TRY(make_weights(infill));
    }
    apply_weights(infill, prediction);
done:
    return status;
}

/* ---- variogram ---------------------------------------------------------------------------- */

/* Standard deviation by two passes. */
static double deviation_of(int64_t count, const double *values)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += values[i];
    }
    double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

enum status infill_pool_add(struct infill_pool *pool, int64_t step, int64_t cells,
                            const struct position *place, const uint8_t *may_be_known,
                            const float *map)
{
    enum status status;
    struct position *site = NULL;
    double *value = NULL;
    int64_t *chosen = NULL;
    struct variogram_pairs pairs;
    TRY(memory_allocate((size_t)cells, sizeof *value, &value));
    TRY(memory_allocate((size_t)pool->sample, sizeof *chosen, &chosen));
    TRY(memory_allocate((size_t)pool->sample, sizeof *site, &site));
    for (int64_t cell = 0; cell < cells; cell++) {
        value[cell] = may_be_known[cell] != 0 ? (double)map[cell] : NAN;
    }
    int64_t count =
        variogram_sample(pool->seed, (uint64_t)step, cells, value, pool->sample, chosen);
    for (int64_t i = 0; i < count; i++) {
        site[i] = place[chosen[i]];
        value[i] = value[chosen[i]]; /* chosen ascends, so nothing is lost */
    }
    double deviation = deviation_of(count, value);
    variogram_pairs_init(&pairs, pool->pairs.cutoff, pool->pairs.lags);
    variogram_pairs_add(&pairs, DISTANCE_GEODESIC, count, site, value);
    for (int lag = 0; lag < pairs.lags; lag++) {
        pairs.square_sum[lag] = deviation > 0 ? pairs.square_sum[lag] / (deviation * deviation) : 0;
        pairs.count[lag] = deviation > 0 ? pairs.count[lag] : 0;
        pairs.distance_sum[lag] = deviation > 0 ? pairs.distance_sum[lag] : 0;
    }
    variogram_pairs_merge(&pool->pairs, &pairs);
done:
    free(site);
    free(value);
    free(chosen);
    return status;
}
