/* airshed -- GPL-3.0-or-later. A stage: from partial files to a complete product. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "flow/fault.h"
#include "io/dataset.h"
#include "parallel/agree.h"
#include "parallel/messages.h"
#include "stage_internal.h"

/* ---- what was written --------------------------------------------------------------------- */

struct totals {
    double low[STAGE_CUBES_MAX][STAGE_VARIABLES_MAX], high[STAGE_CUBES_MAX][STAGE_VARIABLES_MAX];
    int64_t values, missing;
};

static void totals_add(struct totals *totals, const struct journal_put *put)
{
    double *low = &totals->low[put->cube][put->variable];
    double *high = &totals->high[put->cube][put->variable];
    *low = fmin(*low, put->low); /* fmin and fmax pass over NaN */
    *high = fmax(*high, put->high);
    totals->values += window_count(&put->window);
    totals->missing += put->missing;
}

/* Extremes and counts are exact whatever the order of the records. */
static enum status totals_collect(struct stage *stage, struct totals *totals)
{
    enum status status = STATUS_OK;
    struct journal_content content = {0};
    for (int cube = 0; cube < STAGE_CUBES_MAX; cube++) {
        for (int variable = 0; variable < STAGE_VARIABLES_MAX; variable++) {
            totals->low[cube][variable] = NAN;
            totals->high[cube][variable] = NAN;
        }
    }
    if (stage->job->rank == 0) {
        status = journal_load(stage->journal_path, &content);
        for (int64_t i = 0; status == STATUS_OK && i < content.record_count; i++) {
            for (int64_t put = 0; put < content.records[i].put_count; put++) {
                totals_add(totals, &content.records[i].puts[put]);
            }
        }
    }
    TRY(status_agree(stage->job->comm, status));
    messages_share(stage->job->comm, 0, totals, (int)sizeof *totals, MPI_BYTE);
done:
    journal_content_clear(&content);
    return status;
}

static enum status ranges_set(struct stage *stage, const struct totals *totals)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < stage->cube_count; i++) {
        const struct cube_spec *spec = &stage->cubes[i].spec;
        for (int variable = 0; variable < spec->variable_count; variable++) {
            enum cube_type type = spec->variables[variable].type;
            bool is_floating = type == CUBE_FLOAT || type == CUBE_DOUBLE;
            if (is_floating && !spec->variables[variable].skip_range) {
                TRY(cube_set_range(stage->cubes[i].cube, variable, totals->low[i][variable],
                                   totals->high[i][variable]));
            }
        }
    }
done:
    return status;
}

/* ---- provenance --------------------------------------------------------------------------- */

static enum status ranks_gather(struct stage *stage, struct provenance_rank **ranks)
{
    enum status status;
    struct provenance_rank own = {.items = stage->own_items,
                                  .bytes_read = stage->bytes_read,
                                  .bytes_written = stage->bytes_written,
                                  .peak_bytes = memory_peak_bytes()};
    dataset_counts(&own.files_opened, &own.chunks_inflated);
    gethostname(own.host, sizeof own.host - 1);
    size_t count = stage->job->rank == 0 ? (size_t)stage->job->size : 0;
    TRY_TOGETHER(stage->job->comm, memory_allocate(count, sizeof **ranks, ranks));
    messages_gather(stage->job->comm, &own, (int)sizeof own, *ranks);
done:
    return status;
}

/* Names and paths of the options' inputs; what is no file (a reader's own syntax) stays as it is. */
static enum status list_inputs(const struct stage *stage, struct text_list *names,
                               struct text_list *paths)
{
    enum status status;
    struct text_list given = {0};
    char *name = NULL;
    TRY(options_inputs(stage->job->options, names, &given));
    for (size_t i = 0; i < given.count; i++) {
        bool is_path = path_exists(given.items[i]) || path_is_pattern(given.items[i]);
        TRY(is_path ? stage_name_from(stage->folder, given.items[i], &name)
                    : memory_copy_text(given.items[i], &name));
        TRY(text_list_add(paths, name));
        free(name);
        name = NULL;
    }
done:
    text_list_clear(&given);
    free(name);
    return status;
}

static enum status sidecar_write(struct stage *stage, const struct totals *totals,
                                 const struct provenance_rank *ranks, const char *path)
{
    enum status status;
    struct provenance_input inputs[STAGE_INPUTS_MAX];
    struct text_list names = {0}, paths = {0};
    TRY(list_inputs(stage, &names, &paths));
    for (int i = 0; i < stage->input_count; i++) {
        inputs[i] = (struct provenance_input){stage->input_label[i], stage->input_identity[i]};
    }
    struct provenance facts = {
        .command = stage->job->command,
        .command_line = stage->job->no_history ? NULL : stage->job->command_line,
        .config = stage->options,
        .fingerprint = stage->fingerprint,
        .seed = stage->job->seed,
        .inputs = inputs,
        .input_count = stage->input_count,
        .input_options = &names,
        .input_paths = &paths,
        .outputs = (const char *const *)stage->names,
        .partials = (const char *const *)stage->partials,
        .output_count = stage->file_count,
        .ranks = ranks,
        .rank_count = stage->job->size,
        .items = stage->items.count,
        .items_reused = stage->finished_before,
        .values = totals->values,
        .missing = totals->missing,
        .start_time = stage->start_time,
    };
    TRY(provenance_write(path, &facts));
done:
    text_list_clear(&names);
    text_list_clear(&paths);
    return status;
}

/* ---- renaming ----------------------------------------------------------------------------- */

/* Steps of a commit at which a fault can strike; the renames lie between. */
enum {
    STEP_BEFORE,
    STEP_RECORDED,
    STEP_RENAMES
};

static enum status rename_one(const char *partial, const char *final)
{
    enum status status = STATUS_OK;
    if (rename(partial, final) != 0) {
        /* An interrupted commit has renamed it already. */
        bool was_done = errno == ENOENT && access(final, F_OK) == 0;
        FAIL_IF(!was_done, STATUS_OUTPUT, "%s: cannot be renamed to %s: %s; then use --resume",
                partial, final, strerror(errno));
    }
done:
    return status;
}

static enum status rename_named(const struct stage *stage, const char *name)
{
    enum status status;
    char *final = NULL;
    char *partial = NULL;
    TRY(stage_path(stage, name, &final));
    FAIL_IF(asprintf(&partial, "%s.partial", final) < 0, STATUS_MEMORY, "out of memory");
    TRY(rename_one(partial, final));
done:
    free(final);
    free(partial);
    return status;
}

static enum status remove_named(const struct stage *stage, const char *name)
{
    enum status status;
    char *path = NULL;
    TRY(stage_path(stage, name, &path));
    FAIL_IF(unlink(path) != 0 && errno != ENOENT, STATUS_OUTPUT,
            "%s: belongs to the product that is replaced, but cannot be removed: %s; then use "
            "--resume",
            path, strerror(errno));
done:
    free(path);
    return status;
}

/* The names in the folder of each file; mostly it is one. */
static enum status folders_sync(const struct stage *stage, const json_t *files)
{
    enum status status;
    char *folder = NULL;
    size_t index;
    const json_t *name;
    TRY(path_sync(stage->folder));
    json_array_foreach(files, index, name)
    {
        if (strchr(json_string_value(name), '/') != NULL) {
            char *path = NULL;
            status = stage_path(stage, json_string_value(name), &path);
            status = status == STATUS_OK ? path_folder(path, &folder) : status;
            free(path);
            TRY(status);
            TRY(path_sync(folder));
            free(folder);
            folder = NULL;
        }
    }
done:
    free(folder);
    return status;
}

static bool is_list_of_texts(const json_t *list)
{
    size_t index;
    const json_t *item;
    json_array_foreach(list, index, item)
    {
        if (!json_is_string(item)) {
            return false;
        }
    }
    return json_is_array(list);
}

static enum status commit_parse(const struct stage *stage, const char *text, json_t **commit)
{
    enum status status = STATUS_OK;
    *commit = json_loads(text, 0, NULL);
    FAIL_IF(!is_list_of_texts(json_object_get(*commit, "files")) ||
                !is_list_of_texts(json_object_get(*commit, "stale")),
            STATUS_DATA, "%s: its commit is not understood; start afresh with --overwrite",
            stage->journal_path);
done:
    return status;
}

/* The sidecar of the old product goes before, that of the new one comes last: in between no product
 * is complete. */
static enum status files_replace(const struct stage *stage, const json_t *files,
                                 const json_t *stale)
{
    enum status status = STATUS_OK;
    size_t index;
    const json_t *name;
    if (path_exists(stage->provenance_partial)) {
        unlink(stage->provenance_path);
    }
    json_array_foreach(stale, index, name)
    {
        TRY(remove_named(stage, json_string_value(name)));
    }
    json_array_foreach(files, index, name)
    {
        TRY(rename_named(stage, json_string_value(name)));
        fault_strike(FAULT_COMMIT, STEP_RENAMES + (int64_t)index);
    }
    TRY(rename_one(stage->provenance_partial, stage->provenance_path));
done:
    return status;
}

enum status stage_rename_all(struct stage *stage, const char *text)
{
    enum status status;
    json_t *commit = NULL;
    TRY(commit_parse(stage, text, &commit));
    const json_t *files = json_object_get(commit, "files");
    int64_t last = STEP_RENAMES + (int64_t)json_array_size(files);
    TRY(files_replace(stage, files, json_object_get(commit, "stale")));
    fault_strike(FAULT_COMMIT, last);
    TRY(folders_sync(stage, files));
    fault_strike(FAULT_COMMIT, last + 1);
    FAIL_IF(unlink(stage->journal_path) != 0, STATUS_OUTPUT, "%s: cannot be removed: %s",
            stage->journal_path, strerror(errno));
done:
    json_decref(commit);
    return status;
}

enum status stage_finish_commit(struct stage *stage, const char *text)
{
    enum status status;
    char *fingerprint = NULL;
    bool is_intact = false;
    const char *sidecar =
        path_exists(stage->provenance_partial) ? stage->provenance_partial : stage->provenance_path;
    TRY(provenance_check(sidecar, ".partial", &fingerprint, &is_intact));
    FAIL_IF(!is_intact, STATUS_DATA,
            "%s: its files were changed or removed after they were finished; start afresh with "
            "--overwrite",
            stage->output);
    TRY(stage_rename_all(stage, text));
done:
    free(fingerprint);
    return status;
}

static enum status commit_text(const struct stage *stage, char **text)
{
    enum status status;
    struct text_list stale = {0};
    json_t *files = json_array();
    json_t *removed = json_array();
    json_t *commit = json_pack("{s:o, s:o}", "files", files, "stale", removed);
    TRY(stage_find_stale(stage, &stale));
    for (int i = 0; i < stage->file_count; i++) {
        json_array_append_new(files, json_string(stage->names[i]));
    }
    for (size_t i = 0; i < stale.count; i++) {
        json_array_append_new(removed, json_string(stale.items[i]));
        log_info("%s: %s of the product that is replaced is removed", stage->output,
                 stale.items[i]);
    }
    *text = json_dumps(commit, JSON_COMPACT);
    FAIL_IF(*text == NULL, STATUS_MEMORY, "out of memory");
done:
    json_decref(commit);
    text_list_clear(&stale);
    return status;
}

static enum status commit_first(struct stage *stage, const struct totals *totals,
                                const struct provenance_rank *ranks)
{
    enum status status = STATUS_OK;
    char *text = NULL;
    for (int i = 0; i < stage->file_count; i++) {
        TRY(path_sync(stage->partials[i]));
    }
    TRY(sidecar_write(stage, totals, ranks, stage->provenance_partial));
    TRY(commit_text(stage, &text));
    fault_strike(FAULT_COMMIT, STEP_BEFORE);
    TRY(journal_append_commit(stage->journal, text));
    fault_strike(FAULT_COMMIT, STEP_RECORDED);
    TRY(stage_rename_all(stage, text));
done:
    free(text);
    return status;
}

/* Stages whose maps come from the journal put no values item by item. */
static void log_done(const struct stage *stage, const struct totals *totals)
{
    if (totals->values == 0) {
        log_info("%s: done, %lld items", stage->output, (long long)stage->items.count);
    } else {
        log_info("%s: done, %lld items, %lld values, %lld missing", stage->output,
                 (long long)stage->items.count, (long long)totals->values,
                 (long long)totals->missing);
    }
}

static enum status cubes_close(struct stage *stage)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < stage->cube_count; i++) {
        TRY(cube_close(&stage->cubes[i].cube));
    }
done:
    return status;
}

enum status stage_leave(struct stage *stage)
{
    enum status status = STATUS_OK;
    struct totals totals = {0};
    if (stage->state != STAGE_RUNNING) {
        goto done;
    }
    TRY(totals_collect(stage, &totals));
    TRY(cubes_close(stage)); /* on network file systems others see what was written from now on */
    if (stage->job->rank == 0) {
        log_done(stage, &totals);
    }
done:
    return status;
}

enum status stage_commit(struct stage *stage)
{
    enum status status = STATUS_OK;
    struct totals totals = {0};
    struct provenance_rank *ranks = NULL;
    if (stage->state != STAGE_RUNNING) {
        goto done;
    }
    TRY(totals_collect(stage, &totals));
    TRY(ranges_set(stage, &totals));
    TRY_TOGETHER(stage->job->comm, stage->job->rank == 0 ? stage_write_forms(stage) : STATUS_OK);
    TRY(cubes_close(stage));
    TRY(ranks_gather(stage, &ranks));
    TRY_TOGETHER(stage->job->comm,
                 stage->job->rank == 0 ? commit_first(stage, &totals, ranks) : STATUS_OK);
    stage->state = STAGE_COMMITTED;
    if (stage->job->rank == 0) {
        log_done(stage, &totals);
    }
done:
    free(ranks);
    return status;
}
