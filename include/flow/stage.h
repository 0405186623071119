/* airshed -- GPL-3.0-or-later. A stage: from inputs to a complete product, safe to kill.
 *
 * A command
 *   1. creates a stage named after its output and adds inputs, cubes and files;
 *   2. begins it: the lock is taken, the journal created or, with --resume, read and verified;
 *   3. runs its items (flow/run.h), unless the stage is done already;
 *   4. on rank 0 writes the files that are no cubes to their partial paths;
 *   5. commits: everything is renamed into place, NAME.prov.json last.
 * Commands with one cube let flow_produce() do this. Calls marked collective must be made by every
 * rank and give every rank the same status.
 *
 * What lies beside the output says how far a run came, and what the next one does:
 *
 *   NAME.journal without commit  items were under way in NAME.partial. Those on record are verified
 *                                and kept, the others repeated (--resume), or all starts afresh
 *                                (--overwrite). Neither: exit 4. Both: resumed where that is
 *                                possible, else afresh, with a warning that says why not.
 *   NAME.journal with commit     everything is on disk, renames are missing: --resume makes them.
 *                                --overwrite makes them too, and then replaces a complete product.
 *   NAME.prov.json, no journal   complete. --resume leaves it as it is where inputs, options,
 *                                version and files are unchanged; otherwise it takes --overwrite.
 *   none of them                 a fresh start; a file that has the name of an output stops it.
 *
 * The commit, in this order: all partial files are synced; NAME.prov.json.partial is written and
 * synced; the commit is appended to the journal and synced; the sidecar of an old product goes, and
 * what belonged to it and is not written again (maps of --geotiff); files are renamed, the new
 * sidecar last; the folder is synced; the journal goes. A kill at any point leaves one of the
 * states above, and an old product stays whole until the commit is on record.
 *
 * A resume belongs to the run it continues by its fingerprint: inputs, options that change results,
 * version and CPU class, not ranks or paths. It keeps the journal's cut into items.
 *
 * While ranks live they hold NAME.lock (flow/lock.h), so that two runs never write one product.
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

/** The same for the file at @p path, as it is now. */
enum status stage_add_input_file(struct stage *stage, const char *label, const char *path);

/** Adds a cube to write at @p path. @p spec and what it points to must outlive the stage.
 *  @param[out] cube  its number for flow_put() */
enum status stage_add_cube(struct stage *stage, const char *path, const struct cube_spec *spec,
                           int *cube);

/** Adds a file that rank 0 writes between run and commit. It may lie in another folder than the
 *  output. @return STATUS_USAGE where the stage writes it already, or its name is not UTF-8 */
enum status stage_add_file(struct stage *stage, const char *path);

/** Adds a CSV table and the JSON twin beside it, NAME.json (C.27); *@p json is released with free().
 *  A @p path of NULL adds nothing; "-", in plans only, has no twin. */
enum status stage_add_table(struct stage *stage, const char *path, char **json);

/** Where a file of the stage is written until the commit: @p path.partial. @p path must have been
 *  added before. Valid while the stage lives. */
const char *stage_partial(const struct stage *stage, const char *path);

/** Adds the history of an input, for the history attribute of the outputs (C.17). NULL is
 *  allowed. */
enum status stage_add_history(struct stage *stage, const char *history);

/** Takes the lock, decides between fresh start, resume and nothing to do, creates or reopens the
 *  cubes. @p items is the cut that a fresh start uses; a resume keeps that of its journal and
 *  refuses it where @p cost does not fit the budget. With --dry-run nothing is touched. Collective.
 *
 *  @return STATUS_OUTPUT where something is in the way, STATUS_DATA where journal, partial or files
 *          of an interrupted commit are damaged or belong to something else, each with what to do
 */
enum status stage_begin(struct stage *stage, const struct items *items,
                        const struct items_cost *cost);

/** What the stage's product depends on, as a hex SHA-256: inputs, options, version. For files of a
 *  command's own that must belong to it. Valid once begun. */
const char *stage_fingerprint_text(const struct stage *stage);

/** True where the product is complete already: the command goes straight to its end. */
bool stage_is_done(const struct stage *stage);

/** The cut in force. */
const struct items *stage_items(const struct stage *stage);

/** Every record of the stage so far, for commands whose items give rows of tables (payloads).
 *  Each rank reads the journal; records are sorted by item. Release with
 *  journal_content_clear(). */
enum status stage_records(const struct stage *stage, struct journal_content *content);

/** The same of items [@p first, @p end), which are all on record, while others may not be; their payloads alone
 *  are in memory.
 *  @param[out] records  [end - first], of the content */
enum status stage_records_of(const struct stage *stage, int64_t first, int64_t end,
                             struct journal_content *content, struct journal_record **records);

/** The same of all, record by record in the order of items, with the payload of one in memory at a time: for
 *  payloads that are long together. */
enum status stage_visit_records(const struct stage *stage,
                                void (*visit)(void *context, const struct journal_record *record),
                                void *context);

/** A cube of the stage for reading back (a GeoTIFF from a finished map). */
struct cube *stage_cube(const struct stage *stage, int cube);

/** Renames everything into place, as told above. Collective. With --dry-run it does nothing. */
enum status stage_commit(struct stage *stage);

/** Instead of a commit, for what no longer counts when its user is done (the draws of an inventory): the cubes,
 *  which are passing (struct cube_spec), are closed and stay under their partial paths beside the journal, all
 *  ranks can read them, and scratch_remove() takes them away. Nothing is durable: a run that resumes
 *  verifies each item by its checksum, whatever its record says, and begins the stage afresh where one
 *  is not what it was. Collective. With --dry-run it does nothing. */
enum status stage_leave(struct stage *stage);

/** Whether all items are on record, so that flow_run() has none to do. */
bool stage_is_recorded(const struct stage *stage);

/** Ends the stage; without a commit the partial files stay for --resume. Collective; NULL on every
 *  rank is allowed. */
void stage_destroy(struct stage **stage);

#endif
