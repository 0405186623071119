/* airshed -- GPL-3.0-or-later. The reference grid of prepare. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "grid/zones.h"
#include "io/dataset.h"
#include "io/vector.h"
#include "prepare.h"

/* The grid of the first variable of a file that has rows and columns. */
static enum status grid_of_file(const struct options *options, const char *path,
                                struct georeference **grid)
{
    enum status status;
    struct dataset *dataset = NULL;
    const struct georeference *found = NULL;
    const struct dataset_options how = {.crs = option_text(options, "crs")};
    TRY(dataset_open(path, &how, &dataset));
    for (int i = 0; found == NULL && i < dataset_variable_count(dataset); i++) {
        found = dataset_variable(dataset, i)->grid;
    }
    FAIL_IF(found == NULL, STATUS_DATA, "--grid %s: no variable with rows and columns", path);
    TRY(georeference_copy(found, grid));
done:
    dataset_close(&dataset);
    return status;
}

static bool bbox_of(const struct options *options, double bbox[4])
{
    bool is_given = option_count(options, "bbox") == 4;
    for (size_t i = 0; is_given && i < 4; i++) {
        bbox[i] = option_item_real(options, "bbox", i);
    }
    return is_given;
}

/* --cell and --bbox: whole cells that begin in the south-west corner. */
static enum status grid_of_cells(const double bbox[4], double cell, struct georeference **grid)
{
    enum status status;
    double width = bbox[2] - bbox[0];
    double height = bbox[3] - bbox[1];
    width += width <= 0 ? 360 : 0;
    FAIL_IF(height <= 0 || bbox[1] < -90 || bbox[3] > 90, STATUS_USAGE,
            "--bbox %g,%g,%g,%g: south must be below north, both within -90 to 90", bbox[0],
            bbox[1], bbox[2], bbox[3]);
    double cols = round(width / cell);
    double rows = round(height / cell);
    FAIL_IF(cols < 1 || rows < 1, STATUS_USAGE, "--cell %g: larger than the box of --bbox", cell);
    FAIL_IF(cols * rows > 1e10, STATUS_USAGE, "--cell %g: more than 1e10 cells in --bbox", cell);
    TRY(georeference_create_regular((int64_t)rows, (int64_t)cols, bbox[0], bbox[1], cell, cell,
                                    "EPSG:4326", grid));
done:
    return status;
}

static enum status cut_to_bbox(const double bbox[4], struct georeference **grid)
{
    enum status status;
    struct georeference *part = NULL;
    int64_t row, rows, col, cols;
    TRY(georeference_box(*grid, bbox, &row, &rows, &col, &cols));
    TRY(georeference_cut(*grid, row, rows, col, cols, &part));
    georeference_destroy(grid);
    *grid = part;
done:
    return status;
}

enum status target_grid(const struct job *job, struct target *target)
{
    enum status status = STATUS_OK;
    const struct options *options = job->options;
    const char *path = option_text(options, "grid");
    double cell = option_real(options, "cell");
    double bbox[4];
    bool has_bbox = bbox_of(options, bbox);

    FAIL_IF(path != NULL && !isnan(cell), STATUS_USAGE,
            "--grid and --cell: give one of them, not both");
    FAIL_IF(!isnan(cell) && !has_bbox, STATUS_USAGE, "--cell needs --bbox W,S,E,N");
    FAIL_IF(path == NULL && isnan(cell) && option_text(options, "stations") != NULL, STATUS_USAGE,
            "--stations needs a grid: --grid FILE, or --cell DEGREES with --bbox W,S,E,N");
    if (path != NULL) {
        TRY(grid_of_file(options, path, &target->grid));
        TRY(hash_file_identity(path, job->content_hash, &target->grid_identity));
        if (has_bbox) {
            TRY(cut_to_bbox(bbox, &target->grid));
        }
    } else if (!isnan(cell)) {
        TRY(grid_of_cells(bbox, cell, &target->grid));
    }
done:
    return status;
}

static enum status mark_inside(const struct job *job, struct target *target)
{
    enum status status = STATUS_OK;
    struct vector_layer *layer = NULL;
    const struct zone_grid cells = zone_grid_of(target->grid);
    size_t count = (size_t)(target->grid->rows * target->grid->cols);
    const char *path = option_text(job->options, "clip");
    if (path == NULL) {
        goto done;
    }
    struct vector_source source = {
        .path = path, .kinds = VECTOR_POLYGON, .crs = target->grid->crs_wkt};
    TRY(vector_read(&source, &layer));
    TRY(memory_allocate(count, 1, &target->inside));
    for (int64_t i = 0; i < layer->count; i++) {
        int64_t marked;
        TRY(zone_mark_cells(&cells, &layer->polygon[i], target->inside, &marked));
    }
    FAIL_IF(memchr(target->inside, 1, count) == NULL, STATUS_DATA,
            "--clip %s: no cell of the reference grid lies inside its polygons", path);
    TRY(hash_file_identity(path, job->content_hash, &target->clip_identity));
done:
    vector_destroy(&layer);
    return status;
}

static enum status place_cells(struct target *target)
{
    enum status status;
    double *lon = NULL, *lat = NULL;
    size_t cells = (size_t)(target->grid->rows * target->grid->cols);
    TRY(memory_allocate(cells, sizeof *lon, &lon));
    TRY(memory_allocate(cells, sizeof *lat, &lat));
    TRY(memory_allocate(cells, sizeof *target->place, &target->place));
    TRY(georeference_lonlat(target->grid, lon, lat));
    for (size_t cell = 0; cell < cells; cell++) {
        target->place[cell] = position_from_lonlat(lon[cell], lat[cell]);
    }
done:
    free(lon);
    free(lat);
    return status;
}

enum status target_complete(const struct job *job, struct target *target)
{
    enum status status;
    TRY(mark_inside(job, target));
    TRY(place_cells(target));
done:
    return status;
}

enum status target_attach(const struct target *target, struct stage *stage)
{
    enum status status = STATUS_OK;
    if (target->grid_identity != NULL) {
        TRY(stage_add_input(stage, "grid", target->grid_identity));
    }
    if (target->clip_identity != NULL) {
        TRY(stage_add_input(stage, "clip", target->clip_identity));
    }
done:
    return status;
}

void target_clear(struct target *target)
{
    georeference_destroy(&target->grid);
    free(target->inside);
    free(target->place);
    free(target->grid_identity);
    free(target->clip_identity);
}
