/* airshed -- GPL-3.0-or-later. A stage: what an earlier run left, and whether it may be used. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "parallel/agree.h"
#include "parallel/messages.h"
#include "stage_internal.h"

/* ---- fingerprint -------------------------------------------------------------------------- */

static enum status hash_parts(const char *const *parts, int count, char hex[HEX_BYTES])
{
    enum status status;
    char *all = NULL;
    size_t bytes = 1;
    for (int i = 0; i < count; i++) {
        bytes += strlen(parts[i]) + 1;
    }
    TRY(memory_allocate(bytes, 1, &all));
    char *end = all;
    for (int i = 0; i < count; i++) {
        end = stpcpy(end, parts[i]) + 1; /* the zero byte separates */
    }
    hash_sha256_hex(all, (size_t)(end - all), hex);
done:
    free(all);
    return status;
}

enum status stage_fingerprint(struct stage *stage)
{
    enum status status;
    const char *inputs[2 * STAGE_INPUTS_MAX];
    for (int i = 0; i < stage->input_count; i++) {
        inputs[2 * i] = stage->input_label[i];
        inputs[2 * i + 1] = stage->input_identity[i];
    }
    TRY(hash_parts(inputs, 2 * stage->input_count, stage->inputs_hash));

    const char *options[] = {stage->job->command, stage->options,
                             stage->job->no_history ? "no-history" : "history"};
    TRY(hash_parts(options, 3, stage->options_hash));

    const char *all[] = {provenance_version(), provenance_cpu_class(), stage->inputs_hash,
                         stage->options_hash};
    TRY(hash_parts(all, 4, stage->fingerprint));
done:
    return status;
}

enum status stage_header(const struct stage *stage, char **header)
{
    const struct items *items = &stage->items;
    json_t *files = json_array();
    for (int i = 0; i < stage->file_count; i++) {
        json_array_append_new(files, json_string(stage->names[i]));
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "version",
        provenance_version(), "cpu", provenance_cpu_class(), "inputs", stage->inputs_hash,
        "options", stage->options_hash, "shape", (int)items->shape, "steps",
        (json_int_t)items->steps, "rows", (json_int_t)items->rows, "cols",
        (json_int_t)items->cols, "band_rows", (json_int_t)items->band_rows, "block_cols",
        (json_int_t)items->block_cols, "slab_steps", (json_int_t)items->slab_steps, "count",
        (json_int_t)items->count, "files", files);
    *header = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(json);
    return *header != NULL
               ? STATUS_OK
               : failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory");
}

static bool header_unpack(const char *header, const char *text[4], struct items *items,
                          json_t **json)
{
    int shape = 0;
    json_int_t number[7] = {0};
    *json = json_loads(header, 0, NULL);
    if (*json == NULL ||
        json_unpack(*json, "{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                    "version", &text[0], "cpu", &text[1], "inputs", &text[2], "options", &text[3],
                    "shape", &shape, "steps", &number[0], "rows", &number[1], "cols", &number[2],
                    "band_rows", &number[3], "block_cols", &number[4], "slab_steps", &number[5],
                    "count", &number[6]) != 0) {
        return false;
    }
    *items = (struct items){.shape = (enum items_shape)shape,
                            .steps = number[0],
                            .rows = number[1],
                            .cols = number[2],
                            .band_rows = number[3],
                            .block_cols = number[4],
                            .slab_steps = number[5],
                            .count = number[6]};
    return true;
}

enum status stage_header_accept(struct stage *stage, const char *header)
{
    enum status status = STATUS_OK;
    const char *text[4];
    struct items items;
    json_t *json = NULL;
    const char *advice = "start afresh with --overwrite";

    FAIL_IF(!header_unpack(header, text, &items, &json), STATUS_DATA,
            "%s: its header is not understood; %s", stage->journal_path, advice);
    FAIL_IF(strcmp(text[0], provenance_version()) != 0 ||
                strcmp(text[1], provenance_cpu_class()) != 0,
            STATUS_DATA, "%s: was begun by airshed %s on %s, this is %s on %s; %s",
            stage->journal_path, text[0], text[1], provenance_version(), provenance_cpu_class(),
            advice);
    FAIL_IF(strcmp(text[2], stage->inputs_hash) != 0, STATUS_DATA,
            "%s: the inputs have changed since it was begun; restore them, or %s",
            stage->journal_path, advice);
    FAIL_IF(strcmp(text[3], stage->options_hash) != 0 || items.shape != stage->items.shape ||
                items.steps != stage->items.steps || items.rows != stage->items.rows ||
                items.cols != stage->items.cols,
            STATUS_DATA, "%s: was begun with other options; repeat them, or %s",
            stage->journal_path, advice);
    FAIL_IF(items_bytes(&items, &stage->cost) > stage->job->memory_bytes, STATUS_USAGE,
            "%s: was begun with a larger --memory: its items need --memory %lldM",
            stage->journal_path, (long long)(items_bytes(&items, &stage->cost) >> 20) + 1);
    stage->items = items;
done:
    json_decref(json);
    return status;
}

/* ---- deciding ----------------------------------------------------------------------------- */

static enum status decide_by_journal(struct stage *stage, enum stage_action *action)
{
    enum status status = STATUS_OK;
    struct journal_content content = {0};
    const struct job *job = stage->job;

    *action = ACTION_FRESH;
    if (job->overwrite && !job->resume) {
        goto done;
    }
    FAIL_IF(!job->resume, STATUS_OUTPUT,
            "%s: an earlier run did not finish: go on with --resume or start afresh with "
            "--overwrite",
            stage->output);
    TRY(journal_load(stage->journal_path, &content));
    TRY(stage_header_accept(stage, content.header));
    if (content.commit != NULL) {
        *action = ACTION_FINISH_COMMIT;
    } else if (content.record_count > 0) {
        *action = ACTION_RESUME;
    }
done:
    journal_content_clear(&content);
    if (status == STATUS_DATA && job->overwrite) {
        /* both --resume and --overwrite: use what fits, else start afresh */
        log_warning("what an earlier run left is not used, all starts afresh: %s", failure_message());
        failure_clear();
        status = STATUS_OK;
        *action = ACTION_FRESH;
    }
    return status;
}

static enum status decide_by_product(struct stage *stage, enum stage_action *action)
{
    enum status status = STATUS_OK;
    const struct job *job = stage->job;
    char *fingerprint = NULL;
    bool is_intact = false;

    *action = ACTION_FRESH;
    if (job->resume || job->update) {
        TRY(provenance_check(stage->provenance_path, "", &fingerprint, &is_intact));
        if (is_intact && strcmp(fingerprint, stage->fingerprint) == 0) {
            *action = ACTION_NOTHING;
            goto done;
        }
    }
    FAIL_IF(!job->overwrite && !job->update && job->resume, STATUS_OUTPUT,
            "%s is complete, but from other inputs or options, or changed since: use --overwrite "
            "to replace it",
            stage->output);
    FAIL_IF(!job->overwrite && !job->update, STATUS_OUTPUT,
            "%s exists: use --overwrite to replace it", stage->output);
done:
    free(fingerprint);
    return status;
}

static enum status decide_by_files(struct stage *stage, enum stage_action *action)
{
    enum status status = STATUS_OK;
    *action = ACTION_FRESH;
    for (int i = 0; i < stage->file_count && !stage->job->overwrite; i++) {
        FAIL_IF(access(stage->files[i], F_OK) == 0, STATUS_OUTPUT,
                "%s exists and was not written by this command: use --overwrite to replace it",
                stage->files[i]);
    }
done:
    return status;
}

/* A rename would put a file in the place of a device, and fail on a folder at the very end. Names
 * that follow from that of the output (out_slope.tif) may be those of inputs. */
static enum status refuse_taken_names(const struct stage *stage)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < stage->file_count; i++) {
        struct stat about;
        FAIL_IF(options_read_file(stage->job->options, stage->files[i]), STATUS_USAGE,
                "%s would be written, but is also an input: give the output another name",
                stage->files[i]);
        bool exists = stat(stage->files[i], &about) == 0;
        FAIL_IF(exists && !S_ISREG(about.st_mode), STATUS_OUTPUT,
                "%s is %s, not a file that could be replaced: give the output another name",
                stage->files[i], S_ISDIR(about.st_mode) ? "a folder" : "a device or pipe");
    }
done:
    return status;
}

enum status stage_decide(struct stage *stage, enum stage_action *action)
{
    enum status status = STATUS_OK;
    MPI_Comm comm = stage->job->comm;
    if (stage->job->rank == 0) {
        status = refuse_taken_names(stage);
        if (status != STATUS_OK) {
            *action = ACTION_NOTHING;
        } else if (access(stage->journal_path, F_OK) == 0) {
            status = decide_by_journal(stage, action);
        } else if (access(stage->provenance_path, F_OK) == 0) {
            status = decide_by_product(stage, action);
        } else {
            status = decide_by_files(stage, action);
        }
    }
    TRY(status_agree(comm, status));
    int code = (int)*action;
    messages_share(comm, 0, &code, 1, MPI_INT);
    messages_share(comm, 0, &stage->items, (int)sizeof stage->items, MPI_BYTE);
    *action = (enum stage_action)code;
done:
    return status;
}

/* ---- verifying ---------------------------------------------------------------------------- */

static size_t value_bytes(enum cube_type type)
{
    switch (type) {
    case CUBE_DOUBLE:
        return 8;
    case CUBE_BYTE:
        return 1;
    case CUBE_FLOAT:
    case CUBE_INT:
        break;
    }
    return 4;
}

static enum status put_verify(struct stage *stage, const struct journal_record *record,
                              const struct journal_put *put)
{
    enum status status = STATUS_OK;
    void *values = NULL;
    bool is_known = put->cube >= 0 && put->cube < stage->cube_count && put->variable >= 0 &&
                    put->variable < stage->cubes[put->cube].spec.variable_count;
    FAIL_IF(!is_known, STATUS_DATA, "%s: item %lld belongs to another product; start afresh with "
            "--overwrite", stage->journal_path, (long long)record->item);
    struct stage_cube_entry *entry = &stage->cubes[put->cube];
    enum cube_type type = entry->spec.variables[put->variable].type;
    size_t bytes = (size_t)window_count(&put->window) * value_bytes(type);
    TRY(memory_allocate(bytes, 1, &values));
    TRY(cube_get(entry->cube, put->variable, &put->window, values));
    FAIL_IF(hash_crc32c(values, bytes) != put->crc, STATUS_DATA,
            "%s: item %lld is not what its journal says: the file was damaged or changed; start "
            "afresh with --overwrite",
            stage_partial(stage, entry->path), (long long)record->item);
done:
    free(values);
    return status;
}

static enum status record_verify(struct stage *stage, const struct journal_record *record)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < record->put_count; i++) {
        TRY(put_verify(stage, record, &record->puts[i]));
    }
done:
    return status;
}

enum status stage_verify(struct stage *stage)
{
    enum status status;
    struct journal_content content = {0};
    TRY(journal_load(stage->journal_path, &content));
    for (int64_t i = 0; i < content.record_count; i++) {
        const struct journal_record *record = &content.records[i];
        FAIL_IF(record->item >= stage->items.count || stage->is_finished[record->item],
                STATUS_DATA, "%s: item %lld is there twice or does not exist; start afresh with "
                "--overwrite", stage->journal_path, (long long)record->item);
        stage->is_finished[record->item] = 1;
        if (i % stage->job->size == stage->job->rank) {
            TRY(record_verify(stage, record));
        }
    }
    stage->finished_before = content.record_count;
done:
    status = status_agree(stage->job->comm, status); /* all have read it */
    if (status == STATUS_OK && content.was_torn && stage->job->rank == 0) {
        status = journal_trim(stage->journal_path, content.whole_bytes);
    }
    journal_content_clear(&content);
    return status_agree(stage->job->comm, status);
}
