/* airshed -- GPL-3.0-or-later. Attributes, roles and coordinates of NetCDF variables. */
#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "netcdf_internal.h"

static char *copy_bytes(const char *bytes, size_t count)
{
    char *copy = NULL;
    if (memory_allocate(count + 1, 1, &copy) == STATUS_OK) {
        memcpy(copy, bytes, count);
        for (size_t i = strlen(copy); i > 0 && (copy[i - 1] == ' ' || copy[i - 1] == '\n'); i--) {
            copy[i - 1] = '\0';
        }
    }
    return copy;
}

char *netcdf_text(int nc, int variable, const char *name)
{
    nc_type type;
    size_t length;
    char *text = NULL;
    if (nc_inq_att(nc, variable, name, &type, &length) != NC_NOERR || length == 0) {
        return NULL;
    }
    if (type == NC_CHAR) {
        char *bytes = NULL;
        if (memory_allocate(length + 1, 1, &bytes) == STATUS_OK &&
            nc_get_att_text(nc, variable, name, bytes) == NC_NOERR) {
            text = copy_bytes(bytes, strlen(bytes));
        }
        free(bytes);
    } else if (type == NC_STRING) {
        char **strings = NULL;
        if (memory_allocate(length, sizeof *strings, &strings) == STATUS_OK &&
            nc_get_att_string(nc, variable, name, strings) == NC_NOERR) {
            text = strings[0] != NULL ? copy_bytes(strings[0], strlen(strings[0])) : NULL;
            nc_free_string(length, strings);
        }
        free(strings);
    }
    return text;
}

int netcdf_numbers(int nc, int variable, const char *name, int most, double *numbers)
{
    nc_type type;
    size_t length;
    double *all = NULL;
    int count = 0;
    if (nc_inq_att(nc, variable, name, &type, &length) != NC_NOERR || type == NC_CHAR ||
        type > NC_UINT64 || length == 0) {
        return 0;
    }
    if (memory_allocate(length, sizeof *all, &all) == STATUS_OK &&
        nc_get_att_double(nc, variable, name, all) == NC_NOERR) {
        count = length < (size_t)most ? (int)length : most;
        memcpy(numbers, all, (size_t)count * sizeof *all);
    }
    free(all);
    return count;
}

/* ---- roles ---------------------------------------------------------------------------------- */

struct role_word {
    const char *word;
    enum netcdf_role role;
};

static enum netcdf_role look_up(const struct role_word *words, const char *word)
{
    for (int i = 0; words[i].word != NULL && word != NULL; i++) {
        if (text_equal_ignoring_case(words[i].word, word)) {
            return words[i].role;
        }
    }
    return ROLE_NONE;
}

static const struct role_word axis_words[] = {
    {"X", ROLE_COL}, {"Y", ROLE_ROW}, {"T", ROLE_TIME}, {NULL, ROLE_NONE}};

static const struct role_word standard_words[] = {{"longitude", ROLE_COL},
                                                  {"projection_x_coordinate", ROLE_COL},
                                                  {"grid_longitude", ROLE_COL},
                                                  {"latitude", ROLE_ROW},
                                                  {"projection_y_coordinate", ROLE_ROW},
                                                  {"grid_latitude", ROLE_ROW},
                                                  {"time", ROLE_TIME},
                                                  {NULL, ROLE_NONE}};

static const struct role_word unit_words[] = {
    {"degrees_east", ROLE_COL}, {"degree_east", ROLE_COL},   {"degrees_E", ROLE_COL},
    {"degree_E", ROLE_COL},     {"degreesE", ROLE_COL},      {"degreeE", ROLE_COL},
    {"degrees east", ROLE_COL}, {"degrees_north", ROLE_ROW}, {"degree_north", ROLE_ROW},
    {"degrees_N", ROLE_ROW},    {"degree_N", ROLE_ROW},      {"degreesN", ROLE_ROW},
    {"degreeN", ROLE_ROW},      {"degrees north", ROLE_ROW}, {NULL, ROLE_NONE}};

static const struct role_word name_words[] = {
    {"lon", ROLE_COL},         {"longitude", ROLE_COL},   {"longitudes", ROLE_COL},
    {"x", ROLE_COL},           {"xc", ROLE_COL},          {"nx", ROLE_COL},
    {"easting", ROLE_COL},     {"rlon", ROLE_COL},        {"west_east", ROLE_COL},
    {"nlon", ROLE_COL},        {"col", ROLE_COL},         {"nav_lon", ROLE_COL},
    {"xlong", ROLE_COL},       {"lat", ROLE_ROW},         {"latitude", ROLE_ROW},
    {"latitudes", ROLE_ROW},   {"y", ROLE_ROW},           {"yc", ROLE_ROW},
    {"ny", ROLE_ROW},          {"northing", ROLE_ROW},    {"rlat", ROLE_ROW},
    {"south_north", ROLE_ROW}, {"nlat", ROLE_ROW},        {"row", ROLE_ROW},
    {"nav_lat", ROLE_ROW},     {"xlat", ROLE_ROW},        {"time", ROLE_TIME},
    {"t", ROLE_TIME},          {"valid_time", ROLE_TIME}, {"year", ROLE_TIME},
    {"years", ROLE_TIME},      {"date", ROLE_TIME},       {NULL, ROLE_NONE}};

enum netcdf_role netcdf_role_of_name(const char *name)
{
    return look_up(name_words, name);
}

enum netcdf_role netcdf_role_of(int nc, int variable)
{
    char name[NC_MAX_NAME + 1] = "";
    char *axis = netcdf_text(nc, variable, "axis");
    char *standard = netcdf_text(nc, variable, "standard_name");
    char *units = netcdf_text(nc, variable, "units");
    enum netcdf_role role = look_up(axis_words, axis);
    role = role != ROLE_NONE ? role : look_up(standard_words, standard);
    role = role != ROLE_NONE ? role : look_up(unit_words, units);
    if (role == ROLE_NONE && units != NULL && strstr(units, " since ") != NULL) {
        role = ROLE_TIME;
    }
    /* A vertical axis called "x" is none of ours; without any of these the name decides. */
    if (role == ROLE_NONE && axis == NULL && nc_inq_varname(nc, variable, name) == NC_NOERR) {
        role = netcdf_role_of_name(name);
    }
    free(axis);
    free(standard);
    free(units);
    return role;
}

int netcdf_coordinate(int nc, int dimension)
{
    char name[NC_MAX_NAME + 1] = "";
    int count = 0;
    int found = -1;
    if (nc_inq_dimname(nc, dimension, name) != NC_NOERR || nc_inq_nvars(nc, &count) != NC_NOERR) {
        return -1;
    }
    for (int variable = 0; variable < count; variable++) {
        char variable_name[NC_MAX_NAME + 1] = "";
        int dimensions = 0;
        int only = -1;
        nc_type type = NC_CHAR;
        if (nc_inq_varndims(nc, variable, &dimensions) != NC_NOERR || dimensions != 1 ||
            nc_inq_var(nc, variable, variable_name, &type, NULL, &only, NULL) != NC_NOERR ||
            only != dimension || type == NC_CHAR || type > NC_UINT64) {
            continue;
        }
        if (strcmp(variable_name, name) == 0) {
            return variable;
        }
        if (found < 0 && netcdf_role_of(nc, variable) != ROLE_NONE) {
            found = variable;
        }
    }
    return found;
}

bool netcdf_is_degrees(int nc, int variable)
{
    char name[NC_MAX_NAME + 1] = "";
    char *units = netcdf_text(nc, variable, "units");
    char *standard = netcdf_text(nc, variable, "standard_name");
    nc_inq_varname(nc, variable, name);
    bool is_named = strncasecmp(name, "lat", 3) == 0 || strncasecmp(name, "lon", 3) == 0;
    bool is_degrees = (units != NULL && strncasecmp(units, "degree", 6) == 0) ||
                      (standard != NULL &&
                       (strcmp(standard, "longitude") == 0 || strcmp(standard, "latitude") == 0)) ||
                      ((units == NULL || units[0] == '\0') && is_named);
    free(units);
    free(standard);
    return is_degrees;
}

/* ---- values --------------------------------------------------------------------------------- */

static double widen(double value)
{
    char words[TEXT_NUMBER_BYTES];
    return strtod(text_float((float)value, words), NULL);
}

/* Floats keep seven digits, so equal steps come out uneven. Where the numbers agree with equal steps
 * between the two ends to a rounding of float, those are what was meant. */
static void widen_all(size_t count, double *values)
{
    double first = widen(values[0]);
    double last = widen(values[count - 1]);
    double step = count > 1 ? (last - first) / (double)(count - 1) : 0;
    bool is_even = count > 2;
    for (size_t i = 0; i < count && is_even; i++) {
        double rounding = fabs(values[i]) * 1.2e-7; /* 2^-23, one unit in the last place */
        is_even = fabs(first + (double)i * step - values[i]) <= rounding + fabs(step) * 1e-6;
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = is_even ? first + (double)i * step : widen(values[i]);
    }
}

enum status netcdf_values(int nc, int variable, size_t *count, double **values)
{
    enum status status;
    int dimensions = 0;
    int dimension[NC_MAX_VAR_DIMS];
    nc_type type = NC_DOUBLE;
    char name[NC_MAX_NAME + 1] = "";
    double scale = 1;
    double offset = 0;
    *values = NULL;
    *count = 1;
    int error = nc_inq_var(nc, variable, name, &type, &dimensions, dimension, NULL);
    for (int i = 0; i < dimensions && error == NC_NOERR; i++) {
        size_t length = 0;
        error = nc_inq_dimlen(nc, dimension[i], &length);
        *count *= length;
    }
    FAIL_IF(error != NC_NOERR || *count == 0, STATUS_DATA, "coordinate '%s' is empty", name);
    TRY(memory_allocate(*count, sizeof **values, values));
    error = nc_get_var_double(nc, variable, *values);
    FAIL_IF(error != NC_NOERR, STATUS_DATA, "coordinate '%s' cannot be read: %s", name,
            nc_strerror(error));
    bool is_packed = netcdf_numbers(nc, variable, "scale_factor", 1, &scale) > 0;
    is_packed = netcdf_numbers(nc, variable, "add_offset", 1, &offset) > 0 || is_packed;
    for (size_t i = 0; i < *count && is_packed; i++) {
        (*values)[i] = (*values)[i] * scale + offset;
    }
    if (type == NC_FLOAT && !is_packed) {
        widen_all(*count, *values);
    }
done:
    if (status != STATUS_OK) {
        free(*values);
        *values = NULL;
    }
    return status;
}
