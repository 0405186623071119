/* airshed -- GPL-3.0-or-later. Station tables of prepare. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "grid/projection.h"
#include "io/stations.h"
#include "prepare.h"

/* ---- reading ------------------------------------------------------------------------------ */

static struct station_source source_of(const struct options *options, const char *value)
{
    return (struct station_source){
        .path = option_text(options, "stations"),
        .sheet = option_text(options, "sheet"),
        .missing = option_text(options, "missing"),
        .date_column = option_text(options, "date-column"),
        .station_column = option_text(options, "station-column"),
        .value_column = value,
        .filter = option_text(options, "where"),
        .coordinates = option_text(options, "coordinates"),
        .key_column = option_text(options, "key-column"),
        .x_column = option_text(options, "x-column"),
        .y_column = option_text(options, "y-column"),
        .skip_unknown = option_flag(options, "skip-unknown"),
    };
}

static bool is_humidity(const struct options *options)
{
    return option_text(options, "dew-point-column") != NULL;
}

/* Values and units of the table as asked for. */
static enum status convert_values(const struct options *options, struct stations *stations)
{
    enum status status = STATUS_OK;
    struct units_converter *converter = NULL;
    const char *to = option_text(options, "units");
    const char *from = option_text(options, "input-units");
    FAIL_IF(to == NULL, STATUS_USAGE,
            "--stations needs --units: a table does not tell the units of its values");
    if (from != NULL) {
        TRY(units_converter_create(from, to, &converter));
        units_convert_double(converter, stations->value, stations->days * stations->count);
    } else {
        FAIL_IF(!units_are_known(to), STATUS_USAGE, "--units %s: no unit that UDUNITS knows", to);
    }
done:
    units_converter_destroy(&converter);
    return status;
}

/* Relative humidity in % from two columns, then in the units asked for (P2.04). */
static enum status make_humidity(const struct options *options, struct stations *stations)
{
    enum status status;
    struct stations *dew_point = NULL;
    struct units_converter *celsius = NULL, *converter = NULL;
    const char *from = option_text(options, "input-units");
    const char *to = option_text(options, "units");
    int64_t count = stations->days * stations->count;
    const struct magnus magnus = {option_item_real(options, "magnus", 0),
                                  option_item_real(options, "magnus", 1)};
    struct station_source source = source_of(options, option_text(options, "dew-point-column"));

    TRY(stations_read(&source, &dew_point));
    FAIL_IF(dew_point->count != stations->count || dew_point->days != stations->days, STATUS_DATA,
            "%s: --dew-point-column %s has other stations or days than --value %s", source.path,
            source.value_column, option_text(options, "value"));
    TRY(units_converter_create(from != NULL ? from : "degC", "degC", &celsius));
    TRY(units_converter_create("%", to != NULL ? to : "%", &converter));
    units_convert_double(celsius, stations->value, count);
    units_convert_double(celsius, dew_point->value, count);
    humidity_fill(magnus, stations->value, dew_point->value, count, stations->value);
    units_convert_double(converter, stations->value, count);
done:
    stations_destroy(&dew_point);
    units_converter_destroy(&celsius);
    units_converter_destroy(&converter);
    return status;
}

static void drop_zeros(struct stations *stations)
{
    for (int64_t i = 0; i < stations->days * stations->count; i++) {
        stations->value[i] = stations->value[i] == 0 ? NAN : stations->value[i];
    }
}

/* ---- days --------------------------------------------------------------------------------- */

/* Axis of the days that the table holds, cut to --from and --to. */
static enum status days_axis(const struct options *options, const struct stations *stations,
                             int64_t *first, struct time_axis **axis)
{
    enum status status;
    struct calendar_date *date = NULL, *bounds = NULL;
    struct time_axis *whole = NULL;
    int64_t steps;
    TRY(memory_allocate((size_t)stations->days, sizeof *date, &date));
    TRY(memory_allocate((size_t)stations->days * 2, sizeof *bounds, &bounds));
    for (int64_t i = 0; i < stations->days; i++) {
        date[i] = calendar_date_of_day(CALENDAR_STANDARD, stations->day[i]);
        bounds[2 * i] = date[i];
        bounds[2 * i + 1] = calendar_date_of_day(CALENDAR_STANDARD, stations->day[i] + 1);
    }
    TRY(time_axis_create_dates(CALENDAR_STANDARD, stations->days, date, bounds, &whole));
    TRY(time_axis_range(whole, option_text(options, "from"), option_text(options, "to"), first,
                        &steps));
    TRY(time_axis_cut(whole, *first, steps, axis));
done:
    free(date);
    free(bounds);
    time_axis_destroy(&whole);
    return status;
}

/* Values on an axis without gaps: absent days are refused, or inserted as missing. */
static enum status fill_days(const struct job *job, const struct stations *stations,
                             struct sites *sites)
{
    enum status status;
    struct time_axis *axis = NULL;
    int64_t *source = NULL;
    int64_t first;
    char dates[256];
    const char *path = option_text(job->options, "stations");
    bool is_filled = strcmp(option_text(job->options, "missing-steps"), "fill") == 0;

    TRY(days_axis(job->options, stations, &first, &axis));
    int64_t missing = time_axis_missing(axis, dates, sizeof dates);
    FAIL_IF(missing > 0 && !is_filled, STATUS_DATA,
            "%s: %lld day(s) are missing: %s; add their rows, or insert them as missing values "
            "with --missing-steps fill",
            path, (long long)missing, dates);
    if (missing > 0 && job->rank == 0) {
        log_warning("%s: %lld missing day(s) inserted as missing values: %s", path,
                    (long long)missing, dates);
    }
    TRY(time_axis_fill(axis, &sites->time, &source));
    TRY(memory_allocate((size_t)(sites->time->steps * sites->count), sizeof *sites->value,
                        &sites->value));
    for (int64_t step = 0; step < sites->time->steps; step++) {
        for (int64_t site = 0; site < sites->count; site++) {
            sites->value[step * sites->count + site] =
                source[step] < 0 ? NAN
                                 : stations->value[(first + source[step]) * sites->count + site];
        }
    }
done:
    time_axis_destroy(&axis);
    free(source);
    return status;
}

/* ---- sites -------------------------------------------------------------------------------- */

/* Takes names and places over from the table. */
static enum status take_places(struct stations *stations, struct sites *sites)
{
    enum status status;
    sites->count = stations->count;
    sites->name = stations->name;
    sites->lon = stations->lon;
    sites->lat = stations->lat;
    stations->name = NULL;
    stations->lon = stations->lat = NULL;
    stations->count = 0; /* of names to release */
    TRY(memory_allocate((size_t)sites->count, sizeof *sites->place, &sites->place));
    TRY(memory_allocate((size_t)sites->count, sizeof *sites->cell, &sites->cell));
    for (int64_t i = 0; i < sites->count; i++) {
        sites->place[i] = position_from_lonlat(sites->lon[i], sites->lat[i]);
        sites->cell[i] = -1;
    }
done:
    return status;
}

static enum status identify(const struct job *job, struct sites *sites)
{
    enum status status;
    const char *coordinates = option_text(job->options, "coordinates");
    TRY(hash_file_identity(option_text(job->options, "stations"), job->content_hash,
                           &sites->identity));
    if (coordinates != NULL) {
        TRY(hash_file_identity(coordinates, job->content_hash, &sites->coordinates_identity));
    }
done:
    return status;
}

static int64_t count_valid(const struct sites *sites)
{
    int64_t valid = 0;
    for (int64_t i = 0; i < sites->time->steps * sites->count; i++) {
        valid += !isnan(sites->value[i]);
    }
    return valid;
}

enum status sites_read(const struct job *job, struct sites *sites)
{
    enum status status;
    struct stations *stations = NULL;
    const struct options *options = job->options;
    const struct station_source source = source_of(options, option_text(options, "value"));

    FAIL_IF(is_humidity(options) && source.value_column == NULL, STATUS_USAGE,
            "--dew-point-column needs --value: the column of the temperature");
    TRY(stations_read(&source, &stations));
    if (stations->skipped > 0 && job->rank == 0) {
        log_warning("%s: %lld series without coordinates left out", source.path,
                    (long long)stations->skipped);
    }
    if (stations->filtered > 0 && job->rank == 0) {
        log_info("%s: %lld value(s) fail --where %s", source.path, (long long)stations->filtered,
                 source.filter);
    }
    if (prepare_drops_zeros(options)) {
        drop_zeros(stations);
    }
    TRY(is_humidity(options) ? make_humidity(options, stations)
                             : convert_values(options, stations));
    int64_t count = stations->count;
    sites->count = count;
    TRY(fill_days(job, stations, sites));
    TRY(take_places(stations, sites));
    TRY(identify(job, sites));
    sites->valid = count_valid(sites);
    FAIL_IF(sites->valid == 0, STATUS_DATA, "%s: no value is left on the days asked for",
            source.path);
done:
    stations_destroy(&stations);
    return status;
}

/* Coordinates of tables are degrees; the cell is found by the nearest way, through the grid's own
 * system. */
enum status sites_locate(struct sites *sites, const struct target *target)
{
    enum status status = STATUS_OK;
    double *x = NULL, *y = NULL;
    size_t bytes = (size_t)sites->count * sizeof *x;
    TRY(memory_allocate((size_t)sites->count, sizeof *x, &x));
    TRY(memory_allocate((size_t)sites->count, sizeof *y, &y));
    memcpy(x, sites->lon, bytes);
    memcpy(y, sites->lat, bytes);
    if (!target->grid->is_geographic) {
        TRY(projection_transform("EPSG:4326", target->grid->crs_wkt, sites->count, x, y));
    }
    for (int64_t i = 0; i < sites->count; i++) {
        int64_t row = -1, col = -1;
        if (isfinite(x[i]) && isfinite(y[i])) {
            georeference_find(target->grid, x[i], y[i], &row, &col);
        }
        sites->cell[i] = row < 0 || col < 0 ? -1 : row * target->grid->cols + col;
    }
done:
    free(x);
    free(y);
    return status;
}

enum status sites_clean(struct sites *sites, const struct outlier_rule *rule)
{
    enum status status;
    double *scratch = NULL;
    TRY(memory_allocate((size_t)sites->time->steps, sizeof *scratch, &scratch));
    for (int64_t site = 0; site < sites->count; site++) {
        struct outlier_result result =
            outlier_remove(rule, sites->value + site, sites->time->steps, sites->count, scratch);
        sites->outliers += result.removed;
    }
done:
    free(scratch);
    return status;
}

enum status sites_attach(const struct sites *sites, struct stage *stage)
{
    enum status status;
    TRY(stage_add_input(stage, "stations", sites->identity));
    if (sites->coordinates_identity != NULL) {
        TRY(stage_add_input(stage, "coordinates", sites->coordinates_identity));
    }
done:
    return status;
}

void sites_clear(struct sites *sites)
{
    for (int64_t i = 0; sites->name != NULL && i < sites->count; i++) {
        free(sites->name[i]);
    }
    free(sites->name);
    free(sites->lon);
    free(sites->lat);
    free(sites->place);
    free(sites->cell);
    time_axis_destroy(&sites->time);
    free(sites->value);
    free(sites->identity);
    free(sites->coordinates_identity);
}
