/* airshed -- GPL-3.0-or-later. What moran works on: a map, or a table of zones, with neighbours. */
#include "moran_cells.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "grid/georeference.h"
#include "kernels/geodesic.h"
#include "kernels/neighbours.h"
#include "parallel/agree.h"

enum {
    CHUNK_BYTES = 32 << 20 /* of a map's steps that a rank reads at once */
};

const struct option_spec moran_cells_options[] = {
    {.name = "column",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "The input is a table or a layer of zones, and this column holds the values.",
     .group = "Zones"},
    {.name = "id",
     .kind = OPTION_TEXT,
     .argument = "COLUMN",
     .help = "Names of the zones, as --neighbours uses them; default: the column 'id' where there "
             "is one, else their number.",
     .group = "Zones"},
    {.name = "neighbours",
     .kind = OPTION_PATH,
     .argument = "TABLE",
     .flags = OPTION_INPUT,
     .help = "Neighbours of zones: columns from and to, and weight where they are not alike. Needs "
             "not be symmetric.",
     .group = "Zones"},
    {.name = "weights",
     .kind = OPTION_CHOICE,
     .choices = "queen|rook|distance",
     .fallback = "queen",
     .help = "Neighbours share an edge or a corner (queen), an edge (rook), or lie within "
             "--distance. Polygons must share vertices to touch."},
    {.name = "distance",
     .kind = OPTION_REAL,
     .argument = "KM",
     .low = 1e-9,
     .high = 20100,
     .help = "With --weights distance: great-circle distance between centres, in km; on a "
             "projected map straight distance."},
    {.name = "style",
     .kind = OPTION_CHOICE,
     .choices = "row|binary",
     .fallback = "row",
     .help = "Weights of a cell's neighbours sum to 1 (row), or are 1 each, or as --neighbours "
             "gives them (binary)."},
    {.name = "min-valid",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .help = "A cell of a cube needs this share of its steps for a mean."},
    {.name = NULL},
};

static bool by_distance(const struct job *job)
{
    return strcmp(option_text(job->options, "weights"), "distance") == 0;
}

/* What selects from a map means nothing for a table of zones. */
static enum status check_table_options(const struct job *job)
{
    enum status status = STATUS_OK;
    static const char *const of_maps[] = {"variable", "from",          "to",       "bbox",
                                          "clip",     "missing-steps", "min-valid"};
    for (size_t i = 0; i < sizeof of_maps / sizeof *of_maps; i++) {
        FAIL_IF(option_is_set(job->options, of_maps[i]), STATUS_USAGE,
                "--%s belongs to maps, and --column says that the input is a table of zones",
                of_maps[i]);
    }
done:
    return status;
}

static enum status check_options(const struct job *job)
{
    enum status status = STATUS_OK;
    const struct options *options = job->options;
    bool is_table = option_text(options, "column") != NULL;
    FAIL_IF(by_distance(job) && isnan(option_real(options, "distance")), STATUS_USAGE,
            "--weights distance: give the distance in km with --distance");
    FAIL_IF(!by_distance(job) && !isnan(option_real(options, "distance")), STATUS_USAGE,
            "--distance belongs to --weights distance, not to --weights %s",
            option_text(options, "weights"));
    FAIL_IF(!is_table && option_text(options, "neighbours") != NULL, STATUS_USAGE,
            "--neighbours: belongs to a table of zones; name its values with --column");
    FAIL_IF(!is_table && option_text(options, "id") != NULL, STATUS_USAGE,
            "--id: belongs to a table of zones; name its values with --column");
    FAIL_IF(option_text(options, "neighbours") != NULL && option_is_set(options, "weights"),
            STATUS_USAGE, "--neighbours and --weights: give one of them");
    if (is_table) {
        TRY(check_table_options(job));
    }
done:
    return status;
}

/* ---- a map -------------------------------------------------------------------------------- */

/* Distance in km between the centres of two cells of a grid, c columns apart. */
static double cells_apart_km(const struct georeference *grid, int64_t row, int64_t other, double x)
{
    enum distance_metric metric = grid->is_geographic ? DISTANCE_GEODESIC : DISTANCE_PLANAR;
    struct position a = position_create(metric, grid->x[0], grid->y[row]);
    struct position b = position_create(metric, grid->x[0] + x, grid->y[other]);
    return position_distance(metric, a, b) / 1000;
}

/* Most columns apart within @p limit_km; -1 where even none is too far. Distance grows with columns
 * up to half the globe. */
static int32_t reach_of(const struct georeference *grid, int64_t row, int64_t other, double width,
                        double limit_km)
{
    int64_t low = -1, high = grid->cols - 1;
    if (grid->is_geographic && (double)high * width > 180) {
        high = (int64_t)(180 / width);
    }
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (cells_apart_km(grid, row, other, (double)middle * width) <= limit_km) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return (int32_t)low;
}

static int64_t band_rows(const struct georeference *grid, double limit_km)
{
    int64_t most = 0;
    for (int64_t row = 0; row < grid->rows; row++) {
        while (row + most + 1 < grid->rows &&
               cells_apart_km(grid, row, row + most + 1, 0) <= limit_km) {
            most++;
        }
    }
    return most;
}

static enum status find_band(struct moran_cells *cells, const struct georeference *grid)
{
    enum status status = STATUS_OK;
    double limit_km = option_real(cells->job->options, "distance");
    double width =
        grid->cols > 1 ? (grid->x[grid->cols - 1] - grid->x[0]) / (double)(grid->cols - 1) : 1;
    for (int64_t col = 1; col < grid->cols; col++) {
        FAIL_IF(fabs(grid->x[col] - grid->x[col - 1] - width) > 1e-4 * width, STATUS_DATA,
                "%s: --weights distance needs columns of one width; column %lld is another",
                option_text(cells->job->options, "input"), (long long)col);
    }
    int64_t most = band_rows(grid, limit_km), length = 2 * most + 1, links = 0;
    TRY(memory_allocate((size_t)(grid->rows * length), sizeof *cells->reach, &cells->reach));
    for (int64_t row = 0; row < grid->rows; row++) {
        for (int64_t d = 0; d <= most && row + d < grid->rows; d++) {
            int32_t reach = reach_of(grid, row, row + d, width, limit_km);
            cells->reach[row * length + most + d] = reach;
            cells->reach[(row + d) * length + most - d] = reach;
            links += reach;
        }
    }
    FAIL_IF(
        links <= 0 && most == 0, STATUS_DATA,
        "--distance %g: no cell has a neighbour that near; the first two rows are %.4g km apart",
        limit_km, grid->rows > 1 ? cells_apart_km(grid, 0, 1, 0) : NAN);
    cells->band = (struct moran_band){.reach_rows = most, .reach = cells->reach};
    cells->neighbours.band = &cells->band;
done:
    return status;
}

static enum status prepare_map(struct moran_cells *cells)
{
    enum status status = STATUS_OK;
    const struct georeference *grid = input_grid(cells->input);
    cells->rows = grid->rows;
    cells->cols = grid->cols;
    cells->variable = input_variable(cells->input)->name;
    cells->units = input_units(cells->input);
    FAIL_IF(grid->rows > INT_MAX / grid->cols, STATUS_DATA,
            "%s: has %lld x %lld cells; more than %d are too many for one map",
            option_text(cells->job->options, "input"), (long long)grid->rows, (long long)grid->cols,
            INT_MAX);
    bool is_queen = strcmp(option_text(cells->job->options, "weights"), "queen") == 0;
    cells->neighbours =
        (struct moran_neighbours){.rows = cells->rows,
                                  .cols = cells->cols,
                                  .contiguity = is_queen ? MORAN_QUEEN : MORAN_ROOK};
    if (by_distance(cells->job)) {
        TRY(find_band(cells, grid));
    }
done:
    return status;
}

/* ---- neighbours of zones ------------------------------------------------------------------ */

struct name {
    const char *text;
    int64_t zone;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Names of the zones in order, for searching; their texts in one block. */
static enum status sort_names(const struct moran_cells *cells, struct name **names, char **texts)
{
    enum status status;
    char text[TABLE_CELL_BYTES], place[512];
    TRY(memory_allocate((size_t)cells->rows, sizeof **names, names));
    TRY(memory_allocate((size_t)cells->rows, TABLE_CELL_BYTES, texts));
    for (int64_t zone = 0; zone < cells->rows; zone++) {
        char *own = *texts + zone * TABLE_CELL_BYTES;
        strcpy(own, moran_cells_name(cells, zone, text));
        (*names)[zone] = (struct name){own, zone};
    }
    qsort(*names, (size_t)cells->rows, sizeof **names, compare_names);
    for (int64_t i = 1; i < cells->rows; i++) {
        int64_t zone = (*names)[i].zone;
        FAIL_IF(strcmp((*names)[i - 1].text, (*names)[i].text) == 0, STATUS_DATA,
                "%s: '%s' names a second zone: choose another column with --id",
                cells->id < 0
                    ? option_text(cells->job->options, "input")
                    : table_cell_place(cells->table, zone, cells->id, place, sizeof place),
                (*names)[i].text);
    }
done:
    return status;
}

static enum status find_zone(const struct moran_cells *cells, const struct name *names,
                             const struct table *list, int64_t row, int64_t col, int64_t *zone)
{
    enum status status = STATUS_OK;
    char text[TABLE_CELL_BYTES], place[512];
    table_trimmed(list, row, col, text);
    struct name key = {.text = text};
    struct name *found = bsearch(&key, names, (size_t)cells->rows, sizeof *names, compare_names);
    FAIL_IF(found == NULL, STATUS_DATA, "--neighbours: %s: '%s' is no zone of %s",
            table_cell_place(list, row, col, place, sizeof place), text,
            option_text(cells->job->options, "input"));
    *zone = found->zone;
done:
    return status;
}

struct link {
    struct zone_pair pair;
    double weight;
    int64_t row;
};

static int compare_links(const void *left, const void *right)
{
    const struct link *a = left, *b = right;
    return a->pair.from != b->pair.from
               ? (a->pair.from > b->pair.from) - (a->pair.from < b->pair.from)
               : (a->pair.to > b->pair.to) - (a->pair.to < b->pair.to);
}

static enum status read_links(const struct moran_cells *cells, const struct table *list,
                              const struct name *names, struct link *links)
{
    enum status status;
    int64_t from, to, weight = table_find(list, "weight");
    char place[512];
    TRY(table_column(list, "from", &from));
    TRY(table_column(list, "to", &to));
    for (int64_t row = 0; row < list->rows; row++) {
        struct link *link = &links[row];
        *link = (struct link){.weight = 1, .row = row};
        TRY(find_zone(cells, names, list, row, from, &link->pair.from));
        TRY(find_zone(cells, names, list, row, to, &link->pair.to));
        table_cell_place(list, row, to, place, sizeof place);
        FAIL_IF(link->pair.from == link->pair.to, STATUS_DATA,
                "--neighbours: %s: a zone cannot be its own neighbour", place);
        if (weight >= 0) {
            TRY(table_number(list, row, weight, &link->weight));
            FAIL_IF(!(link->weight > 0), STATUS_DATA,
                    "--neighbours: %s: the weight must be above 0", place);
        }
    }
    qsort(links, (size_t)list->rows, sizeof *links, compare_links);
    for (int64_t i = 1; i < list->rows; i++) {
        FAIL_IF(compare_links(&links[i - 1], &links[i]) == 0, STATUS_DATA,
                "--neighbours: %s: this pair stands here a second time",
                table_cell_place(list, links[i].row, to, place, sizeof place));
    }
done:
    return status;
}

static enum status take_links(struct moran_cells *cells, const struct link *links, int64_t count,
                              bool is_weighted)
{
    enum status status;
    struct zone_pair *pairs = NULL;
    TRY(memory_allocate((size_t)count, sizeof *pairs, &pairs));
    TRY(memory_allocate((size_t)count, sizeof *cells->weight, &cells->weight));
    for (int64_t i = 0; i < count; i++) {
        pairs[i] = links[i].pair;
        cells->weight[i] = links[i].weight;
    }
    TRY(contiguity_from_pairs(cells->rows, pairs, count, &cells->lists));
    cells->links.weight = is_weighted ? cells->weight : NULL;
done:
    free(pairs);
    return status;
}

static enum status read_neighbours(struct moran_cells *cells, const char *path)
{
    enum status status;
    struct table_source source = {.path = path};
    struct table *list = NULL;
    struct link *links = NULL;
    struct name *names = NULL;
    char *texts = NULL;
    TRY(table_read(&source, &list));
    TRY(hash_file_identity(path, cells->job->content_hash, &cells->neighbours_identity));
    TRY(sort_names(cells, &names, &texts));
    TRY(memory_allocate((size_t)list->rows, sizeof *links, &links));
    TRY(read_links(cells, list, names, links));
    TRY(take_links(cells, links, list->rows, table_find(list, "weight") >= 0));
done:
    table_destroy(&list);
    free(links);
    free(names);
    free(texts);
    return status;
}

/* Zones whose centres lie within --distance. */
static enum status find_near(struct moran_cells *cells)
{
    enum status status;
    struct position *places = NULL;
    struct neighbours *tree = NULL;
    struct neighbour *found = NULL;
    struct zone_pair *pairs = NULL;
    int64_t count = 0, room = 0;
    struct neighbours_rule rule = {.most = cells->rows,
                                   .radius = 1000 * option_real(cells->job->options, "distance")};
    TRY(memory_allocate((size_t)cells->rows, sizeof *places, &places));
    TRY(memory_allocate((size_t)neighbours_capacity(&rule), sizeof *found, &found));
    for (int64_t i = 0; i < cells->rows; i++) {
        places[i] = position_from_lonlat(cells->layer->x[i], cells->layer->y[i]);
    }
    TRY(neighbours_create(DISTANCE_GEODESIC, cells->rows, places, &tree));
    for (int64_t i = 0; i < cells->rows; i++) {
        int64_t near = neighbours_find(tree, places[i], &rule, found);
        if (count + near > room) {
            struct zone_pair *larger = NULL;
            room = 2 * (count + near);
            TRY(memory_allocate((size_t)room, sizeof *larger, &larger));
            if (count > 0) {
                memcpy(larger, pairs, (size_t)count * sizeof *larger);
            }
            free(pairs);
            pairs = larger;
        }
        for (int64_t k = 0; k < near; k++) {
            if (found[k].index != i) {
                pairs[count++] = (struct zone_pair){i, found[k].index};
            }
        }
    }
    TRY(contiguity_from_pairs(cells->rows, pairs, count, &cells->lists));
done:
    free(places);
    free(found);
    free(pairs);
    neighbours_destroy(&tree);
    return status;
}

static enum status touch_zones(struct moran_cells *cells)
{
    enum status status = STATUS_OK;
    const char *weights = option_text(cells->job->options, "weights");
    for (int64_t i = 0; i < cells->rows; i++) {
        FAIL_IF(cells->layer->kind[i] != VECTOR_POLYGON, STATUS_DATA,
                "%s: holds points, which do not touch: use --weights distance or --neighbours",
                option_text(cells->job->options, "input"));
    }
    TRY(contiguity_find(cells->rows, cells->layer->polygon, strcmp(weights, "rook") == 0,
                        &cells->lists));
done:
    return status;
}

/* ---- zones -------------------------------------------------------------------------------- */

static enum status read_zones(struct moran_cells *cells)
{
    enum status status;
    const char *path = option_text(cells->job->options, "input");
    bool has_list = option_text(cells->job->options, "neighbours") != NULL;
    if (has_list && vector_is_table(path)) {
        struct table_source source = {.path = path};
        TRY(table_read(&source, &cells->plain));
        cells->table = cells->plain;
        FAIL_IF(cells->plain->rows == 0, STATUS_DATA, "%s: holds no rows", path);
    } else {
        struct vector_source source = {.path = path,
                                       .kinds = VECTOR_POINT | VECTOR_POLYGON,
                                       .crs = by_distance(cells->job) ? "EPSG:4326" : NULL};
        TRY(vector_read(&source, &cells->layer));
        cells->table = cells->layer->attributes;
    }
    TRY(hash_file_identity(path, cells->job->content_hash, &cells->identity));
done:
    return status;
}

static enum status find_columns(struct moran_cells *cells)
{
    enum status status;
    const char *id = option_text(cells->job->options, "id");
    int64_t column;
    cells->variable = option_text(cells->job->options, "column");
    cells->units = NULL;
    cells->rows = cells->table->rows;
    cells->cols = 1;
    cells->id = table_find(cells->table, "id");
    if (id != NULL) {
        TRY(table_column(cells->table, id, &cells->id));
    }
    TRY(table_column(cells->table, cells->variable, &column));
    TRY(memory_allocate((size_t)cells->rows, sizeof *cells->values, &cells->values));
    TRY(table_numbers(cells->table, column, cells->values));
done:
    return status;
}

static enum status prepare_zones(struct moran_cells *cells)
{
    enum status status;
    const char *path = option_text(cells->job->options, "neighbours");
    TRY(read_zones(cells));
    TRY(find_columns(cells));
    TRY(path != NULL              ? read_neighbours(cells, path)
        : by_distance(cells->job) ? find_near(cells)
                                  : touch_zones(cells));
    FAIL_IF(cells->lists.start[cells->rows] == 0, STATUS_DATA, "%s: no zone has a neighbour%s",
            option_text(cells->job->options, "input"),
            path != NULL ? "" : ": give a list with --neighbours, or --weights distance");
    cells->links.start = cells->lists.start;
    cells->links.neighbour = cells->lists.neighbour;
    cells->neighbours =
        (struct moran_neighbours){.rows = cells->rows, .cols = 1, .links = &cells->links};
done:
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

enum status moran_cells_open(const struct job *job, struct moran_cells *cells)
{
    enum status status;
    cells->job = job;
    cells->id = -1;
    TRY_TOGETHER(job->comm, check_options(job));
    if (option_text(job->options, "column") != NULL) {
        TRY_TOGETHER(job->comm, prepare_zones(cells));
    } else {
        struct input_request request = input_request_for(job, "input");
        request.needs_time = false;
        TRY(input_open(job, &request, &cells->input));
        TRY_TOGETHER(job->comm, prepare_map(cells));
    }
done:
    return status;
}

enum status moran_cells_attach(const struct moran_cells *cells, struct stage *stage)
{
    enum status status;
    if (cells->input != NULL) {
        return input_attach(cells->input, stage);
    }
    TRY(stage_add_input(stage, "input", cells->identity));
    if (cells->neighbours_identity != NULL) {
        TRY(stage_add_input(stage, "neighbours", cells->neighbours_identity));
    }
done:
    return status;
}

/* Means over the steps of each cell of some rows, in the order of time. */
static void average(const float *read, int64_t steps, int64_t cells, double needed, double *means)
{
    for (int64_t cell = 0; cell < cells; cell++) {
        double sum = 0;
        int64_t valid = 0;
        for (int64_t step = 0; step < steps; step++) {
            double value = (double)read[step * cells + cell];
            if (isfinite(value)) {
                sum += value;
                valid++;
            }
        }
        bool is_enough = valid > 0 && (double)valid >= needed * (double)steps;
        means[cell] = is_enough ? sum / (double)valid : NAN;
    }
}

static enum status read_rows(struct moran_cells *cells, int64_t first, int64_t end)
{
    enum status status;
    const struct time_axis *time = input_time(cells->input);
    int64_t steps = time != NULL ? time->steps : 1;
    int64_t rows = CHUNK_BYTES / (steps * cells->cols * (int64_t)sizeof(float));
    rows = rows < 1 ? 1 : rows;
    double needed = option_real(cells->job->options, "min-valid");
    float *read = NULL;
    rows = rows < end - first ? rows : end - first;
    TRY(memory_allocate((size_t)(rows * steps * cells->cols), sizeof *read, &read));
    for (int64_t row = first; row < end; row += rows) {
        struct window window = {.steps = steps,
                                .row = row,
                                .rows = row + rows < end ? rows : end - row,
                                .cols = cells->cols};
        TRY(input_read(cells->input, &window, read));
        average(read, steps, window.rows * cells->cols, needed, cells->values + row * cells->cols);
    }
done:
    free(read);
    return status;
}

static enum status share_rows(struct moran_cells *cells)
{
    enum status status;
    const struct job *job = cells->job;
    int *count = NULL, *start = NULL;
    status = memory_allocate((size_t)job->size, sizeof *count, &count);
    if (status == STATUS_OK) {
        status = memory_allocate((size_t)job->size, sizeof *start, &start);
    }
    TRY(status_agree(job->comm, status));
    for (int rank = 0; rank < job->size; rank++) {
        start[rank] = (int)(cells->rows * rank / job->size * cells->cols);
        count[rank] = (int)(cells->rows * (rank + 1) / job->size * cells->cols) - start[rank];
    }
    FAIL_IF(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, cells->values, count, start,
                           MPI_DOUBLE, job->comm) != MPI_SUCCESS,
            STATUS_MPI, "the values could not be shared between ranks");
done:
    free(count);
    free(start);
    return status;
}

enum status moran_cells_load(struct moran_cells *cells)
{
    enum status status = STATUS_OK;
    const struct job *job = cells->job;
    if (cells->input == NULL) {
        return STATUS_OK;
    }
    TRY_TOGETHER(job->comm, memory_allocate((size_t)(cells->rows * cells->cols),
                                            sizeof *cells->values, &cells->values));
    TRY_TOGETHER(job->comm, read_rows(cells, cells->rows * job->rank / job->size,
                                      cells->rows * (job->rank + 1) / job->size));
    TRY(share_rows(cells));
    const struct time_axis *time = input_time(cells->input);
    if (time != NULL && time->steps > 1) {
        log_info("I is that of the mean over %lld steps (choose others with --from and --to)",
                 (long long)time->steps);
    }
done:
    return status;
}

/* ---- local I ------------------------------------------------------------------------------ */

enum status moran_cells_moran(const struct moran_cells *cells, struct moran **moran)
{
    bool is_binary = strcmp(option_text(cells->job->options, "style"), "binary") == 0;
    return moran_create(&cells->neighbours, is_binary ? MORAN_BINARY : MORAN_ROW_STANDARDISED,
                        cells->values, moran);
}

struct moran_local_settings moran_cells_local_settings(const struct job *job)
{
    return (struct moran_local_settings){
        .divide_by_n_less_one = strcmp(option_text(job->options, "local-divisor"), "n-1") == 0,
        .permutations = option_integer(job->options, "local-permutations"),
        .key = {job->seed, random_stream("moran.local")}};
}

const char *const moran_local_names[MORAN_LOCAL_MAPS] = {
    [MORAN_LOCAL_I] = "local_i",
    [MORAN_LOCAL_LAG] = "lag",
    [MORAN_LOCAL_EXPECTATION] = "expectation",
    [MORAN_LOCAL_VARIANCE] = "variance",
    [MORAN_LOCAL_Z] = "z",
    [MORAN_LOCAL_P] = "p",
    [MORAN_LOCAL_P_PERMUTATION] = "p_permutation"};

void moran_local_maps(const struct moran_local *local, double maps[MORAN_LOCAL_MAPS])
{
    maps[MORAN_LOCAL_I] = local->i;
    maps[MORAN_LOCAL_LAG] = local->lag;
    maps[MORAN_LOCAL_EXPECTATION] = local->expectation;
    maps[MORAN_LOCAL_VARIANCE] = local->variance;
    maps[MORAN_LOCAL_Z] = local->z;
    maps[MORAN_LOCAL_P] = local->p;
    maps[MORAN_LOCAL_P_PERMUTATION] = local->p_permutation;
}

/* ---- the end ------------------------------------------------------------------------------ */

const char *moran_cells_name(const struct moran_cells *cells, int64_t zone,
                             char text[TABLE_CELL_BYTES])
{
    if (cells->id < 0 || !table_trimmed(cells->table, zone, cells->id, text)) {
        snprintf(text, TABLE_CELL_BYTES, "%lld", (long long)zone + 1);
    }
    return text;
}

int64_t moran_cells_bytes(const struct moran_cells *cells)
{
    int64_t band = cells->band.reach != NULL ? 16 : 0;
    return (int64_t)sizeof(double) + band;
}

void moran_cells_close(struct moran_cells *cells, bool is_finished)
{
    input_close(&cells->input, is_finished);
    vector_destroy(&cells->layer);
    table_destroy(&cells->plain);
    contiguity_clear(&cells->lists);
    free(cells->values);
    free(cells->identity);
    free(cells->neighbours_identity);
    free(cells->reach);
    free(cells->weight);
}
