/* airshed -- GPL-3.0-or-later. Fitted distributions against R's fitdistrplus (P3.10).
 * ranks: 1
 */
#include "csv.h"

#include "kernels/distribution_fit.h"
#include "kernels/random_words.h"
#include "kernels/sampler.h"

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Values of a column, ascending, the caller's. */
static double *column(const char *path, const char *name, int64_t *count)
{
    struct csv table = csv_open(path);
    double *values = calloc((size_t)table.rows, sizeof *values);
    *count = 0;
    for (int row = 0; row < table.rows; row++) {
        double value = csv_number(&table, row, name);
        if (isfinite(value)) {
            values[(*count)++] = value;
        }
    }
    csv_close(&table);
    qsort(values, (size_t)*count, sizeof *values, compare);
    return values;
}

static void assert_relative(double got, double expected, double tolerance)
{
    double ratio = got / expected, one = 1;
    assert_close(&ratio, &one, 1, tolerance);
}

static enum distribution_family family_of(const char *name)
{
    return strcmp(name, "norm") == 0    ? DISTRIBUTION_NORMAL
           : strcmp(name, "lnorm") == 0 ? DISTRIBUTION_LOGNORMAL
           : strcmp(name, "gamma") == 0 ? DISTRIBUTION_GAMMA
                                        : DISTRIBUTION_WEIBULL;
}

/* fitdistrplus maximises gamma and Weibull by Nelder and Mead, which stops where the likelihood of 1255
 * changes by 1e-8 of itself: within 1e-5 of the maximum an estimate is within sqrt(2e-5) = 0.0045 standard
 * errors, which are 8 % of it at most: 4e-4. What depends on the estimates moves with them; the likelihood
 * does not. Normal and lognormal are in closed form, printed with 9 digits and more. Standard errors come
 * from second differences with h = 1e-3: (2 h)^2 / 12 of the fourth derivative, which for sdlog is 27 /
 * sdlog^2 of the second, 3.1e-5 of it, and half of that in the error. For gamma's rate it is 6 / rate^2,
 * 6.8e-4 of the information, which the correlation with the shape (r^2 = 0.88) raises to 6e-3 of the
 * variance. */
static void fits_agree_with_fitdistrplus(void **state)
{
    (void)state;
    const char *expected =
        testing_shared("data/reference/bootstrap/distribution_fits_expected.csv");
    const char *serving = testing_shared("data/reference/bootstrap/groundbeef_serving.csv");
    if (expected == NULL || serving == NULL) {
        testing_skip();
        return;
    }
    int64_t count;
    double *values = column(serving, "serving_g", &count);
    struct csv table = csv_open(expected);
    int checked = 0;
    for (int row = 0; row < table.rows; row++) {
        if (strcmp(csv_text(&table, row, "dataset"), "groundbeef_serving") != 0) {
            continue;
        }
        const char *name = csv_text(&table, row, "distribution");
        const char *parameter = csv_text(&table, row, "parameter");
        struct distribution_fit fit =
            distribution_fit(family_of(name), FIT_LIKELIHOOD, values, count, 0, 1);
        bool is_closed = strcmp(name, "norm") == 0 || strcmp(name, "lnorm") == 0;
        bool is_rate = strcmp(parameter, "rate") == 0;
        int second = strcmp(parameter, "mean") != 0 && strcmp(parameter, "meanlog") != 0 &&
                     strcmp(parameter, "shape") != 0;
        double estimate = fit.distribution.parameters[second];
        double error = fit.standard_errors[second];
        assert_int_equal(fit.reason, REASON_OK);
        assert_relative(is_rate ? 1 / estimate : estimate, csv_number(&table, row, "estimate"),
                        is_closed ? 1e-9 : 1e-3);
        assert_relative(is_rate ? error / (estimate * estimate) : error,
                        csv_number(&table, row, "std_error"), is_closed ? 2e-5 : 3.1e-3);
        assert_relative(fit.log_likelihood, csv_number(&table, row, "loglik"), 1e-8);
        assert_relative(fit.aic, csv_number(&table, row, "aic"), 1e-8);
        assert_relative(fit.bic, csv_number(&table, row, "bic"), 1e-8);
        assert_relative(fit.ks, csv_number(&table, row, "ks"), is_closed ? 1e-9 : 1e-3);
        assert_relative(fit.ad, csv_number(&table, row, "ad"), is_closed ? 1e-9 : 1e-3);
        assert_relative(fit.cvm, csv_number(&table, row, "cvm"), is_closed ? 1e-9 : 1e-3);
        checked++;
    }
    assert_int_equal(checked, 8);
    csv_close(&table);
    free(values);
}

enum {
    MANY = 4000
};

/** A large sample of @p d, ascending. */
static void fill_sample(const struct distribution *d, double *values, int64_t count)
{
    struct sampler *sampler = NULL;
    assert_int_equal(sampler_create(d, &sampler), STATUS_OK);
    random_words_uniforms((struct random_key){11, 1}, (uint64_t)d->family, 0, count, values);
    sampler_draw(sampler, values, count, values);
    qsort(values, (size_t)count, sizeof *values, compare);
    sampler_destroy(&sampler);
}

/* Every family recovers what its sample was drawn from, by both methods. The sample's mean has a standard
 * error of sd / sqrt(4000), its quantiles 10 and 90 % at most 6 times that for these shapes; five of
 * them. */
static void fits_recover_their_distribution(void **state)
{
    (void)state;
    static double values[MANY];
    const struct distribution truths[] = {
        distribution_of(DISTRIBUTION_NORMAL, 5, 2, 0, 0),
        distribution_of(DISTRIBUTION_LOGNORMAL, 1, 0.5, 0, 0),
        distribution_of(DISTRIBUTION_TRIANGULAR, 1, 2, 6, 0),
        distribution_of(DISTRIBUTION_UNIFORM, -1, 3, 0, 0),
        distribution_of(DISTRIBUTION_BETA, 2, 5, 0, 1),
        distribution_of(DISTRIBUTION_GAMMA, 3, 2, 0, 0),
        distribution_of(DISTRIBUTION_WEIBULL, 1.5, 4, 0, 0),
    };
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        fill_sample(&truths[i], values, MANY);
        double error = sqrt(distribution_variance(&truths[i]) / MANY);
        for (int method = FIT_LIKELIHOOD; method <= FIT_MOMENTS; method++) {
            struct distribution_fit fit =
                distribution_fit(truths[i].family, (enum fit_method)method, values, MANY, 0, 1);
            assert_int_equal(fit.reason, REASON_OK);
            double got[3] = {distribution_mean(&fit.distribution),
                             distribution_quantile(&fit.distribution, 0.1),
                             distribution_quantile(&fit.distribution, 0.9)};
            double expected[3] = {distribution_mean(&truths[i]),
                                  distribution_quantile(&truths[i], 0.1),
                                  distribution_quantile(&truths[i], 0.9)};
            assert_close(got, expected, 1, 5 * error);
            assert_close(got, expected, 3, 30 * error);
        }
    }
}

/* No nearby parameters are more likely. */
static void likelihood_is_largest_at_the_fit(void **state)
{
    (void)state;
    static double values[200];
    const enum distribution_family families[] = {DISTRIBUTION_BETA, DISTRIBUTION_GAMMA,
                                                 DISTRIBUTION_WEIBULL, DISTRIBUTION_TRIANGULAR};
    struct distribution truth = distribution_of(DISTRIBUTION_BETA, 2, 3, 0, 1);
    fill_sample(&truth, values, 200);
    for (int f = 0; f < 4; f++) {
        struct distribution_fit fit =
            distribution_fit(families[f], FIT_LIKELIHOOD, values, 200, 0, 1);
        int free = families[f] == DISTRIBUTION_TRIANGULAR ? 3 : 2;
        for (int k = 0; k < 2 * free; k++) {
            struct distribution other = fit.distribution;
            double sum = 0;
            other.parameters[k / 2] *= k % 2 == 0 ? 1.001 : 0.999;
            for (int i = 0; i < 200; i++) {
                sum += distribution_log_density(&other, values[i]);
            }
            assert_true(sum < fit.log_likelihood + 1e-9);
        }
    }
}

static void bad_samples_have_their_reasons(void **state)
{
    (void)state;
    const double negative[4] = {-1, 2, 3, 4}, flat[4] = {2, 2, 2, 2}, holed[4] = {1, 2, 3, NAN};
    const double wide[4] = {0.5, 1, 2, 3};
    assert_int_equal(
        distribution_fit(DISTRIBUTION_LOGNORMAL, FIT_LIKELIHOOD, negative, 4, 0, 1).reason,
        REASON_NOT_POSITIVE);
    assert_int_equal(distribution_fit(DISTRIBUTION_GAMMA, FIT_LIKELIHOOD, flat, 4, 0, 1).reason,
                     REASON_FLAT_SERIES);
    assert_int_equal(distribution_fit(DISTRIBUTION_NORMAL, FIT_LIKELIHOOD, holed, 4, 0, 1).reason,
                     REASON_MISSING);
    assert_int_equal(distribution_fit(DISTRIBUTION_NORMAL, FIT_LIKELIHOOD, wide, 1, 0, 1).reason,
                     REASON_TOO_SHORT);
    assert_int_equal(distribution_fit(DISTRIBUTION_BETA, FIT_LIKELIHOOD, wide, 4, 0, 1).reason,
                     REASON_OUTSIDE_BOUNDS);
}

static void small_samples_fall_back(void **state)
{
    (void)state;
    const double three[3] = {1, 2, 4}, skewed[3] = {0, 0, 9}, two[2] = {1, 3}, one[1] = {7};
    struct distribution d;
    assert_int_equal(distribution_fit_small(three, 3, &d), REASON_SMALL_SAMPLE);
    assert_int_equal(d.family, DISTRIBUTION_TRIANGULAR);
    assert_true(fabs(distribution_mean(&d) - 7.0 / 3) < 1e-15 * 10);
    assert_int_equal(distribution_fit_small(skewed, 3, &d), REASON_SMALL_SAMPLE);
    assert_int_equal(d.family, DISTRIBUTION_TRIANGULAR);
    assert_int_equal(distribution_fit_small(two, 2, &d), REASON_SMALL_SAMPLE);
    assert_int_equal(d.family, DISTRIBUTION_UNIFORM);
    assert_int_equal(distribution_fit_small(one, 1, &d), REASON_SMALL_SAMPLE);
    assert_int_equal(d.family, DISTRIBUTION_CONSTANT);
    assert_int_equal(distribution_fit_small(one, 0, &d), REASON_ALL_MISSING);
}

/* 200 samples from the family itself: p is uniform, so that 10 are below 0.05, give or take 3.1; five
 * standard errors. Samples of an exponential are no normal ones. */
static void p_of_the_bootstrap_is_uniform_under_the_family(void **state)
{
    (void)state;
    enum {
        SAMPLES = 200,
        SIZE = 20,
        REPLICATES = 99
    };
    struct random_key key = {21, 4};
    double values[SIZE];
    int low = 0, refused = 0;
    for (int s = 0; s < SAMPLES; s++) {
        random_normals(key, (uint64_t)s, 0, SIZE, values);
        qsort(values, SIZE, sizeof *values, compare);
        struct distribution_fit fit =
            distribution_fit(DISTRIBUTION_NORMAL, FIT_LIKELIHOOD, values, SIZE, 0, 1);
        assert_int_equal(distribution_fit_test(&fit, key, (uint64_t)s << 32, REPLICATES),
                         STATUS_OK);
        low += fit.p_ad <= 0.05;
        random_uniforms(key, (uint64_t)s, 100, SIZE, values);
        for (int i = 0; i < SIZE; i++) {
            values[i] = -log(values[i]);
        }
        qsort(values, SIZE, sizeof *values, compare);
        fit = distribution_fit(DISTRIBUTION_NORMAL, FIT_LIKELIHOOD, values, SIZE, 0, 1);
        assert_int_equal(distribution_fit_test(&fit, key, (uint64_t)s << 32, REPLICATES),
                         STATUS_OK);
        refused += fit.p_ad <= 0.05;
    }
    assert_true(abs(low - 10) <= 15);
    assert_true(refused > SAMPLES / 2);
}

static void the_choice_is_the_smallest_aicc_that_passes(void **state)
{
    (void)state;
    struct distribution_fit fits[3] = {
        {.family = DISTRIBUTION_NORMAL, .aicc = 10, .ad = 0.9, .p_ad = 0.01, .p_ks = 0.3},
        {.family = DISTRIBUTION_GAMMA, .aicc = 12, .ad = 0.4, .p_ad = 0.30, .p_ks = 0.3},
        {.family = DISTRIBUTION_WEIBULL, .aicc = 11, .ad = 0.5, .p_ad = 0.20, .p_ks = NAN},
    };
    enum fit_choice why;
    assert_int_equal(distribution_fit_choose(fits, 3, 0.05, &why), 2);
    assert_int_equal(why, FIT_CHOICE_AICC);
    assert_int_equal(distribution_fit_choose(fits, 3, 0.5, &why), 1);
    assert_int_equal(why, FIT_CHOICE_DISTANCE);
    assert_int_equal(distribution_fit_choose(fits, 0, 0.05, &why), -1);
    assert_int_equal(why, FIT_CHOICE_NONE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fits_agree_with_fitdistrplus),
    cmocka_unit_test(fits_recover_their_distribution),
    cmocka_unit_test(likelihood_is_largest_at_the_fit),
    cmocka_unit_test(bad_samples_have_their_reasons),
    cmocka_unit_test(small_samples_fall_back),
    cmocka_unit_test(p_of_the_bootstrap_is_uniform_under_the_family),
    cmocka_unit_test(the_choice_is_the_smallest_aicc_that_passes),
};

TESTING_MAIN(tests)
