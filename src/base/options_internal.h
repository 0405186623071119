/* airshed -- GPL-3.0-or-later. What parsing and printing of options share. */
#ifndef AIRSHED_BASE_OPTIONS_INTERNAL_H
#define AIRSHED_BASE_OPTIONS_INTERNAL_H

#include "base/options.h"
#include "base/text.h"

/** Where a value comes from; a higher one is never replaced by a lower one. */
enum option_level {
    LEVEL_DEFAULT,
    LEVEL_FILE,
    LEVEL_COMMAND_LINE
};

struct option_value {
    const struct option_spec *spec;
    enum option_level level;
    struct text_list items;   /**< LIST: its items; else one text for each use */
    struct text_list origins; /**< one for each item; one where a list is set to nothing */
};

struct options {
    char *command;
    const char *summary, *details, *examples;
    const char *const *sections;
    struct option_value *values;
    size_t count;
    struct text_list errors;
};

/** Value of @p name; `_` equals `-` where @p any_dash. NULL where there is none. */
struct option_value *options_find(const struct options *options, const char *name, bool any_dash);

/** Text of the first or only value, set or default; NULL where there is none. */
const char *option_value_text(const struct option_value *value);

/** Canonical text of one item of @p spec: equal values give equal texts. */
enum status option_canonical_item(const struct option_spec *spec, const char *item,
                                  struct text *canonical);

/** A bound this far away only keeps arithmetic from overflowing; nobody needs to be told. */
#define OPTION_FAR 1e9

/** Adds @p before and the bounds of a bounded number: "3 to 9", "3 or more", "at most 9"; nothing
 *  where both are out of sight. */
void option_add_range(const struct option_spec *spec, const char *before, struct text *text);

/** Name of an option's value in help: "FILE", "N", "text|json". */
const char *option_argument(const struct option_spec *spec);

#endif
