/* airshed -- GPL-3.0-or-later. Which polygons touch (P2.53). */
#ifndef AIRSHED_GRID_CONTIGUITY_H
#define AIRSHED_GRID_CONTIGUITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/polygon.h"

/** Neighbours of zones: those of zone i are neighbour[start[i]] to neighbour[start[i + 1] - 1],
 *  ascending. Owned by its creator, who frees both. */
struct contiguity {
    int64_t *start;     /**< [zones + 1] */
    int64_t *neighbour; /**< [start[zones]] */
};

/** Finds the polygons that share a vertex (queen) or an edge between two vertices (rook), whose
 *  coordinates must be equal to the bit, as in layers that were drawn without gaps; a border whose
 *  vertices differ from side to side is none (as in libpysal, and in spdep with snap 0).
 *  @return STATUS_OK or STATUS_MEMORY */
enum status contiguity_find(int64_t count, const struct polygon *polygons, bool by_edges,
                            struct contiguity *contiguity);

/** Releases the lists; all zero is allowed. */
void contiguity_clear(struct contiguity *contiguity);

/** A pair of zones that are neighbours, in one direction. */
struct zone_pair {
    int64_t from, to;
};

/** Makes lists of @p pairs [pair_count], which are sorted; a pair may come several times. */
enum status contiguity_from_pairs(int64_t zones, struct zone_pair *pairs, int64_t pair_count,
                                  struct contiguity *contiguity);

#endif
