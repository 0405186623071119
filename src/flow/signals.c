/* airshed -- GPL-3.0-or-later. The checkpoint signals. */
#include "flow/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal)
{
    (void)signal;
    stop_requested = 1;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* the write then fails and is reported */
}

bool signals_stop_requested(void)
{
    return stop_requested != 0;
}
