/* airshed -- GPL-3.0-or-later. inventory: the draws of all results, block by block into a scratch cube. */
#ifndef AIRSHED_COMMANDS_INVENTORY_DRAWS_H
#define AIRSHED_COMMANDS_INVENTORY_DRAWS_H

#include "flow/stage.h"
#include "inputs.h"
#include "results.h"

/** How results are drawn. The results have their point estimates (inventory_results_points()). */
struct inventory_drawing {
    const struct inventory_results *results;
    const struct inventory_inputs *inputs;
    int64_t draws, block; /**< of the run, and of an item */
    /** Adds the inputs of the inventory to the fingerprint of a stage. */
    enum status (*attach)(void *context, struct stage *stage);
    void *context;
};

/** Where they lie: for each block of draws and each slot, what the draws differ from the point estimate,
 *  rounded to float, so that the error is 6e-8 of a difference and not of a value (a length of 50 mm
 *  that is known to 30 nm keeps its digits). */
struct inventory_draws {
    char *path;
    struct georeference *grid; /* [slots, draws of a block]; stands for no place on earth */
    struct cube_variable variable;
    struct cube_spec spec;
    struct cube *cube;
    int64_t slots, draws, block;
};

/** Names the scratch, so that what a kill has left goes even where the product is complete. */
enum status inventory_draws_name(const struct job *job, struct inventory_draws *draws);

/** Memory that a rank takes for a block of draws. */
int64_t inventory_draws_bytes(const struct inventory_results *results, int64_t block);

/** Makes the draws, each block by one rank; a run that was killed goes on where it was. With --dry-run
 *  the plan is printed. Collective. */
enum status inventory_draws_make(const struct job *job, const struct inventory_drawing *drawing,
                                 struct inventory_draws *draws);

/** Differences from the point estimates of slots [@p first, @p first + @p count), in the first @p limit
 *  draws. Local.
 *  @param[out] room    [count, block]
 *  @param[out] values  [count, limit] */
enum status inventory_draws_read(const struct inventory_draws *draws, int64_t first, int64_t count,
                                 int64_t limit, float *room, float *values);

/** Differences of one slot in draws [@p first, @p first + @p count), all in one block. Local.
 *  @param[out] values  [count] */
enum status inventory_draws_part(const struct inventory_draws *draws, int64_t slot, int64_t first,
                                 int64_t count, float *values);

/** Closes; removes the scratch where the run @p is_finished. Whatever is called next is collective. */
void inventory_draws_close(const struct job *job, struct inventory_draws *draws, bool is_finished);

#endif
