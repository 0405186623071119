/* airshed -- GPL-3.0-or-later. explain: areas, what they would have without sources, shares, and
 * neighbours of one cell. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../attribute/attribute.h"
#include "../background/background.h"
#include "base/memory.h"
#include "explain.h"
#include "../moran_cells.h"
#include "../periods.h"
#include "../reach.h"
#include "../terrain.h"

/* ---- grow --------------------------------------------------------------------------------- */

struct surroundings {
    struct terrain *terrain;
    struct sources *sources;
    struct window *window; /* of each source */
    struct reach reach;
};

static bool holds_cell(const struct window *window, const struct cell_part *part)
{
    return part->row >= window->row && part->row < window->row + window->rows &&
           part->col >= window->col && part->col < window->col + window->cols;
}

static enum status find_windows(struct cell_part *part, struct surroundings *around)
{
    enum status status;
    const struct georeference *grid = terrain_grid(around->terrain);
    const struct sources *sources = around->sources;
    int64_t most = 1;
    TRY(memory_allocate((size_t)sources->count, sizeof *around->window, &around->window));
    for (int64_t i = 0; i < sources->count; i++) {
        TRY(source_window(&sources->source[i], grid, reach_limit_m(part->options),
                          &around->window[i]));
        int64_t cells = around->window[i].rows * around->window[i].cols;
        most = holds_cell(&around->window[i], part) && cells > most ? cells : most;
    }
    TRY(reach_init(part->options, grid, most, &around->reach));
    TRY(reach_create_buffers(&around->reach, true));
done:
    return status;
}

/* The elevation that the stage grew on: with --depression-fill that of its product. */
static enum status read_elevation(struct cell_part *part, struct surroundings *around,
                                  const struct window *window, float *elevation)
{
    enum status status;
    int filled;
    flow_count_read(part->item, terrain_read_bytes(around->terrain, window->rows * window->cols));
    if (!option_flag(part->options, "depression-fill")) {
        return terrain_read(around->terrain, window, elevation);
    }
    TRY(dataset_find(part->stored, "elevation_filled", &filled));
    TRY(dataset_read(part->stored, filled, window, elevation));
done:
    return status;
}

/* Elevations on the way from the source to the cell. */
static json_t *way_of(struct cell_part *part, const struct reach *reach, int64_t cell)
{
    json_t *way = json_array();
    for (int64_t at = cell;; at = reach->from[at]) {
        float elevation = reach->elevation[at];
        part->failed = json_array_insert_new(way, 0,
                                             isnan(elevation) ? json_null()
                                                              : json_real((double)elevation)) != 0 ||
                       part->failed;
        if (reach->from[at] == at) {
            return way;
        }
    }
}

/* Whether the area of source @p index holds the cell, and how it came there. */
static enum status try_source(struct cell_part *part, struct surroundings *around, int64_t index,
                              json_t *list)
{
    enum status status = STATUS_OK;
    const struct source *source = &around->sources->source[index];
    const struct window *window = &around->window[index];
    struct reach *reach = &around->reach;
    int64_t cell = (part->row - window->row) * window->cols + part->col - window->col;
    TRY(read_elevation(part, around, window, reach->elevation));
    TRY(reach_run(reach, source, window));
    if (reach->own_cells > 0 && reach->mask[cell] != 0) {
        part_add(part, list,
                 json_pack("{s:I, s:s, s:s, s:f, s:f, s:f, s:o}", "source", (json_int_t)(index + 1),
                           "file", source->file, "name", source->name, "lon", source->lon, "lat",
                           source->lat, "distance_km", reach_distance_m(reach, source, cell) / 1000,
                           "elevations_m", way_of(part, reach, cell)));
    }
done:
    return status;
}

static enum status try_sources(struct cell_part *part, struct surroundings *around, json_t *list)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < around->sources->count; i++) {
        if (holds_cell(&around->window[i], part)) {
            TRY(try_source(part, around, i, list));
        }
    }
done:
    return status;
}

static enum status tell_elevation(struct cell_part *part, struct surroundings *around)
{
    enum status status;
    float elevation;
    struct window window = part_window(part, 1);
    TRY(read_elevation(part, around, &window, &elevation));
    part_number(part, "elevation", "elevation that areas grow on", "m", (double)elevation);
done:
    return status;
}

enum status explain_grow(struct cell_part *part)
{
    enum status status;
    struct surroundings around = {0};
    json_t *list = json_array();
    part->failed = json_object_set_new(part->facts, "sources", list) != 0 || part->failed;
    TRY(terrain_open(&part->job, &around.terrain));
    TRY(sources_read(&part->job, terrain_grid(around.terrain), &around.sources));
    TRY(find_windows(part, &around));
    TRY(try_sources(part, &around, list));
    size_t count = json_array_size(list);
    TRY(part_check(part, "area", -1, NULL, count > 0));
    TRY(part_check(part, "source_count", -1, NULL, (double)count));
    TRY(part_read(part, "label", -1, NULL));
    TRY(tell_elevation(part, &around));
    if (count == 0) {
        part_note(part, "The cell lies in no radiation area: no source reaches it.");
    }
done:
    reach_clear(&around.reach);
    free(around.window);
    sources_destroy(&around.sources);
    terrain_close(&around.terrain, true);
    return status;
}

/* ---- background --------------------------------------------------------------------------- */

struct prediction {
    struct input *input, *area;
    struct region region;
    struct infill *infill;
    int64_t cell, mask; /* mask: that the method was made for */
    float *maps;      /* [slab, cells] */
    double *expected; /* [steps] */
};

/* A method for the areas of @p mask: the stage's own, for this cell alone. */
static enum status choose_mask(struct cell_part *part, struct prediction *prediction, int64_t mask)
{
    enum status status = STATUS_OK;
    if (prediction->infill != NULL && mask == prediction->mask) {
        goto done;
    }
    infill_destroy(&prediction->infill);
    struct infill_request request = region_request(
        &prediction->region, part->options,
        (enum infill_method)method_find(option_text(part->options, "method")), mask, false);
    request.targets = 1;
    request.target = &prediction->cell;
    prediction->mask = mask;
    TRY(infill_create(&request, &prediction->infill));
done:
    return status;
}

static enum status predict_step(struct cell_part *part, struct prediction *prediction, int64_t step,
                                const float *map)
{
    enum status status = STATUS_OK;
    const struct region *region = &prediction->region;
    bool is_wanted = region_wanted(region, step, false)[prediction->cell] != 0;
    if (is_wanted && region_has_known(region, step, map)) {
        TRY(choose_mask(part, prediction, region->mask_of[step]));
        TRY(infill_predict(prediction->infill, map, &prediction->expected[step]));
    }
done:
    return status;
}

/* Each step by itself, as the stage does; in slabs that an eighth of the memory holds. */
static enum status predict(struct cell_part *part, struct prediction *prediction)
{
    enum status status;
    const struct region *region = &prediction->region;
    int64_t steps = input_time(prediction->input)->steps, map = region->cells * 4;
    int64_t most = part->job.memory_bytes / 8 / map;
    most = most < 1 ? 1 : most > steps ? steps : most;
    struct window window = {.rows = region->grid->rows, .cols = region->grid->cols};
    TRY(memory_allocate((size_t)(most * region->cells), sizeof(float), &prediction->maps));
    for (; window.time < steps; window.time += window.steps) {
        window.steps = steps - window.time < most ? steps - window.time : most;
        TRY(input_read(prediction->input, &window, prediction->maps));
        flow_count_read(part->item, window_count(&window) * (int64_t)sizeof(float));
        for (int64_t step = 0; step < window.steps; step++) {
            TRY(predict_step(part, prediction, window.time + step,
                             prediction->maps + step * region->cells));
        }
    }
done:
    return status;
}

static enum status check_roles(struct cell_part *part, const struct prediction *prediction,
                               enum role *own)
{
    enum status status;
    static const char *const words[] = {"outside", "background", "radiation area", "test area",
                                        "validation area"};
    int8_t *role = NULL;
    TRY(memory_allocate((size_t)prediction->region.cells, 1, &role));
    region_roles(&prediction->region, role);
    *own = (enum role)role[prediction->cell];
    TRY(part_check(part, "role", -1, NULL, (double)*own));
    part_meaning(part, words[*own]);
    TRY(part_check(part, "held_out", -1, NULL,
                   (double)prediction->region.holdout->area[prediction->cell]));
done:
    free(role);
    return status;
}

static void tell_variogram(struct cell_part *part, const struct region *region)
{
    const struct variogram_model *model = &region->fit.model;
    part_note(part, "Kriging by the variogram of scaled maps: %s.",
              variogram_shape_name(model->shape));
    part_number(part, "nugget", "of the variogram of scaled maps", "1", model->nugget);
    part_number(part, "partial_sill", "of the variogram of scaled maps", "1", model->partial_sill);
    part_number(part, "range", "of the variogram", "km", model->range / 1000);
}

static enum status tell_background(struct cell_part *part, struct prediction *prediction)
{
    enum status status;
    enum role role;
    const char *method = option_text(part->options, "method");
    bool is_network = method_find(method) == METHOD_NETWORK;
    int64_t steps = input_time(prediction->input)->steps;
    part_time(part, input_time(prediction->input));
    part_note(part, "Predicted by the method %s.", method);
    TRY(check_roles(part, prediction, &role));
    TRY(memory_allocate((size_t)steps, sizeof(double), &prediction->expected));
    for (int64_t step = 0; step < steps; step++) {
        prediction->expected[step] = NAN;
    }
    if (role != ROLE_RADIATION) {
        part_note(part, "The cell is in no radiation area, so that nothing is expected in it: its "
                        "pollution has no part of the sources, and no share.");
    } else if (is_network) {
        part_note(part, "Read, not computed anew: the network sees the whole map.");
        TRY(part_read_series(part, "expected", "expected"));
        goto done;
    } else {
        TRY(predict(part, prediction));
    }
    if (method_find(method) == INFILL_KRIGING) {
        tell_variogram(part, &prediction->region);
    }
    TRY(part_check_series(part, "expected", (struct part_values){prediction->expected, 1}));
done:
    return status;
}

enum status explain_background(struct cell_part *part)
{
    enum status status;
    struct prediction prediction = {0};
    TRY(part_open_input(part, "input", NULL, &prediction.input));
    TRY(background_open_area(&part->job, &prediction.area));
    TRY(region_create(&part->job, prediction.input, prediction.area, &prediction.region));
    prediction.cell = part->row * prediction.region.grid->cols + part->col;
    TRY(tell_background(part, &prediction));
done:
    infill_destroy(&prediction.infill);
    region_clear(&prediction.region);
    input_close(&prediction.area, true);
    input_close(&prediction.input, true);
    free(prediction.maps);
    free(prediction.expected);
    return status;
}

/* ---- attribute ---------------------------------------------------------------------------- */

enum {
    DEWEATHERED = 1,
    EXPECTED,
    INPUTS
};

static enum status check_days(struct cell_part *part, float *const values[INPUTS], int64_t steps)
{
    enum status status;
    static const char *const names[] = {"ihs", "background", "share"};
    double *days = NULL;
    TRY(memory_allocate((size_t)(3 * steps), sizeof *days, &days));
    for (int64_t step = 0; step < steps; step++) {
        struct attribute_day day =
            attribute_day_of(values[0][step], values[DEWEATHERED][step], values[EXPECTED][step]);
        days[step] = day.ihs;
        days[steps + step] = day.background;
        days[2 * steps + step] = day.share;
    }
    for (int i = 0; i < 3; i++) {
        TRY(part_check_series(part, names[i], (struct part_values){days + i * steps, 1}));
    }
done:
    free(days);
    return status;
}

static enum status check_period(struct cell_part *part, const struct attribute_means *means,
                                int layer, const char *label)
{
    enum status status = STATUS_OK;
    for (int map = 0; map < ATTRIBUTE_MAPS; map++) {
        TRY(part_check(part, attribute_map_names[map], layer, label, means->maps[map]));
    }
    for (int count = 0; count < ATTRIBUTE_COUNTS; count++) {
        TRY(part_check(part, attribute_count_names[count], layer, label,
                       (double)means->counts[count]));
    }
done:
    return status;
}

static enum status check_periods(struct cell_part *part, const struct time_axis *time,
                                 float *const values[INPUTS])
{
    enum status status;
    struct periods *periods = NULL;
    char label[PERIOD_LABEL_BYTES];
    struct attribute_series series = {values[0], values[DEWEATHERED], values[EXPECTED], 1, false};
    series.is_outside = attribute_is_outside(&series, time->steps);
    TRY(periods_create(part->options, time, &periods));
    TRY(periods_add_windows(periods, part->options, time));
    TRY(periods_add_all(periods));
    for (int64_t i = 0; i < periods->count; i++) {
        struct attribute_means means = attribute_means_of(periods, &periods->period[i], &series);
        TRY(check_period(part, &means, (int)i, period_label(&periods->period[i], label)));
    }
done:
    periods_destroy(&periods);
    return status;
}

static enum status read_series(struct cell_part *part, struct input *const inputs[INPUTS],
                               float *values[INPUTS])
{
    enum status status = STATUS_OK;
    int64_t steps = input_time(inputs[0])->steps;
    struct window window = part_window(part, steps);
    for (int i = 0; i < INPUTS; i++) {
        TRY(memory_allocate((size_t)steps, sizeof **values, &values[i]));
        TRY(input_read(inputs[i], &window, values[i]));
        flow_count_read(part->item, steps * (int64_t)sizeof **values);
    }
done:
    return status;
}

enum status explain_attribute(struct cell_part *part)
{
    enum status status;
    struct input *inputs[INPUTS] = {NULL};
    float *values[INPUTS] = {NULL};
    TRY(part_open_input(part, "input", NULL, &inputs[0]));
    TRY(attribute_open_like(&part->job, inputs[0], "deweathered",
                            option_text(part->options, "deweathered"), "deweathered", true,
                            &inputs[DEWEATHERED]));
    TRY(attribute_open_like(&part->job, inputs[0], "expected",
                            option_text(part->options, "expected"), "expected", true,
                            &inputs[EXPECTED]));
    TRY(read_series(part, inputs, values));
    part_time(part, input_time(inputs[0]));
    TRY(check_days(part, values, input_time(inputs[0])->steps));
    TRY(check_periods(part, input_time(inputs[0]), values));
    TRY(part_read(part, "share_standard_error", -1, NULL));
    part_note(part, "The standard error is that of the map: it takes the whole maps (P2.47).");
done:
    for (int i = 0; i < INPUTS; i++) {
        free(values[i]);
        input_close(&inputs[i], true);
    }
    return status;
}

/* ---- moran -------------------------------------------------------------------------------- */

static const char *const quadrants[] = {"none", "high among high", "low among high",
                                        "low among low", "high among low"};

enum status explain_moran(struct cell_part *part)
{
    enum status status;
    struct moran_cells cells = {0};
    struct moran *moran = NULL;
    struct moran_local local;
    double maps[MORAN_LOCAL_MAPS];
    struct moran_local_settings settings = moran_cells_local_settings(&part->job);
    TRY(moran_cells_open(&part->job, &cells));
    TRY(moran_cells_load(&cells));
    TRY(moran_cells_moran(&cells, &moran));
    int64_t cell = part->row * cells.cols + part->col;
    TRY(moran_local(moran, &settings, cell, &local));
    moran_local_maps(&local, maps);
    part_number(part, "value", "what is compared with its neighbours: the mean over the steps",
                cells.units, cells.values[cell]);
    for (int map = 0; map < MORAN_LOCAL_MAPS; map++) {
        TRY(part_check(part, moran_local_names[map], -1, NULL, maps[map]));
    }
    TRY(part_check(part, "quadrant", -1, NULL, (double)local.quadrant));
    part_meaning(part, quadrants[local.quadrant]);
    TRY(part_read(part, "cluster", -1, NULL));
    part_note(part, "Whether it is a cluster hangs on the p of all cells: read.");
done:
    moran_destroy(&moran);
    moran_cells_close(&cells, true);
    return status;
}
