/* airshed -- GPL-3.0-or-later. Units: spellings of real files, conversions, refusals.
 * ranks: 1
 */
#include "testing.h"

#include "base/units.h"

static void spellings_of_real_files_are_equal(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ug/m3", "µg m-3"},
        {"ug/m3", "μg/m³"}, /* Greek mu, superscript */
        {"ug/m3", "µg m⁻³"},
        {"ug m^-3", "ug m**-3"},
        {"ug/m3", "  ug   m-3 "},
        {"ug/m3", "Micrograms/cubic meter (LC)"},
        {"ug/m3", "microgram/m3"},
        {"ug/m3", "mcg/m3"},
        {"degC", "°C"},
        {"degC", "C"},
        {"degC", "Deg C"},
        {"degC", "degrees Celsius"},
        {"degC", "celsius"},
        {"K", "Kelvin"},
        {"K", "degK"},
        {"hPa", "mb"},
        {"hPa", "millibars"},
        {"Pa", "Pascals"},
        {"degrees_north", "Degrees North"},
        {"degrees_north", "degree_north"},
        {"m/s", "m s**-1"},
        {"m/s", "Meters/Second"},
        {"W m-2", "W/m²"},
        {"1", ""},
        {"1", "(0 - 1)"},
        {"kg kg-1", "1"},
        {"m", "m of water equivalent"},
        {"mm d-1", "mm/day"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!units_are_equal(pairs[i][0], pairs[i][1])) {
            fprintf(stderr, "'%s' and '%s'\n", pairs[i][0], pairs[i][1]);
            fail();
        }
    }
}

/* Factors from the definitions of the units, not from UDUNITS. */
static void values_are_converted(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        double value, expected;
    } known[] = {
        {"K", "degC", 273.15, 0},      {"degC", "K", -40, 233.15},
        {"degF", "degC", 212, 100},    {"mg/m3", "ug/m3", 0.0355, 35.5},
        {"kg m-3", "µg m-3", 1e-9, 1}, {"Pa", "hPa", 101325, 1013.25},
        {"%", "1", 55, 0.55},          {"knots", "m/s", 1, 1852.0 / 3600},
        {"m", "mm", 0.0125, 12.5},     {"ppb", "1", 5, 5e-9},
        {"m s-1", "km/h", 10, 36},     {"degrees", "radian", 180, 3.14159265358979},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct units_converter *converter = NULL;
        assert_int_equal(units_converter_create(known[i].from, known[i].to, &converter), STATUS_OK);
        double value = known[i].value;
        units_convert_double(converter, &value, 1);
        /* Three roundings of numbers up to 300 in size: 3 * 2^-53 * 300 < 1e-13. */
        double bound = 1e-13 + 1e-14 * fabs(known[i].expected);
        assert_close(&value, &known[i].expected, 1, bound);
        float values[3] = {(float)known[i].value, NAN, (float)known[i].value};
        units_convert_float(converter, values, 3);
        double single = values[2];
        /* A float input is off by 2^-24 of itself, the output rounds once more. */
        double scale = fabs(known[i].expected) + (fabs(known[i].value) > 200 ? 300 : 0);
        assert_close(&single, &known[i].expected, 1, 0x1p-22 * scale + 1e-30);
        assert_true(isnan(values[1]));
        assert_true(values[0] == values[2]);
        units_converter_destroy(&converter);
        assert_null(converter);
    }
}

static void equal_units_leave_the_bits_alone(void **state)
{
    (void)state;
    struct units_converter *converter = NULL;
    float values[2] = {0.1F, -INFINITY};
    assert_int_equal(units_converter_create("ug m-3", "μg/m³", &converter), STATUS_OK);
    assert_true(units_converter_is_identity(converter));
    units_convert_float(converter, values, 2);
    assert_true(values[0] == 0.1F && isinf(values[1]));
    units_converter_destroy(&converter);
    assert_int_equal(units_converter_create("hPa", "Pa", &converter), STATUS_OK);
    assert_false(units_converter_is_identity(converter));
    units_converter_destroy(&converter);
}

static void impossible_conversions_name_both_units(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"K", "ug m-3", "cannot convert 'K' to 'ug m-3': they measure different things"},
        {"ppb", "ug m-3", "cannot convert 'ppb' to 'ug m-3': they measure different things"},
        {"furlongs per moon", "m/s", "unknown units 'furlongs per moon': cannot convert to 'm/s'"},
        {"m/s", "xyzzy", "unknown units 'xyzzy': cannot convert 'm/s' to them"},
        {NULL, "m/s", "no units: cannot convert values without units to m/s"},
        {"m//", "m", "unknown units 'm//': cannot convert to 'm'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct units_converter *converter = NULL;
        failure_clear();
        assert_int_equal(units_converter_create(cases[i].from, cases[i].to, &converter),
                         STATUS_DATA);
        assert_string_equal(failure_message(), cases[i].message);
        assert_null(converter);
    }
    failure_clear();
    assert_false(units_are_equal("K", "degC"));
    assert_true(units_are_convertible("K", "degC"));
    assert_false(units_are_convertible(NULL, "K"));
    assert_true(units_are_known("hPa"));
    assert_false(units_are_known("hectopascalles"));
}

static void nothing_is_printed_by_the_library(void **state)
{
    (void)state;
    char path[] = "/tmp/airshed-units-XXXXXX";
    int file = mkstemp(path), kept = dup(STDERR_FILENO);
    assert_true(file >= 0 && kept >= 0);
    dup2(file, STDERR_FILENO);
    bool known = units_are_known("no such unit at all");
    fflush(stderr);
    off_t written = lseek(file, 0, SEEK_CUR);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(file);
    unlink(path);
    assert_false(known);
    assert_int_equal(written, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(spellings_of_real_files_are_equal),
    cmocka_unit_test(values_are_converted),
    cmocka_unit_test(equal_units_leave_the_bits_alone),
    cmocka_unit_test(impossible_conversions_name_both_units),
    cmocka_unit_test(nothing_is_printed_by_the_library),
};

TESTING_MAIN(tests)
