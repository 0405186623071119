/* airshed -- GPL-3.0-or-later. run: the stages of one YAML file in one MPI job. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/timing.h"
#include "commands/commands.h"
#include "flow/signals.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

static const struct option_spec run_options[] = {
    {.name = "chain",
     .kind = OPTION_PATH,
     .argument = "CONFIG",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "YAML file with a list `stages`; see the top of this help."},
    {.name = "only",
     .kind = OPTION_LIST,
     .argument = "NAME,...",
     .flags = OPTION_NEUTRAL,
     .help = "Run these stages only."},
    {.name = NULL},
};

enum { STAGES_MAX = 256, REFERENCES_MAX = 1024 };

/* One stage of the file. */
struct link {
    const char *name;
    const struct command *command;
    const struct config_node *node;
    struct options *options;
    char *output;              /* absolute; "-" for standard output; NULL for none */
    bool needs[STAGES_MAX];    /* stages whose outputs it names */
    bool is_placed;
};

struct chain {
    struct config_node *root;
    const struct config_node *stages;
    struct link links[STAGES_MAX];
    int count;
    int order[STAGES_MAX];
    char *texts[REFERENCES_MAX]; /* resolved references, owned */
    int text_count;
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
    const struct config_node *node = config_find(mapping, key);
    return node != NULL && node->kind == CONFIG_SCALAR && !config_is_empty(node) ? node->text
                                                                                  : NULL;
}

static int find_stage(const struct chain *chain, const char *name, size_t length)
{
    for (int i = 0; i < chain->count; i++) {
        const char *known = chain->links[i].name;
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
    if (find_stage(chain, name, strlen(name)) >= 0) {
        return complain(config_find(node, "name"), "give each stage a name of its own, not twice", name);
    }
    FAIL_IF(chain->count == STAGES_MAX, STATUS_USAGE, "%s: more than %d stages",
            config_place(node, place), STAGES_MAX);
    struct link *link = &chain->links[chain->count];
    *link = (struct link){.name = name, .node = node, .command = command_find(command)};
    if (link->command == NULL || strcmp(command, "run") == 0) {
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
    chain->stages = config_find(chain->root, "stages");
    FAIL_IF(chain->stages == NULL || chain->stages->kind != CONFIG_LIST ||
                chain->stages->count == 0,
            STATUS_USAGE, "%s has no list 'stages' of entries with a name, a command and its options", path);
    for (size_t i = 0; i < chain->stages->count; i++) {
        TRY(read_stage(chain, &chain->stages->children[i]));
    }
done:
    return status;
}

/* ---- references --------------------------------------------------------------------------- */

static enum status keep_text(struct chain *chain, char *text)
{
    enum status status = STATUS_OK;
    FAIL_IF(chain->text_count == REFERENCES_MAX, STATUS_USAGE, "more than %d references to stages",
            REFERENCES_MAX);
    chain->texts[chain->text_count++] = text;
    return STATUS_OK;
done:
    free(text);
    return status;
}

/* The output of a stage as an absolute path, from its own mapping or the command's section. */
static enum status find_output(struct chain *chain, struct link *link)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    char *joined = NULL;
    const struct config_node *section = config_find(chain->root, link->command->name);
    const char *output = scalar(link->node, "output");
    if (output == NULL) {
        output = scalar(section, "output");
    }
    if (output == NULL || strcmp(output, "-") == 0) {
        goto done;
    }
    TRY(path_folder(link->node->file, &folder));
    TRY(path_join(folder, output, &joined));
    TRY(path_absolute(joined, &link->output));
    for (struct link *other = chain->links; other < link; other++) {
        if (other->output != NULL && strcmp(other->output, link->output) == 0) {
            status = complain(link->node, "another stage writes the same output", output);
            goto done;
        }
    }
done:
    free(folder);
    free(joined);
    return status;
}

/* "@NAME" becomes the stage's output, "@NAME/file" a file in its folder. */
static enum status resolve_text(struct chain *chain, struct link *link, struct config_node *node)
{
    enum status status = STATUS_OK;
    const char *name = node->text + 1;
    size_t length = strcspn(name, "/");
    int other = find_stage(chain, name, length);
    char *folder = NULL;
    char *path = NULL;
    if (other < 0) {
        return complain(node, "the file has no stage of the name in", node->text);
    }
    const struct link *source = &chain->links[other];
    if (source->output == NULL) {
        return complain(node, "that stage has no output file:", node->text);
    }
    link->needs[other] = true;
    if (name[length] == '\0') {
        TRY(memory_copy_text(source->output, &path));
    } else {
        bool writes_folder = path_extension(source->output)[0] == '\0';
        TRY(writes_folder ? memory_copy_text(source->output, &folder)
                          : path_folder(source->output, &folder));
        TRY(path_join(folder, name + length + 1, &path));
    }
    TRY(keep_text(chain, path));
    node->text = path;
done:
    free(folder);
    return status;
}

static enum status resolve_node(struct chain *chain, struct link *link, struct config_node *node)
{
    enum status status = STATUS_OK;
    if (node->kind == CONFIG_SCALAR && node->text != NULL && node->text[0] == '@') {
        TRY(resolve_text(chain, link, node));
    }
    for (size_t i = 0; i < node->count; i++) {
        TRY(resolve_node(chain, link, &node->children[i]));
    }
done:
    return status;
}

/* ---- order -------------------------------------------------------------------------------- */

static bool is_ready(const struct chain *chain, const struct link *link)
{
    for (int i = 0; i < chain->count; i++) {
        if (link->needs[i] && !chain->links[i].is_placed) {
            return false;
        }
    }
    return !link->is_placed;
}

/* Stages in the order of the file, but after what they need. */
static enum status sort_stages(struct chain *chain)
{
    enum status status = STATUS_OK;
    for (int placed = 0; placed < chain->count; placed++) {
        int next = 0;
        while (next < chain->count && !is_ready(chain, &chain->links[next])) {
            next++;
        }
        if (next == chain->count) {
            int stuck = 0;
            while (chain->links[stuck].is_placed) {
                stuck++;
            }
            return complain(chain->links[stuck].node, "stages need each other's results in a circle that goes through",
                            chain->links[stuck].name);
        }
        chain->links[next].is_placed = true;
        chain->order[placed] = next;
    }
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
static enum status set_stage(struct link *link)
{
    enum status status;
    struct config_node mapping = *link->node;
    struct config_node *kept = NULL;
    TRY(memory_allocate(mapping.count, sizeof *kept, &kept));
    mapping.children = kept;
    mapping.count = 0;
    for (size_t i = 0; i < link->node->count; i++) {
        const struct config_node *child = &link->node->children[i];
        if (!config_key_is(child->key, "name") && !config_key_is(child->key, "command")) {
            kept[mapping.count++] = *child;
        }
    }
    TRY(options_set_mapping(link->options, &mapping));
done:
    free(kept);
    return status;
}

static enum status prepare_options(struct chain *chain, struct link *link,
                                   const struct options *own)
{
    enum status status;
    const struct config_node *section = config_find(chain->root, link->command->name);
    TRY(command_options(link->command, &link->options));
    TRY(hand_down(own, link->options, false));
    if (section != NULL && section->kind == CONFIG_MAPPING) {
        TRY(options_set_mapping(link->options, section));
    }
    TRY(set_stage(link));
    TRY(hand_down(own, link->options, true));
    status = options_finish(link->options);
    if (status != STATUS_OK) {
        failure_prefix("stage '%s'", link->name);
    }
done:
    return status;
}

static enum status chain_read(struct chain *chain, const char *path, const struct options *own)
{
    enum status status;
    TRY(read_stages(chain, path));
    for (int i = 0; i < chain->count; i++) {
        TRY(find_output(chain, &chain->links[i]));
    }
    for (int i = 0; i < chain->count; i++) {
        struct link *link = &chain->links[i];
        TRY(resolve_node(chain, link, (struct config_node *)link->node));
    }
    TRY(sort_stages(chain));
    for (int i = 0; i < chain->count; i++) {
        TRY(prepare_options(chain, &chain->links[i], own));
    }
done:
    return status;
}

static void chain_clear(struct chain *chain)
{
    for (int i = 0; i < chain->count; i++) {
        options_destroy(&chain->links[i].options);
        free(chain->links[i].output);
    }
    for (int i = 0; i < chain->text_count; i++) {
        free(chain->texts[i]);
    }
    config_destroy(&chain->root);
}

/* ---- running ------------------------------------------------------------------------------ */

static bool is_wanted(const struct options *options, const char *name)
{
    size_t count = option_count(options, "only");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option_item(options, "only", i), name) == 0) {
            return true;
        }
    }
    return count == 0;
}

static enum status check_only(const struct chain *chain, const struct options *options)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < option_count(options, "only"); i++) {
        const char *name = option_item(options, "only", i);
        FAIL_IF(find_stage(chain, name, strlen(name)) < 0, STATUS_USAGE,
                "--only %s: the file has no stage of that name", name);
    }
done:
    return status;
}

static enum status output_folder_create(const struct link *link)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    if (link->output != NULL) {
        TRY(path_folder(link->output, &folder));
        TRY(path_create_folder(folder));
    }
done:
    free(folder);
    return status;
}

/* With --dry-run the inputs that other stages make need not exist yet. */
static bool must_wait(const struct chain *chain, const struct link *link)
{
    for (int i = 0; i < chain->count; i++) {
        const char *output = chain->links[i].output;
        if (link->needs[i] && output != NULL && !path_exists(output)) {
            return true;
        }
    }
    return false;
}

static enum status run_link(const struct job *job, const struct chain *chain,
                            const struct link *link, int number)
{
    enum status status;
    struct job own;
    double start_s = timing_wall_s();
    if (job->rank == 0) {
        log_info("stage %d of %d: %s (%s)", number, chain->count, link->name, link->command->name);
    }
    if (job->dry_run && must_wait(chain, link)) {
        if (job->rank == 0) {
            printf("plan of %s: waits for the stages it needs\n", link->name);
        }
        return STATUS_OK;
    }
    TRY_TOGETHER(job->comm, job->rank == 0 && !job->dry_run ? output_folder_create(link)
                                                            : STATUS_OK);
    job_init(&own, job->comm, link->command->name, job->command_line, link->options,
             command_has_output_options(link->command));
    own.update = true;
    log_warnings_clear();
    TRY(status_agree(job->comm, link->command->run(&own)));
    if (job->rank == 0) {
        log_info("stage %s took %.1f s", link->name, timing_wall_s() - start_s);
    }
done:
    if (status != STATUS_OK) {
        failure_prefix("stage '%s'", link->name);
    }
    return status;
}

static enum status stop_if_asked(MPI_Comm comm)
{
    int any = signals_stop_requested();
    messages_reduce(comm, &any, 1, MPI_INT, MPI_MAX);
    return any ? failure_record(STATUS_CHECKPOINT, __FILE__, __LINE__,
                                "stopped between stages; go on with --resume")
               : STATUS_OK;
}

static enum status run_run(struct job *job)
{
    enum status status;
    struct chain *chain = NULL;
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *chain, &chain));
    TRY_TOGETHER(job->comm, chain_read(chain, option_text(job->options, "chain"), job->options));
    TRY(check_only(chain, job->options));
    for (int i = 0; i < chain->count; i++) {
        const struct link *link = &chain->links[chain->order[i]];
        if (is_wanted(job->options, link->name)) {
            TRY(run_link(job, chain, link, i + 1));
            TRY(stop_if_asked(job->comm));
        }
    }
done:
    if (chain != NULL) {
        chain_clear(chain);
    }
    free(chain);
    return status;
}

static const struct option_spec *const run_tables[] = {run_options, options_common, NULL};

const struct command command_run = {
    .name = "run",
    .summary = "the stages of one YAML file in one MPI job",
    .details =
        "The file holds a list `stages` of {name, command, options...}. A value @NAME is the "
        "output of another stage, @NAME/file a file in its folder; both set the order. A top-level "
        "section named after a command gives its defaults; relative paths start at the file.\n\n"
        "A stage whose inputs, options and outputs are unchanged is skipped; one that is out of "
        "date is done again. After a stop, --resume goes on.",
    .examples = "airshed run configs/demo.yaml\n"
                "mpirun -n 4 airshed run bth.yaml --memory 4G --resume",
    .tables = run_tables,
    .run = run_run,
};
