/* airshed -- GPL-3.0-or-later. deweather: pollution without the weather (P2.20-P2.32), one pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "commands/commands.h"
#include "decomposition.h"
#include "deweathering.h"
#include "flow/produce.h"
#include "kernels/lane_blocks.h"
#include "parallel/agree.h"
#include "replicates.h"
#include "weather.h"

static const struct option_spec deweather_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Pollution cube, such as daily PM2.5; or a folder or pattern of daily files."},
    {.name = "removal",
     .kind = OPTION_CHOICE,
     .choices = "recentre|keep-intercept|literal",
     .fallback = "recentre",
     .help = "What is taken away (P2.31): the weather's anomaly, which keeps the mean of the cell; "
             "the weather terms; or the whole fit as printed in the paper, which leaves a mean of "
             "zero."},
    {.name = NULL},
};

/* Maps, after the two cubes. The layered ones hold intercept and fields, or fields alone. */
enum deweather_variable {
    DEWEATHER_BASELINE,
    DEWEATHER_DEWEATHERED,
    DEWEATHER_CUBES,
    DEWEATHER_COEF = DEWEATHER_CUBES,
    DEWEATHER_COEF_SE,
    DEWEATHER_VIF,
    DEWEATHER_MET_MEAN,
    DEWEATHER_R2,
    DEWEATHER_CONDITION,
    DEWEATHER_EFFECTIVE,
    DEWEATHER_REMAINDER_MEAN,
    DEWEATHER_FLOATS,
    DEWEATHER_USED = DEWEATHER_FLOATS,
    DEWEATHER_REASON,
    DEWEATHER_REPLICATES, /* only with --replicates */
    DEWEATHER_VARIABLES = DEWEATHER_REPLICATES + REPLICATE_MAPS
};

enum {
    TERMS_MAX = WEATHER_MAX + 1,
    LABEL_BYTES = 8
};

struct deweather {
    const struct options *options;
    struct input *input;
    struct weather *weather;
    struct decomposition *decomposition;
    struct deweathering *block;
    struct replicates *replicates;

    /* Of the item */
    float *values;                 /* [steps, cells] */
    float *cubes[DEWEATHER_CUBES]; /* [steps, cells] */
    float *maps[DEWEATHER_FLOATS]; /* [layers, cells] */
    int32_t *used;                 /* [cells] */
    int8_t *reason;                /* [cells] */

    /* Output */
    const char *labels[TERMS_MAX];
    char (*replicate_label)[LABEL_BYTES];
    const char **replicate_labels;
    char comment[500];
    struct cube_variable variables[DEWEATHER_VARIABLES];
    struct cube_attribute attributes[4];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status deweather_read(void *context, struct flow_item *item)
{
    enum status status;
    struct deweather *deweather = context;
    TRY(input_read(deweather->input, &item->window, deweather->values));
    TRY(weather_read(deweather->weather, item));
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
done:
    return status;
}

static void store_cell(struct deweather *deweather, int lane, int64_t cell, int64_t cells)
{
    const struct deweathering *block = deweather->block;
    const struct least_squares_fit *fit = &block->fits[lane];
    int terms = deweather->weather->count + 1;
    for (int term = 0; term < terms; term++) {
        int64_t at = term * cells + cell;
        deweather->maps[DEWEATHER_COEF][at] = (float)fit->coefficients[term];
        deweather->maps[DEWEATHER_COEF_SE][at] = (float)fit->standard_errors[term];
    }
    for (int field = 0; field < terms - 1; field++) {
        int64_t at = field * cells + cell;
        deweather->maps[DEWEATHER_VIF][at] = (float)fit->variance_inflation[field];
        deweather->maps[DEWEATHER_MET_MEAN][at] = (float)fit->x_means[field];
    }
    deweather->maps[DEWEATHER_R2][cell] = (float)fit->r2;
    deweather->maps[DEWEATHER_CONDITION][cell] = (float)fit->condition;
    deweather->maps[DEWEATHER_EFFECTIVE][cell] = (float)block->effective[lane];
    deweather->maps[DEWEATHER_REMAINDER_MEAN][cell] = (float)block->remainder_mean[lane];
    deweather->used[cell] = (int32_t)fit->used;
    deweather->reason[cell] = (int8_t)block->reasons[lane];
}

/* Stage 2 again on remainders drawn anew. Writes over what the block holds of the fit. */
static void replicate(struct deweather *deweather, int64_t first, int64_t cells)
{
    struct deweathering *block = deweather->block;
    struct decomposition *d = deweather->decomposition;
    struct replicate_fit fit = {.decomposition = d,
                                .removal = block->removal,
                                .block = deweathering_regression(block),
                                .baseline = block->baseline,
                                .used = block->observed,
                                .fitted = block->regressed,
                                .removed = block->removed};
    if (deweather->replicates->count > 0) {
        decomposition_load(d, deweather->values, cells, first);
        replicates_take(deweather->replicates, d->series, block->baseline);
        replicates_run(deweather->replicates, &fit, first, cells);
    }
}

static enum status deweather_compute(void *context, struct flow_item *item)
{
    struct deweather *deweather = context;
    const struct deweathering *block = deweather->block;
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t first = 0; first < cells; first += LANES) {
        deweathering_run(deweather->block, deweather->values, &item->window, first);
        for (int lane = 0; lane < LANES && first + lane < cells; lane++) {
            store_cell(deweather, lane, first + lane, cells);
        }
        lane_block_store(block->baseline, item->window.steps, cells, first,
                         deweather->cubes[DEWEATHER_BASELINE]);
        lane_block_store(block->removed, item->window.steps, cells, first,
                         deweather->cubes[DEWEATHER_DEWEATHERED]);
        replicate(deweather, first, cells);
    }
    return STATUS_OK;
}

static enum status deweather_write(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    struct deweather *deweather = context;
    struct window map = item->window;
    for (int cube = 0; cube < DEWEATHER_CUBES; cube++) {
        TRY(flow_put(item, 0, cube, &item->window, deweather->cubes[cube]));
    }
    for (int i = DEWEATHER_COEF; i < DEWEATHER_FLOATS; i++) {
        map.steps = deweather->variables[i].layers > 0 ? deweather->variables[i].layers : 1;
        TRY(flow_put(item, 0, i, &map, deweather->maps[i]));
    }
    map.steps = 1;
    TRY(flow_put(item, 0, DEWEATHER_USED, &map, deweather->used));
    TRY(flow_put(item, 0, DEWEATHER_REASON, &map, deweather->reason));
    map.steps = deweather->replicates->count;
    for (int i = 0; i < REPLICATE_MAPS && map.steps > 0; i++) {
        TRY(flow_put(item, 0, DEWEATHER_REPLICATES + i, &map, deweather->replicates->maps[i]));
    }
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

/* Terms have different units, which therefore stand in the names of the layers. */
static void describe_variables(struct deweather *deweather)
{
    const struct weather *weather = deweather->weather;
    const char *units = input_units(deweather->input);
    const char *reason = "reason";
    const struct cube_variable variables[DEWEATHER_VARIABLES] = {
        [DEWEATHER_BASELINE] = {.name = "baseline",
                                .long_name = "trend and seasonal part of the pollution",
                                .units = units,
                                .ancillary_variables = reason,
                                .has_time = true},
        [DEWEATHER_DEWEATHERED] = {.name = "deweathered",
                                   .long_name = "baseline without the effect of the weather",
                                   .units = units,
                                   .ancillary_variables = reason,
                                   .has_time = true},
        [DEWEATHER_COEF] = {.name = "coef",
                            .long_name = "regression coefficients, in units of the pollution per "
                                         "unit of the term (K, m, Pa, m s-1, m s-1, %)",
                            .layers = weather->count + 1,
                            .layer_name = "term",
                            .layer_labels = deweather->labels},
        [DEWEATHER_COEF_SE] = {.name = "coef_se",
                               .long_name =
                                   "standard errors of the coefficients; too small, because "
                                   "baselines are autocorrelated: see effective_size",
                               .layers = weather->count + 1,
                               .layer_name = "term",
                               .layer_labels = deweather->labels},
        [DEWEATHER_VIF] = {.name = "vif",
                           .long_name = "variance inflation of the fields",
                           .units = "1",
                           .layers = weather->count,
                           .layer_name = "field",
                           .layer_labels = weather->keys},
        [DEWEATHER_MET_MEAN] = {.name = "met_mean",
                                .long_name = "mean of the weather baselines over the steps of the "
                                             "fit (K, m, Pa, m s-1, m s-1, %)",
                                .layers = weather->count,
                                .layer_name = "field",
                                .layer_labels = weather->keys},
        [DEWEATHER_R2] = {.name = "r2", .long_name = "coefficient of determination", .units = "1"},
        [DEWEATHER_CONDITION] = {.name = "condition",
                                 .long_name = "condition number of the scaled regressors",
                                 .units = "1"},
        [DEWEATHER_EFFECTIVE] = {.name = "effective_size",
                                 .long_name = "independent steps that the fit is worth, from the "
                                              "lag-1 autocorrelation of its residuals",
                                 .units = "1"},
        [DEWEATHER_REMAINDER_MEAN] = {.name = "remainder_mean",
                                      .long_name = "mean of the remainder: what the baseline drops",
                                      .units = units,
                                      .cell_methods = "time: mean"},
        [DEWEATHER_USED] = {.name = "used",
                            .standard_name = "number_of_observations",
                            .long_name = "steps in the fit",
                            .units = "1",
                            .type = CUBE_INT},
        [DEWEATHER_REASON] = {.name = "reason",
                              .long_name = "why a cell has no value, or how it was fitted",
                              .type = CUBE_BYTE,
                              .flag_meanings = reason_flag_meanings()},
    };
    memcpy(deweather->variables, variables, sizeof variables);
}

static enum status label_replicates(struct deweather *deweather)
{
    enum status status;
    int64_t count = deweather->replicates->count;
    TRY(memory_allocate((size_t)count, LABEL_BYTES, &deweather->replicate_label));
    TRY(memory_allocate((size_t)count, sizeof(char *), &deweather->replicate_labels));
    for (int64_t i = 0; i < count; i++) {
        snprintf(deweather->replicate_label[i], LABEL_BYTES, "%lld", (long long)i + 1);
        deweather->replicate_labels[i] = deweather->replicate_label[i];
    }
done:
    return status;
}

static void describe_replicates(struct deweather *deweather)
{
    static const char *const names[REPLICATE_MAPS][2] = {
        {"pollution_replicate", "mean pollution with remainders drawn anew, over the steps that were "
                                "observed and have a deweathered value"},
        {"deweathered_replicate", "mean of what stage 2 makes of that pollution, over the same steps"}};
    for (int i = 0; i < REPLICATE_MAPS; i++) {
        deweather->variables[DEWEATHER_REPLICATES + i] =
            (struct cube_variable){.name = names[i][0],
                                   .long_name = names[i][1],
                                   .units = input_units(deweather->input),
                                   .layers = (int)deweather->replicates->count,
                                   .layer_name = "replicate",
                                   .layer_labels = deweather->replicate_labels,
                                   .skip_geotiff = true};
    }
}

static void describe(struct deweather *deweather, const struct options *options)
{
    deweather->labels[0] = "intercept";
    for (int i = 0; i < deweather->weather->count; i++) {
        deweather->labels[i + 1] = deweather->weather->keys[i];
    }
    describe_variables(deweather);
    describe_replicates(deweather);
    const struct replicates *replicates = deweather->replicates;
    int length = snprintf(deweather->comment, sizeof deweather->comment, "removal %s; %s",
                          option_text(options, "removal"), deweather->decomposition->summary);
    if (replicates->count > 0) {
        snprintf(deweather->comment + length, sizeof deweather->comment - (size_t)length,
                 "; %lld replicates of remainders in blocks of %lld steps",
                 (long long)replicates->count, (long long)replicates->block_steps);
    }
    deweather->attributes[0] = (struct cube_attribute){"comment", deweather->comment};
    deweather->attributes[1] = (struct cube_attribute){
        "references",
        "Zeng et al., Atmosphere 15, 131, 2024; Cleveland et al., Journal of Official "
        "Statistics 6, 3-73, 1990"};
    deweather->attributes[2] =
        (struct cube_attribute){"title", "Pollution without the effect of the weather"};
    deweather->attributes[3] =
        (struct cube_attribute){"removal", option_text(options, "removal")};
    deweather->spec = (struct cube_spec){.grid = input_grid(deweather->input),
                                         .time = input_time(deweather->input),
                                         .variables = deweather->variables,
                                         .variable_count = replicates->count > 0
                                                               ? DEWEATHER_VARIABLES
                                                               : DEWEATHER_REPLICATES,
                                         .attributes = deweather->attributes,
                                         .attribute_count = 4};
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct deweather *deweather = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t values = cells * (size_t)items->steps;
    TRY(memory_allocate(values, sizeof(float), &deweather->values));
    for (int cube = 0; cube < DEWEATHER_CUBES; cube++) {
        TRY(memory_allocate(values, sizeof(float), &deweather->cubes[cube]));
    }
    for (int map = DEWEATHER_COEF; map < DEWEATHER_FLOATS; map++) {
        TRY(memory_allocate(cells * TERMS_MAX, sizeof(float), &deweather->maps[map]));
    }
    TRY(memory_allocate(cells, sizeof *deweather->used, &deweather->used));
    TRY(memory_allocate(cells, sizeof *deweather->reason, &deweather->reason));
    TRY(deweathering_create(deweather->options, deweather->decomposition, deweather->weather,
                            &deweather->block));
    TRY(weather_create_buffers(deweather->weather, items));
    TRY(replicates_create_buffers(deweather->replicates, (int64_t)cells));
done:
    return status;
}

static void deweather_clear(struct deweather *deweather, bool is_finished)
{
    weather_close(&deweather->weather, is_finished);
    input_close(&deweather->input, is_finished);
    decomposition_destroy(&deweather->decomposition);
    free(deweather->values);
    for (int cube = 0; cube < DEWEATHER_CUBES; cube++) {
        free(deweather->cubes[cube]);
    }
    for (int map = DEWEATHER_COEF; map < DEWEATHER_FLOATS; map++) {
        free(deweather->maps[map]);
    }
    free(deweather->used);
    free(deweather->reason);
    deweathering_destroy(&deweather->block);
    replicates_destroy(&deweather->replicates);
    free(deweather->replicate_label);
    free(deweather->replicate_labels);
}

static struct items_cost deweather_cost(const struct deweather *deweather, int64_t steps)
{
    int64_t maps = (DEWEATHER_FLOATS - DEWEATHER_COEF) * TERMS_MAX * (int64_t)sizeof(float) + 5;
    struct items_cost cost = {
        .fixed_bytes = decomposition_bytes(deweather->decomposition) +
                       deweathering_bytes(deweather->weather) +
                       replicates_fixed_bytes(deweather->replicates),
        .unit_bytes = steps * (1 + DEWEATHER_CUBES) * (int64_t)sizeof(float) + maps +
                      replicates_cell_bytes(deweather->replicates)};
    weather_cost(deweather->weather, &cost);
    return cost;
}

static enum status plan(struct deweather *deweather, const struct job *job,
                        struct production *production)
{
    enum status status;
    const struct georeference *grid = input_grid(deweather->input);
    int64_t steps = input_time(deweather->input)->steps;
    deweather->options = job->options;
    TRY(replicates_create(job->options, job->seed, steps, &deweather->replicates));
    TRY(label_replicates(deweather));
    describe(deweather, job->options);
    production->cost = deweather_cost(deweather, steps);
    TRY(items_cut_rows(steps, grid->rows, grid->cols, &production->cost, job->memory_bytes,
                       &production->items));
    if (job->rank == 0) {
        log_info("%s", deweather->decomposition->summary);
    }
done:
    return status;
}

static enum status deweather_run(struct job *job)
{
    enum status status;
    struct deweather deweather = {0};
    struct input *inputs[WEATHER_MAX + 2] = {NULL};
    struct input_request request = input_request_for(job, "input");
    struct production production = {.output = option_text(job->options, "output"),
                                    .inputs = inputs,
                                    .cube = &deweather.spec,
                                    .work = {.context = &deweather,
                                             .read = deweather_read,
                                             .compute = deweather_compute,
                                             .write = deweather_write},
                                    .create_buffers = create_buffers};

    TRY(input_open(job, &request, &deweather.input));
    TRY_TOGETHER(job->comm, decomposition_create(job->options, input_time(deweather.input),
                                                 &deweather.decomposition));
    TRY(weather_open(job, deweather.input, deweather.decomposition, WEATHER_MANY_CELLS,
                     &deweather.weather));
    TRY_TOGETHER(job->comm, plan(&deweather, job, &production));
    inputs[0] = deweather.input;
    weather_inputs(deweather.weather, inputs + 1);
    TRY(flow_produce(job, &production));
done:
    deweather_clear(&deweather, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const deweather_tables[] = {deweather_options,
                                                             weather_options,
                                                             decomposition_options,
                                                             replicates_options,
                                                             options_output,
                                                             options_grid,
                                                             options_common,
                                                             NULL};

const struct command command_deweather = {
    .name = "deweather",
    .summary = "pollution without the effect of the weather: STL and regression in one pass",
    .details =
        "Decomposes the pollution and six weather fields by STL, regresses the pollution's "
        "baseline "
        "(trend and seasonal part) on those of the weather in every cell, and takes the weather's "
        "part away (P2.20-P2.31). Weather on another grid is interpolated bilinearly; where it has "
        "no gaps and STL is not robust it is decomposed on its own grid first, which gives the "
        "same.\n\n"
        "--replicates draws the remainders anew on the fixed trend and seasonal part, in blocks of "
        "days that are the same in all cells, and makes the decomposition, the regression and the "
        "removal again for each: pollution_replicate and deweathered_replicate have their means, from "
        "which `attribute` takes the standard error of a share (P2.47). These are variables [replicate, "
        "lat, lon]: 200 replicates add as much as 400 days of one cube, or 1.6 kB a cell; --geotiff "
        "leaves them out.",
    .examples = "mpirun -n 4 airshed deweather pm25.nc --met era5.nc -o out.nc\n"
                "airshed deweather pm25.nc --met era5.nc -o out.nc --preset r --removal literal",
    .tables = deweather_tables,
    .run = deweather_run,
};
