/* airshed -- GPL-3.0-or-later. Order statistics by selection, and the quartile rule for outliers.
 */
#ifndef AIRSHED_KERNELS_QUANTILE_H
#define AIRSHED_KERNELS_QUANTILE_H

#include <stdbool.h>
#include <stdint.h>

/** Value number @p rank (0 = smallest) of @p values [count], none of them NaN, 0 <= rank < count.
 *  Reorders them: no value before @p rank is larger, none after it smaller. O(count) expected,
 *  O(count log count) at worst. */
double quantile_select(double *values, int64_t count, int64_t rank);

/** Moves the values of @p values [count] that are not NaN to its front, in order. @return how many
 */
int64_t quantile_compact(double *values, int64_t count);

/** Quantile @p probability in [0, 1] of @p values [count], none NaN, which are reordered: linear
 *  between order statistics at (count - 1) * probability (Hyndman and Fan 1996, type 7; the default
 *  of R and NumPy). NaN where count is 0. */
double quantile(double *values, int64_t count, double probability);

/** Quartile rule (P2.08): an outlier lies above q3 + factor * (q3 - q1), or below q1 - factor *
 *  (q3 - q1) where both sides count. */
struct outlier_rule {
    double factor;   /**< 3.0 by default, 1.5 in paper mode */
    bool both_sides; /**< false: only high values are outliers */
};

/** What outlier_remove() found. Numbers are NaN and nothing is removed where valid is 0. */
struct outlier_result {
    int64_t valid;    /**< values that are not NaN, before removal */
    int64_t removed;  /**< of them, set to NaN */
    double q1, q3;    /**< quartiles, type 7 */
    double low, high; /**< limits; low is -INFINITY where only high values count */
};

/** Sets the outliers of one series to NaN in place: element t is values[t * stride].
 *
 *  A series whose quartiles are equal (rain: most days 0) has limits at that value, so that all
 *  others would go; it is left alone.
 *
 *  @param[out] scratch  [count]
 */
struct outlier_result outlier_remove(const struct outlier_rule *rule, double *values, int64_t count,
                                     int64_t stride, double *scratch);

#endif
