/* airshed -- GPL-3.0-or-later. STL of lanes with missing values and widened windows (P2.27). */
#include "stl_internal.h"

/* Windows and fits of a workspace lie one after the other: the trend's, then those of the
 * cycle-subseries in the order of their phases. */
static int64_t group_of(const struct stl_plan *plan, int64_t phase)
{
    return phase < plan->cycles[0].first_phase + plan->cycles[0].phases ? 0 : 1;
}

size_t stl_gaps_bounds_size(const struct stl_plan *plan)
{
    size_t count = loess_gaps_bounds_size(plan->trend);
    for (int64_t group = 0; group < plan->groups; group++) {
        const struct stl_cycles *cycles = &plan->cycles[group];
        count += (size_t)cycles->phases * loess_gaps_bounds_size(cycles->loess);
    }
    return count;
}

static int32_t *phase_bounds(const struct stl_workspace *workspace, int64_t phase)
{
    const struct stl_plan *plan = workspace->plan;
    const struct stl_cycles *first = &plan->cycles[0];
    int32_t *bounds = workspace->bounds + loess_gaps_bounds_size(plan->trend);
    if (group_of(plan, phase) == 0) {
        return bounds + (size_t)phase * loess_gaps_bounds_size(first->loess);
    }
    return bounds + (size_t)first->phases * loess_gaps_bounds_size(first->loess) +
           (size_t)(phase - first->phases) * loess_gaps_bounds_size(plan->cycles[1].loess);
}

void stl_gaps_find(struct stl_workspace *workspace)
{
    const struct stl_plan *plan = workspace->plan;
    const bool *lanes = workspace->lanes.gappy;
    loess_gaps_find(workspace->trend_gaps, workspace->valid, lanes, workspace->bounds);
    for (int64_t phase = 0; phase < plan->settings.period; phase++) {
        const int64_t group = group_of(plan, phase);
        stl_rows_gather(workspace->valid, phase, plan->settings.period, plan->cycles[group].points,
                        workspace->gather);
        loess_gaps_find(workspace->cycle_gaps[group], workspace->gather, lanes,
                        phase_bounds(workspace, phase));
    }
}

void stl_gaps_fit_trend(struct stl_workspace *workspace)
{
    loess_gaps_fit(workspace->trend_gaps, workspace->bounds, workspace->weights, workspace->gap_fit,
                   workspace->scratch);
}

void stl_gaps_trend(struct stl_workspace *workspace, double *trend)
{
    loess_gaps_smooth(workspace->trend_gaps, workspace->bounds, workspace->gap_fit,
                      workspace->weighted, workspace->residue, trend, workspace->scratch);
}

void stl_gaps_cycle(struct stl_workspace *workspace, int64_t phase, const struct stl_cycle *cycle)
{
    struct loess_gaps *gaps = workspace->cycle_gaps[group_of(workspace->plan, phase)];
    const int32_t *bounds = phase_bounds(workspace, phase);
    loess_gaps_fit(gaps, bounds, cycle->weights, workspace->cycle_fit, workspace->scratch);
    loess_gaps_smooth(gaps, bounds, workspace->cycle_fit, cycle->weighted, cycle->values,
                      cycle->smooth, workspace->scratch);
}
