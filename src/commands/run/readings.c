/* airshed -- GPL-3.0-or-later. Readings: choices that a paper leaves open, laid over a chain one by one. */
#include "readings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

static enum status complain(const struct config_node *node, const char *sentence)
{
    char place[CONFIG_PLACE_BYTES];
    return failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s", config_place(node, place),
                          sentence);
}

/* ---- checks of the file ------------------------------------------------------------------- */

static const char *const file_keys[] = {"of", "readings", NULL};
static const char *const reading_keys[] = {"name",   "about",  "command", "stage",
                                           "option", "values", NULL};
static const char *const value_keys[] = {"name", "about", "value", "set", "paper", NULL};

/* Every key of @p mapping must be among @p known. */
static enum status check_keys(const struct config_node *mapping, const char *const *known)
{
    char place[CONFIG_PLACE_BYTES];
    struct text list = {0};
    size_t count = 0;
    for (; known[count] != NULL; count++) {
        text_add_format(&list, "%s%s", count > 0 ? ", " : "", known[count]);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < mapping->count && status == STATUS_OK; i++) {
        const struct config_node *child = &mapping->children[i];
        bool is_known = false;
        for (size_t k = 0; k < count; k++) {
            is_known = is_known || config_key_is(child->key, known[k]);
        }
        if (!is_known) {
            const char *near = text_suggest(child->key, known, count);
            status = failure_record(
                STATUS_USAGE, __FILE__, __LINE__, "%s: unknown key '%s'%s%s%s; there are: %s",
                config_key_place(child, place), child->key, near != NULL ? ", did you mean '" : "",
                near != NULL ? near : "", near != NULL ? "'" : "",
                list.data != NULL ? list.data : "");
        }
    }
    text_clear(&list);
    return status;
}

/* Text of a key; NULL where there is none. */
static enum status read_text(const struct config_node *mapping, const char *key, const char **text)
{
    const struct config_node *node = config_find(mapping, key);
    *text = NULL;
    if (node == NULL || config_is_empty(node)) {
        return STATUS_OK;
    }
    if (node->kind != CONFIG_SCALAR) {
        return complain(node, "must be one text");
    }
    *text = node->text;
    return STATUS_OK;
}

/* One text or a list of texts. */
static enum status check_names(const struct config_node *node)
{
    bool is_good = node->kind == CONFIG_SCALAR ? !config_is_empty(node)
                                               : node->kind == CONFIG_LIST && node->count > 0;
    for (size_t i = 0; i < node->count && is_good; i++) {
        is_good = node->children[i].kind == CONFIG_SCALAR && !config_is_empty(&node->children[i]);
    }
    return is_good ? STATUS_OK : complain(node, "must be a name or a list of names");
}

static enum status check_command(const struct config_node *node)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    if (node->kind == CONFIG_SCALAR) {
        FAIL_IF(command_find(node->text) == NULL, STATUS_USAGE, "%s: there is no command '%s'",
                config_place(node, place), node->text);
    }
    for (size_t i = 0; i < node->count; i++) {
        TRY(check_command(&node->children[i]));
    }
done:
    return status;
}

/* ---- values ------------------------------------------------------------------------------- */

/* A name as a part of a folder's name. */
static enum status make_folder(const struct reading *reading, struct reading_value *value)
{
    enum status status = STATUS_OK;
    FAIL_IF(asprintf(&value->folder, "%s-%s", reading->name, value->name) < 0, STATUS_MEMORY,
            "out of memory");
    for (char *byte = value->folder; *byte != '\0'; byte++) {
        unsigned char plain = (unsigned char)*byte;
        *byte = isalnum(plain) || *byte == '.' ? (char)tolower(plain) : '-';
    }
    for (const struct reading_value *other = reading->values; other < value; other++) {
        if (strcmp(other->folder, value->folder) == 0) {
            return complain(value->node, "another value of this reading has the same name; give it a 'name'");
        }
    }
done:
    return status;
}

/* `value` for the reading's one option. */
static enum status set_one(const struct config_node *node, const char *option,
                           struct reading_value *value)
{
    enum status status = STATUS_OK;
    if (option == NULL) {
        return complain(node, "a reading without 'option' needs values as {name: ..., set: {OPTION: VALUE}}");
    }
    TRY(memory_allocate(1, sizeof *value->setting, &value->setting));
    *value->setting = *node;
    value->setting->key = option;
    value->settings = (struct config_node){.kind = CONFIG_MAPPING,
                                           .file = node->file,
                                           .line = node->line,
                                           .column = node->column,
                                           .children = value->setting,
                                           .count = 1};
done:
    return status;
}

static enum status set_several(const struct config_node *node, struct reading_value *value)
{
    if (node->kind != CONFIG_MAPPING) {
        return complain(node, "'set' must be options as 'name: value'");
    }
    if (config_find(node, "output") != NULL) {
        return complain(config_find(node, "output"), "a reading cannot set the output: every value gets a folder of its own");
    }
    value->settings = *node;
    return STATUS_OK;
}

static enum status read_mapping(const struct config_node *node, const char *option,
                                struct reading_value *value)
{
    enum status status;
    const char *paper;
    const struct config_node *one = config_find(node, "value"), *several = config_find(node, "set");
    TRY(check_keys(node, value_keys));
    TRY(read_text(node, "name", &value->name));
    TRY(read_text(node, "paper", &paper));
    if (paper != NULL && !text_parse_flag(paper, &value->is_paper)) {
        return complain(config_find(node, "paper"), "must be true or false");
    }
    if ((one == NULL) == (several == NULL)) {
        return complain(node, "a value needs either 'value' or 'set'");
    }
    if (value->name == NULL && one != NULL && one->kind == CONFIG_SCALAR) {
        value->name = one->text;
    }
    TRY(one != NULL ? set_one(one, option, value) : set_several(several, value));
done:
    return status;
}

static enum status read_value(const struct reading *reading, const struct config_node *node,
                              const char *option, struct reading_value *value)
{
    enum status status;
    value->node = node;
    if (node->kind == CONFIG_MAPPING) {
        TRY(read_mapping(node, option, value));
    } else if (node->kind == CONFIG_SCALAR && !config_is_empty(node)) {
        value->name = node->text;
        TRY(set_one(node, option, value));
    } else {
        return complain(node, "a value must be one text, or {value: ..., name: ..., paper: true}");
    }
    if (value->name == NULL || value->name[0] == '\0') {
        return complain(node, "give this value a 'name'");
    }
    TRY(make_folder(reading, value));
done:
    return status;
}

/* ---- readings ----------------------------------------------------------------------------- */

static enum status read_values(const struct config_node *node, const char *option,
                               struct reading *reading)
{
    enum status status;
    const struct config_node *values = config_find(node, "values");
    if (values == NULL || values->kind != CONFIG_LIST || values->count < 2 ||
        values->count > READING_VALUES_MAX) {
        return complain(node, "a reading needs 'values', a list of two or more, the default first");
    }
    TRY(memory_allocate(values->count, sizeof *reading->values, &reading->values));
    for (size_t i = 0; i < values->count; i++) {
        reading->count++; /* what a failure leaves is released with the rest */
        TRY(read_value(reading, &values->children[i], option, &reading->values[i]));
    }
done:
    return status;
}

static enum status read_reading(const struct config_node *node, struct reading *reading)
{
    enum status status;
    const char *option;
    *reading = (struct reading){.node = node, .chain_value = -1};
    if (node->kind != CONFIG_MAPPING) {
        return complain(node, "a reading must be {name: ..., command: ..., option: ..., values: [...]}");
    }
    TRY(check_keys(node, reading_keys));
    TRY(read_text(node, "name", &reading->name));
    TRY(read_text(node, "option", &option));
    reading->commands = config_find(node, "command");
    reading->stages = config_find(node, "stage");
    if (reading->name == NULL) {
        return complain(node, "a reading needs a 'name'");
    }
    if (reading->commands == NULL && reading->stages == NULL) {
        return complain(node, "a reading needs 'command' or 'stage', whose option it is about");
    }
    if (option != NULL && config_key_is(option, "output")) {
        return complain(config_find(node, "option"), "a reading cannot set the output: every value gets a folder of its own");
    }
    if (reading->commands != NULL) {
        TRY(check_names(reading->commands));
        TRY(check_command(reading->commands));
    }
    TRY(reading->stages != NULL ? check_names(reading->stages) : STATUS_OK);
    TRY(read_values(node, option, reading));
done:
    return status;
}

static enum status read_list(const char *path, struct readings *readings)
{
    enum status status;
    const struct config_node *list = config_find(readings->root, "readings");
    TRY(check_keys(readings->root, file_keys));
    TRY(read_text(readings->root, "of", &readings->of));
    FAIL_IF(list == NULL || list->kind != CONFIG_LIST || list->count == 0, STATUS_USAGE,
            "%s: has no list 'readings' of entries with name, command, option and values", path);
    FAIL_IF(list->count > READINGS_MAX, STATUS_USAGE, "%s: more than %d readings", path,
            READINGS_MAX);
    TRY(memory_allocate(list->count, sizeof *readings->item, &readings->item));
    for (size_t i = 0; i < list->count; i++) {
        readings->count++;
        TRY(read_reading(&list->children[i], &readings->item[i]));
        for (size_t other = 0; other < i; other++) {
            if (strcmp(readings->item[other].name, readings->item[i].name) == 0) {
                return complain(&list->children[i], "another reading has this name");
            }
        }
    }
done:
    return status;
}

enum status readings_read(const char *path, struct readings *readings)
{
    enum status status;
    *readings = (struct readings){0};
    TRY(config_read(path, &readings->root));
    TRY(read_list(path, readings));
done:
    if (status != STATUS_OK) {
        readings_clear(readings);
    }
    return status;
}

static void reading_clear(struct reading *reading)
{
    for (int i = 0; i < reading->count; i++) {
        free(reading->values[i].folder);
        free(reading->values[i].setting);
    }
    free(reading->values);
}

void readings_clear(struct readings *readings)
{
    for (int i = 0; i < readings->count; i++) {
        reading_clear(&readings->item[i]);
    }
    free(readings->item);
    config_destroy(&readings->root);
    *readings = (struct readings){0};
}

static void leave_out(struct readings *readings, int which)
{
    reading_clear(&readings->item[which]);
    readings->count--;
    memmove(&readings->item[which], &readings->item[which + 1],
            (size_t)(readings->count - which) * sizeof *readings->item);
}

static bool is_chosen(const struct options *options, const char *option, const char *name)
{
    for (size_t i = 0; i < option_count(options, option); i++) {
        if (strcmp(option_item(options, option, i), name) == 0) {
            return true;
        }
    }
    return false;
}

enum status readings_choose(struct readings *readings, const struct options *options,
                            const char *option)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < option_count(options, option); i++) {
        bool is_there = false;
        for (int k = 0; k < readings->count; k++) {
            is_there = is_there ||
                       strcmp(readings->item[k].name, option_item(options, option, i)) == 0;
        }
        FAIL_IF(!is_there, STATUS_USAGE, "--%s %s: the file has no reading of that name", option,
                option_item(options, option, i));
    }
    for (int i = readings->count - 1; i >= 0 && option_count(options, option) > 0; i--) {
        if (!is_chosen(options, option, readings->item[i].name)) {
            leave_out(readings, i);
        }
    }
done:
    return status;
}

/* ---- what the chain has ------------------------------------------------------------------- */

void readings_changes(const struct readings *readings, const int *choice,
                      struct chain_change *changes, int *change_count)
{
    *change_count = 0;
    for (int i = 0; i < readings->count; i++) {
        const struct reading *reading = &readings->item[i];
        if (choice[i] >= 0) {
            const struct reading_value *value = &reading->values[choice[i]];
            changes[(*change_count)++] = (struct chain_change){.name = value->folder,
                                                               .commands = reading->commands,
                                                               .stages = reading->stages,
                                                               .settings = &value->settings};
        }
    }
}

static bool same_items(const struct options *a, const struct options *b, const char *name)
{
    if (option_count(a, name) != option_count(b, name)) {
        return false;
    }
    for (size_t i = 0; i < option_count(a, name); i++) {
        if (strcmp(option_item(a, name, i), option_item(b, name, i)) != 0) {
            return false;
        }
    }
    return true;
}

/* Inputs are not part of the canonical text; they count where the value sets them. */
static bool same_inputs(const struct chain_stage *a, const struct chain_stage *b,
                        const struct config_node *settings)
{
    for (const struct option_spec *const *table = a->command->tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            if ((spec->flags & OPTION_INPUT) && config_find(settings, spec->name) != NULL &&
                !same_items(a->options, b->options, spec->name)) {
                return false;
            }
        }
    }
    return true;
}

static enum status same_options(const struct chain_stage *a, const struct chain_stage *b,
                                const struct config_node *settings, bool *is_same)
{
    enum status status;
    char *first = NULL, *second = NULL;
    TRY(options_canonical_text(a->options, &first));
    TRY(options_canonical_text(b->options, &second));
    *is_same = strcmp(first, second) == 0 && same_inputs(a, b, settings);
done:
    free(first);
    free(second);
    return status;
}

/* Lays one value over the chain: does a stage on the way to the target take it, and does it change? */
static enum status try_value(const struct chain_request *request, const struct chain *chain,
                             int target, const struct reading *reading, int value, bool *is_taken,
                             bool *is_changed)
{
    enum status status;
    struct chain *varied = NULL;
    struct chain_change change = {.name = reading->values[value].folder,
                                  .commands = reading->commands,
                                  .stages = reading->stages,
                                  .settings = &reading->values[value].settings};
    struct chain_request own = *request;
    own.changes = &change;
    own.change_count = 1;
    *is_taken = *is_changed = false;
    TRY(chain_read(&own, &varied));
    for (int i = 0; i < chain_count(chain); i++) {
        bool is_same = true;
        if (chain_stage(varied, i)->changed != 0 && chain_leads_to(varied, i, target)) {
            TRY(same_options(chain_stage(chain, i), chain_stage(varied, i), change.settings,
                             &is_same));
            *is_taken = true;
        }
        *is_changed = *is_changed || !is_same;
    }
done:
    if (status != STATUS_OK) {
        failure_prefix("reading '%s', value '%s'", reading->name, reading->values[value].name);
    }
    chain_destroy(&varied);
    return status;
}

enum status readings_compare(struct readings *readings, const struct chain_request *request,
                             const struct chain *chain, int target, bool is_speaker)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    for (int i = 0; i < readings->count; i++) {
        struct reading *reading = &readings->item[i];
        bool is_taken = false, is_changed = false;
        for (int value = 0; value < reading->count; value++) {
            TRY(try_value(request, chain, target, reading, value, &is_taken, &is_changed));
            if (is_taken && !is_changed && reading->chain_value < 0) {
                reading->chain_value = value;
            }
        }
        if (!is_taken) {
            FAIL_IF(reading->stages != NULL && reading->commands == NULL, STATUS_USAGE,
                    "%s: the chain has no such stage before '%s'",
                    config_place(reading->stages, place), chain_stage(chain, target)->name);
            if (is_speaker) {
                log_info("reading '%s' is left out: no stage of that command comes before '%s'",
                         reading->name, chain_stage(chain, target)->name);
            }
            leave_out(readings, i--);
        }
    }
    FAIL_IF(readings->count == 0, STATUS_USAGE,
            "--readings: no reading is about a stage before '%s'", chain_stage(chain, target)->name);
done:
    return status;
}
