/* airshed -- GPL-3.0-or-later. Does a cube still have the header and coordinates it was given? */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cube_internal.h"

enum { PIECE_BYTES = 1 << 16 };

/* A part of the file that holds values of the items, which the journal vouches for. */
struct extent {
    int64_t start, end;
};

static int compare_extents(const void *first, const void *second)
{
    int64_t a = ((const struct extent *)first)->start;
    int64_t b = ((const struct extent *)second)->start;
    return (a > b) - (a < b);
}

static enum status find_extents(const struct classic_file *file, const struct cube_spec *spec,
                                struct extent **extents)
{
    enum status status;
    TRY(memory_allocate((size_t)spec->variable_count, sizeof **extents, extents));
    for (int i = 0; i < spec->variable_count; i++) {
        const struct classic_variable *place = classic_find(file, spec->variables[i].name);
        int64_t bytes = place->shape[0] * place->stride[0];
        (*extents)[i] = (struct extent){place->offset, place->offset + bytes};
    }
    qsort(*extents, (size_t)spec->variable_count, sizeof **extents, compare_extents);
done:
    return status;
}

static bool is_same_between(int first, int second, int64_t start, int64_t end)
{
    static char a[PIECE_BYTES];
    static char b[PIECE_BYTES];
    while (start < end) {
        int64_t left = end - start;
        size_t piece = (size_t)(left < PIECE_BYTES ? left : PIECE_BYTES);
        if (pread(first, a, piece, start) != (ssize_t)piece ||
            pread(second, b, piece, start) != (ssize_t)piece || memcmp(a, b, piece) != 0) {
            return false;
        }
        start += (int64_t)piece;
    }
    return true;
}

static bool is_same_outside(int first, int second, const struct extent *extents, int count,
                            int64_t bytes)
{
    int64_t start = 0;
    for (int i = 0; i < count; i++) {
        if (!is_same_between(first, second, start, extents[i].start)) {
            return false;
        }
        start = extents[i].end;
    }
    return is_same_between(first, second, start, bytes);
}

/* An interrupted commit may have set the ranges of values already; they are set again later. */
static enum status reset_ranges(const char *path, const struct cube_spec *spec)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < spec->variable_count; i++) {
        const struct cube_variable *variable = &spec->variables[i];
        bool is_floating = variable->type == CUBE_FLOAT || variable->type == CUBE_DOUBLE;
        if (is_floating && !variable->skip_range) {
            TRY(cube_write_range(path, variable, CLASSIC_FILL, CLASSIC_FILL));
        }
    }
done:
    return status;
}

static bool is_whole(const struct classic_file *file, const char *twin, const struct extent *extents,
                     int count)
{
    int descriptor = open(twin, O_RDONLY | O_CLOEXEC);
    bool is_same = descriptor >= 0 && is_same_outside(file->descriptor, descriptor, extents, count,
                                                      file->needed_bytes);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return is_same;
}

enum status cube_check_skeleton(const struct classic_file *file, const struct cube_spec *spec)
{
    enum status status;
    struct extent *extents = NULL;
    char *twin = NULL;
    TRY(find_extents(file, spec, &extents));
    FAIL_IF(asprintf(&twin, "%s.twin", file->path) < 0, STATUS_MEMORY, "out of memory");
    TRY(cube_write_skeleton(twin, spec, false));
    if (!is_whole(file, twin, extents, spec->variable_count)) {
        TRY(reset_ranges(file->path, spec));
        FAIL_IF(!is_whole(file, twin, extents, spec->variable_count), STATUS_DATA,
                "'%s' has another header or other coordinates than it was given: start afresh with "
                "--overwrite",
                file->path);
    }
done:
    if (twin != NULL) {
        unlink(twin);
    }
    free(twin);
    free(extents);
    return status;
}
