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

static size_t held_of(int64_t draws)
{
    return (size_t)(draws < DRAWS_HELD_MAX ? draws : DRAWS_HELD_MAX);
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
    TRY(memory_allocate(held_of(draws), sizeof *summary->numbers, &summary->numbers));
    TRY(memory_allocate(2 * held_of(draws), sizeof *summary->room, &summary->room));
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
           12 * (int64_t)held_of(draws) + (draws > DRAWS_HELD_MAX ? DRAW_STREAM_BYTES : 0);
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

enum {
    QUANTILES = 3
};

static void wanted_of(const struct inventory_summary *summary, double probabilities[QUANTILES])
{
    double tail = (100 - summary->level) / 200;
    memcpy(probabilities, (double[QUANTILES]){tail, 0.5, 1 - tail}, QUANTILES * sizeof(double));
}

static struct draw_turns turns_of(const struct sampling_plan *plan)
{
    return (struct draw_turns){SAMPLING_BLOCK, plan->randomisations};
}

/* What was found of differences from the point estimate. */
static void fill(struct inventory_statistics *statistics, double mean, double sd,
                 const struct draw_quantile *found)
{
    statistics->mean = statistics->point + mean;
    statistics->sd = sd;
    statistics->low = statistics->point + found[0].value;
    statistics->median = statistics->point + found[1].value;
    statistics->high = statistics->point + found[2].value;
    statistics->low_error = found[0].error;
    statistics->median_error = found[1].error;
    statistics->high_error = found[2].error;
}

struct inventory_statistics inventory_summarise(struct inventory_summary *summary, int64_t slot,
                                                const float *differences, int64_t draws)
{
    struct inventory_statistics statistics = unknown;
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
    double probabilities[QUANTILES];
    struct draw_quantile found[QUANTILES];
    wanted_of(summary, probabilities);
    draws_quantiles(numbers, count, &moments, probabilities, QUANTILES, summary->room, found);
    statistics.mean_error = moments.sd / sqrt((double)count);
    const struct sampling_plan plan = inventory_inputs_plan(summary->inputs);
    const struct draw_turns turns = turns_of(&plan);
    if (plan.method != SAMPLING_RANDOM) {
        draws_errors_between(differences, draws, &turns, moments.mean, probabilities, QUANTILES,
                             found, &statistics.mean_error);
    }
    fill(&statistics, moments.mean, moments.sd, found);
    return statistics;
}

static enum status stream_slot(const struct inventory_draws *from, int64_t slot, int64_t draws,
                               float *room, struct draw_stream *stream)
{
    enum status status = STATUS_OK;
    do {
        for (int64_t first = 0, count; first < draws; first += count) {
            count = draws - first < from->block ? draws - first : from->block;
            TRY(inventory_draws_part(from, slot, first, count, room));
            draw_stream_take(stream, room, count);
        }
    } while (draw_stream_next(stream));
done:
    return status;
}

enum status inventory_summarise_long(const struct inventory_summary *summary, int64_t slot,
                                     const struct inventory_draws *from, int64_t draws, float *room,
                                     struct inventory_statistics *statistics)
{
    enum status status;
    struct draw_stream *stream = NULL;
    struct draw_quantile found[QUANTILES];
    double probabilities[QUANTILES], mean, sd;
    const struct sampling_plan plan = inventory_inputs_plan(summary->inputs);
    const struct draw_turns turns = turns_of(&plan);
    wanted_of(summary, probabilities);
    *statistics = unknown;
    statistics->point = summary->results->statistics[slot].point;
    TRY(draw_stream_create(probabilities, QUANTILES, plan.method != SAMPLING_RANDOM ? &turns : NULL,
                           &stream));
    TRY(stream_slot(from, slot, draws, room, stream));
    statistics->undefined =
        draws - draw_stream_found(stream, &mean, &sd, &statistics->mean_error, found);
    fill(statistics, mean, sd, found);
done:
    draw_stream_destroy(&stream);
    return status;
}
