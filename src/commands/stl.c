/* airshed -- GPL-3.0-or-later. stl: trend, seasonal and remainder of every cell (P2.20-P2.28). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "commands/commands.h"
#include "decomposition.h"
#include "flow/produce.h"
#include "kernels/lane_blocks.h"
#include "parallel/agree.h"

static const struct option_spec stl_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube with an even time axis, or a folder or pattern of daily files."},
    {.name = NULL},
};

enum stl_variable {
    STL_TREND,
    STL_SEASONAL,
    STL_REMAINDER,
    STL_PARTS,
    STL_REMAINDER_MEAN = STL_PARTS,
    STL_REASON,
    STL_VARIABLES
};

struct stl {
    struct input *input;
    struct decomposition *decomposition;
    float *values;           /* [steps, cells] of the item */
    float *parts[STL_PARTS]; /* [steps, cells] */
    float *remainder_mean;   /* [cells] */
    int8_t *reason;          /* [cells] */
    char comment[320];
    struct cube_variable variables[STL_VARIABLES];
    struct cube_attribute attributes[3];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status stl_read(void *context, struct flow_item *item)
{
    struct stl *stl = context;
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    return input_read(stl->input, &item->window, stl->values);
}

static enum status stl_compute(void *context, struct flow_item *item)
{
    struct stl *stl = context;
    struct decomposition *d = stl->decomposition;
    double mean[LANES];
    int64_t cells = item->window.rows * item->window.cols;
    for (int64_t first = 0; first < cells; first += LANES) {
        decomposition_load(d, stl->values, cells, first);
        decomposition_run(d);
        decomposition_take_remainder(d, mean);
        for (int64_t lane = 0; lane < LANES && first + lane < cells; lane++) {
            stl->remainder_mean[first + lane] = (float)mean[lane];
            stl->reason[first + lane] = (int8_t)d->reasons[lane];
        }
        lane_block_store(d->trend, d->steps, cells, first, stl->parts[STL_TREND]);
        lane_block_store(d->seasonal, d->steps, cells, first, stl->parts[STL_SEASONAL]);
        lane_block_store(d->series, d->steps, cells, first, stl->parts[STL_REMAINDER]);
    }
    return STATUS_OK;
}

static enum status stl_write(void *context, struct flow_item *item)
{
    enum status status;
    struct stl *stl = context;
    struct window map = item->window;
    map.steps = 1;
    for (int part = 0; part < STL_PARTS; part++) {
        TRY(flow_put(item, 0, part, &item->window, stl->parts[part]));
    }
    TRY(flow_put(item, 0, STL_REMAINDER_MEAN, &map, stl->remainder_mean));
    TRY(flow_put(item, 0, STL_REASON, &map, stl->reason));
done:
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

static void describe(struct stl *stl)
{
    const char *units = input_units(stl->input);
    const struct cube_variable variables[STL_VARIABLES] = {
        [STL_TREND] = {.name = "trend",
                       .long_name = "trend of STL",
                       .units = units,
                       .ancillary_variables = "reason",
                       .has_time = true},
        [STL_SEASONAL] = {.name = "seasonal",
                          .long_name = "seasonal part of STL",
                          .units = units,
                          .ancillary_variables = "reason",
                          .has_time = true},
        [STL_REMAINDER] = {.name = "remainder",
                           .long_name = "observation less trend and seasonal part",
                           .units = units,
                           .ancillary_variables = "reason",
                           .has_time = true},
        [STL_REMAINDER_MEAN] = {.name = "remainder_mean",
                                .long_name = "mean of the remainder: what the baseline drops",
                                .units = units,
                                .cell_methods = "time: mean"},
        [STL_REASON] = {.name = "reason",
                        .long_name = "why a cell has no decomposition",
                        .type = CUBE_BYTE,
                        .flag_meanings = reason_flag_meanings()},
    };
    memcpy(stl->variables, variables, sizeof variables);
    snprintf(stl->comment, sizeof stl->comment, "%s", stl->decomposition->summary);
    stl->attributes[0] = (struct cube_attribute){"comment", stl->comment};
    stl->attributes[1] = (struct cube_attribute){
        "references", "Cleveland et al., Journal of Official Statistics 6, 3-73, 1990"};
    stl->attributes[2] =
        (struct cube_attribute){"title", "Seasonal-trend decomposition of each cell"};
    stl->spec = (struct cube_spec){.grid = input_grid(stl->input),
                                   .time = input_time(stl->input),
                                   .variables = stl->variables,
                                   .variable_count = STL_VARIABLES,
                                   .attributes = stl->attributes,
                                   .attribute_count = 3};
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(void *context, const struct items *items)
{
    enum status status;
    struct stl *stl = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols);
    size_t values = cells * (size_t)items->steps;
    TRY(memory_allocate(values, sizeof(float), &stl->values));
    for (int part = 0; part < STL_PARTS; part++) {
        TRY(memory_allocate(values, sizeof(float), &stl->parts[part]));
    }
    TRY(memory_allocate(cells, sizeof *stl->remainder_mean, &stl->remainder_mean));
    TRY(memory_allocate(cells, sizeof *stl->reason, &stl->reason));
done:
    return status;
}

static void stl_clear(struct stl *stl, bool is_finished)
{
    input_close(&stl->input, is_finished);
    decomposition_destroy(&stl->decomposition);
    free(stl->values);
    for (int part = 0; part < STL_PARTS; part++) {
        free(stl->parts[part]);
    }
    free(stl->remainder_mean);
    free(stl->reason);
}

static enum status prepare(struct stl *stl, const struct job *job, struct production *production)
{
    enum status status;
    const struct time_axis *time = input_time(stl->input);
    const struct georeference *grid = input_grid(stl->input);
    TRY(decomposition_create(job->options, time, &stl->decomposition));
    describe(stl);
    production->cost = (struct items_cost){
        .fixed_bytes = decomposition_bytes(stl->decomposition),
        .unit_bytes = time->steps * (1 + STL_PARTS) * (int64_t)sizeof(float) + 5};
    TRY(items_cut_rows(time->steps, grid->rows, grid->cols, &production->cost, job->memory_bytes,
                       &production->items));
    if (job->rank == 0) {
        log_info("%s", stl->decomposition->summary);
    }
done:
    return status;
}

static enum status stl_run(struct job *job)
{
    enum status status;
    struct stl stl = {0};
    struct input_request request = input_request_for(job, "input");
    struct production production = {.output = option_text(job->options, "output"),
                                    .cube = &stl.spec,
                                    .work = {.context = &stl,
                                             .read = stl_read,
                                             .compute = stl_compute,
                                             .write = stl_write},
                                    .create_buffers = create_buffers};

    TRY(input_open(job, &request, &stl.input));
    TRY_TOGETHER(job->comm, prepare(&stl, job, &production));
    production.inputs = (struct input *const[]){stl.input, NULL};
    TRY(flow_produce(job, &production));
done:
    stl_clear(&stl, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const stl_tables[] = {
    stl_options, decomposition_options, options_output, options_grid, options_common, NULL};

const struct command command_stl = {
    .name = "stl",
    .summary = "trend, seasonal part and remainder of every cell by loess",
    .details =
        "Seasonal-trend decomposition by loess (Cleveland et al. 1990) of each cell's series. Cells "
        "with gaps are decomposed too; trend and seasonal part exist at every step, the remainder "
        "where there was an observation. A cell that cannot be decomposed is missing, with a "
        "reason.",
    .examples = "airshed stl pm25.nc -o stl.nc\n"
                "mpirun -n 4 airshed stl 'daily/PM25_*.nc' -o stl.nc --preset r --robust\n"
                "airshed stl co2.nc -o stl.nc --period 12 --seasonal 35 --seasonal-degree 1",
    .tables = stl_tables,
    .run = stl_run,
};
