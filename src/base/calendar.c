/* airshed -- GPL-3.0-or-later. CF time: calendars, units, seasons. */
#include "base/calendar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Lengths of UDUNITS: a tropical year, and its twelfth. */
#define YEAR_S 3.15569259747e7

enum {
    MOST_YEARS = 1000000
};

static const double day_s = 86400;

/* ---- names -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum calendar calendar;
} calendar_names[] = {
    {"standard", CALENDAR_STANDARD},
    {"gregorian", CALENDAR_STANDARD},
    {"proleptic_gregorian", CALENDAR_PROLEPTIC_GREGORIAN},
    {"noleap", CALENDAR_NOLEAP},
    {"365_day", CALENDAR_NOLEAP},
    {"all_leap", CALENDAR_ALL_LEAP},
    {"366_day", CALENDAR_ALL_LEAP},
    {"360_day", CALENDAR_360_DAY},
    {"julian", CALENDAR_JULIAN},
};

enum {
    NAME_COUNT = sizeof calendar_names / sizeof calendar_names[0]
};

enum status calendar_find(const char *name, enum calendar *calendar)
{
    *calendar = CALENDAR_STANDARD;
    if (name == NULL || name[0] == '\0') {
        return STATUS_OK;
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (text_equal_ignoring_case(name, calendar_names[i].name)) {
            *calendar = calendar_names[i].calendar;
            return STATUS_OK;
        }
    }
    return failure_record(STATUS_DATA, __FILE__, __LINE__,
                          "unknown calendar '%s'; CF has standard, proleptic_gregorian, noleap, "
                          "all_leap, 360_day and julian",
                          name);
}

const char *calendar_name(enum calendar calendar)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (calendar_names[i].calendar == calendar) {
            return calendar_names[i].name;
        }
    }
    return "unknown";
}

/* ---- dates and days ----------------------------------------------------------------------- */

/* Day numbers of the change from the Julian to the Gregorian calendar. */
enum {
    FIRST_GREGORIAN_DAY = -141427 /* 1582-10-15, days before 1970-01-01 */
};

/* Days of the Julian 1970-01-01 after the Gregorian one. */
enum {
    JULIAN_DELAY = 13
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* True where the calendar follows the Gregorian rule on that date. */
static bool is_gregorian(enum calendar calendar, int year, int month, int day)
{
    if (calendar == CALENDAR_STANDARD) {
        return year > 1582 || (year == 1582 && (month > 10 || (month == 10 && day >= 15)));
    }
    return calendar == CALENDAR_PROLEPTIC_GREGORIAN;
}

/* Years without a year 0 count ..., -2, -1, 1, 2, ...; leap rules and day numbers want the
 * astronomers' ..., -1, 0, 1, 2, ... */
static bool lacks_year_zero(enum calendar calendar)
{
    return calendar == CALENDAR_STANDARD || calendar == CALENDAR_JULIAN;
}

static int64_t astronomers_year(enum calendar calendar, int year)
{
    return (int64_t)year + (lacks_year_zero(calendar) && year < 0);
}

bool calendar_has_leap_days(enum calendar calendar)
{
    return calendar == CALENDAR_STANDARD || calendar == CALENDAR_PROLEPTIC_GREGORIAN ||
           calendar == CALENDAR_JULIAN;
}

bool calendar_is_leap_year(enum calendar calendar, int year)
{
    if (!calendar_has_leap_days(calendar)) {
        return calendar == CALENDAR_ALL_LEAP;
    }
    bool fourth = astronomers_year(calendar, year) % 4 == 0;
    return is_gregorian(calendar, year, 2, 1) ? fourth && (year % 100 != 0 || year % 400 == 0)
                                              : fourth;
}

int calendar_days_in_month(enum calendar calendar, int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (calendar == CALENDAR_360_DAY) {
        return 30;
    }
    return days[month - 1] + (month == 2 && calendar_is_leap_year(calendar, year));
}

int calendar_days_in_year(enum calendar calendar, int year)
{
    if (calendar == CALENDAR_360_DAY) {
        return 360;
    }
    int lost = calendar == CALENDAR_STANDARD && year == 1582 ? 10 : 0;
    return 365 + calendar_is_leap_year(calendar, year) - lost;
}

bool calendar_date_exists(enum calendar calendar, int year, int month, int day)
{
    if (month < 1 || month > 12 || day < 1 || year < -MOST_YEARS || year > MOST_YEARS) {
        return false;
    }
    bool mixed = calendar == CALENDAR_STANDARD;
    if (year == 0 && (mixed || calendar == CALENDAR_JULIAN)) {
        return false;
    }
    if (mixed && year == 1582 && month == 10 && day > 4 && day < 15) {
        return false;
    }
    return day <= calendar_days_in_month(calendar, year, month);
}

/* Days from 1 March of year 0 to the date, by a year that begins in March, so that a leap day comes
 * last. (153 m + 2) / 5 is the number of days before the m-th month from March. */
static int64_t days_from_march(int64_t year, int month, int day, bool gregorian)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t in_year = (153 * (int64_t)(month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = 365 * y + floor_divide(y, 4) + in_year;
    return gregorian ? days - floor_divide(y, 100) + floor_divide(y, 400) : days;
}

/* 1970-01-01 counted by days_from_march() in the Gregorian and in the Julian calendar. */
enum {
    GREGORIAN_1970 = 719468,
    JULIAN_1970 = 719483
};

static int64_t plain_day(enum calendar calendar, int64_t year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t years = year - 1970;
    switch (calendar) {
    case CALENDAR_NOLEAP:
        return 365 * years + before[month - 1] + day - 1;
    case CALENDAR_ALL_LEAP:
        return 366 * years + before[month - 1] + (month > 2) + day - 1;
    default:
        return 360 * years + 30 * (month - 1) + day - 1;
    }
}

int64_t calendar_day_number(enum calendar calendar, int year, int month, int day)
{
    if (month < 1 || month > 12) {
        return 0;
    }
    if (!calendar_has_leap_days(calendar)) {
        return plain_day(calendar, year, month, day);
    }
    int64_t counted = astronomers_year(calendar, year);
    if (is_gregorian(calendar, year, month, day)) {
        return days_from_march(counted, month, day, true) - GREGORIAN_1970;
    }
    int64_t julian = days_from_march(counted, month, day, false) - JULIAN_1970;
    return calendar == CALENDAR_STANDARD ? julian + JULIAN_DELAY : julian;
}

static struct calendar_date date_from_march(int64_t day_of_year, int64_t year)
{
    int month = (int)((5 * day_of_year + 2) / 153); /* from March */
    int day = (int)(day_of_year - (153 * month + 2) / 5) + 1;
    month += month < 10 ? 3 : -9;
    return (struct calendar_date){(int)(year + (month <= 2)), month, day, 0};
}

/* A day number may be any number: years beyond this are cut, so that no int overflows. */
static int64_t limit_day(int64_t day)
{
    const int64_t most = (int64_t)MOST_YEARS * 400;
    return day > most ? most : day < -most ? -most : day;
}

static struct calendar_date gregorian_date(int64_t days)
{
    int64_t era = floor_divide(days, 146097); /* 400 years */
    int64_t in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    return date_from_march(in_year, year + era * 400);
}

static struct calendar_date julian_date(int64_t days)
{
    int64_t era = floor_divide(days, 1461); /* 4 years */
    int64_t in_era = days - era * 1461;
    int64_t year = (in_era - in_era / 1460) / 365;
    return date_from_march(in_era - 365 * year, year + era * 4);
}

static struct calendar_date plain_date(enum calendar calendar, int64_t days)
{
    int year_days = calendar_days_in_year(calendar, 1970);
    int64_t years = floor_divide(days, year_days);
    int left = (int)(days - years * year_days);
    int month = 1;
    while (left >= calendar_days_in_month(calendar, 1970, month)) {
        left -= calendar_days_in_month(calendar, 1970, month++);
    }
    return (struct calendar_date){(int)(years + 1970), month, left + 1, 0};
}

struct calendar_date calendar_date_of_day(enum calendar calendar, int64_t day_number)
{
    int64_t days = limit_day(day_number);
    struct calendar_date date;
    if (!calendar_has_leap_days(calendar)) {
        return plain_date(calendar, days);
    }
    bool mixed = calendar == CALENDAR_STANDARD;
    if (calendar == CALENDAR_PROLEPTIC_GREGORIAN || (mixed && days >= FIRST_GREGORIAN_DAY)) {
        return gregorian_date(days + GREGORIAN_1970);
    }
    date = julian_date(days + JULIAN_1970 - (mixed ? JULIAN_DELAY : 0));
    date.year -= lacks_year_zero(calendar) && date.year <= 0;
    return date;
}

int calendar_day_of_year(enum calendar calendar, const struct calendar_date *date)
{
    return (int)(calendar_day_number(calendar, date->year, date->month, date->day) -
                 calendar_day_number(calendar, date->year, 1, 1)) +
           1;
}

bool calendar_is_leap_day(enum calendar calendar, const struct calendar_date *date)
{
    return date->month == 2 && date->day == 29 && calendar_has_leap_days(calendar);
}

int calendar_compare(const struct calendar_date *a, const struct calendar_date *b)
{
    if (a->year != b->year) {
        return a->year < b->year ? -1 : 1;
    }
    if (a->month != b->month) {
        return a->month < b->month ? -1 : 1;
    }
    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

/* ---- units -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double seconds;
} unit_lengths[] = {
    {"s", 1},       {"sec", 1},      {"secs", 1},           {"second", 1},          {"seconds", 1},
    {"min", 60},    {"mins", 60},    {"minute", 60},        {"minutes", 60},        {"h", 3600},
    {"hr", 3600},   {"hrs", 3600},   {"hour", 3600},        {"hours", 3600},        {"d", 86400},
    {"day", 86400}, {"days", 86400}, {"week", 604800},      {"weeks", 604800},      {"ms", 1e-3},
    {"msec", 1e-3}, {"msecs", 1e-3}, {"millisecond", 1e-3}, {"milliseconds", 1e-3},
};

static const struct {
    const char *name;
    double seconds;
} length_only[] = {
    {"month", YEAR_S / 12}, {"months", YEAR_S / 12},   {"mon", YEAR_S / 12},
    {"year", YEAR_S},       {"years", YEAR_S},         {"yr", YEAR_S},
    {"yrs", YEAR_S},        {"common_year", 31536000}, {"common_years", 31536000},
};

/* A cursor over the text; every reader returns false and leaves it where it fails. */
struct cursor {
    const char *at;
};

static void skip_blanks(struct cursor *cursor)
{
    cursor->at += strspn(cursor->at, " \t\n");
}

static bool read_word(struct cursor *cursor, char word[static 32])
{
    skip_blanks(cursor);
    size_t length = strcspn(cursor->at, " \t\n");
    if (length == 0 || length >= 32) {
        return false;
    }
    memcpy(word, cursor->at, length);
    word[length] = '\0';
    cursor->at += length;
    return true;
}

static bool read_digits(struct cursor *cursor, size_t most, int *value)
{
    size_t length = strspn(cursor->at, "0123456789");
    if (length == 0 || length > most) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        *value = *value * 10 + (*cursor->at++ - '0');
    }
    return true;
}

static bool read_date(struct cursor *cursor, int *year, int *month, int *day)
{
    skip_blanks(cursor);
    int sign = *cursor->at == '-' ? -1 : 1;
    cursor->at += *cursor->at == '-' || *cursor->at == '+';
    if (!read_digits(cursor, 6, year)) {
        return false;
    }
    *year *= sign;
    *month = *day = 1;
    if (*cursor->at != '-') {
        return false;
    }
    cursor->at++;
    if (!read_digits(cursor, 2, month)) {
        return false;
    }
    if (*cursor->at == '-') {
        cursor->at++;
        return read_digits(cursor, 2, day);
    }
    return true;
}

/* "6", "06:00", "06:00:00.5" as seconds of the day; "24:00" is the next day's midnight. */
static bool read_clock(struct cursor *cursor, double *seconds)
{
    int hour, minute = 0, second = 0;
    double fraction = 0, scale = 0.1;
    if (!read_digits(cursor, 2, &hour) || hour > 24) {
        return false;
    }
    if (*cursor->at == ':') {
        cursor->at++;
        if (!read_digits(cursor, 2, &minute) || minute > 59) {
            return false;
        }
    }
    if (*cursor->at == ':') {
        cursor->at++;
        if (!read_digits(cursor, 2, &second) || second > 60) {
            return false;
        }
        if (*cursor->at == '.') {
            for (cursor->at++; *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
                fraction += scale * (*cursor->at - '0');
                scale /= 10;
            }
        }
    }
    *seconds = hour * 3600.0 + minute * 60.0 + second + fraction;
    return *seconds <= day_s;
}

/* "Z", "UTC", "GMT", and after a clock "+8", "+8:00", "-0530", as seconds east of Greenwich.
 * Without a clock UDUNITS takes "-0530" for one: such text has no sure meaning. */
static bool read_zone(struct cursor *cursor, bool has_clock, double *seconds)
{
    static const char *const names[] = {"UTC", "GMT", "Z"};
    *seconds = 0;
    for (size_t i = 0; i < 3; i++) {
        if (text_starts_with(cursor->at, names[i])) {
            cursor->at += strlen(names[i]);
            return true;
        }
    }
    if (!has_clock || (*cursor->at != '+' && *cursor->at != '-')) {
        return false;
    }
    double sign = *cursor->at++ == '-' ? -1 : 1;
    size_t length = strspn(cursor->at, "0123456789");
    int hours, minutes = 0;
    if (!read_digits(cursor, 4, &hours)) {
        return false;
    }
    if (length > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (*cursor->at == ':') {
        cursor->at++;
        if (!read_digits(cursor, 2, &minutes)) {
            return false;
        }
    }
    *seconds = sign * (hours * 3600.0 + minutes * 60.0);
    return hours <= 24 && minutes <= 59;
}

/* What follows the date: [T or blank clock] [zone]. */
static bool read_time(struct cursor *cursor, double *seconds, double *zone)
{
    *seconds = *zone = 0;
    bool has_t = *cursor->at == 'T' || *cursor->at == 't';
    cursor->at += has_t;
    skip_blanks(cursor);
    bool has_clock = *cursor->at >= '0' && *cursor->at <= '9';
    if ((has_t && !has_clock) || (has_clock && !read_clock(cursor, seconds))) {
        return false;
    }
    skip_blanks(cursor);
    if (*cursor->at != '\0' && !read_zone(cursor, has_clock, zone)) {
        return false;
    }
    skip_blanks(cursor);
    return *cursor->at == '\0';
}

static enum status find_length(const char *text, const char *word, bool allow_lengths,
                               double *seconds)
{
    enum status status = STATUS_OK;
    *seconds = 0;
    for (size_t i = 0; i < sizeof unit_lengths / sizeof unit_lengths[0]; i++) {
        if (text_equal_ignoring_case(word, unit_lengths[i].name)) {
            *seconds = unit_lengths[i].seconds;
        }
    }
    for (size_t i = 0; i < sizeof length_only / sizeof length_only[0]; i++) {
        if (text_equal_ignoring_case(word, length_only[i].name)) {
            FAIL_IF(!allow_lengths, STATUS_DATA,
                    "time units '%s': a month or year is no fixed number of days; rewrite the "
                    "time axis in days (for example with cdo settunits,days)",
                    text);
            *seconds = length_only[i].seconds;
        }
    }
    FAIL_IF(*seconds == 0, STATUS_DATA, "time units '%s': '%s' is no unit of time", text, word);
done:
    return status;
}

static void set_epoch(struct calendar_units *units, int64_t day, double seconds)
{
    double days = floor(seconds / day_s);
    units->epoch_day = day + (int64_t)days;
    units->epoch_s = seconds - days * day_s;
}

enum status calendar_units_parse(const char *text, enum calendar calendar, bool allow_lengths,
                                 struct calendar_units *units)
{
    enum status status = STATUS_OK;
    struct cursor cursor = {text};
    char unit[32], since[32];
    int year, month, day;
    double seconds, zone;
    *units = (struct calendar_units){.calendar = calendar};
    FAIL_IF(!read_word(&cursor, unit) || !read_word(&cursor, since) ||
                !text_equal_ignoring_case(since, "since"),
            STATUS_DATA, "time units '%s': expected something like 'days since 2000-01-01'", text);
    TRY(find_length(text, unit, allow_lengths, &units->unit_s));
    FAIL_IF(!read_date(&cursor, &year, &month, &day) || !read_time(&cursor, &seconds, &zone),
            STATUS_DATA, "time units '%s': cannot read the date at '%s'", text, cursor.at);
    FAIL_IF(!calendar_date_exists(calendar, year, month, day), STATUS_DATA,
            "time units '%s': there is no such date in the calendar '%s'%s", text,
            calendar_name(calendar),
            year == 0 ? " (a year 0 means different days to different programs; "
                        "proleptic_gregorian has one)"
                      : "");
    set_epoch(units, calendar_day_number(calendar, year, month, day), seconds - zone);
done:
    return status;
}

bool calendar_decode(const struct calendar_units *units, double value, struct calendar_date *date)
{
    double whole = floor(value);
    /* Whole units first: a value of many days keeps all the bits of its fraction. */
    double seconds_per_day = units->unit_s / day_s;
    double days = floor(whole * seconds_per_day);
    if (!(fabs(days) < MOST_YEARS * 300.0)) {
        return false;
    }
    double seconds =
        fma(whole, units->unit_s, -days * day_s) + (value - whole) * units->unit_s + units->epoch_s;
    seconds = nearbyint(seconds * 1000) / 1000;
    double carried = floor(seconds / day_s);
    *date =
        calendar_date_of_day(units->calendar, units->epoch_day + (int64_t)days + (int64_t)carried);
    date->seconds = seconds - carried * day_s;
    return date->year >= -MOST_YEARS && date->year <= MOST_YEARS;
}

double calendar_encode(const struct calendar_units *units, const struct calendar_date *date)
{
    int64_t day = calendar_day_number(units->calendar, date->year, date->month, date->day);
    double days = (double)(day - units->epoch_day);
    double seconds = date->seconds - units->epoch_s;
    if (units->unit_s == day_s) {
        return days + seconds / day_s;
    }
    return (days * day_s + seconds) / units->unit_s;
}

/* ---- text --------------------------------------------------------------------------------- */

enum status calendar_parse_date(enum calendar calendar, const char *text,
                                struct calendar_date *date)
{
    enum status status = STATUS_OK;
    *date = (struct calendar_date){0};
    FAIL_IF(!text_parse_date(text, &date->year, &date->month, &date->day), STATUS_USAGE,
            "'%s' is not a date as YYYY-MM-DD", text);
    FAIL_IF(!calendar_date_exists(calendar, date->year, date->month, date->day), STATUS_USAGE,
            "there is no %s in the calendar '%s'", text, calendar_name(calendar));
done:
    return status;
}

const char *calendar_format_date(const struct calendar_date *date,
                                 char buffer[static CALENDAR_TEXT_BYTES])
{
    snprintf(buffer, CALENDAR_TEXT_BYTES, "%04d-%02d-%02d", date->year, date->month, date->day);
    return buffer;
}

const char *calendar_format_time(const struct calendar_date *date,
                                 char buffer[static CALENDAR_TEXT_BYTES])
{
    int milliseconds = (int)nearbyint(date->seconds * 1000);
    int seconds = milliseconds / 1000;
    calendar_format_date(date, buffer);
    size_t used = strlen(buffer);
    snprintf(buffer + used, CALENDAR_TEXT_BYTES - used, "T%02d:%02d:%02d", seconds / 3600,
             seconds / 60 % 60, seconds % 60);
    if (milliseconds % 1000 != 0) {
        used = strlen(buffer);
        snprintf(buffer + used, CALENDAR_TEXT_BYTES - used, ".%03d", milliseconds % 1000);
    }
    return buffer;
}

/* ---- seasons ------------------------------------------------------------------------------ */

enum calendar_season calendar_season(int month)
{
    if (month == 12 || month <= 2) {
        return SEASON_DJF;
    }
    return month <= 5 ? SEASON_MAM : month <= 8 ? SEASON_JJA : SEASON_SON;
}

const char *calendar_season_name(enum calendar_season season)
{
    static const char *const names[] = {"MAM", "JJA", "SON", "DJF"};
    return season < SEASON_COUNT ? names[season] : "unknown";
}

int calendar_season_year(int year, int month, bool calendar_year)
{
    return month == 12 && !calendar_year ? year + 1 : year;
}
