/* airshed -- GPL-3.0-or-later. Moments and percentiles of draws.
 * ranks: 1
 */
#include "testing.h"

#include <float.h>
#include <stdbool.h>

#include "base/random.h"
#include "kernels/draw_quantiles.h"
#include "kernels/sampling.h"

enum {
    MOST = 20000,
    KINDS = 7
};

static float values[MOST], sorted[MOST], room[2 * MOST];

static double normal_draw(struct random_key key, uint64_t item, int64_t draw)
{
    return random_normal(key, item, (uint64_t)draw);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Uniform, normal-like, heavy tails, few different ones, all equal, one far away, ascending. */
static void fill(int kind, int64_t count)
{
    struct random_key key = {11, 3};
    for (int64_t i = 0; i < count; i++) {
        double u = random_uniform(key, (uint64_t)kind, (uint64_t)i);
        double v = random_uniform(key, (uint64_t)kind + 100, (uint64_t)i);
        double shapes[KINDS] = {u - 0.5,
                                normal_draw(key, (uint64_t)kind + 200, i),
                                pow(u, -3) * (v < 0.5 ? -1 : 1),
                                floor(5 * u) - 2,
                                0.25,
                                i == 7 ? 1e30 : u,
                                (double)i};
        values[i] = (float)shapes[kind];
    }
}

static void find_quantiles(int64_t count, const double *wanted, int quantiles,
                           struct draw_quantile *found)
{
    struct draw_moments moments = draws_moments(values, count);
    draws_quantiles(values, count, &moments, wanted, quantiles, room, found);
}

static double order_statistic(int64_t count, double place)
{
    int64_t below = (int64_t)floor(place);
    double part = place - (double)below, low = (double)sorted[below];
    int64_t above = below + 1 < count ? below + 1 : below;
    return low + part * ((double)sorted[above] - low);
}

/* By qsort(), at every kind and several lengths; exact but for the rounding of the mean of two. */
static void quantiles_equal_those_of_a_sorted_list(void **state)
{
    (void)state;
    const int64_t counts[] = {1, 2, 3, 10, 97, 1000, MOST};
    const double wanted[] = {0.001, 0.025, 0.25, 0.5, 0.975, 0.9999};
    struct draw_quantile found[6];
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
            int64_t count = counts[n];
            fill(kind, count);
            memcpy(sorted, values, (size_t)count * sizeof *sorted);
            qsort(sorted, (size_t)count, sizeof *sorted, compare);
            find_quantiles(count, wanted, 6, found);
            for (int i = 0; i < 6; i++) {
                double last = (double)(count - 1), p = wanted[i];
                double expected = order_statistic(count, last * p);
                double tolerance = 4 * DBL_EPSILON * fabs(expected);
                assert_true(fabs(found[i].value - expected) <= tolerance);
                double spread = sqrt((double)count * p * (1 - p));
                bool has_error = last * p - spread >= 0 && last * p + spread <= last;
                assert_int_equal(has_error, !isnan(found[i].error));
                if (has_error) {
                    double half = (order_statistic(count, last * p + spread) -
                                   order_statistic(count, last * p - spread)) /
                                  2;
                    assert_true(fabs(found[i].error - half) <= 4 * DBL_EPSILON * fabs(half));
                }
            }
        }
    }
}

static void infinite_values_have_their_place(void **state)
{
    (void)state;
    struct draw_quantile found[2];
    const double wanted[] = {0.25, 0.75};
    fill(1, 1000);
    for (int i = 0; i < 500; i++) {
        values[2 * i] = INFINITY;
    }
    find_quantiles(1000, wanted, 2, found);
    assert_true(isfinite(found[0].value) && found[1].value == INFINITY);
}

/* 400 sets of 2,000 normal draws: the standard error that is told is, in the mean, the spread of the
 * quantile over the sets, sqrt(p q / n) / density; its mean over 400 sets errs by about 1 % (each by
 * n^(-1/4) = 15 % and some bias of second order), the bound is 5 %. */
static void standard_errors_are_those_of_theory(void **state)
{
    (void)state;
    enum {
        SETS = 400,
        DRAWS = 2000
    };
    const double wanted[] = {0.025, 0.5, 0.975};
    const double density[] = {0.05844507, 0.39894228,
                              0.05844507}; /* of the normal distribution there */
    double sum[3] = {0};
    struct random_key key = {5, 9};
    struct draw_quantile found[3];
    for (int set = 0; set < SETS; set++) {
        for (int i = 0; i < DRAWS; i++) {
            values[i] = (float)normal_draw(key, (uint64_t)set, i);
        }
        find_quantiles(DRAWS, wanted, 3, found);
        for (int i = 0; i < 3; i++) {
            sum[i] += found[i].error;
        }
    }
    for (int i = 0; i < 3; i++) {
        double expected = sqrt(wanted[i] * (1 - wanted[i]) / DRAWS) / density[i];
        assert_true(fabs(sum[i] / SETS / expected - 1) < 0.05);
    }
}

/* Against long double sums in plain order; the bound is that of summing count doubles. */
static void moments_equal_plain_sums(void **state)
{
    (void)state;
    const int64_t counts[] = {1, 2, 15, 16, 17, 1000, MOST};
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
            int64_t count = counts[n];
            long double sum = 0, size = 0, squares = 0;
            fill(kind, count);
            struct draw_moments found = draws_moments(values, count);
            for (int64_t i = 0; i < count; i++) {
                sum += (long double)values[i];
                size += fabsl((long double)values[i]);
            }
            long double mean = sum / count;
            for (int64_t i = 0; i < count; i++) {
                squares += ((long double)values[i] - mean) * ((long double)values[i] - mean);
            }
            assert_true(fabsl((long double)found.mean - mean) <=
                        DBL_EPSILON * size / count * (long double)(count / 16 + 32));
            if (count == 1) {
                assert_true(isnan(found.sd));
                continue;
            }
            long double sd = sqrtl(squares / (count - 1));
            long double slack = sd + size / count; /* the mean's own rounding, squared */
            assert_true(fabsl((long double)found.sd - sd) <=
                        DBL_EPSILON * slack * (long double)(count / 16 + 32));
        }
    }
    fill(0, 100);
    values[50] = NAN;
    assert_true(isnan(draws_moments(values, 100).mean));
}

static void differences_are_rounded_once(void **state)
{
    (void)state;
    const double draws[] = {50000838.0, 50000838.5, 1e300, NAN, -3};
    float found[5];
    draws_differences(draws, 5, 50000838.0, found);
    assert_true(found[0] == 0 && found[1] == 0.5F && isinf(found[2]) && isnan(found[3]) &&
                found[4] == (float)(-3 - 50000838.0));
}

/* ---- streams -------------------------------------------------------------------------------- */

/* In parts of this length, as often as they are asked for. */
static int64_t stream_through(struct draw_stream *stream, int64_t count, int64_t part)
{
    int64_t passes = 0;
    do {
        for (int64_t first = 0; first < count; first += part) {
            int64_t left = count - first;
            draw_stream_take(stream, values + first, left < part ? left : part);
        }
        passes++;
    } while (draw_stream_next(stream));
    return passes;
}

/* Quantiles and their errors are the same numbers as of draws in memory, moments to the rounding of sums, and none of them
 * feels how the draws are cut. */
static void draws_that_stream_by_give_the_same(void **state)
{
    (void)state;
    const int64_t counts[] = {1, 2, 3, 10, 97, 1000, MOST}, parts[] = {1, 7, 512, MOST};
    const double wanted[] = {0.001, 0.025, 0.25, 0.5, 0.975, 0.9999};
    const struct draw_turns turns = {16, 7};
    for (int i = 0; i < KINDS * 7 * 4 * 2; i++) {
        int kind = i % KINDS;
        int64_t count = counts[i / KINDS % 7], part = parts[i / KINDS / 7 % 4];
        bool has_turns = i / KINDS / 28 == 1;
        struct draw_stream *stream = NULL;
        struct draw_quantile expected[6], found[6];
        double mean, sd, error, expected_error;
        fill(kind, count);
        struct draw_moments moments = draws_moments(values, count);
        find_quantiles(count, wanted, 6, expected);
        expected_error = moments.sd / sqrt((double)count);
        if (has_turns) {
            draws_errors_between(values, count, &turns, moments.mean, wanted, 6, expected,
                                 &expected_error);
        }
        assert_int_equal(draw_stream_create(wanted, 6, has_turns ? &turns : NULL, &stream),
                         STATUS_OK);
        assert_int_equal(stream_through(stream, count, part), has_turns ? 3 : 2);
        assert_int_equal(draw_stream_found(stream, &mean, &sd, &error, found), count);
        draw_stream_destroy(&stream);
        assert_true(mean == moments.mean);
        assert_true(sd == moments.sd || (isnan(sd) && isnan(moments.sd)));
        assert_true(error == expected_error || (isnan(error) && isnan(expected_error)) ||
                    fabs(error - expected_error) < 1e-9 * (fabs(mean) + sd));
        for (int k = 0; k < 6; k++) {
            assert_true(found[k].value == expected[k].value);
            assert_true(found[k].error == expected[k].error ||
                        (isnan(found[k].error) && isnan(expected[k].error)));
        }
    }
}

static void streams_leave_out_what_is_no_number(void **state)
{
    (void)state;
    const double half = 0.5;
    struct draw_stream *stream = NULL;
    struct draw_quantile found;
    double mean, sd, error;
    const float all[] = {NAN, -0.0F, 3, NAN, -2, 0, INFINITY, NAN};
    memcpy(values, all, sizeof all);
    assert_int_equal(draw_stream_create(&half, 1, NULL, &stream), STATUS_OK);
    stream_through(stream, 6, 4);
    assert_int_equal(draw_stream_found(stream, &mean, &sd, &error, &found), 4);
    assert_true(mean == 0.25 && found.value == 0);
    draw_stream_destroy(&stream);
    values[0] = values[1] = NAN;
    assert_int_equal(draw_stream_create(&half, 1, NULL, &stream), STATUS_OK);
    assert_int_equal(stream_through(stream, 2, 2), 1);
    assert_int_equal(draw_stream_found(stream, &mean, &sd, &error, &found), 0);
    assert_true(isnan(mean) && isnan(sd) && isnan(error) && isnan(found.value));
    draw_stream_destroy(&stream);
}

/* ---- randomisations ------------------------------------------------------------------------- */

enum {
    SEEDS = 200,
    EVEN_DRAWS = 10240,
    STATISTICS = 4
};

/* A sum with a product, of three uniform numbers: smooth, with interactions, skewed. */
static void evaluate(enum sampling_method method, uint32_t seed, int64_t randomisations)
{
    static double u[3][EVEN_DRAWS];
    const struct sampling_plan plan = {method, seed, EVEN_DRAWS, randomisations};
    for (int k = 0; k < 3; k++) {
        sampling_uniforms(&plan, (struct sampling_parameter){(uint64_t)k + 1, k}, 0, EVEN_DRAWS,
                          u[k]);
    }
    for (int64_t i = 0; i < EVEN_DRAWS; i++) {
        values[i] = (float)(exp(1.5 * u[0][i]) * (0.5 + u[1][i]) + 2 * u[2][i]);
    }
}

/* What one seed gives: mean and three percentiles with their errors, those of independent draws, too. */
struct estimate {
    double value[STATISTICS], error[STATISTICS], independent[STATISTICS];
};

static struct estimate estimate(enum sampling_method method, uint32_t seed)
{
    const struct draw_turns turns = {SAMPLING_BLOCK, 10};
    const double wanted[] = {0.025, 0.5, 0.975};
    struct draw_quantile found[3];
    struct estimate one;
    evaluate(method, seed, turns.randomisations);
    struct draw_moments moments = draws_moments(values, EVEN_DRAWS);
    draws_quantiles(values, EVEN_DRAWS, &moments, wanted, 3, room, found);
    one.value[0] = moments.mean;
    one.independent[0] = moments.sd / sqrt(EVEN_DRAWS);
    for (int k = 0; k < 3; k++) {
        one.value[k + 1] = found[k].value;
        one.independent[k + 1] = found[k].error;
    }
    draws_errors_between(values, EVEN_DRAWS, &turns, moments.mean, wanted, 3, found, &one.error[0]);
    for (int k = 0; k < 3; k++) {
        one.error[k + 1] = found[k].error;
    }
    return one;
}

/* Over 200 seeds the mean of squared standard errors is the variance of the estimates. That of a variance from 200
 * normal estimates has a relative error of sqrt(2 / 199), that of a mean of 200 squares with 9 degrees of freedom
 * sqrt(2 / 9 / 200), and the slope of a percentile 1 / sqrt(sqrt(n p q)) / 2 of itself in each, 0.25 for squares and
 * 0.02 in the mean: together 0.107; five of them. Those of independent draws are told apart: too large for the
 * mean and the median of even draws. */
static void errors_between_randomisations_are_those_of_other_seeds(void **state)
{
    (void)state;
    const double room_for_chance = 5 * sqrt(2.0 / 199 + 2.0 / 9 / SEEDS + 0.02 * 0.02);
    const enum sampling_method methods[] = {SAMPLING_LATIN_HYPERCUBE, SAMPLING_SOBOL,
                                            SAMPLING_RANDOM};
    for (int m = 0; m < 3; m++) {
        static struct estimate found[SEEDS];
        for (uint32_t seed = 0; seed < SEEDS; seed++) {
            found[seed] = estimate(methods[m], seed);
        }
        for (int k = 0; k < STATISTICS; k++) {
            double mean = 0, variance = 0, told = 0, independent = 0;
            for (int seed = 0; seed < SEEDS; seed++) {
                mean += found[seed].value[k] / SEEDS;
                told += found[seed].error[k] * found[seed].error[k] / SEEDS;
                independent += found[seed].independent[k] * found[seed].independent[k] / SEEDS;
            }
            for (int seed = 0; seed < SEEDS; seed++) {
                double apart = found[seed].value[k] - mean;
                variance += apart * apart / (SEEDS - 1);
            }
            assert_true(fabs(told / variance - 1) < room_for_chance);
            bool is_random = methods[m] == SAMPLING_RANDOM, is_middle = k == 0 || k == 2;
            double times = independent / variance;
            assert_true(is_random ? fabs(times - 1) < room_for_chance
                                  : !is_middle || times > 1 + room_for_chance);
        }
    }
}

/* By hand: five draws of two randomisations in blocks of two, one of them no number: {1, 3, 8} and {6}; mean 4.5,
 * sums of differences -1.5 and 1.5, 1 - (9 + 1) / 16 = 3/8; at or below 3 lie 2 and 0 of an expected 1.5 and 0.5. */
static void errors_between_randomisations_equal_sums_by_hand(void **state)
{
    (void)state;
    const float draws[] = {1, 3, 6, NAN, 8};
    const struct draw_turns turns = {2, 2}, one = {2, 1};
    const double half = 0.5;
    struct draw_quantile found = {3, 10};
    double error;
    draws_errors_between(draws, 5, &turns, 4.5, &half, 1, &found, &error);
    double expected[2] = {sqrt(2 * 1.5 * 1.5 / 0.375) / 4,
                          10 * sqrt(2 * 0.25 / 0.375 / (4 * 0.25))};
    double got[2] = {error, found.error};
    assert_close(got, expected, 2, 1e-14);
    draws_errors_between(draws, 5, &one, 4.5, &half, 1, &found, &error);
    assert_true(isnan(error) && isnan(found.error));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quantiles_equal_those_of_a_sorted_list),
    cmocka_unit_test(infinite_values_have_their_place),
    cmocka_unit_test(standard_errors_are_those_of_theory),
    cmocka_unit_test(moments_equal_plain_sums),
    cmocka_unit_test(differences_are_rounded_once),
    cmocka_unit_test(draws_that_stream_by_give_the_same),
    cmocka_unit_test(streams_leave_out_what_is_no_number),
    cmocka_unit_test(errors_between_randomisations_are_those_of_other_seeds),
    cmocka_unit_test(errors_between_randomisations_equal_sums_by_hand),
};

TESTING_MAIN(tests)
