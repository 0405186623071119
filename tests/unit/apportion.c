/* airshed -- GPL-3.0-or-later. Totals of zones over their cells.
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"
#include "kernels/apportion.h"

enum { MOST = 5000 };

static float proxy[MOST];
static double extent[MOST], share[MOST], map[MOST], expected[MOST];
static int64_t cell[MOST];

static struct apportion_cells cells_of(int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        cell[i] = i;
    }
    return (struct apportion_cells){count, cell, extent};
}

static void shares_follow_proxy_and_extent(void **state)
{
    (void)state;
    const struct apportion_cells cells = cells_of(100);
    for (int i = 0; i < 100; i++) {
        proxy[i] = (float)(i + 1);
        extent[i] = i % 2 == 0 ? 1 : 0.5;
        expected[i] = (i + 1) * extent[i] / (2500 + 2550 * 0.5);
    }
    struct apportion_survey survey = apportion_shares(&cells, proxy, share);
    assert_true(survey.sum == 2500 + 2550 * 0.5); /* sums of halves are exact */
    assert_int_equal(survey.missing, 0);
    assert_int_equal(survey.negative, 0);
    assert_close(share, expected, 100, 0x1p-53); /* one quotient of exact numbers below 1 */
}

static void parts_add_up_to_the_total_within_the_stated_bound(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 2, 3, 17, 256, 1000, 4999, MOST};
    static const double totals[] = {1, 1e-30, 214820.1, 3.7e200};
    const double u = 0x1p-53;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const struct apportion_cells cells = cells_of(counts[c]);
        for (int64_t i = 0; i < counts[c]; i++) { /* over twelve decades */
            double a[2];
            random_uniforms((struct random_key){7, 1}, (uint64_t)c, 2 * (uint64_t)i, 2, a);
            proxy[i] = (float)pow(10, 12 * a[0] - 6);
            extent[i] = a[1] + 1e-9;
        }
        apportion_shares(&cells, proxy, share);
        for (size_t t = 0; t < sizeof totals / sizeof totals[0]; t++) {
            long double sum = 0; /* its own rounding, n 2^-64, is small beside the bound */
            memset(map, 0, sizeof map);
            apportion_add(&cells, share, totals[t], map);
            for (int64_t i = 0; i < counts[c]; i++) {
                sum += map[i];
            }
            double bound = (ceil(log2((double)counts[c])) + 2) * u * totals[t] +
                           (double)counts[c] * 0x1p-64 * totals[t];
            assert_true(fabsl(sum - (long double)totals[t]) <= (long double)bound);
        }
    }
}

static void missing_and_infinite_values_count_as_nothing(void **state)
{
    (void)state;
    const struct apportion_cells cells = cells_of(4);
    const float some[] = {1, NAN, INFINITY, 3};
    const double quarters[] = {0.25, 0, 0, 0.75};
    extent[0] = extent[1] = extent[2] = extent[3] = 1;
    struct apportion_survey survey = apportion_shares(&cells, some, share);
    assert_int_equal(survey.missing, 2);
    assert_close(share, quarters, 4, 0);
}

static void a_negative_value_is_told_with_its_cell(void **state)
{
    (void)state;
    struct apportion_cells cells = cells_of(3);
    const int64_t places[] = {4, 2, 7};
    const float some[] = {0, 0, -1, 0, 5, 0, 0, -9999};
    cells.cell = places;
    struct apportion_survey survey = apportion_shares(&cells, some, share);
    assert_int_equal(survey.negative, 2);
    assert_int_equal(survey.negative_cell, 2);
}

static void a_proxy_of_zeros_gives_no_shares_and_none_gives_those_of_the_extent(void **state)
{
    (void)state;
    const struct apportion_cells cells = cells_of(3);
    const float zeros[3] = {0};
    const double none[3] = {0}, even[] = {0.25, 0.5, 0.25};
    extent[0] = extent[2] = 1;
    extent[1] = 2;
    assert_true(apportion_shares(&cells, zeros, share).sum == 0);
    assert_close(share, none, 3, 0);
    assert_true(apportion_shares(&cells, NULL, share).sum == 4);
    assert_close(share, even, 3, 0);
}

static void zones_that_share_a_cell_add_there_and_other_cells_stay(void **state)
{
    (void)state;
    const int64_t first[] = {0, 1, 1}, second[] = {1, 2};
    const double ones[] = {1, 1, 1}, half[] = {0.5, 0.25, 0.25}, even[] = {0.5, 0.5};
    double at[4] = {NAN, NAN, NAN, NAN};
    const double sums[4] = {4, 4 + 1, 1, NAN};
    apportion_add(&(struct apportion_cells){3, first, ones}, half, 8, at);
    apportion_add(&(struct apportion_cells){2, second, ones}, even, 2, at);
    assert_close(at, sums, 4, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shares_follow_proxy_and_extent),
    cmocka_unit_test(parts_add_up_to_the_total_within_the_stated_bound),
    cmocka_unit_test(missing_and_infinite_values_count_as_nothing),
    cmocka_unit_test(a_negative_value_is_told_with_its_cell),
    cmocka_unit_test(a_proxy_of_zeros_gives_no_shares_and_none_gives_those_of_the_extent),
    cmocka_unit_test(zones_that_share_a_cell_add_there_and_other_cells_stay),
};

TESTING_MAIN(tests)
