/* airshed -- GPL-3.0-or-later. Bisquare robustness weights from the size of the remainder. */
#include <math.h>

#include "stl_internal.h"

/* Remainders this small against the data are rounding errors, as with exactly two periods, where
 * the cycles pass through all points: weights made of them would be noise. */
static const double EXACT_FIT = 1e-11;

static int64_t partition(double *values, int64_t first, int64_t last)
{
    double pivot = values[first + (last - first) / 2];
    int64_t i = first - 1;
    int64_t j = last + 1;
    for (;;) {
        do {
            i++;
        } while (values[i] < pivot);
        do {
            j--;
        } while (values[j] > pivot);
        if (i >= j) {
            return j;
        }
        double held = values[i];
        values[i] = values[j];
        values[j] = held;
    }
}

/* Value of rank @p rank; reorders, with nothing larger before it and nothing smaller behind. */
static double rank_select(double *values, int64_t first, int64_t last, int64_t rank)
{
    while (first < last) {
        int64_t middle = partition(values, first, last);
        if (rank <= middle) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    return values[rank];
}

/* Six times the median; the mean of the middle two for an even count. */
static double bisquare_width(double *sizes, int64_t count)
{
    double upper = rank_select(sizes, 0, count - 1, count / 2);
    double lower = upper;
    if (count % 2 == 0) {
        lower = sizes[0];
        for (int64_t i = 1; i < count / 2; i++) {
            lower = fmax(lower, sizes[i]);
        }
    }
    return 3 * (lower + upper);
}

static double lane_width(struct stl_workspace *workspace, int lane)
{
    const int64_t steps = workspace->plan->steps;
    double *sizes = workspace->column;
    int64_t count = 0;
    for (int64_t i = 0; i < steps; i++) {
        if (workspace->valid[i * LANES + lane] != 0) {
            sizes[count++] = workspace->spare[i * LANES + lane];
        }
    }
    double width = count > 0 ? bisquare_width(sizes, count) : 0;
    return width > EXACT_FIT * workspace->lanes.largest[lane] ? width : 0;
}

KERNEL_CLONES
static void remainder_sizes(const double *restrict observed, const double *restrict trend,
                            const double *restrict seasonal, double *restrict size, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        size[i] = fabs(observed[i] - (trend[i] + seasonal[i]));
    }
}

/* A width of zero (more than half fitted exactly) leaves every weight at one, as statsmodels. */
KERNEL_CLONES
static void bisquare_weights(const double *restrict size, const double *restrict valid,
                             const double *restrict width, double *restrict weights,
                             int64_t steps)
{
    for (int64_t i = 0; i < steps; i++) {
        EACH_LANE (lane) {
            double r = size[i * LANES + lane];
            double ratio = r / width[lane];
            double rest = 1 - ratio * ratio;
            double weight = r <= 0.999 * width[lane] ? rest * rest : 0;
            weight = r <= 0.001 * width[lane] || width[lane] == 0 ? 1 : weight;
            weights[i * LANES + lane] = weight * valid[i * LANES + lane];
        }
    }
}

void stl_robustness(struct stl_workspace *workspace, const double *trend, const double *seasonal)
{
    const int64_t steps = workspace->plan->steps;
    double width[LANES];
    remainder_sizes(workspace->observed, trend, seasonal, workspace->spare, steps * LANES);
    for (int lane = 0; lane < LANES; lane++) {
        width[lane] = lane_width(workspace, lane);
    }
    bisquare_weights(workspace->spare, workspace->valid, width, workspace->weights, steps);
}
