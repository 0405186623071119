/* airshed -- GPL-3.0-or-later. From one rectilinear grid to another. */
#include "kernels/resample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/geodesic.h"

/* Weights of source positions for targets along an axis, or of source cells for whole targets. */
struct weights {
    int64_t targets, room;
    int64_t *start; /* [targets + 1] */
    int64_t *index;
    double *weight;
    int64_t most; /* terms of a target */
};

struct resample_plan {
    int64_t rows, cols, source_cols;
    bool is_separable;
    struct weights row, col; /* separable: along the axes */
    struct weights cell;     /* otherwise: source cells of each target */
};

static const char *const method_names[] = {
    [RESAMPLE_NEAREST] = "nearest",
    [RESAMPLE_BILINEAR] = "bilinear",
    [RESAMPLE_AVERAGE] = "average",
};

enum resample_method resample_method_find(const char *name)
{
    enum resample_method method = RESAMPLE_NEAREST;
    while (method <= RESAMPLE_AVERAGE && strcmp(method_names[method], name) != 0) {
        method++;
    }
    return method;
}

/* ---- lists of weights --------------------------------------------------------------------- */

static enum status weights_init(struct weights *weights, int64_t targets, int64_t room)
{
    enum status status;
    weights->room = room;
    TRY(memory_allocate((size_t)targets + 1, sizeof *weights->start, &weights->start));
    TRY(memory_allocate((size_t)room, sizeof *weights->index, &weights->index));
    TRY(memory_allocate((size_t)room, sizeof *weights->weight, &weights->weight));
done:
    return status;
}

static void weights_clear(struct weights *weights)
{
    free(weights->start);
    free(weights->index);
    free(weights->weight);
}

/* Adds a term to the target that is being made; weight 0 says nothing and NaN must not spread. */
static void weights_add(struct weights *weights, int64_t *used, int64_t index, double weight)
{
    if (weight > 0) {
        weights->index[*used] = index;
        weights->weight[*used] = weight;
        (*used)++;
    }
}

static void weights_end_target(struct weights *weights, int64_t used)
{
    int64_t terms = used - weights->start[weights->targets];
    weights->most = terms > weights->most ? terms : weights->most;
    weights->start[++weights->targets] = used;
}

/* ---- along an axis ------------------------------------------------------------------------ */

struct line {
    struct resample_axis axis;
    double period;
    bool is_closed; /* spans its period: the last centre neighbours the first */
};

static struct line line_of(const struct resample_axis *axis, double period)
{
    double span = axis->edges[axis->count] - axis->edges[0];
    return (struct line){*axis, period, period > 0 && span >= period * (1 - 1e-9)};
}

/* Last position of ascending @p values [count] that is not above @p value, -1 below all. */
static int64_t last_not_above(const double *values, int64_t count, double value)
{
    int64_t low = -1, high = count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (values[middle] <= value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Brings @p value into the period that begins at the west edge. */
static double line_unwrap(const struct line *line, double value)
{
    double west = line->axis.edges[0];
    if (line->period > 0 && isfinite(value)) {
        value -= line->period * floor((value - west) / line->period);
        if (value >= west + line->period) { /* rounding */
            value = west;
        }
    }
    return value;
}

static bool line_holds(const struct line *line, double value)
{
    const struct resample_axis *axis = &line->axis;
    return value >= axis->edges[0] && (value <= axis->edges[axis->count] || line->is_closed);
}

struct pair {
    int64_t index[2];
    double weight[2];
};

/* The two centres around @p value, which the line holds; clamped beyond the outermost ones. */
static struct pair line_between(const struct line *line, double value)
{
    const struct resample_axis *axis = &line->axis;
    int64_t last = axis->count - 1;
    int64_t low = last_not_above(axis->centres, axis->count, value);
    double start, end;
    if (low >= 0 && low < last) {
        start = axis->centres[low];
        end = axis->centres[low + 1];
    } else if (line->is_closed && last > 0) {
        start = axis->centres[last] - (low < 0 ? line->period : 0);
        end = axis->centres[0] + (low < 0 ? 0 : line->period);
        low = last;
    } else {
        return (struct pair){{low < 0 ? 0 : last, 0}, {1, 0}};
    }
    double share = (value - start) / (end - start);
    return (struct pair){{low, low < last ? low + 1 : 0}, {1 - share, share}};
}

static struct pair line_nearest(const struct line *line, double value)
{
    const struct resample_axis *axis = &line->axis;
    int64_t index = last_not_above(axis->edges, axis->count, value);
    return (struct pair){{index, 0}, {1, 0}};
}

static struct pair line_pair(enum resample_method method, const struct line *line, double value)
{
    value = line_unwrap(line, value);
    if (!line_holds(line, value)) { /* NaN is held by none */
        return (struct pair){{0, 0}, {0, 0}};
    }
    return method == RESAMPLE_BILINEAR ? line_between(line, value) : line_nearest(line, value);
}

static enum status pairs_create(enum resample_method method, const struct line *line,
                                const struct resample_axis *target, struct weights *weights)
{
    enum status status;
    int64_t used = 0;
    TRY(weights_init(weights, target->count, 2 * target->count));
    for (int64_t i = 0; i < target->count; i++) {
        struct pair pair = line_pair(method, line, target->centres[i]);
        weights_add(weights, &used, pair.index[0], pair.weight[0]);
        weights_add(weights, &used, pair.index[1], pair.weight[1]);
        weights_end_target(weights, used);
    }
done:
    return status;
}

/* ---- covered parts ------------------------------------------------------------------------ */

/* Size of an interval: its length, or the area between two parallels. */
static double interval_size(bool is_latitude, double low, double high)
{
    return is_latitude ? geodesic_cell_area_m2(low, high, 1.0) : high - low;
}

/* Adds the source cells that [low, high] covers when the source is moved by @p shift. */
static void cover(const struct line *line, bool is_latitude, double low, double high, double shift,
                  double whole, struct weights *weights, int64_t *used)
{
    const struct resample_axis *axis = &line->axis;
    int64_t cell = last_not_above(axis->edges, axis->count, low - shift);
    for (cell = cell < 0 ? 0 : cell; cell < axis->count; cell++) {
        double from = fmax(low, axis->edges[cell] + shift);
        double to = fmin(high, axis->edges[cell + 1] + shift);
        if (axis->edges[cell] + shift >= high) {
            break;
        }
        if (from < to) {
            weights_add(weights, used, cell, interval_size(is_latitude, from, to) / whole);
        }
    }
}

static int64_t cover_room(const struct line *line, const struct resample_axis *target)
{
    /* Each source edge cuts a target once in each of at most three periods. */
    return 3 * (line->axis.count + 1) + 3 * target->count;
}

static enum status covers_create(const struct line *line, bool is_latitude,
                                 const struct resample_axis *target, struct weights *weights)
{
    enum status status;
    int64_t used = 0;
    TRY(weights_init(weights, target->count, cover_room(line, target)));
    for (int64_t i = 0; i < target->count; i++) {
        double low = line_unwrap(line, target->edges[i]);
        double high = low + (target->edges[i + 1] - target->edges[i]);
        double whole = interval_size(is_latitude, low, high);
        cover(line, is_latitude, low, high, 0, whole, weights, &used);
        if (line->period > 0) {
            cover(line, is_latitude, low, high, line->period, whole, weights, &used);
        }
        weights_end_target(weights, used);
    }
done:
    return status;
}

static enum status axis_create(enum resample_method method, const struct line *line,
                               bool is_latitude, const struct resample_axis *target,
                               struct weights *weights)
{
    return method == RESAMPLE_AVERAGE ? covers_create(line, is_latitude, target, weights)
                                      : pairs_create(method, line, target, weights);
}

/* ---- plans -------------------------------------------------------------------------------- */

enum status resample_create(enum resample_method method, const struct resample_grid *source,
                            const struct resample_grid *target, struct resample_plan **out)
{
    enum status status;
    struct resample_plan *plan = NULL;
    struct line x = line_of(&source->x, source->period);
    struct line y = line_of(&source->y, 0);
    TRY(memory_allocate(1, sizeof *plan, &plan));
    plan->rows = target->y.count;
    plan->cols = target->x.count;
    plan->source_cols = source->x.count;
    plan->is_separable = true;
    TRY(axis_create(method, &x, false, &target->x, &plan->col));
    TRY(axis_create(method, &y, source->is_geographic, &target->y, &plan->row));
    *out = plan;
    plan = NULL;
done:
    resample_destroy(&plan);
    return status;
}

static void point_add(struct resample_plan *plan, enum resample_method method,
                      const struct line line[2], const double at[2], double share, int64_t *used)
{
    struct pair col = line_pair(method, &line[0], at[0]);
    struct pair row = line_pair(method, &line[1], at[1]);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            weights_add(&plan->cell, used, row.index[i] * plan->source_cols + col.index[j],
                        row.weight[i] * col.weight[j] * share);
        }
    }
}

enum status resample_create_points(enum resample_method method, const struct resample_grid *source,
                                   int64_t rows, int64_t cols, int64_t samples, const double *x,
                                   const double *y, struct resample_plan **out)
{
    enum status status;
    struct resample_plan *plan = NULL;
    const struct line line[2] = {line_of(&source->x, source->period), line_of(&source->y, 0)};
    int64_t used = 0;
    int64_t terms = samples * (method == RESAMPLE_BILINEAR ? 4 : 1);
    TRY(memory_allocate(1, sizeof *plan, &plan));
    plan->rows = rows;
    plan->cols = cols;
    plan->source_cols = source->x.count;
    TRY(weights_init(&plan->cell, rows * cols, rows * cols * terms));
    for (int64_t target = 0; target < rows * cols; target++) {
        for (int64_t i = target * samples; i < (target + 1) * samples; i++) {
            point_add(plan, method, line, (const double[]){x[i], y[i]}, 1.0 / (double)samples,
                      &used);
        }
        weights_end_target(&plan->cell, used);
    }
    *out = plan;
    plan = NULL;
done:
    resample_destroy(&plan);
    return status;
}

void resample_destroy(struct resample_plan **plan_pointer)
{
    struct resample_plan *plan = *plan_pointer;
    if (plan == NULL) {
        return;
    }
    weights_clear(&plan->row);
    weights_clear(&plan->col);
    weights_clear(&plan->cell);
    free(plan);
    *plan_pointer = NULL;
}

int64_t resample_terms_max(const struct resample_plan *plan)
{
    return plan->is_separable ? plan->row.most * plan->col.most : plan->cell.most;
}

int64_t resample_terms(const struct resample_plan *plan, int64_t row, int64_t col,
                       struct resample_term *terms)
{
    int64_t count = 0;
    if (!plan->is_separable) {
        int64_t target = row * plan->cols + col;
        for (int64_t i = plan->cell.start[target]; i < plan->cell.start[target + 1]; i++) {
            terms[count++] = (struct resample_term){plan->cell.index[i] / plan->source_cols,
                                                    plan->cell.index[i] % plan->source_cols,
                                                    plan->cell.weight[i]};
        }
        return count;
    }
    for (int64_t i = plan->row.start[row]; i < plan->row.start[row + 1]; i++) {
        for (int64_t j = plan->col.start[col]; j < plan->col.start[col + 1]; j++) {
            terms[count++] = (struct resample_term){plan->row.index[i], plan->col.index[j],
                                                    plan->row.weight[i] * plan->col.weight[j]};
        }
    }
    return count;
}

void resample_source_rows(const struct resample_plan *plan, int64_t row, int64_t rows,
                          int64_t *first, int64_t *count)
{
    const struct weights *weights = plan->is_separable ? &plan->row : &plan->cell;
    int64_t per_row = plan->is_separable ? 1 : plan->cols;
    int64_t per_index = plan->is_separable ? 1 : plan->source_cols;
    int64_t low = INT64_MAX, high = -1;
    for (int64_t i = weights->start[row * per_row]; i < weights->start[(row + rows) * per_row];
         i++) {
        int64_t source = weights->index[i] / per_index;
        low = source < low ? source : low;
        high = source > high ? source : high;
    }
    *first = high < 0 ? 0 : low;
    *count = high < 0 ? 0 : high - low + 1;
}

int64_t resample_shared_rows(const struct resample_plan *plan, int64_t row, int64_t rows)
{
    int64_t first, count, first_before, count_before;
    if (row == 0) {
        return 0;
    }
    resample_source_rows(plan, row, rows, &first, &count);
    resample_source_rows(plan, row - 1, 1, &first_before, &count_before);
    int64_t low = first > first_before ? first : first_before;
    int64_t end = first + count;
    int64_t end_before = first_before + count_before;
    int64_t high = end < end_before ? end : end_before;
    return high > low ? high - low : 0;
}

/* ---- values ------------------------------------------------------------------------------- */

/* Weighted sum so far. */
struct mean {
    double sum, weight;
};

static inline void mean_add(struct mean *mean, double value, double weight)
{
    if (!isnan(value)) {
        mean->sum = __builtin_fma(weight, value, mean->sum);
        mean->weight += weight;
    }
}

/* Weights of a complete target miss 1 by some 1e-16 a term, which dividing takes away; a constant
 * field stays constant after rounding to float. */
static inline double mean_value(const struct mean *mean, double least)
{
    return mean->weight > 0 && mean->weight >= least - 1e-9 ? mean->sum / mean->weight
                                                            : (double)NAN;
}

#define RESAMPLE_TARGET(type)                                                                      \
    static double target_##type(const struct resample_plan *plan, double least, int64_t row,       \
                                int64_t col, const type *source, int64_t source_row)               \
    {                                                                                              \
        struct mean mean = {0, 0};                                                                 \
        if (!plan->is_separable) {                                                                 \
            const struct weights *cell = &plan->cell;                                              \
            int64_t target = row * plan->cols + col;                                               \
            int64_t offset = source_row * plan->source_cols;                                       \
            for (int64_t i = cell->start[target]; i < cell->start[target + 1]; i++) {              \
                mean_add(&mean, (double)source[cell->index[i] - offset], cell->weight[i]);         \
            }                                                                                      \
            return mean_value(&mean, least);                                                       \
        }                                                                                          \
        for (int64_t i = plan->row.start[row]; i < plan->row.start[row + 1]; i++) {                \
            const type *line = source + (plan->row.index[i] - source_row) * plan->source_cols;     \
            for (int64_t j = plan->col.start[col]; j < plan->col.start[col + 1]; j++) {            \
                mean_add(&mean, (double)line[plan->col.index[j]],                                  \
                         plan->row.weight[i] * plan->col.weight[j]);                               \
            }                                                                                      \
        }                                                                                          \
        return mean_value(&mean, least);                                                           \
    }

RESAMPLE_TARGET(float)
RESAMPLE_TARGET(double)

void resample_rows(const struct resample_plan *plan, double least, int64_t row, int64_t rows,
                   int64_t source_row, const float *source, float *target)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t col = 0; col < plan->cols; col++) {
            target[i * plan->cols + col] =
                (float)target_float(plan, least, row + i, col, source, source_row);
        }
    }
}

void resample_rows_double(const struct resample_plan *plan, double least, int64_t row, int64_t rows,
                          int64_t source_row, const double *source, double *target)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t col = 0; col < plan->cols; col++) {
            target[i * plan->cols + col] =
                target_double(plan, least, row + i, col, source, source_row);
        }
    }
}
