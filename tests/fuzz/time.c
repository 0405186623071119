/* airshed -- GPL-3.0-or-later. Any bytes as a time axis: units, calendar, values, bounds.
 *
 * One line each; the bounds line may be absent. An axis that was made ascends, its dates exist, and
 * gaps that were filled are no gaps. A moment survives the way through its time value.
 */
#include "fuzzing.h"

#include <math.h>

#include "base/calendar.h"
#include "grid/time_axis.h"

enum {
    MOST_VALUES = 256,
    MANY_STEPS = 100000,       /* more take seconds to check */
    TOO_MANY_STEPS = 10000000, /* refused */
    LINE_BYTES = 4096
};

/* ---- the input ------------------------------------------------------------------------------ */

struct lines {
    const uint8_t *at, *end;
};

static void take_line(struct lines *lines, char line[LINE_BYTES])
{
    size_t length = 0;
    for (; lines->at < lines->end && *lines->at != '\n'; lines->at++) {
        if (length + 1 < LINE_BYTES) {
            line[length++] = (char)*lines->at;
        }
    }
    lines->at += lines->at < lines->end;
    line[length] = '\0';
}

static int64_t take_numbers(struct lines *lines, double values[MOST_VALUES])
{
    char line[LINE_BYTES];
    int64_t count = 0;
    take_line(lines, line);
    for (char *at = line, *after; count < MOST_VALUES; at = after) {
        double value = strtod(at, &after);
        if (after == at) {
            break;
        }
        values[count++] = value;
    }
    return count;
}

/* ---- dates ---------------------------------------------------------------------------------- */

static void check_date(enum calendar calendar, const struct calendar_date *date)
{
    must(calendar_date_exists(calendar, date->year, date->month, date->day), "a date exists");
    must(date->seconds >= 0 && date->seconds < 86400, "seconds are of that day");
    int64_t day = calendar_day_number(calendar, date->year, date->month, date->day);
    struct calendar_date again = calendar_date_of_day(calendar, day);
    must(again.year == date->year && again.month == date->month && again.day == date->day,
         "a date is the date of its day number");
    struct calendar_date after = calendar_date_of_day(calendar, day + 1);
    must(calendar_compare(date, &after) < 0, "the next day is later");
    int of_year = calendar_day_of_year(calendar, date);
    must(of_year >= 1 && of_year <= calendar_days_in_year(calendar, date->year),
         "the day of the year is one of that year");
}

/* Seconds from @p a to @p b. */
static double seconds_between(enum calendar calendar, const struct calendar_date *a,
                              const struct calendar_date *b)
{
    int64_t days = calendar_day_number(calendar, b->year, b->month, b->day) -
                   calendar_day_number(calendar, a->year, a->month, a->day);
    return (double)days * 86400 + b->seconds - a->seconds;
}

/* A moment is kept to a millisecond; its value as a double to a part in 2^53 of what it counts. */
static void check_units(const char *text, enum calendar calendar, double value)
{
    struct calendar_units units;
    struct calendar_date date;
    struct calendar_date again;
    char words[CALENDAR_TEXT_BYTES];
    if (!accepts(calendar_units_parse(text, calendar, true, &units))) {
        return;
    }
    must(units.unit_s > 0 && units.epoch_s >= 0 && units.epoch_s < 86400, "units are in range");
    if (!calendar_decode(&units, value, &date)) {
        return;
    }
    check_date(calendar, &date);
    must(strlen(calendar_format_time(&date, words)) >= 19, "a moment has a text");
    double encoded = calendar_encode(&units, &date);
    must(calendar_decode(&units, encoded, &again), "the value of a moment is a moment");
    double error = 0.0011 + 4 * 0x1p-52 * (fabs(encoded) * units.unit_s + 86400);
    must(fabs(seconds_between(calendar, &date, &again)) <= error, "a moment survives its value");
}

/* ---- axes ----------------------------------------------------------------------------------- */

static void check_axis(const struct time_axis *axis)
{
    for (int64_t i = 0; i < axis->steps; i++) {
        struct calendar_date date = time_axis_date(axis, i);
        check_date(axis->calendar, &date);
        must(axis->bounds[2 * i] < axis->bounds[2 * i + 1], "intervals have a length");
        must(i == 0 || axis->value[i] > axis->value[i - 1], "steps ascend");
        must(i == 0 || axis->bounds[2 * i] > axis->bounds[2 * i - 2], "intervals ascend");
    }
    must(isfinite(axis->step_days) && axis->step_days >= 0, "the step is a length or 0");
}

static void fill_gaps(const struct time_axis *axis)
{
    char text[256];
    struct time_axis *filled = NULL;
    int64_t *source = NULL;
    int64_t missing = time_axis_missing(axis, text, sizeof text);
    must((missing > 0) == (text[0] != '\0') && strlen(text) < sizeof text, "gaps are named");
    if (missing > MANY_STEPS && missing < TOO_MANY_STEPS) {
        return;
    }
    if (missing > 0 && accepts(time_axis_fill(axis, &filled, &source))) {
        must(missing < TOO_MANY_STEPS, "an axis that was filled has bounds");
        check_axis(filled);
        must(filled->steps == axis->steps + missing, "each missing step is inserted");
        must(time_axis_missing(filled, text, sizeof text) == 0, "a filled axis misses nothing");
        for (int64_t i = 0, next = 0; i < filled->steps; i++) {
            must(source[i] == -1 || source[i] == next, "the steps keep their order");
            next += source[i] >= 0;
        }
    }
    time_axis_destroy(&filled);
    free(source);
}

static void cut(const struct time_axis *axis, int64_t first, int64_t steps)
{
    struct time_axis *part = NULL;
    char why[256];
    must(time_axis_cut(axis, first, steps, &part) == STATUS_OK, "an axis can be cut");
    check_axis(part);
    must(steps < axis->steps || time_axis_is_equal(axis, part, why, sizeof why),
         "the whole equals the axis");
    time_axis_destroy(&part);
}

static void check_range(const struct time_axis *axis)
{
    int64_t first = 0;
    int64_t steps = 0;
    must(time_axis_range(axis, NULL, NULL, &first, &steps) == STATUS_OK && first == 0 &&
             steps == axis->steps,
         "an open range is the axis");
    if (accepts(time_axis_range(axis, "1990-01-01", "2012-06-30", &first, &steps))) {
        must(first >= 0 && steps > 0 && first + steps <= axis->steps, "a range lies on the axis");
        must(time_axis_date(axis, first).year >= 1990 &&
                 time_axis_date(axis, first + steps - 1).year <= 2012,
             "a range holds its years");
    }
}

static void use_axis(const struct time_axis *axis)
{
    char text[CALENDAR_TEXT_BYTES];
    check_axis(axis);
    must(strlen(time_axis_resolution(axis, text, sizeof text)) < sizeof text, "texts are cut");
    fill_gaps(axis);
    cut(axis, 0, axis->steps);
    cut(axis, axis->steps / 2, axis->steps - axis->steps / 2);
    check_range(axis);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char units[LINE_BYTES];
    char name[LINE_BYTES];
    double values[MOST_VALUES] = {0};
    double bounds[MOST_VALUES] = {0};
    struct time_axis *axis = NULL;
    enum calendar calendar;
    struct lines lines = {bytes, bytes + count};
    take_line(&lines, units);
    take_line(&lines, name);
    int64_t steps = take_numbers(&lines, values);
    bool has_bounds = take_numbers(&lines, bounds) == 2 * steps;

    if (accepts(time_axis_create_values(units, name, steps, values, has_bounds ? bounds : NULL,
                                        &axis))) {
        use_axis(axis);
    }
    if (accepts(calendar_find(name, &calendar))) {
        check_units(units, calendar, values[0]);
    }
    time_axis_destroy(&axis);
    return 0;
}
