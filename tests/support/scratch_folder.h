/* airshed -- GPL-3.0-or-later. A folder of its own for the files of one test program. */
#ifndef AIRSHED_TESTS_SCRATCH_FOLDER_H
#define AIRSHED_TESTS_SCRATCH_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_folder[] = "/tmp/airshed-test-XXXXXX";

static void scratch_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
    if (system(command) != 0) {
        fprintf(stderr, "%s is left behind\n", scratch_folder);
    }
}

/** Path of @p name in the folder, which is made at first use and removed at exit. The next seven
 *  calls leave the text alone. */
static inline const char *scratch_path(const char *name)
{
    static char path[8][256];
    static int next;
    static int is_made;
    if (!is_made) {
        is_made = 1;
        if (mkdtemp(scratch_folder) == NULL) {
            perror(scratch_folder);
            exit(1);
        }
        atexit(scratch_remove);
    }
    char *out = path[next++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", scratch_folder, name);
    return out;
}

/** Writes @p count bytes to the file @p name. @return its path */
static inline const char *scratch_write(const char *name, const void *bytes, size_t count)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    return path;
}

/** The bytes of a file, zero-terminated, and their number in *@p count (NULL allowed); released
 *  with free(). */
static inline char *scratch_read(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    long length = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        length = ftell(file);
        rewind(file);
    }
    char *bytes = length < 0 ? NULL : calloc((size_t)length + 1, 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        perror(path);
        exit(1);
    }
    fclose(file);
    if (count != NULL) {
        *count = (size_t)length;
    }
    return bytes;
}

#endif
