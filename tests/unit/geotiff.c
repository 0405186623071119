/* airshed -- GPL-3.0-or-later. Cloud Optimized GeoTIFFs, read back by GDAL and its validator.
 * ranks: 1
 */
#include "testing.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include <gdal.h>
#include <ogr_srs_api.h>

#include "io/gdal_session.h"
#include "io/geotiff.h"
#include "scratch_folder.h"

enum {
    ROWS = 700,
    COLS = 1100
};

static float *values;
static struct georeference *lonlat;

/* No symmetry: a different value in every cell; the south-west corner is missing. */
static void make_map(void)
{
    if (values != NULL) {
        return;
    }
    values = calloc(ROWS * COLS, sizeof *values);
    for (int i = 0; i < ROWS * COLS; i++) {
        values[i] = (float)i / 8;
    }
    values[0] = -NAN;
    assert_int_equal(
        georeference_create_regular(ROWS, COLS, 110.5, 34.25, 0.0125, 0.01, "EPSG:4326", &lonlat),
        STATUS_OK);
}

static GDALDatasetH open_back(const char *path)
{
    gdal_session_start();
    gdal_session_clear();
    GDALDatasetH file = GDALOpen(path, GA_ReadOnly);
    if (file == NULL) {
        fprintf(stderr, "%s\n", gdal_session_message());
        fail();
    }
    return file;
}

static const char *written(const char *name, const struct geotiff *map)
{
    const char *path = scratch_path(name);
    failure_clear();
    if (geotiff_write(path, map) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        fail();
    }
    return path;
}

static const char *write_float_map(const char *name)
{
    make_map();
    struct geotiff_band bands[2] = {{"slope", "ug m-3 year-1", values}, {"p", "1", values}};
    struct geotiff map = {.grid = lonlat, .title = "Sen slope", .bands = 2, .band = bands};
    return written(name, &map);
}

static void a_map_comes_back_north_up_and_not_flipped(void **state)
{
    (void)state;
    GDALDatasetH file = open_back(write_float_map("map.tif"));
    double transform[6];
    assert_int_equal(GDALGetGeoTransform(file, transform), CE_None);
    static const double expected[6] = {110.5, 0.0125, 0, 34.25 + 7, 0, -0.01};
    assert_close(transform, expected, 6, 1e-13); /* a few ulp of the edges */
    float *line = calloc(COLS, sizeof *line);
    for (int band = 1; band <= 2; band++) {
        for (int row = 0; row < ROWS; row++) {
            assert_int_equal(GDALRasterIO(GDALGetRasterBand(file, band), GF_Read, 0, ROWS - 1 - row,
                                          COLS, 1, line, COLS, 1, GDT_Float32, 0, 0),
                             CE_None);
            int first = row == 0; /* the missing corner */
            assert_memory_equal(line + first, values + row * COLS + first,
                                (size_t)(COLS - first) * sizeof *line);
            assert_true(!first || isnan(line[0]));
        }
    }
    free(line);
    GDALClose(file);
}

static void the_file_is_tiled_compressed_and_described(void **state)
{
    (void)state;
    GDALDatasetH file = open_back(write_float_map("described.tif"));
    GDALRasterBandH band = GDALGetRasterBand(file, 1);
    int width, height, has_nodata;
    assert_string_equal(GDALGetMetadataItem(file, "LAYOUT", "IMAGE_STRUCTURE"), "COG");
    assert_string_equal(GDALGetMetadataItem(file, "COMPRESSION", "IMAGE_STRUCTURE"), "DEFLATE");
    assert_string_equal(GDALGetMetadataItem(file, "PREDICTOR", "IMAGE_STRUCTURE"), "3");
    assert_string_equal(GDALGetMetadataItem(file, "AREA_OR_POINT", NULL), "Area");
    assert_string_equal(GDALGetMetadataItem(file, "TIFFTAG_IMAGEDESCRIPTION", NULL), "Sen slope");
    assert_null(GDALGetMetadataItem(file, "TIFFTAG_DATETIME", NULL));
    GDALGetBlockSize(band, &width, &height);
    assert_true(width == 512 && height == 512);
    assert_true(isnan(GDALGetRasterNoDataValue(band, &has_nodata)) && has_nodata);
    assert_string_equal(GDALGetDescription(band), "slope");
    assert_string_equal(GDALGetRasterUnitType(band), "ug m-3 year-1");
    OGRSpatialReferenceH crs = GDALGetSpatialRef(file);
    assert_string_equal(OSRGetAuthorityCode(crs, NULL), "4326");
    GDALClose(file);
}

static void overviews_average_what_is_there(void **state)
{
    (void)state;
    GDALDatasetH file = open_back(write_float_map("overviews.tif"));
    GDALRasterBandH band = GDALGetRasterBand(file, 1);
    assert_true(GDALGetOverviewCount(band) >= 2);
    GDALRasterBandH half = GDALGetOverview(band, 0);
    int rows = GDALGetRasterBandYSize(half);
    assert_int_equal(rows, ROWS / 2);
    float corner[2];
    assert_int_equal(
        GDALRasterIO(half, GF_Read, 0, rows - 1, 2, 1, corner, 2, 1, GDT_Float32, 0, 0), CE_None);
    /* memory cells (0,0) missing, (0,1), (1,0), (1,1), then (0,2), (0,3), (1,2), (1,3) */
    double got[2] = {(double)corner[0], (double)corner[1]};
    double expected[2] = {(1 + 1100 + 1101) / 3.0 / 8, (2 + 3 + 1102 + 1103) / 4.0 / 8};
    assert_close(got, expected, 2, 1e-5); /* float rounding of values below 70 */
    GDALClose(file);
}

static void classes_keep_their_values_in_the_overviews(void **state)
{
    (void)state;
    make_map();
    int32_t *class = calloc(ROWS * COLS, sizeof *class);
    unsigned char *flag = calloc(ROWS * COLS, 1);
    for (int i = 0; i < ROWS * COLS; i++) {
        class[i] = i % COLS < 100 ? 7 : -100000 - i % 3;
        flag[i] = (unsigned char)(i % 5);
    }
    struct geotiff_band band = {.name = "label", .values = class};
    struct geotiff map = {.grid = lonlat,
                          .pixel = GEOTIFF_INT,
                          .overviews = GEOTIFF_MODE,
                          .has_nodata = true,
                          .nodata = -1,
                          .bands = 1,
                          .band = &band};
    GDALDatasetH file = open_back(written("classes.tif", &map));
    GDALRasterBandH raster = GDALGetRasterBand(file, 1);
    assert_int_equal(GDALGetRasterDataType(raster), GDT_Int32);
    assert_string_equal(GDALGetMetadataItem(file, "PREDICTOR", "IMAGE_STRUCTURE"), "2");
    assert_true(GDALGetRasterNoDataValue(raster, NULL) == -1);
    for (int level = 0; level < GDALGetOverviewCount(raster); level++) {
        GDALRasterBandH small = GDALGetOverview(raster, level);
        int32_t pixel = 0;
        assert_int_equal(GDALRasterIO(small, GF_Read, GDALGetRasterBandXSize(small) / 2, 9, 1, 1,
                                      &pixel, 1, 1, GDT_Int32, 0, 0),
                         CE_None);
        assert_true(pixel <= -100000 && pixel >= -100002);
    }
    GDALClose(file);
    band.values = flag;
    map.pixel = GEOTIFF_BYTE;
    map.overviews = GEOTIFF_NEAREST;
    map.has_nodata = false;
    file = open_back(written("flags.tif", &map));
    raster = GDALGetRasterBand(file, 1);
    unsigned char south_west[2];
    int has_nodata = 1;
    assert_int_equal(GDALGetRasterDataType(raster), GDT_Byte);
    GDALGetRasterNoDataValue(raster, &has_nodata);
    assert_false(has_nodata);
    assert_int_equal(
        GDALRasterIO(raster, GF_Read, 0, ROWS - 1, 2, 1, south_west, 2, 1, GDT_Byte, 0, 0),
        CE_None);
    assert_true(south_west[0] == 0 && south_west[1] == 1);
    GDALClose(file);
    free(class);
    free(flag);
}

static void projected_maps_keep_their_epsg_code_and_missing_value(void **state)
{
    (void)state;
    float tiny[15] = {1, 2, 3, 4, 5, 6, 7, 8, NAN, 10, 11, 12, 13, 14, 15};
    struct georeference *utm = NULL;
    assert_int_equal(
        georeference_create_regular(3, 5, 400000, 4400000, 1000, 500, "EPSG:32650", &utm),
        STATUS_OK);
    struct geotiff_band band = {.values = tiny};
    struct geotiff map = {
        .grid = utm, .has_nodata = true, .nodata = -9999, .bands = 1, .band = &band};
    GDALDatasetH file = open_back(written("utm.tif", &map));
    float got[15];
    assert_int_equal(
        GDALRasterIO(GDALGetRasterBand(file, 1), GF_Read, 0, 0, 5, 3, got, 5, 3, GDT_Float32, 0, 0),
        CE_None);
    static const float expected[15] = {11, 12, 13, 14, 15, 6, 7, 8, -9999, 10, 1, 2, 3, 4, 5};
    assert_memory_equal(got, expected, sizeof got);
    assert_true(GDALGetRasterNoDataValue(GDALGetRasterBand(file, 1), NULL) == -9999);
    assert_string_equal(OSRGetAuthorityCode(GDALGetSpatialRef(file), NULL), "32650");
    GDALClose(file);
    georeference_destroy(&utm);
}

static void the_same_map_gives_the_same_bytes(void **state)
{
    (void)state;
    size_t first_bytes, second_bytes;
    char *first = scratch_read(write_float_map("first.tif"), &first_bytes);
    sleep(1); /* so that a time stamp would differ */
    char *second = scratch_read(write_float_map("second.tif"), &second_bytes);
    assert_int_equal(first_bytes, second_bytes);
    assert_memory_equal(first, second, first_bytes);
    free(first);
    free(second);
}

static void the_cog_validator_passes(void **state)
{
    (void)state;
    static const char module[] = "osgeo_utils.samples.validate_cloud_optimized_geotiff";
    char command[1024];
    snprintf(command, sizeof command, "/usr/bin/python3 -c 'import %s' 2>/dev/null", module);
    if (system(command) != 0) {
        testing_skip();
        return;
    }
    snprintf(command, sizeof command, "/usr/bin/python3 -m %s --full-check=yes '%s' >'%s' 2>&1",
             module, write_float_map("valid.tif"), scratch_path("verdict"));
    int code = system(command);
    char *verdict = scratch_read(scratch_path("verdict"), NULL);
    if (code != 0 || strstr(verdict, "is a valid cloud optimized GeoTIFF") == NULL) {
        fprintf(stderr, "%s\n", verdict);
        fail();
    }
    free(verdict);
}

static void uneven_grids_and_unwritable_places_are_refused(void **state)
{
    (void)state;
    make_map();
    static const double x[3] = {1, 2, 4}, y[2] = {1, 2};
    struct georeference *uneven = NULL;
    assert_int_equal(georeference_create_axes(2, 3, x, y, NULL, NULL, "EPSG:4326", &uneven),
                     STATUS_OK);
    struct geotiff_band band = {.values = values};
    struct geotiff map = {.grid = uneven, .bands = 1, .band = &band};
    failure_clear();
    assert_int_equal(geotiff_write(scratch_path("uneven.tif"), &map), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "uneven.tif"));
    failure_clear();
    map.grid = lonlat;
    assert_int_equal(geotiff_write(scratch_path("no/such.tif"), &map), STATUS_OUTPUT);
    assert_non_null(strstr(failure_message(), "no/such.tif"));
    failure_clear();
    georeference_destroy(&uneven);
}

static void a_full_disk_is_an_output_failure(void **state)
{
    (void)state;
    make_map();
    struct geotiff_band band = {.values = values};
    struct geotiff map = {.grid = lonlat, .bands = 1, .band = &band};
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 100000; /* a write beyond it fails as on a full disk */
    signal(SIGXFSZ, SIG_IGN);
    const char *path = scratch_path("full.tif");
    setrlimit(RLIMIT_FSIZE, &small);
    failure_clear();
    enum status status = geotiff_write(path, &map);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, STATUS_OUTPUT);
    assert_non_null(strstr(failure_message(), "full.tif"));
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_map_comes_back_north_up_and_not_flipped),
    cmocka_unit_test(the_file_is_tiled_compressed_and_described),
    cmocka_unit_test(overviews_average_what_is_there),
    cmocka_unit_test(classes_keep_their_values_in_the_overviews),
    cmocka_unit_test(projected_maps_keep_their_epsg_code_and_missing_value),
    cmocka_unit_test(the_same_map_gives_the_same_bytes),
    cmocka_unit_test(the_cog_validator_passes),
    cmocka_unit_test(uneven_grids_and_unwritable_places_are_refused),
    cmocka_unit_test(a_full_disk_is_an_output_failure),
};

TESTING_MAIN(tests)
