/* airshed -- GPL-3.0-or-later. What the values of a variable are like: for `info`. */
#ifndef AIRSHED_COMMANDS_INFO_VALUES_H
#define AIRSHED_COMMANDS_INFO_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "flow/job.h"
#include "io/dataset.h"

/** Where an extreme value was first met, in the canonical order. */
struct info_place {
    int64_t step, row, col;
};

/** Values of one variable, all of them or a sample. The same at any number of ranks. */
struct info_values {
    bool is_sample;
    int64_t steps;  /**< looked at; 1 for a map */
    int64_t cells;  /**< looked at */
    int64_t values; /**< looked at, missing ones too */
    int64_t missing, infinite, negative, zero;
    double min, max, mean; /**< of finite values; NaN without any */
    struct info_place min_place, max_place;
    int64_t empty_cells;                   /**< missing at every step looked at */
    int64_t constant_cells;                /**< of cells with at least INFO_LEAST_VALUES values */
    int64_t tested_cells;                  /**< cells with that many */
    int64_t empty_steps, first_empty_step; /**< steps without any value */
    int64_t repeated_steps, first_repeated_step; /**< maps that equal the one before */
};

enum {
    INFO_LEAST_VALUES = 5
};

/** Reads @p variable: a sample of about @p sample_values values, spread over time and space along
 *  the chunks of the file, or all of them where @p sample_values is 0. Collective. */
enum status info_values_read(const struct job *job, struct dataset *dataset, int variable,
                             int64_t sample_values, struct info_values *values);

#endif
