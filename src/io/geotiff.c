/* airshed -- GPL-3.0-or-later. Maps out as Cloud Optimized GeoTIFF (C.13). */
#include "io/geotiff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cpl_string.h>
#include <gdal.h>
#include <ogr_srs_api.h>

#include "base/memory.h"
#include "io/gdal_session.h"

static GDALDataType pixel_type(enum geotiff_pixel pixel)
{
    static const GDALDataType types[] = {GDT_Float32, GDT_Int32, GDT_Byte};
    return types[pixel];
}

/* Copies a row; NaN gets the declared missing value, in one bit pattern. */
static void copy_row(const struct geotiff *map, const void *values, int64_t row, void *line)
{
    int64_t cols = map->grid->cols;
    size_t bytes = (size_t)GDALGetDataTypeSizeBytes(pixel_type(map->pixel));
    memcpy(line, (const char *)values + (size_t)(row * cols) * bytes, (size_t)cols * bytes);
    float missing = map->has_nodata ? (float)map->nodata : NAN;
    for (int64_t col = 0; map->pixel == GEOTIFF_FLOAT && col < cols; col++) {
        float *value = (float *)line + col;
        *value = isnan(*value) ? missing : *value;
    }
}

static enum status fill_band(const struct geotiff *map, const struct geotiff_band *band,
                             GDALRasterBandH raster, const char *path)
{
    enum status status;
    void *line = NULL;
    int rows = (int)map->grid->rows, cols = (int)map->grid->cols;
    GDALDataType type = pixel_type(map->pixel);
    TRY(memory_allocate((size_t)cols, sizeof(double), &line));
    for (int row = 0; row < rows; row++) {
        copy_row(map, band->values, row, line);
        CPLErr error =
            GDALRasterIO(raster, GF_Write, 0, rows - 1 - row, cols, 1, line, cols, 1, type, 0, 0);
        FAIL_IF(error != CE_None, STATUS_OUTPUT, "%s: cannot be built: %s", path,
                gdal_session_message());
    }
    if (band->name != NULL) {
        GDALSetDescription(raster, band->name);
    }
    if (band->units != NULL) {
        GDALSetRasterUnitType(raster, band->units);
    }
    if (map->has_nodata || map->pixel == GEOTIFF_FLOAT) {
        GDALSetRasterNoDataValue(raster, map->has_nodata ? map->nodata : (double)NAN);
    }
done:
    free(line);
    return status;
}

static enum status set_place(const struct georeference *grid, GDALDatasetH raster, const char *path)
{
    enum status status = STATUS_OK;
    double west = grid->x_edges[0], east = grid->x_edges[grid->cols];
    double south = grid->y_edges[0], north = grid->y_edges[grid->rows];
    double transform[6] = {west, (east - west) / (double)grid->cols,   0, north,
                           0,    -(north - south) / (double)grid->rows};
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    FAIL_IF(OSRSetFromUserInput(crs, grid->crs_wkt) != OGRERR_NONE, STATUS_DATA,
            "%s: GDAL does not know the coordinate reference system of the grid: %s", path,
            gdal_session_message());
    OSRSetAxisMappingStrategy(crs, OAMS_TRADITIONAL_GIS_ORDER);
    GDALSetSpatialRef(raster, crs);
    GDALSetGeoTransform(raster, transform);
    GDALSetMetadataItem(raster, "AREA_OR_POINT", "Area", NULL);
done:
    OSRDestroySpatialReference(crs);
    return status;
}

/* The whole map in memory: the COG driver copies, it cannot write piece by piece. */
static enum status build_raster(const struct geotiff *map, GDALDatasetH raster, const char *path)
{
    enum status status;
    TRY(set_place(map->grid, raster, path));
    if (map->title != NULL) {
        GDALSetMetadataItem(raster, "TIFFTAG_IMAGEDESCRIPTION", map->title, NULL);
    }
    for (int i = 0; i < map->bands; i++) {
        TRY(fill_band(map, &map->band[i], GDALGetRasterBand(raster, i + 1), path));
    }
done:
    return status;
}

static enum status copy_to_cog(const struct geotiff *map, GDALDatasetH raster, const char *path)
{
    static const char *const resampling[] = {"AVERAGE", "NEAREST", "MODE"};
    enum status status = STATUS_OK;
    char **options = NULL;
    options = CSLSetNameValue(options, "COMPRESS", "DEFLATE");
    options = CSLSetNameValue(options, "PREDICTOR", "YES"); /* 3 for floats, 2 for integers */
    options = CSLSetNameValue(options, "BLOCKSIZE", "512");
    options = CSLSetNameValue(options, "BIGTIFF", "IF_SAFER");
    options = CSLSetNameValue(options, "OVERVIEW_RESAMPLING", resampling[map->overviews]);
    options = CSLSetNameValue(options, "NUM_THREADS", "1");
    gdal_session_clear();
    GDALDatasetH file =
        GDALCreateCopy(GDALGetDriverByName("COG"), path, raster, FALSE, options, NULL, NULL);
    if (file != NULL) {
        GDALClose(file);
    }
    FAIL_IF(file == NULL || gdal_session_has_failed(), STATUS_OUTPUT,
            "%s: cannot be written as GeoTIFF: %s; is the disk full? make room, then use --resume", path,
            gdal_session_message());
done:
    CSLDestroy(options);
    return status;
}

enum status geotiff_write(const char *path, const struct geotiff *map)
{
    enum status status;
    GDALDatasetH raster = NULL;
    int64_t rows = map->grid->rows, cols = map->grid->cols;
    gdal_session_start();
    gdal_session_clear();
    FAIL_IF(!georeference_is_regular(map->grid), STATUS_DATA,
            "%s: the cells of the grid differ in size, which a GeoTIFF cannot tell: warp to a "
            "regular grid first",
            path);
    FAIL_IF(rows > INT32_MAX || cols > INT32_MAX, STATUS_DATA, "%s: too many cells for a GeoTIFF",
            path);
    raster = GDALCreate(GDALGetDriverByName("MEM"), "", (int)cols, (int)rows, map->bands,
                        pixel_type(map->pixel), NULL);
    FAIL_IF(raster == NULL, STATUS_MEMORY, "%s: no memory for the map: %s", path,
            gdal_session_message());
    TRY(build_raster(map, raster, path));
    TRY(copy_to_cog(map, raster, path));
done:
    if (raster != NULL) {
        GDALClose(raster);
    }
    return status;
}
