/* airshed -- GPL-3.0-or-later. Results as CSV, and a JSON twin that describes the columns (C.27).
 */
#include "io/table_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"

struct table_writer {
    char *path;
    char *title;
    FILE *file;
    const struct table_column *columns;
    int64_t cols;
    int64_t col; /* of the next cell */
    int64_t rows;
};

static bool is_standard_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

static void put(struct table_writer *writer, const char *text)
{
    fputs(text, writer->file);
    writer->col++;
    if (writer->col == writer->cols) {
        fputs("\r\n", writer->file);
        writer->col = 0;
        writer->rows++;
    } else {
        fputc(',', writer->file);
    }
}

static void put_quoted(struct table_writer *writer, const char *text)
{
    fputc('"', writer->file);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"') {
            fputc('"', writer->file);
        }
        fputc(*at, writer->file);
    }
    put(writer, "\"");
}

void table_writer_text(struct table_writer *writer, const char *text)
{
    const char *cell = text != NULL ? text : "";
    size_t bytes = strlen(cell);
    /* An empty line would be no row at all, and readers trim blanks that are not quoted. */
    bool is_blank_row = bytes == 0 && writer->cols == 1;
    bool has_outer_blank = bytes > 0 && (cell[0] == ' ' || cell[bytes - 1] == ' ');
    if (is_blank_row || has_outer_blank || strpbrk(cell, ",;\t\"\r\n") != NULL) {
        put_quoted(writer, cell);
    } else {
        put(writer, cell);
    }
}

void table_writer_integer(struct table_writer *writer, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    put(writer, text);
}

void table_writer_number(struct table_writer *writer, double value)
{
    char text[TEXT_NUMBER_BYTES];
    if (isnan(value)) {
        table_writer_text(writer, NULL);
    } else if (writer->columns[writer->col].kind == TABLE_SINGLE) {
        put(writer, text_float((float)value, text));
    } else {
        put(writer, text_real(value, text));
    }
}

enum status table_writer_create(const char *path, const char *title,
                                const struct table_column *columns, int64_t cols,
                                struct table_writer **writer)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **writer, writer));
    TRY(memory_copy_text(path, &(*writer)->path));
    TRY(memory_copy_text(title != NULL ? title : "", &(*writer)->title));
    (*writer)->columns = columns;
    (*writer)->cols = cols;
    (*writer)->file = is_standard_output(path) ? stdout : fopen(path, "wb");
    FAIL_IF((*writer)->file == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path,
            strerror(errno));
    for (int64_t col = 0; col < cols; col++) {
        table_writer_text(*writer, columns[col].name);
    }
    (*writer)->rows = 0;
done:
    if (status != STATUS_OK) {
        table_writer_destroy(writer);
    }
    return status;
}

void table_writer_destroy(struct table_writer **writer)
{
    if (*writer == NULL) {
        return;
    }
    if ((*writer)->file != NULL && (*writer)->file != stdout) {
        fclose((*writer)->file);
    }
    free((*writer)->path);
    free((*writer)->title);
    free(*writer);
    *writer = NULL;
}

/* Flushes and closes; false where any write failed since the start. */
static bool close_file(FILE *file)
{
    bool good = ferror(file) == 0;
    good = fflush(file) == 0 && good;
    if (file != stdout) {
        good = fclose(file) == 0 && good;
    }
    return good;
}

static json_t *column_description(const struct table_column *column)
{
    static const char *const types[] = {"text", "integer", "number", "number"};
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(column->name));
    json_object_set_new(object, "type", json_string(types[column->kind]));
    if (column->units != NULL) {
        json_object_set_new(object, "units", json_string(column->units));
    }
    if (column->long_name != NULL) {
        json_object_set_new(object, "long_name", json_string(column->long_name));
    }
    return object;
}

static char *description(const struct table_writer *writer)
{
    json_t *object = json_object();
    json_t *columns = json_array();
    if (writer->title[0] != '\0') {
        json_object_set_new(object, "title", json_string(writer->title));
    }
    json_object_set_new(object, "format", json_string("CSV (RFC 4180), UTF-8, header row"));
    json_object_set_new(object, "missing", json_string(""));
    json_object_set_new(object, "rows", json_integer(writer->rows));
    for (int64_t col = 0; col < writer->cols; col++) {
        json_array_append_new(columns, column_description(&writer->columns[col]));
    }
    json_object_set_new(object, "columns", columns);
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    return text;
}

static enum status write_description(const struct table_writer *writer, const char *path)
{
    enum status status = STATUS_OK;
    char *text = description(writer);
    FILE *file = NULL;
    FAIL_IF(text == NULL, STATUS_FAILED, "%s: a title, name or unit is not UTF-8", path);
    file = fopen(path, "wb");
    FAIL_IF(file == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
    fprintf(file, "%s\n", text);
    FAIL_IF(!close_file(file), STATUS_OUTPUT, "%s: writing failed: %s", path, strerror(errno));
done:
    free(text);
    return status;
}

enum status table_writer_close(struct table_writer **writer, const char *json_path)
{
    enum status status = STATUS_OK;
    struct table_writer *open = *writer;
    FILE *file = open->file;
    open->file = NULL;
    errno = 0;
    FAIL_IF(!close_file(file), STATUS_OUTPUT, "%s: writing failed: %s", open->path,
            errno != 0 ? strerror(errno) : "is the disk full?");
    FAIL_IF(open->col != 0, STATUS_FAILED, "%s: the last row ends after %lld of %lld cells",
            open->path, (long long)open->col, (long long)open->cols);
    if (json_path != NULL) {
        TRY(write_description(open, json_path));
    }
done:
    table_writer_destroy(writer);
    return status;
}
