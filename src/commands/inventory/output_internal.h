/* airshed -- GPL-3.0-or-later. inventory: what the sources of its tables share. */
#ifndef AIRSHED_COMMANDS_INVENTORY_OUTPUT_INTERNAL_H
#define AIRSHED_COMMANDS_INVENTORY_OUTPUT_INTERNAL_H

#include <math.h>
#include <string.h>

#include "output.h"
#include "io/table_writer.h"

#define COPY_COLUMNS(columns, all)                                                                 \
    (memcpy((columns), (all), sizeof(all)), (int64_t)(sizeof(all) / sizeof *(all)))

enum { OUTPUT_COLUMNS_MAX = 32 };

/* By how much @p part differs from @p whole, %. */
static inline double output_percent(double part, double whole)
{
    return whole != 0 ? (part - whole) / fabs(whole) * 100 : NAN;
}

/* A place without the folders of its file, which differ from machine to machine. */
const char *output_place(const char *place);

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
int64_t fits_columns(const struct inventory_output *output, struct table_column *columns);
enum status fits_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t bootstrap_columns(const struct inventory_output *output, struct table_column *columns);
enum status bootstrap_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t variability_columns(const struct inventory_output *output, struct table_column *columns);
enum status variability_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t sources_columns(const struct inventory_output *output, struct table_column *columns);
enum status sources_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t printed_columns(const struct inventory_output *output, struct table_column *columns);
enum status printed_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t checks_columns(const struct inventory_output *output, struct table_column *columns);
enum status checks_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t parameters_columns(const struct inventory_output *output, struct table_column *columns);
enum status parameters_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t convergence_columns(const struct inventory_output *output, struct table_column *columns);
enum status convergence_rows(const struct inventory_output *output, struct table_writer *writer);
int64_t sensitivities_columns(const struct inventory_output *output, struct table_column *columns);
enum status sensitivities_rows(const struct inventory_output *output, struct table_writer *writer);

#endif
