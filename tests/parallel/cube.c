/* airshed -- GPL-3.0-or-later. Cubes: the same bytes from any number of ranks.
 * ranks: 1 2 3 4
 */
#include "testing.h"

#include <netcdf.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "io/cube.h"

enum { STEPS = 11, ROWS = 7, COLS = 5, LAYERS = 2 };

static const char *const labels[LAYERS] = {"intercept", "T2M"};

static const struct cube_variable variables[] = {
    {.name = "pm25", .long_name = "PM2.5", .units = "ug m-3", .cell_methods = "time: mean",
     .type = CUBE_FLOAT, .has_time = true},
    {.name = "coef", .type = CUBE_DOUBLE, .layers = LAYERS, .layer_name = "term",
     .layer_labels = labels},
    {.name = "flag", .type = CUBE_BYTE, .flag_meanings = "good gap short_series"},
    {.name = "count", .type = CUBE_INT, .has_time = true, .units = "1"},
};

enum { VARIABLES = sizeof variables / sizeof variables[0] };

/* The same path on every rank. */
static void scratch_path(const char *name, char path[256])
{
    int pid = getpid();
    MPI_Bcast(&pid, 1, MPI_INT, 0, MPI_COMM_WORLD);
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/airshed-cube-%d-%s", folder != NULL ? folder : "/tmp", pid, name);
}

static float value_at(int64_t time, int64_t row, int64_t col)
{
    return (time + row + col) % 6 == 0 ? NAN : (float)(100 * time + 10 * row + col) * 0.37f;
}

static void open_spec(bool is_projected, struct georeference **grid, struct time_axis **axis,
                      struct cube_spec *spec)
{
    static const struct cube_attribute attributes[] = {{"title", "a test"}};
    if (is_projected) {
        assert_int_equal(georeference_create_regular(
                             ROWS, COLS, -54000, -81000, 27000, 27000,
                             "+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=112 +R=6370000", grid),
                         STATUS_OK);
    } else {
        assert_int_equal(georeference_create_regular(ROWS, COLS, 113.5, 36, 0.01, 0.02,
                                                     "EPSG:4326", grid),
                         STATUS_OK);
    }
    assert_int_equal(time_axis_create_daily(CALENDAR_STANDARD, 2012, 2, 25, STEPS, axis),
                     STATUS_OK);
    *spec = (struct cube_spec){
        *grid, *axis, variables, VARIABLES, attributes, 1, CUBE_AUTOMATIC, false};
}

/* Values of one variable in a window; released with free(). */
static void *make_values(int variable, const struct window *window)
{
    void *block = NULL;
    assert_int_equal(memory_allocate((size_t)window_count(window), 8, &block), STATUS_OK);
    int64_t i = 0;
    for (int64_t time = window->time; time < window->time + window->steps; time++) {
        for (int64_t row = window->row; row < window->row + window->rows; row++) {
            for (int64_t col = window->col; col < window->col + window->cols; col++, i++) {
                float value = value_at(time, row, col);
                switch (variables[variable].type) {
                case CUBE_FLOAT:
                    ((float *)block)[i] = value;
                    break;
                case CUBE_DOUBLE:
                    ((double *)block)[i] = value;
                    break;
                case CUBE_INT:
                    ((int *)block)[i] = (int)(1000 * time + 10 * row + col);
                    break;
                case CUBE_BYTE:
                    ((signed char *)block)[i] = (signed char)((row + col) % 3);
                    break;
                }
            }
        }
    }
    return block;
}

static int64_t leading(int variable)
{
    return variables[variable].layers > 0 ? LAYERS : variables[variable].has_time ? STEPS : 1;
}

/* Puts each row, or each step, from the rank whose turn it is. */
static enum status put_share(struct cube *cube, bool by_rows, int rank, int size)
{
    enum status status = STATUS_OK;
    for (int variable = 0; variable < VARIABLES && status == STATUS_OK; variable++) {
        int64_t steps = leading(variable);
        int64_t items = by_rows ? ROWS : steps;
        for (int64_t item = rank; item < items && status == STATUS_OK; item += size) {
            struct window window = {0, steps, 0, ROWS, 0, COLS};
            if (by_rows) {
                window.row = item;
                window.rows = 1;
            } else {
                window.time = item;
                window.steps = 1;
            }
            void *values = make_values(variable, &window);
            status = cube_put(cube, variable, &window, values);
            free(values);
        }
    }
    return status;
}

static void write_file(MPI_Comm comm, const char *path, bool is_projected, bool by_rows)
{
    struct georeference *grid;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    int rank, size;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    open_spec(is_projected, &grid, &axis, &spec);
    assert_int_equal(cube_create(comm, path, &spec, &cube), STATUS_OK);
    assert_int_equal(put_share(cube, by_rows, rank, size), STATUS_OK);
    assert_int_equal(cube_set_range(cube, 0, 0.37, 400), STATUS_OK);
    assert_int_equal(cube_close(&cube), STATUS_OK);
    assert_null(cube);
    georeference_destroy(&grid);
    time_axis_destroy(&axis);
}

static bool files_are_equal(const char *first, const char *second)
{
    FILE *a = fopen(first, "rb");
    FILE *b = fopen(second, "rb");
    bool is_equal = a != NULL && b != NULL;
    int left = 0;
    while (is_equal && left != EOF) {
        left = fgetc(a);
        is_equal = left == fgetc(b);
    }
    if (a != NULL) {
        fclose(a);
    }
    if (b != NULL) {
        fclose(b);
    }
    return is_equal;
}

/* Every rank writes a file alone, then all write one together. */
static void compare_with_one_rank(bool is_projected, bool by_rows)
{
    char alone[512], together[256];
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    scratch_path("together.nc", together);
    snprintf(alone, sizeof alone, "%s.%d", together, rank);
    write_file(MPI_COMM_SELF, alone, is_projected, true);
    write_file(MPI_COMM_WORLD, together, is_projected, by_rows);
    assert_all(files_are_equal(alone, together));
    unlink(alone);
    MPI_Barrier(MPI_COMM_WORLD);
    unlink(together);
}

static void rows_from_many_ranks_give_the_bytes_of_one(void **state)
{
    (void)state;
    compare_with_one_rank(false, true);
    compare_with_one_rank(true, true);
}

static void steps_from_many_ranks_give_the_bytes_of_one(void **state)
{
    (void)state;
    compare_with_one_rank(false, false);
}

static void what_was_put_is_read_back_and_the_buffer_is_unchanged(void **state)
{
    (void)state;
    char path[256];
    struct georeference *grid;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    bool is_same = true;
    scratch_path("back.nc", path);
    open_spec(false, &grid, &axis, &spec);
    assert_int_equal(cube_create(MPI_COMM_WORLD, path, &spec, &cube), STATUS_OK);
    for (int variable = 0; variable < VARIABLES; variable++) {
        const struct window window = {0, leading(variable), 2, 3, 1, 4};
        static const size_t bytes[] = {4, 8, 1, 4};
        size_t total = (size_t)window_count(&window) * bytes[variable];
        void *values = make_values(variable, &window);
        void *expected = make_values(variable, &window);
        void *got = calloc(1, total);
        is_same = is_same && cube_put(cube, variable, &window, values) == STATUS_OK;
        is_same = is_same && memcmp(values, expected, total) == 0;
        is_same = is_same && cube_get(cube, variable, &window, got) == STATUS_OK;
        is_same = is_same && memcmp(values, got, total) == 0;
        free(values);
        free(expected);
        free(got);
    }
    assert_all(is_same);
    assert_int_equal(cube_close(&cube), STATUS_OK);
    georeference_destroy(&grid);
    time_axis_destroy(&axis);
    unlink(path);
}

/* netCDF-C on rank 0 stands for all other readers. */
static void another_library_reads_what_was_put(void **state)
{
    (void)state;
    char path[256];
    int rank;
    bool is_same = true;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    scratch_path("other.nc", path);
    write_file(MPI_COMM_WORLD, path, true, true);
    if (rank == 0) {
        static float values[STEPS * ROWS * COLS];
        float fill = 0;
        float range[2] = {0, 0};
        int nc = -1;
        int id = -1;
        is_same = nc_open(path, NC_NOWRITE, &nc) == NC_NOERR &&
                  nc_inq_varid(nc, "pm25", &id) == NC_NOERR &&
                  nc_get_att_float(nc, id, "_FillValue", &fill) == NC_NOERR &&
                  nc_get_att_float(nc, id, "actual_range", range) == NC_NOERR &&
                  nc_get_var_float(nc, id, values) == NC_NOERR && nc_close(nc) == NC_NOERR &&
                  fill == 9.969209968386869e36F && range[0] == 0.37F && range[1] == 400;
        for (int i = 0; i < STEPS * ROWS * COLS; i++) {
            float expected = value_at(i / (ROWS * COLS), i / COLS % ROWS, i % COLS);
            is_same = is_same && values[i] == (isnan(expected) ? fill : expected);
        }
    }
    assert_all(is_same);
    MPI_Barrier(MPI_COMM_WORLD);
    unlink(path);
}

static void a_reopened_cube_goes_on(void **state)
{
    (void)state;
    char path[256], alone[512];
    struct georeference *grid;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    scratch_path("again.nc", path);
    snprintf(alone, sizeof alone, "%s.%d", path, rank);
    open_spec(false, &grid, &axis, &spec);
    assert_int_equal(cube_create(MPI_COMM_WORLD, path, &spec, &cube), STATUS_OK);
    assert_int_equal(cube_close(&cube), STATUS_OK);
    assert_int_equal(cube_reopen(MPI_COMM_WORLD, path, &spec, &cube), STATUS_OK);
    assert_int_equal(put_share(cube, true, rank, size), STATUS_OK);
    assert_int_equal(cube_set_range(cube, 0, 0.37, 400), STATUS_OK);
    assert_int_equal(cube_close(&cube), STATUS_OK);
    write_file(MPI_COMM_SELF, alone, false, true);
    assert_all(files_are_equal(alone, path));
    unlink(alone);
    georeference_destroy(&grid);
    time_axis_destroy(&axis);
    MPI_Barrier(MPI_COMM_WORLD);
    unlink(path);
}

static void a_short_or_foreign_cube_is_not_reopened(void **state)
{
    (void)state;
    char path[256];
    struct georeference *grid, *other;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    struct stat about;
    scratch_path("short.nc", path);
    write_file(MPI_COMM_WORLD, path, false, true);
    open_spec(false, &grid, &axis, &spec);
    assert_int_equal(georeference_create_regular(ROWS, COLS, 113.6, 36, 0.01, 0.02, "EPSG:4326",
                                                 &other),
                     STATUS_OK);
    spec.grid = other;
    assert_int_equal(cube_reopen(MPI_COMM_WORLD, path, &spec, &cube), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "'lon'"));
    failure_clear();
    spec.grid = grid;
    assert_int_equal(stat(path, &about), 0);
    MPI_Barrier(MPI_COMM_WORLD);
    assert_int_equal(truncate(path, about.st_size - 4), 0);
    MPI_Barrier(MPI_COMM_WORLD);
    assert_int_equal(cube_reopen(MPI_COMM_WORLD, path, &spec, &cube), STATUS_DATA);
    assert_non_null(strstr(failure_message(), "truncated"));
    assert_non_null(strstr(failure_message(), path));
    failure_clear();
    georeference_destroy(&grid);
    georeference_destroy(&other);
    time_axis_destroy(&axis);
    MPI_Barrier(MPI_COMM_WORLD);
    unlink(path);
}

/* A file size limit stands for a disk that is full: the kernel refuses the same calls. */
static void a_refused_write_is_a_failure_on_every_rank(void **state)
{
    (void)state;
    char path[256];
    struct georeference *grid;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    struct rlimit before, small;
    const struct window window = {0, STEPS, 0, ROWS, 0, COLS};
    scratch_path("full.nc", path);
    open_spec(false, &grid, &axis, &spec);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 3000;
    setrlimit(RLIMIT_FSIZE, &small);
    enum status at_creation = cube_create(MPI_COMM_WORLD, path, &spec, &cube);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_all(at_creation == STATUS_OUTPUT);
    assert_all(strstr(failure_message(), path) != NULL);
    failure_clear();
    assert_int_equal(cube_create(MPI_COMM_WORLD, path, &spec, &cube), STATUS_OK);
    void *values = make_values(0, &window);
    setrlimit(RLIMIT_FSIZE, &small);
    enum status at_put = cube_put(cube, 0, &window, values);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_all(at_put == STATUS_OUTPUT);
    assert_all(strstr(failure_message(), path) != NULL);
    failure_clear();
    free(values);
    assert_int_equal(cube_close(&cube), STATUS_OK);
    georeference_destroy(&grid);
    time_axis_destroy(&axis);
    unlink(path);
}

static void a_missing_folder_fails_everywhere(void **state)
{
    (void)state;
    struct georeference *grid;
    struct time_axis *axis;
    struct cube_spec spec;
    struct cube *cube;
    open_spec(false, &grid, &axis, &spec);
    failure_clear();
    assert_all(cube_create(MPI_COMM_WORLD, "/nonexistent/folder/x.nc", &spec, &cube) ==
               STATUS_OUTPUT);
    assert_null(cube);
    assert_all(strstr(failure_message(), "/nonexistent/folder/x.nc") != NULL);
    failure_clear();
    georeference_destroy(&grid);
    time_axis_destroy(&axis);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_from_many_ranks_give_the_bytes_of_one),
    cmocka_unit_test(steps_from_many_ranks_give_the_bytes_of_one),
    cmocka_unit_test(what_was_put_is_read_back_and_the_buffer_is_unchanged),
    cmocka_unit_test(another_library_reads_what_was_put),
    cmocka_unit_test(a_reopened_cube_goes_on),
    cmocka_unit_test(a_short_or_foreign_cube_is_not_reopened),
    cmocka_unit_test(a_refused_write_is_a_failure_on_every_rank),
    cmocka_unit_test(a_missing_folder_fails_everywhere),
};

TESTING_MAIN(tests)
