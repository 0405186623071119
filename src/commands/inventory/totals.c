/* airshed -- GPL-3.0-or-later. inventory: its tables of results, read back. */
#include "totals.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *name;
    size_t offset;
} text_columns[] = {{"species", offsetof(struct inventory_total, species)},
                    {"subject", offsetof(struct inventory_total, subject)},
                    {"name", offsetof(struct inventory_total, name)},
                    {"extent", offsetof(struct inventory_total, extent)},
                    {"place", offsetof(struct inventory_total, place)},
                    {"year", offsetof(struct inventory_total, year)},
                    {"of", offsetof(struct inventory_total, of)}},
  number_columns[] = {{"point", offsetof(struct inventory_total, point)},
                      {"mean", offsetof(struct inventory_total, mean)},
                      {"median", offsetof(struct inventory_total, median)},
                      {"low", offsetof(struct inventory_total, low)},
                      {"high", offsetof(struct inventory_total, high)}};

enum {
    TEXT_COLUMNS = sizeof text_columns / sizeof text_columns[0],
    NUMBER_COLUMNS = sizeof number_columns / sizeof number_columns[0]
};

static const char *text_of(const struct inventory_total *total, int column)
{
    const char *text;
    memcpy(&text, (const char *)total + text_columns[column].offset, sizeof text);
    return text != NULL ? text : "";
}

static int compare(const struct inventory_total *a, const struct inventory_total *b)
{
    for (int i = 0; i < TEXT_COLUMNS; i++) {
        int order = strcmp(text_of(a, i), text_of(b, i));
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

static int compare_rows(const void *a, const void *b, void *rows)
{
    const struct inventory_total *row = rows;
    return compare(&row[*(const int64_t *)a], &row[*(const int64_t *)b]);
}

static enum status read_column(struct inventory_totals *totals, int column)
{
    enum status status = STATUS_OK;
    int64_t col = table_find(totals->table, text_columns[column].name);
    if (col < 0 && strcmp(text_columns[column].name, "of") != 0) {
        TRY(table_column(totals->table, text_columns[column].name, &col));
    }
    for (int64_t row = 0; row < totals->count; row++) {
        const char *text = col >= 0 ? table_text(totals->table, row, col) : "";
        memcpy((char *)&totals->row[row] + text_columns[column].offset, &text, sizeof text);
    }
done:
    return status;
}

static enum status read_numbers(struct inventory_totals *totals, int column)
{
    enum status status;
    int64_t col;
    TRY(table_column(totals->table, number_columns[column].name, &col));
    for (int64_t row = 0; row < totals->count; row++) {
        double value;
        TRY(table_number(totals->table, row, col, &value));
        memcpy((char *)&totals->row[row] + number_columns[column].offset, &value, sizeof value);
    }
done:
    return status;
}

enum status inventory_totals_read(const char *folder, const char *name,
                                  struct inventory_totals *totals)
{
    enum status status;
    char *path = NULL;
    *totals = (struct inventory_totals){0};
    FAIL_IF(asprintf(&path, "%s/%s.csv", folder, name) < 0, STATUS_MEMORY, "out of memory");
    TRY(table_read(&(struct table_source){.path = path}, &totals->table));
    totals->count = totals->table->rows;
    TRY(memory_allocate((size_t)totals->count, sizeof *totals->row, &totals->row));
    TRY(memory_allocate((size_t)totals->count, sizeof *totals->order, &totals->order));
    for (int i = 0; i < TEXT_COLUMNS; i++) {
        TRY(read_column(totals, i));
    }
    for (int i = 0; i < NUMBER_COLUMNS; i++) {
        TRY(read_numbers(totals, i));
    }
    for (int64_t row = 0; row < totals->count; row++) {
        totals->order[row] = row;
    }
    qsort_r(totals->order, (size_t)totals->count, sizeof *totals->order, compare_rows, totals->row);
done:
    free(path);
    return status;
}

void inventory_totals_clear(struct inventory_totals *totals)
{
    table_destroy(&totals->table);
    free(totals->row);
    free(totals->order);
    *totals = (struct inventory_totals){0};
}

const struct inventory_total *inventory_totals_find(const struct inventory_totals *totals,
                                                    const struct inventory_total *like)
{
    int64_t low = 0, high = totals->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        const struct inventory_total *row = &totals->row[totals->order[middle]];
        int order = compare(like, row);
        if (order == 0) {
            return row;
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return NULL;
}

double inventory_total_centre(const struct inventory_total *total)
{
    return isnan(total->mean) ? total->point : total->mean;
}
