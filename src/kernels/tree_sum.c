/* airshed -- GPL-3.0-or-later. Sums in a fixed tree. */
#include "kernels/tree_sum.h"

double tree_sum(const double *values, int64_t count)
{
    if (count <= 0) {
        return 0.0;
    }
    if (count == 1) {
        return values[0];
    }
    int64_t left = 1;
    while (left * 2 < count) {
        left *= 2;
    }
    return tree_sum(values, left) + tree_sum(values + left, count - left);
}
