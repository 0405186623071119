/* airshed -- GPL-3.0-or-later. Are units and values what the quantity's name promises? */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "report.h"

/* A quantity: what it is called, its unit, and what values the Earth has seen, widely taken. */
struct quantity {
    const char *standard_name; /* without "_particles"; several quantities may share short names */
    const char *names;         /* " pm25 pm2p5 ": names in files, lower case without _ and . */
    const char *units;
    double low, high;
    double least_high; /* a largest value below this is odd as well */
};

static const struct quantity quantities[] = {
    {"mass_concentration_of_pm2p5_ambient_aerosol_in_air",
     " pm25 pm2p5 pm25tot pm25cmaq pm25fused pm25obs pm25sim ", "ug m-3", 0, 3000, 0.01},
    {"mass_concentration_of_pm10_ambient_aerosol_in_air", " pm10 ", "ug m-3", 0, 20000, 0.01},
    {"mass_concentration_of_pm1_ambient_aerosol_in_air", " pm1 ", "ug m-3", 0, 3000, 0.01},
    {"mass_concentration_of_ozone_in_air", " o3 ozone ", "ug m-3", 0, 1500, 0.01},
    {"mole_fraction_of_ozone_in_air", " o3 ozone ", "1e-9", 0, 20000, 0.01},
    {"mass_concentration_of_nitrogen_dioxide_in_air", " no2 ", "ug m-3", 0, 3000, 1e-4},
    {"mole_fraction_of_nitrogen_dioxide_in_air", " no2 ", "1e-9", 0, 2000, 1e-4},
    {"mass_concentration_of_sulfur_dioxide_in_air", " so2 ", "ug m-3", 0, 10000, 1e-4},
    {"mole_fraction_of_sulfur_dioxide_in_air", " so2 ", "1e-9", 0, 5000, 1e-4},
    {"mass_concentration_of_carbon_monoxide_in_air", " co ", "mg m-3", 0, 100, 1e-3},
    {"mole_fraction_of_carbon_monoxide_in_air", " co ", "1e-9", 0, 100000, 1},
    {"air_temperature", " t2m 2t tas t2 airtemperature ", "K", 150, 340, 0},
    {"dew_point_temperature", " d2m 2d td2m dewpoint ", "K", 130, 320, 0},
    {"sea_surface_temperature", " sst ", "K", 269, 312, 0},
    {"surface_air_pressure", " sp ps psfc ", "Pa", 30000, 112000, 0},
    {"air_pressure_at_mean_sea_level", " msl mslp slp prmsl psl ", "Pa", 85000, 110000, 0},
    {"air_pressure_at_sea_level", " ", "Pa", 85000, 110000, 0},
    {"relative_humidity", " rh hurs rhum ", "%", 0, 130, 2},
    {"specific_humidity", " q shum huss ", "1", 0, 0.06, 0},
    {"eastward_wind", " u10 10u uas uwnd ", "m s-1", -150, 150, 0},
    {"northward_wind", " v10 10v vas vwnd ", "m s-1", -150, 150, 0},
    {"wind_speed", " wspd windspeed ws10 ", "m s-1", 0, 150, 0},
    {"lwe_thickness_of_precipitation_amount", " tp totalprecipitation ", "m", 0, 2, 0},
    {"precipitation_amount", " ", "kg m-2", 0, 2000, 0},
    {"precipitation_flux", " pr ", "kg m-2 s-1", 0, 0.2, 0},
    {"atmosphere_boundary_layer_thickness", " blh pblh hpbl ", "m", 0, 10000, 20},
    {"surface_altitude", " dem orog elevation elev altitude hgtm ", "m", -500, 9000, 0},
    {"cloud_area_fraction", " tcc ", "1", 0, 1.01, 0},
    {"surface_downwelling_shortwave_flux_in_air", " rsds swdown ", "W m-2", -5, 1600, 0},
    {"land_binary_mask", " lsm landmask ", "1", 0, 1, 0},
};

static const char *const other_units[] = {"ug m-3", "mg m-3", "kg m-3", "K",    "degC",  "degF",
                                          "Pa",     "hPa",    "m",      "mm",   "%",     "1",
                                          "1e-9",   "1e-6",   "km h-1", "knot", "m s-1", "g/kg"};

/* "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air" without "_particles". */
static void shorten(const char *name, char *text, size_t bytes)
{
    static const char part[] = "_particles";
    const char *at = strstr(name, part);
    snprintf(text, bytes, "%.*s%s", at != NULL ? (int)(at - name) : (int)strlen(name), name,
             at != NULL ? at + sizeof part - 1 : "");
}

/* " pm25 " of "PM2_5[lev=0]". */
static void simplify(const char *name, char *text, size_t bytes)
{
    size_t length = 0;
    text[length++] = ' ';
    for (; *name != '\0' && *name != '[' && *name != '@' && length + 2 < bytes; name++) {
        if (isalnum((unsigned char)*name)) {
            text[length++] = (char)tolower((unsigned char)*name);
        }
    }
    text[length++] = ' ';
    text[length] = '\0';
}

/* What the variable measures by its standard name, else by its own; of several the first one that
 * its units fit. NULL where it is not known. */
static const struct quantity *find_quantity(const struct dataset_variable *facts)
{
    char wanted[256];
    char name[96];
    const struct quantity *found = NULL;
    bool has_standard_name = facts->standard_name[0] != '\0';
    shorten(facts->standard_name, wanted, sizeof wanted);
    simplify(facts->name, name, sizeof name);
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        const struct quantity *quantity = &quantities[i];
        bool is_match = has_standard_name ? strcmp(quantity->standard_name, wanted) == 0
                                          : strstr(quantity->names, name) != NULL;
        if (is_match && (found == NULL || units_are_convertible(facts->units, quantity->units))) {
            found = quantity;
            if (units_are_convertible(facts->units, quantity->units)) {
                break;
            }
        }
    }
    return found;
}

/* The range of values in @p to; false where there is no way. */
static bool convert_range(const char *from, const char *to, const struct info_values *values,
                          double range[2])
{
    struct units_converter *converter = NULL;
    if (units_converter_create(from, to, &converter) != STATUS_OK) {
        failure_clear();
        return false;
    }
    range[0] = values->min;
    range[1] = values->max;
    units_convert_double(converter, range, 2);
    units_converter_destroy(&converter);
    return true;
}

static bool is_plausible(const struct quantity *quantity, const double range[2])
{
    /* Small negative concentrations come from instruments and retrievals, not from units. */
    double slack = quantity->low == 0 ? 0.02 * quantity->high : 0;
    return range[0] >= quantity->low - slack && range[1] <= quantity->high &&
           range[1] >= quantity->least_high;
}

/* Units in which the numbers would make sense, or NULL. */
static const char *fitting_units(const struct quantity *quantity, const struct info_values *values)
{
    double range[2];
    for (size_t i = 0; i < sizeof other_units / sizeof other_units[0]; i++) {
        if (convert_range(other_units[i], quantity->units, values, range) &&
            is_plausible(quantity, range)) {
            return other_units[i];
        }
    }
    return NULL;
}

static void check_range(const struct dataset_variable *facts, const struct quantity *quantity,
                        const struct info_values *values, struct info_report *report)
{
    char place[128] = "";
    double range[2];
    if (isnan(values->min) || !convert_range(facts->units, quantity->units, values, range) ||
        is_plausible(quantity, range)) {
        return;
    }
    const char *fitting = fitting_units(quantity, values);
    bool is_low = range[0] < quantity->low;
    info_place_text(facts, is_low ? &values->min_place : &values->max_place, place, sizeof place);
    char converted[96] = "";
    if (!units_are_equal(facts->units, quantity->units)) {
        snprintf(converted, sizeof converted, " (%.6g to %.6g %s)", range[0], range[1],
                 quantity->units);
    }
    info_suspect(report,
                 "'%s': values from %.6g to %.6g %s%s are not plausible for %s%s%s%s; the %s is at "
                 "%s",
                 facts->name, values->min, values->max, facts->units, converted,
                 quantity->standard_name, fitting != NULL ? ": they would be in '" : "",
                 fitting != NULL ? fitting : "", fitting != NULL ? "'" : "",
                 is_low ? "least" : "greatest", place);
}

static void check_negative(const struct dataset_variable *facts, const struct quantity *quantity,
                           const struct info_values *values, struct info_report *report)
{
    char place[128];
    bool is_positive = quantity->low == 0 && units_are_convertible(facts->units, quantity->units);
    if (is_positive && values->negative > 0) {
        info_suspect(report, "'%s': %lld values are negative, the least %.6g %s at %s", facts->name,
                     (long long)values->negative, values->min, facts->units,
                     info_place_text(facts, &values->min_place, place, sizeof place));
    }
}

/* Air is never free of particles: zeros are likely gaps. */
static void check_zeros(const struct dataset_variable *facts, const struct quantity *quantity,
                        const struct info_values *values, struct info_report *report)
{
    bool is_particles = strstr(quantity->standard_name, "mass_concentration_of_pm") != NULL;
    if (is_particles && values->zero > 0) {
        info_suspect(report, "'%s': %lld of %lld values%s are exactly 0: are they missing?",
                     facts->name, (long long)values->zero, (long long)values->values,
                     values->is_sample ? " of the sample" : "");
    }
}

static void check_units(const struct dataset_variable *facts, const struct quantity *quantity,
                        const struct info_values *values, struct info_report *report)
{
    const char *fitting =
        quantity != NULL && isfinite(values->min) ? fitting_units(quantity, values) : NULL;
    if (facts->units[0] == '\0') {
        /* Levels and terms of one variable are told once. */
        info_suspect(report, "'%.*s' has no units%s%s%s", (int)strcspn(facts->name, "["),
                     facts->name, fitting != NULL ? ": its values would be plausible in '" : "",
                     fitting != NULL ? fitting : "", fitting != NULL ? "'" : "");
    } else if (!units_are_known(facts->units)) {
        info_suspect(report, "'%s': UDUNITS does not know the units '%s'", facts->name,
                     facts->units);
    } else if (quantity != NULL && !units_are_convertible(facts->units, quantity->units)) {
        info_suspect(report, "'%s' is %s by its %sname, but '%s' cannot be converted to '%s'",
                     facts->name, quantity->standard_name,
                     facts->standard_name[0] != '\0' ? "standard " : "", facts->units,
                     quantity->units);
    }
}

static void check_standard_name(const struct dataset_variable *facts, struct info_report *report)
{
    const char *name = facts->standard_name;
    const char *at = strstr(name, "_ambient_aerosol_");
    if (at != NULL && strstr(name, "_ambient_aerosol_particles") == NULL) {
        info_suspect(report,
                     "'%s': the standard name '%s' is a deprecated alias: it now ends in "
                     "'_ambient_aerosol_particles%s'",
                     facts->name, name, at + sizeof "_ambient_aerosol" - 1);
    }
}

/* Cells and steps without sense. */
static void check_emptiness(const struct dataset_variable *facts, const struct info_values *values,
                            struct info_report *report)
{
    const char *where = values->is_sample ? " of the sample" : "";
    char date[64];
    if (values->missing + values->infinite == values->values) {
        info_suspect(report, "'%s' has no values at all%s", facts->name,
                     values->is_sample ? " in the sample" : "");
        return;
    }
    if (values->infinite > 0) {
        info_suspect(report, "'%s': %lld values are infinite; commands take them as missing",
                     facts->name, (long long)values->infinite);
    }
    if (values->empty_cells > 0 && facts->time != NULL && values->steps > 1) {
        info_suspect(report, "'%s': %lld of %lld cells%s are missing at every step", facts->name,
                     (long long)values->empty_cells, (long long)values->cells, where);
    }
    if (values->constant_cells > 0) {
        info_suspect(report, "'%s': %lld of %lld cells%s never change", facts->name,
                     (long long)values->constant_cells, (long long)values->tested_cells, where);
    }
    if (values->empty_steps > 0 && facts->time != NULL) {
        struct calendar_date first = time_axis_date(facts->time, values->first_empty_step);
        info_suspect(report, "'%s': %lld of %lld steps%s have no values, first %s", facts->name,
                     (long long)values->empty_steps, (long long)values->steps, where,
                     calendar_format_date(&first, date));
    }
    if (values->repeated_steps > 0 && facts->time != NULL) {
        struct calendar_date first = time_axis_date(facts->time, values->first_repeated_step);
        info_suspect(report, "'%s': %lld map%s the one before, first %s", facts->name,
                     (long long)values->repeated_steps,
                     values->repeated_steps == 1 ? " equals" : "s equal",
                     calendar_format_date(&first, date));
    }
    if (values->min == values->max && values->values > 1) {
        info_suspect(report, "'%s': all values%s are %.6g", facts->name, where, values->min);
    }
}

void info_check_variable(const struct dataset_variable *facts, const struct info_values *values,
                         struct info_report *report)
{
    const struct quantity *quantity = find_quantity(facts);
    check_units(facts, quantity, values, report);
    check_standard_name(facts, report);
    check_emptiness(facts, values, report);
    if (quantity != NULL) {
        check_range(facts, quantity, values, report);
        check_negative(facts, quantity, values, report);
        check_zeros(facts, quantity, values, report);
    }
}
