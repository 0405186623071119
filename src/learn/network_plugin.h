/* airshed -- GPL-3.0-or-later. What airshed-network.so exports; network.h says what it means. A call
 * returns 0, or 1 where airshed_network_message() tells why not. */
#ifndef AIRSHED_LEARN_NETWORK_PLUGIN_H
#define AIRSHED_LEARN_NETWORK_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Another number for every change of these functions. */
#define AIRSHED_NETWORK_VERSION 1

int airshed_network_version(void);
const char *airshed_network_message(void);
int airshed_network_create(int inputs, int channels, int sequence, int is_recurrent, void **network);
void airshed_network_destroy(void *network);

/** Block @p index of the parameters: its name and shape [4]; the number of dimensions in @p dimensions,
 *  0 behind the last block. */
int airshed_network_tensor(void *network, int index, char name[48], int64_t shape[4],
                           int *dimensions);
int airshed_network_set(void *network, const float *parameters);
int airshed_network_loss(void *network, int64_t rows, int64_t cols, const float *input,
                         const float *target, const float *weight, double *loss, float *gradient);
int airshed_network_predict(void *network, int64_t rows, int64_t cols, int64_t frames,
                            const float *(*input)(void *context, int64_t frame),
                            void (*output)(void *context, int64_t frame, const float *map),
                            void *context);

#ifdef __cplusplus
}
#endif

#endif
