/* airshed -- GPL-3.0-or-later. What a raster dataset holds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "grid/projection.h"
#include "report.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

/* Values that a sample takes from a variable, and from all of them. */
enum {
    SAMPLE_VALUES = 4 << 20,
    SAMPLE_TOTAL = 32 << 20,
    SAMPLE_LEAST = 1 << 16,
    MOST_SHOWN = 40
};

/* ---- places --------------------------------------------------------------------------------- */

const char *info_place_text(const struct dataset_variable *facts, const struct info_place *place,
                            char *text, size_t text_bytes)
{
    char date[CALENDAR_TEXT_BYTES] = "";
    double x = facts->grid->x[place->col];
    double y = facts->grid->y[place->row];
    if (facts->time != NULL) {
        struct calendar_date when = time_axis_date(facts->time, place->step);
        when.seconds == 0 ? calendar_format_date(&when, date) : calendar_format_time(&when, date);
    }
    const char *comma = date[0] != '\0' ? ", " : "";
    if (facts->grid->is_geographic) {
        snprintf(text, text_bytes, "%s%s%.6g %c %.6g %c", date, comma, fabs(y), y < 0 ? 'S' : 'N',
                 fabs(x), x < 0 ? 'W' : 'E');
    } else {
        snprintf(text, text_bytes, "%s%sx %.7g, y %.7g", date, comma, x, y);
    }
    return text;
}

/* ---- grids ---------------------------------------------------------------------------------- */

static void smallest_and_largest(int64_t count, const double *edges, double range[2])
{
    range[0] = INFINITY;
    range[1] = 0;
    for (int64_t i = 0; i < count; i++) {
        range[0] = fmin(range[0], edges[i + 1] - edges[i]);
        range[1] = fmax(range[1], edges[i + 1] - edges[i]);
    }
}

/* "0.05", or "0.9 to 1.1" where cells differ. */
static const char *range_text(const double range[2], char text[64])
{
    bool is_even = range[1] - range[0] <= 1e-4 * range[1];
    snprintf(text, 64, is_even ? "%.6g" : "%.6g to %.6g",
             is_even ? 0.5 * (range[0] + range[1]) : range[0], range[1]);
    return text;
}

/* Size of a cell in the middle of the grid in km. */
static void middle_size_km(const struct georeference *grid, double size[2])
{
    static const double degree_km = 111.32; /* at the equator of WGS84 */
    double y = grid->y[grid->rows / 2];
    double width = grid->x_edges[grid->cols / 2 + 1] - grid->x_edges[grid->cols / 2];
    double height = grid->y_edges[grid->rows / 2 + 1] - grid->y_edges[grid->rows / 2];
    size[0] = grid->is_geographic ? width * degree_km * cos(y * M_PI / 180) : width / 1000;
    size[1] = grid->is_geographic ? height * degree_km : height / 1000;
}

static void describe_order(const struct georeference *grid, const struct dataset_storage *storage,
                           struct info_report *report, json_t *out)
{
    if (isnan(storage->x_first)) {
        info_line(report, "in the file", "2-D coordinates, %s", storage->dimensions);
        return;
    }
    bool is_north_first = storage->y_first > storage->y_last;
    double largest = fmax(storage->x_first, storage->x_last);
    bool is_turned = grid->is_geographic && largest > 180;
    info_line(report, "in the file", "(%s), rows from %s to %s, %s from %.6g to %.6g",
              storage->dimensions, is_north_first ? "north" : "south",
              is_north_first ? "south" : "north", grid->is_geographic ? "longitudes" : "columns",
              storage->x_first, storage->x_last);
    json_object_set_new(out, "north_first", json_boolean(is_north_first));
    json_object_set_new(out, "longitudes_beyond_180", json_boolean(is_turned));
    if (is_north_first && grid->rows > 1) {
        info_remark(report, "rows run from north to south in the file; commands turn them, nothing "
                            "is to be done");
    }
    if (is_turned) {
        info_remark(report, "longitudes run to %.6g in the file; commands take them modulo 360",
                    largest);
    }
}

static json_t *describe_grid(const struct georeference *grid, const struct dataset_storage *storage,
                             struct info_report *report)
{
    char crs[512];
    char width[64], height[64];
    double x_range[2], y_range[2], km[2];
    json_t *out = json_object();
    const char *unit = grid->is_geographic ? "degrees" : "m";
    projection_describe(grid->crs_wkt, crs, sizeof crs);
    smallest_and_largest(grid->cols, grid->x_edges, x_range);
    smallest_and_largest(grid->rows, grid->y_edges, y_range);
    middle_size_km(grid, km);
    info_line(report, "size", "%lld rows x %lld columns", (long long)grid->rows,
              (long long)grid->cols);
    info_line(report, "system", "%s%s", crs,
              grid->crs_is_assumed ? " is taken: the file names none" : "");
    info_line(report, "extent", "west %.7g, south %.7g, east %.7g, north %.7g %s (outer edges)",
              grid->x_edges[0], grid->y_edges[0], grid->x_edges[grid->cols],
              grid->y_edges[grid->rows], unit);
    info_line(report, "cell", "%s x %s %s, %.3g x %.3g km in the middle",
              range_text(x_range, width), range_text(y_range, height), unit, km[0], km[1]);
    json_object_set_new(out, "rows", json_integer(grid->rows));
    json_object_set_new(out, "cols", json_integer(grid->cols));
    json_object_set_new(out, "crs", json_string(crs));
    json_object_set_new(out, "crs_wkt", json_string(grid->crs_wkt));
    json_object_set_new(out, "crs_is_assumed", json_boolean(grid->crs_is_assumed));
    json_object_set_new(out, "unit", json_string(unit));
    json_object_set_new(out, "extent",
                        json_pack("[ffff]", grid->x_edges[0], grid->y_edges[0],
                                  grid->x_edges[grid->cols], grid->y_edges[grid->rows]));
    json_object_set_new(out, "cell_width", json_pack("[ff]", x_range[0], x_range[1]));
    json_object_set_new(out, "cell_height", json_pack("[ff]", y_range[0], y_range[1]));
    describe_order(grid, storage, report, out);
    if (grid->crs_is_assumed) {
        info_suspect(report,
                     "no coordinate reference system is named (no grid mapping): %s is taken", crs);
    }
    return out;
}

/* ---- time ----------------------------------------------------------------------------------- */

static const char *step_text(const struct time_axis *time, char text[64])
{
    static const struct {
        const char *resolution, *words;
    } known[] = {{"P1D", "daily"}, {"P1M", "monthly"}, {"P1Y", "yearly"}, {"PT1H", "hourly"}};
    time_axis_resolution(time, text, 64);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i].resolution) == 0) {
            return known[i].words;
        }
    }
    return text[0] != '\0' ? text : "uneven";
}

static const char *date_text(const struct time_axis *time, int64_t step,
                             char text[CALENDAR_TEXT_BYTES])
{
    struct calendar_date date = time_axis_date(time, step);
    return date.seconds == 0 ? calendar_format_date(&date, text)
                             : calendar_format_time(&date, text);
}

static json_t *describe_time(const struct time_axis *time, const struct dataset_storage *storage,
                             struct info_report *report)
{
    char first[CALENDAR_TEXT_BYTES], last[CALENDAR_TEXT_BYTES];
    char step[64], gaps[256];
    json_t *out = json_object();
    date_text(time, 0, first);
    date_text(time, time->steps - 1, last);
    const char *words = time->steps > 1 ? step_text(time, step) : "single";
    int64_t missing = time_axis_missing(time, gaps, sizeof gaps);
    info_line(report, "time", "%lld step%s, %s, %s%s%s", (long long)time->steps,
              time->steps == 1 ? "" : "s", words, first, time->steps > 1 ? " to " : "",
              time->steps > 1 ? last : "");
    info_line(report, "calendar", "%s%s%s%s", calendar_name(time->calendar),
              storage->time_units[0] != '\0' ? ", '" : ", no units: years, or dates from names",
              storage->time_units, storage->time_units[0] != '\0' ? "'" : "");
    json_object_set_new(out, "steps", json_integer(time->steps));
    json_object_set_new(out, "first", json_string(first));
    json_object_set_new(out, "last", json_string(last));
    json_object_set_new(out, "step", json_string(words));
    json_object_set_new(out, "calendar", json_string(calendar_name(time->calendar)));
    json_object_set_new(out, "units", json_string(storage->time_units));
    json_object_set_new(out, "missing_steps", json_integer(missing));
    if (missing > 0) {
        info_suspect(report, "%lld step%s missing from the time axis: %s", (long long)missing,
                     missing == 1 ? " is" : "s are", gaps);
    }
    if (time->steps > 2 && strcmp(words, "uneven") == 0) {
        info_suspect(report, "the steps of the time axis are uneven");
    }
    if (strncasecmp(storage->time_units, "month", 5) == 0 ||
        strncasecmp(storage->time_units, "year", 4) == 0) {
        info_suspect(report,
                     "the time units '%s' are lengths of 30.44 or 365.24 days, not calendar "
                     "months or years: commands refuse them, write days",
                     storage->time_units);
    }
    return out;
}

/* ---- variables ------------------------------------------------------------------------------ */

static void describe_storage(const struct dataset_variable *facts,
                             const struct dataset_storage *storage, struct info_report *report,
                             json_t *out)
{
    struct text line = {0};
    text_add(&line, storage->type);
    if (facts->is_packed) {
        text_add_format(&line, ", packed (scale %.6g, offset %.6g)", storage->scale,
                        storage->offset);
        json_object_set_new(out, "scale_factor", info_number(storage->scale));
        json_object_set_new(out, "add_offset", info_number(storage->offset));
    }
    if (storage->is_chunked) {
        text_add_format(&line, ", in chunks of %lld x %lld x %lld", (long long)storage->chunk_steps,
                        (long long)storage->chunk_rows, (long long)storage->chunk_cols);
        json_object_set_new(out, "chunk",
                            json_pack("[III]", (json_int_t)storage->chunk_steps,
                                      (json_int_t)storage->chunk_rows,
                                      (json_int_t)storage->chunk_cols));
    }
    if (storage->compression[0] != '\0') {
        text_add_format(&line, ", %s", storage->compression);
    }
    info_line(report, "stored as", "%s", line.data != NULL ? line.data : "");
    json_object_set_new(out, "type", json_string(storage->type));
    json_object_set_new(out, "compression", json_string(storage->compression));
    text_clear(&line);
}

static void describe_values(const struct dataset_variable *facts, const struct info_values *values,
                            struct info_report *report, json_t *out)
{
    char low[128], high[128], sample[160] = "";
    double missing = 100.0 * (double)values->missing / (double)values->values;
    if (values->is_sample) {
        snprintf(sample, sizeof sample, " (sample: %lld steps of %lld cells)",
                 (long long)values->steps, (long long)values->cells);
    }
    info_line(report, "missing", "%.4g %%%s", missing, sample);
    if (isfinite(values->min)) {
        info_line(report, "least", "%.6g at %s", values->min,
                  info_place_text(facts, &values->min_place, low, sizeof low));
        info_line(report, "mean", "%.6g", values->mean);
        info_line(report, "greatest", "%.6g at %s", values->max,
                  info_place_text(facts, &values->max_place, high, sizeof high));
        json_object_set_new(out, "min_at", json_string(low));
        json_object_set_new(out, "max_at", json_string(high));
    }
    json_object_set_new(out, "is_sample", json_boolean(values->is_sample));
    json_object_set_new(out, "values", json_integer(values->values));
    json_object_set_new(out, "missing", json_integer(values->missing));
    json_object_set_new(out, "infinite", json_integer(values->infinite));
    json_object_set_new(out, "negative", json_integer(values->negative));
    json_object_set_new(out, "zero", json_integer(values->zero));
    json_object_set_new(out, "empty_cells", json_integer(values->empty_cells));
    json_object_set_new(out, "constant_cells", json_integer(values->constant_cells));
    json_object_set_new(out, "min", info_number(values->min));
    json_object_set_new(out, "mean", info_number(values->mean));
    json_object_set_new(out, "max", info_number(values->max));
}

static enum status describe_variable(const struct job *job, struct dataset *dataset, int variable,
                                     int64_t sample, struct info_report *report, json_t **described)
{
    enum status status;
    struct info_values values;
    const struct dataset_variable *facts = dataset_variable(dataset, variable);
    json_t *out = json_object();
    TRY(info_values_read(job, dataset, variable, sample, &values));
    info_heading(report, "%s [%s]", facts->name,
                 facts->units[0] != '\0' ? facts->units : "no units");
    const char *const labels[] = {"long name", "standard name", "cell methods"};
    const char *const texts[] = {facts->long_name, facts->standard_name, facts->cell_methods};
    const char *const keys[] = {"long_name", "standard_name", "cell_methods"};
    for (int i = 0; i < 3; i++) {
        if (texts[i][0] != '\0') {
            info_line(report, labels[i], "%s", texts[i]);
            json_object_set_new(out, keys[i], json_string(texts[i]));
        }
    }
    json_object_set_new(out, "name", json_string(facts->name));
    json_object_set_new(out, "units", json_string(facts->units));
    describe_storage(facts, dataset_storage(dataset, variable), report, out);
    describe_values(facts, &values, report, out);
    info_check_variable(facts, &values, report);
    *described = out;
    out = NULL;
done:
    json_decref(out);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* True where two variables share grid and dates, so that these are told once. */
static bool is_alike(const struct dataset_variable *first, const struct dataset_variable *second)
{
    char why[256];
    bool is_same_time =
        (first->time == NULL) == (second->time == NULL) &&
        (first->time == NULL || time_axis_is_equal(first->time, second->time, why, sizeof why));
    return is_same_time && georeference_is_equal(first->grid, second->grid, why, sizeof why);
}

static enum status describe_alike(const struct job *job, struct dataset *dataset, int first,
                                  bool *is_told, int64_t sample, int *shown,
                                  struct info_report *report, json_t *groups)
{
    enum status status = STATUS_OK;
    const struct dataset_variable *model = dataset_variable(dataset, first);
    const struct dataset_storage *storage = dataset_storage(dataset, first);
    json_t *group = json_object();
    json_t *variables = json_array();
    json_array_append_new(groups, group);
    info_heading(report, "grid");
    json_object_set_new(group, "grid", describe_grid(model->grid, storage, report));
    if (model->time != NULL) {
        json_object_set_new(group, "time", describe_time(model->time, storage, report));
    } else {
        info_line(report, "time", "none: maps");
    }
    json_object_set_new(group, "variables", variables);
    for (int i = first; i < dataset_variable_count(dataset); i++) {
        if (!is_told[i] && is_alike(model, dataset_variable(dataset, i))) {
            json_t *described = NULL;
            is_told[i] = true;
            if (++*shown <= MOST_SHOWN) {
                TRY(describe_variable(job, dataset, i, sample, report, &described));
                json_array_append_new(variables, described);
            }
        }
    }
done:
    return status;
}

/* Sentences that ranks met while they read their parts, on every rank in the same order. */
static enum status share_warnings(const struct job *job, const struct dataset *dataset,
                                  struct info_report *report)
{
    enum status status = STATUS_OK;
    struct text_list all = {0};
    for (int rank = 0; rank < job->size; rank++) {
        struct text mine = {0};
        int64_t bytes;
        void *block = NULL;
        for (int i = 0; i < dataset_warning_count(dataset) && job->rank == rank; i++) {
            text_add_format(&mine, "%s\n", dataset_warning(dataset, i));
        }
        bytes = (int64_t)mine.length + 1;
        messages_share(job->comm, rank, &bytes, 1, MPI_INT64_T);
        TRY_TOGETHER(job->comm, memory_allocate((size_t)bytes, 1, &block));
        if (job->rank == rank && mine.data != NULL) {
            memcpy(block, mine.data, mine.length);
        }
        messages_share(job->comm, rank, block, (int)bytes, MPI_CHAR);
        status = text_list_split(&all, block, '\n');
        free(block);
        text_clear(&mine);
        TRY(status_agree(job->comm, status));
    }
    text_list_sort(&all);
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i][0] != '\0') {
            info_suspect(report, "%s", all.items[i]);
        }
    }
done:
    text_list_clear(&all);
    return status;
}

static void describe_files(const struct dataset *dataset, struct info_report *report)
{
    char size[TEXT_NUMBER_BYTES];
    int64_t bytes = 0;
    int64_t files = dataset_file_count(dataset);
    for (int64_t i = 0; i < files; i++) {
        struct stat about = {0};
        stat(dataset_file_path(dataset, i), &about);
        bytes += about.st_size;
    }
    const char *format = dataset_storage(dataset, 0)->format;
    text_size(bytes, size);
    if (files > 1) {
        info_line(report, "format", "%s, %lld files, %s, from %s", format, (long long)files, size,
                  dataset_file_path(dataset, 0));
    } else {
        info_line(report, "format", "%s, %s", format, size);
    }
    const char *const names[] = {"title", "institution", "source", "Conventions"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = dataset_attribute(dataset, names[i]);
        if (text != NULL && text[0] != '\0') {
            info_line(report, names[i], "%.120s%s", text, strlen(text) > 120 ? " ..." : "");
            json_object_set_new(report->facts, names[i], json_string(text));
        }
    }
    json_object_set_new(report->facts, "format", json_string(format));
    json_object_set_new(report->facts, "files", json_integer(files));
    json_object_set_new(report->facts, "bytes", json_integer(bytes));
}

static int64_t sample_of(const struct job *job, int variables)
{
    int64_t share = SAMPLE_TOTAL / variables;
    share = share < SAMPLE_VALUES ? share : SAMPLE_VALUES;
    return option_flag(job->options, "full") ? 0 : share > SAMPLE_LEAST ? share : SAMPLE_LEAST;
}

static enum status describe_all(const struct job *job, struct dataset *dataset, int only,
                                struct info_report *report)
{
    enum status status;
    int count = dataset_variable_count(dataset);
    int shown = 0;
    bool *is_told = NULL;
    json_t *groups = json_array();
    json_object_set_new(report->facts, "groups", groups);
    TRY(memory_allocate((size_t)count, sizeof *is_told, &is_told));
    for (int i = 0; i < count; i++) {
        is_told[i] = only >= 0 && i != only;
    }
    for (int i = 0; i < count; i++) {
        if (!is_told[i]) {
            TRY(describe_alike(job, dataset, i, is_told, sample_of(job, only >= 0 ? 1 : count),
                               &shown, report, groups));
        }
    }
    if (shown > MOST_SHOWN) {
        info_remark(report, "%d variables are not shown: name one with --variable",
                    shown - MOST_SHOWN);
    }
done:
    free(is_told);
    return status;
}

enum status info_raster(const struct job *job, const char *path, struct info_report *report)
{
    enum status status;
    int only = -1;
    struct dataset *dataset = NULL;
    const struct dataset_options how = {.crs = option_text(job->options, "crs"),
                                        .allow_month_units = true,
                                        .tolerate_bad_time = true,
                                        .keep_infinite = true};
    const char *variable = option_text(job->options, "variable");
    status = projection_check_option(how.crs);
    if (status == STATUS_OK) {
        status = dataset_open(path, &how, &dataset);
    }
    if (status == STATUS_OK && variable != NULL) {
        status = dataset_find(dataset, variable, &only);
    }
    TRY(status_agree(job->comm, status));
    json_object_set_new(report->facts, "kind", json_string("raster"));
    describe_files(dataset, report);
    TRY(describe_all(job, dataset, only, report));
    TRY(share_warnings(job, dataset, report));
done:
    dataset_close(&dataset);
    return status;
}
