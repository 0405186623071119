/* airshed -- GPL-3.0-or-later. Tables in and out: RFC 4180, cells checked one by one (C.27).
 * ranks: 1
 */
#include "testing.h"

#include <gdal.h>
#include <jansson.h>
#include <ogr_api.h>

#include "base/memory.h"
#include "io/gdal_session.h"
#include "io/table.h"
#include "io/table_writer.h"
#include "scratch_folder.h"

static struct table *read_text(const char *text)
{
    struct table *table = NULL;
    struct table_source source = {.path = scratch_write("in.csv", text, strlen(text))};
    failure_clear();
    if (table_read(&source, &table) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        fail();
    }
    return table;
}

/* Reading fails with STATUS_DATA and a sentence that names the file and holds @p words. */
static void assert_refused(const char *text, size_t bytes, const char *words)
{
    struct table *table = NULL;
    struct table_source source = {.path = scratch_write("bad.csv", text, bytes)};
    failure_clear();
    assert_int_equal(table_read(&source, &table), STATUS_DATA);
    assert_null(table);
    if (strstr(failure_message(), words) == NULL || strstr(failure_message(), "bad.csv") == NULL) {
        fprintf(stderr, "expected '%s' in: %s\n", words, failure_message());
        fail();
    }
    failure_clear();
}

static void quotes_line_breaks_and_empty_cells_survive(void **state)
{
    (void)state;
    struct table *table = read_text("\xef\xbb\xbf"
                                    "date,\"b \"\"q\"\", c\",d,\r\n"
                                    "2020-01-01,\"x\ny\"\"\",,\r\n"
                                    "\r\n"
                                    ",\"\",n/a, z ");
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->cols, 4);
    assert_string_equal(table->names[0], "date");
    assert_string_equal(table->names[1], "b \"q\", c");
    assert_string_equal(table->names[3], "column_4");
    assert_string_equal(table_text(table, 0, 1), "x\ny\"");
    assert_string_equal(table_text(table, 0, 2), "");
    assert_string_equal(table_text(table, 0, 3), "");
    assert_string_equal(table_text(table, 1, 0), "");
    assert_string_equal(table_text(table, 1, 2), "n/a");
    assert_string_equal(table_text(table, 1, 3), " z ");
    assert_int_equal(table->number[0], 2);
    assert_int_equal(table->number[1], 5); /* the cell above holds a line break */
    table_destroy(&table);
}

static void separators_and_line_ends_are_recognised(void **state)
{
    (void)state;
    static const char *const texts[] = {"a;b;c\n1;2,5;3\n", "a\tb\tc\r1\t2,5\t3\r",
                                        "a,b,c\r\n1,\"2,5\",3\r\n", "\n\na,b,c\n\n1,\"2,5\",3"};
    for (int i = 0; i < 4; i++) {
        struct table *table = read_text(texts[i]);
        assert_int_equal(table->rows, 1);
        assert_int_equal(table->cols, 3);
        assert_string_equal(table_text(table, 0, 1), "2,5");
        table_destroy(&table);
    }
    /* Joined files have byte-order marks inside; they show as nothing. */
    struct table *marked = read_text("\xef\xbb\xbf\n\xef\xbb\xbfpm25, \xef\xbb\xbf" "b\n1,2\n");
    assert_string_equal(marked->names[0], "pm25");
    assert_string_equal(marked->names[1], "b");
    table_destroy(&marked);
    struct table *single = read_text("only\n1\n\"\"\n3\n");
    assert_int_equal(single->rows, 3);
    assert_string_equal(table_text(single, 1, 0), "");
    table_destroy(&single);
}

static void broken_tables_are_refused_with_their_place(void **state)
{
    (void)state;
    assert_refused("", 0, "empty");
    assert_refused("\n\n", 2, "empty");
    assert_refused("a,b,a\n1,2,3\n", 12, "'a'");
    assert_refused("a,b\n1,2\n3,4,5\n", 14, "line 3");
    assert_refused("a,b\n1\n", 6, "1 cells where the header has 2");
    assert_refused("a,b\n1,2\n3,\"4\n5,6\n", 17, "line 3");
    assert_refused("a,b\n1,\"2\"x\n", 11, "line 2");
    assert_refused("a,b\n1,2\n\xff,3\n", 12, "line 3");
    assert_refused("a,b\n1,\0\n", 8, "zero bytes");
    struct table *table = NULL;
    struct table_source absent = {.path = scratch_path("absent.csv")};
    struct table_source directory = {.path = "/tmp"};
    assert_int_equal(table_read(&absent, &table), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "absent.csv"));
    failure_clear();
    assert_int_equal(table_read(&directory, &table), STATUS_DATA);
    failure_clear();
}

static void a_text_among_numbers_is_named_with_line_and_column(void **state)
{
    (void)state;
    struct table *table = read_text("date,pm25\n2020-01-01,1.5\n2020-01-02,\n2020-01-03,n/a\n");
    double values[3];
    int64_t col = 0;
    assert_int_equal(table_column(table, "pm25", &col), STATUS_OK);
    assert_int_equal(table_numbers(table, col, values), STATUS_DATA);
    assert_true(values[0] == 1.5 && isnan(values[1]));
    assert_non_null(strstr(failure_message(), "in.csv, line 4, column 'pm25': 'n/a'"));
    failure_clear();
    assert_int_equal(table_column(table, "pm10", &col), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "date, pm25"));
    failure_clear();
    table_destroy(&table);
}

static void numbers_are_plain_finite_decimals(void **state)
{
    (void)state;
    struct table *table = read_text("good\n1\n -2.5e-3 \n+7\n.5\nNaN\nNAN\n1E2\n");
    static const double expected[] = {1, -2.5e-3, 7, 0.5, NAN, NAN, 100};
    double value = 0;
    for (int row = 0; row < 7; row++) {
        assert_int_equal(table_number(table, row, 0, &value), STATUS_OK);
        assert_close(&value, &expected[row], 1, 0);
    }
    table_destroy(&table);
}

static void other_numbers_are_refused(void **state)
{
    (void)state;
    struct table *table = read_text("bad\n0x1A\ninf\n-Infinity\n1e999\n1.2.3\n1 2\n\"1,5\"\n>0\n"
                                    "nan(3)\nNA\n--1\ne5\n");
    double value = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        assert_int_equal(table_number(table, row, 0, &value), STATUS_DATA);
        assert_non_null(strstr(failure_message(), table_text(table, row, 0)));
        failure_clear();
    }
    table_destroy(&table);
}

static void texts_named_as_missing_are_missing(void **state)
{
    (void)state;
    struct table_source source = {.path = scratch_write("m.csv", "a\n NA\n-999\n-99\n", 15),
                                  .missing = "NA,-999"};
    struct table *table = NULL;
    double values[3];
    static const double expected[] = {NAN, NAN, -99};
    assert_int_equal(table_read(&source, &table), STATUS_OK);
    assert_int_equal(table_numbers(table, 0, values), STATUS_OK);
    assert_close(values, expected, 3, 0);
    table_destroy(&table);
}

static void dates_become_gregorian_day_numbers(void **state)
{
    (void)state;
    struct table *table = read_text("date\n1970-01-01\n2000/03/01\n20160229\n2017-02-28T00:00:00Z\n"
                                    "2020/01/04 00:00:00\n1969-12-31\n1600-02-29\n");
    /* days since 1970-01-01 from `date -u -d DATE +%s` / 86400 */
    static const int64_t expected[] = {0, 11017, 16860, 17225, 18265, -1, -135081};
    for (int row = 0; row < 7; row++) {
        int64_t day = 0;
        assert_int_equal(table_day(table, row, 0, &day), STATUS_OK);
        assert_int_equal(day, expected[row]);
    }
    table_destroy(&table);
    table = read_text("date\n2021-02-29\n1900-02-29\n2020-13-01\n2020-1-1\n2020-01/01\n"
                      "2020-01-01 12:00\nyesterday\n2020-01-00\n2020-01\n01.02.2020\n");
    for (int64_t row = 0; row < table->rows; row++) {
        int64_t day = 0;
        assert_int_equal(table_day(table, row, 0, &day), STATUS_DATA);
        assert_non_null(strstr(failure_message(), table_text(table, row, 0)));
        failure_clear();
    }
    table_destroy(&table);
}

static void set_text(OGRFeatureH row, int col, const char *text)
{
    if (text != NULL) {
        OGR_F_SetFieldString(row, col, text);
    }
}

static void add_field(OGRLayerH sheet, const char *name, OGRFieldType type)
{
    OGRFieldDefnH field = OGR_Fld_Create(name, type);
    assert_int_equal(OGR_L_CreateField(sheet, field, 1), OGRERR_NONE);
    OGR_Fld_Destroy(field);
}

/* A workbook by GDAL's own writer: dates, numbers, an empty row, a second sheet. */
static const char *make_workbook(void)
{
    const char *path = scratch_path("book.xlsx");
    gdal_session_start();
    GDALDatasetH book = GDALCreate(GDALGetDriverByName("XLSX"), path, 0, 0, 0, GDT_Unknown, NULL);
    assert_non_null(book);
    static const char *const names[] = {"date", "pm25", "note"};
    static const OGRFieldType types[] = {OFTDate, OFTReal, OFTString};
    OGRLayerH sheet = GDALDatasetCreateLayer(book, "daily", NULL, wkbNone, NULL);
    for (int i = 0; i < 3; i++) {
        add_field(sheet, names[i], types[i]);
    }
    static const char *const cells[4][3] = {{"2020/01/01", "0.1", "北京 \"x\"\ny"},
                                            {"2020/01/02", NULL, NULL},
                                            {NULL, NULL, NULL},
                                            {"2020/01/04", "0.333333333333333", "n/a"}};
    for (int i = 0; i < 4; i++) {
        OGRFeatureH row = OGR_F_Create(OGR_L_GetLayerDefn(sheet));
        for (int col = 0; col < 3; col++) {
            set_text(row, col, cells[i][col]);
        }
        assert_int_equal(OGR_L_CreateFeature(sheet, row), OGRERR_NONE);
        OGR_F_Destroy(row);
    }
    OGRLayerH second = GDALDatasetCreateLayer(book, "second", NULL, wkbNone, NULL);
    add_field(second, "a", OFTReal);
    OGRFeatureH row = OGR_F_Create(OGR_L_GetLayerDefn(second));
    OGR_F_SetFieldDouble(row, 0, 1);
    assert_int_equal(OGR_L_CreateFeature(second, row), OGRERR_NONE);
    OGR_F_Destroy(row);
    GDALClose(book);
    return path;
}

static void workbooks_read_like_csv(void **state)
{
    (void)state;
    struct table_source source = {.path = make_workbook(), .sheet = "daily"};
    struct table *table = NULL;
    int64_t day = 0;
    double value = 0;
    assert_int_equal(table_read(&source, &table), STATUS_OK);
    assert_int_equal(table->rows, 3);
    assert_int_equal(table->cols, 3);
    assert_int_equal(table_day(table, 0, 0, &day), STATUS_OK);
    assert_int_equal(day, 18262);
    assert_int_equal(table_number(table, 0, 1, &value), STATUS_OK);
    assert_true(value == 0.1);
    assert_string_equal(table_text(table, 0, 2), "北京 \"x\"\ny");
    assert_int_equal(table_number(table, 1, 1, &value), STATUS_OK);
    assert_true(isnan(value));
    assert_int_equal(table_number(table, 2, 1, &value), STATUS_OK);
    assert_true(value == 0.333333333333333);
    assert_int_equal(table_number(table, 2, 2, &value), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "book.xlsx, row 5, column 'note': 'n/a'"));
    failure_clear();
    table_destroy(&table);
    source.sheet = "third";
    assert_int_equal(table_read(&source, &table), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "daily, second"));
    failure_clear();
    source.path = scratch_write("no.xlsx", "a,b\n1,2\n", 8);
    assert_int_equal(table_read(&source, &table), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "no.xlsx"));
    failure_clear();
}

static const struct table_column columns[] = {
    {.name = "city", .kind = TABLE_TEXT, .long_name = "name, as given"},
    {.name = "days", .kind = TABLE_INTEGER, .units = "d"},
    {.name = "pm25", .kind = TABLE_NUMBER, .units = "ug m-3", .long_name = "fine particles"},
    {.name = "slope", .kind = TABLE_SINGLE, .units = "ug m-3 year-1"},
};

static void a_written_table_has_the_bytes_of_rfc_4180(void **state)
{
    (void)state;
    struct table_writer *writer = NULL;
    const char *path = scratch_path("out.csv");
    assert_int_equal(table_writer_create(path, NULL, columns, 4, &writer), STATUS_OK);
    table_writer_text(writer, "Xi'an, \"old\"\ntown");
    table_writer_integer(writer, INT64_MIN);
    table_writer_number(writer, 0.1);
    table_writer_number(writer, 0.1f);
    table_writer_text(writer, NULL);
    table_writer_integer(writer, 0);
    table_writer_number(writer, NAN);
    table_writer_number(writer, -1e-30f);
    assert_int_equal(table_writer_close(&writer, NULL), STATUS_OK);
    assert_null(writer);
    char *bytes = scratch_read(path, NULL);
    assert_string_equal(bytes, "city,days,pm25,slope\r\n"
                               "\"Xi'an, \"\"old\"\"\ntown\",-9223372036854775808,0.1,0.1\r\n"
                               ",0,,-1e-30\r\n");
    free(bytes);
    struct table *table = NULL;
    struct table_source source = {.path = path};
    assert_int_equal(table_read(&source, &table), STATUS_OK);
    assert_string_equal(table_text(table, 0, 0), "Xi'an, \"old\"\ntown");
    assert_string_equal(table_text(table, 1, 3), "-1e-30");
    table_destroy(&table);
}

static void the_json_twin_describes_the_columns(void **state)
{
    (void)state;
    struct table_writer *writer = NULL;
    const char *json_path = scratch_path("twin.json");
    assert_int_equal(table_writer_create(scratch_path("twin.csv"), "Means", columns, 4, &writer),
                     STATUS_OK);
    assert_int_equal(table_writer_close(&writer, json_path), STATUS_OK);
    json_t *twin = json_load_file(json_path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(twin);
    assert_string_equal(json_string_value(json_object_get(twin, "title")), "Means");
    assert_int_equal(json_integer_value(json_object_get(twin, "rows")), 0);
    json_t *list = json_object_get(twin, "columns");
    assert_int_equal(json_array_size(list), 4);
    json_t *pm25 = json_array_get(list, 2);
    assert_string_equal(json_string_value(json_object_get(pm25, "name")), "pm25");
    assert_string_equal(json_string_value(json_object_get(pm25, "units")), "ug m-3");
    assert_string_equal(json_string_value(json_object_get(pm25, "long_name")), "fine particles");
    assert_string_equal(json_string_value(json_object_get(pm25, "type")), "number");
    assert_null(json_object_get(json_array_get(list, 0), "units"));
    json_decref(twin);
}

static void unwritable_and_full_places_are_output_failures(void **state)
{
    (void)state;
    struct table_writer *writer = NULL;
    assert_int_equal(table_writer_create(scratch_path("no/such.csv"), NULL, columns, 4, &writer),
                     STATUS_OUTPUT);
    assert_non_null(strstr(failure_message(), "no/such.csv"));
    assert_null(writer);
    failure_clear();
    assert_int_equal(table_writer_create("/dev/full", NULL, columns, 4, &writer), STATUS_OK);
    assert_int_equal(table_writer_close(&writer, NULL), STATUS_OUTPUT);
    assert_non_null(strstr(failure_message(), "/dev/full"));
    failure_clear();
    assert_int_equal(table_writer_create(scratch_path("half.csv"), NULL, columns, 4, &writer),
                     STATUS_OK);
    table_writer_text(writer, "a");
    assert_int_equal(table_writer_close(&writer, NULL), STATUS_FAILED);
    failure_clear();
}

static void real_tables_are_read_in_place(void **state)
{
    (void)state;
    const char *path = testing_shared("data/city_daily/pm25_2014_2016.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct table_source source = {.path = path};
    struct table *table = NULL;
    assert_int_equal(table_read(&source, &table), STATUS_OK);
    assert_int_equal(table->cols, 143);
    assert_int_equal(table->rows, 1095); /* README: 3 years of 365 days */
    int64_t day = 0;
    assert_int_equal(table_day(table, table->rows - 1, 0, &day), STATUS_OK);
    assert_int_equal(day, 17165); /* 2016-12-30 */
    table_destroy(&table);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quotes_line_breaks_and_empty_cells_survive),
    cmocka_unit_test(separators_and_line_ends_are_recognised),
    cmocka_unit_test(broken_tables_are_refused_with_their_place),
    cmocka_unit_test(a_text_among_numbers_is_named_with_line_and_column),
    cmocka_unit_test(numbers_are_plain_finite_decimals),
    cmocka_unit_test(other_numbers_are_refused),
    cmocka_unit_test(texts_named_as_missing_are_missing),
    cmocka_unit_test(dates_become_gregorian_day_numbers),
    cmocka_unit_test(workbooks_read_like_csv),
    cmocka_unit_test(a_written_table_has_the_bytes_of_rfc_4180),
    cmocka_unit_test(the_json_twin_describes_the_columns),
    cmocka_unit_test(unwritable_and_full_places_are_output_failures),
    cmocka_unit_test(real_tables_are_read_in_place),
};

TESTING_MAIN(tests)
