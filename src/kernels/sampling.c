/* airshed -- GPL-3.0-or-later. Uniform numbers for many parameters: keyed, Latin hypercube, Sobol. */
#include "kernels/sampling.h"

#include <stdbool.h>

#include "base/random.h"
#include "kernels/random_words.h"
#include "sobol_internal.h"

enum {
    ROUNDS = 8, /* of the Feistel network, an even number */
    FEW = 16
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

/** Bijections of [0, count): halves of a number of few bits are stirred in turn. */
struct order {
    uint64_t count;
    int low_bits, high_bits;
};

static struct order order_of(int64_t count)
{
    struct order order = {.count = (uint64_t)count};
    int bits = 2;
    while (bits < 62 && UINT64_C(1) << bits < order.count) {
        bits++;
    }
    order.high_bits = bits / 2;
    order.low_bits = bits - bits / 2;
    return order;
}

/** Stirs all bits of a number: the finalizer of MurmurHash3 (Appleby). */
static uint64_t stirred(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* Where a number comes to lie when so few are shuffled by Fisher and Yates with the digits of @p bits. Halves of so few
 * bits would not reach all orders alike. */
static int64_t shuffled(uint64_t bits, int64_t count, int64_t from)
{
    int64_t place = from;
    for (int64_t last = count - 1; last > 0; last--) {
        unsigned __int128 product = (unsigned __int128)bits * (uint64_t)(last + 1);
        int64_t other = (int64_t)(product >> 64);
        bits = (uint64_t)product;
        place = place == last ? other : place == other ? last : place;
    }
    return place;
}

/* Each @p turn has an order of its own. A number beyond count is sent on until it falls below: that keeps the map one
 * to one. */
static int64_t order_place(const struct order *order, const uint64_t keys[ROUNDS], int64_t turn,
                           int64_t from)
{
    uint64_t number = (uint64_t)from;
    uint64_t tweak = stirred((uint64_t)turn + UINT64_C(0x9e3779b97f4a7c15));
    if (order->count <= FEW) {
        return shuffled(stirred(keys[0] ^ tweak), (int64_t)order->count, from);
    }
    uint64_t low_mask = (UINT64_C(1) << order->low_bits) - 1;
    uint64_t high_mask = (UINT64_C(1) << order->high_bits) - 1;
    do {
        uint64_t low = number & low_mask, high = number >> order->low_bits;
        for (int round = 0; round < ROUNDS; round += 2) {
            high ^= stirred(low + (keys[round] ^ tweak)) & high_mask;
            low ^= stirred(high + (keys[round + 1] ^ tweak)) & low_mask;
        }
        number = high << order->low_bits | low;
    } while (number >= order->count);
    return (int64_t)number;
}

/** A hypercube of draws = slices * SAMPLING_BLOCK + rest. Its parts lie in SAMPLING_BLOCK groups, of slices parts
 *  each, and of one more in @p rest of them, which spread evenly. Each slice takes a part of every group, and what
 *  is left goes to the draws behind the last slice. */
struct cube {
    int64_t draws, slices, rest;
    uint64_t keys[ROUNDS];
    struct order slice, tail;  /* of groups in a slice, of wide groups behind the last */
    struct order narrow, wide; /* of slices in a group */
};

static struct cube cube_of(const struct sampling_plan *plan, uint64_t item, int64_t randomisation,
                           int64_t draws)
{
    struct cube cube = {
        .draws = draws, .slices = draws / SAMPLING_BLOCK, .rest = draws % SAMPLING_BLOCK};
    struct random_key key = {plan->seed, random_stream("sampling.latin")};
    for (int round = 0; round < ROUNDS; round++) {
        cube.keys[round] = random_bits(key, item, (uint64_t)(randomisation * ROUNDS + round));
    }
    cube.slice = order_of(SAMPLING_BLOCK);
    cube.tail = order_of(cube.rest);
    cube.narrow = order_of(cube.slices);
    cube.wide = order_of(cube.slices + 1);
    return cube;
}

static int64_t wide_before(const struct cube *cube, int64_t group)
{
    return group * cube->rest / SAMPLING_BLOCK;
}

/* The part of a draw of the cube. */
static int64_t part_of(const struct cube *cube, int64_t draw)
{
    int64_t slice = draw / SAMPLING_BLOCK, within = draw % SAMPLING_BLOCK, group;
    if (slice < cube->slices) {
        group = order_place(&cube->slice, cube->keys, 2 * slice, within);
    } else {
        int64_t wide = order_place(&cube->tail, cube->keys, 2 * slice, within);
        group = ((wide + 1) * SAMPLING_BLOCK - 1) / cube->rest; /* the wide group of that number */
    }
    int64_t before = wide_before(cube, group);
    bool is_wide = wide_before(cube, group + 1) > before;
    const struct order *order = is_wide ? &cube->wide : &cube->narrow;
    return group * cube->slices + before + order_place(order, cube->keys, 2 * group + 1, slice);
}

/* Draws [@p first, @p first + @p count) of the run, which are those from @p own on of the cube. */
static void latin_uniforms(const struct sampling_plan *plan, uint64_t item, int64_t first,
                           const struct cube *cube, int64_t own, int64_t count, double *uniforms)
{
    double parts = (double)cube->draws;
    random_words_uniforms(draws_key(plan), item, (uint64_t)first, count, uniforms);
    for (int64_t i = 0; i < count; i++) {
        double uniform = ((double)part_of(cube, own + i) + uniforms[i]) / parts;
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
static void sobol_uniforms(const uint32_t *directions, uint32_t seed, int64_t first, int64_t count,
                           double *uniforms)
{
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

/* ---- randomisations ------------------------------------------------------------------------- */

/** Draws that follow each other in one randomisation, from its own number on. */
struct stretch {
    int64_t randomisation, own, count;
};

static int64_t randomisations_of(const struct sampling_plan *plan)
{
    return plan->randomisations > 1 ? plan->randomisations : 1;
}

static struct stretch stretch_at(const struct sampling_plan *plan, int64_t draw, int64_t most)
{
    int64_t randomisations = randomisations_of(plan), block = draw / SAMPLING_BLOCK;
    int64_t within = draw % SAMPLING_BLOCK, left = SAMPLING_BLOCK - within;
    if (randomisations == 1) {
        return (struct stretch){0, draw, most};
    }
    return (struct stretch){block % randomisations,
                            block / randomisations * SAMPLING_BLOCK + within,
                            most < left ? most : left};
}

/* Draws of the run that belong to a randomisation. */
static int64_t draws_of(const struct sampling_plan *plan, int64_t randomisation)
{
    int64_t blocks = plan->draws / SAMPLING_BLOCK, rest = plan->draws % SAMPLING_BLOCK;
    int64_t turns = blocks / randomisations_of(plan), over = blocks % randomisations_of(plan);
    return SAMPLING_BLOCK * (turns + (randomisation < over)) + (randomisation == over ? rest : 0);
}

static void latin(const struct sampling_plan *plan, uint64_t item, int64_t first, int64_t count,
                  double *uniforms)
{
    struct stretch stretch;
    for (int64_t done = 0; done < count; done += stretch.count) {
        stretch = stretch_at(plan, first + done, count - done);
        struct cube cube =
            cube_of(plan, item, stretch.randomisation, draws_of(plan, stretch.randomisation));
        latin_uniforms(plan, item, first + done, &cube, stretch.own, stretch.count,
                       uniforms + done);
    }
}

static void sobol(const struct sampling_plan *plan, struct sampling_parameter parameter,
                  int64_t first, int64_t count, double *uniforms)
{
    struct stretch stretch;
    uint32_t directions[SOBOL_BITS];
    struct random_key key = {plan->seed, random_stream("sampling.sobol")};
    sobol_directions(parameter.dimension, directions);
    for (int64_t done = 0; done < count; done += stretch.count) {
        stretch = stretch_at(plan, first + done, count - done);
        uint32_t seed = random_word(key, parameter.item, (uint64_t)stretch.randomisation);
        sobol_uniforms(directions, seed, stretch.own, stretch.count, uniforms + done);
    }
}

void sampling_uniforms(const struct sampling_plan *plan, struct sampling_parameter parameter,
                       int64_t first, int64_t count, double *uniforms)
{
    if (plan->method == SAMPLING_LATIN_HYPERCUBE) {
        latin(plan, parameter.item, first, count, uniforms);
    } else if (plan->method == SAMPLING_SOBOL && parameter.dimension < SAMPLING_SOBOL_DIMENSIONS) {
        sobol(plan, parameter, first, count, uniforms);
    } else {
        random_words_single(draws_key(plan), parameter.item, (uint64_t)first, count, uniforms);
    }
}
