/* airshed -- GPL-3.0-or-later. Every foreign raster in, through one interface.
 *
 * CF NetCDF classic, CDF-5 (PnetCDF) and NetCDF-4 (netCDF-C), GeoTIFF and any GDAL raster, one file
 * or a folder or glob of files whose dates are in the time axis or in the name. Whatever the file's
 * order, packing and units, values arrive as float [time, row, col], row 0 south, NaN missing,
 * unpacked, converted. Every call is local to its rank: no communicator, so nothing can hang; ranks
 * agree on the outcome afterwards.
 *
 * Damage: headers of classic files are checked here before a library sees them (tests/fuzz/dataset.c).
 * NetCDF-4 files are parsed by HDF5 alone; where bits of its own structures are flipped, HDF5 1.10 can
 * abort or loop for ever (about one in a hundred files with a few flipped bits; in H5HG_read(), under
 * nc_inq_var()). A checksum of such files, taken where they are made, is the only guard.
 */
#ifndef AIRSHED_IO_DATASET_H
#define AIRSHED_IO_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"
#include "grid/time_axis.h"
#include "base/window.h"

struct dataset;

/** What a variable of a dataset is. Strings are "" where the file says nothing. */
struct dataset_variable {
    const char *name;
    const char *standard_name;
    const char *long_name;
    const char *units;
    const char *cell_methods;
    const char *layer; /**< label of its place on a further dimension: "2012", "all" */
    const struct georeference *grid;
    const struct time_axis *time; /**< NULL for a map without time */
    bool is_packed;
    /** Reading a row band would inflate or open more than it returns: several files, compressed
     *  or chunked storage. Such input is decoded once into a scratch cube (flow/scratch.h). */
    bool needs_scratch;
};

/** How to open. All members may be zero. */
struct dataset_options {
    const char *crs; /**< for files without a grid mapping; a projected one is not taken for axes
                          in degrees; NULL: EPSG:4326 */
    bool allow_month_units;          /**< accept "months since" as UDUNITS lengths (C.09) */
    /** info: unsorted or repeated steps, and names that contradict the time axis, become warnings */
    bool tolerate_bad_time;
    bool keep_infinite; /**< info: infinite values are given as they are, not as missing */
};

/** Opens a file, a folder (with the folders in it), a glob pattern or `NETCDF:"file":variable`.
 *  Folders and globs of daily files become one time axis: dates from the time axis, else YYYYMMDD,
 *  YYYY-MM-DD, YYYY_MM_DD or YYYYDDD in the name; where both exist they must agree (C.09). Where
 *  every name has a date and the first file one step, the other files are opened only when they are
 *  read, and checked against the first and their name then.
 *
 *  A further dimension (level, scenario) becomes one variable for each index: "pm25[scenario=0]"; where
 *  its coordinate has words in flag_meanings, each knows its own (member layer).
 *  Curvilinear grids need the option crs. Bands of a GeoTIFF are steps where their descriptions are
 *  dates or years, else variables.
 *
 *  @return STATUS_DATA with a sentence that names the file and what to do */
enum status dataset_open(const char *path, const struct dataset_options *options,
                         struct dataset **dataset);

/** Closes and sets to NULL; NULL is allowed. */
void dataset_close(struct dataset **dataset);

/** Number of data variables (coordinates, bounds and grid mappings are not counted). */
int dataset_variable_count(const struct dataset *dataset);
const struct dataset_variable *dataset_variable(const struct dataset *dataset, int variable);

/** Finds a variable: @p wanted is a name, a standard name or NULL, which takes the only data
 *  variable with rows and columns. @return STATUS_DATA listing the candidates */
enum status dataset_find(const struct dataset *dataset, const char *wanted, int *variable);

/** Number of the map @p name: of its layer labelled @p layer where it has layers ("all": `attribute`
 *  makes it of the whole time). -1 where there is none. */
int dataset_find_layer(const struct dataset *dataset, const char *name, const char *layer);

/** Reads @p window of @p variable (in the canonical order; a map has one step) into @p values
 *  [steps, rows, cols], unpacked, missing as NaN (_FillValue, missing_value, valid_min, valid_max,
 *  valid_range, NaN; tested before scale and offset, C.08). Infinite values count as missing.
 *
 *  @return STATUS_DATA naming the file where it cannot be read or has shrunk */
enum status dataset_read(struct dataset *dataset, int variable, const struct window *window,
                         float *values);

/** Number of storage files, and for each its path and the steps of @p variable that it holds (for
 *  decoding each file once, by one rank): the first of them, and how many from there to its last;
 *  those of files that alternate overlap. A map is one step of file 0. */
int64_t dataset_file_count(const struct dataset *dataset);
const char *dataset_file_path(const struct dataset *dataset, int64_t file);
void dataset_file_steps(const struct dataset *dataset, int variable, int64_t file, int64_t *first,
                        int64_t *steps);

/** How values are stored, in the canonical order: decoding whole chunks inflates none twice. */
struct dataset_chunk {
    int64_t steps, rows, cols; /**< 1, all rows, all columns where nothing is chunked */
    int64_t first_rows;        /**< rows of the southernmost chunk (files that run south end uneven) */
};
struct dataset_chunk dataset_chunk(const struct dataset *dataset, int variable);

/** How a variable lies in its first file: what people want to know, not what reading needs. Texts are
 *  "" and numbers NaN where there is nothing to tell. */
struct dataset_storage {
    const char *format;   /**< "NetCDF-4", "GeoTIFF" */
    char type[16];        /**< of the stored numbers: "short" */
    char dimensions[128]; /**< in the order of the file: "time, lat, lon" */
    char compression[48]; /**< "deflate 4, shuffle" */
    char time_units[96];  /**< as the file says: "hours since 1900-01-01" */
    double scale, offset; /**< where values are packed */
    double x_first, x_last, y_first, y_last; /**< centres, in the order of the file */
    bool is_chunked;
    int64_t chunk_steps, chunk_rows, chunk_cols;
};
const struct dataset_storage *dataset_storage(const struct dataset *dataset, int variable);

/** Values of @p variable arrive in @p units from now on, and dataset_variable()->units says so.
 *  @return STATUS_DATA naming the file, the variable and both units where one is unknown or they
 *  measure different things (C.03) */
enum status dataset_convert(struct dataset *dataset, int variable, const char *units);

/** A global attribute of the (first) file as text, or NULL. Lives while the dataset is open. */
const char *dataset_attribute(const struct dataset *dataset, const char *name);

/** Text that identifies the content for the fingerprint: per file size, mtime and header hash;
 *  with @p content_hash the SHA-256 of each file. Released with free(). Paths are not in it. */
enum status dataset_identity(const struct dataset *dataset, bool content_hash, char **text);

/** Things `info` should warn about, found while opening: one sentence each. */
int dataset_warning_count(const struct dataset *dataset);
const char *dataset_warning(const struct dataset *dataset, int index);

/** Files opened and chunks inflated by this process so far (they must not grow with bands). */
void dataset_counts(int64_t *files_opened, int64_t *chunks_inflated);

#endif
