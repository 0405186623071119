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
#include "flow/fault.h"
#include "io/dataset.h"
#include "parallel/agree.h"
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
    MPI_Bcast(totals, (int)sizeof *totals, MPI_BYTE, 0, stage->job->comm);
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
    MPI_Gather(&own, (int)sizeof own, MPI_BYTE, *ranks, (int)sizeof own, MPI_BYTE, 0,
               stage->job->comm);
done:
    return status;
}

static enum status sidecar_write(struct stage *stage, const struct totals *totals,
                                 const struct provenance_rank *ranks, const char *path)
{
    struct provenance_input inputs[STAGE_INPUTS_MAX];
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
        .outputs = (const char *const *)stage->files,
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
    return provenance_write(path, &facts);
}

/* ---- renaming ----------------------------------------------------------------------------- */

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

/* Names in the commit are relative to the folder of the output, so that a folder may move. */
static enum status rename_relative(const struct stage *stage, const char *name)
{
    enum status status;
    char *folder = NULL;
    char *final = NULL;
    char *partial = NULL;
    TRY(path_folder(stage->output, &folder));
    TRY(path_join(folder, name, &final));
    FAIL_IF(asprintf(&partial, "%s.partial", final) < 0, STATUS_MEMORY, "out of memory");
    TRY(rename_one(partial, final));
done:
    free(folder);
    free(final);
    free(partial);
    return status;
}

enum status stage_rename_all(struct stage *stage, const char *commit)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    size_t index;
    json_t *name;
    json_t *names = json_loads(commit, 0, NULL);
    FAIL_IF(names == NULL || !json_is_array(names), STATUS_DATA,
            "%s: its commit is not understood; start afresh with --overwrite",
            stage->journal_path);
    fault_strike(FAULT_COMMIT, 1);
    json_array_foreach(names, index, name)
    {
        TRY(rename_relative(stage, json_string_value(name)));
        fault_strike(FAULT_COMMIT, 2 + (int64_t)index);
    }
    TRY(path_folder(stage->output, &folder));
    TRY(path_sync(folder));
    fault_strike(FAULT_COMMIT, 2 + (int64_t)json_array_size(names));
    FAIL_IF(unlink(stage->journal_path) != 0, STATUS_OUTPUT, "%s: cannot be removed: %s",
            stage->journal_path, strerror(errno));
done:
    json_decref(names);
    free(folder);
    return status;
}

static const char *name_below(const char *folder, const char *path)
{
    size_t length = strlen(folder);
    if (strcmp(folder, ".") == 0 && strncmp(path, "./", 2) != 0) {
        return path;
    }
    return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static enum status commit_text(const struct stage *stage, char **text)
{
    enum status status;
    char *folder = NULL;
    json_t *names = json_array();
    TRY(path_folder(stage->output, &folder));
    for (int i = 0; i < stage->file_count; i++) {
        json_array_append_new(names, json_string(name_below(folder, stage->files[i])));
    }
    json_array_append_new(names, json_string(name_below(folder, stage->provenance_path)));
    *text = json_dumps(names, JSON_COMPACT);
    FAIL_IF(*text == NULL, STATUS_MEMORY, "out of memory");
done:
    json_decref(names);
    free(folder);
    return status;
}

static enum status commit_first(struct stage *stage, const struct totals *totals,
                                const struct provenance_rank *ranks)
{
    enum status status = STATUS_OK;
    char *sidecar = NULL;
    char *text = NULL;
    for (int i = 0; i < stage->file_count; i++) {
        TRY(path_sync(stage->partials[i]));
    }
    FAIL_IF(asprintf(&sidecar, "%s.partial", stage->provenance_path) < 0, STATUS_MEMORY,
            "out of memory");
    TRY(sidecar_write(stage, totals, ranks, sidecar));
    TRY(commit_text(stage, &text));
    fault_strike(FAULT_COMMIT, 0);
    TRY(journal_append_commit(stage->journal, text));
    /* From here on the old product, if any, is no longer complete. */
    unlink(stage->provenance_path);
    TRY(stage_rename_all(stage, text));
done:
    free(sidecar);
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
    TRY_TOGETHER(stage->job->comm,
                 stage->job->rank == 0 ? stage_write_forms(stage) : STATUS_OK);
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
