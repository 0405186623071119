/* airshed -- GPL-3.0-or-later. Tables of text cells (CSV, XLSX, ODS), checked cell by cell.
 *
 * Cells stay the text that the file holds until a caller asks for a number or a date: a stray
 * "n/a" is then a sentence that names file, line, column and text, never a column that silently
 * changed its type. All calls are local to their rank.
 */
#ifndef AIRSHED_IO_TABLE_H
#define AIRSHED_IO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** A table in memory. Read its members; fill it with the functions below. */
struct table {
    char *path;         /**< for sentences */
    const char *place;  /**< what a row's number counts: "line", "row" or "feature" */
    int64_t rows, cols; /**< rows without the header */
    char **names;       /**< [cols], unique; outer blanks are taken off */
    int64_t *number;    /**< [rows], line of a CSV, row of a sheet (header: 1), feature number */
    size_t *cell;       /**< [rows, cols], offsets into text: use table_text() */
    char *text;
    char *missing; /**< texts that mean missing, see table_source */
    size_t text_bytes, text_room;
    int64_t row_room;
};

/** Where a table lies. Members after path may be NULL. */
struct table_source {
    const char *path;
    const char *sheet;   /**< of a workbook; NULL: the first */
    const char *missing; /**< texts that mean "missing" beside the empty cell and NaN: "NA,-999" */
};

/** Reads a whole table. Files ending in .xlsx, .xlsm, .xls or .ods are read through OGR, where the
 *  first row is the header and rows without any text are left out; everything else is CSV after
 *  RFC 4180: UTF-8 with or without a byte-order mark, LF, CRLF or CR, quoted cells with doubled
 *  quotes and line breaks, empty lines left out. The separator is a comma, semicolon or tab,
 *  whichever the header holds most. A header cell without text is named column_N.
 *
 *  (OGR's own CSV driver loses cells of rows that are too long, does not see an unclosed quote,
 *  takes the quotes out of header names, knows no line numbers and cannot open a single column.)
 *
 *  @return STATUS_DATA for a file that cannot be read, has no header, is not UTF-8, repeats a
 *          column name, has a row of another length or a quote that never closes
 */
enum status table_read(const struct table_source *source, struct table **table);

/** Makes a table without rows; @p path is for sentences. */
enum status table_create(const char *path, const char *place, int64_t cols,
                         const char *const names[], struct table **table);

/** Appends a row of @p cells [cols]; NULL means empty. */
enum status table_append(struct table *table, int64_t number, const char *const cells[]);

/** Releases *@p table and sets it to NULL; NULL is allowed. */
void table_destroy(struct table **table);

/** Column called @p name, or else the only one that differs just in case; -1 where there is none.
 */
int64_t table_find(const struct table *table, const char *name);

/** table_find(), @return STATUS_DATA listing the columns there are. */
enum status table_column(const struct table *table, const char *name, int64_t *col);

/** Text of a cell as the file holds it, "" where empty. Lives as long as the table, until a row is
 *  appended. */
const char *table_text(const struct table *table, int64_t row, int64_t col);

enum {
    TABLE_CELL_BYTES = 512 /**< room for a cell that is a name, a number or a date */
};

/** Copies a cell without its outer blanks into @p text. @return false, with "", where the cell is
 *  too long for it */
bool table_trimmed(const struct table *table, int64_t row, int64_t col,
                   char text[TABLE_CELL_BYTES]);

/** True where a cell is blank, NaN in any case, or one of the texts that mean missing. */
bool table_is_missing(const struct table *table, int64_t row, int64_t col);

/** True where a cell is a finite number. */
bool table_is_number(const struct table *table, int64_t row, int64_t col);

/** Number of a cell, NaN where missing. Point as decimal mark, blanks around allowed.
 *  @return STATUS_DATA naming file, line, column and text, also for infinite numbers */
enum status table_number(const struct table *table, int64_t row, int64_t col, double *value);

/** Numbers of a column, @p values [rows]. */
enum status table_numbers(const struct table *table, int64_t col, double *values);

/** Date of a cell as calendar_day_number() of the standard calendar. YYYY-MM-DD, YYYY/MM/DD or
 *  YYYYMMDD; a time of day may follow only where it is midnight.
 *  @return STATUS_DATA also where the cell is empty or the date does not exist */
enum status table_day(const struct table *table, int64_t row, int64_t col, int64_t *day);

/** Units of a column as the JSON twin beside the CSV file @p path tells (C.27): "" where there is no
 *  twin, or it says nothing. */
void table_units(const char *path, const char *column, char units[TABLE_CELL_BYTES]);

/** A cell as "PATH, line 7, column 'pm25'" for sentences. */
const char *table_cell_place(const struct table *table, int64_t row, int64_t col, char *place,
                             size_t place_bytes);

#endif
