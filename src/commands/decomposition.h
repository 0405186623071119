/* airshed -- GPL-3.0-or-later. STL of gridded series as commands ask for it: options, leap days,
 * lanes. */
#ifndef AIRSHED_COMMANDS_DECOMPOSITION_H
#define AIRSHED_COMMANDS_DECOMPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/reason.h"
#include "base/status.h"
#include "grid/time_axis.h"
#include "kernels/lanes.h"

/** --preset, --period, --seasonal ... --calendar-days, --gap-window (P2.20-P2.28). */
extern const struct option_spec decomposition_options[];

/** Plan, leap axis and blocks of one rank. */
struct decomposition {
    int64_t steps;
    struct stl_plan *plan;
    struct stl_workspace *workspace;
    struct leap_axis *leap;
    double *series; /**< [steps, LANES] what went in */
    double *trend, *seasonal; /**< [steps, LANES] of the last block */
    enum reason reasons[LANES];
    double *points, *point_trend, *point_seasonal; /**< on the axis of STL, */
    bool is_plain;                                 /**< which may be that of the days: the same blocks */
    char summary[256]; /**< the effective settings, for attributes and the log */
};

/** Makes plan and blocks for series on @p time, which must have even steps.
 *  @return STATUS_USAGE naming the option at fault, STATUS_DATA for uneven steps */
enum status decomposition_create(const struct options *options, const struct time_axis *time,
                                 struct decomposition **decomposition);
void decomposition_destroy(struct decomposition **decomposition);

/** Memory that decomposition_create() will take, for budgets. */
int64_t decomposition_bytes(const struct decomposition *decomposition);

/** True where a baseline is linear in the series, so that it may be resampled (P2.29). */
bool decomposition_is_linear(const struct decomposition *decomposition);

/** Loads cells [first, first + LANES) of @p values [steps, cells] into series; lanes beyond @p cells
 *  are missing. */
void decomposition_load(struct decomposition *decomposition, const float *values, int64_t cells,
                        int64_t first);

/** Decomposes `series` into trend, seasonal and reasons. A cell without any value is
 *  REASON_ALL_MISSING. */
void decomposition_run(struct decomposition *decomposition);

/** After a run: `series` becomes the remainder, which exists where there was an observation; its mean
 *  into @p mean, NaN without one (P2.28). */
void decomposition_take_remainder(struct decomposition *decomposition, double mean[LANES]);

#endif
