/* airshed -- GPL-3.0-or-later. background: what areas would have without their sources (P2.40-P2.43).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "parallel/agree.h"

#define METHOD_GROUP "Prediction"
#define SCORE_GROUP "Scores"

static const struct option_spec background_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube without the effect of the weather, such as the result of `deweather`."},
    {.name = "area",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_REQUIRED | OPTION_INPUT,
     .help = "Map of the radiation areas on the same grid, such as the result of `grow`; or a map for each "
             "year, as `grow --yearly` writes: each step then has the areas of its year."},
    {.name = "area-variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .fallback = "area",
     .help = "Its variable; cells above 0 are areas. area_yearly: those of every year."},
    {.name = "method",
     .kind = OPTION_CHOICE,
     .choices = "network|kriging|idw|linear",
     .fallback = "kriging",
     .group = METHOD_GROUP,
     .help = "How the areas are predicted from the background around them: a U-ConvLSTM, ordinary "
             "kriging, inverse distance, or a linear model in the coordinates whose coefficients are "
             "free in time."},
    {.name = "model",
     .kind = OPTION_CHOICE,
     .choices = "spherical|exponential|gaussian|matern|best",
     .fallback = "exponential",
     .group = METHOD_GROUP,
     .help = "Variogram model of kriging; best: the one that fits closest, which on smooth maps may be "
             "a gaussian without nugget that goes astray in large areas."},
    {.name = "smoothness",
     .kind = OPTION_REAL,
     .argument = "NU",
     .fallback = "1.5",
     .low = 0.05,
     .high = 50,
     .group = METHOD_GROUP,
     .help = "Smoothness of matern."},
    {.name = "variogram-steps",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "64",
     .low = 1,
     .high = 100000,
     .group = METHOD_GROUP,
     .help = "Maps, spread over the series, whose scaled semivariances are pooled. Cells without a "
             "value in all of them are outside."},
    {.name = "variogram-sample",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "1000",
     .low = 30,
     .high = 100000,
     .group = METHOD_GROUP,
     .help = "At most so many cells of such a map, drawn by --seed."},
    {.name = "neighbours",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "32",
     .low = 1,
     .high = 500,
     .group = METHOD_GROUP,
     .help = "At most so many nearest background cells, within the range of the variogram."},
    {.name = "per-octant",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "8",
     .low = 0,
     .high = 500,
     .group = METHOD_GROUP,
     .help = "At most so many in each of eight directions; 0: any."},
    {.name = "power",
     .kind = OPTION_REAL,
     .argument = "P",
     .fallback = "2",
     .low = 0.1,
     .high = 20,
     .group = METHOD_GROUP,
     .help = "Power of the inverse distance."},
    {.name = "block",
     .kind = OPTION_INTEGER,
     .argument = "CELLS",
     .fallback = "0",
     .low = 0,
     .high = 100000,
     .group = SCORE_GROUP,
     .help = "Edge of the blocks that are held out; 0: the size of a typical area, at most a quarter of "
             "the grid."},
    {.name = "test-share",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.2",
     .high = 0.9,
     .group = SCORE_GROUP,
     .help = "Share of the background whose blocks are scored: shapes of real areas are blanked in "
             "them and predicted from the rest."},
    {.name = "validation-share",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.1",
     .high = 0.9,
     .group = SCORE_GROUP,
     .help = "Share whose blocks tell a network when to stop learning."},
    {.name = "score-steps",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "365",
     .low = 1,
     .high = 1e6,
     .group = SCORE_GROUP,
     .help = "About so many steps are scored, 16 at a time, spread over the series."},
    {.name = NULL},
};

enum background_variable {
    BACKGROUND_EXPECTED,
    BACKGROUND_ROLE,
    BACKGROUND_HELD_OUT,
    BACKGROUND_HELD_OUT_ERROR,
    VARIABLES
};

enum { TABLES = 4 }; /* two CSV files, each with its JSON twin */

enum { ATTRIBUTES = 7, ATTRIBUTE_BYTES = 160 };

struct background {
    const struct job *job;
    struct input *input, *area;
    struct region region;
    struct scores scores;
    struct stage *stage;
    int method;
    struct infill *own, *rival[INFILL_METHODS];
    int64_t mask; /* that they were made for */
    struct painter painter; /* METHOD_NETWORK only */

    /* Of an item */
    int64_t start;    /* step that the values begin with: a network sees some before the item */
    float *values;    /* [lead + steps, cells] */
    float *expected;  /* [steps, cells] */
    float *scored;    /* [steps, cells], of a network: test areas */
    double *prediction;       /* [targets or held cells] */
    struct metric_sums *sums; /* of its scored steps */
    int64_t sums_bytes;

    char *table[TABLES];
    char comment[600];
    struct cube_variable variables[VARIABLES];
    char variogram[ATTRIBUTE_BYTES], neighbours[ATTRIBUTE_BYTES], power[ATTRIBUTE_BYTES];
    struct cube_attribute attributes[ATTRIBUTES];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

static bool is_network(const struct background *background)
{
    return background->method == METHOD_NETWORK;
}

/* Steps before an item that it reads, too. */
static int64_t lead_of(const struct background *background)
{
    return is_network(background) ? painter_lead(&background->painter) : 0;
}

static const float *values_at(const struct background *background, int64_t step)
{
    return background->values + (step - background->start) * background->region.cells;
}

static enum status background_read(void *context, struct flow_item *item)
{
    struct background *background = context;
    struct window window = item->window;
    int64_t lead = lead_of(background);
    lead = lead < window.time ? lead : window.time;
    window.time -= lead;
    window.steps += lead;
    background->start = window.time;
    flow_count_read(item, window_count(&window) * (int64_t)sizeof(float));
    return input_read(background->input, &window, background->values);
}

static void clear_map(const struct background *background, float *map)
{
    for (int64_t cell = 0; cell < background->region.cells; cell++) {
        map[cell] = NAN;
    }
}

static void destroy_methods(struct background *background)
{
    infill_destroy(&background->own);
    for (int method = 0; method < INFILL_METHODS; method++) {
        infill_destroy(&background->rival[method]);
    }
}

static enum status create_methods(struct background *background, int64_t mask)
{
    enum status status = STATUS_OK;
    const struct region *region = &background->region;
    const struct options *options = background->job->options;
    destroy_methods(background);
    background->mask = mask;
    if (!is_network(background)) {
        struct infill_request own = region_request(
            region, options, (enum infill_method)background->method, mask, false);
        TRY(infill_create(&own, &background->own));
    }
    for (int method = 0; method < INFILL_METHODS; method++) {
        struct infill_request rival =
            region_request(region, options, (enum infill_method)method, mask, true);
        TRY(infill_create(&rival, &background->rival[method]));
    }
done:
    return status;
}

/* Methods for the areas at @p step, made anew where those in hand are for others. */
static enum status choose_methods(struct background *background, int64_t step)
{
    int64_t mask = background->region.mask_of[step];
    return mask == background->mask ? STATUS_OK : create_methods(background, mask);
}

/* The areas at one step, by a method that needs that step alone. */
static enum status infill_areas(struct background *background, int64_t step, float *expected)
{
    enum status status;
    const struct mask *mask = region_mask(&background->region, step);
    TRY(choose_methods(background, step));
    TRY(infill_predict(background->own, values_at(background, step), background->prediction));
    for (int64_t i = 0; i < mask->targets; i++) {
        expected[mask->target[i]] = (float)background->prediction[i];
    }
done:
    return status;
}

static enum status predict_areas(struct background *background, const struct window *window)
{
    enum status status = STATUS_OK;
    const struct region *region = &background->region;
    for (int64_t step = 0; step < window->steps; step++) {
        float *expected = background->expected + step * region->cells;
        clear_map(background, expected);
        if (!is_network(background)) {
            TRY(infill_areas(background, window->time + step, expected));
        }
    }
    if (is_network(background)) {
        TRY(painter_predict(&background->painter, background->values, background->start,
                            window->time, window->steps, false, background->expected));
    }
    /* Nothing is known of a step without background. */
    for (int64_t step = 0; step < window->steps; step++) {
        if (!region_has_known(region, window->time + step,
                              values_at(background, window->time + step))) {
            clear_map(background, background->expected + step * region->cells);
        }
    }
done:
    return status;
}

/* ---- scores ------------------------------------------------------------------------------- */

/* Test areas by the network, over scored steps that follow one another. */
static enum status paint_scored(struct background *background, const struct window *window)
{
    enum status status = STATUS_OK;
    const struct region *region = &background->region;
    for (int64_t step = 0, run = 0; step < window->steps; step += run > 0 ? run : 1) {
        for (run = 0; step + run < window->steps &&
                      scores_has(&background->scores, window->time + step + run);) {
            run++;
        }
        if (run > 0) {
            TRY(painter_predict(&background->painter, background->values, background->start,
                                window->time + step, run, true,
                                background->scored + step * region->cells));
        }
    }
done:
    return status;
}

static void score_network(struct background *background, const float *map, const float *painted,
                          struct metric_sums *sums)
{
    const struct region *region = &background->region;
    for (int64_t i = 0; i < region->held; i++) {
        background->prediction[i] = (double)painted[region->held_cell[i]];
    }
    scores_add(&background->scores, METHOD_NETWORK, map, background->prediction, sums);
}

static enum status score_step(struct background *background, int64_t step, const float *painted,
                              struct metric_sums *sums)
{
    enum status status;
    const float *map = values_at(background, step);
    TRY(choose_methods(background, step));
    memset(sums, 0, (size_t)background->scores.step_bytes);
    for (int method = 0; method < INFILL_METHODS; method++) {
        TRY(infill_predict(background->rival[method], map, background->prediction));
        scores_add(&background->scores, method, map, background->prediction, sums);
    }
    if (is_network(background)) {
        score_network(background, map, painted, sums);
    }
done:
    return status;
}

static enum status score_item(struct background *background, const struct window *window)
{
    enum status status = STATUS_OK;
    int64_t bytes = background->scores.step_bytes, cells = background->region.cells;
    background->sums_bytes = 0;
    if (is_network(background)) {
        TRY(paint_scored(background, window));
    }
    for (int64_t step = 0; step < window->steps; step++) {
        if (scores_has(&background->scores, window->time + step)) {
            struct metric_sums *sums =
                background->sums + background->sums_bytes / (int64_t)sizeof *sums;
            TRY(score_step(background, window->time + step, background->scored + step * cells,
                           sums));
            background->sums_bytes += bytes;
        }
    }
done:
    return status;
}

static enum status background_compute(void *context, struct flow_item *item)
{
    enum status status;
    struct background *background = context;
    TRY(predict_areas(background, &item->window));
    TRY(score_item(background, &item->window));
done:
    return status;
}

static enum status background_write(void *context, struct flow_item *item)
{
    enum status status;
    struct background *background = context;
    TRY(flow_put(item, 0, BACKGROUND_EXPECTED, &item->window, background->expected));
    TRY(flow_payload(item, background->sums, background->sums_bytes));
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

/* What it takes to predict the same again (`attribute`). */
static void describe_method(struct background *background)
{
    const struct options *options = background->job->options;
    const struct variogram_model *model = &background->region.fit.model;
    snprintf(background->variogram, sizeof background->variogram, "%s %.17g %.17g %.17g %.17g",
             variogram_shape_name(model->shape), model->nugget, model->partial_sill, model->range,
             model->smoothness);
    snprintf(background->neighbours, sizeof background->neighbours, "%lld %lld",
             (long long)option_integer(options, "neighbours"),
             (long long)option_integer(options, "per-octant"));
    snprintf(background->power, sizeof background->power, "%.17g", option_real(options, "power"));
    background->attributes[3] =
        (struct cube_attribute){"prediction_method", method_name(background->method)};
    background->attributes[4] =
        (struct cube_attribute){"prediction_variogram", background->variogram};
    background->attributes[5] =
        (struct cube_attribute){"prediction_neighbours", background->neighbours};
    background->attributes[6] = (struct cube_attribute){"prediction_power", background->power};
}

static void describe(struct background *background)
{
    const char *method = method_name(background->method);
    const struct cube_variable variables[VARIABLES] = {
        [BACKGROUND_EXPECTED] = {.name = "expected",
                                 .long_name = "what the radiation area would have without its "
                                              "sources; missing elsewhere",
                                 .units = input_units(background->input),
                                 .cell_methods = input_variable(background->input)->cell_methods,
                                 .ancillary_variables = "role",
                                 .has_time = true},
        [BACKGROUND_ROLE] = {.name = "role",
                             .long_name = "what the cell served",
                             .type = CUBE_BYTE,
                             .flag_meanings =
                                 "outside background radiation_area test_area validation_area"},
        [BACKGROUND_HELD_OUT] = {.name = "held_out",
                                 .long_name = "number of the held-out area; 0: none",
                                 .units = "1",
                                 .type = CUBE_INT},
        [BACKGROUND_HELD_OUT_ERROR] = {.name = "held_out_error",
                                       .long_name = "mean over the scored steps of what was "
                                                    "predicted for the held-out area less its values",
                                       .units = input_units(background->input),
                                       .skip_range = true},
    };
    memcpy(background->variables, variables, sizeof variables);
    char details[200] = "";
    if (background->method == INFILL_KRIGING) {
        const struct variogram_model *model = &background->region.fit.model;
        snprintf(details, sizeof details,
                 " (variogram %s, nugget %.9g, partial sill %.9g, range %.9g m)",
                 variogram_shape_name(model->shape), model->nugget, model->partial_sill,
                 model->range);
    }
    snprintf(background->comment, sizeof background->comment,
             "method %s%s; scores on held-out background areas in %s", method, details,
             path_name(background->table[0]));
    background->attributes[0] = (struct cube_attribute){"comment", background->comment};
    background->attributes[1] =
        (struct cube_attribute){"references", "Zeng et al., Atmosphere 15, 131, 2024"};
    background->attributes[2] = (struct cube_attribute){
        "title", "Pollution that radiation areas would have without their sources"};
    describe_method(background);
    background->spec = (struct cube_spec){.grid = input_grid(background->input),
                                          .time = input_time(background->input),
                                          .variables = background->variables,
                                          .variable_count = VARIABLES,
                                          .attributes = background->attributes,
                                          .attribute_count = ATTRIBUTES};
}

static enum status name_tables(struct background *background)
{
    static const char *const endings[TABLES] = {"_scores.csv", "_scores.json", "_areas.csv",
                                                "_areas.json"};
    enum status status;
    char *stem = NULL;
    TRY(path_stem(option_text(background->job->options, "output"), &stem));
    for (int i = 0; i < TABLES; i++) {
        FAIL_IF(asprintf(&background->table[i], "%s%s", stem, endings[i]) < 0, STATUS_MEMORY,
                "out of memory");
    }
done:
    free(stem);
    return status;
}

static enum status declare(struct background *background)
{
    enum status status;
    int cube;
    const char *output = option_text(background->job->options, "output");
    TRY(name_tables(background));
    describe(background);
    TRY(stage_create(background->job, output, &background->stage));
    TRY(input_attach(background->input, background->stage));
    TRY(input_attach(background->area, background->stage));
    if (is_network(background)) {
        TRY(painter_attach(&background->painter, background->stage));
    }
    TRY(stage_add_cube(background->stage, output, &background->spec, &cube));
    for (int i = 0; i < TABLES; i++) {
        TRY(stage_add_file(background->stage, background->table[i]));
    }
done:
    return status;
}

/* Maps that no item owns; rank 0 writes them after the items, and a resumed run again. */
static enum status write_maps(struct background *background)
{
    enum status status;
    const struct region *region = &background->region;
    struct cube *cube = stage_cube(background->stage, 0);
    struct window whole = {.steps = 1, .rows = region->grid->rows, .cols = region->grid->cols};
    int8_t *role = NULL;
    float *error = NULL;
    TRY(memory_allocate((size_t)region->cells, 1, &role));
    TRY(memory_allocate((size_t)region->cells, sizeof *error, &error));
    TRY(scores_errors(&background->scores, background->stage, background->method, error));
    region_roles(region, role);
    TRY(cube_put(cube, BACKGROUND_ROLE, &whole, role));
    TRY(cube_put(cube, BACKGROUND_HELD_OUT, &whole, region->holdout->area));
    TRY(cube_put(cube, BACKGROUND_HELD_OUT_ERROR, &whole, error));
    TRY(cube_sync(cube));
done:
    free(role);
    free(error);
    return status;
}

static enum status write_rest(struct background *background)
{
    enum status status;
    const char *partial[TABLES];
    for (int i = 0; i < TABLES; i++) {
        partial[i] = stage_partial(background->stage, background->table[i]);
    }
    TRY(write_maps(background));
    TRY(scores_tables(&background->scores, background->stage, input_units(background->input),
                     partial));
done:
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(struct background *background, int64_t steps)
{
    enum status status;
    const struct region *region = &background->region;
    size_t values = (size_t)(steps * region->cells);
    size_t targets = (size_t)(region->targets > region->held ? region->targets : region->held);
    size_t lead = (size_t)(lead_of(background) * region->cells);
    TRY(memory_allocate(lead + values, sizeof *background->values, &background->values));
    TRY(memory_allocate(is_network(background) ? values : (size_t)steps,
                        sizeof *background->scored, &background->scored));
    TRY(memory_allocate(values, sizeof *background->expected, &background->expected));
    TRY(memory_allocate(targets, sizeof *background->prediction, &background->prediction));
    TRY(memory_allocate((size_t)(steps * background->scores.step_bytes), 1, &background->sums));
    TRY(create_methods(background, 0));
done:
    return status;
}

static struct items_cost cost_of(const struct background *background)
{
    const struct region *region = &background->region;
    const struct options *options = background->job->options;
    int64_t map_bytes = region->cells * (int64_t)sizeof(float);
    struct items_cost cost = {.fixed_bytes = region_bytes(region->cells, region->masks) +
                                             (region->targets + region->held) * 8 + (1 << 20),
                              /* Scores once more in the record and in the journal's frame. */
                              .unit_bytes = 2 * map_bytes + 3 * background->scores.step_bytes};
    if (is_network(background)) {
        cost.fixed_bytes += painter_bytes(&background->painter) + lead_of(background) * map_bytes;
        cost.unit_bytes += 2 * map_bytes; /* scored areas, first guesses */
    } else {
        struct infill_request own =
            region_request(region, options, (enum infill_method)background->method, 0, false);
        own.targets = region->targets;
        cost.fixed_bytes += infill_bytes(&own);
    }
    for (int method = 0; method < INFILL_METHODS; method++) {
        struct infill_request rival =
            region_request(region, options, (enum infill_method)method, 0, true);
        cost.fixed_bytes += infill_bytes(&rival);
    }
    return cost;
}

static enum status cut(struct background *background, struct items *items, struct items_cost *cost)
{
    const struct region *region = &background->region;
    *cost = cost_of(background);
    return items_cut_steps(background->scores.steps, region->grid->rows, region->grid->cols, cost,
                           background->job->memory_bytes, items);
}

static enum status background_stage(struct background *background)
{
    enum status status;
    const struct job *job = background->job;
    struct items items;
    struct items_cost cost;
    struct flow_work work = {.context = background,
                             .read = background_read,
                             .compute = background_compute,
                             .write = background_write};
    TRY_TOGETHER(job->comm, cut(background, &items, &cost));
    TRY(stage_begin(background->stage, &items, &cost));
    if (stage_is_done(background->stage)) {
        goto done;
    }
    TRY_TOGETHER(job->comm,
                 create_buffers(background, stage_items(background->stage)->slab_steps));
    work.payload_bytes =
        stage_items(background->stage)->slab_steps * background->scores.step_bytes;
    TRY(flow_run(background->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_rest(background) : STATUS_OK);
    TRY(stage_commit(background->stage));
done:
    return status;
}

enum status background_open_area(const struct job *job, struct input **area)
{
    struct input_request request = {.label = "area",
                                    .path = option_text(job->options, "area"),
                                    .variable = option_text(job->options, "area-variable"),
                                    .ignores_selection = true, /* days; years need not begin with them */
                                    .allow_missing_steps = true};
    double bbox[4];
    bool has_bbox = option_count(job->options, "bbox") == 4;
    for (size_t i = 0; i < 4 && has_bbox; i++) {
        bbox[i] = option_item_real(job->options, "bbox", i);
    }
    request.bbox = has_bbox ? bbox : NULL;
    return input_open(job, &request, area);
}

static enum status open_inputs(struct background *background)
{
    enum status status;
    const struct job *job = background->job;
    struct input_request request = input_request_for(job, "input");
    request.by_rows = false;
    TRY(input_open(job, &request, &background->input));
    TRY(background_open_area(job, &background->area));
done:
    return status;
}

static enum status prepare(struct background *background)
{
    enum status status;
    const struct job *job = background->job;
    struct region *region = &background->region;
    int64_t steps = input_time(background->input)->steps;
    TRY_TOGETHER(job->comm, region_create(job, background->input, background->area, region));
    scores_init(job, region, steps, background->method, &background->scores);
    if (is_network(background)) {
        TRY(painter_create(job, background->input, background->area, region,
                           &background->painter));
    }
    TRY_TOGETHER(job->comm, declare(background));
done:
    return status;
}

static void background_clear(struct background *background, bool is_finished)
{
    stage_destroy(&background->stage);
    destroy_methods(background);
    painter_clear(&background->painter, is_finished);
    region_clear(&background->region);
    input_close(&background->input, is_finished);
    input_close(&background->area, is_finished);
    free(background->values);
    free(background->expected);
    free(background->scored);
    free(background->prediction);
    free(background->sums);
    for (int i = 0; i < TABLES; i++) {
        free(background->table[i]);
    }
}

static enum status background_run(struct job *job)
{
    enum status status;
    struct background background = {.job = job,
                                    .method = method_find(option_text(job->options, "method"))};
    TRY(open_inputs(&background));
    TRY(prepare(&background));
    TRY(background_stage(&background));
done:
    background_clear(&background, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const background_tables[] = {
    background_options, network_options, options_output, options_grid, options_common, NULL};

const struct command command_background = {
    .name = "background",
    .summary = "what radiation areas would have without their sources",
    .details =
        "The cells of the areas are blanked and predicted from the background around them, step by "
        "step (P2.42, P2.43): NAME holds `expected` in the cells of the areas. How good that is "
        "shows in NAME_scores.csv: shapes of real areas are blanked in blocks of the background and "
        "predicted in the same way, by every method. NAME_areas.csv has the same for each of these "
        "held-out areas.\n\n"
        "The network (P2.40, P2.41) learns to fill shapes of real areas that are blanked in the "
        "background; the loss never touches areas, nor blocks that are held out. Its weights "
        "(NAME_network.safetensors) and the log of its training are products of their own; a killed "
        "training goes on from its checkpoint. It needs the plug-in that is built where libtorch is "
        "installed. Runs with another --seed, into other files, draw other starting weights, patches and "
        "held-out blocks: how they differ tells how much a prediction owes to chance.\n\n"
        "Where the area has several maps (`grow --yearly`, --area-variable area_yearly), each step has the "
        "areas of the map whose time holds it; a cell is background in the years without its sources. "
        "Blocks are held out where no year has an area.\n\n"
        "Kriging has one variogram for the series, pooled over maps that are scaled to one "
        "variance: its weights are then made once for all maps with values in the same cells.",
    .examples =
        "airshed background deweathered.nc --variable deweathered --area area.nc -o expected.nc\n"
        "mpirun -n 4 airshed background deweathered.nc --variable deweathered --area area.nc \\\n"
        "  --method network --features elevation,season --elevation dem.tif -o painted.nc",
    .tables = background_tables,
    .run = background_run,
};
