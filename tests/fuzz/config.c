/* airshed -- GPL-3.0-or-later. Any bytes as a config file: its tree, then the options of a command.
 *
 * A tree that was read keeps its promises, and written in the plainest YAML it reads back the same.
 * Options that were accepted are within their bounds, and what --print-config says of them gives
 * the same options again.
 */
#include "fuzzing.h"

#include <math.h>

#include "base/config.h"
#include "base/options.h"
#include "base/text.h"
#include "commands/commands.h"

static const char file_name[] = "fuzz.yaml";

enum {
    DEEPEST = 32,
    MOST_NODES = 100000,
    LONGEST_TEXT = 1 << 18
};

/* ---- the tree ------------------------------------------------------------------------------- */

static void check_node(const struct config_node *node, int depth, int *nodes)
{
    must(depth <= DEEPEST && ++*nodes <= MOST_NODES, "trees have bounds");
    must(node->line >= 1 && node->column >= 1 && strcmp(node->file, file_name) == 0,
         "a value knows its place");
    must((node->kind == CONFIG_SCALAR) == (node->text != NULL), "scalars have a text");
    must(node->kind != CONFIG_SCALAR || node->count == 0, "scalars have no children");
    for (size_t i = 0; i < node->count; i++) {
        const struct config_node *child = &node->children[i];
        must((node->kind == CONFIG_MAPPING) == (child->key != NULL), "mappings have keys");
        must(child->key == NULL || config_find(node, child->key) == child, "a key is there once");
        check_node(child, depth + 1, nodes);
    }
}

/* One character of UTF-8, which is sound: libyaml has decoded it. */
static uint32_t next_character(const unsigned char **at)
{
    uint32_t first = *(*at)++;
    int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t character = more == 0 ? first : first & (0x3fu >> more);
    for (; more > 0; more--) {
        must((**at & 0xc0) == 0x80, "texts are UTF-8");
        character = character << 6 | (*(*at)++ & 0x3fu);
    }
    return character;
}

static void write_scalar(struct text *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    text_add(out, "\"");
    while (*at != '\0') {
        uint32_t character = next_character(&at);
        bool is_plain = character >= ' ' && character < 0x7f && character != '"' && character != '\\';
        text_add_format(out, is_plain ? "%c" : "\\U%08X", character);
    }
    text_add(out, "\"");
}

static void write_node(struct text *out, const struct config_node *node)
{
    if (node->kind == CONFIG_SCALAR) {
        write_scalar(out, node->text);
        return;
    }
    text_add(out, node->kind == CONFIG_LIST ? "[" : "{");
    for (size_t i = 0; i < node->count && out->length < LONGEST_TEXT; i++) {
        text_add(out, i > 0 ? ", " : "");
        if (node->kind == CONFIG_MAPPING) {
            text_add(out, "? ");
            write_scalar(out, node->children[i].key);
            text_add(out, " : ");
        }
        write_node(out, &node->children[i]);
    }
    text_add(out, node->kind == CONFIG_LIST ? "]" : "}");
}

static bool same_tree(const struct config_node *a, const struct config_node *b)
{
    bool same = a->kind == b->kind && a->count == b->count &&
                (a->text == NULL || strcmp(a->text, b->text) == 0) &&
                (a->key == NULL) == (b->key == NULL) &&
                (a->key == NULL || strcmp(a->key, b->key) == 0);
    for (size_t i = 0; same && i < a->count; i++) {
        same = same_tree(&a->children[i], &b->children[i]);
    }
    return same;
}

static void read_tree_again(const struct config_node *root)
{
    struct config_node *again = NULL;
    struct text out = {0};
    write_node(&out, root);
    if (out.length < LONGEST_TEXT) {
        must(config_parse(out.data, out.length, file_name, &again) == STATUS_OK &&
                 same_tree(root, again),
             "a tree reads back the same");
    }
    config_destroy(&again);
    text_clear(&out);
}

/* ---- the options ---------------------------------------------------------------------------- */

static bool is_word_of(const char *word, const char *choices)
{
    size_t length = strlen(word);
    while (*choices != '\0') {
        size_t choice = strcspn(choices, "|");
        if (choice == length && strncmp(word, choices, length) == 0) {
            return true;
        }
        choices += choice + (choices[choice] == '|');
    }
    return false;
}

static void check_option(const struct options *options, const struct option_spec *spec)
{
    const char *text = option_text(options, spec->name);
    bool is_bounded = spec->low != 0 || spec->high != 0;
    double number = NAN;
    int year = 0;
    int month = 0;
    int day = 0;
    if (text == NULL || spec->flags & (OPTION_REPEATABLE | OPTION_ACTION)) {
        return;
    }
    switch (spec->kind) {
    case OPTION_INTEGER:
        number = (double)option_integer(options, spec->name);
        break;
    case OPTION_REAL:
        number = option_real(options, spec->name);
        must(isfinite(number), "a real is finite");
        break;
    case OPTION_SIZE:
        must(option_bytes(options, spec->name) >= 0, "sizes are not negative");
        break;
    case OPTION_CHOICE:
        must(is_word_of(text, spec->choices), "a choice is one of its words");
        break;
    case OPTION_DATE:
        must(text_parse_date(text, &year, &month, &day), "a date is one");
        break;
    default:
        break;
    }
    must(isnan(number) || !is_bounded || (number >= spec->low && number <= spec->high),
         "numbers are within their bounds");
}

/* Options of @p command with the file over them; what must be given and is no setting is given. */
static bool set_options(const struct command *command, const char *path, struct options **options)
{
    char *arguments[] = {(char *)"--config", (char *)path, NULL};
    must(command_options(command, options) == STATUS_OK, "a command has options");
    for (const struct option_spec *const *table = command->tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            if (spec->flags & OPTION_REQUIRED && spec->fallback == NULL) {
                must(options_set(*options, spec->name, spec->name, "command line") == STATUS_OK,
                     "an option can be set");
            }
        }
    }
    must(options_parse_arguments(*options, 2, arguments) == STATUS_OK, "arguments can be read");
    return accepts(options_finish(*options));
}

static void set_options_again(const struct command *command, const struct options *options)
{
    char path[FUZZING_PATH_BYTES];
    struct options *again = NULL;
    char *texts[2] = {NULL, NULL};
    char *printed = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&printed, &bytes);
    must(stream != NULL, "memory");
    options_print_config(options, stream);
    fclose(stream);
    must(set_options(command, fuzzing_file(printed, bytes, "-again.yaml", path), &again),
         "a printed config is accepted");
    must(options_canonical_text(options, &texts[0]) == STATUS_OK &&
             options_canonical_text(again, &texts[1]) == STATUS_OK,
         "options have a text");
    must(strcmp(texts[0], texts[1]) == 0, "a printed config gives the same options");
    free(texts[0]);
    free(texts[1]);
    free(printed);
    options_destroy(&again);
    unlink(path);
}

static void use_as_options(const struct command *command, const char *path)
{
    struct options *options = NULL;
    if (set_options(command, path, &options)) {
        for (const struct option_spec *const *table = command->tables; *table != NULL; table++) {
            for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
                check_option(options, spec);
            }
        }
        set_options_again(command, options);
    }
    options_destroy(&options);
}

/* The commands that the file has sections for; without any, one that its length picks. */
static void use_as_config(const struct config_node *root, const uint8_t *bytes, size_t count)
{
    char path[FUZZING_PATH_BYTES];
    int sections = 0;
    int all = 0;
    fuzzing_file(bytes, count, ".yaml", path);
    for (; commands[all] != NULL; all++) {
        if (config_find(root, commands[all]->name) != NULL) {
            use_as_options(commands[all], path);
            sections++;
        }
    }
    if (sections == 0) {
        use_as_options(commands[count % (size_t)all], path);
    }
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct config_node *root = NULL;
    if (accepts(config_parse((const char *)bytes, count, file_name, &root))) {
        int nodes = 0;
        check_node(root, 0, &nodes);
        read_tree_again(root);
        use_as_config(root, bytes, count);
    }
    config_destroy(&root);
    return 0;
}
