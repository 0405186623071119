/* airshed -- GPL-3.0-or-later. The area of one source. */
#include "reach.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "grid/projection.h"
#include "kernels/geodesic.h"
#include "kernels/growth.h"

/* ---- life --------------------------------------------------------------------------------- */

double reach_limit_m(const struct options *options)
{
    return 1000 * option_real(options, "limit");
}

enum status reach_init(const struct options *options, const struct georeference *grid,
                       int64_t most_cells, struct reach *reach)
{
    enum status status;
    *reach = (struct reach){.grid = grid,
                            .most_cells = most_cells,
                            .limit_m = reach_limit_m(options),
                            .tolerance_m = option_real(options, "rise-tolerance")};
    TRY(memory_allocate((size_t)most_cells, sizeof *reach->mask, &reach->mask));
    TRY(memory_allocate((size_t)most_cells, sizeof *reach->cell, &reach->cell));
done:
    return status;
}

enum status reach_create_buffers(struct reach *reach, bool keeps_way)
{
    enum status status;
    size_t cells = (size_t)reach->most_cells;
    TRY(memory_allocate(cells, sizeof *reach->elevation, &reach->elevation));
    TRY(memory_allocate(cells, sizeof *reach->lon, &reach->lon));
    TRY(memory_allocate(cells, sizeof *reach->lat, &reach->lat));
    TRY(memory_allocate(cells, sizeof *reach->queue, &reach->queue));
    if (keeps_way) {
        TRY(memory_allocate(cells, sizeof *reach->from, &reach->from));
    }
done:
    return status;
}

void reach_clear(struct reach *reach)
{
    free(reach->elevation);
    free(reach->lon);
    free(reach->lat);
    free(reach->queue);
    free(reach->cell);
    free(reach->from);
    free(reach->mask);
    *reach = (struct reach){0};
}

/* ---- one source --------------------------------------------------------------------------- */

/* Longitude and latitude of the centres of @p window. */
static enum status locate_cells(struct reach *reach, const struct window *window)
{
    const struct georeference *grid = reach->grid;
    int64_t cells = window->rows * window->cols;
    for (int64_t cell = 0; cell < cells; cell++) {
        reach->lon[cell] = grid->x[window->col + cell % window->cols];
        reach->lat[cell] = grid->y[window->row + cell / window->cols];
    }
    return grid->is_geographic
               ? STATUS_OK
               : projection_transform(grid->crs_wkt, "EPSG:4326", cells, reach->lon, reach->lat);
}

double reach_distance_m(const struct reach *reach, const struct source *source, int64_t cell)
{
    return geodesic_distance_m(source->lon, source->lat, reach->lon[cell], reach->lat[cell]);
}

struct from_source {
    const struct reach *reach;
    const struct source *source;
    int64_t cols;
};

static double distance_from_source(const void *context, int64_t row, int64_t col)
{
    const struct from_source *from = context;
    return reach_distance_m(from->reach, from->source, row * from->cols + col);
}

static bool has_elevation(const struct reach *reach)
{
    bool known = false;
    for (int64_t i = 0; i < reach->own_cells; i++) {
        known = known || !isnan(reach->elevation[reach->cell[i]]);
    }
    return known;
}

enum status reach_run(struct reach *reach, const struct source *source,
                      const struct window *window)
{
    enum status status;
    TRY(locate_cells(reach, window));
    TRY(source_cells(source, reach->grid, window, reach->mask, reach->cell, &reach->own_cells));
    struct from_source from = {reach, source, window->cols};
    struct growth_terrain terrain = {.rows = window->rows,
                                     .cols = window->cols,
                                     .elevation_m = reach->elevation,
                                     .distance_m = distance_from_source,
                                     .context = &from,
                                     .limit_m = reach->limit_m,
                                     .rise_tolerance_m = reach->tolerance_m};
    reach->reason = has_elevation(reach) ? REASON_OK : REASON_NO_ELEVATION;
    reach->cells = growth_fill(&terrain, reach->cell, reach->own_cells, reach->queue, reach->from,
                               reach->mask);
done:
    return status;
}
