/* airshed -- GPL-3.0-or-later. inventory: emissions from activity, factors and formulas, with honest
 * uncertainty (P3). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "inventory_output.h"
#include "inventory_results.h"
#include "kernels/distribution.h"
#include "parallel/agree.h"

static const struct option_spec inventory_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CONFIG",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "YAML file that names tables, parameters, formulas and sources; configs/coal-metals.yaml "
             "shows all it can say."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Folder for the tables; it is made where it does not exist.",
     .group = "Output"},
    {.name = "level",
     .kind = OPTION_REAL,
     .fallback = "95",
     .low = 1,
     .high = 99.9,
     .help = "Probability of the intervals in per cent, in equal tails.",
     .group = "Monte Carlo"},
    {.name = NULL},
};

struct inventory {
    const struct job *job;
    struct inventory_model model;
    struct inventory_results results;
    bool *is_uncertain; /* [values] */
    char *stage_path;
    struct stage *stage;
};

/* ---- what is read ------------------------------------------------------------------------- */

static enum status read_model(struct inventory *inventory)
{
    enum status status;
    const struct job *job = inventory->job;
    struct inventory_model *model = &inventory->model;
    TRY(inventory_model_read(option_text(job->options, "input"), job->content_hash, model));
    TRY(inventory_units_check(model));
    TRY(memory_allocate((size_t)model->value_count, sizeof *inventory->is_uncertain,
                        &inventory->is_uncertain));
    TRY(inventory_results_create(model, inventory->is_uncertain, &inventory->results));
done:
    return status;
}

/* ---- point estimate ----------------------------------------------------------------------- */

static void set_unknown(struct inventory_statistics *statistics)
{
    *statistics = (struct inventory_statistics){.mean = NAN, .sd = NAN, .median = NAN,
                                                .low = NAN, .high = NAN, .median_error = NAN,
                                                .low_error = NAN, .high_error = NAN,
                                                .mean_error = NAN, .propagated_sd = NAN};
}

static enum status find_points(struct inventory_results *results)
{
    enum status status;
    double *inputs = NULL, *values = NULL;
    TRY(memory_allocate((size_t)results->input_count, sizeof *inputs, &inputs));
    TRY(memory_allocate((size_t)graph_count(results->graph), sizeof *values, &values));
    TRY(memory_allocate((size_t)results->slot_count, sizeof *results->statistics,
                        &results->statistics));
    graph_point(results->graph, inputs, values);
    for (int64_t slot = 0; slot < results->slot_count; slot++) {
        set_unknown(&results->statistics[slot]);
        results->statistics[slot].point = values[results->node[slot]];
    }
done:
    free(inputs);
    free(values);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status add_inputs(const struct inventory *inventory)
{
    enum status status;
    const struct inventory_model *model = &inventory->model;
    struct text all = {0};
    char *identities = NULL;
    TRY(stage_add_input_file(inventory->stage, "input", model->path));
    for (int i = 0; i < model->table_count; i++) {
        text_add_format(&all, "%s\n", model->tables[i].identity);
    }
    TRY(text_take(&all, &identities));
    TRY(stage_add_input(inventory->stage, "tables", identities));
done:
    text_clear(&all);
    free(identities);
    return status;
}

static enum status declare(struct inventory *inventory)
{
    enum status status;
    const char *folder = option_text(inventory->job->options, "output");
    FAIL_IF(path_exists(folder) && !path_is_folder(folder), STATUS_OUTPUT,
            "--output %s is a file: name a folder", folder);
    TRY(path_join(folder, "inventory", &inventory->stage_path));
    TRY(stage_create(inventory->job, inventory->stage_path, &inventory->stage));
    TRY(add_inputs(inventory));
    TRY(inventory_output_declare(inventory->stage, folder));
    if (inventory->job->rank == 0 && !inventory->job->dry_run) {
        TRY(path_create_folder(folder));
    }
done:
    return status;
}

static enum status write_tables(struct inventory *inventory)
{
    const struct options *options = inventory->job->options;
    double tail = (100 - option_real(options, "level")) / 200;
    struct distribution normal = distribution_of(DISTRIBUTION_NORMAL, 0, 1, 0, 0);
    struct inventory_output output = {.results = &inventory->results,
                                      .folder = option_text(options, "output"),
                                      .level = option_real(options, "level"),
                                      .half_width = -distribution_quantile(&normal, tail)};
    return inventory_output_write(&output, inventory->stage);
}

static enum status inventory_write(void *context, struct flow_item *item)
{
    (void)context;
    return flow_payload(item, "", 0);
}

static enum status inventory_stage(struct inventory *inventory)
{
    enum status status;
    const struct job *job = inventory->job;
    struct items items = items_counted(1);
    struct items_cost cost = {0};
    struct flow_work work = {.context = inventory, .write = inventory_write};
    TRY(stage_begin(inventory->stage, &items, &cost));
    if (stage_is_done(inventory->stage)) {
        goto done;
    }
    TRY(flow_run(inventory->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_tables(inventory) : STATUS_OK);
    TRY(stage_commit(inventory->stage));
done:
    return status;
}

static enum status prepare(struct inventory *inventory)
{
    enum status status;
    TRY(read_model(inventory));
    TRY(find_points(&inventory->results));
    TRY(declare(inventory));
done:
    return status;
}

static void inventory_clear(struct inventory *inventory)
{
    stage_destroy(&inventory->stage);
    inventory_results_clear(&inventory->results);
    inventory_model_clear(&inventory->model);
    free(inventory->is_uncertain);
    free(inventory->stage_path);
}

static enum status inventory_run(struct job *job)
{
    enum status status;
    struct inventory inventory = {.job = job};
    TRY_TOGETHER(job->comm, prepare(&inventory));
    TRY(inventory_stage(&inventory));
done:
    inventory_clear(&inventory);
    return status;
}

static const struct option_spec *const inventory_tables[] = {inventory_options, options_common,
                                                             NULL};

const struct command command_inventory = {
    .name = "inventory",
    .summary = "emission inventories with honest uncertainty",
    .details = "Reads activity, factors and shares from tables, checks units and formulas, and gives "
               "totals by source, category, receptor, province, region and year.",
    .examples = "airshed inventory configs/coal-metals.yaml -o build/coal-metals",
    .tables = inventory_tables,
    .run = inventory_run,
};
