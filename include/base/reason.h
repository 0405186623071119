/* airshed -- GPL-3.0-or-later. Why a cell holds what it holds: one list of codes for all commands.
 */
#ifndef AIRSHED_BASE_REASON_H
#define AIRSHED_BASE_REASON_H

/** One list for codes and flag meanings (design page, "Files between stages"). Codes are written to
 *  files as `flag_values`, so a new one goes to the end and none changes its place. */
#define REASON_LIST(X)                                                                             \
    X(REASON_OK, "ok")                                                                             \
    X(REASON_ALL_MISSING, "all_missing")                                                           \
    X(REASON_TOO_SHORT, "too_short")                                                               \
    X(REASON_EMPTY_PHASE, "empty_phase")                                                           \
    X(REASON_FLAT_SERIES, "flat_series")                                                           \
    X(REASON_RANK_DEFICIENT, "rank_deficient")                                                     \
    X(REASON_NO_ELEVATION, "no_elevation")                                                         \
    X(REASON_OUTSIDE_MASK, "outside_mask")                                                         \
    X(REASON_TOO_FEW_NEIGHBOURS, "too_few_neighbours")                                             \
    X(REASON_FILLED, "filled")                                                                     \
    X(REASON_OUTLIER, "outlier")                                                                   \
    X(REASON_NO_WEATHER, "no_weather")                                                             \
    X(REASON_OUTSIDE_GRID, "outside_grid")                                                         \
    X(REASON_MISSING, "missing")                                                                   \
    X(REASON_NOT_POSITIVE, "not_positive")                                                         \
    X(REASON_OUTSIDE_BOUNDS, "outside_bounds")                                                     \
    X(REASON_NO_CONVERGENCE, "no_convergence")                                                     \
    X(REASON_SMALL_SAMPLE, "small_sample")

enum reason {
#define X(code, meaning) code,
    REASON_LIST(X)
#undef X
    REASON_COUNT
};

/** One word of `flag_meanings`; "unknown" for a number that is no code. */
const char *reason_text(enum reason reason);

/** All words in the order of their codes, as the attribute `flag_meanings` wants them. */
const char *reason_flag_meanings(void);

#endif
