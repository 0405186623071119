/* airshed -- GPL-3.0-or-later. Any GDAL raster in: GeoTIFF, GRIB, ASCII grids and the rest. */
#include <cpl_conv.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "dataset_internal.h"
#include "io/gdal_session.h"

/* ---- values --------------------------------------------------------------------------------- */

static enum status read_band(struct raster *raster, const struct raster_variable *variable,
                             const struct raster_box *box, int64_t step, double *line,
                             float *values)
{
    enum status status = STATUS_OK;
    GDALRasterBandH band = GDALGetRasterBand(raster->handle, variable->bands[step]);
    for (int64_t row = 0; row < box->rows; row++) {
        gdal_session_clear();
        CPLErr error = GDALRasterIO(band, GF_Read, (int)box->col, (int)(box->row + row),
                                    (int)box->cols, 1, line, (int)box->cols, 1, GDT_Float64, 0, 0);
        FAIL_IF(error != CE_None, STATUS_DATA, "'%s' cannot be read: %s", raster->path,
                gdal_session_message());
        for (int64_t col = 0; col < box->cols; col++) {
            values[row * box->cols + col] = raster_unpack(&variable->packing, line[col]);
        }
    }
done:
    return status;
}

static void count_blocks(const struct raster_variable *variable, const struct raster_box *box)
{
    int64_t down =
        (box->row + box->rows - 1) / variable->chunk_rows - box->row / variable->chunk_rows;
    int64_t over =
        (box->col + box->cols - 1) / variable->chunk_cols - box->col / variable->chunk_cols;
    int64_t deep =
        (box->step + box->steps - 1) / variable->chunk_steps - box->step / variable->chunk_steps;
    raster_chunks_inflated += (down + 1) * (over + 1) * (deep + 1);
}

static enum status read_box(struct raster *raster, const struct raster_variable *variable,
                            const struct raster_box *box, float *values)
{
    enum status status;
    double *line = NULL;
    count_blocks(variable, box);
    TRY(memory_allocate((size_t)box->cols, sizeof *line, &line));
    for (int64_t step = 0; step < box->steps; step++) {
        TRY(read_band(raster, variable, box, box->step + step, line,
                      values + step * box->rows * box->cols));
    }
done:
    free(line);
    return status;
}

static void close_handle(struct raster *raster)
{
    if (raster->handle != NULL) {
        GDALClose(raster->handle);
        raster->handle = NULL;
    }
}

static const struct raster_format gdal_format = {close_handle, read_box};

/* ---- bands ---------------------------------------------------------------------------------- */

/* A date of a band's description: YYYY-MM-DD, or a year. */
static bool description_date(const char *text, struct calendar_date *date)
{
    double year;
    *date = (struct calendar_date){.month = 1, .day = 1};
    if (text_parse_date(text, &date->year, &date->month, &date->day)) {
        return true;
    }
    if (strlen(text) != 4 || !text_parse_real(text, &year) || year < 1600 || year > 2300) {
        return false;
    }
    date->year = (int)year;
    return true;
}

/* Moment that GRIB bands carry: seconds since 1970. */
static bool grib_date(GDALRasterBandH band, struct calendar_date *date)
{
    const char *text = GDALGetMetadataItem(band, "GRIB_VALID_TIME", NULL);
    if (text == NULL) {
        return false;
    }
    double seconds = strtod(text, NULL);
    double day = floor(seconds / 86400);
    *date = calendar_date_of_day(CALENDAR_PROLEPTIC_GREGORIAN, (int64_t)day);
    date->seconds = seconds - day * 86400;
    return true;
}

/* The name of a file without its date: "pm25_20120101" gives "pm25". */
static void cut_date(char *stem)
{
    for (char *at = stem; *at != '\0'; at++) {
        if (strspn(at, "0123456789") >= 4) {
            while (at > stem && strchr("_-. ", at[-1]) != NULL) {
                at--;
            }
            *at = '\0';
            return;
        }
    }
}

/* Name of the variable that a band belongs to, released with free(). */
static enum status band_name(const struct raster *raster, int number, bool is_stack, char **name)
{
    GDALRasterBandH band = GDALGetRasterBand(raster->handle, number);
    const char *element = GDALGetMetadataItem(band, "GRIB_ELEMENT", NULL);
    const char *level = GDALGetMetadataItem(band, "GRIB_SHORT_NAME", NULL);
    const char *description = GDALGetDescription(band);
    char *stem = NULL;
    if (element != NULL) {
        return asprintf(name, "%s%s%s", element, level != NULL ? "@" : "",
                        level != NULL ? level : "") < 0
                   ? failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory")
                   : STATUS_OK;
    }
    if (!is_stack && description[0] != '\0') {
        return memory_copy_text(description, name);
    }
    enum status status = path_stem(path_name(raster->path), &stem);
    if (status == STATUS_OK && (is_stack || GDALGetRasterCount(raster->handle) == 1)) {
        struct calendar_date date;
        if (raster_name_date(raster->path, &date)) {
            cut_date(stem);
        }
        if (stem[0] != '\0') {
            *name = stem;
            return STATUS_OK;
        }
    }
    free(stem);
    return asprintf(name, "band%d", number) < 0
               ? failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory")
               : status;
}

static struct raster_variable *find_named(struct raster *raster, const char *name)
{
    for (int i = 0; i < raster->count; i++) {
        if (strcmp(raster->variables[i].name, name) == 0) {
            return &raster->variables[i];
        }
    }
    return NULL;
}

static enum status set_text(const char *text, char **target)
{
    free(*target);
    *target = NULL;
    return memory_copy_text(text != NULL ? text : "", target);
}

static void read_packing(GDALRasterBandH band, struct raster_packing *packing)
{
    int has = 0;
    double nodata = GDALGetRasterNoDataValue(band, &has);
    if (has && !isnan(nodata)) {
        bool is_float = GDALGetRasterDataType(band) == GDT_Float32;
        packing->missing[packing->missing_count++] = is_float ? (double)(float)nodata : nodata;
    }
    double scale = GDALGetRasterScale(band, &has);
    packing->scale = has ? scale : 1;
    double offset = GDALGetRasterOffset(band, &has);
    packing->offset = has ? offset : 0;
    packing->is_packed = packing->scale != 1 || packing->offset != 0;
}

static void read_blocks(GDALDatasetH handle, GDALRasterBandH band, struct raster_variable *out)
{
    int cols = 1;
    int rows = 1;
    const char *interleave = GDALGetMetadataItem(handle, "INTERLEAVE", "IMAGE_STRUCTURE");
    GDALGetBlockSize(band, &cols, &rows);
    out->chunk_rows = rows;
    out->chunk_cols = cols;
    out->chunk_steps =
        interleave != NULL && strcmp(interleave, "PIXEL") == 0 ? GDALGetRasterCount(handle) : 1;
    out->is_costly = true;
}

/* What `info` tells of the storage. */
static void describe_storage(GDALDatasetH handle, GDALRasterBandH band,
                             const struct raster_variable *grid, struct raster_variable *out)
{
    struct dataset_storage *storage = &out->storage;
    const char *compression = GDALGetMetadataItem(handle, "COMPRESSION", "IMAGE_STRUCTURE");
    *storage = grid->storage;
    storage->format = GDALGetDriverLongName(GDALGetDatasetDriver(handle));
    snprintf(storage->type, sizeof storage->type, "%s",
             GDALGetDataTypeName(GDALGetRasterDataType(band)));
    snprintf(storage->dimensions, sizeof storage->dimensions, "band, y, x");
    snprintf(storage->compression, sizeof storage->compression, "%s",
             compression != NULL ? compression : "");
    storage->scale = out->packing.scale;
    storage->offset = out->packing.offset;
    storage->is_chunked = true;
    storage->chunk_steps = out->chunk_steps;
    storage->chunk_rows = out->chunk_rows;
    storage->chunk_cols = out->chunk_cols;
}

static enum status start_variable(struct raster *raster, int number, const char *name,
                                  const struct raster_variable *grid,
                                  struct raster_variable **variable)
{
    enum status status;
    GDALRasterBandH band = GDALGetRasterBand(raster->handle, number);
    size_t bands = (size_t)GDALGetRasterCount(raster->handle);
    struct raster_variable *out = NULL;
    TRY(raster_add(raster, &out));
    TRY(set_text(name, &out->name));
    TRY(set_text(GDALGetRasterUnitType(band), &out->units));
    TRY(set_text(GDALGetMetadataItem(band, "long_name", NULL), &out->long_name));
    TRY(set_text(GDALGetMetadataItem(band, "standard_name", NULL), &out->standard_name));
    TRY(memory_allocate(bands, sizeof *out->bands, &out->bands));
    TRY(memory_allocate(bands, sizeof *out->times.stamp, &out->times.stamp));
    TRY(georeference_copy(grid->grid, &out->grid));
    out->x_order = grid->x_order;
    out->y_order = grid->y_order;
    read_blocks(raster->handle, band, out);
    read_packing(band, &out->packing);
    out->packing.keep_infinite = grid->packing.keep_infinite;
    describe_storage(raster->handle, band, grid, out);
    *variable = out;
done:
    return status;
}

/* Puts a band behind the others of its variable. */
static enum status add_band(struct raster *raster, int number, bool is_stack,
                            const struct raster_variable *grid, int *filled)
{
    enum status status;
    struct calendar_date date;
    char *name = NULL;
    GDALRasterBandH band = GDALGetRasterBand(raster->handle, number);
    TRY(band_name(raster, number, is_stack, &name));
    bool has_date =
        grib_date(band, &date) || (is_stack && description_date(GDALGetDescription(band), &date));
    struct raster_variable *variable = has_date ? find_named(raster, name) : NULL;
    if (variable == NULL) {
        TRY(start_variable(raster, number, name, grid, &variable));
    }
    int *steps = &filled[variable - raster->variables];
    variable->bands[*steps] = number;
    variable->times.stamp[*steps] = has_date ? date : (struct calendar_date){0};
    variable->times.calendar = CALENDAR_STANDARD;
    *steps += 1;
    variable->times.steps = has_date ? *steps : 0;
done:
    free(name);
    return status;
}

/* True where every band's description is a date. */
static bool is_dated_stack(GDALDatasetH handle)
{
    struct calendar_date date;
    int bands = GDALGetRasterCount(handle);
    for (int i = 1; i <= bands; i++) {
        if (!description_date(GDALGetDescription(GDALGetRasterBand(handle, i)), &date)) {
            return false;
        }
    }
    return bands > 0;
}

/* ---- grid ----------------------------------------------------------------------------------- */

/* The dataset's system as WKT, or a copy of what stands in for it. */
static enum status find_crs(struct raster *raster, const double transform[6],
                            const struct dataset_options *options, char **crs, bool *is_assumed)
{
    enum status status = STATUS_OK;
    OGRSpatialReferenceH system = GDALGetSpatialRef(raster->handle);
    char *wkt = NULL;
    static const char *const wkt2[] = {"FORMAT=WKT2_2018", NULL};
    *is_assumed = system == NULL;
    if (system != NULL) {
        FAIL_IF(OSRExportToWktEx(system, &wkt, wkt2) != OGRERR_NONE, STATUS_DATA,
                "the coordinate reference system of '%s' cannot be read", raster->path);
        TRY(memory_copy_text(wkt, crs));
        goto done;
    }
    double south = transform[3] + transform[5] * GDALGetRasterYSize(raster->handle);
    FAIL_IF(options->crs == NULL && (fabs(transform[3]) > 91 || fabs(south) > 91), STATUS_DATA,
            "'%s' has no coordinate reference system: give it with --crs", raster->path);
    TRY(memory_copy_text(options->crs != NULL ? options->crs : "EPSG:4326", crs));
done:
    CPLFree(wkt);
    return status;
}

/* How the pixels of an axis lie in the grid. */
static enum status find_order(int count, double origin, double step, bool is_longitude,
                              struct axis_order *order)
{
    enum status status;
    double *centres = NULL;
    TRY(memory_allocate((size_t)count, sizeof *centres, &centres));
    for (int i = 0; i < count; i++) {
        centres[i] = origin + (i + 0.5) * step;
    }
    TRY(axis_order_init(count, centres, is_longitude, order));
    /* One pixel has no direction of its own. */
    order->descends = step < 0;
done:
    free(centres);
    return status;
}

static enum status read_grid(struct raster *raster, const struct dataset_options *options,
                             struct raster_variable *out)
{
    enum status status;
    double transform[6];
    bool is_assumed;
    char *crs = NULL;
    int cols = GDALGetRasterXSize(raster->handle);
    int rows = GDALGetRasterYSize(raster->handle);
    FAIL_IF(GDALGetGeoTransform(raster->handle, transform) != CE_None, STATUS_DATA,
            "'%s' has no georeference: add one with gdal_translate -a_ullr -a_srs", raster->path);
    FAIL_IF(transform[2] != 0 || transform[4] != 0, STATUS_DATA,
            "'%s' is rotated: warp it first (gdalwarp)", raster->path);
    TRY(find_crs(raster, transform, options, &crs, &is_assumed));
    double south = transform[5] < 0 ? transform[3] + rows * transform[5] : transform[3];
    double west = transform[1] < 0 ? transform[0] + cols * transform[1] : transform[0];
    TRY(georeference_create_regular(rows, cols, west, south, fabs(transform[1]), fabs(transform[5]),
                                    crs, &out->grid));
    out->grid->crs_is_assumed = is_assumed;
    out->packing.keep_infinite = options->keep_infinite;
    const double x[2] = {transform[0] + 0.5 * transform[1],
                         transform[0] + (cols - 0.5) * transform[1]};
    const double y[2] = {transform[3] + 0.5 * transform[5],
                         transform[3] + (rows - 0.5) * transform[5]};
    raster_note_axes(out, 2, 2, y, x);
    TRY(find_order(cols, transform[0], transform[1], out->grid->is_geographic, &out->x_order));
    TRY(find_order(rows, transform[3], transform[5], false, &out->y_order));
done:
    free(crs);
    return status;
}

/* ---- open ----------------------------------------------------------------------------------- */

static enum status refuse_container(const struct raster *raster)
{
    char **list = GDALGetMetadata(raster->handle, "SUBDATASETS");
    struct text names = {0};
    char *joined = NULL;
    for (int i = 0; list != NULL && list[i] != NULL && i < 16; i += 2) {
        const char *equals = strchr(list[i], '=');
        text_add_format(&names, "%s%s", i > 0 ? ", " : "", equals != NULL ? equals + 1 : list[i]);
    }
    enum status status = text_take(&names, &joined);
    if (status == STATUS_OK) {
        status = failure_record(STATUS_DATA, __FILE__, __LINE__,
                                joined[0] != '\0' ? "'%s' holds several rasters, name one: %s"
                                                  : "'%s' holds no raster band%s",
                                raster->path, joined);
    }
    free(joined);
    return status;
}

/* A file that ends before its data: the read of the last block tells, whatever the format. */
static enum status check_end(struct raster *raster)
{
    enum status status = STATUS_OK;
    double value;
    GDALRasterBandH band = GDALGetRasterBand(raster->handle, GDALGetRasterCount(raster->handle));
    int col = GDALGetRasterXSize(raster->handle) - 1;
    int row = GDALGetRasterYSize(raster->handle) - 1;
    gdal_session_clear();
    FAIL_IF(GDALRasterIO(band, GF_Read, col, row, 1, 1, &value, 1, 1, GDT_Float64, 0, 0) != CE_None,
            STATUS_DATA, "'%s' is truncated or damaged: its last cell cannot be read (%s)",
            raster->path, gdal_session_message());
done:
    return status;
}

static enum status read_attributes(struct raster *raster)
{
    enum status status = STATUS_OK;
    char **list = GDALGetMetadata(raster->handle, NULL);
    char *name = NULL;
    for (int i = 0; list != NULL && list[i] != NULL; i++) {
        const char *equals = strchr(list[i], '=');
        free(name);
        name = equals != NULL ? strndup(list[i], (size_t)(equals - list[i])) : NULL;
        if (name != NULL) {
            TRY(text_list_add(&raster->attributes, name));
            TRY(text_list_add(&raster->attributes, equals + 1));
        }
    }
done:
    free(name);
    return status;
}

enum status raster_open_gdal(struct raster *raster, const struct dataset_options *options)
{
    enum status status;
    struct raster_variable grid = {0};
    int *filled = NULL;
    gdal_session_start();
    gdal_session_clear();
    raster->format = &gdal_format;
    raster->handle = GDALOpenEx(raster->path, GDAL_OF_RASTER | GDAL_OF_READONLY, NULL, NULL, NULL);
    FAIL_IF(raster->handle == NULL, STATUS_DATA,
            "'%s' is no raster that can be read (%s): is it damaged, or a file of another kind?",
            raster->path, gdal_session_reason());
    int bands = GDALGetRasterCount(raster->handle);
    if (bands == 0) {
        TRY(refuse_container(raster));
    }
    TRY(check_end(raster));
    TRY(read_attributes(raster));
    TRY(read_grid(raster, options, &grid));
    TRY(memory_allocate((size_t)bands, sizeof *filled, &filled));
    bool is_stack = is_dated_stack(raster->handle);
    for (int number = 1; number <= bands; number++) {
        TRY(add_band(raster, number, is_stack, &grid, filled));
    }
done:
    georeference_destroy(&grid.grid);
    free(filled);
    return status;
}
