/* airshed -- GPL-3.0-or-later. Ordinary kriging against gstat and a plain solution in the test.
 * ranks: 1
 */
#include "testing.h"

#include <gsl/gsl_linalg.h>

#include "base/random.h"
#include "kernels/kriging.h"

static double draw(uint64_t item, uint64_t number)
{
    struct random_key key = {.seed = 11, .stream = 4};
    return random_uniform(key, item, number);
}

static struct kriging *create(const struct kriging_options *options, int64_t count,
                              const struct position *sites, const double *values)
{
    struct kriging *kriging = NULL;
    assert_int_equal(kriging_create(options, count, sites, values, &kriging), STATUS_OK);
    return kriging;
}

/* Neighbours by number alone. */
static struct kriging_options nearest(enum distance_metric metric, struct variogram_model model,
                                      int64_t most)
{
    struct kriging_options options = kriging_options_default(metric, &model);
    options.rule = (struct neighbours_rule){.most = most, .radius = INFINITY};
    return options;
}

/* ---- gstat -------------------------------------------------------------------------------------
 */

enum {
    PEER_SITES = 200,
    PEER_TARGETS = 50
};

struct peer {
    struct position sites[PEER_SITES], targets[PEER_TARGETS];
    double values[PEER_SITES];
};

static bool peer_read(struct peer *peer)
{
    const char *path = testing_shared("fixtures/peers/krige_input.csv");
    if (path == NULL) {
        testing_skip();
        return false;
    }
    FILE *file = fopen(path, "r");
    char line[256];
    int sites = 0;
    int targets = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        double x;
        double y;
        double z = NAN;
        char role[16];
        assert_true(sscanf(line, "%15[^,],%lf,%lf,%lf", role, &x, &y, &z) >= 3);
        if (strcmp(role, "obs") == 0) {
            peer->sites[sites] = position_from_plane(x, y);
            peer->values[sites++] = z;
        } else {
            peer->targets[targets++] = position_from_plane(x, y);
        }
    }
    fclose(file);
    assert_int_equal(sites, PEER_SITES);
    assert_int_equal(targets, PEER_TARGETS);
    return true;
}

static void compare_peer(const struct peer *peer, const char *shape, long most, FILE *expected)
{
    bool is_spherical = strcmp(shape, "Sph") == 0;
    struct variogram_model model = {.shape =
                                        is_spherical ? VARIOGRAM_SPHERICAL : VARIOGRAM_EXPONENTIAL,
                                    .nugget = 0.5,
                                    .partial_sill = 150.0,
                                    .range = is_spherical ? 40.0 : 15.0};
    struct kriging_options options = nearest(DISTANCE_PLANAR, model, most);
    struct kriging *kriging = create(&options, PEER_SITES, peer->sites, peer->values);
    double prediction[PEER_TARGETS], variance[PEER_TARGETS];
    double wanted[2][PEER_TARGETS];
    uint8_t flags[PEER_TARGETS];
    kriging_predict(kriging, PEER_TARGETS, peer->targets, prediction, variance, flags);
    kriging_destroy(&kriging);
    rewind(expected);
    char line[256];
    int row = 0;
    while (fgets(line, sizeof line, expected) != NULL) {
        char name[16];
        long count;
        double x, y, z, v;
        if (sscanf(line, "%15[^,],%ld,%lf,%lf,%lf,%lf", name, &count, &x, &y, &z, &v) == 6 &&
            strcmp(name, shape) == 0 && count == most) {
            assert_true(x == peer->targets[row].x && y == peer->targets[row].y);
            wanted[0][row] = z;
            wanted[1][row++] = v;
            assert_int_equal(flags[row - 1], 0);
        }
    }
    assert_int_equal(row, PEER_TARGETS);
    /* The correlation matrix has a largest eigenvalue below 200 and, by its nugget of 0.5 in 150.5,
     * a smallest above 3.3e-3: condition below 6e4. Two solvers differ by about 200 * 1.1e-16 * 6e4
     * = 1.3e-9 of the values (some 60) or of the sill at the very most. */
    assert_close(prediction, wanted[0], PEER_TARGETS, 1.3e-9 * 60);
    assert_close(variance, wanted[1], PEER_TARGETS, 1.3e-9 * 150.5);
}

static void fixtures_of_gstat_are_met(void **state)
{
    (void)state;
    static struct peer peer;
    if (!peer_read(&peer)) {
        return;
    }
    FILE *expected = fopen(testing_shared("fixtures/peers/krige_expected_gstat.csv"), "r");
    assert_non_null(expected);
    compare_peer(&peer, "Sph", 32, expected);
    compare_peer(&peer, "Sph", 200, expected);
    compare_peer(&peer, "Exp", 32, expected);
    compare_peer(&peer, "Exp", 200, expected);
    fclose(expected);
}

enum {
    MEUSE_SITES = 155,
    MEUSE_CELLS = 3103
};

struct meuse {
    struct position sites[MEUSE_SITES], cells[MEUSE_CELLS];
    double values[MEUSE_SITES];
    double ok[2][MEUSE_CELLS], ok20[2][MEUSE_CELLS], idw[MEUSE_CELLS];
};

static bool meuse_read(struct meuse *meuse)
{
    const char *points = testing_shared("data/soil_metals/meuse_155.csv");
    const char *cells = testing_shared("data/reference/kriging/meuse_logzinc_kriging_expected.csv");
    if (points == NULL || cells == NULL) {
        testing_skip();
        return false;
    }
    char line[512];
    FILE *file = fopen(points, "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < MEUSE_SITES; i++) {
        double x, y, zinc;
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(line, "%lf,%lf,%*f,%*f,%*f,%lf", &x, &y, &zinc), 3);
        meuse->sites[i] = position_from_plane(x, y);
        meuse->values[i] = log(zinc);
    }
    fclose(file);
    file = fopen(cells, "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < MEUSE_CELLS; i++) {
        double x, y;
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf", &x, &y, &meuse->ok[0][i],
                                &meuse->ok[1][i], &meuse->ok20[0][i], &meuse->ok20[1][i],
                                &meuse->idw[i]),
                         7);
        meuse->cells[i] = position_from_plane(x, y);
    }
    fclose(file);
    return true;
}

/* Distance to the farthest of @p most neighbours equals that to the next one: coordinates are whole
 * metres, so ties are frequent, and gstat's choice among them is not documented. */
static bool is_tied(const struct neighbours *tree, struct position cell, int64_t most)
{
    struct neighbour found[MEUSE_SITES];
    struct neighbours_rule rule = {.most = most + 1, .radius = INFINITY};
    int64_t count = neighbours_find(tree, cell, &rule, found);
    return count > most && found[most].square == found[most - 1].square;
}

static const struct variogram_model meuse_model = {
    .shape = VARIOGRAM_SPHERICAL, .nugget = 0.05, .partial_sill = 0.59, .range = 897.0};

static void the_meuse_map_is_that_of_gstat(void **state)
{
    (void)state;
    static struct meuse meuse;
    static double prediction[MEUSE_CELLS], variance[MEUSE_CELLS];
    if (!meuse_read(&meuse)) {
        return;
    }
    struct kriging_options options = nearest(DISTANCE_PLANAR, meuse_model, INT64_MAX);
    struct kriging *kriging = create(&options, MEUSE_SITES, meuse.sites, meuse.values);
    assert_int_equal(kriging_sites(kriging), MEUSE_SITES);
    kriging_predict(kriging, MEUSE_CELLS, meuse.cells, prediction, variance, NULL);
    kriging_destroy(&kriging);
    /* Half a unit of the last printed digit, and 155 * 1.1e-16 * condition (155 * 0.64 / 0.05 =
     * 2000) = 3.4e-11 of values of about 6 and of the sill 0.64. */
    const double tolerance[2] = {0.5e-11 + 3.4e-11 * 6, 0.5e-13 + 3.4e-11 * 0.64};
    assert_close(prediction, meuse.ok[0], MEUSE_CELLS, tolerance[0]);
    assert_close(variance, meuse.ok[1], MEUSE_CELLS, tolerance[1]);
    struct neighbours *tree = NULL;
    assert_int_equal(neighbours_create(DISTANCE_PLANAR, MEUSE_SITES, meuse.sites, &tree),
                     STATUS_OK);
    options.rule.most = 20;
    kriging = create(&options, MEUSE_SITES, meuse.sites, meuse.values);
    kriging_predict(kriging, MEUSE_CELLS, meuse.cells, prediction, variance, NULL);
    kriging_destroy(&kriging);
    int compared = 0;
    for (int i = 0; i < MEUSE_CELLS; i++) {
        if (!is_tied(tree, meuse.cells[i], 20)) {
            assert_close(&prediction[i], &meuse.ok20[0][i], 1, tolerance[0]);
            assert_close(&variance[i], &meuse.ok20[1][i], 1, tolerance[1]);
            compared++;
        }
    }
    assert_true(compared > MEUSE_CELLS * 9 / 10);
    neighbours_destroy(&tree);
}

static void inverse_distance_is_that_of_gstat(void **state)
{
    (void)state;
    static struct meuse meuse;
    static double prediction[MEUSE_CELLS], variance[MEUSE_CELLS];
    if (!meuse_read(&meuse)) {
        return;
    }
    struct kriging_options options = nearest(DISTANCE_PLANAR, meuse_model, INT64_MAX);
    options.method = KRIGING_INVERSE_DISTANCE;
    struct kriging *kriging = create(&options, MEUSE_SITES, meuse.sites, meuse.values);
    kriging_predict(kriging, MEUSE_CELLS, meuse.cells, prediction, variance, NULL);
    kriging_destroy(&kriging);
    /* A printed digit, and 155 additions of positive terms: 155 * 2.2e-16 * 6 each way. */
    assert_close(prediction, meuse.idw, MEUSE_CELLS, 0.5e-11 + 2 * 155 * 2.2e-16 * 6);
    assert_true(isnan(variance[0]) && isnan(variance[MEUSE_CELLS - 1]));
}

/* ---- a plain solution --------------------------------------------------------------------------
 */

enum {
    PLAIN_MOST = 64
};

/* Cressie's ordinary kriging equations in gamma with a Lagrange multiplier, solved by LU. */
static void solve_plainly(const struct kriging_options *options, const struct position *sites,
                          const double *values, int64_t count, const int64_t *index,
                          struct position target, double *prediction, double *variance)
{
    gsl_matrix *matrix = gsl_matrix_calloc((size_t)count + 1, (size_t)count + 1);
    gsl_vector *right = gsl_vector_alloc((size_t)count + 1);
    gsl_vector *weights = gsl_vector_alloc((size_t)count + 1);
    gsl_permutation *order = gsl_permutation_alloc((size_t)count + 1);
    int sign;
    for (size_t i = 0; i < (size_t)count; i++) {
        for (size_t j = 0; j < (size_t)count; j++) {
            double h = position_distance(options->metric, sites[index[i]], sites[index[j]]);
            gsl_matrix_set(matrix, i, j, variogram_gamma(&options->model, h));
        }
        gsl_matrix_set(matrix, i, (size_t)count, 1.0);
        gsl_matrix_set(matrix, (size_t)count, i, 1.0);
        double h = position_distance(options->metric, sites[index[i]], target);
        gsl_vector_set(right, i, variogram_gamma(&options->model, h));
    }
    gsl_vector_set(right, (size_t)count, 1.0);
    gsl_linalg_LU_decomp(matrix, order, &sign);
    gsl_linalg_LU_solve(matrix, order, right, weights);
    *prediction = 0.0;
    *variance = gsl_vector_get(weights, (size_t)count);
    for (size_t i = 0; i < (size_t)count; i++) {
        *prediction += gsl_vector_get(weights, i) * values[index[i]];
        *variance += gsl_vector_get(weights, i) * gsl_vector_get(right, i);
    }
    gsl_matrix_free(matrix);
    gsl_vector_free(right);
    gsl_vector_free(weights);
    gsl_permutation_free(order);
}

enum {
    FIELD_SITES = 400,
    FIELD_TARGETS = 240
};

/* Stations and a raster of targets, degrees. */
struct field {
    struct position sites[FIELD_SITES], targets[FIELD_TARGETS];
    double values[FIELD_SITES];
};

static void field_fill(struct field *field)
{
    for (uint64_t i = 0; i < FIELD_SITES; i++) {
        double lon = 113.5 + 6.3 * draw(i, 0);
        double lat = 36.0 + 6.6 * draw(i, 1);
        field->sites[i] = position_from_lonlat(lon, lat);
        field->values[i] = 60 + 20 * sin(lon) + 15 * cos(1.3 * lat) + 4 * draw(i, 2);
    }
    for (int i = 0; i < FIELD_TARGETS; i++) { /* 12 rows of 20, reaching beyond the sites */
        field->targets[i] = position_from_lonlat(113.0 + 0.37 * (i % 20), 35.5 + 0.67 * (i / 20));
    }
}

/* Sites in the order of the plain solution, as the rule has it. */
static int64_t choose(const struct neighbours *tree, const struct kriging_options *options,
                      struct position target, int64_t *index)
{
    struct neighbour found[PLAIN_MOST * NEIGHBOURS_OCTANTS];
    int64_t count = neighbours_find(tree, target, &options->rule, found);
    if (count < options->fewest) {
        struct neighbours_rule rule = {.most = options->fewest, .radius = INFINITY};
        count = neighbours_find(tree, target, &rule, found);
    }
    for (int64_t i = 0; i < count; i++) {
        index[i] = found[i].index;
    }
    return count;
}

static void every_option_solves_the_kriging_equations(void **state)
{
    (void)state;
    static struct field field;
    field_fill(&field);
    const struct variogram_model models[] = {
        {VARIOGRAM_SPHERICAL, 10.0, 300.0, 250e3, 0.0},
        {VARIOGRAM_EXPONENTIAL, 10.0, 300.0, 60e3, 0.0},
        {VARIOGRAM_GAUSSIAN, 10.0, 300.0, 60e3, 0.0},
        {VARIOGRAM_MATERN, 10.0, 300.0, 50e3, 1.5},
        {VARIOGRAM_MATERN, 10.0, 300.0, 50e3, 2.5},
        {VARIOGRAM_MATERN, 10.0, 300.0, 50e3, 0.8},
        {VARIOGRAM_SPHERICAL, 40.0, 270.0, 30e3, 0.0}, /* few within range */
    };
    struct neighbours *tree = NULL;
    assert_int_equal(neighbours_create(DISTANCE_GEODESIC, FIELD_SITES, field.sites, &tree),
                     STATUS_OK);
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        struct kriging_options options = kriging_options_default(DISTANCE_GEODESIC, &models[m]);
        struct kriging *kriging = create(&options, FIELD_SITES, field.sites, field.values);
        double prediction[FIELD_TARGETS], variance[FIELD_TARGETS];
        uint8_t flags[FIELD_TARGETS];
        kriging_predict(kriging, FIELD_TARGETS, field.targets, prediction, variance, flags);
        for (int i = 0; i < FIELD_TARGETS; i++) {
            int64_t index[PLAIN_MOST];
            double expected[2];
            int64_t count = choose(tree, &options, field.targets[i], index);
            solve_plainly(&options, field.sites, field.values, count, index, field.targets[i],
                          &expected[0], &expected[1]);
            /* Condition below 32 * 310 / 10 = 1000; 32 * 1.1e-16 * 1000 = 3.5e-12 of the values
             * (100) and of the sill (310), for either solver, and the same again for LU's growth.
             */
            assert_close(&prediction[i], &expected[0], 1, 4 * 3.5e-12 * 100);
            assert_close(&variance[i], &expected[1], 1, 4 * 3.5e-12 * 310);
            assert_int_equal(flags[i] & ~KRIGING_WIDENED, 0);
            bool is_far = position_square(field.sites[index[count - 1]], field.targets[i]) >
                          distance_to_square(DISTANCE_GEODESIC, options.rule.radius);
            assert_int_equal(flags[i] == KRIGING_WIDENED, is_far);
        }
        kriging_destroy(&kriging);
    }
    neighbours_destroy(&tree);
}

/* Weights are made by one more triangular solve: bounds as above, doubled. */
static void weights_give_what_is_predicted(void **state)
{
    (void)state;
    static struct field field;
    static int32_t site[FIELD_TARGETS * PLAIN_MOST];
    static double weight[FIELD_TARGETS * PLAIN_MOST];
    field_fill(&field);
    field.targets[3] = field.sites[7];
    struct variogram_model model = {VARIOGRAM_EXPONENTIAL, 10.0, 300.0, 60e3, 0.0};
    for (int method = KRIGING_ORDINARY; method <= KRIGING_INVERSE_DISTANCE; method++) {
        struct kriging_options options = kriging_options_default(DISTANCE_GEODESIC, &model);
        options.method = (enum kriging_method)method;
        struct kriging *kriging = create(&options, FIELD_SITES, field.sites, field.values);
        double prediction[FIELD_TARGETS], variance[FIELD_TARGETS], share[FIELD_TARGETS];
        int64_t capacity = kriging_capacity(kriging);
        kriging_predict(kriging, FIELD_TARGETS, field.targets, prediction, variance, NULL);
        kriging_weights(kriging, FIELD_TARGETS, field.targets, site, weight, share);
        for (int i = 0; i < FIELD_TARGETS; i++) {
            double sum = 0, ones = 0;
            for (int64_t k = i * capacity; k < (i + 1) * capacity; k++) {
                sum += weight[k] * field.values[site[k]];
                ones += weight[k];
            }
            double expected_share = method == KRIGING_ORDINARY ? variance[i] / 310.0 : NAN;
            assert_close(&sum, &prediction[i], 1, 8 * 3.5e-12 * 100);
            assert_close(&ones, &(double){1}, 1, 8 * 3.5e-12);
            assert_close(&share[i], &expected_share, 1, 1e-15);
        }
        kriging_destroy(&kriging);
    }
}

static void a_target_has_the_same_bits_in_any_company(void **state)
{
    (void)state;
    static struct field field;
    field_fill(&field);
    struct variogram_model model = {VARIOGRAM_EXPONENTIAL, 10.0, 300.0, 60e3, 0.0};
    const int64_t sites[] = {20, FIELD_SITES}; /* one system for all, and many */
    for (int s = 0; s < 2; s++) {
        struct kriging_options options = nearest(DISTANCE_GEODESIC, model, 32);
        struct kriging *kriging = create(&options, sites[s], field.sites, field.values);
        double together[2][FIELD_TARGETS], alone[2];
        kriging_predict(kriging, FIELD_TARGETS, field.targets, together[0], together[1], NULL);
        for (int i = FIELD_TARGETS - 1; i >= 0; i--) {
            kriging_predict(kriging, 1, &field.targets[i], &alone[0], &alone[1], NULL);
            assert_memory_equal(&alone[0], &together[0][i], sizeof alone[0]);
            assert_memory_equal(&alone[1], &together[1][i], sizeof alone[1]);
        }
        kriging_destroy(&kriging);
    }
}

static void a_site_gets_its_own_value(void **state)
{
    (void)state;
    static struct field field;
    field_fill(&field);
    struct variogram_model model = {VARIOGRAM_SPHERICAL, 10.0, 300.0, 250e3, 0.0};
    for (int method = 0; method < 2; method++) {
        struct kriging_options options = kriging_options_default(DISTANCE_GEODESIC, &model);
        options.method = (enum kriging_method)method;
        struct kriging *kriging = create(&options, FIELD_SITES, field.sites, field.values);
        double prediction[FIELD_SITES], variance[FIELD_SITES];
        uint8_t flags[FIELD_SITES];
        kriging_predict(kriging, FIELD_SITES, field.sites, prediction, variance, flags);
        for (int i = 0; i < FIELD_SITES; i++) {
            assert_true(prediction[i] == field.values[i]);
            assert_true(method == KRIGING_ORDINARY ? variance[i] == 0.0 : isnan(variance[i]));
            assert_int_equal(flags[i] & KRIGING_EXACT, KRIGING_EXACT);
        }
        kriging_destroy(&kriging);
    }
}

/* ---- odd data ----------------------------------------------------------------------------------
 */

static void sites_at_one_place_count_as_their_mean(void **state)
{
    (void)state;
    struct position sites[] = {position_from_lonlat(180, 0),  position_from_lonlat(181, 0),
                               position_from_lonlat(-180, 0), position_from_lonlat(180, 1),
                               position_from_lonlat(180, 0),  position_from_lonlat(180, 2)};
    const double values[] = {1.0, 7.0, 3.0, NAN, 8.0, 9.0};
    struct position merged[] = {sites[0], sites[1], sites[5]};
    struct variogram_model model = {VARIOGRAM_EXPONENTIAL, 0.0, 5.0, 90e3, 0.0};
    struct kriging_options options = kriging_options_default(DISTANCE_GEODESIC, &model);
    struct kriging *kriging = create(&options, 6, sites, values);
    assert_int_equal(kriging_sites(kriging), 3);
    struct kriging *plain = create(&options, 3, merged, (const double[]){4.0, 7.0, 9.0});
    struct position targets[] = {position_from_lonlat(180.3, 0.4), sites[0]};
    double got[2], expected[2], variance[2][2];
    kriging_predict(kriging, 2, targets, got, variance[0], NULL);
    kriging_predict(plain, 2, targets, expected, variance[1], NULL);
    assert_memory_equal(got, expected, sizeof got);
    assert_memory_equal(variance[0], variance[1], sizeof variance[0]);
    assert_true(got[1] == 4.0);
    kriging_destroy(&plain);
    kriging_destroy(&kriging);
}

static void a_place_out_of_reach_is_missing_or_widened(void **state)
{
    (void)state;
    struct position sites[] = {position_from_plane(0, 0), position_from_plane(1, 0)};
    const double values[] = {2.0, 4.0};
    struct variogram_model model = {VARIOGRAM_SPHERICAL, 0.0, 3.0, 2.0, 0.0};
    struct kriging_options options = kriging_options_default(DISTANCE_PLANAR, &model);
    struct position targets[] = {position_from_plane(50, 0), position_from_plane(NAN, 0)};
    double prediction[2], variance[2];
    uint8_t flags[2];
    struct kriging *kriging = create(&options, 2, sites, values);
    kriging_predict(kriging, 2, targets, prediction, variance, flags);
    assert_int_equal(flags[0], KRIGING_WIDENED);
    /* Far away: the mean of both, and by symmetry sill (1 + (1 + r) / 2), r = 1 - f(1/2). */
    double expected[] = {3.0, 3.0 * (1.0 + 0.5 * (2.0 - (0.75 - 0.0625)))};
    assert_close(((double[]){prediction[0], variance[0]}), expected, 2, 1e-14);
    assert_int_equal(flags[1], KRIGING_UNREACHED);
    assert_true(isnan(prediction[1]) && isnan(variance[1]));
    kriging_destroy(&kriging);
    options.fewest = 0;
    kriging = create(&options, 2, sites, values);
    kriging_predict(kriging, 1, targets, prediction, variance, flags);
    assert_int_equal(flags[0], KRIGING_UNREACHED);
    assert_true(isnan(prediction[0]) && isnan(variance[0]));
    kriging_destroy(&kriging);
    kriging = create(&options, 0, NULL, NULL);
    kriging_predict(kriging, 1, targets, prediction, NULL, NULL);
    assert_true(isnan(prediction[0]));
    kriging_destroy(&kriging);
    kriging = create(&options, 1, sites, values); /* one site: its value, twice the sill */
    targets[0] = position_from_plane(1.9999999, 0);
    kriging_predict(kriging, 1, targets, prediction, variance, NULL);
    assert_true(prediction[0] == 2.0);
    assert_close(variance, ((double[]){6.0}), 1, 1e-5);
    kriging_destroy(&kriging);
}

static void a_hopeless_system_is_regularised_and_told(void **state)
{
    (void)state;
    enum {
        SIDE = 6
    };
    struct position sites[SIDE * SIDE];
    double values[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        double x = i % SIDE;
        double y = i / SIDE;
        sites[i] = position_from_plane(x, y);
        values[i] = 3.0 + 0.2 * x - 0.1 * y;
    }
    /* Range twenty times the spacing, no nugget: the smallest eigenvalue is far below 1e-16. */
    struct variogram_model model = {VARIOGRAM_GAUSSIAN, 0.0, 2.0, 20.0, 0.0};
    struct kriging_options options = nearest(DISTANCE_PLANAR, model, SIDE * SIDE);
    struct kriging *kriging = create(&options, SIDE * SIDE, sites, values);
    struct position target = position_from_plane(2.4, 3.3);
    double prediction, variance;
    uint8_t flags;
    kriging_predict(kriging, 1, &target, &prediction, &variance, &flags);
    assert_int_equal(flags, KRIGING_REGULARISED);
    assert_true(variance >= 0.0 && variance < 1e-6);
    /* The raised diagonal acts as errors of 1e-10 of the sill, 1.4e-5 in the values' unit. */
    assert_close(&prediction, &(double){3.0 + 0.2 * 2.4 - 0.1 * 3.3}, 1, 1e-3);
    kriging_destroy(&kriging);
}

static void a_constant_field_stays_constant(void **state)
{
    (void)state;
    static struct field field;
    field_fill(&field);
    for (int i = 0; i < FIELD_SITES; i++) {
        field.values[i] = 42.5;
    }
    struct variogram_pairs pairs;
    variogram_pairs_init(&pairs, 300e3, 15);
    variogram_pairs_add(&pairs, DISTANCE_GEODESIC, FIELD_SITES, field.sites, field.values);
    struct variogram_fit fit = variogram_fit(&pairs, VARIOGRAM_EXPONENTIAL, 0.0);
    struct kriging_options options = kriging_options_default(DISTANCE_GEODESIC, &fit.model);
    struct kriging *kriging = create(&options, FIELD_SITES, field.sites, field.values);
    double prediction[FIELD_TARGETS], variance[FIELD_TARGETS];
    kriging_predict(kriging, FIELD_TARGETS, field.targets, prediction, variance, NULL);
    for (int i = 0; i < FIELD_TARGETS; i++) {
        assert_true(prediction[i] == 42.5);
        assert_true(variance[i] == 0.0);
    }
    kriging_destroy(&kriging);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fixtures_of_gstat_are_met),
    cmocka_unit_test(the_meuse_map_is_that_of_gstat),
    cmocka_unit_test(inverse_distance_is_that_of_gstat),
    cmocka_unit_test(every_option_solves_the_kriging_equations),
    cmocka_unit_test(weights_give_what_is_predicted),
    cmocka_unit_test(a_target_has_the_same_bits_in_any_company),
    cmocka_unit_test(a_site_gets_its_own_value),
    cmocka_unit_test(sites_at_one_place_count_as_their_mean),
    cmocka_unit_test(a_place_out_of_reach_is_missing_or_widened),
    cmocka_unit_test(a_hopeless_system_is_regularised_and_told),
    cmocka_unit_test(a_constant_field_stays_constant),
};

TESTING_MAIN(tests)
