/* airshed -- GPL-3.0-or-later. Where the cells of a grid lie: axes, edges, coordinate system. */
#ifndef AIRSHED_GRID_GEOREFERENCE_H
#define AIRSHED_GRID_GEOREFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** A rectilinear grid. Both axes ascend: col 0 is the westernmost, row 0 the southernmost (C.06),
 *  whatever the order in the file that it came from. Geographic longitudes are degrees east in
 *  the range where the grid's first centre lies in [-180, 180). Owned by its creator. */
struct georeference {
    int64_t rows, cols;
    double *x;       /**< centres, [cols], degrees or metres */
    double *y;       /**< centres, [rows] */
    double *x_edges; /**< [cols + 1] */
    double *y_edges; /**< [rows + 1] */
    bool is_geographic;
    bool crs_is_assumed; /**< the file had no grid mapping: EPSG:4326 was taken */
    char *crs_wkt;       /**< WKT of the coordinate reference system (C.07) */
};

/** Makes a grid of equal cells. @p x_west and @p y_south are the outer edges; cell sizes are
 *  positive; @p crs is anything PROJ understands ("EPSG:4326", WKT, PROJ string).
 *  @return STATUS_OK, STATUS_DATA where the CRS is unknown, STATUS_MEMORY */
enum status georeference_create_regular(int64_t rows, int64_t cols, double x_west, double y_south,
                                        double cell_width, double cell_height, const char *crs,
                                        struct georeference **grid);

/** Makes a grid from centres (ascending or descending, both lengths at least 1), as files give
 *  them; edges lie half-way between centres unless @p x_bounds [cols, 2] and @p y_bounds [rows, 2]
 *  are given (NULL allowed). Centres are stored ascending. @return STATUS_DATA where an axis is
 *  not monotonic or not finite */
enum status georeference_create_axes(int64_t rows, int64_t cols, const double *x, const double *y,
                                     const double *x_bounds, const double *y_bounds,
                                     const char *crs, struct georeference **grid);

/** Rows [row, row + rows) and columns [col, col + cols) of @p grid as a grid of its own. */
enum status georeference_cut(const struct georeference *grid, int64_t row, int64_t rows,
                             int64_t col, int64_t cols, struct georeference **part);

enum status georeference_copy(const struct georeference *grid, struct georeference **copy);

/** Releases *@p grid and sets it to NULL; NULL is allowed. */
void georeference_destroy(struct georeference **grid);

/** True when both grids have the same cells: axes equal within a thousandth of a cell (files
 *  round differently) and the same CRS. Otherwise @p why, of @p why_bytes, says what differs. */
bool georeference_is_equal(const struct georeference *first, const struct georeference *second,
                           char *why, int why_bytes);

/** True when all cells of an axis have the same size within 1e-6 of it (GeoTIFF needs that). */
bool georeference_is_regular(const struct georeference *grid);

/** Row and column of the cell that holds a point in the grid's CRS, -1 outside. Longitudes are
 *  taken modulo 360. A point on an edge belongs to the cell east or north of it. */
void georeference_find(const struct georeference *grid, double x, double y, int64_t *row,
                       int64_t *col);

/** Longitude and latitude (degrees, WGS84) of every cell centre, [rows, cols], through PROJ. */
enum status georeference_lonlat(const struct georeference *grid, double *lon, double *lat);

/** Range of rows and columns whose centres lie in @p west..@p east, @p south..@p north (degrees for
 *  --bbox; transformed for projected grids). @return STATUS_USAGE where no cell is left */
enum status georeference_box(const struct georeference *grid, const double bbox[4], int64_t *row,
                             int64_t *rows, int64_t *col, int64_t *cols);

/** Area of the cells of each row, [rows], m2: on the WGS84 ellipsoid for geographic grids (C.15),
 *  planar otherwise; all columns of a regular grid are alike, so one column is given. */
enum status georeference_row_areas(const struct georeference *grid, int64_t col, double *area_m2);

#endif
