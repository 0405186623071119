/* airshed -- GPL-3.0-or-later. 29 February: daily series to and from the 365-day axis of STL. */
#ifndef AIRSHED_KERNELS_LEAP_H
#define AIRSHED_KERNELS_LEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/lanes.h"

/** What becomes of 29 February (P2.25, `--calendar-days`).
 *
 *  `calendar` and `drop` take it out before STL; afterwards trend and seasonal of that day are the
 *  means of its two neighbours, or missing. `interpolate` maps each leap year linearly to 365
 * points and back: day d of 366 lies at (d - 1/2) 365/366, so that years begin and end together.
 * `naive` leaves the axis as it is. */
enum leap_mode {
    LEAP_NAIVE,
    LEAP_CALENDAR,
    LEAP_DROP,
    LEAP_INTERPOLATE
};

/** Where a value comes from: (1 - share) of `first` and share of the next. `first` < 0: missing. */
struct leap_source {
    int64_t first;
    double share;
};

/** One axis made from the other: `points` on the axis of STL, `days` in the series. Read-only once
 *  made. */
struct leap_axis {
    int64_t days;
    int64_t points;
    struct leap_source *point_sources; /* [points] in days */
    struct leap_source *day_sources;   /* [days] in points */
};

/** Makes the axis of a series without missing steps.
 *
 *  @param day_of_year   [days] 1 to 366; in a leap year day 60 is 29 February
 *  @param days_in_year  [days] 365 or 366
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status leap_axis_create(enum leap_mode mode, int64_t days, const int32_t *day_of_year,
                             const int32_t *days_in_year, struct leap_axis **axis);
void leap_axis_destroy(struct leap_axis **axis);

/** True where days are points, as with LEAP_NAIVE or without a leap day: nothing is to be moved. */
bool leap_axis_is_plain(const struct leap_axis *axis);

/** Brings a series [days, LANES] to the axis of STL [points, LANES]. A point interpolated from a
 *  missing day is missing. */
void leap_to_points(const struct leap_axis *axis, const double *series, double *points);

/** Brings a trend or seasonal [points, LANES] back to days [days, LANES]. Compute the remainder
 * there, from the observations. */
void leap_to_days(const struct leap_axis *axis, const double *part, double *days);

#endif
