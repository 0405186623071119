/* airshed -- GPL-3.0-or-later. Weather fields beside a pollution cube: found, aligned, decomposed
 * (P2.03, P2.08, P2.20, P2.29). */
#ifndef AIRSHED_COMMANDS_WEATHER_H
#define AIRSHED_COMMANDS_WEATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/status.h"
#include "decomposition.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/run.h"
#include "parallel/items.h"

/** --met, --met-variables, --weather. */
extern const struct option_spec weather_options[];

/** Fields in the order of P2.30: T2M, TP, SP, 10U, 10V, RH. */
enum { WEATHER_MAX = 6 };

/** How many cells will be asked for. */
enum weather_extent {
    WEATHER_MANY_CELLS,
    WEATHER_FEW_CELLS /**< nothing is made beforehand: what lies on another grid is decomposed when
                           it is read, in the rows that the cells need */
};

struct weather_field;

/** The fields that a regression uses. */
struct weather {
    const struct job *job;
    enum weather_extent extent;
    struct decomposition *decomposition; /**< borrowed */
    int64_t steps, cols; /**< of the pollution cube */
    int count;
    const char *keys[WEATHER_MAX];       /**< "t2m" ... */
    const char *units[WEATHER_MAX];      /**< that the values are in */
    const char *long_names[WEATHER_MAX];
    struct weather_field *fields[WEATHER_MAX];
};

/** Finds and opens the fields over the dates of @p pollution.
 *
 *  A field on the same grid is read as it is. One on another grid is decomposed there, cell by cell,
 *  into a scratch cube of double baselines which are interpolated bilinearly afterwards: exact,
 *  because STL without gaps and robust weights is linear (P2.29). A field that has gaps, or robust
 *  STL, is interpolated first and decomposed on the fine grid. Collective.
 *
 *  @return STATUS_DATA naming a field that is not found, with the candidates
 */
enum status weather_open(const struct job *job, const struct input *pollution,
                         struct decomposition *decomposition, enum weather_extent extent,
                         struct weather **weather);

/** Closes; scratch is removed where @p is_finished. Collective; NULL on every rank is allowed. */
void weather_close(struct weather **weather, bool is_finished);

/** Inputs of the fields for the fingerprint, into @p inputs. @return how many */
int weather_inputs(const struct weather *weather, struct input **inputs);

/** Memory per rank: buffers for one item. */
void weather_cost(const struct weather *weather, struct items_cost *cost);

/** Makes the buffers of one item. Local. */
enum status weather_create_buffers(struct weather *weather, const struct items *items);

/** Reads what the window of @p item needs, and counts it. Of few cells, what lies on another grid is
 *  also decomposed, with the blocks of @p decomposition of weather_open(). Local. */
enum status weather_read(struct weather *weather, struct flow_item *item);

/** Baseline of field @p field in LANES cells from @p first of @p window on.
 *
 *  @param[in,out] decomposition  its blocks are overwritten
 *  @param[out] baseline  [steps, LANES]; NaN in lanes that cannot be decomposed
 *  @param[in,out] observed  [steps, LANES]; cleared where the field has no value
 */
void weather_baseline(const struct weather *weather, int field,
                      struct decomposition *decomposition, const struct window *window,
                      int64_t first, double *baseline, unsigned char *observed);

/** Values and parts of a field, [steps, LANES] each; NaN as for baselines. */
struct weather_parts {
    double *value, *trend, *seasonal;
};

/** The same cells' values, trend and seasonal part, whose sum is the baseline up to rounding. Only of
 *  few cells. @param[in,out] decomposition  its blocks are overwritten */
void weather_decomposed(const struct weather *weather, int field,
                        struct decomposition *decomposition, const struct window *window,
                        int64_t first, const struct weather_parts *parts);

/** True where the field was decomposed on a grid of its own, and its parts were interpolated. */
bool weather_is_interpolated(const struct weather *weather, int field);

#endif
