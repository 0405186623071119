/* airshed -- GPL-3.0-or-later. inventory: small helpers for reading nodes of its config. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status inventory_complain(const struct config_node *node, const char *format, ...)
{
    char place[CONFIG_PLACE_BYTES];
    char *sentence = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    enum status status =
        failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s", config_place(node, place),
                       length >= 0 ? sentence : format);
    free(length >= 0 ? sentence : NULL);
    return status;
}

enum status inventory_check_keys(const struct config_node *mapping, const char *const *known)
{
    size_t count = 0;
    char place[CONFIG_PLACE_BYTES];
    if (mapping->kind != CONFIG_MAPPING) {
        return inventory_complain(mapping, "keys with values expected");
    }
    while (known[count] != NULL) {
        count++;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        const struct config_node *child = &mapping->children[i];
        size_t found = 0;
        while (found < count && !config_key_is(child->key, known[found])) {
            found++;
        }
        if (found == count) {
            const char *near = text_suggest(child->key, known, count);
            return failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: unknown key '%s'%s%s%s",
                                  config_key_place(child, place), child->key,
                                  near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                                  near != NULL ? "'?" : "");
        }
    }
    return STATUS_OK;
}

const char *inventory_scalar(const struct config_node *mapping, const char *key)
{
    const struct config_node *node = config_find(mapping, key);
    bool is_text = node != NULL && node->kind == CONFIG_SCALAR && !config_is_empty(node);
    return is_text ? node->text : NULL;
}

enum status inventory_text(const struct config_node *mapping, const char *key, const char **text)
{
    const struct config_node *node = config_find(mapping, key);
    *text = inventory_scalar(mapping, key);
    return *text != NULL ? STATUS_OK
                         : inventory_complain(node != NULL ? node : mapping,
                                              "'%s' needs a value", key);
}

enum status inventory_list(const struct config_node *mapping, const char *key,
                           struct text_list *list)
{
    enum status status = STATUS_OK;
    const struct config_node *node = config_find(mapping, key);
    if (node == NULL || config_is_empty(node)) {
        return STATUS_OK;
    }
    if (node->kind == CONFIG_SCALAR) {
        return text_list_add(list, node->text);
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct config_node *item = &node->children[i];
        if (node->kind != CONFIG_LIST || item->kind != CONFIG_SCALAR) {
            return inventory_complain(item, "'%s' takes a list of names", key);
        }
        TRY(text_list_add(list, item->text));
    }
done:
    return status;
}

bool inventory_is_same(const char *a, const char *b, bool ignores_case)
{
    return ignores_case ? text_equal_ignoring_case(a, b) : strcmp(a, b) == 0;
}

const char *inventory_respell(const struct config_node *spellings, const char *index,
                              const char *text, bool ignores_case)
{
    const struct config_node *names = spellings != NULL ? config_find(spellings, index) : NULL;
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        const struct config_node *name = &names->children[i];
        if (name->key != NULL && name->kind == CONFIG_SCALAR &&
            inventory_is_same(name->key, text, ignores_case)) {
            return name->text;
        }
    }
    return text;
}

/* The longest name that stands in @p word, or that it stands in: "Hebei Province". */
static const char *contained(const char *word, const struct text_list *names)
{
    const char *best = NULL;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        bool is_near = strlen(name) > 2 && strlen(word) > 2 &&
                       (strcasestr(word, name) != NULL || strcasestr(name, word) != NULL);
        best = is_near && (best == NULL || strlen(name) > strlen(best)) ? name : best;
    }
    return best;
}

const char *inventory_near(const char *word, const struct text_list *names, char *buffer,
                           size_t bytes)
{
    const char *near = text_suggest(word, (const char *const *)names->items, names->count);
    near = near != NULL ? near : contained(word, names);
    buffer[0] = '\0';
    if (near != NULL) {
        snprintf(buffer, bytes, "; did you mean '%s'?", near);
    }
    return buffer;
}
