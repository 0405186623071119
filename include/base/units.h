/* airshed -- GPL-3.0-or-later. Units: converted through UDUNITS-2 or refused (C.03). */
#ifndef AIRSHED_BASE_UNITS_H
#define AIRSHED_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** A way from one unit to another. */
struct units_converter;

/** Prepares the conversion of values in @p from to @p to.
 *
 *  Besides the spellings of UDUNITS these are understood: `µg/m³` with either mu, `mcg/m3`, `deg C`
 *  and `C` for Celsius, `mb` for millibar (a millibarn to UDUNITS), `Degrees North`, names in any
 *  case (`Meters/Second`), `(0 - 1)`, `fraction` and "" for 1, `m of water equivalent` for m.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_DATA with a sentence that names both units where one
 *          is unknown (NULL: absent) or they measure different things; release with
 *          units_converter_destroy()
 */
enum status units_converter_create(const char *from, const char *to,
                                   struct units_converter **converter);

/** Releases a converter and sets it to NULL; NULL is allowed. */
void units_converter_destroy(struct units_converter **converter);

/** True where values stay as they are, to the bit. */
bool units_converter_is_identity(const struct units_converter *converter);

/** Converts values in place, in double inside; NaN stays NaN. */
void units_convert_float(const struct units_converter *converter, float *values, int64_t count);
void units_convert_double(const struct units_converter *converter, double *values, int64_t count);

/** True where both are known units and a value means the same in both: `mb` and `hPa`. */
bool units_are_equal(const char *a, const char *b);

/** True where both are known and one can be converted to the other. */
bool units_are_convertible(const char *a, const char *b);

/** True where UDUNITS, or the list above, knows the unit. */
bool units_are_known(const char *text);

#endif
