/* airshed -- GPL-3.0-or-later. CF metadata through netCDF-C: attributes, roles, grids, times. */
#ifndef AIRSHED_IO_NETCDF_INTERNAL_H
#define AIRSHED_IO_NETCDF_INTERNAL_H

#include <stddef.h>

#include "dataset_internal.h"

/** What a dimension or coordinate stands for. */
enum netcdf_role { ROLE_NONE, ROLE_TIME, ROLE_ROW, ROLE_COL };

/** Text of an attribute, released with free(); NULL where it is absent or no text. */
char *netcdf_text(int nc, int variable, const char *name);

/** Numbers of an attribute, at most @p most; the count, 0 where it is absent or no number. */
int netcdf_numbers(int nc, int variable, const char *name, int most, double *numbers);

/** Role of a coordinate variable by axis, standard name, units, name. */
enum netcdf_role netcdf_role_of(int nc, int variable);

/** Role that a bare dimension has by its name. */
enum netcdf_role netcdf_role_of_name(const char *name);

/** The 1-D variable that gives the positions along a dimension, or -1. */
int netcdf_coordinate(int nc, int dimension);

/** True for a coordinate in degrees. */
bool netcdf_is_degrees(int nc, int variable);

/** Reads a whole coordinate or bounds variable as doubles; floats become the decimal numbers that
 *  they were rounded from. Released with free(). */
enum status netcdf_values(int nc, int variable, size_t *count, double **values);

/** The grid of a variable with these dimensions (ids in the file). */
enum status netcdf_grid(struct raster *raster, int nc, int variable, int row_dimension,
                        int col_dimension, const struct dataset_options *options,
                        struct raster_variable *out);

/** Dates along @p dimension; with -1, of the scalar time that @p variable names. No time at all
 *  leaves @p times empty. */
enum status netcdf_times(int nc, int variable, int dimension,
                         const struct dataset_options *options, struct raster_times *times);

#endif
