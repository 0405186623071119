/* airshed -- GPL-3.0-or-later. explain: one cell in the products of a run.
 *
 * A product with the cell that is looked at is a part. Its explainer opens the inputs of the stage that
 * made it, computes the cell anew by the stage's own functions, and hands every number to part_check(),
 * which sets it beside the map's. What a part comes to is kept as JSON: it travels from the rank that
 * computed it to rank 0, which makes of all parts the result (output.c).
 */
#ifndef AIRSHED_COMMANDS_EXPLAIN_EXPLAIN_H
#define AIRSHED_COMMANDS_EXPLAIN_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/status.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/run.h"
#include "io/dataset.h"
#include "report/figure.h"
#include "report/products.h"

struct cell_part;

/** How products of a command are explained. */
struct explainer {
    const char *command;
    const char *variable; /**< that a NetCDF file of the product has; "*": any */
    const char *title;
    const char *data;   /**< a variable that has values wherever there is pollution; NULL: none */
    enum status (*explain)(struct cell_part *part);
};

/** In the order of the result; ends with a row whose command is NULL. */
extern const struct explainer explainers[];

/** One product at one cell. */
struct cell_part {
    const struct explainer *explainer;
    const struct product *product;
    const char *file;        /**< NetCDF file of the product with the explainer's variable */
    struct options *options; /**< that the product was made with */
    bool is_outside;         /**< the point lies outside its grid: there is nothing to explain */
    struct dataset *stored;  /**< the file */
    int variable;            /**< the explainer's variable in it */
    int64_t row, col;        /**< of the cell */

    /* While it is explained */
    struct job job; /**< of the stage that made the product, on this rank alone */
    struct flow_item *item;
    json_t *facts, *numbers, *series, *notes;
    bool failed; /**< no memory for the facts */
};

/* ---- finding parts (chain.c) -------------------------------------------------------- */

/** What explain looks at. */
struct chain {
    struct products products;
    struct cell_part *part; /**< [count] */
    int64_t count;
};

/** Reads the products of a folder and those of @p files, and all products that these were made of; makes
 *  the options that each was made with, opens their files and finds the cell that holds the point.
 *  Local. @return STATUS_DATA where there is nothing to explain, or the point lies outside all grids */
enum status chain_open(const struct job *job, const char *folder, const struct text_list *files,
                       double lon, double lat, struct chain *chain);
void chain_clear(struct chain *chain);

/** Looks whether pollution has a value in the cell. @return STATUS_DATA where it has none at all */
enum status chain_check_data(const struct chain *chain);

/** Explains @p part into its facts. Local. */
enum status part_explain(struct cell_part *part, const struct job *job, struct flow_item *item);

/* ---- numbers (part.c) --------------------------------------------------------------- */

/** How a number came about: words of the result. */
#define VERDICT_EQUAL "equal"     /**< computed anew: rounded to float it is the map's */
#define VERDICT_DIFFERS "differs" /**< it is not */
#define VERDICT_READ "read"       /**< from the map, not computed anew */
#define VERDICT_NO_MAP "no map"   /**< computed, and no map holds it */

/** A series of the cell: step t is at values[t * stride]. */
struct part_values {
    const double *values;
    int64_t stride;
};

/** Sets the steps of the part's series. */
void part_time(struct cell_part *part, const struct time_axis *time);

/** A computed number, beside the map of @p variable (its layer @p layer; -1: it has none). @p label
 *  names the layer; NULL allowed. */
enum status part_check(struct cell_part *part, const char *variable, int layer, const char *label,
                       double value);

/** The same of the series of a cube. */
enum status part_check_series(struct cell_part *part, const char *variable,
                              struct part_values series);

/** A number or a series that is only read. */
enum status part_read(struct cell_part *part, const char *variable, int layer, const char *label);
enum status part_read_series(struct cell_part *part, const char *variable, const char *as);

/** Those that no map holds. */
void part_number(struct cell_part *part, const char *name, const char *long_name,
                 const char *units, double value);
void part_series(struct cell_part *part, const char *name, const char *long_name,
                 const char *units, struct part_values series);

/** Says what the last number means. */
void part_meaning(struct cell_part *part, const char *text);

/** A sentence. */
void part_note(struct cell_part *part, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** True where the file has @p variable. */
bool part_has(const struct cell_part *part, const char *variable);

/** Opens the option @p label as the stage does, @p variable of it (NULL: --variable), for few cells.
 *  @return STATUS_DATA where it is not on the product's grid */
enum status part_open_input(struct cell_part *part, const char *label, const char *variable,
                            struct input **input);

/** Window of all steps of the cell. */
struct window part_window(const struct cell_part *part, int64_t steps);

/** Bounds of arrays of facts. */
void part_add(struct cell_part *part, json_t *list, json_t *item);

/* ---- stages --------------------------------------------------------------------------------- */

enum status explain_prepare(struct cell_part *part);
enum status explain_grow(struct cell_part *part);
enum status explain_stl(struct cell_part *part);
enum status explain_deweather(struct cell_part *part);
enum status explain_background(struct cell_part *part);
enum status explain_attribute(struct cell_part *part);
enum status explain_trend(struct cell_part *part);
enum status explain_moran(struct cell_part *part);

/* ---- the result (output.c, figure.c) ---------------------------------------- */

/** All parts together, and what became of the comparison. */
struct explanation {
    json_t *root;   /**< the JSON file: everything but the long series */
    json_t *series; /**< [{name, units, long_name, values}] over the dates */
    json_t *dates;  /**< of the longest axis */
    int64_t numbers, equal, differing, read, unmapped; /**< a series counts once for every step */
    char first[256]; /**< the first number that differs, in words; "" */
};

/** Puts the facts of the parts, [count], together; they are taken apart by it. */
enum status explanation_create(double lon, double lat, json_t *const *facts, int64_t count,
                               struct explanation *explanation);
void explanation_clear(struct explanation *explanation);

/** Appends it for people. */
void explanation_text(const struct explanation *explanation, struct text *text);

/** Writes the JSON file, and the series as CSV with its twin. @return STATUS_OUTPUT */
enum status explanation_write_json(const struct explanation *explanation, const char *path);
enum status explanation_write_series(const struct explanation *explanation, const char *csv,
                                     const char *json);

/** Draws the stages of the cell, the paper's Figure 4 (P2.61), below @p folder. */
enum status explanation_draw(const struct explanation *explanation, const char *folder,
                             struct picture *picture);

#endif
