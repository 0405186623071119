/* airshed -- GPL-3.0-or-later. Moran's I, global and local, of rasters and of lists of zones. */
#include "kernels/moran.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes.h"
#include "kernels/quantile.h"
#include "kernels/tree_sum.h"
#include "moran_internal.h"

/* ---- sums over neighbours ----------------------------------------------------------------- */

static double at(const double *x, const struct moran_neighbours *who, int64_t row, int64_t col)
{
    bool is_inside = row >= 0 && row < who->rows && col >= 0 && col < who->cols;
    return is_inside ? x[row * who->cols + col] : 0;
}

static void lag_contiguity(const struct moran_neighbours *who, const double *x, double *lag)
{
    for (int64_t row = 0; row < who->rows; row++) {
        for (int64_t col = 0; col < who->cols; col++) {
            double edges = (at(x, who, row - 1, col) + at(x, who, row + 1, col)) +
                           (at(x, who, row, col - 1) + at(x, who, row, col + 1));
            double corners = 0;
            if (who->contiguity == MORAN_QUEEN) {
                corners = (at(x, who, row - 1, col - 1) + at(x, who, row + 1, col + 1)) +
                          (at(x, who, row + 1, col - 1) + at(x, who, row - 1, col + 1));
            }
            lag[row * who->cols + col] = edges + corners;
        }
    }
}

/* Sums of x before each column, so that a stretch of a row is one difference. */
static void running_sums(const struct moran_neighbours *who, const double *x, double *sums)
{
    for (int64_t row = 0; row < who->rows; row++) {
        double *out = sums + row * (who->cols + 1);
        out[0] = 0;
        for (int64_t col = 0; col < who->cols; col++) {
            out[col + 1] = out[col] + x[row * who->cols + col];
        }
    }
}

void moran_band_row(const struct moran_neighbours *who, const double *sums, int64_t row,
                    double *lag)
{
    const struct moran_band *band = who->band;
    const int32_t *reach = band->reach + row * (2 * band->reach_rows + 1) + band->reach_rows;
    memset(lag, 0, (size_t)who->cols * sizeof *lag);
    for (int64_t d = -band->reach_rows; d <= band->reach_rows; d++) {
        if (row + d < 0 || row + d >= who->rows || reach[d] < 0) {
            continue;
        }
        const double *from = sums + (row + d) * (who->cols + 1);
        int64_t width = reach[d];
        for (int64_t col = 0; col < who->cols; col++) {
            int64_t first = col > width ? col - width : 0;
            int64_t end = col + width + 1 < who->cols ? col + width + 1 : who->cols;
            lag[col] += from[end] - from[first];
        }
    }
}

static void lag_band(const struct moran *moran, const double *x, double *lag)
{
    const struct moran_neighbours *who = &moran->who;
    running_sums(who, x, moran->sums);
    for (int64_t row = 0; row < who->rows; row++) {
        double *out = lag + row * who->cols;
        moran_band_row(who, moran->sums, row, out);
        for (int64_t col = 0; col < who->cols; col++) {
            out[col] -= x[row * who->cols + col];
        }
    }
}

static void lag_links(const struct moran *moran, const double *x, double *lag)
{
    const struct moran_links *links = moran->who.links;
    for (int64_t i = 0; i < moran->cells; i++) {
        lag[i] = 0;
        for (int64_t link = links->start[i]; link < links->start[i + 1]; link++) {
            lag[i] += moran->link_weight[link] * x[links->neighbour[link]];
        }
    }
}

/* Sums of x over the neighbours of each cell: unweighted on a raster, weighted by a list. x is 0
 * where values are missing. */
static void lag_of(const struct moran *moran, const double *x, double *lag)
{
    if (moran->who.links != NULL) {
        lag_links(moran, x, lag);
    } else if (moran->who.band != NULL) {
        lag_band(moran, x, lag);
    } else {
        lag_contiguity(&moran->who, x, lag);
    }
}

/* Along rows in column order, then over rows in a tree. */
static double sum_of(const struct moran *moran, const double *x)
{
    for (int64_t row = 0; row < moran->who.rows; row++) {
        double sum = 0;
        for (int64_t col = 0; col < moran->who.cols; col++) {
            sum += x[row * moran->who.cols + col];
        }
        moran->row_sum[row] = sum;
    }
    return tree_sum(moran->row_sum, moran->who.rows);
}

/* ---- values ------------------------------------------------------------------------------- */

static bool has_value(const struct moran *moran, int64_t cell)
{
    return moran->position[cell] >= 0;
}

static void centre_values(struct moran *moran, const double *values)
{
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        bool is_value = isfinite(values[cell]);
        moran->position[cell] = is_value ? moran->n++ : -1;
        moran->z[cell] = is_value ? values[cell] : 0;
    }
    moran->mean = moran->n > 0 ? sum_of(moran, moran->z) / (double)moran->n : NAN;
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        moran->z[cell] = has_value(moran, cell) ? moran->z[cell] - moran->mean : 0;
    }
    /* What the rounding of the mean left. */
    double rest = moran->n > 0 ? sum_of(moran, moran->z) / (double)moran->n : 0;
    moran->mean += rest;
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        moran->z[cell] -= has_value(moran, cell) ? rest : 0;
        moran->scratch[cell] = moran->z[cell] * moran->z[cell];
        if (has_value(moran, cell)) {
            moran->value[moran->position[cell]] = moran->z[cell];
        }
    }
    moran->squares = sum_of(moran, moran->scratch);
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        moran->scratch[cell] *= moran->scratch[cell];
    }
    moran->fourths = sum_of(moran, moran->scratch);
}

/* Weights of a list between cells with values, row-standardised where asked. */
static void weigh_links(struct moran *moran)
{
    const struct moran_links *links = moran->who.links;
    for (int64_t i = 0; i < moran->cells; i++) {
        double total = 0;
        for (int64_t link = links->start[i]; link < links->start[i + 1]; link++) {
            bool is_used = has_value(moran, i) && has_value(moran, links->neighbour[link]);
            double weight = !is_used ? 0 : links->weight != NULL ? links->weight[link] : 1;
            moran->link_weight[link] = weight;
            moran->count[i] += weight > 0;
            total += weight;
        }
        bool is_scaled = moran->style == MORAN_ROW_STANDARDISED && total > 0;
        for (int64_t link = links->start[i]; is_scaled && link < links->start[i + 1]; link++) {
            moran->link_weight[link] /= total;
        }
        /* The lag of a list is weighted already. */
        moran->scale[i] = has_value(moran, i) && total > 0 ? 1 : 0;
    }
}

static void weigh_raster(struct moran *moran)
{
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        moran->scratch[cell] = has_value(moran, cell) ? 1 : 0;
    }
    lag_of(moran, moran->scratch, moran->lag);
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        double count = has_value(moran, cell) ? moran->lag[cell] : 0;
        moran->count[cell] = (int32_t)count;
        moran->scale[cell] = count == 0                               ? 0
                             : moran->style == MORAN_ROW_STANDARDISED ? 1 / count
                                                                      : 1;
    }
}

static enum status allocate(struct moran *moran)
{
    enum status status;
    const struct moran_neighbours *who = &moran->who;
    size_t cells = (size_t)moran->cells;
    TRY(memory_allocate(cells, sizeof *moran->position, &moran->position));
    TRY(memory_allocate(cells, sizeof *moran->z, &moran->z));
    TRY(memory_allocate(cells, sizeof *moran->value, &moran->value));
    TRY(memory_allocate(cells, sizeof *moran->lag, &moran->lag));
    TRY(memory_allocate(cells, sizeof *moran->scale, &moran->scale));
    TRY(memory_allocate(cells, sizeof *moran->scratch, &moran->scratch));
    TRY(memory_allocate(cells, sizeof *moran->count, &moran->count));
    TRY(memory_allocate((size_t)who->rows, sizeof *moran->row_sum, &moran->row_sum));
    if (who->band != NULL) {
        TRY(memory_allocate((size_t)(who->rows * (who->cols + 1)), sizeof *moran->sums,
                            &moran->sums));
    }
    if (who->links != NULL) {
        TRY(memory_allocate((size_t)who->links->start[who->rows], sizeof *moran->link_weight,
                            &moran->link_weight));
    }
done:
    return status;
}

enum status moran_create(const struct moran_neighbours *neighbours, enum moran_style style,
                         const double *values, struct moran **out)
{
    enum status status;
    struct moran *moran = NULL;
    TRY(memory_allocate(1, sizeof *moran, &moran));
    moran->who = *neighbours;
    moran->style = style;
    moran->cells = neighbours->rows * neighbours->cols;
    TRY(allocate(moran));
    centre_values(moran, values);
    if (neighbours->links != NULL) {
        weigh_links(moran);
    } else {
        weigh_raster(moran);
    }
    lag_of(moran, moran->z, moran->lag);
    *out = moran;
    moran = NULL;
done:
    moran_destroy(&moran);
    return status;
}

void moran_destroy(struct moran **pointer)
{
    struct moran *moran = *pointer;
    if (moran == NULL) {
        return;
    }
    free(moran->position);
    free(moran->z);
    free(moran->value);
    free(moran->lag);
    free(moran->scale);
    free(moran->scratch);
    free(moran->count);
    free(moran->row_sum);
    free(moran->sums);
    free(moran->link_weight);
    moran_order_clear(&moran->order);
    free(moran->drawn);
    free(moran);
    *pointer = NULL;
}

/* ---- global I ----------------------------------------------------------------------------- */

/* Sums over all pairs of a raster, from sums over neighbours: with w = scale_i on each link,
 * S1 = 1/2 sum (scale_i + scale_j)^2 and S2 = sum_i (sum_j scale_i + scale_j)^2. */
static void raster_moments(const struct moran *moran, struct moran_global *test)
{
    double *column = moran->spare, *square = moran->spare + moran->cells;
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        moran->scratch[cell] = moran->scale[cell] * moran->scale[cell];
    }
    lag_of(moran, moran->scale, column);
    lag_of(moran, moran->scratch, square);
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        double scale = moran->scale[cell], count = moran->count[cell];
        double both = count * scale * scale + 2 * scale * column[cell] + square[cell];
        moran->scratch[cell] = count > 0 ? both / 2 : 0;
    }
    test->s1 = sum_of(moran, moran->scratch);
    for (int64_t cell = 0; cell < moran->cells; cell++) {
        double both = moran->count[cell] * moran->scale[cell] + column[cell];
        moran->scratch[cell] = moran->count[cell] > 0 ? both * both : 0;
        square[cell] = moran->count[cell] * moran->scale[cell];
    }
    test->s2 = sum_of(moran, moran->scratch);
    test->s0 = sum_of(moran, square);
}

/* Weight of the link from @p from to @p to; 0 where there is none. */
static double weight_between(const struct moran *moran, int64_t from, int64_t to)
{
    const struct moran_links *links = moran->who.links;
    int64_t low = links->start[from], high = links->start[from + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (links->neighbour[middle] < to) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_there = low < links->start[from + 1] && links->neighbour[low] == to;
    return is_there ? moran->link_weight[low] : 0;
}

static void links_moments(const struct moran *moran, struct moran_global *test)
{
    const struct moran_links *links = moran->who.links;
    double *total = moran->spare, *both = moran->spare + moran->cells;
    for (int64_t i = 0; i < moran->cells; i++) {
        moran->scratch[i] = 0;
        for (int64_t link = links->start[i]; link < links->start[i + 1]; link++) {
            double weight = moran->link_weight[link];
            double back = weight_between(moran, links->neighbour[link], i);
            moran->scratch[i] += weight * (weight + back);
            total[i] += weight;
            both[i] += weight;
            both[links->neighbour[link]] += weight;
        }
    }
    test->s1 = sum_of(moran, moran->scratch);
    test->s0 = sum_of(moran, total);
    for (int64_t i = 0; i < moran->cells; i++) {
        moran->scratch[i] = both[i] * both[i];
    }
    test->s2 = sum_of(moran, moran->scratch);
}

static void set_p(double i, double expectation, double variance, double *z, double *p)
{
    *z = variance > 0 ? (i - expectation) / sqrt(variance) : NAN;
    *p = erfc(fabs(*z) / sqrt(2));
}

/* Cliff and Ord 1981, equations 1.44 to 1.46. */
static void set_moments(const struct moran *moran, struct moran_global *test)
{
    double n = (double)test->n, s0 = test->s0, s1 = test->s1, s2 = test->s2;
    double kurtosis = n * moran->fourths / (moran->squares * moran->squares);
    double square = test->expectation * test->expectation;
    double first = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0 * s0);
    double second = kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0 * s0);
    test->variance_normality =
        (n * n * s1 - n * s2 + 3 * s0 * s0) / ((n * n - 1) * s0 * s0) - square;
    test->variance_randomisation =
        n < 4 ? NAN : (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0 * s0) - square;
    set_p(test->i, test->expectation, test->variance_normality, &test->z_normality,
          &test->p_normality);
    set_p(test->i, test->expectation, test->variance_randomisation, &test->z_randomisation,
          &test->p_randomisation);
}

enum status moran_global(const struct moran *const_moran, struct moran_global *test)
{
    enum status status;
    struct moran moran = *const_moran;
    *test = (struct moran_global){.n = moran.n};
    TRY(memory_allocate((size_t)(2 * moran.cells), sizeof *moran.spare, &moran.spare));
    for (int64_t cell = 0; cell < moran.cells; cell++) {
        test->links += moran.count[cell];
        test->islands += has_value(&moran, cell) && moran.count[cell] == 0;
    }
    if (moran.who.links != NULL) {
        links_moments(&moran, test);
    } else {
        raster_moments(&moran, test);
    }
    for (int64_t cell = 0; cell < moran.cells; cell++) {
        moran.scratch[cell] = moran.z[cell] * (moran.scale[cell] * moran.lag[cell]);
    }
    double cross = sum_of(&moran, moran.scratch);
    test->expectation = moran.n > 1 ? -1 / (double)(moran.n - 1) : NAN;
    test->i = moran.squares > 0 && test->s0 > 0
                  ? (double)moran.n / test->s0 * (cross / moran.squares)
                  : NAN;
    if (isnan(test->i)) {
        test->variance_normality = test->variance_randomisation = NAN;
        test->z_normality = test->z_randomisation = NAN;
        test->p_normality = test->p_randomisation = NAN;
    } else {
        set_moments(&moran, test);
    }
done:
    free(moran.spare);
    return status;
}
