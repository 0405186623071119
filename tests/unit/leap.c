/* airshed -- GPL-3.0-or-later. 29 February on the way to STL and back.
 * ranks: 1
 */
#include <stdbool.h>

#include "testing.h"

#include "base/memory.h"
#include "kernels/leap.h"
#include "kernels/stl.h"

enum {
    FIRST_YEAR = 2012,
    YEARS = 10,
    DAYS = 3653,
    MOST_DAYS = 4000
};

static int32_t day_of_year[MOST_DAYS];
static int32_t days_in_year[MOST_DAYS];

/* Days of the years 2012 to 2021, from the given one on; 2012, 2016 and 2020 are leap years. */
static void calendar_make(int64_t skip, int64_t days)
{
    int64_t step = 0;
    for (int year = FIRST_YEAR; step < skip + days; year++) {
        int32_t length = year % 4 == 0 ? 366 : 365;
        for (int32_t day = 1; day <= length && step < skip + days; day++, step++) {
            if (step >= skip) {
                day_of_year[step - skip] = day;
                days_in_year[step - skip] = length;
            }
        }
    }
}

static double *block_create(int64_t steps)
{
    double *block = NULL;
    assert_int_equal(memory_allocate((size_t)(steps * LANES), sizeof *block, &block), STATUS_OK);
    return block;
}

static struct leap_axis *axis_create(enum leap_mode mode, int64_t skip, int64_t days)
{
    struct leap_axis *axis = NULL;
    calendar_make(skip, days);
    assert_int_equal(leap_axis_create(mode, days, day_of_year, days_in_year, &axis), STATUS_OK);
    return axis;
}

static bool is_leap_day(int64_t step)
{
    return days_in_year[step] == 366 && day_of_year[step] == 60;
}

static void only_days_that_are_points_need_no_moving(void **state)
{
    (void)state;
    enum { COMMON_YEAR = 365 };
    for (enum leap_mode mode = LEAP_NAIVE; mode <= LEAP_INTERPOLATE; mode++) {
        struct leap_axis *axis = axis_create(mode, 0, DAYS);
        assert_int_equal(leap_axis_is_plain(axis), mode == LEAP_NAIVE);
        leap_axis_destroy(&axis);
        axis = axis_create(mode, COMMON_YEAR + 1, COMMON_YEAR); /* 2013 */
        assert_true(leap_axis_is_plain(axis));
        leap_axis_destroy(&axis);
    }
}

static void ten_years_have_the_right_points(void **state)
{
    (void)state;
    static const int64_t points[] = {
        [LEAP_NAIVE] = 3653, [LEAP_CALENDAR] = 3650, [LEAP_DROP] = 3650, [LEAP_INTERPOLATE] = 3650};
    for (int mode = LEAP_NAIVE; mode <= LEAP_INTERPOLATE; mode++) {
        struct leap_axis *axis = axis_create((enum leap_mode)mode, 0, DAYS);
        assert_int_equal(axis->points, points[mode]);
        leap_axis_destroy(&axis);
    }
}

static void the_leap_day_is_the_mean_of_its_neighbours_or_missing(void **state)
{
    (void)state;
    double *series = block_create(DAYS);
    double *points = block_create(DAYS);
    double *back = block_create(DAYS);
    for (int64_t i = 0; i < DAYS * LANES; i++) {
        series[i] = sin((double)i);
    }
    for (int mode = LEAP_CALENDAR; mode <= LEAP_DROP; mode++) {
        struct leap_axis *axis = axis_create((enum leap_mode)mode, 0, DAYS);
        leap_to_points(axis, series, points);
        leap_to_days(axis, points, back);
        for (int64_t step = 0; step < DAYS; step++) {
            double expected = series[step * LANES + 2];
            if (is_leap_day(step)) {
                expected = 0.5 * (series[(step - 1) * LANES + 2] + series[(step + 1) * LANES + 2]);
                expected = mode == LEAP_DROP ? NAN : expected;
            }
            assert_close(&back[step * LANES + 2], &expected, 1, 0);
        }
        leap_axis_destroy(&axis);
    }
    free(series);
    free(points);
    free(back);
}

static void a_leap_day_at_an_end_has_one_neighbour(void **state)
{
    (void)state;
    double series[3 * LANES] = {0};
    double back[3 * LANES];
    double points[3 * LANES];
    for (int64_t skip = 57; skip <= 59; skip++) {
        int64_t leap = 59 - skip;
        struct leap_axis *axis = axis_create(LEAP_CALENDAR, skip, 3);
        for (int64_t i = 0; i < 3; i++) {
            series[i * LANES] = (double)(10 * (i + 1));
        }
        leap_to_points(axis, series, points);
        leap_to_days(axis, points, back);
        static const double expected[] = {20, 20, 20};
        assert_int_equal(axis->points, 2);
        assert_true(back[leap * LANES] == expected[leap]);
        leap_axis_destroy(&axis);
    }
}

/* A straight line in the fraction of the year is kept by linear maps, there and back, and each year
 * has the same 365 values. Rounding only: values up to 366. */
static void interpolation_keeps_a_line_within_the_year(void **state)
{
    (void)state;
    double *series = block_create(DAYS);
    double *points = block_create(DAYS);
    double *back = block_create(DAYS);
    struct leap_axis *axis = axis_create(LEAP_INTERPOLATE, 0, DAYS);
    for (int64_t i = 0; i < DAYS; i++) {
        series[i * LANES] = ((double)day_of_year[i] - 0.5) / (double)days_in_year[i];
    }
    leap_to_points(axis, series, points);
    leap_to_days(axis, points, back);
    for (int64_t i = 0; i < axis->points; i++) {
        assert_true(fabs(points[i * LANES] - ((double)(i % 365) + 0.5) / 365) < 1e-13);
    }
    for (int64_t i = 0; i < DAYS; i++) {
        bool end = day_of_year[i] == 1 || day_of_year[i] == days_in_year[i];
        assert_true(end || fabs(back[i * LANES] - series[i * LANES]) < 1e-13);
    }
    leap_axis_destroy(&axis);
    free(series);
    free(points);
    free(back);
}

static void every_start_and_length_stays_within_bounds(void **state)
{
    (void)state;
    for (int64_t skip = 0; skip < 800; skip += 7) {
        for (int64_t days = 1; days < 900; days += 37) {
            for (int mode = LEAP_NAIVE; mode <= LEAP_INTERPOLATE; mode++) {
                struct leap_axis *axis = axis_create((enum leap_mode)mode, skip, days);
                for (int64_t i = 0; i < axis->points; i++) {
                    struct leap_source source = axis->point_sources[i];
                    assert_true(source.first >= 0 && source.first + (source.share > 0) < days);
                    assert_true(i == 0 || source.first > source.share - 1 +
                                                             axis->point_sources[i - 1].first - 1);
                }
                for (int64_t i = 0; i < days; i++) {
                    struct leap_source source = axis->day_sources[i];
                    assert_true(source.first + (source.share > 0) < axis->points);
                }
                leap_axis_destroy(&axis);
            }
        }
    }
}

/* A peak of 40 units, two days to its turning points, bound to the calendar; the largest remainder
 * after STL. */
static double largest_remainder(enum leap_mode mode)
{
    struct leap_axis *axis = axis_create(mode, 0, DAYS);
    struct stl_settings settings = stl_settings_preset(STL_PRESET_R, 365, 7, false);
    struct stl_plan *plan = NULL;
    struct stl_workspace *workspace = NULL;
    enum reason reasons[STL_LANES];
    double *series = block_create(DAYS);
    double *points = block_create(axis->points);
    double *trend_points = block_create(axis->points);
    double *seasonal_points = block_create(axis->points);
    double *trend = block_create(DAYS);
    double *seasonal = block_create(DAYS);
    struct stl_parts parts = {.trend = trend_points, .seasonal = seasonal_points};
    double largest = 0;
    for (int64_t i = 0; i < DAYS; i++) {
        bool late = days_in_year[i] == 366 && day_of_year[i] > 60;
        double from_peak = (double)(day_of_year[i] - late - 200) / 2;
        for (int lane = 0; lane < LANES; lane++) {
            series[i * LANES + lane] = 40 * exp(-0.5 * from_peak * from_peak);
        }
    }
    leap_to_points(axis, series, points);
    assert_int_equal(stl_plan_create(&settings, axis->points, &plan), STATUS_OK);
    assert_int_equal(stl_workspace_create(plan, &workspace), STATUS_OK);
    stl_decompose(plan, workspace, points, &parts, reasons);
    leap_to_days(axis, trend_points, trend);
    leap_to_days(axis, seasonal_points, seasonal);
    for (int64_t i = 0; i < DAYS * LANES; i++) {
        double remainder = fabs(series[i] - trend[i] - seasonal[i]);
        largest =
            remainder > largest ? remainder : largest; /* NaN of dropped days is passed over */
    }
    stl_workspace_destroy(&workspace);
    stl_plan_destroy(&plan);
    leap_axis_destroy(&axis);
    free(series);
    free(points);
    free(trend_points);
    free(seasonal_points);
    free(trend);
    free(seasonal);
    return largest;
}

/* The check of P2.25: naive drifts by a day every four years, drop and calendar do not. */
static void a_calendar_peak_is_seasonal_without_leap_days(void **state)
{
    (void)state;
    assert_true(largest_remainder(LEAP_DROP) < 0.2);
    assert_true(largest_remainder(LEAP_CALENDAR) < 0.2);
    assert_true(largest_remainder(LEAP_NAIVE) > 5);
    assert_true(largest_remainder(LEAP_INTERPOLATE) < largest_remainder(LEAP_NAIVE));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_days_that_are_points_need_no_moving),
    cmocka_unit_test(ten_years_have_the_right_points),
    cmocka_unit_test(the_leap_day_is_the_mean_of_its_neighbours_or_missing),
    cmocka_unit_test(a_leap_day_at_an_end_has_one_neighbour),
    cmocka_unit_test(interpolation_keeps_a_line_within_the_year),
    cmocka_unit_test(every_start_and_length_stays_within_bounds),
    cmocka_unit_test(a_calendar_peak_is_seasonal_without_leap_days),
};

TESTING_MAIN(tests)
