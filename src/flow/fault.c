/* airshed -- GPL-3.0-or-later. Kills on purpose. */
#include "flow/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const phase_names[] = {"read", "compute", "write", "journal", "commit"};

bool fault_is_due(enum fault_phase phase, int64_t number)
{
    const char *wanted = getenv("AIRSHED_FAULT");
    size_t length = strlen(phase_names[phase]);
    if (wanted == NULL || strncmp(wanted, phase_names[phase], length) != 0 ||
        wanted[length] != ':') {
        return false;
    }
    return strtoll(wanted + length + 1, NULL, 10) == number;
}

void fault_strike(enum fault_phase phase, int64_t number)
{
    if (fault_is_due(phase, number)) {
        raise(SIGKILL);
    }
}
