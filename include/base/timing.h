/* airshed -- GPL-3.0-or-later. Clocks, durations, and the date of an output. */
#ifndef AIRSHED_BASE_TIMING_H
#define AIRSHED_BASE_TIMING_H

#include "base/status.h"

/** Seconds of a clock that never jumps; only differences mean anything. */
double timing_wall_s(void);

/** CPU seconds of this process, all threads. */
double timing_cpu_s(void);

/** Now as ISO 8601 UTC, "2026-11-23T02:31:15Z"; SOURCE_DATE_EPOCH, where it is set to a whole
 * number, instead of now (C.17): for what is written to files. Released with free(). */
enum status timing_utc_text(char **text);

enum {
    TIMING_TEXT_BYTES = 32
};

/** Now in the same form, whatever SOURCE_DATE_EPOCH says: for logs. @return @p buffer */
const char *timing_now_text(char buffer[static TIMING_TEXT_BYTES]);

/** A duration for people: "12 s", "3 min 05 s", "2 h 07 min", "4 d 03 h". @return @p buffer */
const char *timing_duration_text(double seconds, char buffer[static TIMING_TEXT_BYTES]);

#endif
