/* airshed -- GPL-3.0-or-later. inventory: the cells of its provinces. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "grid/zones.h"
#include "inventory_config.h"
#include "inventory_grid.h"
#include "io/vector.h"

/* Polygons, and the province of each. */
struct borders {
    struct vector_layer *layer;
    struct zones *zones;
    char *path;
    int64_t name_column;
    int *member; /* [layer->count], -1: none of the inventory's */
};

/* ---- names -------------------------------------------------------------------------------- */

static const char *respell(const struct inventory_grid *grid, const char *text, bool ignores_case)
{
    const struct config_node *spellings = config_find(grid->node, "spellings");
    const struct config_node *names =
        spellings != NULL ? config_find(spellings, "province") : NULL;
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        const struct config_node *name = &names->children[i];
        bool is_it = name->key != NULL && name->kind == CONFIG_SCALAR &&
                     (ignores_case ? text_equal_ignoring_case(name->key, text)
                                   : strcmp(name->key, text) == 0);
        if (is_it) {
            return name->text;
        }
    }
    return text;
}

static enum status find_name_column(const struct inventory_grid *grid, struct borders *borders)
{
    enum status status = STATUS_OK;
    const struct table *table = borders->layer->attributes;
    const char *wanted = inventory_scalar(grid->node, "name");
    borders->name_column = table_find(table, wanted != NULL ? wanted : "name");
    if (borders->name_column < 0) {
        status = table_column(table, wanted != NULL ? wanted : "name", &borders->name_column);
        failure_prefix("'name' of the grid");
    }
    return status;
}

static enum status match_names(const struct inventory_grid *grid, struct borders *borders)
{
    enum status status;
    const struct text_list *provinces = &grid->model->indices[INDEX_PROVINCE].members;
    const struct vector_layer *layer = borders->layer;
    const char *flag = inventory_scalar(grid->node, "ignore_case");
    bool ignores_case = false;
    if (flag != NULL && !text_parse_flag(flag, &ignores_case)) {
        return inventory_complain(config_find(grid->node, "ignore_case"),
                                  "'ignore_case' is true or false");
    }
    TRY(memory_allocate((size_t)layer->count, sizeof *borders->member, &borders->member));
    for (int64_t zone = 0; zone < layer->count; zone++) {
        const char *name = respell(
            grid, table_text(layer->attributes, zone, borders->name_column), ignores_case);
        borders->member[zone] = -1;
        for (size_t i = 0; i < provinces->count; i++) {
            bool is_it = ignores_case ? text_equal_ignoring_case(provinces->items[i], name)
                                      : strcmp(provinces->items[i], name) == 0;
            borders->member[zone] = is_it ? (int)i : borders->member[zone];
        }
    }
done:
    return status;
}

/* A province without a polygon is refused, with the names that the polygons have. */
static enum status refuse_missing(const struct inventory_grid *grid, const struct borders *borders,
                                  const char *province)
{
    enum status status;
    struct text_list names = {0};
    struct text others = {0};
    const struct vector_layer *layer = borders->layer;
    char place[CONFIG_PLACE_BYTES], near[160];
    for (int64_t zone = 0; zone < layer->count; zone++) {
        const char *name = table_text(layer->attributes, zone, borders->name_column);
        if (borders->member[zone] < 0) {
            TRY(text_list_add(&names, name));
            text_add_format(&others, "%s'%s'", others.length > 0 ? ", " : "", name);
        }
    }
    inventory_near(province, &names, near, sizeof near);
    status = failure_record(
        STATUS_DATA, __FILE__, __LINE__,
        "%s: no polygon of %s is called '%s'%s; give its name under 'spellings: {province: {NAME: %s}}', "
        "or list it under 'leave_out'. Polygons that are no province so far: %.600s",
        config_place(grid->node, place), borders->path, province, near, province,
        others.length > 0 ? others.data : "none");
done:
    text_list_clear(&names);
    text_clear(&others);
    return status;
}

/* ---- cells -------------------------------------------------------------------------------- */

/* True where a polygon belongs to the zone: to its province, or, for the nation, to any; without
 * provinces every polygon is of the nation. */
static bool is_of_zone(const struct inventory_grid *grid, const struct borders *borders,
                       const struct grid_zone *zone, int64_t polygon)
{
    bool has_provinces = grid->model->indices[INDEX_PROVINCE].members.count > 0;
    int member = borders->member[polygon];
    return zone->member == KEY_NATIONAL ? member >= 0 || !has_provinces : member == zone->member;
}

static enum status fill_zone(const struct inventory_grid *grid, const struct borders *borders,
                             struct grid_zone *zone)
{
    enum status status;
    const struct zones *zones = borders->zones;
    double covered = 0, whole = 0;
    int64_t room = 0;
    for (int64_t i = 0; i < zones->count; i++) {
        room += is_of_zone(grid, borders, zone, i) ? zones->start[i + 1] - zones->start[i] : 0;
    }
    TRY(memory_allocate((size_t)room, sizeof *zone->cell, &zone->cell));
    TRY(memory_allocate((size_t)room, sizeof *zone->fraction, &zone->fraction));
    TRY(memory_allocate((size_t)room, sizeof *zone->area_m2, &zone->area_m2));
    for (int64_t i = 0; i < zones->count; i++) {
        if (!is_of_zone(grid, borders, zone, i)) {
            continue;
        }
        whole += polygon_area(&borders->layer->polygon[i]);
        for (int64_t k = zones->start[i]; k < zones->start[i + 1]; k++) {
            int64_t row = zones->cell[k] / grid->grid->cols, col = zones->cell[k] % grid->grid->cols;
            zone->cell[zone->count] = zones->cell[k];
            zone->fraction[zone->count] = zones->fraction[k];
            zone->area_m2[zone->count++] = zones->area_m2[k];
            covered += zones->fraction[k] * (grid->grid->x_edges[col + 1] - grid->grid->x_edges[col]) *
                       (grid->grid->y_edges[row + 1] - grid->grid->y_edges[row]);
        }
    }
    zone->share_in_grid = whole > 0 ? covered / whole : 0;
done:
    return status;
}

/* Every cell, for a nation without polygons. */
static enum status fill_all(const struct inventory_grid *grid, struct grid_zone *zone)
{
    enum status status;
    const struct zone_grid cells = zone_grid_of(grid->grid);
    zone->count = cells.rows * cells.cols;
    zone->share_in_grid = 1;
    TRY(memory_allocate((size_t)zone->count, sizeof *zone->cell, &zone->cell));
    TRY(memory_allocate((size_t)zone->count, sizeof *zone->fraction, &zone->fraction));
    TRY(memory_allocate((size_t)zone->count, sizeof *zone->area_m2, &zone->area_m2));
    for (int64_t i = 0; i < zone->count; i++) {
        zone->cell[i] = i;
        zone->fraction[i] = 1;
        zone->area_m2[i] = zone_cell_area_m2(&cells, i / cells.cols, i % cells.cols);
    }
done:
    return status;
}

/* ---- provinces ---------------------------------------------------------------------------- */

static enum status read_left_out(struct inventory_grid *grid)
{
    enum status status;
    struct text_list names = {0};
    char near[160];
    const struct inventory_index *provinces = &grid->model->indices[INDEX_PROVINCE];
    TRY(inventory_list(grid->node, "leave_out", &names));
    for (size_t i = 0; i < names.count; i++) {
        int member = inventory_member(provinces, names.items[i]);
        if (member < 0) {
            status = inventory_complain(config_find(grid->node, "leave_out"),
                                        "no province is called '%s'%s", names.items[i],
                                        inventory_near(names.items[i], &provinces->members, near,
                                                       sizeof near));
            goto done;
        }
        grid->zone[member].is_left_out = true;
    }
done:
    text_list_clear(&names);
    return status;
}

static enum status name_zones(struct inventory_grid *grid)
{
    enum status status;
    const struct text_list *provinces = &grid->model->indices[INDEX_PROVINCE].members;
    grid->zones = (int)provinces->count + 1;
    TRY(memory_allocate((size_t)grid->zones, sizeof *grid->zone, &grid->zone));
    for (int i = 0; i < grid->zones; i++) {
        bool is_nation = i == grid->zones - 1;
        grid->zone[i].name = is_nation ? "NATIONAL" : provinces->items[i];
        grid->zone[i].member = is_nation ? KEY_NATIONAL : i;
    }
    TRY(read_left_out(grid));
done:
    return status;
}

static enum status read_borders(const struct job *job, struct inventory_grid *grid,
                                struct borders *borders)
{
    enum status status;
    char *folder = NULL;
    const struct zone_grid cells = zone_grid_of(grid->grid);
    TRY(path_folder(grid->node->file, &folder));
    TRY(path_join(folder, inventory_scalar(grid->node, "zones"), &borders->path));
    struct vector_source source = {
        .path = borders->path, .kinds = VECTOR_POLYGON, .crs = grid->grid->crs_wkt};
    TRY(vector_read(&source, &borders->layer));
    TRY(hash_file_identity(borders->path, job->content_hash, &grid->zones_identity));
    if (grid->zones > 1) {
        TRY(find_name_column(grid, borders));
        TRY(match_names(grid, borders));
    } else {
        TRY(memory_allocate((size_t)borders->layer->count, sizeof *borders->member,
                            &borders->member));
    }
    TRY(zones_create(&cells, borders->layer->count, borders->layer->polygon, &borders->zones));
done:
    free(folder);
    return status;
}

static enum status fill_zones(struct inventory_grid *grid, const struct borders *borders)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < grid->zones; i++) {
        struct grid_zone *zone = &grid->zone[i];
        bool has_polygon = false;
        for (int64_t k = 0; k < borders->layer->count; k++) {
            has_polygon = has_polygon || is_of_zone(grid, borders, zone, k);
        }
        if (!has_polygon && !zone->is_left_out) {
            return refuse_missing(grid, borders, zone->name);
        }
        TRY(fill_zone(grid, borders, zone));
    }
done:
    return status;
}

enum status inventory_grid_zones(const struct job *job, struct inventory_grid *grid)
{
    enum status status;
    struct borders borders = {0};
    TRY(name_zones(grid));
    if (inventory_scalar(grid->node, "zones") == NULL) {
        if (grid->zones > 1) {
            return inventory_complain(grid->node, "'grid' needs 'zones', a file with the polygons of the "
                                                  "provinces");
        }
        return fill_all(grid, &grid->zone[0]);
    }
    TRY(read_borders(job, grid, &borders));
    TRY(fill_zones(grid, &borders));
done:
    vector_destroy(&borders.layer);
    zones_destroy(&borders.zones);
    free(borders.path);
    free(borders.member);
    return status;
}
