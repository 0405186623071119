/* airshed -- GPL-3.0-or-later. What one run of a command was asked to do. */
#ifndef AIRSHED_FLOW_JOB_H
#define AIRSHED_FLOW_JOB_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/status.h"

/** Options of every command that writes cubes or maps: --output --geotiff --compress --attributes. */
extern const struct option_spec options_output[];

/** One command at work. A plain value; nothing in it is owned. */
struct job {
    MPI_Comm comm;
    int rank, size;
    const char *command;           /**< sub-command, e.g. "stl" */
    const char *command_line;      /**< as typed, for the history (C.17) */
    const struct options *options; /**< finished values */
    bool resume;                   /**< go on where an earlier run stopped */
    bool overwrite;                /**< replace what exists */
    bool update;                   /**< within `run`: redo a product only where it is out of date */
    bool dry_run;                  /**< print the plan, write nothing */
    bool no_history;               /**< leave out what differs between equal runs */
    bool content_hash;             /**< identify inputs by SHA-256 of their content */
    int64_t memory_bytes;          /**< budget of each rank */
    const char *scratch;           /**< folder for scratch cubes; NULL: beside the output */
    uint32_t seed;
    bool has_output_options; /**< the command's tables hold options_output */
    bool geotiff, compress;  /**< also write these forms */
};

/** Fills @p job from finished @p options; @p has_output_options says whether options_output is among
 *  the command's tables. */
void job_init(struct job *job, MPI_Comm comm, const char *command, const char *command_line,
              const struct options *options, bool has_output_options);

#endif
