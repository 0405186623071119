/* airshed -- GPL-3.0-or-later. zonal: means of polygons by year and season (C.15, P2.55). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/reason.h"
#include "boxes.h"
#include "commands/commands.h"
#include "flow/input.h"
#include "flow/run.h"
#include "flow/standard_output.h"
#include "io/table_writer.h"
#include "parallel/agree.h"
#include "periods.h"
#include "rates.h"
#include "region_samples.h"
#include "regions.h"
#include "shares.h"

static const struct option_spec zonal_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube, map, or a folder or pattern of daily files."},
    STANDARD_OUTPUT_OPTION,
    {.name = "boxes",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .help = "Also write box-plot statistics of the area means of the steps of each period.",
     .group = "Output"},
    {.name = "rates",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .help = "Also write how the means of years change; needs --by year.",
     .group = "Output"},
    {.name = "rest",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "With --shares: variable of the same input that makes up the whole with --variable, such "
             "as background with ihs.",
     .group = "Output"},
    {.name = "shares",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .help = "Also write the share of --variable in the whole; needs --rest.",
     .group = "Output"},
    {.name = NULL},
};

/* The same over the steps of a period, in the order of time. */
struct total {
    struct region_sample all;
    double step_means; /* sum of the means of steps */
    double covered;    /* sum of the shares of the zone that had a value */
    int64_t valid_steps;
};

/* Maps whose samples are taken: the variable alone, or beside it what belongs to --rest. */
enum sample_kind {
    SAMPLE_VALUE,
    SAMPLE_PART,  /* the variable where --rest has a value, too */
    SAMPLE_REST,  /* --rest where the variable has a value, too */
    SAMPLE_RATIO, /* the variable over the whole, where that is at least SHARE_FLOOR */
    SAMPLE_KINDS
};

/* Options that name the mask. */
static const struct regions_masks zonal_masks = {.inside = "mask", .parts = "mask-parts"};

struct zonal {
    const struct job *job;
    struct input *input, *rest; /* rest: NULL without --rest */
    struct regions *regions;
    struct periods *periods;
    struct stage *stage;
    struct window box; /* rows and columns that some region covers */
    int kinds;         /* of samples: 1, or SAMPLE_KINDS with --rest */
    float *values;     /* [steps of an item, box] */
    float *rest_values;         /* the same of --rest */
    float *split[SAMPLE_KINDS]; /* [box], of the step at hand; not of SAMPLE_VALUE */
    double *row_sum;            /* [rows of the box] */
    struct region_sample *samples; /* [steps of an item, kinds, regions] */
    struct standard_output *stand_in;
    const char *table, *boxes, *rates, *shares; /* paths of CSV files; NULL: not asked for */
    char *json, *boxes_json, *rates_json, *shares_json;
    double *means; /* [steps] of a region, while the tables are written */
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status zonal_read(void *context, struct flow_item *item)
{
    enum status status;
    struct zonal *zonal = context;
    struct window part = zonal->box;
    part.time = item->window.time;
    part.steps = item->window.steps;
    flow_count_read(item, window_count(&part) * (int64_t)sizeof(float));
    TRY(input_read(zonal->input, &part, zonal->values));
    if (zonal->rest != NULL) {
        flow_count_read(item, window_count(&part) * (int64_t)sizeof(float));
        TRY(input_read(zonal->rest, &part, zonal->rest_values));
    }
done:
    return status;
}

/* What part, rest and ratio are on one step; NaN spreads by itself. */
static void split_step(struct zonal *zonal, const float *values, const float *rest, int64_t cells)
{
    for (int64_t cell = 0; cell < cells; cell++) {
        double part = (double)values[cell], whole = part + (double)rest[cell];
        zonal->split[SAMPLE_PART][cell] = isnan(whole) ? NAN : values[cell];
        zonal->split[SAMPLE_REST][cell] = isnan(whole) ? NAN : rest[cell];
        zonal->split[SAMPLE_RATIO][cell] = whole >= SHARE_FLOOR ? (float)(part / whole) : NAN;
    }
}

static enum status zonal_compute(void *context, struct flow_item *item)
{
    struct zonal *zonal = context;
    int64_t map_cells = zonal->box.rows * zonal->box.cols;
    int64_t regions = zonal->regions->count;
    for (int64_t step = 0; step < item->window.steps; step++) {
        const float *values = zonal->values + step * map_cells;
        if (zonal->rest != NULL) {
            split_step(zonal, values, zonal->rest_values + step * map_cells, map_cells);
        }
        for (int64_t i = 0; i < zonal->kinds * regions; i++) {
            const float *map = i < regions ? values : zonal->split[i / regions];
            zonal->samples[step * zonal->kinds * regions + i] = region_sample_of(
                zonal->regions, i % regions, &zonal->box, map, zonal->row_sum);
        }
    }
    return STATUS_OK;
}

static enum status zonal_write(void *context, struct flow_item *item)
{
    struct zonal *zonal = context;
    int64_t count = item->window.steps * zonal->kinds * zonal->regions->count;
    return flow_payload(item, zonal->samples, count * (int64_t)sizeof *zonal->samples);
}

/* ---- periods ------------------------------------------------------------------------------ */

/* Adds the next step. The squares are merged about the common mean (Chan, Golub and LeVeque 1983),
 * which loses no digits where means are large and differences small. */
static void total_add(struct total *total, const struct region_sample *step, double zone_m2)
{
    struct region_sample *all = &total->all;
    if (step->cells == 0) {
        return;
    }
    double step_mean = step->sum / step->area_m2;
    if (all->cells > 0) {
        double apart = step_mean - all->sum / all->area_m2;
        double shared = all->area_m2 * (step->area_m2 / (all->area_m2 + step->area_m2));
        all->squares += step->squares + shared * (apart * apart);
        all->low = fmin(all->low, step->low);
        all->high = fmax(all->high, step->high);
    } else {
        all->squares = step->squares;
        all->low = step->low;
        all->high = step->high;
    }
    all->area_m2 += step->area_m2;
    all->sum += step->sum;
    all->cells += step->cells;
    total->step_means += step_mean;
    total->covered += step->area_m2 / zone_m2;
    total->valid_steps++;
}

static const struct region_sample *sample_of(const struct zonal *zonal,
                                             const struct journal_content *content, int64_t step,
                                             enum sample_kind kind, int64_t region)
{
    const struct items *items = stage_items(zonal->stage);
    const struct region_sample *samples = content->records[step / items->slab_steps].payload;
    int64_t row = step % items->slab_steps * zonal->kinds + (int64_t)kind;
    return &samples[row * zonal->regions->count + region];
}

static struct total total_of(const struct zonal *zonal, const struct journal_content *content,
                             const struct period *period, enum sample_kind kind, int64_t region)
{
    struct total total = {0};
    for (int64_t step = period->first; step <= period->last; step++) {
        if (period_holds(zonal->periods, period, step)) {
            total_add(&total, sample_of(zonal, content, step, kind, region),
                      zonal->regions->cells[region].total_m2);
        }
    }
    return total;
}

static double mean_of(const struct total *total)
{
    return total->valid_steps > 0 ? total->all.sum / total->all.area_m2 : NAN;
}

/* ---- table -------------------------------------------------------------------------------- */

enum column {
    COLUMN_MEAN = 15,
    COLUMN_STEP_MEAN,
    COLUMN_MIN,
    COLUMN_MAX,
    COLUMN_SD,
    COLUMNS = 21
};

static const struct table_column columns_plain[COLUMNS] = {
    {"zone", NULL, "name of the polygon", TABLE_TEXT},
    {"zone_number", NULL, "number of the polygon in its file, from 1", TABLE_INTEGER},
    {"part", NULL, "all of the polygon, or inside or outside the mask", TABLE_TEXT},
    PERIOD_COLUMNS,
    {"valid_steps", "1", "steps with a value in some cell of the zone", TABLE_INTEGER},
    {"valid_cell_steps", "1", "pairs of cell and step with a value", TABLE_INTEGER},
    {"zone_area_km2", "km2", "area of the zone on the grid", TABLE_NUMBER},
    {"share_in_grid", "1", "share of the polygon that lies on the grid", TABLE_NUMBER},
    {"covered_share", "1", "share of the zone's area and the period's steps with a value",
     TABLE_NUMBER},
    [COLUMN_MEAN] = {"mean", NULL, "mean over area and time of what has a value", TABLE_NUMBER},
    [COLUMN_STEP_MEAN] = {"mean_of_daily_means", NULL,
                          "mean over time of the area means of the steps, each counting alike",
                          TABLE_NUMBER},
    [COLUMN_MIN] = {"min", NULL, "least value of a cell at a step", TABLE_NUMBER},
    [COLUMN_MAX] = {"max", NULL, "greatest value of a cell at a step", TABLE_NUMBER},
    [COLUMN_SD] = {"sd", NULL, "standard deviation over area and time, weighted as the mean",
                   TABLE_NUMBER},
    {"reason", NULL, "ok, all_missing, outside_grid or outside_mask", TABLE_TEXT},
};

/* What all tables say of a region first. */
static void write_region(const struct zonal *zonal, int64_t region, struct table_writer *writer)
{
    const struct region_cells *cells = &zonal->regions->cells[region];
    table_writer_text(writer, cells->name);
    table_writer_integer(writer, cells->zone + 1);
    table_writer_text(writer, region_part_name(cells->part));
}

static enum reason reason_of(const struct region_cells *cells, const struct total *total)
{
    return cells->count > 0           ? total->valid_steps > 0 ? REASON_OK : REASON_ALL_MISSING
           : cells->share_in_grid > 0 ? REASON_OUTSIDE_MASK
                                      : REASON_OUTSIDE_GRID;
}

static void write_row(const struct zonal *zonal, struct table_writer *writer,
                      const struct period *period, int64_t region, const struct total *total)
{
    const struct region_cells *cells = &zonal->regions->cells[region];
    const struct region_sample *all = &total->all;
    bool has_values = total->valid_steps > 0;
    write_region(zonal, region, writer);
    period_write(period, writer);
    table_writer_integer(writer, total->valid_steps);
    table_writer_integer(writer, all->cells);
    table_writer_number(writer, cells->total_m2 / 1e6);
    table_writer_number(writer, cells->share_in_grid);
    table_writer_number(writer, total->covered / (double)period->steps);
    table_writer_number(writer, mean_of(total));
    table_writer_number(writer, has_values ? total->step_means / (double)total->valid_steps : NAN);
    table_writer_number(writer, has_values ? all->low : NAN);
    table_writer_number(writer, has_values ? all->high : NAN);
    table_writer_number(writer, has_values ? sqrt(all->squares / all->area_m2) : NAN);
    table_writer_text(writer, reason_text(reason_of(cells, total)));
}

static enum status write_rows(const struct zonal *zonal, const struct journal_content *content,
                              struct table_writer *writer)
{
    for (int64_t region = 0; region < zonal->regions->count; region++) {
        for (int64_t i = 0; i < zonal->periods->count; i++) {
            const struct period *period = &zonal->periods->period[i];
            struct total total = total_of(zonal, content, period, SAMPLE_VALUE, region);
            write_row(zonal, writer, period, region, &total);
        }
    }
    return STATUS_OK;
}

static enum status write_table(const struct zonal *zonal, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column columns[COLUMNS];
    char title[256];
    memcpy(columns, columns_plain, sizeof columns);
    for (int column = COLUMN_MEAN; column <= COLUMN_SD; column++) {
        columns[column].units = input_units(zonal->input);
    }
    snprintf(title, sizeof title, "Zonal statistics of %s", input_variable(zonal->input)->name);
    TRY(table_writer_create(stage_partial(zonal->stage, zonal->table), title, columns, COLUMNS,
                            &writer));
    TRY(write_rows(zonal, content, writer));
    TRY(table_writer_close(&writer, stage_partial(zonal->stage, zonal->json)));
done:
    table_writer_destroy(&writer);
    return status;
}

/* ---- boxes, rates and shares ---------------------------------------------------------------------- */

enum {
    REGION_COLUMNS = 3,
    BOXES_COLUMNS = REGION_COLUMNS + PERIOD_COLUMN_COUNT + BOX_COLUMNS,
    RATE_COLUMNS = REGION_COLUMNS + RATES_COLUMNS,
    SHARES_COLUMNS = REGION_COLUMNS + PERIOD_COLUMN_COUNT + SHARE_COLUMNS
};

static const struct table_column region_columns[REGION_COLUMNS + PERIOD_COLUMN_COUNT] = {
    {"zone", NULL, "name of the polygon", TABLE_TEXT},
    {"zone_number", NULL, "number of the polygon in its file, from 1", TABLE_INTEGER},
    {"part", NULL, "all of the polygon, or inside or outside the mask", TABLE_TEXT},
    PERIOD_COLUMNS,
};

/* Area means of the steps of a period that have one. @return how many */
static int64_t gather_means(const struct zonal *zonal, const struct journal_content *content,
                            const struct period *period, int64_t region)
{
    int64_t count = 0;
    for (int64_t step = period->first; step <= period->last; step++) {
        const struct region_sample *sample =
            sample_of(zonal, content, step, SAMPLE_VALUE, region);
        if (period_holds(zonal->periods, period, step) && sample->cells > 0) {
            zonal->means[count++] = sample->sum / sample->area_m2;
        }
    }
    return count;
}

static enum status write_boxes(const struct zonal *zonal, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column columns[BOXES_COLUMNS];
    struct box_firsts *firsts = NULL;
    memcpy(columns, region_columns, sizeof region_columns);
    box_columns(columns + BOXES_COLUMNS - BOX_COLUMNS, input_units(zonal->input));
    TRY(box_firsts_create(zonal->regions->count, &firsts));
    TRY(table_writer_create(stage_partial(zonal->stage, zonal->boxes),
                            "Box-plot statistics of the area means of steps", columns,
                            BOXES_COLUMNS, &writer));
    for (int64_t region = 0; region < zonal->regions->count; region++) {
        for (int64_t i = 0; i < zonal->periods->count; i++) {
            const struct period *period = &zonal->periods->period[i];
            int64_t count = gather_means(zonal, content, period, region);
            write_region(zonal, region, writer);
            period_write(period, writer);
            box_write(firsts, region, period, zonal->means, count, writer);
        }
    }
    TRY(table_writer_close(&writer, stage_partial(zonal->stage, zonal->boxes_json)));
done:
    table_writer_destroy(&writer);
    box_firsts_destroy(&firsts);
    return status;
}

static enum status write_rates(const struct zonal *zonal, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column columns[RATE_COLUMNS];
    memcpy(columns, region_columns, REGION_COLUMNS * sizeof *columns);
    rates_columns(columns + REGION_COLUMNS, input_units(zonal->input));
    TRY(table_writer_create(stage_partial(zonal->stage, zonal->rates),
                            "Change of the means of years", columns, RATE_COLUMNS, &writer));
    for (int64_t region = 0; region < zonal->regions->count; region++) {
        struct rates rates = {0};
        for (int64_t i = 0; i < zonal->periods->count; i++) {
            const struct period *period = &zonal->periods->period[i];
            if (period->kind == PERIOD_YEAR) {
                struct total total = total_of(zonal, content, period, SAMPLE_VALUE, region);
                write_region(zonal, region, writer);
                rates_write(&rates, period->year, mean_of(&total), writer);
            }
        }
    }
    TRY(table_writer_close(&writer, stage_partial(zonal->stage, zonal->rates_json)));
done:
    table_writer_destroy(&writer);
    return status;
}

static struct share share_of(const struct zonal *zonal, const struct journal_content *content,
                             const struct period *period, int64_t region)
{
    struct total part = total_of(zonal, content, period, SAMPLE_PART, region);
    struct total rest = total_of(zonal, content, period, SAMPLE_REST, region);
    struct total ratio = total_of(zonal, content, period, SAMPLE_RATIO, region);
    return (struct share){.cell_steps = part.all.cells,
                          .part = mean_of(&part),
                          .rest = mean_of(&rest),
                          .ratio_cell_steps = ratio.all.cells,
                          .mean_of_ratios = mean_of(&ratio)};
}

static enum status write_shares(const struct zonal *zonal, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column columns[SHARES_COLUMNS];
    struct share_firsts *firsts = NULL;
    char title[256];
    memcpy(columns, region_columns, sizeof region_columns);
    share_columns(columns + SHARES_COLUMNS - SHARE_COLUMNS, input_units(zonal->input));
    snprintf(title, sizeof title, "Share of %.100s in the sum of it and %.100s",
             input_variable(zonal->input)->name, input_variable(zonal->rest)->name);
    TRY(share_firsts_create(zonal->regions->count, &firsts));
    TRY(table_writer_create(stage_partial(zonal->stage, zonal->shares), title, columns,
                            SHARES_COLUMNS, &writer));
    for (int64_t region = 0; region < zonal->regions->count; region++) {
        for (int64_t i = 0; i < zonal->periods->count; i++) {
            const struct period *period = &zonal->periods->period[i];
            struct share share = share_of(zonal, content, period, region);
            write_region(zonal, region, writer);
            period_write(period, writer);
            share_write(firsts, region, period, &share, writer);
        }
    }
    TRY(table_writer_close(&writer, stage_partial(zonal->stage, zonal->shares_json)));
done:
    table_writer_destroy(&writer);
    share_firsts_destroy(&firsts);
    return status;
}

/* The tables, from the journal; by rank 0. A resumed run does it again. */
static enum status write_tables(struct zonal *zonal)
{
    enum status status;
    struct journal_content content = {0};
    TRY(stage_records(zonal->stage, &content));
    TRY(write_table(zonal, &content));
    if (zonal->boxes != NULL) {
        TRY(memory_allocate((size_t)zonal->periods->steps + 1, sizeof *zonal->means,
                            &zonal->means));
        TRY(write_boxes(zonal, &content));
    }
    if (zonal->rates != NULL) {
        TRY(write_rates(zonal, &content));
    }
    if (zonal->shares != NULL) {
        TRY(write_shares(zonal, &content));
    }
done:
    journal_content_clear(&content);
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static bool has_years(const struct periods *periods)
{
    for (int64_t i = 0; i < periods->count; i++) {
        if (periods->period[i].kind == PERIOD_YEAR) {
            return true;
        }
    }
    return false;
}

static enum status declare(struct zonal *zonal)
{
    enum status status;
    zonal->boxes = option_text(zonal->job->options, "boxes");
    zonal->rates = option_text(zonal->job->options, "rates");
    zonal->shares = option_text(zonal->job->options, "shares");
    FAIL_IF(zonal->rates != NULL && !has_years(zonal->periods), STATUS_USAGE,
            "--rates: changes of years need --by year");
    TRY(stage_create(zonal->job, zonal->table, &zonal->stage));
    TRY(input_attach(zonal->input, zonal->stage));
    if (zonal->rest != NULL) {
        TRY(input_attach(zonal->rest, zonal->stage));
    }
    TRY(regions_attach(zonal->regions, zonal->stage));
    TRY(stage_add_table(zonal->stage, zonal->table, &zonal->json));
    TRY(stage_add_table(zonal->stage, zonal->boxes, &zonal->boxes_json));
    TRY(stage_add_table(zonal->stage, zonal->rates, &zonal->rates_json));
    TRY(stage_add_table(zonal->stage, zonal->shares, &zonal->shares_json));
done:
    return status;
}

static int64_t axis_steps(const struct zonal *zonal)
{
    const struct time_axis *time = input_time(zonal->input);
    return time != NULL ? time->steps : 1;
}

static enum status cut(struct zonal *zonal, struct items *items, struct items_cost *cost)
{
    int64_t cells = 0;
    for (int64_t region = 0; region < zonal->regions->count; region++) {
        cells += zonal->regions->cells[region].count;
    }
    int64_t map_bytes = zonal->box.rows * zonal->box.cols * (int64_t)sizeof(float);
    int64_t cubes = zonal->rest != NULL ? 2 : 1;
    *cost = (struct items_cost){
        .fixed_bytes = cells * 16 + zonal->box.rows * 8 + (zonal->kinds - 1) * map_bytes + (1 << 20),
        .unit_bytes = cubes * map_bytes +
                      2 * zonal->kinds * zonal->regions->count * (int64_t)sizeof *zonal->samples};
    return items_cut_steps(axis_steps(zonal), zonal->box.rows, zonal->box.cols, cost,
                           zonal->job->memory_bytes, items);
}

static enum status create_buffers(struct zonal *zonal, int64_t steps)
{
    enum status status;
    size_t cells = (size_t)(steps * zonal->box.rows * zonal->box.cols);
    size_t samples = (size_t)(steps * zonal->kinds * zonal->regions->count);
    TRY(memory_allocate(cells, sizeof *zonal->values, &zonal->values));
    TRY(memory_allocate((size_t)zonal->box.rows, sizeof *zonal->row_sum, &zonal->row_sum));
    TRY(memory_allocate(samples, sizeof *zonal->samples, &zonal->samples));
    if (zonal->rest != NULL) {
        TRY(memory_allocate(cells, sizeof *zonal->rest_values, &zonal->rest_values));
    }
    for (int kind = SAMPLE_PART; kind < zonal->kinds; kind++) {
        TRY(memory_allocate((size_t)(zonal->box.rows * zonal->box.cols), sizeof(float),
                            &zonal->split[kind]));
    }
done:
    return status;
}

static enum status zonal_stage(struct zonal *zonal)
{
    enum status status;
    const struct job *job = zonal->job;
    struct items items;
    struct items_cost cost;
    struct flow_work work = {
        .context = zonal, .read = zonal_read, .compute = zonal_compute, .write = zonal_write};

    TRY_TOGETHER(job->comm, cut(zonal, &items, &cost));
    TRY(stage_begin(zonal->stage, &items, &cost));
    if (stage_is_done(zonal->stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm, create_buffers(zonal, stage_items(zonal->stage)->slab_steps));
    TRY(flow_run(zonal->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_tables(zonal) : STATUS_OK);
    TRY(stage_commit(zonal->stage));
done:
    return status;
}

static enum status prepare(struct zonal *zonal)
{
    enum status status;
    TRY(periods_create(zonal->job->options, input_time(zonal->input), &zonal->periods));
    TRY(periods_add_windows(zonal->periods, zonal->job->options, input_time(zonal->input)));
    zonal->box = regions_box(zonal->regions, input_grid(zonal->input));
    TRY(declare(zonal));
done:
    return status;
}

static void zonal_clear(struct zonal *zonal, bool is_finished)
{
    stage_destroy(&zonal->stage);
    standard_output_end(&zonal->stand_in);
    input_close(&zonal->input, is_finished);
    input_close(&zonal->rest, is_finished);
    regions_destroy(&zonal->regions);
    periods_destroy(&zonal->periods);
    free(zonal->values);
    free(zonal->rest_values);
    for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
        free(zonal->split[kind]);
    }
    free(zonal->row_sum);
    free(zonal->samples);
    free(zonal->json);
    free(zonal->boxes_json);
    free(zonal->rates_json);
    free(zonal->shares_json);
    free(zonal->means);
}

static enum status open_inputs(struct zonal *zonal)
{
    enum status status;
    const struct job *job = zonal->job;
    struct input_request request = {
        .label = "input",
        .path = option_text(job->options, "input"),
        .variable = option_text(job->options, "variable"),
        .fill_steps = strcmp(option_text(job->options, "missing-steps"), "fill") == 0};
    const char *rest = option_text(job->options, "rest");
    FAIL_IF((rest != NULL) != (option_text(job->options, "shares") != NULL), STATUS_USAGE,
            "--shares and --rest belong together: the table, and the variable that makes up the whole");
    TRY(input_open(job, &request, &zonal->input));
    zonal->kinds = rest != NULL ? SAMPLE_KINDS : 1;
    if (rest != NULL) {
        request.variable = rest;
        request.units = input_units(zonal->input);
        TRY(input_open(job, &request, &zonal->rest));
    }
done:
    return status;
}

static enum status zonal_run(struct job *job)
{
    enum status status;
    struct zonal zonal = {.job = job};
    TRY(open_inputs(&zonal));
    TRY(regions_create(job, input_grid(zonal.input), &zonal_masks, &zonal.regions));
    TRY(standard_output_begin(job, option_text(job->options, "output"), &zonal.stand_in,
                              &zonal.table));
    TRY_TOGETHER(job->comm, prepare(&zonal));
    TRY(zonal_stage(&zonal));
    if (!job->dry_run) {
        TRY(standard_output_deliver(zonal.stand_in));
    }
done:
    zonal_clear(&zonal, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const zonal_tables[] = {zonal_options,
                                                         regions_options,
                                                         regions_mask_options,
                                                         periods_options,
                                                         periods_december_options,
                                                         periods_window_options,
                                                         options_grid,
                                                         options_common,
                                                         NULL};

const struct command command_zonal = {
    .name = "zonal",
    .summary = "statistics of polygons by year, season, month or day",
    .details =
        "Each cell counts by the area that the polygon covers of it: the exact covered fraction "
        "times the area of the cell on the ellipsoid (C.15). The mean of a period is that over "
        "area "
        "and time of all that has a value: the sum of area times value over the sum of area. "
        "Beside "
        "it, mean_of_daily_means gives every step with a value the same weight, however much of "
        "the "
        "zone it covers.\n\n"
        "Winter (DJF) belongs to the year of its January (P2.55). A period at the end of the "
        "series may be cut short: the column steps tells.\n\n"
        "--boxes writes the box plots of the steps' area means (P2.54; those of cells: compare "
        "--groups), --rates the change of yearly means (P2.56): from year to year, in all, a year "
        "on average, and the compound rate.\n\n"
        "--shares writes what share the variable has in the sum of it and --rest, of the cells and "
        "steps that have both, in both readings of P2.46: the ratio of means, and the mean over area "
        "and time of the ratios, without cells and steps whose whole is below 1. Days with a name "
        "(--window) make the paper's Table 4, --bbox and --by day its case study.",
    .examples =
        "airshed zonal pm25.nc --zones cities.geojson --zone-name name -o cities.csv\n"
        "mpirun -n 4 airshed zonal pm25.nc --zones cities.gpkg --by month,all --mask areas.nc \\\n"
        "  -o months.csv\n"
        "airshed zonal ihs.nc --variable ihs --rest background --zones cities.geojson \\\n"
        "  --by year,all --window \"Jan-Feb 2013=2013-01-01/2013-02-28\" \\\n"
        "  --shares shares.csv -o cities_ihs.csv",
    .tables = zonal_tables,
    .run = zonal_run,
};
