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

/* CANDIDATES slopes are computed at most for one rank; below that all pairs are. Runs of RUN are
 * sorted by insertion, and the whole where that takes under MOVES moves a step. */
enum {
    CANDIDATES = 32768,
    SAMPLES = 4096,
    KNOWN = 64,
    RUN = 32,
    MOVES = 8,
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
    double *t, *y;               /* [used], without NaN */
    double *scratch;             /* [2 * steps] */
    struct entry *order, *spare; /* [used] */
    struct known at;             /* the slope by which order is sorted */
    double *slopes;              /* [CANDIDATES] */
    int64_t used, pairs, found;
    int64_t next; /* place in slopes of rank next_rank, 0 where it is not there */
    int64_t next_rank;
    double next_limit; /* below which it is certain */
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

/** First place in the sorted [begin, end) whose height is at least @p height, or above it where
 *  @p above. */
static int64_t place_of(const struct entry *entries, int64_t begin, int64_t end, double height,
                        bool above)
{
    while (begin < end) {
        int64_t middle = begin + (end - begin) / 2;
        double here = entries[middle].height;
        bool later = above ? here <= height : here < height;
        begin = later ? middle + 1 : begin;
        end = later ? end : middle;
    }
    return begin;
}

/** Merges two sorted runs; where they hardly overlap, most is copied.
 *  @return inversions, each pair of them emitted where wanted */
__attribute__((always_inline)) static inline int64_t merge(struct sen_workspace *work,
                                                           const struct entry *from, int64_t middle,
                                                           int64_t end, struct entry *to,
                                                           bool wanted)
{
    if (middle == end) {
        memcpy(to, from, sizeof *to * (size_t)end);
        return 0;
    }
    int64_t left = place_of(from, 0, middle, from[middle].height, true);
    int64_t last = place_of(from, middle, end, from[middle - 1].height, false);
    int64_t right = middle, inversions = 0;
    memcpy(to, from, sizeof *to * (size_t)left);
    to += left;
    while (left < middle && right < last) {
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

/** Sorts entries, or gives up after @p most moves, when *sorted is false and the entries are partly
 *  sorted. @return inversions removed, each pair of them emitted where wanted */
__attribute__((always_inline)) static inline int64_t insertion_sort(struct sen_workspace *work,
                                                                    struct entry *entries,
                                                                    int64_t count, int64_t most,
                                                                    bool wanted, bool *sorted)
{
    int64_t inversions = 0, i = 1;
    for (; i < count && inversions <= most; i++) {
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
    *sorted = i >= count;
    return inversions;
}

/** Sorts entries by merging runs. @return as insertion_sort() */
__attribute__((always_inline)) static inline int64_t merge_sort(struct sen_workspace *work,
                                                                bool wanted)
{
    int64_t count = work->used, inversions = 0;
    bool sorted;
    for (int64_t start = 0; start < count; start += RUN) {
        int64_t run = count - start < RUN ? count - start : RUN;
        inversions += insertion_sort(work, work->order + start, run, INT64_MAX, wanted, &sorted);
    }
    for (int64_t width = RUN; width < count; width *= 2) {
        for (int64_t start = 0; start < count; start += 2 * width) {
            int64_t end = count - start < 2 * width ? count - start : 2 * width;
            inversions += merge(work, work->order + start, end < width ? end : width, end,
                                work->spare + start, wanted);
        }
        struct entry *held = work->order;
        work->order = work->spare;
        work->spare = held;
    }
    return inversions;
}

/** Sorts work->order by y - m t. Where m is near the slope of the present order few pairs change
 *  places and insertion is quickest; what it leaves undone is merged.
 *  @return pairs that change places: slopes between the two */
__attribute__((always_inline)) static inline int64_t order_sort(struct sen_workspace *work,
                                                                double m, int64_t most, bool wanted)
{
    bool sorted;
    for (int64_t i = 0; i < work->used; i++) {
        int64_t step = work->order[i].step;
        work->order[i].height = work->y[step] - m * (work->t[step] - work->t_middle);
    }
    int64_t changes = insertion_sort(work, work->order, work->used, most, wanted, &sorted);
    return sorted ? changes : changes + merge_sort(work, wanted);
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

/** Brings the order to slope m. @return how many slopes lie below */
static int64_t below_count(struct sen_workspace *work, double m)
{
    int64_t changes = order_sort(work, m, MOVES * work->used, false);
    work->at.below += m > work->at.m ? changes : -changes;
    work->at.m = m;
    known_add(work, m, work->at.below);
    return work->at.below;
}

/** As below_count(), from the order of time. */
static int64_t below_count_anew(struct sen_workspace *work, double m)
{
    for (int64_t i = 0; i < work->used; i++) {
        work->order[i].step = i;
    }
    work->at = (struct known){m, order_sort(work, m, 0, false)};
    return work->at.below;
}

/** Brings the order up to slope m and keeps the slopes passed. */
static void order_emit(struct sen_workspace *work, double m)
{
    work->found = 0;
    work->at.below += order_sort(work, m, MOVES * work->used, true);
    work->at.m = m;
    known_add(work, m, work->at.below);
}

/** A bound of what rounding in y - m t and in a slope near m can do to the order of slopes. */
static double rounding_at(const struct sen_workspace *work, double m)
{
    return 8 * DBL_EPSILON * (work->y_size + fabs(m) * work->t_size) / work->spacing;
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

/** Slope of @p rank among those from @p low to @p high. It is that of all pairs where *clear: the
 *  rank lies between, all slopes were kept, and rounding at either end cannot reach it. */
static double pick(struct sen_workspace *work, double low, double high, int64_t rank, bool *clear)
{
    int64_t below = below_count(work, low);
    order_emit(work, high);
    bool all = work->found <= CANDIDATES;
    int64_t kept = all ? work->found : CANDIDATES;
    *clear = false;
    if (kept == 0) {
        return low;
    }
    int64_t wanted = all ? rank - below : kept / 2;
    bool within = wanted >= 0 && wanted < kept;
    double slope = quantile_select(work->slopes, kept, within ? wanted : kept / 2);
    *clear = all && within && slope > low + rounding_at(work, low) &&
             slope < high - rounding_at(work, high);
    work->next = *clear && wanted + 1 < kept ? wanted + 1 : 0;
    work->next_rank = rank + 1;
    work->next_limit = high - rounding_at(work, high);
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

/** Tries bounds that should hold a quarter of the candidates. */
static double pick_at_once(struct sen_workspace *work, int64_t rank, bool *clear)
{
    struct known low, high;
    closest(work, rank, &low, &high);
    double per_slope = (high.m - low.m) / (double)(high.below - low.below);
    double guess = low.m + per_slope * (double)(rank - low.below);
    double reach = per_slope * CANDIDATES / 8;
    return pick(work, fmax(guess - reach, low.m), fmin(guess + reach, high.m), rank, clear);
}

/** Slope of @p rank where the last pick was of the one before and kept it: the smallest behind that
 *  one's place. NaN where it is not certain. */
static double slope_of_next_rank(const struct sen_workspace *work, int64_t rank)
{
    double least = INFINITY;
    if (work->next == 0 || work->next_rank != rank) {
        return NAN;
    }
    for (int64_t i = work->next; i < work->found; i++) {
        least = fmin(least, work->slopes[i]);
    }
    return least < work->next_limit ? least : NAN;
}

/** Slope of @p rank, 0-based, among all pairs. */
static double slope_of_rank(struct sen_workspace *work, int64_t rank)
{
    struct known low, high;
    bool clear = false;
    double slope = pick_at_once(work, rank, &clear);
    if (clear) {
        return slope;
    }
    narrow(work, rank, &low, &high);
    slope = pick(work, low.m, high.m, rank, &clear);
    for (int tries = 0; !clear && tries < 4; tries++) {
        /* Too near an end: step away from it by more than the rounding. */
        double away = (32 << 2 * tries) * rounding_at(work, slope);
        double again = pick(work, low.m - away, high.m + away, rank, &clear);
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
                work->next = 0;
                bracketed = true;
            }
            slope[i] = slope_of_next_rank(work, rank[i]);
            slope[i] = isnan(slope[i]) ? slope_of_rank(work, rank[i]) : slope[i];
        }
    }
}

static double middle_of(const double *sorted, int64_t count)
{
    double low = sorted[(count - 1) / 2], high = sorted[count / 2];
    return low + (high - low) / 2;
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
    sen.intercept = middle_of(sorted, used) - sen.slope * middle_of(workspace->t, used);
    return sen;
}
