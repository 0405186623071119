/* airshed -- GPL-3.0-or-later. Parameters of STL, the presets of other tools, and their defaults.
 */
#ifndef AIRSHED_KERNELS_STL_SETTINGS_H
#define AIRSHED_KERNELS_STL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Whose defaults fill what the caller leaves open (P2.22, P2.23). `exact`: degrees and jumps 1. */
enum stl_preset {
    STL_PRESET_R,
    STL_PRESET_STATSMODELS,
    STL_PRESET_EXACT
};

/** Windows of cells with missing values (P2.27): widened to the nearest valid points, or fixed. */
enum stl_gap_window {
    STL_GAP_WINDOW_NEAREST,
    STL_GAP_WINDOW_FIXED
};

/** Marks of open parameters: STL_DERIVED for degrees and passes, 0 for windows and jumps. */
enum {
    STL_DERIVED = -1,
    STL_PERIODIC = -2
};

/** Every window and jump counts time steps (of the cycle-subseries for the seasonal ones). */
struct stl_settings {
    enum stl_preset preset;
    bool robust;
    enum stl_gap_window gap_window;
    int64_t period;
    int64_t seasonal;      /**< window, or STL_PERIODIC: one cycle for all years, as R does it */
    int64_t trend;         /**< 0: smallest odd >= 1.5 period / (1 - 1.5 / seasonal) */
    int64_t low_pass;      /**< 0: smallest odd >= period (statsmodels: > period) */
    int64_t seasonal_jump; /**< 0: 1, with preset r a tenth of the window rounded up */
    int64_t trend_jump;
    int64_t low_pass_jump;
    int seasonal_degree; /**< STL_DERIVED: 1, with preset r 0; always 0 with STL_PERIODIC */
    int trend_degree;
    int low_pass_degree;
    int inner; /**< passes; STL_DERIVED: by preset and robust */
    int outer; /**< robustness passes; STL_DERIVED: 0, robust 15 */
};

/** Settings with everything left open but these; @p seasonal 0 means 7 (P2.24). Overwrite any
 * field, then check. */
struct stl_settings stl_settings_preset(enum stl_preset preset, int64_t period, int64_t seasonal,
                                        bool robust);

/** @return STATUS_OK, or STATUS_USAGE with a sentence that names the option at fault */
enum status stl_settings_check(const struct stl_settings *settings);

/** Fills what was left open, for a series of @p steps. A second call changes nothing. Periodic
 *  stays marked in `seasonal`; stl_seasonal_window() gives its window. */
struct stl_settings stl_settings_resolve(const struct stl_settings *settings, int64_t steps);

/** Window of the cycle-subseries: `seasonal`, or 10 steps + 1 where it is periodic. */
int64_t stl_seasonal_window(const struct stl_settings *settings, int64_t steps);

#endif
