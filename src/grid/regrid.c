/* airshed -- GPL-3.0-or-later. From one georeferenced grid to another. */
#include "grid/regrid.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "grid/projection.h"

enum {
    SAMPLES_MOST = 16
};

static struct resample_grid axes_of(const struct georeference *grid)
{
    return (struct resample_grid){
        .x = {grid->cols, grid->x, grid->x_edges},
        .y = {grid->rows, grid->y, grid->y_edges},
        .period = grid->is_geographic ? 360 : 0,
        .is_geographic = grid->is_geographic,
    };
}

static bool is_one_system(const struct georeference *source, const struct georeference *target)
{
    return source->is_geographic && target->is_geographic
               ? true
               : source->is_geographic == target->is_geographic &&
                     projection_is_equal(source->crs_wkt, target->crs_wkt);
}

/* Mean cell size in metres, by the height of the rows. */
static double cell_m(const struct georeference *grid)
{
    double height = (grid->y_edges[grid->rows] - grid->y_edges[0]) / (double)grid->rows;
    return grid->is_geographic ? height * 111195.0 : height;
}

static int64_t samples_along(enum resample_method method, const struct georeference *source,
                             const struct georeference *target)
{
    if (method != RESAMPLE_AVERAGE) {
        return 1;
    }
    double wanted = ceil(4 * cell_m(target) / cell_m(source));
    return wanted < 2 ? 2 : wanted > SAMPLES_MOST ? SAMPLES_MOST : (int64_t)wanted;
}

/* Places of @p samples x @p samples points in each cell of @p grid, in its own coordinates. */
static void spread_points(const struct georeference *grid, int64_t samples, double *x, double *y)
{
    int64_t point = 0;
    for (int64_t row = 0; row < grid->rows; row++) {
        for (int64_t col = 0; col < grid->cols; col++) {
            for (int64_t i = 0; i < samples * samples; i++, point++) {
                double east = ((double)(i % samples) + 0.5) / (double)samples;
                double north = ((double)(i / samples) + 0.5) / (double)samples;
                x[point] = samples == 1
                               ? grid->x[col]
                               : grid->x_edges[col] * (1 - east) + grid->x_edges[col + 1] * east;
                y[point] = samples == 1
                               ? grid->y[row]
                               : grid->y_edges[row] * (1 - north) + grid->y_edges[row + 1] * north;
            }
        }
    }
}

static enum status create_across(enum resample_method method, const struct georeference *source,
                                 const struct georeference *target, struct resample_plan **plan)
{
    enum status status;
    double *x = NULL, *y = NULL;
    const struct resample_grid axes = axes_of(source);
    int64_t samples = samples_along(method, source, target);
    size_t points = (size_t)(target->rows * target->cols * samples * samples);
    TRY(memory_allocate(points, sizeof *x, &x));
    TRY(memory_allocate(points, sizeof *y, &y));
    spread_points(target, samples, x, y);
    TRY(projection_transform(target->crs_wkt, source->crs_wkt, (int64_t)points, x, y));
    TRY(resample_create_points(method, &axes, target->rows, target->cols, samples * samples, x, y,
                               plan));
done:
    free(x);
    free(y);
    return status;
}

static enum status refuse_no_overlap(const struct resample_plan *plan)
{
    enum status status = STATUS_OK;
    FAIL_IF(resample_terms_max(plan) == 0, STATUS_DATA,
            "the grids do not overlap: no cell of the reference grid lies inside the input");
done:
    return status;
}

enum status regrid_create(enum resample_method method, const struct georeference *source,
                          const struct georeference *target, struct resample_plan **plan)
{
    enum status status;
    const struct resample_grid from = axes_of(source), to = axes_of(target);
    TRY(is_one_system(source, target) ? resample_create(method, &from, &to, plan)
                                      : create_across(method, source, target, plan));
    status = refuse_no_overlap(*plan);
    if (status != STATUS_OK) {
        resample_destroy(plan);
    }
done:
    return status;
}

int64_t regrid_bytes(enum resample_method method, const struct georeference *source,
                     const struct georeference *target)
{
    if (is_one_system(source, target)) {
        return 64 * (target->rows + target->cols + source->rows + source->cols);
    }
    int64_t samples = samples_along(method, source, target);
    int64_t terms = samples * samples * (method == RESAMPLE_BILINEAR ? 4 : 1);
    return target->rows * target->cols * (8 + 16 * terms + 16 * samples * samples);
}
