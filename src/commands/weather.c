/* airshed -- GPL-3.0-or-later. Weather fields beside a pollution cube. */
#include "weather.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/dataset.h"
#include "kernels/lane_blocks.h"
#include "kernels/resample.h"
#include "parallel/agree.h"
#include "weather_internal.h"

#define WEATHER_GROUP .group = "Weather"

const struct option_spec weather_options[] = {
    {.name = "met",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_REQUIRED | OPTION_REPEATABLE | OPTION_INPUT,
     .help = "File, folder or pattern with the weather fields; repeat it where they lie in several.",
     WEATHER_GROUP},
    {.name = "met-variables",
     .kind = OPTION_LIST,
     .argument = "KEY=NAME,...",
     .help = "Names in the files of t2m, tp, sp, u10, v10, rh, where their standard names do not "
             "tell.",
     WEATHER_GROUP},
    {.name = "weather",
     .kind = OPTION_LIST,
     .argument = "KEY,...",
     .choices = "t2m|tp|sp|u10|v10|rh",
     .fallback = "t2m,tp,sp,u10,v10,rh",
     .help = "Fields of the regression, in the order of its coefficients.",
     WEATHER_GROUP},
    {.name = NULL},
};

/* Fields, the units that they are brought to, and how files call them (C.04, P2.03). */
struct weather_kind {
    const char *key, *units, *long_name;
    const char *names[6]; /* standard names, then what ERA5 calls them */
};

static const struct weather_kind kinds[WEATHER_MAX] = {
    {"t2m", "K", "2 m temperature", {"air_temperature", "t2m", "2t"}},
    {"tp",
     "m",
     "total precipitation",
     {"lwe_thickness_of_precipitation_amount", "tp", "total_precipitation"}},
    {"sp", "Pa", "surface pressure", {"surface_air_pressure", "sp"}},
    {"u10", "m s-1", "10 m eastward wind", {"eastward_wind", "u10", "10u"}},
    {"v10", "m s-1", "10 m northward wind", {"northward_wind", "v10", "10v"}},
    {"rh", "%", "relative humidity", {"relative_humidity", "rh", "r"}},
};

static const struct weather_kind *find_kind(const char *key)
{
    for (int i = 0; i < WEATHER_MAX; i++) {
        if (strcmp(kinds[i].key, key) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- finding ------------------------------------------------------------------------------ */

/* Name that --met-variables gives for @p key, or NULL. */
static const char *given_name(const struct options *options, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < option_count(options, "met-variables"); i++) {
        const char *item = option_item(options, "met-variables", i);
        if (strncmp(item, key, length) == 0 && item[length] == '=') {
            return item + length + 1;
        }
    }
    return NULL;
}

static enum status check_given_names(const struct options *options)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < option_count(options, "met-variables"); i++) {
        const char *item = option_item(options, "met-variables", i);
        char key[16];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(item, "="), item);
        FAIL_IF(strchr(item, '=') == NULL || find_kind(key) == NULL, STATUS_USAGE,
                "--met-variables %s: write KEY=NAME with a key of t2m, tp, sp, u10, v10, rh", item);
    }
done:
    return status;
}

static bool variable_matches(const struct dataset_variable *facts, const char *given,
                             const struct weather_kind *kind)
{
    if (given != NULL) {
        return strcmp(facts->name, given) == 0 || strcmp(facts->standard_name, given) == 0;
    }
    for (int i = 0; kind->names[i] != NULL; i++) {
        if (strcmp(facts->standard_name, kind->names[i]) == 0 ||
            (facts->standard_name[0] == '\0' && strcmp(facts->name, kind->names[i]) == 0)) {
            return true;
        }
    }
    return false;
}

/* Looks through one file; adds its variables to the candidates. */
static enum status search_file(const char *path, const struct options *options,
                               const struct weather_kind *kind, struct text *candidates, char **name)
{
    enum status status;
    struct dataset *dataset = NULL;
    const char *given = given_name(options, kind->key);
    const struct dataset_options how = {.crs = option_text(options, "crs")};
    TRY(dataset_open(path, &how, &dataset));
    for (int i = 0; i < dataset_variable_count(dataset) && *name == NULL; i++) {
        const struct dataset_variable *facts = dataset_variable(dataset, i);
        if (variable_matches(facts, given, kind)) {
            TRY(memory_copy_text(facts->name, name));
        }
        text_add_format(candidates, "%s%s", candidates->length > 0 ? ", " : "", facts->name);
    }
done:
    dataset_close(&dataset);
    return status;
}

static enum status find_variable(const struct options *options, const struct weather_kind *kind,
                                 const char **path, char **name)
{
    enum status status = STATUS_OK;
    struct text candidates = {0};
    char *list = NULL;
    const char *given = given_name(options, kind->key);
    for (size_t i = 0; i < option_count(options, "met") && *name == NULL; i++) {
        *path = option_item(options, "met", i);
        TRY(search_file(*path, options, kind, &candidates, name));
    }
    if (*name == NULL) {
        TRY(text_take(&candidates, &list));
        FAIL_IF(given != NULL, STATUS_DATA,
                "--met-variables %s=%s: the files of --met hold no such variable, only %s", kind->key,
                given, list);
        FAIL(STATUS_DATA,
             "--met: no variable is %s (standard name %s); name it with --met-variables %s=NAME; the "
             "files hold: %s",
             kind->long_name, kind->names[0], kind->key, list);
    }
done:
    text_clear(&candidates);
    free(list);
    return status;
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum status open_input(const struct weather *weather, const struct input *pollution,
                              const struct weather_kind *kind, struct input **input)
{
    enum status status;
    const struct job *job = weather->job;
    const char *path = NULL;
    char *name = NULL;
    char from[CALENDAR_TEXT_BYTES];
    char to[CALENDAR_TEXT_BYTES];
    char why[256];
    const struct time_axis *time = input_time(pollution);
    struct calendar_date first = time_axis_date(time, 0);
    struct calendar_date last = time_axis_date(time, time->steps - 1);

    TRY_TOGETHER(job->comm, find_variable(job->options, kind, &path, &name));
    struct input_request request = {
        .label = kind->key,
        .path = path,
        .variable = name,
        .units = kind->units,
        .needs_time = true,
        .ignores_selection = true,
        .from = calendar_format_date(&first, from),
        .to = calendar_format_date(&last, to),
        .fill_steps = strcmp(option_text(job->options, "missing-steps"), "fill") == 0,
        .by_rows = true,
        .few_cells = weather->extent == WEATHER_FEW_CELLS};
    TRY(input_open(job, &request, input));
    if (!time_axis_is_equal(time, input_time(*input), why, sizeof why)) {
        status = failure_record(STATUS_DATA, __FILE__, __LINE__,
                                "%s: '%s' does not have the dates of the pollution cube: %s; choose "
                                "common dates with --from and --to",
                                path, name, why);
    }
    TRY(status_agree(job->comm, status));
done:
    free(name);
    return status;
}

static struct resample_grid resample_grid_of(const struct georeference *grid)
{
    return (struct resample_grid){.x = {grid->cols, grid->x, grid->x_edges},
                                  .y = {grid->rows, grid->y, grid->y_edges},
                                  .period = grid->is_geographic ? 360.0 : 0.0,
                                  .is_geographic = grid->is_geographic};
}

/* Between grids of one CRS, or from degrees to a projected grid. */
static enum status plan_resampling(const struct georeference *source,
                                   const struct georeference *target, struct resample_plan **plan)
{
    enum status status;
    double *lon = NULL;
    double *lat = NULL;
    struct resample_grid from = resample_grid_of(source);
    struct resample_grid to = resample_grid_of(target);
    if (source->is_geographic == target->is_geographic &&
        (source->is_geographic || strcmp(source->crs_wkt, target->crs_wkt) == 0)) {
        return resample_create(RESAMPLE_BILINEAR, &from, &to, plan);
    }
    FAIL_IF(!source->is_geographic, STATUS_DATA,
            "the weather lies on another projected grid: bring it to the grid of the pollution cube "
            "with airshed prepare");
    size_t cells = (size_t)(target->rows * target->cols);
    TRY(memory_allocate(cells, sizeof *lon, &lon));
    TRY(memory_allocate(cells, sizeof *lat, &lat));
    TRY(georeference_lonlat(target, lon, lat));
    TRY(resample_create_points(RESAMPLE_BILINEAR, &from, target->rows, target->cols, 1, lon, lat,
                               plan));
done:
    free(lon);
    free(lat);
    return status;
}

/* True where any cell of @p target gets a value. */
static bool has_overlap(const struct resample_plan *plan, const struct georeference *target)
{
    struct resample_term terms[LANE_TERMS];
    for (int64_t row = 0; row < target->rows; row++) {
        for (int64_t col = 0; col < target->cols; col++) {
            if (resample_terms(plan, row, col, terms) > 0) {
                return true;
            }
        }
    }
    return false;
}

/* Baselines of the field's own grid, for all cells or when they are asked for. */
static enum status decompose_own_grid(const struct weather *weather, struct weather_field *field,
                                      bool *is_complete)
{
    return weather->extent == WEATHER_FEW_CELLS
               ? weather_look_for_gaps(field, weather->job->memory_bytes, is_complete)
               : weather_decompose_coarse(weather->job, weather->decomposition, field, is_complete);
}

static enum status field_align(const struct weather *weather, const struct input *pollution,
                               struct weather_field *field)
{
    enum status status = STATUS_OK;
    const struct job *job = weather->job;
    char why[256];
    bool is_complete = false;
    const struct georeference *source = input_grid(field->input);
    const struct georeference *target = input_grid(pollution);
    if (georeference_is_equal(source, target, why, sizeof why)) {
        field->path = WEATHER_DIRECT;
        goto done;
    }
    TRY_TOGETHER(job->comm, plan_resampling(source, target, &field->plan));
    FAIL_IF(!has_overlap(field->plan, target), STATUS_DATA,
            "--met: the grid of '%s' covers no cell of the pollution cube: give weather of the same "
            "region",
            field->key);
    field->path = WEATHER_RESAMPLED;
    if (decomposition_is_linear(weather->decomposition)) {
        /* A plan takes the weather for complete, and its baselines for 0. */
        is_complete = true;
        if (!job->dry_run) {
            TRY(decompose_own_grid(weather, field, &is_complete));
        }
        field->path = is_complete ? WEATHER_BASELINE : WEATHER_RESAMPLED;
    }
    if (job->rank == 0 && weather->extent == WEATHER_MANY_CELLS) {
        log_info("%s: %lld x %lld cells, %s", field->key, (long long)source->rows,
                 (long long)source->cols,
                 field->path == WEATHER_BASELINE
                     ? "decomposed on its own grid, then interpolated"
                     : "interpolated, then decomposed on the pollution grid");
    }
done:
    return status;
}

static enum status field_open(struct weather *weather, const struct input *pollution, const char *key)
{
    enum status status;
    const struct weather_kind *kind = find_kind(key);
    struct weather_field *field = NULL;
    TRY_TOGETHER(weather->job->comm, memory_allocate(1, sizeof *field, &field));
    weather->fields[weather->count] = field;
    weather->keys[weather->count] = field->key = kind->key;
    weather->units[weather->count] = kind->units;
    weather->long_names[weather->count] = kind->long_name;
    weather->count++;
    TRY(open_input(weather, pollution, kind, &field->input));
    TRY(field_align(weather, pollution, field));
done:
    return status;
}

static enum status check_keys(const struct options *options)
{
    enum status status;
    size_t count = option_count(options, "weather");
    TRY(check_given_names(options));
    FAIL_IF(count == 0 || count > WEATHER_MAX, STATUS_USAGE,
            "--weather: name one to %d fields", WEATHER_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *key = option_item(options, "weather", i);
        for (size_t j = 0; j < i; j++) {
            FAIL_IF(strcmp(key, option_item(options, "weather", j)) == 0, STATUS_USAGE,
                    "--weather: '%s' is named twice", key);
        }
    }
done:
    return status;
}

enum status weather_open(const struct job *job, const struct input *pollution,
                         struct decomposition *decomposition, enum weather_extent extent,
                         struct weather **out)
{
    enum status status;
    struct weather *weather = NULL;
    TRY_TOGETHER(job->comm, check_keys(job->options));
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *weather, &weather));
    weather->job = job;
    weather->extent = extent;
    weather->decomposition = decomposition;
    weather->steps = input_time(pollution)->steps;
    weather->cols = input_grid(pollution)->cols;
    for (size_t i = 0; i < option_count(job->options, "weather"); i++) {
        TRY(field_open(weather, pollution, option_item(job->options, "weather", i)));
    }
    *out = weather;
    weather = NULL;
done:
    weather_close(&weather, false);
    return status;
}

void weather_close(struct weather **weather, bool is_finished)
{
    if (*weather == NULL) {
        return;
    }
    for (int i = 0; i < (*weather)->count; i++) {
        struct weather_field *field = (*weather)->fields[i];
        weather_release_coarse((*weather)->job, field, is_finished);
        input_close(&field->input, is_finished);
        resample_destroy(&field->plan);
        free(field->values);
        free(field->baselines);
        free(field->trends);
        free(field->seasonals);
        free(field->doubles);
        free(field->source_values);
        free(field);
    }
    free(*weather);
    *weather = NULL;
}

int weather_inputs(const struct weather *weather, struct input **inputs)
{
    for (int i = 0; i < weather->count; i++) {
        inputs[i] = weather->fields[i]->input;
    }
    return weather->count;
}

/* ---- items -------------------------------------------------------------------------------- */

/* Source rows that the tallest band needs. */
static int64_t source_rows_most(const struct weather_field *field,
                                const struct items *items)
{
    int64_t most = 0;
    for (int64_t row = 0; row < items->rows; row += items->band_rows) {
        int64_t first;
        int64_t count;
        int64_t left = items->rows - row;
        resample_source_rows(field->plan, row, left < items->band_rows ? left : items->band_rows,
                             &first, &count);
        most = count > most ? count : most;
    }
    return most;
}

void weather_cost(const struct weather *weather, struct items_cost *cost)
{
    for (int i = 0; i < weather->count; i++) {
        const struct weather_field *field = weather->fields[i];
        const struct georeference *source = input_grid(field->input);
        /* Two source rows, and what further rows of a band add. */
        int64_t row_bytes = weather->steps * source->cols * (int64_t)sizeof(double);
        switch (field->path) {
        case WEATHER_DIRECT:
            cost->unit_bytes += weather->steps * (int64_t)sizeof(float);
            break;
        case WEATHER_RESAMPLED:
            cost->fixed_bytes += row_bytes;
            cost->unit_bytes += weather->steps * (int64_t)sizeof(float) * 2;
            break;
        case WEATHER_BASELINE:
            cost->fixed_bytes += 3 * row_bytes;
            break;
        }
    }
}

/* Of few cells the values are read, and their parts are kept. */
static enum status create_parts(struct weather_field *field, size_t source)
{
    enum status status;
    TRY(memory_allocate(source, sizeof(float), &field->source_values));
    TRY(memory_allocate(source, sizeof(double), &field->doubles));
    TRY(memory_allocate(source, sizeof(double), &field->trends));
    TRY(memory_allocate(source, sizeof(double), &field->seasonals));
done:
    return status;
}

enum status weather_create_buffers(struct weather *weather, const struct items *items)
{
    enum status status = STATUS_OK;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    for (int i = 0; i < weather->count; i++) {
        struct weather_field *field = weather->fields[i];
        size_t steps = (size_t)weather->steps;
        if (field->path != WEATHER_BASELINE) {
            TRY(memory_allocate(steps * cells, sizeof(float), &field->values));
        }
        if (field->path != WEATHER_DIRECT) {
            size_t rows = (size_t)source_rows_most(field, items);
            size_t source = steps * rows * (size_t)input_grid(field->input)->cols;
            bool is_baseline = field->path == WEATHER_BASELINE;
            TRY(memory_allocate(source, is_baseline ? sizeof(double) : sizeof(float),
                                is_baseline ? (void *)&field->baselines
                                            : (void *)&field->source_values));
            if (is_baseline && weather->extent == WEATHER_FEW_CELLS) {
                TRY(create_parts(field, source));
            }
        }
    }
done:
    return status;
}

/* Half of the weight must be valid, as in `prepare`. */
#define LEAST_WEIGHT 0.5

static enum status read_resampled(const struct weather *weather, struct weather_field *field,
                                  const struct window *window, const struct window *source)
{
    enum status status;
    float *rows = NULL;
    int64_t cells = window->rows * window->cols;
    TRY(memory_allocate((size_t)(window->rows * weather->cols), sizeof *rows, &rows));
    TRY(input_read(field->input, source, field->source_values));
    for (int64_t step = 0; step < weather->steps; step++) {
        resample_rows(field->plan, LEAST_WEIGHT, window->row, window->rows, source->row,
                      field->source_values + step * source->rows * source->cols, rows);
        for (int64_t row = 0; row < window->rows; row++) {
            memcpy(field->values + step * cells + row * window->cols,
                   rows + row * weather->cols + window->col,
                   (size_t)window->cols * sizeof *rows);
        }
    }
done:
    free(rows);
    return status;
}

/* A field on another grid: rows at the rim of a band are those of the next band, too, and where rows
 * are split into blocks of columns each reads them whole. */
static void count_source(const struct weather_field *field, struct flow_item *item,
                         const struct window *source)
{
    const struct window *window = &item->window;
    bool is_baseline = field->path == WEATHER_BASELINE;
    int64_t bytes = is_baseline ? (int64_t)sizeof(double) : (int64_t)sizeof(float);
    int64_t shared = window->col > 0
                         ? source->rows
                         : resample_shared_rows(field->plan, window->row, window->rows);
    flow_count_read(item, window_count(source) * bytes);
    flow_count_halo(item, shared * source->cols * source->steps * bytes);
}

static enum status field_read(const struct weather *weather, struct weather_field *field,
                              struct flow_item *item)
{
    const struct window *window = &item->window;
    if (field->path == WEATHER_DIRECT) {
        flow_count_read(item, window_count(window) * (int64_t)sizeof(float));
        return input_read(field->input, window, field->values);
    }
    struct window source = {.steps = weather->steps, .cols = input_grid(field->input)->cols};
    resample_source_rows(field->plan, window->row, window->rows, &source.row, &source.rows);
    field->first_row = source.row;
    field->row_count = source.rows;
    count_source(field, item, &source);
    if (field->path == WEATHER_RESAMPLED) {
        return read_resampled(weather, field, window, &source);
    }
    if (weather->extent == WEATHER_FEW_CELLS) {
        return weather_decompose_rows(weather->decomposition, field, &source);
    }
    return field->coarse != NULL ? cube_get(field->coarse, 0, &source, field->baselines)
                                 : STATUS_OK;
}

enum status weather_read(struct weather *weather, struct flow_item *item)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < weather->count; i++) {
        TRY(field_read(weather, weather->fields[i], item));
    }
done:
    return status;
}

/* ---- baselines ---------------------------------------------------------------------------- */

/* Sums for the cells of a block, as resample_terms() weighs them; NaN outside the source. */
static struct lane_sum block_sum(const struct weather_field *field, const struct window *window,
                                 int64_t first)
{
    struct lane_sum sum = {0};
    int64_t cells = window->rows * window->cols;
    int64_t source_cols = input_grid(field->input)->cols;
    for (int64_t lane = 0; lane < LANES; lane++) {
        struct resample_term terms[LANE_TERMS];
        int64_t cell = first + lane;
        int64_t count = cell < cells
                            ? resample_terms(field->plan, window->row + cell / window->cols,
                                             window->col + cell % window->cols, terms)
                            : 0;
        sum.weight[0][lane] = NAN;
        for (int64_t i = 0; i < count; i++) {
            sum.offset[i][lane] = (terms[i].row - field->first_row) * source_cols + terms[i].col;
            sum.weight[i][lane] = terms[i].weight;
        }
    }
    return sum;
}

void weather_baseline(const struct weather *weather, int index,
                      struct decomposition *decomposition, const struct window *window,
                      int64_t first, double *baseline, unsigned char *observed)
{
    const struct weather_field *field = weather->fields[index];
    if (field->path == WEATHER_BASELINE) {
        struct lane_sum sum = block_sum(field, window, first);
        lane_block_interpolate(field->baselines, weather->steps,
                               field->row_count * input_grid(field->input)->cols, &sum, baseline);
        return;
    }
    decomposition_load(decomposition, field->values, window->rows * window->cols, first);
    decomposition_run(decomposition);
    lane_block_add(decomposition->trend, decomposition->seasonal, weather->steps, baseline);
    lane_block_mark(decomposition->series, weather->steps, observed);
}

bool weather_is_interpolated(const struct weather *weather, int field)
{
    return weather->fields[field]->path == WEATHER_BASELINE;
}

void weather_decomposed(const struct weather *weather, int index,
                        struct decomposition *decomposition, const struct window *window,
                        int64_t first, const struct weather_parts *parts)
{
    const struct weather_field *field = weather->fields[index];
    if (field->path == WEATHER_BASELINE) {
        struct lane_sum sum = block_sum(field, window, first);
        int64_t stride = field->row_count * input_grid(field->input)->cols;
        lane_block_interpolate(field->doubles, weather->steps, stride, &sum, parts->value);
        lane_block_interpolate(field->trends, weather->steps, stride, &sum, parts->trend);
        lane_block_interpolate(field->seasonals, weather->steps, stride, &sum, parts->seasonal);
        return;
    }
    size_t bytes = (size_t)(weather->steps * LANES) * sizeof(double);
    decomposition_load(decomposition, field->values, window->rows * window->cols, first);
    decomposition_run(decomposition);
    memcpy(parts->value, decomposition->series, bytes);
    memcpy(parts->trend, decomposition->trend, bytes);
    memcpy(parts->seasonal, decomposition->seasonal, bytes);
}
