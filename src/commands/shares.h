/* airshed -- GPL-3.0-or-later. The share of a part in the whole, by zone and period, in tables (P2.46). */
#ifndef AIRSHED_COMMANDS_SHARES_H
#define AIRSHED_COMMANDS_SHARES_H

#include <stdint.h>

#include "base/status.h"
#include "io/table_writer.h"
#include "periods.h"

/** Where the whole is less than this, there is no share (P2.46). */
#define SHARE_FLOOR 1.0

/** Columns that share_write() fills. */
enum {
    SHARE_COLUMNS = 11
};

/** Means over area and time, of the cells and steps that have both part and rest; NaN: none has. */
struct share {
    int64_t cell_steps; /**< with part and rest */
    double part, rest;
    int64_t ratio_cell_steps; /**< of them, with a whole of at least SHARE_FLOOR */
    double mean_of_ratios;    /**< of part over whole, over these */
};

/** Shares of the first periods, since when changes are told. */
struct share_firsts;

/** Room for @p groups zones. */
enum status share_firsts_create(int64_t groups, struct share_firsts **firsts);
void share_firsts_destroy(struct share_firsts **firsts);

/** Copies the columns into @p columns [SHARE_COLUMNS], means in @p units. */
void share_columns(struct table_column *columns, const char *units);

/** Writes the cells of one period of group @p group. Changes are those since the first period of the
 *  same kind and season or month that has a share: of a window since the first window. */
void share_write(struct share_firsts *firsts, int64_t group, const struct period *period,
                 const struct share *share, struct table_writer *writer);

#endif
