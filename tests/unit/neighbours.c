/* airshed -- GPL-3.0-or-later. Nearest sites, against a search through all of them.
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"
#include "kernels/neighbours.h"

enum {
    SITES_MOST = 3000,
    PLACES = 150,
    FOUND_MOST = 512
};

struct scene {
    enum distance_metric metric;
    int64_t count;
    double x[SITES_MOST], y[SITES_MOST];
    struct position sites[SITES_MOST];
};

static double draw(uint64_t item, uint64_t number)
{
    struct random_key key = {.seed = 5, .stream = 77};
    return random_uniform(key, item, number);
}

/* Sites in a box of degrees or metres; @p lattice > 0 puts them on a raster of that step, so that
 * distances tie and places coincide. */
static struct scene *scene_create(enum distance_metric metric, int64_t count, const double box[4],
                                  double lattice)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->metric = metric;
    scene->count = count;
    for (int64_t i = 0; i < count; i++) {
        double x = box[0] + (box[2] - box[0]) * draw((uint64_t)i, 0);
        double y = box[1] + (box[3] - box[1]) * draw((uint64_t)i, 1);
        scene->x[i] = lattice > 0.0 ? lattice * floor(x / lattice) : x;
        scene->y[i] = lattice > 0.0 ? lattice * floor(y / lattice) : y;
        scene->sites[i] = position_create(metric, scene->x[i], scene->y[i]);
    }
    return scene;
}

static int by_square_then_index(const void *a, const void *b)
{
    const struct neighbour *first = a;
    const struct neighbour *second = b;
    if (first->square != second->square) {
        return first->square < second->square ? -1 : 1;
    }
    return first->index < second->index ? -1 : 1;
}

/* Only for scenes in the plane. */
static int plane_sector(double east, double north)
{
    return (east < 0 ? 1 : 0) + (north < 0 ? 2 : 0) + (fabs(east) < fabs(north) ? 4 : 0);
}

/* The greedy rule, word for word. */
static int64_t find_all(const struct scene *scene, double x, double y,
                        const struct neighbours_rule *rule, struct neighbour *found)
{
    static struct neighbour all[SITES_MOST];
    struct position place = position_create(scene->metric, x, y);
    int64_t held[NEIGHBOURS_OCTANTS] = {0};
    int64_t count = 0;
    for (int64_t i = 0; i < scene->count; i++) {
        all[i] = (struct neighbour){position_square(scene->sites[i], place), i};
    }
    qsort(all, (size_t)scene->count, sizeof all[0], by_square_then_index);
    for (int64_t i = 0; i < scene->count && count < rule->most; i++) {
        if (all[i].square > distance_to_square(scene->metric, rule->radius)) {
            break;
        }
        if (rule->most_per_octant > 0) {
            int64_t site = all[i].index;
            int sector = plane_sector(scene->x[site] - x, scene->y[site] - y);
            if (held[sector]++ >= rule->most_per_octant) {
                continue;
            }
        }
        found[count++] = all[i];
    }
    return count;
}

static void compare(const struct scene *scene, const double box[4],
                    const struct neighbours_rule *rule)
{
    struct neighbours *tree = NULL;
    struct neighbour got[FOUND_MOST];
    struct neighbour expected[FOUND_MOST];
    assert_int_equal(neighbours_create(scene->metric, scene->count, scene->sites, &tree),
                     STATUS_OK);
    assert_true(neighbours_capacity(rule) <= FOUND_MOST);
    for (uint64_t k = 0; k < PLACES; k++) {
        /* Every third place is a site itself, and some lie outside the box. */
        double x = box[0] + (box[2] - box[0]) * (1.4 * draw(k, 8) - 0.2);
        double y = box[1] + (box[3] - box[1]) * (1.2 * draw(k, 9) - 0.1);
        if (k % 3 == 0) {
            x = scene->x[k % (uint64_t)scene->count];
            y = scene->y[k % (uint64_t)scene->count];
        }
        int64_t count = neighbours_find(tree, position_create(scene->metric, x, y), rule, got);
        assert_int_equal(count, find_all(scene, x, y, rule, expected));
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(got[i].index, expected[i].index);
            assert_true(got[i].square == expected[i].square);
        }
    }
    neighbours_destroy(&tree);
    assert_null(tree);
}

static void neighbours_on_the_ellipsoid_are_the_nearest(void **state)
{
    (void)state;
    const double boxes[][4] = {{113.5, 36, 119.8, 42.6}, {170, -60, 200, 20}, {-180, 60, 180, 90}};
    const struct neighbours_rule rules[] = {
        {32, 0, INFINITY}, {1, 0, INFINITY}, {32, 0, 80e3}, {200, 0, 900e3}};
    const int64_t counts[] = {1, 16, 17, 33, 500, SITES_MOST};
    for (int b = 0; b < 3; b++) {
        for (int r = 0; r < 4; r++) {
            for (int c = 0; c < 6; c++) {
                struct scene *scene = scene_create(DISTANCE_GEODESIC, counts[c], boxes[b], 0.0);
                compare(scene, boxes[b], &rules[r]);
                free(scene);
            }
        }
    }
}

static void ties_go_to_the_lower_index(void **state)
{
    (void)state;
    const double box[4] = {0, 0, 40, 30};
    const struct neighbours_rule rules[] = {{32, 0, INFINITY}, {7, 0, 3.0}, {40, 2, INFINITY}};
    for (int r = 0; r < 3; r++) {
        struct scene *scene = scene_create(DISTANCE_PLANAR, SITES_MOST, box, 1.0);
        compare(scene, box, &rules[r]);
        free(scene);
    }
}

static void no_sector_holds_more_than_its_share(void **state)
{
    (void)state;
    const double box[4] = {0, 0, 4e5, 3e5};
    const struct neighbours_rule rules[] = {
        {32, 4, INFINITY}, {32, 4, 5e4}, {20, 5, INFINITY}, {8, 1, INFINITY}};
    const int64_t counts[] = {1, 40, 700, SITES_MOST};
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            struct scene *scene = scene_create(DISTANCE_PLANAR, counts[c], box, 0.0);
            compare(scene, box, &rules[r]);
            free(scene);
        }
    }
}

/* On the ellipsoid: a site in each of the eight winds (at 22.5, 67.5, ... degrees), the same
 * way out, and a crowd nearby to the north that may not displace them. */
static void sectors_follow_the_compass(void **state)
{
    (void)state;
    enum {
        CROWD = 100
    };
    const double centres[][2] = {{116.4, 39.9}, {-70.6, -33.4}, {179.99, 0.0}, {10.0, 78.0}};
    for (int c = 0; c < 4; c++) {
        double lon = centres[c][0];
        double lat = centres[c][1];
        double metres_per_lat = 111e3;
        double metres_per_lon = 111e3 * cos(lat * 0.017453292519943295);
        struct position sites[CROWD + 8];
        for (int i = 0; i < CROWD + 8; i++) {
            double angle = (i < CROWD ? 0.1 + 0.005 * i : 0.392699 + 0.785398 * (i - CROWD));
            double metres = i < CROWD ? 100.0 + i : 20e3;
            sites[i] = position_from_lonlat(lon + metres * sin(angle) / metres_per_lon,
                                            lat + metres * cos(angle) / metres_per_lat);
        }
        struct neighbours *tree = NULL;
        struct neighbours_rule rule = {16, 1, INFINITY};
        struct neighbour found[FOUND_MOST];
        assert_int_equal(neighbours_create(DISTANCE_GEODESIC, CROWD + 8, sites, &tree), STATUS_OK);
        assert_int_equal(neighbours_find(tree, position_from_lonlat(lon, lat), &rule, found), 8);
        assert_int_equal(found[0].index, 0);
        int seen = 0;
        for (int i = 1; i < 8; i++) {
            assert_true(found[i].index > CROWD);
            seen |= 1 << (found[i].index - CROWD);
        }
        assert_int_equal(seen, 0xfe); /* the first wind is the crowd's */
        neighbours_destroy(&tree);
    }
}

static void nothing_is_found_where_nothing_is(void **state)
{
    (void)state;
    struct neighbours *tree = NULL;
    struct neighbours_rule rule = {4, 0, INFINITY};
    struct neighbour found[4];
    struct position site = position_from_lonlat(3, 4);
    assert_int_equal(neighbours_create(DISTANCE_GEODESIC, 0, NULL, &tree), STATUS_OK);
    assert_int_equal(neighbours_find(tree, site, &rule, found), 0);
    neighbours_destroy(&tree);
    neighbours_destroy(&tree);
    assert_int_equal(neighbours_create(DISTANCE_GEODESIC, 1, &site, &tree), STATUS_OK);
    assert_int_equal(neighbours_find(tree, position_from_lonlat(NAN, 4), &rule, found), 0);
    assert_int_equal(neighbours_find(tree, site, &rule, found), 1);
    rule.radius = 10e3;
    assert_int_equal(neighbours_find(tree, position_from_lonlat(3, 5), &rule, found), 0);
    neighbours_destroy(&tree);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(neighbours_on_the_ellipsoid_are_the_nearest),
    cmocka_unit_test(ties_go_to_the_lower_index),
    cmocka_unit_test(no_sector_holds_more_than_its_share),
    cmocka_unit_test(sectors_follow_the_compass),
    cmocka_unit_test(nothing_is_found_where_nothing_is),
};

TESTING_MAIN(tests)
