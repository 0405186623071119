/* airshed -- GPL-3.0-or-later. The sub-commands, and how to add one: a file, a row of the list. */
#ifndef AIRSHED_COMMANDS_COMMANDS_H
#define AIRSHED_COMMANDS_COMMANDS_H

#include <stdbool.h>

#include "base/options.h"
#include "flow/job.h"

/** A sub-command. */
struct command {
    const char *name;
    const char *summary;  /**< one line */
    const char *details;  /**< paragraphs, separated by an empty line; NULL allowed */
    const char *examples; /**< lines as they are; NULL allowed */
    const struct option_spec *const *tables; /**< NULL-terminated: own options, then shared ones */
    /** Does the work. Collective; returns the same status on every rank. */
    enum status (*run)(struct job *job);
};

/** All commands in the order of the help; the list ends with NULL. */
extern const struct command *const commands[];

/** NULL where there is none of that name. */
const struct command *command_find(const char *name);

/** Prepares the options of @p command, with its texts; release with options_destroy(). */
enum status command_options(const struct command *command, struct options **options);

/** True where the command's tables hold options_output. */
bool command_has_output_options(const struct command *command);

#endif
