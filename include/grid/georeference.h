/* airshed -- GPL-3.0-or-later. Where the cells of a grid lie: axes, edges, coordinate system. */
#ifndef AIRSHED_GRID_GEOREFERENCE_H
#define AIRSHED_GRID_GEOREFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** A rectilinear grid. Both axes ascend: col 0 is the westernmost, row 0 the southernmost (C.06),
 *  whatever the order in the file that it came from. Geographic longitudes are degrees east in
 *  the range where the grid's first centre lies in [-180, 180); a grid round the whole globe starts
 *  at the date line, so that 0..360 becomes -180..180 by turning its columns. Projected grids are in
 *  metres, whatever unit their system was given in. Owned by its creator. */
struct georeference {
    int64_t rows, cols;
    double *x;       /**< centres, [cols], degrees or metres, ascending */
    double *y;       /**< centres, [rows] */
    double *x_edges; /**< [cols + 1] */
    double *y_edges; /**< [rows + 1] */
    bool is_geographic;
    bool crs_is_assumed; /**< the file had no grid mapping: EPSG:4326 was taken */
    char *crs_wkt;       /**< WKT of the coordinate reference system (C.07) */
};

/** How the columns or rows of a file lie in a grid: position i of the grid is position
 *  (i + shift) % count of the file's axis, counted from its other end where @c descends. */
struct axis_order {
    bool descends;
    int64_t shift;
};

/** Position in the file of position @p index of the grid. */
int64_t axis_order_source(const struct axis_order *order, int64_t count, int64_t index);

/** Order of an axis of @p count centres in file order; pass is_longitude for degrees east, which may
 *  jump by 360 once. @return STATUS_DATA where it is not monotonic or not finite */
enum status axis_order_init(int64_t count, const double *centres, bool is_longitude,
                            struct axis_order *order);

/** Makes a grid of equal cells. @p x_west and @p y_south are the outer edges; cell sizes are
 *  positive; @p crs is anything PROJ understands ("EPSG:4326", WKT, PROJ string).
 *  @return STATUS_OK, STATUS_DATA where the CRS is unknown, STATUS_MEMORY */
enum status georeference_create_regular(int64_t rows, int64_t cols, double x_west, double y_south,
                                        double cell_width, double cell_height, const char *crs,
                                        struct georeference **grid);

/** Makes a grid from centres (ascending or descending, both lengths at least 1), as files give
 *  them; edges lie half-way between centres unless @p x_bounds [cols, 2] and @p y_bounds [rows, 2]
 *  are given (NULL allowed) and meet without gaps. Coordinates are in the unit of @p crs. Centres
 *  are stored ascending; axis_order_init() tells how. A single row or column without bounds gets the
 *  width of the other axis. @return STATUS_DATA where an axis is not monotonic or not finite */
enum status georeference_create_axes(int64_t rows, int64_t cols, const double *x, const double *y,
                                     const double *x_bounds, const double *y_bounds,
                                     const char *crs, struct georeference **grid);

/** Makes a grid from the longitude and latitude of every cell, [rows, cols] in file order, that form
 *  equal cells in the projected system @p crs, within a twentieth of a cell (model output without
 *  projection coordinates). *x_order and *y_order say how the file lies in the grid.
 *  @return STATUS_DATA where they do not */
enum status georeference_create_curvilinear(int64_t rows, int64_t cols, const double *lon,
                                            const double *lat, const char *crs,
                                            struct axis_order *x_order, struct axis_order *y_order,
                                            struct georeference **grid);

/** Rows [row, row + rows) and columns [col, col + cols) of @p grid as a grid of its own. */
enum status georeference_cut(const struct georeference *grid, int64_t row, int64_t rows,
                             int64_t col, int64_t cols, struct georeference **part);

enum status georeference_copy(const struct georeference *grid, struct georeference **copy);

/** Releases *@p grid and sets it to NULL; NULL is allowed. */
void georeference_destroy(struct georeference **grid);

/** True when both grids have the same cells: axes equal within a thousandth of a cell (files
 *  round differently) and the same CRS; two geographic systems count as the same, because models
 *  name spheres for the degrees that maps use. Otherwise @p why, of @p why_bytes, says what differs. */
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

/** Range of rows and columns whose centres lie in @p bbox {west, south, east, north} in degrees (for
 *  --bbox; on a projected grid, the smallest range that holds them). A west above east crosses
 *  the date line. @return STATUS_USAGE where no cell is left, where south is above north, or where
 *  the box leaves the grid on one side and comes back on the other */
enum status georeference_box(const struct georeference *grid, const double bbox[4], int64_t *row,
                             int64_t *rows, int64_t *col, int64_t *cols);

/** Area of the cells of each row, [rows], m2: on the ellipsoid of WGS84 for geographic grids (C.15),
 *  planar otherwise; all columns of a regular grid are alike, so one column is given. */
enum status georeference_row_areas(const struct georeference *grid, int64_t col, double *area_m2);

#endif
