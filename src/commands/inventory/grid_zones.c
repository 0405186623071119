/* airshed -- GPL-3.0-or-later. inventory: the cells of its provinces. */
#include <stdlib.h>

#include "base/memory.h"
#include "grid/zones.h"
#include "config.h"
#include "grid.h"
#include "polygons.h"

/* True where a polygon belongs to the zone: to its province, or, for the nation, to any; without
 * provinces every polygon is of the nation. */
static bool is_of_zone(const struct inventory_grid *grid, const struct inventory_polygons *polygons,
                       const struct grid_zone *zone, int64_t polygon)
{
    bool has_provinces = grid->zones > 1;
    int member = polygons->member[polygon];
    return zone->member == KEY_NATIONAL ? member >= 0 || !has_provinces : member == zone->member;
}

static enum status create_cells(struct grid_zone *zone, int64_t room)
{
    enum status status;
    TRY(memory_allocate((size_t)room, sizeof *zone->cell, &zone->cell));
    TRY(memory_allocate((size_t)room, sizeof *zone->fraction, &zone->fraction));
    TRY(memory_allocate((size_t)room, sizeof *zone->area_m2, &zone->area_m2));
done:
    return status;
}

static enum status fill_zone(const struct inventory_grid *grid,
                             const struct inventory_polygons *polygons, const struct zones *zones,
                             struct grid_zone *zone)
{
    enum status status;
    const struct georeference *cells = grid->grid;
    double covered = 0, whole = 0;
    int64_t room = 0;
    for (int64_t i = 0; i < zones->count; i++) {
        bool is_of = is_of_zone(grid, polygons, zone, i);
        room += is_of ? zones->start[i + 1] - zones->start[i] : 0;
    }
    TRY(create_cells(zone, room));
    for (int64_t i = 0; i < zones->count; i++) {
        if (!is_of_zone(grid, polygons, zone, i)) {
            continue;
        }
        whole += polygon_area(&polygons->layer->polygon[i]);
        for (int64_t k = zones->start[i]; k < zones->start[i + 1]; k++) {
            int64_t row = zones->cell[k] / cells->cols, col = zones->cell[k] % cells->cols;
            zone->cell[zone->count] = zones->cell[k];
            zone->fraction[zone->count] = zones->fraction[k];
            zone->area_m2[zone->count++] = zones->area_m2[k];
            covered += zones->fraction[k] * (cells->x_edges[col + 1] - cells->x_edges[col]) *
                       (cells->y_edges[row + 1] - cells->y_edges[row]);
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
    TRY(create_cells(zone, cells.rows * cells.cols));
    zone->count = cells.rows * cells.cols;
    zone->share_in_grid = 1;
    for (int64_t i = 0; i < zone->count; i++) {
        zone->cell[i] = i;
        zone->fraction[i] = 1;
        zone->area_m2[i] = zone_cell_area_m2(&cells, i / cells.cols, i % cells.cols);
    }
done:
    return status;
}

static enum status read_left_out(struct inventory_grid *grid, bool *left_out)
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
        grid->zone[member].is_left_out = left_out[member] = true;
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
done:
    return status;
}

static enum status fill_zones(struct inventory_grid *grid,
                              const struct inventory_polygons *polygons)
{
    enum status status;
    const struct zone_grid cells = zone_grid_of(grid->grid);
    struct zones *zones = NULL;
    TRY(zones_create(&cells, polygons->layer->count, polygons->layer->polygon, &zones));
    for (int i = 0; i < grid->zones; i++) {
        TRY(fill_zone(grid, polygons, zones, &grid->zone[i]));
    }
    TRY(memory_copy_text(polygons->identity, &grid->zones_identity));
    grid->is_synthetic = grid->is_synthetic || polygons->is_synthetic;
done:
    zones_destroy(&zones);
    return status;
}

enum status inventory_grid_zones(const struct job *job, struct inventory_grid *grid)
{
    enum status status;
    struct inventory_polygons *polygons = NULL;
    bool *left_out = NULL;
    TRY(name_zones(grid));
    TRY(memory_allocate((size_t)grid->zones, sizeof *left_out, &left_out));
    TRY(read_left_out(grid, left_out));
    TRY(inventory_polygons_read(job, grid->model, grid->grid->crs_wkt, left_out, &polygons));
    if (polygons != NULL) {
        TRY(fill_zones(grid, polygons));
    } else if (grid->zones > 1) {
        status = inventory_complain(grid->node, "a grid of provinces needs the section 'polygons', with the "
                                                "'file' that has theirs");
    } else {
        TRY(fill_all(grid, &grid->zone[0]));
    }
done:
    inventory_polygons_destroy(&polygons);
    free(left_out);
    return status;
}
