/* airshed -- GPL-3.0-or-later. A chain under several readings: which variants, and their stages. */
#include "readings_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "parallel/agree.h"

enum {
    ROWS_MAX = 4096
};

struct readings_work {
    const struct job *job;
    struct chain_request request;
    const struct chain *chain;
    struct readings readings;
    int target; /* stage of `attribute` */
    char *folder;
    struct readings_table table;
};

/* ---- which stage -------------------------------------------------------------------------- */

static enum status find_target(struct readings_work *work)
{
    enum status status = STATUS_OK;
    const char *of = work->readings.of;
    int found = 0;
    work->target = -1;
    for (int i = 0; i < chain_count(work->chain); i++) {
        const struct chain_stage *stage = chain_stage(work->chain, i);
        bool is_meant = strcmp(stage->command->name, "attribute") == 0 &&
                        (of == NULL || strcmp(stage->name, of) == 0);
        work->target = is_meant ? i : work->target;
        found += is_meant;
    }
    FAIL_IF(found == 0 && of != NULL, STATUS_USAGE,
            "%s: 'of: %s' is no stage of `attribute` in the chain", work->table.readings_path, of);
    FAIL_IF(found == 0, STATUS_USAGE, "--readings: the chain has no stage of `attribute`, whose share would be compared");
    FAIL_IF(found > 1, STATUS_USAGE,
            "%s: the chain has %d stages of `attribute`: name one with 'of: NAME'",
            work->table.readings_path, found);
done:
    return status;
}

/* The folder of all variants: "readings" beside the share that they are about, unless named. */
static enum status name_folder(struct readings_work *work)
{
    enum status status;
    char *beside = NULL, *joined = NULL;
    const char *named = option_text(work->job->options, "readings-output");
    TRY(path_folder(chain_stage(work->chain, work->target)->output, &beside));
    TRY(path_join(beside, "readings", &joined));
    TRY(path_absolute(named != NULL ? named : joined, &work->folder));
    TRY(path_join(work->folder, "readings.csv", &work->table.path));
    work->request.folder = work->folder;
done:
    free(beside);
    free(joined);
    return status;
}

/* ---- rows --------------------------------------------------------------------------------- */

static enum status add_row(struct readings_work *work, const int *choice)
{
    enum status status = STATUS_OK;
    struct readings_table *table = &work->table;
    FAIL_IF(table->count == ROWS_MAX, STATUS_USAGE,
            "--full-grid: more than %d combinations; choose readings with --vary", ROWS_MAX);
    memcpy(table->rows[table->count++].choice, choice, sizeof table->rows->choice);
done:
    return status;
}

static enum status list_one_by_one(struct readings_work *work, int *choice)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < work->readings.count; i++) {
        for (int value = 0; value < work->readings.item[i].count; value++) {
            choice[i] = value;
            TRY(add_row(work, choice));
        }
        choice[i] = -1;
    }
done:
    return status;
}

/* All combinations, the last reading fastest. */
static enum status list_grid(struct readings_work *work, int *choice)
{
    enum status status = STATUS_OK;
    int at = 0;
    for (int i = 0; i < work->readings.count; i++) {
        choice[i] = 0;
    }
    while (at >= 0) {
        TRY(add_row(work, choice));
        at = work->readings.count - 1;
        while (at >= 0 && ++choice[at] == work->readings.item[at].count) {
            choice[at--] = 0;
        }
    }
done:
    return status;
}

static void join(struct text *text, const char *separator, const char *word)
{
    text_add(text, text->length > 0 ? separator : "");
    text_add(text, word);
}

/* Names what the row chooses, and turns values that the chain has anyway into -1. */
static enum status describe_row(const struct readings *readings, struct readings_row *row)
{
    enum status status;
    struct text reading = {0}, value = {0}, name = {0};
    row->is_chain = row->is_default = true;
    row->is_paper = false;
    bool is_off_paper = false;
    for (int i = 0; i < readings->count; i++) {
        const struct reading *item = &readings->item[i];
        if (row->choice[i] < 0) {
            continue;
        }
        const struct reading_value *chosen = &item->values[row->choice[i]];
        join(&reading, " + ", item->name);
        join(&value, " + ", chosen->name);
        row->is_default = row->is_default && row->choice[i] == 0;
        row->is_paper = row->is_paper || chosen->is_paper;
        for (int k = 0; k < item->count; k++) {
            is_off_paper = is_off_paper || (item->values[k].is_paper && !chosen->is_paper);
        }
        if (row->choice[i] == item->chain_value) {
            row->choice[i] = -1;
        } else {
            join(&name, "+", chosen->folder);
            row->is_chain = false;
        }
    }
    row->is_paper = row->is_paper && !is_off_paper;
    if (name.length == 0) {
        text_add(&name, "chain");
    }
    TRY(text_take(&name, &row->name));
    TRY(text_take(&reading, &row->reading));
    TRY(text_take(&value, &row->value));
done:
    text_clear(&reading);
    text_clear(&value);
    text_clear(&name);
    return status;
}

static enum status list_rows(struct readings_work *work)
{
    enum status status;
    int choice[READINGS_MAX];
    bool is_grid = option_flag(work->job->options, "full-grid");
    for (int i = 0; i < READINGS_MAX; i++) {
        choice[i] = -1;
    }
    TRY(memory_allocate(ROWS_MAX, sizeof *work->table.rows, &work->table.rows));
    TRY(add_row(work, choice));
    TRY(is_grid ? list_grid(work, choice) : list_one_by_one(work, choice));
    for (int64_t i = 0; i < work->table.count; i++) {
        TRY(describe_row(&work->readings, &work->table.rows[i]));
    }
    work->table.rows[0].is_default = false; /* it chooses nothing */
done:
    return status;
}

/* ---- products ----------------------------------------------------------------------------- */

/* The truth of the region that the chain makes, if it does. */
static enum status find_truth(const struct readings_work *work, const struct chain *chain,
                              char **truth)
{
    enum status status = STATUS_OK;
    const char *named = option_text(work->job->options, "truth");
    if (named != NULL) {
        return memory_copy_text(named, truth);
    }
    for (int i = 0; i < chain_count(chain); i++) {
        const struct chain_stage *stage = chain_stage(chain, i);
        if (strcmp(stage->command->name, "synth") == 0 && stage->output != NULL &&
            chain_leads_to(chain, i, work->target)) {
            return path_join(stage->output, "truth.nc", truth);
        }
    }
    return status;
}

static enum status note_products(const struct readings_work *work, const struct chain *chain,
                                 struct readings_row *row)
{
    enum status status;
    char *stem = NULL;
    const char *output = chain_stage(chain, work->target)->output;
    TRY(memory_copy_text(output, &row->cube));
    TRY(path_stem(output, &stem));
    FAIL_IF(asprintf(&row->summary, "%s_summary.csv", stem) < 0, STATUS_MEMORY, "out of memory");
    TRY(find_truth(work, chain, &row->truth));
done:
    free(stem);
    return status;
}

/* ---- running ------------------------------------------------------------------------------ */

static enum status read_variant(const struct readings_work *work, struct readings_row *row,
                                struct chain **varied)
{
    enum status status;
    struct chain_change changes[READINGS_MAX];
    struct chain_request request = work->request;
    readings_changes(&work->readings, row->choice, changes, &request.change_count);
    request.changes = changes;
    TRY(chain_read(&request, varied));
    TRY(note_products(work, *varied, row));
done:
    return status;
}

/* Data that a reading cannot be made of, or a plug-in that is not there, leave the others alone. */
static bool is_bearable(enum status status)
{
    return status == STATUS_DATA || status == STATUS_FAILED;
}

static enum status run_stages(const struct readings_work *work, const struct chain *varied)
{
    enum status status = STATUS_OK;
    for (int turn = 0; turn < chain_count(varied); turn++) {
        int stage = chain_turn(varied, turn);
        if (chain_stage(varied, stage)->touched != 0 &&
            chain_leads_to(varied, stage, work->target)) {
            TRY(chain_run(work->job, varied, turn));
        }
    }
done:
    return status;
}

static enum status run_row(struct readings_work *work, struct readings_row *row, int64_t number)
{
    enum status status;
    struct chain *varied = NULL;
    bool is_speaker = work->job->rank == 0;
    TRY_TOGETHER(work->job->comm, read_variant(work, row, &varied));
    if (is_speaker) {
        log_info("reading %lld of %lld: %s = %s, in %s", (long long)number,
                 (long long)work->table.count - 1, row->reading, row->value, work->folder);
    }
    status = run_stages(work, varied);
    if (status != STATUS_OK) {
        failure_prefix("reading '%s', value '%s'", row->reading, row->value);
    }
    if (is_bearable(status)) {
        TRY(memory_copy_text(failure_message(), &row->note));
        failure_clear();
        if (is_speaker) {
            log_warning("left without numbers: %s", row->note);
        }
    }
done:
    chain_destroy(&varied);
    return status;
}

static enum status run_rows(struct readings_work *work)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < work->table.count; i++) {
        struct readings_row *row = &work->table.rows[i];
        if (row->is_chain) {
            TRY_TOGETHER(work->job->comm, note_products(work, work->chain, row));
        } else {
            TRY(run_row(work, row, i));
        }
    }
done:
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status prepare(struct readings_work *work)
{
    enum status status;
    const struct options *options = work->job->options;
    bool is_speaker = work->job->rank == 0;
    work->table.job = work->job;
    work->table.readings_path = option_text(options, "readings");
    TRY(readings_read(work->table.readings_path, &work->readings));
    TRY(readings_choose(&work->readings, options, "vary"));
    TRY(find_target(work));
    TRY(name_folder(work));
    TRY(readings_compare(&work->readings, &work->request, work->chain, work->target, is_speaker));
    TRY(list_rows(work));
done:
    return status;
}

void readings_end(struct readings_work **work)
{
    if (*work == NULL) {
        return;
    }
    struct readings_table *table = &(*work)->table;
    for (int64_t i = 0; i < table->count; i++) {
        struct readings_row *row = &table->rows[i];
        char *const texts[] = {row->name,    row->reading, row->value, row->cube,
                               row->summary, row->truth,   row->note};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            free(texts[k]);
        }
    }
    free(table->rows);
    free(table->path);
    free((*work)->folder);
    readings_clear(&(*work)->readings);
    free(*work);
    *work = NULL;
}

enum status readings_begin(const struct job *job, const struct chain_request *request,
                           const struct chain *chain, struct readings_work **work)
{
    enum status status;
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof **work, work));
    **work = (struct readings_work){.job = job, .request = *request, .chain = chain};
    TRY_TOGETHER(job->comm, prepare(*work));
done:
    return status;
}

enum status readings_run(struct readings_work *work)
{
    enum status status;
    TRY(run_rows(work));
    if (!work->job->dry_run) {
        TRY(readings_table_write(&work->table));
    }
done:
    return status;
}
