/* airshed -- GPL-3.0-or-later. Weighted local fits of short series, point by point. */
#include <math.h>
#include <string.h>

#include "loess_internal.h"

/* Rows of weights of a short series start with that of the own value and the scale of the others.
 */
enum {
    ROW_EXTRA = 2
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The points that a row holds, the same for all lanes; where windows differ, the widest: points
 * beyond a lane's own window get weight zero there and leave its sums as they were. */
struct row_span {
    int64_t first;
    int64_t count;
};

static inline __attribute__((always_inline)) struct row_span
row_span(const struct loess *loess, const int32_t *bounds, int64_t k)
{
    const struct loess_knot *knot = &loess->knots[k];
    if (bounds == NULL) {
        return (struct row_span){knot->left, knot->count};
    }
    int32_t widest = 0;
    for (int lane = 0; lane < LANES; lane++) {
        int32_t bandwidth = bounds[k * LANES + lane];
        widest = bandwidth > widest ? bandwidth : widest;
    }
    int64_t reach = (int64_t)(0.999 * (double)widest);
    int64_t first = smaller(loess->settings.points, larger(0, knot->at - reach));
    int64_t end = larger(first, smaller(loess->settings.points, knot->at + reach + 1));
    return (struct row_span){first, end - first};
}

static int64_t row_size(const struct loess *loess, bool gaps)
{
    return (ROW_EXTRA + (gaps ? loess->settings.points : loess_row_width(loess))) * LANES;
}

size_t loess_rows_size(const struct loess *loess, bool gaps)
{
    return (size_t)(loess->knot_count * row_size(loess, gaps));
}

/* ---- weights ------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void weigh_common(const double *restrict kernel,
                                                               const double *restrict weights,
                                                               int64_t count, double *restrict tap)
{
    for (int64_t j = 0; j < count; j++) {
        EACH_LANE (lane) {
            tap[j * LANES + lane] = kernel[j] * weights[j * LANES + lane];
        }
    }
}

/* loess_tricube() with a bandwidth for each lane, to the last bits: one reciprocal for a row. */
static inline __attribute__((always_inline)) void weigh_each(const int32_t *restrict bandwidth,
                                                             const double *restrict weights,
                                                             int64_t count, double distance,
                                                             double *restrict tap)
{
    double far[LANES];
    double near[LANES];
    double inverse[LANES];
    EACH_LANE (lane) {
        double h = bandwidth[lane] > 0 ? (double)bandwidth[lane] : 1;
        far[lane] = 0.999 * h;
        near[lane] = 0.001 * h;
        inverse[lane] = 1 / h;
    }
    for (int64_t j = 0; j < count; j++) {
        double r = fabs(distance + (double)j);
        EACH_LANE (lane) {
            double ratio = r * inverse[lane];
            double rest = 1 - ratio * ratio * ratio;
            double weight = r > far[lane] ? 0 : rest * rest * rest;
            weight = r <= near[lane] ? 1 : weight;
            tap[j * LANES + lane] = weight * weights[j * LANES + lane];
        }
    }
}

/* A last knot between two jumps keeps the points of the knot before it. */
static void cut_row(const struct loess *loess, const int32_t *bounds, struct row_span span,
                    double *tap)
{
    const int32_t *first = bounds + loess->knot_count * LANES;
    const int32_t *last = first + LANES;
    for (int64_t j = 0; j < span.count; j++) {
        for (int lane = 0; lane < LANES; lane++) {
            bool inside = span.first + j >= first[lane] && span.first + j <= last[lane];
            tap[j * LANES + lane] = inside ? tap[j * LANES + lane] : 0;
        }
    }
}

/* ---- fits ---------------------------------------------------------------------------------- */

/* Tilts the weights of one knot, whose sums have the given inverse and whose mean distances are @p
 * mean, to those of a line. */
static inline __attribute__((always_inline)) void row_tilt(double *tap, int64_t count,
                                                           double distance, double smallest,
                                                           lane_row inverse, lane_row mean)
{
    lane_row *taps = (lane_row *)tap;
    lane_row spread = {0};
    for (int64_t j = 0; j < count; j++) {
        lane_row offset = distance + (double)j - mean;
        spread += taps[j] * offset * offset;
    }
    lane_row variance = spread * inverse;
    lane_row tilt = -mean / variance;
    EACH_LANE (lane) {
        tilt[lane] = variance[lane] > smallest ? tilt[lane] : 0;
    }
    for (int64_t j = 0; j < count; j++) {
        taps[j] *= tilt * (distance + (double)j - mean) + 1;
    }
}

/* Makes final weights [2 + count, lane] of one knot: the first is that of the point's own value and
 * is one where no other has weight, the second multiplies the sum over the others. @p distance is
 * that of the first point. */
static inline __attribute__((always_inline)) void
row_solve(int64_t count, double distance, double smallest, double *row, const int degree)
{
    lane_row *own = (lane_row *)row;
    lane_row *inverse = own + 1;
    double *tap = row + ROW_EXTRA * LANES;
    lane_row sum = {0};
    lane_row line = {0};
    for (int64_t j = 0; j < count; j++) {
        lane_row weight = *(lane_row *)(tap + j * LANES);
        sum += weight;
        line += weight * (distance + (double)j);
    }
    lane_row total;
    EACH_LANE (lane) {
        row[lane] = sum[lane] > 0 ? 0 : 1;
        total[lane] = sum[lane] > 0 ? sum[lane] : INFINITY;
    }
    *inverse = 1 / total;
    if (degree > 0) {
        row_tilt(tap, count, distance, smallest, *inverse, line * *inverse);
    }
}

static inline __attribute__((always_inline)) void
rows_solve(const struct loess *loess, const int32_t *bounds, const double *weights,
           double *coefficients, const bool gaps, const int degree)
{
    const double smallest = loess_smallest_spread(loess);
    const int64_t size = row_size(loess, gaps);
    const int64_t width = loess_row_width(loess);
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const struct loess_knot *knot = &loess->knots[k];
        const struct row_span span = row_span(loess, bounds, k);
        const double *first = weights + span.first * LANES;
        const double distance = (double)(span.first - knot->at);
        double *row = coefficients + k * size;
        double *tap = row + ROW_EXTRA * LANES;
        if (gaps) {
            weigh_each(bounds + k * LANES, first, span.count, distance, tap);
        } else {
            weigh_common(loess->rows + k * width, first, span.count, tap);
        }
        if (gaps && knot->at != knot->anchor) {
            cut_row(loess, bounds, span, tap);
        }
        row_solve(span.count, distance, smallest, row, degree);
    }
}

KERNEL_CLONES
static void rows_solve_common(const struct loess *loess, const double *weights,
                              double *coefficients)
{
    if (loess->settings.degree > 0) {
        rows_solve(loess, NULL, weights, coefficients, false, 1);
    } else {
        rows_solve(loess, NULL, weights, coefficients, false, 0);
    }
}

KERNEL_CLONES
static void rows_solve_each(const struct loess *loess, const int32_t *bounds, const double *weights,
                            double *coefficients)
{
    if (loess->settings.degree > 0) {
        rows_solve(loess, bounds, weights, coefficients, true, 1);
    } else {
        rows_solve(loess, bounds, weights, coefficients, true, 0);
    }
}

void loess_rows_fit(const struct loess *loess, const int32_t *bounds, const double *weights,
                    double *coefficients)
{
    if (bounds != NULL) {
        rows_solve_each(loess, bounds, weights, coefficients);
    } else {
        rows_solve_common(loess, weights, coefficients);
    }
}

/* ---- smoothing ----------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void
row_apply(const double *row, const double *own, const double *values, int64_t count, double *out)
{
    const lane_row *factor = (const lane_row *)row;
    const lane_row *tap = factor + ROW_EXTRA;
    lane_row sum = {0};
    for (int64_t j = 0; j < count; j++) {
        sum += tap[j] * *(const lane_row *)(values + j * LANES);
    }
    *(lane_row *)out = factor[0] * *(const lane_row *)own + factor[1] * sum;
}

KERNEL_CLONES
static void rows_sum(const struct loess *loess, const int32_t *bounds, const double *coefficients,
                     const double *values, double *smooth)
{
    const int64_t size = row_size(loess, bounds != NULL);
    const int64_t shift = loess->settings.extend ? 1 : 0;
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const struct loess_knot *knot = &loess->knots[k];
        const struct row_span span = row_span(loess, bounds, k);
        const int64_t own = larger(0, smaller(knot->at, loess->settings.points - 1));
        row_apply(coefficients + k * size, values + own * LANES, values + span.first * LANES,
                  span.count, smooth + (knot->at + shift) * LANES);
    }
}

/* A point beyond the ends whose window has no weight takes its neighbour's result. */
static void extend_empty_end(const double *row, const double *inner, double *outer)
{
    for (int lane = 0; lane < LANES; lane++) {
        outer[lane] = row[lane] != 0 ? inner[lane] : outer[lane];
    }
}

void loess_rows_apply(const struct loess *loess, const int32_t *bounds, const double *coefficients,
                      const double *values, double *smooth)
{
    const int64_t points = loess->settings.points;
    const int64_t last = (loess->knot_count - 1) * row_size(loess, bounds != NULL);
    rows_sum(loess, bounds, coefficients, values, smooth);
    if (loess->settings.extend) {
        extend_empty_end(coefficients, smooth + LANES, smooth);
        extend_empty_end(coefficients + last, smooth + points * LANES,
                         smooth + (points + 1) * LANES);
    }
    loess_interpolate(loess, smooth);
}
