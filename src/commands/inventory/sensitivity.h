/* airshed -- GPL-3.0-or-later. inventory: which inputs make the spread of the totals (P3.13). */
#ifndef AIRSHED_COMMANDS_INVENTORY_SENSITIVITY_H
#define AIRSHED_COMMANDS_INVENTORY_SENSITIVITY_H

#include "draws.h"
#include "kernels/sensitivity.h"

enum {
    INFLUENCE_DRAWS_MAX = 1 << 16, /**< draws that count: a coefficient's error is 0.4 % then */
    INFLUENCE_INPUTS_MAX = 64,     /**< inputs of one regression, those with the largest Pearson */
    INFLUENCE_CHUNK = 32,          /**< inputs of an item */
};

/** What one input does to one target. */
struct influence {
    double pearson, spearman;
};

/** Targets are the totals of categories, and of all, in the nation over the whole period. */
struct inventory_sensitivity {
    const struct inventory_results *results;
    const struct inventory_inputs *inputs;
    const struct inventory_draws *draws;
    int64_t draw_count; /**< that count */
    int64_t *target;    /**< [targets], of the results */
    int64_t targets;
    bool *needs;              /**< [targets, inputs] */
    struct sensitivity *held; /**< NULL until the first chunk */
    double *column;           /**< [draws] */
    double *scratch, *pearson, *spearman;
};

/** Finds the targets. */
enum status inventory_sensitivity_create(const struct inventory_results *results,
                                         const struct inventory_inputs *inputs,
                                         const struct inventory_draws *draws,
                                         struct inventory_sensitivity *sensitivity);
void inventory_sensitivity_clear(struct inventory_sensitivity *sensitivity);

/** Memory of a rank, the influences of all inputs included. */
int64_t inventory_sensitivity_bytes(const struct inventory_sensitivity *sensitivity);

/** Correlations of inputs [@p first, @p first + @p count) with all targets. Local.
 *  @param[out] found  [count, targets] */
enum status inventory_sensitivity_chunk(struct inventory_sensitivity *sensitivity, int64_t first,
                                        int64_t count, struct influence *found);

/** Inputs that a target needs, the largest Pearson first.
 *  @param[in]  found  [inputs, targets]
 *  @param[out] order  [inputs], of which @p count are filled */
enum status inventory_sensitivity_order(const struct inventory_sensitivity *sensitivity,
                                        int64_t target, const struct influence *found,
                                        int32_t *order, int64_t *count);

/** A target explained by its most correlated inputs. */
struct inventory_regression {
    double r_squared; /**< share of the variance that these explain together */
    struct sensitivity_share shares[INFLUENCE_INPUTS_MAX]; /**< of the first ones of the order */
};

/** Regression of a target on the first inputs of its order. Local. */
enum status inventory_sensitivity_regress(struct inventory_sensitivity *sensitivity, int64_t target,
                                          const struct influence *found,
                                          struct inventory_regression *regression);

#endif
