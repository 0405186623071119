/* airshed -- GPL-3.0-or-later. GDAL and OGR: drivers registered once, their messages kept for us.
 */
#include "io/gdal_session.h"

#include <stdbool.h>
#include <stdio.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <ogr_api.h>

enum {
    MESSAGE_BYTES = 1024
};

static char message[MESSAGE_BYTES];
static CPLErr message_class = CE_None;

static void keep_message(CPLErr class, CPLErrorNum number, const char *text)
{
    (void)number;
    if (class == CE_Fatal) {
        fprintf(stderr, "airshed: GDAL: %s\n", text); /* GDAL aborts when this returns */
    }
    if (class < CE_Warning || class < message_class) {
        return; /* a warning that follows an error is not its reason */
    }
    message_class = class;
    snprintf(message, sizeof message, "%s", text);
    for (char *at = message; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r') {
            *at = ' ';
        }
    }
}

void gdal_session_start(void)
{
    static bool started;
    if (started) {
        return;
    }
    started = true;
    CPLSetErrorHandler(keep_message);
    GDALAllRegister();
    OGRRegisterAll();
}

void gdal_session_clear(void)
{
    message[0] = '\0';
    message_class = CE_None;
    CPLErrorReset();
}

const char *gdal_session_message(void)
{
    return message[0] != '\0' ? message : "GDAL gives no reason";
}

const char *gdal_session_reason(void)
{
    return message[0] != '\0' ? message : "GDAL does not know its format";
}

bool gdal_session_has_failed(void)
{
    return message_class >= CE_Failure;
}
