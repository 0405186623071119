/* airshed -- GPL-3.0-or-later. Training of a network, the same weights at any number of ranks. */
#include "learn/training.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "flow/fault.h"
#include "flow/signals.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

static const double DECAY_FIRST = 0.9, DECAY_SECOND = 0.999, ADAM_EPSILON = 1e-8;

enum { MAGIC_BYTES = 8, FINGERPRINT_BYTES = 65, BLOCKS = 4 };

static const char magic[MAGIC_BYTES] = {'A', 'I', 'R', 'S', 'H', 'T', 'R', '1'};

/* What a checkpoint starts with; arrays and their check follow. */
struct progress {
    char magic[MAGIC_BYTES];
    char fingerprint[FINGERPRINT_BYTES + 7];
    int64_t parameters;
    int64_t step;      /* steps done */
    int64_t epochs;    /* epochs done: lines of the log */
    int64_t best;      /* epoch with the best validation */
    double best_validation;
    double loss; /* sum over the steps of the epoch in hand */
};

struct training {
    MPI_Comm comm;
    int rank, size;
    struct network *network;
    const struct training_settings *settings;
    const struct training_source *source;
    struct progress progress;
    int64_t count; /* parameters */
    float *parameters, *first, *second, *best; /* parts of one block, [BLOCKS, count] */
    struct training_epoch *log;                /* [settings.epochs] */
    float *gradients;                          /* [batch, count] */
    double *losses;                            /* [batch] */
    struct log_progress line;
};

/* ---- checkpoints -------------------------------------------------------------------------- */

static uint32_t checksum(const struct training *training)
{
    const struct progress *progress = &training->progress;
    uint32_t crc = hash_crc32c(progress, sizeof *progress);
    crc = hash_crc32c_append(crc, training->parameters,
                             (size_t)(BLOCKS * training->count) * sizeof(float));
    return hash_crc32c_append(crc, training->log,
                              (size_t)progress->epochs * sizeof *training->log);
}

static bool write_parts(const struct training *training, FILE *file)
{
    uint32_t crc = checksum(training);
    size_t numbers = (size_t)(BLOCKS * training->count);
    size_t lines = (size_t)training->progress.epochs;
    return fwrite(&training->progress, sizeof training->progress, 1, file) == 1 &&
           fwrite(training->parameters, sizeof(float), numbers, file) == numbers &&
           fwrite(training->log, sizeof *training->log, lines, file) == lines &&
           fwrite(&crc, sizeof crc, 1, file) == 1 && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* Beside the old one first, so that a kill leaves one of them whole. */
static enum status save(const struct training *training)
{
    enum status status = STATUS_OK;
    const char *path = training->settings->checkpoint;
    char *fresh = NULL;
    FILE *file = NULL;
    FAIL_IF(asprintf(&fresh, "%s.new", path) < 0, STATUS_MEMORY, "out of memory");
    file = fopen(fresh, "wb");
    bool is_written = file != NULL && write_parts(training, file);
    is_written = file != NULL && fclose(file) == 0 && is_written;
    FAIL_IF(!is_written || rename(fresh, path) != 0, STATUS_OUTPUT,
            "%s: the checkpoint cannot be written: %s", path, strerror(errno));
done:
    free(fresh);
    return status;
}

static enum status save_together(const struct training *training)
{
    return status_agree(training->comm, training->rank == 0 ? save(training) : STATUS_OK);
}

static bool read_parts(struct training *training, FILE *file)
{
    uint32_t crc = 0;
    size_t numbers = (size_t)(BLOCKS * training->count);
    struct progress *progress = &training->progress;
    if (progress->epochs < 0 || progress->epochs > training->settings->epochs) {
        return false;
    }
    size_t lines = (size_t)progress->epochs;
    return fread(training->parameters, sizeof(float), numbers, file) == numbers &&
           fread(training->log, sizeof *training->log, lines, file) == lines &&
           fread(&crc, sizeof crc, 1, file) == 1 && crc == checksum(training);
}

/* Takes the checkpoint where it belongs to this training. */
static enum status load(struct training *training)
{
    enum status status = STATUS_OK;
    const char *path = training->settings->checkpoint;
    struct progress fresh = training->progress;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        goto done;
    }
    bool has_head = fread(&training->progress, sizeof fresh, 1, file) == 1;
    FAIL_IF(!has_head || memcmp(training->progress.magic, magic, MAGIC_BYTES) != 0, STATUS_DATA,
            "%s: is no checkpoint, or damaged; start afresh with --overwrite", path);
    if (memcmp(training->progress.fingerprint, fresh.fingerprint, sizeof fresh.fingerprint) != 0 ||
        training->progress.parameters != training->count) {
        training->progress = fresh; /* left by another run */
        goto done;
    }
    FAIL_IF(!read_parts(training, file), STATUS_DATA,
            "%s: the checkpoint is damaged; start afresh with --overwrite", path);
    log_info("training goes on after %lld steps", (long long)training->progress.step);
done:
    if (file != NULL) {
        fclose(file);
    }
    return status;
}

static void share(struct training *training)
{
    MPI_Comm comm = training->comm;
    messages_share(comm, 0, &training->progress, (int)sizeof training->progress, MPI_BYTE);
    for (int block = 0; block < BLOCKS; block++) {
        messages_share(comm, 0, training->parameters + block * training->count,
                       (int)training->count, MPI_FLOAT);
    }
    messages_share(comm, 0, training->log, (int)(2 * training->progress.epochs), MPI_DOUBLE);
}

void training_forget(const char *checkpoint)
{
    char *fresh = NULL;
    unlink(checkpoint);
    if (asprintf(&fresh, "%s.new", checkpoint) >= 0) {
        unlink(fresh);
        free(fresh);
    }
}

/* ---- a step ------------------------------------------------------------------------------- */

static enum status pass(struct training *training, int64_t place)
{
    enum status status;
    struct network_sample sample;
    int64_t number = training->progress.step * training->settings->batch + place;
    TRY(training->source->sample(training->source->context, number, &sample));
    TRY(network_loss(training->network, &sample, &training->losses[place],
                     training->gradients + place * training->count));
done:
    return status;
}

/* Adds the gradients in a tree over the places; the sum lands in place 0. */
static void add_gradients(struct training *training)
{
    int64_t count = training->count, batch = training->settings->batch;
    for (int64_t distance = 1; distance < batch; distance *= 2) {
        for (int64_t place = 0; place + distance < batch; place += 2 * distance) {
            float *sum = training->gradients + place * count;
            const float *other = training->gradients + (place + distance) * count;
            for (int64_t i = 0; i < count; i++) {
                sum[i] += other[i];
            }
        }
    }
}

static void adapt(struct training *training)
{
    const struct training_settings *settings = training->settings;
    double steps = (double)(training->progress.step + 1);
    double left = 1 - (steps - 1) / (double)(settings->epochs * settings->steps);
    double first_correction = 1 - pow(DECAY_FIRST, steps);
    double second_correction = 1 - pow(DECAY_SECOND, steps);
    for (int64_t i = 0; i < training->count; i++) {
        double gradient = (double)training->gradients[i] / (double)settings->batch;
        double first = DECAY_FIRST * (double)training->first[i] + (1 - DECAY_FIRST) * gradient;
        double second =
            DECAY_SECOND * (double)training->second[i] + (1 - DECAY_SECOND) * gradient * gradient;
        double move = settings->rate * left * (first / first_correction) /
                      (sqrt(second / second_correction) + ADAM_EPSILON);
        training->first[i] = (float)first;
        training->second[i] = (float)second;
        training->parameters[i] = (float)((double)training->parameters[i] - move);
    }
}

static enum status step(struct training *training)
{
    enum status status = STATUS_OK;
    int64_t batch = training->settings->batch;
    memset(training->gradients, 0, (size_t)(batch * training->count) * sizeof(float));
    memset(training->losses, 0, (size_t)batch * sizeof *training->losses);
    for (int64_t place = training->rank; place < batch && status == STATUS_OK;
         place += training->size) {
        status = pass(training, place);
    }
    TRY(status_agree(training->comm, status));
    fault_strike(FAULT_COMPUTE, training->progress.step);
    /* All but one rank add zeros. */
    for (int64_t place = 0; place < batch && training->size > 1; place++) {
        messages_reduce(training->comm, training->gradients + place * training->count,
                        (int)training->count, MPI_FLOAT, MPI_SUM);
    }
    messages_reduce(training->comm, training->losses, (int)batch, MPI_DOUBLE, MPI_SUM);
    add_gradients(training);
    adapt(training);
    for (int64_t place = 0; place < batch; place++) {
        training->progress.loss += training->losses[place] / (double)batch;
    }
    training->progress.step++;
    TRY(status_agree(training->comm, network_set(training->network, training->parameters)));
done:
    return status;
}

/* ---- an epoch ----------------------------------------------------------------------------- */

static enum status validate(struct training *training, double *mean)
{
    enum status status = STATUS_OK;
    int64_t count = training->source->validations;
    double *loss = NULL;
    *mean = NAN;
    TRY_TOGETHER(training->comm, memory_allocate((size_t)count, sizeof *loss, &loss));
    for (int64_t i = training->rank; i < count && status == STATUS_OK; i += training->size) {
        struct network_sample sample;
        status = training->source->validation(training->source->context, i, &sample);
        if (status == STATUS_OK) {
            status = network_loss(training->network, &sample, &loss[i], NULL);
        }
    }
    TRY(status_agree(training->comm, status));
    messages_reduce(training->comm, loss, (int)count, MPI_DOUBLE, MPI_SUM);
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += loss[i];
    }
    *mean = count > 0 ? sum / (double)count : NAN;
done:
    free(loss);
    return status;
}

static enum status end_epoch(struct training *training)
{
    enum status status;
    struct progress *progress = &training->progress;
    double validation;
    TRY(validate(training, &validation));
    bool is_best = isnan(validation) || progress->epochs == 0 ||
                   validation < progress->best_validation;
    if (is_best) {
        progress->best_validation = validation;
        progress->best = progress->epochs;
        memcpy(training->best, training->parameters, (size_t)training->count * sizeof(float));
    }
    double loss = progress->loss / (double)training->settings->steps;
    training->log[progress->epochs++] = (struct training_epoch){loss, validation};
    progress->loss = 0;
    if (training->rank == 0) {
        log_info("epoch %lld: loss %.4f, validation %.4f%s", (long long)progress->epochs, loss,
                 validation, is_best ? ", the best so far" : "");
    }
    TRY(save_together(training));
done:
    return status;
}

static bool is_over(const struct training *training)
{
    const struct progress *progress = &training->progress;
    bool has_stalled = progress->epochs > 0 &&
                       progress->epochs - 1 - progress->best >= training->settings->patience;
    return progress->epochs >= training->settings->epochs || has_stalled;
}

static enum status stop_if_asked(const struct training *training)
{
    enum status status = STATUS_OK;
    int stops = signals_stop_requested();
    messages_reduce(training->comm, &stops, 1, MPI_INT, MPI_MAX);
    if (stops) {
        TRY(save_together(training));
        FAIL(STATUS_CHECKPOINT, "stopped after %lld steps of training: go on with --resume",
             (long long)training->progress.step);
    }
done:
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status prepare(struct training *training)
{
    enum status status;
    const struct training_settings *settings = training->settings;
    size_t count = (size_t)training->count;
    TRY(memory_allocate(BLOCKS * count, sizeof(float), &training->parameters));
    training->first = training->parameters + count;
    training->second = training->first + count;
    training->best = training->second + count;
    TRY(memory_allocate((size_t)settings->batch * count, sizeof(float), &training->gradients));
    TRY(memory_allocate((size_t)settings->batch, sizeof *training->losses, &training->losses));
    TRY(memory_allocate((size_t)settings->epochs, sizeof *training->log, &training->log));
    memcpy(training->progress.magic, magic, MAGIC_BYTES);
    snprintf(training->progress.fingerprint, FINGERPRINT_BYTES, "%s", settings->fingerprint);
    training->progress.parameters = training->count;
    network_draw(training->network, settings->seed, training->parameters);
    if (training->rank == 0) {
        TRY(load(training));
    }
done:
    return status;
}

static enum status epochs(struct training *training)
{
    enum status status = STATUS_OK;
    const struct training_settings *settings = training->settings;
    TRY(status_agree(training->comm, network_set(training->network, training->parameters)));
    log_progress_begin(&training->line, "training", settings->epochs * settings->steps);
    while (!is_over(training)) {
        TRY(step(training));
        if (training->progress.step % settings->steps == 0) {
            TRY(end_epoch(training));
        }
        if (training->rank == 0) {
            log_progress_update(&training->line, training->progress.step);
        }
        TRY(stop_if_asked(training));
    }
done:
    log_progress_end(&training->line);
    return status;
}

enum status training_run(MPI_Comm comm, struct network *network,
                         const struct training_settings *settings,
                         const struct training_source *source, struct training_result *result)
{
    enum status status;
    struct training training = {.comm = comm,
                                .network = network,
                                .settings = settings,
                                .source = source,
                                .count = network_parameter_count(network)};
    MPI_Comm_rank(comm, &training.rank);
    MPI_Comm_size(comm, &training.size);
    *result = (struct training_result){0};
    TRY_TOGETHER(comm, prepare(&training));
    share(&training);
    TRY(epochs(&training));
    TRY_TOGETHER(comm, memory_allocate((size_t)training.count, sizeof(float), &result->parameters));
    memcpy(result->parameters, training.best, (size_t)training.count * sizeof(float));
    result->epochs = training.progress.epochs;
    result->best = training.progress.best;
    result->log = training.log;
    training.log = NULL;
done:
    free(training.parameters);
    free(training.gradients);
    free(training.losses);
    free(training.log);
    return status;
}

void training_result_clear(struct training_result *result)
{
    free(result->parameters);
    free(result->log);
    *result = (struct training_result){0};
}

int64_t training_bytes(int64_t parameters, int64_t batch)
{
    return parameters * (batch + BLOCKS + 2) * (int64_t)sizeof(float);
}
