/* airshed -- GPL-3.0-or-later. The table of what each reading gives, beside the truth where it is known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "flow/run.h"
#include "io/dataset.h"
#include "io/table.h"
#include "io/table_writer.h"
#include "parallel/agree.h"
#include "readings_run.h"

/* Both readings of a share (P2.46). */
enum {
    RATIO_OF_MEANS,
    MEAN_OF_RATIOS,
    KINDS
};

static const char *const kind_names[KINDS] = {"share_ratio_of_means", "share_mean_of_ratios"};

/* Numbers of a row, and of each share. */
enum {
    CELLS,
    POLLUTION,
    IHS,
    BACKGROUND,
    SHARES,
    SHARE = 0, /* within one kind */
    ERROR,
    LOW,
    HIGH,
    TRUE_HERE, /* in the same cells */
    SHARE_NUMBERS,
    NUMBERS = SHARES + KINDS * SHARE_NUMBERS
};

static const char *const summary_columns[SHARES] = {"cells", "pollution", "ihs", "background"};
static const char *const share_endings[SHARE_NUMBERS] = {"", "_se", "_low", "_high", NULL};

struct table_work {
    const struct readings_table *table;
    struct stage *stage;
    double numbers[NUMBERS]; /* of the item at hand */
};

/* ---- what `attribute` made ---------------------------------------------------------------- */

static enum status read_number(const struct table *table, int64_t row, const char *name,
                               double *value)
{
    enum status status;
    int64_t col;
    TRY(table_column(table, name, &col));
    TRY(table_number(table, row, col, value));
done:
    return status;
}

/* The row of the whole time. */
static enum status find_all(const struct table *table, const char *path, int64_t *row)
{
    enum status status;
    int64_t by;
    TRY(table_column(table, "by", &by));
    for (*row = 0; *row < table->rows; ++*row) {
        if (strcmp(table_text(table, *row, by), "all") == 0) {
            return STATUS_OK;
        }
    }
    FAIL(STATUS_DATA, "%s: has no row for all steps together", path);
done:
    return status;
}

static enum status read_summary(const char *path, double *numbers)
{
    enum status status;
    struct table *table = NULL;
    char name[64];
    int64_t row;
    TRY(table_read(&(struct table_source){.path = path}, &table));
    TRY(find_all(table, path, &row));
    for (int i = 0; i < SHARES; i++) {
        TRY(read_number(table, row, summary_columns[i], &numbers[i]));
    }
    for (int kind = 0; kind < KINDS; kind++) {
        for (int i = 0; i < TRUE_HERE; i++) {
            snprintf(name, sizeof name, "%s%s", kind_names[kind], share_endings[i]);
            TRY(read_number(table, row, name, &numbers[SHARES + kind * SHARE_NUMBERS + i]));
        }
    }
done:
    table_destroy(&table);
    return status;
}

/* ---- truth -------------------------------------------------------------------------------- */

/* Maps of the truth and of the row, [cells]. */
enum {
    TRUE_PLUME,
    TRUE_MEAN,
    ROW_POLLUTION,
    ROW_DAYS,
    ROW_SHARE_DAYS,
    MAPS,
    ROW_FIRST = ROW_POLLUTION
};

static const char *const map_names[MAPS] = {"plume_mean", "share_mean_of_ratios",
                                            "pollution_mean", "days", "share_days"};

static enum status read_map(struct dataset *dataset, const char *path, const char *name,
                            int64_t cells, float **map)
{
    enum status status = STATUS_OK;
    int variable = dataset_find_layer(dataset, name, "all");
    FAIL_IF(variable < 0, STATUS_DATA, "%s: has no map '%s'", path, name);
    const struct georeference *grid = dataset_variable(dataset, variable)->grid;
    struct window window = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    FAIL_IF(grid->rows * grid->cols != cells, STATUS_DATA, "%s: '%s' has another grid", path, name);
    TRY(memory_allocate((size_t)cells, sizeof **map, map));
    TRY(dataset_read(dataset, variable, &window, *map));
done:
    return status;
}

static enum status check_grids(const struct readings_row *row, struct dataset *truth,
                               struct dataset *cube, int64_t *cells)
{
    enum status status = STATUS_OK;
    char why[256];
    int first = dataset_find_layer(truth, map_names[0], "all");
    int other = dataset_find_layer(cube, map_names[ROW_FIRST], "all");
    FAIL_IF(first < 0 || other < 0, STATUS_DATA, "%s: is no truth of a synthetic region: it has no map '%s'",
            row->truth, map_names[0]);
    const struct georeference *grid = dataset_variable(truth, first)->grid;
    FAIL_IF(!georeference_is_equal(grid, dataset_variable(cube, other)->grid, why, sizeof why),
            STATUS_DATA, "--truth %s: is not on the grid of %s: %s", row->truth, row->cube, why);
    *cells = grid->rows * grid->cols;
done:
    return status;
}

/* The sources' part over pollution, as `attribute` sums it up: cells count by their days. */
static void true_here(float *const *maps, int64_t cells, double *here)
{
    double plume = 0, pollution = 0, ratios = 0, days = 0;
    for (int64_t i = 0; i < cells; i++) {
        double own = (double)maps[ROW_DAYS][i], share_days = (double)maps[ROW_SHARE_DAYS][i];
        if (own > 0) {
            plume += own * (double)maps[TRUE_PLUME][i];
            pollution += own * (double)maps[ROW_POLLUTION][i];
        }
        if (share_days > 0) {
            ratios += share_days * (double)maps[TRUE_MEAN][i];
            days += share_days;
        }
    }
    here[RATIO_OF_MEANS] = pollution > 0 ? plume / pollution : NAN;
    here[MEAN_OF_RATIOS] = days > 0 ? ratios / days : NAN;
}

static enum status read_truth(const struct readings_row *row, double *numbers)
{
    enum status status;
    struct dataset *truth = NULL, *cube = NULL;
    float *maps[MAPS] = {NULL};
    double here[KINDS];
    int64_t cells = 0;
    TRY(dataset_open(row->truth, &(struct dataset_options){0}, &truth));
    TRY(dataset_open(row->cube, &(struct dataset_options){0}, &cube));
    TRY(check_grids(row, truth, cube, &cells));
    for (int i = 0; i < MAPS; i++) {
        bool is_true = i < ROW_FIRST;
        TRY(read_map(is_true ? truth : cube, is_true ? row->truth : row->cube, map_names[i], cells,
                     &maps[i]));
    }
    true_here(maps, cells, here);
    for (int kind = 0; kind < KINDS; kind++) {
        numbers[SHARES + kind * SHARE_NUMBERS + TRUE_HERE] = here[kind];
    }
done:
    for (int i = 0; i < MAPS; i++) {
        free(maps[i]);
    }
    dataset_close(&truth);
    dataset_close(&cube);
    return status;
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status table_compute(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct table_work *work = context;
    const struct readings_row *row = &work->table->rows[item->index];
    for (int i = 0; i < NUMBERS; i++) {
        work->numbers[i] = NAN;
    }
    if (row->note == NULL) {
        TRY(read_summary(row->summary, work->numbers));
        TRY(row->truth != NULL ? read_truth(row, work->numbers) : STATUS_OK);
    }
done:
    return status;
}

static enum status table_write(void *context, struct flow_item *item)
{
    const struct table_work *work = context;
    return flow_payload(item, work->numbers, sizeof work->numbers);
}

/* ---- the files ---------------------------------------------------------------------------- */

#define SHARE_COLUMNS(name, text)                                                                  \
    {name, "1", text, TABLE_NUMBER}, {name "_se", "1", "its standard error", TABLE_NUMBER},        \
        {name "_low", "1", "lower end of its 95 % interval", TABLE_NUMBER},                        \
        {name "_high", "1", "upper end of its 95 % interval", TABLE_NUMBER},                       \
        {name "_difference", "1", "less that of the chain as it stands", TABLE_NUMBER},            \
        {name "_true", "1", "true share in the same cells", TABLE_NUMBER},                         \
    {                                                                                              \
        name "_error", "1", "share less the true one", TABLE_NUMBER                                \
    }

static void write_share(const double *own, const double *chain, struct table_writer *writer)
{
    for (int i = 0; i < TRUE_HERE; i++) {
        table_writer_number(writer, own[i]);
    }
    table_writer_number(writer, own[SHARE] - chain[SHARE]);
    table_writer_number(writer, own[TRUE_HERE]);
    table_writer_number(writer, own[SHARE] - own[TRUE_HERE]);
}

static void write_row(const struct readings_row *row, const double *numbers, const double *chain,
                      struct table_writer *writer)
{
    table_writer_text(writer, row->name);
    table_writer_text(writer, row->reading);
    table_writer_text(writer, row->value);
    table_writer_integer(writer, row->is_chain);
    table_writer_integer(writer, row->is_default);
    table_writer_integer(writer, row->is_paper);
    for (int i = 0; i < SHARES; i++) {
        table_writer_number(writer, numbers[i]);
    }
    table_writer_number(writer, numbers[IHS] - chain[IHS]);
    for (int kind = 0; kind < KINDS; kind++) {
        write_share(numbers + SHARES + kind * SHARE_NUMBERS, chain + SHARES + kind * SHARE_NUMBERS,
                    writer);
    }
    table_writer_text(writer, row->note);
}

static void tell_row(const struct readings_row *row, const double *numbers)
{
    const double *share = numbers + SHARES, *mean = share + SHARE_NUMBERS;
    char truth[64] = "";
    if (row->note != NULL) {
        log_info("%-14s %-16s no numbers: see the note in the table", row->reading, row->value);
        return;
    }
    if (!isnan(share[TRUE_HERE])) {
        snprintf(truth, sizeof truth, "; true %.4f, %.4f", share[TRUE_HERE], mean[TRUE_HERE]);
    }
    log_info("%-14s %-16s share %.4f by means, %.4f by ratios%s%s",
             row->reading[0] != '\0' ? row->reading : "(the chain)", row->value, share[SHARE],
             mean[SHARE], truth, row->is_paper ? " (paper)" : "");
}

static enum status write_files(const struct table_work *work, const char *json)
{
    enum status status;
    struct journal_content content = {0};
    struct table_writer *writer = NULL;
    const struct readings_table *table = work->table;
    char units[TABLE_CELL_BYTES];
    table_units(table->rows[0].summary, "ihs", units);
    const struct table_column columns[] = {
        {"variant", NULL, "folder of the products; chain: those of the chain itself", TABLE_TEXT},
        {"reading", NULL, "what is varied", TABLE_TEXT},
        {"value", NULL, "what is chosen", TABLE_TEXT},
        {"is_chain", "1", "1: the chain has it so", TABLE_INTEGER},
        {"is_default", "1", "1: the first value of the file", TABLE_INTEGER},
        {"is_paper", "1", "1: reproduces the paper", TABLE_INTEGER},
        {"cells", "1", "cells of the areas with values", TABLE_NUMBER},
        {"pollution", units, "mean over cells and days", TABLE_NUMBER},
        {"ihs", units, "mean part of the sources", TABLE_NUMBER},
        {"background", units, "mean without it", TABLE_NUMBER},
        {"ihs_difference", units, "part of the sources less that of the chain as it stands",
         TABLE_NUMBER},
        SHARE_COLUMNS("share_ratio_of_means", "mean part of the sources over the mean pollution"),
        SHARE_COLUMNS("share_mean_of_ratios", "mean of the daily shares of cells"),
        {"note", NULL, "why there are no numbers", TABLE_TEXT},
    };
    TRY(stage_records(work->stage, &content));
    TRY(table_writer_create(stage_partial(work->stage, table->path),
                            "Share of the sources under several readings", columns,
                            sizeof columns / sizeof *columns, &writer));
    const double *chain = content.records[0].payload;
    for (int64_t i = 0; i < table->count; i++) {
        write_row(&table->rows[i], content.records[i].payload, chain, writer);
        tell_row(&table->rows[i], content.records[i].payload);
    }
    TRY(table_writer_close(&writer, stage_partial(work->stage, json)));
done:
    table_writer_destroy(&writer);
    journal_content_clear(&content);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status add_identity(struct text *text, const char *path, int content_hash)
{
    enum status status;
    char *identity = NULL;
    TRY(hash_file_identity(path, content_hash, &identity));
    text_add_format(text, "%s\n", identity);
done:
    free(identity);
    return status;
}

/* All that the table is made of, as one input. */
static enum status attach_inputs(const struct readings_table *table, struct stage *stage)
{
    enum status status;
    struct text text = {0};
    char hex[HASH_HEX_BYTES];
    int content_hash = table->job->content_hash;
    TRY(add_identity(&text, table->readings_path, content_hash));
    for (int64_t i = 0; i < table->count; i++) {
        const struct readings_row *row = &table->rows[i];
        text_add_format(&text, "%s %s\n", row->name, row->note != NULL ? row->note : "");
        if (row->note == NULL) {
            TRY(add_identity(&text, row->summary, content_hash));
            TRY(row->truth != NULL ? add_identity(&text, row->truth, content_hash) : STATUS_OK);
        }
    }
    FAIL_IF(text.failed, STATUS_MEMORY, "out of memory");
    hash_sha256_hex(text.data, text.length, hex);
    TRY(stage_add_input(stage, "readings", hex));
done:
    text_clear(&text);
    return status;
}

static enum status declare(struct table_work *work, const struct job *job, char **json)
{
    enum status status;
    TRY(stage_create(job, work->table->path, &work->stage));
    TRY(attach_inputs(work->table, work->stage));
    TRY(stage_add_table(work->stage, work->table->path, json));
done:
    return status;
}

enum status readings_table_write(const struct readings_table *table)
{
    enum status status;
    struct table_work work = {.table = table};
    struct flow_work flow = {.context = &work, .compute = table_compute, .write = table_write};
    struct items items = items_counted(table->count);
    struct items_cost cost = {.fixed_bytes = 1 << 20};
    struct job job = *table->job;
    char *json = NULL;
    job.update = true;
    TRY_TOGETHER(job.comm, declare(&work, &job, &json));
    TRY(stage_begin(work.stage, &items, &cost));
    if (stage_is_done(work.stage)) {
        goto done;
    }
    TRY(flow_run(work.stage, &flow));
    TRY_TOGETHER(job.comm, job.rank == 0 ? write_files(&work, json) : STATUS_OK);
    TRY(stage_commit(work.stage));
done:
    stage_destroy(&work.stage);
    free(json);
    return status;
}
