/* airshed -- GPL-3.0-or-later. The network of background: training, weights, prediction in tiles. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "grid/regrid.h"
#include "io/table_writer.h"
#include "learn/safetensors.h"
#include "learn/training.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

#define NETWORK_GROUP_NAME "Network"

enum { VALIDATIONS = 64, FACTS = 6, MEAN_CELLS = 1 << 20, MEAN_ROWS = 64 };

const struct option_spec network_options[] = {
    {.name = "weights",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .group = NETWORK_GROUP_NAME,
     .help = "Predict with these weights (safetensors) and train none; what the network sees and how "
             "wide it is stands in the file."},
    {.name = "features",
     .kind = OPTION_LIST,
     .choices = "guess|coordinates|elevation|season",
     .group = NETWORK_GROUP_NAME,
     .help = "What the network sees beside values and mask. guess: the hidden cells by kriging, which "
             "the network then corrects."},
    {.name = "elevation",
     .kind = OPTION_PATH,
     .argument = "DEM",
     .flags = OPTION_INPUT,
     .group = NETWORK_GROUP_NAME,
     .help = "Elevation for --features elevation: any raster, averaged to the cells."},
    {.name = "channels",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "16",
     .low = 1,
     .high = 256,
     .group = NETWORK_GROUP_NAME,
     .help = "Channels of the first level, doubled at each of the next three: 1, 2, 4 or a multiple of "
             "8."},
    {.name = "sequence",
     .kind = OPTION_INTEGER,
     .argument = "STEPS",
     .fallback = "7",
     .low = 1,
     .high = 64,
     .group = NETWORK_GROUP_NAME,
     .help = "Steps that it sees; the last is predicted."},
    {.name = "recurrent",
     .kind = OPTION_CHOICE,
     .choices = "bottleneck|all",
     .fallback = "bottleneck",
     .group = NETWORK_GROUP_NAME,
     .help = "Where the ConvLSTM sits: at the bottleneck, or on all skip connections as well."},
    {.name = "patch",
     .kind = OPTION_INTEGER,
     .argument = "CELLS",
     .fallback = "64",
     .low = NETWORK_CELL,
     .high = 4096,
     .group = NETWORK_GROUP_NAME,
     .help = "Edge of the patches that it learns from, rounded up to multiples of 16."},
    {.name = "batch",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "8",
     .low = 1,
     .high = 1024,
     .group = NETWORK_GROUP_NAME,
     .help = "Patches of a training step."},
    {.name = "epochs",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "100",
     .low = 1,
     .high = 100000,
     .group = NETWORK_GROUP_NAME,
     .help = "At most so many epochs; the rate falls linearly to 0 over them."},
    {.name = "epoch-steps",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "100",
     .low = 1,
     .high = 1e6,
     .group = NETWORK_GROUP_NAME,
     .help = "Training steps of an epoch, after which the validation areas are predicted."},
    {.name = "patience",
     .kind = OPTION_INTEGER,
     .argument = "EPOCHS",
     .fallback = "20",
     .low = 1,
     .high = 100000,
     .group = NETWORK_GROUP_NAME,
     .help = "Training ends after so many epochs without a better prediction of them."},
    {.name = "rate",
     .kind = OPTION_REAL,
     .argument = "RATE",
     .fallback = "0.001",
     .low = 1e-9,
     .high = 1,
     .group = NETWORK_GROUP_NAME,
     .help = "Learning rate of Adam at the start."},
    {.name = "tile",
     .kind = OPTION_INTEGER,
     .argument = "CELLS",
     .fallback = "256",
     .low = NETWORK_CELL,
     .high = 65536,
     .group = NETWORK_GROUP_NAME,
     .help = "Edge of the tiles that are predicted, rounded up to multiples of 16; each gets a margin as "
             "wide as the network's reach."},
    {.name = NULL},
};

static int64_t whole_cells(int64_t cells)
{
    return (cells + NETWORK_CELL - 1) / NETWORK_CELL * NETWORK_CELL;
}

/* ---- what it sees ------------------------------------------------------------------------- */

static void add_feature(struct painter *painter, const char *name)
{
    snprintf(painter->features[painter->settings.inputs++], sizeof *painter->features, "%s", name);
}

static bool has_option(const struct options *options, const char *feature)
{
    bool found = false;
    for (size_t i = 0; i < option_count(options, "features"); i++) {
        found = found || strcmp(option_item(options, "features", i), feature) == 0;
    }
    return found;
}

static enum status settings_from_options(struct painter *painter)
{
    enum status status = STATUS_OK;
    const struct options *options = painter->job->options;
    painter->settings =
        (struct network_settings){.channels = (int)option_integer(options, "channels"),
                                  .sequence = (int)option_integer(options, "sequence"),
                                  .is_recurrent =
                                      strcmp(option_text(options, "recurrent"), "all") == 0};
    add_feature(painter, "value");
    add_feature(painter, "known");
    if (has_option(options, "guess")) {
        add_feature(painter, "guess");
    }
    if (has_option(options, "coordinates")) {
        add_feature(painter, "x");
        add_feature(painter, "y");
    }
    if (has_option(options, "elevation")) {
        add_feature(painter, "elevation");
    }
    if (has_option(options, "season")) {
        add_feature(painter, "sin");
        add_feature(painter, "cos");
    }
    FAIL_IF(NETWORK_GROUP % painter->settings.channels != 0 &&
                painter->settings.channels % NETWORK_GROUP != 0,
            STATUS_USAGE, "--channels %d: must be 1, 2, 4 or a multiple of 8",
            painter->settings.channels);
done:
    return status;
}

static const char *fact_of(const struct safetensors *file, const char *name)
{
    const char *value = safetensors_fact(file, name);
    return value != NULL ? value : "";
}

static enum status settings_from_file(struct painter *painter, const struct safetensors *file)
{
    enum status status = STATUS_OK;
    const char *known[] = {"value", "known", "guess", "x", "y", "elevation", "sin", "cos"};
    const char *path = option_text(painter->job->options, "weights");
    char names[96];
    painter->settings =
        (struct network_settings){.channels = atoi(fact_of(file, "channels")),
                                  .sequence = atoi(fact_of(file, "sequence")),
                                  .is_recurrent = strcmp(fact_of(file, "recurrent"), "all") == 0};
    painter->scale = atof(fact_of(file, "scale"));
    snprintf(names, sizeof names, "%s", fact_of(file, "inputs"));
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            is_known = is_known || strcmp(name, known[i]) == 0;
        }
        FAIL_IF(!is_known || painter->settings.inputs == FEATURES_MOST, STATUS_DATA,
                "--weights %s: its network wants '%s', which airshed does not know", path, name);
        add_feature(painter, name);
    }
    const struct network_settings *settings = &painter->settings;
    bool has_channels = settings->channels > 0 && (NETWORK_GROUP % settings->channels == 0 ||
                                                   settings->channels % NETWORK_GROUP == 0);
    FAIL_IF(settings->inputs < 2 || !has_channels || settings->channels > 256 ||
                settings->sequence < 1 || settings->sequence > 64 || !(painter->scale > 0) ||
                !isfinite(painter->scale),
            STATUS_DATA,
            "--weights %s: does not say what its network sees (inputs, channels, sequence, scale): it "
            "was not written by `airshed background`",
            path);
done:
    return status;
}

/* ---- maps it sees ------------------------------------------------------------------------- */

static enum status open_elevation(struct painter *painter)
{
    enum status status = STATUS_OK;
    const struct job *job = painter->job;
    bool is_wanted = false;
    for (int i = 0; i < painter->settings.inputs; i++) {
        is_wanted = is_wanted || strcmp(painter->features[i], "elevation") == 0;
    }
    struct input_request request = {.label = "elevation",
                                    .path = option_text(job->options, "elevation"),
                                    .ignores_selection = true,
                                    .cover = painter->region->grid};
    FAIL_IF(is_wanted && request.path == NULL, STATUS_USAGE,
            "the network sees the elevation: name a raster with --elevation");
    if (is_wanted) {
        TRY(input_open(job, &request, &painter->elevation));
    }
done:
    return status;
}

/* Elevation of the cells, the mean of what covers them. */
static enum status read_elevation(struct painter *painter)
{
    enum status status;
    const struct georeference *source = input_grid(painter->elevation);
    const struct georeference *grid = painter->region->grid;
    struct resample_plan *plan = NULL;
    float *map = NULL;
    struct window whole = {.steps = 1, .rows = source->rows, .cols = source->cols};
    TRY(memory_allocate((size_t)window_count(&whole), sizeof *map, &map));
    TRY(memory_allocate((size_t)painter->region->cells, sizeof(float), &painter->elevation_m));
    TRY(input_read(painter->elevation, &whole, map));
    TRY(regrid_create(RESAMPLE_AVERAGE, source, grid, &plan));
    resample_rows(plan, 0.5, 0, grid->rows, 0, map, painter->elevation_m);
done:
    resample_destroy(&plan);
    free(map);
    return status;
}

/* Values less their mean, over their deviation; 0 where not known. */
static void standardise(int64_t cells, const float *from, float *to)
{
    double sum = 0, squares = 0, count = 0;
    for (int64_t i = 0; i < cells; i++) {
        if (!isnan(from[i])) {
            sum += (double)from[i];
            count++;
        }
    }
    double mean = count > 0 ? sum / count : 0;
    for (int64_t i = 0; i < cells; i++) {
        double difference = isnan(from[i]) ? 0 : (double)from[i] - mean;
        squares += difference * difference;
    }
    double deviation = squares > 0 ? sqrt(squares / count) : 1;
    for (int64_t i = 0; i < cells; i++) {
        to[i] = isnan(from[i]) ? 0 : (float)(((double)from[i] - mean) / deviation);
    }
}

static enum status make_maps(struct painter *painter)
{
    enum status status = STATUS_OK;
    const struct region *region = painter->region;
    size_t cells = (size_t)region->cells;
    if (painter->elevation != NULL) {
        TRY(read_elevation(painter));
    }
    painter->guess = -1;
    for (int i = 0; i < painter->settings.inputs; i++) {
        const char *name = painter->features[i];
        painter->guess = strcmp(name, "guess") == 0 ? i : painter->guess;
        bool is_x = strcmp(name, "x") == 0, is_y = strcmp(name, "y") == 0;
        if (is_x || is_y || strcmp(name, "elevation") == 0) {
            TRY(memory_allocate(cells, sizeof(float), &painter->map[i]));
        }
        for (int64_t cell = 0; (is_x || is_y) && cell < region->cells; cell++) {
            painter->map[i][cell] = (float)region->covariate[is_y][cell];
        }
        if (strcmp(name, "elevation") == 0) {
            standardise(region->cells, painter->elevation_m, painter->map[i]);
        }
    }
    TRY(memory_allocate((size_t)region->masks * cells, 1, &painter->is_known));
    for (int64_t i = 0; i < region->masks * region->cells; i++) {
        int64_t cell = i % region->cells;
        painter->is_known[i] = region->mask[i / region->cells].is_background[cell] != 0 &&
                               region->holdout->area[cell] == 0;
    }
done:
    return status;
}

const uint8_t *painter_known(const struct painter *painter, int64_t step)
{
    return painter->is_known + painter->region->mask_of[step] * painter->region->cells;
}

/* ---- scaling ------------------------------------------------------------------------------ */

/* Sum, squares and number of the known cells of a step: of all rows, or of some of a large grid. */
static enum status sum_step(struct painter *painter, int64_t step, float *map, double sums[3])
{
    enum status status = STATUS_OK;
    const struct georeference *grid = painter->region->grid;
    const uint8_t *is_known = painter_known(painter, step);
    bool is_large = grid->rows > MEAN_ROWS && painter->region->cells > MEAN_CELLS;
    int64_t reads = is_large ? MEAN_ROWS : 1;
    for (int64_t i = 0; i < reads; i++) {
        struct window window = {.time = step,
                                .steps = 1,
                                .row = is_large ? i * grid->rows / reads : 0,
                                .rows = is_large ? 1 : grid->rows,
                                .cols = grid->cols};
        TRY(input_read(painter->input, &window, map));
        for (int64_t k = 0; k < window.rows * window.cols; k++) {
            if (is_known[window.row * grid->cols + k] != 0 && !isnan(map[k])) {
                sums[0] += (double)map[k];
                sums[1] += (double)map[k] * (double)map[k];
                sums[2]++;
            }
        }
    }
done:
    return status;
}

/* Mean of each step, and the deviation from it over all. */
static enum status make_scales(struct painter *painter)
{
    enum status status = STATUS_OK;
    const struct job *job = painter->job;
    float *map = NULL;
    double *sums = NULL, all[3] = {0}, squares = 0;
    TRY_TOGETHER(job->comm,
                 memory_allocate((size_t)painter->region->cells, sizeof *map, &map));
    TRY_TOGETHER(job->comm, memory_allocate(3 * (size_t)painter->steps, sizeof *sums, &sums));
    TRY_TOGETHER(job->comm, memory_allocate((size_t)painter->steps, sizeof(double), &painter->mean));
    for (int64_t step = job->rank; step < painter->steps && status == STATUS_OK;
         step += job->size) {
        status = sum_step(painter, step, map, sums + 3 * step);
    }
    TRY(status_agree(job->comm, status));
    messages_reduce(job->comm, sums, (int)(3 * painter->steps), MPI_DOUBLE, MPI_SUM);
    for (int64_t i = 0; i < 3 * painter->steps; i++) {
        all[i % 3] += sums[i];
    }
    for (int64_t step = 0; step < painter->steps; step++) {
        const double *own = sums + 3 * step;
        painter->mean[step] = own[2] > 0 ? own[0] / own[2] : all[0] / all[2];
        squares += own[2] > 0 ? own[1] - own[0] * own[0] / own[2] : 0;
    }
    if (!(painter->scale > 0)) { /* not from a file */
        painter->scale = squares > 0 ? sqrt(squares / all[2]) : 1;
    }
done:
    free(map);
    free(sums);
    return status;
}

/* ---- training ----------------------------------------------------------------------------- */

static void write_facts(const struct painter *painter, struct safetensors_fact facts[FACTS])
{
    const char *names[FACTS] = {"format", "inputs", "channels", "sequence", "recurrent", "scale"};
    for (int i = 0; i < FACTS; i++) {
        snprintf(facts[i].name, sizeof facts[i].name, "%s", names[i]);
    }
    snprintf(facts[0].value, sizeof facts[0].value, "pt");
    size_t length = 0;
    for (int i = 0; i < painter->settings.inputs; i++) {
        length += (size_t)snprintf(facts[1].value + length, sizeof facts[1].value - length, "%s%s",
                                   i > 0 ? "," : "", painter->features[i]);
    }
    snprintf(facts[2].value, sizeof facts[2].value, "%d", painter->settings.channels);
    snprintf(facts[3].value, sizeof facts[3].value, "%d", painter->settings.sequence);
    snprintf(facts[4].value, sizeof facts[4].value, "%s",
             painter->settings.is_recurrent ? "all" : "bottleneck");
    snprintf(facts[5].value, sizeof facts[5].value, "%.17g", painter->scale);
}

static enum status write_log(const struct painter *painter, const struct training_result *result,
                             const char *csv, const char *json)
{
    enum status status;
    struct table_writer *writer = NULL;
    const char *units = input_units(painter->input);
    const struct table_column columns[] = {
        {"epoch", "1", "number of the epoch", TABLE_INTEGER},
        {"loss", units, "mean absolute error on blanked areas of the training blocks", TABLE_NUMBER},
        {"validation", units, "the same on the areas of the validation blocks", TABLE_NUMBER},
        {"is_best", NULL, "1 where the weights were taken", TABLE_INTEGER},
    };
    TRY(table_writer_create(csv, "Training of a U-ConvLSTM", columns,
                            sizeof columns / sizeof *columns, &writer));
    for (int64_t epoch = 0; epoch < result->epochs; epoch++) {
        table_writer_integer(writer, epoch + 1);
        table_writer_number(writer, result->log[epoch].loss * painter->scale);
        table_writer_number(writer, result->log[epoch].validation * painter->scale);
        table_writer_integer(writer, epoch == result->best);
    }
    TRY(table_writer_close(&writer, json));
done:
    table_writer_destroy(&writer);
    return status;
}

/* Files of the training beside the output. */
struct training_files {
    char *weights, *csv, *json, *checkpoint;
};

static enum status name_files(const struct job *job, struct training_files *files)
{
    enum status status;
    char *stem = NULL;
    TRY(path_stem(option_text(job->options, "output"), &stem));
    FAIL_IF(asprintf(&files->weights, "%s_network.safetensors", stem) < 0 ||
                asprintf(&files->csv, "%s_training.csv", stem) < 0 ||
                asprintf(&files->json, "%s_training.json", stem) < 0 ||
                asprintf(&files->checkpoint, "%s_network.checkpoint", stem) < 0,
            STATUS_MEMORY, "out of memory");
done:
    free(stem);
    return status;
}

static void files_clear(struct training_files *files)
{
    free(files->weights);
    free(files->csv);
    free(files->json);
    free(files->checkpoint);
}

static enum status write_products(const struct painter *painter, const struct stage *stage,
                                  const struct training_files *files,
                                  const struct training_result *result)
{
    enum status status;
    struct safetensors_fact facts[FACTS];
    write_facts(painter, facts);
    TRY(safetensors_write(stage_partial(stage, files->weights), painter->network,
                          result->parameters, facts, FACTS));
    TRY(write_log(painter, result, stage_partial(stage, files->csv),
                  stage_partial(stage, files->json)));
done:
    return status;
}

static enum status train(struct painter *painter, struct stage *stage,
                         const struct training_files *files)
{
    enum status status;
    const struct job *job = painter->job;
    const struct options *options = job->options;
    struct training_result result = {0};
    TRY_TOGETHER(job->comm, painter_create_samples(painter));
    const struct training_settings settings = {.batch = option_integer(options, "batch"),
                                               .steps = option_integer(options, "epoch-steps"),
                                               .epochs = option_integer(options, "epochs"),
                                               .patience = option_integer(options, "patience"),
                                               .rate = option_real(options, "rate"),
                                               .seed = job->seed,
                                               .checkpoint = files->checkpoint,
                                               .fingerprint = stage_fingerprint_text(stage)};
    const struct training_source source = {.sample = painter_sample,
                                           .validation = painter_validation,
                                           .validations =
                                               painter->validation_areas > 0 ? VALIDATIONS : 0,
                                           .context = painter};
    if (job->rank == 0 && !job->resume) {
        training_forget(files->checkpoint);
    }
    messages_meet(job->comm);
    TRY(training_run(job->comm, painter->network, &settings, &source, &result));
    TRY_TOGETHER(job->comm,
                 job->rank == 0 ? write_products(painter, stage, files, &result) : STATUS_OK);
    TRY(stage_commit(stage));
done:
    training_result_clear(&result);
    return status;
}

static enum status declare_training(const struct painter *painter, const struct job *job,
                                    struct input *area, const struct training_files *files,
                                    struct stage **stage)
{
    enum status status;
    TRY(stage_create(job, files->weights, stage));
    TRY(input_attach(painter->input, *stage));
    TRY(input_attach(area, *stage));
    if (painter->elevation != NULL) {
        TRY(input_attach(painter->elevation, *stage));
    }
    TRY(stage_add_file(*stage, files->weights));
    TRY(stage_add_file(*stage, files->csv));
    TRY(stage_add_file(*stage, files->json));
done:
    return status;
}

/* ---- weights ------------------------------------------------------------------------------ */

static enum status load_weights(struct painter *painter, const char *path)
{
    enum status status;
    struct safetensors *file = NULL;
    float *parameters = NULL;
    TRY(memory_allocate((size_t)network_parameter_count(painter->network), sizeof(float),
                        &parameters));
    TRY(safetensors_read(path, &file));
    TRY(safetensors_parameters(file, painter->network, parameters));
    TRY(network_set(painter->network, parameters));
done:
    safetensors_close(&file);
    free(parameters);
    return status;
}

/* --dry-run measures with the starting values. */
static enum status draw_weights(struct painter *painter)
{
    enum status status;
    float *parameters = NULL;
    TRY(memory_allocate((size_t)network_parameter_count(painter->network), sizeof(float),
                        &parameters));
    network_draw(painter->network, painter->job->seed, parameters);
    TRY(network_set(painter->network, parameters));
done:
    free(parameters);
    return status;
}

static enum status train_or_find(struct painter *painter, struct input *area)
{
    enum status status;
    struct job job = *painter->job;
    struct stage *stage = NULL;
    struct training_files files = {0};
    struct items items;
    const struct items_cost cost = {
        .fixed_bytes = training_bytes(network_parameter_count(painter->network),
                                      option_integer(job.options, "batch")) +
                       network_loss_bytes(&painter->settings, painter->patch_rows,
                                          painter->patch_cols)};
    job.has_output_options = job.geotiff = job.compress = false;
    TRY_TOGETHER(job.comm, name_files(&job, &files));
    TRY_TOGETHER(job.comm, declare_training(painter, &job, area, &files, &stage));
    /* One item, the whole training: cut only to refuse a budget that it does not fit. */
    TRY_TOGETHER(job.comm, items_cut_steps(1, 1, 1, &cost, job.memory_bytes, &items));
    TRY(stage_begin(stage, &items, &cost));
    if (job.dry_run) {
        if (job.rank == 0) {
            log_info("before the plan's items: training, at most %lld steps of %lld patches; the plan "
                     "measures with starting weights",
                     (long long)(option_integer(job.options, "epochs") *
                                 option_integer(job.options, "epoch-steps")),
                     (long long)option_integer(job.options, "batch"));
        }
        TRY_TOGETHER(job.comm, draw_weights(painter));
        goto done;
    }
    if (!stage_is_done(stage)) {
        TRY(train(painter, stage, &files));
    }
    if (job.rank == 0) {
        training_forget(files.checkpoint);
    }
    TRY_TOGETHER(job.comm, load_weights(painter, files.weights));
done:
    stage_destroy(&stage);
    files_clear(&files);
    return status;
}

/* ---- making ------------------------------------------------------------------------------- */

static enum status find_settings(struct painter *painter)
{
    enum status status;
    const char *path = option_text(painter->job->options, "weights");
    struct safetensors *file = NULL;
    if (path == NULL) {
        TRY(settings_from_options(painter));
    } else {
        TRY(safetensors_read(path, &file));
        TRY(settings_from_file(painter, file));
    }
    const struct georeference *grid = painter->region->grid;
    int64_t patch = whole_cells(option_integer(painter->job->options, "patch"));
    int64_t rows = whole_cells(grid->rows), cols = whole_cells(grid->cols);
    painter->patch_rows = patch < rows ? patch : rows;
    painter->patch_cols = patch < cols ? patch : cols;
    painter->tile = whole_cells(option_integer(painter->job->options, "tile"));
    TRY(network_create(&painter->settings, &painter->network));
done:
    safetensors_close(&file);
    return status;
}

enum status painter_create(const struct job *job, struct input *input, struct input *area,
                           const struct region *region, struct painter *painter)
{
    enum status status;
    const char *weights = option_text(job->options, "weights");
    *painter = (struct painter){
        .job = job, .input = input, .region = region, .steps = input_time(input)->steps};
    TRY_TOGETHER(job->comm, find_settings(painter));
    TRY(open_elevation(painter));
    TRY_TOGETHER(job->comm, make_maps(painter));
    TRY(make_scales(painter));
    if (weights != NULL) {
        TRY_TOGETHER(job->comm, load_weights(painter, weights));
    } else {
        TRY(train_or_find(painter, area));
    }
done:
    return status;
}

void painter_clear(struct painter *painter, bool is_finished)
{
    network_destroy(&painter->network);
    input_close(&painter->elevation, is_finished);
    for (int i = 0; i < FEATURES_MOST; i++) {
        free(painter->map[i]);
    }
    for (int i = 0; i < 2; i++) {
        infill_destroy(&painter->guesser[i]);
        free(painter->guess_target[i]);
    }
    free(painter->guessed);
    free(painter->guess_maps);
    free(painter->guess_window);
    free(painter->patch_known);
    free(painter->patch_place);
    free(painter->patch_target);
    free(painter->elevation_m);
    free(painter->is_known);
    free(painter->mean);
    free(painter->window);
    free(painter->frames);
    free(painter->target);
    free(painter->weight);
    free(painter->blank);
    free(painter->validation_row);
    free(painter->validation_col);
    free(painter->frame);
}

enum status painter_attach(const struct painter *painter, struct stage *stage)
{
    enum status status;
    const struct job *job = painter->job;
    const char *weights = option_text(job->options, "weights");
    struct training_files files = {0};
    TRY(name_files(job, &files));
    if (weights != NULL || !job->dry_run) {
        TRY(stage_add_input_file(stage, "weights", weights != NULL ? weights : files.weights));
    }
    if (painter->elevation != NULL) {
        TRY(input_attach(painter->elevation, stage));
    }
done:
    files_clear(&files);
    return status;
}

/* ---- prediction --------------------------------------------------------------------------- */

int64_t painter_lead(const struct painter *painter)
{
    return painter->settings.sequence - 1;
}

/* Rows and columns of a tile with its margins: at most those of the padded grid. */
static int64_t tile_side(const struct painter *painter, int64_t cells)
{
    int64_t side = painter->tile + 2 * network_reach(&painter->settings);
    return side < whole_cells(cells) ? side : whole_cells(cells);
}

int64_t painter_bytes(const struct painter *painter)
{
    const struct region *region = painter->region;
    int64_t rows = tile_side(painter, region->grid->rows);
    int64_t cols = tile_side(painter, region->grid->cols);
    int64_t guess_bytes = 0;
    if (painter->guess >= 0) {
        struct infill_request request =
            region_request(region, painter->job->options, INFILL_KRIGING, 0, true);
        request.targets = region->targets + region->held;
        guess_bytes = 2 * infill_bytes(&request) +
                      region->cells * (24 + 4 * painter_lead(painter));
    }
    return network_predict_bytes(&painter->settings, rows, cols) +
           region->cells * (painter->settings.inputs * 4 + region->masks + 7) + painter->steps * 8 +
           guess_bytes;
}

/* ---- first guesses ------------------------------------------------------------------------ */

/* Cells to guess: those of the areas, and with @p is_scored of the test areas. */
static enum status list_guesses(struct painter *painter, int64_t mask, bool is_scored)
{
    enum status status;
    const struct region *region = painter->region;
    int64_t *target = painter->guess_target[is_scored], targets = 0;
    if (target == NULL) {
        TRY(memory_allocate((size_t)region->cells, sizeof *target, &target));
        painter->guess_target[is_scored] = target;
    }
    for (int64_t cell = 0; cell < region->cells; cell++) {
        if (region->mask[mask].is_radiation[cell] != 0 ||
            (is_scored && region->is_test[cell] != 0)) {
            target[targets++] = cell;
        }
    }
    painter->guess_targets[is_scored] = targets;
    status = STATUS_OK;
done:
    return status;
}

/* The guesser of the cells that are hidden at @p step. */
static enum status find_guesser(struct painter *painter, int64_t step, bool is_scored)
{
    enum status status = STATUS_OK;
    const struct region *region = painter->region;
    int64_t mask = region->mask_of[step];
    if (painter->guesser[is_scored] != NULL && painter->guesser_mask[is_scored] == mask) {
        goto done;
    }
    infill_destroy(&painter->guesser[is_scored]);
    painter->guesser_mask[is_scored] = mask;
    TRY(list_guesses(painter, mask, is_scored));
    struct infill_request request =
        region_request(region, painter->job->options, INFILL_KRIGING, mask, is_scored);
    request.targets = painter->guess_targets[is_scored];
    request.target = painter->guess_target[is_scored];
    TRY(infill_create(&request, &painter->guesser[is_scored]));
done:
    return status;
}

/* Krigs the hidden cells of steps first ... first + count - 1. */
static enum status guess_steps(struct painter *painter, const float *values, int64_t first,
                               int64_t count, int64_t start, bool is_scored)
{
    enum status status;
    int64_t cells = painter->region->cells;
    if (painter->guessed == NULL) {
        TRY(memory_allocate((size_t)cells, sizeof *painter->guessed, &painter->guessed));
    }
    if (painter->guess_room < count) {
        free(painter->guess_maps);
        painter->guess_maps = NULL;
        TRY(memory_allocate((size_t)(count * cells), sizeof(float), &painter->guess_maps));
        painter->guess_room = count;
    }
    for (int64_t i = 0; i < count * cells; i++) {
        painter->guess_maps[i] = NAN;
    }
    for (int64_t step = 0; step < count; step++) {
        TRY(find_guesser(painter, first + step, is_scored));
        TRY(infill_predict(painter->guesser[is_scored], values + (first + step - start) * cells,
                           painter->guessed));
        for (int64_t i = 0; i < painter->guess_targets[is_scored]; i++) {
            painter->guess_maps[step * cells + painter->guess_target[is_scored][i]] =
                (float)painter->guessed[i];
        }
    }
    status = STATUS_OK;
done:
    return status;
}

/* ---- tiles -------------------------------------------------------------------------------- */

/* One tile at work over the steps of an item. */
struct tile {
    struct painter *painter;
    struct frame_view view;  /* all but values and step */
    int64_t row, col, rows, cols; /* of its own cells */
    const float *values;
    int64_t start, first, lead;
    int64_t guess_first; /* step that the guesses begin with */
    int64_t count;
    bool is_scored;
    float *maps;
};

static const float *guess_at(const struct tile *tile, int64_t step)
{
    const struct painter *painter = tile->painter;
    return painter->guess < 0 ? NULL
                              : painter->guess_maps +
                                    (step - tile->guess_first) * painter->region->cells;
}

static const float *tile_input(void *context, int64_t frame)
{
    struct tile *tile = context;
    int64_t step = tile->first - tile->lead + frame;
    step = step > 0 ? step : 0;
    tile->view.step = step;
    tile->view.values = tile->values + (step - tile->start) * tile->painter->region->cells;
    tile->view.guess = guess_at(tile, step);
    tile->view.is_known = region_known(tile->painter->region, step, tile->is_scored);
    painter_frame(tile->painter, &tile->view, tile->painter->frame);
    return tile->painter->frame;
}

static void tile_output(void *context, int64_t frame, const float *map)
{
    const struct tile *tile = context;
    const struct painter *painter = tile->painter;
    int64_t place = frame - tile->lead, cols = painter->region->grid->cols;
    double mean = painter->mean[tile->first + place];
    const float *guess = guess_at(tile, tile->first + place);
    const uint8_t *wanted = region_wanted(painter->region, tile->first + place, tile->is_scored);
    for (int64_t row = tile->row; row < tile->row + tile->rows; row++) {
        for (int64_t col = tile->col; col < tile->col + tile->cols; col++) {
            int64_t cell = row * cols + col;
            if (wanted[cell] != 0) {
                double scaled =
                    (double)map[(row - tile->view.row) * tile->view.cols + col - tile->view.col];
                double origin = guess != NULL && !isnan(guess[cell]) ? (double)guess[cell] : mean;
                tile->maps[place * painter->region->cells + cell] =
                    (float)(scaled * painter->scale + origin);
            }
        }
    }
}

static bool tile_has_wanted(const struct tile *tile, int64_t step)
{
    const uint8_t *wanted = region_wanted(tile->painter->region, step, tile->is_scored);
    int64_t cols = tile->painter->region->grid->cols;
    for (int64_t row = tile->row; row < tile->row + tile->rows; row++) {
        if (memchr(wanted + row * cols + tile->col, 1, (size_t)tile->cols) != NULL) {
            return true;
        }
    }
    return false;
}

/* True where some step of the item has a cell to predict: masks change rarely. */
static bool tile_is_needed(const struct tile *tile)
{
    const int64_t *mask_of = tile->painter->region->mask_of;
    bool is_needed = tile_has_wanted(tile, tile->first);
    for (int64_t step = tile->first + 1; step < tile->first + tile->count && !is_needed; step++) {
        is_needed = mask_of[step] != mask_of[step - 1] && tile_has_wanted(tile, step);
    }
    return is_needed;
}

/* From origin less margin to end plus margin, within the padded grid. */
static void span(int64_t origin, int64_t cells, int64_t margin, int64_t tile, int64_t *first,
                 int64_t *count)
{
    int64_t padded = whole_cells(cells);
    int64_t end = origin + tile + margin;
    *first = origin > margin ? origin - margin : 0;
    *count = (end < padded ? end : padded) - *first;
}

static enum status predict_tile(struct tile *tile, int64_t origin_row, int64_t origin_col)
{
    enum status status = STATUS_OK;
    const struct painter *painter = tile->painter;
    const struct georeference *grid = painter->region->grid;
    int64_t margin = network_reach(&painter->settings);
    tile->row = origin_row;
    tile->col = origin_col;
    tile->rows = grid->rows - origin_row < painter->tile ? grid->rows - origin_row : painter->tile;
    tile->cols = grid->cols - origin_col < painter->tile ? grid->cols - origin_col : painter->tile;
    if (!tile_is_needed(tile)) {
        goto done;
    }
    span(origin_row, grid->rows, margin, painter->tile, &tile->view.row, &tile->view.rows);
    span(origin_col, grid->cols, margin, painter->tile, &tile->view.col, &tile->view.cols);
    const struct network_series series = {.rows = tile->view.rows,
                                          .cols = tile->view.cols,
                                          .frames = tile->count + tile->lead,
                                          .input = tile_input,
                                          .output = tile_output,
                                          .context = tile};
    TRY(network_predict_series(painter->network, &series));
done:
    return status;
}

enum status painter_predict(struct painter *painter, const float *values, int64_t start,
                            int64_t first, int64_t count, bool is_scored, float *maps)
{
    enum status status = STATUS_OK;
    const struct georeference *grid = painter->region->grid;
    struct tile tile = {.painter = painter,
                        .view = {.value_cols = grid->cols},
                        .values = values,
                        .start = start,
                        .first = first,
                        .lead = painter_lead(painter),
                        .count = count,
                        .is_scored = is_scored,
                        .maps = maps};
    tile.guess_first = first > tile.lead ? first - tile.lead : 0;
    if (painter->guess >= 0) {
        TRY(guess_steps(painter, values, tile.guess_first, first + count - tile.guess_first, start,
                        is_scored));
    }
    if (painter->frame == NULL) {
        TRY(memory_allocate((size_t)(tile_side(painter, grid->rows) *
                                     tile_side(painter, grid->cols) * painter->settings.inputs),
                            sizeof(float), &painter->frame));
    }
    for (int64_t row = 0; row < grid->rows; row += painter->tile) {
        for (int64_t col = 0; col < grid->cols; col += painter->tile) {
            TRY(predict_tile(&tile, row, col));
        }
    }
done:
    return status;
}
