/* airshed -- GPL-3.0-or-later. inventory: what a run tells at its end. */
#ifndef AIRSHED_COMMANDS_INVENTORY_HEADLINE_H
#define AIRSHED_COMMANDS_INVENTORY_HEADLINE_H

#include "model.h"

/** Tells the nation's total of each species with its interval, by year, or of the last year and the whole
 *  period where that were many lines; then where the results lie and what to open first.
 *  @param[in] level  of the interval, per cent */
enum status inventory_headline_tell(const struct inventory_model *model, const char *folder,
                                    double level);

#endif
