/* airshed -- GPL-3.0-or-later. Config files: YAML as a tree of nodes that know their place. */
#ifndef AIRSHED_BASE_CONFIG_H
#define AIRSHED_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum config_kind {
    CONFIG_SCALAR,
    CONFIG_LIST,
    CONFIG_MAPPING
};

/** One value with its place. All parts belong to the root and are released with it. */
struct config_node {
    enum config_kind kind;
    const char *file;
    int line, column; /**< of the value, from 1 */

    const char *key; /**< NULL unless the node is a value of a mapping */
    int key_line, key_column;

    const char *text; /**< SCALAR: as written, without quotes; NULL for lists and mappings */
    bool quoted;      /**< SCALAR: so that "" and "null" can be told from nothing */

    struct config_node *children; /**< in the order of the file */
    size_t count;
};

/** Reads a YAML file of one document.
 *
 *  Anchors, aliases and merge keys (`<<`) are resolved; a merged value keeps the place of its
 *  original. Refused: duplicate keys, keys that are not plain text, aliases that hold themselves,
 *  nesting below 32 levels, more than 100,000 nodes. An empty file is an empty mapping.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_USAGE with "file:line:column: reason"; release with
 *          config_destroy()
 */
enum status config_read(const char *path, struct config_node **root);

/** The same from memory; @p file is the name for messages. */
enum status config_parse(const char *text, size_t bytes, const char *file,
                         struct config_node **root);

/** Releases a root. NULL is allowed; sets *root to NULL. */
void config_destroy(struct config_node **root);

/** Value of @p key, or NULL where @p mapping has none (or is no mapping). `-` and `_` are equal. */
const struct config_node *config_find(const struct config_node *mapping, const char *key);

/** True for a key without a value, `~` or a plain `null`. */
bool config_is_empty(const struct config_node *node);

/** True where two keys are the same: `-` and `_` count as equal. */
bool config_key_is(const char *key, const char *name);

enum {
    CONFIG_PLACE_BYTES = 4224
};

/** Writes "file:line:column" of the value, or of its key. @return @p buffer */
const char *config_place(const struct config_node *node, char buffer[static CONFIG_PLACE_BYTES]);
const char *config_key_place(const struct config_node *node,
                             char buffer[static CONFIG_PLACE_BYTES]);

#endif
