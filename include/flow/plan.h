/* airshed -- GPL-3.0-or-later. What --dry-run prints instead of working. */
#ifndef AIRSHED_FLOW_PLAN_H
#define AIRSHED_FLOW_PLAN_H

#include "base/status.h"
#include "flow/run.h"
#include "flow/stage.h"

/** Prints items, memory per rank, disk and expected time of @p stage on rank 0's standard output.
 *  Time and memory come from reading and computing the first item once, writing nothing.
 *  Collective. */
enum status flow_plan_print(struct stage *stage, const struct flow_work *work);

#endif
