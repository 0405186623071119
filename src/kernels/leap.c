/* airshed -- GPL-3.0-or-later. Maps daily series to years of 365 points and back. */
#include "kernels/leap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    COMMON_DAYS = 365,
    LEAP_DAYS = 366,
    LEAP_DAY = 60
};

void leap_axis_destroy(struct leap_axis **axis)
{
    if (*axis != NULL) {
        free((*axis)->point_sources);
        free((*axis)->day_sources);
        free(*axis);
        *axis = NULL;
    }
}

static void add_point(struct leap_axis *axis, int64_t first, double share)
{
    axis->point_sources[axis->points++] = (struct leap_source){.first = first, .share = share};
}

/* ---- leap days taken out ------------------------------------------------------------------ */

/* A leap day that begins or ends the series has one neighbour only. */
static struct leap_source leap_day_source(const struct leap_axis *axis, enum leap_mode mode,
                                          int64_t day)
{
    if (mode == LEAP_DROP || axis->days == 1) {
        return (struct leap_source){.first = -1};
    }
    if (day == 0) {
        return (struct leap_source){.first = 0};
    }
    return (struct leap_source){.first = axis->points - 1, .share = day + 1 < axis->days ? 0.5 : 0};
}

static void take_out(struct leap_axis *axis, enum leap_mode mode, const int32_t *day_of_year,
                     const int32_t *days_in_year)
{
    for (int64_t day = 0; day < axis->days; day++) {
        bool leap = days_in_year[day] == LEAP_DAYS && day_of_year[day] == LEAP_DAY;
        if (leap && mode != LEAP_NAIVE) {
            axis->day_sources[day] = leap_day_source(axis, mode, day);
        } else {
            axis->day_sources[day] = (struct leap_source){.first = axis->points};
            add_point(axis, day, 0);
        }
    }
}

/* ---- leap years squeezed ------------------------------------------------------------------ */

/* Days of one leap year, from index @p first with its first day of the year to the last of @p
 * count. */
static void squeeze_year(struct leap_axis *axis, int64_t first, int64_t count, int32_t first_day)
{
    const double ratio = (double)LEAP_DAYS / COMMON_DAYS;
    double before = 0; /* points of this year that lie before the series */
    int64_t base = axis->points;
    bool begun = false;
    for (int64_t point = 0; point < COMMON_DAYS; point++) {
        double offset = ((double)point + 0.5) * ratio + 0.5 - (double)first_day;
        if (offset < 0 || offset > (double)(count - 1)) {
            before += begun ? 0 : 1;
            continue;
        }
        begun = true;
        double whole = floor(offset);
        add_point(axis, first + (int64_t)whole, offset - whole);
    }
    for (int64_t i = 0; i < count; i++) {
        double place = ((double)(first_day + i) - 0.5) / ratio - 0.5 - before + (double)base;
        axis->day_sources[first + i] =
            (struct leap_source){.first = (int64_t)floor(place), .share = place - floor(place)};
    }
}

/* Beyond the first or last point, by less than one, the end itself. */
static void clamp_days(struct leap_axis *axis)
{
    for (int64_t day = 0; day < axis->days; day++) {
        struct leap_source *source = &axis->day_sources[day];
        if (source->first < 0) {
            *source = (struct leap_source){.first = axis->points > 0 ? 0 : -1};
        } else if (source->first >= axis->points - 1) {
            *source = (struct leap_source){.first = axis->points - 1};
        }
    }
}

static void squeeze(struct leap_axis *axis, const int32_t *day_of_year, const int32_t *days_in_year)
{
    int64_t day = 0;
    while (day < axis->days) {
        if (days_in_year[day] != LEAP_DAYS) {
            axis->day_sources[day] = (struct leap_source){.first = axis->points};
            add_point(axis, day, 0);
            day++;
            continue;
        }
        int64_t count = LEAP_DAYS - day_of_year[day] + 1;
        count = count < axis->days - day ? count : axis->days - day;
        squeeze_year(axis, day, count, day_of_year[day]);
        day += count;
    }
    clamp_days(axis);
}

enum status leap_axis_create(enum leap_mode mode, int64_t days, const int32_t *day_of_year,
                             const int32_t *days_in_year, struct leap_axis **out)
{
    enum status status = STATUS_OK;
    struct leap_axis *axis = NULL;
    *out = NULL;
    TRY(memory_allocate(1, sizeof *axis, &axis));
    axis->days = days;
    TRY(memory_allocate((size_t)days, sizeof *axis->point_sources, &axis->point_sources));
    TRY(memory_allocate((size_t)days, sizeof *axis->day_sources, &axis->day_sources));
    if (mode == LEAP_INTERPOLATE) {
        squeeze(axis, day_of_year, days_in_year);
    } else {
        take_out(axis, mode, day_of_year, days_in_year);
    }
    *out = axis;
    axis = NULL;
done:
    leap_axis_destroy(&axis);
    return status;
}

bool leap_axis_is_plain(const struct leap_axis *axis)
{
    bool is_plain = axis->days == axis->points;
    for (int64_t i = 0; i < axis->days && is_plain; i++) {
        const struct leap_source *point = &axis->point_sources[i], *day = &axis->day_sources[i];
        is_plain = point->first == i && point->share == 0 && day->first == i && day->share == 0;
    }
    return is_plain;
}

/* ---- series ------------------------------------------------------------------------------- */

static void resample(const struct leap_source *sources, int64_t count, const double *from,
                     double *to)
{
    for (int64_t i = 0; i < count; i++) {
        const struct leap_source source = sources[i];
        const double *first = from + source.first * LANES;
        double *row = to + i * LANES;
        if (source.first >= 0 && source.share == 0) {
            memcpy(row, first, LANES * sizeof *row);
            continue;
        }
        for (int lane = 0; lane < LANES; lane++) {
            row[lane] = source.first < 0 ? (double)NAN
                                         : (1 - source.share) * first[lane] +
                                               source.share * first[LANES + lane];
        }
    }
}

void leap_to_points(const struct leap_axis *axis, const double *series, double *points)
{
    resample(axis->point_sources, axis->points, series, points);
}

void leap_to_days(const struct leap_axis *axis, const double *part, double *days)
{
    resample(axis->day_sources, axis->days, part, days);
}
