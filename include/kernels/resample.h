/* airshed -- GPL-3.0-or-later. From one rectilinear grid to another: nearest, bilinear, area mean
 * (P2.05, P2.08, P2.29). */
#ifndef AIRSHED_KERNELS_RESAMPLE_H
#define AIRSHED_KERNELS_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum resample_method {
    RESAMPLE_NEAREST,  /**< value of the cell that holds the target's centre */
    RESAMPLE_BILINEAR, /**< between the four centres around the target's centre */
    RESAMPLE_AVERAGE   /**< mean of the covered cells by covered area (first-order conservative) */
};

/** One axis of a grid, borrowed; ascending. */
struct resample_axis {
    int64_t count;
    const double *centres; /**< [count] */
    const double *edges;   /**< [count + 1] */
};

/** Two axes in one coordinate system. */
struct resample_grid {
    struct resample_axis x, y;
    double period;      /**< values of x that differ by it are the same place: 360 for
                             longitudes, 0 for none. A source that spans it has no east and west
                             edge */
    bool is_geographic; /**< degrees: areas are those of the ellipsoid */
};

/** A weighted sum of source cells for every target cell. Opaque; read-only once made. */
struct resample_plan;

/** A source cell in such a sum. */
struct resample_term {
    int64_t row, col;
    double weight; /**< > 0; the weights of a target sum to 1, less where a part of it lies outside
                        the source (RESAMPLE_AVERAGE) */
};

/** Plans between grids of one coordinate system. Weights are products of those along each axis, so
 *  a plan takes some bytes a row and a column.
 *
 *  A bilinear target in the outermost half cell, beyond the outermost centres, takes the value of
 *  the nearest centres (constant extrapolation); a target whose centre lies outside the edges of
 * the source has no terms. Linear fields are reproduced up to rounding inside the outermost
 * centres.
 *  @return STATUS_OK or STATUS_MEMORY; *@p plan is the caller's */
enum status resample_create(enum resample_method method, const struct resample_grid *source,
                            const struct resample_grid *target, struct resample_plan **plan);

/** Plans for @p rows x @p cols targets that lie anywhere in @p source: another coordinate system.
 *  Each is the mean over @p samples points, x and y [rows, cols, samples] in the coordinates of the
 *  source; points that are not finite lie outside. RESAMPLE_AVERAGE is the mean over the points'
 *  own cells, so give several points. Takes 24 bytes a term: 4 terms a bilinear point, else 1.
 *  @return STATUS_OK or STATUS_MEMORY */
enum status resample_create_points(enum resample_method method, const struct resample_grid *source,
                                   int64_t rows, int64_t cols, int64_t samples, const double *x,
                                   const double *y, struct resample_plan **plan);

/** Releases *@p plan and sets it to NULL; NULL is allowed. */
void resample_destroy(struct resample_plan **plan);

/** Most terms that a target of the plan has. */
int64_t resample_terms_max(const struct resample_plan *plan);

/** Terms of target (@p row, @p col), ascending by source row, then column (a seam apart), into
 *  @p terms [resample_terms_max()]. @return how many; 0 outside the source */
int64_t resample_terms(const struct resample_plan *plan, int64_t row, int64_t col,
                       struct resample_term *terms);

/** Source rows that the targets of rows [@p row, @p row + @p rows) need: the halo to read. *@p
 * count is 0 where they need none. */
void resample_source_rows(const struct resample_plan *plan, int64_t row, int64_t rows,
                          int64_t *first, int64_t *count);

/** How many of the source rows of a band from @p row on the row before it needs as well: what bands
 *  read twice, because nothing is sent between them. */
int64_t resample_shared_rows(const struct resample_plan *plan, int64_t row, int64_t rows);

/** Resamples target rows [@p row, @p row + @p rows) of one map.
 *
 *  Missing source cells (NaN) are left out and the other weights scaled up to 1; a target where
 * less than @p least of its area or weight is valid is NaN. 0.5 is a good choice; 1 wants
 * everything (less a rounding of 1e-9). A target's value depends on its terms alone: the same bits
 * in any band.
 *
 *  @param[in] source      [.., source cols], whole rows
 *  @param[in] source_row  row of the source grid that @p source begins with
 *  @param[out] target     [rows, cols]
 */
void resample_rows(const struct resample_plan *plan, double least, int64_t row, int64_t rows,
                   int64_t source_row, const float *source, float *target);

/** The same for doubles. */
void resample_rows_double(const struct resample_plan *plan, double least, int64_t row, int64_t rows,
                          int64_t source_row, const double *source, double *target);

/** The method of a name; RESAMPLE_AVERAGE + 1 where there is none. */
enum resample_method resample_method_find(const char *name);

#endif
