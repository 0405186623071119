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

static struct row_span row_span(const struct loess *loess, const int32_t *bounds, int64_t k)
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

KERNEL_CLONES
static void weigh_common(const double *restrict kernel, const double *restrict weights,
                         int64_t count, double *restrict tap)
{
    for (int64_t j = 0; j < count; j++) {
        EACH_LANE (lane) {
            tap[j * LANES + lane] = kernel[j] * weights[j * LANES + lane];
        }
    }
}

/* loess_tricube() with a bandwidth for each lane, to the last bits: one reciprocal for a row. */
KERNEL_CLONES
static void weigh_each(const int32_t *restrict bandwidth, const double *restrict weights,
                       int64_t count, double distance, double *restrict tap)
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
static inline __attribute__((always_inline)) void row_tilt(double *restrict tap, int64_t count,
                                                           double distance, double smallest,
                                                           const double *inverse,
                                                           const double *mean)
{
    double spread[LANES] = {0};
    double tilt[LANES];
    for (int64_t j = 0; j < count; j++) {
        double d = distance + (double)j;
        EACH_LANE (lane) {
            double offset = d - mean[lane];
            spread[lane] = __builtin_fma(tap[j * LANES + lane] * offset, offset, spread[lane]);
        }
    }
    EACH_LANE (lane) {
        double variance = spread[lane] * inverse[lane];
        tilt[lane] = variance > smallest ? -mean[lane] / variance : 0;
    }
    for (int64_t j = 0; j < count; j++) {
        double d = distance + (double)j;
        EACH_LANE (lane) {
            tap[j * LANES + lane] *= tilt[lane] * (d - mean[lane]) + 1;
        }
    }
}

/* Makes final weights [2 + count, lane] of one knot: the first is that of the point's own value and
 * is one where no other has weight, the second multiplies the sum over the others. @p distance is
 * that of the first point; a constant is fitted where @p smallest is infinite. */
KERNEL_CLONES
static void row_solve(int64_t count, double distance, double smallest, double *restrict row)
{
    double sum[LANES] = {0};
    double line[LANES] = {0};
    double *restrict own = row;
    double *restrict inverse = row + LANES;
    double *restrict tap = row + ROW_EXTRA * LANES;
    for (int64_t j = 0; j < count; j++) {
        double d = distance + (double)j;
        EACH_LANE (lane) {
            sum[lane] += tap[j * LANES + lane];
            line[lane] = __builtin_fma(tap[j * LANES + lane], d, line[lane]);
        }
    }
    EACH_LANE (lane) {
        own[lane] = sum[lane] > 0 ? 0 : 1;
        inverse[lane] = sum[lane] > 0 ? 1 / sum[lane] : 0;
        line[lane] *= inverse[lane];
    }
    if (smallest < INFINITY) {
        row_tilt(tap, count, distance, smallest, inverse, line);
    }
}

void loess_rows_fit(const struct loess *loess, const int32_t *bounds, const double *weights,
                    double *coefficients)
{
    const double smallest = loess->settings.degree == 0 ? INFINITY : loess_smallest_spread(loess);
    const int64_t size = row_size(loess, bounds != NULL);
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const struct loess_knot *knot = &loess->knots[k];
        struct row_span span = row_span(loess, bounds, k);
        double *row = coefficients + k * size;
        double *tap = row + ROW_EXTRA * LANES;
        double distance = (double)(span.first - knot->at);
        const double *first = weights + span.first * LANES;
        if (bounds == NULL) {
            weigh_common(loess->rows + k * loess_row_width(loess), first, span.count, tap);
        } else {
            weigh_each(bounds + k * LANES, first, span.count, distance, tap);
        }
        if (bounds != NULL && knot->at != knot->anchor) {
            cut_row(loess, bounds, span, tap);
        }
        row_solve(span.count, distance, smallest, row);
    }
}

/* ---- smoothing ----------------------------------------------------------------------------- */

KERNEL_CLONES
static void row_apply(const double *restrict row, const double *restrict own,
                      const double *restrict values, int64_t count, double *restrict out)
{
    double sum[LANES] = {0};
    const double *restrict tap = row + ROW_EXTRA * LANES;
    for (int64_t j = 0; j < count; j++) {
        EACH_LANE (lane) {
            sum[lane] = __builtin_fma(tap[j * LANES + lane], values[j * LANES + lane], sum[lane]);
        }
    }
    EACH_LANE (lane) {
        out[lane] = row[lane] * own[lane] + row[LANES + lane] * sum[lane];
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
    const int64_t size = row_size(loess, bounds != NULL);
    const int64_t shift = loess->settings.extend ? 1 : 0;
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const struct loess_knot *knot = &loess->knots[k];
        struct row_span span = row_span(loess, bounds, k);
        int64_t own = larger(0, smaller(knot->at, points - 1));
        row_apply(coefficients + k * size, values + own * LANES, values + span.first * LANES,
                  span.count, smooth + (knot->at + shift) * LANES);
    }
    if (shift == 1) {
        extend_empty_end(coefficients, smooth + LANES, smooth);
        extend_empty_end(coefficients + (loess->knot_count - 1) * size, smooth + points * LANES,
                         smooth + (points + 1) * LANES);
    }
    loess_interpolate(loess, smooth);
}
