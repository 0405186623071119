/* airshed -- GPL-3.0-or-later. A gridded input of a command. */
#include "flow/input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "flow/scratch.h"
#include "grid/regrid.h"
#include "grid/projection.h"
#include "grid/zones.h"
#include "io/vector.h"
#include "parallel/agree.h"

struct input {
    const struct job *job;
    struct input_request request;
    struct dataset *dataset;
    int variable;
    char *identity;
    struct georeference *grid; /* of the selection */
    struct time_axis *time;    /* of the selection, filled; NULL for a map */
    struct window part;        /* the selection within the dataset */
    int64_t *source;     /* step of the dataset per step of the selection, -1 inserted; or NULL */
    unsigned char *clip; /* [rows, cols] 1 inside; NULL: everything */
    char *clip_identity;
    char *scratch_path;
};

struct input_request input_request_for(const struct job *job, const char *label)
{
    return (struct input_request){
        .label = label,
        .path = option_text(job->options, label),
        .variable = option_text(job->options, "variable"),
        .needs_time = true,
        .fill_steps = strcmp(option_text(job->options, "missing-steps"), "fill") == 0,
        .by_rows = true};
}

/* ---- selecting ---------------------------------------------------------------------------- */

static enum status select_time(struct input *input, const struct time_axis *axis)
{
    enum status status = STATUS_OK;
    const struct options *options = input->job->options;
    bool selects = !input->request.ignores_selection;
    struct time_axis *cut = NULL;
    char dates[256];

    if (axis == NULL) {
        FAIL_IF(input->request.needs_time, STATUS_DATA,
                "%s: variable '%s' has no time axis; a series of maps is needed",
                input->request.path, dataset_variable(input->dataset, input->variable)->name);
        input->part.steps = 1;
        goto done;
    }
    const char *from = selects ? option_text(options, "from") : input->request.from;
    const char *to = selects ? option_text(options, "to") : input->request.to;
    status = time_axis_range(axis, from, to, &input->part.time, &input->part.steps);
    if (status == STATUS_USAGE && !selects) {
        /* The dates come from another input, not from an option. */
        char start[64], end[64];
        failure_clear();
        status = failure_record(STATUS_DATA, __FILE__, __LINE__,
                                "%s: its dates, %.10s to %.10s, hold none of those wanted, %s to %s",
                                input->request.path, time_axis_text(axis, axis->value[0], start, 64),
                                time_axis_text(axis, axis->value[axis->steps - 1], end, 64), from, to);
    }
    TRY(status);
    TRY(time_axis_cut(axis, input->part.time, input->part.steps, &cut));
    int64_t missing = time_axis_missing(cut, dates, sizeof dates);
    if (missing > 0 && input->request.fill_steps) {
        TRY(time_axis_fill(cut, &input->time, &input->source));
        if (input->job->rank == 0) {
            log_warning("%s: %lld missing step%s inserted as missing values: %s",
                        input->request.path, (long long)missing, missing == 1 ? "" : "s", dates);
        }
        goto done;
    }
    FAIL_IF(missing > 0 && !input->request.allow_missing_steps, STATUS_DATA,
            "%s: %lld step%s missing from the time axis: %s; add the files, or insert them as "
            "missing values with --missing-steps fill",
            input->request.path, (long long)missing, missing == 1 ? " is" : "s are", dates);
    input->time = cut;
    cut = NULL;
done:
    time_axis_destroy(&cut);
    return status;
}

/* The box that the input is cut to: of the request, or of the options. @return NULL: none */
static const double *select_bbox(const struct input *input, double bbox[4])
{
    const struct options *options = input->job->options;
    if (input->request.ignores_selection) {
        return input->request.bbox;
    }
    if (option_count(options, "bbox") != 4) {
        return NULL;
    }
    for (size_t i = 0; i < 4; i++) {
        bbox[i] = option_item_real(options, "bbox", i);
    }
    return bbox;
}

static enum status select_area(struct input *input, const struct georeference *grid)
{
    enum status status = STATUS_OK;
    struct window *part = &input->part;
    double room[4];
    const double *bbox = select_bbox(input, room);
    part->rows = grid->rows;
    part->cols = grid->cols;
    if (bbox != NULL) {
        TRY(georeference_box(grid, bbox, &part->row, &part->rows, &part->col, &part->cols));
    } else if (input->request.cover != NULL) {
        TRY(regrid_source_window(grid, input->request.cover, &part->row, &part->rows, &part->col,
                                 &part->cols));
    }
    TRY(georeference_cut(grid, input->part.row, input->part.rows, input->part.col, input->part.cols,
                         &input->grid));
done:
    return status;
}

static enum status select_polygons(struct input *input)
{
    enum status status = STATUS_OK;
    struct vector_layer *layer = NULL;
    const struct georeference *grid = input->grid;
    const struct zone_grid cells = zone_grid_of(grid);
    size_t count = (size_t)(grid->rows * grid->cols);
    const char *path =
        input->request.ignores_selection ? NULL : option_text(input->job->options, "clip");
    if (path == NULL) {
        goto done;
    }
    struct vector_source source = {.path = path, .kinds = VECTOR_POLYGON, .crs = grid->crs_wkt};
    status = vector_read(&source, &layer);
    if (status != STATUS_OK) {
        failure_prefix("--clip");
        goto done;
    }
    TRY(memory_allocate(count, 1, &input->clip));
    for (int64_t i = 0; i < layer->count; i++) {
        int64_t marked;
        TRY(zone_mark_cells(&cells, &layer->polygon[i], input->clip, &marked));
    }
    FAIL_IF(memchr(input->clip, 1, count) == NULL, STATUS_DATA,
            "--clip %s: no cell of %s lies inside its polygons", path, input->request.path);
    TRY(hash_file_identity(path, input->job->content_hash, &input->clip_identity));
done:
    vector_destroy(&layer);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum status open_here(struct input *input)
{
    enum status status;
    const struct input_request *request = &input->request;
    const struct dataset_options how = {.crs = option_text(input->job->options, "crs")};
    TRY(projection_check_option(how.crs));
    TRY(dataset_open(request->path, &how, &input->dataset));
    TRY(dataset_find(input->dataset, request->variable, &input->variable));
    if (request->units != NULL) {
        TRY(dataset_convert(input->dataset, input->variable, request->units));
    }
    const struct dataset_variable *facts = dataset_variable(input->dataset, input->variable);
    TRY(select_time(input, facts->time));
    TRY(select_area(input, facts->grid));
    TRY(select_polygons(input));
    TRY(dataset_identity(input->dataset, input->job->content_hash, &input->identity));
done:
    return status;
}

/* From here on the scratch cube stands for the dataset. */
static enum status use_scratch(struct input *input)
{
    enum status status;
    struct dataset_options how = {0};
    const char *beside = option_text(input->job->options, "output");
    TRY(scratch_decode(input->job, input->dataset, input->variable, &input->part, input->identity,
                       beside, &input->scratch_path));
    if (input->scratch_path == NULL) {
        goto done;
    }
    dataset_close(&input->dataset);
    status = dataset_open(input->scratch_path, &how, &input->dataset);
    if (status == STATUS_OK) {
        status = dataset_find(input->dataset, NULL, &input->variable);
    }
    input->part.time = input->part.row = input->part.col = 0;
    TRY(status_agree(input->job->comm, status));
done:
    return status;
}

/* Row bands would open each file and inflate each chunk again and again; slabs of maps do so only
 * where chunks span several steps. */
static bool wants_scratch(const struct input *input)
{
    return dataset_variable(input->dataset, input->variable)->needs_scratch &&
           !input->request.few_cells &&
           (input->request.by_rows || dataset_chunk(input->dataset, input->variable).steps > 1);
}

enum status input_open(const struct job *job, const struct input_request *request,
                       struct input **out)
{
    enum status status;
    struct input *input = NULL;
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *input, &input));
    input->job = job;
    input->request = *request;
    status = open_here(input);
    if (status != STATUS_OK && strstr(failure_message(), request->path) == NULL &&
        !text_starts_with(failure_message(), "--clip") &&
        !text_starts_with(failure_message(), "--crs")) {
        failure_prefix("%s", request->path);
    }
    TRY(status_agree(job->comm, status));
    if (job->rank == 0) {
        for (int i = 0; i < dataset_warning_count(input->dataset); i++) {
            log_warning("%s", dataset_warning(input->dataset, i));
        }
    }
    if (wants_scratch(input)) {
        TRY(use_scratch(input));
    }
    *out = input;
    input = NULL;
done:
    input_close(&input, false);
    return status;
}

enum status input_attach(const struct input *input, struct stage *stage)
{
    enum status status;
    TRY(stage_add_input(stage, input->request.label, input->identity));
    if (input->clip_identity != NULL) {
        TRY(stage_add_input(stage, "clip", input->clip_identity));
    }
    TRY(stage_add_history(stage, dataset_attribute(input->dataset, "history")));
done:
    return status;
}

void input_close(struct input **input_pointer, bool is_finished)
{
    struct input *input = *input_pointer;
    if (input == NULL) {
        return;
    }
    dataset_close(&input->dataset);
    if (is_finished && input->scratch_path != NULL) {
        scratch_remove(input->job, 0, input->scratch_path);
    }
    georeference_destroy(&input->grid);
    time_axis_destroy(&input->time);
    free(input->source);
    free(input->clip);
    free(input->identity);
    free(input->clip_identity);
    free(input->scratch_path);
    free(input);
    *input_pointer = NULL;
}

/* ---- facts and values --------------------------------------------------------------------- */

const struct georeference *input_grid(const struct input *input)
{
    return input->grid;
}

const struct time_axis *input_time(const struct input *input)
{
    return input->time;
}

const struct dataset_variable *input_variable(const struct input *input)
{
    return dataset_variable(input->dataset, input->variable);
}

const char *input_units(const struct input *input)
{
    return input->request.units != NULL ? input->request.units : input_variable(input)->units;
}

static enum status read_steps(struct input *input, const struct window *window, int64_t source,
                              int64_t steps, float *values)
{
    struct window stored = {.time = input->part.time + source,
                            .steps = steps,
                            .row = input->part.row + window->row,
                            .rows = window->rows,
                            .col = input->part.col + window->col,
                            .cols = window->cols};
    return dataset_read(input->dataset, input->variable, &stored, values);
}

static void fill_missing(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = NAN;
    }
}

/* Runs of stored steps in one request each; inserted steps are missing. */
static enum status read_filled(struct input *input, const struct window *window, float *values)
{
    enum status status = STATUS_OK;
    int64_t map = window->rows * window->cols;
    for (int64_t step = 0; step < window->steps;) {
        const int64_t *source = input->source + window->time + step;
        int64_t run = 1;
        if (source[0] < 0) {
            fill_missing(values + step * map, map);
        } else {
            while (step + run < window->steps && source[run] == source[0] + run) {
                run++;
            }
            TRY(read_steps(input, window, source[0], run, values + step * map));
        }
        step += run;
    }
done:
    return status;
}

static void clip_values(const struct input *input, const struct window *window, float *values)
{
    for (int64_t row = 0; row < window->rows; row++) {
        const unsigned char *inside =
            input->clip + (window->row + row) * input->grid->cols + window->col;
        for (int64_t step = 0; step < window->steps; step++) {
            float *line = values + (step * window->rows + row) * window->cols;
            for (int64_t col = 0; col < window->cols; col++) {
                line[col] = inside[col] ? line[col] : NAN;
            }
        }
    }
}

enum status input_read(struct input *input, const struct window *window, float *values)
{
    enum status status;
    TRY(input->source != NULL ? read_filled(input, window, values)
                              : read_steps(input, window, window->time, window->steps, values));
    if (input->clip != NULL) {
        clip_values(input, window, values);
    }
done:
    return status;
}
