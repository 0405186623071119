/* airshed -- GPL-3.0-or-later. NetCDF in: CF variables found, boxes read in any order of dimensions.
 *
 * netCDF-C reads all metadata and the values of NetCDF-4; those of classic files go by pread.
 */
#include <fcntl.h>
#include <math.h>
#include <netcdf.h>
#include <netcdf_filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "classic_internal.h"
#include "netcdf_internal.h"

enum {
    PIECE_BYTES = 32 << 20,
    CACHE_BYTES = 96 << 20
};

struct handle {
    int nc;
    struct classic_file *classic; /* NULL for NetCDF-4 */
    /* Layer of chunks that the last read ended in, still in the cache. */
    int cached_variable;
    int64_t cached_layer;
};

/* ---- damage --------------------------------------------------------------------------------- */

/* Size that an HDF5 file says it has, from its superblock; 0 where it cannot be told. */
static int64_t hdf5_needed_bytes(const char *path)
{
    unsigned char block[64] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = descriptor < 0 ? 0 : read(descriptor, block, sizeof block);
    if (descriptor >= 0) {
        close(descriptor);
    }
    int version = block[8];
    bool is_new = version >= 2;
    int offset = is_new ? 28 : version == 1 ? 44 : 40;
    int offset_bytes = is_new ? block[9] : block[13];
    int64_t bytes = 0;
    if (got == (ssize_t)sizeof block && version <= 3 && offset_bytes == 8) {
        memcpy(&bytes, block + offset, sizeof bytes); /* HDF5 is little-endian */
    }
    return bytes;
}

static enum status check_hdf5_size(const char *path)
{
    struct stat about = {0};
    int64_t needed = hdf5_needed_bytes(path);
    if (stat(path, &about) == 0 && about.st_size < needed) {
        return failure_record(
            STATUS_DATA, __FILE__, __LINE__,
            "'%s' is truncated: it has %lld bytes, its header asks for %lld; copy "
            "or download it again",
            path, (long long)about.st_size, (long long)needed);
    }
    return STATUS_OK;
}

/* ---- values --------------------------------------------------------------------------------- */

static int64_t stored_bytes(int type)
{
    switch (type) {
    case NC_BYTE:
    case NC_UBYTE:
        return 1;
    case NC_SHORT:
    case NC_USHORT:
        return 2;
    case NC_INT:
    case NC_UINT:
    case NC_FLOAT:
        return 4;
    default:
        return 8;
    }
}

static double stored_number(int type, bool is_unsigned, const void *raw, int64_t i)
{
    switch (type) {
    case NC_BYTE:
        return is_unsigned ? ((const unsigned char *)raw)[i] : ((const signed char *)raw)[i];
    case NC_UBYTE:
        return ((const unsigned char *)raw)[i];
    case NC_SHORT:
        return is_unsigned ? ((const uint16_t *)raw)[i] : ((const int16_t *)raw)[i];
    case NC_USHORT:
        return ((const uint16_t *)raw)[i];
    case NC_INT:
        return is_unsigned ? (double)((const uint32_t *)raw)[i] : (double)((const int32_t *)raw)[i];
    case NC_UINT:
        return ((const uint32_t *)raw)[i];
    case NC_INT64:
        return (double)((const int64_t *)raw)[i];
    case NC_UINT64:
        return (double)((const uint64_t *)raw)[i];
    case NC_FLOAT:
        return ((const float *)raw)[i];
    default:
        return ((const double *)raw)[i];
    }
}

/* A box in the file's order of dimensions. */
struct slab {
    int64_t start[RASTER_MOST_DIMENSIONS];
    int64_t count[RASTER_MOST_DIMENSIONS];
    int64_t step[RASTER_MOST_DIMENSIONS]; /* floats between neighbours in the result */
};

static struct slab make_slab(const struct raster_variable *variable, const struct raster_box *box)
{
    struct slab slab;
    for (int i = 0; i < variable->dimensions; i++) {
        slab.start[i] = variable->index[i];
        slab.count[i] = 1;
        slab.step[i] = 0;
    }
    if (variable->time_dimension >= 0) {
        slab.start[variable->time_dimension] = box->step;
        slab.count[variable->time_dimension] = box->steps;
        slab.step[variable->time_dimension] = box->rows * box->cols;
    }
    slab.start[variable->row_dimension] = box->row;
    slab.count[variable->row_dimension] = box->rows;
    slab.step[variable->row_dimension] = box->cols;
    slab.start[variable->col_dimension] = box->col;
    slab.count[variable->col_dimension] = box->cols;
    slab.step[variable->col_dimension] = 1;
    return slab;
}

static enum status check_box(const struct raster *raster, const struct raster_variable *variable,
                             const struct slab *slab)
{
    for (int i = 0; i < variable->dimensions; i++) {
        if (slab->start[i] < 0 || slab->count[i] < 1 ||
            slab->start[i] > variable->shape[i] - slab->count[i]) {
            return failure_record(STATUS_FAILED, __FILE__, __LINE__,
                                  "a window reaches outside '%s' of '%s'", variable->name,
                                  raster->path);
        }
    }
    return STATUS_OK;
}

/* Counts the chunks that a read inflates, but for the layer that the last one left in the cache. */
static void count_chunks(struct handle *handle, const struct raster_variable *variable,
                         const struct slab *slab)
{
    int64_t all = 1;
    int64_t layers = 1;
    int time = variable->time_dimension;
    for (int i = 0; i < variable->dimensions; i++) {
        int64_t chunk = variable->chunk[i] > 0 ? variable->chunk[i] : 1;
        int64_t first = slab->start[i] / chunk;
        int64_t last = (slab->start[i] + slab->count[i] - 1) / chunk;
        all *= last - first + 1;
        if (i == time) {
            layers = last - first + 1;
            bool is_cached =
                handle->cached_variable == variable->id && handle->cached_layer == first;
            layers -= is_cached;
            all = is_cached ? all / (layers + 1) * layers : all;
            handle->cached_layer = last;
        }
    }
    handle->cached_variable = variable->id;
    raster_chunks_inflated += all;
}

static enum status fetch(struct raster *raster, const struct raster_variable *variable,
                         const struct slab *slab, void *raw)
{
    struct handle *handle = raster->handle;
    if (handle->classic != NULL) {
        const struct classic_variable *place = &handle->classic->variables[variable->id];
        return classic_read(handle->classic, place, slab->start, slab->count, raw);
    }
    size_t start[RASTER_MOST_DIMENSIONS];
    size_t count[RASTER_MOST_DIMENSIONS];
    for (int i = 0; i < variable->dimensions; i++) {
        start[i] = (size_t)slab->start[i];
        count[i] = (size_t)slab->count[i];
    }
    if (variable->chunk_steps > 0) {
        count_chunks(handle, variable, slab);
    }
    int error = nc_get_vara(handle->nc, variable->id, start, count, raw);
    if (error != NC_NOERR) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "'%s' of '%s' cannot be read (%s): the file is damaged or has shrunk",
                              variable->name, raster->path, nc_strerror(error));
    }
    return STATUS_OK;
}

/* Unpacks a dense piece in file order into its places in the result. */
static void scatter(const struct raster_variable *variable, const struct slab *slab,
                    const void *raw, float *values)
{
    int last = variable->dimensions - 1;
    int64_t inner = slab->count[last];
    int64_t outer = 1;
    for (int i = 0; i < last; i++) {
        outer *= slab->count[i];
    }
    for (int64_t line = 0; line < outer; line++) {
        int64_t rest = line;
        float *to = values;
        for (int i = last - 1; i >= 0; i--) {
            to += rest % slab->count[i] * slab->step[i];
            rest /= slab->count[i];
        }
        for (int64_t i = 0; i < inner; i++) {
            double number =
                stored_number(variable->type, variable->packing.is_unsigned, raw, line * inner + i);
            to[i * slab->step[last]] = raster_unpack(&variable->packing, number);
        }
    }
}

/* Reads along the slowest dimension in pieces of bounded memory. */
static enum status read_pieces(struct raster *raster, const struct raster_variable *variable,
                               const struct slab *slab, float *values)
{
    enum status status = STATUS_OK;
    void *raw = NULL;
    int cut = 0;
    int64_t bytes = stored_bytes(variable->type);
    while (cut < variable->dimensions - 1 && slab->count[cut] == 1) {
        cut++;
    }
    for (int i = cut + 1; i < variable->dimensions; i++) {
        bytes *= slab->count[i];
    }
    int64_t most = bytes < PIECE_BYTES ? PIECE_BYTES / bytes : 1;
    int64_t chunk = variable->chunk[cut] > 0 ? variable->chunk[cut] : 1;
    most = most > chunk ? most / chunk * chunk : most;
    most = most < slab->count[cut] ? most : slab->count[cut];
    TRY(memory_allocate((size_t)(most * bytes), 1, &raw));
    for (int64_t done_count = 0; done_count < slab->count[cut];) {
        struct slab piece = *slab;
        piece.start[cut] = slab->start[cut] + done_count;
        int64_t left = slab->count[cut] - done_count;
        /* The first piece ends where a chunk does. */
        int64_t room = most - (most >= chunk ? piece.start[cut] % chunk : 0);
        piece.count[cut] = left < room ? left : room;
        TRY(fetch(raster, variable, &piece, raw));
        scatter(variable, &piece, raw, values + done_count * slab->step[cut]);
        done_count += piece.count[cut];
    }
done:
    free(raw);
    return status;
}

/* True for floats that lie in the file as they do in the result. */
static bool is_direct(const struct raster_variable *variable)
{
    return variable->type == NC_FLOAT && variable->row_dimension < variable->col_dimension &&
           variable->time_dimension < variable->row_dimension;
}

static enum status read_box(struct raster *raster, const struct raster_variable *variable,
                            const struct raster_box *box, float *values)
{
    enum status status;
    struct slab slab = make_slab(variable, box);
    TRY(check_box(raster, variable, &slab));
    if (is_direct(variable)) {
        TRY(fetch(raster, variable, &slab, values));
        raster_unpack_float(&variable->packing, box->steps * box->rows * box->cols, values);
    } else {
        TRY(read_pieces(raster, variable, &slab, values));
    }
done:
    return status;
}

static void close_handle(struct raster *raster)
{
    struct handle *handle = raster->handle;
    if (handle != NULL) {
        classic_close(&handle->classic);
        if (handle->nc >= 0) {
            nc_close(handle->nc);
        }
        free(handle);
        raster->handle = NULL;
    }
}

static const struct raster_format netcdf_format = {close_handle, read_box};

/* ---- packing -------------------------------------------------------------------------------- */

static void add_missing(struct raster_packing *packing, int type, double number)
{
    if (packing->missing_count < RASTER_MOST_MISSING && !isnan(number)) {
        packing->missing[packing->missing_count++] =
            type == NC_FLOAT ? (double)(float)number : number;
    }
}

/* What NetCDF fills in by itself; bytes have no such value. */
static double default_fill(int type)
{
    switch (type) {
    case NC_SHORT:
        return NC_FILL_SHORT;
    case NC_USHORT:
        return NC_FILL_USHORT;
    case NC_INT:
        return NC_FILL_INT;
    case NC_UINT:
        return NC_FILL_UINT;
    case NC_INT64:
        return (double)NC_FILL_INT64;
    case NC_UINT64:
        return (double)NC_FILL_UINT64;
    case NC_FLOAT:
    case NC_DOUBLE:
        return NC_FILL_FLOAT;
    default:
        return NAN;
    }
}

/* A fill written as signed stands for the unsigned number of the same bits. */
static double as_unsigned(int type, double number)
{
    double turn = type == NC_BYTE ? 256.0 : type == NC_SHORT ? 65536.0 : 4294967296.0;
    return number < 0 ? number + turn : number;
}

static void read_range(int nc, int id, struct raster_packing *packing)
{
    double range[2];
    nc_type type = NC_NAT;
    nc_type packed_type = NC_NAT;
    const char *name = "valid_range";
    if (netcdf_numbers(nc, id, "valid_range", 2, range) == 2) {
        packing->low = range[0];
        packing->high = range[1];
    } else {
        double limit;
        packing->low = netcdf_numbers(nc, id, "valid_min", 1, &limit) ? limit : -INFINITY;
        packing->high = netcdf_numbers(nc, id, "valid_max", 1, &limit) ? limit : INFINITY;
        name = packing->low > -INFINITY ? "valid_min" : "valid_max";
    }
    /* The NetCDF guide: a range in the type of scale_factor, wider than the storage, is of values. */
    nc_inq_atttype(nc, id, name, &type);
    nc_inq_vartype(nc, id, &packed_type);
    packing->range_is_unpacked = packing->is_packed && (type == NC_FLOAT || type == NC_DOUBLE) &&
                                 packed_type != NC_FLOAT && packed_type != NC_DOUBLE;
}

static void read_packing(int nc, int id, int type, struct raster_packing *packing)
{
    double numbers[RASTER_MOST_MISSING];
    char *is_unsigned = netcdf_text(nc, id, "_Unsigned");
    bool is_signed_storage = type == NC_BYTE || type == NC_SHORT || type == NC_INT;
    packing->is_unsigned =
        is_signed_storage && is_unsigned != NULL && text_equal_ignoring_case(is_unsigned, "true");
    free(is_unsigned);
    packing->is_packed = netcdf_numbers(nc, id, "scale_factor", 1, &packing->scale) > 0;
    packing->is_packed =
        netcdf_numbers(nc, id, "add_offset", 1, &packing->offset) > 0 || packing->is_packed;
    int count = netcdf_numbers(nc, id, "_FillValue", 1, numbers);
    add_missing(packing, type, count > 0 ? numbers[0] : default_fill(type));
    count = netcdf_numbers(nc, id, "missing_value", RASTER_MOST_MISSING, numbers);
    for (int i = 0; i < count; i++) {
        if (packing->missing_count == 0 || numbers[i] != packing->missing[0]) {
            add_missing(packing, type, numbers[i]);
        }
    }
    for (int i = 0; i < packing->missing_count && packing->is_unsigned; i++) {
        packing->missing[i] = as_unsigned(type, packing->missing[i]);
    }
    read_range(nc, id, packing);
}

/* ---- variables ------------------------------------------------------------------------------ */

/* A variable of the file under examination. */
struct candidate {
    int id;
    char name[NC_MAX_NAME + 1];
    nc_type type;
    int dimensions;
    int dimension[NC_MAX_VAR_DIMS];
    size_t length[NC_MAX_VAR_DIMS];
    int time, row, col; /* positions, -1 where absent */
};

static enum netcdf_role dimension_role(int nc, int dimension)
{
    char name[NC_MAX_NAME + 1] = "";
    int coordinate = netcdf_coordinate(nc, dimension);
    enum netcdf_role role = coordinate >= 0 ? netcdf_role_of(nc, coordinate) : ROLE_NONE;
    if (role == ROLE_NONE && coordinate < 0 && nc_inq_dimname(nc, dimension, name) == NC_NOERR) {
        role = netcdf_role_of_name(name);
    }
    return role;
}

/* True where another variable names this one as its coordinate, bounds or mapping. */
static bool is_named_by_others(int nc, const char *name)
{
    static const char *const attributes[] = {"bounds", "coordinates", "climatology"};
    int count = 0;
    bool is_named = false;
    nc_inq_nvars(nc, &count);
    for (int variable = 0; variable < count && !is_named; variable++) {
        for (int i = 0; i < 3 && !is_named; i++) {
            char *text = netcdf_text(nc, variable, attributes[i]);
            char *rest = text;
            for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
                is_named = is_named || strcmp(word, name) == 0;
            }
            free(text);
        }
    }
    return is_named;
}

/* Fills @p candidate; false where it is no raster. */
static bool examine(int nc, int id, struct candidate *candidate)
{
    *candidate = (struct candidate){.id = id, .time = -1, .row = -1, .col = -1};
    if (nc_inq_var(nc, id, candidate->name, &candidate->type, &candidate->dimensions,
                   candidate->dimension, NULL) != NC_NOERR ||
        candidate->dimensions < 2 || candidate->dimensions > RASTER_MOST_DIMENSIONS ||
        candidate->type == NC_CHAR || candidate->type > NC_UINT64) {
        return false;
    }
    for (int i = 0; i < candidate->dimensions; i++) {
        enum netcdf_role role = dimension_role(nc, candidate->dimension[i]);
        nc_inq_dimlen(nc, candidate->dimension[i], &candidate->length[i]);
        if (role == ROLE_TIME && candidate->time < 0) {
            candidate->time = i;
        } else if (role == ROLE_ROW && candidate->row < 0) {
            candidate->row = i;
        } else if (role == ROLE_COL && candidate->col < 0) {
            candidate->col = i;
        }
    }
    enum netcdf_role own = netcdf_role_of(nc, id);
    bool is_coordinate = (own == ROLE_ROW || own == ROLE_COL) && netcdf_is_degrees(nc, id);
    return candidate->row >= 0 && candidate->col >= 0 && !is_coordinate &&
           !is_named_by_others(nc, candidate->name);
}

static enum status replace_text(int nc, int id, const char *attribute, char **text)
{
    char *found = netcdf_text(nc, id, attribute);
    if (found != NULL) {
        free(*text);
        *text = found;
    }
    return STATUS_OK;
}

/* How the storage is chunked, and a cache that holds a layer of chunks of a whole map. */
static void read_chunks(int nc, const struct candidate *candidate, struct raster_variable *out)
{
    int storage = NC_CONTIGUOUS;
    size_t chunk[NC_MAX_VAR_DIMS];
    if (nc_inq_var_chunking(nc, candidate->id, &storage, chunk) != NC_NOERR ||
        storage != NC_CHUNKED) {
        return;
    }
    size_t bytes = (size_t)stored_bytes(candidate->type);
    size_t layer = 1;
    for (int i = 0; i < candidate->dimensions; i++) {
        out->chunk[i] = (int64_t)chunk[i];
        bytes *= chunk[i];
        layer *= i == candidate->time ? 1 : (candidate->length[i] + chunk[i] - 1) / chunk[i];
    }
    size_t cache = layer * bytes + (1 << 20);
    cache = cache < CACHE_BYTES ? cache : CACHE_BYTES;
    cache = cache > bytes ? cache : bytes; /* less than one chunk would cache nothing */
    nc_set_var_chunk_cache(nc, candidate->id, cache, 2 * layer + 1009, 1.0F);
    out->chunk_steps = candidate->time >= 0 ? (int64_t)chunk[candidate->time] : 1;
    out->chunk_rows = (int64_t)chunk[candidate->row];
    out->chunk_cols = (int64_t)chunk[candidate->col];
    out->is_costly = true;
}

static const char *format_name(int nc)
{
    int format = 0;
    nc_inq_format(nc, &format);
    switch (format) {
    case NC_FORMAT_CLASSIC:
        return "NetCDF classic (CDF-1)";
    case NC_FORMAT_64BIT_OFFSET:
        return "NetCDF 64-bit offset (CDF-2)";
    case NC_FORMAT_64BIT_DATA:
        return "NetCDF 64-bit data (CDF-5)";
    case NC_FORMAT_NETCDF4_CLASSIC:
        return "NetCDF-4, classic model";
    default:
        return "NetCDF-4";
    }
}

/* Names of the filters that a variable went through, by their numbers at the HDF Group. */
static void describe_filters(int nc, int id, char *text, size_t bytes)
{
    static const struct {
        unsigned id;
        const char *name;
    } names[] = {{1, "deflate"}, {2, "shuffle"},   {3, "checksum"},     {4, "szip"},
                 {307, "bzip2"}, {32001, "blosc"}, {32015, "zstandard"}};
    enum {
        MOST_FILTERS = 16
    };
    size_t count = 0;
    unsigned ids[MOST_FILTERS];
    size_t used = 0;
    text[0] = '\0';
    if (nc_inq_var_filter_ids(nc, id, &count, NULL) != NC_NOERR || count > MOST_FILTERS ||
        nc_inq_var_filter_ids(nc, id, &count, ids) != NC_NOERR) {
        return;
    }
    for (size_t i = 0; i < count && used < bytes; i++) {
        const char *name = "other";
        for (size_t known = 0; known < sizeof names / sizeof names[0]; known++) {
            name = names[known].id == ids[i] ? names[known].name : name;
        }
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? ", " : "", name);
    }
}

/* What `info` tells of the storage. */
static void describe_storage(int nc, const struct candidate *candidate, struct raster_variable *out)
{
    struct dataset_storage *storage = &out->storage;
    char name[NC_MAX_NAME + 1] = "";
    size_t used = 0;
    storage->format = format_name(nc);
    nc_inq_type(nc, candidate->type, name, NULL);
    snprintf(storage->type, sizeof storage->type, "%s%s",
             out->packing.is_unsigned ? "unsigned " : "", name);
    for (int i = 0; i < candidate->dimensions && used < sizeof storage->dimensions; i++) {
        nc_inq_dimname(nc, candidate->dimension[i], name);
        used += (size_t)snprintf(storage->dimensions + used, sizeof storage->dimensions - used,
                                 "%s%s", i > 0 ? ", " : "", name);
    }
    describe_filters(nc, candidate->id, storage->compression, sizeof storage->compression);
    memcpy(storage->time_units, out->times.units, sizeof storage->time_units);
    storage->scale = out->packing.scale;
    storage->offset = out->packing.offset;
    storage->is_chunked = out->chunk_steps > 0;
    storage->chunk_steps = out->chunk_steps;
    storage->chunk_rows = out->chunk_rows;
    storage->chunk_cols = out->chunk_cols;
}

/* Label of place @p index on a further dimension: a word of its coordinate's flag_meanings. */
static enum status read_label(int nc, int dimension, size_t index, char **label)
{
    enum status status = STATUS_OK;
    int coordinate = netcdf_coordinate(nc, dimension);
    char *words = coordinate >= 0 ? netcdf_text(nc, coordinate, "flag_meanings") : NULL;
    char *rest = words, *word = strsep(&rest, " ");
    for (size_t place = 0; place < index && word != NULL; place++) {
        word = strsep(&rest, " ");
    }
    if (word != NULL) {
        free(*label);
        *label = NULL;
        TRY(memory_copy_text(word, label));
    }
done:
    free(words);
    return status;
}

/* Adds the variable with its further dimensions at @p index. */
static enum status add_one(struct raster *raster, int nc, const struct candidate *candidate,
                           const size_t *index, const struct dataset_options *options)
{
    enum status status;
    struct raster_variable *out = NULL;
    struct text name = {0};
    text_add(&name, candidate->name);
    TRY(raster_add(raster, &out));
    out->id = candidate->id;
    out->type = candidate->type;
    out->dimensions = candidate->dimensions;
    out->row_dimension = candidate->row;
    out->col_dimension = candidate->col;
    for (int i = 0; i < candidate->dimensions; i++) {
        char dimension[NC_MAX_NAME + 1] = "";
        bool is_further = i != candidate->time && i != candidate->row && i != candidate->col;
        out->shape[i] = (int64_t)candidate->length[i];
        out->index[i] = (int64_t)index[i];
        if (is_further && candidate->length[i] > 1) {
            nc_inq_dimname(nc, candidate->dimension[i], dimension);
            text_add_format(&name, "[%s=%zu]", dimension, index[i]);
            TRY(read_label(nc, candidate->dimension[i], index[i], &out->layer));
        }
    }
    free(out->name);
    out->name = NULL;
    TRY(text_take(&name, &out->name));
    TRY(replace_text(nc, candidate->id, "standard_name", &out->standard_name));
    TRY(replace_text(nc, candidate->id, "long_name", &out->long_name));
    TRY(replace_text(nc, candidate->id, "units", &out->units));
    TRY(replace_text(nc, candidate->id, "cell_methods", &out->cell_methods));
    read_packing(nc, candidate->id, candidate->type, &out->packing);
    out->packing.keep_infinite = options->keep_infinite;
    int time = candidate->time >= 0 ? candidate->dimension[candidate->time] : -1;
    TRY(netcdf_times(nc, candidate->id, time, options, &out->times));
    out->time_dimension = out->times.steps > 0 ? candidate->time : -1;
    if (candidate->time >= 0) {
        out->index[candidate->time] = 0;
    }
    TRY(netcdf_grid(raster, nc, candidate->id, candidate->dimension[candidate->row],
                    candidate->dimension[candidate->col], options, out));
    read_chunks(nc, candidate, out);
    describe_storage(nc, candidate, out);
done:
    text_clear(&name);
    return status;
}

/* A variable that cannot be used is left out with a warning, so that others can. */
static enum status add_or_warn(struct raster *raster, int nc, const struct candidate *candidate,
                               const size_t *index, const struct dataset_options *options)
{
    int before = raster->count;
    enum status status = add_one(raster, nc, candidate, index, options);
    if (status != STATUS_DATA) {
        return status;
    }
    raster_warn(raster, "'%s': variable '%s' is left out: %s", raster->path, candidate->name,
                failure_message());
    if (raster->refusal == NULL &&
        asprintf(&raster->refusal, "variable '%s': %s", candidate->name, failure_message()) < 0) {
        raster->refusal = NULL;
    }
    failure_clear();
    while (raster->count > before) {
        raster_variable_clear(&raster->variables[--raster->count]);
    }
    return STATUS_OK;
}

/* One variable for each index of further dimensions. */
static enum status add_all(struct raster *raster, int nc, const struct candidate *candidate,
                           const struct dataset_options *options)
{
    enum {
        MOST_VARIABLES = 4096
    };
    size_t index[RASTER_MOST_DIMENSIONS] = {0};
    size_t total = 1;
    for (int i = 0; i < candidate->dimensions; i++) {
        bool is_further = i != candidate->time && i != candidate->row && i != candidate->col;
        total *= is_further ? candidate->length[i] : 1;
    }
    if (total > MOST_VARIABLES) {
        raster_warn(raster, "'%s': variable '%s' is left out: its further dimensions have %zu places",
                    raster->path, candidate->name, total);
        return STATUS_OK;
    }
    for (size_t number = 0; number < total; number++) {
        size_t rest = number;
        for (int i = candidate->dimensions - 1; i >= 0; i--) {
            bool is_further = i != candidate->time && i != candidate->row && i != candidate->col;
            index[i] = is_further ? rest % candidate->length[i] : 0;
            rest /= is_further ? candidate->length[i] : 1;
        }
        enum status status = add_or_warn(raster, nc, candidate, index, options);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status read_attributes(struct raster *raster, int nc)
{
    enum status status = STATUS_OK;
    char *text = NULL;
    int count = 0;
    nc_inq_natts(nc, &count);
    for (int i = 0; i < count; i++) {
        char name[NC_MAX_NAME + 1] = "";
        free(text);
        text = nc_inq_attname(nc, NC_GLOBAL, i, name) == NC_NOERR ? netcdf_text(nc, NC_GLOBAL, name)
                                                                  : NULL;
        if (text != NULL) {
            TRY(text_list_add(&raster->attributes, name));
            TRY(text_list_add(&raster->attributes, text));
        }
    }
done:
    free(text);
    return status;
}

static enum status scan(struct raster *raster, int nc, const char *wanted,
                        const struct dataset_options *options)
{
    enum status status = STATUS_OK;
    struct candidate *candidate = NULL;
    int count = 0;
    nc_inq_nvars(nc, &count);
    TRY(memory_allocate(1, sizeof *candidate, &candidate));
    for (int id = 0; id < count; id++) {
        if (examine(nc, id, candidate) &&
            (wanted == NULL || strcmp(candidate->name, wanted) == 0)) {
            TRY(add_all(raster, nc, candidate, options));
        }
    }
    FAIL_IF(raster->count == 0 && raster->refusal != NULL, STATUS_DATA, "'%s', %s", raster->path,
            raster->refusal);
    FAIL_IF(raster->count == 0 && wanted != NULL, STATUS_DATA,
            "'%s' holds no variable '%s' with rows and columns", raster->path, wanted);
    FAIL_IF(
        raster->count == 0, STATUS_DATA,
        "'%s' holds no variable with rows and columns: coordinates need names like lat and lon, "
        "units, or standard names",
        raster->path);
done:
    free(candidate);
    return status;
}

enum status raster_open_netcdf(struct raster *raster, const char *wanted,
                               const struct dataset_options *options)
{
    enum status status;
    struct handle *handle = NULL;
    TRY(memory_allocate(1, sizeof *handle, &handle));
    handle->nc = -1;
    handle->cached_variable = -1;
    raster->handle = handle;
    raster->format = &netcdf_format;
    if (classic_is(raster->path)) {
        TRY(classic_open(raster->path, false, &handle->classic));
    } else {
        TRY(check_hdf5_size(raster->path));
    }
    int error = nc_open(raster->path, NC_NOWRITE, &handle->nc);
    if (error != NC_NOERR) {
        handle->nc = -1;
    }
    FAIL_IF(error != NC_NOERR, STATUS_DATA,
            "'%s' cannot be opened as NetCDF (%s): it is damaged, or HDF5 of another kind",
            raster->path, nc_strerror(error));
    TRY(read_attributes(raster, handle->nc));
    TRY(scan(raster, handle->nc, wanted, options));
    if (handle->classic != NULL) {
        nc_close(handle->nc);
        handle->nc = -1;
    }
done:
    return status;
}
