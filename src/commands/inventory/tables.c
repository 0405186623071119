/* airshed -- GPL-3.0-or-later. inventory: tables, long or wide, as entries. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "config.h"
#include "values.h"

static int field_find(const struct inventory_model *model, const char *name)
{
    for (int field = 0; field < FIELDS; field++) {
        const char *known = inventory_field_name(model, field);
        if (known != NULL && config_key_is(known, name)) {
            return field;
        }
    }
    return config_key_is("units", name) ? FIELD_UNIT : -1;
}

/* ---- a table being read ------------------------------------------------------------------- */

enum { FILTERS_MAX = 16, WIDE_MAX = 1024 };

struct filter {
    int64_t col;
    const struct config_node *values;
    bool leaves_out;
};

struct reading {
    struct inventory_model *model;
    const struct config_node *node;
    struct table *table;
    struct inventory_table *facts; /* of values */
    enum status (*take)(struct inventory_model *, const struct inventory_entry *); /* of printed numbers */
    struct inventory_entry entry;
    const char *set[FIELDS];
    struct filter filters[FILTERS_MAX];
    int filter_count;
    int wide_index; /* -1: long */
    int64_t wide_col[WIDE_MAX];
    int wide_count;
    char (*cells)[TABLE_CELL_BYTES]; /* [FIELDS] */
};

static enum status read_set(struct reading *reading)
{
    enum status status = STATUS_OK;
    const struct config_node *set = config_find(reading->node, "set");
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct config_node *one = &set->children[i];
        int field = one->key != NULL ? field_find(reading->model, one->key) : -1;
        if (field < 0 || one->kind != CONFIG_SCALAR) {
            return inventory_complain(one, "'set' takes keys such as parameter, province, year, unit");
        }
        reading->set[field] = one->text;
        reading->entry.set[field] = one;
    }
    reading->set[FIELD_REFERENCE] = reading->set[FIELD_REFERENCE] != NULL
                                        ? reading->set[FIELD_REFERENCE]
                                        : inventory_scalar(reading->node, "reference");
    return status;
}

/* `columns` first, then columns that have a field's own name. */
static enum status find_columns(struct reading *reading)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    const struct config_node *columns = config_find(reading->node, "columns");
    int64_t *col = reading->entry.col;
    for (int field = 0; field < FIELDS; field++) {
        const char *name = inventory_field_name(reading->model, field);
        bool is_open = name != NULL && reading->set[field] == NULL;
        col[field] = is_open ? table_find(reading->table, name) : -1;
    }
    if (col[FIELD_UNIT] < 0 && reading->set[FIELD_UNIT] == NULL) {
        col[FIELD_UNIT] = table_find(reading->table, "units");
    }
    for (size_t i = 0; columns != NULL && i < columns->count; i++) {
        const struct config_node *one = &columns->children[i];
        int field = one->key != NULL ? field_find(reading->model, one->key) : -1;
        if (field < 0 || one->kind != CONFIG_SCALAR) {
            return inventory_complain(one, "'columns' takes FIELD: COLUMN, such as value: emission");
        }
        status = table_column(reading->table, one->text, &col[field]);
        if (status != STATUS_OK) {
            failure_prefix("%s", config_place(one, place));
            goto done;
        }
    }
done:
    return status;
}

static enum status add_wide(struct reading *reading, const struct config_node *node,
                            const char *name)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    FAIL_IF(reading->wide_count == WIDE_MAX, STATUS_USAGE, "%s: more than %d columns",
            config_place(node, place), WIDE_MAX);
    status = table_column(reading->table, name, &reading->wide_col[reading->wide_count++]);
    if (status != STATUS_OK) {
        failure_prefix("%s", config_place(node, place));
    }
done:
    return status;
}

/* A list of columns, or "1950-2015". */
static enum status read_wide(struct reading *reading)
{
    enum status status = STATUS_OK;
    struct text_list names = {0};
    const struct config_node *wide = config_find(reading->node, "wide");
    int first, last, taken = 0;
    char year[16];
    reading->wide_index = -1;
    if (wide == NULL) {
        return STATUS_OK;
    }
    if (wide->kind != CONFIG_MAPPING || wide->count != 1 ||
        inventory_index_find(reading->model, wide->children[0].key) < 0) {
        return inventory_complain(wide, "'wide' takes one index with its columns");
    }
    const struct config_node *list = &wide->children[0];
    reading->wide_index = inventory_index_find(reading->model, list->key);
    reading->entry.col[reading->wide_index] = -1;
    TRY(inventory_list(wide, list->key, &names));
    for (size_t i = 0; i < names.count; i++) {
        bool is_range = sscanf(names.items[i], "%4d-%4d%n", &first, &last, &taken) == 2 &&
                        names.items[i][taken] == '\0';
        if (!is_range) {
            TRY(add_wide(reading, list, names.items[i]));
        }
        for (int one = is_range ? first : 1; one <= (is_range ? last : 0); one++) {
            snprintf(year, sizeof year, "%d", one);
            TRY(add_wide(reading, list, year));
        }
    }
done:
    text_list_clear(&names);
    return status;
}

static enum status read_filters(struct reading *reading, const char *key, bool leaves_out)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    const struct config_node *filters = config_find(reading->node, key);
    for (size_t i = 0; filters != NULL && i < filters->count; i++) {
        const struct config_node *one = &filters->children[i];
        if (one->key == NULL || reading->filter_count == FILTERS_MAX) {
            return inventory_complain(one, "'%s' takes COLUMN: VALUE or [VALUES]", key);
        }
        struct filter *filter = &reading->filters[reading->filter_count++];
        *filter = (struct filter){.values = one, .leaves_out = leaves_out};
        status = table_column(reading->table, one->key, &filter->col);
        if (status != STATUS_OK) {
            failure_prefix("%s", config_key_place(one, place));
            goto done;
        }
    }
done:
    return status;
}

static enum status read_meaning(struct reading *reading)
{
    const char *meaning = inventory_scalar(reading->node, "samples");
    reading->entry.meaning = SAMPLES_NONE;
    if (meaning == NULL) {
        return STATUS_OK;
    }
    if (strcmp(meaning, "mean") == 0) {
        reading->entry.meaning = SAMPLES_MEAN;
    } else if (strcmp(meaning, "plants") == 0) {
        reading->entry.meaning = SAMPLES_PLANTS;
    } else {
        return inventory_complain(config_find(reading->node, "samples"),
                                  "'samples' is mean or plants");
    }
    return STATUS_OK;
}

enum status inventory_file(const struct inventory_model *model, const struct config_node *node,
                           const char *key, char **path)
{
    enum status status;
    char *folder = NULL;
    const char *file;
    *path = NULL;
    TRY(inventory_text(node, key, &file));
    if (model->tables_folder != NULL) {
        TRY(path_join(model->tables_folder, path_name(file), path));
        if (path_exists(*path)) {
            goto done;
        }
        free(*path);
        *path = NULL;
    }
    TRY(path_folder(node->file, &folder));
    TRY(path_join(folder, file, path));
done:
    free(folder);
    return status;
}

static enum status find_table(const struct inventory_model *model, const struct config_node *node,
                              char **path)
{
    enum status status;
    char place[CONFIG_PLACE_BYTES];
    TRY(inventory_file(model, node, "file", path));
    FAIL_IF(config_find(node, "asks") != NULL && !path_exists(*path), STATUS_USAGE,
            "%s: the table '%s' is asked of you: 'airshed inventory %s --template -o FOLDER' writes it "
            "empty, 'airshed synth --inventory %s -o FOLDER' fills a synthetic stand-in in; then give "
            "--tables FOLDER",
            config_place(node, place), path_name(*path), model->path, model->path);
done:
    return status;
}

static enum status open_table(struct reading *reading, char **path)
{
    enum status status;
    static const char *const of_values[] = {"file",  "sheet", "missing",   "columns",     "set",
                                            "where", "wide",  "leave_out", "spellings",   "samples",
                                            "asks",  "about", "reference", "ignore_case", NULL};
    static const char *const of_printed[] = {
        "file",      "sheet",     "missing",   "columns",  "set",      "where",  "wide",       "leave_out",
        "spellings", "reference", "ignore_case", "about",  "category", "region", "printed_at", "receptor",
        "statistic", NULL};
    const char *ignore = NULL;
    TRY(inventory_check_keys(reading->node, reading->take != NULL ? of_printed : of_values));
    TRY(find_table(reading->model, reading->node, path));
    struct table_source source = {.path = *path,
                                  .sheet = inventory_scalar(reading->node, "sheet"),
                                  .missing = inventory_scalar(reading->node, "missing")};
    TRY(table_read(&source, &reading->table));
    FAIL_IF(reading->table->rows == 0, STATUS_DATA,
            "%s%s%s: holds no rows below its header: fill it in, or take the table out of the config",
            *path, source.sheet != NULL ? ", sheet " : "", source.sheet != NULL ? source.sheet : "");
    ignore = inventory_scalar(reading->node, "ignore_case");
    if (ignore != NULL && !text_parse_flag(ignore, &reading->entry.ignores_case)) {
        status = inventory_complain(config_find(reading->node, "ignore_case"),
                                    "'ignore_case' is true or false");
        goto done;
    }
    reading->entry.table = reading->table;
    reading->entry.node = reading->node;
    reading->entry.spellings = config_find(reading->node, "spellings");
    TRY(memory_allocate(FIELDS, sizeof *reading->cells, &reading->cells));
    TRY(read_meaning(reading));
    TRY(read_set(reading));
    TRY(find_columns(reading));
    TRY(read_wide(reading));
    TRY(read_filters(reading, "where", false));
    TRY(read_filters(reading, "leave_out", true));
done:
    return status;
}

/* ---- its rows ----------------------------------------------------------------------------- */

static bool is_equal(const char *cell, const char *wanted, bool ignores_case)
{
    double a, b;
    return strcmp(cell, wanted) == 0 || (ignores_case && text_equal_ignoring_case(cell, wanted)) ||
           (text_parse_real(cell, &a) && text_parse_real(wanted, &b) && a == b);
}

static bool filter_matches(const struct reading *reading, const struct filter *filter)
{
    char cell[TABLE_CELL_BYTES];
    bool ignores = reading->entry.ignores_case;
    table_trimmed(reading->table, reading->entry.row, filter->col, cell);
    if (filter->values->kind == CONFIG_SCALAR) {
        return is_equal(cell, filter->values->text, ignores);
    }
    for (size_t i = 0; i < filter->values->count; i++) {
        const struct config_node *value = &filter->values->children[i];
        if (value->kind == CONFIG_SCALAR && is_equal(cell, value->text, ignores)) {
            return true;
        }
    }
    return false;
}

static bool row_counts(const struct reading *reading)
{
    for (int i = 0; i < reading->filter_count; i++) {
        const struct filter *filter = &reading->filters[i];
        if (filter_matches(reading, filter) == filter->leaves_out) {
            return false;
        }
    }
    return true;
}

static enum status fill_entry(struct reading *reading)
{
    enum status status = STATUS_OK;
    struct inventory_entry *entry = &reading->entry;
    char place[1024];
    for (int field = 0; field < FIELDS; field++) {
        entry->text[field] = reading->set[field];
        if (entry->col[field] >= 0) {
            FAIL_IF(!table_trimmed(reading->table, entry->row, entry->col[field],
                                   reading->cells[field]),
                    STATUS_DATA, "%s: more than %d characters",
                    inventory_entry_place(entry, field, place, sizeof place), TABLE_CELL_BYTES - 1);
            entry->text[field] = reading->cells[field];
        }
    }
done:
    return status;
}

static void note_left_out(struct reading *reading)
{
    double number;
    int64_t col = reading->entry.col[FIELD_VALUE];
    reading->facts->left_out++;
    for (int i = 0; i < (reading->wide_index >= 0 ? reading->wide_count : col >= 0); i++) {
        int64_t at = reading->wide_index >= 0 ? reading->wide_col[i] : col;
        if (table_is_number(reading->table, reading->entry.row, at) &&
            table_number(reading->table, reading->entry.row, at, &number) == STATUS_OK) {
            reading->facts->left_out_sum += number;
        }
    }
}

static enum status add_entry(struct reading *reading)
{
    enum status status;
    struct inventory_table *facts = reading->facts;
    enum entry_outcome outcome;
    double number;
    if (reading->take != NULL) {
        return reading->take(reading->model, &reading->entry);
    }
    TRY(inventory_entry_add(reading->model, &reading->entry, &outcome, &number));
    if (facts->units == NULL && reading->entry.text[FIELD_UNIT] != NULL) {
        TRY(memory_copy_text(reading->entry.text[FIELD_UNIT], &facts->units));
    }
    facts->used += outcome == ENTRY_USED;
    facts->empty += outcome == ENTRY_EMPTY;
    facts->other_years += outcome == ENTRY_OTHER_YEAR;
    facts->used_sum += outcome == ENTRY_USED ? number : 0;
    facts->other_years_sum += outcome == ENTRY_OTHER_YEAR && !isnan(number) ? number : 0;
done:
    return status;
}

static enum status read_row(struct reading *reading)
{
    enum status status;
    struct inventory_entry *entry = &reading->entry;
    TRY(fill_entry(reading));
    if (reading->wide_index < 0) {
        return add_entry(reading);
    }
    for (int i = 0; i < reading->wide_count; i++) {
        int64_t col = reading->wide_col[i];
        entry->col[FIELD_VALUE] = col;
        entry->text[FIELD_VALUE] = reading->cells[FIELD_VALUE];
        table_trimmed(reading->table, entry->row, col, reading->cells[FIELD_VALUE]);
        entry->text[reading->wide_index] = reading->table->names[col];
        TRY(add_entry(reading));
    }
done:
    return status;
}

static void tell_dropped(const struct inventory_table *facts)
{
    if (facts->left_out + facts->other_years + facts->empty > 0) {
        log_info("%s: %lld values used; %lld rows left out (sum %g), %lld values of other years (sum "
                 "%g), %lld empty cells",
                 facts->path, (long long)facts->used, (long long)facts->left_out,
                 facts->left_out_sum, (long long)facts->other_years, facts->other_years_sum,
                 (long long)facts->empty);
    }
}

static enum status read_table(struct inventory_model *model, const struct config_node *node,
                              bool content_hash)
{
    enum status status;
    struct inventory_table *facts = &model->tables[model->table_count++];
    struct reading *reading = NULL;
    char place[CONFIG_PLACE_BYTES];
    TRY(memory_allocate(1, sizeof *reading, &reading));
    reading->model = model;
    reading->node = node;
    reading->facts = facts;
    reading->entry.table_number = model->table_count - 1;
    TRY(open_table(reading, &facts->path));
    facts->file = inventory_scalar(node, "file");
    TRY(hash_file_identity(facts->path, content_hash, &facts->identity));
    if (inventory_scalar(node, "sheet") != NULL) {
        TRY(memory_copy_text(inventory_scalar(node, "sheet"), &facts->sheet));
    }
    FAIL_IF(reading->wide_index < 0 && reading->entry.col[FIELD_VALUE] < 0 &&
                reading->set[FIELD_VALUE] == NULL,
            STATUS_USAGE, "%s: %s has no column 'value': say which it is under 'columns', or 'wide'",
            config_place(node, place), facts->path);
    facts->rows = reading->table->rows;
    for (int64_t row = 0; row < reading->table->rows; row++) {
        reading->entry.row = row;
        if (row_counts(reading)) {
            TRY(read_row(reading));
        } else {
            note_left_out(reading);
        }
    }
    FAIL_IF(facts->used == 0, STATUS_DATA,
            "%s: none of its %lld rows gives a value: %s (%s)", facts->path, (long long)facts->rows,
            facts->empty > 0 ? "fill its values in" : "see 'where', 'leave_out' and the years",
            config_place(node, place));
    tell_dropped(facts);
done:
    if (reading != NULL) {
        table_destroy(&reading->table);
        free(reading->cells);
    }
    free(reading);
    return status;
}

/* ---- values of the config ----------------------------------------------------------------- */

enum status inventory_entry_from_node(const struct inventory_model *model,
                                      const struct config_node *node, const char *const *others,
                                      struct inventory_entry *entry)
{
    *entry = (struct inventory_entry){.node = node, .table_number = -1};
    if (node->kind != CONFIG_MAPPING) {
        return inventory_complain(node, "{parameter: NAME, value: NUMBER, unit: ...} expected");
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct config_node *one = &node->children[i];
        size_t other = 0;
        while (others[other] != NULL && !config_key_is(one->key, others[other])) {
            other++;
        }
        if (others[other] != NULL) {
            continue;
        }
        int field = field_find(model, one->key);
        if (field < 0 || one->kind != CONFIG_SCALAR) {
            return inventory_complain(one, "'%s' is no key of a value", one->key);
        }
        entry->text[field] = config_is_empty(one) ? NULL : one->text;
    }
    return STATUS_OK;
}

static enum status add_one_value(struct inventory_model *model, const struct config_node *node,
                                 struct inventory_entry *entry)
{
    enum status status;
    enum entry_outcome outcome;
    double number;
    TRY(inventory_entry_add(model, entry, &outcome, &number));
    if (outcome != ENTRY_USED) {
        status = inventory_complain(node, outcome == ENTRY_EMPTY
                                              ? "a value needs a number under 'value'"
                                              : "the year is none of the inventory's");
    }
done:
    return status;
}

static enum status read_value(struct inventory_model *model, const struct config_node *node)
{
    enum status status;
    struct inventory_entry entry;
    const struct config_node *samples = config_find(node, "samples");
    const char *meaning = inventory_scalar(node, "meaning");
    static const char *const others[] = {"samples", "meaning", NULL};
    TRY(inventory_entry_from_node(model, node, others, &entry));
    if (samples == NULL) {
        return add_one_value(model, node, &entry);
    }
    entry.meaning = meaning != NULL && strcmp(meaning, "plants") == 0 ? SAMPLES_PLANTS : SAMPLES_MEAN;
    if (samples->kind != CONFIG_LIST || samples->count == 0) {
        return inventory_complain(samples, "'samples' of a value is a list of numbers");
    }
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->children[i].kind != CONFIG_SCALAR) {
            return inventory_complain(&samples->children[i], "a number expected");
        }
        entry.text[FIELD_VALUE] = samples->children[i].text;
        TRY(add_one_value(model, &samples->children[i], &entry));
    }
done:
    return status;
}

/* ---- printed tables ----------------------------------------------------------------------- */

enum status inventory_table_entries(struct inventory_model *model, const struct config_node *node,
                                    enum status (*take)(struct inventory_model *model,
                                                        const struct inventory_entry *entry))
{
    enum status status;
    struct reading *reading = NULL;
    char *path = NULL;
    TRY(memory_allocate(1, sizeof *reading, &reading));
    reading->model = model;
    reading->node = node;
    reading->take = take;
    TRY(open_table(reading, &path));
    TRY(text_list_add(&model->printed_files, path));
    for (int64_t row = 0; row < reading->table->rows; row++) {
        reading->entry.row = row;
        if (row_counts(reading)) {
            TRY(read_row(reading));
        }
    }
done:
    if (reading != NULL) {
        table_destroy(&reading->table);
        free(reading->cells);
    }
    free(reading);
    free(path);
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

static enum status for_each(struct inventory_model *model, const char *key,
                            enum status (*read)(struct inventory_model *,
                                                const struct config_node *))
{
    enum status status = STATUS_OK;
    const struct config_node *list = config_find(model->root, key);
    if (list == NULL || config_is_empty(list)) {
        return STATUS_OK;
    }
    if (list->kind != CONFIG_LIST) {
        return inventory_complain(list, "'%s' takes a list", key);
    }
    for (size_t i = 0; i < list->count; i++) {
        TRY(read(model, &list->children[i]));
    }
done:
    return status;
}

/* Stand-ins say so in their references. */
static enum status note_synthetic(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    int64_t count = 0;
    for (int64_t i = 0; i < model->value_count; i++) {
        const char *reference = model->values[i].reference;
        count += reference != NULL && text_starts_with(reference, "synthetic");
    }
    model->is_synthetic = count > 0;
    if (count > 0) {
        FAIL_IF(asprintf(&model->synthetic_title, "%s (SYNTHETIC STAND-IN, NO REAL EMISSIONS)",
                         model->title) < 0,
                STATUS_MEMORY, "out of memory");
        model->title = model->synthetic_title;
        log_warning("%lld of %lld values are a synthetic stand-in: no result of this run is an "
                    "emission of any real place",
                    (long long)count, (long long)model->value_count);
    }
done:
    return status;
}

enum status inventory_values_read(struct inventory_model *model, bool content_hash)
{
    enum status status;
    const struct config_node *tables = config_find(model->root, "tables");
    size_t count = tables != NULL && tables->kind == CONFIG_LIST ? tables->count : 0;
    if (tables != NULL && tables->kind != CONFIG_LIST && !config_is_empty(tables)) {
        return inventory_complain(tables, "'tables' takes a list");
    }
    TRY(memory_allocate(count, sizeof *model->tables, &model->tables));
    for (size_t i = 0; i < count; i++) {
        const struct config_node *node = &tables->children[i];
        if (!model->leaves_asked || config_find(node, "asks") == NULL) {
            TRY(read_table(model, node, content_hash));
        }
    }
    TRY(for_each(model, "values", read_value));
    TRY(for_each(model, "printed", inventory_printed_read));
    TRY(note_synthetic(model));
done:
    return status;
}
