/* airshed -- GPL-3.0-or-later. Moran's I, global and local.
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include "kernels/moran.h"

enum {
    ZONES = 200,
    LINKS = 2000
};

static const struct random_key key = {1, 5};

/* ---- zones -------------------------------------------------------------------------------- */

struct zones {
    int64_t count, start[ZONES + 1], neighbour[LINKS];
    struct moran_links links;
};

/* Lists sorted by `from`, then `to`. */
static struct zones *read_links(const char *path, int64_t count)
{
    static struct zones zones;
    struct csv table = csv_open(path);
    zones = (struct zones){.count = count};
    for (int64_t zone = 0, row = 0; zone < count; zone++) {
        for (; row < table.rows && csv_number(&table, (int)row, "from") == (double)(zone + 1);
             row++) {
            zones.neighbour[row] = (int64_t)csv_number(&table, (int)row, "to") - 1;
        }
        zones.start[zone + 1] = row;
    }
    assert_int_equal(zones.start[count], table.rows);
    csv_close(&table);
    zones.links = (struct moran_links){.start = zones.start, .neighbour = zones.neighbour};
    return &zones;
}

/* The numbers that follow "NAME": in a GeoJSON file. @return how many */
static int64_t read_property(const char *path, const char *name, double *values)
{
    static char text[200000], wanted[64];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    snprintf(wanted, sizeof wanted, "\"%s\": ", name);
    int64_t count = 0;
    for (const char *at = strstr(text, wanted); at != NULL; at = strstr(at + 1, wanted)) {
        values[count++] = strtod(at + strlen(wanted), NULL);
    }
    return count;
}

static struct moran *make(const struct moran_neighbours *who, enum moran_style style,
                          const double *values, struct moran_global *test)
{
    struct moran *moran = NULL;
    assert_int_equal(moran_create(who, style, values, &moran), STATUS_OK);
    assert_int_equal(moran_global(moran, test), STATUS_OK);
    return moran;
}

static void assert_number(double got, double expected, double tolerance)
{
    assert_close(&got, &expected, 1, tolerance);
}

/* The references have 12 digits of numbers below 10. */
static void lists_equal_spdep(void **state)
{
    (void)state;
    const char *path = testing_shared("data/reference/spatial/moran_expected.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    assert_int_equal(table.rows, 20);
    for (int row = 0; row < table.rows; row++) {
        char name[256];
        double values[ZONES];
        struct moran_global test;
        snprintf(name, sizeof name, "data/reference/spatial/%s.geojson",
                 csv_text(&table, row, "dataset"));
        int64_t count =
            read_property(testing_shared(name), csv_text(&table, row, "variable"), values);
        assert_int_equal(count, (int64_t)csv_number(&table, row, "n"));
        snprintf(name, sizeof name, "data/reference/spatial/%s_%s_neighbours.csv",
                 csv_text(&table, row, "dataset"), csv_text(&table, row, "weights"));
        struct zones *zones = read_links(testing_shared(name), count);
        struct moran_neighbours who = {.rows = count, .cols = 1, .links = &zones->links};
        bool is_binary = strcmp(csv_text(&table, row, "style"), "B") == 0;
        struct moran *moran =
            make(&who, is_binary ? MORAN_BINARY : MORAN_ROW_STANDARDISED, values, &test);
        assert_int_equal(test.links, (int64_t)csv_number(&table, row, "links"));
        assert_int_equal(test.islands, 0);
        assert_number(test.i, csv_number(&table, row, "I"), 1e-11);
        assert_number(test.expectation, csv_number(&table, row, "EI"), 1e-12);
        assert_number(test.variance_randomisation, csv_number(&table, row, "var_randomisation"),
                      1e-13);
        assert_number(test.variance_normality, csv_number(&table, row, "var_normality"), 1e-13);
        assert_number(test.z_randomisation, csv_number(&table, row, "z_randomisation"), 1e-10);
        assert_number(test.z_normality, csv_number(&table, row, "z_normality"), 1e-10);
        assert_number(test.p_randomisation / csv_number(&table, row, "p_two_sided_randomisation"),
                      1, 1e-9);
        moran_destroy(&moran);
    }
    csv_close(&table);
}

static void check_local(const char *dataset, const char *variable)
{
    char name[256];
    double values[ZONES];
    struct moran_global test;
    snprintf(name, sizeof name, "data/reference/spatial/%s_local_moran_queen_W_expected.csv",
             dataset);
    struct csv table = csv_open(testing_shared(name));
    snprintf(name, sizeof name, "data/reference/spatial/%s.geojson", dataset);
    int64_t count = read_property(testing_shared(name), variable, values);
    assert_int_equal(count, table.rows);
    snprintf(name, sizeof name, "data/reference/spatial/%s_queen_neighbours.csv", dataset);
    struct zones *zones = read_links(testing_shared(name), count);
    struct moran_neighbours who = {.rows = count, .cols = 1, .links = &zones->links};
    struct moran *moran = make(&who, MORAN_ROW_STANDARDISED, values, &test);
    struct moran_local_settings settings = {0}, esda = {.divide_by_n_less_one = true};
    double sum = 0, ratio = (double)(count - 1) / (double)count;
    for (int row = 0; row < table.rows; row++) {
        struct moran_local local, other;
        assert_int_equal(moran_local(moran, &settings, row, &local), STATUS_OK);
        assert_int_equal(moran_local(moran, &esda, row, &other), STATUS_OK);
        assert_number(local.i, csv_number(&table, row, "Ii"), 1e-11); /* 12 digits, to 4.4 */
        assert_number(local.expectation, csv_number(&table, row, "EIi"), 1e-12);
        assert_number(local.variance, csv_number(&table, row, "VarIi"), 1e-11);
        assert_number(local.z, csv_number(&table, row, "Zi"), 1e-10);
        assert_number(local.lag, csv_number(&table, row, "lag"), 1e-9);
        assert_number(other.i, ratio * local.i, 1e-13);
        assert_number(other.z, local.z, 1e-11);
        bool is_high = local.quadrant == MORAN_HIGH_HIGH || local.quadrant == MORAN_LOW_LOW;
        assert_int_equal(is_high, local.i > 0);
        sum += local.i;
    }
    /* With row-standardised weights and no islands I is the mean of the local ones. */
    assert_number(sum / (double)count, test.i, 1e-13);
    moran_destroy(&moran);
    csv_close(&table);
}

static void local_i_equals_spdep(void **state)
{
    (void)state;
    if (testing_shared("data/reference/spatial/moran_expected.csv") == NULL) {
        testing_skip();
        return;
    }
    check_local("columbus", "CRIME");
    check_local("stl_homicide", "HR8893");
}

/* ---- rasters ------------------------------------------------------------------------------ */

static int64_t read_map(double *values)
{
    struct csv table = csv_open(testing_shared("fixtures/peers/moran_40x50_input.csv"));
    assert_int_equal(table.cols, 50);
    for (int row = 0; row < table.rows; row++) {
        for (int col = 0; col < table.cols; col++) {
            values[row * table.cols + col] =
                strtod(table.cell[(row + 1) * CSV_COLUMNS + col], NULL);
        }
    }
    int64_t rows = table.rows;
    csv_close(&table);
    return rows;
}

/* Relative 1e-10 everywhere: sums of 2000 products. */
static void rasters_equal_esda_and_spdep(void **state)
{
    (void)state;
    if (testing_shared("fixtures/peers/moran_40x50_input.csv") == NULL) {
        testing_skip();
        return;
    }
    static double values[40 * 50];
    assert_int_equal(read_map(values), 40);
    struct csv esda = csv_open(testing_shared("fixtures/peers/moran_40x50_expected_esda.csv"));
    struct csv spdep = csv_open(testing_shared("fixtures/peers/moran_40x50_expected_spdep.csv"));
    int compared = 0;
    for (int which = 0; which < 4; which++) {
        const char *neighbours = which < 2 ? "queen" : "rook", *style = which % 2 ? "b" : "r";
        struct moran_neighbours who = {
            .rows = 40, .cols = 50, .contiguity = which < 2 ? MORAN_QUEEN : MORAN_ROOK};
        struct moran_global test;
        struct moran *moran =
            make(&who, which % 2 ? MORAN_BINARY : MORAN_ROW_STANDARDISED, values, &test);
        const struct {
            const char *name;
            double got;
        } numbers[] = {{"I", test.i},
                       {"EI", test.expectation},
                       {"VI_norm", test.variance_normality},
                       {"VI_rand", test.variance_randomisation},
                       {"z_norm", test.z_normality},
                       {"z_rand", test.z_randomisation}};
        for (int row = 0; row < esda.rows; row++) {
            for (int k = 0; k < 6; k++) {
                double wanted = csv_number(&esda, row, "value");
                if (strcmp(csv_text(&esda, row, "neighbours"), neighbours) == 0 &&
                    strcmp(csv_text(&esda, row, "weights"), style) == 0 &&
                    strcmp(csv_text(&esda, row, "quantity"), numbers[k].name) == 0) {
                    assert_number(numbers[k].got, wanted, fabs(wanted) * 1e-10);
                    compared++;
                }
            }
        }
        for (int row = 0; row < spdep.rows; row++) {
            bool is_random = strcmp(csv_text(&spdep, row, "randomisation"), "TRUE") == 0;
            if (strcmp(csv_text(&spdep, row, "neighbours"), neighbours) == 0 &&
                strcmp(csv_text(&spdep, row, "style"), which % 2 ? "B" : "W") == 0) {
                double variance = csv_number(&spdep, row, "VI");
                assert_number(test.i, csv_number(&spdep, row, "I"), 1e-10);
                assert_number(is_random ? test.variance_randomisation : test.variance_normality,
                              variance, variance * 1e-10);
                compared++;
            }
        }
        moran_destroy(&moran);
    }
    assert_int_equal(compared, 24 + 8);
    csv_close(&esda);
    csv_close(&spdep);
}

/* A map with gaps, an island and an empty row, as its own list of neighbours. */
enum {
    ROWS = 11,
    COLS = 13,
    REACH = 3
};

static double map[ROWS * COLS];
static int32_t reach[ROWS * (2 * REACH + 1)];

static void make_map(void)
{
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        map[cell] = 30 + 0.2 * (double)(cell % COLS) + random_normal(key, 3, (uint64_t)cell);
        if (random_uniform(key, 4, (uint64_t)cell) < 0.15 || cell / COLS == 6) {
            map[cell] = NAN;
        }
    }
    for (int64_t row = 0; row < 3; row++) { /* an island in the corner, for queens and rooks */
        for (int64_t col = 0; col < 3; col++) {
            map[row * COLS + col] = NAN;
        }
    }
    map[COLS + 1] = 42;
    for (int64_t row = 0; row < ROWS; row++) {
        for (int64_t d = -REACH; d <= REACH; d++) {
            int64_t least = row < row + d ? row : row + d; /* symmetric, and uneven over rows */
            reach[row * (2 * REACH + 1) + d + REACH] = (int32_t)(3 - llabs(d) + least % 2);
        }
    }
}

static bool is_neighbour(const struct moran_neighbours *who, int64_t from, int64_t to)
{
    int64_t row = from / COLS, d = to / COLS - row, c = llabs(to % COLS - from % COLS);
    if (from == to || isnan(map[from]) || isnan(map[to])) {
        return false;
    }
    if (who->band != NULL) {
        return llabs(d) <= REACH && c <= who->band->reach[row * (2 * REACH + 1) + d + REACH];
    }
    return who->contiguity == MORAN_QUEEN ? llabs(d) <= 1 && c <= 1 : llabs(d) + c == 1;
}

static struct zones *list_of(const struct moran_neighbours *who)
{
    static struct zones zones;
    zones = (struct zones){.count = ROWS * COLS};
    int64_t link = 0;
    for (int64_t from = 0; from < ROWS * COLS; from++) {
        for (int64_t to = 0; to < ROWS * COLS; to++) {
            if (is_neighbour(who, from, to)) {
                assert_true(link < LINKS);
                zones.neighbour[link++] = to;
            }
        }
        zones.start[from + 1] = link;
    }
    zones.links = (struct moran_links){.start = zones.start, .neighbour = zones.neighbour};
    return &zones;
}

/* Another order of the same sums: 143 cells. */
static void assert_same(const struct moran_global *a, const struct moran_global *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->links, b->links);
    assert_int_equal(a->islands, b->islands);
    assert_number(a->s0, b->s0, 1e-12 * b->s0);
    assert_number(a->s1, b->s1, 1e-12 * b->s1);
    assert_number(a->s2, b->s2, 1e-12 * b->s2);
    assert_number(a->i, b->i, 1e-13);
    assert_number(a->variance_normality, b->variance_normality, 1e-14);
    assert_number(a->variance_randomisation, b->variance_randomisation, 1e-14);
}

static void check_raster(const struct moran_neighbours *who, enum moran_style style)
{
    struct moran_global test, other;
    struct zones *zones = list_of(who);
    struct moran_neighbours list = {.rows = ROWS * COLS, .cols = 1, .links = &zones->links};
    struct moran *raster = make(who, style, map, &test), *listed = make(&list, style, map, &other);
    struct moran_local_settings settings = {.permutations = 19, .key = key};
    assert_same(&test, &other);
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        struct moran_local a, b;
        assert_int_equal(moran_local(raster, &settings, cell, &a), STATUS_OK);
        assert_int_equal(moran_local(listed, &settings, cell, &b), STATUS_OK);
        assert_number(a.i, b.i, 1e-12);
        assert_number(a.variance, b.variance, 1e-12);
        assert_number(a.p_permutation, b.p_permutation, 0);
        assert_int_equal(a.quadrant, b.quadrant);
    }
    for (int64_t permutation = -1; permutation < 20; permutation++) {
        double a, b;
        assert_int_equal(moran_permuted(raster, key, permutation, &a), STATUS_OK);
        assert_int_equal(moran_permuted(listed, key, permutation, &b), STATUS_OK);
        assert_number(a, b, 3e-8); /* a raster's weights are rounded to float */
        if (permutation < 0) {
            assert_number(a, test.i, 3e-7);
        }
    }
    moran_destroy(&raster);
    moran_destroy(&listed);
}

static void rasters_with_gaps_equal_their_lists(void **state)
{
    (void)state;
    make_map();
    struct moran_band band = {.reach_rows = REACH, .reach = reach};
    for (int style = MORAN_ROW_STANDARDISED; style <= MORAN_BINARY; style++) {
        struct moran_neighbours who = {.rows = ROWS, .cols = COLS, .contiguity = MORAN_QUEEN};
        check_raster(&who, style);
        who.contiguity = MORAN_ROOK;
        check_raster(&who, style);
        who.band = &band;
        check_raster(&who, style);
    }
}

/* Against the definition, with loops over all pairs of unequal, one-sided weights. */
static void weighted_lists_equal_sums_over_pairs(void **state)
{
    (void)state;
    enum {
        N = 12
    };
    static const int64_t start[N + 1] = {0, 2, 3, 5, 6, 6, 8, 9, 11, 12, 13, 15, 16};
    static const int64_t neighbour[16] = {1, 2, 0, 5, 7, 2, 3, 8, 1, 6, 11, 0, 10, 3, 9, 4};
    double weight[16], w[N][N] = {{0}}, y[N], mean = 0, cross = 0, square = 0, s0 = 0, s1 = 0,
                       s2 = 0;
    for (int i = 0; i < N; i++) {
        y[i] = (double)((i * 7) % N) + 0.25 * i;
        mean += y[i] / N;
        for (int64_t link = start[i]; link < start[i + 1]; link++) {
            weight[link] = 0.5 + 0.1 * (double)link;
            w[i][neighbour[link]] = weight[link];
        }
    }
    for (int i = 0; i < N; i++) {
        double both = 0;
        for (int j = 0; j < N; j++) {
            cross += w[i][j] * (y[i] - mean) * (y[j] - mean);
            s0 += w[i][j];
            s1 += (w[i][j] + w[j][i]) * (w[i][j] + w[j][i]) / 2;
            both += w[i][j] + w[j][i];
        }
        square += (y[i] - mean) * (y[i] - mean);
        s2 += both * both;
    }
    struct moran_links links = {.start = start, .neighbour = neighbour, .weight = weight};
    struct moran_neighbours who = {.rows = N, .cols = 1, .links = &links};
    struct moran_global test;
    struct moran *moran = make(&who, MORAN_BINARY, y, &test);
    assert_number(test.s0, s0, 1e-13);
    assert_number(test.s1, s1, 1e-12);
    assert_number(test.s2, s2, 1e-12);
    assert_number(test.i, N / s0 * cross / square, 1e-14);
    assert_int_equal(test.islands, 1);
    moran_destroy(&moran);
}

/* ---- permutations ------------------------------------------------------------------------- */

/* Over 4000 orders mean and variance are those of the randomisation law: the mean within 5 standard
 * errors, the variance within 5 of its own, sqrt(2 / 4000) for a law near the normal one. */
static void permutations_follow_the_randomisation_law(void **state)
{
    (void)state;
    enum {
        ORDERS = 4000
    };
    static double field[80 * 70];
    for (int64_t cell = 0; cell < 80 * 70; cell++) {
        double value = random_normal(key, 9, (uint64_t)cell);
        field[cell] = cell % 11 == 0 ? NAN : exp(value);
    }
    struct moran_neighbours who = {.rows = 80, .cols = 70, .contiguity = MORAN_QUEEN};
    struct moran_global test;
    struct moran *moran = make(&who, MORAN_ROW_STANDARDISED, field, &test);
    double sum = 0, squares = 0;
    for (int64_t permutation = 0; permutation < ORDERS; permutation++) {
        double i;
        assert_int_equal(moran_permuted(moran, key, permutation, &i), STATUS_OK);
        sum += i;
        squares += (i - test.expectation) * (i - test.expectation);
    }
    double error = sqrt(test.variance_randomisation / ORDERS);
    assert_number(sum / ORDERS, test.expectation, 5 * error);
    assert_number(squares / ORDERS / test.variance_randomisation, 1, 5 * sqrt(2.0 / ORDERS));
    moran_destroy(&moran);
}

/* Of all pairs of distinct others, drawn without replacement, the exact share with a lag as large. */
static void conditional_permutations_draw_from_all_others(void **state)
{
    (void)state;
    enum {
        N = 9,
        DRAWS = 40000
    };
    static const int64_t start[N + 1] = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const int64_t neighbour[10] = {3, 7, 0, 0, 0, 0, 0, 0, 0, 0};
    double y[N] = {9, 1, 8, 6.5, 2, 7, 4, 5, 3.5};
    struct moran_links links = {.start = start, .neighbour = neighbour};
    struct moran_neighbours who = {.rows = N, .cols = 1, .links = &links};
    struct moran_global test;
    struct moran *moran = make(&who, MORAN_ROW_STANDARDISED, y, &test);
    struct moran_local_settings settings = {.permutations = DRAWS, .key = key};
    struct moran_local local;
    assert_int_equal(moran_local(moran, &settings, 0, &local), STATUS_OK);
    int larger = 0, pairs = 0;
    for (int a = 1; a < N; a++) {
        for (int b = a + 1; b < N; b++, pairs++) {
            larger += y[a] + y[b] >= y[3] + y[7];
        }
    }
    double share = fmin(larger, pairs - larger) / pairs;
    assert_number(local.p_permutation, share, 5 * sqrt(share * (1 - share) / DRAWS) + 1.0 / DRAWS);
    moran_destroy(&moran);
}

/* With many neighbours a draw remembers what it took; the law is the same. */
static void many_neighbours_are_drawn_without_replacement(void **state)
{
    (void)state;
    enum {
        N = 60
    };
    static int64_t start[N + 1], neighbour[N * (N - 1)];
    double y[N];
    for (int64_t i = 0, link = 0; i < N; i++) {
        y[i] = (double)i;
        for (int64_t j = 0; j < N; j++) {
            if (j != i) {
                neighbour[link++] = j;
            }
        }
        start[i + 1] = link;
    }
    struct moran_links links = {.start = start, .neighbour = neighbour};
    struct moran_neighbours who = {.rows = N, .cols = 1, .links = &links};
    struct moran_global test;
    struct moran *moran = make(&who, MORAN_ROW_STANDARDISED, y, &test);
    struct moran_local_settings settings = {.permutations = 99, .key = key};
    struct moran_local local;
    assert_int_equal(moran_local(moran, &settings, 5, &local), STATUS_OK);
    /* All others in any order: every draw equals what is there. */
    assert_number(local.p_permutation, 1.0 / 100, 0);
    assert_number(test.i, -1.0 / (N - 1), 1e-13);
    moran_destroy(&moran);
}

static void flat_and_empty_maps_have_no_i(void **state)
{
    (void)state;
    double flat[6] = {4, 4, 4, NAN, 4, 4}, empty[6], i;
    for (int cell = 0; cell < 6; cell++) {
        empty[cell] = NAN;
    }
    struct moran_neighbours who = {.rows = 2, .cols = 3};
    struct moran_global test;
    struct moran_local_settings settings = {.permutations = 9};
    struct moran_local local;
    for (int which = 0; which < 2; which++) {
        struct moran *moran = make(&who, MORAN_BINARY, which == 0 ? flat : empty, &test);
        assert_int_equal(test.n, which == 0 ? 5 : 0);
        assert_true(isnan(test.i) && isnan(test.z_randomisation) && isnan(test.p_normality));
        assert_int_equal(moran_permuted(moran, key, 0, &i), STATUS_OK);
        assert_true(isnan(i));
        assert_int_equal(moran_local(moran, &settings, 1, &local), STATUS_OK);
        assert_true(isnan(local.i) && local.quadrant == MORAN_NO_QUADRANT);
        moran_destroy(&moran);
    }
}

/* Benjamini and Hochberg 1995, section 3.2: 15 p-values, rate 0.05, 4 discoveries. */
static void discoveries_are_those_of_the_paper(void **state)
{
    (void)state;
    double p[16] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000, NAN};
    assert_number(moran_discovery_bound(p, 16, 15, 0.05), 0.0095, 0);
    double none[3] = {0.9, 0.5, 0.4};
    assert_number(moran_discovery_bound(none, 3, 3, 0.05), 0, 0);
    assert_number(moran_discovery_bound(NULL, 0, 3, 0.05), 0, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lists_equal_spdep),
    cmocka_unit_test(local_i_equals_spdep),
    cmocka_unit_test(rasters_equal_esda_and_spdep),
    cmocka_unit_test(rasters_with_gaps_equal_their_lists),
    cmocka_unit_test(weighted_lists_equal_sums_over_pairs),
    cmocka_unit_test(permutations_follow_the_randomisation_law),
    cmocka_unit_test(conditional_permutations_draw_from_all_others),
    cmocka_unit_test(many_neighbours_are_drawn_without_replacement),
    cmocka_unit_test(flat_and_empty_maps_have_no_i),
    cmocka_unit_test(discoveries_are_those_of_the_paper),
};

TESTING_MAIN(tests)
