/* airshed -- GPL-3.0-or-later. Tables of text cells (CSV, XLSX, ODS), checked cell by cell. */
#include "io/table.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <strings.h>

#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal.h>
#include <jansson.h>
#include <ogr_api.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "io/gdal_session.h"

/* ---- the table in memory --------------------------------------------------------------------- */

/* Moves a block into a larger one; the old one is released only where that succeeds. */
static enum status grow(void *block, size_t used_bytes, size_t new_bytes)
{
    enum status status;
    void **old = block;
    void *larger = NULL;
    TRY(memory_allocate(new_bytes, 1, &larger));
    if (used_bytes > 0) {
        memcpy(larger, *old, used_bytes);
    }
    free(*old);
    *old = larger;
done:
    return status;
}

static const char *skip_blanks(const char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    return text;
}

static bool is_blank(const char *text)
{
    return *skip_blanks(text) == '\0';
}

/* Copies @p text without its outer blanks. */
static enum status copy_trimmed(const char *text, char **copy)
{
    enum status status = memory_copy_text(skip_blanks(text), copy);
    if (status == STATUS_OK) {
        size_t length = strlen(*copy);
        while (length > 0 && isspace((unsigned char)(*copy)[length - 1])) {
            (*copy)[--length] = '\0';
        }
    }
    return status;
}

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* A byte-order mark inside a file is as invisible as a blank: joined files have some. */
static const char *skip_invisible(const char *text)
{
    text = skip_blanks(text);
    while (text_starts_with(text, byte_order_mark)) {
        text = skip_blanks(text + strlen(byte_order_mark));
    }
    return text;
}

static enum status name_column(struct table *table, int64_t col, const char *name)
{
    enum status status;
    char made[32];
    name = skip_invisible(name);
    if (is_blank(name)) {
        snprintf(made, sizeof made, "column_%" PRId64, col + 1);
        name = made;
    }
    TRY(copy_trimmed(name, &table->names[col]));
    for (int64_t other = 0; other < col; other++) {
        FAIL_IF(strcmp(table->names[other], table->names[col]) == 0, STATUS_DATA,
                "%s: two columns are called '%s' (%" PRId64 " and %" PRId64 "): rename one",
                table->path, table->names[col], other + 1, col + 1);
    }
done:
    return status;
}

enum status table_create(const char *path, const char *place, int64_t cols,
                         const char *const names[], struct table **table)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **table, table));
    TRY(memory_copy_text(path, &(*table)->path));
    (*table)->place = place;
    (*table)->cols = cols;
    TRY(memory_allocate((size_t)cols, sizeof(char *), &(*table)->names));
    for (int64_t col = 0; col < cols; col++) {
        TRY(name_column(*table, col, names[col]));
    }
done:
    if (status != STATUS_OK) {
        table_destroy(table);
    }
    return status;
}

void table_destroy(struct table **table)
{
    if (*table == NULL) {
        return;
    }
    for (int64_t col = 0; (*table)->names != NULL && col < (*table)->cols; col++) {
        free((*table)->names[col]);
    }
    free((*table)->names);
    free((*table)->number);
    free((*table)->cell);
    free((*table)->text);
    free((*table)->missing);
    free((*table)->path);
    free(*table);
    *table = NULL;
}

static enum status make_room_for_row(struct table *table)
{
    enum status status = STATUS_OK;
    if (table->rows == table->row_room) {
        size_t rows = (size_t)table->rows;
        size_t room = rows == 0 ? 64 : 2 * rows;
        size_t row_bytes = (size_t)table->cols * sizeof *table->cell;
        TRY(grow(&table->number, rows * sizeof *table->number, room * sizeof *table->number));
        TRY(grow(&table->cell, rows * row_bytes, room * row_bytes));
        table->row_room = (int64_t)room;
    }
done:
    return status;
}

static enum status store_text(struct table *table, const char *text, size_t *offset)
{
    enum status status = STATUS_OK;
    size_t bytes = strlen(text) + 1;
    if (table->text_bytes + bytes > table->text_room) {
        size_t room = 2 * (table->text_bytes + bytes) + 4096;
        TRY(grow(&table->text, table->text_bytes, room));
        table->text_room = room;
    }
    memcpy(table->text + table->text_bytes, text, bytes);
    *offset = table->text_bytes;
    table->text_bytes += bytes;
done:
    return status;
}

enum status table_append(struct table *table, int64_t number, const char *const cells[])
{
    enum status status;
    TRY(make_room_for_row(table));
    size_t *row = table->cell + table->rows * table->cols;
    for (int64_t col = 0; col < table->cols; col++) {
        TRY(store_text(table, cells[col] != NULL ? cells[col] : "", &row[col]));
    }
    table->number[table->rows] = number;
    table->rows++;
done:
    return status;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* A place in a CSV text whose cells are cut out where they lie. */
struct csv_cursor {
    const char *path;
    char *at;
    int64_t line; /* of `at`, from 1 */
    char separator;
    char **cells; /* of the record last read */
    int64_t count, room;
};

static enum status read_whole_file(const char *path, char **text, size_t *bytes)
{
    enum status status = STATUS_OK;
    size_t room = 0, got = 0;
    FILE *file = fopen(path, "rb");
    FAIL_IF(file == NULL, STATUS_DATA, "%s: cannot be read: %s", path, strerror(errno));
    do {
        room = room == 0 ? 65536 : 2 * room;
        TRY(grow(text, *bytes, room));
        got = fread(*text + *bytes, 1, room - 1 - *bytes, file);
        *bytes += got;
    } while (*bytes == room - 1);
    (*text)[*bytes] = '\0';
    FAIL_IF(ferror(file), STATUS_DATA, "%s: reading failed: %s", path, strerror(errno));
done:
    if (file != NULL) {
        fclose(file);
    }
    return status;
}

/* Number of the first character of a line that is none of UTF-8, from 1; 0 where all are sound. */
static int64_t odd_character(const char *line, size_t length)
{
    enum { LONGEST = 4 };
    int64_t character = 1;
    for (size_t at = 0; at < length; character++) {
        size_t bytes = 1;
        while (bytes <= LONGEST && at + bytes <= length && !CPLIsUTF8(line + at, (int)bytes)) {
            bytes++;
        }
        if (bytes > LONGEST || at + bytes > length) {
            return character;
        }
        at += bytes;
    }
    return 0;
}

static enum status check_text(const char *path, const char *text, size_t bytes)
{
    enum status status = STATUS_OK;
    int64_t line = 1;
    FAIL_IF(memchr(text, '\0', bytes) != NULL, STATUS_DATA,
            "%s: holds zero bytes, so it is not a CSV table in UTF-8: export it as such", path);
    for (const char *at = text; *at != '\0'; line++) {
        size_t length = strcspn(at, "\n");
        FAIL_IF(!CPLIsUTF8(at, (int)length), STATUS_DATA,
                "%s, line %" PRId64 ", character %" PRId64
                ": is not UTF-8: save the table in that encoding",
                path, line, odd_character(at, length));
        at += length + (at[length] == '\n');
    }
done:
    return status;
}

static char find_separator(const char *text)
{
    static const char candidates[] = ",;\t";
    int64_t count[3] = {0};
    bool is_quoted = false;
    for (; *text != '\0' && (is_quoted || (*text != '\n' && *text != '\r')); text++) {
        const char *found = strchr(candidates, *text);
        if (*text == '"') {
            is_quoted = !is_quoted;
        } else if (found != NULL && !is_quoted) {
            count[found - candidates]++;
        }
    }
    int best = 0;
    for (int i = 1; i < 3; i++) {
        best = count[i] > count[best] ? i : best;
    }
    return candidates[best];
}

/* Steps over a line end; `at` stands on CR or LF. */
static void skip_line_end(struct csv_cursor *cursor)
{
    bool is_pair = cursor->at[0] == '\r' && cursor->at[1] == '\n';
    cursor->at += is_pair ? 2 : 1;
    cursor->line++;
}

/* Moves `at` behind the closing quote and the content to @p out. @return its end, or NULL where
 * the quote never closes. */
static char *unquote(struct csv_cursor *cursor, char *out)
{
    char previous = '\0';
    for (cursor->at++; *cursor->at != '\0'; cursor->at++) {
        char now = *cursor->at;
        if (now == '"') {
            cursor->at++;
            if (*cursor->at != '"') {
                return out;
            }
        }
        cursor->line += now == '\r' || (now == '\n' && previous != '\r');
        previous = now;
        *out++ = now;
    }
    return NULL;
}

/* Cuts out the next cell. @p has_more tells whether another one follows in the record. */
static enum status read_cell(struct csv_cursor *cursor, char **cell, bool *has_more)
{
    enum status status = STATUS_OK;
    char *end = NULL;
    int64_t first_line = cursor->line;
    *cell = cursor->at;
    if (*cursor->at == '"') {
        end = unquote(cursor, cursor->at);
        FAIL_IF(end == NULL, STATUS_DATA,
                "%s, line %" PRId64 ": a quote is opened and never closed", cursor->path,
                first_line);
    } else {
        while (*cursor->at != '\0' && *cursor->at != cursor->separator && *cursor->at != '\n' &&
               *cursor->at != '\r') {
            cursor->at++;
        }
        end = cursor->at;
    }
    char stop = *cursor->at;
    *has_more = stop == cursor->separator;
    FAIL_IF(stop != '\0' && stop != '\n' && stop != '\r' && !*has_more, STATUS_DATA,
            "%s, line %" PRId64 ": text follows a closing quote; inside a quoted cell a quote is "
            "written twice",
            cursor->path, cursor->line);
    if (*has_more) {
        cursor->at++;
    } else if (stop != '\0') {
        skip_line_end(cursor);
    }
    *end = '\0';
done:
    return status;
}

/* Reads a record into `cells`; no cells at the end of the text. Empty lines are passed over. */
static enum status read_record(struct csv_cursor *cursor, int64_t *line)
{
    enum status status = STATUS_OK;
    bool has_more = true;
    cursor->count = 0;
    while (*cursor->at == '\n' || *cursor->at == '\r') {
        skip_line_end(cursor);
    }
    *line = cursor->line;
    while (has_more && (*cursor->at != '\0' || cursor->count > 0)) {
        if (cursor->count == cursor->room) {
            int64_t room = cursor->room == 0 ? 64 : 2 * cursor->room;
            TRY(grow(&cursor->cells, (size_t)cursor->count * sizeof(char *),
                     (size_t)room * sizeof(char *)));
            cursor->room = room;
        }
        TRY(read_cell(cursor, &cursor->cells[cursor->count], &has_more));
        cursor->count++;
    }
done:
    return status;
}

static bool is_blank_record(const char *const *cells, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!is_blank(cells[i])) {
            return false;
        }
    }
    return true;
}

static enum status read_csv_rows(struct csv_cursor *cursor, struct table *table)
{
    enum status status;
    for (;;) {
        int64_t line = 0;
        TRY(read_record(cursor, &line));
        if (cursor->count == 0) {
            break;
        }
        const char *const *cells = (const char *const *)cursor->cells;
        if (table->cols > 1 && is_blank_record(cells, cursor->count)) {
            continue;
        }
        FAIL_IF(cursor->count != table->cols, STATUS_DATA,
                "%s, line %" PRId64 ": has %" PRId64 " cells where the header has %" PRId64
                ": is a cell with a separator not quoted, or the line cut off?",
                table->path, line, cursor->count, table->cols);
        TRY(table_append(table, line, cells));
    }
done:
    return status;
}

static enum status read_csv(const char *path, struct table **table)
{
    enum status status;
    char *text = NULL;
    size_t bytes = 0;
    int64_t line = 0;
    struct csv_cursor cursor = {.path = path, .line = 1};
    TRY(read_whole_file(path, &text, &bytes));
    TRY(check_text(path, text, bytes));
    cursor.at = text + (text_starts_with(text, byte_order_mark) ? strlen(byte_order_mark) : 0);
    while (*cursor.at == '\n' || *cursor.at == '\r') {
        skip_line_end(&cursor);
    }
    cursor.separator = find_separator(cursor.at);
    TRY(read_record(&cursor, &line));
    FAIL_IF(is_blank_record((const char *const *)cursor.cells, cursor.count), STATUS_DATA,
            "%s: is empty; a table starts with a row of column names", path);
    TRY(table_create(path, "line", cursor.count, (const char *const *)cursor.cells, table));
    TRY(read_csv_rows(&cursor, *table));
done:
    free(cursor.cells);
    free(text);
    return status;
}

/* ---- workbooks ------------------------------------------------------------------------------- */

static bool is_workbook(const char *path)
{
    static const char *const endings[] = {".xlsx", ".xlsm", ".xls", ".ods"};
    const char *dot = strrchr(path, '.');
    for (int i = 0; dot != NULL && i < 4; i++) {
        if (strcasecmp(dot, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* All cells as text, and the first row as names even where they look like numbers. */
static GDALDatasetH open_workbook(const char *path)
{
    static const char *const settings[] = {
        "OGR_XLSX_HEADERS",    "FORCE",  "OGR_XLS_HEADERS",      "FORCE",
        "OGR_ODS_HEADERS",     "FORCE",  "OGR_XLSX_FIELD_TYPES", "STRING",
        "OGR_XLS_FIELD_TYPES", "STRING", "OGR_ODS_FIELD_TYPES",  "STRING"};
    for (int i = 0; i < 12; i += 2) {
        CPLSetConfigOption(settings[i], settings[i + 1]);
    }
    GDALDatasetH book = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    for (int i = 0; i < 12; i += 2) {
        CPLSetConfigOption(settings[i], NULL);
    }
    return book;
}

static enum status find_sheet(const struct table_source *source, GDALDatasetH book,
                              OGRLayerH *sheet)
{
    enum status status = STATUS_OK;
    int count = GDALDatasetGetLayerCount(book);
    char names[512] = "";
    FAIL_IF(count == 0, STATUS_DATA, "%s: the workbook has no sheets", source->path);
    for (int i = 0; i < count; i++) {
        const char *name = OGR_L_GetName(GDALDatasetGetLayer(book, i));
        if (source->sheet == NULL || strcmp(name, source->sheet) == 0) {
            *sheet = GDALDatasetGetLayer(book, i);
            return STATUS_OK;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", name);
    }
    FAIL(STATUS_DATA, "%s: has no sheet '%s'; its sheets are %s", source->path, source->sheet,
         names);
done:
    return status;
}

static enum status read_sheet_rows(OGRLayerH sheet, struct table *table)
{
    enum status status = STATUS_OK;
    const char **cells = NULL;
    OGRFeatureH row = NULL;
    TRY(memory_allocate((size_t)table->cols, sizeof *cells, &cells));
    OGR_L_ResetReading(sheet);
    while ((row = OGR_L_GetNextFeature(sheet)) != NULL) {
        for (int col = 0; col < (int)table->cols; col++) {
            cells[col] =
                OGR_F_IsFieldSetAndNotNull(row, col) ? OGR_F_GetFieldAsString(row, col) : "";
        }
        if (!is_blank_record(cells, table->cols)) {
            TRY(table_append(table, OGR_F_GetFID(row), cells));
        }
        OGR_F_Destroy(row);
        row = NULL;
    }
done:
    if (row != NULL) {
        OGR_F_Destroy(row);
    }
    free(cells);
    return status;
}

/* GDAL takes the only row of a sheet for data of columns Field1, Field2 ...: it is the header. Rows below
 * a header are numbered from 2. */
static OGRFeatureH lone_header(OGRLayerH sheet)
{
    OGR_L_ResetReading(sheet);
    OGRFeatureH row = OGR_L_GetNextFeature(sheet);
    bool is_lone = row != NULL && OGR_F_GetFID(row) == 1 && OGR_L_GetFeatureCount(sheet, 1) == 1 &&
                   strcmp(OGR_Fld_GetNameRef(OGR_F_GetFieldDefnRef(row, 0)), "Field1") == 0;
    if (row != NULL && !is_lone) {
        OGR_F_Destroy(row);
    }
    return is_lone ? row : NULL;
}

static enum status read_sheet(const char *path, OGRLayerH sheet, struct table **table)
{
    enum status status;
    OGRFeatureDefnH columns = OGR_L_GetLayerDefn(sheet);
    OGRFeatureH header = NULL;
    int cols = OGR_FD_GetFieldCount(columns);
    const char **names = NULL;
    TRY(memory_allocate((size_t)cols, sizeof *names, &names));
    FAIL_IF(cols == 0, STATUS_DATA,
            "%s: sheet '%s' is empty; a table starts with a row of column "
            "names",
            path, OGR_L_GetName(sheet));
    header = lone_header(sheet);
    for (int col = 0; col < cols; col++) {
        names[col] = header != NULL ? OGR_F_GetFieldAsString(header, col)
                                    : OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(columns, col));
    }
    TRY(table_create(path, "row", cols, names, table));
    if (header == NULL) {
        TRY(read_sheet_rows(sheet, *table));
    }
done:
    if (header != NULL) {
        OGR_F_Destroy(header);
    }
    free(names);
    return status;
}

static enum status read_workbook(const struct table_source *source, struct table **table)
{
    enum status status;
    OGRLayerH sheet = NULL;
    GDALDatasetH book = NULL;
    FAIL_IF(access(source->path, R_OK) != 0, STATUS_DATA, "%s: cannot be read: %s", source->path,
            strerror(errno));
    gdal_session_start();
    gdal_session_clear();
    book = open_workbook(source->path);
    FAIL_IF(book == NULL, STATUS_DATA, "%s: cannot be read as a workbook: %s", source->path,
            gdal_session_message());
    TRY(find_sheet(source, book, &sheet));
    TRY(read_sheet(source->path, sheet, table));
done:
    if (book != NULL) {
        GDALClose(book);
    }
    return status;
}

enum status table_read(const struct table_source *source, struct table **table)
{
    enum status status;
    *table = NULL;
    if (is_workbook(source->path)) {
        TRY(read_workbook(source, table));
    } else {
        FAIL_IF(source->sheet != NULL, STATUS_USAGE,
                "%s: is not a workbook, so it has no sheet '%s'", source->path, source->sheet);
        TRY(read_csv(source->path, table));
    }
    TRY(memory_copy_text(source->missing != NULL ? source->missing : "", &(*table)->missing));
done:
    if (status != STATUS_OK) {
        table_destroy(table);
    }
    return status;
}

/* ---- columns and cells ----------------------------------------------------------------------- */

int64_t table_find(const struct table *table, const char *name)
{
    int64_t alike = -1;
    int64_t count = 0;
    for (int64_t col = 0; col < table->cols; col++) {
        if (strcmp(table->names[col], name) == 0) {
            return col;
        }
        if (strcasecmp(table->names[col], name) == 0) {
            alike = col;
            count++;
        }
    }
    return count == 1 ? alike : -1;
}

enum status table_column(const struct table *table, const char *name, int64_t *col)
{
    enum status status = STATUS_OK;
    char names[512] = "";
    *col = table_find(table, name);
    for (int64_t i = 0; *col < 0 && i < table->cols; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", table->names[i]);
    }
    FAIL_IF(*col < 0, STATUS_DATA, "%s: has no column '%s'; its columns are %s", table->path, name,
            names);
done:
    return status;
}

const char *table_text(const struct table *table, int64_t row, int64_t col)
{
    return table->text + table->cell[row * table->cols + col];
}

const char *table_cell_place(const struct table *table, int64_t row, int64_t col, char *place,
                             size_t place_bytes)
{
    snprintf(place, place_bytes, "%s, %s %" PRId64 ", column '%s'", table->path, table->place,
             table->number[row], table->names[col]);
    return place;
}

/* True where @p text is an item of the list @p items "NA,-999". */
static bool is_listed(const char *text, const char *items)
{
    size_t length = strlen(text);
    while (items != NULL && *items != '\0') {
        size_t item = strcspn(items, ",");
        if (item == length && strncmp(items, text, length) == 0) {
            return true;
        }
        items += item + (items[item] == ',');
    }
    return false;
}

bool table_trimmed(const struct table *table, int64_t row, int64_t col, char text[TABLE_CELL_BYTES])
{
    const char *cell = skip_blanks(table_text(table, row, col));
    size_t length = strlen(cell);
    while (length > 0 && isspace((unsigned char)cell[length - 1])) {
        length--;
    }
    bool fits = length < TABLE_CELL_BYTES;
    memcpy(text, cell, fits ? length : 0);
    text[fits ? length : 0] = '\0';
    return fits;
}

bool table_is_missing(const struct table *table, int64_t row, int64_t col)
{
    char text[TABLE_CELL_BYTES];
    return table_trimmed(table, row, col, text) &&
           (text[0] == '\0' || strcasecmp(text, "nan") == 0 || is_listed(text, table->missing));
}

static bool parse_number(const struct table *table, int64_t row, int64_t col, double *value)
{
    char text[TABLE_CELL_BYTES];
    return table_trimmed(table, row, col, text) && text_parse_real(text, value);
}

bool table_is_number(const struct table *table, int64_t row, int64_t col)
{
    double value;
    return parse_number(table, row, col, &value);
}

enum status table_number(const struct table *table, int64_t row, int64_t col, double *value)
{
    enum status status = STATUS_OK;
    char place[1024];
    *value = NAN;
    FAIL_IF(!table_is_missing(table, row, col) && !parse_number(table, row, col, value),
            STATUS_DATA,
            "%s: '%s' is not a finite number; leave the cell empty where nothing was measured, or "
            "name this text as one that means missing",
            table_cell_place(table, row, col, place, sizeof place), table_text(table, row, col));
done:
    return status;
}

enum status table_numbers(const struct table *table, int64_t col, double *values)
{
    enum status status = STATUS_OK;
    for (int64_t row = 0; row < table->rows; row++) {
        TRY(table_number(table, row, col, &values[row]));
    }
done:
    return status;
}

/* ---- dates ----------------------------------------------------------------------------------- */

/* Reads exactly @p digits digits; -1 where they are not all there. */
static int read_digits(const char **at, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (!isdigit((unsigned char)**at)) {
            return -1;
        }
        value = 10 * value + (**at - '0');
    }
    return value;
}

static bool is_midnight_or_nothing(const char *text)
{
    if (*text == 'T' || *text == ' ') {
        text++;
    }
    text = skip_blanks(text);
    return *text == '\0' || text[strspn(text, "0:.Z ")] == '\0';
}

static bool read_day(const char *text, int64_t *day)
{
    const char *at = skip_blanks(text);
    int year = read_digits(&at, 4);
    char separator = year >= 0 && (*at == '-' || *at == '/') ? *at++ : '\0';
    int month = year < 0 ? -1 : read_digits(&at, 2);
    if (month < 0 || (separator != '\0' && *at++ != separator)) {
        return false;
    }
    int day_of_month = read_digits(&at, 2);
    if (!calendar_date_exists(CALENDAR_STANDARD, year, month, day_of_month)) {
        return false;
    }
    *day = calendar_day_number(CALENDAR_STANDARD, year, month, day_of_month);
    return is_midnight_or_nothing(at);
}

enum status table_day(const struct table *table, int64_t row, int64_t col, int64_t *day)
{
    enum status status = STATUS_OK;
    char place[1024];
    FAIL_IF(!read_day(table_text(table, row, col), day), STATUS_DATA,
            "%s: '%s' is not a date; write it as 2014-01-31",
            table_cell_place(table, row, col, place, sizeof place), table_text(table, row, col));
done:
    return status;
}

/* ---- the JSON twin ---------------------------------------------------------------------------- */

void table_units(const char *path, const char *column, char units[TABLE_CELL_BYTES])
{
    char *stem = NULL, *twin = NULL;
    size_t index;
    const json_t *entry;
    json_t *root = NULL;
    units[0] = '\0';
    if (path_stem(path, &stem) == STATUS_OK && asprintf(&twin, "%s.json", stem) >= 0) {
        root = json_load_file(twin, 0, NULL);
    }
    json_array_foreach(json_object_get(root, "columns"), index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        const char *has = json_string_value(json_object_get(entry, "units"));
        if (name != NULL && has != NULL && strcmp(name, column) == 0) {
            snprintf(units, TABLE_CELL_BYTES, "%s", has);
        }
    }
    json_decref(root);
    free(stem);
    free(twin);
}
