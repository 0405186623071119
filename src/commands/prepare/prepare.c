/* airshed -- GPL-3.0-or-later. prepare: any rasters, or a station table, as one aligned cube
 * (P2.02-P2.09). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "parallel/agree.h"
#include "prepare.h"

#define GRID_GROUP "Reference grid"
#define TABLE_GROUP "Station tables"
#define VALUE_GROUP "Values"
#define FILL_GROUP "Interpolation"

static const struct option_spec prepare_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "RASTERS",
     .flags = OPTION_POSITIONAL | OPTION_INPUT,
     .help = "File, folder or pattern of daily files; or give --stations."},
    {.name = "grid",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .group = GRID_GROUP,
     .help = "Raster whose cells to fill, cut to --bbox. Without --grid and --cell: those of the "
             "input."},
    {.name = "cell",
     .kind = OPTION_REAL,
     .argument = "DEGREES",
     .low = 1e-5,
     .high = 90,
     .group = GRID_GROUP,
     .help = "Cells of this size from the south-west corner of --bbox."},
    {.name = "resample",
     .kind = OPTION_CHOICE,
     .choices = "bilinear|nearest|average",
     .fallback = "bilinear",
     .group = GRID_GROUP,
     .help = "From the input's grid to the reference grid; average is by covered area, for fine "
             "to coarse."},
    {.name = "least-valid",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .group = GRID_GROUP,
     .help = "A resampled cell needs this share of its weight from valid cells."},
    {.name = "stations",
     .kind = OPTION_PATH,
     .argument = "TABLE",
     .flags = OPTION_INPUT,
     .group = TABLE_GROUP,
     .help = "CSV or workbook: a row a day and a column a station (wide), or with --value a row a "
             "day and station (long)."},
    {.name = "coordinates",
     .kind = OPTION_PATH,
     .argument = "TABLE",
     .flags = OPTION_INPUT,
     .group = TABLE_GROUP,
     .help = "Longitude and latitude of the stations; default: columns of the long table."},
    {.name = "value",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Column of the values in a long table."},
    {.name = "where",
     .kind = OPTION_TEXT,
     .argument = "FILTER",
     .group = TABLE_GROUP,
     .help = "Values of rows that fail are missing: n_pm25>=18."},
    {.name = "date-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Default: date, day or time."},
    {.name = "station-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Default: station, site, city, code, name or id."},
    {.name = "key-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Column of --coordinates that names the station; default: the first that fits."},
    {.name = "x-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Longitude in degrees; default: lon, longitude, lng or x."},
    {.name = "y-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = TABLE_GROUP,
     .help = "Latitude in degrees; default: lat, latitude or y."},
    {.name = "sheet",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .group = TABLE_GROUP,
     .help = "Sheet of a workbook; default: the first."},
    {.name = "missing",
     .kind = OPTION_TEXT,
     .argument = "TEXTS",
     .group = TABLE_GROUP,
     .help = "Texts that mean missing, beside the empty cell: \"NA,-999\"."},
    {.name = "skip-unknown",
     .kind = OPTION_FLAG,
     .group = TABLE_GROUP,
     .help = "Leave out stations without coordinates instead of failing."},
    {.name = "scores",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .group = TABLE_GROUP,
     .help = "Also predict each station from all others and write its errors."},
    {.name = "as",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .group = VALUE_GROUP,
     .help = "Name of the result; default: that of the input or column, rh with a dew point."},
    {.name = "standard-name",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .group = VALUE_GROUP,
     .help = "CF standard name; default: that of the input."},
    {.name = "long-name",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .group = VALUE_GROUP,
     .help = "Default: that of the input."},
    {.name = "cell-methods",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .group = VALUE_GROUP,
     .help = "CF cell methods, such as \"time: sum\"; default: those of the input."},
    {.name = "units",
     .kind = OPTION_TEXT,
     .argument = "UNITS",
     .group = VALUE_GROUP,
     .help = "Units of the result; default: those of the input. A table needs them."},
    {.name = "input-units",
     .kind = OPTION_TEXT,
     .argument = "UNITS",
     .group = VALUE_GROUP,
     .help = "Units of the input where it does not tell or tells wrong; default for tables: "
             "--units."},
    {.name = "dew-point",
     .kind = OPTION_PATH,
     .argument = "RASTERS",
     .flags = OPTION_INPUT,
     .group = VALUE_GROUP,
     .help = "Dew point; the input is the temperature, the result relative humidity."},
    {.name = "dew-point-variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .group = VALUE_GROUP,
     .help = "Variable of --dew-point."},
    {.name = "dew-point-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .group = VALUE_GROUP,
     .help = "The same for a table: --value is the temperature (degC, or --input-units)."},
    {.name = "magnus",
     .kind = OPTION_LIST,
     .argument = "SLOPE,OFFSET",
     .fallback = "17.625,243.04",
     .low = 1,
     .high = 1000,
     .items = 2,
     .group = VALUE_GROUP,
     .help = "Constants of Magnus' formula (P2.04)."},
    {.name = "zeros",
     .kind = OPTION_CHOICE,
     .choices = "keep|missing",
     .fallback = "keep",
     .group = VALUE_GROUP,
     .help = "Values of exactly 0 in the input: keep them, or take them as missing, where zeros stand for "
             "gaps."},
    {.name = "utc-offset",
     .kind = OPTION_REAL,
     .argument = "HOURS",
     .low = -14,
     .high = 14,
     .group = VALUE_GROUP,
     .help = "How far the input's days begin ahead of UTC; recorded, not applied (P2.03)."},
    {.name = "outliers",
     .kind = OPTION_CHOICE,
     .choices = "automatic|none|high|both",
     .fallback = "automatic",
     .group = VALUE_GROUP,
     .help = "Take values beyond the quartiles out of each series; automatic: high ones of PM2.5, "
             "none of other variables (P2.08)."},
    {.name = "outlier-factor",
     .kind = OPTION_REAL,
     .argument = "FACTOR",
     .fallback = "3",
     .low = 0.1,
     .high = 1000,
     .group = VALUE_GROUP,
     .help = "Interquartile ranges beyond the quartiles; 1.5, as published, takes out real haze."},
    {.name = "method",
     .kind = OPTION_CHOICE,
     .choices = "kriging|idw|none",
     .fallback = "kriging",
     .group = FILL_GROUP,
     .help = "How missing cells get values: ordinary kriging, inverse distance, or not at all."},
    {.name = "model",
     .kind = OPTION_CHOICE,
     .choices = "spherical|exponential|gaussian|matern|best",
     .fallback = "exponential",
     .group = FILL_GROUP,
     .help = "Variogram model; best: the one that fits each day closest."},
    {.name = "smoothness",
     .kind = OPTION_REAL,
     .argument = "NU",
     .fallback = "1.5",
     .low = 0.05,
     .high = 50,
     .group = FILL_GROUP,
     .help = "Smoothness of matern."},
    {.name = "lags",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "15",
     .low = 3,
     .high = VARIOGRAM_LAGS_MAX,
     .group = FILL_GROUP,
     .help = "Equal lags of the empirical variogram."},
    {.name = "cutoff",
     .kind = OPTION_REAL,
     .argument = "KM",
     .low = 0.001,
     .high = 20000,
     .group = FILL_GROUP,
     .help =
         "Longest lag; default: a third of the diagonal of all sites' box, more for few sites."},
    {.name = "own-variogram",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "30",
     .low = 2,
     .high = 1e9,
     .group = FILL_GROUP,
     .help = "Days with fewer observations use the variogram pooled over all days, scaled by the "
             "day's variance."},
    {.name = "variogram-sample",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "2000",
     .low = 30,
     .high = 100000,
     .group = FILL_GROUP,
     .help = "At most so many cells of a map make its variogram, drawn by --seed."},
    {.name = "neighbours",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "32",
     .low = 1,
     .high = 500,
     .group = FILL_GROUP,
     .help = "At most so many nearest observations within the range of the variogram."},
    {.name = "per-octant",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "8",
     .low = 0,
     .high = 500,
     .group = FILL_GROUP,
     .help = "At most so many in each of eight directions; 0: any."},
    {.name = "fewest",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "4",
     .low = 0,
     .high = 500,
     .group = FILL_GROUP,
     .help = "Where fewer lie within the range, so many nearest at any distance; 0: the cell stays "
             "missing."},
    {.name = "power",
     .kind = OPTION_REAL,
     .argument = "P",
     .fallback = "2",
     .low = 0.1,
     .high = 20,
     .group = FILL_GROUP,
     .help = "Power of the inverse distance."},
    {.name = "at-least",
     .kind = OPTION_REAL,
     .argument = "VALUE",
     .group = FILL_GROUP,
     .help = "Lower bound of filled values: 0 for concentrations."},
    {.name = "at-most",
     .kind = OPTION_REAL,
     .argument = "VALUE",
     .group = FILL_GROUP,
     .help = "Upper bound of filled values: 100 for humidity in %."},
    {.name = NULL},
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status prepare_read(void *context, struct flow_item *item)
{
    struct prepare *prepare = context;
    int64_t count = window_count(&item->window);
    if (!prepare->is_table) {
        return passes_read(&prepare->passes, &prepare->fields, item, &item->window, prepare->values,
                           prepare->flags);
    }
    memset(prepare->flags, REASON_OK, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        prepare->values[i] = NAN;
    }
    return STATUS_OK;
}

static struct map_fill fill_of(struct prepare *prepare, int64_t step, const float *values)
{
    int64_t cells = prepare->target.grid->rows * prepare->target.grid->cols;
    struct map_fill fill = {.how = &prepare->how, .target = &prepare->target};
    fill.model = prepare->models.model != NULL ? &prepare->models.model[step] : NULL;
    if (prepare->is_table) {
        fill.sites = prepare->sites.count;
        fill.place = prepare->sites.place;
        fill.value = prepare->sites.value + step * fill.sites;
        return fill;
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        prepare->map[cell] = (double)values[cell];
    }
    fill.sites = cells;
    fill.place = prepare->target.place;
    fill.value = prepare->map;
    return fill;
}

/* A cell that holds a station with a value is not a gap. */
static void mark_stations(const struct prepare *prepare, const double *value, int8_t *flags)
{
    for (int64_t site = 0; site < prepare->sites.count; site++) {
        int64_t cell = prepare->sites.cell[site];
        if (cell >= 0 && !isnan(value[site]) && flags[cell] == REASON_FILLED) {
            flags[cell] = REASON_OK;
        }
    }
}

static enum status prepare_compute(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct prepare *prepare = context;
    int64_t cells = item->window.rows * item->window.cols;
    int64_t sites = prepare->sites.count;
    for (int64_t i = 0; i < item->window.steps; i++) {
        float *values = prepare->values + i * cells;
        float *variance = prepare->variance != NULL ? prepare->variance + i * cells : NULL;
        int8_t *flags = prepare->flags + i * cells;
        struct map_fill fill = fill_of(prepare, item->window.time + i, values);
        TRY(map_fill_gaps(&fill, values, variance, flags));
        if (prepare->is_table) {
            mark_stations(prepare, fill.value, flags);
        }
        if (prepare->scores != NULL) {
            TRY(map_leave_one_out(&fill, prepare->scores + 2 * i * sites,
                                  prepare->scores + (2 * i + 1) * sites));
        }
    }
done:
    return status;
}

static enum status prepare_write(void *context, struct flow_item *item)
{
    enum status status;
    struct prepare *prepare = context;
    const struct places *at = &prepare->at;
    TRY(flow_put(item, 0, at->value, &item->window, prepare->values));
    if (at->variance >= 0) {
        TRY(flow_put(item, 0, at->variance, &item->window, prepare->variance));
    }
    TRY(flow_put(item, 0, at->flag, &item->window, prepare->flags));
    if (at->outliers >= 0 && item->index == 0) {
        struct window map = item->window;
        map.steps = 1;
        TRY(flow_put(item, 0, at->outliers, &map, prepare->outliers));
    }
    if (prepare->scores != NULL) {
        TRY(flow_payload(item, prepare->scores,
                         2 * item->window.steps * prepare->sites.count * (int64_t)sizeof(double)));
    }
done:
    return status;
}

/* ---- inputs ------------------------------------------------------------------------------- */

static enum status check_usage(const struct options *options)
{
    enum status status = STATUS_OK;
    bool is_table = option_text(options, "stations") != NULL;
    const char *table_only[] = {"coordinates", "value", "where", "dew-point-column", "scores"};
    FAIL_IF(is_table == (option_text(options, "input") != NULL), STATUS_USAGE,
            "give either rasters or --stations TABLE");
    for (size_t i = 0; i < sizeof table_only / sizeof *table_only && !is_table; i++) {
        FAIL_IF(option_text(options, table_only[i]) != NULL, STATUS_USAGE,
                "--%s belongs to --stations; the input is a raster", table_only[i]);
    }
    FAIL_IF(is_table && option_text(options, "dew-point") != NULL, STATUS_USAGE,
            "--dew-point is a raster; name the column of a table with --dew-point-column");
    FAIL_IF(is_table && option_text(options, "method")[0] == 'n', STATUS_USAGE,
            "--method none: stations become maps by kriging or idw only");
    FAIL_IF(option_real(options, "at-least") > option_real(options, "at-most"), STATUS_USAGE,
            "--at-least %g is above --at-most %g", option_real(options, "at-least"),
            option_real(options, "at-most"));
done:
    return status;
}

static bool is_pm25(const struct prepare *prepare)
{
    const char *standard = prepare->variables[prepare->at.value].standard_name;
    return (standard != NULL && strstr(standard, "pm2p5") != NULL) ||
           strcasestr(prepare->name, "pm25") != NULL ||
           strcasestr(prepare->name, "pm2.5") != NULL || strcasestr(prepare->name, "pm2_5") != NULL;
}

/* After the value is described. */
static void choose_rule(struct prepare *prepare)
{
    const char *which = option_text(prepare->job->options, "outliers");
    prepare->rule =
        (struct outlier_rule){.factor = option_real(prepare->job->options, "outlier-factor"),
                              .both_sides = which[0] == 'b'};
    prepare->has_rule = which[0] == 'a' ? is_pm25(prepare) : which[0] != 'n';
}

static enum status fit_days(struct prepare *prepare)
{
    enum status status;
    const struct sites *sites = &prepare->sites;
    struct day_pairs *days = NULL;
    TRY(memory_allocate((size_t)sites->time->steps, sizeof *days, &days));
    for (int64_t step = 0; step < sites->time->steps; step++) {
        TRY(day_pairs_make(&prepare->how, (uint64_t)step, sites->count, sites->place,
                           sites->value + step * sites->count, &days[step]));
    }
    TRY(day_models_fit(&prepare->how, sites->time->steps, days, &prepare->models));
done:
    free(days);
    return status;
}

static void bounds_of_sites(const struct sites *sites, double bbox[4])
{
    bbox[0] = bbox[1] = INFINITY;
    bbox[2] = bbox[3] = -INFINITY;
    for (int64_t i = 0; i < sites->count; i++) {
        bbox[0] = fmin(bbox[0], sites->lon[i]);
        bbox[1] = fmin(bbox[1], sites->lat[i]);
        bbox[2] = fmax(bbox[2], sites->lon[i]);
        bbox[3] = fmax(bbox[3], sites->lat[i]);
    }
}

static void choose_cutoff(struct prepare *prepare)
{
    double bbox[4];
    const struct georeference *grid = prepare->target.grid;
    if (!isnan(prepare->how.cutoff_m)) {
        return;
    }
    if (prepare->is_table) {
        bounds_of_sites(&prepare->sites, bbox);
        prepare->how.cutoff_m =
            interpolation_cutoff(bbox, prepare->sites.count, prepare->sites.place);
        return;
    }
    const struct position *place = prepare->target.place;
    double diagonal =
        position_distance(DISTANCE_GEODESIC, place[0], place[grid->rows * grid->cols - 1]);
    prepare->how.cutoff_m = diagonal > 0 ? diagonal / 3 : 1;
}

static enum status complete_table(struct prepare *prepare)
{
    enum status status;
    TRY(sites_locate(&prepare->sites, &prepare->target));
    if (prepare->has_rule) {
        TRY(sites_clean(&prepare->sites, &prepare->rule));
    }
    if (prepare->how.method == FILL_KRIGING) {
        TRY(fit_days(prepare));
    }
done:
    return status;
}

/* All that is local once the inputs are open. */
static enum status complete(struct prepare *prepare)
{
    enum status status;
    TRY(prepare_name(prepare));
    TRY(target_complete(prepare->job, &prepare->target));
    prepare_describe(prepare);
    choose_rule(prepare);
    prepare_describe(prepare); /* now with the map of outliers */
    choose_cutoff(prepare);
    TRY(prepare->is_table ? complete_table(prepare) : fields_plan(prepare->job, &prepare->fields));
    prepare_describe_cube(prepare);
done:
    return status;
}

static enum status open_inputs(struct prepare *prepare)
{
    enum status status;
    const struct job *job = prepare->job;
    TRY_TOGETHER(job->comm, check_usage(job->options));
    TRY_TOGETHER(job->comm, target_grid(job, &prepare->target));
    if (prepare->is_table) {
        TRY_TOGETHER(job->comm, sites_read(job, &prepare->sites));
    } else {
        bool by_rows = option_text(job->options, "outliers")[0] != 'n';
        TRY(fields_open(job, by_rows, &prepare->target, &prepare->fields));
    }
    TRY_TOGETHER(job->comm, complete(prepare));
    if (job->rank == 0) {
        log_info("%s: %s", prepare->name, prepare->comment);
    }
done:
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static struct items_cost cost_of(const struct prepare *prepare)
{
    const struct georeference *grid = prepare->target.grid;
    int64_t cells = grid->rows * grid->cols;
    int64_t sites = prepare->is_table ? prepare->sites.count : cells;
    int64_t fixed = cells * ((int64_t)sizeof(struct position) + 1) + sites * 120 + (1 << 20);
    int64_t unit = cells * 9;
    if (prepare->is_table) {
        fixed +=
            prepare_time(prepare)->steps * (sites * 8 + (int64_t)sizeof(struct variogram_model));
        unit += sites * 16;
    } else {
        fixed += fields_bytes(prepare->job, &prepare->fields);
    }
    return (struct items_cost){.fixed_bytes = fixed, .unit_bytes = unit};
}

static enum status create_buffers(struct prepare *prepare, const struct items *items)
{
    enum status status;
    size_t cells = (size_t)(items->rows * items->cols);
    size_t slab = cells * (size_t)items->slab_steps;
    TRY(memory_allocate(slab, sizeof *prepare->values, &prepare->values));
    TRY(memory_allocate(slab, sizeof *prepare->flags, &prepare->flags));
    if (prepare->at.variance >= 0) {
        TRY(memory_allocate(slab, sizeof *prepare->variance, &prepare->variance));
    }
    if (!prepare->is_table) {
        TRY(memory_allocate(cells, sizeof *prepare->map, &prepare->map));
    }
    if (option_text(prepare->job->options, "scores") != NULL) {
        TRY(memory_allocate((size_t)(2 * items->slab_steps * prepare->sites.count),
                            sizeof *prepare->scores, &prepare->scores));
    }
done:
    return status;
}

static enum status attach_inputs(const struct prepare *prepare, struct stage *stage)
{
    enum status status;
    TRY(target_attach(&prepare->target, stage));
    if (prepare->is_table) {
        TRY(sites_attach(&prepare->sites, stage));
        goto done;
    }
    TRY(input_attach(prepare->fields.input, stage));
    if (prepare->fields.dew_point != NULL) {
        TRY(input_attach(prepare->fields.dew_point, stage));
    }
done:
    return status;
}

static enum status declare(struct prepare *prepare, struct stage **stage)
{
    enum status status;
    int cube;
    char *stem = NULL;
    const struct job *job = prepare->job;
    const char *output = option_text(job->options, "output");
    const char *scores = option_text(job->options, "scores");
    TRY(stage_create(job, output, stage));
    TRY(attach_inputs(prepare, *stage));
    TRY(stage_add_cube(*stage, output, &prepare->spec, &cube));
    if (scores != NULL) {
        TRY(path_stem(scores, &stem));
        FAIL_IF(asprintf(&prepare->scores_json, "%s.json", stem) < 0, STATUS_MEMORY,
                "out of memory");
        TRY(stage_add_file(*stage, scores));
        TRY(stage_add_file(*stage, prepare->scores_json));
    }
done:
    free(stem);
    return status;
}

/* Outliers of rasters, once they are known. */
static enum status take_outliers(struct prepare *prepare)
{
    enum status status;
    int64_t outliers = 0, valid = 0;
    size_t cells = (size_t)(prepare->target.grid->rows * prepare->target.grid->cols);
    TRY(memory_allocate(cells, sizeof *prepare->outliers, &prepare->outliers));
    if (prepare->job->dry_run) {
        goto done;
    }
    TRY(passes_outliers(&prepare->passes, &prepare->target, prepare->outliers, &outliers, &valid));
    if (prepare->job->rank == 0) {
        log_info("%s: %lld of %lld values (%.3f %%) taken out as outliers", prepare->name,
                 (long long)outliers, (long long)valid,
                 valid > 0 ? 100.0 * (double)outliers / (double)valid : 0.0);
    }
done:
    return status;
}

/* Passes before the last, where rasters need them. */
static enum status pass_over_fields(struct prepare *prepare)
{
    enum status status = STATUS_OK;
    const struct job *job = prepare->job;
    if (prepare->is_table) {
        goto done;
    }
    TRY_TOGETHER(job->comm, fields_create_buffers(&prepare->fields));
    if (prepare->has_rule) {
        TRY(passes_clean(job, &prepare->fields, &prepare->rule, &prepare->passes));
        TRY_TOGETHER(job->comm, take_outliers(prepare));
    }
    if (prepare->how.method == FILL_KRIGING) {
        TRY(passes_variograms(job, &prepare->fields, &prepare->passes, &prepare->how,
                              &prepare->models));
    }
done:
    return status;
}

static enum status run_items(struct prepare *prepare, struct stage *stage)
{
    enum status status;
    const struct job *job = prepare->job;
    const struct flow_work work = {.context = prepare,
                                   .read = prepare_read,
                                   .compute = prepare_compute,
                                   .write = prepare_write};
    TRY(pass_over_fields(prepare));
    TRY_TOGETHER(job->comm, create_buffers(prepare, stage_items(stage)));
    TRY(flow_run(stage, &work));
    bool writes_scores = prepare->scores != NULL && job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, writes_scores ? scores_write(prepare, stage) : STATUS_OK);
    TRY(stage_commit(stage));
done:
    return status;
}

static enum status produce(struct prepare *prepare)
{
    enum status status;
    struct stage *stage = NULL;
    struct items items;
    const struct job *job = prepare->job;
    const struct georeference *grid = prepare->target.grid;
    const struct items_cost cost = cost_of(prepare);
    TRY_TOGETHER(job->comm, items_cut_steps(prepare_time(prepare)->steps, grid->rows, grid->cols,
                                            &cost, job->memory_bytes, &items));
    TRY_TOGETHER(job->comm, declare(prepare, &stage));
    TRY(stage_begin(stage, &items, &cost));
    if (!stage_is_done(stage)) {
        TRY(run_items(prepare, stage));
    }
done:
    stage_destroy(&stage);
    return status;
}

static void prepare_clear(struct prepare *prepare, bool is_finished)
{
    passes_close(prepare->job, &prepare->passes, is_finished);
    fields_close(&prepare->fields, is_finished);
    sites_clear(&prepare->sites);
    target_clear(&prepare->target);
    day_models_clear(&prepare->models);
    free(prepare->values);
    free(prepare->variance);
    free(prepare->flags);
    free(prepare->map);
    free(prepare->outliers);
    free(prepare->scores);
    free(prepare->scores_json);
}

static enum status prepare_run(struct job *job)
{
    enum status status;
    struct prepare prepare = {.job = job,
                              .is_table = option_text(job->options, "stations") != NULL};
    interpolation_init(job, &prepare.how);
    TRY(open_inputs(&prepare));
    TRY(produce(&prepare));
done:
    prepare_clear(&prepare, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const prepare_tables[] = {prepare_options, options_output,
                                                           options_grid, options_common, NULL};

const struct command command_prepare = {
    .name = "prepare",
    .summary = "any rasters, or a table of stations, as one aligned cube",
    .details =
        "Brings one variable to a reference grid: resampled, converted, relative humidity made "
        "from temperature and dew point, outliers taken out, gaps filled by ordinary kriging "
        "(P2.02-P2.09). Writes NAME, NAME_flag, NAME_variance where kriging fills, and "
        "NAME_outliers where outliers of rasters are taken out.\n"
        "\n"
        "A table of stations becomes maps by interpolation; stations outside the grid count. The "
        "variogram of a day is fitted to its own pairs; a day with fewer than --own-variogram "
        "observations takes the one pooled over all days, of values divided by their day's "
        "standard "
        "deviation (Bastin et al. 1984), at the scale of the day.\n"
        "\n"
        "Cells outside --clip are missing in the result, but count as neighbours of those inside.",
    .examples =
        "airshed prepare 'CHAP_PM2.5_*.nc' -o pm25.nc --bbox 113.5,36,119.8,42.6\n"
        "airshed prepare era5.nc --variable t2m --grid pm25.nc --method none -o t2m.nc\n"
        "airshed prepare t2m.nc --dew-point d2m.nc --grid pm25.nc -o rh.nc\n"
        "airshed prepare --stations daily.csv --value pm25 --where 'n_pm25>=18' \\\n"
        "  --units 'ug m-3' --coordinates stations.csv --cell 0.05 \\\n"
        "  --bbox 115.5,39.5,117.5,41 -o pm25.nc",
    .tables = prepare_tables,
    .run = prepare_run,
};
