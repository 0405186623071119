/* airshed -- GPL-3.0-or-later. Cubes and maps out: puts by the ranks that own the items. */
#include "io/cube.h"

#include <math.h>
#include <pnetcdf.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "classic_internal.h"
#include "cube_internal.h"
#include "parallel/agree.h"

struct cube {
    MPI_Comm comm;
    int rank;
    int count;
    struct cube_variable *variables; /* names and types; other texts are the caller's */
    const struct classic_variable **places;
    struct classic_file *file;
};

static void destroy(struct cube *cube)
{
    if (cube != NULL) {
        for (int i = 0; i < cube->count; i++) {
            free((char *)cube->variables[i].name);
        }
        free(cube->variables);
        free(cube->places);
        classic_close(&cube->file);
        free(cube);
    }
}

/* Length of the leading dimension of a variable: layers, steps, or 1 for a map. */
static int64_t leading_length(const struct cube_spec *spec, const struct cube_variable *variable)
{
    return variable->layers > 0 ? variable->layers : variable->has_time ? spec->time->steps : 1;
}

static bool is_as_specified(const struct cube_spec *spec, const struct cube_variable *variable,
                            const struct classic_variable *place)
{
    int dimensions = variable->layers > 0 || variable->has_time ? 3 : 2;
    return place != NULL && place->type == cube_type_code(variable->type) &&
           place->dimensions == dimensions && place->shape[dimensions - 2] == spec->grid->rows &&
           place->shape[dimensions - 1] == spec->grid->cols &&
           (dimensions == 2 || place->shape[0] == leading_length(spec, variable));
}

/* Copies what later calls need and finds each variable in the file. */
static enum status find_variables(struct cube *cube, const struct cube_spec *spec)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < spec->variable_count; i++) {
        const struct cube_variable *variable = &spec->variables[i];
        char *name = NULL;
        cube->places[i] = classic_find(cube->file, variable->name);
        FAIL_IF(!is_as_specified(spec, variable, cube->places[i]), STATUS_DATA,
                "'%s' does not hold '%s' as it would be written now: start afresh with "
                "--overwrite",
                cube->file->path, variable->name);
        TRY(memory_copy_text(variable->name, &name));
        cube->variables[i] = (struct cube_variable){
            .name = name, .type = variable->type, .skip_range = variable->skip_range};
        cube->count = i + 1;
    }
done:
    return status;
}

static enum status compare_axis(struct classic_file *file, const char *name, int64_t count,
                                const double *expected)
{
    enum status status;
    static const int64_t start[1];
    double *found = NULL;
    const struct classic_variable *place = classic_find(file, name);
    FAIL_IF(place == NULL || place->type != NC_DOUBLE || place->dimensions != 1 ||
                place->shape[0] != count,
            STATUS_DATA, "'%s' has another '%s' axis: start afresh with --overwrite", file->path,
            name);
    TRY(memory_allocate((size_t)count, sizeof *found, &found));
    TRY(classic_read(file, place, start, &count, found));
    FAIL_IF(memcmp(found, expected, (size_t)count * sizeof *found) != 0, STATUS_DATA,
            "'%s' has other values on its '%s' axis: start afresh with --overwrite", file->path,
            name);
done:
    free(found);
    return status;
}

static enum status compare_axes(struct classic_file *file, const struct cube_spec *spec)
{
    enum status status;
    const struct georeference *grid = spec->grid;
    TRY(compare_axis(file, grid->is_geographic ? "lat" : "y", grid->rows, grid->y));
    TRY(compare_axis(file, grid->is_geographic ? "lon" : "x", grid->cols, grid->x));
    if (spec->time != NULL) {
        TRY(compare_axis(file, "time", spec->time->steps, spec->time->value));
    }
done:
    return status;
}

static enum status open_local(const char *path, const struct cube_spec *spec, struct cube *cube)
{
    enum status status;
    size_t count = (size_t)spec->variable_count;
    TRY(memory_allocate(count, sizeof *cube->variables, &cube->variables));
    TRY(memory_allocate(count, sizeof *cube->places, &cube->places));
    TRY(classic_open(path, true, &cube->file));
    cube->file->is_passing = spec->is_passing;
    TRY(find_variables(cube, spec));
    TRY(compare_axes(cube->file, spec));
done:
    return status;
}

enum status cube_reopen(MPI_Comm comm, const char *path, const struct cube_spec *spec,
                        struct cube **cube)
{
    enum status status;
    struct cube *opened = NULL;
    *cube = NULL;
    TRY_TOGETHER(comm, memory_allocate(1, sizeof *opened, &opened));
    opened->comm = comm;
    MPI_Comm_rank(comm, &opened->rank);
    TRY_TOGETHER(comm, open_local(path, spec, opened));
    *cube = opened;
    opened = NULL;
done:
    destroy(opened);
    return status;
}

enum status cube_check(struct cube *cube, const struct cube_spec *spec)
{
    enum status status = cube->rank == 0 ? cube_check_skeleton(cube->file, spec) : STATUS_OK;
    return status_agree(cube->comm, status);
}

enum status cube_create(MPI_Comm comm, const char *path, const struct cube_spec *spec,
                        struct cube **cube)
{
    enum status status = STATUS_OK;
    int rank;
    *cube = NULL;
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) {
        status = cube_write_skeleton(path, spec, true);
    }
    TRY(status_agree(comm, status));
    TRY(cube_reopen(comm, path, spec, cube));
done:
    return status;
}

/* The window as start and count of the variable's two or three dimensions. */
static enum status locate(const struct cube *cube, int variable, const struct window *window,
                          int64_t start[3], int64_t count[3])
{
    const struct classic_variable *place = cube->places[variable];
    bool is_map = place->dimensions == 2;
    int64_t steps = is_map ? 1 : place->shape[0];
    const int64_t *extent = &place->shape[is_map ? 0 : 1];
    if (!window_is_inside(window, steps, extent[0], extent[1])) {
        return failure_record(STATUS_FAILED, __FILE__, __LINE__,
                              "a window reaches outside '%s' of '%s'",
                              cube->variables[variable].name, cube->file->path);
    }
    int64_t starts[] = {window->time, window->row, window->col};
    int64_t counts[] = {window->steps, window->rows, window->cols};
    memcpy(start, starts + is_map, sizeof starts - (size_t)is_map * sizeof starts[0]);
    memcpy(count, counts + is_map, sizeof counts - (size_t)is_map * sizeof counts[0]);
    return STATUS_OK;
}

enum status cube_put(struct cube *cube, int variable, const struct window *window,
                     const void *values)
{
    enum status status;
    int64_t start[3];
    int64_t count[3];
    TRY(locate(cube, variable, window, start, count));
    TRY(classic_write(cube->file, cube->places[variable], start, count, values, true));
done:
    return status;
}

static void fill_to_nan(enum cube_type type, int64_t count, void *values)
{
    float *single = values;
    double *wide = values;
    for (int64_t i = 0; i < count && type == CUBE_FLOAT; i++) {
        single[i] = single[i] == CLASSIC_FILL ? NAN : single[i];
    }
    for (int64_t i = 0; i < count && type == CUBE_DOUBLE; i++) {
        wide[i] = wide[i] == (double)CLASSIC_FILL ? NAN : wide[i];
    }
}

enum status cube_get(struct cube *cube, int variable, const struct window *window, void *values)
{
    enum status status;
    int64_t start[3];
    int64_t count[3];
    TRY(locate(cube, variable, window, start, count));
    TRY(classic_read(cube->file, cube->places[variable], start, count, values));
    fill_to_nan(cube->variables[variable].type, window_count(window), values);
done:
    return status;
}

int cube_flush(const struct cube *cube)
{
    return classic_flush(cube->file);
}

enum status cube_flushed(const struct cube *cube, int error)
{
    return classic_flushed(cube->file, error);
}

enum status cube_sync(struct cube *cube)
{
    return classic_sync(cube->file);
}

enum status cube_set_range(struct cube *cube, int variable, double low, double high)
{
    enum status status = STATUS_OK;
    const struct cube_variable *ranged = &cube->variables[variable];
    bool is_ranged =
        !ranged->skip_range && (ranged->type == CUBE_FLOAT || ranged->type == CUBE_DOUBLE);
    if (cube->rank == 0 && is_ranged && low <= high) {
        status = cube_write_range(cube->file->path, ranged, low, high);
    }
    return status_agree(cube->comm, status);
}

enum status cube_close(struct cube **cube)
{
    struct cube *closed = *cube;
    if (closed == NULL) {
        return STATUS_OK;
    }
    MPI_Comm comm = closed->comm;
    enum status status = classic_sync(closed->file);
    enum status late = classic_close(&closed->file);
    status = status != STATUS_OK ? status : late;
    destroy(closed);
    *cube = NULL;
    return status_agree(comm, status);
}
