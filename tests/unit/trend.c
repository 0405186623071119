/* airshed -- GPL-3.0-or-later. Mann-Kendall test and Sen's slope.
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include <float.h>
#include <stdbool.h>

#include "base/random.h"
#include "kernels/mann_kendall.h"
#include "kernels/sen.h"

enum {
    MOST = 3653,
    BRUTE = 700
};

static double t[MOST], y[MOST], scratch[2 * MOST];
static double slopes[BRUTE * BRUTE / 2];
static struct sen_workspace *workspace;

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/** One case of a table of (case, t, y). @return steps */
static int load_case(const struct csv *table, const char *name)
{
    int steps = 0;
    for (int row = 0; row < table->rows; row++) {
        if (strcmp(csv_text(table, row, "case"), name) == 0) {
            t[steps] = csv_number(table, row, "t");
            y[steps++] = csv_number(table, row, "y");
        }
    }
    return steps;
}

static double expected_of(const struct csv *table, const char *name, const char *tool,
                          const char *quantity)
{
    for (int row = 0; row < table->rows; row++) {
        if (strcmp(csv_text(table, row, "case"), name) == 0 &&
            strcmp(csv_text(table, row, "tool"), tool) == 0 &&
            strcmp(csv_text(table, row, "quantity"), quantity) == 0) {
            return csv_number(table, row, "value");
        }
    }
    fail_msg("no %s of %s for %s", quantity, tool, name);
    return NAN;
}

/** Relative tolerance; both must be finite or both not a number. */
static void assert_near(double got, double expected, double relative)
{
    assert_close(&got, &expected, 1, isnan(expected) ? 0 : fabs(expected) * relative);
}

/* S and its variance are whole or sixths: to rounding. p has the relative error of its exponent,
 * z^2 / 2 = 284 at n3653, times a few eps of z. */
static void the_peers_agree_with_r(void **state)
{
    (void)state;
    static const char *const names[] = {"n10",       "n10_ties", "n120",
                                        "n120_ties", "n3653",    "n10_const"};
    const char *path = testing_shared("fixtures/peers/mk_input.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv input = csv_open(path);
    struct csv r = csv_open(testing_shared("fixtures/peers/mk_expected_R.csv"));
    struct csv python = csv_open(testing_shared("fixtures/peers/mk_expected_python.csv"));
    for (int c = 0; c < 6; c++) {
        const char *name = names[c], *mk = "trend::mk.test", *theil = "scipy.theilslopes(0.95)";
        int steps = load_case(&input, name);
        bool constant = strcmp(name, "n10_const") == 0;
        struct mann_kendall test = mann_kendall_test(y, steps, 1, scratch);
        struct sen sen = sen_slope(t, y, steps, 1, workspace);
        assert_near((double)test.s, expected_of(&r, name, mk, "S"), 0);
        assert_near(test.variance, expected_of(&r, name, mk, "varS"), 4 * DBL_EPSILON);
        assert_near(test.tau_b, expected_of(&r, name, mk, "tau"), 4 * DBL_EPSILON);
        assert_near(test.tau_a, expected_of(&python, name, "pymannkendall.original_test", "Tau"),
                    4 * DBL_EPSILON);
        if (constant) {
            assert_true(test.z == 0 && test.p == 1);
        } else {
            assert_near(test.z, expected_of(&r, name, mk, "z"), 4 * DBL_EPSILON);
            assert_near(test.p, expected_of(&r, name, mk, "p"),
                        8 * DBL_EPSILON * (1 + test.z * test.z));
        }
        assert_near(sen.slope, expected_of(&r, name, "trend::sens.slope", "slope"), 0);
        assert_near(sen.low, expected_of(&r, name, "trend::sens.slope", "lo95"), 0);
        assert_near(sen.high, expected_of(&r, name, "trend::sens.slope", "hi95"), 0);
        assert_near(sen.low, expected_of(&python, name, theil, "lo95"), 0);
        assert_near(sen.high, expected_of(&python, name, theil, "hi95"), 0);
        assert_near(sen.intercept, expected_of(&python, name, theil, "intercept"), 4 * DBL_EPSILON);
    }
    csv_close(&input);
    csv_close(&r);
    csv_close(&python);
}

/* Printed with 12 digits; p is 2 (1 - cdf) there, off by an eps of 1. Missing months are left out,
 * time counts months. */
static void real_series_agree_with_pymannkendall(void **state)
{
    (void)state;
    static const struct {
        const char *series, *column;
    } cases[] = {{"precip_great_lakes", "precip"},
                 {"beijing_pm25_monthly_2009_2016", "pm25"},
                 {"beijing_pm25_annual_2009_2016", "pm25"},
                 {"guelph_phosphorus", "phosphorus"}};
    const char *answers = testing_shared("data/reference/trend/pymannkendall_expected.csv");
    if (answers == NULL) {
        testing_skip();
        return;
    }
    struct csv expected = csv_open(answers);
    int checked = 0;
    for (int row = 0; row < expected.rows; row++) {
        if (strcmp(csv_text(&expected, row, "test"), "original") != 0) {
            continue;
        }
        for (int c = 0; c < 4; c++) {
            if (strcmp(csv_text(&expected, row, "series"), cases[c].series) != 0) {
                continue;
            }
            char path[200];
            snprintf(path, sizeof path, "data/reference/trend/%s.csv", cases[c].series);
            struct csv table = csv_open(testing_shared(path));
            for (int i = 0; i < table.rows; i++) {
                t[i] = i;
                y[i] = csv_number(&table, i, cases[c].column);
            }
            struct mann_kendall test = mann_kendall_test(y, table.rows, 1, scratch);
            struct sen sen = sen_slope(t, y, table.rows, 1, workspace);
            assert_true(test.used == table.rows - csv_number(&expected, row, "n_missing"));
            assert_near((double)test.s, csv_number(&expected, row, "s"), 0);
            assert_near(test.variance, csv_number(&expected, row, "var_s"), 1e-11);
            assert_near(test.z, csv_number(&expected, row, "z"), 1e-11);
            double p = csv_number(&expected, row, "p");
            assert_close(&test.p, &p, 1, 1e-11 * p + DBL_EPSILON);
            assert_near(test.tau_a, csv_number(&expected, row, "tau"), 1e-11);
            assert_near(sen.slope, csv_number(&expected, row, "sen_slope"), 1e-11);
            assert_near(sen.intercept, csv_number(&expected, row, "intercept"), 1e-11);
            csv_close(&table);
            checked++;
        }
    }
    assert_int_equal(checked, 4);
    csv_close(&expected);
}

/* R's Kendall works in single precision: 7 digits. */
static void annual_maxima_agree_with_kendall(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        int64_t s;
        double variance, tau, p;
    } known[] = {{"s", -394, 10450, -0.3979797959, 0.0001208222748},
                 {"q", -144, 10450, -0.1454545408, 0.1618514657}};
    const char *path = testing_shared("data/reference/trend/maxau.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    for (int c = 0; c < 2; c++) {
        for (int i = 0; i < table.rows; i++) {
            y[i] = csv_number(&table, i, known[c].column);
        }
        struct mann_kendall test = mann_kendall_test(y, table.rows, 1, scratch);
        assert_true(test.s == known[c].s);
        assert_near(test.variance, known[c].variance, 4 * DBL_EPSILON);
        assert_near(test.tau_b, known[c].tau, 1e-6);
        assert_near(test.p, known[c].p, 1e-6);
    }
    csv_close(&table);
}

/* ---- all pairs ----------------------------------------------------------------------------- */

enum kind {
    SMOOTH,
    WHOLE,       /* integers: ties, and many equal slopes */
    TENTHS,      /* as stations report */
    MOSTLY_ZERO, /* rain */
    UNEVEN,      /* time with gaps of up to 40 and fractions */
    MISSING,
    STRAIGHT, /* one slope only */
    STEPS,    /* two levels */
    PRESSURE, /* small changes of a large number */
    STEEP,
    KINDS
};

static void draw_series(enum kind kind, uint64_t item, int steps)
{
    struct random_key key = {17, (uint32_t)kind};
    double time = kind == UNEVEN ? 730000.5 : 0;
    for (int i = 0; i < steps; i++) {
        uint64_t draw = 4 * (uint64_t)i;
        double normal = random_normal(key, item, draw);
        double walk = random_uniform(key, item, draw + 1);
        time += kind == UNEVEN ? 0.25 + 40 * walk * walk * walk : 1;
        t[i] = time;
        double value[KINDS] = {
            [SMOOTH] = 60 + 30 * normal - 0.01 * i,
            [WHOLE] = round(3 * normal + 0.01 * i),
            [TENTHS] = round(100 * normal + 0.05 * i) / 10,
            [MOSTLY_ZERO] = walk < 0.7 ? 0 : round(normal * normal * 50) / 10,
            [UNEVEN] = 60 + normal + 0.001 * time,
            [MISSING] = walk < 0.3 ? NAN : (float)(40 + 10 * normal),
            [STRAIGHT] = 5 + 0.3 * i,
            [STEPS] = i < steps / 3 ? 1 : 2,
            [PRESSURE] = 101325 + 1e-3 * normal,
            [STEEP] = 1e6 * i + normal,
        };
        y[i] = value[kind];
    }
}

static int64_t brute_slopes(int steps)
{
    int64_t count = 0;
    for (int i = 0; i < steps; i++) {
        for (int j = i + 1; j < steps; j++) {
            if (!isnan(y[i]) && !isnan(y[j])) {
                slopes[count++] = (y[j] - y[i]) / (t[j] - t[i]);
            }
        }
    }
    qsort(slopes, (size_t)count, sizeof *slopes, compare);
    return count;
}

/* To the bit, but for STRAIGHT: there all slopes are 0.3 to rounding, which the header excepts; a
 * slope's own rounding is 4 eps of y (at most 215) over a step of 1. */
static void slopes_equal_those_of_all_pairs(void **state)
{
    (void)state;
    static const int lengths[] = {2, 3, 7, 40, 256, 257, 300, 511, 699, 700};
    for (size_t length = 0; length < sizeof lengths / sizeof lengths[0]; length++) {
        for (int kind = 0; kind < KINDS; kind++) {
            int steps = lengths[length];
            draw_series((enum kind)kind, (uint64_t)steps, steps);
            int64_t count = brute_slopes(steps);
            struct mann_kendall test = mann_kendall_test(y, steps, 1, scratch);
            struct sen sen = sen_slope(t, y, steps, 1, workspace);
            if (count == 0) {
                assert_true(isnan(sen.slope) && isnan(sen.low) && isnan(sen.intercept));
                continue;
            }
            double reach = 1.959963984540054 * sqrt(test.variance);
            double low = fmax(nearbyint(((double)count - reach) / 2) - 1, 0);
            double high = fmin(nearbyint(((double)count + reach) / 2), (double)count - 1);
            double median = (slopes[(count - 1) / 2] + slopes[count / 2]) / 2;
            double tolerance = kind == STRAIGHT ? 4 * DBL_EPSILON * 215 : 0;
            assert_close(&sen.slope, &median, 1, tolerance);
            assert_close(&sen.low, &slopes[(int64_t)low], 1, tolerance);
            assert_close(&sen.high, &slopes[(int64_t)high], 1, tolerance);
        }
    }
}

static void the_test_statistic_equals_that_of_all_pairs(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int steps = 0; steps < 70; steps++) {
            draw_series((enum kind)kind, 5, steps);
            int64_t s = 0, pairs = 0, tied = 0;
            for (int i = 0; i < steps; i++) {
                for (int j = i + 1; j < steps; j++) {
                    s += (y[j] > y[i]) - (y[j] < y[i]);
                    pairs += !isnan(y[i]) && !isnan(y[j]);
                    tied += y[i] == y[j];
                }
            }
            struct mann_kendall test = mann_kendall_test(y, steps, 1, scratch);
            assert_true(test.s == s);
            assert_true(pairs == 0 ? isnan(test.tau_a) : test.tau_a == (double)s / (double)pairs);
            if (pairs > tied) {
                double tau = (double)s / sqrt((double)pairs * (double)(pairs - tied));
                assert_true(test.tau_b == tau);
            }
        }
    }
}

/* A series ten years long: the workspace is reused, the stride is 3, and the answers are those of
 * the same series alone. */
static void neighbours_and_strides_change_no_bit(void **state)
{
    (void)state;
    static double block[MOST][3];
    draw_series(TENTHS, 1, MOST);
    struct sen alone = sen_slope(t, y, MOST, 1, workspace);
    for (int i = 0; i < MOST; i++) {
        block[i][0] = i;
        block[i][1] = y[i];
        block[i][2] = NAN;
    }
    sen_slope(t, &block[0][0], MOST, 3, workspace);
    struct sen beside = sen_slope(t, &block[0][1], MOST, 3, workspace);
    struct sen empty = sen_slope(t, &block[0][2], MOST, 3, workspace);
    assert_memory_equal(&alone, &beside, sizeof alone);
    assert_true(empty.used == 0 && isnan(empty.slope) && isnan(empty.high));
    y[7] = INFINITY;
    assert_int_equal(sen_slope(t, y, MOST, 1, workspace).used, MOST - 1);
    assert_int_equal(mann_kendall_test(y, MOST, 1, scratch).used, MOST - 1);
}

static int setup(void **state)
{
    (void)state;
    return sen_workspace_create(MOST, &workspace) != STATUS_OK;
}

static int teardown(void **state)
{
    (void)state;
    sen_workspace_destroy(&workspace);
    return workspace != NULL;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(the_peers_agree_with_r, setup, teardown),
    cmocka_unit_test_setup_teardown(real_series_agree_with_pymannkendall, setup, teardown),
    cmocka_unit_test(annual_maxima_agree_with_kendall),
    cmocka_unit_test_setup_teardown(slopes_equal_those_of_all_pairs, setup, teardown),
    cmocka_unit_test(the_test_statistic_equals_that_of_all_pairs),
    cmocka_unit_test_setup_teardown(neighbours_and_strides_change_no_bit, setup, teardown),
};

TESTING_MAIN(tests)
