/* airshed -- GPL-3.0-or-later. Daily series of stations or cities, from tables. */
#ifndef AIRSHED_IO_STATIONS_H
#define AIRSHED_IO_STATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Where the series lie. All members but path may be zero.
 *
 *  Wide (no value_column): one row per day, a date column, and one column per station, whose
 *  header is the key of the station in the coordinates table. Long (value_column set): columns for
 *  date, station and value, one row per day and station; coordinates stand in a table of their own
 *  or in two columns of the same one. */
struct station_source {
    const char *path;              /**< CSV or workbook */
    const char *sheet;             /**< of a workbook; NULL: the first */
    const char *missing;           /**< texts that mean missing, see table_source */
    const char *date_column;       /**< NULL: date, day or time */
    const char *station_column;    /**< long; NULL: station, site, city, code, name or id */
    const char *value_column;      /**< long; NULL: the table is wide */
    const char *filter;            /**< long: "n_pm25>=18"; values of other rows are missing */
    const char *coordinates;       /**< path of the coordinates; NULL: columns of the long table */
    const char *coordinates_sheet; /**< of a workbook; NULL: the first */
    const char *key_column; /**< in the coordinates; NULL: as station_column, else the first */
    const char *x_column;   /**< NULL: lon, longitude, lng or x */
    const char *y_column;   /**< NULL: lat, latitude or y */
    bool skip_unknown;      /**< leave out series without coordinates, do not fail */
    const char *units;      /**< of the values; copied, NULL: "" */
};

/** The series. Owned by its creator. */
struct stations {
    int64_t count;     /**< at least 1 */
    int64_t days;      /**< at least 1 */
    char **name;       /**< [count], in the order in which the values first name them */
    double *lon, *lat; /**< [count], degrees */
    int64_t *day;      /**< [days], ascending: calendar_day_number() of the standard calendar.
                            Days that no row holds are not there: the caller decides about gaps */
    double *value;     /**< [days, count], NaN where missing */
    char *units;
    int64_t skipped;  /**< series left out by skip_unknown */
    int64_t filtered; /**< values taken out by the filter */
};

/** Reads the series. Local to the rank. Stations of the coordinates table without values are not
 *  there.
 *
 *  @return STATUS_USAGE for a filter that is none, or for a wide table without coordinates or with
 *          a filter; STATUS_DATA with a sentence that names file, line and column for: a text where
 *          a number or a date should be, a day twice, days out of order (within a station), a
 *          station without coordinates or with two different ones, coordinates that are not
 *          degrees, a column that is not there, no rows, no stations
 */
enum status stations_read(const struct station_source *source, struct stations **stations);

/** Releases *@p stations and sets it to NULL; NULL is allowed. */
void stations_destroy(struct stations **stations);

#endif
