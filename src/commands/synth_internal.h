/* airshed -- GPL-3.0-or-later. What synth.c and its files beside the cubes share. */
#ifndef AIRSHED_COMMANDS_SYNTH_INTERNAL_H
#define AIRSHED_COMMANDS_SYNTH_INTERNAL_H

#include "base/status.h"
#include "grid/georeference.h"
#include "kernels/landscape.h"

/* Years that sources have a status column for. */
struct synth_years {
    int first, last;
};

/* Elevations of the region as a Cloud Optimized GeoTIFF. Rank 0 writes these three. */
enum status synth_write_dem(const char *path, const struct landscape *landscape,
                            const struct georeference *grid);

/* Sources as points: id, name, kind, strength, yearly_change, opened, closed (the first year without
 * it, empty: none), and operating_YEAR, 1 or 0, for each year. */
enum status synth_write_sources(const char *path, const struct landscape *landscape,
                                const struct synth_years *years);

/* Cities as polygons: id, name. */
enum status synth_write_zones(const char *path, const struct landscape *landscape);

#endif
