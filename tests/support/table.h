/* airshed -- GPL-3.0-or-later. Small CSV tables of reference values, read whole. */
#ifndef AIRSHED_TESTS_TABLE_H
#define AIRSHED_TESTS_TABLE_H

#include <stdbool.h>

#include "testing.h"

enum {
    TABLE_COLUMNS = 512,
    TABLE_NAME = 64,
    TABLE_LINE = 1 << 16
};

struct table {
    int64_t rows;
    int columns;
    char name[TABLE_COLUMNS][TABLE_NAME];
    double *values;            /* [rows, columns]; NaN where the text is no number */
    char (*texts)[TABLE_NAME]; /* [rows] the first column as text */
};

static inline int table_fields(char *line, char **field)
{
    int count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && count < TABLE_COLUMNS; count++) {
        field[count] = strsep(&at, ",");
    }
    return count;
}

/** Reads @p path; fails the test where it cannot. Release with table_clear(). */
static inline struct table table_read(const char *path)
{
    struct table table = {0};
    char *line = malloc(TABLE_LINE);
    char *field[TABLE_COLUMNS];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, TABLE_LINE, file));
    table.columns = table_fields(line, field);
    for (int c = 0; c < table.columns; c++) {
        snprintf(table.name[c], TABLE_NAME, "%s", field[c]);
    }
    for (int64_t room = 0; fgets(line, TABLE_LINE, file) != NULL; table.rows++) {
        if (table.rows == room) {
            room = 2 * room + 64;
            table.values = realloc(table.values, (size_t)(room * table.columns) * sizeof(double));
            table.texts = realloc(table.texts, (size_t)room * sizeof *table.texts);
        }
        int fields = table_fields(line, field);
        for (int c = 0; c < table.columns; c++) {
            char *end = NULL;
            double value = c < fields ? strtod(field[c], &end) : NAN;
            bool number = c < fields && end != field[c] && *end == '\0';
            table.values[table.rows * table.columns + c] = number ? value : NAN;
        }
        snprintf(table.texts[table.rows], TABLE_NAME, "%s", field[0]);
    }
    fclose(file);
    free(line);
    return table;
}

static inline void table_clear(struct table *table)
{
    free(table->values);
    free(table->texts);
    *table = (struct table){0};
}

/** Index of a column, or -1. */
static inline int table_column(const struct table *table, const char *name)
{
    for (int c = 0; c < table->columns; c++) {
        if (strcmp(table->name[c], name) == 0) {
            return c;
        }
    }
    return -1;
}

static inline double table_value(const struct table *table, int64_t row, int column)
{
    return table->values[row * table->columns + column];
}

#endif
