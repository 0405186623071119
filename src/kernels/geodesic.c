/* airshed -- GPL-3.0-or-later. Distances and areas on the WGS84 ellipsoid and in the plane. */
#include "kernels/geodesic.h"

#include <geodesic.h>
#include <math.h>

#include "kernels/lanes_internal.h"

static const double semimajor_m = 6378137.0;
static const double flattening = 1.0 / 298.257223563;
static const double mean_radius_m = 6371008.8;
static const double radians = 0x1.1df46a2529d39p-6; /* pi / 180 */

struct position position_from_lonlat(double lon, double lat)
{
    double eccentricity2 = flattening * (2.0 - flattening);
    double wrapped = remainder(lon, 360.0);
    /* -180 and 180 are one meridian and must have the same bits. */
    double lambda = (wrapped == -180.0 ? 180.0 : wrapped) * radians;
    double sine = sin(lat * radians);
    double cosine = fabs(lat) == 90.0 ? 0.0 : cos(lat * radians);
    double normal = semimajor_m / sqrt(1.0 - eccentricity2 * sine * sine);
    return (struct position){.x = normal * cosine * cos(lambda),
                             .y = normal * cosine * sin(lambda),
                             .z = normal * (1.0 - eccentricity2) * sine};
}

struct position position_from_plane(double x, double y)
{
    return (struct position){.x = x, .y = y, .z = 0.0};
}

struct position position_create(enum distance_metric metric, double x, double y)
{
    return metric == DISTANCE_GEODESIC ? position_from_lonlat(x, y) : position_from_plane(x, y);
}

LANES_INLINE double arc_from_chord(double chord)
{
    double u = chord * (0.5 / mean_radius_m);
    u = u > 1.0 ? 1.0 : u; /* the equatorial diameter is longer than 2 R */
    return 2.0 * mean_radius_m * lanes_arc_sine(u);
}

LANES_CLONES
static void arcs_from_squares(int64_t count, double *values)
{
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        values[i] = arc_from_chord(sqrt(values[i]));
    }
}

LANES_CLONES
static void square_roots(int64_t count, double *values)
{
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        values[i] = sqrt(values[i]);
    }
}

void distances_from_squares(enum distance_metric metric, int64_t count, double *values)
{
    if (metric == DISTANCE_GEODESIC) {
        arcs_from_squares(count, values);
    } else {
        square_roots(count, values);
    }
}

double position_distance(enum distance_metric metric, struct position a, struct position b)
{
    double distance = position_square(a, b);
    distances_from_squares(metric, 1, &distance);
    return distance;
}

double distance_to_square(enum distance_metric metric, double distance)
{
    if (metric == DISTANCE_PLANAR) {
        return distance * distance;
    }
    double half_angle = 0.5 * distance / mean_radius_m;
    if (half_angle >= 90.0 * radians) {
        return INFINITY;
    }
    double chord = 2.0 * mean_radius_m * sin(half_angle);
    return chord * chord;
}

double distance_box_diagonal(enum distance_metric metric, double west, double south, double east,
                             double north)
{
    double width = metric == DISTANCE_GEODESIC ? fmin(fabs(east - west), 180.0) : east - west;
    return position_distance(metric, position_create(metric, 0.0, south),
                             position_create(metric, width, north));
}

double geodesic_distance_m(double lon_first, double lat_first, double lon_second, double lat_second)
{
    struct geod_geodesic ellipsoid;
    double distance;
    geod_init(&ellipsoid, semimajor_m, flattening);
    geod_inverse(&ellipsoid, lat_first, lon_first, lat_second, lon_second, &distance, NULL, NULL);
    return distance;
}

/* Area from the equator to a parallel, per radian of longitude, over half the square of the
 * semiminor axis. */
static double authalic(double lat)
{
    double eccentricity = sqrt(flattening * (2.0 - flattening));
    double sine = fabs(lat) == 90.0 ? copysign(1.0, lat) : sin(lat * radians);
    double product = eccentricity * sine;
    return sine / ((1.0 - product) * (1.0 + product)) + atanh(product) / eccentricity;
}

double geodesic_cell_area_m2(double lat_south, double lat_north, double width_degrees)
{
    double semiminor_m = semimajor_m * (1.0 - flattening);
    return 0.5 * semiminor_m * semiminor_m * width_degrees * radians *
           (authalic(lat_north) - authalic(lat_south));
}
