/* airshed -- GPL-3.0-or-later. Steps that are averaged into years, months or themselves. */
#include "step_groups.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

double step_groups_days_per_year(enum calendar calendar)
{
    switch (calendar) {
    case CALENDAR_NOLEAP:
        return 365.0;
    case CALENDAR_ALL_LEAP:
        return 366.0;
    case CALENDAR_360_DAY:
        return 360.0;
    case CALENDAR_JULIAN:
        return 365.25;
    case CALENDAR_STANDARD:
    case CALENDAR_PROLEPTIC_GREGORIAN:
        break;
    }
    return 365.2425;
}

/* Number of the year or month that a step belongs to, counted without gaps. */
static int64_t period_number(const struct time_axis *axis, int64_t step, char by)
{
    struct calendar_date date = time_axis_date(axis, step);
    return by == 'y' ? date.year : (int64_t)date.year * 12 + date.month - 1;
}

static double period_days(const struct time_axis *axis, int64_t step, char by)
{
    struct calendar_date date = time_axis_date(axis, step);
    return by == 'y' ? calendar_days_in_year(axis->calendar, date.year)
                     : calendar_days_in_month(axis->calendar, date.year, date.month);
}

enum status step_groups_create(const struct time_axis *axis, char by, struct step_groups *groups)
{
    enum status status;
    double days_per_year = step_groups_days_per_year(axis->calendar);
    TRY(memory_allocate((size_t)axis->steps, sizeof *groups->group, &groups->group));
    TRY(memory_allocate((size_t)axis->steps, sizeof *groups->expected, &groups->expected));
    TRY(memory_allocate((size_t)axis->steps, sizeof *groups->time, &groups->time));
    int64_t first = by == 'd' ? 0 : period_number(axis, 0, by);
    int64_t last = INT64_MIN;
    groups->count = 0;
    for (int64_t step = 0; step < axis->steps; step++) {
        int64_t number = by == 'd' ? step : period_number(axis, step, by);
        if (number != last) {
            groups->time[groups->count++] =
                by == 'd'   ? (axis->value[step] - axis->value[0]) / days_per_year
                : by == 'y' ? (double)(number - first)
                            : (double)(number - first) / 12.0;
            last = number;
        }
        groups->group[step] = groups->count - 1;
        if (axis->step_days > 0 && by != 'd') {
            groups->expected[groups->count - 1] = period_days(axis, step, by) / axis->step_days;
        } else {
            groups->expected[groups->count - 1]++;
        }
    }
done:
    return status;
}

void step_groups_clear(struct step_groups *groups)
{
    free(groups->group);
    free(groups->expected);
    free(groups->time);
    *groups = (struct step_groups){0};
}

void step_groups_means(const struct step_groups *groups, double min_valid, const float *series,
                       int64_t steps, int64_t stride, double *means)
{
    int64_t step = 0;
    for (int64_t group = 0; group < groups->count; group++) {
        double sum = 0;
        int64_t valid = 0;
        for (; step < steps && groups->group[step] == group; step++) {
            double value = (double)series[step * stride];
            if (!isnan(value)) {
                sum += value;
                valid++;
            }
        }
        bool is_enough = valid > 0 && (double)valid >= min_valid * groups->expected[group];
        means[group] = is_enough ? sum / (double)valid : NAN;
    }
}
