/* airshed -- GPL-3.0-or-later. Shared by the fuzz targets: their entry, bytes as a file, promises.
 *
 * A target is one file with LLVMFuzzerTestOneInput(). `make fuzz` links it with libFuzzer; every
 * other build gets the main() below, so that the ordinary tests replay the seeds without clang.
 */
#ifndef AIRSHED_TESTS_FUZZING_H
#define AIRSHED_TESTS_FUZZING_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

/** Called with bytes that may be anything. Returns 0, or ends the program at a broken promise. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/** Stops at a broken promise, so that the input is kept. */
static inline void must(bool holds, const char *promise)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}

/** A call that may refuse its input: a refusal has a sentence, which is forgotten here.
 *  @return true where the call succeeded */
static inline bool accepts(enum status status)
{
    must(status == STATUS_OK || failure_message()[0] != '\0', "a refusal has a sentence");
    failure_clear();
    return status == STATUS_OK;
}

enum {
    FUZZING_PATH_BYTES = 96
};

/** A path in memory of this process alone. @return @p path */
static inline const char *fuzzing_path(const char *extension, char path[FUZZING_PATH_BYTES])
{
    snprintf(path, FUZZING_PATH_BYTES, "%s/airshed-fuzz-%ld%s",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid(), extension);
    return path;
}

/** Writes the bytes to fuzzing_path(). @return @p path */
static inline const char *fuzzing_file(const void *bytes, size_t count, const char *extension,
                                       char path[FUZZING_PATH_BYTES])
{
    int descriptor = open(fuzzing_path(extension, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(descriptor >= 0 && write(descriptor, bytes, count) == (ssize_t)count, "room in memory");
    close(descriptor);
    return path;
}

#ifndef FUZZING_WITH_LIBFUZZER

/* A seed, and what is left of it where a file was cut off: all lengths, or 400 of a long seed. */
static inline void replay(const uint8_t *bytes, size_t count)
{
    size_t step = count / 400 + 1;
    for (size_t length = count % step; length < count; length += step) {
        /* A copy of just that length, so that a sanitizer sees a read behind its end. */
        uint8_t *part = malloc(length + (length == 0));
        must(part != NULL, "memory");
        memcpy(part, bytes, length);
        LLVMFuzzerTestOneInput(part, length);
        free(part);
    }
    LLVMFuzzerTestOneInput(bytes, count);
}

/** Replays the files that the arguments name. */
int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        must(file != NULL, "a seed can be read");
        size_t count = fread(bytes, 1, sizeof bytes, file);
        must(count < sizeof bytes, "a seed is short");
        fclose(file);
        fprintf(stderr, "%s\n", argv[i]);
        replay(bytes, count);
    }
    return argc < 2;
}

#endif

#endif
