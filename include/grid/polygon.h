/* airshed -- GPL-3.0-or-later. Polygons with holes and parts, as plain rings of vertices. */
#ifndef AIRSHED_GRID_POLYGON_H
#define AIRSHED_GRID_POLYGON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Rings of one polygon or multipolygon. Outer rings turn left (their inside lies left of each
 *  edge), holes turn right and follow the
 *  outer ring around them; parts do not overlap. The last vertex of a ring is joined to its first,
 *  which is not repeated. All zero: no polygon. */
struct polygon {
    int64_t rings;
    int64_t *start; /**< [rings + 1], first vertex of each ring */
    double *x, *y;  /**< [start[rings]] */
};

/** Appends a ring of @p count vertices, turned as an outer ring or a hole needs it. A repeated last
 *  vertex is left out. @return STATUS_OK or STATUS_MEMORY */
enum status polygon_add_ring(struct polygon *polygon, bool is_hole, int64_t count, const double *x,
                             const double *y);

/** Releases the rings and makes @p polygon empty; NULL is allowed. */
void polygon_clear(struct polygon *polygon);

/** Planar area, holes taken out; 0 for an empty polygon. */
double polygon_area(const struct polygon *polygon);

/** Centroid of the area; the mean of the vertices where there is no area, NaN where there are no
 *  vertices. It may lie outside a polygon that is bent. */
void polygon_centroid(const struct polygon *polygon, double *x, double *y);

/** West, south, east, north of all vertices. @return false for an empty polygon */
bool polygon_bounds(const struct polygon *polygon, double bounds[4]);

/** True where the point lies inside. Edges are half-open, so that of polygons that share an edge
 *  exactly one holds a point on it. */
bool polygon_contains(const struct polygon *polygon, double x, double y);

#endif
