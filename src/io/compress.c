/* airshed -- GPL-3.0-or-later. A compressed NetCDF-4 copy of a finished cube. */
#include "io/compress.h"

#include <netcdf.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { CHUNK_STEPS = 365, CHUNK_CELLS = 32, DEFLATE_LEVEL = 4 };

struct copying {
    const char *source_path, *target_path;
    int source, target;
};

#define READ(call)                                                                                 \
    do {                                                                                           \
        int code = (call);                                                                         \
        FAIL_IF(code != NC_NOERR, STATUS_DATA, "%s: cannot be read: %s", copying->source_path,     \
                nc_strerror(code));                                                                \
    } while (0)

#define WRITE(call)                                                                                \
    do {                                                                                           \
        int code = (call);                                                                         \
        FAIL_IF(code != NC_NOERR, STATUS_OUTPUT, "%s: cannot be written: %s",                      \
                copying->target_path, nc_strerror(code));                                          \
    } while (0)

static enum status copy_attributes(struct copying *copying, int source_variable,
                                   int target_variable)
{
    enum status status = STATUS_OK;
    int count = 0;
    char name[NC_MAX_NAME + 1];
    READ(nc_inq_varnatts(copying->source, source_variable, &count));
    for (int i = 0; i < count; i++) {
        READ(nc_inq_attname(copying->source, source_variable, i, name));
        WRITE(nc_copy_att(copying->source, source_variable, name, copying->target,
                          target_variable));
    }
done:
    return status;
}

static size_t chunk_length(int dimension, int dimensions, size_t length)
{
    bool is_cell = dimension >= dimensions - 2;
    size_t wanted = is_cell ? CHUNK_CELLS : CHUNK_STEPS;
    return length < wanted ? length : wanted;
}

static enum status define_variable(struct copying *copying, int variable)
{
    enum status status = STATUS_OK;
    char name[NC_MAX_NAME + 1];
    nc_type type;
    int dimensions = 0;
    int dimension_ids[NC_MAX_VAR_DIMS];
    size_t chunks[NC_MAX_VAR_DIMS];
    int made = 0;
    READ(nc_inq_var(copying->source, variable, name, &type, &dimensions, dimension_ids, NULL));
    WRITE(nc_def_var(copying->target, name, type, dimensions, dimension_ids, &made));
    for (int i = 0; i < dimensions; i++) {
        size_t length = 0;
        READ(nc_inq_dimlen(copying->source, dimension_ids[i], &length));
        chunks[i] = chunk_length(i, dimensions, length);
    }
    if (dimensions >= 2) {
        WRITE(nc_def_var_chunking(copying->target, made, NC_CHUNKED, chunks));
        WRITE(nc_def_var_deflate(copying->target, made, 1, 1, DEFLATE_LEVEL));
    }
    TRY(copy_attributes(copying, variable, made));
done:
    return status;
}

static enum status define_all(struct copying *copying, int variables)
{
    enum status status = STATUS_OK;
    int dimensions = 0;
    READ(nc_inq_ndims(copying->source, &dimensions));
    for (int i = 0; i < dimensions; i++) {
        char name[NC_MAX_NAME + 1];
        size_t length = 0;
        int made = 0;
        READ(nc_inq_dim(copying->source, i, name, &length));
        WRITE(nc_def_dim(copying->target, name, length, &made));
    }
    for (int variable = 0; variable < variables; variable++) {
        TRY(define_variable(copying, variable));
    }
    TRY(copy_attributes(copying, NC_GLOBAL, NC_GLOBAL));
    WRITE(nc_enddef(copying->target));
done:
    return status;
}

/* One box: a chunk of steps and of rows, whole in the last dimension. */
static enum status copy_box(struct copying *copying, int variable, const size_t *start,
                            const size_t *count, void *values)
{
    enum status status = STATUS_OK;
    READ(nc_get_vara(copying->source, variable, start, count, values));
    WRITE(nc_put_vara(copying->target, variable, start, count, values));
done:
    return status;
}

static enum status copy_variable(struct copying *copying, int variable)
{
    enum status status = STATUS_OK;
    nc_type type;
    int dimensions = 0;
    int ids[NC_MAX_VAR_DIMS];
    /* As [steps, rows, cols]; missing leading dimensions have length 1. */
    size_t length[3] = {1, 1, 1};
    size_t type_bytes = 0;
    void *values = NULL;

    READ(nc_inq_var(copying->source, variable, NULL, &type, &dimensions, ids, NULL));
    READ(nc_inq_type(copying->source, type, NULL, &type_bytes));
    FAIL_IF(dimensions > 3, STATUS_DATA, "%s: a variable has more than three dimensions",
            copying->source_path);
    for (int i = 0; i < dimensions; i++) {
        READ(nc_inq_dimlen(copying->source, ids[i], &length[3 - dimensions + i]));
    }
    TRY(memory_allocate((size_t)CHUNK_STEPS * CHUNK_CELLS * length[2], type_bytes, &values));
    for (size_t step = 0; step < length[0]; step += CHUNK_STEPS) {
        for (size_t row = 0; row < length[1]; row += CHUNK_CELLS) {
            size_t start[3] = {step, row, 0};
            size_t count[3] = {length[0] - step < CHUNK_STEPS ? length[0] - step : CHUNK_STEPS,
                               length[1] - row < CHUNK_CELLS ? length[1] - row : CHUNK_CELLS,
                               length[2]};
            TRY(copy_box(copying, variable, start + 3 - dimensions, count + 3 - dimensions,
                         values));
        }
    }
done:
    free(values);
    return status;
}

enum status compress_netcdf(const char *source, const char *target)
{
    enum status status = STATUS_OK;
    struct copying place = {source, target, -1, -1};
    struct copying *copying = &place;
    int variables = 0;

    READ(nc_open(source, NC_NOWRITE, &copying->source));
    WRITE(nc_create(target, NC_NETCDF4 | NC_CLOBBER, &copying->target));
    READ(nc_inq_nvars(copying->source, &variables));
    TRY(define_all(copying, variables));
    for (int variable = 0; variable < variables; variable++) {
        TRY(copy_variable(copying, variable));
    }
    WRITE(nc_close(copying->target));
    copying->target = -1;
done:
    if (copying->source >= 0) {
        nc_close(copying->source);
    }
    if (copying->target >= 0) {
        nc_close(copying->target);
    }
    return status;
}
