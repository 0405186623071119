/* airshed -- GPL-3.0-or-later. inventory: the stage that draws its figures. */
#include "figures.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "flow/run.h"
#include "parallel/agree.h"

const struct option_spec inventory_figures_options[] = {
    {.name = "figures",
     .kind = OPTION_FLAG,
     .fallback = "true",
     .flags = OPTION_NEUTRAL,
     .help = "Draw figures into FOLDER/figures, as PNG and PDF; --no-figures does without GMT.",
     .group = "Output"},
    {.name = NULL},
};

enum {
    FORMS = 2, /* PNG and PDF */
    FITS_DRAWN_MAX = 24,
    PICTURE_BYTES = 8 << 20
};

struct drawing {
    const struct job *job;
    struct inventory_figures figures;
    struct stage *stage;
    char *stage_path, *folder, *scratch;
    struct text_list files; /* PNG, then PDF of each figure */
    struct picture picture; /* the item at hand */
};

/* ---- which figures there are -------------------------------------------------------------- */

static enum status add_figure(struct inventory_figures *figures, enum inventory_figure_kind kind,
                              int species, int64_t value, const char *stem)
{
    enum status status = STATUS_OK;
    const char *ending = species >= 0 ? figures->model->indices[INDEX_SPECIES].members.items[species]
                                      : "";
    bool is_one = figures->model->indices[INDEX_SPECIES].members.count == 1;
    struct inventory_figure *figure = &figures->figure[figures->count++];
    *figure = (struct inventory_figure){.kind = kind, .species = species, .value = value};
    FAIL_IF(asprintf(&figure->name, "%s%s%s", stem, is_one || ending[0] == '\0' ? "" : "_",
                     is_one ? "" : ending) < 0,
            STATUS_MEMORY, "out of memory");
    for (char *at = figure->name; *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) && (unsigned char)*at < 128 ? *at : '_';
    }
done:
    return status;
}

static bool is_uncertain(const struct inventory_figures *figures)
{
    const bool *uncertain = inventory_inputs_uncertain(figures->inputs);
    for (int64_t i = 0; i < figures->model->value_count; i++) {
        if (uncertain[i]) {
            return true;
        }
    }
    return false;
}

static enum status add_species(struct drawing *drawing, int species)
{
    enum status status;
    struct inventory_figures *figures = &drawing->figures;
    const struct inventory_model *model = figures->model;
    bool has_maps = figures->polygons != NULL && model->indices[INDEX_PROVINCE].members.count > 0;
    TRY(add_figure(figures, FIGURE_FLUX, species, -1, "flux"));
    TRY(add_figure(figures, FIGURE_YEARS, species, -1, "years"));
    if (has_maps && model->indices[INDEX_YEAR].members.count > 1) {
        TRY(add_figure(figures, FIGURE_CHANGE, species, -1, "change"));
    }
    if (has_maps) {
        TRY(add_figure(figures, FIGURE_CUMULATIVE, species, -1, "cumulative"));
    }
    if (inventory_figure_group(figures, species) != NULL) {
        TRY(add_figure(figures, FIGURE_GRID, species, -1, "grid"));
    }
    if (!is_uncertain(figures)) {
        return STATUS_OK;
    }
    if (option_flag(drawing->job->options, "sensitivities")) {
        TRY(add_figure(figures, FIGURE_SENSITIVITIES, species, -1, "sensitivities"));
    }
    TRY(add_figure(figures, FIGURE_CONVERGENCE, species, -1, "convergence"));
done:
    return status;
}

/* One for each value that was fitted, the first so many. */
static enum status add_fits(struct drawing *drawing)
{
    enum status status = STATUS_OK;
    struct inventory_figures *figures = &drawing->figures;
    int64_t fitted = 0;
    char stem[32];
    for (int64_t i = 0; i < inventory_samples_count(figures->inputs); i++) {
        int64_t value = inventory_samples_value(figures->inputs, i);
        if (figures->model->values[value].sample_count >= FIT_SMALL_SAMPLE &&
            fitted++ < FITS_DRAWN_MAX) {
            snprintf(stem, sizeof stem, "fit_%lld", (long long)fitted);
            TRY(add_figure(figures, FIGURE_FIT, -1, value, stem));
        }
    }
    if (fitted > FITS_DRAWN_MAX) {
        log_warning("figures: the first %d of %lld fits are drawn; fits.csv has all", FITS_DRAWN_MAX,
                    (long long)fitted);
    }
done:
    return status;
}

static enum status find_figures(struct drawing *drawing)
{
    enum status status;
    struct inventory_figures *figures = &drawing->figures;
    int species = (int)figures->model->indices[INDEX_SPECIES].members.count;
    TRY(memory_allocate((size_t)species * FIGURE_FIT + FITS_DRAWN_MAX, sizeof *figures->figure,
                        &figures->figure));
    for (int i = 0; i < species; i++) {
        TRY(add_species(drawing, i));
    }
    TRY(add_fits(drawing));
done:
    return status;
}

/* Polygons that are not there are missed by the maps alone. */
static enum status read_polygons(struct drawing *drawing)
{
    enum status status;
    char *path = NULL;
    TRY(inventory_polygons_path(drawing->figures.model, &path));
    if (path != NULL && !path_exists(path)) {
        log_warning("figures: no maps are drawn, because %s is not there", path);
        goto done;
    }
    TRY(inventory_polygons_read(drawing->job, drawing->figures.model, "EPSG:4326", NULL,
                                &drawing->figures.polygons));
done:
    free(path);
    return status;
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status compute(void *context, struct flow_item *item)
{
    enum status status;
    struct drawing *drawing = context;
    const struct inventory_figure *figure = &drawing->figures.figure[item->index];
    picture_clear(&drawing->picture);
    status = inventory_figure_draw(&drawing->figures, figure, drawing->scratch, &drawing->picture);
    if (status != STATUS_OK) {
        failure_prefix("figure '%s'", figure->name);
    }
    return status;
}

/* The length of the PNG, the PNG, the PDF. */
static enum status write(void *context, struct flow_item *item)
{
    enum status status;
    const struct picture *picture = &((struct drawing *)context)->picture;
    struct text payload = {0};
    char *bytes = NULL;
    text_add_bytes(&payload, (const char *)&picture->png_bytes, sizeof picture->png_bytes);
    text_add_bytes(&payload, picture->png, (size_t)picture->png_bytes);
    text_add_bytes(&payload, picture->pdf, (size_t)picture->pdf_bytes);
    int64_t count = (int64_t)payload.length;
    TRY(text_take(&payload, &bytes));
    TRY(flow_payload(item, bytes, count));
done:
    text_clear(&payload);
    free(bytes);
    return status;
}

/* ---- files -------------------------------------------------------------------------------- */

static enum status write_pictures(const struct drawing *drawing)
{
    enum status status;
    struct journal_content content = {0};
    TRY(stage_records(drawing->stage, &content));
    for (int64_t i = 0; i < content.record_count; i++) {
        const struct journal_record *record = &content.records[i];
        char *const *paths = &drawing->files.items[FORMS * record->item];
        const char *bytes = record->payload;
        int64_t png;
        memcpy(&png, bytes, sizeof png);
        bytes += sizeof png;
        TRY(path_write(stage_partial(drawing->stage, paths[0]), bytes, (size_t)png));
        TRY(path_write(stage_partial(drawing->stage, paths[1]), bytes + png,
                       (size_t)(record->payload_bytes - (int64_t)sizeof png - png)));
    }
done:
    journal_content_clear(&content);
    return status;
}

static enum status add_files(struct drawing *drawing)
{
    enum status status = STATUS_OK;
    static const char *const endings[FORMS] = {"png", "pdf"};
    char *path = NULL;
    for (int i = 0; i < drawing->figures.count; i++) {
        for (int form = 0; form < FORMS; form++) {
            FAIL_IF(asprintf(&path, "%s/%s.%s", drawing->folder, drawing->figures.figure[i].name,
                             endings[form]) < 0,
                    STATUS_MEMORY, "out of memory");
            TRY(text_list_add(&drawing->files, path));
            TRY(stage_add_file(drawing->stage, path));
            free(path);
            path = NULL;
        }
    }
done:
    free(path);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status name_folders(struct drawing *drawing)
{
    enum status status;
    const char *folder = drawing->figures.folder;
    TRY(path_join(folder, "figures", &drawing->folder));
    TRY(path_join(folder, "figures", &drawing->stage_path));
    FAIL_IF(asprintf(&drawing->scratch, "%s/figures.drawing",
                     drawing->job->scratch != NULL ? drawing->job->scratch : folder) < 0,
            STATUS_MEMORY, "out of memory");
done:
    return status;
}

static enum status add_inputs(const struct drawing *drawing)
{
    enum status status;
    static const char *const tables[] = {"totals", "changes", "sensitivities", "convergence",
                                         "fits"};
    char *path = NULL;
    TRY(stage_add_input_file(drawing->stage, "input", drawing->figures.model->path));
    if (drawing->figures.polygons != NULL) {
        TRY(stage_add_input(drawing->stage, "polygons", drawing->figures.polygons->identity));
    }
    if (drawing->figures.grid != NULL) {
        TRY(path_join(drawing->figures.folder, "grid.nc", &path));
        TRY(stage_add_input_file(drawing->stage, "grid", path));
        free(path);
        path = NULL;
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        FAIL_IF(asprintf(&path, "%s/%s.csv", drawing->figures.folder, tables[i]) < 0, STATUS_MEMORY,
                "out of memory");
        if (path_exists(path)) { /* not in the plan of a first run */
            TRY(stage_add_input_file(drawing->stage, tables[i], path));
        }
        free(path);
        path = NULL;
    }
done:
    free(path);
    return status;
}

static enum status prepare(struct drawing *drawing)
{
    enum status status;
    TRY(figure_check());
    TRY(name_folders(drawing));
    TRY(read_polygons(drawing));
    TRY(find_figures(drawing));
    TRY(stage_create(drawing->job, drawing->stage_path, &drawing->stage));
    TRY(add_inputs(drawing));
    TRY(add_files(drawing));
    if (drawing->job->rank == 0 && !drawing->job->dry_run) {
        TRY(path_create_folder(drawing->folder));
    }
done:
    return status;
}

static enum status read_tables(struct inventory_figures *figures)
{
    enum status status;
    TRY(inventory_totals_read(figures->folder, "totals", &figures->totals));
    TRY(inventory_totals_read(figures->folder, "changes", &figures->changes));
done:
    return status;
}

static enum status draw_all(struct drawing *drawing)
{
    enum status status;
    bool owns_scratch = false; /* the lock is held: no other run draws there */
    const struct job *job = drawing->job;
    struct items items = items_counted(drawing->figures.count);
    struct items_cost cost = {.fixed_bytes = PICTURE_BYTES};
    struct flow_work work = {.context = drawing, .compute = compute, .write = write};
    TRY(stage_begin(drawing->stage, &items, &cost));
    if (stage_is_done(drawing->stage)) {
        goto done;
    }
    if (!job->dry_run) {
        owns_scratch = true;
        TRY_TOGETHER(job->comm, read_tables(&drawing->figures));
        TRY_TOGETHER(job->comm,
                     job->rank == 0 ? figure_folder_create(drawing->scratch) : STATUS_OK);
    }
    TRY(flow_run(drawing->stage, &work));
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, is_writer ? write_pictures(drawing) : STATUS_OK);
    TRY(stage_commit(drawing->stage));
done:
    if (job->rank == 0 && owns_scratch) {
        figure_folder_remove(drawing->scratch);
    }
    return status;
}

static void drawing_clear(struct drawing *drawing)
{
    stage_destroy(&drawing->stage);
    picture_clear(&drawing->picture);
    inventory_totals_clear(&drawing->figures.totals);
    inventory_totals_clear(&drawing->figures.changes);
    inventory_polygons_destroy(&drawing->figures.polygons);
    for (int i = 0; i < drawing->figures.count; i++) {
        free(drawing->figures.figure[i].name);
    }
    free(drawing->figures.figure);
    text_list_clear(&drawing->files);
    free(drawing->stage_path);
    free(drawing->folder);
    free(drawing->scratch);
}

enum status inventory_figures_run(const struct job *job, const struct inventory_model *model,
                                  const struct inventory_inputs *inputs,
                                  const struct inventory_grid *grid, const char *folder)
{
    enum status status;
    struct drawing drawing = {
        .job = job,
        .figures = {.model = model, .inputs = inputs, .grid = grid, .folder = folder}};
    TRY_TOGETHER(job->comm, prepare(&drawing));
    TRY(draw_all(&drawing));
done:
    drawing_clear(&drawing);
    return status;
}
