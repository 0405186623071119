/* airshed -- GPL-3.0-or-later. Checked allocation: never returns NULL to a careless caller. */
#ifndef AIRSHED_BASE_MEMORY_H
#define AIRSHED_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** Alignment of every block: a cache line, and the widest SIMD register. */
enum { MEMORY_ALIGNMENT = 64 };

/** Allocates @p count elements of @p element_bytes, set to zero, into *@p block (released with
 *  free()). Zero elements give a valid block. *@p block is NULL after a failure.
 *
 *  @return STATUS_OK, or STATUS_MEMORY with a sentence that names the size in MB
 */
enum status memory_allocate(size_t count, size_t element_bytes, void *block);

/** Copies @p text into a new string. @return STATUS_OK or STATUS_MEMORY */
enum status memory_copy_text(const char *text, char **copy);

/** Highest resident memory of this process, in bytes (VmHWM of Linux), since it began or since
 *  memory_peak_reset(); 0 where unknown. */
int64_t memory_peak_bytes(void);

/** The same over the whole life of the process. */
int64_t memory_peak_ever_bytes(void);

/** Begins anew, for a stage of `run`. Where the system has no such thing the peak goes on. */
void memory_peak_reset(void);

#endif
