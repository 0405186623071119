/* airshed -- GPL-3.0-or-later. inventory: totals, shares and changes as nodes of one graph (P3.20). */
#include "results.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "graph.h"

/* The results while they are made. Cells are [species, sources, provinces + 1, years]; the last
 * province is the nation. */
struct making {
    struct inventory_results *results;
    const struct inventory_model *model;
    const bool *is_uncertain;
    int species, sources, provinces, regions, years;
    graph_node *cell; /* GRAPH_NONE: the source is not there */
    unsigned *levels; /* [cells, parameters] */
    unsigned *united; /* [parameters] of the result at hand */
    struct quantity_nodes quantities;
};

/* ---- cells -------------------------------------------------------------------------------- */

static int64_t cell_number(const struct making *making, int species, int source, int province,
                           int year)
{
    int at = province == KEY_NATIONAL ? making->provinces : province;
    return (((int64_t)species * making->sources + source) * (making->provinces + 1) + at) *
               making->years +
           year;
}

static enum status make_cell(struct making *making, int species, int source, int province, int year)
{
    int64_t number = cell_number(making, species, source, province, year);
    struct cell_graph cell = {.results = making->results,
                              .is_uncertain = making->is_uncertain,
                              .levels = making->levels + number * making->model->parameter_count,
                              .quantities = &making->quantities};
    for (int index = 0; index < INDEX_MAX; index++) {
        cell.key.member[index] = KEY_ANY;
    }
    cell.key.member[INDEX_SPECIES] = species;
    cell.key.member[INDEX_SOURCE] = source;
    cell.key.member[INDEX_PROVINCE] = province;
    cell.key.member[INDEX_YEAR] = year;
    return cell_graph_build(&cell, making->model->sources[source].formula[species],
                            &making->cell[number]);
}

static enum status make_cells(struct making *making)
{
    enum status status = STATUS_OK;
    for (int species = 0; species < making->species; species++) {
        for (int source = 0; source < making->sources; source++) {
            const struct inventory_source *own = &making->model->sources[source];
            int places = own->is_national ? 1 : making->provinces;
            for (int place = 0; own->formula[species] >= 0 && place < places; place++) {
                int province = own->is_national ? KEY_NATIONAL : place;
                for (int year = 0; year < making->years; year++) {
                    TRY(make_cell(making, species, source, province, year));
                }
            }
        }
    }
done:
    return status;
}

/* ---- sums of cells ------------------------------------------------------------------------ */

/* What a total is of. */
struct scope {
    enum result_subject subject;
    int member;
    enum result_place place;
    int place_member, species, year; /* year -1: all */
};

static bool is_of_subject(const struct making *making, const struct scope *scope, int source)
{
    const struct inventory_model *model = making->model;
    switch (scope->subject) {
    case SUBJECT_SOURCE:
        return source == scope->member;
    case SUBJECT_CATEGORY:
        return strcmp(model->sources[source].category, model->categories.items[scope->member]) == 0;
    case SUBJECT_RECEPTOR:
        return strcmp(model->sources[source].receptor, model->receptors.items[scope->member]) == 0;
    default:
        return true;
    }
}

static graph_node add_node(const struct making *making, graph_node sum, graph_node next)
{
    return sum == GRAPH_NONE    ? next
           : next == GRAPH_NONE ? sum
                                : graph_apply(making->results->graph, GRAPH_ADD, sum, next);
}

/* Sources of a subject in one province and year; GRAPH_NONE where it has none there. */
static graph_node province_node(struct making *making, const struct scope *scope, int province,
                                int year)
{
    graph_node sum = GRAPH_NONE;
    int parameters = making->model->parameter_count;
    for (int source = 0; source < making->sources; source++) {
        int64_t number = cell_number(making, scope->species, source, province, year);
        if (is_of_subject(making, scope, source) && making->cell[number] != GRAPH_NONE) {
            sum = add_node(making, sum, making->cell[number]);
            for (int i = 0; i < parameters; i++) {
                making->united[i] |= making->levels[number * parameters + i];
            }
        }
    }
    return sum;
}

static graph_node region_node(struct making *making, const struct scope *scope, int region,
                              int year)
{
    graph_node sum = GRAPH_NONE;
    for (int province = 0; province < making->provinces; province++) {
        if (making->model->region_of[province] == region) {
            sum = add_node(making, sum, province_node(making, scope, province, year));
        }
    }
    return sum;
}

static graph_node year_node(struct making *making, const struct scope *scope, int year)
{
    graph_node sum = GRAPH_NONE;
    switch (scope->place) {
    case PLACE_PROVINCE:
        return province_node(making, scope, scope->place_member, year);
    case PLACE_REGION:
        return region_node(making, scope, scope->place_member, year);
    default:
        for (int region = 0; region < making->regions; region++) {
            sum = add_node(making, sum, region_node(making, scope, region, year));
        }
        return add_node(making, sum, province_node(making, scope, KEY_NATIONAL, year));
    }
}

static graph_node total_node(struct making *making, const struct scope *scope)
{
    graph_node sum = GRAPH_NONE;
    memset(making->united, 0, (size_t)making->model->parameter_count * sizeof *making->united);
    if (scope->year >= 0) {
        return year_node(making, scope, scope->year);
    }
    for (int year = 0; year < making->years; year++) {
        sum = add_node(making, sum, year_node(making, scope, year));
    }
    return sum;
}

/* ---- slots -------------------------------------------------------------------------------- */

static enum status grow_slots(struct inventory_results *results)
{
    enum status status = STATUS_OK;
    int32_t nodes = graph_count(results->graph);
    if (nodes > results->slot_nodes) {
        int32_t room = 2 * nodes;
        int64_t *longer = realloc(results->slot_of, (size_t)room * sizeof *longer);
        FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
        memset(longer + results->slot_nodes, 0xff,
               (size_t)(room - results->slot_nodes) * sizeof *longer);
        results->slot_of = longer;
        results->slot_nodes = room;
    }
    if (results->slot_count == results->slot_room) {
        int64_t room = 2 * results->slot_room + 256;
        graph_node *longer = realloc(results->node, (size_t)room * sizeof *longer);
        FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
        results->node = longer;
        results->slot_room = room;
    }
done:
    return status;
}

static enum status find_slot(struct inventory_results *results, graph_node node, int64_t *slot)
{
    enum status status;
    FAIL_IF(node == GRAPH_NONE, STATUS_MEMORY, "out of memory for the graph of the formulas");
    TRY(grow_slots(results));
    if (results->slot_of[node] < 0) {
        results->slot_of[node] = results->slot_count;
        results->node[results->slot_count++] = node;
    }
    *slot = results->slot_of[node];
done:
    return status;
}

/* "content=province; power=province-year+national". */
static enum status levels_text(const struct making *making, char **levels)
{
    struct text text = {0};
    for (int i = 0; i < making->model->parameter_count; i++) {
        const char *sign = "=";
        for (int level = 0; level < LEVEL_COUNT; level++) {
            if ((making->united[i] & 1u << level) == 0) {
                continue;
            }
            if (sign[0] == '=') {
                text_add_format(&text, "%s%s", text.length > 0 ? "; " : "",
                                making->model->parameters[i].name);
            }
            text_add_format(&text, "%s%s", sign, inventory_level_names[level]);
            sign = "+";
        }
    }
    return text_take(&text, levels);
}

static enum status add_result(struct making *making, enum result_kind kind,
                              const struct scope *scope, int base_year, graph_node node)
{
    enum status status = STATUS_OK;
    struct inventory_results *results = making->results;
    struct inventory_result *result;
    if (results->count == results->room) {
        int64_t room = 2 * results->room + 256;
        struct inventory_result *longer = realloc(results->results, (size_t)room * sizeof *longer);
        FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
        results->results = longer;
        results->room = room;
    }
    result = &results->results[results->count];
    *result = (struct inventory_result){.kind = kind,
                                        .subject = scope->subject,
                                        .subject_member = scope->member,
                                        .place = scope->place,
                                        .place_member = scope->place_member,
                                        .species = scope->species,
                                        .year = scope->year,
                                        .base_year = base_year};
    TRY(find_slot(results, node, &result->slot));
    results->count++;
    if (kind == RESULT_TOTAL) {
        TRY(levels_text(making, &result->levels));
    }
done:
    return status;
}

/* ---- results ------------------------------------------------------------------------------ */

static graph_node percent(const struct making *making, graph_node part, graph_node whole)
{
    struct graph *graph = making->results->graph;
    return graph_apply(graph, GRAPH_MULTIPLY, graph_apply(graph, GRAPH_DIVIDE, part, whole),
                       graph_constant(graph, 100));
}

static graph_node share_node(struct making *making, const struct scope *scope)
{
    struct scope whole = {.subject = SUBJECT_ALL,
                          .member = -1,
                          .place = PLACE_ALL,
                          .place_member = -1,
                          .species = scope->species,
                          .year = scope->year};
    graph_node part = total_node(making, scope);
    return part == GRAPH_NONE ? GRAPH_NONE : percent(making, part, total_node(making, &whole));
}

/* (later / base - 1) * 100. */
static graph_node change_node(struct making *making, const struct scope *scope, bool of_share)
{
    struct graph *graph = making->results->graph;
    struct scope base = *scope;
    base.year = 0;
    graph_node later = of_share ? share_node(making, scope) : total_node(making, scope);
    graph_node first = of_share ? share_node(making, &base) : total_node(making, &base);
    graph_node ratio = graph_apply(graph, GRAPH_DIVIDE, later, first);
    return graph_apply(graph, GRAPH_MULTIPLY,
                       graph_apply(graph, GRAPH_SUBTRACT, ratio, graph_constant(graph, 1)),
                       graph_constant(graph, 100));
}

/* All years of a subject at a place, then the whole period. */
static enum status add_kind(struct making *making, enum result_kind kind, struct scope scope)
{
    enum status status = STATUS_OK;
    bool is_change = kind == RESULT_CHANGE || kind == RESULT_SHARE_CHANGE;
    int years = making->years;
    scope.year = 0;
    if (total_node(making, &scope) == GRAPH_NONE) {
        return STATUS_OK;
    }
    for (int i = is_change; i < years + (years > 1 && !is_change); i++) {
        scope.year = i < years ? i : -1;
        graph_node node = kind == RESULT_TOTAL ? total_node(making, &scope)
                          : kind == RESULT_SHARE
                              ? share_node(making, &scope)
                              : change_node(making, &scope, kind == RESULT_SHARE_CHANGE);
        TRY(add_result(making, kind, &scope, is_change ? 0 : -1, node));
    }
done:
    return status;
}

/* Totals of every subject at every place; shares and changes of subjects in the nation, and of places. */
static enum status add_places(struct making *making, enum result_kind kind, struct scope scope)
{
    enum status status;
    bool is_share = kind == RESULT_SHARE || kind == RESULT_SHARE_CHANGE;
    bool is_all = scope.subject == SUBJECT_ALL;
    if (!is_share || !is_all) {
        TRY(add_kind(making, kind, scope));
    }
    if (kind != RESULT_TOTAL && !is_all) {
        return STATUS_OK;
    }
    scope.place = PLACE_REGION;
    for (int region = 0; region < making->regions; region++) {
        scope.place_member = region;
        TRY(add_kind(making, kind, scope));
    }
    scope.place = PLACE_PROVINCE;
    for (int province = 0; province <= making->provinces && making->provinces > 0; province++) {
        scope.place_member = province < making->provinces ? province : KEY_NATIONAL;
        TRY(add_kind(making, kind, scope));
    }
done:
    return status;
}

static enum status add_subjects(struct making *making, enum result_kind kind, int species)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = making->model;
    const struct {
        enum result_subject subject;
        int count;
    } subjects[] = {{SUBJECT_ALL, 1},
                    {SUBJECT_CATEGORY, (int)model->categories.count},
                    {SUBJECT_SOURCE, making->sources},
                    {SUBJECT_RECEPTOR, (int)model->receptors.count}};
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        for (int member = 0; member < subjects[i].count; member++) {
            struct scope scope = {.subject = subjects[i].subject,
                                  .member = subjects[i].subject == SUBJECT_ALL ? -1 : member,
                                  .place = PLACE_ALL,
                                  .place_member = -1,
                                  .species = species};
            TRY(add_places(making, kind, scope));
        }
    }
done:
    return status;
}

static enum status add_results(struct making *making)
{
    enum status status = STATUS_OK;
    static const enum result_kind kinds[] = {RESULT_TOTAL, RESULT_SHARE, RESULT_CHANGE,
                                             RESULT_SHARE_CHANGE};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        for (int species = 0; species < making->species; species++) {
            TRY(add_subjects(making, kinds[kind], species));
        }
    }
done:
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

static enum status making_create(struct making *making)
{
    enum status status;
    const struct inventory_model *model = making->model;
    struct inventory_results *results = making->results;
    making->species = (int)model->indices[INDEX_SPECIES].members.count;
    making->sources = model->source_count;
    making->provinces = (int)model->indices[INDEX_PROVINCE].members.count;
    making->regions = (int)model->regions.count;
    making->years = (int)model->indices[INDEX_YEAR].members.count;
    size_t cells = (size_t)cell_number(making, making->species, 0, 0, 0);
    size_t parameters = (size_t)model->parameter_count, values = (size_t)model->value_count;
    TRY(memory_allocate(cells, sizeof *making->cell, &making->cell));
    memset(making->cell, 0xff, cells * sizeof *making->cell); /* GRAPH_NONE */
    TRY(memory_allocate(cells * parameters, sizeof *making->levels, &making->levels));
    TRY(memory_allocate(parameters, sizeof *making->united, &making->united));
    TRY(memory_allocate(values, sizeof *results->input_value, &results->input_value));
    TRY(memory_allocate(values, sizeof *results->input_of, &results->input_of));
    TRY(memory_allocate(values, sizeof *results->is_used, &results->is_used));
    memset(results->input_of, 0xff, values * sizeof *results->input_of);
    TRY(graph_create(&results->graph));
done:
    return status;
}

static enum status refuse_missing(const struct inventory_results *results)
{
    enum status status = STATUS_OK;
    const char *text = results->missing_text.data;
    FAIL_IF(results->missing_text.failed || text == NULL, STATUS_MEMORY, "out of memory");
    FAIL(STATUS_DATA,
         "%lld value%s missing: %s%s: add rows to the table, a value without the key or for "
         "DEFAULT, or "
         "say 'missing: zero' at the parameter",
         (long long)results->missing, results->missing == 1 ? " is" : "s are", text,
         results->missing > 12 ? "; and more" : "");
done:
    return status;
}

enum status inventory_results_create(struct inventory_model *model, const bool *is_uncertain,
                                     struct inventory_results *results)
{
    enum status status;
    struct making making = {.results = results, .model = model, .is_uncertain = is_uncertain};
    *results = (struct inventory_results){.model = model};
    TRY(making_create(&making));
    TRY(make_cells(&making));
    if (results->missing > 0) {
        status = refuse_missing(results);
        goto done;
    }
    TRY(add_results(&making));
    TRY(graph_plan(results->graph, results->node, results->slot_count));
done:
    free(making.cell);
    free(making.levels);
    free(making.united);
    quantity_nodes_clear(&making.quantities);
    return status;
}

void inventory_results_clear(struct inventory_results *results)
{
    for (int64_t i = 0; i < results->count; i++) {
        free(results->results[i].levels);
    }
    graph_destroy(&results->graph);
    free(results->results);
    free(results->node);
    free(results->slot_of);
    free(results->input_value);
    free(results->input_of);
    free(results->is_used);
    free(results->statistics);
    text_clear(&results->missing_text);
    text_clear(&results->missing_keys);
    *results = (struct inventory_results){0};
}

const struct inventory_result *inventory_result_find(const struct inventory_results *results,
                                                     const struct inventory_result *like)
{
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *one = &results->results[i];
        if (one->kind == like->kind && one->subject == like->subject &&
            one->subject_member == like->subject_member && one->place == like->place &&
            one->place_member == like->place_member && one->species == like->species &&
            one->year == like->year && one->base_year == like->base_year) {
            return one;
        }
    }
    return NULL;
}
