/* airshed -- GPL-3.0-or-later. Coordinate reference systems through PROJ, x before y (C.14). */
#ifndef AIRSHED_GRID_PROJECTION_H
#define AIRSHED_GRID_PROJECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** A coordinate reference system. Release with projection_clear(). */
struct projection {
    char *wkt;              /**< WKT 2 (2019) of the horizontal system, in degrees or metres */
    bool is_geographic;     /**< degrees; otherwise projected, metres */
    double metres_per_unit; /**< of the system as it was given: multiply coordinates by it; 1 for
                                 degrees. @c wkt is in metres already */
    double semi_major_m;
    double inverse_flattening; /**< 0 for a sphere */
};

/** Reads @p crs: "EPSG:4326", WKT 1 or 2, PROJJSON, PROJ string. The horizontal part of a compound
 *  system is taken. @return STATUS_DATA where PROJ does not know it or it is neither geographic
 *  in degrees nor projected */
enum status projection_init(const char *crs, struct projection *projection);

/** Checks the value of an option --crs; NULL passes. @return STATUS_USAGE where PROJ does not know it */
enum status projection_check_option(const char *crs);

/** Releases what projection_init() made. */
void projection_clear(struct projection *projection);

/** Transforms points in place, longitude or easting first whatever the authority says; points that
 *  cannot be transformed become NaN. */
enum status projection_transform(const char *from, const char *to, int64_t count, double *x,
                                 double *y);

/** The system in WKT 1 as GDAL-based readers expect it in `spatial_ref`; WKT 2 where version 1 has
 *  no words for it. Released with free(). */
enum status projection_wkt1(const char *crs, char **wkt);

/** Name of the system for people: "WGS 84 (EPSG:4326)", or its PROJ string where it has no name.
 *  @return @p text */
const char *projection_describe(const char *crs, char *text, size_t text_bytes);

/** True when both describe the same system; names and axis order do not count. */
bool projection_is_equal(const char *first, const char *second);

/** One attribute of a CF grid mapping variable: a text, or numbers. */
struct mapping_attribute {
    char name[48];
    char text[64];    /**< used where @c count is 0 */
    double number[2]; /**< two standard parallels */
    int count;
};

enum { MAPPING_MOST = 16 };

/** Attributes of the CF grid mapping for @p crs (C.07), with the ellipsoid; a projection that CF has
 *  no name for gets the ellipsoid alone, and readers take crs_wkt.
 *  @return the count through @p count, of at most MAPPING_MOST */
enum status projection_mapping(const char *crs, struct mapping_attribute *attributes, int *count);

/** The PROJ string that CF grid mapping attributes stand for; released with free(). @return
 *  STATUS_DATA where grid_mapping_name is unknown */
enum status projection_from_mapping(const struct mapping_attribute *attributes, int count,
                                    char **crs);

#endif
