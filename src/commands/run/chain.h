/* airshed -- GPL-3.0-or-later. The stages of one YAML file: their order, options and outputs.
 *
 * A change lays options over some stages. Those stages, and all that need them, then write into a
 * folder named after the changes that they depend on; the others keep their products. So a stage that
 * two sets of changes have in common is made once.
 */
#ifndef AIRSHED_COMMANDS_RUN_CHAIN_H
#define AIRSHED_COMMANDS_RUN_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "commands/commands.h"

enum {
    CHAIN_STAGES_MAX = 256,
    CHAIN_CHANGES_MAX = 64
};

/** Options laid over every stage of a command, or over a stage of a name. */
struct chain_change {
    const char *name; /**< of its folder: lower case, digits, dashes */
    const struct config_node *commands, *stages; /**< one text or a list; NULL: none of them */
    const struct config_node *settings;          /**< mapping of options; not "output" */
};

/** One stage of the file. */
struct chain_stage {
    const char *name;
    const struct command *command;
    const struct config_node *node;
    struct options *options;            /**< finished */
    char *output;                       /**< absolute; "-" for standard output is NULL, as none is */
    bool needs[CHAIN_STAGES_MAX];       /**< stages whose outputs it names */
    uint64_t changed;                   /**< bit i: change i is laid over it */
    uint64_t touched;                   /**< bit i: that, or over one that it needs */
};

struct chain;

/** What to read. */
struct chain_request {
    const char *path;
    const struct options *own;           /**< of `run`, to hand down; finished */
    const struct chain_change *changes;  /**< [change_count] */
    int change_count;                    /**< at most CHAIN_CHANGES_MAX */
    const char *folder;                  /**< that holds the folders of changed stages */
};

/** Reads and checks everything: names, references, circles, outputs, every option of every stage.
 *  Local. @return STATUS_USAGE with file and line; release with chain_destroy() */
enum status chain_read(const struct chain_request *request, struct chain **chain);

void chain_destroy(struct chain **chain);

int chain_count(const struct chain *chain);

/** Stage by its place in the file. */
const struct chain_stage *chain_stage(const struct chain *chain, int stage);

/** Place in the file of the stage that runs as number @p turn: in the order of the file, but after
 *  what it needs. */
int chain_turn(const struct chain *chain, int turn);

/** Place of the stage called @p name (its first @p length bytes), or -1. */
int chain_find(const struct chain *chain, const char *name, size_t length);

/** True where @p stage is @p target, or @p target needs it, itself or through others. */
bool chain_leads_to(const struct chain *chain, int stage, int target);

/** Runs the stage of @p turn, unless its product is up to date. Collective.
 *  @return STATUS_CHECKPOINT also where a signal asked to stop after it */
enum status chain_run(const struct job *job, const struct chain *chain, int turn);

#endif
