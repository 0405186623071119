/* airshed -- GPL-3.0-or-later. Quantiles of gamma and beta as polynomials of the normal score. */
#ifndef AIRSHED_KERNELS_QUANTILE_CURVE_INTERNAL_H
#define AIRSHED_KERNELS_QUANTILE_CURVE_INTERNAL_H

#include "shape_law_internal.h"

/** Pieces of 1/8 between the normal scores -12 and 12; the uniform numbers that random_uniform() gives
 *  stay within 8.3, and those of a truncation that leaves 1e-12 within 11. */
enum {
    CURVE_PIECES = 192,
    CURVE_TERMS = 6
};
#define CURVE_END 12.0
#define CURVE_PIECES_PER_UNIT 8.0

/** t of a shape_law as a function of the normal score z: piece i = floor(8 (z + 12)) has its term k
 *  of the fraction of 8 (z + 12) in term[k][i]. */
struct quantile_curve {
    double term[CURVE_TERMS][CURVE_PIECES];
};

void quantile_curve_fill(const struct shape_law *law, struct quantile_curve *curve);

#endif
