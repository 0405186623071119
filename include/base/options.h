/* airshed -- GPL-3.0-or-later. One table of options per command: parsing, help, config, man page.
 */
#ifndef AIRSHED_BASE_OPTIONS_H
#define AIRSHED_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "base/text.h"

/** What a value must look like. A value that is not wholly of its kind is refused. */
enum option_kind {
    OPTION_FLAG,    /**< `--name`, `--no-name`; in a config file true/false, yes/no, on/off */
    OPTION_TEXT,    /**< any text */
    OPTION_INTEGER, /**< a whole number from low to high */
    OPTION_REAL,    /**< a finite number from low to high */
    OPTION_CHOICE,  /**< one of `choices` */
    OPTION_SIZE,    /**< bytes: 512M, 1.5GiB, 20GB (K, M, G, T and KiB.. by 1024, KB.. by 1000) */
    OPTION_LIST,    /**< items between commas; in a config file a list, or a mapping: key=value */
    OPTION_PATH,    /**< a path; in a config file relative to the folder of that file */
    OPTION_DATE,    /**< YYYY-MM-DD */
};

/** Marks of an option, or-ed together. */
enum {
    OPTION_NEUTRAL = 1,    /**< cannot change results: not part of the fingerprint */
    OPTION_REQUIRED = 2,   /**< must get a value */
    OPTION_POSITIONAL = 4, /**< filled from the plain arguments, in the order of the table */
    OPTION_REPEATABLE = 8, /**< each use adds a value; otherwise the last one counts */
    OPTION_INPUT = 16,     /**< names an existing input */
    OPTION_OUTPUT = 32,    /**< names a result, which may not be an input (exit 2) */
    OPTION_ACTION = 64,    /**< command line only, not a setting: --help, --config, ... */
};

/** One row of a table. A table ends with a row whose name is NULL. Rows are usually written with
 *  named fields: `{.name = "period", .kind = OPTION_INTEGER, .fallback = "365", ...}`. */
struct option_spec {
    const char *name; /**< without dashes: "met-variables"; config files may write `_` for `-` */
    char letter;      /**< `-o`, or 0 */
    enum option_kind kind;
    const char
        *argument; /**< name of the value in the help: "FILE"; NULL: one made from the kind */
    const char *fallback; /**< default, checked like any other value; NULL: none */
    const char *choices;  /**< "a|b|c" for CHOICE, and for the items of a LIST */
    double low, high;     /**< bounds, included; both 0: unbounded. A bounded LIST holds numbers */
    unsigned flags;
    const char *help;  /**< one or two sentences */
    const char *group; /**< heading in the help; NULL: "Options" */
    int items;         /**< LIST: how many items it must have; 0: any number */
};

/** Options of every command (--config --set --dry-run ... --help --version). */
extern const struct option_spec options_common[];

/** Options of every command that reads grids: --from --to --bbox --clip --variable --crs ... */
extern const struct option_spec options_grid[];

/** Values of one command: parsed, checked, with origins. */
struct options;
struct config_node;

/** Prepares the options of @p command.
 *
 *  The tables and all their texts must outlive the options. Names and letters must be unique over
 *  all tables; a table that breaks this, or has a fallback that its own rules refuse, ends the
 *  program: it is a defect of the source.
 *
 *  @param[in] tables  tables of rows, in the order of the help; the list ends with NULL
 *  @return STATUS_OK or STATUS_MEMORY; release with options_destroy()
 */
enum status options_create(const char *command, const struct option_spec *const *tables,
                           struct options **options);

/** Releases the options and every text they handed out. NULL is allowed; sets *options to NULL. */
void options_destroy(struct options **options);

/** Texts around the options in help and man page; each may be NULL and must outlive the options.
 *
 *  @param[in] summary   one line: what the command does
 *  @param[in] details   paragraphs, separated by an empty line
 *  @param[in] examples  lines, printed as they are
 */
void options_describe(struct options *options, const char *summary, const char *details,
                      const char *examples);

/** Names that may stand as top-level sections of a config file beside this command's own (the other
 *  commands, "stages"): a NULL-terminated list that must outlive the options. */
void options_allow_sections(struct options *options, const char *const *names);

/** Reads the arguments after the sub-command name.
 *
 *  GNU style: `--name=value`, `--name value`, `-o value`, `-ovalue`, `-qv`, `--no-flag`; `--` ends
 *  the options, `-` is a value, and -7.5 is a number where a plain argument is expected. Names are
 *  never abbreviated. Errors are collected for options_finish(), so that --help and --version can
 *  be looked at first.
 *
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status options_parse_arguments(struct options *options, int argc, char **argv);

/** Sets one option from text, as one use of it. Errors are collected for options_finish().
 *
 *  @param[in] origin  "file.yaml:3:5" or "command line". A value from the command line (this
 * includes
 *                     --set) is never replaced by one from a file; between equals the later counts.
 *                     Relative paths from a file are taken from the folder of that file, except
 *                     `-` and names that begin with `@`
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status options_set(struct options *options, const char *name, const char *value,
                        const char *origin);

/** Sets every key of a mapping of a config file (see base/config.h), with its place as origin.
 * Later mappings replace what earlier ones set. @return STATUS_OK or STATUS_MEMORY */
enum status options_set_mapping(struct options *options, const struct config_node *mapping);

/** Reads the file of --config, applies --set over it, fills in defaults and checks all values.
 *
 *  The section of the file named after the command counts; without one, its top-level keys do.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_USAGE with one line for each error, which names
 *          place, option and value, and the nearest known name
 */
enum status options_finish(struct options *options);

/** Value of an option; the program ends where no table has @p name or its kind is another one.
 *  All are valid after options_finish(); option_flag() and option_is_set() already after parsing.
 */
const char *option_text(const struct options *options, const char *name); /* NULL: no value */
int64_t option_integer(const struct options *options, const char *name);  /* 0: no value */
double option_real(const struct options *options, const char *name);      /* NaN: no value */
bool option_flag(const struct options *options, const char *name);
int64_t option_bytes(const struct options *options, const char *name); /* 0: no value */

/** Number of values of a LIST or REPEATABLE option (1 or 0 for others), and each as text. */
size_t option_count(const struct options *options, const char *name);
const char *option_item(const struct options *options, const char *name, size_t index);

/** Item of a bounded LIST as a number. */
double option_item_real(const struct options *options, const char *name, size_t index);

/** True where the value does not come from the table. */
bool option_is_set(const struct options *options, const char *name);

/** True where an input option names the file of @p path, or has a pattern that matches it. */
bool options_read_file(const struct options *options, const char *path);

/** "command line", "stl.yaml:3:5", "default", or "not set". */
const char *option_origin(const struct options *options, const char *name);

/** Help: summary, usage, groups with defaults, examples; at most 90 columns. */
void options_print_help(const struct options *options, FILE *stream);

/** Every effective value and its origin, as a config file that gives the same values. */
void options_print_config(const struct options *options, FILE *stream);

/** Manual page in roff (man macros). */
void options_print_man(const struct options *options, FILE *stream);

/** Canonical "name=value\n" lines, sorted by name, of all options but neutral ones, actions, inputs
 *  and outputs: their part of the fingerprint. Equal values give equal text however they were
 *  written (1e3 and 1000, 1G and 1024M, yes and true). *text is released with free(). */
enum status options_canonical_text(const struct options *options, char **text);

/** Sets an option to what a line of options_canonical_text() has behind its `=`: the same value
 *  again. @return STATUS_OK or STATUS_MEMORY; errors as for options_set() */
enum status options_set_canonical(struct options *options, const char *name, const char *text,
                                  const char *origin);

/** Appends every value of the input options (OPTION_INPUT), what the canonical text leaves out: its
 *  name to @p names, the path as given to @p paths. */
enum status options_inputs(const struct options *options, struct text_list *names,
                           struct text_list *paths);

#endif
