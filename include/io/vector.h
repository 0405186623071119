/* airshed -- GPL-3.0-or-later. Polygons and points in (GeoJSON, GPKG, Shapefile, tables of
 * longitude and latitude), GeoJSON out.
 */
#ifndef AIRSHED_IO_VECTOR_H
#define AIRSHED_IO_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/polygon.h"
#include "io/table.h"
#include "io/table_writer.h"

/** What a feature is; or-ed together, what a caller takes. */
enum vector_kind {
    VECTOR_POINT = 1,
    VECTOR_POLYGON = 2
};

/** What to read. Members after kinds may be NULL. */
struct vector_source {
    const char *path;
    int kinds;              /**< of enum vector_kind: features of another kind are refused */
    const char *layer;      /**< NULL: the only one; for a workbook the sheet, NULL: the first */
    const char *where;      /**< OGR SQL: "status = 'operating' AND mw >= 100" */
    const char *crs;        /**< to transform to, anything PROJ understands; NULL: leave as it is */
    const char *source_crs; /**< of files that name none; NULL: EPSG:4326 if they look like it */
    const char *x_column;   /**< of tables; NULL: lon, longitude, lng, x or easting */
    const char *y_column;   /**< of tables; NULL: lat, latitude, y or northing */
    const char *missing;    /**< of tables, see table_source */
};

/** Features in the order of the file, in traditional axis order (x is longitude or easting). */
struct vector_layer {
    int64_t count;           /**< at least 1 */
    enum vector_kind *kind;  /**< [count] */
    double *x, *y;           /**< [count], the point, or the centroid of the polygon */
    struct polygon *polygon; /**< [count]; no rings for points */
    struct table
        *attributes; /**< [count] rows; its numbers count the features or lines of the file */
    char *crs_wkt;
    int64_t repaired; /**< polygons that crossed themselves and were made valid by GEOS */
};

/** Reads a layer. Tables (.csv, .tsv, .txt and workbooks) are points; anything else goes through
 * OGR.
 *
 *  In the filter text compares without regard to case (OGR SQL); a table's column is a number where
 *  all of its cells are. Before a change of CRS the edges of polygons are cut into pieces of at
 *  most 0.05 degrees or 5 km, so that they bend as they should and shared edges stay shared. A file
 *  without a CRS whose coordinates are degrees is taken as EPSG:4326, with a warning unless the
 *  columns are called after longitude and latitude. Multi-part points with one part are points.
 *
 *  @return STATUS_DATA with a sentence naming file and feature for: nothing there, nothing passes
 *          the filter, a wrong filter, no or empty geometry, another kind, coordinates that are not
 *          finite or not degrees where they must be, no way to the wanted CRS
 */
enum status vector_read(const struct vector_source *source, struct vector_layer **layer);

/** True where the ending of @p path is that of a table: .csv, .tsv, .txt or a workbook. */
bool vector_is_table(const char *path);

/** Releases *@p layer and sets it to NULL; NULL is allowed. */
void vector_destroy(struct vector_layer **layer);

/** Features to write. The memory stays the caller's. */
struct vector_output {
    const char *crs; /**< anything PROJ understands */
    int64_t count;
    const struct polygon *polygon;      /**< [count], or NULL for points */
    const double *x, *y;                /**< [count], points */
    const struct table *attributes;     /**< [count] rows, or NULL */
    const struct table_column *columns; /**< [attributes->cols], for the kinds */
};

/** Writes a GeoJSON file, replacing what is there; the same features give the same bytes. One rank.
 *  @return STATUS_OUTPUT where it cannot be written */
enum status vector_write(const char *path, const struct vector_output *output);

#endif
