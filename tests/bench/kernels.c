/* airshed -- GPL-3.0-or-later. Runs one kernel over a file of series for tests/bench/run: writes its
 * answers and prints CPU milliseconds an item.
 *
 * Arguments: row, data, answers, items. Data and answers are doubles in the order of the items; rows
 * and their shapes stand in the table below. What is made once for a whole map (a plan, a workspace)
 * is not counted; the data lie in memory in the form that the kernel takes. A first pass over the
 * items warms up, further ones are counted until MEASURED_S have been spent. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "kernels/kriging.h"
#include "kernels/least_squares_block.h"
#include "kernels/mann_kendall.h"
#include "kernels/moran.h"
#include "kernels/sen.h"
#include "kernels/stl.h"

enum {
    STEPS = 3653,
    PERIOD = 365,
    FIELDS = 6,      /* regressors */
    SITES = 1000,    /* of kriging, before its targets in the data */
    NEIGHBOURS = 32, /* of kriging */
    MAP_ROWS = 630,  /* of Moran's I */
    MAP_COLS = 660
};

static const double MEASURED_S = 0.3;

/* What a kernel gets and gives: items [items, in_width] to answers [items, out_width]. */
struct task {
    const char *row;
    const double *data;
    int64_t items;
    double *answers;
};

static void stop(const char *why)
{
    fprintf(stderr, "kernels: %s\n", why);
    exit(1);
}

static void need(enum status status)
{
    if (status != STATUS_OK) {
        stop("a kernel refused its settings or has no memory");
    }
}

static double *doubles(int64_t count)
{
    double *values = NULL;
    need(memory_allocate((size_t)count, sizeof *values, &values));
    return values;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- STL -------------------------------------------------------------------------------------- */

struct stl_row {
    const char *name;
    enum stl_preset preset;
    bool robust;
    int64_t jump;     /* 0: the preset's */
    int64_t low_pass; /* 0: the preset's */
};

static const struct stl_row stl_rows[] = {
    {"stl-statsmodels", STL_PRESET_STATSMODELS, false, 0, 0},
    {"stl-r", STL_PRESET_R, false, 0, 0},
    {"stl-r-wide", STL_PRESET_R, false, 0, PERIOD + 2},
    {"stl-r-every", STL_PRESET_R, false, 1, 0},
    {"stl-robust", STL_PRESET_STATSMODELS, true, 0, 0},
    {"stl-robust-every", STL_PRESET_R, true, 1, 0},
    {"stl-robust-r", STL_PRESET_R, true, 0, 0},
    {"stl-gaps", STL_PRESET_STATSMODELS, false, 0, 0},
};

static struct stl_settings stl_settings_of(const char *row)
{
    const struct stl_row *found = NULL;
    for (size_t i = 0; i < sizeof stl_rows / sizeof *stl_rows; i++) {
        found = strcmp(stl_rows[i].name, row) == 0 ? &stl_rows[i] : found;
    }
    if (found == NULL) {
        stop("no such row");
    }
    struct stl_settings settings = stl_settings_preset(found->preset, PERIOD, 7, found->robust);
    settings.low_pass = found->low_pass;
    settings.seasonal_jump = settings.trend_jump = settings.low_pass_jump = found->jump;
    return settings;
}

static void block_load(const struct task *task, int64_t first, double *block)
{
    for (int64_t t = 0; t < STEPS; t++) {
        for (int64_t lane = 0; lane < STL_LANES; lane++) {
            block[t * STL_LANES + lane] = task->data[(first + lane) * STEPS + t];
        }
    }
}

static void block_store(const double *block, int64_t first, int part, const struct task *task)
{
    for (int64_t lane = 0; lane < STL_LANES; lane++) {
        double *answer = task->answers + ((first + lane) * 2 + part) * STEPS;
        for (int64_t t = 0; t < STEPS; t++) {
            answer[t] = block[t * STL_LANES + lane];
        }
    }
}

/* Answers: trend and seasonal. */
static double run_stl(const struct task *task)
{
    struct stl_settings settings = stl_settings_of(task->row);
    struct stl_plan *plan = NULL;
    struct stl_workspace *workspace = NULL;
    need(stl_plan_create(&settings, STEPS, &plan));
    need(stl_workspace_create(plan, &workspace));
    double *block = doubles((int64_t)4 * STEPS * STL_LANES);
    struct stl_parts parts = {.trend = block + (size_t)STEPS * STL_LANES,
                              .seasonal = block + (size_t)2 * STEPS * STL_LANES,
                              .remainder = block + (size_t)3 * STEPS * STL_LANES};
    enum reason reasons[STL_LANES];
    double spent = 0;
    for (int64_t first = 0; first < task->items; first += STL_LANES) {
        block_load(task, first, block);
        double start = cpu_s();
        stl_decompose(plan, workspace, block, &parts, reasons);
        spent += cpu_s() - start;
        block_store(parts.trend, first, 0, task);
        block_store(parts.seasonal, first, 1, task);
    }
    free(block);
    stl_workspace_destroy(&workspace);
    stl_plan_destroy(&plan);
    return spent;
}

/* ---- regression and trend --------------------------------------------------------------------- */

/* Items: y and the fields. Answers: the coefficients, intercept first. */
static double run_regression(const struct task *task)
{
    double *lanes = doubles((int64_t)(FIELDS + 1) * STEPS * LANES);
    double spent = 0;
    for (int64_t first = 0; first < task->items; first += LANES) {
        struct least_squares_block block = {.steps = STEPS, .columns = FIELDS, .y = lanes};
        struct least_squares_fit fits[LANES];
        for (int64_t j = 0; j <= FIELDS; j++) {
            for (int64_t i = 0; i < STEPS * LANES; i++) {
                lanes[j * STEPS * LANES + i] =
                    task->data[((first + i % LANES) * (FIELDS + 1) + j) * STEPS + i / LANES];
            }
        }
        for (int64_t j = 0; j < FIELDS; j++) {
            block.x[j] = lanes + (j + 1) * STEPS * LANES;
        }
        double start = cpu_s();
        least_squares_fit_block(&block, fits);
        spent += cpu_s() - start;
        for (int64_t lane = 0; lane < LANES; lane++) {
            memcpy(task->answers + (first + lane) * (FIELDS + 1), fits[lane].coefficients,
                   (FIELDS + 1) * sizeof(double));
        }
    }
    free(lanes);
    return spent;
}

/* Answers: tau b and p. */
static double run_mann_kendall(const struct task *task)
{
    double *scratch = doubles(2 * STEPS);
    double start = cpu_s();
    for (int64_t item = 0; item < task->items; item++) {
        struct mann_kendall test = mann_kendall_test(task->data + item * STEPS, STEPS, 1, scratch);
        task->answers[2 * item] = test.tau_b;
        task->answers[2 * item + 1] = test.p;
    }
    double spent = cpu_s() - start;
    free(scratch);
    return spent;
}

/* Answers: slope, low, high, intercept. */
static double run_sen(const struct task *task)
{
    struct sen_workspace *workspace = NULL;
    need(sen_workspace_create(STEPS, &workspace));
    double *t = doubles(STEPS);
    for (int i = 0; i < STEPS; i++) {
        t[i] = i;
    }
    double start = cpu_s();
    for (int64_t item = 0; item < task->items; item++) {
        struct sen sen = sen_slope(t, task->data + item * STEPS, STEPS, 1, workspace);
        memcpy(task->answers + 4 * item, (double[]){sen.slope, sen.low, sen.high, sen.intercept},
               4 * sizeof(double));
    }
    double spent = cpu_s() - start;
    free(t);
    sen_workspace_destroy(&workspace);
    return spent;
}

/* ---- kriging ---------------------------------------------------------------------------------- */

/* Data: sites (x, y, value), then targets (x, y). Answers: prediction and variance. The search tree
 * is counted, since a peer builds one, too. */
static double run_kriging(const struct task *task)
{
    const struct variogram_model model = {
        .shape = VARIOGRAM_EXPONENTIAL, .nugget = 0.1, .partial_sill = 0.9, .range = 0.2};
    struct kriging_options options = kriging_options_default(DISTANCE_PLANAR, &model);
    options.rule = (struct neighbours_rule){.most = NEIGHBOURS, .radius = INFINITY};
    const double *place = task->data + 3 * SITES;
    struct position *positions = NULL;
    need(memory_allocate((size_t)(SITES + task->items), sizeof *positions, &positions));
    double *values = doubles(SITES + 2 * task->items);
    for (int64_t i = 0; i < SITES; i++) {
        positions[i] = position_from_plane(task->data[3 * i], task->data[3 * i + 1]);
        values[i] = task->data[3 * i + 2];
    }
    for (int64_t i = 0; i < task->items; i++) {
        positions[SITES + i] = position_from_plane(place[2 * i], place[2 * i + 1]);
    }
    double start = cpu_s();
    struct kriging *kriging = NULL;
    need(kriging_create(&options, SITES, positions, values, &kriging));
    kriging_predict(kriging, task->items, positions + SITES, values + SITES,
                    values + SITES + task->items, NULL);
    double spent = cpu_s() - start;
    for (int64_t i = 0; i < task->items; i++) {
        task->answers[2 * i] = values[SITES + i];
        task->answers[2 * i + 1] = values[SITES + task->items + i];
    }
    kriging_destroy(&kriging);
    free(values);
    free(positions);
    return spent;
}

/* ---- Moran's I ---------------------------------------------------------------------------------- */

/* Data: a map. Items: permutations of it. Answers: I of the map as it is, for each of them; weights
 * and sums that all permutations share are made before. */
static double run_moran(const struct task *task)
{
    const struct moran_neighbours who = {
        .rows = MAP_ROWS, .cols = MAP_COLS, .contiguity = MORAN_QUEEN};
    const struct random_key key = {1, random_stream("bench")};
    struct moran *moran = NULL;
    struct moran_global test;
    double i;
    need(moran_create(&who, MORAN_ROW_STANDARDISED, task->data, &moran));
    need(moran_global(moran, &test));
    need(moran_permuted(moran, key, -1, &i));
    double start = cpu_s();
    for (int64_t item = 0; item < task->items; item++) {
        need(moran_permuted(moran, key, item, &i));
    }
    double spent = cpu_s() - start;
    for (int64_t item = 0; item < task->items; item++) {
        task->answers[item] = test.i;
    }
    moran_destroy(&moran);
    return spent;
}

/* ---- rows ------------------------------------------------------------------------------------- */

struct row {
    const char *begins; /* a row of this name, or one that begins so */
    int64_t shared;     /* doubles before the items */
    int64_t in_width;   /* doubles of an item */
    int64_t out_width;  /* doubles of its answers */
    double (*run)(const struct task *task);
};

static const struct row rows[] = {
    {"stl-", 0, STEPS, (int64_t)2 * STEPS, run_stl},
    {"regression", 0, (int64_t)(FIELDS + 1) * STEPS, FIELDS + 1, run_regression},
    {"mann-kendall", 0, STEPS, 2, run_mann_kendall},
    {"sen", 0, STEPS, 4, run_sen},
    {"kriging", 3 * SITES, 2, 2, run_kriging},
    {"moran", (int64_t)MAP_ROWS *MAP_COLS, 0, 1, run_moran},
};

static const struct row *row_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strncmp(name, rows[i].begins, strlen(rows[i].begins)) == 0) {
            return &rows[i];
        }
    }
    stop("no such row");
    return NULL;
}

static double *file_read(const char *path, int64_t count)
{
    double *values = doubles(count);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(values, sizeof *values, (size_t)count, file) != (size_t)count) {
        stop("the data cannot be read, or are too short");
    }
    fclose(file);
    return values;
}

static void file_write(const char *path, const double *values, int64_t count)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(values, sizeof *values, (size_t)count, file) != (size_t)count ||
        fclose(file) != 0) {
        stop("cannot write the answers");
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        stop("usage: kernels ROW DATA ANSWERS ITEMS");
    }
    const struct row *row = row_find(argv[1]);
    struct task task = {.row = argv[1], .items = strtol(argv[4], NULL, 10)};
    if (task.items < 1 || (row->run == run_stl && task.items % STL_LANES != 0)) {
        stop("items come in whole blocks");
    }
    double *data = file_read(argv[2], row->shared + task.items * row->in_width);
    task.data = data;
    task.answers = doubles(task.items * row->out_width);
    row->run(&task);
    double spent = 0;
    int64_t passes = 0;
    for (; spent < MEASURED_S; passes++) {
        spent += row->run(&task);
    }
    file_write(argv[3], task.answers, task.items * row->out_width);
    printf("%.6g\n", 1e3 * spent / (double)(passes * task.items));
    free(task.answers);
    free(data);
    return 0;
}
