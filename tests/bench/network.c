/* airshed -- GPL-3.0-or-later. Time of one training pass of the U-ConvLSTM for `make bench`:
 *
 *   network CHANNELS SEQUENCE SIDE PASSES
 *
 * prints CPU milliseconds of each pass, forward and backward, of one sample of SIDE x SIDE cells.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "learn/network.h"

enum { INPUTS = 4, ARGUMENTS = 5 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static enum status measure(const struct network_settings *settings, int64_t side, int passes)
{
    enum status status;
    struct network *network = NULL;
    float *parameters = NULL, *input = NULL, *map = NULL, *gradient = NULL;
    size_t cells = (size_t)(side * side);
    size_t inputs = cells * (size_t)(INPUTS * settings->sequence);
    TRY(network_create(settings, &network));
    size_t count = (size_t)network_parameter_count(network);
    TRY(memory_allocate(count, sizeof(float), &parameters));
    TRY(memory_allocate(count, sizeof(float), &gradient));
    TRY(memory_allocate(inputs, sizeof(float), &input));
    TRY(memory_allocate(cells, sizeof(float), &map));
    network_draw(network, 1, parameters);
    TRY(network_set(network, parameters));
    for (size_t i = 0; i < inputs; i++) {
        input[i] = (float)(i * 37 % 101) / 50 - 1;
    }
    for (size_t i = 0; i < cells; i++) {
        map[i] = 1;
    }
    const struct network_sample sample = {side, side, input, map, map};
    for (int pass = 0; pass < passes; pass++) {
        double loss, start = now_ms();
        TRY(network_loss(network, &sample, &loss, gradient));
        printf("%.3f\n", now_ms() - start);
    }
done:
    network_destroy(&network);
    free(parameters);
    free(gradient);
    free(input);
    free(map);
    return status;
}

int main(int count, char **arguments)
{
    if (count != ARGUMENTS) {
        fputs("usage: network CHANNELS SEQUENCE SIDE PASSES\n", stderr);
        return 2;
    }
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    const struct network_settings settings = {
        .inputs = INPUTS, .channels = atoi(arguments[1]), .sequence = atoi(arguments[2])};
    if (measure(&settings, atoi(arguments[3]), atoi(arguments[4])) != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
        return 1;
    }
    return 0;
}
