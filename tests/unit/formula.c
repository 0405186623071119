/* airshed -- GPL-3.0-or-later. Formulas: what binds stronger, what is refused, and their values and
 * derivatives in a graph.
 * ranks: 1
 */
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/formula.h"
#include "kernels/graph.h"

/* ---- a plain reference: the tree, node by node -------------------------------------------- */

enum { INPUTS = 3 };
static const double point[INPUTS] = {1.7, 0.4, 2.9}; /* a, b, c */

static double value_of(const struct formula *formula, int node, const double *inputs)
{
    const struct formula_node *own = &formula->nodes[node];
    double a = own->first >= 0 ? value_of(formula, own->first, inputs) : 0;
    double b = own->second >= 0 ? value_of(formula, own->second, inputs) : 0;
    switch (own->operation) {
    case FORMULA_NUMBER:
        return own->number;
    case FORMULA_NAME:
        return inputs[own->name[0] - 'a'];
    case FORMULA_ADD:
        return a + b;
    case FORMULA_SUBTRACT:
        return a - b;
    case FORMULA_MULTIPLY:
        return a * b;
    case FORMULA_DIVIDE:
        return a / b;
    case FORMULA_POWER:
        return pow(a, b);
    case FORMULA_NEGATE:
        return -a;
    case FORMULA_MINIMUM:
        return fmin(a, b);
    case FORMULA_MAXIMUM:
        return fmax(a, b);
    case FORMULA_EXP:
        return exp(a);
    case FORMULA_LOG:
        return log(a);
    case FORMULA_SQRT:
        return sqrt(a);
    case FORMULA_ABS:
        return fabs(a);
    case FORMULA_SIN:
        return sin(a);
    case FORMULA_COS:
        return cos(a);
    default:
        return NAN;
    }
}

static graph_node to_graph(struct graph *graph, const struct formula *formula, int node)
{
    static const enum graph_operation operations[] = {
        [FORMULA_ADD] = GRAPH_ADD,           [FORMULA_SUBTRACT] = GRAPH_SUBTRACT,
        [FORMULA_MULTIPLY] = GRAPH_MULTIPLY, [FORMULA_DIVIDE] = GRAPH_DIVIDE,
        [FORMULA_POWER] = GRAPH_POWER,       [FORMULA_NEGATE] = GRAPH_NEGATE,
        [FORMULA_MINIMUM] = GRAPH_MINIMUM,   [FORMULA_MAXIMUM] = GRAPH_MAXIMUM,
        [FORMULA_EXP] = GRAPH_EXP,           [FORMULA_LOG] = GRAPH_LOG,
        [FORMULA_SQRT] = GRAPH_SQRT,         [FORMULA_ABS] = GRAPH_ABS,
        [FORMULA_SIN] = GRAPH_SIN,           [FORMULA_COS] = GRAPH_COS};
    const struct formula_node *own = &formula->nodes[node];
    if (own->operation == FORMULA_NUMBER) {
        return graph_constant(graph, own->number);
    }
    if (own->operation == FORMULA_NAME) {
        return graph_input(graph, own->name[0] - 'a');
    }
    graph_node first = to_graph(graph, formula, own->first);
    graph_node second = own->second >= 0 ? to_graph(graph, formula, own->second) : GRAPH_NONE;
    return graph_apply(graph, operations[own->operation], first, second);
}

/* ---- parsing ------------------------------------------------------------------------------ */

static void operators_bind_as_in_mathematics(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } known[] = {
        {"1 + 2 * 3", 7},       {"(1 + 2) * 3", 9},     {"8 - 3 - 2", 3},   {"8 / 4 / 2", 1},
        {"-2^2", -4},           {"2^3^2", 512},         {"2^-1", 0.5},      {"- - 2", 2},
        {"2 * -3", -6},         {"1e3 + .5", 1000.5},   {"+4", 4},          {"min(3, 1, 2)", 1},
        {"max(1, 2 + 2)", 4},   {"sqrt(16)", 4},        {"log(exp(2))", 2}, {"abs(1 - 3)", 2},
        {"sin(0) + cos(0)", 1}, {"1.5e-1*1E+1", 1.5},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct formula *formula = NULL;
        assert_int_equal(formula_parse(known[i].text, &formula), STATUS_OK);
        double value = value_of(formula, formula->count - 1, point);
        if (!(fabs(value - known[i].value) <= 1e-15 * fabs(known[i].value))) { /* one rounding */
            fail_msg("%s gives %.17g", known[i].text, value);
        }
        formula_destroy(&formula);
    }
}

static void names_take_members_of_indices(void **state)
{
    (void)state;
    struct formula *formula = NULL;
    assert_int_equal(
        formula_parse("sum(boiler, share * release[PC, device='wet scrubber', year=2015])", &formula),
        STATUS_OK);
    const struct formula_node *root = &formula->nodes[formula->count - 1];
    assert_int_equal(root->operation, FORMULA_SUM);
    assert_string_equal(root->name, "boiler");
    const struct formula_node *name = &formula->nodes[formula->nodes[root->first].second];
    assert_string_equal(name->name, "release");
    assert_int_equal(name->selector_count, 3);
    assert_null(name->selector[0].index);
    assert_string_equal(name->selector[0].member, "PC");
    assert_string_equal(name->selector[1].index, "device");
    assert_string_equal(name->selector[1].member, "wet scrubber");
    assert_string_equal(name->selector[2].member, "2015");
    formula_destroy(&formula);
}

static void mistakes_are_told_with_their_character(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } known[] = {
        {"", "character 1: the formula ends"},   {"a +", "character 4: the formula ends"},
        {"a b", "character 3: an operator"},     {"(a", "character 3: ')' expected"},
        {"a)", "character 2: an operator"},      {"foo(a)", "character 1: no function"},
        {"min(a)", "character 1: min() takes"},  {"exp(a, b)", "character 1: exp() takes"},
        {"1.2.3", "character 4: an operator"}, {"2a", "character 1: not a number"},
        {"a[", "character 3: a member"},         {"a['x]", "character 3: the quote"},
        {"sum(3, a)", "character 5: a name"},    {"a ** b", "character 4: a value"},
        {"1e999", "character 1: not a number"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct formula *formula = NULL;
        failure_clear();
        if (formula_parse(known[i].text, &formula) != STATUS_USAGE || formula != NULL ||
            strstr(failure_message(), known[i].sentence) == NULL) {
            fail_msg("'%s': %s", known[i].text, failure_message());
        }
    }
    failure_clear();
}

static void deep_and_long_formulas_are_refused(void **state)
{
    (void)state;
    enum { LENGTH = 20000 };
    static char text[LENGTH + 2];
    static const char *const patterns[] = {"(", "-", "a+", "a^", "exp("};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct formula *formula = NULL;
        size_t step = strlen(patterns[i]);
        for (size_t at = 0; at < LENGTH; at++) {
            text[at] = patterns[i][at % step];
        }
        text[LENGTH / step * step] = '\0';
        failure_clear();
        assert_int_equal(formula_parse(text, &formula), STATUS_USAGE);
        assert_null(formula);
    }
    failure_clear();
}

/* ---- the graph ---------------------------------------------------------------------------- */

static const char *const formulas[] = {
    "a * b + c", "a - b * c / a", "a^2 + a^b", "min(a, b) * max(b, c)", "exp(-a) + log(c) * sqrt(b)",
    "sin(a) * cos(b) - abs(b - c)", "(a + b) * (a + b) / (a + b)", "a", "3 + 4 * 2", "a - a", "a * a",
};
enum { FORMULAS = sizeof formulas / sizeof formulas[0], DRAWS = 37 };

struct seen {
    double inputs[INPUTS][DRAWS], results[FORMULAS + 1][DRAWS];
    int64_t asked, first;
};

static void give_input(void *context, int32_t number, int64_t draws, double *values)
{
    struct seen *seen = context;
    memcpy(values, seen->inputs[number] + seen->first, (size_t)draws * sizeof *values);
    seen->asked++;
}

static void take_result(void *context, int64_t result, int64_t draws, const double *values)
{
    struct seen *seen = context;
    memcpy(seen->results[result] + seen->first, values, (size_t)draws * sizeof *values);
}

static void make_graph(struct graph **graph, struct formula **parsed, graph_node *nodes)
{
    assert_int_equal(graph_create(graph), STATUS_OK);
    for (int i = 0; i < FORMULAS; i++) {
        assert_int_equal(formula_parse(formulas[i], &parsed[i]), STATUS_OK);
        nodes[i] = to_graph(*graph, parsed[i], parsed[i]->count - 1);
    }
    nodes[FORMULAS] = nodes[2]; /* the same result a second time */
    assert_int_equal(graph_plan(*graph, nodes, FORMULAS + 1), STATUS_OK);
}

static void blocks_give_what_the_tree_gives(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct formula *parsed[FORMULAS];
    graph_node nodes[FORMULAS + 1];
    static struct seen seen;
    make_graph(&graph, parsed, nodes);
    for (int k = 0; k < INPUTS; k++) {
        for (int i = 0; i < DRAWS; i++) {
            seen.inputs[k][i] = point[k] + 0.01 * (i * (k + 2) % DRAWS);
        }
    }
    double *blocks = calloc((size_t)graph_blocks(graph) * DRAWS, sizeof *blocks);
    const struct graph_traffic traffic = {&seen, give_input, take_result};
    for (int64_t length = 1; length <= DRAWS; length += 12) { /* however draws are cut */
        memset(seen.results, 0, sizeof seen.results);
        for (seen.first = 0; seen.first < DRAWS; seen.first += length) {
            int64_t draws = seen.first + length <= DRAWS ? length : DRAWS - seen.first;
            seen.asked = 0;
            graph_evaluate(graph, draws, &traffic, blocks);
            assert_int_equal(seen.asked, INPUTS); /* each once, however often it is used */
        }
        for (int i = 0; i < FORMULAS; i++) {
            for (int draw = 0; draw < DRAWS; draw++) {
                double inputs[INPUTS] = {seen.inputs[0][draw], seen.inputs[1][draw],
                                         seen.inputs[2][draw]};
                double expected = value_of(parsed[i], parsed[i]->count - 1, inputs);
                assert_true(seen.results[i][draw] == expected); /* the same operations: to the bit */
            }
        }
        assert_memory_equal(seen.results[FORMULAS], seen.results[2], sizeof seen.results[2]);
    }
    free(blocks);
    graph_destroy(&graph);
    for (int i = 0; i < FORMULAS; i++) {
        formula_destroy(&parsed[i]);
    }
}

static void equal_parts_are_one_node(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    assert_int_equal(graph_create(&graph), STATUS_OK);
    graph_node a = graph_input(graph, 0), b = graph_input(graph, 1);
    graph_node sum = graph_apply(graph, GRAPH_ADD, a, b);
    assert_int_equal(graph_apply(graph, GRAPH_ADD, a, b), sum);
    assert_int_equal(graph_apply(graph, GRAPH_MULTIPLY, sum, graph_constant(graph, 1)), sum);
    graph_node six = graph_apply(graph, GRAPH_MULTIPLY, graph_constant(graph, 2),
                                 graph_constant(graph, 3));
    assert_int_equal(six, graph_constant(graph, 6));
    for (int i = 0; i < 1000; i++) { /* the table of nodes grows */
        sum = graph_apply(graph, GRAPH_ADD, sum, graph_constant(graph, i + 0.5));
    }
    assert_int_equal(graph_input(graph, 0), a);
    assert_int_equal(graph_plan(graph, &sum, 1), STATUS_OK);
    assert_true(graph_needs(graph, 0) && graph_needs(graph, 1) && !graph_needs(graph, 2));
    assert_true(graph_blocks(graph) <= 3); /* a chain of sums hands its block on */
    graph_destroy(&graph);
}

static void gradients_equal_central_differences(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct formula *parsed[FORMULAS];
    graph_node nodes[FORMULAS + 1];
    make_graph(&graph, parsed, nodes);
    size_t count = (size_t)graph_count(graph);
    double *values = calloc(count, sizeof *values), *adjoint = calloc(count, sizeof *adjoint);
    const double h = 1e-5;
    graph_point(graph, point, values);
    for (int i = 0; i < FORMULAS; i++) {
        double gradient[INPUTS] = {0};
        graph_gradient(graph, nodes[i], values, adjoint, gradient);
        for (int k = 0; k < INPUTS; k++) {
            double up[INPUTS], down[INPUTS];
            memcpy(up, point, sizeof up);
            memcpy(down, point, sizeof down);
            up[k] += h;
            down[k] -= h;
            int root = parsed[i]->count - 1;
            double slope = (value_of(parsed[i], root, up) - value_of(parsed[i], root, down)) / (2 * h);
            /* h^2 / 6 of a third derivative below 100, and roundings of values below 20 over h. */
            assert_true(fabs(slope - gradient[k]) < 100 * h * h / 6 + 20 * 0x1p-52 / h);
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(adjoint[i] == 0);
    }
    free(values);
    free(adjoint);
    graph_destroy(&graph);
    for (int i = 0; i < FORMULAS; i++) {
        formula_destroy(&parsed[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(operators_bind_as_in_mathematics),
    cmocka_unit_test(names_take_members_of_indices),
    cmocka_unit_test(mistakes_are_told_with_their_character),
    cmocka_unit_test(deep_and_long_formulas_are_refused),
    cmocka_unit_test(blocks_give_what_the_tree_gives),
    cmocka_unit_test(equal_parts_are_one_node),
    cmocka_unit_test(gradients_equal_central_differences),
};

TESTING_MAIN(tests)
