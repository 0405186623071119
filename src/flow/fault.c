/* airshed -- GPL-3.0-or-later. Kills and stops on purpose. */
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
    static bool has_stopped = false; /* once: stages that follow count from 0 again */
    if (!fault_is_due(phase, number)) {
        return;
    }
    if (strstr(getenv("AIRSHED_FAULT"), ":stop") == NULL) {
        raise(SIGKILL);
    } else if (!has_stopped) {
        has_stopped = true;
        raise(SIGSTOP);
    }
}
