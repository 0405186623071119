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

/* Counts the sizes up to an edge of each lane. */
KERNEL_CLONES
static void count_sizes(const double *restrict size, int64_t steps, const double *restrict edge,
                        double *restrict counts)
{
    double count[LANES] = {0};
    int64_t i = 0;
    for (; i + 4 <= steps; i += 4) {
        const double *restrict row = size + i * LANES;
        EACH_LANE (lane) {
            double limit = edge[lane];
            double first = (row[lane] <= limit ? 1.0 : 0.0) + (row[LANES + lane] <= limit ? 1 : 0);
            double second = (row[2 * LANES + lane] <= limit ? 1.0 : 0.0) +
                            (row[3 * LANES + lane] <= limit ? 1 : 0);
            count[lane] += first + second;
        }
    }
    for (; i < steps; i++) {
        EACH_LANE (lane) {
            count[lane] += size[i * LANES + lane] <= edge[lane] ? 1 : 0;
        }
    }
    memcpy(counts, count, sizeof count);
}

/* Ranks of the middle two sizes of each lane and a bracket that holds them: above `low`, where
 * `below` sizes are, and up to `high`. Missing sizes are negative and rank before all others. */
struct brackets {
    double lower[LANES];
    double upper[LANES];
    double below[LANES];
    double low[LANES];
    double high[LANES];
};

/* Halves of a bracket by the bits of its ends, so by ratio; the steps from 16 octaves to 2^-9 of
 * one, which leave a handful of sizes. */
enum {
    OCTAVES = 16,
    HALVINGS = 13
};

static double by_bits(double low, double high)
{
    uint64_t first;
    uint64_t last;
    double middle;
    memcpy(&first, &low, sizeof first);
    memcpy(&last, &high, sizeof last);
    first = low < 0 ? 0 : first;
    last = first + (last - first) / 2;
    memcpy(&middle, &last, sizeof middle);
    return middle;
}

static void brackets_halve(struct brackets *brackets, const double *edge, const double *count)
{
    for (int lane = 0; lane < LANES; lane++) {
        if (count[lane] <= brackets->lower[lane]) {
            brackets->low[lane] = edge[lane];
            brackets->below[lane] = count[lane];
        } else if (count[lane] > brackets->upper[lane]) {
            brackets->high[lane] = edge[lane];
        }
    }
}

static struct brackets brackets_find(const double *size, int64_t steps)
{
    struct brackets brackets;
    double largest[LANES] = {0};
    double edge[LANES];
    double count[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        edge[lane] = brackets.low[lane] = -0.5;
    }
    largest_sizes(size, steps, largest);
    count_sizes(size, steps, edge, brackets.below);
    for (int lane = 0; lane < LANES; lane++) {
        const int64_t known = steps - (int64_t)brackets.below[lane];
        brackets.lower[lane] = brackets.below[lane] + (double)((known - 1) / 2);
        brackets.upper[lane] = brackets.below[lane] + (double)(known / 2);
        brackets.high[lane] = largest[lane];
        edge[lane] = ldexp(largest[lane], -OCTAVES);
    }
    for (int halving = 0; halving <= HALVINGS; halving++) {
        count_sizes(size, steps, edge, count);
        brackets_halve(&brackets, edge, count);
        for (int lane = 0; lane < LANES; lane++) {
            edge[lane] = by_bits(brackets.low[lane], brackets.high[lane]);
        }
    }
    return brackets;
}

/* Sizes of @p rows rows that lie in the brackets of their lanes. */
KERNEL_CLONES
static double count_inside(const double *restrict size, int64_t rows, const double *restrict low,
                           const double *restrict high)
{
    double inside[LANES] = {0};
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        EACH_LANE (lane) {
            double one = size[i * LANES + lane];
            inside[lane] += one > low[lane] && one <= high[lane] ? 1 : 0;
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        sum += inside[lane];
    }
    return sum;
}

/* Rows that are looked at together: most hold nothing. */
enum {
    ROWS = 16
};

/* Collects the sizes in each lane's bracket into @p chosen [lane, steps]. */
static void brackets_collect(const struct brackets *brackets, const double *size, int64_t steps,
                             double *chosen, int64_t found[LANES])
{
    for (int64_t first = 0; first < steps; first += ROWS) {
        const int64_t rows = steps - first < ROWS ? steps - first : ROWS;
        const double *row = size + first * LANES;
        if (count_inside(row, rows, brackets->low, brackets->high) == 0) {
            continue;
        }
        for (int64_t i = 0; i < rows * LANES; i++) {
            const int64_t lane = i % LANES;
            if (row[i] > brackets->low[lane] && row[i] <= brackets->high[lane]) {
                chosen[lane * steps + found[lane]++] = row[i];
            }
        }
    }
}

/* The bisquare width of one lane, six medians, from the sizes in its bracket. */
static double lane_width(const struct brackets *brackets, int lane, double *sizes, int64_t found)
{
    const int64_t lower = (int64_t)(brackets->lower[lane] - brackets->below[lane]);
    const int64_t upper = (int64_t)(brackets->upper[lane] - brackets->below[lane]);
    if (upper >= found) {
        return 0; /* nothing was observed */
    }
    double low = rank_select(sizes, 0, found - 1, lower);
    double high = rank_select(sizes, 0, found - 1, upper);
    return 3 * (low + high);
}

static void lane_widths(struct stl_workspace *workspace, double *width)
{
    const int64_t steps = workspace->plan->steps;
    const struct brackets brackets = brackets_find(workspace->spare, steps);
    int64_t found[LANES] = {0};
    double *chosen = workspace->residue;
    brackets_collect(&brackets, workspace->spare, steps, chosen, found);
    for (int lane = 0; lane < LANES; lane++) {
        double own = lane_width(&brackets, lane, chosen + lane * steps, found[lane]);
        width[lane] = own > EXACT_FIT * workspace->lanes.largest[lane] ? own : 0;
    }
}

/* Missing values have the size -1. */
KERNEL_CLONES
static void remainder_sizes(const double *restrict observed, const double *restrict trend,
                            const double *restrict seasonal, const double *restrict valid,
                            double *restrict size, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double rest = fabs(observed[i] - (trend[i] + seasonal[i]));
        size[i] = valid[i] != 0 ? rest : -1;
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
    remainder_sizes(workspace->observed, trend, seasonal, workspace->valid, workspace->spare,
                    steps * LANES);
    lane_widths(workspace, width);
    bisquare_weights(workspace->spare, workspace->valid, width, workspace->weights, steps);
}
