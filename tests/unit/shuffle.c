/* airshed -- GPL-3.0-or-later. Keyed permutations of many values.
 * ranks: 1
 */
#include "testing.h"

#include "kernels/random_words.h"
#include "kernels/shuffle.h"

enum {
    MANY = 20000, /* several buckets */
    HUGE = 3000000
};

static const struct random_key key = {3, 99};

static void words_are_those_of_single_blocks(void **state)
{
    (void)state;
    uint64_t item = UINT64_C(0x9abcdef012345678), first = UINT64_C(0xfffffffffffffff8) - 70;
    uint32_t words[4 * 64], block[4];
    random_words(key, item, first, 64, words);
    for (int i = 0; i < 64; i++) {
        uint64_t number = first + (uint64_t)i;
        uint32_t counter[4] = {(uint32_t)item, (uint32_t)(item >> 32), (uint32_t)number,
                               (uint32_t)(number >> 32)};
        random_block(key, counter, block);
        for (int w = 0; w < 4; w++) {
            assert_int_equal(words[i / 16 * 64 + 16 * w + i % 16], block[w]);
        }
    }
}

/* 24 orders of 4 values in 48000 draws: chi-square with 23 degrees of freedom, 67.6 at 1e-6 above
 * and 4.6 at 1e-6 below. */
static void all_orders_are_alike(void **state)
{
    (void)state;
    const float values[4] = {0, 1, 2, 3};
    float out[4];
    int seen[256] = {0};
    struct shuffle *shuffle = NULL;
    assert_int_equal(shuffle_create(4, &shuffle), STATUS_OK);
    for (uint64_t item = 0; item < 48000; item++) {
        shuffle_values(shuffle, key, item, values, NULL, out);
        seen[(int)out[0] * 64 + (int)out[1] * 16 + (int)out[2] * 4 + (int)out[3]]++;
    }
    double square = 0;
    int orders = 0;
    for (int i = 0; i < 256; i++) {
        orders += seen[i] > 0;
        square += seen[i] > 0 ? (seen[i] - 2000.0) * (seen[i] - 2000.0) / 2000 : 0;
    }
    assert_int_equal(orders, 24);
    assert_true(square > 4.6 && square < 67.6);
    shuffle_destroy(&shuffle);
}

static void check_permutation(int64_t count, uint64_t item)
{
    float *values = malloc((size_t)count * sizeof *values),
          *out = malloc((size_t)count * sizeof *out);
    unsigned char *seen = calloc((size_t)count, 1);
    struct shuffle *shuffle = NULL;
    for (int64_t i = 0; i < count; i++) {
        values[i] = (float)i;
    }
    assert_int_equal(shuffle_create(count, &shuffle), STATUS_OK);
    shuffle_values(shuffle, key, item, values, NULL, out);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(seen[(int64_t)out[i]], 0);
        seen[(int64_t)out[i]] = 1;
    }
    shuffle_destroy(&shuffle);
    free(values);
    free(out);
    free(seen);
}

static void every_value_comes_once(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 40; count++) {
        check_permutation(count, 1);
    }
    check_permutation(4097, 2);
    check_permutation(MANY, 3);
    check_permutation(HUGE, 4);
}

static void the_key_alone_sets_the_order(void **state)
{
    (void)state;
    static float values[MANY], first[MANY], second[MANY];
    struct shuffle *one = NULL, *other = NULL;
    for (int i = 0; i < MANY; i++) {
        values[i] = (float)i;
    }
    assert_int_equal(shuffle_create(MANY, &one), STATUS_OK);
    assert_int_equal(shuffle_create(MANY, &other), STATUS_OK);
    shuffle_values(one, key, 7, values, NULL, first);
    shuffle_values(other, key, 6, values, NULL, second);
    assert_memory_not_equal(first, second, sizeof first);
    shuffle_values(other, key, 7, values, NULL, second);
    assert_memory_equal(first, second, sizeof first);
    shuffle_values(other, (struct random_key){4, 99}, 7, values, NULL, second);
    assert_memory_not_equal(first, second, sizeof first);
    shuffle_destroy(&one);
    shuffle_destroy(&other);
}

/* Stretches that end within buckets, and one that holds several. */
static void an_order_may_be_laid_out_in_stretches(void **state)
{
    (void)state;
    static float values[MANY], whole[MANY], out[2 * MANY];
    const struct shuffle_run runs[] = {
        {5, 1}, {10, 900}, {1000, 12000}, {15000, MANY - 12901 - 7}, {35000, 7}};
    struct shuffle *shuffle = NULL;
    for (int i = 0; i < MANY; i++) {
        values[i] = (float)(i + 1);
    }
    assert_int_equal(shuffle_create(MANY, &shuffle), STATUS_OK);
    shuffle_values(shuffle, key, 5, values, NULL, whole);
    shuffle_values(shuffle, key, 5, values, runs, out);
    const float *next = whole;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        assert_memory_equal(out + runs[i].start, next, (size_t)runs[i].length * sizeof *next);
        next += runs[i].length;
    }
    int written = 0;
    for (int i = 0; i < 2 * MANY; i++) {
        written += out[i] > 0;
    }
    assert_int_equal(written, MANY);
    shuffle_destroy(&shuffle);
}

/* With buckets: where one value lands is uniform (16 parts, 4000 orders: chi-square with 15 degrees
 * of freedom, 54.2 at 1e-6... above), neighbours part (mean of |distance| is count / 3), and a random
 * order keeps one value in place on average (Poisson: 4000 +- 5 sqrt(4000)). */
static void places_are_uniform_with_buckets(void **state)
{
    (void)state;
    enum {
        ORDERS = 4000,
        PARTS = 16,
        COUNT = 5000
    };
    static float values[COUNT], out[COUNT];
    static int place[COUNT];
    double kept = 0, apart = 0, seen[PARTS] = {0}, square = 0;
    struct shuffle *shuffle = NULL;
    for (int i = 0; i < COUNT; i++) {
        values[i] = (float)i;
    }
    assert_int_equal(shuffle_create(COUNT, &shuffle), STATUS_OK);
    for (uint64_t item = 0; item < ORDERS; item++) {
        shuffle_values(shuffle, key, item, values, NULL, out);
        for (int i = 0; i < COUNT; i++) {
            kept += out[i] == values[i];
            place[(int)out[i]] = i;
        }
        seen[place[1234] * PARTS / COUNT]++;
        apart += fabs((double)(place[2000] - place[2001])) / COUNT;
    }
    for (int part = 0; part < PARTS; part++) {
        double mean = (double)ORDERS / PARTS;
        square += (seen[part] - mean) * (seen[part] - mean) / mean;
    }
    assert_true(square < 54.2);
    assert_true(fabs(kept - ORDERS) < 5 * sqrt((double)ORDERS));
    /* |u - v| has the variance 1/18. */
    assert_true(fabs(apart / ORDERS - 1.0 / 3) < 5 * sqrt(1.0 / 18 / ORDERS));
    shuffle_destroy(&shuffle);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(words_are_those_of_single_blocks),
    cmocka_unit_test(all_orders_are_alike),
    cmocka_unit_test(every_value_comes_once),
    cmocka_unit_test(the_key_alone_sets_the_order),
    cmocka_unit_test(an_order_may_be_laid_out_in_stretches),
    cmocka_unit_test(places_are_uniform_with_buckets),
};

TESTING_MAIN(tests)
