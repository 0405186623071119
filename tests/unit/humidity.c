/* airshed -- GPL-3.0-or-later. Relative humidity from dew point.
 * ranks: 1
 */
#include "testing.h"

#include <float.h>

#include "kernels/humidity.h"

/* P2.04's formula evaluated by R 4.2. exp carries 0.5 ulp and its argument, at most 3, a few eps.
 */
static void humidity_is_the_formula(void **state)
{
    (void)state;
    static const double known[][3] = {
        {20, 10, 52.541325581065877},
        {30, 25, 74.628205024238241},
        {-10, -15, 66.829328565369394},
        {35, -5, 7.510512516123647},
        {0, 0, 100},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double got = humidity_relative(MAGNUS_DEFAULT, known[i][0], known[i][1]);
        assert_close(&got, &known[i][2], 1, known[i][2] * 20 * DBL_EPSILON);
    }
    double other = humidity_relative((struct magnus){17.62, 243.12}, 20, 10);
    double expected = 52.560760368026308;
    assert_close(&other, &expected, 1, expected * 20 * DBL_EPSILON);
}

/* Vapour pressure over water in hPa from the WMO's table (Goff-Gratch; CIMO guide): 6.11 at 0,
 * 12.27 at 10, 23.37 at 20, 42.43 at 30 degC. Magnus is within 0.3 % of it, the table's digits
 * within 0.1 %. */
static void humidity_is_the_ratio_of_vapour_pressures(void **state)
{
    (void)state;
    static const double celsius[] = {0, 10, 20, 30}, pressure[] = {6.11, 12.27, 23.37, 42.43};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j <= i; j++) {
            double expected = 100 * pressure[j] / pressure[i];
            double got = humidity_relative(MAGNUS_DEFAULT, celsius[i], celsius[j]);
            assert_close(&got, &expected, 1, 0.005 * expected);
        }
    }
}

static void humidity_stays_within_its_limits(void **state)
{
    (void)state;
    double t[] = {10, 10, NAN, 10, -300, 60}, dew[] = {10.2, 9.8, 5, NAN, 5, -200}, humidity[6];
    humidity_fill(MAGNUS_DEFAULT, t, dew, 6, humidity);
    assert_true(humidity[0] == 100);
    assert_true(humidity[1] > 98 && humidity[1] < 99);
    assert_true(isnan(humidity[2]) && isnan(humidity[3]) && isnan(humidity[4]));
    assert_true(humidity[5] >= 0 && humidity[5] < 1e-12);
    humidity_fill(MAGNUS_DEFAULT, t, dew, 6, dew);
    assert_true(dew[1] == humidity[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(humidity_is_the_formula),
    cmocka_unit_test(humidity_is_the_ratio_of_vapour_pressures),
    cmocka_unit_test(humidity_stays_within_its_limits),
};

TESTING_MAIN(tests)
