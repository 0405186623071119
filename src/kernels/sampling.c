/* airshed -- GPL-3.0-or-later. Uniform numbers for many parameters: keyed, Latin hypercube, Sobol. */
#include "kernels/sampling.h"

#include "base/random.h"
#include "kernels/random_words.h"
#include "sobol_internal.h"

enum {
    ROUNDS = 8 /* of the Feistel network, an even number */
};

#define NEAREST_ONE 0x1.fffffffffffffp-1

uint64_t sampling_item(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    }
    return hash;
}

const char *sampling_method_name(enum sampling_method method)
{
    static const char *const names[] = {"random", "latin", "sobol"};
    return names[method];
}

static struct random_key draws_key(const struct sampling_plan *plan)
{
    return (struct random_key){plan->seed, random_stream("sampling.draws")};
}

/* ---- Latin hypercube ------------------------------------------------------------------------ */

/** A bijection of [0, count): halves of a number of few bits are stirred in turn. */
struct order {
    uint64_t count;
    int low_bits, high_bits;
    uint64_t keys[ROUNDS];
};

static struct order order_make(const struct sampling_plan *plan, uint64_t item)
{
    struct order order = {.count = (uint64_t)plan->draws};
    int bits = 2;
    while (bits < 62 && UINT64_C(1) << bits < order.count) {
        bits++;
    }
    order.high_bits = bits / 2;
    order.low_bits = bits - bits / 2;
    struct random_key key = {plan->seed, random_stream("sampling.latin")};
    for (int round = 0; round < ROUNDS; round++) {
        order.keys[round] = random_bits(key, item, (uint64_t)round);
    }
    return order;
}

/** Stirs all bits of a number: the finalizer of MurmurHash3 (Appleby). */
static uint64_t stirred(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* A number beyond count is sent on until it falls below: that keeps the map one to one. */
static uint64_t order_place(const struct order *order, uint64_t number)
{
    uint64_t low_mask = (UINT64_C(1) << order->low_bits) - 1;
    uint64_t high_mask = (UINT64_C(1) << order->high_bits) - 1;
    do {
        uint64_t low = number & low_mask, high = number >> order->low_bits;
        for (int round = 0; round < ROUNDS; round += 2) {
            high ^= stirred(low + order->keys[round]) & high_mask;
            low ^= stirred(high + order->keys[round + 1]) & low_mask;
        }
        number = high << order->low_bits | low;
    } while (number >= order->count);
    return number;
}

static void latin_uniforms(const struct sampling_plan *plan, uint64_t item, int64_t first,
                           int64_t count, double *uniforms)
{
    struct order order = order_make(plan, item);
    double parts = (double)plan->draws;
    random_words_uniforms(draws_key(plan), item, (uint64_t)first, count, uniforms);
    for (int64_t i = 0; i < count; i++) {
        double place = (double)order_place(&order, (uint64_t)(first + i));
        double uniform = (place + uniforms[i]) / parts;
        uniforms[i] = uniform < 1 ? uniform : NEAREST_ONE;
    }
}

/* ---- Sobol ---------------------------------------------------------------------------------- */

static uint32_t reversed(uint32_t x)
{
    x = __builtin_bswap32(x);
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    return (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
}

/* Each bit is flipped or not by a hash of the bits before it, highest first: multipliers are even, so
 * that in the reversed number a bit meets lower ones only. */
static uint32_t scrambled(uint32_t x, uint32_t seed)
{
    x = reversed(x) + seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return reversed(x);
}

/* In the order of Gray codes, from each draw to the next by one direction (Antonov and Saleev 1979). */
static void sobol_uniforms(const struct sampling_plan *plan, struct sampling_parameter parameter,
                           int64_t first, int64_t count, double *uniforms)
{
    uint32_t directions[SOBOL_BITS];
    sobol_directions(parameter.dimension, directions);
    struct random_key key = {plan->seed, random_stream("sampling.sobol")};
    uint32_t seed = random_word(key, parameter.item, 0);
    uint32_t number = (uint32_t)first, x = 0;
    for (uint32_t gray = number ^ number >> 1; gray != 0; gray &= gray - 1) {
        x ^= directions[__builtin_ctz(gray)];
    }
    for (int64_t i = 0; i < count; i++) {
        uniforms[i] = ((double)scrambled(x, seed) + 0.5) * 0x1p-32;
        number++;
        x ^= number != 0 ? directions[__builtin_ctz(number)] : 0;
    }
}

void sampling_uniforms(const struct sampling_plan *plan, struct sampling_parameter parameter,
                       int64_t first, int64_t count, double *uniforms)
{
    if (plan->method == SAMPLING_LATIN_HYPERCUBE) {
        latin_uniforms(plan, parameter.item, first, count, uniforms);
    } else if (plan->method == SAMPLING_SOBOL && parameter.dimension < SAMPLING_SOBOL_DIMENSIONS) {
        sobol_uniforms(plan, parameter, first, count, uniforms);
    } else {
        random_words_single(draws_key(plan), parameter.item, (uint64_t)first, count, uniforms);
    }
}
