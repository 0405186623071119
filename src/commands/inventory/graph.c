/* airshed -- GPL-3.0-or-later. inventory: the graph of a cell, formula by formula (P3.09). */
#include "graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "values.h"

static enum status build_quantity(struct cell_graph *cell, int number, graph_node *node);

static enum status complain(const struct cell_graph *cell, const struct inventory_formula *formula,
                            int node, const char *format, const char *word)
{
    char *place = NULL, *sentence = NULL;
    (void)cell;
    enum status status = inventory_formula_place(formula, node, &place);
    if (status == STATUS_OK && asprintf(&sentence, format, word) >= 0) {
        status = failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s", place, sentence);
    }
    free(place);
    free(sentence);
    return status;
}

/* ---- values ------------------------------------------------------------------------------- */

enum { MISSING_TOLD = 12 };

/* Where a value of the same parameter was read, whose keys are most alike; NULL where it has none. */
static const char *nearest_place(const struct inventory_model *model, int parameter,
                                 const struct inventory_key *key)
{
    const char *place = NULL;
    int most = -1;
    for (int64_t i = 0; i < model->value_count; i++) {
        const struct inventory_value *value = &model->values[i];
        int alike = 0;
        for (int index = 0; index < model->index_count; index++) {
            bool is_same = value->key.member[index] >= 0 &&
                           value->key.member[index] == key->member[index];
            alike += is_same ? (index == INDEX_PROVINCE ? INDEX_MAX : 1) : 0;
        }
        if (value->parameter == parameter && alike > most) {
            most = alike;
            place = value->place;
        }
    }
    return place;
}

/* What was missed already, for another species perhaps, is not told again. */
static bool is_noted(struct inventory_results *results, int parameter,
                     const struct inventory_key *key)
{
    const struct inventory_parameter *own = &results->model->parameters[parameter];
    struct {
        int32_t parameter;
        struct inventory_key key;
    } missed = {.parameter = parameter, .key = *key};
    struct text *noted = &results->missing_keys;
    for (int index = 0; index < INDEX_MAX; index++) {
        missed.key.member[index] = own->by[index] ? key->member[index] : KEY_ANY;
    }
    for (size_t at = 0; at + sizeof missed <= noted->length; at += sizeof missed) {
        if (memcmp(noted->data + at, &missed, sizeof missed) == 0) {
            return true;
        }
    }
    text_add_bytes(noted, (const char *)&missed, sizeof missed);
    return false;
}

static void note_missing(struct cell_graph *cell, int parameter, const struct inventory_key *key)
{
    char keys[512], place[CONFIG_PLACE_BYTES];
    struct inventory_results *results = cell->results;
    const struct inventory_model *model = results->model;
    const struct inventory_parameter *own = &model->parameters[parameter];
    struct text *text = &results->missing_text;
    if (is_noted(results, parameter, key) || results->missing++ >= MISSING_TOLD) {
        return;
    }
    inventory_key_text(model, parameter, key, keys, sizeof keys);
    text_add_format(text, "%s'%s'%s%s", results->missing > 1 ? "; " : "", own->name,
                    keys[0] != '\0' ? " of " : "", keys);
    if (results->missing == 1) {
        const char *near = nearest_place(model, parameter, key);
        text_add_format(text, " (asked for in %s; %s%s)", config_key_place(own->node, place),
                        near != NULL ? "the nearest there is stands in " : "no table has any",
                        near != NULL ? near : "");
    }
}

/* The node of a parameter in a cell, before shares are rescaled. */
static graph_node value_node(struct cell_graph *cell, int parameter,
                             const struct inventory_key *key)
{
    struct inventory_results *results = cell->results;
    int64_t value;
    enum lookup_level level = inventory_lookup(results->model, parameter, key, &value);
    if (level == LEVEL_COUNT) {
        note_missing(cell, parameter, key);
        return graph_constant(results->graph, 0);
    }
    cell->levels[parameter] |= 1u << level;
    if (level == LEVEL_ZERO) {
        return graph_constant(results->graph, 0);
    }
    results->is_used[value] = true;
    if (!cell->is_uncertain[value]) {
        return graph_constant(results->graph, results->model->values[value].value);
    }
    if (results->input_of[value] < 0) {
        results->input_of[value] = results->input_count;
        results->input_value[results->input_count++] = (int32_t)value;
    }
    return graph_input(results->graph, results->input_of[value]);
}

static double point_of(const struct cell_graph *cell, int parameter,
                       const struct inventory_key *key)
{
    int64_t value;
    enum lookup_level level = inventory_lookup(cell->results->model, parameter, key, &value);
    return level >= LEVEL_ZERO ? 0 : cell->results->model->values[value].value;
}

static enum status check_shares(const struct cell_graph *cell, int parameter,
                                const struct inventory_key *key, double sum)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = cell->results->model;
    const struct inventory_parameter *share = &model->parameters[parameter];
    char keys[512];
    int64_t value;
    struct inventory_key one = *key;
    one.member[share->share_index] = 0;
    enum lookup_level level = inventory_lookup(model, parameter, &one, &value);
    const char *place = level < LEVEL_ZERO ? model->values[value].place : "";
    one.member[share->share_index] = KEY_ANY;
    inventory_key_text(model, parameter, &one, keys, sizeof keys);
    FAIL_IF(sum > 1 + 1e-9, STATUS_DATA,
            "%s: the shares '%s'%s%s over %s sum to %.6g, which is above 1: correct them, or check their "
            "units",
            place, share->name, keys[0] != '\0' ? " of " : "", keys,
            model->indices[share->share_index].name, sum);
    FAIL_IF(share->share_is_complete && fabs(sum - 1) > 1e-3 && cell->results->missing == 0,
            STATUS_DATA, "%s: the shares '%s'%s%s over %s sum to %.6g, not to 1", place, share->name,
            keys[0] != '\0' ? " of " : "", keys, model->indices[share->share_index].name, sum);
done:
    return status;
}

/* Shares of one thing: draws are rescaled where they exceed 1, or always where they are complete. */
static enum status share_node(struct cell_graph *cell, int parameter,
                              const struct inventory_key *key, graph_node *node)
{
    enum status status;
    struct graph *graph = cell->results->graph;
    const struct inventory_parameter *share = &cell->results->model->parameters[parameter];
    int index = share->share_index;
    int members = (int)cell->results->model->indices[index].members.count;
    graph_node own = value_node(cell, parameter, key), total = GRAPH_NONE;
    struct inventory_key one = *key;
    double sum = 0;
    for (int member = 0; member < members; member++) {
        one.member[index] = member;
        graph_node next = value_node(cell, parameter, &one);
        total = member == 0 ? next : graph_apply(graph, GRAPH_ADD, total, next);
        sum += point_of(cell, parameter, &one);
    }
    TRY(check_shares(cell, parameter, key, sum));
    if (!share->share_is_complete) {
        total = graph_apply(graph, GRAPH_MAXIMUM, total, graph_constant(graph, 1));
    }
    *node = graph_apply(graph, GRAPH_DIVIDE, own, total);
done:
    return status;
}

/* ---- names -------------------------------------------------------------------------------- */

/* Member of @p index that a selector means: a member's name, or what another index is at. */
static int select_member(const struct cell_graph *cell, int index, const char *word)
{
    const struct inventory_model *model = cell->results->model;
    int member = inventory_member(&model->indices[index], word);
    int other = inventory_index_find(model, word);
    if (member < 0 && other >= 0 && cell->key.member[other] >= 0) {
        const char *name = model->indices[other].members.items[cell->key.member[other]];
        member = inventory_member(&model->indices[index], name);
    }
    return member;
}

static enum status apply_selector(const struct cell_graph *cell,
                                  const struct inventory_formula *formula, int node, int parameter,
                                  const struct formula_selector *selector,
                                  struct inventory_key *key)
{
    const struct inventory_model *model = cell->results->model;
    const struct inventory_parameter *own = &model->parameters[parameter];
    int found = -1, member = -1;
    for (int index = 0; index < model->index_count; index++) {
        bool is_meant = selector->index == NULL ||
                        strcmp(selector->index, model->indices[index].name) == 0;
        int one = is_meant && own->by[index] ? select_member(cell, index, selector->member) : -1;
        if (one >= 0 && found >= 0) {
            return complain(cell, formula, node, "'%s' is a member of several indices: write "
                                                 "INDEX=MEMBER",
                            selector->member);
        }
        if (one >= 0) {
            found = index;
            member = one;
        }
    }
    if (found < 0) {
        return complain(cell, formula, node,
                        "'%s' is no member of an index that the parameter varies by",
                        selector->member);
    }
    key->member[found] = member;
    return STATUS_OK;
}

static enum status parameter_node(struct cell_graph *cell, const struct inventory_formula *formula,
                                  int number, int parameter, graph_node *node)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = cell->results->model;
    const struct inventory_parameter *own = &model->parameters[parameter];
    const struct formula_node *name = &formula->parsed->nodes[number];
    struct inventory_key key = cell->key;
    for (int i = 0; i < name->selector_count; i++) {
        TRY(apply_selector(cell, formula, number, parameter, &name->selector[i], &key));
    }
    for (int index = INDEX_OWN; index < model->index_count; index++) {
        if (own->by[index] && key.member[index] == KEY_ANY) {
            return complain(cell, formula, number,
                            "it varies by '%s': sum over that index, or choose a member in brackets",
                            model->indices[index].name);
        }
    }
    if (own->share_index >= 0) {
        TRY(share_node(cell, parameter, &key, node));
    } else {
        *node = value_node(cell, parameter, &key);
    }
done:
    return status;
}

/* ---- nodes of a formula ------------------------------------------------------------------- */

static enum status build_node(struct cell_graph *cell, const struct inventory_formula *formula,
                              int number, graph_node *node);

static enum status build_over_index(struct cell_graph *cell,
                                    const struct inventory_formula *formula, int number,
                                    graph_node *node)
{
    enum status status = STATUS_OK;
    struct graph *graph = cell->results->graph;
    const struct inventory_model *model = cell->results->model;
    const struct formula_node *own = &formula->parsed->nodes[number];
    int index = inventory_index_find(model, own->name);
    bool is_sum = own->operation == FORMULA_SUM;
    if (index < INDEX_OWN) {
        return complain(cell, formula, number, "'%s' is no index of the config that can be summed over",
                        own->name);
    }
    int before = cell->key.member[index];
    *node = GRAPH_NONE;
    for (size_t member = 0; member < model->indices[index].members.count; member++) {
        graph_node next;
        cell->key.member[index] = (int)member;
        TRY(build_node(cell, formula, own->first, &next));
        next = graph_apply(graph, GRAPH_MULTIPLY, next,
                           graph_constant(graph, formula->scale[2 * number]));
        *node = member == 0 ? next
                            : graph_apply(graph, is_sum ? GRAPH_ADD : GRAPH_MULTIPLY, *node, next);
    }
done:
    cell->key.member[index] = before;
    return status;
}

static const enum graph_operation operations[] = {
    [FORMULA_ADD] = GRAPH_ADD,         [FORMULA_SUBTRACT] = GRAPH_SUBTRACT,
    [FORMULA_MULTIPLY] = GRAPH_MULTIPLY, [FORMULA_DIVIDE] = GRAPH_DIVIDE,
    [FORMULA_POWER] = GRAPH_POWER,     [FORMULA_NEGATE] = GRAPH_NEGATE,
    [FORMULA_MINIMUM] = GRAPH_MINIMUM, [FORMULA_MAXIMUM] = GRAPH_MAXIMUM,
    [FORMULA_EXP] = GRAPH_EXP,         [FORMULA_LOG] = GRAPH_LOG,
    [FORMULA_SQRT] = GRAPH_SQRT,       [FORMULA_ABS] = GRAPH_ABS,
    [FORMULA_SIN] = GRAPH_SIN,         [FORMULA_COS] = GRAPH_COS,
};

static enum status build_operation(struct cell_graph *cell, const struct inventory_formula *formula,
                                   int number, graph_node *node)
{
    enum status status;
    struct graph *graph = cell->results->graph;
    const struct formula_node *own = &formula->parsed->nodes[number];
    graph_node operand[2] = {GRAPH_NONE, GRAPH_NONE};
    for (int i = 0; i < 2; i++) {
        int child = i == 0 ? own->first : own->second;
        if (child >= 0) {
            TRY(build_node(cell, formula, child, &operand[i]));
            operand[i] = graph_apply(graph, GRAPH_MULTIPLY, operand[i],
                                     graph_constant(graph, formula->scale[2 * number + i]));
        }
    }
    *node = graph_apply(graph, operations[own->operation], operand[0], operand[1]);
done:
    return status;
}

static enum status build_node(struct cell_graph *cell, const struct inventory_formula *formula,
                              int number, graph_node *node)
{
    const struct inventory_model *model = cell->results->model;
    const struct formula_node *own = &formula->parsed->nodes[number];
    int parameter;
    switch (own->operation) {
    case FORMULA_NUMBER:
        *node = graph_constant(cell->results->graph, own->number);
        return STATUS_OK;
    case FORMULA_NAME:
        parameter = inventory_parameter_find(model, own->name);
        return parameter >= 0
                   ? parameter_node(cell, formula, number, parameter, node)
                   : build_quantity(cell, inventory_quantity_find(model, own->name), node);
    case FORMULA_SUM:
    case FORMULA_PRODUCT:
        return build_over_index(cell, formula, number, node);
    default:
        return build_operation(cell, formula, number, node);
    }
}

static enum status build_formula(struct cell_graph *cell, int number, graph_node *node)
{
    const struct inventory_formula *formula = &cell->results->model->formulas[number];
    return build_node(cell, formula, formula->parsed->count - 1, node);
}

/* ---- quantities --------------------------------------------------------------------------- */

enum { OWN_MAX = INDEX_MAX - INDEX_OWN };

struct quantity_node {
    int64_t cell; /* number of the cell it belongs to, from 1 */
    int32_t quantity;
    int32_t member[OWN_MAX]; /* of the config's own indices; the cell binds the others */
    graph_node node;
};

void quantity_nodes_clear(struct quantity_nodes *quantities)
{
    free(quantities->slots);
    *quantities = (struct quantity_nodes){0};
}

static bool is_same_quantity(const struct quantity_node *a, const struct quantity_node *b)
{
    return a->quantity == b->quantity && memcmp(a->member, b->member, sizeof a->member) == 0;
}

/* Where a quantity of this cell is, or the free slot where it goes. */
static struct quantity_node *quantity_slot(const struct quantity_nodes *quantities,
                                           const struct quantity_node *like)
{
    uint64_t hash = (uint64_t)like->quantity;
    uint64_t mask = (uint64_t)quantities->slot_count - 1; /* a power of two */
    for (int i = 0; i < OWN_MAX; i++) {
        hash = (hash ^ (uint64_t)like->member[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    uint64_t slot = hash & mask;
    while (quantities->slots[slot].cell == quantities->cell &&
           !is_same_quantity(&quantities->slots[slot], like)) {
        slot = (slot + 1) & mask;
    }
    return &quantities->slots[slot];
}

static enum status quantity_nodes_grow(struct quantity_nodes *quantities)
{
    enum status status;
    struct quantity_nodes grown = {.slot_count = quantities->slot_count > 0 ? 2 * quantities->slot_count
                                                                            : 64,
                                   .used = quantities->used,
                                   .cell = quantities->cell};
    TRY(memory_allocate((size_t)grown.slot_count, sizeof *grown.slots, &grown.slots));
    for (int64_t i = 0; i < quantities->slot_count; i++) {
        if (quantities->slots[i].cell == quantities->cell) {
            *quantity_slot(&grown, &quantities->slots[i]) = quantities->slots[i];
        }
    }
    free(quantities->slots);
    *quantities = grown;
done:
    return status;
}

/* Built once at the same members: else a chain of quantities that use the one before twice would take
 * twice as long with each. */
static enum status build_quantity(struct cell_graph *cell, int number, graph_node *node)
{
    enum status status = STATUS_OK;
    struct quantity_nodes *quantities = cell->quantities;
    struct quantity_node own = {.cell = quantities->cell, .quantity = number};
    memcpy(own.member, cell->key.member + INDEX_OWN, sizeof own.member);
    const struct quantity_node *found = quantity_slot(quantities, &own);
    if (found->cell == own.cell) {
        *node = found->node;
        return STATUS_OK;
    }
    TRY(build_formula(cell, number, &own.node));
    if (2 * ++quantities->used > quantities->slot_count) {
        TRY(quantity_nodes_grow(quantities));
    }
    *quantity_slot(quantities, &own) = own;
    *node = own.node;
done:
    return status;
}

enum status cell_graph_build(struct cell_graph *cell, int formula, graph_node *node)
{
    enum status status;
    struct graph *graph = cell->results->graph;
    int parameters = cell->results->model->parameter_count;
    memset(cell->levels, 0, (size_t)parameters * sizeof *cell->levels);
    if (cell->quantities->slot_count == 0) {
        TRY(quantity_nodes_grow(cell->quantities));
    }
    cell->quantities->cell++;
    cell->quantities->used = 0;
    TRY(build_formula(cell, formula, node));
    *node = graph_apply(graph, GRAPH_MULTIPLY, *node,
                        graph_constant(graph,
                                       cell->results->model->formulas[formula].to_results));
done:
    return status;
}
