/* airshed -- GPL-3.0-or-later. explain: every stage of one cell as numbers and a figure (P2.61). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "explain.h"
#include "flow/run.h"
#include "flow/standard_output.h"
#include "parallel/agree.h"

static const struct option_spec explain_options[] = {
    {.name = "latitude",
     .kind = OPTION_REAL,
     .argument = "LAT",
     .low = -90,
     .high = 90,
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED,
     .help = "Degrees north, negative in the south: the cell that holds the point is explained."},
    {.name = "longitude",
     .kind = OPTION_REAL,
     .argument = "LON",
     .low = -360,
     .high = 360,
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED,
     .help = "Degrees east, negative in the west; 0 to 360 equal -180 to 180."},
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_POSITIONAL | OPTION_INPUT,
     .help = "Folder of a run: every complete product in it, and in its folders, is looked at."},
    {.name = "product",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT | OPTION_REPEATABLE,
     .help = "A product to explain, by its main file, with all that it was made of; instead of the "
             "folder, or beside it."},
    {.name = "figure",
     .kind = OPTION_FLAG,
     .fallback = "true",
     .help = "Draw the stages; --no-figure does without GMT."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "JSON",
     .fallback = "-",
     .flags = OPTION_OUTPUT,
     .help = "Result: NAME.json with all numbers, NAME.txt for people, NAME_series.csv with its JSON "
             "twin, NAME.png and NAME.pdf; - prints the text alone.",
     .group = "Output"},
    {.name = NULL},
};

/* Files of the result. */
enum {
    FILE_JSON,
    FILE_TEXT,
    FILE_CSV,
    FILE_TWIN,
    FILE_PNG,
    FILE_PDF,
    FILES
};

struct explain {
    const struct job *job;
    double lon, lat;
    bool draws;
    struct chain chain;
    const char *output; /* the JSON file, or one that stands in for standard output */
    struct standard_output *stand_in;
    char *file[FILES];
    int files;
    struct stage *stage;
    char *facts; /* of the item at hand */
    int64_t differing; /* numbers, once they were compared (rank 0) */
    char first[256];
};

/* ---- items -------------------------------------------------------------------------------- */

static enum status explain_compute(void *context, struct flow_item *item)
{
    enum status status;
    struct explain *explain = context;
    struct cell_part *part = &explain->chain.part[item->index];
    free(explain->facts);
    explain->facts = NULL;
    TRY(part_explain(part, explain->job, item));
    explain->facts = json_dumps(part->facts, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(part->facts);
    part->facts = NULL;
    FAIL_IF(explain->facts == NULL, STATUS_MEMORY, "out of memory");
done:
    return status;
}

static enum status explain_write(void *context, struct flow_item *item)
{
    const struct explain *explain = context;
    return flow_payload(item, explain->facts, (int64_t)strlen(explain->facts) + 1);
}

/* ---- the result --------------------------------------------------------------------------- */

static const char *partial(const struct explain *explain, int file)
{
    return stage_partial(explain->stage, explain->file[file]);
}

static enum status write_figure(const struct explain *explain, const struct explanation *explanation)
{
    enum status status;
    struct picture picture = {0};
    char *folder = NULL;
    TRY(path_folder(explain->output, &folder));
    const char *scratch = explain->job->scratch;
    TRY(path_create_folder(scratch != NULL ? scratch : folder));
    TRY(explanation_draw(explanation, scratch != NULL ? scratch : folder, &picture));
    TRY(path_write(partial(explain, FILE_PNG), picture.png, (size_t)picture.png_bytes));
    TRY(path_write(partial(explain, FILE_PDF), picture.pdf, (size_t)picture.pdf_bytes));
done:
    picture_clear(&picture);
    free(folder);
    return status;
}

static enum status write_files(const struct explain *explain, const struct explanation *explanation)
{
    enum status status;
    struct text text = {0};
    explanation_text(explanation, &text);
    FAIL_IF(text.failed || text.data == NULL, STATUS_MEMORY, "out of memory");
    if (explain->files == 1) { /* standard output */
        TRY(path_write(partial(explain, 0), text.data, text.length));
        goto done;
    }
    TRY(explanation_write_json(explanation, partial(explain, FILE_JSON)));
    TRY(path_write(partial(explain, FILE_TEXT), text.data, text.length));
    TRY(explanation_write_series(explanation, partial(explain, FILE_CSV),
                                 partial(explain, FILE_TWIN)));
    if (explain->draws) {
        TRY(write_figure(explain, explanation));
    }
    bool is_shown = !explain->job->update && !option_flag(explain->job->options, "quiet");
    if (is_shown) {
        fputs(text.data, stdout);
        fflush(stdout);
    }
done:
    text_clear(&text);
    return status;
}

static enum status read_facts(const struct journal_content *content, json_t **facts)
{
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < content->record_count; i++) {
        facts[i] = json_loads(content->records[i].payload, 0, NULL);
        FAIL_IF(facts[i] == NULL, STATUS_MEMORY, "out of memory");
    }
done:
    return status;
}

/* By rank 0, from the journal; a resumed run does it again. */
static enum status write_product(struct explain *explain)
{
    enum status status;
    struct journal_content content = {0};
    struct explanation explanation = {0};
    json_t **facts = NULL;
    TRY(stage_records(explain->stage, &content));
    TRY(memory_allocate((size_t)content.record_count, sizeof *facts, &facts));
    TRY(read_facts(&content, facts));
    TRY(explanation_create(explain->lon, explain->lat, facts, content.record_count, &explanation));
    TRY(write_files(explain, &explanation));
    explain->differing = explanation.differing;
    snprintf(explain->first, sizeof explain->first, "%s", explanation.first);
done:
    for (int64_t i = 0; facts != NULL && i < content.record_count; i++) {
        json_decref(facts[i]);
    }
    free(facts);
    explanation_clear(&explanation);
    journal_content_clear(&content);
    return status;
}

/* ---- the verdict -------------------------------------------------------------------------- */

/* A complete result says for itself whether something differs, to a run that finds it done. */
static enum status read_verdict(struct explain *explain)
{
    enum status status = STATUS_OK;
    json_t *root = json_load_file(explain->output, 0, NULL);
    const json_t *verdict = json_object_get(root, "verdict");
    const char *first = json_string_value(json_object_get(verdict, "first"));
    FAIL_IF(first == NULL, STATUS_DATA, "%s: is damaged; make it again with --overwrite",
            explain->output);
    explain->differing = json_integer_value(json_object_get(verdict, "differing"));
    snprintf(explain->first, sizeof explain->first, "%s", first);
done:
    json_decref(root);
    return status;
}

static enum status check_verdict(const struct explain *explain)
{
    enum status status = STATUS_OK;
    FAIL_IF(explain->differing > 0, STATUS_FAILED,
            "%lld of the cell's numbers differ from the maps; the first is %s: a product was changed "
            "after it was made, or one of its inputs",
            (long long)explain->differing, explain->first);
done:
    return status;
}

/* ---- preparing ---------------------------------------------------------------------------- */

static enum status open_chain(struct explain *explain)
{
    enum status status;
    struct text_list files = {0};
    const struct options *options = explain->job->options;
    const char *folder = option_text(options, "input");
    size_t count = option_count(options, "product");
    FAIL_IF(folder == NULL && count == 0, STATUS_USAGE,
            "give the folder of a run after the point, or products with --product");
    for (size_t i = 0; i < count; i++) {
        TRY(text_list_add(&files, option_item(options, "product", i)));
    }
    TRY(chain_open(explain->job, folder, &files, explain->lon, explain->lat, &explain->chain));
done:
    text_list_clear(&files);
    return status;
}

static enum status name_files(struct explain *explain)
{
    static const char *const endings[FILES] = {
        [FILE_JSON] = ".json",        [FILE_TEXT] = ".txt", [FILE_CSV] = "_series.csv",
        [FILE_TWIN] = "_series.json", [FILE_PNG] = ".png",  [FILE_PDF] = ".pdf"};
    enum status status;
    char *stem = NULL;
    bool is_printed = strcmp(option_text(explain->job->options, "output"), "-") == 0;
    TRY(memory_copy_text(explain->output, &explain->file[FILE_JSON]));
    FAIL_IF(!is_printed && strcmp(path_extension(explain->output), ".json") != 0, STATUS_USAGE,
            "--output %s: give a name that ends in .json; the other files are named after it",
            explain->output);
    TRY(path_stem(explain->output, &stem));
    explain->files = is_printed ? 1 : explain->draws ? FILES : FILE_PNG;
    for (int i = 1; i < explain->files; i++) {
        FAIL_IF(asprintf(&explain->file[i], "%s%s", stem, endings[i]) < 0, STATUS_MEMORY,
                "out of memory");
    }
done:
    free(stem);
    return status;
}

static enum status declare(struct explain *explain)
{
    enum status status;
    TRY(stage_create(explain->job, explain->output, &explain->stage));
    for (int64_t i = 0; i < explain->chain.count; i++) {
        TRY(stage_add_input_file(explain->stage, "product", explain->chain.part[i].product->sidecar));
        TRY(stage_add_input_file(explain->stage, "product", explain->chain.part[i].file));
    }
    for (int i = 0; i < explain->files; i++) {
        TRY(stage_add_file(explain->stage, explain->file[i]));
    }
done:
    return status;
}

static enum status prepare(struct explain *explain)
{
    enum status status;
    const struct options *options = explain->job->options;
    explain->lat = option_real(options, "latitude");
    explain->lon = option_real(options, "longitude");
    TRY(open_chain(explain));
    if (explain->job->rank == 0) {
        TRY(chain_check_data(&explain->chain));
    }
done:
    return status;
}

/* GMT is looked for only where something is drawn. */
static enum status name_and_declare(struct explain *explain)
{
    enum status status;
    bool is_printed = strcmp(option_text(explain->job->options, "output"), "-") == 0;
    explain->draws = !is_printed && option_flag(explain->job->options, "figure");
    if (explain->draws) {
        TRY(figure_check());
    }
    TRY(name_files(explain));
    TRY(declare(explain));
done:
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

/* Of a part: its series as text, and the maps of the background's region. */
static struct items_cost cost_of(const struct explain *explain)
{
    int64_t cells = 0;
    for (int64_t i = 0; i < explain->chain.count; i++) {
        const struct cell_part *part = &explain->chain.part[i];
        const struct georeference *grid = dataset_variable(part->stored, part->variable)->grid;
        cells = grid->rows * grid->cols > cells ? grid->rows * grid->cols : cells;
    }
    return (struct items_cost){.fixed_bytes = (64 << 20) + cells * 200, .unit_bytes = 0};
}

static enum status explain_stage(struct explain *explain)
{
    enum status status;
    const struct job *job = explain->job;
    struct items items = items_counted(explain->chain.count);
    struct items_cost cost = cost_of(explain);
    struct flow_work work = {
        .context = explain, .compute = explain_compute, .write = explain_write};
    TRY(stage_begin(explain->stage, &items, &cost));
    if (stage_is_done(explain->stage)) {
        TRY_TOGETHER(job->comm, job->rank == 0 ? read_verdict(explain) : STATUS_OK);
        goto done;
    }
    TRY(flow_run(explain->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_product(explain) : STATUS_OK);
    TRY(stage_commit(explain->stage));
done:
    return status;
}

static void explain_clear(struct explain *explain)
{
    stage_destroy(&explain->stage);
    standard_output_end(&explain->stand_in);
    chain_clear(&explain->chain);
    for (int i = 0; i < FILES; i++) {
        free(explain->file[i]);
    }
    free(explain->facts);
}

static enum status explain_run(struct job *job)
{
    enum status status;
    struct explain explain = {.job = job};
    TRY_TOGETHER(job->comm, prepare(&explain));
    TRY(standard_output_begin(job, option_text(job->options, "output"), &explain.stand_in,
                              &explain.output));
    TRY_TOGETHER(job->comm, name_and_declare(&explain));
    TRY(explain_stage(&explain));
    if (!job->dry_run) {
        TRY(standard_output_deliver(explain.stand_in));
    }
    TRY_TOGETHER(job->comm, check_verdict(&explain));
done:
    explain_clear(&explain);
    return status;
}

static const struct option_spec *const explain_tables[] = {explain_options, options_common, NULL};

const struct command command_explain = {
    .name = "explain",
    .summary = "every stage of one cell as numbers and a figure, checked against the maps",
    .details =
        "Takes one cell through the stages of a run, as the paper's Figure 4 does (P2.61): pollution, "
        "trend, seasonal part and remainder of it and of the weather, regression, deweathered, "
        "expected, the part of the sources and its share by day, season and year, trend, radiation "
        "area with the way from the source, local Moran's I.\n\n"
        "What was run with which options and inputs is read from the products (NAME.prov.json); each "
        "number is computed anew by the stage's own functions and, rounded to float, set beside that "
        "of the map: equal, differs, read (from the map, since it takes the whole map to compute it) or "
        "no map. Where one differs the command says which and fails (exit 1). A point outside the maps, or "
        "a cell without any value, is exit 3.",
    .examples = "airshed explain 38.05 114.5 build/demo\n"
                "airshed explain -33.4 -70.6 run -o cell.json\n"
                "mpirun -n 4 airshed explain 38.05 114.5 --product ihs.nc --product trend.nc -o cell.json",
    .tables = explain_tables,
    .run = explain_run,
};
