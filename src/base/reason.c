/* airshed -- GPL-3.0-or-later. Words of the reason codes. */
#include "base/reason.h"

const char *reason_text(enum reason reason)
{
    static const char *const meaning[REASON_COUNT] = {
#define X(code, text) [code] = text,
        REASON_LIST(X)
#undef X
    };
    return (unsigned)reason < REASON_COUNT ? meaning[reason] : "unknown";
}
