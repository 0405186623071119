/* airshed -- GPL-3.0-or-later. Shares of uncertain inputs in the spread of results (P3.13).
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"
#include "kernels/sensitivity.h"

enum {
    ROWS = 12,
    INPUTS = 3
};
static const double table[INPUTS][ROWS] = {{6, 2, 8, 4, 0, 7, 3, 9, 5, 1, 7, 4},
                                           {7, 5, 2, 0, 7, 5, 2, 0, 7, 5, 3, 0},
                                           {5, 1, 7, 2, 8, 4, 9, 5, 1, 6, 2, 8}};
static const double outcome[ROWS] = {10.25, 2.05,  18.45, 9.2,  -3.8, 13.8,
                                     11.05, 21.25, 4.05,  -1.2, 11.2, 15.2};

/* scipy 1.10 pearsonr and spearmanr, with ties; 12 values lose no more than some roundings. */
static void correlations_and_p_are_those_of_scipy(void **state)
{
    (void)state;
    static const double expected[INPUTS][4] = {
        {0.8694627591013733, 0.0002387910976443581, 0.8421104469870047, 0.0005890784331518635},
        {-0.6812421940055714, 0.014715650405472859, -0.6513389472789297, 0.02176545292575486},
        {0.13774295316736893, 0.6694533535327805, 0.17958191787701966, 0.5765201959419017}};
    struct sensitivity *sensitivity = NULL;
    double scratch[5 * ROWS];
    assert_int_equal(sensitivity_create(outcome, 1, ROWS, &sensitivity), STATUS_OK);
    assert_true(sensitivity_scratch(sensitivity) <= 5 * ROWS);
    for (int i = 0; i < INPUTS; i++) {
        double r, rho;
        sensitivity_correlate(sensitivity, table[i], &r, &rho, scratch);
        double got[4] = {r, sensitivity_p(r, ROWS), rho, sensitivity_p(rho, ROWS)};
        assert_close(got, expected[i], 4, 1e-14);
    }
    sensitivity_destroy(&sensitivity);
}

/* statsmodels 0.13, OLS of standardised columns with a constant. */
static void regression_is_that_of_statsmodels(void **state)
{
    (void)state;
    static const double coefficients[] = {0.7866525563883309, -0.35998097273444807,
                                          0.224161063075915};
    static const double errors[] = {0.07891130790257671, 0.07882757203427777, 0.0752319209902928};
    static const double ps[] = {8.688374510375007e-06, 0.001833737833249295, 0.017611147779552732};
    struct sensitivity *sensitivity = NULL;
    struct sensitivity_share shares[INPUTS + 2];
    double columns[(INPUTS + 2) * ROWS], r_squared, sum = 0, expected = 0.9600759366106354;
    assert_int_equal(sensitivity_create(outcome, 1, ROWS, &sensitivity), STATUS_OK);
    /* A constant, and a column that two others determine, change nothing. */
    memcpy(columns, table, sizeof table);
    for (int i = 0; i < ROWS; i++) {
        columns[INPUTS * ROWS + i] = 3;
        columns[(INPUTS + 1) * ROWS + i] = table[0][i] - 2 * table[1][i] + 1e6;
    }
    assert_int_equal(sensitivity_regress(sensitivity, 0, INPUTS + 2, columns, shares, &r_squared),
                     STATUS_OK);
    for (int i = 0; i < INPUTS; i++) {
        double got[3] = {shares[i].coefficient, shares[i].error, shares[i].p};
        double wanted[3] = {coefficients[i], errors[i], ps[i]};
        assert_close(got, wanted, 3, 1e-13);
        sum += shares[i].contribution;
    }
    assert_close(&r_squared, &expected, 1, 1e-13);
    assert_close(&sum, &expected, 1, 1e-13);
    assert_true(isnan(shares[INPUTS].coefficient) && isnan(shares[INPUTS + 1].contribution));
    sensitivity_destroy(&sensitivity);
}

/* y = 3 a - 2 b + c of independent standard normals: contributions 9, 4 and 1 in 14; Pearson 3, -2, 1 over
 * sqrt(14). exp(y) has the ranks of y. Correlations of n draws are off by 5 / sqrt(n) at most, coefficients of
 * a model without a rest by roundings alone once they are scaled by what the sample has. */
static void a_linear_model_gives_its_closed_form(void **state)
{
    (void)state;
    enum {
        N = 20000
    };
    static double columns[3 * N], results[2 * N], scratch[5 * N];
    static const double weights[3] = {3, -2, 1};
    for (int64_t k = 0; k < 3; k++) {
        random_normals((struct random_key){5, random_stream("test")}, (uint64_t)k, 0, N,
                       columns + k * N);
    }
    for (int64_t i = 0; i < N; i++) {
        results[i] = 3 * columns[i] - 2 * columns[N + i] + columns[2 * N + i];
        results[N + i] = exp(results[i]);
    }
    struct sensitivity *sensitivity = NULL;
    struct sensitivity_share shares[3];
    double r[2], rho[2], r_squared;
    assert_int_equal(sensitivity_create(results, 2, N, &sensitivity), STATUS_OK);
    for (int64_t k = 0; k < 3; k++) {
        sensitivity_correlate(sensitivity, columns + k * N, r, rho, scratch);
        assert_true(fabs(r[0] - weights[k] / sqrt(14)) < 5 / sqrt(N));
        double of_ranks = 6 / M_PI * asin(weights[k] / sqrt(14) / 2);
        assert_true(fabs(rho[0] - of_ranks) < 5 / sqrt(N));
        /* Of exp(y) neighbours among the smallest count as equal: half a rank each, of which ten change the
         * correlation by 10 x 3 / n^2 at most. */
        assert_true(fabs(rho[0] - rho[1]) < 30.0 / N / N && fabs(r[1]) < fabs(r[0]));
    }
    assert_int_equal(sensitivity_regress(sensitivity, 0, 3, columns, shares, &r_squared),
                     STATUS_OK);
    assert_true(fabs(r_squared - 1) < 1e-12);
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(shares[k].contribution - weights[k] * weights[k] / 14) < 10 / sqrt(N));
        assert_true(shares[k].p < 1e-12);
    }
    sensitivity_destroy(&sensitivity);
}

static void what_does_not_vary_has_no_correlation(void **state)
{
    (void)state;
    double flat[4] = {0.1, 0.1, 0.1, 0.1}, rising[4] = {1, 2, 3, 4}, scratch[20], r, rho;
    double results[8] = {0.1, 0.1, 0.1, 0.1, 1, 2, NAN, 4}, rs[2], rhos[2];
    struct sensitivity *sensitivity = NULL;
    assert_int_equal(sensitivity_create(rising, 1, 4, &sensitivity), STATUS_OK);
    sensitivity_correlate(sensitivity, flat, &r, &rho, scratch);
    assert_true(isnan(r) && isnan(rho) && isnan(sensitivity_p(r, 4)));
    sensitivity_correlate(sensitivity, rising, &r, &rho, scratch);
    assert_true(fabs(r - 1) < 1e-15 && fabs(rho - 1) < 1e-15);
    sensitivity_destroy(&sensitivity);
    assert_int_equal(sensitivity_create(results, 2, 4, &sensitivity), STATUS_OK);
    sensitivity_correlate(sensitivity, rising, rs, rhos, scratch);
    assert_true(isnan(rs[0]) && isnan(rhos[0]) && isnan(rs[1]) && isnan(rhos[1]));
    sensitivity_destroy(&sensitivity);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(correlations_and_p_are_those_of_scipy),
    cmocka_unit_test(regression_is_that_of_statsmodels),
    cmocka_unit_test(a_linear_model_gives_its_closed_form),
    cmocka_unit_test(what_does_not_vary_has_no_correlation),
};
TESTING_MAIN(tests)
