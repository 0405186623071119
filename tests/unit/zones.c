/* airshed -- GPL-3.0-or-later. Covered fractions against closed forms, partitions and GEOS.
 * ranks: 1
 */
#include "testing.h"

#include <stdbool.h>

#include <gdal.h>
#include <ogr_api.h>

#include "grid/polygon.h"
#include "grid/zones.h"
#include "io/gdal_session.h"

/* Repeatable numbers in [0, 1). */
static double draw(void)
{
    static uint64_t bits = 88172645463325252u;
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    return (double)(bits >> 11) / 9007199254740992.0;
}

static struct polygon polygon_of(int64_t count, const double xy[][2])
{
    struct polygon polygon = {0};
    double x[64], y[64];
    for (int64_t i = 0; i < count; i++) {
        x[i] = xy[i][0];
        y[i] = xy[i][1];
    }
    assert_int_equal(polygon_add_ring(&polygon, false, count, x, y), STATUS_OK);
    return polygon;
}

static void box_ring(double west, double south, double east, double north, double x[4], double y[4])
{
    memcpy(x, (double[]){west, east, east, west}, 4 * sizeof *x);
    memcpy(y, (double[]){south, south, north, north}, 4 * sizeof *y);
}

static struct polygon box_of(double west, double south, double east, double north)
{
    struct polygon polygon = {0};
    double x[4], y[4];
    box_ring(west, south, east, north, x, y);
    assert_int_equal(polygon_add_ring(&polygon, false, 4, x, y), STATUS_OK);
    return polygon;
}

/* Fractions of one polygon as a map [rows, cols]. */
static void map_of(const struct zone_grid *grid, const struct polygon *polygon, double *map)
{
    struct zones *zones = NULL;
    assert_int_equal(zones_create(grid, 1, polygon, &zones), STATUS_OK);
    memset(map, 0, (size_t)(grid->rows * grid->cols) * sizeof *map);
    int64_t previous = -1;
    for (int64_t i = zones->start[0]; i < zones->start[1]; i++) {
        assert_true(zones->cell[i] > previous);
        assert_true(zones->fraction[i] > 0 && zones->fraction[i] <= 1);
        previous = zones->cell[i];
        map[zones->cell[i]] = zones->fraction[i];
    }
    zones_destroy(&zones);
}

enum {
    ROWS = 5,
    COLS = 7
};

/* Unit cells, and cells of uneven size. */
static const double even_x[COLS + 1] = {0, 1, 2, 3, 4, 5, 6, 7};
static const double even_y[ROWS + 1] = {0, 1, 2, 3, 4, 5};
static const double uneven_x[COLS + 1] = {-3, -2.5, -1, 0.25, 0.5, 2, 6, 6.125};
static const double uneven_y[ROWS + 1] = {10, 10.5, 13, 13.25, 14, 20};
static const struct zone_grid even = {ROWS, COLS, even_x, even_y, false};
static const struct zone_grid uneven = {ROWS, COLS, uneven_x, uneven_y, false};

static double overlap(double low, double high, double first, double last)
{
    return fmax(0, fmin(high, last) - fmax(low, first));
}

static void rectangles_have_the_product_of_their_overlaps(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        double west = -4 + 11 * draw(), south = 9 + 12 * draw();
        double east = west + 5 * draw(), north = south + 6 * draw();
        if (i % 5 == 0) { /* sides on the edges of cells */
            west = uneven_x[i % 7];
            north = uneven_y[i % 5 + 1];
            south = fmin(south, north - 0.1);
            east = fmax(east, west + 0.1);
        }
        struct polygon box = box_of(west, south, east, north);
        double got[ROWS * COLS], expected[ROWS * COLS];
        map_of(&uneven, &box, got);
        for (int cell = 0; cell < ROWS * COLS; cell++) {
            const double *x = uneven_x + cell % COLS, *y = uneven_y + cell / COLS;
            expected[cell] = overlap(west, east, x[0], x[1]) / (x[1] - x[0]) *
                             overlap(south, north, y[0], y[1]) / (y[1] - y[0]);
        }
        /* coordinates up to 20 hold 1.8e-15; the smallest cells are 0.125 and 0.25 wide: the
         * bound of the header is 8 eps (6.125 / 0.125 + 20 / 0.25) = 2.3e-13 */
        assert_close(got, expected, ROWS * COLS, 2.3e-13);
        polygon_clear(&box);
    }
}

static void triangles_halve_the_cells_of_their_diagonal(void **state)
{
    (void)state;
    struct polygon triangle = polygon_of(4, (const double[][2]){{0, 0}, {5, 0}, {5, 5}, {0, 0}});
    double got[ROWS * COLS], expected[ROWS * COLS];
    map_of(&even, &triangle, got);
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        int row = cell / COLS, col = cell % COLS;
        expected[cell] = col > 4 || col < row ? 0 : col == row ? 0.5 : 1;
    }
    assert_close(got, expected, ROWS * COLS, 0);
    polygon_clear(&triangle);
    /* y < x / 2: cell (row, col) holds the integral of a clipped line */
    triangle = polygon_of(3, (const double[][2]){{0, 0}, {7, 0}, {7, 3.5}});
    map_of(&even, &triangle, got);
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        int row = cell / COLS, col = cell % COLS;
        double left = col / 2.0 - row; /* height at the left side, rises by 1/2 */
        expected[cell] = left >= 1 ? 1 : left >= 0 ? left + 0.25 : 0;
    }
    assert_close(got, expected, ROWS * COLS, 2.2e-14); /* 8 eps (7 + 5) / 1 */
    polygon_clear(&triangle);
}

static void holes_and_parts_count_once_whatever_their_direction(void **state)
{
    (void)state;
    struct polygon polygon = box_of(0.5, 0.5, 4.5, 4.5);
    double x[4], y[4], got[ROWS * COLS];
    box_ring(1, 1, 3, 3.5, x, y);
    assert_int_equal(polygon_add_ring(&polygon, true, 4, x, y), STATUS_OK);
    box_ring(1.5, 1.5, 2.5, 2.5, x, y); /* an island in the hole */
    assert_int_equal(polygon_add_ring(&polygon, false, 4, x, y), STATUS_OK);
    box_ring(6, 0, 7, 5, x, y);
    double reversed_x[4] = {x[3], x[2], x[1], x[0]}, reversed_y[4] = {y[3], y[2], y[1], y[0]};
    assert_int_equal(polygon_add_ring(&polygon, false, 4, reversed_x, reversed_y), STATUS_OK);
    static const double expected[ROWS * COLS] = {
        0.25, 0.5,  0.5,  0.5, 0.25, 0, 1, /* row 0, the southernmost */
        0.5,  0.25, 0.25, 1,   0.5,  0, 1, /* */
        0.5,  0.25, 0.25, 1,   0.5,  0, 1, /* */
        0.5,  0.5,  0.5,  1,   0.5,  0, 1, /* */
        0.25, 0.5,  0.5,  0.5, 0.25, 0, 1};
    map_of(&even, &polygon, got);
    assert_close(got, expected, ROWS * COLS, 0);
    assert_true(polygon_area(&polygon) == 16 - 5 + 1 + 5);
    polygon_clear(&polygon);
}

static void polygons_reach_beyond_the_grid_or_miss_it(void **state)
{
    (void)state;
    double got[ROWS * COLS];
    struct polygon all = polygon_of(3, (const double[][2]){{-100, -100}, {200, 0}, {-90, 300}});
    map_of(&even, &all, got);
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        assert_true(got[cell] == 1);
    }
    polygon_clear(&all);
    static const double boxes[][4] = {{-5, 1, -1, 4}, {8, 1, 9, 4},  {1, -3, 4, -1},
                                      {1, 6, 4, 9},   {-5, 1, 0, 4}, {7, 1, 9, 4},
                                      {1, -3, 4, 0},  {1, 5, 4, 9},  {-9, -9, -8, 20}};
    for (int i = 0; i < 9; i++) {
        struct polygon box = box_of(boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
        struct zones *zones = NULL;
        assert_int_equal(zones_create(&even, 1, &box, &zones), STATUS_OK);
        assert_int_equal(zones->start[1], 0);
        zones_destroy(&zones);
        polygon_clear(&box);
    }
    struct zones *zones = NULL;
    struct polygon none = {0};
    assert_int_equal(zones_create(&even, 1, &none, &zones), STATUS_OK);
    assert_int_equal(zones->start[1], 0);
    zones_destroy(&zones);
}

static void slivers_keep_their_area(void **state)
{
    (void)state;
    struct polygon sliver = box_of(0.5, 2.5, 6.5, 2.5 + 1e-9);
    double got[ROWS * COLS];
    map_of(&even, &sliver, got);
    for (int col = 0; col < COLS; col++) {
        double expected = (col == 0 || col == 6 ? 0.5 : 1) * 1e-9;
        /* 2.5 + 1e-9 is rounded by 2.2e-16 */
        assert_close(&got[2 * COLS + col], &expected, 1, 5e-16);
    }
    polygon_clear(&sliver);
}

/* A jittered mesh of triangles over the grid and beyond: a partition. */
static void a_partition_covers_every_cell_once(void **state)
{
    (void)state;
    enum {
        MESH = 9
    };
    double x[MESH + 1][MESH + 1], y[MESH + 1][MESH + 1];
    double sum[ROWS * COLS] = {0}, one[ROWS * COLS], map[ROWS * COLS];
    for (int i = 0; i <= MESH; i++) {
        for (int j = 0; j <= MESH; j++) {
            x[i][j] = -4 + 12.0 * j / MESH + 0.3 * draw();
            y[i][j] = 9 + 13.0 * i / MESH + 0.3 * draw();
        }
    }
    for (int i = 0; i < MESH * MESH * 2; i++) {
        int a = i / 2 / MESH, b = i / 2 % MESH, upper = i % 2;
        struct polygon part = polygon_of(
            3, (const double[][2]){{x[a][b], y[a][b]},
                                   {x[a + 1][b + 1], y[a + 1][b + 1]},
                                   {x[a + upper][b + !upper], y[a + upper][b + !upper]}});
        map_of(&uneven, &part, map);
        for (int cell = 0; cell < ROWS * COLS; cell++) {
            sum[cell] += map[cell];
        }
        polygon_clear(&part);
    }
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        one[cell] = 1;
    }
    /* at most 40 triangles meet in a cell, each within 2.3e-13 */
    assert_close(sum, one, ROWS * COLS, 40 * 2.3e-13);
}

/* A star around (x, y): bent, pointed, never crossing itself. */
static int64_t star_ring(double x, double y, double radius, double *ring_x, double *ring_y)
{
    int64_t count = 5 + (int64_t)(20 * draw());
    for (int64_t i = 0; i < count; i++) {
        double angle = 2 * M_PI * (double)i / (double)count;
        double length = radius * (0.3 + 0.7 * draw());
        ring_x[i] = x + length * cos(angle);
        ring_y[i] = y + length * sin(angle);
    }
    return count;
}

static OGRGeometryH ring_of(int64_t count, const double *x, const double *y)
{
    OGRGeometryH ring = OGR_G_CreateGeometry(wkbLinearRing);
    for (int64_t i = 0; i <= count; i++) {
        OGR_G_AddPoint_2D(ring, x[i % count], y[i % count]);
    }
    return ring;
}

static OGRGeometryH cell_of(const struct zone_grid *grid, int row, int col)
{
    double x[4], y[4];
    box_ring(grid->x_edges[col], grid->y_edges[row], grid->x_edges[col + 1], grid->y_edges[row + 1],
             x, y);
    OGRGeometryH cell = OGR_G_CreateGeometry(wkbPolygon);
    OGR_G_AddGeometryDirectly(cell, ring_of(4, x, y));
    return cell;
}

static void stars_with_holes_agree_with_geos(void **state)
{
    (void)state;
    gdal_session_start();
    for (int i = 0; i < 60; i++) {
        double x[32], y[32], hole_x[32], hole_y[32];
        double east = -3 + 9 * draw(), north = 10 + 10 * draw(), radius = 0.05 + 6 * draw();
        int64_t count = star_ring(east, north, radius, x, y);
        /* the star holds a circle of 0.3 cos(pi / 5) = 0.24 of its radius */
        int64_t hole_count = star_ring(east, north, 0.2 * radius, hole_x, hole_y);
        struct polygon star = {0};
        assert_int_equal(polygon_add_ring(&star, false, count, x, y), STATUS_OK);
        assert_int_equal(polygon_add_ring(&star, true, hole_count, hole_x, hole_y), STATUS_OK);
        OGRGeometryH peer = OGR_G_CreateGeometry(wkbPolygon);
        OGR_G_AddGeometryDirectly(peer, ring_of(count, x, y));
        OGR_G_AddGeometryDirectly(peer, ring_of(hole_count, hole_x, hole_y));
        double got[ROWS * COLS], expected[ROWS * COLS];
        map_of(&uneven, &star, got);
        for (int index = 0; index < ROWS * COLS; index++) {
            OGRGeometryH cell = cell_of(&uneven, index / COLS, index % COLS);
            OGRGeometryH common = OGR_G_Intersection(peer, cell);
            expected[index] = OGR_G_Area(common) / OGR_G_Area(cell);
            OGR_G_DestroyGeometry(common);
            OGR_G_DestroyGeometry(cell);
        }
        /* GEOS rounds intersection points alike; its shoelace sum takes coordinates up to 20 by
         * up to 60 vertices: 60 * 400 eps over the smallest cell 0.125 * 0.25 = 1.7e-10 */
        assert_close(got, expected, ROWS * COLS, 1.7e-10);
        OGR_G_DestroyGeometry(peer);
        polygon_clear(&star);
    }
}

static void geographic_zones_have_ellipsoidal_area_and_meet_across_the_date_line(void **state)
{
    (void)state;
    double x[37], y[19];
    for (int i = 0; i <= 36; i++) {
        x[i] = -180 + 10 * i;
    }
    for (int i = 0; i <= 18; i++) {
        y[i] = -90 + 10 * i;
    }
    struct zone_grid globe = {18, 36, x, y, true};
    struct polygon parts[3] = {box_of(-180, -90, 180, 90), box_of(170, 0, 195, 10),
                               box_of(-190, 0, -165, 10)};
    struct zones *zones = NULL;
    assert_int_equal(zones_create(&globe, 3, parts, &zones), STATUS_OK);
    assert_int_equal(zones->start[1], 18 * 36);
    double total = 0, expected = 510065621724088.4; /* WGS84, Karney's GeographicLib */
    for (int64_t i = 0; i < zones->start[1]; i++) {
        total += zones->area_m2[i];
    }
    assert_close(&total, &expected, 1, 1e-13 * expected);
    for (int zone = 1; zone < 3; zone++) { /* 170..180, -180..-170 and half of -170..-160 */
        int64_t first = zones->start[zone];
        assert_int_equal(zones->start[zone + 1] - first, 3);
        assert_int_equal(zones->cell[first], 9 * 36);
        assert_int_equal(zones->cell[first + 1], 9 * 36 + 1);
        assert_int_equal(zones->cell[first + 2], 9 * 36 + 35);
        assert_true(zones->fraction[first] == 1 && zones->fraction[first + 1] == 0.5 &&
                    zones->fraction[first + 2] == 1);
    }
    unsigned char mask[18 * 36] = {0};
    int64_t marked = 0;
    assert_int_equal(zone_mark_cells(&globe, &parts[1], mask, &marked), STATUS_OK);
    /* the centre at -165 lies on the eastern side, which is outside */
    assert_int_equal(marked, 2);
    assert_true(mask[9 * 36] == 1 && mask[9 * 36 + 35] == 1);
    zones_destroy(&zones);
    for (int i = 0; i < 3; i++) {
        polygon_clear(&parts[i]);
    }
}

static void strips_do_not_change_the_fractions(void **state)
{
    (void)state;
    /* 700 x 900 cells take three strips; the star's total area is that of its rings */
    enum {
        LONG_ROWS = 700,
        LONG_COLS = 900
    };
    double *x = calloc(LONG_COLS + 1, sizeof *x), *y = calloc(LONG_ROWS + 1, sizeof *y);
    for (int i = 0; i <= LONG_COLS; i++) {
        x[i] = i;
    }
    for (int i = 0; i <= LONG_ROWS; i++) {
        y[i] = i;
    }
    struct zone_grid grid = {LONG_ROWS, LONG_COLS, x, y, false};
    double ring_x[32], ring_y[32], sum = 0;
    struct polygon star = {0};
    int64_t count = star_ring(450, 350, 345, ring_x, ring_y);
    assert_int_equal(polygon_add_ring(&star, false, count, ring_x, ring_y), STATUS_OK);
    struct zones *zones = NULL;
    assert_int_equal(zones_create(&grid, 1, &star, &zones), STATUS_OK);
    for (int64_t i = 0; i < zones->start[1]; i++) {
        sum += zones->area_m2[i];
    }
    double expected = polygon_area(&star);
    /* a few thousand touched cells, each within 8 eps 1600 */
    assert_close(&sum, &expected, 1, 1e4 * 8 * 2.3e-16 * 1600);
    zones_destroy(&zones);
    polygon_clear(&star);
    free(x);
    free(y);
}

static void centres_inside_are_marked_and_each_belongs_to_one_part(void **state)
{
    (void)state;
    /* shared edges through centres: x = 2.5, y = 2.5 and the diagonal between them */
    struct polygon parts[3] = {
        polygon_of(4, (const double[][2]){{0, 0}, {2.5, 0}, {2.5, 2.5}, {0, 5}}),
        polygon_of(5, (const double[][2]){{2.5, 0}, {7, 0}, {7, 2.5}, {4, 2.5}, {2.5, 2.5}}),
        polygon_of(4, (const double[][2]){{0, 5}, {2.5, 2.5}, {7, 2.5}, {7, 5}})};
    int count[ROWS * COLS] = {0};
    int64_t total = 0;
    for (int i = 0; i < 3; i++) {
        unsigned char mask[ROWS * COLS] = {0};
        int64_t marked = 0, found = 0;
        assert_int_equal(zone_mark_cells(&even, &parts[i], mask, &marked), STATUS_OK);
        for (int cell = 0; cell < ROWS * COLS; cell++) {
            bool is_inside = polygon_contains(&parts[i], cell % COLS + 0.5, cell / COLS + 0.5);
            assert_int_equal(mask[cell], is_inside);
            count[cell] += mask[cell];
            found += mask[cell];
        }
        assert_int_equal(marked, found);
        total += marked;
        polygon_clear(&parts[i]);
    }
    assert_int_equal(total, ROWS * COLS);
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        assert_int_equal(count[cell], 1);
    }
}

static void a_small_polygon_marks_the_cell_of_its_centroid(void **state)
{
    (void)state;
    struct polygon small = box_of(3.1, 2.1, 3.2, 2.3), off = box_of(8, 2, 9, 3);
    unsigned char mask[ROWS * COLS] = {0};
    int64_t marked = 0;
    assert_int_equal(zone_mark_cells(&even, &small, mask, &marked), STATUS_OK);
    assert_int_equal(marked, 1);
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        assert_int_equal(mask[cell], cell == 2 * COLS + 3);
    }
    assert_int_equal(zone_mark_cells(&even, &off, mask, &marked), STATUS_OK);
    assert_int_equal(marked, 0);
    polygon_clear(&small);
    polygon_clear(&off);
}

static void centroids_weigh_parts_by_area(void **state)
{
    (void)state;
    /* an L: three unit squares at (0,0), (1,0), (0,1), far from the origin */
    struct polygon bent = polygon_of(6, (const double[][2]){{1e6, 1e6},
                                                            {1e6 + 2, 1e6},
                                                            {1e6 + 2, 1e6 + 1},
                                                            {1e6 + 1, 1e6 + 1},
                                                            {1e6 + 1, 1e6 + 2},
                                                            {1e6, 1e6 + 2}});
    double got[2], expected[2] = {1e6 + 5.0 / 6, 1e6 + 5.0 / 6};
    polygon_centroid(&bent, &got[0], &got[1]);
    assert_close(got, expected, 2, 1e-9); /* a few ulp of 1e6 */
    polygon_clear(&bent);
    polygon_centroid(&bent, &got[0], &got[1]);
    assert_true(isnan(got[0]) && isnan(got[1]));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rectangles_have_the_product_of_their_overlaps),
    cmocka_unit_test(triangles_halve_the_cells_of_their_diagonal),
    cmocka_unit_test(holes_and_parts_count_once_whatever_their_direction),
    cmocka_unit_test(polygons_reach_beyond_the_grid_or_miss_it),
    cmocka_unit_test(slivers_keep_their_area),
    cmocka_unit_test(a_partition_covers_every_cell_once),
    cmocka_unit_test(stars_with_holes_agree_with_geos),
    cmocka_unit_test(geographic_zones_have_ellipsoidal_area_and_meet_across_the_date_line),
    cmocka_unit_test(strips_do_not_change_the_fractions),
    cmocka_unit_test(centres_inside_are_marked_and_each_belongs_to_one_part),
    cmocka_unit_test(a_small_polygon_marks_the_cell_of_its_centroid),
    cmocka_unit_test(centroids_weigh_parts_by_area),
};

TESTING_MAIN(tests)
