/* airshed -- GPL-3.0-or-later. Years, seasons, months and days of a series (P2.55). */
#include "periods.h"

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

static const char *const kind_names[PERIOD_KINDS] = {"year", "season", "month", "day", "all"};

const char *period_kind_name(enum period_kind kind)
{
    return kind_names[kind];
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
    free(*periods);
    *periods = NULL;
}

void period_write(const struct period *period, struct table_writer *writer)
{
    char number[32];
    bool has_year = period->kind != PERIOD_ALL && period->has_date;
    table_writer_text(writer, period_kind_name(period->kind));
    snprintf(number, sizeof number, "%d", period->year);
    table_writer_text(writer, has_year ? number : NULL);
    table_writer_text(writer,
                      period->kind == PERIOD_SEASON ? calendar_season_name(period->season) : NULL);
    snprintf(number, sizeof number, "%d", period->month);
    bool has_month = period->kind == PERIOD_MONTH || period->kind == PERIOD_DAY;
    table_writer_text(writer, has_month ? number : NULL);
    table_writer_text(writer, period->has_date ? period->date : NULL);
    table_writer_integer(writer, period->steps);
}
