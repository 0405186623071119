/* airshed -- GPL-3.0-or-later. Text, strict numbers, near names, paths.
 * ranks: 1
 */
#include "testing.h"

#include <float.h>
#include <locale.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/text.h"

static void numbers_are_the_whole_token_or_nothing(void **state)
{
    (void)state;
    static const char *const bad_integers[] = {
        "", "3.7", "1e3", " 3", "3 ", "0x10", "+", "--3", "9223372036854775808", "12a"};
    static const char *const bad_reals[] = {"",    ".",  "e5", "1.5km", "1,5",   "0x1p3", "inf",
                                            "nan", "1e", " 1", "1 ",    "1e999", "--1",   "1.2.3"};
    int64_t integer = -1;
    double real = -1;
    for (size_t i = 0; i < sizeof bad_integers / sizeof bad_integers[0]; i++) {
        assert_false(text_parse_integer(bad_integers[i], &integer));
    }
    for (size_t i = 0; i < sizeof bad_reals / sizeof bad_reals[0]; i++) {
        assert_false(text_parse_real(bad_reals[i], &real));
    }
    assert_true(integer == -1 && real == -1);
    assert_true(text_parse_integer("-9223372036854775808", &integer) && integer == INT64_MIN);
    assert_true(text_parse_integer("+42", &integer) && integer == 42);
    assert_true(text_parse_real("-.5e-3", &real) && real == -0.0005);
    assert_true(text_parse_real("7.", &real) && real == 7);
}

static void sizes_know_binary_and_decimal_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"512M", 512LL << 20}, {"1G", 1LL << 30},
                {"1.5GiB", 3LL << 29}, {"20GB", 20000000000LL},
                {"100", 100},          {"7b", 7},
                {"1 kib", 1024},       {"0.5K", 512},
                {"8T", 8LL << 40},     {"9007199254740993", 9007199254740993LL}};
    static const char *const bad[] = {"", "G", "1X", "-1G", "1GG", "1e400", "16777216T", "1  G"};
    int64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(text_parse_size(good[i].text, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_parse_size(bad[i], &bytes));
    }
}

static void flags_and_dates_are_strict(void **state)
{
    (void)state;
    bool flag = false;
    int year, month, day;
    assert_true(text_parse_flag("Yes", &flag) && flag);
    assert_true(text_parse_flag("off", &flag) && !flag);
    assert_false(text_parse_flag("yse", &flag));
    assert_false(text_parse_flag("", &flag));
    assert_true(text_parse_date("2016-02-29", &year, &month, &day));
    assert_true(year == 2016 && month == 2 && day == 29);
    static const char *const bad[] = {"2016-2-29",  "2016-13-01", "2016-02-31", "2016-01-00",
                                      "2016/01/01", "20160101",   "2016-01-01 "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_parse_date(bad[i], &year, &month, &day));
    }
}

static void numbers_read_back_and_stay_short(void **state)
{
    (void)state;
    char buffer[TEXT_NUMBER_BYTES];
    assert_string_equal(text_real(0.1, buffer), "0.1");
    assert_string_equal(text_real(365, buffer), "365");
    assert_string_equal(text_real(0.1 + 0.2, buffer), "0.30000000000000004");
    assert_string_equal(text_real(-NAN, buffer), "nan");
    assert_string_equal(text_real(-INFINITY, buffer), "-inf");
    assert_string_equal(text_float(0.1F, buffer), "0.1");
    uint64_t bits = 88172645463325252ULL;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17; /* xorshift64 */
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            assert_true(text_parse_real(text_real(value, buffer), &back) && back == value);
        }
    }
    assert_string_equal(text_size(1610612736, buffer), "1.5 GiB");
    assert_string_equal(text_size(1000, buffer), "1000 B");
}

/* The shortest of 15, 16 and 17 digits as printf() gives them. */
static void assert_as_printf(double value)
{
    char buffer[TEXT_NUMBER_BYTES], expected[TEXT_NUMBER_BYTES];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(expected, sizeof expected, "%.*g", digits, value);
        if (strtod(expected, NULL) == value) {
            break;
        }
    }
    assert_string_equal(text_real(value, buffer), expected);
}

static void numbers_are_what_printf_gives(void **state)
{
    (void)state;
    static const double some[] = {
        0,     -0.0,    1,         9.9999999999999995e22, 1e15,   1e16,   1e17,
        1e-4,  1e-5,    123456e10, 9007199254740993.0,    5e-324, 1e308,  0.5,
        1e300, 0x1p-30, 0x1p60,    99999999999999.99,     1e23,   -2.5e-7};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        assert_as_printf(some[i]);
    }
    uint64_t bits = 88172645463325252ULL;
    for (int i = 0; i < 100000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17; /* xorshift64 */
        double value;
        memcpy(&value, &bits, sizeof value);
        double share = (double)(bits >> 11) * 0x1p-53;
        if (isfinite(value)) {
            assert_as_printf(value); /* any size */
        }
        assert_as_printf(share * 1000);
        assert_as_printf((double)(bits >> 40) / 1000); /* few decimals */
        assert_as_printf((double)(float)share);        /* halves are cut off */
        assert_as_printf(ldexp((double)(bits >> 50), -(int)(bits & 31)));
        assert_as_printf(nextafter(pow(10, (double)(bits % 600) - 300), share < 0.5 ? 0 : 1e308));
    }
}

static void a_locale_with_decimal_commas_changes_nothing(void **state)
{
    (void)state;
    char buffer[TEXT_NUMBER_BYTES];
    double value = 0;
    const char *set = setlocale(LC_ALL, "de_DE.UTF-8");
    if (set == NULL) {
        set = setlocale(LC_ALL, "fr_FR.UTF-8");
    }
    assert_true(text_parse_real("1.5", &value) && value == 1.5);
    assert_string_equal(text_real(1.5, buffer), "1.5");
    assert_false(text_parse_real("1,5", &value));
    setlocale(LC_ALL, "C");
    if (set == NULL) {
        testing_skip(); /* no such locale is installed: only the C locale was tried */
    }
}

static void split_trims_and_keeps_empty_parts(void **state)
{
    (void)state;
    struct text_list list = {0};
    assert_int_equal(text_list_split(&list, "", ','), STATUS_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(text_list_split(&list, " a, b c ,,d,", ','), STATUS_OK);
    static const char *const expected[] = {"a", "b c", "", "d", ""};
    assert_int_equal(list.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(list.items[i], expected[i]);
    }
    text_list_clear(&list);
}

static void built_text_grows(void **state)
{
    (void)state;
    struct text text = {0};
    char *taken = NULL;
    for (int i = 0; i < 1000; i++) {
        text_add_format(&text, "%d,", i % 10);
    }
    assert_int_equal(text_take(&text, &taken), STATUS_OK);
    assert_int_equal(strlen(taken), 2000);
    assert_string_equal(taken + 1996, "8,9,");
    free(taken);
    assert_int_equal(text_take(&text, &taken), STATUS_OK);
    assert_string_equal(taken, "");
    free(taken);
}

static void near_names_are_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"period", "seasonal", "trend", "seasonal-jump", "output"};
    assert_string_equal(text_suggest("perod", names, 5), "period");
    assert_string_equal(text_suggest("PERIDO", names, 5), "period");
    assert_string_equal(text_suggest("seas", names, 5), "seasonal");
    assert_string_equal(text_suggest("seasonal-jmp", names, 5), "seasonal-jump");
    assert_null(text_suggest("xyzzy", names, 5));
    assert_null(text_suggest("", names, 5));
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("ab", "ba"), 1);
    assert_int_equal(text_distance("", "abc"), 3);
}

static void check_path(enum status status, char *got, const char *expected)
{
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(got, expected);
    free(got);
}

static void paths_join_and_part(void **state)
{
    (void)state;
    char *path = NULL;
    enum status status;
    status = path_join("a/b", "c.nc", &path);
    check_path(status, path, "a/b/c.nc");
    status = path_join("a/", "/c.nc", &path);
    check_path(status, path, "/c.nc");
    status = path_join(".", "c.nc", &path);
    check_path(status, path, "c.nc");
    /* The tests run at the top of the project; no/such is no folder, so its dots stay. */
    status = path_join("tests", "../build/c.nc", &path);
    check_path(status, path, "build/c.nc");
    status = path_join("tests/unit", "../../build/c.nc", &path);
    check_path(status, path, "build/c.nc");
    status = path_join("tests/unit", "../c.nc", &path);
    check_path(status, path, "tests/c.nc");
    status = path_join("/proc", "../c.nc", &path);
    check_path(status, path, "/c.nc");
    status = path_join("no/such", "../c.nc", &path);
    check_path(status, path, "no/such/../c.nc");
    status = path_folder("a/b/c.nc", &path);
    check_path(status, path, "a/b");
    status = path_folder("/c", &path);
    check_path(status, path, "/");
    status = path_folder("c", &path);
    check_path(status, path, ".");
    status = path_stem("d.r/out.pm25.nc", &path);
    check_path(status, path, "d.r/out.pm25");
    status = path_absolute("/usr/./no//such/file", &path);
    check_path(status, path, "/usr/no/such/file");
    assert_string_equal(path_extension("d.r/out"), "");
    assert_string_equal(path_extension("/a/.hidden"), "");
    assert_string_equal(path_name("/a/b"), "b");
    assert_true(path_is_same("./no-such-file", "no-such-file"));
    assert_true(path_is_same("/usr/../usr", "/usr"));
    assert_false(path_is_same("a", "b"));
}

static void touch(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void globs_come_in_byte_order(void **state)
{
    (void)state;
    char folder[] = "/tmp/airshed-text-XXXXXX", path[512];
    static const char *const names[] = {"b.nc", "B.nc", "a[1].nc", "a1.nc"};
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 4; i++) {
        touch(folder, names[i]);
    }
    struct text_list found = {0};
    snprintf(path, sizeof path, "%s/*.nc", folder);
    assert_int_equal(path_glob(path, &found), STATUS_OK);
    assert_int_equal(found.count, 4);
    assert_string_equal(path_name(found.items[0]), "B.nc");
    assert_string_equal(path_name(found.items[1]), "a1.nc");
    assert_string_equal(path_name(found.items[3]), "b.nc");
    text_list_clear(&found);
    snprintf(path, sizeof path, "%s/a[1].nc", folder);
    assert_int_equal(path_glob(path, &found), STATUS_OK);
    assert_int_equal(found.count, 1);
    assert_string_equal(path_name(found.items[0]), "a[1].nc");
    text_list_clear(&found);
    snprintf(path, sizeof path, "%s/*.tif", folder);
    failure_clear();
    assert_int_equal(path_glob(path, &found), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "*.tif"));
    failure_clear();
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_the_whole_token_or_nothing),
    cmocka_unit_test(sizes_know_binary_and_decimal_units),
    cmocka_unit_test(flags_and_dates_are_strict),
    cmocka_unit_test(numbers_read_back_and_stay_short),
    cmocka_unit_test(numbers_are_what_printf_gives),
    cmocka_unit_test(a_locale_with_decimal_commas_changes_nothing),
    cmocka_unit_test(split_trims_and_keeps_empty_parts),
    cmocka_unit_test(built_text_grows),
    cmocka_unit_test(near_names_are_suggested),
    cmocka_unit_test(paths_join_and_part),
    cmocka_unit_test(globs_come_in_byte_order),
};

TESTING_MAIN(tests)
