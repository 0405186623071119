/* airshed -- GPL-3.0-or-later. inventory: polygons of its provinces, for maps and grids.
 *
 * Section `polygons` of the config: `file` with the polygons, `name` the column with their names (default:
 * name), `spellings: {province: {THEIR NAME: OURS}}` and `ignore_case`, as tables have them. Several
 * polygons may belong to one province; those of none are told with --verbose and left alone. `synthetic` is
 * for a stand-in (standin_grid.h). A file of that name in the folder of --tables goes before the config's.
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_POLYGONS_H
#define AIRSHED_COMMANDS_INVENTORY_POLYGONS_H

#include <stdbool.h>

#include "flow/job.h"
#include "model.h"
#include "io/vector.h"

struct inventory_polygons {
    char *path;
    char *identity; /**< for fingerprints */
    struct vector_layer *layer;
    int *member; /**< [layer->count], province of the inventory; -1: none */
    bool is_synthetic; /**< they are a stand-in */
};

/** Where the file lies, or NULL without a section or in a section without one. Released with free(). */
enum status inventory_polygons_path(const struct inventory_model *model, char **path);

/** Reads the polygons in @p crs. Every province but those of @p left_out [provinces] (NULL: none) needs one.
 *  *@p polygons is NULL where the config has no such section.
 *  @return STATUS_DATA naming the province and the nearest name of a polygon */
enum status inventory_polygons_read(const struct job *job, const struct inventory_model *model,
                                    const char *crs, const bool *left_out,
                                    struct inventory_polygons **polygons);
void inventory_polygons_destroy(struct inventory_polygons **polygons);

#endif
