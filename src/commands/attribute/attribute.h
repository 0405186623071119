/* airshed -- GPL-3.0-or-later. What the parts of attribute share. */
#ifndef AIRSHED_COMMANDS_ATTRIBUTE_ATTRIBUTE_H
#define AIRSHED_COMMANDS_ATTRIBUTE_ATTRIBUTE_H

#include "flow/input.h"
#include "flow/stage.h"
#include "../periods.h"
#include "../shares.h"

/** Layered maps, one layer a period, in the order of the file. */
enum attribute_map {
    ATTRIBUTE_POLLUTION, /**< mean over the days that have all parts */
    ATTRIBUTE_IHS,
    ATTRIBUTE_BACKGROUND,
    ATTRIBUTE_RATIO_OF_MEANS,
    ATTRIBUTE_MEAN_OF_RATIOS,
    ATTRIBUTE_HARMONIC, /**< harmonic mean of the pollution over the share's days */
    ATTRIBUTE_OUTSIDE,  /**< mean deweathered pollution of cells outside the areas, else NaN */
    ATTRIBUTE_MAPS
};

/** Layered counts. */
enum attribute_count {
    ATTRIBUTE_DAYS,       /**< with all parts */
    ATTRIBUTE_SHARE_DAYS, /**< of them, with pollution of at least SHARE_FLOOR */
    ATTRIBUTE_NEGATIVE,   /**< of the days, with a background below 0 */
    ATTRIBUTE_COUNTS
};

/** Maps of one period, all cells, as written (float). */
struct attribute_period {
    const float *maps[ATTRIBUTE_MAPS];
    const int32_t *counts[ATTRIBUTE_COUNTS];
};

extern const char *const attribute_map_names[ATTRIBUTE_MAPS];
extern const char *const attribute_count_names[ATTRIBUTE_COUNTS];

/** Opens the cube @p path of option @p label, as attribute reads it: in the units of @p pollution, on its grid
 *  and days. Collective. @return STATUS_DATA where these differ */
enum status attribute_open_like(const struct job *job, const struct input *pollution,
                                const char *label, const char *path, const char *variable,
                                bool few_cells,
                                struct input **input);

/* ---- one cell (cell.c) ------------------------------------------------------------ */

/** Parts of one day (P2.44-P2.46), in double from the floats of the files; NaN where one is missing. */
struct attribute_day {
    double ihs, background, share; /**< share: NaN below SHARE_FLOOR */
};
struct attribute_day attribute_day_of(float pollution, float deweathered, float expected);

/** Series of one cell: step t is at [t * stride]. */
struct attribute_series {
    const float *pollution, *deweathered, *expected;
    int64_t stride;
    bool is_outside; /**< see attribute_is_outside() */
};

/** True where the cell lies outside the areas: nothing was expected at any step. */
bool attribute_is_outside(const struct attribute_series *series, int64_t steps);


/** Means of one cell over a period; days count where all three series have a value. */
struct attribute_means {
    double maps[ATTRIBUTE_MAPS];
    int32_t counts[ATTRIBUTE_COUNTS];
};
struct attribute_means attribute_means_of(const struct periods *periods,
                                          const struct period *period,
                                          const struct attribute_series *series);

/* ---- areas ---------------------------------------------------------------------------------- */

/** Sums of a period over the cells of the areas. */
struct attribute_total {
    double pollution, ihs;     /**< sums over cells and days */
    double ratios;             /**< sum of the daily shares */
    int64_t days, share_days;  /**< cells times days */
    int64_t cells, negative_cells, negative_days;
};

/** Both readings of a share (P2.46). */
enum attribute_reading { READING_RATIO_OF_MEANS, READING_MEAN_OF_RATIOS, READINGS };

/** Adds up @p period: along rows in column order, over rows in a tree (C.19). @p scratch is [3, rows]. */
struct attribute_total attribute_sum(const struct attribute_period *period, int64_t rows, int64_t cols,
                                     double *scratch);

/** Share of a total; NaN where no day counts. */
double attribute_share(const struct attribute_total *total, enum attribute_reading reading);

/** Most further predictions, --expected-others. */
enum { OTHERS_MOST = 16 };

/** Maps of one period for attribute_uncertainty(). */
struct attribute_maps {
    struct attribute_period period;
    const float *others[OTHERS_MOST]; /**< mean part of the sources by further predictions */
};

/** Where a standard error comes from (P2.47). */
enum attribute_part {
    PART_REMAINDER,  /**< replicates of the remainders, stage 2 refitted */
    PART_BACKGROUND, /**< prediction across the areas, from areas held out of the background */
    PART_NETWORK,    /**< spread of networks of other seeds */
    PARTS
};

/** Standard errors of the areas' share in one period; NaN where nothing tells. */
struct attribute_errors {
    double part[PARTS][READINGS];
    double total[READINGS]; /**< of the parts that are known; NaN without the background's */
    double factor; /**< standard errors to either side of a 95 % interval: of Student's
                        distribution, with the held-out areas as degrees of freedom */
};

struct uncertainty;

/** What it needs beside maps; borrowed. */
struct attribute_request {
    const struct job *job;
    const struct georeference *grid;
    int64_t steps;                      /**< of the whole period */
    const char *deweathered, *expected; /**< paths of the products: replicates, method */
    int others;
};

/** Opens the products and lays out targets and neighbours; @p all are the maps of the whole period.
 *  Collective. @return STATUS_DATA where no cell has all parts */
enum status uncertainty_create(const struct attribute_request *request,
                               const struct attribute_maps *all, struct uncertainty **uncertainty);
void uncertainty_destroy(struct uncertainty **uncertainty);

/** Standard errors of a period, from its maps. With @p cells, [READINGS][cells], also those of each
 *  cell's share; others are left as they are. Local; the same on any rank, at any number of them. */
enum status uncertainty_find(struct uncertainty *uncertainty, const struct attribute_maps *maps,
                             struct attribute_errors *errors, float *const cells[READINGS]);

/** Memory of a rank, for a grid of @p cells. */
int64_t uncertainty_bytes(int64_t cells);

/** Tells what is known of the removal of `deweather` (P2.31): all but `recentre` leave a level in the
 *  cells that is not the pollution's, and the shares with it. */
enum status attribute_check_removal(const struct job *job, const char *path);

#endif
