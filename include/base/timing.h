/* airshed -- GPL-3.0-or-later. Clocks, and the date of an output. */
#ifndef AIRSHED_BASE_TIMING_H
#define AIRSHED_BASE_TIMING_H

#include "base/status.h"

/** Seconds of a clock that never jumps; only differences mean anything. */
double timing_wall_s(void);

/** CPU seconds of this process. */
double timing_cpu_s(void);

/** Now as ISO 8601 UTC, "2026-11-23T02:31:15Z"; SOURCE_DATE_EPOCH, where it is set, instead of now
 *  (C.17). Released with free(). */
enum status timing_utc_text(char **text);

#endif
