/* airshed -- GPL-3.0-or-later. A total of a zone over its cells, by a proxy that says where (P3.24). */
#ifndef AIRSHED_KERNELS_APPORTION_H
#define AIRSHED_KERNELS_APPORTION_H

#include <stdint.h>

/** Cells of a zone, borrowed. A cell may be there more than once, with parts of itself. */
struct apportion_cells {
    int64_t count;
    const int64_t *cell;  /**< [count], index into maps */
    const double *extent; /**< [count], how much of each the zone covers, above 0: the fraction for a
                               proxy that counts by cell (people), the area for one that is a density */
};

/** What the proxy is like in a zone. */
struct apportion_survey {
    double sum;           /**< of proxy times extent */
    int64_t missing;      /**< cells without a value, which count as 0 */
    int64_t negative;     /**< cells with a value below 0: there is no sense in shares then */
    int64_t negative_cell; /**< the first of them, in maps; -1 */
};

/** Shares of the cells in the zone's total: proxy times extent, over the sum of these. Infinite values
 *  of the proxy count as missing. Where the sum is 0, all shares are 0; where a value is negative, do
 *  not use them.
 *
 *  @param[in]  proxy  map; NULL: 1 everywhere, so that shares are those of the extent
 *  @param[out] share  [cells->count]
 */
struct apportion_survey apportion_shares(const struct apportion_cells *cells, const float *proxy,
                                         double *share);

/** Adds @p total times share to the cells of @p map; a cell that is NaN there starts from 0.
 *
 *  The parts of n cells add up to the total but for roundings: their exact sum S fulfils
 *  |S - total| <= (ceil(log2 n) + 2) u |total| + O(u^2) with u = 2^-53: the sum of positive weights in
 *  a tree has an error of at most ceil(log2 n) u, the quotient and the product add one u each. A
 *  program that adds the cells one by one has up to (n - 1) u more. */
void apportion_add(const struct apportion_cells *cells, const double *share, double total,
                   double *map);

#endif
