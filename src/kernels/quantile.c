/* airshed -- GPL-3.0-or-later. Order statistics by selection, and the quartile rule for outliers.
 */
#include "kernels/quantile.h"

#include <math.h>
#include <stdlib.h>

static void swap(double *a, double *b)
{
    double held = *a;
    *a = *b;
    *b = held;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of_three(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

double quantile_select(double *values, int64_t count, int64_t rank)
{
    int64_t low = 0, high = count - 1;
    /* Hoare's partition; equal values spread over both sides. A run of bad pivots ends in a sort.
     */
    for (int rounds = 0; low < high; rounds++) {
        if (rounds == 64) {
            qsort(values + low, (size_t)(high - low + 1), sizeof *values, compare);
            break;
        }
        double pivot = median_of_three(values[low], values[low + (high - low) / 2], values[high]);
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot) {
                i++;
            }
            while (values[j] > pivot) {
                j--;
            }
            if (i <= j) {
                swap(&values[i++], &values[j--]);
            }
        }
        if (rank <= j) {
            high = j;
        } else if (rank >= i) {
            low = i;
        } else {
            break;
        }
    }
    return values[rank];
}

int64_t quantile_compact(double *values, int64_t count)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        values[kept] = values[i];
        kept += !isnan(values[i]);
    }
    return kept;
}

double quantile(double *values, int64_t count, double probability)
{
    if (count == 0) {
        return NAN;
    }
    double position = (double)(count - 1) * probability;
    int64_t below = (int64_t)position;
    double fraction = position - (double)below;
    double low = quantile_select(values, count, below);
    if (fraction == 0 || below + 1 >= count) {
        return low;
    }
    double high = values[below + 1];
    for (int64_t i = below + 2; i < count; i++) {
        high = fmin(high, values[i]);
    }
    return low + fraction * (high - low);
}

struct outlier_result outlier_remove(const struct outlier_rule *rule, double *values, int64_t count,
                                     int64_t stride, double *scratch)
{
    struct outlier_result result = {0, 0, NAN, NAN, NAN, NAN};
    for (int64_t t = 0; t < count; t++) {
        scratch[t] = values[t * stride];
    }
    result.valid = quantile_compact(scratch, count);
    if (result.valid == 0) {
        return result;
    }
    result.q1 = quantile(scratch, result.valid, 0.25);
    result.q3 = quantile(scratch, result.valid, 0.75);
    double reach = rule->factor * (result.q3 - result.q1);
    bool spread = result.q3 > result.q1;
    result.low = spread && rule->both_sides ? result.q1 - reach : -INFINITY;
    result.high = spread ? result.q3 + reach : INFINITY;
    for (int64_t t = 0; t < count; t++) {
        double *value = &values[t * stride];
        if (*value < result.low || *value > result.high) {
            *value = NAN;
            result.removed++;
        }
    }
    return result;
}
