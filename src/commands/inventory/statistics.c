/* airshed -- GPL-3.0-or-later. inventory: statistics of the draws of results. */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/draw_quantiles.h"

/* ---- point estimate ----------------------------------------------------------------------- */

static const struct inventory_statistics unknown = {.point = NAN,
                                                    .mean = NAN,
                                                    .sd = NAN,
                                                    .median = NAN,
                                                    .low = NAN,
                                                    .high = NAN,
                                                    .median_error = NAN,
                                                    .low_error = NAN,
                                                    .high_error = NAN,
                                                    .mean_error = NAN,
                                                    .propagated_sd = NAN};

/* Values of all nodes with every input at its centre. */
static enum status values_at_centre(const struct inventory_results *results,
                                    const struct inventory_inputs *inputs, double **values)
{
    enum status status;
    double *centres = NULL;
    TRY(memory_allocate((size_t)results->input_count, sizeof *centres, &centres));
    TRY(memory_allocate((size_t)graph_count(results->graph), sizeof **values, values));
    for (int32_t i = 0; i < results->input_count; i++) {
        centres[i] = inventory_inputs_centre(inputs, results->input_value[i]);
    }
    graph_point(results->graph, centres, *values);
done:
    free(centres);
    return status;
}

enum status inventory_points(struct inventory_results *results,
                             const struct inventory_inputs *inputs)
{
    enum status status;
    double *values = NULL;
    TRY(values_at_centre(results, inputs, &values));
    TRY(memory_allocate((size_t)results->slot_count, sizeof *results->statistics,
                        &results->statistics));
    for (int64_t slot = 0; slot < results->slot_count; slot++) {
        results->statistics[slot] = unknown;
        results->statistics[slot].point = values[results->node[slot]];
    }
done:
    free(values);
    return status;
}

int inventory_checkpoints(int64_t draws, int64_t counts[CHECKPOINTS_MAX])
{
    static const int64_t steps[] = {1, 2, 5};
    int count = 0;
    int64_t decade = 100;
    for (int i = 0; count < CHECKPOINTS_MAX - 1 && decade * steps[i % 3] < draws; i++) {
        counts[count++] = decade * steps[i % 3];
        decade *= i % 3 == 2 ? 10 : 1;
    }
    counts[count++] = draws;
    return count;
}

/* ---- a summary ---------------------------------------------------------------------------- */

enum status inventory_summary_create(const struct inventory_results *results,
                                     const struct inventory_inputs *inputs, double level,
                                     int64_t draws, struct inventory_summary *summary)
{
    enum status status;
    size_t nodes = (size_t)graph_count(results->graph);
    *summary = (struct inventory_summary){
        .results = results, .inputs = inputs, .level = level, .draws = draws};
    TRY(values_at_centre(results, inputs, &summary->values));
    TRY(memory_allocate(nodes, sizeof *summary->adjoint, &summary->adjoint));
    TRY(memory_allocate((size_t)results->input_count, sizeof *summary->gradient,
                        &summary->gradient));
    TRY(memory_allocate((size_t)results->input_count, sizeof *summary->value, &summary->value));
    TRY(memory_allocate((size_t)inventory_inputs_factors(inputs), sizeof *summary->factors,
                        &summary->factors));
    TRY(memory_allocate((size_t)draws, sizeof *summary->numbers, &summary->numbers));
    TRY(memory_allocate(2 * (size_t)draws, sizeof *summary->room, &summary->room));
done:
    return status;
}

void inventory_summary_clear(struct inventory_summary *summary)
{
    free(summary->values);
    free(summary->adjoint);
    free(summary->gradient);
    free(summary->value);
    free(summary->factors);
    free(summary->numbers);
    free(summary->room);
    *summary = (struct inventory_summary){0};
}

int64_t inventory_summary_bytes(const struct inventory_results *results, int64_t draws)
{
    return 16 * (int64_t)graph_count(results->graph) + 16 * (int64_t)results->input_count +
           12 * draws;
}

double inventory_propagate(struct inventory_summary *summary, int64_t slot)
{
    const struct inventory_results *results = summary->results;
    memset(summary->gradient, 0, (size_t)results->input_count * sizeof *summary->gradient);
    graph_gradient(results->graph, results->node[slot], summary->values, summary->adjoint,
                   summary->gradient);
    int64_t count = 0; /* inputs that the result depends on come to the front */
    for (int32_t i = 0; i < results->input_count; i++) {
        if (summary->gradient[i] != 0) {
            summary->gradient[count] = summary->gradient[i];
            summary->value[count++] = results->input_value[i];
        }
    }
    return inventory_inputs_propagate(summary->inputs, summary->value, count, summary->gradient,
                                      summary->factors);
}

/* ---- draws -------------------------------------------------------------------------------- */

/* Copies the numbers among @p values. @return how many */
static int64_t copy_numbers(const float *values, int64_t count, float *numbers)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        numbers[found] = values[i];
        found += !isnan(values[i]);
    }
    return found;
}

struct inventory_statistics inventory_summarise(struct inventory_summary *summary, int64_t slot,
                                                const float *differences, int64_t draws)
{
    struct inventory_statistics statistics = unknown;
    double tail = (100 - summary->level) / 200;
    statistics.point = summary->results->statistics[slot].point;
    const float *numbers = differences;
    int64_t count = draws;
    struct draw_moments moments = draws_moments(numbers, count);
    if (isnan(moments.mean)) {
        count = copy_numbers(differences, draws, summary->numbers);
        numbers = summary->numbers;
        moments = draws_moments(numbers, count);
    }
    statistics.undefined = draws - count;
    if (count == 0) {
        return statistics;
    }
    const double probabilities[] = {tail, 0.5, 1 - tail};
    struct draw_quantile found[3];
    draws_quantiles(numbers, count, &moments, probabilities, 3, summary->room, found);
    statistics.mean_error = moments.sd / sqrt((double)count);
    const struct sampling_plan plan = inventory_inputs_plan(summary->inputs);
    const struct draw_turns turns = {SAMPLING_BLOCK, plan.randomisations};
    if (plan.method != SAMPLING_RANDOM) {
        draws_errors_between(differences, draws, &turns, moments.mean, probabilities, 3, found,
                             &statistics.mean_error);
    }
    statistics.mean = statistics.point + moments.mean;
    statistics.sd = moments.sd;
    statistics.low = statistics.point + found[0].value;
    statistics.median = statistics.point + found[1].value;
    statistics.high = statistics.point + found[2].value;
    statistics.low_error = found[0].error;
    statistics.median_error = found[1].error;
    statistics.high_error = found[2].error;
    return statistics;
}
