/* airshed -- GPL-3.0-or-later. The region of background: areas, held-out areas, variograms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/log.h"
#include "base/memory.h"

/* Sectors of a variogram as elsewhere: a third of the diagonal (P2.09). */
static const double CUTOFF_SHARE = 3;

/* ---- which areas when --------------------------------------------------------------------- */

static enum status refuse_step(const struct job *job, const struct time_axis *maps,
                               const char *moment)
{
    enum status status;
    char first[64], last[64];
    time_axis_text(maps, maps->bounds[0], first, sizeof first);
    time_axis_text(maps, maps->bounds[2 * maps->steps - 1], last, sizeof last);
    FAIL(STATUS_DATA,
         "--area %s: has no map for %.10s: its maps go from %.10s up to %.10s; choose days with --from "
         "and --to, or another variable with --area-variable",
         option_text(job->options, "area"), moment, first, last);
done:
    return status;
}

/* The map of @p maps whose time holds step @p step of @p axis, not before map @p map. Moments are
 * compared as texts of ISO 8601, so that calendars may differ. */
static enum status find_map(const struct job *job, const struct time_axis *axis, int64_t step,
                            const struct time_axis *maps, int64_t *map)
{
    enum status status = STATUS_OK;
    char moment[64], start[64] = "", end[64];
    time_axis_text(axis, axis->value[step], moment, sizeof moment);
    for (; *map < maps->steps; ++*map) {
        time_axis_text(maps, maps->bounds[2 * *map], start, sizeof start);
        time_axis_text(maps, maps->bounds[2 * *map + 1], end, sizeof end);
        if (strcmp(moment, end) < 0) {
            break;
        }
    }
    if (*map == maps->steps || strcmp(moment, start) < 0) {
        TRY(refuse_step(job, maps, moment));
    }
done:
    return status;
}

/* A map without time, or a single one, holds for all steps. */
static enum status choose_maps(const struct job *job, const struct time_axis *axis,
                               const struct time_axis *maps, struct region *region)
{
    enum status status;
    bool is_one = maps == NULL || maps->steps == 1;
    int64_t map = 0;
    TRY(memory_allocate((size_t)axis->steps, sizeof *region->mask_of, &region->mask_of));
    TRY(memory_allocate(is_one ? 1 : (size_t)maps->steps, sizeof *region->map_of,
                        &region->map_of));
    region->masks = is_one ? 1 : 0;
    for (int64_t step = 0; step < axis->steps && !is_one; step++) {
        TRY(find_map(job, axis, step, maps, &map));
        if (region->masks == 0 || region->map_of[region->masks - 1] != map) {
            region->map_of[region->masks++] = map;
        }
        region->mask_of[step] = region->masks - 1;
    }
    TRY(memory_allocate((size_t)region->masks, sizeof *region->mask, &region->mask));
done:
    return status;
}

const struct mask *region_mask(const struct region *region, int64_t step)
{
    return &region->mask[region->mask_of[step]];
}

const uint8_t *region_known(const struct region *region, int64_t step, bool is_scored)
{
    const struct mask *mask = region_mask(region, step);
    return is_scored ? mask->is_context : mask->is_background;
}

const uint8_t *region_wanted(const struct region *region, int64_t step, bool is_scored)
{
    return is_scored ? region->is_test : region_mask(region, step)->is_radiation;
}

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

/* @p is_area gets the union of all masks, also where there are no values. */
static enum status read_mask(struct input *area, float *map, struct region *region, int64_t which,
                             uint8_t *is_area)
{
    enum status status;
    struct mask *mask = &region->mask[which];
    size_t cells = (size_t)region->cells;
    struct window whole = {.time = region->map_of[which],
                           .steps = 1,
                           .rows = region->grid->rows,
                           .cols = region->grid->cols};
    TRY(memory_allocate(cells, 1, &mask->is_radiation));
    TRY(memory_allocate(cells, 1, &mask->is_background));
    TRY(memory_allocate(cells, 1, &mask->is_context));
    TRY(input_read(area, &whole, map));
    for (int64_t cell = 0; cell < region->cells; cell++) {
        bool is_here = map[cell] > 0, has_value = region->has_value[cell] != 0;
        is_area[cell] |= (uint8_t)is_here;
        mask->is_radiation[cell] = has_value && is_here;
        mask->is_background[cell] = has_value && !is_here;
        mask->targets += mask->is_radiation[cell];
    }
    region->targets = mask->targets > region->targets ? mask->targets : region->targets;
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
    TRY(choose_maps(job, input_time(input), input_time(area), region));
    TRY(sample_maps(job, input, map, region->has_value));
    for (int64_t which = 0; which < region->masks; which++) {
        TRY(read_mask(area, map, region, which, is_area));
    }
    for (int64_t cell = 0; cell < region->cells; cell++) {
        region->is_always[cell] = region->has_value[cell] != 0 && is_area[cell] == 0;
    }
    FAIL_IF(region->targets == 0, STATUS_DATA,
            "--area %s: no cell of its areas has values in %s: there is nothing to predict", path,
            option_text(job->options, "input"));
    FAIL_IF(memchr(region->is_always, 1, (size_t)region->cells) == NULL, STATUS_DATA,
            "--area %s: no cell outside its areas has values in %s: there is nothing to learn from",
            path, option_text(job->options, "input"));
done:
    return status;
}

static enum status list_targets(const struct region *region, struct mask *mask)
{
    enum status status;
    int64_t count = 0;
    TRY(memory_allocate((size_t)mask->targets, sizeof *mask->target, &mask->target));
    for (int64_t cell = 0; cell < region->cells; cell++) {
        mask->is_context[cell] = mask->is_background[cell] != 0 && region->is_test[cell] == 0;
        if (mask->is_radiation[cell] != 0) {
            mask->target[count++] = cell;
        }
    }
done:
    return status;
}

static enum status list_cells(struct region *region)
{
    enum status status;
    for (int64_t cell = 0; cell < region->cells; cell++) {
        int32_t area = region->holdout->area[cell];
        bool is_test = area > 0 && region->holdout->area_part[area - 1] == HOLDOUT_TEST;
        region->is_test[cell] = is_test;
        region->held += is_test;
    }
    for (int64_t which = 0; which < region->masks; which++) {
        TRY(list_targets(region, &region->mask[which]));
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
        .is_background = region->is_always,
        .shapes = region->shapes,
        .block = block > 0 ? block : holdout_block(region->shapes, rows, cols),
        .test_share = option_real(options, "test-share"),
        .validation_share = option_real(options, "validation-share"),
        .seed = job->seed};
    TRY(holdout_create(&request, &region->holdout));
    TRY(list_cells(region));
    if (job->rank == 0) {
        log_info("%lld cells of %lld areas to predict%s; %lld background cells held out, in blocks of "
                 "%lld x %lld",
                 (long long)region->targets, (long long)region->shapes->count,
                 region->masks > 1 ? ", at most at one time" : "", (long long)region->held,
                 (long long)request.block, (long long)request.block);
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
        TRY(infill_pool_add(&all, step, region->cells, region->place,
                            region_known(region, step, false), map));
        TRY(infill_pool_add(&context, step, region->cells, region->place,
                            region_known(region, step, true), map));
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
    TRY(memory_allocate(cells, 1, &region->has_value));
    TRY(memory_allocate(cells, 1, &region->is_always));
    TRY(memory_allocate(cells, 1, &region->is_test));
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
    for (int64_t which = 0; region->mask != NULL && which < region->masks; which++) {
        struct mask *mask = &region->mask[which];
        free(mask->is_radiation);
        free(mask->is_background);
        free(mask->is_context);
        free(mask->target);
    }
    free(region->mask);
    free(region->mask_of);
    free(region->map_of);
    free(region->has_value);
    free(region->is_always);
    free(region->is_test);
    free(region->place);
    free(region->held_cell);
    for (int i = 0; i < region->covariates; i++) {
        free(region->covariate[i]);
    }
    shapes_destroy(&region->shapes);
    holdout_destroy(&region->holdout);
}

int64_t region_bytes(int64_t cells, int64_t masks)
{
    int64_t covariates = (int64_t)(sizeof((struct region *)NULL)->covariate);
    /* Of a mask: three maps and a list of cells. Then maps, places, covariates, shapes and lists of
     * cells, holdout. */
    return cells * (masks * (3 + 8) + 3 + (int64_t)sizeof(struct position) + covariates + 2 * 8 + 2 + 4);
}

struct infill_request region_request(const struct region *region, const struct options *options,
                                     enum infill_method method, int64_t mask, bool is_scored)
{
    const struct mask *areas = &region->mask[mask];
    struct infill_request request = {
        .method = method,
        .cells = region->cells,
        .place = region->place,
        .may_be_known = is_scored ? areas->is_context : areas->is_background,
        .targets = is_scored ? region->held : areas->targets,
        .target = is_scored ? region->held_cell : areas->target,
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

bool region_has_known(const struct region *region, int64_t step, const float *map)
{
    const uint8_t *is_known = region_known(region, step, false);
    bool found = false;
    for (int64_t cell = 0; cell < region->cells && !found; cell++) {
        found = is_known[cell] != 0 && !isnan(map[cell]);
    }
    return found;
}

void region_roles(const struct region *region, int8_t *role)
{
    for (int64_t cell = 0; cell < region->cells; cell++) {
        int32_t area = region->holdout->area[cell];
        role[cell] = region->has_value[cell] == 0   ? ROLE_OUTSIDE
                     : region->is_always[cell] == 0 ? ROLE_RADIATION
                     : region->is_test[cell] != 0   ? ROLE_TEST
                     : area > 0                     ? ROLE_VALIDATION
                                                    : ROLE_BACKGROUND;
    }
}
