/* airshed -- GPL-3.0-or-later. inventory: the independent random numbers of a draw, and what depends on which. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "inventory_inputs_internal.h"

/** An uncertain value on its way to a factor. */
struct candidate {
    uint64_t item;
    double spread; /* sd over centre, the larger the earlier */
    int64_t number; /* of a value, then of a factor */
};

static int compare_items(const void *a, const void *b)
{
    const struct candidate *first = a, *second = b;
    return first->item != second->item ? (first->item > second->item) - (first->item < second->item)
                                       : (first->spread < second->spread) -
                                             (first->spread > second->spread);
}

static int compare_spreads(const void *a, const void *b)
{
    const struct candidate *first = a, *second = b;
    return first->spread != second->spread
               ? (first->spread < second->spread) - (first->spread > second->spread)
               : (first->item > second->item) - (first->item < second->item);
}

static int64_t collect(const struct inventory_inputs *inputs, struct candidate *candidates)
{
    int64_t count = 0;
    for (int64_t i = 0; i < inputs->model->value_count; i++) {
        double centre = fabs(inventory_inputs_centre(inputs, i)), sd = inputs->inputs[i].sd;
        if (inputs->is_uncertain[i]) {
            candidates[count++] = (struct candidate){.item = inputs->model->values[i].identity,
                                                     .spread = centre > 0 ? sd / centre : INFINITY,
                                                     .number = i};
        }
    }
    return count;
}

/* One factor for each item, its dimension by the largest relative spread of its values. */
static void make_factors(struct inventory_inputs *inputs, struct candidate *candidates,
                         int64_t count)
{
    int64_t factors = 0;
    qsort(candidates, (size_t)count, sizeof *candidates, compare_items);
    for (int64_t i = 0; i < count; i++) {
        bool is_new = i == 0 || candidates[i].item != candidates[i - 1].item;
        factors += is_new;
        struct input *input = &inputs->inputs[candidates[i].number];
        input->first_link = (int32_t)(factors - 1);
        input->link_count = 1;
        inputs->links[factors - 1] = (struct factor_link){(int32_t)(factors - 1), 1};
        inputs->factors[factors - 1].item = candidates[i].item;
        if (is_new) { /* ready for the second sort; at or before i */
            candidates[factors - 1] = (struct candidate){candidates[i].item, candidates[i].spread,
                                                         factors - 1};
        }
    }
    inputs->factor_count = factors;
    qsort(candidates, (size_t)factors, sizeof *candidates, compare_spreads);
    for (int64_t i = 0; i < factors; i++) {
        inputs->factors[candidates[i].number].dimension = i;
    }
}

enum status inventory_factors_make(struct inventory_inputs *inputs)
{
    enum status status;
    struct candidate *candidates = NULL;
    size_t values = (size_t)inputs->model->value_count;
    TRY(memory_allocate(values, sizeof *candidates, &candidates));
    TRY(memory_allocate(values, sizeof *inputs->factors, &inputs->factors));
    TRY(memory_allocate(values, sizeof *inputs->links, &inputs->links));
    make_factors(inputs, candidates, collect(inputs, candidates));
done:
    free(candidates);
    return status;
}
