/* airshed -- GPL-3.0-or-later. inventory: what the sources of its tables share. */
#ifndef AIRSHED_COMMANDS_INVENTORY_OUTPUT_INTERNAL_H
#define AIRSHED_COMMANDS_INVENTORY_OUTPUT_INTERNAL_H

#include <string.h>

#include "inventory_output.h"
#include "io/table_writer.h"

#define COPY_COLUMNS(columns, all)                                                                 \
    (memcpy((columns), (all), sizeof(all)), (int64_t)(sizeof(all) / sizeof *(all)))

enum { OUTPUT_COLUMNS_MAX = 32 };

/* NAME.csv in the folder. */
struct output_table {
    const char *name, *title;
    int64_t (*columns)(const struct inventory_output *, struct table_column *); /* how many */
    enum status (*rows)(const struct inventory_output *, struct table_writer *);
};

int64_t levels_columns(const struct inventory_output *output, struct table_column *columns);
enum status levels_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t inputs_columns(const struct inventory_output *output, struct table_column *columns);
enum status inputs_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t sources_columns(const struct inventory_output *output, struct table_column *columns);
enum status sources_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t printed_columns(const struct inventory_output *output, struct table_column *columns);
enum status printed_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t checks_columns(const struct inventory_output *output, struct table_column *columns);
enum status checks_rows(const struct inventory_output *output, struct table_writer *writer);

#endif
