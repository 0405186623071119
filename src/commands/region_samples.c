/* airshed -- GPL-3.0-or-later. Area-weighted statistics of a region at one step. */
#include "region_samples.h"

#include <math.h>
#include <string.h>

#include "kernels/tree_sum.h"

/* What is added up: area, area times value, or area times squared distance from the mean. */
enum addend {
    ADD_AREA,
    ADD_VALUE,
    ADD_SQUARE
};

/* A region on a map. */
struct part {
    const struct region_cells *cells;
    int64_t grid_cols;
    const struct window *box;
    const float *map;
    double *row_sum;
};

static float value_at(const struct part *part, int64_t cell)
{
    int64_t row = cell / part->grid_cols - part->box->row;
    int64_t col = cell % part->grid_cols - part->box->col;
    return part->map[row * part->box->cols + col];
}

static double addend_of(enum addend addend, double area_m2, double value, double mean)
{
    switch (addend) {
    case ADD_AREA:
        break;
    case ADD_VALUE:
        return area_m2 * value;
    case ADD_SQUARE:
        return area_m2 * ((value - mean) * (value - mean));
    }
    return area_m2;
}

static double sum_region(const struct part *part, enum addend addend, double mean)
{
    const struct region_cells *cells = part->cells;
    memset(part->row_sum, 0, (size_t)part->box->rows * sizeof *part->row_sum);
    for (int64_t i = 0; i < cells->count; i++) {
        double value = (double)value_at(part, cells->cell[i]);
        if (!isnan(value)) {
            part->row_sum[cells->cell[i] / part->grid_cols - part->box->row] +=
                addend_of(addend, cells->area_m2[i], value, mean);
        }
    }
    int64_t first = cells->count > 0 ? cells->cell[0] / part->grid_cols : 0;
    int64_t last = cells->count > 0 ? cells->cell[cells->count - 1] / part->grid_cols : -1;
    return cells->count > 0 ? tree_sum(part->row_sum + first - part->box->row, last + 1 - first)
                            : 0;
}

struct region_sample region_sample_of(const struct regions *regions, int64_t region,
                                      const struct window *box, const float *map, double *row_sum)
{
    const struct region_cells *cells = &regions->cells[region];
    const struct part part = {cells, regions->grid_cols, box, map, row_sum};
    struct region_sample sample = {.low = NAN, .high = NAN};
    for (int64_t i = 0; i < cells->count; i++) {
        double value = (double)value_at(&part, cells->cell[i]);
        sample.cells += !isnan(value);
        sample.low = fmin(sample.low, value); /* these pass over NaN */
        sample.high = fmax(sample.high, value);
    }
    if (sample.cells > 0) {
        sample.area_m2 = sum_region(&part, ADD_AREA, 0);
        sample.sum = sum_region(&part, ADD_VALUE, 0);
        sample.squares = sum_region(&part, ADD_SQUARE, sample.sum / sample.area_m2);
    }
    return sample;
}
