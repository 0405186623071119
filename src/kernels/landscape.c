/* airshed -- GPL-3.0-or-later. The ground of a synthetic region. */
#include "kernels/landscape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/waves.h"

/* Kilometres of a degree: along a meridian at 40 N, and along the equator. */
#define KM_NORTH 111.03
#define KM_EQUATOR 111.32

/* The box of the paper, 36.0-42.6 N and 113.5-119.8 E (P2.01), holds 474 sources (P2.06). */
#define PAPER_SOURCES 474
#define PAPER_AREA_KM2 (6.6 * KM_NORTH * 6.3 * KM_EQUATOR * cos(39.3 * M_PI / 180))

/* Square kilometres of region to a basin, and the largest radius of one. */
#define BASIN_SHARE_KM2 6000.0
#define BASIN_RADIUS_KM 11.0

struct basin {
    double x, y, radius, floor_m;
};

struct landscape {
    struct landscape_region region;
    double km_east; /* of a degree of longitude at the middle latitude */
    double width, height;
    double extent; /* the shorter side */
    int64_t basin_count, source_count;
    struct basin *basins;
    struct landscape_source *sources;
    double city_x[LANDSCAPE_CITIES_MOST], city_y[LANDSCAPE_CITIES_MOST];
};

static struct random_key key_of(const struct landscape *landscape, const char *stream)
{
    return (struct random_key){landscape->region.seed, random_stream(stream)};
}

static double smooth_step(double low, double high, double value)
{
    double t = fmin(1, fmax(0, (value - low) / (high - low)));
    return t * t * (3 - 2 * t);
}

double landscape_x_km(const struct landscape *landscape, double col)
{
    return (col + 0.5) * landscape->region.cell_degrees * landscape->km_east;
}

double landscape_y_km(const struct landscape *landscape, double row)
{
    return (row + 0.5) * landscape->region.cell_degrees * KM_NORTH;
}

/* ---- terrain ------------------------------------------------------------------------------ */

/* 0 in the south-east corner, 1 in the north-west one, with a wavy front. */
static double inland(const struct landscape *landscape, double x, double y)
{
    double across = 1 - x / landscape->width, up = y / landscape->height;
    double length = 0.3 * landscape->extent;
    double wave = lattice_noise(key_of(landscape, "landscape.front"), x / length, y / length);
    return 0.6 * across + 0.4 * up + 0.08 * wave;
}

static double hilliness(double inland_share)
{
    return smooth_step(0.48, 0.72, inland_share);
}

double landscape_hilliness(const struct landscape *landscape, double x_km, double y_km)
{
    return hilliness(inland(landscape, x_km, y_km));
}

/* Depth to which two sinuous valleys, from west to east, cut the hills: 0 nowhere, 1 to the plain.
 */
static double valley(const struct landscape *landscape, double x, double y)
{
    double width = fmin(3.0, 0.05 * landscape->extent), cut = 0;
    for (int i = 0; i < 2; i++) {
        double share = 0.42 + 0.3 * i;
        double bend = 0.05 * landscape->height * sin(2 * M_PI * x / (0.45 * landscape->width) + i);
        double distance = (y - share * landscape->height - bend) / width;
        cut = fmax(cut, exp(-distance * distance));
    }
    return 0.85 * cut;
}

static double ridges(const struct landscape *landscape, double x, double y)
{
    struct random_key key = key_of(landscape, "landscape.ridges");
    double length = fmin(18.0, 0.2 * landscape->extent);
    double coarse = 1 - fabs(lattice_noise(key, x / length, y / length));
    double fine = 1 - fabs(lattice_noise(key, 2.3 * x / length + 100, 2.3 * y / length));
    return 0.7 * coarse * coarse + 0.3 * fine;
}

/* Sea level flats, then a plain that rises by tens of metres. */
static double plain_m(const struct landscape *landscape, double inland_share, double x, double y)
{
    double swell = lattice_noise(key_of(landscape, "landscape.plain"), x / 9, y / 9);
    return 4 + fmax(0, 60 * (inland_share - 0.2) + 5 * swell);
}

static double with_basins(const struct landscape *landscape, double x, double y, double z)
{
    for (int64_t i = 0; i < landscape->basin_count; i++) {
        const struct basin *basin = &landscape->basins[i];
        double dx = (x - basin->x) / basin->radius, dy = (y - basin->y) / basin->radius;
        double square = dx * dx + dy * dy;
        if (square > 2.5 * 2.5) {
            continue;
        }
        double distance = sqrt(square), wall = (distance - 1.35) / 0.28;
        double inside = 1 - smooth_step(0.75, 1.3, distance);
        z += inside * (basin->floor_m + 40 * square - z);
        z += 450 * exp(-wall * wall);
    }
    return z;
}

double landscape_height_m(const struct landscape *landscape, double x_km, double y_km)
{
    double share = inland(landscape, x_km, y_km);
    double hills = hilliness(share);
    double z = plain_m(landscape, share, x_km, y_km);
    if (hills > 0) {
        z += hills * (300 + 700 * ridges(landscape, x_km, y_km)) *
             (1 - valley(landscape, x_km, y_km));
    }
    return with_basins(landscape, x_km, y_km, z);
}

float landscape_elevation_m(const struct landscape *landscape, int64_t row, int64_t col)
{
    struct random_key key = key_of(landscape, "landscape.rough");
    uint64_t item = (uint64_t)(uint32_t)row << 32 | (uint32_t)col;
    if (landscape->region.missing_fraction > 0 &&
        random_uniform(key, item, 2) < landscape->region.missing_fraction) {
        return NAN;
    }
    double x = landscape_x_km(landscape, (double)col), y = landscape_y_km(landscape, (double)row);
    double rough =
        25 * landscape_hilliness(landscape, x, y) * (2 * random_uniform(key, item, 0) - 1);
    return (float)fmax(0, round(landscape_height_m(landscape, x, y) + rough));
}

double landscape_enclosure(const struct landscape *landscape, double x_km, double y_km)
{
    static const double reach[] = {0.7, 1.2, 1.7};
    double radius = fmin(BASIN_RADIUS_KM, 0.12 * landscape->extent);
    double here = landscape_height_m(landscape, x_km, y_km), sum = 0;
    for (int k = 0; k < 8; k++) {
        double rise = 0;
        for (int i = 0; i < 3; i++) {
            double x = x_km + reach[i] * radius * cos(k * M_PI / 4);
            double y = y_km + reach[i] * radius * sin(k * M_PI / 4);
            rise = fmax(rise, landscape_height_m(landscape, x, y) - here);
        }
        sum += fmin(1, rise / 250);
    }
    return sum / 8;
}

/* Basins lie in the hilly part: of 24 places the one farthest inland that keeps three radii away
 * from earlier basins, or else the one that comes nearest to that. */
static struct basin draw_basin(const struct landscape *landscape, int64_t index)
{
    struct random_key key = key_of(landscape, "landscape.basins");
    double radius = fmin(BASIN_RADIUS_KM, 0.12 * landscape->extent);
    struct basin best = {0};
    double best_score = -INFINITY;
    for (uint64_t try = 0; try < 24; try++) {
        struct basin basin = {.radius = radius};
        basin.x = (0.16 + 0.68 * random_uniform(key, (uint64_t)index, 3 * try)) * landscape->width;
        basin.y =
            (0.16 + 0.68 * random_uniform(key, (uint64_t)index, 3 * try + 1)) * landscape->height;
        basin.floor_m = 40 + 120 * random_uniform(key, (uint64_t)index, 3 * try + 2);
        double score = fmin(0.7, inland(landscape, basin.x, basin.y));
        for (int64_t i = 0; i < index; i++) {
            double gap = hypot(basin.x - landscape->basins[i].x, basin.y - landscape->basins[i].y);
            score = gap < 3 * radius ? fmin(score, gap / radius - 4) : score;
        }
        if (score > best_score) {
            best_score = score;
            best = basin;
        }
    }
    return best;
}

/* ---- sources ------------------------------------------------------------------------------ */

static int64_t natural_source_count(const struct landscape *landscape)
{
    double area = landscape->width * landscape->height;
    int64_t count = (int64_t)floor(PAPER_SOURCES * area / PAPER_AREA_KM2 + 0.5);
    return count < 3 ? 3 : count;
}

/* Every fourth source stands in a basin; the others on a plain or valley floor nine times in ten.
 */
static void place_source(const struct landscape *landscape, int64_t index,
                         struct landscape_source *source)
{
    const struct landscape_region *region = &landscape->region;
    struct random_key key = key_of(landscape, "landscape.places");
    for (uint64_t try = 0; try < 64; try++) {
        double u = random_uniform(key, (uint64_t)index, 4 * try);
        double v = random_uniform(key, (uint64_t)index, 4 * try + 1);
        double x = u * landscape->width, y = v * landscape->height;
        if (index % 4 == 3) {
            const struct basin *basin = &landscape->basins[index / 4 % landscape->basin_count];
            x = basin->x + 1.2 * (u - 0.5) * basin->radius;
            y = basin->y + 1.2 * (v - 0.5) * basin->radius;
        }
        source->row = (int64_t)(y / landscape->height * (double)region->rows);
        source->col = (int64_t)(x / landscape->width * (double)region->cols);
        source->row = source->row < region->rows ? source->row : region->rows - 1;
        source->col = source->col < region->cols ? source->col : region->cols - 1;
        double steep = landscape_hilliness(landscape, x, y) * (1 - valley(landscape, x, y) / 0.85);
        if (index % 4 == 3 || random_uniform(key, (uint64_t)index, 4 * try + 2) > 0.9 * steep) {
            break;
        }
    }
    source->lon = region->west + ((double)source->col + 0.5) * region->cell_degrees;
    source->lat = region->south + ((double)source->row + 0.5) * region->cell_degrees;
}

/* Four in five operate from the first year, others open within six; three in ten close in the sixth
 * to tenth year. */
static void draw_source(const struct landscape *landscape, int64_t index,
                        struct landscape_source *source)
{
    static const char *const kinds[] = {"steel", "power", "cement", "chemicals"};
    struct random_key key = key_of(landscape, "landscape.sources");
    uint64_t item = (uint64_t)index;
    place_source(landscape, index, source);
    source->kind = kinds[random_below(key, item, 0, 4)];
    source->strength = 45 * exp(0.35 * random_normal(key, item, 1));
    source->yearly_change = -0.08 * random_uniform(key, item, 2);
    source->opened = landscape->region.first_year;
    source->closed = INT64_MAX;
    if (random_uniform(key, item, 3) > 0.8) {
        source->opened += (int64_t)random_below(key, item, 4, 6);
    }
    if (random_uniform(key, item, 5) > 0.7) {
        source->closed = landscape->region.first_year + 5 + (int64_t)random_below(key, item, 6, 5);
    }
}

bool landscape_source_operates(const struct landscape_source *source, int64_t year)
{
    return source->opened <= year && year < source->closed;
}

/* ---- cities ------------------------------------------------------------------------------- */

static const char *const city_names[LANDSCAPE_CITIES_MOST] = {
    "Alder",   "Birch", "Cedar", "Damson",   "Elm",    "Fir",   "Gorse",  "Hazel",  "Ivy",
    "Juniper", "Kapok", "Larch", "Maple",    "Nutmeg", "Oak",   "Poplar", "Quince", "Rowan",
    "Spruce",  "Teak",  "Ulmus", "Viburnum", "Willow", "Xylia", "Yew",    "Zelkova"};

/* A shifted Halton sequence: no two cities close together, whatever their number. */
static void draw_cities(struct landscape *landscape)
{
    struct random_key key = key_of(landscape, "landscape.cities");
    for (int city = 0; city < landscape->region.cities; city++) {
        double place[2] = {0, 0};
        for (int axis = 0; axis < 2; axis++) {
            double power = 1;
            for (int rest = city + 1; rest > 0; rest /= 2 + axis) {
                power /= 2 + axis;
                place[axis] += power * (rest % (2 + axis));
            }
            place[axis] += random_uniform(key, 0, (uint64_t)axis);
            place[axis] -= floor(place[axis]);
        }
        landscape->city_x[city] = (0.05 + 0.9 * place[0]) * landscape->width;
        landscape->city_y[city] = (0.05 + 0.9 * place[1]) * landscape->height;
    }
}

/** Keeps the part of a convex polygon where a x + b y <= c (Sutherland and Hodgman 1974). */
static void keep_half_plane(struct landscape_city *city, double a, double b, double c)
{
    struct landscape_city cut = {.name = city->name};
    for (int i = 0; i < city->vertices; i++) {
        int next = (i + 1) % city->vertices;
        double here = a * city->x[i] + b * city->y[i] - c;
        double there = a * city->x[next] + b * city->y[next] - c;
        if (here <= 0) {
            cut.x[cut.vertices] = city->x[i];
            cut.y[cut.vertices++] = city->y[i];
        }
        if ((here < 0 && there > 0) || (here > 0 && there < 0)) {
            double share = here / (here - there);
            cut.x[cut.vertices] = city->x[i] + share * (city->x[next] - city->x[i]);
            cut.y[cut.vertices++] = city->y[i] + share * (city->y[next] - city->y[i]);
        }
    }
    *city = cut;
}

int landscape_city_count(const struct landscape *landscape)
{
    return landscape->region.cities;
}

/* The places nearer to this city than to another. Vertices are rounded to 1e-6 degrees (0.1 m), so
 * that neighbours name shared corners alike. */
void landscape_city(const struct landscape *landscape, int city, struct landscape_city *out)
{
    double w = landscape->width, h = landscape->height;
    *out = (struct landscape_city){city_names[city],
                                   4,
                                   {0.05 * w, 0.95 * w, 0.95 * w, 0.05 * w},
                                   {0.05 * h, 0.05 * h, 0.95 * h, 0.95 * h}};
    double x = landscape->city_x[city], y = landscape->city_y[city];
    for (int other = 0; other < landscape->region.cities; other++) {
        double a = landscape->city_x[other] - x, b = landscape->city_y[other] - y;
        if (other != city) {
            keep_half_plane(out, a, b, a * (x + 0.5 * a) + b * (y + 0.5 * b));
        }
    }
    for (int i = 0; i < out->vertices; i++) {
        out->x[i] = round(1e6 * (landscape->region.west + out->x[i] / landscape->km_east)) / 1e6;
        out->y[i] = round(1e6 * (landscape->region.south + out->y[i] / KM_NORTH)) / 1e6;
    }
}

/* ---- all ---------------------------------------------------------------------------------- */

static enum status draw_all(struct landscape *landscape)
{
    enum status status;
    double area = landscape->width * landscape->height;
    int64_t basins = (int64_t)(area / BASIN_SHARE_KM2);
    TRY(memory_allocate((size_t)(basins < 2 ? 2 : basins), sizeof(struct basin),
                        &landscape->basins));
    for (basins = basins < 2 ? 2 : basins; landscape->basin_count < basins;) {
        landscape->basins[landscape->basin_count] = draw_basin(landscape, landscape->basin_count);
        landscape->basin_count++;
    }
    landscape->source_count =
        landscape->region.sources > 0 ? landscape->region.sources : natural_source_count(landscape);
    TRY(memory_allocate((size_t)landscape->source_count, sizeof(struct landscape_source),
                        &landscape->sources));
    for (int64_t source = 0; source < landscape->source_count; source++) {
        draw_source(landscape, source, &landscape->sources[source]);
    }
    draw_cities(landscape);
done:
    return status;
}

enum status landscape_create(const struct landscape_region *region, struct landscape **out)
{
    enum status status;
    struct landscape *landscape = NULL;
    TRY(memory_allocate(1, sizeof *landscape, &landscape));
    landscape->region = *region;
    double middle = region->south + 0.5 * (double)region->rows * region->cell_degrees;
    landscape->km_east = KM_EQUATOR * cos(middle * M_PI / 180);
    landscape->width = (double)region->cols * region->cell_degrees * landscape->km_east;
    landscape->height = (double)region->rows * region->cell_degrees * KM_NORTH;
    landscape->extent = fmin(landscape->width, landscape->height);
    TRY(draw_all(landscape));
    *out = landscape;
    landscape = NULL;
done:
    landscape_destroy(&landscape);
    return status;
}

void landscape_destroy(struct landscape **pointer)
{
    struct landscape *landscape = *pointer;
    if (landscape == NULL) {
        return;
    }
    free(landscape->basins);
    free(landscape->sources);
    free(landscape);
    *pointer = NULL;
}

int64_t landscape_source_count(const struct landscape *landscape)
{
    return landscape->source_count;
}

const struct landscape_source *landscape_source(const struct landscape *landscape, int64_t source)
{
    return &landscape->sources[source];
}

int64_t landscape_basin_count(const struct landscape *landscape)
{
    return landscape->basin_count;
}

void landscape_basin(const struct landscape *landscape, int64_t basin, double *x_km, double *y_km,
                     double *radius_km)
{
    *x_km = landscape->basins[basin].x;
    *y_km = landscape->basins[basin].y;
    *radius_km = landscape->basins[basin].radius;
}
