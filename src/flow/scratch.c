/* airshed -- GPL-3.0-or-later. Daily and compressed inputs, decoded once. */
#include "flow/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "parallel/agree.h"

/* One decoding at work. An item is a block of whole chunks: steps of one file, and rows where a
 * slab of whole maps would not fit the memory. */
struct decoding {
    struct dataset *dataset;
    int variable;
    struct window part;     /* of the dataset */
    struct window *blocks;  /* [count], in the dataset's coordinates */
    int64_t count;
    float *values;
    struct cube_variable target;
    struct cube_spec spec;
    struct georeference *grid;
    struct time_axis *time;
};

/* ---- blocks ------------------------------------------------------------------------------- */

static int64_t least(int64_t first, int64_t second)
{
    return first < second ? first : second;
}

static int64_t most(int64_t first, int64_t second)
{
    return first > second ? first : second;
}

static enum status block_add(struct decoding *decoding, const struct window *block)
{
    enum status status = STATUS_OK;
    struct window inside = window_intersect(block, &decoding->part);
    if (window_count(&inside) == 0) {
        goto done;
    }
    struct window *longer =
        realloc(decoding->blocks, (size_t)(decoding->count + 1) * sizeof *longer);
    FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
    decoding->blocks = longer;
    decoding->blocks[decoding->count++] = inside;
done:
    return status;
}

/* Rows of a block: all, or so many whole chunks that one chunk of steps fits the memory. */
static int64_t block_rows(const struct decoding *decoding, const struct dataset_chunk *chunk,
                          int64_t memory_bytes)
{
    int64_t line_bytes = chunk->steps * decoding->part.cols * (int64_t)sizeof(float);
    int64_t fitting = memory_bytes / line_bytes;
    if (fitting >= decoding->part.rows) {
        return INT64_MAX / 4;
    }
    return most(fitting / chunk->rows, 1) * chunk->rows;
}

static enum status rows_add(struct decoding *decoding, const struct dataset_chunk *chunk,
                            int64_t rows, int64_t first, int64_t steps)
{
    enum status status = STATUS_OK;
    const struct window *part = &decoding->part;
    int64_t start = rows > part->row + part->rows ? 0 : chunk->first_rows - chunk->rows;
    for (int64_t row = start; row < part->row + part->rows; row += rows) {
        struct window block = {.time = first,
                               .steps = steps,
                               .row = most(row, 0),
                               .col = part->col,
                               .cols = part->cols};
        block.rows = least(row + rows, part->row + part->rows) - block.row;
        if (block.rows > 0) {
            TRY(block_add(decoding, &block));
        }
    }
done:
    return status;
}

static enum status file_add(struct decoding *decoding, int64_t file, int64_t memory_bytes)
{
    enum status status = STATUS_OK;
    int64_t first = 0;
    int64_t steps = 0;
    struct dataset_chunk chunk = dataset_chunk(decoding->dataset, decoding->variable);
    int64_t rows = block_rows(decoding, &chunk, memory_bytes);
    int64_t map_bytes = least(rows, decoding->part.rows) * decoding->part.cols *
                        (int64_t)sizeof(float);
    dataset_file_steps(decoding->dataset, decoding->variable, file, &first, &steps);
    /* About 256 items in all, each of whole chunks of steps. */
    int64_t wanted = (steps + ITEMS_PARTS - 1) / ITEMS_PARTS;
    int64_t fitting = most(memory_bytes / map_bytes / chunk.steps, 1);
    int64_t slab = least((wanted + chunk.steps - 1) / chunk.steps, fitting) * chunk.steps;
    for (int64_t step = 0; step < steps; step += slab) {
        TRY(rows_add(decoding, &chunk, rows, first + step, least(slab, steps - step)));
    }
done:
    return status;
}

static int64_t largest_block(const struct decoding *decoding)
{
    int64_t largest = 0;
    for (int64_t i = 0; i < decoding->count; i++) {
        largest = most(largest, window_count(&decoding->blocks[i]));
    }
    return largest * (int64_t)sizeof(float);
}

/* ---- items -------------------------------------------------------------------------------- */

static enum status decode_block(void *context, struct flow_item *item)
{
    struct decoding *decoding = context;
    const struct window *block = &decoding->blocks[item->index];
    flow_count_read(item, window_count(block) * (int64_t)sizeof(float));
    return dataset_read(decoding->dataset, decoding->variable, block, decoding->values);
}

static enum status write_block(void *context, struct flow_item *item)
{
    struct decoding *decoding = context;
    struct window block = decoding->blocks[item->index];
    block.time -= decoding->part.time;
    block.row -= decoding->part.row;
    block.col -= decoding->part.col;
    return flow_put(item, 0, 0, &block, decoding->values);
}

/* ---- the stage ---------------------------------------------------------------------------- */

static enum status describe(struct decoding *decoding)
{
    enum status status;
    const struct dataset_variable *facts =
        dataset_variable(decoding->dataset, decoding->variable);
    const struct window *part = &decoding->part;
    TRY(georeference_cut(facts->grid, part->row, part->rows, part->col, part->cols,
                         &decoding->grid));
    if (facts->time != NULL) {
        TRY(time_axis_cut(facts->time, part->time, part->steps, &decoding->time));
    }
    decoding->target = (struct cube_variable){.name = facts->name,
                                              .standard_name = facts->standard_name,
                                              .long_name = facts->long_name,
                                              .units = facts->units,
                                              .cell_methods = facts->cell_methods,
                                              .type = CUBE_FLOAT,
                                              .has_time = facts->time != NULL,
                                              .skip_range = true};
    decoding->spec = (struct cube_spec){.grid = decoding->grid,
                                        .time = decoding->time,
                                        .variables = &decoding->target,
                                        .variable_count = 1};
done:
    return status;
}

static enum status scratch_name(const struct job *job, const struct decoding *decoding,
                                const char *identity, const char *beside, char **path)
{
    enum status status = STATUS_OK;
    char key[512];
    char hex[HASH_HEX_BYTES];
    char identity_hex[HASH_HEX_BYTES];
    const struct window *part = &decoding->part;
    hash_sha256_hex(identity, strlen(identity), identity_hex);
    snprintf(key, sizeof key, "%s %s %lld %lld %lld %lld %lld %lld", identity_hex,
             dataset_variable(decoding->dataset, decoding->variable)->name, (long long)part->time,
             (long long)part->steps, (long long)part->row, (long long)part->rows,
             (long long)part->col, (long long)part->cols);
    hash_sha256_hex(key, strlen(key), hex);
    hex[12] = '\0';
    int length = job->scratch != NULL
                     ? asprintf(path, "%s/airshed-%s.scratch.nc", job->scratch, hex)
                     : asprintf(path, "%s.%s.scratch.nc", beside, hex);
    FAIL_IF(length < 0, STATUS_MEMORY, "out of memory");
done:
    return status;
}

static void decoding_clear(struct decoding *decoding)
{
    georeference_destroy(&decoding->grid);
    time_axis_destroy(&decoding->time);
    free(decoding->blocks);
    free(decoding->values);
}

static enum status prepare(struct decoding *decoding, const struct job *job)
{
    enum status status;
    TRY(describe(decoding));
    for (int64_t file = 0; file < dataset_file_count(decoding->dataset); file++) {
        TRY(file_add(decoding, file, job->memory_bytes));
    }
    FAIL_IF(largest_block(decoding) > job->memory_bytes, STATUS_USAGE,
            "--memory %lldM is too small to decode one chunk: use at least --memory %lldM",
            (long long)(job->memory_bytes >> 20),
            (long long)(largest_block(decoding) >> 20) + 1);
    TRY(memory_allocate((size_t)largest_block(decoding), 1, &decoding->values));
done:
    return status;
}

static void remove_ending(const char *path, const char *ending)
{
    char *name = NULL;
    if (asprintf(&name, "%s%s", path, ending) > 0) {
        unlink(name);
    }
    free(name);
}

/* The scratch of an input that cannot be read: mended, the input has another name for it, so that
 * nobody would ever come back for this. */
static void remove_unfinished(const char *path)
{
    remove_ending(path, ".partial");
    remove_ending(path, ".journal");
}

static enum status decode(const struct job *job, struct decoding *decoding, const char *identity,
                          const char *path)
{
    enum status status;
    struct stage *stage = NULL;
    int cube;
    struct items items = items_counted(decoding->count);
    struct items_cost cost = {.fixed_bytes = largest_block(decoding)};
    struct flow_work work = {
        .context = decoding, .read = decode_block, .write = write_block};

    status = stage_create(job, path, &stage);
    if (status == STATUS_OK) {
        status = stage_add_input(stage, "scratch", identity);
    }
    if (status == STATUS_OK) {
        status = stage_add_cube(stage, path, &decoding->spec, &cube);
    }
    TRY(status_agree(job->comm, status));
    TRY(stage_begin(stage, &items, &cost));
    if (!stage_is_done(stage)) {
        TRY(flow_run(stage, &work));
        TRY(stage_commit(stage));
    }
done:
    stage_destroy(&stage);
    if (status == STATUS_DATA && job->rank == 0) {
        remove_unfinished(path);
    }
    return status;
}

enum status scratch_decode(const struct job *job, struct dataset *dataset, int variable,
                           const struct window *part, const char *identity, const char *beside,
                           char **path)
{
    enum status status;
    struct decoding decoding = {.dataset = dataset, .variable = variable, .part = *part};
    struct job own = scratch_job(job);
    *path = NULL;

    TRY_TOGETHER(job->comm, prepare(&decoding, job));
    if (job->rank == 0) {
        int64_t files = dataset_file_count(dataset);
        log_info("decoding %lld file%s once into scratch, %.1f MB", (long long)files,
                 files == 1 ? "" : "s",
                 (double)window_count(part) * (double)sizeof(float) / 1e6);
    }
    if (job->dry_run) {
        goto done;
    }
    TRY_TOGETHER(job->comm, scratch_name(job, &decoding, identity, beside, path));
    TRY(decode(&own, &decoding, identity, *path));
done:
    decoding_clear(&decoding);
    return status;
}

enum status scratch_path(const struct job *job, const char *what, char **path)
{
    enum status status = STATUS_OK;
    const char *output = option_text(job->options, "output");
    char *absolute = NULL;
    char hex[HASH_HEX_BYTES];
    TRY(path_absolute(output, &absolute));
    hash_sha256_hex(absolute, strlen(absolute), hex);
    hex[12] = '\0';
    int length = job->scratch != NULL
                     ? asprintf(path, "%s/airshed-%s.%s.scratch", job->scratch, hex, what)
                     : asprintf(path, "%s.%s.scratch", output, what);
    FAIL_IF(length < 0, STATUS_MEMORY, "out of memory");
done:
    free(absolute);
    return status;
}

struct job scratch_job(const struct job *job)
{
    struct job own = *job;
    own.resume = true;
    own.overwrite = true;
    own.geotiff = own.compress = own.has_output_options = false;
    return own;
}

void scratch_remove(const struct job *job, int rank, const char *path)
{
    static const char *const endings[] = {"", ".prov.json", ".partial", ".journal"};
    for (int i = 0; i < 4 && job->rank == rank; i++) {
        remove_ending(path, endings[i]);
    }
}
