/* airshed -- GPL-3.0-or-later. Formulas as text: parsed into a tree that knows its places (P3.09). */
#ifndef AIRSHED_KERNELS_FORMULA_H
#define AIRSHED_KERNELS_FORMULA_H

#include <stdint.h>

#include "base/status.h"

/** What a node of a formula is. */
enum formula_operation {
    FORMULA_NUMBER,
    FORMULA_NAME, /**< a parameter or a quantity, with selectors: release[PC], removal[device=FF] */
    FORMULA_ADD,
    FORMULA_SUBTRACT,
    FORMULA_MULTIPLY,
    FORMULA_DIVIDE,
    FORMULA_POWER,
    FORMULA_NEGATE,
    FORMULA_MINIMUM,
    FORMULA_MAXIMUM,
    FORMULA_EXP,
    FORMULA_LOG, /**< natural */
    FORMULA_SQRT,
    FORMULA_ABS,
    FORMULA_SIN, /**< of radians */
    FORMULA_COS,
    FORMULA_SUM,     /**< over the members of index @c name */
    FORMULA_PRODUCT, /**< the same */
};

enum {
    FORMULA_SELECTORS_MAX = 6,
    FORMULA_NODES_MAX = 4096,
    FORMULA_DEPTH_MAX = 100, /**< of parentheses and functions within one another */
};

/** [MEMBER] has no index; in [INDEX=MEMBER] the member may also be the name of an index. */
struct formula_selector {
    char *index, *member; /**< index may be NULL */
};

struct formula_node {
    enum formula_operation operation;
    int column;            /**< of its first character, or of its operator, from 1 */
    double number;         /**< NUMBER */
    char *name;            /**< NAME, SUM, PRODUCT */
    int first, second;     /**< operands as numbers of nodes, -1 where it has none; first < own number */
    int selector_count;    /**< NAME */
    struct formula_selector selector[FORMULA_SELECTORS_MAX];
};

/** A formula. Operands come before what uses them, so the root is the last node. */
struct formula {
    struct formula_node *nodes; /**< [count] */
    int count;
};

/** Parses @p text. From weakest to strongest: + and -; * and /; unary -; ^, which joins to the right, so
 *  that -2^2 is -4 and 2^3^2 is 512. Names are letters, digits and _, and begin with a letter or _ (any
 *  byte above 127 is a letter). Functions: min and max of two or more, exp, log, sqrt, abs, sin, cos,
 *  sum(INDEX, x), product(INDEX, x). A member of an index is a name, a number, or a text in quotes.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_USAGE with "character N: what is wrong"; release with
 *          formula_destroy()
 */
enum status formula_parse(const char *text, struct formula **formula);

/** Releases a formula and sets it to NULL; NULL is allowed. */
void formula_destroy(struct formula **formula);

/** Name of a function or the sign of an operator, for sentences. */
const char *formula_operation_name(enum formula_operation operation);

#endif
