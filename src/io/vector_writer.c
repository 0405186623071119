/* airshed -- GPL-3.0-or-later. Polygons and points out as GeoJSON. */
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "io/gdal_session.h"
#include "io/vector.h"

static OGRGeometryH point_geometry(double x, double y)
{
    OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
    OGR_G_SetPoint_2D(point, 0, x, y);
    return point;
}

static double ring_area(const struct polygon *polygon, int64_t ring)
{
    int64_t start[2] = {0, polygon->start[ring + 1] - polygon->start[ring]};
    struct polygon alone = {1, start, polygon->x + polygon->start[ring],
                            polygon->y + polygon->start[ring]};
    return polygon_area(&alone);
}

static OGRGeometryH ring_geometry(const struct polygon *polygon, int64_t ring)
{
    OGRGeometryH line = OGR_G_CreateGeometry(wkbLinearRing);
    for (int64_t i = polygon->start[ring]; i < polygon->start[ring + 1]; i++) {
        OGR_G_AddPoint_2D(line, polygon->x[i], polygon->y[i]);
    }
    OGR_G_CloseRings(line);
    return line;
}

/* A polygon, or a multipolygon where there are several outer rings. */
static OGRGeometryH polygon_geometry(const struct polygon *polygon)
{
    OGRGeometryH parts = OGR_G_CreateGeometry(wkbMultiPolygon);
    OGRGeometryH part = NULL;
    for (int64_t ring = 0; ring < polygon->rings; ring++) {
        if (part == NULL || ring_area(polygon, ring) > 0) {
            part = OGR_G_CreateGeometry(wkbPolygon);
            OGR_G_AddGeometryDirectly(parts, part);
        }
        OGR_G_AddGeometryDirectly(part, ring_geometry(polygon, ring));
    }
    if (OGR_G_GetGeometryCount(parts) != 1) {
        return parts;
    }
    OGRGeometryH single = OGR_G_Clone(part);
    OGR_G_DestroyGeometry(parts);
    return single;
}

static void create_fields(const struct vector_output *output, OGRLayerH layer)
{
    static const OGRFieldType types[] = {OFTString, OFTInteger64, OFTReal, OFTReal};
    int64_t cols = output->attributes != NULL ? output->attributes->cols : 0;
    for (int64_t col = 0; col < cols; col++) {
        OGRFieldDefnH field =
            OGR_Fld_Create(output->attributes->names[col], types[output->columns[col].kind]);
        OGR_L_CreateField(layer, field, FALSE);
        OGR_Fld_Destroy(field);
    }
}

static enum status write_feature(const struct vector_output *output, int64_t i, OGRLayerH layer,
                                 const char *path)
{
    enum status status = STATUS_OK;
    int64_t cols = output->attributes != NULL ? output->attributes->cols : 0;
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
    for (int64_t col = 0; col < cols; col++) {
        const char *cell = table_text(output->attributes, i, col);
        if (cell[0] != '\0') {
            OGR_F_SetFieldString(feature, (int)col, cell);
        }
    }
    OGR_F_SetGeometryDirectly(feature, output->polygon != NULL
                                           ? polygon_geometry(&output->polygon[i])
                                           : point_geometry(output->x[i], output->y[i]));
    FAIL_IF(OGR_L_CreateFeature(layer, feature) != OGRERR_NONE, STATUS_OUTPUT,
            "%s: cannot be written: %s", path, gdal_session_message());
done:
    OGR_F_Destroy(feature);
    return status;
}

static enum status create_layer(const struct vector_output *output, GDALDatasetH file,
                                const char *path, OGRLayerH *layer)
{
    enum status status = STATUS_OK;
    static const char *const options[] = {"WRITE_NAME=NO", NULL};
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    FAIL_IF(OSRSetFromUserInput(crs, output->crs) != OGRERR_NONE, STATUS_DATA,
            "%s: the coordinate reference system '%.200s' is not known: %s", path, output->crs,
            gdal_session_message());
    OSRSetAxisMappingStrategy(crs, OAMS_TRADITIONAL_GIS_ORDER);
    *layer = GDALDatasetCreateLayer(file, "features", crs, wkbUnknown, (char **)options);
    FAIL_IF(*layer == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path,
            gdal_session_message());
    create_fields(output, *layer);
done:
    OSRDestroySpatialReference(crs);
    return status;
}

enum status vector_write(const char *path, const struct vector_output *output)
{
    enum status status;
    OGRLayerH layer = NULL;
    gdal_session_start();
    VSIUnlink(path); /* the driver does not replace files */
    gdal_session_clear();
    GDALDatasetH file =
        GDALCreate(GDALGetDriverByName("GeoJSON"), path, 0, 0, 0, GDT_Unknown, NULL);
    FAIL_IF(file == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path, gdal_session_message());
    TRY(create_layer(output, file, path, &layer));
    for (int64_t i = 0; i < output->count; i++) {
        TRY(write_feature(output, i, layer, path));
    }
    GDALClose(file); /* flushes */
    file = NULL;
    FAIL_IF(gdal_session_has_failed(), STATUS_OUTPUT, "%s: writing failed: %s", path,
            gdal_session_message());
done:
    if (file != NULL) {
        GDALClose(file);
    }
    return status;
}
