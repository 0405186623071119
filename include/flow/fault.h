/* airshed -- GPL-3.0-or-later. Kills on purpose, to prove that a killed run loses nothing. */
#ifndef AIRSHED_FLOW_FAULT_H
#define AIRSHED_FLOW_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/** Phases of an item and of a commit in which AIRSHED_FAULT=PHASE:N can strike: after the item was
 *  read, after it was computed, after its values were put but before they are durable, in the
 *  middle of its journal record, at step N of the commit. */
enum fault_phase { FAULT_READ, FAULT_COMPUTE, FAULT_WRITE, FAULT_JOURNAL, FAULT_COMMIT };

/** True where the environment asks for a fault in @p phase at @p number: the item's index, or the
 *  step of the commit. */
bool fault_is_due(enum fault_phase phase, int64_t number);

/** Ends this process by SIGKILL where a fault is due. AIRSHED_FAULT=PHASE:N:stop lets it stand still
 *  instead, once, until SIGCONT: a test can then change what is around it. Not for the journal, whose
 *  record is torn for a kill. */
void fault_strike(enum fault_phase phase, int64_t number);

#endif
