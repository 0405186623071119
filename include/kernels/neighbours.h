/* airshed -- GPL-3.0-or-later. The nearest sites of a place, by a k-d tree (P2.09). */
#ifndef AIRSHED_KERNELS_NEIGHBOURS_H
#define AIRSHED_KERNELS_NEIGHBOURS_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/geodesic.h"

/** A fixed set of sites that can be searched. Opaque; read-only once made. */
struct neighbours;

/** Builds a tree over @p sites [count], which are copied; *@p tree is the caller's. No site is
 *  allowed and found nowhere. Coordinates must be finite. Takes some 100 ns a site and level.
 *  @return STATUS_OK, STATUS_MEMORY */
enum status neighbours_create(enum distance_metric metric, int64_t count,
                              const struct position *sites, struct neighbours **tree);

/** Releases *@p tree and sets it to NULL; NULL is allowed. */
void neighbours_destroy(struct neighbours **tree);

enum {
    NEIGHBOURS_OCTANTS = 8
};

/** What counts as a neighbour. */
struct neighbours_rule {
    int64_t most;            /**< at most so many in all, >= 1 */
    int64_t most_per_octant; /**< at most so many in each 45 degree sector around the place, by
                                  the compass where geodesic; 0: no sectors */
    double radius; /**< none farther than this, in metres or plane units; may be INFINITY */
};

/** A site that was found. */
struct neighbour {
    double square; /**< position_square() to it */
    int64_t index; /**< into the sites of neighbours_create() */
};

/** How many elements neighbours_find() needs in its result. */
int64_t neighbours_capacity(const struct neighbours_rule *rule);

/** Finds the sites nearest to @p place by @p rule and writes them nearest first; equally near ones
 *  ascend by index, so that the answer does not depend on the tree. The rule is met greedily:
 *  from the nearest on, a site is taken unless its sector is full. A place that is not finite has
 * no neighbours.
 *
 *  @param[out] found  [neighbours_capacity()], all of it is scratch
 *  @return how many were found
 */
int64_t neighbours_find(const struct neighbours *tree, struct position place,
                        const struct neighbours_rule *rule, struct neighbour *found);

#endif
