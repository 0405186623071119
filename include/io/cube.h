/* airshed -- GPL-3.0-or-later. Cubes and maps out: CF CDF-5 NetCDF.
 *
 * A cube is created and closed collectively; in between each rank puts its own items with
 * independent calls, so that ranks with unequal work never wait for one another. PnetCDF writes the
 * header; the values go by pwrite (src/io/classic_internal.h says why), so a write that the disk
 * refuses is a failure, and neighbouring windows of different ranks never disturb each other.
 */
#ifndef AIRSHED_IO_CUBE_H
#define AIRSHED_IO_CUBE_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"
#include "grid/time_axis.h"
#include "base/window.h"

enum cube_type { CUBE_FLOAT, CUBE_DOUBLE, CUBE_INT, CUBE_BYTE };

/** A variable to write. NULL strings are left out. */
struct cube_variable {
    const char *name;
    const char *standard_name;
    const char *long_name;
    const char *units; /**< UDUNITS spelling (C.03) */
    const char *cell_methods;
    const char *ancillary_variables;
    enum cube_type type;
    bool has_time;   /**< [time, row, col], otherwise [row, col] */
    int layers;      /**< > 0: an extra leading dimension [layer, row, col] (coefficients) */
    const char *layer_name;          /**< name of that dimension, e.g. "term" */
    const char *const *layer_labels; /**< [layers] words without blanks, written as the
                                          flag_meanings of the coordinate LAYER_NAME = 0, 1 ... */
    const char *flag_meanings;       /**< space-separated; flag_values are 0, 1, 2 ... (C.05) */
    bool skip_range;                 /**< no actual_range attribute */
    bool skip_geotiff; /**< none of the maps of --geotiff: layers for other commands */
};

/** A global attribute beside the computed ones (C.02). */
struct cube_attribute {
    const char *name;
    const char *value;
};

/** Which classic format. GDAL and QGIS recognise CDF-1, CDF-2 and NetCDF-4, never CDF-5; CDF-2 allows
 *  4 GiB in each variable but the last. */
enum cube_format {
    CUBE_AUTOMATIC, /**< CDF-5 where there are time steps (C.10), CDF-2 for maps that fit it */
    CUBE_CDF5,
    CUBE_CDF2
};

struct cube_spec {
    const struct georeference *grid;
    const struct time_axis *time; /**< NULL: maps only */
    const struct cube_variable *variables;
    int variable_count;
    const struct cube_attribute *attributes;
    int attribute_count;
    enum cube_format format;
    /** Need not outlive the machine: nothing is synced, not even on closing, and the disk is not told to
     *  begin. What a reader finds after a power cut is anything, so that it must be verified. */
    bool is_passing;
};

struct cube;

/** Creates @p path and writes its header, coordinates with bounds, grid mapping (crs, crs_wkt,
 *  spatial_ref, GeoTransform; 2-D lon and lat for projected grids), time (days since, calendar,
 *  bounds, at the start of the interval). An existing file is replaced. Collective. */
enum status cube_create(MPI_Comm comm, const char *path, const struct cube_spec *spec,
                        struct cube **cube);

/** Opens what cube_create() made with the same @p spec, to go on writing. Collective.
 *  @return STATUS_DATA where the file is shorter than its header says, or variables or axes differ
 *          from @p spec */
enum status cube_reopen(MPI_Comm comm, const char *path, const struct cube_spec *spec,
                        struct cube **cube);

/** Compares header and coordinates, byte by byte, with what @p spec gives, attributes included; an
 *  actual_range that was set already is reset. Collective.
 *  @return STATUS_DATA naming the file where they differ */
enum status cube_check(struct cube *cube, const struct cube_spec *spec);

/** Writes @p window of @p variable; values [steps or layers, rows, cols] of the variable's type,
 *  NaN becomes _FillValue (floating types). For a layered variable window.time counts layers; for
 *  a map it is 0 and steps 1. Requests of 2 GiB and more are split by time. Local to the rank; the
 *  buffer is unchanged. @return STATUS_OUTPUT naming the path (disk full ...) */
enum status cube_put(struct cube *cube, int variable, const struct window *window,
                     const void *values);

/** Reads back what cube_put() wrote, with NaN for _FillValue. Local. */
enum status cube_get(struct cube *cube, int variable, const struct window *window, void *values);

/** Makes this rank's puts durable: fdatasync on a descriptor of its own. Local. */
enum status cube_sync(struct cube *cube);

/** cube_sync() in two halves. The first may run in another thread while the cube is not written; it
 *  returns errno, or 0. The second makes a status and a message of that. Local. */
int cube_flush(const struct cube *cube);
enum status cube_flushed(const struct cube *cube, int error);

/** Sets the actual_range of a floating variable; collective, the same values on every rank;
 *  room was reserved at creation. Without it the attribute holds _FillValue twice and readers
 *  are told nothing, so call it for every variable that has one. */
enum status cube_set_range(struct cube *cube, int variable, double low, double high);

/** Closes and syncs; collective; NULL is allowed. */
enum status cube_close(struct cube **cube);

#endif
