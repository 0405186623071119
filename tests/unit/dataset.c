/* airshed -- GPL-3.0-or-later. Foreign rasters: one content in many forms reads the same.
 * ranks: 1
 */
#include "testing.h"

#include <cpl_conv.h>
#include <gdal.h>
#include <netcdf.h>
#include <ogr_srs_api.h>
#include <sys/stat.h>

#include "io/dataset.h"

enum { STEPS = 6, ROWS = 5, COLS = 8 };

/* A region, or the globe by columns of 45 degrees. */
struct form {
    int format;         /* creation mode of netCDF-C */
    nc_type type;       /* of the values */
    const char *order;  /* of the dimensions: "tyx" */
    bool north_up;
    bool globe;         /* 0 to 360 */
    bool east_first;    /* columns from east to west */
    bool is_packed;
    bool float_axes;
    bool unlimited;
    size_t chunk[3];    /* 0: contiguous; in the order of the dimensions */
};

static char folder[256];

static const char *scratch(const char *name)
{
    static char path[4][512];
    static int next;
    if (folder[0] == '\0') {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/airshed-dataset-XXXXXX", base != NULL ? base : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static void check(int error)
{
    if (error != NC_NOERR) {
        fail_msg("%s", nc_strerror(error));
    }
}

static double lat_at(const struct form *form, int64_t row)
{
    return form->globe ? -72 + 36.0 * (double)row : 36.005 + 0.01 * (double)row;
}

/* Longitude of a canonical column. */
static double lon_at(const struct form *form, int64_t col)
{
    return form->globe ? -180 + 45.0 * (double)col : 113.505 + 0.01 * (double)col;
}

/* The content: no two cells alike, some missing, all of them steps of a packed byte or short. */
static double value_at(int64_t time, int64_t row, int64_t col)
{
    return (time * 7 + row * 3 + col) % 11 == 0 ? NAN
                                               : 0.5 * (double)(time * 40 + row * 8 + col) - 20;
}

/* Canonical row and column of a place in the file. */
static int64_t canonical_row(const struct form *form, int64_t row)
{
    return form->north_up ? ROWS - 1 - row : row;
}

static int64_t canonical_col(const struct form *form, int64_t col)
{
    col = form->east_first ? COLS - 1 - col : col;
    return form->globe ? (col + COLS / 2) % COLS : col;
}

static void put_axes(int nc, const struct form *form, const int *variable)
{
    double time[STEPS], lat[ROWS], lon[COLS];
    for (int i = 0; i < STEPS; i++) {
        time[i] = i;
    }
    for (int i = 0; i < ROWS; i++) {
        lat[i] = lat_at(form, canonical_row(form, i));
    }
    for (int i = 0; i < COLS; i++) {
        lon[i] = lon_at(form, canonical_col(form, i));
        lon[i] += form->globe && lon[i] < 0 ? 360 : 0;
    }
    size_t start = 0;
    size_t count = STEPS;
    check(nc_put_vara_double(nc, variable[0], &start, &count, time));
    check(nc_put_var_double(nc, variable[1], lat));
    check(nc_put_var_double(nc, variable[2], lon));
}

static void put_values(int nc, const struct form *form, int variable, double fill)
{
    size_t start[3], count[3];
    double stored[STEPS * ROWS * COLS];
    size_t length[3];
    for (int i = 0; i < 3; i++) {
        length[i] = form->order[i] == 't' ? STEPS : form->order[i] == 'y' ? ROWS : COLS;
        start[i] = 0;
        count[i] = length[i];
    }
    for (size_t i = 0; i < STEPS * ROWS * COLS; i++) {
        int64_t place[128] = {0};
        size_t rest = i;
        for (int k = 2; k >= 0; k--) {
            place[(int)form->order[k]] = (int64_t)(rest % length[k]);
            rest /= length[k];
        }
        double value = value_at(place['t'], canonical_row(form, place['y']),
                                canonical_col(form, place['x']));
        stored[i] = isnan(value) ? fill : form->is_packed ? (value + 20) / 0.5 - 100 : value;
    }
    check(nc_put_vara_double(nc, variable, start, count, stored));
}

static void write_form(const char *path, const struct form *form)
{
    static const char *const names[] = {"time", "lat", "lon"};
    static const char *const units[] = {"days since 2012-02-27", "degrees_north", "degrees_east"};
    const size_t length[] = {form->unlimited ? NC_UNLIMITED : STEPS, ROWS, COLS};
    int nc, dimension[3], axis[3], variable, shape[3];
    double fill = form->type == NC_BYTE ? -127 : form->type == NC_SHORT ? -32768 : -999;
    check(nc_create(path, NC_CLOBBER | form->format, &nc));
    for (int i = 0; i < 3; i++) {
        check(nc_def_dim(nc, names[i], length[i], &dimension[i]));
        check(nc_def_var(nc, names[i], form->float_axes && i > 0 ? NC_FLOAT : NC_DOUBLE, 1,
                         &dimension[i], &axis[i]));
        check(nc_put_att_text(nc, axis[i], "units", strlen(units[i]), units[i]));
    }
    for (int i = 0; i < 3; i++) {
        shape[i] = dimension[form->order[i] == 't' ? 0 : form->order[i] == 'y' ? 1 : 2];
    }
    check(nc_def_var(nc, "pm25", form->type, 3, shape, &variable));
    if (form->chunk[0] > 0) {
        check(nc_def_var_chunking(nc, variable, NC_CHUNKED, form->chunk));
        check(nc_def_var_deflate(nc, variable, 1, 1, 4));
    }
    check(nc_put_att_double(nc, variable, "_FillValue", form->type, 1, &fill));
    check(nc_put_att_text(nc, variable, "units", 6, "kg m-3"));
    if (form->is_packed) {
        check(nc_put_att_double(nc, variable, "scale_factor", NC_DOUBLE, 1, &(double){0.5}));
        check(nc_put_att_double(nc, variable, "add_offset", NC_DOUBLE, 1, &(double){30}));
    }
    check(nc_enddef(nc));
    put_axes(nc, form, axis);
    put_values(nc, form, variable, fill);
    check(nc_close(nc));
}

/* Stored numbers of packed forms are exact halves, so every form gives the same floats. */
static void compare_window(struct dataset *dataset, int variable, const struct window *window)
{
    static float values[STEPS * ROWS * COLS];
    memset(values, 0x55, sizeof values);
    assert_int_equal(dataset_read(dataset, variable, window, values), STATUS_OK);
    int64_t i = 0;
    for (int64_t time = window->time; time < window->time + window->steps; time++) {
        for (int64_t row = window->row; row < window->row + window->rows; row++) {
            for (int64_t col = window->col; col < window->col + window->cols; col++, i++) {
                double expected = value_at(time, row, col);
                if (isnan(expected) ? !isnan(values[i]) : values[i] != (float)expected) {
                    fail_msg("%g in place of %g at step %d, row %d, column %d", values[i],
                             expected, (int)time, (int)row, (int)col);
                }
            }
        }
    }
}

static void compare_all(struct dataset *dataset, const struct form *form)
{
    int variable = -1;
    assert_int_equal(dataset_find(dataset, NULL, &variable), STATUS_OK);
    const struct dataset_variable *facts = dataset_variable(dataset, variable);
    assert_int_equal(facts->grid->rows, ROWS);
    assert_int_equal(facts->grid->cols, COLS);
    for (int i = 0; i < ROWS; i++) {
        assert_true(fabs(facts->grid->y[i] - lat_at(form, i)) < 1e-9);
    }
    for (int i = 0; i < COLS; i++) {
        assert_true(fabs(facts->grid->x[i] - lon_at(form, i)) < 1e-9);
    }
    assert_non_null(facts->time);
    assert_int_equal(facts->time->steps, STEPS);
    struct calendar_date date = time_axis_date(facts->time, 2);
    assert_int_equal(date.month, 2);
    assert_int_equal(date.day, 29);
    static const struct window windows[] = {{0, STEPS, 0, ROWS, 0, COLS}, {0, STEPS, 1, 1, 0, COLS},
                                            {2, 1, 0, ROWS, 0, COLS},     {1, 3, 1, 3, 2, 5},
                                            {0, 2, 4, 1, 3, 1},           {5, 1, 0, 2, 4, 4},
                                            {3, 2, 2, 2, 0, 4},           {0, 0, 0, ROWS, 0, COLS}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        compare_window(dataset, variable, &windows[i]);
    }
}

static void read_form(const struct form *form)
{
    const char *path = scratch("form.nc");
    struct dataset *dataset = NULL;
    write_form(path, form);
    enum status status = dataset_open(path, NULL, &dataset);
    if (status != STATUS_OK) {
        fail_msg("%s", failure_message());
    }
    compare_all(dataset, form);
    dataset_close(&dataset);
    assert_null(dataset);
    unlink(path);
}

static void every_format_order_and_packing_gives_the_same_cube(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {.format = 0, .type = NC_FLOAT, .order = "tyx"},
        {.format = NC_64BIT_OFFSET, .type = NC_FLOAT, .order = "tyx", .north_up = true},
        {.format = NC_64BIT_DATA, .type = NC_FLOAT, .order = "tyx", .float_axes = true},
        {.format = NC_64BIT_DATA, .type = NC_DOUBLE, .order = "yxt", .north_up = true},
        {.format = NC_64BIT_DATA, .type = NC_FLOAT, .order = "xyt", .east_first = true},
        {.format = NC_64BIT_DATA, .type = NC_FLOAT, .order = "txy", .globe = true},
        {.format = 0, .type = NC_FLOAT, .order = "tyx", .globe = true, .north_up = true},
        {.format = 0, .type = NC_SHORT, .order = "tyx", .is_packed = true, .unlimited = true},
        {.format = NC_64BIT_DATA, .type = NC_INT64, .order = "ytx", .is_packed = true},
        {.format = NC_NETCDF4, .type = NC_FLOAT, .order = "tyx"},
        {.format = NC_NETCDF4, .type = NC_FLOAT, .order = "tyx", .globe = true, .east_first = true},
        {.format = NC_NETCDF4, .type = NC_SHORT, .order = "tyx", .is_packed = true,
         .north_up = true, .chunk = {4, 2, 3}},
        {.format = NC_NETCDF4, .type = NC_DOUBLE, .order = "yxt", .chunk = {2, 5, 4}},
        {.format = NC_NETCDF4 | NC_CLASSIC_MODEL, .type = NC_FLOAT, .order = "tyx",
         .unlimited = true, .chunk = {1, 5, 8}},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        read_form(&forms[i]);
    }
}

/* ---- missing values and packing -------------------------------------------------------------- */

static int start_map(const char *path, int format, nc_type type, int *variable)
{
    int nc, dimension[2], axis[2];
    const double lat[] = {10, 11};
    const double lon[] = {20, 21, 22};
    check(nc_create(path, NC_CLOBBER | format, &nc));
    check(nc_def_dim(nc, "latitude", 2, &dimension[0]));
    check(nc_def_dim(nc, "longitude", 3, &dimension[1]));
    check(nc_def_var(nc, "latitude", NC_DOUBLE, 1, &dimension[0], &axis[0]));
    check(nc_def_var(nc, "longitude", NC_DOUBLE, 1, &dimension[1], &axis[1]));
    check(nc_def_var(nc, "v", type, 2, dimension, variable));
    check(nc_enddef(nc));
    check(nc_put_var_double(nc, axis[0], lat));
    check(nc_put_var_double(nc, axis[1], lon));
    check(nc_redef(nc));
    return nc;
}

static void read_map(const char *path, float values[6])
{
    struct dataset *dataset = NULL;
    const struct window whole = {0, 1, 0, 2, 0, 3};
    enum status status = dataset_open(path, NULL, &dataset);
    if (status != STATUS_OK) {
        fail_msg("%s", failure_message());
    }
    assert_null(dataset_variable(dataset, 0)->time);
    assert_int_equal(dataset_read(dataset, 0, &whole, values), STATUS_OK);
    dataset_close(&dataset);
}

static void unsigned_bytes_in_signed_storage_are_unsigned(void **state)
{
    (void)state;
    int variable;
    const char *path = scratch("bytes.nc");
    const signed char stored[] = {0, 1, 127, -128, -2, -1};
    const signed char fill = -1;
    float values[6];
    int nc = start_map(path, 0, NC_BYTE, &variable);
    check(nc_put_att_text(nc, variable, "_Unsigned", 4, "true"));
    check(nc_put_att_schar(nc, variable, "_FillValue", NC_BYTE, 1, &fill));
    check(nc_put_att_double(nc, variable, "scale_factor", NC_FLOAT, 1, &(double){2}));
    check(nc_enddef(nc));
    check(nc_put_var_schar(nc, variable, stored));
    check(nc_close(nc));
    read_map(path, values);
    assert_true(values[0] == 0 && values[1] == 2 && values[2] == 254 && values[3] == 256);
    assert_true(values[4] == 508 && isnan(values[5]));
    unlink(path);
}

static void missing_is_tested_before_scale_and_offset(void **state)
{
    (void)state;
    int variable;
    const char *path = scratch("missing.nc");
    const short stored[] = {-999, 0, 50, 100, 101, -998};
    const short range[] = {-998, 100};
    const short more[] = {-998, 50};
    float values[6];
    int nc = start_map(path, NC_NETCDF4, NC_SHORT, &variable);
    check(nc_put_att_short(nc, variable, "missing_value", NC_SHORT, 2, more));
    check(nc_put_att_short(nc, variable, "valid_range", NC_SHORT, 2, range));
    check(nc_put_att_double(nc, variable, "scale_factor", NC_DOUBLE, 1, &(double){0.25}));
    check(nc_put_att_double(nc, variable, "add_offset", NC_DOUBLE, 1, &(double){1}));
    check(nc_enddef(nc));
    check(nc_put_var_short(nc, variable, stored));
    check(nc_close(nc));
    read_map(path, values);
    assert_true(isnan(values[0]) && values[1] == 1 && isnan(values[2]) && values[3] == 26);
    assert_true(isnan(values[4]) && isnan(values[5]));
    unlink(path);
}

static void infinite_and_default_fill_values_are_missing(void **state)
{
    (void)state;
    int variable;
    const char *path = scratch("infinite.nc");
    const float stored[] = {NAN, INFINITY, -INFINITY, NC_FILL_FLOAT, 3.5F, -0.0F};
    float values[6];
    int nc = start_map(path, NC_64BIT_DATA, NC_FLOAT, &variable);
    check(nc_enddef(nc));
    check(nc_put_var_float(nc, variable, stored));
    check(nc_close(nc));
    read_map(path, values);
    assert_true(isnan(values[0]) && isnan(values[1]) && isnan(values[2]) && isnan(values[3]));
    assert_true(values[4] == 3.5F && values[5] == 0);
    unlink(path);
}

/* ---- units and names ------------------------------------------------------------------------- */

static void units_are_converted_or_refused(void **state)
{
    (void)state;
    static const struct form form = {.type = NC_FLOAT, .order = "tyx"};
    const struct window one = {0, 1, 0, 1, 1, 1};
    const char *path = scratch("units.nc");
    struct dataset *dataset = NULL;
    float value = 0;
    write_form(path, &form);
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
    failure_clear();
    assert_int_equal(dataset_convert(dataset, 0, "K"), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "kg m-3"));
    assert_non_null(strstr(failure_message(), "pm25"));
    failure_clear();
    assert_int_equal(dataset_convert(dataset, 0, "ug m-3"), STATUS_OK);
    assert_string_equal(dataset_variable(dataset, 0)->units, "ug m-3");
    assert_int_equal(dataset_read(dataset, 0, &one, &value), STATUS_OK);
    /* One rounding of the factor in double, one of the result to float. */
    assert_true(fabs(value / (value_at(0, 0, 1) * 1e9) - 1) < 1e-7);
    dataset_close(&dataset);
    unlink(path);
}

static void variables_are_found_by_name_and_standard_name(void **state)
{
    (void)state;
    int nc, variable, other, dimension[2] = {0, 1};
    const char *path = scratch("names.nc");
    static const char standard[] = "mass_concentration_of_pm2p5_ambient_aerosol_in_air";
    struct dataset *dataset = NULL;
    int found = -1;
    nc = start_map(path, 0, NC_FLOAT, &variable);
    check(nc_put_att_text(nc, variable, "standard_name", strlen(standard), standard));
    check(nc_def_var(nc, "w", NC_FLOAT, 2, dimension, &other));
    check(nc_put_att_text(nc, NC_GLOBAL, "title", 4, "some"));
    check(nc_close(nc));
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
    assert_int_equal(dataset_variable_count(dataset), 2);
    assert_int_equal(dataset_find(dataset, "w", &found), STATUS_OK);
    assert_string_equal(dataset_variable(dataset, found)->name, "w");
    assert_int_equal(
        dataset_find(dataset, "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
                     &found),
        STATUS_OK);
    assert_string_equal(dataset_variable(dataset, found)->name, "v");
    failure_clear();
    assert_int_equal(dataset_find(dataset, NULL, &found), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "v ("));
    failure_clear();
    assert_int_equal(dataset_find(dataset, "pm10", &found), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "pm10"));
    failure_clear();
    assert_string_equal(dataset_attribute(dataset, "title"), "some");
    assert_null(dataset_attribute(dataset, "summary"));
    dataset_close(&dataset);
    char named[600];
    snprintf(named, sizeof named, "NETCDF:\"%s\":w", path);
    assert_int_equal(dataset_open(named, NULL, &dataset), STATUS_OK);
    assert_int_equal(dataset_variable_count(dataset), 1);
    assert_int_equal(dataset_find(dataset, NULL, &found), STATUS_OK);
    dataset_close(&dataset);
    unlink(path);
}

/* ---- many files ------------------------------------------------------------------------------ */

/* One day of a form: a map with a time dimension of one step, or without time. */
static void write_day(const char *path, const struct form *form, int step, bool has_time,
                      double stamp)
{
    int nc, dimension[3], axis[3], variable;
    float map[ROWS * COLS];
    double lat[ROWS], lon[COLS];
    check(nc_create(path, NC_CLOBBER | form->format, &nc));
    check(nc_def_dim(nc, "time", 1, &dimension[0]));
    check(nc_def_dim(nc, "lat", ROWS, &dimension[1]));
    check(nc_def_dim(nc, "lon", COLS, &dimension[2]));
    check(nc_def_var(nc, "lat", NC_DOUBLE, 1, &dimension[1], &axis[1]));
    check(nc_def_var(nc, "lon", NC_DOUBLE, 1, &dimension[2], &axis[2]));
    if (has_time) {
        check(nc_def_var(nc, "time", NC_DOUBLE, 1, &dimension[0], &axis[0]));
        check(nc_put_att_text(nc, axis[0], "units", 21, "days since 2012-02-27"));
    }
    check(nc_def_var(nc, "pm25", NC_FLOAT, has_time ? 3 : 2, dimension + !has_time, &variable));
    check(nc_enddef(nc));
    for (int i = 0; i < ROWS; i++) {
        lat[i] = lat_at(form, canonical_row(form, i));
        for (int j = 0; j < COLS; j++) {
            lon[j] = lon_at(form, j);
            map[i * COLS + j] = (float)value_at(step, canonical_row(form, i), j);
        }
    }
    check(nc_put_var_double(nc, axis[1], lat));
    check(nc_put_var_double(nc, axis[2], lon));
    if (has_time) {
        check(nc_put_var_double(nc, axis[0], &stamp));
    }
    check(nc_put_var_float(nc, variable, map));
    check(nc_close(nc));
}

/* Names of six days from 2012-02-27 on, by a pattern of year, month and day. */
static void day_name(char *path, size_t bytes, const char *base, int step)
{
    struct calendar_date date = calendar_date_of_day(
        CALENDAR_STANDARD, calendar_day_number(CALENDAR_STANDARD, 2012, 2, 27) + step);
    snprintf(path, bytes, "%s/%s_%04d%02d%02d_V1.nc", folder, base, date.year, date.month,
             date.day);
}

static void remove_days(const char *base)
{
    char path[512];
    for (int step = 0; step < STEPS; step++) {
        day_name(path, sizeof path, base, step);
        unlink(path);
    }
}

static void a_folder_of_days_is_one_cube(void **state)
{
    (void)state;
    static const struct form forms[] = {{.format = NC_NETCDF4, .north_up = true},
                                        {.format = 0, .north_up = false}};
    char path[512], pattern[512];
    for (int i = 0; i < 4; i++) {
        const struct form *form = &forms[i % 2];
        struct dataset *dataset = NULL;
        int64_t first, steps, before, after, chunks;
        scratch("");
        for (int step = STEPS - 1; step >= 0; step--) {
            day_name(path, sizeof path, "days", step);
            write_day(path, form, step, i < 2, step + 0.5);
        }
        snprintf(pattern, sizeof pattern, "%s/days_*.nc", folder);
        dataset_counts(&before, &chunks);
        assert_int_equal(dataset_open(i == 3 ? folder : pattern, NULL, &dataset), STATUS_OK);
        dataset_counts(&after, &chunks);
        assert_int_equal(after - before, 1);
        assert_int_equal(dataset_file_count(dataset), STEPS);
        assert_true(dataset_variable(dataset, 0)->needs_scratch);
        compare_all(dataset, form);
        dataset_file_steps(dataset, 0, 3, &first, &steps);
        assert_int_equal(first, 3);
        assert_int_equal(steps, 1);
        assert_non_null(strstr(dataset_file_path(dataset, 2), "20120229"));
        dataset_close(&dataset);
        remove_days("days");
    }
}

static void a_date_in_the_name_must_agree_with_the_file(void **state)
{
    (void)state;
    static const struct form form = {.format = 0};
    char path[512], pattern[512];
    static float values[STEPS * ROWS * COLS];
    const struct window whole = {0, STEPS, 0, ROWS, 0, COLS};
    struct dataset *dataset = NULL;
    scratch("");
    for (int step = 0; step < STEPS; step++) {
        day_name(path, sizeof path, "wrong", step);
        write_day(path, &form, step, true, step == 4 ? 7 : step);
    }
    snprintf(pattern, sizeof pattern, "%s/wrong_*.nc", folder);
    assert_int_equal(dataset_open(pattern, NULL, &dataset), STATUS_OK);
    failure_clear();
    assert_int_equal(dataset_read(dataset, 0, &whole, values), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "2012-03-02"));
    assert_non_null(strstr(failure_message(), "2012-03-05"));
    failure_clear();
    dataset_close(&dataset);
    remove_days("wrong");
}

static void a_day_on_another_grid_is_refused(void **state)
{
    (void)state;
    static const struct form form = {.format = 0};
    static const struct form other = {.format = 0, .globe = true};
    char path[512], pattern[512];
    static float values[STEPS * ROWS * COLS];
    const struct window whole = {0, STEPS, 0, ROWS, 0, COLS};
    struct dataset *dataset = NULL;
    scratch("");
    for (int step = 0; step < STEPS; step++) {
        day_name(path, sizeof path, "grid", step);
        write_day(path, step == 3 ? &other : &form, step, false, 0);
    }
    snprintf(pattern, sizeof pattern, "%s/grid_*.nc", folder);
    assert_int_equal(dataset_open(pattern, NULL, &dataset), STATUS_OK);
    failure_clear();
    assert_int_equal(dataset_read(dataset, 0, &whole, values), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "grid_20120301"));
    failure_clear();
    dataset_close(&dataset);
    remove_days("grid");
}

static void files_without_dates_in_their_names_are_joined_by_their_axes(void **state)
{
    (void)state;
    static const struct form form = {.format = 0};
    char path[512], pattern[512];
    struct dataset *dataset = NULL;
    scratch("");
    for (int step = 0; step < STEPS; step++) {
        snprintf(path, sizeof path, "%s/part-%c.nc", folder, 'z' - step);
        write_day(path, &form, step, true, step);
    }
    snprintf(pattern, sizeof pattern, "%s/part-*.nc", folder);
    assert_int_equal(dataset_open(pattern, NULL, &dataset), STATUS_OK);
    compare_all(dataset, &form);
    dataset_close(&dataset);
    /* The same day twice. */
    write_day(path, &form, 0, true, 0);
    failure_clear();
    assert_int_equal(dataset_open(pattern, NULL, &dataset), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "repeats"));
    failure_clear();
    const struct dataset_options tolerant = {.tolerate_bad_time = true};
    assert_int_equal(dataset_open(pattern, &tolerant, &dataset), STATUS_OK);
    assert_int_equal(dataset_warning_count(dataset), 1);
    dataset_close(&dataset);
    for (int step = 0; step < STEPS; step++) {
        snprintf(path, sizeof path, "%s/part-%c.nc", folder, 'z' - step);
        unlink(path);
    }
}

static void chunks_read_in_whole_slabs_are_inflated_once(void **state)
{
    (void)state;
    static const struct form form = {
        .format = NC_NETCDF4, .type = NC_FLOAT, .order = "tyx", .north_up = true, .chunk = {2, 2, 3}};
    const char *path = scratch("chunks.nc");
    static float values[STEPS * ROWS * COLS];
    struct dataset *dataset = NULL;
    int64_t files, before, after;
    write_form(path, &form);
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
    assert_true(dataset_variable(dataset, 0)->needs_scratch);
    struct dataset_chunk chunk = dataset_chunk(dataset, 0);
    assert_int_equal(chunk.steps, 2);
    assert_int_equal(chunk.rows, 2);
    assert_int_equal(chunk.cols, 3);
    assert_int_equal(chunk.first_rows, 1); /* five rows from the north: two, two, one */
    dataset_counts(&files, &before);
    for (int time = 0; time < STEPS; time += (int)chunk.steps) {
        const struct window slab = {time, chunk.steps, 0, ROWS, 0, COLS};
        assert_int_equal(dataset_read(dataset, 0, &slab, values), STATUS_OK);
    }
    dataset_counts(&files, &after);
    assert_int_equal(after - before, 3 * 3 * 3);
    dataset_close(&dataset);
    unlink(path);
}

/* ---- GDAL ------------------------------------------------------------------------------------ */

static void write_tiff(const char *path, int steps, int first, bool has_dates, bool south_up)
{
    char *wkt = NULL;
    double transform[6] = {113.5, 0.01, 0, south_up ? 36 : 36 + 0.01 * ROWS, 0,
                           south_up ? 0.01 : -0.01};
    static const struct form form = {.north_up = true};
    static const struct form upside_down = {.north_up = false};
    GDALAllRegister();
    OGRSpatialReferenceH system = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(system, 4326);
    OSRExportToWkt(system, &wkt);
    GDALDatasetH out = GDALCreate(GDALGetDriverByName("GTiff"), path, COLS, ROWS, steps,
                                  GDT_Float32, NULL);
    assert_non_null(out);
    GDALSetProjection(out, wkt);
    GDALSetGeoTransform(out, transform);
    for (int step = 0; step < steps; step++) {
        float map[ROWS * COLS];
        char text[32];
        GDALRasterBandH band = GDALGetRasterBand(out, step + 1);
        struct calendar_date date = calendar_date_of_day(
            CALENDAR_STANDARD, calendar_day_number(CALENDAR_STANDARD, 2012, 2, 27) + step);
        snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
        for (int i = 0; i < ROWS * COLS; i++) {
            double value = value_at(first + step,
                                    canonical_row(south_up ? &upside_down : &form, i / COLS),
                                    i % COLS);
            map[i] = isnan(value) ? -9999 : (float)value;
        }
        GDALSetRasterNoDataValue(band, -9999);
        if (has_dates) {
            GDALSetDescription(band, text);
        }
        assert_int_equal(GDALRasterIO(band, GF_Write, 0, 0, COLS, ROWS, map, COLS, ROWS,
                                      GDT_Float32, 0, 0),
                         CE_None);
    }
    GDALClose(out);
    CPLFree(wkt);
    OSRDestroySpatialReference(system);
}

static void a_geotiff_stack_is_a_cube(void **state)
{
    (void)state;
    static const struct form form = {.north_up = true};
    struct dataset *dataset = NULL;
    const char *path = scratch("stack.tif");
    for (int south_up = 0; south_up < 2; south_up++) {
        write_tiff(path, STEPS, 0, true, south_up);
        assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
        assert_false(dataset_variable(dataset, 0)->grid->crs_is_assumed);
        compare_all(dataset, &form);
        dataset_close(&dataset);
        unlink(path);
    }
    /* One file a day. */
    char day[512], pattern[512];
    for (int step = 0; step < STEPS; step++) {
        day_name(day, sizeof day, "tiff", step);
        strcpy(day + strlen(day) - 2, "tif");
        write_tiff(day, 1, step, false, false);
    }
    snprintf(pattern, sizeof pattern, "%s/tiff_*.tif", folder);
    assert_int_equal(dataset_open(pattern, NULL, &dataset), STATUS_OK);
    assert_string_equal(dataset_variable(dataset, 0)->name, "tiff");
    compare_all(dataset, &form);
    dataset_close(&dataset);
    for (int step = 0; step < STEPS; step++) {
        day_name(day, sizeof day, "tiff", step);
        strcpy(day + strlen(day) - 2, "tif");
        unlink(day);
    }
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void expect_refusal(const char *path, const char *word)
{
    struct dataset *dataset = NULL;
    failure_clear();
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_DATA);
    assert_null(dataset);
    if (strstr(failure_message(), word) == NULL) {
        fail_msg("'%s' does not say '%s'", failure_message(), word);
    }
    failure_clear();
}

static void damaged_and_absent_files_are_told(void **state)
{
    (void)state;
    static const struct form forms[] = {{.type = NC_FLOAT, .order = "tyx"},
                                        {.type = NC_FLOAT, .order = "tyx", .format = NC_NETCDF4},
                                        {.type = NC_FLOAT, .order = "tyx", .unlimited = true}};
    struct stat about;
    for (int i = 0; i < 3; i++) {
        const char *path = scratch("damaged.nc");
        write_form(path, &forms[i]);
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(truncate(path, about.st_size - 8), 0);
        expect_refusal(path, "truncated");
        assert_int_equal(truncate(path, 20), 0);
        expect_refusal(path, path);
        unlink(path);
    }
    const char *path = scratch("text.nc");
    FILE *text = fopen(path, "w");
    fputs("no raster at all\n", text);
    fclose(text);
    expect_refusal(path, path);
    unlink(path);
    expect_refusal(scratch("absent.nc"), "absent.nc");
    expect_refusal(scratch("*.absent"), "absent");
    path = scratch("short.tif");
    write_tiff(path, STEPS, 0, true, false);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size / 2), 0);
    expect_refusal(path, "short.tif");
    unlink(path);
}

/* Any byte of a classic header may be wrong: the file is refused, or means something else. */
static void a_damaged_header_is_never_a_crash(void **state)
{
    (void)state;
    static const struct form form = {.type = NC_SHORT, .order = "tyx", .unlimited = true};
    static const unsigned char wrong[] = {0x00, 0x7f, 0xff};
    const char *path = scratch("header.nc");
    int refused = 0;
    write_form(path, &form);
    FILE *file = fopen(path, "r+b");
    for (long at = 0; at < 700; at++) {
        fseek(file, at, SEEK_SET);
        int right = fgetc(file);
        for (int i = 0; i < 3; i++) {
            struct dataset *dataset = NULL;
            fseek(file, at, SEEK_SET);
            fputc(wrong[i], file);
            fflush(file);
            enum status status = dataset_open(path, NULL, &dataset);
            if (status != STATUS_OK && status != STATUS_DATA) {
                fail_msg("byte %ld: %s", at, failure_message());
            }
            refused += status != STATUS_OK;
            failure_clear();
            dataset_close(&dataset);
        }
        fseek(file, at, SEEK_SET);
        fputc(right, file);
    }
    assert_true(refused > 100);
    fclose(file);
    unlink(path);
}

static void a_file_that_shrinks_while_it_is_read_is_told(void **state)
{
    (void)state;
    static const struct form form = {.type = NC_FLOAT, .order = "tyx", .format = NC_64BIT_DATA};
    const char *path = scratch("shrinks.nc");
    static float values[STEPS * ROWS * COLS];
    const struct window whole = {0, STEPS, 0, ROWS, 0, COLS};
    struct dataset *dataset = NULL;
    struct stat about;
    write_form(path, &form);
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size - 100), 0);
    failure_clear();
    assert_int_equal(dataset_read(dataset, 0, &whole, values), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "shrunk"));
    failure_clear();
    dataset_close(&dataset);
    unlink(path);
}

static void the_identity_changes_with_the_content(void **state)
{
    (void)state;
    static const struct form first = {.type = NC_FLOAT, .order = "tyx"};
    static const struct form second = {.type = NC_FLOAT, .order = "tyx", .north_up = true};
    const char *path = scratch("identity.nc");
    struct dataset *dataset = NULL;
    char *identity[2] = {NULL, NULL};
    const struct form *const forms[] = {&first, &second};
    for (int i = 0; i < 2; i++) {
        write_form(path, forms[i]);
        assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
        assert_int_equal(dataset_identity(dataset, true, &identity[i]), STATUS_OK);
        dataset_close(&dataset);
    }
    assert_string_not_equal(identity[0], identity[1]);
    assert_null(strstr(identity[0], "identity.nc"));
    free(identity[0]);
    free(identity[1]);
    unlink(path);
}

/* ---- real files ------------------------------------------------------------------------------ */

static void real_reanalysis_reads_as_its_readme_says(void **state)
{
    (void)state;
    const char *path = testing_shared("data/gridded_series/ncep_slp_daily_2001_2010.nc");
    struct dataset *dataset = NULL;
    if (path == NULL) {
        testing_skip();
        return;
    }
    assert_int_equal(dataset_open(path, NULL, &dataset), STATUS_OK);
    const struct dataset_variable *facts = dataset_variable(dataset, 0);
    char text[64];
    assert_string_equal(facts->name, "slp");
    assert_true(facts->is_packed);
    assert_int_equal(facts->time->steps, 3652);
    assert_int_equal(time_axis_missing(facts->time, text, sizeof text), 0);
    assert_true(facts->grid->x[0] == -70 && facts->grid->x[32] == 10);
    assert_true(facts->grid->y[0] == 30 && facts->grid->y[16] == 70);
    dataset_close(&dataset);
}

static void a_curvilinear_model_grid_needs_its_projection(void **state)
{
    (void)state;
    const char *path = testing_shared("data/dem/wrf_static_27km_east_asia.nc");
    struct dataset *dataset = NULL;
    int variable;
    if (path == NULL) {
        testing_skip();
        return;
    }
    expect_refusal(path, "--crs");
    const struct dataset_options options = {
        .crs = "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 +R=6370000"};
    assert_int_equal(dataset_open(path, &options, &dataset), STATUS_OK);
    assert_int_equal(dataset_find(dataset, "elevation", &variable), STATUS_OK);
    const struct georeference *grid = dataset_variable(dataset, variable)->grid;
    /* XORIG and YORIG of the file, to the rounding of its floats (1e-5 degrees are a metre). */
    assert_true(fabs(grid->x_edges[0] + 1660500) < 20 && fabs(grid->y_edges[0] + 2349000) < 20);
    dataset_close(&dataset);
}

static void an_elevation_model_is_the_same_as_tiff_and_as_netcdf(void **state)
{
    (void)state;
    const char *tiff = testing_shared("data/dem/china_dem_0p05deg.tif");
    const char *netcdf = testing_shared("data/dem/bth_dem_0p05deg.nc");
    struct dataset *whole = NULL;
    struct dataset *part = NULL;
    static float from_tiff[133 * 127], from_netcdf[133 * 127];
    int64_t row, rows, col, cols;
    if (tiff == NULL || netcdf == NULL) {
        testing_skip();
        return;
    }
    assert_int_equal(dataset_open(tiff, NULL, &whole), STATUS_OK);
    assert_int_equal(dataset_open(netcdf, NULL, &part), STATUS_OK);
    const double bbox[] = {113.49, 35.99, 119.81, 42.61};
    assert_int_equal(georeference_box(dataset_variable(whole, 0)->grid, bbox, &row, &rows, &col,
                                      &cols),
                     STATUS_OK);
    assert_int_equal(rows, 133);
    assert_int_equal(cols, 127);
    const struct window cut = {0, 1, row, rows, col, cols};
    const struct window all = {0, 1, 0, 133, 0, 127};
    assert_int_equal(dataset_read(whole, 0, &cut, from_tiff), STATUS_OK);
    assert_int_equal(dataset_read(part, 0, &all, from_netcdf), STATUS_OK);
    assert_memory_equal(from_tiff, from_netcdf, sizeof from_tiff);
    dataset_close(&whole);
    dataset_close(&part);
}

static int remove_folder(void **state)
{
    (void)state;
    return folder[0] != '\0' ? rmdir(folder) : 0;
}

static void nothing_is_left_behind(void **state)
{
    assert_int_equal(remove_folder(state), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_format_order_and_packing_gives_the_same_cube),
    cmocka_unit_test(unsigned_bytes_in_signed_storage_are_unsigned),
    cmocka_unit_test(missing_is_tested_before_scale_and_offset),
    cmocka_unit_test(infinite_and_default_fill_values_are_missing),
    cmocka_unit_test(units_are_converted_or_refused),
    cmocka_unit_test(variables_are_found_by_name_and_standard_name),
    cmocka_unit_test(a_folder_of_days_is_one_cube),
    cmocka_unit_test(a_date_in_the_name_must_agree_with_the_file),
    cmocka_unit_test(a_day_on_another_grid_is_refused),
    cmocka_unit_test(files_without_dates_in_their_names_are_joined_by_their_axes),
    cmocka_unit_test(chunks_read_in_whole_slabs_are_inflated_once),
    cmocka_unit_test(a_geotiff_stack_is_a_cube),
    cmocka_unit_test(damaged_and_absent_files_are_told),
    cmocka_unit_test(a_damaged_header_is_never_a_crash),
    cmocka_unit_test(a_file_that_shrinks_while_it_is_read_is_told),
    cmocka_unit_test(the_identity_changes_with_the_content),
    cmocka_unit_test(real_reanalysis_reads_as_its_readme_says),
    cmocka_unit_test(a_curvilinear_model_grid_needs_its_projection),
    cmocka_unit_test(an_elevation_model_is_the_same_as_tiff_and_as_netcdf),
    cmocka_unit_test(nothing_is_left_behind),
};

TESTING_MAIN(tests)
