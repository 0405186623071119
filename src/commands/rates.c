/* airshed -- GPL-3.0-or-later. How yearly means change, in tables (P2.56). */
#include "rates.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct table_column plain[RATES_COLUMNS] = {
    {"year", NULL, NULL, TABLE_INTEGER},
    {"mean", "", "of the year", TABLE_NUMBER},
    {"change", "", "since the year before", TABLE_NUMBER},
    {"change_percent", "%", "the same, of the year before", TABLE_NUMBER},
    {"first_year", NULL, "first year with a mean", TABLE_INTEGER},
    {"total_change", "", "since the first year", TABLE_NUMBER},
    {"total_change_percent", "%", "the same, of the first year", TABLE_NUMBER},
    {"mean_annual_change", "", "total_change over the number of years since", TABLE_NUMBER},
    {"mean_annual_change_percent", "%",
     "total_change_percent over the number of years since: no compound rate", TABLE_NUMBER},
    {"compound_annual_percent", "%", "yearly rate that compounds to the total change",
     TABLE_NUMBER},
};

void rates_columns(struct table_column *columns, const char *units)
{
    memcpy(columns, plain, sizeof plain);
    for (int column = 0; column < RATES_COLUMNS; column++) {
        if (columns[column].units != NULL && columns[column].units[0] == '\0') {
            columns[column].units = units;
        }
    }
}

static double percent(double part, double whole)
{
    return whole != 0 ? 100 * part / whole : NAN;
}

void rates_write(struct rates *rates, int year, double mean, struct table_writer *writer)
{
    if (rates->years == 0 && !isnan(mean)) {
        rates->first_year = year;
        rates->first = mean;
    }
    bool has_first = rates->years > 0 && !isnan(mean);
    double before = rates->years > 0 && rates->last_year == year - 1 ? rates->last : NAN;
    double since = has_first ? (double)(year - rates->first_year) : NAN;
    double total = has_first ? mean - rates->first : NAN;
    double ratio = has_first && rates->first > 0 && mean > 0 ? mean / rates->first : NAN;
    table_writer_integer(writer, year);
    table_writer_number(writer, mean);
    table_writer_number(writer, mean - before);
    table_writer_number(writer, percent(mean - before, before));
    if (has_first) {
        table_writer_integer(writer, rates->first_year);
    } else {
        table_writer_text(writer, NULL);
    }
    table_writer_number(writer, total);
    table_writer_number(writer, percent(total, rates->first));
    table_writer_number(writer, total / since);
    table_writer_number(writer, percent(total, rates->first) / since);
    table_writer_number(writer, 100 * (pow(ratio, 1 / since) - 1));
    if (!isnan(mean)) {
        rates->years++;
        rates->last_year = year;
        rates->last = mean;
    }
}
