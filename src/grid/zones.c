/* airshed -- GPL-3.0-or-later. Which part of each grid cell each polygon covers (C.15, P2.06). */
#include "grid/zones.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/polygon_internal.h"
#include "kernels/geodesic.h"

enum {
    STRIP_CELLS = 1 << 18
};

/* The cells that a polygon can touch, and the whole turns by which it has to be shifted there. */
struct box {
    int64_t row, rows, col, cols;
    int first_turn, last_turn;
};

/* A strip of rows of the box. In each row, `change` holds by how much the covered height differs
 * from one cell to the next: its running sum is the cover. */
struct strip {
    const struct zone_grid *grid;
    int64_t col, cols, row, rows;
    double *change;         /* [rows, cols + 1], in units of y */
    unsigned char *touched; /* [rows, cols], an edge passes through the cell */
};

/* Entries under construction. */
struct builder {
    struct zones *zones;
    int64_t used, room;
};

double zone_cell_area_m2(const struct zone_grid *grid, int64_t row, int64_t col)
{
    double width = grid->x_edges[col + 1] - grid->x_edges[col];
    double south = grid->y_edges[row], north = grid->y_edges[row + 1];
    return grid->is_geographic ? geodesic_cell_area_m2(south, north, width)
                               : (north - south) * width;
}

/* Interval [edges[i], edges[i + 1]) that holds @p value, clamped to 0..count - 1. */
static int64_t find_interval(const double *edges, int64_t count, double value)
{
    int64_t low = 0, high = count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (edges[middle] <= value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* False where the polygon misses the grid. */
static bool find_box(const struct zone_grid *grid, const struct polygon *polygon, struct box *box)
{
    const double *x = grid->x_edges, *y = grid->y_edges;
    double bounds[4];
    *box = (struct box){0};
    if (!polygon_bounds(polygon, bounds) || bounds[3] <= y[0] || bounds[1] >= y[grid->rows]) {
        return false;
    }
    if (grid->is_geographic) {
        box->first_turn = (int)ceil((x[0] - bounds[2]) / 360);
        box->last_turn = (int)floor((x[grid->cols] - bounds[0]) / 360);
    }
    double west = bounds[0] + 360.0 * box->first_turn;
    double east = bounds[2] + 360.0 * box->last_turn;
    if (box->first_turn > box->last_turn || east <= x[0] || west >= x[grid->cols]) {
        return false;
    }
    if (box->first_turn < box->last_turn) { /* it lies at both ends of the grid */
        west = x[0];
        east = x[grid->cols];
    }
    box->row = find_interval(y, grid->rows, bounds[1]);
    box->rows = find_interval(y, grid->rows, bounds[3]) + 1 - box->row;
    box->col = find_interval(x, grid->cols, west);
    box->cols = find_interval(x, grid->cols, east) + 1 - box->col;
    return true;
}

/* ---- the edges ------------------------------------------------------------------------------- */

/* Adds @p height of an edge that crosses column @p col of the box, on average at @p x. */
static void add_piece(struct strip *strip, int64_t row, int64_t col, double x, double height)
{
    const double *edges = strip->grid->x_edges + strip->col + col;
    double *change = strip->change + row * (strip->cols + 1) + col;
    double here = height * ((edges[1] - x) / (edges[1] - edges[0]));
    change[0] += here;
    change[1] += height - here;
    strip->touched[row * strip->cols + col] = 1;
}

/* Adds the part of an edge that lies in one row, from x @p left to @p right; @p height is signed.
 * West of the box it changes the cover of the whole row, east of it nothing. */
static void add_in_row(struct strip *strip, int64_t row, double left, double right, double height)
{
    const double *edges = strip->grid->x_edges + strip->col;
    double length = right - left;
    double rest = height; /* what is not yet handed out, so that the pieces sum to the whole */
    double at = left;
    if (left < edges[0]) {
        double beside = right <= edges[0] ? height : height * ((edges[0] - left) / length);
        strip->change[row * (strip->cols + 1)] += beside;
        rest -= beside;
        at = edges[0];
    }
    if (right < edges[0] || left >= edges[strip->cols]) {
        return;
    }
    for (int64_t col = find_interval(edges, strip->cols, at); col < strip->cols; col++) {
        bool is_last = right <= edges[col + 1];
        double end = is_last ? right : edges[col + 1];
        double piece = is_last ? rest : height * ((end - at) / length);
        add_piece(strip, row, col, at + (end - at) / 2, piece);
        if (is_last) {
            break;
        }
        rest -= piece;
        at = end;
    }
}

/* Adds an edge, clipped to the strip. An edge that goes up ends the inside to its right. A level
 * edge adds no height, but its cells are not wholly in or out. */
static void add_edge(struct strip *strip, struct polygon_edge edge)
{
    const double *edges = strip->grid->y_edges + strip->row;
    struct polygon_edge up = polygon_edge_upward(edge);
    double sign = edge.y1 > edge.y0 ? -1 : 1;
    bool is_level = up.y0 == up.y1;
    if (up.y1 < edges[0] || up.y0 >= edges[strip->rows]) {
        return;
    }
    for (int64_t row = find_interval(edges, strip->rows, up.y0); row < strip->rows; row++) {
        double low = fmax(up.y0, edges[row]);
        double high = fmin(up.y1, edges[row + 1]);
        if (is_level ? low > high : low >= high) {
            break;
        }
        double x0 = is_level ? up.x0 : polygon_edge_x(&up, low);
        double x1 = is_level ? up.x1 : polygon_edge_x(&up, high);
        add_in_row(strip, row, fmin(x0, x1), fmax(x0, x1), sign * (high - low));
    }
}

static void add_polygon(struct strip *strip, const struct polygon *polygon, const struct box *box)
{
    for (int turn = box->first_turn; turn <= box->last_turn; turn++) {
        struct polygon_edge edge;
        for (struct polygon_walk walk = {0}; polygon_next_edge(polygon, &walk, &edge);) {
            edge.x0 += 360.0 * turn;
            edge.x1 += 360.0 * turn;
            add_edge(strip, edge);
        }
    }
}

/* ---- the entries ----------------------------------------------------------------------------- */

/* Bound of the rounding error of a fraction: crossings are interpolated to a few ulp of the
 * largest coordinate, which count by the smallest cell of the box. */
static double fraction_error(const struct zone_grid *grid, const struct box *box)
{
    double width = INFINITY, height = INFINITY;
    for (int64_t col = box->col; col < box->col + box->cols; col++) {
        width = fmin(width, grid->x_edges[col + 1] - grid->x_edges[col]);
    }
    for (int64_t row = box->row; row < box->row + box->rows; row++) {
        height = fmin(height, grid->y_edges[row + 1] - grid->y_edges[row]);
    }
    double x = fmax(fabs(grid->x_edges[0]), fabs(grid->x_edges[grid->cols]));
    double y = fmax(fabs(grid->y_edges[0]), fabs(grid->y_edges[grid->rows]));
    return 8 * DBL_EPSILON * (x / width + y / height);
}

static double settle(double fraction, bool is_touched, double error)
{
    if (!is_touched || fraction > 1 - error) {
        return fraction > 0.5 ? 1 : 0;
    }
    return fraction < error ? 0 : fraction;
}

/* Moves eight-byte elements into a larger block. */
static enum status widen(void *block, int64_t used, int64_t room)
{
    enum status status;
    void **old = block;
    void *larger = NULL;
    TRY(memory_allocate((size_t)room, 8, &larger));
    if (used > 0) {
        memcpy(larger, *old, (size_t)used * 8);
    }
    free(*old);
    *old = larger;
done:
    return status;
}

static enum status append(struct builder *builder, int64_t cell, double fraction, double area_m2)
{
    enum status status = STATUS_OK;
    struct zones *zones = builder->zones;
    if (builder->used == builder->room) {
        int64_t room = builder->room == 0 ? 1024 : 2 * builder->room;
        TRY(widen(&zones->cell, builder->used, room));
        TRY(widen(&zones->fraction, builder->used, room));
        TRY(widen(&zones->area_m2, builder->used, room));
        builder->room = room;
    }
    zones->cell[builder->used] = cell;
    zones->fraction[builder->used] = fraction;
    zones->area_m2[builder->used] = fraction * area_m2;
    builder->used++;
done:
    return status;
}

static enum status append_row(const struct strip *strip, int64_t i, double error,
                              struct builder *builder)
{
    enum status status = STATUS_OK;
    const struct zone_grid *grid = strip->grid;
    int64_t row = strip->row + i;
    double height = grid->y_edges[row + 1] - grid->y_edges[row];
    double covered = 0;
    for (int64_t j = 0; j < strip->cols; j++) {
        covered += strip->change[i * (strip->cols + 1) + j];
        bool is_touched = strip->touched[i * strip->cols + j] != 0;
        double fraction = settle(covered / height, is_touched, error);
        if (fraction > 0) {
            int64_t col = strip->col + j;
            TRY(append(builder, row * grid->cols + col, fraction,
                       zone_cell_area_m2(grid, row, col)));
        }
    }
done:
    return status;
}

static enum status add_zone(const struct zone_grid *grid, const struct polygon *polygon,
                            struct builder *builder)
{
    enum status status = STATUS_OK;
    struct box box;
    struct strip strip = {.grid = grid};
    if (!find_box(grid, polygon, &box)) {
        return STATUS_OK;
    }
    double error = fraction_error(grid, &box);
    int64_t most_rows = STRIP_CELLS / (box.cols + 1) + 1;
    most_rows = most_rows < box.rows ? most_rows : box.rows;
    size_t changes = (size_t)(most_rows * (box.cols + 1));
    strip.col = box.col;
    strip.cols = box.cols;
    TRY(memory_allocate(changes, sizeof *strip.change, &strip.change));
    TRY(memory_allocate(changes, 1, &strip.touched));
    for (int64_t done_rows = 0; done_rows < box.rows; done_rows += most_rows) {
        int64_t left = box.rows - done_rows;
        strip.row = box.row + done_rows;
        strip.rows = left < most_rows ? left : most_rows;
        memset(strip.change, 0, changes * sizeof *strip.change);
        memset(strip.touched, 0, changes);
        add_polygon(&strip, polygon, &box);
        for (int64_t i = 0; i < strip.rows; i++) {
            TRY(append_row(&strip, i, error, builder));
        }
    }
done:
    free(strip.change);
    free(strip.touched);
    return status;
}

enum status zones_create(const struct zone_grid *grid, int64_t count,
                         const struct polygon *polygons, struct zones **zones)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **zones, zones));
    struct builder builder = {.zones = *zones};
    (*zones)->count = count;
    TRY(memory_allocate((size_t)count + 1, sizeof *(*zones)->start, &(*zones)->start));
    for (int64_t zone = 0; zone < count; zone++) {
        TRY(add_zone(grid, &polygons[zone], &builder));
        (*zones)->start[zone + 1] = builder.used;
    }
done:
    if (status != STATUS_OK) {
        zones_destroy(zones);
    }
    return status;
}

void zones_destroy(struct zones **zones)
{
    if (*zones == NULL) {
        return;
    }
    free((*zones)->start);
    free((*zones)->cell);
    free((*zones)->fraction);
    free((*zones)->area_m2);
    free(*zones);
    *zones = NULL;
}

/* ---- cells by their centre ------------------------------------------------------------------- */

static int compare_doubles(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

/* Where the level @p y crosses the polygon, ascending. */
static int64_t find_crossings(const struct polygon *polygon, double y, double *crossing)
{
    int64_t count = 0;
    struct polygon_edge edge;
    for (struct polygon_walk walk = {0}; polygon_next_edge(polygon, &walk, &edge);) {
        struct polygon_edge up = polygon_edge_upward(edge);
        if (up.y0 <= y && y < up.y1) {
            crossing[count++] = polygon_edge_x(&up, y);
        }
    }
    qsort(crossing, (size_t)count, sizeof *crossing, compare_doubles);
    return count;
}

static double centre(const double *edges, int64_t i)
{
    return edges[i] + (edges[i + 1] - edges[i]) / 2;
}

/* First column whose centre is not west of @p x. */
static int64_t first_centre(const struct zone_grid *grid, double x)
{
    if (x >= grid->x_edges[grid->cols]) {
        return grid->cols;
    }
    int64_t col = find_interval(grid->x_edges, grid->cols, x);
    return col + (centre(grid->x_edges, col) < x);
}

/* Marks the centres of one row between each crossing and the next, shifted by whole turns. */
static int64_t mark_row(const struct zone_grid *grid, const double *crossing, int64_t crossings,
                        const struct box *box, unsigned char *mask)
{
    int64_t marked = 0;
    for (int turn = box->first_turn; turn <= box->last_turn; turn++) {
        for (int64_t i = 0; i + 1 < crossings; i += 2) {
            int64_t first = first_centre(grid, crossing[i] + 360.0 * turn);
            int64_t end = first_centre(grid, crossing[i + 1] + 360.0 * turn);
            memset(mask + first, 1, (size_t)(end - first));
            marked += end - first;
        }
    }
    return marked;
}

/* Marks the cell of the centroid. @return 1 where its centre lies outside, so that it is new */
static int64_t mark_centroid(const struct zone_grid *grid, const struct polygon *polygon,
                             const struct box *box, unsigned char *mask)
{
    const double *x_edges = grid->x_edges, *y_edges = grid->y_edges;
    double x, y;
    polygon_centroid(polygon, &x, &y);
    for (int turn = box->first_turn; turn <= box->last_turn; turn++) {
        double east = x + 360.0 * turn;
        if (east >= x_edges[0] && east < x_edges[grid->cols] && y >= y_edges[0] &&
            y < y_edges[grid->rows]) {
            int64_t row = find_interval(y_edges, grid->rows, y);
            int64_t col = find_interval(x_edges, grid->cols, east);
            mask[row * grid->cols + col] = 1;
            return !polygon_contains(polygon, centre(x_edges, col) - 360.0 * turn,
                                     centre(y_edges, row));
        }
    }
    return 0;
}

enum status zone_mark_cells(const struct zone_grid *grid, const struct polygon *polygon,
                            unsigned char *mask, int64_t *marked)
{
    enum status status = STATUS_OK;
    struct box box;
    double *crossing = NULL;
    *marked = 0;
    if (!find_box(grid, polygon, &box)) {
        return STATUS_OK;
    }
    size_t vertices = (size_t)polygon->start[polygon->rings];
    TRY(memory_allocate(vertices, sizeof *crossing, &crossing));
    for (int64_t row = box.row; row < box.row + box.rows; row++) {
        int64_t crossings = find_crossings(polygon, centre(grid->y_edges, row), crossing);
        *marked += mark_row(grid, crossing, crossings, &box, mask + row * grid->cols);
    }
    *marked += mark_centroid(grid, polygon, &box, mask);
done:
    free(crossing);
    return status;
}
