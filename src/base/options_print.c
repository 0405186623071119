/* airshed -- GPL-3.0-or-later. Options as help text, as a config file and as a manual page. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "options_internal.h"

/* Columns of the help: texts start at HELP_INDENT and end before HELP_WIDTH. */
enum {
    HELP_INDENT = 30,
    HELP_WIDTH = 90
};

static const char default_group[] = "Options";

/* ---- parts -------------------------------------------------------------------------------- */

const char *option_argument(const struct option_spec *spec)
{
    static const char *const names[] = {
        [OPTION_FLAG] = "",     [OPTION_TEXT] = "TEXT",   [OPTION_INTEGER] = "N",
        [OPTION_REAL] = "X",    [OPTION_CHOICE] = "WORD", [OPTION_SIZE] = "SIZE",
        [OPTION_LIST] = "LIST", [OPTION_PATH] = "FILE",   [OPTION_DATE] = "YYYY-MM-DD",
    };
    if (spec->argument != NULL) {
        return spec->argument;
    }
    return spec->kind == OPTION_CHOICE ? spec->choices : names[spec->kind];
}

static const char *group_of(const struct option_spec *spec)
{
    if (spec->flags & OPTION_POSITIONAL) {
        return "Arguments";
    }
    return spec->group != NULL ? spec->group : default_group;
}

static bool is_first_of_group(const struct options *options, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(group_of(options->values[i].spec), group_of(options->values[index].spec)) == 0) {
            return false;
        }
    }
    return true;
}

void option_add_range(const struct option_spec *spec, const char *before, struct text *text)
{
    char low[TEXT_NUMBER_BYTES], high[TEXT_NUMBER_BYTES];
    text_real(spec->low, low);
    text_real(spec->high, high);
    if (spec->low > -OPTION_FAR && spec->high < OPTION_FAR) {
        text_add_format(text, "%s%s to %s", before, low, high);
    } else if (spec->low > -OPTION_FAR) {
        text_add_format(text, "%s%s or more", before, low);
    } else if (spec->high < OPTION_FAR) {
        text_add_format(text, "%sat most %s", before, high);
    }
}

/* "a, b or c" of "a|b|c". */
static void add_words(struct text *text, const char *choices)
{
    while (*choices != '\0') {
        size_t length = strcspn(choices, "|");
        const char *rest = choices + length + (choices[length] == '|');
        text_add_bytes(text, choices, length);
        text_add(text, *rest == '\0' ? "" : strchr(rest, '|') != NULL ? ", " : " or ");
        choices = rest;
    }
}

/* What values may be, where the name of the value does not say it: "3 or more, or periodic". */
static void add_values(struct text *text, const struct option_spec *spec)
{
    bool is_number = spec->kind == OPTION_INTEGER || spec->kind == OPTION_REAL;
    size_t before = text->length;
    if (is_number && (spec->low != 0 || spec->high != 0)) {
        option_add_range(spec, "", text);
    }
    if (spec->choices != NULL && spec->kind != OPTION_CHOICE) {
        text_add(text, spec->kind == OPTION_LIST ? "of " : text->length > before ? ", or " : "or ");
        add_words(text, spec->choices);
    }
}

/* What follows the help: values, default, whether it is needed. */
static void add_remarks(struct text *text, const struct option_spec *spec)
{
    struct text remarks = {0};
    add_values(&remarks, spec);
    if (spec->flags & OPTION_REPEATABLE) {
        text_add(&remarks, remarks.length > 0 ? "; may be repeated" : "may be repeated");
    }
    if (spec->flags & OPTION_REQUIRED && spec->fallback == NULL) {
        text_add(&remarks, remarks.length > 0 ? "; required" : "required");
    }
    if (spec->fallback != NULL) {
        text_add(&remarks, remarks.length > 0 ? "; " : "");
        text_add_format(&remarks, spec->kind == OPTION_FLAG ? "on unless --no-%s" : "default: %s",
                        spec->kind == OPTION_FLAG ? spec->name : spec->fallback);
    }
    if (remarks.length > 0 && !remarks.failed) {
        text_add_format(text, " (%s)", remarks.data);
    }
    text_clear(&remarks);
}

/* Prints words from column @p column on, broken before HELP_WIDTH and continued at @p indent. */
static void print_wrapped(FILE *stream, const char *words, int column, int indent)
{
    bool fresh = true;
    while (*words != '\0') {
        int length = (int)strcspn(words, " \n");
        if (!fresh && column + 1 + length >= HELP_WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
            fresh = true;
        }
        fprintf(stream, "%s%.*s", fresh ? "" : " ", length, words);
        column += length + !fresh;
        fresh = false;
        words += length;
        words += strspn(words, " \n");
    }
    fputc('\n', stream);
}

/* Paragraphs are separated by an empty line. */
static void print_paragraphs(FILE *stream, const char *text)
{
    struct text paragraph = {0};
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        text_add_bytes(&paragraph, text, length);
        print_wrapped(stream, paragraph.failed ? "" : paragraph.data, 0, 0);
        text_clear(&paragraph);
        text += length;
        text += strspn(text, "\n");
        fprintf(stream, "%s", *text != '\0' ? "\n" : "");
    }
}

/* ---- help --------------------------------------------------------------------------------- */

/* "NAME", "[NAME]", "[NAME...]" for plain arguments and "--output=FILE" for other required ones. */
static void add_usage(struct text *usage, const struct options *options)
{
    text_add_format(usage, "airshed %s [OPTION]...", options->command);
    for (size_t i = 0; i < options->count; i++) {
        const struct option_spec *spec = options->values[i].spec;
        bool needed = spec->flags & OPTION_REQUIRED && spec->fallback == NULL;
        const char *more = spec->flags & OPTION_REPEATABLE ? "..." : "";
        if (spec->flags & OPTION_POSITIONAL) {
            text_add_format(usage, needed ? " %s%s" : " [%s%s]", option_argument(spec), more);
        } else if (needed && spec->letter != '\0') {
            text_add_format(usage, " -%c %s", spec->letter, option_argument(spec));
        } else if (needed) {
            text_add_format(usage, " --%s=%s", spec->name, option_argument(spec));
        }
    }
}

static void add_heading(struct text *heading, const struct option_spec *spec)
{
    if (spec->flags & OPTION_POSITIONAL) {
        text_add_format(heading, "  %s", option_argument(spec));
        return;
    }
    if (spec->letter != '\0') {
        text_add_format(heading, "  -%c, --%s", spec->letter, spec->name);
    } else {
        text_add_format(heading, "      --%s", spec->name);
    }
    if (spec->kind != OPTION_FLAG) {
        text_add_format(heading, "=%s", option_argument(spec));
    }
}

static void print_option(const struct option_spec *spec, FILE *stream)
{
    struct text heading = {0}, words = {0};
    add_heading(&heading, spec);
    text_add(&words, spec->help != NULL ? spec->help : "");
    add_remarks(&words, spec);
    if (!heading.failed && !words.failed) {
        fputs(heading.data, stream);
        int column = (int)heading.length;
        if (column > HELP_INDENT - 2) {
            fputc('\n', stream);
            column = 0;
        }
        fprintf(stream, "%*s", HELP_INDENT - column, "");
        print_wrapped(stream, words.data, HELP_INDENT, HELP_INDENT);
    }
    text_clear(&heading);
    text_clear(&words);
}

static void print_groups(const struct options *options, FILE *stream,
                         void (*heading)(const char *, FILE *),
                         void (*print)(const struct option_spec *, FILE *))
{
    for (size_t i = 0; i < options->count; i++) {
        if (!is_first_of_group(options, i)) {
            continue;
        }
        const char *group = group_of(options->values[i].spec);
        heading(group, stream);
        for (size_t j = i; j < options->count; j++) {
            if (strcmp(group_of(options->values[j].spec), group) == 0) {
                print(options->values[j].spec, stream);
            }
        }
    }
}

static void print_help_heading(const char *group, FILE *stream)
{
    fprintf(stream, "\n%s:\n", group);
}

/* Exit codes as one sentence, from the list that defines them. */
static void add_exit_codes(struct text *text)
{
    static const enum status shown[] = {STATUS_OK,   STATUS_FAILED, STATUS_USAGE,
                                        STATUS_DATA, STATUS_OUTPUT, STATUS_CHECKPOINT};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        text_add_format(text, "%s%d %s", i > 0 ? ", " : "", status_exit_code(shown[i]),
                        status_text(shown[i]));
    }
    text_add(text, " (go on with --resume).");
}

static void print_words(FILE *stream, struct text *words, int column, int indent)
{
    if (!words->failed && words->data != NULL) {
        print_wrapped(stream, words->data, column, indent);
    }
    text_clear(words);
}

/* As they are, so that they can be copied, but set off from the text. */
static void print_examples(const char *lines, FILE *stream)
{
    fputs("\nExamples:\n", stream);
    while (*lines != '\0') {
        int length = (int)strcspn(lines, "\n");
        fprintf(stream, "  %.*s\n", length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void options_print_help(const struct options *options, FILE *stream)
{
    struct text words = {0};
    text_add_format(&words, "airshed %s", options->command);
    if (options->summary != NULL) {
        text_add_format(&words, ": %s", options->summary);
    }
    print_words(stream, &words, 0, 4);
    fputs("\nUsage: ", stream);
    add_usage(&words, options);
    print_words(stream, &words, 7, 11);
    if (options->details != NULL) {
        fputc('\n', stream);
        print_paragraphs(stream, options->details);
    }
    print_groups(options, stream, print_help_heading, print_option);
    if (options->examples != NULL) {
        print_examples(options->examples, stream);
    }
    fputs("\nExit codes: ", stream);
    add_exit_codes(&words);
    print_words(stream, &words, 12, 12);
}

/* ---- config ------------------------------------------------------------------------------- */

/* A scalar that YAML reads back as the same text: always quoted unless plainly harmless. */
static void add_yaml(struct text *text, const struct option_spec *spec, const char *item)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_./+-";
    bool plain = item[0] != '\0' && item[strspn(item, harmless)] == '\0' &&
                 strcmp(item, "-") != 0 && strcmp(item, "null") != 0 &&
                 !text_starts_with(item, "---");
    if (plain || spec->kind == OPTION_INTEGER || spec->kind == OPTION_REAL) {
        text_add(text, item);
        return;
    }
    text_add(text, "\"");
    for (; *item != '\0'; item++) {
        unsigned char c = (unsigned char)*item;
        if (c == '"' || c == '\\') {
            text_add_format(text, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            text_add_format(text, "\\x%02x", c);
        } else {
            text_add_bytes(text, item, 1);
        }
    }
    text_add(text, "\"");
}

/* Paths are printed so that they mean the same from wherever the file is put. */
static void add_config_item(struct text *text, const struct option_spec *spec, const char *item)
{
    char *absolute = NULL;
    bool is_path = spec->kind == OPTION_PATH && item[0] != '@' && strcmp(item, "-") != 0;
    if (is_path && path_absolute(item, &absolute) == STATUS_OK) {
        add_yaml(text, spec, absolute);
    } else {
        add_yaml(text, spec, item);
    }
    free(absolute);
}

static void add_setting(struct text *line, const struct option_value *value)
{
    const struct option_spec *spec = value->spec;
    const char *only = option_value_text(value);
    bool several = spec->kind == OPTION_LIST || spec->flags & OPTION_REPEATABLE;
    if (only == NULL && spec->kind == OPTION_FLAG) {
        text_add_format(line, "  %s: false", spec->name);
    } else if (only == NULL && value->level == LEVEL_DEFAULT) {
        text_add_format(line, "  # %s:", spec->name);
    } else if (!several) {
        text_add_format(line, "  %s: ", spec->name);
        add_config_item(line, spec, only);
    } else {
        text_add_format(line, "  %s: [", spec->name);
        for (size_t i = 0; i < value->items.count; i++) {
            text_add(line, i > 0 ? ", " : "");
            add_config_item(line, spec, value->items.items[i]);
        }
        if (value->items.count == 0 && only != NULL) {
            add_config_item(line, spec, only);
        }
        text_add(line, "]");
    }
}

void options_print_config(const struct options *options, FILE *stream)
{
    fprintf(stream, "# Effective options of airshed %s %s, each with its origin.\n%s:\n",
            options->command, AIRSHED_VERSION, options->command);
    for (size_t i = 0; i < options->count; i++) {
        const struct option_value *value = &options->values[i];
        struct text line = {0};
        if (value->spec->flags & OPTION_ACTION) {
            continue;
        }
        add_setting(&line, value);
        bool absent = value->spec->kind == OPTION_FLAG && value->level == LEVEL_DEFAULT;
        fprintf(stream, "%-40s # %s\n", line.failed ? "" : line.data,
                absent ? "default" : option_origin(options, value->spec->name));
        text_clear(&line);
    }
}

/* ---- manual page -------------------------------------------------------------------------- */

/* Text without meaning to roff: no escapes, no requests at the beginning of a line. */
static void print_roff(FILE *stream, const char *text, bool is_example)
{
    bool at_start = true;
    for (; *text != '\0'; text++) {
        if (at_start && (*text == '.' || *text == '\'')) {
            fputs("\\&", stream);
        }
        at_start = *text == '\n';
        if (*text == '\\') {
            fputs("\\e", stream);
        } else if (*text == '-') {
            fputs("\\-", stream);
        } else if (!is_example && text[0] == '\n' && text[1] == '\n') {
            fputs("\n.PP", stream);
        } else {
            fputc(*text, stream);
        }
    }
}

static void print_roff_words(FILE *stream, struct text *words)
{
    print_roff(stream, words->failed || words->data == NULL ? "" : words->data, false);
    fputc('\n', stream);
    text_clear(words);
}

static void print_man_heading(const char *group, FILE *stream)
{
    fputs(".SS \"", stream);
    print_roff(stream, group, false);
    fputs("\"\n", stream);
}

static void print_man_option(const struct option_spec *spec, FILE *stream)
{
    struct text words = {0};
    fputs(".TP\n\\fB", stream);
    add_heading(&words, spec);
    if (!words.failed) {
        print_roff(stream, words.data + strspn(words.data, " "), false);
    }
    text_clear(&words);
    fputs("\\fR\n", stream);
    text_add(&words, spec->help != NULL ? spec->help : "");
    add_remarks(&words, spec);
    print_roff_words(stream, &words);
}

void options_print_man(const struct options *options, FILE *stream)
{
    struct text words = {0};
    fprintf(stream, ".TH AIRSHED-%s 1 \"\" \"airshed %s\" \"airshed manual\"\n.SH NAME\n",
            options->command, AIRSHED_VERSION);
    text_add_format(&words, "airshed-%s - %s", options->command,
                    options->summary != NULL ? options->summary : "a command of airshed");
    print_roff_words(stream, &words);
    fputs(".SH SYNOPSIS\n", stream);
    add_usage(&words, options);
    print_roff_words(stream, &words);
    if (options->details != NULL) {
        fputs(".SH DESCRIPTION\n", stream);
        text_add(&words, options->details);
        print_roff_words(stream, &words);
    }
    fputs(".SH OPTIONS\n", stream);
    print_groups(options, stream, print_man_heading, print_man_option);
    if (options->examples != NULL) {
        fputs(".SH EXAMPLES\n.nf\n", stream);
        print_roff(stream, options->examples, true);
        fprintf(stream, "%s.fi\n", text_ends_with(options->examples, "\n") ? "" : "\n");
    }
    fputs(".SH \"EXIT STATUS\"\n", stream);
    add_exit_codes(&words);
    print_roff_words(stream, &words);
}
