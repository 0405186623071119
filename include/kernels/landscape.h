/* airshed -- GPL-3.0-or-later. The ground of a synthetic region: terrain, industrial sources,
 * cities.
 *
 * Terrain, from the south-east to the north-west: a coastal flat and a plain that rises gently,
 * both level over many cells because elevations are whole metres as in real models; then hills up
 * to some 1300 m with two valleys through them; and basins, bowls whose walls of hills close them
 * all round. Every value is a function of (seed, region, place), whichever cell is asked first.
 */
#ifndef AIRSHED_KERNELS_LANDSCAPE_H
#define AIRSHED_KERNELS_LANDSCAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** Where the region lies and how it is cut. */
struct landscape_region {
    uint32_t seed;
    int64_t rows, cols;
    double west, south;        /**< outer edges, degrees */
    double cell_degrees;       /**< of cells equal in longitude and latitude */
    double missing_fraction;   /**< of cells without elevation, on average */
    int64_t sources;           /**< 0: 474 over the area of Beijing-Tianjin-Hebei, at least 3 */
    int cities;                /**< 1 to LANDSCAPE_CITIES_MOST */
    int64_t first_year;      /**< that sources operate in */
};

enum {
    LANDSCAPE_CITIES_MOST = 26,
    LANDSCAPE_VERTICES_MOST = 32
};

/** A source at the centre of a cell. */
struct landscape_source {
    int64_t row, col;
    double lon, lat;
    double strength;        /**< what it adds at its own cell in its first year, ug m-3 */
    double yearly_change;   /**< of the strength, as a fraction a year */
    int64_t opened, closed; /**< years: operates while opened <= year < closed */
    const char *kind;       /**< "steel", "power", "cement", "chemicals" */
};

/** A convex polygon. Cities share their edges; together they fill a rectangle that leaves a margin
 *  of a twentieth of the region on each side. */
struct landscape_city {
    const char *name;
    int vertices;
    double x[LANDSCAPE_VERTICES_MOST], y[LANDSCAPE_VERTICES_MOST]; /**< degrees, turning left */
};

/** The drawn basins, sources and cities. Read-only after its creation. */
struct landscape;

enum status landscape_create(const struct landscape_region *region, struct landscape **landscape);

/** Releases *@p landscape and sets it to NULL; NULL is allowed. */
void landscape_destroy(struct landscape **landscape);

/** Place of a cell's centre in km east and north of the region's south-west corner, on a plane that
 *  is true at the region's middle latitude. Fractions and cells outside are allowed. */
double landscape_x_km(const struct landscape *landscape, double col);
double landscape_y_km(const struct landscape *landscape, double row);

/** Height of the ground without its small roughness, before rounding to metres. */
double landscape_height_m(const struct landscape *landscape, double x_km, double y_km);

/** Elevation of a cell as in the elevation model: whole metres, NaN where missing. Cells outside
 * the region have one too. */
float landscape_elevation_m(const struct landscape *landscape, int64_t row, int64_t col);

/** How far the terrain encloses a place, 0 (open) to 1 (hills on all sides): the mean over eight
 *  directions of how much the ground rises above the place within 1.7 radii of a basin, 250 m and
 *  more counting as 1. */
double landscape_enclosure(const struct landscape *landscape, double x_km, double y_km);

/** Hilliness of a place: 0 on the plain, 1 in the hills. Basins lie in hills. */
double landscape_hilliness(const struct landscape *landscape, double x_km, double y_km);

int64_t landscape_source_count(const struct landscape *landscape);
const struct landscape_source *landscape_source(const struct landscape *landscape, int64_t source);
bool landscape_source_operates(const struct landscape_source *source, int64_t year);

int landscape_city_count(const struct landscape *landscape);
void landscape_city(const struct landscape *landscape, int city, struct landscape_city *out);

/** Centre and radius of a basin, km; the count is 2 or more. */
int64_t landscape_basin_count(const struct landscape *landscape);
void landscape_basin(const struct landscape *landscape, int64_t basin, double *x_km, double *y_km,
                     double *radius_km);

#endif
