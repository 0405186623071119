/* airshed -- GPL-3.0-or-later. NAME.prov.json: where a product came from (C.18). Its presence says
 * that the product is complete (C.20). */
#ifndef AIRSHED_IO_PROVENANCE_H
#define AIRSHED_IO_PROVENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/** An input as it was read. */
struct provenance_input {
    const char *label;    /**< the option that named it */
    const char *identity; /**< size, time, header hash, content hash with --hash */
};

/** One rank's share of the work. */
struct provenance_rank {
    char host[64];
    int64_t items, bytes_read, bytes_written, peak_bytes;
    int64_t files_opened, chunks_inflated; /**< by the process so far, see dataset_counts() */
};

/** What the sidecar says. Nothing in it is owned. */
struct provenance {
    const char *command;
    const char *command_line; /**< NULL with --no-history */
    const char *config;       /**< effective options, canonical text */
    const char *fingerprint;  /**< of inputs, options, version, CPU class: hex SHA-256 */
    uint32_t seed;
    const struct provenance_input *inputs;
    int input_count;
    /** Options that name inputs, each with its path, named as the outputs are. */
    const struct text_list *input_options, *input_paths;
    const char *const *outputs;  /**< names seen from the folder of the sidecar, or absolute */
    const char *const *partials; /**< paths that the files still lie under */
    int output_count;
    const struct provenance_rank *ranks;
    int rank_count;
    int64_t items, items_reused, values, missing;
    const char *start_time; /**< ISO 8601 UTC */
};

/** Writes the sidecar to @p path and makes it durable. @return STATUS_OUTPUT */
enum status provenance_write(const char *path, const struct provenance *facts);

/** Reads the fingerprint of a product (released with free()), and whether all its outputs are there
 *  with the size and time that the sidecar recorded. @p ending is that of outputs which may not
 *  have their final names yet, such as ".partial"; "" for a complete product.
 *  @return STATUS_DATA where the sidecar is damaged */
enum status provenance_check(const char *path, const char *ending, char **fingerprint,
                             bool *is_intact);

/** Appends the names of those outputs that are still as the sidecar recorded them.
 *  @return STATUS_DATA where the sidecar is damaged */
enum status provenance_outputs(const char *path, struct text_list *names);

/** Program version, and CPU class whose arithmetic gives the same bits ("x86-64-v3" for v3 and v4,
 *  "x86-64" below). */
const char *provenance_version(void);
const char *provenance_cpu_class(void);

/** "airshed VERSION (commit ...)", for the attribute `source` (C.02). */
const char *provenance_program(void);

#endif
