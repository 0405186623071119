/* airshed -- GPL-3.0-or-later. Formulas: recursive descent over the text. */
#include "kernels/formula.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* ---- words -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum formula_operation operation;
    int least, most; /* operands */
} functions[] = {
    {"min", FORMULA_MINIMUM, 2, FORMULA_NODES_MAX},
    {"max", FORMULA_MAXIMUM, 2, FORMULA_NODES_MAX},
    {"exp", FORMULA_EXP, 1, 1},
    {"log", FORMULA_LOG, 1, 1},
    {"sqrt", FORMULA_SQRT, 1, 1},
    {"abs", FORMULA_ABS, 1, 1},
    {"sin", FORMULA_SIN, 1, 1},
    {"cos", FORMULA_COS, 1, 1},
    {"sum", FORMULA_SUM, 1, 1},
    {"product", FORMULA_PRODUCT, 1, 1},
};

static const char *const signs[] = {
    [FORMULA_ADD] = "+",    [FORMULA_SUBTRACT] = "-", [FORMULA_MULTIPLY] = "*",
    [FORMULA_DIVIDE] = "/", [FORMULA_POWER] = "^",    [FORMULA_NEGATE] = "-",
};

const char *formula_operation_name(enum formula_operation operation)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i].operation == operation) {
            return functions[i].name;
        }
    }
    bool has_sign = operation >= FORMULA_ADD && operation <= FORMULA_NEGATE;
    return has_sign ? signs[operation] : "value";
}

/* ---- the parser --------------------------------------------------------------------------- */

struct parser {
    const char *text, *at;
    struct formula *formula;
    int room, depth;
};

static int column_of(const struct parser *parser, const char *at)
{
    return (int)(at - parser->text) + 1;
}

static void skip_blanks(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at)) {
        parser->at++;
    }
}

static bool takes(struct parser *parser, char sign)
{
    skip_blanks(parser);
    bool is_there = *parser->at == sign;
    parser->at += is_there;
    return is_there;
}

static enum status expect(struct parser *parser, char sign)
{
    if (takes(parser, sign)) {
        return STATUS_OK;
    }
    return failure_record(STATUS_USAGE, __FILE__, __LINE__, "character %d: '%c' expected%s%.20s",
                          column_of(parser, parser->at), sign, *parser->at != '\0' ? " before " : "",
                          parser->at);
}

static bool begins_name(char character)
{
    return isalpha((unsigned char)character) || character == '_' || (unsigned char)character > 127;
}

static bool continues_name(char character)
{
    return begins_name(character) || isdigit((unsigned char)character);
}

static enum status copy_part(const char *start, size_t length, char **copy)
{
    enum status status;
    TRY(memory_allocate(length + 1, 1, copy));
    memcpy(*copy, start, length);
done:
    return status;
}

static enum status take_name(struct parser *parser, char **name)
{
    enum status status;
    skip_blanks(parser);
    const char *start = parser->at;
    FAIL_IF(!begins_name(*start), STATUS_USAGE, "character %d: a name expected",
            column_of(parser, start));
    while (continues_name(*parser->at)) {
        parser->at++;
    }
    TRY(copy_part(start, (size_t)(parser->at - start), name));
done:
    return status;
}

static enum status add_node(struct parser *parser, enum formula_operation operation,
                            const char *place, int first, int second, int *number)
{
    enum status status = STATUS_OK;
    struct formula *formula = parser->formula;
    FAIL_IF(formula->count == FORMULA_NODES_MAX, STATUS_USAGE,
            "character %d: the formula is too long: split it into quantities",
            column_of(parser, place));
    if (formula->count == parser->room) {
        int room = 2 * parser->room + 16;
        struct formula_node *nodes = NULL;
        TRY(memory_allocate((size_t)room, sizeof *nodes, &nodes));
        if (formula->count > 0) {
            memcpy(nodes, formula->nodes, (size_t)formula->count * sizeof *nodes);
        }
        free(formula->nodes);
        formula->nodes = nodes;
        parser->room = room;
    }
    *number = formula->count++;
    formula->nodes[*number] = (struct formula_node){.operation = operation,
                                                    .column = column_of(parser, place),
                                                    .first = first,
                                                    .second = second};
done:
    return status;
}

static enum status parse_sum(struct parser *parser, int *number);

static enum status enter(struct parser *parser)
{
    enum status status = STATUS_OK;
    FAIL_IF(++parser->depth > FORMULA_DEPTH_MAX, STATUS_USAGE,
            "character %d: more than %d levels of parentheses", column_of(parser, parser->at),
            FORMULA_DEPTH_MAX);
done:
    return status;
}

/* ---- numbers and names -------------------------------------------------------------------- */

static const char *number_end(const char *at)
{
    while (isdigit((unsigned char)*at)) {
        at++;
    }
    if (*at == '.') {
        at++;
        while (isdigit((unsigned char)*at)) {
            at++;
        }
    }
    if (*at == 'e' || *at == 'E') {
        const char *digits = at + 1 + (at[1] == '+' || at[1] == '-');
        if (isdigit((unsigned char)*digits)) {
            at = digits;
            while (isdigit((unsigned char)*at)) {
                at++;
            }
        }
    }
    return at;
}

static enum status parse_number(struct parser *parser, int *number)
{
    enum status status;
    char *token = NULL;
    const char *start = parser->at;
    parser->at = number_end(start);
    TRY(copy_part(start, (size_t)(parser->at - start), &token));
    TRY(add_node(parser, FORMULA_NUMBER, start, -1, -1, number));
    FAIL_IF(!text_parse_real(token, &parser->formula->nodes[*number].number) ||
                continues_name(*parser->at),
            STATUS_USAGE, "character %d: not a number: '%.40s'", column_of(parser, start), start);
done:
    free(token);
    return status;
}

/* A name, digits, or a text in quotes. */
static enum status take_member(struct parser *parser, char **member)
{
    enum status status;
    skip_blanks(parser);
    const char *start = parser->at;
    if (*start == '"' || *start == '\'') {
        const char *end = strchr(start + 1, *start);
        FAIL_IF(end == NULL, STATUS_USAGE, "character %d: the quote does not close",
                column_of(parser, start));
        parser->at = end + 1;
        return copy_part(start + 1, (size_t)(end - start - 1), member);
    }
    while (continues_name(*parser->at)) {
        parser->at++;
    }
    FAIL_IF(parser->at == start, STATUS_USAGE, "character %d: a member of an index expected",
            column_of(parser, start));
    TRY(copy_part(start, (size_t)(parser->at - start), member));
done:
    return status;
}

static enum status parse_selectors(struct parser *parser, int node)
{
    enum status status = STATUS_OK;
    while (true) {
        /* Nodes stand still here: none is added before the bracket closes. */
        struct formula_node *name = &parser->formula->nodes[node];
        FAIL_IF(name->selector_count == FORMULA_SELECTORS_MAX, STATUS_USAGE,
                "character %d: more than %d members", column_of(parser, parser->at),
                FORMULA_SELECTORS_MAX);
        struct formula_selector *selector = &name->selector[name->selector_count++];
        TRY(take_member(parser, &selector->member));
        if (takes(parser, '=')) {
            selector->index = selector->member;
            selector->member = NULL;
            TRY(take_member(parser, &selector->member));
        }
        if (!takes(parser, ',')) {
            break;
        }
    }
    TRY(expect(parser, ']'));
done:
    return status;
}

/* min(a, b, c) becomes min(min(a, b), c). */
static enum status parse_operands(struct parser *parser, enum formula_operation operation,
                                  const char *place, int *count, int *number)
{
    enum status status;
    int next;
    TRY(parse_sum(parser, number));
    for (*count = 1; takes(parser, ','); ++*count) {
        TRY(parse_sum(parser, &next));
        TRY(add_node(parser, operation, place, *number, next, number));
    }
done:
    return status;
}

static enum status parse_over_index(struct parser *parser, enum formula_operation operation,
                                    const char *place, int *number)
{
    enum status status;
    char *index = NULL;
    int operand;
    TRY(take_name(parser, &index));
    TRY(expect(parser, ','));
    TRY(parse_sum(parser, &operand));
    TRY(add_node(parser, operation, place, operand, -1, number));
    parser->formula->nodes[*number].name = index;
    index = NULL;
done:
    free(index);
    return status;
}

static enum status parse_function(struct parser *parser, const char *name, const char *place,
                                  int *number)
{
    enum status status;
    size_t found = 0;
    size_t known = sizeof functions / sizeof functions[0];
    while (found < known && strcmp(functions[found].name, name) != 0) {
        found++;
    }
    FAIL_IF(found == known, STATUS_USAGE,
            "character %d: no function is called '%s': there are min, max, exp, log, sqrt, abs, sin, "
            "cos, sum and product",
            column_of(parser, place), name);
    enum formula_operation operation = functions[found].operation;
    int count = 1;
    TRY(enter(parser));
    if (operation == FORMULA_SUM || operation == FORMULA_PRODUCT) {
        TRY(parse_over_index(parser, operation, place, number));
    } else {
        TRY(parse_operands(parser, operation, place, &count, number));
    }
    FAIL_IF(count < functions[found].least || count > functions[found].most, STATUS_USAGE,
            "character %d: %s() takes %s, not %d", column_of(parser, place), name,
            functions[found].most == 1 ? "one value" : "two or more values", count);
    if (functions[found].most == 1 && operation != FORMULA_SUM && operation != FORMULA_PRODUCT) {
        TRY(add_node(parser, operation, place, *number, -1, number));
    }
    TRY(expect(parser, ')'));
    parser->depth--;
done:
    return status;
}

static enum status parse_name(struct parser *parser, int *number)
{
    enum status status;
    char *name = NULL;
    const char *start = parser->at;
    TRY(take_name(parser, &name));
    if (takes(parser, '(')) {
        TRY(parse_function(parser, name, start, number));
        goto done;
    }
    TRY(add_node(parser, FORMULA_NAME, start, -1, -1, number));
    parser->formula->nodes[*number].name = name;
    name = NULL;
    if (takes(parser, '[')) {
        TRY(parse_selectors(parser, *number));
    }
done:
    free(name);
    return status;
}

/* ---- operators ---------------------------------------------------------------------------- */

static enum status parse_atom(struct parser *parser, int *number)
{
    enum status status;
    skip_blanks(parser);
    char next = *parser->at;
    if (next == '(') {
        parser->at++;
        TRY(enter(parser));
        TRY(parse_sum(parser, number));
        TRY(expect(parser, ')'));
        parser->depth--;
    } else if (isdigit((unsigned char)next) || next == '.') {
        TRY(parse_number(parser, number));
    } else {
        FAIL_IF(next == '\0', STATUS_USAGE,
                "character %d: the formula ends where a value is expected",
                column_of(parser, parser->at));
        FAIL_IF(!begins_name(next), STATUS_USAGE, "character %d: a value expected before '%.20s'",
                column_of(parser, parser->at), parser->at);
        TRY(parse_name(parser, number));
    }
done:
    return status;
}

static enum status parse_signed(struct parser *parser, int *number);

static enum status parse_power(struct parser *parser, int *number)
{
    enum status status;
    int exponent;
    TRY(parse_atom(parser, number));
    const char *place = (skip_blanks(parser), parser->at);
    if (takes(parser, '^')) {
        TRY(enter(parser));
        TRY(parse_signed(parser, &exponent));
        parser->depth--;
        TRY(add_node(parser, FORMULA_POWER, place, *number, exponent, number));
    }
done:
    return status;
}

static enum status parse_signed(struct parser *parser, int *number)
{
    enum status status;
    const char *place = (skip_blanks(parser), parser->at);
    if (takes(parser, '-')) {
        TRY(enter(parser));
        TRY(parse_signed(parser, number));
        parser->depth--;
        TRY(add_node(parser, FORMULA_NEGATE, place, *number, -1, number));
    } else {
        takes(parser, '+');
        TRY(parse_power(parser, number));
    }
done:
    return status;
}

static enum status parse_chain(struct parser *parser, const char *operators,
                               const enum formula_operation *operations,
                               enum status (*operand)(struct parser *, int *), int *number)
{
    enum status status;
    int next;
    TRY(operand(parser, number));
    while (true) {
        skip_blanks(parser);
        const char *place = parser->at;
        const char *which = *place != '\0' ? strchr(operators, *place) : NULL;
        if (which == NULL) {
            break;
        }
        parser->at++;
        TRY(operand(parser, &next));
        TRY(add_node(parser, operations[which - operators], place, *number, next, number));
    }
done:
    return status;
}

static enum status parse_term(struct parser *parser, int *number)
{
    static const enum formula_operation operations[] = {FORMULA_MULTIPLY, FORMULA_DIVIDE};
    return parse_chain(parser, "*/", operations, parse_signed, number);
}

static enum status parse_sum(struct parser *parser, int *number)
{
    static const enum formula_operation operations[] = {FORMULA_ADD, FORMULA_SUBTRACT};
    return parse_chain(parser, "+-", operations, parse_term, number);
}

/* ---- the formula -------------------------------------------------------------------------- */

enum status formula_parse(const char *text, struct formula **formula)
{
    enum status status;
    struct parser parser = {.text = text, .at = text};
    int root;
    TRY(memory_allocate(1, sizeof **formula, formula));
    parser.formula = *formula;
    TRY(parse_sum(&parser, &root));
    skip_blanks(&parser);
    FAIL_IF(*parser.at != '\0', STATUS_USAGE, "character %d: an operator expected before '%.20s'",
            column_of(&parser, parser.at), parser.at);
done:
    if (status != STATUS_OK) {
        formula_destroy(formula);
    }
    return status;
}

void formula_destroy(struct formula **formula)
{
    if (*formula == NULL) {
        return;
    }
    for (int i = 0; i < (*formula)->count; i++) {
        struct formula_node *node = &(*formula)->nodes[i];
        free(node->name);
        for (int k = 0; k < node->selector_count; k++) {
            free(node->selector[k].index);
            free(node->selector[k].member);
        }
    }
    free((*formula)->nodes);
    free(*formula);
    *formula = NULL;
}
