/* airshed -- GPL-3.0-or-later. A graph of operations over blocks of draws. */
#include "kernels/graph.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"

struct node {
    enum graph_operation operation;
    graph_node first, second; /* INPUT: the number stands in first */
    double value;             /* CONSTANT */
};

/* One step of the plan. */
struct step {
    graph_node node;
    int32_t block;             /* that it fills */
    int32_t first, second;     /* blocks of its operands */
    int64_t result, results;   /* where its results begin in result_order */
};

struct graph {
    struct node *nodes;
    int32_t count, room;
    graph_node *slots; /* open addressing, by operation and operands; -1: free */
    int64_t slot_count;
    bool has_failed; /* no memory */

    struct step *steps;
    int64_t step_count, block_count;
    int64_t *result_order; /* results by their node */
    bool *needs;           /* [inputs] */
    int32_t input_count;
};

enum status graph_create(struct graph **graph)
{
    return memory_allocate(1, sizeof **graph, graph);
}

static void plan_clear(struct graph *graph)
{
    free(graph->steps);
    free(graph->result_order);
    free(graph->needs);
    graph->steps = NULL;
    graph->result_order = NULL;
    graph->needs = NULL;
    graph->step_count = graph->block_count = 0;
}

void graph_destroy(struct graph **graph)
{
    if (*graph == NULL) {
        return;
    }
    plan_clear(*graph);
    free((*graph)->nodes);
    free((*graph)->slots);
    free(*graph);
    *graph = NULL;
}

int32_t graph_count(const struct graph *graph)
{
    return graph->count;
}

/* ---- making nodes ------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t node_hash(const struct node *node)
{
    uint64_t bits;
    memcpy(&bits, &node->value, sizeof bits);
    uint64_t operands = (uint64_t)(uint32_t)node->first << 32 | (uint32_t)node->second;
    return mix(mix(mix(0, (uint64_t)node->operation), operands), bits);
}

static bool is_same(const struct node *a, const struct node *b)
{
    return a->operation == b->operation && a->first == b->first && a->second == b->second &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

/* Slot of @p node, or the free one where it belongs. */
static int64_t find_slot(const struct graph *graph, const struct node *node)
{
    uint64_t mask = (uint64_t)graph->slot_count - 1;
    uint64_t slot = node_hash(node) & mask;
    while (graph->slots[slot] != GRAPH_NONE && !is_same(&graph->nodes[graph->slots[slot]], node)) {
        slot = (slot + 1) & mask;
    }
    return (int64_t)slot;
}

static enum status grow(struct graph *graph)
{
    enum status status;
    struct node *nodes = NULL;
    graph_node *slots = NULL;
    int32_t room = graph->room == 0 ? 256 : 2 * graph->room;
    int64_t slot_count = 2 * (int64_t)room;
    FAIL_IF(graph->room > INT32_MAX / 4, STATUS_MEMORY, "out of memory: the formulas are too many");
    TRY(memory_allocate((size_t)room, sizeof *nodes, &nodes));
    TRY(memory_allocate((size_t)slot_count, sizeof *slots, &slots));
    memset(slots, 0xff, (size_t)slot_count * sizeof *slots);
    if (graph->count > 0) {
        memcpy(nodes, graph->nodes, (size_t)graph->count * sizeof *nodes);
    }
    free(graph->nodes);
    free(graph->slots);
    graph->nodes = nodes;
    graph->slots = slots;
    graph->room = room;
    graph->slot_count = slot_count;
    for (graph_node i = 0; i < graph->count; i++) {
        graph->slots[find_slot(graph, &graph->nodes[i])] = i;
    }
    return STATUS_OK;
done:
    free(nodes);
    graph->has_failed = true;
    return status;
}

static graph_node add(struct graph *graph, struct node node)
{
    if (graph->count == graph->room && grow(graph) != STATUS_OK) {
        return GRAPH_NONE;
    }
    int64_t slot = find_slot(graph, &node);
    if (graph->slots[slot] == GRAPH_NONE) {
        graph->slots[slot] = graph->count;
        graph->nodes[graph->count++] = node;
    }
    return graph->slots[slot];
}

graph_node graph_constant(struct graph *graph, double value)
{
    return add(graph, (struct node){GRAPH_CONSTANT, GRAPH_NONE, GRAPH_NONE, value});
}

graph_node graph_input(struct graph *graph, int32_t number)
{
    if (number >= graph->input_count) {
        graph->input_count = number + 1;
    }
    return add(graph, (struct node){GRAPH_INPUT, number, GRAPH_NONE, 0});
}

static double apply(enum graph_operation operation, double a, double b)
{
    switch (operation) {
    case GRAPH_ADD:
        return a + b;
    case GRAPH_SUBTRACT:
        return a - b;
    case GRAPH_MULTIPLY:
        return a * b;
    case GRAPH_DIVIDE:
        return a / b;
    case GRAPH_POWER:
        return pow(a, b);
    case GRAPH_MINIMUM:
        return a <= b ? a : b;
    case GRAPH_MAXIMUM:
        return a >= b ? a : b;
    case GRAPH_NEGATE:
        return -a;
    case GRAPH_EXP:
        return exp(a);
    case GRAPH_LOG:
        return log(a);
    case GRAPH_SQRT:
        return sqrt(a);
    case GRAPH_ABS:
        return fabs(a);
    case GRAPH_SIN:
        return sin(a);
    case GRAPH_COS:
        return cos(a);
    default:
        return NAN;
    }
}

static bool is_unary(enum graph_operation operation)
{
    return operation >= GRAPH_NEGATE;
}

/* x * 1, x / 1, x + 0, 0 + x: the bits of x. */
static graph_node simplify(const struct graph *graph, enum graph_operation operation,
                           graph_node first, graph_node second)
{
    const struct node *a = &graph->nodes[first], *b = &graph->nodes[second];
    bool is_product = operation == GRAPH_MULTIPLY || operation == GRAPH_DIVIDE;
    bool is_sum = operation == GRAPH_ADD || operation == GRAPH_SUBTRACT;
    if (b->operation == GRAPH_CONSTANT &&
        ((is_product && b->value == 1) || (is_sum && b->value == 0))) {
        return first;
    }
    if (a->operation == GRAPH_CONSTANT && ((operation == GRAPH_MULTIPLY && a->value == 1) ||
                                           (operation == GRAPH_ADD && a->value == 0))) {
        return second;
    }
    return GRAPH_NONE;
}

graph_node graph_apply(struct graph *graph, enum graph_operation operation, graph_node first,
                       graph_node second)
{
    bool has_one = is_unary(operation);
    if (first == GRAPH_NONE || (!has_one && second == GRAPH_NONE)) {
        return GRAPH_NONE;
    }
    second = has_one ? GRAPH_NONE : second;
    const struct node *a = &graph->nodes[first], *b = has_one ? a : &graph->nodes[second];
    if (a->operation == GRAPH_CONSTANT && b->operation == GRAPH_CONSTANT) {
        return graph_constant(graph, apply(operation, a->value, b->value));
    }
    graph_node simple = has_one ? GRAPH_NONE : simplify(graph, operation, first, second);
    return simple != GRAPH_NONE ? simple : add(graph, (struct node){operation, first, second, 0});
}

/* ---- the plan ----------------------------------------------------------------------------- */

struct planning {
    int32_t *last_use; /* [nodes]: the last node that reads it, count: a result; -1: not needed */
    int32_t *block_of; /* [nodes] */
    int32_t *idle;     /* blocks that nobody needs */
    int64_t idle_count;
};

static bool has_operands(const struct node *node)
{
    return node->operation >= GRAPH_ADD;
}

static void mark(const struct graph *graph, int32_t *last_use)
{
    for (graph_node i = graph->count - 1; i >= 0; i--) {
        const struct node *node = &graph->nodes[i];
        if (last_use[i] < 0 || !has_operands(node)) {
            continue;
        }
        if (last_use[node->first] < 0) {
            last_use[node->first] = i;
        }
        if (node->second >= 0 && last_use[node->second] < 0) {
            last_use[node->second] = i;
        }
    }
}

static void release_operand(struct planning *planning, graph_node operand, graph_node user)
{
    if (operand >= 0 && planning->last_use[operand] == user && planning->block_of[operand] >= 0) {
        planning->idle[planning->idle_count++] = planning->block_of[operand];
        planning->block_of[operand] = -1;
    }
}

/* A node may take over the block of an operand that it is the last to read. A result is handed on at
 * its own step, so its block lives no longer than its last reader. */
static void place(struct graph *graph, struct planning *planning, graph_node i)
{
    const struct node *node = &graph->nodes[i];
    struct step *step = &graph->steps[graph->step_count++];
    bool reads = has_operands(node);
    step->node = i;
    step->first = reads ? planning->block_of[node->first] : -1;
    step->second = reads && node->second >= 0 ? planning->block_of[node->second] : -1;
    if (reads) {
        release_operand(planning, node->first, i);
        release_operand(planning, node->second, i);
    }
    step->block = planning->idle_count > 0 ? planning->idle[--planning->idle_count]
                                           : (int32_t)graph->block_count++;
    planning->block_of[i] = step->block;
}

/* Results sorted by node, in the order of their numbers: a counting sort. */
static enum status order_results(struct graph *graph, const graph_node *results, int64_t count)
{
    enum status status;
    int64_t *start = NULL;
    TRY(memory_allocate((size_t)graph->count + 1, sizeof *start, &start));
    TRY(memory_allocate((size_t)count, sizeof *graph->result_order, &graph->result_order));
    for (int64_t i = 0; i < count; i++) {
        start[results[i] + 1]++;
    }
    for (graph_node i = 0; i < graph->count; i++) {
        start[i + 1] += start[i];
    }
    for (int64_t i = 0; i < graph->step_count; i++) {
        struct step *step = &graph->steps[i];
        step->result = start[step->node];
        step->results = start[step->node + 1] - start[step->node];
    }
    for (int64_t i = 0; i < count; i++) {
        graph->result_order[start[results[i]]++] = i;
    }
done:
    free(start);
    return status;
}

static enum status planning_create(const struct graph *graph, struct planning *planning)
{
    enum status status;
    size_t count = (size_t)graph->count;
    TRY(memory_allocate(count, sizeof(int32_t), &planning->last_use));
    TRY(memory_allocate(count, sizeof(int32_t), &planning->block_of));
    TRY(memory_allocate(count + 1, sizeof(int32_t), &planning->idle));
    for (size_t i = 0; i < count; i++) {
        planning->last_use[i] = -1;
        planning->block_of[i] = -1;
    }
done:
    return status;
}

enum status graph_plan(struct graph *graph, const graph_node *results, int64_t count)
{
    enum status status;
    struct planning planning = {0};
    plan_clear(graph);
    FAIL_IF(graph->has_failed, STATUS_MEMORY, "out of memory for the graph of the formulas");
    TRY(planning_create(graph, &planning));
    TRY(memory_allocate((size_t)graph->count, sizeof *graph->steps, &graph->steps));
    TRY(memory_allocate((size_t)graph->input_count, 1, &graph->needs));
    for (int64_t i = 0; i < count; i++) {
        planning.last_use[results[i]] = results[i];
    }
    mark(graph, planning.last_use);
    /* A result that is read by others, too: mark() has left its own number as its last use. */
    for (graph_node i = 0; i < graph->count; i++) {
        const struct node *node = &graph->nodes[i];
        if (planning.last_use[i] >= 0 && has_operands(node)) {
            planning.last_use[node->first] = i > planning.last_use[node->first]
                                                 ? i
                                                 : planning.last_use[node->first];
            if (node->second >= 0 && i > planning.last_use[node->second]) {
                planning.last_use[node->second] = i;
            }
        }
    }
    for (graph_node i = 0; i < graph->count; i++) {
        if (planning.last_use[i] >= 0) {
            if (graph->nodes[i].operation == GRAPH_INPUT) {
                graph->needs[graph->nodes[i].first] = true;
            }
            place(graph, &planning, i);
            release_operand(&planning, i, i); /* a result that nobody reads */
        }
    }
    TRY(order_results(graph, results, count));
done:
    free(planning.last_use);
    free(planning.block_of);
    free(planning.idle);
    return status;
}

int64_t graph_blocks(const struct graph *graph)
{
    return graph->block_count;
}

int graph_needs(const struct graph *graph, int32_t number)
{
    return number < graph->input_count && graph->needs[number];
}

void graph_inputs_of(const struct graph *graph, graph_node node, char *mark, bool *needed)
{
    mark[node] = 1;
    for (graph_node i = node; i >= 0; i--) {
        const struct node *own = &graph->nodes[i];
        if (mark[i] == 0) {
            continue;
        }
        mark[i] = 0;
        if (own->operation == GRAPH_INPUT) {
            needed[own->first] = true;
        } else if (has_operands(own)) {
            mark[own->first] = 1;
            if (own->second >= 0) {
                mark[own->second] = 1;
            }
        }
    }
}

/* ---- evaluating --------------------------------------------------------------------------- */

static void fill(double *values, int64_t draws, double value)
{
    for (int64_t i = 0; i < draws; i++) {
        values[i] = value;
    }
}

/* @p out may be @p a or @p b. */
#define BLOCK_OPERATION(name, sign)                                                                \
    KERNEL_CLONES                                                                                  \
    static void name(int64_t draws, const double *a, const double *b, double *out)                 \
    {                                                                                              \
        _Pragma("omp simd") for (int64_t i = 0; i < draws; i++)                                    \
        {                                                                                          \
            out[i] = a[i] sign b[i];                                                               \
        }                                                                                          \
    }

BLOCK_OPERATION(add_blocks, +)
BLOCK_OPERATION(subtract_blocks, -)
BLOCK_OPERATION(multiply_blocks, *)
BLOCK_OPERATION(divide_blocks, /)

/* Common operations in loops of their own, which vectorise. */
static void compute(enum graph_operation operation, int64_t draws, const double *a, const double *b,
                    double *out)
{
    switch (operation) {
    case GRAPH_ADD:
        add_blocks(draws, a, b, out);
        break;
    case GRAPH_SUBTRACT:
        subtract_blocks(draws, a, b, out);
        break;
    case GRAPH_MULTIPLY:
        multiply_blocks(draws, a, b, out);
        break;
    case GRAPH_DIVIDE:
        divide_blocks(draws, a, b, out);
        break;
    default:
        for (int64_t i = 0; i < draws; i++) {
            out[i] = apply(operation, a[i], b != NULL ? b[i] : 0);
        }
    }
}

void graph_evaluate(const struct graph *graph, int64_t draws, const struct graph_traffic *traffic,
                    double *blocks)
{
    for (int64_t i = 0; i < graph->step_count; i++) {
        const struct step *step = &graph->steps[i];
        const struct node *node = &graph->nodes[step->node];
        double *out = blocks + step->block * draws;
        if (node->operation == GRAPH_CONSTANT) {
            fill(out, draws, node->value);
        } else if (node->operation == GRAPH_INPUT) {
            traffic->input(traffic->context, node->first, draws, out);
        } else {
            compute(node->operation, draws, blocks + step->first * draws,
                    step->second >= 0 ? blocks + step->second * draws : NULL, out);
        }
        for (int64_t k = 0; k < step->results; k++) {
            traffic->result(traffic->context, graph->result_order[step->result + k], draws, out);
        }
    }
}

void graph_point(const struct graph *graph, const double *inputs, double *values)
{
    for (graph_node i = 0; i < graph->count; i++) {
        const struct node *node = &graph->nodes[i];
        if (node->operation == GRAPH_CONSTANT) {
            values[i] = node->value;
        } else if (node->operation == GRAPH_INPUT) {
            values[i] = inputs[node->first];
        } else {
            values[i] = apply(node->operation, values[node->first],
                              node->second >= 0 ? values[node->second] : 0);
        }
    }
}

/* ---- derivatives -------------------------------------------------------------------------- */

/* Derivatives of an operation with respect to its operands a and b; @p value is what it gives. */
static void slopes(enum graph_operation operation, double a, double b, double value, double *by_a,
                   double *by_b)
{
    *by_b = 0;
    switch (operation) {
    case GRAPH_ADD:
        *by_a = *by_b = 1;
        break;
    case GRAPH_SUBTRACT:
        *by_a = 1;
        *by_b = -1;
        break;
    case GRAPH_MULTIPLY:
        *by_a = b;
        *by_b = a;
        break;
    case GRAPH_DIVIDE:
        *by_a = 1 / b;
        *by_b = -value / b;
        break;
    case GRAPH_POWER:
        *by_a = b == 0 ? 0 : b * pow(a, b - 1);
        *by_b = a > 0 ? value * log(a) : 0;
        break;
    case GRAPH_MINIMUM:
        *by_a = a <= b;
        *by_b = a > b;
        break;
    case GRAPH_MAXIMUM:
        *by_a = a >= b;
        *by_b = a < b;
        break;
    case GRAPH_NEGATE:
        *by_a = -1;
        break;
    case GRAPH_EXP:
        *by_a = value;
        break;
    case GRAPH_LOG:
        *by_a = 1 / a;
        break;
    case GRAPH_SQRT:
        *by_a = 0.5 / value;
        break;
    case GRAPH_ABS:
        *by_a = a >= 0 ? 1 : -1;
        break;
    case GRAPH_SIN:
        *by_a = cos(a);
        break;
    case GRAPH_COS:
        *by_a = -sin(a);
        break;
    default:
        *by_a = 0;
    }
}

void graph_gradient(const struct graph *graph, graph_node node, const double *values,
                    double *adjoint, double *gradient)
{
    adjoint[node] = 1;
    for (graph_node i = node; i >= 0; i--) {
        double weight = adjoint[i];
        const struct node *own = &graph->nodes[i];
        if (weight == 0) {
            continue;
        }
        adjoint[i] = 0;
        if (own->operation == GRAPH_INPUT) {
            gradient[own->first] += weight;
        } else if (has_operands(own)) {
            double by_first, by_second;
            double second = own->second >= 0 ? values[own->second] : 0;
            slopes(own->operation, values[own->first], second, values[i], &by_first, &by_second);
            adjoint[own->first] += weight * by_first;
            if (own->second >= 0) {
                adjoint[own->second] += weight * by_second;
            }
        }
    }
}
