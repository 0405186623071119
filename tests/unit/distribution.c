/* airshed -- GPL-3.0-or-later. Distributions, their fast draws and the uniform numbers behind them.
 * ranks: 1
 */
#include "testing.h"

#include <gsl/gsl_cdf.h>

#include "kernels/distribution.h"
#include "kernels/random_words.h"
#include "kernels/sampler.h"
#include "kernels/sampling.h"

#define NEAREST_ONE 0x1.fffffffffffffp-1

/* Values of scipy 1.10.1: quantiles at 1e-6, 0.025, 0.5, 0.975; mean, variance; density and survival at
 * the quantile of 0.3. */
static const struct {
    enum distribution_family family;
    double p[4], quantiles[4], mean, variance, x, density, survival;
} known[] = {
    {DISTRIBUTION_NORMAL,
     {2, 0.5, 0, 0},
     {-0.37671215441144934, 1.0200180077299728, 2.0, 2.979981992270027},
     2.0,
     0.25,
     1.7377997436459796,
     0.6953852284001476,
     0.7000000000000001},
    {DISTRIBUTION_LOGNORMAL,
     {1, 0.8, 0, 0},
     {0.06064370464651788, 0.5666739483653256, 2.718281828459045, 13.039343206522423},
     3.7434213772608627,
     12.562569092140347,
     1.7868952020568036,
     0.24322398272144233,
     0.7000000000000001},
    {DISTRIBUTION_TRIANGULAR,
     {1, 2, 5, 0},
     {1.002, 1.316227766016838, 2.550510257216822, 4.452277442494834},
     2.666666666666667,
     0.7222222222222222,
     2.1017246507621126,
     0.4830458915396479,
     0.7},
    {DISTRIBUTION_UNIFORM,
     {-1, 3, 0, 0},
     {-0.999996, -0.9, 1.0, 2.9},
     1.0,
     1.3333333333333333,
     0.19999999999999996,
     0.25,
     0.7},
    {DISTRIBUTION_BETA,
     {2, 5, 0, 1},
     {0.00025828782935406356, 0.043271868292741676, 0.26444998329566005, 0.6412345789976748},
     0.2857142857142857,
     0.025510204081632654,
     0.18180347131894917,
     2.444296897057958,
     0.7},
    {DISTRIBUTION_BETA,
     {0.5, 0.7, -2, 3},
     {-1.9999999999921512, -1.995095484874992, -0.194580434339781, 2.942789079851485},
     0.08333333333333348,
     2.761994949494949,
     -1.3136886751819412,
     0.22518794558708902,
     0.7000000000000002},
    {DISTRIBUTION_GAMMA,
     {0.3, 2, 0, 0},
     {1.394539819281878e-20, 6.371358063478339e-06, 0.14626227173390396, 3.8005272856776515},
     0.6,
     1.2,
     0.025453315539897395,
     3.5014167795373403,
     0.7000000000000001},
    {DISTRIBUTION_GAMMA,
     {4.5, 0.2, 0, 0},
     {0.02283848400734492, 0.27003894999803585, 0.8342832692252955, 1.902276779864163},
     0.9,
     0.18000000000000002,
     0.639330596447531,
     1.0267654047653971,
     0.7000000000000002},
    {DISTRIBUTION_WEIBULL,
     {1.7, 3, 0, 0},
     {0.0008865630313147689, 0.3451120616333053, 2.4181830515577625, 6.4652985792994455},
     2.676733507497972,
     2.626693445212684,
     1.6358828402943186,
     0.2594581792976862,
     0.6999999999999998},
};

enum {
    KNOWN = sizeof known / sizeof *known
};

static struct distribution distribution_known(int i)
{
    const double *p = known[i].p;
    return distribution_of(known[i].family, p[0], p[1], p[2], p[3]);
}

static void assert_relative(double got, double expected, double tolerance)
{
    double ratio = got / expected, one = 1;
    assert_close(&ratio, &one, 1, tolerance);
}

/* scipy's own special functions are good to some 1e-13; its normal quantile to 1e-15. */
static void families_agree_with_scipy(void **state)
{
    (void)state;
    static const double at[4] = {1e-6, 0.025, 0.5, 0.975};
    for (int i = 0; i < KNOWN; i++) {
        struct distribution d = distribution_known(i);
        assert_int_equal(distribution_check(&d), DISTRIBUTION_SOUND);
        for (int k = 0; k < 4; k++) {
            assert_relative(distribution_quantile(&d, at[k]), known[i].quantiles[k], 1e-11);
        }
        assert_relative(distribution_mean(&d), known[i].mean, 1e-12);
        assert_relative(distribution_variance(&d), known[i].variance, 1e-12);
        assert_relative(distribution_density(&d, known[i].x), known[i].density, 1e-11);
        assert_relative(distribution_survival(&d, known[i].x), known[i].survival, 1e-12);
        assert_relative(distribution_cdf(&d, known[i].x), 0.3, 1e-12);
    }
}

/* scipy's truncnorm(-2, 1, 0.5, 0.2), and above five standard deviations, where it has fewer digits. */
static void truncation_keeps_its_digits(void **state)
{
    (void)state;
    struct distribution d =
        distribution_truncate(distribution_of(DISTRIBUTION_NORMAL, 0.5, 0.2, 0, 0), 0.1, 0.7);
    assert_relative(distribution_mean(&d), 0.4540725641817342, 1e-13);
    assert_relative(distribution_variance(&d), 0.02079050156846136, 1e-12);
    assert_relative(distribution_quantile(&d, 0.1), 0.24885692716995694, 1e-13);
    d = distribution_truncate(distribution_of(DISTRIBUTION_NORMAL, 0, 1, 0, 0), 5, INFINITY);
    assert_relative(distribution_mean(&d), 5.1865039671258515, 1e-9);
    assert_relative(distribution_quantile(&d, 0.5), 5.132018332044298, 1e-9);
}

/* Mean and variance by the midpoint rule over quantiles, 1e5 of them: for a quantile function of bounded
 * slope s its error is s^2 / (24 n^2), and the ends add their steps: below 1e-7 for these intervals. */
static void moments_are_those_of_the_quantiles(void **state)
{
    (void)state;
    enum {
        POINTS = 100000
    };
    for (int i = 0; i < KNOWN; i++) {
        struct distribution d = distribution_known(i);
        d = distribution_truncate(d, distribution_quantile(&d, 0.2),
                                  distribution_quantile(&d, 0.9));
        double mean = 0, square = 0;
        for (int k = 0; k < POINTS; k++) {
            mean += distribution_quantile(&d, (k + 0.5) / POINTS) / POINTS;
        }
        for (int k = 0; k < POINTS; k++) {
            double offset = distribution_quantile(&d, (k + 0.5) / POINTS) - mean;
            square += offset * offset / POINTS;
        }
        assert_relative(distribution_mean(&d), mean, 1e-7);
        assert_relative(distribution_variance(&d), square, 1e-7);
    }
}

static void faults_are_told(void **state)
{
    (void)state;
    struct distribution d = distribution_of(DISTRIBUTION_NORMAL, 1, 0, 0, 0);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_NOT_POSITIVE);
    d = distribution_of(DISTRIBUTION_NORMAL, NAN, 1, 0, 0);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_NOT_FINITE);
    d = distribution_of(DISTRIBUTION_TRIANGULAR, 1, 3, 2, 0);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_DISORDERED);
    d = distribution_truncate(distribution_of(DISTRIBUTION_UNIFORM, 0, 1, 0, 0), 2, 3);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_NO_PROBABILITY);
    d = distribution_truncate(distribution_of(DISTRIBUTION_UNIFORM, 0, 1, 0, 0), 0.5, 0.5);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_EMPTY_INTERVAL);
    const double falling[2] = {2, 1};
    d = distribution_empirical(falling, 2);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_NO_VALUES);
    d = distribution_from_moments(DISTRIBUTION_LOGNORMAL, -1, 1, 0, 0);
    assert_int_equal(distribution_check(&d), DISTRIBUTION_NOT_FINITE);
}

static void moments_find_their_distribution(void **state)
{
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        if (known[i].family == DISTRIBUTION_TRIANGULAR) {
            continue; /* has three parameters */
        }
        struct distribution d = distribution_from_moments(
            known[i].family, known[i].mean, sqrt(known[i].variance), known[i].p[2], known[i].p[3]);
        assert_close(d.parameters, known[i].p, 2, 1e-11);
    }
}

/* ---- draws -------------------------------------------------------------------------------- */

enum {
    SCORES = 2000
};

/** Uniform numbers at even normal scores from -8.2 to 8.2. */
static void fill_uniforms(double *u)
{
    for (int i = 0; i < SCORES; i++) {
        u[i] = fmin(NEAREST_ONE, gsl_cdf_ugaussian_P(-8.2 + 16.4 * (i + 0.5) / SCORES));
    }
}

/** Size that a relative error of @p x refers to: its own or, where that is larger, its distance to the
 *  nearer end of beta. */
static double size_of(const struct distribution *d, double x)
{
    const double *p = d->parameters;
    double inside = d->family == DISTRIBUTION_BETA ? fmin(x - p[2], p[3] - x) : 0;
    return fmax(fabs(x), inside);
}

/** Largest relative distance of draws from exact quantiles; fails where draws fall. */
static double worst_draw(const struct distribution *d)
{
    double u[SCORES], values[SCORES], worst = 0;
    struct sampler *sampler = NULL;
    fill_uniforms(u);
    assert_int_equal(sampler_create(d, &sampler), STATUS_OK);
    sampler_draw(sampler, u, SCORES, values);
    sampler_destroy(&sampler);
    for (int i = 0; i < SCORES; i++) {
        double exact = distribution_quantile(d, u[i]);
        if (fabs(exact) > 1e-300) { /* the draws' exponentials end there */
            worst = fmax(worst, fabs(values[i] - exact) / size_of(d, exact));
        }
        assert_true(i == 0 || values[i] >= values[i - 1] - 1e-14 * fabs(values[i]));
    }
    return worst;
}

/* Bounds of the header. */
static void draws_are_the_exact_quantiles(void **state)
{
    (void)state;
    static const double shapes[] = {0.05, 0.3, 1, 2.5, 40, 1e4};
    struct distribution d;
    for (int i = 0; i < KNOWN; i++) {
        d = distribution_known(i);
        bool is_curve = d.family == DISTRIBUTION_GAMMA || d.family == DISTRIBUTION_BETA;
        assert_true(worst_draw(&d) < (is_curve ? 1e-8 : 1e-13));
        d = distribution_truncate(d, distribution_quantile(&d, 0.01),
                                  distribution_quantile(&d, 0.6));
        assert_true(worst_draw(&d) < (is_curve ? 1e-8 : 1e-13));
        d = distribution_truncate(d, distribution_quantile(&d, 0.95), INFINITY);
        assert_true(worst_draw(&d) < (is_curve ? 1e-8 : 1e-13));
    }
    for (int i = 0; i < 6; i++) {
        d = distribution_of(DISTRIBUTION_GAMMA, shapes[i], 1, 0, 0);
        assert_true(worst_draw(&d) < 1e-8);
        for (int k = 1; i > 0 && k < 6; k++) {
            d = distribution_of(DISTRIBUTION_BETA, shapes[i], shapes[k], 0, 1);
            assert_true(worst_draw(&d) < 1e-8);
        }
    }
}

static void a_draw_depends_on_its_uniform_alone(void **state)
{
    (void)state;
    double u[SCORES], whole[SCORES], part[SCORES];
    random_words_uniforms((struct random_key){1, 2}, 3, 0, SCORES, u);
    for (int i = 0; i < KNOWN; i++) {
        struct distribution d = distribution_known(i);
        struct sampler *sampler = NULL;
        assert_int_equal(sampler_create(&d, &sampler), STATUS_OK);
        sampler_draw(sampler, u, SCORES, whole);
        for (int first = 0; first < SCORES; first += 37) {
            int count = SCORES - first < 37 ? SCORES - first : 37;
            sampler_draw(sampler, u + first, count, part + first);
        }
        assert_memory_equal(whole, part, sizeof whole);
        sampler_destroy(&sampler);
    }
}

static void normal_scores_are_wichuras(void **state)
{
    (void)state;
    double u[SCORES], z[SCORES];
    fill_uniforms(u);
    sampler_normal_scores(u, SCORES, z);
    for (int i = 0; i < SCORES; i++) {
        double expected = gsl_cdf_ugaussian_Pinv(u[i]);
        assert_true(fabs(z[i] - expected) <= 1e-14 * fabs(expected) + 1e-16);
    }
}

static void empirical_draws_take_each_value_equally(void **state)
{
    (void)state;
    const double values[5] = {1, 2, 2, 4, 8};
    struct distribution d = distribution_empirical(values, 5);
    double u[10], out[10];
    struct sampler *sampler = NULL;
    for (int i = 0; i < 10; i++) {
        u[i] = (i + 0.5) / 10;
    }
    assert_int_equal(sampler_create(&d, &sampler), STATUS_OK);
    sampler_draw(sampler, u, 10, out);
    for (int i = 0; i < 10; i++) {
        assert_true(out[i] == values[i / 2]);
        assert_true(out[i] == distribution_quantile(&d, u[i]));
    }
    sampler_destroy(&sampler);
}

/* ---- uniform numbers ---------------------------------------------------------------------- */

static void lanes_give_the_keyed_uniforms(void **state)
{
    (void)state;
    struct random_key key = {9, 8};
    double fast[700], plain[700];
    for (uint64_t first = 0; first < 5; first++) {
        random_words_uniforms(key, 77, first, 700, fast);
        random_uniforms(key, 77, first, 700, plain);
        assert_memory_equal(fast, plain, sizeof fast);
    }
}

static void single_words_are_those_of_the_blocks(void **state)
{
    (void)state;
    const struct random_key key = {3, 4};
    double values[700], expected[700];
    for (uint64_t n = 0; n < 700; n++) {
        uint64_t block = 16 * (n / 64) + n % 16;
        uint32_t words[4];
        random_block(key, (uint32_t[4]){9, 7, (uint32_t)block, (uint32_t)(block >> 32)}, words);
        expected[n] = (words[n % 64 / 16] + 0.5) / 4294967296.0;
    }
    const uint64_t starts[] = {0, 1, 63, 64, 100, 255, 256, 300};
    for (int i = 0; i < 8; i++) {
        random_words_single(key, UINT64_C(7) << 32 | 9, starts[i], 400, values);
        assert_memory_equal(values, expected + starts[i], 400 * sizeof *values);
    }
}

static void plans_do_not_feel_how_they_are_cut(void **state)
{
    (void)state;
    struct sampling_parameter parameter = {sampling_item("coal.activity"), 17};
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        for (int randomisations = 0; randomisations < 5; randomisations++) {
            static double whole[5000], part[5000];
            struct sampling_plan plan = {(enum sampling_method)method, 5, 5000, randomisations};
            sampling_uniforms(&plan, parameter, 0, 5000, whole);
            for (int first = 0; first < 5000; first += 173) {
                sampling_uniforms(&plan, parameter, first, 5000 - first < 173 ? 5000 - first : 173,
                                  part + first);
            }
            assert_memory_equal(whole, part, sizeof whole);
        }
    }
}

enum {
    LARGEST = 20480
};

/* Whether each of @p count equal parts holds one of so many numbers. */
static bool is_even(const double *u, int64_t count)
{
    static bool seen[LARGEST];
    memset(seen, 0, sizeof seen);
    for (int64_t i = 0; i < count; i++) {
        int64_t part = (int64_t)(u[i] * (double)count);
        if (!(u[i] > 0 && u[i] < 1) || seen[part]) {
            return false;
        }
        seen[part] = true;
    }
    return true;
}

/* Whether a block of a cube of @p count draws holds one in each of SAMPLING_BLOCK groups of its parts. */
static bool is_slice(const double *u, int64_t count)
{
    bool seen[SAMPLING_BLOCK] = {false};
    for (int64_t i = 0; i < SAMPLING_BLOCK; i++) {
        int64_t part = (int64_t)(u[i] * (double)count), group = 0;
        while ((group + 1) * count / SAMPLING_BLOCK <= part) {
            group++;
        }
        if (seen[group]) {
            return false;
        }
        seen[group] = true;
    }
    return true;
}

/* Every hypercube, and every whole block of 1024 in it. Blocks belong to the cubes in turn. */
static void each_stratum_of_each_hypercube_holds_one_draw(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 3, 10, 1000, 1024, 1025, 2047, 4097, 10000, 20480};
    static double u[LARGEST], own[LARGEST];
    for (int s = 0; s < 11 * 4; s++) {
        const int64_t size = sizes[s / 4], cubes = (int64_t[]){1, 2, 3, 10}[s % 4];
        struct sampling_plan plan = {SAMPLING_LATIN_HYPERCUBE, 5, size, cubes};
        sampling_uniforms(&plan, (struct sampling_parameter){99, 0}, 0, size, u);
        for (int64_t cube = 0; cube < cubes; cube++) {
            int64_t count = 0;
            for (int64_t i = 0; i < size; i++) {
                if (i / SAMPLING_BLOCK % cubes == cube) {
                    own[count++] = u[i];
                }
            }
            assert_true(is_even(own, count));
            for (int64_t first = 0; first + SAMPLING_BLOCK <= count; first += SAMPLING_BLOCK) {
                assert_true(is_slice(own + first, count));
            }
        }
    }
}

/* Draws of two parameters, and of two cubes of one, do not go with each other: |r| of 10240 pairs below five times
 * 1 / sqrt(n), ranks of a block in all orders. */
static void hypercubes_are_independent(void **state)
{
    (void)state;
    enum {
        HALF = LARGEST / 2
    };
    static double u[LARGEST], v[LARGEST];
    struct sampling_plan plan = {SAMPLING_LATIN_HYPERCUBE, 5, LARGEST, 2};
    sampling_uniforms(&plan, (struct sampling_parameter){98, 0}, 0, LARGEST, u);
    sampling_uniforms(&plan, (struct sampling_parameter){99, 0}, 0, LARGEST, v);
    double sums[4] = {0};
    for (int64_t i = 0; i < LARGEST; i++) {
        sums[0] += (u[i] - 0.5) * (v[i] - 0.5) * 12 / LARGEST;
        int64_t next = i + SAMPLING_BLOCK; /* of the other cube */
        sums[1] += next < LARGEST ? (u[i] - 0.5) * (u[next] - 0.5) * 12 / LARGEST : 0;
        next += SAMPLING_BLOCK; /* of the same one */
        sums[2] += next < LARGEST ? (u[i] - 0.5) * (u[next] - 0.5) * 12 / LARGEST : 0;
        sums[3] += i % 2 == 0 ? (u[i] - 0.5) * (u[i + 1] - 0.5) * 24 / LARGEST : 0;
    }
    for (int k = 0; k < 4; k++) {
        assert_true(fabs(sums[k]) < 5 / sqrt(HALF));
    }
}

/* Which of its parts a group gives to which slice: of 5 slices every pair of parts comes as often, over 20480 groups of
 * 20 parameters; chi-squared with 19 degrees of freedom lies below 60 but for one case in 250,000. */
static void slices_share_their_groups_in_any_order(void **state)
{
    (void)state;
    enum {
        SLICES = 5,
        PARAMETERS = 20
    };
    static double u[SLICES * SAMPLING_BLOCK];
    static int part[SAMPLING_BLOCK][SLICES];
    int pairs[SLICES][SLICES] = {{0}};
    for (uint64_t item = 0; item < PARAMETERS; item++) {
        struct sampling_plan plan = {SAMPLING_LATIN_HYPERCUBE, 5, SLICES * SAMPLING_BLOCK, 1};
        sampling_uniforms(&plan, (struct sampling_parameter){item, 0}, 0, plan.draws, u);
        for (int64_t i = 0; i < plan.draws; i++) {
            int64_t whole = (int64_t)(u[i] * (double)plan.draws);
            part[whole / SLICES][i / SAMPLING_BLOCK] = (int)(whole % SLICES);
        }
        for (int group = 0; group < SAMPLING_BLOCK; group++) {
            pairs[part[group][0]][part[group][SLICES - 1]]++;
        }
    }
    double sum = 0, expected = PARAMETERS * SAMPLING_BLOCK / 20.0;
    for (int a = 0; a < SLICES; a++) {
        for (int b = 0; b < SLICES; b++) {
            sum += a != b ? (pairs[a][b] - expected) * (pairs[a][b] - expected) / expected : 0;
        }
    }
    assert_true(sum < 60);
}

/* Every block is even, and no two of them are the same; a longer run begins with a shorter one. */
static void scrambled_sequences_take_turns(void **state)
{
    (void)state;
    static double u[LARGEST], one[LARGEST];
    struct sampling_plan plan = {SAMPLING_SOBOL, 5, 0, 10}, single = {SAMPLING_SOBOL, 5, 0, 1};
    sampling_uniforms(&plan, (struct sampling_parameter){99, 3}, 0, LARGEST, u);
    sampling_uniforms(&single, (struct sampling_parameter){99, 3}, 0, LARGEST, one);
    assert_memory_equal(u, one, SAMPLING_BLOCK * sizeof *u);
    assert_memory_equal(u + 10 * SAMPLING_BLOCK, one + SAMPLING_BLOCK, SAMPLING_BLOCK * sizeof *u);
    for (int64_t first = 0; first < LARGEST; first += SAMPLING_BLOCK) {
        assert_true(is_even(u + first, SAMPLING_BLOCK));
        for (int64_t other = 0; other < first; other += SAMPLING_BLOCK) {
            assert_memory_not_equal(u + first, u + other, SAMPLING_BLOCK * sizeof *u);
        }
    }
}

/* Every 2^m draws from the first on hold one in each of 2^m parts, in each dimension; the first two
 * dimensions are a net: one in each box of 2^-a by 2^-b, a + b = m (Sobol 1967). Scrambling keeps both
 * (Owen 1995). Dimensions from the whole table. */
static void sobol_fills_evenly(void **state)
{
    (void)state;
    enum {
        BITS = 8,
        POINTS = 1 << BITS
    };
    struct sampling_plan plan = {SAMPLING_SOBOL, 3, 0, 0};
    double x[POINTS], y[POINTS];
    for (int64_t dimension = 0; dimension < SAMPLING_SOBOL_DIMENSIONS; dimension += 31) {
        bool seen[POINTS] = {false};
        sampling_uniforms(&plan, (struct sampling_parameter){7, dimension}, POINTS, POINTS, x);
        for (int i = 0; i < POINTS; i++) {
            int part = (int)(x[i] * POINTS);
            assert_false(seen[part]);
            seen[part] = true;
        }
    }
    sampling_uniforms(&plan, (struct sampling_parameter){1, 0}, 0, POINTS, x);
    sampling_uniforms(&plan, (struct sampling_parameter){2, 1}, 0, POINTS, y);
    for (int a = 0; a <= BITS; a++) {
        bool seen[POINTS] = {false};
        for (int i = 0; i < POINTS; i++) {
            int box = (int)(x[i] * (1 << a)) * (1 << (BITS - a)) + (int)(y[i] * (1 << (BITS - a)));
            assert_false(seen[box]);
            seen[box] = true;
        }
    }
}

/* Parameters 0 and 1 of an unscrambled sequence would repeat at every seed. */
static void every_part_of_a_plan_counts(void **state)
{
    (void)state;
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        struct sampling_plan plan = {(enum sampling_method)method, 5, 100, 0};
        double base[100], other[100];
        sampling_uniforms(&plan, (struct sampling_parameter){1, 0}, 0, 100, base);
        sampling_uniforms(&plan, (struct sampling_parameter){2, 0}, 0, 100, other);
        assert_memory_not_equal(base, other, sizeof base);
        plan.seed = 6;
        sampling_uniforms(&plan, (struct sampling_parameter){1, 0}, 0, 100, other);
        assert_memory_not_equal(base, other, sizeof base);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(families_agree_with_scipy),
    cmocka_unit_test(truncation_keeps_its_digits),
    cmocka_unit_test(moments_are_those_of_the_quantiles),
    cmocka_unit_test(faults_are_told),
    cmocka_unit_test(moments_find_their_distribution),
    cmocka_unit_test(draws_are_the_exact_quantiles),
    cmocka_unit_test(a_draw_depends_on_its_uniform_alone),
    cmocka_unit_test(normal_scores_are_wichuras),
    cmocka_unit_test(empirical_draws_take_each_value_equally),
    cmocka_unit_test(lanes_give_the_keyed_uniforms),
    cmocka_unit_test(single_words_are_those_of_the_blocks),
    cmocka_unit_test(plans_do_not_feel_how_they_are_cut),
    cmocka_unit_test(each_stratum_of_each_hypercube_holds_one_draw),
    cmocka_unit_test(hypercubes_are_independent),
    cmocka_unit_test(slices_share_their_groups_in_any_order),
    cmocka_unit_test(scrambled_sequences_take_turns),
    cmocka_unit_test(sobol_fills_evenly),
    cmocka_unit_test(every_part_of_a_plan_counts),
};

TESTING_MAIN(tests)
