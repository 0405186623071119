/* airshed -- GPL-3.0-or-later. Stages: bytes, resume, refusals, commits.
 * ranks: 1 2 3 4 7
 */
#include "testing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

enum { ROWS = 7, COLS = 5, STEPS = 13, LATER = 4 };

static int rank;
static int size;
static char folder[256];
static char output[300];

/* ---- a small command: value = 100 row + col + step / 100 ---------------------------------- */

struct work {
    int fail_at;      /* item whose compute fails; -1: none */
    int64_t computed; /* items that this rank has computed */
    int64_t bytes_sent; /* by this rank while the items ran */
    float values[STEPS * ROWS * COLS];
    bool has_payload;
    struct stage *stage;
    bool has_later;   /* items from LATER on need the sum of the squares that the others keep */
    int64_t sum;      /* -1 until it is known */
    int64_t too_soon; /* later items that began without it */
};

static enum status work_between(void *context)
{
    enum status status;
    struct work *work = context;
    struct journal_content content = {0};
    struct journal_record *records;
    TRY(stage_records_of(work->stage, 1, LATER, &content, &records));
    work->sum = 0;
    for (int64_t i = 0; i < LATER - 1; i++) {
        int64_t square = 0;
        memcpy(&square, records[i].payload, sizeof square);
        assert_true(records[i].item == i + 1);
        work->sum += square;
    }
done:
    journal_content_clear(&content);
    return status;
}

static enum status work_compute(void *context, struct flow_item *item)
{
    struct work *work = context;
    const struct window *window = &item->window;
    if (item->index == work->fail_at) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__, "item %d is bad", work->fail_at);
    }
    work->computed++;
    work->too_soon += work->has_later && item->index >= LATER && work->sum != 1 + 4 + 9;
    for (int64_t i = 0; i < window_count(window); i++) {
        int64_t col = window->col + i % window->cols;
        int64_t row = window->row + i / window->cols % window->rows;
        int64_t step = i / (window->cols * window->rows);
        bool is_missing = (row + col + step) % 11 == 0;
        /* Arithmetic leaves NaN of either sign; the file holds one missing value. */
        work->values[i] = is_missing ? -NAN : (float)(100 * row + col) + (float)step / 100;
    }
    return STATUS_OK;
}

static enum status work_write(void *context, struct flow_item *item)
{
    struct work *work = context;
    enum status status = flow_put(item, 0, 0, &item->window, work->values);
    if (status == STATUS_OK && work->has_payload) {
        int64_t square = item->index * item->index;
        status = flow_payload(item, &square, sizeof square);
    }
    return status;
}

struct outcome {
    enum status status;
    bool was_done;
    int64_t computed; /* over all ranks */
    int64_t bytes_sent; /* by this rank while the items ran */
};

struct asking {
    const char *more;     /* further argument, or NULL */
    const char *identity; /* of the input */
    int fail_at;
    bool has_later;
};

static const struct option_spec own_options[] = {
    {.name = "width", .kind = OPTION_INTEGER, .fallback = "1", .help = "Changes results."},
    {.name = NULL},
};

static enum status run_stage(struct job *job, const char *identity, struct work *work,
                             bool *was_done)
{
    enum status status;
    struct stage *stage = NULL;
    struct georeference *grid = NULL;
    struct time_axis *time = NULL;
    struct items items;
    struct items_cost cost = {.unit_bytes = STEPS * 4};
    int cube;
    struct cube_variable variable = {
        .name = "value", .long_name = "a value", .units = "1", .has_time = true};
    struct cube_spec spec = {.variables = &variable, .variable_count = 1};
    struct flow_work loop = {.context = work, .compute = work_compute, .write = work_write};

    work->sum = -1;
    if (work->has_later) {
        loop.between = work_between;
        loop.later = LATER;
    }
    TRY(georeference_create_regular(ROWS, COLS, 115, 38, 0.01, 0.01, "EPSG:4326", &grid));
    TRY(time_axis_create_daily(CALENDAR_STANDARD, 2012, 2, 25, STEPS, &time));
    spec.grid = grid;
    spec.time = time;
    TRY(items_cut_rows(STEPS, ROWS, COLS, &cost, job->memory_bytes, &items));
    TRY(stage_create(job, output, &stage));
    TRY(stage_add_input(stage, "input", identity));
    TRY(stage_add_cube(stage, output, &spec, &cube));
    TRY(stage_begin(stage, &items, &cost));
    *was_done = stage_is_done(stage);
    work->stage = stage;
    struct messages_sent before = messages_sent();
    TRY(flow_run(stage, &loop));
    struct messages_sent after = messages_sent();
    work->bytes_sent = after.bytes - before.bytes;
    if (work->has_payload && !*was_done) {
        struct journal_content content = {0};
        TRY(stage_records(stage, &content));
        for (int64_t i = 0; i < content.record_count; i++) {
            int64_t square = 0;
            memcpy(&square, content.records[i].payload, sizeof square);
            assert_true(content.records[i].item == i && square == i * i);
        }
        journal_content_clear(&content);
    }
    TRY(stage_commit(stage));
done:
    stage_destroy(&stage);
    georeference_destroy(&grid);
    time_axis_destroy(&time);
    return status;
}

static struct outcome attempt(const struct asking *asking)
{
    struct outcome outcome = {0};
    static const struct option_spec *const tables[] = {own_options, options_output, options_common,
                                                       NULL};
    struct options *options = NULL;
    char out_argument[320];
    snprintf(out_argument, sizeof out_argument, "--output=%s", output);
    char no_history[] = "--no-history";
    char memory[] = "--memory=70000";
    char more[64];
    snprintf(more, sizeof more, "%s", asking->more != NULL ? asking->more : "--width=1");
    char *arguments[] = {out_argument, no_history, memory, more};
    struct job job;
    struct work work = {.fail_at = asking->fail_at, .has_payload = true, .has_later = asking->has_later};

    failure_clear();
    assert_int_equal(options_create("test", tables, &options), STATUS_OK);
    assert_int_equal(options_parse_arguments(options, 4, arguments), STATUS_OK);
    assert_int_equal(options_finish(options), STATUS_OK);
    job_init(&job, MPI_COMM_WORLD, "test", "airshed test", options, true);
    outcome.status = run_stage(&job, asking->identity != NULL ? asking->identity : "an input",
                               &work, &outcome.was_done);
    outcome.bytes_sent = work.bytes_sent;
    assert_int_equal(work.too_soon, 0);
    MPI_Allreduce(&work.computed, &outcome.computed, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    options_destroy(&options);
    return outcome;
}

/* ---- files -------------------------------------------------------------------------------- */

static bool is_there(const char *suffix)
{
    char path[400];
    snprintf(path, sizeof path, "%s%s", output, suffix);
    return access(path, F_OK) == 0;
}

/* Overwrites one byte of OUTPUT+suffix, or cuts it there. */
static void damage(const char *suffix, off_t at, bool cut)
{
    if (rank == 0) {
        char path[400];
        unsigned char byte = 0;
        snprintf(path, sizeof path, "%s%s", output, suffix);
        int descriptor = open(path, O_RDWR);
        struct stat facts;
        assert_true(descriptor >= 0 && fstat(descriptor, &facts) == 0);
        off_t place = at >= 0 ? at : facts.st_size + at;
        if (cut) {
            assert_int_equal(ftruncate(descriptor, place), 0);
        } else {
            assert_int_equal(pread(descriptor, &byte, 1, place), 1);
            byte ^= 0x10;
            assert_int_equal(pwrite(descriptor, &byte, 1, place), 1);
        }
        close(descriptor);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void remove_all(void)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        static const char *const suffixes[] = {"", ".partial", ".journal", ".prov.json", ".lock"};
        for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
            char path[400];
            snprintf(path, sizeof path, "%s%s", output, suffixes[i]);
            unlink(path);
        }
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static char *content_of(const char *path, long *bytes)
{
    FILE *file = fopen(path, "rb");
    char *content = NULL;
    *bytes = 0;
    if (file != NULL) {
        fseek(file, 0, SEEK_END);
        *bytes = ftell(file);
        rewind(file);
        content = malloc((size_t)*bytes + 1);
        if (fread(content, 1, (size_t)*bytes, file) != (size_t)*bytes) {
            *bytes = -1;
        }
        fclose(file);
    }
    return content;
}

static bool has_same_bytes(const char *first, const char *second)
{
    long first_bytes;
    long second_bytes;
    char *a = content_of(first, &first_bytes);
    char *b = content_of(second, &second_bytes);
    bool is_same = a != NULL && b != NULL && first_bytes == second_bytes && first_bytes > 0 &&
                   memcmp(a, b, (size_t)first_bytes) == 0;
    free(a);
    free(b);
    return is_same;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void a_run_leaves_the_product_and_nothing_else(void **state)
{
    (void)state;
    remove_all();
    struct outcome outcome = attempt(&(struct asking){.fail_at = -1});
    assert_all(outcome.status == STATUS_OK);
    assert_all(outcome.computed == ROWS);
    assert_all(is_there("") && is_there(".prov.json"));
    assert_all(!is_there(".partial") && !is_there(".journal") && !is_there(".lock"));
}

/* Two numbers of an agreement, and two a round whose outcome travels: 4 bytes each. */
static void items_cost_eight_bytes_a_round_and_rank(void **state)
{
    (void)state;
    remove_all();
    struct outcome outcome = attempt(&(struct asking){.fail_at = -1});
    int64_t rounds = (ROWS + size - 1) / size;
    assert_all(outcome.status == STATUS_OK);
    assert_all(outcome.bytes_sent == (size == 1 ? 0 : 8 * rounds + 2 * 4));
}

static void a_failed_run_resumes_with_the_same_bytes(void **state)
{
    (void)state;
    char whole[320];
    snprintf(whole, sizeof whole, "%s.whole", output);
    if (rank == 0) {
        assert_int_equal(rename(output, whole), 0);
    }
    remove_all();
    struct outcome failed = attempt(&(struct asking){.fail_at = 4});
    assert_all(failed.status == STATUS_DATA);
    assert_all(strstr(failure_message(), "item 4 is bad") != NULL);
    assert_all(is_there(".journal") && !is_there(""));

    struct outcome refused = attempt(&(struct asking){.fail_at = -1});
    assert_all(refused.status == STATUS_OUTPUT);
    assert_all(strstr(failure_message(), "--resume") != NULL);

    struct outcome resumed = attempt(&(struct asking){.more = "--resume", .fail_at = -1});
    assert_all(resumed.status == STATUS_OK);
    assert_all(failed.computed >= 1 && failed.computed + resumed.computed == ROWS);
    assert_all(has_same_bytes(whole, output));
}

/* Fails before, and after, the later items may begin. */
static void later_items_wait_for_the_records_of_the_others(void **state)
{
    (void)state;
    for (int fail_at = 2; fail_at < ROWS; fail_at += 3) {
        remove_all();
        struct outcome failed = attempt(&(struct asking){.fail_at = fail_at, .has_later = true});
        assert_all(failed.status == STATUS_DATA);
        assert_all(fail_at >= LATER || failed.computed < LATER);
        struct outcome resumed =
            attempt(&(struct asking){.more = "--resume", .fail_at = -1, .has_later = true});
        assert_all(resumed.status == STATUS_OK);
        assert_all(failed.computed + resumed.computed == ROWS);
        assert_all(is_there("") && !is_there(".journal"));
    }
}

static void a_complete_product_is_left_alone(void **state)
{
    (void)state;
    struct outcome again = attempt(&(struct asking){.more = "--resume", .fail_at = -1});
    assert_all(again.status == STATUS_OK && again.was_done && again.computed == 0);
    assert_all(attempt(&(struct asking){.fail_at = -1}).status == STATUS_OUTPUT);
    struct asking other = {.more = "--resume", .identity = "another input", .fail_at = -1};
    assert_all(attempt(&other).status == STATUS_OUTPUT);
    struct outcome replaced = attempt(&(struct asking){.more = "--overwrite", .fail_at = -1});
    assert_all(replaced.status == STATUS_OK && replaced.computed == ROWS);
}

static void begin_partly(void)
{
    remove_all();
    assert_all(attempt(&(struct asking){.fail_at = 5}).status == STATUS_DATA);
}

static void other_inputs_or_options_are_refused(void **state)
{
    (void)state;
    begin_partly();
    struct asking other = {.more = "--resume", .identity = "another input", .fail_at = -1};
    assert_all(attempt(&other).status == STATUS_DATA);
    assert_all(strstr(failure_message(), "inputs have changed") != NULL);
    /* Options: the fingerprint of the first attempt held --width=1 as its default. */
    assert_all(is_there(".journal"));
}

static void a_damaged_journal_or_partial_is_refused(void **state)
{
    (void)state;
    struct asking resume = {.more = "--resume", .fail_at = -1};
    begin_partly();
    damage(".journal", 40, false);
    assert_all(attempt(&resume).status == STATUS_DATA);
    assert_all(strstr(failure_message(), "--overwrite") != NULL);

    begin_partly();
    damage(".journal", -3, false);
    assert_all(attempt(&resume).status == STATUS_DATA);

    begin_partly();
    damage(".partial", -40, true);
    assert_all(attempt(&resume).status == STATUS_DATA);
    assert_all(strstr(failure_message(), ".partial") != NULL);
}

static void a_torn_last_record_is_dropped(void **state)
{
    (void)state;
    begin_partly();
    damage(".journal", -5, true);
    struct outcome resumed = attempt(&(struct asking){.more = "--resume", .fail_at = -1});
    assert_all(resumed.status == STATUS_OK);
    char whole[320];
    snprintf(whole, sizeof whole, "%s.whole", output);
    assert_all(has_same_bytes(whole, output));
}

/* A power cut may leave the length of the last append without its bytes. */
static void an_end_of_zeros_is_dropped(void **state)
{
    (void)state;
    begin_partly();
    if (rank == 0) {
        char path[400];
        struct stat facts;
        snprintf(path, sizeof path, "%s.journal", output);
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(truncate(path, facts.st_size + 100), 0);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    struct outcome resumed = attempt(&(struct asking){.more = "--resume", .fail_at = -1});
    assert_all(resumed.status == STATUS_OK);
    char whole[320];
    snprintf(whole, sizeof whole, "%s.whole", output);
    assert_all(has_same_bytes(whole, output));
}

static void a_missing_folder_is_named(void **state)
{
    (void)state;
    char kept[sizeof output];
    memcpy(kept, output, sizeof kept);
    snprintf(output, sizeof output, "%s/no/such/out.nc", folder);
    assert_all(attempt(&(struct asking){.fail_at = -1}).status == STATUS_OUTPUT);
    assert_all(strstr(failure_message(), "no/such/out.nc") != NULL);
    memcpy(output, kept, sizeof kept);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_run_leaves_the_product_and_nothing_else),
    cmocka_unit_test(items_cost_eight_bytes_a_round_and_rank),
    cmocka_unit_test(a_failed_run_resumes_with_the_same_bytes),
    cmocka_unit_test(later_items_wait_for_the_records_of_the_others),
    cmocka_unit_test(a_complete_product_is_left_alone),
    cmocka_unit_test(other_inputs_or_options_are_refused),
    cmocka_unit_test(a_damaged_journal_or_partial_is_refused),
    cmocka_unit_test(a_torn_last_record_is_dropped),
    cmocka_unit_test(an_end_of_zeros_is_dropped),
    cmocka_unit_test(a_missing_folder_is_named),
};

static int group(void)
{
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    log_setup(LOG_ERROR, false, rank, size);
    snprintf(folder, sizeof folder, "/tmp/airshed-flow-XXXXXX");
    if (rank == 0 && mkdtemp(folder) == NULL) {
        return 1;
    }
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(output, sizeof output, "%s/out.nc", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_all();
    if (rank == 0) {
        char whole[320];
        snprintf(whole, sizeof whole, "%s.whole", output);
        unlink(whole);
        rmdir(folder);
    }
    return failed;
}

int main(void)
{
    return testing_run_group(sizeof tests / sizeof tests[0], group);
}
