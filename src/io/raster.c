/* airshed -- GPL-3.0-or-later. One open raster file, whatever its format. */
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "classic_internal.h"
#include "dataset_internal.h"

int64_t raster_files_opened, raster_chunks_inflated;

static const unsigned char hdf5_signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

static bool is_hdf5(const char *path)
{
    unsigned char start[sizeof hdf5_signature] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? 0 : read(descriptor, start, sizeof start);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return got == (ssize_t)sizeof start && memcmp(start, hdf5_signature, sizeof start) == 0;
}

bool raster_is_netcdf(const char *path)
{
    return classic_is(path) || is_hdf5(path);
}

enum status raster_add(struct raster *raster, struct raster_variable **variable)
{
    enum status status;
    struct raster_variable *longer = NULL;
    if (raster->count == raster->capacity) {
        int capacity = raster->capacity > 0 ? 2 * raster->capacity : 8;
        TRY(memory_allocate((size_t)capacity, sizeof *longer, &longer));
        if (raster->count > 0) {
            memcpy(longer, raster->variables, (size_t)raster->count * sizeof *longer);
        }
        free(raster->variables);
        raster->variables = longer;
        raster->capacity = capacity;
    }
    struct raster_variable *added = &raster->variables[raster->count];
    *added = (struct raster_variable){.packing = {.scale = 1, .low = -INFINITY, .high = INFINITY},
                                      .time_dimension = -1,
                                      .storage = {.format = ""}};
    raster_note_axes(added, 0, 0, NULL, NULL);
    raster->count++;
    TRY(memory_copy_text("", &added->name));
    TRY(memory_copy_text("", &added->standard_name));
    TRY(memory_copy_text("", &added->long_name));
    TRY(memory_copy_text("", &added->units));
    TRY(memory_copy_text("", &added->cell_methods));
    TRY(memory_copy_text("", &added->layer));
    *variable = added;
done:
    return status;
}

void raster_note_axes(struct raster_variable *variable, int64_t rows, int64_t cols, const double *y,
                      const double *x)
{
    struct dataset_storage *storage = &variable->storage;
    storage->x_first = x != NULL ? x[0] : NAN;
    storage->x_last = x != NULL ? x[cols - 1] : NAN;
    storage->y_first = y != NULL ? y[0] : NAN;
    storage->y_last = y != NULL ? y[rows - 1] : NAN;
}

void raster_times_clear(struct raster_times *times)
{
    free(times->stamp);
    free(times->bounds);
    *times = (struct raster_times){0};
}

void raster_variable_clear(struct raster_variable *variable)
{
    free(variable->name);
    free(variable->standard_name);
    free(variable->long_name);
    free(variable->units);
    free(variable->cell_methods);
    free(variable->layer);
    free(variable->bands);
    georeference_destroy(&variable->grid);
    raster_times_clear(&variable->times);
    *variable = (struct raster_variable){0};
}

void raster_warn(struct raster *raster, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < raster->warnings.count; i++) {
        if (strcmp(raster->warnings.items[i], sentence) == 0) {
            return;
        }
    }
    text_list_add(&raster->warnings, sentence); /* without memory the warning is lost, no more */
}

static enum status open_as(struct raster *raster, const char *wanted,
                           const struct dataset_options *options)
{
    struct stat about;
    bool is_file = stat(raster->path, &about) == 0;
    if (!is_file && strchr(raster->path, ':') == NULL) {
        int error = errno;
        bool is_link = lstat(raster->path, &about) == 0 && S_ISLNK(about.st_mode);
        return failure_record(STATUS_DATA, __FILE__, __LINE__, "'%s' cannot be opened: %s",
                              raster->path,
                              is_link && error == ENOENT ? "it is a link to a file that is not there"
                                                         : strerror(error));
    }
    if (is_file && about.st_size == 0) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "'%s' is empty: it has no bytes; copy or make it again", raster->path);
    }
    return is_file && raster_is_netcdf(raster->path) ? raster_open_netcdf(raster, wanted, options)
                                                     : raster_open_gdal(raster, options);
}

enum status raster_open(const char *path, const char *wanted, const struct dataset_options *options,
                        struct raster **raster)
{
    enum status status;
    struct raster *opened = NULL;
    *raster = NULL;
    TRY(memory_allocate(1, sizeof *opened, &opened));
    TRY(memory_copy_text(path, &opened->path));
    raster_files_opened++;
    TRY(open_as(opened, wanted, options));
    *raster = opened;
    opened = NULL;
done:
    raster_close(&opened);
    return status;
}

void raster_close(struct raster **raster)
{
    struct raster *closed = *raster;
    if (closed == NULL) {
        return;
    }
    if (closed->format != NULL) {
        closed->format->close(closed);
    }
    for (int i = 0; i < closed->count; i++) {
        raster_variable_clear(&closed->variables[i]);
    }
    free(closed->variables);
    text_list_clear(&closed->warnings);
    text_list_clear(&closed->attributes);
    free(closed->refusal);
    free(closed->path);
    free(closed);
    *raster = NULL;
}

/* ---- stored numbers ------------------------------------------------------------------------- */

float raster_unpack(const struct raster_packing *packing, double stored)
{
    for (int i = 0; i < packing->missing_count; i++) {
        if (stored == packing->missing[i]) {
            return NAN;
        }
    }
    double value = packing->is_packed ? stored * packing->scale + packing->offset : stored;
    double tested = packing->range_is_unpacked ? value : stored;
    bool is_valid = tested >= packing->low && tested <= packing->high; /* false for NaN */
    float single = (float)value;
    return is_valid && (isfinite(single) || packing->keep_infinite) ? single : NAN;
}

/* Two stored numbers and all that is not finite become NaN. */
__attribute__((target_clones("arch=x86-64-v3", "default"))) static void
remove_missing(float first, float second, int64_t count, float *values)
{
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        float value = values[i];
        bool is_kept = (value != first) & (value != second) & (fabsf(value) <= FLT_MAX);
        values[i] = is_kept ? value : NAN;
    }
}

void raster_unpack_float(const struct raster_packing *packing, int64_t count, float *values)
{
    bool has_range = packing->low > -INFINITY || packing->high < INFINITY;
    if (packing->keep_infinite || packing->is_packed || packing->missing_count > 2 || has_range) {
        for (int64_t i = 0; i < count; i++) {
            values[i] = raster_unpack(packing, values[i]);
        }
        return;
    }
    float first = packing->missing_count > 0 ? (float)packing->missing[0] : NAN;
    float second = packing->missing_count > 1 ? (float)packing->missing[1] : first;
    remove_missing(first, second, count, values);
}
