/* airshed -- GPL-3.0-or-later. inventory: which inputs make the spread of the totals. */
#include "sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- targets ------------------------------------------------------------------------------ */

static bool is_target(const struct inventory_results *results, const struct inventory_result *one)
{
    bool has_period = results->model->indices[INDEX_YEAR].members.count > 1;
    return one->kind == RESULT_TOTAL && one->place == PLACE_ALL &&
           (one->subject == SUBJECT_ALL || one->subject == SUBJECT_CATEGORY) &&
           one->year == (has_period ? -1 : 0) && !isnan(results->statistics[one->slot].point);
}

/* Equal results share a slot: the category that is all counts once, as the category. */
static bool is_repeated(const struct inventory_sensitivity *sensitivity,
                        const struct inventory_result *one)
{
    const struct inventory_results *results = sensitivity->results;
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *other = &results->results[i];
        if (other != one && other->slot == one->slot && other->subject == SUBJECT_CATEGORY &&
            is_target(results, other) && (one->subject == SUBJECT_ALL || other < one)) {
            return true;
        }
    }
    return false;
}

static enum status find_targets(struct inventory_sensitivity *sensitivity)
{
    enum status status;
    const struct inventory_results *results = sensitivity->results;
    TRY(memory_allocate((size_t)results->count, sizeof *sensitivity->target, &sensitivity->target));
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *one = &results->results[i];
        if (is_target(results, one) && !is_repeated(sensitivity, one)) {
            sensitivity->target[sensitivity->targets++] = i;
        }
    }
done:
    return status;
}

static enum status find_needs(struct inventory_sensitivity *sensitivity)
{
    enum status status;
    const struct inventory_results *results = sensitivity->results;
    int64_t inputs = results->input_count;
    char *mark = NULL;
    TRY(memory_allocate((size_t)graph_count(results->graph), 1, &mark));
    TRY(memory_allocate((size_t)(sensitivity->targets * inputs), sizeof *sensitivity->needs,
                        &sensitivity->needs));
    for (int64_t i = 0; i < sensitivity->targets; i++) {
        int64_t slot = results->results[sensitivity->target[i]].slot;
        graph_inputs_of(results->graph, results->node[slot], mark, sensitivity->needs + i * inputs);
    }
done:
    free(mark);
    return status;
}

enum status inventory_sensitivity_create(const struct inventory_results *results,
                                         const struct inventory_inputs *inputs,
                                         const struct inventory_draws *draws,
                                         struct inventory_sensitivity *sensitivity)
{
    enum status status;
    int64_t count = draws->draws < INFLUENCE_DRAWS_MAX ? draws->draws : INFLUENCE_DRAWS_MAX;
    *sensitivity = (struct inventory_sensitivity){
        .results = results, .inputs = inputs, .draws = draws, .draw_count = count};
    TRY(find_targets(sensitivity));
    TRY(find_needs(sensitivity));
done:
    return status;
}

void inventory_sensitivity_clear(struct inventory_sensitivity *sensitivity)
{
    sensitivity_destroy(&sensitivity->held);
    free(sensitivity->target);
    free(sensitivity->needs);
    free(sensitivity->column);
    free(sensitivity->scratch);
    free(sensitivity->pearson);
    free(sensitivity->spearman);
    *sensitivity = (struct inventory_sensitivity){0};
}

int64_t inventory_sensitivity_bytes(const struct inventory_sensitivity *sensitivity)
{
    int64_t influences = sensitivity->results->input_count * sensitivity->targets;
    return sensitivity->draw_count * (24 * sensitivity->targets + 8 * INFLUENCE_INPUTS_MAX + 64) +
           influences * (int64_t)sizeof(struct influence);
}

/* ---- correlations ------------------------------------------------------------------------- */

/* Draws of the targets; differences from the point estimate correlate as the draws do. */
static enum status hold(struct inventory_sensitivity *sensitivity)
{
    enum status status;
    int64_t draws = sensitivity->draw_count, targets = sensitivity->targets;
    double *values = NULL;
    float *room = NULL, *differences = NULL;
    TRY(memory_allocate((size_t)(targets * draws), sizeof *values, &values));
    TRY(memory_allocate((size_t)sensitivity->draws->block, sizeof *room, &room));
    TRY(memory_allocate((size_t)draws, sizeof *differences, &differences));
    for (int64_t i = 0; i < targets; i++) {
        int64_t slot = sensitivity->results->results[sensitivity->target[i]].slot;
        TRY(inventory_draws_read(sensitivity->draws, slot, 1, draws, room, differences));
        for (int64_t k = 0; k < draws; k++) {
            values[i * draws + k] = differences[k];
        }
    }
    TRY(sensitivity_create(values, targets, draws, &sensitivity->held));
    TRY(memory_allocate((size_t)draws, sizeof(double), &sensitivity->column));
    TRY(memory_allocate((size_t)sensitivity_scratch(sensitivity->held), sizeof(double),
                        &sensitivity->scratch));
    TRY(memory_allocate((size_t)targets, sizeof(double), &sensitivity->pearson));
    TRY(memory_allocate((size_t)targets, sizeof(double), &sensitivity->spearman));
done:
    free(values);
    free(room);
    free(differences);
    return status;
}

enum status inventory_sensitivity_chunk(struct inventory_sensitivity *sensitivity, int64_t first,
                                        int64_t count, struct influence *found)
{
    enum status status = STATUS_OK;
    int64_t targets = sensitivity->targets;
    if (sensitivity->held == NULL) {
        TRY(hold(sensitivity));
    }
    for (int64_t i = 0; i < count; i++) {
        inventory_inputs_draw(sensitivity->inputs, sensitivity->results->input_value + first + i, 1,
                              0, sensitivity->draw_count, sensitivity->column);
        sensitivity_correlate(sensitivity->held, sensitivity->column, sensitivity->pearson,
                              sensitivity->spearman, sensitivity->scratch);
        for (int64_t k = 0; k < targets; k++) {
            found[i * targets + k] =
                (struct influence){sensitivity->pearson[k], sensitivity->spearman[k]};
        }
    }
done:
    return status;
}

/* ---- regression --------------------------------------------------------------------------- */

struct candidate {
    double weight; /* |Pearson| */
    int32_t input;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *first = a, *second = b;
    return first->weight != second->weight
               ? (first->weight < second->weight ? 1 : -1)
               : (first->input > second->input) - (first->input < second->input);
}

enum status inventory_sensitivity_order(const struct inventory_sensitivity *sensitivity,
                                        int64_t target, const struct influence *found,
                                        int32_t *order, int64_t *count)
{
    enum status status;
    struct candidate *candidates = NULL;
    int64_t inputs = sensitivity->results->input_count;
    *count = 0;
    TRY(memory_allocate((size_t)inputs, sizeof *candidates, &candidates));
    for (int64_t i = 0; i < inputs; i++) {
        double pearson = found[i * sensitivity->targets + target].pearson;
        if (sensitivity->needs[target * inputs + i]) {
            candidates[(*count)++] =
                (struct candidate){isnan(pearson) ? -1 : fabs(pearson), (int32_t)i};
        }
    }
    qsort(candidates, (size_t)*count, sizeof *candidates, compare_candidates);
    for (int64_t i = 0; i < *count; i++) {
        order[i] = candidates[i].input;
    }
done:
    free(candidates);
    return status;
}

enum status inventory_sensitivity_regress(struct inventory_sensitivity *sensitivity, int64_t target,
                                          const struct influence *found,
                                          struct inventory_regression *regression)
{
    enum status status;
    int64_t draws = sensitivity->draw_count, count = 0;
    int64_t most = draws / 4 < INFLUENCE_INPUTS_MAX ? draws / 4 : INFLUENCE_INPUTS_MAX;
    int32_t *order = NULL;
    double *columns = NULL;
    if (sensitivity->held == NULL) {
        TRY(hold(sensitivity));
    }
    TRY(memory_allocate((size_t)sensitivity->results->input_count, sizeof *order, &order));
    TRY(inventory_sensitivity_order(sensitivity, target, found, order, &count));
    for (int64_t i = 0; i < INFLUENCE_INPUTS_MAX; i++) {
        regression->shares[i] = (struct sensitivity_share){NAN, NAN, NAN, NAN};
    }
    int64_t inputs = count < most ? count : most;
    TRY(memory_allocate((size_t)(inputs * draws), sizeof *columns, &columns));
    for (int64_t i = 0; i < inputs; i++) {
        inventory_inputs_draw(sensitivity->inputs, sensitivity->results->input_value + order[i], 1,
                              0, draws, columns + i * draws);
    }
    regression->r_squared = NAN;
    if (inputs > 0) {
        TRY(sensitivity_regress(sensitivity->held, target, inputs, columns, regression->shares,
                                &regression->r_squared));
    }
done:
    free(order);
    free(columns);
    return status;
}
