/* airshed -- GPL-3.0-or-later. What the parts of background share. */
#ifndef AIRSHED_COMMANDS_BACKGROUND_H
#define AIRSHED_COMMANDS_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/input.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "learn/holdout.h"
#include "learn/infill.h"
#include "learn/metrics.h"
#include "learn/shapes.h"

/** Methods by their place in tables: those of learn/infill.h, then the network. */
enum { METHOD_NETWORK = INFILL_METHODS, METHODS };

/** Name of a method on the command line and in tables. */
const char *method_name(int method);

/* ---- the region (background_region.c) ------------------------------------------------------ */

/** What a cell is, in the order of the flag meanings of `role`. */
enum role { ROLE_OUTSIDE, ROLE_BACKGROUND, ROLE_RADIATION, ROLE_TEST, ROLE_VALIDATION };

/** Masks, places, held-out areas and variograms: what is read before the work starts. */
struct region {
    const struct georeference *grid;
    int64_t cells;
    uint8_t *is_radiation;  /* with values */
    uint8_t *is_background; /* with values, outside the areas */
    uint8_t *is_context;    /* background without the test areas: known while these are scored */
    struct position *place;
    struct shapes *shapes;
    struct holdout *holdout;
    int64_t targets, held; /* cells to predict; cells of the test areas */
    int64_t *target, *held_cell;
    int covariates;
    double *covariate[5]; /* [cells], of the linear model */
    struct variogram_fit fit, context_fit; /* of all background, and of the context */
};

/** Reads the area and some maps of @p input, the same on every rank. @p area is the open map.
 *  @return STATUS_DATA where grids differ or there is nothing to predict or to learn from */
enum status region_create(const struct job *job, struct input *input, struct input *area,
                          struct region *region);
void region_clear(struct region *region);

/** Bytes of a region of @p cells. */
int64_t region_bytes(int64_t cells);

/** How @p method predicts: the cells of the areas, or with @p is_scored the test areas from the
 *  context. */
struct infill_request region_request(const struct region *region, const struct options *options,
                                     enum infill_method method, bool is_scored);

/** enum role of every cell into @p role [cells]. */
void region_roles(const struct region *region, int8_t *role);

/* ---- scores (background_scores.c) ---------------------------------------------------------- */

/** Which steps are scored, and by which methods. */
struct scores {
    const struct region *region;
    uint32_t seed;
    int64_t steps, every; /* one of so many blocks of steps is scored */
    bool is_scored[METHODS];
    int64_t step_bytes; /* of one scored step: sums of each method, overall and by area */
};

/** Blocks of steps that are scored together; a network's sequences fit into them. */
enum { SCORE_BLOCK = 16 };

void scores_init(const struct job *job, const struct region *region, int64_t steps, int own,
                 struct scores *scores);

/** True where @p step is scored. */
bool scores_has(const struct scores *scores, int64_t step);

/** Sums of one step's errors of @p method, from predictions [held], into @p sums of step_bytes. */
void scores_add(const struct scores *scores, int method, const float *map,
                const double *prediction, struct metric_sums *sums);

/** Writes the two tables from the journal of @p stage. Rank 0 does it. */
enum status scores_tables(const struct scores *scores, const struct stage *stage, const char *units,
                         const char *const paths[4]);

#endif
