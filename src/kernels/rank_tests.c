/* airshed -- GPL-3.0-or-later. Differences between samples: Mann-Whitney, Kruskal-Wallis, analysis of
 * variance, box plots. */
#include "kernels/rank_tests.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/mann_kendall.h"
#include "kernels/quantile.h"
#include "kernels/tree_sum.h"

static void sort(double *values, int64_t count, double *scratch)
{
    mann_kendall_inversions(values, count, scratch); /* a merge sort that counts as well */
}

/* ---- Mann and Whitney --------------------------------------------------------------------- */

/* Twice U of the first of two sorted samples, and the sum of t^3 - t over groups of t equal values
 * of both. */
static int64_t twice_u(const double *first, int64_t first_count, const double *second,
                       int64_t second_count, double *ties)
{
    int64_t i = 0, j = 0, twice = 0;
    *ties = 0;
    while (i < first_count || j < second_count) {
        double value =
            j >= second_count || (i < first_count && first[i] <= second[j]) ? first[i] : second[j];
        int64_t own = 0, other = 0;
        for (; i < first_count && first[i] == value; i++) {
            own++;
        }
        for (; j < second_count && second[j] == value; j++) {
            other++;
        }
        double tied = (double)(own + other);
        *ties += tied * tied * tied - tied;
        /* Those of the second sample before j are smaller, `other` of them equal. */
        twice += own * (2 * (j - other) + other);
    }
    return twice;
}

/* Orders of m and n values with U = u, for all u, as shares of their number: by the largest value,
 * count(u; m, n) = count(u - n; m - 1, n) + count(u; m, n - 1). All terms are positive. */
static enum status exact_law(int64_t m, int64_t n, double **law)
{
    enum status status;
    int64_t sizes = m * n + 1;
    double *table = NULL; /* [m + 1, sizes] for the current n */
    TRY(memory_allocate((size_t)((m + 1) * sizes), sizeof *table, &table));
    TRY(memory_allocate((size_t)sizes, sizeof **law, law));
    for (int64_t a = 0; a <= m; a++) {
        table[a * sizes] = 1; /* nobody to be larger than */
    }
    for (int64_t b = 1; b <= n; b++) {
        for (int64_t a = 1; a <= m; a++) {
            double with_first = (double)a / (double)(a + b), with_second = 1 - with_first;
            for (int64_t u = a * b; u >= 0; u--) {
                double kept = u <= a * (b - 1) ? table[a * sizes + u] : 0;
                double moved = u >= b ? table[(a - 1) * sizes + u - b] : 0;
                table[a * sizes + u] = with_first * moved + with_second * kept;
            }
        }
    }
    memcpy(*law, table + m * sizes, (size_t)sizes * sizeof **law);
done:
    free(table);
    return status;
}

/* Two-sided: twice the smaller tail, as R. */
static enum status exact_p(const struct mann_whitney *test, double *p)
{
    enum status status;
    double *law = NULL, below = 0, above = 0;
    int64_t u = (int64_t)test->u_first, most = test->first * test->second;
    TRY(exact_law(test->first, test->second, &law));
    for (int64_t i = 0; i <= most; i++) {
        below += i <= u ? law[i] : 0;
        above += i >= u ? law[i] : 0;
    }
    *p = fmin(1, 2 * fmin(below, above));
done:
    free(law);
    return status;
}

enum status mann_whitney_test(double *first, int64_t first_count, double *second,
                              int64_t second_count, bool corrects_continuity, bool wants_exact,
                              double *scratch, struct mann_whitney *test)
{
    enum status status = STATUS_OK;
    double m = (double)first_count, n = (double)second_count, ties;
    *test = (struct mann_whitney){first_count, second_count, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (first_count == 0 || second_count == 0) {
        goto done;
    }
    sort(first, first_count, scratch);
    sort(second, second_count, scratch);
    test->u_first = (double)twice_u(first, first_count, second, second_count, &ties) / 2;
    test->u_second = m * n - test->u_first;
    test->superiority = test->u_first / (m * n);
    test->shift = 2 * test->superiority - 1;
    double distance = test->u_first - m * n / 2;
    double variance = m * n / 12 * ((m + n + 1) - ties / ((m + n) * (m + n - 1)));
    if (corrects_continuity && distance != 0) {
        distance -= copysign(0.5, distance);
    }
    if (variance > 0) {
        test->z = distance / sqrt(variance);
        test->p = fmin(1, erfc(fabs(test->z) / sqrt(2)));
    }
    bool is_small = first_count < MANN_WHITNEY_EXACT && second_count < MANN_WHITNEY_EXACT;
    if (wants_exact && is_small && ties == 0) {
        TRY(exact_p(test, &test->p_exact));
    }
done:
    return status;
}

/* ---- Kruskal and Wallis ------------------------------------------------------------------- */

static int64_t first_not_below(const double *sorted, int64_t count, double value)
{
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Sum of twice the ranks of a sorted sample among all sorted values; exact. */
static double twice_ranks(const double *sample, int64_t count, const double *all, int64_t all_count)
{
    double twice = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < count;) {
        int64_t same = i;
        while (same < count && sample[same] == sample[i]) {
            same++;
        }
        at += first_not_below(all + at, all_count - at, sample[i]);
        int64_t end = at;
        while (end < all_count && all[end] == sample[i]) {
            end++;
        }
        twice += (double)(same - i) * (double)(at + end + 1); /* ranks at + 1 to end */
        i = same;
    }
    return twice;
}

static double tie_sum(const double *sorted, int64_t count)
{
    double ties = 0;
    for (int64_t i = 0; i < count;) {
        int64_t end = i;
        while (end < count && sorted[end] == sorted[i]) {
            end++;
        }
        double tied = (double)(end - i);
        ties += tied * tied * tied - tied;
        i = end;
    }
    return ties;
}

struct kruskal_wallis kruskal_wallis_test(const struct samples *samples, double *scratch)
{
    int64_t count = samples->start[samples->groups];
    struct kruskal_wallis test = {.n = count, .h = NAN, .p = NAN, .epsilon_squared = NAN};
    double *all = scratch, n = (double)count, sum = 0;
    memcpy(all, samples->values, (size_t)count * sizeof *all);
    sort(all, count, scratch + count);
    for (int64_t group = 0; group < samples->groups; group++) {
        double *sample = samples->values + samples->start[group];
        int64_t size = samples->start[group + 1] - samples->start[group];
        if (size == 0) {
            continue;
        }
        sort(sample, size, scratch + count);
        /* Distance of the mean rank from that of all. */
        double mean = twice_ranks(sample, size, all, count) / (2 * (double)size) - (n + 1) / 2;
        sum += (double)size * mean * mean;
        test.groups++;
    }
    test.df = test.groups - 1;
    double correction = 1 - tie_sum(all, count) / (n * n * n - n);
    if (test.groups >= 2 && correction > 0) {
        test.h = 12 / (n * (n + 1)) * sum / correction;
        test.p = gsl_cdf_chisq_Q(test.h, (double)test.df);
        test.epsilon_squared = test.h / (n - 1);
    }
    return test;
}

/* ---- analysis of variance ----------------------------------------------------------------- */

static double mean_of(const double *values, int64_t count)
{
    return tree_sum(values, count) / (double)count;
}

static double squares_about(const double *values, int64_t count, double mean)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return sum;
}

struct anova anova_test(const struct samples *samples)
{
    int64_t count = samples->start[samples->groups];
    struct anova test = {.n = count, .f = NAN, .p = NAN, .eta_squared = NAN};
    double between = 0, within = 0, mean = count > 0 ? mean_of(samples->values, count) : 0;
    for (int64_t group = 0; group < samples->groups; group++) {
        const double *sample = samples->values + samples->start[group];
        int64_t size = samples->start[group + 1] - samples->start[group];
        if (size > 0) {
            double own = mean_of(sample, size);
            between += (double)size * (own - mean) * (own - mean);
            within += squares_about(sample, size, own);
            test.groups++;
        }
    }
    test.df_between = test.groups - 1;
    test.df_within = count - test.groups;
    if (test.df_between > 0 && test.df_within > 0 && within > 0) {
        test.f = between / (double)test.df_between / (within / (double)test.df_within);
        test.p = gsl_cdf_fdist_Q(test.f, (double)test.df_between, (double)test.df_within);
        test.eta_squared = between / (between + within);
    }
    return test;
}

/* ---- box plots ---------------------------------------------------------------------------- */

struct box box_of(double *values, int64_t count)
{
    struct box box = {count, NAN, NAN, NAN, NAN, NAN, 0};
    if (count == 0) {
        return box;
    }
    box.q1 = quantile(values, count, 0.25);
    box.median = quantile(values, count, 0.5);
    box.q3 = quantile(values, count, 0.75);
    double reach = 1.5 * (box.q3 - box.q1);
    for (int64_t i = 0; i < count; i++) {
        if (values[i] < box.q1 - reach || values[i] > box.q3 + reach) {
            box.outliers++;
        } else {
            box.whisker_low = fmin(box.whisker_low, values[i]); /* these pass over NaN */
            box.whisker_high = fmax(box.whisker_high, values[i]);
        }
    }
    return box;
}
