/* airshed -- GPL-3.0-or-later. The recorded failure of this rank. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 4096, PLACE_BYTES = 256 };

static char message[MESSAGE_BYTES];
static char place[PLACE_BYTES];

int status_exit_code(enum status status)
{
    switch (status) {
#define X(code, exit_code, text)                                                                   \
    case code:                                                                                     \
        return exit_code;
        STATUS_LIST(X)
#undef X
    }
    return 1;
}

const char *status_text(enum status status)
{
    switch (status) {
#define X(code, exit_code, text)                                                                   \
    case code:                                                                                     \
        return text;
        STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

enum status failure_record(enum status status, const char *file, int line, const char *format, ...)
{
    if (message[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        snprintf(place, sizeof place, "%s:%d", file, line);
    }
    return status;
}

void failure_prefix(const char *format, ...)
{
    char longer[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(longer, sizeof longer, format, arguments);
    va_end(arguments);
    if (used < 0 || used >= MESSAGE_BYTES) {
        return;
    }
    snprintf(longer + used, sizeof longer - (size_t)used, ": %s", message);
    memcpy(message, longer, sizeof message);
}

const char *failure_message(void)
{
    return message;
}

const char *failure_place(void)
{
    return place;
}

void failure_clear(void)
{
    message[0] = '\0';
    place[0] = '\0';
}
