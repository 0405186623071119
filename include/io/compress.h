/* airshed -- GPL-3.0-or-later. A compressed NetCDF-4 copy of a finished cube (C.10, C.12). */
#ifndef AIRSHED_IO_COMPRESS_H
#define AIRSHED_IO_COMPRESS_H

#include "base/status.h"

/** Copies the NetCDF file @p source to @p target as NetCDF-4 with shuffle and deflate, in chunks that
 *  serve series and maps alike: about 365 steps x 32 x 32 cells. Dimensions, attributes and values are
 *  the same; needs one row of chunks in memory (365 x 32 x columns). @return STATUS_OUTPUT naming
 *  @p target, STATUS_DATA naming @p source */
enum status compress_netcdf(const char *source, const char *target);

#endif
