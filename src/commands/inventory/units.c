/* airshed -- GPL-3.0-or-later. inventory: dimensions of formulas (P3.05-P3.07). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "model.h"

enum { FRESH, UNDER_WAY, DONE };

/* Formulas are walked by recursion, and the stack ends: quantities within one another, and operations
 * within one another when quantities stand in the place of their names. One formula has fewer. */
enum { QUANTITIES_DEEP = 200, OPERATIONS_DEEP = 5000 };

struct checking {
    struct inventory_model *model;
    char *state; /* [formulas] */
    int *trail;  /* formulas under way, from the outermost */
    int depth;
    int *height; /* [formulas], operations within one another, those of quantities included */
};

enum status inventory_formula_place(const struct inventory_formula *formula, int node, char **place)
{
    enum status status = STATUS_OK;
    const struct config_node *text = formula->node;
    int character = formula->parsed->nodes[node].column;
    bool is_one_line = strchr(text->text, '\n') == NULL;
    int column = text->column + (is_one_line ? character - 1 + text->quoted : 0);
    FAIL_IF(asprintf(place, "%s:%d:%d: formula of '%s', character %d ('%.30s')", text->file,
                     text->line, column, formula->name, character, text->text + character - 1) < 0,
            STATUS_MEMORY, "out of memory");
done:
    return status;
}

static enum status complain(const struct inventory_formula *formula, int node, const char *sentence)
{
    char *place = NULL;
    enum status status = inventory_formula_place(formula, node, &place);
    if (status == STATUS_OK) {
        status = failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s", place, sentence);
    }
    free(place);
    return status;
}

/* ---- units of nodes ----------------------------------------------------------------------- */

struct noding {
    struct checking *checking;
    struct inventory_formula *formula;
    struct unit **unit; /* [nodes] */
};

static enum status complain_pair(const struct noding *noding, int node, const char *verb)
{
    enum status status;
    const struct formula_node *own = &noding->formula->parsed->nodes[node];
    char *first = NULL, *second = NULL, *sentence = NULL;
    TRY(unit_text(noding->unit[own->first], &first));
    TRY(unit_text(noding->unit[own->second], &second));
    FAIL_IF(asprintf(&sentence, "cannot %s '%s' and '%s': they measure different things", verb,
                     first, second) < 0,
            STATUS_MEMORY, "out of memory");
    status = complain(noding->formula, node, sentence);
done:
    free(first);
    free(second);
    free(sentence);
    return status;
}

static enum status copy_unit(const struct unit *unit, struct unit **copy)
{
    return unit_raise(unit, 1, 1, copy);
}

static bool is_zero(const struct formula_node *node)
{
    return node->operation == FORMULA_NUMBER && node->number == 0;
}

/* Sums, minima and maxima: the second operand comes to the units of the first. A plain 0 has any. */
static enum status unit_of_sum(struct noding *noding, int node)
{
    const struct formula_node *nodes = noding->formula->parsed->nodes, *own = &nodes[node];
    const struct unit *first = noding->unit[own->first], *second = noding->unit[own->second];
    double factor;
    if (is_zero(&nodes[own->first])) {
        return copy_unit(second, &noding->unit[node]);
    }
    if (!is_zero(&nodes[own->second])) {
        if (!unit_factor(second, first, &factor)) {
            return complain_pair(noding, node,
                                 own->operation == FORMULA_ADD        ? "add"
                                 : own->operation == FORMULA_SUBTRACT ? "subtract"
                                                                      : "compare");
        }
        noding->formula->scale[2 * node + 1] = factor;
    }
    return copy_unit(first, &noding->unit[node]);
}

/* What takes plain numbers only; per cent become them. */
static enum status unit_of_plain(struct noding *noding, int node, const char *sentence)
{
    enum status status;
    const struct formula_node *own = &noding->formula->parsed->nodes[node];
    TRY(unit_parse("1", &noding->unit[node]));
    if (!unit_factor(noding->unit[own->first], noding->unit[node],
                     &noding->formula->scale[2 * node])) {
        status = complain(noding->formula, node, sentence);
    }
done:
    return status;
}

/* A number that is written down: 2, -1, or NAN. */
static double written_number(const struct formula *formula, int node)
{
    const struct formula_node *own = &formula->nodes[node];
    return own->operation == FORMULA_NUMBER   ? own->number
           : own->operation == FORMULA_NEGATE ? -written_number(formula, own->first)
                                              : NAN;
}

static enum status unit_of_power(struct noding *noding, int node)
{
    enum { ROOTS = 6 };
    const struct formula_node *own = &noding->formula->parsed->nodes[node];
    const struct unit *base = noding->unit[own->first];
    if (!unit_is_dimensionless(noding->unit[own->second])) {
        return complain(noding->formula, node, "an exponent is a plain number");
    }
    if (unit_is_dimensionless(base)) {
        return unit_of_plain(noding, node, "");
    }
    double exponent = written_number(noding->formula->parsed, own->second);
    for (int root = 1; root <= ROOTS; root++) {
        double power = exponent * root;
        if (power == round(power) && fabs(power) < 100) {
            enum status status = unit_raise(base, (int)power, root, &noding->unit[node]);
            if (status == STATUS_DATA) {
                failure_clear();
                return complain(noding->formula, node, "these units have no such power");
            }
            return status;
        }
    }
    return complain(noding->formula, node,
                    "what has units can only be raised to a number that is written down, such as 2 or 0.5");
}

static enum status unit_of_root(struct noding *noding, int node)
{
    const struct unit *base = noding->unit[noding->formula->parsed->nodes[node].first];
    if (unit_is_dimensionless(base)) {
        return unit_of_plain(noding, node, "");
    }
    enum status status = unit_raise(base, 1, 2, &noding->unit[node]);
    if (status == STATUS_DATA) {
        failure_clear();
        return complain(noding->formula, node, "these units have no square root");
    }
    return status;
}

/* ---- names -------------------------------------------------------------------------------- */

static enum status check_formula(struct checking *checking, int number);

static enum status complain_circle(const struct checking *checking, int quantity,
                                   const struct inventory_formula *formula, int node)
{
    enum status status;
    struct text sentence = {0};
    char *taken = NULL;
    bool is_in = false;
    text_add(&sentence, "circular formula: ");
    for (int i = 0; i < checking->depth; i++) {
        is_in = is_in || checking->trail[i] == quantity;
        if (is_in) {
            text_add_format(&sentence, "%s -> ", checking->model->formulas[checking->trail[i]].name);
        }
    }
    text_add(&sentence, checking->model->formulas[quantity].name);
    TRY(text_take(&sentence, &taken));
    status = complain(formula, node, taken);
done:
    free(taken);
    text_clear(&sentence);
    return status;
}

static enum status complain_name(const struct noding *noding, int node)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = noding->checking->model;
    const char *name = noding->formula->parsed->nodes[node].name;
    struct text_list names = {0};
    char near[160], sentence[512];
    for (int i = 0; i < model->parameter_count; i++) {
        TRY(text_list_add(&names, model->parameters[i].name));
    }
    for (int i = 0; i < model->quantity_count; i++) {
        TRY(text_list_add(&names, model->formulas[i].name));
    }
    snprintf(sentence, sizeof sentence, "unknown parameter '%.100s'%s", name,
             inventory_near(name, &names, near, sizeof near));
    status = complain(noding->formula, node, sentence);
done:
    text_list_clear(&names);
    return status;
}

static enum status unit_of_name(struct noding *noding, int node)
{
    enum status status;
    struct inventory_model *model = noding->checking->model;
    const struct formula_node *own = &noding->formula->parsed->nodes[node];
    int parameter = inventory_parameter_find(model, own->name);
    int quantity = inventory_quantity_find(model, own->name);
    if (parameter >= 0) {
        return copy_unit(model->parameters[parameter].unit, &noding->unit[node]);
    }
    if (quantity < 0) {
        return complain_name(noding, node);
    }
    if (own->selector_count > 0) {
        return complain(noding->formula, node, "members are chosen of parameters, not of quantities");
    }
    if (noding->checking->state[quantity] == UNDER_WAY) {
        return complain_circle(noding->checking, quantity, noding->formula, node);
    }
    if (noding->checking->depth >= QUANTITIES_DEEP) {
        return complain(noding->formula, node, "more than 200 quantities that use one another");
    }
    TRY(check_formula(noding->checking, quantity));
    TRY(copy_unit(model->formulas[quantity].unit, &noding->unit[node]));
done:
    return status;
}

/* ---- formulas ----------------------------------------------------------------------------- */

static enum status unit_of_node(struct noding *noding, int node)
{
    const struct formula_node *own = &noding->formula->parsed->nodes[node];
    struct unit **unit = noding->unit;
    switch (own->operation) {
    case FORMULA_NUMBER:
        return unit_parse("1", &unit[node]);
    case FORMULA_NAME:
        return unit_of_name(noding, node);
    case FORMULA_ADD:
    case FORMULA_SUBTRACT:
    case FORMULA_MINIMUM:
    case FORMULA_MAXIMUM:
        return unit_of_sum(noding, node);
    case FORMULA_MULTIPLY:
        return unit_multiply(unit[own->first], unit[own->second], &unit[node]);
    case FORMULA_DIVIDE:
        return unit_divide(unit[own->first], unit[own->second], &unit[node]);
    case FORMULA_POWER:
        return unit_of_power(noding, node);
    case FORMULA_SQRT:
        return unit_of_root(noding, node);
    case FORMULA_EXP:
    case FORMULA_LOG:
    case FORMULA_SIN:
    case FORMULA_COS:
        return unit_of_plain(noding, node, "this function takes a plain number");
    case FORMULA_PRODUCT:
        return unit_of_plain(noding, node, "product() takes plain numbers");
    default: /* NEGATE, ABS, SUM */
        return copy_unit(unit[own->first], &unit[node]);
    }
}

static enum status check_results(const struct inventory_model *model,
                                 struct inventory_formula *formula)
{
    enum status status = STATUS_OK;
    char *text = NULL, *sentence = NULL;
    if (formula->quantity >= 0 ||
        unit_factor(formula->unit, model->unit, &formula->to_results)) {
        return STATUS_OK;
    }
    TRY(unit_text(formula->unit, &text));
    FAIL_IF(asprintf(&sentence, "it gives '%s' where '%s', the units of the results, is expected: "
                                "they measure different things",
                     text, model->units) < 0,
            STATUS_MEMORY, "out of memory");
    status = complain(formula, formula->parsed->count - 1, sentence);
done:
    free(text);
    free(sentence);
    return status;
}

/* Operations within one another, in all that the formula stands for. */
static enum status check_height(struct checking *checking, const struct inventory_formula *formula,
                                int number)
{
    enum status status;
    int *height = NULL, count = formula->parsed->count;
    TRY(memory_allocate((size_t)count, sizeof *height, &height));
    for (int i = 0; i < count; i++) {
        const struct formula_node *own = &formula->parsed->nodes[i];
        int quantity = own->operation == FORMULA_NAME
                           ? inventory_quantity_find(checking->model, own->name)
                           : -1;
        int first = own->first >= 0 ? height[own->first] : 0;
        int second = own->second >= 0 ? height[own->second] : 0;
        height[i] = 1 + (quantity >= 0    ? checking->height[quantity]
                         : first > second ? first
                                          : second);
        if (height[i] > OPERATIONS_DEEP) {
            status = complain(formula, i, "more than 5000 operations within one another");
            goto done;
        }
    }
    checking->height[number] = height[count - 1];
done:
    free(height);
    return status;
}

static enum status check_formula(struct checking *checking, int number)
{
    enum status status = STATUS_OK;
    struct inventory_formula *formula = &checking->model->formulas[number];
    struct noding noding = {.checking = checking, .formula = formula};
    int count = formula->parsed->count;
    if (checking->state[number] == DONE) {
        return STATUS_OK;
    }
    checking->state[number] = UNDER_WAY;
    checking->trail[checking->depth++] = number;
    for (int i = 0; i < 2 * count; i++) {
        formula->scale[i] = 1;
    }
    TRY(memory_allocate((size_t)count, sizeof *noding.unit, &noding.unit));
    for (int i = 0; i < count; i++) {
        TRY(unit_of_node(&noding, i));
    }
    formula->unit = noding.unit[count - 1];
    noding.unit[count - 1] = NULL;
    TRY(check_results(checking->model, formula));
    TRY(check_height(checking, formula, number));
    checking->depth--;
    checking->state[number] = DONE;
done:
    for (int i = 0; noding.unit != NULL && i < count; i++) {
        unit_destroy(&noding.unit[i]);
    }
    free(noding.unit);
    return status;
}

enum status inventory_units_check(struct inventory_model *model)
{
    enum status status;
    struct checking checking = {.model = model};
    size_t count = (size_t)model->formula_count;
    TRY(memory_allocate(count, 1, &checking.state));
    TRY(memory_allocate(count + 1, sizeof *checking.trail, &checking.trail));
    TRY(memory_allocate(count, sizeof *checking.height, &checking.height));
    for (int i = 0; i < model->formula_count; i++) {
        TRY(check_formula(&checking, i));
    }
done:
    free(checking.state);
    free(checking.trail);
    free(checking.height);
    return status;
}
