/* airshed -- GPL-3.0-or-later. Steps that are averaged into years, months or themselves. */
#ifndef AIRSHED_COMMANDS_STEP_GROUPS_H
#define AIRSHED_COMMANDS_STEP_GROUPS_H

#include <stdint.h>

#include "base/status.h"
#include "grid/time_axis.h"

/** Groups in the order of time. Read its members. */
struct step_groups {
    int64_t count;
    int64_t *group;   /**< of each step */
    double *expected; /**< steps that a whole year or month has, by the calendar */
    double *time;     /**< of each group, in years since the first step */
};

/** Groups the steps of @p axis by 'y'ear, 'm'onth, or each for itself ('d'). On uneven axes (months,
 *  years) a group expects the steps that it has. @return STATUS_OK or STATUS_MEMORY */
enum status step_groups_create(const struct time_axis *axis, char by, struct step_groups *groups);

/** Releases the arrays; all zero is allowed. */
void step_groups_clear(struct step_groups *groups);

/** Means of the groups of one cell, whose step t is series[t * stride]; NaN where fewer than
 *  @p min_valid of the expected steps have a value. Summed in the order of time.
 *
 *  @param[out] means  [count]
 */
void step_groups_means(const struct step_groups *groups, double min_valid, const float *series,
                       int64_t steps, int64_t stride, double *means);

/** Length of a mean year. */
double step_groups_days_per_year(enum calendar calendar);

#endif
