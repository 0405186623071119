/* airshed -- GPL-3.0-or-later. Bisquare robustness weights from the size of the remainder. */
#include <math.h>
#include <string.h>

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

KERNEL_CLONES
static void largest_sizes(const double *restrict size, int64_t steps, double *restrict largest)
{
    for (int64_t i = 0; i < steps; i++) {
        EACH_LANE (lane) {
            double one = size[i * LANES + lane];
            largest[lane] = one > largest[lane] ? one : largest[lane];
        }
    }
}

/* Sizes are counted by sign, exponent and the first four bits of the fraction: 16 bins to a factor
 * of two, BINS of them below the largest size; smaller ones share the first bin. The median's bin
 * then holds few sizes. */
enum {
    BINS = 1024,
    BIN_SHIFT = 48
};

static inline int64_t size_bin(double size, int64_t lowest)
{
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    int64_t bin = (int64_t)(bits >> BIN_SHIFT) - lowest;
    return bin > 0 ? bin : 0;
}

static void count_bins(const double *size, const double *valid, int64_t steps,
                       const int64_t lowest[LANES], int32_t (*bins)[BINS])
{
    for (int64_t i = 0; i < steps; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            bins[lane][size_bin(size[i * LANES + lane], lowest[lane])] +=
                valid[i * LANES + lane] != 0;
        }
    }
}

/* The bisquare width of one lane: the bins that hold the middle two sizes are sorted out alone. */
static double lane_width(struct stl_workspace *workspace, int lane, const int32_t *bins,
                         int64_t lowest)
{
    const int64_t steps = workspace->plan->steps;
    double *sizes = workspace->column;
    int64_t count = 0;
    for (int bin = 0; bin < BINS; bin++) {
        count += bins[bin];
    }
    if (count == 0) {
        return 0;
    }
    int64_t lower = (count - 1) / 2;
    int64_t before = 0;
    int first = 0;
    while (before + bins[first] <= lower) {
        before += bins[first++];
    }
    int last = first;
    for (int64_t up_to = before + bins[first]; up_to <= count / 2;) {
        up_to += bins[++last];
    }
    int64_t found = 0;
    for (int64_t i = 0; i < steps; i++) {
        int64_t bin = size_bin(workspace->spare[i * LANES + lane], lowest);
        sizes[found] = workspace->spare[i * LANES + lane];
        found += bin >= first && bin <= last && workspace->valid[i * LANES + lane] != 0;
    }
    double low = rank_select(sizes, 0, found - 1, lower - before);
    double high = rank_select(sizes, 0, found - 1, count / 2 - before);
    double width = 3 * (low + high);
    return width > EXACT_FIT * workspace->lanes.largest[lane] ? width : 0;
}

static void lane_widths(struct stl_workspace *workspace, double *width)
{
    const int64_t steps = workspace->plan->steps;
    int32_t bins[LANES][BINS] = {{0}};
    double largest[LANES] = {0};
    int64_t lowest[LANES];
    largest_sizes(workspace->spare, steps, largest);
    for (int lane = 0; lane < LANES; lane++) {
        lowest[lane] = size_bin(largest[lane], 0) - BINS + 1;
    }
    count_bins(workspace->spare, workspace->valid, steps, lowest, bins);
    for (int lane = 0; lane < LANES; lane++) {
        width[lane] = lane_width(workspace, lane, bins[lane], lowest[lane]);
    }
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
                             const double *restrict width, double *restrict weights, int64_t steps)
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
    lane_widths(workspace, width);
    bisquare_weights(workspace->spare, workspace->valid, width, workspace->weights, steps);
}
