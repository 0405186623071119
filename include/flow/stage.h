/* airshed -- GPL-3.0-or-later. A stage: from inputs to a complete product, safe to kill.
 *
 * A command
 *   1. creates a stage named after its output and adds inputs, settings, cubes and files;
 *   2. begins it: the lock is taken, the journal created or, with --resume, read and verified;
 *   3. runs its items (flow/run.h), unless the stage is done already;
 *   4. on rank 0 writes the files that are no cubes to their partial paths;
 *   5. commits: everything is renamed into place, NAME.prov.json last.
 * All files are written as NAME.partial until then. Calls marked collective must be made by every
 * rank and give every rank the same status.
 */
#ifndef AIRSHED_FLOW_STAGE_H
#define AIRSHED_FLOW_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "flow/job.h"
#include "flow/journal.h"
#include "io/cube.h"
#include "parallel/items.h"

struct stage;

/** Names a stage after @p output, the final path of its main file or folder. */
enum status stage_create(const struct job *job, const char *output, struct stage **stage);

/** Adds an input to the fingerprint. @p identity as dataset_identity() or file_identity() gives
 *  it, copied; @p label is the option that named it. */
enum status stage_add_input(struct stage *stage, const char *label, const char *identity);

/** Adds a cube to write at @p path. @p spec and what it points to must outlive the stage.
 *  @param[out] cube  its number for flow_put() */
enum status stage_add_cube(struct stage *stage, const char *path, const struct cube_spec *spec,
                           int *cube);

/** Adds a file that rank 0 writes between run and commit. */
enum status stage_add_file(struct stage *stage, const char *path);

/** Where a file of the stage is written until the commit: @p path.partial. @p path must have been
 *  added before. Valid while the stage lives. */
const char *stage_partial(const struct stage *stage, const char *path);

/** Adds the history of an input, for the history attribute of the outputs (C.17). NULL is allowed. */
enum status stage_add_history(struct stage *stage, const char *history);

/** Takes the lock, decides between fresh start, resume and nothing to do, creates or reopens the
 *  cubes. @p items is the cut that a fresh start uses; a resume keeps that of its journal and
 *  refuses it where @p cost does not fit the budget. With --dry-run nothing is touched. Collective.
 *
 *  @return STATUS_OUTPUT where something is in the way, STATUS_DATA where journal or partial are
 *          damaged or belong to something else, each with what to do
 */
enum status stage_begin(struct stage *stage, const struct items *items,
                        const struct items_cost *cost);

/** True where the product is complete already: the command goes straight to its end. */
bool stage_is_done(const struct stage *stage);

/** The cut in force. */
const struct items *stage_items(const struct stage *stage);

/** Every record of the stage so far, for commands whose items give rows of tables (payloads).
 *  Each rank reads the journal; records are sorted by item. Release with
 *  journal_content_clear(). */
enum status stage_records(const struct stage *stage, struct journal_content *content);

/** A cube of the stage for reading back (a GeoTIFF from a finished map). */
struct cube *stage_cube(const struct stage *stage, int cube);

/** Renames everything into place. Collective. With --dry-run it does nothing. */
enum status stage_commit(struct stage *stage);

/** Ends the stage; without a commit the partial files stay for --resume. Collective; NULL on every
 *  rank is allowed. */
void stage_destroy(struct stage **stage);

#endif
