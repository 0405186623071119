/* airshed -- GPL-3.0-or-later. Where the cells of a grid lie. */
#include "grid/georeference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/projection.h"
#include "kernels/geodesic.h"

/* ---- order of an axis ----------------------------------------------------------------------- */

int64_t axis_order_source(const struct axis_order *order, int64_t count, int64_t index)
{
    int64_t position = (index + order->shift) % count;
    return order->descends ? count - 1 - position : position;
}

static bool is_monotonic(int64_t count, const double *value)
{
    double direction = count > 1 ? value[1] - value[0] : 1;
    for (int64_t i = 1; i < count; i++) {
        if (!((value[i] - value[i - 1]) * direction > 0)) {
            return false;
        }
    }
    return true;
}

/* Longitudes that jump at the date line or at Greenwich, made continuous. */
static void unwrap(int64_t count, double *value)
{
    for (int64_t i = 1; i < count; i++) {
        value[i] -= 360 * round((value[i] - value[i - 1]) / 360);
    }
}

static void reverse(int64_t count, double *value)
{
    for (int64_t i = 0; i < count / 2; i++) {
        double other = value[count - 1 - i];
        value[count - 1 - i] = value[i];
        value[i] = other;
    }
}

static bool is_ascending(int64_t count, const double *value)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(value[i]) || (i > 0 && !(value[i] > value[i - 1]))) {
            return false;
        }
    }
    return true;
}

/* True where the next column after the last is the first again. */
static bool is_round_the_globe(int64_t count, const double *x)
{
    double step = count > 1 ? (x[count - 1] - x[0]) / (double)(count - 1) : 0;
    return count > 1 && fabs(x[count - 1] + step - x[0] - 360) < 0.01 * step;
}

/* Columns to turn so that the first centre is the first one east of the date line. */
static int64_t turn(int64_t count, const double *x)
{
    int64_t shift = 0;
    while (shift < count && x[shift] < 180) {
        shift++;
    }
    return shift % count;
}

/* Puts the centres in ascending order in place and tells what was done. Longitudes are moved into
 * the range of the header. */
static enum status put_in_order(int64_t count, double *value, bool is_longitude,
                                struct axis_order *order)
{
    *order = (struct axis_order){0};
    if (is_longitude && !is_monotonic(count, value)) {
        unwrap(count, value);
    }
    order->descends = count > 1 && value[1] < value[0];
    if (order->descends) {
        reverse(count, value);
    }
    if (!is_ascending(count, value)) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "the %s coordinate does not run in one direction, or is not finite: "
                              "sort it or remove what is damaged",
                              is_longitude ? "longitude" : "grid");
    }
    if (!is_longitude) {
        return STATUS_OK;
    }
    double start = value[0] - 360 * floor((value[0] + 180) / 360);
    double offset = round((start - value[0]) / 360) * 360;
    for (int64_t i = 0; i < count && offset != 0; i++) {
        value[i] += offset;
    }
    order->shift = is_round_the_globe(count, value) ? turn(count, value) : 0;
    return STATUS_OK;
}

enum status axis_order_init(int64_t count, const double *centres, bool is_longitude,
                            struct axis_order *order)
{
    enum status status;
    double *copy = NULL;
    TRY(memory_allocate((size_t)count, sizeof *copy, &copy));
    memcpy(copy, centres, (size_t)count * sizeof *copy);
    TRY(put_in_order(count, copy, is_longitude, order));
done:
    free(copy);
    return status;
}

/* ---- creation ------------------------------------------------------------------------------- */

static enum status allocate(int64_t rows, int64_t cols, struct georeference **grid)
{
    enum status status;
    struct georeference *made = NULL;
    *grid = NULL;
    FAIL_IF(rows < 1 || cols < 1, STATUS_DATA, "a grid of %lld x %lld cells has no cells",
            (long long)rows, (long long)cols);
    TRY(memory_allocate(1, sizeof *made, &made));
    made->rows = rows;
    made->cols = cols;
    TRY(memory_allocate((size_t)cols, sizeof(double), &made->x));
    TRY(memory_allocate((size_t)rows, sizeof(double), &made->y));
    TRY(memory_allocate((size_t)cols + 1, sizeof(double), &made->x_edges));
    TRY(memory_allocate((size_t)rows + 1, sizeof(double), &made->y_edges));
    *grid = made;
    made = NULL;
done:
    georeference_destroy(&made);
    return status;
}

void georeference_destroy(struct georeference **grid)
{
    if (*grid != NULL) {
        free((*grid)->x);
        free((*grid)->y);
        free((*grid)->x_edges);
        free((*grid)->y_edges);
        free((*grid)->crs_wkt);
        free(*grid);
        *grid = NULL;
    }
}

/* Takes over the WKT of @p projection. */
static void set_crs(struct georeference *grid, struct projection *projection)
{
    grid->crs_wkt = projection->wkt;
    grid->is_geographic = projection->is_geographic;
    projection->wkt = NULL;
}

/* Shifts and turns longitudes that were made in order already. */
static void turn_columns(struct georeference *grid, int64_t shift)
{
    int64_t cols = grid->cols;
    double *x = grid->x;
    double *edges = grid->x_edges;
    double width = edges[cols] - edges[0];
    for (int64_t i = 0; i < shift; i++) {
        x[i] += 360;
        edges[i] += width;
    }
    /* Rotation by three reversals, then down by one turn of the globe. */
    reverse(shift, x);
    reverse(cols - shift, x + shift);
    reverse(cols, x);
    reverse(shift, edges);
    reverse(cols - shift, edges + shift);
    reverse(cols, edges);
    for (int64_t i = 0; i < cols; i++) {
        x[i] -= 360;
        edges[i] -= 360;
    }
    edges[cols] = edges[0] + width;
}

/* Cells centred on a pole end there. Centres beyond it are metres, or another mistake. */
static enum status keep_within_poles(struct georeference *grid)
{
    if (!grid->is_geographic) {
        return STATUS_OK;
    }
    if (grid->y[0] < -90.001 || grid->y[grid->rows - 1] > 90.001) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "latitudes run from %g to %g, beyond the poles: give the projection "
                              "with --crs",
                              grid->y[0], grid->y[grid->rows - 1]);
    }
    for (int64_t i = 0; i <= grid->rows; i++) {
        grid->y_edges[i] = fmin(fmax(grid->y_edges[i], -90), 90);
    }
    return STATUS_OK;
}

enum status georeference_create_regular(int64_t rows, int64_t cols, double x_west, double y_south,
                                        double cell_width, double cell_height, const char *crs,
                                        struct georeference **grid)
{
    enum status status;
    struct georeference *made = NULL;
    struct projection projection = {0};
    *grid = NULL;
    FAIL_IF(!(cell_width > 0) || !(cell_height > 0) || !isfinite(x_west) || !isfinite(y_south),
            STATUS_DATA, "cells of %g x %g at %g, %g make no grid", cell_width, cell_height, x_west,
            y_south);
    TRY(projection_init(crs, &projection));
    TRY(allocate(rows, cols, &made));
    double unit = projection.metres_per_unit;
    for (int64_t i = 0; i <= cols; i++) {
        made->x_edges[i] = (x_west + (double)i * cell_width) * unit;
        if (i < cols) {
            made->x[i] = (x_west + ((double)i + 0.5) * cell_width) * unit;
        }
    }
    for (int64_t i = 0; i <= rows; i++) {
        made->y_edges[i] = (y_south + (double)i * cell_height) * unit;
        if (i < rows) {
            made->y[i] = (y_south + ((double)i + 0.5) * cell_height) * unit;
        }
    }
    set_crs(made, &projection);
    struct axis_order order = {0};
    if (made->is_geographic) {
        double before = made->x[0];
        TRY(put_in_order(cols, made->x, true, &order));
        for (int64_t i = 0; i <= cols; i++) {
            made->x_edges[i] += made->x[0] - before;
        }
    }
    if (order.shift > 0) {
        turn_columns(made, order.shift);
    }
    TRY(keep_within_poles(made));
    *grid = made;
    made = NULL;
done:
    georeference_destroy(&made);
    projection_clear(&projection);
    return status;
}

/* Edges half-way between centres; @p width is that of a single cell. */
static void edges_between(int64_t count, const double *centre, double width, double *edge)
{
    for (int64_t i = 1; i < count; i++) {
        edge[i] = 0.5 * (centre[i - 1] + centre[i]);
    }
    edge[0] = count > 1 ? centre[0] - (edge[1] - centre[0]) : centre[0] - 0.5 * width;
    edge[count] = count > 1 ? centre[count - 1] + (centre[count - 1] - edge[count - 1])
                            : centre[0] + 0.5 * width;
}

/* Edges from bounds in file order; false where they have gaps or do not hold the centres. */
static bool edges_from_bounds(int64_t count, const double *centre, const double *bounds,
                              double unit, bool descends, double turn_to, double *edge)
{
    double slack = 1e-6 * fabs(bounds[1] - bounds[0]) * unit;
    for (int64_t i = 0; i < count; i++) {
        int64_t source = descends ? count - 1 - i : i;
        double low = fmin(bounds[2 * source], bounds[2 * source + 1]) * unit;
        double high = fmax(bounds[2 * source], bounds[2 * source + 1]) * unit;
        double middle = 0.5 * (low + high);
        double offset = turn_to > 0 ? turn_to * round((centre[i] - middle) / turn_to) : 0;
        low += offset;
        high += offset;
        if (!(low <= centre[i] && centre[i] <= high && low < high) ||
            (i > 0 && fabs(low - edge[i]) > slack)) {
            return false;
        }
        edge[i] = low;
        edge[i + 1] = high;
    }
    return true;
}

static double only_width(int64_t count, const double *centre, const double *bounds, double unit)
{
    if (bounds != NULL) {
        return fabs(bounds[1] - bounds[0]) * unit;
    }
    return count > 1 ? fabs(centre[1] - centre[0]) * unit : 0;
}

/* One axis: centres in order, then edges. @p other_width serves where there is one cell. */
static enum status fill_axis(int64_t count, const double *centre, const double *bounds, double unit,
                             bool is_longitude, double other_width, double *axis, double *edges,
                             struct axis_order *order)
{
    for (int64_t i = 0; i < count; i++) {
        axis[i] = centre[i] * unit;
    }
    enum status status = put_in_order(count, axis, is_longitude, order);
    if (status != STATUS_OK) {
        return status;
    }
    double width = only_width(count, axis, bounds, 1);
    width = width > 0 ? width : other_width > 0 ? other_width : 1;
    if (bounds == NULL || !edges_from_bounds(count, axis, bounds, unit, order->descends,
                                             is_longitude ? 360 : 0, edges)) {
        edges_between(count, axis, width, edges);
    }
    return STATUS_OK;
}

enum status georeference_create_axes(int64_t rows, int64_t cols, const double *x, const double *y,
                                     const double *x_bounds, const double *y_bounds,
                                     const char *crs, struct georeference **grid)
{
    enum status status;
    struct georeference *made = NULL;
    struct projection projection = {0};
    struct axis_order x_order, y_order;
    *grid = NULL;
    TRY(projection_init(crs, &projection));
    TRY(allocate(rows, cols, &made));
    set_crs(made, &projection);
    double unit = projection.metres_per_unit;
    TRY(fill_axis(cols, x, x_bounds, unit, made->is_geographic, only_width(rows, y, y_bounds, unit),
                  made->x, made->x_edges, &x_order));
    TRY(fill_axis(rows, y, y_bounds, unit, false, only_width(cols, x, x_bounds, unit), made->y,
                  made->y_edges, &y_order));
    TRY(keep_within_poles(made));
    if (x_order.shift > 0) {
        turn_columns(made, x_order.shift);
    }
    *grid = made;
    made = NULL;
done:
    georeference_destroy(&made);
    projection_clear(&projection);
    return status;
}

/* Mean of each column (stride 1) or row of projected centres, and how far a cell lies from it. */
static double mean_line(const double *value, int64_t count, int64_t stride, double *mean)
{
    double sum = 0;
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += value[i * stride];
    }
    *mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double away = fabs(value[i * stride] - *mean);
        worst = away > worst || isnan(away) ? away : worst;
    }
    return worst;
}

/* Replaces almost equal steps by equal ones; the largest change is returned. */
static double make_even(int64_t count, double *axis)
{
    double worst = 0;
    double first = axis[0];
    double step = count > 1 ? (axis[count - 1] - first) / (double)(count - 1) : 0;
    for (int64_t i = 0; i < count; i++) {
        double even = first + (double)i * step;
        worst = fmax(worst, fabs(axis[i] - even));
        axis[i] = even;
    }
    return worst;
}

enum status georeference_create_curvilinear(int64_t rows, int64_t cols, const double *lon,
                                            const double *lat, const char *crs,
                                            struct axis_order *x_order, struct axis_order *y_order,
                                            struct georeference **grid)
{
    enum status status;
    size_t count = (size_t)(rows * cols);
    double *x = NULL;
    double *y = NULL;
    double *x_axis = NULL;
    double *y_axis = NULL;
    double worst = 0;
    struct projection projection = {0};
    *grid = NULL;
    TRY(projection_init(crs, &projection));
    FAIL_IF(projection.is_geographic, STATUS_DATA,
            "the grid is curvilinear (2-D lat and lon): give its projection with --crs, as EPSG "
            "code, WKT or PROJ string");
    TRY(memory_allocate(count, sizeof *x, &x));
    TRY(memory_allocate(count, sizeof *y, &y));
    TRY(memory_allocate((size_t)cols, sizeof *x, &x_axis));
    TRY(memory_allocate((size_t)rows, sizeof *y, &y_axis));
    memcpy(x, lon, count * sizeof *x);
    memcpy(y, lat, count * sizeof *y);
    TRY(projection_transform("+proj=longlat +datum=WGS84", projection.wkt, (int64_t)count, x, y));
    for (int64_t col = 0; col < cols; col++) {
        double away = mean_line(x + col, rows, cols, &x_axis[col]);
        worst = away > worst || isnan(away) ? away : worst;
    }
    for (int64_t row = 0; row < rows; row++) {
        double away = mean_line(y + row * cols, cols, 1, &y_axis[row]);
        worst = away > worst || isnan(away) ? away : worst;
    }
    worst = fmax(worst, fmax(make_even(cols, x_axis), make_even(rows, y_axis)));
    double cell = cols > 1 ? fabs(x_axis[1] - x_axis[0]) : only_width(rows, y_axis, NULL, 1);
    FAIL_IF(!(worst <= 0.05 * cell), STATUS_DATA,
            "2-D lat and lon are no regular grid in '%.120s': cells lie up to %.3g m from it, "
            "with cells of %.3g m; correct --crs",
            crs, worst, cell);
    TRY(axis_order_init(cols, x_axis, false, x_order));
    TRY(axis_order_init(rows, y_axis, false, y_order));
    TRY(georeference_create_axes(rows, cols, x_axis, y_axis, NULL, NULL, projection.wkt, grid));
done:
    free(x);
    free(y);
    free(x_axis);
    free(y_axis);
    projection_clear(&projection);
    return status;
}

enum status georeference_cut(const struct georeference *grid, int64_t row, int64_t rows,
                             int64_t col, int64_t cols, struct georeference **part)
{
    enum status status;
    struct georeference *made = NULL;
    *part = NULL;
    FAIL_IF(row < 0 || col < 0 || rows > grid->rows - row || cols > grid->cols - col, STATUS_FAILED,
            "a part of %lld x %lld cells lies outside its grid", (long long)rows, (long long)cols);
    TRY(allocate(rows, cols, &made));
    memcpy(made->x, grid->x + col, (size_t)cols * sizeof(double));
    memcpy(made->y, grid->y + row, (size_t)rows * sizeof(double));
    memcpy(made->x_edges, grid->x_edges + col, ((size_t)cols + 1) * sizeof(double));
    memcpy(made->y_edges, grid->y_edges + row, ((size_t)rows + 1) * sizeof(double));
    made->is_geographic = grid->is_geographic;
    made->crs_is_assumed = grid->crs_is_assumed;
    TRY(memory_copy_text(grid->crs_wkt, &made->crs_wkt));
    *part = made;
    made = NULL;
done:
    georeference_destroy(&made);
    return status;
}

enum status georeference_copy(const struct georeference *grid, struct georeference **copy)
{
    return georeference_cut(grid, 0, grid->rows, 0, grid->cols, copy);
}

/* ---- questions ------------------------------------------------------------------------------ */

/* Longitudes may differ by whole turns. */
static bool axis_is_equal(int64_t count, const double *first, const double *second,
                          const double *edges, bool is_longitude, int64_t *where)
{
    for (int64_t i = 0; i < count; i++) {
        double difference = first[i] - second[i];
        difference -= is_longitude ? 360 * round(difference / 360) : 0;
        if (!(fabs(difference) <= 1e-3 * (edges[i + 1] - edges[i]))) {
            *where = i;
            return false;
        }
    }
    return true;
}

bool georeference_is_equal(const struct georeference *first, const struct georeference *second,
                           char *why, int why_bytes)
{
    int64_t at = 0;
    size_t bytes = (size_t)why_bytes;
    if (first->rows != second->rows || first->cols != second->cols) {
        snprintf(why, bytes, "%lld x %lld cells against %lld x %lld", (long long)first->rows,
                 (long long)first->cols, (long long)second->rows, (long long)second->cols);
    } else if (first->is_geographic != second->is_geographic) {
        snprintf(why, bytes, "one grid is geographic, the other projected");
    } else if (!axis_is_equal(first->cols, first->x, second->x, first->x_edges,
                              first->is_geographic, &at)) {
        snprintf(why, bytes, "column %lld lies at %.10g against %.10g", (long long)at, first->x[at],
                 second->x[at]);
    } else if (!axis_is_equal(first->rows, first->y, second->y, first->y_edges, false, &at)) {
        snprintf(why, bytes, "row %lld lies at %.10g against %.10g", (long long)at, first->y[at],
                 second->y[at]);
    } else if (!first->is_geographic && !projection_is_equal(first->crs_wkt, second->crs_wkt)) {
        snprintf(why, bytes, "the projections differ");
    } else {
        return true;
    }
    return false;
}

static bool axis_is_regular(int64_t count, const double *centre)
{
    double step = count > 1 ? (centre[count - 1] - centre[0]) / (double)(count - 1) : 0;
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(centre[i] - (centre[0] + (double)i * step)) <= 1e-6 * step)) {
            return count == 1;
        }
    }
    return true;
}

bool georeference_is_regular(const struct georeference *grid)
{
    return axis_is_regular(grid->cols, grid->x) && axis_is_regular(grid->rows, grid->y);
}

/* Index of the interval of ascending @p edges [count + 1] that holds @p value, or -1. */
static int64_t find_interval(int64_t count, const double *edges, double value)
{
    if (!(value >= edges[0] && value < edges[count])) {
        return -1;
    }
    int64_t low = 0;
    int64_t high = count;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (value >= edges[middle]) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void georeference_find(const struct georeference *grid, double x, double y, int64_t *row,
                       int64_t *col)
{
    if (grid->is_geographic) {
        x -= 360 * floor((x - grid->x_edges[0]) / 360);
        /* Rounding may leave a point just west of the first edge a whole turn away. */
        x = x >= grid->x_edges[0] + 360 ? grid->x_edges[0] : x;
    }
    *row = find_interval(grid->rows, grid->y_edges, y);
    *col = find_interval(grid->cols, grid->x_edges, x);
    if (grid->is_geographic && y == 90 && grid->y_edges[grid->rows] == 90) {
        *row = grid->rows - 1; /* the pole has no north */
    }
}

enum status georeference_lonlat(const struct georeference *grid, double *lon, double *lat)
{
    for (int64_t row = 0; row < grid->rows; row++) {
        for (int64_t col = 0; col < grid->cols; col++) {
            lon[row * grid->cols + col] = grid->x[col];
            lat[row * grid->cols + col] = grid->y[row];
        }
    }
    if (grid->is_geographic) {
        return STATUS_OK;
    }
    return projection_transform(grid->crs_wkt, "EPSG:4326", grid->rows * grid->cols, lon, lat);
}

/* ---- boxes ---------------------------------------------------------------------------------- */

static bool longitude_is_inside(double lon, double west, double east)
{
    double past_west = lon - west - 360 * floor((lon - west) / 360);
    double width = east - west;
    width += width < 0 ? 360 * ceil(-width / 360) : 0;
    return past_west <= width;
}

struct span {
    int64_t first, last;
    bool is_broken;
};

static void span_add(struct span *span, int64_t index)
{
    if (span->first < 0) {
        span->first = index;
    } else if (index > span->last + 1) {
        span->is_broken = true;
    }
    span->last = index;
}

static void geographic_spans(const struct georeference *grid, const double bbox[4],
                             struct span *rows, struct span *cols)
{
    for (int64_t col = 0; col < grid->cols; col++) {
        if (longitude_is_inside(grid->x[col], bbox[0], bbox[2])) {
            span_add(cols, col);
        }
    }
    for (int64_t row = 0; row < grid->rows; row++) {
        if (grid->y[row] >= bbox[1] && grid->y[row] <= bbox[3]) {
            span_add(rows, row);
        }
    }
}

static void span_widen(struct span *span, int64_t index)
{
    span->first = span->first < 0 || index < span->first ? index : span->first;
    span->last = index > span->last ? index : span->last;
}

static enum status projected_spans(const struct georeference *grid, const double bbox[4],
                                   struct span *rows, struct span *cols)
{
    enum status status;
    size_t count = (size_t)(grid->rows * grid->cols);
    double *lon = NULL;
    double *lat = NULL;
    TRY(memory_allocate(count, sizeof *lon, &lon));
    TRY(memory_allocate(count, sizeof *lat, &lat));
    TRY(georeference_lonlat(grid, lon, lat));
    for (size_t i = 0; i < count; i++) {
        if (lat[i] >= bbox[1] && lat[i] <= bbox[3] &&
            longitude_is_inside(lon[i], bbox[0], bbox[2])) {
            span_widen(rows, (int64_t)i / grid->cols);
            span_widen(cols, (int64_t)i % grid->cols);
        }
    }
done:
    free(lon);
    free(lat);
    return status;
}

enum status georeference_box(const struct georeference *grid, const double bbox[4], int64_t *row,
                             int64_t *rows, int64_t *col, int64_t *cols)
{
    enum status status = STATUS_OK;
    struct span row_span = {-1, -1, false};
    struct span col_span = {-1, -1, false};
    FAIL_IF(!(bbox[1] <= bbox[3]) || !isfinite(bbox[0]) || !isfinite(bbox[2]), STATUS_USAGE,
            "--bbox %g,%g,%g,%g: the order is west, south, east, north in degrees", bbox[0],
            bbox[1], bbox[2], bbox[3]);
    if (grid->is_geographic) {
        geographic_spans(grid, bbox, &row_span, &col_span);
    } else {
        TRY(projected_spans(grid, bbox, &row_span, &col_span));
    }
    FAIL_IF(row_span.first < 0 || col_span.first < 0, STATUS_USAGE,
            "--bbox %g,%g,%g,%g holds no cell of the grid", bbox[0], bbox[1], bbox[2], bbox[3]);
    FAIL_IF(col_span.is_broken, STATUS_USAGE,
            "--bbox %g,%g,%g,%g crosses the edge of the grid at %g degrees east: take the two "
            "sides one after the other",
            bbox[0], bbox[1], bbox[2], bbox[3], grid->x_edges[0]);
    *row = row_span.first;
    *rows = row_span.last - row_span.first + 1;
    *col = col_span.first;
    *cols = col_span.last - col_span.first + 1;
done:
    return status;
}

/* ---- areas ---------------------------------------------------------------------------------- */

enum status georeference_row_areas(const struct georeference *grid, int64_t col, double *area_m2)
{
    if (col < 0 || col >= grid->cols) {
        return failure_record(STATUS_FAILED, __FILE__, __LINE__, "column %lld is outside the grid",
                              (long long)col);
    }
    double width = grid->x_edges[col + 1] - grid->x_edges[col];
    for (int64_t row = 0; row < grid->rows; row++) {
        double south = grid->y_edges[row];
        double north = grid->y_edges[row + 1];
        area_m2[row] = grid->is_geographic ? geodesic_cell_area_m2(south, north, width)
                                           : width * (north - south);
    }
    return STATUS_OK;
}
