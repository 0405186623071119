/* airshed -- GPL-3.0-or-later. How yearly means change, in tables (P2.56). */
#ifndef AIRSHED_COMMANDS_RATES_H
#define AIRSHED_COMMANDS_RATES_H

#include <stdint.h>

#include "io/table_writer.h"

/** Columns that rates_write() fills. */
enum {
    RATES_COLUMNS = 10
};

/** Years of one group, in the order of time; start with all zero. */
struct rates {
    int64_t years; /**< with a value */
    int first_year, last_year;
    double first, last; /**< means of these */
};

/** Copies the columns into @p columns [RATES_COLUMNS], means in @p units. */
void rates_columns(struct table_column *columns, const char *units);

/** Writes the cells of @p year, whose mean is NaN where it has none, and remembers it. Change from year
 *  to year needs the year before; the mean annual change is the whole change over the number of
 *  years (52.05 % in 9 years are 5.78 % a year), the compound one the rate that compounds to it. */
void rates_write(struct rates *rates, int year, double mean, struct table_writer *writer);

#endif
