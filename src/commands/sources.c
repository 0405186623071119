/* airshed -- GPL-3.0-or-later. Industrial heat sources: where they are and when they work. */
#include "sources.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "grid/projection.h"
#include "grid/zones.h"

#define GROUP .group = "Sources"

const struct option_spec sources_options[] = {
    {.name = "sources",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_REQUIRED | OPTION_REPEATABLE | OPTION_INPUT,
     .help = "Points or polygons (GeoJSON, GPKG, Shapefile), or a table with columns of longitude "
             "and latitude. May be repeated. The next options hold for every file where they are "
             "given once, and for the files in turn where they are given as often ('' for none).",
     GROUP},
    {.name = "where",
     .kind = OPTION_TEXT,
     .argument = "CONDITION",
     .flags = OPTION_REPEATABLE,
     .help = "Keep the sources for which this holds, as in SQL: \"status = 'operating'\".",
     GROUP},
    {.name = "name-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .flags = OPTION_REPEATABLE,
     .help = "Names of the sources; default: the column 'name', where there is one.",
     GROUP},
    {.name = "start-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .flags = OPTION_REPEATABLE,
     .help = "Year or date since which a source works.",
     GROUP},
    {.name = "end-column",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .flags = OPTION_REPEATABLE,
     .help = "Year or date of its end: it counts up to the year before. Empty: it goes on.",
     GROUP},
    {.name = "year-from",
     .kind = OPTION_INTEGER,
     .low = 1,
     .high = 9999,
     .help = "Keep the sources that work in one of the years from this one ...",
     GROUP},
    {.name = "year-to",
     .kind = OPTION_INTEGER,
     .low = 1,
     .high = 9999,
     .help = "... to this one, included.",
     GROUP},
    {.name = "undated",
     .kind = OPTION_CHOICE,
     .choices = "keep|drop",
     .fallback = "keep",
     .help = "Sources without a start year: keep them in all years, or leave them out.",
     GROUP},
    {.name = "missing-text",
     .kind = OPTION_LIST,
     .argument = "TEXT,...",
     .fallback = "unknown,n/a,na",
     .help = "Cells that mean missing, beside empty ones; in any case.",
     GROUP},
    {.name = NULL},
};

/* ---- options of each file ----------------------------------------------------------------- */

/* Value of @p option for file number @p file; NULL where there is none. */
static enum status option_for(const struct options *options, const char *option, size_t file,
                              const char **value)
{
    enum status status = STATUS_OK;
    size_t files = option_count(options, "sources");
    size_t count = option_count(options, option);
    FAIL_IF(count > 1 && count != files, STATUS_USAGE,
            "--%s is given %zu times for %zu --sources: give it once, or once for each", option,
            count, files);
    *value = count == 0 ? NULL : option_item(options, option, count == 1 ? 0 : file);
    if (*value != NULL && (*value)[0] == '\0') {
        *value = NULL;
    }
done:
    return status;
}

static enum status read_years(struct sources *sources, const struct options *options)
{
    enum status status = STATUS_OK;
    bool from = option_is_set(options, "year-from"), to = option_is_set(options, "year-to");
    sources->has_years = from && to;
    FAIL_IF(from != to, STATUS_USAGE, "--year-%s needs --year-%s", from ? "from" : "to",
            from ? "to" : "from");
    FAIL_IF(from && option_count(options, "start-column") == 0 &&
                option_count(options, "end-column") == 0,
            STATUS_USAGE, "--year-from %lld needs --start-column or --end-column",
            (long long)option_integer(options, "year-from"));
    sources->year_from = (int)option_integer(options, "year-from");
    sources->year_to = (int)option_integer(options, "year-to");
    FAIL_IF(sources->year_from > sources->year_to, STATUS_USAGE,
            "--year-from %d lies after --year-to %d", sources->year_from, sources->year_to);
done:
    return status;
}

/* ---- years -------------------------------------------------------------------------------- */

static bool means_missing(const struct options *options, const char *text)
{
    text += strspn(text, " \t");
    bool is_missing = text[0] == '\0';
    for (size_t i = 0; i < option_count(options, "missing-text"); i++) {
        is_missing =
            is_missing || text_equal_ignoring_case(text, option_item(options, "missing-text", i));
    }
    return is_missing;
}

/* "2006", "2006.0" (a spreadsheet's), "2006-05-01", "1998-09-14 00:00:00". */
static bool parse_year(const char *text, int *year)
{
    text += strspn(text, " \t");
    size_t digits = strspn(text, "0123456789");
    char end = text[digits];
    bool is_year = digits == 4 && (end == '\0' || end == '-' || end == '/' || end == ' ' ||
                                   strcmp(text + digits, ".0") == 0);
    *year = is_year ? atoi(text) : 0;
    return is_year;
}

/* Year of a cell, @p unknown where it is missing or there is no column. */
static enum status read_year(const struct options *options, const struct table *table, int64_t row,
                             int64_t col, int unknown, int *year)
{
    enum status status = STATUS_OK;
    char place[1024];
    *year = unknown;
    if (col < 0 || table_is_missing(table, row, col) ||
        means_missing(options, table_text(table, row, col))) {
        goto done;
    }
    FAIL_IF(!parse_year(table_text(table, row, col), year), STATUS_DATA,
            "%s: '%s' is no year: write YYYY or YYYY-MM-DD, or name it in --missing-text",
            table_cell_place(table, row, col, place, sizeof place), table_text(table, row, col));
done:
    return status;
}

/* Column of @p option in @p table; -1 where the option is not given. */
static enum status find_column(const struct options *options, const char *option, size_t file,
                               const struct table *table, int64_t *col)
{
    enum status status;
    const char *name = NULL;
    *col = -1;
    TRY(option_for(options, option, file, &name));
    if (name != NULL) {
        status = table_column(table, name, col);
        if (status != STATUS_OK) {
            failure_prefix("--%s", option);
        }
    }
done:
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Columns of one file that matter. */
struct columns {
    int64_t name, start, end;
};

static enum status find_columns(const struct options *options, size_t file,
                                const struct table *table, struct columns *columns)
{
    enum status status;
    TRY(find_column(options, "name-column", file, table, &columns->name));
    TRY(find_column(options, "start-column", file, table, &columns->start));
    TRY(find_column(options, "end-column", file, table, &columns->end));
    if (columns->name < 0) {
        columns->name = table_find(table, "name");
    }
done:
    return status;
}

/* True where the source counts in this run; otherwise the reason is counted. */
static bool is_wanted(struct sources *sources, const struct source *source, bool drops_undated)
{
    if (!sources->has_years) {
        return true;
    }
    if (drops_undated && source->start_year == INT_MIN) {
        sources->undated++;
        return false;
    }
    bool works = source->start_year <= sources->year_to && source->end_year > sources->year_from &&
                 source->start_year < source->end_year;
    sources->idle += !works;
    return works;
}

static enum status add_layer(struct sources *sources, const struct job *job, size_t file,
                             const struct vector_layer *layer)
{
    enum status status;
    const struct options *options = job->options;
    const struct table *table = layer->attributes;
    struct columns columns;
    bool drops_undated = strcmp(option_text(options, "undated"), "drop") == 0;
    TRY(find_columns(options, file, table, &columns));
    for (int64_t i = 0; i < layer->count; i++) {
        struct source source = {.file = path_name(option_item(options, "sources", file)),
                                .name = columns.name >= 0 ? table_text(table, i, columns.name) : "",
                                .kind = layer->kind[i],
                                .polygon =
                                    layer->kind[i] == VECTOR_POLYGON ? &layer->polygon[i] : NULL,
                                .x = layer->x[i],
                                .y = layer->y[i]};
        TRY(read_year(options, table, i, columns.start, INT_MIN, &source.start_year));
        TRY(read_year(options, table, i, columns.end, INT_MAX, &source.end_year));
        if (is_wanted(sources, &source, drops_undated)) {
            sources->source[sources->count++] = source;
        }
    }
done:
    return status;
}

static enum status read_layer(const struct job *job, const struct georeference *grid, size_t file,
                              struct vector_layer **layer)
{
    enum status status;
    struct text missing = {0};
    struct vector_source source = {.path = option_item(job->options, "sources", file),
                                   .kinds = VECTOR_POINT | VECTOR_POLYGON,
                                   .crs = grid->crs_wkt};
    TRY(option_for(job->options, "where", file, &source.where));
    for (size_t i = 0; i < option_count(job->options, "missing-text"); i++) {
        text_add_format(&missing, "%s%s", i > 0 ? "," : "",
                        option_item(job->options, "missing-text", i));
    }
    source.missing = missing.data;
    TRY(vector_read(&source, layer));
done:
    text_clear(&missing);
    return status;
}

/* Places every source in the grid and gives it longitude and latitude. */
static enum status locate(struct sources *sources, const struct georeference *grid)
{
    enum status status;
    double *lon = NULL, *lat = NULL;
    TRY(memory_allocate((size_t)sources->count, sizeof *lon, &lon));
    TRY(memory_allocate((size_t)sources->count, sizeof *lat, &lat));
    for (int64_t i = 0; i < sources->count; i++) {
        lon[i] = sources->source[i].x;
        lat[i] = sources->source[i].y;
    }
    if (!grid->is_geographic) {
        TRY(projection_transform(grid->crs_wkt, "EPSG:4326", sources->count, lon, lat));
    }
    for (int64_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->source[i];
        source->lon = lon[i];
        source->lat = lat[i];
        georeference_find(grid, source->x, source->y, &source->row, &source->col);
        if (source->row < 0 || source->col < 0) {
            source->row = source->col = -1;
        }
    }
done:
    free(lon);
    free(lat);
    return status;
}

enum status sources_read(const struct job *job, const struct georeference *grid,
                         struct sources **out)
{
    enum status status;
    size_t files = option_count(job->options, "sources");
    int64_t features = 0;
    struct sources *sources = NULL;
    TRY(memory_allocate(1, sizeof *sources, &sources));
    TRY(read_years(sources, job->options));
    TRY(memory_allocate(files, sizeof *sources->layers, &sources->layers));
    for (size_t file = 0; file < files; file++) {
        TRY(read_layer(job, grid, file, &sources->layers[file]));
        sources->layer_count++;
        features += sources->layers[file]->count;
    }
    TRY(memory_allocate((size_t)features, sizeof *sources->source, &sources->source));
    for (size_t file = 0; file < files; file++) {
        TRY(add_layer(sources, job, file, sources->layers[file]));
    }
    FAIL_IF(sources->count == 0, STATUS_DATA,
            "--sources %s: none of %lld source(s) works in the years %d to %d (%lld have no start "
            "year)",
            option_item(job->options, "sources", 0), (long long)features, sources->year_from,
            sources->year_to, (long long)sources->undated);
    TRY(locate(sources, grid));
    *out = sources;
    sources = NULL;
done:
    sources_destroy(&sources);
    return status;
}

void sources_destroy(struct sources **sources_pointer)
{
    struct sources *sources = *sources_pointer;
    if (sources == NULL) {
        return;
    }
    for (size_t i = 0; i < sources->layer_count; i++) {
        vector_destroy(&sources->layers[i]);
    }
    free(sources->layers);
    free(sources->source);
    free(sources);
    *sources_pointer = NULL;
}

enum status sources_attach(const struct job *job, struct stage *stage)
{
    enum status status = STATUS_OK;
    for (size_t file = 0; file < option_count(job->options, "sources"); file++) {
        TRY(stage_add_input_file(stage, "sources", option_item(job->options, "sources", file)));
    }
done:
    return status;
}

bool source_works(const struct source *source, int year)
{
    return source->start_year <= year && year < source->end_year;
}

/* ---- where it can reach ------------------------------------------------------------------- */

/* A degree of latitude is never shorter than this on the ellipsoid. */
static const double SHORTEST_DEGREE_M = 110570;
static const double RADIANS = 0.017453292519943295769;

/* Points on a circle just beyond the limit; chords between them stay beyond it, since cos(pi / 64)
 * exceeds 1 / 1.02. Fails, by NaN, near the poles, where the whole grid is taken. */
enum {
    CIRCLE_POINTS = 64
};

static enum status circle_bounds(const struct source *source, const struct georeference *grid,
                                 double limit_m, double bounds[4])
{
    enum status status = STATUS_OK;
    double x[CIRCLE_POINTS], y[CIRCLE_POINTS];
    double reach = 1.02 * limit_m / SHORTEST_DEGREE_M;
    double farthest_lat = fabs(source->lat) + reach;
    double shrink = farthest_lat < 89 ? cos(farthest_lat * RADIANS) : NAN;
    for (int i = 0; i < CIRCLE_POINTS; i++) {
        double angle = 360.0 * RADIANS * i / CIRCLE_POINTS;
        x[i] = source->lon + reach * sin(angle) / shrink;
        y[i] = source->lat + reach * cos(angle);
    }
    if (!grid->is_geographic && !isnan(shrink)) {
        TRY(projection_transform("EPSG:4326", grid->crs_wkt, CIRCLE_POINTS, x, y));
    }
    for (int i = 0; i < CIRCLE_POINTS; i++) {
        bool is_first = i == 0;
        bounds[0] = is_first || !(x[i] >= bounds[0]) ? x[i] : bounds[0];
        bounds[1] = is_first || !(y[i] >= bounds[1]) ? y[i] : bounds[1];
        bounds[2] = is_first || !(x[i] <= bounds[2]) ? x[i] : bounds[2];
        bounds[3] = is_first || !(y[i] <= bounds[3]) ? y[i] : bounds[3];
        if (isnan(x[i]) || isnan(y[i])) {
            bounds[0] = bounds[1] = -INFINITY;
            bounds[2] = bounds[3] = INFINITY;
            break;
        }
    }
done:
    return status;
}

/* Cells of an axis that [low, high] touches, and one more on each side. */
static void axis_span(int64_t count, const double *edges, double low, double high, int64_t *first,
                      int64_t *cells)
{
    int64_t begin = 0, end = count;
    while (begin < count && edges[begin + 1] < low) {
        begin++;
    }
    while (end > begin && edges[end - 1] > high) {
        end--;
    }
    begin -= begin > 0;
    end += end < count;
    *first = begin;
    *cells = end - begin;
}

/* Longitudes of @p bounds shifted by whole turns to where the grid has them. */
static void turn_bounds(const struct georeference *grid, double bounds[4])
{
    if (grid->is_geographic && isfinite(bounds[0])) {
        double turn = 360 * ceil((grid->x_edges[0] - bounds[2]) / 360);
        bounds[0] += turn;
        bounds[2] += turn;
    }
}

enum status source_window(const struct source *source, const struct georeference *grid,
                          double limit_m, struct window *window)
{
    enum status status;
    double bounds[4], own[4];
    *window = (struct window){.steps = 1};
    TRY(circle_bounds(source, grid, limit_m, bounds));
    if (source->polygon != NULL && polygon_bounds(source->polygon, own)) {
        bounds[0] = fmin(bounds[0], own[0]);
        bounds[1] = fmin(bounds[1], own[1]);
        bounds[2] = fmax(bounds[2], own[2]);
        bounds[3] = fmax(bounds[3], own[3]);
    }
    turn_bounds(grid, bounds);
    axis_span(grid->rows, grid->y_edges, bounds[1], bounds[3], &window->row, &window->rows);
    axis_span(grid->cols, grid->x_edges, bounds[0], bounds[2], &window->col, &window->cols);
    if (window->cols == 0) {
        window->rows = 0;
    }
done:
    return status;
}

static void list_marked(const unsigned char *mask, int64_t cells, int64_t *cell, int64_t *count)
{
    *count = 0;
    for (int64_t i = 0; i < cells; i++) {
        if (mask[i] != 0) {
            cell[(*count)++] = i;
        }
    }
}

enum status source_cells(const struct source *source, const struct georeference *grid,
                         const struct window *window, unsigned char *mask, int64_t *cell,
                         int64_t *count)
{
    enum status status = STATUS_OK;
    int64_t marked;
    *count = 0;
    if (source->polygon == NULL) {
        if (source->row >= 0) {
            cell[(*count)++] =
                (source->row - window->row) * window->cols + source->col - window->col;
        }
        goto done;
    }
    struct zone_grid part = {window->rows, window->cols, grid->x_edges + window->col,
                             grid->y_edges + window->row, grid->is_geographic};
    memset(mask, 0, (size_t)(window->rows * window->cols));
    TRY(zone_mark_cells(&part, source->polygon, mask, &marked));
    list_marked(mask, window->rows * window->cols, cell, count);
done:
    return status;
}
