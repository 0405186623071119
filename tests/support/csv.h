/* airshed -- GPL-3.0-or-later. Reads the small comma-separated tables of reference cases in tests.
 */
#ifndef AIRSHED_TESTS_CSV_H
#define AIRSHED_TESTS_CSV_H

#include "testing.h"

enum {
    CSV_COLUMNS = 64
};

/** A table without quotes; row 0 is the first after the header. */
struct csv {
    int rows, cols;
    char *text;
    char **cell; /* [rows + 1, cols], the header first */
};

/** Reads @p path or fails the test. Released by csv_close(). */
static inline struct csv csv_open(const char *path)
{
    struct csv table = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    table.text = calloc((size_t)bytes + 1, 1);
    assert_int_equal(fread(table.text, 1, (size_t)bytes, file), bytes);
    fclose(file);
    int lines = 0;
    for (char *c = table.text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    table.cell = calloc((size_t)(lines + 1) * CSV_COLUMNS, sizeof(char *));
    char *rest = table.text;
    int count = 0;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        line[strcspn(line, "\r")] = '\0';
        if (*line == '\0') {
            continue;
        }
        int cols = 0;
        for (char *cell = strsep(&line, ","); cell != NULL; cell = strsep(&line, ",")) {
            assert_true(cols < CSV_COLUMNS);
            table.cell[count * CSV_COLUMNS + cols++] = cell;
        }
        table.cols = count == 0 ? cols : table.cols;
        count++;
    }
    table.rows = count - 1;
    return table;
}

static inline void csv_close(struct csv *table)
{
    free(table->cell);
    free(table->text);
}

/** Number of the column called @p name; fails the test where there is none. */
static inline int csv_column(const struct csv *table, const char *name)
{
    for (int col = 0; col < table->cols; col++) {
        if (strcmp(table->cell[col], name) == 0) {
            return col;
        }
    }
    fail_msg("no column %s", name);
    return -1;
}

static inline const char *csv_text(const struct csv *table, int row, const char *name)
{
    const char *text = table->cell[(row + 1) * CSV_COLUMNS + csv_column(table, name)];
    return text == NULL ? "" : text;
}

/** NaN for an empty cell and for NA. */
static inline double csv_number(const struct csv *table, int row, const char *name)
{
    const char *text = csv_text(table, row, name);
    char *end;
    double value = strtod(text, &end);
    return end == text ? NAN : value;
}

#endif
