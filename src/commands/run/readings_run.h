/* airshed -- GPL-3.0-or-later. A chain under several readings, and the table of what each gives. */
#ifndef AIRSHED_COMMANDS_RUN_READINGS_RUN_H
#define AIRSHED_COMMANDS_RUN_READINGS_RUN_H

#include "chain.h"
#include "readings.h"

/** One row of the table: the chain under one choice of readings. */
struct readings_row {
    int choice[READINGS_MAX];        /**< -1: as the chain has it */
    char *name, *reading, *value;    /**< of the folder, and what is chosen, joined by " + " */
    bool is_chain, is_default, is_paper;
    char *cube, *summary, *truth;    /**< what `attribute` made; the synthetic truth, or NULL */
    char *note;                      /**< why it could not be made, or NULL */
};

/** All rows; the first is the chain itself. */
struct readings_table {
    const struct job *job;
    const char *readings_path;
    char *path; /**< of the CSV table */
    struct readings_row *rows;
    int64_t count;
};

struct readings_work;

/** Reads --readings and checks every value of it against @p chain, which @p request has read, before
 *  anything is run. All must outlive the work. Collective; release with readings_end(). */
enum status readings_begin(const struct job *job, const struct chain_request *request,
                           const struct chain *chain, struct readings_work **work);

/** Runs what each reading changes of the chain, which must have been run, and writes the table.
 *  Collective. */
enum status readings_run(struct readings_work *work);

/** NULL is allowed. */
void readings_end(struct readings_work **work);

/** Writes the table. Collective. */
enum status readings_table_write(const struct readings_table *table);

#endif
