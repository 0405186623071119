/* airshed -- GPL-3.0-or-later. Sections of a report made from tables of zones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "grid/polygon.h"
#include "io/table.h"
#include "io/vector.h"
#include "sections.h"

enum {
    ZONES_MAX = 60,
    YEARS_MAX = 60,
    SEASONS = 4,
    TITLE_BYTES = SECTION_LABEL_BYTES,
    BOXES_MAX = 40
};

static const char *const season_names[SEASONS] = {"MAM", "JJA", "SON", "DJF"};

/* Means by zone and year, and by zone and season, from the table of `zonal`. */
struct zone_means {
    struct table *table;
    int64_t zone, part, by, year, season, mean, steps; /* columns */
    int64_t area, covered;
    struct text_list names; /* zone, with its part where that is not all of it */
    int years[YEARS_MAX], year_count;
    int season_years[YEARS_MAX], season_year_count; /* a December's winter may be one more */
    int64_t left_out;
    double *by_year;                             /* [zones, YEARS_MAX] */
    double *by_season;                           /* [zones, SEASONS], each the mean over years */
    double *seasons;                             /* [zones, SEASONS] years in it */
    double *of_all;                              /* [zones] mean over its years */
    int64_t *polygon; /* [zones] number in the file of zones, from 0; -1: a part of one */
    double region[YEARS_MAX], weight[YEARS_MAX]; /* area-weighted mean of all zones */
    double season_region[SEASONS][YEARS_MAX], season_weight[SEASONS][YEARS_MAX]; /* the same */
};

static void zone_means_clear(struct zone_means *means)
{
    table_destroy(&means->table);
    text_list_clear(&means->names);
    free(means->by_year);
    free(means->by_season);
    free(means->seasons);
    free(means->of_all);
    free(means->polygon);
}

static enum status find_columns(struct zone_means *means)
{
    enum status status;
    const struct table *table = means->table;
    TRY(table_column(table, "zone", &means->zone));
    TRY(table_column(table, "part", &means->part));
    TRY(table_column(table, "by", &means->by));
    TRY(table_column(table, "year", &means->year));
    TRY(table_column(table, "season", &means->season));
    TRY(table_column(table, "mean", &means->mean));
    TRY(table_column(table, "zone_area_km2", &means->area));
    TRY(table_column(table, "covered_share", &means->covered));
done:
    return status;
}

/* Number of the row's zone and part in the list; -1 where the list is full. */
static enum status zone_of(struct zone_means *means, int64_t row, int64_t *zone)
{
    enum status status = STATUS_OK;
    char name[SECTION_ZONE_BYTES];
    double number;
    const char *part = table_text(means->table, row, means->part);
    section_zone(means->table, row, name);
    for (*zone = 0; *zone < (int64_t)means->names.count; ++*zone) {
        if (strcmp(means->names.items[*zone], name) == 0) {
            return STATUS_OK;
        }
    }
    if (*zone == ZONES_MAX) {
        *zone = -1;
        means->left_out++;
        return STATUS_OK;
    }
    TRY(text_list_add(&means->names, name));
    TRY(section_number(means->table, row, "zone_number", &number));
    means->polygon[*zone] = strcmp(part, "all") == 0 ? (int64_t)number - 1 : -1;
done:
    return status;
}

/* Place of a year in a list, where it goes if there is room; -1: there is none. */
static int year_of(int years[YEARS_MAX], int *count, int year)
{
    int i = 0;
    while (i < *count && years[i] != year) {
        i++;
    }
    if (i == YEARS_MAX) {
        return -1;
    }
    if (i == *count) {
        years[(*count)++] = year;
    }
    return i;
}

/* Area that counts for the mean of all zones: 0 where nothing has a value, or the zone is a part. */
static enum status weight_of(const struct zone_means *means, int64_t row, double mean,
                             double *weight)
{
    enum status status;
    double area, covered;
    TRY(table_number(means->table, row, means->area, &area));
    TRY(table_number(means->table, row, means->covered, &covered));
    bool is_whole = strcmp(table_text(means->table, row, means->part), "all") == 0;
    *weight = !isnan(mean) && is_whole ? area * covered : 0;
done:
    return status;
}

static enum status add_year(struct zone_means *means, int64_t row, int64_t zone, double mean)
{
    enum status status;
    double number, weight;
    TRY(table_number(means->table, row, means->year, &number));
    TRY(weight_of(means, row, mean, &weight));
    int year = year_of(means->years, &means->year_count, (int)number);
    if (year >= 0) {
        means->by_year[zone * YEARS_MAX + year] = mean;
        means->region[year] += weight > 0 ? weight * mean : 0;
        means->weight[year] += weight;
    }
done:
    return status;
}

static enum status add_season(struct zone_means *means, int64_t row, int64_t zone, double mean)
{
    enum status status;
    double number, weight;
    const char *name = table_text(means->table, row, means->season);
    TRY(table_number(means->table, row, means->year, &number));
    TRY(weight_of(means, row, mean, &weight));
    int year = year_of(means->season_years, &means->season_year_count, (int)number);
    for (int season = 0; season < SEASONS; season++) {
        if (strcmp(name, season_names[season]) == 0 && !isnan(mean)) {
            means->by_season[zone * SEASONS + season] += mean;
            means->seasons[zone * SEASONS + season]++;
            if (year >= 0) {
                means->season_region[season][year] += weight * mean;
                means->season_weight[season][year] += weight;
            }
        }
    }
done:
    return status;
}

static enum status add_row(struct zone_means *means, int64_t row)
{
    enum status status;
    double mean;
    int64_t zone;
    const char *by = table_text(means->table, row, means->by);
    TRY(table_number(means->table, row, means->mean, &mean));
    TRY(zone_of(means, row, &zone));
    if (zone >= 0 && strcmp(by, "year") == 0) {
        TRY(add_year(means, row, zone, mean));
    } else if (zone >= 0 && strcmp(by, "season") == 0) {
        TRY(add_season(means, row, zone, mean));
    }
done:
    return status;
}

static void finish(struct zone_means *means)
{
    for (size_t zone = 0; zone < means->names.count; zone++) {
        double sum = 0, count = 0;
        for (int year = 0; year < means->year_count; year++) {
            double mean = means->by_year[zone * YEARS_MAX + (size_t)year];
            sum += isnan(mean) ? 0 : mean;
            count += !isnan(mean);
        }
        means->of_all[zone] = sum / count;
        for (size_t i = zone * SEASONS; i < (zone + 1) * SEASONS; i++) {
            means->by_season[i] /= means->seasons[i];
        }
    }
    for (int year = 0; year < means->year_count; year++) {
        means->region[year] /= means->weight[year];
    }
    for (int season = 0; season < SEASONS; season++) {
        for (int year = 0; year < means->season_year_count; year++) {
            means->season_region[season][year] /= means->season_weight[season][year];
        }
    }
}

static enum status zone_means_read(const char *path, struct zone_means *means)
{
    enum status status;
    *means = (struct zone_means){0};
    TRY(table_read(&(struct table_source){.path = path}, &means->table));
    TRY(find_columns(means));
    TRY(memory_allocate(ZONES_MAX * YEARS_MAX, sizeof(double), &means->by_year));
    TRY(memory_allocate(ZONES_MAX * SEASONS, sizeof(double), &means->by_season));
    TRY(memory_allocate(ZONES_MAX * SEASONS, sizeof(double), &means->seasons));
    TRY(memory_allocate(ZONES_MAX, sizeof(double), &means->of_all));
    TRY(memory_allocate(ZONES_MAX, sizeof *means->polygon, &means->polygon));
    for (int i = 0; i < ZONES_MAX * YEARS_MAX; i++) {
        means->by_year[i] = NAN;
    }
    for (int64_t row = 0; row < means->table->rows; row++) {
        TRY(add_row(means, row));
    }
    finish(means);
done:
    return status;
}

/* ---- tables ------------------------------------------------------------------------------- */

/* First and last year with a value. */
static bool ends_of(const double *years, int count, int *first, int *last)
{
    *first = 0;
    *last = count - 1;
    while (*first < count && isnan(years[*first])) {
        ++*first;
    }
    while (*last > *first && isnan(years[*last])) {
        --*last;
    }
    return *first < *last;
}

/* Decline in percent: whole, a year as the paper divides it, and compound (P2.56). */
static void print_decline(struct text *html, const struct zone_means *means, const double *years)
{
    int first, last;
    double whole = NAN, a_year = NAN, compound = NAN;
    if (ends_of(years, means->year_count, &first, &last)) {
        double steps = means->years[last] - means->years[first];
        whole = 100 * (years[first] - years[last]) / years[first];
        a_year = whole / steps;
        compound = 100 * (1 - pow(years[last] / years[first], 1 / steps));
    }
    html_table_number(html, whole);
    html_table_number(html, a_year);
    html_table_number(html, compound);
}

static void print_year_row(struct text *html, const struct zone_means *means, const char *name,
                           const double *years, double all)
{
    html_table_row(html);
    html_table_row_head(html, name);
    for (int year = 0; year < means->year_count; year++) {
        html_table_number(html, years[year]);
    }
    html_table_number(html, all);
    print_decline(html, means, years);
    html_table_row_end(html);
}

static double mean_of_years(const struct zone_means *means)
{
    double sum = 0, count = 0;
    for (int year = 0; year < means->year_count; year++) {
        sum += isnan(means->region[year]) ? 0 : means->region[year];
        count += !isnan(means->region[year]);
    }
    return sum / count;
}

static void print_years(struct text *html, const struct zone_means *means, const char *variable)
{
    char caption[TITLE_BYTES], year_text[16];
    snprintf(caption, sizeof caption, "Mean %s by zone and year, and decline in percent", variable);
    html_table_begin(html, caption);
    html_table_head(html, "zone", false);
    for (int year = 0; year < means->year_count; year++) {
        snprintf(year_text, sizeof year_text, "%d", means->years[year]);
        html_table_head(html, year_text, true);
    }
    html_table_head(html, "mean", true);
    html_table_head(html, "decline, %", true);
    html_table_head(html, "decline / years, % a year", true);
    html_table_head(html, "compound decline, % a year", true);
    html_table_body(html);
    for (size_t zone = 0; zone < means->names.count; zone++) {
        print_year_row(html, means, means->names.items[zone], means->by_year + zone * YEARS_MAX,
                       means->of_all[zone]);
    }
    print_year_row(html, means, "all zones, by area", means->region, mean_of_years(means));
    html_table_end(html);
}

static void print_seasons(struct text *html, const struct zone_means *means, const char *variable)
{
    char caption[TITLE_BYTES];
    snprintf(caption, sizeof caption, "Mean %s by zone and season, over all years", variable);
    html_table_begin(html, caption);
    html_table_head(html, "zone", false);
    for (int season = 0; season < SEASONS; season++) {
        html_table_head(html, season_names[season], true);
    }
    html_table_body(html);
    for (size_t zone = 0; zone < means->names.count; zone++) {
        html_table_row(html);
        html_table_row_head(html, means->names.items[zone]);
        for (int season = 0; season < SEASONS; season++) {
            html_table_number(html, means->by_season[zone * SEASONS + (size_t)season]);
        }
        html_table_row_end(html);
    }
    html_table_end(html);
}

/* ---- figures ------------------------------------------------------------------------------ */

static enum status draw_bars(struct section_work *work, const struct zone_means *means,
                             const char *variable)
{
    enum status status;
    struct figure *figure = NULL;
    char title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    snprintf(title, sizeof title, "Mean %.200s of zones over all years", variable);
    struct chart_bars bars = {.title = title,
                              .label = variable,
                              .names = (const char *const *)means->names.items,
                              .values = means->of_all,
                              .count = (int64_t)means->names.count};
    snprintf(alternative, sizeof alternative, "Bar chart: %s; the numbers are in the table above",
             title);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_bars(figure, &bars));
    TRY(section_add_picture(work, figure, title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

static enum status draw_lines(struct section_work *work, const struct chart_series *series,
                              const char *numbers)
{
    enum status status;
    struct figure *figure = NULL;
    char alternative[2 * TITLE_BYTES];
    snprintf(alternative, sizeof alternative, "Line chart: %s; %s", series->title, numbers);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_series(figure, series));
    TRY(section_add_picture(work, figure, series->title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

static void list_years(const int *from, int count, double years[YEARS_MAX])
{
    for (int i = 0; i < count; i++) {
        years[i] = from[i];
    }
}

static enum status draw_years(struct section_work *work, const struct zone_means *means,
                              const char *variable)
{
    char title[TITLE_BYTES];
    double years[YEARS_MAX];
    list_years(means->years, means->year_count, years);
    snprintf(title, sizeof title, "Yearly mean %.200s of all zones, by area", variable);
    struct chart_series series = {.title = title,
                                  .x_label = "year",
                                  .y_label = variable,
                                  .lines = {{title, years, means->region, means->year_count}},
                                  .line_count = 1,
                                  .has_marks = true,
                                  .has_years = true};
    return draw_lines(work, &series, "the numbers are in the last row of the table above");
}

static enum status draw_seasons(struct section_work *work, const struct zone_means *means,
                                const char *variable)
{
    char title[TITLE_BYTES];
    double years[YEARS_MAX];
    list_years(means->season_years, means->season_year_count, years);
    snprintf(title, sizeof title, "Seasonal mean %.200s of all zones, by area", variable);
    struct chart_series series = {.title = title,
                                  .x_label = "year",
                                  .y_label = variable,
                                  .line_count = SEASONS,
                                  .has_marks = true,
                                  .has_years = true};
    for (int season = 0; season < SEASONS; season++) {
        series.lines[season] = (struct chart_line){season_names[season], years,
                                                   means->season_region[season],
                                                   means->season_year_count};
    }
    html_paragraph(&work->html, "Winters belong to years as the option december of the product says; a "
                                "season at an end of the series may hold few days.");
    return draw_lines(work, &series, "the numbers of each zone are in the product's table");
}

/* The polygons that the product was made with; none where it had no zones or the file is gone. */
static enum status read_polygons(const struct product *product, struct vector_layer **layer)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < product->input_options.count; i++) {
        const char *path = product->input_paths.items[i];
        bool is_asked = strcmp(product->input_options.items[i], "zones") == 0;
        if (is_asked && path_exists(path)) {
            struct vector_source source = {.path = path,
                                           .kinds = VECTOR_POLYGON,
                                           .where = product_option(product, "zone-where"),
                                           .crs = "EPSG:4326"};
            TRY(vector_read(&source, layer));
            break;
        }
    }
done:
    return status;
}

/* Zones in the colour of their mean. */
static enum status draw_zones(struct section_work *work, const struct zone_means *means,
                              const char *variable)
{
    enum status status;
    struct figure *figure = NULL;
    struct vector_layer *layer = NULL;
    double *values = NULL;
    char title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    snprintf(title, sizeof title, "Mean %.200s of zones over all years", variable);
    TRY(read_polygons(work->product, &layer));
    int64_t count = layer != NULL ? layer->count : 0;
    TRY(memory_allocate((size_t)count, sizeof *values, &values));
    for (int64_t i = 0; i < count; i++) {
        values[i] = NAN;
    }
    for (size_t zone = 0; zone < means->names.count; zone++) {
        if (means->polygon[zone] >= 0 && means->polygon[zone] < count) {
            values[means->polygon[zone]] = means->of_all[zone];
        }
    }
    struct chart_zones zones = {.title = title,
                                .label = variable,
                                .polygon = layer != NULL ? layer->polygon : NULL,
                                .values = values,
                                .count = count};
    snprintf(alternative, sizeof alternative,
             "Map, north up: %s; the numbers are in the table above", title);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_zones(figure, &zones));
    TRY(section_add_picture(work, figure, title, alternative));
done:
    figure_destroy(&figure);
    vector_destroy(&layer);
    free(values);
    return status;
}

enum status section_write_zones(struct section_work *work)
{
    enum status status;
    struct zone_means means;
    char variable[TITLE_BYTES];
    TRY(zone_means_read(section_table_with(work->product, work->section->column), &means));
    section_label(work, "mean", variable);
    if (means.left_out > 0) {
        html_paragraph(&work->html, "The first %d zones are shown; all are in %s.", ZONES_MAX,
                       path_name(work->product->output));
    }
    if (means.year_count > 0) {
        print_years(&work->html, &means, variable);
    } else {
        html_paragraph(&work->html, "The table has no years: run zonal with --by year.");
    }
    print_seasons(&work->html, &means, variable);
    TRY(draw_zones(work, &means, variable));
    TRY(draw_bars(work, &means, variable));
    TRY(draw_years(work, &means, variable));
    TRY(draw_seasons(work, &means, variable));
done:
    zone_means_clear(&means);
    return status;
}

/* ---- rates -------------------------------------------------------------------------------- */

/* Years of a table of rates, ascending. */
static enum status list_rate_years(const struct table *table, int years[YEARS_MAX], int *count)
{
    enum status status = STATUS_OK;
    *count = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        double year;
        TRY(section_number(table, row, "year", &year));
        year_of(years, count, (int)year);
    }
done:
    return status;
}

/* Rows of a zone follow one another, a year each. @return the row after the last of @p row's zone */
static int64_t end_of_zone(const struct table *table, int64_t row)
{
    char zone[SECTION_ZONE_BYTES], other[SECTION_ZONE_BYTES];
    section_zone(table, row, zone);
    int64_t end = row + 1;
    while (end < table->rows && strcmp(section_zone(table, end, other), zone) == 0) {
        end++;
    }
    return end;
}

static enum status print_yearly_changes(struct text *html, const struct table *table)
{
    enum status status;
    int years[YEARS_MAX], count;
    char text[SECTION_ZONE_BYTES];
    TRY(list_rate_years(table, years, &count));
    html_table_begin(html, "Change from year to year, %");
    html_table_head(html, "zone", false);
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%d", years[i]);
        html_table_head(html, text, true);
    }
    html_table_body(html);
    for (int64_t first = 0, end; first < table->rows; first = end) {
        end = end_of_zone(table, first);
        html_table_row(html);
        html_table_row_head(html, section_zone(table, first, text));
        for (int64_t row = first; row < end; row++) {
            double change;
            TRY(section_number(table, row, "change_percent", &change));
            html_table_number(html, change);
        }
        html_table_row_end(html);
    }
    html_table_end(html);
done:
    return status;
}

static enum status print_whole_changes(struct text *html, const struct table *table)
{
    enum status status = STATUS_OK;
    static const char *const columns[] = {"first_year",           "year",
                                          "total_change",         "total_change_percent",
                                          "mean_annual_change",   "mean_annual_change_percent",
                                          "compound_annual_percent"};
    static const char *const heads[] = {"from",        "to",          "change",        "change, %",
                                        "change a year", "change / years, % a year",
                                        "compound change, % a year"};
    char zone[SECTION_ZONE_BYTES];
    html_table_begin(html, "Change from the first year to the last");
    html_table_head(html, "zone", false);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        html_table_head(html, heads[i], true);
    }
    html_table_body(html);
    for (int64_t first = 0, end; first < table->rows; first = end) {
        end = end_of_zone(table, first);
        html_table_row(html);
        html_table_row_head(html, section_zone(table, first, zone));
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            double number;
            TRY(section_number(table, end - 1, columns[i], &number));
            html_table_number(html, number);
        }
        html_table_row_end(html);
    }
    html_table_end(html);
done:
    return status;
}

enum status section_write_rates(struct section_work *work)
{
    enum status status;
    struct table *table = NULL;
    TRY(section_read_table(work, &table));
    TRY(print_yearly_changes(&work->html, table));
    TRY(print_whole_changes(&work->html, table));
    html_paragraph(&work->html, "All of it is in %s.", path_name(table->path));
done:
    table_destroy(&table);
    return status;
}

/* ---- boxes -------------------------------------------------------------------------------- */

/* Groups of the longest kind of period there is: all steps, or else the first, middle and last year. */
struct box_rows {
    struct table *table;
    struct text_list names;
    struct chart_box boxes[BOXES_MAX];
    int64_t row[BOXES_MAX]; /* of the table */
    int64_t count, left_out;
};

static enum status add_box(struct box_rows *rows, int64_t row)
{
    enum status status;
    char name[3 * TABLE_CELL_BYTES];
    const char *part = section_cell(rows->table, row, "part"), *year = section_cell(rows->table, row, "year");
    bool is_all = strcmp(part, "all") == 0 || part[0] == '\0';
    if (rows->count == BOXES_MAX) {
        rows->left_out++;
        return STATUS_OK;
    }
    struct chart_box *box = &rows->boxes[rows->count];
    snprintf(name, sizeof name, "%s%s%s%s%s", section_cell(rows->table, row, "zone"), is_all ? "" : ", ",
             is_all ? "" : part, year[0] != '\0' ? " " : "", year);
    TRY(text_list_add(&rows->names, name));
    TRY(section_number(rows->table, row, "whisker_low", &box->low));
    TRY(section_number(rows->table, row, "q1", &box->q1));
    TRY(section_number(rows->table, row, "median", &box->median));
    TRY(section_number(rows->table, row, "q3", &box->q3));
    TRY(section_number(rows->table, row, "whisker_high", &box->high));
    rows->row[rows->count] = row;
    box->name = rows->names.items[rows->count++];
done:
    return status;
}

/* First, middle and last year of the table, as the paper draws them (P2.54). */
static enum status find_years(const struct table *table, double years[3])
{
    enum status status = STATUS_OK;
    int64_t col = table_find(table, "year");
    years[0] = INFINITY;
    years[2] = -INFINITY;
    for (int64_t row = 0; col >= 0 && row < table->rows; row++) {
        double year;
        if (strcmp(section_cell(table, row, "by"), "year") == 0) {
            TRY(table_number(table, row, col, &year));
            years[0] = fmin(years[0], year);
            years[2] = fmax(years[2], year);
        }
    }
    years[1] = ceil((years[0] + years[2]) / 2);
done:
    return status;
}

static bool year_is_drawn(const char *text, const double years[3])
{
    double year = strtod(text, NULL);
    return text[0] == '\0' || year == years[0] || year == years[1] || year == years[2];
}

static enum status read_boxes(const char *path, struct box_rows *rows)
{
    enum status status;
    static const char *const kinds[] = {"all", "year", "season", "month", ""};
    double years[3];
    TRY(table_read(&(struct table_source){.path = path}, &rows->table));
    TRY(find_years(rows->table, years));
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds && rows->count == 0; kind++) {
        bool is_year = strcmp(kinds[kind], "year") == 0;
        for (int64_t row = 0; row < rows->table->rows; row++) {
            if (strcmp(section_cell(rows->table, row, "by"), kinds[kind]) == 0 &&
                (!is_year || year_is_drawn(section_cell(rows->table, row, "year"), years))) {
                TRY(add_box(rows, row));
            }
        }
    }
done:
    return status;
}

static enum status draw_boxes(struct section_work *work, const struct box_rows *rows,
                              const char *path)
{
    enum status status;
    struct figure *figure = NULL;
    char title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    char label[TITLE_BYTES];
    const char *variable = product_option(work->product, "variable");
    bool has_name = variable != NULL && variable[0] != '\0';
    section_label(work, "median", label);
    snprintf(title, sizeof title, "Box plots of %.200s", has_name ? variable : path_name(path));
    struct chart_boxes boxes = {.title = title,
                                .label = label,
                                .boxes = rows->boxes,
                                .count = rows->count};
    snprintf(alternative, sizeof alternative,
             "%s of %lld groups; the numbers are in the table below", title,
             (long long)rows->count);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_boxes(figure, &boxes));
    TRY(section_add_picture(work, figure,
                            "Box: quartiles and median; whiskers: the last values within "
                            "1.5 interquartile ranges (P2.54).",
                            alternative));
done:
    figure_destroy(&figure);
    return status;
}

/* The numbers of what is drawn. */
static enum status print_boxes(struct text *html, const struct box_rows *rows)
{
    enum status status = STATUS_OK;
    static const char *const columns[] = {"n",   "whisker_low", "q1",           "median",
                                          "q3",  "whisker_high", "iqr",         "outliers",
                                          "median_change", "iqr_change"};
    static const char *const heads[] = {"n",   "lower whisker", "lower quartile", "median",
                                        "upper quartile", "upper whisker", "IQR", "outliers",
                                        "change of the median", "change of the IQR"};
    html_table_begin(html, "Box plots: medians, quartiles, whiskers, and change since the first year");
    html_table_head(html, "group", false);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        html_table_head(html, heads[i], true);
    }
    html_table_body(html);
    for (int64_t box = 0; box < rows->count; box++) {
        html_table_row(html);
        html_table_row_head(html, rows->names.items[box]);
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            double number;
            TRY(section_number(rows->table, rows->row[box], columns[i], &number));
            html_table_number(html, number);
        }
        html_table_row_end(html);
    }
    html_table_end(html);
    html_paragraph(html, "All of %lld rows are in %s.", (long long)rows->table->rows,
                   path_name(rows->table->path));
done:
    return status;
}

enum status section_write_boxes(struct section_work *work)
{
    enum status status;
    struct box_rows rows = {0};
    const char *path = section_table_with(work->product, work->section->column);
    TRY(read_boxes(path, &rows));
    if (rows.left_out > 0) {
        html_paragraph(&work->html, "The first %d groups are drawn.", BOXES_MAX);
    }
    TRY(draw_boxes(work, &rows, path));
    TRY(print_boxes(&work->html, &rows));
done:
    table_destroy(&rows.table);
    text_list_clear(&rows.names);
    return status;
}
