/* airshed -- GPL-3.0-or-later. inventory: one entry of a table becomes a value, or a sentence. */
#include "values.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"

enum { PLACE_BYTES = CONFIG_PLACE_BYTES };

static const char *const field_names[FIELDS] = {
    [FIELD_PARAMETER] = "parameter", [FIELD_VALUE] = "value",
    [FIELD_UNIT] = "unit",           [FIELD_DISTRIBUTION] = "distribution",
    [FIELD_SD] = "sd",               [FIELD_LOW] = "low",
    [FIELD_HIGH] = "high",           [FIELD_REFERENCE] = "reference",
    [FIELD_LABEL] = "label",
};

const char *inventory_field_name(const struct inventory_model *model, int field)
{
    return field < INDEX_MAX ? field < model->index_count ? model->indices[field].name : NULL
                             : field_names[field];
}

const char *inventory_entry_place(const struct inventory_entry *entry, int field, char *buffer,
                                  size_t bytes)
{
    if (entry->table != NULL && entry->col[field] >= 0) {
        return table_cell_place(entry->table, entry->row, entry->col[field], buffer, bytes);
    }
    if (entry->table != NULL && entry->set[field] == NULL) {
        snprintf(buffer, bytes, "%s, %s %lld", entry->table->path, entry->table->place,
                 (long long)entry->table->number[entry->row]);
        return buffer;
    }
    char place[CONFIG_PLACE_BYTES];
    const struct config_node *node = entry->set[field];
    if (node == NULL && field >= INDEX_MAX) {
        node = config_find(entry->node, field_names[field]);
    }
    snprintf(buffer, bytes, "%s", config_place(node != NULL ? node : entry->node, place));
    return buffer;
}

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

/* ---- numbers ------------------------------------------------------------------------------ */

/* 1,234.5 or 1 234 or 1.234,5: how people write for people. */
static bool has_separators(const char *text)
{
    size_t digits = 0, separators = 0;
    for (; *text != '\0'; text++) {
        digits += isdigit((unsigned char)*text) != 0;
        separators += *text == ',' || *text == ' ' || *text == '\'';
        if (!isdigit((unsigned char)*text) && strchr(",. '-+", *text) == NULL) {
            return false;
        }
    }
    return digits > 0 && separators > 0;
}

enum status inventory_entry_number(const struct inventory_entry *entry, int field, double *number)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    const char *text = entry->text[field];
    *number = NAN;
    if (is_empty(text) || text_equal_ignoring_case(text, "nan") ||
        (entry->table != NULL && entry->col[field] >= 0 &&
         table_is_missing(entry->table, entry->row, entry->col[field]))) {
        return STATUS_OK;
    }
    bool is_number = text_parse_real(text, number);
    FAIL_IF(!is_number && has_separators(text), STATUS_DATA,
            "%s: '%s' has separators in the number: write it without them, with a point before "
            "decimals",
            inventory_entry_place(entry, field, place, sizeof place), text);
    FAIL_IF(!is_number, STATUS_DATA,
            "%s: '%s' is not a finite number; leave the cell empty where there is none",
            inventory_entry_place(entry, field, place, sizeof place), text);
done:
    return status;
}

/* ---- keys --------------------------------------------------------------------------------- */

static enum status refuse_member(const struct inventory_model *model,
                                 const struct inventory_entry *entry, int index, const char *text)
{
    char place[PLACE_BYTES], near[160];
    const struct inventory_index *names = &model->indices[index];
    inventory_entry_place(entry, index, place, sizeof place);
    for (size_t i = 0; i < names->members.count; i++) {
        if (text_equal_ignoring_case(names->members.items[i], text)) {
            return failure_record(STATUS_DATA, __FILE__, __LINE__,
                                  "%s: '%s' is spelled '%s' in the config: use one spelling, or set "
                                  "ignore_case: true for the table",
                                  place, text, names->members.items[i]);
        }
    }
    inventory_near(text, &names->members, near, sizeof near);
    return failure_record(STATUS_DATA, __FILE__, __LINE__,
                          "%s: unknown %s '%s'%s %s it, add it to the config, give another spelling under "
                          "'spellings', or leave such rows out with 'leave_out'",
                          place, names->name, text, near[0] != '\0' ? near : ":",
                          near[0] != '\0' ? "Correct" : "correct");
}

static enum status find_member(const struct inventory_model *model,
                               const struct inventory_entry *entry, int index, int32_t *member)
{
    const struct inventory_index *names = &model->indices[index];
    const char *text = entry->text[index];
    *member = KEY_ANY;
    if (is_empty(text)) {
        return STATUS_OK;
    }
    text = inventory_respell(entry->spellings, names->name, text, entry->ignores_case);
    if (index == INDEX_PROVINCE && strcmp(text, "NATIONAL") == 0) {
        *member = KEY_NATIONAL;
        return STATUS_OK;
    }
    if (index == INDEX_PROVINCE && strcmp(text, "DEFAULT") == 0) {
        *member = KEY_DEFAULT;
        return STATUS_OK;
    }
    for (size_t i = 0; i < names->members.count; i++) {
        if (inventory_is_same(names->members.items[i], text, entry->ignores_case)) {
            *member = (int32_t)i;
            return STATUS_OK;
        }
    }
    return refuse_member(model, entry, index, text);
}

static enum status find_year(const struct inventory_model *model,
                             const struct inventory_entry *entry, int32_t *member,
                             bool *is_other_year)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    int64_t year;
    const char *text = entry->text[INDEX_YEAR];
    *member = KEY_ANY;
    if (is_empty(text)) {
        return STATUS_OK;
    }
    FAIL_IF(!text_parse_integer(text, &year), STATUS_DATA, "%s: '%s' is not a year",
            inventory_entry_place(entry, INDEX_YEAR, place, sizeof place), text);
    *is_other_year = true;
    for (size_t i = 0; i < model->indices[INDEX_YEAR].members.count; i++) {
        if (model->year[i] == year && model->indices[INDEX_YEAR].members.items[0][0] != '\0') {
            *member = (int32_t)i;
            *is_other_year = false;
        }
    }
done:
    return status;
}

enum status inventory_entry_key(const struct inventory_model *model,
                                const struct inventory_entry *entry, struct inventory_key *key,
                                bool *is_other_year)
{
    enum status status = STATUS_OK;
    *is_other_year = false;
    for (int index = 0; index < INDEX_MAX; index++) {
        key->member[index] = KEY_ANY;
    }
    for (int index = 0; index < model->index_count; index++) {
        if (index == INDEX_YEAR) {
            TRY(find_year(model, entry, &key->member[index], is_other_year));
        } else {
            TRY(find_member(model, entry, index, &key->member[index]));
        }
    }
done:
    return status;
}

/* ---- units -------------------------------------------------------------------------------- */

static enum status convert(const struct inventory_parameter *parameter,
                           const struct inventory_entry *entry, double *factor)
{
    enum status status = STATUS_OK;
    struct unit *unit = NULL;
    char place[PLACE_BYTES];
    const char *text = entry->text[FIELD_UNIT];
    inventory_entry_place(entry, FIELD_UNIT, place, sizeof place);
    *factor = 1;
    if (is_empty(text)) {
        FAIL_IF(strcmp(parameter->units, "1") != 0, STATUS_DATA,
                "%s: the value of '%s' has no unit: add a column 'unit', or 'set: {unit: ...}'",
                place, parameter->name);
        return STATUS_OK;
    }
    if (strcmp(text, parameter->units) == 0) {
        return STATUS_OK;
    }
    status = unit_parse(text, &unit);
    if (status != STATUS_OK) {
        failure_prefix("%s", place);
        goto done;
    }
    FAIL_IF(!unit_factor(unit, parameter->unit, factor), STATUS_DATA,
            "%s: '%s' cannot be converted to '%s', the units of '%s': they measure different things",
            place, text, parameter->units, parameter->name);
done:
    unit_destroy(&unit);
    return status;
}

/* ---- the store ---------------------------------------------------------------------------- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);

static int64_t find_slot(const struct inventory_model *model, int parameter,
                         const struct inventory_key *key)
{
    uint64_t hash = hash_bytes(hash_start, &parameter, sizeof parameter);
    hash = hash_bytes(hash, key->member, sizeof key->member);
    uint64_t mask = (uint64_t)model->slot_count - 1;
    uint64_t slot = (hash ^ hash >> 32) & mask;
    while (model->slots[slot] != 0) {
        const struct inventory_value *value = &model->values[model->slots[slot] - 1];
        if (value->parameter == parameter && memcmp(&value->key, key, sizeof *key) == 0) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return (int64_t)slot;
}

int64_t inventory_value_find(const struct inventory_model *model, int parameter,
                             const struct inventory_key *key)
{
    return model->slot_count == 0 ? -1 : model->slots[find_slot(model, parameter, key)] - 1;
}

static enum status make_room(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    struct inventory_value *values = NULL;
    if (model->value_count < model->value_room) {
        return STATUS_OK;
    }
    int64_t room = model->value_room == 0 ? 256 : 2 * model->value_room;
    TRY(memory_allocate((size_t)room, sizeof *values, &values));
    if (model->value_count > 0) {
        memcpy(values, model->values, (size_t)model->value_count * sizeof *values);
    }
    free(model->values);
    model->values = values;
    model->value_room = room;
    free(model->slots);
    model->slots = NULL;
    model->slot_count = 4 * room;
    TRY(memory_allocate((size_t)model->slot_count, sizeof *model->slots, &model->slots));
    for (int64_t i = 0; i < model->value_count; i++) {
        model->slots[find_slot(model, values[i].parameter, &values[i].key)] = i + 1;
    }
done:
    return status;
}

/* Draws belong to the parameter and the members by name, so that other tables, other rows and another
 * order leave them alone. */
static uint64_t identify(const struct inventory_model *model,
                         const struct inventory_parameter *parameter,
                         const struct inventory_key *key)
{
    uint64_t hash = hash_bytes(hash_start, parameter->name, strlen(parameter->name) + 1);
    for (int index = 0; index < model->index_count; index++) {
        int member = key->member[index];
        if (member == KEY_ANY || parameter->one_draw[index]) {
            continue;
        }
        const char *name = member == KEY_NATIONAL  ? "NATIONAL"
                           : member == KEY_DEFAULT ? "DEFAULT"
                                                   : model->indices[index].members.items[member];
        hash = hash_bytes(hash, model->indices[index].name,
                          strlen(model->indices[index].name) + 1);
        hash = hash_bytes(hash, name, strlen(name) + 1);
    }
    return hash;
}

/* ---- checks ------------------------------------------------------------------------------- */

static enum status find_parameter(const struct inventory_model *model,
                                  const struct inventory_entry *entry, int *parameter)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES], near[160];
    struct text_list names = {0};
    const char *text = entry->text[FIELD_PARAMETER];
    inventory_entry_place(entry, FIELD_PARAMETER, place, sizeof place);
    FAIL_IF(is_empty(text), STATUS_DATA,
            "%s: which parameter is this? Add a column 'parameter', or 'set: {parameter: ...}'",
            place);
    *parameter = inventory_parameter_find(model, text);
    if (*parameter < 0) {
        for (int i = 0; i < model->parameter_count; i++) {
            TRY(text_list_add(&names, model->parameters[i].name));
        }
        FAIL(STATUS_DATA, "%s: unknown parameter '%s'%s", place, text,
             inventory_near(text, &names, near, sizeof near));
    }
done:
    text_list_clear(&names);
    return status;
}

static enum status check_indices(const struct inventory_model *model,
                                 const struct inventory_entry *entry,
                                 const struct inventory_parameter *parameter,
                                 const struct inventory_key *key)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    for (int index = 0; index < model->index_count; index++) {
        bool is_open = key->member[index] == KEY_ANY ||
                       (index == INDEX_PROVINCE && key->member[index] < 0);
        FAIL_IF(!is_open && !parameter->by[index], STATUS_DATA,
                "%s: '%s' does not vary by %s: add it to 'by' of the parameter, or take it out here",
                inventory_entry_place(entry, index, place, sizeof place), parameter->name,
                model->indices[index].name);
    }
done:
    return status;
}

static enum status check_range(const struct inventory_entry *entry,
                               const struct inventory_parameter *parameter, double value)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    bool has_unit = !is_empty(entry->text[FIELD_UNIT]);
    inventory_entry_place(entry, FIELD_VALUE, place, sizeof place);
    FAIL_IF(parameter->kind != PARAMETER_NUMBER && value < 0, STATUS_DATA,
            "%s: '%s' of '%s' is negative, which no %s can be: correct it (kind: number allows it)",
            place, entry->text[FIELD_VALUE], parameter->name,
            parameter->kind == PARAMETER_ACTIVITY ? "activity"
            : parameter->kind == PARAMETER_SHARE  ? "share"
                                                  : "factor");
    FAIL_IF(parameter->kind == PARAMETER_SHARE && value > 1 * (1 + 1e-12), STATUS_DATA,
            "%s: a share of %s%s%s is above 1: correct it%s", place, entry->text[FIELD_VALUE],
            has_unit ? " " : "", has_unit ? entry->text[FIELD_UNIT] : "",
            has_unit ? "" : ", or say that it is per cent ('unit: %')");
done:
    return status;
}

static enum status refuse_twin(const struct inventory_entry *entry,
                               const struct inventory_parameter *parameter,
                               const struct inventory_value *first)
{
    char place[PLACE_BYTES];
    return failure_record(STATUS_DATA, __FILE__, __LINE__,
                          "%s: a second value of '%s' with the same keys; the first is in %s: remove "
                          "one, add a key, or say 'samples: mean' where both are measurements",
                          inventory_entry_place(entry, FIELD_VALUE, place, sizeof place),
                          parameter->name, first->place);
}

/* ---- adding ------------------------------------------------------------------------------- */

static enum status add_sample(struct inventory_value *value, double number)
{
    enum status status = STATUS_OK;
    if (value->sample_count == value->sample_room) {
        double *samples = NULL;
        int64_t room = 2 * value->sample_room + 8;
        TRY(memory_allocate((size_t)room, sizeof *samples, &samples));
        if (value->sample_count > 0) {
            memcpy(samples, value->samples, (size_t)value->sample_count * sizeof *samples);
        }
        free(value->samples);
        value->samples = samples;
        value->sample_room = room;
    }
    value->samples[value->sample_count++] = number;
    double sum = 0;
    for (int64_t i = 0; i < value->sample_count; i++) {
        sum += value->samples[i];
    }
    value->value = sum / (double)value->sample_count;
done:
    return status;
}

static enum status read_extras(const struct inventory_entry *entry, double factor,
                               struct inventory_value *value)
{
    enum status status;
    char place[PLACE_BYTES];
    TRY(inventory_entry_number(entry, FIELD_SD, &value->sd));
    TRY(inventory_entry_number(entry, FIELD_LOW, &value->low));
    TRY(inventory_entry_number(entry, FIELD_HIGH, &value->high));
    value->sd *= factor;
    value->low *= factor;
    value->high *= factor;
    FAIL_IF(value->sd < 0, STATUS_DATA, "%s: a standard deviation is not negative",
            inventory_entry_place(entry, FIELD_SD, place, sizeof place));
    FAIL_IF(value->low > value->high, STATUS_DATA, "%s: low is above high",
            inventory_entry_place(entry, FIELD_LOW, place, sizeof place));
    if (!is_empty(entry->text[FIELD_DISTRIBUTION])) {
        TRY(memory_copy_text(entry->text[FIELD_DISTRIBUTION], &value->distribution));
    }
    if (!is_empty(entry->text[FIELD_REFERENCE])) {
        TRY(memory_copy_text(entry->text[FIELD_REFERENCE], &value->reference));
    }
    TRY(memory_copy_text(inventory_entry_place(entry, FIELD_VALUE, place, sizeof place),
                         &value->place));
done:
    return status;
}

static enum status add_value(struct inventory_model *model, const struct inventory_entry *entry,
                             int number, const struct inventory_key *key, double factor,
                             double given)
{
    enum status status;
    const struct inventory_parameter *parameter = &model->parameters[number];
    int64_t found = inventory_value_find(model, number, key);
    if (found >= 0 && entry->meaning != SAMPLES_NONE &&
        model->values[found].meaning == entry->meaning) {
        return add_sample(&model->values[found], given);
    }
    if (found >= 0) {
        return refuse_twin(entry, parameter, &model->values[found]);
    }
    TRY(make_room(model));
    struct inventory_value *value = &model->values[model->value_count];
    *value = (struct inventory_value){.parameter = number,
                                      .key = *key,
                                      .value = given,
                                      .factor = factor,
                                      .meaning = entry->meaning,
                                      .identity = identify(model, parameter, key)};
    model->slots[find_slot(model, number, key)] = ++model->value_count;
    TRY(read_extras(entry, factor, value));
    if (entry->meaning != SAMPLES_NONE) {
        TRY(add_sample(value, given));
    }
done:
    return status;
}

enum status inventory_entry_add(struct inventory_model *model, const struct inventory_entry *entry,
                                enum entry_outcome *outcome, double *number)
{
    enum status status;
    struct inventory_key key;
    int parameter;
    double factor;
    bool is_other_year;
    TRY(inventory_entry_number(entry, FIELD_VALUE, number));
    TRY(find_parameter(model, entry, &parameter));
    TRY(inventory_entry_key(model, entry, &key, &is_other_year));
    TRY(check_indices(model, entry, &model->parameters[parameter], &key));
    if (key.member[INDEX_PROVINCE] == KEY_ANY) {
        key.member[INDEX_PROVINCE] = KEY_NATIONAL;
    }
    TRY(convert(&model->parameters[parameter], entry, &factor));
    *outcome = is_other_year ? ENTRY_OTHER_YEAR : isnan(*number) ? ENTRY_EMPTY : ENTRY_USED;
    if (*outcome == ENTRY_USED) {
        TRY(check_range(entry, &model->parameters[parameter], *number * factor));
        TRY(add_value(model, entry, parameter, &key, factor, *number * factor));
    }
done:
    return status;
}
