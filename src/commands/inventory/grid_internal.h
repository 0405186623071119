/* airshed -- GPL-3.0-or-later. inventory: what grid.c and its tables share. */
#ifndef AIRSHED_COMMANDS_INVENTORY_GRID_INTERNAL_H
#define AIRSHED_COMMANDS_INVENTORY_GRID_INTERNAL_H

#include "flow/journal.h"
#include "flow/stage.h"
#include "grid.h"
#include "io/cube.h"
#include "totals.h"

enum { GRID_STATISTICS = 4 }; /* mean, median, ends of the interval */

enum grid_outcome { BY_PROXY, EVENLY, LEFT_OUT, OFF_GRID };

/* What became of the total of a part in a zone: an item's payload is a row of these. */
struct grid_record {
    int64_t part, zone, outcome, cells;
    double total, gridded, proxy_sum;
};

/* The stage at work. */
struct grid_spread {
    const struct job *job;
    struct inventory_grid *grid;
    struct inventory_totals totals;
    struct stage *stage;
    char *output, *table, *json, *sums, *sums_json;
    char **variable_name, **long_name; /* [variables] */
    struct cube_variable *variables;
    int variable_count;
    int *first; /* [groups], variable of the mean */
    struct time_axis *years;
    struct cube_spec spec;
    char *attribute[4];
    struct cube_attribute attributes[5];

    /* One item */
    float *proxy; /* [rows, cols] */
    int loaded_proxy;
    int64_t loaded_step;
    double *share;           /* [cells of the largest zone] */
    double *map[GRID_STATISTICS]; /* [rows, cols] */
    struct grid_record *records;  /* [parts, zones] */
    int64_t record_count;
};

/* The group of an item, and its year. */
const struct grid_group *grid_group_of(const struct grid_spread *spread, int64_t item, int *year);

/* grid_provinces.csv and grid_sums.csv, and what of them the user is told. Rank 0. */
enum status grid_tables_write(const struct grid_spread *spread, const struct journal_content *content);

#endif
