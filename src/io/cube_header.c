/* airshed -- GPL-3.0-or-later. The header and coordinates of a cube, by CF 1.11 and ACDD 1.3. */
#include <errno.h>
#include <math.h>
#include <pnetcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/text.h"
#include "classic_internal.h"
#include "cube_internal.h"
#include "grid/projection.h"

int cube_type_code(enum cube_type type)
{
    static const int codes[] = {
        [CUBE_FLOAT] = NC_FLOAT,
        [CUBE_DOUBLE] = NC_DOUBLE,
        [CUBE_INT] = NC_INT,
        [CUBE_BYTE] = NC_BYTE,
    };
    return codes[type];
}

/* ---- definitions: after the first error the rest is skipped --------------------------------- */

/* A header under construction, the first error, and what it was about. */
struct header {
    int id;
    int error;
    const char *what;
    const struct cube_spec *spec;
    int time, rows, cols, ends; /* dimensions */
};

static void note(struct header *header, int error, const char *what)
{
    if (header->error == NC_NOERR && error != NC_NOERR) {
        header->error = error;
        header->what = what;
    }
}

static int dimension(struct header *header, const char *name, int64_t length)
{
    int id = -1;
    if (header->error == NC_NOERR) {
        note(header, ncmpi_def_dim(header->id, name, length, &id), name);
    }
    return id;
}

static int variable(struct header *header, const char *name, nc_type type, int count,
                    const int *dimensions)
{
    int id = -1;
    if (header->error == NC_NOERR) {
        note(header, ncmpi_def_var(header->id, name, type, count, dimensions, &id), name);
    }
    return id;
}

static void text(struct header *header, int id, const char *name, const char *value)
{
    if (header->error == NC_NOERR && value != NULL && value[0] != '\0') {
        note(header, ncmpi_put_att_text(header->id, id, name, (MPI_Offset)strlen(value), value),
             name);
    }
}

static void numbers(struct header *header, int id, const char *name, nc_type type, int count,
                    const double *value)
{
    if (header->error == NC_NOERR) {
        note(header, ncmpi_put_att_double(header->id, id, name, type, count, value), name);
    }
}

static void number(struct header *header, int id, const char *name, nc_type type, double value)
{
    numbers(header, id, name, type, 1, &value);
}

/* ---- coordinates ---------------------------------------------------------------------------- */

/* What CF calls the axes of a grid. */
struct axis_names {
    const char *name, *bounds, *standard_name, *long_name, *units, *axis;
};

static const struct axis_names axes[2][2] = {
    {{"y", "y_bnds", "projection_y_coordinate", "y coordinate of projection", "m", "Y"},
     {"x", "x_bnds", "projection_x_coordinate", "x coordinate of projection", "m", "X"}},
    {{"lat", "lat_bnds", "latitude", "latitude", "degrees_north", "Y"},
     {"lon", "lon_bnds", "longitude", "longitude", "degrees_east", "X"}},
};

static void define_axis(struct header *header, const struct axis_names *names, int dimension_id)
{
    const int bounds[] = {dimension_id, header->ends};
    int id = variable(header, names->name, NC_DOUBLE, 1, &dimension_id);
    text(header, id, "standard_name", names->standard_name);
    text(header, id, "long_name", names->long_name);
    text(header, id, "units", names->units);
    text(header, id, "axis", names->axis);
    text(header, id, "bounds", names->bounds);
    variable(header, names->bounds, NC_DOUBLE, 2, bounds);
}

static void define_time(struct header *header)
{
    const struct time_axis *axis = header->spec->time;
    const int bounds[] = {header->time, header->ends};
    char units[64];
    snprintf(units, sizeof units, "days since %04d-01-01 00:00:00", axis->epoch_year);
    int id = variable(header, "time", NC_DOUBLE, 1, &header->time);
    text(header, id, "standard_name", "time");
    text(header, id, "long_name", "start of the interval");
    text(header, id, "units", units);
    text(header, id, "calendar", calendar_name(axis->calendar));
    text(header, id, "axis", "T");
    text(header, id, "bounds", "time_bnds");
    variable(header, "time_bnds", NC_DOUBLE, 2, bounds);
}

/* Cell centres of a projected grid in degrees, for readers that know no projections (C.06). */
static void define_lonlat(struct header *header)
{
    const int dimensions[] = {header->rows, header->cols};
    int id = variable(header, "lat", NC_DOUBLE, 2, dimensions);
    text(header, id, "standard_name", "latitude");
    text(header, id, "long_name", "latitude");
    text(header, id, "units", "degrees_north");
    id = variable(header, "lon", NC_DOUBLE, 2, dimensions);
    text(header, id, "standard_name", "longitude");
    text(header, id, "long_name", "longitude");
    text(header, id, "units", "degrees_east");
}

/* Twelve digits of a cell size: the rest is rounding of the edges. */
static double rounded(double value)
{
    char words[32];
    snprintf(words, sizeof words, "%.12g", value);
    return strtod(words, NULL);
}

/* GDAL's own attribute: the north-western corner and the cell, north up, whatever the row order. */
static void add_geotransform(struct header *header, int id)
{
    const struct georeference *grid = header->spec->grid;
    char words[6][TEXT_NUMBER_BYTES];
    char joined[6 * TEXT_NUMBER_BYTES];
    double width = rounded((grid->x_edges[grid->cols] - grid->x_edges[0]) / (double)grid->cols);
    double height = rounded((grid->y_edges[grid->rows] - grid->y_edges[0]) / (double)grid->rows);
    if (georeference_is_regular(grid)) {
        snprintf(joined, sizeof joined, "%s %s 0 %s 0 %s", text_real(grid->x_edges[0], words[0]),
                 text_real(width, words[1]), text_real(grid->y_edges[grid->rows], words[2]),
                 text_real(-height, words[3]));
        text(header, id, "GeoTransform", joined);
    }
}

static enum status define_mapping(struct header *header)
{
    enum status status;
    struct mapping_attribute attributes[MAPPING_MOST];
    int count = 0;
    char *spatial_ref = NULL;
    const char *crs = header->spec->grid->crs_wkt;
    TRY(projection_mapping(crs, attributes, &count));
    TRY(projection_wkt1(crs, &spatial_ref));
    int id = variable(header, "crs", NC_INT, 0, NULL);
    for (int i = 0; i < count; i++) {
        if (attributes[i].count == 0) {
            text(header, id, attributes[i].name, attributes[i].text);
        } else {
            numbers(header, id, attributes[i].name, NC_DOUBLE, attributes[i].count,
                    attributes[i].number);
        }
    }
    text(header, id, "crs_wkt", crs);
    text(header, id, "spatial_ref", spatial_ref);
    add_geotransform(header, id);
done:
    free(spatial_ref);
    return status;
}

/* ---- data variables ------------------------------------------------------------------------- */

/* Words and the numbers 0, 1, 2 ... that stand for them. */
static void add_meanings(struct header *header, int id, nc_type type, const char *meanings)
{
    double values[128];
    int count = 1;
    for (const char *at = meanings; *at != '\0'; at++) {
        count += *at == ' ' && count < 128;
    }
    for (int i = 0; i < count; i++) {
        values[i] = i;
    }
    numbers(header, id, "flag_values", type, count, values);
    text(header, id, "flag_meanings", meanings);
}

static double fill_value(enum cube_type type)
{
    return type == CUBE_INT ? NC_FILL_INT : type == CUBE_BYTE ? NC_FILL_BYTE : (double)CLASSIC_FILL;
}

/* The labels as one text of words. */
static enum status join_labels(const struct cube_variable *spec, char **joined)
{
    struct text words = {0};
    for (int i = 0; i < spec->layers && spec->layer_labels != NULL; i++) {
        text_add(&words, i > 0 ? " " : "");
        text_add(&words, spec->layer_labels[i]);
    }
    return text_take(&words, joined);
}

/* The coordinate of a layer dimension: numbers, because CDO and GDAL warn about text on an axis. */
static void define_layer_axis(struct header *header, const struct cube_variable *spec, int layers)
{
    char *labels = NULL;
    int id = variable(header, spec->layer_name, NC_INT, 1, &layers);
    text(header, id, "long_name", spec->layer_name);
    if (join_labels(spec, &labels) != STATUS_OK) {
        note(header, NC_ENOMEM, spec->layer_name);
    } else if (labels[0] != '\0') {
        add_meanings(header, id, NC_INT, labels);
    }
    free(labels);
}

/* The leading dimension of a layered variable, made once for all that share it. */
static int layer_dimension(struct header *header, const struct cube_variable *spec)
{
    int id = -1;
    MPI_Offset length = 0;
    if (header->error != NC_NOERR ||
        ncmpi_inq_dimid(header->id, spec->layer_name, &id) != NC_NOERR) {
        id = dimension(header, spec->layer_name, spec->layers);
        define_layer_axis(header, spec, id);
        return id;
    }
    note(header, ncmpi_inq_dimlen(header->id, id, &length), spec->layer_name);
    note(header, length == spec->layers ? NC_NOERR : NC_EDIMSIZE, spec->layer_name);
    return id;
}

static void define_variable(struct header *header, const struct cube_variable *spec)
{
    int dimensions[3];
    int count = 0;
    nc_type type = cube_type_code(spec->type);
    double fill = fill_value(spec->type);
    if (spec->layers > 0) {
        dimensions[count++] = layer_dimension(header, spec);
    } else if (spec->has_time) {
        dimensions[count++] = header->time;
    }
    dimensions[count++] = header->rows;
    dimensions[count++] = header->cols;
    int id = variable(header, spec->name, type, count, dimensions);
    text(header, id, "standard_name", spec->standard_name);
    text(header, id, "long_name", spec->long_name);
    text(header, id, "units", spec->units);
    text(header, id, "cell_methods", spec->cell_methods);
    text(header, id, "ancillary_variables", spec->ancillary_variables);
    text(header, id, "grid_mapping", "crs");
    text(header, id, "coordinates", header->spec->grid->is_geographic ? NULL : "lat lon");
    number(header, id, "_FillValue", type, fill);
    number(header, id, "missing_value", type, fill);
    if (spec->flag_meanings != NULL) {
        add_meanings(header, id, type, spec->flag_meanings);
    }
    if (!spec->skip_range && (type == NC_FLOAT || type == NC_DOUBLE)) {
        numbers(header, id, "actual_range", type, 2, (const double[]){fill, fill});
    }
}

/* ---- global attributes ---------------------------------------------------------------------- */

static void add_lonlat_range(struct header *header, const double range[4])
{
    number(header, NC_GLOBAL, "geospatial_lat_min", NC_DOUBLE, range[1]);
    number(header, NC_GLOBAL, "geospatial_lat_max", NC_DOUBLE, range[3]);
    number(header, NC_GLOBAL, "geospatial_lon_min", NC_DOUBLE, range[0]);
    number(header, NC_GLOBAL, "geospatial_lon_max", NC_DOUBLE, range[2]);
    text(header, NC_GLOBAL, "geospatial_bounds_crs", "EPSG:4326");
}

static void add_time_coverage(struct header *header)
{
    const struct time_axis *axis = header->spec->time;
    char words[64];
    time_axis_text(axis, axis->bounds[0], words, sizeof words);
    text(header, NC_GLOBAL, "time_coverage_start", words);
    time_axis_text(axis, axis->bounds[2 * axis->steps - 1], words, sizeof words);
    text(header, NC_GLOBAL, "time_coverage_end", words);
    time_axis_resolution(axis, words, sizeof words);
    text(header, NC_GLOBAL, "time_coverage_resolution", words);
}

static void add_globals(struct header *header, const double range[4])
{
    const struct cube_spec *spec = header->spec;
    text(header, NC_GLOBAL, "Conventions", "CF-1.11 ACDD-1.3");
    for (int i = 0; i < spec->attribute_count; i++) {
        text(header, NC_GLOBAL, spec->attributes[i].name, spec->attributes[i].value);
    }
    add_lonlat_range(header, range);
    if (spec->time != NULL) {
        add_time_coverage(header);
    }
}

static enum status define_all(struct header *header, const double range[4])
{
    const struct cube_spec *spec = header->spec;
    bool is_geographic = spec->grid->is_geographic;
    add_globals(header, range);
    header->time = spec->time != NULL ? dimension(header, "time", spec->time->steps) : -1;
    header->rows = dimension(header, axes[is_geographic][0].name, spec->grid->rows);
    header->cols = dimension(header, axes[is_geographic][1].name, spec->grid->cols);
    header->ends = dimension(header, "bnds", 2);
    if (spec->time != NULL) {
        define_time(header);
    }
    define_axis(header, &axes[is_geographic][0], header->rows);
    define_axis(header, &axes[is_geographic][1], header->cols);
    if (!is_geographic) {
        define_lonlat(header);
    }
    enum status status = define_mapping(header);
    for (int i = 0; i < spec->variable_count; i++) {
        define_variable(header, &spec->variables[i]);
    }
    return status;
}

/* ---- values of the coordinates -------------------------------------------------------------- */

/* West, south, east, north in degrees: of the edges, or of the centres on a projected grid. */
static void lonlat_range(const struct georeference *grid, const double *lon, const double *lat,
                         double range[4])
{
    range[0] = grid->x_edges[0];
    range[1] = grid->y_edges[0];
    range[2] = grid->x_edges[grid->cols];
    range[3] = grid->y_edges[grid->rows];
    if (lon != NULL) {
        range[0] = range[1] = INFINITY;
        range[2] = range[3] = -INFINITY;
        for (int64_t i = 0; i < grid->rows * grid->cols; i++) {
            range[0] = fmin(range[0], lon[i]);
            range[1] = fmin(range[1], lat[i]);
            range[2] = fmax(range[2], lon[i]);
            range[3] = fmax(range[3], lat[i]);
        }
    }
}

static enum status put_whole(struct classic_file *file, const char *name, const void *values)
{
    static const int64_t start[CLASSIC_MOST_DIMENSIONS];
    const struct classic_variable *found = classic_find(file, name);
    if (found == NULL) {
        return failure_record(STATUS_FAILED, __FILE__, __LINE__, "'%s' lost its variable '%s'",
                              file->path, name);
    }
    return classic_write(file, found, start, found->shape, values, false);
}

static enum status put_axis(struct classic_file *file, const struct axis_names *names,
                            int64_t count, const double *centres, const double *edges)
{
    enum status status;
    double *bounds = NULL;
    TRY(memory_allocate(2 * (size_t)count, sizeof *bounds, &bounds));
    for (int64_t i = 0; i < count; i++) {
        bounds[2 * i] = edges[i];
        bounds[2 * i + 1] = edges[i + 1];
    }
    TRY(put_whole(file, names->name, centres));
    TRY(put_whole(file, names->bounds, bounds));
done:
    free(bounds);
    return status;
}

static enum status put_layer_axis(struct classic_file *file, const struct cube_variable *spec)
{
    enum status status;
    int *index = NULL;
    TRY(memory_allocate((size_t)spec->layers, sizeof *index, &index));
    for (int i = 0; i < spec->layers; i++) {
        index[i] = i;
    }
    TRY(put_whole(file, spec->layer_name, index));
done:
    free(index);
    return status;
}

static enum status put_coordinates(struct classic_file *file, const struct cube_spec *spec,
                                   const double *lon, const double *lat)
{
    enum status status;
    const struct georeference *grid = spec->grid;
    static const int zero;
    TRY(put_axis(file, &axes[grid->is_geographic][0], grid->rows, grid->y, grid->y_edges));
    TRY(put_axis(file, &axes[grid->is_geographic][1], grid->cols, grid->x, grid->x_edges));
    TRY(put_whole(file, "crs", &zero));
    if (lon != NULL) {
        TRY(put_whole(file, "lat", lat));
        TRY(put_whole(file, "lon", lon));
    }
    if (spec->time != NULL) {
        TRY(put_whole(file, "time", spec->time->value));
        TRY(put_whole(file, "time_bnds", spec->time->bounds));
    }
    for (int i = 0; i < spec->variable_count; i++) {
        if (spec->variables[i].layers > 0) {
            TRY(put_layer_axis(file, &spec->variables[i]));
        }
    }
done:
    return status;
}

/* ---- the file ------------------------------------------------------------------------------- */

/* The library believes the disk (classic_internal.h), so the size tells whether it took the header.
 */
static enum status finish_header(int header, const char *path)
{
    struct stat about = {0};
    MPI_Offset bytes = 0;
    int error = ncmpi_enddef(header);
    error = error != NC_NOERR ? error : ncmpi_inq_header_size(header, &bytes);
    int closed = ncmpi_close(header);
    error = error != NC_NOERR ? error : closed;
    if (error != NC_NOERR || stat(path, &about) != 0 || about.st_size < bytes) {
        return failure_record(STATUS_OUTPUT, __FILE__, __LINE__,
                              "the header of '%s' cannot be written (%s): is the disk full?", path,
                              error != NC_NOERR ? ncmpi_strerror(error) : "it is cut short");
    }
    return STATUS_OK;
}

/* True where no variable but the last has 4 GiB, with room for coordinates. */
static bool fits_cdf2(const struct cube_spec *spec)
{
    int64_t map = spec->grid->rows * spec->grid->cols;
    for (int i = 0; i < spec->variable_count; i++) {
        const struct cube_variable *variable = &spec->variables[i];
        int64_t leading = variable->layers > 0 ? variable->layers
                          : variable->has_time ? spec->time->steps
                                               : 1;
        if (map * leading * 8 >= INT64_C(1) << 32) {
            return false;
        }
    }
    return map * 8 < INT64_C(1) << 32;
}

static int format_flag(const struct cube_spec *spec)
{
    bool is_cube = spec->time != NULL;
    bool wants_cdf2 = spec->format == CUBE_CDF2 || (spec->format == CUBE_AUTOMATIC && !is_cube);
    return wants_cdf2 && fits_cdf2(spec) ? NC_64BIT_OFFSET : NC_64BIT_DATA;
}

static enum status write_header(const char *path, const struct cube_spec *spec,
                                const double range[4])
{
    enum status status;
    struct header header = {.id = -1, .spec = spec, .what = "header"};
    FAIL_IF(unlink(path) != 0 && errno != ENOENT, STATUS_OUTPUT, "'%s' cannot be replaced: %s",
            path, strerror(errno));
    int error = ncmpi_create(MPI_COMM_SELF, path, NC_NOCLOBBER | format_flag(spec), MPI_INFO_NULL,
                             &header.id);
    FAIL_IF(error != NC_NOERR, STATUS_OUTPUT, "'%s' cannot be created: %s", path,
            ncmpi_strerror(error));
    TRY(define_all(&header, range));
    FAIL_IF(header.error != NC_NOERR, STATUS_FAILED, "'%s' cannot be defined, at '%s': %s", path,
            header.what, ncmpi_strerror(header.error));
    int id = header.id;
    header.id = -1;
    TRY(finish_header(id, path));
done:
    if (header.id >= 0) {
        ncmpi_abort(header.id);
    }
    return status;
}

enum status cube_write_skeleton(const char *path, const struct cube_spec *spec, bool reserves)
{
    enum status status;
    size_t count = (size_t)(spec->grid->rows * spec->grid->cols);
    double *lon = NULL;
    double *lat = NULL;
    double range[4];
    struct classic_file *file = NULL;
    if (!spec->grid->is_geographic) {
        TRY(memory_allocate(count, sizeof *lon, &lon));
        TRY(memory_allocate(count, sizeof *lat, &lat));
        TRY(georeference_lonlat(spec->grid, lon, lat));
    }
    lonlat_range(spec->grid, lon, lat, range);
    TRY(write_header(path, spec, range));
    TRY(classic_reserve(path, reserves));
    TRY(classic_open(path, true, &file));
    TRY(put_coordinates(file, spec, lon, lat));
    TRY(classic_sync(file));
done:
    classic_close(&file);
    free(lon);
    free(lat);
    return status;
}

enum status cube_write_range(const char *path, const struct cube_variable *spec, double low,
                             double high)
{
    enum status status = STATUS_OK;
    const double range[] = {low, high};
    int header = -1;
    int id = -1;
    int error = ncmpi_open(MPI_COMM_SELF, path, NC_WRITE, MPI_INFO_NULL, &header);
    error = error != NC_NOERR ? error : ncmpi_inq_varid(header, spec->name, &id);
    error = error != NC_NOERR ? error
                              : ncmpi_put_att_double(header, id, "actual_range",
                                                     cube_type_code(spec->type), 2, range);
    if (header >= 0) {
        int closed = ncmpi_close(header);
        error = error != NC_NOERR ? error : closed;
    }
    FAIL_IF(error != NC_NOERR, STATUS_OUTPUT, "the range of '%s' cannot be written to '%s': %s",
            spec->name, path, ncmpi_strerror(error));
done:
    return status;
}
