/* airshed -- GPL-3.0-or-later. inventory: how uncertain a value is, from what its row and its parameter
 * say (P3.10). */
#ifndef AIRSHED_COMMANDS_INVENTORY_SPREAD_H
#define AIRSHED_COMMANDS_INVENTORY_SPREAD_H

#include "model.h"
#include "kernels/distribution.h"

/** The distribution that is stated for a value without samples, not yet cut to what its kind allows. A
 *  constant where nothing is stated, `fixed` is, or the spread comes to nothing.
 *
 *  NAME or NAME(key=number, ...). The value is the mean; of triangular the mode, of uniform and arcsine
 *  the middle unless low and high are given:
 *
 *   - fixed
 *   - normal, gamma, weibull: cv or sd; normal also low and high, a 95 % interval
 *   - lognormal: cv, sd or gsd (geometric standard deviation); low and high, a 95 % interval
 *   - beta: cv, sd or rest (the standard deviation as a part of what lacks to the nearer end); ends low and
 *     high, which for a share are 0 and 1
 *   - uniform, triangular, arcsine: half (of its width), cv, sd, or low and high
 *   - any of them: min and max, where draws are cut
 *
 *  Numbers are in the unit of their row (in the parameter's for its spread); cv, sd and half with % are
 *  shares of the value. Columns sd, low and high say the same; they stand before what the parameter's spread
 *  says.
 *
 *  @return STATUS_DATA with the place of the value, STATUS_USAGE for the parameter's spread
 */
enum status inventory_spread_read(const struct inventory_model *model,
                                  const struct inventory_value *value,
                                  struct distribution *distribution);

/** The family that is stated for a value with samples: DISTRIBUTION_FAMILY_COUNT for none, empirical or one
 *  that is to be fitted. @return as above, where more than a name is stated */
enum status inventory_spread_family(const struct inventory_model *model,
                                    const struct inventory_value *value,
                                    enum distribution_family *family);

/** Cuts a distribution to what the kind of a parameter allows. */
struct distribution inventory_spread_cut(struct distribution distribution,
                                         enum parameter_kind kind);

#endif
