/* airshed -- GPL-3.0-or-later. What loess.c and loess_gaps.c share: where fits are evaluated. */
#ifndef AIRSHED_KERNELS_LOESS_INTERNAL_H
#define AIRSHED_KERNELS_LOESS_INTERNAL_H

#include "convolution_internal.h"
#include "kernels/loess.h"
#include "loess_moments_internal.h"

/** One evaluation point of a local fit; positions count from 0. */
struct loess_knot {
    int64_t at;     /**< -1 and points with `extend` */
    int64_t anchor; /**< the point whose window this is; differs from `at` only for a last point
                         between two jumps, which keeps the window of the knot before it */
    int64_t left;   /**< first point of the window */
    int64_t count;  /**< points in the window */
};

/** Eight knots that are evaluated together over the union of their windows. */
enum {
    TILE_KNOTS = 8
};
struct loess_tile {
    int64_t first_knot;
    int64_t knots;
    int64_t left;
    int64_t count;
    bool filter;           /**< the weights are one filter; else blocks [count, TILE_KNOTS] */
    const double *weights; /**< final weights, or NULL: made when needed */
    const double *kernel;  /**< tricube weights, or NULL */
};

struct loess {
    struct loess_settings settings;
    int64_t knot_count;
    int64_t tile_count;
    int64_t widest_tile;
    struct loess_knot *knots;
    struct loess_tile *tiles;
    double *storage;
    const double *rows; /* [knot, window] tricube weights of a short series, else NULL */
    size_t storage_count;
    struct convolution *convolution; /* of the tiles that are filters, or NULL */
    struct loess_moments *moments;   /* for weights, or NULL */
    int32_t *bandwidths;             /* [points] for the moments, or NULL */
};

/** Tricube weight at distance @p r for bandwidth @p h, flat and cut as in the Fortran. */
static inline double loess_tricube(double r, double h)
{
    if (r > 0.999 * h) {
        return 0;
    }
    if (r <= 0.001 * h) {
        return 1;
    }
    double ratio = r / h;
    double rest = 1 - ratio * ratio * ratio;
    return rest * rest * rest;
}

/** Smallest spread of a window, squared, that still carries a line (the Fortran's .001 range). */
static inline double loess_smallest_spread(const struct loess *loess)
{
    double range = 0.001 * (double)(loess->settings.points - 1);
    return range * range;
}

/** True where weighted fits are solved point by point (src/kernels/loess_rows.c). */
bool loess_is_short(const struct loess *loess);

/** Every window without gaps has as many points: the fewer of window and series. */
int64_t loess_row_width(const struct loess *loess);

/** @name Short series, solved point by point (src/kernels/loess_rows.c)
 *  With @p bounds as loess_gaps_find() makes them, or NULL for windows without gaps; else as
 *  loess_fit() and loess_smooth_weighted(). Interpolates too. */
size_t loess_rows_size(const struct loess *loess, bool gaps);
void loess_rows_fit(const struct loess *loess, const int32_t *bounds, const double *weights,
                    double *coefficients);
void loess_rows_apply(const struct loess *loess, const int32_t *bounds, const double *coefficients,
                      const double *values, double *smooth);

/** Interpolates linearly between the knots, whose rows of @p smooth [outputs, LANES] are there. */
void loess_interpolate(const struct loess *loess, double *smooth);

#endif
