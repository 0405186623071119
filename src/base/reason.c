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

const char *reason_flag_meanings(void)
{
#define X(code, meaning) " " meaning
    static const char meanings[] = REASON_LIST(X);
#undef X
    return meanings + 1;
}
