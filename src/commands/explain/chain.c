/* airshed -- GPL-3.0-or-later. explain: the products of a run, what made them, and where the cell is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "explain.h"
#include "grid/projection.h"
#include "../report/sections.h"

#define SIDECAR ".prov.json"

const struct explainer explainers[] = {
    {"prepare", "*", "pollution or weather as prepared", "*", explain_prepare},
    {"grow", "area", "radiation areas", NULL, explain_grow},
    {"stl", "trend", "trend, seasonal part, remainder", "trend", explain_stl},
    {"deweather", "deweathered", "pollution without the weather", "baseline", explain_deweather},
    {"background", "expected", "what the area would have without its sources", NULL,
     explain_background},
    {"attribute", "ihs", "part and share of the sources", NULL, explain_attribute},
    {"trend", "slope", "trend over the years", NULL, explain_trend},
    {"moran", "local_i", "local Moran's I", NULL, explain_moran},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- products ----------------------------------------------------------------------------- */

static bool is_listed(const struct products *products, const struct text_list *files,
                      const char *path)
{
    for (int64_t i = 0; i < products->count; i++) {
        if (path_is_same(products->item[i].output, path)) {
            return true;
        }
    }
    for (size_t i = 0; i < files->count; i++) {
        if (path_is_same(files->items[i], path)) {
            return true;
        }
    }
    return false;
}

/* Adds to @p files the inputs of @p products that are products, too. */
static enum status add_sources(const struct products *products, struct text_list *files)
{
    enum status status = STATUS_OK;
    char *sidecar = NULL;
    for (int64_t i = 0; i < products->count; i++) {
        const struct text_list *paths = &products->item[i].input_paths;
        for (size_t k = 0; k < paths->count; k++) {
            FAIL_IF(asprintf(&sidecar, "%s" SIDECAR, paths->items[k]) < 0, STATUS_MEMORY,
                    "out of memory");
            if (path_exists(sidecar) && !is_listed(products, files, paths->items[k])) {
                TRY(text_list_add(files, paths->items[k]));
            }
            free(sidecar);
            sidecar = NULL;
        }
    }
done:
    free(sidecar);
    return status;
}

static enum status read_products(const char *folder, const struct text_list *given,
                                 struct products *products)
{
    enum status status = STATUS_OK;
    struct text_list files = {0};
    for (size_t i = 0; i < given->count; i++) {
        TRY(text_list_add(&files, given->items[i]));
    }
    for (size_t before = SIZE_MAX; before != files.count;) {
        before = files.count;
        products_clear(products);
        TRY(products_read(folder, &files, "explain", products));
        TRY(add_sources(products, &files));
    }
done:
    text_list_clear(&files);
    return status;
}

/* ---- options ------------------------------------------------------------------------------ */

/* Those that cannot change a number, as the user gave them to explain. */
static enum status hand_down(const struct options *own, struct options *options)
{
    enum status status = STATUS_OK;
    static const char *const names[] = {"memory", "scratch", "quiet", "verbose", NULL};
    for (const char *const *name = names; *name != NULL; name++) {
        if (option_is_set(own, *name)) {
            TRY(options_set(options, *name, option_text(own, *name), option_origin(own, *name)));
        }
    }
done:
    return status;
}

/* The options that made a product, by the command's own table: its sidecar is the only source. */
static enum status make_options(const struct job *job, struct cell_part *part)
{
    enum status status;
    const struct product *product = part->product;
    const char *origin = product->sidecar;
    FAIL_IF(product->input_options.count == 0, STATUS_DATA,
            "%s: does not name the inputs of the product: make it again with this version of airshed",
            origin);
    TRY(command_options(command_find(product->command), &part->options));
    for (size_t i = 0; i < product->names.count; i++) {
        TRY(options_set_canonical(part->options, product->names.items[i],
                                  product->values_of.items[i], origin));
    }
    for (size_t i = 0; i < product->input_options.count; i++) {
        char *path = NULL;
        TRY(path_absolute(product->input_paths.items[i], &path));
        status = options_set(part->options, product->input_options.items[i],
                             path_exists(path) ? path : product->input_paths.items[i], origin);
        free(path);
        TRY(status);
    }
    TRY(options_set(part->options, "output", product->output, "command line"));
    TRY(hand_down(job->options, part->options));
    status = options_finish(part->options);
    if (status != STATUS_OK) {
        failure_prefix("%s", origin);
    }
done:
    return status;
}

/* ---- the cell ----------------------------------------------------------------------------- */

/* On the grid of @p first it is the same cell: files round their edges differently, and the point may
 * lie on one. */
static enum status find_cell(struct cell_part *part, const struct cell_part *first, double lon,
                             double lat)
{
    enum status status;
    char why[256];
    TRY(dataset_open(part->file, &(struct dataset_options){0}, &part->stored));
    part->variable = section_variable(part->stored, part->explainer->variable);
    const struct georeference *grid = dataset_variable(part->stored, part->variable)->grid;
    if (part != first &&
        georeference_is_equal(grid, dataset_variable(first->stored, first->variable)->grid, why,
                              sizeof why)) {
        part->row = first->row;
        part->col = first->col;
        part->is_outside = first->is_outside;
        goto done;
    }
    if (!grid->is_geographic) {
        TRY(projection_transform("EPSG:4326", grid->crs_wkt, 1, &lon, &lat));
    }
    georeference_find(grid, lon, lat, &part->row, &part->col);
    part->is_outside = part->row < 0 || part->col < 0;
done:
    return status;
}

static enum status add_part(const struct job *job, const struct explainer *explainer,
                            const struct product *product, struct chain *chain)
{
    enum status status = STATUS_OK;
    const char *file = section_file_with(product, explainer->variable);
    if (strcmp(explainer->command, product->command) != 0 || file == NULL) {
        goto done;
    }
    struct cell_part *part = &chain->part[chain->count++];
    *part = (struct cell_part){.explainer = explainer, .product = product, .file = file};
    TRY(make_options(job, part));
done:
    return status;
}

static enum status find_parts(const struct job *job, struct chain *chain)
{
    enum status status;
    TRY(memory_allocate((size_t)chain->products.count, sizeof *chain->part, &chain->part));
    for (const struct explainer *explainer = explainers; explainer->command != NULL; explainer++) {
        for (int64_t i = 0; i < chain->products.count; i++) {
            TRY(add_part(job, explainer, &chain->products.item[i], chain));
        }
    }
    FAIL_IF(chain->count == 0, STATUS_DATA,
            "none of the products holds maps of prepare, grow, stl, deweather, background, attribute, "
            "trend or moran: there is nothing to explain");
done:
    return status;
}

static enum status find_cells(struct chain *chain, double lon, double lat)
{
    enum status status = STATUS_OK;
    int64_t outside = 0;
    for (int64_t i = 0; i < chain->count; i++) {
        TRY(find_cell(&chain->part[i], &chain->part[0], lon, lat));
        outside += chain->part[i].is_outside;
    }
    const struct cell_part *first = &chain->part[0];
    const struct georeference *grid = dataset_variable(first->stored, first->variable)->grid;
    FAIL_IF(outside == chain->count, STATUS_DATA,
            "%g N %g E lies outside the grid of %s, which reaches from %g to %g %s and from %g to %g "
            "%s",
            lat, lon, path_name(first->file), grid->y_edges[0], grid->y_edges[grid->rows],
            grid->is_geographic ? "N" : "m", grid->x_edges[0], grid->x_edges[grid->cols],
            grid->is_geographic ? "E" : "m");
done:
    return status;
}

enum status chain_open(const struct job *job, const char *folder, const struct text_list *files,
                       double lon, double lat, struct chain *chain)
{
    enum status status;
    TRY(read_products(folder, files, &chain->products));
    TRY(find_parts(job, chain));
    TRY(find_cells(chain, lon, lat));
done:
    return status;
}

void chain_clear(struct chain *chain)
{
    for (int64_t i = 0; i < chain->count; i++) {
        options_destroy(&chain->part[i].options);
        dataset_close(&chain->part[i].stored);
        json_decref(chain->part[i].facts);
    }
    free(chain->part);
    products_clear(&chain->products);
    *chain = (struct chain){0};
}

/* ---- data --------------------------------------------------------------------------------- */

static enum status has_values(const struct cell_part *part, bool *found)
{
    enum status status;
    float *values = NULL;
    int variable = section_variable(part->stored, part->explainer->data);
    const struct dataset_variable *facts = dataset_variable(part->stored, variable);
    int64_t steps = facts->time != NULL ? facts->time->steps : 1;
    struct window window = part_window(part, steps);
    TRY(memory_allocate((size_t)steps, sizeof *values, &values));
    TRY(dataset_read(part->stored, variable, &window, values));
    for (int64_t step = 0; step < steps; step++) {
        *found = *found || !isnan(values[step]);
    }
done:
    free(values);
    return status;
}

/* Why the cell has no value, by the product's map of reasons; "" where it has none. */
static enum status find_reason(const struct cell_part *part, char *text, size_t size)
{
    enum status status = STATUS_OK;
    float code = 0;
    struct window window = part_window(part, 1);
    int variable = section_variable(part->stored, "reason");
    text[0] = '\0';
    if (variable >= 0 && dataset_variable(part->stored, variable)->time == NULL) {
        TRY(dataset_read(part->stored, variable, &window, &code));
        snprintf(text, size, " (%s)", reason_text((enum reason)code));
    }
done:
    return status;
}

enum status chain_check_data(const struct chain *chain)
{
    enum status status = STATUS_OK;
    const struct cell_part *looked_at = NULL;
    bool found = false;
    char why[64] = "";
    for (int64_t i = 0; i < chain->count && !found; i++) {
        if (chain->part[i].explainer->data != NULL && !chain->part[i].is_outside) {
            looked_at = &chain->part[i];
            TRY(has_values(looked_at, &found));
        }
    }
    if (looked_at != NULL && !found) {
        TRY(find_reason(looked_at, why, sizeof why));
    }
    FAIL_IF(looked_at != NULL && !found, STATUS_DATA,
            "%s: the cell in row %lld, column %lld has no value at any time%s: there is nothing to "
            "explain",
            path_name(looked_at->file), (long long)looked_at->row, (long long)looked_at->col, why);
done:
    return status;
}
