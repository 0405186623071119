/* airshed -- GPL-3.0-or-later. Plug-ins: what wraps a heavy library is loaded at first use. */
#include "base/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef AIRSHED_LIBDIR
#define AIRSHED_LIBDIR "/usr/local/lib"
#endif

enum { PLACES = 4 };

/* Folder of the running program, "" where the system does not tell. */
static void program_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
}

enum status plugin_open(const char *name, const char *packages, void **library)
{
    enum status status = STATUS_OK;
    char beside[PATH_MAX], near[PATH_MAX + 32], path[PLACES][PATH_MAX + 96];
    program_folder(beside);
    snprintf(near, sizeof near, "%s/../lib/airshed", beside);
    const char *chosen = getenv("AIRSHED_PLUGINS");
    const char *folders[PLACES] = {chosen != NULL ? chosen : beside, beside, near,
                                   AIRSHED_LIBDIR "/airshed"};
    *library = NULL;
    for (int i = 0; i < PLACES; i++) {
        snprintf(path[i], sizeof path[i], "%s/airshed-%s.so", folders[i], name);
        if (access(path[i], F_OK) != 0) {
            continue;
        }
        *library = dlopen(path[i], RTLD_NOW | RTLD_LOCAL);
        FAIL_IF(*library == NULL, STATUS_FAILED,
                "%s: cannot be loaded: %s; install %s and build airshed again", path[i], dlerror(),
                packages);
        goto done;
    }
    FAIL(STATUS_FAILED,
         "airshed-%s.so is neither in %s nor in %s: install the Debian package %s and build airshed "
         "again (`make deps`, `make`)",
         name, beside, folders[PLACES - 1], packages);
done:
    return status;
}

enum status plugin_function(void *library, const char *symbol, void *function)
{
    enum status status = STATUS_OK;
    void *found = dlsym(library, symbol);
    FAIL_IF(found == NULL, STATUS_FAILED,
            "the plug-in has no '%s': it belongs to another version; build airshed again", symbol);
    memcpy(function, &found, sizeof found);
done:
    return status;
}
