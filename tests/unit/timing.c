/* airshed -- GPL-3.0-or-later. Clocks, durations and dates.
 * ranks: 1
 */
#include "testing.h"

#include "base/timing.h"

static char *date(const char *source_date_epoch)
{
    char *text = NULL;
    if (source_date_epoch != NULL) {
        setenv("SOURCE_DATE_EPOCH", source_date_epoch, 1);
    } else {
        unsetenv("SOURCE_DATE_EPOCH");
    }
    assert_int_equal(timing_utc_text(&text), STATUS_OK);
    unsetenv("SOURCE_DATE_EPOCH");
    return text;
}

static void dates_honour_source_date_epoch(void **state)
{
    (void)state;
    char *fixed = date("951782400"), *odd = date("soon"), *now = date(NULL);
    assert_string_equal(fixed, "2000-02-29T00:00:00Z");
    assert_true(strcmp(odd, "2020") > 0);
    assert_true(strcmp(now, "2020") > 0);
    assert_int_equal(strlen(now), 20);
    free(fixed);
    free(odd);
    free(now);
}

static void clocks_run(void **state)
{
    (void)state;
    double wall = timing_wall_s(), cpu = timing_cpu_s();
    usleep(50000);
    assert_true(timing_wall_s() - wall >= 0.05);
    assert_true(timing_cpu_s() >= cpu);
}

static void durations_read_well(void **state)
{
    (void)state;
    char text[TIMING_TEXT_BYTES];
    assert_string_equal(timing_duration_text(11.6, text), "12 s");
    assert_string_equal(timing_duration_text(185, text), "3 min 05 s");
    assert_string_equal(timing_duration_text(59.7, text), "1 min 00 s");
    assert_string_equal(timing_duration_text(7629, text), "2 h 07 min");
    assert_string_equal(timing_duration_text(4 * 86400 + 3 * 3600, text), "4 d 03 h");
    assert_string_equal(timing_duration_text(-1, text), "0 s");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(dates_honour_source_date_epoch),
    cmocka_unit_test(clocks_run),
    cmocka_unit_test(durations_read_well),
};

TESTING_MAIN(tests)
