/* airshed -- GPL-3.0-or-later. A unit to reckon with: spellings of inventories, products, refusals.
 * ranks: 1
 */
#include "testing.h"

#include <math.h>
#include <string.h>

#include "base/unit.h"

static double factor_between(const char *from, const char *to)
{
    struct unit *a = NULL, *b = NULL;
    double factor = NAN;
    assert_int_equal(unit_parse(from, &a), STATUS_OK);
    assert_int_equal(unit_parse(to, &b), STATUS_OK);
    if (!unit_factor(a, b, &factor)) {
        factor = NAN;
    }
    unit_destroy(&a);
    unit_destroy(&b);
    return factor;
}

static void spellings_of_inventories_have_their_factor(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        double factor;
    } pairs[] = {
        {"10^4 t", "t", 1e4},
        {"1e4 t", "kg", 1e7},
        {"kt", "t", 1e3},
        {"Mt", "kg", 1e9},
        {"kWh", "MJ", 3.6},
        {"TWh", "TJ", 3600},
        {"tce", "GJ", 29.3076},
        {"gce/kWh", "1", 29.3076 / 3600},
        {"g/t coal", "ppm", 1},
        {"g{Hg}/t{coal}", "kg/t", 1e-3},
        {"kg metal / t steel", "1", 1e-3},
        {"ug/g", "ppm", 1},
        {"%", "1", 0.01},
        {"t/capita", "kg/person", 1e3},
        {"kt/year", "t/year", 1e3},
        {"weight_cases", "t", 0.05},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        double factor = factor_between(pairs[i].from, pairs[i].to);
        if (!(fabs(factor / pairs[i].factor - 1) < 1e-12)) { /* a few roundings of UDUNITS */
            fail_msg("%s to %s: %.17g", pairs[i].from, pairs[i].to, factor);
        }
    }
}

static void unlike_things_have_no_factor(void **state)
{
    (void)state;
    assert_true(isnan(factor_between("t", "TJ")));
    assert_true(isnan(factor_between("person", "1")));
    assert_true(isnan(factor_between("person", "piece")));
    assert_true(isnan(factor_between("t/year", "t")));
}

static void a_factor_times_an_activity_is_a_mass(void **state)
{
    (void)state;
    struct unit *rate = NULL, *activity = NULL, *product = NULL, *mass = NULL;
    double factor;
    assert_int_equal(unit_parse("kg/t", &rate), STATUS_OK);
    assert_int_equal(unit_parse("t", &activity), STATUS_OK);
    assert_int_equal(unit_multiply(rate, activity, &product), STATUS_OK);
    assert_int_equal(unit_parse("t", &mass), STATUS_OK);
    assert_true(unit_factor(product, mass, &factor));
    assert_true(fabs(factor - 1e-3) < 1e-18); /* P3.05: the factor that the paper leaves out */
    unit_destroy(&rate);
    unit_destroy(&activity);
    unit_destroy(&product);
    unit_destroy(&mass);
}

static void powers_and_roots_undo_one_another(void **state)
{
    (void)state;
    struct unit *length = NULL, *area = NULL, *root = NULL, *none = NULL;
    double factor;
    assert_int_equal(unit_parse("km", &length), STATUS_OK);
    assert_int_equal(unit_raise(length, 2, 1, &area), STATUS_OK);
    assert_int_equal(unit_raise(area, 1, 2, &root), STATUS_OK);
    assert_true(unit_factor(root, length, &factor));
    assert_true(fabs(factor - 1) < 1e-15);
    assert_int_equal(unit_raise(length, 1, 2, &none), STATUS_DATA);
    assert_null(none);
    unit_destroy(&length);
    unit_destroy(&area);
    unit_destroy(&root);
}

static void doubtful_units_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"ton", "kg/ton", "degC", "foo", "t +", "coal"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct unit *unit = NULL;
        failure_clear();
        if (unit_parse(texts[i], &unit) != STATUS_DATA || unit != NULL ||
            strstr(failure_message(), texts[i]) == NULL) {
            fail_msg("%s: %s", texts[i], failure_message());
        }
    }
    failure_clear();
}

static void units_have_a_name_that_reads_back(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        {"tonne/persons", "t/person"},  {"Mtce", "GJ"},
        {"kg2/person", "kg2.person-1"}, {"t/km2/piece", "0.001 m-2.kg.piece-1"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct unit *unit = NULL, *again = NULL;
        char *name = NULL;
        double factor;
        assert_int_equal(unit_parse(known[i][0], &unit), STATUS_OK);
        assert_int_equal(unit_text(unit, &name), STATUS_OK);
        assert_string_equal(name, known[i][1]);
        assert_int_equal(unit_parse(name, &again), STATUS_OK);
        assert_true(unit_factor(unit, again, &factor));
        unit_destroy(&unit);
        unit_destroy(&again);
        free(name);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(spellings_of_inventories_have_their_factor),
    cmocka_unit_test(unlike_things_have_no_factor),
    cmocka_unit_test(a_factor_times_an_activity_is_a_mass),
    cmocka_unit_test(powers_and_roots_undo_one_another),
    cmocka_unit_test(doubtful_units_are_refused),
    cmocka_unit_test(units_have_a_name_that_reads_back),
};

TESTING_MAIN(tests)
