/* airshed -- GPL-3.0-or-later. inventory: what the uncertain values of a model are made of. */
#ifndef AIRSHED_COMMANDS_INVENTORY_INPUTS_INTERNAL_H
#define AIRSHED_COMMANDS_INVENTORY_INPUTS_INTERNAL_H

#include "inputs.h"
#include "kernels/distribution_fit.h"
#include "kernels/sampler.h"

/** An independent random number of a draw. */
struct factor {
    uint64_t item;     /**< keys its draws */
    int64_t dimension; /**< of the sequence of Sobol */
};

/** A share of a factor's score in that of a value. */
struct factor_link {
    int32_t factor;
    double weight; /**< the squares of a value's weights sum to 1 */
};

/** A value of the model. What each draw needs stands first, in one line of the cache. */
struct input {
    struct sampler *sampler; /**< NULL: certain */
    struct factor own;
    int32_t first_link, link_count; /**< 1: the own factor's uniform number; it is the last link */
    bool is_reordered;              /**< by Iman and Conover, where it has several links */
    double sd;
    double *values; /**< sorted samples, or bootstrap means; NULL: none */
    enum input_origin origin;
    struct distribution distribution;
};

struct inventory_inputs {
    const struct inventory_model *model;
    struct inventory_settings settings;
    struct input *inputs; /**< [values] */
    bool *is_uncertain;   /**< [values] */
    struct factor *factors;
    int64_t factor_count;
    struct factor_link *links; /**< [link_count] */
    int64_t link_count, link_room;
    struct reordering *reordering; /**< NULL: nothing is reordered */
    struct text_list warnings;
    bool failed; /**< no memory for a warning */
};

/** Makes the factors of all uncertain values, and the links that correlations set (factors.c).
 *  @return STATUS_USAGE for correlations that contradict each other */
enum status inventory_factors_make(struct inventory_inputs *inputs);

/** Uniform numbers of a factor. */
void inventory_factor_uniforms(const struct inventory_inputs *inputs, const struct factor *factor,
                               int64_t first, int64_t count, double *uniforms);

/** Memory for blocks that are reordered, if any are (reorder.c). */
enum status inventory_reordering_create(struct inventory_inputs *inputs);
void inventory_reordering_destroy(struct reordering **reordering);

/** Uniform numbers of a value that is_reordered: draws [@p first, @p first + @p count), all in one block of
 *  SAMPLING_BLOCK.
 *  @param[out] uniforms  [count] */
void inventory_reordered_uniforms(const struct inventory_inputs *inputs, const struct input *input,
                                  int64_t first, int64_t count, double *uniforms);

/** Fits @p family, or where it is none all that apply, to @p sorted samples of a value and takes the best
 *  (fits.c). */
enum status inventory_fit_choose(const struct inventory_inputs *inputs,
                                 const struct inventory_value *value, const double *sorted,
                                 enum distribution_family family, struct distribution_fit *fit);

#endif
