/* airshed -- GPL-3.0-or-later. What lies on the ground of a synthetic region: elevations, sources,
 * cities. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "grid/polygon.h"
#include "io/geotiff.h"
#include "io/vector.h"
#include "synth_internal.h"

enum status synth_write_dem(const char *path, const struct landscape *landscape,
                            const struct georeference *grid)
{
    enum status status;
    float *elevation = NULL;
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), sizeof *elevation, &elevation));
    for (int64_t row = 0; row < grid->rows; row++) {
        for (int64_t col = 0; col < grid->cols; col++) {
            elevation[row * grid->cols + col] = landscape_elevation_m(landscape, row, col);
        }
    }
    struct geotiff_band band = {.name = "elevation", .units = "m", .values = elevation};
    struct geotiff map = {.grid = grid,
                          .pixel = GEOTIFF_FLOAT,
                          .overviews = GEOTIFF_AVERAGE,
                          .title = "elevation of a synthetic region",
                          .bands = 1,
                          .band = &band};
    TRY(geotiff_write(path, &map));
done:
    free(elevation);
    return status;
}

/* ---- sources ------------------------------------------------------------------------------ */

enum {
    SOURCE_COLUMNS = 7, /* before the years */
    CELL_BYTES = 32
};

/* Columns with their names, and one row of cells. */
struct source_table {
    int64_t cols;
    struct table_column *columns;
    const char **names, **cells;
    char (*year_names)[CELL_BYTES];
    char (*texts)[CELL_BYTES];
    struct table *table;
};

static void source_table_clear(struct source_table *sources)
{
    free(sources->columns);
    free(sources->names);
    free(sources->cells);
    free(sources->year_names);
    free(sources->texts);
    table_destroy(&sources->table);
}

static enum status source_table_init(const char *path, const struct synth_years *years,
                                     struct source_table *sources)
{
    static const struct table_column fixed[SOURCE_COLUMNS] = {
        {.name = "id", .kind = TABLE_INTEGER},
        {.name = "name", .kind = TABLE_TEXT},
        {.name = "kind", .kind = TABLE_TEXT},
        {.name = "strength", .kind = TABLE_NUMBER},
        {.name = "yearly_change", .kind = TABLE_NUMBER},
        {.name = "opened", .kind = TABLE_INTEGER},
        {.name = "closed", .kind = TABLE_INTEGER}};
    enum status status;
    int64_t cols = SOURCE_COLUMNS + years->last - years->first + 1;
    size_t count = (size_t)cols;
    *sources = (struct source_table){.cols = cols};
    TRY(memory_allocate(count, sizeof *sources->columns, &sources->columns));
    TRY(memory_allocate(count, sizeof *sources->names, &sources->names));
    TRY(memory_allocate(count, sizeof *sources->cells, &sources->cells));
    TRY(memory_allocate(count, sizeof *sources->year_names, &sources->year_names));
    TRY(memory_allocate(count, sizeof *sources->texts, &sources->texts));
    for (int64_t col = 0; col < cols; col++) {
        int year = years->first + (int)(col - SOURCE_COLUMNS);
        snprintf(sources->year_names[col], CELL_BYTES, "operating_%d", year);
        sources->columns[col] =
            col < SOURCE_COLUMNS
                ? fixed[col]
                : (struct table_column){.name = sources->year_names[col], .kind = TABLE_INTEGER};
        sources->names[col] = sources->columns[col].name;
        sources->cells[col] = sources->texts[col];
    }
    TRY(table_create(path, "feature", cols, sources->names, &sources->table));
done:
    return status;
}

static enum status source_append(struct source_table *sources, int64_t id,
                                 const struct landscape_source *source,
                                 const struct synth_years *years)
{
    snprintf(sources->texts[0], CELL_BYTES, "%lld", (long long)id);
    snprintf(sources->texts[1], CELL_BYTES, "Works %lld", (long long)id);
    sources->cells[2] = source->kind;
    text_real(source->strength, sources->texts[3]);
    text_real(source->yearly_change, sources->texts[4]);
    snprintf(sources->texts[5], CELL_BYTES, "%lld", (long long)source->opened);
    snprintf(sources->texts[6], CELL_BYTES, "%lld", (long long)source->closed);
    sources->cells[6] = source->closed == INT64_MAX ? NULL : sources->texts[6];
    for (int64_t col = SOURCE_COLUMNS; col < sources->cols; col++) {
        bool operates = landscape_source_operates(source, years->first + col - SOURCE_COLUMNS);
        snprintf(sources->texts[col], CELL_BYTES, "%d", operates);
    }
    return table_append(sources->table, id, sources->cells);
}

enum status synth_write_sources(const char *path, const struct landscape *landscape,
                                const struct synth_years *years)
{
    enum status status;
    int64_t count = landscape_source_count(landscape);
    double *x = NULL, *y = NULL;
    struct source_table sources;
    TRY(source_table_init(path, years, &sources));
    TRY(memory_allocate((size_t)count, sizeof *x, &x));
    TRY(memory_allocate((size_t)count, sizeof *y, &y));
    for (int64_t i = 0; i < count; i++) {
        const struct landscape_source *source = landscape_source(landscape, i);
        x[i] = source->lon;
        y[i] = source->lat;
        TRY(source_append(&sources, i + 1, source, years));
    }
    struct vector_output output = {.crs = "EPSG:4326",
                                   .count = count,
                                   .x = x,
                                   .y = y,
                                   .attributes = sources.table,
                                   .columns = sources.columns};
    TRY(vector_write(path, &output));
done:
    source_table_clear(&sources);
    free(x);
    free(y);
    return status;
}

/* ---- cities ------------------------------------------------------------------------------- */

enum status synth_write_zones(const char *path, const struct landscape *landscape)
{
    static const struct table_column columns[] = {{.name = "id", .kind = TABLE_INTEGER},
                                                  {.name = "name", .kind = TABLE_TEXT}};
    static const char *const names[] = {"id", "name"};
    enum status status;
    int count = landscape_city_count(landscape);
    struct polygon *polygons = NULL;
    struct table *table = NULL;
    TRY(memory_allocate((size_t)count, sizeof *polygons, &polygons));
    TRY(table_create(path, "feature", 2, names, &table));
    for (int i = 0; i < count; i++) {
        struct landscape_city city;
        char id[CELL_BYTES];
        landscape_city(landscape, i, &city);
        snprintf(id, sizeof id, "%d", i + 1);
        const char *cells[] = {id, city.name};
        TRY(polygon_add_ring(&polygons[i], false, city.vertices, city.x, city.y));
        TRY(table_append(table, i + 1, cells));
    }
    struct vector_output output = {.crs = "EPSG:4326",
                                   .count = count,
                                   .polygon = polygons,
                                   .attributes = table,
                                   .columns = columns};
    TRY(vector_write(path, &output));
done:
    for (int i = 0; polygons != NULL && i < count; i++) {
        polygon_clear(&polygons[i]);
    }
    free(polygons);
    table_destroy(&table);
    return status;
}
