/* airshed -- GPL-3.0-or-later. The passes of STL (Cleveland et al. 1990) over blocks of lanes. */
#include "kernels/stl.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "stl_internal.h"

/* ---- the block at hand -------------------------------------------------------------------- */

/* Splits a series into values, zero where missing, and their marks; counts them and finds the
 * largest, per lane. */
KERNEL_CLONES
static void split_valid(const double *restrict series, int64_t steps, double *restrict observed,
                        double *restrict valid, double *restrict counts, double *restrict largest)
{
    for (int64_t i = 0; i < steps; i++) {
        EACH_LANE (lane) {
            double value = series[i * LANES + lane];
            double size = fabs(value);
            double known = size <= DBL_MAX ? 1 : 0;
            observed[i * LANES + lane] = size <= DBL_MAX ? value : 0;
            valid[i * LANES + lane] = known;
            counts[lane] += known;
            largest[lane] = size <= DBL_MAX && size > largest[lane] ? size : largest[lane];
        }
    }
}

static bool lane_has_every_phase(const struct stl_workspace *workspace, int lane)
{
    const struct stl_plan *plan = workspace->plan;
    for (int64_t phase = 0; phase < plan->settings.period; phase++) {
        double found = 0;
        for (int64_t i = phase; i < plan->steps; i += plan->settings.period) {
            found += workspace->valid[i * LANES + lane];
        }
        if (found == 0) {
            return false;
        }
    }
    return true;
}

static enum reason lane_reason(const struct stl_workspace *workspace, int lane, double count)
{
    const struct stl_plan *plan = workspace->plan;
    if (count == 0) {
        return REASON_ALL_MISSING;
    }
    if (count < 2 * (double)plan->settings.period) {
        return REASON_TOO_SHORT;
    }
    if (count < (double)plan->steps && !lane_has_every_phase(workspace, lane)) {
        return REASON_EMPTY_PHASE;
    }
    return REASON_OK;
}

/* Lists the missing steps of a lane, each with the observation nearest in time, the earlier of two.
 */
static void find_nearest(struct stl_workspace *workspace, int lane)
{
    const int64_t steps = workspace->plan->steps;
    const double *valid = workspace->valid + lane;
    int64_t before = -1;
    for (int64_t i = 0; i < steps; i++) {
        if (valid[i * LANES] != 0) {
            before = i;
            continue;
        }
        int64_t after = i + 1;
        while (after < steps && valid[after * LANES] == 0) {
            after++;
        }
        for (; i < after; i++) {
            bool earlier = before >= 0 && (after == steps || i - before <= after - i);
            workspace->gaps[workspace->gap_count++] =
                (struct stl_gap){.at = (int32_t)(i * LANES + lane),
                                 .nearest = (int32_t)((earlier ? before : after) * LANES + lane)};
        }
        before = after;
    }
}

static void lane_clear(struct stl_workspace *workspace, int lane)
{
    for (int64_t i = 0; i < workspace->plan->steps; i++) {
        workspace->observed[i * LANES + lane] = 0;
        workspace->valid[i * LANES + lane] = 0;
    }
}

static void lane_load(struct stl_workspace *workspace, int lane, double count, enum reason reason)
{
    const int64_t steps = workspace->plan->steps;
    struct stl_lanes *lanes = &workspace->lanes;
    lanes->plain[lane] = reason == REASON_OK && count == (double)steps;
    lanes->gappy[lane] = reason == REASON_OK && count < (double)steps;
    lanes->any_plain |= lanes->plain[lane];
    lanes->any_gappy |= lanes->gappy[lane];
    if (reason != REASON_OK) {
        lane_clear(workspace, lane);
    }
    if (lanes->gappy[lane]) {
        find_nearest(workspace, lane);
    }
}

/* True where lanes with gaps go through windows of their own. */
static bool gaps_widen(const struct stl_workspace *workspace)
{
    return workspace->lanes.any_gappy &&
           workspace->plan->settings.gap_window == STL_GAP_WINDOW_NEAREST;
}

static void block_load(struct stl_workspace *workspace, const double *series, enum reason *reasons)
{
    const int64_t steps = workspace->plan->steps;
    double counts[LANES] = {0};
    workspace->lanes = (struct stl_lanes){.any_plain = false};
    workspace->gap_count = 0;
    split_valid(series, steps, workspace->observed, workspace->valid, counts,
                workspace->lanes.largest);
    for (int lane = 0; lane < LANES; lane++) {
        reasons[lane] = lane_reason(workspace, lane, counts[lane]);
        lane_load(workspace, lane, counts[lane], reasons[lane]);
    }
    if (gaps_widen(workspace)) {
        stl_gaps_find(workspace);
    }
    memcpy(workspace->weights, workspace->valid, (size_t)(steps * LANES) * sizeof(double));
}

/* Where nothing was observed the residue of the nearest observation stands in: it has no weight,
 * and is what an empty window falls back to. */
static void gaps_stand_in(struct stl_workspace *workspace)
{
    for (int64_t i = 0; i < workspace->gap_count; i++) {
        const struct stl_gap *gap = &workspace->gaps[i];
        workspace->residue[gap->at] = workspace->residue[gap->nearest];
    }
}

/* ---- arithmetic on whole blocks ----------------------------------------------------------- */

/* What is left of a block without a part, and that times the weights where there are any: one pass,
 * since these are bound by memory. */
KERNEL_CLONES
static void block_leave(const double *restrict observed, const double *restrict part,
                        const double *restrict weights, double *restrict residue,
                        double *restrict weighted, int64_t count)
{
    if (weights == NULL) {
        for (int64_t i = 0; i < count; i++) {
            residue[i] = observed[i] - part[i];
        }
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        double left = observed[i] - part[i];
        residue[i] = left;
        weighted[i] = weights[i] * left;
    }
}

/* The seasonal, smoothed cycles less what they hold of the trend, and what is left without it. */
KERNEL_CLONES
static void block_leave_seasonal(const double *restrict cycles, const double *restrict low,
                                 const double *restrict observed, const double *restrict weights,
                                 double *restrict seasonal, double *restrict residue,
                                 double *restrict weighted, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double cycle = cycles[i] - low[i];
        double left = observed[i] - cycle;
        seasonal[i] = cycle;
        residue[i] = left;
        if (weights != NULL) {
            weighted[i] = weights[i] * left;
        }
    }
}

/* Moving average of @p width over @p count rows: a running sum, whose rounding error grows like
 * the number of rows times the unit roundoff and stays under 1e-12 of the largest value. */
KERNEL_CLONES
static void moving_average(const double *restrict values, int64_t count, int64_t width,
                           double *restrict average)
{
    double sum[LANES] = {0};
    const double share = 1 / (double)width;
    for (int64_t i = 0; i < width; i++) {
        EACH_LANE (lane) {
            sum[lane] += values[i * LANES + lane];
        }
    }
    for (int64_t i = 0;; i++) {
        EACH_LANE (lane) {
            average[i * LANES + lane] = sum[lane] * share;
        }
        if (i + width == count) {
            return;
        }
        EACH_LANE (lane) {
            sum[lane] += values[(i + width) * LANES + lane] - values[i * LANES + lane];
        }
    }
}

KERNEL_CLONES
static void average_of_three(double *values, int64_t count)
{
    for (int64_t i = 0; i + 2 < count; i++) {
        EACH_LANE (lane) {
            values[i * LANES + lane] = (values[i * LANES + lane] + values[(i + 1) * LANES + lane] +
                                        values[(i + 2) * LANES + lane]) /
                                       3;
        }
    }
}

/* One output of the cycle-subseries for @p phases neighbouring phases. */
KERNEL_CLONES
static void cycle_row(const double *restrict values, const double *restrict weights, int64_t count,
                      int64_t stride, int64_t phases, double *restrict smooth)
{
    for (int64_t phase = 0; phase < phases; phase++) {
        double sum[LANES] = {0};
        for (int64_t i = 0; i < count; i++) {
            EACH_LANE (lane) {
                sum[lane] =
                    __builtin_fma(weights[i], values[i * stride + phase * LANES + lane], sum[lane]);
            }
        }
        EACH_LANE (lane) {
            smooth[phase * LANES + lane] = sum[lane];
        }
    }
}

/* ---- smoothing ---------------------------------------------------------------------------- */

static void cycles_plain(struct stl_workspace *workspace)
{
    const struct stl_plan *plan = workspace->plan;
    const int64_t stride = plan->settings.period * LANES;
    for (int64_t group = 0; group < plan->groups; group++) {
        const struct stl_cycles *cycles = &plan->cycles[group];
        const int64_t first = cycles->first_phase * LANES;
        for (int64_t output = 0; output < cycles->points + 2; output++) {
            const struct stl_row *row = &cycles->rows[output];
            cycle_row(workspace->residue + row->first * stride + first,
                      cycles->weights + row->offset, row->count, stride, cycles->phases,
                      workspace->cycles + output * stride + first);
        }
    }
}

void stl_rows_gather(const double *block, int64_t first, int64_t stride, int64_t count,
                     double *rows)
{
    for (int64_t i = 0; i < count; i++) {
        memcpy(rows + i * LANES, block + (first + i * stride) * LANES, LANES * sizeof *rows);
    }
}

/* Copies the lanes that are chosen, to rows @p stride apart. */
KERNEL_CLONES
static void rows_choose(const double *restrict rows, const int64_t *restrict chosen, int64_t count,
                        int64_t stride, double *restrict block)
{
    for (int64_t i = 0; i < count; i++) {
        EACH_LANE (lane) {
            double held = block[i * stride * LANES + lane];
            block[i * stride * LANES + lane] = chosen[lane] != 0 ? rows[i * LANES + lane] : held;
        }
    }
}

static void choose_gappy(const struct stl_workspace *workspace, int64_t chosen[LANES])
{
    for (int lane = 0; lane < LANES; lane++) {
        chosen[lane] = workspace->lanes.gappy[lane];
    }
}

/* True where lanes run through the weighted block smoother: all complete ones once there are
 * robustness weights, and those with gaps where windows are fixed. */
static bool block_is_weighted(const struct stl_workspace *workspace, bool robust)
{
    return (robust && workspace->lanes.any_plain) ||
           (!gaps_widen(workspace) && workspace->lanes.any_gappy);
}

static void choose_weighted(const struct stl_workspace *workspace, bool robust,
                            int64_t chosen[LANES])
{
    for (int lane = 0; lane < LANES; lane++) {
        chosen[lane] = workspace->lanes.gappy[lane] ? !gaps_widen(workspace) : robust;
    }
}

static void fit_weights(struct stl_workspace *workspace, bool robust)
{
    if (block_is_weighted(workspace, robust)) {
        loess_fit(workspace->plan->trend, workspace->weights, workspace->trend_fit,
                  workspace->scratch);
    }
    if (gaps_widen(workspace)) {
        stl_gaps_fit_trend(workspace);
    }
}

/* The weights that the residue is multiplied with, or NULL. */
static const double *weights_at_work(const struct stl_workspace *workspace, bool robust)
{
    return robust || workspace->lanes.any_gappy ? workspace->weights : NULL;
}

static struct stl_cycle cycle_gather(struct stl_workspace *workspace, int64_t phase, int64_t points)
{
    const int64_t period = workspace->plan->settings.period;
    const int64_t room = (workspace->plan->cycles[0].points + 2) * LANES;
    struct stl_cycle cycle = {.values = workspace->gather,
                              .weighted = workspace->gather + room,
                              .weights = workspace->gather + 2 * room,
                              .smooth = workspace->gather + 3 * room};
    stl_rows_gather(workspace->residue, phase, period, points, cycle.values);
    stl_rows_gather(workspace->weighted, phase, period, points, cycle.weighted);
    stl_rows_gather(workspace->weights, phase, period, points, cycle.weights);
    return cycle;
}

/* One cycle-subseries in lanes with weights; without robustness the complete ones are there. */
static void cycle_weighted(struct stl_workspace *workspace, int64_t phase,
                           const struct stl_cycles *cycles, bool robust)
{
    const int64_t period = workspace->plan->settings.period;
    struct stl_cycle cycle = cycle_gather(workspace, phase, cycles->points);
    double *out = workspace->cycles + phase * LANES;
    int64_t chosen[LANES];
    choose_gappy(workspace, chosen);
    if (gaps_widen(workspace)) {
        stl_gaps_cycle(workspace, phase, &cycle);
        rows_choose(cycle.smooth, chosen, cycles->points + 2, period, out);
    }
    if (block_is_weighted(workspace, robust)) {
        choose_weighted(workspace, robust, chosen);
        loess_fit(cycles->loess, cycle.weights, workspace->cycle_fit, workspace->scratch);
        loess_smooth_weighted(cycles->loess, workspace->cycle_fit, cycle.weighted, cycle.values,
                              cycle.smooth, workspace->scratch);
        rows_choose(cycle.smooth, chosen, cycles->points + 2, period, out);
    }
}

static void smooth_cycles(struct stl_workspace *workspace, bool robust)
{
    const struct stl_plan *plan = workspace->plan;
    if (!robust && workspace->lanes.any_plain) {
        cycles_plain(workspace);
    }
    if (!robust && !workspace->lanes.any_gappy) {
        return;
    }
    for (int64_t group = 0; group < plan->groups; group++) {
        const struct stl_cycles *cycles = &plan->cycles[group];
        for (int64_t i = 0; i < cycles->phases; i++) {
            cycle_weighted(workspace, cycles->first_phase + i, cycles, robust);
        }
    }
}

static void smooth_trend(struct stl_workspace *workspace, bool robust, double *trend)
{
    const struct stl_plan *plan = workspace->plan;
    int64_t chosen[LANES];
    if (!robust && workspace->lanes.any_plain) {
        loess_smooth(plan->trend, workspace->residue, trend, workspace->scratch);
    }
    if (block_is_weighted(workspace, robust)) {
        bool is_whole = robust && !gaps_widen(workspace); /* then all lanes are chosen */
        double *smooth = is_whole ? trend : workspace->spare;
        loess_smooth_weighted(plan->trend, workspace->trend_fit, workspace->weighted,
                              workspace->residue, smooth, workspace->scratch);
        if (!is_whole) {
            choose_weighted(workspace, robust, chosen);
            rows_choose(smooth, chosen, plan->steps, 1, trend);
        }
    }
    if (gaps_widen(workspace)) {
        choose_gappy(workspace, chosen);
        stl_gaps_trend(workspace, workspace->spare);
        rows_choose(workspace->spare, chosen, plan->steps, 1, trend);
    }
}

/* ---- passes ------------------------------------------------------------------------------- */

/* What the smoothed cycles hold of the trend: three moving averages, then loess. */
static void low_pass(struct stl_workspace *workspace)
{
    const struct stl_plan *plan = workspace->plan;
    const int64_t period = plan->settings.period;
    const int64_t rows = plan->steps + 2 * period;
    moving_average(workspace->cycles, rows, period, workspace->spare);
    moving_average(workspace->spare, rows - period + 1, period, workspace->low);
    average_of_three(workspace->low, plan->steps + 2);
    loess_smooth(plan->low_pass, workspace->low, workspace->spare, workspace->scratch);
}

static void inner_pass(struct stl_workspace *workspace, bool robust, double *trend,
                       double *seasonal)
{
    const struct stl_plan *plan = workspace->plan;
    const int64_t count = plan->steps * LANES;
    const double *weights = weights_at_work(workspace, robust);
    block_leave(workspace->observed, trend, weights, workspace->residue, workspace->weighted,
                count);
    gaps_stand_in(workspace);
    smooth_cycles(workspace, robust);
    low_pass(workspace);
    block_leave_seasonal(workspace->cycles + plan->settings.period * LANES, workspace->spare,
                         workspace->observed, weights, seasonal, workspace->residue,
                         workspace->weighted, count);
    gaps_stand_in(workspace);
    smooth_trend(workspace, robust, trend);
}

static void iterate(struct stl_workspace *workspace, double *trend, double *seasonal)
{
    const struct stl_settings *settings = &workspace->plan->settings;
    memset(trend, 0, (size_t)(workspace->plan->steps * LANES) * sizeof *trend);
    for (int outer = 0; outer <= settings->outer; outer++) {
        if (outer > 0) {
            stl_robustness(workspace, trend, seasonal);
        }
        fit_weights(workspace, outer > 0);
        for (int inner = 0; inner < settings->inner; inner++) {
            inner_pass(workspace, outer > 0, trend, seasonal);
        }
    }
}

/* Replaces the seasonal by its mean over each phase, as R does for a periodic one. */
static void average_cycle(const struct stl_plan *plan, double *seasonal)
{
    const int64_t period = plan->settings.period;
    for (int64_t phase = 0; phase < period; phase++) {
        double sum[LANES] = {0};
        int64_t count = 0;
        for (int64_t i = phase; i < plan->steps; i += period) {
            for (int lane = 0; lane < LANES; lane++) {
                sum[lane] += seasonal[i * LANES + lane];
            }
            count++;
        }
        for (int64_t i = phase; i < plan->steps; i += period) {
            for (int lane = 0; lane < LANES; lane++) {
                seasonal[i * LANES + lane] = sum[lane] / (double)count;
            }
        }
    }
}

/* @p value where the series is known, else NaN. */
KERNEL_CLONES
static void keep_known(const double *restrict series, const double *restrict value,
                       double *restrict kept, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        kept[i] = fabs(series[i]) <= DBL_MAX ? value[i] : NAN;
    }
}

KERNEL_CLONES
static void remainders(const double *restrict series, const double *restrict trend,
                       const double *restrict seasonal, double *restrict remainder, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double rest = series[i] - trend[i] - seasonal[i];
        remainder[i] = fabs(series[i]) <= DBL_MAX ? rest : NAN;
    }
}

static void lane_lose(const struct stl_parts *parts, int64_t steps, int lane)
{
    for (int64_t i = lane; i < steps * LANES; i += LANES) {
        parts->trend[i] = parts->seasonal[i] = NAN;
        if (parts->remainder != NULL) {
            parts->remainder[i] = NAN;
        }
        if (parts->weights != NULL) {
            parts->weights[i] = NAN;
        }
    }
}

static void block_finish(const struct stl_workspace *workspace, const double *series,
                         const struct stl_parts *parts)
{
    const int64_t count = workspace->plan->steps * LANES;
    if (parts->remainder != NULL) {
        remainders(series, parts->trend, parts->seasonal, parts->remainder, count);
    }
    if (parts->weights != NULL) {
        keep_known(series, workspace->weights, parts->weights, count);
    }
}

/* Fewer than two periods: nothing to decompose, only to tell which lanes are empty. */
static void block_is_too_short(const struct stl_plan *plan, const double *series,
                               enum reason *reasons)
{
    for (int lane = 0; lane < LANES; lane++) {
        reasons[lane] = REASON_ALL_MISSING;
        for (int64_t i = lane; i < plan->steps * LANES; i += LANES) {
            reasons[lane] = isfinite(series[i]) ? REASON_TOO_SHORT : reasons[lane];
        }
    }
}

void stl_decompose(const struct stl_plan *plan, struct stl_workspace *workspace,
                   const double *series, const struct stl_parts *parts,
                   enum reason reasons[STL_LANES])
{
    if (plan->groups == 0) {
        block_is_too_short(plan, series, reasons);
    } else {
        block_load(workspace, series, reasons);
    }
    if (plan->groups > 0 && (workspace->lanes.any_plain || workspace->lanes.any_gappy)) {
        iterate(workspace, parts->trend, parts->seasonal);
        if (plan->settings.seasonal == STL_PERIODIC) {
            average_cycle(plan, parts->seasonal);
        }
        block_finish(workspace, series, parts);
    }
    for (int lane = 0; lane < LANES; lane++) {
        if (reasons[lane] != REASON_OK) {
            lane_lose(parts, plan->steps, lane);
        }
    }
}
