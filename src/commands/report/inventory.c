/* airshed -- GPL-3.0-or-later. Sections of a report for an inventory: tables, figures, the grid (P3.20-P3.25). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "../inventory/figures.h"
#include "io/dataset.h"
#include "io/table.h"
#include "sections.h"

enum { ROWS_MAX = 100 };

/* ---- tables of results -------------------------------------------------------------------- */

/* A table of the product with the columns that are printed. */
struct listing {
    const char *file;           /* ending of the table's name */
    const char *caption;
    const char *columns[12];    /* ends with NULL */
    const char *extent;         /* rows that count; NULL: all */
    const char *subject;        /* NULL: all */
    bool only_period;           /* the last year that is named: all years, or the only one */
};

static const struct listing listings[] = {
    {"/totals.csv",
     "Totals by year",
     {"species", "year", "point", "mean", "low", "high", "minus_percent", "plus_percent", "propagated_low",
      "propagated_high", NULL},
     "nation",
     "all",
     false},
    {"/totals.csv",
     "Uncertainty of emissions by source, as Table S20",
     {"species", "name", "point", "mean", "low", "high", "minus_percent", "plus_percent", NULL},
     "nation",
     "source",
     true},
    {"/shares.csv",
     "Shares of categories by year",
     {"species", "name", "year", "mean", "low", "high", NULL},
     "nation",
     "category",
     false},
    {"/shares.csv",
     "Shares of receptors",
     {"species", "name", "year", "mean", "low", "high", NULL},
     "nation",
     "receptor",
     true},
    {"/totals.csv",
     "Regions, without sources that have national data only",
     {"species", "place", "mean", "low", "high", "minus_percent", "plus_percent", NULL},
     "region",
     "all",
     true},
    {"/changes.csv",
     "Changes since the first year",
     {"species", "subject", "name", "of", "year", "mean", "low", "high", NULL},
     "nation",
     NULL,
     true},
    {"/fits.csv",
     "Fitted distributions, as Table S19",
     {"parameter", "keys", "samples", "distribution", "aicc", "ks", "p_ks", "ad", "p_ad", "chosen", NULL},
     NULL,
     NULL,
     false},
    {"/parameters.csv",
     "Uncertain values",
     {"parameter", "keys", "value", "units", "distribution", "origin", "minus_percent", "plus_percent",
      "reference", NULL},
     NULL,
     NULL,
     false},
    {"/printed.csv",
     "Printed numbers beside recomputed ones",
     {"label", "statistic", "species", "name", "year", "units", "printed", "recomputed",
      "difference_percent", "low", "high", "agrees"},
     NULL,
     NULL,
     false},
};

static bool cell_is(const struct table *table, int64_t row, const char *column, const char *wanted)
{
    int64_t col = wanted != NULL ? table_find(table, column) : -1;
    return col < 0 || strcmp(table_text(table, row, col), wanted) == 0;
}

/* The year of the last row: years are in order, the whole period after them. */
static const char *period_of(const struct table *table)
{
    int64_t col = table_find(table, "year");
    return col >= 0 && table->rows > 0 ? table_text(table, table->rows - 1, col) : NULL;
}

static bool is_listed(const struct listing *listing, const struct table *table, int64_t row)
{
    bool is_fit = strcmp(listing->file, "/fits.csv") == 0;
    int64_t chosen = is_fit ? table_find(table, "chosen") : -1;
    int64_t distribution =
        strcmp(listing->file, "/parameters.csv") == 0 ? table_find(table, "sd") : -1;
    double sd = 1;
    if (distribution >= 0 && table_number(table, row, distribution, &sd) != STATUS_OK) {
        failure_clear();
    }
    return cell_is(table, row, "extent", listing->extent) &&
           cell_is(table, row, "subject", listing->subject) &&
           (!listing->only_period || cell_is(table, row, "year", period_of(table))) &&
           (chosen < 0 || table_text(table, row, chosen)[0] != '\0') && !(sd == 0);
}

/* A column whose listed cells hold nothing but numbers is set as one. */
static bool is_number_column(const struct listing *listing, const struct table *table, int64_t col)
{
    for (int64_t row = 0; row < table->rows; row++) {
        if (is_listed(listing, table, row) && !table_is_missing(table, row, col) &&
            !table_is_number(table, row, col)) {
            return false;
        }
    }
    return true;
}

static enum status print_rows(struct text *html, const struct listing *listing,
                              const struct table *table, const int64_t *cols, int count)
{
    enum status status = STATUS_OK;
    int64_t listed = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        if (!is_listed(listing, table, row) || listed++ >= ROWS_MAX) {
            continue;
        }
        html_table_row(html);
        for (int i = 0; i < count; i++) {
            TRY(section_print_cell(html, table, row, cols[i]));
        }
        html_table_row_end(html);
    }
    html_table_end(html);
    if (listed > ROWS_MAX) {
        html_paragraph(html, "The first %d of %lld rows; all are in %s.", ROWS_MAX,
                       (long long)listed, listing->file + 1);
    }
done:
    return status;
}

static enum status print_listing(struct text *html, const struct product *product,
                                 const struct listing *listing)
{
    enum status status = STATUS_OK;
    struct table *table = NULL;
    int64_t cols[12];
    int count = 0;
    bool has_rows = false;
    const char *path = product_file(product, listing->file);
    if (path == NULL || !path_exists(path)) {
        return STATUS_OK;
    }
    TRY(table_read(&(struct table_source){.path = path}, &table));
    for (int64_t row = 0; row < table->rows && !has_rows; row++) {
        has_rows = is_listed(listing, table, row);
    }
    if (!has_rows) {
        goto done;
    }
    html_table_begin(html, listing->caption);
    for (int i = 0; i < 12 && listing->columns[i] != NULL; i++) {
        cols[count] = table_find(table, listing->columns[i]);
        if (cols[count] >= 0) {
            html_table_head(html, table->names[cols[count]],
                            is_number_column(listing, table, cols[count]));
            count++;
        }
    }
    html_table_body(html);
    TRY(print_rows(html, listing, table, cols, count));
done:
    table_destroy(&table);
    return status;
}

enum status section_write_inventory(struct section_work *work)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < work->product->warnings.count; i++) {
        if (strstr(work->product->warnings.items[i], "synthetic stand-in") != NULL) {
            html_paragraph(&work->html, "Mind: %s", work->product->warnings.items[i]);
        }
    }
    html_paragraph(&work->html,
                   "The point estimate has every value at its centre; mean, low and high are of the draws, "
                   "in equal tails; minus and plus are per cent of the mean. Sources with national data only "
                   "are in the totals of the nation, and in no region or province.");
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++) {
        TRY(print_listing(&work->html, work->product, &listings[i]));
    }
    const char *contradictions = product_file(work->product, work->section->tables[0]);
    if (contradictions != NULL) {
        TRY(section_print_table(&work->html, contradictions,
                                "Printed numbers that contradict one another"));
    }
done:
    return status;
}

/* ---- figures ------------------------------------------------------------------------------ */

/* The way from the folder of the report to @p path. */
static enum status link_to(const struct section_work *work, const char *path, char **link)
{
    enum status status;
    struct text text = {0};
    char *from = NULL, *folder = NULL, *to = NULL;
    TRY(path_folder(option_text(work->view->job->options, "output"), &folder));
    TRY(path_absolute(folder, &from));
    TRY(path_absolute(path, &to));
    size_t shared = 0;
    for (size_t i = 0;; i++) {
        bool ends = (from[i] == '/' || from[i] == '\0') && (to[i] == '/' || to[i] == '\0');
        shared = ends ? i : shared;
        if (from[i] != to[i] || from[i] == '\0') {
            break;
        }
    }
    for (const char *at = from + shared; *at != '\0'; at++) {
        text_add(&text, *at == '/' ? "../" : "");
    }
    text_add(&text, to + shared + (to[shared] == '/'));
    TRY(text_take(&text, link));
done:
    text_clear(&text);
    free(from);
    free(folder);
    free(to);
    return status;
}

static enum status add_figure(struct section_work *work, const char *path)
{
    enum status status;
    struct picture picture = {0};
    char *png = NULL, *pdf = NULL;
    const char *name = path_name(path);
    TRY(picture_read(path, NULL, &picture));
    TRY(link_to(work, path, &png));
    TRY(memory_copy_text(png, &pdf));
    memcpy(pdf + strlen(pdf) - 3, "pdf", 3);
    html_picture(&work->html, &picture, inventory_figure_caption(name),
                 inventory_figure_alternative(name), png, pdf);
done:
    picture_clear(&picture);
    free(png);
    free(pdf);
    return status;
}

enum status section_write_inventory_figures(struct section_work *work)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < work->product->files.count; i++) {
        const char *path = work->product->files.items[i];
        if (text_ends_with(path, ".png")) {
            TRY(add_figure(work, path));
        }
    }
done:
    return status;
}

/* ---- the grid ----------------------------------------------------------------------------- */

/* What is not on the grid is told by the file itself (P3.25). */
static void tell_grid(struct text *html, const struct dataset *dataset)
{
    const char *absent = dataset_attribute(dataset, "sources_not_on_grid");
    const char *proxies = dataset_attribute(dataset, "proxies");
    html_paragraph(html, "Totals of provinces, spread by the share that each cell has of a proxy. Proxies: %s.",
                   proxies != NULL ? proxies : "not known");
    html_paragraph(html, "Sources that are not on the grid: %s.", absent != NULL ? absent : "not known");
    html_paragraph(html, "The map is among the figures of the inventory.");
}

enum status section_write_inventory_grid(struct section_work *work)
{
    enum status status;
    static const char *const captions[SECTION_TABLES_MAX] = {
        "Conservation: the nation's total, the totals of the provinces on the grid, and the sum of the cells",
        "What of each total is on the grid"};
    struct dataset *dataset = NULL;
    const char *path = section_file_with(work->product, work->section->variable);
    TRY(dataset_open(path, &(struct dataset_options){0}, &dataset));
    tell_grid(&work->html, dataset);
    for (int i = 0; work->section->tables[i] != NULL; i++) {
        const char *table = product_file(work->product, work->section->tables[i]);
        if (table != NULL) {
            TRY(section_print_table(&work->html, table, captions[i]));
        }
    }
done:
    dataset_close(&dataset);
    return status;
}
