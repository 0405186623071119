/* airshed -- GPL-3.0-or-later. GDAL and OGR: drivers registered once, their messages kept for us.
 */
#ifndef AIRSHED_IO_GDAL_SESSION_H
#define AIRSHED_IO_GDAL_SESSION_H

#include <stdbool.h>

/** Registers the drivers of GDAL and OGR, and from then on keeps their messages instead of letting
 *  them reach standard error: a failure is told once, in our own sentence. Every function that
 *  calls GDAL calls this first; calls after the first cost nothing. Local to the rank. */
void gdal_session_start(void);

/** Forgets the message; call it before a GDAL call whose reason may be wanted. */
void gdal_session_clear(void);

/** Last error of GDAL since the clear, else its last warning, else "GDAL gives no reason". One
 *  line; lives until the next GDAL call. */
const char *gdal_session_message(void);

/** The same, or where there is none: why files mostly cannot be opened without one. */
const char *gdal_session_reason(void);

/** True where GDAL reported an error since the clear: calls without a result, such as closing a
 *  file, tell of a full disk in no other way. */
bool gdal_session_has_failed(void);

#endif
