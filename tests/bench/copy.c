/* airshed -- GPL-3.0-or-later. Times a cube's way through airshed, read in bands and written in bands
 * as every command does it, beside a plain sequential copy of the same bytes.
 *
 * copy FOLDER STEPS ROWS COLS PAIRS warm|cold|free  prints one line for each pair:
 *     plain SECONDS bands SECONDS bytes BYTES
 * The plain copy reads and writes blocks of 4 MiB, each rank its share of the file, and makes it
 * durable once; the way through airshed has items, checksums, journal and a sync for each item.
 * warm: the source is in the page cache; cold: it is forgotten before each copy.
 */
#include <fcntl.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timing.h"
#include "flow/input.h"
#include "flow/produce.h"
#include "parallel/agree.h"

enum {
    BLOCK_BYTES = 4 << 20,
    PATH_BYTES = 4096
};

struct bench {
    int rank, size;
    int64_t steps, rows, cols;
    bool is_cold;
    char source[PATH_BYTES], bands[PATH_BYTES], plain[PATH_BYTES];
};

static const struct option_spec copy_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "CUBE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube to copy."},
    {.name = NULL},
};

static void stop_unless(enum status status)
{
    if (status_agree(MPI_COMM_WORLD, status) != STATUS_OK) {
        fprintf(stderr, "copy: %s\n", failure_message());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}

static void stop_if(bool is_bad, const char *path)
{
    if (is_bad) {
        perror(path);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}

/* ---- through airshed ------------------------------------------------------------------------ */

struct copier {
    struct input *input;
    float *values; /* [steps, cells] of the item */
};

static enum status copier_read(void *context, struct flow_item *item)
{
    struct copier *copier = context;
    flow_count_read(item, window_count(&item->window) * (int64_t)sizeof(float));
    return input_read(copier->input, &item->window, copier->values);
}

static enum status copier_write(void *context, struct flow_item *item)
{
    struct copier *copier = context;
    return flow_put(item, 0, 0, &item->window, copier->values);
}

static enum status copier_create(void *context, const struct items *items)
{
    struct copier *copier = context;
    size_t cells = (size_t)(items->band_rows * items->block_cols * items->steps);
    return memory_allocate(cells, sizeof(float), &copier->values);
}

/* What a command does that computes nothing. */
static enum status copy_cube(const struct job *job)
{
    enum status status;
    struct copier copier = {0};
    struct input_request request = {
        .label = "input", .path = option_text(job->options, "input"), .by_rows = true};
    struct cube_variable variable = {.name = "value", .units = "1", .has_time = true};
    struct cube_spec spec = {.variables = &variable, .variable_count = 1};
    struct production production = {
        .output = option_text(job->options, "output"),
        .cube = &spec,
        .work = {.context = &copier, .read = copier_read, .write = copier_write},
        .create_buffers = copier_create};
    TRY(input_open(job, &request, &copier.input));
    spec.grid = input_grid(copier.input);
    spec.time = input_time(copier.input);
    production.cost.unit_bytes = spec.time->steps * (int64_t)sizeof(float);
    TRY_TOGETHER(job->comm, items_cut_rows(spec.time->steps, spec.grid->rows, spec.grid->cols,
                                           &production.cost, job->memory_bytes, &production.items));
    production.inputs = (struct input *const[]){copier.input, NULL};
    TRY(flow_produce(job, &production));
done:
    input_close(&copier.input, true);
    free(copier.values);
    return status;
}

static void run_bands(const struct bench *bench)
{
    static const struct option_spec *const tables[] = {copy_options, options_output, options_grid,
                                                       options_common, NULL};
    char output[PATH_BYTES + 16];
    char source[PATH_BYTES];
    char quiet[] = "--quiet";
    char overwrite[] = "--overwrite";
    char *arguments[] = {source, output, quiet, overwrite};
    struct options *options = NULL;
    struct job job;
    snprintf(output, sizeof output, "--output=%s", bench->bands);
    memcpy(source, bench->source, sizeof source);
    stop_unless(options_create("copy", tables, &options));
    stop_unless(options_parse_arguments(options, 4, arguments));
    stop_unless(options_finish(options));
    job_init(&job, MPI_COMM_WORLD, "copy", "copy", options, true);
    stop_unless(copy_cube(&job));
    options_destroy(&options);
}

/* ---- plainly -------------------------------------------------------------------------------- */

static void move_bytes(int from, int to, int64_t start, int64_t end)
{
    char *block = malloc(BLOCK_BYTES);
    while (start < end) {
        size_t wanted = (size_t)(end - start < BLOCK_BYTES ? end - start : BLOCK_BYTES);
        ssize_t got = pread(from, block, wanted, start);
        stop_if(got <= 0, "reading");
        stop_if(pwrite(to, block, (size_t)got, start) != got, "writing");
        start += got;
    }
    free(block);
}

static void run_plain(const struct bench *bench)
{
    struct stat about;
    int from = open(bench->source, O_RDONLY);
    int to = open(bench->plain, O_WRONLY | O_CREAT, 0666);
    stop_if(from < 0 || fstat(from, &about) != 0, bench->source);
    stop_if(to < 0, bench->plain);
    int64_t share = (about.st_size / bench->size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    int64_t start = bench->rank * share;
    int64_t end = start + share < about.st_size ? start + share : about.st_size;
    move_bytes(from, to, start, end);
    stop_if(fsync(to) != 0 || close(to) != 0, bench->plain);
    close(from);
}

/* ---- pairs ---------------------------------------------------------------------------------- */

/* Nothing to write back, no output, the source in memory or not. */
static void prepare(const struct bench *bench)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (bench->rank == 0) {
        char sidecar[PATH_BYTES + 16];
        snprintf(sidecar, sizeof sidecar, "%s.prov.json", bench->bands);
        unlink(bench->bands);
        unlink(bench->plain);
        unlink(sidecar);
        sync();
        int source = open(bench->source, O_RDONLY);
        stop_if(source < 0, bench->source);
        if (bench->is_cold) {
            posix_fadvise(source, 0, 0, POSIX_FADV_DONTNEED);
        } else {
            static char block[BLOCK_BYTES];
            while (read(source, block, sizeof block) > 0) {
            }
        }
        close(source);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static double time_one(const struct bench *bench, void (*run)(const struct bench *bench))
{
    prepare(bench);
    double start_s = timing_wall_s();
    run(bench);
    MPI_Barrier(MPI_COMM_WORLD);
    return timing_wall_s() - start_s;
}

static void make_source(const struct bench *bench)
{
    struct georeference *grid = NULL;
    struct time_axis *time = NULL;
    struct cube *cube = NULL;
    float *map = NULL;
    struct cube_variable variable = {.name = "value", .units = "1", .has_time = true};
    stop_unless(georeference_create_regular(bench->rows, bench->cols, 100, 20, 0.01, 0.01,
                                            "EPSG:4326", &grid));
    stop_unless(time_axis_create_daily(CALENDAR_STANDARD, 2012, 1, 1, bench->steps, &time));
    struct cube_spec spec = {
        .grid = grid, .time = time, .variables = &variable, .variable_count = 1};
    stop_unless(cube_create(MPI_COMM_WORLD, bench->source, &spec, &cube));
    stop_unless(memory_allocate((size_t)(bench->rows * bench->cols), sizeof *map, &map));
    for (int64_t step = bench->rank; step < bench->steps; step += bench->size) {
        struct window window = {.time = step, .steps = 1, .rows = bench->rows, .cols = bench->cols};
        for (int64_t i = 0; i < bench->rows * bench->cols; i++) {
            map[i] = (float)((i * 31 + step * 17) % 1009) / 8;
        }
        stop_unless(cube_put(cube, 0, &window, map)); /* as many on every rank, see main() */
    }
    stop_unless(cube_close(&cube));
    free(map);
    georeference_destroy(&grid);
    time_axis_destroy(&time);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    int threads;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &threads);
    MPI_Comm_rank(MPI_COMM_WORLD, &bench.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &bench.size);
    if (argc != 7) {
        fputs("copy FOLDER STEPS ROWS COLS PAIRS warm|cold\n", stderr);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    bench.steps = atoll(argv[2]) / bench.size * bench.size;
    bench.rows = atoll(argv[3]);
    bench.cols = atoll(argv[4]);
    bench.is_cold = strcmp(argv[6], "cold") == 0;
    snprintf(bench.source, sizeof bench.source, "%s/source.nc", argv[1]);
    snprintf(bench.bands, sizeof bench.bands, "%s/bands.nc", argv[1]);
    snprintf(bench.plain, sizeof bench.plain, "%s/plain.nc", argv[1]);
    make_source(&bench);
    for (int pair = 0; pair < atoi(argv[5]); pair++) {
        bool bands_first = pair % 2 == 1;
        double bands_s = bands_first ? time_one(&bench, run_bands) : 0;
        double plain_s = time_one(&bench, run_plain);
        bands_s = bands_first ? bands_s : time_one(&bench, run_bands);
        if (bench.rank == 0) {
            printf("plain %.4f bands %.4f bytes %lld\n", plain_s, bands_s,
                   (long long)(bench.steps * bench.rows * bench.cols * 4));
            fflush(stdout);
        }
    }
    prepare(&bench);
    if (bench.rank == 0) {
        unlink(bench.source);
    }
    MPI_Finalize();
    return 0;
}
