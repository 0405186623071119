/* airshed -- GPL-3.0-or-later. Readings: choices that a paper leaves open, laid over a chain one by one.
 *
 * A file of readings is YAML:
 *
 *   of: ihs                      # stage of `attribute`; needed where the chain has several
 *   readings:
 *     - name: removal
 *       about: what the weather's part is (P2.31)
 *       command: deweather       # every stage of this command; or `stage: NAME`; both take lists
 *       option: removal
 *       values: [recentre, keep-intercept, {value: literal, paper: true}]
 *     - name: background
 *       command: background
 *       values:                  # several options at once
 *         - {name: kriging, set: {method: kriging}}
 *         - {name: nearest, set: {method: idw, neighbours: 1}}
 *
 * `set: {}` leaves the chain as it is. The first value is the default. `paper: true` marks what reproduces the paper. A value that the chain
 * has already is known by its effect on the options, however it is written.
 */
#ifndef AIRSHED_COMMANDS_RUN_READINGS_H
#define AIRSHED_COMMANDS_RUN_READINGS_H

#include "chain.h"

enum {
    READINGS_MAX = CHAIN_CHANGES_MAX,
    READING_VALUES_MAX = 64
};

/** One value of a reading. */
struct reading_value {
    const char *name;
    char *folder; /**< "removal-literal" */
    bool is_paper;
    const struct config_node *node;
    struct config_node settings; /**< mapping of options */
    struct config_node *setting; /**< where it is one option; owned */
};

/** One reading. */
struct reading {
    const char *name;
    const struct config_node *node, *commands, *stages;
    struct reading_value *values; /**< [count], the default first */
    int count;
    int chain_value; /**< the one that the chain has; -1: none of them */
};

/** Those of a file that are varied. */
struct readings {
    struct config_node *root;
    const char *of; /**< NULL: the only stage of `attribute` */
    struct reading *item;
    int count;
};

/** Reads and checks a file. @return STATUS_USAGE with file and line for all that is not as told above */
enum status readings_read(const char *path, struct readings *readings);

/** Keeps the readings of these names only. @return STATUS_USAGE where the file has none of a name */
enum status readings_choose(struct readings *readings, const struct options *options,
                            const char *option);

void readings_clear(struct readings *readings);

/** The change that a choice makes of a chain: @p choice [count], the value of each reading, or -1 for
 *  what the chain has. @p changes [count]; *@p change_count of them are filled. */
void readings_changes(const struct readings *readings, const int *choice,
                      struct chain_change *changes, int *change_count);

/** Finds out which values the chain has, and leaves out readings that no stage takes on the way to
 *  @p target, with a line in the log. @p request names file and options of the chain.
 *  @return STATUS_USAGE where a value is none for its option */
enum status readings_compare(struct readings *readings, const struct chain_request *request,
                             const struct chain *chain, int target, bool is_speaker);

#endif
