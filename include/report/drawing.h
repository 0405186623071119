/* airshed -- GPL-3.0-or-later. Pictures as items of a stage: each is drawn by one rank, kept in the journal as
 * PNG and PDF, and written by rank 0 when all are there.
 *
 * A command creates the stage with its inputs and files (drawing_name_files() names those of a picture),
 * draws in compute(), and in write() keeps what it drew:
 *
 *   struct text payload = {0};
 *   drawing_add_picture(&payload, &picture);
 *   TRY(drawing_keep(item, &payload));
 */
#ifndef AIRSHED_REPORT_DRAWING_H
#define AIRSHED_REPORT_DRAWING_H

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "flow/job.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "report/figure.h"

enum {
    DRAWING_FORMS = 2 /**< files of a picture: PNG, then PDF */
};

/** A stage that draws. */
struct drawing {
    struct stage *stage;
    const char *folder; /**< where figures are drawn: made here, and removed with all that is in it */
    int64_t count;      /**< items */
    struct flow_work work;
    /** What items need; on every rank, where something is to be drawn. Local; NULL: nothing. */
    enum status (*begin)(void *context);
    /** Writes the files of the stage from its records. On rank 0. */
    enum status (*finish)(void *context);
};

/** Begins the stage, runs its items, commits. The folder is touched under the stage's lock alone. With
 *  --dry-run the first item is drawn, for the plan, and nothing is left. Collective. */
enum status drawing_run(const struct job *job, const struct drawing *drawing);

/** Appends FOLDER/NAME.png and FOLDER/NAME.pdf. */
enum status drawing_name_files(const char *folder, const char *name, struct text_list *files);

/** Appends bytes, with their number before them, to the payload of an item. */
void drawing_add_block(struct text *payload, const void *bytes, int64_t count);

/** Takes the next of them: *@p payload moves on. @return its bytes, @p count of them */
const char *drawing_take_block(const char **payload, int64_t *count);

/** A picture as blocks, one a form; and from the payload into the partial files of @p paths. */
void drawing_add_picture(struct text *payload, const struct picture *picture);
enum status drawing_write_picture(const struct stage *stage, char *const paths[DRAWING_FORMS],
                                  const char **payload);

/** Keeps the payload with the item; releases it. Within write(). */
enum status drawing_keep(struct flow_item *item, struct text *payload);

#endif
