/* airshed -- GPL-3.0-or-later. Vectors through every format, filters, changes of CRS, GeoJSON out.
 * ranks: 1
 */
#include "testing.h"

#include <stdbool.h>
#include <time.h>

#include <gdal.h>
#include <gdal_utils.h>

#include "base/log.h"
#include "grid/zones.h"
#include "io/gdal_session.h"
#include "io/vector.h"
#include "kernels/geodesic.h"
#include "scratch_folder.h"

static const char two_cities[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"name\":\"北京\",\"code\":11,\"gdp\":0.1},"
    "\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[[[[116,39],[117,39],[117,40],[116,40]"
    ","
    "[116,39]],[[116.25,39.25],[116.75,39.25],[116.75,39.75],[116.25,39.75],[116.25,39.25]]],"
    "[[[118,39],[118.5,39],[118.5,39.5],[118,39]]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"name\":\"Tianjin\",\"code\":12,\"gdp\":null},"
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[117,39],[118,39],[118,39.5],[117,39]]]}}"
    "]}";

static struct vector_layer *read_layer(const struct vector_source *source)
{
    struct vector_layer *layer = NULL;
    failure_clear();
    if (vector_read(source, &layer) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        fail();
    }
    return layer;
}

static void assert_refused(const struct vector_source *source, const char *words)
{
    struct vector_layer *layer = NULL;
    failure_clear();
    assert_int_equal(vector_read(source, &layer), STATUS_DATA);
    assert_null(layer);
    if (strstr(failure_message(), words) == NULL ||
        strstr(failure_message(), source->path) == NULL) {
        fprintf(stderr, "expected '%s' in: %s\n", words, failure_message());
        fail();
    }
    failure_clear();
}

/* A file in another format made of a GeoJSON text, by GDAL's translator. */
static const char *translated(const char *text, const char *name, const char *driver,
                              const char *crs_option, const char *crs)
{
    const char *from = scratch_write("translate.geojson", text, strlen(text));
    const char *to = scratch_path(name);
    bool is_shapefile = strcmp(driver, "ESRI Shapefile") == 0;
    const char *arguments[] = {"-f",
                               driver,
                               is_shapefile ? "-lco" : "-nln",
                               is_shapefile ? "ENCODING=UTF-8" : "layer",
                               crs_option,
                               crs,
                               NULL};
    gdal_session_start();
    GDALDatasetH source = GDALOpenEx(from, GDAL_OF_VECTOR, NULL, NULL, NULL);
    GDALVectorTranslateOptions *options = GDALVectorTranslateOptionsNew((char **)arguments, NULL);
    GDALDatasetH copy = GDALVectorTranslate(to, NULL, 1, &source, options, NULL);
    assert_non_null(copy);
    GDALClose(copy);
    GDALClose(source);
    GDALVectorTranslateOptionsFree(options);
    return to;
}

static void assert_two_cities(const struct vector_layer *layer, double tolerance)
{
    assert_int_equal(layer->count, 2);
    assert_int_equal(layer->kind[0], VECTOR_POLYGON);
    assert_int_equal(layer->polygon[0].rings, 3);
    double areas[2] = {polygon_area(&layer->polygon[0]), polygon_area(&layer->polygon[1])};
    double expected[2] = {1 - 0.25 + 0.125, 0.25};
    assert_close(areas, expected, 2, tolerance);
    int64_t name = table_find(layer->attributes, "name");
    int64_t code = table_find(layer->attributes, "code");
    int64_t gdp = table_find(layer->attributes, "gdp");
    double value = 0;
    assert_string_equal(table_text(layer->attributes, 0, name), "北京");
    assert_int_equal(table_number(layer->attributes, 1, code, &value), STATUS_OK);
    assert_true(value == 12);
    assert_string_equal(table_text(layer->attributes, 0, gdp), "0.1");
    assert_string_equal(table_text(layer->attributes, 1, gdp), "");
}

static void every_format_gives_the_same_polygons(void **state)
{
    (void)state;
    const char *paths[] = {scratch_write("two.geojson", two_cities, strlen(two_cities)),
                           translated(two_cities, "two.gpkg", "GPKG", NULL, NULL),
                           translated(two_cities, "two.shp", "ESRI Shapefile", NULL, NULL)};
    for (int i = 0; i < 3; i++) {
        struct vector_source source = {.path = paths[i], .kinds = VECTOR_POLYGON};
        struct vector_layer *layer = read_layer(&source);
        assert_two_cities(layer, 1e-12); /* coordinates are exact; a dozen products of up to 4 */
        assert_non_null(strstr(layer->crs_wkt, "84"));
        assert_int_equal(layer->repaired, 0);
        vector_destroy(&layer);
    }
}

static void projected_files_come_back_in_degrees_x_first(void **state)
{
    (void)state;
    struct vector_source source = {
        .path = translated(two_cities, "utm.gpkg", "GPKG", "-t_srs", "EPSG:32650"),
        .kinds = VECTOR_POLYGON,
        .crs = "EPSG:4326"};
    struct vector_layer *layer = read_layer(&source);
    /* the translator moved the corners alone, and straight lines in UTM bend on the way back: a
     * degree-long chord lies up to 110^2 / (8 * 6371) * tan(40) = 0.2 km, 0.002 degrees, off; eight
     * such edges, two thirds of that each */
    assert_two_cities(layer, 8 * 0.002);
    assert_true(layer->x[0] > 116 && layer->x[0] < 119 && layer->y[0] > 39 && layer->y[0] < 40);
    assert_true(layer->polygon[0].start[1] > 40); /* cut into pieces */
    vector_destroy(&layer);
}

static void edges_bend_when_the_crs_changes(void **state)
{
    (void)state;
    static const char box[] =
        "{\"type\":\"Polygon\",\"coordinates\":[[[5,45],[15,45],[15,50],[5,50],[5,45]]]}";
    struct vector_source source = {.path = scratch_write("box.json", box, strlen(box)),
                                   .kinds = VECTOR_POLYGON,
                                   .crs = "EPSG:3035"}; /* equal-area on its ellipsoid */
    struct vector_layer *layer = read_layer(&source);
    double area = polygon_area(&layer->polygon[0]);
    double expected = geodesic_cell_area_m2(45, 50, 10);
    /* a piece of 0.05 degrees is a chord of 3.9 km; its arc rises 0.3 m above it, two thirds of
     * that on average, beside a height of 556 km. Without the pieces it would be 1 % */
    assert_close(&area, &expected, 1, 1e-6 * expected);
    vector_destroy(&layer);
}

static void points_come_in_x_before_y(void **state)
{
    (void)state;
    static const char points[] =
        "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"Point\","
        "\"coordinates\":[117,0]}},"
        "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"MultiPoint\","
        "\"coordinates\":[[116,40]]}}]}";
    struct vector_source source = {.path = scratch_write("p.geojson", points, strlen(points)),
                                   .kinds = VECTOR_POINT | VECTOR_POLYGON,
                                   .crs = "EPSG:32650"};
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(layer->kind[0], VECTOR_POINT);
    assert_int_equal(layer->polygon[0].rings, 0);
    /* the origin of zone 50 is (500000, 0) at 117 E on the equator; (116 E, 40 N) by
     * `echo 116 40 | cs2cs EPSG:4326 EPSG:32650 -s` of PROJ: within a millimetre */
    double got[4] = {layer->x[0], layer->y[0], layer->x[1], layer->y[1]};
    double expected[4] = {500000, 0, 414639.538, 4428236.065};
    assert_close(got, expected, 4, 1e-3);
    vector_destroy(&layer);
}

static void filters_choose_features_and_bad_ones_are_refused(void **state)
{
    (void)state;
    struct vector_source source = {.path =
                                       scratch_write("f.geojson", two_cities, strlen(two_cities)),
                                   .kinds = VECTOR_POLYGON,
                                   .where = "name = 'Tianjin' AND code > 11"};
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(layer->count, 1);
    assert_string_equal(table_text(layer->attributes, 0, 0), "Tianjin");
    vector_destroy(&layer);
    source.where = "name = 'Shanghai'";
    assert_refused(&source, "name = 'Shanghai'");
    source.where = "nome = 'Tianjin'";
    assert_refused(&source, "nome");
    source.where = "name = ";
    assert_refused(&source, "name = ");
}

static const char *geometry_file(const char *geometry)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{},"
        "\"geometry\":%s}]}",
        geometry);
    return scratch_write("g.geojson", text, strlen(text));
}

static void wrong_geometries_are_refused_with_their_feature(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"null", "feature 0: has no geometry"},
        {"{\"type\":\"Polygon\",\"coordinates\":[]}", "feature 0: has no geometry"},
        {"{\"type\":\"Point\",\"coordinates\":[1,2]}", "POINT where polygons"},
        {"{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}", "LINESTRING"},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[4e5,4e6],[5e5,4e6],[5e5,5e6],[4e5,4e6]]]}",
         "not degrees"},
        {"{\"type\":\"Polygon\",\"coordinates\":[[[1,1],[2,2],[3,3],[1,1]]]}", "no area"},
    };
    for (int i = 0; i < 6; i++) {
        struct vector_source source = {.path = geometry_file(bad[i][0]), .kinds = VECTOR_POLYGON};
        assert_refused(&source, bad[i][1]);
    }
    struct vector_source source = {
        .path = geometry_file("{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}"),
        .kinds = VECTOR_POINT};
    assert_refused(&source, "single points");
    source.path =
        scratch_write("none.geojson", "{\"type\":\"FeatureCollection\",\"features\":[]}", 42);
    assert_refused(&source, "no features");
    source.path = scratch_write("text.geojson", "hello", 5);
    assert_refused(&source, "no vector file that can be read");
    source.path = scratch_path("absent.geojson");
    assert_refused(&source, "cannot be opened");
    source.path = scratch_write("cut.geojson", two_cities, strlen(two_cities) / 2);
    assert_refused(&source, "cut.geojson");
    source.path = scratch_write("two.geojson", two_cities, strlen(two_cities));
    source.kinds = VECTOR_POLYGON;
    source.crs = "EPSG:99999";
    assert_refused(&source, "EPSG:99999");
    source.crs = NULL;
    source.layer = "roads";
    assert_refused(&source, "'roads'");
}

static void polygons_that_cross_themselves_are_repaired(void **state)
{
    (void)state;
    struct vector_source source = {
        .path = geometry_file("{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[2,2],[2,0],[0,2],"
                              "[0,0]]]}"),
        .kinds = VECTOR_POLYGON};
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(layer->repaired, 1);
    assert_int_equal(layer->polygon[0].rings, 2); /* two triangles of a bow tie */
    assert_true(polygon_area(&layer->polygon[0]) == 2);
    vector_destroy(&layer);
}

static void a_missing_crs_is_assumed_only_for_degrees(void **state)
{
    (void)state;
    static const char metres[] = "{\"type\":\"Polygon\",\"coordinates\":[[[400000,4400000],"
                                 "[410000,4400000],[410000,4410000],[400000,4400000]]]}";
    const char *degrees_path = translated(two_cities, "nocrs.shp", "ESRI Shapefile", NULL, NULL);
    char prj[256];
    snprintf(prj, sizeof prj, "%.*sprj", (int)strlen(degrees_path) - 3, degrees_path);
    assert_int_equal(remove(prj), 0);
    struct vector_source source = {.path = degrees_path, .kinds = VECTOR_POLYGON};
    int warnings = log_warning_count();
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(log_warning_count(), warnings + 1);
    assert_two_cities(layer, 1e-12);
    vector_destroy(&layer);
    const char *metres_path = translated(metres, "metres.shp", "ESRI Shapefile", NULL, NULL);
    snprintf(prj, sizeof prj, "%.*sprj", (int)strlen(metres_path) - 3, metres_path);
    assert_int_equal(remove(prj), 0);
    source.path = metres_path;
    assert_refused(&source, "not degrees");
    source.source_crs = "EPSG:32650";
    layer = read_layer(&source);
    assert_true(polygon_area(&layer->polygon[0]) == 5e7);
    vector_destroy(&layer);
}

static void tables_are_points_with_a_filter_of_their_own(void **state)
{
    (void)state;
    static const char text[] = "id,Longitude,Latitude,status,mw,note\n"
                               "1,116.5,39.5,operating,100,a\n"
                               "2,117.5,,retired,x,\n"
                               "3,118.5,41.5,Operating,50,\"b, c\"\n"
                               "4,119.5,42.5,operating,,\n";
    struct vector_source source = {.path = scratch_write("p.csv", text, strlen(text)),
                                   .kinds = VECTOR_POINT,
                                   .where = "status = 'operating'"};
    int warnings = log_warning_count();
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(log_warning_count(), warnings); /* the columns say what they are */
    assert_int_equal(layer->count, 3);
    assert_true(layer->x[1] == 118.5 && layer->y[1] == 41.5);
    assert_string_equal(table_text(layer->attributes, 1, 5), "b, c");
    assert_int_equal(layer->attributes->number[1], 4);
    vector_destroy(&layer);
    source.where = NULL;
    assert_refused(&source, "line 3, column 'Latitude'");
    source.where = "mw >= 60"; /* one text makes the column text */
    assert_refused(&source, "mw >= 60");
    source.missing = "x";
    layer = read_layer(&source);
    assert_int_equal(layer->count, 1);
    vector_destroy(&layer);
    source.x_column = "lonn";
    assert_refused(&source, "lonn");
    source.x_column = NULL;
    source.kinds = VECTOR_POLYGON;
    assert_refused(&source, "points where polygons");
    source.kinds = VECTOR_POINT;
    source.where = NULL;
    source.path = scratch_write("q.csv", "lon,lat\n39.5,116.5\n", 19);
    assert_refused(&source, "not degrees"); /* swapped */
    source.path = scratch_write("r.csv", "a,b\n39.5,116.5\n", 15);
    assert_refused(&source, "'lon'");
    source.path = scratch_write("s.csv", "lon,lat\n", 8);
    assert_refused(&source, "no rows");
}

static void integer_fields_keep_their_own_values(void **state)
{
    (void)state;
    static const char text[] =
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":"
        "{\"opened\":1998,\"name\":\"a\",\"closed\":2016,\"share\":0.5,\"units\":3},"
        "\"geometry\":{\"type\":\"Point\",\"coordinates\":[115,38]}}]}";
    static const char *const expected[] = {"1998", "a", "2016", "0.5", "3"};
    struct vector_source source = {.path = scratch_write("years.geojson", text, strlen(text)),
                                   .kinds = VECTOR_POINT};
    struct vector_layer *layer = read_layer(&source);
    assert_int_equal(layer->attributes->cols, 5);
    for (int64_t col = 0; col < 5; col++) {
        assert_string_equal(table_text(layer->attributes, 0, col), expected[col]);
    }
    vector_destroy(&layer);
}

static void written_layers_come_back_alike(void **state)
{
    (void)state;
    struct vector_source source = {.path =
                                       scratch_write("two.geojson", two_cities, strlen(two_cities)),
                                   .kinds = VECTOR_POLYGON};
    struct vector_layer *layer = read_layer(&source);
    static const struct table_column columns[] = {
        {.name = "name", .kind = TABLE_TEXT},
        {.name = "code", .kind = TABLE_INTEGER},
        {.name = "gdp", .kind = TABLE_NUMBER},
    };
    layer->polygon[0].x[0] = 116.0 + 1e-9;
    struct vector_output output = {.crs = "EPSG:4326",
                                   .count = layer->count,
                                   .polygon = layer->polygon,
                                   .attributes = layer->attributes,
                                   .columns = columns};
    const char *paths[2] = {scratch_path("out1.geojson"), scratch_path("out2.geojson.partial")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vector_write(paths[i], &output), STATUS_OK);
        assert_int_equal(vector_write(paths[i], &output), STATUS_OK); /* replaces */
    }
    char *first = scratch_read(paths[0], NULL), *second = scratch_read(paths[1], NULL);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "\"code\": 11"));
    free(first);
    free(second);
    source.path = paths[0];
    struct vector_layer *again = read_layer(&source);
    assert_two_cities(again, 1e-8);
    for (int i = 0; i < 2; i++) {
        int64_t count = layer->polygon[i].start[layer->polygon[i].rings];
        assert_int_equal(again->polygon[i].start[again->polygon[i].rings], count);
        assert_close(again->polygon[i].x, layer->polygon[i].x, (size_t)count, 1e-13);
        assert_close(again->polygon[i].y, layer->polygon[i].y, (size_t)count, 1e-13);
    }
    vector_destroy(&again);
    struct vector_output points = {.crs = "EPSG:4326", .count = 2, .x = layer->x, .y = layer->y};
    assert_int_equal(vector_write(scratch_path("points.geojson"), &points), STATUS_OK);
    source = (struct vector_source){.path = scratch_path("points.geojson"), .kinds = VECTOR_POINT};
    again = read_layer(&source);
    assert_close(again->x, layer->x, 2, 1e-13);
    assert_close(again->y, layer->y, 2, 1e-13);
    vector_destroy(&again);
    failure_clear();
    assert_int_equal(vector_write(scratch_path("no/such.geojson"), &points), STATUS_OUTPUT);
    assert_non_null(strstr(failure_message(), "no/such.geojson"));
    failure_clear();
    vector_destroy(&layer);
}

static void real_point_tables_hold_what_their_page_says(void **state)
{
    (void)state;
    static const char box[] = "lon >= 113.5 AND lon <= 119.8 AND lat >= 36 AND lat <= 42.6";
    static const struct {
        const char *file;
        int64_t count;
    } expected[] = {{"data/industrial_sources/gem_coal_units.csv", 825},
                    {"data/industrial_sources/gem_steel_plants.csv", 68},
                    {"data/industrial_sources/wri_power_plants.csv", 310}};
    for (int i = 0; i < 3; i++) {
        const char *path = testing_shared(expected[i].file);
        if (path == NULL) {
            testing_skip();
            return;
        }
        struct vector_source source = {.path = path, .kinds = VECTOR_POINT, .where = box};
        struct vector_layer *layer = read_layer(&source);
        assert_int_equal(layer->count, expected[i].count);
        vector_destroy(&layer);
    }
}

static void thirteen_cities_cover_their_area_within_a_second(void **state)
{
    (void)state;
    const char *path = testing_shared("data/boundaries/bth_cities.geojson");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct vector_source source = {.path = path, .kinds = VECTOR_POLYGON, .crs = "EPSG:4326"};
    struct vector_layer *cities = read_layer(&source);
    assert_int_equal(cities->count, 13);
    struct georeference *grid = NULL;
    struct zones *zones = NULL;
    assert_int_equal(
        georeference_create_regular(660, 640, 113.42, 36.0, 0.01, 0.01, "EPSG:4326", &grid),
        STATUS_OK);
    struct zone_grid cells = zone_grid_of(grid);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(zones_create(&cells, cities->count, cities->polygon, &zones), STATUS_OK);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    assert_true(seconds < 1);
    double area_km2 = 0;
    double *covered = calloc(660 * 640, sizeof *covered);
    for (int64_t i = 0; i < zones->start[zones->count]; i++) {
        area_km2 += zones->area_m2[i] / 1e6;
        covered[zones->cell[i]] += zones->fraction[i];
    }
    if (getenv("AIRSHED_TEST_PRINT") != NULL) {
        fprintf(stderr, "%.4f s, %lld entries, %.3f km2\n", seconds,
                (long long)zones->start[zones->count], area_km2);
    }
    /* in a cell that a border crosses, the area per degree is taken as even; it varies by up to
     * 0.01 degrees * tan(42) = 1.6e-4, either way, in 1 of 20 cells: below 1e-5 of the whole */
    double expected = 214388; /* the data's own page, equal-area, rounded to 1 km2 */
    assert_close(&area_km2, &expected, 1, 0.5 + 1e-5 * expected);
    for (int i = 0; i < 660 * 640; i++) {
        assert_true(covered[i] <= 1 + 1e-9);
    }
    free(covered);
    zones_destroy(&zones);
    georeference_destroy(&grid);
    vector_destroy(&cities);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_format_gives_the_same_polygons),
    cmocka_unit_test(projected_files_come_back_in_degrees_x_first),
    cmocka_unit_test(edges_bend_when_the_crs_changes),
    cmocka_unit_test(points_come_in_x_before_y),
    cmocka_unit_test(filters_choose_features_and_bad_ones_are_refused),
    cmocka_unit_test(wrong_geometries_are_refused_with_their_feature),
    cmocka_unit_test(polygons_that_cross_themselves_are_repaired),
    cmocka_unit_test(a_missing_crs_is_assumed_only_for_degrees),
    cmocka_unit_test(tables_are_points_with_a_filter_of_their_own),
    cmocka_unit_test(integer_fields_keep_their_own_values),
    cmocka_unit_test(written_layers_come_back_alike),
    cmocka_unit_test(real_point_tables_hold_what_their_page_says),
    cmocka_unit_test(thirteen_cities_cover_their_area_within_a_second),
};

TESTING_MAIN(tests)
