/* airshed -- GPL-3.0-or-later. Pictures as items of a stage. */
#include "report/drawing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "parallel/agree.h"

enum {
    PICTURE_BYTES = 8 << 20
};

/* ---- payloads ----------------------------------------------------------------------------- */

void drawing_add_block(struct text *payload, const void *bytes, int64_t count)
{
    text_add_bytes(payload, (const char *)&count, sizeof count);
    text_add_bytes(payload, bytes, (size_t)count);
}

const char *drawing_take_block(const char **payload, int64_t *count)
{
    memcpy(count, *payload, sizeof *count);
    const char *block = *payload + sizeof *count;
    *payload = block + *count;
    return block;
}

void drawing_add_picture(struct text *payload, const struct picture *picture)
{
    drawing_add_block(payload, picture->png, picture->png_bytes);
    drawing_add_block(payload, picture->pdf, picture->pdf_bytes);
}

enum status drawing_keep(struct flow_item *item, struct text *payload)
{
    enum status status;
    char *bytes = NULL;
    int64_t count = (int64_t)payload->length;
    TRY(text_take(payload, &bytes));
    TRY(flow_payload(item, bytes, count));
done:
    text_clear(payload);
    free(bytes);
    return status;
}

/* ---- files -------------------------------------------------------------------------------- */

enum status drawing_name_files(const char *folder, const char *name, struct text_list *files)
{
    enum status status = STATUS_OK;
    static const char *const endings[DRAWING_FORMS] = {"png", "pdf"};
    char *path = NULL;
    for (int form = 0; form < DRAWING_FORMS; form++) {
        FAIL_IF(asprintf(&path, "%s/%s.%s", folder, name, endings[form]) < 0, STATUS_MEMORY,
                "out of memory");
        TRY(text_list_add(files, path));
        free(path);
        path = NULL;
    }
done:
    free(path);
    return status;
}

enum status drawing_write_picture(const struct stage *stage, char *const paths[DRAWING_FORMS],
                                  const char **payload)
{
    enum status status = STATUS_OK;
    for (int form = 0; form < DRAWING_FORMS; form++) {
        int64_t count;
        const char *bytes = drawing_take_block(payload, &count);
        TRY(path_write(stage_partial(stage, paths[form]), bytes, (size_t)count));
    }
done:
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status draw(const struct job *job, const struct drawing *drawing)
{
    enum status status;
    void *context = drawing->work.context;
    bool is_writer = job->rank == 0 && !job->dry_run;
    TRY_TOGETHER(job->comm, drawing->begin != NULL ? drawing->begin(context) : STATUS_OK);
    TRY_TOGETHER(job->comm, job->rank == 0 ? figure_folder_create(drawing->folder) : STATUS_OK);
    TRY(flow_run(drawing->stage, &drawing->work));
    TRY_TOGETHER(job->comm, is_writer ? drawing->finish(context) : STATUS_OK);
    TRY(stage_commit(drawing->stage));
done:
    return status;
}

enum status drawing_run(const struct job *job, const struct drawing *drawing)
{
    enum status status;
    bool has_lock = false; /* no other run draws there */
    struct items items = items_counted(drawing->count);
    struct items_cost cost = {.fixed_bytes = PICTURE_BYTES};
    TRY(stage_begin(drawing->stage, &items, &cost));
    has_lock = true;
    if (!stage_is_done(drawing->stage)) {
        TRY(draw(job, drawing));
    }
done:
    if (job->rank == 0 && has_lock) {
        figure_folder_remove(drawing->folder);
    }
    return status;
}
