/* airshed -- GPL-3.0-or-later. Many words of Philox at once, one block in each lane. */
#include "kernels/random_words.h"

#include <string.h>

#include "kernels/lanes.h"

/* Constants of Philox 4x32 (Salmon et al. 2011). */
#define MULTIPLIER_0 UINT64_C(0xD2511F53)
#define MULTIPLIER_1 UINT64_C(0xCD9E8D57)
#define KEY_STEP_0 UINT32_C(0x9E3779B9)
#define KEY_STEP_1 UINT32_C(0xBB67AE85)

enum {
    ROUNDS = 10,
    WORDS_LANES = RANDOM_WORDS_LANES,
    UNIFORM_BLOCKS = 8 * WORDS_LANES, /* made at once */
    SINGLE_BLOCKS = 4 * WORDS_LANES,
    GROUP_DRAWS = RANDOM_WORDS_BLOCK * WORDS_LANES
};

/* Words live in 64-bit lanes: a product of two words is then one vector instruction. */
KERNEL_CLONES
void random_words(struct random_key key, uint64_t item, uint64_t first, int64_t blocks,
                  uint32_t *words)
{
    const uint64_t low = UINT64_C(0xffffffff);
    for (int64_t group = 0; group < blocks; group += WORDS_LANES) {
        uint64_t a[WORDS_LANES], b[WORDS_LANES], c[WORDS_LANES], d[WORDS_LANES];
        for (int lane = 0; lane < WORDS_LANES; lane++) {
            uint64_t block = first + (uint64_t)(group + lane);
            a[lane] = item & low;
            b[lane] = item >> 32;
            c[lane] = block & low;
            d[lane] = block >> 32;
        }
        uint32_t key_0 = key.seed, key_1 = key.stream;
        for (int round = 0; round < ROUNDS; round++) {
            uint64_t k0 = key_0, k1 = key_1;
#pragma omp simd
            for (int lane = 0; lane < WORDS_LANES; lane++) {
                uint64_t product_0 = MULTIPLIER_0 * (a[lane] & low);
                uint64_t product_1 = MULTIPLIER_1 * (c[lane] & low);
                a[lane] = (product_1 >> 32) ^ b[lane] ^ k0;
                c[lane] = (product_0 >> 32) ^ d[lane] ^ k1;
                b[lane] = product_1; /* what is above the word falls off at the end */
                d[lane] = product_0;
            }
            key_0 += KEY_STEP_0;
            key_1 += KEY_STEP_1;
        }
        uint32_t *out = words + group * RANDOM_WORDS_BLOCK;
        for (int lane = 0; lane < WORDS_LANES; lane++) {
            out[lane] = (uint32_t)a[lane];
            out[WORDS_LANES + lane] = (uint32_t)b[lane];
            out[2 * WORDS_LANES + lane] = (uint32_t)c[lane];
            out[3 * WORDS_LANES + lane] = (uint32_t)d[lane];
        }
    }
}

/* A draw takes the upper 53 bits of two words: the sum below is exact. */
__attribute__((always_inline)) static inline double uniform_of_words(uint32_t high, uint32_t low)
{
    double value = (double)high * 0x1p-32 + (double)(low >> 11) * 0x1p-53;
    return value > 0 ? value : 0x1p-54;
}

KERNEL_CLONES
static void uniforms_of_words(const uint32_t *words, double *values)
{
    for (int group = 0; group < UNIFORM_BLOCKS; group += WORDS_LANES) {
        const uint32_t *in = words + group * RANDOM_WORDS_BLOCK;
        double even[WORDS_LANES], odd[WORDS_LANES];
#pragma omp simd
        for (int lane = 0; lane < WORDS_LANES; lane++) {
            even[lane] = uniform_of_words(in[WORDS_LANES + lane], in[lane]);
            odd[lane] = uniform_of_words(in[3 * WORDS_LANES + lane], in[2 * WORDS_LANES + lane]);
        }
        for (int lane = 0; lane < WORDS_LANES; lane++) {
            values[2 * (group + lane)] = even[lane];
            values[2 * (group + lane) + 1] = odd[lane];
        }
    }
}

void random_words_uniforms(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                           double *values)
{
    uint32_t words[UNIFORM_BLOCKS * RANDOM_WORDS_BLOCK];
    double made[2 * UNIFORM_BLOCKS];
    int64_t skip = (int64_t)(first % 2);
    for (uint64_t block = first / 2; count > 0; block += UNIFORM_BLOCKS) {
        random_words(key, item, block, UNIFORM_BLOCKS, words);
        if (skip == 0 && count >= 2 * UNIFORM_BLOCKS) {
            uniforms_of_words(words, values);
            values += 2 * UNIFORM_BLOCKS;
            count -= 2 * UNIFORM_BLOCKS;
            continue;
        }
        uniforms_of_words(words, made);
        int64_t part = count < 2 * UNIFORM_BLOCKS - skip ? count : 2 * UNIFORM_BLOCKS - skip;
        memcpy(values, made + skip, (size_t)part * sizeof *values);
        values += part;
        count -= part;
        skip = 0;
    }
}

KERNEL_CLONES
static void values_of_words(const uint32_t *restrict words, int64_t count, double *restrict values)
{
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        values[i] = ((double)words[i] + 0.5) * 0x1p-32;
    }
}

void random_words_single(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                         double *values)
{
    enum {
        DRAWS = SINGLE_BLOCKS * RANDOM_WORDS_BLOCK
    };
    uint32_t words[DRAWS];
    int64_t skip = (int64_t)(first % GROUP_DRAWS);
    uint64_t block = first / GROUP_DRAWS * WORDS_LANES;
    for (; count > 0; block += SINGLE_BLOCKS) {
        int64_t part = count < DRAWS - skip ? count : DRAWS - skip;
        int64_t groups = (skip + part + GROUP_DRAWS - 1) / GROUP_DRAWS;
        random_words(key, item, block, groups * WORDS_LANES, words);
        values_of_words(words + skip, part, values);
        values += part;
        count -= part;
        skip = 0;
    }
}
