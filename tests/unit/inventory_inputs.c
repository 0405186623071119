/* airshed -- GPL-3.0-or-later. Uncertain values of an inventory: what their text means, what is refused, and
 * their draws.
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"
#include "base/text.h"
#include "commands/inventory/inputs.h"
#include "kernels/correlation.h"
#include "kernels/quantile.h"
#include "scratch_folder.h"

static struct inventory_model model;
static struct inventory_inputs *inputs;

static const struct inventory_settings usual = {
    .seed = 7, .method = SAMPLING_RANDOM, .draws = 10000, .replicates = 1000};

static void release(void)
{
    inventory_inputs_destroy(&inputs);
    inventory_model_clear(&model);
    failure_clear();
}

/* A model of one source whose formula is @p formula, over parameters and values as given. */
static enum status read_model(const char *parameters, const char *values, const char *formula,
                              const char *rest)
{
    static char path[256];
    snprintf(path, sizeof path, "%s", scratch_path("model.yaml"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "units: '1'\n"
            "regions: {all: [A, B]}\n"
            "parameters:\n%s"
            "values:\n%s"
            "sources:\n  - {name: s, formula: '%s'}\n%s",
            parameters, values, formula, rest);
    fclose(file);
    return inventory_model_read(path, NULL, false, &model);
}

static enum status make(const char *parameters, const char *values, const char *formula,
                        const char *rest, struct inventory_settings settings)
{
    release();
    enum status status = read_model(parameters, values, formula, rest);
    return status == STATUS_OK ? inventory_inputs_create(&model, &settings, &inputs) : status;
}

/* One factor x with this value and these other fields. */
static enum status make_one(const char *kind, const char *fields)
{
    char parameters[256], values[512];
    snprintf(parameters, sizeof parameters, "  x: {kind: %s, units: '1'}\n", kind);
    snprintf(values, sizeof values, "  - {parameter: x, %s}\n", fields);
    return make(parameters, values, "x", "", usual);
}

static const double z975 = 1.959963984540054;

/* Mean and standard deviation of what is stated, in closed form. */
static void text_states_a_distribution(void **state)
{
    (void)state;
    const struct {
        const char *kind, *fields;
        enum distribution_family family;
        double mean, sd;
    } cases[] = {
        {"factor", "value: 20, distribution: normal(cv=5 %)", DISTRIBUTION_NORMAL, 20, 1},
        {"factor", "value: 20, distribution: ' Normal ( cv = 0.05 ) '", DISTRIBUTION_NORMAL, 20, 1},
        {"factor", "value: 20, distribution: normal(sd=5 %)", DISTRIBUTION_NORMAL, 20, 1},
        {"number", "value: -20, distribution: normal(cv=5 %)", DISTRIBUTION_NORMAL, -20, 1},
        {"factor", "value: 20, distribution: 'normal(low=18, high=22)'", DISTRIBUTION_NORMAL, 20,
         2 / z975},
        {"factor", "value: 20, distribution: normal, sd: 2", DISTRIBUTION_NORMAL, 20, 2},
        {"factor", "value: 20, distribution: lognormal(cv=30 %)", DISTRIBUTION_LOGNORMAL, 20, 6},
        {"factor", "value: 20, distribution: 'lognormal(gsd=2)'", DISTRIBUTION_LOGNORMAL, 20,
         20 * sqrt(exp(log(2) * log(2)) - 1)},
        {"factor", "value: 20, distribution: lognormal, low: 10, high: 50", DISTRIBUTION_LOGNORMAL,
         20, 20 * sqrt(exp(pow(log(5) / (2 * z975), 2)) - 1)},
        {"factor", "value: 20, distribution: 'uniform(half=20 %)'", DISTRIBUTION_UNIFORM, 20,
         4 / sqrt(3)},
        {"factor", "value: 2, distribution: 'uniform(low=1, high=4)'", DISTRIBUTION_UNIFORM, 2.5,
         3 / sqrt(12)},
        {"factor", "value: 20, distribution: uniform, sd: 1", DISTRIBUTION_UNIFORM, 20, 1},
        {"factor", "value: 2, distribution: 'triangular(low=1, high=4)'", DISTRIBUTION_TRIANGULAR,
         7.0 / 3, sqrt((1 + 4 + 16 - 2 - 4 - 8) / 18.0)},
        {"factor", "value: 20, distribution: triangular, sd: 2", DISTRIBUTION_TRIANGULAR, 20, 2},
        {"factor", "value: 2, distribution: triangular, low: 1, high: 4", DISTRIBUTION_TRIANGULAR,
         7.0 / 3, sqrt((1 + 4 + 16 - 2 - 4 - 8) / 18.0)},
        {"number", "value: 0, distribution: arcsine(half=0.5)", DISTRIBUTION_BETA, 0,
         0.5 / M_SQRT2},
        {"share", "value: 0.8, distribution: beta(cv=10 %)", DISTRIBUTION_BETA, 0.8, 0.08},
        {"share", "value: 80, unit: '%', distribution: beta(sd=8)", DISTRIBUTION_BETA, 0.8, 0.08},
        {"share", "value: 80, unit: '%', distribution: 'uniform(low=70, high=90)'",
         DISTRIBUTION_UNIFORM, 0.8, 0.2 / sqrt(12)},
        {"share", "value: 0.98, distribution: beta(rest=20 %)", DISTRIBUTION_BETA, 0.98, 0.004},
        {"share", "value: 3, unit: '%', distribution: beta(rest=0.5)", DISTRIBUTION_BETA, 0.03,
         0.015},
        {"factor", "value: 3, distribution: 'beta(sd=0.5, low=1, high=5)'", DISTRIBUTION_BETA, 3,
         0.5},
        {"factor", "value: 20, distribution: gamma(cv=40 %)", DISTRIBUTION_GAMMA, 20, 8},
        {"factor", "value: 20, distribution: weibull(cv=40 %)", DISTRIBUTION_WEIBULL, 20, 8},
        {"factor", "value: 20, distribution: fixed", DISTRIBUTION_CONSTANT, 20, 0},
        {"factor", "value: 20", DISTRIBUTION_CONSTANT, 20, 0},
        {"factor", "value: 0, distribution: lognormal(cv=30 %)", DISTRIBUTION_CONSTANT, 0, 0},
        {"factor", "value: 0, distribution: normal(cv=30 %)", DISTRIBUTION_CONSTANT, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (make_one(cases[i].kind, cases[i].fields) != STATUS_OK) {
            fail_msg("%s: %s", cases[i].fields, failure_message());
        }
        const struct distribution *got = inventory_inputs_distribution(inputs, 0);
        double expected[2] = {cases[i].mean, cases[i].sd};
        double found[2] = {distribution_mean(got), inventory_inputs_sd(inputs, 0)};
        assert_int_equal(got->family, cases[i].family);
        assert_close(found, expected, 2, 1e-9 * 20); /* moments by inversion: 1e-10 */
        assert_int_equal(inventory_inputs_uncertain(inputs)[0], cases[i].sd > 0);
    }
    release();
}

/* Draws of shares lie in [0, 1], those of factors and activities are not negative; min and max cut more. */
static void draws_are_cut_to_what_a_kind_allows(void **state)
{
    (void)state;
    const struct {
        const char *kind, *fields;
        double low, high;
    } cases[] = {
        {"share", "value: 0.95, distribution: normal(cv=20 %)", 0, 1},
        {"factor", "value: 1, distribution: normal(cv=90 %)", 0, INFINITY},
        {"activity", "value: 1, distribution: uniform(half=2)", 0, 3},
        {"factor", "value: 5, distribution: 'normal(sd=2, min=4, max=7)'", 4, 7},
        {"number", "value: 1, distribution: normal(cv=90 %)", -INFINITY, INFINITY},
    };
    static double draws[10000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(make_one(cases[i].kind, cases[i].fields), STATUS_OK);
        inventory_inputs_draw(inputs, (int32_t[]){0}, 1, 0, 10000, draws);
        double low = INFINITY, high = -INFINITY, mean = 0;
        for (int k = 0; k < 10000; k++) {
            low = fmin(low, draws[k]);
            high = fmax(high, draws[k]);
            mean += draws[k] / 10000;
        }
        assert_true(low >= cases[i].low && high <= cases[i].high);
        /* Five standard errors of the mean of what is cut. */
        assert_true(fabs(mean - distribution_mean(inventory_inputs_distribution(inputs, 0))) <
                    5 * inventory_inputs_sd(inputs, 0) / 100);
        assert_true(isfinite(cases[i].low) || low < 0);
    }
    release();
}

static void bad_text_is_refused_with_its_place(void **state)
{
    (void)state;
    const struct {
        const char *kind, *fields, *sentence;
    } cases[] = {
        {"factor", "value: 1, distribution: normall(cv=1 %)", "did you mean 'normal'"},
        {"factor", "value: 1, distribution: zipf(s=1)", "possible are fixed, normal"},
        {"factor", "value: 1, distribution: normal(cv=1 %", "closing parenthesis"},
        {"factor", "value: 1, distribution: normal", "none of the ways"},
        {"factor", "value: 1, distribution: normal()", "not of the form key=number"},
        {"factor", "value: 1, distribution: 'normal(cv=1 %, sd=2)'", "more than one of the ways"},
        {"factor", "value: 1, distribution: 'normal(cv=1 %, cv=2 %)'", "stands there twice"},
        {"factor", "value: 1, distribution: normal(cv=x)", "not a finite number"},
        {"factor", "value: 1, distribution: normal(cv=30)", "3000 %"},
        {"factor", "value: 1, distribution: normal(half=2)", "normal takes no 'half'"},
        {"factor", "value: 1, distribution: normal(cv=-2 %)", "not negative"},
        {"factor", "value: 1, distribution: normal(sd=1), sd: 2", "second time"},
        {"factor", "value: 1, sd: 2", "not of which distribution"},
        {"factor", "value: 1, distribution: normal(low=0.5)", "go together"},
        {"factor", "value: 1, distribution: lognormal(gsd=0.5)", "below 1"},
        {"number", "value: -1, distribution: lognormal(cv=5 %)", "above 0"},
        {"number", "value: -1, distribution: gamma(cv=5 %)", "above 0"},
        {"factor", "value: 9, distribution: 'triangular(low=1, high=4)'", "does not lie between"},
        {"factor", "value: 1, distribution: beta(cv=5 %)", "ends of beta"},
        {"share", "value: 0.99, distribution: beta(cv=50 %)", "standard deviation below"},
        {"share", "value: 0.99, distribution: beta(cv=10 %)", "rest=20 %"},
        {"factor", "value: 1, distribution: gamma(cv=480 %)", "so wide that"},
        {"factor", "value: 1, distribution: 'normal(sd=1, min=3, max=2)'", "min is not below max"},
        {"factor", "value: 1, distribution: 'normal(sd=0.01, min=3)'", "less than 1e-12"},
        {"factor", "value: 1, distribution: empirical", "samples: plants"},
        {"factor", "value: 1, distribution: fixed(cv=1)", "fixed takes no 'cv'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum status status = make_one(cases[i].kind, cases[i].fields);
        if (status != STATUS_DATA || strstr(failure_message(), cases[i].sentence) == NULL ||
            strstr(failure_message(), "model.yaml:") == NULL) {
            fail_msg("%s: status %d, '%s'", cases[i].fields, (int)status, failure_message());
        }
    }
    assert_int_equal(make("  x: {units: '1', spread: normal(tv=1)}\n",
                          "  - {parameter: x, value: 1}\n", "x", "", usual),
                     STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "model.yaml:4:"));
    release();
}

/* What a row says stands before the spread of its parameter. */
static void columns_stand_before_the_spread(void **state)
{
    (void)state;
    assert_int_equal(make("  x: {units: '1', by: [province], spread: normal(cv=10 %)}\n",
                          "  - {parameter: x, province: A, value: 1}\n"
                          "  - {parameter: x, province: B, value: 1, sd: 0.3}\n"
                          "  - {parameter: x, value: 1, distribution: fixed}\n",
                          "x", "", usual),
                     STATUS_OK);
    double found[3], expected[3] = {0.1, 0.3, 0};
    for (int i = 0; i < 3; i++) {
        found[i] = inventory_inputs_sd(inputs, i);
    }
    /* The second is cut at 0, 3.3 standard deviations away: that takes less than 1 % off. */
    assert_close(found, expected, 3, 0.003);
    release();
}

static const char *const two = "  x: {units: '1', by: [province], spread: lognormal(cv=30 %)}\n"
                               "  y: {units: '1', spread: gamma(cv=30 %)}\n";
static const char *const two_values = "  - {parameter: x, province: A, value: 1}\n"
                                      "  - {parameter: y, value: 3}\n"
                                      "  - {parameter: x, province: B, value: 2}\n";

enum {
    MANY = 10000
};

/* Any block, any order of values, any order of tables; a longer run begins with a shorter one, but that of
 * the Latin hypercube. */
static void draws_depend_on_seed_name_and_number_alone(void **state)
{
    (void)state;
    static double whole[3 * MANY], part[3 * 777], turned[3 * 777], one[MANY];
    for (int method = 0; method < 3; method++) {
        struct inventory_settings settings = usual;
        settings.method = (enum sampling_method)method;
        assert_int_equal(make(two, two_values, "x * y", "", settings), STATUS_OK);
        inventory_inputs_draw(inputs, (int32_t[]){0, 1, 2}, 3, 0, MANY, whole);
        inventory_inputs_draw(inputs, (int32_t[]){2, 0, 1}, 3, 1234, 777, part);
        for (int k = 0; k < 3; k++) {
            const double *expected = whole + (k + 2) % 3 * MANY + 1234;
            assert_memory_equal(part + 777 * k, expected, 777 * sizeof *part);
        }
        assert_int_equal(make(two,
                              "  - {parameter: y, value: 3}\n"
                              "  - {parameter: x, province: B, value: 2}\n"
                              "  - {parameter: x, province: A, value: 1}\n",
                              "x * y", "", settings),
                         STATUS_OK);
        inventory_inputs_draw(inputs, (int32_t[]){1, 2, 0}, 3, 1234, 777, turned);
        assert_memory_equal(turned, part, sizeof part);
        settings.draws = 10 * MANY;
        assert_int_equal(make(two, two_values, "x * y", "", settings), STATUS_OK);
        inventory_inputs_draw(inputs, (int32_t[]){0}, 1, 0, MANY, one);
        assert_int_equal(memcmp(one, whole, sizeof one) == 0, method != SAMPLING_LATIN_HYPERCUBE);
        settings.seed = 8;
        assert_int_equal(make(two, two_values, "x * y", "", settings), STATUS_OK);
        inventory_inputs_draw(inputs, (int32_t[]){0}, 1, 0, MANY, one);
        assert_memory_not_equal(one, whole, sizeof one);
    }
    release();
}

static double rank_correlation(const double *a, const double *b)
{
    static double scratch[5 * MANY];
    return correlation_spearman(a, b, MANY, 1, scratch).r;
}

/* Of independent values |r| stays below 5 / sqrt(n). */
static void shared_and_separate_draws(void **state)
{
    (void)state;
    static double draws[3 * MANY];
    assert_int_equal(make(two, two_values, "x * y", "", usual), STATUS_OK);
    inventory_inputs_draw(inputs, (int32_t[]){0, 1, 2}, 3, 0, MANY, draws);
    assert_true(fabs(rank_correlation(draws, draws + MANY)) < 0.05);
    assert_true(fabs(rank_correlation(draws, draws + 2 * MANY)) < 0.05);
    assert_int_equal(inventory_inputs_factors(inputs), 3);
    assert_int_equal(make("  x: {units: '1', by: [province], one_draw: [province], "
                          "spread: lognormal(cv=30 %)}\n"
                          "  y: {units: '1', spread: gamma(cv=30 %)}\n",
                          two_values, "x * y", "", usual),
                     STATUS_OK);
    inventory_inputs_draw(inputs, (int32_t[]){0, 1, 2}, 3, 0, MANY, draws);
    assert_true(rank_correlation(draws, draws + 2 * MANY) > 1 - 1e-12);
    assert_int_equal(inventory_inputs_factors(inputs), 2);
    release();
}

static double wished_rank(double rank, enum sampling_method method, double *worst_marginal)
{
    static double draws[3 * MANY], alone[MANY];
    char rest[128];
    struct inventory_settings settings = usual;
    settings.method = method;
    snprintf(rest, sizeof rest, "correlations:\n  - {parameters: [x, y], rank: %g}\n", rank);
    assert_int_equal(make(two, two_values, "x * y", rest, settings), STATUS_OK);
    inventory_inputs_draw(inputs, (int32_t[]){0, 1, 2}, 3, 0, MANY, draws);
    double found[2] = {rank_correlation(draws, draws + MANY),
                       rank_correlation(draws + 2 * MANY, draws + MANY)};
    /* Both provinces depend on the one y, and so on each other. */
    double of_both = 6 / M_PI * asin(pow(2 * sin(M_PI * rank / 6), 2) / 2);
    assert_true(fabs(rank_correlation(draws, draws + 2 * MANY) - of_both) < 0.05);
    /* Kolmogorov's distance of the marginal: 1.95 / sqrt(n) has a p of 0.001. */
    memcpy(alone, draws, sizeof alone);
    double distance = 0;
    const struct distribution *law = inventory_inputs_distribution(inputs, 0);
    for (int i = 0; i < MANY; i++) {
        int below = 0;
        double u = distribution_cdf(law, alone[i]);
        for (int k = 0; k < MANY && i % 50 == 0; k++) {
            below += alone[k] <= alone[i];
        }
        distance = i % 50 == 0 ? fmax(distance, fabs(u - (double)below / MANY)) : distance;
    }
    *worst_marginal = fmax(*worst_marginal, distance);
    return fmax(fabs(found[0] - rank), fabs(found[1] - rank));
}

/* Five standard errors of Spearman's correlation, at most sqrt((1 + r^2 / 2) / n). */
static void ranks_are_correlated_as_asked(void **state)
{
    (void)state;
    double ranks[] = {-0.9, -0.3, 0, 0.5, 0.95}, worst = 0;
    for (int method = 0; method < 3; method++) {
        for (int i = 0; i < 5; i++) {
            assert_true(wished_rank(ranks[i], (enum sampling_method)method, &worst) < 0.06);
        }
    }
    assert_true(worst < 1.95 / 100);
    release();
}

static void contradictions_between_correlations_are_refused(void **state)
{
    (void)state;
    const char *three = "  x: {units: '1', spread: lognormal(cv=30 %)}\n"
                        "  y: {units: '1', spread: gamma(cv=30 %)}\n"
                        "  z: {units: '1', spread: normal(cv=30 %)}\n";
    const char *values = "  - {parameter: x, value: 1}\n  - {parameter: y, value: 1}\n"
                         "  - {parameter: z, value: 1}\n";
    assert_int_equal(make(three, values, "x * y * z",
                          "correlations:\n  - {parameters: [x, y, z], matrix: "
                          "[[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]}\n",
                          usual),
                     STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "not positive definite"));
    assert_int_equal(make(three, values, "x * y * z",
                          "correlations:\n  - {parameters: [x, y], rank: 0.5}\n"
                          "  - {parameters: [x, z], rank: 0.5}\n",
                          usual),
                     STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "another item"));
    static double draws[3 * MANY];
    double wished[3] = {0.6, -0.3, 0.2};
    assert_int_equal(make(three, values, "x * y * z",
                          "correlations:\n  - {parameters: [x, y, z], matrix: "
                          "[[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]]}\n",
                          usual),
                     STATUS_OK);
    inventory_inputs_draw(inputs, (int32_t[]){0, 1, 2}, 3, 0, MANY, draws);
    double found[3] = {rank_correlation(draws, draws + MANY),
                       rank_correlation(draws, draws + 2 * MANY),
                       rank_correlation(draws + MANY, draws + 2 * MANY)};
    assert_close(found, wished, 3, 0.06);
    release();
}

/* Var(sum a x) of independent, wholly and partly correlated values. */
static void propagation_adds_what_is_correlated(void **state)
{
    (void)state;
    double scratch[3], gradient[3] = {2, -1, 3};
    assert_int_equal(make(two, two_values, "x * y",
                          "correlations:\n  - {parameters: [x, y], rank: 0.5}\n", usual),
                     STATUS_OK);
    double a = 2 * 0.3, b = -0.9, c = 3 * 0.6, r = 2 * sin(M_PI / 12);
    /* x of both provinces by y: r each, r^2 between them. */
    double variance = a * a + b * b + c * c + 2 * r * (a * b + b * c) + 2 * r * r * a * c;
    int32_t values[3] = {0, 1, 2};
    double found = inventory_inputs_propagate(inputs, values, 3, gradient, scratch);
    double expected = sqrt(variance);
    assert_close(&found, &expected, 1, 1e-9);
    release();
}

/* ---- known truths --------------------------------------------------------------------------- */

enum {
    CASES = 1000,
    CASE_DRAWS = 2000
};

/* Whether the 95 % interval of the draws holds the truth. */
static int holds(double *draws, double truth)
{
    double low = quantile(draws, CASE_DRAWS, 0.025), high = quantile(draws, CASE_DRAWS, 0.975);
    return low <= truth && truth <= high;
}

/* Measurements of a known truth with known errors: of a sum of normal values, and of a product of lognormal
 * ones, the interval holds the truth in 95 % of all cases, by closed form; within 4 binomial standard errors
 * in 1000. Ends of an interval from 2000 draws have errors of 2.7 % of its half-width, which leaves 94.9 %. */
static void intervals_hold_the_truth_as_often_as_they_say(void **state)
{
    (void)state;
    static double draws[4 * CASE_DRAWS], sums[CASE_DRAWS], products[CASE_DRAWS];
    const char *parameters = "  a: {kind: number, units: '1'}\n  b: {kind: number, units: '1'}\n"
                             "  c: {units: '1'}\n  d: {units: '1'}\n";
    const double gsd[2] = {1.5, 2};
    int held[2] = {0, 0};
    for (int i = 0; i < CASES; i++) {
        char values[512];
        double z[4], medians[2];
        struct inventory_settings settings = usual;
        settings.seed = (uint32_t)i;
        random_normals((struct random_key){1, random_stream("truth")}, (uint64_t)i, 0, 4, z);
        for (int k = 0; k < 2; k++) { /* of the truths 3 and 7; the mean is above the median */
            double s = log(gsd[k]);
            medians[k] = (k == 0 ? 3 : 7) * exp(s * z[2 + k] + 0.5 * s * s);
        }
        snprintf(values, sizeof values,
                 "  - {parameter: a, value: %.17g, distribution: normal(sd=1)}\n"
                 "  - {parameter: b, value: %.17g, distribution: normal(sd=3)}\n"
                 "  - {parameter: c, value: %.17g, distribution: lognormal(gsd=1.5)}\n"
                 "  - {parameter: d, value: %.17g, distribution: lognormal(gsd=2)}\n",
                 10 + z[0], 20 + 3 * z[1], medians[0], medians[1]);
        assert_int_equal(make(parameters, values, "a + b + c * d", "", settings), STATUS_OK);
        int32_t all[4] = {0, 1, 2, 3};
        inventory_inputs_draw(inputs, all, 4, 0, CASE_DRAWS, draws);
        for (int k = 0; k < CASE_DRAWS; k++) {
            sums[k] = draws[k] + 2 * draws[CASE_DRAWS + k];
            products[k] = draws[2 * CASE_DRAWS + k] * draws[3 * CASE_DRAWS + k];
        }
        held[0] += holds(sums, 50);
        held[1] += holds(products, 21);
    }
    double error = sqrt(CASES * 0.95 * 0.05);
    assert_true(fabs(held[0] - 0.949 * CASES) < 4 * error);
    assert_true(fabs(held[1] - 0.949 * CASES) < 4 * error);
    release();
}

/* ---- samples -------------------------------------------------------------------------------- */

/* x from a table of samples, with @p meaning and more columns in the rows. */
static enum status make_samples(const char *meaning, const char *header, const double *samples,
                                int count, const char *last)
{
    static char rest[512];
    char path[256];
    release();
    snprintf(path, sizeof path, "%s", scratch_path("samples.csv"));
    FILE *file = fopen(path, "w");
    fprintf(file, "%s\n", header);
    for (int i = 0; i < count; i++) {
        fprintf(file, "%.17g%s\n", samples[i], last);
    }
    fclose(file);
    snprintf(rest, sizeof rest, "tables:\n  - {file: '%s', set: {parameter: x}, samples: %s}\n",
             path, meaning);
    return make("  x: {units: '1'}\n  y: {units: '1'}\n", "  - {parameter: y, value: 1}\n", "x",
                rest, usual);
}

static void samples_say_how_uncertain_their_mean_is(void **state)
{
    (void)state;
    enum {
        N = 40
    };
    static double samples[N], draws[MANY];
    double mean = 0, square = 0;
    random_normals((struct random_key){2, 2}, 0, 0, N, samples);
    for (int i = 0; i < N; i++) {
        samples[i] = exp(0.5 * samples[i]);
        mean += samples[i] / N;
    }
    for (int i = 0; i < N; i++) {
        square += (samples[i] - mean) * (samples[i] - mean) / N;
    }
    assert_int_equal(make_samples("mean", "value", samples, N, ""), STATUS_OK);
    assert_int_equal(inventory_inputs_origin(inputs, 0), ORIGIN_BOOTSTRAP);
    double centre = inventory_inputs_centre(inputs, 0), se = sqrt(square / N);
    assert_close(&centre, &mean, 1, 1e-14);
    /* 1000 replicates: five standard errors of a standard deviation, 1 / sqrt(2000). */
    assert_true(fabs(inventory_inputs_sd(inputs, 0) / se - 1) < 5 / sqrt(2000));
    inventory_inputs_draw(inputs, (int32_t[]){0}, 1, 0, MANY, draws);
    double drawn = 0;
    for (int i = 0; i < MANY; i++) {
        drawn += draws[i] / MANY;
    }
    assert_true(fabs(drawn - mean) < 5 * se * sqrt(1.0 / MANY + 1.0 / 1000));

    /* Plants: the spread itself, by the family that the samples come from or one that looks like it. */
    assert_int_equal(make_samples("plants", "value", samples, N, ""), STATUS_OK);
    assert_int_equal(inventory_inputs_origin(inputs, 0), ORIGIN_FITTED);
    assert_true(fabs(inventory_inputs_sd(inputs, 0) / sqrt(square) - 1) < 0.25);
    assert_int_equal(make_samples("plants", "value,distribution", samples, N, ",weibull"),
                     STATUS_OK);
    assert_int_equal(inventory_inputs_distribution(inputs, 0)->family, DISTRIBUTION_WEIBULL);
    assert_int_equal(make_samples("plants", "value,distribution", samples, N, ",empirical"),
                     STATUS_OK);
    assert_int_equal(inventory_inputs_origin(inputs, 0), ORIGIN_EMPIRICAL);
    assert_int_equal(make_samples("plants", "value,distribution", samples, N, ",normal(cv=5 %)"),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "the family alone can be named"));
    samples[0] = 0;
    assert_int_equal(make_samples("plants", "value,distribution", samples, N, ",gamma"),
                     STATUS_DATA);
    assert_non_null(strstr(failure_message(), "no gamma can be fitted"));
    release();
}

/* P3.10: fewer than 5 values. */
static void small_samples_fall_back_with_a_warning(void **state)
{
    (void)state;
    double samples[4] = {2, 3, 4, 6};
    assert_int_equal(make_samples("mean", "value", samples, 4, ""), STATUS_OK);
    assert_int_equal(inventory_inputs_distribution(inputs, 0)->family, DISTRIBUTION_TRIANGULAR);
    assert_int_equal(inventory_inputs_warnings(inputs)->count, 1);
    assert_non_null(strstr(inventory_inputs_warnings(inputs)->items[0], "samples.csv, line 2"));
    assert_int_equal(make_samples("plants", "value", samples, 2, ""), STATUS_OK);
    assert_int_equal(inventory_inputs_distribution(inputs, 0)->family, DISTRIBUTION_UNIFORM);
    assert_int_equal(make_samples("plants", "value", samples, 1, ""), STATUS_OK);
    assert_false(inventory_inputs_uncertain(inputs)[0]);
    assert_int_equal(inventory_inputs_warnings(inputs)->count, 1);
    assert_int_equal(make_samples("mean", "value,distribution", samples, 1, ",normal(cv=10 %)"),
                     STATUS_OK);
    assert_true(fabs(inventory_inputs_sd(inputs, 0) - 0.2) < 1e-9);
    assert_int_equal(inventory_inputs_warnings(inputs)->count, 0);
    release();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_states_a_distribution),
    cmocka_unit_test(draws_are_cut_to_what_a_kind_allows),
    cmocka_unit_test(bad_text_is_refused_with_its_place),
    cmocka_unit_test(columns_stand_before_the_spread),
    cmocka_unit_test(draws_depend_on_seed_name_and_number_alone),
    cmocka_unit_test(shared_and_separate_draws),
    cmocka_unit_test(ranks_are_correlated_as_asked),
    cmocka_unit_test(contradictions_between_correlations_are_refused),
    cmocka_unit_test(propagation_adds_what_is_correlated),
    cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
    cmocka_unit_test(samples_say_how_uncertain_their_mean_is),
    cmocka_unit_test(small_samples_fall_back_with_a_warning),
};
TESTING_MAIN(tests)
