/* airshed -- GPL-3.0-or-later. Polygons on a grid, whole or split by a mask. */
#include "regions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "grid/zones.h"
#include "io/dataset.h"
#include "io/vector.h"
#include "kernels/tree_sum.h"
#include "parallel/agree.h"

const struct option_spec regions_options[] = {
    {.name = "zones",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .help = "Polygons (GeoJSON, GPKG, Shapefile); default: the whole grid as one zone.",
     .group = "Zones"},
    {.name = "zone-name",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .help = "Names of the polygons; default: the column 'name' where there is one, else numbers.",
     .group = "Zones"},
    {.name = "zone-where",
     .kind = OPTION_TEXT,
     .argument = "CONDITION",
     .help = "Use the polygons for which this holds, as in SQL.",
     .group = "Zones"},
    {.name = NULL},
};

const struct option_spec regions_mask_options[] = {
    {.name = "mask",
     .kind = OPTION_PATH,
     .argument = "MAP",
     .flags = OPTION_INPUT,
     .help = "Split each zone by this map of the same grid: inside where it is above 0.",
     .group = "Zones"},
    {.name = "mask-variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Variable of the mask; default: 'area' where there is one, else the only one.",
     .group = "Zones"},
    {.name = "mask-parts",
     .kind = OPTION_LIST,
     .argument = "PART,...",
     .choices = "all|inside|outside",
     .fallback = "inside,outside",
     .help = "Parts to report with --mask.",
     .group = "Zones"},
    {.name = NULL},
};

static const char *const part_names[] = {"all", "inside", "outside"};

const char *region_part_name(enum region_part part)
{
    return part_names[part];
}

/* ---- zones -------------------------------------------------------------------------------- */

/* The edges of the grid as a polygon. */
static enum status whole_grid(const struct georeference *grid, struct polygon *polygon)
{
    double west = grid->x_edges[0], east = grid->x_edges[grid->cols];
    double south = grid->y_edges[0], north = grid->y_edges[grid->rows];
    const double x[4] = {west, east, east, west}, y[4] = {south, south, north, north};
    return polygon_add_ring(polygon, false, 4, x, y);
}

static enum status name_zones(struct regions *regions, const struct options *options,
                              const struct vector_layer *layer)
{
    enum status status;
    char number[32];
    int64_t column = -1;
    const char *wanted = option_text(options, "zone-name");
    const struct table *table = layer != NULL ? layer->attributes : NULL;
    TRY(memory_allocate((size_t)regions->zone_count, sizeof *regions->names, &regions->names));
    if (table != NULL && wanted != NULL) {
        status = table_column(table, wanted, &column);
        if (status != STATUS_OK) {
            failure_prefix("--zone-name");
            goto done;
        }
    } else if (table != NULL) {
        column = table_find(table, "name");
    }
    for (int64_t zone = 0; zone < regions->zone_count; zone++) {
        snprintf(number, sizeof number, "%lld", (long long)zone + 1);
        TRY(memory_copy_text(table == NULL ? "grid"
                             : column >= 0 ? table_text(table, zone, column)
                                           : number,
                             &regions->names[zone]));
    }
done:
    return status;
}

/* ---- mask --------------------------------------------------------------------------------- */

/* The variable to take: the user's, or "area" where the file has it. */
static enum status choose_variable(const struct options *options, const char *path,
                                   const char **variable)
{
    enum status status;
    struct dataset_options how = {0};
    struct dataset *dataset = NULL;
    *variable = option_text(options, "mask-variable");
    if (*variable != NULL) {
        return STATUS_OK;
    }
    TRY(dataset_open(path, &how, &dataset));
    for (int i = 0; i < dataset_variable_count(dataset); i++) {
        if (strcmp(dataset_variable(dataset, i)->name, "area") == 0) {
            *variable = "area";
        }
    }
done:
    dataset_close(&dataset);
    return status;
}

/* Opens the mask of option @p label; none where that is NULL or not given. */
static enum status open_mask(const struct job *job, const char *label, struct input **mask)
{
    enum status status = STATUS_OK;
    struct input_request request = {.label = label, .allow_missing_steps = true};
    request.path = label != NULL ? option_text(job->options, label) : NULL;
    if (request.path != NULL) {
        TRY_TOGETHER(job->comm, choose_variable(job->options, request.path, &request.variable));
        TRY(input_open(job, &request, mask));
    }
done:
    return status;
}

/* Values of a mask, [rows, cols]; NULL without one. */
static enum status read_mask(struct input *mask, const char *label, const struct options *options,
                             const struct georeference *grid, float **values)
{
    enum status status = STATUS_OK;
    char why[256];
    *values = NULL;
    if (mask == NULL) {
        goto done;
    }
    const struct time_axis *time = input_time(mask);
    const char *path = option_text(options, label);
    FAIL_IF(time != NULL && time->steps != 1, STATUS_DATA,
            "--%s %s: variable '%s' has %lld time steps where one map is wanted: choose another "
            "with --mask-variable",
            label, path, input_variable(mask)->name, (long long)time->steps);
    FAIL_IF(!georeference_is_equal(input_grid(mask), grid, why, sizeof why), STATUS_DATA,
            "--%s %s: does not lie on the grid of the input: %s", label, path, why);
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), sizeof **values, values));
    struct window whole = {.steps = 1, .rows = grid->rows, .cols = grid->cols};
    TRY(input_read(mask, &whole, *values));
done:
    return status;
}

/* One map of parts: 1 inside, 0 outside, NaN neither. A cell of both masks is neither. */
static enum status read_masks(const struct regions *regions, const struct options *options,
                              const struct georeference *grid, float **values)
{
    enum status status;
    float *other = NULL;
    TRY(read_mask(regions->mask, regions->masks.inside, options, grid, values));
    TRY(read_mask(regions->other_mask, regions->masks.outside, options, grid, &other));
    for (int64_t cell = 0; other != NULL && cell < grid->rows * grid->cols; cell++) {
        bool is_inside = (*values)[cell] > 0, is_outside = other[cell] > 0;
        (*values)[cell] = is_inside == is_outside ? NAN : is_inside ? 1 : 0;
    }
done:
    free(other);
    return status;
}

/* Comparisons with NaN are false. */
static bool is_in_part(enum region_part part, const float *mask, int64_t cell)
{
    switch (part) {
    case REGION_ALL:
        break;
    case REGION_INSIDE:
        return mask[cell] > 0;
    case REGION_OUTSIDE:
        return mask[cell] <= 0;
    }
    return true;
}

/* ---- regions ------------------------------------------------------------------------------ */

static enum status add_region(struct regions *regions, const struct zones *zones, int64_t zone,
                              enum region_part part, const float *mask)
{
    enum status status;
    struct region_cells *cells = &regions->cells[regions->count++];
    size_t most = (size_t)(zones->start[zone + 1] - zones->start[zone]);
    *cells = (struct region_cells){.name = regions->names[zone], .zone = zone, .part = part};
    TRY(memory_allocate(most, sizeof *cells->cell, &cells->cell));
    TRY(memory_allocate(most, sizeof *cells->area_m2, &cells->area_m2));
    for (int64_t i = zones->start[zone]; i < zones->start[zone + 1]; i++) {
        if (is_in_part(part, mask, zones->cell[i])) {
            cells->cell[cells->count] = zones->cell[i];
            cells->area_m2[cells->count++] = zones->area_m2[i];
        }
    }
done:
    return status;
}

/* Along rows in column order, then over rows in a tree, as the statistics are summed: a zone
 * without gaps is then covered exactly. */
static enum status sum_area(struct region_cells *cells, const struct georeference *grid)
{
    enum status status;
    double *row_sum = NULL;
    TRY(memory_allocate((size_t)grid->rows, sizeof *row_sum, &row_sum));
    for (int64_t i = 0; i < cells->count; i++) {
        row_sum[cells->cell[i] / grid->cols] += cells->area_m2[i];
    }
    int64_t first = cells->count > 0 ? cells->cell[0] / grid->cols : 0;
    int64_t last = cells->count > 0 ? cells->cell[cells->count - 1] / grid->cols : -1;
    cells->total_m2 = tree_sum(row_sum + first, last + 1 - first);
done:
    free(row_sum);
    return status;
}

/* Share of @p polygon on the grid; 1 up to the rounding of the fractions. */
static double share_in_grid(const struct georeference *grid, const struct zones *zones,
                            int64_t zone, const struct polygon *polygon)
{
    double covered = 0;
    for (int64_t i = zones->start[zone]; i < zones->start[zone + 1]; i++) {
        int64_t row = zones->cell[i] / grid->cols, col = zones->cell[i] % grid->cols;
        covered += zones->fraction[i] * (grid->x_edges[col + 1] - grid->x_edges[col]) *
                   (grid->y_edges[row + 1] - grid->y_edges[row]);
    }
    double share = covered / polygon_area(polygon);
    return share > 1 - 1e-9 ? 1 : share;
}

static enum region_part find_part(const char *name)
{
    return strcmp(name, "inside") == 0    ? REGION_INSIDE
           : strcmp(name, "outside") == 0 ? REGION_OUTSIDE
                                          : REGION_ALL;
}

static enum status split_zones(struct regions *regions, const struct options *options,
                               const struct georeference *grid, const struct zones *zones,
                               const struct polygon *polygons, const float *mask)
{
    enum status status;
    const char *wanted = regions->masks.parts;
    size_t parts = mask == NULL ? 1 : wanted != NULL ? option_count(options, wanted) : 2;
    TRY(memory_allocate((size_t)zones->count * parts, sizeof *regions->cells, &regions->cells));
    for (int64_t zone = 0; zone < zones->count; zone++) {
        double share = share_in_grid(grid, zones, zone, &polygons[zone]);
        for (size_t i = 0; i < parts; i++) {
            enum region_part part = mask == NULL     ? REGION_ALL
                                    : wanted == NULL ? REGION_INSIDE + (enum region_part)i
                                                     : find_part(option_item(options, wanted, i));
            TRY(add_region(regions, zones, zone, part, mask));
            regions->cells[regions->count - 1].share_in_grid = share;
            TRY(sum_area(&regions->cells[regions->count - 1], grid));
        }
    }
done:
    return status;
}

/* Tells of zones off the grid, at most a few by name. */
static enum status check_regions(const struct regions *regions, const struct options *options)
{
    enum {
        NAMED = 5
    };
    enum status status = STATUS_OK;
    struct text names = {0};
    int64_t outside = 0, last = -1;
    for (int64_t i = 0; i < regions->count; i++) {
        const struct region_cells *cells = &regions->cells[i];
        if (cells->share_in_grid > 0 || cells->zone == last) {
            continue;
        }
        last = cells->zone;
        if (outside++ < NAMED) {
            text_add_format(&names, "%s'%s'", outside > 1 ? ", " : "", cells->name);
        }
    }
    FAIL_IF(outside == regions->zone_count, STATUS_DATA,
            "--zones %s: no polygon lies on the grid of %s", option_text(options, "zones"),
            option_text(options, "input"));
    if (outside > 0) {
        log_warning("%lld of %lld zones lie outside the grid, their rows of the table say so: %s%s",
                    (long long)outside, (long long)regions->zone_count, names.data,
                    outside > NAMED ? " ..." : "");
    }
done:
    text_clear(&names);
    return status;
}

static enum status build(struct regions *regions, const struct job *job,
                         const struct georeference *grid)
{
    enum status status;
    const char *path = option_text(job->options, "zones");
    const struct zone_grid cells = zone_grid_of(grid);
    struct vector_source source = {.path = path,
                                   .kinds = VECTOR_POLYGON,
                                   .where = option_text(job->options, "zone-where"),
                                   .crs = grid->crs_wkt};
    struct vector_layer *layer = NULL;
    struct polygon whole = {0};
    struct zones *zones = NULL;
    float *mask = NULL;
    if (path != NULL) {
        TRY(vector_read(&source, &layer));
        TRY(hash_file_identity(path, job->content_hash, &regions->zones_identity));
    } else {
        TRY(whole_grid(grid, &whole));
    }
    const struct polygon *polygons = layer != NULL ? layer->polygon : &whole;
    regions->zone_count = layer != NULL ? layer->count : 1;
    TRY(name_zones(regions, job->options, layer));
    TRY(zones_create(&cells, regions->zone_count, polygons, &zones));
    TRY(read_masks(regions, job->options, grid, &mask));
    TRY(split_zones(regions, job->options, grid, zones, polygons, mask));
    TRY(check_regions(regions, job->options));
done:
    vector_destroy(&layer);
    polygon_clear(&whole);
    zones_destroy(&zones);
    free(mask);
    return status;
}

enum status regions_create(const struct job *job, const struct georeference *grid,
                           const struct regions_masks *masks, struct regions **out)
{
    enum status status;
    struct regions *regions = NULL;
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *regions, &regions));
    regions->masks = *masks;
    regions->grid_cols = grid->cols;
    TRY(open_mask(job, masks->inside, &regions->mask));
    TRY(open_mask(job, masks->outside, &regions->other_mask));
    TRY_TOGETHER(job->comm, build(regions, job, grid));
    *out = regions;
    regions = NULL;
done:
    regions_destroy(&regions);
    return status;
}

void regions_destroy(struct regions **regions_pointer)
{
    struct regions *regions = *regions_pointer;
    if (regions == NULL) {
        return;
    }
    for (int64_t i = 0; i < regions->count; i++) {
        free(regions->cells[i].cell);
        free(regions->cells[i].area_m2);
    }
    for (int64_t zone = 0; regions->names != NULL && zone < regions->zone_count; zone++) {
        free(regions->names[zone]);
    }
    input_close(&regions->mask, false);
    input_close(&regions->other_mask, false);
    free(regions->cells);
    free(regions->names);
    free(regions->zones_identity);
    free(regions);
    *regions_pointer = NULL;
}

enum status regions_attach(const struct regions *regions, struct stage *stage)
{
    enum status status = STATUS_OK;
    if (regions->zones_identity != NULL) {
        TRY(stage_add_input(stage, "zones", regions->zones_identity));
    }
    if (regions->mask != NULL) {
        TRY(input_attach(regions->mask, stage));
    }
    if (regions->other_mask != NULL) {
        TRY(input_attach(regions->other_mask, stage));
    }
done:
    return status;
}

struct window regions_box(const struct regions *regions, const struct georeference *grid)
{
    int64_t south = grid->rows, north = -1, west = grid->cols, east = -1;
    for (int64_t i = 0; i < regions->count; i++) {
        const struct region_cells *cells = &regions->cells[i];
        for (int64_t k = 0; k < cells->count; k++) {
            int64_t row = cells->cell[k] / grid->cols, col = cells->cell[k] % grid->cols;
            south = row < south ? row : south;
            north = row > north ? row : north;
            west = col < west ? col : west;
            east = col > east ? col : east;
        }
    }
    if (north < 0) {
        return (struct window){.steps = 1, .rows = 1, .cols = 1};
    }
    return (struct window){
        .steps = 1, .row = south, .rows = north + 1 - south, .col = west, .cols = east + 1 - west};
}
