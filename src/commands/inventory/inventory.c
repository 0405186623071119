/* airshed -- GPL-3.0-or-later. inventory: emissions from activity, factors and formulas, with honest
 * uncertainty (P3). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "figures.h"
#include "fits.h"
#include "flow/run.h"
#include "grid.h"
#include "headline.h"
#include "kernels/distribution.h"
#include "kernels/draw_quantiles.h"
#include "output.h"
#include "parallel/agree.h"
#include "sensitivity.h"
#include "statistics.h"
#include "template.h"

static const struct option_spec inventory_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CONFIG",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help =
         "YAML file that names tables, parameters, formulas and sources; configs/coal-metals.yaml "
         "shows all it can say."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Folder for the tables; it is made where it does not exist.",
     .group = "Output"},
    {.name = "tables",
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_INPUT,
     .help = "Folder of tables: those of the config that it has, by file name, are read from "
             "there; so are "
             "its polygons and the rasters of its grid.",
     .group = "Tables"},
    {.name = "template",
     .kind = OPTION_FLAG,
     .help = "Write the tables of the config empty, with their columns, units and keys, to be "
             "filled in; "
             "nothing is computed.",
     .group = "Tables"},
    {.name = "draws",
     .kind = OPTION_INTEGER,
     .fallback = "10000",
     .low = 10,
     .high = 4294967296.0,
     .help =
         "Draws of every uncertain value. A longer run begins with the draws of a shorter one (but "
         "for --sampling latin).",
     .group = "Monte Carlo"},
    {.name = "sampling",
     .kind = OPTION_CHOICE,
     .choices = "random|latin|sobol",
     .fallback = "random",
     .help = "How draws fill the space of the values: independently, as a Latin hypercube, or as a "
             "scrambled Sobol sequence.",
     .group = "Monte Carlo"},
    {.name = "randomisations",
     .kind = OPTION_INTEGER,
     .fallback = "10",
     .low = 1,
     .high = DRAW_RANDOMISATIONS_MAX,
     .help =
         "Independent hypercubes or scrambled sequences of --sampling latin and sobol, which take "
         "turns in blocks of 1024 draws. Standard errors are how far they lie apart; there are "
         "none "
         "with fewer than 1025 draws, or with 1, where all draws are one even set.",
     .group = "Monte Carlo"},
    {.name = "replicates",
     .kind = OPTION_INTEGER,
     .fallback = "1000",
     .low = 100,
     .high = 1000000,
     .help = "Replicates of the bootstrap of samples (P3.11).",
     .group = "Monte Carlo"},
    {.name = "block",
     .kind = OPTION_INTEGER,
     .fallback = "512",
     .low = 1,
     .high = 65536,
     .help = "Draws that are made at once, rounded up to a multiple of 1024 where ranks are "
             "correlated by reordering. No effect on results.",
     .group = "Monte Carlo"},
    {.name = "sensitivities",
     .kind = OPTION_FLAG,
     .fallback = "true",
     .help = "Correlate every uncertain value with the totals that need it.",
     .group = "Monte Carlo"},
    {.name = "level",
     .kind = OPTION_REAL,
     .fallback = "95",
     .low = 1,
     .high = 99.9,
     .help = "Probability of the intervals in per cent, in equal tails.",
     .group = "Monte Carlo"},
    {.name = NULL},
};

/* Differences that a band of slots holds, and its most slots: set by nothing but the number of draws. */
enum {
    BAND_VALUES = 1 << 20,
    BAND_SLOTS_MAX = 256
};

/* Items, kind by kind: bands of slots, chunks of inputs whose influence is looked for, tests of fits and
 * bootstraps of samples; later, from what these have found, regressions of totals on their inputs and
 * variabilities of samples. */
enum item_kind {
    ITEM_BAND,
    ITEM_CHUNK,
    ITEM_TEST,
    ITEM_BOOTSTRAP,
    ITEM_REGRESSION,
    ITEM_VARIABILITY,
    ITEM_KINDS,
    ITEM_LATER = ITEM_REGRESSION
};

struct inventory {
    const struct job *job;
    struct inventory_model model;
    struct inventory_results results;
    struct inventory_grid *grid; /* NULL: no section `grid` */
    struct inventory_inputs *inputs;
    struct inventory_draws draws;
    struct inventory_summary summary;
    struct inventory_sensitivity sensitivity;
    char *stage_path;
    struct stage *stage;

    bool *is_headline; /* [slots]: total of a species in the nation */
    int64_t checkpoint[CHECKPOINTS_MAX];
    int checkpoints;

    int64_t first[ITEM_KINDS + 1]; /* item of each kind */
    int64_t band;                  /* slots of all bands but the last */
    struct inventory_studies *studies;

    /* What items have found, of all of them or of those of this rank. */
    struct influence *influences;             /* [inputs, targets] */
    struct inventory_regression *regressions; /* [targets] */

    /* The item at hand. */
    float *differences, *room;
    struct inventory_statistics *found; /* slots; behind each headline its checkpoints */
    int64_t found_count;
    struct inventory_test test;
    struct inventory_bootstrap bootstrap;
    struct inventory_variability variability;
};

/* ---- what is read ------------------------------------------------------------------------- */

static enum sampling_method method_of(const char *name)
{
    enum sampling_method method = SAMPLING_RANDOM;
    while (strcmp(sampling_method_name(method), name) != 0) {
        method++;
    }
    return method;
}

static enum status read_model(struct inventory *inventory)
{
    enum status status;
    const struct job *job = inventory->job;
    const struct options *options = job->options;
    struct inventory_model *model = &inventory->model;
    const struct inventory_settings settings = {
        .seed = job->seed,
        .method = method_of(option_text(options, "sampling")),
        .draws = option_integer(options, "draws"),
        .randomisations = option_integer(options, "randomisations"),
        .replicates = option_integer(options, "replicates")};
    TRY(inventory_model_read(option_text(options, "input"), option_text(options, "tables"),
                             job->content_hash, model));
    TRY(inventory_units_check(model));
    TRY(inventory_inputs_create(model, &settings, &inventory->inputs));
    TRY(inventory_results_create(model, inventory_inputs_uncertain(inventory->inputs),
                                 &inventory->results));
    TRY(inventory_points(&inventory->results, inventory->inputs));
done:
    return status;
}

static enum status find_headlines(struct inventory *inventory)
{
    enum status status;
    const struct inventory_results *results = &inventory->results;
    inventory->checkpoints = inventory_checkpoints(option_integer(inventory->job->options, "draws"),
                                                   inventory->checkpoint);
    TRY(memory_allocate((size_t)results->slot_count, sizeof *inventory->is_headline,
                        &inventory->is_headline));
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *one = &results->results[i];
        if (one->kind == RESULT_TOTAL && one->subject == SUBJECT_ALL && one->place == PLACE_ALL) {
            inventory->is_headline[one->slot] = true;
        }
    }
done:
    return status;
}

/* Told once, not by every rank. */
static void tell_warnings(const struct inventory *inventory)
{
    const struct text_list *warnings = inventory_inputs_warnings(inventory->inputs);
    for (size_t i = 0; inventory->job->rank == 0 && i < warnings->count; i++) {
        log_warning("%s", warnings->items[i]);
    }
    for (int i = 0; inventory->job->rank == 0 && i < inventory->model.source_count; i++) {
        const struct inventory_source *source = &inventory->model.sources[i];
        if (source->is_national && inventory->model.regions.count > 0) {
            log_info(
                "source '%s' has national data only: it is in the totals of the nation, and in no "
                "province or region",
                source->name);
        }
    }
}

/* ---- bands of slots ----------------------------------------------------------------------- */

static int64_t band_of(int64_t slots, int64_t draws)
{
    int64_t band = BAND_VALUES / draws;
    band = band < 1 ? 1 : band > BAND_SLOTS_MAX ? BAND_SLOTS_MAX : band;
    return band < slots ? band : slots;
}

/* Slots [first, first + count) of an item. */
static void slots_of(const struct inventory *inventory, int64_t item, int64_t *first,
                     int64_t *count)
{
    int64_t left;
    *first = item * inventory->band;
    left = inventory->results.slot_count - *first;
    *count = left < inventory->band ? left : inventory->band;
}

static enum item_kind kind_of(const struct inventory *inventory, int64_t item, int64_t *number)
{
    enum item_kind kind = ITEM_BAND;
    while (item >= inventory->first[kind + 1]) {
        kind++;
    }
    *number = item - inventory->first[kind];
    return kind;
}

/* Draws of a slot that are in memory at once. */
static int64_t draws_held(const struct inventory *inventory)
{
    int64_t draws = inventory->draws.draws;
    return draws < DRAWS_HELD_MAX ? draws : DRAWS_HELD_MAX;
}

static enum status item_read(void *context, struct flow_item *item)
{
    struct inventory *inventory = context;
    int64_t number, first, count;
    if (kind_of(inventory, item->index, &number) != ITEM_BAND) {
        return STATUS_OK;
    }
    slots_of(inventory, number, &first, &count);
    flow_count_read(item, count * inventory->draws.draws * (int64_t)sizeof(float));
    return inventory_draws_read(&inventory->draws, first, count, draws_held(inventory),
                                inventory->room, inventory->differences);
}

/* The first so many draws of a slot, in memory or read again. */
static enum status summarise(struct inventory *inventory, int64_t slot, const float *differences,
                             int64_t draws, struct inventory_statistics *found)
{
    if (draws > DRAWS_HELD_MAX) {
        return inventory_summarise_long(&inventory->summary, slot, &inventory->draws, draws,
                                        inventory->room, found);
    }
    *found = inventory_summarise(&inventory->summary, slot, differences, draws);
    return STATUS_OK;
}

static enum status summarise_band(struct inventory *inventory, int64_t band)
{
    enum status status = STATUS_OK;
    struct inventory_summary *summary = &inventory->summary;
    int64_t first, count, draws = inventory->draws.draws;
    slots_of(inventory, band, &first, &count);
    inventory->found_count = 0;
    for (int64_t slot = first; slot < first + count; slot++) {
        const float *differences = inventory->differences + (slot - first) * draws_held(inventory);
        struct inventory_statistics *found = &inventory->found[inventory->found_count++];
        TRY(summarise(inventory, slot, differences, draws, found));
        found->propagated_sd = inventory_propagate(summary, slot);
        for (int i = 0; inventory->is_headline[slot] && i < inventory->checkpoints; i++) {
            found = &inventory->found[inventory->found_count++];
            TRY(summarise(inventory, slot, differences, inventory->checkpoint[i], found));
        }
    }
done:
    return status;
}

/* Inputs of a chunk. */
static int64_t chunk_inputs(const struct inventory *inventory, int64_t chunk)
{
    int64_t left = inventory->results.input_count - chunk * INFLUENCE_CHUNK;
    return left < INFLUENCE_CHUNK ? left : INFLUENCE_CHUNK;
}

static struct influence *chunk_influences(struct inventory *inventory, int64_t chunk)
{
    return inventory->influences + chunk * INFLUENCE_CHUNK * inventory->sensitivity.targets;
}

static enum status item_compute(void *context, struct flow_item *item)
{
    struct inventory *inventory = context;
    int64_t number;
    switch (kind_of(inventory, item->index, &number)) {
    case ITEM_BAND:
        return summarise_band(inventory, number);
    case ITEM_CHUNK:
        return inventory_sensitivity_chunk(&inventory->sensitivity, number * INFLUENCE_CHUNK,
                                           chunk_inputs(inventory, number),
                                           chunk_influences(inventory, number));
    case ITEM_TEST:
        return inventory_study_test(inventory->studies, number, &inventory->test);
    case ITEM_BOOTSTRAP:
        return inventory_study_bootstrap(inventory->studies, number, &inventory->bootstrap);
    case ITEM_REGRESSION:
        return inventory_sensitivity_regress(&inventory->sensitivity, number, inventory->influences,
                                             &inventory->regressions[number]);
    case ITEM_VARIABILITY:
        return inventory_study_variability(inventory->studies, number, &inventory->variability);
    case ITEM_KINDS:
        break;
    }
    return STATUS_OK;
}

static enum status item_write(void *context, struct flow_item *item)
{
    struct inventory *inventory = context;
    int64_t number, pairs;
    switch (kind_of(inventory, item->index, &number)) {
    case ITEM_BAND:
        return flow_payload(item, inventory->found,
                            inventory->found_count * (int64_t)sizeof *inventory->found);
    case ITEM_CHUNK:
        pairs = chunk_inputs(inventory, number) * inventory->sensitivity.targets;
        return flow_payload(item, chunk_influences(inventory, number),
                            pairs * (int64_t)sizeof(struct influence));
    case ITEM_TEST:
        return flow_payload(item, &inventory->test, sizeof inventory->test);
    case ITEM_BOOTSTRAP:
        return flow_payload(item, &inventory->bootstrap, sizeof inventory->bootstrap);
    case ITEM_REGRESSION:
        return flow_payload(item, &inventory->regressions[number],
                            sizeof inventory->regressions[number]);
    case ITEM_VARIABILITY:
        return flow_payload(item, &inventory->variability, sizeof inventory->variability);
    case ITEM_KINDS:
        break;
    }
    return STATUS_OK;
}

static int64_t item_bytes(const struct inventory *inventory)
{
    int64_t draws = inventory->draws.draws, block = inventory->draws.block;
    int64_t influences = inventory->sensitivity.targets > 0
                             ? inventory_sensitivity_bytes(&inventory->sensitivity)
                             : 0;
    return inventory->band * 4 * (draws_held(inventory) + block) +
           inventory_summary_bytes(&inventory->results, draws) + influences;
}

static enum status create_buffers(struct inventory *inventory)
{
    enum status status;
    int64_t draws = inventory->draws.draws, block = inventory->draws.block;
    size_t band = (size_t)inventory->band;
    TRY(memory_allocate(band * (size_t)draws_held(inventory), sizeof(float),
                        &inventory->differences));
    TRY(memory_allocate(band * (size_t)block, sizeof(float), &inventory->room));
    TRY(memory_allocate(band * (size_t)(1 + inventory->checkpoints), sizeof *inventory->found,
                        &inventory->found));
    TRY(memory_allocate((size_t)(inventory->results.input_count * inventory->sensitivity.targets),
                        sizeof *inventory->influences, &inventory->influences));
    TRY(memory_allocate((size_t)inventory->sensitivity.targets, sizeof *inventory->regressions,
                        &inventory->regressions));
    TRY(inventory_summary_create(&inventory->results, inventory->inputs,
                                 option_real(inventory->job->options, "level"), draws,
                                 &inventory->summary));
done:
    return status;
}

/* ---- the tables --------------------------------------------------------------------------- */

static void take_band(struct inventory *inventory, int64_t band,
                      const struct inventory_statistics *found,
                      struct inventory_statistics **checkpoint)
{
    int64_t first, count;
    slots_of(inventory, band, &first, &count);
    for (int64_t slot = first; slot < first + count; slot++) {
        inventory->results.statistics[slot] = *found++;
        for (int i = 0; inventory->is_headline[slot] && i < inventory->checkpoints; i++) {
            *(*checkpoint)++ = *found++;
        }
    }
}

/* What later items need of the others: every rank reads it from the journal. */
static enum status gather_early(void *context)
{
    enum status status;
    struct inventory *inventory = context;
    const int64_t *first = inventory->first;
    struct journal_content content = {0};
    struct journal_record *records;
    TRY(stage_records_of(inventory->stage, first[ITEM_CHUNK], first[ITEM_BOOTSTRAP], &content,
                         &records));
    for (int64_t i = 0; i < first[ITEM_TEST] - first[ITEM_CHUNK]; i++) {
        memcpy(chunk_influences(inventory, i), records[i].payload,
               (size_t)records[i].payload_bytes);
    }
    records += first[ITEM_TEST] - first[ITEM_CHUNK];
    for (int64_t i = 0; i < first[ITEM_BOOTSTRAP] - first[ITEM_TEST]; i++) {
        inventory_studies_take_test(inventory->studies, i, records[i].payload);
    }
    inventory_studies_choose(inventory->studies);
done:
    journal_content_clear(&content);
    return status;
}

/* All else.
 * @param[out] checkpoints  [headlines, checkpoints] */
static enum status gather(struct inventory *inventory, struct inventory_statistics *checkpoints)
{
    enum status status;
    struct journal_content content = {0};
    TRY(stage_records(inventory->stage, &content));
    for (int64_t item = 0; item < content.record_count; item++) {
        const void *payload = content.records[item].payload;
        int64_t number;
        switch (kind_of(inventory, item, &number)) {
        case ITEM_BAND:
            take_band(inventory, number, payload, &checkpoints);
            break;
        case ITEM_BOOTSTRAP:
            inventory_studies_take_bootstrap(inventory->studies, number, payload);
            break;
        case ITEM_REGRESSION:
            memcpy(&inventory->regressions[number], payload, sizeof *inventory->regressions);
            break;
        case ITEM_VARIABILITY:
            inventory_studies_take_variability(inventory->studies, number, payload);
            break;
        case ITEM_CHUNK:
        case ITEM_TEST:
        case ITEM_KINDS:
            break;
        }
    }
done:
    journal_content_clear(&content);
    return status;
}

static int64_t headline_count(const struct inventory *inventory)
{
    int64_t headlines = 0;
    for (int64_t slot = 0; slot < inventory->results.slot_count; slot++) {
        headlines += inventory->is_headline[slot];
    }
    return headlines;
}

static enum status write_tables(struct inventory *inventory)
{
    enum status status;
    const struct options *options = inventory->job->options;
    struct inventory_statistics *checkpoints = NULL;
    double tail = (100 - option_real(options, "level")) / 200;
    struct distribution normal = distribution_of(DISTRIBUTION_NORMAL, 0, 1, 0, 0);
    bool has_sensitivity = inventory->sensitivity.targets > 0;
    TRY(memory_allocate((size_t)(headline_count(inventory) * inventory->checkpoints),
                        sizeof *checkpoints, &checkpoints));
    TRY(gather(inventory, checkpoints));
    struct inventory_output output = {
        .results = &inventory->results,
        .inputs = inventory->inputs,
        .folder = option_text(options, "output"),
        .level = option_real(options, "level"),
        .half_width = -distribution_quantile(&normal, tail),
        .is_headline = inventory->is_headline,
        .checkpoint = inventory->checkpoint,
        .checkpoints = inventory->checkpoints,
        .statistics = checkpoints,
        .sensitivity = has_sensitivity ? &inventory->sensitivity : NULL,
        .influences = inventory->influences,
        .regressions = inventory->regressions,
        .samples = inventory_studies_samples(inventory->studies),
        .sample_count = inventory_studies_variabilities(inventory->studies)};
    TRY(inventory_output_write(&output, inventory->stage));
done:
    free(checkpoints);
    return status;
}

/* ---- the stages --------------------------------------------------------------------------- */

static enum status attach_inputs(void *context, struct stage *stage)
{
    enum status status;
    const struct inventory_model *model = context;
    struct text all = {0};
    char *identities = NULL;
    TRY(stage_add_input_file(stage, "input", model->path));
    for (size_t i = 0; i < model->printed_files.count; i++) {
        TRY(stage_add_input_file(stage, "printed", model->printed_files.items[i]));
    }
    for (int i = 0; i < model->table_count; i++) {
        text_add_format(&all, "%s%s", i > 0 ? "; " : "", model->tables[i].identity);
    }
    TRY(text_take(&all, &identities));
    TRY(stage_add_input(stage, "tables", identities));
done:
    text_clear(&all);
    free(identities);
    return status;
}

static enum status declare(struct inventory *inventory)
{
    enum status status;
    const char *folder = option_text(inventory->job->options, "output");
    TRY(path_join(folder, "inventory", &inventory->stage_path));
    TRY(stage_create(inventory->job, inventory->stage_path, &inventory->stage));
    TRY(attach_inputs(&inventory->model, inventory->stage));
    TRY(inventory_output_declare(inventory->stage, folder));
done:
    return status;
}

static enum status draw(struct inventory *inventory)
{
    const struct options *options = inventory->job->options;
    const struct inventory_drawing drawing = {.results = &inventory->results,
                                              .inputs = inventory->inputs,
                                              .draws = option_integer(options, "draws"),
                                              .block = inventory->draws.block,
                                              .attach = attach_inputs,
                                              .context = &inventory->model};
    return inventory_draws_make(inventory->job, &drawing, &inventory->draws);
}

static enum status run_items(struct inventory *inventory)
{
    enum status status;
    const struct job *job = inventory->job;
    struct flow_work work = {.context = inventory,
                             .read = item_read,
                             .compute = item_compute,
                             .write = item_write,
                             .between = gather_early,
                             .later = inventory->first[ITEM_LATER]};
    if (!stage_is_recorded(inventory->stage)) {
        TRY(draw(inventory));
    }
    TRY_TOGETHER(job->comm, create_buffers(inventory));
    TRY(flow_run(inventory->stage, &work));
    inventory_draws_close(job, &inventory->draws, !job->dry_run); /* nobody needs them any more */
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_tables(inventory) : STATUS_OK);
    TRY(stage_commit(inventory->stage));
done:
    return status;
}

/* How many items there are of each kind; inputs without targets have no influence. */
static void count_items(struct inventory *inventory)
{
    int64_t slots = inventory->results.slot_count, inputs = inventory->results.input_count;
    int64_t targets = inventory->sensitivity.targets;
    const int64_t counts[ITEM_KINDS] = {
        [ITEM_BAND] = (slots + inventory->band - 1) / inventory->band,
        [ITEM_CHUNK] = targets > 0 ? (inputs + INFLUENCE_CHUNK - 1) / INFLUENCE_CHUNK : 0,
        [ITEM_TEST] = inventory_studies_tests(inventory->studies),
        [ITEM_BOOTSTRAP] = inventory_studies_bootstraps(inventory->studies),
        [ITEM_REGRESSION] = targets,
        [ITEM_VARIABILITY] = inventory_studies_variabilities(inventory->studies)};
    for (int kind = 0; kind < ITEM_KINDS; kind++) {
        inventory->first[kind + 1] = inventory->first[kind] + counts[kind];
    }
}

/* Draws of an item. What is reordered in blocks (inputs.h) would be made twice in parts of them. */
static int64_t block_of(const struct inventory *inventory)
{
    int64_t block = option_integer(inventory->job->options, "block");
    int64_t whole = (block + SAMPLING_BLOCK - 1) / SAMPLING_BLOCK * SAMPLING_BLOCK;
    return inventory_inputs_reorder(inventory->inputs) ? whole : block;
}

/* How the work is cut, and whether a rank has the memory for an item of each stage. */
static enum status cut_items(struct inventory *inventory)
{
    enum status status = STATUS_OK;
    const struct job *job = inventory->job;
    int64_t slots = inventory->results.slot_count;
    int64_t block = block_of(inventory);
    inventory->draws.draws = option_integer(job->options, "draws");
    inventory->draws.block = block;
    inventory->band = band_of(slots, inventory->draws.draws);
    TRY(inventory_studies_create(inventory->inputs, &inventory->studies));
    if (option_flag(job->options, "sensitivities")) {
        TRY(inventory_sensitivity_create(&inventory->results, inventory->inputs, &inventory->draws,
                                         &inventory->sensitivity));
    }
    count_items(inventory);
    int64_t drawing = inventory_draws_bytes(&inventory->results, block);
    int64_t summing = item_bytes(inventory);
    int64_t bytes = drawing > summing ? drawing : summing;
    FAIL_IF(bytes > job->memory_bytes, STATUS_USAGE,
            "--memory %lldM is too small for %lld draws of %lld results in blocks of %lld: use "
            "--memory "
            "%lldM%s",
            (long long)(job->memory_bytes >> 20), (long long)inventory->draws.draws,
            (long long)slots, (long long)block, (long long)(bytes >> 20) + 1,
            drawing > summing ? ", or a smaller --block" : "");
done:
    return status;
}

static enum status inventory_stage(struct inventory *inventory)
{
    enum status status;
    struct items items = items_counted(inventory->first[ITEM_KINDS]);
    struct items_cost cost = {.fixed_bytes = item_bytes(inventory)};
    TRY(stage_begin(inventory->stage, &items, &cost));
    if (!stage_is_done(inventory->stage)) {
        TRY(run_items(inventory));
    }
done:
    return status;
}

static enum status prepare(struct inventory *inventory)
{
    enum status status;
    const char *folder = option_text(inventory->job->options, "output");
    FAIL_IF(path_exists(folder) && !path_is_folder(folder), STATUS_OUTPUT,
            "--output %s is a file: name a folder", folder);
    if (option_flag(inventory->job->options, "figures")) {
        TRY(figure_check());
    }
    TRY(read_model(inventory));
    TRY(inventory_grid_create(inventory->job, &inventory->model, &inventory->grid));
    TRY(find_headlines(inventory));
    TRY(cut_items(inventory));
    tell_warnings(inventory);
    TRY(inventory_draws_name(inventory->job, &inventory->draws));
    TRY(declare(inventory));
    if (inventory->job->rank == 0 && !inventory->job->dry_run) {
        TRY(path_create_folder(folder));
    }
done:
    return status;
}

static void inventory_clear(struct inventory *inventory, bool is_finished)
{
    stage_destroy(&inventory->stage);
    inventory_draws_close(inventory->job, &inventory->draws, is_finished);
    inventory_summary_clear(&inventory->summary);
    inventory_sensitivity_clear(&inventory->sensitivity);
    inventory_studies_destroy(&inventory->studies);
    inventory_grid_destroy(&inventory->grid);
    inventory_results_clear(&inventory->results);
    inventory_inputs_destroy(&inventory->inputs);
    inventory_model_clear(&inventory->model);
    free(inventory->is_headline);
    free(inventory->differences);
    free(inventory->room);
    free(inventory->found);
    free(inventory->influences);
    free(inventory->regressions);
    free(inventory->stage_path);
}

static enum status inventory_run(struct job *job)
{
    enum status status;
    struct inventory inventory = {.job = job};
    const char *folder = option_text(job->options, "output");
    bool is_tabled = false; /* nobody needs the draws any more */
    if (option_flag(job->options, "template")) {
        return inventory_template_make(job, option_text(job->options, "input"), false);
    }
    TRY_TOGETHER(job->comm, prepare(&inventory));
    TRY(inventory_stage(&inventory));
    is_tabled = !job->dry_run;
    if (inventory.grid != NULL) {
        TRY(inventory_grid_run(job, inventory.grid, folder));
    }
    if (option_flag(job->options, "figures") && !job->dry_run) {
        TRY(inventory_figures_run(job, &inventory.model, inventory.inputs, inventory.grid, folder));
    }
    bool is_teller = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_teller ? inventory_headline_tell(&inventory.model, folder,
                                                                option_real(job->options, "level"))
                                      : STATUS_OK);
done:
    inventory_clear(&inventory, is_tabled);
    return status;
}

static const struct option_spec *const inventory_tables[] = {
    inventory_options, inventory_grid_options, inventory_figures_options, options_common, NULL};

const struct command command_inventory = {
    .name = "inventory",
    .summary = "emission inventories with honest uncertainty",
    .details =
        "Reads activity, factors and shares from tables (CSV, XLSX, ODS), checks units and "
        "formulas, and "
        "gives totals by source, category, receptor, province, region and year with "
        "intervals, shares, "
        "changes, sensitivities, and printed numbers beside recomputed ones. What is wrong "
        "in a table or the "
        "config is told with file, line and column.\n\n"
        "A draw depends on the seed, on the parameter and keys of a value by name, and on "
        "its number: not on "
        "ranks, blocks or the order of tables. A value that provinces share is one draw for "
        "all of them. "
        "Draws lie in a scratch file beside FOLDER, 4 bytes for each result and draw, until "
        "the tables are "
        "written; memory grows by 16 bytes a draw up to a million, and no further.\n\n"
        "`correlations` of the config correlate ranks by Iman and Conover's reordering within blocks "
        "of 1024 draws, or with `method: gaussian-copula` by mixing normal scores.\n\n"
        "Standard errors of percentiles come from the order statistics one binomial "
        "standard deviation to "
        "either side; with --sampling latin and sobol these and that of the mean from how far the "
        "--randomisations lie apart. Error propagation (IPCC approach 1) stands beside Monte Carlo "
        "(approach 2) in each "
        "row. Sensitivities look at the first 65536 draws.",
    .examples =
        "airshed inventory configs/coal-metals.yaml -o build/coal-metals\n"
        "mpirun -n 4 airshed inventory metals.yaml -o metals --draws 100000 --sampling sobol",
    .tables = inventory_tables,
    .run = inventory_run,
};
