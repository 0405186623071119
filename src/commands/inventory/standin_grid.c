/* airshed -- GPL-3.0-or-later. inventory: a synthetic raster of people, and polygons to go with it. */
#include "standin_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/random.h"
#include "config.h"
#include "grid/zones.h"
#include "io/vector.h"
#include "polygons.h"

static const double pi = 3.14159265358979323846;
static const double km_per_degree = 111.2;

/* How people live, and how provinces differ (standard deviation of the logarithm). */
static const double share_in_towns = 0.60, share_around = 0.25, spread_of_provinces = 0.7;
static const double around_km = 40, town_km = 10, town_people = 2e6, town_km_least = 2,
                    town_km_most = 15;

enum { CORNERS = 48, CORNERS_MAX = 256, PARTS = 4, TRIES = 10000, TOWNS_MAX = 1000 };

struct standin_grid {
    const struct inventory_model *model;
    uint32_t seed;
    double total, cell; /* people; degrees */
    int64_t towns;
    struct inventory_polygons *real; /* NULL: they are made */
    struct polygon *polygon;         /* [count], borrowed from real ones */
    int *member;                     /* [count], province */
    int64_t count;
    struct georeference *grid;
    char *proxy_path, *polygons_path, *comment, *reference;
    const char *name_column;
    struct cube_variable variable;
    struct cube_attribute attributes[4];
    struct cube_spec spec;
    int cube;
};

/* ---- the config --------------------------------------------------------------------------- */

static enum status read_settings(const struct config_node *node, struct standin_grid *grid)
{
    enum status status;
    static const char *const known[] = {"total", "cell", "towns", "about", NULL};
    const char *total, *cell, *towns;
    TRY(inventory_check_keys(node, known));
    TRY(inventory_text(node, "total", &total));
    TRY(inventory_text(node, "cell", &cell));
    TRY(inventory_text(node, "towns", &towns));
    bool is_sound = text_parse_real(total, &grid->total) && grid->total > 0 &&
                    text_parse_real(cell, &grid->cell) && grid->cell >= 0.01 && grid->cell <= 10 &&
                    text_parse_integer(towns, &grid->towns) && grid->towns >= 1 &&
                    grid->towns <= TOWNS_MAX;
    return is_sound ? STATUS_OK
                    : inventory_complain(node, "'total' is a number of people, 'cell' from 0.01 to 10 "
                                               "degrees, 'towns' from 1 to %d",
                                         (int)TOWNS_MAX);
done:
    return status;
}

static enum status name_file(const struct config_node *node, const char *key, const char *ending,
                             const char *folder, char **path)
{
    enum status status;
    const char *file;
    TRY(inventory_text(node, key, &file));
    if (!text_ends_with(file, ending)) {
        return inventory_complain(config_find(node, key),
                                  "a stand-in of '%s' ends in %s: name it so", path_name(file),
                                  ending);
    }
    TRY(path_join(folder, path_name(file), path));
done:
    return status;
}

/* ---- polygons that are made --------------------------------------------------------------- */

/* A circle of a province, in degrees of latitude both ways. */
struct disc {
    double x, y, radius;
};

static enum status read_disc(const struct config_node *places, const char *province,
                             struct disc *disc)
{
    const struct config_node *node = config_find(places, province);
    double *const numbers[] = {&disc->x, &disc->y, &disc->radius};
    bool is_sound = node != NULL && node->kind == CONFIG_LIST && node->count == 3;
    for (size_t i = 0; is_sound && i < 3; i++) {
        is_sound = node->children[i].kind == CONFIG_SCALAR &&
                   text_parse_real(node->children[i].text, numbers[i]);
    }
    return is_sound && disc->radius > 0 && fabs(disc->y) < 85 && fabs(disc->x) <= 180
               ? STATUS_OK
               : inventory_complain(node != NULL ? node : places,
                                    "'%s' needs [degrees east, degrees north, radius]", province);
}

/* Keeps what lies on the side of (0, 0) of the line at @p distance along the unit vector (u, v). */
static int cut(double (*corner)[2], int count, double u, double v, double distance)
{
    double kept[CORNERS_MAX][2];
    int left = 0;
    for (int i = 0; i < count; i++) {
        const double *a = corner[i], *b = corner[(i + 1) % count];
        double from = a[0] * u + a[1] * v - distance, to = b[0] * u + b[1] * v - distance;
        if (from <= 0) {
            memcpy(kept[left++], a, sizeof kept[0]);
        }
        if ((from < 0 && to > 0) || (from > 0 && to < 0)) {
            double part = from / (from - to);
            kept[left][0] = a[0] + part * (b[0] - a[0]);
            kept[left++][1] = a[1] + part * (b[1] - a[1]);
        }
    }
    memcpy(corner, kept, (size_t)left * sizeof kept[0]);
    return left;
}

/* The circle without what lies nearer to others, distances counted in radii along the line between two
 * centres: so of two provinces no place belongs to both. Thousandths of a degree will do. */
static enum status make_polygon(const struct disc *discs, int count, int own, double narrowing,
                                struct polygon *polygon)
{
    double corner[CORNERS_MAX][2], x[CORNERS_MAX], y[CORNERS_MAX];
    const struct disc *disc = &discs[own];
    int corners = CORNERS;
    for (int i = 0; i < CORNERS; i++) {
        corner[i][0] = disc->radius * cos(2 * pi * i / CORNERS);
        corner[i][1] = disc->radius * sin(2 * pi * i / CORNERS);
    }
    for (int i = 0; i < count; i++) {
        double u = discs[i].x - disc->x, v = discs[i].y - disc->y, distance = hypot(u, v);
        double reach = disc->radius + discs[i].radius;
        if (i != own && distance > 0 && distance < reach) {
            corners = cut(corner, corners, u / distance, v / distance,
                          distance * disc->radius / reach);
        }
    }
    for (int i = 0; i < corners; i++) {
        x[i] = round(1000 * (disc->x + corner[i][0]) / narrowing) / 1000;
        y[i] = round(1000 * (disc->y + corner[i][1])) / 1000;
    }
    return polygon_add_ring(polygon, false, corners, x, y);
}

static enum status make_polygons(struct standin_grid *grid, const struct config_node *places)
{
    enum status status;
    const struct text_list *provinces = &grid->model->indices[INDEX_PROVINCE].members;
    int count = (int)provinces->count;
    double latitude = 0;
    struct disc *discs = NULL;
    TRY(memory_allocate(provinces->count, sizeof *discs, &discs));
    TRY(memory_allocate(provinces->count, sizeof *grid->polygon, &grid->polygon));
    TRY(memory_allocate(provinces->count, sizeof *grid->member, &grid->member));
    grid->count = count;
    for (int i = 0; i < count; i++) {
        TRY(read_disc(places, provinces->items[i], &discs[i]));
        latitude += discs[i].y / count;
    }
    double narrowing = cos(latitude * pi / 180);
    for (int i = 0; i < count; i++) {
        discs[i].x *= narrowing;
    }
    for (int i = 0; i < count; i++) {
        grid->member[i] = i;
        TRY(make_polygon(discs, count, i, narrowing, &grid->polygon[i]));
    }
done:
    free(discs);
    return status;
}

/* ---- polygons ----------------------------------------------------------------------------- */

static enum status borrow_polygons(const struct job *job, struct standin_grid *grid)
{
    enum status status;
    TRY(inventory_polygons_read(job, grid->model, "EPSG:4326", NULL, &grid->real));
    grid->count = grid->real->layer->count;
    TRY(memory_allocate((size_t)grid->count, sizeof *grid->polygon, &grid->polygon));
    TRY(memory_allocate((size_t)grid->count, sizeof *grid->member, &grid->member));
    for (int64_t i = 0; i < grid->count; i++) {
        grid->polygon[i] = grid->real->layer->polygon[i];
        grid->member[i] = grid->real->member[i];
    }
done:
    return status;
}

static enum status find_polygons(const struct job *job, struct standin_grid *grid,
                                 const char *folder)
{
    enum status status;
    char *path = NULL;
    const struct config_node *node = config_find(grid->model->root, "polygons");
    TRY(inventory_polygons_path(grid->model, &path));
    if (path == NULL) {
        status = inventory_complain(config_find(grid->model->root, "grid"),
                                    "a grid of provinces needs the section 'polygons'");
    } else if (path_exists(path)) {
        status = borrow_polygons(job, grid);
    } else if (config_find(node, "synthetic") == NULL) {
        status = inventory_complain(config_find(node, "file"),
                                    "%s is not there, and the section has no 'synthetic' that says where "
                                    "the provinces lie",
                                    path);
    } else {
        const char *name = inventory_scalar(node, "name");
        grid->name_column = name != NULL ? name : "name";
        TRY(name_file(node, "file", ".geojson", folder, &grid->polygons_path));
        status = make_polygons(grid, config_find(node, "synthetic"));
    }
done:
    free(path);
    return status;
}

/* Whole cells around all provinces. */
static enum status create_grid(struct standin_grid *grid)
{
    double bounds[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY}, cell = grid->cell;
    for (int64_t i = 0; i < grid->count; i++) {
        double own[4];
        if (grid->member[i] >= 0 && polygon_bounds(&grid->polygon[i], own)) {
            bounds[0] = fmin(bounds[0], floor(own[0] / cell));
            bounds[1] = fmin(bounds[1], floor(own[1] / cell));
            bounds[2] = fmax(bounds[2], ceil(own[2] / cell));
            bounds[3] = fmax(bounds[3], ceil(own[3] / cell));
        }
    }
    return georeference_create_regular((int64_t)(bounds[3] - bounds[1]),
                                       (int64_t)(bounds[2] - bounds[0]), bounds[0] * cell,
                                       bounds[1] * cell, cell, cell, "EPSG:4326", &grid->grid);
}

/* ---- people ------------------------------------------------------------------------------- */

struct town {
    double lon, lat, people, scale_km;
};

static uint64_t province_item(const struct standin_grid *grid, int province)
{
    return random_stream(grid->model->indices[INDEX_PROVINCE].members.items[province]);
}

static bool is_in_province(const struct standin_grid *grid, int province, double lon, double lat)
{
    for (int64_t i = 0; i < grid->count; i++) {
        if (grid->member[i] == province && polygon_contains(&grid->polygon[i], lon, lat)) {
            return true;
        }
    }
    return false;
}

/* The box around the polygons of a province; its largest polygon's centre is where to go if all else fails. */
static void province_box(const struct standin_grid *grid, int province, double box[4],
                         struct town *centre)
{
    double largest = -1, own[4];
    const double nothing[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    memcpy(box, nothing, sizeof nothing);
    for (int64_t i = 0; i < grid->count; i++) {
        if (grid->member[i] != province || !polygon_bounds(&grid->polygon[i], own)) {
            continue;
        }
        for (int k = 0; k < 2; k++) {
            box[k] = fmin(box[k], own[k]);
            box[2 + k] = fmax(box[2 + k], own[2 + k]);
        }
        if (polygon_area(&grid->polygon[i]) > largest) {
            largest = polygon_area(&grid->polygon[i]);
            polygon_centroid(&grid->polygon[i], &centre->lon, &centre->lat);
        }
    }
}

static void place_towns(const struct standin_grid *grid, int province, double people,
                        struct town *towns)
{
    struct random_key key = {grid->seed, random_stream("inventory.towns")};
    double box[4], ranks = 0;
    uint64_t draw = 0;
    struct town centre = {0};
    province_box(grid, province, box, &centre);
    for (int64_t i = 0; i < grid->towns; i++) {
        struct town *town = &towns[i];
        *town = centre;
        for (int attempt = 0; attempt < TRIES; attempt++, draw += 2) {
            double lon = box[0] + (box[2] - box[0]) *
                                      random_uniform(key, province_item(grid, province), draw);
            double lat = box[1] + (box[3] - box[1]) *
                                      random_uniform(key, province_item(grid, province), draw + 1);
            if (is_in_province(grid, province, lon, lat)) {
                town->lon = lon;
                town->lat = lat;
                draw += 2;
                break;
            }
        }
        ranks += 1.0 / (double)(i + 1);
    }
    for (int64_t i = 0; i < grid->towns; i++) {
        towns[i].people = people * share_in_towns / (double)(i + 1) / ranks;
        double scale = town_km * sqrt(towns[i].people / town_people);
        towns[i].scale_km = fmin(fmax(scale, town_km_least), town_km_most);
    }
}

/* People a km2, but for those who live anywhere. */
static double density(const struct town *towns, int64_t count, double lon, double lat)
{
    double sum = 0, narrowing = cos(lat * pi / 180);
    for (int64_t i = 0; i < count; i++) {
        const struct town *town = &towns[i];
        double distance_km =
            km_per_degree * hypot((lon - town->lon) * narrowing, lat - town->lat);
        double around = town->people * share_around / share_in_towns;
        sum += town->people * exp(-distance_km / town->scale_km) /
                   (2 * pi * town->scale_km * town->scale_km) +
               around * exp(-distance_km / around_km) / (2 * pi * around_km * around_km);
    }
    return sum;
}

/* The mean over PARTS x PARTS points of a cell. */
static double cell_density(const struct standin_grid *grid, const struct town *towns, int64_t cell)
{
    double sum = 0, step = grid->cell / PARTS;
    int64_t row = cell / grid->grid->cols, col = cell % grid->grid->cols;
    for (int i = 0; i < PARTS * PARTS; i++) {
        sum += density(towns, grid->towns, grid->grid->x_edges[col] + (i % PARTS + 0.5) * step,
                       grid->grid->y_edges[row] + (i / PARTS + 0.5) * step);
    }
    return sum / (PARTS * PARTS);
}

/* Adds the people of a province to its cells, NaN so far where there are none. @p near [entries of zones]: room for people near towns. */
static void settle_province(const struct standin_grid *grid, const struct zones *zones,
                            int province, double people, const struct town *towns, double *near,
                            double *map)
{
    double area = 0, all_near = 0, share_near = share_in_towns + share_around;
    for (int64_t i = 0; i < grid->count; i++) {
        bool counts = grid->member[i] == province;
        for (int64_t k = zones->start[i]; counts && k < zones->start[i + 1]; k++) {
            near[k] = cell_density(grid, towns, zones->cell[k]) * zones->area_m2[k];
            all_near += near[k];
            area += zones->area_m2[k];
        }
    }
    for (int64_t i = 0; i < grid->count; i++) {
        bool counts = grid->member[i] == province;
        for (int64_t k = zones->start[i]; counts && k < zones->start[i + 1]; k++) {
            double own = people * (share_near * near[k] / all_near +
                                   (1 - share_near) * zones->area_m2[k] / area);
            double *cell = &map[zones->cell[k]];
            *cell = isnan(*cell) ? own : *cell + own;
        }
    }
}

static enum status settle(const struct standin_grid *grid, double *map)
{
    enum status status;
    const struct zone_grid cells = zone_grid_of(grid->grid);
    int provinces = (int)grid->model->indices[INDEX_PROVINCE].members.count;
    struct random_key key = {grid->seed, random_stream("inventory.people")};
    struct zones *zones = NULL;
    struct town *towns = NULL;
    double all = 0, *near = NULL, *weight = NULL;
    TRY(zones_create(&cells, grid->count, grid->polygon, &zones));
    TRY(memory_allocate((size_t)zones->start[grid->count], sizeof *near, &near));
    TRY(memory_allocate((size_t)grid->towns, sizeof *towns, &towns));
    TRY(memory_allocate((size_t)provinces, sizeof *weight, &weight));
    for (int i = 0; i < provinces; i++) {
        weight[i] = exp(spread_of_provinces * random_normal(key, province_item(grid, i), 0));
        all += weight[i];
    }
    for (int i = 0; i < provinces; i++) {
        double people = grid->total * weight[i] / all;
        place_towns(grid, i, people, towns);
        settle_province(grid, zones, i, people, towns, near, map);
    }
done:
    zones_destroy(&zones);
    free(towns);
    free(near);
    free(weight);
    return status;
}

/* ---- files -------------------------------------------------------------------------------- */

static enum status describe(struct standin_grid *grid, const struct config_node *node)
{
    enum status status = STATUS_OK;
    const char *name = inventory_scalar(node, "variable");
    FAIL_IF(asprintf(&grid->reference, "synthetic, seed %u", (unsigned)grid->seed) < 0 ||
                asprintf(&grid->comment,
                         "Synthetic: no town and no number of this file is real. Provinces have %s, a "
                         "number of people at random and %lld towns at random places, the k-th with 1/k "
                         "of the people of the first.",
                         grid->real != NULL ? "their polygons" : "polygons that are cut circles",
                         (long long)grid->towns) < 0,
            STATUS_MEMORY, "out of memory");
    grid->variable = (struct cube_variable){.name = name != NULL ? name : "population",
                                            .long_name = "people in the cell, SYNTHETIC STAND-IN",
                                            .units = "1",
                                            .cell_methods = "area: sum"};
    const struct cube_attribute all[] = {{"title", "SYNTHETIC STAND-IN of a population raster"},
                                         {"comment", grid->comment},
                                         {"reference", grid->reference}};
    memcpy(grid->attributes, all, sizeof all);
    grid->spec = (struct cube_spec){.grid = grid->grid,
                                    .variables = &grid->variable,
                                    .variable_count = 1,
                                    .attributes = grid->attributes,
                                    .attribute_count = sizeof all / sizeof *all};
done:
    return status;
}

enum status standin_grid_create(const struct job *job, const struct inventory_model *model,
                                const char *folder, struct standin_grid **out)
{
    enum status status;
    const struct config_node *node = config_find(model->root, "grid");
    const struct config_node *synthetic = node != NULL ? config_find(node, "synthetic") : NULL;
    struct standin_grid *grid = NULL;
    *out = NULL;
    if (synthetic == NULL || config_is_empty(synthetic)) {
        return STATUS_OK;
    }
    TRY(memory_allocate(1, sizeof *grid, &grid));
    grid->model = model;
    grid->seed = job->seed;
    TRY(read_settings(synthetic, grid));
    TRY(name_file(node, "proxy", ".nc", folder, &grid->proxy_path));
    TRY(find_polygons(job, grid, folder));
    TRY(create_grid(grid));
    TRY(describe(grid, node));
    *out = grid;
    grid = NULL;
done:
    standin_grid_destroy(&grid);
    return status;
}

void standin_grid_destroy(struct standin_grid **grid_pointer)
{
    struct standin_grid *grid = *grid_pointer;
    if (grid == NULL) {
        return;
    }
    for (int64_t i = 0; grid->real == NULL && i < grid->count; i++) {
        polygon_clear(&grid->polygon[i]);
    }
    inventory_polygons_destroy(&grid->real);
    georeference_destroy(&grid->grid);
    free(grid->polygon);
    free(grid->member);
    free(grid->proxy_path);
    free(grid->polygons_path);
    free(grid->comment);
    free(grid->reference);
    free(grid);
    *grid_pointer = NULL;
}

enum status standin_grid_declare(struct standin_grid *grid, struct stage *stage)
{
    enum status status;
    TRY(stage_add_cube(stage, grid->proxy_path, &grid->spec, &grid->cube));
    if (grid->real != NULL) {
        TRY(stage_add_input(stage, "polygons", grid->real->identity));
    } else {
        TRY(stage_add_file(stage, grid->polygons_path));
    }
done:
    return status;
}

enum status standin_grid_put(const struct standin_grid *grid, struct flow_item *item)
{
    enum status status;
    size_t cells = (size_t)(grid->grid->rows * grid->grid->cols);
    struct window whole = {.steps = 1, .rows = grid->grid->rows, .cols = grid->grid->cols};
    double *map = NULL;
    float *values = NULL;
    TRY(memory_allocate(cells, sizeof *map, &map));
    TRY(memory_allocate(cells, sizeof *values, &values));
    for (size_t i = 0; i < cells; i++) {
        map[i] = NAN;
    }
    TRY(settle(grid, map));
    for (size_t i = 0; i < cells; i++) {
        values[i] = (float)round(map[i]);
    }
    TRY(flow_put(item, grid->cube, 0, &whole, values));
done:
    free(map);
    free(values);
    return status;
}

enum status standin_grid_write(const struct standin_grid *grid, const struct stage *stage)
{
    enum status status = STATUS_OK;
    const struct text_list *provinces = &grid->model->indices[INDEX_PROVINCE].members;
    const char *names[] = {grid->name_column, "reference"};
    const struct table_column columns[] = {{.name = grid->name_column, .kind = TABLE_TEXT},
                                           {.name = "reference", .kind = TABLE_TEXT}};
    struct table *table = NULL;
    log_info("%s: a synthetic raster of people, %lld x %lld cells", grid->proxy_path,
             (long long)grid->grid->rows, (long long)grid->grid->cols);
    if (grid->real != NULL) {
        return STATUS_OK;
    }
    TRY(table_create(grid->polygons_path, "feature", 2, names, &table));
    for (int64_t i = 0; i < grid->count; i++) {
        const char *cells[] = {provinces->items[i], grid->reference};
        TRY(table_append(table, i + 1, cells));
    }
    struct vector_output output = {.crs = "EPSG:4326",
                                   .count = grid->count,
                                   .polygon = grid->polygon,
                                   .attributes = table,
                                   .columns = columns};
    TRY(vector_write(stage_partial(stage, grid->polygons_path), &output));
    log_info("%s: %lld synthetic polygons, because the config's file is not there",
             grid->polygons_path, (long long)grid->count);
done:
    table_destroy(&table);
    return status;
}
