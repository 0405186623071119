/* airshed -- GPL-3.0-or-later. inventory: its tables of results, read back.
 *
 * Maps, figures and the report take totals, shares and changes from the tables, so that they show
 * what the tables hold, and can be made again without another Monte Carlo run. Numbers in the tables
 * read back as the same doubles.
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_TOTALS_H
#define AIRSHED_COMMANDS_INVENTORY_TOTALS_H

#include <stdint.h>

#include "base/status.h"
#include "io/table.h"

/** A row of totals.csv, shares.csv or changes.csv. Texts belong to the table; numbers are NaN where
 *  the cell is empty. */
struct inventory_total {
    const char *species;   /**< "" where the inventory has one without a name */
    const char *subject;   /**< "all", "category", "source", "receptor" */
    const char *name;      /**< of the subject */
    const char *extent;    /**< "nation", "region", "province", "without province" */
    const char *place;
    const char *year;      /**< "2015", or "2015-2019" */
    const char *of;        /**< of changes.csv: "total" or "share"; "" otherwise */
    double point, mean, median, low, high;
};

struct inventory_totals {
    struct table *table;
    struct inventory_total *row; /**< [count], in the order of the file */
    int64_t count;
    int64_t *order; /**< [count], rows sorted by their keys */
};

/** Reads NAME.csv in @p folder. @return STATUS_DATA where it is not there or not such a table */
enum status inventory_totals_read(const char *folder, const char *name,
                                  struct inventory_totals *totals);
void inventory_totals_clear(struct inventory_totals *totals);

/** The row with the keys of @p like (its texts), or NULL. */
const struct inventory_total *inventory_totals_find(const struct inventory_totals *totals,
                                                    const struct inventory_total *like);

/** The mean of the draws; the point estimate where nothing was drawn. */
double inventory_total_centre(const struct inventory_total *total);

#endif
