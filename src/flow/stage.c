/* airshed -- GPL-3.0-or-later. A stage: its parts, its beginning and its end. */
#include "flow/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/timing.h"
#include "parallel/agree.h"
#include "stage_internal.h"

/* Attributes that attributes_collect() adds at most. */
enum {
    ATTRIBUTES_OWN = 5
};

/* ---- small helpers ------------------------------------------------------------------------ */

static enum status join_text(char **text, const char *format, const char *first, const char *second)
{
    return asprintf(text, format, first, second) < 0
               ? failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory")
               : STATUS_OK;
}

/* ---- making ------------------------------------------------------------------------------- */

enum status stage_create(const struct job *job, const char *output, struct stage **out)
{
    enum status status;
    struct stage *stage = NULL;
    char *near = NULL;
    TRY(memory_allocate(1, sizeof *stage, &stage));
    stage->job = job;
    TRY(memory_copy_text(output, &stage->output));
    TRY(join_text(&stage->journal_path, "%s%s", output, ".journal"));
    TRY(join_text(&stage->lock_path, "%s%s", output, ".lock"));
    TRY(join_text(&stage->provenance_path, "%s%s", output, ".prov.json"));
    TRY(join_text(&stage->provenance_partial, "%s%s", stage->provenance_path, ".partial"));
    TRY(path_folder(output, &near));
    TRY(path_absolute(near, &stage->folder));
    TRY(timing_utc_text(&stage->start_time));
    TRY(join_text(&stage->history_line, "%s: %s", stage->start_time, job->command_line));
    TRY(options_canonical_text(job->options, &stage->options));
    *out = stage;
    stage = NULL;
done:
    free(near);
    stage_destroy(&stage);
    return status;
}

enum status stage_add_input(struct stage *stage, const char *label, const char *identity)
{
    enum status status;
    int index = stage->input_count;
    FAIL_IF(index == STAGE_INPUTS_MAX, STATUS_FAILED, "more than %d inputs", STAGE_INPUTS_MAX);
    TRY(memory_copy_text(label, &stage->input_label[index]));
    TRY(memory_copy_text(identity, &stage->input_identity[index]));
    stage->input_count++;
done:
    return status;
}

enum status stage_add_input_file(struct stage *stage, const char *label, const char *path)
{
    enum status status;
    char *identity = NULL;
    TRY(hash_file_identity(path, stage->job->content_hash, &identity));
    TRY(stage_add_input(stage, label, identity));
done:
    free(identity);
    return status;
}

enum status stage_add_history(struct stage *stage, const char *history)
{
    enum status status = STATUS_OK;
    if (history != NULL && history[0] != '\0' && stage->history == NULL) {
        TRY(memory_copy_text(history, &stage->history));
    }
done:
    return status;
}

/* The command's attributes, the user's, and what the program knows of itself (C.02, C.17). */
static enum status attributes_collect(struct stage *stage, struct stage_cube_entry *entry)
{
    enum status status;
    const struct cube_spec *spec = &entry->spec;
    const struct job *job = stage->job;
    size_t user = job->has_output_options ? option_count(job->options, "attributes") : 0;
    int count = 0;

    TRY(memory_allocate((size_t)spec->attribute_count + user + ATTRIBUTES_OWN,
                        sizeof *entry->attributes, &entry->attributes));
    TRY(memory_allocate(user, sizeof *entry->user_names, &entry->user_names));
    for (int i = 0; i < spec->attribute_count; i++) {
        entry->attributes[count++] = spec->attributes[i];
    }
    for (size_t i = 0; i < user; i++) {
        const char *item = option_item(job->options, "attributes", i);
        const char *equals = strchr(item, '=');
        FAIL_IF(equals == NULL || equals == item, STATUS_USAGE, "--attributes %s: write NAME=VALUE",
                item);
        char *name = NULL;
        TRY(memory_copy_text(item, &name));
        entry->user_names[entry->user_count++] = name;
        name[equals - item] = '\0';
        entry->attributes[count++] = (struct cube_attribute){name, equals + 1};
    }
    entry->attributes[count++] = (struct cube_attribute){
        "source", job->no_history ? "airshed " AIRSHED_VERSION : provenance_program()};
    entry->attributes[count++] = (struct cube_attribute){"product_version", AIRSHED_VERSION};
    entry->attributes[count++] =
        (struct cube_attribute){"standard_name_vocabulary", "CF Standard Name Table v83"};
    if (!job->no_history) {
        entry->attributes[count++] = (struct cube_attribute){"history", stage->history_line};
        entry->attributes[count++] = (struct cube_attribute){"date_created", stage->start_time};
    }
    entry->spec.attributes = entry->attributes;
    entry->spec.attribute_count = count;
done:
    return status;
}

static enum status history_extend(struct stage *stage)
{
    enum status status = STATUS_OK;
    if (stage->history != NULL) {
        char *longer = NULL;
        TRY(join_text(&longer, "%s\n%s", stage->history_line, stage->history));
        free(stage->history_line);
        stage->history_line = longer;
        free(stage->history);
        stage->history = NULL;
    }
done:
    return status;
}

static enum cube_format format_find(const char *name)
{
    return strcmp(name, "cdf5") == 0   ? CUBE_CDF5
           : strcmp(name, "cdf2") == 0 ? CUBE_CDF2
                                       : CUBE_AUTOMATIC;
}

enum status stage_add_cube(struct stage *stage, const char *path, const struct cube_spec *spec,
                           int *cube)
{
    enum status status;
    FAIL_IF(stage->cube_count == STAGE_CUBES_MAX, STATUS_FAILED, "more than %d cubes in one stage",
            STAGE_CUBES_MAX);
    FAIL_IF(spec->variable_count > STAGE_VARIABLES_MAX, STATUS_FAILED,
            "%s: more than %d variables in one cube", path, STAGE_VARIABLES_MAX);
    *cube = stage->cube_count++;
    struct stage_cube_entry *entry = &stage->cubes[*cube];
    entry->spec = *spec;
    if (stage->job->has_output_options) {
        entry->spec.format = format_find(option_text(stage->job->options, "format"));
    }
    TRY(memory_copy_text(path, &entry->path));
    TRY(stage_add_file(stage, path));
    TRY(stage_declare_forms(stage, *cube));
done:
    return status;
}

/* ---- beginning ---------------------------------------------------------------------------- */

static enum status cubes_open(struct stage *stage, bool is_fresh)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < stage->cube_count; i++) {
        struct stage_cube_entry *entry = &stage->cubes[i];
        const char *partial = stage_partial(stage, entry->path);
        TRY(is_fresh ? cube_create(stage->job->comm, partial, &entry->spec, &entry->cube)
                     : cube_reopen(stage->job->comm, partial, &entry->spec, &entry->cube));
    }
done:
    return status;
}

/* Headers and names, which rank 0 made: on a network file system the syncs of other ranks cover
 * what they wrote themselves. */
static enum status cubes_sync(const struct stage *stage)
{
    enum status status = STATUS_OK;
    bool is_passing = stage->cube_count > 0;
    for (int i = 0; i < stage->cube_count; i++) {
        if (!stage->cubes[i].spec.is_passing) {
            TRY(path_sync(stage_partial(stage, stage->cubes[i].path)));
            is_passing = false;
        }
    }
    if (!is_passing) {
        TRY(path_sync(stage->folder));
    }
done:
    return status;
}

static enum status begin_fresh(struct stage *stage)
{
    enum status status = STATUS_OK;
    char *header = NULL;
    if (stage->job->rank == 0) {
        stage_clear_unfinished(stage);
        status = stage_header(stage, &header);
        if (status == STATUS_OK) {
            status = journal_create(stage->journal_path, header);
        }
    }
    TRY(status_agree(stage->job->comm, status));
    TRY(cubes_open(stage, true));
    TRY_TOGETHER(stage->job->comm, stage->job->rank == 0 ? cubes_sync(stage) : STATUS_OK);
done:
    free(header);
    return status;
}

static enum status partials_find(const struct stage *stage)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < stage->cube_count; i++) {
        const char *partial = stage_partial(stage, stage->cubes[i].path);
        FAIL_IF(access(partial, F_OK) != 0, STATUS_DATA,
                "%s is gone, but its journal is there: start afresh with --overwrite", partial);
    }
done:
    return status;
}

static enum status begin_resumed(struct stage *stage)
{
    enum status status;
    TRY_TOGETHER(stage->job->comm, stage->job->rank == 0 ? partials_find(stage) : STATUS_OK);
    status = cubes_open(stage, false);
    for (int i = 0; status == STATUS_OK && i < stage->cube_count; i++) {
        status = cube_check(stage->cubes[i].cube, &stage->cubes[i].spec);
    }
    if (status == STATUS_DATA) {
        failure_prefix("start afresh with --overwrite, the unfinished file is damaged");
    }
    TRY(status);
    TRY(stage_verify(stage));
    if (stage->job->rank == 0) {
        log_info("%s: %lld of %lld items are done already", stage->output,
                 (long long)stage->finished_before, (long long)stage->items.count);
    }
done:
    return status;
}

static enum status finish_commit(struct stage *stage)
{
    enum status status = STATUS_OK;
    struct journal_content content = {0};
    if (stage->job->rank == 0) {
        status = journal_load(stage->journal_path, &content);
        if (status == STATUS_OK) {
            status = stage_finish_commit(stage, content.commit);
        }
        journal_content_clear(&content);
    }
    return status_agree(stage->job->comm, status);
}

static enum status begin_from(struct stage *stage, enum stage_action action)
{
    enum status status = STATUS_OK;
    switch (action) {
    case ACTION_FRESH:
        return begin_fresh(stage);
    case ACTION_RESUME:
        return begin_resumed(stage);
    case ACTION_FINISH_COMMIT:
        TRY(finish_commit(stage));
        stage->state = STAGE_DONE;
        break;
    case ACTION_NOTHING:
        stage->state = STAGE_DONE;
        break;
    }
done:
    return status;
}

static enum status forget_finished(struct stage *stage, const struct items *items)
{
    stage->items = *items;
    stage->finished_before = 0;
    free(stage->is_finished);
    stage->is_finished = NULL;
    return memory_allocate((size_t)items->count, 1, &stage->is_finished);
}

/* With both --resume and --overwrite: what an earlier run left does not fit (another build of the
 * program writes another header) or is damaged, so all starts afresh. */
static enum status begin_again(struct stage *stage, const struct items *items)
{
    enum status status = STATUS_OK;
    if (stage->job->rank == 0) {
        log_warning("%s: what an earlier run left is not used, all starts afresh: %s", stage->output,
                    failure_message());
    }
    failure_clear();
    for (int i = 0; i < stage->cube_count; i++) {
        TRY(cube_close(&stage->cubes[i].cube));
    }
    stage->state = STAGE_RUNNING;
    TRY_TOGETHER(stage->job->comm, forget_finished(stage, items));
    TRY(begin_fresh(stage));
done:
    return status;
}

static enum status begin_by(struct stage *stage, enum stage_action action,
                            const struct items *planned)
{
    enum status status = STATUS_OK;
    const struct items decided = stage->items;
    stage->state = STAGE_RUNNING;
    TRY_TOGETHER(stage->job->comm, forget_finished(stage, &decided));
    status = begin_from(stage, action);
    if (status == STATUS_DATA && stage->job->overwrite && action != ACTION_FRESH) {
        status = begin_again(stage, planned);
    }
    TRY(status);
    if (stage->state == STAGE_DONE) {
        if (stage->job->rank == 0) {
            log_info("%s: up to date", stage->output);
        }
        goto done;
    }
    TRY_TOGETHER(stage->job->comm, journal_open(stage->journal_path, &stage->journal));
done:
    return status;
}

enum status stage_begin(struct stage *stage, const struct items *items,
                        const struct items_cost *cost)
{
    enum status status;
    enum stage_action action = ACTION_FRESH;
    stage->items = *items;
    stage->cost = *cost;
    status = history_extend(stage);
    for (int i = 0; status == STATUS_OK && i < stage->cube_count; i++) {
        status = attributes_collect(stage, &stage->cubes[i]);
    }
    if (status == STATUS_OK) {
        status = stage_fingerprint(stage);
    }
    TRY(status_agree(stage->job->comm, status));
    if (stage->job->dry_run) {
        stage->state = STAGE_PLANNED;
        goto done;
    }
    TRY(lock_acquire(stage->job->comm, stage->lock_path, &stage->lock));
    TRY(stage_decide(stage, &action));
    TRY(begin_by(stage, action, items));
done:
    return status;
}

const char *stage_fingerprint_text(const struct stage *stage)
{
    return stage->fingerprint;
}

bool stage_is_done(const struct stage *stage)
{
    return stage->state == STAGE_DONE;
}

bool stage_is_recorded(const struct stage *stage)
{
    return stage->state == STAGE_RUNNING && stage->finished_before == stage->items.count;
}

const struct items *stage_items(const struct stage *stage)
{
    return &stage->items;
}

struct cube *stage_cube(const struct stage *stage, int cube)
{
    return stage->cubes[cube].cube;
}

static int compare_items(const void *first, const void *second)
{
    int64_t a = ((const struct journal_record *)first)->item;
    int64_t b = ((const struct journal_record *)second)->item;
    return (a > b) - (a < b);
}

/* Records without payloads, in the order of their items, of which the first @p count are there. */
static enum status load_sorted(const struct stage *stage, int64_t count,
                               struct journal_content *content)
{
    enum status status;
    TRY(journal_load(stage->journal_path, content));
    if (content->record_count > 1) {
        qsort(content->records, (size_t)content->record_count, sizeof *content->records,
              compare_items);
    }
    bool has_all = content->record_count >= count &&
                   (count == 0 || content->records[count - 1].item == count - 1);
    FAIL_IF(!has_all, STATUS_FAILED, "%s: holds %lld items, not the first %lld of %lld",
            stage->journal_path, (long long)content->record_count, (long long)count,
            (long long)stage->items.count);
done:
    return status;
}

enum status stage_records(const struct stage *stage, struct journal_content *content)
{
    struct journal_record *records;
    return stage_records_of(stage, 0, stage->items.count, content, &records);
}

enum status stage_records_of(const struct stage *stage, int64_t first, int64_t end,
                             struct journal_content *content, struct journal_record **records)
{
    enum status status;
    TRY(load_sorted(stage, end, content));
    *records = content->records + first;
    TRY(journal_load_payloads(stage->journal_path, end - first, *records));
done:
    return status;
}

enum status stage_visit_records(const struct stage *stage,
                                void (*visit)(void *context, const struct journal_record *record),
                                void *context)
{
    enum status status;
    struct journal_content content = {0};
    TRY(load_sorted(stage, stage->items.count, &content));
    for (int64_t i = 0; i < content.record_count; i++) {
        struct journal_record *record = &content.records[i];
        TRY(journal_load_payloads(stage->journal_path, 1, record));
        visit(context, record);
        free(record->payload);
        record->payload = NULL;
    }
done:
    journal_content_clear(&content);
    return status;
}

/* ---- the end ------------------------------------------------------------------------------ */

void stage_destroy(struct stage **stage_pointer)
{
    struct stage *stage = *stage_pointer;
    if (stage == NULL) {
        return;
    }
    for (int i = 0; i < stage->cube_count; i++) {
        struct stage_cube_entry *entry = &stage->cubes[i];
        cube_close(&entry->cube);
        for (int name = 0; name < entry->user_count; name++) {
            free(entry->user_names[name]);
        }
        free(entry->user_names);
        free(entry->attributes);
        free(entry->path);
    }
    journal_close(&stage->journal);
    lock_release(&stage->lock);
    for (int i = 0; i < stage->input_count; i++) {
        free(stage->input_label[i]);
        free(stage->input_identity[i]);
    }
    for (int i = 0; i < stage->file_count; i++) {
        free(stage->files[i]);
        free(stage->partials[i]);
        free(stage->names[i]);
    }
    free(stage->is_finished);
    free(stage->history);
    free(stage->history_line);
    free(stage->options);
    free(stage->start_time);
    free(stage->output);
    free(stage->journal_path);
    free(stage->lock_path);
    free(stage->provenance_path);
    free(stage->provenance_partial);
    free(stage->folder);
    free(stage);
    *stage_pointer = NULL;
}
