/* airshed -- GPL-3.0-or-later. Weights of networks as files that Python reads. */
#include "learn/safetensors.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { LENGTH_BYTES = 8, HEADER_MOST = 1 << 20 };

struct safetensors {
    char *path;
    json_t *header;
    int64_t bytes; /* of the numbers */
    char *numbers;
};

/* ---- writing ------------------------------------------------------------------------------ */

static enum status make_header(const struct network *network, const struct safetensors_fact *facts,
                               int count, char **header)
{
    enum status status = STATUS_OK;
    json_t *json = json_object(), *metadata = json_object();
    for (int i = 0; i < count; i++) {
        json_object_set_new(metadata, facts[i].name, json_string(facts[i].value));
    }
    json_object_set_new(json, "__metadata__", metadata);
    for (int i = 0; i < network_tensor_count(network); i++) {
        const struct network_tensor *tensor = network_tensor(network, i);
        json_int_t first = tensor->offset * (json_int_t)sizeof(float);
        json_int_t end = first + tensor->count * (json_int_t)sizeof(float);
        json_t *shape = json_array();
        for (int k = 0; k < tensor->dimensions; k++) {
            json_array_append_new(shape, json_integer(tensor->shape[k]));
        }
        json_object_set_new(json, tensor->name,
                            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape,
                                      "data_offsets", first, end));
    }
    *header = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    FAIL_IF(*header == NULL, STATUS_MEMORY, "out of memory");
done:
    return status;
}

static bool write_all(FILE *file, const char *header, const float *parameters, size_t count)
{
    /* Blanks make the header a multiple of eight bytes, so that mapped numbers are aligned. */
    size_t length = strlen(header);
    size_t padded = (length + LENGTH_BYTES - 1) / LENGTH_BYTES * LENGTH_BYTES;
    unsigned char bytes[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) {
        bytes[i] = (unsigned char)(padded >> (8 * i));
    }
    return fwrite(bytes, 1, LENGTH_BYTES, file) == LENGTH_BYTES &&
           fprintf(file, "%-*s", (int)padded, header) == (int)padded &&
           fwrite(parameters, sizeof *parameters, count, file) == count && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
}

enum status safetensors_write(const char *path, const struct network *network,
                              const float *parameters, const struct safetensors_fact *facts,
                              int count)
{
    enum status status;
    char *header = NULL;
    FILE *file = NULL;
    TRY(make_header(network, facts, count, &header));
    file = fopen(path, "wb");
    FAIL_IF(file == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
    FAIL_IF(!write_all(file, header, parameters, (size_t)network_parameter_count(network)),
            STATUS_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
done:
    if (file != NULL && fclose(file) != 0 && status == STATUS_OK) {
        status = failure_record(STATUS_OUTPUT, __FILE__, __LINE__, "%s: cannot be written: %s",
                                path, strerror(errno));
    }
    free(header);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum status read_header(FILE *stream, struct safetensors *file)
{
    enum status status = STATUS_OK;
    unsigned char bytes[LENGTH_BYTES];
    uint64_t length = 0;
    char *text = NULL;
    FAIL_IF(fread(bytes, 1, LENGTH_BYTES, stream) != LENGTH_BYTES, STATUS_DATA,
            "%s: is no file of weights (safetensors)", file->path);
    for (int i = 0; i < LENGTH_BYTES; i++) {
        length |= (uint64_t)bytes[i] << (8 * i);
    }
    FAIL_IF(length < 2 || length > HEADER_MOST, STATUS_DATA,
            "%s: is no file of weights (safetensors)", file->path);
    TRY(memory_allocate(length, 1, &text));
    FAIL_IF(fread(text, 1, length, stream) != length, STATUS_DATA, "%s: is cut short", file->path);
    file->header = json_loadb(text, length, 0, NULL);
    FAIL_IF(!json_is_object(file->header), STATUS_DATA, "%s: is no file of weights (safetensors)",
            file->path);
done:
    free(text);
    return status;
}

static enum status read_numbers(FILE *stream, struct safetensors *file)
{
    enum status status = STATUS_OK;
    long start = ftell(stream);
    fseek(stream, 0, SEEK_END);
    file->bytes = ftell(stream) - start;
    fseek(stream, start, SEEK_SET);
    TRY(memory_allocate((size_t)file->bytes, 1, &file->numbers));
    FAIL_IF(fread(file->numbers, 1, (size_t)file->bytes, stream) != (size_t)file->bytes,
            STATUS_DATA, "%s: cannot be read", file->path);
done:
    return status;
}

enum status safetensors_read(const char *path, struct safetensors **out)
{
    enum status status;
    struct safetensors *file = NULL;
    FILE *stream = NULL;
    TRY(memory_allocate(1, sizeof *file, &file));
    TRY(memory_copy_text(path, &file->path));
    stream = fopen(path, "rb");
    FAIL_IF(stream == NULL, STATUS_DATA, "%s: cannot be read: %s", path, strerror(errno));
    TRY(read_header(stream, file));
    TRY(read_numbers(stream, file));
    *out = file;
    file = NULL;
done:
    if (stream != NULL) {
        fclose(stream);
    }
    safetensors_close(&file);
    return status;
}

void safetensors_close(struct safetensors **file)
{
    if (*file != NULL) {
        json_decref((*file)->header);
        free((*file)->path);
        free((*file)->numbers);
        free(*file);
        *file = NULL;
    }
}

const char *safetensors_fact(const struct safetensors *file, const char *name)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), name));
}

static bool has_shape(const json_t *shape, const struct network_tensor *tensor)
{
    bool is_equal = json_array_size(shape) == (size_t)tensor->dimensions;
    for (int i = 0; is_equal && i < tensor->dimensions; i++) {
        is_equal = json_integer_value(json_array_get(shape, (size_t)i)) == tensor->shape[i];
    }
    return is_equal;
}

enum status safetensors_parameters(const struct safetensors *file, const struct network *network,
                                   float *parameters)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < network_tensor_count(network); i++) {
        const struct network_tensor *tensor = network_tensor(network, i);
        const json_t *block = json_object_get(file->header, tensor->name);
        const json_t *offsets = json_object_get(block, "data_offsets");
        int64_t bytes = tensor->count * (int64_t)sizeof(float);
        json_int_t first = json_integer_value(json_array_get(offsets, 0));
        json_int_t end = json_integer_value(json_array_get(offsets, 1));
        const char *type = json_string_value(json_object_get(block, "dtype"));
        FAIL_IF(type == NULL || strcmp(type, "F32") != 0 ||
                    !has_shape(json_object_get(block, "shape"), tensor),
                STATUS_DATA, "%s: has no block '%s' of the shape that its settings need",
                file->path, tensor->name);
        FAIL_IF(first < 0 || end - first != bytes || end > file->bytes, STATUS_DATA,
                "%s: is cut short: '%s' lies beyond its end", file->path, tensor->name);
        memcpy(parameters + tensor->offset, file->numbers + first, (size_t)bytes);
        for (int64_t k = 0; k < tensor->count; k++) {
            FAIL_IF(!isfinite(parameters[tensor->offset + k]), STATUS_DATA,
                    "%s: block '%s' holds numbers that are not finite", file->path, tensor->name);
        }
    }
done:
    return status;
}
