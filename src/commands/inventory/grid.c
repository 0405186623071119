/* airshed -- GPL-3.0-or-later. inventory: the stage that spreads totals over a grid (P3.24, P3.25). */
#include "grid_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "flow/run.h"
#include "output.h"
#include "totals.h"
#include "io/geotiff.h"
#include "kernels/apportion.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"

const struct option_spec inventory_grid_options[] = {
    {.name = "geotiff",
     .kind = OPTION_FLAG,
     .help = "Also write each variable of grid.nc as a Cloud Optimized GeoTIFF, grid_NAME.tif, with a "
             "band for each year.",
     .group = "Output"},
    {.name = NULL},
};

/* A province counts as lying on the grid where so much of it does: islets may lie off it. */
static const double least_share = 0.99;

static const struct {
    const char *ending, *words;
} statistics[GRID_STATISTICS] = {{"", "mean"},
                            {"_median", "median"},
                            {"_low", "lower end of the interval"},
                            {"_high", "upper end of the interval"}};

/* ---- one item: a group in a year ---------------------------------------------------------- */

static int64_t cells_of(const struct grid_spread *spread)
{
    return spread->grid->grid->rows * spread->grid->grid->cols;
}

const struct grid_group *grid_group_of(const struct grid_spread *spread, int64_t item, int *year)
{
    *year = (int)(item / spread->grid->groups);
    return &spread->grid->group[item % spread->grid->groups];
}

static enum status load_proxy(struct grid_spread *spread, int proxy, int year, struct flow_item *item)
{
    enum status status;
    struct grid_proxy *own = &spread->grid->proxy[proxy];
    struct window whole = {.time = own->step[year],
                           .steps = 1,
                           .rows = spread->grid->grid->rows,
                           .cols = spread->grid->grid->cols};
    if (spread->loaded_proxy == proxy && spread->loaded_step == own->step[year]) {
        return STATUS_OK;
    }
    spread->loaded_proxy = -1;
    TRY(dataset_read(own->dataset, own->variable, &whole, spread->proxy));
    flow_count_read(item, cells_of(spread) * (int64_t)sizeof(float));
    spread->loaded_proxy = proxy;
    spread->loaded_step = own->step[year];
done:
    return status;
}

/* The row of the results for a subject in a zone; NULL where there is none. */
static const struct inventory_total *find_row(const struct grid_spread *spread,
                                              const struct grid_group *group,
                                              enum result_subject subject, int member, int zone,
                                              int year)
{
    const struct inventory_model *model = spread->grid->model;
    char text[40];
    struct inventory_result result = {.subject = subject,
                                      .subject_member = member,
                                      .place = PLACE_PROVINCE,
                                      .place_member = spread->grid->zone[zone].member,
                                      .species = group->species};
    if (spread->grid->zones == 1) {
        result.place = PLACE_ALL; /* an inventory without provinces */
    }
    struct inventory_total like = {
        .species = model->indices[INDEX_SPECIES].members.items[group->species],
        .subject = inventory_subject_name(subject),
        .name = inventory_subject_member(model, &result),
        .extent = inventory_extent_name(&result),
        .place = inventory_place_name(model, &result),
        .year = inventory_year_name(model, year, text)};
    return inventory_totals_find(&spread->totals, &like);
}

/* Statistics of a part in a zone: of the subject's row, or the sum of the sources' means. */
static void add_rows(const struct grid_spread *spread, const struct grid_group *group,
                     const struct grid_part *part, int zone, int year, double value[GRID_STATISTICS])
{
    bool is_one = part->is_whole || part->sources == 1;
    memset(value, 0, GRID_STATISTICS * sizeof *value);
    for (int i = 0; i < (part->is_whole ? 1 : part->sources); i++) {
        const struct inventory_total *row =
            part->is_whole
                ? find_row(spread, group, group->subject, group->member, zone, year)
                : find_row(spread, group, SUBJECT_SOURCE, part->source[i], zone, year);
        if (row != NULL) {
            const double all[GRID_STATISTICS] = {inventory_total_centre(row), row->median, row->low,
                                            row->high};
            for (int k = 0; k < (is_one ? GRID_STATISTICS : 1); k++) {
                value[k] += all[k];
            }
        }
    }
}

static enum status refuse_negative(const struct grid_spread *spread, const struct grid_proxy *proxy,
                                   const struct apportion_survey *survey)
{
    const struct georeference *grid = spread->grid->grid;
    int64_t cell = survey->negative_cell;
    return failure_record(
        STATUS_DATA, __FILE__, __LINE__,
        "%s: the proxy has %lld values below 0, the first is %g at x %g, y %g: a proxy says how much is "
        "where. If it stands for a missing value, the file must declare it",
        proxy->path, (long long)survey->negative, (double)spread->proxy[cell],
        grid->x[cell % grid->cols], grid->y[cell / grid->cols]);
}

static enum status refuse_empty(const struct grid_spread *spread, const struct grid_proxy *proxy,
                                const struct grid_zone *zone)
{
    char place[CONFIG_PLACE_BYTES];
    return failure_record(STATUS_DATA, __FILE__, __LINE__,
                          "%s: %s is 0 everywhere in %s, which has emissions to spread: give another "
                          "proxy, or say 'empty: even'",
                          config_place(spread->grid->node, place), proxy->path, zone->name);
}

/* Shares of the cells of a zone, by the proxy that is loaded, or by area where it is 0. */
static enum status find_shares(const struct grid_spread *spread, const struct grid_proxy *proxy,
                               const struct grid_zone *zone, struct grid_record *record)
{
    enum status status = STATUS_OK;
    struct apportion_cells cells = {zone->count, zone->cell,
                                    proxy->is_density ? zone->area_m2 : zone->fraction};
    struct apportion_survey survey = apportion_shares(&cells, spread->proxy, spread->share);
    if (survey.negative > 0) {
        return refuse_negative(spread, proxy, &survey);
    }
    record->proxy_sum = survey.sum;
    record->cells = zone->count;
    record->outcome = survey.sum > 0 ? BY_PROXY : EVENLY;
    if (survey.sum > 0 || record->total == 0) {
        return STATUS_OK; /* nothing to spread: zeros */
    }
    if (spread->grid->refuses_empty) {
        return refuse_empty(spread, proxy, zone);
    }
    cells.extent = zone->area_m2;
    apportion_shares(&cells, NULL, spread->share);
    return status;
}

static enum status spread_zone(struct grid_spread *spread, const struct grid_group *group,
                               const struct grid_part *part, int number, int year,
                               struct grid_record *record)
{
    enum status status;
    const struct grid_zone *zone = &spread->grid->zone[number];
    double value[GRID_STATISTICS];
    add_rows(spread, group, part, number, year, value);
    record->total = value[0];
    record->zone = number;
    record->part = part - group->part;
    if (zone->is_left_out || zone->share_in_grid < least_share) {
        record->outcome = zone->is_left_out ? LEFT_OUT : OFF_GRID;
        return STATUS_OK;
    }
    TRY(find_shares(spread, &spread->grid->proxy[part->proxy], zone, record));
    const struct apportion_cells cells = {zone->count, zone->cell, zone->fraction};
    for (int i = 0; i < (group->has_percentiles ? GRID_STATISTICS : 1); i++) {
        apportion_add(&cells, spread->share, value[i], spread->map[i]);
    }
    for (int64_t i = 0; i < zone->count; i++) {
        spread->share[i] *= value[0];
    }
    record->gridded = tree_sum(spread->share, zone->count);
done:
    return status;
}

static enum status compute(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct grid_spread *spread = context;
    int year;
    const struct grid_group *group = grid_group_of(spread, item->index, &year);
    for (int64_t cell = 0; cell < cells_of(spread) * GRID_STATISTICS; cell++) {
        spread->map[0][cell] = NAN;
    }
    spread->record_count = 0;
    for (int i = 0; i < group->parts; i++) {
        const struct grid_part *part = &group->part[i];
        int nation = spread->grid->zones - 1;
        TRY(load_proxy(spread, part->proxy, year, item));
        for (int zone = part->is_national ? nation : 0;
             zone < (part->is_national ? nation + 1 : nation); zone++) {
            struct grid_record *record = &spread->records[spread->record_count++];
            *record = (struct grid_record){0};
            TRY(spread_zone(spread, group, part, zone, year, record));
        }
    }
done:
    return status;
}

static enum status write(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct grid_spread *spread = context;
    int year;
    const struct grid_group *group = grid_group_of(spread, item->index, &year);
    int first = spread->first[item->index % spread->grid->groups];
    struct window whole = {.time = year,
                           .steps = 1,
                           .rows = spread->grid->grid->rows,
                           .cols = spread->grid->grid->cols};
    for (int i = 0; i < (group->has_percentiles ? GRID_STATISTICS : 1); i++) {
        TRY(flow_put(item, 0, first + i, &whole, spread->map[i]));
    }
    TRY(flow_payload(item, spread->records,
                     spread->record_count * (int64_t)sizeof *spread->records));
done:
    return status;
}

/* ---- what is written ---------------------------------------------------------------------- */

static enum status create_years(struct grid_spread *spread)
{
    enum status status;
    const struct inventory_model *model = spread->grid->model;
    const struct text_list *names = &model->indices[INDEX_YEAR].members;
    int64_t years = (int64_t)names->count;
    struct calendar_date *date = NULL;
    if (names->items[0][0] == '\0') {
        return STATUS_OK; /* one time that has no name */
    }
    TRY(memory_allocate((size_t)(3 * years), sizeof *date, &date));
    for (int64_t i = 0; i < years; i++) {
        date[i] = (struct calendar_date){model->year[i], 1, 1, 0};
        date[years + 2 * i] = date[i];
        date[years + 2 * i + 1] = (struct calendar_date){model->year[i] + 1, 1, 1, 0};
    }
    TRY(time_axis_create_dates(CALENDAR_STANDARD, years, date, date + years, &spread->years));
done:
    free(date);
    return status;
}

static const char *subject_words(const struct inventory_model *model,
                                 const struct grid_group *group)
{
    struct inventory_result result = {.subject = group->subject, .subject_member = group->member};
    return group->subject == SUBJECT_ALL ? "all sources on the grid"
                                         : inventory_subject_member(model, &result);
}

static enum status add_variable(struct grid_spread *spread, const struct grid_group *group,
                                int statistic)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = spread->grid->model;
    const char *species = model->indices[INDEX_SPECIES].members.items[group->species];
    int number = spread->variable_count++;
    FAIL_IF(asprintf(&spread->variable_name[number], "%s%s", group->name,
                     statistics[statistic].ending) < 0 ||
                asprintf(&spread->long_name[number], "emission%s%s from %s: %s",
                         species[0] != '\0' ? " of " : "", species, subject_words(model, group),
                         statistics[statistic].words) < 0,
            STATUS_MEMORY, "out of memory");
    spread->variables[number] = (struct cube_variable){
        .name = spread->variable_name[number],
        .long_name = spread->long_name[number],
        .units = model->units,
        .cell_methods = spread->years != NULL ? "area: sum time: sum" : "area: sum",
        .type = CUBE_DOUBLE,
        .has_time = spread->years != NULL};
done:
    return status;
}

/* Names of the sources that are on the grid by a proxy; -1: that are not on it. */
static void list_sources(const struct inventory_grid *grid, int proxy, struct text *text)
{
    const char *comma = "";
    for (int i = 0; i < grid->model->source_count; i++) {
        if (grid->proxy_of[i] == proxy) {
            text_add_format(text, "%s%s", comma, grid->model->sources[i].name);
            comma = ", ";
        }
    }
}

static enum status add_attributes(struct grid_spread *spread)
{
    enum status status;
    const struct inventory_grid *grid = spread->grid;
    struct text title = {0}, proxies = {0}, absent = {0};
    text_add_format(&title, "%s: totals of provinces on a grid%s", grid->model->title,
                    grid->is_synthetic ? " BY A SYNTHETIC PROXY" : "");
    for (int i = 0; i < grid->proxies; i++) {
        text_add_format(&proxies, "%s%s (%s) for ", i > 0 ? "; " : "",
                        path_name(grid->proxy[i].path),
                        dataset_variable(grid->proxy[i].dataset, grid->proxy[i].variable)->name);
        list_sources(grid, i, &proxies);
    }
    list_sources(grid, -1, &absent);
    text_add(&absent, absent.length == 0 ? "none" : "");
    TRY(text_take(&title, &spread->attribute[0]));
    TRY(text_take(&proxies, &spread->attribute[1]));
    TRY(text_take(&absent, &spread->attribute[2]));
    const struct cube_attribute all[] = {
        {"title", spread->attribute[0]},
        {"summary", "Amounts by cell and year. The total of a province is spread over its cells by the "
                    "share that each has of a proxy; the cells of a province add up to its total."},
        {"comment",
         "A cell's share of its province is fixed, so percentiles of the province's total times the "
         "share are those of the cell. A cell on a border holds the sum of its parts' percentiles, "
         "which is exact where the parts vary together and otherwise too wide. Percentiles of "
         "different provinces do not add up to those of their sum."},
        {"proxies", spread->attribute[1]},
        {"sources_not_on_grid", spread->attribute[2]},
    };
    memcpy(spread->attributes, all, sizeof all);
done:
    text_clear(&title);
    text_clear(&proxies);
    text_clear(&absent);
    return status;
}

/* GDAL and QGIS read CDF-2, which holds variables under 4 GiB. */
static enum cube_format format_of(const struct grid_spread *spread)
{
    int64_t steps = spread->years != NULL ? spread->years->steps : 1;
    int64_t bytes = cells_of(spread) * steps * (int64_t)sizeof(double);
    return bytes < (INT64_C(1) << 32) - 4 ? CUBE_CDF2 : CUBE_CDF5;
}

static enum status describe(struct grid_spread *spread)
{
    enum status status;
    const struct inventory_grid *grid = spread->grid;
    size_t most = (size_t)grid->groups * GRID_STATISTICS;
    TRY(create_years(spread));
    TRY(memory_allocate(most, sizeof *spread->variable_name, &spread->variable_name));
    TRY(memory_allocate(most, sizeof *spread->long_name, &spread->long_name));
    TRY(memory_allocate(most, sizeof *spread->variables, &spread->variables));
    TRY(memory_allocate((size_t)grid->groups, sizeof *spread->first, &spread->first));
    for (int i = 0; i < grid->groups; i++) {
        spread->first[i] = spread->variable_count;
        for (int k = 0; k < (grid->group[i].has_percentiles ? GRID_STATISTICS : 1); k++) {
            TRY(add_variable(spread, &grid->group[i], k));
        }
    }
    TRY(add_attributes(spread));
    spread->spec = (struct cube_spec){.grid = grid->grid,
                                      .time = spread->years,
                                      .variables = spread->variables,
                                      .variable_count = spread->variable_count,
                                      .attributes = spread->attributes,
                                      .attribute_count = sizeof spread->attributes /
                                                         sizeof *spread->attributes,
                                      .format = format_of(spread)};
done:
    return status;
}

/* ---- GeoTIFF ------------------------------------------------------------------------------ */

static enum status map_path(const struct grid_spread *spread, int variable, char **path)
{
    enum status status = STATUS_OK;
    char *folder = NULL;
    TRY(path_folder(spread->output, &folder));
    FAIL_IF(asprintf(path, "%s/grid_%s.tif", folder, spread->variable_name[variable]) < 0,
            STATUS_MEMORY, "out of memory");
done:
    free(folder);
    return status;
}

static enum status declare_maps(const struct grid_spread *spread)
{
    enum status status = STATUS_OK;
    char *path = NULL;
    for (int i = 0; i < spread->variable_count; i++) {
        TRY(map_path(spread, i, &path));
        TRY(stage_add_file(spread->stage, path));
        free(path);
        path = NULL;
    }
done:
    free(path);
    return status;
}

static enum status fill_bands(const struct grid_spread *spread, int variable,
                              struct geotiff_band *bands, float *values)
{
    enum status status = STATUS_OK;
    const struct text_list *years = &spread->grid->model->indices[INDEX_YEAR].members;
    struct window map = {
        .steps = 1, .rows = spread->grid->grid->rows, .cols = spread->grid->grid->cols};
    int64_t cells = cells_of(spread);
    for (; map.time < (int64_t)years->count; map.time++) {
        float *band = values + map.time * cells;
        TRY(cube_get(stage_cube(spread->stage, 0), variable, &map, spread->map[0]));
        for (int64_t cell = 0; cell < cells; cell++) {
            band[cell] = (float)spread->map[0][cell];
        }
        bands[map.time] = (struct geotiff_band){
            .name = spread->years != NULL ? years->items[map.time]
                                          : spread->variable_name[variable],
            .units = spread->variables[variable].units,
            .values = band};
    }
done:
    return status;
}

static enum status write_map(const struct grid_spread *spread, int variable)
{
    enum status status;
    size_t years = spread->grid->model->indices[INDEX_YEAR].members.count;
    char *path = NULL;
    float *values = NULL;
    struct geotiff_band *bands = NULL;
    TRY(memory_allocate(years * (size_t)cells_of(spread), sizeof *values, &values));
    TRY(memory_allocate(years, sizeof *bands, &bands));
    TRY(fill_bands(spread, variable, bands, values));
    struct geotiff map = {.grid = spread->grid->grid,
                          .pixel = GEOTIFF_FLOAT,
                          .overviews = GEOTIFF_AVERAGE,
                          .title = spread->long_name[variable],
                          .has_nodata = true,
                          .nodata = NAN,
                          .bands = (int)years,
                          .band = bands};
    TRY(map_path(spread, variable, &path));
    TRY(geotiff_write(stage_partial(spread->stage, path), &map));
done:
    free(path);
    free(values);
    free(bands);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status add_inputs(struct grid_spread *spread, const char *folder)
{
    enum status status = STATUS_OK;
    const struct inventory_grid *grid = spread->grid;
    char *totals = NULL;
    TRY(stage_add_input_file(spread->stage, "input", grid->model->path));
    for (int i = 0; i < grid->proxies; i++) {
        TRY(stage_add_input(spread->stage, "proxy", grid->proxy[i].identity));
    }
    if (grid->zones_identity != NULL) {
        TRY(stage_add_input(spread->stage, "zones", grid->zones_identity));
    }
    TRY(path_join(folder, "totals.csv", &totals));
    if (path_exists(totals)) { /* not in the plan of a first run */
        TRY(stage_add_input_file(spread->stage, "totals", totals));
    }
done:
    free(totals);
    return status;
}

static enum status declare(struct grid_spread *spread, const char *folder)
{
    enum status status;
    int cube;
    TRY(describe(spread));
    TRY(path_join(folder, "grid.nc", &spread->output));
    TRY(path_join(folder, "grid_provinces.csv", &spread->table));
    TRY(path_join(folder, "grid_sums.csv", &spread->sums));
    TRY(stage_create(spread->job, spread->output, &spread->stage));
    TRY(add_inputs(spread, folder));
    TRY(stage_add_cube(spread->stage, spread->output, &spread->spec, &cube));
    TRY(stage_add_table(spread->stage, spread->table, &spread->json));
    TRY(stage_add_table(spread->stage, spread->sums, &spread->sums_json));
    if (option_flag(spread->job->options, "geotiff")) {
        TRY(declare_maps(spread));
    }
done:
    return status;
}

static int64_t largest_zone(const struct inventory_grid *grid, int64_t *all)
{
    int64_t most = 0;
    *all = 0;
    for (int i = 0; i < grid->zones; i++) {
        most = grid->zone[i].count > most ? grid->zone[i].count : most;
        *all += grid->zone[i].count;
    }
    return most;
}

static enum status check_budget(const struct grid_spread *spread, struct items_cost *cost)
{
    enum status status = STATUS_OK;
    int64_t all, most = largest_zone(spread->grid, &all);
    int64_t bytes = cells_of(spread) * (4 + 8 * GRID_STATISTICS) + all * 24 + most * 8 + (1 << 20);
    *cost = (struct items_cost){.fixed_bytes = bytes};
    FAIL_IF(bytes > spread->job->memory_bytes, STATUS_USAGE,
            "--memory of %.1f MB is too little: maps of %lld x %lld cells and the cells of the provinces "
            "need %.1f MB",
            (double)spread->job->memory_bytes / 1e6, (long long)spread->grid->grid->rows,
            (long long)spread->grid->grid->cols, (double)bytes / 1e6);
done:
    return status;
}

static enum status create_buffers(struct grid_spread *spread, const char *folder)
{
    enum status status;
    size_t cells = (size_t)cells_of(spread);
    int64_t all, most = largest_zone(spread->grid, &all);
    size_t records = 2 * (size_t)spread->grid->proxies * (size_t)spread->grid->zones;
    spread->loaded_proxy = -1;
    TRY(memory_allocate(cells, sizeof *spread->proxy, &spread->proxy));
    TRY(memory_allocate((size_t)most, sizeof *spread->share, &spread->share));
    TRY(memory_allocate(cells * GRID_STATISTICS, sizeof *spread->map[0], &spread->map[0]));
    for (int i = 1; i < GRID_STATISTICS; i++) {
        spread->map[i] = spread->map[0] + (size_t)i * cells;
    }
    TRY(memory_allocate(records, sizeof *spread->records, &spread->records));
    if (!spread->job->dry_run) {
        TRY(inventory_totals_read(folder, "totals", &spread->totals));
    }
done:
    return status;
}

static enum status write_files(struct grid_spread *spread)
{
    enum status status;
    struct journal_content content = {0};
    TRY(stage_records(spread->stage, &content));
    TRY(grid_tables_write(spread, &content));
    for (int i = 0; option_flag(spread->job->options, "geotiff") && i < spread->variable_count;
         i++) {
        TRY(write_map(spread, i));
    }
done:
    journal_content_clear(&content);
    return status;
}

static void spread_clear(struct grid_spread *spread)
{
    stage_destroy(&spread->stage);
    inventory_totals_clear(&spread->totals);
    time_axis_destroy(&spread->years);
    for (int i = 0; i < spread->variable_count; i++) {
        free(spread->variable_name[i]);
        free(spread->long_name[i]);
    }
    for (size_t i = 0; i < sizeof spread->attribute / sizeof *spread->attribute; i++) {
        free(spread->attribute[i]);
    }
    free(spread->variable_name);
    free(spread->long_name);
    free(spread->variables);
    free(spread->first);
    free(spread->output);
    free(spread->table);
    free(spread->json);
    free(spread->sums);
    free(spread->sums_json);
    free(spread->proxy);
    free(spread->share);
    free(spread->map[0]);
    free(spread->records);
}

enum status inventory_grid_run(const struct job *job, struct inventory_grid *grid,
                               const char *folder)
{
    enum status status;
    struct grid_spread spread = {.job = job, .grid = grid};
    struct items items =
        items_counted((int64_t)grid->model->indices[INDEX_YEAR].members.count * grid->groups);
    struct items_cost cost;
    struct flow_work work = {.context = &spread, .compute = compute, .write = write};
    TRY_TOGETHER(job->comm, check_budget(&spread, &cost));
    TRY_TOGETHER(job->comm, declare(&spread, folder));
    TRY(stage_begin(spread.stage, &items, &cost));
    if (stage_is_done(spread.stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm, create_buffers(&spread, folder));
    TRY(flow_run(spread.stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_files(&spread) : STATUS_OK);
    TRY(stage_commit(spread.stage));
done:
    spread_clear(&spread);
    return status;
}
