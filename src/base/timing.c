/* airshed -- GPL-3.0-or-later. Clocks, durations, and the date of an output. */
#include "base/timing.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double timing_wall_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

double timing_cpu_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static const char *moment_text(time_t moment, char buffer[static TIMING_TEXT_BYTES])
{
    struct tm parts;
    if (gmtime_r(&moment, &parts) == NULL ||
        strftime(buffer, TIMING_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        snprintf(buffer, TIMING_TEXT_BYTES, "1970-01-01T00:00:00Z");
    }
    return buffer;
}

const char *timing_now_text(char buffer[static TIMING_TEXT_BYTES])
{
    return moment_text(time(NULL), buffer);
}

enum status timing_utc_text(char **text)
{
    char buffer[TIMING_TEXT_BYTES];
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t seconds;
    if (fixed != NULL && text_parse_integer(fixed, &seconds)) {
        return memory_copy_text(moment_text((time_t)seconds, buffer), text);
    }
    return memory_copy_text(timing_now_text(buffer), text);
}

const char *timing_duration_text(double seconds, char buffer[static TIMING_TEXT_BYTES])
{
    static const struct {
        int64_t large, small;
        const char *format;
    } forms[] = {{86400, 3600, "%lld d %02lld h"},
                 {3600, 60, "%lld h %02lld min"},
                 {60, 1, "%lld min %02lld s"}};
    int64_t whole = seconds < 0 ? 0 : seconds > 1e12 ? (int64_t)1e12 : (int64_t)(seconds + 0.5);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (whole >= forms[i].large) {
            snprintf(buffer, TIMING_TEXT_BYTES, forms[i].format,
                     (long long)(whole / forms[i].large),
                     (long long)(whole % forms[i].large / forms[i].small));
            return buffer;
        }
    }
    snprintf(buffer, TIMING_TEXT_BYTES, "%lld s", (long long)whole);
    return buffer;
}
