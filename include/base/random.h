/* airshed -- GPL-3.0-or-later. Random numbers that depend on their key alone: Philox 4x32-10. */
#ifndef AIRSHED_BASE_RANDOM_H
#define AIRSHED_BASE_RANDOM_H

#include <stdint.h>

/** Names a sequence of draws. A value depends on (seed, stream, item, draw) and on nothing else, so
 *  that it is the same on any rank, in any order (design page, "Same bytes").
 *
 *  Method: Salmon et al. (2011), Philox 4x32 with 10 rounds, by Random123. The key is (seed,
 * stream); the counter is item (64 bits), then draw / 2 (56 bits) and the attempt of a bounded draw
 * (8 bits). A block of 128 bits holds two draws. Asking for one draw in two shapes (uniform and
 * integer, say) gives dependent numbers: take another draw or another stream.
 */
struct random_key {
    uint32_t seed;   /**< the user's --seed */
    uint32_t stream; /**< what the numbers are for, from random_stream() */
};

/** Draws of one item lie in [0, RANDOM_DRAWS). */
#define RANDOM_DRAWS (UINT64_C(1) << 57)

/** Number of the stream called @p name, such as "synth.noise": FNV-1a, 32 bits. */
uint32_t random_stream(const char *name);

/** The block of Philox for @p counter, as the published known answers count it. */
void random_block(struct random_key key, const uint32_t counter[4], uint32_t words[4]);

/** Draw @p draw of @p item as 64 bits. */
uint64_t random_bits(struct random_key key, uint64_t item, uint64_t draw);

/** A 32-bit word: the high half of random_bits(). */
uint32_t random_word(struct random_key key, uint64_t item, uint64_t draw);

/** Uniform in (0, 1), both ends excluded: a multiple of 2^-53, with 2^-54 in the place of 0. */
double random_uniform(struct random_key key, uint64_t item, uint64_t draw);

/** Standard normal by the inverse of the distribution function: increasing in random_uniform() of
 *  the same draw, as Latin hypercubes and common random numbers need. */
double random_normal(struct random_key key, uint64_t item, uint64_t draw);

/** Uniform integer in [0, @p bound) without bias (Lemire 2019, by rejection); 0 where @p bound is 0
 *  or 1. */
uint64_t random_below(struct random_key key, uint64_t item, uint64_t draw, uint64_t bound);

/** Draws @p first, @p first + 1, ... of random_uniform() into @p values [count]: the same numbers
 *  for half the work. */
void random_uniforms(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                     double *values);

/** As random_uniforms(), of random_normal(). */
void random_normals(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                    double *values);

#endif
