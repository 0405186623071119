/* airshed -- GPL-3.0-or-later. inventory: the uncertain values of a model, and their draws (P3.10-P3.12).
 *
 * A draw of a value depends on (seed, the value's parameter and keys by name, number of the draw) and on
 * nothing else: not on ranks, blocks, other values or the order of tables. What holds beyond that:
 *
 *  - random: 100,000 draws begin with the same first 10,000.
 *  - sobol: the same; but the dimension of a value is its place among all uncertain ones (largest relative
 *    spread first), so that another value in the model may change the draws of the others.
 *  - sobol and latin come in several independent randomisations, which take turns in blocks (kernels/sampling.h), so
 *    that the error of what comes out can be told from how far these lie apart.
 *  - latin: the parts of the hypercube are set by the number of draws, so a longer run has other draws from
 *    the first on.
 *
 * Values whose keys differ in `one_draw` indices alone share their uniform number. Values are cut to what
 * their kind allows: shares to [0, 1], activities and factors to [0, inf). Shares over one index are
 * rescaled by the graph (graph.c).
 *
 * `correlations` correlate ranks. A value goes with its partners, the values of the other parameters that are
 * looked up where it holds; parameters that vary by fewer indices come first, and each value depends on those
 * before it. A rank correlation of r is one of 2 sin(pi r / 6) between normal scores (Pearson 1907).
 *
 *  - `method: iman-conover`, the default: the draws of a value are those that it would have alone, in another
 *    order, so that Latin hypercubes and Sobol points stay evenly spread. They are reordered within aligned
 *    blocks of SAMPLING_BLOCK draws, each made whole wherever one of its draws is asked for: a draw then
 *    depends on what is said above, on the draws of its block by the value and its partners, and on nothing
 *    else. (The last block of a run by chance or of Sobol points is made whole, too, and cut; that of a
 *    hypercube is shorter. With fewer draws than parameters, samples of scores are not corrected.) A block
 *    is 1024 because that is where a sequence of Sobol is even, and because correlations of normal scores
 *    are met in each block exactly, ranks in it to 1 / sqrt(1024) at most. What the method costs: in a block
 *    the tails of draws differ from those of scores, so that linear correlations of normal values come out nearer to
 *    0 by 0.002 to 0.003 with independent draws, and by 0.0003 (of 0.95) to 0.0016 (of 0.1) with Latin hypercubes
 *    and Sobol points, of which each block is even.
 *    The scores of a value are those of the ranks of its own draws instead of shuffled ones: as random where
 *    draws are independent, and as even as points of Sobol where they are not. The first values therefore
 *    keep their order.
 *  - `method: gaussian-copula`: the normal score of a value is a weighted sum of its own and those of its
 *    partners. With Latin hypercubes and Sobol points only the values that come first stay evenly spread.
 *
 * Where a value has partners that depend on each other as they do on it (a nation's value, then those of
 * provinces, then those of provinces and years) all have the correlations of the matrix. What else holds follows
 * from the scores: provinces that go with one value of the nation are correlated with each other by the product of
 * theirs; and so are partners that never meet, such as a value by year and one by province, which then
 * are independent whatever the matrix says. Values of `one_draw` that have different partners share only what
 * these leave of it. Iman and Conover's correction removes chance correlation between a value and its partners,
 * not between values that have no say in each other.
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_INPUTS_H
#define AIRSHED_COMMANDS_INVENTORY_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "kernels/distribution.h"
#include "kernels/sampling.h"

struct inventory_settings {
    uint32_t seed;
    enum sampling_method method;
    int64_t draws;      /**< of the whole run; counts for the Latin hypercube alone */
    int64_t randomisations; /**< hypercubes or scrambled sequences; 0 counts as 1 */
    int64_t replicates; /**< of the bootstrap of means, and of p-values of fits (P3.11: 1000) */
};

/** Where the distribution of a value comes from. */
enum input_origin {
    ORIGIN_FIXED,     /**< the value is certain */
    ORIGIN_STATED,    /**< distribution, sd, low and high of its row, or the parameter's spread */
    ORIGIN_BOOTSTRAP, /**< means of samples drawn from its samples */
    ORIGIN_FITTED,    /**< the family that fits its samples best */
    ORIGIN_EMPIRICAL, /**< its samples themselves, as the config asks */
    ORIGIN_SMALL,     /**< fewer than 5 samples: triangular or uniform between them */
};
extern const char *const inventory_origin_names[];

/** All values of a model with their distributions. Read-only once made. */
struct inventory_inputs;

/** Makes the distribution of every value. Local; the same on every rank. The model must outlive it.
 *  @return STATUS_DATA naming the place of a distribution that cannot be, and what is possible;
 *          STATUS_USAGE for one in the config, and for correlations that contradict each other */
enum status inventory_inputs_create(const struct inventory_model *model,
                                    const struct inventory_settings *settings,
                                    struct inventory_inputs **inputs);

/** Releases *@p inputs and sets it to NULL; NULL is allowed. */
void inventory_inputs_destroy(struct inventory_inputs **inputs);

/** Which values are uncertain, [values of the model], for inventory_results_create(). */
const bool *inventory_inputs_uncertain(const struct inventory_inputs *inputs);

/** The value that the point estimate takes: as the table has it, of samples their mean. Draws of a
 *  triangular distribution have it as their mode, and draws that are cut another mean. */
double inventory_inputs_centre(const struct inventory_inputs *inputs, int64_t value);

/** Standard deviation of a value's draws in closed form, cut as they are; 0 where it is certain. */
double inventory_inputs_sd(const struct inventory_inputs *inputs, int64_t value);

/** The distribution of a value, a constant where it is certain, and where it comes from. */
const struct distribution *inventory_inputs_distribution(const struct inventory_inputs *inputs,
                                                         int64_t value);
enum input_origin inventory_inputs_origin(const struct inventory_inputs *inputs, int64_t value);

/** "lognormal(meanlog=1.2, sdlog=0.3)" and so on. @return @p buffer */
const char *inventory_distribution_text(const struct distribution *distribution, char *buffer,
                                        size_t bytes);

/** Sentences about what was done without being asked for, each with its place: small samples, samples
 *  of one value. For the log and inputs.csv. */
const struct text_list *inventory_inputs_warnings(const struct inventory_inputs *inputs);

/** Draws [@p first, @p first + @p draws) of @p count values of the model; certain ones give their value.
 *
 *  @param[in]  values  [count], numbers of values of the model
 *  @param[out] block   [count, draws]
 */
void inventory_inputs_draw(const struct inventory_inputs *inputs, const int32_t *values,
                           int64_t count, int64_t first, int64_t draws, double *block);

/** Error propagation (IPCC approach 1): the standard deviation of a result from its derivatives, to first
 *  order. Values of one draw count as wholly correlated; rank correlations as the normal scores have them.
 *
 *  @param[in]  values    [count], numbers of values of the model
 *  @param[in]  gradient  [count], of the result by each at their centres (graph_gradient())
 *  @param[in,out] scratch  [inventory_inputs_factors()], zeros before and after
 */
double inventory_inputs_propagate(const struct inventory_inputs *inputs, const int32_t *values,
                                  int64_t count, const double *gradient, double *scratch);

/** How values are drawn. */
struct sampling_plan inventory_inputs_plan(const struct inventory_inputs *inputs);

/** Whether some values are reordered in blocks of SAMPLING_BLOCK: draws that begin and end with one then take
 *  half the time. */
bool inventory_inputs_reorder(const struct inventory_inputs *inputs);

/** Independent random numbers that a draw takes: values of one draw have one. */
int64_t inventory_inputs_factors(const struct inventory_inputs *inputs);

#endif
