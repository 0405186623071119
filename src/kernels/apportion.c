/* airshed -- GPL-3.0-or-later. A total of a zone over its cells, by a proxy. */
#include "kernels/apportion.h"

#include <math.h>
#include <stddef.h>

#include "kernels/tree_sum.h"

struct apportion_survey apportion_shares(const struct apportion_cells *cells, const float *proxy,
                                         double *share)
{
    struct apportion_survey survey = {.negative_cell = -1};
    for (int64_t i = 0; i < cells->count; i++) {
        double value = proxy != NULL ? (double)proxy[cells->cell[i]] : 1;
        if (value < 0 && survey.negative++ == 0) {
            survey.negative_cell = cells->cell[i];
        }
        survey.missing += !isfinite(value);
        share[i] = isfinite(value) ? value * cells->extent[i] : 0;
    }
    survey.sum = tree_sum(share, cells->count);
    for (int64_t i = 0; i < cells->count && survey.sum > 0; i++) {
        share[i] /= survey.sum;
    }
    return survey;
}

void apportion_add(const struct apportion_cells *cells, const double *share, double total,
                   double *map)
{
    for (int64_t i = 0; i < cells->count; i++) {
        double *at = &map[cells->cell[i]];
        *at = (isnan(*at) ? 0 : *at) + total * share[i];
    }
}
