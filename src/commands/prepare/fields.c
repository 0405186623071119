/* airshed -- GPL-3.0-or-later. Raster inputs of prepare, on the reference grid. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/regrid.h"
#include "parallel/agree.h"
#include "prepare.h"

enum {
    PIECE_BYTES = 8 << 20 /* of source values that are read at once */
};

/* ---- opening ------------------------------------------------------------------------------ */

static struct input_request request_of(const struct job *job, const struct target *target,
                                       bool by_rows)
{
    const struct options *options = job->options;
    return (struct input_request){.ignores_selection = true,
                                  .from = option_text(options, "from"),
                                  .to = option_text(options, "to"),
                                  .cover = target->grid,
                                  .needs_time = true,
                                  .fill_steps =
                                      strcmp(option_text(options, "missing-steps"), "fill") == 0,
                                  .by_rows = by_rows};
}

/* What the input is to convert to; its own units stand where --input-units overrules the file. */
static const char *units_wanted(const struct options *options)
{
    return option_text(options, "input-units") != NULL ? NULL : option_text(options, "units");
}

static enum status open_input(const struct job *job, const struct target *target, bool by_rows,
                              struct input **input)
{
    const struct options *options = job->options;
    double bbox[4];
    struct input_request request = request_of(job, target, by_rows);
    request.label = "input";
    request.path = option_text(options, "input");
    request.variable = option_text(options, "variable");
    request.units = option_text(options, "dew-point") != NULL ? "degC" : units_wanted(options);
    if (target->grid == NULL && option_count(options, "bbox") == 4) {
        for (size_t i = 0; i < 4; i++) {
            bbox[i] = option_item_real(options, "bbox", i);
        }
        request.bbox = bbox;
    }
    return input_open(job, &request, input);
}

static enum status open_dew_point(const struct job *job, const struct target *target, bool by_rows,
                                  struct input **input)
{
    struct input_request request = request_of(job, target, by_rows);
    request.label = "dew-point";
    request.path = option_text(job->options, "dew-point");
    request.variable = option_text(job->options, "dew-point-variable");
    request.units = "degC";
    return input_open(job, &request, input);
}

static enum status check_dew_point(const struct job *job, const struct fields *fields)
{
    enum status status = STATUS_OK;
    char why[256];
    FAIL_IF(!time_axis_is_equal(input_time(fields->input), input_time(fields->dew_point), why,
                                sizeof why),
            STATUS_DATA,
            "--dew-point %s and %s have different days: %s; choose the same with "
            "--from and --to",
            option_text(job->options, "dew-point"), option_text(job->options, "input"), why);
done:
    return status;
}

static enum status make_converter(const struct options *options, struct fields *fields)
{
    enum status status = STATUS_OK;
    const char *from = option_text(options, "input-units");
    const char *to = option_text(options, "units");
    if (fields->dew_point != NULL) {
        TRY(units_converter_create("%", to != NULL ? to : "%", &fields->converter));
    } else if (from != NULL) {
        TRY(units_converter_create(from, to != NULL ? to : from, &fields->converter));
    }
done:
    return status;
}

static enum status take_grid(const struct input *input, struct target *target)
{
    return target->grid != NULL ? STATUS_OK : georeference_copy(input_grid(input), &target->grid);
}

bool prepare_drops_zeros(const struct options *options)
{
    return strcmp(option_text(options, "zeros"), "missing") == 0;
}

enum status fields_open(const struct job *job, bool by_rows, struct target *target,
                        struct fields *fields)
{
    enum status status;
    const struct options *options = job->options;
    fields->target = target;
    fields->least = option_real(options, "least-valid");
    fields->zeros_are_missing = prepare_drops_zeros(options);
    fields->magnus = (struct magnus){option_item_real(options, "magnus", 0),
                                     option_item_real(options, "magnus", 1)};
    TRY(open_input(job, target, by_rows, &fields->input));
    TRY_TOGETHER(job->comm, take_grid(fields->input, target));
    if (option_text(options, "dew-point") != NULL) {
        TRY(open_dew_point(job, target, by_rows, &fields->dew_point));
        TRY_TOGETHER(job->comm, check_dew_point(job, fields));
    }
    TRY_TOGETHER(job->comm, make_converter(options, fields));
done:
    return status;
}

enum status fields_plan(const struct job *job, struct fields *fields)
{
    enum status status;
    enum resample_method method = resample_method_find(option_text(job->options, "resample"));
    TRY(regrid_create(method, input_grid(fields->input), fields->target->grid, &fields->plan));
    if (fields->dew_point != NULL) {
        TRY(regrid_create(method, input_grid(fields->dew_point), fields->target->grid,
                          &fields->dew_plan));
    }
done:
    if (status == STATUS_DATA) {
        failure_prefix("%s", option_text(job->options, "input"));
    }
    return status;
}

/* ---- memory ------------------------------------------------------------------------------- */

static int64_t map_values(const struct fields *fields)
{
    const struct georeference *grid = input_grid(fields->input);
    int64_t most = grid->rows * grid->cols;
    if (fields->dew_point != NULL) {
        grid = input_grid(fields->dew_point);
        most = grid->rows * grid->cols > most ? grid->rows * grid->cols : most;
    }
    return most;
}

/* Room for whole steps of the source: a piece, or one map where that is more. */
static int64_t piece_values(const struct fields *fields)
{
    int64_t piece = PIECE_BYTES / (int64_t)sizeof(float);
    return map_values(fields) > piece ? map_values(fields) : piece;
}

int64_t fields_bytes(const struct job *job, const struct fields *fields)
{
    enum resample_method method = resample_method_find(option_text(job->options, "resample"));
    const struct georeference *grid = fields->target->grid;
    int64_t inputs = fields->dew_point != NULL ? 2 : 1;
    return inputs * regrid_bytes(method, input_grid(fields->input), grid) +
           piece_values(fields) * (int64_t)sizeof(float) +
           inputs * grid->rows * grid->cols * (int64_t)sizeof(float);
}

enum status fields_create_buffers(struct fields *fields)
{
    enum status status = STATUS_OK;
    const struct georeference *grid = fields->target->grid;
    size_t cells = (size_t)(grid->rows * grid->cols);
    fields->piece_values = piece_values(fields);
    TRY(memory_allocate((size_t)fields->piece_values, sizeof(float), &fields->source));
    TRY(memory_allocate(cells, sizeof(float), &fields->rows));
    if (fields->dew_point != NULL) {
        TRY(memory_allocate(cells, sizeof(float), &fields->dew_rows));
    }
done:
    return status;
}

/* ---- values ------------------------------------------------------------------------------- */

/* The columns of @p window out of whole rows. */
static void take_columns(const struct fields *fields, const struct window *window,
                         const float *rows, float *map)
{
    int64_t cols = fields->target->grid->cols;
    for (int64_t row = 0; row < window->rows; row++) {
        memcpy(map + row * window->cols, rows + row * cols + window->col,
               (size_t)window->cols * sizeof *map);
    }
}

static void drop_zeros(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = values[i] == 0 ? NAN : values[i];
    }
}

/* Resampled values of one input: pieces of as many steps as fit. */
static enum status read_resampled(struct fields *fields, struct input *input,
                                  const struct resample_plan *plan, struct flow_item *item,
                                  const struct window *window, float *values)
{
    enum status status = STATUS_OK;
    int64_t map = window->rows * window->cols;
    struct window need = {.col = 0, .cols = input_grid(input)->cols};
    resample_source_rows(plan, window->row, window->rows, &need.row, &need.rows);
    if (need.rows == 0) {
        for (int64_t i = 0; i < window->steps * map; i++) {
            values[i] = NAN;
        }
        goto done;
    }
    int64_t shared = window->col > 0 ? need.rows
                                     : resample_shared_rows(plan, window->row, window->rows);
    flow_count_halo(item, shared * need.cols * window->steps * (int64_t)sizeof(float));
    int64_t most = fields->piece_values / (need.rows * need.cols);
    for (int64_t step = 0; step < window->steps; step += need.steps) {
        need.time = window->time + step;
        need.steps = window->steps - step < most ? window->steps - step : most;
        TRY(input_read(input, &need, fields->source));
        flow_count_read(item, window_count(&need) * (int64_t)sizeof(float));
        if (fields->zeros_are_missing && input == fields->input) {
            drop_zeros(fields->source, window_count(&need));
        }
        for (int64_t i = 0; i < need.steps; i++) {
            resample_rows(plan, fields->least, window->row, window->rows, need.row,
                          fields->source + i * need.rows * need.cols, fields->rows);
            take_columns(fields, window, fields->rows, values + (step + i) * map);
        }
    }
done:
    return status;
}

/* Humidity of one map from temperature, which it replaces. */
static void humidity_of_map(const struct fields *fields, int64_t cells, const float *dew_point,
                            float *values)
{
    for (int64_t cell = 0; cell < cells; cell++) {
        values[cell] =
            (float)humidity_relative(fields->magnus, (double)values[cell], (double)dew_point[cell]);
    }
}

static enum status add_humidity(struct fields *fields, struct flow_item *item,
                                const struct window *window, float *values)
{
    enum status status = STATUS_OK;
    struct window step = *window;
    step.steps = 1;
    int64_t cells = window_count(&step);
    for (int64_t i = 0; i < window->steps; i++, step.time++) {
        TRY(read_resampled(fields, fields->dew_point, fields->dew_plan, item, &step,
                           fields->dew_rows));
        humidity_of_map(fields, cells, fields->dew_rows, values + i * cells);
    }
done:
    return status;
}

enum status fields_read(struct fields *fields, struct flow_item *item, const struct window *window,
                        float *values)
{
    enum status status;
    TRY(read_resampled(fields, fields->input, fields->plan, item, window, values));
    if (fields->dew_point != NULL) {
        TRY(add_humidity(fields, item, window, values));
    }
    if (fields->converter != NULL) {
        units_convert_float(fields->converter, values, window_count(window));
    }
done:
    return status;
}

void fields_close(struct fields *fields, bool is_finished)
{
    input_close(&fields->input, is_finished);
    input_close(&fields->dew_point, is_finished);
    resample_destroy(&fields->plan);
    resample_destroy(&fields->dew_plan);
    units_converter_destroy(&fields->converter);
    free(fields->source);
    free(fields->rows);
    free(fields->dew_rows);
}
