/* airshed -- GPL-3.0-or-later. synth: a region whose truth is known (see kernels/synthetic.h). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/calendar.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "kernels/synthetic.h"
#include "kernels/waves.h"
#include "parallel/agree.h"
#include "./inventory/template.h"
#include "synth_internal.h"

#define REGION .group = "Region"
#define TRUTH .group = "Truth"

static const struct option_spec synth_options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help =
         "Folder for pm25.nc, met.nc, dem.tif, sources.geojson, zones.geojson and truth.nc; made "
         "where it does not exist."},
    {.name = "inventory",
     .kind = OPTION_PATH,
     .argument = "CONFIG",
     .flags = OPTION_INPUT,
     .help = "Instead of a region: the tables that a config of airshed inventory asks for, filled with a "
             "stand-in that is marked synthetic in every row."},
    {.name = "rows",
     .kind = OPTION_INTEGER,
     .fallback = "96",
     .low = 1,
     .high = 100000,
     .help = "Rows of the pollution grid.",
     REGION},
    {.name = "cols",
     .kind = OPTION_INTEGER,
     .fallback = "96",
     .low = 1,
     .high = 100000,
     .help = "Columns of the pollution grid.",
     REGION},
    {.name = "cell",
     .kind = OPTION_REAL,
     .argument = "DEGREES",
     .fallback = "0.01",
     .low = 0.0001,
     .high = 5,
     .help = "Width and height of a cell; the weather has cells ten times as large.",
     REGION},
    {.name = "west",
     .kind = OPTION_REAL,
     .argument = "DEGREES",
     .fallback = "115",
     .low = -180,
     .high = 180,
     .help = "Western edge.",
     REGION},
    {.name = "south",
     .kind = OPTION_REAL,
     .argument = "DEGREES",
     .fallback = "38",
     .low = -89,
     .high = 89,
     .help = "Southern edge.",
     REGION},
    {.name = "start",
     .kind = OPTION_DATE,
     .fallback = "2012-01-01",
     .help = "First day (standard calendar).",
     REGION},
    {.name = "days",
     .kind = OPTION_INTEGER,
     .fallback = "3653",
     .low = 1,
     .high = 73050,
     .help = "Number of days.",
     REGION},
    {.name = "cities",
     .kind = OPTION_INTEGER,
     .fallback = "13",
     .low = 1,
     .high = LANDSCAPE_CITIES_MOST,
     .help = "Polygons that share the region out, a margin excepted.",
     REGION},
    {.name = "sources",
     .kind = OPTION_INTEGER,
     .low = 1,
     .high = 100000,
     .help = "Industrial sources; by default as dense as the 474 of Beijing-Tianjin-Hebei, and at "
             "least 3.",
     REGION},
    {.name = "gap-fraction",
     .kind = OPTION_REAL,
     .fallback = "0.1",
     .high = 0.95,
     .help = "Share of missing PM2.5: half of it under clouds, half by itself.",
     TRUTH},
    {.name = "dem-gap-fraction",
     .kind = OPTION_REAL,
     .fallback = "0",
     .high = 0.5,
     .help = "Share of cells without elevation.",
     TRUTH},
    {.name = "plumes",
     .kind = OPTION_CHOICE,
     .choices = "confined|spreading",
     .fallback = "confined",
     .help = "Plumes end with the grown areas of their sources, or spread downwind as well.",
     TRUTH},
    {.name = "rise-tolerance",
     .kind = OPTION_REAL,
     .argument = "M",
     .fallback = "0",
     .high = 10000,
     .help =
         "Growth of the areas that confine plumes, as in `grow`: the rise that a step may climb.",
     TRUTH},
    {.name = "noise",
     .kind = OPTION_REAL,
     .argument = "SD",
     .fallback = "6",
     .high = 1000,
     .help = "Standard deviation of the daily noise, ug m-3.",
     TRUTH},
    {.name = "noise-memory",
     .kind = OPTION_REAL,
     .argument = "R",
     .fallback = "0",
     .high = MEMORY_MOST,
     .help = "Lag-1 correlation of the noise.",
     TRUTH},
    {.name = "trend",
     .kind = OPTION_REAL,
     .argument = "SLOPE",
     .fallback = "-1.5",
     .low = -100,
     .high = 100,
     .help = "Centre of the long-term trend, ug m-3 a year; cells differ from it by up to 40 %.",
     TRUTH},
    {.name = NULL},
};

enum cube_number {
    CUBE_PM25,
    CUBE_MET,
    CUBE_TRUTH,
    CUBES
};

/* Variables of truth.nc: the parts first. */
enum truth_map {
    TRUTH_BASE,
    TRUTH_ENCLOSURE,
    TRUTH_TREND_SLOPE,
    TRUTH_NOISE_SD,
    TRUTH_PLUME_MEAN,
    TRUTH_SHARE_RATIO,
    TRUTH_SHARE_MEAN,
    TRUTH_COEF,
    TRUTH_REFERENCE,
    TRUTH_MAPS,
    TRUTH_AREA = TRUTH_MAPS,
    TRUTH_MAPS_ALL
};

enum {
    COEFFICIENTS = CLIMATE_FIELDS + 1,
    TRUTH_VARIABLES = SYNTHETIC_PARTS + TRUTH_MAPS_ALL,
    FLOATS_A_CELL = TRUTH_COEF + COEFFICIENTS + CLIMATE_FIELDS,
    ELEVATION_COPIES = 3, /* ours and those of geotiff_write() */
};

/* Days below this many ug m-3 have no share (P2.46). */
#define SHARE_FLOOR 1.0

struct synth {
    struct synthetic_settings settings;
    struct synth_years years;
    struct synthetic *synthetic;
    struct georeference *grid, *met_grid;
    struct time_axis *time;
    struct cube_variable truth_variables[TRUTH_VARIABLES];
    struct cube_spec specs[CUBES];
    char comment[400];
    struct cube_attribute attributes[2];
    char *cube_paths[CUBES], *dem_path, *sources_path, *zones_path, *stage_path;
    struct items items;
    struct items_cost cost;
    /* Of an item */
    struct synthetic_row *row; /* of columns [row_col, row_col + row_cols) */
    int64_t row_col, row_cols;
    float *parts[SYNTHETIC_PARTS], *pm25; /* [steps, cells] */
    float *maps[TRUTH_MAPS];              /* [layers, cells] */
    int8_t *area;                         /* [cells] */
};

/* ---- settings ----------------------------------------------------------------------------- */

/* The weather's grid reaches up to one and a half of its cells beyond the region. */
static enum status check_extent(const struct landscape_region *region)
{
    enum status status = STATUS_OK;
    double height = (double)region->rows * region->cell_degrees;
    double width = (double)region->cols * region->cell_degrees;
    double margin = 2 * CLIMATE_RATIO * region->cell_degrees;
    FAIL_IF(
        region->south + height + margin > 90 || region->south - margin < -90, STATUS_USAGE,
        "--south %g, --rows %lld and --cell %g: the region with the margin of its weather, from "
        "%g to %g degrees, passes a pole; use fewer rows or smaller cells",
        region->south, (long long)region->rows, region->cell_degrees, region->south - margin,
        region->south + height + margin);
    FAIL_IF(width + 2 * margin > 360, STATUS_USAGE,
            "--cols %lld and --cell %g: %g degrees of longitude are more than the globe has; use "
            "fewer columns or smaller cells",
            (long long)region->cols, region->cell_degrees, width + 2 * margin);
done:
    return status;
}

static enum status read_settings(const struct job *job, struct synth *synth)
{
    enum status status;
    const struct options *options = job->options;
    struct calendar_date start;
    TRY(calendar_parse_date(CALENDAR_STANDARD, option_text(options, "start"), &start));
    FAIL_IF(start.year < 1583, STATUS_USAGE,
            "--start %s: use a day of the Gregorian calendar, from 1583 on",
            option_text(options, "start"));
    int64_t first_day = calendar_day_number(CALENDAR_STANDARD, start.year, start.month, start.day);
    struct synthetic_settings *settings = &synth->settings;
    settings->steps = option_integer(options, "days");
    settings->first_day = first_day;
    settings->plumes_spread = strcmp(option_text(options, "plumes"), "spreading") == 0;
    settings->rise_tolerance_m = option_real(options, "rise-tolerance");
    settings->gap_fraction = option_real(options, "gap-fraction");
    settings->noise_sd = option_real(options, "noise");
    settings->noise_memory = option_real(options, "noise-memory");
    settings->trend_per_year = option_real(options, "trend");
    settings->region =
        (struct landscape_region){.seed = job->seed,
                                  .rows = option_integer(options, "rows"),
                                  .cols = option_integer(options, "cols"),
                                  .west = option_real(options, "west"),
                                  .south = option_real(options, "south"),
                                  .cell_degrees = option_real(options, "cell"),
                                  .missing_fraction = option_real(options, "dem-gap-fraction"),
                                  .sources = option_integer(options, "sources"),
                                  .cities = (int)option_integer(options, "cities"),
                                  .first_year = start.year};
    struct calendar_date end =
        calendar_date_of_day(CALENDAR_STANDARD, first_day + settings->steps - 1);
    synth->years = (struct synth_years){start.year, end.year};
    TRY(check_extent(&settings->region));
    TRY(time_axis_create_daily(CALENDAR_STANDARD, start.year, start.month, start.day,
                               settings->steps, &synth->time));
done:
    return status;
}

static enum status create_grids(struct synth *synth)
{
    enum status status;
    const struct landscape_region *region = &synth->settings.region;
    const struct climate *climate = synthetic_climate(synth->synthetic);
    double cell = region->cell_degrees, met_cell = CLIMATE_RATIO * cell;
    TRY(georeference_create_regular(region->rows, region->cols, region->west, region->south, cell,
                                    cell, "EPSG:4326", &synth->grid));
    TRY(georeference_create_regular(climate_rows(climate), climate_cols(climate),
                                    region->west - met_cell, region->south - met_cell, met_cell,
                                    met_cell, "EPSG:4326", &synth->met_grid));
done:
    return status;
}

/* ---- items -------------------------------------------------------------------------------- */

static float *map_layer(struct synth *synth, enum truth_map map, int layer, int64_t cells)
{
    return synth->maps[map] + layer * cells;
}

/** Means over the steps of one cell, in their order. */
struct cell_means {
    double plume, total, share;
    int64_t share_days;
};

static struct cell_means cell_means_of(const struct synth *synth, float base, int64_t cells,
                                       int64_t cell)
{
    struct cell_means means = {0};
    int64_t steps = synth->settings.steps;
    for (int64_t step = 0; step < steps; step++) {
        float parts[SYNTHETIC_PARTS];
        for (int part = 0; part < SYNTHETIC_PARTS; part++) {
            parts[part] = synth->parts[part][step * cells + cell];
        }
        double total = synthetic_sum(base, parts);
        means.plume += parts[SYNTHETIC_PLUME];
        means.total += total;
        if (total >= SHARE_FLOOR) {
            means.share += parts[SYNTHETIC_PLUME] / total;
            means.share_days++;
        }
    }
    means.plume /= (double)steps;
    means.total /= (double)steps;
    means.share = means.share_days > 0 ? means.share / (double)means.share_days : NAN;
    return means;
}

static double weather_mean(const struct synth *synth, int64_t cells, int64_t cell)
{
    double sum = 0;
    for (int64_t step = 0; step < synth->settings.steps; step++) {
        sum += synth->parts[SYNTHETIC_WEATHER][step * cells + cell];
    }
    return sum / (double)synth->settings.steps;
}

/* The true intercept is what the regression of the means leaves: mean of all but the weather, less
 * the references' part. */
static void store_cell(struct synth *synth, const struct synthetic_cell *cell, int64_t cells,
                       int64_t at)
{
    float base = (float)cell->base;
    struct cell_means means = cell_means_of(synth, base, cells, at);
    double intercept = means.total - weather_mean(synth, cells, at);
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        intercept -= cell->coefficients[field] * cell->references[field];
        map_layer(synth, TRUTH_COEF, field + 1, cells)[at] = (float)cell->coefficients[field];
        map_layer(synth, TRUTH_REFERENCE, field, cells)[at] = (float)cell->references[field];
    }
    map_layer(synth, TRUTH_COEF, 0, cells)[at] = (float)intercept;
    synth->maps[TRUTH_BASE][at] = base;
    synth->maps[TRUTH_ENCLOSURE][at] = (float)cell->enclosure;
    synth->maps[TRUTH_TREND_SLOPE][at] = (float)cell->trend_per_year;
    synth->maps[TRUTH_NOISE_SD][at] = (float)synth->settings.noise_sd;
    synth->maps[TRUTH_PLUME_MEAN][at] = (float)means.plume;
    synth->maps[TRUTH_SHARE_RATIO][at] = means.total > 0 ? (float)(means.plume / means.total) : NAN;
    synth->maps[TRUTH_SHARE_MEAN][at] = (float)means.share;
    synth->area[at] = cell->is_in_area;
}

/* Rows of an item share their columns; blocks of a long row do not. */
static enum status row_for(struct synth *synth, const struct window *window)
{
    enum status status = STATUS_OK;
    if (synth->row != NULL && synth->row_col == window->col && synth->row_cols == window->cols) {
        goto done;
    }
    synthetic_row_destroy(&synth->row);
    TRY(synthetic_row_create(synth->synthetic, window->col, window->cols, &synth->row));
    synth->row_col = window->col;
    synth->row_cols = window->cols;
done:
    return status;
}

static enum status synth_compute(void *context, struct flow_item *item)
{
    enum status status;
    struct synth *synth = context;
    const struct window *window = &item->window;
    int64_t cells = window->rows * window->cols;
    TRY(row_for(synth, window));
    for (int64_t row = 0; row < window->rows; row++) {
        float *parts[SYNTHETIC_PARTS];
        int64_t first = row * window->cols;
        for (int part = 0; part < SYNTHETIC_PARTS; part++) {
            parts[part] = synth->parts[part] + first;
        }
        TRY(synthetic_row_go(synth->row, window->row + row));
        synthetic_row_fill(synth->row, 0, window->steps, cells, parts, synth->pm25 + first);
        for (int64_t col = 0; col < window->cols; col++) {
            store_cell(synth, &synthetic_row_cells(synth->row)[col], cells, first + col);
        }
    }
done:
    return status;
}

/** Nodes of the weather that an item writes: those over its cells, and those beyond the region's
 *  edges where it has the edge. Along rows and columns alike. */
static void own_nodes(int64_t first_cell, int64_t cells, int64_t region_cells, int64_t nodes,
                      int64_t *first, int64_t *count)
{
    *first = 0;
    *count = 0;
    for (int64_t node = 0; node < nodes; node++) {
        int64_t cell = (node - 1) * CLIMATE_RATIO;
        cell = cell < 0 ? 0 : cell < region_cells ? cell : region_cells - 1;
        if (first_cell <= cell && cell < first_cell + cells) {
            *first = *count == 0 ? node : *first;
            ++*count;
        }
    }
}

static enum status write_met(struct synth *synth, struct flow_item *item)
{
    enum status status = STATUS_OK;
    const struct climate *climate = synthetic_climate(synth->synthetic);
    const struct landscape_region *region = &synth->settings.region;
    const struct window *window = &item->window;
    struct window part = {.steps = window->steps, .rows = 1};
    int64_t first_row, rows;
    float *values = NULL;
    own_nodes(window->row, window->rows, region->rows, climate_rows(climate), &first_row, &rows);
    own_nodes(window->col, window->cols, region->cols, climate_cols(climate), &part.col,
              &part.cols);
    if (rows == 0 || part.cols == 0) {
        goto done;
    }
    TRY(memory_allocate((size_t)(CLIMATE_FIELDS * window_count(&part)), sizeof *values, &values));
    for (part.row = first_row; part.row < first_row + rows; part.row++) {
        TRY(climate_fill(climate, part.row, part.col, part.cols, 0, part.steps, values));
        for (int field = 0; field < CLIMATE_FIELDS; field++) {
            TRY(flow_put(item, CUBE_MET, field, &part, values + field * window_count(&part)));
        }
    }
done:
    free(values);
    return status;
}

static enum status synth_write(void *context, struct flow_item *item)
{
    enum status status;
    struct synth *synth = context;
    struct window map = item->window;
    TRY(flow_put(item, CUBE_PM25, 0, &item->window, synth->pm25));
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        TRY(flow_put(item, CUBE_TRUTH, part, &item->window, synth->parts[part]));
    }
    for (int i = 0; i < TRUTH_MAPS; i++) {
        int layers = synth->truth_variables[SYNTHETIC_PARTS + i].layers;
        map.time = 0;
        map.steps = layers > 0 ? layers : 1;
        TRY(flow_put(item, CUBE_TRUTH, SYNTHETIC_PARTS + i, &map, synth->maps[i]));
    }
    map.steps = 1;
    TRY(flow_put(item, CUBE_TRUTH, SYNTHETIC_PARTS + TRUTH_AREA, &map, synth->area));
    TRY(write_met(synth, item));
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

#define PM25_UNITS "ug m-3"

static const struct cube_variable pm25_variables[] = {
    {.name = "pm25",
     .standard_name = "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
     .long_name = "synthetic PM2.5",
     .units = PM25_UNITS,
     .cell_methods = "time: mean",
     .has_time = true}};

static const struct cube_variable met_variables[CLIMATE_FIELDS] = {
    [CLIMATE_T2M] = {.name = "t2m",
                     .standard_name = "air_temperature",
                     .long_name = "2 m temperature",
                     .units = "K",
                     .cell_methods = "time: mean",
                     .has_time = true},
    [CLIMATE_TP] = {.name = "tp",
                    .standard_name = "lwe_thickness_of_precipitation_amount",
                    .long_name = "total precipitation of the day",
                    .units = "m",
                    .cell_methods = "time: sum",
                    .has_time = true},
    [CLIMATE_SP] = {.name = "sp",
                    .standard_name = "surface_air_pressure",
                    .long_name = "surface pressure",
                    .units = "Pa",
                    .cell_methods = "time: mean",
                    .has_time = true},
    [CLIMATE_U10] = {.name = "u10",
                     .standard_name = "eastward_wind",
                     .long_name = "10 m eastward wind",
                     .units = "m s-1",
                     .cell_methods = "time: mean",
                     .has_time = true},
    [CLIMATE_V10] = {.name = "v10",
                     .standard_name = "northward_wind",
                     .long_name = "10 m northward wind",
                     .units = "m s-1",
                     .cell_methods = "time: mean",
                     .has_time = true},
    [CLIMATE_RH] = {.name = "rh",
                    .standard_name = "relative_humidity",
                    .long_name = "relative humidity",
                    .units = "%",
                    .cell_methods = "time: mean",
                    .has_time = true},
};

static const char *const terms[COEFFICIENTS] = {"intercept", "t2m", "tp", "sp", "u10", "v10", "rh"};

static void describe_parts(struct cube_variable variables[SYNTHETIC_PARTS])
{
    static const char *const names[SYNTHETIC_PARTS] = {
        [SYNTHETIC_SEASON] = "season",         [SYNTHETIC_WEATHER] = "weather",
        [SYNTHETIC_BACKGROUND] = "background", [SYNTHETIC_PLUME] = "plume",
        [SYNTHETIC_TREND] = "trend",           [SYNTHETIC_NOISE] = "noise"};
    static const char *const texts[SYNTHETIC_PARTS] = {
        [SYNTHETIC_SEASON] = "season of emissions, without its yearly wave",
        [SYNTHETIC_WEATHER] = "reply to the weather: sum of coef times field less reference",
        [SYNTHETIC_BACKGROUND] = "regional background: carried by the wind, trapped in basins",
        [SYNTHETIC_PLUME] = "what industrial sources add",
        [SYNTHETIC_TREND] = "long-term trend",
        [SYNTHETIC_NOISE] = "noise"};
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        variables[part] = (struct cube_variable){.name = names[part],
                                                 .long_name = texts[part],
                                                 .units = PM25_UNITS,
                                                 .cell_methods = "time: mean",
                                                 .has_time = true};
    }
}

static void describe_maps(struct cube_variable variables[TRUTH_MAPS_ALL])
{
    const struct cube_variable maps[TRUTH_MAPS_ALL] = {
        [TRUTH_BASE] = {.name = "base",
                        .long_name = "PM2.5 without any part; pm25 is base plus all parts",
                        .units = PM25_UNITS},
        [TRUTH_ENCLOSURE] = {.name = "enclosure",
                             .long_name = "how far terrain encloses the cell",
                             .units = "1"},
        [TRUTH_TREND_SLOPE] = {.name = "trend_slope",
                               .long_name = "slope of the trend, for a year of 365.25 days",
                               .units = "ug m-3 year-1"},
        [TRUTH_NOISE_SD] = {.name = "noise_sd",
                            .long_name = "standard deviation of the noise",
                            .units = PM25_UNITS},
        [TRUTH_PLUME_MEAN] = {.name = "plume_mean",
                              .long_name = "mean of plume over all days",
                              .units = PM25_UNITS,
                              .cell_methods = "time: mean"},
        [TRUTH_SHARE_RATIO] = {.name = "share_ratio_of_means",
                               .long_name = "mean of plume over mean of PM2.5 without gaps",
                               .units = "1"},
        [TRUTH_SHARE_MEAN] = {.name = "share_mean_of_ratios",
                              .long_name = "mean of the daily plume over PM2.5 without gaps, days "
                                           "under 1 ug m-3 left out",
                              .units = "1"},
        [TRUTH_COEF] = {.name = "coef",
                        .long_name =
                            "true coefficients, in ug m-3 per unit of the term (K, m, Pa, m "
                            "s-1, m s-1, %)",
                        .layers = COEFFICIENTS,
                        .layer_name = "term",
                        .layer_labels = terms},
        [TRUTH_REFERENCE] = {.name = "reference",
                             .long_name =
                                 "weather that the reply is counted from: means over whole "
                                 "years (K, m, Pa, m s-1, m s-1, %)",
                             .layers = CLIMATE_FIELDS,
                             .layer_name = "field",
                             .layer_labels = terms + 1},
        [TRUTH_AREA] = {.name = "area",
                        .long_name = "cells that the growth of some source reaches",
                        .type = CUBE_BYTE,
                        .flag_meanings = "background radiation_area"},
    };
    memcpy(variables, maps, sizeof maps);
}

static void describe(struct synth *synth)
{
    describe_parts(synth->truth_variables);
    describe_maps(synth->truth_variables + SYNTHETIC_PARTS);
    snprintf(synth->comment, sizeof synth->comment,
             "synthetic: no place or time of this file is real; pm25 = base + season + weather + "
             "background + plume + trend + noise, added in this order; plumes %s; seed %u",
             synth->settings.plumes_spread ? "spreading" : "confined",
             (unsigned)synth->settings.region.seed);
    synth->attributes[0] = (struct cube_attribute){"title", "synthetic region with known truth"};
    synth->attributes[1] = (struct cube_attribute){"comment", synth->comment};
    struct cube_spec spec = {.grid = synth->grid,
                             .time = synth->time,
                             .attributes = synth->attributes,
                             .attribute_count = 2};
    for (int cube = 0; cube < CUBES; cube++) {
        synth->specs[cube] = spec;
    }
    synth->specs[CUBE_MET].grid = synth->met_grid;
    synth->specs[CUBE_PM25].variables = pm25_variables;
    synth->specs[CUBE_PM25].variable_count = 1;
    synth->specs[CUBE_MET].variables = met_variables;
    synth->specs[CUBE_MET].variable_count = CLIMATE_FIELDS;
    synth->specs[CUBE_TRUTH].variables = synth->truth_variables;
    synth->specs[CUBE_TRUTH].variable_count = TRUTH_VARIABLES;
}

static enum status name_files(struct synth *synth, const char *folder)
{
    enum status status;
    TRY(path_join(folder, "pm25.nc", &synth->cube_paths[CUBE_PM25]));
    TRY(path_join(folder, "met.nc", &synth->cube_paths[CUBE_MET]));
    TRY(path_join(folder, "truth.nc", &synth->cube_paths[CUBE_TRUTH]));
    TRY(path_join(folder, "dem.tif", &synth->dem_path));
    TRY(path_join(folder, "sources.geojson", &synth->sources_path));
    TRY(path_join(folder, "zones.geojson", &synth->zones_path));
    TRY(path_join(folder, "synth", &synth->stage_path));
done:
    return status;
}

static enum status make_folder(const char *folder)
{
    enum status status = STATUS_OK;
    FAIL_IF(path_exists(folder) && !path_is_folder(folder), STATUS_OUTPUT,
            "--output %s is a file: name a folder", folder);
    FAIL_IF(mkdir(folder, 0777) != 0 && errno != EEXIST, STATUS_OUTPUT,
            "--output %s: cannot be made: %s", folder, strerror(errno));
done:
    return status;
}

static enum status declare(struct synth *synth, const struct job *job, struct stage **stage)
{
    enum status status;
    TRY(stage_create(job, synth->stage_path, stage));
    for (int cube = 0; cube < CUBES; cube++) {
        int number;
        TRY(stage_add_cube(*stage, synth->cube_paths[cube], &synth->specs[cube], &number));
    }
    TRY(stage_add_file(*stage, synth->dem_path));
    TRY(stage_add_file(*stage, synth->sources_path));
    TRY(stage_add_file(*stage, synth->zones_path));
done:
    return status;
}

static enum status write_files(struct synth *synth, const struct stage *stage)
{
    enum status status;
    const struct landscape *landscape = synthetic_landscape(synth->synthetic);
    TRY(synth_write_dem(stage_partial(stage, synth->dem_path), landscape, synth->grid));
    TRY(synth_write_sources(stage_partial(stage, synth->sources_path), landscape, &synth->years));
    TRY(synth_write_zones(stage_partial(stage, synth->zones_path), landscape));
done:
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(struct synth *synth, const struct items *items)
{
    enum status status;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t values = cells * (size_t)items->steps;
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        TRY(memory_allocate(values, sizeof(float), &synth->parts[part]));
    }
    TRY(memory_allocate(values, sizeof(float), &synth->pm25));
    for (int i = 0; i < TRUTH_MAPS; i++) {
        int layers = synth->truth_variables[SYNTHETIC_PARTS + i].layers;
        TRY(memory_allocate(cells * (size_t)(layers > 0 ? layers : 1), sizeof(float),
                            &synth->maps[i]));
    }
    TRY(memory_allocate(cells, sizeof *synth->area, &synth->area));
done:
    return status;
}

static void free_buffers(struct synth *synth)
{
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        free(synth->parts[part]);
        synth->parts[part] = NULL;
    }
    for (int i = 0; i < TRUTH_MAPS; i++) {
        free(synth->maps[i]);
        synth->maps[i] = NULL;
    }
    free(synth->pm25);
    free(synth->area);
    synth->pm25 = NULL;
    synth->area = NULL;
    synthetic_row_destroy(&synth->row);
}

/* What a row takes grows with its columns but for a part that two widths tell apart; an item's
 * nodes of the weather are made while its cells are kept. The elevation map, which the GeoTIFF
 * needs whole, is made when the items are done. */
static enum status cut_items(struct synth *synth, int64_t memory_bytes)
{
    const struct landscape_region *region = &synth->settings.region;
    int64_t steps = synth->settings.steps;
    int64_t tables = synthetic_bytes(synth->synthetic);
    int64_t narrow = synthetic_row_bytes(synth->synthetic, 160);
    int64_t column = (synthetic_row_bytes(synth->synthetic, 320) - narrow) / 160;
    int64_t node = steps * CLIMATE_FIELDS * (int64_t)sizeof(float);
    int64_t beside = narrow - 160 * column + 3 * node;
    int64_t map = ELEVATION_COPIES * (int64_t)sizeof(float) * region->rows * region->cols;
    synth->cost = (struct items_cost){
        .fixed_bytes = tables + (beside > map ? beside : map),
        .unit_bytes = column + node / CLIMATE_RATIO +
                      (int64_t)sizeof(float) * (steps * (SYNTHETIC_PARTS + 1) + FLOATS_A_CELL) + 1};
    return items_cut_rows(steps, region->rows, region->cols, &synth->cost, memory_bytes,
                          &synth->items);
}

static enum status prepare(struct synth *synth, const struct job *job)
{
    enum status status;
    TRY(read_settings(job, synth));
    TRY(name_files(synth, option_text(job->options, "output")));
    TRY(synthetic_create(&synth->settings, &synth->synthetic));
    TRY(create_grids(synth));
    describe(synth);
    TRY(cut_items(synth, job->memory_bytes));
done:
    return status;
}

static void synth_clear(struct synth *synth)
{
    free_buffers(synth);
    for (int cube = 0; cube < CUBES; cube++) {
        free(synth->cube_paths[cube]);
    }
    free(synth->dem_path);
    free(synth->sources_path);
    free(synth->zones_path);
    free(synth->stage_path);
    georeference_destroy(&synth->grid);
    georeference_destroy(&synth->met_grid);
    time_axis_destroy(&synth->time);
    synthetic_destroy(&synth->synthetic);
}

static enum status make_region(struct synth *synth, const struct job *job, struct stage *stage)
{
    enum status status;
    struct flow_work work = {.context = synth, .compute = synth_compute, .write = synth_write};
    TRY_TOGETHER(job->comm, create_buffers(synth, stage_items(stage)));
    TRY(flow_run(stage, &work));
    if (job->dry_run) {
        goto done;
    }
    free_buffers(synth);
    TRY_TOGETHER(job->comm, job->rank == 0 ? write_files(synth, stage) : STATUS_OK);
    TRY(stage_commit(stage));
done:
    return status;
}

/* Options of a region say nothing about tables. */
static enum status refuse_region_options(const struct options *options)
{
    enum status status = STATUS_OK;
    for (const struct option_spec *spec = synth_options; spec->name != NULL; spec++) {
        bool is_of_tables = strcmp(spec->name, "output") == 0 || strcmp(spec->name, "inventory") == 0;
        FAIL_IF(!is_of_tables && option_is_set(options, spec->name), STATUS_USAGE,
                "--%s is of a region, and --inventory makes tables: leave one out", spec->name);
    }
done:
    return status;
}

static enum status synth_run(struct job *job)
{
    enum status status;
    struct synth synth = {0};
    struct stage *stage = NULL;
    const char *inventory = option_text(job->options, "inventory");
    if (inventory != NULL) {
        TRY(refuse_region_options(job->options));
        return inventory_template_make(job, inventory, true);
    }
    TRY_TOGETHER(job->comm, prepare(&synth, job));
    TRY_TOGETHER(job->comm, job->rank == 0 && !job->dry_run
                                ? make_folder(option_text(job->options, "output"))
                                : STATUS_OK);
    TRY_TOGETHER(job->comm, declare(&synth, job, &stage));
    TRY(stage_begin(stage, &synth.items, &synth.cost));
    if (!stage_is_done(stage)) {
        TRY(make_region(&synth, job, stage));
    }
done:
    stage_destroy(&stage);
    synth_clear(&synth);
    return status;
}

static const struct option_spec *const synth_tables[] = {synth_options, options_common, NULL};

const struct command command_synth = {
    .name = "synth",
    .summary = "a synthetic region with known truth",
    .details =
        "Makes a region of plains, valleys, hills and basins with industrial sources and cities, "
        "six weather fields, and daily PM2.5 that is the sum of a season, a linear reply to the "
        "weather, a regional background that the wind carries and basins trap, plumes of the "
        "sources, a trend and noise, with gaps and 29 Februaries. Each part is written to "
        "truth.nc, so that every other command can be checked against what it ought to find.\n\n"
        "Any cell and any day can be made alone: the region may be larger than memory, and is the "
        "same on any number of ranks. The same --seed gives the same region.\n\n"
        "With --inventory it makes a stand-in for the tables that an inventory asks for: provincial "
        "activity and factors at random, scaled where the config says so to national totals that are "
        "printed. Nothing in it is data of any real place.",
    .examples = "airshed synth -o region\n"
                "mpirun -n 4 airshed synth -o region --rows 660 --cols 630 --seed 7\n"
                "airshed synth --inventory configs/vanadium-china.yaml -o build/vanadium-tables\n"
                "airshed synth -o spreading --plumes spreading --gap-fraction 0.3 --noise 12",
    .tables = synth_tables,
    .run = synth_run,
};
