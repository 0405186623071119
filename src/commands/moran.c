/* airshed -- GPL-3.0-or-later. moran: spatial autocorrelation of a map or of zones (P2.53). */
#include "kernels/moran.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/reason.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "flow/standard_output.h"
#include "io/table_writer.h"
#include "moran_cells.h"
#include "parallel/agree.h"

static const struct option_spec moran_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "MAP",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Map, or cube whose mean over its steps counts; with --column a table of zones or a "
             "layer of polygons or points."},
    {.name = "permutations",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "999",
     .low = 0,
     .high = 1e9,
     .help = "Random orders of the values for the p-value of the global I."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "CSV",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Result: a CSV file with one row; its columns are described in NAME.json. - is "
             "standard output.",
     .group = "Output"},
    {.name = "local",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_OUTPUT,
     .help = "Also write local I of every cell: maps (NetCDF), or a CSV table of zones.",
     .group = "Output"},
    {.name = "geotiff",
     .kind = OPTION_FLAG,
     .help = "Also write each map of --local as a Cloud Optimized GeoTIFF, NAME_VARIABLE.tif.",
     .group = "Output"},
    {.name = "compress",
     .kind = OPTION_FLAG,
     .help = "Also write a compressed NetCDF-4 copy of the maps of --local, NAME.nc4.",
     .group = "Output"},
    {.name = "local-permutations",
     .kind = OPTION_INTEGER,
     .argument = "N",
     .fallback = "99",
     .low = 0,
     .high = 1e9,
     .help = "Conditional permutations of each cell.",
     .group = "Local"},
    {.name = "local-divisor",
     .kind = OPTION_CHOICE,
     .choices = "n|n-1",
     .fallback = "n",
     .help = "Divisor of the variance in local I: n as spdep, or n-1 as esda.",
     .group = "Local"},
    {.name = "discovery-rate",
     .kind = OPTION_REAL,
     .argument = "SHARE",
     .fallback = "0.05",
     .low = 1e-9,
     .high = 1,
     .help = "False discovery rate of the clusters (Benjamini and Hochberg).",
     .group = "Local"},
    {.name = NULL},
};

enum {
    LOCAL_QUADRANT = MORAN_LOCAL_MAPS,
    LOCAL_CLUSTER,
    LOCAL_VARIABLES
};

enum {
    LOCAL_PARTS = 256 /* items of local I at most */
};

#define QUADRANTS "none high_high low_high low_low high_low"
static const char *const quadrant_names[] = {"", "high_high", "low_high", "low_low", "high_low"};

struct moran_job {
    const struct job *job;
    struct moran_cells cells;
    struct moran *moran;
    struct stage *stage;
    struct standard_output *stand_in;
    const char *table, *local; /* paths; local NULL: not asked for */
    char *json, *local_json;
    int64_t permutations;
    int64_t block_rows, blocks; /* of items of local I, which follow the permutations */
    struct moran_local_settings settings;
    struct random_key key;
    double i;                  /* of the permutation at work */
    float *maps;               /* [MORAN_LOCAL_MAPS, cells of a block] */
    int8_t *codes;             /* [cells of a block] quadrants */
    struct moran_local *zones; /* [cells of a block] */
    struct cube_variable variables[LOCAL_VARIABLES];
    struct cube_spec spec;
};

/* ---- items -------------------------------------------------------------------------------- */

/* Rows of the block of local I that an item computes. */
static struct window block_window(const struct moran_job *job, int64_t item)
{
    int64_t row = (item - job->permutations) * job->block_rows;
    int64_t left = job->cells.rows - row;
    return (struct window){.steps = 1,
                           .row = row,
                           .rows = left < job->block_rows ? left : job->block_rows,
                           .cols = job->cells.cols};
}

static enum status compute_block(struct moran_job *job, const struct window *window)
{
    enum status status = STATUS_OK;
    int64_t first = window->row * window->cols, cells = window->rows * window->cols;
    for (int64_t i = 0; i < cells; i++) {
        struct moran_local *local = &job->zones[i];
        TRY(moran_local(job->moran, &job->settings, first + i, local));
        double result[MORAN_LOCAL_MAPS];
        moran_local_maps(local, result);
        for (int map = 0; map < MORAN_LOCAL_MAPS; map++) {
            job->maps[map * cells + i] = (float)result[map];
        }
        job->codes[i] = (int8_t)local->quadrant;
    }
done:
    return status;
}

static enum status moran_compute(void *context, struct flow_item *item)
{
    struct moran_job *job = context;
    if (item->index < job->permutations) {
        return moran_permuted(job->moran, job->key, item->index, &job->i);
    }
    struct window window = block_window(job, item->index);
    return compute_block(job, &window);
}

static enum status write_block(struct moran_job *job, struct flow_item *item)
{
    enum status status;
    struct window window = block_window(job, item->index);
    int64_t cells = window.rows * window.cols;
    if (job->cells.input == NULL) {
        return flow_payload(item, job->zones, cells * (int64_t)sizeof *job->zones);
    }
    TRY(flow_put_maps(item, 0, MORAN_LOCAL_MAPS, &window, job->maps));
    TRY(flow_put(item, 0, LOCAL_QUADRANT, &window, job->codes));
done:
    return status;
}

static enum status moran_write(void *context, struct flow_item *item)
{
    struct moran_job *job = context;
    return item->index < job->permutations ? flow_payload(item, &job->i, sizeof job->i)
                                           : write_block(job, item);
}

/* ---- clusters ----------------------------------------------------------------------------- */

/* What the false discovery rate made of local I. */
struct discoveries {
    int64_t tests, found;
    double bound; /* of p */
};

/* Room for the p-values that can be discoveries: those up to the rate. */
struct candidates {
    double *p;
    int64_t count, room, tests;
};

static enum status add_candidate(struct candidates *candidates, double p, double rate)
{
    enum status status = STATUS_OK;
    candidates->tests += !isnan(p);
    if (!(p <= rate)) {
        goto done;
    }
    if (candidates->count == candidates->room) {
        double *larger = NULL;
        candidates->room = 2 * candidates->room + 1024;
        TRY(memory_allocate((size_t)candidates->room, sizeof *larger, &larger));
        if (candidates->count > 0) {
            memcpy(larger, candidates->p, (size_t)candidates->count * sizeof *larger);
        }
        free(candidates->p);
        candidates->p = larger;
    }
    candidates->p[candidates->count++] = p;
done:
    return status;
}

static double rate_of(const struct moran_job *job)
{
    return option_real(job->job->options, "discovery-rate");
}

/* The p that clusters are judged by. */
static enum moran_local_map judged_map(const struct moran_job *job)
{
    return job->settings.permutations > 0 ? MORAN_LOCAL_P_PERMUTATION : MORAN_LOCAL_P;
}

static void judge(const struct moran_job *job, struct candidates *candidates,
                  struct discoveries *discoveries)
{
    discoveries->tests = candidates->tests;
    discoveries->bound =
        moran_discovery_bound(candidates->p, candidates->count, candidates->tests, rate_of(job));
}

/* The map of clusters, row by row from the maps that the items wrote. */
static enum status write_clusters(struct moran_job *job, struct discoveries *discoveries)
{
    enum status status = STATUS_OK;
    struct cube *cube = stage_cube(job->stage, 0);
    struct candidates candidates = {0};
    struct window row = {.steps = 1, .rows = 1, .cols = job->cells.cols};
    for (row.row = 0; row.row < job->cells.rows; row.row++) {
        TRY(cube_get(cube, judged_map(job), &row, job->maps));
        for (int64_t col = 0; col < row.cols; col++) {
            TRY(add_candidate(&candidates, (double)job->maps[col], rate_of(job)));
        }
    }
    judge(job, &candidates, discoveries);
    for (row.row = 0; row.row < job->cells.rows; row.row++) {
        TRY(cube_get(cube, judged_map(job), &row, job->maps));
        TRY(cube_get(cube, LOCAL_QUADRANT, &row, job->codes));
        for (int64_t col = 0; col < row.cols; col++) {
            bool is_found = (double)job->maps[col] <= discoveries->bound;
            job->codes[col] = is_found ? job->codes[col] : 0;
            discoveries->found += is_found;
        }
        TRY(cube_put(cube, LOCAL_CLUSTER, &row, job->codes));
    }
done:
    free(candidates.p);
    return status;
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct table_column zone_columns[] = {
    {"zone", NULL, "name of the zone", TABLE_TEXT},
    {"value", NULL, "value of the zone", TABLE_NUMBER},
    {"local_i", "1", "local Moran's I", TABLE_NUMBER},
    {"lag", NULL, "weighted sum of the neighbours' values", TABLE_NUMBER},
    {"expectation", "1", "of local I, given the zone's value", TABLE_NUMBER},
    {"variance", "1", "of local I, given the zone's value", TABLE_NUMBER},
    {"z", "1", "of local I", TABLE_NUMBER},
    {"p", "1", "two-sided, normal approximation", TABLE_NUMBER},
    {"p_permutation", "1", "one-sided, from conditional permutations", TABLE_NUMBER},
    {"quadrant", NULL, "the zone's value and its neighbours', above or below the mean", TABLE_TEXT},
    {"cluster", NULL, "the same where it is a discovery at --discovery-rate", TABLE_TEXT},
};

static double judged_p(const struct moran_job *job, const struct moran_local *local)
{
    return job->settings.permutations > 0 ? local->p_permutation : local->p;
}

static const struct moran_local *zone_result(const struct moran_job *job,
                                             const struct journal_content *content, int64_t zone)
{
    const struct moran_local *block =
        content->records[job->permutations + zone / job->block_rows].payload;
    return &block[zone % job->block_rows];
}

static void write_zone(const struct moran_job *job, const struct moran_local *local, int64_t zone,
                       bool is_found, struct table_writer *writer)
{
    char name[TABLE_CELL_BYTES];
    table_writer_text(writer, moran_cells_name(&job->cells, zone, name));
    table_writer_number(writer, job->cells.values[zone]);
    table_writer_number(writer, local->i);
    table_writer_number(writer, local->lag);
    table_writer_number(writer, local->expectation);
    table_writer_number(writer, local->variance);
    table_writer_number(writer, local->z);
    table_writer_number(writer, local->p);
    table_writer_number(writer, local->p_permutation);
    table_writer_text(writer, quadrant_names[local->quadrant]);
    table_writer_text(writer, is_found ? quadrant_names[local->quadrant] : NULL);
}

static enum status write_zones(struct moran_job *job, const struct journal_content *content,
                               struct discoveries *discoveries)
{
    enum status status = STATUS_OK;
    struct candidates candidates = {0};
    struct table_writer *writer = NULL;
    for (int64_t zone = 0; zone < job->cells.rows; zone++) {
        TRY(add_candidate(&candidates, judged_p(job, zone_result(job, content, zone)),
                          rate_of(job)));
    }
    judge(job, &candidates, discoveries);
    TRY(table_writer_create(stage_partial(job->stage, job->local), "Local Moran's I of zones",
                            zone_columns, sizeof zone_columns / sizeof *zone_columns, &writer));
    for (int64_t zone = 0; zone < job->cells.rows; zone++) {
        const struct moran_local *local = zone_result(job, content, zone);
        bool is_found = judged_p(job, local) <= discoveries->bound;
        discoveries->found += is_found;
        write_zone(job, local, zone, is_found, writer);
    }
    TRY(table_writer_close(&writer, stage_partial(job->stage, job->local_json)));
done:
    table_writer_destroy(&writer);
    free(candidates.p);
    return status;
}

/* What the permutations came to. */
struct orders {
    double observed, mean, sd;
    int64_t at_least, at_most;
};

static enum status sum_up_orders(struct moran_job *job, const struct journal_content *content,
                                 struct orders *orders)
{
    enum status status;
    double sum = 0, squares = 0, count = (double)job->permutations;
    *orders = (struct orders){.mean = NAN, .sd = NAN};
    TRY(moran_permuted(job->moran, job->key, -1, &orders->observed));
    for (int64_t k = 0; k < job->permutations; k++) {
        double i = *(const double *)content->records[k].payload;
        sum += i;
        orders->at_least += i >= orders->observed - MORAN_TIE;
        orders->at_most += i <= orders->observed + MORAN_TIE;
    }
    for (int64_t k = 0; k < job->permutations; k++) {
        double i = *(const double *)content->records[k].payload - sum / count;
        squares += i * i;
    }
    if (job->permutations > 1) {
        orders->mean = sum / count;
        orders->sd = sqrt(squares / (count - 1));
    }
done:
    return status;
}

static const struct table_column columns[] = {
    {"variable", NULL, "what was tested", TABLE_TEXT},
    {"weights", NULL, "who is a neighbour", TABLE_TEXT},
    {"distance_km", "km", "reach of neighbours", TABLE_NUMBER},
    {"style", NULL, "row: weights of a cell sum to 1; binary: as they are", TABLE_TEXT},
    {"n", "1", "cells with a value", TABLE_INTEGER},
    {"missing", "1", "cells without", TABLE_INTEGER},
    {"links", "1", "pairs of cell and neighbour", TABLE_INTEGER},
    {"islands", "1", "cells without neighbours", TABLE_INTEGER},
    {"i", "1", "Moran's I", TABLE_NUMBER},
    {"expectation", "1", "of I without autocorrelation", TABLE_NUMBER},
    {"variance_normality", "1", "of I for values from a normal law", TABLE_NUMBER},
    {"z_normality", "1", NULL, TABLE_NUMBER},
    {"p_normality", "1", "two-sided", TABLE_NUMBER},
    {"variance_randomisation", "1", "of I for values in random order", TABLE_NUMBER},
    {"z_randomisation", "1", NULL, TABLE_NUMBER},
    {"p_randomisation", "1", "two-sided", TABLE_NUMBER},
    {"permutations", "1", "random orders", TABLE_INTEGER},
    {"permutation_mean", "1", "mean of their I", TABLE_NUMBER},
    {"permutation_sd", "1", "standard deviation of their I", TABLE_NUMBER},
    {"permutations_at_least", "1", "of them, with I at least as large as observed", TABLE_INTEGER},
    {"p_permutation", "1", "one-sided: (permutations_at_least + 1) / (permutations + 1)",
     TABLE_NUMBER},
    {"p_permutation_two_sided", "1", "twice the smaller of both sides, at most 1", TABLE_NUMBER},
    {"local_tests", "1", "cells with a local I", TABLE_INTEGER},
    {"local_discoveries", "1", "of them, clusters at --discovery-rate", TABLE_INTEGER},
    {"local_p_bound", "1", "largest p of a cluster", TABLE_NUMBER},
    {"reason", NULL, "ok, all_missing, flat_series or too_few_neighbours", TABLE_TEXT},
};

static enum reason reason_of(const struct moran_global *test)
{
    return test->n == 0       ? REASON_ALL_MISSING
           : test->links == 0 ? REASON_TOO_FEW_NEIGHBOURS
           : isnan(test->i)   ? REASON_FLAT_SERIES
                              : REASON_OK;
}

static void write_test(const struct moran_job *job, const struct moran_global *test,
                       struct table_writer *writer)
{
    const struct options *options = job->job->options;
    bool has_list = option_text(options, "neighbours") != NULL;
    table_writer_text(writer, job->cells.variable);
    table_writer_text(writer, has_list ? "list" : option_text(options, "weights"));
    table_writer_number(writer, option_real(options, "distance"));
    table_writer_text(writer, option_text(options, "style"));
    table_writer_integer(writer, test->n);
    table_writer_integer(writer, job->cells.rows * job->cells.cols - test->n);
    table_writer_integer(writer, test->links);
    table_writer_integer(writer, test->islands);
    table_writer_number(writer, test->i);
    table_writer_number(writer, test->expectation);
    table_writer_number(writer, test->variance_normality);
    table_writer_number(writer, test->z_normality);
    table_writer_number(writer, test->p_normality);
    table_writer_number(writer, test->variance_randomisation);
    table_writer_number(writer, test->z_randomisation);
    table_writer_number(writer, test->p_randomisation);
}

static void write_orders(const struct moran_job *job, const struct orders *orders, bool has_i,
                         struct table_writer *writer)
{
    double all = (double)(job->permutations + 1);
    int64_t least = orders->at_least < orders->at_most ? orders->at_least : orders->at_most;
    bool has_orders = has_i && job->permutations > 0;
    table_writer_integer(writer, job->permutations);
    table_writer_number(writer, orders->mean);
    table_writer_number(writer, orders->sd);
    table_writer_integer(writer, has_i ? orders->at_least : 0);
    table_writer_number(writer, has_orders ? (double)(orders->at_least + 1) / all : NAN);
    table_writer_number(writer, has_orders ? fmin(1, 2 * (double)(least + 1) / all) : NAN);
}

static void write_discoveries(const struct moran_job *job, const struct discoveries *discoveries,
                              struct table_writer *writer)
{
    if (job->local == NULL) {
        for (int column = 0; column < 3; column++) {
            table_writer_text(writer, NULL);
        }
        return;
    }
    table_writer_integer(writer, discoveries->tests);
    table_writer_integer(writer, discoveries->found);
    table_writer_number(writer, discoveries->bound > 0 ? discoveries->bound : NAN);
}

/* The row of the table, and what needs all local results, from the journal; by rank 0. A resumed run
 * does it again. */
static enum status write_product(struct moran_job *job)
{
    enum status status;
    struct journal_content content = {0};
    struct table_writer *writer = NULL;
    struct discoveries discoveries = {0};
    struct moran_global test;
    struct orders orders;
    TRY(stage_records(job->stage, &content));
    TRY(moran_global(job->moran, &test));
    TRY(sum_up_orders(job, &content, &orders));
    if (job->local != NULL) {
        TRY(job->cells.input != NULL ? write_clusters(job, &discoveries)
                                     : write_zones(job, &content, &discoveries));
    }
    TRY(table_writer_create(stage_partial(job->stage, job->table), "Moran's I", columns,
                            sizeof columns / sizeof *columns, &writer));
    write_test(job, &test, writer);
    write_orders(job, &orders, !isnan(test.i), writer);
    write_discoveries(job, &discoveries, writer);
    table_writer_text(writer, reason_text(reason_of(&test)));
    TRY(table_writer_close(&writer, stage_partial(job->stage, job->json)));
    log_info("Moran's I %.6g, expected %.3g; z %.4g; %lld cells, %lld of them without neighbours",
             test.i, test.expectation, test.z_randomisation, (long long)test.n,
             (long long)test.islands);
done:
    table_writer_destroy(&writer);
    journal_content_clear(&content);
    return status;
}

/* ---- output ------------------------------------------------------------------------------- */

static const struct cube_attribute attributes[] = {
    {"title", "Local Moran's I of each cell"},
    {"references", "Anselin, Geographical Analysis 27, 93-115, 1995; Sokal, Oden and Thomson, "
                   "Geographical Analysis 30, 331-354, 1998; Benjamini and Hochberg, Journal of "
                   "the Royal Statistical Society B 57, 289-300, 1995"},
};

static void describe(struct moran_job *job)
{
    const struct cube_variable variables[LOCAL_VARIABLES] = {
        [MORAN_LOCAL_I] = {.name = "local_i", .long_name = "local Moran's I", .units = "1"},
        [MORAN_LOCAL_LAG] = {.name = "lag",
                       .long_name = "weighted sum of the neighbours' values",
                       .units = job->cells.units},
        [MORAN_LOCAL_EXPECTATION] = {.name = "expectation",
                               .long_name = "of local I, given the cell's value",
                               .units = "1"},
        [MORAN_LOCAL_VARIANCE] = {.name = "variance",
                            .long_name = "of local I, given the cell's value",
                            .units = "1"},
        [MORAN_LOCAL_Z] = {.name = "z", .long_name = "standard score of local I", .units = "1"},
        [MORAN_LOCAL_P] = {.name = "p",
                     .long_name = "two-sided p-value of local I, normal approximation",
                     .units = "1"},
        [MORAN_LOCAL_P_PERMUTATION] = {.name = "p_permutation",
                                 .long_name = "one-sided p-value of local I from conditional "
                                              "permutations",
                                 .units = "1"},
        [LOCAL_QUADRANT] = {.name = "quadrant",
                            .long_name = "value of the cell and of its neighbours, above or below "
                                         "the mean",
                            .type = CUBE_BYTE,
                            .flag_meanings = QUADRANTS},
        [LOCAL_CLUSTER] = {.name = "cluster",
                           .long_name = "quadrant where local I is a discovery",
                           .type = CUBE_BYTE,
                           .flag_meanings = QUADRANTS},
    };
    memcpy(job->variables, variables, sizeof variables);
    job->spec = (struct cube_spec){.grid = input_grid(job->cells.input),
                                   .variables = job->variables,
                                   .variable_count = LOCAL_VARIABLES,
                                   .attributes = attributes,
                                   .attribute_count = sizeof attributes / sizeof *attributes};
}

static enum status declare_local(struct moran_job *job)
{
    enum status status;
    int cube;
    if (job->cells.input != NULL) {
        describe(job);
        TRY(stage_add_cube(job->stage, job->local, &job->spec, &cube));
    } else {
        TRY(stage_add_table(job->stage, job->local, &job->local_json));
    }
done:
    return status;
}

static enum status declare(struct moran_job *job)
{
    enum status status;
    TRY(stage_create(job->job, job->table, &job->stage));
    TRY(moran_cells_attach(&job->cells, job->stage));
    TRY(stage_add_table(job->stage, job->table, &job->json));
    if (job->local != NULL) {
        TRY(declare_local(job));
    }
done:
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static enum status create_buffers(struct moran_job *job)
{
    enum status status;
    size_t cells = (size_t)(job->block_rows * job->cells.cols);
    TRY(moran_cells_moran(&job->cells, &job->moran));
    TRY(memory_allocate(cells * MORAN_LOCAL_MAPS, sizeof *job->maps, &job->maps));
    TRY(memory_allocate(cells, sizeof *job->codes, &job->codes));
    TRY(memory_allocate(cells, sizeof *job->zones, &job->zones));
done:
    return status;
}

/* Values with their sums, two maps of the global test, the values in another order, local I. */
static enum status check_budget(const struct moran_job *job, struct items_cost *cost)
{
    enum status status = STATUS_OK;
    int64_t cells = job->cells.rows * job->cells.cols;
    int64_t each = moran_cells_bytes(&job->cells) + 110;
    cost->fixed_bytes = cells * each + job->block_rows * job->cells.cols * 100 + (48 << 20);
    FAIL_IF(cost->fixed_bytes > job->job->memory_bytes, STATUS_USAGE,
            "--memory: a map of %lld x %lld cells needs %lld MB in each rank; use at least "
            "--memory %lldM",
            (long long)job->cells.rows, (long long)job->cells.cols,
            (long long)(cost->fixed_bytes >> 20) + 1, (long long)(cost->fixed_bytes >> 20) + 1);
done:
    return status;
}

static enum status moran_stage(struct moran_job *job)
{
    enum status status;
    MPI_Comm comm = job->job->comm;
    struct items items = items_counted(job->permutations + job->blocks);
    struct items_cost cost = {0};
    struct flow_work work = {.context = job, .compute = moran_compute, .write = moran_write};
    bool is_first = job->job->rank == 0 && !job->job->dry_run;
    TRY_TOGETHER(comm, check_budget(job, &cost));
    TRY(stage_begin(job->stage, &items, &cost));
    if (stage_is_done(job->stage)) {
        goto done;
    }
    TRY(moran_cells_load(&job->cells));
    TRY_TOGETHER(comm, create_buffers(job));
    TRY(flow_run(job->stage, &work));
    TRY_TOGETHER(comm, is_first ? write_product(job) : STATUS_OK);
    TRY(stage_commit(job->stage));
done:
    return status;
}

static enum status prepare(struct moran_job *job)
{
    const struct options *options = job->job->options;
    job->local = option_text(options, "local");
    job->permutations = option_integer(options, "permutations");
    job->key = (struct random_key){job->job->seed, random_stream("moran.global")};
    job->settings = moran_cells_local_settings(job->job);
    job->block_rows = (job->cells.rows + LOCAL_PARTS - 1) / LOCAL_PARTS;
    job->blocks =
        job->local != NULL ? (job->cells.rows + job->block_rows - 1) / job->block_rows : 0;
    return declare(job);
}

static void moran_clear(struct moran_job *job, bool is_finished)
{
    stage_destroy(&job->stage);
    standard_output_end(&job->stand_in);
    moran_cells_close(&job->cells, is_finished);
    moran_destroy(&job->moran);
    free(job->json);
    free(job->local_json);
    free(job->maps);
    free(job->codes);
    free(job->zones);
}

/* Other forms are those of the maps of --local. */
static enum status choose_forms(struct job *job)
{
    enum status status = STATUS_OK;
    bool has_maps =
        option_text(job->options, "local") != NULL && option_text(job->options, "column") == NULL;
    job->geotiff = option_flag(job->options, "geotiff");
    job->compress = option_flag(job->options, "compress");
    FAIL_IF((job->geotiff || job->compress) && !has_maps, STATUS_USAGE,
            "--%s: there are no maps without --local of a map",
            job->geotiff ? "geotiff" : "compress");
done:
    return status;
}

static enum status moran_run(struct job *job)
{
    enum status status;
    struct moran_job moran = {.job = job};
    TRY_TOGETHER(job->comm, choose_forms(job));
    TRY(moran_cells_open(job, &moran.cells));
    TRY(standard_output_begin(job, option_text(job->options, "output"), &moran.stand_in,
                              &moran.table));
    TRY_TOGETHER(job->comm, prepare(&moran));
    TRY(moran_stage(&moran));
    if (!job->dry_run) {
        TRY(standard_output_deliver(moran.stand_in));
    }
done:
    moran_clear(&moran, status == STATUS_OK && !job->dry_run);
    return status;
}

static const struct option_spec *const moran_tables[] = {moran_options, moran_cells_options,
                                                         options_grid, options_common, NULL};

const struct command command_moran = {
    .name = "moran",
    .summary = "Moran's I of a map or of zones, global and local",
    .details =
        "Global I with its expectation, its variance under normality and under randomisation, z "
        "and "
        "p, as spdep and esda compute them (P2.53), and p from random orders of the values. "
        "Missing "
        "cells are no cells and nobody's neighbours; a cell without neighbours counts in n. The "
        "seam of a grid around the globe is an edge. I of a cube is that of its mean map: choose "
        "days or years with --from and --to.\n\n"
        "With --local also the I of every cell, its moments given the cell's value, p from "
        "conditional permutations (one-sided, as esda), the quadrant (high among high, low among "
        "high ...), and clusters: quadrants of the cells that are discoveries at "
        "--discovery-rate, by p_permutation where there are permutations, else by p. N "
        "permutations give no p below 1 / (N + 1): a few cells among many can be discoveries only "
        "with more of them.\n\n"
        "The random order of permutation k depends on --seed and k alone; none is stored.",
    .examples =
        "airshed moran pm25.nc --from 2016-01-01 --to 2016-12-31 -o moran.csv --local clusters.nc\n"
        "airshed moran cities.csv --column pm25 --weights distance --distance 200 -o -\n"
        "mpirun -n 4 airshed moran zones.geojson --column pm25 --id name -o moran.csv \\\n"
        "  --neighbours touching.csv --local zones_moran.csv --style binary",
    .tables = moran_tables,
    .run = moran_run,
};
