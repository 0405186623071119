/* airshed -- GPL-3.0-or-later. Values of classic NetCDF files, in and out. */
#include "classic_internal.h"

#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "classic files are big-endian: write the copies below for this machine"
#endif

enum {
    STAGING_BYTES = 1 << 20,
    SIEVE_GAP_BYTES = 4096, /* reading a gap this small costs less than another call */
    FLUSH_BYTES = 8 << 20,  /* written values that the disk is given to do meanwhile */
    NFS_MAGIC = 0x6969
};

/* ---- header --------------------------------------------------------------------------------- */

bool classic_is(const char *path)
{
    unsigned char start[4] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    ssize_t got = read(descriptor, start, sizeof start);
    close(descriptor);
    return got == (ssize_t)sizeof start && memcmp(start, "CDF", 3) == 0 &&
           (start[3] == 1 || start[3] == 2 || start[3] == 5);
}

/* Opens and reads the header, whatever the size of the file. */
static enum status open_header(const char *path, bool is_writable, struct classic_file **file)
{
    enum status status;
    struct statfs system = {0};
    struct classic_file *opened = NULL;
    *file = NULL;
    TRY(memory_allocate(1, sizeof *opened, &opened));
    opened->descriptor = -1;
    opened->is_writable = is_writable;
    TRY(memory_copy_text(path, &opened->path));
    opened->descriptor = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    FAIL_IF(opened->descriptor < 0, is_writable ? STATUS_OUTPUT : STATUS_DATA,
            "'%s' cannot be opened: %s", path, strerror(errno));
    opened->needs_lock =
        is_writable && fstatfs(opened->descriptor, &system) == 0 && system.f_type == NFS_MAGIC;
    TRY(classic_read_header(opened));
    TRY(memory_allocate(STAGING_BYTES, 1, &opened->staging));
    *file = opened;
    opened = NULL;
done:
    classic_close(&opened);
    return status;
}

enum status classic_open(const char *path, bool is_writable, struct classic_file **file)
{
    enum status status;
    struct stat about = {0};
    TRY(open_header(path, is_writable, file));
    FAIL_IF(fstat((*file)->descriptor, &about) != 0, STATUS_DATA, "'%s' cannot be examined: %s",
            path, strerror(errno));
    FAIL_IF(about.st_size < (*file)->needed_bytes, STATUS_DATA,
            "'%s' is truncated: it has %lld bytes, its header asks for %lld; copy or download it "
            "again",
            path, (long long)about.st_size, (long long)(*file)->needed_bytes);
done:
    if (status != STATUS_OK) {
        classic_close(file);
    }
    return status;
}

enum status classic_reserve(const char *path, bool has_blocks)
{
    enum status status;
    struct classic_file *file = NULL;
    TRY(open_header(path, true, &file));
    int error = !has_blocks                                                  ? ENOSYS
                : fallocate(file->descriptor, 0, 0, file->needed_bytes) == 0 ? 0
                                                                             : errno;
    if (error == EOPNOTSUPP || error == ENOSYS) {
        error = ftruncate(file->descriptor, file->needed_bytes) == 0 ? 0 : errno;
    }
    FAIL_IF(error != 0, STATUS_OUTPUT,
            "'%s' needs %.3g GB and cannot have them: %s; make room or choose another folder, then "
            "start again",
            path, (double)file->needed_bytes / 1e9, strerror(error));
done:
    classic_close(&file);
    return status;
}

enum status classic_close(struct classic_file **file)
{
    enum status status = STATUS_OK;
    struct classic_file *closed = *file;
    if (closed == NULL) {
        return STATUS_OK;
    }
    if (closed->descriptor >= 0 && close(closed->descriptor) != 0 && closed->is_writable) {
        status = failure_record(STATUS_OUTPUT, __FILE__, __LINE__, "'%s' cannot be closed: %s",
                                closed->path, strerror(errno));
    }
    for (int64_t i = 0; i < closed->count; i++) {
        free(closed->variables[i].name);
    }
    free(closed->variables);
    free(closed->staging);
    free(closed->path);
    free(closed);
    *file = NULL;
    return status;
}

const struct classic_variable *classic_find(const struct classic_file *file, const char *name)
{
    for (int64_t i = 0; i < file->count; i++) {
        if (strcmp(file->variables[i].name, name) == 0) {
            return &file->variables[i];
        }
    }
    return NULL;
}

int classic_flush(const struct classic_file *file)
{
    return file->is_passing || fdatasync(file->descriptor) == 0 ? 0 : errno;
}

enum status classic_flushed(const struct classic_file *file, int error)
{
    enum status status = STATUS_OK;
    FAIL_IF(error != 0, STATUS_OUTPUT, "'%s' cannot be made durable: %s", file->path,
            strerror(error));
done:
    return status;
}

enum status classic_sync(struct classic_file *file)
{
    return classic_flushed(file, classic_flush(file));
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static enum status read_bytes(const struct classic_file *file, void *bytes, int64_t count,
                              int64_t offset)
{
    char *at = bytes;
    while (count > 0) {
        ssize_t got = pread(file->descriptor, at, (size_t)count, offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return failure_record(
                STATUS_DATA, __FILE__, __LINE__, "'%s' cannot be read at byte %lld: %s", file->path,
                (long long)offset,
                got < 0 ? strerror(errno) : "the file has shrunk since it was opened");
        }
        at += got;
        offset += got;
        count -= got;
    }
    return STATUS_OK;
}

static enum status write_bytes(const struct classic_file *file, const void *bytes, int64_t count,
                               int64_t offset)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t put = pwrite(file->descriptor, at, (size_t)count, offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return failure_record(STATUS_OUTPUT, __FILE__, __LINE__,
                                  "'%s' cannot be written: %s; make room and start again with "
                                  "--resume",
                                  file->path, put < 0 ? strerror(errno) : "nothing was accepted");
        }
        at += put;
        offset += put;
        count -= put;
    }
    return STATUS_OK;
}

/* One body for old and new processors: these loops decide how fast a cube is read. */
#define MANY_PROCESSORS __attribute__((target_clones("arch=x86-64-v3", "default")))

/* Copies elements and turns their bytes round. */
MANY_PROCESSORS
static void copy_swapped(void *to, const void *from, int64_t count, int64_t element_bytes)
{
    if (element_bytes == 1) {
        memcpy(to, from, (size_t)count);
    } else if (element_bytes == 2) {
        uint16_t *target = to;
        const uint16_t *source = from;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            target[i] = bswap_16(source[i]);
        }
    } else if (element_bytes == 4) {
        uint32_t *target = to;
        const uint32_t *source = from;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            target[i] = bswap_32(source[i]);
        }
    } else {
        uint64_t *target = to;
        const uint64_t *source = from;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            target[i] = bswap_64(source[i]);
        }
    }
}

/* As copy_swapped(), with CLASSIC_FILL for NaN. */
MANY_PROCESSORS
static void copy_filled(void *to, const void *from, int64_t count, int type)
{
    if (type == NC_FLOAT) {
        const float *source = from;
        uint32_t *target = to;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            float value = isnan(source[i]) ? CLASSIC_FILL : source[i];
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            target[i] = bswap_32(bits);
        }
    } else {
        const double *source = from;
        uint64_t *target = to;
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            double value = isnan(source[i]) ? (double)CLASSIC_FILL : source[i];
            uint64_t bits;
            memcpy(&bits, &value, sizeof bits);
            target[i] = bswap_64(bits);
        }
    }
}

/* ---- boxes ---------------------------------------------------------------------------------- */

/* A box as runs of neighbouring bytes: `groups` x `runs` of them. */
struct runs {
    int64_t run_elements, run_bytes;
    int outer;                /* dimensions outside a run */
    int64_t runs, run_stride; /* along the innermost of them */
    int64_t groups;           /* product of the others */
    int64_t total;            /* elements of the box */
};

static struct runs find_runs(const struct classic_variable *variable, const int64_t *count)
{
    struct runs runs = {.run_elements = 1, .outer = variable->dimensions, .runs = 1, .groups = 1};
    while (runs.outer > 0 &&
           variable->stride[runs.outer - 1] == runs.run_elements * variable->element_bytes) {
        runs.outer--;
        runs.run_elements *= count[runs.outer];
    }
    runs.run_bytes = runs.run_elements * variable->element_bytes;
    if (runs.outer > 0) {
        runs.runs = count[runs.outer - 1];
        runs.run_stride = variable->stride[runs.outer - 1];
    }
    for (int i = 0; i < runs.outer - 1; i++) {
        runs.groups *= count[i];
    }
    runs.total = runs.run_elements * runs.runs * runs.groups;
    return runs;
}

/* First byte of group @p group. */
static int64_t group_offset(const struct classic_variable *variable, const struct runs *runs,
                            const int64_t *start, const int64_t *count, int64_t group)
{
    int64_t offset = variable->offset;
    for (int i = 0; i < variable->dimensions; i++) {
        offset += start[i] * variable->stride[i];
    }
    for (int i = runs->outer - 2; i >= 0; i--) {
        offset += group % count[i] * variable->stride[i];
        group /= count[i];
    }
    return offset;
}

/* A run straight into the caller's memory, then turned round there: it is his to be filled. */
static enum status read_long_run(const struct classic_file *file, int64_t element_bytes,
                                 int64_t offset, int64_t elements, char *values)
{
    enum status status = STATUS_OK;
    while (elements > 0 && status == STATUS_OK) {
        int64_t piece = STAGING_BYTES / element_bytes; /* stays in the cache until it is turned */
        piece = piece < elements ? piece : elements;
        status = read_bytes(file, file->staging, piece * element_bytes, offset);
        copy_swapped(values, file->staging, piece, element_bytes);
        values += piece * element_bytes;
        offset += piece * element_bytes;
        elements -= piece;
    }
    return status;
}

/* Several short runs with small gaps, by one read over the gaps. */
static enum status read_sieved(const struct classic_file *file, const struct runs *runs,
                               int64_t element_bytes, int64_t offset, char *values)
{
    int64_t most = (STAGING_BYTES - runs->run_bytes) / runs->run_stride + 1;
    for (int64_t first = 0; first < runs->runs; first += most) {
        int64_t taken = runs->runs - first < most ? runs->runs - first : most;
        int64_t bytes = (taken - 1) * runs->run_stride + runs->run_bytes;
        enum status status =
            read_bytes(file, file->staging, bytes, offset + first * runs->run_stride);
        if (status != STATUS_OK) {
            return status;
        }
        for (int64_t i = 0; i < taken; i++) {
            copy_swapped(values, file->staging + i * runs->run_stride, runs->run_elements,
                         element_bytes);
            values += runs->run_bytes;
        }
    }
    return STATUS_OK;
}

enum status classic_read(struct classic_file *file, const struct classic_variable *variable,
                         const int64_t *start, const int64_t *count, void *values)
{
    enum status status = STATUS_OK;
    struct runs runs = find_runs(variable, count);
    char *at = values;
    bool is_sieved = runs.runs > 1 && runs.run_stride - runs.run_bytes <= SIEVE_GAP_BYTES &&
                     runs.run_stride <= STAGING_BYTES / 4;
    for (int64_t group = 0; runs.total > 0 && group < runs.groups; group++) {
        int64_t offset = group_offset(variable, &runs, start, count, group);
        if (is_sieved) {
            TRY(read_sieved(file, &runs, variable->element_bytes, offset, at));
            at += runs.runs * runs.run_bytes;
            continue;
        }
        for (int64_t i = 0; i < runs.runs; i++) {
            TRY(read_long_run(file, variable->element_bytes, offset + i * runs.run_stride,
                              runs.run_elements, at));
            at += runs.run_bytes;
        }
    }
done:
    return status;
}

static enum status write_run(const struct classic_file *file,
                             const struct classic_variable *variable, int64_t offset,
                             int64_t elements, const char *values, bool nan_is_fill)
{
    enum status status = STATUS_OK;
    int64_t element_bytes = variable->element_bytes;
    while (elements > 0 && status == STATUS_OK) {
        int64_t piece = STAGING_BYTES / element_bytes;
        piece = piece < elements ? piece : elements;
        if (nan_is_fill) {
            copy_filled(file->staging, values, piece, variable->type);
        } else {
            copy_swapped(file->staging, values, piece, element_bytes);
        }
        status = write_bytes(file, file->staging, piece * element_bytes, offset);
        values += piece * element_bytes;
        offset += piece * element_bytes;
        elements -= piece;
    }
    return status;
}

/* Locking a range makes an NFS client write its pages back and forget them on release; elsewhere
 * the file system sees to it. */
static void lock_range(const struct classic_file *file, short type, int64_t first, int64_t bytes)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = bytes};
    while (file->needs_lock && fcntl(file->descriptor, F_SETLKW, &range) != 0 && errno == EINTR) {
    }
}

/* Lets the disk begin with what was written while the rest is converted, so that the next sync finds
 * little left. It promises nothing, and failures are told by the sync. */
static void flush_written(const struct classic_file *file, int64_t *unflushed, int64_t first,
                          int64_t end, int64_t bytes)
{
    *unflushed += bytes;
    if (*unflushed >= FLUSH_BYTES && !file->is_passing) {
        sync_file_range(file->descriptor, first, end - first, SYNC_FILE_RANGE_WRITE);
        *unflushed = 0;
    }
}

enum status classic_write(struct classic_file *file, const struct classic_variable *variable,
                          const int64_t *start, const int64_t *count, const void *values,
                          bool nan_is_fill)
{
    enum status status = STATUS_OK;
    struct runs runs = find_runs(variable, count);
    const char *at = values;
    int64_t unflushed = 0;
    bool is_filled = nan_is_fill && (variable->type == NC_FLOAT || variable->type == NC_DOUBLE);
    for (int64_t group = 0; runs.total > 0 && group < runs.groups; group++) {
        int64_t offset = group_offset(variable, &runs, start, count, group);
        int64_t span = (runs.runs - 1) * runs.run_stride + runs.run_bytes;
        lock_range(file, F_WRLCK, offset, span);
        for (int64_t i = 0; i < runs.runs && status == STATUS_OK; i++) {
            int64_t from = offset + i * runs.run_stride;
            status = write_run(file, variable, from, runs.run_elements, at, is_filled);
            flush_written(file, &unflushed, offset, from + runs.run_bytes, runs.run_bytes);
            at += runs.run_bytes;
        }
        lock_range(file, F_UNLCK, offset, span);
        TRY(status);
    }
done:
    return status;
}
