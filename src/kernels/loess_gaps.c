/* airshed -- GPL-3.0-or-later. Loess of series whose windows widen over missing points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "loess_internal.h"

/* Tricube tables kept at once: bandwidths of neighbouring windows differ by a few steps. */
enum {
    TABLES = 8
};

/* Sums run in interleaved chains, WIDE or NARROW vectors of them; series and tables are padded with
 * zeros to whole STRIPES. */
enum {
    WIDE = 4,
    NARROW = 1,
    STRIPES = WIDE * LANES
};

struct loess_gaps {
    const struct loess *loess;
    int64_t *valid;
    double *padded; /* what follows is for windows that are summed point by point */
    double *tables;
    int64_t table_bandwidth[TABLES];
    int64_t table_length;
    bool narrow;
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Distances from -points to points, and a stripe of zeros behind. */
static int64_t table_length(const struct loess *loess)
{
    return 2 * loess->settings.points + 1 + 2 * STRIPES;
}

/* True where neither sums of powers nor rows of lanes serve. */
static bool is_summed(const struct loess *loess)
{
    return loess->moments == NULL && !loess_is_short(loess);
}

size_t loess_gaps_bytes(const struct loess *loess)
{
    size_t points = (size_t)loess->settings.points;
    size_t bytes = sizeof(struct loess_gaps) + points * sizeof(int64_t);
    if (is_summed(loess)) {
        bytes += (points + 2 * STRIPES) * sizeof(double) +
                 (size_t)(TABLES * table_length(loess)) * sizeof(double);
    }
    return bytes;
}

enum status loess_gaps_create(const struct loess *loess, struct loess_gaps **out)
{
    enum status status = STATUS_OK;
    struct loess_gaps *gaps = NULL;
    size_t points = (size_t)loess->settings.points;
    *out = NULL;
    TRY(memory_allocate(1, sizeof *gaps, &gaps));
    gaps->loess = loess;
    gaps->table_length = table_length(loess);
    gaps->narrow = loess->settings.window <= 2 * LANES;
    TRY(memory_allocate(points, sizeof *gaps->valid, &gaps->valid));
    if (is_summed(loess)) {
        TRY(memory_allocate(points + 2 * STRIPES, sizeof *gaps->padded, &gaps->padded));
        TRY(memory_allocate((size_t)(TABLES * gaps->table_length), sizeof *gaps->tables,
                            &gaps->tables));
    }
    *out = gaps;
    gaps = NULL;
done:
    loess_gaps_destroy(&gaps);
    return status;
}

void loess_gaps_destroy(struct loess_gaps **gaps)
{
    if (*gaps != NULL) {
        free((*gaps)->valid);
        free((*gaps)->padded);
        free((*gaps)->tables);
        free(*gaps);
        *gaps = NULL;
    }
}

/* ---- windows ------------------------------------------------------------------------------ */

/* Behind the bandwidths: first and last point of a last knot between two jumps. */
size_t loess_gaps_bounds_size(const struct loess *loess)
{
    return (size_t)((loess->knot_count + 2) * LANES);
}

static void lane_clear(const struct loess *loess, int lane, int32_t *bounds)
{
    for (int64_t k = 0; k < loess->knot_count + 2; k++) {
        bounds[k * LANES + lane] = 0;
    }
}

/* Beyond the bandwidth weights are zero, so the window may be any interval that covers it. Only a
 * last point between two jumps is cut: it keeps the points of the knot before it. */
static void bound_knot(const struct loess *loess, int64_t k, int64_t first, int64_t last,
                       int64_t excess, int32_t *bounds)
{
    const struct loess_knot *knot = &loess->knots[k];
    bounds[k * LANES] = (int32_t)(larger(knot->at - first, last - knot->at) + excess);
    if (knot->at != knot->anchor) {
        bounds[loess->knot_count * LANES] = (int32_t)first;
        bounds[(loess->knot_count + 1) * LANES] = (int32_t)last;
    }
}

static void lane_find(struct loess_gaps *gaps, const double *valid, int32_t *bounds)
{
    const struct loess *loess = gaps->loess;
    int64_t found = 0;
    for (int64_t i = 0; i < loess->settings.points; i++) {
        gaps->valid[found] = i;
        found += valid[i * LANES] != 0;
    }
    int64_t most = smaller(loess->settings.window, found);
    int64_t excess = larger(0, (loess->settings.window - found) / 2);
    int64_t first = 0;
    for (int64_t k = 0; k < loess->knot_count; k++) {
        int64_t anchor = loess->knots[k].anchor;
        while (first + most < found &&
               gaps->valid[first + most] - anchor < anchor - gaps->valid[first]) {
            first++;
        }
        bound_knot(loess, k, gaps->valid[first], gaps->valid[first + most - 1], excess, bounds);
    }
}

void loess_gaps_find(struct loess_gaps *gaps, const double *valid, const bool lanes[LANES],
                     int32_t *bounds)
{
    for (int lane = 0; lane < LANES; lane++) {
        lane_clear(gaps->loess, lane, bounds);
        if (lanes[lane]) {
            lane_find(gaps, valid + lane, bounds + lane);
        }
    }
}

/* A window whose points are summed one by one. */
struct window {
    int64_t left;
    int64_t count;
    int64_t bandwidth;
};

static struct window window_at(const struct loess *loess, const int32_t *bounds, int64_t k,
                               int lane)
{
    const struct loess_knot *knot = &loess->knots[k];
    int64_t bandwidth = bounds[k * LANES + lane];
    int64_t left = larger(0, knot->at - bandwidth);
    int64_t right = smaller(loess->settings.points - 1, knot->at + bandwidth);
    if (knot->at != knot->anchor) {
        left = larger(left, bounds[loess->knot_count * LANES + lane]);
        right = smaller(right, bounds[(loess->knot_count + 1) * LANES + lane]);
    }
    return (struct window){.left = left, .count = right - left + 1, .bandwidth = bandwidth};
}

/* ---- sums --------------------------------------------------------------------------------- */

/* The weights of loess_tricube() at distances -reach to reach, to the last bits: the product with
 * the reciprocal saves a division for each of the many tables that a series with gaps needs. */
KERNEL_CLONES
static void table_fill(double *restrict centre, int reach, double bandwidth)
{
    const double far = 0.999 * bandwidth;
    const double near = 0.001 * bandwidth;
    const double inverse = 1 / bandwidth;
#pragma omp simd
    for (int i = -reach; i <= reach; i++) {
        double r = fabs((double)i);
        double ratio = r * inverse;
        double rest = 1 - ratio * ratio * ratio;
        double weight = r > far ? 0 : rest * rest * rest;
        centre[i] = r <= near ? 1 : weight;
    }
}

/* Tricube weights by distance; the pointer is to distance 0, zeros follow the bandwidth. */
static const double *table_for(struct loess_gaps *gaps, int64_t bandwidth)
{
    int64_t slot = bandwidth % TABLES;
    double *centre = gaps->tables + slot * gaps->table_length + gaps->loess->settings.points;
    if (gaps->table_bandwidth[slot] != bandwidth) {
        int64_t reach = smaller(bandwidth, gaps->loess->settings.points);
        table_fill(centre, (int)reach, (double)bandwidth);
        memset(centre + reach + 1, 0, 2 * STRIPES * sizeof *centre);
        gaps->table_bandwidth[slot] = bandwidth;
    }
    return centre;
}

struct sums {
    double sum;
    double line;
    double square;
};

/* Adds the chains in pairs: groups first, then lanes. */
static inline __attribute__((always_inline)) double chains_add(double (*part)[LANES],
                                                               const int groups)
{
    for (int width = groups / 2; width > 0; width /= 2) {
        for (int g = 0; g < width; g++) {
            EACH_LANE (lane) {
                part[g][lane] += part[g + width][lane];
            }
        }
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; lane++) {
            part[0][lane] += part[0][lane + width];
        }
    }
    return part[0][0];
}

/* Sums of p = kernel * values, p * d and p * d * d, where d = distance, distance + 1 ... */
static inline __attribute__((always_inline)) struct sums
striped_sums(const double *restrict kernel, const double *restrict values, int64_t count,
             double distance, const int groups, const bool squares)
{
    double sum[WIDE][LANES] = {{0}};
    double line[WIDE][LANES] = {{0}};
    double square[WIDE][LANES] = {{0}};
    double d[WIDE][LANES];
    for (int g = 0; g < groups; g++) {
        EACH_LANE (lane) {
            d[g][lane] = distance + (double)(g * LANES + lane);
        }
    }
    for (int64_t j = 0; j < count; j += groups * LANES) {
        for (int g = 0; g < groups; g++) {
            EACH_LANE (lane) {
                double product = kernel[j + g * LANES + lane] * values[j + g * LANES + lane];
                sum[g][lane] += product;
                line[g][lane] = __builtin_fma(product, d[g][lane], line[g][lane]);
                if (squares) {
                    square[g][lane] =
                        __builtin_fma(product * d[g][lane], d[g][lane], square[g][lane]);
                }
                d[g][lane] += (double)(groups * LANES);
            }
        }
    }
    return (struct sums){chains_add(sum, groups), chains_add(line, groups),
                         squares ? chains_add(square, groups) : 0};
}

KERNEL_CLONES
static struct sums wide_squares(const double *kernel, const double *values, int64_t count,
                                double distance)
{
    return striped_sums(kernel, values, count, distance, WIDE, true);
}

KERNEL_CLONES
static struct sums wide_lines(const double *kernel, const double *values, int64_t count,
                              double distance)
{
    return striped_sums(kernel, values, count, distance, WIDE, false);
}

KERNEL_CLONES
static struct sums narrow_squares(const double *kernel, const double *values, int64_t count,
                                  double distance)
{
    return striped_sums(kernel, values, count, distance, NARROW, true);
}

KERNEL_CLONES
static struct sums narrow_lines(const double *kernel, const double *values, int64_t count,
                                double distance)
{
    return striped_sums(kernel, values, count, distance, NARROW, false);
}

/* A cut window ends where its table does not: plain sums over its own points. */
static struct sums cut_sums(const double *kernel, const double *values, int64_t count,
                            double distance)
{
    struct sums sums = {0};
    for (int64_t j = 0; j < count; j++) {
        double product = kernel[j] * values[j];
        double d = distance + (double)j;
        sums.sum += product;
        sums.line += product * d;
        sums.square += product * d * d;
    }
    return sums;
}

static struct sums window_sums(struct loess_gaps *gaps, const int32_t *bounds, int64_t k, int lane,
                               bool squares)
{
    const struct loess_knot *knot = &gaps->loess->knots[k];
    const struct window window = window_at(gaps->loess, bounds, k, lane);
    const int64_t distance = window.left - knot->at;
    const double *kernel = table_for(gaps, window.bandwidth) + distance;
    const double *first = gaps->padded + window.left;
    if (knot->at != knot->anchor) {
        return cut_sums(kernel, first, window.count, (double)distance);
    }
    if (gaps->narrow) {
        return (squares ? narrow_squares : narrow_lines)(kernel, first, window.count,
                                                         (double)distance);
    }
    return (squares ? wide_squares : wide_lines)(kernel, first, window.count, (double)distance);
}

/* Lays one lane of a block out with the zeros behind it that the stripes run over. */
static void lane_lay(struct loess_gaps *gaps, const double *values)
{
    for (int64_t i = 0; i < gaps->loess->settings.points; i++) {
        gaps->padded[i] = values[i * LANES];
    }
}

/* ---- one lane, point by point -------------------------------------------------------------- */

static void lane_fit(struct loess_gaps *gaps, const int32_t *bounds, const double *weights,
                     int lane, double *coefficients)
{
    const struct loess *loess = gaps->loess;
    const double smallest = loess->settings.degree == 0 ? INFINITY : loess_smallest_spread(loess);
    lane_lay(gaps, weights + lane);
    for (int64_t k = 0; k < loess->knot_count; k++) {
        struct sums sums = window_sums(gaps, bounds, k, lane, true);
        double *factor = coefficients + 2 * k * LANES + lane;
        factor[0] = factor[LANES] = 0;
        if (sums.sum > 0) {
            double mean = sums.line / sums.sum;
            double spread = sums.square / sums.sum - mean * mean;
            double tilt = spread > smallest ? -mean / spread : 0;
            factor[0] = (1 - tilt * mean) / sums.sum;
            factor[LANES] = tilt / sums.sum;
        }
    }
}

static bool knot_is_empty(const double *factor)
{
    return factor[0] == 0 && factor[LANES] == 0;
}

static void lane_smooth(struct loess_gaps *gaps, const int32_t *bounds, const double *coefficients,
                        const double *weighted, const double *values, int lane, double *smooth)
{
    const struct loess *loess = gaps->loess;
    const int64_t points = loess->settings.points;
    const int64_t shift = loess->settings.extend ? 1 : 0;
    const double *last = coefficients + 2 * (loess->knot_count - 1) * LANES;
    lane_lay(gaps, weighted + lane);
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const double *factor = coefficients + 2 * k * LANES + lane;
        struct sums sums = window_sums(gaps, bounds, k, lane, false);
        int64_t own = larger(0, smaller(loess->knots[k].at, points - 1));
        smooth[(loess->knots[k].at + shift) * LANES + lane] =
            knot_is_empty(factor) ? values[own * LANES + lane]
                                  : __builtin_fma(factor[0], sums.sum, factor[LANES] * sums.line);
    }
    if (shift == 1 && knot_is_empty(coefficients + lane)) {
        smooth[lane] = smooth[LANES + lane];
    }
    if (shift == 1 && knot_is_empty(last + lane)) {
        smooth[(points + 1) * LANES + lane] = smooth[points * LANES + lane];
    }
}

/* ---- all lanes ----------------------------------------------------------------------------- */

size_t loess_gaps_coefficients_size(const struct loess *loess)
{
    if (loess->moments != NULL) {
        return loess_moments_coefficients_size(loess->settings.points);
    }
    if (loess_is_short(loess)) {
        return loess_rows_size(loess, true);
    }
    return (size_t)(loess->knot_count * 2 * LANES);
}

/* Bandwidths are at least one where a lane has windows. */
static bool lane_has_windows(const int32_t *bounds, int lane)
{
    return bounds[lane] > 0;
}

void loess_gaps_fit(struct loess_gaps *gaps, const int32_t *bounds, const double *weights,
                    double *coefficients, double *scratch)
{
    const struct loess *loess = gaps->loess;
    if (loess->moments != NULL) {
        loess_moments_fit(loess->moments, bounds, weights, coefficients, scratch);
    }
    if (loess_is_short(loess)) {
        loess_rows_fit(loess, bounds, weights, coefficients);
    }
    for (int lane = 0; is_summed(loess) && lane < LANES; lane++) {
        if (lane_has_windows(bounds, lane)) {
            lane_fit(gaps, bounds, weights, lane, coefficients);
        }
    }
}

void loess_gaps_smooth(struct loess_gaps *gaps, const int32_t *bounds, const double *coefficients,
                       const double *weighted, const double *values, double *smooth,
                       double *scratch)
{
    const struct loess *loess = gaps->loess;
    if (loess->moments != NULL) {
        loess_moments_smooth(loess->moments, bounds, coefficients, weighted, values, smooth,
                             scratch);
        return;
    }
    if (loess_is_short(loess)) {
        loess_rows_apply(loess, bounds, coefficients, values, smooth);
        return;
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (lane_has_windows(bounds, lane)) {
            lane_smooth(gaps, bounds, coefficients, weighted, values, lane, smooth);
        }
    }
    loess_interpolate(loess, smooth);
}
