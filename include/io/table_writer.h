/* airshed -- GPL-3.0-or-later. Results as CSV, and a JSON twin that describes the columns (C.27).
 */
#ifndef AIRSHED_IO_TABLE_WRITER_H
#define AIRSHED_IO_TABLE_WRITER_H

#include <stdint.h>

#include "base/status.h"

/** What the cells of a column are. */
enum table_kind {
    TABLE_TEXT,
    TABLE_INTEGER,
    TABLE_NUMBER, /**< double: shortest digits that give the same double again */
    TABLE_SINGLE, /**< a value rounded to float: shortest digits that give the same float again */
};

/** One column, as the JSON twin describes it. */
struct table_column {
    const char *name;
    const char *units;     /**< UDUNITS spelling (C.03); NULL for texts and names */
    const char *long_name; /**< NULL: none */
    enum table_kind kind;
};

struct table_writer;

/** Starts a CSV file at @p path ("-": standard output) with a header row; replaces what is there.
 *  RFC 4180: UTF-8, records end in CR LF, texts are quoted where they must be, missing values are
 *  empty. One rank writes, rows in their order. @p title may be NULL; @p columns [cols] and its
 *  texts must outlive the writer.
 *  @return STATUS_OUTPUT where the file cannot be made */
enum status table_writer_create(const char *path, const char *title,
                                const struct table_column *columns, int64_t cols,
                                struct table_writer **writer);

/** Next cell of the current row; the row ends by itself after the last column. NULL text and NaN
 *  give an empty cell. A write that fails is told by the close. */
void table_writer_text(struct table_writer *writer, const char *text);
void table_writer_integer(struct table_writer *writer, int64_t value);
void table_writer_number(struct table_writer *writer, double value);

/** Flushes and closes the CSV, and writes its JSON twin to @p json_path (NULL: none). Sets *@p
 *  writer to NULL, whatever happens.
 *  @return STATUS_OUTPUT naming the file where any write failed (a full disk shows here) */
enum status table_writer_close(struct table_writer **writer, const char *json_path);

/** Releases an unfinished writer and leaves its file as it is; NULL is allowed. */
void table_writer_destroy(struct table_writer **writer);

#endif
