/* airshed -- GPL-3.0-or-later. Edges of a polygon, one after another. */
#ifndef AIRSHED_GRID_POLYGON_INTERNAL_H
#define AIRSHED_GRID_POLYGON_INTERNAL_H

#include "grid/polygon.h"

struct polygon_edge {
    double x0, y0, x1, y1;
};

/* Where a walk over the edges stands; all zero at its start. */
struct polygon_walk {
    int64_t ring, vertex;
};

/* Takes the next edge; false after the last. */
static inline bool polygon_next_edge(const struct polygon *polygon, struct polygon_walk *walk,
                                     struct polygon_edge *edge)
{
    while (walk->ring < polygon->rings && walk->vertex == polygon->start[walk->ring + 1]) {
        walk->ring++;
    }
    if (walk->ring == polygon->rings) {
        return false;
    }
    int64_t from = walk->vertex++;
    int64_t to = walk->vertex;
    if (to == polygon->start[walk->ring + 1]) {
        to = polygon->start[walk->ring];
    }
    *edge =
        (struct polygon_edge){polygon->x[from], polygon->y[from], polygon->x[to], polygon->y[to]};
    return true;
}

/* The edge from its lower to its upper end, a level one from left to right: what is computed from
 * it is then the same bits for both polygons that share it. */
static inline struct polygon_edge polygon_edge_upward(struct polygon_edge edge)
{
    bool is_upward = edge.y0 < edge.y1 || (edge.y0 == edge.y1 && edge.x0 <= edge.x1);
    return is_upward ? edge : (struct polygon_edge){edge.x1, edge.y1, edge.x0, edge.y0};
}

/* x where an upward edge that is not level reaches @p y, never beyond its ends. */
static inline double polygon_edge_x(const struct polygon_edge *up, double y)
{
    if (y <= up->y0) {
        return up->x0;
    }
    if (y >= up->y1) {
        return up->x1;
    }
    double x = up->x0 + (y - up->y0) / (up->y1 - up->y0) * (up->x1 - up->x0);
    double low = up->x0 < up->x1 ? up->x0 : up->x1;
    double high = up->x0 < up->x1 ? up->x1 : up->x0;
    return x < low ? low : x > high ? high : x;
}

#endif
