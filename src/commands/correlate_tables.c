/* airshed -- GPL-3.0-or-later. correlate: columns of two tables, paired row by row (P2.51). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/reason.h"
#include "base/text.h"
#include "correlate.h"
#include "flow/run.h"
#include "flow/standard_output.h"
#include "io/table.h"
#include "io/table_writer.h"
#include "kernels/correlation.h"
#include "parallel/agree.h"

enum {
    KEYS_MOST = 8
};

/* One table and the columns that pair its rows. */
struct side {
    const char *label, *path;
    struct table *table;
    char *identity;
    int64_t on[KEYS_MOST], group[KEYS_MOST];
    int64_t rows, *row; /* that count, see --where */
};

struct pairing {
    const struct job *job;
    struct side first, second;
    int64_t on_count, group_count, value;
    int64_t *columns, column_count; /* of the second table */
    struct stage *stage;
    struct standard_output *stand_in;
    const char *output;
    char *json;
    /* Rows of the first table in the order of their keys, and the row of the second that goes with
     * each; -1: none. */
    int64_t *order, *partner;
    double *x, *y, *scratch;
};

/* ---- reading ------------------------------------------------------------------------------ */

static enum status find_keys(const struct options *options, const char *option, struct side *side,
                             int64_t *columns)
{
    enum status status = STATUS_OK;
    size_t count = option_count(options, option);
    FAIL_IF(count > KEYS_MOST, STATUS_USAGE, "--%s: more than %d columns", option, KEYS_MOST);
    for (size_t i = 0; i < count; i++) {
        status = table_column(side->table, option_item(options, option, i), &columns[i]);
        if (status != STATUS_OK) {
            failure_prefix("--%s", option);
            goto done;
        }
    }
done:
    return status;
}

/* True where a row of the first table has the values of --where. */
static enum status row_passes(const struct pairing *pairing, int64_t row, bool *passes)
{
    enum status status = STATUS_OK;
    const struct options *options = pairing->job->options;
    char name[TABLE_CELL_BYTES], cell[TABLE_CELL_BYTES];
    *passes = true;
    for (size_t i = 0; i < option_count(options, "where"); i++) {
        const char *item = option_item(options, "where", i), *equals = strchr(item, '=');
        int64_t column;
        FAIL_IF(equals == NULL || equals == item || equals - item >= TABLE_CELL_BYTES, STATUS_USAGE,
                "--where: '%s' is not COLUMN=VALUE", item);
        snprintf(name, sizeof name, "%.*s", (int)(equals - item), item);
        status = table_column(pairing->first.table, name, &column);
        if (status != STATUS_OK) {
            failure_prefix("--where");
            goto done;
        }
        table_trimmed(pairing->first.table, row, column, cell);
        *passes = *passes && strcmp(cell, equals + 1) == 0;
    }
done:
    return status;
}

static enum status choose_rows(const struct pairing *pairing, struct side *side, bool is_filtered)
{
    enum status status;
    TRY(memory_allocate((size_t)side->table->rows, sizeof *side->row, &side->row));
    for (int64_t row = 0; row < side->table->rows; row++) {
        bool passes = true;
        if (is_filtered) {
            TRY(row_passes(pairing, row, &passes));
        }
        if (passes) {
            side->row[side->rows++] = row;
        }
    }
    FAIL_IF(side->rows == 0, STATUS_DATA, "%s: no row passes --where", side->path);
done:
    return status;
}

static enum status read_side(const struct pairing *pairing, struct side *side, bool is_first)
{
    enum status status;
    const struct options *options = pairing->job->options;
    struct table_source source = {.path = side->path, .missing = option_text(options, "missing")};
    TRY(table_read(&source, &side->table));
    FAIL_IF(side->table->rows == 0, STATUS_DATA, "%s: holds no rows", side->path);
    TRY(hash_file_identity(side->path, pairing->job->content_hash, &side->identity));
    TRY(find_keys(options, "on", side, side->on));
    TRY(find_keys(options, "group", side, side->group));
    TRY(choose_rows(pairing, side, is_first));
done:
    return status;
}

/* ---- pairing ------------------------------------------------------------------------------ */

struct key {
    const struct pairing *pairing;
    const struct side *side;
    int64_t row;
};

static int compare_cells(const struct key *a, const struct key *b, const int64_t *a_column,
                         const int64_t *b_column, int64_t count)
{
    char left[TABLE_CELL_BYTES], right[TABLE_CELL_BYTES];
    int order = 0;
    for (int64_t i = 0; order == 0 && i < count; i++) {
        table_trimmed(a->side->table, a->row, a_column[i], left);
        table_trimmed(b->side->table, b->row, b_column[i], right);
        order = strcmp(left, right);
    }
    return order;
}

static int compare_groups(const struct key *a, const struct key *b)
{
    return compare_cells(a, b, a->side->group, b->side->group, a->pairing->group_count);
}

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    int order = compare_groups(a, b);
    return order != 0 ? order : compare_cells(a, b, a->side->on, b->side->on, a->pairing->on_count);
}

/* Rows of a side in the order of their keys; a key that comes twice is refused. */
static enum status sort_side(const struct pairing *pairing, const struct side *side,
                             struct key **keys)
{
    enum status status;
    char place[512];
    TRY(memory_allocate((size_t)side->rows, sizeof **keys, keys));
    for (int64_t i = 0; i < side->rows; i++) {
        (*keys)[i] = (struct key){pairing, side, side->row[i]};
    }
    qsort(*keys, (size_t)side->rows, sizeof **keys, compare_keys);
    for (int64_t i = 1; i < side->rows; i++) {
        int64_t row = (*keys)[i].row > (*keys)[i - 1].row ? (*keys)[i].row : (*keys)[i - 1].row;
        FAIL_IF(compare_keys(&(*keys)[i - 1], &(*keys)[i]) == 0, STATUS_DATA,
                "%s: --on and --group name this row a second time%s",
                table_cell_place(side->table, row, side->on[0], place, sizeof place),
                side == &pairing->first ? ": name more columns, or choose rows with --where" : "");
    }
done:
    return status;
}

static enum status pair_rows(struct pairing *pairing)
{
    enum status status;
    struct key *first = NULL, *second = NULL;
    int64_t count = pairing->first.rows, alone = 0;
    TRY(sort_side(pairing, &pairing->first, &first));
    TRY(sort_side(pairing, &pairing->second, &second));
    TRY(memory_allocate((size_t)count, sizeof *pairing->order, &pairing->order));
    TRY(memory_allocate((size_t)count, sizeof *pairing->partner, &pairing->partner));
    TRY(memory_allocate((size_t)count, sizeof *pairing->x, &pairing->x));
    TRY(memory_allocate((size_t)count, sizeof *pairing->y, &pairing->y));
    TRY(memory_allocate(5 * (size_t)count, sizeof *pairing->scratch, &pairing->scratch));
    for (int64_t i = 0; i < count; i++) {
        const struct key *found =
            bsearch(&first[i], second, (size_t)pairing->second.rows, sizeof *second, compare_keys);
        pairing->order[i] = first[i].row;
        pairing->partner[i] = found != NULL ? found->row : -1;
        alone += found == NULL;
    }
    FAIL_IF(alone == count, STATUS_DATA, "no row of %s has a partner in %s by --on%s",
            pairing->first.path, pairing->second.path,
            pairing->group_count > 0 ? " and --group" : "");
    if (alone > 0) {
        log_warning("%lld of %lld rows of %s have no partner in %s", (long long)alone,
                    (long long)count, pairing->first.path, pairing->second.path);
    }
done:
    free(first);
    free(second);
    return status;
}

/* ---- columns ------------------------------------------------------------------------------ */

static bool is_key(const struct pairing *pairing, int64_t column)
{
    for (int64_t i = 0; i < pairing->on_count; i++) {
        if (pairing->second.on[i] == column) {
            return true;
        }
    }
    for (int64_t i = 0; i < pairing->group_count; i++) {
        if (pairing->second.group[i] == column) {
            return true;
        }
    }
    return false;
}

/* True where all cells are numbers or missing, and some are numbers. */
static bool is_numeric(const struct table *table, int64_t column)
{
    bool has_number = false;
    for (int64_t row = 0; row < table->rows; row++) {
        bool is_number = table_is_number(table, row, column);
        if (!is_number && !table_is_missing(table, row, column)) {
            return false;
        }
        has_number = has_number || is_number;
    }
    return has_number;
}

static enum status choose_columns(struct pairing *pairing)
{
    enum status status;
    const struct options *options = pairing->job->options;
    const struct table *table = pairing->second.table;
    status = table_column(pairing->first.table, option_text(options, "value"), &pairing->value);
    if (status != STATUS_OK) {
        failure_prefix("--value");
        goto done;
    }
    size_t wanted = option_count(options, "columns");
    size_t room = wanted > 0 ? wanted : (size_t)table->cols;
    TRY(memory_allocate(room, sizeof *pairing->columns, &pairing->columns));
    for (size_t i = 0; i < wanted; i++) {
        status = table_column(table, option_item(options, "columns", i),
                              &pairing->columns[pairing->column_count++]);
        if (status != STATUS_OK) {
            failure_prefix("--columns");
            goto done;
        }
    }
    for (int64_t column = 0; wanted == 0 && column < table->cols; column++) {
        if (!is_key(pairing, column) && is_numeric(table, column)) {
            pairing->columns[pairing->column_count++] = column;
        }
    }
    FAIL_IF(pairing->column_count == 0, STATUS_DATA,
            "%s: has no column of numbers beside those of --on and --group", pairing->second.path);
done:
    return status;
}

/* Text among numbers is told before anything is begun. */
static enum status check_numbers(const struct pairing *pairing)
{
    enum status status = STATUS_OK;
    double number;
    for (int64_t i = 0; i < pairing->first.rows; i++) {
        TRY(table_number(pairing->first.table, pairing->order[i], pairing->value, &number));
        for (int64_t k = 0; pairing->partner[i] >= 0 && k < pairing->column_count; k++) {
            TRY(table_number(pairing->second.table, pairing->partner[i], pairing->columns[k],
                             &number));
        }
    }
done:
    return status;
}

/* ---- results ------------------------------------------------------------------------------ */

static const struct table_column columns[] = {
    {"group", NULL, "value of --group; empty: all rows", TABLE_TEXT},
    {"value", NULL, "column of the first table", TABLE_TEXT},
    {"column", NULL, "column of the second table", TABLE_TEXT},
    {"method", NULL, "pearson or spearman", TABLE_TEXT},
    {"n", "1", "pairs with both values", TABLE_INTEGER},
    {"dropped", "1", "rows with a missing value on a side", TABLE_INTEGER},
    {"unmatched", "1", "rows without a partner", TABLE_INTEGER},
    {"r", "1", "correlation", TABLE_NUMBER},
    {"p", "1", "two-sided", TABLE_NUMBER},
    {"low", "1", "lower end of the 95 % interval (Fisher)", TABLE_NUMBER},
    {"high", "1", "upper end of the 95 % interval (Fisher)", TABLE_NUMBER},
    {"reason", NULL, "ok, all_missing, too_short or flat_series", TABLE_TEXT},
};

static void name_group(const struct pairing *pairing, int64_t row, struct text *name)
{
    char cell[TABLE_CELL_BYTES];
    for (int64_t i = 0; i < pairing->group_count; i++) {
        table_trimmed(pairing->first.table, row, pairing->first.group[i], cell);
        text_add_format(name, "%s%s", i > 0 ? " " : "", cell);
    }
}

static void write_result(const struct pairing *pairing, const char *group, int64_t column,
                         const char *method, const struct correlation *result, int64_t unmatched,
                         struct table_writer *writer)
{
    enum reason reason = result->used == 0  ? REASON_ALL_MISSING
                         : result->used < 3 ? REASON_TOO_SHORT
                         : isnan(result->r) ? REASON_FLAT_SERIES
                                            : REASON_OK;
    table_writer_text(writer, group);
    table_writer_text(writer, pairing->first.table->names[pairing->value]);
    table_writer_text(writer, pairing->second.table->names[column]);
    table_writer_text(writer, method);
    table_writer_integer(writer, result->used);
    table_writer_integer(writer, result->dropped);
    table_writer_integer(writer, unmatched);
    table_writer_number(writer, result->r);
    table_writer_number(writer, result->p);
    table_writer_number(writer, result->low);
    table_writer_number(writer, result->high);
    table_writer_text(writer, reason_text(reason));
}

/* Pairs [first, end) of the sorted rows with one column of the second table. */
static enum status correlate_column(const struct pairing *pairing, int64_t first, int64_t end,
                                    int64_t column, const char *group, struct table_writer *writer)
{
    enum status status = STATUS_OK;
    int64_t count = 0;
    for (int64_t i = first; i < end; i++) {
        if (pairing->partner[i] >= 0) {
            TRY(table_number(pairing->first.table, pairing->order[i], pairing->value,
                             &pairing->x[count]));
            TRY(table_number(pairing->second.table, pairing->partner[i], column,
                             &pairing->y[count]));
            count++;
        }
    }
    struct correlation pearson = correlation_pearson(pairing->x, pairing->y, count, 1);
    struct correlation spearman =
        correlation_spearman(pairing->x, pairing->y, count, 1, pairing->scratch);
    int64_t unmatched = end - first - count;
    write_result(pairing, group, column, "pearson", &pearson, unmatched, writer);
    write_result(pairing, group, column, "spearman", &spearman, unmatched, writer);
done:
    return status;
}

static enum status write_table(struct pairing *pairing)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct text group = {0};
    TRY(table_writer_create(stage_partial(pairing->stage, pairing->output), "Correlations", columns,
                            sizeof columns / sizeof *columns, &writer));
    for (int64_t first = 0, end; first < pairing->first.rows; first = end) {
        struct key here = {pairing, &pairing->first, pairing->order[first]};
        for (end = first + 1; end < pairing->first.rows; end++) {
            struct key next = {pairing, &pairing->first, pairing->order[end]};
            if (compare_groups(&here, &next) != 0) {
                break;
            }
        }
        text_clear(&group);
        name_group(pairing, here.row, &group);
        for (int64_t i = 0; i < pairing->column_count; i++) {
            TRY(correlate_column(pairing, first, end, pairing->columns[i], group.data, writer));
        }
    }
    TRY(table_writer_close(&writer, stage_partial(pairing->stage, pairing->json)));
done:
    table_writer_destroy(&writer);
    text_clear(&group);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status declare(struct pairing *pairing)
{
    enum status status;
    TRY(stage_create(pairing->job, pairing->output, &pairing->stage));
    TRY(stage_add_input(pairing->stage, "input", pairing->first.identity));
    TRY(stage_add_input(pairing->stage, "with", pairing->second.identity));
    TRY(stage_add_table(pairing->stage, pairing->output, &pairing->json));
done:
    return status;
}

static enum status prepare(struct pairing *pairing)
{
    enum status status;
    const struct options *options = pairing->job->options;
    pairing->on_count = (int64_t)option_count(options, "on");
    pairing->group_count = (int64_t)option_count(options, "group");
    pairing->first.label = "input";
    pairing->first.path = option_text(options, "input");
    pairing->second.label = "with";
    pairing->second.path = option_text(options, "with");
    TRY(read_side(pairing, &pairing->first, true));
    TRY(read_side(pairing, &pairing->second, false));
    TRY(choose_columns(pairing));
    TRY(pair_rows(pairing));
    TRY(check_numbers(pairing));
    TRY(declare(pairing));
done:
    return status;
}

/* Few rows: all of the work is the table, which rank 0 writes. */
static enum status write_nothing(void *context, struct flow_item *item)
{
    (void)context;
    (void)item;
    return STATUS_OK;
}

static enum status pairing_stage(struct pairing *pairing)
{
    enum status status;
    const struct job *job = pairing->job;
    struct items items = items_counted(1);
    struct items_cost cost = {.fixed_bytes = 1 << 20};
    struct flow_work work = {.context = pairing, .write = write_nothing};
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY(stage_begin(pairing->stage, &items, &cost));
    if (stage_is_done(pairing->stage)) {
        goto done;
    }
    TRY(flow_run(pairing->stage, &work));
    TRY_TOGETHER(job->comm, is_writer ? write_table(pairing) : STATUS_OK);
    TRY(stage_commit(pairing->stage));
done:
    return status;
}

static void side_clear(struct side *side)
{
    table_destroy(&side->table);
    free(side->identity);
    free(side->row);
}

enum status correlate_tables(struct job *job)
{
    enum status status;
    struct pairing pairing = {.job = job};
    TRY(standard_output_begin(job, option_text(job->options, "output"), &pairing.stand_in,
                              &pairing.output));
    TRY_TOGETHER(job->comm, prepare(&pairing));
    TRY(pairing_stage(&pairing));
    if (!job->dry_run) {
        TRY(standard_output_deliver(pairing.stand_in));
    }
done:
    stage_destroy(&pairing.stage);
    standard_output_end(&pairing.stand_in);
    side_clear(&pairing.first);
    side_clear(&pairing.second);
    free(pairing.columns);
    free(pairing.json);
    free(pairing.order);
    free(pairing.partner);
    free(pairing.x);
    free(pairing.y);
    free(pairing.scratch);
    return status;
}
