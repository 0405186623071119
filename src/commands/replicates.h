/* airshed -- GPL-3.0-or-later. Bootstrap replicates of the remainders, and what stage 2 makes of them
 * (P2.47). */
#ifndef AIRSHED_COMMANDS_REPLICATES_H
#define AIRSHED_COMMANDS_REPLICATES_H

#include <stdint.h>

#include "base/options.h"
#include "base/status.h"
#include "decomposition.h"
#include "kernels/lanes.h"
#include "kernels/least_squares_block.h"

/** --replicates, --block-days. */
extern const struct option_spec replicates_options[];

/** Means of a replicate, over the steps whose pollution was observed and that have a deweathered
 *  value: the days that `attribute` counts. */
enum replicate_map { REPLICATE_POLLUTION, REPLICATE_DEWEATHERED, REPLICATE_MAPS };

/** Replicates T + S + R*: trend and seasonal part as fitted, remainders R drawn anew in blocks of
 *  consecutive steps (moving blocks: Kuensch 1989). Block k of replicate b starts at a step that (seed, b,
 *  k) keys, for every cell the same, so that maps stay whole. Steps without an observation stay without
 *  one; where a block meets such a step its next observed remainder stands in, past the end the
 *  first. */
struct replicates {
    int64_t count, steps, block_steps;
    int64_t blocks;  /**< of a replicate */
    int64_t *start;  /**< [count, blocks] */
    double *remainder, *baseline; /**< [steps, LANES]; remainders are filled */
    unsigned char *observed;      /**< [steps, LANES] */
    float *maps[REPLICATE_MAPS];  /**< [count, cells] of the item */
};

/** Draws the starts of all blocks. With --replicates 0 there is nothing in it.
 *  @return STATUS_USAGE where a block is as long as the series */
enum status replicates_create(const struct options *options, uint32_t seed, int64_t steps,
                              struct replicates **replicates);
void replicates_destroy(struct replicates **replicates);

/** Memory: of a rank, and for each cell of an item. */
int64_t replicates_fixed_bytes(const struct replicates *replicates);
int64_t replicates_cell_bytes(const struct replicates *replicates);

/** Makes the maps of an item of @p cells. */
enum status replicates_create_buffers(struct replicates *replicates, int64_t cells);

/** Takes the remainders of a block of cells: @p series and @p baseline [steps, LANES]. */
void replicates_take(struct replicates *replicates, const double *series, const double *baseline);

/** What is refitted for each replicate of the block that was taken. */
struct replicate_fit {
    struct decomposition *decomposition; /**< its blocks are overwritten */
    enum removal removal;
    struct least_squares_block block; /**< weather baselines; y is not used */
    const double *baseline;           /**< [steps, LANES], T + S */
    const unsigned char *used;        /**< [steps, LANES], 0: not a step of the fit */
    double *fitted, *removed;         /**< [steps, LANES], scratch */
};

/** Decomposes, regresses and removes in each replicate of the block, by the kernels of the stage, and
 *  keeps the means of cells [first, first + LANES) of the item's @p cells. */
void replicates_run(struct replicates *replicates, const struct replicate_fit *fit, int64_t first,
                    int64_t cells);

#endif
