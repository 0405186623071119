/* airshed -- GPL-3.0-or-later. Pollution without the weather in a block of cells. */
#include "deweathering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lane_blocks.h"

/* ---- life --------------------------------------------------------------------------------- */

static enum removal find_removal(const char *name)
{
    return strcmp(name, "literal") == 0          ? REMOVAL_LITERAL
           : strcmp(name, "keep-intercept") == 0 ? REMOVAL_KEEP_INTERCEPT
                                                 : REMOVAL_RECENTRE;
}

enum status deweathering_create(const struct options *options, struct decomposition *decomposition,
                                const struct weather *weather, struct deweathering **out)
{
    enum status status;
    struct deweathering *block = NULL;
    size_t values = (size_t)weather->steps * LANES;
    TRY(memory_allocate(1, sizeof *block, &block));
    block->decomposition = decomposition;
    block->weather = weather;
    block->removal = find_removal(option_text(options, "removal"));
    TRY(memory_allocate(values, sizeof(double), &block->baseline));
    TRY(memory_allocate(values, sizeof(double), &block->regressed));
    TRY(memory_allocate(values, sizeof(double), &block->removed));
    TRY(memory_allocate(values, 1, &block->observed));
    for (int field = 0; field < weather->count; field++) {
        TRY(memory_allocate(values, sizeof(double), &block->weather_baseline[field]));
    }
    *out = block;
    block = NULL;
done:
    deweathering_destroy(&block);
    return status;
}

void deweathering_destroy(struct deweathering **block)
{
    if (*block == NULL) {
        return;
    }
    free((*block)->baseline);
    free((*block)->regressed);
    free((*block)->removed);
    free((*block)->observed);
    for (int field = 0; field < WEATHER_MAX; field++) {
        free((*block)->weather_baseline[field]);
    }
    free(*block);
    *block = NULL;
}

int64_t deweathering_bytes(const struct weather *weather)
{
    return weather->steps * LANES * ((3 + weather->count) * (int64_t)sizeof(double) + 1);
}

/* ---- baselines ---------------------------------------------------------------------------- */

/* Baseline of the pollution, where it was observed, and the mean remainder (P2.28). */
static void decompose_pollution(struct deweathering *block, const float *values, int64_t cells,
                                int64_t first)
{
    struct decomposition *d = block->decomposition;
    double sum[LANES];
    int64_t count[LANES];
    decomposition_load(d, values, cells, first);
    decomposition_run(d);
    lane_block_add(d->trend, d->seasonal, d->steps, block->baseline);
    memset(block->observed, 1, (size_t)(d->steps * LANES));
    lane_block_mark(d->series, d->steps, block->observed);
    lane_block_difference(d->series, block->baseline, block->observed, d->steps, sum, count);
    for (int lane = 0; lane < LANES; lane++) {
        block->reasons[lane] = d->reasons[lane];
        block->remainder_mean[lane] = count[lane] > 0 ? sum[lane] / (double)count[lane] : NAN;
    }
}

static void decompose_weather(struct deweathering *block, const struct window *window, int64_t first)
{
    const struct weather *weather = block->weather;
    for (int field = 0; field < weather->count; field++) {
        const double *baseline = block->weather_baseline[field];
        weather_baseline(weather, field, block->decomposition, window, first,
                         block->weather_baseline[field], block->observed);
        for (int lane = 0; lane < LANES; lane++) {
            bool is_missing = isnan(baseline[lane]) &&
                              isnan(baseline[(weather->steps - 1) * LANES + lane]);
            if (is_missing && block->reasons[lane] == REASON_OK) {
                block->reasons[lane] = REASON_NO_WEATHER;
            }
        }
    }
    /* The fit uses the steps with pollution and all weather. */
    lane_block_keep(block->baseline, block->observed, weather->steps, block->regressed);
}

/* ---- regression --------------------------------------------------------------------------- */

static enum reason fit_reason(enum reason before, const struct least_squares_fit *fit)
{
    if (before != REASON_OK) {
        return before;
    }
    switch (fit->outcome) {
    case LEAST_SQUARES_FULL_RANK:
        return REASON_OK;
    case LEAST_SQUARES_RANK_DEFICIENT:
        return REASON_RANK_DEFICIENT;
    case LEAST_SQUARES_TOO_FEW:
        break;
    }
    return REASON_TOO_SHORT;
}

struct least_squares_block deweathering_regression(const struct deweathering *block)
{
    struct least_squares_block regression = {.steps = block->weather->steps,
                                             .columns = block->weather->count,
                                             .y = block->regressed};
    for (int field = 0; field < regression.columns; field++) {
        regression.x[field] = block->weather_baseline[field];
    }
    return regression;
}

/* The fits of the block's cells, and its pollution without the weather. */
static void regress(struct deweathering *block)
{
    struct least_squares_block regression = deweathering_regression(block);
    double lag1[LANES];
    least_squares_fit_block(&regression, block->fits);
    removal_apply_block(block->removal, &regression, block->fits, block->baseline, block->removed,
                        lag1);
    for (int lane = 0; lane < LANES; lane++) {
        const struct least_squares_fit *fit = &block->fits[lane];
        block->effective[lane] = least_squares_effective_size(fit->used, lag1[lane]);
        block->reasons[lane] = fit_reason(block->reasons[lane], fit);
    }
}

void deweathering_run(struct deweathering *block, const float *values, const struct window *window,
                      int64_t first)
{
    decompose_pollution(block, values, window->rows * window->cols, first);
    decompose_weather(block, window, first);
    regress(block);
}
