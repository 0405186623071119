/* airshed -- GPL-3.0-or-later. Clocks. */
#include "base/timing.h"

#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

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

enum status timing_utc_text(char **text)
{
    char buffer[32];
    struct tm parts;
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    time_t now = fixed != NULL ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
    gmtime_r(&now, &parts);
    strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return memory_copy_text(buffer, text);
}
