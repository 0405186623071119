/* airshed -- GPL-3.0-or-later. Training passes of the U-ConvLSTM for tests/bench/run.
 *
 *   network PASSES WEIGHTS GRADIENT
 *
 * prints the median of CPU milliseconds of a pass, forward and backward, of one sample, after one that
 * warms up, and writes weights and gradient (safetensors). Sizes and values are those of network.py.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "learn/network.h"
#include "learn/safetensors.h"

enum { INPUTS = 4, CHANNELS = 16, SEQUENCE = 7, SIDE = 64, ARGUMENTS = 4 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static int compare(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

static enum status run_passes(struct network *network, int passes, float *gradient)
{
    enum status status;
    static float input[SEQUENCE * INPUTS * SIDE * SIDE], ones[SIDE * SIDE];
    double *times = NULL;
    const struct network_sample sample = {SIDE, SIDE, input, ones, ones};
    TRY(memory_allocate((size_t)passes, sizeof *times, &times));
    for (int i = 0; i < SEQUENCE * INPUTS * SIDE * SIDE; i++) {
        input[i] = (float)(i * 37 % 101) / 50 - 1;
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        ones[i] = 1;
    }
    for (int pass = -1; pass < passes; pass++) {
        double loss, start = now_ms();
        TRY(network_loss(network, &sample, &loss, gradient));
        if (pass >= 0) {
            times[pass] = now_ms() - start;
        }
    }
    qsort(times, (size_t)passes, sizeof *times, compare);
    printf("%.4f\n", times[passes / 2]);
done:
    free(times);
    return status;
}

static enum status measure(int passes, const char *weights, const char *gradients)
{
    enum status status;
    const struct network_settings settings = {INPUTS, CHANNELS, SEQUENCE, false};
    struct network *network = NULL;
    float *parameters = NULL, *gradient = NULL;
    TRY(network_create(&settings, &network));
    size_t count = (size_t)network_parameter_count(network);
    TRY(memory_allocate(count, sizeof *parameters, &parameters));
    TRY(memory_allocate(count, sizeof *gradient, &gradient));
    network_draw(network, 1, parameters);
    for (size_t i = 0; i < count; i++) { /* the output's start at 0 and would hide the others */
        parameters[i] += 0.01F;
    }
    TRY(network_set(network, parameters));
    TRY(run_passes(network, passes, gradient));
    TRY(safetensors_write(weights, network, parameters, NULL, 0));
    TRY(safetensors_write(gradients, network, gradient, NULL, 0));
done:
    network_destroy(&network);
    free(parameters);
    free(gradient);
    return status;
}

int main(int count, char **arguments)
{
    if (count != ARGUMENTS || atoi(arguments[1]) < 1) {
        fputs("usage: network PASSES WEIGHTS GRADIENT\n", stderr);
        return 2;
    }
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    if (measure(atoi(arguments[1]), arguments[2], arguments[3]) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        return 1;
    }
    return 0;
}
