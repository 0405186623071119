/* airshed -- GPL-3.0-or-later. inventory: what a config says, read and checked (P3.01-P3.09).
 *
 * configs/coal-metals.yaml shows the format with comments. A model is read by every rank from the same
 * files, so all have the same one. It is made in this order, and each step refuses what it finds wrong
 * with file, line and column:
 *
 *   model.c    the config: indices, parameters, sources, formulas
 *   tables.c   its tables and values as entries
 *   printed.c  printed numbers to compare with
 *   values.c   one struct inventory_value for an entry, or for entries that are samples
 *   lookup.c   which value a parameter has in a cell (P3.04)
 *   units.c    dimensions of the formulas (P3.05-P3.07)
 *   graph.c    one graph of all results over all values (P3.09)
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_MODEL_H
#define AIRSHED_COMMANDS_INVENTORY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/status.h"
#include "base/text.h"
#include "base/unit.h"
#include "flow/job.h"
#include "kernels/formula.h"
#include "report/printed.h"

/** Indices: the first four are there always, those of `indices:` follow. */
enum {
    INDEX_PROVINCE,
    INDEX_YEAR,
    INDEX_SPECIES,
    INDEX_SOURCE,
    INDEX_OWN,      /**< the first of the config's own */
    INDEX_MAX = 10, /**< most indices */
};

struct inventory_index {
    const char *name;         /**< "province" */
    struct text_list members; /**< as the config spells them */
};

/** In the place of a member. */
enum {
    KEY_ANY = -1,      /**< the value holds for all members */
    KEY_NATIONAL = -2, /**< of INDEX_PROVINCE: the nation as a whole */
    KEY_DEFAULT = -3,  /**< of INDEX_PROVINCE: a default of the literature, the last resort */
};

/** One member of every index, or KEY_ANY where an index is not bound. */
struct inventory_key {
    int32_t member[INDEX_MAX];
};

enum parameter_kind { PARAMETER_FACTOR, PARAMETER_ACTIVITY, PARAMETER_SHARE, PARAMETER_NUMBER };

struct inventory_parameter {
    const char *name;
    enum parameter_kind kind;
    const char *units; /**< of its values; "1" for shares */
    struct unit *unit;
    bool by[INDEX_MAX];
    bool one_draw[INDEX_MAX]; /**< values that differ in this index alone are one draw */
    const char *spread;       /**< distribution of values that have none; NULL: fixed */
    int share_index;          /**< shares over this index make at most 1, -1: none */
    bool share_is_complete;   /**< ... or make 1 */
    bool missing_is_zero;     /**< `missing: zero`: provinces that are absent have none */
    const struct config_node *node;
};

/** Where a value was found (P3.04), first to last. */
enum lookup_level {
    LEVEL_PROVINCE_YEAR,
    LEVEL_PROVINCE,
    LEVEL_NATIONAL_YEAR,
    LEVEL_NATIONAL,
    LEVEL_DEFAULT,
    LEVEL_ZERO, /**< nowhere, and `missing: zero` */
    LEVEL_COUNT
};
extern const char *const inventory_level_names[LEVEL_COUNT];

enum sample_meaning {
    SAMPLES_NONE,
    SAMPLES_MEAN,  /**< the uncertainty of their mean */
    SAMPLES_PLANTS /**< the spread between them (P3.11) */
};

/** One value of a parameter: a row of a table, or the rows that are its samples. */
struct inventory_value {
    int32_t parameter;
    struct inventory_key key;
    double value;       /**< in the parameter's units; of samples their mean */
    char *distribution; /**< as it was written; NULL: that of the parameter */
    double factor;        /**< from the unit of its row to the parameter's */
    double sd, low, high; /**< columns of these names, in the parameter's units; NaN where absent */
    enum sample_meaning meaning;
    double *samples;    /**< [sample_count] */
    int64_t sample_count, sample_room;
    char *place;        /**< "power.csv, line 7, column 'value'" */
    char *reference;    /**< NULL: none */
    uint64_t identity;  /**< of its draws: parameter and key, never the order of tables */
};

/** What became of a table, for inputs.csv: nothing is dropped in silence. */
struct inventory_table {
    const char *file; /**< as the config names it */
    char *path, *sheet;
    char *identity;   /**< for the fingerprint */
    int64_t rows, used;
    int64_t left_out;    /**< rows, by where and leave_out */
    int64_t other_years; /**< values of years that the inventory does not have */
    int64_t empty;       /**< cells without a value */
    double used_sum, left_out_sum, other_years_sum; /**< of the numbers as written */
    char *units; /**< of the first of them; NULL: none given */
};

struct inventory_source {
    const char *name, *category, *receptor;
    bool is_national; /**< no provinces (P3.25) */
    int *formula;     /**< [species], of the model's formulas; -1: does not emit it */
    const struct config_node *node;
};

/** A formula of a source or a quantity. */
struct inventory_formula {
    const char *name;               /**< "quantity 'coal'", for sentences */
    const struct config_node *node; /**< its text */
    struct formula *parsed;
    struct unit *unit;   /**< of what it gives; set by inventory_units_check() */
    double *scale;       /**< [nodes, 2], factors that bring the operands to one unit */
    double to_results;   /**< factor from its unit to that of the results */
    int quantity;        /**< the quantity it is, -1: that of a source */
};

/** How draws come to be correlated; see inputs.h. */
enum correlation_method { CORRELATION_IMAN_CONOVER, CORRELATION_GAUSSIAN_COPULA, CORRELATION_METHODS };
extern const char *const inventory_correlation_methods[CORRELATION_METHODS];

struct inventory_correlation {
    enum correlation_method method;
    int *parameters; /**< [count] */
    int count;
    double *matrix; /**< [count, count], of ranks */
    const struct config_node *node;
};

/** Which result a printed number is. */
enum printed_statistic {
    PRINTED_TOTAL,
    PRINTED_MEAN,         /**< of the years */
    PRINTED_SHARE,        /**< of the total of the nation, % */
    PRINTED_PART,         /**< of the total of the category of a source, % */
    PRINTED_CHANGE,       /**< of a total since the first year, % */
    PRINTED_SHARE_CHANGE, /**< of a share since then, as a ratio of shares, % */
    PRINTED_MINUS,        /**< lower end of a total's interval less its mean, % of the mean */
    PRINTED_PLUS,         /**< upper end, the same */
    PRINTED_STATISTICS
};
extern const char *const inventory_statistic_names[PRINTED_STATISTICS];

struct inventory_printed {
    const char *id, *printed_at; /**< "" where nothing is given; where the paper prints it */
    char *label, *place;         /**< what it is; where it was read */
    enum printed_statistic statistic;
    struct inventory_key key;
    int category, receptor, region; /**< -1: all */
    double value;     /**< in the units of the results, or in % */
    double half;      /**< half a unit of its last digit, in the same */
};

struct inventory_model {
    struct config_node *root;
    const char *path;
    const char *tables_folder; /**< where its tables are looked for first; NULL: none */
    bool leaves_asked;         /**< tables with `asks` are not read: their stand-in is being made */
    bool is_synthetic;         /**< some value is a stand-in, see template.h */
    char *synthetic_title;     /**< the title then, which says so; NULL otherwise */
    const char *title, *units;
    struct unit *unit;
    struct inventory_index *indices; /**< [index_count] */
    int index_count;
    struct text_list regions;
    int *region_of; /**< [provinces] */
    int *year;      /**< [years], as numbers */
    struct inventory_parameter *parameters;
    int parameter_count;
    struct inventory_formula *formulas; /**< quantities first, in the order of the config */
    int formula_count, quantity_count;
    struct inventory_source *sources;
    int source_count;
    struct text_list categories, receptors;
    struct inventory_value *values;
    int64_t value_count, value_room;
    int64_t *slots; /**< hash of values by parameter and key */
    int64_t slot_count;
    struct inventory_table *tables;
    int table_count;
    struct inventory_correlation *correlations;
    int correlation_count;
    struct inventory_printed *printed;
    int64_t printed_count, printed_room;
    struct text_list printed_files; /**< that printed numbers were read from */
    struct printed *papers; /**< [paper_count], with the checks of their numbers */
    int paper_count;
};

/** Reads and checks the config at @p path with all its tables. Tables, polygons and proxies whose file name
 *  is in @p folder (NULL: none) are read from there. Local.
 *  @return STATUS_USAGE for the config, STATUS_DATA for a table, each with file, line and column */
enum status inventory_model_read(const char *path, const char *folder, bool content_hash,
                                 struct inventory_model *model);

/** The same without tables, values and printed numbers. */
enum status inventory_model_read_frame(const char *path, struct inventory_model *model);

/** Where the file lies that @p node names under @p key: in the folder of tables, if one of its name is there,
 *  or where the config says. Released with free(). @return STATUS_USAGE where none is named */
enum status inventory_file(const struct inventory_model *model, const struct config_node *node,
                           const char *key, char **path);

/** Releases all of it; a model of zeros is allowed. */
void inventory_model_clear(struct inventory_model *model);

/** Number of @p name among the members of an index; -1 where it is none. */
int inventory_member(const struct inventory_index *index, const char *name);

/** Index called @p name; -1 where there is none. */
int inventory_index_find(const struct inventory_model *model, const char *name);

/** Parameter, or quantity, called @p name; -1 where there is none. */
int inventory_parameter_find(const struct inventory_model *model, const char *name);
int inventory_quantity_find(const struct inventory_model *model, const char *name);

/** Dimensions of all formulas: fills unit, scale and to_results, and refuses unknown names, circles and
 *  units that do not fit, with file, line and column (P3.05-P3.07). */
enum status inventory_units_check(struct inventory_model *model);

/** Place of a node of a formula: "file:line:column: formula of 'coal', character 7 ('coal * ...')".
 *  Released with free(). */
enum status inventory_formula_place(const struct inventory_formula *formula, int node, char **place);

/** Finds the value of @p parameter in a cell: the keys of @p cell that the parameter varies by, then with
 *  keys left open, at each level of P3.04. An activity of a province is looked for in the province only.
 *  @return the level; LEVEL_COUNT where there is none. *@p value is its number, -1 for LEVEL_ZERO */
enum lookup_level inventory_lookup(const struct inventory_model *model, int parameter,
                                   const struct inventory_key *cell, int64_t *value);

/** "Hebei, 2015, PC" of the keys that @p parameter varies by. @return @p buffer */
const char *inventory_key_text(const struct inventory_model *model, int parameter,
                               const struct inventory_key *key, char *buffer, size_t bytes);

#endif
