/* airshed -- GPL-3.0-or-later. Elevation on the grid that areas grow on. */
#include "terrain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/units.h"
#include "grid/projection.h"
#include "io/dataset.h"
#include "kernels/resample.h"
#include "parallel/agree.h"

enum {
    SIDE_SAMPLES = 8, /* points of a cell along each side, between coordinate systems */
    SAMPLES = SIDE_SAMPLES * SIDE_SAMPLES
};

/* Least share of a cell that must be known for a mean. */
static const double LEAST_KNOWN = 0.5;

struct terrain {
    struct input *model;
    struct units_converter *to_metres; /* NULL: the model is in m, or says nothing */
    struct georeference *target;       /* of --grid, or NULL */
    char *target_identity;
    struct resample_plan *plan; /* of the whole target; NULL between coordinate systems */
};

/* ---- opening ------------------------------------------------------------------------------ */

static enum status check_model(struct terrain *terrain, const char *path)
{
    enum status status = STATUS_OK;
    const struct time_axis *time = input_time(terrain->model);
    const char *units = input_units(terrain->model);
    FAIL_IF(time != NULL && time->steps != 1, STATUS_DATA,
            "%s: has %lld time steps where one map of elevation is wanted: choose one with --from "
            "and --to",
            path, (long long)time->steps);
    if (units[0] == '\0') {
        log_info("%s: names no unit; its elevation is taken as m", path);
        goto done;
    }
    status = units_converter_create(units, "m", &terrain->to_metres);
    if (status == STATUS_DATA) {
        failure_prefix("%s, variable '%s'", path, input_variable(terrain->model)->name);
    }
done:
    return status;
}

static struct resample_grid axes_of(const struct georeference *grid)
{
    return (struct resample_grid){.x = {grid->cols, grid->x, grid->x_edges},
                                  .y = {grid->rows, grid->y, grid->y_edges},
                                  .period = grid->is_geographic ? 360 : 0,
                                  .is_geographic = grid->is_geographic};
}

static bool has_same_system(const struct georeference *a, const struct georeference *b)
{
    return a->is_geographic ? b->is_geographic
                            : !b->is_geographic && projection_is_equal(a->crs_wkt, b->crs_wkt);
}

/* The cells of the first variable of --grid. */
static enum status open_target(struct terrain *terrain, const struct options *options,
                               const char *path, bool content_hash)
{
    enum status status;
    const struct dataset_options how = {.crs = option_text(options, "crs")};
    struct dataset *dataset = NULL;
    TRY(dataset_open(path, &how, &dataset));
    FAIL_IF(dataset_variable_count(dataset) == 0, STATUS_DATA,
            "--grid %s: holds no variable with rows and columns", path);
    TRY(georeference_copy(dataset_variable(dataset, 0)->grid, &terrain->target));
    TRY(dataset_identity(dataset, content_hash, &terrain->target_identity));
    if (has_same_system(input_grid(terrain->model), terrain->target)) {
        struct resample_grid source = axes_of(input_grid(terrain->model));
        struct resample_grid target = axes_of(terrain->target);
        TRY(resample_create(RESAMPLE_AVERAGE, &source, &target, &terrain->plan));
    }
done:
    dataset_close(&dataset);
    return status;
}

enum status terrain_open(const struct job *job, struct terrain **out)
{
    enum status status;
    struct terrain *terrain = NULL;
    const char *grid = option_text(job->options, "grid");
    struct input_request request = {.label = "input",
                                    .path = option_text(job->options, "input"),
                                    .variable = option_text(job->options, "variable")};
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *terrain, &terrain));
    TRY(input_open(job, &request, &terrain->model));
    TRY_TOGETHER(job->comm, check_model(terrain, request.path));
    if (grid != NULL) {
        TRY_TOGETHER(job->comm, open_target(terrain, job->options, grid, job->content_hash));
    }
    *out = terrain;
    terrain = NULL;
done:
    terrain_close(&terrain, false);
    return status;
}

void terrain_close(struct terrain **terrain_pointer, bool is_finished)
{
    struct terrain *terrain = *terrain_pointer;
    if (terrain == NULL) {
        return;
    }
    input_close(&terrain->model, is_finished);
    units_converter_destroy(&terrain->to_metres);
    georeference_destroy(&terrain->target);
    resample_destroy(&terrain->plan);
    free(terrain->target_identity);
    free(terrain);
    *terrain_pointer = NULL;
}

const struct georeference *terrain_grid(const struct terrain *terrain)
{
    return terrain->target != NULL ? terrain->target : input_grid(terrain->model);
}

enum status terrain_attach(const struct terrain *terrain, struct stage *stage)
{
    enum status status;
    TRY(input_attach(terrain->model, stage));
    if (terrain->target != NULL) {
        TRY(stage_add_input(stage, "grid", terrain->target_identity));
    }
done:
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Points of the cells of @p window in the system of the model: x and y [rows, cols, SAMPLES]. */
static enum status sample_points(const struct terrain *terrain, const struct window *window,
                                 double *x, double *y)
{
    const struct georeference *grid = terrain->target;
    int64_t at = 0;
    for (int64_t row = window->row; row < window->row + window->rows; row++) {
        double height = grid->y_edges[row + 1] - grid->y_edges[row];
        for (int64_t col = window->col; col < window->col + window->cols; col++) {
            double width = grid->x_edges[col + 1] - grid->x_edges[col];
            for (int sample = 0; sample < SAMPLES; sample++, at++) {
                x[at] = grid->x_edges[col] + width * (sample % SIDE_SAMPLES + 0.5) / SIDE_SAMPLES;
                y[at] = grid->y_edges[row] + height * (sample / SIDE_SAMPLES + 0.5) / SIDE_SAMPLES;
            }
        }
    }
    return projection_transform(grid->crs_wkt, input_grid(terrain->model)->crs_wkt, at, x, y);
}

/* A plan whose targets are the cells of @p window alone. */
static enum status plan_window(const struct terrain *terrain, const struct window *window,
                               struct resample_plan **plan)
{
    enum status status;
    struct resample_grid source = axes_of(input_grid(terrain->model));
    size_t points = (size_t)window_count(window) * SAMPLES;
    double *x = NULL, *y = NULL;
    TRY(memory_allocate(points, sizeof *x, &x));
    TRY(memory_allocate(points, sizeof *y, &y));
    TRY(sample_points(terrain, window, x, y));
    TRY(resample_create_points(RESAMPLE_AVERAGE, &source, window->rows, window->cols, SAMPLES, x, y,
                               plan));
done:
    free(x);
    free(y);
    return status;
}

/* Part of the model that the targets of @p window need; no rows where it lies elsewhere. */
static struct window needed_part(const struct resample_plan *plan, const struct window *window,
                                 struct resample_term *terms)
{
    int64_t first_row = INT64_MAX, last_row = -1, first_col = INT64_MAX, last_col = -1;
    for (int64_t cell = 0; cell < window->rows * window->cols; cell++) {
        int64_t count = resample_terms(plan, window->row + cell / window->cols,
                                       window->col + cell % window->cols, terms);
        for (int64_t i = 0; i < count; i++) {
            first_row = terms[i].row < first_row ? terms[i].row : first_row;
            last_row = terms[i].row > last_row ? terms[i].row : last_row;
            first_col = terms[i].col < first_col ? terms[i].col : first_col;
            last_col = terms[i].col > last_col ? terms[i].col : last_col;
        }
    }
    return (struct window){.steps = 1,
                           .row = last_row < 0 ? 0 : first_row,
                           .rows = last_row < 0 ? 0 : last_row + 1 - first_row,
                           .col = last_row < 0 ? 0 : first_col,
                           .cols = last_row < 0 ? 0 : last_col + 1 - first_col};
}

/* Mean of the known cells among @p terms, in their order. */
static float mean_of_terms(const struct resample_term *terms, int64_t count,
                           const struct window *part, const float *model)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < count; i++) {
        double value =
            (double)model[(terms[i].row - part->row) * part->cols + terms[i].col - part->col];
        if (!isnan(value)) {
            sum += terms[i].weight * value;
            weight += terms[i].weight;
        }
    }
    return weight >= LEAST_KNOWN ? (float)(sum / weight) : NAN;
}

static enum status read_averaged(struct terrain *terrain, const struct resample_plan *plan,
                                 const struct window *window, float *values)
{
    enum status status;
    struct resample_term *terms = NULL;
    float *model = NULL;
    TRY(memory_allocate((size_t)resample_terms_max(plan), sizeof *terms, &terms));
    struct window part = needed_part(plan, window, terms);
    TRY(memory_allocate((size_t)window_count(&part), sizeof *model, &model));
    if (part.rows > 0) {
        TRY(input_read(terrain->model, &part, model));
    }
    for (int64_t cell = 0; cell < window->rows * window->cols; cell++) {
        int64_t count = resample_terms(plan, window->row + cell / window->cols,
                                       window->col + cell % window->cols, terms);
        values[cell] = mean_of_terms(terms, count, &part, model);
    }
done:
    free(terms);
    free(model);
    return status;
}

static enum status read_reprojected(struct terrain *terrain, const struct window *window,
                                    float *values)
{
    enum status status;
    struct resample_plan *plan = NULL;
    struct window whole = {.steps = 1, .rows = window->rows, .cols = window->cols};
    TRY(plan_window(terrain, window, &plan));
    TRY(read_averaged(terrain, plan, &whole, values));
done:
    resample_destroy(&plan);
    return status;
}

enum status terrain_read(struct terrain *terrain, const struct window *window, float *values)
{
    enum status status;
    TRY(terrain->target == NULL ? input_read(terrain->model, window, values)
        : terrain->plan != NULL ? read_averaged(terrain, terrain->plan, window, values)
                                : read_reprojected(terrain, window, values));
    if (terrain->to_metres != NULL) {
        units_convert_float(terrain->to_metres, values, window_count(window));
    }
done:
    return status;
}

int64_t terrain_read_bytes(const struct terrain *terrain, int64_t cells)
{
    const struct georeference *model = input_grid(terrain->model);
    if (terrain->target == NULL) {
        return cells * (int64_t)sizeof(float);
    }
    const struct georeference *target = terrain->target;
    double ratio =
        (double)model->rows * (double)model->cols / ((double)target->rows * (double)target->cols);
    if (terrain->plan != NULL) {
        ratio =
            (target->x_edges[1] - target->x_edges[0]) / (model->x_edges[1] - model->x_edges[0]) *
            ((target->y_edges[1] - target->y_edges[0]) / (model->y_edges[1] - model->y_edges[0]));
    }
    double bytes = (double)cells * fmax(1, ratio) * sizeof(float);
    return (int64_t)bytes + (terrain->plan == NULL ? cells * SAMPLES * (16 + 24) : 0);
}
