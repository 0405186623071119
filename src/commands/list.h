/* airshed -- GPL-3.0-or-later. Names of the sub-commands: NAME stands for command_NAME in NAME.c. */
#ifndef AIRSHED_COMMANDS_LIST_H
#define AIRSHED_COMMANDS_LIST_H

#include "commands/commands.h"

/** In the order of the help. */
#define COMMAND_LIST(X)                                                                            \
    X(synth)                                                                                       \
    X(prepare)                                                                                     \
    X(grow)                                                                                        \
    X(stl)                                                                                         \
    X(deweather)                                                                                   \
    X(background)                                                                                  \
    X(attribute)                                                                                   \
    X(trend)                                                                                       \
    X(zonal)                                                                                       \
    X(compare)                                                                                     \
    X(correlate)                                                                                   \
    X(moran)                                                                                       \
    X(inventory)                                                                                   \
    X(explain)                                                                                     \
    X(report)                                                                                      \
    X(run)                                                                                         \
    X(info)

#define X(name) extern const struct command command_##name;
COMMAND_LIST(X)
#undef X

#endif
