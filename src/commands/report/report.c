/* airshed -- GPL-3.0-or-later. report: the products of a run as one HTML file (P2.60-P2.64). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "io/vector.h"
#include "parallel/agree.h"
#include "page.h"
#include "report/drawing.h"
#include "sections.h"

static const struct option_spec report_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_POSITIONAL | OPTION_INPUT,
     .help = "Folder of a run: every complete product in it, and in its folders, is looked at."},
    {.name = "product",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT | OPTION_REPEATABLE,
     .help = "A product to show, by its main file; instead of the folder, or beside it."},
    {.name = "borders",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .help = "Polygons whose borders are drawn on every map."},
    {.name = "printed",
     .kind = OPTION_PATH,
     .argument = "YAML",
     .flags = OPTION_INPUT,
     .help = "Numbers printed in a paper, to stand beside recomputed ones: configs/paper-p2.yaml."},
    {.name = "title",
     .kind = OPTION_TEXT,
     .fallback = "Where pollution comes from",
     .help = "Title of the report."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "HTML",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Result: one HTML file. Its figures go into the folder NAME_figures beside it, as PNG "
             "and PDF.",
     .group = "Output"},
    {.name = NULL},
};

struct report {
    const struct job *job;
    struct products products;
    struct printed printed;
    bool has_printed;
    struct vector_layer *borders;
    struct report_view view;
    struct report_part *parts; /* the items */
    int64_t part_count;
    struct text_list files; /* paths of figures, in the order of parts; PNG, then PDF */
    char *figures_folder, *drawing_folder;
    struct stage *stage;
    struct section_work work; /* the item at hand */
};

/* ---- items -------------------------------------------------------------------------------- */

static void work_clear(struct section_work *work)
{
    text_clear(&work->html);
    for (int i = 0; i < SECTION_FIGURES_MAX; i++) {
        picture_clear(&work->pictures[i]);
    }
}

static enum status report_compute(void *context, struct flow_item *item)
{
    enum status status;
    struct report *report = context;
    const struct report_part *part = &report->parts[item->index];
    work_clear(&report->work);
    report->work = (struct section_work){
        .view = &report->view, .section = part->section, .product = part->product};
    TRY(part->section->write(&report->work));
done:
    if (status != STATUS_OK) {
        failure_prefix("report: section '%s'", part->section->id);
    }
    return status;
}

/* A payload is the HTML of a section and its pictures. */
static enum status report_write(void *context, struct flow_item *item)
{
    enum status status;
    struct report *report = context;
    struct section_work *work = &report->work;
    struct text payload = {0};
    FAIL_IF(work->html.failed, STATUS_MEMORY, "out of memory");
    drawing_add_block(&payload, work->html.data != NULL ? work->html.data : "",
                      (int64_t)work->html.length);
    for (int i = 0; i < work->picture_count; i++) {
        drawing_add_picture(&payload, &work->pictures[i]);
    }
    TRY(drawing_keep(item, &payload));
done:
    text_clear(&payload);
    return status;
}

/* ---- the page ----------------------------------------------------------------------------- */

/* Figures to their files; the HTML of each part into @p written. */
static enum status write_figures(const struct report *report, const struct journal_content *content,
                                 char **written)
{
    enum status status = STATUS_OK;
    size_t file = 0;
    for (int64_t i = 0; i < report->part_count; i++) {
        const char *payload = content->records[i].payload;
        int64_t count;
        const char *block = drawing_take_block(&payload, &count);
        TRY(memory_allocate((size_t)count + 1, 1, &written[i]));
        memcpy(written[i], block, (size_t)count);
        for (const char *const *name = report->parts[i].section->figures; *name != NULL; name++) {
            TRY(drawing_write_picture(report->stage, &report->files.items[file], &payload));
            file += DRAWING_FORMS;
        }
    }
done:
    return status;
}

static enum status write_page(const struct report *report, const char *const *written)
{
    enum status status;
    struct text html = {0};
    char *page_text = NULL;
    const char *output = option_text(report->job->options, "output");
    struct report_page page = {.view = &report->view,
                               .title = option_text(report->job->options, "title"),
                               .parts = report->parts,
                               .written = written,
                               .part_count = report->part_count,
                               .printed = report->has_printed ? &report->printed : NULL};
    TRY(report_page_write(&page, &html));
    int64_t count = (int64_t)html.length;
    TRY(text_take(&html, &page_text));
    TRY(path_write(stage_partial(report->stage, output), page_text, (size_t)count));
    log_info("report: %lld parts, %lld kB", (long long)report->part_count,
             (long long)(count / 1000));
done:
    text_clear(&html);
    free(page_text);
    return status;
}

/* By rank 0, from the journal; a resumed run does it again. */
static enum status write_product(void *context)
{
    enum status status;
    const struct report *report = context;
    struct journal_content content = {0};
    char **written = NULL;
    TRY(stage_records(report->stage, &content));
    TRY(memory_allocate((size_t)report->part_count, sizeof *written, &written));
    TRY(write_figures(report, &content, written));
    TRY(write_page(report, (const char *const *)written));
done:
    for (int64_t i = 0; written != NULL && i < report->part_count; i++) {
        free(written[i]);
    }
    free(written);
    journal_content_clear(&content);
    return status;
}

/* ---- what there is ------------------------------------------------------------------------ */

static enum status read_products(struct report *report)
{
    enum status status;
    const struct options *options = report->job->options;
    struct text_list extra = {0};
    const char *folder = option_text(options, "input");
    size_t count = option_count(options, "product");
    FAIL_IF(folder == NULL && count == 0, STATUS_USAGE,
            "give the folder of a run, or products with --product");
    for (size_t i = 0; i < count; i++) {
        TRY(text_list_add(&extra, option_item(options, "product", i)));
    }
    TRY(products_read(folder, &extra, "report", &report->products));
done:
    text_list_clear(&extra);
    return status;
}

static enum status read_inputs(struct report *report)
{
    enum status status;
    const struct options *options = report->job->options;
    const char *borders = option_text(options, "borders"),
               *printed = option_text(options, "printed");
    TRY(figure_check());
    TRY(read_products(report));
    if (borders != NULL) {
        struct vector_source source = {
            .path = borders, .kinds = VECTOR_POLYGON, .crs = "EPSG:4326"};
        TRY(vector_read(&source, &report->borders));
        report->view.borders =
            (struct chart_borders){report->borders->count, report->borders->polygon};
    }
    if (printed != NULL) {
        TRY(printed_read(printed, &report->printed));
        report->has_printed = true;
    }
done:
    return status;
}

static enum status add_part(struct report *report, const struct section *section,
                            const struct product *product)
{
    enum status status = STATUS_OK;
    char *name = NULL;
    report->parts[report->part_count++] = (struct report_part){section, product};
    for (int figure = 0; section->figures[figure] != NULL; figure++) {
        TRY(section_figure_name(section, product, figure, &name));
        TRY(drawing_name_files(report->figures_folder, name, &report->files));
        free(name);
        name = NULL;
    }
done:
    free(name);
    return status;
}

static enum status find_parts(struct report *report)
{
    enum status status;
    size_t sections = 0;
    while (report_sections[sections].id != NULL) {
        sections++;
    }
    TRY(memory_allocate(sections * (size_t)report->products.count, sizeof *report->parts,
                        &report->parts));
    for (size_t i = 0; i < sections; i++) {
        for (int64_t product = 0; product < report->products.count; product++) {
            if (section_suits(&report_sections[i], &report->products.item[product])) {
                TRY(add_part(report, &report_sections[i], &report->products.item[product]));
            }
        }
    }
done:
    return status;
}

static enum status name_folders(struct report *report)
{
    enum status status;
    char *stem = NULL, *beside = NULL;
    const char *output = option_text(report->job->options, "output");
    TRY(path_stem(output, &stem));
    FAIL_IF(asprintf(&report->figures_folder, "%s_figures", stem) < 0, STATUS_MEMORY,
            "out of memory");
    report->view.figures = path_name(report->figures_folder);
    TRY(report->job->scratch != NULL ? memory_copy_text(report->job->scratch, &beside)
                                     : path_folder(output, &beside));
    FAIL_IF(asprintf(&report->drawing_folder, "%s/%s.drawing", beside, path_name(output)) < 0,
            STATUS_MEMORY, "out of memory");
    report->view.folder = report->drawing_folder;
done:
    free(stem);
    free(beside);
    return status;
}

/* The stage; inputs are the sidecars: they change with every product. */
static enum status declare(struct report *report)
{
    enum status status;
    const struct options *options = report->job->options;
    const char *output = option_text(options, "output");
    TRY(stage_create(report->job, output, &report->stage));
    for (int64_t i = 0; i < report->products.count; i++) {
        TRY(stage_add_input_file(report->stage, "product", report->products.item[i].sidecar));
    }
    if (report->borders != NULL) {
        TRY(stage_add_input_file(report->stage, "borders", option_text(options, "borders")));
    }
    if (report->has_printed) {
        TRY(stage_add_input_file(report->stage, "printed", option_text(options, "printed")));
    }
    TRY(stage_add_file(report->stage, output));
    for (size_t i = 0; i < report->files.count; i++) {
        TRY(stage_add_file(report->stage, report->files.items[i]));
    }
done:
    return status;
}

static enum status prepare(struct report *report)
{
    enum status status;
    report->view.job = report->job;
    report->view.products = &report->products;
    TRY(name_folders(report));
    TRY(read_inputs(report));
    TRY(find_parts(report));
    TRY(declare(report));
    if (report->job->rank == 0 && !report->job->dry_run) {
        TRY(path_create_folder(report->figures_folder));
    }
done:
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static void report_clear(struct report *report)
{
    stage_destroy(&report->stage);
    work_clear(&report->work);
    products_clear(&report->products);
    printed_clear(&report->printed);
    vector_destroy(&report->borders);
    text_list_clear(&report->files);
    free(report->parts);
    free(report->figures_folder);
    free(report->drawing_folder);
}

static enum status report_run(struct job *job)
{
    enum status status;
    struct report report = {.job = job};
    TRY_TOGETHER(job->comm, prepare(&report));
    const struct drawing drawing = {
        .stage = report.stage,
        .folder = report.drawing_folder,
        .count = report.part_count,
        .work = {.context = &report, .compute = report_compute, .write = report_write},
        .finish = write_product};
    TRY(drawing_run(job, &drawing));
done:
    report_clear(&report);
    return status;
}

static const struct option_spec *const report_tables[] = {report_options, options_common, NULL};

const struct command command_report = {
    .name = "report",
    .summary = "the products of a run as one HTML file, with figures as PNG and PDF",
    .details =
        "Shows maps, series, bars, boxes and tables of every product found (NAME.prov.json beside "
        "it "
        "says that it is complete, and what made it), what was run with which readings, and the "
        "numbers of the paper beside recomputed ones. What is not in the run is named with the "
        "command that makes it.\n\n"
        "The file loads nothing from elsewhere. Figures are drawn by GMT, which needs Ghostscript: "
        "the "
        "Debian packages gmt, gmt-gshhg-low and ghostscript.",
    .examples = "airshed report build/demo -o build/demo/report.html\n"
                "mpirun -n 4 airshed report run --borders cities.geojson \\\n"
                "  --printed configs/paper-p2.yaml -o run/report.html",
    .tables = report_tables,
    .run = report_run,
};
