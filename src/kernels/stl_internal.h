/* airshed -- GPL-3.0-or-later. What the sources of STL share: plan, workspace, steps of a pass. */
#ifndef AIRSHED_KERNELS_STL_INTERNAL_H
#define AIRSHED_KERNELS_STL_INTERNAL_H

#include "kernels/loess.h"
#include "kernels/stl.h"

/** One output of all cycle-subseries of a length: a short dot product over years. */
struct stl_row {
    int64_t first;
    int64_t count;
    int64_t offset; /* into the weights of the group */
};

/** Phases whose cycle-subseries have the same number of points. */
struct stl_cycles {
    int64_t first_phase;
    int64_t phases;
    int64_t points;
    struct loess *loess;
    struct stl_row *rows; /* [points + 2] */
    double *weights;
    size_t weight_count;
};

enum {
    STL_CYCLE_GROUPS = 2
};

struct stl_plan {
    struct stl_settings settings;
    int64_t steps;
    int64_t groups; /* 0 where the series is shorter than two periods */
    struct stl_cycles cycles[STL_CYCLE_GROUPS];
    struct loess *trend;
    struct loess *low_pass;
};

/** How the lanes of the block at hand are smoothed. */
struct stl_lanes {
    bool plain[LANES]; /* complete */
    bool gappy[LANES];
    bool any_plain;
    bool any_gappy;
    double largest[LANES]; /* absolute value observed */
};

/** A missing value and the observation nearest to it, as places in a block. */
struct stl_gap {
    int32_t at;
    int32_t nearest;
};

/** One cycle-subseries of a block, rows of lanes. */
struct stl_cycle {
    double *values;   /* [points, lane] */
    double *weighted; /* [points, lane] weights * values */
    double *weights;  /* [points, lane] */
    double *smooth;   /* [points + 2, lane] */
};

/** Bisquare widths of the last two robustness passes, of whichever block: where the next is looked
 *  for first. They never change a result. */
struct stl_widths {
    double last[LANES];
    double before[LANES];
};

struct stl_workspace {
    const struct stl_plan *plan;
    struct stl_lanes lanes;
    struct stl_widths widths;
    double *storage;
    double *observed; /* [steps, lane] gaps filled from the nearest observation, in time */
    double *valid;    /* [steps, lane] 1 or 0 */
    double *weights;  /* [steps, lane] valid times robustness */
    double *residue;  /* [steps, lane] detrended, then deseasonalised */
    double *weighted; /* [steps, lane] weights * residue */
    double *cycles;   /* [steps + 2 period, lane] smoothed cycle-subseries */
    double *spare;    /* [steps + 2 period, lane] */
    double *low;      /* [steps + 2 period, lane] */
    double *trend_fit;
    double *gap_fit;   /* of the trend in lanes with gaps */
    double *cycle_fit; /* coefficients of one cycle-subseries */
    double *gather;    /* [4, points + 2, lane] of one cycle-subseries */
    double *scratch;
    struct stl_gap *gaps; /* [gap_count] of lanes with gaps */
    int64_t gap_count;
    int32_t *bounds; /* windows of lanes with gaps: of the trend, then of each phase */
    struct loess_gaps *trend_gaps;
    struct loess_gaps *cycle_gaps[STL_CYCLE_GROUPS];
};

/** Copies @p count rows of lanes, @p stride rows apart, from row @p first on. */
void stl_rows_gather(const double *block, int64_t first, int64_t stride, int64_t count,
                     double *rows);

/** @name Robustness weights (src/kernels/stl_robust.c): overwrites spare and residue. */
void stl_robustness(struct stl_workspace *workspace, const double *trend, const double *seasonal);

/** @name Lanes with gaps and widened windows (src/kernels/stl_gaps.c)
 *  Other lanes of the results are undefined. */
size_t stl_gaps_bounds_size(const struct stl_plan *plan);
void stl_gaps_find(struct stl_workspace *workspace);
void stl_gaps_fit_trend(struct stl_workspace *workspace);
void stl_gaps_trend(struct stl_workspace *workspace, double *trend);

/** Smooths one cycle-subseries. Its fits are solved again in each pass: cheaper than fetching them
 *  from memory. */
void stl_gaps_cycle(struct stl_workspace *workspace, int64_t phase, const struct stl_cycle *cycle);

#endif
