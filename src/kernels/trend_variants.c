/* airshed -- GPL-3.0-or-later. Trend tests of seasonal or autocorrelated series. */
#include "kernels/trend_variants.h"

#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kernels/correlation.h"
#include "kernels/quantile.h"

#define NORMAL_975 1.959963984540054

enum {
    FEW = 64 /* steps whose autocorrelation is summed directly */
};

struct trend_workspace {
    int64_t steps, used;
    size_t length;           /* of the transform: a power of two, at least 2 steps */
    double *t, *y, *rest;    /* [steps] what is used; the series less its line */
    double *ranks, *scratch; /* [steps], [2 steps] */
    double *spectrum;        /* [length] */
    double *slopes;          /* [seasonal pairs] */
};

enum status trend_workspace_create(int64_t steps, int64_t seasonal_pairs,
                                   struct trend_workspace **out)
{
    enum status status;
    struct trend_workspace *work = NULL;
    TRY(memory_allocate(1, sizeof *work, &work));
    work->steps = steps;
    work->length = 2;
    while (work->length < 2 * (size_t)steps) {
        work->length *= 2;
    }
    TRY(memory_allocate((size_t)steps, sizeof *work->t, &work->t));
    TRY(memory_allocate((size_t)steps, sizeof *work->y, &work->y));
    TRY(memory_allocate((size_t)steps, sizeof *work->rest, &work->rest));
    TRY(memory_allocate((size_t)steps, sizeof *work->ranks, &work->ranks));
    TRY(memory_allocate(2 * (size_t)steps, sizeof *work->scratch, &work->scratch));
    TRY(memory_allocate(work->length, sizeof *work->spectrum, &work->spectrum));
    TRY(memory_allocate((size_t)seasonal_pairs, sizeof *work->slopes, &work->slopes));
    *out = work;
    work = NULL;
done:
    trend_workspace_destroy(&work);
    return status;
}

void trend_workspace_destroy(struct trend_workspace **pointer)
{
    struct trend_workspace *work = *pointer;
    if (work == NULL) {
        return;
    }
    free(work->t);
    free(work->y);
    free(work->rest);
    free(work->ranks);
    free(work->scratch);
    free(work->spectrum);
    free(work->slopes);
    free(work);
    *pointer = NULL;
}

/* ---- autocorrelation ---------------------------------------------------------------------- */

/* Copies what is finite and takes Sen's line off. */
static void load(struct trend_workspace *work, const double *t, const double *y, int64_t steps,
                 double slope)
{
    work->used = 0;
    for (int64_t i = 0; i < steps; i++) {
        if (isfinite(y[i])) {
            work->t[work->used] = t[i];
            work->y[work->used] = y[i];
            work->rest[work->used] = y[i] - slope * (t[i] - t[0]);
            work->used++;
        }
    }
}

static void subtract_mean(double *x, int64_t count)
{
    double mean = 0;
    for (int64_t i = 0; i < count; i++) {
        mean += x[i] / (double)count;
    }
    for (int64_t i = 0; i < count; i++) {
        x[i] -= mean;
    }
}

static double lag_product(const double *x, int64_t count, int64_t lag)
{
    double sum = 0;
    for (int64_t i = lag; i < count; i++) {
        sum += x[i] * x[i - lag];
    }
    return sum;
}

/* Sums of products of @p x [count] of mean 0 with itself, by lag, into spectrum. */
static void lag_products(struct trend_workspace *work, const double *x, int64_t count)
{
    double *data = work->spectrum;
    size_t half = work->length / 2;
    if (count <= FEW) {
        for (int64_t lag = 0; lag < count; lag++) {
            data[lag] = lag_product(x, count, lag);
        }
        return;
    }
    for (size_t i = 0; i < work->length; i++) {
        data[i] = (int64_t)i < count ? x[i] : 0;
    }
    gsl_fft_real_radix2_transform(data, 1, work->length);
    data[0] *= data[0];
    data[half] *= data[half];
    for (size_t i = 1; i < half; i++) {
        double imaginary = data[work->length - i];
        data[i] = data[i] * data[i] + imaginary * imaginary;
        data[work->length - i] = 0;
    }
    gsl_fft_halfcomplex_radix2_inverse(data, 1, work->length);
}

/* ---- Hamed and Rao ------------------------------------------------------------------------ */

static double variance_factor(struct trend_workspace *work)
{
    double n = (double)work->used, sum = 0, bound = NORMAL_975 / sqrt(n);
    lag_products(work, work->ranks, work->used);
    for (int64_t lag = 1; lag < work->used; lag++) {
        double r = work->spectrum[lag] / work->spectrum[0], left = n - (double)lag;
        if (fabs(r) > bound) {
            sum += left * (left - 1) * (left - 2) * r;
        }
    }
    return 1 + 2 / (n * (n - 1) * (n - 2)) * fabs(sum);
}

static void set_z(struct mann_kendall *test, double variance)
{
    double s = (double)test->s;
    test->variance = variance;
    test->z = !(variance > 0) ? NAN : test->s == 0 ? 0 : (s - copysign(1, s)) / sqrt(variance);
    test->p = erfc(fabs(test->z) / sqrt(2));
}

struct mann_kendall trend_hamed_rao(const double *t, const double *y, int64_t steps, double slope,
                                    struct trend_workspace *work)
{
    struct mann_kendall test = mann_kendall_test(y, steps, 1, work->scratch);
    if (test.used < 3 || isnan(test.tau_b)) {
        return test;
    }
    load(work, t, y, steps, slope);
    correlation_ranks(work->rest, work->used, work->ranks, work->scratch);
    subtract_mean(work->ranks, work->used);
    /* A straight line leaves equal ranks, which have no autocorrelation. */
    double squares = lag_product(work->ranks, work->used, 0);
    set_z(&test, squares > 0 ? test.variance * variance_factor(work) : test.variance);
    return test;
}

/* ---- trend-free pre-whitening ------------------------------------------------------------- */

struct mann_kendall trend_free_prewhitening(const double *t, const double *y, int64_t steps,
                                            double slope, struct trend_workspace *work)
{
    load(work, t, y, steps, slope);
    if (work->used < 2) {
        return mann_kendall_test(work->y, work->used > 0 ? work->used - 1 : 0, 1, work->scratch);
    }
    for (int64_t i = 0; i < work->used; i++) {
        work->ranks[i] = work->rest[i]; /* here room for the centred rest */
    }
    subtract_mean(work->ranks, work->used);
    double squares = lag_product(work->ranks, work->used, 0);
    double r = squares > 0 ? lag_product(work->ranks, work->used, 1) / squares : 0;
    for (int64_t i = 1; i < work->used; i++) {
        double whitened = work->rest[i] - r * work->rest[i - 1];
        work->y[i - 1] = whitened + slope * (work->t[i] - t[0]);
    }
    return mann_kendall_test(work->y, work->used - 1, 1, work->scratch);
}

/* ---- seasons ------------------------------------------------------------------------------ */

int64_t trend_seasonal_pairs(const struct trend_seasons *seasons)
{
    int64_t pairs = 0;
    for (int64_t k = 0; k < seasons->seasons; k++) {
        int64_t count = seasons->start[k + 1] - seasons->start[k];
        pairs += count * (count - 1) / 2;
    }
    return pairs;
}

struct mann_kendall trend_seasonal(const double *y, const struct trend_seasons *seasons,
                                   struct trend_workspace *work)
{
    struct mann_kendall total = {0, 0, NAN, NAN, NAN, NAN, NAN};
    double variance = 0, pairs = 0, untied = 0;
    for (int64_t k = 0; k < seasons->seasons; k++) {
        int64_t count = seasons->start[k + 1] - seasons->start[k];
        const int64_t *step = seasons->step + seasons->start[k];
        for (int64_t i = 0; i < count; i++) {
            work->y[i] = y[step[i]];
        }
        struct mann_kendall test = mann_kendall_test(work->y, count, 1, work->scratch);
        total.used += test.used;
        if (test.used < 2) {
            continue;
        }
        double own = (double)test.used * (double)(test.used - 1) / 2;
        total.s += test.s;
        variance += test.variance;
        pairs += own;
        /* sqrt(pairs (pairs - tied)) = s / tau_b: where s is 0 the ties are counted anew. */
        int64_t tied;
        mann_kendall_variance(work->scratch, test.used, &tied);
        untied += sqrt(own * (own - (double)tied));
    }
    if (pairs > 0) {
        set_z(&total, variance);
        total.z = variance > 0 ? total.z : 0;
        total.p = variance > 0 ? total.p : 1;
        total.tau_a = (double)total.s / pairs;
        total.tau_b = untied > 0 ? (double)total.s / untied : NAN;
    }
    return total;
}

static int64_t seasonal_slopes(const double *t, const double *y,
                               const struct trend_seasons *seasons, double *slopes)
{
    int64_t count = 0;
    for (int64_t k = 0; k < seasons->seasons; k++) {
        for (int64_t i = seasons->start[k]; i < seasons->start[k + 1]; i++) {
            int64_t from = seasons->step[i];
            for (int64_t j = i + 1; isfinite(y[from]) && j < seasons->start[k + 1]; j++) {
                int64_t to = seasons->step[j];
                slopes[count] = (y[to] - y[from]) / (t[to] - t[from]);
                count += isfinite(y[to]) != 0;
            }
        }
    }
    return count;
}

struct sen trend_seasonal_slope(const double *t, const double *y,
                                const struct trend_seasons *seasons, double variance,
                                struct trend_workspace *work)
{
    struct sen sen = {0, NAN, NAN, NAN, NAN};
    int64_t pairs = seasonal_slopes(t, y, seasons, work->slopes);
    for (int64_t k = 0; k < seasons->start[seasons->seasons]; k++) {
        int64_t step = seasons->step[k];
        work->t[sen.used] = t[step];
        work->y[sen.used] = y[step];
        sen.used += isfinite(y[step]) != 0;
    }
    if (pairs == 0) {
        return sen;
    }
    double reach = NORMAL_975 * sqrt(variance), all = (double)pairs;
    int64_t low = (int64_t)fmax(nearbyint((all - reach) / 2) - 1, 0);
    int64_t high = (int64_t)fmin(nearbyint((all + reach) / 2), all - 1);
    sen.low = quantile_select(work->slopes, pairs, low);
    sen.high = quantile_select(work->slopes, pairs, high);
    sen.slope = quantile(work->slopes, pairs, 0.5);
    sen.intercept = quantile(work->y, sen.used, 0.5) - sen.slope * quantile(work->t, sen.used, 0.5);
    return sen;
}
