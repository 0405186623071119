/* airshed -- GPL-3.0-or-later. Area-weighted statistics of a region at one step (C.15). */
#ifndef AIRSHED_COMMANDS_REGION_SAMPLES_H
#define AIRSHED_COMMANDS_REGION_SAMPLES_H

#include <stdint.h>

#include "base/window.h"
#include "regions.h"

/** What a region holds at one step; its mean is sum / area_m2. A plain value, for payloads. */
struct region_sample {
    double area_m2; /**< covered by cells with a value */
    double sum;     /**< of area times value */
    double squares; /**< of area times the squared distance from this step's mean */
    double low, high;
    int64_t cells; /**< with a value */
};

/** Sums along each row in column order, then over the rows of the grid in a tree: no cut of the work
 *  can change the order (C.19).
 *
 *  @param[in] box       rows and columns that @p map holds, with all cells of the region
 *  @param[out] row_sum  [rows of the box], scratch
 */
struct region_sample region_sample_of(const struct regions *regions, int64_t region,
                                      const struct window *box, const float *map, double *row_sum);

#endif
