/* airshed -- GPL-3.0-or-later. Station tables, wide and long, and what is wrong with them.
 * ranks: 1
 */
#include "testing.h"

#include <stdbool.h>

#include "base/calendar.h"
#include "io/stations.h"
#include "scratch_folder.h"

static const char places[] = "station,name,lon,lat\n"
                             "b,Bee,117.5,40.5\n"
                             "a,Ay,116.5,39.5\n"
                             "unused,No,1,2\n";

static const char *places_file(void)
{
    return scratch_write("places.csv", places, strlen(places));
}

static struct stations *read_source(const struct station_source *source)
{
    struct stations *stations = NULL;
    failure_clear();
    if (stations_read(source, &stations) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        fail();
    }
    return stations;
}

static void assert_refused(const struct station_source *source, enum status expected,
                           const char *words)
{
    struct stations *stations = NULL;
    failure_clear();
    assert_int_equal(stations_read(source, &stations), expected);
    assert_null(stations);
    if (strstr(failure_message(), words) == NULL) {
        fprintf(stderr, "expected '%s' in: %s\n", words, failure_message());
        fail();
    }
    failure_clear();
}

static void assert_two_stations(const struct stations *stations)
{
    static const double expected[] = {1, 10, NAN, 20, 3, NAN};
    static const double lon[] = {116.5, 117.5}, lat[] = {39.5, 40.5};
    assert_int_equal(stations->count, 2);
    assert_int_equal(stations->days, 3);
    assert_string_equal(stations->name[0], "a");
    assert_string_equal(stations->name[1], "b");
    assert_close(stations->lon, lon, 2, 0);
    assert_close(stations->lat, lat, 2, 0);
    assert_close(stations->value, expected, 6, 0);
    assert_string_equal(stations->units, "ug m-3");
    assert_int_equal(stations->day[0], 16860); /* 2016-02-29 */
    assert_int_equal(stations->day[1], 16861);
    assert_int_equal(stations->day[2], 16863); /* 2 March has no row */
}

static void wide_and_long_tables_give_the_same_series(void **state)
{
    (void)state;
    static const char wide[] = "date,a,b\n2016-02-29,1,10\n2016-03-01,,20\n2016-03-03,3,\n";
    static const char rows[] = "station,date,pm25,n\n" /* station by station, other date forms */
                               "a,20160229,1,24\n"
                               "a,2016/03/03,3,18\n"
                               " b ,2016-02-29,10,20\n"
                               "b,2016-03-01,20,19\n"
                               "b,2016-03-03,99,17\n";
    static const char with_places[] = "date,site,v,longitude,latitude\n"
                                      "2016-02-29,a,1,116.5,39.5\n"
                                      "2016-02-29,b,10,117.5,40.5\n"
                                      "2016-03-01,b,20,117.5,40.5\n"
                                      "2016-03-03,a,3,116.5,39.5\n";
    struct station_source sources[3] = {
        {.path = scratch_write("wide.csv", wide, strlen(wide)), .coordinates = places_file()},
        {.path = scratch_write("long.csv", rows, strlen(rows)),
         .value_column = "pm25",
         .filter = "n >= 18",
         .coordinates = places_file()},
        {.path = scratch_write("with.csv", with_places, strlen(with_places)), .value_column = "v"}};
    for (int i = 0; i < 3; i++) {
        sources[i].units = "ug m-3";
        struct stations *stations = read_source(&sources[i]);
        assert_two_stations(stations);
        assert_int_equal(stations->filtered, i == 1);
        stations_destroy(&stations);
    }
}

static void every_comparison_of_a_filter_works(void **state)
{
    (void)state;
    static const char rows[] = "date,station,v,n\n2016-01-01,a,1,17\n2016-01-02,a,2,18\n"
                               "2016-01-03,a,3,19\n2016-01-04,a,4,\n";
    static const struct {
        const char *filter;
        double expected[4];
    } cases[] = {{"n>=18", {NAN, 2, 3, NAN}},      {"n<=18", {1, 2, NAN, NAN}},
                 {"n > 18", {NAN, NAN, 3, NAN}},   {"n<18", {1, NAN, NAN, NAN}},
                 {" n = 18 ", {NAN, 2, NAN, NAN}}, {"n!=18", {1, NAN, 3, NAN}}};
    struct station_source source = {.path = scratch_write("n.csv", rows, strlen(rows)),
                                    .value_column = "v",
                                    .coordinates = places_file()};
    for (int i = 0; i < 6; i++) {
        source.filter = cases[i].filter;
        struct stations *stations = read_source(&source);
        assert_close(stations->value, cases[i].expected, 4, 0);
        stations_destroy(&stations);
    }
    source.filter = "n18";
    assert_refused(&source, STATUS_USAGE, "n18");
    source.filter = "n>=many";
    assert_refused(&source, STATUS_USAGE, "'many'");
    source.filter = ">=18";
    assert_refused(&source, STATUS_USAGE, ">=18");
    source.filter = "m>=18";
    assert_refused(&source, STATUS_DATA, "'m'");
}

/* A table, how it is read, and the words of its refusal. */
struct broken {
    const char *text;
    const char *value_column;
    const char *words;
};

static void broken_tables_are_refused_with_line_and_column(void **state)
{
    (void)state;
    static const struct broken cases[] = {
        {"date,a\n2016-01-01,1\n2016-01-01,2\n", NULL,
         "line 3, column 'date': '2016-01-01' stands"},
        {"date,a\n2016-01-02,1\n2016-01-01,2\n", NULL,
         "line 3, column 'date': '2016-01-01' comes "
         "after 2016-01-02"},
        {"date,a\n2016-01-01,1\n2016-01-32,2\n", NULL, "'2016-01-32' is not a date"},
        {"date,a\n2016-01-01,x\n", NULL, "line 2, column 'a': 'x'"},
        {"date,a\n2016-01-01,inf\n", NULL, "line 2, column 'a': 'inf'"},
        {"date,a,c\n2016-01-01,1,2\n", NULL, "station 'c' is unknown"},
        {"when,a\n2016-01-01,1\n", NULL, "no column 'date'"},
        {"date,a\n", NULL, "no rows"},
        {"date,a,a\n2016-01-01,1,1\n", NULL, "'a'"},
        {"date\n2016-01-01\n", NULL, "none of its stations"},
        {"date,station,v\n2016-01-01,a,1\n2016-01-01,b,1\n2016-01-01,a,1\n", "v",
         "line 4, column 'date': '2016-01-01' stands here a second time for station 'a'"},
        {"date,station,v\n2016-01-02,a,1\n2016-01-01,b,1\n2016-01-01,a,1\n", "v", "line 4"},
        {"date,station,v\n2016-01-02,c,1\n", "v", "line 2, column 'station': station 'c'"},
        {"date,station,v\n2016-01-02,,1\n", "v", "line 2, column 'station'"},
        {"date,station,v\n2016-01-02,a,n/a\n", "v", "line 2, column 'v': 'n/a'"},
        {"date,station,v\n2016-01-02,a,1\n", "w", "no column 'w'"},
        {"date,place,v\n2016-01-02,a,1\n", "v", "no column 'station'"},
        {"date,station,v\n,a,1\n", "v", "line 2, column 'date'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct station_source source = {
            .path = scratch_write("broken.csv", cases[i].text, strlen(cases[i].text)),
            .value_column = cases[i].value_column,
            .coordinates = places_file()};
        assert_refused(&source, STATUS_DATA, cases[i].words);
        assert_refused(&source, STATUS_DATA, "broken.csv");
    }
}

static void broken_coordinates_are_refused(void **state)
{
    (void)state;
    static const char wide[] = "date,a\n2016-01-01,1\n";
    static const char *const cases[][2] = {
        {"station,lon,lat\na,116,\n", "line 2, column 'lat': the coordinate of 'a' is missing"},
        {"station,lon,lat\na,39,116\n", "swapped"},
        {"station,lon,lat\na,x,39\n", "line 2, column 'lon': 'x'"},
        {"station,lon,lat\na,116,39\na,117,39\n", "line 3, column 'station': 'a' stands"},
        {"station,lon,lat\n,116,39\n", "line 2, column 'station'"},
        {"station,east,lat\na,116,39\n", "no column 'lon'"},
        {"station,lon,lat\n", "'a' is unknown"},
    };
    struct station_source source = {.path = scratch_write("wide.csv", wide, strlen(wide))};
    for (int i = 0; i < 7; i++) {
        source.coordinates = scratch_write("where.csv", cases[i][0], strlen(cases[i][0]));
        assert_refused(&source, STATUS_DATA, cases[i][1]);
    }
    source.coordinates = NULL;
    assert_refused(&source, STATUS_USAGE, "coordinates");
    source.coordinates = places_file();
    source.filter = "n>=1";
    assert_refused(&source, STATUS_USAGE, "n>=1");
    static const char moving[] = "date,station,v,lon,lat\n2016-01-01,a,1,116,39\n"
                                 "2016-01-02,a,1,116.1,39\n";
    source = (struct station_source){.path = scratch_write("moving.csv", moving, strlen(moving)),
                                     .value_column = "v"};
    assert_refused(&source, STATUS_DATA, "line 3, column 'lon': station 'a' lies at 116.1, 39");
    static const char nowhere[] = "date,station,v,lon,lat\n2016-01-01,a,1,116,\n";
    source.path = scratch_write("nowhere.csv", nowhere, strlen(nowhere));
    assert_refused(&source, STATUS_DATA, "line 2, column 'lat'");
}

static void unknown_series_are_left_out_on_request(void **state)
{
    (void)state;
    static const char wide[] = "date,z,a,temp\n2016-01-01,5,1,2\n";
    static const char rows[] = "date,station,v\n2016-01-01,z,5\n2016-01-01,a,1\n2016-01-02,z,6\n";
    struct station_source sources[2] = {
        {.path = scratch_write("wide.csv", wide, strlen(wide))},
        {.path = scratch_write("long.csv", rows, strlen(rows)), .value_column = "v"}};
    for (int i = 0; i < 2; i++) {
        sources[i].coordinates = places_file();
        sources[i].skip_unknown = true;
        struct stations *stations = read_source(&sources[i]);
        assert_int_equal(stations->count, 1);
        assert_string_equal(stations->name[0], "a");
        assert_true(stations->value[0] == 1);
        assert_int_equal(stations->skipped, i == 0 ? 2 : 1);
        stations_destroy(&stations);
    }
}

/* Day number of the first day and the number of days, of a complete axis. */
static void assert_complete_axis(const struct stations *stations, int year, int month, int day,
                                 int64_t days)
{
    assert_int_equal(stations->days, days);
    int64_t first = calendar_day_number(CALENDAR_STANDARD, year, month, day);
    for (int64_t i = 0; i < days; i++) {
        assert_int_equal(stations->day[i], first + i);
    }
}

static void real_wide_tables_are_read_in_place(void **state)
{
    (void)state;
    const char *path = testing_shared("data/city_daily/pm25_2017_2020.csv");
    const char *cities = testing_shared("data/city_daily/cities.csv");
    const char *germany = testing_shared("data/germany_pm10/pm10_daily_1998_2009.csv");
    const char *german_places = testing_shared("data/germany_pm10/stations.csv");
    if (path == NULL || cities == NULL || germany == NULL || german_places == NULL) {
        testing_skip();
        return;
    }
    struct station_source source = {.path = path, .coordinates = cities, .units = "ug m-3"};
    struct stations *stations = read_source(&source);
    assert_int_equal(stations->count, 56);            /* the data's own page */
    assert_complete_axis(stations, 2017, 1, 1, 1418); /* to 2020-11-18 */
    int64_t beijing = 0;
    while (strcmp(stations->name[beijing], "beijing") != 0) {
        beijing++;
    }
    assert_true(stations->lon[beijing] == 116.4 && stations->lat[beijing] == 39.93);
    assert_true(stations->value[beijing] == 430.69); /* 2017-01-01 */
    int64_t empty_days = 0;
    for (int64_t day = 0; day < stations->days; day++) {
        int64_t valid = 0;
        for (int64_t i = 0; i < stations->count; i++) {
            valid += !isnan(stations->value[day * stations->count + i]);
        }
        empty_days += valid == 0;
    }
    assert_int_equal(empty_days, 6); /* "6 days (all cities) have no value" */
    stations_destroy(&stations);
    source = (struct station_source){.path = germany, .coordinates = german_places};
    stations = read_source(&source);
    assert_int_equal(stations->count, 53);
    assert_complete_axis(stations, 1998, 1, 1, 4383);
    stations_destroy(&stations);
}

static void real_long_tables_are_read_in_place(void **state)
{
    (void)state;
    const char *path = testing_shared("data/beijing_stations/daily.csv");
    const char *where = testing_shared("data/beijing_stations/stations.csv");
    if (path == NULL || where == NULL) {
        testing_skip();
        return;
    }
    struct station_source source = {
        .path = path, .coordinates = where, .value_column = "pm25", .filter = "n_pm25>=18"};
    struct stations *stations = read_source(&source);
    assert_int_equal(stations->count, 9);
    assert_complete_axis(stations, 2013, 3, 1, 1461);
    assert_string_equal(stations->name[0], "Wanshouxigong");
    assert_true(stations->value[2 * 9] == 96.0); /* 2013-03-03 */
    /* "12-41 days per station have fewer than 18 hours; 0-15 days have none" */
    for (int64_t i = 0; i < 9; i++) {
        int64_t missing = 0;
        for (int64_t day = 0; day < stations->days; day++) {
            missing += isnan(stations->value[day * 9 + i]);
        }
        assert_in_range(missing, 12, 41);
    }
    assert_true(stations->filtered > 0 && stations->filtered < 9 * 41);
    stations_destroy(&stations);
}

static void real_single_city_files_need_coordinates_alone(void **state)
{
    (void)state;
    const char *path = testing_shared("data/five_cities/beijing.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    static const char where[] =
        "key,lon,lat\npm_us_post,116.466,39.954\npm_dongsi,116.434,39.952\n";
    struct station_source source = {.path = path,
                                    .coordinates = scratch_write("posts.csv", where, strlen(where)),
                                    .skip_unknown = true};
    struct stations *stations = read_source(&source);
    assert_int_equal(stations->count, 2);
    assert_complete_axis(stations, 2010, 1, 1, 2191);
    assert_int_equal(stations->skipped, 17); /* 20 columns: the date, two posts */
    assert_true(isnan(stations->value[0]) && stations->value[1] == 129.0);
    stations_destroy(&stations);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(wide_and_long_tables_give_the_same_series),
    cmocka_unit_test(every_comparison_of_a_filter_works),
    cmocka_unit_test(broken_tables_are_refused_with_line_and_column),
    cmocka_unit_test(broken_coordinates_are_refused),
    cmocka_unit_test(unknown_series_are_left_out_on_request),
    cmocka_unit_test(real_wide_tables_are_read_in_place),
    cmocka_unit_test(real_long_tables_are_read_in_place),
    cmocka_unit_test(real_single_city_files_need_coordinates_alone),
};

TESTING_MAIN(tests)
