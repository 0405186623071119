/* airshed -- GPL-3.0-or-later. The region of background: areas, held-out areas, variograms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/log.h"
#include "base/memory.h"

/* Sectors of a variogram as elsewhere: a third of the diagonal (P2.09). */
static const double CUTOFF_SHARE = 3;

/* ---- masks -------------------------------------------------------------------------------- */

/* 1 in @p has_value where some sampled map has a value. */
static enum status sample_maps(const struct job *job, struct input *input, float *map,
                               uint8_t *has_value)
{
    enum status status = STATUS_OK;
    const struct georeference *grid = input_grid(input);
    int64_t steps = input_time(input)->steps;
    int64_t samples = option_integer(job->options, "variogram-steps");
    samples = samples < steps ? samples : steps;
    for (int64_t i = 0; i < samples; i++) {
        struct window window = {
            .time = i * steps / samples, .steps = 1, .rows = grid->rows, .cols = grid->cols};
        TRY(input_read(input, &window, map));
        for (int64_t cell = 0; cell < grid->rows * grid->cols; cell++) {
            has_value[cell] |= (uint8_t)!isnan(map[cell]);
        }
    }
done:
    return status;
}

static enum status read_masks(const struct job *job, struct input *input, struct input *area,
                              float *map, struct region *region, uint8_t *is_area)
{
    enum status status;
    char why[256];
    const char *path = option_text(job->options, "area");
    const struct georeference *grid = input_grid(input);
    FAIL_IF(!georeference_is_equal(grid, input_grid(area), why, sizeof why), STATUS_DATA,
            "--area %s: is not on the grid of %s: %s; make it with `airshed grow --grid`", path,
            option_text(job->options, "input"), why);
    struct window whole = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    TRY(input_read(area, &whole, map));
    for (int64_t cell = 0; cell < region->cells; cell++) {
        is_area[cell] = map[cell] > 0;
    }
    TRY(sample_maps(job, input, map, region->is_background));
    for (int64_t cell = 0; cell < region->cells; cell++) {
        bool has_value = region->is_background[cell] != 0;
        region->is_radiation[cell] = has_value && is_area[cell];
        region->is_background[cell] = has_value && !is_area[cell];
        region->targets += region->is_radiation[cell];
    }
    FAIL_IF(region->targets == 0, STATUS_DATA,
            "--area %s: no cell of its areas has values in %s: there is nothing to predict", path,
            option_text(job->options, "input"));
    FAIL_IF(memchr(region->is_background, 1, (size_t)region->cells) == NULL, STATUS_DATA,
            "--area %s: no cell outside its areas has values in %s: there is nothing to learn from",
            path, option_text(job->options, "input"));
done:
    return status;
}

static enum status list_cells(struct region *region)
{
    enum status status;
    TRY(memory_allocate((size_t)region->targets, sizeof *region->target, &region->target));
    TRY(memory_allocate((size_t)region->cells, 1, &region->is_context));
    TRY(memory_allocate((size_t)region->cells, 1, &region->is_test));
    region->targets = 0;
    for (int64_t cell = 0; cell < region->cells; cell++) {
        int32_t area = region->holdout->area[cell];
        bool is_test = area > 0 && region->holdout->area_part[area - 1] == HOLDOUT_TEST;
        region->is_context[cell] = region->is_background[cell] != 0 && !is_test;
        region->is_test[cell] = is_test;
        region->held += is_test;
        if (region->is_radiation[cell] != 0) {
            region->target[region->targets++] = cell;
        }
    }
    TRY(memory_allocate((size_t)region->held, sizeof *region->held_cell, &region->held_cell));
    region->held = 0;
    for (int64_t cell = 0; cell < region->cells; cell++) {
        if (region->is_test[cell] != 0) {
            region->held_cell[region->held++] = cell;
        }
    }
done:
    return status;
}

static enum status hold_out(const struct job *job, struct region *region, const uint8_t *is_area)
{
    enum status status;
    const struct options *options = job->options;
    int64_t rows = region->grid->rows, cols = region->grid->cols;
    TRY(shapes_create(is_area, rows, cols, &region->shapes));
    int64_t block = option_integer(options, "block");
    struct holdout_request request = {
        .rows = rows,
        .cols = cols,
        .is_background = region->is_background,
        .shapes = region->shapes,
        .block = block > 0 ? block : holdout_block(region->shapes, rows, cols),
        .test_share = option_real(options, "test-share"),
        .validation_share = option_real(options, "validation-share"),
        .seed = job->seed};
    TRY(holdout_create(&request, &region->holdout));
    TRY(list_cells(region));
    if (job->rank == 0) {
        log_info("%lld cells of %lld areas to predict; %lld background cells held out, in blocks of "
                 "%lld x %lld",
                 (long long)region->targets, (long long)region->shapes->count,
                 (long long)region->held, (long long)request.block, (long long)request.block);
        if (region->held == 0) {
            log_warning("too little background to hold some out: the scores stay empty");
        }
    }
done:
    return status;
}

/* ---- places ------------------------------------------------------------------------------- */

/* Positions, and coordinates from -1 to 1 with their squares and product. */
static enum status locate(struct region *region)
{
    enum status status;
    const struct georeference *grid = region->grid;
    double *lon = NULL, *lat = NULL;
    size_t cells = (size_t)region->cells;
    TRY(memory_allocate(cells, sizeof *lon, &lon));
    TRY(memory_allocate(cells, sizeof *lat, &lat));
    TRY(memory_allocate(cells, sizeof *region->place, &region->place));
    TRY(georeference_lonlat(grid, lon, lat));
    region->covariates = sizeof region->covariate / sizeof *region->covariate;
    for (int i = 0; i < region->covariates; i++) {
        TRY(memory_allocate(cells, sizeof(double), &region->covariate[i]));
    }
    for (int64_t cell = 0; cell < region->cells; cell++) {
        double x = (2.0 * (double)(cell % grid->cols) + 1) / (double)grid->cols - 1;
        double y = (2.0 * (double)(cell / grid->cols) + 1) / (double)grid->rows - 1;
        const double value[] = {x, y, x * x, x * y, y * y};
        region->place[cell] = position_from_lonlat(lon[cell], lat[cell]);
        for (int i = 0; i < region->covariates; i++) {
            region->covariate[i][cell] = value[i];
        }
    }
done:
    free(lon);
    free(lat);
    return status;
}

/* ---- variograms --------------------------------------------------------------------------- */

static double cutoff_of(const struct georeference *grid, const struct position *place)
{
    double square = position_square(place[0], place[grid->rows * grid->cols - 1]);
    distances_from_squares(DISTANCE_GEODESIC, 1, &square);
    return square > 0 ? square / CUTOFF_SHARE : 1;
}

static struct variogram_fit fit_pool(const struct options *options,
                                     const struct variogram_pairs *pairs)
{
    enum variogram_shape shape = variogram_shape_find(option_text(options, "model"));
    return shape == VARIOGRAM_SHAPES
               ? variogram_fit_best(pairs)
               : variogram_fit(pairs, shape, option_real(options, "smoothness"));
}

static enum status fit_variograms(const struct job *job, struct input *input, float *map,
                                  struct region *region)
{
    enum status status = STATUS_OK;
    const struct georeference *grid = region->grid;
    int64_t steps = input_time(input)->steps;
    int64_t samples = option_integer(job->options, "variogram-steps");
    struct infill_pool all = {.seed = job->seed,
                              .sample = option_integer(job->options, "variogram-sample")};
    samples = samples < steps ? samples : steps;
    variogram_pairs_init(&all.pairs, cutoff_of(grid, region->place), VARIOGRAM_LAGS_DEFAULT);
    struct infill_pool context = all;
    for (int64_t i = 0; i < samples; i++) {
        int64_t step = i * steps / samples;
        struct window window = {
            .time = step, .steps = 1, .rows = grid->rows, .cols = grid->cols};
        TRY(input_read(input, &window, map));
        TRY(infill_pool_add(&all, step, region->cells, region->place, region->is_background, map));
        TRY(infill_pool_add(&context, step, region->cells, region->place, region->is_context, map));
    }
    region->fit = fit_pool(job->options, &all.pairs);
    region->context_fit = fit_pool(job->options, &context.pairs);
    if (job->rank == 0) {
        const struct variogram_model *model = &region->fit.model;
        log_info("variogram of scaled maps: %s, nugget %.3g, partial sill %.3g, range %.4g km",
                 variogram_shape_name(model->shape), model->nugget, model->partial_sill,
                 model->range / 1000);
    }
done:
    return status;
}

/* ---- the region --------------------------------------------------------------------------- */

enum status region_create(const struct job *job, struct input *input, struct input *area,
                          struct region *region)
{
    enum status status;
    float *map = NULL;
    uint8_t *is_area = NULL;
    region->grid = input_grid(input);
    region->cells = region->grid->rows * region->grid->cols;
    size_t cells = (size_t)region->cells;
    TRY(memory_allocate(cells, sizeof *map, &map));
    TRY(memory_allocate(cells, 1, &is_area));
    TRY(memory_allocate(cells, 1, &region->is_radiation));
    TRY(memory_allocate(cells, 1, &region->is_background));
    TRY(read_masks(job, input, area, map, region, is_area));
    TRY(locate(region));
    TRY(hold_out(job, region, is_area));
    TRY(fit_variograms(job, input, map, region));
done:
    free(map);
    free(is_area);
    return status;
}

void region_clear(struct region *region)
{
    free(region->is_radiation);
    free(region->is_background);
    free(region->is_context);
    free(region->is_test);
    free(region->place);
    free(region->target);
    free(region->held_cell);
    for (int i = 0; i < region->covariates; i++) {
        free(region->covariate[i]);
    }
    shapes_destroy(&region->shapes);
    holdout_destroy(&region->holdout);
}

int64_t region_bytes(int64_t cells)
{
    int64_t covariates = (int64_t)(sizeof((struct region *)NULL)->covariate);
    /* Masks, places, covariates, shapes and lists of cells, holdout. */
    return cells * (4 + (int64_t)sizeof(struct position) + covariates + 3 * 8 + 2 + 4);
}

struct infill_request region_request(const struct region *region, const struct options *options,
                                     enum infill_method method, bool is_scored)
{
    struct infill_request request = {
        .method = method,
        .cells = region->cells,
        .place = region->place,
        .may_be_known = is_scored ? region->is_context : region->is_background,
        .targets = is_scored ? region->held : region->targets,
        .target = is_scored ? region->held_cell : region->target,
        .covariates = region->covariates,
        .covariate = (const double *const *)region->covariate};
    request.kriging = kriging_options_default(
        DISTANCE_GEODESIC, is_scored ? &region->context_fit.model : &region->fit.model);
    request.kriging.rule.most = option_integer(options, "neighbours");
    request.kriging.rule.most_per_octant = option_integer(options, "per-octant");
    if (method == INFILL_INVERSE_DISTANCE) {
        request.kriging.method = KRIGING_INVERSE_DISTANCE;
        request.kriging.power = option_real(options, "power");
        request.kriging.rule.radius = INFINITY;
    }
    return request;
}

void region_roles(const struct region *region, int8_t *role)
{
    for (int64_t cell = 0; cell < region->cells; cell++) {
        int32_t area = region->holdout->area[cell];
        role[cell] = region->is_radiation[cell] != 0 ? ROLE_RADIATION
                     : area > 0 && region->holdout->area_part[area - 1] == HOLDOUT_TEST
                         ? ROLE_TEST
                     : area > 0                            ? ROLE_VALIDATION
                     : region->is_background[cell] != 0    ? ROLE_BACKGROUND
                                                           : ROLE_OUTSIDE;
    }
}
