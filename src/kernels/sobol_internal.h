/* airshed -- GPL-3.0-or-later. Direction numbers of Sobol's sequence. */
#ifndef AIRSHED_KERNELS_SOBOL_INTERNAL_H
#define AIRSHED_KERNELS_SOBOL_INTERNAL_H

#include <stdint.h>

enum {
    SOBOL_BITS = 32
};

/** Direction numbers of dimension @p dimension, 0 <= dimension < SAMPLING_SOBOL_DIMENSIONS, the first
 *  bit of the fraction highest. */
void sobol_directions(int64_t dimension, uint32_t directions[SOBOL_BITS]);

#endif
