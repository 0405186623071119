/* airshed -- GPL-3.0-or-later. compare: differences between areas and between zones (P2.50, P2.54). */
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
#include "kernels/rank_tests.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"
#include "periods.h"
#include "region_samples.h"
#include "regions.h"

static const struct option_spec compare_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube or map."},
    {.name = "mask-a",
     .kind = OPTION_PATH,
     .argument = "MAP",
     .flags = OPTION_INPUT,
     .help = "Radiation area: where this map of the same grid is above 0."},
    {.name = "mask-b",
     .kind = OPTION_PATH,
     .argument = "MAP",
     .flags = OPTION_INPUT,
     .help =
         "Background: where this map is above 0; default: where --mask-a has a value and is not. "
         "Cells of both are left out."},
    {.name = "mask-variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Variable of the masks; default: 'area' where there is one, else the only one."},
    {.name = "unit",
     .kind = OPTION_CHOICE,
     .choices = "cells|steps",
     .fallback = "cells",
     .help =
         "What is ranked: the mean of each cell over the period, or the area mean of each step."},
    {.name = "min-valid",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .help = "With --unit cells: a cell needs this share of the period's steps for a mean."},
    {.name = "by",
     .kind = OPTION_LIST,
     .argument = "PERIOD,...",
     .choices = PERIODS_CHOICES,
     .fallback = "all",
     .help = "Periods to compare in: all steps together, years, seasons (MAM, JJA, SON, DJF), "
             "months, days (each step).",
     .group = "Periods"},
    STANDARD_OUTPUT_OPTION,
    {.name = "groups",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .help = "Also write the box-plot statistics of each group that was compared.",
     .group = "Output"},
    {.name = NULL},
};

static const struct regions_masks compare_masks = {.inside = "mask-a", .outside = "mask-b"};

struct compare {
    const struct job *job;
    struct input *input;
    struct regions *regions;
    struct periods *periods;
    struct stage *stage;
    struct standard_output *stand_in;
    const char *table, *groups; /* paths; groups NULL: not asked for */
    char *json, *groups_json;
    bool by_cells;
    double min_valid;
    int64_t grid_rows, grid_cols;
    struct window box;             /* rows and columns that some region covers */
    unsigned char *is_used;        /* [grid cells] 1: in some region */
    unsigned char **is_counted;    /* of each region, [count] 1: the zone covers half of the cell */
    int64_t used;                  /* cells in some region */
    float *values;                 /* of an item */
    double *row_sum;               /* [rows of the box] */
    struct region_sample *samples; /* by steps: [steps of an item, regions] */
    double *means;                 /* by cells: [periods, used cells of an item] */
    /* While the tables are written, on rank 0: */
    double *map; /* by cells: means of the grid in the period at hand */
    double *first, *second, *scratch;
    int64_t *start;
    unsigned char *is_taken; /* [grid cells] while zones are put together */
};

/* ---- items: means of cells ---------------------------------------------------------------- */

static double mean_of_cell(const struct compare *compare, const struct period *period,
                           const float *series, int64_t stride)
{
    double sum = 0;
    int64_t valid = 0;
    for (int64_t step = period->first; step <= period->last; step++) {
        double value = (double)series[step * stride];
        if (period_holds(compare->periods, period, step) && isfinite(value)) {
            sum += value;
            valid++;
        }
    }
    bool is_enough = valid > 0 && (double)valid >= compare->min_valid * (double)period->steps;
    return is_enough ? sum / (double)valid : NAN;
}

static int64_t used_in(const struct compare *compare, const struct window *window)
{
    int64_t used = 0;
    for (int64_t row = window->row; row < window->row + window->rows; row++) {
        for (int64_t col = window->col; col < window->col + window->cols; col++) {
            used += compare->is_used[row * compare->grid_cols + col];
        }
    }
    return used;
}

/* Means of the used cells in the order of rows and columns, period by period. */
static void average_cells(struct compare *compare, const struct window *window)
{
    int64_t cells = window->rows * window->cols, used = used_in(compare, window), at = 0;
    for (int64_t i = 0; i < cells; i++) {
        int64_t row = window->row + i / window->cols, col = window->col + i % window->cols;
        if (!compare->is_used[row * compare->grid_cols + col]) {
            continue;
        }
        for (int64_t k = 0; k < compare->periods->count; k++) {
            compare->means[k * used + at] =
                mean_of_cell(compare, &compare->periods->period[k], compare->values + i, cells);
        }
        at++;
    }
}

/* ---- items: area means of steps ----------------------------------------------------------- */

static void sample_steps(struct compare *compare, int64_t steps)
{
    int64_t cells = compare->box.rows * compare->box.cols, regions = compare->regions->count;
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t region = 0; region < regions; region++) {
            compare->samples[step * regions + region] =
                region_sample_of(compare->regions, region, &compare->box,
                                 compare->values + step * cells, compare->row_sum);
        }
    }
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status compare_read(void *context, struct flow_item *item)
{
    struct compare *compare = context;
    struct window part = item->window;
    if (!compare->by_cells) {
        part = compare->box;
        part.time = item->window.time;
        part.steps = item->window.steps;
    }
    flow_count_read(item, window_count(&part) * (int64_t)sizeof(float));
    return input_read(compare->input, &part, compare->values);
}

static enum status compare_compute(void *context, struct flow_item *item)
{
    struct compare *compare = context;
    if (compare->by_cells) {
        average_cells(compare, &item->window);
    } else {
        sample_steps(compare, item->window.steps);
    }
    return STATUS_OK;
}

static enum status compare_write(void *context, struct flow_item *item)
{
    struct compare *compare = context;
    if (compare->by_cells) {
        int64_t used = used_in(compare, &item->window);
        return flow_payload(item, compare->means,
                            compare->periods->count * used * (int64_t)sizeof *compare->means);
    }
    int64_t count = item->window.steps * compare->regions->count;
    return flow_payload(item, compare->samples, count * (int64_t)sizeof *compare->samples);
}

/* ---- observations ------------------------------------------------------------------------- */

/* Spreads the means of a period over the grid; NaN where a cell is in no region. */
static void load_map(struct compare *compare, const struct journal_content *content, int64_t k)
{
    const struct items *items = stage_items(compare->stage);
    for (int64_t cell = 0; cell < compare->grid_rows * compare->grid_cols; cell++) {
        compare->map[cell] = NAN;
    }
    for (int64_t item = 0; item < items->count; item++) {
        struct window window = items_window(items, item);
        const double *means = content->records[item].payload;
        means += k * used_in(compare, &window);
        for (int64_t row = window.row; row < window.row + window.rows; row++) {
            for (int64_t col = window.col; col < window.col + window.cols; col++) {
                int64_t cell = row * compare->grid_cols + col;
                if (compare->is_used[cell]) {
                    compare->map[cell] = *means++;
                }
            }
        }
    }
}

static const struct region_sample *sample_of(const struct compare *compare,
                                             const struct journal_content *content, int64_t step,
                                             int64_t region)
{
    const struct items *items = stage_items(compare->stage);
    const struct region_sample *samples = content->records[step / items->slab_steps].payload;
    return &samples[step % items->slab_steps * compare->regions->count + region];
}

/* Regions of one part, of one zone or of all (zone -1). */
static bool is_of(const struct region_cells *cells, int64_t zone, enum region_part part)
{
    return cells->part == part && (zone < 0 || cells->zone == zone);
}

/* Means of the cells of the regions, each cell once. */
static int64_t gather_cells(struct compare *compare, int64_t zone, enum region_part part,
                            double *values)
{
    const struct regions *regions = compare->regions;
    int64_t count = 0;
    memset(compare->is_taken, 0, (size_t)(compare->grid_rows * compare->grid_cols));
    for (int64_t region = 0; region < regions->count; region++) {
        const struct region_cells *cells = &regions->cells[region];
        for (int64_t i = 0; is_of(cells, zone, part) && i < cells->count; i++) {
            int64_t cell = cells->cell[i];
            bool is_fresh = compare->is_counted[region][i] && !compare->is_taken[cell];
            if (is_fresh && !isnan(compare->map[cell])) {
                compare->is_taken[cell] = 1;
                values[count++] = compare->map[cell];
            }
        }
    }
    return count;
}

/* Area means of the steps of a period. */
static int64_t gather_steps(const struct compare *compare, const struct journal_content *content,
                            const struct period *period, int64_t zone, enum region_part part,
                            double *values)
{
    int64_t count = 0;
    for (int64_t step = period->first; step <= period->last; step++) {
        double area = 0, sum = 0;
        for (int64_t region = 0;
             period_holds(compare->periods, period, step) && region < compare->regions->count;
             region++) {
            const struct region_sample *sample = sample_of(compare, content, step, region);
            if (is_of(&compare->regions->cells[region], zone, part) && sample->cells > 0) {
                area += sample->area_m2;
                sum += sample->sum;
            }
        }
        if (area > 0) {
            values[count++] = sum / area;
        }
    }
    return count;
}

static int64_t gather(struct compare *compare, const struct journal_content *content, int64_t k,
                      int64_t zone, enum region_part part, double *values)
{
    return compare->by_cells
               ? gather_cells(compare, zone, part, values)
               : gather_steps(compare, content, &compare->periods->period[k], zone, part, values);
}

/* ---- the table of tests ------------------------------------------------------------------- */

static const struct table_column columns[] = {
    PERIOD_COLUMNS,
    {"test", NULL, "mann_whitney, kruskal_wallis or anova", TABLE_TEXT},
    {"unit", NULL, "what is compared: means of cells, or area means of steps", TABLE_TEXT},
    {"zone", NULL, "zone in which areas are compared; empty: all zones together", TABLE_TEXT},
    {"part", NULL, "part of the zones that are compared", TABLE_TEXT},
    {"groups", "1", "groups with values", TABLE_INTEGER},
    {"n", "1", "values", TABLE_INTEGER},
    {"n_background", "1", "values of the background", TABLE_INTEGER},
    {"n_radiation", "1", "values of the radiation area", TABLE_INTEGER},
    {"mean_background", "", NULL, TABLE_NUMBER},
    {"mean_radiation", "", NULL, TABLE_NUMBER},
    {"median_background", "", NULL, TABLE_NUMBER},
    {"median_radiation", "", NULL, TABLE_NUMBER},
    {"u_background", "1", "pairs in which the background is higher, ties half", TABLE_NUMBER},
    {"u_radiation", "1",
     "pairs in which the radiation area is higher, ties half: n1 n2 + n1 (n1 + 1) / 2 - R1, R1 the "
     "rank sum of the background",
     TABLE_NUMBER},
    {"z", "1", "of u_radiation, with ties and continuity correction", TABLE_NUMBER},
    {"h", "1", "Kruskal and Wallis, with ties", TABLE_NUMBER},
    {"f", "1", "of the analysis of variance", TABLE_NUMBER},
    {"df", "1", "degrees of freedom between groups", TABLE_INTEGER},
    {"df_within", "1", "degrees of freedom within groups", TABLE_INTEGER},
    {"p", "1", "two-sided for mann_whitney, normal approximation", TABLE_NUMBER},
    {"p_exact", "1", "two-sided, for few values without ties", TABLE_NUMBER},
    {"superiority", "1",
     "chance that a value of the radiation area is higher than one of the background",
     TABLE_NUMBER},
    {"epsilon_squared", "1", "share of the variance of ranks between groups", TABLE_NUMBER},
    {"eta_squared", "1", "share of the variance between groups", TABLE_NUMBER},
    {"reason", NULL, "ok, all_missing, too_short or flat_series", TABLE_TEXT},
};

enum {
    COLUMNS = sizeof columns / sizeof *columns,
    EMPTY = -1 /* an integer that there is not */
};

/* A row of the table; NaN and EMPTY give empty cells. */
struct row {
    const char *test, *zone, *part;
    int64_t groups, n, n_background, n_radiation, df, df_within;
    double mean_background, mean_radiation, median_background, median_radiation;
    double u_background, u_radiation, z, h, f, p, p_exact;
    double superiority, epsilon_squared, eta_squared;
    enum reason reason;
};

static struct row empty_row(const char *test)
{
    return (struct row){test,  NULL, NULL, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY,
                        EMPTY, NAN,  NAN,  NAN,   NAN,   NAN,   NAN,   NAN,
                        NAN,   NAN,  NAN,  NAN,   NAN,   NAN,   NAN,   REASON_OK};
}

static void write_count(struct table_writer *writer, int64_t count)
{
    if (count == EMPTY) {
        table_writer_text(writer, NULL);
    } else {
        table_writer_integer(writer, count);
    }
}

static void write_row(const struct compare *compare, const struct period *period,
                      const struct row *row, struct table_writer *writer)
{
    const int64_t counts[] = {row->groups, row->n, row->n_background, row->n_radiation};
    const double before[] = {row->mean_background,
                             row->mean_radiation,
                             row->median_background,
                             row->median_radiation,
                             row->u_background,
                             row->u_radiation,
                             row->z,
                             row->h,
                             row->f};
    const double after[] = {row->p, row->p_exact, row->superiority, row->epsilon_squared,
                            row->eta_squared};
    period_write(period, writer);
    table_writer_text(writer, row->test);
    table_writer_text(writer, compare->by_cells ? "cells" : "steps");
    table_writer_text(writer, row->zone);
    table_writer_text(writer, row->part);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        write_count(writer, counts[i]);
    }
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        table_writer_number(writer, before[i]);
    }
    write_count(writer, row->df);
    write_count(writer, row->df_within);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        table_writer_number(writer, after[i]);
    }
    table_writer_text(writer, reason_text(row->reason));
}

static double mean_of(const double *values, int64_t count)
{
    return count > 0 ? tree_sum(values, count) / (double)count : NAN;
}

static double median_of(const double *sorted, int64_t count)
{
    return count > 0 ? (sorted[(count - 1) / 2] + sorted[count / 2]) / 2 : NAN;
}

/* Radiation against background, in one zone or in all of them. */
static enum status compare_areas(struct compare *compare, const struct journal_content *content,
                                 int64_t k, int64_t zone, struct table_writer *writer)
{
    enum status status;
    struct mann_whitney test;
    struct row row = empty_row("mann_whitney");
    double *radiation = compare->first, *background = compare->second;
    row.zone = zone < 0 ? NULL : compare->regions->names[zone];
    row.n_radiation = gather(compare, content, k, zone, REGION_INSIDE, radiation);
    row.n_background = gather(compare, content, k, zone, REGION_OUTSIDE, background);
    row.n = row.n_radiation + row.n_background;
    row.groups = (row.n_radiation > 0) + (row.n_background > 0);
    row.mean_radiation = mean_of(radiation, row.n_radiation);
    row.mean_background = mean_of(background, row.n_background);
    TRY(mann_whitney_test(radiation, row.n_radiation, background, row.n_background, true, true,
                          compare->scratch, &test));
    row.median_radiation = row.n_background > 0 ? median_of(radiation, row.n_radiation) : NAN;
    row.median_background = row.n_radiation > 0 ? median_of(background, row.n_background) : NAN;
    row.u_radiation = test.u_first;
    row.u_background = test.u_second;
    row.z = test.z;
    row.p = test.p;
    row.p_exact = test.p_exact;
    row.superiority = test.superiority;
    row.reason = row.n == 0       ? REASON_ALL_MISSING
                 : row.groups < 2 ? REASON_TOO_SHORT
                 : isnan(test.p)  ? REASON_FLAT_SERIES
                                  : REASON_OK;
    write_row(compare, &compare->periods->period[k], &row, writer);
done:
    return status;
}

/* All zones against one another, in one part of them. */
static void compare_zones(struct compare *compare, const struct journal_content *content, int64_t k,
                          enum region_part part, struct table_writer *writer)
{
    const struct period *period = &compare->periods->period[k];
    struct samples samples = {.start = compare->start, .values = compare->first};
    int64_t count = 0;
    for (int64_t zone = 0; zone < compare->regions->zone_count; zone++) {
        count += gather(compare, content, k, zone, part, compare->first + count);
        compare->start[++samples.groups] = count;
    }
    struct anova variance = anova_test(&samples);
    struct kruskal_wallis ranks = kruskal_wallis_test(&samples, compare->scratch);
    enum reason reason = count == 0         ? REASON_ALL_MISSING
                         : ranks.groups < 2 ? REASON_TOO_SHORT
                         : isnan(ranks.p)   ? REASON_FLAT_SERIES
                                            : REASON_OK;
    struct row row = empty_row("kruskal_wallis");
    row.part = region_part_name(part);
    row.groups = ranks.groups;
    row.n = count;
    row.h = ranks.h;
    row.df = ranks.groups > 1 ? ranks.df : EMPTY;
    row.p = ranks.p;
    row.epsilon_squared = ranks.epsilon_squared;
    row.reason = reason;
    write_row(compare, period, &row, writer);
    row = empty_row("anova");
    row.part = region_part_name(part);
    row.groups = variance.groups;
    row.n = count;
    row.f = variance.f;
    row.df = variance.groups > 1 ? variance.df_between : EMPTY;
    row.df_within = variance.groups > 1 ? variance.df_within : EMPTY;
    row.p = variance.p;
    row.eta_squared = variance.eta_squared;
    row.reason = reason == REASON_OK && isnan(variance.p) ? REASON_TOO_SHORT : reason;
    write_row(compare, period, &row, writer);
}

static bool has_masks(const struct compare *compare)
{
    return compare->regions->mask != NULL;
}

static enum status write_period_tests(struct compare *compare,
                                      const struct journal_content *content, int64_t k,
                                      struct table_writer *writer)
{
    enum status status = STATUS_OK;
    int64_t zones = compare->regions->zone_count;
    for (int64_t zone = zones > 1 ? -1 : 0; has_masks(compare) && zone < zones; zone++) {
        TRY(compare_areas(compare, content, k, zone, writer));
    }
    if (zones > 1 && has_masks(compare)) {
        compare_zones(compare, content, k, REGION_INSIDE, writer);
        compare_zones(compare, content, k, REGION_OUTSIDE, writer);
    } else if (zones > 1) {
        compare_zones(compare, content, k, REGION_ALL, writer);
    }
done:
    return status;
}

/* ---- the table of groups ------------------------------------------------------------------ */

enum {
    GROUP_COLUMNS = 3 + PERIOD_COLUMN_COUNT + BOX_COLUMNS
};

static const struct table_column group_columns[GROUP_COLUMNS] = {
    {"zone", NULL, "name of the zone", TABLE_TEXT},
    {"part", NULL, "all of the zone, or inside or outside of --mask-a", TABLE_TEXT},
    {"unit", NULL, "what is counted: means of cells, or area means of steps", TABLE_TEXT},
    PERIOD_COLUMNS,
};

static void write_period_groups(struct compare *compare, const struct journal_content *content,
                                int64_t k, struct box_firsts *firsts, struct table_writer *writer)
{
    const struct period *period = &compare->periods->period[k];
    for (int64_t region = 0; region < compare->regions->count; region++) {
        const struct region_cells *cells = &compare->regions->cells[region];
        int64_t count = gather(compare, content, k, cells->zone, cells->part, compare->first);
        table_writer_text(writer, cells->name);
        table_writer_text(writer, region_part_name(cells->part));
        table_writer_text(writer, compare->by_cells ? "cells" : "steps");
        period_write(period, writer);
        box_write(firsts, region, period, compare->first, count, writer);
    }
}

/* ---- both tables -------------------------------------------------------------------------- */

static enum status create_tables_room(struct compare *compare)
{
    enum status status;
    const struct regions *regions = compare->regions;
    size_t cells = (size_t)(compare->grid_rows * compare->grid_cols);
    /* Zones may overlap: all of them together hold no more than their cells or steps. */
    size_t most =
        compare->by_cells ? 0 : (size_t)(compare->periods->steps + 1) * (size_t)regions->zone_count;
    for (int64_t region = 0; compare->by_cells && region < regions->count; region++) {
        most += (size_t)regions->cells[region].count;
    }
    TRY(memory_allocate(cells, sizeof *compare->map, &compare->map));
    TRY(memory_allocate(cells, sizeof *compare->is_taken, &compare->is_taken));
    TRY(memory_allocate(most, sizeof *compare->first, &compare->first));
    TRY(memory_allocate(most, sizeof *compare->second, &compare->second));
    TRY(memory_allocate(2 * most, sizeof *compare->scratch, &compare->scratch));
    TRY(memory_allocate((size_t)regions->zone_count + 1, sizeof *compare->start, &compare->start));
done:
    return status;
}

static enum status create_writers(struct compare *compare, struct table_column *tests,
                                  struct table_column *boxes, struct table_writer **writer,
                                  struct table_writer **groups)
{
    enum status status;
    const char *units = input_units(compare->input);
    memcpy(tests, columns, sizeof columns);
    for (int column = 0; column < COLUMNS; column++) {
        bool is_value = tests[column].units != NULL && tests[column].units[0] == '\0';
        tests[column].units = is_value ? units : tests[column].units;
    }
    TRY(table_writer_create(stage_partial(compare->stage, compare->table),
                            "Differences between areas and zones", tests, COLUMNS, writer));
    if (compare->groups != NULL) {
        memcpy(boxes, group_columns, sizeof group_columns);
        box_columns(boxes + GROUP_COLUMNS - BOX_COLUMNS, units);
        TRY(table_writer_create(stage_partial(compare->stage, compare->groups),
                                "Box-plot statistics of the groups that were compared", boxes,
                                GROUP_COLUMNS, groups));
    }
done:
    return status;
}

/* The tables, from the journal; by rank 0. A resumed run does it again. */
static enum status write_tables(struct compare *compare)
{
    enum status status;
    struct journal_content content = {0};
    struct table_writer *writer = NULL, *groups = NULL;
    struct table_column tests[COLUMNS], boxes[GROUP_COLUMNS];
    struct box_firsts *firsts = NULL;
    TRY(stage_records(compare->stage, &content));
    TRY(create_tables_room(compare));
    TRY(box_firsts_create(compare->regions->count, &firsts));
    TRY(create_writers(compare, tests, boxes, &writer, &groups));
    for (int64_t k = 0; k < compare->periods->count; k++) {
        if (compare->by_cells) {
            load_map(compare, &content, k);
        }
        TRY(write_period_tests(compare, &content, k, writer));
        if (groups != NULL) {
            write_period_groups(compare, &content, k, firsts, groups);
        }
    }
    TRY(table_writer_close(&writer, stage_partial(compare->stage, compare->json)));
    if (groups != NULL) {
        TRY(table_writer_close(&groups, stage_partial(compare->stage, compare->groups_json)));
    }
done:
    table_writer_destroy(&writer);
    table_writer_destroy(&groups);
    box_firsts_destroy(&firsts);
    journal_content_clear(&content);
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

/* Cells count for a zone that covers half of them; for its area means every part counts. */
static enum status find_cells(struct compare *compare, const struct georeference *grid)
{
    enum status status;
    const struct regions *regions = compare->regions;
    double *area_m2 = NULL;
    TRY(memory_allocate((size_t)grid->rows, sizeof *area_m2, &area_m2));
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), 1, &compare->is_used));
    TRY(memory_allocate((size_t)regions->count, sizeof *compare->is_counted, &compare->is_counted));
    for (int64_t region = 0; region < regions->count; region++) {
        const struct region_cells *cells = &regions->cells[region];
        TRY(memory_allocate((size_t)cells->count, 1, &compare->is_counted[region]));
        int64_t column = -1;
        for (int64_t i = 0; i < cells->count; i++) {
            int64_t cell = cells->cell[i], col = cell % grid->cols;
            if (col != column && (column < 0 || !georeference_is_regular(grid))) {
                TRY(georeference_row_areas(grid, col, area_m2));
                column = col;
            }
            bool is_counted = cells->area_m2[i] >= 0.5 * area_m2[cell / grid->cols];
            compare->is_counted[region][i] = is_counted;
            compare->used += is_counted && !compare->is_used[cell];
            compare->is_used[cell] = compare->is_used[cell] || is_counted;
        }
    }
done:
    free(area_m2);
    return status;
}

static enum status declare(struct compare *compare)
{
    enum status status;
    TRY(stage_create(compare->job, compare->table, &compare->stage));
    TRY(input_attach(compare->input, compare->stage));
    TRY(regions_attach(compare->regions, compare->stage));
    TRY(stage_add_table(compare->stage, compare->table, &compare->json));
    TRY(stage_add_table(compare->stage, compare->groups, &compare->groups_json));
done:
    return status;
}

static int64_t axis_steps(const struct compare *compare)
{
    const struct time_axis *time = input_time(compare->input);
    return time != NULL ? time->steps : 1;
}

/* By cells, rank 0 holds the means of all periods while it writes the tables. */
static enum status cut(struct compare *compare, struct items *items, struct items_cost *cost)
{
    int64_t steps = axis_steps(compare), periods = compare->periods->count;
    int64_t cells = compare->grid_rows * compare->grid_cols;
    int64_t memory = compare->job->memory_bytes;
    if (compare->by_cells) {
        *cost = (struct items_cost){.fixed_bytes =
                                        (periods + 4) * compare->used * 8 + cells * 18 + (1 << 20),
                                    .unit_bytes = steps * (int64_t)sizeof(float) + periods * 8};
        return items_cut_rows(steps, compare->grid_rows, compare->grid_cols, cost, memory, items);
    }
    int64_t samples = compare->regions->count * (int64_t)sizeof(struct region_sample);
    *cost = (struct items_cost){
        .fixed_bytes = cells * 18 + steps * samples + (1 << 20),
        .unit_bytes = compare->box.rows * compare->box.cols * (int64_t)sizeof(float) + 2 * samples};
    return items_cut_steps(steps, compare->box.rows, compare->box.cols, cost, memory, items);
}

static enum status create_buffers(struct compare *compare, const struct items *items)
{
    enum status status;
    size_t cells = compare->by_cells ? (size_t)(items->band_rows * items->block_cols)
                                     : (size_t)(compare->box.rows * compare->box.cols);
    size_t steps = compare->by_cells ? (size_t)items->steps : (size_t)items->slab_steps;
    TRY(memory_allocate(cells * steps, sizeof *compare->values, &compare->values));
    if (compare->by_cells) {
        TRY(memory_allocate(cells * (size_t)compare->periods->count, sizeof *compare->means,
                            &compare->means));
    } else {
        TRY(memory_allocate((size_t)compare->box.rows, sizeof *compare->row_sum,
                            &compare->row_sum));
        TRY(memory_allocate(steps * (size_t)compare->regions->count, sizeof *compare->samples,
                            &compare->samples));
    }
done:
    return status;
}

static enum status compare_stage(struct compare *compare)
{
    enum status status;
    const struct job *job = compare->job;
    struct items items;
    struct items_cost cost;
    struct flow_work work = {.context = compare,
                             .read = compare_read,
                             .compute = compare_compute,
                             .write = compare_write};
    TRY_TOGETHER(job->comm, cut(compare, &items, &cost));
    TRY(stage_begin(compare->stage, &items, &cost));
    if (stage_is_done(compare->stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm, create_buffers(compare, stage_items(compare->stage)));
    TRY(flow_run(compare->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_tables(compare) : STATUS_OK);
    TRY(stage_commit(compare->stage));
done:
    return status;
}

static enum status prepare(struct compare *compare)
{
    enum status status;
    const struct georeference *grid = input_grid(compare->input);
    const struct options *options = compare->job->options;
    FAIL_IF(compare->regions->mask == NULL && compare->regions->zone_count < 2, STATUS_USAGE,
            "nothing to compare: give --mask-a, or --zones with two zones at least");
    compare->grid_rows = grid->rows;
    compare->grid_cols = grid->cols;
    compare->by_cells = strcmp(option_text(options, "unit"), "cells") == 0;
    compare->min_valid = option_real(options, "min-valid");
    compare->groups = option_text(options, "groups");
    TRY(periods_create(options, input_time(compare->input), &compare->periods));
    compare->box = regions_box(compare->regions, grid);
    TRY(find_cells(compare, grid));
    TRY(declare(compare));
done:
    return status;
}

static void compare_clear(struct compare *compare, bool is_finished)
{
    stage_destroy(&compare->stage);
    standard_output_end(&compare->stand_in);
    input_close(&compare->input, is_finished);
    for (int64_t i = 0; compare->is_counted != NULL && i < compare->regions->count; i++) {
        free(compare->is_counted[i]);
    }
    regions_destroy(&compare->regions);
    periods_destroy(&compare->periods);
    void *const blocks[] = {compare->json,     compare->groups_json, compare->is_used,
                            compare->values,   compare->row_sum,     compare->samples,
                            compare->means,    compare->map,         compare->first,
                            compare->second,   compare->scratch,     compare->start,
                            compare->is_taken, compare->is_counted};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static enum status check_options(const struct job *job)
{
    enum status status = STATUS_OK;
    FAIL_IF(option_text(job->options, "mask-a") == NULL &&
                option_text(job->options, "mask-b") != NULL,
            STATUS_USAGE, "--mask-b: needs --mask-a, the area that it is compared with");
done:
    return status;
}

static enum status compare_run(struct job *job)
{
    enum status status;
    struct compare compare = {.job = job};
    struct input_request request = input_request_for(job, "input");
    request.needs_time = false;
    request.by_rows = strcmp(option_text(job->options, "unit"), "cells") == 0;
    TRY_TOGETHER(job->comm, check_options(job));
    TRY(input_open(job, &request, &compare.input));
    TRY(regions_create(job, input_grid(compare.input), &compare_masks, &compare.regions));
    TRY(standard_output_begin(job, option_text(job->options, "output"), &compare.stand_in,
                              &compare.table));
    TRY_TOGETHER(job->comm, prepare(&compare));
    TRY(compare_stage(&compare));
    if (!job->dry_run) {
        TRY(standard_output_deliver(compare.stand_in));
    }
done:
    compare_clear(&compare, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const compare_tables[] = {
    compare_options, regions_options, periods_december_options, options_grid, options_common, NULL};

const struct command command_compare = {
    .name = "compare",
    .summary = "rank tests between areas and between zones",
    .details =
        "With --mask-a: Mann-Whitney of the radiation area against the background (P2.50), in all "
        "zones together and in each, with both U, z, p, and the chance that a value of the "
        "radiation "
        "area is the higher one: with many cells every p is small, and that chance tells how much. "
        "With several --zones: Kruskal-Wallis and one-way analysis of variance between them "
        "(P2.54), with the share of the variance that they explain.\n\n"
        "What is ranked are means of cells over a period, or with --unit steps the area means of "
        "its steps. A cell belongs to a zone that covers half of it. Neighbouring cells and days "
        "are alike, so that there is less independent information than n says.\n\n"
        "With --groups the box-plot statistics of each zone and part: quartiles of type 7, "
        "whiskers "
        "to the farthest values within 1.5 interquartile ranges, outliers beyond, and the change "
        "of "
        "median and interquartile range since the first year, season or month.",
    .examples =
        "airshed compare deweathered.nc --variable deweathered --mask-a area.nc -o test.csv\n"
        "mpirun -n 4 airshed compare pm25.nc --zones cities.geojson --mask-a area.nc \\\n"
        "  --by all,year,season -o tests.csv --groups boxes.csv",
    .tables = compare_tables,
    .run = compare_run,
};
