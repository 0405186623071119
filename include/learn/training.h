/* airshed -- GPL-3.0-or-later. Training of a network, the same weights at any number of ranks. */
#ifndef AIRSHED_LEARN_TRAINING_H
#define AIRSHED_LEARN_TRAINING_H

#include <mpi.h>
#include <stdint.h>

#include "base/status.h"
#include "learn/network.h"

/** Where samples come from. The callbacks are local to their rank; a sample may depend on nothing but
 *  its number, and its arrays stay valid until the next call. */
struct training_source {
    /** Sample @p number = step times batch + place in the batch. */
    enum status (*sample)(void *context, int64_t number, struct network_sample *sample);
    /** Sample @p number of @c validations, fixed for the whole training. */
    enum status (*validation)(void *context, int64_t number, struct network_sample *sample);
    int64_t validations; /**< 0: no early stopping, the last weights are taken */
    void *context;
};

struct training_settings {
    int64_t batch;      /**< samples of a step */
    int64_t steps;      /**< of an epoch */
    int64_t epochs;     /**< at most */
    int64_t patience;   /**< epochs without a better validation after which training ends */
    double rate;        /**< of Adam at the start; it falls linearly to 0 at the last epoch's end */
    uint32_t seed;      /**< of the starting values */
    const char *checkpoint;  /**< file that a training goes on from */
    const char *fingerprint; /**< of what it belongs to; a checkpoint of another one is not used */
};

/** One line of the log. */
struct training_epoch {
    double loss, validation; /**< mean absolute errors in the units of the targets; NaN: none */
};

/** What came out. */
struct training_result {
    float *parameters; /**< of the epoch with the best validation; released with free() */
    int64_t epochs, best;
    struct training_epoch *log; /**< [epochs]; released with free() */
};

/** Trains @p network by Adam (Kingma and Ba 2015).
 *
 *  A batch is always that many passes of one sample, dealt out to the ranks in turn; their gradients are
 *  added in a tree over the place in the batch, so that the weights do not depend on the number of
 *  ranks. After every epoch, and at a checkpoint signal (STATUS_CHECKPOINT), weights, moments, the
 *  number of the step (which all draws are keyed by) and the log are saved; a training that finds its
 *  checkpoint goes on from there to the same bytes. The checkpoint stays until training_forget().
 *  Collective.
 *
 *  @return STATUS_DATA where the checkpoint is damaged, STATUS_OUTPUT where it cannot be written
 */
enum status training_run(MPI_Comm comm, struct network *network,
                         const struct training_settings *settings,
                         const struct training_source *source, struct training_result *result);

void training_result_clear(struct training_result *result);

/** Removes a checkpoint; one rank calls this. */
void training_forget(const char *checkpoint);

/** Memory that training takes beside the samples, in bytes, for @p parameters. */
int64_t training_bytes(int64_t parameters, int64_t batch);

#endif
