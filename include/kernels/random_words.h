/* airshed -- GPL-3.0-or-later. Many words of Philox at once, the same that base/random.h gives. */
#ifndef AIRSHED_KERNELS_RANDOM_WORDS_H
#define AIRSHED_KERNELS_RANDOM_WORDS_H

#include <stdint.h>

#include "base/random.h"

enum {
    RANDOM_WORDS_BLOCK = 4, /**< words of one block */
    RANDOM_WORDS_LANES = 16 /**< blocks are made in groups of so many */
};

/** Writes the words of blocks @p first, first + 1 ... of @p item: those of random_block() with the
 *  counter (item low, item high, block low, block high). A block's words do not stand together:
 *  word w of block first + 16 g + l is words[64 g + 16 w + l], so that lanes need no shuffling.
 *
 *  @param[in]  blocks  how many, a multiple of RANDOM_WORDS_LANES
 *  @param[out] words   [4 * blocks]
 */
void random_words(struct random_key key, uint64_t item, uint64_t first, int64_t blocks,
                  uint32_t *words);

/** Draws @p first, @p first + 1 ... of @p item as uniform numbers in (0, 1): those of
 *  random_uniforms(), in SIMD lanes.
 *
 *  @param[out] values  [count]
 */
void random_words_uniforms(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                           double *values);

/** Uniform numbers of one word each, (word + 1/2) / 2^32, for half the work: draw n of @p item is word
 *  (n mod 64) / 16 of block 16 (n / 64) + n mod 16, as random_words() has them.
 *
 *  @param[out] values  [count]
 */
void random_words_single(struct random_key key, uint64_t item, uint64_t first, int64_t count,
                         double *values);

#endif
