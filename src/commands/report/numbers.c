/* airshed -- GPL-3.0-or-later. What a run has for the numbers that a paper prints. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/dataset.h"
#include "io/table.h"
#include "page.h"

/* A quantity being computed. */
struct query {
    const struct report_view *view;
    const struct printed_number *number;
    double value;
    char *why;
    int why_bytes;
};

static const char *key_of(const struct query *query, const char *key)
{
    const char *text = printed_key(query->number, key);
    return text != NULL ? text : "";
}

/* ---- maps --------------------------------------------------------------------------------- */

enum {
    MAP_MEAN,
    MAP_LEAST,
    MAP_GREATEST
};

static enum status map_number(const char *path, const struct query *query, const char *name,
                              int what, double *value)
{
    enum status status;
    struct dataset *dataset = NULL;
    float *values = NULL;
    double *areas = NULL, sum = 0, weight = 0, least = INFINITY, greatest = -INFINITY;
    int variable;
    TRY(dataset_open(path, &(struct dataset_options){0}, &dataset));
    variable = section_variable(dataset, name);
    FAIL_IF(variable < 0, STATUS_DATA, "%s: has no variable '%s'", path, name);
    if (query->number->units[0] != '\0') {
        TRY(dataset_convert(dataset, variable, query->number->units));
    }
    const struct dataset_variable *facts = dataset_variable(dataset, variable);
    if (facts->time != NULL) {
        goto done; /* a cube: no number is made of it here */
    }
    struct window window = {.steps = 1, .rows = facts->grid->rows, .cols = facts->grid->cols};
    TRY(memory_allocate((size_t)window_count(&window), sizeof *values, &values));
    TRY(memory_allocate((size_t)window.rows, sizeof *areas, &areas));
    TRY(georeference_row_areas(facts->grid, 0, areas));
    TRY(dataset_read(dataset, variable, &window, values));
    for (int64_t i = 0; i < window_count(&window); i++) {
        if (!isnan(values[i])) {
            sum += areas[i / window.cols] * (double)values[i];
            weight += areas[i / window.cols];
            least = fmin(least, (double)values[i]);
            greatest = fmax(greatest, (double)values[i]);
        }
    }
    if (weight > 0) {
        *value = what == MAP_MEAN ? sum / weight : what == MAP_LEAST ? least : greatest;
    }
done:
    free(values);
    free(areas);
    dataset_close(&dataset);
    return status;
}

static enum status of_map(struct query *query, int what)
{
    enum status status = STATUS_OK;
    const char *variable = key_of(query, "variable");
    const struct products *products = query->view->products;
    for (int64_t i = 0; i < products->count && isnan(query->value); i++) {
        bool is_asked = strcmp(products->item[i].command, key_of(query, "command")) == 0;
        const char *path = is_asked ? section_file_with(&products->item[i], variable) : NULL;
        if (path != NULL) {
            TRY(map_number(path, query, variable, what, &query->value));
        }
    }
    if (isnan(query->value)) {
        snprintf(query->why, (size_t)query->why_bytes, "needs a map '%s' of airshed %s in the run",
                 variable, key_of(query, "command"));
    }
done:
    return status;
}

static enum status of_map_mean(struct query *query)
{
    return of_map(query, MAP_MEAN);
}

static enum status of_map_least(struct query *query)
{
    return of_map(query, MAP_LEAST);
}

static enum status of_map_greatest(struct query *query)
{
    return of_map(query, MAP_GREATEST);
}

/* ---- tables ------------------------------------------------------------------------------- */

/* First number in a column of a product of a command; where `where` names a column, in the row that
 * has `is` there. */
static enum status of_table(struct query *query)
{
    enum status status = STATUS_OK;
    const char *command = key_of(query, "command"), *column = key_of(query, "column");
    const char *where = key_of(query, "where"), *is = key_of(query, "is");
    const struct products *products = query->view->products;
    struct table *table = NULL;
    for (int64_t i = 0; i < products->count && isnan(query->value); i++) {
        bool is_asked = strcmp(products->item[i].command, command) == 0;
        const char *path = is_asked ? section_table_with(&products->item[i], column) : NULL;
        if (path == NULL) {
            continue;
        }
        TRY(table_read(&(struct table_source){.path = path}, &table));
        int64_t col = table_find(table, column), at = table_find(table, where);
        for (int64_t row = 0; row < table->rows && isnan(query->value); row++) {
            bool is_meant =
                where[0] == '\0' || (at >= 0 && strcmp(table_text(table, row, at), is) == 0);
            if (is_meant && table_is_number(table, row, col)) {
                TRY(table_number(table, row, col, &query->value));
            }
        }
        table_destroy(&table);
    }
    if (isnan(query->value)) {
        snprintf(query->why, (size_t)query->why_bytes, "needs airshed %s in the run", command);
    }
done:
    table_destroy(&table);
    return status;
}

/* What an inventory wrote beside this number, by its id. */
static enum status of_inventory(struct query *query)
{
    enum status status = STATUS_OK;
    const struct products *products = query->view->products;
    struct table *table = NULL;
    for (int64_t i = 0; i < products->count && isnan(query->value); i++) {
        bool is_asked = strcmp(products->item[i].command, "inventory") == 0;
        const char *path =
            is_asked ? section_table_with(&products->item[i], "recomputed") : NULL;
        if (path == NULL) {
            continue;
        }
        TRY(table_read(&(struct table_source){.path = path}, &table));
        int64_t id = table_find(table, "id"), col = table_find(table, "recomputed");
        int64_t units = table_find(table, "units"), basis = table_find(table, "basis");
        for (int64_t row = 0; id >= 0 && units >= 0 && row < table->rows; row++) {
            if (strcmp(table_text(table, row, id), query->number->id) == 0 &&
                strcmp(table_text(table, row, units), query->number->units) == 0) {
                bool is_synthetic =
                    basis >= 0 && strcmp(table_text(table, row, basis), "synthetic") == 0;
                TRY(table_number(table, row, col, &query->value));
                snprintf(query->why, (size_t)query->why_bytes, "%s",
                         is_synthetic ? "from a synthetic stand-in: no evidence" : "");
            }
        }
        table_destroy(&table);
    }
    if (isnan(query->value)) {
        snprintf(query->why, (size_t)query->why_bytes,
                 "needs airshed inventory in the run, with this file among its 'printed'");
    }
done:
    table_destroy(&table);
    return status;
}

/* Table of the first product of zonal whose variable is the one meant and that has years. */
static enum status zone_table(const struct query *query, struct table **table)
{
    enum status status = STATUS_OK;
    const char *variable = key_of(query, "variable");
    const struct products *products = query->view->products;
    *table = NULL;
    for (int64_t i = 0; i < products->count && *table == NULL; i++) {
        const struct product *product = &products->item[i];
        const char *has = product_option(product, "variable");
        bool is_asked =
            strcmp(product->command, "zonal") == 0 && has != NULL && strcmp(has, variable) == 0;
        const char *path = is_asked ? section_table_with(product, "mean_of_daily_means") : NULL;
        if (path != NULL) {
            TRY(table_read(&(struct table_source){.path = path}, table));
        }
    }
done:
    return status;
}

/* Mean over the rows of years that the query means; each counts by its area, or alike. */
struct year_rows {
    const char *zone, *year; /* "": all */
    bool by_area;
    double first_year, last_year; /* found */
};

static bool row_is_meant(const struct table *table, int64_t row, const struct year_rows *rows)
{
    const char *zone = table_text(table, row, table_find(table, "zone"));
    const char *year = table_text(table, row, table_find(table, "year"));
    return strcmp(table_text(table, row, table_find(table, "by")), "year") == 0 &&
           strcmp(table_text(table, row, table_find(table, "part")), "all") == 0 &&
           (rows->zone[0] == '\0' || strcmp(zone, rows->zone) == 0) &&
           (rows->year[0] == '\0' || strcmp(year, rows->year) == 0);
}

static bool has_columns(const struct table *table)
{
    static const char *const names[] = {"zone", "year",          "by",           "part",
                                        "mean", "zone_area_km2", "covered_share"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (table_find(table, names[i]) < 0) {
            return false;
        }
    }
    return true;
}

static enum status mean_of_rows(const struct table *table, struct year_rows *rows, double *mean)
{
    enum status status = STATUS_OK;
    double sum = 0, weight = 0;
    rows->first_year = INFINITY;
    rows->last_year = -INFINITY;
    for (int64_t row = 0; has_columns(table) && row < table->rows; row++) {
        double value, area, covered, year;
        if (!row_is_meant(table, row, rows)) {
            continue;
        }
        TRY(table_number(table, row, table_find(table, "mean"), &value));
        TRY(table_number(table, row, table_find(table, "zone_area_km2"), &area));
        TRY(table_number(table, row, table_find(table, "covered_share"), &covered));
        TRY(table_number(table, row, table_find(table, "year"), &year));
        if (!isnan(value)) {
            double counts = rows->by_area ? area * covered : 1;
            sum += counts * value;
            weight += counts;
            rows->first_year = fmin(rows->first_year, year);
            rows->last_year = fmax(rows->last_year, year);
        }
    }
    *mean = sum / weight;
done:
    return status;
}

static enum status of_zones(struct query *query, bool by_area)
{
    enum status status;
    struct table *table = NULL;
    struct year_rows rows = {
        .zone = key_of(query, "zone"), .year = key_of(query, "year"), .by_area = by_area};
    TRY(zone_table(query, &table));
    if (table != NULL) {
        TRY(mean_of_rows(table, &rows, &query->value));
    }
    if (isnan(query->value)) {
        snprintf(query->why, (size_t)query->why_bytes,
                 table == NULL ? "needs airshed zonal --by year of '%s' in the run"
                               : "the zones of '%s' have no such name or year",
                 key_of(query, "variable"));
    }
done:
    table_destroy(&table);
    return status;
}

static enum status of_zone_mean(struct query *query)
{
    return of_zones(query, false);
}

static enum status of_region_mean(struct query *query)
{
    return of_zones(query, true);
}

/* Share in percent, from the first table of shares with such a zone and window (without one: the whole
 * period); `reading` chooses mean_of_ratios. */
static enum status share_in(const struct query *query, const char *path, double *value)
{
    enum status status;
    struct table *table = NULL;
    const char *zone = key_of(query, "zone"), *window = key_of(query, "window");
    bool is_mean = strcmp(key_of(query, "reading"), "mean_of_ratios") == 0;
    TRY(table_read(&(struct table_source){.path = path}, &table));
    for (int64_t row = 0; row < table->rows && isnan(*value); row++) {
        bool is_meant = strcmp(section_cell(table, row, "by"), window[0] != '\0' ? "window" : "all") == 0 &&
                        strcmp(section_cell(table, row, "window"), window) == 0 &&
                        (zone[0] == '\0' || strcmp(section_cell(table, row, "zone"), zone) == 0);
        if (is_meant) {
            TRY(section_number(table, row, is_mean ? "share_mean_of_ratios" : "share_ratio_of_means",
                               value));
            *value *= 100;
        }
    }
done:
    table_destroy(&table);
    return status;
}

static enum status of_zone_share(struct query *query)
{
    enum status status = STATUS_OK;
    const struct products *products = query->view->products;
    for (int64_t i = 0; i < products->count && isnan(query->value); i++) {
        bool is_asked = strcmp(products->item[i].command, "zonal") == 0;
        const char *path =
            is_asked ? section_table_with(&products->item[i], "share_ratio_of_means") : NULL;
        if (path != NULL) {
            TRY(share_in(query, path, &query->value));
        }
    }
    if (isnan(query->value)) {
        snprintf(query->why, (size_t)query->why_bytes,
                 "needs airshed zonal --shares with zone '%s' and window '%s' in the run",
                 key_of(query, "zone"), key_of(query, "window"));
    }
done:
    return status;
}

/* Percent from the first year to the last; with `per_year` over the number of years between. */
static enum status decline_of(struct query *query, bool per_year)
{
    enum status status;
    struct table *table = NULL;
    struct year_rows rows = {.zone = key_of(query, "zone"), .year = "", .by_area = true};
    char first[16], last[16];
    double mean, start, end;
    TRY(zone_table(query, &table));
    snprintf(query->why, (size_t)query->why_bytes,
             "needs airshed zonal --by year of '%s' in the run", key_of(query, "variable"));
    if (table == NULL) {
        goto done;
    }
    TRY(mean_of_rows(table, &rows, &mean));
    double years = rows.last_year - rows.first_year;
    if (isnan(mean) || !(years > 0)) {
        goto done;
    }
    snprintf(first, sizeof first, "%.0f", rows.first_year);
    snprintf(last, sizeof last, "%.0f", rows.last_year);
    rows.year = first;
    TRY(mean_of_rows(table, &rows, &start));
    rows.year = last;
    TRY(mean_of_rows(table, &rows, &end));
    query->value = 100 * (start - end) / start / (per_year ? years : 1);
    query->why[0] = '\0';
done:
    table_destroy(&table);
    return status;
}

static enum status of_decline(struct query *query)
{
    return decline_of(query, false);
}

static enum status of_yearly_decline(struct query *query)
{
    return decline_of(query, true);
}

static const struct {
    const char *name;
    enum status (*compute)(struct query *query);
} quantities[] = {
    {"map_mean", of_map_mean},         {"map_least", of_map_least},
    {"map_greatest", of_map_greatest}, {"table", of_table},
    {"zone_mean", of_zone_mean},       {"region_mean", of_region_mean},
    {"decline", of_decline},           {"yearly_decline", of_yearly_decline},
    {"zone_share", of_zone_share},
    {"inventory", of_inventory},
};

enum status report_recompute(const struct report_view *view, const struct printed_number *number,
                             double *value, char *why, int why_bytes)
{
    enum status status = STATUS_OK;
    struct query query = {
        .view = view, .number = number, .value = NAN, .why = why, .why_bytes = why_bytes};
    bool is_known = number->quantity[0] == '\0';
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        if (strcmp(quantities[i].name, number->quantity) == 0) {
            is_known = true;
            TRY(quantities[i].compute(&query));
        }
    }
    FAIL_IF(!is_known, STATUS_USAGE, "--printed: '%s' of the number '%s' is no quantity",
            number->quantity, number->id);
    if (number->quantity[0] == '\0') {
        snprintf(why, (size_t)why_bytes, "not recomputed");
    }
    *value = query.value;
done:
    return status;
}
