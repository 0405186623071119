/* airshed -- GPL-3.0-or-later. The sections of a report: which product each shows, and how. */
#include "sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "io/dataset.h"
#include "io/table.h"

enum {
    ROWS_MAX = 100
};

const struct section report_sections[] = {
    {.id = "areas",
     .title = "Radiation areas",
     .paper = "Figure 3",
     .command = "grow",
     .variable = "area",
     .palette = CHART_MASK,
     .tables = {"_summary.csv"},
     .figures = {"map"},
     .write = section_write_map},
    {.id = "sources",
     .title = "Sources of each cell",
     .paper = "Figure 7 (number of sources)",
     .command = "grow",
     .variable = "source_count",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "synthetic",
     .title = "Pollution of the synthetic region",
     .paper = "",
     .command = "synth",
     .variable = "pm25",
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "pollution",
     .title = "Pollution as prepared",
     .paper = "Figure 6",
     .command = "prepare",
     .variable = "*",
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "deweathered",
     .title = "Pollution without the effect of the weather",
     .paper = "Figure 6",
     .command = "deweather",
     .variable = "deweathered",
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "weather-fit",
     .title = "How much the weather explains",
     .paper = "",
     .command = "deweather",
     .variable = "r2",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "expected",
     .title = "What the areas would have without their sources",
     .paper = "Figure 7 (background)",
     .command = "background",
     .variable = "expected",
     .tables = {"_scores.csv"},
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "ihs",
     .title = "Part of the industrial heat sources",
     .paper = "Figures 6 and 9",
     .command = "attribute",
     .variable = "ihs",
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "background",
     .title = "Background",
     .paper = "Figure 7",
     .command = "attribute",
     .variable = "background",
     .figures = {"mean", "cells", "series"},
     .write = section_write_cube},
    {.id = "share",
     .title = "Share of the sources: ratio of means",
     .paper = "Figures 7 and 10",
     .command = "attribute",
     .variable = "share_ratio_of_means",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "share-days",
     .title = "Share of the sources: mean of ratios",
     .paper = "Figures 7 and 10",
     .command = "attribute",
     .variable = "share_mean_of_ratios",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "share-error",
     .title = "Standard error of the share",
     .paper = "",
     .command = "attribute",
     .variable = "share_standard_error",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "share-tables",
     .title = "Shares in all areas, by period",
     .paper = "Figure 7 (contribution), Table 4",
     .command = "attribute",
     .column = "share_ratio_of_means",
     .write = section_write_periods},
    {.id = "moves",
     .title = "How the share moves with the readings",
     .paper = "P2.31, P2.46 and others: what it leaves open",
     .command = "run",
     .column = "share_ratio_of_means_difference",
     .figures = {"share"},
     .write = section_write_readings},
    {.id = "trend",
     .title = "Trend",
     .paper = "Figure 8",
     .command = "trend",
     .variable = "slope",
     .palette = CHART_DIVERGING,
     .dots = "p",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "zones",
     .title = "Means of zones",
     .paper = "Table 2, Figures 8 and 9",
     .command = "zonal",
     .column = "mean_of_daily_means",
     .rows = "year",
     .figures = {"map", "bars", "years", "seasons"},
     .write = section_write_zones},
    {.id = "zone-shares",
     .title = "Shares in zones",
     .paper = "Figure 10",
     .command = "zonal",
     .column = "share_ratio_of_means",
     .rows = "all",
     .figures = {"zones"},
     .write = section_write_shares},
    {.id = "windows",
     .title = "Shares in named windows of days",
     .paper = "Table 4",
     .command = "zonal",
     .column = "share_ratio_of_means",
     .rows = "window",
     .write = section_write_windows},
    {.id = "case",
     .title = "Daily share",
     .paper = "Figure 12",
     .command = "zonal",
     .column = "share_ratio_of_means",
     .rows = "day",
     .figures = {"days", "windows"},
     .write = section_write_case},
    {.id = "rates",
     .title = "Rates of change",
     .paper = "Figure 8 (yearly change)",
     .command = "zonal",
     .column = "compound_annual_percent",
     .write = section_write_rates},
    {.id = "zone-boxes",
     .title = "Distributions in zones",
     .paper = "Figure 11",
     .command = "zonal",
     .column = "whisker_low",
     .figures = {"boxes"},
     .write = section_write_boxes},
    {.id = "tests",
     .title = "Tests between areas and zones",
     .paper = "Mann-Whitney (Eq. 11)",
     .command = "compare",
     .column = "superiority",
     .write = section_write_tables},
    {.id = "group-boxes",
     .title = "Distributions that were compared",
     .paper = "Figure 11",
     .command = "compare",
     .column = "whisker_low",
     .figures = {"boxes"},
     .write = section_write_boxes},
    {.id = "correlations",
     .title = "Correlations with indicators",
     .paper = "Table 3, Figure 7",
     .command = "correlate",
     .column = "unmatched",
     .write = section_write_correlations},
    {.id = "correlation-map",
     .title = "Correlation of each cell",
     .paper = "",
     .command = "correlate",
     .variable = "pearson",
     .palette = CHART_DIVERGING,
     .dots = "pearson_p",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "moran",
     .title = "Spatial autocorrelation",
     .paper = "Moran's I (Eq. 13)",
     .command = "moran",
     .column = "variance_randomisation",
     .write = section_write_tables},
    {.id = "clusters",
     .title = "Local Moran's I",
     .paper = "",
     .command = "moran",
     .variable = "local_i",
     .palette = CHART_DIVERGING,
     .dots = "p",
     .figures = {"map"},
     .write = section_write_map},
    {.id = "inventory",
     .title = "Emission inventory",
     .paper = "Tables S19 and S20, P3.20 to P3.22",
     .command = "inventory",
     .column = "propagated_sd",
     .tables = {"/contradictions.csv"},
     .write = section_write_inventory},
    {.id = "inventory-figures",
     .title = "Emission inventory: figures",
     .paper = "Figures 1 to 4 and S3",
     .command = "inventory",
     .file = ".png",
     .write = section_write_inventory_figures},
    {.id = "inventory-grid",
     .title = "Emission inventory: on a grid",
     .paper = "P3.24",
     .command = "inventory",
     .variable = "*",
     .tables = {"/grid_sums.csv", "/grid_provinces.csv"},
     .write = section_write_inventory_grid},
    {.id = "cell",
     .title = "The stages of one cell",
     .paper = "Figure 4",
     .command = "explain",
     .figures = {"stages"},
     .write = section_write_explain},
    {.id = NULL},
};

int section_variable(const struct dataset *dataset, const char *name)
{
    bool is_any = strcmp(name, "*") == 0 && dataset_variable_count(dataset) > 0;
    return is_any ? 0 : dataset_find_layer(dataset, name, "all");
}

static bool file_has(const char *path, const char *variable)
{
    struct dataset *dataset = NULL;
    if (dataset_open(path, &(struct dataset_options){0}, &dataset) != STATUS_OK) {
        failure_clear();
        return false;
    }
    bool is_there = section_variable(dataset, variable) >= 0;
    dataset_close(&dataset);
    return is_there;
}

const char *section_file_with(const struct product *product, const char *variable)
{
    for (size_t i = 0; i < product->files.count; i++) {
        const char *path = product->files.items[i];
        if (strcmp(path_extension(path), ".nc") == 0 && path_exists(path) &&
            file_has(path, variable)) {
            return path;
        }
    }
    return NULL;
}

static bool table_has(const char *path, const char *column)
{
    struct table *table = NULL;
    bool is_there = false;
    if (table_read(&(struct table_source){.path = path}, &table) == STATUS_OK) {
        is_there = table_find(table, column) >= 0;
    } else {
        failure_clear();
    }
    table_destroy(&table);
    return is_there;
}

const char *section_table_with(const struct product *product, const char *column)
{
    for (size_t i = 0; i < product->files.count; i++) {
        const char *path = product->files.items[i];
        if (strcmp(path_extension(path), ".csv") == 0 && path_exists(path) &&
            table_has(path, column)) {
            return path;
        }
    }
    return NULL;
}

static bool table_has_rows(const char *path, const char *by)
{
    struct table *table = NULL;
    bool is_there = false;
    if (table_read(&(struct table_source){.path = path}, &table) != STATUS_OK) {
        failure_clear();
        return false;
    }
    for (int64_t row = 0; row < table->rows && !is_there; row++) {
        is_there = strcmp(section_cell(table, row, "by"), by) == 0;
    }
    table_destroy(&table);
    return is_there;
}

static bool column_suits(const struct section *section, const struct product *product)
{
    const char *path = section_table_with(product, section->column);
    return path != NULL && (section->rows == NULL || table_has_rows(path, section->rows));
}

bool section_suits(const struct section *section, const struct product *product)
{
    bool is_drawn = strcmp(product->command, "explain") != 0 || product_file(product, ".png") != NULL;
    return strcmp(section->command, product->command) == 0 && is_drawn &&
           (section->file == NULL || product_file(product, section->file) != NULL) &&
           (section->variable == NULL || section_file_with(product, section->variable) != NULL) &&
           (section->column == NULL || column_suits(section, product));
}

enum status section_figure_name(const struct section *section, const struct product *product,
                                int figure, char **name)
{
    enum status status = STATUS_OK;
    char *stem = NULL;
    TRY(path_stem(path_name(product->output), &stem));
    FAIL_IF(asprintf(name, "%s-%s-%s", section->id, section->figures[figure], stem) < 0,
            STATUS_MEMORY, "out of memory");
done:
    free(stem);
    return status;
}

enum status section_add_picture(struct section_work *work, struct figure *figure,
                                const char *caption, const char *alternative)
{
    enum status status;
    char *name = NULL;
    char png[512], pdf[512];
    struct picture *picture = &work->pictures[work->picture_count];
    TRY(figure_end(figure, picture));
    TRY(section_figure_name(work->section, work->product, work->picture_count, &name));
    work->picture_count++;
    snprintf(png, sizeof png, "%s/%s.png", work->view->figures, name);
    snprintf(pdf, sizeof pdf, "%s/%s.pdf", work->view->figures, name);
    html_picture(&work->html, picture, caption, alternative, png, pdf);
done:
    free(name);
    return status;
}

enum status section_add_nothing(struct section_work *work, const char *title)
{
    enum status status;
    struct figure *figure = NULL;
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_bars(figure, &(struct chart_bars){.title = title}));
    TRY(figure_end(figure, &work->pictures[work->picture_count]));
    work->picture_count++;
done:
    figure_destroy(&figure);
    return status;
}

/* ---- cells of tables ---------------------------------------------------------------------- */

enum status section_read_table(const struct section_work *work, struct table **table)
{
    const char *path = section_table_with(work->product, work->section->column);
    return table_read(&(struct table_source){.path = path}, table);
}

const char *section_cell(const struct table *table, int64_t row, const char *column)
{
    int64_t col = table_find(table, column);
    return col >= 0 ? table_text(table, row, col) : "";
}

enum status section_number(const struct table *table, int64_t row, const char *column,
                           double *value)
{
    enum status status;
    int64_t col;
    TRY(table_column(table, column, &col));
    TRY(table_number(table, row, col, value));
done:
    return status;
}

const char *section_zone(const struct table *table, int64_t row, char name[SECTION_ZONE_BYTES])
{
    const char *part = section_cell(table, row, "part");
    bool is_whole = strcmp(part, "all") == 0 || part[0] == '\0';
    snprintf(name, SECTION_ZONE_BYTES, "%s%s%s", section_cell(table, row, "zone"),
             is_whole ? "" : ", ", is_whole ? "" : part);
    return name;
}

void section_label(const struct section_work *work, const char *column,
                   char label[SECTION_LABEL_BYTES])
{
    char units[TABLE_CELL_BYTES];
    const char *variable = product_option(work->product, "variable");
    table_units(section_table_with(work->product, work->section->column), column, units);
    bool has_units = units[0] != '\0' && strcmp(units, "1") != 0;
    snprintf(label, SECTION_LABEL_BYTES, "%.120s%s%.120s%s",
             variable != NULL && variable[0] != '\0' ? variable : "value", has_units ? " (" : "",
             has_units ? units : "", has_units ? ")" : "");
}

/* ---- tables ------------------------------------------------------------------------------- */

static bool column_is_number(const struct table *table, int64_t col)
{
    bool has_number = false;
    for (int64_t row = 0; row < table->rows; row++) {
        if (!table_is_missing(table, row, col) && !table_is_number(table, row, col)) {
            return false;
        }
        has_number = has_number || table_is_number(table, row, col);
    }
    return has_number;
}

enum status section_print_cell(struct text *html, const struct table *table, int64_t row,
                               int64_t col)
{
    enum status status = STATUS_OK;
    double value;
    if (table_is_number(table, row, col)) {
        TRY(table_number(table, row, col, &value));
        html_table_number(html, value);
    } else {
        html_table_cell(html, table_text(table, row, col));
    }
done:
    return status;
}

/* Kinds of periods, what sums up most first. */
static const char *const period_kinds[] = {"all", "window", "year", "season", "month", "day"};

enum {
    PERIOD_KIND_COUNT = sizeof period_kinds / sizeof *period_kinds
};

static int kind_of(const struct table *table, int64_t row)
{
    int kind = 0;
    const char *by = section_cell(table, row, "by");
    while (kind < PERIOD_KIND_COUNT && strcmp(period_kinds[kind], by) != 0) {
        kind++;
    }
    return kind;
}

/* Of a long table of periods: the kinds, from the first on, that together have few rows; one at least.
 * @return the first kind that is left out */
static int kinds_shown(const struct table *table)
{
    int64_t count[PERIOD_KIND_COUNT + 1] = {0}, shown = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        count[kind_of(table, row)]++;
    }
    int kind = 0;
    while (kind < PERIOD_KIND_COUNT && (shown == 0 || shown + count[kind] <= ROWS_MAX)) {
        shown += count[kind++];
    }
    return kind;
}

/* Which rows are printed. */
struct printed_rows {
    int64_t row[ROWS_MAX], count;
};

static void choose_rows(const struct table *table, struct printed_rows *rows)
{
    int kinds = table->rows > ROWS_MAX ? kinds_shown(table) : PERIOD_KIND_COUNT;
    for (int64_t row = 0; row < table->rows && rows->count < ROWS_MAX; row++) {
        if (kinds == PERIOD_KIND_COUNT || kind_of(table, row) < kinds) {
            rows->row[rows->count++] = row;
        }
    }
}

/* Columns without any value say nothing to a reader. */
static bool column_is_empty(const struct table *table, const struct printed_rows *rows, int64_t col)
{
    for (int64_t i = 0; i < rows->count; i++) {
        if (table_text(table, rows->row[i], col)[0] != '\0') {
            return false;
        }
    }
    return true;
}

enum status section_print_table(struct text *html, const char *path, const char *caption)
{
    enum status status;
    struct table *table = NULL;
    struct printed_rows rows = {.count = 0};
    TRY(table_read(&(struct table_source){.path = path}, &table));
    choose_rows(table, &rows);
    html_table_begin(html, caption);
    for (int64_t col = 0; col < table->cols; col++) {
        if (!column_is_empty(table, &rows, col)) {
            html_table_head(html, table->names[col], column_is_number(table, col));
        }
    }
    html_table_body(html);
    for (int64_t i = 0; i < rows.count; i++) {
        html_table_row(html);
        for (int64_t col = 0; col < table->cols; col++) {
            if (!column_is_empty(table, &rows, col)) {
                TRY(section_print_cell(html, table, rows.row[i], col));
            }
        }
        html_table_row_end(html);
    }
    html_table_end(html);
    if (rows.count < table->rows) {
        html_paragraph(html, "%lld of %lld rows; all are in %s.", (long long)rows.count,
                       (long long)table->rows, path_name(path));
    }
done:
    table_destroy(&table);
    return status;
}

enum status section_write_tables(struct section_work *work)
{
    enum status status = STATUS_OK;
    if (work->section->column != NULL) {
        const char *path = section_table_with(work->product, work->section->column);
        TRY(section_print_table(&work->html, path, path_name(path)));
    }
    for (const char *const *ending = work->section->tables; *ending != NULL; ending++) {
        const char *path = product_file(work->product, *ending);
        if (path != NULL) {
            TRY(section_print_table(&work->html, path, path_name(path)));
        }
    }
done:
    return status;
}
