/* airshed -- GPL-3.0-or-later. USR1 and TERM ask for a checkpoint: finish the item, exit 75. */
#ifndef AIRSHED_FLOW_SIGNALS_H
#define AIRSHED_FLOW_SIGNALS_H

#include <stdbool.h>

/** Catches USR1 and TERM from now on, and lets a write past the limit of file sizes fail instead of
 *  ending the process. */
void signals_catch(void);

/** True once this rank was asked to stop. */
bool signals_stop_requested(void);

#endif
