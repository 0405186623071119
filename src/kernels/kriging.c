/* airshed -- GPL-3.0-or-later. Ordinary kriging and inverse distance from the nearest sites
 * (P2.09). */
#include "kernels/kriging.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes_internal.h"
#include "kernels/matern_internal.h"

/* Smallest pivot of the correlation matrix that is believed: relative errors of weights grow as
 * n 1e-16 over the pivot. */
static const double pivot_least = 1e-11;

/* The neighbours of a target, by ascending index: a system then depends on the set alone, and
 * targets with the same set can share it. */
struct neighbour_set {
    int64_t count;
    int64_t *index; /* [capacity] */
};

/* The factorised system of one set; arrays are padded to whole registers. */
struct system {
    struct neighbour_set set;
    int64_t stride;     /* of a row */
    double *factor;     /* U of K = U' U, [count, stride]; below the diagonal: scratch */
    double *inverse;    /* 1 / U[k, k], [count] */
    double *x, *y, *z;  /* places of the neighbours, [stride] */
    double *ones;       /* U'^-1 1, [count] */
    double *residual;   /* U'^-1 (values - mean), [count] */
    double ones_square; /* 1' K^-1 1 */
    double mean;        /* generalised least squares */
    bool is_regularised;
};

/* Targets that wait for the same system, one a lane. */
struct batch {
    int lanes;
    struct position target[LANES_WIDTH];
    int64_t item[LANES_WIDTH]; /* where the answer goes */
    uint8_t flags[LANES_WIDTH];
};

struct kriging {
    struct kriging_options options;
    int64_t sites;
    struct position *site; /* [sites] */
    double *value;         /* [sites] */
    struct neighbours *tree;
    struct matern_table *table;    /* where the model has no closed form, else NULL */
    int64_t capacity;              /* neighbours of a target at most */
    struct neighbour *found;       /* scratch of the search */
    struct neighbour_set selected; /* of the target in hand */
    struct system system;
    struct batch batch;
    double *block; /* [capacity, LANES_WIDTH] */
};

struct answer {
    double *prediction, *variance;
    uint8_t *flags;
    int32_t *site; /* of kriging_weights(), else NULL */
    double *weight;
};

struct kriging_options kriging_options_default(enum distance_metric metric,
                                               const struct variogram_model *model)
{
    return (struct kriging_options){
        .method = KRIGING_ORDINARY,
        .metric = metric,
        .model = *model,
        .power = 2.0,
        .rule = {.most = 32, .most_per_octant = 8, .radius = variogram_effective_range(model)},
        .fewest = 4};
}

/* ---- sites -------------------------------------------------------------------------------------
 */

static int by_place_then_index(const void *a, const void *b, void *sites)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    const struct position *p = (const struct position *)sites + first;
    const struct position *q = (const struct position *)sites + second;
    if (p->x != q->x) {
        return p->x < q->x ? -1 : 1;
    }
    if (p->y != q->y) {
        return p->y < q->y ? -1 : 1;
    }
    if (p->z != q->z) {
        return p->z < q->z ? -1 : 1;
    }
    return first < second ? -1 : 1;
}

/* Indices of the usable sites, those at one place in succession, into @p order. */
static int64_t order_sites(int64_t count, const struct position *sites, const double *values,
                           int64_t *order)
{
    int64_t usable = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i]) && isfinite(sites[i].x + sites[i].y + sites[i].z)) {
            order[usable++] = i;
        }
    }
    qsort_r(order, (size_t)usable, sizeof *order, by_place_then_index, (void *)(uintptr_t)sites);
    return usable;
}

/* Averages the sites at one place into the first of them: @p mean [count] is NaN for the others and
 * for unusable sites. @return how many were merged away */
static int64_t merge_sites(int64_t usable, const int64_t *order, const struct position *sites,
                           const double *values, double *mean)
{
    int64_t merged = 0;
    for (int64_t first = 0, next = 0; first < usable; first = next) {
        double sum = 0.0;
        for (next = first;
             next < usable && position_square(sites[order[first]], sites[order[next]]) == 0.0;
             next++) {
            sum += values[order[next]];
        }
        mean[order[first]] =
            next - first == 1 ? values[order[first]] : sum / (double)(next - first);
        merged += next - first - 1;
    }
    return merged;
}

/* Fills the sites in the order in which the caller gave them. */
static enum status take_sites(struct kriging *kriging, int64_t count, const struct position *sites,
                              const double *values)
{
    enum status status;
    int64_t *order = NULL;
    double *mean = NULL;
    TRY(memory_allocate((size_t)count, sizeof *order, &order));
    TRY(memory_allocate((size_t)count, sizeof *mean, &mean));
    for (int64_t i = 0; i < count; i++) {
        mean[i] = NAN;
    }
    int64_t usable = order_sites(count, sites, values, order);
    int64_t merged = merge_sites(usable, order, sites, values, mean);
    TRY(memory_allocate((size_t)(usable - merged), sizeof *kriging->site, &kriging->site));
    TRY(memory_allocate((size_t)(usable - merged), sizeof(double), &kriging->value));
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(mean[i])) {
            kriging->site[kriging->sites] = sites[i];
            kriging->value[kriging->sites++] = mean[i];
        }
    }
done:
    free(order);
    free(mean);
    return status;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* No more neighbours than sites; sectors only where there is a choice. */
static void settle_rule(struct kriging *kriging)
{
    struct neighbours_rule *rule = &kriging->options.rule;
    if (kriging->sites <= rule->most) {
        rule->most_per_octant = 0;
    }
    rule->most = least(rule->most, kriging->sites > 0 ? kriging->sites : 1);
    rule->most_per_octant = least(rule->most_per_octant, rule->most);
    kriging->options.fewest = least(kriging->options.fewest, rule->most);
    kriging->capacity = rule->most;
}

static enum status allocate_scratch(struct kriging *kriging)
{
    enum status status;
    struct system *system = &kriging->system;
    size_t capacity = (size_t)kriging->capacity;
    size_t stride = (size_t)lanes_padded(kriging->capacity);
    size_t found = (size_t)neighbours_capacity(&kriging->options.rule);
    double **const rows[] = {&system->inverse, &system->x,    &system->y,
                             &system->z,       &system->ones, &system->residual};
    TRY(memory_allocate(found, sizeof *kriging->found, &kriging->found));
    TRY(memory_allocate(capacity, sizeof(int64_t), &kriging->selected.index));
    TRY(memory_allocate(capacity, sizeof(int64_t), &system->set.index));
    TRY(memory_allocate(capacity * LANES_WIDTH, sizeof(double), &kriging->block));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TRY(memory_allocate(stride, sizeof(double), rows[i]));
    }
    if (kriging->options.method == KRIGING_ORDINARY) {
        TRY(memory_allocate(capacity * stride, sizeof(double), &system->factor));
        if (variogram_is_general(&kriging->options.model)) {
            TRY(matern_table_create(kriging->options.model.smoothness, &kriging->table));
        }
    }
done:
    return status;
}

enum status kriging_create(const struct kriging_options *options, int64_t count,
                           const struct position *sites, const double *values,
                           struct kriging **kriging)
{
    enum status status;
    struct kriging *made = NULL;
    TRY(memory_allocate(1, sizeof *made, &made));
    made->options = *options;
    TRY(take_sites(made, count, sites, values));
    settle_rule(made);
    TRY(neighbours_create(options->metric, made->sites, made->site, &made->tree));
    TRY(allocate_scratch(made));
done:
    if (status != STATUS_OK) {
        kriging_destroy(&made);
    }
    *kriging = made;
    return status;
}

void kriging_destroy(struct kriging **kriging)
{
    if (*kriging != NULL) {
        struct system *system = &(*kriging)->system;
        void *const blocks[] = {system->factor,    system->inverse,   system->x,
                                system->y,         system->z,         system->ones,
                                system->residual,  system->set.index, (*kriging)->selected.index,
                                (*kriging)->found, (*kriging)->block, (*kriging)->site,
                                (*kriging)->value};
        for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
            free(blocks[i]);
        }
        neighbours_destroy(&(*kriging)->tree);
        matern_table_destroy(&(*kriging)->table);
        free(*kriging);
        *kriging = NULL;
    }
}

int64_t kriging_sites(const struct kriging *kriging)
{
    return kriging->sites;
}

/* ---- neighbours --------------------------------------------------------------------------------
 */

static void set_fill(struct neighbour_set *set, int64_t count, const struct neighbour *found)
{
    set->count = count;
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i;
        for (; at > 0 && set->index[at - 1] > found[i].index; at--) {
            set->index[at] = set->index[at - 1];
        }
        set->index[at] = found[i].index;
    }
}

static void set_fill_all(struct neighbour_set *set, int64_t count)
{
    set->count = count;
    for (int64_t i = 0; i < count; i++) {
        set->index[i] = i;
    }
}

static bool set_is_equal(const struct neighbour_set *a, const struct neighbour_set *b)
{
    return a->count == b->count &&
           memcmp(a->index, b->index, (size_t)a->count * sizeof *a->index) == 0;
}

/* Selects the neighbours of a target. @return its flags so far */
static uint8_t select_neighbours(struct kriging *kriging, struct position target)
{
    const struct kriging_options *options = &kriging->options;
    bool is_place = isfinite(target.x + target.y + target.z);
    if (is_place && options->rule.most == kriging->sites && isinf(options->rule.radius)) {
        set_fill_all(&kriging->selected, kriging->sites);
        return 0;
    }
    int64_t count = neighbours_find(kriging->tree, target, &options->rule, kriging->found);
    uint8_t flags = 0;
    if (count < options->fewest) {
        struct neighbours_rule nearest = {.most = options->fewest, .radius = INFINITY};
        int64_t widened = neighbours_find(kriging->tree, target, &nearest, kriging->found);
        flags = widened > count ? KRIGING_WIDENED : 0;
        count = widened;
    }
    set_fill(&kriging->selected, count, kriging->found);
    return count > 0 ? flags : KRIGING_UNREACHED;
}

/* ---- the system --------------------------------------------------------------------------------
 */

/* U of K = U' U in place, upper triangle by rows; a row starts at the register that holds its
 * diagonal. @return false at a pivot that is not believed */
LANES_CLONES
static bool factorise(int64_t count, int64_t stride, double *restrict matrix,
                      double *restrict inverse)
{
    for (int64_t k = 0; k < count; k++) {
        double *restrict pivot_row = matrix + k * stride;
        if (!(pivot_row[k] >= pivot_least)) {
            return false;
        }
        inverse[k] = 1.0 / sqrt(pivot_row[k]);
        for (int64_t j = k / LANES_WIDTH * LANES_WIDTH; j < stride; j++) {
            pivot_row[j] *= inverse[k];
        }
        for (int64_t i = k + 1; i < count; i++) {
            double *restrict row = matrix + i * stride;
            double minus = -pivot_row[i];
            for (int64_t j = i / LANES_WIDTH * LANES_WIDTH; j < stride; j++) {
                row[j] = fma(minus, pivot_row[j], row[j]);
            }
        }
    }
    return true;
}

/* block = U'^-1 block for LANES_WIDTH right-hand sides at once, [count, LANES_WIDTH]. */
LANES_CLONES
static void substitute(int64_t count, int64_t stride, const double *restrict factor,
                       const double *restrict inverse, double *restrict block)
{
    for (int64_t k = 0; k < count; k++) {
        const double *row = factor + k * stride;
        double solved[LANES_WIDTH];
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            solved[lane] = block[k * LANES_WIDTH + lane] * inverse[k];
            block[k * LANES_WIDTH + lane] = solved[lane];
        }
        for (int64_t i = k + 1; i < count; i++) {
            double minus = -row[i];
            double *restrict rest = block + i * LANES_WIDTH;
            for (int lane = 0; lane < LANES_WIDTH; lane++) {
                rest[lane] = fma(minus, solved[lane], rest[lane]);
            }
        }
    }
}

static void gather_places(struct kriging *kriging)
{
    struct system *system = &kriging->system;
    for (int64_t i = 0; i < system->stride; i++) {
        int64_t last = system->set.count - 1;
        const struct position *site = &kriging->site[system->set.index[i < last ? i : last]];
        system->x[i] = site->x;
        system->y[i] = site->y;
        system->z[i] = site->z;
    }
}

LANES_CLONES
static void squares_to(struct position place, int64_t count, const double *restrict x,
                       const double *restrict y, const double *restrict z, double *restrict squares)
{
    for (int64_t j = 0; j < count; j++) {
        double east = x[j] - place.x;
        double north = y[j] - place.y;
        double up = z[j] - place.z;
        squares[j] = (east * east + north * north) + up * up;
    }
}

/* As variogram_correlate(). */
static void correlate(const struct kriging *kriging, int64_t count, double *values)
{
    const struct variogram_model *model = &kriging->options.model;
    if (kriging->table == NULL) {
        variogram_correlate(model, count, values);
        return;
    }
    double sill = variogram_sill(model);
    double amplitude = sill > 0.0 ? model->partial_sill / sill : 0.0;
    matern_table_correlate(kriging->table, model->range, amplitude, count, values);
}

/* Upper triangle of the correlations among the neighbours, @p more added to the diagonal. */
static void fill_matrix(struct kriging *kriging, double more)
{
    struct system *system = &kriging->system;
    for (int64_t i = 0; i < system->set.count; i++) {
        int64_t from = i / LANES_WIDTH * LANES_WIDTH;
        int64_t length = system->stride - from;
        double *row = system->factor + i * system->stride;
        struct position place = {system->x[i], system->y[i], system->z[i]};
        squares_to(place, length, system->x + from, system->y + from, system->z + from, row + from);
        distances_from_squares(kriging->options.metric, length, row + from);
        correlate(kriging, length, row + from);
        row[i] += more;
    }
}

/* The last resort makes every diagonal element larger than the rest of its row together. */
static void factorise_surely(struct kriging *kriging)
{
    struct system *system = &kriging->system;
    const double more[] = {0.0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, (double)system->set.count};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        fill_matrix(kriging, more[i]);
        system->is_regularised = i > 0;
        if (factorise(system->set.count, system->stride, system->factor, system->inverse)) {
            return;
        }
    }
}

static double mean_value(const struct kriging *kriging)
{
    const struct neighbour_set *set = &kriging->system.set;
    double sum = 0.0;
    for (int64_t i = 0; i < set->count; i++) {
        sum += kriging->value[set->index[i]];
    }
    return sum / (double)set->count;
}

/* The mean by generalised least squares, and what the values are beside it. */
static void fit_mean(struct kriging *kriging)
{
    struct system *system = &kriging->system;
    int64_t count = system->set.count;
    double *block = kriging->block;
    double centre = mean_value(kriging);
    for (int64_t i = 0; i < count; i++) {
        double *row = block + i * LANES_WIDTH;
        memset(row, 0, LANES_WIDTH * sizeof *row);
        row[0] = 1.0;
        row[1] = kriging->value[system->set.index[i]] - centre;
    }
    substitute(count, system->stride, system->factor, system->inverse, block);
    double square = 0.0;
    double product = 0.0;
    for (int64_t i = 0; i < count; i++) {
        const double *row = block + i * LANES_WIDTH;
        square = fma(row[0], row[0], square);
        product = fma(row[0], row[1], product);
    }
    double offset = product / square;
    for (int64_t i = 0; i < count; i++) {
        const double *row = block + i * LANES_WIDTH;
        system->ones[i] = row[0];
        system->residual[i] = fma(-offset, row[0], row[1]);
    }
    system->ones_square = square;
    system->mean = centre + offset;
}

/* Makes the system of the selected neighbours the current one. */
static void system_update(struct kriging *kriging)
{
    struct system *system = &kriging->system;
    system->set.count = kriging->selected.count;
    memcpy(system->set.index, kriging->selected.index,
           (size_t)system->set.count * sizeof *system->set.index);
    system->stride = lanes_padded(system->set.count);
    gather_places(kriging);
    if (kriging->options.method == KRIGING_ORDINARY) {
        factorise_surely(kriging);
        fit_mean(kriging);
    }
}

/* ---- targets -----------------------------------------------------------------------------------
 */

/* What the lanes come to: v'v, v'1 and v'residual of the substituted block. */
struct products {
    double square[LANES_WIDTH], ones[LANES_WIDTH], residual[LANES_WIDTH];
};

LANES_CLONES
static void multiply(int64_t count, const double *restrict block, const double *restrict ones,
                     const double *restrict residual, struct products *restrict products)
{
    struct products sum = {{0}, {0}, {0}};
    for (int64_t i = 0; i < count; i++) {
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            double v = block[i * LANES_WIDTH + lane];
            sum.square[lane] = fma(v, v, sum.square[lane]);
            sum.ones[lane] = fma(v, ones[i], sum.ones[lane]);
            sum.residual[lane] = fma(v, residual[i], sum.residual[lane]);
        }
    }
    *products = sum;
}

/* Distances of all lanes to all neighbours; idle lanes repeat the first target. */
static void fill_distances(struct kriging *kriging)
{
    const struct system *system = &kriging->system;
    const struct batch *batch = &kriging->batch;
    int64_t count = system->set.count;
    double x[LANES_WIDTH], y[LANES_WIDTH], z[LANES_WIDTH];
    for (int lane = 0; lane < LANES_WIDTH; lane++) {
        struct position target = batch->target[lane < batch->lanes ? lane : 0];
        x[lane] = target.x;
        y[lane] = target.y;
        z[lane] = target.z;
    }
    for (int64_t i = 0; i < count; i++) {
        struct position place = {system->x[i], system->y[i], system->z[i]};
        squares_to(place, LANES_WIDTH, x, y, z, kriging->block + i * LANES_WIDTH);
    }
    distances_from_squares(kriging->options.metric, count * LANES_WIDTH, kriging->block);
}

/* For each lane the neighbour at the very place of the target, or -1. */
static void find_hits(const struct kriging *kriging, int64_t *hit)
{
    const struct neighbour_set *set = &kriging->system.set;
    for (int lane = 0; lane < LANES_WIDTH; lane++) {
        hit[lane] = -1;
    }
    for (int64_t i = 0; i < set->count; i++) {
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            if (kriging->block[i * LANES_WIDTH + lane] == 0.0) {
                hit[lane] = set->index[i];
            }
        }
    }
}

static void answer_put(const struct answer *answer, int64_t item, double prediction,
                       double variance, uint8_t flags)
{
    if (answer->prediction != NULL) {
        answer->prediction[item] = prediction;
    }
    if (answer->variance != NULL) {
        answer->variance[item] = variance;
    }
    if (answer->flags != NULL) {
        answer->flags[item] = flags;
    }
}

static void predict_ordinary(struct kriging *kriging, double *prediction, double *variance)
{
    const struct system *system = &kriging->system;
    int64_t count = system->set.count;
    double sill = variogram_sill(&kriging->options.model);
    struct products products;
    correlate(kriging, count * LANES_WIDTH, kriging->block);
    substitute(count, system->stride, system->factor, system->inverse, kriging->block);
    multiply(count, kriging->block, system->ones, system->residual, &products);
    for (int lane = 0; lane < LANES_WIDTH; lane++) {
        double rest = 1.0 - products.ones[lane];
        double share = (1.0 - products.square[lane]) + rest * rest / system->ones_square;
        prediction[lane] = system->mean + products.residual[lane];
        variance[lane] = share > 0.0 ? sill * share : 0.0;
    }
}

static void predict_inverse_distance(struct kriging *kriging, double *prediction, double *variance)
{
    const struct neighbour_set *set = &kriging->system.set;
    double power = kriging->options.power;
    for (int lane = 0; lane < LANES_WIDTH; lane++) {
        double weights = 0.0;
        double sum = 0.0;
        for (int64_t i = 0; i < set->count; i++) {
            double distance = kriging->block[i * LANES_WIDTH + lane];
            double weight = 1.0 / (power == 2.0 ? distance * distance : pow(distance, power));
            weights += weight;
            sum = fma(weight, kriging->value[set->index[i]], sum);
        }
        prediction[lane] = sum / weights;
        variance[lane] = NAN;
    }
}

/* ---- weights ------------------------------------------------------------------------------- */

/* block = U^-1 block. */
LANES_CLONES
static void substitute_back(int64_t count, int64_t stride, const double *restrict factor,
                            const double *restrict inverse, double *restrict block)
{
    for (int64_t k = count - 1; k >= 0; k--) {
        double solved[LANES_WIDTH];
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            solved[lane] = block[k * LANES_WIDTH + lane];
        }
        for (int64_t i = k + 1; i < count; i++) {
            double minus = -factor[k * stride + i];
            const double *row = block + i * LANES_WIDTH;
            for (int lane = 0; lane < LANES_WIDTH; lane++) {
                solved[lane] = fma(minus, row[lane], solved[lane]);
            }
        }
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            block[k * LANES_WIDTH + lane] = solved[lane] * inverse[k];
        }
    }
}

/* Weights K^-1 (c + m 1) with the m that makes their sum 1, from v = U'^-1 c in the block. */
static void weigh_ordinary(struct kriging *kriging)
{
    const struct system *system = &kriging->system;
    int64_t count = system->set.count;
    struct products products;
    multiply(count, kriging->block, system->ones, system->residual, &products);
    for (int64_t i = 0; i < count; i++) {
        for (int lane = 0; lane < LANES_WIDTH; lane++) {
            double multiplier = (1.0 - products.ones[lane]) / system->ones_square;
            kriging->block[i * LANES_WIDTH + lane] += multiplier * system->ones[i];
        }
    }
    substitute_back(count, system->stride, system->factor, system->inverse, kriging->block);
}

static void weigh_inverse_distance(struct kriging *kriging)
{
    int64_t count = kriging->system.set.count;
    double power = kriging->options.power;
    double sum[LANES_WIDTH] = {0};
    for (int64_t i = 0; i < count * LANES_WIDTH; i++) {
        double distance = kriging->block[i];
        kriging->block[i] = 1.0 / (power == 2.0 ? distance * distance : pow(distance, power));
        sum[i % LANES_WIDTH] += kriging->block[i];
    }
    for (int64_t i = 0; i < count * LANES_WIDTH; i++) {
        kriging->block[i] /= sum[i % LANES_WIDTH];
    }
}

/* Hands out the weights of the waiting targets; the block holds them, one target a lane. */
static void weights_put(const struct kriging *kriging, const struct answer *answer,
                        const int64_t *hit)
{
    const struct neighbour_set *set = &kriging->system.set;
    for (int lane = 0; lane < kriging->batch.lanes; lane++) {
        int64_t at = kriging->batch.item[lane] * kriging->capacity;
        for (int64_t i = 0; i < kriging->capacity; i++) {
            int64_t index = set->index[i < set->count ? i : 0];
            double weight = i < set->count ? kriging->block[i * LANES_WIDTH + lane] : 0.0;
            answer->site[at + i] = (int32_t)index;
            answer->weight[at + i] = hit[lane] < 0 ? weight : index == hit[lane] && i < set->count;
        }
    }
}

/* Answers the waiting targets. */
static void batch_flush(struct kriging *kriging, const struct answer *answer)
{
    struct batch *batch = &kriging->batch;
    int64_t hit[LANES_WIDTH];
    double prediction[LANES_WIDTH], variance[LANES_WIDTH];
    if (batch->lanes == 0) {
        return;
    }
    bool is_ordinary = kriging->options.method == KRIGING_ORDINARY;
    fill_distances(kriging);
    find_hits(kriging, hit);
    (is_ordinary ? predict_ordinary : predict_inverse_distance)(kriging, prediction, variance);
    if (answer->weight != NULL) {
        (is_ordinary ? weigh_ordinary : weigh_inverse_distance)(kriging);
        weights_put(kriging, answer, hit);
    }
    uint8_t common = is_ordinary && kriging->system.is_regularised ? KRIGING_REGULARISED : 0;
    for (int lane = 0; lane < batch->lanes; lane++) {
        if (hit[lane] >= 0) {
            answer_put(answer, batch->item[lane], kriging->value[hit[lane]],
                       is_ordinary ? 0.0 : NAN, batch->flags[lane] | KRIGING_EXACT);
        } else {
            answer_put(answer, batch->item[lane], prediction[lane], variance[lane],
                       batch->flags[lane] | common);
        }
    }
    batch->lanes = 0;
}

static void batch_add(struct kriging *kriging, const struct answer *answer, int64_t item,
                      struct position target, uint8_t flags)
{
    struct batch *batch = &kriging->batch;
    if (!set_is_equal(&kriging->selected, &kriging->system.set)) {
        batch_flush(kriging, answer);
        system_update(kriging);
    }
    batch->target[batch->lanes] = target;
    batch->item[batch->lanes] = item;
    batch->flags[batch->lanes] = flags;
    if (++batch->lanes == LANES_WIDTH) {
        batch_flush(kriging, answer);
    }
}

static void predict(struct kriging *kriging, int64_t count, const struct position *targets,
                    const struct answer *answer)
{
    for (int64_t item = 0; item < count; item++) {
        uint8_t found = select_neighbours(kriging, targets[item]);
        if (found == KRIGING_UNREACHED) {
            answer_put(answer, item, NAN, NAN, found);
        } else {
            batch_add(kriging, answer, item, targets[item], found);
        }
    }
    batch_flush(kriging, answer);
}

void kriging_predict(struct kriging *kriging, int64_t count, const struct position *targets,
                     double *prediction, double *variance, uint8_t *flags)
{
    struct answer answer = {.prediction = prediction, .variance = variance, .flags = flags};
    predict(kriging, count, targets, &answer);
}

int64_t kriging_capacity(const struct kriging *kriging)
{
    return kriging->capacity;
}

void kriging_weights(struct kriging *kriging, int64_t count, const struct position *targets,
                     int32_t *site, double *weight, double *share)
{
    struct answer answer = {.variance = share, .site = site, .weight = weight};
    double sill = variogram_sill(&kriging->options.model);
    for (int64_t i = 0; i < count * kriging->capacity; i++) {
        site[i] = 0;
        weight[i] = NAN;
    }
    predict(kriging, count, targets, &answer);
    for (int64_t i = 0; share != NULL && i < count; i++) {
        share[i] = sill > 0.0 ? share[i] / sill : share[i];
    }
}
