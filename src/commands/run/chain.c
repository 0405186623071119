/* airshed -- GPL-3.0-or-later. The stages of one YAML file: their order, options and outputs. */
#include "chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/timing.h"
#include "flow/signals.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

enum {
    BLOCKS_MAX = 4096,
    FOLDER_NAME_MAX = 120, /* bytes; a longer one ends in a checksum */
    CHECKSUM_DIGITS = 12
};

struct chain {
    struct config_node *root;
    struct chain_stage stages[CHAIN_STAGES_MAX];
    int count;
    int order[CHAIN_STAGES_MAX];
    void *blocks[BLOCKS_MAX]; /* resolved references and what holds them, owned */
    int block_count;
};

/* ---- reading ------------------------------------------------------------------------------ */

static enum status complain(const struct config_node *node, const char *sentence, const char *word)
{
    char place[CONFIG_PLACE_BYTES];
    return failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s '%s'",
                          config_place(node, place), sentence, word);
}

static const char *scalar(const struct config_node *mapping, const char *key)
{
    const struct config_node *node = mapping != NULL ? config_find(mapping, key) : NULL;
    return node != NULL && node->kind == CONFIG_SCALAR && !config_is_empty(node) ? node->text
                                                                                  : NULL;
}

int chain_find(const struct chain *chain, const char *name, size_t length)
{
    for (int i = 0; i < chain->count; i++) {
        const char *known = chain->stages[i].name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static enum status read_stage(struct chain *chain, const struct config_node *node)
{
    enum status status = STATUS_OK;
    char place[CONFIG_PLACE_BYTES];
    const char *name = scalar(node, "name");
    const char *command = scalar(node, "command");
    FAIL_IF(name == NULL || command == NULL, STATUS_USAGE,
            "%s: a stage needs a name and a command", config_place(node, place));
    if (chain_find(chain, name, strlen(name)) >= 0) {
        return complain(config_find(node, "name"), "give each stage a name of its own, not twice", name);
    }
    FAIL_IF(chain->count == CHAIN_STAGES_MAX, STATUS_USAGE, "%s: more than %d stages",
            config_place(node, place), CHAIN_STAGES_MAX);
    struct chain_stage *stage = &chain->stages[chain->count];
    *stage = (struct chain_stage){.name = name, .node = node, .command = command_find(command)};
    if (stage->command == NULL || strcmp(command, "run") == 0) {
        return complain(config_find(node, "command"), "a stage cannot be made of the command", command);
    }
    chain->count++;
done:
    return status;
}

static enum status read_stages(struct chain *chain, const char *path)
{
    enum status status;
    TRY(config_read(path, &chain->root));
    const struct config_node *list = config_find(chain->root, "stages");
    FAIL_IF(list == NULL || list->kind != CONFIG_LIST || list->count == 0, STATUS_USAGE,
            "%s has no list 'stages' of entries with a name, a command and its options", path);
    for (size_t i = 0; i < list->count; i++) {
        TRY(read_stage(chain, &list->children[i]));
    }
done:
    return status;
}

/* ---- changes ------------------------------------------------------------------------------ */

static bool holds(const struct config_node *names, const char *name)
{
    if (names == NULL || names->kind == CONFIG_SCALAR) {
        return names != NULL && names->text != NULL && strcmp(names->text, name) == 0;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (holds(&names->children[i], name)) {
            return true;
        }
    }
    return false;
}

static void note_changes(struct chain *chain, const struct chain_request *request)
{
    for (int i = 0; i < chain->count; i++) {
        struct chain_stage *stage = &chain->stages[i];
        for (int change = 0; change < request->change_count; change++) {
            bool is_meant = holds(request->changes[change].commands, stage->command->name) ||
                            holds(request->changes[change].stages, stage->name);
            stage->changed |= is_meant ? UINT64_C(1) << change : 0;
        }
    }
}

/* ---- needs and order ---------------------------------------------------------------------- */

static bool is_reference(const struct config_node *node)
{
    return node->kind == CONFIG_SCALAR && node->text != NULL && node->text[0] == '@';
}

/* Stage named by "@NAME" or "@NAME/file". */
static int reference_of(const struct chain *chain, const struct config_node *node)
{
    return chain_find(chain, node->text + 1, strcspn(node->text + 1, "/"));
}

static enum status note_needs(struct chain *chain, struct chain_stage *stage,
                              const struct config_node *node)
{
    enum status status = STATUS_OK;
    if (is_reference(node)) {
        int other = reference_of(chain, node);
        if (other < 0) {
            return complain(node, "the file has no stage of the name in", node->text);
        }
        stage->needs[other] = true;
    }
    for (size_t i = 0; i < node->count; i++) {
        TRY(note_needs(chain, stage, &node->children[i]));
    }
done:
    return status;
}

static enum status note_all_needs(struct chain *chain, const struct chain_request *request)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < chain->count; i++) {
        struct chain_stage *stage = &chain->stages[i];
        TRY(note_needs(chain, stage, stage->node));
        for (int change = 0; change < request->change_count; change++) {
            if (stage->changed >> change & 1) {
                TRY(note_needs(chain, stage, request->changes[change].settings));
            }
        }
    }
done:
    return status;
}

static bool is_ready(const struct chain *chain, const bool *is_placed, int stage)
{
    for (int i = 0; i < chain->count; i++) {
        if (chain->stages[stage].needs[i] && !is_placed[i]) {
            return false;
        }
    }
    return !is_placed[stage];
}

/* Stages in the order of the file, but after what they need. */
static enum status sort_stages(struct chain *chain)
{
    enum status status = STATUS_OK;
    bool is_placed[CHAIN_STAGES_MAX] = {false};
    for (int placed = 0; placed < chain->count; placed++) {
        int next = 0;
        while (next < chain->count && !is_ready(chain, is_placed, next)) {
            next++;
        }
        if (next == chain->count) {
            int stuck = 0;
            while (is_placed[stuck]) {
                stuck++;
            }
            return complain(chain->stages[stuck].node, "stages need each other's results in a circle that goes through",
                            chain->stages[stuck].name);
        }
        is_placed[next] = true;
        chain->order[placed] = next;
    }
    return status;
}

/* A change reaches all that need what it is laid over. */
static void spread_changes(struct chain *chain)
{
    for (int turn = 0; turn < chain->count; turn++) {
        struct chain_stage *stage = &chain->stages[chain->order[turn]];
        stage->touched = stage->changed;
        for (int i = 0; i < chain->count; i++) {
            stage->touched |= stage->needs[i] ? chain->stages[i].touched : 0;
        }
    }
}

/* ---- outputs ------------------------------------------------------------------------------ */

/* Folder of stages that the changes @p touched reach. */
static enum status changed_folder(const struct chain_request *request, uint64_t touched,
                                  char **folder)
{
    enum status status;
    struct text name = {0};
    char *joined = NULL;
    char checksum[HASH_HEX_BYTES];
    for (int change = 0; change < request->change_count; change++) {
        if (touched >> change & 1) {
            text_add(&name, name.length > 0 ? "+" : "");
            text_add(&name, request->changes[change].name);
        }
    }
    TRY(text_take(&name, &joined));
    if (strlen(joined) > FOLDER_NAME_MAX) {
        hash_sha256_hex(joined, strlen(joined), checksum);
        snprintf(joined + FOLDER_NAME_MAX - CHECKSUM_DIGITS, CHECKSUM_DIGITS + 1, "%s", checksum);
    }
    TRY(path_join(request->folder, joined, folder));
done:
    text_clear(&name);
    free(joined);
    return status;
}

/* @p written by the file of @p node, as an absolute path; of a stage that is reached by changes, in
 * their folder. */
static enum status place_output(const struct chain_request *request,
                                const struct chain_stage *stage, const char *written, char **placed)
{
    enum status status;
    char *folder = NULL, *joined = NULL;
    TRY(stage->touched != 0 ? changed_folder(request, stage->touched, &folder)
                            : path_folder(stage->node->file, &folder));
    TRY(path_join(folder, stage->touched != 0 ? path_name(written) : written, &joined));
    TRY(path_absolute(joined, placed));
done:
    free(folder);
    free(joined);
    return status;
}

/* Text of an option of a stage, from its own mapping or the command's section. */
static const char *written_option(const struct chain *chain, const struct chain_stage *stage,
                                  const char *name)
{
    const char *written = scalar(stage->node, name);
    return written != NULL ? written
                           : scalar(config_find(chain->root, stage->command->name), name);
}

static enum status find_output(struct chain *chain, const struct chain_request *request,
                               struct chain_stage *stage)
{
    enum status status = STATUS_OK;
    const char *output = written_option(chain, stage, "output");
    if (output == NULL || strcmp(output, "-") == 0) {
        goto done;
    }
    TRY(place_output(request, stage, output, &stage->output));
    for (struct chain_stage *other = chain->stages; other < stage; other++) {
        if (other->output != NULL && strcmp(other->output, stage->output) == 0) {
            return complain(stage->node, "another stage writes the same output", output);
        }
    }
done:
    return status;
}

/* ---- references --------------------------------------------------------------------------- */

static enum status keep_block(struct chain *chain, void *block)
{
    enum status status = STATUS_OK;
    FAIL_IF(chain->block_count == BLOCKS_MAX, STATUS_USAGE, "more than %d references to stages",
            BLOCKS_MAX);
    chain->blocks[chain->block_count++] = block;
    return STATUS_OK;
done:
    free(block);
    return status;
}

/* "@NAME" becomes the stage's output, "@NAME/file" a file in its folder. */
static enum status resolve_text(struct chain *chain, struct config_node *node)
{
    enum status status = STATUS_OK;
    const struct chain_stage *source = &chain->stages[reference_of(chain, node)];
    const char *file = strchr(node->text, '/');
    char *folder = NULL;
    char *path = NULL;
    if (source->output == NULL) {
        return complain(node, "that stage has no output file:", node->text);
    }
    if (file == NULL) {
        TRY(memory_copy_text(source->output, &path));
    } else {
        bool writes_folder = path_extension(source->output)[0] == '\0';
        TRY(writes_folder ? memory_copy_text(source->output, &folder)
                          : path_folder(source->output, &folder));
        TRY(path_join(folder, file + 1, &path));
    }
    TRY(keep_block(chain, path));
    node->text = path;
done:
    free(folder);
    return status;
}

/* A copy of @p node whose references are paths; all else still belongs to the original. */
static enum status resolve(struct chain *chain, const struct config_node *node,
                           struct config_node *copy)
{
    enum status status = STATUS_OK;
    *copy = *node;
    if (is_reference(node)) {
        return resolve_text(chain, copy);
    }
    if (node->count > 0) {
        struct config_node *children = NULL;
        TRY(memory_allocate(node->count, sizeof *children, &children));
        copy->children = children;
        TRY(keep_block(chain, children));
        for (size_t i = 0; i < node->count; i++) {
            TRY(resolve(chain, &node->children[i], &children[i]));
        }
    }
done:
    return status;
}

/* ---- options of the stages ---------------------------------------------------------------- */

/* Options that `run` hands down to every stage. */
static const char *const handed_down[] = {"memory",  "scratch", "seed",       "no-history",
                                          "hash",    "resume",  "overwrite",  "dry-run",
                                          "quiet",   "verbose", "log-format", NULL};

static enum status hand_down(const struct options *from, struct options *to, bool from_arguments)
{
    enum status status = STATUS_OK;
    for (const char *const *name = handed_down; *name != NULL; name++) {
        const char *origin = option_origin(from, *name);
        bool is_argument = strcmp(origin, "command line") == 0;
        if (!option_is_set(from, *name) || is_argument != from_arguments) {
            continue;
        }
        TRY(options_set(to, *name, option_item(from, *name, 0), origin));
    }
done:
    return status;
}

/* The stage's mapping without `name` and `command`, which are no options. */
static enum status set_stage(struct chain *chain, struct chain_stage *stage)
{
    enum status status;
    struct config_node mapping;
    size_t count = 0;
    TRY(resolve(chain, stage->node, &mapping));
    for (size_t i = 0; i < mapping.count; i++) {
        const struct config_node *child = &mapping.children[i];
        if (!config_key_is(child->key, "name") && !config_key_is(child->key, "command")) {
            mapping.children[count++] = *child;
        }
    }
    mapping.count = count;
    TRY(options_set_mapping(stage->options, &mapping));
done:
    return status;
}

static enum status set_changes(struct chain *chain, const struct chain_request *request,
                               struct chain_stage *stage)
{
    enum status status = STATUS_OK;
    struct config_node mapping;
    for (int change = 0; change < request->change_count; change++) {
        if (stage->changed >> change & 1) {
            TRY(resolve(chain, request->changes[change].settings, &mapping));
            TRY(options_set_mapping(stage->options, &mapping));
        }
    }
done:
    return status;
}

/* All that a stage writes goes with its main output. */
static enum status move_outputs(struct chain *chain, const struct chain_request *request,
                                struct chain_stage *stage)
{
    enum status status = STATUS_OK;
    char *moved = NULL;
    for (const struct option_spec *const *table = stage->command->tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            const char *written = written_option(chain, stage, spec->name);
            if (!(spec->flags & OPTION_OUTPUT) || written == NULL || strcmp(written, "-") == 0) {
                continue;
            }
            TRY(place_output(request, stage, written, &moved));
            TRY(options_set(stage->options, spec->name, moved, "command line"));
            free(moved);
            moved = NULL;
        }
    }
done:
    free(moved);
    return status;
}

static enum status prepare_options(struct chain *chain, const struct chain_request *request,
                                   struct chain_stage *stage)
{
    enum status status;
    const struct config_node *section = config_find(chain->root, stage->command->name);
    TRY(command_options(stage->command, &stage->options));
    TRY(hand_down(request->own, stage->options, false));
    if (section != NULL && section->kind == CONFIG_MAPPING) {
        TRY(options_set_mapping(stage->options, section));
    }
    TRY(set_stage(chain, stage));
    TRY(set_changes(chain, request, stage));
    TRY(hand_down(request->own, stage->options, true));
    if (stage->touched != 0) {
        TRY(move_outputs(chain, request, stage));
    }
    status = options_finish(stage->options);
    if (status != STATUS_OK) {
        failure_prefix("stage '%s'", stage->name);
    }
done:
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status fill(struct chain *chain, const struct chain_request *request)
{
    enum status status;
    TRY(read_stages(chain, request->path));
    note_changes(chain, request);
    TRY(note_all_needs(chain, request));
    TRY(sort_stages(chain));
    spread_changes(chain);
    for (int i = 0; i < chain->count; i++) {
        TRY(find_output(chain, request, &chain->stages[i]));
    }
    for (int i = 0; i < chain->count; i++) {
        TRY(prepare_options(chain, request, &chain->stages[i]));
    }
done:
    return status;
}

enum status chain_read(const struct chain_request *request, struct chain **chain)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **chain, chain));
    TRY(fill(*chain, request));
done:
    if (status != STATUS_OK) {
        chain_destroy(chain);
    }
    return status;
}

void chain_destroy(struct chain **chain)
{
    if (*chain == NULL) {
        return;
    }
    for (int i = 0; i < (*chain)->count; i++) {
        options_destroy(&(*chain)->stages[i].options);
        free((*chain)->stages[i].output);
    }
    for (int i = 0; i < (*chain)->block_count; i++) {
        free((*chain)->blocks[i]);
    }
    config_destroy(&(*chain)->root);
    free(*chain);
    *chain = NULL;
}

int chain_count(const struct chain *chain)
{
    return chain->count;
}

const struct chain_stage *chain_stage(const struct chain *chain, int stage)
{
    return &chain->stages[stage];
}

int chain_turn(const struct chain *chain, int turn)
{
    return chain->order[turn];
}

bool chain_leads_to(const struct chain *chain, int stage, int target)
{
    bool is_wanted[CHAIN_STAGES_MAX] = {false};
    is_wanted[target] = true;
    for (int turn = chain->count - 1; turn >= 0; turn--) {
        int at = chain->order[turn];
        for (int i = 0; is_wanted[at] && i < chain->count; i++) {
            is_wanted[i] = is_wanted[i] || chain->stages[at].needs[i];
        }
    }
    return is_wanted[stage];
}

/* ---- running ------------------------------------------------------------------------------ */

static enum status output_folder_create(const struct chain_stage *stage)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    if (stage->output != NULL) {
        TRY(path_folder(stage->output, &folder));
        TRY(path_create_folder(folder));
    }
done:
    free(folder);
    return status;
}

/* With --dry-run the inputs that other stages make need not exist yet. */
static bool must_wait(const struct chain *chain, const struct chain_stage *stage)
{
    for (int i = 0; i < chain->count; i++) {
        const char *output = chain->stages[i].output;
        if (stage->needs[i] && output != NULL && !path_exists(output)) {
            return true;
        }
    }
    return false;
}

static enum status stop_if_asked(MPI_Comm comm)
{
    int any = signals_stop_requested();
    messages_reduce(comm, &any, 1, MPI_INT, MPI_MAX);
    return any ? failure_record(STATUS_CHECKPOINT, __FILE__, __LINE__,
                                "stopped between stages; go on with --resume")
               : STATUS_OK;
}

enum status chain_run(const struct job *job, const struct chain *chain, int turn)
{
    enum status status;
    struct job own;
    const struct chain_stage *stage = &chain->stages[chain->order[turn]];
    double start_s = timing_wall_s();
    if (job->rank == 0) {
        log_info("stage %d of %d: %s (%s)", turn + 1, chain->count, stage->name,
                 stage->command->name);
    }
    if (job->dry_run && must_wait(chain, stage)) {
        if (job->rank == 0) {
            printf("plan of %s: waits for the stages it needs\n", stage->name);
        }
        return STATUS_OK;
    }
    TRY_TOGETHER(job->comm, job->rank == 0 && !job->dry_run ? output_folder_create(stage)
                                                            : STATUS_OK);
    job_init(&own, job->comm, stage->command->name, job->command_line, stage->options,
             command_has_output_options(stage->command));
    own.update = true;
    log_warnings_clear();
    memory_peak_reset();
    TRY(status_agree(job->comm, stage->command->run(&own)));
    if (job->rank == 0) {
        log_info("stage %s took %.1f s", stage->name, timing_wall_s() - start_s);
    }
done:
    if (status != STATUS_OK) {
        failure_prefix("stage '%s'", stage->name);
        return status;
    }
    return stop_if_asked(job->comm);
}
