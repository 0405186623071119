/* airshed -- GPL-3.0-or-later. Arithmetic over many draws at once: a graph of what depends on what, in
 * which equal parts are one (P3.09).
 *
 * Nodes are numbered in the order in which they are made; operands are older than what uses them.
 * Asking for an operation that is there already, on the same operands, gives the node that is there;
 * one on constants gives a constant. One graph serves the point estimate (blocks of one draw), the Monte
 * Carlo run (blocks of many) and error propagation (graph_gradient()).
 */
#ifndef AIRSHED_KERNELS_GRAPH_H
#define AIRSHED_KERNELS_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum graph_operation {
    GRAPH_CONSTANT,
    GRAPH_INPUT,
    GRAPH_ADD,
    GRAPH_SUBTRACT,
    GRAPH_MULTIPLY,
    GRAPH_DIVIDE,
    GRAPH_POWER,
    GRAPH_MINIMUM,
    GRAPH_MAXIMUM,
    GRAPH_NEGATE, /**< from here on one operand */
    GRAPH_EXP,
    GRAPH_LOG,
    GRAPH_SQRT,
    GRAPH_ABS,
    GRAPH_SIN,
    GRAPH_COS,
};

struct graph;

/** A node; GRAPH_NONE where there was no memory, which graph_plan() tells. Functions that make nodes
 *  take GRAPH_NONE as an operand and give it back. */
typedef int32_t graph_node;
enum { GRAPH_NONE = -1 };

/** An empty graph. @return STATUS_OK or STATUS_MEMORY; release with graph_destroy() */
enum status graph_create(struct graph **graph);

/** Releases a graph and sets it to NULL; NULL is allowed. */
void graph_destroy(struct graph **graph);

graph_node graph_constant(struct graph *graph, double value);

/** The node of input @p number: 0, 1 ... as the caller counts them. */
graph_node graph_input(struct graph *graph, int32_t number);

/** @p second is not looked at where the operation has one operand. */
graph_node graph_apply(struct graph *graph, enum graph_operation operation, graph_node first,
                       graph_node second);

/** Nodes so far. */
int32_t graph_count(const struct graph *graph);

/** Chooses the results: only what they need is computed, and memory for a block is handed from a node
 *  to the next as soon as nobody needs it any more.
 *
 *  @param[in] results  [count] nodes; the same one may come twice
 *  @return STATUS_OK, or STATUS_MEMORY also for earlier lack of memory
 */
enum status graph_plan(struct graph *graph, const graph_node *results, int64_t count);

/** Blocks of doubles that graph_evaluate() needs at once. */
int64_t graph_blocks(const struct graph *graph);

/** Whether the results need input @p number. */
int graph_needs(const struct graph *graph, int32_t number);

/** Sets @p needed [inputs] true for the inputs that @p node depends on, and leaves the others.
 *  @param[in,out] mark  [graph_count()], scratch: zeros before and after */
void graph_inputs_of(const struct graph *graph, graph_node node, char *mark, bool *needed);

/** Where blocks come from and go to. */
struct graph_traffic {
    void *context;
    /** Fills @p values [draws] of input @p number; asked once for each that is needed. */
    void (*input)(void *context, int32_t number, int64_t draws, double *values);
    /** Takes @p values [draws] of result @p result, which are gone after the call. */
    void (*result)(void *context, int64_t result, int64_t draws, const double *values);
};

/** Evaluates the plan for @p draws draws: each draw for itself, so that it does not matter how draws
 *  are cut into blocks. Divisions by 0 and the like give infinities or NaN, as IEEE 754 says.
 *
 *  @param[out] blocks  [graph_blocks() * draws], scratch
 */
void graph_evaluate(const struct graph *graph, int64_t draws, const struct graph_traffic *traffic,
                    double *blocks);

/** Values of all nodes at one point, whether planned or not.
 *
 *  @param[in]  inputs  by number
 *  @param[out] values  [graph_count()]
 */
void graph_point(const struct graph *graph, const double *inputs, double *values);

/** Adds to @p gradient the derivatives of @p node with respect to the inputs at the point of @p values
 *  (reverse mode, one sweep). Where min, max or abs have a kink, that of the first operand.
 *
 *  @param[in]     values    of graph_point()
 *  @param[in,out] adjoint   [graph_count()], scratch: zeros before and after
 *  @param[in,out] gradient  by number of input
 */
void graph_gradient(const struct graph *graph, graph_node node, const double *values,
                    double *adjoint, double *gradient);

#endif
