/* airshed -- GPL-3.0-or-later. Bisquare robustness weights from the size of the remainder. */
#include <math.h>
#include <stdbool.h>
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

/* Largest size of each lane, and how many are negative and up to two edges. */
KERNEL_CLONES
static void survey_sizes(const double *restrict size, int64_t steps, const double *restrict first,
                         const double *restrict second, double *restrict largest,
                         double *restrict counts)
{
    double top[LANES] = {0};
    double count[3][LANES] = {{0}};
    for (int64_t i = 0; i < steps; i++) {
        const double *restrict row = size + i * LANES;
        EACH_LANE (lane) {
            double one = row[lane];
            top[lane] = one > top[lane] ? one : top[lane];
            count[0][lane] += one < 0 ? 1 : 0;
            count[1][lane] += one <= first[lane] ? 1 : 0;
            count[2][lane] += one <= second[lane] ? 1 : 0;
        }
    }
    memcpy(largest, top, sizeof top);
    memcpy(counts, count, sizeof count);
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

/* Ranks of the middle two sizes of each lane and a bracket that holds them: above `low`, up to which
 * there are `below` sizes, and up to `high`, up to which there are `within`. Missing sizes are negative
 * and rank before all others. */
struct brackets {
    double lower[LANES];
    double upper[LANES];
    double below[LANES];
    double within[LANES];
    double low[LANES];
    double high[LANES];
    int turn[LANES]; /* of QUARTERS, where the next edge lies */
};

/* Halves of a bracket by the bits of its ends, so by ratio: 14 lead from 16 octaves to 2^-9 of one.
 * It ends where a few sizes are left. */
enum {
    OCTAVES = 16,
    HALVINGS = 14,
    FEW = 12
};

/* An edge between the two ranks narrows nothing; the next two then lie on either side of it. */
static const uint64_t QUARTERS[] = {2, 1, 3};

static uint64_t bits_of(double size)
{
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    return size < 0 ? 0 : bits;
}

static double by_bits(double low, double high, int turn)
{
    const uint64_t first = bits_of(low);
    const uint64_t middle = first + (bits_of(high) - first) / 4 * QUARTERS[turn];
    double size;
    memcpy(&size, &middle, sizeof size);
    return size;
}

/* Takes an edge inside a bracket for the end on whose side of the ranks it lies. */
static void brackets_narrow(struct brackets *brackets, const double *edge, const double *count)
{
    for (int lane = 0; lane < LANES; lane++) {
        if (!(edge[lane] > brackets->low[lane] && edge[lane] < brackets->high[lane])) {
            continue;
        }
        const bool parts =
            count[lane] > brackets->lower[lane] && count[lane] <= brackets->upper[lane];
        brackets->turn[lane] = parts || brackets->turn[lane] == 1 ? brackets->turn[lane] + 1 : 0;
        brackets->turn[lane] %= 3;
        if (count[lane] <= brackets->lower[lane]) {
            brackets->low[lane] = edge[lane];
            brackets->below[lane] = count[lane];
        } else if (count[lane] > brackets->upper[lane]) {
            brackets->high[lane] = edge[lane];
            brackets->within[lane] = count[lane];
        }
    }
}

static bool brackets_are_narrow(const struct brackets *brackets)
{
    for (int lane = 0; lane < LANES; lane++) {
        if (brackets->within[lane] - brackets->below[lane] > FEW) {
            return false;
        }
    }
    return true;
}

/* The guess, from @p first to @p second, is where to look before halving: a wrong one costs time
 * and changes nothing, as the ranks decide. */
static struct brackets brackets_find(const double *size, int64_t steps, const double *first,
                                     const double *second)
{
    struct brackets brackets;
    double edge[LANES];
    double counts[3][LANES];
    survey_sizes(size, steps, first, second, brackets.high, counts[0]);
    for (int lane = 0; lane < LANES; lane++) {
        const int64_t known = steps - (int64_t)counts[0][lane];
        brackets.low[lane] = -0.5;
        brackets.below[lane] = counts[0][lane];
        brackets.within[lane] = (double)steps;
        brackets.turn[lane] = 0;
        brackets.lower[lane] = brackets.below[lane] + (double)((known - 1) / 2);
        brackets.upper[lane] = brackets.below[lane] + (double)(known / 2);
        edge[lane] = ldexp(brackets.high[lane], -OCTAVES);
    }
    brackets_narrow(&brackets, first, counts[1]);
    brackets_narrow(&brackets, second, counts[2]);
    for (int halving = 0; halving < HALVINGS && !brackets_are_narrow(&brackets); halving++) {
        for (int lane = 0; lane < LANES; lane++) {
            if (halving > 0 || brackets.low[lane] > edge[lane]) {
                edge[lane] = by_bits(brackets.low[lane], brackets.high[lane], brackets.turn[lane]);
            }
        }
        count_sizes(size, steps, edge, counts[0]);
        brackets_narrow(&brackets, edge, counts[0]);
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

/* A median is looked for first around that of the pass before, twice as far as it moved then. */
static void guess_medians(const struct stl_widths *widths, double *first, double *second)
{
    for (int lane = 0; lane < LANES; lane++) {
        const double median = widths->last[lane] / 6;
        const double moved = fabs(median - widths->before[lane] / 6);
        const double reach = 2 * moved + median / 1024;
        first[lane] = median - reach;
        second[lane] = median + reach;
    }
}

static void find_widths(struct stl_workspace *workspace)
{
    const int64_t steps = workspace->plan->steps;
    struct stl_widths *widths = &workspace->widths;
    double first[LANES];
    double second[LANES];
    int64_t found[LANES] = {0};
    double *chosen = workspace->residue;
    guess_medians(widths, first, second);
    const struct brackets brackets = brackets_find(workspace->spare, steps, first, second);
    brackets_collect(&brackets, workspace->spare, steps, chosen, found);
    for (int lane = 0; lane < LANES; lane++) {
        double own = lane_width(&brackets, lane, chosen + lane * steps, found[lane]);
        widths->before[lane] = widths->last[lane];
        widths->last[lane] = own > EXACT_FIT * workspace->lanes.largest[lane] ? own : 0;
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
    remainder_sizes(workspace->observed, trend, seasonal, workspace->valid, workspace->spare,
                    steps * LANES);
    find_widths(workspace);
    bisquare_weights(workspace->spare, workspace->valid, workspace->widths.last, workspace->weights,
                     steps);
}
