/* airshed -- GPL-3.0-or-later. A long filter over lanes by fast Fourier transform. */
#ifndef AIRSHED_KERNELS_CONVOLUTION_INTERNAL_H
#define AIRSHED_KERNELS_CONVOLUTION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/lanes.h"

/** A filter with the transform of its taps. Read-only once made. */
struct convolution;

/** True where the transform needs fewer operations than the taps one by one. */
bool convolution_pays(int64_t points, int64_t taps);

/** Plans out[t] = sum over k of filter[k] values[t + k] for t = 0 to points - taps. */
enum status convolution_create(int64_t points, const double *filter, int64_t taps,
                               struct convolution **convolution);
void convolution_destroy(struct convolution **convolution);

size_t convolution_bytes(const struct convolution *convolution);

/** Doubles that the caller lends as scratch. */
size_t convolution_scratch_size(const struct convolution *convolution);

/** Filters @p values [points, LANES] into @p out [points - taps + 1, LANES]. Each lane goes through
 *  the same operations alone. The error is about log2(points) roundings of the largest value times
 *  the sum of |filter|: under 1e-14 of it. */
void convolution_apply(const struct convolution *convolution, const double *values, double *out,
                       double *scratch);

#endif
