/* airshed -- GPL-3.0-or-later. The table of sub-commands. */
#include "commands/commands.h"

#include <string.h>

#include "list.h"

#define X(name) &command_##name,
const struct command *const commands[] = {COMMAND_LIST(X) NULL};
#undef X

const struct command *command_find(const char *name)
{
    for (const struct command *const *command = commands; *command != NULL; command++) {
        if (strcmp((*command)->name, name) == 0) {
            return *command;
        }
    }
    return NULL;
}

/* A config file may hold sections for other commands, and the stages of `run`. */
#define X(name) #name,
static const char *const section_names[] = {COMMAND_LIST(X) "stages", NULL};
#undef X

enum status command_options(const struct command *command, struct options **options)
{
    enum status status = options_create(command->name, command->tables, options);
    if (status == STATUS_OK) {
        options_describe(*options, command->summary, command->details, command->examples);
        options_allow_sections(*options, section_names);
    }
    return status;
}

bool command_has_output_options(const struct command *command)
{
    for (const struct option_spec *const *table = command->tables; *table != NULL; table++) {
        if (*table == options_output) {
            return true;
        }
    }
    return false;
}
