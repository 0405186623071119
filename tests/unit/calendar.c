/* airshed -- GPL-3.0-or-later. CF time against UDUNITS, known days and a day-by-day walk.
 * ranks: 1
 */
#include "testing.h"

#include <udunits2.h>

#include "base/calendar.h"

static const enum calendar calendars[] = {
    CALENDAR_STANDARD, CALENDAR_PROLEPTIC_GREGORIAN,
    CALENDAR_NOLEAP,   CALENDAR_ALL_LEAP,
    CALENDAR_360_DAY,  CALENDAR_JULIAN,
};

enum {
    CALENDAR_COUNT = sizeof calendars / sizeof calendars[0]
};

/* The plain reference: month lengths as the conventions state them, one day after the other. */
static int reference_month_days(enum calendar calendar, int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool julian_leap = year % 4 == 0;
    bool gregorian_leap = julian_leap && (year % 100 != 0 || year % 400 == 0);
    bool leap[] = {year > 1582 ? gregorian_leap : julian_leap,
                   gregorian_leap,
                   false,
                   true,
                   false,
                   julian_leap};
    if (calendar == CALENDAR_360_DAY) {
        return 30;
    }
    return days[month - 1] + (month == 2 && leap[calendar]);
}

static void every_day_of_a_thousand_years_goes_round(void **state)
{
    (void)state;
    for (int c = 0; c < CALENDAR_COUNT; c++) {
        int64_t day = calendar_day_number(calendars[c], 1500, 1, 1);
        for (int year = 1500; year <= 2500; year++) {
            int day_of_year = 0;
            for (int month = 1; month <= 12; month++) {
                int days = reference_month_days(calendars[c], year, month);
                assert_int_equal(calendar_days_in_month(calendars[c], year, month), days);
                for (int d = 1; d <= days; d++) {
                    bool lost = calendars[c] == CALENDAR_STANDARD && year == 1582 && month == 10 &&
                                d >= 5 && d <= 14;
                    assert_int_equal(calendar_date_exists(calendars[c], year, month, d), !lost);
                    if (lost) {
                        continue;
                    }
                    struct calendar_date date = calendar_date_of_day(calendars[c], day);
                    bool same = date.year == year && date.month == month && date.day == d &&
                                calendar_day_number(calendars[c], year, month, d) == day &&
                                calendar_day_of_year(calendars[c], &date) == ++day_of_year;
                    if (!same) {
                        fprintf(stderr, "%s %d-%d-%d\n", calendar_name(calendars[c]), year, month,
                                d);
                        fail();
                    }
                    day++;
                }
            }
            assert_int_equal(calendar_days_in_year(calendars[c], year), day_of_year);
        }
    }
}

/* Julian day numbers of textbooks (Meeus, Astronomical Algorithms, chapter 7): the day that begins
 * at JD - 0.5. */
static void known_julian_days(void **state)
{
    (void)state;
    static const struct {
        enum calendar calendar;
        int year, month, day;
        double julian_day;
    } known[] = {
        {CALENDAR_STANDARD, 2000, 1, 1, 2451544.5},
        {CALENDAR_STANDARD, 1999, 1, 1, 2451179.5},
        {CALENDAR_STANDARD, 1987, 6, 19, 2446965.5},
        {CALENDAR_STANDARD, 1900, 1, 1, 2415020.5},
        {CALENDAR_STANDARD, 1600, 12, 31, 2305812.5},
        {CALENDAR_STANDARD, 1957, 10, 4, 2436115.5}, /* 4.81 October: 2436116.31 */
        {CALENDAR_STANDARD, 1582, 10, 15, 2299160.5},
        {CALENDAR_STANDARD, 1582, 10, 4, 2299159.5},
        {CALENDAR_STANDARD, 837, 4, 10, 2026871.5},   /* 10.3 April: 2026871.8 */
        {CALENDAR_STANDARD, 333, 1, 27, 1842712.5},   /* 27 January at noon: 1842713.0 */
        {CALENDAR_STANDARD, -1002, 8, 17, 1355670.5}, /* astronomers' -1001, 17.9: 1355671.4 */
        {CALENDAR_STANDARD, -4713, 1, 1, -0.5},       /* astronomers' -4712, noon: 0.0 */
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        int64_t day =
            calendar_day_number(known[i].calendar, known[i].year, known[i].month, known[i].day);
        assert_true((double)day + 2440587.5 == known[i].julian_day);
        struct calendar_date date = calendar_date_of_day(known[i].calendar, day);
        assert_int_equal(date.year, known[i].year);
    }
    /* Proleptic Gregorian dates go on before 1582. */
    assert_int_equal(calendar_day_number(CALENDAR_PROLEPTIC_GREGORIAN, 1582, 10, 14),
                     calendar_day_number(CALENDAR_STANDARD, 1582, 10, 4));
}

static void the_standard_calendar_agrees_with_udunits(void **state)
{
    (void)state;
    ut_set_error_message_handler(ut_ignore);
    ut_system *system = ut_read_xml(NULL);
    assert_non_null(system);
    static const char *const texts[] = {
        "days since 2000-01-01 00:00:00",
        "hours since 1900-01-01",
        "hours since 1800-1-1 00:00:0.0",
        "seconds since 1970-01-01T00:00:00Z",
        "minutes since 1582-10-15 12:30",
        "days since 1500-02-28 06:00:00 +8:00",
        "hours since 2010-03-01 00:00 -5:30",
        "days since 1979-01-01 00:00:00 UTC",
        "weeks since 1999-12-31",
        "milliseconds since 2020-02-29 23:59:59.5",
        "months since 1990-01-01",
        "years since 1990-06-01",
        "hr since 2001-04-05 0:00 -0730",
        "d since 1990-01",
    };
    ut_unit *seconds = ut_parse(system, "seconds since 1970-01-01 00:00:00 UTC", UT_ASCII);
    assert_non_null(seconds);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct calendar_units units;
        assert_int_equal(calendar_units_parse(texts[i], CALENDAR_STANDARD, true, &units),
                         STATUS_OK);
        ut_unit *theirs = ut_parse(system, texts[i], UT_ASCII);
        assert_non_null(theirs);
        cv_converter *converter = ut_get_converter(theirs, seconds);
        assert_non_null(converter);
        for (int k = -20; k <= 20; k++) {
            double value = k * 37.25, expected = cv_convert_double(converter, value);
            struct calendar_date date;
            assert_true(calendar_decode(&units, value, &date));
            double day =
                (double)calendar_day_number(CALENDAR_STANDARD, date.year, date.month, date.day);
            double got = day * 86400 + date.seconds;
            /* Half of a millisecond from rounding, and doubles of 1e11 s are 1.5e-5 apart. */
            assert_close(&got, &expected, 1, 0.000501 + 4 * 1.5e-5);
            double back = calendar_encode(&units, &date);
            assert_close(&back, &value, 1, 0.00051 / units.unit_s + 1e-9);
        }
        cv_free(converter);
        ut_free(theirs);
    }
    ut_free(seconds);
    ut_free_system(system);
}

static void model_calendars_count_their_own_days(void **state)
{
    (void)state;
    static const struct {
        enum calendar calendar;
        const char *units;
        double value;
        const char *expected;
    } known[] = {
        {CALENDAR_NOLEAP, "days since 2000-01-01", 59, "2000-03-01T00:00:00"},
        {CALENDAR_NOLEAP, "days since 0001-01-01 00:00:00", 730000.5, "2001-01-01T12:00:00"},
        {CALENDAR_ALL_LEAP, "days since 2001-01-01", 59, "2001-02-29T00:00:00"},
        {CALENDAR_ALL_LEAP, "days since 2001-01-01", 366, "2002-01-01T00:00:00"},
        {CALENDAR_360_DAY, "days since 2001-01-01", 59, "2001-02-30T00:00:00"},
        {CALENDAR_360_DAY, "hours since 1850-12-01", 720, "1851-01-01T00:00:00"},
        {CALENDAR_JULIAN, "days since 1900-02-28", 1, "1900-02-29T00:00:00"},
        {CALENDAR_STANDARD, "days since 1582-10-04", 1, "1582-10-15T00:00:00"},
        {CALENDAR_STANDARD, "days since 1582-10-15", -1, "1582-10-04T00:00:00"},
        {CALENDAR_PROLEPTIC_GREGORIAN, "days since 1582-10-04", 1, "1582-10-05T00:00:00"},
        {CALENDAR_PROLEPTIC_GREGORIAN, "days since 0000-01-01", 60, "0000-03-01T00:00:00"},
        {CALENDAR_STANDARD, "days since 2000-01-01 00:00:00 +8:00", 0, "1999-12-31T16:00:00"},
        {CALENDAR_STANDARD, "hours since 1900-01-01", 876582 + 0.25, "2000-01-01T06:15:00"},
        {CALENDAR_STANDARD, "days since 1900-01-01", 36524 + 1.0 / 24, "2000-01-01T01:00:00"},
        {CALENDAR_STANDARD, "hours since 1-1-1 00:00:0.0", 17540448, "2002-01-01T00:00:00"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct calendar_units units;
        struct calendar_date date;
        char text[CALENDAR_TEXT_BYTES];
        assert_int_equal(calendar_units_parse(known[i].units, known[i].calendar, false, &units),
                         STATUS_OK);
        assert_true(calendar_decode(&units, known[i].value, &date));
        assert_string_equal(calendar_format_time(&date, text), known[i].expected);
    }
}

static void odd_values_are_not_decoded(void **state)
{
    (void)state;
    struct calendar_units units;
    struct calendar_date date;
    assert_int_equal(
        calendar_units_parse("days since 2000-01-01", CALENDAR_STANDARD, false, &units), STATUS_OK);
    assert_false(calendar_decode(&units, NAN, &date));
    assert_false(calendar_decode(&units, INFINITY, &date));
    assert_false(calendar_decode(&units, 9.96921e36, &date)); /* the default fill value */
    assert_true(calendar_decode(&units, -1e6, &date));
    assert_int_equal(
        calendar_units_parse("days since 999999-01-01", CALENDAR_STANDARD, false, &units),
        STATUS_OK);
    assert_true(calendar_decode(&units, 365 + 365, &date));
    assert_false(calendar_decode(&units, 1000, &date)); /* beyond the year 1,000,000 */
}

static void bad_units_are_refused_in_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *units, *message;
    } cases[] = {
        {"months since 2000-01-01", "a month or year is no fixed number of days"},
        {"Years since 2000-01-01", "a month or year is no fixed number of days"},
        {"days", "expected something like 'days since 2000-01-01'"},
        {"", "expected something like 'days since 2000-01-01'"},
        {"days after 2000-01-01", "expected something like"},
        {"kelvin since 2000-01-01", "'kelvin' is no unit of time"},
        {"days since 2000", "cannot read the date"},
        {"days since 2000-13-01", "there is no such date in the calendar 'standard'"},
        {"days since 2001-02-29", "there is no such date in the calendar 'standard'"},
        {"days since 1582-10-10", "there is no such date in the calendar 'standard'"},
        {"days since 0000-01-01", "a year 0 means different days"},
        {"days since 2000-01-01 25:00", "cannot read the date at"},
        {"days since 2000-01-01 10:60", "cannot read the date at"},
        {"days since 2000-01-01T", "cannot read the date at"},
        {"days since 2000-01-01 nonsense", "cannot read the date at 'nonsense'"},
        {"days since 2000-01-01 -0730", "cannot read the date at '-0730'"}, /* clock or zone? */
        {"days since 99999999999-01-01", "cannot read the date at"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_units units;
        failure_clear();
        enum status status = calendar_units_parse(cases[i].units, CALENDAR_STANDARD, false, &units);
        if (status != STATUS_DATA || strstr(failure_message(), cases[i].message) == NULL) {
            fprintf(stderr, "'%s': %s\n", cases[i].units, failure_message());
            fail();
        }
    }
    enum calendar calendar;
    failure_clear();
    assert_int_equal(calendar_find("martian", &calendar), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "'martian'"));
    failure_clear();
}

static void calendars_are_found_by_any_of_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum calendar calendar;
    } names[] = {{"Gregorian", CALENDAR_STANDARD}, {"365_day", CALENDAR_NOLEAP},
                 {"366_day", CALENDAR_ALL_LEAP},   {"360_day", CALENDAR_360_DAY},
                 {NULL, CALENDAR_STANDARD},        {"JULIAN", CALENDAR_JULIAN}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum calendar calendar;
        assert_int_equal(calendar_find(names[i].name, &calendar), STATUS_OK);
        assert_int_equal(calendar, names[i].calendar);
    }
    assert_string_equal(calendar_name(CALENDAR_STANDARD), "standard");
    assert_string_equal(calendar_name(CALENDAR_NOLEAP), "noleap");
}

/* 1 BC, 5 BC, ... are the leap years before our era (the astronomers' years 0, -4, ...). Where there
 * is no year 0 they are called -1, -5, ... */
static void years_before_our_era_have_their_leap_days(void **state)
{
    (void)state;
    assert_true(calendar_is_leap_year(CALENDAR_STANDARD, -1));
    assert_true(calendar_date_exists(CALENDAR_JULIAN, -5, 2, 29));
    assert_false(calendar_date_exists(CALENDAR_JULIAN, -4, 2, 29));
    assert_true(calendar_is_leap_year(CALENDAR_PROLEPTIC_GREGORIAN, -4));
    struct calendar_date last = {.year = -1, .month = 12, .day = 31};
    assert_int_equal(calendar_day_of_year(CALENDAR_STANDARD, &last), 366);
}

static void leap_days_and_seasons(void **state)
{
    (void)state;
    struct calendar_date date;
    assert_int_equal(calendar_parse_date(CALENDAR_STANDARD, "2016-02-29", &date), STATUS_OK);
    assert_true(calendar_is_leap_day(CALENDAR_STANDARD, &date));
    assert_false(calendar_is_leap_day(CALENDAR_360_DAY, &date));
    assert_false(calendar_has_leap_days(CALENDAR_ALL_LEAP));
    assert_int_equal(calendar_parse_date(CALENDAR_STANDARD, "2015-02-29", &date), STATUS_USAGE);
    failure_clear();
    assert_int_equal(calendar_parse_date(CALENDAR_360_DAY, "2015-02-30", &date), STATUS_OK);
    static const char *const expected[] = {"DJF", "DJF", "MAM", "MAM", "MAM", "JJA",
                                           "JJA", "JJA", "SON", "SON", "SON", "DJF"};
    for (int month = 1; month <= 12; month++) {
        assert_string_equal(calendar_season_name(calendar_season(month)), expected[month - 1]);
        assert_int_equal(calendar_season_year(2010, month, true), 2010);
        assert_int_equal(calendar_season_year(2010, month, false), month == 12 ? 2011 : 2010);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_day_of_a_thousand_years_goes_round),
    cmocka_unit_test(known_julian_days),
    cmocka_unit_test(the_standard_calendar_agrees_with_udunits),
    cmocka_unit_test(model_calendars_count_their_own_days),
    cmocka_unit_test(odd_values_are_not_decoded),
    cmocka_unit_test(bad_units_are_refused_in_a_sentence),
    cmocka_unit_test(calendars_are_found_by_any_of_their_names),
    cmocka_unit_test(years_before_our_era_have_their_leap_days),
    cmocka_unit_test(leap_days_and_seasons),
};

TESTING_MAIN(tests)
