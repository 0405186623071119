/* airshed -- GPL-3.0-or-later. Plug-ins: what wraps a heavy library is loaded at first use. */
#ifndef AIRSHED_BASE_PLUGIN_H
#define AIRSHED_BASE_PLUGIN_H

#include "base/status.h"

/** Loads airshed-@p name.so: from the folder that AIRSHED_PLUGINS names, from beside the program, from
 *  ../lib/airshed seen from there, or from $libdir/airshed of the build. It stays loaded.
 *
 *  @param[in] packages  Debian packages that it needs, for the failure's sentence
 *  @return STATUS_FAILED with how to get it where it was not built or cannot be loaded
 */
enum status plugin_open(const char *name, const char *packages, void **library);

/** Looks up @p symbol; *@p function is a pointer to a function. @return STATUS_FAILED where the plug-in
 *  belongs to another version of the program */
enum status plugin_function(void *library, const char *symbol, void *function);

#endif
