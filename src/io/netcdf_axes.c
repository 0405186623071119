/* airshed -- GPL-3.0-or-later. Grids and dates of NetCDF variables. */
#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/units.h"
#include "grid/projection.h"
#include "netcdf_internal.h"

/* ---- coordinate reference system ------------------------------------------------------------ */

/* True where PROJ knows the text; nothing is recorded where it does not. */
static bool is_known(const char *crs)
{
    struct projection projection = {0};
    bool known = crs != NULL && projection_init(crs, &projection) == STATUS_OK;
    if (crs != NULL && !known) {
        failure_clear();
    }
    projection_clear(&projection);
    return known;
}

static int read_mapping(int nc, int mapping, struct mapping_attribute *attributes)
{
    int total = 0;
    int count = 0;
    nc_inq_varnatts(nc, mapping, &total);
    for (int i = 0; i < total && count < MAPPING_MOST; i++) {
        char name[NC_MAX_NAME + 1] = "";
        struct mapping_attribute *attribute = &attributes[count];
        *attribute = (struct mapping_attribute){.count = 0};
        if (nc_inq_attname(nc, mapping, i, name) != NC_NOERR ||
            strlen(name) >= sizeof attribute->name) {
            continue;
        }
        char *text = netcdf_text(nc, mapping, name);
        snprintf(attribute->name, sizeof attribute->name, "%s", name);
        snprintf(attribute->text, sizeof attribute->text, "%s", text != NULL ? text : "");
        attribute->count = netcdf_numbers(nc, mapping, name, 2, attribute->number);
        count++;
        free(text);
    }
    return count;
}

/* The grid mapping variable that @p variable names, or -1; "crs: x y" in the extended form. */
static int find_mapping(int nc, int variable)
{
    int mapping = -1;
    char *text = netcdf_text(nc, variable, "grid_mapping");
    if (text != NULL) {
        text[strcspn(text, ": ")] = '\0';
        if (nc_inq_varid(nc, text, &mapping) != NC_NOERR) {
            mapping = -1;
        }
    }
    free(text);
    return mapping;
}

/* The system of a mapping variable: its WKT where PROJ reads it, else the CF parameters. */
static enum status mapping_crs(int nc, int mapping, char **crs)
{
    static const char *const names[] = {"crs_wkt", "spatial_ref"};
    struct mapping_attribute attributes[MAPPING_MOST];
    for (int i = 0; i < 2; i++) {
        *crs = netcdf_text(nc, mapping, names[i]);
        if (is_known(*crs)) {
            return STATUS_OK;
        }
        free(*crs);
        *crs = NULL;
    }
    return projection_from_mapping(attributes, read_mapping(nc, mapping, attributes), crs);
}

/* ---- grids ---------------------------------------------------------------------------------- */

/* Everything about one grid while it is made. */
struct grid_parts {
    struct raster *raster;
    int nc, row_dimension, col_dimension;
    int row_coordinate, col_coordinate; /* 1-D variables or -1 */
    int mapping;                        /* variable or -1 */
    char *crs;
    bool is_assumed;
    size_t rows, cols;
    double *y, *x, *y_bounds, *x_bounds;
};

static void clear_parts(struct grid_parts *parts)
{
    free(parts->crs);
    free(parts->x);
    free(parts->y);
    free(parts->x_bounds);
    free(parts->y_bounds);
}

static bool looks_geographic(const struct grid_parts *parts)
{
    for (size_t i = 0; i < parts->cols; i++) {
        if (!(parts->x[i] >= -360 && parts->x[i] <= 720)) {
            return false;
        }
    }
    for (size_t i = 0; i < parts->rows; i++) {
        if (!(fabs(parts->y[i]) <= 90)) {
            return false;
        }
    }
    return true;
}

/* A projected system that was given cannot be that of a grid in degrees, such as coarser weather
 * beside a projected cube. */
static bool is_projected(const char *crs)
{
    struct projection projection = {0};
    bool is = projection_init(crs, &projection) == STATUS_OK && !projection.is_geographic;
    failure_clear();
    projection_clear(&projection);
    return is;
}

/* Decides on the system of a grid with 1-D coordinates. */
static enum status choose_crs(struct grid_parts *parts, const struct dataset_options *options)
{
    enum status status = STATUS_OK;
    bool is_degrees = netcdf_is_degrees(parts->nc, parts->col_coordinate);
    if (parts->mapping >= 0) {
        return mapping_crs(parts->nc, parts->mapping, &parts->crs);
    }
    parts->is_assumed = true;
    if (options->crs != NULL && !(is_degrees && is_projected(options->crs))) {
        return memory_copy_text(options->crs, &parts->crs);
    }
    FAIL_IF(!is_degrees && !looks_geographic(parts), STATUS_DATA,
            "the grid is projected but names no grid mapping: give its system with --crs");
    if (!is_degrees) {
        raster_warn(parts->raster, "'%s': coordinates without units are taken as degrees",
                    parts->raster->path);
    }
    TRY(memory_copy_text("EPSG:4326", &parts->crs));
done:
    return status;
}

/* Coordinates of a projected grid in metres. */
static enum status to_metres(int nc, int coordinate, double metres_per_unit, size_t count,
                             double *values)
{
    enum status status = STATUS_OK;
    struct units_converter *converter = NULL;
    char *units = netcdf_text(nc, coordinate, "units");
    if (units != NULL && units[0] != '\0' && strcmp(units, "1") != 0) {
        TRY(units_converter_create(units, "m", &converter));
        units_convert_double(converter, values, (int64_t)count);
    } else {
        for (size_t i = 0; i < count; i++) {
            values[i] *= metres_per_unit;
        }
    }
done:
    units_converter_destroy(&converter);
    free(units);
    return status;
}

/* Bounds of a coordinate, or NULL where there are none of two ends. */
static enum status read_bounds(int nc, int coordinate, size_t count, double **bounds)
{
    enum status status = STATUS_OK;
    int variable = -1;
    size_t found = 0;
    char *name = netcdf_text(nc, coordinate, "bounds");
    *bounds = NULL;
    if (name != NULL && nc_inq_varid(nc, name, &variable) == NC_NOERR) {
        TRY(netcdf_values(nc, variable, &found, bounds));
        if (found != 2 * count) {
            free(*bounds);
            *bounds = NULL;
        }
    }
done:
    free(name);
    return status;
}

static enum status read_axes(struct grid_parts *parts)
{
    enum status status;
    TRY(netcdf_values(parts->nc, parts->row_coordinate, &parts->rows, &parts->y));
    TRY(netcdf_values(parts->nc, parts->col_coordinate, &parts->cols, &parts->x));
    TRY(read_bounds(parts->nc, parts->row_coordinate, parts->rows, &parts->y_bounds));
    TRY(read_bounds(parts->nc, parts->col_coordinate, parts->cols, &parts->x_bounds));
done:
    return status;
}

static enum status convert_axes(struct grid_parts *parts, double unit)
{
    enum status status;
    TRY(to_metres(parts->nc, parts->col_coordinate, unit, parts->cols, parts->x));
    TRY(to_metres(parts->nc, parts->row_coordinate, unit, parts->rows, parts->y));
    if (parts->x_bounds != NULL) {
        TRY(to_metres(parts->nc, parts->col_coordinate, unit, 2 * parts->cols, parts->x_bounds));
    }
    if (parts->y_bounds != NULL) {
        TRY(to_metres(parts->nc, parts->row_coordinate, unit, 2 * parts->rows, parts->y_bounds));
    }
done:
    return status;
}

/* Makes the grid from axes whose system is chosen. */
static enum status make_grid(struct grid_parts *parts, bool has_coordinates,
                             struct raster_variable *out)
{
    enum status status;
    struct projection projection = {0};
    TRY(projection_init(parts->crs, &projection));
    raster_note_axes(out, (int64_t)parts->rows, (int64_t)parts->cols, parts->y, parts->x);
    if (!projection.is_geographic && has_coordinates) {
        TRY(convert_axes(parts, projection.metres_per_unit));
    }
    TRY(axis_order_init((int64_t)parts->cols, parts->x, projection.is_geographic, &out->x_order));
    TRY(axis_order_init((int64_t)parts->rows, parts->y, false, &out->y_order));
    TRY(georeference_create_axes((int64_t)parts->rows, (int64_t)parts->cols, parts->x, parts->y,
                                 parts->x_bounds, parts->y_bounds, projection.wkt, &out->grid));
    out->grid->crs_is_assumed = parts->is_assumed;
done:
    projection_clear(&projection);
    return status;
}

/* GDAL's GeoTransform, for files without coordinate variables. */
static enum status axes_from_geotransform(struct grid_parts *parts, const double transform[6])
{
    enum status status;
    FAIL_IF(transform[2] != 0 || transform[4] != 0, STATUS_DATA,
            "the grid is rotated: warp it first");
    TRY(memory_allocate(parts->cols, sizeof(double), &parts->x));
    TRY(memory_allocate(parts->rows, sizeof(double), &parts->y));
    for (size_t i = 0; i < parts->cols; i++) {
        parts->x[i] = transform[0] + ((double)i + 0.5) * transform[1];
    }
    for (size_t i = 0; i < parts->rows; i++) {
        parts->y[i] = transform[3] + ((double)i + 0.5) * transform[5];
    }
done:
    return status;
}

static bool read_geotransform(const struct grid_parts *parts, double transform[6])
{
    int count = 0;
    char *text =
        parts->mapping >= 0 ? netcdf_text(parts->nc, parts->mapping, "GeoTransform") : NULL;
    for (char *at = text; at != NULL && count < 6;) {
        char *end = at;
        transform[count] = strtod(at, &end);
        if (end == at) {
            break;
        }
        count++;
        at = end;
    }
    free(text);
    return count == 6;
}

/* A 2-D coordinate over [row, col], or -1. */
static int find_2d(const struct grid_parts *parts, enum netcdf_role role)
{
    int count = 0;
    nc_inq_nvars(parts->nc, &count);
    for (int variable = 0; variable < count; variable++) {
        int dimensions = 0;
        int dimension[2] = {-1, -1};
        nc_inq_varndims(parts->nc, variable, &dimensions);
        if (dimensions == 2 && nc_inq_vardimid(parts->nc, variable, dimension) == NC_NOERR &&
            dimension[0] == parts->row_dimension && dimension[1] == parts->col_dimension &&
            netcdf_role_of(parts->nc, variable) == role && netcdf_is_degrees(parts->nc, variable)) {
            return variable;
        }
    }
    return -1;
}

/* True where latitude depends on the row alone and longitude on the column alone. */
static bool is_separable(size_t rows, size_t cols, const double *lon, const double *lat)
{
    for (size_t i = 0; i < rows * cols; i++) {
        if (!(fabs(lat[i] - lat[i / cols * cols]) < 1e-5 && fabs(lon[i] - lon[i % cols]) < 1e-5)) {
            return false;
        }
    }
    return true;
}

static enum status from_separable(struct grid_parts *parts, const double *lon, const double *lat,
                                  struct raster_variable *out)
{
    enum status status;
    TRY(memory_allocate(parts->cols, sizeof(double), &parts->x));
    TRY(memory_allocate(parts->rows, sizeof(double), &parts->y));
    memcpy(parts->x, lon, parts->cols * sizeof(double));
    for (size_t row = 0; row < parts->rows; row++) {
        parts->y[row] = lat[row * parts->cols];
    }
    free(parts->crs);
    parts->crs = NULL;
    parts->is_assumed = true;
    TRY(memory_copy_text("EPSG:4326", &parts->crs));
    TRY(make_grid(parts, false, out));
done:
    return status;
}

static enum status from_2d(struct grid_parts *parts, const struct dataset_options *options,
                           struct raster_variable *out)
{
    enum status status;
    double *lon = NULL;
    double *lat = NULL;
    size_t count = 0;
    int lon_variable = find_2d(parts, ROLE_COL);
    int lat_variable = find_2d(parts, ROLE_ROW);
    FAIL_IF(lon_variable < 0 || lat_variable < 0, STATUS_DATA,
            "no coordinates are found for its rows and columns: add lat and lon, or x and y with a "
            "grid mapping");
    TRY(netcdf_values(parts->nc, lon_variable, &count, &lon));
    TRY(netcdf_values(parts->nc, lat_variable, &count, &lat));
    if (is_separable(parts->rows, parts->cols, lon, lat)) {
        TRY(from_separable(parts, lon, lat, out));
        goto done;
    }
    if (parts->mapping >= 0) {
        TRY(mapping_crs(parts->nc, parts->mapping, &parts->crs));
    }
    const char *crs = parts->crs != NULL ? parts->crs : options->crs;
    FAIL_IF(crs == NULL, STATUS_DATA,
            "the grid is curvilinear (2-D lat and lon) without projection coordinates: give its "
            "projection with --crs, e.g. '+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 "
            "+R=6370000'");
    TRY(georeference_create_curvilinear((int64_t)parts->rows, (int64_t)parts->cols, lon, lat, crs,
                                        &out->x_order, &out->y_order, &out->grid));
    out->grid->crs_is_assumed = parts->crs == NULL;
done:
    free(lon);
    free(lat);
    return status;
}

enum status netcdf_grid(struct raster *raster, int nc, int variable, int row_dimension,
                        int col_dimension, const struct dataset_options *options,
                        struct raster_variable *out)
{
    enum status status;
    double transform[6];
    struct grid_parts parts = {.raster = raster,
                               .nc = nc,
                               .row_dimension = row_dimension,
                               .col_dimension = col_dimension,
                               .row_coordinate = netcdf_coordinate(nc, row_dimension),
                               .col_coordinate = netcdf_coordinate(nc, col_dimension),
                               .mapping = find_mapping(nc, variable)};
    nc_inq_dimlen(nc, row_dimension, &parts.rows);
    nc_inq_dimlen(nc, col_dimension, &parts.cols);
    FAIL_IF(parts.rows == 0 || parts.cols == 0, STATUS_DATA, "it has no rows or no columns");
    if (parts.row_coordinate >= 0 && parts.col_coordinate >= 0) {
        TRY(read_axes(&parts));
        TRY(choose_crs(&parts, options));
        TRY(make_grid(&parts, true, out));
    } else if (read_geotransform(&parts, transform)) {
        TRY(axes_from_geotransform(&parts, transform));
        TRY(mapping_crs(nc, parts.mapping, &parts.crs));
        TRY(make_grid(&parts, false, out));
    } else {
        TRY(from_2d(&parts, options, out));
    }
done:
    clear_parts(&parts);
    return status;
}

/* ---- dates ---------------------------------------------------------------------------------- */

static enum status decode_all(const struct calendar_units *units, size_t count,
                              const double *values, struct calendar_date **dates)
{
    enum status status;
    TRY(memory_allocate(count, sizeof **dates, dates));
    for (size_t i = 0; i < count; i++) {
        FAIL_IF(!calendar_decode(units, values[i], &(*dates)[i]), STATUS_DATA,
                "time step %zu has the value %g, which is no date", i, values[i]);
    }
done:
    return status;
}

/* Whole numbers of years, as tables of yearly maps have them. */
static enum status decode_years(size_t count, const double *values, struct raster_times *times)
{
    enum status status;
    TRY(memory_allocate(count, sizeof *times->stamp, &times->stamp));
    TRY(memory_allocate(2 * count, sizeof *times->bounds, &times->bounds));
    for (size_t i = 0; i < count; i++) {
        FAIL_IF(values[i] != floor(values[i]) || values[i] < 1 || values[i] > 9999, STATUS_DATA,
                "time step %zu has the value %g: the time axis needs units like 'days since "
                "2000-01-01', or whole years",
                i, values[i]);
        struct calendar_date start = {.year = (int)values[i], .month = 1, .day = 1};
        times->stamp[i] = times->bounds[2 * i] = times->bounds[2 * i + 1] = start;
        times->bounds[2 * i + 1].year++;
    }
    times->calendar = CALENDAR_STANDARD;
done:
    return status;
}

static enum status decode_units(int nc, int coordinate, const char *text, size_t count,
                                const double *values, const struct dataset_options *options,
                                struct raster_times *times)
{
    enum status status;
    struct calendar_units units;
    double *bounds = NULL;
    char *calendar = netcdf_text(nc, coordinate, "calendar");
    TRY(calendar_find(calendar, &times->calendar));
    TRY(calendar_units_parse(text, times->calendar, options->allow_month_units, &units));
    TRY(decode_all(&units, count, values, &times->stamp));
    TRY(read_bounds(nc, coordinate, count, &bounds));
    if (bounds != NULL && decode_all(&units, 2 * count, bounds, &times->bounds) != STATUS_OK) {
        failure_clear(); /* bounds that are no dates are no bounds */
        free(times->bounds);
        times->bounds = NULL;
    }
done:
    free(bounds);
    free(calendar);
    return status;
}

static enum status read_times(int nc, int coordinate, const struct dataset_options *options,
                              struct raster_times *times)
{
    enum status status;
    size_t count = 0;
    double *values = NULL;
    char *units = netcdf_text(nc, coordinate, "units");
    TRY(netcdf_values(nc, coordinate, &count, &values));
    if (units != NULL && strstr(units, " since ") != NULL) {
        TRY(decode_units(nc, coordinate, units, count, values, options, times));
    } else {
        TRY(decode_years(count, values, times));
    }
    times->steps = (int64_t)count;
    snprintf(times->units, sizeof times->units, "%s", units != NULL ? units : "");
done:
    free(values);
    free(units);
    if (status != STATUS_OK) {
        raster_times_clear(times);
    }
    return status;
}

/* A scalar time: named by `coordinates`, or called "time". */
static int scalar_time(int nc, int variable)
{
    int found = -1;
    int dimensions = -1;
    char *coordinates = netcdf_text(nc, variable, "coordinates");
    char *rest = coordinates;
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        int candidate = -1;
        if (nc_inq_varid(nc, word, &candidate) == NC_NOERR &&
            nc_inq_varndims(nc, candidate, &dimensions) == NC_NOERR && dimensions == 0 &&
            netcdf_role_of(nc, candidate) == ROLE_TIME) {
            found = candidate;
        }
    }
    free(coordinates);
    if (found < 0 && nc_inq_varid(nc, "time", &found) == NC_NOERR &&
        (nc_inq_varndims(nc, found, &dimensions) != NC_NOERR || dimensions != 0)) {
        found = -1;
    }
    char *units = found >= 0 ? netcdf_text(nc, found, "units") : NULL;
    bool is_time = units != NULL && strstr(units, " since ") != NULL;
    free(units);
    return is_time ? found : -1;
}

enum status netcdf_times(int nc, int variable, int dimension, const struct dataset_options *options,
                         struct raster_times *times)
{
    size_t length = 0;
    int coordinate = dimension >= 0 ? netcdf_coordinate(nc, dimension) : scalar_time(nc, variable);
    if (dimension >= 0 && nc_inq_dimlen(nc, dimension, &length) == NC_NOERR && coordinate < 0) {
        return length <= 1 ? STATUS_OK
                           : failure_record(STATUS_DATA, __FILE__, __LINE__,
                                            "its time dimension has no time variable: add one with "
                                            "units like 'days since 2000-01-01'");
    }
    return coordinate >= 0 ? read_times(nc, coordinate, options, times) : STATUS_OK;
}
