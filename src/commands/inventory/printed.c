/* airshed -- GPL-3.0-or-later. inventory: printed numbers to compare with (P3.20, P3.21). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "config.h"
#include "values.h"

const char *const inventory_statistic_names[PRINTED_STATISTICS] = {
    [PRINTED_TOTAL] = "total", [PRINTED_MEAN] = "mean",     [PRINTED_SHARE] = "share",
    [PRINTED_PART] = "part",   [PRINTED_CHANGE] = "change", [PRINTED_SHARE_CHANGE] = "share_change",
    [PRINTED_MINUS] = "minus", [PRINTED_PLUS] = "plus",
};

/* Keys of a printed number beside those of an entry. */
static const char *const own_keys[] = {"id",       "what",      "place",    "printed_at",
                                       "quantity", "statistic", "category", "receptor",
                                       "region",   "exact",     "since",    NULL};

/* ---- what it is about --------------------------------------------------------------------- */

static enum status find_name(const struct config_node *node, const char *key,
                             const struct text_list *names, int *number)
{
    char near[160];
    const char *name = inventory_scalar(node, key);
    *number = -1;
    for (size_t i = 0; name != NULL && i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            *number = (int)i;
        }
    }
    return name == NULL || *number >= 0
               ? STATUS_OK
               : inventory_complain(config_find(node, key), "no %s is called '%s'%s", key, name,
                                    inventory_near(name, names, near, sizeof near));
}

static enum status read_statistic(const struct config_node *node, struct inventory_printed *printed)
{
    const char *name = inventory_scalar(node, "statistic");
    int i = 0;
    while (name != NULL && i < PRINTED_STATISTICS &&
           strcmp(name, inventory_statistic_names[i]) != 0) {
        i++;
    }
    printed->statistic = (enum printed_statistic)i;
    return i < PRINTED_STATISTICS
               ? STATUS_OK
               : inventory_complain(
                     config_find(node, "statistic"),
                     "'%s' is none of total, mean, share, part, change, share_change, "
                     "minus, plus",
                     name);
}

static bool is_percentage(enum printed_statistic statistic)
{
    return statistic != PRINTED_TOTAL && statistic != PRINTED_MEAN;
}

/* Changes are counted from the first year, in the results and so here. */
static enum status check_since(const struct inventory_model *model, const struct config_node *node,
                               const struct inventory_printed *printed)
{
    const char *since = inventory_scalar(node, "since");
    bool is_change =
        printed->statistic == PRINTED_CHANGE || printed->statistic == PRINTED_SHARE_CHANGE;
    const char *first = model->indices[INDEX_YEAR].members.items[0];
    if (since != NULL && (!is_change || strcmp(since, first) != 0)) {
        return inventory_complain(config_find(node, "since"),
                                  "changes are counted from the first year, %s", first);
    }
    return printed->statistic != PRINTED_PART || printed->key.member[INDEX_SOURCE] >= 0
               ? STATUS_OK
               : inventory_complain(node, "'part' is that of a source within its category");
}

static enum status read_about(const struct inventory_model *model, const struct config_node *node,
                              struct inventory_printed *printed)
{
    enum status status;
    const char *id = inventory_scalar(node, "id"), *at = inventory_scalar(node, "printed_at");
    printed->id = id != NULL ? id : "";
    printed->printed_at = at != NULL ? at : "";
    TRY(read_statistic(node, printed));
    TRY(find_name(node, "category", &model->categories, &printed->category));
    TRY(find_name(node, "receptor", &model->receptors, &printed->receptor));
    TRY(find_name(node, "region", &model->regions, &printed->region));
    TRY(check_since(model, node, printed));
    int subjects = (printed->category >= 0) + (printed->receptor >= 0) +
                   (printed->key.member[INDEX_SOURCE] >= 0);
    if (subjects > 1 || (printed->region >= 0 && printed->key.member[INDEX_PROVINCE] >= 0)) {
        status =
            inventory_complain(node, "a printed number is of one source, category or receptor, "
                                     "and of one province or region");
    }
done:
    return status;
}

/* ---- its number --------------------------------------------------------------------------- */

static enum status make_room(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    struct inventory_printed *larger = NULL;
    if (model->printed_count < model->printed_room) {
        return STATUS_OK;
    }
    int64_t room = 2 * model->printed_room + 64;
    TRY(memory_allocate((size_t)room, sizeof *larger, &larger));
    if (model->printed_count > 0) {
        memcpy(larger, model->printed, (size_t)model->printed_count * sizeof *larger);
    }
    free(model->printed);
    model->printed = larger;
    model->printed_room = room;
done:
    return status;
}

static enum status convert(const struct inventory_model *model, const struct inventory_entry *entry,
                           struct inventory_printed *printed)
{
    enum status status = STATUS_OK;
    struct unit *unit = NULL, *percent = NULL;
    double factor;
    const char *text = entry->text[FIELD_UNIT];
    bool is_percent = is_percentage(printed->statistic);
    if (text == NULL || text[0] == '\0') {
        return STATUS_OK;
    }
    TRY(unit_parse(text, &unit));
    TRY(unit_parse("%", &percent));
    FAIL_IF(!unit_factor(unit, is_percent ? percent : model->unit, &factor), STATUS_DATA,
            "%s: '%s' cannot be converted to '%s', the units of %s", printed->place, text,
            is_percent ? "%" : model->units, is_percent ? "shares and changes" : "the results");
    printed->value *= factor;
    printed->half *= factor;
done:
    unit_destroy(&unit);
    unit_destroy(&percent);
    return status;
}

/* The number in an entry, and in the node that it, or its table, is in the config. */
static enum status add_printed(struct inventory_model *model, const struct inventory_entry *entry)
{
    enum status status;
    char place[CONFIG_PLACE_BYTES];
    bool is_other_year;
    TRY(make_room(model));
    struct inventory_printed *printed = &model->printed[model->printed_count++];
    TRY(inventory_entry_number(entry, FIELD_VALUE, &printed->value));
    TRY(inventory_entry_key(model, entry, &printed->key, &is_other_year));
    inventory_entry_place(entry, FIELD_VALUE, place, sizeof place);
    if (is_other_year && entry->table != NULL) {
        model->printed_count--; /* a table may have years that the inventory leaves out */
        return STATUS_OK;
    }
    FAIL_IF(is_other_year || isnan(printed->value), STATUS_DATA,
            "%s: a printed number needs a value, and a year of the inventory or none", place);
    printed->half = printed_half_digit(entry->text[FIELD_VALUE]);
    TRY(memory_copy_text(place, &printed->place));
    TRY(memory_copy_text(entry->text[FIELD_LABEL] != NULL ? entry->text[FIELD_LABEL] : "",
                         &printed->label));
    TRY(read_about(model, entry->node, printed));
    TRY(convert(model, entry, printed));
done:
    return status;
}

/* ---- items of the config ------------------------------------------------------------------ */

/* A number of a paper's file, where it says that an inventory computes it. */
static enum status add_number(struct inventory_model *model, const struct printed_number *number)
{
    enum status status;
    struct inventory_entry entry;
    if (strcmp(number->quantity, "inventory") != 0) {
        return STATUS_OK;
    }
    TRY(inventory_entry_from_node(model, number->node, own_keys, &entry));
    entry.text[FIELD_LABEL] = number->what;
    TRY(add_printed(model, &entry));
    model->printed[model->printed_count - 1].printed_at = number->place;
done:
    return status;
}

static enum status read_paper(struct inventory_model *model, const struct config_node *node)
{
    enum status status;
    static const char *const known[] = {"paper", "about", NULL};
    char *folder = NULL, *path = NULL;
    struct printed *larger = NULL;
    TRY(inventory_check_keys(node, known));
    TRY(memory_allocate((size_t)model->paper_count + 1, sizeof *larger, &larger));
    if (model->paper_count > 0) {
        memcpy(larger, model->papers, (size_t)model->paper_count * sizeof *larger);
    }
    free(model->papers);
    model->papers = larger;
    TRY(path_folder(node->file, &folder));
    TRY(path_join(folder, inventory_scalar(node, "paper"), &path));
    TRY(printed_read(path, &model->papers[model->paper_count]));
    const struct printed *paper = &model->papers[model->paper_count++];
    TRY(text_list_add(&model->printed_files, path));
    for (size_t i = 0; i < paper->number_count; i++) {
        TRY(add_number(model, &paper->numbers[i]));
    }
done:
    free(folder);
    free(path);
    return status;
}

enum status inventory_printed_read(struct inventory_model *model, const struct config_node *node)
{
    enum status status;
    struct inventory_entry entry;
    if (inventory_scalar(node, "paper") != NULL) {
        return read_paper(model, node);
    }
    if (config_find(node, "file") != NULL) {
        return inventory_table_entries(model, node, add_printed);
    }
    TRY(inventory_entry_from_node(model, node, own_keys, &entry));
    TRY(add_printed(model, &entry));
done:
    return status;
}
