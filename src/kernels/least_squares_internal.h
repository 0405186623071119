/* airshed -- GPL-3.0-or-later. From the triangle of a regression to its fit, for both ways there. */
#ifndef AIRSHED_KERNELS_LEAST_SQUARES_INTERNAL_H
#define AIRSHED_KERNELS_LEAST_SQUARES_INTERNAL_H

#include "kernels/lanes.h"
#include "kernels/least_squares.h"

enum {
    WIDTH = LEAST_SQUARES_COLUMNS + 2 /* intercept, regressors, y */
};

/** Triangle R of [1 x y] = Q R, of the used steps; rows above the diagonal unused. */
struct triangle {
    int64_t used;        /**< steps */
    double shift[WIDTH]; /**< taken from each x, then y, before */
    double r[WIDTH][WIDTH];
};

/** Fits of @p count triangles with @p columns regressors, at most LANES, beside each other: what one
 *  gives does not depend on the others. */
void fits_from_triangles(const struct triangle *triangles, int columns, int count,
                         struct least_squares_fit *fits);

#endif
