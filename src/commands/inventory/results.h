/* airshed -- GPL-3.0-or-later. inventory: all results in one structure, and the graph that gives them.
 *
 * Every product is written from here: tables now, and whoever draws figures or spreads totals over a
 * grid finds the totals with their intervals here, too. A result is a total, a share of one, or a
 * change of either, of some species, source (or category, or receptor), place and year. Equal results
 * share a slot, in which their draws and statistics stand once.
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_RESULTS_H
#define AIRSHED_COMMANDS_INVENTORY_RESULTS_H

#include <math.h>
#include <stdint.h>

#include "model.h"
#include "kernels/graph.h"

enum result_kind {
    RESULT_TOTAL,        /**< in the units of the inventory */
    RESULT_SHARE,        /**< of the total of the same species and year, % */
    RESULT_CHANGE,       /**< of a total since base_year, % */
    RESULT_SHARE_CHANGE, /**< of a share since base_year, as a ratio of shares, % (P3.20) */
};

/** What a result is about besides place and time. */
enum result_subject { SUBJECT_ALL, SUBJECT_SOURCE, SUBJECT_CATEGORY, SUBJECT_RECEPTOR };

enum result_place { PLACE_ALL, PLACE_PROVINCE, PLACE_REGION };

struct inventory_result {
    enum result_kind kind;
    enum result_subject subject;
    int subject_member; /**< of sources, categories or receptors; -1 for SUBJECT_ALL */
    enum result_place place;
    int place_member; /**< province (KEY_NATIONAL: sources without provinces), region; -1 */
    int species;
    int year;      /**< member; -1: the whole period */
    int base_year; /**< of changes; -1 */
    int64_t slot;
    char *levels; /**< "content=province; power=province-year" and so on (P3.04); NULL for shares, changes */
};

/** Statistics of a slot. */
struct inventory_statistics {
    double point;       /**< all values at their centre */
    double mean, sd;
    double median, low, high;                /**< percentiles of the level */
    double median_error, low_error, high_error, mean_error; /**< standard errors of these */
    double propagated_sd; /**< by error propagation (IPCC approach 1) */
    int64_t undefined;    /**< draws that are no number (a share of nothing), left out of the others */
};

struct inventory_results {
    const struct inventory_model *model;
    struct graph *graph;
    struct inventory_result *results; /**< [count] */
    int64_t count, room;
    graph_node *node;  /**< [slots] */
    int64_t slot_count, slot_room;
    int64_t *slot_of; /**< [nodes], -1: none */
    int32_t slot_nodes;
    int32_t *input_value; /**< [inputs], value of the model that an input is */
    int32_t input_count;
    int32_t *input_of; /**< [values of the model], input, -1: constant or not used */
    bool *is_used;     /**< [values of the model] */
    struct inventory_statistics *statistics; /**< [slots]; NULL before inventory_points() */
    int64_t missing;
    struct text missing_text, missing_keys;
};

/** Makes the graph of all results. @p is_uncertain [values] says which values are inputs; the others are
 *  constants.
 *  @return STATUS_DATA naming the values that are missing, STATUS_USAGE for formulas that leave an index
 *          open */
enum status inventory_results_create(struct inventory_model *model, const bool *is_uncertain,
                                     struct inventory_results *results);

void inventory_results_clear(struct inventory_results *results);

/** The result with these members; NULL where there is none. */
const struct inventory_result *inventory_result_find(const struct inventory_results *results,
                                                     const struct inventory_result *like);

#endif
