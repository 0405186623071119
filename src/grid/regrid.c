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

/* ---- the part of the source that counts --------------------------------------------------- */

enum {
    LATTICE = 64,    /* points along each axis of the target, its edges included */
    WINDOW_SPARE = 3 /* source cells on each side: the next centre, and bent edges */
};

static double along(const double *edges, int64_t count, int64_t point)
{
    double share = (double)point / (LATTICE - 1);
    return edges[0] * (1 - share) + edges[count] * share;
}

/* Least range of positions of ascending @p edges [count + 1] that holds [low, high], with spare
 * cells. @return false where they do not meet */
static bool range_holding(const double *edges, int64_t count, double low, double high,
                          int64_t *first, int64_t *length)
{
    int64_t start = 0, end = count;
    while (start < count - 1 && edges[start + 1] <= low) {
        start++;
    }
    while (end > 1 && edges[end - 1] >= high) {
        end--;
    }
    *first = start > WINDOW_SPARE ? start - WINDOW_SPARE : 0;
    end = end + WINDOW_SPARE < count ? end + WINDOW_SPARE : count;
    *length = end - *first;
    return high > edges[0] && low < edges[count];
}

/* Range of @p target in the coordinates of @p source. */
static enum status extent_in(const struct georeference *source, const struct georeference *target,
                             double extent[4])
{
    enum status status;
    double *x = NULL, *y = NULL;
    const int64_t points = LATTICE * LATTICE;
    TRY(memory_allocate((size_t)points, sizeof *x, &x));
    TRY(memory_allocate((size_t)points, sizeof *y, &y));
    for (int64_t i = 0; i < points; i++) {
        x[i] = along(target->x_edges, target->cols, i % LATTICE);
        y[i] = along(target->y_edges, target->rows, i / LATTICE);
    }
    if (!is_one_system(source, target)) {
        TRY(projection_transform(target->crs_wkt, source->crs_wkt, points, x, y));
    }
    extent[0] = extent[1] = INFINITY;
    extent[2] = extent[3] = -INFINITY;
    for (int64_t i = 0; i < points; i++) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            extent[0] = fmin(extent[0], x[i]);
            extent[1] = fmin(extent[1], y[i]);
            extent[2] = fmax(extent[2], x[i]);
            extent[3] = fmax(extent[3], y[i]);
        }
    }
done:
    free(x);
    free(y);
    return status;
}

/* Columns that hold [west, east]; all where the range leaves the source on one side and comes back
 * on the other. @return false where they do not meet */
static bool columns_holding(const struct georeference *source, double west, double east,
                            int64_t *col, int64_t *cols)
{
    const double *edges = source->x_edges;
    bool meets = range_holding(edges, source->cols, west, east, col, cols);
    if (!source->is_geographic) {
        return meets;
    }
    double moved = west - 360 * floor((west - edges[0]) / 360);
    if (moved < edges[source->cols] && moved + (east - west) <= edges[0] + 360) {
        return range_holding(edges, source->cols, moved, moved + (east - west), col, cols);
    }
    /* The west edge lies in the gap of the source, or the range goes over its seam. */
    *col = 0;
    *cols = source->cols;
    return moved < edges[source->cols] || moved + (east - west) > edges[0] + 360;
}

enum status regrid_source_window(const struct georeference *source,
                                 const struct georeference *target, int64_t *row, int64_t *rows,
                                 int64_t *col, int64_t *cols)
{
    enum status status;
    double extent[4];
    TRY(extent_in(source, target, extent));
    FAIL_IF(!range_holding(source->y_edges, source->rows, extent[1], extent[3], row, rows) ||
                !columns_holding(source, extent[0], extent[2], col, cols),
            STATUS_DATA,
            "the grids do not overlap: no cell of the reference grid lies inside the input");
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
