/* airshed -- GPL-3.0-or-later. Sen's slope: the median of the slopes of all pairs, in O(n log n).
 */
#include "kernels/sen.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/mann_kendall.h"
#include "kernels/quantile.h"

/* CANDIDATES slopes are computed at most for one rank; below that all pairs are. */
enum {
    CANDIDATES = 32768,
    SAMPLES = 4096,
    RUN = 8,
    KNOWN = 64
};

static const double NORMAL_QUANTILE = 1.959963984540054;

/** A step and its y - m t. */
struct entry {
    double height;
    int64_t step;
};

/** How many slopes lie below m. */
struct known {
    double m;
    int64_t below;
};

struct sen_workspace {
    double *t, *y;                      /* [used], without NaN */
    double *scratch;                    /* [2 * steps] */
    struct entry *base, *order, *spare; /* [used] */
    double *slopes;                     /* [CANDIDATES] */
    int64_t used, pairs, found;
    double spacing, y_size, t_size, t_middle;
    struct known known[KNOWN]; /* ascending in m */
    int known_count;
};

enum status sen_workspace_create(int64_t steps, struct sen_workspace **workspace)
{
    enum status status;
    struct sen_workspace *created = NULL;
    size_t count = (size_t)steps;

    TRY(memory_allocate(1, sizeof *created, &created));
    TRY(memory_allocate(count, sizeof(double), &created->t));
    TRY(memory_allocate(count, sizeof(double), &created->y));
    TRY(memory_allocate(2 * count, sizeof(double), &created->scratch));
    TRY(memory_allocate(count, sizeof(struct entry), &created->base));
    TRY(memory_allocate(count, sizeof(struct entry), &created->order));
    TRY(memory_allocate(count, sizeof(struct entry), &created->spare));
    TRY(memory_allocate(CANDIDATES, sizeof(double), &created->slopes));
done:
    *workspace = created;
    if (status != STATUS_OK) {
        sen_workspace_destroy(workspace);
    }
    return status;
}

void sen_workspace_destroy(struct sen_workspace **workspace)
{
    struct sen_workspace *old = *workspace;
    if (old != NULL) {
        free(old->t);
        free(old->y);
        free(old->scratch);
        free(old->base);
        free(old->order);
        free(old->spare);
        free(old->slopes);
        free(old);
    }
    *workspace = NULL;
}

static double slope_of(const struct sen_workspace *work, int64_t i, int64_t j)
{
    return (work->y[j] - work->y[i]) / (work->t[j] - work->t[i]);
}

/** Keeps the slope of two steps as long as there is room. */
static void emit(struct sen_workspace *work, int64_t i, int64_t j)
{
    if (work->found < CANDIDATES) {
        work->slopes[work->found] = slope_of(work, i, j);
    }
    work->found++;
}

/** Merges two sorted runs. @return inversions, each pair of them emitted where wanted */
__attribute__((always_inline)) static inline int64_t merge(struct sen_workspace *work,
                                                           const struct entry *from, int64_t middle,
                                                           int64_t end, struct entry *to,
                                                           bool wanted)
{
    int64_t left = 0, right = middle, inversions = 0;
    while (left < middle && right < end) {
        int64_t falls = from[right].height < from[left].height;
        *to++ = from[falls ? right : left];
        for (int64_t i = left; wanted && falls && i < middle; i++) {
            emit(work, from[i].step, from[right].step);
        }
        inversions += falls * (middle - left);
        right += falls;
        left += 1 - falls;
    }
    memcpy(to, from + left, sizeof *to * (size_t)(middle - left));
    memcpy(to + middle - left, from + right, sizeof *to * (size_t)(end - right));
    return inversions;
}

__attribute__((always_inline)) static inline int64_t
insertion_sort(struct sen_workspace *work, struct entry *entries, int64_t count, bool wanted)
{
    int64_t inversions = 0;
    for (int64_t i = 1; i < count; i++) {
        struct entry entry = entries[i];
        int64_t j = i;
        for (; j > 0 && entries[j - 1].height > entry.height; j--) {
            if (wanted) {
                emit(work, entries[j - 1].step, entry.step);
            }
            entries[j] = entries[j - 1];
        }
        entries[j] = entry;
        inversions += i - j;
    }
    return inversions;
}

/** Sorts work->order by y - m t. @return inversions: pairs whose order there differs */
__attribute__((always_inline)) static inline int64_t order_sort(struct sen_workspace *work,
                                                                double m, bool wanted)
{
    int64_t count = work->used, inversions = 0;
    struct entry *from = work->order, *to = work->spare;
    for (int64_t i = 0; i < count; i++) {
        int64_t step = from[i].step;
        from[i].height = work->y[step] - m * (work->t[step] - work->t_middle);
    }
    for (int64_t start = 0; start < count; start += RUN) {
        int64_t run = count - start < RUN ? count - start : RUN;
        inversions += insertion_sort(work, from + start, run, wanted);
    }
    for (int64_t width = RUN; width < count; width *= 2) {
        for (int64_t start = 0; start < count; start += 2 * width) {
            int64_t end = count - start < 2 * width ? count - start : 2 * width;
            inversions +=
                merge(work, from + start, end < width ? end : width, end, to + start, wanted);
        }
        struct entry *held = from;
        from = to;
        to = held;
    }
    work->order = from;
    work->spare = to;
    return inversions;
}

static int64_t order_count(struct sen_workspace *work, double m)
{
    return order_sort(work, m, false);
}

static int64_t order_emit(struct sen_workspace *work, double m)
{
    work->found = 0;
    return order_sort(work, m, true);
}

/** A bound of what rounding in y - m t and in a slope near m can do to the order of slopes. */
static double rounding_at(const struct sen_workspace *work, double m)
{
    return 8 * DBL_EPSILON * (work->y_size + fabs(m) * work->t_size) / work->spacing;
}

static void order_from_base(struct sen_workspace *work)
{
    memcpy(work->order, work->base, sizeof *work->order * (size_t)work->used);
}

/** Remembers how many slopes lie below m, unless the list is full. */
static void known_add(struct sen_workspace *work, double m, int64_t below)
{
    if (work->known_count < KNOWN) {
        int at = work->known_count++;
        for (; at > 0 && work->known[at - 1].m > m; at--) {
            work->known[at] = work->known[at - 1];
        }
        work->known[at] = (struct known){m, below};
    }
}

/** Counts from the base, where the order differs little and the sort is quick. */
static int64_t below_count(struct sen_workspace *work, double m)
{
    order_from_base(work);
    int64_t below = work->known[0].below + order_count(work, m);
    known_add(work, m, below);
    return below;
}

/** Counts from the order of time. */
static int64_t below_count_anew(struct sen_workspace *work, double m)
{
    for (int64_t i = 0; i < work->used; i++) {
        work->order[i].step = i;
    }
    return order_count(work, m);
}

/** Brackets ranks first and last by quantiles of a sample of slopes, widened until they hold.
 *  The draws are the same for every series. */
static void bracket(struct sen_workspace *work, int64_t first, int64_t last, int64_t tied)
{
    struct random_key key = {0, random_stream("sen")};
    double *sample = work->slopes;
    for (int s = 0; s < SAMPLES; s++) {
        uint64_t bits = random_bits(key, 0, (uint64_t)s);
        int64_t i = (int64_t)(((bits >> 32) * (uint64_t)work->used) >> 32);
        int64_t j = (int64_t)(((bits & 0xffffffff) * (uint64_t)(work->used - 1)) >> 32);
        sample[s] = slope_of(work, i, j < i ? j : j + 1);
    }
    /* Three standard deviations of a sample quantile at the median. */
    double margin = 1.5 * sqrt(SAMPLES), scale = (double)SAMPLES / (double)work->pairs;
    int64_t low_rank = (int64_t)fmax(0, (double)first * scale - margin);
    int64_t high_rank = (int64_t)fmin(SAMPLES - 1, (double)last * scale + margin);
    double low = quantile_select(sample, SAMPLES, low_rank);
    double high = quantile_select(sample, SAMPLES, high_rank);
    double step = high - low + 16 * rounding_at(work, fmax(fabs(low), fabs(high)));
    int64_t below;
    low -= step / 64;
    high += step / 64;
    work->known_count = 0;
    for (double width = step; (below = below_count_anew(work, low)) > first && isfinite(low);
         width *= 2) {
        low -= width;
    }
    known_add(work, low, below);
    memcpy(work->base, work->order, sizeof *work->order * (size_t)work->used);
    for (double width = step; below_count(work, high) <= last && isfinite(high); width *= 2) {
        high += width;
    }
    /* Fence off the slopes of 0 where there are many: interpolation does not see such a step. */
    double fence = 64 * rounding_at(work, 0);
    if (tied > CANDIDATES / 4 && low < -fence && high > fence) {
        below_count(work, -fence);
        below_count(work, fence);
    }
}

/** Closest known bounds of rank: below(low) <= rank < below(high). */
static void closest(const struct sen_workspace *work, int64_t rank, struct known *low,
                    struct known *high)
{
    int at = 0;
    while (at + 1 < work->known_count && work->known[at + 1].below <= rank) {
        at++;
    }
    *low = work->known[at];
    *high = work->known[at + 1 < work->known_count ? at + 1 : at];
}

/** Slope of @p rank among those between the bounds, exact where it keeps clear of both ends by the
 *  rounding there; *clear tells. */
static double pick(struct sen_workspace *work, struct known low, struct known high, int64_t rank,
                   bool *clear)
{
    order_from_base(work);
    order_count(work, low.m);
    order_emit(work, high.m);
    bool all = work->found <= CANDIDATES;
    int64_t kept = all ? work->found : CANDIDATES;
    int64_t wanted = all ? rank - low.below : kept / 2;
    *clear = false;
    if (kept == 0) {
        return low.m;
    }
    wanted = wanted < 0 ? 0 : wanted >= kept ? kept - 1 : wanted;
    double slope = quantile_select(work->slopes, kept, wanted);
    *clear = all && work->found == high.below - low.below &&
             slope > low.m + rounding_at(work, low.m) && slope < high.m - rounding_at(work, high.m);
    return slope;
}

/** Narrows the bounds of rank until few slopes lie between, by interpolation, and by halves where
 *  that gains little. Stops where the bounds are as close as rounding allows. */
static void narrow(struct sen_workspace *work, int64_t rank, struct known *low, struct known *high)
{
    closest(work, rank, low, high);
    while (high->below - low->below > CANDIDATES && work->known_count < KNOWN - 3) {
        int64_t between = high->below - low->below;
        double width = high->m - low->m, per_slope = width / (double)between;
        double guess = low->m + per_slope * (double)(rank - low->below);
        double reach = per_slope * CANDIDATES / 4;
        if (width <= 64 * rounding_at(work, guess)) {
            return;
        }
        double trial[] = {guess - reach, guess + reach, low->m + width / 2};
        for (int i = 0; i < 3; i++) {
            bool useful = i < 2 || high->below - low->below > between / 4;
            if (useful && trial[i] > low->m && trial[i] < high->m) {
                below_count(work, trial[i]);
                closest(work, rank, low, high);
            }
        }
    }
}

/** Slope of @p rank, 0-based, among all pairs. */
static double slope_of_rank(struct sen_workspace *work, int64_t rank)
{
    struct known low, high;
    bool clear = false;
    narrow(work, rank, &low, &high);
    double slope = pick(work, low, high, rank, &clear);
    for (int tries = 0; !clear && tries < 4; tries++) {
        /* Too near an end: step away from it by more than the rounding. */
        double away = (32 << 2 * tries) * rounding_at(work, slope);
        order_from_base(work);
        low.m -= away;
        high.m += away;
        if (low.m <= work->known[0].m) {
            low = work->known[0];
        } else {
            low.below = work->known[0].below + order_count(work, low.m);
        }
        order_from_base(work);
        high.below = work->known[0].below + order_count(work, high.m);
        double again = pick(work, low, high, rank, &clear);
        slope = clear ? again : slope;
    }
    return slope;
}

static void slopes_of_all_pairs(struct sen_workspace *work)
{
    work->found = 0;
    for (int64_t i = 0; i < work->used; i++) {
        for (int64_t j = i + 1; j < work->used; j++) {
            emit(work, i, j);
        }
    }
}

/** Copies what is finite; sizes for the bounds of rounding. */
static void load(struct sen_workspace *work, const double *t, const double *y, int64_t steps,
                 int64_t stride)
{
    work->used = 0;
    work->y_size = 0;
    work->spacing = INFINITY;
    for (int64_t k = 0; k < steps; k++) {
        double value = y[k * stride];
        if (isfinite(value)) {
            work->t[work->used] = t[k];
            work->y[work->used] = value;
            if (work->used > 0) {
                work->spacing = fmin(work->spacing, t[k] - work->t[work->used - 1]);
            }
            work->y_size = fmax(work->y_size, fabs(value));
            work->used++;
        }
    }
    if (work->used > 0) {
        work->t_middle = work->t[work->used / 2];
        work->t_size = fmax(fabs(work->t[0]), fabs(work->t[work->used - 1]));
        work->pairs = work->used * (work->used - 1) / 2;
    }
}

/** Slopes of ascending ranks. Slopes of exactly 0, which rounded data have in great numbers, are
 *  counted without arithmetic: @p falling of them lie below, @p tied are 0. */
static void slopes_of_ranks(struct sen_workspace *work, const int64_t *rank, int count,
                            int64_t falling, int64_t tied, double *slope)
{
    bool few = work->pairs <= CANDIDATES, bracketed = false;
    if (few) {
        slopes_of_all_pairs(work);
    }
    for (int i = 0; i < count; i++) {
        if (rank[i] >= falling && rank[i] < falling + tied) {
            slope[i] = 0;
        } else if (i > 0 && rank[i] == rank[i - 1]) {
            slope[i] = slope[i - 1];
        } else if (few) {
            slope[i] = quantile_select(work->slopes, work->pairs, rank[i]);
        } else {
            if (!bracketed) {
                bracket(work, rank[0], rank[count - 1], tied);
                bracketed = true;
            }
            slope[i] = slope_of_rank(work, rank[i]);
        }
    }
}

static double middle_of(const double *values, int64_t count, double *scratch)
{
    memcpy(scratch, values, sizeof *scratch * (size_t)count);
    return quantile_median(scratch, count);
}

struct sen sen_slope(const double *t, const double *y, int64_t steps, int64_t stride,
                     struct sen_workspace *workspace)
{
    struct sen sen = {0, NAN, NAN, NAN, NAN};
    load(workspace, t, y, steps, stride);
    sen.used = workspace->used;
    if (sen.used < 2) {
        return sen;
    }
    double *sorted = workspace->scratch;
    int64_t tied, used = workspace->used;
    memcpy(sorted, workspace->y, sizeof *sorted * (size_t)used);
    int64_t falling = mann_kendall_inversions(sorted, used, sorted + used);
    double reach = NORMAL_QUANTILE * sqrt(mann_kendall_variance(sorted, used, &tied));
    double pairs = (double)workspace->pairs, last = pairs - 1;
    int64_t rank[] = {
        (int64_t)fmax(nearbyint((pairs - reach) / 2) - 1, 0),
        (workspace->pairs - 1) / 2,
        workspace->pairs / 2,
        (int64_t)fmin(nearbyint((pairs + reach) / 2), last),
    };
    double slope[4];
    slopes_of_ranks(workspace, rank, 4, falling, tied, slope);
    sen.low = slope[0];
    sen.slope = rank[1] == rank[2] ? slope[1] : (slope[1] + slope[2]) / 2;
    sen.high = slope[3];
    sen.intercept = middle_of(workspace->y, used, workspace->scratch) -
                    sen.slope * middle_of(workspace->t, used, workspace->scratch);
    return sen;
}
