/* airshed -- GPL-3.0-or-later. Config files: libyaml's documents as a tree that knows its places.
 */
#include "base/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"

enum {
    DEEPEST = 32,
    MOST_NODES = 100000
};

/* A tree in the making; its root comes first, so that the root's address is the tree's. */
struct config_tree {
    struct config_node root;
    char *file;
    yaml_document_t document; /* owns every text and key */
    bool has_document;
    int nodes;
};

/* ---- releasing ---------------------------------------------------------------------------- */

static void release_children(struct config_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        release_children(&node->children[i]);
    }
    free(node->children);
}

void config_destroy(struct config_node **root)
{
    if (*root == NULL) {
        return;
    }
    struct config_tree *tree = (struct config_tree *)*root;
    release_children(&tree->root);
    if (tree->has_document) {
        yaml_document_delete(&tree->document);
    }
    free(tree->file);
    free(tree);
    *root = NULL;
}

/* ---- building ----------------------------------------------------------------------------- */

static enum status build(struct config_tree *tree, yaml_node_t *source, int depth,
                         struct config_node *node);

static enum status build_list(struct config_tree *tree, yaml_node_t *source, int depth,
                              struct config_node *node)
{
    enum status status;
    const yaml_node_item_t *item = source->data.sequence.items.start;
    size_t count = (size_t)(source->data.sequence.items.top - item);
    TRY(memory_allocate(count, sizeof *node->children, &node->children));
    node->count = count; /* zeroed children can be released from here on */
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *child = yaml_document_get_node(&tree->document, item[i]);
        TRY(build(tree, child, depth + 1, &node->children[i]));
    }
done:
    return status;
}

static const struct config_node *find_exact(const struct config_node *mapping, const char *key)
{
    for (size_t i = 0; i < mapping->count; i++) {
        if (config_key_is(mapping->children[i].key, key)) {
            return &mapping->children[i];
        }
    }
    return NULL;
}

/* Makes room for one more child; the room doubles. Children move only while none is in the making.
 */
static enum status grow(struct config_node *node, struct config_node **child)
{
    enum status status = STATUS_OK;
    size_t count = node->count;
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : 2 * count;
        struct config_node *grown = realloc(node->children, room * sizeof *grown);
        FAIL_IF(grown == NULL, STATUS_MEMORY, "out of memory for %zu config values", room);
        node->children = grown;
    }
    *child = &node->children[node->count++];
    **child = (struct config_node){0};
done:
    return status;
}

static bool is_merge(const yaml_node_t *key)
{
    return key->type == YAML_SCALAR_NODE && strcmp((char *)key->data.scalar.value, "<<") == 0 &&
           key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum status build_value(struct config_tree *tree, yaml_node_t *key, yaml_node_t *value,
                               int depth, struct config_node *node)
{
    enum status status;
    int line = (int)key->start_mark.line + 1, column = (int)key->start_mark.column + 1;
    FAIL_IF(key->type != YAML_SCALAR_NODE || key->data.scalar.length == 0, STATUS_USAGE,
            "%s:%d:%d: a key must be plain text", tree->file, line, column);
    const char *name = (char *)key->data.scalar.value;
    FAIL_IF(strlen(name) != key->data.scalar.length, STATUS_USAGE,
            "%s:%d:%d: a key holds a NUL character", tree->file, line, column);
    const struct config_node *twin = find_exact(node, name);
    FAIL_IF(twin != NULL, STATUS_USAGE, "%s:%d:%d: duplicate key '%s' (first on line %d)",
            tree->file, line, column, name, twin->key_line);
    struct config_node *child = NULL;
    TRY(grow(node, &child));
    child->key = name;
    child->key_line = line;
    child->key_column = column;
    TRY(build(tree, value, depth + 1, child));
done:
    return status;
}

static enum status count_node(struct config_tree *tree, const yaml_node_t *source, int depth)
{
    enum status status = STATUS_OK;
    int line = (int)source->start_mark.line + 1, column = (int)source->start_mark.column + 1;
    FAIL_IF(depth > DEEPEST, STATUS_USAGE,
            "%s:%d:%d: nested deeper than %d levels (an alias that holds itself?)", tree->file,
            line, column, DEEPEST);
    FAIL_IF(++tree->nodes > MOST_NODES, STATUS_USAGE, "%s:%d:%d: more than %d values", tree->file,
            line, column, MOST_NODES);
done:
    return status;
}

static enum status merge(struct config_tree *tree, yaml_node_t *source, int depth,
                         struct config_node *node);

/* What a mapping says itself wins over what it merges, so present keys are passed over. */
static enum status merge_mapping(struct config_tree *tree, yaml_node_t *source, int depth,
                                 struct config_node *node)
{
    enum status status = STATUS_OK;
    for (int merging = 0; merging < 2; merging++) {
        for (yaml_node_pair_t *pair = source->data.mapping.pairs.start;
             pair < source->data.mapping.pairs.top; pair++) {
            yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
            yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
            TRY(count_node(tree, key, depth));
            if (is_merge(key) != (merging == 1)) {
                continue;
            }
            if (merging == 1) {
                TRY(merge(tree, value, depth + 1, node));
            } else if (key->type != YAML_SCALAR_NODE ||
                       find_exact(node, (char *)key->data.scalar.value) == NULL) {
                TRY(build_value(tree, key, value, depth, node));
            }
        }
    }
done:
    return status;
}

static enum status merge(struct config_tree *tree, yaml_node_t *source, int depth,
                         struct config_node *node)
{
    enum status status = STATUS_OK;
    if (source->type == YAML_MAPPING_NODE) {
        return merge_mapping(tree, source, depth, node);
    }
    FAIL_IF(source->type != YAML_SEQUENCE_NODE, STATUS_USAGE,
            "%s:%d:%d: '<<' must be followed by an alias of a mapping", tree->file,
            (int)source->start_mark.line + 1, (int)source->start_mark.column + 1);
    for (yaml_node_item_t *item = source->data.sequence.items.start;
         item < source->data.sequence.items.top; item++) {
        yaml_node_t *part = yaml_document_get_node(&tree->document, *item);
        FAIL_IF(part->type != YAML_MAPPING_NODE, STATUS_USAGE,
                "%s:%d:%d: '<<' must be followed by aliases of mappings", tree->file,
                (int)part->start_mark.line + 1, (int)part->start_mark.column + 1);
        TRY(merge_mapping(tree, part, depth, node));
    }
done:
    return status;
}

static enum status build_mapping(struct config_tree *tree, yaml_node_t *source, int depth,
                                 struct config_node *node)
{
    enum status status = STATUS_OK;
    for (int merging = 0; merging < 2; merging++) {
        for (yaml_node_pair_t *pair = source->data.mapping.pairs.start;
             pair < source->data.mapping.pairs.top; pair++) {
            yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
            yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
            if (is_merge(key) == (merging == 1)) {
                TRY(merging ? merge(tree, value, depth + 1, node)
                            : build_value(tree, key, value, depth, node));
            }
        }
    }
done:
    return status;
}

static enum status build(struct config_tree *tree, yaml_node_t *source, int depth,
                         struct config_node *node)
{
    enum status status = STATUS_OK;
    node->file = tree->file;
    node->line = (int)source->start_mark.line + 1;
    node->column = (int)source->start_mark.column + 1;
    TRY(count_node(tree, source, depth));
    switch (source->type) {
    case YAML_SEQUENCE_NODE:
        node->kind = CONFIG_LIST;
        return build_list(tree, source, depth, node);
    case YAML_MAPPING_NODE:
        node->kind = CONFIG_MAPPING;
        return build_mapping(tree, source, depth, node);
    case YAML_SCALAR_NODE:
    case YAML_NO_NODE:
        break;
    }
    node->kind = CONFIG_SCALAR;
    node->text = (char *)source->data.scalar.value;
    node->quoted = source->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    FAIL_IF(strlen(node->text) != source->data.scalar.length, STATUS_USAGE,
            "%s:%d:%d: a value holds a NUL character", tree->file, node->line, node->column);
done:
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum status parser_failure(const struct config_tree *tree, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory reading '%s'",
                              tree->file);
    }
    if (parser->error == YAML_READER_ERROR) {
        return failure_record(STATUS_USAGE, __FILE__, __LINE__,
                              "%s: byte %zu: %s: a config file is YAML text in UTF-8", tree->file,
                              parser->problem_offset, parser->problem);
    }
    return failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s:%zu:%zu: %s", tree->file,
                          parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                          parser->problem != NULL ? parser->problem : "not YAML");
}

static enum status refuse_second_document(struct config_tree *tree, yaml_parser_t *parser)
{
    enum status status = STATUS_OK;
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        return parser_failure(tree, parser);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    FAIL_IF(root != NULL, STATUS_USAGE, "%s:%zu:%zu: a second document; a config file holds one",
            tree->file, root->start_mark.line + 1, root->start_mark.column + 1);
done:
    yaml_document_delete(&second);
    return status;
}

static enum status load(struct config_tree *tree, yaml_parser_t *parser)
{
    enum status status;
    if (!yaml_parser_load(parser, &tree->document)) {
        return parser_failure(tree, parser);
    }
    tree->has_document = true;
    yaml_node_t *root = yaml_document_get_root_node(&tree->document);
    if (root == NULL) {
        tree->root = (struct config_node){.kind = CONFIG_MAPPING, .file = tree->file, .line = 1};
        tree->root.column = 1;
        return STATUS_OK;
    }
    TRY(build(tree, root, 0, &tree->root));
    TRY(refuse_second_document(tree, parser));
done:
    return status;
}

/* From a stream, or from @p text where that is NULL. */
static enum status config_load(FILE *stream, const char *text, size_t bytes, const char *file,
                               struct config_node **root)
{
    enum status status;
    struct config_tree *tree = NULL;
    yaml_parser_t parser;
    *root = NULL;
    bool has_parser = yaml_parser_initialize(&parser) != 0;
    FAIL_IF(!has_parser, STATUS_MEMORY, "out of memory reading '%s'", file);
    TRY(memory_allocate(1, sizeof *tree, &tree));
    TRY(memory_copy_text(file, &tree->file));
    if (stream != NULL) {
        yaml_parser_set_input_file(&parser, stream);
    } else {
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    }
    TRY(load(tree, &parser));
done:
    if (has_parser) {
        yaml_parser_delete(&parser);
    }
    if (tree != NULL) {
        *root = &tree->root;
    }
    if (status != STATUS_OK) {
        config_destroy(root);
    }
    return status;
}

enum status config_parse(const char *text, size_t bytes, const char *file,
                         struct config_node **root)
{
    return config_load(NULL, text, bytes, file, root);
}

enum status config_read(const char *path, struct config_node **root)
{
    enum status status;
    FILE *stream = fopen(path, "rb");
    *root = NULL;
    FAIL_IF(stream == NULL, STATUS_USAGE, "cannot read the config file '%s': %s", path,
            strerror(errno));
    /* A folder opens like a file, and fails at the first byte. */
    int first = fgetc(stream);
    FAIL_IF(first == EOF && ferror(stream), STATUS_USAGE, "cannot read the config file '%s': %s",
            path, strerror(errno));
    ungetc(first, stream);
    TRY(config_load(stream, NULL, 0, path, root));
done:
    if (stream != NULL) {
        fclose(stream);
    }
    return status;
}

/* ---- asking ------------------------------------------------------------------------------- */

bool config_key_is(const char *key, const char *name)
{
    for (; *key != '\0' && *name != '\0'; key++, name++) {
        if ((*key == '_' ? '-' : *key) != (*name == '_' ? '-' : *name)) {
            return false;
        }
    }
    return *key == *name;
}

const struct config_node *config_find(const struct config_node *mapping, const char *key)
{
    return mapping->kind == CONFIG_MAPPING ? find_exact(mapping, key) : NULL;
}

bool config_is_empty(const struct config_node *node)
{
    return node->kind == CONFIG_SCALAR && !node->quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

const char *config_place(const struct config_node *node, char buffer[static CONFIG_PLACE_BYTES])
{
    snprintf(buffer, CONFIG_PLACE_BYTES, "%s:%d:%d", node->file, node->line, node->column);
    return buffer;
}

const char *config_key_place(const struct config_node *node, char buffer[static CONFIG_PLACE_BYTES])
{
    snprintf(buffer, CONFIG_PLACE_BYTES, "%s:%d:%d", node->file, node->key_line, node->key_column);
    return buffer;
}
