/* airshed -- GPL-3.0-or-later. Semivariograms: pairs by lag, models, weighted fit (P2.09). */
#include "kernels/variogram.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "kernels/lanes_internal.h"
#include "kernels/matern_internal.h"

/* ---- models ------------------------------------------------------------------------------------
 */

static const char *const shape_names[] = {
#define X(shape, name) name,
    VARIOGRAM_SHAPE_LIST(X)
#undef X
};

const char *variogram_shape_name(enum variogram_shape shape)
{
    return shape_names[shape];
}

enum variogram_shape variogram_shape_find(const char *name)
{
    int shape = 0;
    while (shape < VARIOGRAM_SHAPES && strcmp(name, shape_names[shape]) != 0) {
        shape++;
    }
    return (enum variogram_shape)shape;
}

/* Each of these turns distances into amplitude (1 - f(h / range)), and distance 0 into 1. */
#define CORRELATION(name, expression)                                                              \
    LANES_CLONES                                                                                   \
    static void name(int64_t count, double *values, double range, double amplitude)                \
    {                                                                                              \
        _Pragma("omp simd") for (int64_t i = 0; i < count; i++)                                    \
        {                                                                                          \
            double t = values[i] / range;                                                          \
            double rest = (expression);                                                            \
            values[i] = values[i] == 0.0 ? 1.0 : amplitude * rest;                                 \
        }                                                                                          \
    }

CORRELATION(correlate_spherical, t < 1.0 ? 1.0 - t * (1.5 - 0.5 * t * t) : 0.0)
CORRELATION(correlate_exponential, lanes_exponential(-t))
CORRELATION(correlate_gaussian, lanes_exponential(-t *t))
CORRELATION(correlate_matern_3_2, (1.0 + t) * lanes_exponential(-t))
CORRELATION(correlate_matern_5_2, (1.0 + t * (1.0 + t * (1.0 / 3.0))) * lanes_exponential(-t))

static void correlate_matern(const struct variogram_model *model, int64_t count, double *values,
                             double amplitude)
{
    for (int64_t i = 0; i < count; i++) {
        double t = values[i] / model->range;
        values[i] = t == 0.0   ? 1.0
                    : isnan(t) ? NAN
                               : amplitude * matern_correlation(model->smoothness, t);
    }
}

static void correlate_matern_any(const struct variogram_model *model, int64_t count, double *values,
                                 double amplitude)
{
    if (model->smoothness == 0.5) {
        correlate_exponential(count, values, model->range, amplitude);
    } else if (model->smoothness == 1.5) {
        correlate_matern_3_2(count, values, model->range, amplitude);
    } else if (model->smoothness == 2.5) {
        correlate_matern_5_2(count, values, model->range, amplitude);
    } else {
        correlate_matern(model, count, values, amplitude);
    }
}

void variogram_correlate(const struct variogram_model *model, int64_t count, double *values)
{
    double sill = variogram_sill(model);
    double amplitude = sill > 0.0 ? model->partial_sill / sill : 0.0;
    switch (model->shape) {
    case VARIOGRAM_SPHERICAL:
        correlate_spherical(count, values, model->range, amplitude);
        break;
    case VARIOGRAM_EXPONENTIAL:
        correlate_exponential(count, values, model->range, amplitude);
        break;
    case VARIOGRAM_GAUSSIAN:
        correlate_gaussian(count, values, model->range, amplitude);
        break;
    default:
        correlate_matern_any(model, count, values, amplitude);
    }
}

bool variogram_is_general(const struct variogram_model *model)
{
    return model->shape == VARIOGRAM_MATERN && model->smoothness != 0.5 &&
           model->smoothness != 1.5 && model->smoothness != 2.5;
}

/* f(h / range) of a shape. */
static double structure(const struct variogram_model *model, double distance)
{
    struct variogram_model unit = *model;
    unit.nugget = 0.0;
    unit.partial_sill = 1.0;
    variogram_correlate(&unit, 1, &distance);
    return 1.0 - distance;
}

double variogram_gamma(const struct variogram_model *model, double distance)
{
    return distance == 0.0 ? 0.0 : model->nugget + model->partial_sill * structure(model, distance);
}

double variogram_sill(const struct variogram_model *model)
{
    return model->nugget + model->partial_sill;
}

/* Effective range of a model of range 1, by bisection. */
static double effective_ratio(enum variogram_shape shape, double smoothness)
{
    if (shape == VARIOGRAM_SPHERICAL) {
        return 1.0;
    }
    struct variogram_model unit = {.shape = shape, .range = 1.0, .smoothness = smoothness};
    double low = 0.0;
    double high = 100.0; /* nu = 50 reaches 0.95 at 26 */
    for (int step = 0; step < 60; step++) {
        double middle = 0.5 * (low + high);
        *(structure(&unit, middle) < 0.95 ? &low : &high) = middle;
    }
    return high;
}

double variogram_effective_range(const struct variogram_model *model)
{
    return model->range * effective_ratio(model->shape, model->smoothness);
}

/* ---- pairs -------------------------------------------------------------------------------------
 */

void variogram_pairs_init(struct variogram_pairs *pairs, double cutoff, int lags)
{
    memset(pairs, 0, sizeof *pairs);
    pairs->cutoff = cutoff;
    pairs->lags = lags;
}

static void pair_count(struct variogram_pairs *pairs, double distance, double difference)
{
    if (!(distance > 0.0 && distance <= pairs->cutoff) || isnan(difference)) {
        return;
    }
    /* Lags are closed above; the cutoff itself may round to just beyond the last one. */
    int lag = (int)ceil(distance / (pairs->cutoff / pairs->lags)) - 1;
    lag = lag < pairs->lags ? lag : pairs->lags - 1;
    pairs->count[lag]++;
    pairs->distance_sum[lag] += distance;
    pairs->square_sum[lag] += difference * difference;
}

void variogram_pairs_add(struct variogram_pairs *pairs, enum distance_metric metric, int64_t count,
                         const struct position *sites, const double *values)
{
    enum {
        BLOCK = 256
    };
    double distances[BLOCK];
    for (int64_t i = 0; i < count; i++) {
        for (int64_t first = i + 1; first < count; first += BLOCK) {
            int64_t length = count - first < BLOCK ? count - first : BLOCK;
            for (int64_t k = 0; k < length; k++) {
                distances[k] = position_square(sites[i], sites[first + k]);
            }
            distances_from_squares(metric, length, distances);
            for (int64_t k = 0; k < length; k++) {
                pair_count(pairs, distances[k], values[i] - values[first + k]);
            }
        }
    }
}

void variogram_pairs_merge(struct variogram_pairs *pairs, const struct variogram_pairs *other)
{
    for (int lag = 0; lag < pairs->lags; lag++) {
        pairs->count[lag] += other->count[lag];
        pairs->distance_sum[lag] += other->distance_sum[lag];
        pairs->square_sum[lag] += other->square_sum[lag];
    }
}

double variogram_pairs_gamma(const struct variogram_pairs *pairs, int lag)
{
    return pairs->count[lag] > 0 ? 0.5 * pairs->square_sum[lag] / (double)pairs->count[lag] : NAN;
}

double variogram_pairs_distance(const struct variogram_pairs *pairs, int lag)
{
    return pairs->count[lag] > 0 ? pairs->distance_sum[lag] / (double)pairs->count[lag] : NAN;
}

int64_t variogram_sample(uint32_t seed, uint64_t item, int64_t count, const double *values,
                         int64_t limit, int64_t *chosen)
{
    struct random_key key = {.seed = seed, .stream = random_stream("variogram.sample")};
    int64_t left = 0;
    for (int64_t i = 0; i < count; i++) {
        left += !isnan(values[i]);
    }
    int64_t taken = 0;
    for (int64_t i = 0; i < count && taken < limit; i++) {
        if (isnan(values[i])) {
            continue;
        }
        int64_t need = limit - taken;
        if (left <= need || random_uniform(key, item, (uint64_t)i) * (double)left < (double)need) {
            chosen[taken++] = i;
        }
        left--;
    }
    return taken;
}

/* ---- fit ---------------------------------------------------------------------------------------
 */

/* Lags with pairs, and their weights. */
struct lag_table {
    int lags;
    double distance[VARIOGRAM_LAGS_MAX];
    double gamma[VARIOGRAM_LAGS_MAX];
    double weight[VARIOGRAM_LAGS_MAX];
};

static struct lag_table lag_table_create(const struct variogram_pairs *pairs)
{
    struct lag_table table = {.lags = 0};
    for (int lag = 0; lag < pairs->lags; lag++) {
        if (pairs->count[lag] > 0) {
            double distance = variogram_pairs_distance(pairs, lag);
            table.distance[table.lags] = distance;
            table.gamma[table.lags] = variogram_pairs_gamma(pairs, lag);
            table.weight[table.lags] = (double)pairs->count[lag] / (distance * distance);
            table.lags++;
        }
    }
    return table;
}

static double weighted_mean(const struct lag_table *table, const double *values)
{
    double sum = 0.0;
    double weight = 0.0;
    for (int lag = 0; lag < table->lags; lag++) {
        sum += table->weight[lag] * values[lag];
        weight += table->weight[lag];
    }
    return sum / weight;
}

/* Slope of gamma on f, both taken about the given centres. */
static double weighted_slope(const struct lag_table *table, const double *f, double f_centre,
                             double gamma_centre)
{
    double product = 0.0;
    double square = 0.0;
    for (int lag = 0; lag < table->lags; lag++) {
        double f_apart = f[lag] - f_centre;
        product += table->weight[lag] * f_apart * (table->gamma[lag] - gamma_centre);
        square += table->weight[lag] * f_apart * f_apart;
    }
    return square > 0.0 ? product / square : 0.0;
}

static double weighted_squares(const struct lag_table *table, const double *f, double nugget,
                               double partial_sill)
{
    double sum = 0.0;
    for (int lag = 0; lag < table->lags; lag++) {
        double residual = table->gamma[lag] - (nugget + partial_sill * f[lag]);
        sum += table->weight[lag] * residual * residual;
    }
    return sum;
}

/* Nugget and partial sill, neither below zero, for a model whose range is given. A convex problem
 * of two variables: where the free solution is not allowed, the best lies on one of the two edges.
 */
static double fit_sills(const struct lag_table *table, struct variogram_model *model)
{
    double f[VARIOGRAM_LAGS_MAX];
    for (int lag = 0; lag < table->lags; lag++) {
        f[lag] = structure(model, table->distance[lag]);
    }
    double f_mean = weighted_mean(table, f);
    double gamma_mean = weighted_mean(table, table->gamma);
    model->partial_sill = weighted_slope(table, f, f_mean, gamma_mean);
    model->nugget = gamma_mean - model->partial_sill * f_mean;
    if (model->nugget < 0.0 || model->partial_sill < 0.0) {
        double sill = weighted_slope(table, f, 0.0, 0.0);
        bool is_sill =
            weighted_squares(table, f, 0.0, sill) < weighted_squares(table, f, gamma_mean, 0.0);
        model->nugget = is_sill ? 0.0 : gamma_mean;
        model->partial_sill = is_sill ? sill : 0.0;
    }
    return weighted_squares(table, f, model->nugget, model->partial_sill);
}

static double fit_range(const struct lag_table *table, struct variogram_model *model,
                        double log_range)
{
    model->range = exp(log_range);
    return fit_sills(table, model);
}

/* Minimum over log(range) in [low, high] by golden section; leaves it in the model. */
static double golden_section(const struct lag_table *table, struct variogram_model *model,
                             double low, double high)
{
    const double golden = 0.6180339887498949;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double at_left = fit_range(table, model, left);
    double at_right = fit_range(table, model, right);
    for (int step = 0; step < 80; step++) {
        if (at_left <= at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = fit_range(table, model, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = fit_range(table, model, right);
        }
    }
    return fit_range(table, model, at_left <= at_right ? left : right);
}

/* The global minimum over [low, high] of log(range). */
static double scan_ranges(const struct lag_table *table, struct variogram_model *model, double low,
                          double high)
{
    enum {
        STEPS = 96
    };
    double step = (high - low) / STEPS;
    int best = 0;
    double least = INFINITY;
    for (int i = 0; i <= STEPS; i++) {
        double squares = fit_range(table, model, low + i * step);
        if (squares < least) {
            least = squares;
            best = i;
        }
    }
    double from = low + (best > 0 ? best - 1 : best) * step;
    double to = low + (best < STEPS ? best + 1 : best) * step;
    return golden_section(table, model, from, to);
}

static struct variogram_fit fallback(const struct variogram_pairs *pairs,
                                     struct variogram_model model, double ratio)
{
    int64_t count = 0;
    double squares = 0.0;
    for (int lag = 0; lag < pairs->lags; lag++) {
        count += pairs->count[lag];
        squares += pairs->square_sum[lag];
    }
    model.partial_sill = count > 0 ? 0.5 * squares / (double)count : 0.0;
    model.range = pairs->cutoff / ratio;
    return (struct variogram_fit){.model = model, .outcome = VARIOGRAM_TOO_FEW_LAGS};
}

struct variogram_fit variogram_fit(const struct variogram_pairs *pairs, enum variogram_shape shape,
                                   double smoothness)
{
    struct lag_table table = lag_table_create(pairs);
    struct variogram_fit fit = {.model = {.shape = shape, .smoothness = smoothness}};
    double ratio = effective_ratio(shape, smoothness);
    if (table.lags < 3) {
        return fallback(pairs, fit.model, ratio);
    }
    double low = log(table.distance[0] / ratio);
    double high = log(3.0 * pairs->cutoff / ratio);
    fit.weighted_squares = scan_ranges(&table, &fit.model, low, high);
    if (fit.model.partial_sill == 0.0) {
        fit.model.range = pairs->cutoff / ratio; /* any range fits; a plain one is kinder */
        fit.outcome = VARIOGRAM_NO_STRUCTURE;
    } else if (log(fit.model.range) > high - 1e-6) {
        fit.outcome = VARIOGRAM_RANGE_AT_LIMIT;
    }
    return fit;
}

struct variogram_fit variogram_fit_best(const struct variogram_pairs *pairs)
{
    struct variogram_fit best = variogram_fit(pairs, (enum variogram_shape)0, 1.5);
    for (int shape = 1; shape < VARIOGRAM_SHAPES; shape++) {
        struct variogram_fit next = variogram_fit(pairs, (enum variogram_shape)shape, 1.5);
        best = next.weighted_squares < best.weighted_squares ? next : best;
    }
    return best;
}
