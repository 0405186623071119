/* airshed -- GPL-3.0-or-later. Local regression (loess) on equally spaced points, many series at
 * once. */
#ifndef AIRSHED_KERNELS_LOESS_H
#define AIRSHED_KERNELS_LOESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/lanes.h"

/** Loess of Cleveland et al. (1990) as their Fortran has it: tricube weights over the `window`
 *  nearest points, a local constant or line, evaluated at every `jump`-th point (the knots) and
 *  interpolated linearly between. A window wider than the series takes all points with the
 *  bandwidth enlarged by (window - points) / 2. */
struct loess_settings {
    int64_t points; /**< length of a series, at least 2 */
    int64_t window; /**< odd, at least 3 */
    int64_t jump;   /**< at least 1; more than points - 1 means points - 1 */
    int degree;     /**< 0 or 1 */
    bool extend;    /**< also evaluate one point before the first and one after the last */
};

/** Precomputed weights. Read-only once made: share it between callers. */
struct loess;

/** @return STATUS_OK, STATUS_MEMORY, or STATUS_USAGE for settings out of the ranges above */
enum status loess_create(const struct loess_settings *settings, struct loess **loess);

/** Releases *@p loess and sets it to NULL; NULL is allowed. */
void loess_destroy(struct loess **loess);

/** Memory that the plan holds. */
size_t loess_bytes(const struct loess *loess);

/** Length of a smooth series: points, or points + 2 with `extend`. */
int64_t loess_outputs(const struct loess *loess);

/** Doubles that the caller lends as `scratch` to the block functions below. */
size_t loess_scratch_size(const struct loess *loess);

/** Doubles of the coefficients that loess_fit() writes. */
size_t loess_coefficients_size(const struct loess *loess);

/** Smooths @p values [points, LANES], all finite, into @p smooth [outputs, LANES]. Lanes do not
 *  influence one another, not even in the last bit. The arrays are aligned to 64 bytes and apart.
 *  Long windows with jump 1 go through a fast transform, chosen by the settings alone; its error is
 *  under 1e-14 of the largest value times log2(points). */
void loess_smooth(const struct loess *loess, const double *values, double *smooth, double *scratch);

/** Solves the local fits for weights of the points: @p weights [points, LANES], 0 or more, into
 *  @p coefficients. They serve every loess_smooth_weighted() with the same weights.
 *
 *  Windows of more than 264 points with jump 1 are fitted from sums of powers, chosen by the
 *  settings alone and at a cost that does not grow with the window; with even weights the error is
 *  under 3e-11 of the largest value, usually 1e-14. */
void loess_fit(const struct loess *loess, const double *weights, double *coefficients,
               double *scratch);

/** Smooths with the weights given to loess_fit(): @p weighted is weights * values. Where all
 *  weights in a window are zero the result is the point's own @p values, beyond the ends that of
 *  the neighbouring point. Shapes as loess_smooth(). */
void loess_smooth_weighted(const struct loess *loess, const double *coefficients,
                           const double *weighted, const double *values, double *smooth,
                           double *scratch);

/** Fills @p row [points] with the weights of output @p output (0 is the point before the first
 *  with `extend`), interpolation included: smooth[output] = sum row[i] * values[i].
 *  @p window [points] is scratch. */
void loess_row(const struct loess *loess, int64_t output, double *row, double *window);

/** Scratch for series with missing points, one for each caller; no state of a series stays in it.
 */
struct loess_gaps;

enum status loess_gaps_create(const struct loess *loess, struct loess_gaps **gaps);
void loess_gaps_destroy(struct loess_gaps **gaps);
size_t loess_gaps_bytes(const struct loess *loess);

/** Integers of the windows that loess_gaps_find() writes. */
size_t loess_gaps_bounds_size(const struct loess *loess);

/** Doubles of the coefficients that loess_gaps_fit() writes. */
size_t loess_gaps_coefficients_size(const struct loess *loess);

/** Finds the windows of the lanes that are marked: the bandwidth at each knot is the distance to
 *  the `window`-th nearest point with @p valid [points, LANES] not 0; with fewer valid points all
 *  are used and the bandwidth enlarged by (window - valid) / 2. At least one point of a marked lane
 *  must be valid. */
void loess_gaps_find(struct loess_gaps *gaps, const double *valid, const bool lanes[LANES],
                     int32_t *bounds);

/** Solves the local fits for @p weights [points, LANES], zero where a point is missing. @p scratch
 *  as for loess_smooth(). */
void loess_gaps_fit(struct loess_gaps *gaps, const int32_t *bounds, const double *weights,
                    double *coefficients, double *scratch);

/** Smooths as loess_smooth_weighted(), in the windows of @p bounds. The other lanes of @p smooth
 *  are undefined; all of @p values are finite. */
void loess_gaps_smooth(struct loess_gaps *gaps, const int32_t *bounds, const double *coefficients,
                       const double *weighted, const double *values, double *smooth,
                       double *scratch);

#endif
