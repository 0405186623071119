/* airshed -- GPL-3.0-or-later. A stage: maps as GeoTIFF and a compressed copy, where asked for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "io/compress.h"
#include "io/geotiff.h"
#include "stage_internal.h"

static enum status form_path(const char *path, const char *variable, const char *extension,
                             char **form)
{
    enum status status;
    char *stem = NULL;
    TRY(path_stem(path, &stem));
    FAIL_IF(asprintf(form, "%s%s%s%s", stem, variable != NULL ? "_" : "",
                     variable != NULL ? variable : "", extension) < 0,
            STATUS_MEMORY, "out of memory");
done:
    free(stem);
    return status;
}

static enum status form_declare(struct stage *stage, const char *path, const char *variable,
                                const char *extension)
{
    enum status status;
    char *form = NULL;
    TRY(form_path(path, variable, extension, &form));
    TRY(stage_add_file(stage, form));
done:
    free(form);
    return status;
}

static bool is_map(const struct cube_variable *variable)
{
    return !variable->has_time && !variable->skip_geotiff;
}

enum status stage_declare_forms(struct stage *stage, int cube)
{
    enum status status = STATUS_OK;
    const struct stage_cube_entry *entry = &stage->cubes[cube];
    for (int i = 0; stage->job->geotiff && i < entry->spec.variable_count; i++) {
        if (is_map(&entry->spec.variables[i])) {
            TRY(form_declare(stage, entry->path, entry->spec.variables[i].name, ".tif"));
        }
    }
    if (stage->job->compress) {
        TRY(form_declare(stage, entry->path, NULL, ".nc4"));
    }
done:
    return status;
}

/* Doubles become floats in place; the other types are written as they are. */
static enum geotiff_pixel pixel_of(enum cube_type type, void *values, int64_t count)
{
    switch (type) {
    case CUBE_INT:
        return GEOTIFF_INT;
    case CUBE_BYTE:
        return GEOTIFF_BYTE;
    case CUBE_DOUBLE:
        for (int64_t i = 0; i < count; i++) {
            float narrowed = (float)((double *)values)[i];
            memcpy((float *)values + i, &narrowed, sizeof narrowed);
        }
        break;
    case CUBE_FLOAT:
        break;
    }
    return GEOTIFF_FLOAT;
}

static enum status map_read(struct stage_cube_entry *entry, int variable, int layers,
                            void **values, enum geotiff_pixel *pixel)
{
    enum status status;
    const struct georeference *grid = entry->spec.grid;
    struct window window = {.steps = layers, .rows = grid->rows, .cols = grid->cols};
    TRY(memory_allocate((size_t)window_count(&window), sizeof(double), values));
    TRY(cube_get(entry->cube, variable, &window, *values));
    *pixel = pixel_of(entry->spec.variables[variable].type, *values, window_count(&window));
done:
    return status;
}

static enum status map_write(struct stage *stage, struct stage_cube_entry *entry, int variable)
{
    enum status status;
    const struct cube_variable *facts = &entry->spec.variables[variable];
    const struct georeference *grid = entry->spec.grid;
    int layers = facts->layers > 0 ? facts->layers : 1;
    void *values = NULL;
    struct geotiff_band *bands = NULL;
    char *form = NULL;
    struct geotiff map = {.grid = grid, .title = facts->long_name, .bands = layers};

    TRY(map_read(entry, variable, layers, &values, &map.pixel));
    TRY(memory_allocate((size_t)layers, sizeof *bands, &bands));
    size_t pixel_bytes = map.pixel == GEOTIFF_BYTE ? 1 : 4;
    for (int layer = 0; layer < layers; layer++) {
        bands[layer] = (struct geotiff_band){
            .name = facts->layers > 0 ? facts->layer_labels[layer] : facts->name,
            .units = facts->units,
            .values = (char *)values + (size_t)(layer * grid->rows * grid->cols) * pixel_bytes};
    }
    bool is_class = facts->flag_meanings != NULL;
    map.overviews = is_class ? GEOTIFF_NEAREST : GEOTIFF_AVERAGE;
    map.has_nodata = map.pixel == GEOTIFF_FLOAT;
    map.nodata = NAN;
    map.band = bands;
    TRY(form_path(entry->path, facts->name, ".tif", &form));
    TRY(geotiff_write(stage_partial(stage, form), &map));
done:
    free(values);
    free(bands);
    free(form);
    return status;
}

enum status stage_write_forms(struct stage *stage)
{
    enum status status = STATUS_OK;
    for (int cube = 0; cube < stage->cube_count; cube++) {
        struct stage_cube_entry *entry = &stage->cubes[cube];
        for (int i = 0; stage->job->geotiff && i < entry->spec.variable_count; i++) {
            if (is_map(&entry->spec.variables[i])) {
                TRY(map_write(stage, entry, i));
            }
        }
        if (stage->job->compress) {
            char *form = NULL;
            status = form_path(entry->path, NULL, ".nc4", &form);
            if (status == STATUS_OK) {
                status = compress_netcdf(stage_partial(stage, entry->path),
                                         stage_partial(stage, form));
            }
            free(form);
            TRY(status);
        }
    }
done:
    return status;
}
