/* airshed -- GPL-3.0-or-later. Seasonal-trend decomposition by loess (STL) of eight series at once.
 */
#ifndef AIRSHED_KERNELS_STL_H
#define AIRSHED_KERNELS_STL_H

#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/status.h"
#include "kernels/lanes.h"
#include "kernels/stl_settings.h"

/** Series beside each other in a block [time, lane]. Pad a last block with NaN lanes. */
enum {
    STL_LANES = LANES
};

/** Weights and sizes for one length of series. Read-only once made: share it. */
struct stl_plan;

/** Scratch of one caller: never used by two calls at a time. It carries nothing from one call to
 *  the next. */
struct stl_workspace;

/** Makes a plan for series of @p steps. Fewer than two periods are allowed: every lane is then
 *  REASON_TOO_SHORT.
 *
 *  @return STATUS_OK, STATUS_USAGE as stl_settings_check(), or STATUS_MEMORY
 */
enum status stl_plan_create(const struct stl_settings *settings, int64_t steps,
                            struct stl_plan **plan);
void stl_plan_destroy(struct stl_plan **plan);

/** The settings with every default filled in, for logs and provenance. */
const struct stl_settings *stl_plan_settings(const struct stl_plan *plan);

/** The plan must outlive its workspaces. */
enum status stl_workspace_create(const struct stl_plan *plan, struct stl_workspace **workspace);
void stl_workspace_destroy(struct stl_workspace **workspace);

/** Memory of one workspace and of the plan, for budgets; exact but for allocator overhead. */
size_t stl_workspace_bytes(const struct stl_plan *plan);
size_t stl_plan_bytes(const struct stl_plan *plan);

/** Where the parts go: blocks [steps, STL_LANES], aligned to 64 bytes, apart from one another and
 *  from the series. */
struct stl_parts {
    double *trend;     /**< at every step, also where the observation is missing */
    double *seasonal;  /**< at every step */
    double *remainder; /**< series - trend - seasonal, NaN where missing; may be NULL */
    double *weights;   /**< robustness weights, 1 without outer passes, NaN where missing; may be
                            NULL */
};

/** Decomposes @p series [steps, STL_LANES]; values that are not finite are missing (P2.20-P2.28).
 *
 *  A lane's result depends on that lane alone, to the last bit. A lane with gaps needs two full
 *  periods of valid values (else REASON_TOO_SHORT) and a value in each phase of the period (else
 *  REASON_EMPTY_PHASE); what cannot be decomposed is NaN in all parts. A flat series is a trend.
 *
 *  @param[out] reasons  one for each lane
 */
void stl_decompose(const struct stl_plan *plan, struct stl_workspace *workspace,
                   const double *series, const struct stl_parts *parts,
                   enum reason reasons[STL_LANES]);

#endif
