/* airshed -- GPL-3.0-or-later. Moran's I, global and local, of rasters and of lists of zones (P2.53).
 *
 * A raster's weights are never stored: neighbours are sums over the map. Values lie in cells (rows,
 * cols of a raster, or zones in the order of their list); NaN is a missing value, which is no cell
 * and nobody's neighbour. A cell without neighbours (an island) counts in n and has the lag 0.
 */
#ifndef AIRSHED_KERNELS_MORAN_H
#define AIRSHED_KERNELS_MORAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

/** Weights of a cell's neighbours: their number's inverse (spdep's W, esda's r), or as they are
 *  (1 each on a raster; spdep's B, esda's b). */
enum moran_style {
    MORAN_ROW_STANDARDISED,
    MORAN_BINARY
};

enum moran_contiguity {
    MORAN_QUEEN, /**< the eight cells that share an edge or a corner */
    MORAN_ROOK   /**< the four that share an edge */
};

/** Raster neighbours by distance: cell (row, col) reaches (row + d, col + c) where
 *  |c| <= reach[row * (2 reach_rows + 1) + d + reach_rows], itself left out; -1 reaches none. The
 *  reach must be symmetric: that of (row, d) equals that of (row + d, -d). */
struct moran_band {
    int64_t reach_rows;
    const int32_t
        *reach; /**< [rows, 2 reach_rows + 1]; entries outside the rows are not looked at */
};

/** Neighbours of zones: those of zone i are neighbour[start[i]] to neighbour[start[i + 1] - 1],
 *  ascending, each once, none of them i. They need not be symmetric. */
struct moran_links {
    const int64_t *start;     /**< [zones + 1] */
    const int64_t *neighbour; /**< [start[zones]] */
    const double *weight;     /**< the same, not negative; NULL: 1 each */
};

/** What is a neighbour of what; exactly one of band and links may be set, or neither for
 *  contiguity. A plain value; what it points to must outlive the moran made with it. */
struct moran_neighbours {
    int64_t rows, cols; /**< of the raster; zones: rows = number of zones, cols = 1 */
    enum moran_contiguity contiguity;
    const struct moran_band *band;
    const struct moran_links *links;
};

/** Values with their neighbours. */
struct moran;

/** Takes @p values [rows, cols] (copied). Some 45 bytes a cell, 65 after the first permutation.
 *  @return STATUS_OK or STATUS_MEMORY */
enum status moran_create(const struct moran_neighbours *neighbours, enum moran_style style,
                         const double *values, struct moran **moran);

/** Releases *@p moran and sets it to NULL; NULL is allowed. */
void moran_destroy(struct moran **moran);

/** Moran's I and its moments without autocorrelation (Cliff and Ord 1981; as spdep and esda). */
struct moran_global {
    int64_t n;       /**< cells with a value */
    int64_t links;   /**< pairs (cell, neighbour) */
    int64_t islands; /**< cells without neighbours */
    double s0, s1, s2;
    double i;                      /**< NaN where all values are equal or no cell has neighbours */
    double expectation;            /**< -1 / (n - 1) */
    double variance_normality;     /**< values drawn from a normal law */
    double variance_randomisation; /**< values in random order; NaN with fewer than 4 */
    double z_normality, z_randomisation;
    double p_normality, p_randomisation; /**< two-sided */
};

/** @return STATUS_OK or STATUS_MEMORY (16 bytes a cell while it works) */
enum status moran_global(const struct moran *moran, struct moran_global *test);

/** Moran's I of the values in a random order, which (key, permutation) alone sets; see shuffle.h.
 *  Number -1 stands for the order as it is: this I, not that of moran_global(), is what the others
 *  are compared with. Both take the standardised values rounded to float (and a raster's weights,
 *  1 / neighbours), and sum in double: they are exact for values that moved by 6e-8 of themselves.
 *  NaN where I is.
 *
 *  @param[out] i  the number
 *  @return STATUS_MEMORY where there is none for the first permutation */
enum status moran_permuted(struct moran *moran, struct random_key key, int64_t permutation,
                           double *i);

/** What is as large as the observed I within rounding counts as larger: values that are multiples of
 *  one another (counts, ranks) give many equal I, whose sums differ in their last bits. */
#define MORAN_TIE 1e-9

/** How local I is computed. */
struct moran_local_settings {
    bool divide_by_n_less_one; /**< esda's scale; else n, spdep's (the default) */
    int64_t permutations;      /**< conditional ones, keyed by cell; 0: none */
    struct random_key key;
};

/** Where a cell and its neighbours lie relative to the mean: esda's numbers. */
enum moran_quadrant {
    MORAN_NO_QUADRANT, /**< missing, without neighbours, or values all equal */
    MORAN_HIGH_HIGH,
    MORAN_LOW_HIGH, /**< a low cell among high ones */
    MORAN_LOW_LOW,
    MORAN_HIGH_LOW
};

/** Local Moran's I of one cell (Anselin 1995); all NaN for a missing cell. */
struct moran_local {
    double i;   /**< z / m2 * sum w z, z = value - mean, m2 = sum z^2 / n (or n - 1) */
    double lag; /**< sum of weights times neighbours' values: their mean if row-standardised */
    double expectation, variance; /**< conditional on the cell's value (Sokal 1998, as spdep) */
    double z, p;                  /**< two-sided */
    double p_permutation; /**< (r + 1) / (permutations + 1), r the smaller of the counts of those as
                               large and of those smaller, as esda: one-sided; NaN without */
    enum moran_quadrant quadrant;
};

/** Local I of @p cell. The conditional permutations leave the cell in place and draw its neighbours
 *  from all others without replacement, keyed by (cell, permutation).
 *
 *  @return STATUS_OK or STATUS_MEMORY
 */
enum status moran_local(struct moran *moran, const struct moran_local_settings *settings,
                        int64_t cell, struct moran_local *local);

/** Benjamini and Hochberg's (1995) bound: the largest of @p p_values [count], NaN left out, such that
 *  as many as rank are <= it and it is <= rank / tests * rate; 0 where there is none. Values up to it
 *  are discoveries at false discovery rate @p rate. Sorts and compacts @p p_values, which
 *  may be NULL where there are none.
 *
 *  @param[in] tests  number of tests, of which p_values may hold only those <= rate
 */
double moran_discovery_bound(double *p_values, int64_t count, int64_t tests, double rate);

#endif
