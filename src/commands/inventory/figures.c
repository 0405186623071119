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
#include "report/drawing.h"

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
    FITS_DRAWN_MAX = 24
};

struct album {
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

static enum status add_species(struct album *album, int species)
{
    enum status status;
    struct inventory_figures *figures = &album->figures;
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
    if (option_flag(album->job->options, "sensitivities")) {
        TRY(add_figure(figures, FIGURE_SENSITIVITIES, species, -1, "sensitivities"));
    }
    TRY(add_figure(figures, FIGURE_CONVERGENCE, species, -1, "convergence"));
done:
    return status;
}

/* One for each value that was fitted, the first so many. */
static enum status add_fits(struct album *album)
{
    enum status status = STATUS_OK;
    struct inventory_figures *figures = &album->figures;
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

static enum status find_figures(struct album *album)
{
    enum status status;
    struct inventory_figures *figures = &album->figures;
    int species = (int)figures->model->indices[INDEX_SPECIES].members.count;
    TRY(memory_allocate((size_t)species * FIGURE_FIT + FITS_DRAWN_MAX, sizeof *figures->figure,
                        &figures->figure));
    for (int i = 0; i < species; i++) {
        TRY(add_species(album, i));
    }
    TRY(add_fits(album));
done:
    return status;
}

/* Polygons that are not there are missed by the maps alone. */
static enum status read_polygons(struct album *album)
{
    enum status status;
    char *path = NULL;
    TRY(inventory_polygons_path(album->figures.model, &path));
    if (path != NULL && !path_exists(path)) {
        log_warning("figures: no maps are drawn, because %s is not there", path);
        goto done;
    }
    TRY(inventory_polygons_read(album->job, album->figures.model, "EPSG:4326", NULL,
                                &album->figures.polygons));
done:
    free(path);
    return status;
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status compute(void *context, struct flow_item *item)
{
    enum status status;
    struct album *album = context;
    const struct inventory_figure *figure = &album->figures.figure[item->index];
    picture_clear(&album->picture);
    status = inventory_figure_draw(&album->figures, figure, album->scratch, &album->picture);
    if (status != STATUS_OK) {
        failure_prefix("figure '%s'", figure->name);
    }
    return status;
}

static enum status write(void *context, struct flow_item *item)
{
    struct text payload = {0};
    drawing_add_picture(&payload, &((struct album *)context)->picture);
    return drawing_keep(item, &payload);
}

/* ---- files -------------------------------------------------------------------------------- */

static enum status write_pictures(void *context)
{
    enum status status;
    const struct album *album = context;
    struct journal_content content = {0};
    TRY(stage_records(album->stage, &content));
    for (int64_t i = 0; i < content.record_count; i++) {
        const struct journal_record *record = &content.records[i];
        const char *payload = record->payload;
        TRY(drawing_write_picture(album->stage, &album->files.items[DRAWING_FORMS * record->item],
                                  &payload));
    }
done:
    journal_content_clear(&content);
    return status;
}

static enum status add_files(struct album *album)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < album->figures.count; i++) {
        TRY(drawing_name_files(album->folder, album->figures.figure[i].name, &album->files));
    }
    for (size_t i = 0; i < album->files.count; i++) {
        TRY(stage_add_file(album->stage, album->files.items[i]));
    }
done:
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status name_folders(struct album *album)
{
    enum status status;
    const char *folder = album->figures.folder;
    TRY(path_join(folder, "figures", &album->folder));
    TRY(path_join(folder, "figures", &album->stage_path));
    FAIL_IF(asprintf(&album->scratch, "%s/figures.drawing",
                     album->job->scratch != NULL ? album->job->scratch : folder) < 0,
            STATUS_MEMORY, "out of memory");
done:
    return status;
}

static enum status add_inputs(const struct album *album)
{
    enum status status;
    static const char *const tables[] = {"totals", "changes", "sensitivities", "convergence",
                                         "fits"};
    char *path = NULL;
    TRY(stage_add_input_file(album->stage, "input", album->figures.model->path));
    if (album->figures.polygons != NULL) {
        TRY(stage_add_input(album->stage, "polygons", album->figures.polygons->identity));
    }
    if (album->figures.grid != NULL) {
        TRY(path_join(album->figures.folder, "grid.nc", &path));
        TRY(stage_add_input_file(album->stage, "grid", path));
        free(path);
        path = NULL;
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        FAIL_IF(asprintf(&path, "%s/%s.csv", album->figures.folder, tables[i]) < 0, STATUS_MEMORY,
                "out of memory");
        if (path_exists(path)) { /* not in the plan of a first run */
            TRY(stage_add_input_file(album->stage, tables[i], path));
        }
        free(path);
        path = NULL;
    }
done:
    free(path);
    return status;
}

static enum status prepare(struct album *album)
{
    enum status status;
    TRY(figure_check());
    TRY(name_folders(album));
    TRY(read_polygons(album));
    TRY(find_figures(album));
    TRY(stage_create(album->job, album->stage_path, &album->stage));
    TRY(add_inputs(album));
    TRY(add_files(album));
    if (album->job->rank == 0 && !album->job->dry_run) {
        TRY(path_create_folder(album->folder));
    }
done:
    return status;
}

static enum status read_tables(void *context)
{
    enum status status;
    struct inventory_figures *figures = &((struct album *)context)->figures;
    TRY(inventory_totals_read(figures->folder, "totals", &figures->totals));
    TRY(inventory_totals_read(figures->folder, "changes", &figures->changes));
done:
    return status;
}

static void album_clear(struct album *album)
{
    stage_destroy(&album->stage);
    picture_clear(&album->picture);
    inventory_totals_clear(&album->figures.totals);
    inventory_totals_clear(&album->figures.changes);
    inventory_polygons_destroy(&album->figures.polygons);
    for (int i = 0; i < album->figures.count; i++) {
        free(album->figures.figure[i].name);
    }
    free(album->figures.figure);
    text_list_clear(&album->files);
    free(album->stage_path);
    free(album->folder);
    free(album->scratch);
}

enum status inventory_figures_run(const struct job *job, const struct inventory_model *model,
                                  const struct inventory_inputs *inputs,
                                  const struct inventory_grid *grid, const char *folder)
{
    enum status status;
    struct album album = {
        .job = job,
        .figures = {.model = model, .inputs = inputs, .grid = grid, .folder = folder}};
    TRY_TOGETHER(job->comm, prepare(&album));
    const struct drawing drawing = {
        .stage = album.stage,
        .folder = album.scratch,
        .count = album.figures.count,
        .work = {.context = &album, .compute = compute, .write = write},
        .begin = read_tables,
        .finish = write_pictures};
    TRY(drawing_run(job, &drawing));
done:
    album_clear(&album);
    return status;
}
