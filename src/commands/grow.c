/* airshed -- GPL-3.0-or-later. grow: the area downhill of every source (P2.05, P2.06, P2.10-P2.12).
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "grid/zones.h"
#include "io/table_writer.h"
#include "kernels/growth.h"
#include "kernels/label.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"
#include "reach.h"
#include "sources.h"
#include "terrain.h"

static const struct option_spec grow_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "DEM",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Elevation: any raster. --bbox and --clip choose a part of it."},
    {.name = "grid",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .help = "Average the elevation by area to the cells of this file, such as the pollution cube; "
             "default: the cells of the DEM."},
    {.name = "limit",
     .kind = OPTION_REAL,
     .argument = "KM",
     .fallback = "10",
     .low = 0.001,
     .high = 1000,
     .help = "Farthest that a cell's centre may lie from the source, geodesic, in km."},
    {.name = "rise-tolerance",
     .kind = OPTION_REAL,
     .argument = "M",
     .fallback = "0",
     .low = 0,
     .high = 10000,
     .help =
         "0: a neighbour joins where it is lower (the paper); more: where it is at most so many "
         "metres higher, so that areas cross plains."},
    {.name = "depression-fill",
     .kind = OPTION_FLAG,
     .help =
         "Fill the pits of the DEM first, so that areas leave them with a --rise-tolerance above "
         "0; the filled elevation is written too."},
    {.name = "yearly",
     .kind = OPTION_FLAG,
     .help = "Also write a mask for every year from the sources that work in it."},
    {.name = "cells",
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_OUTPUT,
     .help = "Also write the list of all pairs (source, cell)."},
    {.name = NULL},
};

enum grow_variable {
    GROW_AREA,
    GROW_COUNT,
    GROW_LABEL,
    GROW_MAPS,
    GROW_VARIABLES_MAX = 2 * GROW_MAPS + 1
};

/* What an item hands over: this head, then its runs of neighbouring cells, in row order. */
struct result {
    int64_t reason, cells, runs;
    double area_m2;
};

struct run {
    int64_t cell, length; /* in the whole grid */
};

/* A year's or all years' figures. */
struct summary {
    int64_t sources, inside, single, without_elevation, cells, areas;
    double area_m2;
};

struct grow {
    const struct job *job;
    struct terrain *terrain;
    struct sources *sources;
    const struct georeference *grid;
    struct stage *stage;
    bool fills;
    int first_yearly; /* variable number; 0: none */
    int filled;       /* variable number of the filled elevation; 0: none */

    /* One item */
    struct window *window; /* of each source */
    int64_t most_cells;
    struct reach reach;
    double *row_area;
    struct result *result; /* head and runs */

    /* Whole maps, on rank 0 */
    int32_t *count, *label;
    uint8_t *area;
    int64_t *stack;

    struct cube_variable variables[GROW_VARIABLES_MAX];
    struct time_axis *years;
    struct cube_spec spec;
    char *table_path, *table_json, *summary_path, *summary_json, *cells_json;
};

static int64_t cells_of(const struct window *window)
{
    return window->rows * window->cols;
}

/* ---- one source --------------------------------------------------------------------------- */

static enum status grow_read(void *context, struct flow_item *item)
{
    struct grow *grow = context;
    const struct window *window = &grow->window[item->index];
    if (!grow->sources->source[item->index].is_inside) {
        return STATUS_OK;
    }
    flow_count_read(item, terrain_read_bytes(grow->terrain, cells_of(window)));
    bool is_filled = grow->filled > 0 && !grow->job->dry_run;
    return is_filled ? cube_get(stage_cube(grow->stage, 0), grow->filled, window,
                                grow->reach.elevation)
                     : terrain_read(grow->terrain, window, grow->reach.elevation);
}

/* Area of the marked cells: along rows in column order, then over rows in a tree. */
static double area_of_cells(const struct georeference *grid, const struct window *window,
                            const uint8_t *mask, double *row_area)
{
    const struct zone_grid cells = zone_grid_of(grid);
    for (int64_t row = 0; row < window->rows; row++) {
        row_area[row] = 0;
        for (int64_t col = 0; col < window->cols; col++) {
            if (mask[row * window->cols + col] != 0) {
                row_area[row] += zone_cell_area_m2(&cells, window->row + row, window->col + col);
            }
        }
    }
    return tree_sum(row_area, window->rows);
}

/* Packs the mask of a window into runs along the rows of the grid. */
static int64_t pack_runs(const struct grow *grow, const struct window *window, struct run *run)
{
    int64_t runs = 0;
    for (int64_t row = 0; row < window->rows; row++) {
        const uint8_t *line = grow->reach.mask + row * window->cols;
        int64_t start = (window->row + row) * grow->grid->cols + window->col;
        for (int64_t col = 0; col < window->cols; col++) {
            if (line[col] == 0) {
                continue;
            }
            if (col > 0 && line[col - 1] != 0) {
                run[runs - 1].length++;
            } else {
                run[runs++] = (struct run){start + col, 1};
            }
        }
    }
    return runs;
}

static enum status grow_compute(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct grow *grow = context;
    const struct window *window = &grow->window[item->index];
    const struct source *source = &grow->sources->source[item->index];
    *grow->result = (struct result){.reason = REASON_OUTSIDE_GRID};
    if (!source->is_inside) {
        goto done;
    }
    TRY(reach_run(&grow->reach, source, window));
    flow_count_halo(item, (cells_of(window) - grow->reach.own_cells) * (int64_t)sizeof(float));
    grow->result->reason = grow->reach.reason;
    grow->result->cells = grow->reach.cells;
    grow->result->area_m2 = area_of_cells(grow->grid, window, grow->reach.mask, grow->row_area);
    grow->result->runs = pack_runs(grow, window, (struct run *)(grow->result + 1));
done:
    return status;
}

static enum status grow_write(void *context, struct flow_item *item)
{
    struct grow *grow = context;
    return flow_payload(item, grow->result,
                        (int64_t)sizeof *grow->result +
                            grow->result->runs * (int64_t)sizeof(struct run));
}

/* ---- preparing ---------------------------------------------------------------------------- */

/* Windows of all sources, and which of them mark a cell of the grid. */
static enum status find_windows(struct grow *grow)
{
    enum status status;
    const struct sources *sources = grow->sources;
    int64_t outside = 0, marked;
    TRY(memory_allocate((size_t)sources->count, sizeof *grow->window, &grow->window));
    for (int64_t i = 0; i < sources->count; i++) {
        TRY(source_window(&sources->source[i], grow->grid, reach_limit_m(grow->job->options),
                          &grow->window[i]));
        int64_t cells = cells_of(&grow->window[i]);
        grow->most_cells = cells > grow->most_cells ? cells : grow->most_cells;
    }
    TRY(reach_init(grow->job->options, grow->grid, grow->most_cells, &grow->reach));
    for (int64_t i = 0; i < sources->count; i++) {
        TRY(source_cells(&sources->source[i], grow->grid, &grow->window[i], grow->reach.mask,
                         grow->reach.cell, &marked));
        sources->source[i].is_inside = marked > 0;
        outside += marked == 0;
    }
    FAIL_IF(
        outside == sources->count, STATUS_DATA,
        "--sources %s: all %lld source(s) lie outside the grid of %s; the first is at %g E, %g N",
        option_item(grow->job->options, "sources", 0), (long long)sources->count,
        option_text(grow->job->options, "input"), sources->source[0].lon, sources->source[0].lat);
    if (outside > 0) {
        log_warning("%lld of %lld sources lie outside the grid: their rows of the table say so",
                    (long long)outside, (long long)sources->count);
    }
done:
    return status;
}

static enum status create_buffers(struct grow *grow)
{
    enum status status;
    size_t cells = (size_t)grow->most_cells;
    size_t result_bytes = sizeof *grow->result + (cells / 2 + 1) * sizeof(struct run);
    /* Runs: at most every other cell of a row, so half of the cells rounded up row by row. */
    result_bytes += (size_t)grow->grid->rows * sizeof(struct run);
    TRY(reach_create_buffers(&grow->reach, false));
    TRY(memory_allocate((size_t)grow->grid->rows, sizeof *grow->row_area, &grow->row_area));
    TRY(memory_allocate(result_bytes, 1, &grow->result));
done:
    return status;
}

/* Bytes of a cell of a source's window, and of a cell of the whole maps on rank 0. */
enum {
    WINDOW_CELL_BYTES = 4 + 3 * 8 + 2 * 8 + 1 + 8,
    MAP_CELL_BYTES = 1 + 4 + 4 + 8,
    FILL_CELL_BYTES = 4 + 17
};

static struct items_cost cost_of(const struct grow *grow)
{
    int64_t cells = grow->grid->rows * grow->grid->cols;
    int64_t map_bytes = cells * (grow->fills ? FILL_CELL_BYTES : MAP_CELL_BYTES);
    return (struct items_cost){.fixed_bytes = map_bytes + grow->most_cells * WINDOW_CELL_BYTES +
                                              terrain_read_bytes(grow->terrain, grow->most_cells) +
                                              (1 << 20)};
}

static enum status check_budget(const struct grow *grow)
{
    enum status status = STATUS_OK;
    int64_t needed = cost_of(grow).fixed_bytes;
    FAIL_IF(
        needed > grow->job->memory_bytes, STATUS_USAGE,
        "--memory of %.1f MB is too little: maps of %lld x %lld cells and the surroundings of a "
        "source need %.1f MB",
        (double)grow->job->memory_bytes / 1e6, (long long)grow->grid->rows,
        (long long)grow->grid->cols, (double)needed / 1e6);
done:
    return status;
}

/* ---- what is written ---------------------------------------------------------------------- */

static const struct cube_variable map_variables[GROW_MAPS] = {
    [GROW_AREA] = {.name = "area",
                   .long_name = "radiation area: cells downhill of a source",
                   .type = CUBE_BYTE,
                   .flag_meanings = "background radiation_area"},
    [GROW_COUNT] = {.name = "source_count",
                    .long_name = "number of sources whose area holds the cell",
                    .units = "1",
                    .type = CUBE_INT},
    [GROW_LABEL] = {.name = "label",
                    .long_name =
                        "connected area (eight neighbours), numbered by its first cell in "
                        "rows from south to north, columns from west to east; 0: background",
                    .units = "1",
                    .type = CUBE_INT},
};

static const char *const yearly_names[GROW_MAPS] = {"area_yearly", "source_count_yearly",
                                                    "label_yearly"};

static const struct cube_attribute grow_attributes[] = {
    {"title", "Radiation areas of industrial heat sources"},
    {"summary", "Cells that can be reached downhill from the sources within a distance of each."},
    {"keywords", "industrial heat sources, radiation area, elevation"},
    {"references", "Zeng et al., Atmosphere 15, 131, 2024"},
};

static enum status create_years(struct grow *grow)
{
    enum status status;
    int from = grow->sources->year_from;
    int64_t years = grow->sources->year_to - from + 1;
    struct calendar_date *date = NULL;
    TRY(memory_allocate((size_t)(3 * years), sizeof *date, &date));
    for (int64_t i = 0; i < years; i++) {
        date[i] = (struct calendar_date){from + (int)i, 1, 1, 0};
        date[years + 2 * i] = date[i];
        date[years + 2 * i + 1] = (struct calendar_date){from + (int)i + 1, 1, 1, 0};
    }
    TRY(time_axis_create_dates(CALENDAR_STANDARD, years, date, date + years, &grow->years));
done:
    free(date);
    return status;
}

static enum status describe(struct grow *grow)
{
    enum status status = STATUS_OK;
    int count = GROW_MAPS;
    memcpy(grow->variables, map_variables, sizeof map_variables);
    if (grow->fills) {
        grow->filled = count;
        grow->variables[count++] = (struct cube_variable){
            .name = "elevation_filled",
            .standard_name = "surface_altitude",
            .long_name = "elevation with pits filled to the level at which water leaves them",
            .units = "m",
            .skip_range = true};
    }
    if (option_flag(grow->job->options, "yearly")) {
        FAIL_IF(!grow->sources->has_years, STATUS_USAGE,
                "--yearly needs --year-from and --year-to");
        TRY(create_years(grow));
        grow->first_yearly = count;
        for (int map = 0; map < GROW_MAPS; map++) {
            grow->variables[count] = map_variables[map];
            grow->variables[count].name = yearly_names[map];
            grow->variables[count++].has_time = true;
        }
    }
    grow->spec =
        (struct cube_spec){.grid = grow->grid,
                           .time = grow->years,
                           .variables = grow->variables,
                           .variable_count = count,
                           .attributes = grow_attributes,
                           .attribute_count = sizeof grow_attributes / sizeof *grow_attributes};
done:
    return status;
}

static enum status add_table(struct grow *grow, const char *ending, char **path, char **json)
{
    enum status status;
    char *stem = NULL;
    TRY(path_stem(option_text(grow->job->options, "output"), &stem));
    FAIL_IF(asprintf(path, "%s_%s.csv", stem, ending) < 0, STATUS_MEMORY, "out of memory");
    TRY(stage_add_table(grow->stage, *path, json));
done:
    free(stem);
    return status;
}

static enum status declare(struct grow *grow)
{
    enum status status;
    int cube;
    const char *output = option_text(grow->job->options, "output");
    TRY(describe(grow));
    TRY(stage_create(grow->job, output, &grow->stage));
    TRY(terrain_attach(grow->terrain, grow->stage));
    TRY(sources_attach(grow->job, grow->stage));
    TRY(stage_add_cube(grow->stage, output, &grow->spec, &cube));
    TRY(add_table(grow, "sources", &grow->table_path, &grow->table_json));
    TRY(add_table(grow, "summary", &grow->summary_path, &grow->summary_json));
    TRY(stage_add_table(grow->stage, option_text(grow->job->options, "cells"), &grow->cells_json));
done:
    return status;
}

/* ---- filled elevation --------------------------------------------------------------------- */

/* Pits have no size limit, so filling needs the whole map: rank 0 does it once, and every rank
 * reads its windows from the output. */
static enum status fill_elevation(struct grow *grow)
{
    enum status status;
    struct window whole = {.steps = 1, .rows = grow->grid->rows, .cols = grow->grid->cols};
    struct cube *cube = stage_cube(grow->stage, 0);
    float *elevation = NULL;
    TRY(memory_allocate((size_t)cells_of(&whole), sizeof *elevation, &elevation));
    for (int64_t row = 0; row < whole.rows; row++) {
        struct window line = {.steps = 1, .row = row, .rows = 1, .cols = whole.cols};
        TRY(terrain_read(grow->terrain, &line, elevation + row * whole.cols));
    }
    TRY(depression_fill(elevation, whole.rows, whole.cols, elevation));
    TRY(cube_put(cube, grow->filled, &whole, elevation));
    TRY(cube_sync(cube));
done:
    free(elevation);
    return status;
}

/* ---- maps --------------------------------------------------------------------------------- */

/* Year of a map among all; NO_YEAR: all years together. */
enum {
    NO_YEAR = -1
};

static bool counts_in(const struct grow *grow, int64_t source, int64_t year)
{
    return year == NO_YEAR ||
           source_works(&grow->sources->source[source], grow->sources->year_from + (int)year);
}

static void draw_areas(struct grow *grow, const struct journal_content *content, int64_t year)
{
    int64_t cells = grow->grid->rows * grow->grid->cols;
    memset(grow->count, 0, (size_t)cells * sizeof *grow->count);
    for (int64_t i = 0; i < content->record_count; i++) {
        const struct result *result = content->records[i].payload;
        const struct run *run = (const struct run *)(result + 1);
        for (int64_t k = 0; counts_in(grow, i, year) && k < result->runs; k++) {
            for (int64_t cell = 0; cell < run[k].length; cell++) {
                grow->count[run[k].cell + cell]++;
            }
        }
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        grow->area[cell] = grow->count[cell] > 0;
    }
}

static struct summary summarise(const struct grow *grow, const struct journal_content *content,
                                int64_t year)
{
    struct summary summary = {0};
    for (int64_t i = 0; i < content->record_count; i++) {
        const struct result *result = content->records[i].payload;
        if (counts_in(grow, i, year)) {
            summary.sources++;
            summary.inside += result->reason != REASON_OUTSIDE_GRID;
            summary.single += result->cells == 1;
            summary.without_elevation += result->reason == REASON_NO_ELEVATION;
        }
    }
    return summary;
}

/* Draws, labels and writes the three maps of a year, or of all. */
static enum status write_maps(struct grow *grow, const struct journal_content *content,
                              int64_t year, struct summary *summary)
{
    enum status status;
    struct cube *cube = stage_cube(grow->stage, 0);
    struct window whole = {.steps = 1, .rows = grow->grid->rows, .cols = grow->grid->cols};
    int first = year == NO_YEAR ? 0 : grow->first_yearly;
    *summary = summarise(grow, content, year);
    draw_areas(grow, content, year);
    summary->areas = label_areas(grow->area, whole.rows, whole.cols, grow->stack, grow->label);
    summary->area_m2 = area_of_cells(grow->grid, &whole, grow->area, grow->row_area);
    for (int64_t cell = 0; cell < cells_of(&whole); cell++) {
        summary->cells += grow->area[cell];
    }
    whole.time = year == NO_YEAR ? 0 : year;
    TRY(cube_put(cube, first + GROW_AREA, &whole, grow->area));
    TRY(cube_put(cube, first + GROW_COUNT, &whole, grow->count));
    TRY(cube_put(cube, first + GROW_LABEL, &whole, grow->label));
done:
    return status;
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct table_column source_columns[] = {
    {"source", NULL, "number of the source, in the order of the files", TABLE_INTEGER},
    {"file", NULL, "file of the source", TABLE_TEXT},
    {"name", NULL, "name of the source", TABLE_TEXT},
    {"lon", "degrees_east", "longitude of the point, or of the polygon's centroid", TABLE_NUMBER},
    {"lat", "degrees_north", "latitude of the point, or of the polygon's centroid", TABLE_NUMBER},
    {"row", NULL, "row of that cell, 0 is the southernmost", TABLE_INTEGER},
    {"col", NULL, "column of that cell, 0 is the westernmost", TABLE_INTEGER},
    {"start_year", NULL, "first year in which it works", TABLE_INTEGER},
    {"end_year", NULL, "first year in which it works no longer", TABLE_INTEGER},
    {"cells", "1", "cells of its area", TABLE_INTEGER},
    {"area_km2", "km2",
     "area of these cells: on the ellipsoid for longitude and latitude, else in "
     "the projected plane",
     TABLE_NUMBER},
    {"is_single_cell", NULL, "1 where the area is one cell", TABLE_INTEGER},
    {"label", NULL, "connected area that it belongs to, see the variable label", TABLE_INTEGER},
    {"reason", NULL, "ok, no_elevation (it cannot grow) or outside_grid", TABLE_TEXT},
};

static void integer_or_nothing(struct table_writer *writer, bool is_known, int64_t value)
{
    if (is_known) {
        table_writer_integer(writer, value);
    } else {
        table_writer_text(writer, NULL);
    }
}

/* label holds all years here. */
static void write_source(const struct grow *grow, struct table_writer *writer, int64_t index,
                         const struct result *result)
{
    const struct source *source = &grow->sources->source[index];
    const struct run *run = (const struct run *)(result + 1);
    table_writer_integer(writer, index + 1);
    table_writer_text(writer, source->file);
    table_writer_text(writer, source->name);
    table_writer_number(writer, source->lon);
    table_writer_number(writer, source->lat);
    integer_or_nothing(writer, source->row >= 0, source->row);
    integer_or_nothing(writer, source->col >= 0, source->col);
    integer_or_nothing(writer, source->start_year != INT_MIN, source->start_year);
    integer_or_nothing(writer, source->end_year != INT_MAX, source->end_year);
    table_writer_integer(writer, result->cells);
    table_writer_number(writer, result->area_m2 / 1e6);
    table_writer_integer(writer, result->cells == 1);
    integer_or_nothing(writer, result->runs > 0, result->runs > 0 ? grow->label[run[0].cell] : 0);
    table_writer_text(writer, reason_text((enum reason)result->reason));
}

static enum status write_sources(struct grow *grow, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    TRY(table_writer_create(stage_partial(grow->stage, grow->table_path),
                            "Sources and the areas that they reach", source_columns,
                            sizeof source_columns / sizeof *source_columns, &writer));
    for (int64_t i = 0; i < content->record_count; i++) {
        write_source(grow, writer, i, content->records[i].payload);
    }
    TRY(table_writer_close(&writer, stage_partial(grow->stage, grow->table_json)));
done:
    table_writer_destroy(&writer);
    return status;
}

static const struct table_column cell_columns[] = {
    {"source", NULL, "number of the source, as in the table of sources", TABLE_INTEGER},
    {"row", NULL, "row of a cell of its area, 0 is the southernmost", TABLE_INTEGER},
    {"col", NULL, "column of the cell, 0 is the westernmost", TABLE_INTEGER},
};

static enum status write_cells(struct grow *grow, const struct journal_content *content)
{
    enum status status;
    struct table_writer *writer = NULL;
    int64_t cols = grow->grid->cols;
    TRY(table_writer_create(stage_partial(grow->stage, option_text(grow->job->options, "cells")),
                            "Cells that each source reaches", cell_columns,
                            sizeof cell_columns / sizeof *cell_columns, &writer));
    for (int64_t i = 0; i < content->record_count; i++) {
        const struct result *result = content->records[i].payload;
        const struct run *run = (const struct run *)(result + 1);
        for (int64_t k = 0; k < result->runs; k++) {
            for (int64_t cell = run[k].cell; cell < run[k].cell + run[k].length; cell++) {
                table_writer_integer(writer, i + 1);
                table_writer_integer(writer, cell / cols);
                table_writer_integer(writer, cell % cols);
            }
        }
    }
    TRY(table_writer_close(&writer, stage_partial(grow->stage, grow->cells_json)));
done:
    table_writer_destroy(&writer);
    return status;
}

static const struct table_column summary_columns[] = {
    {"year", NULL, "year, or all", TABLE_TEXT},
    {"sources", "1", "sources that work", TABLE_INTEGER},
    {"sources_inside", "1", "of them, inside the grid", TABLE_INTEGER},
    {"sources_single_cell", "1", "of these, with an area of one cell", TABLE_INTEGER},
    {"single_cell_share", "1", "sources_single_cell over sources_inside", TABLE_NUMBER},
    {"sources_no_elevation", "1", "of those inside, without elevation", TABLE_INTEGER},
    {"cells", "1", "cells of the radiation area", TABLE_INTEGER},
    {"area_km2", "km2", "size of the radiation area", TABLE_NUMBER},
    {"connected_areas", "1", "connected parts of the radiation area", TABLE_INTEGER},
};

static double single_share(const struct summary *summary)
{
    return summary->inside > 0 ? (double)summary->single / (double)summary->inside : NAN;
}

static void write_summary(struct table_writer *writer, const char *year,
                          const struct summary *summary)
{
    table_writer_text(writer, year);
    table_writer_integer(writer, summary->sources);
    table_writer_integer(writer, summary->inside);
    table_writer_integer(writer, summary->single);
    table_writer_number(writer, single_share(summary));
    table_writer_integer(writer, summary->without_elevation);
    table_writer_integer(writer, summary->cells);
    table_writer_number(writer, summary->area_m2 / 1e6);
    table_writer_integer(writer, summary->areas);
}

static void log_summary(const struct grow *grow, const struct summary *summary)
{
    log_info("%lld sources inside the grid: %lld (%.1f %%) have an area of a single cell%s, %lld "
             "have no elevation; the radiation area has %lld cells, %.1f km2, in %lld parts",
             (long long)summary->inside, (long long)summary->single, 100 * single_share(summary),
             grow->reach.tolerance_m > 0 ? "" : " (--rise-tolerance 0 stalls on level ground)",
             (long long)summary->without_elevation, (long long)summary->cells,
             summary->area_m2 / 1e6, (long long)summary->areas);
}

/* ---- the end of a run --------------------------------------------------------------------- */

static enum status create_maps(struct grow *grow)
{
    enum status status;
    size_t cells = (size_t)(grow->grid->rows * grow->grid->cols);
    TRY(memory_allocate(cells, sizeof *grow->count, &grow->count));
    TRY(memory_allocate(cells, sizeof *grow->label, &grow->label));
    TRY(memory_allocate(cells, sizeof *grow->area, &grow->area));
    TRY(memory_allocate(cells, sizeof *grow->stack, &grow->stack));
done:
    return status;
}

static enum status write_years(struct grow *grow, const struct journal_content *content,
                               struct table_writer *writer)
{
    enum status status = STATUS_OK;
    struct summary summary;
    char year[16];
    for (int64_t i = 0; grow->first_yearly > 0 && i < grow->years->steps; i++) {
        TRY(write_maps(grow, content, i, &summary));
        snprintf(year, sizeof year, "%d", grow->sources->year_from + (int)i);
        write_summary(writer, year, &summary);
    }
done:
    return status;
}

/* Everything that needs all sources together, from the journal; by rank 0. A resumed run does it
 * again. */
static enum status write_product(struct grow *grow)
{
    enum status status;
    struct journal_content content = {0};
    struct table_writer *writer = NULL;
    struct summary summary;
    TRY(stage_records(grow->stage, &content));
    TRY(create_maps(grow));
    TRY(write_maps(grow, &content, NO_YEAR, &summary));
    log_summary(grow, &summary);
    TRY(write_sources(grow, &content));
    if (grow->cells_json != NULL) {
        TRY(write_cells(grow, &content));
    }
    TRY(table_writer_create(stage_partial(grow->stage, grow->summary_path),
                            "Radiation area of all years together and of each", summary_columns,
                            sizeof summary_columns / sizeof *summary_columns, &writer));
    write_summary(writer, "all", &summary);
    TRY(write_years(grow, &content, writer));
    TRY(table_writer_close(&writer, stage_partial(grow->stage, grow->summary_json)));
done:
    table_writer_destroy(&writer);
    journal_content_clear(&content);
    return status;
}

static enum status grow_stage(struct grow *grow)
{
    enum status status;
    const struct job *job = grow->job;
    struct items items = items_counted(grow->sources->count);
    struct items_cost cost = cost_of(grow);
    struct flow_work work = {
        .context = grow, .read = grow_read, .compute = grow_compute, .write = grow_write};
    bool is_first = job->rank == 0 && !job->dry_run;

    TRY(stage_begin(grow->stage, &items, &cost));
    if (stage_is_done(grow->stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm, create_buffers(grow));
    TRY_TOGETHER(job->comm, is_first && grow->fills ? fill_elevation(grow) : STATUS_OK);
    TRY(flow_run(grow->stage, &work));
    TRY_TOGETHER(job->comm, is_first ? write_product(grow) : STATUS_OK);
    TRY(stage_commit(grow->stage));
done:
    return status;
}

static enum status prepare(struct grow *grow)
{
    enum status status;
    const struct options *options = grow->job->options;
    grow->grid = terrain_grid(grow->terrain);
    grow->fills = option_flag(options, "depression-fill");
    TRY(sources_read(grow->job, grow->grid, &grow->sources));
    TRY(find_windows(grow));
    TRY(check_budget(grow));
    TRY(declare(grow));
    if (grow->sources->has_years) {
        log_info("%lld sources work in %d to %d; %lld do not, %lld have no start year and are left "
                 "out",
                 (long long)grow->sources->count, grow->sources->year_from, grow->sources->year_to,
                 (long long)grow->sources->idle, (long long)grow->sources->undated);
    }
done:
    return status;
}

static void grow_clear(struct grow *grow, bool is_finished)
{
    stage_destroy(&grow->stage);
    terrain_close(&grow->terrain, is_finished);
    sources_destroy(&grow->sources);
    time_axis_destroy(&grow->years);
    reach_clear(&grow->reach);
    void *const blocks[] = {
        grow->window,     grow->row_area,     grow->result,       grow->count,
        grow->label,      grow->area,         grow->stack,        grow->table_path,
        grow->table_json, grow->summary_path, grow->summary_json, grow->cells_json};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static enum status grow_run(struct job *job)
{
    enum status status;
    struct grow grow = {.job = job};
    TRY(terrain_open(job, &grow.terrain));
    TRY_TOGETHER(job->comm, prepare(&grow));
    TRY(grow_stage(&grow));
done:
    grow_clear(&grow, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const grow_tables[] = {
    grow_options, sources_options, options_output, options_grid, options_common, NULL};

const struct command command_grow = {
    .name = "grow",
    .summary = "areas downhill of industrial sources on a DEM",
    .details =
        "From the cells of each source the area grows over the eight neighbours to lower ground, "
        "up "
        "to a geodesic distance from the source (P2.10). Each source grows by itself; the mask is "
        "the union of all (P2.11).\n\n"
        "Writes the maps area, source_count and label, with --yearly the same for every year "
        "(P2.12), and the tables NAME_sources.csv and NAME_summary.csv with JSON twins. Rows count "
        "from the south, columns from the west. Sources without elevation are areas of their own "
        "cells; sources outside the grid have a row with the reason.",
    .examples =
        "airshed grow dem.tif --sources plants.csv --where \"status = 'operating'\" \\\n"
        "  -o areas.nc --geotiff\n"
        "mpirun -n 4 airshed grow dem.tif --grid pm25.nc --sources plants.geojson -o areas.nc \\\n"
        "  --start-column start --end-column retired --year-from 2012 --year-to 2021 --yearly \\\n"
        "  --rise-tolerance 2",
    .tables = grow_tables,
    .run = grow_run,
};
