/* airshed -- GPL-3.0-or-later. Options of one command: arguments, config file, defaults, checks. */
#include "base/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "options_internal.h"

#define COMMAND_LINE "command line"

const struct option_spec options_grid[] = {
    {.name = "from",
     .kind = OPTION_DATE,
     .group = "Part of the input",
     .help = "First day to use."},
    {.name = "to",
     .kind = OPTION_DATE,
     .group = "Part of the input",
     .help = "Last day to use, included."},
    {.name = "bbox",
     .kind = OPTION_LIST,
     .argument = "W,S,E,N",
     .low = -540,
     .high = 540,
     .items = 4,
     .group = "Part of the input",
     .help = "Box in degrees; longitudes 0 to 360 equal -180 to 180."},
    {.name = "clip",
     .kind = OPTION_PATH,
     .flags = OPTION_INPUT,
     .group = "Part of the input",
     .help = "Polygons; cells whose centre lies outside of them are left out."},
    {.name = "variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .group = "Part of the input",
     .help = "Variable to read; needed where the input has several."},
    {.name = "crs",
     .kind = OPTION_TEXT,
     .argument = "CRS",
     .group = "Part of the input",
     .help = "System of grids that name none and are not in degrees: EPSG:CODE, WKT or a PROJ "
             "string."},
    {.name = "missing-steps",
     .kind = OPTION_CHOICE,
     .choices = "refuse|fill",
     .fallback = "refuse",
     .group = "Part of the input",
     .help = "Steps missing from the time axis: refuse the input, or insert them as missing."},
    {.name = NULL},
};

#define COMMON .group = "Common options"

const struct option_spec options_common[] = {
    {.name = "config",
     .kind = OPTION_PATH,
     .flags = OPTION_NEUTRAL | OPTION_ACTION | OPTION_INPUT,
     .help = "YAML file with values of options; its section named after the command counts, else "
             "its top level.",
     COMMON},
    {.name = "set",
     .kind = OPTION_TEXT,
     .argument = "KEY=VALUE",
     .flags = OPTION_NEUTRAL | OPTION_ACTION | OPTION_REPEATABLE,
     .help = "Set one option over the config file.",
     COMMON},
    {.name = "dry-run",
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Print the plan, memory per rank, disk space and expected time, and stop.",
     COMMON},
    {.name = "resume",
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Go on with an interrupted run: finished items are verified, only those in flight are "
             "repeated.",
     COMMON},
    {.name = "overwrite",
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Replace existing and partial outputs.",
     COMMON},
    {.name = "memory",
     .kind = OPTION_SIZE,
     .fallback = "1G",
     .low = 65536,
     .high = 0x1p50,
     .flags = OPTION_NEUTRAL,
     .help = "Memory budget of each rank. No effect on results.",
     COMMON},
    {.name = "scratch",
     .kind = OPTION_PATH,
     .argument = "DIR",
     .flags = OPTION_NEUTRAL,
     .help = "Folder for temporary cubes; default: beside the output.",
     COMMON},
    {.name = "seed",
     .kind = OPTION_INTEGER,
     .fallback = "1",
     .low = 0,
     .high = 4294967295.0,
     .help = "Seed of every random draw.",
     COMMON},
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Warnings and errors only.",
     COMMON},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Tell more, from every rank; at the end what was sent, read and written.",
     COMMON},
    {.name = "log-format",
     .kind = OPTION_CHOICE,
     .choices = "text|json",
     .fallback = "text",
     .flags = OPTION_NEUTRAL,
     .help = "Form of the messages on standard error.",
     COMMON},
    {.name = "print-config",
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL | OPTION_ACTION,
     .help = "Print every effective value and its origin as a config file, and stop.",
     COMMON},
    {.name = "no-history",
     .kind = OPTION_FLAG,
     .help = "Leave out history, dates, paths and commit, so that equal runs give equal bytes.",
     COMMON},
    {.name = "hash",
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL,
     .help = "Identify inputs by the SHA-256 of their content, not only by size, time and header.",
     COMMON},
    {.name = "help",
     .letter = 'h',
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL | OPTION_ACTION,
     .help = "Print this help and stop.",
     COMMON},
    {.name = "version",
     .letter = 'V',
     .kind = OPTION_FLAG,
     .flags = OPTION_NEUTRAL | OPTION_ACTION,
     .help = "Print the version and stop.",
     COMMON},
    {.name = NULL},
};

/* ---- tables ------------------------------------------------------------------------------- */

struct option_value *options_find(const struct options *options, const char *name, bool any_dash)
{
    for (size_t i = 0; i < options->count; i++) {
        const char *known = options->values[i].spec->name;
        if (any_dash ? config_key_is(name, known) : strcmp(name, known) == 0) {
            return &options->values[i];
        }
    }
    return NULL;
}

static struct option_value *find_letter(const struct options *options, char letter)
{
    for (size_t i = 0; letter != '\0' && i < options->count; i++) {
        if (options->values[i].spec->letter == letter) {
            return &options->values[i];
        }
    }
    return NULL;
}

/* A fault of a table or of a call is a fault of the source: no user can cause or cure it. */
static _Noreturn void defect(const struct options *options, const char *name, const char *what)
{
    fprintf(stderr, "airshed: defect: option '%s' of '%s' %s\n", name, options->command, what);
    abort();
}

static bool is_word_of(const struct option_spec *spec, const char *item)
{
    size_t length = strlen(item);
    for (const char *word = spec->choices; word != NULL; word++) {
        if (length > 0 && strncmp(word, item, length) == 0 &&
            (word[length] == '|' || word[length] == '\0')) {
            return true;
        }
        word = strchr(word, '|');
        if (word == NULL) {
            break;
        }
    }
    return false;
}

static bool is_bounded(const struct option_spec *spec)
{
    return spec->low != 0 || spec->high != 0;
}

static bool is_within(const struct option_spec *spec, double number)
{
    return !is_bounded(spec) || (number >= spec->low && number <= spec->high);
}

static bool is_real_within(const struct option_spec *spec, const char *item)
{
    double real;
    return text_parse_real(item, &real) && is_within(spec, real);
}

/* True where @p item is a value that the row allows. */
static bool is_allowed(const struct option_spec *spec, const char *item)
{
    int64_t integer;
    int year, month, day;
    bool flag;
    if (is_word_of(spec, item)) {
        return true;
    }
    switch (spec->kind) {
    case OPTION_FLAG:
        return text_parse_flag(item, &flag);
    case OPTION_TEXT:
        return true;
    case OPTION_INTEGER:
        return text_parse_integer(item, &integer) && is_within(spec, (double)integer);
    case OPTION_REAL:
        return is_real_within(spec, item);
    case OPTION_CHOICE:
        return false;
    case OPTION_SIZE:
        return text_parse_size(item, &integer) && is_within(spec, (double)integer);
    case OPTION_LIST:
        return is_bounded(spec) ? is_real_within(spec, item) : spec->choices == NULL && *item != 0;
    case OPTION_PATH:
        return item[0] != '\0';
    case OPTION_DATE:
        return text_parse_date(item, &year, &month, &day);
    }
    return false;
}

static void check_table(const struct options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_spec *spec = options->values[i].spec;
        const struct option_value *twin = options_find(options, spec->name, true);
        if (twin != &options->values[i]) {
            defect(options, spec->name, "stands twice in the tables");
        }
        if (spec->letter != '\0' && find_letter(options, spec->letter) != &options->values[i]) {
            defect(options, spec->name, "has a letter that another one has");
        }
        if (spec->kind == OPTION_CHOICE && spec->choices == NULL) {
            defect(options, spec->name, "is a choice without choices");
        }
        if (spec->fallback != NULL && spec->kind != OPTION_LIST &&
            !is_allowed(spec, spec->fallback)) {
            defect(options, spec->name, "has a default that it does not allow");
        }
    }
}

enum status options_create(const char *command, const struct option_spec *const *tables,
                           struct options **options)
{
    enum status status;
    struct options *made = NULL;
    size_t count = 0;
    TRY(memory_allocate(1, sizeof *made, &made));
    TRY(memory_copy_text(command, &made->command));
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct option_spec *spec = tables[t]; spec->name != NULL; spec++) {
            count++;
        }
    }
    TRY(memory_allocate(count, sizeof *made->values, &made->values));
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct option_spec *spec = tables[t]; spec->name != NULL; spec++) {
            made->values[made->count++].spec = spec;
        }
    }
    check_table(made);
done:
    if (status != STATUS_OK) {
        options_destroy(&made);
    }
    *options = made;
    return status;
}

void options_destroy(struct options **options)
{
    struct options *old = *options;
    if (old == NULL) {
        return;
    }
    for (size_t i = 0; i < old->count; i++) {
        text_list_clear(&old->values[i].items);
        text_list_clear(&old->values[i].origins);
    }
    text_list_clear(&old->errors);
    free(old->values);
    free(old->command);
    free(old);
    *options = NULL;
}

void options_describe(struct options *options, const char *summary, const char *details,
                      const char *examples)
{
    options->summary = summary;
    options->details = details;
    options->examples = examples;
}

void options_allow_sections(struct options *options, const char *const *names)
{
    options->sections = names;
}

/* ---- errors ------------------------------------------------------------------------------- */

static enum status add_error(struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum status add_error(struct options *options, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return text_list_add(&options->errors, line);
}

/* "; did you mean 'X'?", or nothing. */
static const char *hint(const struct options *options, const char *name, const char *dashes,
                        char buffer[static 128])
{
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < options->count && count < 256; i++) {
        names[count++] = options->values[i].spec->name;
    }
    const char *near = text_suggest(name, names, count);
    buffer[0] = '\0';
    if (near == NULL && text_starts_with(name, "no-")) {
        near = text_suggest(name + 3, names, count);
        dashes = dashes[0] != '\0' ? "--no-" : dashes;
    }
    if (near != NULL) {
        snprintf(buffer, 128, "; did you mean '%s%s'?", dashes, near);
    }
    return buffer;
}

static enum status add_unknown(struct options *options, const char *origin, const char *name,
                               const char *dashes)
{
    char near[128];
    return add_error(options, "%s: unknown option '%s%s'%s", origin, dashes, name,
                     hint(options, name, dashes, near));
}

static const char *expected(const struct option_spec *spec, char buffer[static 256])
{
    static const char *const nouns[] = {
        [OPTION_FLAG] = "true or false",
        [OPTION_TEXT] = "text",
        [OPTION_INTEGER] = "a whole number",
        [OPTION_REAL] = "a number",
        [OPTION_CHOICE] = "",
        [OPTION_SIZE] = "a size such as 512M or 1.5GiB",
        [OPTION_LIST] = "an item",
        [OPTION_PATH] = "a path",
        [OPTION_DATE] = "a date as YYYY-MM-DD",
    };
    char low[TEXT_NUMBER_BYTES], high[TEXT_NUMBER_BYTES];
    bool number = spec->kind == OPTION_LIST && is_bounded(spec);
    struct text text = {0};
    if (spec->kind != OPTION_CHOICE && (spec->kind != OPTION_LIST || spec->choices == NULL)) {
        text_add(&text, number ? "a number" : nouns[spec->kind]);
    }
    if (is_bounded(spec) && spec->kind == OPTION_SIZE) {
        text_add_format(&text, " from %s to %s", text_size((int64_t)spec->low, low),
                        text_size((int64_t)spec->high, high));
    } else if (is_bounded(spec)) {
        bool is_closed = spec->low > -OPTION_FAR && spec->high < OPTION_FAR;
        option_add_range(spec, is_closed ? " from " : " of ", &text);
    }
    if (spec->choices != NULL) {
        text_add(&text, text.length > 0 ? ", or one of " : "one of ");
        text_add(&text, spec->choices);
    }
    snprintf(buffer, 256, "%s", text.data != NULL ? text.data : "");
    text_clear(&text);
    return buffer;
}

static const char *near_choice(const struct option_spec *spec, const char *item,
                               char buffer[static 128])
{
    struct text_list words = {0};
    buffer[0] = '\0';
    if (spec->choices != NULL && text_list_split(&words, spec->choices, '|') == STATUS_OK) {
        const char *near = text_suggest(item, (const char *const *)words.items, words.count);
        if (near != NULL) {
            snprintf(buffer, 128, "; did you mean '%s'?", near);
        }
    }
    text_list_clear(&words);
    return buffer;
}

static enum status add_refusal(struct options *options, const struct option_spec *spec,
                               const char *item, const char *origin)
{
    char wanted[256], near[128];
    return add_error(options, "%s: option '%s': '%.200s' is not %s%s", origin, spec->name, item,
                     expected(spec, wanted), near_choice(spec, item, near));
}

/* ---- setting ------------------------------------------------------------------------------ */

static enum option_level level_of(const char *origin)
{
    return text_starts_with(origin, COMMAND_LINE) ? LEVEL_COMMAND_LINE : LEVEL_FILE;
}

/* Folder of the file in "folder/file.yaml:3:5". */
static enum status origin_folder(const char *origin, char **folder)
{
    enum status status;
    char *file = NULL;
    TRY(memory_copy_text(origin, &file));
    for (int i = 0; i < 2; i++) {
        char *colon = strrchr(file, ':');
        if (colon != NULL) {
            *colon = '\0';
        }
    }
    TRY(path_folder(file, folder));
done:
    free(file);
    return status;
}

static enum status add_item(struct option_value *value, const char *item, const char *origin)
{
    enum status status;
    char *folder = NULL, *joined = NULL;
    bool is_relative = value->spec->kind == OPTION_PATH && level_of(origin) == LEVEL_FILE &&
                       item[0] != '@' && item[0] != '\0' && strcmp(item, "-") != 0;
    if (is_relative) {
        TRY(origin_folder(origin, &folder));
        TRY(path_join(folder, item, &joined));
    }
    TRY(text_list_add(&value->items, joined != NULL ? joined : item));
    TRY(text_list_add(&value->origins, origin));
done:
    free(folder);
    free(joined);
    return status;
}

/* Makes way for a value of @p level; false where the present one must stay. */
static bool make_way(struct option_value *value, enum option_level level, bool adding)
{
    if (value->level > level) {
        return false;
    }
    bool keeps = adding && (value->spec->flags & OPTION_REPEATABLE) && value->level == level;
    if (!keeps) {
        text_list_clear(&value->items);
        text_list_clear(&value->origins);
    }
    value->level = level;
    return true;
}

static enum status set_text(struct option_value *value, const char *text, const char *origin)
{
    enum status status = STATUS_OK;
    struct text_list items = {0};
    if (!make_way(value, level_of(origin), true)) {
        return STATUS_OK;
    }
    if (value->spec->kind != OPTION_LIST) {
        return add_item(value, text, origin);
    }
    TRY(text_list_split(&items, text, ','));
    for (size_t i = 0; i < items.count; i++) {
        TRY(add_item(value, items.items[i], origin));
    }
    if (items.count == 0) {
        TRY(text_list_add(&value->origins, origin));
    }
done:
    text_list_clear(&items);
    return status;
}

/* The option that a key of a file or of --set means, or NULL after an error. */
static struct option_value *find_setting(struct options *options, const char *name,
                                         const char *origin, enum status *status)
{
    struct option_value *value = options_find(options, name, true);
    *status = STATUS_OK;
    if (value == NULL) {
        *status = add_unknown(options, origin, name, "");
    } else if (value->spec->flags & OPTION_ACTION) {
        *status = add_error(options, "%s: '%s' belongs on the command line: --%s", origin,
                            value->spec->name, value->spec->name);
        value = NULL;
    }
    return value;
}

enum status options_set(struct options *options, const char *name, const char *value,
                        const char *origin)
{
    enum status status;
    struct option_value *found = find_setting(options, name, origin, &status);
    return found != NULL ? set_text(found, value, origin) : status;
}

/* The next item of a canonical value into @p item. @return what follows its comma, NULL at the end */
static const char *take_escaped(const char *text, struct text *item)
{
    text_add(item, "");
    for (; *text != '\0' && *text != ','; text++) {
        bool is_escaped = *text == '\\' && text[1] != '\0';
        text += is_escaped;
        text_add_bytes(item, is_escaped && *text == 'n' ? "\n" : text, 1);
    }
    return *text == ',' ? text + 1 : NULL;
}

enum status options_set_canonical(struct options *options, const char *name, const char *text,
                                  const char *origin)
{
    enum status status;
    struct text item = {0};
    struct option_value *value = find_setting(options, name, origin, &status);
    if (value == NULL || !make_way(value, level_of(origin), false)) {
        return status;
    }
    if (value->spec->kind == OPTION_LIST && text[0] == '\0') {
        return text_list_add(&value->origins, origin); /* a list without items */
    }
    for (const char *rest = text; rest != NULL;) {
        rest = take_escaped(rest, &item);
        FAIL_IF(item.failed, STATUS_MEMORY, "out of memory");
        TRY(add_item(value, item.data, origin));
        text_clear(&item);
    }
done:
    text_clear(&item);
    return status;
}

/* ---- arguments ---------------------------------------------------------------------------- */

struct arguments {
    struct options *options;
    int count, next;
    char **texts;
    size_t plain;     /* plain arguments seen so far */
    bool has_unknown; /* an option that no table has */
};

static enum status set_pair(struct options *options, const char *pair)
{
    enum status status;
    char *name = NULL;
    const char *equals = strchr(pair, '=');
    if (equals == NULL || equals == pair) {
        return add_error(options, COMMAND_LINE ": option '--set': '%.200s' is not KEY=VALUE", pair);
    }
    TRY(memory_copy_text(pair, &name));
    name[equals - pair] = '\0';
    TRY(options_set(options, name, equals + 1, COMMAND_LINE " (--set)"));
done:
    free(name);
    return status;
}

static enum status set_from_line(struct arguments *line, struct option_value *value,
                                 const char *text)
{
    if (value->spec->flags & OPTION_ACTION && strcmp(value->spec->name, "set") == 0) {
        return set_pair(line->options, text);
    }
    return set_text(value, text, COMMAND_LINE);
}

/* True where an argument is an option of this command rather than a value: after `--output`, the
 * text `--resume` means that a value was forgotten. */
static bool is_option(const struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[128];
    if (!text_starts_with(text, "--")) {
        return false;
    }
    snprintf(name, sizeof name, "%.*s",
             equals != NULL ? (int)(equals - text - 2) : (int)strnlen(text, 120), text + 2);
    return name[0] == '\0' || options_find(options, name, false) != NULL;
}

/* Value from the next argument. */
static enum status take_value(struct arguments *line, struct option_value *value)
{
    if (line->next >= line->count || is_option(line->options, line->texts[line->next])) {
        return add_error(line->options, COMMAND_LINE ": option '--%s' needs a value: --%s=%s",
                         value->spec->name, value->spec->name, option_argument(value->spec));
    }
    return set_from_line(line, value, line->texts[line->next++]);
}

/* The flag that `--no-NAME` means, or NULL. */
static struct option_value *find_negated(const struct options *options, const char *name)
{
    struct option_value *value =
        text_starts_with(name, "no-") ? options_find(options, name + 3, false) : NULL;
    return value != NULL && value->spec->kind == OPTION_FLAG ? value : NULL;
}

static enum status parse_long(struct arguments *line, const char *argument)
{
    enum status status;
    char *name = NULL;
    TRY(memory_copy_text(argument + 2, &name));
    char *text = strchr(name, '=');
    if (text != NULL) {
        *text++ = '\0';
    }
    struct option_value *value = options_find(line->options, name, false);
    struct option_value *negated = value == NULL ? find_negated(line->options, name) : NULL;
    if (negated != NULL && text != NULL) {
        TRY(add_error(line->options, COMMAND_LINE ": option '--%s' takes no value", name));
    } else if (negated != NULL) {
        TRY(set_text(negated, "false", COMMAND_LINE));
    } else if (value == NULL) {
        line->has_unknown = true;
        TRY(add_unknown(line->options, COMMAND_LINE, name, "--"));
    } else if (text != NULL) {
        TRY(set_from_line(line, value, text));
    } else if (value->spec->kind == OPTION_FLAG) {
        TRY(set_text(value, "true", COMMAND_LINE));
    } else {
        TRY(take_value(line, value));
    }
done:
    free(name);
    return status;
}

static enum status parse_letters(struct arguments *line, const char *letters)
{
    enum status status = STATUS_OK;
    for (; *letters != '\0'; letters++) {
        struct option_value *value = find_letter(line->options, *letters);
        if (value == NULL) {
            return add_error(line->options, COMMAND_LINE ": unknown option '-%c'", *letters);
        }
        if (value->spec->kind != OPTION_FLAG) {
            const char *rest = letters[1] == '=' ? letters + 2 : letters + 1;
            return letters[1] != '\0' ? set_from_line(line, value, rest) : take_value(line, value);
        }
        TRY(set_text(value, "true", COMMAND_LINE));
    }
done:
    return status;
}

static enum status parse_plain(struct arguments *line, const char *text)
{
    struct options *options = line->options;
    size_t place = 0;
    for (size_t i = 0; i < options->count; i++) {
        struct option_value *value = &options->values[i];
        if (!(value->spec->flags & OPTION_POSITIONAL)) {
            continue;
        }
        if (place == line->plain ||
            (place < line->plain && value->spec->flags & OPTION_REPEATABLE)) {
            line->plain++;
            return set_text(value, text, COMMAND_LINE);
        }
        place++;
    }
    line->plain++;
    if (line->has_unknown) {
        return STATUS_OK; /* most likely the value of the option that is not known */
    }
    return add_error(options, COMMAND_LINE ": unexpected argument '%.200s'", text);
}

static bool is_negative_number(const char *text)
{
    return text[0] == '-' && (text[1] == '.' || (text[1] >= '0' && text[1] <= '9'));
}

enum status options_parse_arguments(struct options *options, int argc, char **argv)
{
    enum status status = STATUS_OK;
    struct arguments line = {.options = options, .count = argc, .texts = argv};
    bool only_plain = false;
    while (line.next < line.count) {
        const char *text = line.texts[line.next++];
        if (!only_plain && strcmp(text, "--") == 0) {
            only_plain = true;
        } else if (only_plain || text[0] != '-' || text[1] == '\0' || is_negative_number(text)) {
            TRY(parse_plain(&line, text));
        } else if (text[1] == '-') {
            TRY(parse_long(&line, text));
        } else {
            TRY(parse_letters(&line, text + 1));
        }
    }
done:
    return status;
}

/* ---- config file -------------------------------------------------------------------------- */

static enum status add_child(struct options *options, struct option_value *value,
                             const struct config_node *child)
{
    enum status status;
    char place[CONFIG_PLACE_BYTES];
    struct text pair = {0};
    char *item = NULL;
    config_place(child, place);
    if (child->kind != CONFIG_SCALAR || config_is_empty(child)) {
        return add_error(options, "%s: option '%s': its items must be plain values", place,
                         value->spec->name);
    }
    if (child->key != NULL) {
        text_add_format(&pair, "%s=", child->key);
    }
    text_add(&pair, child->text);
    TRY(text_take(&pair, &item));
    TRY(add_item(value, item, place));
done:
    free(item);
    return status;
}

/* A YAML list or mapping as the value of an option. */
static enum status set_children(struct options *options, struct option_value *value,
                                const struct config_node *node)
{
    enum status status = STATUS_OK;
    const struct option_spec *spec = value->spec;
    char place[CONFIG_PLACE_BYTES];
    config_place(node, place);
    bool several = spec->kind == OPTION_LIST || (spec->flags & OPTION_REPEATABLE);
    bool numbers = is_bounded(spec) || spec->choices != NULL || spec->kind == OPTION_PATH;
    if (!several || (node->kind == CONFIG_MAPPING && numbers)) {
        return add_error(options, "%s: option '%s' takes %s, not a %s", place, spec->name,
                         several ? "a list" : "one value",
                         node->kind == CONFIG_LIST ? "list" : "mapping");
    }
    if (!make_way(value, LEVEL_FILE, false)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < node->count; i++) {
        TRY(add_child(options, value, &node->children[i]));
    }
    if (node->count == 0) {
        TRY(text_list_add(&value->origins, place));
    }
done:
    return status;
}

static enum status set_node(struct options *options, const struct config_node *node)
{
    enum status status;
    char place[CONFIG_PLACE_BYTES];
    struct option_value *value =
        find_setting(options, node->key, config_key_place(node, place), &status);
    if (value == NULL) {
        return status;
    }
    if (config_is_empty(node)) {
        return add_error(options, "%s: option '%s' has no value", place, value->spec->name);
    }
    if (node->kind != CONFIG_SCALAR) {
        return set_children(options, value, node);
    }
    if (!make_way(value, LEVEL_FILE, false)) {
        return STATUS_OK;
    }
    return set_text(value, node->text, config_place(node, place));
}

enum status options_set_mapping(struct options *options, const struct config_node *mapping)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    if (config_is_empty(mapping)) {
        return STATUS_OK; /* a section without keys */
    }
    if (mapping->kind != CONFIG_MAPPING) {
        return add_error(options, "%s: expected options as 'name: value'",
                         config_place(mapping, place));
    }
    for (size_t i = 0; i < mapping->count; i++) {
        TRY(set_node(options, &mapping->children[i]));
    }
done:
    return status;
}

static bool is_section(const struct options *options, const char *key)
{
    for (size_t i = 0; options->sections != NULL && options->sections[i] != NULL; i++) {
        if (config_key_is(key, options->sections[i])) {
            return true;
        }
    }
    return false;
}

static enum status refuse_section(struct options *options, const struct config_node *node)
{
    const char *names[128] = {options->command};
    size_t count = 1;
    char place[CONFIG_PLACE_BYTES], near_text[128] = "";
    for (size_t i = 0; options->sections != NULL && options->sections[i] != NULL && count < 128;
         i++) {
        names[count++] = options->sections[i];
    }
    const char *near = text_suggest(node->key, names, count);
    if (near != NULL) {
        snprintf(near_text, sizeof near_text, "; did you mean '%s'?", near);
    }
    return add_error(options, "%s: '%s' is no section beside '%s'%s", config_key_place(node, place),
                     node->key, options->command, near_text);
}

/* Other commands' sections are theirs to check; keys that are nobody's are errors here. */
static enum status set_file(struct options *options, const struct config_node *root)
{
    enum status status = STATUS_OK;
    const struct config_node *section = config_find(root, options->command);
    bool has_sections = section != NULL;
    for (size_t i = 0; root->kind == CONFIG_MAPPING && i < root->count; i++) {
        const char *key = root->children[i].key;
        has_sections =
            has_sections || (is_section(options, key) && options_find(options, key, true) == NULL);
    }
    if (!has_sections) {
        return options_set_mapping(options, root);
    }
    for (size_t i = 0; i < root->count; i++) {
        const struct config_node *child = &root->children[i];
        bool ignored = options->sections == NULL ? child->kind == CONFIG_MAPPING
                                                 : is_section(options, child->key);
        if (child != section && !ignored) {
            TRY(refuse_section(options, child));
        }
    }
    if (section != NULL) {
        TRY(options_set_mapping(options, section));
    }
done:
    return status;
}

static enum status read_config(struct options *options)
{
    enum status status;
    struct config_node *root = NULL;
    const struct option_value *config = options_find(options, "config", false);
    if (config == NULL || config->level == LEVEL_DEFAULT) {
        return STATUS_OK;
    }
    TRY(config_read(option_value_text(config), &root));
    TRY(set_file(options, root));
done:
    config_destroy(&root);
    if (status == STATUS_USAGE) {
        status = text_list_add(&options->errors, failure_message());
        failure_clear();
    }
    return status;
}

/* ---- finishing ---------------------------------------------------------------------------- */

static enum status fill_list(struct option_value *value)
{
    enum status status = STATUS_OK;
    if (value->level != LEVEL_DEFAULT || value->spec->fallback == NULL ||
        value->spec->kind != OPTION_LIST || value->items.count > 0) {
        return STATUS_OK;
    }
    TRY(text_list_split(&value->items, value->spec->fallback, ','));
    for (size_t i = 0; i < value->items.count; i++) {
        TRY(text_list_add(&value->origins, "default"));
    }
done:
    return status;
}

static enum status check_value(struct options *options, const struct option_value *value)
{
    enum status status = STATUS_OK;
    const struct option_spec *spec = value->spec;
    for (size_t i = 0; i < value->items.count; i++) {
        if (!is_allowed(spec, value->items.items[i])) {
            TRY(add_refusal(options, spec, value->items.items[i], value->origins.items[i]));
        }
    }
    if (spec->kind == OPTION_LIST && spec->items > 0 && value->origins.count > 0 &&
        value->items.count != (size_t)spec->items) {
        TRY(add_error(options, "%s: option '%s' needs %d items, %s, not %zu",
                      value->origins.items[0], spec->name, spec->items, option_argument(spec),
                      value->items.count));
    }
    if (spec->flags & OPTION_REQUIRED && value->level == LEVEL_DEFAULT && spec->fallback == NULL) {
        bool plain = spec->flags & OPTION_POSITIONAL;
        TRY(add_error(options, COMMAND_LINE ": missing %s%s: %s", plain ? "" : "option --",
                      plain ? option_argument(spec) : spec->name,
                      spec->help != NULL ? spec->help : ""));
    }
done:
    return status;
}

/* True where the input is, or its pattern matches, the file of @p output. */
static bool is_input(const char *input, const char *output)
{
    struct text_list matches = {0};
    bool same = path_is_same(input, output);
    if (!same && path_is_pattern(input)) {
        if (path_glob(input, &matches) != STATUS_OK) {
            failure_clear(); /* whoever opens the input will say so */
        }
        for (size_t i = 0; i < matches.count; i++) {
            same = same || path_is_same(matches.items[i], output);
        }
    }
    text_list_clear(&matches);
    return same;
}

/* Name of the input option that reads the file of @p path, or NULL. */
static const char *find_reader(const struct options *options, const char *path)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct option_value *input = &options->values[i];
        for (size_t j = 0; input->spec->flags & OPTION_INPUT && j < input->items.count; j++) {
            if (is_input(input->items.items[j], path)) {
                return input->spec->name;
            }
        }
    }
    return NULL;
}

bool options_read_file(const struct options *options, const char *path)
{
    return find_reader(options, path) != NULL;
}

static enum status check_output(struct options *options, const struct option_value *output,
                                size_t index)
{
    enum status status = STATUS_OK;
    const char *path = output->items.items[index];
    const char *reader = strcmp(path, "-") != 0 ? find_reader(options, path) : NULL;
    if (reader != NULL) {
        TRY(add_error(options,
                      "%s: option '%s': '%.200s' is also the input '%s': choose another name",
                      output->origins.items[index], output->spec->name, path, reader));
    }
done:
    return status;
}

static enum status report_errors(struct options *options)
{
    enum {
        MOST_LINES = 20
    };
    struct text text = {0};
    size_t count = options->errors.count;
    if (count == 0) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < count && i < MOST_LINES; i++) {
        text_add_format(&text, "%s%s", i > 0 ? "\n" : "", options->errors.items[i]);
    }
    if (count > MOST_LINES) {
        text_add_format(&text, "\nand %zu more errors", count - MOST_LINES);
    }
    failure_clear();
    enum status status = failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s",
                                        text.failed ? "several usage errors" : text.data);
    text_clear(&text);
    return status;
}

enum status options_finish(struct options *options)
{
    enum status status;
    TRY(read_config(options));
    for (size_t i = 0; i < options->count; i++) {
        TRY(fill_list(&options->values[i]));
        TRY(check_value(options, &options->values[i]));
    }
    for (size_t i = 0; i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        for (size_t j = 0; value->spec->flags & OPTION_OUTPUT && j < value->items.count; j++) {
            TRY(check_output(options, value, j));
        }
    }
    TRY(report_errors(options));
done:
    return status;
}

/* ---- values ------------------------------------------------------------------------------- */

const char *option_value_text(const struct option_value *value)
{
    if (value->items.count == 0) {
        return value->level == LEVEL_DEFAULT ? value->spec->fallback : NULL;
    }
    /* Of a value that may stand once, the last counts. */
    bool repeatable = value->spec->kind == OPTION_LIST || value->spec->flags & OPTION_REPEATABLE;
    return value->items.items[repeatable ? 0 : value->items.count - 1];
}

static const struct option_value *get(const struct options *options, const char *name)
{
    const struct option_value *value = options_find(options, name, false);
    if (value == NULL) {
        defect(options, name, "is asked for, but stands in no table");
    }
    return value;
}

static const char *get_kind(const struct options *options, const char *name, enum option_kind kind)
{
    const struct option_value *value = get(options, name);
    if (value->spec->kind != kind) {
        defect(options, name, "is asked for as another kind than its own");
    }
    return option_value_text(value);
}

const char *option_text(const struct options *options, const char *name)
{
    return option_value_text(get(options, name));
}

int64_t option_integer(const struct options *options, const char *name)
{
    const char *text = get_kind(options, name, OPTION_INTEGER);
    int64_t integer = 0;
    return text != NULL && text_parse_integer(text, &integer) ? integer : 0;
}

double option_real(const struct options *options, const char *name)
{
    const char *text = get_kind(options, name, OPTION_REAL);
    double real = NAN;
    return text != NULL && text_parse_real(text, &real) ? real : NAN;
}

bool option_flag(const struct options *options, const char *name)
{
    const char *text = get_kind(options, name, OPTION_FLAG);
    bool flag = false;
    return text != NULL && text_parse_flag(text, &flag) && flag;
}

int64_t option_bytes(const struct options *options, const char *name)
{
    const char *text = get_kind(options, name, OPTION_SIZE);
    int64_t bytes = 0;
    return text != NULL && text_parse_size(text, &bytes) ? bytes : 0;
}

size_t option_count(const struct options *options, const char *name)
{
    const struct option_value *value = get(options, name);
    if (value->spec->kind == OPTION_LIST || value->spec->flags & OPTION_REPEATABLE) {
        bool only_default = value->items.count == 0 && value->level == LEVEL_DEFAULT &&
                            value->spec->kind != OPTION_LIST && value->spec->fallback != NULL;
        return only_default ? 1 : value->items.count;
    }
    return option_value_text(value) != NULL;
}

const char *option_item(const struct options *options, const char *name, size_t index)
{
    const struct option_value *value = get(options, name);
    if (index >= option_count(options, name)) {
        defect(options, name, "is asked for an item that it does not have");
    }
    return index < value->items.count ? value->items.items[index] : option_value_text(value);
}

double option_item_real(const struct options *options, const char *name, size_t index)
{
    double real = NAN;
    return text_parse_real(option_item(options, name, index), &real) ? real : NAN;
}

bool option_is_set(const struct options *options, const char *name)
{
    return get(options, name)->level != LEVEL_DEFAULT;
}

const char *option_origin(const struct options *options, const char *name)
{
    const struct option_value *value = get(options, name);
    if (value->level == LEVEL_DEFAULT) {
        return value->spec->fallback != NULL ? "default" : "not set";
    }
    return value->origins.items[value->origins.count - 1];
}

/* ---- canonical text ----------------------------------------------------------------------- */

enum status option_canonical_item(const struct option_spec *spec, const char *item,
                                  struct text *canonical)
{
    int64_t integer;
    double real;
    bool flag;
    char number[TEXT_NUMBER_BYTES];
    if (spec->kind == OPTION_FLAG && text_parse_flag(item, &flag)) {
        text_add(canonical, flag ? "true" : "false");
    } else if (spec->kind == OPTION_INTEGER && text_parse_integer(item, &integer)) {
        text_add_format(canonical, "%lld", (long long)integer);
    } else if (spec->kind == OPTION_SIZE && text_parse_size(item, &integer)) {
        text_add_format(canonical, "%lld", (long long)integer);
    } else if ((spec->kind == OPTION_REAL || (spec->kind == OPTION_LIST && is_bounded(spec))) &&
               text_parse_real(item, &real)) {
        text_add(canonical, text_real(real + 0.0, number)); /* -0 becomes 0 */
    } else {
        text_add(canonical, item);
    }
    return canonical->failed ? failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory")
                             : STATUS_OK;
}

/* Line breaks would let one option speak for another. */
static void add_escaped(struct text *text, const char *raw)
{
    for (; *raw != '\0'; raw++) {
        if (*raw == '\n' || *raw == '\\' || *raw == ',') {
            text_add_format(text, "\\%c", *raw == '\n' ? 'n' : *raw);
        } else {
            text_add_bytes(text, raw, 1);
        }
    }
}

static enum status canonical_line(const struct option_value *value, char **line)
{
    enum status status = STATUS_OK;
    const struct option_spec *spec = value->spec;
    struct text text = {0}, item = {0};
    const char *only = option_value_text(value);
    bool repeatable = spec->kind == OPTION_LIST || spec->flags & OPTION_REPEATABLE;
    size_t count = repeatable && value->items.count > 0 ? value->items.count : only != NULL;
    text_add_format(&text, "%s=", spec->name);
    for (size_t i = 0; i < count; i++) {
        TRY(option_canonical_item(spec, count > 1 ? value->items.items[i] : only, &item));
        text_add(&text, i > 0 ? "," : "");
        add_escaped(&text, item.data);
        text_clear(&item);
    }
    text_add(&text, "\n");
done:
    text_clear(&item);
    if (status != STATUS_OK) {
        text_clear(&text);
        return status;
    }
    return text_take(&text, line);
}

/* Options without a value say nothing, so that a new option leaves old fingerprints alone. */
static bool counts_for_results(const struct option_value *value)
{
    unsigned apart = OPTION_NEUTRAL | OPTION_INPUT | OPTION_OUTPUT | OPTION_ACTION;
    bool has_value = value->level != LEVEL_DEFAULT || value->spec->fallback != NULL;
    const char *text = option_value_text(value);
    bool flag = true;
    if (value->spec->kind == OPTION_FLAG && text != NULL && text_parse_flag(text, &flag)) {
        has_value = flag || value->spec->fallback != NULL; /* a plain false is no value */
    }
    return has_value && !(value->spec->flags & apart);
}

enum status options_inputs(const struct options *options, struct text_list *names,
                           struct text_list *paths)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        bool is_input =
            value->spec->flags & OPTION_INPUT && !(value->spec->flags & OPTION_ACTION);
        for (size_t k = 0; is_input && k < value->items.count; k++) {
            TRY(text_list_add(names, value->spec->name));
            TRY(text_list_add(paths, value->items.items[k]));
        }
    }
done:
    return status;
}

enum status options_canonical_text(const struct options *options, char **text)
{
    enum status status = STATUS_OK;
    struct text_list lines = {0};
    struct text joined = {0};
    char *line = NULL;
    *text = NULL;
    for (size_t i = 0; i < options->count; i++) {
        if (counts_for_results(&options->values[i])) {
            TRY(canonical_line(&options->values[i], &line));
            TRY(text_list_add(&lines, line));
            free(line);
            line = NULL;
        }
    }
    text_list_sort(&lines);
    for (size_t i = 0; i < lines.count; i++) {
        text_add(&joined, lines.items[i]);
    }
    TRY(text_take(&joined, text));
done:
    free(line);
    text_clear(&joined);
    text_list_clear(&lines);
    return status;
}
