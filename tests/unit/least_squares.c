/* airshed -- GPL-3.0-or-later. Linear regression, removal of the weather, effective sample size.
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include <float.h>

#include "base/random.h"
#include "kernels/least_squares_block.h"

enum {
    STEPS = 3653,
    MOST = 8
};

static double storage[MOST][STEPS];
static double lanes[MOST][STEPS][LANES];
static double removed[STEPS][LANES];

static struct least_squares_data data_over_storage(int64_t steps, int columns)
{
    struct least_squares_data data = {steps, columns, {storage[columns], 1}, {{NULL, 0}}};
    for (int j = 0; j < columns; j++) {
        data.x[j] = (struct least_squares_series){storage[j], 1};
    }
    return data;
}

/** Copies the storage into @p lane of a block whose other lanes keep what they have. */
static struct least_squares_block block_with(const struct least_squares_data *data, int lane)
{
    struct least_squares_block block = {data->steps, data->columns, &lanes[data->columns][0][0], {0}};
    for (int j = 0; j <= data->columns; j++) {
        for (int64_t i = 0; i < data->steps; i++) {
            lanes[j][i][lane] = storage[j][i];
        }
        block.x[j] = &lanes[j][0][0];
    }
    return block;
}

static struct least_squares_block block_alone(const struct least_squares_data *data, int lane)
{
    for (int64_t i = 0; i < MOST * STEPS * LANES; i++) {
        (&lanes[0][0][0])[i] = NAN;
    }
    return block_with(data, lane);
}

/** What is left of y, in removed[.][2]. @return the lag-1 autocorrelation of the residuals */
static double remove_weather(enum removal removal, const struct least_squares_data *data,
                             const struct least_squares_fit *fit)
{
    struct least_squares_block block = block_alone(data, 2);
    struct least_squares_fit fits[LANES];
    double lag1[LANES];
    least_squares_fit_block(&block, fits);
    fits[2] = *fit;
    removal_apply_block(removal, &block, fits, block.y, &removed[0][0], lag1);
    return lag1[2];
}

static void load(const struct csv *table, const char *const *names, int count)
{
    for (int row = 0; row < table->rows; row++) {
        for (int j = 0; j < count; j++) {
            storage[j][row] = csv_number(table, row, names[j]);
        }
    }
}

/** Length of a series about its mean: what a slope is multiplied with in y. */
static double centred_length(const double *values, int64_t steps)
{
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < steps; i++) {
        mean += values[i] / (double)steps;
    }
    for (int64_t i = 0; i < steps; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return sqrt(sum);
}

/** Compares with R's table (columns term, estimate, error) within the first-order bound of a
 * backward stable solution (Golub and Van Loan, 5.3.8): relative to the longest of slope times
 * spread, c eps (kappa + kappa^2 tan theta), kappa that of the centred and scaled regressors and
 * tan theta the ratio of residual to fit; c = 8 (p + 1) for the rounding of sums and of the
 * reference. */
static void assert_table(const struct least_squares_data *data, const struct least_squares_fit *fit,
                         const struct csv *expected, const char *error_name)
{
    double kappa = fit->condition_centred, longest = 0;
    double tangent = sqrt((1 - fit->r2) / fit->r2);
    double bound = 8 * (data->columns + 1) * DBL_EPSILON * (kappa + kappa * kappa * tangent);
    double intercept = 0;
    for (int j = 0; j < data->columns; j++) {
        double spread = centred_length(data->x[j].values, data->steps);
        longest = fmax(longest, fabs(fit->coefficients[j + 1]) * spread);
    }
    for (int j = 0; j < data->columns; j++) {
        double spread = centred_length(data->x[j].values, data->steps);
        double tolerance = bound * longest / spread;
        double estimate = csv_number(expected, j + 1, "estimate");
        double error = csv_number(expected, j + 1, error_name);
        assert_close(&fit->coefficients[j + 1], &estimate, 1, tolerance);
        /* 8 kappa eps for the error, which is the length of a row of the inverse; R prints the
         * expected ones to 15 digits. */
        assert_close(&fit->standard_errors[j + 1], &error, 1,
                     error * (8 * kappa * DBL_EPSILON + bound + 2e-15));
        intercept += tolerance * fabs(fit->x_means[j]);
    }
    double estimate = csv_number(expected, 0, "estimate");
    double error = csv_number(expected, 0, error_name);
    assert_close(fit->coefficients, &estimate, 1, intercept + 4 * DBL_EPSILON * fabs(estimate));
    assert_close(fit->standard_errors, &error, 1,
                 error * (8 * kappa * DBL_EPSILON + bound + 2e-15));
}

/* condition: Belsley, Kuh and Welsch (1980), 43275; more digits, VIF and the rest by R 4.2 (kappa,
 * diag(solve(cor(x))), summary(lm)$r.squared, $sigma, acf). */
static void longley_equals_the_certified_values(void **state)
{
    (void)state;
    static const char *const names[] = {"GNP.deflator", "GNP",  "Unemployed", "Armed.Forces",
                                        "Population",   "Year", "Employed"};
    static const double inflation[] = {135.53243827998, 1788.51348271756, 33.61889059604,
                                       3.58893019345,   399.15102231251,  758.98059740680};
    const char *path = testing_shared("data/reference/regression/longley.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    struct csv expected =
        csv_open(testing_shared("data/reference/regression/longley_expected.csv"));
    load(&table, names, 7);
    struct least_squares_data data = data_over_storage(table.rows, 6);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    assert_int_equal(fit.outcome, LEAST_SQUARES_FULL_RANK);
    assert_int_equal(fit.used, 16);
    assert_table(&data, &fit, &expected, "std_error");
    for (int j = 0; j < 6; j++) {
        assert_close(&fit.variance_inflation[j], &inflation[j], 1, 1e-9 * inflation[j]);
    }
    double got[] = {fit.condition, fit.condition_centred, fit.r2, fit.sigma,
                    remove_weather(REMOVAL_LITERAL, &data, &fit)};
    double known[] = {43275.0435872, 110.544153442, 0.995479004577296, 0.304854073561966,
                      -0.348022302822};
    double relative[] = {1e-10, 1e-11, 1e-14, 1e-12, 1e-10};
    for (int i = 0; i < 5; i++) {
        assert_close(&got[i], &known[i], 1, fabs(known[i]) * relative[i]);
    }
    csv_close(&table);
    csv_close(&expected);
}

static void weather_of_the_peers_equals_r(void **state)
{
    (void)state;
    static const char *const names[] = {"t2m", "tp", "sp", "u10", "v10", "rh", "pm25"};
    const char *path = testing_shared("fixtures/peers/mlr_input.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    struct csv expected = csv_open(testing_shared("fixtures/peers/mlr_expected_R.csv"));
    load(&table, names, 7);
    struct least_squares_data data = data_over_storage(table.rows, 6);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    assert_int_equal(fit.used, 365);
    assert_table(&data, &fit, &expected, "se");
    double r2 = csv_number(&expected, 7, "estimate");
    double sigma = csv_number(&expected, 9, "estimate");
    assert_close(&fit.r2, &r2, 1, 1e-13);
    assert_close(&fit.sigma, &sigma, 1, 1e-13 * sigma);
    csv_close(&table);
    csv_close(&expected);
}

static double saturation(double celsius)
{
    return 6.112 * exp(17.62 * celsius / (243.12 + celsius));
}

/** The rows of station Dongsi that its reference used; the others are missing in y. @return steps
 */
static int load_dongsi(const struct csv *table)
{
    static const char *const names[] = {"temp", "pres", "dewp", "rain", "u", "v", "pm25"};
    int steps = 0;
    for (int row = 0; row < table->rows; row++) {
        if (strcmp(csv_text(table, row, "station"), "Dongsi") != 0) {
            continue;
        }
        for (int j = 0; j < 7; j++) {
            storage[j][steps] = csv_number(table, row, names[j]);
        }
        storage[2][steps] = 100 * saturation(storage[2][steps]) / saturation(storage[0][steps]);
        if (csv_number(table, row, "n_pm25") < 18) {
            storage[6][steps] = NAN;
        }
        steps++;
    }
    return steps;
}

static void a_station_with_gaps_equals_r(void **state)
{
    (void)state;
    const char *path = testing_shared("data/beijing_stations/daily.csv");
    const char *answer = testing_shared("data/reference/regression/dongsi_pm25_mlr_expected.csv");
    if (path == NULL || answer == NULL) {
        testing_skip();
        return;
    }
    struct csv table = csv_open(path);
    struct csv expected = csv_open(answer);
    struct least_squares_data data = data_over_storage(load_dongsi(&table), 6);
    struct least_squares_fit fit, dense;
    least_squares_fit(&data, &fit);
    assert_int_equal(fit.used, 1428);
    assert_true(data.steps > 1428);

    /* Dropped by hand: the same sums in another order. */
    int64_t kept = 0;
    remove_weather(REMOVAL_LITERAL, &data, &fit);
    for (int64_t step = 0; step < data.steps; step++) {
        for (int j = 0; !isnan(removed[step][2]) && j < 7; j++) {
            storage[j][kept] = storage[j][step];
        }
        kept += !isnan(removed[step][2]);
    }
    data.steps = kept;
    least_squares_fit(&data, &dense);
    assert_close(fit.coefficients, dense.coefficients, 7,
                 1428 * DBL_EPSILON * fabs(fit.coefficients[0]));
    assert_table(&data, &dense, &expected, "std_error");
    double r2 = csv_number(&expected, 0, "r2"), sigma = csv_number(&expected, 0, "sigma");
    assert_close(&fit.r2, &r2, 1, 1e-14 * 10);
    assert_close(&fit.sigma, &sigma, 1, 1e-13 * sigma);
    csv_close(&table);
    csv_close(&expected);
}

static void draw_regressors(int columns, int64_t steps, uint32_t stream)
{
    for (int j = 0; j <= columns; j++) {
        random_normals((struct random_key){11, stream}, (uint64_t)j, 0, steps, storage[j]);
    }
}

/* y = 3 + 2 x0 - x1 without noise: residuals are the rounding of y, 2^-53 of about 10, and of x. */
static void an_exact_line_is_found_at_every_length(void **state)
{
    (void)state;
    for (int64_t steps = 4; steps < 300; steps++) {
        draw_regressors(2, steps, 1);
        for (int64_t i = 0; i < steps; i++) {
            storage[2][i] = 3 + 2 * storage[0][i] - storage[1][i];
        }
        struct least_squares_data data = data_over_storage(steps, 2);
        struct least_squares_fit fit;
        least_squares_fit(&data, &fit);
        double expected[] = {3, 2, -1};
        assert_int_equal(fit.used, steps);
        assert_close(fit.coefficients, expected, 3,
                     100 * DBL_EPSILON * fit.condition * sqrt((double)steps));
        assert_true(fit.sigma < 100 * DBL_EPSILON);
        assert_true(fit.r2 > 1 - 1e-14);
    }
}

/* x1 = 5 x0 exactly: with y = 4 z, z the shape of either, the minimum norm in unit columns gives
 * each the same half of the effect: slopes 2 and 2/5. x2 is constant: slope 0. */
static void twins_share_their_effect_and_are_flagged(void **state)
{
    (void)state;
    draw_regressors(3, 500, 2);
    for (int64_t i = 0; i < 500; i++) {
        storage[0][i] = round(storage[0][i] * 1024) / 1024;
        storage[1][i] = 5 * storage[0][i];
        storage[2][i] = 273.15;
        storage[3][i] = 4 * storage[0][i] + 7;
    }
    struct least_squares_data data = data_over_storage(500, 3);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    double expected[] = {7, 2, 0.4, 0};
    assert_int_equal(fit.outcome, LEAST_SQUARES_RANK_DEFICIENT);
    assert_int_equal(fit.rank, 1);
    assert_close(fit.coefficients, expected, 4, 1000 * DBL_EPSILON);
    assert_true(isinf(fit.condition) && isinf(fit.condition_centred));
    assert_true(isnan(fit.variance_inflation[0]) && isnan(fit.standard_errors[3]));
    assert_true(fit.sigma < 1000 * DBL_EPSILON);
}

static void a_noisy_constant_is_a_constant(void **state)
{
    (void)state;
    draw_regressors(2, 400, 3);
    for (int64_t i = 0; i < 400; i++) {
        storage[1][i] = 101325 * (1 + 2 * DBL_EPSILON * (double)(i % 3));
    }
    struct least_squares_data data = data_over_storage(400, 2);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    assert_int_equal(fit.outcome, LEAST_SQUARES_RANK_DEFICIENT);
    assert_true(fit.coefficients[2] == 0);
    assert_true(isfinite(fit.coefficients[1]) && isfinite(fit.standard_errors[1]));
}

static void too_few_steps_give_nan(void **state)
{
    (void)state;
    draw_regressors(2, 10, 4);
    for (int i = 3; i < 10; i++) {
        storage[i % 3][i] = i == 5 ? INFINITY : NAN;
    }
    struct least_squares_data data = data_over_storage(10, 2);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    assert_int_equal(fit.outcome, LEAST_SQUARES_TOO_FEW);
    assert_int_equal(fit.used, 3);
    assert_true(isnan(fit.coefficients[0]) && isnan(fit.r2) && isnan(fit.sigma));
    assert_true(isnan(remove_weather(REMOVAL_LITERAL, &data, &fit)));
}

static void without_regressors_the_mean_is_fitted(void **state)
{
    (void)state;
    double y[] = {1, 2, NAN, 6};
    struct least_squares_data data = {4, 0, {y, 1}, {{NULL, 0}}};
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    double got[] = {fit.coefficients[0], fit.sigma, fit.standard_errors[0], fit.r2};
    double expected[] = {3, sqrt(7), sqrt(7.0 / 3), 0};
    assert_close(got, expected, 4, 10 * DBL_EPSILON);
}

/* [time, lane] storage gives the bits of contiguous storage. */
static void a_stride_changes_no_bit(void **state)
{
    (void)state;
    static double block[7][STEPS][3];
    draw_regressors(6, STEPS, 5);
    struct least_squares_data data = data_over_storage(STEPS, 6), strided = data;
    for (int j = 0; j < 7; j++) {
        for (int64_t i = 0; i < STEPS; i++) {
            block[j][i][1] = storage[j][i];
        }
        *(j < 6 ? &strided.x[j] : &strided.y) = (struct least_squares_series){&block[j][0][1], 3};
    }
    struct least_squares_fit one, other;
    memset(&one, 0, sizeof one);
    memset(&other, 0, sizeof other);
    least_squares_fit(&data, &one);
    least_squares_fit(&strided, &other);
    assert_memory_equal(&one, &other, sizeof one);
}

/** Puts one of eight cases into the storage: plain, gaps, far means, close regressors, twins, y on
 *  the regressors, no data, three values. */
static struct least_squares_data draw_case(int which)
{
    draw_regressors(6, STEPS, 20 + (uint32_t)which);
    for (int64_t i = 0; i < STEPS; i++) {
        double gap = which == 6 || (which == 1 && i % 9 == 4) || (which == 7 && i > 2) ? NAN : 0;
        storage[6][i] += 2 * storage[0][i] - 0.5 * storage[3][i] + gap;
        storage[2][i] = which == 2 ? 101325 + 800 * storage[2][i] : storage[2][i];
        storage[1][i] = which == 3 ? storage[0][i] + 1e-3 * storage[1][i] : storage[1][i];
        storage[5][i] = which == 4 ? -3 * storage[0][i] : storage[5][i];
        storage[6][i] = which == 5 ? storage[0][i] + 4 : storage[6][i];
    }
    return data_over_storage(STEPS, 6);
}

/** The bound of the header: relative to the longest of slope times spread. Fits left to Householder
 *  are equal in every bit. */
static void assert_same_fit(const struct least_squares_data *data,
                            const struct least_squares_fit *got,
                            const struct least_squares_fit *exact)
{
    double kappa = exact->condition_centred, longest = 0;
    double tangent = sqrt((1 - exact->r2) / exact->r2);
    double relative = kappa > 50 || exact->r2 > 0.999
                          ? 0
                          : 2 * (32 + STEPS / 32) * DBL_EPSILON * kappa * kappa * (1 + tangent);
    assert_int_equal(got->outcome, exact->outcome);
    assert_int_equal(got->used, exact->used);
    assert_int_equal(got->rank, exact->rank);
    for (int j = 0; j < data->columns; j++) {
        double spread = centred_length(data->x[j].values, data->steps);
        longest = fmax(longest, fabs(exact->coefficients[j + 1]) * spread);
    }
    for (int j = 0; j < data->columns; j++) {
        double spread = centred_length(data->x[j].values, data->steps);
        assert_close(&got->coefficients[j + 1], &exact->coefficients[j + 1], 1,
                     relative * longest / spread);
        assert_close(&got->standard_errors[j + 1], &exact->standard_errors[j + 1], 1,
                     relative * exact->standard_errors[j + 1]);
    }
    assert_close(&got->r2, &exact->r2, 1, relative);
    assert_close(&got->sigma, &exact->sigma, 1, relative * exact->sigma);
    assert_close(&got->y_mean, &exact->y_mean, 1, relative * (1 + fabs(exact->y_mean)));
}

static void a_block_fits_as_householder_does(void **state)
{
    (void)state;
    struct least_squares_fit exact[LANES], fits[LANES];
    struct least_squares_block block = {0};
    for (int lane = 0; lane < LANES; lane++) {
        struct least_squares_data data = draw_case(lane);
        block = lane == 0 ? block_alone(&data, lane) : block_with(&data, lane);
        least_squares_fit(&data, &exact[lane]);
    }
    least_squares_fit_block(&block, fits);
    for (int lane = 0; lane < LANES; lane++) {
        struct least_squares_data data = draw_case(lane);
        if (exact[lane].outcome == LEAST_SQUARES_TOO_FEW) {
            assert_int_equal(fits[lane].outcome, LEAST_SQUARES_TOO_FEW);
            assert_int_equal(fits[lane].used, exact[lane].used);
            assert_true(isnan(fits[lane].coefficients[0]) && isnan(fits[lane].condition));
        } else {
            assert_same_fit(&data, &fits[lane], &exact[lane]);
        }
    }
    assert_int_equal(exact[4].outcome, LEAST_SQUARES_RANK_DEFICIENT);
    assert_true(exact[3].condition_centred > 50);
}

static void a_lane_does_not_feel_the_others(void **state)
{
    (void)state;
    static struct least_squares_fit alone[LANES], together[LANES];
    struct least_squares_block block = {0};
    memset(alone, 0, sizeof alone);
    memset(together, 0, sizeof together);
    for (int which = 0; which < LANES; which++) {
        struct least_squares_data data = draw_case(which);
        struct least_squares_fit fits[LANES];
        memset(fits, 0, sizeof fits);
        block = block_alone(&data, (which + 3) % LANES);
        least_squares_fit_block(&block, fits);
        alone[which] = fits[(which + 3) % LANES];
    }
    for (int which = 0; which < LANES; which++) {
        struct least_squares_data data = draw_case(which);
        block = block_with(&data, which);
    }
    least_squares_fit_block(&block, together);
    assert_memory_equal(alone, together, sizeof alone);
}

/* e[t] = 0.6 e[t-1] + noise: r = 0.6 within five standard errors sqrt((1 - 0.36) / n), and the
 * effective size is a quarter of n. */
static void autocorrelation_shrinks_the_sample(void **state)
{
    (void)state;
    draw_regressors(1, STEPS, 6);
    for (int64_t i = 1; i < STEPS; i++) {
        storage[1][i] += 0.6 * storage[1][i - 1];
    }
    struct least_squares_data data = data_over_storage(STEPS, 1);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    double lag1 = remove_weather(REMOVAL_LITERAL, &data, &fit);
    assert_true(fabs(lag1 - 0.6) < 5 * sqrt(0.64 / STEPS));
    for (int64_t i = 0; i < STEPS; i += 7) {
        storage[1][i] = NAN;
    }
    least_squares_fit(&data, &fit);
    assert_true(fabs(remove_weather(REMOVAL_LITERAL, &data, &fit) - 0.6) < 6 * sqrt(0.64 / STEPS));
    assert_true(fabs(least_squares_effective_size(1000, 0.6) - 250) < 1e-9);
    assert_true(least_squares_effective_size(1000, -0.5) == 1000);
    assert_true(least_squares_effective_size(1000, 1) == 0);
    assert_true(isnan(least_squares_effective_size(1000, NAN)));
}

/* P2.31: the mean of the cell survives recentring, is zero after the printed equation. */
static void removal_keeps_what_its_mode_says(void **state)
{
    (void)state;
    static double out[3][STEPS];
    draw_regressors(2, STEPS, 7);
    for (int64_t i = 0; i < STEPS; i++) {
        storage[0][i] += 280;
        storage[2][i] += 60 + 3 * storage[0][i];
    }
    storage[1][17] = NAN;
    struct least_squares_data data = data_over_storage(STEPS, 2);
    struct least_squares_fit fit;
    least_squares_fit(&data, &fit);
    double mean[3] = {0};
    for (int mode = 0; mode < 3; mode++) {
        remove_weather((enum removal)mode, &data, &fit);
        assert_true(isnan(removed[17][2]));
        for (int64_t i = 0; i < STEPS; i++) {
            out[mode][i] = removed[i][2];
            mean[mode] += i == 17 ? 0 : out[mode][i] / (STEPS - 1);
        }
    }
    /* n eps times the size of the terms, 900. */
    double expected[] = {fit.y_mean, fit.coefficients[0], 0};
    assert_close(mean, expected, 3, STEPS * DBL_EPSILON * 900);
    for (int64_t i = 0; i < 10; i++) {
        double literal = storage[2][i] - fit.coefficients[0] - fit.coefficients[1] * storage[0][i] -
                         fit.coefficients[2] * storage[1][i];
        assert_close(&out[REMOVAL_LITERAL][i], &literal, 1, 10 * DBL_EPSILON * 900);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(longley_equals_the_certified_values),
    cmocka_unit_test(weather_of_the_peers_equals_r),
    cmocka_unit_test(a_station_with_gaps_equals_r),
    cmocka_unit_test(an_exact_line_is_found_at_every_length),
    cmocka_unit_test(twins_share_their_effect_and_are_flagged),
    cmocka_unit_test(a_noisy_constant_is_a_constant),
    cmocka_unit_test(too_few_steps_give_nan),
    cmocka_unit_test(without_regressors_the_mean_is_fitted),
    cmocka_unit_test(a_stride_changes_no_bit),
    cmocka_unit_test(a_block_fits_as_householder_does),
    cmocka_unit_test(a_lane_does_not_feel_the_others),
    cmocka_unit_test(autocorrelation_shrinks_the_sample),
    cmocka_unit_test(removal_keeps_what_its_mode_says),
};

TESTING_MAIN(tests)
