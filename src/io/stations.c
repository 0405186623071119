/* airshed -- GPL-3.0-or-later. Daily series of stations or cities, from tables. */
#include "io/stations.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/table.h"

enum {
    PLACE_BYTES = 1024
};

static const char *const date_names[] = {"date", "day", "time", NULL};
static const char *const station_names[] = {"station", "site", "city", "code", "name", "id", NULL};
static const char *const x_names[] = {"lon", "longitude", "lng", "x", NULL};
static const char *const y_names[] = {"lat", "latitude", "y", NULL};

/* Column @p wanted, or the first of @p names that there is, or -1. */
static enum status find_column(const struct table *table, const char *wanted,
                               const char *const *names, int64_t *col)
{
    if (wanted != NULL) {
        return table_column(table, wanted, col);
    }
    *col = -1;
    for (int i = 0; *col < 0 && names[i] != NULL; i++) {
        *col = table_find(table, names[i]);
    }
    return STATUS_OK;
}

static enum status need_column(const struct table *table, const char *wanted,
                               const char *const *names, const char *purpose, int64_t *col)
{
    enum status status;
    TRY(find_column(table, wanted, names, col));
    FAIL_IF(*col < 0, STATUS_DATA, "%s: has no column '%s' or like it: name the %s column",
            table->path, names[0], purpose);
done:
    return status;
}

/* ---- names, sorted for look-up --------------------------------------------------------------- */

/* A name and what it stands for. */
struct entry {
    const char *name;
    int64_t index;
};

static int compare_entries(const void *first, const void *second)
{
    const struct entry *a = first, *b = second;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static int64_t find_name(const struct entry *entries, int64_t count, const char *name)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int order = strcmp(entries[middle].name, name);
        if (order == 0) {
            return entries[middle].index;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return -1;
}

/* Trimmed copies of the names in a column; a blank one is refused. */
static enum status copy_names(const struct table *table, int64_t col, struct text_list *names)
{
    enum status status = STATUS_OK;
    char name[TABLE_CELL_BYTES], place[PLACE_BYTES];
    for (int64_t row = 0; row < table->rows; row++) {
        FAIL_IF(!table_trimmed(table, row, col, name) || name[0] == '\0', STATUS_DATA,
                "%s: the name of the station is missing or too long",
                table_cell_place(table, row, col, place, sizeof place));
        TRY(text_list_add(names, name));
    }
done:
    return status;
}

static enum status sort_names(const struct text_list *names, struct entry **entries)
{
    enum status status;
    TRY(memory_allocate(names->count, sizeof **entries, entries));
    for (size_t i = 0; i < names->count; i++) {
        (*entries)[i] = (struct entry){names->items[i], (int64_t)i};
    }
    qsort(*entries, names->count, sizeof **entries, compare_entries);
done:
    return status;
}

/* ---- coordinates in a table of their own ----------------------------------------------------- */

/* Keys and where they lie; all zero without such a table. */
struct places {
    struct table *table;
    int64_t key_col, x_col, y_col;
    struct text_list keys; /* one per row */
    struct entry *sorted;
};

static void places_clear(struct places *places)
{
    table_destroy(&places->table);
    text_list_clear(&places->keys);
    free(places->sorted);
}

static enum status check_unique(const struct places *places)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    for (int64_t i = 1; i < places->table->rows; i++) {
        const struct entry *entry = &places->sorted[i];
        FAIL_IF(strcmp(entry[-1].name, entry->name) == 0, STATUS_DATA,
                "%s: '%s' stands here a second time",
                table_cell_place(places->table, entry->index, places->key_col, place, sizeof place),
                entry->name);
    }
done:
    return status;
}

static enum status places_read(const struct station_source *source, struct places *places)
{
    enum status status;
    struct table_source lines = {source->coordinates, source->coordinates_sheet, source->missing};
    TRY(table_read(&lines, &places->table));
    TRY(find_column(places->table, source->key_column, station_names, &places->key_col));
    places->key_col = places->key_col < 0 ? 0 : places->key_col;
    TRY(need_column(places->table, source->x_column, x_names, "longitude", &places->x_col));
    TRY(need_column(places->table, source->y_column, y_names, "latitude", &places->y_col));
    TRY(copy_names(places->table, places->key_col, &places->keys));
    TRY(sort_names(&places->keys, &places->sorted));
    TRY(check_unique(places));
done:
    return status;
}

/* Reads one coordinate; NaN where the cell is missing. */
static enum status read_degrees(const struct table *table, int64_t row, int64_t col, double most,
                                double *value)
{
    enum status status;
    char place[PLACE_BYTES];
    TRY(table_number(table, row, col, value));
    FAIL_IF(fabs(*value) > most, STATUS_DATA,
            "%s: %g is not in degrees from %g to %g: are longitude and latitude swapped?",
            table_cell_place(table, row, col, place, sizeof place), *value, -most, most);
done:
    return status;
}

static enum status read_position(const struct table *table, int64_t row, int64_t x_col,
                                 int64_t y_col, double *lon, double *lat)
{
    enum status status;
    TRY(read_degrees(table, row, x_col, 360, lon));
    TRY(read_degrees(table, row, y_col, 90, lat));
done:
    return status;
}

/* Position of a station by its key; @p place says where the key was met. */
static enum status locate(const struct places *places, const char *name, const char *place,
                          double *lon, double *lat)
{
    enum status status = STATUS_OK;
    char cell[PLACE_BYTES];
    int64_t row = find_name(places->sorted, places->table->rows, name);
    FAIL_IF(row < 0, STATUS_DATA,
            "%s: station '%s' is unknown: %s has no such row; add it, or skip unknown stations",
            place, name, places->table->path);
    TRY(read_position(places->table, row, places->x_col, places->y_col, lon, lat));
    FAIL_IF(isnan(*lon) || isnan(*lat), STATUS_DATA, "%s: the coordinate of '%s' is missing",
            table_cell_place(places->table, row, isnan(*lon) ? places->x_col : places->y_col, cell,
                             sizeof cell),
            name);
done:
    return status;
}

/* ---- results --------------------------------------------------------------------------------- */

static enum status create_stations(const char *units, int64_t most, struct stations **stations)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **stations, stations));
    TRY(memory_copy_text(units != NULL ? units : "", &(*stations)->units));
    TRY(memory_allocate((size_t)most, sizeof(char *), &(*stations)->name));
    TRY(memory_allocate((size_t)most, sizeof(double), &(*stations)->lon));
    TRY(memory_allocate((size_t)most, sizeof(double), &(*stations)->lat));
done:
    return status;
}

static enum status add_station(struct stations *stations, const char *name, double lon, double lat)
{
    enum status status;
    int64_t i = stations->count;
    TRY(memory_copy_text(name, &stations->name[i]));
    stations->lon[i] = lon;
    stations->lat[i] = lat;
    stations->count++;
done:
    return status;
}

void stations_destroy(struct stations **stations)
{
    if (*stations == NULL) {
        return;
    }
    for (int64_t i = 0; i < (*stations)->count; i++) {
        free((*stations)->name[i]);
    }
    free((*stations)->name);
    free((*stations)->lon);
    free((*stations)->lat);
    free((*stations)->day);
    free((*stations)->value);
    free((*stations)->units);
    free(*stations);
    *stations = NULL;
}

static enum status create_values(struct stations *stations)
{
    enum status status;
    size_t count = (size_t)stations->days * (size_t)stations->count;
    TRY(memory_allocate(count, sizeof(double), &stations->value));
    for (size_t i = 0; i < count; i++) {
        stations->value[i] = NAN;
    }
done:
    return status;
}

/* Days must ascend from one row of a series to the next: @p before is that of the last one. */
static enum status check_order(const struct table *table, int64_t row, int64_t date_col,
                               int64_t before, int64_t day, const char *series)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES], text[CALENDAR_TEXT_BYTES];
    struct calendar_date date = calendar_date_of_day(CALENDAR_STANDARD, before);
    FAIL_IF(day == before, STATUS_DATA, "%s: '%s' stands here a second time%s",
            table_cell_place(table, row, date_col, place, sizeof place),
            table_text(table, row, date_col), series);
    FAIL_IF(day < before, STATUS_DATA, "%s: '%s' comes after %s%s: sort the rows by date",
            table_cell_place(table, row, date_col, place, sizeof place),
            table_text(table, row, date_col), calendar_format_date(&date, text), series);
done:
    return status;
}

/* ---- wide ------------------------------------------------------------------------------------ */

static enum status read_wide_days(const struct table *table, int64_t date_col,
                                  struct stations *stations)
{
    enum status status;
    stations->days = table->rows;
    TRY(memory_allocate((size_t)table->rows, sizeof(int64_t), &stations->day));
    for (int64_t row = 0; row < table->rows; row++) {
        TRY(table_day(table, row, date_col, &stations->day[row]));
        if (row > 0) {
            TRY(check_order(table, row, date_col, stations->day[row - 1], stations->day[row], ""));
        }
    }
done:
    return status;
}

/* Makes a station of each column that has coordinates; @p cols gets their columns. */
static enum status find_wide_stations(const struct station_source *source,
                                      const struct table *table, const struct places *places,
                                      int64_t date_col, struct stations *stations, int64_t *cols)
{
    enum status status = STATUS_OK;
    double lon, lat;
    for (int64_t col = 0; col < table->cols; col++) {
        const char *name = table->names[col];
        bool is_known = find_name(places->sorted, places->table->rows, name) >= 0;
        if (col == date_col) {
            continue;
        }
        if (!is_known && source->skip_unknown) {
            stations->skipped++;
            continue;
        }
        TRY(locate(places, name, table->path, &lon, &lat));
        cols[stations->count] = col;
        TRY(add_station(stations, name, lon, lat));
    }
done:
    return status;
}

static enum status read_wide(const struct station_source *source, const struct table *table,
                             const struct places *places, struct stations *stations)
{
    enum status status;
    int64_t *cols = NULL;
    int64_t date_col;
    TRY(need_column(table, source->date_column, date_names, "date", &date_col));
    TRY(read_wide_days(table, date_col, stations));
    TRY(memory_allocate((size_t)table->cols, sizeof *cols, &cols));
    TRY(find_wide_stations(source, table, places, date_col, stations, cols));
    TRY(create_values(stations));
    for (int64_t row = 0; row < table->rows; row++) {
        for (int64_t i = 0; i < stations->count; i++) {
            TRY(table_number(table, row, cols[i], &stations->value[row * stations->count + i]));
        }
    }
done:
    free(cols);
    return status;
}

/* ---- filters --------------------------------------------------------------------------------- */

enum comparison {
    AT_LEAST,
    AT_MOST,
    NOT_EQUAL,
    EQUAL,
    ABOVE,
    BELOW
};

struct filter {
    int64_t col; /* -1: every row passes */
    enum comparison comparison;
    double bound;
};

/* Cuts "column>=number" into its two sides; none where no comparison is in it. */
static enum status split_filter(const char *text, struct text_list *sides, int *comparison)
{
    static const char *const signs[] = {">=", "<=", "!=", "=", ">", "<"};
    enum status status;
    char *left = NULL;
    char *found = NULL;
    TRY(memory_copy_text(text, &left));
    for (*comparison = 0; *comparison < 6; (*comparison)++) {
        found = strstr(left, signs[*comparison]);
        if (found != NULL) {
            break;
        }
    }
    if (found != NULL) {
        *found = '\0';
        TRY(text_list_split(sides, left, '\n')); /* takes outer blanks off */
        TRY(text_list_split(sides, found + strlen(signs[*comparison]), '\n'));
    }
done:
    free(left);
    return status;
}

static enum status parse_filter(const char *text, const struct table *table, struct filter *filter)
{
    enum status status = STATUS_OK;
    struct text_list sides = {0};
    int comparison;
    filter->col = -1;
    if (text == NULL) {
        return STATUS_OK;
    }
    TRY(split_filter(text, &sides, &comparison));
    FAIL_IF(sides.count != 2, STATUS_USAGE,
            "filter '%s': write a column, one of >= <= > < = !=, and a number, as in n_pm25>=18",
            text);
    FAIL_IF(!text_parse_real(sides.items[1], &filter->bound), STATUS_USAGE,
            "filter '%s': '%s' is not a number", text, sides.items[1]);
    filter->comparison = (enum comparison)comparison;
    TRY(table_column(table, sides.items[0], &filter->col));
done:
    text_list_clear(&sides);
    return status;
}

static enum status apply_filter(const struct filter *filter, const struct table *table, int64_t row,
                                bool *passes)
{
    enum status status = STATUS_OK;
    double value = 0;
    if (filter->col < 0) {
        *passes = true;
        return STATUS_OK;
    }
    TRY(table_number(table, row, filter->col, &value));
    const bool results[] = {value >= filter->bound, value <= filter->bound, value != filter->bound,
                            value == filter->bound, value > filter->bound,  value < filter->bound};
    *passes = !isnan(value) && results[filter->comparison];
done:
    return status;
}

/* ---- long ------------------------------------------------------------------------------------ */

/* Columns of a long table, and what is found out about each row. */
struct series {
    int64_t date_col, station_col, value_col, x_col, y_col;
    struct filter filter;
    struct text_list names; /* one per row */
    int64_t *station;       /* [rows], -1 where the station is skipped */
    int64_t *day;           /* [rows] */
};

static void series_clear(struct series *series)
{
    text_list_clear(&series->names);
    free(series->station);
    free(series->day);
}

static enum status find_series(const struct station_source *source, const struct table *table,
                               struct series *series)
{
    enum status status;
    TRY(need_column(table, source->date_column, date_names, "date", &series->date_col));
    TRY(need_column(table, source->station_column, station_names, "station", &series->station_col));
    TRY(table_column(table, source->value_column, &series->value_col));
    TRY(parse_filter(source->filter, table, &series->filter));
    if (source->coordinates == NULL) {
        TRY(need_column(table, source->x_column, x_names, "longitude", &series->x_col));
        TRY(need_column(table, source->y_column, y_names, "latitude", &series->y_col));
    }
    TRY(copy_names(table, series->station_col, &series->names));
    TRY(memory_allocate((size_t)table->rows, sizeof(int64_t), &series->station));
    TRY(memory_allocate((size_t)table->rows, sizeof(int64_t), &series->day));
done:
    return status;
}

/* Position of the station of a row, from the table of coordinates or from the row itself. */
static enum status locate_row(const struct table *table, int64_t row, const struct series *series,
                              const struct places *places, double *lon, double *lat)
{
    char place[PLACE_BYTES];
    if (places->table == NULL) {
        return read_position(table, row, series->x_col, series->y_col, lon, lat);
    }
    return locate(places, series->names.items[row],
                  table_cell_place(table, row, series->station_col, place, sizeof place), lon, lat);
}

/* Numbers the stations by their first row; series->station[first row of a name] is set. */
static enum status number_stations(const struct station_source *source, const struct table *table,
                                   const struct places *places, struct series *series,
                                   struct stations *stations)
{
    enum status status;
    struct entry *sorted = NULL;
    int64_t first = 0;
    TRY(sort_names(&series->names, &sorted));
    for (int64_t i = 0; i < table->rows; i++) { /* of each name, the first row comes first */
        first = i > 0 && strcmp(sorted[i].name, sorted[i - 1].name) == 0 ? first : sorted[i].index;
        series->station[sorted[i].index] = first;
    }
    for (int64_t row = 0; row < table->rows; row++) {
        double lon, lat;
        const char *name = series->names.items[row];
        if (series->station[row] != row) { /* its first row already has the number */
            series->station[row] = series->station[series->station[row]];
            continue;
        }
        if (source->skip_unknown && places->table != NULL &&
            find_name(places->sorted, places->table->rows, name) < 0) {
            series->station[row] = -1;
            stations->skipped++;
            continue;
        }
        TRY(locate_row(table, row, series, places, &lon, &lat));
        series->station[row] = stations->count;
        TRY(add_station(stations, name, lon, lat));
    }
done:
    free(sorted);
    return status;
}

/* Coordinates in the rows themselves must be there and stay the same. */
static enum status check_positions(const struct table *table, const struct series *series,
                                   const struct stations *stations)
{
    enum status status = STATUS_OK;
    char place[PLACE_BYTES];
    for (int64_t row = 0; row < table->rows; row++) {
        int64_t i = series->station[row];
        double lon, lat;
        TRY(read_position(table, row, series->x_col, series->y_col, &lon, &lat));
        FAIL_IF(isnan(lon) || isnan(lat), STATUS_DATA, "%s: the coordinate of '%s' is missing",
                table_cell_place(table, row, isnan(lon) ? series->x_col : series->y_col, place,
                                 sizeof place),
                stations->name[i]);
        FAIL_IF(lon != stations->lon[i] || lat != stations->lat[i], STATUS_DATA,
                "%s: station '%s' lies at %.10g, %.10g here and at %.10g, %.10g before: give each "
                "place a name of its own",
                table_cell_place(table, row, series->x_col, place, sizeof place), stations->name[i],
                lon, lat, stations->lon[i], stations->lat[i]);
    }
done:
    return status;
}

static int compare_days(const void *first, const void *second)
{
    int64_t a = *(const int64_t *)first, b = *(const int64_t *)second;
    return (a > b) - (a < b);
}

/* Days of the rows, in order within each station, and the axis of all days that occur. */
static enum status read_long_days(const struct table *table, struct series *series,
                                  struct stations *stations)
{
    enum status status;
    int64_t *last = NULL;
    char words[PLACE_BYTES];
    TRY(memory_allocate((size_t)stations->count, sizeof *last, &last));
    TRY(memory_allocate((size_t)table->rows, sizeof(int64_t), &stations->day));
    for (int64_t i = 0; i < stations->count; i++) {
        last[i] = INT64_MIN;
    }
    for (int64_t row = 0; row < table->rows; row++) {
        int64_t i = series->station[row];
        TRY(table_day(table, row, series->date_col, &series->day[row]));
        stations->day[row] = series->day[row];
        if (i >= 0 && last[i] != INT64_MIN) {
            snprintf(words, sizeof words, " for station '%.500s'", stations->name[i]);
            TRY(check_order(table, row, series->date_col, last[i], series->day[row], words));
        }
        if (i >= 0) {
            last[i] = series->day[row];
        }
    }
    qsort(stations->day, (size_t)table->rows, sizeof *stations->day, compare_days);
    for (int64_t i = 0; i < table->rows; i++) {
        if (i == 0 || stations->day[i] != stations->day[stations->days - 1]) {
            stations->day[stations->days++] = stations->day[i];
        }
    }
done:
    free(last);
    return status;
}

static enum status read_long_values(const struct table *table, const struct series *series,
                                    struct stations *stations)
{
    enum status status;
    TRY(create_values(stations));
    for (int64_t row = 0; row < table->rows; row++) {
        bool passes;
        double value;
        TRY(table_number(table, row, series->value_col, &value));
        TRY(apply_filter(&series->filter, table, row, &passes));
        if (series->station[row] < 0) {
            continue;
        }
        stations->filtered += !passes && !isnan(value);
        const int64_t *day = bsearch(&series->day[row], stations->day, (size_t)stations->days,
                                     sizeof *stations->day, compare_days);
        stations->value[(day - stations->day) * stations->count + series->station[row]] =
            passes ? value : NAN;
    }
done:
    return status;
}

static enum status read_long(const struct station_source *source, const struct table *table,
                             const struct places *places, struct stations *stations)
{
    enum status status;
    struct series series = {0};
    TRY(find_series(source, table, &series));
    TRY(number_stations(source, table, places, &series, stations));
    if (places->table == NULL) {
        TRY(check_positions(table, &series, stations));
    }
    TRY(read_long_days(table, &series, stations));
    TRY(read_long_values(table, &series, stations));
done:
    series_clear(&series);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

static enum status check_source(const struct station_source *source)
{
    enum status status = STATUS_OK;
    bool is_wide = source->value_column == NULL;
    FAIL_IF(is_wide && source->coordinates == NULL, STATUS_USAGE,
            "%s: a table with one column per station needs a second one with their coordinates; a "
            "table with one row per station and day needs the name of the value column",
            source->path);
    FAIL_IF(is_wide && source->filter != NULL, STATUS_USAGE,
            "%s: the filter '%s' needs a table with one row per station and day", source->path,
            source->filter);
done:
    return status;
}

enum status stations_read(const struct station_source *source, struct stations **stations)
{
    enum status status;
    struct table_source lines = {source->path, source->sheet, source->missing};
    struct table *table = NULL;
    struct places places = {0};
    *stations = NULL;
    TRY(check_source(source));
    TRY(table_read(&lines, &table));
    FAIL_IF(table->rows == 0, STATUS_DATA, "%s: holds no rows", source->path);
    if (source->coordinates != NULL) {
        TRY(places_read(source, &places));
    }
    bool is_wide = source->value_column == NULL;
    TRY(create_stations(source->units, is_wide ? table->cols : table->rows, stations));
    TRY(is_wide ? read_wide(source, table, &places, *stations)
                : read_long(source, table, &places, *stations));
    FAIL_IF((*stations)->count == 0, STATUS_DATA, "%s: none of its stations has coordinates%s%s",
            source->path, source->coordinates != NULL ? " in " : "",
            source->coordinates != NULL ? source->coordinates : "");
done:
    places_clear(&places);
    table_destroy(&table);
    if (status != STATUS_OK) {
        stations_destroy(stations);
    }
    return status;
}
