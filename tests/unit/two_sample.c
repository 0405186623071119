/* airshed -- GPL-3.0-or-later. Differences between samples, and correlations.
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include "base/random.h"
#include "kernels/correlation.h"
#include "kernels/rank_tests.h"

enum {
    MOST = 1000
};

static double first[MOST], second[MOST], scratch[5 * MOST];

static void assert_number(double got, double expected, double tolerance)
{
    assert_close(&got, &expected, 1, tolerance);
}

static int64_t load(const struct csv *table, const char *case_column, const char *name,
                    const char *group_column, const char *group, const char *value, double *values)
{
    int64_t count = 0;
    for (int row = 0; row < table->rows; row++) {
        bool is_case = case_column == NULL || strcmp(csv_text(table, row, case_column), name) == 0;
        double number = csv_number(table, row, value);
        if (is_case && strcmp(csv_text(table, row, group_column), group) == 0 && !isnan(number)) {
            values[count++] = number;
        }
    }
    return count;
}

static struct mann_whitney compare(int64_t m, int64_t n, bool is_corrected, bool wants_exact)
{
    struct mann_whitney test;
    assert_int_equal(
        mann_whitney_test(first, m, second, n, is_corrected, wants_exact, scratch, &test),
        STATUS_OK);
    return test;
}

/* p to a few roundings of exp(-z^2 / 2): 1e-13 of itself. */
static void fixtures_equal_r_and_scipy(void **state)
{
    (void)state;
    const char *path = testing_shared("fixtures/peers/mwu_input.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv input = csv_open(path);
    struct csv r = csv_open(testing_shared("fixtures/peers/mwu_expected_R.csv"));
    for (int row = 0; row < r.rows; row++) {
        const char *name = csv_text(&r, row, "case"), *tool = csv_text(&r, row, "tool");
        int64_t m = load(&input, "case", name, "group", "background", "value", first);
        int64_t n = load(&input, "case", name, "group", "ihs", "value", second);
        assert_true(m > 0 && n > 0);
        struct mann_whitney test = compare(m, n, strstr(tool, "correct=TRUE") != NULL, true);
        double wanted = csv_number(&r, row, "p");
        assert_number(test.u_first, csv_number(&r, row, "W"), 0);
        assert_number(test.u_second, (double)(m * n) - test.u_first, 0);
        assert_number(strstr(tool, "exact=TRUE") != NULL ? test.p_exact : test.p, wanted,
                      1e-12 * wanted);
    }
    csv_close(&input);
    csv_close(&r);
}

static void ozone_equals_r(void **state)
{
    (void)state;
    const char *path = testing_shared("data/reference/two_sample/airquality_ozone.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv input = csv_open(path);
    struct csv r = csv_open(testing_shared("data/reference/two_sample/mann_whitney_expected.csv"));
    int64_t m = load(&input, NULL, NULL, "group", "may", "ozone", first);
    int64_t n = load(&input, NULL, NULL, "group", "august", "ozone", second);
    struct mann_whitney corrected = compare(m, n, true, true), plain = compare(m, n, false, false);
    assert_int_equal(m, (int64_t)csv_number(&r, 0, "n1"));
    assert_int_equal(n, (int64_t)csv_number(&r, 0, "n2"));
    assert_number(corrected.u_first, csv_number(&r, 0, "W"), 0);
    assert_number(corrected.p, csv_number(&r, 0, "p_corrected"), 1e-17);
    assert_number(plain.p, csv_number(&r, 0, "p_uncorrected"), 1e-17);
    assert_true(isnan(corrected.p_exact)); /* ties */
    csv_close(&input);
    csv_close(&r);
}

/* U of Eq. 11 by ranks, and its meaning by pairs. */
static void u_counts_pairs(void **state)
{
    (void)state;
    const struct random_key key = {2, 8};
    for (uint64_t item = 0; item < 50; item++) {
        int64_t m = 1 + (int64_t)random_below(key, item, 0, 30);
        int64_t n = 1 + (int64_t)random_below(key, item, 1, 30);
        double wins = 0;
        for (int64_t i = 0; i < m; i++) {
            first[i] = (double)random_below(key, item, (uint64_t)(10 + i), 12);
        }
        for (int64_t i = 0; i < n; i++) {
            second[i] = (double)random_below(key, item, (uint64_t)(100 + i), 12);
        }
        for (int64_t i = 0; i < m; i++) {
            for (int64_t j = 0; j < n; j++) {
                wins += first[i] > second[j] ? 1 : first[i] == second[j] ? 0.5 : 0;
            }
        }
        struct mann_whitney test = compare(m, n, true, false);
        assert_number(test.u_first, wins, 0);
        assert_number(test.superiority, wins / (double)(m * n), 1e-15);
    }
}

static void odd_samples_are_told(void **state)
{
    (void)state;
    first[0] = second[0] = first[1] = 5;
    struct mann_whitney test = compare(2, 1, true, true);
    assert_true(isnan(test.p) && isnan(test.z) && isnan(test.p_exact));
    assert_number(test.superiority, 0.5, 0);
    test = compare(0, 1, true, true);
    assert_true(isnan(test.u_first) && isnan(test.superiority));
    first[0] = 2; /* 1 2 | 1 2 3: at the mean nothing is to be corrected */
    first[1] = 1;
    second[0] = 0;
    second[1] = 3;
    test = compare(2, 2, true, true);
    assert_number(test.z, 0, 0);
    assert_number(test.p, 1, 0);
}

/* PlantGrowth of R's datasets; kruskal.test() and aov() as scipy 1.10 prints them. */
static void several_samples_equal_r(void **state)
{
    (void)state;
    double values[] = {4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14,
                       4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69,
                       6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26};
    const int64_t start[] = {0, 10, 10, 20, 30}; /* one sample is empty */
    struct samples samples = {.groups = 4, .start = start, .values = values};
    struct anova variance = anova_test(&samples);
    struct kruskal_wallis ranks = kruskal_wallis_test(&samples, scratch);
    assert_int_equal(ranks.groups, 3);
    assert_number(ranks.h, 7.988228749443715, 1e-13);
    assert_number(ranks.p, 0.018423755731471966, 1e-15);
    assert_number(ranks.epsilon_squared, ranks.h / 29, 1e-16);
    assert_number(variance.f, 4.846087862380136, 1e-13);
    assert_number(variance.p, 0.0159099583256229, 1e-15);
    assert_int_equal(variance.df_between, 2);
    assert_int_equal(variance.df_within, 27);
    assert_number(variance.eta_squared, 1 / (1 + 27 / (2 * variance.f)), 1e-15);
}

static void tied_samples_equal_r(void **state)
{
    (void)state;
    double values[] = {1, 2, 2, 5, 2, 3, 9, 7, 7, 8, 1};
    const int64_t start[] = {0, 4, 7, 11};
    struct samples samples = {.groups = 3, .start = start, .values = values};
    struct kruskal_wallis test = kruskal_wallis_test(&samples, scratch);
    assert_number(test.h, 2.067757009345791, 1e-14);
    assert_number(test.p, 0.3556249891280625, 1e-15);
    double flat[] = {3, 3, 3, 3};
    const int64_t halves[] = {0, 2, 4};
    struct samples equal = {.groups = 2, .start = halves, .values = flat};
    test = kruskal_wallis_test(&equal, scratch);
    assert_true(isnan(test.h) && isnan(test.p) && isnan(anova_test(&equal).f));
    double steps[] = {3, 3, 4, 4};
    equal.values = steps;
    assert_true(isnan(anova_test(&equal).f) && kruskal_wallis_test(&equal, scratch).h > 0);
}

/* Whiskers end at values, as R's boxplot.stats() draws them: 1 3 5 7 8, one value out. */
static void boxes_have_the_whiskers_of_tukey(void **state)
{
    (void)state;
    double values[] = {40, 3, 8, 1, 5, 2, 7, 4, 6};
    struct box box = box_of(values, 9);
    const double got[] = {box.whisker_low, box.q1, box.median, box.q3, box.whisker_high};
    const double wanted[] = {1, 3, 5, 7, 8};
    assert_close(got, wanted, 5, 0);
    assert_int_equal(box.outliers, 1);
    assert_true(isnan(box_of(values, 0).median));
    assert_number(box_of(values, 1).whisker_high, values[0], 0);
}

/* R's cor.test() example of Hollander and Wolfe; scipy 1.10 for Spearman. */
static void correlations_equal_r_and_scipy(void **state)
{
    (void)state;
    const double x[] = {44.4, 45.9, 41.9, NAN, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1, 1};
    const double y[] = {2.6, 3.1, 2.5, 7, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8, NAN};
    struct correlation pearson = correlation_pearson(x, y, 11, 1);
    assert_int_equal(pearson.used, 9);
    assert_int_equal(pearson.dropped, 2);
    assert_number(pearson.r, 0.5711815575638287, 1e-15);
    assert_number(pearson.p, 0.1081730543494938, 1e-14);
    assert_number(pearson.low, -0.1497426330367572, 1e-14);
    assert_number(pearson.high, 0.8955794618387393, 1e-14);
    struct correlation spearman = correlation_spearman(x, y, 11, 1, scratch);
    assert_number(spearman.r, 0.6, 1e-15);
    assert_number(spearman.p, 0.0876228290414024, 1e-14);
    assert_int_equal(spearman.dropped, 2);
    const double a[] = {1, 2, 2, 3, 4, 4, 4, 7}, b[] = {2, 1, 3, 3, 5, 4, 9, 8};
    spearman = correlation_spearman(a, b, 8, 1, scratch);
    assert_number(spearman.r, 0.8706358081229184, 1e-15);
    assert_number(spearman.p, 0.004900772308368089, 1e-15);
}

static void odd_pairs_have_no_correlation(void **state)
{
    (void)state;
    const double x[] = {0.1, 0.1, 0.1, 0.1}, y[] = {1, 2, 4, 3}, line[] = {2, 4, 8, 6};
    assert_true(isnan(correlation_pearson(x, y, 4, 1).r));
    assert_true(isnan(correlation_pearson(y, line, 2, 1).p));
    assert_true(isnan(correlation_pearson(y, line, 3, 1).low));
    struct correlation perfect = correlation_pearson(y, line, 4, 1);
    assert_number(perfect.r, 1, 0);
    assert_number(perfect.p, 0, 0);
    assert_true(isnan(correlation_spearman(x, y, 4, 1, scratch).r));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fixtures_equal_r_and_scipy),
    cmocka_unit_test(ozone_equals_r),
    cmocka_unit_test(u_counts_pairs),
    cmocka_unit_test(odd_samples_are_told),
    cmocka_unit_test(several_samples_equal_r),
    cmocka_unit_test(tied_samples_equal_r),
    cmocka_unit_test(boxes_have_the_whiskers_of_tukey),
    cmocka_unit_test(correlations_equal_r_and_scipy),
    cmocka_unit_test(odd_pairs_have_no_correlation),
};

TESTING_MAIN(tests)
