/* airshed -- GPL-3.0-or-later. What the sources about units share: the database and the spellings. */
#ifndef AIRSHED_BASE_UNITS_INTERNAL_H
#define AIRSHED_BASE_UNITS_INTERNAL_H

#include <udunits2.h>

/** The database, read once; NULL where it cannot be read. It also knows person and piece. */
ut_system *units_system(void);

/** The unit in any spelling of base/units.h, to be released with ut_free(); NULL where unknown. */
ut_unit *units_parse(const char *text);

#endif
