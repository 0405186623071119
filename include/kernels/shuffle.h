/* airshed -- GPL-3.0-or-later. Random permutations of many values, keyed and fast. */
#ifndef AIRSHED_KERNELS_SHUFFLE_H
#define AIRSHED_KERNELS_SHUFFLE_H

#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

/** Memory for permutations of a fixed number of values. */
struct shuffle;

/** Allocates for @p count values: some 5 bytes for each and 2 MB more.
 *  @return STATUS_OK or STATUS_MEMORY */
enum status shuffle_create(int64_t count, struct shuffle **shuffle);

/** Releases *@p shuffle and sets it to NULL; NULL is allowed. */
void shuffle_destroy(struct shuffle **shuffle);

/** A stretch of the output. */
struct shuffle_run {
    int64_t start, length;
};

/** Writes @p values [count] into @p out in a random order, each order as likely as any other, which
 *  (key, item) alone sets: one after the other where @p runs is NULL, else along these stretches, whose
 *  lengths sum to count.
 *
 *  Method: values are dealt to buckets at random and each bucket is shuffled by Fisher and Yates
 *  (Rao 1961, Sandelius 1962), so that the random accesses stay in the first-level cache. A deal that
 *  fills a bucket far beyond its mean (ten standard deviations) is made anew, which favours no
 *  order: given the sizes of the buckets all orders are alike. Indices are drawn without bias,
 *  several from each 64 bits (Brackett-Rozinsky and Lemire 2024).
 */
void shuffle_values(struct shuffle *shuffle, struct random_key key, uint64_t item,
                    const float *values, const struct shuffle_run *runs, float *out);

#endif
