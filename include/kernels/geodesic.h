/* airshed -- GPL-3.0-or-later. Distances and areas on the WGS84 ellipsoid and in the plane. */
#ifndef AIRSHED_KERNELS_GEODESIC_H
#define AIRSHED_KERNELS_GEODESIC_H

#include <stdint.h>

/** How far apart two positions are: along the ellipsoid, or straight in a projected plane. */
enum distance_metric {
    DISTANCE_PLANAR,
    DISTANCE_GEODESIC
};

/** A place whose straight-line distance to another orders like the true one: earth-centred
 *  coordinates of the ellipsoid in metres, or (x, y, 0) of a projected plane in its units. */
struct position {
    double x, y, z;
};

/** Earth-centred position of a point on the ellipsoid, degrees. Longitudes that differ by 360 give
 *  the same bits, and so do all longitudes at a pole. NaN where an argument is not finite. */
struct position position_from_lonlat(double lon, double lat);

struct position position_from_plane(double x, double y);

/** By @p metric: position_from_lonlat() or position_from_plane(). */
struct position position_create(enum distance_metric metric, double x, double y);

/** Square of the straight line between two positions, in units squared. */
static inline double position_square(struct position a, struct position b)
{
    double x = a.x - b.x;
    double y = a.y - b.y;
    double z = a.z - b.z;
    return (x * x + y * y) + z * z;
}

/** Distance between two positions: planar, or the arc over the chord on a sphere of the mean
 *  radius R = 6371008.8 m.
 *
 *  Curvature radii of the ellipsoid lie within 0.56 % of R, and the arc differs from the chord by
 *  s^3 / (24 R^2); so against the true geodesic an arc of length s is off by less than
 *  4.8e-4 s^3 / R^2 up to 2000 km (1.2 cm at 100 km, 1.5 m at 500 km, 12 m at 1000 km), plus 1e-8 m
 *  of rounding (degrees and coordinates in double), and relatively by less than
 *  0.0057 (tan(u) / u - 1), u = s / 2R, up to 15000 km (0.16 % at 10000 km). Close to the antipode
 *  it may be 5 % off. The arithmetic is that of distances_from_squares().
 */
double position_distance(enum distance_metric metric, struct position a, struct position b);

/** Turns @p values [count] from position_square() into distances, in place. Each value depends on
 *  itself alone: the same bits in any lane and on any CPU. */
void distances_from_squares(enum distance_metric metric, int64_t count, double *values);

/** Square of the straight line that spans @p distance, the inverse of distances_from_squares().
 *  Half the circumference or more gives infinity. */
double distance_to_square(enum distance_metric metric, double distance);

/** Diagonal of a box given by its corners, degrees or plane units: the yardstick of the default
 *  variogram cutoff. Geodesic boxes that span all longitudes are measured across half of them. */
double distance_box_diagonal(enum distance_metric metric, double west, double south, double east,
                             double north);

/** Geodesic distance in metres on WGS84 between two points in degrees, to 15 nm (Karney 2013, by
 *  PROJ): the exact form, about a hundred times slower than position_distance(). */
double geodesic_distance_m(double lon_first, double lat_first, double lon_second,
                           double lat_second);

/** Area in m2 on WGS84 between two parallels (degrees, south first) and two meridians
 *  @p width_degrees apart: closed form (Snyder 1987, eq. 3-12), relative error below
 *  1e-13 / (height of the cell in degrees). Negative where the parallels are swapped. */
double geodesic_cell_area_m2(double lat_south, double lat_north, double width_degrees);

#endif
