/* airshed -- GPL-3.0-or-later. inventory: its tables, empty or filled with a stand-in.
 *
 * A table of a config may say what it asks of the user:
 *
 *   - file: coal.csv
 *     asks:
 *       - {parameter: amount, source: [coal.RC, coal.CK], about: "coal burnt", unit: 10^4 t,
 *          synthetic: {total: 400000, spread: 0.8, scale: printed}}
 *
 * The template has a row for each combination of members: of every index that the parameter varies by,
 * or those that the item names; `any` leaves an index open. A table without `asks` is asked for the
 * parameter in its `set`. Columns have the names by which the table will be read again.
 *
 * `synthetic` says what a stand-in is like:
 *   value     of every row; or
 *   total     of the nation, each year, which provinces share at random
 *   spread    standard deviation of the logarithm between provinces (0)
 *   yearly    the same between years (0)
 *   change    per cent a year (0)
 *   scale: printed   amounts of each source and year are multiplied so that its national total is the one
 *                    among `printed`; between printed years the totals are interpolated
 *   scale: rest      the same, so that all sources of such asks together have what the others leave of the
 *                    printed total of the nation; years without one share what the printed sum of all years
 *                    has beyond those that have
 *   samples   rows of each key, in a table whose `samples` says what they mean; they differ by `spread`
 *   distribution, sd  as columns of tables have them
 * Values have four digits and each row the reference "synthetic, seed N".
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_TEMPLATE_H
#define AIRSHED_COMMANDS_INVENTORY_TEMPLATE_H

#include "flow/job.h"
#include "model.h"

/** One row. */
struct template_row {
    const struct config_node *ask; /**< NULL: of a table without asks */
    int parameter;                 /**< -1: not known, a row of blanks is left */
    struct inventory_key key;
    int sample;   /**< number of the row among those of its key */
    double value; /**< in @c unit of the row; NaN: empty */
};

/** What a column of a template holds. */
struct template_column {
    char *name;
    int field;        /**< as in values.h; -1: @c text in every row */
    const char *text; /**< "" for values of wide tables */
};

enum {
    TEMPLATE_COLUMNS_MAX = 200
};

struct template_table {
    const struct config_node *node;
    const char *name; /**< of the file */
    struct template_column columns[TEMPLATE_COLUMNS_MAX];
    int column_count;
    int wide_index;            /**< -1: none */
    struct template_row *rows; /**< [row_count] */
    int64_t row_count, row_room;
};

struct inventory_template {
    const struct inventory_model *model;
    bool is_standin;
    struct template_table *tables; /**< [table_count] */
    int table_count;
};

/** The templates of the tables of @p model, of which the frame is enough.
 *  @param[in] is_standin  leave out tables without `asks`, and have a row for each sample */
enum status inventory_template_create(const struct inventory_model *model, bool is_standin,
                                      struct inventory_template *template);

void inventory_template_clear(struct inventory_template *template);

/** Fills the rows as `synthetic` says, and adds them to the values of the model, which has read the
 *  other tables (leaves_asked).
 *  @return STATUS_USAGE where a row has no `synthetic`, STATUS_DATA where the config needs more than it
 *          asks for */
enum status inventory_standin_fill(struct inventory_model *model, uint32_t seed,
                                   struct inventory_template *template);

/** Unit of a row's value, as the ask says, or that of the parameter. */
const char *inventory_template_unit(const struct inventory_model *model,
                                    const struct template_row *row);

/** Writes the tables of the config at @p path to --output as a stage of @p job, empty or as a stand-in.
 *  Collective. */
enum status inventory_template_make(const struct job *job, const char *path, bool is_synthetic);

#endif
