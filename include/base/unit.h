/* airshed -- GPL-3.0-or-later. A unit to reckon with: products, quotients, powers (P3.05). */
#ifndef AIRSHED_BASE_UNIT_H
#define AIRSHED_BASE_UNIT_H

#include <stdbool.h>

#include "base/status.h"

/** A unit of UDUNITS-2. Never changed once made. */
struct unit;

/** Understands what base/units.h does, and what tables of activity and emission factors say: `10^4 t`,
 *  `t*km`, `kt` for kilotonne, `Wh` and its multiples, `tce`, `gce` (coal equivalent,
 *  29.3076 GJ/t), `person` (`persons`, `capita`) and `piece`, which are dimensions of their own, and
 *  what a mass is of, left out: `t coal`, `g{Hg}/t{coal}`, `kg metal`. A plain `ton` is refused, as it
 *  may be one of three.
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_DATA with a sentence that names the text; also where
 *          zero of the unit is not zero (degC); release with unit_destroy() */
enum status unit_parse(const char *text, struct unit **unit);

/** Releases a unit and sets it to NULL; NULL is allowed. */
void unit_destroy(struct unit **unit);

/** Products, quotients and powers as new units; @p root is 1, or 2 for a square root and so on.
 *  @return STATUS_OK or STATUS_MEMORY; STATUS_DATA where a root does not exist */
enum status unit_multiply(const struct unit *a, const struct unit *b, struct unit **product);
enum status unit_divide(const struct unit *a, const struct unit *b, struct unit **quotient);
enum status unit_raise(const struct unit *base, int power, int root, struct unit **raised);

/** Factor that takes numbers in @p from to numbers in @p to. @return false where they measure
 *  different things */
bool unit_factor(const struct unit *from, const struct unit *to, double *factor);

/** True for a plain number, per cent and the like. */
bool unit_is_dimensionless(const struct unit *unit);

/** What a unit measures, for sentences, as people write it: "kg/kWh", "t", "1" for all plain numbers; where
 *  it is not the unit itself, one that measures the same. Else as UDUNITS writes it: "kg2 m-3".
 *  Released with free().
 *  @return STATUS_OK or STATUS_MEMORY */
enum status unit_text(const struct unit *unit, char **text);

#endif
