/* airshed -- GPL-3.0-or-later. Polygons with holes and parts, as plain rings of vertices. */
#include "grid/polygon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/polygon_internal.h"

/* Twice the signed area of a ring, from its first vertex so that far-off coordinates cost no
 * digits; positive where it turns left. */
static double ring_turn(int64_t count, const double *x, const double *y)
{
    double turn = 0;
    for (int64_t i = 1; i + 1 < count; i++) {
        turn += (x[i] - x[0]) * (y[i + 1] - y[0]) - (x[i + 1] - x[0]) * (y[i] - y[0]);
    }
    return turn;
}

static int64_t vertex_count(const struct polygon *polygon)
{
    return polygon->rings > 0 ? polygon->start[polygon->rings] : 0;
}

enum status polygon_add_ring(struct polygon *polygon, bool is_hole, int64_t count, const double *x,
                             const double *y)
{
    enum status status;
    struct polygon larger = {.rings = polygon->rings + 1};
    int64_t used = vertex_count(polygon);
    if (count > 1 && x[0] == x[count - 1] && y[0] == y[count - 1]) {
        count--;
    }
    TRY(memory_allocate((size_t)larger.rings + 1, sizeof *larger.start, &larger.start));
    TRY(memory_allocate((size_t)(used + count), sizeof *larger.x, &larger.x));
    TRY(memory_allocate((size_t)(used + count), sizeof *larger.y, &larger.y));
    if (polygon->rings > 0) {
        memcpy(larger.start, polygon->start, (size_t)larger.rings * sizeof *larger.start);
        memcpy(larger.x, polygon->x, (size_t)used * sizeof *larger.x);
        memcpy(larger.y, polygon->y, (size_t)used * sizeof *larger.y);
    }
    larger.start[larger.rings] = used + count;
    bool is_reversed = (ring_turn(count, x, y) < 0) != is_hole;
    for (int64_t i = 0; i < count; i++) {
        int64_t from = is_reversed ? count - 1 - i : i;
        larger.x[used + i] = x[from];
        larger.y[used + i] = y[from];
    }
    polygon_clear(polygon);
    *polygon = larger;
    return STATUS_OK;
done:
    polygon_clear(&larger);
    return status;
}

void polygon_clear(struct polygon *polygon)
{
    if (polygon == NULL) {
        return;
    }
    free(polygon->start);
    free(polygon->x);
    free(polygon->y);
    *polygon = (struct polygon){0};
}

double polygon_area(const struct polygon *polygon)
{
    double twice = 0;
    for (int64_t ring = 0; ring < polygon->rings; ring++) {
        int64_t first = polygon->start[ring];
        twice +=
            ring_turn(polygon->start[ring + 1] - first, polygon->x + first, polygon->y + first);
    }
    return twice / 2;
}

static void mean_vertex(const struct polygon *polygon, double *x, double *y)
{
    int64_t count = vertex_count(polygon);
    *x = 0;
    *y = 0;
    for (int64_t i = 0; i < count; i++) {
        *x += polygon->x[i];
        *y += polygon->y[i];
    }
    *x = count > 0 ? *x / (double)count : NAN;
    *y = count > 0 ? *y / (double)count : NAN;
}

void polygon_centroid(const struct polygon *polygon, double *x, double *y)
{
    double weight = 0, east = 0, north = 0;
    struct polygon_edge edge;
    mean_vertex(polygon, x, y); /* the origin of the sums */
    for (struct polygon_walk walk = {0}; polygon_next_edge(polygon, &walk, &edge);) {
        double x0 = edge.x0 - *x, y0 = edge.y0 - *y;
        double x1 = edge.x1 - *x, y1 = edge.y1 - *y;
        double turn = x0 * y1 - x1 * y0;
        weight += 3 * turn;
        east += turn * (x0 + x1);
        north += turn * (y0 + y1);
    }
    if (weight > 0) {
        *x += east / weight;
        *y += north / weight;
    }
}

bool polygon_bounds(const struct polygon *polygon, double bounds[4])
{
    int64_t count = vertex_count(polygon);
    bounds[0] = bounds[1] = INFINITY;
    bounds[2] = bounds[3] = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        bounds[0] = fmin(bounds[0], polygon->x[i]);
        bounds[1] = fmin(bounds[1], polygon->y[i]);
        bounds[2] = fmax(bounds[2], polygon->x[i]);
        bounds[3] = fmax(bounds[3], polygon->y[i]);
    }
    return count > 0;
}

bool polygon_contains(const struct polygon *polygon, double x, double y)
{
    bool is_inside = false;
    struct polygon_edge edge;
    for (struct polygon_walk walk = {0}; polygon_next_edge(polygon, &walk, &edge);) {
        struct polygon_edge up = polygon_edge_upward(edge);
        if (up.y0 <= y && y < up.y1 && polygon_edge_x(&up, y) <= x) {
            is_inside = !is_inside;
        }
    }
    return is_inside;
}
