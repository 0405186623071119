/* airshed -- GPL-3.0-or-later. Any bytes as a formula: refused with a place, or a tree in order. */
#include "fuzzing.h"

#include "kernels/formula.h"

static void check_node(const struct formula *formula, int number)
{
    const struct formula_node *node = &formula->nodes[number];
    bool has_name = node->operation == FORMULA_NAME || node->operation == FORMULA_SUM ||
                    node->operation == FORMULA_PRODUCT;
    bool is_leaf = node->operation == FORMULA_NUMBER || node->operation == FORMULA_NAME;
    must(node->first < number && node->second < number, "operands come first");
    must(is_leaf == (node->first < 0), "all but leaves have operands");
    must(has_name == (node->name != NULL), "names have a text");
    must(node->column >= 1, "a node knows its place");
    must(node->selector_count == 0 || node->operation == FORMULA_NAME, "names have members");
    for (int i = 0; i < node->selector_count; i++) {
        must(node->selector[i].member != NULL, "a member has a text");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct formula *formula = NULL;
    char *text = malloc(count + 1);
    must(text != NULL, "memory");
    memcpy(text, bytes, count);
    text[count] = '\0';
    if (accepts(formula_parse(text, &formula))) {
        must(formula->count >= 1 && formula->count <= FORMULA_NODES_MAX, "formulas have bounds");
        for (int i = 0; i < formula->count; i++) {
            check_node(formula, i);
        }
    }
    must(formula == NULL || formula->count > 0, "a refused formula is released");
    formula_destroy(&formula);
    free(text);
    return 0;
}
