/* airshed -- GPL-3.0-or-later. Distances and areas on the ellipsoid.
 * ranks: 1
 */
#include "testing.h"

#include <geodesic.h>

#include "base/random.h"
#include "kernels/geodesic.h"
#include "kernels/lanes_internal.h"

static struct geod_geodesic wgs84(void)
{
    struct geod_geodesic ellipsoid;
    geod_init(&ellipsoid, 6378137.0, 1.0 / 298.257223563);
    return ellipsoid;
}

/* A start anywhere, then a walk of known length by PROJ's direct problem: the true geodesic
 * distance is the one that was walked. */
static double fast_minus_true(const struct geod_geodesic *ellipsoid, uint64_t item, double walk_m)
{
    struct random_key key = {.seed = 1, .stream = random_stream("test.geodesic")};
    double lat = 180.0 * random_uniform(key, item, 0) - 90.0;
    double lon = 360.0 * random_uniform(key, item, 1) - 180.0;
    double azimuth = 360.0 * random_uniform(key, item, 2);
    double lat_end;
    double lon_end;
    geod_direct(ellipsoid, lat, lon, azimuth, walk_m, &lat_end, &lon_end, NULL);
    double fast = position_distance(DISTANCE_GEODESIC, position_from_lonlat(lon, lat),
                                    position_from_lonlat(lon_end, lat_end));
    return fast - walk_m;
}

static void the_fast_distance_keeps_its_bound(void **state)
{
    (void)state;
    const struct geod_geodesic ellipsoid = wgs84();
    const double radius_m = 6371008.8;
    const double walks_m[] = {1.0, 1e3, 1e4, 1e5, 5e5, 1e6, 2e6};
    for (int k = 0; k < 7; k++) {
        double s = walks_m[k];
        double bound = 4.8e-4 * s * s * s / (radius_m * radius_m) + 1e-8;
        double worst = 0.0;
        for (uint64_t item = 0; item < 20000; item++) {
            worst = fmax(worst, fabs(fast_minus_true(&ellipsoid, item, s)));
        }
        if (worst > bound) {
            fail_msg("at %g m off by %g m, bound %g m", s, worst, bound);
        }
        /* A bound far above what happens would hide a loss of accuracy. */
        assert_true(s < 5e4 || worst > 0.3 * bound);
    }
    for (uint64_t item = 0; item < 20000; item++) {
        double s = 1.5e7 * ((double)item + 0.5) / 20000.0;
        double u = 0.5 * s / radius_m;
        double bound = 0.0057 * (tan(u) / u - 1.0) * s + 1e-8;
        assert_true(fabs(fast_minus_true(&ellipsoid, item, s)) < bound);
    }
}

static void the_exact_distance_is_the_one_walked(void **state)
{
    (void)state;
    const struct geod_geodesic ellipsoid = wgs84();
    double lat;
    double lon;
    geod_direct(&ellipsoid, 39.9, 116.4, 33.0, 123456.789, &lat, &lon, NULL);
    double got = geodesic_distance_m(116.4, 39.9, lon, lat);
    assert_close(&got, &(double){123456.789}, 1, 3e-8); /* 15 nm twice */
}

static void longitudes_wrap_and_poles_are_single(void **state)
{
    (void)state;
    struct position a = position_from_lonlat(-170.0, 30.0);
    struct position b = position_from_lonlat(190.0, 30.0);
    assert_memory_equal(&a, &b, sizeof a);
    a = position_from_lonlat(-180.0, -12.0);
    b = position_from_lonlat(180.0, -12.0);
    assert_memory_equal(&a, &b, sizeof a);
    a = position_from_lonlat(10.0, 90.0);
    b = position_from_lonlat(77.0, 90.0);
    assert_true(position_square(a, b) == 0.0);
    /* Across the date line the short way: one degree on the equator, by the semimajor axis. */
    double got = position_distance(DISTANCE_GEODESIC, position_from_lonlat(179.5, 0.0),
                                   position_from_lonlat(-179.5, 0.0));
    double bound = 4.8e-4 * pow(111319.0, 3) / pow(6371008.8, 2) + 1e-8;
    assert_close(&got, &(double){111319.49079327358}, 1, bound);
}

static void planar_distances_are_pythagorean(void **state)
{
    (void)state;
    double got[] = {
        position_distance(DISTANCE_PLANAR, position_from_plane(1, 2), position_from_plane(4, 6)),
        distance_to_square(DISTANCE_PLANAR, 5.0),
        distance_box_diagonal(DISTANCE_PLANAR, 1, 2, 4, 6),
    };
    assert_close(got, ((double[]){5.0, 25.0, 5.0}), 3, 0.0);
}

static void the_straight_line_of_a_distance_comes_back(void **state)
{
    (void)state;
    for (double s = 1.0; s < 1.9e7; s *= 1.37) {
        double back = distance_to_square(DISTANCE_GEODESIC, s);
        distances_from_squares(DISTANCE_GEODESIC, 1, &back);
        /* asin is steep near the antipode: relative error eps / cos(half angle) < 20 eps. */
        assert_close(&back, &s, 1, 20 * 2.3e-16 * s);
    }
    assert_true(isinf(distance_to_square(DISTANCE_GEODESIC, 2.1e7)));
}

static void every_lane_gives_the_same_bits(void **state)
{
    (void)state;
    double block[23];
    for (int i = 0; i < 23; i++) {
        block[i] = pow(3.1, i);
    }
    for (int metric = 0; metric < 2; metric++) {
        double together[23];
        memcpy(together, block, sizeof block);
        distances_from_squares((enum distance_metric)metric, 23, together);
        for (int i = 0; i < 23; i++) {
            double alone = block[i];
            distances_from_squares((enum distance_metric)metric, 1, &alone);
            assert_memory_equal(&alone, &together[i], sizeof alone);
        }
    }
}

static void lane_functions_match_the_library(void **state)
{
    (void)state;
    for (int i = 0; i <= 100000; i++) {
        double u = i / 100000.0;
        double got = lanes_arc_sine(u);
        assert_close(&got, &(double){asin(u)}, 1, 4e-16 + 2.3e-16); /* its bound and libm's ulp */
        double x = -700.0 * u * u;
        got = lanes_exponential(x) / exp(x);
        assert_close(&got, &(double){1.0}, 1, 3e-16 + 4.5e-16);
    }
    assert_true(lanes_exponential(0.0) == 1.0);
    assert_true(lanes_exponential(-1e9) < 1e-300);
}

/* A polygon whose long edges follow the parallels in many short geodesics, by PROJ. */
static double polygon_area_m2(double south, double north, double width)
{
    const struct geod_geodesic ellipsoid = wgs84();
    struct geod_polygon polygon;
    enum {
        PIECES = 4000
    };
    double area;
    geod_polygon_init(&polygon, 0);
    for (int i = 0; i <= PIECES; i++) {
        geod_polygon_addpoint(&ellipsoid, &polygon, south, width * i / PIECES);
    }
    for (int i = PIECES; i >= 0; i--) {
        geod_polygon_addpoint(&ellipsoid, &polygon, north, width * i / PIECES);
    }
    geod_polygon_compute(&ellipsoid, &polygon, 0, 1, &area, NULL);
    return area;
}

static void cell_areas_match_geodesic_polygons(void **state)
{
    (void)state;
    const double cells[][3] = {{36.0, 36.25, 0.25},
                               {39.99, 40.0, 0.01},
                               {-5.0, 5.0, 10.0},
                               {85.0, 90.0, 1.0},
                               {-60.0, -59.5, 0.5}};
    for (int i = 0; i < 5; i++) {
        const double *c = cells[i];
        double got = geodesic_cell_area_m2(c[0], c[1], c[2]);
        double expected = polygon_area_m2(c[0], c[1], c[2]);
        /* A geodesic over dlon leaves the parallel by a sliver of relative size dlon^2; with 4000
         * pieces of at most 10 degrees that is (4.4e-5 rad)^2 = 2e-9 over the height of the cell.
         */
        double step = c[2] / 4000.0 * 0.01745;
        double width_m = c[2] * 111320.0;
        double sliver_m2 = width_m * 6.4e6 * step * step;
        assert_close(&got, &expected, 1, 2 * sliver_m2 + 1e-13 / (c[1] - c[0]) * got + 1e-3);
    }
    /* The whole ellipsoid: 4 pi times the square of the authalic radius 6371007.1809 m. */
    double whole = geodesic_cell_area_m2(-90.0, 90.0, 360.0);
    assert_close(&whole, &(double){510065621724088.44}, 1, 510065621724088.0 * 1e-14);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_fast_distance_keeps_its_bound),
    cmocka_unit_test(the_exact_distance_is_the_one_walked),
    cmocka_unit_test(longitudes_wrap_and_poles_are_single),
    cmocka_unit_test(planar_distances_are_pythagorean),
    cmocka_unit_test(the_straight_line_of_a_distance_comes_back),
    cmocka_unit_test(every_lane_gives_the_same_bits),
    cmocka_unit_test(lane_functions_match_the_library),
    cmocka_unit_test(cell_areas_match_geodesic_polygons),
};

TESTING_MAIN(tests)
