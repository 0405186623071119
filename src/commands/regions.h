/* airshed -- GPL-3.0-or-later. Polygons on a grid, whole or split by a mask (C.15). */
#ifndef AIRSHED_COMMANDS_REGIONS_H
#define AIRSHED_COMMANDS_REGIONS_H

#include <stdint.h>

#include "base/options.h"
#include "base/status.h"
#include "base/window.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/stage.h"
#include "grid/georeference.h"

/** --zones, --zone-name, --zone-where. */
extern const struct option_spec regions_options[];

/** --mask, --mask-variable, --mask-parts. */
extern const struct option_spec regions_mask_options[];

/** Options of a command that name its masks. */
struct regions_masks {
    const char *inside;  /**< "mask": the cells above 0 are inside, the others outside */
    const char *outside; /**< a second map, whose cells above 0 are outside instead; NULL: none */
    const char *parts;   /**< which parts are wanted; NULL: inside and outside */
};

/** Which cells of a zone count. */
enum region_part {
    REGION_ALL,
    REGION_INSIDE, /**< where the mask is above 0 */
    REGION_OUTSIDE /**< where it is not, or where the second mask is; a missing mask is neither */
};

/** "all", "inside" or "outside". */
const char *region_part_name(enum region_part part);

/** Cells of one part of one zone. */
struct region_cells {
    const char *name; /**< of the zone; belongs to the regions */
    int64_t zone;     /**< number of the polygon in its file, from 0 */
    enum region_part part;
    double share_in_grid; /**< of the polygon, in the plane of the grid's coordinates */
    int64_t count;
    int64_t *cell;   /**< row * cols + col, ascending */
    double *area_m2; /**< that the polygon covers of each */
    double total_m2; /**< their sum */
};

/** Read its members. */
struct regions {
    int64_t count;
    struct region_cells *cells; /**< [count], zone by zone */
    char **names;               /**< of the zones */
    int64_t zone_count;
    int64_t grid_cols;
    char *zones_identity;
    struct regions_masks masks;
    struct input *mask, *other_mask; /**< NULL: none */
};

/** Reads the polygons of --zones (without it, one zone that is the whole grid) and the maps that
 *  @p masks names; the option --mask-variable chooses their variable. Collective.
 *  @return STATUS_DATA where a file does not fit: no polygons, no such column, a mask on another
 * grid */
enum status regions_create(const struct job *job, const struct georeference *grid,
                           const struct regions_masks *masks, struct regions **regions);
void regions_destroy(struct regions **regions);

/** Adds polygons and mask to the fingerprint of @p stage. */
enum status regions_attach(const struct regions *regions, struct stage *stage);

/** Rows and columns that hold all regions; at least one cell. */
struct window regions_box(const struct regions *regions, const struct georeference *grid);

#endif
