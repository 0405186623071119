/* airshed -- GPL-3.0-or-later. inventory: what one source gives in one cell, as a node of the graph. */
#ifndef AIRSHED_COMMANDS_INVENTORY_GRAPH_H
#define AIRSHED_COMMANDS_INVENTORY_GRAPH_H

#include "results.h"

/** Nodes of the quantities of a cell, each with the members that it was built at: a quantity that several
 *  formulas use is built once. Zeros are an empty one; for any number of cells, one after the other. */
struct quantity_nodes {
    struct quantity_node *slots; /**< [slot_count], a hash; those of other cells are free */
    int64_t slot_count, used, cell;
};

void quantity_nodes_clear(struct quantity_nodes *quantities);

/** A cell being built. */
struct cell_graph {
    struct inventory_results *results;
    const bool *is_uncertain; /**< [values] */
    struct inventory_key key; /**< species, source, province (or KEY_NATIONAL) and year are bound */
    unsigned *levels;         /**< [parameters], bit 1 << level for each that was used */
    struct quantity_nodes *quantities;
};

/** Builds the formula of that number in the cell, in the units of the results. Missing values are noted
 *  in the results and stand as 0. @return STATUS_USAGE, STATUS_DATA with the place */
enum status cell_graph_build(struct cell_graph *cell, int formula, graph_node *node);

#endif
