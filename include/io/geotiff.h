/* airshed -- GPL-3.0-or-later. Maps out as Cloud Optimized GeoTIFF (C.13). */
#ifndef AIRSHED_IO_GEOTIFF_H
#define AIRSHED_IO_GEOTIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"

/** What the pixels are. */
enum geotiff_pixel {
    GEOTIFF_FLOAT, /**< float: predictor 3 */
    GEOTIFF_INT,   /**< int32_t: predictor 2 */
    GEOTIFF_BYTE,  /**< uint8_t: predictor 2 */
};

/** How the smaller copies of a map are made; missing pixels do not count. */
enum geotiff_overviews {
    GEOTIFF_AVERAGE, /**< continuous quantities */
    GEOTIFF_NEAREST, /**< classes and flags */
    GEOTIFF_MODE,    /**< classes: the most frequent one */
};

/** One band. */
struct geotiff_band {
    const char *name;   /**< band description; NULL: none */
    const char *units;  /**< UDUNITS spelling; NULL: none */
    const void *values; /**< [rows, cols] of the map's pixel, row 0 the southernmost */
};

/** A map to write. The memory stays the caller's. */
struct geotiff {
    const struct georeference *grid; /**< cells of one size */
    enum geotiff_pixel pixel;
    enum geotiff_overviews overviews;
    const char *title; /**< NULL: none */
    bool has_nodata;   /**< false: NaN is missing in floats, nothing in integers */
    double nodata;     /**< in floats it also replaces NaN */
    int bands;
    const struct geotiff_band *band; /**< [bands] */
};

/** Writes @p map to @p path, replacing what is there: north-up, pixels registered as areas, tiles
 *  of 512 x 512, DEFLATE, overviews, EPSG code where the CRS has one, BIGTIFF=IF_SAFER. The same
 *  map gives the same bytes. One rank writes; takes a second copy of the map in memory, and a third
 *  more than the file on the disk while it works.
 *
 *  @return STATUS_OUTPUT where the file cannot be written, STATUS_DATA where the cells of the grid
 *          are not of one size, so that no GeoTIFF can hold them
 */
enum status geotiff_write(const char *path, const struct geotiff *map);

#endif
