/* airshed -- GPL-3.0-or-later. Tables on standard output. */
#include "flow/standard_output.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "parallel/agree.h"

struct standard_output {
    const struct job *job;
    char *folder; /* NULL: the output is a file */
    char *path;
};

static enum status make_folder(const struct job *job, char **folder)
{
    enum status status = STATUS_OK;
    /* Every rank keeps the journal of the stage, so /tmp of one node would not do. */
    const char *below = job->scratch != NULL ? job->scratch : ".";
    FAIL_IF(asprintf(folder, "%s/airshed-XXXXXX", below) < 0, STATUS_MEMORY, "out of memory");
    if (mkdtemp(*folder) == NULL) {
        free(*folder);
        *folder = NULL;
        FAIL(STATUS_OUTPUT,
             "%s: no temporary folder can be made: %s; choose another with --scratch", below,
             strerror(errno));
    }
done:
    return status;
}

enum status standard_output_begin(const struct job *job, const char *output,
                                  struct standard_output **out, const char **path)
{
    enum status status;
    struct standard_output *stand_in = NULL;
    TRY_TOGETHER(job->comm, memory_allocate(1, sizeof *stand_in, &stand_in));
    stand_in->job = job;
    if (strcmp(output, "-") != 0 || job->dry_run) {
        TRY_TOGETHER(job->comm, memory_copy_text(output, &stand_in->path));
    } else {
        TRY_TOGETHER(job->comm, job->rank == 0 ? make_folder(job, &stand_in->folder) : STATUS_OK);
        TRY(text_share(job->comm, &stand_in->folder));
        status = asprintf(&stand_in->path, "%s/table.csv", stand_in->folder) < 0
                     ? failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory")
                     : STATUS_OK;
        TRY(status_agree(job->comm, status));
    }
    *path = stand_in->path;
    *out = stand_in;
    stand_in = NULL;
done:
    standard_output_end(&stand_in);
    return status;
}

static enum status copy_to_output(const char *path)
{
    enum status status = STATUS_OK;
    char bytes[65536];
    size_t count;
    FILE *file = fopen(path, "rb");
    FAIL_IF(file == NULL, STATUS_FAILED, "%s: cannot be read: %s", path, strerror(errno));
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) {
        fwrite(bytes, 1, count, stdout);
    }
    FAIL_IF(ferror(file) || fflush(stdout) != 0 || ferror(stdout), STATUS_OUTPUT,
            "standard output: writing failed");
done:
    if (file != NULL) {
        fclose(file);
    }
    return status;
}

enum status standard_output_deliver(struct standard_output *stand_in)
{
    bool is_writer = stand_in->job->rank == 0 && stand_in->folder != NULL;
    return status_agree(stand_in->job->comm,
                        is_writer ? copy_to_output(stand_in->path) : STATUS_OK);
}

static void remove_folder(const char *folder)
{
    DIR *list = opendir(folder);
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlinkat(dirfd(list), entry->d_name, 0);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    rmdir(folder);
}

void standard_output_end(struct standard_output **stand_in_pointer)
{
    struct standard_output *stand_in = *stand_in_pointer;
    if (stand_in == NULL) {
        return;
    }
    if (stand_in->folder != NULL && stand_in->job->rank == 0) {
        remove_folder(stand_in->folder);
    }
    free(stand_in->folder);
    free(stand_in->path);
    free(stand_in);
    *stand_in_pointer = NULL;
}
