/* airshed -- GPL-3.0-or-later. inventory: small helpers for reading nodes of its config. */
#ifndef AIRSHED_COMMANDS_INVENTORY_CONFIG_H
#define AIRSHED_COMMANDS_INVENTORY_CONFIG_H

#include <stdbool.h>

#include "base/config.h"
#include "base/status.h"
#include "base/text.h"

/** Records "file:line:column: sentence" as a failure of the config. */
enum status inventory_complain(const struct config_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Refuses keys of @p mapping that are not in @p known (ends with NULL), with the nearest known one; and
 *  anything that is no mapping. */
enum status inventory_check_keys(const struct config_node *mapping, const char *const *known);

/** Text of the scalar under @p key. @return NULL where there is none, or it is empty */
const char *inventory_scalar(const struct config_node *mapping, const char *key);

/** The same, @return STATUS_USAGE where it is missing or no scalar */
enum status inventory_text(const struct config_node *mapping, const char *key, const char **text);

/** Appends the items under @p key: a list, or a scalar as a list of one; nothing where there is none. */
enum status inventory_list(const struct config_node *mapping, const char *key,
                           struct text_list *list);

/** The name of @p index that `spellings` (NULL: none) has for @p text, or @p text. */
const char *inventory_respell(const struct config_node *spellings, const char *index,
                              const char *text, bool ignores_case);

/** True where two names are the same. */
bool inventory_is_same(const char *a, const char *b, bool ignores_case);

/** A sentence "; did you mean 'NAME'?", or "", in @p buffer. */
const char *inventory_near(const char *word, const struct text_list *names, char *buffer,
                           size_t bytes);

#endif
