/* airshed -- GPL-3.0-or-later. Sections of a report made from tables of shares: zones, windows, days. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "io/table.h"
#include "sections.h"

enum {
    ZONES_MAX = 60,
    ROWS_MAX = 100,
    READINGS = 2, /* of a share (P2.46) */
    TITLE_BYTES = SECTION_LABEL_BYTES
};

static const char *const columns[READINGS] = {"share_ratio_of_means", "share_mean_of_ratios"};
static const char *const reading_names[READINGS] = {"ratio of means", "mean of ratios"};

static bool row_is_by(const struct table *table, int64_t row, const char *by)
{
    return strcmp(section_cell(table, row, "by"), by) == 0;
}

static enum status percent_of(const struct table *table, int64_t row, const char *column,
                              double *percent)
{
    enum status status;
    TRY(section_number(table, row, column, percent));
    *percent *= 100;
done:
    return status;
}

static const char *variable_of(const struct section_work *work)
{
    const char *variable = product_option(work->product, "variable");
    return variable != NULL && variable[0] != '\0' ? variable : "the variable";
}

static enum status print_number(struct text *html, const struct table *table, int64_t row,
                                const char *column, double times)
{
    enum status status;
    double value;
    TRY(section_number(table, row, column, &value));
    html_table_number(html, times * value);
done:
    return status;
}

/* Heads of the columns that print_share() fills. */
static void head_share(struct text *html, const struct table *table)
{
    char units[TABLE_CELL_BYTES], head[TABLE_CELL_BYTES + 32];
    static const char *const names[] = {"part", "whole"};
    table_units(table->path, "part_mean", units);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(head, sizeof head, "mean %s, %s", names[i], units);
        html_table_head(html, head, true);
    }
    for (int reading = 0; reading < READINGS; reading++) {
        snprintf(head, sizeof head, "share, %s, %%", reading_names[reading]);
        html_table_head(html, head, true);
    }
}

static enum status print_share(struct text *html, const struct table *table, int64_t row)
{
    enum status status;
    TRY(print_number(html, table, row, "part_mean", 1));
    TRY(print_number(html, table, row, "whole_mean", 1));
    for (int reading = 0; reading < READINGS; reading++) {
        TRY(print_number(html, table, row, columns[reading], 100));
    }
done:
    return status;
}

/* ---- periods of all areas ----------------------------------------------------------------- */

/* "2012", "2012 DJF", "2012-03", the name of a window, or "all". */
static const char *period_name(const struct table *table, int64_t row, char name[SECTION_ZONE_BYTES])
{
    const char *window = section_cell(table, row, "window"), *year = section_cell(table, row, "year");
    const char *season = section_cell(table, row, "season"), *month = section_cell(table, row, "month");
    bool is_named = window[0] != '\0' || year[0] == '\0';
    snprintf(name, SECTION_ZONE_BYTES, "%s%s%s%s%s",
             window[0] != '\0' ? window : is_named ? section_cell(table, row, "by") : year,
             season[0] != '\0' ? " " : "", season, month[0] != '\0' ? "-" : "", month);
    return name;
}

/* A share in percent with its interval: "13.5 (9.9 to 17.2)". */
static enum status print_interval(struct text *html, const struct table *table, int64_t row,
                                  const char *column)
{
    enum status status;
    static const char *const endings[] = {"", "_low", "_high"};
    double number[3];
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", column, endings[i]);
        TRY(percent_of(table, row, name, &number[i]));
    }
    if (isnan(number[0]) || isnan(number[1])) {
        html_table_number(html, number[0]);
    } else {
        text_add_format(html, "<td class=\"n\">%.4g (%.4g to %.4g)</td>", number[0], number[1],
                        number[2]);
    }
done:
    return status;
}

static enum status print_period(struct text *html, const struct table *table, int64_t row)
{
    enum status status;
    static const char *const numbers[] = {"steps", "cells", "pollution", "ihs", "background"};
    char name[SECTION_ZONE_BYTES];
    html_table_row(html);
    html_table_row_head(html, period_name(table, row, name));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        TRY(print_number(html, table, row, numbers[i], 1));
    }
    for (int reading = 0; reading < READINGS; reading++) {
        TRY(print_interval(html, table, row, columns[reading]));
    }
    TRY(print_number(html, table, row, "negative_cells", 1));
    TRY(print_number(html, table, row, "negative_cell_days", 1));
    html_table_row_end(html);
done:
    return status;
}

enum status section_write_periods(struct section_work *work)
{
    enum status status;
    struct table *table = NULL;
    struct text *html = &work->html;
    static const char *const heads[] = {"days", "cells", "pollution", "ihs", "background",
                                        "share, ratio of means, % (95 % interval)",
                                        "share, mean of ratios, % (95 % interval)",
                                        "cells with a negative mean background",
                                        "cell days with a negative background"};
    TRY(section_read_table(work, &table));
    html_table_begin(html, "Part and share of the sources in all areas");
    html_table_head(html, "period", false);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        html_table_head(html, heads[i], true);
    }
    html_table_body(html);
    for (int64_t row = 0; row < table->rows; row++) {
        bool is_month = row_is_by(table, row, "month") && table->rows > ROWS_MAX;
        if (!is_month) {
            TRY(print_period(html, table, row));
        }
    }
    html_table_end(html);
    html_paragraph(html, "Pollution, ihs and background are means over cells and days. The parts of the "
                         "standard errors are in %s.",
                   path_name(table->path));
done:
    table_destroy(&table);
    return status;
}

/* ---- zones -------------------------------------------------------------------------------- */

struct zone_shares {
    struct text_list names;
    double share[READINGS][ZONES_MAX]; /* percent */
    int64_t count, left_out;
};

static enum status add_zone(struct zone_shares *shares, const struct table *table, int64_t row)
{
    enum status status;
    char name[SECTION_ZONE_BYTES];
    if (shares->count == ZONES_MAX) {
        shares->left_out++;
        return STATUS_OK;
    }
    TRY(text_list_add(&shares->names, section_zone(table, row, name)));
    for (int reading = 0; reading < READINGS; reading++) {
        TRY(percent_of(table, row, columns[reading], &shares->share[reading][shares->count]));
    }
    shares->count++;
done:
    return status;
}

static enum status draw_zones(struct section_work *work, const struct zone_shares *shares)
{
    enum status status;
    struct figure *figure = NULL;
    char title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    double none[ZONES_MAX];
    unsigned char filled[ZONES_MAX];
    for (int i = 0; i < ZONES_MAX; i++) {
        none[i] = NAN;
        filled[i] = 1;
    }
    snprintf(title, sizeof title, "Share of %.100s in zones, whole period", variable_of(work));
    struct chart_dots dots = {.title = title,
                              .label = "share (%)",
                              .names = (const char *const *)shares->names.items,
                              .is_filled = filled,
                              .count = shares->count,
                              .series_count = READINGS};
    for (int reading = 0; reading < READINGS; reading++) {
        dots.series[reading] = (struct chart_dot_series){.name = reading_names[reading],
                                                         .value = shares->share[reading],
                                                         .low = none,
                                                         .high = none,
                                                         .line = NAN};
    }
    snprintf(alternative, sizeof alternative, "Dot chart: %s; the numbers are in the table above",
             title);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_dots(figure, &dots));
    TRY(section_add_picture(work, figure, title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

enum status section_write_shares(struct section_work *work)
{
    enum status status;
    struct table *table = NULL;
    struct zone_shares shares = {0};
    struct text *html = &work->html;
    TRY(section_read_table(work, &table));
    html_table_begin(html, "Share by zone over the whole period");
    html_table_head(html, "zone", false);
    head_share(html, table);
    html_table_body(html);
    for (int64_t row = 0; row < table->rows; row++) {
        char name[SECTION_ZONE_BYTES];
        if (!row_is_by(table, row, "all")) {
            continue;
        }
        html_table_row(html);
        html_table_row_head(html, section_zone(table, row, name));
        TRY(print_share(html, table, row));
        html_table_row_end(html);
        TRY(add_zone(&shares, table, row));
    }
    html_table_end(html);
    if (shares.left_out > 0) {
        html_paragraph(html, "The first %d zones are drawn.", ZONES_MAX);
    }
    TRY(draw_zones(work, &shares));
done:
    text_list_clear(&shares.names);
    table_destroy(&table);
    return status;
}

/* ---- windows ------------------------------------------------------------------------------ */

static enum status print_window(struct text *html, const struct table *table, int64_t row)
{
    enum status status;
    char name[SECTION_ZONE_BYTES];
    html_table_row(html);
    html_table_row_head(html, section_zone(table, row, name));
    html_table_cell(html, section_cell(table, row, "window"));
    html_table_cell(html, section_cell(table, row, "date"));
    TRY(print_number(html, table, row, "steps", 1));
    TRY(print_share(html, table, row));
    TRY(print_number(html, table, row, "share_ratio_of_means_change", 100));
    TRY(print_number(html, table, row, "share_ratio_of_means_change_percent", 1));
    html_table_row_end(html);
done:
    return status;
}

enum status section_write_windows(struct section_work *work)
{
    enum status status;
    struct table *table = NULL;
    struct text *html = &work->html;
    TRY(section_read_table(work, &table));
    html_table_begin(html, "Share in windows; change since the first window");
    static const char *const heads[] = {"zone", "window", "from"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        html_table_head(html, heads[i], false);
    }
    html_table_head(html, "days", true);
    head_share(html, table);
    html_table_head(html, "change of the ratio of means, percentage points", true);
    html_table_head(html, "change of the ratio of means, %", true);
    html_table_body(html);
    for (int64_t row = 0; row < table->rows; row++) {
        if (row_is_by(table, row, "window")) {
            TRY(print_window(html, table, row));
        }
    }
    html_table_end(html);
    html_paragraph(html, "What others published for such windows belongs into the file of "
                         "--printed, as a number whose quantity is zone_share.");
done:
    table_destroy(&table);
    return status;
}

/* ---- days --------------------------------------------------------------------------------- */

/* Daily shares of the first zones of a table. */
struct days {
    struct table *table;
    int zones;
    char name[CHART_LINES_MAX][SECTION_ZONE_BYTES];
    int64_t first_row[CHART_LINES_MAX], count[CHART_LINES_MAX];
    double *year;                   /* [rows] decimal */
    double *share;                  /* [rows] percent, ratio of means */
    int64_t left_out;
};

static void days_clear(struct days *days)
{
    table_destroy(&days->table);
    free(days->year);
    free(days->share);
}

/* "2016-11-05" as a place on an axis of years; months count alike. */
static double decimal_year(const char *date)
{
    int year = 0, month = 1, day = 1;
    sscanf(date, "%d-%d-%d", &year, &month, &day);
    return year + (month - 1 + (day - 0.5) / 31) / 12;
}

/* Rows of one zone follow one another in the order of days. */
static enum status days_read(const struct section_work *work, struct days *days)
{
    enum status status;
    char zone[SECTION_ZONE_BYTES], last[SECTION_ZONE_BYTES] = "";
    TRY(section_read_table(work, &days->table));
    const struct table *table = days->table;
    TRY(memory_allocate((size_t)table->rows, sizeof(double), &days->year));
    TRY(memory_allocate((size_t)table->rows, sizeof(double), &days->share));
    for (int64_t row = 0; row < table->rows; row++) {
        if (!row_is_by(table, row, "day")) {
            continue;
        }
        days->year[row] = decimal_year(section_cell(table, row, "date"));
        TRY(percent_of(table, row, columns[0], &days->share[row]));
        bool is_new = strcmp(section_zone(table, row, zone), last) != 0;
        snprintf(last, sizeof last, "%s", zone);
        if (is_new && days->zones == CHART_LINES_MAX) {
            days->left_out++;
        } else if (is_new) {
            snprintf(days->name[days->zones], SECTION_ZONE_BYTES, "%s", zone);
            days->first_row[days->zones++] = row;
        }
        if (days->left_out == 0) {
            days->count[days->zones - 1]++;
        }
    }
done:
    return status;
}

static enum status draw_series(struct section_work *work, const struct chart_series *series)
{
    enum status status;
    struct figure *figure = NULL;
    char alternative[2 * TITLE_BYTES];
    snprintf(alternative, sizeof alternative, "Line chart: %s; the numbers are in the product's "
                                              "table",
             series->title);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_series(figure, series));
    TRY(section_add_picture(work, figure, series->title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

static enum status draw_days(struct section_work *work, const struct days *days)
{
    char title[TITLE_BYTES];
    snprintf(title, sizeof title, "Daily share of %.100s", variable_of(work));
    struct chart_series series = {.title = title, .x_label = "year", .y_label = "share (%)"};
    for (int zone = 0; zone < days->zones; zone++) {
        series.lines[series.line_count++] =
            (struct chart_line){.name = days->name[zone],
                                .x = days->year + days->first_row[zone],
                                .y = days->share + days->first_row[zone],
                                .count = days->count[zone]};
    }
    return draw_series(work, &series);
}

/* Places of a zone's day on @p date and of the days after it; none: false. */
static bool find_day(const struct days *days, int zone, const char *date, int64_t *place)
{
    for (int64_t i = 0; i < days->count[zone]; i++) {
        if (strcmp(section_cell(days->table, days->first_row[zone] + i, "date"), date) == 0) {
            *place = days->first_row[zone] + i;
            return true;
        }
    }
    return false;
}

/* Adds the window of @p row of the first zone as a line over the days since its first one. */
static enum status add_window(const struct days *days, int64_t row, const double *since,
                              struct chart_series *series)
{
    enum status status = STATUS_OK;
    char zone[SECTION_ZONE_BYTES];
    const struct table *table = days->table;
    int64_t first;
    double steps;
    bool is_first = strcmp(section_zone(table, row, zone), days->name[0]) == 0;
    if (!row_is_by(table, row, "window") || !is_first || series->line_count == CHART_LINES_MAX ||
        !find_day(days, 0, section_cell(table, row, "date"), &first)) {
        goto done;
    }
    TRY(section_number(table, row, "steps", &steps));
    int64_t most = days->first_row[0] + days->count[0] - first;
    series->lines[series->line_count++] =
        (struct chart_line){.name = section_cell(table, row, "window"),
                            .x = since,
                            .y = days->share + first,
                            .count = (int64_t)steps < most ? (int64_t)steps : most};
done:
    return status;
}

static enum status draw_windows(struct section_work *work, const struct days *days)
{
    enum status status;
    char title[TITLE_BYTES];
    double *since = NULL;
    bool is_grid = strcmp(days->name[0], "grid") == 0; /* zonal without --zones */
    snprintf(title, sizeof title, "Daily share of %.80s in windows%s%.100s", variable_of(work),
             is_grid ? "" : ": ", is_grid ? "" : days->name[0]);
    struct chart_series series = {
        .title = title, .x_label = "days since the window's first", .y_label = "share (%)"};
    TRY(memory_allocate((size_t)days->table->rows, sizeof *since, &since));
    for (int64_t i = 0; i < days->table->rows; i++) {
        since[i] = (double)i;
    }
    for (int64_t row = 0; row < days->table->rows; row++) {
        TRY(add_window(days, row, since, &series));
    }
    TRY(draw_series(work, &series));
done:
    free(since);
    return status;
}

enum status section_write_case(struct section_work *work)
{
    enum status status;
    struct days days = {0};
    const char *box = product_option(work->product, "bbox");
    TRY(days_read(work, &days));
    if (box != NULL && box[0] != '\0') {
        html_paragraph(&work->html, "Cells from west, south, east, north = %s degrees.", box);
    }
    if (days.left_out > 0) {
        html_paragraph(&work->html, "The first %d zones are drawn.", CHART_LINES_MAX);
    }
    TRY(draw_days(work, &days));
    TRY(draw_windows(work, &days));
done:
    days_clear(&days);
    return status;
}
