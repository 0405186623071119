/* airshed -- GPL-3.0-or-later. Which polygons touch. */
#include "grid/contiguity.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A vertex (the second half 0) or an edge, its ends in order. */
struct border {
    double point[4];
    int64_t zone;
};

/* Pairs in room that doubles. */
struct pairs {
    struct zone_pair *pair;
    int64_t count, room;
};

static int compare_numbers(const double *a, const double *b, int count)
{
    for (int i = 0; i < count; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_borders(const void *left, const void *right)
{
    const struct border *a = left, *b = right;
    int order = compare_numbers(a->point, b->point, 4);
    return order != 0 ? order : (a->zone > b->zone) - (a->zone < b->zone);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct zone_pair *a = left, *b = right;
    return a->from != b->from ? (a->from > b->from) - (a->from < b->from)
                              : (a->to > b->to) - (a->to < b->to);
}

static int64_t count_vertices(int64_t count, const struct polygon *polygons)
{
    int64_t vertices = 0;
    for (int64_t zone = 0; zone < count; zone++) {
        vertices += polygons[zone].rings > 0 ? polygons[zone].start[polygons[zone].rings] : 0;
    }
    return vertices;
}

static struct border border_at(const struct polygon *polygon, int64_t ring, int64_t vertex,
                               bool by_edges)
{
    int64_t next = vertex + 1 < polygon->start[ring + 1] ? vertex + 1 : polygon->start[ring];
    double here[2] = {polygon->x[vertex], polygon->y[vertex]};
    double there[2] = {polygon->x[next], polygon->y[next]};
    struct border border = {.point = {here[0], here[1]}};
    if (by_edges) {
        bool is_first = compare_numbers(here, there, 2) <= 0;
        memcpy(border.point, is_first ? here : there, sizeof here);
        memcpy(border.point + 2, is_first ? there : here, sizeof here);
    }
    return border;
}

static int64_t list_borders(int64_t count, const struct polygon *polygons, bool by_edges,
                            struct border *borders)
{
    int64_t found = 0;
    for (int64_t zone = 0; zone < count; zone++) {
        for (int64_t ring = 0; ring < polygons[zone].rings; ring++) {
            for (int64_t vertex = polygons[zone].start[ring];
                 vertex < polygons[zone].start[ring + 1]; vertex++) {
                borders[found] = border_at(&polygons[zone], ring, vertex, by_edges);
                borders[found++].zone = zone;
            }
        }
    }
    qsort(borders, (size_t)found, sizeof *borders, compare_borders);
    return found;
}

static enum status add_pair(struct pairs *pairs, int64_t from, int64_t to)
{
    enum status status = STATUS_OK;
    if (pairs->count == pairs->room) {
        struct zone_pair *larger = NULL;
        pairs->room = 2 * pairs->room + 64;
        TRY(memory_allocate((size_t)pairs->room, sizeof *larger, &larger));
        if (pairs->count > 0) {
            memcpy(larger, pairs->pair, (size_t)pairs->count * sizeof *larger);
        }
        free(pairs->pair);
        pairs->pair = larger;
    }
    pairs->pair[pairs->count++] = (struct zone_pair){from, to};
done:
    return status;
}

/* All pairs of different zones at the same place. */
static enum status pair_borders(const struct border *borders, int64_t count, struct pairs *pairs)
{
    enum status status = STATUS_OK;
    for (int64_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && compare_numbers(borders[end].point, borders[first].point, 4) == 0) {
            end++;
        }
        for (int64_t i = first; i < end; i++) {
            for (int64_t j = first; j < end; j++) {
                if (borders[i].zone != borders[j].zone) {
                    TRY(add_pair(pairs, borders[i].zone, borders[j].zone));
                }
            }
        }
    }
done:
    return status;
}

enum status contiguity_from_pairs(int64_t zones, struct zone_pair *pairs, int64_t pair_count,
                                  struct contiguity *contiguity)
{
    enum status status;
    int64_t kept = 0;
    if (pair_count > 0) {
        qsort(pairs, (size_t)pair_count, sizeof *pairs, compare_pairs);
    }
    TRY(memory_allocate((size_t)zones + 1, sizeof *contiguity->start, &contiguity->start));
    TRY(memory_allocate((size_t)pair_count, sizeof *contiguity->neighbour, &contiguity->neighbour));
    for (int64_t i = 0; i < pair_count; i++) {
        if (i == 0 || compare_pairs(&pairs[i - 1], &pairs[i]) != 0) {
            contiguity->neighbour[kept++] = pairs[i].to;
            contiguity->start[pairs[i].from + 1]++;
        }
    }
    for (int64_t zone = 0; zone < zones; zone++) {
        contiguity->start[zone + 1] += contiguity->start[zone];
    }
done:
    return status;
}

enum status contiguity_find(int64_t count, const struct polygon *polygons, bool by_edges,
                            struct contiguity *contiguity)
{
    enum status status;
    struct border *borders = NULL;
    struct pairs pairs = {0};
    TRY(memory_allocate((size_t)count_vertices(count, polygons), sizeof *borders, &borders));
    int64_t found = list_borders(count, polygons, by_edges, borders);
    TRY(pair_borders(borders, found, &pairs));
    TRY(contiguity_from_pairs(count, pairs.pair, pairs.count, contiguity));
done:
    free(borders);
    free(pairs.pair);
    return status;
}

void contiguity_clear(struct contiguity *contiguity)
{
    free(contiguity->start);
    free(contiguity->neighbour);
    *contiguity = (struct contiguity){0};
}
