/* airshed -- GPL-3.0-or-later. The steps of a cube as CF dates (C.09). */
#ifndef AIRSHED_GRID_TIME_AXIS_H
#define AIRSHED_GRID_TIME_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calendar.h"
#include "base/status.h"

/** Steps in ascending order. Values are days since @c epoch_year-01-01 00:00:00 in @c calendar and
 *  stamp the start of each interval. Owned by its creator. */
struct time_axis {
    int64_t steps;
    double *value;  /**< days since the epoch, [steps] */
    double *bounds; /**< [steps, 2], days since the epoch */
    int epoch_year;
    enum calendar calendar;
    double step_days; /**< length of the regular step; 0 where steps are uneven (months, years) */
};

/** Makes a daily axis of @p steps days from year-month-day. */
enum status time_axis_create_daily(enum calendar calendar, int year, int month, int day,
                                   int64_t steps, struct time_axis **axis);

/** Makes an axis from moments in ascending order. With @p bounds [steps, 2], where they hold their
 *  stamps, each step starts at its lower bound. Without (NULL), stamps within days, months or years
 *  that follow one another (12:00, the 15th, 1 July) are taken as those days, months, years; other
 *  steps end where the next starts. @return STATUS_DATA with the first offending dates where the
 *  moments do not ascend or repeat */
enum status time_axis_create_dates(enum calendar calendar, int64_t steps,
                                   const struct calendar_date *stamp,
                                   const struct calendar_date *bounds, struct time_axis **axis);

/** Makes an axis from values in CF units ("days since 2000-01-01"), in file order. The steps must
 *  ascend and be unique: @return STATUS_DATA with the first offending dates otherwise. @p bounds
 *  [steps, 2] may be NULL. The rest as time_axis_create_dates(). */
enum status time_axis_create_values(const char *units, const char *calendar_name, int64_t steps,
                                    const double *value, const double *bounds,
                                    struct time_axis **axis);

/** Makes an axis of @p steps steps of @p axis from step @p first on. @return STATUS_FAILED
 *  where these lie outside, STATUS_MEMORY */
enum status time_axis_cut(const struct time_axis *axis, int64_t first, int64_t steps,
                          struct time_axis **part);

/** Releases *@p axis and sets it to NULL; NULL is allowed. */
void time_axis_destroy(struct time_axis **axis);

/** True when both have the same dates; otherwise @p why says what differs. */
bool time_axis_is_equal(const struct time_axis *first, const struct time_axis *second, char *why,
                        int why_bytes);

/** Date of step @p step. */
struct calendar_date time_axis_date(const struct time_axis *axis, int64_t step);

/** The moment @p days of the axis as "2012-01-01T00:00:00Z". @return @p text */
const char *time_axis_text(const struct time_axis *axis, double days, char *text, int text_bytes);

/** Length of the steps in ISO 8601: "P1D", "PT6H", "P1M", "P1Y", or "" where they are uneven. */
const char *time_axis_resolution(const struct time_axis *axis, char *text, int text_bytes);

/** First step on or after date @p text ("YYYY-MM-DD"), steps up to and including @p to: NULL means
 *  open. @return STATUS_USAGE for a bad date or an empty range */
enum status time_axis_range(const struct time_axis *axis, const char *from, const char *to,
                            int64_t *first, int64_t *steps);

/** Number of steps missing from an axis of equal steps, months or years; into @p text the first
 *  few dates for a message. Uneven axes miss nothing. */
int64_t time_axis_missing(const struct time_axis *axis, char *text, int text_bytes);

/** The axis with missing steps inserted, and for each of its steps the step of @p axis or -1 in
 *  *@p source [filled->steps] (released with free()).
 *  @return STATUS_DATA above 10,000,000 steps: a date is wrong then */
enum status time_axis_fill(const struct time_axis *axis, struct time_axis **filled,
                           int64_t **source);

#endif
