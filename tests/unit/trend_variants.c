/* airshed -- GPL-3.0-or-later. Trend tests of seasonal or autocorrelated series.
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include "base/random.h"
#include "kernels/trend_variants.h"

enum {
    MOST = 3653
};

static double t[MOST], y[MOST], scratch[2 * MOST];

static void assert_number(double got, double expected, double tolerance)
{
    assert_close(&got, &expected, 1, tolerance);
}

static int64_t load(const char *file, const char *column)
{
    char path[256];
    snprintf(path, sizeof path, "data/reference/trend/%s.csv", file);
    struct csv table = csv_open(testing_shared(path));
    for (int row = 0; row < table.rows; row++) {
        y[row] = csv_number(&table, row, column);
        t[row] = row;
    }
    int64_t steps = table.rows;
    csv_close(&table);
    return steps;
}

/* pyMannKendall takes Sen's line, whose slope knows of gaps, off the values that are left by their
 * number: there a gap is no time. */
static int64_t close_gaps(int64_t steps)
{
    int64_t used = 0;
    for (int64_t i = 0; i < steps; i++) {
        y[used] = y[i];
        used += !isnan(y[i]);
    }
    return used;
}

static double slope_of(int64_t steps)
{
    struct sen_workspace *work = NULL;
    assert_int_equal(sen_workspace_create(steps, &work), STATUS_OK);
    double slope = sen_slope(t, y, steps, 1, work).slope;
    sen_workspace_destroy(&work);
    return slope;
}

static struct trend_seasons *months_of(int64_t steps)
{
    static struct trend_seasons seasons;
    static int64_t start[13], step[MOST];
    int64_t count = 0;
    for (int64_t month = 0; month < 12; month++) {
        start[month] = count;
        for (int64_t i = month; i < steps; i += 12) {
            step[count++] = i;
        }
    }
    start[12] = count;
    seasons = (struct trend_seasons){.seasons = 12, .start = start, .step = step};
    return &seasons;
}

/* 12 digits are given. */
static void check(const struct csv *table, int row, const struct mann_kendall *test)
{
    assert_number((double)test->s, csv_number(table, row, "s"), 0);
    double variance = csv_number(table, row, "var_s"), p = csv_number(table, row, "p");
    assert_number(test->variance, variance, 1e-11 * variance);
    assert_number(test->z, csv_number(table, row, "z"), 1e-10);
    assert_number(test->p, p, 1e-10 * p + 1e-15);
    assert_number(test->tau_a, csv_number(table, row, "tau"), 1e-11);
}

static void variants_equal_pymannkendall(void **state)
{
    (void)state;
    static const struct {
        const char *file, *column;
    } series[] = {{"precip_great_lakes", "precip"},
                  {"beijing_pm25_monthly_2009_2016", "pm25"},
                  {"beijing_pm25_annual_2009_2016", "pm25"},
                  {"guelph_phosphorus", "phosphorus"}};
    const char *path = testing_shared("data/reference/trend/pymannkendall_expected.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    int checked = 0;
    for (int i = 0; i < 4; i++) {
        struct trend_workspace *work = NULL;
        struct mann_kendall test;
        assert_int_equal(trend_workspace_create(MOST, 1000, &work), STATUS_OK);
        for (int row = 0; row < table.rows; row++) {
            const char *name = csv_text(&table, row, "test");
            if (strcmp(csv_text(&table, row, "series"), series[i].file) != 0) {
                continue;
            }
            int64_t steps = load(series[i].file, series[i].column);
            if (strcmp(name, "seasonal_period12") == 0) {
                struct trend_seasons *months = months_of(steps);
                assert_true(trend_seasonal_pairs(months) <= 1000);
                test = trend_seasonal(y, months, work);
                struct sen sen = trend_seasonal_slope(t, y, months, test.variance, work);
                assert_number(12 * sen.slope, csv_number(&table, row, "sen_slope"), 1e-10);
                assert_true(sen.low <= sen.slope && sen.slope <= sen.high);
                /* seasonal_slope of pyMannKendall: median - median(arange(n))/12 * slope, gaps and
                 * all. */
            } else {
                double slope = slope_of(steps);
                steps = close_gaps(steps);
                if (strcmp(name, "hamed_rao") == 0) {
                    test = trend_hamed_rao(t, y, steps, slope, work);
                } else if (strcmp(name, "trend_free_pre_whitening") == 0) {
                    test = trend_free_prewhitening(t, y, steps, slope, work);
                } else {
                    continue;
                }
            }
            check(&table, row, &test);
            checked++;
        }
        trend_workspace_destroy(&work);
    }
    assert_int_equal(checked, 4 + 4 + 2);
    csv_close(&table);
}

/* Kendall works in single precision; rkt gives ten digits. */
static void seasonal_test_equals_r(void **state)
{
    (void)state;
    const char *path = testing_shared("data/reference/trend/seasonal_mann_kendall_expected.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    for (int row = 0; row < 2; row++) {
        struct trend_workspace *work = NULL;
        int64_t steps =
            row == 0 ? load("guelph_phosphorus", "phosphorus") : load("pie1_sulphate", "SO4");
        struct trend_seasons *months = months_of(steps);
        assert_int_equal(trend_workspace_create(MOST, trend_seasonal_pairs(months), &work),
                         STATUS_OK);
        struct mann_kendall test = trend_seasonal(y, months, work);
        double digits = row == 0 ? 1e-6 : 1e-9, variance = csv_number(&table, row, "varS");
        assert_number((double)test.s, csv_number(&table, row, "S"), 0);
        assert_number(test.variance, variance, digits * variance);
        assert_number(test.tau_b, csv_number(&table, row, "tau"), row == 0 ? 1e-6 : 1);
        /* Kendall's p has no continuity correction. */
        if (row == 1) {
            struct sen sen = trend_seasonal_slope(t, y, months, test.variance, work);
            assert_number(12 * sen.slope, csv_number(&table, row, "slope"), 1e-10);
            /* rkt takes 1 - pnorm(z) twice, each a rounding of 1. */
            assert_number(test.p, csv_number(&table, row, "p_two_sided"), 3e-16);
        }
        trend_workspace_destroy(&work);
    }
    csv_close(&table);
}

/* The definition, summed over all lags. */
static double plain_factor(int64_t n, double slope)
{
    static double rank[MOST], rest[MOST];
    double mean = (double)(n + 1) / 2, squares = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        rest[i] = y[i] - slope * t[i];
    }
    for (int64_t i = 0; i < n; i++) {
        rank[i] = 0.5;
        for (int64_t j = 0; j < n; j++) {
            rank[i] += rest[j] < rest[i] ? 1 : rest[j] == rest[i] ? 0.5 : 0;
        }
        squares += (rank[i] - mean) * (rank[i] - mean);
    }
    for (int64_t lag = 1; lag < n; lag++) {
        double product = 0, left = (double)(n - lag);
        for (int64_t i = lag; i < n; i++) {
            product += (rank[i] - mean) * (rank[i - lag] - mean);
        }
        if (fabs(product / squares) > 1.959963984540054 / sqrt((double)n)) {
            sum += left * (left - 1) * (left - 2) * product / squares;
        }
    }
    return 1 + 2 / ((double)n * (double)(n - 1) * (double)(n - 2)) * fabs(sum);
}

/* The transform's error is a few eps of the sum of squares; a thousand significant lags add up. */
static void long_series_equal_the_sums_of_all_lags(void **state)
{
    (void)state;
    const struct random_key key = {4, 4};
    struct trend_workspace *work = NULL;
    double state_of_noise = 0;
    assert_int_equal(trend_workspace_create(MOST, 0, &work), STATUS_OK);
    for (int64_t i = 0; i < 1500; i++) {
        state_of_noise = 0.9 * state_of_noise + random_normal(key, 1, (uint64_t)i);
        t[i] = (double)i;
        y[i] = 0.002 * (double)i + state_of_noise;
    }
    double slope = slope_of(1500);
    struct mann_kendall plain = mann_kendall_test(y, 1500, 1, scratch);
    struct mann_kendall test = trend_hamed_rao(t, y, 1500, slope, work);
    double factor = plain_factor(1500, slope);
    assert_true(factor > 3);
    assert_number(test.variance / plain.variance, factor, 1e-10 * factor);
    trend_workspace_destroy(&work);
}

static void short_and_flat_series_are_told(void **state)
{
    (void)state;
    struct trend_workspace *work = NULL;
    assert_int_equal(trend_workspace_create(24, 100, &work), STATUS_OK);
    for (int64_t i = 0; i < 24; i++) {
        t[i] = (double)i;
        y[i] = NAN;
    }
    struct trend_seasons *months = months_of(24);
    assert_int_equal(trend_seasonal(y, months, work).used, 0);
    assert_true(isnan(trend_seasonal(y, months, work).z));
    assert_true(isnan(trend_seasonal_slope(t, y, months, 0, work).slope));
    assert_true(isnan(trend_hamed_rao(t, y, 24, 0, work).z));
    assert_true(isnan(trend_free_prewhitening(t, y, 24, 0, work).z));
    y[3] = 7;
    assert_true(isnan(trend_free_prewhitening(t, y, 24, 0, work).z));
    for (int64_t i = 0; i < 24; i++) {
        y[i] = 7;
    }
    assert_number(trend_seasonal(y, months, work).p, 1, 0);
    assert_true(isnan(trend_seasonal(y, months, work).tau_b));
    assert_number(trend_hamed_rao(t, y, 24, 0, work).p, 1, 0);
    assert_number(trend_free_prewhitening(t, y, 24, 0, work).p, 1, 0);
    trend_workspace_destroy(&work);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(variants_equal_pymannkendall),
    cmocka_unit_test(seasonal_test_equals_r),
    cmocka_unit_test(long_series_equal_the_sums_of_all_lags),
    cmocka_unit_test(short_and_flat_series_are_told),
};

TESTING_MAIN(tests)
