/* airshed -- GPL-3.0-or-later. Keyed random numbers.
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"

enum {
    DRAWS = 200000
};

/* Known answers of Random123 (kat_vectors, philox4x32 10). */
static void blocks_equal_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], seed, stream, words[4];
    } known[] = {
        {{0, 0, 0, 0}, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         0xffffffff,
         0xffffffff,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         0xa4093822,
         0x299f31d0,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t words[4];
        random_block((struct random_key){known[i].seed, known[i].stream}, known[i].counter, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

static void draws_are_the_halves_of_a_block(void **state)
{
    (void)state;
    struct random_key key = {7, random_stream("test")};
    uint64_t item = UINT64_C(0x123456789abcdef0);
    uint32_t counter[4] = {0x9abcdef0, 0x12345678, 5, 0};
    uint32_t words[4];
    random_block(key, counter, words);
    assert_true(random_bits(key, item, 10) == ((uint64_t)words[1] << 32 | words[0]));
    assert_true(random_bits(key, item, 11) == ((uint64_t)words[3] << 32 | words[2]));
    assert_int_equal(random_word(key, item, 10), words[1]);
}

/* FNV-1a of "a" and "foobar", from the authors' test vectors. */
static void streams_are_numbered_by_fnv1a(void **state)
{
    (void)state;
    assert_int_equal(random_stream(""), 0x811c9dc5);
    assert_int_equal(random_stream("a"), 0xe40c292c);
    assert_int_equal(random_stream("foobar"), 0xbf9cf968);
}

static void a_sequence_equals_its_single_draws(void **state)
{
    (void)state;
    struct random_key key = {1, 2};
    double uniforms[9], normals[9];
    for (uint64_t first = 0; first < 4; first++) {
        random_uniforms(key, 3, first, 9, uniforms);
        random_normals(key, 3, first, 9, normals);
        for (uint64_t i = 0; i < 9; i++) {
            assert_true(uniforms[i] == random_uniform(key, 3, first + i));
            assert_true(normals[i] == random_normal(key, 3, first + i));
        }
    }
}

/* Kolmogorov-Smirnov distance by bins: for n = 200000 the 1e-6 quantile of sqrt(n) D is 2.69, so D
 * stays under 0.0061. The draws are fixed, so the test gives one answer for ever. */
static void uniforms_fill_the_open_interval(void **state)
{
    (void)state;
    static double values[DRAWS];
    int counts[100] = {0};
    random_uniforms((struct random_key){42, 1}, 9, 0, DRAWS, values);
    for (int i = 0; i < DRAWS; i++) {
        assert_true(values[i] > 0 && values[i] < 1);
        counts[(int)(values[i] * 100)]++;
    }
    int below = 0;
    for (int bin = 0; bin < 100; bin++) {
        below += counts[bin];
        assert_true(fabs((double)below / DRAWS - (bin + 1) / 100.0) < 0.0061);
    }
}

/* Five standard errors of each moment of n normals: sqrt(1/n), sqrt(2/n), sqrt(96/n). */
static void normals_have_normal_moments(void **state)
{
    (void)state;
    double second = 0, fourth = 0, mean = 0;
    static double values[DRAWS];
    random_normals((struct random_key){42, 2}, 1, 0, DRAWS, values);
    for (int i = 0; i < DRAWS; i++) {
        double square = values[i] * values[i];
        mean += values[i] / DRAWS;
        second += square / DRAWS;
        fourth += square * square / DRAWS;
    }
    assert_true(fabs(mean) < 5 * sqrt(1.0 / DRAWS));
    assert_true(fabs(second - 1) < 5 * sqrt(2.0 / DRAWS));
    assert_true(fabs(fourth - 3) < 5 * sqrt(96.0 / DRAWS));
}

/* bound = 3 * 2^62: a biased map (product without rejection) hits multiples of 3 twice as often. */
static void bounded_integers_have_no_bias(void **state)
{
    (void)state;
    struct random_key key = {5, 6};
    int by_residue[3] = {0}, dice[6] = {0};
    for (uint64_t draw = 0; draw < 60000; draw++) {
        uint64_t value = random_below(key, 0, draw, UINT64_C(3) << 62);
        assert_true(value < UINT64_C(3) << 62);
        by_residue[value % 3]++;
        dice[random_below(key, 1, draw, 6)]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_true(abs(by_residue[i] - 20000) < 5 * sqrt(60000 * 2 / 9.0));
    }
    for (int i = 0; i < 6; i++) {
        assert_true(abs(dice[i] - 10000) < 5 * sqrt(60000 * 5 / 36.0));
    }
    assert_true(random_below(key, 0, 0, 0) == 0);
    assert_true(random_below(key, 0, 0, 1) == 0);
}

static void every_part_of_the_key_counts(void **state)
{
    (void)state;
    uint64_t base = random_bits((struct random_key){1, 1}, 1, 1);
    assert_true(base != random_bits((struct random_key){2, 1}, 1, 1));
    assert_true(base != random_bits((struct random_key){1, 2}, 1, 1));
    assert_true(base !=
                random_bits((struct random_key){1, 1}, UINT64_C(1) + (UINT64_C(1) << 32), 1));
    assert_true(base != random_bits((struct random_key){1, 1}, 1, 1 + (UINT64_C(1) << 40)));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(blocks_equal_the_published_answers),
    cmocka_unit_test(draws_are_the_halves_of_a_block),
    cmocka_unit_test(streams_are_numbered_by_fnv1a),
    cmocka_unit_test(a_sequence_equals_its_single_draws),
    cmocka_unit_test(uniforms_fill_the_open_interval),
    cmocka_unit_test(normals_have_normal_moments),
    cmocka_unit_test(bounded_integers_have_no_bias),
    cmocka_unit_test(every_part_of_the_key_counts),
};

TESTING_MAIN(tests)
