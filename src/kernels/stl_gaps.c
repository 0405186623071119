/* airshed -- GPL-3.0-or-later. STL of a lane with missing values and widened windows (P2.27). */
#include "stl_internal.h"

/* Visits the cycle-subseries of one lane: their place in time and in the lane's windows. */
struct subseries {
    int64_t group;
    int64_t phase;
    int64_t points;
    struct loess_gaps *gaps;
    struct loess_window *windows;
};

static struct loess_window *lane_windows(const struct stl_workspace *workspace, int lane)
{
    return workspace->windows + (size_t)lane * stl_windows_per_lane(workspace->plan);
}

static struct subseries subseries_first(struct stl_workspace *workspace, int lane)
{
    const struct stl_plan *plan = workspace->plan;
    return (struct subseries){
        .points = plan->cycles[0].points,
        .gaps = workspace->cycle_gaps[0],
        .windows = lane_windows(workspace, lane) + loess_knots(plan->trend),
    };
}

static bool subseries_is_in(const struct stl_workspace *workspace, const struct subseries *at)
{
    return at->group < workspace->plan->groups;
}

static void subseries_next(struct stl_workspace *workspace, struct subseries *at)
{
    const struct stl_plan *plan = workspace->plan;
    const struct stl_cycles *cycles = &plan->cycles[at->group];
    at->windows += loess_knots(cycles->loess);
    at->phase++;
    if (at->phase == cycles->first_phase + cycles->phases) {
        at->group++;
        if (at->group < plan->groups) {
            at->points = plan->cycles[at->group].points;
            at->gaps = workspace->cycle_gaps[at->group];
        }
    }
}

/* Copies every `stride`-th step of a lane from step @p first on. */
static void lane_gather(const double *block, int lane, int64_t first, int64_t stride, int64_t count,
                        double *column)
{
    const double *from = block + first * LANES + lane;
    for (int64_t i = 0; i < count; i++) {
        column[i] = from[i * stride * LANES];
    }
}

static void lane_scatter(const double *column, int64_t first, int64_t stride, int64_t count,
                         int lane, double *block)
{
    double *to = block + first * LANES + lane;
    for (int64_t i = 0; i < count; i++) {
        to[i * stride * LANES] = column[i];
    }
}

void stl_gaps_find(struct stl_workspace *workspace, int lane)
{
    const struct stl_plan *plan = workspace->plan;
    double *column = workspace->column;
    lane_gather(workspace->valid, lane, 0, 1, plan->steps, column);
    loess_gaps_find(workspace->trend_gaps, column, lane_windows(workspace, lane));
    for (struct subseries at = subseries_first(workspace, lane); subseries_is_in(workspace, &at);
         subseries_next(workspace, &at)) {
        lane_gather(workspace->valid, lane, at.phase, plan->settings.period, at.points, column);
        loess_gaps_find(at.gaps, column, at.windows);
    }
}

void stl_gaps_fit(struct stl_workspace *workspace, int lane)
{
    const struct stl_plan *plan = workspace->plan;
    double *column = workspace->column;
    lane_gather(workspace->weights, lane, 0, 1, plan->steps, column);
    loess_gaps_fit(workspace->trend_gaps, lane_windows(workspace, lane), column);
    for (struct subseries at = subseries_first(workspace, lane); subseries_is_in(workspace, &at);
         subseries_next(workspace, &at)) {
        lane_gather(workspace->weights, lane, at.phase, plan->settings.period, at.points, column);
        loess_gaps_fit(at.gaps, at.windows, column);
    }
}

void stl_gaps_cycles(struct stl_workspace *workspace, int lane)
{
    const struct stl_plan *plan = workspace->plan;
    const int64_t period = plan->settings.period;
    double *values = workspace->column;
    double *weighted = values + plan->steps + 2;
    double *smooth = weighted + plan->steps + 2;
    for (struct subseries at = subseries_first(workspace, lane); subseries_is_in(workspace, &at);
         subseries_next(workspace, &at)) {
        lane_gather(workspace->residue, lane, at.phase, period, at.points, values);
        lane_gather(workspace->weighted, lane, at.phase, period, at.points, weighted);
        loess_gaps_smooth(at.gaps, at.windows, weighted, values, smooth);
        lane_scatter(smooth, at.phase, period, at.points + 2, lane, workspace->cycles);
    }
}

void stl_gaps_trend(struct stl_workspace *workspace, int lane, double *trend)
{
    const int64_t steps = workspace->plan->steps;
    double *values = workspace->column;
    double *weighted = values + steps + 2;
    double *smooth = weighted + steps + 2;
    lane_gather(workspace->residue, lane, 0, 1, steps, values);
    lane_gather(workspace->weighted, lane, 0, 1, steps, weighted);
    loess_gaps_smooth(workspace->trend_gaps, lane_windows(workspace, lane), weighted, values,
                      smooth);
    lane_scatter(smooth, 0, 1, steps, lane, trend);
}
