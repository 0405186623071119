/* airshed -- GPL-3.0-or-later. Loess of one series whose windows widen over missing points. */
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
    double *padded;
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

size_t loess_gaps_bytes(const struct loess *loess)
{
    size_t points = (size_t)loess->settings.points;
    return sizeof(struct loess_gaps) + points * sizeof(int64_t) +
           (points + 2 * STRIPES) * sizeof(double) +
           (size_t)(TABLES * table_length(loess)) * sizeof(double);
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
    TRY(memory_allocate(points + 2 * STRIPES, sizeof *gaps->padded, &gaps->padded));
    TRY(memory_allocate((size_t)(TABLES * gaps->table_length), sizeof *gaps->tables,
                        &gaps->tables));
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

/* Beyond the bandwidth weights are zero, so the window may be any interval that covers it. Only a
 * last point between two jumps is cut: it keeps the points of the knot before it. */
static struct loess_window window_over(const struct loess *loess, const struct loess_knot *knot,
                                       int64_t first, int64_t last, int64_t excess)
{
    int64_t bandwidth = larger(knot->at - first, last - knot->at) + excess;
    int64_t left = larger(0, knot->at - bandwidth);
    int64_t right = smaller(loess->settings.points - 1, knot->at + bandwidth);
    if (knot->at != knot->anchor) {
        left = larger(left, first);
        right = smaller(right, last);
    }
    return (struct loess_window){.left = left, .count = right - left + 1, .bandwidth = bandwidth};
}

void loess_gaps_find(struct loess_gaps *gaps, const double *valid, struct loess_window *windows)
{
    const struct loess *loess = gaps->loess;
    int64_t found = 0;
    for (int64_t i = 0; i < loess->settings.points; i++) {
        if (valid[i] != 0) {
            gaps->valid[found++] = i;
        }
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
        windows[k] = window_over(loess, &loess->knots[k], gaps->valid[first],
                                 gaps->valid[first + most - 1], excess);
    }
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

static struct sums window_sums(struct loess_gaps *gaps, const struct loess_window *window,
                               int64_t k, const double *values, bool squares)
{
    const struct loess_knot *knot = &gaps->loess->knots[k];
    int64_t distance = window->left - knot->at;
    const double *kernel = table_for(gaps, window->bandwidth) + distance;
    const double *first = values + window->left;
    if (knot->at != knot->anchor) {
        return cut_sums(kernel, first, window->count, (double)distance);
    }
    if (gaps->narrow) {
        return (squares ? narrow_squares : narrow_lines)(kernel, first, window->count,
                                                         (double)distance);
    }
    return (squares ? wide_squares : wide_lines)(kernel, first, window->count, (double)distance);
}

static const double *padded_copy(struct loess_gaps *gaps, const double *values)
{
    memcpy(gaps->padded, values, (size_t)gaps->loess->settings.points * sizeof *values);
    return gaps->padded;
}

/* ---- the fit ------------------------------------------------------------------------------ */

void loess_gaps_fit(struct loess_gaps *gaps, struct loess_window *windows, const double *weights)
{
    const struct loess *loess = gaps->loess;
    const double smallest = loess->settings.degree == 0 ? INFINITY : loess_smallest_spread(loess);
    const double *padded = padded_copy(gaps, weights);
    for (int64_t k = 0; k < loess->knot_count; k++) {
        struct loess_window *window = &windows[k];
        struct sums sums = window_sums(gaps, window, k, padded, true);
        window->factor = window->slope = 0;
        if (sums.sum > 0) {
            double mean = sums.line / sums.sum;
            double spread = sums.square / sums.sum - mean * mean;
            double tilt = spread > smallest ? -mean / spread : 0;
            window->factor = (1 - tilt * mean) / sums.sum;
            window->slope = tilt / sums.sum;
        }
    }
}

static bool window_is_empty(const struct loess_window *window)
{
    return window->factor == 0 && window->slope == 0;
}

void loess_gaps_smooth(struct loess_gaps *gaps, const struct loess_window *windows,
                       const double *weighted, const double *values, double *smooth)
{
    const struct loess *loess = gaps->loess;
    const double *padded = padded_copy(gaps, weighted);
    const int64_t points = loess->settings.points;
    const int64_t shift = loess->settings.extend ? 1 : 0;
    for (int64_t k = 0; k < loess->knot_count; k++) {
        const struct loess_window *window = &windows[k];
        struct sums sums = window_sums(gaps, window, k, padded, false);
        int64_t own = larger(0, smaller(loess->knots[k].at, points - 1));
        smooth[loess->knots[k].at + shift] =
            window_is_empty(window)
                ? values[own]
                : __builtin_fma(window->factor, sums.sum, window->slope * sums.line);
    }
    if (shift == 1 && window_is_empty(&windows[0])) {
        smooth[0] = smooth[1];
    }
    if (shift == 1 && window_is_empty(&windows[loess->knot_count - 1])) {
        smooth[points + 1] = smooth[points];
    }
    loess_interpolate(loess, smooth, 1);
}
