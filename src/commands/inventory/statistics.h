/* airshed -- GPL-3.0-or-later. inventory: statistics of the draws of results (P3.12). */
#ifndef AIRSHED_COMMANDS_INVENTORY_STATISTICS_H
#define AIRSHED_COMMANDS_INVENTORY_STATISTICS_H

#include "draws.h"

/** Fills point of all statistics, and makes the others NaN. */
enum status inventory_points(struct inventory_results *results,
                             const struct inventory_inputs *inputs);

enum {
    CHECKPOINTS_MAX = 64,
    DRAWS_HELD_MAX = 1 << 20 /**< of a slot in memory; more come in parts, two or three times over */
};

/** The statistics after so many of the draws. */
struct inventory_checkpoint {
    int64_t draws;
    struct inventory_statistics statistics;
};

/** How many draws are looked at: 100, 200, 500, 1000 ... and all. @return how many there are */
int inventory_checkpoints(int64_t draws, int64_t counts[CHECKPOINTS_MAX]);

/** Statistics of one slot after another. */
struct inventory_summary {
    const struct inventory_results *results;
    const struct inventory_inputs *inputs;
    double level; /**< of intervals, % */
    int64_t draws;
    double *values, *adjoint; /* [nodes] */
    double *gradient;         /* [inputs] */
    int32_t *value;           /* [inputs], of the model */
    double *factors;
    float *numbers, *room; /* [draws held], [2, draws held] */
};

enum status inventory_summary_create(const struct inventory_results *results,
                                     const struct inventory_inputs *inputs, double level,
                                     int64_t draws, struct inventory_summary *summary);
void inventory_summary_clear(struct inventory_summary *summary);
int64_t inventory_summary_bytes(const struct inventory_results *results, int64_t draws);

/** All statistics of @p slot from the first @p draws, DRAWS_HELD_MAX at most, of its @p differences, but error propagation. Draws
 *  that are no number are counted and left out; where all are, the statistics are NaN. */
struct inventory_statistics inventory_summarise(struct inventory_summary *summary, int64_t slot,
                                                const float *differences, int64_t draws);

/** The same of any number of draws, read in blocks. Local.
 *  @param[out] room  [block] */
enum status inventory_summarise_long(const struct inventory_summary *summary, int64_t slot,
                                     const struct inventory_draws *from, int64_t draws, float *room,
                                     struct inventory_statistics *statistics);

/** Standard deviation of @p slot by error propagation, at the point estimate (IPCC approach 1). */
double inventory_propagate(struct inventory_summary *summary, int64_t slot);

#endif
