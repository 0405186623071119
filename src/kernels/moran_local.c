/* airshed -- GPL-3.0-or-later. Local Moran's I, and the false discovery rate of many tests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/quantile.h"
#include "moran_internal.h"

enum {
    FEW = 32 /* neighbours that are compared one by one */
};

/* ---- conditional permutations ------------------------------------------------------------- */

/* Words of one permutation of one cell. */
struct words {
    struct random_key key;
    uint32_t counter[4]; /* cell, block, permutation */
    uint32_t word[4];
    int left;
};

static uint32_t next_word(struct words *words)
{
    if (words->left == 0) {
        random_block(words->key, words->counter, words->word);
        words->counter[2]++;
        words->left = 4;
    }
    return words->word[--words->left];
}

/* Uniform below @p bound without bias (Lemire 2019). */
static int64_t word_below(struct words *words, uint32_t bound)
{
    uint64_t product = (uint64_t)next_word(words) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = -bound % bound;
        while ((uint32_t)product < threshold) {
            product = (uint64_t)next_word(words) * bound;
        }
    }
    return (int64_t)(product >> 32);
}

/* True where @p index was taken before in this draw; takes it. */
static bool is_taken(struct moran *moran, int64_t index, int64_t *taken, int64_t count)
{
    if (moran->drawn != NULL) {
        bool was = moran->drawn[index] == moran->draw;
        moran->drawn[index] = moran->draw;
        return was;
    }
    for (int64_t i = 0; i < count; i++) {
        if (taken[i] == index) {
            return true;
        }
    }
    taken[count] = index;
    return false;
}

/* Neighbours from all values but that at @p own: the sum of weights times values. */
static double draw_lag(struct moran *moran, struct words *words, int64_t own, int64_t count,
                       const double *weights, double weight)
{
    int64_t taken[FEW];
    double lag = 0;
    moran->draw++;
    for (int64_t i = 0; i < count;) {
        int64_t index = word_below(words, (uint32_t)(moran->n - 1));
        index += index >= own;
        if (!is_taken(moran, index, taken, i)) {
            lag += (weights != NULL ? weights[i] : weight) * moran->value[index];
            i++;
        }
    }
    return lag;
}

/* Weights of the neighbours of a zone that have values, from the list; NULL on a raster. */
static const double *gather_weights(const struct moran *moran, int64_t cell)
{
    const struct moran_links *links = moran->who.links;
    if (links == NULL) {
        return NULL;
    }
    int64_t count = 0;
    for (int64_t link = links->start[cell]; link < links->start[cell + 1]; link++) {
        if (moran->link_weight[link] > 0) {
            moran->scratch[count++] = moran->link_weight[link];
        }
    }
    return moran->scratch;
}

static double permutation_p(struct moran *moran, const struct moran_local_settings *settings,
                            int64_t cell, double lag)
{
    int64_t count = moran->count[cell], own = moran->position[cell], larger = 0;
    const double *weights = gather_weights(moran, cell);
    double z = moran->z[cell];
    double tie = MORAN_TIE * sqrt(moran->squares / (double)moran->n) * fabs(z);
    for (int64_t permutation = 0; permutation < settings->permutations; permutation++) {
        struct words words = {.key = settings->key,
                              .counter = {(uint32_t)cell, (uint32_t)((uint64_t)cell >> 32), 0,
                                          (uint32_t)permutation}};
        double drawn = draw_lag(moran, &words, own, count, weights, moran->scale[cell]);
        larger += z * drawn >= z * lag - tie;
    }
    int64_t smaller = settings->permutations - larger;
    int64_t least = smaller < larger ? smaller : larger;
    return (double)(least + 1) / (double)(settings->permutations + 1);
}

/* ---- local I ------------------------------------------------------------------------------ */

/* Sums of the weights of a cell and of their squares. */
static void weight_sums(const struct moran *moran, int64_t cell, double *sum, double *squares)
{
    const struct moran_links *links = moran->who.links;
    double count = moran->count[cell], scale = moran->scale[cell];
    *sum = count * scale;
    *squares = count * scale * scale;
    if (links != NULL) {
        *sum = *squares = 0;
        for (int64_t link = links->start[cell]; link < links->start[cell + 1]; link++) {
            *sum += moran->link_weight[link];
            *squares += moran->link_weight[link] * moran->link_weight[link];
        }
    }
}

/* Conditional moments (Sokal, Oden and Thomson 1998) with m2 = squares / n. */
static void set_local_moments(const struct moran *moran, int64_t cell, double factor,
                              struct moran_local *local)
{
    double n = (double)moran->n, z = moran->z[cell], m2 = moran->squares / n;
    double sum, squares;
    weight_sums(moran, cell, &sum, &squares);
    double ratio = z / m2;
    local->expectation = -factor * (z * z * sum) / ((n - 1) * m2);
    local->variance = factor * factor * (ratio * ratio) * (n / (n - 2)) *
                      (squares - sum * sum / (n - 1)) * (m2 - z * z / (n - 1));
    local->z = local->variance > 0 ? (local->i - local->expectation) / sqrt(local->variance) : NAN;
    local->p = erfc(fabs(local->z) / sqrt(2));
}

static enum moran_quadrant quadrant_of(double z, double lag)
{
    return z > 0 ? (lag > 0 ? MORAN_HIGH_HIGH : MORAN_HIGH_LOW)
                 : (lag > 0 ? MORAN_LOW_HIGH : MORAN_LOW_LOW);
}

/* Above FEW neighbours a draw needs to remember what it took. */
static enum status prepare_draws(struct moran *moran, const struct moran_local_settings *settings,
                                 int64_t cell)
{
    enum status status = STATUS_OK;
    bool is_needed = settings->permutations > 0 && moran->count[cell] > FEW;
    if (is_needed && moran->drawn == NULL) {
        TRY(memory_allocate((size_t)moran->n, sizeof *moran->drawn, &moran->drawn));
    }
done:
    return status;
}

enum status moran_local(struct moran *moran, const struct moran_local_settings *settings,
                        int64_t cell, struct moran_local *local)
{
    enum status status = STATUS_OK;
    *local = (struct moran_local){NAN, NAN, NAN, NAN, NAN, NAN, NAN, MORAN_NO_QUADRANT};
    if (moran->position[cell] < 0 || !(moran->squares > 0) || moran->count[cell] == 0) {
        goto done;
    }
    double n = (double)moran->n, z = moran->z[cell];
    double factor = settings->divide_by_n_less_one ? (n - 1) / n : 1;
    double lag = moran->scale[cell] * moran->lag[cell];
    double sum, squares;
    weight_sums(moran, cell, &sum, &squares);
    local->i = factor * (z / (moran->squares / n)) * lag;
    local->lag = lag + sum * moran->mean;
    local->quadrant = quadrant_of(z, lag);
    set_local_moments(moran, cell, factor, local);
    if (settings->permutations > 0) {
        TRY(prepare_draws(moran, settings, cell));
        local->p_permutation = permutation_p(moran, settings, cell, lag);
    }
done:
    return status;
}

/* ---- many tests --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double moran_discovery_bound(double *p_values, int64_t count, int64_t tests, double rate)
{
    double bound = 0;
    count = quantile_compact(p_values, count);
    if (count > 0) {
        qsort(p_values, (size_t)count, sizeof *p_values, compare);
    }
    for (int64_t i = 0; i < count; i++) {
        double rank = (double)(i + 1);
        if (p_values[i] <= rank / (double)tests * rate) {
            bound = p_values[i];
        }
    }
    return bound;
}
