/* airshed -- GPL-3.0-or-later. A stage: the names of its files, and those that earlier runs
 * left. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "stage_internal.h"

/* ---- names -------------------------------------------------------------------------------- */

enum status stage_name_from(const char *folder, const char *path, char **name)
{
    enum status status;
    char *near = NULL;
    char *own = NULL;
    size_t length = strlen(folder);
    TRY(path_folder(path, &near));
    TRY(path_absolute(near, &own));
    bool is_below =
        strncmp(own, folder, length) == 0 && (own[length] == '/' || own[length] == '\0');
    const char *rest = is_below ? own + length + (own[length] == '/') : own;
    TRY(path_join(rest, path_name(path), name));
done:
    free(near);
    free(own);
    return status;
}

/* Journal and sidecar are JSON. */
static bool is_utf8(const char *name)
{
    json_t *text = json_string(name);
    bool is_text = text != NULL;
    json_decref(text);
    return is_text;
}

enum status stage_add_file(struct stage *stage, const char *path)
{
    enum status status;
    int index = stage->file_count;
    FAIL_IF(index == STAGE_FILES_MAX, STATUS_FAILED, "more than %d files in one stage",
            STAGE_FILES_MAX);
    for (int i = 0; i < index; i++) {
        FAIL_IF(strcmp(stage->files[i], path) == 0, STATUS_USAGE,
                "%s would be written twice: choose another output name", path);
    }
    TRY(memory_copy_text(path, &stage->files[index]));
    stage->file_count++;
    FAIL_IF(asprintf(&stage->partials[index], "%s.partial", path) < 0, STATUS_MEMORY,
            "out of memory");
    TRY(stage_name_from(stage->folder, path, &stage->names[index]));
    FAIL_IF(!is_utf8(stage->names[index]), STATUS_USAGE,
            "%s: the name is not UTF-8, so no record of it can be kept: choose another output name",
            path);
done:
    return status;
}

enum status stage_add_table(struct stage *stage, const char *path, char **json)
{
    enum status status = STATUS_OK;
    char *stem = NULL;
    if (path == NULL) {
        goto done;
    }
    TRY(stage_add_file(stage, path));
    if (strcmp(path, "-") == 0) {
        goto done; /* the plan of a table on standard output (flow/standard_output.h) */
    }
    TRY(path_stem(path, &stem));
    FAIL_IF(asprintf(json, "%s.json", stem) < 0, STATUS_MEMORY, "out of memory");
    TRY(stage_add_file(stage, *json));
done:
    free(stem);
    return status;
}

const char *stage_partial(const struct stage *stage, const char *path)
{
    for (int i = 0; i < stage->file_count; i++) {
        if (strcmp(stage->files[i], path) == 0) {
            return stage->partials[i];
        }
    }
    return NULL;
}

enum status stage_path(const struct stage *stage, const char *name, char **path)
{
    enum status status;
    char *folder = NULL;
    TRY(path_folder(stage->output, &folder));
    TRY(path_join(folder, name, path));
done:
    free(folder);
    return status;
}

/* ---- earlier runs ------------------------------------------------------------------------- */

static void unlink_partial(const struct stage *stage, const char *name)
{
    char *path = NULL;
    char *partial = NULL;
    if (name != NULL && stage_path(stage, name, &path) == STATUS_OK &&
        asprintf(&partial, "%s.partial", path) > 0) {
        unlink(partial);
    }
    free(path);
    free(partial);
}

/* What the header of an earlier run names: with other options it may have had more files. */
static void unlink_partials(const struct stage *stage, const char *header)
{
    size_t index;
    const json_t *name;
    json_t *json = header != NULL ? json_loads(header, 0, NULL) : NULL;
    json_array_foreach(json_object_get(json, "files"), index, name)
    {
        unlink_partial(stage, json_string_value(name));
    }
    json_decref(json);
}

void stage_clear_unfinished(struct stage *stage)
{
    struct journal_content earlier = {0};
    bool is_readable = path_exists(stage->journal_path) &&
                       journal_load(stage->journal_path, &earlier) == STATUS_OK;
    if (is_readable && earlier.commit != NULL) {
        stage_finish_commit(stage, earlier.commit);
    }
    failure_clear();             /* Damaged or not, it is replaced. */
    unlink(stage->journal_path); /* first: what it vouches for goes next */
    if (is_readable) {
        unlink_partials(stage, earlier.header);
    }
    for (int i = 0; i < stage->file_count; i++) {
        unlink(stage->partials[i]);
    }
    unlink(stage->provenance_partial);
    journal_content_clear(&earlier);
}

static bool is_own(const struct stage *stage, const char *name)
{
    for (int i = 0; i < stage->file_count; i++) {
        if (strcmp(stage->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

enum status stage_find_stale(const struct stage *stage, struct text_list *names)
{
    enum status status = STATUS_OK;
    struct text_list earlier = {0};
    char *path = NULL;
    if (path_exists(stage->provenance_path) &&
        provenance_outputs(stage->provenance_path, &earlier) != STATUS_OK) {
        failure_clear(); /* a damaged sidecar tells nothing, and goes */
    }
    for (size_t i = 0; i < earlier.count; i++) {
        const char *name = earlier.items[i];
        bool is_beside = strchr(name, '/') == NULL; /* the others were named by the user */
        TRY(stage_path(stage, name, &path));
        if (is_beside && !is_own(stage, name) && !options_read_file(stage->job->options, path)) {
            TRY(text_list_add(names, name));
        }
        free(path);
        path = NULL;
    }
done:
    free(path);
    text_list_clear(&earlier);
    return status;
}
