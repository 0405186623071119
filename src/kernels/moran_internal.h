/* airshed -- GPL-3.0-or-later. What the sources of Moran's I share. */
#ifndef AIRSHED_KERNELS_MORAN_INTERNAL_H
#define AIRSHED_KERNELS_MORAN_INTERNAL_H

#include "kernels/moran.h"
#include "kernels/shuffle.h"

/* What permutations need: standardised values, rounded, in the order of the cells and in another. */
struct moran_order {
    int64_t stride; /* of a padded row of the raster, a multiple of LANES */
    double s0, squares;
    float *value;             /* [n] as they are */
    float *dealt;             /* [n] in another order */
    float *map;               /* [rows + 2, stride] padded with 0; a list: [cells] */
    float *scale;             /* [rows, stride - 2 LANES] of a raster */
    double *row;              /* [stride] */
    double *sums;             /* [rows, cols + 1] of a band */
    struct shuffle_run *runs; /* cells with values on the map; NULL for a list */
    int64_t run_count;
    struct shuffle *shuffle;
};

struct moran {
    struct moran_neighbours who;
    enum moran_style style;
    int64_t cells, n;
    double mean, squares, fourths; /* of value - mean: sums of powers */
    int64_t *position;             /* [cells] among the cells with values; -1: missing */
    double *z;                     /* [cells] value - mean; 0 where missing */
    double *value;                 /* [n] the same without gaps */
    double *lag;                   /* [cells] sum of z over neighbours, see lag_of() */
    double *scale;             /* [cells] that turns it into the weighted one; 0: no neighbours */
    int32_t *count;            /* [cells] neighbours with values */
    double *scratch;           /* [cells] */
    double *spare;             /* [2, cells] while the global test runs */
    double *row_sum;           /* [rows] */
    double *sums;              /* [rows, cols + 1] of a band */
    double *link_weight;       /* of each link of a list */
    struct moran_order *order; /* NULL before the first permutation */
    uint32_t *drawn;           /* [n] number of the draw that took each value last */
    uint32_t draw;
};

void moran_order_clear(struct moran_order **order);

/* Sums of one row over the band around it, the cell itself included, from running sums of rows. */
void moran_band_row(const struct moran_neighbours *who, const double *sums, int64_t row,
                    double *lag);

#endif
