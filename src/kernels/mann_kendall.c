/* airshed -- GPL-3.0-or-later. Mann-Kendall test for a monotonic trend in one series. */
#include "kernels/mann_kendall.h"

#include <math.h>
#include <string.h>

#include "kernels/lanes.h"

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

/** Sorts runs of RUN values without a branch: a value goes where as many are less, or equal and
 *  before it. Those before it that are greater are its inversions. */
KERNEL_CLONES
static int64_t sort_runs(double *restrict values, int64_t runs)
{
    int64_t inversions = 0;
    for (int64_t run = 0; run < runs; run++) {
        double *from = values + run * RUN;
        double sorted[RUN];
        int64_t place[RUN];
        for (int64_t i = 0; i < RUN; i++) {
            place[i] = i;
        }
        for (int64_t i = 0; i < RUN; i++) {
            /* Each value before i that is greater moves behind it. */
            int64_t greater = 0;
            for (int64_t j = 0; j < RUN; j++) {
                int64_t falls = j < i && from[j] > from[i];
                place[j] += falls;
                greater += falls;
            }
            place[i] -= greater;
            inversions += greater;
        }
        for (int64_t i = 0; i < RUN; i++) {
            sorted[place[i]] = from[i];
        }
        memcpy(from, sorted, sizeof sorted);
    }
    return inversions;
}

/** @p yes where @p is_so is 1, @p no where it is 0, by masks: compilers make branches of others. */
static inline int64_t pick(int64_t is_so, int64_t yes, int64_t no)
{
    return no ^ ((no ^ yes) & -is_so);
}

/** Merges [0, middle) and [middle, end); equal values keep their order. No branch in the loops:
 *  which side is next cannot be predicted. As many values as the shorter side has are merged from
 *  the front and from the back, two chains at once that cannot run off a side. A value of the right
 *  side counts the greater ones of the left. */
static int64_t merge(const double *from, int64_t middle, int64_t end, double *to)
{
    int64_t left = 0, right = middle, left_end = middle, right_end = end, inversions = 0;
    int64_t both = middle < end - middle ? middle : end - middle;
    double *back = to + end;
    for (int64_t i = 0; i < both; i++) {
        int64_t falls = from[right] < from[left];
        *to++ = from[pick(falls, right, left)];
        inversions += pick(falls, middle - left, 0);
        right += falls;
        left += 1 - falls;

        int64_t stays = from[left_end - 1] <= from[right_end - 1];
        *--back = from[pick(stays, right_end, left_end) - 1];
        inversions += pick(stays, middle - left_end, 0);
        right_end -= stays;
        left_end -= 1 - stays;
    }
    while (left < left_end && right < right_end) {
        int64_t falls = from[right] < from[left];
        *to++ = from[pick(falls, right, left)];
        inversions += pick(falls, middle - left, 0);
        right += falls;
        left += 1 - falls;
    }
    /* Right ones that outlast the left have those of the back above them. */
    inversions += (right_end - right) * (middle - left_end);
    memcpy(to, from + left, sizeof *to * (size_t)(left_end - left));
    memcpy(to + left_end - left, from + right, sizeof *to * (size_t)(right_end - right));
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
    inversions += sort_runs(values, count / RUN);
    inversions += insertion_sort(values + count / RUN * RUN, count % RUN);
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
