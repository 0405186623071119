/* airshed -- GPL-3.0-or-later. The header of a classic NetCDF file, read with doubt.
 *
 * The libraries trust what a header says about lengths: a damaged one makes them crash or count to
 * 2^60. So every number is checked against the size of the file before anything follows it, and
 * only headers that pass are shown to them. Format: "The NetCDF Classic Format Specification" and
 * its CDF-5 extension.
 */
#include <errno.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "classic_internal.h"

enum {
    TAG_DIMENSION = 10,
    TAG_VARIABLE = 11,
    TAG_ATTRIBUTE = 12,
    BUFFER_BYTES = 1 << 16
};

struct reader {
    struct classic_file *file;
    int64_t size;     /* of the file */
    int64_t position; /* of the next byte */
    int version;      /* 1, 2 or 5 */
    bool is_bad;      /* once true, all reads give 0 */
    int64_t buffer_start, buffer_bytes;
    unsigned char *buffer;
    int64_t records;
    int64_t dimension_count;
    int64_t *length; /* of dimensions; 0: records */
};

/* ---- numbers -------------------------------------------------------------------------------- */

static bool refill(struct reader *reader)
{
    ssize_t got;
    do {
        got = pread(reader->file->descriptor, reader->buffer, BUFFER_BYTES, reader->position);
    } while (got < 0 && errno == EINTR);
    reader->buffer_start = reader->position;
    reader->buffer_bytes = got > 0 ? got : 0;
    return got > 0;
}

static unsigned char next_byte(struct reader *reader)
{
    int64_t at = reader->position - reader->buffer_start;
    if (at < 0 || at >= reader->buffer_bytes) {
        if (reader->is_bad || !refill(reader)) {
            reader->is_bad = true;
            return 0;
        }
        at = 0;
    }
    reader->position++;
    return reader->buffer[at];
}

static int64_t read_integer(struct reader *reader, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++) {
        number = number << 8 | next_byte(reader);
    }
    return bytes == 4 ? (int64_t)(int32_t)(uint32_t)number : (int64_t)number;
}

/* A number that is not negative: of 8 bytes in CDF-5. */
static int64_t read_length(struct reader *reader)
{
    int64_t number = read_integer(reader, reader->version == 5 ? 8 : 4);
    reader->is_bad = reader->is_bad || number < 0;
    return reader->is_bad ? 0 : number;
}

/* A count of things that take at least @p bytes each, so that they fit into the rest of the file. */
static int64_t read_count(struct reader *reader, int64_t bytes)
{
    int64_t count = read_length(reader);
    reader->is_bad = reader->is_bad || count > (reader->size - reader->position) / bytes;
    return reader->is_bad ? 0 : count;
}

static void skip(struct reader *reader, int64_t bytes)
{
    int64_t padded = (bytes + 3) / 4 * 4;
    if (bytes < 0 || padded > reader->size - reader->position) {
        reader->is_bad = true;
    } else {
        reader->position += padded;
    }
}

/* Length of a list that starts with @p tag; an absent list has none. */
static int64_t read_list(struct reader *reader, int tag, int64_t bytes)
{
    int64_t found = read_integer(reader, 4);
    int64_t count = read_count(reader, bytes);
    reader->is_bad = reader->is_bad || !(found == tag || (found == 0 && count == 0));
    return reader->is_bad ? 0 : count;
}

static int64_t type_bytes(const struct reader *reader, int64_t type)
{
    static const int bytes[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};
    int64_t last = reader->version == 5 ? NC_UINT64 : NC_DOUBLE;
    return type >= NC_BYTE && type <= last ? bytes[type] : 0;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static enum status read_name(struct reader *reader, char **name)
{
    int64_t count = read_count(reader, 1);
    int64_t start = reader->position;
    reader->is_bad = reader->is_bad || count < 1 || count > NC_MAX_NAME;
    enum status status = memory_allocate(reader->is_bad ? 1 : (size_t)count + 1, 1, name);
    for (int64_t i = 0; i < count && !reader->is_bad && status == STATUS_OK; i++) {
        (*name)[i] = (char)next_byte(reader);
        reader->is_bad = reader->is_bad || (*name)[i] == '\0' || (*name)[i] == '/';
    }
    if (!reader->is_bad) {
        reader->position = start;
        skip(reader, count);
    }
    return status;
}

static enum status skip_name(struct reader *reader)
{
    char *name = NULL;
    enum status status = read_name(reader, &name);
    free(name);
    return status;
}

static enum status skip_attributes(struct reader *reader)
{
    enum status status = STATUS_OK;
    int64_t count = read_list(reader, TAG_ATTRIBUTE, 16);
    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        TRY(skip_name(reader));
        int64_t bytes = type_bytes(reader, read_integer(reader, 4));
        reader->is_bad = reader->is_bad || bytes == 0;
        if (!reader->is_bad) {
            skip(reader, read_count(reader, bytes) * bytes);
        }
    }
done:
    return status;
}

static enum status read_dimensions(struct reader *reader)
{
    enum status status;
    int record_dimensions = 0;
    int64_t count = read_list(reader, TAG_DIMENSION, 12);
    TRY(memory_allocate((size_t)count, sizeof *reader->length, &reader->length));
    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        TRY(skip_name(reader));
        reader->length[i] = read_length(reader);
        record_dimensions += reader->length[i] == 0;
        reader->dimension_count = i + 1;
    }
    reader->is_bad = reader->is_bad || record_dimensions > 1;
done:
    return status;
}

/* Shape of a variable; the length of records and what a step over one takes come later. */
static bool read_shape(struct reader *reader, struct classic_variable *variable)
{
    bool is_record = false;
    int64_t count = read_count(reader, 4);
    variable->dimensions = count <= CLASSIC_MOST_DIMENSIONS ? (int)count : -1;
    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        int64_t id = read_length(reader);
        reader->is_bad =
            reader->is_bad || id >= reader->dimension_count || (i > 0 && reader->length[id] == 0);
        if (!reader->is_bad && variable->dimensions >= 0) {
            variable->shape[i] = reader->length[id];
        }
        is_record = is_record || (!reader->is_bad && i == 0 && reader->length[id] == 0);
    }
    return is_record;
}

/* Bytes of one record, or of the whole variable; -1 where they overflow. */
static int64_t set_strides(struct classic_variable *variable, bool is_record)
{
    int64_t stride = variable->element_bytes;
    for (int i = variable->dimensions - 1; i >= 0; i--) {
        variable->stride[i] = stride;
        if (!(is_record && i == 0) && __builtin_mul_overflow(stride, variable->shape[i], &stride)) {
            return -1;
        }
    }
    return stride;
}

/* A variable; *record_bytes is what it adds to a record. */
static enum status read_variable(struct reader *reader, struct classic_variable *variable,
                                 int64_t *record_bytes)
{
    enum status status;
    *record_bytes = 0;
    TRY(read_name(reader, &variable->name));
    bool is_record = read_shape(reader, variable);
    TRY(skip_attributes(reader));
    int64_t type = read_integer(reader, 4);
    variable->element_bytes = type_bytes(reader, type);
    variable->type = (int)type;
    int64_t stated_bytes = read_length(reader);
    variable->offset = read_integer(reader, reader->version == 1 ? 4 : 8);
    reader->is_bad = reader->is_bad || variable->element_bytes == 0 || variable->offset < 0;
    /* Too many dimensions to be used: what the header states is believed. */
    int64_t bytes = variable->dimensions >= 0 ? set_strides(variable, is_record) : stated_bytes;
    reader->is_bad = reader->is_bad || bytes < 0 || bytes > INT64_MAX / 4;
    if (is_record && !reader->is_bad) {
        *record_bytes = bytes > 0 ? bytes : 1;
    }
done:
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* What each variable adds to a record; 0 for variables without records. */
struct records {
    int64_t *bytes;
    int64_t count, total;
};

/* A record holds all record variables, each padded to four bytes unless it is the only one. */
static int64_t record_total(const struct reader *reader, struct records *records)
{
    int64_t total = 0;
    int64_t only = 0;
    for (int64_t i = 0; i < reader->file->count; i++) {
        if (records->bytes[i] > 0) {
            records->count++;
            only = records->bytes[i];
            if (__builtin_add_overflow(total, (records->bytes[i] + 3) / 4 * 4, &total)) {
                return -1;
            }
        }
    }
    return records->count == 1 ? only : total;
}

/* Last byte that a variable needs, -1 where the numbers overflow. */
static int64_t end_of(const struct classic_variable *variable)
{
    int64_t end = variable->offset + variable->element_bytes;
    for (int i = 0; i < variable->dimensions; i++) {
        int64_t span = 0;
        if (variable->shape[i] == 0) {
            return 0;
        }
        if (__builtin_mul_overflow(variable->shape[i] - 1, variable->stride[i], &span) ||
            __builtin_add_overflow(end, span, &end)) {
            return -1;
        }
    }
    return end;
}

static void place_variables(struct reader *reader, struct records *records)
{
    struct classic_file *file = reader->file;
    records->total = record_total(reader, records);
    reader->is_bad = reader->is_bad || records->total < 0;
    for (int64_t i = 0; i < file->count && !reader->is_bad; i++) {
        struct classic_variable *variable = &file->variables[i];
        if (records->bytes[i] > 0 && variable->dimensions > 0) {
            variable->shape[0] = reader->records;
            variable->stride[0] = records->total;
        }
        int64_t end = end_of(variable);
        reader->is_bad = end < 0 || (end > 0 && variable->offset < reader->position);
        file->needed_bytes = end > file->needed_bytes ? end : file->needed_bytes;
    }
}

static enum status read_all(struct reader *reader)
{
    enum status status;
    struct records records = {0};
    struct classic_file *file = reader->file;
    read_integer(reader, 3);
    reader->version = next_byte(reader);
    reader->is_bad = reader->version != 1 && reader->version != 2 && reader->version != 5;
    /* -1 once stood for a file still being streamed; netCDF-C takes it for 2^32 records. */
    reader->records = read_length(reader);
    TRY(read_dimensions(reader));
    TRY(skip_attributes(reader));
    int64_t count = read_list(reader, TAG_VARIABLE, 28);
    TRY(memory_allocate((size_t)count, sizeof *file->variables, &file->variables));
    TRY(memory_allocate((size_t)count, sizeof *records.bytes, &records.bytes));
    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        file->count = i + 1;
        TRY(read_variable(reader, &file->variables[i], &records.bytes[i]));
    }
    place_variables(reader, &records);
    FAIL_IF(
        reader->is_bad, STATUS_DATA,
        "'%s' is truncated or damaged: its NetCDF header makes no sense near byte %lld; copy or "
        "download it again",
        file->path, (long long)reader->position);
done:
    free(records.bytes);
    return status;
}

enum status classic_read_header(struct classic_file *file)
{
    enum status status;
    struct stat about = {0};
    struct reader reader = {.file = file};
    FAIL_IF(fstat(file->descriptor, &about) != 0, STATUS_DATA, "'%s' cannot be examined: %s",
            file->path, strerror(errno));
    reader.size = about.st_size;
    TRY(memory_allocate(BUFFER_BYTES, 1, &reader.buffer));
    TRY(read_all(&reader));
done:
    free(reader.buffer);
    free(reader.length);
    return status;
}
