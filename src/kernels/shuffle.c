/* airshed -- GPL-3.0-or-later. Random permutations of many values: deal to buckets, shuffle each. */
#include "kernels/shuffle.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/random_words.h"

enum {
    POOL_BLOCKS = 16 * RANDOM_WORDS_LANES,
    POOL_WORDS = POOL_BLOCKS * RANDOM_WORDS_BLOCK,
    FEW = 4096,         /* values that need no buckets */
    BUCKET_MEAN = 8192, /* values of a bucket at most, while there are no more buckets than MOST */
    MOST_BUCKETS = 4096,
    BYTE_BUCKETS = 256,
    DEAL = 512 /* values dealt between two looks at the buckets */
};

#define MOST_PRODUCT (UINT64_C(1) << 52)

struct shuffle {
    int64_t count;
    int64_t buckets;  /* a power of two; 1: no deal */
    int64_t capacity; /* of a bucket, without the DEAL values that may come before the next look */
    float *dealt;     /* [buckets, capacity + DEAL] */
    float **end;      /* [buckets] */
    uint32_t *pool;   /* [POOL_WORDS] */
    int64_t left;     /* words in the pool that were not used */
    uint64_t block;   /* next block of the generator */
    struct random_key key;
    uint64_t item;
};

enum status shuffle_create(int64_t count, struct shuffle **out)
{
    enum status status;
    struct shuffle *shuffle = NULL;
    TRY(memory_allocate(1, sizeof *shuffle, &shuffle));
    shuffle->count = count;
    shuffle->buckets = 1;
    shuffle->capacity = count;
    if (count > FEW) {
        shuffle->buckets = 2;
        while (shuffle->buckets < MOST_BUCKETS && count / shuffle->buckets > BUCKET_MEAN) {
            shuffle->buckets *= 2;
        }
        double mean = (double)count / (double)shuffle->buckets;
        shuffle->capacity = (int64_t)(mean + 10 * sqrt(mean));
    }
    TRY(memory_allocate((size_t)(shuffle->buckets * (shuffle->capacity + DEAL)),
                        sizeof *shuffle->dealt, &shuffle->dealt));
    TRY(memory_allocate((size_t)shuffle->buckets, sizeof *shuffle->end, &shuffle->end));
    TRY(memory_allocate(POOL_WORDS, sizeof *shuffle->pool, &shuffle->pool));
    *out = shuffle;
    shuffle = NULL;
done:
    shuffle_destroy(&shuffle);
    return status;
}

void shuffle_destroy(struct shuffle **shuffle)
{
    if (*shuffle == NULL) {
        return;
    }
    free((*shuffle)->dealt);
    free((*shuffle)->end);
    free((*shuffle)->pool);
    free(*shuffle);
    *shuffle = NULL;
}

/* ---- random words ------------------------------------------------------------------------- */

/* The next @p count words, at most POOL_WORDS; what is left of the pool before a refill is dropped. */
static inline const uint32_t *take_words(struct shuffle *shuffle, int64_t count)
{
    if (shuffle->left < count) {
        random_words(shuffle->key, shuffle->item, shuffle->block, POOL_BLOCKS, shuffle->pool);
        shuffle->block += POOL_BLOCKS;
        shuffle->left = POOL_WORDS;
    }
    shuffle->left -= count;
    return shuffle->pool + (POOL_WORDS - shuffle->left - count);
}

static inline uint64_t take_bits(struct shuffle *shuffle)
{
    const uint32_t *word = take_words(shuffle, 2);
    return (uint64_t)word[1] << 32 | word[0];
}

/* ---- Fisher and Yates --------------------------------------------------------------------- */

static inline uint64_t draw(uint64_t *rest, int64_t bound)
{
    unsigned __int128 product = (unsigned __int128)*rest * (uint64_t)bound;
    *rest = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

/* Indices below size, size - 1 ... that @p bits stand for: digits of a number in a mixed base. */
static inline __attribute__((always_inline)) uint64_t digits(uint64_t bits, int64_t size, int picks,
                                                             uint64_t *index)
{
    for (int pick = 0; pick < picks; pick++) {
        index[pick] = draw(&bits, size - pick);
    }
    return bits;
}

/* The last rest tells the few numbers (as many as 2^64 leaves over the product of the bounds) that
 * would favour some digits: these are drawn again. */
static void draw_again(struct shuffle *shuffle, uint64_t rest, int64_t size, int picks,
                       uint64_t *index)
{
    uint64_t product = 1;
    for (int pick = 0; pick < picks; pick++) {
        product *= (uint64_t)(size - pick);
    }
    while (rest < product && rest < -product % product) {
        rest = digits(take_bits(shuffle), size, picks, index);
    }
}

/* No product of bounds is above MOST_PRODUCT, so that a rest above it needs no second look. */
static inline __attribute__((always_inline)) void draw_batch(struct shuffle *shuffle, int64_t size,
                                                             int picks, uint64_t *index)
{
    uint64_t rest = digits(take_bits(shuffle), size, picks, index);
    if (__builtin_expect(rest < MOST_PRODUCT, 0)) {
        draw_again(shuffle, rest, size, picks, index);
    }
}

static inline void swap(float *values, int64_t a, uint64_t b)
{
    float held = values[a];
    values[a] = values[b];
    values[b] = held;
}

static inline __attribute__((always_inline)) int64_t
shuffle_down(struct shuffle *shuffle, float *values, int64_t size, int64_t until, int picks)
{
    uint64_t index[4];
    for (; size >= until; size -= picks) {
        draw_batch(shuffle, size, picks, index);
        for (int pick = 0; pick < picks; pick++) {
            swap(values, size - 1 - pick, index[pick]);
        }
    }
    return size;
}

/* Four indices from 64 bits while their product stays under 2^52, else two: one batch in 4096 needs a
 * second look. Buckets hold far fewer than 2^26 values. */
static void shuffle_bucket(struct shuffle *shuffle, float *values, int64_t size)
{
    const int64_t four = 8192;
    size = shuffle_down(shuffle, values, size, four, 2);
    size = shuffle_down(shuffle, values, size, 5, 4);
    shuffle_down(shuffle, values, size, 2, 1);
}

/* ---- the deal ----------------------------------------------------------------------------- */

static void empty_buckets(struct shuffle *shuffle)
{
    for (int64_t bucket = 0; bucket < shuffle->buckets; bucket++) {
        shuffle->end[bucket] = shuffle->dealt + bucket * (shuffle->capacity + DEAL);
    }
}

static bool is_too_full(const struct shuffle *shuffle)
{
    for (int64_t bucket = 0; bucket < shuffle->buckets; bucket++) {
        const float *start = shuffle->dealt + bucket * (shuffle->capacity + DEAL);
        if (shuffle->end[bucket] - start > shuffle->capacity) {
            return true;
        }
    }
    return false;
}

/* Deals up to DEAL values by bytes of the words, or by their halves where there are many buckets. */
static void deal_some(struct shuffle *shuffle, const float *values, int64_t count)
{
    float **end = shuffle->end;
    uint32_t mask = (uint32_t)shuffle->buckets - 1;
    if (shuffle->buckets <= BYTE_BUCKETS) {
        const uint32_t *words = take_words(shuffle, DEAL / 4);
        int64_t i = 0;
        for (; i + 4 <= count; i += 4) {
            uint32_t word = words[i / 4];
            *end[word & mask]++ = values[i];
            *end[word >> 8 & mask]++ = values[i + 1];
            *end[word >> 16 & mask]++ = values[i + 2];
            *end[word >> 24 & mask]++ = values[i + 3];
        }
        for (; i < count; i++) {
            *end[words[i / 4] >> (8 * (i & 3)) & mask]++ = values[i];
        }
    } else {
        const uint32_t *words = take_words(shuffle, DEAL / 2);
        for (int64_t i = 0; i < count; i++) {
            *end[words[i >> 1] >> (16 * (i & 1)) & mask]++ = values[i];
        }
    }
}

static bool deal(struct shuffle *shuffle, const float *values)
{
    empty_buckets(shuffle);
    for (int64_t i = 0; i < shuffle->count; i += DEAL) {
        int64_t count = shuffle->count - i < DEAL ? shuffle->count - i : DEAL;
        deal_some(shuffle, values + i, count);
        if (is_too_full(shuffle)) {
            return false;
        }
    }
    return true;
}

/* ---- the order ---------------------------------------------------------------------------- */

/* Where the next value goes. */
struct place {
    const struct shuffle_run *run; /* NULL: one stretch */
    int64_t used;                  /* of the run, or of all */
};

static void lay_down(struct place *place, const float *values, int64_t count, float *out)
{
    if (place->run == NULL) {
        memcpy(out + place->used, values, (size_t)count * sizeof *out);
        place->used += count;
        return;
    }
    while (count > 0) {
        int64_t room = place->run->length - place->used;
        int64_t part = count < room ? count : room;
        memcpy(out + place->run->start + place->used, values, (size_t)part * sizeof *out);
        values += part;
        count -= part;
        place->used += part;
        if (place->used == place->run->length) {
            place->run++;
            place->used = 0;
        }
    }
}

void shuffle_values(struct shuffle *shuffle, struct random_key key, uint64_t item,
                    const float *values, const struct shuffle_run *runs, float *out)
{
    struct place place = {.run = runs};
    shuffle->key = key;
    shuffle->item = item;
    shuffle->left = 0;
    shuffle->block = 0;
    if (shuffle->buckets == 1) {
        memcpy(shuffle->dealt, values, (size_t)shuffle->count * sizeof *values);
        shuffle_bucket(shuffle, shuffle->dealt, shuffle->count);
        lay_down(&place, shuffle->dealt, shuffle->count, out);
        return;
    }
    while (!deal(shuffle, values)) {
    }
    for (int64_t bucket = 0; bucket < shuffle->buckets; bucket++) {
        float *start = shuffle->dealt + bucket * (shuffle->capacity + DEAL);
        int64_t size = shuffle->end[bucket] - start;
        shuffle_bucket(shuffle, start, size);
        lay_down(&place, start, size, out);
    }
}
