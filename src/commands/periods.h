/* airshed -- GPL-3.0-or-later. Years, seasons, months and days of a series (P2.55). */
#ifndef AIRSHED_COMMANDS_PERIODS_H
#define AIRSHED_COMMANDS_PERIODS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calendar.h"
#include "base/options.h"
#include "base/status.h"
#include "grid/time_axis.h"
#include "io/table_writer.h"

/** --by year,season; --december; --window NAME=FROM/TO. */
extern const struct option_spec periods_options[];
extern const struct option_spec periods_december_options[];
extern const struct option_spec periods_window_options[];

/** What --by may hold. */
#define PERIODS_CHOICES "year|season|month|day|all"

enum period_kind {
    PERIOD_YEAR,
    PERIOD_SEASON,
    PERIOD_MONTH,
    PERIOD_DAY,
    PERIOD_ALL,
    PERIOD_WINDOW, /**< days with a name; not a kind of --by */
    PERIOD_KINDS
};

/** Name of a kind as --by writes it, or "window". */
const char *period_kind_name(enum period_kind kind);

/** Some steps that are summed up together. */
struct period {
    enum period_kind kind;
    int year;  /**< that it belongs to; of a season see --december */
    int month; /**< of a month or day */
    enum calendar_season season;
    const char *window; /**< name of a window; belongs to the periods */
    int64_t first, last, steps; /**< first and last step, and how many of those between belong */
    bool has_date;              /**< false for a map without time */
    char date[CALENDAR_TEXT_BYTES]; /**< of the first step */
};

/** Periods kind by kind in the order of --by, each in the order of time; then the windows as they were
 *  given. Read its members. */
struct periods {
    int64_t count;
    struct period *period; /**< [count] */
    bool calendar_december;
    int64_t steps;
    struct calendar_date *date; /**< [steps]; NULL for a map */
    struct text_list windows;
};

/** Groups the steps of @p time; NULL stands for a map, which has the one period `all`.
 *  @return STATUS_USAGE where --by asks for more than that of a map */
enum status periods_create(const struct options *options, const struct time_axis *time,
                           struct periods **periods);
void periods_destroy(struct periods **periods);

enum {
    PERIOD_LABEL_BYTES = 96
};

/** "2012", "2012-DJF", "2012-01", "2012-01-31", "all", or the name of a window with _ for each
 *  blank or sign, since labels of layers are words (CF, flag_meanings). @return @p label */
const char *period_label(const struct period *period, char label[PERIOD_LABEL_BYTES]);

/** Adds the windows of --window at the end, for commands that have periods_window_options.
 *  @return STATUS_USAGE for a window that is written otherwise, stands twice or holds no step of @p time
 *  (NULL: a map) */
enum status periods_add_windows(struct periods *periods, const struct options *options,
                                const struct time_axis *time);

/** Adds the period `all` at the end, where --by did not ask for it. */
enum status periods_add_all(struct periods *periods);

/** True where @p step, between first and last, belongs to @p period. (A winter by calendar years
 *  holds January, February and December of one year.) */
bool period_holds(const struct periods *periods, const struct period *period, int64_t step);

enum {
    PERIOD_GROUPS = PERIOD_KINDS * 13
};

/** Number below PERIOD_GROUPS that is the same for periods that follow one another and compare: all
 *  years, all winters, all Januaries, all windows. */
int period_group(const struct period *period);

/** Columns of a table that say which period a row is about, and how many of them. */
enum {
    PERIOD_COLUMN_COUNT = 7
};

#define PERIOD_COLUMNS                                                                             \
    {"by", NULL, "kind of the period: year, season, month, day, all or window", TABLE_TEXT},               \
        {"year", NULL, "year of the period; of a winter, see --december", TABLE_INTEGER},          \
        {"season", NULL, "MAM, JJA, SON or DJF", TABLE_TEXT},                                      \
        {"month", NULL, "month, 1 to 12", TABLE_INTEGER},                                          \
        {"window", NULL, "name of the window", TABLE_TEXT},                                        \
        {"date", NULL, "first step of the period", TABLE_TEXT},                                    \
    {                                                                                              \
        "steps", "1", "steps in the period", TABLE_INTEGER                                         \
    }

/** Writes the cells of PERIOD_COLUMNS. */
void period_write(const struct period *period, struct table_writer *writer);

#endif
