/* airshed -- GPL-3.0-or-later. Box-plot statistics in tables (P2.54). */
#ifndef AIRSHED_COMMANDS_BOXES_H
#define AIRSHED_COMMANDS_BOXES_H

#include "io/table_writer.h"
#include "periods.h"

/** Columns that box_write() fills. Units of values are filled in by box_columns(). */
enum {
    BOX_COLUMNS = 16
};

/** Copies the columns of a box into @p columns [BOX_COLUMNS], values in @p units. */
void box_columns(struct table_column *columns, const char *units);

/** What the boxes of each group were in the first period of each kind. */
struct box_firsts;

enum status box_firsts_create(int64_t groups, struct box_firsts **firsts);
void box_firsts_destroy(struct box_firsts **firsts);

/** Writes the cells of one group in one period; @p values [count], none NaN, are reordered. Periods
 *  come in the order of time: changes are those since the group's first year, first spring, first
 *  January ... with values. */
void box_write(struct box_firsts *firsts, int64_t group, const struct period *period,
               double *values, int64_t count, struct table_writer *writer);

#endif
