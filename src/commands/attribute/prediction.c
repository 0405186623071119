/* airshed -- GPL-3.0-or-later. How far the prediction across areas may be off. */
#include "prediction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/dataset.h"
#include "kernels/variogram.h"
#include "learn/holdout.h"

/* Cells of a map that make its variogram, and its cutoff as a part of the diagonal (P2.09). */
enum { VARIOGRAM_CELLS = 2000, CUTOFF_SHARE = 3 };

/* Cells that stand for an area, for all areas; held-out areas at most; blocks two apart share a round. */
enum { AREA_CELLS = 48, SAMPLE_CELLS = 400, HELD_MOST = 96, ROUNDS = 4 };

struct predictor {
    struct predictor_request request;
    int64_t cells;
    struct position *place;
    bool is_redone; /* a prediction that is linear in the map, by what the product tells */
    struct kriging_options own;

    int64_t areas;       /* held out */
    int64_t *first;      /* [areas + 1], of its cells */
    int64_t *held;       /* [first[areas]] */
    double *error;       /* [areas], of the product's own scores; where it is not redone */
    uint8_t *round;      /* [cells], when a held-out cell is left out, from 1 on; 0: never */
    uint8_t *area_round; /* [areas] */
    double *influence;   /* [cells], of a cell's value on the areas' mean prediction; NULL: not yet known */

    int64_t *site_cell; /* [cells] */
    struct position *site_place;
    double *site_value;
    double *share;    /* [cells], of a contrast */
    int64_t *support; /* [cells], cells with a share */
    double *row;      /* [cells] */
};

/* ---- the product -------------------------------------------------------------------------- */

/* "exponential NUGGET SILL RANGE SMOOTHNESS" */
static bool read_model(const char *text, struct variogram_model *model)
{
    char shape[16];
    bool is_read = text != NULL && sscanf(text, "%15s %lf %lf %lf %lf", shape, &model->nugget,
                                          &model->partial_sill, &model->range,
                                          &model->smoothness) == 5;
    model->shape = is_read ? variogram_shape_find(shape) : VARIOGRAM_SHAPES;
    return model->shape != VARIOGRAM_SHAPES;
}

static void read_method(struct predictor *predictor, const struct dataset *dataset)
{
    const char *method = dataset_attribute(dataset, "prediction_method");
    const char *neighbours = dataset_attribute(dataset, "prediction_neighbours");
    struct variogram_model model;
    long long most, per_octant;
    if (method == NULL || neighbours == NULL ||
        !read_model(dataset_attribute(dataset, "prediction_variogram"), &model) ||
        sscanf(neighbours, "%lld %lld", &most, &per_octant) != 2) {
        return;
    }
    predictor->own = kriging_options_default(DISTANCE_GEODESIC, &model);
    predictor->own.rule.most = most;
    predictor->own.rule.most_per_octant = per_octant;
    predictor->is_redone = strcmp(method, "kriging") == 0;
    if (strcmp(method, "idw") == 0) {
        const char *power = dataset_attribute(dataset, "prediction_power");
        predictor->own.method = KRIGING_INVERSE_DISTANCE;
        predictor->own.rule.radius = INFINITY;
        predictor->is_redone = power != NULL && sscanf(power, "%lf", &predictor->own.power) == 1;
    }
}

/* A map of the product on the grid in hand, which may be a part of its own. NaN where it is not. */
static enum status read_map(const struct predictor *predictor, struct dataset *dataset,
                            const char *name, float *values)
{
    enum status status;
    int variable;
    const struct georeference *grid = predictor->request.grid;
    TRY(dataset_find(dataset, name, &variable));
    const struct georeference *whole = dataset_variable(dataset, variable)->grid;
    struct window window = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    while (window.row + grid->rows < whole->rows && whole->y[window.row] != grid->y[0]) {
        window.row++;
    }
    while (window.col + grid->cols < whole->cols && whole->x[window.col] != grid->x[0]) {
        window.col++;
    }
    TRY(dataset_read(dataset, variable, &window, values));
done:
    return status;
}

/* ---- held-out areas ----------------------------------------------------------------------- */

/* Lists the cells of areas numbered from 1 on in @p number [cells]. */
static enum status list_areas(struct predictor *predictor, const int32_t *number, int64_t areas)
{
    enum status status;
    int64_t held = 0;
    TRY(memory_allocate((size_t)areas + 2, sizeof *predictor->first, &predictor->first));
    for (int64_t cell = 0; cell < predictor->cells; cell++) {
        if (number[cell] > 0) {
            predictor->first[number[cell] + 1]++;
            held++;
        }
    }
    TRY(memory_allocate((size_t)held, sizeof *predictor->held, &predictor->held));
    for (int64_t area = 1; area <= areas; area++) {
        predictor->first[area + 1] += predictor->first[area];
    }
    for (int64_t cell = 0; cell < predictor->cells; cell++) {
        if (number[cell] > 0) {
            predictor->held[predictor->first[number[cell]]++] = cell;
        }
    }
    predictor->areas = areas;
done:
    return status;
}

/* Held-out areas of blocks that do not touch are left out together. */
static enum status share_rounds(struct predictor *predictor, int64_t block)
{
    enum status status;
    int64_t cols = predictor->request.grid->cols;
    TRY(memory_allocate((size_t)predictor->areas, 1, &predictor->area_round));
    for (int64_t area = 0; area < predictor->areas; area++) {
        int64_t at = predictor->first[area], end = predictor->first[area + 1];
        if (at == end) {
            continue;
        }
        int64_t row = predictor->held[at] / cols, col = predictor->held[at] % cols;
        uint8_t round = (uint8_t)(1 + row / block % 2 * 2 + col / block % 2);
        predictor->area_round[area] = round;
        for (; at < end; at++) {
            predictor->round[predictor->held[at]] = round;
        }
    }
done:
    return status;
}

/* Shapes of the areas in all blocks of the background, at most HELD_MOST of them. */
static enum status hold_out(struct predictor *predictor)
{
    enum status status;
    struct shapes *shapes = NULL;
    struct holdout *holdout = NULL;
    const struct predictor_request *request = &predictor->request;
    int64_t rows = request->grid->rows, cols = request->grid->cols;
    TRY(shapes_create(request->is_area, rows, cols, &shapes));
    int64_t block = holdout_block(shapes, rows, cols);
    double blocks = (double)((rows + block - 1) / block * ((cols + block - 1) / block));
    struct holdout_request held = {.rows = rows,
                                   .cols = cols,
                                   .is_background = request->is_outside,
                                   .shapes = shapes,
                                   .block = block,
                                   .test_share = blocks > HELD_MOST ? HELD_MOST / blocks : 1,
                                   .seed = request->seed};
    TRY(holdout_create(&held, &holdout));
    TRY(list_areas(predictor, holdout->area, holdout->areas));
    TRY(share_rounds(predictor, block));
done:
    shapes_destroy(&shapes);
    holdout_destroy(&holdout);
    return status;
}

/* Those that the product was scored on, with its errors. */
static enum status take_scores(struct predictor *predictor, struct dataset *dataset)
{
    enum status status;
    float *map = NULL;
    int32_t *number = NULL;
    int64_t areas = 0;
    size_t cells = (size_t)predictor->cells;
    TRY(memory_allocate(cells, sizeof *map, &map));
    TRY(memory_allocate(cells, sizeof *number, &number));
    TRY(read_map(predictor, dataset, "held_out", map));
    for (size_t cell = 0; cell < cells; cell++) {
        number[cell] = isnan(map[cell]) ? 0 : (int32_t)map[cell];
        areas = number[cell] > areas ? number[cell] : areas;
    }
    TRY(list_areas(predictor, number, areas));
    TRY(memory_allocate((size_t)areas, sizeof *predictor->error, &predictor->error));
    TRY(memory_allocate((size_t)areas, 1, &predictor->area_round));
    TRY(read_map(predictor, dataset, "held_out_error", map));
    for (int64_t area = 0; area < areas; area++) {
        int64_t at = predictor->first[area], end = predictor->first[area + 1];
        predictor->error[area] = at < end ? (double)map[predictor->held[at]] : NAN;
        predictor->area_round[area] = !isnan(predictor->error[area]);
        for (; at < end; at++) {
            predictor->round[predictor->held[at]] = predictor->area_round[area];
        }
    }
done:
    free(map);
    free(number);
    return status;
}

/* ---- life --------------------------------------------------------------------------------- */

static enum status locate(struct predictor *predictor)
{
    enum status status;
    double *lon = NULL, *lat = NULL;
    size_t cells = (size_t)predictor->cells;
    TRY(memory_allocate(cells, sizeof *lon, &lon));
    TRY(memory_allocate(cells, sizeof *lat, &lat));
    TRY(memory_allocate(cells, sizeof *predictor->place, &predictor->place));
    TRY(georeference_lonlat(predictor->request.grid, lon, lat));
    for (size_t cell = 0; cell < cells; cell++) {
        predictor->place[cell] = position_from_lonlat(lon[cell], lat[cell]);
    }
done:
    free(lon);
    free(lat);
    return status;
}

static enum status allocate_scratch(struct predictor *predictor)
{
    enum status status;
    size_t cells = (size_t)predictor->cells;
    TRY(memory_allocate(cells, 1, &predictor->round));
    TRY(memory_allocate(cells, sizeof *predictor->site_cell, &predictor->site_cell));
    TRY(memory_allocate(cells, sizeof *predictor->site_place, &predictor->site_place));
    TRY(memory_allocate(cells, sizeof *predictor->site_value, &predictor->site_value));
    TRY(memory_allocate(cells, sizeof *predictor->share, &predictor->share));
    TRY(memory_allocate(cells, sizeof *predictor->support, &predictor->support));
    TRY(memory_allocate(cells, sizeof *predictor->row, &predictor->row));
done:
    return status;
}

enum status predictor_create(const struct predictor_request *request, struct predictor **out)
{
    enum status status;
    struct predictor *predictor = NULL;
    struct dataset *dataset = NULL;
    struct dataset_options how = {0};
    TRY(memory_allocate(1, sizeof *predictor, &predictor));
    predictor->request = *request;
    predictor->cells = request->grid->rows * request->grid->cols;
    TRY(allocate_scratch(predictor));
    TRY(locate(predictor));
    TRY(dataset_open(request->expected, &how, &dataset));
    read_method(predictor, dataset);
    bool has_scores = dataset_attribute(dataset, "prediction_method") != NULL;
    TRY(!predictor->is_redone && has_scores ? take_scores(predictor, dataset)
                                            : hold_out(predictor));
    *out = predictor;
    predictor = NULL;
done:
    dataset_close(&dataset);
    predictor_destroy(&predictor);
    return status;
}

void predictor_destroy(struct predictor **pointer)
{
    struct predictor *predictor = *pointer;
    if (predictor == NULL) {
        return;
    }
    void *const blocks[] = {predictor->place,      predictor->first,      predictor->held,
                            predictor->error,      predictor->round,      predictor->area_round,
                            predictor->site_cell,  predictor->site_place, predictor->site_value,
                            predictor->share,      predictor->support,    predictor->row,
                            predictor->influence};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
    free(predictor);
    *pointer = NULL;
}

int64_t predictor_bytes(int64_t cells)
{
    int64_t place = (int64_t)sizeof(struct position);
    /* The k-d tree and the copies in a kriging object: some 80 bytes a site. */
    return cells * (2 * place + 7 * 8 + 1 + 80) + (1 << 20);
}

/* ---- predictions -------------------------------------------------------------------------- */

static struct kriging_options options_of(const struct predictor *predictor,
                                         const struct prediction_quality *quality)
{
    return predictor->is_redone ? predictor->own
                                : kriging_options_default(DISTANCE_GEODESIC, &quality->model);
}

/* From the cells outside with a value, but for those held out in @p round (0: from all). */
static enum status open_kriging(struct predictor *predictor, const float *outside,
                                const struct prediction_quality *quality, int round,
                                struct kriging **kriging)
{
    int64_t sites = 0;
    struct kriging_options options = options_of(predictor, quality);
    for (int64_t cell = 0; cell < predictor->cells; cell++) {
        bool is_left_out = round > 0 && predictor->round[cell] == round;
        if (predictor->request.is_outside[cell] != 0 && !isnan(outside[cell]) && !is_left_out) {
            predictor->site_cell[sites] = cell;
            predictor->site_place[sites] = predictor->place[cell];
            predictor->site_value[sites++] = (double)outside[cell];
        }
    }
    return kriging_create(&options, sites, predictor->site_place, predictor->site_value, kriging);
}

/* Weights for @p count cells, their sites as cells. */
static enum status find_weights(struct predictor *predictor, struct kriging *kriging, int64_t count,
                                const int64_t *cell, int32_t *site, double *weight)
{
    enum status status;
    struct position *place = NULL;
    TRY(memory_allocate((size_t)count, sizeof *place, &place));
    for (int64_t i = 0; i < count; i++) {
        place[i] = predictor->place[cell[i]];
    }
    kriging_weights(kriging, count, place, site, weight, NULL);
    for (int64_t i = 0; i < count * kriging_capacity(kriging); i++) {
        site[i] = (int32_t)predictor->site_cell[site[i]];
    }
done:
    free(place);
    return status;
}

int64_t predictor_width(const struct predictor *predictor)
{
    const struct kriging_options *own = &predictor->own;
    struct variogram_model any = {.range = 1};
    struct kriging_options usual = kriging_options_default(DISTANCE_GEODESIC, &any);
    const struct kriging_options *used = predictor->is_redone ? own : &usual;
    return used->rule.most > used->fewest ? used->rule.most : used->fewest;
}

enum status predictor_weights(struct predictor *predictor, const float *outside,
                              const struct prediction_quality *quality, int64_t count,
                              const int64_t *cell, int32_t *site, double *weight)
{
    enum status status;
    struct kriging *kriging = NULL;
    TRY(open_kriging(predictor, outside, quality, 0, &kriging));
    TRY(find_weights(predictor, kriging, count, cell, site, weight));
done:
    kriging_destroy(&kriging);
    return status;
}

/* ---- variances ---------------------------------------------------------------------------- */

/* Cells and weights of a weighted mean, with what predicts each. */
struct target {
    int64_t count, width;
    const int64_t *cell;
    const double *weight; /* [count] */
    const int32_t *site;  /* [count, width] */
    const double *share;  /* [count, width] */
};

static void add_share(struct predictor *predictor, int64_t cell, double share, int64_t *supports)
{
    if (predictor->share[cell] == 0 && share != 0) {
        predictor->support[(*supports)++] = cell;
    }
    predictor->share[cell] += share;
}

/* Variance of a contrast, sum of share times value with shares that add up to 0: sill times the double
 * sum of shares times correlations (Cressie 1993, 3.2). Shares are cleared. */
static double contrast_variance(struct predictor *predictor, const struct variogram_model *model,
                                int64_t supports)
{
    double sum = 0;
    for (int64_t k = 0; k < supports; k++) {
        int64_t cell = predictor->support[k];
        double own = predictor->share[cell], inner = 0;
        for (int64_t i = k + 1; i < supports; i++) {
            predictor->row[i] =
                position_square(predictor->place[cell], predictor->place[predictor->support[i]]);
        }
        distances_from_squares(DISTANCE_GEODESIC, supports - k - 1, predictor->row + k + 1);
        variogram_correlate(model, supports - k - 1, predictor->row + k + 1);
        for (int64_t i = k + 1; i < supports; i++) {
            inner = fma(predictor->share[predictor->support[i]], predictor->row[i], inner);
        }
        sum += own * (own + 2 * inner);
    }
    for (int64_t k = 0; k < supports; k++) {
        predictor->share[predictor->support[k]] = 0;
    }
    double variance = variogram_sill(model) * sum;
    return variance > 0 ? variance : 0;
}

/* Variance of prediction less truth of items [first, end) of @p target. */
static double target_variance(struct predictor *predictor, const struct variogram_model *model,
                              const struct target *target, int64_t first, int64_t end)
{
    int64_t supports = 0;
    for (int64_t i = first; i < end; i++) {
        double weight = end - first > 1 ? target->weight[i] : 1;
        add_share(predictor, target->cell[i], -weight, &supports);
        for (int64_t k = i * target->width; k < (i + 1) * target->width; k++) {
            add_share(predictor, target->site[k], weight * target->share[k], &supports);
        }
    }
    return contrast_variance(predictor, model, supports);
}

/* Prediction less value of a held-out area. */
static double target_error(const struct target *target, const float *outside)
{
    double error = 0;
    for (int64_t i = 0; i < target->count; i++) {
        double predicted = 0;
        for (int64_t k = i * target->width; k < (i + 1) * target->width; k++) {
            predicted = fma(target->share[k], (double)outside[target->site[k]], predicted);
        }
        error += target->weight[i] * (predicted - (double)outside[target->cell[i]]);
    }
    return error;
}

/* ---- quality ------------------------------------------------------------------------------ */

static enum status fit_variogram(const struct predictor *predictor, const float *outside,
                                 struct variogram_model *model)
{
    enum status status;
    struct variogram_pairs pairs;
    int64_t *chosen = NULL;
    struct position *place = NULL;
    double *value = NULL;
    double diagonal = position_distance(DISTANCE_GEODESIC, predictor->place[0],
                                        predictor->place[predictor->cells - 1]);
    TRY(memory_allocate(VARIOGRAM_CELLS, sizeof *chosen, &chosen));
    TRY(memory_allocate(VARIOGRAM_CELLS, sizeof *place, &place));
    TRY(memory_allocate((size_t)predictor->cells, sizeof *value, &value));
    for (int64_t cell = 0; cell < predictor->cells; cell++) {
        value[cell] = predictor->request.is_outside[cell] != 0 ? (double)outside[cell] : NAN;
    }
    int64_t count =
        variogram_sample(predictor->request.seed, 0, predictor->cells, value, VARIOGRAM_CELLS, chosen);
    for (int64_t i = 0; i < count; i++) {
        place[i] = predictor->place[chosen[i]];
        value[i] = value[chosen[i]]; /* chosen ascends, so nothing is lost */
    }
    variogram_pairs_init(&pairs, diagonal > 0 ? diagonal / CUTOFF_SHARE : 1, VARIOGRAM_LAGS_DEFAULT);
    variogram_pairs_add(&pairs, DISTANCE_GEODESIC, count, place, value);
    *model = variogram_fit_best(&pairs).model;
done:
    free(chosen);
    free(place);
    free(value);
    return status;
}

/* A regular sample of at most @p most of @p count items: item @p i of @p taken. */
static int64_t sampled(int64_t i, int64_t count, int64_t taken)
{
    return i * count / taken;
}

/* How much the areas' mean prediction draws on each cell, from a regular sample of the areas: what
 * borders them counts, not what lies far from them. */
static enum status find_influence(struct predictor *predictor, const float *outside,
                                  const struct prediction_quality *quality)
{
    enum status status;
    struct kriging *kriging = NULL;
    int64_t sample[SAMPLE_CELLS], count = 0, taken, next = 0, seen = 0;
    int32_t *site = NULL;
    double *weight = NULL;
    for (int64_t cell = 0; cell < predictor->cells; cell++) {
        count += predictor->request.is_area[cell];
    }
    taken = count < SAMPLE_CELLS ? count : SAMPLE_CELLS;
    for (int64_t cell = 0; cell < predictor->cells && next < taken; cell++) {
        if (predictor->request.is_area[cell] != 0 && seen++ == sampled(next, count, taken)) {
            sample[next++] = cell;
        }
    }
    TRY(memory_allocate((size_t)predictor->cells, sizeof(double), &predictor->influence));
    TRY(open_kriging(predictor, outside, quality, 0, &kriging));
    int64_t width = kriging_capacity(kriging);
    TRY(memory_allocate((size_t)(taken * width), sizeof *site, &site));
    TRY(memory_allocate((size_t)(taken * width), sizeof *weight, &weight));
    TRY(find_weights(predictor, kriging, taken, sample, site, weight));
    for (int64_t i = 0; i < taken * width; i++) {
        predictor->influence[site[i]] += isnan(weight[i]) ? 0 : fabs(weight[i]);
    }
done:
    kriging_destroy(&kriging);
    free(site);
    free(weight);
    return status;
}

/* Squared errors over expected variances, weighted by influence; a block that borders the areas tells
 * most about them, since a background need not be equally rough everywhere. */
struct held_sums {
    double ratios, weights, weight_squares;
};

static enum status judge_area(struct predictor *predictor, struct kriging *kriging,
                              const float *outside, const struct prediction_quality *quality,
                              int64_t area, struct held_sums *sums)
{
    enum status status;
    int64_t cell[AREA_CELLS], valid = 0;
    int64_t first = predictor->first[area], count = predictor->first[area + 1] - first;
    int64_t taken = count < AREA_CELLS ? count : AREA_CELLS, width = kriging_capacity(kriging);
    double weight[AREA_CELLS], *share = NULL;
    int32_t *site = NULL;
    for (int64_t i = 0; i < taken; i++) {
        cell[valid] = predictor->held[first + sampled(i, count, taken)];
        valid += !isnan(outside[cell[valid]]);
    }
    for (int64_t i = 0; i < valid; i++) {
        weight[i] = 1 / (double)valid;
    }
    TRY(memory_allocate((size_t)(valid * width), sizeof *site, &site));
    TRY(memory_allocate((size_t)(valid * width), sizeof *share, &share));
    TRY(find_weights(predictor, kriging, valid, cell, site, share));
    struct target target = {valid, width, cell, weight, site, share};
    double variance = target_variance(predictor, &quality->model, &target, 0, valid);
    double error = predictor->error != NULL ? predictor->error[area] : target_error(&target, outside);
    if (valid > 0 && variance > 0 && !isnan(error)) {
        double influence = 0;
        for (int64_t i = first; i < first + count; i++) {
            influence += predictor->influence[predictor->held[i]];
        }
        sums->ratios += influence * error * error / variance;
        sums->weights += influence;
        sums->weight_squares += influence * influence;
    }
done:
    free(site);
    free(share);
    return status;
}

static enum status judge_round(struct predictor *predictor, const float *outside,
                               const struct prediction_quality *quality, int round,
                               struct held_sums *sums)
{
    enum status status;
    struct kriging *kriging = NULL;
    TRY(open_kriging(predictor, outside, quality, round, &kriging));
    for (int64_t area = 0; area < predictor->areas && kriging_sites(kriging) > 0; area++) {
        if (predictor->area_round[area] == round) {
            TRY(judge_area(predictor, kriging, outside, quality, area, sums));
        }
    }
done:
    kriging_destroy(&kriging);
    return status;
}

enum status predictor_assess(struct predictor *predictor, const float *outside,
                             const struct prediction_quality *known,
                             struct prediction_quality *quality)
{
    enum status status;
    struct held_sums sums = {0};
    TRY(fit_variogram(predictor, outside, &quality->model));
    if (known != NULL && predictor->error != NULL) {
        quality->scale = known->scale;
        quality->held = known->held;
        goto done;
    }
    if (predictor->influence == NULL) {
        TRY(find_influence(predictor, outside, quality));
    }
    for (int round = 1; round <= ROUNDS; round++) {
        TRY(judge_round(predictor, outside, quality, round, &sums));
    }
    bool has_any = sums.weights > 0;
    quality->held = has_any ? sums.weights * sums.weights / sums.weight_squares : 0;
    quality->scale = has_any ? sums.ratios / sums.weights : 1;
done:
    return status;
}

/* From a regular sample: means of the cells' variances and of their covariances (weighted), put
 * together as for all cells. */
static double expand(struct predictor *predictor, const struct variogram_model *model,
                     const struct target *target, double sum, double squares)
{
    double own = 0, sample_squares = 0;
    for (int64_t i = 0; i < target->count; i++) {
        double square = target->weight[i] * target->weight[i];
        own += square * target_variance(predictor, model, target, i, i + 1);
        sample_squares += square;
    }
    double whole = target_variance(predictor, model, target, 0, target->count);
    double between = sample_squares < 1 ? (whole - own) / (1 - sample_squares) : 0;
    double all = own / sample_squares * squares + between * (sum * sum - squares);
    return all > 0 ? all : 0;
}

enum status predictor_variance(struct predictor *predictor, const float *outside,
                               const struct prediction_quality *quality, int64_t count,
                               const int64_t *cell, const double *weight, double *variance)
{
    enum status status;
    struct kriging *kriging = NULL;
    int64_t sample[SAMPLE_CELLS], taken = count < SAMPLE_CELLS ? count : SAMPLE_CELLS;
    double sample_weight[SAMPLE_CELLS], sum = 0, squares = 0, sample_sum = 0, *share = NULL;
    int32_t *site = NULL;
    for (int64_t i = 0; i < count; i++) {
        sum += weight[i];
        squares += weight[i] * weight[i];
    }
    for (int64_t i = 0; i < taken; i++) {
        sample[i] = cell[sampled(i, count, taken)];
        sample_weight[i] = weight[sampled(i, count, taken)];
        sample_sum += sample_weight[i];
    }
    for (int64_t i = 0; i < taken; i++) {
        sample_weight[i] /= sample_sum;
    }
    TRY(open_kriging(predictor, outside, quality, 0, &kriging));
    int64_t width = kriging_capacity(kriging);
    TRY(memory_allocate((size_t)(taken * width), sizeof *site, &site));
    TRY(memory_allocate((size_t)(taken * width), sizeof *share, &share));
    TRY(find_weights(predictor, kriging, taken, sample, site, share));
    struct target target = {taken, width, sample, sample_weight, site, share};
    *variance = quality->scale * expand(predictor, &quality->model, &target, sum, squares);
done:
    kriging_destroy(&kriging);
    free(site);
    free(share);
    return status;
}

enum status predictor_variances(struct predictor *predictor, const float *outside,
                                const struct prediction_quality *quality, int64_t count,
                                const int64_t *cell, double *variance)
{
    enum status status;
    struct kriging *kriging = NULL;
    int32_t *site = NULL;
    double *share = NULL;
    TRY(open_kriging(predictor, outside, quality, 0, &kriging));
    int64_t width = kriging_capacity(kriging);
    TRY(memory_allocate((size_t)(SAMPLE_CELLS * width), sizeof *site, &site));
    TRY(memory_allocate((size_t)(SAMPLE_CELLS * width), sizeof *share, &share));
    for (int64_t at = 0; at < count; at += SAMPLE_CELLS) {
        int64_t part = count - at < SAMPLE_CELLS ? count - at : SAMPLE_CELLS;
        TRY(find_weights(predictor, kriging, part, cell + at, site, share));
        struct target target = {part, width, cell + at, NULL, site, share};
        for (int64_t i = 0; i < part; i++) {
            variance[at + i] = quality->scale * target_variance(predictor, &quality->model, &target, i, i + 1);
        }
    }
done:
    kriging_destroy(&kriging);
    free(site);
    free(share);
    return status;
}
