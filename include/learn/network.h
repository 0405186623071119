/* airshed -- GPL-3.0-or-later. The U-ConvLSTM (P2.40, P2.41) behind plain C: libtorch is loaded at
 * first use.
 *
 * A network sees a sequence of frames [sequence, inputs, rows, cols] and gives one map [rows, cols],
 * that of the last frame. Rows and columns are multiples of NETWORK_CELL.
 *
 * - Encoder: four levels; each a 3x3 convolution, group norm and ReLU, then 2x2 max pooling. Channels
 *   c, 2c, 4c, 8c.
 * - ConvLSTM over the frames at the bottleneck, and with is_recurrent on the skip connections of all
 *   levels as well; with peepholes (Eqs 5-9):
 *     i = s(Wxi X + Whi H + wci C + bi), f = s(Wxf X + Whf H + wcf C + bf),
 *     C' = f C + i tanh(Wxc X + Whc H + bc), o = s(Wxo X + Who H + wco C' + bo), H' = o tanh(C').
 *   W are 3x3 convolutions; w, one number a channel (so that any size of grid is served), multiply.
 * - Decoder: four levels; the map doubled by repetition, the skip connection beside it, a 3x3
 *   convolution, group norm and ReLU; then a 1x1 convolution to one map.
 *
 * Convolutions see zeros beyond the edges. Group norm takes mean and variance of a group of eight
 * channels in one cell (1e-5 is added to the variance): what a cell gets depends on its surroundings
 * alone, as far as network_reach(), so that a map predicted in tiles is that predicted as a whole.
 * There is no batch norm.
 *
 * Everything runs on one thread. On one machine the same calls give the same bits, whatever runs
 * beside them.
 */
#ifndef AIRSHED_LEARN_NETWORK_H
#define AIRSHED_LEARN_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum {
    NETWORK_LEVELS = 4,
    NETWORK_CELL = 1 << NETWORK_LEVELS, /**< cells of the grid to one of the bottleneck, a side */
    NETWORK_GROUP = 8,                  /**< channels of a group, where there are so many */
    NETWORK_NAME_BYTES = 48
};

/** A plain value. */
struct network_settings {
    int inputs;   /**< channels of a frame, >= 1 */
    int channels; /**< of the first level: 1, 2, 4 or a multiple of NETWORK_GROUP */
    int sequence; /**< frames, >= 1 */
    bool is_recurrent; /**< ConvLSTM on the skip connections of all levels, too */
};

/** A named block of the parameters. */
struct network_tensor {
    char name[NETWORK_NAME_BYTES]; /**< "encoder.0.weight" */
    int dimensions;
    int64_t shape[4];
    int64_t offset, count; /**< in the flat parameters */
    int64_t fan_in;        /**< inputs of a neuron; 0 for biases, norms and peepholes */
};

/** One sequence to learn from. */
struct network_sample {
    int64_t rows, cols;
    const float *input;  /**< [sequence, inputs, rows, cols], finite */
    const float *target; /**< [rows, cols], finite */
    const float *weight; /**< [rows, cols], 0 where the cell does not count */
};

struct network;

/** Makes a network whose parameters are all 0. @return STATUS_FAILED where the plug-in is missing,
 *  with how to get it; STATUS_USAGE where the settings are impossible; STATUS_MEMORY */
enum status network_create(const struct network_settings *settings, struct network **network);

/** Releases *@p network and sets it to NULL; NULL is allowed. */
void network_destroy(struct network **network);

/** Number of parameters, and their blocks in order. */
int64_t network_parameter_count(const struct network *network);
int network_tensor_count(const struct network *network);
const struct network_tensor *network_tensor(const struct network *network, int index);

/** Sets all parameters. */
enum status network_set(struct network *network, const float *parameters);

/** Draws starting values, keyed by seed and place: weights uniform within sqrt(6 / fan_in) before a
 *  ReLU and sqrt(1 / fan_in) elsewhere, norms 1, forget gates 1, the rest 0, with the output's, so that the first predictions are 0. */
void network_draw(const struct network *network, uint32_t seed, float *parameters);

/** Weighted mean absolute error of a sample, sum of w |prediction - target| / sum of w, and its
 *  gradient [parameters]. A sample without weight has loss and gradient 0. @p gradient may be NULL. */
enum status network_loss(struct network *network, const struct network_sample *sample,
                         double *loss, float *gradient);

/** Predicts the last of @p sequence frames in @p input into @p output [rows, cols]. */
enum status network_predict(struct network *network, int64_t rows, int64_t cols, const float *input,
                            float *output);

/** Predicts a series: frames first - sequence + 1 ... of @p frames are read one by one, so that each is
 *  encoded once. @p input(context, frame) gives [inputs, rows, cols] of frame 0, 1, ... frames - 1;
 *  @p output(context, frame, map) takes the map of frame sequence - 1, ... frames - 1. */
struct network_series {
    int64_t rows, cols, frames;
    const float *(*input)(void *context, int64_t frame);
    void (*output)(void *context, int64_t frame, const float *map);
    void *context;
};
enum status network_predict_series(struct network *network, const struct network_series *series);

/** How far a predicted cell sees, rounded up to whole cells of the bottleneck: the margin of a tile
 *  whose origin is a multiple of NETWORK_CELL. */
int64_t network_reach(const struct network_settings *settings);

/** Memory of a prediction of a tile, and of a step of learning on a patch, in bytes, about. */
int64_t network_predict_bytes(const struct network_settings *settings, int64_t rows, int64_t cols);
int64_t network_loss_bytes(const struct network_settings *settings, int64_t rows, int64_t cols);

#endif
