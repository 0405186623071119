/* airshed -- GPL-3.0-or-later. Coordinate reference systems through PROJ. */
#include "grid/projection.h"

#include <math.h>
#include <proj.h>
#include <proj_experimental.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* One context per process: ranks have one thread. PROJ's own log is silenced, because a refused
 * system is told in our sentence. */
static PJ_CONTEXT *context(void)
{
    static PJ_CONTEXT *shared;
    if (shared == NULL) {
        shared = proj_context_create();
        proj_log_level(shared, PJ_LOG_NONE);
        proj_context_set_enable_network(shared, 0); /* grids from the network change results */
    }
    return shared;
}

/* True for text with brackets that is neither JSON nor the WKT of a system that maps have. PROJ would
 * take it for a name and search its database for one like it: that takes seconds, and what it finds
 * is a system that nobody meant. */
static bool is_damaged_wkt(const char *crs)
{
    static const char *const words[] = {
        "GEOGCRS",     "GEODCRS",  "GEODETICCRS", "GEOGRAPHICCRS",   "PROJCRS", "PROJECTEDCRS",
        "COMPOUNDCRS", "BOUNDCRS", "VERTCRS",     "DERIVEDPROJCRS",  "GEOGCS",  "PROJCS",
        "COMPD_CS",    "GEOCCS",   "VERT_CS",     "LOCAL_CS"};
    crs += strspn(crs, " \t\r\n");
    if (*crs == '{' || strchr(crs, '[') == NULL) {
        return false;
    }
    size_t length = strcspn(crs, "[( \t\r\n");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == length && strncasecmp(crs, words[i], length) == 0) {
            return false;
        }
    }
    return true;
}

/* PROJ reads "+proj=..." as an operation unless it is marked as a system. */
static PJ *create(const char *crs)
{
    if (is_damaged_wkt(crs)) {
        return NULL;
    }
    if (strstr(crs, "+proj=") == NULL || strstr(crs, "type=crs") != NULL) {
        return proj_create(context(), crs);
    }
    char *marked = NULL;
    if (asprintf(&marked, "%s +type=crs", crs) < 0) {
        return NULL;
    }
    PJ *object = proj_create(context(), marked);
    free(marked);
    return object;
}

/* The two-dimensional system inside a bound or compound one; @p object is consumed. */
static PJ *horizontal(PJ *object)
{
    for (int depth = 0; object != NULL && depth < 4; depth++) {
        PJ *inner = NULL;
        PJ_TYPE type = proj_get_type(object);
        if (type == PJ_TYPE_BOUND_CRS) {
            inner = proj_get_source_crs(context(), object);
        } else if (type == PJ_TYPE_COMPOUND_CRS) {
            inner = proj_crs_get_sub_crs(context(), object, 0);
        } else if (type == PJ_TYPE_GEOGRAPHIC_3D_CRS) {
            inner = proj_crs_demote_to_2D(context(), NULL, object);
        } else {
            break;
        }
        proj_destroy(object);
        object = inner;
    }
    return object;
}

static PJ *open_horizontal(const char *crs)
{
    return horizontal(create(crs));
}

/* Size of the first axis unit in metres or radians. */
static double axis_unit(const PJ *object)
{
    double unit = NAN;
    PJ *system = proj_crs_get_coordinate_system(context(), object);
    if (system != NULL) {
        proj_cs_get_axis_info(context(), system, 0, NULL, NULL, NULL, &unit, NULL, NULL, NULL);
        proj_destroy(system);
    }
    return unit;
}

static void read_ellipsoid(const PJ *object, double *semi_major, double *inverse_flattening)
{
    *semi_major = 6378137.0;
    *inverse_flattening = 298.257223563;
    PJ *ellipsoid = proj_get_ellipsoid(context(), object);
    if (ellipsoid != NULL) {
        proj_ellipsoid_get_parameters(context(), ellipsoid, semi_major, NULL, NULL,
                                      inverse_flattening);
        proj_destroy(ellipsoid);
    }
}

static PJ *in_metres(PJ *object)
{
    PJ *altered = proj_crs_alter_cs_linear_unit(context(), object, "metre", 1.0, "EPSG", "9001");
    if (altered == NULL) {
        return object;
    }
    proj_destroy(object);
    return altered;
}

const char *projection_describe(const char *crs, char *text, size_t text_bytes)
{
    PJ *object = open_horizontal(crs);
    const char *name = object != NULL ? proj_get_name(object) : NULL;
    const char *authority = object != NULL ? proj_get_id_auth_name(object, 0) : NULL;
    const char *code = object != NULL ? proj_get_id_code(object, 0) : NULL;
    const char *parameters = NULL;
    bool is_named = name != NULL && name[0] != '\0' && strcasecmp(name, "unknown") != 0 &&
                    strcasecmp(name, "undefined") != 0;
    if (object != NULL && !is_named) {
        parameters = proj_as_proj_string(context(), object, PJ_PROJ_4, NULL);
    }
    snprintf(text, text_bytes, "%s%s%s%s%s%s",
             is_named             ? name
             : parameters != NULL ? parameters
                                  : "unknown",
             authority != NULL ? " (" : "", authority != NULL ? authority : "",
             authority != NULL ? ":" : "", authority != NULL && code != NULL ? code : "",
             authority != NULL ? ")" : "");
    proj_destroy(object);
    return text;
}

static enum status copy_wkt(const PJ *object, PJ_WKT_TYPE type, char **wkt)
{
    static const char *const one_line[] = {"MULTILINE=NO", NULL};
    const char *text = proj_as_wkt(context(), object, type, one_line);
    if (text == NULL && type != PJ_WKT2_2019) {
        text = proj_as_wkt(context(), object, PJ_WKT2_2019, one_line);
    }
    if (text == NULL) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "the coordinate reference system cannot be written as WKT");
    }
    return memory_copy_text(text, wkt);
}

enum status projection_init(const char *crs, struct projection *projection)
{
    enum status status;
    *projection = (struct projection){.metres_per_unit = 1};
    PJ *object = open_horizontal(crs);
    FAIL_IF(object == NULL, STATUS_DATA,
            "coordinate reference system '%.200s' is not understood: give EPSG:CODE, WKT or a "
            "PROJ string",
            crs);
    PJ_TYPE type = proj_get_type(object);
    projection->is_geographic = type == PJ_TYPE_GEOGRAPHIC_2D_CRS;
    FAIL_IF(!projection->is_geographic && type != PJ_TYPE_PROJECTED_CRS, STATUS_DATA,
            "coordinate reference system '%.200s' is neither geographic nor projected", crs);
    double unit = axis_unit(object);
    if (projection->is_geographic) {
        FAIL_IF(!(fabs(unit * 180 / M_PI - 1) < 1e-9), STATUS_DATA,
                "coordinate reference system '%.200s' is not in degrees", crs);
    } else {
        FAIL_IF(!(unit > 0), STATUS_DATA,
                "coordinate reference system '%.200s' has axes without a unit", crs);
        projection->metres_per_unit = unit;
        if (unit != 1) {
            object = in_metres(object);
        }
    }
    read_ellipsoid(object, &projection->semi_major_m, &projection->inverse_flattening);
    TRY(copy_wkt(object, PJ_WKT2_2019, &projection->wkt));
done:
    proj_destroy(object);
    return status;
}

enum status projection_check_option(const char *crs)
{
    struct projection projection = {0};
    enum status status = crs != NULL ? projection_init(crs, &projection) : STATUS_OK;
    projection_clear(&projection);
    if (status == STATUS_DATA) {
        failure_prefix("--crs");
        status = STATUS_USAGE;
    }
    return status;
}

void projection_clear(struct projection *projection)
{
    free(projection->wkt);
    *projection = (struct projection){0};
}

static PJ *pipeline(const char *from, const char *to)
{
    PJ *source = open_horizontal(from);
    PJ *target = open_horizontal(to);
    PJ *between = NULL;
    if (source != NULL && target != NULL) {
        between = proj_create_crs_to_crs_from_pj(context(), source, target, NULL, NULL);
    }
    if (between != NULL) {
        PJ *ordered = proj_normalize_for_visualization(context(), between);
        proj_destroy(between);
        between = ordered;
    }
    proj_destroy(source);
    proj_destroy(target);
    return between;
}

enum status projection_transform(const char *from, const char *to, int64_t count, double *x,
                                 double *y)
{
    enum status status = STATUS_OK;
    PJ *between = pipeline(from, to);
    FAIL_IF(between == NULL, STATUS_DATA, "no way is known from '%.120s' to '%.120s'", from, to);
    for (int64_t i = 0; i < count; i++) {
        PJ_COORD point = proj_trans(between, PJ_FWD, proj_coord(x[i], y[i], 0, HUGE_VAL));
        bool is_valid = isfinite(point.xy.x) && isfinite(point.xy.y);
        x[i] = is_valid ? point.xy.x : NAN;
        y[i] = is_valid ? point.xy.y : NAN;
    }
done:
    proj_destroy(between);
    return status;
}

enum status projection_wkt1(const char *crs, char **wkt)
{
    enum status status;
    *wkt = NULL;
    PJ *object = open_horizontal(crs);
    FAIL_IF(object == NULL, STATUS_DATA, "coordinate reference system '%.200s' is not understood",
            crs);
    TRY(copy_wkt(object, PJ_WKT1_GDAL, wkt));
done:
    proj_destroy(object);
    return status;
}

bool projection_is_equal(const char *first, const char *second)
{
    if (strcmp(first, second) == 0) {
        return true;
    }
    PJ *a = open_horizontal(first);
    PJ *b = open_horizontal(second);
    bool is_equal = a != NULL && b != NULL &&
                    proj_is_equivalent_to_with_ctx(context(), a, b,
                                                   PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS);
    proj_destroy(a);
    proj_destroy(b);
    return is_equal;
}

/* ---- CF grid mappings ----------------------------------------------------------------------- */

/* Appendix F of CF 1.11 beside the parameters of PROJ, one list for both directions. */
struct mapping_parameter {
    const char *proj; /* key of the PROJ string */
    const char *cf;
    double otherwise; /* PROJ's default */
};

struct mapping {
    const char *proj;
    const char *cf;
    struct mapping_parameter parameters[7];
};

#define LATITUDE_OF_ORIGIN                                                                         \
    {                                                                                              \
        "lat_0", "latitude_of_projection_origin", 0                                                \
    }
#define LONGITUDE_OF_ORIGIN                                                                        \
    {                                                                                              \
        "lon_0", "longitude_of_projection_origin", 0                                               \
    }
#define CENTRAL_MERIDIAN                                                                           \
    {                                                                                              \
        "lon_0", "longitude_of_central_meridian", 0                                                \
    }
#define FALSE_ORIGIN                                                                               \
    {"x_0", "false_easting", 0},                                                                   \
    {                                                                                              \
        "y_0", "false_northing", 0                                                                 \
    }
#define ONE_PARALLEL                                                                               \
    {                                                                                              \
        "lat_ts", "standard_parallel", NAN                                                         \
    }

static const struct mapping mappings[] = {
    {"lcc", "lambert_conformal_conic", {LATITUDE_OF_ORIGIN, CENTRAL_MERIDIAN, FALSE_ORIGIN}},
    {"aea", "albers_conical_equal_area", {LATITUDE_OF_ORIGIN, CENTRAL_MERIDIAN, FALSE_ORIGIN}},
    {"laea",
     "lambert_azimuthal_equal_area",
     {LATITUDE_OF_ORIGIN, LONGITUDE_OF_ORIGIN, FALSE_ORIGIN}},
    {"aeqd", "azimuthal_equidistant", {LATITUDE_OF_ORIGIN, LONGITUDE_OF_ORIGIN, FALSE_ORIGIN}},
    {"ortho", "orthographic", {LATITUDE_OF_ORIGIN, LONGITUDE_OF_ORIGIN, FALSE_ORIGIN}},
    {"sinu", "sinusoidal", {LONGITUDE_OF_ORIGIN, FALSE_ORIGIN}},
    {"cea", "lambert_cylindrical_equal_area", {CENTRAL_MERIDIAN, ONE_PARALLEL, FALSE_ORIGIN}},
    {"merc",
     "mercator",
     {LONGITUDE_OF_ORIGIN,
      ONE_PARALLEL,
      {"k", "scale_factor_at_projection_origin", NAN},
      FALSE_ORIGIN}},
    {"tmerc",
     "transverse_mercator",
     {LATITUDE_OF_ORIGIN,
      CENTRAL_MERIDIAN,
      {"k", "scale_factor_at_central_meridian", 1},
      FALSE_ORIGIN}},
    {"stere",
     "polar_stereographic",
     {LATITUDE_OF_ORIGIN,
      {"lon_0", "straight_vertical_longitude_from_pole", 0},
      ONE_PARALLEL,
      {"k", "scale_factor_at_projection_origin", NAN},
      FALSE_ORIGIN}},
    {"sterea",
     "stereographic",
     {LATITUDE_OF_ORIGIN,
      LONGITUDE_OF_ORIGIN,
      {"k", "scale_factor_at_projection_origin", 1},
      FALSE_ORIGIN}},
};

enum {
    MAPPINGS = sizeof mappings / sizeof mappings[0]
};

/* The value of +key=value, or @p otherwise. */
static double proj_number(const char *text, const char *key, double otherwise)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "+%s=", key);
    const char *at = strstr(text, wanted);
    return at != NULL ? strtod(at + strlen(wanted), NULL) : otherwise;
}

static struct mapping_attribute *add_text(struct mapping_attribute *attributes, int *count,
                                          const char *name, const char *text)
{
    struct mapping_attribute *added = &attributes[(*count)++];
    *added = (struct mapping_attribute){.count = 0};
    snprintf(added->name, sizeof added->name, "%s", name);
    snprintf(added->text, sizeof added->text, "%s", text);
    return added;
}

static void add_number(struct mapping_attribute *attributes, int *count, const char *name,
                       double number)
{
    struct mapping_attribute *added = add_text(attributes, count, name, "");
    added->number[0] = number;
    added->count = 1;
}

/* A zone of UTM is a transverse Mercator with constants. */
static void expand_utm(char *text, size_t bytes)
{
    if (strstr(text, "+proj=utm") != NULL) {
        int zone = (int)proj_number(text, "zone", 1);
        bool is_south = strstr(text, "+south") != NULL;
        snprintf(text, bytes, "+proj=tmerc +lat_0=0 +lon_0=%d +k=0.9996 +x_0=500000 +y_0=%d",
                 zone * 6 - 183, is_south ? 10000000 : 0);
    }
}

static void add_parameters(const struct mapping *mapping, const char *text,
                           struct mapping_attribute *attributes, int *count)
{
    add_text(attributes, count, "grid_mapping_name", mapping->cf);
    double first = proj_number(text, "lat_1", NAN);
    double second = proj_number(text, "lat_2", first);
    if (!isnan(first)) {
        add_number(attributes, count, "standard_parallel", first);
        if (second != first) {
            attributes[*count - 1].number[1] = second;
            attributes[*count - 1].count = 2;
        }
    }
    for (int i = 0; i < 7 && mapping->parameters[i].proj != NULL; i++) {
        const struct mapping_parameter *parameter = &mapping->parameters[i];
        double value = proj_number(text, parameter->proj, parameter->otherwise);
        if (strcmp(parameter->proj, "k") == 0) {
            value = proj_number(text, "k_0", value);
        }
        if (!isnan(value)) {
            add_number(attributes, count, parameter->cf, value);
        }
    }
}

static void add_ellipsoid(const struct projection *projection, struct mapping_attribute *attributes,
                          int *count)
{
    if (projection->inverse_flattening == 0) {
        add_number(attributes, count, "earth_radius", projection->semi_major_m);
    } else {
        add_number(attributes, count, "semi_major_axis", projection->semi_major_m);
        add_number(attributes, count, "inverse_flattening", projection->inverse_flattening);
        add_number(attributes, count, "longitude_of_prime_meridian", 0);
    }
}

static void proj_string(const char *crs, char *text, size_t bytes)
{
    PJ *object = open_horizontal(crs);
    const char *exported =
        object != NULL ? proj_as_proj_string(context(), object, PJ_PROJ_4, NULL) : NULL;
    snprintf(text, bytes, "%s", exported != NULL ? exported : "");
    proj_destroy(object);
}

enum status projection_mapping(const char *crs, struct mapping_attribute *attributes, int *count)
{
    enum status status;
    struct projection projection = {0};
    char text[1024];
    *count = 0;
    TRY(projection_init(crs, &projection));
    if (projection.is_geographic) {
        add_text(attributes, count, "grid_mapping_name", "latitude_longitude");
    } else {
        proj_string(crs, text, sizeof text);
        expand_utm(text, sizeof text);
        for (int i = 0; i < MAPPINGS; i++) {
            char wanted[32];
            snprintf(wanted, sizeof wanted, "+proj=%s ", mappings[i].proj);
            if (strstr(text, wanted) != NULL) {
                add_parameters(&mappings[i], text, attributes, count);
            }
        }
    }
    add_ellipsoid(&projection, attributes, count);
done:
    projection_clear(&projection);
    return status;
}

static const struct mapping_attribute *find_attribute(const struct mapping_attribute *attributes,
                                                      int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(attributes[i].name, name) == 0) {
            return &attributes[i];
        }
    }
    return NULL;
}

static void print_number(FILE *out, const struct mapping_attribute *attribute, const char *key)
{
    if (attribute != NULL && attribute->count > 0) {
        fprintf(out, " +%s=%.17g", key, attribute->number[0]);
    }
}

static void print_ellipsoid(FILE *out, const struct mapping_attribute *attributes, int count)
{
    const struct mapping_attribute *radius = find_attribute(attributes, count, "earth_radius");
    const struct mapping_attribute *major = find_attribute(attributes, count, "semi_major_axis");
    const struct mapping_attribute *minor = find_attribute(attributes, count, "semi_minor_axis");
    const struct mapping_attribute *inverse =
        find_attribute(attributes, count, "inverse_flattening");
    if (radius != NULL) {
        print_number(out, radius, "R");
    } else if (major == NULL) {
        fprintf(out, " +datum=WGS84");
    } else if (inverse != NULL && inverse->number[0] != 0) {
        print_number(out, major, "a");
        print_number(out, inverse, "rf");
    } else if (minor != NULL) {
        print_number(out, major, "a");
        print_number(out, minor, "b");
    } else {
        print_number(out, major, "R");
    }
}

static void print_parameters(FILE *out, const struct mapping *mapping,
                             const struct mapping_attribute *attributes, int count)
{
    const struct mapping_attribute *parallels =
        find_attribute(attributes, count, "standard_parallel");
    bool is_conic = strcmp(mapping->proj, "lcc") == 0 || strcmp(mapping->proj, "aea") == 0;
    fprintf(out, "+proj=%s", mapping->proj);
    if (is_conic && parallels != NULL) {
        fprintf(out, " +lat_1=%.17g +lat_2=%.17g", parallels->number[0],
                parallels->number[parallels->count > 1]);
    }
    for (int i = 0; i < 7 && mapping->parameters[i].proj != NULL; i++) {
        print_number(out, find_attribute(attributes, count, mapping->parameters[i].cf),
                     mapping->parameters[i].proj);
    }
}

enum status projection_from_mapping(const struct mapping_attribute *attributes, int count,
                                    char **crs)
{
    enum status status = STATUS_OK;
    const struct mapping *mapping = NULL;
    size_t bytes = 0;
    *crs = NULL;
    FILE *out = open_memstream(crs, &bytes);
    FAIL_IF(out == NULL, STATUS_MEMORY, "out of memory");
    const struct mapping_attribute *name = find_attribute(attributes, count, "grid_mapping_name");
    for (int i = 0; name != NULL && i < MAPPINGS; i++) {
        mapping = strcmp(mappings[i].cf, name->text) == 0 ? &mappings[i] : mapping;
    }
    if (name != NULL && strcmp(name->text, "latitude_longitude") == 0) {
        fprintf(out, "+proj=longlat");
    } else if (mapping != NULL) {
        print_parameters(out, mapping, attributes, count);
    } else {
        FAIL(STATUS_DATA, "grid mapping '%s' is not known: add crs_wkt to the file or give --crs",
             name != NULL ? name->text : "");
    }
    print_ellipsoid(out, attributes, count);
    fprintf(out, mapping != NULL ? " +units=m +no_defs" : " +no_defs");
done:
    if (out != NULL) {
        fclose(out);
    }
    if (status != STATUS_OK) {
        free(*crs);
        *crs = NULL;
    }
    return status;
}
