/* airshed -- GPL-3.0-or-later. Time axes: CF dates, order, ranges, gaps.
 * ranks: 1
 */
#include "testing.h"

#include "grid/time_axis.h"

/* A list that macros take for one argument. */
#define NUMBERS(...) ((const double[]){__VA_ARGS__})

static struct time_axis *from_values(const char *units, const char *calendar, int64_t steps,
                                     const double *value, const double *bounds)
{
    struct time_axis *axis = NULL;
    assert_int_equal(time_axis_create_values(units, calendar, steps, value, bounds, &axis),
                     STATUS_OK);
    return axis;
}

static void assert_date(const struct time_axis *axis, int64_t step, int year, int month, int day)
{
    struct calendar_date date = time_axis_date(axis, step);
    assert_int_equal(date.year, year);
    assert_int_equal(date.month, month);
    assert_int_equal(date.day, day);
}

static void days_run_over_the_leap_day(void **state)
{
    (void)state;
    char text[64];
    struct time_axis *axis = NULL;
    assert_int_equal(time_axis_create_daily(CALENDAR_STANDARD, 2012, 2, 27, 4, &axis), STATUS_OK);
    assert_int_equal(axis->epoch_year, 2012);
    assert_close(axis->value, NUMBERS(57, 58, 59, 60), 4, 0);
    assert_date(axis, 2, 2012, 2, 29);
    assert_date(axis, 3, 2012, 3, 1);
    assert_true(axis->step_days == 1);
    assert_string_equal(time_axis_resolution(axis, text, sizeof text), "P1D");
    assert_string_equal(time_axis_text(axis, axis->bounds[7], text, sizeof text),
                        "2012-03-02T00:00:00Z");
    time_axis_destroy(&axis);
    assert_int_equal(time_axis_create_daily(CALENDAR_NOLEAP, 2012, 2, 27, 4, &axis), STATUS_OK);
    assert_date(axis, 2, 2012, 3, 1);
    time_axis_destroy(&axis);
    failure_clear();
    assert_int_equal(time_axis_create_daily(CALENDAR_NOLEAP, 2012, 2, 29, 4, &axis), STATUS_DATA);
    failure_clear();
}

/* Ten years of P2.01 have 3653 days. */
static void noon_stamps_of_ten_years_are_their_days(void **state)
{
    (void)state;
    static double noon[3653];
    char why[64];
    struct time_axis *days = NULL;
    for (int i = 0; i < 3653; i++) {
        noon[i] = 24.0 * i + 12;
    }
    struct time_axis *axis =
        from_values("hours since 2012-01-01 00:00:00", "gregorian", 3653, noon, NULL);
    assert_date(axis, 3652, 2021, 12, 31);
    assert_int_equal(time_axis_create_daily(CALENDAR_PROLEPTIC_GREGORIAN, 2012, 1, 1, 3653, &days),
                     STATUS_OK);
    assert_true(time_axis_is_equal(axis, days, why, sizeof why));
    time_axis_destroy(&axis);
    time_axis_destroy(&days);
}

static void hours_keep_their_time_of_day(void **state)
{
    (void)state;
    char text[64];
    const double hours[] = {0, 6, 12, 18, 24};
    struct time_axis *axis =
        from_values("hours since 1900-01-01 03:00:00", "standard", 5, hours, NULL);
    assert_true(axis->step_days == 0.25);
    assert_string_equal(time_axis_resolution(axis, text, sizeof text), "PT6H");
    assert_string_equal(time_axis_text(axis, axis->value[2], text, sizeof text),
                        "1900-01-01T15:00:00Z");
    time_axis_destroy(&axis);
}

static void mid_month_stamps_are_their_months(void **state)
{
    (void)state;
    char text[64];
    const double middle[] = {14, 45, 73, 104}; /* the 15th of January to April 2001 */
    struct time_axis *axis = from_values("days since 2001-01-01", "standard", 4, middle, NULL);
    assert_close(axis->value, NUMBERS(0, 31, 59, 90), 4, 0);
    assert_close(axis->bounds + 6, NUMBERS(90, 120), 2, 0);
    assert_true(axis->step_days == 0);
    assert_string_equal(time_axis_resolution(axis, text, sizeof text), "P1M");
    time_axis_destroy(&axis);
}

static void sound_bounds_move_the_stamp_to_the_start(void **state)
{
    (void)state;
    const double stamps[] = {1, 2, 3}; /* at the end of each day */
    const double bounds[] = {0, 1, 1, 2, 2, 3};
    const double wrong[] = {5, 6, 6, 7, 7, 8};
    struct time_axis *axis = from_values("days since 2001-01-01", "standard", 3, stamps, bounds);
    assert_date(axis, 0, 2001, 1, 1);
    time_axis_destroy(&axis);
    axis = from_values("days since 2001-01-01", "standard", 3, stamps, wrong);
    assert_date(axis, 0, 2001, 1, 2);
    time_axis_destroy(&axis);
}

static void repeated_and_unsorted_steps_are_named(void **state)
{
    (void)state;
    struct time_axis *axis = NULL;
    failure_clear();
    assert_int_equal(time_axis_create_values("days since 2001-01-01", "standard", 3,
                                             NUMBERS(0, 1, 1), NULL, &axis),
                     STATUS_DATA);
    assert_null(axis);
    assert_non_null(strstr(failure_message(), "2001-01-02 repeats 2001-01-02"));
    failure_clear();
    assert_int_equal(time_axis_create_values("days since 2001-01-01", "standard", 3,
                                             NUMBERS(0, 4, 1), NULL, &axis),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "2001-01-02 follows 2001-01-05"));
    failure_clear();
    assert_int_equal(time_axis_create_values("months since 2001-01-01", "standard", 1,
                                             NUMBERS(0), NULL, &axis),
                     STATUS_DATA);
    failure_clear();
    assert_int_equal(time_axis_create_values("days since 2001-01-01", "standard", 1,
                                             NUMBERS(NAN), NULL, &axis),
                     STATUS_DATA);
    failure_clear();
}

static void ranges_hold_both_ends(void **state)
{
    (void)state;
    struct time_axis *axis = NULL;
    int64_t first, steps;
    assert_int_equal(time_axis_create_daily(CALENDAR_STANDARD, 2012, 1, 1, 366, &axis), STATUS_OK);
    assert_int_equal(time_axis_range(axis, "2012-02-28", "2012-03-01", &first, &steps), STATUS_OK);
    assert_int_equal(first, 58);
    assert_int_equal(steps, 3);
    assert_int_equal(time_axis_range(axis, NULL, NULL, &first, &steps), STATUS_OK);
    assert_int_equal(steps, 366);
    failure_clear();
    assert_int_equal(time_axis_range(axis, "2013-01-01", NULL, &first, &steps), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "2012-12-31"));
    failure_clear();
    assert_int_equal(time_axis_range(axis, "2012-13-01", NULL, &first, &steps), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "--from"));
    failure_clear();
    time_axis_destroy(&axis);
}

static void gaps_are_counted_named_and_filled(void **state)
{
    (void)state;
    char text[128];
    const double days[] = {0, 1, 4, 5};
    struct time_axis *filled = NULL;
    int64_t *source = NULL;
    struct time_axis *axis = from_values("days since 2012-02-27", "standard", 4, days, NULL);
    assert_int_equal(time_axis_missing(axis, text, sizeof text), 2);
    assert_string_equal(text, "2012-02-29, 2012-03-01");
    assert_int_equal(time_axis_fill(axis, &filled, &source), STATUS_OK);
    assert_int_equal(filled->steps, 6);
    static const int64_t expected[] = {0, 1, -1, -1, 2, 3};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(source[i], expected[i]);
    }
    assert_date(filled, 2, 2012, 2, 29);
    assert_int_equal(time_axis_missing(filled, text, sizeof text), 0);
    time_axis_destroy(&filled);
    free(source);
    time_axis_destroy(&axis);
}

/* A wrong date among seconds leaves 10^12 gaps: they are counted, but not inserted. */
static void a_gap_of_ages_is_counted_at_once_and_not_filled(void **state)
{
    (void)state;
    char text[128];
    const double values[] = {0, 1, 1e12};
    struct time_axis *filled = NULL;
    int64_t *source = NULL;
    struct time_axis *axis =
        from_values("seconds since 1970-01-01", "standard", 3, values, NULL);
    assert_true(time_axis_missing(axis, text, sizeof text) == 999999999998);
    assert_non_null(strstr(text, " and 999999999993 more"));
    assert_int_equal(time_axis_fill(axis, &filled, &source), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "to 33658-09-27T01:46:40: is a date wrong?"));
    assert_null(filled);
    assert_null(source);
    failure_clear();
    time_axis_destroy(&axis);
}

static void missing_months_are_found(void **state)
{
    (void)state;
    char text[128];
    const double starts[] = {0, 31, 90, 120}; /* without March 2001 */
    struct time_axis *filled = NULL;
    int64_t *source = NULL;
    struct time_axis *axis = from_values("days since 2001-01-01", "standard", 4, starts, NULL);
    assert_int_equal(time_axis_missing(axis, text, sizeof text), 1);
    assert_string_equal(text, "2001-03-01");
    assert_int_equal(time_axis_fill(axis, &filled, &source), STATUS_OK);
    assert_int_equal(filled->steps, 5);
    assert_int_equal(source[2], -1);
    time_axis_destroy(&filled);
    free(source);
    time_axis_destroy(&axis);
}

static void axes_differ_by_dates_not_by_numbers(void **state)
{
    (void)state;
    char why[128];
    struct time_axis *first =
        from_values("days since 2012-01-01", "standard", 3, NUMBERS(0, 1, 2), NULL);
    struct time_axis *same = from_values("hours since 2011-12-31", "standard", 3,
                                         NUMBERS(24, 48, 72), NULL);
    struct time_axis *other =
        from_values("days since 2012-01-01", "standard", 3, NUMBERS(0, 1, 3), NULL);
    assert_true(time_axis_is_equal(first, same, why, sizeof why));
    assert_false(time_axis_is_equal(first, other, why, sizeof why));
    assert_string_equal(why, "step 2 is 2012-01-03 against 2012-01-04");
    time_axis_destroy(&same);
    assert_int_equal(time_axis_cut(first, 1, 2, &same), STATUS_OK);
    assert_date(same, 0, 2012, 1, 2);
    time_axis_destroy(&same);
    time_axis_destroy(&first);
    time_axis_destroy(&other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(days_run_over_the_leap_day),
    cmocka_unit_test(noon_stamps_of_ten_years_are_their_days),
    cmocka_unit_test(hours_keep_their_time_of_day),
    cmocka_unit_test(mid_month_stamps_are_their_months),
    cmocka_unit_test(sound_bounds_move_the_stamp_to_the_start),
    cmocka_unit_test(repeated_and_unsorted_steps_are_named),
    cmocka_unit_test(ranges_hold_both_ends),
    cmocka_unit_test(gaps_are_counted_named_and_filled),
    cmocka_unit_test(a_gap_of_ages_is_counted_at_once_and_not_filled),
    cmocka_unit_test(missing_months_are_found),
    cmocka_unit_test(axes_differ_by_dates_not_by_numbers),
};

TESTING_MAIN(tests)
