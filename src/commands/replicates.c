/* airshed -- GPL-3.0-or-later. Bootstrap replicates of the remainders, and what stage 2 makes of them.
 */
#include "replicates.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/lane_blocks.h"

const struct option_spec replicates_options[] = {
    {.name = "replicates",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "0",
     .high = 100000,
     .group = "Uncertainty",
     .help = "Also write the mean maps of N replicates, for the standard error of `attribute` (P2.47): "
             "remainders are drawn by --seed in blocks of days, whole maps together, and STL and "
             "regression are fitted again. Takes about N + 1 times as long."},
    {.name = "block-days",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "30",
     .low = 1,
     .high = 1e6,
     .group = "Uncertainty",
     .help = "Steps of such a block; fewer than the series has."},
    {.name = NULL},
};

/* ---- life --------------------------------------------------------------------------------- */

/* Starts of the blocks, the last of which may be cut off. */
static void draw_starts(struct replicates *replicates, uint32_t seed)
{
    struct random_key key = {seed, random_stream("deweather.replicates")};
    uint64_t starts = (uint64_t)(replicates->steps - replicates->block_steps + 1);
    for (int64_t i = 0; i < replicates->count; i++) {
        for (int64_t k = 0; k < replicates->blocks; k++) {
            replicates->start[i * replicates->blocks + k] =
                (int64_t)random_below(key, (uint64_t)i, (uint64_t)k, starts);
        }
    }
}

enum status replicates_create(const struct options *options, uint32_t seed, int64_t steps,
                              struct replicates **out)
{
    enum status status;
    struct replicates *replicates = NULL;
    int64_t block = option_integer(options, "block-days");
    TRY(memory_allocate(1, sizeof *replicates, &replicates));
    replicates->count = option_integer(options, "replicates");
    FAIL_IF(replicates->count > 0 && block >= steps, STATUS_USAGE,
            "--block-days %lld: the series has %lld steps, so that every replicate would be the series "
            "itself; use a block that is much shorter",
            (long long)block, (long long)steps);
    replicates->steps = steps;
    replicates->block_steps = block;
    replicates->blocks = (steps + block - 1) / block;
    if (replicates->count > 0) {
        size_t values = (size_t)steps * LANES;
        TRY(memory_allocate((size_t)(replicates->count * replicates->blocks), sizeof(int64_t),
                            &replicates->start));
        TRY(memory_allocate(values, sizeof(double), &replicates->remainder));
        TRY(memory_allocate(values, sizeof(double), &replicates->baseline));
        TRY(memory_allocate(values, 1, &replicates->observed));
        draw_starts(replicates, seed);
    }
    *out = replicates;
    replicates = NULL;
done:
    replicates_destroy(&replicates);
    return status;
}

void replicates_destroy(struct replicates **replicates)
{
    struct replicates *r = *replicates;
    if (r == NULL) {
        return;
    }
    free(r->start);
    free(r->remainder);
    free(r->baseline);
    free(r->observed);
    for (int map = 0; map < REPLICATE_MAPS; map++) {
        free(r->maps[map]);
    }
    free(r);
    *replicates = NULL;
}

int64_t replicates_fixed_bytes(const struct replicates *replicates)
{
    int64_t block_bytes = replicates->steps * LANES * (2 * (int64_t)sizeof(double) + 1);
    int64_t starts = replicates->count * replicates->blocks * (int64_t)sizeof(int64_t);
    return replicates->count > 0 ? block_bytes + starts : 0;
}

int64_t replicates_cell_bytes(const struct replicates *replicates)
{
    return replicates->count * REPLICATE_MAPS * (int64_t)sizeof(float);
}

enum status replicates_create_buffers(struct replicates *replicates, int64_t cells)
{
    enum status status = STATUS_OK;
    for (int map = 0; map < REPLICATE_MAPS && replicates->count > 0; map++) {
        TRY(memory_allocate((size_t)(replicates->count * cells), sizeof(float),
                            &replicates->maps[map]));
    }
done:
    return status;
}

/* ---- a block of cells --------------------------------------------------------------------- */

/* Twice from the end to the start: the second time round begins with what the first found there. */
static void fill_remainders(struct replicates *replicates)
{
    double next[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        next[lane] = NAN;
    }
    for (int round = 0; round < 2; round++) {
        for (int64_t step = replicates->steps - 1; step >= 0; step--) {
            for (int lane = 0; lane < LANES; lane++) {
                int64_t i = step * LANES + lane;
                if (replicates->observed[i] != 0) {
                    next[lane] = replicates->remainder[i];
                } else {
                    replicates->remainder[i] = next[lane];
                }
            }
        }
    }
}

void replicates_take(struct replicates *replicates, const double *series, const double *baseline)
{
    if (replicates->count == 0) {
        return;
    }
    for (int64_t i = 0; i < replicates->steps * LANES; i++) {
        replicates->remainder[i] = series[i] - baseline[i];
        replicates->observed[i] = !isnan(replicates->remainder[i]);
    }
    fill_remainders(replicates);
}

/* T + S + R* of replicate @p index. */
static void compose(const struct replicates *replicates, int64_t index, const double *baseline,
                    double *series)
{
    const int64_t *start = replicates->start + index * replicates->blocks;
    for (int64_t step = 0; step < replicates->steps; step++) {
        int64_t block = step / replicates->block_steps;
        int64_t source = start[block] + step - block * replicates->block_steps;
        for (int lane = 0; lane < LANES; lane++) {
            int64_t i = step * LANES + lane;
            double drawn = replicates->remainder[source * LANES + lane];
            series[i] = replicates->observed[i] != 0 ? baseline[i] + drawn : NAN;
        }
    }
}

static void refit(struct replicates *replicates, const struct replicate_fit *fit)
{
    const struct decomposition *d = fit->decomposition;
    struct least_squares_fit fits[LANES];
    struct least_squares_block block = fit->block;
    double lag1[LANES];
    lane_block_add(d->trend, d->seasonal, replicates->steps, replicates->baseline);
    lane_block_keep(replicates->baseline, fit->used, replicates->steps, fit->fitted);
    block.y = fit->fitted;
    least_squares_fit_block(&block, fits);
    removal_apply_block(fit->removal, &block, fits, replicates->baseline, fit->removed, lag1);
}

static void keep_means(struct replicates *replicates, int64_t index, const double *series,
                       const double *removed, int64_t first, int64_t cells)
{
    double sum[REPLICATE_MAPS][LANES] = {{0}};
    int64_t count[LANES] = {0};
    for (int64_t step = 0; step < replicates->steps; step++) {
        for (int lane = 0; lane < LANES; lane++) {
            int64_t i = step * LANES + lane;
            bool counts = !isnan(series[i]) && !isnan(removed[i]);
            sum[REPLICATE_POLLUTION][lane] += counts ? series[i] : 0;
            sum[REPLICATE_DEWEATHERED][lane] += counts ? removed[i] : 0;
            count[lane] += counts;
        }
    }
    for (int map = 0; map < REPLICATE_MAPS; map++) {
        for (int lane = 0; lane < LANES && first + lane < cells; lane++) {
            double mean = count[lane] > 0 ? sum[map][lane] / (double)count[lane] : NAN;
            replicates->maps[map][index * cells + first + lane] = (float)mean;
        }
    }
}

void replicates_run(struct replicates *replicates, const struct replicate_fit *fit, int64_t first,
                    int64_t cells)
{
    double *series = fit->decomposition->series;
    for (int64_t i = 0; i < replicates->count; i++) {
        compose(replicates, i, fit->baseline, series);
        decomposition_run(fit->decomposition);
        refit(replicates, fit);
        keep_means(replicates, i, series, fit->removed, first, cells);
    }
}
