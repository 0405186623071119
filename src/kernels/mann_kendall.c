/* airshed -- GPL-3.0-or-later. Mann-Kendall test for a monotonic trend in one series. */
#include "kernels/mann_kendall.h"

#include <math.h>
#include <string.h>

enum {
    RUN = 8
};

static int64_t insertion_sort(double *values, int64_t count)
{
    int64_t inversions = 0;
    for (int64_t i = 1; i < count; i++) {
        double value = values[i];
        int64_t j = i;
        for (; j > 0 && values[j - 1] > value; j--) {
            values[j] = values[j - 1];
        }
        values[j] = value;
        inversions += i - j;
    }
    return inversions;
}

/** Merges [0, middle) and [middle, end); equal values keep their order. */
static int64_t merge(const double *from, int64_t middle, int64_t end, double *to)
{
    int64_t left = 0, right = middle, inversions = 0;
    while (left < middle && right < end) {
        /* No branch: which side is next cannot be predicted. */
        int64_t falls = from[right] < from[left];
        *to++ = from[falls ? right : left];
        inversions += falls * (middle - left);
        right += falls;
        left += 1 - falls;
    }
    memcpy(to, from + left, sizeof *to * (size_t)(middle - left));
    memcpy(to + middle - left, from + right, sizeof *to * (size_t)(end - right));
    return inversions;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t mann_kendall_inversions(double *values, int64_t count, double *scratch)
{
    int64_t inversions = 0;
    double *from = values, *to = scratch;
    for (int64_t start = 0; start < count; start += RUN) {
        inversions += insertion_sort(values + start, least(RUN, count - start));
    }
    for (int64_t width = RUN; width < count; width *= 2) {
        for (int64_t start = 0; start < count; start += 2 * width) {
            int64_t end = least(2 * width, count - start);
            inversions += merge(from + start, least(width, end), end, to + start);
        }
        double *held = from;
        from = to;
        to = held;
    }
    if (from != values) {
        memcpy(values, from, sizeof *values * (size_t)count);
    }
    return inversions;
}

double mann_kendall_variance(const double *sorted, int64_t used, int64_t *tied_pairs)
{
    double n = (double)used;
    double sum = n * (n - 1) * (2 * n + 5);
    int64_t start = 0;
    *tied_pairs = 0;
    for (int64_t i = 1; i <= used; i++) {
        if (i == used || sorted[i] != sorted[start]) {
            int64_t group = i - start;
            double t = (double)group;
            sum -= t * (t - 1) * (2 * t + 5);
            *tied_pairs += group * (group - 1) / 2;
            start = i;
        }
    }
    return sum / 18;
}

struct mann_kendall mann_kendall_test(const double *y, int64_t steps, int64_t stride,
                                      double *scratch)
{
    struct mann_kendall test = {0, 0, NAN, NAN, NAN, NAN, NAN};
    int64_t tied;
    for (int64_t t = 0; t < steps; t++) {
        scratch[test.used] = y[t * stride];
        test.used += isfinite(y[t * stride]) != 0;
    }
    if (test.used < 2) {
        return test;
    }
    int64_t falling = mann_kendall_inversions(scratch, test.used, scratch + steps);
    int64_t pairs = test.used * (test.used - 1) / 2;
    test.variance = mann_kendall_variance(scratch, test.used, &tied);
    test.s = pairs - tied - 2 * falling;
    double s = (double)test.s;
    test.z = test.s == 0 ? 0 : (s - copysign(1, s)) / sqrt(test.variance);
    test.p = erfc(fabs(test.z) / sqrt(2));
    test.tau_a = s / (double)pairs;
    test.tau_b = pairs == tied ? NAN : s / sqrt((double)pairs * (double)(pairs - tied));
    return test;
}
