/* airshed -- GPL-3.0-or-later. Polygons and points in, through OGR or from tables. */
#include "io/vector.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cpl_conv.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "io/gdal_session.h"

/* A layer under construction, and the way from its CRS to the wanted one. */
struct reader {
    const struct vector_source *source;
    struct vector_layer *layer;
    int64_t room;
    OGRSpatialReferenceH from;           /* of the file */
    OGRCoordinateTransformationH change; /* NULL: none is needed */
    double longest_edge;                 /* before a change, in units of `from` */
    bool is_degrees;                     /* of the file */
};

/* ---- coordinate reference systems ------------------------------------------------------------ */

static enum status create_crs(const char *text, const char *path, OGRSpatialReferenceH *crs)
{
    enum status status = STATUS_OK;
    *crs = OSRNewSpatialReference(NULL);
    gdal_session_clear();
    FAIL_IF(OSRSetFromUserInput(*crs, text) != OGRERR_NONE, STATUS_DATA,
            "%s: the coordinate reference system '%.200s' is not known: %s", path, text,
            gdal_session_message());
    OSRSetAxisMappingStrategy(*crs, OAMS_TRADITIONAL_GIS_ORDER);
done:
    return status;
}

static bool are_degrees(const OGREnvelope *extent)
{
    return extent->MinX >= -360 && extent->MaxX <= 360 && extent->MinY >= -90 && extent->MaxY <= 90;
}

/* The CRS of the file, from @p own where it has one. @p is_named tells that the coordinates call
 * themselves longitude and latitude. */
static enum status choose_source_crs(struct reader *reader, OGRSpatialReferenceH own,
                                     const OGREnvelope *extent, bool is_named)
{
    enum status status = STATUS_OK;
    const char *path = reader->source->path;
    if (own != NULL) {
        reader->from = OSRClone(own);
        OSRSetAxisMappingStrategy(reader->from, OAMS_TRADITIONAL_GIS_ORDER);
    } else if (reader->source->source_crs != NULL) {
        TRY(create_crs(reader->source->source_crs, path, &reader->from));
    } else {
        FAIL_IF(
            !are_degrees(extent), STATUS_DATA,
            "%s: names no coordinate reference system, and its coordinates (x %g to %g, y %g to "
            "%g) are not degrees: say which system they are in",
            path, extent->MinX, extent->MaxX, extent->MinY, extent->MaxY);
        if (!is_named) {
            log_warning("%s: names no coordinate reference system; its coordinates are taken as "
                        "longitude and latitude (EPSG:4326)",
                        path);
        }
        TRY(create_crs("EPSG:4326", path, &reader->from));
    }
    reader->is_degrees = OSRIsGeographic(reader->from) != 0;
    reader->longest_edge = reader->is_degrees ? 0.05 : 5000 / OSRGetLinearUnits(reader->from, NULL);
done:
    return status;
}

/* Prepares the change to the wanted CRS and notes which one the layer is in. */
static enum status choose_target_crs(struct reader *reader)
{
    enum status status = STATUS_OK;
    OGRSpatialReferenceH to = NULL;
    OGRSpatialReferenceH result = reader->from;
    char *wkt = NULL;
    if (reader->source->crs != NULL) {
        TRY(create_crs(reader->source->crs, reader->source->path, &to));
        result = to;
        if (!OSRIsSame(reader->from, to)) {
            gdal_session_clear();
            reader->change = OCTNewCoordinateTransformation(reader->from, to);
            FAIL_IF(reader->change == NULL, STATUS_DATA,
                    "%s: there is no way from its coordinate reference system to the grid's: %s",
                    reader->source->path, gdal_session_message());
        }
    }
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    FAIL_IF(OSRExportToWktEx(result, &wkt, options) != OGRERR_NONE, STATUS_DATA,
            "%s: its coordinate reference system cannot be written as WKT: %s",
            reader->source->path, gdal_session_message());
    TRY(memory_copy_text(wkt, &reader->layer->crs_wkt));
done:
    CPLFree(wkt);
    if (to != NULL) {
        OSRDestroySpatialReference(to);
    }
    return status;
}

/* ---- geometries ------------------------------------------------------------------------------ */

static enum status add_ring(struct polygon *polygon, bool is_hole, OGRGeometryH ring)
{
    enum status status;
    int count = OGR_G_GetPointCount(ring);
    double *x = NULL, *y = NULL;
    TRY(memory_allocate((size_t)count, sizeof *x, &x));
    TRY(memory_allocate((size_t)count, sizeof *y, &y));
    OGR_G_GetPoints(ring, x, sizeof *x, y, sizeof *y, NULL, 0);
    TRY(polygon_add_ring(polygon, is_hole, count, x, y));
done:
    free(x);
    free(y);
    return status;
}

/* Collects the rings of a polygon or of the polygons of a collection. */
static enum status add_polygons(struct polygon *polygon, OGRGeometryH geometry)
{
    enum status status = STATUS_OK;
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    bool is_polygon = type == wkbPolygon;
    bool is_collection = type == wkbMultiPolygon || type == wkbGeometryCollection;
    for (int i = 0; (is_polygon || is_collection) && i < OGR_G_GetGeometryCount(geometry); i++) {
        OGRGeometryH part = OGR_G_GetGeometryRef(geometry, i);
        TRY(is_polygon ? add_ring(polygon, i > 0, part) : add_polygons(polygon, part));
    }
done:
    return status;
}

/* What a geometry is; 0 for lines and for several points in one feature. */
static int kind_of(OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if (type == wkbPoint || (type == wkbMultiPoint && OGR_G_GetGeometryCount(geometry) == 1)) {
        return VECTOR_POINT;
    }
    return type == wkbPolygon || type == wkbMultiPolygon ? VECTOR_POLYGON : 0;
}

static enum status check_geometry(const struct reader *reader, const char *place,
                                  OGRGeometryH geometry)
{
    enum status status = STATUS_OK;
    int kinds = reader->source->kinds;
    OGREnvelope extent;
    FAIL_IF(geometry == NULL || OGR_G_IsEmpty(geometry), STATUS_DATA,
            "%s: has no geometry: remove the feature or filter it out", place);
    FAIL_IF((kind_of(geometry) & kinds) == 0, STATUS_DATA, "%s: is a %s where %s wanted", place,
            OGR_G_GetGeometryName(geometry),
            kinds == VECTOR_POINT     ? "single points are"
            : kinds == VECTOR_POLYGON ? "polygons are"
                                      : "polygons or single points are");
    OGR_G_GetEnvelope(geometry, &extent);
    FAIL_IF(!isfinite(extent.MinX + extent.MaxX + extent.MinY + extent.MaxY), STATUS_DATA,
            "%s: has coordinates that are not finite", place);
    FAIL_IF(reader->is_degrees && !are_degrees(&extent), STATUS_DATA,
            "%s: its coordinates (x %g to %g, y %g to %g) are not degrees, as its coordinate "
            "reference system says: are longitude and latitude swapped, or is it projected?",
            place, extent.MinX, extent.MaxX, extent.MinY, extent.MaxY);
done:
    return status;
}

/* Brings a checked geometry into the form in which it is kept; takes it over. */
static enum status prepare_geometry(struct reader *reader, const char *place,
                                    OGRGeometryH *geometry)
{
    enum status status = STATUS_OK;
    bool is_polygon = kind_of(*geometry) == VECTOR_POLYGON;
    if (is_polygon && !OGR_G_IsValid(*geometry)) {
        OGRGeometryH valid = OGR_G_MakeValid(*geometry);
        FAIL_IF(valid == NULL, STATUS_DATA, "%s: crosses itself and cannot be repaired: %s", place,
                gdal_session_message());
        OGR_G_DestroyGeometry(*geometry);
        *geometry = valid;
        reader->layer->repaired++;
    }
    if (reader->change != NULL) {
        if (is_polygon) {
            OGR_G_Segmentize(*geometry, reader->longest_edge);
        }
        gdal_session_clear();
        FAIL_IF(OGR_G_Transform(*geometry, reader->change) != OGRERR_NONE, STATUS_DATA,
                "%s: cannot be transformed to the grid's coordinate reference system: %s", place,
                gdal_session_message());
    }
done:
    return status;
}

static enum status enlarge(void *block, size_t element, int64_t used, int64_t room)
{
    enum status status;
    void **old = block;
    void *larger = NULL;
    TRY(memory_allocate((size_t)room, element, &larger));
    if (used > 0) {
        memcpy(larger, *old, (size_t)used * element);
    }
    free(*old);
    *old = larger;
done:
    return status;
}

static enum status make_room(struct reader *reader)
{
    enum status status = STATUS_OK;
    struct vector_layer *layer = reader->layer;
    if (layer->count == reader->room) {
        int64_t room = reader->room == 0 ? 64 : 2 * reader->room;
        TRY(enlarge(&layer->kind, sizeof *layer->kind, layer->count, room));
        TRY(enlarge(&layer->x, sizeof *layer->x, layer->count, room));
        TRY(enlarge(&layer->y, sizeof *layer->y, layer->count, room));
        TRY(enlarge(&layer->polygon, sizeof *layer->polygon, layer->count, room));
        reader->room = room;
    }
done:
    return status;
}

/* Appends a feature; takes @p geometry over, also where it fails. */
static enum status add_feature(struct reader *reader, const char *place, OGRGeometryH geometry)
{
    enum status status;
    struct vector_layer *layer = reader->layer;
    TRY(check_geometry(reader, place, geometry));
    TRY(make_room(reader));
    int kind = kind_of(geometry);
    TRY(prepare_geometry(reader, place, &geometry));
    int64_t i = layer->count++;
    layer->kind[i] = (enum vector_kind)kind;
    if (kind == VECTOR_POLYGON) {
        TRY(add_polygons(&layer->polygon[i], geometry));
        polygon_centroid(&layer->polygon[i], &layer->x[i], &layer->y[i]);
        FAIL_IF(!(polygon_area(&layer->polygon[i]) > 0), STATUS_DATA, "%s: the polygon has no area",
                place);
    } else {
        bool is_multi = OGR_G_GetGeometryCount(geometry) == 1;
        OGRGeometryH point = is_multi ? OGR_G_GetGeometryRef(geometry, 0) : geometry;
        layer->x[i] = OGR_G_GetX(point, 0);
        layer->y[i] = OGR_G_GetY(point, 0);
    }
done:
    if (geometry != NULL) {
        OGR_G_DestroyGeometry(geometry);
    }
    return status;
}

/* ---- through OGR ----------------------------------------------------------------------------- */

static enum status find_layer(const struct vector_source *source, GDALDatasetH file,
                              OGRLayerH *found)
{
    enum status status = STATUS_OK;
    struct text names = {0};
    int count = GDALDatasetGetLayerCount(file);
    *found = NULL;
    for (int i = 0; i < count; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(file, i);
        const char *name = OGR_L_GetName(layer);
        bool is_wanted = source->layer == NULL ? count == 1 : strcmp(name, source->layer) == 0;
        *found = is_wanted ? layer : *found;
        text_add_format(&names, "%s'%s'", i > 0 ? ", " : "", name);
    }
    FAIL_IF(count == 0, STATUS_DATA, "%s: holds no layers", source->path);
    FAIL_IF(*found == NULL && source->layer == NULL, STATUS_DATA,
            "%s: holds several layers, name one of %s", source->path, names.data);
    FAIL_IF(*found == NULL, STATUS_DATA, "%s: holds no layer '%s', only %s", source->path,
            source->layer, names.data);
done:
    text_clear(&names);
    return status;
}

static enum status set_filter(const struct vector_source *source, OGRLayerH layer)
{
    enum status status = STATUS_OK;
    gdal_session_clear();
    FAIL_IF(source->where != NULL && OGR_L_SetAttributeFilter(layer, source->where) != OGRERR_NONE,
            STATUS_DATA, "%s: the filter \"%s\" does not fit: %s", source->path, source->where,
            gdal_session_message());
done:
    return status;
}

static enum status create_attributes(struct reader *reader, OGRLayerH layer)
{
    enum status status;
    OGRFeatureDefnH fields = OGR_L_GetLayerDefn(layer);
    int cols = OGR_FD_GetFieldCount(fields);
    const char **names = NULL;
    TRY(memory_allocate((size_t)cols, sizeof *names, &names));
    for (int col = 0; col < cols; col++) {
        names[col] = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(fields, col));
    }
    TRY(table_create(reader->source->path, "feature", cols, names, &reader->layer->attributes));
done:
    free(names);
    return status;
}

/* A field as text, released with free(); numbers with all their digits. OGR gives the text of a field
 * that is no string in a buffer that the next field overwrites. */
static enum status field_text(OGRFeatureH feature, int col, char **text)
{
    char number[TEXT_NUMBER_BYTES];
    OGRFieldType type = OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, col));
    if (!OGR_F_IsFieldSetAndNotNull(feature, col)) {
        return memory_copy_text("", text);
    }
    if (type == OFTReal) {
        return memory_copy_text(text_real(OGR_F_GetFieldAsDouble(feature, col), number), text);
    }
    return memory_copy_text(OGR_F_GetFieldAsString(feature, col), text);
}

/* Appends the fields of a feature. */
static enum status add_attributes(struct table *attributes, OGRFeatureH feature)
{
    enum status status;
    char **cells = NULL;
    TRY(memory_allocate((size_t)attributes->cols, sizeof *cells, &cells));
    for (int col = 0; col < (int)attributes->cols; col++) {
        TRY(field_text(feature, col, &cells[col]));
    }
    TRY(table_append(attributes, OGR_F_GetFID(feature), (const char *const *)cells));
done:
    for (int64_t col = 0; cells != NULL && col < attributes->cols; col++) {
        free(cells[col]);
    }
    free(cells);
    return status;
}

static enum status read_features(struct reader *reader, OGRLayerH layer)
{
    enum status status = STATUS_OK;
    OGRFeatureH feature = NULL;
    char place[1024];
    gdal_session_clear();
    OGR_L_ResetReading(layer);
    while ((feature = OGR_L_GetNextFeature(layer)) != NULL) {
        snprintf(place, sizeof place, "%s, feature %" PRId64, reader->source->path,
                 (int64_t)OGR_F_GetFID(feature));
        TRY(add_feature(reader, place, OGR_F_StealGeometry(feature)));
        TRY(add_attributes(reader->layer->attributes, feature));
        OGR_F_Destroy(feature);
        gdal_session_clear();
    }
    FAIL_IF(gdal_session_has_failed(), STATUS_DATA, "%s: reading failed: %s", reader->source->path,
            gdal_session_message());
done:
    if (feature != NULL) {
        OGR_F_Destroy(feature);
    }
    return status;
}

static enum status read_through_ogr(struct reader *reader)
{
    enum status status;
    const struct vector_source *source = reader->source;
    OGRLayerH layer = NULL;
    OGREnvelope extent = {0};
    GDALDatasetH file = NULL;
    FAIL_IF(access(source->path, R_OK) != 0 && strchr(source->path, ':') == NULL, STATUS_DATA,
            "%s: cannot be opened: %s", source->path, strerror(errno));
    gdal_session_clear();
    file = GDALOpenEx(source->path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    FAIL_IF(file == NULL, STATUS_DATA,
            "%s: is no vector file that can be read (%s): is it damaged, or of another kind?",
            source->path, gdal_session_reason());
    TRY(find_layer(source, file, &layer));
    FAIL_IF(OGR_L_GetFeatureCount(layer, TRUE) == 0, STATUS_DATA, "%s: holds no features",
            source->path);
    TRY(set_filter(source, layer));
    OGR_L_GetExtent(layer, &extent, TRUE);
    TRY(choose_source_crs(reader, OGR_L_GetSpatialRef(layer), &extent, false));
    TRY(choose_target_crs(reader));
    TRY(create_attributes(reader, layer));
    TRY(read_features(reader, layer));
done:
    if (file != NULL) {
        GDALClose(file);
    }
    return status;
}

/* ---- from tables ----------------------------------------------------------------------------- */

bool vector_is_table(const char *path)
{
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (text_equal_ignoring_case(path_extension(path), endings[i])) {
            return true;
        }
    }
    return false;
}

static const char *const x_names[] = {"lon", "longitude", "lng", "x", "easting", NULL};
static const char *const y_names[] = {"lat", "latitude", "y", "northing", NULL};

/* Column @p wanted, or else the first of @p names that there is. */
static enum status find_coordinate(const struct table *table, const char *wanted,
                                   const char *const *names, int64_t *col)
{
    enum status status = STATUS_OK;
    if (wanted != NULL) {
        return table_column(table, wanted, col);
    }
    *col = -1;
    for (int i = 0; *col < 0 && names[i] != NULL; i++) {
        *col = table_find(table, names[i]);
    }
    FAIL_IF(*col < 0, STATUS_DATA,
            "%s: has no column '%s' or like it: name the columns of the coordinates", table->path,
            names[0]);
done:
    return status;
}

static bool is_number_column(const struct table *table, int64_t col)
{
    for (int64_t row = 0; row < table->rows; row++) {
        if (!table_is_number(table, row, col) && !table_is_missing(table, row, col)) {
            return false;
        }
    }
    return true;
}

/* The table as an OGR layer without geometry, for its filter; feature i is row i. */
static enum status fill_filter_layer(const struct table *table, OGRLayerH layer)
{
    enum status status = STATUS_OK;
    for (int64_t col = 0; col < table->cols; col++) {
        OGRFieldDefnH field =
            OGR_Fld_Create(table->names[col], is_number_column(table, col) ? OFTReal : OFTString);
        OGR_L_CreateField(layer, field, FALSE);
        OGR_Fld_Destroy(field);
    }
    for (int64_t row = 0; row < table->rows; row++) {
        OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        OGR_F_SetFID(feature, row);
        for (int col = 0; col < (int)table->cols; col++) {
            if (!table_is_missing(table, row, col)) {
                OGR_F_SetFieldString(feature, col, table_text(table, row, col));
            }
        }
        OGRErr error = OGR_L_CreateFeature(layer, feature);
        OGR_F_Destroy(feature);
        FAIL_IF(error != OGRERR_NONE, STATUS_DATA, "%s: cannot be filtered: %s", table->path,
                gdal_session_message());
    }
done:
    return status;
}

/* Sets @p passes [rows] where the filter lets a row through. */
static enum status filter_table(const struct vector_source *source, const struct table *table,
                                bool *passes)
{
    enum status status = STATUS_OK;
    GDALDatasetH memory = NULL;
    OGRFeatureH feature = NULL;
    memset(passes, source->where == NULL, (size_t)table->rows);
    if (source->where == NULL) {
        return STATUS_OK;
    }
    memory = GDALCreate(GDALGetDriverByName("Memory"), "", 0, 0, 0, GDT_Unknown, NULL);
    OGRLayerH layer = GDALDatasetCreateLayer(memory, "table", NULL, wkbNone, NULL);
    TRY(fill_filter_layer(table, layer));
    TRY(set_filter(source, layer));
    OGR_L_ResetReading(layer);
    while ((feature = OGR_L_GetNextFeature(layer)) != NULL) {
        passes[OGR_F_GetFID(feature)] = true;
        OGR_F_Destroy(feature);
    }
done:
    if (memory != NULL) {
        GDALClose(memory);
    }
    return status;
}

/* Numbers of a coordinate column where the filter passes. */
static enum status read_coordinates(const struct table *table, int64_t col, const bool *passes,
                                    double *values)
{
    enum status status = STATUS_OK;
    char place[1024];
    for (int64_t row = 0; row < table->rows; row++) {
        if (passes[row]) {
            TRY(table_number(table, row, col, &values[row]));
            FAIL_IF(isnan(values[row]), STATUS_DATA,
                    "%s: the coordinate is missing: fill it in or filter the row out",
                    table_cell_place(table, row, col, place, sizeof place));
        }
    }
done:
    return status;
}

static enum status add_point(struct reader *reader, const struct table *table, int64_t row,
                             double x, double y)
{
    enum status status;
    char place[1024];
    const char **cells = NULL;
    OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
    OGR_G_SetPoint_2D(point, 0, x, y);
    snprintf(place, sizeof place, "%s, %s %" PRId64, table->path, table->place, table->number[row]);
    TRY(add_feature(reader, place, point));
    TRY(memory_allocate((size_t)table->cols, sizeof *cells, &cells));
    for (int64_t col = 0; col < table->cols; col++) {
        cells[col] = table_text(table, row, col);
    }
    TRY(table_append(reader->layer->attributes, table->number[row], cells));
done:
    free(cells);
    return status;
}

static void widen_extent(OGREnvelope *extent, double x, double y)
{
    extent->MinX = fmin(extent->MinX, x);
    extent->MaxX = fmax(extent->MaxX, x);
    extent->MinY = fmin(extent->MinY, y);
    extent->MaxY = fmax(extent->MaxY, y);
}

static enum status add_points(struct reader *reader, const struct table *table, const bool *passes,
                              int64_t x_col, int64_t y_col)
{
    enum status status;
    double *x = NULL, *y = NULL;
    OGREnvelope extent = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    bool is_named = strncasecmp(table->names[x_col], "lon", 3) == 0 &&
                    strncasecmp(table->names[y_col], "lat", 3) == 0;
    TRY(memory_allocate((size_t)table->rows, sizeof *x, &x));
    TRY(memory_allocate((size_t)table->rows, sizeof *y, &y));
    TRY(read_coordinates(table, x_col, passes, x));
    TRY(read_coordinates(table, y_col, passes, y));
    for (int64_t row = 0; row < table->rows; row++) {
        if (passes[row]) {
            widen_extent(&extent, x[row], y[row]);
        }
    }
    TRY(choose_source_crs(reader, NULL, &extent, is_named));
    TRY(choose_target_crs(reader));
    TRY(table_create(table->path, table->place, table->cols, (const char *const *)table->names,
                     &reader->layer->attributes));
    for (int64_t row = 0; row < table->rows; row++) {
        if (passes[row]) {
            TRY(add_point(reader, table, row, x[row], y[row]));
        }
    }
done:
    free(x);
    free(y);
    return status;
}

static enum status read_from_table(struct reader *reader)
{
    enum status status;
    const struct vector_source *source = reader->source;
    struct table_source lines = {source->path, source->layer, source->missing};
    struct table *table = NULL;
    bool *passes = NULL;
    int64_t x_col, y_col;
    FAIL_IF((source->kinds & VECTOR_POINT) == 0, STATUS_DATA,
            "%s: is a table of points where polygons are wanted", source->path);
    TRY(table_read(&lines, &table));
    FAIL_IF(table->rows == 0, STATUS_DATA, "%s: holds no rows", source->path);
    TRY(find_coordinate(table, source->x_column, x_names, &x_col));
    TRY(find_coordinate(table, source->y_column, y_names, &y_col));
    TRY(memory_allocate((size_t)table->rows, sizeof *passes, &passes));
    TRY(filter_table(source, table, passes));
    if (memchr(passes, true, (size_t)table->rows) != NULL) {
        TRY(add_points(reader, table, passes, x_col, y_col));
        TRY(memory_copy_text(table->missing, &reader->layer->attributes->missing));
    }
done:
    free(passes);
    table_destroy(&table);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

enum status vector_read(const struct vector_source *source, struct vector_layer **layer)
{
    enum status status;
    struct reader reader = {.source = source};
    gdal_session_start();
    TRY(memory_allocate(1, sizeof **layer, layer));
    reader.layer = *layer;
    TRY(vector_is_table(source->path) ? read_from_table(&reader) : read_through_ogr(&reader));
    FAIL_IF((*layer)->count == 0, STATUS_DATA, "%s: no feature passes the filter \"%s\"",
            source->path, source->where != NULL ? source->where : "");
    if ((*layer)->repaired > 0) {
        log_warning("%s: %" PRId64 " of %" PRId64 " polygons cross themselves and were repaired",
                    source->path, (*layer)->repaired, (*layer)->count);
    }
done:
    if (reader.change != NULL) {
        OCTDestroyCoordinateTransformation(reader.change);
    }
    if (reader.from != NULL) {
        OSRDestroySpatialReference(reader.from);
    }
    if (status != STATUS_OK) {
        vector_destroy(layer);
    }
    return status;
}

void vector_destroy(struct vector_layer **layer)
{
    if (*layer == NULL) {
        return;
    }
    for (int64_t i = 0; i < (*layer)->count; i++) {
        polygon_clear(&(*layer)->polygon[i]);
    }
    free((*layer)->kind);
    free((*layer)->x);
    free((*layer)->y);
    free((*layer)->polygon);
    free((*layer)->crs_wkt);
    table_destroy(&(*layer)->attributes);
    free(*layer);
    *layer = NULL;
}
