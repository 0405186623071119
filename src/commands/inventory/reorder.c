/* airshed -- GPL-3.0-or-later. inventory: draws that are put into another order, so that ranks are correlated. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs_internal.h"
#include "kernels/iman_conover.h"

_Static_assert((int)SAMPLING_BLOCK <= (int)IMAN_CONOVER_BLOCK,
               "a block of draws is reordered at once");

/** A value and those before it in one block. Values of a block come one after the other, and those of provinces
 *  share what they have of the nation, so the scores of the last value stay. */
struct reordering {
    int64_t first, count;          /* draws of the block */
    size_t links;                  /* of the value with the most */
    double scores[SAMPLING_BLOCK]; /* of ranks from the lowest */
    int32_t *factor;               /* [links], whose scores a column holds; -1: none */
    double *columns;               /* [links, SAMPLING_BLOCK] */
    const double **column;         /* [links] */
    double *weights;               /* [links] */
    double *room;
    double sorted[SAMPLING_BLOCK]; /* uniform numbers of the value */
    double mixed[SAMPLING_BLOCK], block[SAMPLING_BLOCK];
    int32_t order[SAMPLING_BLOCK];
};

/* The most links of a value that is reordered; 0 where none is. */
static size_t most_links(const struct inventory_inputs *inputs)
{
    int32_t most = 0;
    for (int64_t i = 0; i < inputs->model->value_count; i++) {
        const struct input *input = &inputs->inputs[i];
        most = input->is_reordered && input->link_count > most ? input->link_count : most;
    }
    return (size_t)most;
}

enum status inventory_reordering_create(struct inventory_inputs *inputs)
{
    enum status status;
    struct reordering *reordering = NULL;
    size_t links = most_links(inputs);
    if (links == 0) {
        return STATUS_OK;
    }
    TRY(memory_allocate(1, sizeof *reordering, &reordering));
    reordering->links = links;
    TRY(memory_allocate(links, sizeof *reordering->factor, &reordering->factor));
    TRY(memory_allocate(links * SAMPLING_BLOCK, sizeof *reordering->columns, &reordering->columns));
    TRY(memory_allocate(links, sizeof *reordering->column, &reordering->column));
    TRY(memory_allocate(links, sizeof *reordering->weights, &reordering->weights));
    TRY(memory_allocate(links * (links + 1), sizeof *reordering->room, &reordering->room));
    for (size_t k = 0; k < links; k++) {
        reordering->factor[k] = -1;
        reordering->column[k] = reordering->columns + k * SAMPLING_BLOCK;
    }
    inputs->reordering = reordering;
    reordering = NULL;
done:
    inventory_reordering_destroy(&reordering);
    return status;
}

void inventory_reordering_destroy(struct reordering **reordering)
{
    struct reordering *own = *reordering;
    if (own == NULL) {
        return;
    }
    free(own->factor);
    free(own->columns);
    free(own->column);
    free(own->weights);
    free(own->room);
    free(own);
    *reordering = NULL;
}

/* ---- a block ------------------------------------------------------------------------------ */

/* Goes to the block that holds a draw. Latin hypercubes have no draws behind their last. */
static void go_to(const struct inventory_inputs *inputs, struct reordering *reordering,
                  int64_t draw)
{
    const struct inventory_settings *settings = &inputs->settings;
    int64_t first = draw - draw % SAMPLING_BLOCK, count = SAMPLING_BLOCK;
    if (settings->method == SAMPLING_LATIN_HYPERCUBE && settings->draws - first < count) {
        count = settings->draws - first;
    }
    if (first == reordering->first && count == reordering->count) {
        return;
    }
    if (count != reordering->count) {
        iman_conover_scores(count, reordering->scores);
    }
    reordering->first = first;
    reordering->count = count;
    for (size_t k = 0; k < reordering->links; k++) {
        reordering->factor[k] = -1;
    }
}

/* Scores of a factor by the ranks of its own uniform numbers, which it leaves sorted. */
static void load_column(const struct inventory_inputs *inputs, struct reordering *reordering,
                        int32_t k, int32_t factor)
{
    double *column = reordering->columns + (int64_t)k * SAMPLING_BLOCK;
    int64_t count = reordering->count;
    inventory_factor_uniforms(inputs, &inputs->factors[factor], reordering->first, count,
                              reordering->block);
    iman_conover_order(reordering->block, count, reordering->order);
    for (int64_t i = 0; i < count; i++) {
        column[reordering->order[i]] = reordering->scores[i];
        reordering->sorted[i] = reordering->block[reordering->order[i]];
    }
    reordering->factor[k] = factor;
}

static void reorder(const struct inventory_inputs *inputs, struct reordering *reordering,
                    const struct input *input)
{
    const struct factor_link *links = inputs->links + input->first_link;
    int32_t last = input->link_count - 1;
    int64_t count = reordering->count;
    for (int32_t k = 0; k <= last; k++) {
        if (k == last || reordering->factor[k] != links[k].factor) {
            load_column(inputs, reordering, k, links[k].factor);
        }
        reordering->weights[k] = links[k].weight;
    }
    iman_conover_column(reordering->column, input->link_count, count, reordering->weights,
                        reordering->room, reordering->mixed);
    iman_conover_order(reordering->mixed, count, reordering->order);
    for (int64_t i = 0; i < count; i++) {
        reordering->block[reordering->order[i]] = reordering->sorted[i];
    }
}

void inventory_reordered_uniforms(const struct inventory_inputs *inputs, const struct input *input,
                                  int64_t first, int64_t count, double *uniforms)
{
    struct reordering *reordering = inputs->reordering;
    go_to(inputs, reordering, first);
    reorder(inputs, reordering, input);
    memcpy(uniforms, reordering->block + (first - reordering->first),
           (size_t)count * sizeof *uniforms);
}
