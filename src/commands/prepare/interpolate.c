/* airshed -- GPL-3.0-or-later. Interpolation of prepare: variograms of days, gaps of maps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "prepare.h"

/* ---- how ---------------------------------------------------------------------------------- */

static enum fill_method method_of(const char *name)
{
    return name[0] == 'k' ? FILL_KRIGING : name[0] == 'i' ? FILL_INVERSE_DISTANCE : FILL_NONE;
}

void interpolation_init(const struct job *job, struct interpolation *how)
{
    const struct options *options = job->options;
    *how = (struct interpolation){
        .method = method_of(option_text(options, "method")),
        .shape = variogram_shape_find(option_text(options, "model")),
        .smoothness = option_real(options, "smoothness"),
        .power = option_real(options, "power"),
        .cutoff_m = 1000 * option_real(options, "cutoff"),
        .lags = (int)option_integer(options, "lags"),
        .neighbours = option_integer(options, "neighbours"),
        .per_octant = option_integer(options, "per-octant"),
        .fewest = option_integer(options, "fewest"),
        .observations = option_integer(options, "own-variogram"),
        .sample = option_integer(options, "variogram-sample"),
        .low = option_real(options, "at-least"),
        .high = option_real(options, "at-most"),
        .seed = job->seed,
    };
}

enum {
    PAIRS_ENOUGH = 30 /* of sites: Journel and Huijbregts' rule for a lag */
};

static int64_t pairs_within(int64_t count, const struct position *place, double distance)
{
    int64_t pairs = 0;
    double square = distance_to_square(DISTANCE_GEODESIC, distance);
    for (int64_t i = 0; i < count && pairs < PAIRS_ENOUGH; i++) {
        for (int64_t j = 0; j < i; j++) {
            pairs += position_square(place[i], place[j]) <= square;
        }
    }
    return pairs;
}

double interpolation_cutoff(const double bbox[4], int64_t count, const struct position *place)
{
    double diagonal = distance_box_diagonal(DISTANCE_GEODESIC, bbox[0], bbox[1], bbox[2], bbox[3]);
    double cutoff = diagonal / 3;
    if (place != NULL && pairs_within(count, place, cutoff) < PAIRS_ENOUGH) {
        cutoff = pairs_within(count, place, diagonal / 2) < PAIRS_ENOUGH ? diagonal : diagonal / 2;
    }
    return cutoff > 0 ? cutoff : 1;
}

/* ---- variograms --------------------------------------------------------------------------- */

/* Standard deviation by two passes, in the order of the sites. */
static double deviation_of(int64_t count, const double *values, int64_t *valid)
{
    double sum = 0, squares = 0;
    *valid = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            (*valid)++;
        }
    }
    double mean = sum / (double)*valid;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
    }
    return *valid > 1 ? sqrt(squares / (double)(*valid - 1)) : NAN;
}

enum status day_pairs_make(const struct interpolation *how, uint64_t item, int64_t count,
                           const struct position *place, const double *values,
                           struct day_pairs *day)
{
    enum status status;
    int64_t *chosen = NULL;
    struct position *sample_place = NULL;
    double *sample = NULL;
    size_t room = (size_t)(count < how->sample ? count : how->sample);

    TRY(memory_allocate(room, sizeof *chosen, &chosen));
    TRY(memory_allocate(room, sizeof *sample_place, &sample_place));
    TRY(memory_allocate(room, sizeof *sample, &sample));
    memset(day, 0, sizeof *day);
    day->deviation = deviation_of(count, values, &day->count);
    variogram_pairs_init(&day->pairs, how->cutoff_m, how->lags);
    int64_t used = variogram_sample(how->seed, item, count, values, how->sample, chosen);
    for (int64_t i = 0; i < used; i++) {
        sample_place[i] = place[chosen[i]];
        sample[i] = values[chosen[i]];
    }
    variogram_pairs_add(&day->pairs, DISTANCE_GEODESIC, used, sample_place, sample);
done:
    free(chosen);
    free(sample_place);
    free(sample);
    return status;
}

static struct variogram_fit fit_pairs(const struct interpolation *how,
                                      const struct variogram_pairs *pairs)
{
    return how->shape == VARIOGRAM_SHAPES ? variogram_fit_best(pairs)
                                          : variogram_fit(pairs, how->shape, how->smoothness);
}

/* Adds a day to the pool, its values divided by their deviation. A flat day says nothing. */
static void pool_day(const struct day_pairs *day, struct variogram_pairs *pool)
{
    struct variogram_pairs scaled = day->pairs;
    if (!(day->deviation > 0)) {
        return;
    }
    for (int lag = 0; lag < scaled.lags; lag++) {
        scaled.square_sum[lag] /= day->deviation * day->deviation;
    }
    variogram_pairs_merge(pool, &scaled);
}

/* The pooled model at the scale of a day. One observation has no deviation, but neither has it a
 * neighbour that the scale could weigh: the mean over the days serves its variance. */
static struct variogram_model scale_model(const struct variogram_model *pooled, double deviation,
                                          double mean_square)
{
    struct variogram_model model = *pooled;
    double square = isnan(deviation) ? mean_square : deviation * deviation;
    model.nugget *= square;
    model.partial_sill *= square;
    return model;
}

enum status day_models_fit(const struct interpolation *how, int64_t steps,
                           const struct day_pairs *days, struct day_models *models)
{
    enum status status;
    struct variogram_pairs pool;
    double squares = 0;
    int64_t spread = 0;
    TRY(memory_allocate((size_t)steps, sizeof *models->model, &models->model));
    models->steps = steps;
    variogram_pairs_init(&pool, how->cutoff_m, how->lags);
    for (int64_t step = 0; step < steps; step++) {
        pool_day(&days[step], &pool);
        if (!isnan(days[step].deviation)) {
            squares += days[step].deviation * days[step].deviation;
            spread++;
        }
    }
    models->pooled = fit_pairs(how, &pool);
    double mean_square = spread > 0 ? squares / (double)spread : 0;
    for (int64_t step = 0; step < steps; step++) {
        struct variogram_fit own = {.outcome = VARIOGRAM_TOO_FEW_LAGS};
        if (days[step].count >= how->observations) {
            own = fit_pairs(how, &days[step].pairs);
        }
        bool is_own = own.outcome != VARIOGRAM_TOO_FEW_LAGS;
        models->model[step] =
            is_own ? own.model
                   : scale_model(&models->pooled.model, days[step].deviation, mean_square);
        models->own += is_own;
        models->shared += !is_own && days[step].count > 0;
    }
done:
    return status;
}

void day_models_clear(struct day_models *models)
{
    free(models->model);
}

/* ---- maps --------------------------------------------------------------------------------- */

static struct kriging_options options_of(const struct interpolation *how,
                                         const struct variogram_model *model)
{
    static const struct variogram_model none = {.range = 1};
    struct kriging_options options =
        kriging_options_default(DISTANCE_GEODESIC, model != NULL ? model : &none);
    options.rule.most = how->neighbours;
    options.rule.most_per_octant = how->per_octant;
    options.fewest = how->fewest;
    if (how->method == FILL_INVERSE_DISTANCE) {
        options.method = KRIGING_INVERSE_DISTANCE;
        options.power = how->power;
        options.rule.radius = INFINITY;
    }
    return options;
}

static bool any_valid(int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            return true;
        }
    }
    return false;
}

static double bounded(const struct interpolation *how, double value)
{
    value = value < how->low ? how->low : value;
    return value > how->high ? how->high : value;
}

/* One row of predictions at a time. */
struct line_of_gaps {
    int64_t count;
    int64_t *cell;
    struct position *place;
    double *prediction, *variance;
    uint8_t *flag;
};

static void line_collect(const struct map_fill *fill, int64_t row, const float *map,
                         struct line_of_gaps *line)
{
    const struct target *target = fill->target;
    int64_t cols = target->grid->cols;
    line->count = 0;
    for (int64_t cell = row * cols; cell < (row + 1) * cols; cell++) {
        bool is_inside = target->inside == NULL || target->inside[cell];
        if (is_inside && isnan(map[cell])) {
            line->cell[line->count] = cell;
            line->place[line->count++] = target->place[cell];
        }
    }
}

static void line_store(const struct map_fill *fill, const struct line_of_gaps *line, float *map,
                       float *variance, int8_t *flag)
{
    for (int64_t i = 0; i < line->count; i++) {
        int64_t cell = line->cell[i];
        bool is_reached = (line->flag[i] & KRIGING_UNREACHED) == 0;
        map[cell] = (float)bounded(fill->how, line->prediction[i]);
        if (variance != NULL) {
            variance[cell] = (float)line->variance[i];
        }
        if (!is_reached) {
            flag[cell] = REASON_TOO_FEW_NEIGHBOURS;
        } else if (flag[cell] == REASON_OK) {
            flag[cell] = REASON_FILLED;
        }
    }
}

static enum status line_create(int64_t cols, struct line_of_gaps *line)
{
    enum status status;
    size_t count = (size_t)cols;
    TRY(memory_allocate(count, sizeof *line->cell, &line->cell));
    TRY(memory_allocate(count, sizeof *line->place, &line->place));
    TRY(memory_allocate(count, sizeof *line->prediction, &line->prediction));
    TRY(memory_allocate(count, sizeof *line->variance, &line->variance));
    TRY(memory_allocate(count, sizeof *line->flag, &line->flag));
done:
    return status;
}

static void line_clear(struct line_of_gaps *line)
{
    free(line->cell);
    free(line->place);
    free(line->prediction);
    free(line->variance);
    free(line->flag);
}

static enum status predict_gaps(const struct map_fill *fill, float *map, float *variance,
                                int8_t *flag)
{
    enum status status;
    struct kriging *kriging = NULL;
    struct line_of_gaps line = {0};
    const struct kriging_options options = options_of(fill->how, fill->model);
    TRY(line_create(fill->target->grid->cols, &line));
    for (int64_t row = 0; row < fill->target->grid->rows; row++) {
        line_collect(fill, row, map, &line);
        if (line.count > 0 && kriging == NULL) {
            TRY(kriging_create(&options, fill->sites, fill->place, fill->value, &kriging));
        }
        if (line.count > 0) {
            kriging_predict(kriging, line.count, line.place, line.prediction, line.variance,
                            line.flag);
            line_store(fill, &line, map, variance, flag);
        }
    }
done:
    line_clear(&line);
    kriging_destroy(&kriging);
    return status;
}

/* Cells that are left without a value, and what lies outside the clip. */
static void finish_map(const struct map_fill *fill, bool has_sites, float *map, float *variance,
                       int8_t *flag)
{
    const struct target *target = fill->target;
    for (int64_t cell = 0; cell < target->grid->rows * target->grid->cols; cell++) {
        bool is_outside = target->inside != NULL && !target->inside[cell];
        if (is_outside) {
            map[cell] = NAN;
            flag[cell] = REASON_OUTSIDE_MASK;
        } else if (isnan(map[cell]) && flag[cell] == REASON_OK) {
            flag[cell] = has_sites ? REASON_MISSING : REASON_ALL_MISSING;
        }
        if (isnan(map[cell]) && variance != NULL) {
            variance[cell] = NAN;
        }
    }
}

enum status map_fill_gaps(const struct map_fill *fill, float *map, float *variance, int8_t *flag)
{
    enum status status = STATUS_OK;
    bool has_sites = any_valid(fill->sites, fill->value);
    if (variance != NULL) {
        memset(variance, 0,
               (size_t)(fill->target->grid->rows * fill->target->grid->cols) * sizeof *variance);
    }
    if (has_sites && fill->how->method != FILL_NONE) {
        TRY(predict_gaps(fill, map, variance, flag));
    }
    finish_map(fill, has_sites, map, variance, flag);
done:
    return status;
}

/* ---- leave one out ------------------------------------------------------------------------ */

enum status map_leave_one_out(const struct map_fill *fill, double *prediction, double *variance)
{
    enum status status;
    double *others = NULL;
    uint8_t flag;
    const struct kriging_options options = options_of(fill->how, fill->model);
    TRY(memory_allocate((size_t)fill->sites, sizeof *others, &others));
    memcpy(others, fill->value, (size_t)fill->sites * sizeof *others);
    for (int64_t site = 0; site < fill->sites; site++) {
        struct kriging *kriging = NULL;
        prediction[site] = variance[site] = NAN;
        if (isnan(fill->value[site])) {
            continue;
        }
        others[site] = NAN;
        TRY(kriging_create(&options, fill->sites, fill->place, others, &kriging));
        kriging_predict(kriging, 1, &fill->place[site], &prediction[site], &variance[site], &flag);
        kriging_destroy(&kriging);
        prediction[site] = bounded(fill->how, prediction[site]);
        others[site] = fill->value[site];
    }
done:
    free(others);
    return status;
}
