/* airshed -- GPL-3.0-or-later. Pollution without the weather in a block of cells (P2.20-P2.32): what
 * `deweather` does to every cell of a map and `explain` to one. */
#ifndef AIRSHED_COMMANDS_DEWEATHERING_H
#define AIRSHED_COMMANDS_DEWEATHERING_H

#include "base/options.h"
#include "base/reason.h"
#include "base/status.h"
#include "base/window.h"
#include "decomposition.h"
#include "kernels/least_squares_block.h"
#include "weather.h"

/** The last block, [steps, LANES]. Read its members. */
struct deweathering {
    struct decomposition *decomposition; /**< borrowed; its blocks are overwritten */
    const struct weather *weather;       /**< borrowed */
    enum removal removal;
    double *baseline;                      /**< trend and seasonal part of the pollution */
    double *weather_baseline[WEATHER_MAX]; /**< those of the fields */
    double *removed;                       /**< the baseline without the weather */
    double *regressed; /**< the baseline at the steps of the fit: with pollution and all weather */
    unsigned char *observed;
    struct least_squares_fit fits[LANES];
    double effective[LANES];      /**< independent steps that the fit is worth (P2.32) */
    double remainder_mean[LANES]; /**< what the baseline drops (P2.28) */
    enum reason reasons[LANES];
};

/** Makes a block for the steps of @p weather; --removal is read from @p options. */
enum status deweathering_create(const struct options *options, struct decomposition *decomposition,
                                const struct weather *weather, struct deweathering **block);
void deweathering_destroy(struct deweathering **block);

/** Memory of a block. */
int64_t deweathering_bytes(const struct weather *weather);

/** Takes the weather out of cells [first, first + LANES) of @p window, whose pollution is @p values
 *  [steps, cells of the window] and whose weather was read (weather_read()). A cell's numbers do not
 *  depend on its lane or its neighbours. */
void deweathering_run(struct deweathering *block, const float *values, const struct window *window,
                      int64_t first);

/** The regression of the last block, as the kernels take it. */
struct least_squares_block deweathering_regression(const struct deweathering *block);

#endif
