/* airshed -- GPL-3.0-or-later. The sections of a report: which product each shows, and how. */
#ifndef AIRSHED_COMMANDS_REPORT_SECTIONS_H
#define AIRSHED_COMMANDS_REPORT_SECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "flow/job.h"
#include "io/dataset.h"
#include "io/table.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/products.h"

enum {
    SECTION_FIGURES_MAX = 4,
    SECTION_TABLES_MAX = 3,
    SECTION_ZONE_BYTES = TABLE_CELL_BYTES + 32,
    SECTION_LABEL_BYTES = 300
};

/** What every section may look at. */
struct report_view {
    const struct job *job;
    const struct products *products;
    struct chart_borders borders;
    const char *folder;  /**< where figures are drawn */
    const char *figures; /**< name of the folder of figures, seen from the report */
};

/** A section being written. */
struct section_work {
    const struct report_view *view;
    const struct section *section;
    const struct product *product;
    struct text html;
    struct picture pictures[SECTION_FIGURES_MAX];
    int picture_count;
};

/** One row of the table of sections. To show a new product, add a row. */
struct section {
    const char *id; /**< of its figures and its place in the page: lower case */
    const char *title;
    const char *paper;    /**< what of the paper it stands for, or "" */
    const char *command;  /**< that makes its product */
    const char *variable; /**< that a file of the product must have; NULL: none needed */
    const char *file;     /**< ending of a file that the product must have; NULL: none needed */
    const char *column;   /**< that a table of the product must have; NULL: none needed */
    const char *rows;     /**< that table needs rows with this in its column "by"; NULL: any */
    enum chart_palette palette;
    const char *dots; /**< variable of p-values: signs where below 0.05; NULL: none */
    const char *const tables[SECTION_TABLES_MAX + 1];   /**< endings of tables to print, if there */
    const char *const figures[SECTION_FIGURES_MAX + 1]; /**< names of the figures, all drawn */
    /** Writes text, tables and exactly the figures named above. Local. */
    enum status (*write)(struct section_work *work);
};

/** Ends with a row whose id is NULL. */
extern const struct section report_sections[];

/** True where @p section can show @p product. */
bool section_suits(const struct section *section, const struct product *product);

/** Name of figure @p figure of a section of @p product: "trend-slope-trend". Released with free(). */
enum status section_figure_name(const struct section *section, const struct product *product,
                                int figure, char **name);

/** Puts a figure that was drawn into the page. */
enum status section_add_picture(struct section_work *work, struct figure *figure,
                                const char *caption, const char *alternative);

/** Prints a cell: a number, or its text. */
enum status section_print_cell(struct text *html, const struct table *table, int64_t row,
                               int64_t col);

/** Makes the files of the next figure without any value to draw, and leaves the page alone. */
enum status section_add_nothing(struct section_work *work, const char *title);

/** Prints a CSV table of the product, at most a hundred rows: of a longer one of periods, those that
 *  sum up most. */
enum status section_print_table(struct text *html, const char *path, const char *caption);

/** Writers, each in the file that its subject names. */
enum status section_write_map(struct section_work *work);
enum status section_write_cube(struct section_work *work);
enum status section_write_tables(struct section_work *work);
enum status section_write_zones(struct section_work *work);
enum status section_write_rates(struct section_work *work);
enum status section_write_boxes(struct section_work *work);
enum status section_write_readings(struct section_work *work); /* readings.c */
enum status section_write_explain(struct section_work *work);
enum status section_write_periods(struct section_work *work);
enum status section_write_shares(struct section_work *work);
enum status section_write_windows(struct section_work *work);
enum status section_write_case(struct section_work *work);
enum status section_write_correlations(struct section_work *work);
enum status section_write_inventory(struct section_work *work); /* inventory.c */
enum status section_write_inventory_figures(struct section_work *work);
enum status section_write_inventory_grid(struct section_work *work);

/** Variable of @p dataset called @p name ("*": the first); where the name has layers, the one of the
 *  whole time, labelled "all". -1 where there is none. */
int section_variable(const struct dataset *dataset, const char *name);

/** First table that has the section's column; the caller destroys it. */
enum status section_read_table(const struct section_work *work, struct table **table);

/** Text of a cell, "" where there is no such column; and a number, NaN where the cell is empty. */
const char *section_cell(const struct table *table, int64_t row, const char *column);
enum status section_number(const struct table *table, int64_t row, const char *column,
                           double *value);

/** "Alder", or "Alder, inside": zone and part of a row. @return @p name */
const char *section_zone(const struct table *table, int64_t row, char name[SECTION_ZONE_BYTES]);

/** The variable of a product, with its units as the section's table tells them for @p column: "ihs (ug
 *  m-3)". */
void section_label(const struct section_work *work, const char *column,
                   char label[SECTION_LABEL_BYTES]);

/** First NetCDF file of @p product that has @p variable ("*": any), and first CSV table that has
 *  @p column, as paths; NULL where there is none. */
const char *section_file_with(const struct product *product, const char *variable);
const char *section_table_with(const struct product *product, const char *column);

#endif
