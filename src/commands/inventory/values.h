/* airshed -- GPL-3.0-or-later. inventory: the values of a model and where they come from. */
#ifndef AIRSHED_COMMANDS_INVENTORY_VALUES_H
#define AIRSHED_COMMANDS_INVENTORY_VALUES_H

#include "model.h"
#include "io/table.h"

/** What an entry can say beside a member of each index. */
enum {
    FIELD_PARAMETER = INDEX_MAX,
    FIELD_VALUE,
    FIELD_UNIT,
    FIELD_DISTRIBUTION,
    FIELD_SD,
    FIELD_LOW,
    FIELD_HIGH,
    FIELD_REFERENCE,
    FIELD_LABEL,
    FIELDS
};

/** One statement of a value: a row of a table, or an item of a list of the config. */
struct inventory_entry {
    const char *text[FIELDS];        /**< without outer blanks; NULL or "": nothing said */
    const struct config_node *node;  /**< of the item, or of the table in the config */
    const struct table *table;       /**< NULL: an item of the config */
    int64_t row;
    int64_t col[FIELDS];             /**< columns of the table, -1: not in it */
    const struct config_node *set[FIELDS]; /**< what `set` of the table says, NULL: nothing */
    const struct config_node *spellings;
    bool ignores_case;
    enum sample_meaning meaning;
    int table_number;                /**< in the model, -1: none */
};

/** Reads every table and value of the config into the model. */
enum status inventory_values_read(struct inventory_model *model, bool content_hash);

/** What a field is called in tables and items; NULL for an index that the model does not have. */
const char *inventory_field_name(const struct inventory_model *model, int field);

/** Place of a field of an entry: "power.csv, line 7, column 'value'", or "config.yaml:7:3".
 *  @return @p buffer */
const char *inventory_entry_place(const struct inventory_entry *entry, int field, char *buffer,
                                  size_t bytes);

enum entry_outcome { ENTRY_USED, ENTRY_OTHER_YEAR, ENTRY_EMPTY };

/** Checks an entry and adds its value to the model; *@p number is its number as written.
 *  @return STATUS_DATA with the place for whatever is wrong with it */
enum status inventory_entry_add(struct inventory_model *model, const struct inventory_entry *entry,
                                enum entry_outcome *outcome, double *number);

/** Hands each entry of a table of printed numbers, which @p node of the config names, to @p take, row by
 *  row, without rows that do not count. */
enum status inventory_table_entries(struct inventory_model *model, const struct config_node *node,
                                    enum status (*take)(struct inventory_model *model,
                                                        const struct inventory_entry *entry));

/** The entry that an item of a list of the config is; keys in @p others (ends with NULL) are left to the
 *  caller, other unknown ones refused. */
enum status inventory_entry_from_node(const struct inventory_model *model,
                                      const struct config_node *node, const char *const *others,
                                      struct inventory_entry *entry);

/** Reads an item of `printed`: a number, a table of numbers, or a paper's file of printed numbers
 *  (report/printed.h). */
enum status inventory_printed_read(struct inventory_model *model, const struct config_node *node);

/** The key of an entry: KEY_ANY where it says nothing. With *@p is_other_year its year is none of the
 *  inventory's. */
enum status inventory_entry_key(const struct inventory_model *model,
                                const struct inventory_entry *entry, struct inventory_key *key,
                                bool *is_other_year);

/** The number of an entry's field; NaN where it says nothing. */
enum status inventory_entry_number(const struct inventory_entry *entry, int field, double *number);

/** Value of @p parameter with just this key; -1 where there is none. */
int64_t inventory_value_find(const struct inventory_model *model, int parameter,
                             const struct inventory_key *key);

#endif
