/* airshed -- GPL-3.0-or-later. The U-ConvLSTM behind plain C: the plug-in's calls and what they need. */
#include "learn/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/plugin.h"
#include "base/random.h"
#include "network_plugin.h"

enum { TENSORS_MOST = 80, FLOAT_BYTES = 4 };

/* The functions of the plug-in, once it is loaded. */
static struct {
    void *library;
    int (*version)(void);
    const char *(*message)(void);
    int (*create)(int, int, int, int, void **);
    void (*destroy)(void *);
    int (*tensor)(void *, int, char[48], int64_t[4], int *);
    int (*set)(void *, const float *);
    int (*loss)(void *, int64_t, int64_t, const float *, const float *, const float *, double *,
                float *);
    int (*predict)(void *, int64_t, int64_t, int64_t, const float *(*)(void *, int64_t),
                   void (*)(void *, int64_t, const float *), void *);
} plugin;

struct network {
    struct network_settings settings;
    void *handle;
    int tensors;
    int64_t parameters;
    struct network_tensor tensor[TENSORS_MOST];
};

/* ---- the plug-in -------------------------------------------------------------------------- */

static enum status load(void)
{
    enum status status = STATUS_OK;
    void *library = NULL;
    if (plugin.library != NULL) {
        goto done;
    }
    TRY(plugin_open("network", "libtorch-dev", &library));
    const struct {
        const char *symbol;
        void *function;
    } functions[] = {{"airshed_network_version", &plugin.version},
                     {"airshed_network_message", &plugin.message},
                     {"airshed_network_create", &plugin.create},
                     {"airshed_network_destroy", &plugin.destroy},
                     {"airshed_network_tensor", &plugin.tensor},
                     {"airshed_network_set", &plugin.set},
                     {"airshed_network_loss", &plugin.loss},
                     {"airshed_network_predict", &plugin.predict}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        TRY(plugin_function(library, functions[i].symbol, functions[i].function));
    }
    FAIL_IF(plugin.version() != AIRSHED_NETWORK_VERSION, STATUS_FAILED,
            "airshed-network.so belongs to another version; build airshed again");
    plugin.library = library;
done:
    return status;
}

static enum status checked(int outcome)
{
    enum status status = STATUS_OK;
    FAIL_IF(outcome != 0, STATUS_FAILED, "libtorch: %.300s", plugin.message());
done:
    return status;
}

/* ---- making ------------------------------------------------------------------------------- */

static enum status list_tensors(struct network *network)
{
    enum status status = STATUS_OK;
    for (;; network->tensors++) {
        FAIL_IF(network->tensors == TENSORS_MOST, STATUS_FAILED, "more than %d parameter blocks",
                TENSORS_MOST);
        struct network_tensor *tensor = &network->tensor[network->tensors];
        TRY(checked(plugin.tensor(network->handle, network->tensors, tensor->name, tensor->shape,
                                  &tensor->dimensions)));
        if (tensor->dimensions == 0) {
            break;
        }
        tensor->offset = network->parameters;
        tensor->count = 1;
        for (int i = 0; i < tensor->dimensions; i++) {
            tensor->count *= tensor->shape[i];
        }
        tensor->fan_in = tensor->dimensions == 4 ? tensor->count / tensor->shape[0] : 0;
        network->parameters += tensor->count;
    }
done:
    return status;
}

enum status network_create(const struct network_settings *settings, struct network **out)
{
    enum status status;
    struct network *network = NULL;
    TRY(load());
    FAIL_IF(settings->inputs < 1 || settings->sequence < 1 || settings->channels < 1 ||
                (NETWORK_GROUP % settings->channels != 0 &&
                 settings->channels % NETWORK_GROUP != 0),
            STATUS_USAGE,
            "a network of %d channels cannot be made: 1, 2, 4 or a multiple of %d is needed",
            settings->channels, NETWORK_GROUP);
    TRY(memory_allocate(1, sizeof *network, &network));
    network->settings = *settings;
    TRY(checked(plugin.create(settings->inputs, settings->channels, settings->sequence,
                              settings->is_recurrent, &network->handle)));
    TRY(list_tensors(network));
    *out = network;
    network = NULL;
done:
    network_destroy(&network);
    return status;
}

void network_destroy(struct network **network)
{
    if (*network != NULL) {
        if ((*network)->handle != NULL) {
            plugin.destroy((*network)->handle);
        }
        free(*network);
        *network = NULL;
    }
}

int64_t network_parameter_count(const struct network *network)
{
    return network->parameters;
}

int network_tensor_count(const struct network *network)
{
    return network->tensors;
}

const struct network_tensor *network_tensor(const struct network *network, int index)
{
    return &network->tensor[index];
}

enum status network_set(struct network *network, const float *parameters)
{
    return checked(plugin.set(network->handle, parameters));
}

/* ---- starting values ---------------------------------------------------------------------- */

static bool has_text(const struct network_tensor *tensor, const char *text)
{
    return strstr(tensor->name, text) != NULL;
}

/* Half the width of the uniform distribution. */
static double bound_of(const struct network_tensor *tensor)
{
    bool feeds_relu = has_text(tensor, "encoder") || has_text(tensor, "decoder");
    bool is_drawn = tensor->fan_in > 0 && !has_text(tensor, "output");
    return is_drawn ? sqrt((feeds_relu ? 6.0 : 1.0) / (double)tensor->fan_in) : 0;
}

void network_draw(const struct network *network, uint32_t seed, float *parameters)
{
    struct random_key key = {seed, random_stream("network.start")};
    for (int i = 0; i < network->tensors; i++) {
        const struct network_tensor *tensor = &network->tensor[i];
        double bound = bound_of(tensor);
        bool is_norm = has_text(tensor, "norm.weight");
        bool is_gate = has_text(tensor, "recurrence") && has_text(tensor, "bias");
        for (int64_t k = 0; k < tensor->count; k++) {
            double drawn = random_uniform(key, (uint64_t)i, (uint64_t)k);
            bool is_forget = is_gate && k / (tensor->count / 4) == 1;
            parameters[tensor->offset + k] =
                (float)(is_norm || is_forget ? 1 : bound * (2 * drawn - 1));
        }
    }
}

/* ---- learning and predicting -------------------------------------------------------------- */

enum status network_loss(struct network *network, const struct network_sample *sample, double *loss,
                         float *gradient)
{
    double weight = 0;
    for (int64_t cell = 0; cell < sample->rows * sample->cols; cell++) {
        weight += (double)sample->weight[cell];
    }
    if (weight <= 0) {
        *loss = 0;
        if (gradient != NULL) {
            memset(gradient, 0, (size_t)network->parameters * sizeof *gradient);
        }
        return STATUS_OK;
    }
    return checked(plugin.loss(network->handle, sample->rows, sample->cols, sample->input,
                               sample->target, sample->weight, loss, gradient));
}

enum status network_predict_series(struct network *network, const struct network_series *series)
{
    return checked(plugin.predict(network->handle, series->rows, series->cols, series->frames,
                                  series->input, series->output, series->context));
}

/* A sequence in memory as a series. */
struct in_memory {
    const float *input;
    int64_t frame_values, cells;
    float *output;
};

static const float *memory_frame(void *context, int64_t frame)
{
    const struct in_memory *memory = context;
    return memory->input + frame * memory->frame_values;
}

static void memory_map(void *context, int64_t frame, const float *map)
{
    const struct in_memory *memory = context;
    (void)frame;
    memcpy(memory->output, map, (size_t)memory->cells * sizeof *map);
}

enum status network_predict(struct network *network, int64_t rows, int64_t cols, const float *input,
                            float *output)
{
    struct in_memory memory = {input, network->settings.inputs * rows * cols, rows * cols, output};
    const struct network_series series = {rows,         cols,       network->settings.sequence,
                                          memory_frame, memory_map, &memory};
    return network_predict_series(network, &series);
}

/* ---- sizes -------------------------------------------------------------------------------- */

/* In cells of the bottleneck: one by the decoder, one for each frame's convolution by input and
 * hidden state, one by the encoder. Recurrences of finer levels see less. */
int64_t network_reach(const struct network_settings *settings)
{
    return (int64_t)NETWORK_CELL * (settings->sequence + 2);
}

/* Floats of a cell that the features of a frame take: c + 2c/4 + 4c/16 + 8c/64 + 8c/256 < 2c. */
static int64_t features_bytes(const struct network_settings *settings)
{
    int64_t gates = settings->is_recurrent ? 4 : 1;
    return 2 * settings->channels * gates * FLOAT_BYTES;
}

int64_t network_predict_bytes(const struct network_settings *settings, int64_t rows, int64_t cols)
{
    /* Windows of features, and some ten maps of the first level in flight. */
    int64_t cell = features_bytes(settings) * settings->sequence +
                   12 * settings->channels * FLOAT_BYTES + settings->inputs * FLOAT_BYTES;
    return rows * cols * cell;
}

int64_t network_loss_bytes(const struct network_settings *settings, int64_t rows, int64_t cols)
{
    /* Some twelve results of each block are kept for the gradient. */
    int64_t cell = 14 * features_bytes(settings) * (settings->sequence + 2);
    return rows * cols * cell;
}
