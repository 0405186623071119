/* airshed -- GPL-3.0-or-later. Random numbers that depend on their key alone: Philox 4x32-10. */
#include "base/random.h"

#include <Random123/philox.h>
#include <gsl/gsl_cdf.h>

enum {
    ATTEMPT_SHIFT = 56
};

uint32_t random_stream(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return hash;
}

void random_block(struct random_key key, const uint32_t counter[4], uint32_t words[4])
{
    philox4x32_ctr_t in = {{counter[0], counter[1], counter[2], counter[3]}};
    philox4x32_key_t philox_key = {{key.seed, key.stream}};
    philox4x32_ctr_t out = philox4x32_R(10, in, philox_key);
    for (int i = 0; i < 4; i++) {
        words[i] = out.v[i];
    }
}

/** The two draws of block @p block. */
static void draw_pair(struct random_key key, uint64_t item, uint64_t block, uint64_t attempt,
                      uint64_t pair[2])
{
    uint64_t high = block | attempt << ATTEMPT_SHIFT;
    uint32_t counter[4] = {(uint32_t)item, (uint32_t)(item >> 32), (uint32_t)high,
                           (uint32_t)(high >> 32)};
    uint32_t words[4];
    random_block(key, counter, words);
    pair[0] = (uint64_t)words[1] << 32 | words[0];
    pair[1] = (uint64_t)words[3] << 32 | words[2];
}

static double uniform_from_bits(uint64_t bits)
{
    bits >>= 11;
    return bits == 0 ? 0x1p-54 : (double)bits * 0x1p-53;
}

uint64_t random_bits(struct random_key key, uint64_t item, uint64_t draw)
{
    uint64_t pair[2];
    draw_pair(key, item, draw / 2, 0, pair);
    return pair[draw % 2];
}

uint32_t random_word(struct random_key key, uint64_t item, uint64_t draw)
{
    return (uint32_t)(random_bits(key, item, draw) >> 32);
}

double random_uniform(struct random_key key, uint64_t item, uint64_t draw)
{
    return uniform_from_bits(random_bits(key, item, draw));
}

double random_normal(struct random_key key, uint64_t item, uint64_t draw)
{
    return gsl_cdf_ugaussian_Pinv(random_uniform(key, item, draw));
}

uint64_t random_below(struct random_key key, uint64_t item, uint64_t draw, uint64_t bound)
{
    if (bound <= 1) {
        return 0;
    }
    uint64_t threshold = -bound % bound;
    uint64_t pair[2];
    unsigned __int128 product;
    uint64_t attempt = 0;
    /* A product whose low half lies under 2^64 mod bound belongs to a value that has one preimage
     * too many. Half of all attempts succeed at least, so that the 256 there are never run out. */
    do {
        draw_pair(key, item, draw / 2, attempt++ & 0xff, pair);
        product = (unsigned __int128)pair[draw % 2] * bound;
    } while ((uint64_t)product < threshold);
    return (uint64_t)(product >> 64);
}

void random_uniforms(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                     double *values)
{
    uint64_t pair[2] = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        uint64_t draw = first + (uint64_t)i;
        if (i == 0 || draw % 2 == 0) {
            draw_pair(key, item, draw / 2, 0, pair);
        }
        values[i] = uniform_from_bits(pair[draw % 2]);
    }
}

void random_normals(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                    double *values)
{
    random_uniforms(key, item, first, count, values);
    for (int64_t i = 0; i < count; i++) {
        values[i] = gsl_cdf_ugaussian_Pinv(values[i]);
    }
}
