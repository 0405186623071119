/* airshed -- GPL-3.0-or-later. inventory: totals of provinces on a grid (P3.24, P3.25).
 *
 * Section `grid` of the config (configs/coal-metals.yaml shows it):
 *
 *   leave_out    provinces that are not to be on the grid; the others need polygons (section `polygons`)
 *   proxy        raster that says where, for all sources of provinces; with `variable`, `values`
 *   proxies      list of {proxy, variable, values, sources}: others for some sources. A source with
 *                national data only is on the grid only where one of these names it (P3.25)
 *   values       amount: the raster counts by cell (people, tonnes of plants); density: by area
 *   by           all, source, category, receptor
 *   empty        even: a province whose proxy is 0 everywhere gets its total by area, with a warning;
 *                refuse: it is an error
 *
 *   synthetic    what a stand-in of the proxy is like (standin_grid.h). A grid that has it asks the user for
 *                the proxy: where that is not there, no grid is made, with a warning
 *
 * The grid is that of the proxies. Files in the folder of --tables go before the config's. A raster with
 * years needs every year of the inventory.
 *
 * Within a province a cell's share is fixed, so a percentile of the province's total times the share is
 * the percentile of the cell: exact for one source or for sources with one proxy; others have their
 * mean only. Cells on a border hold the sum of the parts' percentiles.
 *
 *   grid_plan.c   the section, the groups of sources
 *   grid_zones.c  cells of the provinces
 *   grid.c        the stage: FOLDER/grid.nc and its tables
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_GRID_H
#define AIRSHED_COMMANDS_INVENTORY_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "flow/job.h"
#include "grid/georeference.h"
#include "model.h"
#include "results.h"
#include "io/dataset.h"

/** --geotiff. */
extern const struct option_spec inventory_grid_options[];

/** A raster that says where. */
struct grid_proxy {
    const struct config_node *node;
    char *path;
    bool is_density;
    struct dataset *dataset;
    int variable;
    char *identity;
    int64_t *step; /**< [years], of the raster */
};

/** Cells of a province, or of the nation. */
struct grid_zone {
    const char *name; /**< of the province, or NATIONAL */
    int member;       /**< of the provinces, or KEY_NATIONAL */
    bool is_left_out; /**< by the config */
    double share_in_grid; /**< of its polygons, in the plane of the grid's coordinates */
    int64_t count;
    int64_t *cell; /**< row * cols + col */
    double *fraction, *area_m2;
};

/** Sources of a group that share a proxy. */
struct grid_part {
    int proxy;
    bool is_national;
    bool is_whole; /**< these are all the sources that the group's row of a place adds up */
    int *source;   /**< [sources] */
    int sources;
};

/** What has variables of its own. */
struct grid_group {
    int species;
    enum result_subject subject;
    int member;            /**< -1 for SUBJECT_ALL */
    char *name;            /**< of its variables */
    struct grid_part *part; /**< [parts] */
    int parts;
    bool has_percentiles;
};

struct inventory_grid {
    const struct inventory_model *model;
    const struct config_node *node;
    struct grid_proxy *proxy; /**< [proxies] */
    int proxies;
    int *proxy_of; /**< [sources], -1: not on the grid */
    const struct georeference *grid; /**< of the first proxy */
    struct grid_zone *zone; /**< [zones], provinces in the order of the inventory, then the nation */
    int zones;
    char *zones_identity; /**< NULL: no polygons */
    bool refuses_empty;
    bool is_synthetic; /**< a proxy or the polygons are a stand-in */
    struct grid_group *group; /**< [groups] */
    int groups;
};

/** Reads the section and what it names. Local. @return STATUS_USAGE or STATUS_DATA with the place;
 *  *@p grid is NULL where the config has no such section */
enum status inventory_grid_create(const struct job *job, const struct inventory_model *model,
                                  struct inventory_grid **grid);
void inventory_grid_destroy(struct inventory_grid **grid);

/** Cells of all provinces and of the nation; called by inventory_grid_create(). */
enum status inventory_grid_zones(const struct job *job, struct inventory_grid *grid);

/** Spreads the totals of FOLDER/totals.csv into FOLDER/grid.nc, a product of its own. Collective. */
enum status inventory_grid_run(const struct job *job, struct inventory_grid *grid,
                               const char *folder);

#endif
