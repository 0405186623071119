/* airshed -- GPL-3.0-or-later. Years, seasons, months and days of a series (P2.55). */
#include "periods.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct option_spec periods_options[] = {
    {.name = "by",
     .kind = OPTION_LIST,
     .argument = "PERIOD,...",
     .choices = PERIODS_CHOICES,
     .fallback = "year,season",
     .help = "Periods to sum up: years, seasons (MAM, JJA, SON, DJF), months, days (each step), or "
             "all steps together. A map without time has only `all`.",
     .group = "Periods"},
    {.name = NULL},
};

const struct option_spec periods_december_options[] = {
    {.name = "december",
     .kind = OPTION_CHOICE,
     .choices = "following|calendar",
     .fallback = "following",
     .help =
         "Year that December's winter belongs to: the following year, so that a winter is in one "
         "piece, or the calendar year.",
     .group = "Periods"},
    {.name = NULL},
};

const struct option_spec periods_window_options[] = {
    {.name = "window",
     .kind = OPTION_TEXT,
     .argument = "NAME=FROM/TO",
     .flags = OPTION_REPEATABLE,
     .help = "Also sum up the days from FROM to TO (YYYY-MM-DD, both counted) under this name; repeat "
             "it. Changes are those since the first window.",
     .group = "Periods"},
    {.name = NULL},
};

enum {
    WINDOW_BYTES = PERIOD_LABEL_BYTES + 2 * CALENDAR_TEXT_BYTES
};

static const char *const kind_names[PERIOD_KINDS] = {"year", "season", "month",
                                                     "day",  "all",    "window"};

const char *period_kind_name(enum period_kind kind)
{
    return kind_names[kind];
}

/* Words of CF's flag_meanings; letters beyond ASCII stay. */
static void label_window(const char *window, char label[PERIOD_LABEL_BYTES])
{
    snprintf(label, PERIOD_LABEL_BYTES, "%s", window);
    for (char *byte = label; *byte != '\0'; byte++) {
        bool is_kept = isalnum((unsigned char)*byte) || strchr("_-.+@", *byte) != NULL;
        *byte = is_kept || (unsigned char)*byte > 127 ? *byte : '_';
    }
}

const char *period_label(const struct period *period, char label[PERIOD_LABEL_BYTES])
{
    switch (period->kind) {
    case PERIOD_YEAR:
        snprintf(label, PERIOD_LABEL_BYTES, "%04d", period->year);
        break;
    case PERIOD_SEASON:
        snprintf(label, PERIOD_LABEL_BYTES, "%04d-%s", period->year,
                 calendar_season_name(period->season));
        break;
    case PERIOD_MONTH:
        snprintf(label, PERIOD_LABEL_BYTES, "%04d-%02d", period->year, period->month);
        break;
    case PERIOD_DAY:
        snprintf(label, PERIOD_LABEL_BYTES, "%s", period->date);
        break;
    case PERIOD_WINDOW:
        label_window(period->window, label);
        break;
    case PERIOD_ALL:
    case PERIOD_KINDS:
        snprintf(label, PERIOD_LABEL_BYTES, "all");
        break;
    }
    return label;
}

static enum period_kind find_kind(const char *name)
{
    int kind = 0;
    while (kind < PERIOD_ALL && strcmp(kind_names[kind], name) != 0) {
        kind++;
    }
    return (enum period_kind)kind;
}

/* The period of kind @p kind that @p date lies in, without its steps. */
static struct period period_at(const struct periods *periods, enum period_kind kind,
                               const struct calendar_date *date)
{
    struct period period = {.kind = kind, .year = date->year, .month = date->month};
    if (kind == PERIOD_SEASON) {
        period.season = calendar_season(date->month);
        period.year = calendar_season_year(date->year, date->month, periods->calendar_december);
    }
    return period;
}

bool period_holds(const struct periods *periods, const struct period *period, int64_t step)
{
    if (period->kind == PERIOD_ALL) {
        return true;
    }
    if (period->kind == PERIOD_WINDOW) {
        return step >= period->first && step <= period->last;
    }
    struct period own = period_at(periods, period->kind, &periods->date[step]);
    switch (period->kind) {
    case PERIOD_YEAR:
        return own.year == period->year;
    case PERIOD_SEASON:
        return own.year == period->year && own.season == period->season;
    case PERIOD_MONTH:
        return own.year == period->year && own.month == period->month;
    case PERIOD_DAY:
        return step == period->first;
    case PERIOD_ALL:
    case PERIOD_WINDOW:
    case PERIOD_KINDS:
        break;
    }
    return true;
}

/* Room for @p more periods. */
static enum status make_room(struct periods *periods, int64_t more)
{
    enum status status;
    struct period *larger = NULL;
    TRY(memory_allocate((size_t)(periods->count + more), sizeof *larger, &larger));
    if (periods->count > 0) {
        memcpy(larger, periods->period, (size_t)periods->count * sizeof *larger);
    }
    free(periods->period);
    periods->period = larger;
done:
    return status;
}

/* The period of @p step among those from @p begin on; a new one where there is none yet. Only a
 * winter by calendar years is not the last one: four seasons lie between its two parts. */
static struct period *find_period(struct periods *periods, int64_t begin, enum period_kind kind,
                                  int64_t step)
{
    for (int64_t i = periods->count - 1; i >= begin && i >= periods->count - 5; i--) {
        if (period_holds(periods, &periods->period[i], step)) {
            return &periods->period[i];
        }
    }
    struct period *fresh = &periods->period[periods->count++];
    *fresh = period_at(periods, kind, &periods->date[step]);
    fresh->first = step;
    fresh->has_date = true;
    calendar_format_date(&periods->date[step], fresh->date);
    return fresh;
}

static enum status add_kind(struct periods *periods, enum period_kind kind)
{
    enum status status;
    int64_t begin = periods->count;
    TRY(make_room(periods, periods->steps));
    for (int64_t step = 0; step < periods->steps; step++) {
        struct period *period = find_period(periods, begin, kind, step);
        period->last = step;
        period->steps++;
    }
done:
    return status;
}

static enum status add_map(struct periods *periods, const struct options *options)
{
    enum status status = STATUS_OK;
    bool is_all =
        option_count(options, "by") == 1 && strcmp(option_item(options, "by", 0), "all") == 0;
    FAIL_IF(option_is_set(options, "by") && !is_all, STATUS_USAGE,
            "--by %s: the input is a map without time, which has only --by all",
            option_item(options, "by", 0));
    TRY(make_room(periods, 1));
    periods->period[periods->count++] = (struct period){.kind = PERIOD_ALL, .steps = 1};
done:
    return status;
}

static enum status add_series(struct periods *periods, const struct options *options,
                              const struct time_axis *time)
{
    enum status status;
    bool is_there[PERIOD_KINDS] = {false};
    TRY(memory_allocate((size_t)time->steps, sizeof *periods->date, &periods->date));
    periods->steps = time->steps;
    for (int64_t step = 0; step < time->steps; step++) {
        periods->date[step] = time_axis_date(time, step);
    }
    for (size_t i = 0; i < option_count(options, "by"); i++) {
        enum period_kind kind = find_kind(option_item(options, "by", i));
        if (!is_there[kind]) {
            TRY(add_kind(periods, kind));
        }
        is_there[kind] = true;
    }
done:
    return status;
}

enum status periods_create(const struct options *options, const struct time_axis *time,
                           struct periods **out)
{
    enum status status;
    struct periods *periods = NULL;
    TRY(memory_allocate(1, sizeof *periods, &periods));
    periods->calendar_december = strcmp(option_text(options, "december"), "calendar") == 0;
    TRY(time != NULL ? add_series(periods, options, time) : add_map(periods, options));
    *out = periods;
    periods = NULL;
done:
    periods_destroy(&periods);
    return status;
}

/* ---- windows ------------------------------------------------------------------------------ */

/* Takes "NAME=FROM/TO" apart: @p text becomes the name. */
static enum status take_apart(char *text, const char **from, const char **to)
{
    enum status status = STATUS_OK;
    char *equals = strrchr(text, '='), *slash = strrchr(text, '/');
    bool is_whole = equals != NULL && equals > text && slash != NULL && slash > equals;
    FAIL_IF(!is_whole, STATUS_USAGE,
            "--window %s: write it as NAME=FROM/TO with dates, such as "
            "\"winter=2016-11-01/2017-03-31\"",
            text);
    *equals = '\0';
    *slash = '\0';
    *from = equals + 1;
    *to = slash + 1;
    FAIL_IF(strlen(text) >= PERIOD_LABEL_BYTES, STATUS_USAGE,
            "--window %s: the name is longer than %d bytes", text, PERIOD_LABEL_BYTES - 1);
done:
    return status;
}

static enum status add_window(struct periods *periods, const struct time_axis *time,
                              const char *text)
{
    enum status status;
    char window[WINDOW_BYTES], label[PERIOD_LABEL_BYTES], other[PERIOD_LABEL_BYTES];
    const char *from = NULL, *to = NULL;
    struct period *fresh = &periods->period[periods->count];
    FAIL_IF(strlen(text) >= sizeof window, STATUS_USAGE, "--window %s: is too long", text);
    snprintf(window, sizeof window, "%s", text);
    TRY(take_apart(window, &from, &to));
    label_window(window, label);
    for (size_t i = 0; i < periods->windows.count; i++) {
        label_window(periods->windows.items[i], other);
        FAIL_IF(strcmp(other, label) == 0, STATUS_USAGE,
                "--window %s: stands twice, if only with other signs between the letters", window);
    }
    *fresh = (struct period){.kind = PERIOD_WINDOW, .has_date = true};
    status = time_axis_range(time, from, to, &fresh->first, &fresh->steps);
    if (status != STATUS_OK) {
        failure_prefix("--window %s", window);
        goto done;
    }
    TRY(text_list_add(&periods->windows, window));
    fresh->last = fresh->first + fresh->steps - 1;
    fresh->window = periods->windows.items[periods->windows.count - 1];
    calendar_format_date(&periods->date[fresh->first], fresh->date);
    periods->count++;
done:
    return status;
}

enum status periods_add_windows(struct periods *periods, const struct options *options,
                                const struct time_axis *time)
{
    enum status status = STATUS_OK;
    size_t count = option_count(options, "window");
    FAIL_IF(count > 0 && time == NULL, STATUS_USAGE,
            "--window %s: the input is a map without time", option_item(options, "window", 0));
    TRY(make_room(periods, (int64_t)count));
    for (size_t i = 0; i < count; i++) {
        TRY(add_window(periods, time, option_item(options, "window", i)));
    }
done:
    return status;
}

enum status periods_add_all(struct periods *periods)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < periods->count; i++) {
        if (periods->period[i].kind == PERIOD_ALL) {
            goto done;
        }
    }
    TRY(add_kind(periods, PERIOD_ALL));
done:
    return status;
}

void periods_destroy(struct periods **periods)
{
    if (*periods == NULL) {
        return;
    }
    free((*periods)->period);
    free((*periods)->date);
    text_list_clear(&(*periods)->windows);
    free(*periods);
    *periods = NULL;
}

int period_group(const struct period *period)
{
    int in_year = period->kind == PERIOD_MONTH    ? period->month
                  : period->kind == PERIOD_SEASON ? (int)period->season
                                                  : 0;
    return (int)period->kind * (PERIOD_GROUPS / PERIOD_KINDS) + in_year;
}

void period_write(const struct period *period, struct table_writer *writer)
{
    char number[32];
    bool has_year = period->kind < PERIOD_ALL && period->has_date;
    table_writer_text(writer, period_kind_name(period->kind));
    snprintf(number, sizeof number, "%d", period->year);
    table_writer_text(writer, has_year ? number : NULL);
    table_writer_text(writer,
                      period->kind == PERIOD_SEASON ? calendar_season_name(period->season) : NULL);
    snprintf(number, sizeof number, "%d", period->month);
    bool has_month = period->kind == PERIOD_MONTH || period->kind == PERIOD_DAY;
    table_writer_text(writer, has_month ? number : NULL);
    table_writer_text(writer, period->kind == PERIOD_WINDOW ? period->window : NULL);
    table_writer_text(writer, period->has_date ? period->date : NULL);
    table_writer_integer(writer, period->steps);
}
