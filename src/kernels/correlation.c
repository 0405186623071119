/* airshed -- GPL-3.0-or-later. Correlation of pairs, with p and interval. */
#include "kernels/correlation.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/mann_kendall.h"

#define NORMAL_975 1.959963984540054

static const struct correlation none = {0, 0, NAN, NAN, NAN, NAN};

static bool is_pair(const double *x, const double *y, int64_t at)
{
    return isfinite(x[at]) && isfinite(y[at]);
}

/* @p widening multiplies the variance of Fisher's transform. */
static void finish(struct correlation *result, double widening)
{
    double r = result->r, n = (double)result->used;
    if (isnan(r) || result->used < 3) {
        result->r = NAN;
        return;
    }
    double t = r * sqrt((n - 2) / ((1 - r) * (1 + r)));
    result->p = fabs(r) < 1 ? 2 * gsl_cdf_tdist_Q(fabs(t), n - 2) : 0;
    if (result->used > 3) {
        double reach = NORMAL_975 * sqrt(widening / (n - 3));
        result->low = fabs(r) < 1 ? tanh(atanh(r) - reach) : r;
        result->high = fabs(r) < 1 ? tanh(atanh(r) + reach) : r;
    }
}

struct correlation correlation_pearson(const double *x, const double *y, int64_t count,
                                       int64_t stride)
{
    struct correlation result = none;
    double x_mean = 0, y_mean = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < count; i++) {
        if (is_pair(x, y, i * stride)) {
            x_mean += x[i * stride];
            y_mean += y[i * stride];
            result.used++;
        }
    }
    result.dropped = count - result.used;
    x_mean /= (double)result.used;
    y_mean /= (double)result.used;
    bool is_flat_x = true, is_flat_y = true;
    int64_t first = -1;
    for (int64_t i = 0; i < count; i++) {
        if (is_pair(x, y, i * stride)) {
            first = first < 0 ? i * stride : first;
            is_flat_x = is_flat_x && x[i * stride] == x[first];
            is_flat_y = is_flat_y && y[i * stride] == y[first];
            double dx = x[i * stride] - x_mean, dy = y[i * stride] - y_mean;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }
    }
    /* The mean of equal values may be off by a rounding, which is no variance. */
    result.r = is_flat_x || is_flat_y ? NAN : fmax(-1, fmin(1, xy / (sqrt(xx * yy))));
    finish(&result, 1);
    return result;
}

void correlation_ranks(const double *values, int64_t count, double *ranks, double *scratch)
{
    double *sorted = scratch;
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    mann_kendall_inversions(sorted, count, scratch + count);
    for (int64_t i = 0; i < count; i++) {
        int64_t low = 0, high = count; /* first not below, then first above */
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            low = sorted[middle] < values[i] ? middle + 1 : low;
            high = sorted[middle] < values[i] ? high : middle;
        }
        int64_t end = low, above = count;
        while (end < above) {
            int64_t middle = end + (above - end) / 2;
            end = sorted[middle] <= values[i] ? middle + 1 : end;
            above = sorted[middle] <= values[i] ? above : middle;
        }
        ranks[i] = (double)(low + end + 1) / 2;
    }
}

struct correlation correlation_spearman(const double *x, const double *y, int64_t count,
                                        int64_t stride, double *scratch)
{
    int64_t used = 0;
    double *own = scratch, *ranks_x = scratch + count, *ranks_y = scratch + 2 * count;
    double *rest = scratch + 3 * count;
    for (int64_t i = 0; i < count; i++) {
        own[used] = x[i * stride];
        used += is_pair(x, y, i * stride);
    }
    correlation_ranks(own, used, ranks_x, rest);
    used = 0;
    for (int64_t i = 0; i < count; i++) {
        own[used] = y[i * stride];
        used += is_pair(x, y, i * stride);
    }
    correlation_ranks(own, used, ranks_y, rest);
    struct correlation result = correlation_pearson(ranks_x, ranks_y, used, 1);
    result.dropped = count - used;
    finish(&result, 1 + result.r * result.r / 2);
    return result;
}
