/* airshed -- GPL-3.0-or-later. Loess over lanes and over gaps, against a plain loess kept here.
 * ranks: 1
 */
#include <stdbool.h>

#include "testing.h"

#include "base/memory.h"
#include "kernels/loess.h"

enum {
    MOST_POINTS = 2600
};

/* ---- a plain loess ------------------------------------------------------------------------ */

/* Local fit at @p at to the points of [left, right] with the given weights; positions count from
 * 0. False where no point has weight. */
static bool plain_fit(const struct loess_settings *settings, const double *y, const double *weight,
                      double at, int64_t left, int64_t right, double bandwidth, double *fitted)
{
    double w[MOST_POINTS];
    double sum = 0;
    double mean = 0;
    double spread = 0;
    for (int64_t j = left; j <= right; j++) {
        double r = fabs((double)j - at);
        double u = r <= 0.001 * bandwidth ? 0 : r / bandwidth;
        w[j] = r <= 0.999 * bandwidth ? weight[j] * pow(1 - u * u * u, 3) : 0;
        sum += w[j];
    }
    if (sum <= 0) {
        return false;
    }
    for (int64_t j = left; j <= right; j++) {
        w[j] /= sum;
        mean += w[j] * (double)j;
    }
    for (int64_t j = left; j <= right; j++) {
        spread += w[j] * ((double)j - mean) * ((double)j - mean);
    }
    double range = (double)(settings->points - 1);
    bool line = settings->degree == 1 && sqrt(spread) > 0.001 * range;
    *fitted = 0;
    for (int64_t j = left; j <= right; j++) {
        double tilt = line ? 1 + (at - mean) / spread * ((double)j - mean) : 1;
        *fitted += w[j] * tilt * y[j];
    }
    return true;
}

/* First and last of the `most` valid points nearest to @p at, by trying every run of them. */
static void plain_nearest(const double *valid, int64_t points, int64_t most, int64_t at,
                          int64_t *left, int64_t *right)
{
    int64_t position[MOST_POINTS];
    int64_t found = 0;
    int64_t best = INT64_MAX;
    for (int64_t i = 0; i < points; i++) {
        if (valid[i] != 0) {
            position[found++] = i;
        }
    }
    most = most < found ? most : found;
    for (int64_t first = 0; first + most <= found; first++) {
        int64_t below = llabs(at - position[first]);
        int64_t above = llabs(position[first + most - 1] - at);
        int64_t reach = below > above ? below : above;
        if (reach < best) {
            best = reach;
            *left = position[first];
            *right = position[first + most - 1];
        }
    }
}

static double plain_value(const struct loess_settings *settings, const double *y,
                          const double *valid, const double *weight, int64_t anchor, int64_t at,
                          bool *solved)
{
    int64_t left = 0;
    int64_t right = 0;
    int64_t found = 0;
    double fitted = NAN;
    for (int64_t i = 0; i < settings->points; i++) {
        found += valid[i] != 0;
    }
    plain_nearest(valid, settings->points, settings->window, anchor, &left, &right);
    int64_t reach = at - left > right - at ? at - left : right - at;
    reach += settings->window > found ? (settings->window - found) / 2 : 0;
    *solved = plain_fit(settings, y, weight, (double)at, left, right, (double)reach, &fitted);
    if (!*solved && at >= 0 && at < settings->points) {
        return y[at];
    }
    return fitted;
}

static void plain_smooth(const struct loess_settings *settings, const double *y,
                         const double *valid, const double *weight, double *smooth)
{
    const int64_t last = settings->points - 1;
    const int64_t jump = settings->jump < last ? settings->jump : last;
    double *out = smooth + settings->extend;
    bool solved;
    int64_t knot = 0;
    out[0] = plain_value(settings, y, valid, weight, 0, 0, &solved);
    while (knot < last) {
        int64_t next = knot + jump <= last ? knot + jump : last;
        int64_t anchor = next == knot + jump ? next : knot;
        out[next] = plain_value(settings, y, valid, weight, anchor, next, &solved);
        for (int64_t i = knot + 1; i < next; i++) {
            double share = (double)(i - knot) / (double)(next - knot);
            out[i] = (1 - share) * out[knot] + share * out[next];
        }
        knot = next;
    }
    if (settings->extend) {
        out[-1] = plain_value(settings, y, valid, weight, -1, -1, &solved);
        out[-1] = solved ? out[-1] : out[0];
        out[last + 1] = plain_value(settings, y, valid, weight, last + 1, last + 1, &solved);
        out[last + 1] = solved ? out[last + 1] : out[last];
    }
}

/* ---- cases -------------------------------------------------------------------------------- */

static uint64_t random_state;

static double random_uniform(void)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(random_state >> 11) * 0x1p-53;
}

static const struct loess_settings cases[] = {
    {.points = 10, .window = 7, .jump = 1, .degree = 1, .extend = true},
    {.points = 11, .window = 7, .jump = 1, .degree = 0, .extend = true},
    {.points = 10, .window = 101, .jump = 11, .degree = 0, .extend = true},
    {.points = 2, .window = 7, .jump = 1, .degree = 1, .extend = true},
    {.points = 3, .window = 3, .jump = 1, .degree = 1, .extend = true},
    {.points = 119, .window = 19, .jump = 1, .degree = 1},
    {.points = 120, .window = 13, .jump = 2, .degree = 1},
    {.points = 121, .window = 35, .jump = 4, .degree = 0},
    {.points = 100, .window = 9, .jump = 23, .degree = 1},
    {.points = 100, .window = 9, .jump = 500, .degree = 1},
    {.points = 90, .window = 141, .jump = 1, .degree = 1},
    {.points = 90, .window = 91, .jump = 7, .degree = 1},
    {.points = 397, .window = 101, .jump = 1, .degree = 1},
    {.points = 397, .window = 101, .jump = 1, .degree = 0},
    {.points = 1200, .window = 501, .jump = 1, .degree = 1},
    {.points = 2600, .window = 301, .jump = 1, .degree = 0},
    {.points = 1500, .window = 697, .jump = 1, .degree = 1},
    {.points = 300, .window = 401, .jump = 1, .degree = 1},
    {.points = 400, .window = 21, .jump = 3, .degree = 1, .extend = true},
};
enum {
    CASES = sizeof cases / sizeof *cases
};

/* Values up to 100 and sums over at most 400 points of weights that add up to 1 with slopes of at
 * most 4: 400 * 100 * 4 roundings of 1e-16 are 2e-11. */
static const double TOLERANCE = 2e-11;

struct work {
    struct loess *loess;
    double *values;
    double *weights;
    double *weighted;
    double *smooth;
    double *coefficients;
    double *scratch;
};

static double *doubles(size_t count)
{
    double *block = NULL;
    assert_int_equal(memory_allocate(count, sizeof *block, &block), STATUS_OK);
    return block;
}

/* Random values; weights zero with probability @p gaps, else up to one, all one where gaps < 0. */
static struct work work_create(const struct loess_settings *settings, double gaps)
{
    struct work work = {0};
    size_t count = (size_t)settings->points * LANES;
    random_state = 7;
    assert_int_equal(loess_create(settings, &work.loess), STATUS_OK);
    work.values = doubles(count);
    work.weights = doubles(count);
    work.weighted = doubles(count);
    work.smooth = doubles((size_t)loess_outputs(work.loess) * LANES);
    work.coefficients = doubles(loess_coefficients_size(work.loess));
    work.scratch = doubles(loess_scratch_size(work.loess));
    for (size_t i = 0; i < count; i++) {
        work.values[i] = 100 * random_uniform();
        work.weights[i] = gaps < 0 ? 1 : random_uniform() < gaps ? 0 : 0.2 + 0.8 * random_uniform();
        work.weighted[i] = work.values[i] * work.weights[i];
    }
    return work;
}

static void work_clear(struct work *work)
{
    loess_destroy(&work->loess);
    free(work->values);
    free(work->weights);
    free(work->weighted);
    free(work->smooth);
    free(work->coefficients);
    free(work->scratch);
}

static void lane_copy(const double *block, int lane, int64_t count, double *column)
{
    for (int64_t i = 0; i < count; i++) {
        column[i] = block[i * LANES + lane];
    }
}

static void assert_lane_is_plain(const struct loess_settings *settings, const struct work *work,
                                 int lane, double tolerance)
{
    double y[MOST_POINTS];
    double weight[MOST_POINTS];
    double valid[MOST_POINTS];
    double got[MOST_POINTS + 2];
    double expected[MOST_POINTS + 2];
    for (int64_t i = 0; i < settings->points; i++) {
        valid[i] = 1;
    }
    lane_copy(work->values, lane, settings->points, y);
    lane_copy(work->weights, lane, settings->points, weight);
    lane_copy(work->smooth, lane, loess_outputs(work->loess), got);
    plain_smooth(settings, y, valid, weight, expected);
    assert_close(got, expected, (size_t)loess_outputs(work->loess), tolerance);
}

static void lanes_equal_a_plain_loess(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        struct work work = work_create(&cases[c], -1);
        loess_smooth(work.loess, work.values, work.smooth, work.scratch);
        for (int lane = 0; lane < LANES; lane++) {
            assert_lane_is_plain(&cases[c], &work, lane, TOLERANCE);
        }
        work_clear(&work);
    }
}

/* Moments are taken about the centre of eight windows: against sums about the window's own mean
 * they lose the factor (distance from that centre)^2 / spread, at most 50 here (windows of 9 points
 * whose centres are up to 23 steps away, spread 4 and more). */
static void weighted_lanes_equal_a_plain_loess(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        struct work work = work_create(&cases[c], cases[c].points < 20 ? 0.1 : 0.3);
        loess_fit(work.loess, work.weights, work.coefficients, work.scratch);
        loess_smooth_weighted(work.loess, work.coefficients, work.weighted, work.values,
                              work.smooth, work.scratch);
        for (int lane = 0; lane < LANES; lane++) {
            assert_lane_is_plain(&cases[c], &work, lane, 50 * TOLERANCE);
        }
        work_clear(&work);
    }
}

/* Weights that leave whole windows empty, or with hardly any weight near their point, or with
 * weights of 1e-6 beside ones: sums of powers are no way to such fits. */
static double hostile_weight(int64_t i, int lane)
{
    switch (lane) {
    case 0:
        return i % 700 < 30 ? 1 : 0;
    case 1:
        return i % 700 < 30 ? 1 : 1e-6;
    case 2:
        return i < 400 || i > 1100 ? random_uniform() : 0;
    case 3:
        return i < 5 ? 1 : 0;
    case 4:
        return i / 100 % 2 == 0 ? 1e-5 : 0.5 + 0.5 * random_uniform();
    case 5:
        return 0;
    case 6:
        return random_uniform() < 0.02 ? 1 : 0;
    default:
        return 1;
    }
}

/* A line at distance d from its points magnifies roundings by d^2 / spread, at most (150 / 1.5)^2
 * here, where fits with less spread are constants. So far out a window holds at most a dozen points
 * with a few roundings each: 1e4 * 40 * 1.1e-16 * 100. */
static void doubtful_weights_equal_a_plain_loess(void **state)
{
    const double tolerance = 5e-9;
    (void)state;
    for (int degree = 0; degree <= 1; degree++) {
        const struct loess_settings settings = {
            .points = 1500, .window = 301, .jump = 1, .degree = degree};
        struct work work = work_create(&settings, -1);
        for (int64_t i = 0; i < settings.points * LANES; i++) {
            work.weights[i] = hostile_weight(i / LANES, (int)(i % LANES));
            work.weighted[i] = work.values[i] * work.weights[i];
        }
        loess_fit(work.loess, work.weights, work.coefficients, work.scratch);
        loess_smooth_weighted(work.loess, work.coefficients, work.weighted, work.values,
                              work.smooth, work.scratch);
        for (int lane = 0; lane < LANES; lane++) {
            assert_lane_is_plain(&settings, &work, lane, tolerance);
        }
        work_clear(&work);
    }
}

static void rows_give_the_smooth_values(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        struct work work = work_create(&cases[c], -1);
        double row[MOST_POINTS];
        double window[MOST_POINTS];
        loess_smooth(work.loess, work.values, work.smooth, work.scratch);
        for (int64_t output = 0; output < loess_outputs(work.loess); output++) {
            double sum = 0;
            loess_row(work.loess, output, row, window);
            for (int64_t i = 0; i < cases[c].points; i++) {
                sum += row[i] * work.values[i * LANES];
            }
            assert_close(&sum, &work.smooth[output * LANES], 1, TOLERANCE);
        }
        work_clear(&work);
    }
}

/* ---- gaps --------------------------------------------------------------------------------- */

/* Smooths every lane but the last with a share of its points missing, and compares them with the
 * plain loess. */
static void assert_gaps_are_plain(const struct loess_settings *settings, double share)
{
    struct work work = work_create(settings, share);
    struct loess_gaps *gaps = NULL;
    const bool lanes[LANES] = {true, true, true, true, true, true, true, false};
    int32_t *bounds = calloc(loess_gaps_bounds_size(work.loess), sizeof *bounds);
    double *fits = doubles(loess_gaps_coefficients_size(work.loess));
    double y[MOST_POINTS];
    double weight[MOST_POINTS];
    double got[MOST_POINTS + 2];
    double expected[MOST_POINTS + 2];
    assert_int_equal(loess_gaps_create(work.loess, &gaps), STATUS_OK);
    loess_gaps_find(gaps, work.weights, lanes, bounds);
    loess_gaps_fit(gaps, bounds, work.weights, fits, work.scratch);
    loess_gaps_smooth(gaps, bounds, fits, work.weighted, work.values, work.smooth, work.scratch);
    for (int lane = 0; lane < LANES - 1; lane++) {
        lane_copy(work.values, lane, settings->points, y);
        lane_copy(work.weights, lane, settings->points, weight);
        lane_copy(work.smooth, lane, loess_outputs(work.loess), got);
        plain_smooth(settings, y, weight, weight, expected);
        assert_close(got, expected, (size_t)loess_outputs(work.loess), TOLERANCE);
    }
    loess_gaps_destroy(&gaps);
    free(bounds);
    free(fits);
    work_clear(&work);
}

static void gaps_widen_to_the_nearest_points(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        assert_gaps_are_plain(&cases[c], 0.05);
        if (cases[c].points > 20) {
            assert_gaps_are_plain(&cases[c], 0.5);
        }
    }
}

static void no_gaps_give_the_plain_smooth(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        assert_gaps_are_plain(&cases[c], -1);
    }
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    const struct loess_settings bad[] = {
        {.points = 1, .window = 3, .jump = 1},
        {.points = 9, .window = 4, .jump = 1},
        {.points = 9, .window = 1, .jump = 1},
        {.points = 9, .window = 3, .jump = 0},
        {.points = 9, .window = 3, .jump = 1, .degree = 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct loess *loess = NULL;
        failure_clear();
        assert_int_equal(loess_create(&bad[i], &loess), STATUS_USAGE);
        assert_null(loess);
    }
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lanes_equal_a_plain_loess),
    cmocka_unit_test(weighted_lanes_equal_a_plain_loess),
    cmocka_unit_test(doubtful_weights_equal_a_plain_loess),
    cmocka_unit_test(rows_give_the_smooth_values),
    cmocka_unit_test(gaps_widen_to_the_nearest_points),
    cmocka_unit_test(no_gaps_give_the_plain_smooth),
    cmocka_unit_test(bad_settings_are_refused),
};

TESTING_MAIN(tests)
