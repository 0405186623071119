/* airshed -- GPL-3.0-or-later. Grids: order of axes, edges, systems, boxes, areas.
 * ranks: 1
 */
#include "testing.h"

#include "grid/georeference.h"
#include "grid/projection.h"

/* A list that macros take for one argument. */
#define NUMBERS(...) ((const double[]){__VA_ARGS__})

static const char lambert[] = "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 +R=6370000";

static struct georeference *regular(int64_t rows, int64_t cols, double west, double south,
                                    double width, double height, const char *crs)
{
    struct georeference *grid = NULL;
    assert_int_equal(
        georeference_create_regular(rows, cols, west, south, width, height, crs, &grid),
        STATUS_OK);
    return grid;
}

static void both_axes_ascend_whatever_the_file_says(void **state)
{
    (void)state;
    const double x[] = {10, 11, 12};
    const double y[] = {42, 41, 40, 39};
    struct georeference *grid = NULL;
    struct axis_order order;
    assert_int_equal(georeference_create_axes(4, 3, x, y, NULL, NULL, "EPSG:4326", &grid),
                     STATUS_OK);
    assert_true(grid->is_geographic);
    assert_close(grid->y, NUMBERS(39, 40, 41, 42), 4, 0);
    assert_close(grid->y_edges, NUMBERS(38.5, 39.5, 40.5, 41.5, 42.5), 5, 0);
    assert_close(grid->x_edges, NUMBERS(9.5, 10.5, 11.5, 12.5), 4, 0);
    assert_int_equal(axis_order_init(4, y, false, &order), STATUS_OK);
    assert_true(order.descends);
    assert_int_equal(axis_order_source(&order, 4, 0), 3);
    georeference_destroy(&grid);
    assert_null(grid);
}

static void a_global_grid_from_0_to_360_is_turned_to_the_date_line(void **state)
{
    (void)state;
    const double x[] = {0, 45, 90, 135, 180, 225, 270, 315};
    const double y[] = {-45, 45};
    struct georeference *grid = NULL;
    struct axis_order order;
    assert_int_equal(georeference_create_axes(2, 8, x, y, NULL, NULL, "EPSG:4326", &grid),
                     STATUS_OK);
    assert_close(grid->x, NUMBERS(-180, -135, -90, -45, 0, 45, 90, 135), 8, 0);
    assert_close(grid->x_edges,
                 NUMBERS(-202.5, -157.5, -112.5, -67.5, -22.5, 22.5, 67.5, 112.5, 157.5),
                 9, 0);
    assert_int_equal(axis_order_init(8, x, true, &order), STATUS_OK);
    assert_false(order.descends);
    for (int col = 0; col < 8; col++) {
        double source = x[axis_order_source(&order, 8, col)];
        assert_true(fmod(source - grid->x[col] + 720, 360) == 0);
    }
    georeference_destroy(&grid);
    /* The same by its edges. */
    grid = regular(2, 8, -22.5, -90, 45, 90, "EPSG:4326");
    assert_close(grid->x, NUMBERS(-180, -135, -90, -45, 0, 45, 90, 135), 8, 0);
    georeference_destroy(&grid);
}

static void a_region_across_the_date_line_stays_whole(void **state)
{
    (void)state;
    const double jumping[] = {170, 175, 180, -175, -170};
    const double y[] = {0};
    struct georeference *grid = NULL;
    assert_int_equal(georeference_create_axes(1, 5, jumping, y, NULL, NULL, "EPSG:4326", &grid),
                     STATUS_OK);
    assert_close(grid->x, NUMBERS(170, 175, 180, 185, 190), 5, 0);
    int64_t row, rows, col, cols;
    assert_int_equal(
        georeference_box(grid, NUMBERS(174, -10, -174, 10), &row, &rows, &col, &cols),
        STATUS_OK);
    assert_int_equal(col, 1);
    assert_int_equal(cols, 3);
    georeference_find(grid, -170, 0, &row, &col);
    assert_int_equal(col, 4);
    georeference_find(grid, -160, 0, &row, &col);
    assert_int_equal(col, -1);
    georeference_destroy(&grid);
}

static void an_axis_that_turns_back_is_refused(void **state)
{
    (void)state;
    const double x[] = {10, 11, 10.5};
    const double nan_x[] = {10, NAN, 12};
    const double y[] = {1, 2};
    struct georeference *grid = NULL;
    failure_clear();
    assert_int_equal(georeference_create_axes(2, 3, x, y, NULL, NULL, "EPSG:4326", &grid),
                     STATUS_DATA);
    assert_null(grid);
    failure_clear();
    assert_int_equal(georeference_create_axes(2, 3, nan_x, y, NULL, NULL, lambert, &grid),
                     STATUS_DATA);
    failure_clear();
    const double metres[] = {3000000, 3027000};
    assert_int_equal(georeference_create_axes(2, 3, NUMBERS(0, 1, 2), metres, NULL, NULL,
                                              "EPSG:4326", &grid),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "--crs"));
    failure_clear();
    assert_int_equal(georeference_create_axes(2, 3, NUMBERS(0, 1, 2), y, NULL, NULL,
                                              "EPSG:nonsense", &grid),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "EPSG:nonsense"));
    failure_clear();
}

static void bounds_give_the_edges_where_they_meet(void **state)
{
    (void)state;
    const double x[] = {0.25, 1, 2.5};
    const double bounds[] = {0, 0.5, 0.5, 1.5, 1.5, 3.5};
    const double broken[] = {0, 0.5, 0.6, 1.5, 1.5, 3.5};
    const double y[] = {1, 0};
    const double y_bounds[] = {2, 0.5, 0.5, 0};
    struct georeference *grid = NULL;
    assert_int_equal(georeference_create_axes(2, 3, x, y, bounds, y_bounds, lambert, &grid),
                     STATUS_OK);
    assert_close(grid->x_edges, NUMBERS(0, 0.5, 1.5, 3.5), 4, 0);
    assert_close(grid->y_edges, NUMBERS(0, 0.5, 2), 3, 0);
    georeference_destroy(&grid);
    assert_int_equal(georeference_create_axes(2, 3, x, y, broken, NULL, lambert, &grid), STATUS_OK);
    assert_close(grid->x_edges, NUMBERS(-0.125, 0.625, 1.75, 3.25), 4, 0);
    georeference_destroy(&grid);
}

static void units_of_a_system_become_metres(void **state)
{
    (void)state;
    /* US survey feet: 1200 / 3937 m by definition. */
    struct georeference *grid = regular(2, 2, 1000, 2000, 10, 20,
                                        "+proj=tmerc +lat_0=0 +lon_0=117 +units=us-ft");
    const double foot = 1200.0 / 3937.0;
    assert_close(grid->x, NUMBERS(1005 * foot, 1015 * foot), 2, 1e-9);
    assert_close(grid->y_edges, NUMBERS(2000 * foot, 2020 * foot, 2040 * foot), 3, 1e-9);
    georeference_destroy(&grid);
}

static void a_point_belongs_to_the_cell_east_and_north_of_its_edge(void **state)
{
    (void)state;
    struct georeference *grid = regular(3, 4, 100, 30, 1, 2, "EPSG:4326");
    int64_t row, col;
    georeference_find(grid, 101, 32, &row, &col);
    assert_int_equal(row, 1);
    assert_int_equal(col, 1);
    georeference_find(grid, 100 + 360, 30, &row, &col);
    assert_int_equal(row, 0);
    assert_int_equal(col, 0);
    georeference_find(grid, 104, 36, &row, &col);
    assert_int_equal(row, -1);
    assert_int_equal(col, -1);
    georeference_find(grid, NAN, NAN, &row, &col);
    assert_int_equal(row, -1);
    assert_int_equal(col, -1);
    georeference_destroy(&grid);
}

static void grids_are_equal_within_a_thousandth_of_a_cell(void **state)
{
    (void)state;
    char why[128];
    struct georeference *grid = regular(3, 4, 100, 30, 0.01, 0.01, "EPSG:4326");
    struct georeference *near = regular(3, 4, 100.000009, 30, 0.01, 0.01, "EPSG:4326");
    struct georeference *far = regular(3, 4, 100.00002, 30, 0.01, 0.01, "EPSG:4326");
    struct georeference *sphere = regular(3, 4, 100, 30, 0.01, 0.01, "+proj=longlat +R=6371229");
    assert_true(georeference_is_equal(grid, near, why, sizeof why));
    assert_true(georeference_is_equal(grid, sphere, why, sizeof why));
    assert_false(georeference_is_equal(grid, far, why, sizeof why));
    assert_non_null(strstr(why, "column 0"));
    assert_true(georeference_is_regular(grid));
    georeference_destroy(&near);
    georeference_destroy(&far);
    georeference_destroy(&sphere);
    assert_int_equal(georeference_cut(grid, 1, 2, 1, 3, &near), STATUS_OK);
    assert_false(georeference_is_equal(grid, near, why, sizeof why));
    assert_close(near->x, grid->x + 1, 3, 0);
    assert_close(near->y_edges, grid->y_edges + 1, 3, 0);
    georeference_destroy(&near);
    georeference_destroy(&grid);
}

static void projected_grids_compare_their_systems(void **state)
{
    (void)state;
    char why[128];
    struct georeference *grid = regular(2, 2, 0, 0, 27000, 27000, lambert);
    struct georeference *same = regular(
        2, 2, 0, 0, 27000, 27000,
        "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 +a=6370000 +b=6370000 +units=m");
    struct georeference *other =
        regular(2, 2, 0, 0, 27000, 27000,
                "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=110 +R=6370000");
    assert_true(georeference_is_equal(grid, same, why, sizeof why));
    assert_false(georeference_is_equal(grid, other, why, sizeof why));
    georeference_destroy(&grid);
    georeference_destroy(&same);
    georeference_destroy(&other);
}

/* Snyder (1987), Map projections, p. 296: Lambert conformal on the sphere of radius 1, parallels 33
 * and 45, origin 23 N 96 W; 35 N 75 W lies at x = 0.2966785, y = 0.2462112 (seven digits, so half a
 * unit of the last is 0.32 m here; the book rounds on the way too: two units). */
static void a_lambert_grid_agrees_with_snyders_example(void **state)
{
    (void)state;
    double lon = -75;
    double lat = 35;
    assert_int_equal(projection_transform("EPSG:4326",
                                          "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=23 +lon_0=-96 "
                                          "+R=6370000",
                                          1, &lon, &lat),
                     STATUS_OK);
    assert_close(&lon, NUMBERS(6370000 * 0.2966785), 1, 1.3);
    assert_close(&lat, NUMBERS(6370000 * 0.2462112), 1, 1.3);
}

static void centres_of_a_projected_grid_come_back_by_their_lonlat(void **state)
{
    (void)state;
    struct georeference *grid = regular(5, 7, -94500, -67500, 27000, 27000, lambert);
    struct georeference *made = NULL;
    struct axis_order x_order, y_order;
    double lon[35], lat[35];
    char why[128];
    assert_int_equal(georeference_lonlat(grid, lon, lat), STATUS_OK);
    /* The middle cell is the origin of the projection. */
    assert_close(&lon[2 * 7 + 3], NUMBERS(112), 1, 1e-9);
    assert_close(&lat[2 * 7 + 3], NUMBERS(30), 1, 1e-9);
    assert_int_equal(
        georeference_create_curvilinear(5, 7, lon, lat, lambert, &x_order, &y_order, &made),
        STATUS_OK);
    assert_true(georeference_is_equal(grid, made, why, sizeof why));
    georeference_destroy(&made);
    failure_clear();
    assert_int_equal(georeference_create_curvilinear(
                         5, 7, lon, lat,
                         "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=100 +R=6370000", &x_order,
                         &y_order, &made),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "--crs"));
    failure_clear();
    int64_t row, rows, col, cols;
    assert_int_equal(georeference_box(grid, NUMBERS(111.9, 29.9, 112.1, 30.1), &row, &rows,
                                      &col, &cols),
                     STATUS_OK);
    assert_int_equal(row, 2);
    assert_int_equal(rows, 1);
    assert_int_equal(col, 3);
    assert_int_equal(cols, 1);
    georeference_destroy(&grid);
}

static void boxes_without_cells_and_backward_boxes_are_usage_errors(void **state)
{
    (void)state;
    struct georeference *grid = regular(4, 8, -180, -90, 45, 45, "EPSG:4326");
    int64_t row, rows, col, cols;
    failure_clear();
    assert_int_equal(
        georeference_box(grid, NUMBERS(0, 10, 20, 20), &row, &rows, &col, &cols),
        STATUS_USAGE);
    failure_clear();
    assert_int_equal(
        georeference_box(grid, NUMBERS(0, 20, 90, 10), &row, &rows, &col, &cols),
        STATUS_USAGE);
    failure_clear();
    /* Across the date line, where this grid begins and ends. */
    assert_int_equal(
        georeference_box(grid, NUMBERS(140, -90, -140, 90), &row, &rows, &col, &cols),
        STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "edge"));
    failure_clear();
    assert_int_equal(
        georeference_box(grid, NUMBERS(0, -90, 360, 0), &row, &rows, &col, &cols),
        STATUS_OK);
    assert_int_equal(cols, 8);
    assert_int_equal(rows, 2);
    georeference_destroy(&grid);
}

/* WGS84 has 510065621724089 m2 (Moritz 1980, by its closed form; to the last digit in PROJ's geod);
 * sums of 64 terms of that size keep 13 digits. */
static void areas_of_all_cells_make_the_earth(void **state)
{
    (void)state;
    struct georeference *grid = regular(64, 10, -180, -90, 36, 2.8125, "EPSG:4326");
    double area[64];
    double total = 0;
    assert_int_equal(georeference_row_areas(grid, 3, area), STATUS_OK);
    for (int row = 0; row < 64; row++) {
        total += 10 * area[row];
    }
    assert_true(fabs(total / 510065621724089.0 - 1) < 1e-12);
    georeference_destroy(&grid);
    grid = regular(2, 2, 0, 0, 27000, 9000, lambert);
    assert_int_equal(georeference_row_areas(grid, 0, area), STATUS_OK);
    assert_close(area, NUMBERS(243e6, 243e6), 2, 0);
    georeference_destroy(&grid);
}

static void poles_are_edges_of_cells_centred_on_them(void **state)
{
    (void)state;
    const double x[] = {0, 120, 240};
    const double y[] = {90, 0, -90};
    struct georeference *grid = NULL;
    assert_int_equal(georeference_create_axes(3, 3, x, y, NULL, NULL, "EPSG:4326", &grid),
                     STATUS_OK);
    assert_close(grid->y_edges, NUMBERS(-90, -45, 45, 90), 4, 0);
    georeference_destroy(&grid);
}

/* CF parameters written for a system mean that system when they are read. */
static void grid_mappings_go_round(void **state)
{
    (void)state;
    static const char *const systems[] = {
        "EPSG:4326",
        "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 +x_0=1000 +y_0=-500 +R=6370000",
        "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +x_0=0 +y_0=0 +ellps=krass",
        "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80",
        "EPSG:32650",
        "+proj=utm +zone=21 +south +datum=WGS84",
        "+proj=merc +lon_0=110 +lat_ts=20 +x_0=0 +y_0=0 +R=6370000",
        "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=-45 +x_0=0 +y_0=0 +R=6371229",
        "+proj=cea +lon_0=0 +lat_ts=30 +x_0=0 +y_0=0 +datum=WGS84",
        "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181",
    };
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        struct mapping_attribute attributes[MAPPING_MOST];
        int count = 0;
        char *back = NULL;
        double x[2] = {-55, -55};
        double y[2] = {-20, -20};
        x[0] = x[1] = i == 5 ? -55 : 117;
        y[0] = y[1] = i == 5 ? -20 : 41;
        assert_int_equal(projection_mapping(systems[i], attributes, &count), STATUS_OK);
        assert_true(count >= 3 && count <= MAPPING_MOST);
        assert_int_equal(projection_from_mapping(attributes, count, &back), STATUS_OK);
        assert_int_equal(projection_transform("+proj=longlat +R=6370000", systems[i], 1, x, y),
                         STATUS_OK);
        assert_int_equal(projection_transform("+proj=longlat +R=6370000", back, 1, x + 1, y + 1),
                         STATUS_OK);
        /* A millimetre, or a billionth of a degree. */
        assert_close(x, x + 1, 1, i == 0 ? 1e-9 : 1e-3);
        assert_close(y, y + 1, 1, i == 0 ? 1e-9 : 1e-3);
        free(back);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(both_axes_ascend_whatever_the_file_says),
    cmocka_unit_test(a_global_grid_from_0_to_360_is_turned_to_the_date_line),
    cmocka_unit_test(a_region_across_the_date_line_stays_whole),
    cmocka_unit_test(an_axis_that_turns_back_is_refused),
    cmocka_unit_test(bounds_give_the_edges_where_they_meet),
    cmocka_unit_test(units_of_a_system_become_metres),
    cmocka_unit_test(a_point_belongs_to_the_cell_east_and_north_of_its_edge),
    cmocka_unit_test(grids_are_equal_within_a_thousandth_of_a_cell),
    cmocka_unit_test(projected_grids_compare_their_systems),
    cmocka_unit_test(a_lambert_grid_agrees_with_snyders_example),
    cmocka_unit_test(centres_of_a_projected_grid_come_back_by_their_lonlat),
    cmocka_unit_test(boxes_without_cells_and_backward_boxes_are_usage_errors),
    cmocka_unit_test(areas_of_all_cells_make_the_earth),
    cmocka_unit_test(poles_are_edges_of_cells_centred_on_them),
    cmocka_unit_test(grid_mappings_go_round),
};

TESTING_MAIN(tests)
