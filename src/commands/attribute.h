/* airshed -- GPL-3.0-or-later. What the parts of attribute share. */
#ifndef AIRSHED_COMMANDS_ATTRIBUTE_H
#define AIRSHED_COMMANDS_ATTRIBUTE_H

#include "flow/input.h"
#include "flow/stage.h"
#include "periods.h"

/** Days with less than this many units of pollution have no share (P2.46). */
#define SHARE_FLOOR 1.0

/** Layered maps, one layer a period, in the order of the file. */
enum attribute_map {
    ATTRIBUTE_POLLUTION, /**< mean over the days that have all parts */
    ATTRIBUTE_IHS,
    ATTRIBUTE_BACKGROUND,
    ATTRIBUTE_RATIO_OF_MEANS,
    ATTRIBUTE_MEAN_OF_RATIOS,
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

/** Opens the cube of option @p label, as attribute reads it: in the units of @p pollution, on its grid
 *  and days. Collective. @return STATUS_DATA where these differ */
enum status attribute_open_like(const struct job *job, const struct input *pollution,
                                const char *label, const char *variable, bool few_cells,
                                struct input **input);

/* ---- one cell (attribute_cell.c) ------------------------------------------------------------ */

/** Parts of one day (P2.44-P2.46), in double from the floats of the files; NaN where one is missing. */
struct attribute_day {
    double ihs, background, share; /**< share: NaN below SHARE_FLOOR */
};
struct attribute_day attribute_day_of(float pollution, float deweathered, float expected);

/** Series of one cell: step t is at [t * stride]. */
struct attribute_series {
    const float *pollution, *deweathered, *expected;
    int64_t stride;
};

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

/** What attribute_uncertainty() needs; borrowed. */
struct attribute_request {
    const struct job *job;
    struct input *pollution, *baseline; /**< baseline NULL: no remainders are drawn */
    struct input *deweathered;
    const struct attribute_period *all; /**< maps of the whole period */
    int64_t replicates, block_days, groups;
};

/** Standard errors of the shares over the whole period (P2.47). */
struct attribute_errors {
    double drawn[READINGS];      /**< of the areas' share, from blocks of remainders */
    double predicted[READINGS];  /**< from the prediction of the background */
    double total[READINGS];      /**< both */
    int64_t groups;              /**< of background blocks that were left out in turn */
    float *map[READINGS];        /**< [cells], NaN outside the areas; free() */
};

/** Bootstraps blocks of remainders, whole maps together, and leaves blocks of the background out in
 *  turn. The numbers depend on --seed, not on ranks or memory. Collective; the same on every rank. */
enum status attribute_uncertainty(const struct attribute_request *request,
                                  struct attribute_errors *errors);

#endif
