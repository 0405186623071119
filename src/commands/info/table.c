/* airshed -- GPL-3.0-or-later. What a table holds: columns, kinds, gaps, dates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report.h"
#include "io/table.h"
#include "parallel/agree.h"

enum column_kind {
    COLUMN_EMPTY,
    COLUMN_DATE,
    COLUMN_NUMBER,
    COLUMN_TEXT
};

/* What the cells of a column are. */
struct column {
    enum column_kind kind;
    int64_t missing, numbers, days, texts; /* rows by what they hold */
    int64_t first_text;                    /* row of the first cell that is no number */
    int64_t negative, distinct;
    double min, max, mean;
    bool is_whole; /* numbers without a fraction, below 1e12 */
    int64_t first_day, last_day;
};

static const char *const kind_names[] = {"empty", "date", "number", "text"};

/* ---- columns -------------------------------------------------------------------------------- */

/* True where the cell is a date; eight digits alone may as well be a number. */
static bool is_day(const struct table *table, int64_t row, int64_t col, int64_t *day)
{
    if (table_day(table, row, col, day) == STATUS_OK) {
        return true;
    }
    failure_clear();
    return false;
}

static void take_cell(const struct table *table, int64_t row, int64_t col, struct column *column)
{
    double value = NAN;
    int64_t day;
    if (table_is_missing(table, row, col)) {
        column->missing++;
    } else if (is_day(table, row, col, &day)) {
        column->first_day = column->days == 0 || day < column->first_day ? day : column->first_day;
        column->last_day = column->days == 0 || day > column->last_day ? day : column->last_day;
        column->days++;
    } else if (table_is_number(table, row, col) &&
               table_number(table, row, col, &value) == STATUS_OK) {
        column->min = fmin(column->min, value);
        column->max = fmax(column->max, value);
        column->mean += value;
        column->negative += value < 0;
        column->is_whole = column->is_whole && value == floor(value) && fabs(value) < 1e12;
        column->numbers++;
    } else {
        column->first_text = column->texts == 0 ? row : column->first_text;
        column->texts++;
    }
}

static int compare_texts(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

static enum status count_distinct(const struct table *table, int64_t col, struct column *column)
{
    enum status status;
    const char **cells = NULL;
    TRY(memory_allocate((size_t)table->rows, sizeof *cells, &cells));
    for (int64_t row = 0; row < table->rows; row++) {
        cells[row] = table_text(table, row, col);
    }
    qsort(cells, (size_t)table->rows, sizeof *cells, compare_texts);
    column->distinct = table->rows > 0;
    for (int64_t row = 1; row < table->rows; row++) {
        column->distinct += strcmp(cells[row], cells[row - 1]) != 0;
    }
done:
    free(cells);
    return status;
}

static enum status examine(const struct table *table, int64_t col, struct column *column)
{
    enum status status = STATUS_OK;
    *column = (struct column){.min = INFINITY, .max = -INFINITY, .is_whole = true};
    for (int64_t row = 0; row < table->rows; row++) {
        take_cell(table, row, col, column);
    }
    column->mean = column->numbers > 0 ? column->mean / (double)column->numbers : NAN;
    int64_t filled = table->rows - column->missing;
    column->kind = filled == 0                    ? COLUMN_EMPTY
                   : column->days == filled       ? COLUMN_DATE
                   : 2 * column->numbers > filled ? COLUMN_NUMBER
                                                  : COLUMN_TEXT;
    if (column->kind == COLUMN_TEXT) {
        TRY(count_distinct(table, col, column));
    }
done:
    return status;
}

static void check_column(const struct table *table, int64_t col, const struct column *column,
                         struct info_report *report)
{
    const char *name = table->names[col];
    if (column->kind == COLUMN_EMPTY && table->rows > 0) {
        info_suspect(report, "column '%s' is empty", name);
    }
    if (column->kind == COLUMN_NUMBER && column->texts > 0) {
        info_suspect(report,
                     "column '%s': %lld of %lld cells are no numbers, first '%.60s' on %s %lld",
                     name, (long long)column->texts, (long long)table->rows,
                     table_text(table, column->first_text, col), table->place,
                     (long long)table->number[column->first_text]);
    }
    if (column->kind == COLUMN_NUMBER && column->numbers > 2 && column->min == column->max) {
        info_suspect(report, "column '%s': all numbers are %.6g", name, column->min);
    }
}

static json_t *describe_column(const struct table *table, int64_t col, const struct column *column,
                               struct info_report *report)
{
    char facts[256] = "";
    char first[CALENDAR_TEXT_BYTES], last[CALENDAR_TEXT_BYTES];
    double missing = table->rows > 0 ? 100.0 * (double)column->missing / (double)table->rows : 0;
    json_t *out = json_pack("{sssssI}", "name", table->names[col], "kind", kind_names[column->kind],
                            "missing", (json_int_t)column->missing);
    if (column->kind == COLUMN_NUMBER) {
        snprintf(facts, sizeof facts,
                 column->is_whole ? ", %.0f to %.0f, mean %.6g" : ", %.6g to %.6g, mean %.6g",
                 column->min, column->max, column->mean);
        json_object_set_new(out, "min", info_number(column->min));
        json_object_set_new(out, "max", info_number(column->max));
        json_object_set_new(out, "mean", info_number(column->mean));
    } else if (column->kind == COLUMN_DATE) {
        struct calendar_date from = calendar_date_of_day(CALENDAR_STANDARD, column->first_day);
        struct calendar_date to = calendar_date_of_day(CALENDAR_STANDARD, column->last_day);
        snprintf(facts, sizeof facts, ", %s to %s", calendar_format_date(&from, first),
                 calendar_format_date(&to, last));
        json_object_set_new(out, "first", json_string(first));
        json_object_set_new(out, "last", json_string(last));
    } else if (column->kind == COLUMN_TEXT) {
        snprintf(facts, sizeof facts, ", %lld different", (long long)column->distinct);
        json_object_set_new(out, "distinct", json_integer(column->distinct));
    }
    text_add_format(&report->text, "  %-24s %s%s", table->names[col], kind_names[column->kind],
                    facts);
    if (column->missing > 0 && column->kind != COLUMN_EMPTY) {
        text_add_format(&report->text, ", %.3g %% missing", missing);
    }
    text_add(&report->text, "\n");
    check_column(table, col, column, report);
    return out;
}

/* ---- dates ---------------------------------------------------------------------------------- */

struct entry {
    int64_t day, row;
    const char *key; /* of the station; "" in a table of one row a day */
};

static int compare_entries(const void *first, const void *second)
{
    const struct entry *a = first;
    const struct entry *b = second;
    int order = strcmp(a->key, b->key);
    return order != 0 ? order : (a->day > b->day) - (a->day < b->day);
}

/* What days the rows of each key hold. */
struct days {
    int64_t repeated, missing, keys;
    int64_t first_repeated_row, first_missing;
};

static enum status examine_days(const struct table *table, int64_t date, int64_t key,
                                struct days *days)
{
    enum status status;
    struct entry *entries = NULL;
    int64_t count = 0;
    *days = (struct days){0};
    TRY(memory_allocate((size_t)table->rows, sizeof *entries, &entries));
    for (int64_t row = 0; row < table->rows; row++) {
        struct entry *entry = &entries[count];
        entry->row = row;
        entry->key = key >= 0 ? table_text(table, row, key) : "";
        count += is_day(table, row, date, &entry->day);
    }
    qsort(entries, (size_t)count, sizeof *entries, compare_entries);
    for (int64_t i = 0; i < count; i++) {
        bool is_new = i == 0 || strcmp(entries[i].key, entries[i - 1].key) != 0;
        int64_t step = is_new ? 1 : entries[i].day - entries[i - 1].day;
        days->keys += is_new;
        if (step == 0 && days->repeated++ == 0) {
            days->first_repeated_row = entries[i].row;
        }
        if (step > 1) {
            days->first_missing = days->missing == 0 ? entries[i - 1].day + 1 : days->first_missing;
            days->missing += step - 1;
        }
    }
done:
    free(entries);
    return status;
}

/* The text column that makes (date, key) differ from row to row, or -1 for the date alone. */
static enum status find_key(const struct table *table, const struct column *columns, int64_t date,
                            int64_t *key, struct days *days)
{
    enum status status;
    struct days other;
    *key = -1;
    TRY(examine_days(table, date, -1, days));
    for (int64_t col = 0; col < table->cols && days->repeated > 0; col++) {
        if (columns[col].kind == COLUMN_TEXT) {
            TRY(examine_days(table, date, col, &other));
            if (other.repeated < days->repeated) {
                *days = other;
                *key = col;
            }
        }
    }
done:
    return status;
}

static bool is_daily(const struct table *table, const struct days *days)
{
    return days->missing < table->rows;
}

static void check_days(const struct table *table, int64_t date, int64_t key,
                       const struct days *days, struct info_report *report)
{
    char day[CALENDAR_TEXT_BYTES];
    const char *name = table->names[date];
    const char *each = key >= 0 ? " by '" : "";
    const char *key_name = key >= 0 ? table->names[key] : "";
    const char *end = key >= 0 ? "'" : "";
    if (days->repeated > 0) {
        info_suspect(report, "column '%s': %lld dates are repeated%s%s%s, first on %s %lld", name,
                     (long long)days->repeated, each, key_name, end, table->place,
                     (long long)table->number[days->first_repeated_row]);
    }
    if (days->missing > 0 && is_daily(table, days)) {
        struct calendar_date first = calendar_date_of_day(CALENDAR_STANDARD, days->first_missing);
        info_suspect(report,
                     "column '%s': %lld days are missing between the first and the last%s%s%s, "
                     "first %s",
                     name, (long long)days->missing, each, key_name, end,
                     calendar_format_date(&first, day));
    }
}

static void check_sorted(const struct table *table, int64_t date, int64_t key,
                         struct info_report *report)
{
    int64_t before = INT64_MIN, day;
    const char *last = "";
    for (int64_t row = 0; row < table->rows; row++) {
        const char *here = key >= 0 ? table_text(table, row, key) : "";
        if (!is_day(table, row, date, &day)) {
            continue;
        }
        if (day < before && strcmp(last, here) == 0) {
            info_suspect(report, "column '%s': dates are out of order, first on %s %lld",
                         table->names[date], table->place, (long long)table->number[row]);
            return;
        }
        before = day;
        last = here;
    }
}

static enum status describe_dates(const struct table *table, const struct column *columns,
                                  struct info_report *report)
{
    enum status status = STATUS_OK;
    struct days days;
    int64_t key;
    int64_t date = 0;
    while (date < table->cols && columns[date].kind != COLUMN_DATE) {
        date++;
    }
    if (date == table->cols) {
        return STATUS_OK;
    }
    TRY(find_key(table, columns, date, &key, &days));
    if (key >= 0) {
        info_line(report, "rows", "one for each '%s' and '%s' (%lld)", table->names[date],
                  table->names[key], (long long)days.keys);
    } else if (days.repeated == 0) {
        info_line(report, "rows", "one for each '%s'", table->names[date]);
    }
    check_days(table, date, key, &days, report);
    check_sorted(table, date, key, report);
done:
    return status;
}

/* ---- places --------------------------------------------------------------------------------- */

static int64_t find_one(const struct table *table, const char *const *names)
{
    int64_t found = -1;
    for (int i = 0; names[i] != NULL && found < 0; i++) {
        found = table_find(table, names[i]);
    }
    return found;
}

static void check_places(const struct table *table, const struct column *columns,
                         struct info_report *report)
{
    static const char *const lon_names[] = {"lon", "longitude", "lng", NULL};
    static const char *const lat_names[] = {"lat", "latitude", NULL};
    int64_t lon = find_one(table, lon_names);
    int64_t lat = find_one(table, lat_names);
    if (lon < 0 || lat < 0) {
        return;
    }
    const struct column *x = &columns[lon];
    const struct column *y = &columns[lat];
    info_line(report, "places", "'%s' and '%s': %.6g to %.6g E, %.6g to %.6g N", table->names[lon],
              table->names[lat], x->min, x->max, y->min, y->max);
    if (y->min < -90 || y->max > 90 || x->min < -360 || x->max > 360) {
        info_suspect(report, "'%s' and '%s' are no degrees: are they projected, or swapped?",
                     table->names[lon], table->names[lat]);
    }
}

enum status info_table(const struct job *job, const char *path, struct info_report *report)
{
    enum status status;
    struct table *table = NULL;
    struct column *columns = NULL;
    const struct table_source source = {.path = path};
    json_t *list = json_array();
    json_object_set_new(report->facts, "kind", json_string("table"));
    json_object_set_new(report->facts, "columns", list);
    status = table_read(&source, &table);
    if (status == STATUS_OK) {
        status = memory_allocate((size_t)table->cols, sizeof *columns, &columns);
    }
    for (int64_t col = 0; status == STATUS_OK && col < table->cols; col++) {
        status = examine(table, col, &columns[col]);
    }
    TRY(status_agree(job->comm, status));
    info_line(report, "format", "table, %lld rows x %lld columns", (long long)table->rows,
              (long long)table->cols);
    json_object_set_new(report->facts, "rows", json_integer(table->rows));
    if (table->rows == 0) {
        info_suspect(report, "the table has a header and no rows");
    }
    TRY(describe_dates(table, columns, report));
    check_places(table, columns, report);
    info_heading(report, "columns");
    for (int64_t col = 0; col < table->cols; col++) {
        json_array_append_new(list, describe_column(table, col, &columns[col], report));
    }
done:
    table_destroy(&table);
    free(columns);
    return status;
}
