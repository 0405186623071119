/* airshed -- GPL-3.0-or-later. Weighted local fits over long windows from sums of powers. */
#include "loess_moments_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "loess_internal.h"

/* Powers 0 to 10 give the sums of weight * value and weight * d * value, power 11 also that of
 * d^2. */
enum {
    LINE_POWERS = 11,
    SQUARE_POWERS = 12,
    SHIFT_SIZE = SQUARE_POWERS * (SQUARE_POWERS + 1) / 2
};

/* ---- plan ---------------------------------------------------------------------------------- */

/* Running sums cost about as much as 64 points of a window at every point, their combination as
 * 200 at every output. Rows of sums are numbered in 32 bits. */
bool loess_moments_pay(const struct loess_settings *settings)
{
    return settings->jump == 1 && !settings->extend && settings->window > 264 &&
           settings->points < 1 << 22;
}

/* Largest power of two within 0.45 of the narrowest bandwidth. */
static int64_t chunk_length(int64_t window)
{
    int64_t chunk = 1;
    while (2 * chunk <= (window - 1) / 2 * 9 / 20) {
        chunk *= 2;
    }
    return chunk;
}

static int64_t shift_row(int power)
{
    return power * (power + 1) / 2;
}

/* Powers about a point at distance @p tau: row k holds the factors of the powers 0 to k in
 * (u - tau)^k. */
static void shift_fill(double tau, double *shift)
{
    for (int k = 0; k < SQUARE_POWERS; k++) {
        double *row = shift + shift_row(k);
        double factor = 1;
        for (int i = k; i >= 0; i--) {
            row[i] = factor;
            factor *= -tau * (double)i / (double)(k - i + 1);
        }
    }
}

enum status loess_moments_create(const struct loess_settings *settings, double smallest_spread,
                                 const int32_t *bandwidths, struct loess_moments **out)
{
    enum status status = STATUS_OK;
    struct loess_moments *moments = NULL;
    *out = NULL;
    TRY(memory_allocate(1, sizeof *moments, &moments));
    *moments = (struct loess_moments){.points = settings->points,
                                      .chunk = chunk_length(settings->window),
                                      .degree = settings->degree,
                                      .smallest_spread = smallest_spread,
                                      .bandwidths = bandwidths};
    TRY(memory_allocate((size_t)(moments->chunk * SHIFT_SIZE), sizeof(double), &moments->shifts));
    for (int64_t i = 0; i < moments->chunk; i++) {
        shift_fill((double)(i - moments->chunk / 2), moments->shifts + i * SHIFT_SIZE);
    }
    *out = moments;
    moments = NULL;
done:
    loess_moments_destroy(&moments);
    return status;
}

void loess_moments_destroy(struct loess_moments **moments)
{
    if (*moments != NULL) {
        free((*moments)->shifts);
        free(*moments);
        *moments = NULL;
    }
}

size_t loess_moments_bytes(const struct loess_moments *moments)
{
    return sizeof *moments + (size_t)(moments->chunk * SHIFT_SIZE) * sizeof(double);
}

/* Factors of sum and line sum, then for each point the lanes that are summed directly. */
size_t loess_moments_coefficients_size(int64_t points)
{
    return (size_t)(points * (2 * LANES + 1));
}

size_t loess_moments_scratch_size(const struct loess_moments *moments)
{
    return (size_t)((moments->points + moments->chunk) * SQUARE_POWERS * LANES);
}

/* ---- running sums -------------------------------------------------------------------------- */

/* Adds the powers of @p count points, one after the other in direction @p step, to @p sums; each
 * state is kept in @p rows where `keep`. @p u is the place of the first point. */
static inline __attribute__((always_inline)) void run_powers(const double *values, int64_t count,
                                                             int64_t step, double u, double *sums,
                                                             double *rows, const int powers,
                                                             const bool keep)
{
    lane_row sum[SQUARE_POWERS];
#pragma GCC unroll 12
    for (int k = 0; k < powers; k++) {
        sum[k] = *(const lane_row *)(sums + k * LANES);
    }
    for (int64_t i = 0; i < count; i++) {
        lane_row term = *(const lane_row *)(values + i * step * LANES);
#pragma GCC unroll 12
        for (int k = 0; k < powers; k++) {
            sum[k] += term;
            term *= u;
            if (keep) {
                *(lane_row *)(rows + (i * powers + k) * LANES) = sum[k];
            }
        }
        u += (double)step;
    }
#pragma GCC unroll 12
    for (int k = 0; k < powers; k++) {
        *(lane_row *)(sums + k * LANES) = sum[k];
    }
}

KERNEL_CLONES
static void run_lines(const double *values, int64_t count, int64_t step, double u, double *sums,
                      double *rows)
{
    if (rows != NULL) {
        run_powers(values, count, step, u, sums, rows, LINE_POWERS, true);
    } else {
        run_powers(values, count, step, u, sums, rows, LINE_POWERS, false);
    }
}

KERNEL_CLONES
static void run_squares(const double *values, int64_t count, int64_t step, double u, double *sums,
                        double *rows)
{
    if (rows != NULL) {
        run_powers(values, count, step, u, sums, rows, SQUARE_POWERS, true);
    } else {
        run_powers(values, count, step, u, sums, rows, SQUARE_POWERS, false);
    }
}

/* Outputs [first, end) and how far their windows reach to the left and right, over all lanes. */
struct chunk {
    int64_t first;
    int64_t end;
    int64_t centre;
    int64_t left_near;
    int64_t left_far;
    int64_t right_near;
    int64_t right_far;
    int64_t widest; /* bandwidth */
    double *right;  /* rows of sums from `first` on */
    double *left;   /* rows of sums from `end - 1` down */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Points with weight on either side of an output: none beyond 0.999 of the bandwidth. */
static inline int32_t reach_of(int32_t bandwidth)
{
    return (int32_t)(0.999 * (double)bandwidth);
}

/* Narrowest and widest windows of the lanes, as ends in the series, over some outputs. */
struct reaches {
    int32_t left_near[LANES];
    int32_t left_far[LANES];
    int32_t right_near[LANES];
    int32_t right_far[LANES];
    int32_t widest[LANES];
};

KERNEL_CLONES
static void find_reaches(const int32_t *restrict bandwidths, int64_t stride, int32_t first,
                         int32_t end, struct reaches *restrict reaches)
{
    for (int32_t output = first; output < end; output++) {
        EACH_LANE (lane) {
            int32_t bandwidth = bandwidths[stride > 1 ? output * LANES + lane : output];
            int32_t left = output - reach_of(bandwidth);
            int32_t right = output + reach_of(bandwidth);
            reaches->left_near[lane] =
                left > reaches->left_near[lane] ? left : reaches->left_near[lane];
            reaches->left_far[lane] =
                left < reaches->left_far[lane] ? left : reaches->left_far[lane];
            reaches->right_near[lane] =
                right < reaches->right_near[lane] ? right : reaches->right_near[lane];
            reaches->right_far[lane] =
                right > reaches->right_far[lane] ? right : reaches->right_far[lane];
            reaches->widest[lane] =
                bandwidth > reaches->widest[lane] ? bandwidth : reaches->widest[lane];
        }
    }
}

static struct chunk chunk_at(const struct loess_moments *moments, const int32_t *bandwidths,
                             int64_t first)
{
    const int64_t last = moments->points - 1;
    const int64_t stride = bandwidths != NULL ? LANES : 1;
    struct chunk chunk = {.first = first,
                          .end = smaller(first + moments->chunk, moments->points),
                          .centre = first + moments->chunk / 2,
                          .left_far = last,
                          .right_near = last};
    struct reaches reaches = {.widest = {0}};
    for (int lane = 0; lane < LANES; lane++) {
        reaches.left_far[lane] = reaches.right_near[lane] = (int32_t)last;
    }
    find_reaches(stride > 1 ? bandwidths : moments->bandwidths, stride, (int32_t)first,
                 (int32_t)chunk.end, &reaches);
    for (int lane = 0; lane < LANES; lane++) {
        chunk.left_near = larger(chunk.left_near, reaches.left_near[lane]);
        chunk.left_far = larger(0, smaller(chunk.left_far, reaches.left_far[lane]));
        chunk.right_near = smaller(chunk.right_near, reaches.right_near[lane]);
        chunk.right_far = smaller(last, larger(chunk.right_far, reaches.right_far[lane]));
        chunk.widest = larger(chunk.widest, reaches.widest[lane]);
    }
    return chunk;
}

typedef void run_function(const double *, int64_t, int64_t, double, double *, double *);

/* Rows of sums from point @p from to @p far in steps of @p step. Between @p inner, the last output,
 * and @p near, the nearest end of a window, nobody asks for them. */
static void side_run(const double *values, const struct chunk *chunk, run_function *run,
                     int64_t step, int64_t near, int64_t far, double *rows, int powers)
{
    double sums[SQUARE_POWERS * LANES] __attribute__((aligned(64))) = {0};
    const int64_t from = step > 0 ? chunk->first : chunk->end - 1;
    const int64_t outputs = chunk->end - chunk->first;
    const int64_t skip = larger(outputs, (near - from) * step);
    const int64_t count = larger(outputs, (far - from) * step + 1);
    const double u = (double)(from - chunk->centre);
    run(values + from * LANES, outputs, step, u, sums, rows);
    run(values + (from + outputs * step) * LANES, skip - outputs, step,
        u + (double)(outputs * step), sums, NULL);
    run(values + (from + skip * step) * LANES, count - skip, step, u + (double)(skip * step), sums,
        rows + skip * powers * LANES);
}

static void chunk_run(struct chunk *chunk, const double *values, run_function *run, int powers,
                      double *scratch)
{
    chunk->right = scratch;
    side_run(values, chunk, run, 1, chunk->right_near, chunk->right_far, chunk->right, powers);
    chunk->left = scratch + larger(chunk->end, chunk->right_far + 1) * powers * LANES -
                  chunk->first * powers * LANES;
    side_run(values, chunk, run, -1, chunk->left_near, chunk->left_far, chunk->left, powers);
}

/* ---- sums over windows --------------------------------------------------------------------- */

/* What one output needs; `total` is the weight in the running sums behind it. */
struct output_sums {
    double sum[LANES];
    double line[LANES];
    double square[LANES];
    double total[LANES];
};

/* sum over i of shift[i] * moment[i], the power k about the output itself. */
static inline __attribute__((always_inline)) void moved_power(const double *restrict shift,
                                                              double (*restrict moment)[LANES],
                                                              const int k, double *restrict moved)
{
    const double *restrict row = shift + k * (k + 1) / 2;
    EACH_LANE (lane) {
        double power = row[0] * moment[0][lane];
        for (int i = 1; i <= k; i++) {
            power = __builtin_fma(row[i], moment[i][lane], power);
        }
        moved[lane] = power;
    }
}

/* Sum of tricube * d^order * value from the sums of powers to the right plus and minus those to the
 * left: 1 - 3 r^3 + 3 r^6 - r^9 with r = |d| / h. */
static inline __attribute__((always_inline)) void tricube_sum(const double *restrict shift,
                                                              double (*restrict even)[LANES],
                                                              double (*restrict odd)[LANES],
                                                              const double *restrict cubed,
                                                              const int order, double *restrict sum)
{
    double p0[LANES], p3[LANES], p6[LANES], p9[LANES];
    moved_power(shift, even, order, p0);
    moved_power(shift, odd, order + 3, p3);
    moved_power(shift, even, order + 6, p6);
    moved_power(shift, odd, order + 9, p9);
    EACH_LANE (lane) {
        double c = cubed[lane];
        double tail = __builtin_fma(-c, p9[lane], 3 * p6[lane]);
        tail = __builtin_fma(c, tail, -3 * p3[lane]);
        sum[lane] = __builtin_fma(c, tail, p0[lane]);
    }
}

/* Rows at the ends of each lane's window, and 1 / h^3. */
struct window_ends {
    int32_t right[LANES];
    int32_t left[LANES];
    double cubed[LANES];
};

static inline __attribute__((always_inline)) void
find_ends(const struct chunk *chunk, int32_t points, int32_t output,
          const int32_t *restrict bandwidth, struct window_ends *restrict ends, const int powers)
{
    const int32_t first = (int32_t)chunk->first;
    const int32_t last = (int32_t)chunk->end - 1;
    EACH_LANE (lane) {
        int32_t reach = reach_of(bandwidth[lane]);
        int32_t right = output + reach;
        int32_t left = output - reach;
        right = right < points - 1 ? right : points - 1;
        left = left > 0 ? left : 0;
        ends->right[lane] = (right - first) * powers * LANES + lane;
        ends->left[lane] = (last - left) * powers * LANES + lane;
        double h = bandwidth[lane] > 0 ? (double)bandwidth[lane] : 1;
        ends->cubed[lane] = 1 / (h * h * h);
    }
}

/* Sums over the windows of one output; `common` where all lanes have the same window. */
static inline __attribute__((always_inline)) void
sum_output(const struct chunk *chunk, const struct window_ends *restrict ends,
           const double *restrict shift, int64_t output, const double *restrict own,
           struct output_sums *restrict out, const int powers, const bool common)
{
    const double *restrict right = chunk->right + (output - chunk->first) * powers * LANES;
    const double *restrict left = chunk->left + (chunk->end - 1 - output) * powers * LANES;
    double even[SQUARE_POWERS][LANES];
    double odd[SQUARE_POWERS][LANES];
#pragma GCC unroll 12
    for (int k = 0; k < powers; k++) {
        const double *restrict right_end = chunk->right + k * LANES;
        const double *restrict left_end = chunk->left + k * LANES;
        EACH_LANE (lane) {
            int32_t right_row = common ? ends->right[0] + lane : ends->right[lane];
            int32_t left_row = common ? ends->left[0] + lane : ends->left[lane];
            double above = right_end[right_row] - right[k * LANES + lane];
            double below = left_end[left_row] - left[k * LANES + lane];
            if (k == 0) {
                out->total[lane] = right_end[right_row] + left_end[left_row];
            }
            even[k][lane] = above + below;
            odd[k][lane] = above - below;
        }
    }
    tricube_sum(shift, even, odd, ends->cubed, 0, out->sum);
    tricube_sum(shift, even, odd, ends->cubed, 1, out->line);
    if (powers == SQUARE_POWERS) {
        tricube_sum(shift, even, odd, ends->cubed, 2, out->square);
    }
    EACH_LANE (lane) {
        out->sum[lane] += own[lane];
    }
}

/* Adds what the Fortran's weights of distances up to h / 1000, all one, have beyond the tricube. */
KERNEL_CLONES
static void flatten_top(const double *values, int64_t points, int64_t output,
                        const int32_t *restrict bandwidth, int64_t widest,
                        struct output_sums *restrict sums)
{
    for (int64_t d = 1; (double)d <= 0.001 * (double)widest; d++) {
        const double *left = values + larger(0, output - d) * LANES;
        const double *right = values + smaller(points - 1, output + d) * LANES;
        const double left_share = output - d >= 0 ? 1 : 0;
        const double right_share = output + d < points ? 1 : 0;
        EACH_LANE (lane) {
            double h = (double)bandwidth[lane];
            double ratio = (double)d / (h > 0 ? h : 1);
            double cube = ratio * ratio * ratio;
            double rest = (double)d <= 0.001 * h ? cube * (3 - cube * (3 - cube)) : 0;
            double above = rest * right_share * right[lane];
            double below = rest * left_share * left[lane];
            sums->sum[lane] += above + below;
            sums->line[lane] += (double)d * (above - below);
            sums->square[lane] += (double)(d * d) * (above + below);
        }
    }
}

/* ---- direct sums --------------------------------------------------------------------------- */

struct direct_sums {
    double sum;
    double line;
    double square;
};

/* One lane's window point by point, distances from @p centre beyond the output. */
static struct direct_sums direct_sums(const struct loess_moments *moments, int64_t output,
                                      int32_t bandwidth, const double *values, int lane,
                                      double centre)
{
    struct direct_sums sums = {0};
    const int64_t left = larger(0, output - reach_of(bandwidth));
    const int64_t right = smaller(moments->points - 1, output + reach_of(bandwidth));
    for (int64_t j = left; j <= right; j++) {
        double d = (double)(j - output);
        double product = loess_tricube(fabs(d), (double)bandwidth) * values[j * LANES + lane];
        sums.sum += product;
        sums.line += product * (d - centre);
        sums.square += product * (d - centre) * (d - centre);
    }
    return sums;
}

static int32_t bandwidth_at(const struct loess_moments *moments, const int32_t *bandwidths,
                            int64_t output, int lane)
{
    return bandwidths != NULL ? bandwidths[output * LANES + lane] : moments->bandwidths[output];
}

/* ---- fits ---------------------------------------------------------------------------------- */

/* Share of the weight behind an output that its tricube sum needs, times the spread in units of the
 * bandwidth squared: below, the sums of powers would lose more than three digits. */
static const double DOUBTFUL = 1e-3;

/* Factors of sum and line sum in the fitted value; @p doubt marks the lanes to sum directly. */
static inline __attribute__((always_inline)) void
solve_output(const struct output_sums *restrict sums, const int32_t *restrict bandwidth,
             double smallest, double *restrict factor, double *restrict doubt)
{
    EACH_LANE (lane) {
        double sum = sums->sum[lane];
        double total = sum > 0 ? sum : 1;
        double mean = sums->line[lane] / total;
        double spread = sums->square[lane] / total - mean * mean;
        double tilt = spread > smallest ? -mean / spread : 0;
        double h = (double)bandwidth[lane];
        double share = smallest < INFINITY ? sum * spread : sum * h * h;
        doubt[lane] = h > 0 && share < DOUBTFUL * h * h * sums->total[lane] ? 1 : 0;
        factor[lane] = sum > 0 ? (1 - tilt * mean) / total : 0;
        factor[LANES + lane] = sum > 0 ? tilt / total : 0;
    }
}

static double smallest_spread(const struct loess_moments *moments)
{
    return moments->degree == 0 ? INFINITY : moments->smallest_spread;
}

/* The spread is taken about the mean, which may be many spreads away from the output. */
static void solve_directly(const struct loess_moments *moments, int64_t output, int32_t bandwidth,
                           const double *weights, int lane, double *factor)
{
    struct direct_sums sums = direct_sums(moments, output, bandwidth, weights, lane, 0);
    factor[lane] = factor[LANES + lane] = 0;
    if (sums.sum > 0) {
        double mean = sums.line / sums.sum;
        double square = direct_sums(moments, output, bandwidth, weights, lane, mean).square;
        double spread = square / sums.sum;
        double tilt = spread > smallest_spread(moments) ? -mean / spread : 0;
        factor[lane] = (1 - tilt * mean) / sums.sum;
        factor[LANES + lane] = tilt / sums.sum;
    }
}

static inline __attribute__((always_inline)) void
fit_outputs(const struct loess_moments *moments, const struct chunk *chunk,
            const int32_t *bandwidths, const double *weights, double *coefficients, double *doubts,
            const bool common)
{
    for (int64_t output = chunk->first; output < chunk->end; output++) {
        struct window_ends ends;
        struct output_sums sums;
        double doubt[LANES];
        int32_t bandwidth[LANES];
        double mask = 0;
        EACH_LANE (lane) {
            bandwidth[lane] =
                common ? moments->bandwidths[output] : bandwidths[output * LANES + lane];
        }
        find_ends(chunk, (int32_t)moments->points, (int32_t)output, bandwidth, &ends,
                  SQUARE_POWERS);
        sum_output(chunk, &ends, moments->shifts + (output - chunk->first) * SHIFT_SIZE, output,
                   weights + output * LANES, &sums, SQUARE_POWERS, common);
        if (chunk->widest >= 1000) {
            flatten_top(weights, moments->points, output, bandwidth, chunk->widest, &sums);
        }
        solve_output(&sums, bandwidth, smallest_spread(moments), coefficients + output * 2 * LANES,
                     doubt);
        for (int lane = 0; lane < LANES; lane++) {
            mask += doubt[lane] * (double)(1 << lane);
        }
        doubts[output] = mask;
    }
}

KERNEL_CLONES
static void fit_common(const struct loess_moments *moments, const struct chunk *chunk,
                       const double *weights, double *coefficients, double *doubts)
{
    fit_outputs(moments, chunk, NULL, weights, coefficients, doubts, true);
}

KERNEL_CLONES
static void fit_each(const struct loess_moments *moments, const struct chunk *chunk,
                     const int32_t *bandwidths, const double *weights, double *coefficients,
                     double *doubts)
{
    fit_outputs(moments, chunk, bandwidths, weights, coefficients, doubts, false);
}

static bool is_doubtful(double mask, int lane)
{
    return ((int)mask >> lane & 1) != 0;
}

void loess_moments_fit(const struct loess_moments *moments, const int32_t *bandwidths,
                       const double *weights, double *coefficients, double *scratch)
{
    double *doubts = coefficients + moments->points * 2 * LANES;
    for (int64_t first = 0; first < moments->points; first += moments->chunk) {
        struct chunk chunk = chunk_at(moments, bandwidths, first);
        chunk_run(&chunk, weights, run_squares, SQUARE_POWERS, scratch);
        if (bandwidths == NULL) {
            fit_common(moments, &chunk, weights, coefficients, doubts);
        } else {
            fit_each(moments, &chunk, bandwidths, weights, coefficients, doubts);
        }
    }
    for (int64_t output = 0; output < moments->points; output++) {
        for (int lane = 0; doubts[output] != 0 && lane < LANES; lane++) {
            if (is_doubtful(doubts[output], lane)) {
                solve_directly(moments, output, bandwidth_at(moments, bandwidths, output, lane),
                               weights, lane, coefficients + output * 2 * LANES);
            }
        }
    }
}

/* ---- smoothing ----------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void
smooth_outputs(const struct loess_moments *moments, const struct chunk *chunk,
               const int32_t *bandwidths, const double *coefficients, const double *weighted,
               const double *restrict values, double *restrict smooth, const bool common)
{
    for (int64_t output = chunk->first; output < chunk->end; output++) {
        struct window_ends ends;
        struct output_sums sums;
        int32_t bandwidth[LANES];
        const double *restrict factor = coefficients + output * 2 * LANES;
        EACH_LANE (lane) {
            bandwidth[lane] =
                common ? moments->bandwidths[output] : bandwidths[output * LANES + lane];
        }
        find_ends(chunk, (int32_t)moments->points, (int32_t)output, bandwidth, &ends, LINE_POWERS);
        sum_output(chunk, &ends, moments->shifts + (output - chunk->first) * SHIFT_SIZE, output,
                   weighted + output * LANES, &sums, LINE_POWERS, common);
        if (chunk->widest >= 1000) {
            flatten_top(weighted, moments->points, output, bandwidth, chunk->widest, &sums);
        }
        EACH_LANE (lane) {
            double fitted =
                __builtin_fma(factor[lane], sums.sum[lane], factor[LANES + lane] * sums.line[lane]);
            bool empty = factor[lane] == 0 && factor[LANES + lane] == 0;
            smooth[output * LANES + lane] = empty ? values[output * LANES + lane] : fitted;
        }
    }
}

KERNEL_CLONES
static void smooth_common(const struct loess_moments *moments, const struct chunk *chunk,
                          const double *coefficients, const double *weighted, const double *values,
                          double *smooth)
{
    smooth_outputs(moments, chunk, NULL, coefficients, weighted, values, smooth, true);
}

KERNEL_CLONES
static void smooth_each(const struct loess_moments *moments, const struct chunk *chunk,
                        const int32_t *bandwidths, const double *coefficients,
                        const double *weighted, const double *values, double *smooth)
{
    smooth_outputs(moments, chunk, bandwidths, coefficients, weighted, values, smooth, false);
}

static void smooth_directly(const struct loess_moments *moments, int64_t output, int32_t bandwidth,
                            const double *factor, const double *weighted, int lane, double *smooth)
{
    if (factor[lane] != 0 || factor[LANES + lane] != 0) {
        struct direct_sums sums = direct_sums(moments, output, bandwidth, weighted, lane, 0);
        smooth[output * LANES + lane] =
            __builtin_fma(factor[lane], sums.sum, factor[LANES + lane] * sums.line);
    }
}

void loess_moments_smooth(const struct loess_moments *moments, const int32_t *bandwidths,
                          const double *coefficients, const double *weighted, const double *values,
                          double *smooth, double *scratch)
{
    const double *doubts = coefficients + moments->points * 2 * LANES;
    for (int64_t first = 0; first < moments->points; first += moments->chunk) {
        struct chunk chunk = chunk_at(moments, bandwidths, first);
        chunk_run(&chunk, weighted, run_lines, LINE_POWERS, scratch);
        if (bandwidths == NULL) {
            smooth_common(moments, &chunk, coefficients, weighted, values, smooth);
        } else {
            smooth_each(moments, &chunk, bandwidths, coefficients, weighted, values, smooth);
        }
    }
    for (int64_t output = 0; output < moments->points; output++) {
        for (int lane = 0; doubts[output] != 0 && lane < LANES; lane++) {
            if (is_doubtful(doubts[output], lane)) {
                smooth_directly(moments, output, bandwidth_at(moments, bandwidths, output, lane),
                                coefficients + output * 2 * LANES, weighted, lane, smooth);
            }
        }
    }
}
