/* airshed -- GPL-3.0-or-later. Sums whose order depends on the number of addends alone. */
#ifndef AIRSHED_KERNELS_TREE_SUM_H
#define AIRSHED_KERNELS_TREE_SUM_H

#include <stdint.h>

/** Sum of @p count values in a binary tree over their index: the left half holds the largest power
 *  of two below @p count. Error at most ceil(log2 count) roundings. 0 for no values. Used over the
 *  rows of a map, after each row was summed in column order (C.19). */
double tree_sum(const double *values, int64_t count);

#endif
