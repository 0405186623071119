/* airshed -- GPL-3.0-or-later. Order statistics and the quartile rule.
 * ranks: 1
 */
#include "testing.h"

#include <float.h>

#include "base/random.h"
#include "kernels/quantile.h"

enum {
    MOST = 400
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every rank of every length up to 60, of series with few and with many different values, and of
 * ascending, descending and organ-pipe ones. */
static void selection_equals_sorting(void **state)
{
    (void)state;
    struct random_key key = {3, 1};
    double sorted[MOST], values[MOST];
    for (int count = 1; count < 60; count++) {
        for (int kind = 0; kind < 6; kind++) {
            for (int i = 0; i < count; i++) {
                double draw =
                    (double)random_below(key, (uint64_t)kind, (uint64_t)i, 1 + 5000 * (kind == 1));
                double shape[] = {(double)(i * 7919 % 3), draw, i, -i, fmin(i, count - i), 1};
                sorted[i] = shape[kind];
            }
            for (int rank = 0; rank < count; rank++) {
                memcpy(values, sorted, sizeof values);
                double got = quantile_select(values, count, rank);
                for (int i = 0; i < count; i++) {
                    assert_true(i < rank ? values[i] <= got : values[i] >= got);
                }
                qsort(values, (size_t)count, sizeof *values, compare);
                assert_true(values[rank] == got);
            }
        }
    }
}

/* R 4.2: quantile(c(2, 3, 5, 7, 11, 13), c(0, .1, .25, .5, .9, 1)), exact in decimals. */
static void quantiles_are_those_of_type_7(void **state)
{
    (void)state;
    double probability[] = {0, 0.1, 0.25, 0.5, 0.9, 1};
    double expected[] = {2, 2.5, 3.5, 6, 12, 13};
    for (int i = 0; i < 6; i++) {
        double values[] = {13, 2, 7, 3, 11, 5};
        double got = quantile(values, 6, probability[i]);
        assert_close(&got, &expected[i], 1, 16 * DBL_EPSILON);
    }
    double one[] = {4};
    assert_true(quantile(one, 1, 0.3) == 4);
    assert_true(isnan(quantile(one, 0, 0.5)));
}

static void compaction_keeps_the_order(void **state)
{
    (void)state;
    double values[] = {NAN, 3, NAN, 1, 2, NAN};
    assert_int_equal(quantile_compact(values, 6), 3);
    assert_true(values[0] == 3 && values[1] == 1 && values[2] == 2);
}

/* Quartiles 3 and 8 (of 11 values, type 7), a spread of 5; beside, a column that must stay. */
static void outliers_leave_on_the_sides_asked_for(void **state)
{
    (void)state;
    static const struct {
        double factor;
        bool both;
        int removed;
        double low, high;
    } cases[] = {
        {3.0, false, 1, -INFINITY, 23},
        {3.0, true, 2, -12, 23},
        {1.5, true, 3, -4.5, 15.5},
        {100, true, 0, -497, 508},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double series[13 * 2], scratch[13];
        double values[] = {3, 24, 4, NAN, 5, 6, 8, NAN, 8, 16, 3, 2, -13};
        for (int i = 0; i < 13; i++) {
            series[2 * i] = values[i];
            series[2 * i + 1] = 1e9;
        }
        struct outlier_rule rule = {cases[c].factor, cases[c].both};
        struct outlier_result result = outlier_remove(&rule, series, 13, 2, scratch);
        assert_int_equal(result.valid, 11);
        assert_true(result.q1 == 3 && result.q3 == 8);
        assert_int_equal(result.removed, cases[c].removed);
        assert_true(result.low == cases[c].low && result.high == cases[c].high);
        assert_true(isnan(series[2]) == (cases[c].removed > 0));
        assert_true(isnan(series[24]) == (cases[c].removed > 1));
        assert_true(series[0] == 3 && series[1] == 1e9);
    }
}

static void odd_series_are_left_alone(void **state)
{
    (void)state;
    struct outlier_rule rule = {1.5, true};
    double scratch[6], rain[] = {0, 0, 0, 0, 0, 12}, empty[] = {NAN, NAN};
    assert_int_equal(outlier_remove(&rule, rain, 6, 1, scratch).removed, 0);
    assert_true(rain[5] == 12);
    struct outlier_result result = outlier_remove(&rule, empty, 2, 1, scratch);
    assert_true(result.valid == 0 && result.removed == 0 && isnan(result.q1));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(selection_equals_sorting),
    cmocka_unit_test(quantiles_are_those_of_type_7),
    cmocka_unit_test(compaction_keeps_the_order),
    cmocka_unit_test(outliers_leave_on_the_sides_asked_for),
    cmocka_unit_test(odd_series_are_left_alone),
};

TESTING_MAIN(tests)
