/* airshed -- GPL-3.0-or-later. How sure the share of the sources is (P2.47). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "prediction.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/dataset.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

/* Targets that are summed up together, by one rank. */
enum { BLOCK_TARGETS = 256, NEIGHBOURS_USUAL = 32 };

/* Standard errors to either side of a 95 % interval where nothing was held out. */
#define NORMAL_REACH 1.959963984540054

/* What a replicate comes to over all targets: mean part of the sources, pollution, mean of ratios. */
enum replicate_sum { SUM_IHS, SUM_POLLUTION, SUM_RATIOS, SUMS };

/* Of a target over the replicates. */
struct cell_sums {
    double ihs, pollution, ihs_ihs, pollution_pollution, ihs_pollution;
};

struct uncertainty {
    struct attribute_request request;
    int64_t cells, targets, blocks, width;
    uint8_t *is_area, *is_outside; /* [cells] */
    int64_t *target;               /* [targets], cells */
    struct predictor *predictor;
    struct prediction_quality quality; /* of the whole period */

    /* Replicates */
    struct dataset *dataset;
    int64_t replicates, steps; /* of the product of deweather */
    struct window window;      /* of the grid in it */
    float *map[2];             /* [cells], pollution and deweathered of one replicate */
    int32_t *site;             /* [own targets, width], block after block */
    double *weight;
    double *sums;              /* [replicates, blocks, SUMS] */
    struct cell_sums *cell;    /* [targets], 0 where another rank owns the block */
    double variance[SUMS], covariance; /* of the sums; of the first two */
    double weights[READINGS];  /* of targets, that the sums were made with: their total */
    double days;               /* of a cell, that the replicates are about */
};

/* ---- targets ------------------------------------------------------------------------------ */

static enum status list_targets(struct uncertainty *u, const struct attribute_maps *all)
{
    enum status status;
    int64_t sites = 0;
    const char *deweathered = u->request.deweathered, *expected = u->request.expected;
    TRY(memory_allocate((size_t)u->cells, 1, &u->is_area));
    TRY(memory_allocate((size_t)u->cells, 1, &u->is_outside));
    for (int64_t cell = 0; cell < u->cells; cell++) {
        u->is_area[cell] = all->period.counts[ATTRIBUTE_DAYS][cell] > 0;
        u->is_outside[cell] = !isnan(all->period.maps[ATTRIBUTE_OUTSIDE][cell]);
        u->targets += u->is_area[cell];
        sites += u->is_outside[cell];
    }
    FAIL_IF(u->targets == 0, STATUS_DATA,
            "--expected %s: no cell has pollution, deweathered and expected on one day", expected);
    FAIL_IF(sites < 2, STATUS_DATA,
            "--deweathered %s: no background outside the areas, so that nothing tells how sure the "
            "share is; use --no-errors",
            deweathered);
    TRY(memory_allocate((size_t)u->targets, sizeof *u->target, &u->target));
    for (int64_t cell = 0, i = 0; cell < u->cells; cell++) {
        if (u->is_area[cell] != 0) {
            u->target[i++] = cell;
        }
    }
    u->blocks = (u->targets + BLOCK_TARGETS - 1) / BLOCK_TARGETS;
done:
    return status;
}

/* The weights of targets in a mean: days for the ratio of means; share days over the harmonic mean for
 * the mean of ratios, so that it is applied to the sources' part. */
static double target_weight(const struct attribute_maps *maps, enum attribute_reading reading,
                            int64_t cell)
{
    if (reading == READING_RATIO_OF_MEANS) {
        return maps->period.counts[ATTRIBUTE_DAYS][cell];
    }
    double days = maps->period.counts[ATTRIBUTE_SHARE_DAYS][cell];
    return days > 0 ? days / (double)maps->period.maps[ATTRIBUTE_HARMONIC][cell] : 0;
}

/* What those weighted sums are divided by to give a share. */
static double share_divisor(const struct uncertainty *u, const struct attribute_maps *maps,
                            enum attribute_reading reading)
{
    double sum = 0;
    for (int64_t i = 0; i < u->targets; i++) {
        int64_t cell = u->target[i];
        double days = maps->period.counts[ATTRIBUTE_DAYS][cell];
        sum += reading == READING_MEAN_OF_RATIOS ? maps->period.counts[ATTRIBUTE_SHARE_DAYS][cell]
               : days > 0 ? days * (double)maps->period.maps[ATTRIBUTE_POLLUTION][cell]
                          : 0;
    }
    return sum > 0 ? sum : NAN;
}

static double sum_of_weights(const struct uncertainty *u, const struct attribute_maps *maps,
                             enum attribute_reading reading)
{
    double sum = 0;
    for (int64_t i = 0; i < u->targets; i++) {
        sum += target_weight(maps, reading, u->target[i]);
    }
    return sum;
}

/* Weighted sum of a map of the sources' part. */
static double weighted_sum(const struct uncertainty *u, const struct attribute_maps *maps,
                           enum attribute_reading reading, const float *map)
{
    double sum = 0;
    for (int64_t i = 0; i < u->targets; i++) {
        double weight = target_weight(maps, reading, u->target[i]);
        sum += weight > 0 ? weight * (double)map[u->target[i]] : 0;
    }
    return sum;
}

/* Days of a cell in a period, on average. */
static double mean_days(const struct uncertainty *u, const struct attribute_maps *maps)
{
    double days = 0, cells = 0;
    for (int64_t i = 0; i < u->targets; i++) {
        int32_t own = maps->period.counts[ATTRIBUTE_DAYS][u->target[i]];
        days += own;
        cells += own > 0;
    }
    return cells > 0 ? days / cells : NAN;
}

/* ---- replicates --------------------------------------------------------------------------- */

static const char *const replicate_names[2] = {"pollution_replicate", "deweathered_replicate"};

static enum status find_replicate(const struct uncertainty *u, int map, int64_t index, int *variable)
{
    char name[64];
    /* A single one has no dimension left in its name. */
    snprintf(name, sizeof name, u->replicates > 1 ? "%s[replicate=%lld]" : "%s",
             replicate_names[map], (long long)index);
    return dataset_find(u->dataset, name, variable);
}

static int64_t count_replicates(const struct dataset *dataset)
{
    int64_t count = 0;
    for (int i = 0; i < dataset_variable_count(dataset); i++) {
        count += strncmp(dataset_variable(dataset, i)->name, replicate_names[0],
                         strlen(replicate_names[0])) == 0;
    }
    return count;
}

/* Where the grid in hand, which may be a part, lies in the product. */
static void find_window(struct uncertainty *u, const struct georeference *whole)
{
    const struct georeference *grid = u->request.grid;
    u->window = (struct window){.steps = 1, .rows = grid->rows, .cols = grid->cols};
    while (u->window.row + grid->rows < whole->rows && whole->y[u->window.row] != grid->y[0]) {
        u->window.row++;
    }
    while (u->window.col + grid->cols < whole->cols && whole->x[u->window.col] != grid->x[0]) {
        u->window.col++;
    }
}

static enum status open_replicates(struct uncertainty *u)
{
    enum status status;
    struct dataset_options how = {0};
    int variable;
    TRY(dataset_open(u->request.deweathered, &how, &u->dataset));
    u->replicates = count_replicates(u->dataset);
    if (u->replicates < 2) {
        u->replicates = 0;
        goto done;
    }
    TRY(dataset_find(u->dataset, "deweathered", &variable));
    const struct dataset_variable *facts = dataset_variable(u->dataset, variable);
    u->steps = facts->time != NULL ? facts->time->steps : 1;
    find_window(u, facts->grid);
    for (int i = 0; i < 2; i++) {
        TRY(memory_allocate((size_t)u->cells, sizeof(float), &u->map[i]));
    }
    TRY(memory_allocate((size_t)(u->replicates * u->blocks * SUMS), sizeof(double), &u->sums));
    TRY(memory_allocate((size_t)u->targets, sizeof *u->cell, &u->cell));
done:
    return status;
}

static int64_t block_count(const struct uncertainty *u, int64_t block)
{
    int64_t left = u->targets - block * BLOCK_TARGETS;
    return left < BLOCK_TARGETS ? left : BLOCK_TARGETS;
}

/* Of the blocks that this rank owns. */
static enum status make_weights(struct uncertainty *u, const struct attribute_maps *all)
{
    enum status status;
    const struct job *job = u->request.job;
    const float *outside = all->period.maps[ATTRIBUTE_OUTSIDE];
    int64_t own = 0, *cell = NULL;
    u->width = predictor_width(u->predictor);
    TRY(memory_allocate((size_t)u->targets, sizeof *cell, &cell));
    for (int64_t block = job->rank; block < u->blocks; block += job->size) {
        memcpy(cell + own, u->target + block * BLOCK_TARGETS,
               (size_t)block_count(u, block) * sizeof *cell);
        own += block_count(u, block);
    }
    TRY(memory_allocate((size_t)(own * u->width), sizeof *u->site, &u->site));
    TRY(memory_allocate((size_t)(own * u->width), sizeof *u->weight, &u->weight));
    TRY(predictor_weights(u->predictor, outside, &u->quality, own, cell, u->site, u->weight));
done:
    free(cell);
    return status;
}

/* Target @p i, whose weights are the @p at th of this rank, in the replicate in hand. */
static void take_target(struct uncertainty *u, const struct attribute_maps *all, int64_t i, int64_t at,
                        double *sums)
{
    int64_t cell = u->target[i];
    double predicted = 0, pollution = (double)u->map[0][cell];
    for (int64_t k = at * u->width; k < (at + 1) * u->width; k++) {
        predicted = fma(u->weight[k], (double)u->map[1][u->site[k]], predicted);
    }
    double ihs = (double)u->map[1][cell] - predicted;
    if (isnan(ihs) || isnan(pollution)) {
        return;
    }
    double days = target_weight(all, READING_RATIO_OF_MEANS, cell);
    sums[SUM_IHS] += days * ihs;
    sums[SUM_POLLUTION] += days * pollution;
    sums[SUM_RATIOS] += target_weight(all, READING_MEAN_OF_RATIOS, cell) * ihs;
    struct cell_sums *own = &u->cell[i];
    own->ihs += ihs;
    own->pollution += pollution;
    own->ihs_ihs += ihs * ihs;
    own->pollution_pollution += pollution * pollution;
    own->ihs_pollution += ihs * pollution;
}

static enum status take_replicates(struct uncertainty *u, const struct attribute_maps *all)
{
    enum status status = STATUS_OK;
    const struct job *job = u->request.job;
    for (int64_t replicate = 0; replicate < u->replicates; replicate++) {
        int64_t at = 0;
        for (int map = 0; map < 2; map++) {
            int variable;
            TRY(find_replicate(u, map, replicate, &variable));
            TRY(dataset_read(u->dataset, variable, &u->window, u->map[map]));
        }
        for (int64_t block = job->rank; block < u->blocks; block += job->size) {
            double *sums = u->sums + (replicate * u->blocks + block) * SUMS;
            for (int64_t i = 0; i < block_count(u, block); i++) {
                take_target(u, all, block * BLOCK_TARGETS + i, at++, sums);
            }
        }
    }
done:
    return status;
}

/* Values that one rank has and the others have as 0: sums are exact. */
static void share_values(const struct job *job, double *values, int64_t count)
{
    enum { MOST = 1 << 26 };
    for (int64_t at = 0; at < count; at += MOST) {
        int64_t part = count - at < MOST ? count - at : MOST;
        messages_reduce(job->comm, values + at, (int)part, MPI_DOUBLE, MPI_SUM);
    }
}

static double product_mean(double sum, double first, double second, double count)
{
    return (sum - first * second / count) / (count - 1);
}

/* Variances of what the blocks add up to, in the order of the blocks. */
static void find_variances(struct uncertainty *u)
{
    double count = (double)u->replicates, mean[SUMS] = {0}, products[SUMS] = {0}, mixed = 0;
    for (int64_t replicate = 0; replicate < u->replicates; replicate++) {
        double total[SUMS] = {0};
        for (int64_t block = 0; block < u->blocks; block++) {
            for (int sum = 0; sum < SUMS; sum++) {
                total[sum] += u->sums[(replicate * u->blocks + block) * SUMS + sum];
            }
        }
        for (int sum = 0; sum < SUMS; sum++) {
            mean[sum] += total[sum];
            products[sum] += total[sum] * total[sum];
        }
        mixed += total[SUM_IHS] * total[SUM_POLLUTION];
    }
    for (int sum = 0; sum < SUMS; sum++) {
        u->variance[sum] = product_mean(products[sum], mean[sum], mean[sum], count);
    }
    u->covariance = product_mean(mixed, mean[SUM_IHS], mean[SUM_POLLUTION], count);
}

static enum status use_replicates(struct uncertainty *u, const struct attribute_maps *all)
{
    enum status status;
    const struct job *job = u->request.job;
    TRY_TOGETHER(job->comm, open_replicates(u));
    if (u->replicates == 0) {
        if (job->rank == 0) {
            log_info("--deweathered %s: no replicates, so that standard errors know nothing of the "
                     "remainders; make it with `airshed deweather --replicates 200`",
                     u->request.deweathered);
        }
        goto done;
    }
    TRY_TOGETHER(job->comm, make_weights(u, all));
    TRY_TOGETHER(job->comm, take_replicates(u, all));
    share_values(job, u->sums, u->replicates * u->blocks * SUMS);
    share_values(job, (double *)u->cell, u->targets * (int64_t)(sizeof *u->cell / sizeof(double)));
    find_variances(u);
    u->days = mean_days(u, all) * (double)u->steps / (double)u->request.steps;
    for (int i = 0; i < READINGS; i++) {
        u->weights[i] = sum_of_weights(u, all, (enum attribute_reading)i);
    }
done:
    return status;
}

/* ---- parts -------------------------------------------------------------------------------- */

/* Of the remainders: to first order the share changes by (change of the sources' part - share x change of
 * the pollution) / pollution. In a part of the days as much as fewer blocks scatter more: with the
 * square root of the days. */
static double remainder_error(const struct uncertainty *u, const struct attribute_maps *maps,
                              enum attribute_reading reading)
{
    if (u->replicates == 0) {
        return NAN;
    }
    double longer = u->days / mean_days(u, maps);
    double weights = sum_of_weights(u, maps, reading), divisor = share_divisor(u, maps, reading);
    double variance = u->variance[SUM_RATIOS];
    if (reading == READING_RATIO_OF_MEANS) {
        double share = weighted_sum(u, maps, reading, maps->period.maps[ATTRIBUTE_IHS]) / divisor;
        variance = u->variance[SUM_IHS] - 2 * share * u->covariance +
                   share * share * u->variance[SUM_POLLUTION];
    }
    return sqrt(fmax(variance, 0) * longer) / u->weights[reading] * weights / divisor;
}

/* Of the prediction across the areas. */
static enum status background_error(struct uncertainty *u, const struct attribute_maps *maps,
                                    const struct prediction_quality *quality,
                                    enum attribute_reading reading, double *error)
{
    enum status status;
    int64_t count = 0, *cell = NULL;
    double *weight = NULL, variance;
    TRY(memory_allocate((size_t)u->targets, sizeof *cell, &cell));
    TRY(memory_allocate((size_t)u->targets, sizeof *weight, &weight));
    for (int64_t i = 0; i < u->targets; i++) {
        cell[count] = u->target[i];
        weight[count] = target_weight(maps, reading, u->target[i]);
        count += weight[count] > 0;
    }
    *error = NAN;
    if (count > 0) {
        TRY(predictor_variance(u->predictor, maps->period.maps[ATTRIBUTE_OUTSIDE], quality, count,
                               cell, weight, &variance));
        *error = sqrt(variance) / share_divisor(u, maps, reading);
    }
done:
    free(cell);
    free(weight);
    return status;
}

/* Of a network's seed: standard deviation of the shares by networks that differ in nothing else. */
static double network_error(const struct uncertainty *u, const struct attribute_maps *maps,
                            enum attribute_reading reading)
{
    int others = u->request.others;
    double divisor = share_divisor(u, maps, reading), squares = 0, sum = 0;
    for (int i = 0; i <= others; i++) {
        const float *map = i == 0 ? maps->period.maps[ATTRIBUTE_IHS] : maps->others[i - 1];
        double share = weighted_sum(u, maps, reading, map) / divisor;
        sum += share;
        squares += share * share;
    }
    double rest = squares - sum * sum / (others + 1);
    return others > 0 ? sqrt(fmax(rest, 0) / others) : NAN;
}

/* Known parts are independent of one another. */
static double total_error(const struct attribute_errors *errors, enum attribute_reading reading)
{
    double squares = 0;
    for (int part = 0; part < PARTS; part++) {
        double own = errors->part[part][reading];
        squares += isnan(own) ? 0 : own * own;
    }
    return isnan(errors->part[PART_BACKGROUND][reading]) ? NAN : sqrt(squares);
}

/* ---- cells -------------------------------------------------------------------------------- */

static double cell_remainder(const struct uncertainty *u, const struct attribute_maps *maps,
                             enum attribute_reading reading, int64_t i)
{
    if (u->replicates == 0) {
        return 0;
    }
    const struct cell_sums *sums = &u->cell[i];
    double count = (double)u->replicates, share = 0;
    if (reading == READING_RATIO_OF_MEANS) {
        share = (double)maps->period.maps[ATTRIBUTE_RATIO_OF_MEANS][u->target[i]];
    }
    double variance =
        product_mean(sums->ihs_ihs, sums->ihs, sums->ihs, count) -
        2 * share * product_mean(sums->ihs_pollution, sums->ihs, sums->pollution, count) +
        share * share *
            product_mean(sums->pollution_pollution, sums->pollution, sums->pollution, count);
    return fmax(variance, 0);
}

static double cell_network(const struct uncertainty *u, const struct attribute_maps *maps, int64_t cell)
{
    int others = u->request.others;
    double own = (double)maps->period.maps[ATTRIBUTE_IHS][cell], sum = own, squares = own * own;
    for (int i = 0; i < others; i++) {
        double value = (double)maps->others[i][cell];
        sum += value;
        squares += value * value;
    }
    return others > 0 ? fmax(squares - sum * sum / (others + 1), 0) / others : 0;
}

static enum status find_cells(struct uncertainty *u, const struct attribute_maps *maps,
                              const struct prediction_quality *quality, float *const cells[READINGS])
{
    enum status status;
    double *variance = NULL;
    TRY(memory_allocate((size_t)u->targets, sizeof *variance, &variance));
    TRY(predictor_variances(u->predictor, maps->period.maps[ATTRIBUTE_OUTSIDE], quality, u->targets,
                            u->target, variance));
    for (int64_t i = 0; i < u->targets; i++) {
        int64_t cell = u->target[i];
        const double divisor[READINGS] = {(double)maps->period.maps[ATTRIBUTE_POLLUTION][cell],
                                          (double)maps->period.maps[ATTRIBUTE_HARMONIC][cell]};
        for (int reading = 0; reading < READINGS; reading++) {
            double all = variance[i] + cell_network(u, maps, cell) +
                         cell_remainder(u, maps, (enum attribute_reading)reading, i);
            cells[reading][cell] = (float)(sqrt(all) / divisor[reading]);
        }
    }
done:
    free(variance);
    return status;
}

/* ---- a period ----------------------------------------------------------------------------- */

/* The parts need the maps of the whole period only for what the replicates' sums were divided by. */
enum status uncertainty_find(struct uncertainty *u, const struct attribute_maps *maps,
                             struct attribute_errors *errors, float *const cells[READINGS])
{
    enum status status;
    struct prediction_quality quality;
    const float *outside = maps->period.maps[ATTRIBUTE_OUTSIDE];
    TRY(predictor_assess(u->predictor, outside, &u->quality, &quality));
    for (int i = 0; i < READINGS; i++) {
        enum attribute_reading reading = (enum attribute_reading)i;
        errors->part[PART_REMAINDER][i] = remainder_error(u, maps, reading);
        TRY(background_error(u, maps, &quality, reading, &errors->part[PART_BACKGROUND][i]));
        errors->part[PART_NETWORK][i] = network_error(u, maps, reading);
        errors->total[i] = total_error(errors, reading);
    }
    errors->factor =
        quality.held > 0 ? gsl_cdf_tdist_Pinv(0.975, quality.held) : NORMAL_REACH;
    if (cells != NULL) {
        TRY(find_cells(u, maps, &quality, cells));
    }
done:
    return status;
}

int64_t uncertainty_bytes(int64_t cells)
{
    /* Masks, replicates of one kind, lists and sums of targets, and the weights of a rank that is alone. */
    int64_t target = 2 * 8 + (int64_t)sizeof(struct cell_sums) + 8;
    int64_t weights = NEIGHBOURS_USUAL * (int64_t)(sizeof(double) + sizeof(int32_t));
    return predictor_bytes(cells) + cells * (2 + 2 * 4 + target + weights);
}

enum status attribute_check_removal(const struct job *job, const char *path)
{
    enum status status;
    struct dataset *dataset = NULL;
    struct dataset_options how = {0};
    TRY(dataset_open(path, &how, &dataset));
    const char *removal = dataset_attribute(dataset, "removal");
    bool keeps_mean = removal == NULL || strcmp(removal, "recentre") == 0;
    if (!keeps_mean && job->rank == 0) {
        log_warning("--deweathered %s: was made with --removal %s, which does not keep the mean of a "
                    "cell: %s; use `airshed deweather --removal recentre` (P2.31)",
                    path, removal,
                    strcmp(removal, "literal") == 0
                        ? "every share comes out near 0"
                        : "shares hold differences between the intercepts of cells");
    }
done:
    dataset_close(&dataset);
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

enum status uncertainty_create(const struct attribute_request *request,
                               const struct attribute_maps *all, struct uncertainty **out)
{
    enum status status;
    struct uncertainty *u = NULL;
    TRY_TOGETHER(request->job->comm, memory_allocate(1, sizeof *u, &u));
    u->request = *request;
    u->cells = request->grid->rows * request->grid->cols;
    TRY_TOGETHER(request->job->comm, list_targets(u, all));
    struct predictor_request predicted = {.grid = request->grid,
                                          .seed = request->job->seed,
                                          .expected = request->expected,
                                          .is_area = u->is_area,
                                          .is_outside = u->is_outside};
    TRY_TOGETHER(request->job->comm, predictor_create(&predicted, &u->predictor));
    TRY_TOGETHER(request->job->comm,
                 predictor_assess(u->predictor, all->period.maps[ATTRIBUTE_OUTSIDE], NULL,
                                  &u->quality));
    TRY(use_replicates(u, all));
    *out = u;
    u = NULL;
done:
    uncertainty_destroy(&u);
    return status;
}

void uncertainty_destroy(struct uncertainty **uncertainty)
{
    struct uncertainty *u = *uncertainty;
    if (u == NULL) {
        return;
    }
    predictor_destroy(&u->predictor);
    dataset_close(&u->dataset);
    void *const blocks[] = {u->is_area, u->is_outside, u->target, u->map[0], u->map[1],
                            u->site,    u->weight,     u->sums,   u->cell};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
    free(u);
    *uncertainty = NULL;
}
