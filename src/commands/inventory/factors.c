/* airshed -- GPL-3.0-or-later. inventory: the independent random numbers of a draw, and what depends on which. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "inputs_internal.h"

#define LEAST_PIVOT 1e-9 /* of a matrix that counts as positive definite */

/** An uncertain value on its way to a factor. */
struct candidate {
    uint64_t item;
    double spread;  /* sd over centre, the larger the earlier */
    int64_t number; /* of a value, then of a factor */
};

static int compare_items(const void *a, const void *b)
{
    const struct candidate *first = a, *second = b;
    return first->item != second->item
               ? (first->item > second->item) - (first->item < second->item)
               : (first->spread < second->spread) - (first->spread > second->spread);
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
            candidates[factors - 1] =
                (struct candidate){candidates[i].item, candidates[i].spread, factors - 1};
        }
    }
    inputs->factor_count = factors;
    qsort(candidates, (size_t)factors, sizeof *candidates, compare_spreads);
    for (int64_t i = 0; i < factors; i++) {
        inputs->factors[candidates[i].number].dimension = i;
    }
}

/* ---- correlations ------------------------------------------------------------------------- */

enum {
    MOST = 16 /* parameters that one matrix correlates */
};

/* Cholesky's factor of the leading @p count rows of a matrix of @p stride, in place, lower part.
 * @return whether it is positive definite */
static bool factorize(double *matrix, int count, int stride)
{
    for (int row = 0; row < count; row++) {
        for (int col = 0; col <= row; col++) {
            double sum = matrix[row * stride + col];
            for (int k = 0; k < col; k++) {
                sum -= matrix[row * stride + k] * matrix[col * stride + k];
            }
            if (row == col && !(sum > LEAST_PIVOT)) {
                return false;
            }
            matrix[row * stride + col] = row == col ? sqrt(sum) : sum / matrix[col * stride + col];
        }
    }
    return true;
}

/* Correlation of normal scores whose ranks are correlated by @p rank (Pearson 1907). */
static double of_scores(double rank)
{
    return 2 * sin(M_PI / 6 * rank);
}

static bool is_possible(const struct inventory_correlation *correlation, double part)
{
    double matrix[MOST * MOST];
    for (int i = 0; i < correlation->count * correlation->count; i++) {
        bool is_diagonal = i % (correlation->count + 1) == 0;
        matrix[i] = is_diagonal ? 1 : of_scores(part * correlation->matrix[i]);
    }
    return factorize(matrix, correlation->count, correlation->count);
}

static enum status check_possible(const struct inventory_correlation *correlation)
{
    double low = 0, high = 1;
    if (correlation->count > MOST) {
        return inventory_complain(correlation->node,
                                  "at most %d parameters can be correlated at once", MOST);
    }
    if (is_possible(correlation, 1)) {
        return STATUS_OK;
    }
    for (int i = 0; i < 40; i++) {
        double middle = 0.5 * (low + high);
        *(is_possible(correlation, middle) ? &low : &high) = middle;
    }
    return inventory_complain(
        correlation->node,
        "these correlations contradict each other (the matrix is not positive "
        "definite): bring them nearer to 0; all of them times %.2g would do",
        floor(low * 100) / 100);
}

static enum status check_once(const struct inventory_model *model, int number)
{
    const struct inventory_correlation *own = &model->correlations[number];
    for (int i = 0; i < own->count; i++) {
        const char *name = model->parameters[own->parameters[i]].name;
        for (int k = 0; k < i; k++) {
            if (own->parameters[k] == own->parameters[i]) {
                return inventory_complain(own->node, "'%s' is named twice", name);
            }
        }
        for (int other = 0; other < number; other++) {
            for (int k = 0; k < model->correlations[other].count; k++) {
                if (model->correlations[other].parameters[k] == own->parameters[i]) {
                    return inventory_complain(own->node,
                                              "'%s' is correlated in another item, too: put "
                                              "both into one 'matrix'",
                                              name);
                }
            }
        }
    }
    return STATUS_OK;
}

/** The parameters of a correlation in the order in which their scores are made: those that vary by less
 *  come first, since others depend on them. */
struct order {
    const struct inventory_correlation *correlation;
    int place[MOST]; /* in the correlation */
};

static int indices_of(const struct inventory_model *model, int parameter)
{
    int count = 0;
    for (int index = 0; index < model->index_count; index++) {
        count += model->parameters[parameter].by[index];
    }
    return count;
}

static struct order order_of(const struct inventory_model *model,
                             const struct inventory_correlation *correlation)
{
    struct order order = {.correlation = correlation};
    for (int i = 0; i < correlation->count; i++) {
        int at = i, own = indices_of(model, correlation->parameters[i]);
        while (at > 0 && indices_of(model, correlation->parameters[order.place[at - 1]]) > own) {
            order.place[at] = order.place[at - 1];
            at--;
        }
        order.place[at] = i;
    }
    return order;
}

/** The links of a value while they are made. */
struct mixture {
    struct factor_link links[MOST * MOST];
    int32_t count;
};

static void mix(struct mixture *mixture, int32_t factor, double weight)
{
    int32_t at = 0;
    while (at < mixture->count && mixture->links[at].factor != factor) {
        at++;
    }
    if (at == mixture->count && at < MOST * MOST) {
        mixture->links[mixture->count++] = (struct factor_link){factor, 0};
    }
    if (at < MOST * MOST) {
        mixture->links[at].weight += weight;
    }
}

/* What the score of a value takes from those of its partners, [count], by regression: the correlations among
 * partners and, in the last row, with the value. @return the share of its own factor */
static double regress(double *matrix, int count, double *shares)
{
    const double *last = matrix + count * MOST;
    factorize(matrix, count + 1, MOST);
    for (int i = count - 1; i >= 0; i--) {
        double sum = last[i];
        for (int k = i + 1; k < count; k++) {
            sum -= matrix[k * MOST + i] * shares[k];
        }
        shares[i] = sum / matrix[i * MOST + i];
    }
    return last[count];
}

/* Scores have variance 1 also where partners are fewer or others than the matrix thinks. */
static void normalize(struct mixture *mixture)
{
    double square = 0;
    for (int32_t i = 0; i < mixture->count; i++) {
        square += mixture->links[i].weight * mixture->links[i].weight;
    }
    for (int32_t i = 0; i < mixture->count; i++) {
        mixture->links[i].weight /= sqrt(square);
    }
}

/* The value that an earlier parameter has where @p value holds; -1 where it is none, or certain. */
static int64_t partner_of(const struct inventory_inputs *inputs, int parameter, int64_t value)
{
    int64_t partner = -1;
    inventory_lookup(inputs->model, parameter, &inputs->model->values[value].key, &partner);
    return partner >= 0 && inputs->is_uncertain[partner] ? partner : -1;
}

static enum status keep_links(struct inventory_inputs *inputs, const struct mixture *mixture,
                              struct input *input)
{
    enum status status = STATUS_OK;
    if (inputs->link_count + mixture->count > inputs->link_room) {
        struct factor_link *links = NULL;
        int64_t room = 2 * (inputs->link_count + mixture->count);
        TRY(memory_allocate((size_t)room, sizeof *links, &links));
        memcpy(links, inputs->links, (size_t)inputs->link_count * sizeof *links);
        free(inputs->links);
        inputs->links = links;
        inputs->link_room = room;
    }
    memcpy(inputs->links + inputs->link_count, mixture->links,
           (size_t)mixture->count * sizeof *inputs->links);
    input->first_link = (int32_t)inputs->link_count;
    input->link_count = mixture->count;
    inputs->link_count += mixture->count;
done:
    return status;
}

static enum status link_value(struct inventory_inputs *inputs, const struct order *order, int place,
                              int64_t value)
{
    const struct inventory_correlation *correlation = order->correlation;
    struct input *input = &inputs->inputs[value];
    int partners = 0, member[MOST];
    int64_t partner[MOST];
    double matrix[MOST * MOST], shares[MOST];
    struct mixture mixture = {.count = 0};
    for (int i = 0; i < place; i++) {
        int64_t one = partner_of(inputs, correlation->parameters[order->place[i]], value);
        if (one >= 0) {
            member[partners] = order->place[i];
            partner[partners++] = one;
        }
    }
    if (partners == 0) {
        return STATUS_OK;
    }
    member[partners] = order->place[place];
    for (int row = 0; row <= partners; row++) {
        for (int col = 0; col <= row; col++) {
            double rank = correlation->matrix[member[row] * correlation->count + member[col]];
            matrix[row * MOST + col] = row == col ? 1 : of_scores(rank);
        }
    }
    double own = regress(matrix, partners, shares);
    for (int i = 0; i < partners; i++) {
        const struct input *other = &inputs->inputs[partner[i]];
        for (int32_t k = 0; k < other->link_count; k++) {
            const struct factor_link *link = &inputs->links[other->first_link + k];
            mix(&mixture, link->factor, shares[i] * link->weight);
        }
    }
    mix(&mixture, inputs->links[input->first_link].factor, own); /* the last */
    normalize(&mixture);
    input->is_reordered = correlation->method == CORRELATION_IMAN_CONOVER;
    return keep_links(inputs, &mixture, input);
}

static enum status correlate(struct inventory_inputs *inputs, int number)
{
    enum status status;
    const struct inventory_model *model = inputs->model;
    const struct inventory_correlation *correlation = &model->correlations[number];
    TRY(check_once(model, number));
    TRY(check_possible(correlation));
    struct order order = order_of(model, correlation);
    for (int place = 1; place < correlation->count; place++) {
        int parameter = correlation->parameters[order.place[place]];
        for (int64_t value = 0; value < model->value_count; value++) {
            if (model->values[value].parameter == parameter && inputs->is_uncertain[value]) {
                TRY(link_value(inputs, &order, place, value));
            }
        }
    }
done:
    return status;
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
    inputs->link_count = inputs->factor_count;
    inputs->link_room = inputs->model->value_count;
    for (int64_t i = 0; i < inputs->model->value_count; i++) {
        struct input *input = &inputs->inputs[i];
        input->own = input->link_count > 0 ? inputs->factors[input->first_link] : input->own;
    }
    for (int i = 0; i < inputs->model->correlation_count; i++) {
        TRY(correlate(inputs, i));
    }
done:
    free(candidates);
    return status;
}
