/* airshed -- GPL-3.0-or-later. inventory: what became of each total on the grid, and whether cells add up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "grid_internal.h"
#include "io/table_writer.h"
#include "kernels/tree_sum.h"
#include "output.h"

static const char *const outcome_names[] = {"by proxy", "even", "left out", "off the grid"};

/* ---- the table of what became of each total ------------------------------------------------ */

enum { TABLE_COLUMNS = 11 };

static const struct table_column *table_columns(const char *units)
{
    static struct table_column columns[TABLE_COLUMNS] = {
        {"species", NULL, "what is emitted", TABLE_TEXT},
        {"subject", NULL, "all, a category, a source or a receptor", TABLE_TEXT},
        {"name", NULL, "of the category, source or receptor", TABLE_TEXT},
        {"proxy", NULL, "raster that the total was spread by", TABLE_TEXT},
        {"place", NULL, "province; NATIONAL for sources without provinces", TABLE_TEXT},
        {"year", NULL, NULL, TABLE_TEXT},
        {"total", NULL, "mean of the draws", TABLE_NUMBER},
        {"gridded", NULL, "what the cells add up to", TABLE_NUMBER},
        {"cells", "1", "cells that the place touches", TABLE_INTEGER},
        {"proxy_sum", NULL, "sum of the proxy in the place", TABLE_NUMBER},
        {"spread", NULL,
         "by proxy; even, by area, where the proxy is 0; or not on the grid: left out, off the grid, no "
         "proxy",
         TABLE_TEXT},
    };
    columns[6].units = columns[7].units = units;
    return columns;
}

static void write_group(const struct grid_spread *spread, const struct grid_group *group,
                        struct table_writer *writer)
{
    const struct inventory_model *model = spread->grid->model;
    struct inventory_result result = {.subject = group->subject, .subject_member = group->member};
    table_writer_text(writer, model->indices[INDEX_SPECIES].members.items[group->species]);
    table_writer_text(writer, inventory_subject_name(group->subject));
    table_writer_text(writer, inventory_subject_member(model, &result));
}

static void write_record(const struct grid_spread *spread, int64_t item, const struct grid_record *record,
                         struct table_writer *writer)
{
    char text[40];
    int year;
    const struct grid_group *group = grid_group_of(spread, item, &year);
    const struct grid_proxy *proxy = &spread->grid->proxy[group->part[record->part].proxy];
    write_group(spread, group, writer);
    table_writer_text(writer, path_name(proxy->path));
    table_writer_text(writer, spread->grid->zone[record->zone].name);
    table_writer_text(writer, inventory_year_name(spread->grid->model, year, text));
    table_writer_number(writer, record->total);
    table_writer_number(writer, record->gridded);
    table_writer_integer(writer, record->cells);
    table_writer_number(writer, record->proxy_sum);
    table_writer_text(writer, outcome_names[record->outcome]);
}

/* Sources that no proxy is for, with their totals of the nation. */
static void write_absent(const struct grid_spread *spread, int source, int species, int year,
                         struct table_writer *writer)
{
    const struct inventory_model *model = spread->grid->model;
    char text[40];
    struct grid_group group = {
        .species = species, .subject = SUBJECT_SOURCE, .member = source};
    struct inventory_total like = {
        .species = model->indices[INDEX_SPECIES].members.items[species],
        .subject = "source",
        .name = model->sources[source].name,
        .extent = "nation",
        .place = "all",
        .year = inventory_year_name(model, year, text)};
    const struct inventory_total *row = inventory_totals_find(&spread->totals, &like);
    write_group(spread, &group, writer);
    table_writer_text(writer, NULL);
    table_writer_text(writer, model->sources[source].is_national ? "NATIONAL" : "all");
    table_writer_text(writer, like.year);
    table_writer_number(writer, row != NULL ? inventory_total_centre(row) : NAN);
    table_writer_number(writer, 0);
    table_writer_integer(writer, 0);
    table_writer_number(writer, NAN);
    table_writer_text(writer, "no proxy");
}

static enum status write_table(const struct grid_spread *spread, const struct journal_content *content)
{
    enum status status;
    const struct inventory_model *model = spread->grid->model;
    struct table_writer *writer = NULL;
    TRY(table_writer_create(stage_partial(spread->stage, spread->table),
                            "Totals and what of them is on the grid", table_columns(model->units),
                            TABLE_COLUMNS, &writer));
    for (int64_t i = 0; i < content->record_count; i++) {
        const struct journal_record *record = &content->records[i];
        const struct grid_record *all = record->payload;
        for (int64_t k = 0; k < record->payload_bytes / (int64_t)sizeof *all; k++) {
            write_record(spread, record->item, &all[k], writer);
        }
    }
    for (int source = 0; source < model->source_count; source++) {
        for (size_t species = 0; species < model->indices[INDEX_SPECIES].members.count; species++) {
            bool is_absent = spread->grid->proxy_of[source] < 0 &&
                             model->sources[source].formula[species] >= 0;
            for (size_t year = 0; is_absent && year < model->indices[INDEX_YEAR].members.count;
                 year++) {
                write_absent(spread, source, (int)species, (int)year, writer);
            }
        }
    }
    TRY(table_writer_close(&writer, stage_partial(spread->stage, spread->json)));
done:
    table_writer_destroy(&writer);
    return status;
}

/* ---- whether cells add up ----------------------------------------------------------------- */

/* One map of the mean beside what it was made of (P3.24). */
struct sums {
    double nation;  /* all of the group, on the grid or not */
    double on_grid; /* totals of the provinces that were spread */
    double cells;   /* what the map in the file adds up to */
};

static const struct table_column *sums_columns(const char *units)
{
    enum { NUMBERS = 4 };
    static struct table_column columns[] = {
        {"species", NULL, "what is emitted", TABLE_TEXT},
        {"subject", NULL, "all, a category, a source or a receptor", TABLE_TEXT},
        {"name", NULL, "of the category, source or receptor", TABLE_TEXT},
        {"year", NULL, NULL, TABLE_TEXT},
        {"nation", NULL, "total of the nation, mean of the draws", TABLE_NUMBER},
        {"on_grid", NULL, "totals of the places that are on the grid", TABLE_NUMBER},
        {"cells", NULL, "sum of the cells of grid.nc", TABLE_NUMBER},
        {"difference", NULL, "cells less on_grid: roundings", TABLE_NUMBER},
    };
    for (int i = 0; i < NUMBERS; i++) {
        columns[4 + i].units = units;
    }
    return columns;
}

static double nation_of(const struct grid_spread *spread, const struct grid_group *group, int year)
{
    const struct inventory_model *model = spread->grid->model;
    char text[40];
    const struct inventory_result result = {.subject = group->subject,
                                            .subject_member = group->member,
                                            .place = PLACE_ALL,
                                            .place_member = -1,
                                            .species = group->species};
    const struct inventory_total like = {
        .species = model->indices[INDEX_SPECIES].members.items[group->species],
        .subject = inventory_subject_name(group->subject),
        .name = inventory_subject_member(model, &result),
        .extent = inventory_extent_name(&result),
        .place = inventory_place_name(model, &result),
        .year = inventory_year_name(model, year, text)};
    const struct inventory_total *row = inventory_totals_find(&spread->totals, &like);
    return row != NULL ? inventory_total_centre(row) : NAN;
}

static enum status sum_cells(const struct grid_spread *spread, int64_t item, double *sum)
{
    enum status status;
    const struct georeference *grid = spread->grid->grid;
    struct window map = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    double *values = NULL;
    int64_t count = 0;
    map.time = item / spread->grid->groups;
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), sizeof *values, &values));
    TRY(cube_get(stage_cube(spread->stage, 0), spread->first[item % spread->grid->groups], &map,
                 values));
    for (int64_t cell = 0; cell < grid->rows * grid->cols; cell++) {
        if (!isnan(values[cell])) {
            values[count++] = values[cell];
        }
    }
    *sum = tree_sum(values, count);
done:
    free(values);
    return status;
}

static enum status find_sums(const struct grid_spread *spread, const struct journal_record *record,
                             struct sums *sums)
{
    enum status status;
    const struct grid_record *all = record->payload;
    int64_t count = record->payload_bytes / (int64_t)sizeof *all;
    double *totals = NULL;
    int year;
    const struct grid_group *group = grid_group_of(spread, record->item, &year);
    TRY(memory_allocate((size_t)count, sizeof *totals, &totals));
    for (int64_t i = 0; i < count; i++) {
        bool is_on_grid = all[i].outcome == BY_PROXY || all[i].outcome == EVENLY;
        totals[i] = is_on_grid ? all[i].total : 0;
    }
    sums->nation = nation_of(spread, group, year);
    sums->on_grid = tree_sum(totals, count);
    TRY(sum_cells(spread, record->item, &sums->cells));
done:
    free(totals);
    return status;
}

/* The last map of everything, or the last of all. */
static void tell_sums(const struct grid_spread *spread, const struct journal_record *record,
                      const struct sums *sums, double worst)
{
    const struct inventory_model *model = spread->grid->model;
    char text[40];
    int year;
    const struct grid_group *group = grid_group_of(spread, record->item, &year);
    const char *name = inventory_year_name(model, year, text);
    log_info("grid: cells add up to the totals of their provinces within %.1g of them. %s%s%s: the nation "
             "%.6g %s, on the grid %.6g, its cells %.6g",
             worst, group->name, name[0] != '\0' ? ", " : "", name, sums->nation, model->units,
             sums->on_grid, sums->cells);
}

static enum status write_sums(const struct grid_spread *spread, const struct journal_content *content)
{
    enum status status;
    const struct inventory_model *model = spread->grid->model;
    struct table_writer *writer = NULL;
    struct sums sums = {0}, told = {0};
    const struct journal_record *last = NULL;
    double worst = 0;
    TRY(table_writer_create(stage_partial(spread->stage, spread->sums), "Totals and sums of cells",
                            sums_columns(model->units), 8, &writer));
    for (int64_t i = 0; i < content->record_count; i++) {
        const struct journal_record *record = &content->records[i];
        char text[40];
        int year;
        const struct grid_group *group = grid_group_of(spread, record->item, &year);
        TRY(find_sums(spread, record, &sums));
        write_group(spread, group, writer);
        table_writer_text(writer, inventory_year_name(model, year, text));
        table_writer_number(writer, sums.nation);
        table_writer_number(writer, sums.on_grid);
        table_writer_number(writer, sums.cells);
        table_writer_number(writer, sums.cells - sums.on_grid);
        worst = sums.on_grid > 0 ? fmax(worst, fabs(sums.cells / sums.on_grid - 1)) : worst;
        if (last == NULL || group->subject == SUBJECT_ALL) {
            last = record;
            told = sums;
        }
    }
    TRY(table_writer_close(&writer, stage_partial(spread->stage, spread->sums_json)));
    tell_sums(spread, last, &told, worst);
done:
    table_writer_destroy(&writer);
    return status;
}

/* ---- what the user should know ------------------------------------------------------------ */

/* Names of the zones where some total had this outcome, each once. */
static void list_zones(const struct grid_spread *spread, const struct journal_content *content,
                       enum grid_outcome outcome, struct text *text)
{
    for (int zone = 0; zone < spread->grid->zones; zone++) {
        bool is_there = false;
        for (int64_t i = 0; i < content->record_count && !is_there; i++) {
            const struct grid_record *all = content->records[i].payload;
            int64_t count = content->records[i].payload_bytes / (int64_t)sizeof *all;
            for (int64_t k = 0; k < count && !is_there; k++) {
                is_there = all[k].zone == zone && all[k].outcome == (int64_t)outcome &&
                           all[k].total != 0;
            }
        }
        if (is_there) {
            text_add_format(text, "%s%s", text->length > 0 ? ", " : "",
                            spread->grid->zone[zone].name);
        }
    }
}

static void warn(const struct grid_spread *spread, const struct journal_content *content)
{
    static const struct {
        enum grid_outcome outcome;
        const char *sentence;
    } warnings[] = {
        {EVENLY, "the proxy is 0 everywhere in places with emissions, which are spread by area there: %s"},
        {OFF_GRID, "less than 99 %% of these places lies on the grid; their emissions are not on it: %s"},
        {LEFT_OUT, "left out of the grid, as the config says: %s"},
    };
    for (size_t i = 0; i < sizeof warnings / sizeof warnings[0]; i++) {
        struct text names = {0};
        list_zones(spread, content, warnings[i].outcome, &names);
        if (names.length > 0) {
            struct text sentence = {0};
            text_add_format(&sentence, warnings[i].sentence, names.data);
            log_warning("grid: %s (grid_provinces.csv has the totals)", sentence.data);
            text_clear(&sentence);
        }
        text_clear(&names);
    }
    if (spread->grid->is_synthetic) {
        log_warning("grid: its proxy or its polygons are a synthetic stand-in: no cell of it is an emission "
                    "of any real place");
    }
    if (strcmp(spread->attribute[2], "none") != 0) {
        log_warning("grid: not on it, because they have no provinces and no proxy of their own: %s; "
                    "'proxies' of the section can name one",
                    spread->attribute[2]);
    }
}

enum status grid_tables_write(const struct grid_spread *spread, const struct journal_content *content)
{
    enum status status;
    TRY(write_table(spread, content));
    TRY(write_sums(spread, content));
    warn(spread, content);
done:
    return status;
}
