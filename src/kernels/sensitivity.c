/* airshed -- GPL-3.0-or-later. How much of the spread of results comes from each uncertain input. */
#include "kernels/sensitivity.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"

enum {
    DIGIT_BITS = 11, /* of a radix sort: 3 digits of 32 bits */
    DIGITS = 3,
    DIGIT_VALUES = 1 << DIGIT_BITS,
    FEW = 15
};

#define LEAST_PIVOT                                                                                \
    1e-10 /* an input whose variance the others explain but for this is determined */

struct sensitivity {
    int64_t results, draws;
    double *values, *ranks; /* [results, draws], mean 0, length 1; NaN throughout: does not vary */
};

/* ---- sums in lanes ------------------------------------------------------------------------ */

/* Eight sums beside each other, then pairwise: the same bits on any CPU. */
static double sum_lanes(const double lanes[LANES])
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
           ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

KERNEL_CLONES
static double dot(const double *restrict a, const double *restrict b, int64_t count)
{
    double lanes[LANES] = {0};
    int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        EACH_LANE (lane) {
            lanes[lane] = __builtin_fma(a[i + lane], b[i + lane], lanes[lane]);
        }
    }
    for (int64_t i = whole; i < count; i++) {
        lanes[i - whole] = fma(a[i], b[i], lanes[i - whole]);
    }
    return sum_lanes(lanes);
}

KERNEL_CLONES
static double total(const double *values, int64_t count)
{
    double lanes[LANES] = {0};
    int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES) {
        EACH_LANE (lane) {
            lanes[lane] += values[i + lane];
        }
    }
    for (int64_t i = whole; i < count; i++) {
        lanes[i - whole] += values[i];
    }
    return sum_lanes(lanes);
}

/* A value that is not finite makes 0 times itself NaN. */
KERNEL_CLONES
static bool varies(const double *values, int64_t count)
{
    double odd = 0;
    int differs = 0;
    for (int64_t i = 0; i < count; i++) {
        odd += 0 * values[i];
        differs |= values[i] != values[0];
    }
    return odd == 0 && differs;
}

/* In place: mean 0, length 1. Twice less the mean, since the first one may be off by a rounding of what
 * may be large. NaN where nothing varies. */
KERNEL_CLONES
static void standardize(double *values, int64_t count)
{
    double factor = varies(values, count) ? 1 : NAN;
    for (int pass = 0; pass < 2; pass++) {
        double mean = total(values, count) / (double)count;
        for (int64_t i = 0; i < count; i++) {
            values[i] -= mean;
        }
    }
    factor /= sqrt(dot(values, values, count));
    for (int64_t i = 0; i < count; i++) {
        values[i] *= factor;
    }
}

/* ---- ranks -------------------------------------------------------------------------------- */

/* A distance as a float whose order as a number is that of the distances, and where it stood. */
static uint64_t placed(double distance, int64_t place)
{
    float rounded = (float)distance + 0.0f; /* -0 and 0 are equal */
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    uint32_t key = bits >> 31 != 0 ? ~bits : bits | UINT32_C(1) << 31;
    return (uint64_t)key << 32 | (uint64_t)place;
}

/* Sorts by one digit of the keys after another, lowest first. @return where they end up: @p items or @p other */
static const uint64_t *sort_placed(uint64_t *items, uint64_t *other, int64_t count)
{
    for (int digit = 0; digit < DIGITS; digit++) {
        int32_t start[DIGIT_VALUES] = {0}, sum = 0;
        int shift = 32 + digit * DIGIT_BITS;
        for (int64_t i = 0; i < count; i++) {
            start[items[i] >> shift & (DIGIT_VALUES - 1)]++;
        }
        for (int value = 0; value < DIGIT_VALUES; value++) {
            int32_t own = start[value];
            start[value] = sum;
            sum += own;
        }
        for (int64_t i = 0; i < count; i++) {
            other[start[items[i] >> shift & (DIGIT_VALUES - 1)]++] = items[i];
        }
        uint64_t *swapped = items;
        items = other;
        other = swapped;
    }
    return items;
}

/* A value from the middle of them: the median of the first few. Distances to it keep their digits where
 * those to the mean of a skewed sample would not. */
static double middle_of(const double *values, int64_t count)
{
    double few[FEW];
    int64_t taken = count < FEW ? count : FEW;
    for (int64_t i = 0; i < taken; i++) {
        int64_t at = i;
        for (; at > 0 && few[at - 1] > values[i]; at--) {
            few[at] = few[at - 1];
        }
        few[at] = values[i];
    }
    return few[taken / 2];
}

/* Mean ranks less their mean, [count]; scratch [2 * count]. */
static void ranks_of(const double *values, int64_t count, double *ranks, double *scratch)
{
    uint64_t *items = (uint64_t *)scratch;
    double middle = middle_of(values, count);
    for (int64_t i = 0; i < count; i++) {
        items[i] = placed(values[i] - middle, i);
    }
    const uint64_t *sorted = sort_placed(items, items + count, count);
    for (int64_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && sorted[last] >> 32 == sorted[first] >> 32;) {
            last++;
        }
        double rank = 0.5 * (double)(first + last - count); /* mean of ranks less (count - 1) / 2 */
        for (int64_t i = first; i < last; i++) {
            ranks[sorted[i] & UINT32_MAX] = rank;
        }
    }
}

/* ---- results ------------------------------------------------------------------------------ */

/* Ranks with mean 0 and length 1; NaN where nothing varies. */
static void ranks_standardized(const double *values, int64_t count, double *ranks, double *scratch)
{
    bool is_flat = !varies(values, count);
    ranks_of(values, count, ranks, scratch);
    double factor = is_flat ? NAN : 1 / sqrt(dot(ranks, ranks, count));
    for (int64_t i = 0; i < count; i++) {
        ranks[i] *= factor;
    }
}

enum status sensitivity_create(const double *values, int64_t results, int64_t draws,
                               struct sensitivity **out)
{
    enum status status;
    struct sensitivity *sensitivity = NULL;
    double *scratch = NULL;
    size_t cells = (size_t)(results * draws);
    TRY(memory_allocate(1, sizeof *sensitivity, &sensitivity));
    sensitivity->results = results;
    sensitivity->draws = draws;
    TRY(memory_allocate(cells, sizeof *sensitivity->values, &sensitivity->values));
    TRY(memory_allocate(cells, sizeof *sensitivity->ranks, &sensitivity->ranks));
    TRY(memory_allocate((size_t)(2 * draws), sizeof *scratch, &scratch));
    memcpy(sensitivity->values, values, cells * sizeof *values);
    for (int64_t i = 0; i < results; i++) {
        standardize(sensitivity->values + i * draws, draws);
        ranks_standardized(values + i * draws, draws, sensitivity->ranks + i * draws, scratch);
    }
    *out = sensitivity;
    sensitivity = NULL;
done:
    free(scratch);
    sensitivity_destroy(&sensitivity);
    return status;
}

void sensitivity_destroy(struct sensitivity **sensitivity)
{
    if (*sensitivity != NULL) {
        free((*sensitivity)->values);
        free((*sensitivity)->ranks);
        free(*sensitivity);
        *sensitivity = NULL;
    }
}

/* ---- correlations ------------------------------------------------------------------------- */

int64_t sensitivity_scratch(const struct sensitivity *sensitivity)
{
    return 4 * sensitivity->draws;
}

static double within(double correlation)
{
    return correlation > 1 ? 1 : correlation < -1 ? -1 : correlation;
}

void sensitivity_correlate(const struct sensitivity *sensitivity, const double *column,
                           double *pearson, double *spearman, double *scratch)
{
    int64_t draws = sensitivity->draws;
    memcpy(scratch, column, (size_t)draws * sizeof *scratch);
    standardize(scratch, draws);
    for (int64_t i = 0; i < sensitivity->results; i++) {
        pearson[i] = within(dot(scratch, sensitivity->values + i * draws, draws));
    }
    double *ranks = scratch + draws;
    ranks_standardized(column, draws, ranks, ranks + draws);
    for (int64_t i = 0; i < sensitivity->results; i++) {
        spearman[i] = within(dot(ranks, sensitivity->ranks + i * draws, draws));
    }
}

double sensitivity_p(double correlation, int64_t draws)
{
    double freedom = (double)(draws - 2);
    if (isnan(correlation) || draws < 3) {
        return NAN;
    }
    double t = correlation * sqrt(freedom / ((1 - correlation) * (1 + correlation)));
    return fabs(correlation) < 1 ? 2 * gsl_cdf_tdist_Q(fabs(t), freedom) : 0;
}

/* ---- regression --------------------------------------------------------------------------- */

/** The normal equations, lower triangles [inputs, inputs]. */
struct equations {
    int64_t inputs;
    double *factor, *inverse; /* of Cholesky, and its inverse */
    double *pearson;          /* [inputs], of each with the result */
    bool *is_used;
};

/* Row after row; a row whose input the ones before determine is left out. */
static void factorize(struct equations *own, const double *columns, int64_t draws)
{
    int64_t n = own->inputs;
    for (int64_t row = 0; row < n; row++) {
        const double *values = columns + row * draws;
        double *line = own->factor + row * n, rest = 1;
        for (int64_t col = 0; col < row && !isnan(values[0]); col++) {
            const double *above = own->factor + col * n;
            if (own->is_used[col]) {
                double sum = dot(values, columns + col * draws, draws) - dot(line, above, col);
                line[col] = sum / above[col];
                rest -= line[col] * line[col];
            }
        }
        own->is_used[row] = !isnan(values[0]) && rest > LEAST_PIVOT;
        line[row] = own->is_used[row] ? sqrt(rest) : 1;
        for (int64_t col = 0; col < row && !own->is_used[row]; col++) {
            line[col] = 0;
        }
    }
}

/* Inverse of the lower triangle, whose columns give variances of the coefficients. */
static void invert(struct equations *own)
{
    int64_t n = own->inputs;
    for (int64_t col = 0; col < n; col++) {
        own->inverse[col * n + col] = 1 / own->factor[col * n + col];
        for (int64_t row = col + 1; row < n; row++) {
            double sum = 0;
            for (int64_t k = col; k < row; k++) {
                sum += own->factor[row * n + k] * own->inverse[k * n + col];
            }
            own->inverse[row * n + col] = -sum / own->factor[row * n + row];
        }
    }
}

/* Coefficients are L^-T L^-1 r, the variance of each that of its row of L^-T. */
static double solve(const struct equations *own, double *half, struct sensitivity_share *shares)
{
    int64_t n = own->inputs;
    double explained = 0;
    for (int64_t row = 0; row < n; row++) {
        half[row] = own->is_used[row] ? dot(own->inverse + row * n, own->pearson, row + 1) : 0;
        explained += half[row] * half[row];
    }
    for (int64_t i = 0; i < n; i++) {
        double coefficient = 0, variance = 0;
        for (int64_t row = i; row < n; row++) {
            double one = own->is_used[row] ? own->inverse[row * n + i] : 0;
            coefficient += one * half[row];
            variance += one * one;
        }
        shares[i] = (struct sensitivity_share){.coefficient = coefficient, .error = sqrt(variance)};
    }
    return explained;
}

static void test(const struct equations *own, int64_t draws, double explained,
                 struct sensitivity_share *shares)
{
    int64_t used = 0;
    for (int64_t i = 0; i < own->inputs; i++) {
        used += own->is_used[i];
    }
    double freedom = (double)(draws - used - 1);
    double residual = freedom > 0 ? sqrt(fmax(0, 1 - explained) / freedom) : NAN;
    for (int64_t i = 0; i < own->inputs; i++) {
        struct sensitivity_share *share = &shares[i];
        if (!own->is_used[i]) {
            *share = (struct sensitivity_share){NAN, NAN, NAN, NAN};
            continue;
        }
        share->error *= residual;
        share->contribution = share->coefficient * own->pearson[i];
        double t = fabs(share->coefficient) / share->error;
        share->p = isnan(t) ? NAN : isinf(t) ? 0 : 2 * gsl_cdf_tdist_Q(t, freedom);
    }
}

enum status sensitivity_regress(const struct sensitivity *sensitivity, int64_t result,
                                int64_t inputs, double *columns, struct sensitivity_share *shares,
                                double *r_squared)
{
    enum status status;
    struct equations own = {.inputs = inputs};
    double *half = NULL;
    int64_t draws = sensitivity->draws;
    size_t cells = (size_t)(inputs * inputs);
    TRY(memory_allocate(cells, sizeof *own.factor, &own.factor));
    TRY(memory_allocate(cells, sizeof *own.inverse, &own.inverse));
    TRY(memory_allocate((size_t)inputs, sizeof *own.pearson, &own.pearson));
    TRY(memory_allocate((size_t)inputs, sizeof *own.is_used, &own.is_used));
    TRY(memory_allocate((size_t)inputs, sizeof *half, &half));
    for (int64_t i = 0; i < inputs; i++) {
        double *column = columns + i * draws;
        standardize(column, draws);
        own.pearson[i] =
            isnan(column[0]) ? 0 : dot(column, sensitivity->values + result * draws, draws);
    }
    factorize(&own, columns, draws);
    invert(&own);
    *r_squared = solve(&own, half, shares);
    test(&own, draws, *r_squared, shares);
done:
    free(own.factor);
    free(own.inverse);
    free(own.pearson);
    free(own.is_used);
    free(half);
    return status;
}
