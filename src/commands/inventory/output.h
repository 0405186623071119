/* airshed -- GPL-3.0-or-later. inventory: its tables (P3.20-P3.22, C.27). */
#ifndef AIRSHED_COMMANDS_INVENTORY_OUTPUT_H
#define AIRSHED_COMMANDS_INVENTORY_OUTPUT_H

#include "fits.h"
#include "flow/stage.h"
#include "sensitivity.h"

/** What is written. The results have statistics. */
struct inventory_output {
    const struct inventory_results *results;
    const struct inventory_inputs *inputs;
    const char *folder;
    double level;              /**< of the intervals, % */
    double half_width;         /**< of the same interval of a standard normal distribution */
    const bool *is_headline;   /**< [slots]: total of a species in the nation */
    const int64_t *checkpoint; /**< [checkpoints], numbers of draws */
    int checkpoints;
    const struct inventory_statistics *statistics;   /**< [headlines, checkpoints] */
    const struct inventory_sensitivity *sensitivity; /**< NULL: not asked for */
    const struct influence *influences;              /**< [inputs, targets] */
    const struct inventory_regression *regressions;  /**< [targets] */
    const struct inventory_sample *samples;          /**< [sample_count] */
    int64_t sample_count;
};

/** Declares the tables in @p folder to the stage. */
enum status inventory_output_declare(struct stage *stage, const char *folder);

/** Writes all of them, by rank 0 between run and commit. */
enum status inventory_output_write(const struct inventory_output *output,
                                   const struct stage *stage);

/** Names in tables: "source", "2015-2019", "nation", "Hebei". A period is put in @p buffer. */
const char *inventory_subject_name(enum result_subject subject);
const char *inventory_subject_member(const struct inventory_model *model,
                                     const struct inventory_result *result);
const char *inventory_extent_name(const struct inventory_result *result);
const char *inventory_place_name(const struct inventory_model *model,
                                 const struct inventory_result *result);
const char *inventory_year_name(const struct inventory_model *model, int year, char buffer[40]);

#endif
