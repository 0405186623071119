/* airshed -- GPL-3.0-or-later. CF time: calendars, "days since" units, seasons (C.09). */
#ifndef AIRSHED_BASE_CALENDAR_H
#define AIRSHED_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** The calendars of the CF conventions. */
enum calendar {
    CALENDAR_STANDARD,            /**< "standard", "gregorian": Julian up to 1582-10-04, then
                                       Gregorian from 1582-10-15; there is no year 0 */
    CALENDAR_PROLEPTIC_GREGORIAN, /**< "proleptic_gregorian": Gregorian at all times */
    CALENDAR_NOLEAP,              /**< "noleap", "365_day" */
    CALENDAR_ALL_LEAP,            /**< "all_leap", "366_day" */
    CALENDAR_360_DAY,             /**< "360_day": twelve months of 30 days */
    CALENDAR_JULIAN,              /**< "julian"; there is no year 0 */
};

/** A moment, always UTC. */
struct calendar_date {
    int year, month, day; /**< month and day from 1 */
    double seconds;       /**< of the day, [0, 86400) */
};

/** "days since 2000-01-01 00:00:00 +8:00", taken apart. */
struct calendar_units {
    enum calendar calendar;
    double unit_s;     /**< length of one unit in seconds: 86400 for days */
    int64_t epoch_day; /**< day number of the reference, after its time zone is taken off */
    double epoch_s;    /**< seconds of that day, [0, 86400) */
};

/** Finds a calendar by its CF name, without regard to case. NULL and "" mean standard, as in CF.
 *  @return STATUS_OK, or STATUS_DATA with a sentence that names the calendar */
enum status calendar_find(const char *name, enum calendar *calendar);

/** CF name, as written to files: "standard" rather than the deprecated "gregorian". */
const char *calendar_name(enum calendar calendar);

/** True where some years have a 29 February and others do not. */
bool calendar_has_leap_days(enum calendar calendar);

bool calendar_is_leap_year(enum calendar calendar, int year);
int calendar_days_in_month(enum calendar calendar, int year, int month);
int calendar_days_in_year(enum calendar calendar, int year); /* standard 1582: 355 */

/** True where the date exists: not 1582-10-05 to 14 in the standard calendar, nor its year 0. */
bool calendar_date_exists(enum calendar calendar, int year, int month, int day);

/** Days since 1970-01-01 of the same calendar, negative before. Defined for dates that exist with
 *  |year| <= 1,000,000; undefined numbers, but no crash, for others. */
int64_t calendar_day_number(enum calendar calendar, int year, int month, int day);

/** The date (seconds 0) of a day number. Inverse of calendar_day_number(). */
struct calendar_date calendar_date_of_day(enum calendar calendar, int64_t day_number);

/** 1 to 366. */
int calendar_day_of_year(enum calendar calendar, const struct calendar_date *date);

/** True on 29 February of a calendar whose leap days come and go (P2.25). */
bool calendar_is_leap_day(enum calendar calendar, const struct calendar_date *date);

/** Takes time units apart. Accepted: (milli)seconds, minutes, hours, days, weeks and their UDUNITS
 *  short forms, "since", a date, a time, and a zone (`Z`, `UTC`, `+8:00`, `-0530`).
 *
 *  `months since` and `years since` are lengths of 30.436849... and 365.242198781 days to UDUNITS,
 *  not calendar months: refused unless @p allow_lengths.
 *
 *  @return STATUS_OK, or STATUS_DATA with a sentence that quotes the units
 */
enum status calendar_units_parse(const char *text, enum calendar calendar, bool allow_lengths,
                                 struct calendar_units *units);

/** Moment of a time value, to the nearest millisecond, so that values which went through fractions
 *  of days keep their hours. @return false for NaN, infinity, or a year beyond 1,000,000 */
bool calendar_decode(const struct calendar_units *units, double value, struct calendar_date *date);

/** Time value of a moment in these units. */
double calendar_encode(const struct calendar_units *units, const struct calendar_date *date);

/** Negative, 0 or positive: @p a before, at or after @p b. */
int calendar_compare(const struct calendar_date *a, const struct calendar_date *b);

/** Reads YYYY-MM-DD. @return STATUS_OK, or STATUS_USAGE where it is none or does not exist */
enum status calendar_parse_date(enum calendar calendar, const char *text,
                                struct calendar_date *date);

enum {
    CALENDAR_TEXT_BYTES = 64
};

/** "2016-02-29". @return @p buffer */
const char *calendar_format_date(const struct calendar_date *date,
                                 char buffer[static CALENDAR_TEXT_BYTES]);

/** "2016-02-29T06:00:00", with milliseconds where there are any. @return @p buffer */
const char *calendar_format_time(const struct calendar_date *date,
                                 char buffer[static CALENDAR_TEXT_BYTES]);

/** Meteorological seasons in the order of a year's maps (P2.55). */
enum calendar_season {
    SEASON_MAM,
    SEASON_JJA,
    SEASON_SON,
    SEASON_DJF,
    SEASON_COUNT
};

enum calendar_season calendar_season(int month);
const char *calendar_season_name(enum calendar_season season); /* "MAM", ... */

/** Year that a month's season belongs to (P2.55).
 *
 *  @param[in] calendar_year  false: December belongs to the winter of the following year (the
 *                            default reading); true: to its own year
 */
int calendar_season_year(int year, int month, bool calendar_year);

#endif
