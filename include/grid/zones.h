/* airshed -- GPL-3.0-or-later. Which part of each grid cell each polygon covers (C.15, P2.06). */
#ifndef AIRSHED_GRID_ZONES_H
#define AIRSHED_GRID_ZONES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"
#include "grid/polygon.h"

/** The cells, borrowed: edges ascend and need not be evenly spaced. */
struct zone_grid {
    int64_t rows, cols;
    const double *x_edges; /**< [cols + 1], degrees or metres */
    const double *y_edges; /**< [rows + 1], south first */
    bool is_geographic;    /**< degrees: areas are ellipsoidal, longitudes equal modulo 360 */
};

/** The cells of @p grid, borrowed from it. */
static inline struct zone_grid zone_grid_of(const struct georeference *grid)
{
    return (struct zone_grid){grid->rows, grid->cols, grid->x_edges, grid->y_edges,
                              grid->is_geographic};
}

/** Covered cells of every zone, computed once and used for all steps. Zone z owns the entries
 *  start[z] <= i < start[z + 1], in the order of their cells. Owned by its creator. */
struct zones {
    int64_t count;
    int64_t *start;   /**< [count + 1]; a zone off the grid has no entries */
    int64_t *cell;    /**< row * cols + col, ascending within a zone */
    double *fraction; /**< of the cell that the polygon covers, in (0, 1] */
    double *area_m2;  /**< fraction times the area of the cell */
};

/** Computes the exact covered fraction of each cell by each of @p count polygons, in the grid's own
 *  coordinates (in degrees an edge is straight in longitude and latitude).
 *
 *  The signed area beside each edge is added up row by row (the coverage accumulation of scan-line
 *  font renderers), so holes, parts, slivers and polygons that reach beyond the grid need no
 *  clipping library, and a cell that no edge touches is exactly 0 or 1. Error of a fraction: a few
 *  ulp of a coordinate over the size of the cell; fractions within that bound of 0 are left out and
 *  within it of 1 are 1. Time: edges, plus cells of each polygon's box; memory: entries, plus 3 MB.
 *
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status zones_create(const struct zone_grid *grid, int64_t count,
                         const struct polygon *polygons, struct zones **zones);

/** Releases *@p zones and sets it to NULL; NULL is allowed. */
void zones_destroy(struct zones **zones);

/** Area of a cell: on the WGS84 ellipsoid where the grid is geographic, else planar. */
double zone_cell_area_m2(const struct zone_grid *grid, int64_t row, int64_t col);

/** Sets @p mask [rows, cols] to 1 in every cell whose centre @p polygon holds, and at least in the
 *  cell of its centroid (P2.06); other cells stay as they are. A centre on an edge that two
 *  polygons share belongs to one of them.
 *
 *  @param[out] marked  number of cells that the polygon marks; 0 where it lies off the grid
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status zone_mark_cells(const struct zone_grid *grid, const struct polygon *polygon,
                            unsigned char *mask, int64_t *marked);

#endif
