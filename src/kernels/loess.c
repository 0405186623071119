/* airshed -- GPL-3.0-or-later. Loess over pixel lanes with precomputed weights. */
#include "kernels/loess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "loess_internal.h"

/* Above this many doubles the weights of the ends are made again at each use. */
static const int64_t STORED_WEIGHTS = 4 << 20;

/* From this many knots on, the knots away from the ends share one set of weights. */
enum {
    SHARED_KNOTS = 4 * TILE_KNOTS
};

/* Series up to this length solve weighted fits tap by tap, as the Fortran does: with a handful of
 * points a fit may hang on two weights that differ by many orders of magnitude, where the shorter
 * way through moments loses digits. */
enum {
    SHORT_SERIES = 64
};

/* ---- where the fits are ------------------------------------------------------------------- */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t knot_spacing(const struct loess_settings *settings)
{
    return smaller(settings->jump, settings->points - 1);
}

/* The `window` points nearest to a point: centred, or pushed inwards at the ends. */
static struct loess_knot knot_at(const struct loess_settings *settings, int64_t at)
{
    int64_t count = smaller(settings->window, settings->points);
    int64_t left = at - (settings->window - 1) / 2;
    left = larger(0, smaller(left, settings->points - count));
    return (struct loess_knot){.at = at, .anchor = at, .left = left, .count = count};
}

static void place_knots(struct loess *loess)
{
    const struct loess_settings *settings = &loess->settings;
    int64_t spacing = knot_spacing(settings);
    int64_t last = settings->points - 1;
    int64_t k = 0;
    if (settings->extend) {
        loess->knots[k++] = knot_at(settings, -1);
    }
    for (int64_t at = 0; at <= last; at += spacing) {
        loess->knots[k++] = knot_at(settings, at);
    }
    if (last % spacing != 0) {
        loess->knots[k] = loess->knots[k - 1];
        loess->knots[k++].at = last;
    }
    if (settings->extend) {
        loess->knots[k++] = knot_at(settings, settings->points);
    }
    loess->knot_count = k;
}

static double knot_bandwidth(const struct loess *loess, const struct loess_knot *knot)
{
    int64_t last = knot->left + knot->count - 1;
    int64_t bandwidth = larger(knot->at - knot->left, last - knot->at);
    if (loess->settings.window > loess->settings.points) {
        bandwidth += (loess->settings.window - loess->settings.points) / 2;
    }
    return (double)bandwidth;
}

/* ---- weights of one knot ------------------------------------------------------------------ */

static double row_kernel(const struct loess *loess, const struct loess_knot *knot, double *row)
{
    double bandwidth = knot_bandwidth(loess, knot);
    double sum = 0;
    for (int64_t j = 0; j < knot->count; j++) {
        row[j] = loess_tricube(fabs((double)(knot->left + j - knot->at)), bandwidth);
        sum += row[j];
    }
    return sum;
}

/* Final weights over the window, as subroutine est of the Fortran computes them. */
static void row_weights(const struct loess *loess, const struct loess_knot *knot, double *row)
{
    double sum = row_kernel(loess, knot, row);
    double mean = 0;
    double spread = 0;
    for (int64_t j = 0; j < knot->count; j++) {
        row[j] /= sum;
        mean += row[j] * (double)(knot->left + j);
    }
    if (loess->settings.degree == 0) {
        return;
    }
    for (int64_t j = 0; j < knot->count; j++) {
        double offset = (double)(knot->left + j) - mean;
        spread += row[j] * offset * offset;
    }
    if (spread <= loess_smallest_spread(loess)) {
        return;
    }
    double slope = ((double)knot->at - mean) / spread;
    for (int64_t j = 0; j < knot->count; j++) {
        row[j] *= slope * ((double)(knot->left + j) - mean) + 1;
    }
}

/* ---- tiles -------------------------------------------------------------------------------- */

static bool knot_is_centred(const struct loess *loess, const struct loess_knot *knot)
{
    return knot->count == loess->settings.window && knot->at == knot->anchor &&
           knot->at - knot->left == (loess->settings.window - 1) / 2;
}

static int64_t centred_run(const struct loess *loess, int64_t first)
{
    int64_t end = first;
    while (end < loess->knot_count && knot_is_centred(loess, &loess->knots[end])) {
        end++;
    }
    return end - first;
}

static struct loess_tile tile_over(const struct loess *loess, int64_t first, int64_t knots)
{
    int64_t left = loess->knots[first].left;
    int64_t end = left;
    for (int64_t k = first; k < first + knots; k++) {
        left = smaller(left, loess->knots[k].left);
        end = larger(end, loess->knots[k].left + loess->knots[k].count);
    }
    return (struct loess_tile){
        .first_knot = first, .knots = knots, .left = left, .count = end - left};
}

static void cut_tiles(struct loess *loess)
{
    int64_t first = 0;
    int64_t count = 0;
    while (first < loess->knot_count) {
        int64_t run = centred_run(loess, first);
        int64_t knots = TILE_KNOTS;
        if (run < SHARED_KNOTS) {
            for (int64_t k = first; k < first + knots && k < loess->knot_count; k++) {
                if (centred_run(loess, k) >= SHARED_KNOTS) {
                    knots = k - first;
                    break;
                }
            }
        }
        knots = smaller(knots, loess->knot_count - first);
        loess->tiles[count] = tile_over(loess, first, knots);
        loess->widest_tile = larger(loess->widest_tile, loess->tiles[count].count);
        first += knots;
        count++;
    }
    loess->tile_count = count;
}

static bool tiles_agree(const struct loess *loess, const struct loess_tile *a,
                        const struct loess_tile *b)
{
    if (a->knots != TILE_KNOTS || b->knots != TILE_KNOTS || a->count != b->count) {
        return false;
    }
    for (int64_t k = 0; k < TILE_KNOTS; k++) {
        const struct loess_knot *one = &loess->knots[a->first_knot + k];
        const struct loess_knot *other = &loess->knots[b->first_knot + k];
        if (!knot_is_centred(loess, one) || !knot_is_centred(loess, other) ||
            one->left - a->left != other->left - b->left) {
            return false;
        }
    }
    return true;
}

typedef void row_function(const struct loess *, const struct loess_knot *, double *);

static void row_of_kernel(const struct loess *loess, const struct loess_knot *knot, double *row)
{
    row_kernel(loess, knot, row);
}

/* @p block is [count, TILE_KNOTS] with room for one more row of `count` behind it. */
static void tile_fill(const struct loess *loess, const struct loess_tile *tile, row_function *fill,
                      double *block)
{
    double *row = block + tile->count * TILE_KNOTS;
    memset(block, 0, (size_t)(tile->count * TILE_KNOTS) * sizeof *block);
    for (int64_t k = 0; k < tile->knots; k++) {
        const struct loess_knot *knot = &loess->knots[tile->first_knot + k];
        fill(loess, knot, row);
        double *column = block + (knot->left - tile->left) * TILE_KNOTS + k;
        for (int64_t j = 0; j < knot->count; j++) {
            column[j * TILE_KNOTS] = row[j];
        }
    }
}

/* True where the tile is one filter moved on point by point. */
static bool tile_is_filter(const struct loess *loess, const struct loess_tile *tile)
{
    return tiles_agree(loess, tile, tile) && knot_spacing(&loess->settings) == 1;
}

static int64_t tile_storage(const struct loess *loess, const struct loess_tile *tile)
{
    return tile_is_filter(loess, tile) ? tile->count + TILE_KNOTS - 1 : tile->count * TILE_KNOTS;
}

/* Weights of the tile at @p storage; the pointer that the sums start from. */
static const double *tile_store(const struct loess *loess, const struct loess_tile *tile,
                                row_function *fill, double *storage)
{
    if (!tile_is_filter(loess, tile)) {
        tile_fill(loess, tile, fill, storage);
        return storage;
    }
    memset(storage, 0, (size_t)tile_storage(loess, tile) * sizeof *storage);
    fill(loess, &loess->knots[tile->first_knot], storage + TILE_KNOTS - 1);
    return storage + TILE_KNOTS - 1;
}

/* Lays out, and on the second call fills, the stored weights; returns the doubles used. The spare
 * row that tile_fill() needs spills into what is filled later. */
static int64_t tiles_store(struct loess *loess, double *storage)
{
    int64_t used = 0;
    for (int64_t t = 0; t < loess->tile_count; t++) {
        struct loess_tile *tile = &loess->tiles[t];
        int64_t size = tile_storage(loess, tile);
        tile->filter = tile_is_filter(loess, tile);
        if (t > 0 && tiles_agree(loess, tile, tile - 1)) {
            tile->weights = tile[-1].weights;
            tile->kernel = tile[-1].kernel;
        } else if (used + 2 * size <= STORED_WEIGHTS) {
            if (storage != NULL) {
                tile->weights = tile_store(loess, tile, row_weights, storage + used);
                tile->kernel = tile_store(loess, tile, row_of_kernel, storage + used + size);
            }
            used += 2 * size;
        } else {
            tile->filter = false;
        }
    }
    return used;
}

bool loess_is_short(const struct loess *loess)
{
    return loess->settings.points <= SHORT_SERIES;
}

/* Every window has as many points: the fewer of window and series. */
int64_t loess_row_width(const struct loess *loess)
{
    return smaller(loess->settings.window, loess->settings.points);
}

static void rows_store(struct loess *loess, double *rows)
{
    for (int64_t k = 0; k < loess->knot_count; k++) {
        row_kernel(loess, &loess->knots[k], rows + k * loess_row_width(loess));
    }
    loess->rows = rows;
}

/* Long windows at every point are fitted from sums of powers. */
static enum status filter_moments(struct loess *loess)
{
    enum status status = STATUS_OK;
    if (!loess_moments_pay(&loess->settings)) {
        return STATUS_OK;
    }
    TRY(memory_allocate((size_t)loess->knot_count, sizeof *loess->bandwidths, &loess->bandwidths));
    for (int64_t k = 0; k < loess->knot_count; k++) {
        loess->bandwidths[k] = (int32_t)knot_bandwidth(loess, &loess->knots[k]);
    }
    TRY(loess_moments_create(&loess->settings, loess_smallest_spread(loess), loess->bandwidths,
                             &loess->moments));
done:
    return status;
}

/* Knots away from the ends go through one transform where that is faster. */
static enum status filter_transform(struct loess *loess)
{
    const struct loess_settings *settings = &loess->settings;
    for (int64_t t = 0; t < loess->tile_count; t++) {
        if (loess->tiles[t].filter && convolution_pays(settings->points, settings->window)) {
            return convolution_create(settings->points, loess->tiles[t].weights, settings->window,
                                      &loess->convolution);
        }
    }
    return STATUS_OK;
}

enum status loess_create(const struct loess_settings *settings, struct loess **out)
{
    enum status status = STATUS_OK;
    struct loess *loess = NULL;
    *out = NULL;
    FAIL_IF(settings->points < 2 || settings->window < 3 || settings->window % 2 == 0 ||
                settings->jump < 1 || settings->degree < 0 || settings->degree > 1,
            STATUS_USAGE,
            "loess over %lld points with window %lld, jump %lld, degree %d: the window is odd and "
            "at least 3, the jump at least 1, the degree 0 or 1",
            (long long)settings->points, (long long)settings->window, (long long)settings->jump,
            settings->degree);
    TRY(memory_allocate(1, sizeof *loess, &loess));
    loess->settings = *settings;
    size_t most = (size_t)((settings->points - 1) / knot_spacing(settings) + 4);
    TRY(memory_allocate(most, sizeof *loess->knots, &loess->knots));
    TRY(memory_allocate(most, sizeof *loess->tiles, &loess->tiles));
    place_knots(loess);
    cut_tiles(loess);
    int64_t used = tiles_store(loess, NULL);
    int64_t row_count = loess_is_short(loess) ? loess->knot_count * loess_row_width(loess) : 0;
    loess->storage_count = (size_t)(used + row_count + loess->widest_tile);
    TRY(memory_allocate(loess->storage_count, sizeof *loess->storage, &loess->storage));
    tiles_store(loess, loess->storage);
    if (loess_is_short(loess)) {
        rows_store(loess, loess->storage + used);
    }
    TRY(filter_transform(loess));
    TRY(filter_moments(loess));
    *out = loess;
    loess = NULL;
done:
    loess_destroy(&loess);
    return status;
}

void loess_destroy(struct loess **loess)
{
    if (*loess != NULL) {
        free((*loess)->knots);
        free((*loess)->tiles);
        free((*loess)->storage);
        free((*loess)->bandwidths);
        convolution_destroy(&(*loess)->convolution);
        loess_moments_destroy(&(*loess)->moments);
        free(*loess);
        *loess = NULL;
    }
}

size_t loess_bytes(const struct loess *loess)
{
    return sizeof *loess + loess->storage_count * sizeof *loess->storage +
           (size_t)loess->knot_count * (sizeof *loess->knots + sizeof *loess->tiles) +
           (loess->convolution != NULL ? convolution_bytes(loess->convolution) : 0) +
           (loess->moments != NULL ? loess_moments_bytes(loess->moments) +
                                         (size_t)loess->knot_count * sizeof *loess->bandwidths
                                   : 0);
}

int64_t loess_outputs(const struct loess *loess)
{
    return loess->settings.points + (loess->settings.extend ? 2 : 0);
}

size_t loess_scratch_size(const struct loess *loess)
{
    size_t tile = (size_t)(loess->widest_tile * (TILE_KNOTS + 1));
    size_t transform =
        loess->convolution != NULL ? convolution_scratch_size(loess->convolution) : 0;
    size_t most = tile > transform ? tile : transform;
    size_t powers = loess->moments != NULL ? loess_moments_scratch_size(loess->moments) : 0;
    return most > powers ? most : powers;
}

/* ---- evaluation --------------------------------------------------------------------------- */

/* A tile's weights: a block [count, TILE_KNOTS], or, where every knot is the same filter moved on
 * by one point, the bare filter with zeros around it, which stays in the nearest cache. */
struct tile_weights {
    const double *first;
    bool filter;
};

static inline __attribute__((always_inline)) double weight_at(const double *weights, int64_t i,
                                                              int k, const bool filter)
{
    return filter ? weights[i - k] : weights[i * TILE_KNOTS + k];
}

/* sums[knot, lane] += weights[i, knot] * values[i, lane], one chain per sum. */
static inline __attribute__((always_inline)) void add_sums(const double *restrict weights,
                                                           const double *restrict values,
                                                           int64_t count, double *restrict sums,
                                                           const bool filter)
{
    double sum[TILE_KNOTS][LANES] = {{0}};
    for (int64_t i = 0; i < count; i++) {
        for (int k = 0; k < TILE_KNOTS; k++) {
            double weight = weight_at(weights, i, k, filter);
            EACH_LANE (lane) {
                sum[k][lane] = __builtin_fma(weight, values[i * LANES + lane], sum[k][lane]);
            }
        }
    }
    memcpy(sums, sum, sizeof sum);
}

KERNEL_CLONES
static void tile_sums(struct tile_weights weights, const double *values, int64_t count,
                      double *sums)
{
    if (weights.filter) {
        add_sums(weights.first, values, count, sums, true);
    } else {
        add_sums(weights.first, values, count, sums, false);
    }
}

/* The same for values and values * u, u the distance from @p centre. */
static inline __attribute__((always_inline)) void
add_line_sums(const double *restrict weights, const double *restrict values, int64_t count,
              double centre, double *restrict sums, const bool filter)
{
    double sum[TILE_KNOTS][LANES] = {{0}};
    double line[TILE_KNOTS][LANES] = {{0}};
    for (int64_t i = 0; i < count; i++) {
        double u = (double)i - centre;
        double tilted[LANES];
        EACH_LANE (lane) {
            tilted[lane] = u * values[i * LANES + lane];
        }
        for (int k = 0; k < TILE_KNOTS; k++) {
            double weight = weight_at(weights, i, k, filter);
            EACH_LANE (lane) {
                sum[k][lane] = __builtin_fma(weight, values[i * LANES + lane], sum[k][lane]);
                line[k][lane] = __builtin_fma(weight, tilted[lane], line[k][lane]);
            }
        }
    }
    memcpy(sums, sum, sizeof sum);
    memcpy(sums + TILE_KNOTS * LANES, line, sizeof line);
}

KERNEL_CLONES
static void tile_line_sums(struct tile_weights weights, const double *values, int64_t count,
                           double centre, double *sums)
{
    if (weights.filter) {
        add_line_sums(weights.first, values, count, centre, sums, true);
    } else {
        add_line_sums(weights.first, values, count, centre, sums, false);
    }
}

/* sums[knot, lane] of values * u * u. */
static inline __attribute__((always_inline)) void
add_square_sums(const double *restrict weights, const double *restrict values, int64_t count,
                double centre, double *restrict sums, const bool filter)
{
    double sum[TILE_KNOTS][LANES] = {{0}};
    for (int64_t i = 0; i < count; i++) {
        double u = (double)i - centre;
        double squared[LANES];
        EACH_LANE (lane) {
            squared[lane] = u * u * values[i * LANES + lane];
        }
        for (int k = 0; k < TILE_KNOTS; k++) {
            double weight = weight_at(weights, i, k, filter);
            EACH_LANE (lane) {
                sum[k][lane] = __builtin_fma(weight, squared[lane], sum[k][lane]);
            }
        }
    }
    memcpy(sums, sum, sizeof sum);
}

KERNEL_CLONES
static void tile_square_sums(struct tile_weights weights, const double *values, int64_t count,
                             double centre, double *sums)
{
    if (weights.filter) {
        add_square_sums(weights.first, values, count, centre, sums, true);
    } else {
        add_square_sums(weights.first, values, count, centre, sums, false);
    }
}

static double tile_centre(const struct loess_tile *tile)
{
    return 0.5 * (double)(tile->count - 1);
}

static double *knot_output(const struct loess *loess, const struct loess_knot *knot, double *smooth)
{
    return smooth + (knot->at + (loess->settings.extend ? 1 : 0)) * LANES;
}

KERNEL_CLONES
static void interpolate_rows(const double *restrict first, const double *restrict last,
                             double *restrict between, int64_t gap)
{
    double delta[LANES];
    EACH_LANE (lane) {
        delta[lane] = (last[lane] - first[lane]) / (double)gap;
    }
    for (int64_t i = 1; i < gap; i++) {
        EACH_LANE (lane) {
            between[(i - 1) * LANES + lane] = first[lane] + delta[lane] * (double)i;
        }
    }
}

void loess_interpolate(const struct loess *loess, double *smooth)
{
    int64_t shift = loess->settings.extend ? 1 : 0;
    for (int64_t k = 0; k + 1 < loess->knot_count; k++) {
        int64_t first = loess->knots[k].at;
        int64_t gap = loess->knots[k + 1].at - first;
        if (gap > 1) {
            double *row = smooth + (first + shift) * LANES;
            interpolate_rows(row, row + gap * LANES, row + LANES, gap);
        }
    }
}

void loess_smooth(const struct loess *loess, const double *values, double *smooth, double *scratch)
{
    double sums[TILE_KNOTS * LANES] __attribute__((aligned(64)));
    if (loess->convolution != NULL) {
        int64_t centred = (loess->settings.window - 1) / 2 + (loess->settings.extend ? 1 : 0);
        convolution_apply(loess->convolution, values, smooth + centred * LANES, scratch);
    }
    for (int64_t t = 0; t < loess->tile_count; t++) {
        const struct loess_tile *tile = &loess->tiles[t];
        if (loess->convolution != NULL && tile->filter) {
            continue;
        }
        struct tile_weights weights = {tile->weights, tile->filter};
        if (weights.first == NULL) {
            tile_fill(loess, tile, row_weights, scratch);
            weights.first = scratch;
        }
        tile_sums(weights, values + tile->left * LANES, tile->count, sums);
        for (int64_t k = 0; k < tile->knots; k++) {
            memcpy(knot_output(loess, &loess->knots[tile->first_knot + k], smooth),
                   sums + k * LANES, LANES * sizeof *sums);
        }
    }
    loess_interpolate(loess, smooth);
}

/* ---- weighted points ---------------------------------------------------------------------- */

/* Per tile: factors [2, knot, lane] of the sum and of the line sum. */
enum {
    TILE_COEFFICIENTS = 2 * TILE_KNOTS * LANES
};

size_t loess_coefficients_size(const struct loess *loess)
{
    if (loess_is_short(loess)) {
        return loess_rows_size(loess, false);
    }
    if (loess->moments != NULL) {
        return loess_moments_coefficients_size(loess->settings.points);
    }
    return (size_t)loess->tile_count * TILE_COEFFICIENTS;
}

/* Factors of sum and line sum in the fitted value at distance @p at from the tile's centre. Both
 * are zero where no point has weight. */
KERNEL_CLONES
static void solve_lanes(const double *restrict sum, const double *restrict line,
                        const double *restrict square, double at, double smallest,
                        double *restrict factor, double *restrict slope)
{
    EACH_LANE (lane) {
        double total = sum[lane] > 0 ? sum[lane] : 1;
        double mean = line[lane] / total;
        double spread = square[lane] / total - mean * mean;
        double tilt = spread > smallest ? (at - mean) / spread : 0;
        factor[lane] = sum[lane] > 0 ? (1 - tilt * mean) / total : 0;
        slope[lane] = sum[lane] > 0 ? tilt / total : 0;
    }
}

static struct tile_weights tile_kernel(const struct loess *loess, const struct loess_tile *tile,
                                       double *scratch)
{
    if (tile->kernel == NULL) {
        tile_fill(loess, tile, row_of_kernel, scratch);
        return (struct tile_weights){scratch, false};
    }
    return (struct tile_weights){tile->kernel, tile->filter};
}

static double smallest_spread(const struct loess *loess)
{
    return loess->settings.degree == 0 ? INFINITY : loess_smallest_spread(loess);
}

void loess_fit(const struct loess *loess, const double *weights, double *coefficients,
               double *scratch)
{
    if (loess_is_short(loess)) {
        loess_rows_fit(loess, NULL, weights, coefficients);
        return;
    }
    if (loess->moments != NULL) {
        loess_moments_fit(loess->moments, NULL, weights, coefficients, scratch);
        return;
    }
    double sums[3 * TILE_KNOTS * LANES] __attribute__((aligned(64)));
    const double smallest = smallest_spread(loess);
    for (int64_t t = 0; t < loess->tile_count; t++) {
        const struct loess_tile *tile = &loess->tiles[t];
        const struct tile_weights kernel = tile_kernel(loess, tile, scratch);
        const double *first = weights + tile->left * LANES;
        const double centre = tile_centre(tile);
        tile_line_sums(kernel, first, tile->count, centre, sums);
        tile_square_sums(kernel, first, tile->count, centre, sums + 2 * TILE_KNOTS * LANES);
        for (int64_t k = 0; k < tile->knots; k++) {
            const double *sum = sums + k * LANES;
            double at = (double)(loess->knots[tile->first_knot + k].at - tile->left) - centre;
            double *factor = coefficients + t * TILE_COEFFICIENTS + k * LANES;
            solve_lanes(sum, sum + TILE_KNOTS * LANES, sum + 2 * TILE_KNOTS * LANES, at, smallest,
                        factor, factor + TILE_KNOTS * LANES);
        }
    }
}

KERNEL_CLONES
static void combine_lanes(const double *restrict sums, const double *restrict factor,
                          const double *restrict own, double *restrict out)
{
    EACH_LANE (lane) {
        double fitted =
            __builtin_fma(factor[lane], sums[lane],
                          factor[TILE_KNOTS * LANES + lane] * sums[TILE_KNOTS * LANES + lane]);
        bool empty = factor[lane] == 0 && factor[TILE_KNOTS * LANES + lane] == 0;
        out[lane] = empty ? own[lane] : fitted;
    }
}

static void tile_smooth_weighted(const struct loess *loess, int64_t t, const double *coefficients,
                                 const double *weighted, const double *values, double *smooth,
                                 double *scratch)
{
    double sums[2 * TILE_KNOTS * LANES] __attribute__((aligned(64)));
    const struct loess_tile *tile = &loess->tiles[t];
    tile_line_sums(tile_kernel(loess, tile, scratch), weighted + tile->left * LANES, tile->count,
                   tile_centre(tile), sums);
    for (int64_t k = 0; k < tile->knots; k++) {
        const struct loess_knot *knot = &loess->knots[tile->first_knot + k];
        int64_t own = larger(0, smaller(knot->at, loess->settings.points - 1));
        combine_lanes(sums + k * LANES, coefficients + t * TILE_COEFFICIENTS + k * LANES,
                      values + own * LANES, knot_output(loess, knot, smooth));
    }
}

/* True where no point in the window of the first or last knot has weight. */
static bool end_is_empty(const struct loess *loess, const double *coefficients, int side, int lane)
{
    int64_t tile = side * (loess->tile_count - 1);
    int64_t slot = side * (loess->tiles[tile].knots - 1);
    const double *factor = coefficients + tile * TILE_COEFFICIENTS + slot * LANES + lane;
    return factor[0] == 0 && factor[TILE_KNOTS * LANES] == 0;
}

/* A point beyond the ends whose window has no weight takes its neighbour's result. */
static void extend_empty_ends(const struct loess *loess, const double *coefficients, double *smooth)
{
    double *outer[2] = {smooth, smooth + (loess->settings.points + 1) * LANES};
    const double *inner[2] = {smooth + LANES, smooth + loess->settings.points * LANES};
    for (int side = 0; side < 2; side++) {
        for (int lane = 0; lane < LANES; lane++) {
            if (end_is_empty(loess, coefficients, side, lane)) {
                outer[side][lane] = inner[side][lane];
            }
        }
    }
}

void loess_smooth_weighted(const struct loess *loess, const double *coefficients,
                           const double *weighted, const double *values, double *smooth,
                           double *scratch)
{
    if (loess->moments != NULL) {
        loess_moments_smooth(loess->moments, NULL, coefficients, weighted, values, smooth, scratch);
        return;
    }
    if (loess_is_short(loess)) {
        loess_rows_apply(loess, NULL, coefficients, values, smooth);
        return;
    }
    for (int64_t t = 0; t < loess->tile_count; t++) {
        tile_smooth_weighted(loess, t, coefficients, weighted, values, smooth, scratch);
    }
    if (loess->settings.extend) {
        extend_empty_ends(loess, coefficients, smooth);
    }
    loess_interpolate(loess, smooth);
}

/* ---- one output as a row ------------------------------------------------------------------ */

static void add_knot(const struct loess *loess, const struct loess_knot *knot, double factor,
                     double *window, double *row)
{
    row_weights(loess, knot, window);
    for (int64_t j = 0; j < knot->count; j++) {
        row[knot->left + j] += factor * window[j];
    }
}

void loess_row(const struct loess *loess, int64_t output, double *row, double *window)
{
    int64_t at = output - (loess->settings.extend ? 1 : 0);
    int64_t k = 0;
    while (k + 1 < loess->knot_count && loess->knots[k + 1].at <= at) {
        k++;
    }
    const struct loess_knot *knot = &loess->knots[k];
    memset(row, 0, (size_t)loess->settings.points * sizeof *row);
    if (knot->at == at) {
        add_knot(loess, knot, 1, window, row);
        return;
    }
    double share = (double)(at - knot->at) / (double)(knot[1].at - knot->at);
    add_knot(loess, knot, 1 - share, window, row);
    add_knot(loess, knot + 1, share, window, row);
}
