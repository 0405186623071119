/* airshed -- GPL-3.0-or-later. The nearest sites of a place, by a k-d tree (P2.09). */
#include "kernels/neighbours.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    LEAF_SITES = 16
};

/* Children of node k are 2 k + 1 and 2 k + 2; each holds half of its sites. */
struct node {
    double low[3], high[3]; /* box of its sites */
    int64_t first, count;   /* its sites in tree order */
};

struct neighbours {
    enum distance_metric metric;
    int64_t count;
    int64_t nodes;
    struct node *node;
    double *axis[3]; /* coordinates in tree order, padded with infinity to whole leaves */
    int64_t *index;  /* site at a place in tree order */
    int64_t *order;  /* place in tree order of a site */
};

/* ---- building ----------------------------------------------------------------------------------
 */

struct builder {
    struct neighbours *tree;
    const struct position *sites;
};

static double coordinate(const struct position *site, int axis)
{
    return axis == 0 ? site->x : axis == 1 ? site->y : site->z;
}

/* Order along an axis; ties by index, so that no two sites are equal. */
static bool is_before(const struct builder *builder, int axis, int64_t a, int64_t b)
{
    double first = coordinate(&builder->sites[a], axis);
    double second = coordinate(&builder->sites[b], axis);
    return first < second || (first == second && a < b);
}

static int64_t median_of_three(const struct builder *builder, int axis, int64_t a, int64_t b,
                               int64_t c)
{
    if (is_before(builder, axis, b, a)) {
        int64_t swap = a;
        a = b;
        b = swap;
    }
    return is_before(builder, axis, b, c) ? b : is_before(builder, axis, a, c) ? c : a;
}

/* Hoare's selection: afterwards those before @p middle lie before those from it on. */
static void select_middle(const struct builder *builder, int axis, int64_t low, int64_t high,
                          int64_t middle)
{
    int64_t *index = builder->tree->index;
    while (high - low > 1) {
        int64_t pivot = median_of_three(builder, axis, index[low], index[low + (high - low) / 2],
                                        index[high - 1]);
        int64_t i = low;
        int64_t j = high - 1;
        while (i <= j) {
            while (is_before(builder, axis, index[i], pivot)) {
                i++;
            }
            while (is_before(builder, axis, pivot, index[j])) {
                j--;
            }
            if (i <= j) {
                int64_t swap = index[i];
                index[i++] = index[j];
                index[j--] = swap;
            }
        }
        if (middle <= j) {
            high = j + 1;
        } else if (middle >= i) {
            low = i;
        } else {
            return;
        }
    }
}

static void node_measure(const struct builder *builder, struct node *node)
{
    for (int axis = 0; axis < 3; axis++) {
        node->low[axis] = INFINITY;
        node->high[axis] = -INFINITY;
        for (int64_t i = node->first; i < node->first + node->count; i++) {
            double value = coordinate(&builder->sites[builder->tree->index[i]], axis);
            node->low[axis] = fmin(node->low[axis], value);
            node->high[axis] = fmax(node->high[axis], value);
        }
    }
}

static int widest_axis(const struct node *node)
{
    int widest = 0;
    for (int axis = 1; axis < 3; axis++) {
        if (node->high[axis] - node->low[axis] > node->high[widest] - node->low[widest]) {
            widest = axis;
        }
    }
    return widest;
}

static bool is_leaf(const struct neighbours *tree, int64_t k)
{
    return 2 * k + 2 >= tree->nodes;
}

/* All inner levels are full, so parents come before children in one sweep. */
static void build_nodes(const struct builder *builder)
{
    struct neighbours *tree = builder->tree;
    tree->node[0] = (struct node){.first = 0, .count = tree->count};
    for (int64_t k = 0; k < tree->nodes; k++) {
        struct node *node = &tree->node[k];
        node_measure(builder, node);
        if (!is_leaf(tree, k)) {
            int64_t half = node->count / 2;
            select_middle(builder, widest_axis(node), node->first, node->first + node->count,
                          node->first + half);
            tree->node[2 * k + 1] = (struct node){.first = node->first, .count = half};
            tree->node[2 * k + 2] =
                (struct node){.first = node->first + half, .count = node->count - half};
        }
    }
}

static int64_t nodes_needed(int64_t count)
{
    int64_t leaves = 1;
    while ((count + leaves - 1) / leaves > LEAF_SITES) {
        leaves *= 2;
    }
    return 2 * leaves - 1;
}

enum status neighbours_create(enum distance_metric metric, int64_t count,
                              const struct position *sites, struct neighbours **tree)
{
    enum status status;
    struct neighbours *made = NULL;
    size_t padded = (size_t)count + LEAF_SITES;
    TRY(memory_allocate(1, sizeof *made, &made));
    made->metric = metric;
    made->count = count;
    made->nodes = nodes_needed(count);
    TRY(memory_allocate((size_t)made->nodes, sizeof *made->node, &made->node));
    TRY(memory_allocate((size_t)count, sizeof *made->index, &made->index));
    for (int64_t i = 0; i < count; i++) {
        made->index[i] = i;
    }
    build_nodes(&(struct builder){.tree = made, .sites = sites});
    TRY(memory_allocate((size_t)count, sizeof *made->order, &made->order));
    for (int64_t i = 0; i < count; i++) {
        made->order[made->index[i]] = i;
    }
    for (int axis = 0; axis < 3; axis++) {
        TRY(memory_allocate(padded, sizeof(double), &made->axis[axis]));
        for (int64_t i = 0; i < (int64_t)padded; i++) {
            made->axis[axis][i] = i < count ? coordinate(&sites[made->index[i]], axis) : INFINITY;
        }
    }
done:
    if (status != STATUS_OK) {
        neighbours_destroy(&made);
    }
    *tree = made;
    return status;
}

void neighbours_destroy(struct neighbours **tree)
{
    if (*tree != NULL) {
        for (int axis = 0; axis < 3; axis++) {
            free((*tree)->axis[axis]);
        }
        free((*tree)->node);
        free((*tree)->index);
        free((*tree)->order);
        free(*tree);
        *tree = NULL;
    }
}

/* ---- searching ---------------------------------------------------------------------------------
 */

/* The nearest so far of one sector (or of all), nearest first. */
struct best_list {
    struct neighbour *item;
    int64_t count;
};

struct search {
    const struct neighbours *tree;
    double place[3];
    double radius_square;
    int64_t most; /* in a list */
    int lists;    /* 1, or NEIGHBOURS_OCTANTS */
    struct best_list list[NEIGHBOURS_OCTANTS];
    double east[3], north[3];
};

static bool is_nearer(struct neighbour a, struct neighbour b)
{
    return a.square < b.square || (a.square == b.square && a.index < b.index);
}

/* Beyond this squared distance the list takes nothing. */
static double list_reach(const struct search *search, const struct best_list *list)
{
    if (list->count < search->most) {
        return search->radius_square;
    }
    return list->item[list->count - 1].square;
}

static void list_insert(const struct search *search, struct best_list *list,
                        struct neighbour candidate)
{
    int64_t at = list->count;
    if (at == search->most) {
        if (!is_nearer(candidate, list->item[at - 1])) {
            return;
        }
        at--;
    } else {
        list->count++;
    }
    for (; at > 0 && is_nearer(candidate, list->item[at - 1]); at--) {
        list->item[at] = list->item[at - 1];
    }
    list->item[at] = candidate;
}

static double along(const double direction[3], const double from[3], const double to[3])
{
    return direction[0] * (to[0] - from[0]) + direction[1] * (to[1] - from[1]) +
           direction[2] * (to[2] - from[2]);
}

/* Sectors are numbered by three yes-or-no questions: west? south? nearer to north-south? */
static int octant_of(const struct search *search, int64_t site)
{
    const struct neighbours *tree = search->tree;
    double to[3] = {tree->axis[0][site], tree->axis[1][site], tree->axis[2][site]};
    double east = along(search->east, search->place, to);
    double north = along(search->north, search->place, to);
    return (east < 0.0 ? 1 : 0) + (north < 0.0 ? 2 : 0) + (fabs(east) < fabs(north) ? 4 : 0);
}

/* Squared distance from the place to a node's box: never above that of a site inside, since it is
 * the same sum of the same or smaller terms, and rounding keeps order. */
static double box_square(const struct search *search, const struct node *node)
{
    double apart[3];
    for (int axis = 0; axis < 3; axis++) {
        double place = search->place[axis];
        double below = node->low[axis] - place;
        double above = place - node->high[axis];
        double outside = below > above ? below : above;
        apart[axis] = outside > 0.0 ? outside : 0.0;
    }
    return (apart[0] * apart[0] + apart[1] * apart[1]) + apart[2] * apart[2];
}

/* Where a node's box lies along a direction, seen from the place: [low, high], a little widened
 * so that rounding cannot hide a site. */
static void box_extent(const struct search *search, const struct node *node,
                       const double direction[3], double extent[2])
{
    double centre[3];
    double reach = 0.0;
    double size = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        centre[axis] = 0.5 * (node->low[axis] + node->high[axis]);
        reach += fabs(direction[axis]) * 0.5 * (node->high[axis] - node->low[axis]);
        size += fabs(node->low[axis]) + fabs(node->high[axis]) + fabs(search->place[axis]);
    }
    double middle = along(direction, search->place, centre);
    extent[0] = middle - reach - 1e-14 * size;
    extent[1] = middle + reach + 1e-14 * size;
}

static double least_size(const double extent[2])
{
    return extent[0] > 0.0 ? extent[0] : extent[1] < 0.0 ? -extent[1] : 0.0;
}

static double most_size(const double extent[2])
{
    return -extent[0] > extent[1] ? -extent[0] : extent[1];
}

/* True where a list that the box may feed still takes sites at @p square. */
static bool is_wanted(const struct search *search, const struct node *node, double square)
{
    if (search->lists == 1) {
        return square <= list_reach(search, &search->list[0]);
    }
    double east[2];
    double north[2];
    box_extent(search, node, search->east, east);
    box_extent(search, node, search->north, north);
    bool can[3][2] = {{east[1] >= 0.0, east[0] < 0.0},
                      {north[1] >= 0.0, north[0] < 0.0},
                      {most_size(east) >= least_size(north), most_size(north) > least_size(east)}};
    for (int octant = 0; octant < NEIGHBOURS_OCTANTS; octant++) {
        if (can[0][octant & 1] && can[1][octant >> 1 & 1] && can[2][octant >> 2] &&
            square <= list_reach(search, &search->list[octant])) {
            return true;
        }
    }
    return false;
}

static void search_leaf(struct search *search, const struct node *node)
{
    const struct neighbours *tree = search->tree;
    double squares[LEAF_SITES];
    for (int i = 0; i < LEAF_SITES; i++) { /* always a whole leaf: the tree is padded */
        double x = tree->axis[0][node->first + i] - search->place[0];
        double y = tree->axis[1][node->first + i] - search->place[1];
        double z = tree->axis[2][node->first + i] - search->place[2];
        squares[i] = (x * x + y * y) + z * z;
    }
    for (int i = 0; i < node->count; i++) {
        if (squares[i] <= search->radius_square) {
            int octant = search->lists == 1 ? 0 : octant_of(search, node->first + i);
            list_insert(search, &search->list[octant],
                        (struct neighbour){squares[i], tree->index[node->first + i]});
        }
    }
}

/* Depth first, the nearer child first. */
static void search_node(struct search *search, int64_t k, double square)
{
    const struct node *node = &search->tree->node[k];
    if (!(square <= search->radius_square) || !is_wanted(search, node, square)) {
        return;
    }
    if (is_leaf(search->tree, k)) {
        search_leaf(search, node);
        return;
    }
    double left = box_square(search, node + k + 1);
    double right = box_square(search, node + k + 2);
    if (left <= right) {
        search_node(search, 2 * k + 1, left);
        search_node(search, 2 * k + 2, right);
    } else {
        search_node(search, 2 * k + 2, right);
        search_node(search, 2 * k + 1, left);
    }
}

/* East and north at a place on the ellipsoid; the poles look along the meridian of Greenwich. */
static void set_compass(struct search *search)
{
    double *east = search->east;
    double *north = search->north;
    if (search->tree->metric == DISTANCE_PLANAR) {
        east[0] = 1.0;
        north[1] = 1.0;
        return;
    }
    const double axes_ratio2 = 1.0 / ((1.0 - 1.0 / 298.257223563) * (1.0 - 1.0 / 298.257223563));
    double x = search->place[0];
    double y = search->place[1];
    double up_z = search->place[2] * axes_ratio2;
    double across = sqrt(x * x + y * y);
    double length = sqrt(across * across + up_z * up_z);
    double cosine = across > 0.0 ? x / across : 1.0;
    double sine = across > 0.0 ? y / across : 0.0;
    east[0] = -sine;
    east[1] = cosine;
    north[0] = -up_z / length * cosine;
    north[1] = -up_z / length * sine;
    north[2] = across / length;
}

/* Merges the lists of the sectors into @p found, until @p most are there. */
static int64_t merge_lists(const struct search *search, int64_t most, struct neighbour *found)
{
    int64_t used[NEIGHBOURS_OCTANTS] = {0};
    for (int64_t count = 0; count < most; count++) {
        int next = -1;
        for (int octant = 0; octant < NEIGHBOURS_OCTANTS; octant++) {
            const struct best_list *list = &search->list[octant];
            if (used[octant] < list->count &&
                (next < 0 ||
                 is_nearer(list->item[used[octant]], search->list[next].item[used[next]]))) {
                next = octant;
            }
        }
        if (next < 0) {
            return count;
        }
        found[count] = search->list[next].item[used[next]++];
    }
    return most;
}

/* Sectors keep lists of their own behind the place of the result. */
int64_t neighbours_capacity(const struct neighbours_rule *rule)
{
    return rule->most + rule->most_per_octant * NEIGHBOURS_OCTANTS;
}

/* Searches with @p lists lists of @p most elements, which begin at @p items. */
static void search_run(struct search *search, int lists, int64_t most, struct neighbour *items)
{
    search->lists = lists;
    search->most = most;
    for (int i = 0; i < lists; i++) {
        search->list[i] = (struct best_list){.item = items + i * most, .count = 0};
    }
    search_node(search, 0, box_square(search, &search->tree->node[0]));
}

static bool is_balanced(const struct search *search, int64_t most_per_octant)
{
    const struct best_list *list = &search->list[0];
    int64_t held[NEIGHBOURS_OCTANTS] = {0};
    for (int64_t i = 0; i < list->count; i++) {
        int octant = octant_of(search, search->tree->order[list->item[i].index]);
        if (++held[octant] > most_per_octant) {
            return false;
        }
    }
    return true;
}

int64_t neighbours_find(const struct neighbours *tree, struct position place,
                        const struct neighbours_rule *rule, struct neighbour *found)
{
    struct search search = {.tree = tree,
                            .place = {place.x, place.y, place.z},
                            .radius_square = distance_to_square(tree->metric, rule->radius)};
    if (tree->count == 0 || !isfinite(place.x + place.y + place.z)) {
        return 0;
    }
    search_run(&search, 1, rule->most, found);
    if (rule->most_per_octant <= 0) {
        return search.list[0].count;
    }
    /* Where the plain search overfills no sector, the greedy rule would have taken the same. */
    set_compass(&search);
    if (is_balanced(&search, rule->most_per_octant)) {
        return search.list[0].count;
    }
    search_run(&search, NEIGHBOURS_OCTANTS, rule->most_per_octant, found + rule->most);
    return merge_lists(&search, rule->most, found);
}
