/* airshed -- GPL-3.0-or-later. Printed numbers: what they come to, and exchanged labels.
 * ranks: 1
 */
#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "report/printed.h"

#define NUMBERS                                                                                    \
    "paper: a paper\n"                                                                             \
    "numbers:\n"                                                                                   \
    "  - {id: a, place: p1, value: 10}\n"                                                          \
    "  - {id: b, place: p1, value: 20.0}\n"                                                        \
    "  - {id: c, place: p2, value: 70}\n"                                                          \
    "  - {id: d, place: p2, value: 40}\n"                                                          \
    "  - {id: all, place: p3, value: 100, exact: true}\n"                                          \
    "  - {id: one, value: 4, exact: true}\n"                                                       \
    "  - {id: other, value: 5, exact: true}\n"                                                     \
    "  - {id: sa, value: 20.2}\n"                                                                  \
    "  - {id: sb, value: 69.8}\n"                                                                  \
    "  - {id: sc, value: 10}\n"

static enum status read_text(const char *checks, struct printed *printed)
{
    char path[] = "/tmp/airshed-printed-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    assert_true(fprintf(file, NUMBERS "checks:\n%s", checks) > 0);
    assert_int_equal(fclose(file), 0);
    failure_clear();
    enum status status = printed_read(path, printed);
    unlink(path);
    return status;
}

static void read_well(const char *checks, struct printed *printed)
{
    assert_int_equal(read_text(checks, printed), STATUS_OK);
}

/* 10, 20.0 and 70 stand for 9.5 to 10.5, 19.95 to 20.05 and 69.5 to 70.5. */
static void sums_and_rises_have_their_intervals(void **state)
{
    (void)state;
    struct printed printed;
    read_well("  - {of: all, is: equal, to: sum, by: [a, b, c]}\n"
              "  - {of: a, is: equal, to: rise, by: [a, b]}\n"
              "  - {of: d, is: equal, to: share_rise, by: [a, b, c, d]}\n",
              &printed);
    const struct printed_check *check = printed.checks;
    assert_true(check[0].holds && check[0].made == 100);
    assert_true(fabs(check[0].low - 98.95) < 1e-12 && fabs(check[0].high - 101.05) < 1e-12);
    assert_true(!check[1].holds && check[1].made == 100);
    assert_true(fabs(check[1].low - 100 * (19.95 / 10.5 - 1)) < 1e-12);
    assert_true(fabs(check[1].high - 100 * (20.05 / 9.5 - 1)) < 1e-12);
    /* (70 / 40) / (10 / 20) - 1 = 250 %; least with c and b low, a and d high. */
    assert_true(!check[2].holds && fabs(check[2].made - 250) < 1e-12);
    assert_true(fabs(check[2].low - 100 * (69.5 / 40.5 / (10.5 / 19.95) - 1)) < 1e-10);
    printed_clear(&printed);
}

/* As rounded numbers 4 and 5 would meet at 4.5. */
static void counts_are_exact(void **state)
{
    (void)state;
    struct printed printed;
    read_well("  - {of: one, is: equal, to: value, by: [other]}\n"
              "  - {of: one, is: at_most, to: value, by: [other]}\n",
              &printed);
    assert_false(printed.checks[0].holds);
    assert_true(printed.checks[1].holds);
    printed_clear(&printed);
}

/* Shares of a, b, c are 10, 20, 70 %: printed are those of b, c, a. */
static void exchanged_labels_are_found(void **state)
{
    (void)state;
    struct printed printed;
    read_well("  - {of: [sa, sb, sc], is: labelled, to: shares, by: [a, b, c]}\n"
              "  - {of: [sc, sa, sb], is: labelled, to: shares, by: [a, b, c, a, b, c]}\n",
              &printed);
    assert_int_equal(printed.check_count, 6);
    static const char *const fits[] = {"sb", "sc", "sa"};
    for (int i = 0; i < 3; i++) {
        assert_false(printed.checks[i].holds);
        assert_string_equal(printed.checks[i].label->id, fits[i]);
        assert_true(printed.checks[3 + i].holds);
    }
    assert_true(fabs(printed.checks[0].made - 10) < 1e-12);
    assert_true(fabs(printed.checks[5].made - 70) < 1e-12);
    char places[64];
    assert_string_equal(printed_places(&printed.checks[3], places, sizeof places), "p1; p2");
    printed_clear(&printed);
}

/* The reverse order, the last of 720. All numbers are larger than the shares, so that sums of differences
 * would not tell the orders apart, and squares do. */
static void any_order_of_six_labels_is_found(void **state)
{
    (void)state;
    struct printed printed;
    read_well("  - {of: [sb, d, b, sa, a, one], is: labelled, to: shares,\n"
              "     by: [one, a, sa, b, d, sb]}\n",
              &printed);
    static const char *const fits[] = {"one", "a", "sa", "b", "d", "sb"};
    for (int i = 0; i < 6; i++) {
        assert_string_equal(printed.checks[i].label->id, fits[i]);
        assert_false(printed.checks[i].holds);
    }
    printed_clear(&printed);
}

static void wrong_checks_are_refused_with_their_place(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "  - {of: [sa, sb], is: labelled, to: shares, by: [a, b, c]}\n",
        "  - {of: [sa, sb], is: equal, to: shares, by: [a, b]}\n",
        "  - {of: all, is: equal, to: share_rise, by: [a, b, c]}\n",
        "  - {of: all, is: equal, to: sum, by: [a, nobody]}\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct printed printed;
        assert_int_equal(read_text(wrong[i], &printed), STATUS_USAGE);
        assert_non_null(strstr(failure_message(), ":14:"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sums_and_rises_have_their_intervals),
    cmocka_unit_test(counts_are_exact),
    cmocka_unit_test(exchanged_labels_are_found),
    cmocka_unit_test(any_order_of_six_labels_is_found),
    cmocka_unit_test(wrong_checks_are_refused_with_their_place),
};

TESTING_MAIN(tests)
