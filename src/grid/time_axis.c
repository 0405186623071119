/* airshed -- GPL-3.0-or-later. The steps of a cube as CF dates. */
#include "grid/time_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Files keep days and fractions of days in doubles and floats: a second is the same moment. */
static const double second_days = 1.0 / 86400;

/* Steps of a filled axis: hours of a thousand years. */
enum {
    MOST_FILLED = 10000000
};

/* What follows what on an axis. */
enum step_kind {
    STEPS_UNEVEN,
    STEPS_EQUAL,
    STEPS_MONTHS,
    STEPS_YEARS
};

/* ---- moments -------------------------------------------------------------------------------- */

static int64_t epoch_day(const struct time_axis *axis)
{
    return calendar_day_number(axis->calendar, axis->epoch_year, 1, 1);
}

static double moment(const struct time_axis *axis, const struct calendar_date *date)
{
    int64_t day = calendar_day_number(axis->calendar, date->year, date->month, date->day);
    return (double)(day - epoch_day(axis)) + date->seconds / 86400;
}

/* True where the year after -1 is 1. */
static bool lacks_year_zero(const struct time_axis *axis)
{
    return !calendar_date_exists(axis->calendar, 0, 1, 1);
}

/* Years as numbers that follow one another. */
static int count_years(const struct time_axis *axis, int year)
{
    return year + (year < 0 && lacks_year_zero(axis));
}

static double first_of_month(const struct time_axis *axis, int year, int month)
{
    int years = count_years(axis, year) + (month - 1) / 12;
    const struct calendar_date date = {.year = years - (years <= 0 && lacks_year_zero(axis)),
                                       .month = (month - 1) % 12 + 1,
                                       .day = 1};
    return moment(axis, &date);
}

static struct calendar_date date_of(const struct time_axis *axis, double days)
{
    double whole = floor(days + 0.0005 / 86400);
    double seconds = round((days - whole) * 86400 * 1000) / 1000;
    struct calendar_date date =
        calendar_date_of_day(axis->calendar, epoch_day(axis) + (int64_t)whole);
    date.seconds = seconds > 0 ? seconds : 0;
    return date;
}

struct calendar_date time_axis_date(const struct time_axis *axis, int64_t step)
{
    return date_of(axis, axis->value[step]);
}

/* A date, with its time of day where there is one. */
static const char *describe(const struct calendar_date *date, char text[static CALENDAR_TEXT_BYTES])
{
    return date->seconds == 0 ? calendar_format_date(date, text) : calendar_format_time(date, text);
}

/* ---- creation ------------------------------------------------------------------------------- */

static enum status allocate(enum calendar calendar, int64_t steps, int epoch_year,
                            struct time_axis **axis)
{
    enum status status;
    struct time_axis *made = NULL;
    *axis = NULL;
    FAIL_IF(steps < 1, STATUS_DATA, "the time axis has no steps");
    TRY(memory_allocate(1, sizeof *made, &made));
    made->steps = steps;
    made->calendar = calendar;
    made->epoch_year = epoch_year;
    TRY(memory_allocate((size_t)steps, sizeof(double), &made->value));
    TRY(memory_allocate(2 * (size_t)steps, sizeof(double), &made->bounds));
    *axis = made;
    made = NULL;
done:
    time_axis_destroy(&made);
    return status;
}

void time_axis_destroy(struct time_axis **axis)
{
    if (*axis != NULL) {
        free((*axis)->value);
        free((*axis)->bounds);
        free(*axis);
        *axis = NULL;
    }
}

static double smallest_step(const struct time_axis *axis)
{
    double smallest = INFINITY;
    for (int64_t i = 1; i < axis->steps; i++) {
        smallest = fmin(smallest, axis->value[i] - axis->value[i - 1]);
    }
    return smallest;
}

/* Length of which every step is a multiple, or 0. */
static double common_step(const struct time_axis *axis)
{
    double smallest = smallest_step(axis);
    double whole = round(smallest * 86400 * 1000) / (86400 * 1000.0);
    for (int64_t i = 1; i < axis->steps; i++) {
        double times = (axis->value[i] - axis->value[0]) / whole;
        if (!(fabs(times - round(times)) * whole <= second_days)) {
            return 0;
        }
    }
    return axis->steps > 1 ? whole : axis->bounds[1] - axis->bounds[0];
}

/* ---- what a stamp stands for ---------------------------------------------------------------- */

static bool steps_are_days(const struct time_axis *axis)
{
    return axis->steps == 1 || fabs(common_step(axis) - 1) <= second_days;
}

/* True where each stamp lies in a month of its own, at about the same day. */
static bool steps_are_months(const struct time_axis *axis)
{
    double smallest = smallest_step(axis);
    int first_day = time_axis_date(axis, 0).day;
    if (smallest < 27.9 || smallest > 31.1) {
        return false;
    }
    int before = -1;
    for (int64_t i = 0; i < axis->steps; i++) {
        struct calendar_date date = time_axis_date(axis, i);
        int month = date.year * 12 + date.month;
        if (month == before || abs(date.day - first_day) > 3) {
            return false;
        }
        before = month;
    }
    return true;
}

/* True where each stamp is the first or the middle of a year of its own. */
static bool steps_are_years(const struct time_axis *axis)
{
    double smallest = smallest_step(axis);
    struct calendar_date first = time_axis_date(axis, 0);
    bool is_start = first.month == 1 && first.day == 1;
    bool is_middle = (first.month == 7 && first.day <= 3) || (first.month == 6 && first.day >= 29);
    if (smallest < 353 || smallest > 367 || !(is_start || is_middle)) {
        return false;
    }
    for (int64_t i = 1; i < axis->steps; i++) {
        struct calendar_date date = time_axis_date(axis, i);
        if (is_start ? date.month != 1 || date.day != 1 : date.month < 6 || date.month > 7) {
            return false;
        }
    }
    return true;
}

static void take_days(struct time_axis *axis)
{
    for (int64_t i = 0; i < axis->steps; i++) {
        axis->value[i] = floor(axis->value[i] + second_days / 2);
        axis->bounds[2 * i] = axis->value[i];
        axis->bounds[2 * i + 1] = axis->value[i] + 1;
    }
}

static void take_months(struct time_axis *axis, int months)
{
    for (int64_t i = 0; i < axis->steps; i++) {
        struct calendar_date date = time_axis_date(axis, i);
        int month = months == 12 ? 1 : date.month;
        axis->value[i] = first_of_month(axis, date.year, month);
        axis->bounds[2 * i] = axis->value[i];
        axis->bounds[2 * i + 1] = first_of_month(axis, date.year, month + months);
    }
}

static void take_as_given(struct time_axis *axis)
{
    int64_t last = axis->steps - 1;
    for (int64_t i = 0; i <= last; i++) {
        axis->bounds[2 * i] = axis->value[i];
        axis->bounds[2 * i + 1] =
            i < last ? axis->value[i + 1] : 2 * axis->value[last] - axis->value[last - 1];
    }
}

static void guess_bounds(struct time_axis *axis)
{
    if (steps_are_days(axis)) {
        take_days(axis);
    } else if (steps_are_months(axis)) {
        take_months(axis, 1);
    } else if (steps_are_years(axis)) {
        take_months(axis, 12);
    } else {
        take_as_given(axis);
    }
}

/* Takes the bounds where they are sound: each holds its stamp, and their starts ascend. */
static bool use_bounds(struct time_axis *axis, const struct calendar_date *bounds)
{
    for (int64_t i = 0; i < axis->steps; i++) {
        double start = moment(axis, &bounds[2 * i]);
        double end = moment(axis, &bounds[2 * i + 1]);
        bool ascends = i == 0 || start > axis->bounds[2 * i - 2];
        if (!(start < end && start <= axis->value[i] + second_days &&
              axis->value[i] <= end + second_days && ascends)) {
            return false;
        }
        axis->bounds[2 * i] = start;
        axis->bounds[2 * i + 1] = end;
    }
    for (int64_t i = 0; i < axis->steps; i++) {
        axis->value[i] = axis->bounds[2 * i];
    }
    return true;
}

static enum status check_order(const struct time_axis *axis)
{
    char first[CALENDAR_TEXT_BYTES];
    char second[CALENDAR_TEXT_BYTES];
    for (int64_t i = 1; i < axis->steps; i++) {
        double step = axis->value[i] - axis->value[i - 1];
        if (!(step > second_days / 2)) {
            struct calendar_date before = time_axis_date(axis, i - 1);
            struct calendar_date after = time_axis_date(axis, i);
            return failure_record(STATUS_DATA, __FILE__, __LINE__,
                                  "the time axis is not in order: %s %s %s (step %lld); sort the "
                                  "steps and remove repeated ones",
                                  describe(&after, second),
                                  fabs(step) <= second_days / 2 ? "repeats" : "follows",
                                  describe(&before, first), (long long)i);
        }
    }
    return STATUS_OK;
}

enum status time_axis_create_dates(enum calendar calendar, int64_t steps,
                                   const struct calendar_date *stamp,
                                   const struct calendar_date *bounds, struct time_axis **axis)
{
    enum status status;
    struct time_axis *made = NULL;
    *axis = NULL;
    TRY(allocate(calendar, steps, steps > 0 ? stamp[0].year : 0, &made));
    for (int64_t i = 0; i < steps; i++) {
        made->value[i] = moment(made, &stamp[i]);
    }
    TRY(check_order(made));
    if (bounds == NULL || !use_bounds(made, bounds)) {
        guess_bounds(made);
    }
    made->step_days = common_step(made);
    *axis = made;
    made = NULL;
done:
    time_axis_destroy(&made);
    return status;
}

enum status time_axis_create_values(const char *units, const char *calendar_name, int64_t steps,
                                    const double *value, const double *bounds,
                                    struct time_axis **axis)
{
    enum status status;
    enum calendar calendar;
    struct calendar_units parsed;
    struct calendar_date *stamp = NULL;
    struct calendar_date *ends = NULL;
    *axis = NULL;
    TRY(calendar_find(calendar_name, &calendar));
    TRY(calendar_units_parse(units, calendar, false, &parsed));
    TRY(memory_allocate((size_t)steps, sizeof *stamp, &stamp));
    TRY(memory_allocate(2 * (size_t)steps, sizeof *ends, &ends));
    for (int64_t i = 0; i < steps; i++) {
        FAIL_IF(!calendar_decode(&parsed, value[i], &stamp[i]), STATUS_DATA,
                "time step %lld has the value %g, which is no date", (long long)i, value[i]);
    }
    for (int64_t i = 0; i < 2 * steps && bounds != NULL; i++) {
        if (!calendar_decode(&parsed, bounds[i], &ends[i])) {
            bounds = NULL;
        }
    }
    TRY(time_axis_create_dates(calendar, steps, stamp, bounds != NULL ? ends : NULL, axis));
done:
    free(stamp);
    free(ends);
    return status;
}

enum status time_axis_create_daily(enum calendar calendar, int year, int month, int day,
                                   int64_t steps, struct time_axis **axis)
{
    enum status status;
    struct time_axis *made = NULL;
    const struct calendar_date first = {.year = year, .month = month, .day = day};
    *axis = NULL;
    FAIL_IF(!calendar_date_exists(calendar, year, month, day), STATUS_DATA,
            "%04d-%02d-%02d does not exist in the calendar '%s'", year, month, day,
            calendar_name(calendar));
    TRY(allocate(calendar, steps, year, &made));
    for (int64_t i = 0; i < steps; i++) {
        made->value[i] = moment(made, &first) + (double)i;
    }
    take_days(made);
    made->step_days = 1;
    *axis = made;
    made = NULL;
done:
    time_axis_destroy(&made);
    return status;
}

enum status time_axis_cut(const struct time_axis *axis, int64_t first, int64_t steps,
                          struct time_axis **part)
{
    enum status status;
    struct time_axis *made = NULL;
    *part = NULL;
    FAIL_IF(first < 0 || steps > axis->steps - first, STATUS_FAILED,
            "steps %lld to %lld lie outside the time axis", (long long)first,
            (long long)(first + steps));
    TRY(allocate(axis->calendar, steps, axis->epoch_year, &made));
    memcpy(made->value, axis->value + first, (size_t)steps * sizeof(double));
    memcpy(made->bounds, axis->bounds + 2 * first, 2 * (size_t)steps * sizeof(double));
    made->step_days = steps == axis->steps ? axis->step_days : common_step(made);
    *part = made;
    made = NULL;
done:
    time_axis_destroy(&made);
    return status;
}

/* ---- questions ------------------------------------------------------------------------------ */

bool time_axis_is_equal(const struct time_axis *first, const struct time_axis *second, char *why,
                        int why_bytes)
{
    char texts[2][CALENDAR_TEXT_BYTES];
    if (first->steps != second->steps) {
        snprintf(why, (size_t)why_bytes, "%lld steps against %lld", (long long)first->steps,
                 (long long)second->steps);
        return false;
    }
    for (int64_t i = 0; i < first->steps; i++) {
        struct calendar_date a = time_axis_date(first, i);
        struct calendar_date b = time_axis_date(second, i);
        bool is_same_day = a.year == b.year && a.month == b.month && a.day == b.day;
        if (!is_same_day || fabs(a.seconds - b.seconds) > 1) {
            snprintf(why, (size_t)why_bytes, "step %lld is %s against %s", (long long)i,
                     describe(&a, texts[0]), describe(&b, texts[1]));
            return false;
        }
    }
    return true;
}

const char *time_axis_text(const struct time_axis *axis, double days, char *text, int text_bytes)
{
    char words[CALENDAR_TEXT_BYTES];
    struct calendar_date date = date_of(axis, days);
    snprintf(text, (size_t)text_bytes, "%sZ", calendar_format_time(&date, words));
    return text;
}

/* True where each interval is @p months calendar months from the first of one. */
static bool intervals_are_months(const struct time_axis *axis, int months)
{
    for (int64_t i = 0; i < axis->steps; i++) {
        struct calendar_date start = time_axis_date(axis, i);
        bool is_start = start.day == 1 && start.seconds == 0 && (months == 1 || start.month == 1);
        double end = first_of_month(axis, start.year, start.month + months);
        if (!is_start || fabs(axis->bounds[2 * i + 1] - end) > second_days) {
            return false;
        }
    }
    return true;
}

static enum step_kind kind_of(const struct time_axis *axis)
{
    if (intervals_are_months(axis, 1)) {
        return STEPS_MONTHS;
    }
    if (intervals_are_months(axis, 12)) {
        return STEPS_YEARS;
    }
    return axis->step_days > 0 ? STEPS_EQUAL : STEPS_UNEVEN;
}

const char *time_axis_resolution(const struct time_axis *axis, char *text, int text_bytes)
{
    size_t bytes = (size_t)text_bytes;
    enum step_kind kind = kind_of(axis);
    double seconds = round(axis->step_days * 86400);
    if (kind == STEPS_MONTHS || kind == STEPS_YEARS) {
        snprintf(text, bytes, kind == STEPS_MONTHS ? "P1M" : "P1Y");
    } else if (kind == STEPS_UNEVEN) {
        snprintf(text, bytes, "%s", "");
    } else if (fmod(seconds, 86400) == 0) {
        snprintf(text, bytes, "P%.0fD", seconds / 86400);
    } else if (fmod(seconds, 3600) == 0) {
        snprintf(text, bytes, "PT%.0fH", seconds / 3600);
    } else {
        snprintf(text, bytes, "PT%.0fS", seconds);
    }
    return text;
}

static enum status parse_limit(const struct time_axis *axis, const char *text, const char *option,
                               double *days)
{
    struct calendar_date date;
    enum status status = calendar_parse_date(axis->calendar, text, &date);
    if (status != STATUS_OK) {
        failure_prefix("%s", option);
        return status;
    }
    *days = moment(axis, &date);
    return STATUS_OK;
}

enum status time_axis_range(const struct time_axis *axis, const char *from, const char *to,
                            int64_t *first, int64_t *steps)
{
    enum status status = STATUS_OK;
    char texts[2][CALENDAR_TEXT_BYTES];
    double low = -INFINITY;
    double high = INFINITY;
    if (from != NULL) {
        TRY(parse_limit(axis, from, "--from", &low));
    }
    if (to != NULL) {
        TRY(parse_limit(axis, to, "--to", &high));
        high += 1;
    }
    int64_t start = 0;
    while (start < axis->steps && axis->value[start] < low - second_days / 2) {
        start++;
    }
    int64_t end = start;
    while (end < axis->steps && axis->value[end] < high - second_days / 2) {
        end++;
    }
    struct calendar_date begins = time_axis_date(axis, 0);
    struct calendar_date ends = time_axis_date(axis, axis->steps - 1);
    FAIL_IF(end == start, STATUS_USAGE,
            "--from %s --to %s holds no step: the data run from %s to %s",
            from != NULL ? from : "(open)", to != NULL ? to : "(open)", describe(&begins, texts[0]),
            describe(&ends, texts[1]));
    *first = start;
    *steps = end - start;
done:
    return status;
}

/* ---- gaps ----------------------------------------------------------------------------------- */

/* Place of a step in the row of all steps without gaps, counted from the first. */
static int64_t place_of(const struct time_axis *axis, enum step_kind kind, int64_t step)
{
    struct calendar_date first = time_axis_date(axis, 0);
    struct calendar_date date = time_axis_date(axis, step);
    int years = count_years(axis, date.year) - count_years(axis, first.year);
    switch (kind) {
    case STEPS_EQUAL:
        return llround((axis->value[step] - axis->value[0]) / axis->step_days);
    case STEPS_MONTHS:
        return (int64_t)years * 12 + date.month - first.month;
    case STEPS_YEARS:
        return years;
    case STEPS_UNEVEN:
        break;
    }
    return step;
}

/* Start of the step at @p place. */
static double start_of(const struct time_axis *axis, enum step_kind kind, int64_t place)
{
    struct calendar_date first = time_axis_date(axis, 0);
    if (kind == STEPS_EQUAL) {
        return axis->value[0] + (double)place * axis->step_days;
    }
    int months = (int)place * (kind == STEPS_YEARS ? 12 : 1);
    return first_of_month(axis, first.year, first.month + months);
}

int64_t time_axis_missing(const struct time_axis *axis, char *text, int text_bytes)
{
    enum {
        SHOWN = 5
    };
    enum step_kind kind = kind_of(axis);
    int64_t missing = 0;
    int used = 0;
    char words[CALENDAR_TEXT_BYTES];
    text[0] = '\0';
    for (int64_t i = 1; i < axis->steps; i++) {
        int64_t place = place_of(axis, kind, i - 1) + 1;
        int64_t after = place_of(axis, kind, i);
        for (; place < after && missing < SHOWN; place++, missing++) {
            struct calendar_date date = date_of(axis, start_of(axis, kind, place));
            if (used < text_bytes) {
                used += snprintf(text + used, (size_t)(text_bytes - used), "%s%s",
                                 missing > 0 ? ", " : "", describe(&date, words));
            }
        }
        missing += after - place; /* one wrong date can leave more gaps than can be counted out */
    }
    if (missing > SHOWN && used < text_bytes) {
        snprintf(text + used, (size_t)(text_bytes - used), " and %lld more",
                 (long long)(missing - SHOWN));
    }
    return missing;
}

enum status time_axis_fill(const struct time_axis *axis, struct time_axis **filled,
                           int64_t **source)
{
    enum status status;
    struct time_axis *made = NULL;
    enum step_kind kind = kind_of(axis);
    int64_t places = place_of(axis, kind, axis->steps - 1) + 1;
    char texts[2][CALENDAR_TEXT_BYTES];
    *filled = NULL;
    *source = NULL;
    struct calendar_date begins = time_axis_date(axis, 0);
    struct calendar_date ends = time_axis_date(axis, axis->steps - 1);
    FAIL_IF(places > MOST_FILLED, STATUS_DATA,
            "the time axis would have %lld steps without gaps, from %s to %s: is a date wrong?",
            (long long)places, describe(&begins, texts[0]), describe(&ends, texts[1]));
    TRY(allocate(axis->calendar, places, axis->epoch_year, &made));
    TRY(memory_allocate((size_t)places, sizeof **source, source));
    for (int64_t place = 0; place < places && kind != STEPS_UNEVEN; place++) {
        (*source)[place] = -1;
        made->value[place] = made->bounds[2 * place] = start_of(axis, kind, place);
        made->bounds[2 * place + 1] = start_of(axis, kind, place + 1);
    }
    for (int64_t i = 0; i < axis->steps; i++) {
        int64_t place = place_of(axis, kind, i);
        (*source)[place] = i;
        made->value[place] = axis->value[i];
        memcpy(made->bounds + 2 * place, axis->bounds + 2 * i, 2 * sizeof(double));
    }
    made->step_days = axis->step_days;
    *filled = made;
    made = NULL;
done:
    time_axis_destroy(&made);
    if (status != STATUS_OK) {
        free(*source);
        *source = NULL;
    }
    return status;
}
