/* airshed -- GPL-3.0-or-later. Any bytes as a CSV table: its cells as texts, numbers and dates.
 *
 * A table that was read has sound names, numbers and dates, and written by the table writer it
 * reads back the same, cell by cell.
 */
#include "fuzzing.h"

#include <ctype.h>
#include <math.h>

#include "base/calendar.h"
#include "io/table.h"
#include "io/table_writer.h"

static void check_names(const struct table *table)
{
    must(table->cols > 0, "a table has columns");
    for (int64_t col = 0; col < table->cols; col++) {
        const char *name = table->names[col];
        size_t length = strlen(name);
        must(length > 0 && !isspace((unsigned char)name[0]) &&
                 !isspace((unsigned char)name[length - 1]),
             "a column has a name without outer blanks");
        must(table_find(table, name) == col, "a column is found by its name");
    }
}

static void check_number(const struct table *table, int64_t row, int64_t col)
{
    double value = 0;
    bool is_number = accepts(table_number(table, row, col, &value));
    must(!is_number || isfinite(value) == !table_is_missing(table, row, col),
         "a number is finite, or missing and NaN");
    must(is_number == (table_is_missing(table, row, col) || table_is_number(table, row, col)),
         "numbers are told from other texts");
}

static void check_day(const struct table *table, int64_t row, int64_t col)
{
    int64_t day = 0;
    if (accepts(table_day(table, row, col, &day))) {
        struct calendar_date date = calendar_date_of_day(CALENDAR_STANDARD, day);
        must(date.year >= 1 && date.year <= 9999 &&
                 calendar_date_exists(CALENDAR_STANDARD, date.year, date.month, date.day),
             "a date exists, in years of four digits");
    }
}

static void check_cells(const struct table *table)
{
    for (int64_t row = 0; row < table->rows; row++) {
        must(table->number[row] > (row > 0 ? table->number[row - 1] : 0), "rows know their lines");
        for (int64_t col = 0; col < table->cols; col++) {
            char text[TABLE_CELL_BYTES];
            must(!table_trimmed(table, row, col, text) ||
                     strstr(table_text(table, row, col), text) != NULL,
                 "a trimmed cell is a part of it");
            check_number(table, row, col);
            check_day(table, row, col);
        }
    }
}

static void write_table(const struct table *table, const char *path)
{
    struct table_writer *writer = NULL;
    struct table_column *columns = calloc((size_t)table->cols, sizeof *columns);
    must(columns != NULL, "memory");
    for (int64_t col = 0; col < table->cols; col++) {
        columns[col] = (struct table_column){.name = table->names[col], .kind = TABLE_TEXT};
    }
    must(table_writer_create(path, NULL, columns, table->cols, &writer) == STATUS_OK, "memory");
    for (int64_t row = 0; row < table->rows; row++) {
        for (int64_t col = 0; col < table->cols; col++) {
            table_writer_text(writer, table_text(table, row, col));
        }
    }
    must(table_writer_close(&writer, NULL) == STATUS_OK, "memory");
    free(columns);
}

static void read_again(const struct table *table)
{
    char path[FUZZING_PATH_BYTES];
    struct table *again = NULL;
    write_table(table, fuzzing_path("-again.csv", path));
    struct table_source source = {.path = path};
    must(table_read(&source, &again) == STATUS_OK, "a written table is read");
    must(again->rows == table->rows && again->cols == table->cols, "no row or column is lost");
    for (int64_t col = 0; col < table->cols; col++) {
        must(strcmp(table->names[col], again->names[col]) == 0, "names read back the same");
        for (int64_t row = 0; row < table->rows; row++) {
            must(strcmp(table_text(table, row, col), table_text(again, row, col)) == 0,
                 "cells read back the same");
        }
    }
    table_destroy(&again);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char path[FUZZING_PATH_BYTES];
    struct table *table = NULL;
    struct table_source source = {.path = fuzzing_file(bytes, count, ".csv", path),
                                  .missing = "NA,-999"};
    if (accepts(table_read(&source, &table))) {
        check_names(table);
        check_cells(table);
        read_again(table);
    }
    table_destroy(&table);
    unlink(path);
    return 0;
}
