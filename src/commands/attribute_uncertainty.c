/* airshed -- GPL-3.0-or-later. How sure the share of the sources is (P2.47). */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/kriging.h"
#include "kernels/variogram.h"
#include "learn/holdout.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

/* Cells of a map that make its variogram; its cutoff is a third of the diagonal (P2.09). */
enum { VARIOGRAM_CELLS = 2000, CUTOFF_SHARE = 3 };

struct uncertainty {
    const struct attribute_request *request;
    const struct job *job;
    const struct georeference *grid;
    int64_t cells, steps, targets, sites, groups, block_days, room;
    struct position *place;         /* [cells] */
    double *deweathered, *inverse;  /* [cells]: mean; mean of 1 / pollution */
    int64_t *target, *site;         /* [targets], [sites]: cells */
    struct position *target_place, *site_place;
    double *site_value; /* [sites] */
    int32_t *site_group;
    struct kriging_options kriging;
    int64_t capacity;
    int32_t *neighbour; /* [targets, capacity] */
    double *weight, *prediction;
    double *maps;                                 /* [room, cells]: replicates or groups */
    double *sum[READINGS], *squares[READINGS];    /* [targets] */
    double *variance[READINGS];                   /* [targets] of both parts */
    float *block[3];                              /* [steps, columns] of a row */
    double *prefix;                               /* [steps + 1] */
    int32_t *prefix_count;
};

/* ---- means and replicates of the rows that this rank owns ---------------------------------- */

static enum status read_block(struct uncertainty *u, const struct window *window)
{
    enum status status;
    TRY(input_read(u->request->pollution, window, u->block[0]));
    TRY(input_read(u->request->deweathered, window, u->block[1]));
    TRY(input_read(u->request->baseline, window, u->block[2]));
done:
    return status;
}

static void find_means(struct uncertainty *u, const struct window *window, int64_t col)
{
    double sum = 0, inverse = 0;
    int64_t count = 0, days = 0;
    int64_t cell = window->row * u->grid->cols + window->col + col;
    for (int64_t step = 0; step < u->steps; step++) {
        double pollution = (double)u->block[0][step * window->cols + col];
        double deweathered = (double)u->block[1][step * window->cols + col];
        if (!isnan(deweathered)) {
            sum += deweathered;
            count++;
        }
        if (!isnan(pollution) && !isnan(deweathered) && pollution >= SHARE_FLOOR) {
            inverse += 1 / pollution;
            days++;
        }
    }
    u->deweathered[cell] = count > 0 ? sum / (double)count : NAN;
    u->inverse[cell] = days > 0 ? inverse / (double)days : 0;
}

static void sum_remainders(struct uncertainty *u, const struct window *window, int64_t col)
{
    u->prefix[0] = 0;
    u->prefix_count[0] = 0;
    for (int64_t step = 0; step < u->steps; step++) {
        int64_t at = step * window->cols + col;
        double remainder = (double)u->block[0][at] - (double)u->block[2][at];
        bool is_there = !isnan(remainder);
        u->prefix[step + 1] = u->prefix[step] + (is_there ? remainder : 0);
        u->prefix_count[step + 1] = u->prefix_count[step] + is_there;
    }
}

/* Mean remainder of a replicate less the true one: block k of it starts at a step that (replicate, k)
 * keys, for every cell the same. 0 where a cell has no remainders. */
static double draw_mean(const struct uncertainty *u, int64_t replicate)
{
    struct random_key key = {u->job->seed, random_stream("attribute.blocks")};
    uint64_t starts = (uint64_t)(u->steps - u->block_days + 1);
    double sum = 0;
    int64_t count = 0;
    for (int64_t step = 0, k = 0; step < u->steps; step += u->block_days, k++) {
        int64_t left = u->steps - step;
        int64_t length = left < u->block_days ? left : u->block_days;
        int64_t start = (int64_t)random_below(key, (uint64_t)replicate, (uint64_t)k, starts);
        sum += u->prefix[start + length] - u->prefix[start];
        count += u->prefix_count[start + length] - u->prefix_count[start];
    }
    int64_t all = u->prefix_count[u->steps];
    return all > 0 && count > 0 ? sum / (double)count - u->prefix[u->steps] / (double)all : 0;
}

static int64_t block_cols(const struct uncertainty *u)
{
    enum { COLUMNS = 64 };
    return u->grid->cols < COLUMNS ? u->grid->cols : COLUMNS;
}

/* Replicates [first, first + count) of the rows of this rank; with the first ones the means. */
static enum status draw_rows(struct uncertainty *u, int64_t first, int64_t count)
{
    enum status status = STATUS_OK;
    for (int64_t row = u->job->rank; row < u->grid->rows; row += u->job->size) {
        for (int64_t col = 0; col < u->grid->cols; col += block_cols(u)) {
            int64_t left = u->grid->cols - col;
            struct window window = {.steps = u->steps,
                                    .row = row,
                                    .rows = 1,
                                    .col = col,
                                    .cols = left < block_cols(u) ? left : block_cols(u)};
            TRY(read_block(u, &window));
            for (int64_t i = 0; i < window.cols; i++) {
                if (first == 0) {
                    find_means(u, &window, i);
                }
                sum_remainders(u, &window, i);
                for (int64_t k = 0; k < count; k++) {
                    u->maps[k * u->cells + row * u->grid->cols + col + i] = draw_mean(u, first + k);
                }
            }
        }
    }
done:
    return status;
}

/* Values that one rank has and the others have as 0: sums are exact. */
static void share_values(const struct uncertainty *u, double *values, int64_t count)
{
    for (int64_t at = 0; at < count; at += INT_MAX / 2) {
        int64_t part = count - at < INT_MAX / 2 ? count - at : INT_MAX / 2;
        messages_reduce(u->job->comm, values + at, (int)part, MPI_DOUBLE, MPI_SUM);
    }
}

static enum status draw(struct uncertainty *u, int64_t first, int64_t count)
{
    enum status status;
    memset(u->maps, 0, (size_t)(count * u->cells) * sizeof *u->maps);
    TRY_TOGETHER(u->job->comm, draw_rows(u, first, count));
    share_values(u, u->maps, count * u->cells);
    if (first == 0) {
        share_values(u, u->deweathered, u->cells);
        share_values(u, u->inverse, u->cells);
    }
done:
    return status;
}

/* ---- prediction --------------------------------------------------------------------------- */

static enum status list_cells(struct uncertainty *u)
{
    enum status status;
    const int32_t *days = u->request->all->counts[ATTRIBUTE_DAYS];
    for (int64_t cell = 0; cell < u->cells; cell++) {
        u->targets += days[cell] > 0;
        u->sites += days[cell] == 0 && !isnan(u->deweathered[cell]);
    }
    size_t targets = (size_t)u->targets, sites = (size_t)u->sites;
    TRY(memory_allocate(targets, sizeof *u->target, &u->target));
    TRY(memory_allocate(targets, sizeof *u->target_place, &u->target_place));
    TRY(memory_allocate(targets, sizeof *u->prediction, &u->prediction));
    TRY(memory_allocate(sites, sizeof *u->site, &u->site));
    TRY(memory_allocate(sites, sizeof *u->site_place, &u->site_place));
    TRY(memory_allocate(sites, sizeof *u->site_value, &u->site_value));
    TRY(memory_allocate(sites, sizeof *u->site_group, &u->site_group));
    for (int64_t cell = 0, i = 0, k = 0; cell < u->cells; cell++) {
        if (days[cell] > 0) {
            u->target[i] = cell;
            u->target_place[i++] = u->place[cell];
        } else if (!isnan(u->deweathered[cell])) {
            u->site[k] = cell;
            u->site_value[k] = u->deweathered[cell];
            u->site_place[k++] = u->place[cell];
        }
    }
done:
    return status;
}

static double distance_between(const struct uncertainty *u, int64_t first, int64_t second)
{
    return position_distance(DISTANCE_GEODESIC, u->place[first], u->place[second]);
}

static enum status fit_variogram(struct uncertainty *u)
{
    enum status status;
    struct variogram_pairs pairs;
    int64_t *chosen = NULL;
    struct position *place = NULL;
    double *value = NULL;
    double diagonal = distance_between(u, 0, u->cells - 1);
    TRY(memory_allocate(VARIOGRAM_CELLS, sizeof *chosen, &chosen));
    TRY(memory_allocate(VARIOGRAM_CELLS, sizeof *place, &place));
    TRY(memory_allocate(VARIOGRAM_CELLS, sizeof *value, &value));
    int64_t count = variogram_sample(u->job->seed, 0, u->sites, u->site_value, VARIOGRAM_CELLS, chosen);
    for (int64_t i = 0; i < count; i++) {
        place[i] = u->site_place[chosen[i]];
        value[i] = u->site_value[chosen[i]];
    }
    variogram_pairs_init(&pairs, diagonal > 0 ? diagonal / CUTOFF_SHARE : 1, VARIOGRAM_LAGS_DEFAULT);
    variogram_pairs_add(&pairs, DISTANCE_GEODESIC, count, place, value);
    struct variogram_fit fit = variogram_fit_best(&pairs);
    u->kriging = kriging_options_default(DISTANCE_GEODESIC, &fit.model);
done:
    free(chosen);
    free(place);
    free(value);
    return status;
}

/* Edge of the blocks that are left out: as long as a typical area, as those that `background` holds
 * out, since what is asked is how far off a prediction across such a width may be. Blocks as wide as
 * the variogram's range are too small: the next cells behind stand in for them. */
static enum status block_edge(const struct uncertainty *u, int64_t *edge)
{
    enum status status;
    struct shapes *shapes = NULL;
    uint8_t *mask = NULL;
    TRY(memory_allocate((size_t)u->cells, 1, &mask));
    for (int64_t i = 0; i < u->targets; i++) {
        mask[u->target[i]] = 1;
    }
    TRY(shapes_create(mask, u->grid->rows, u->grid->cols, &shapes));
    *edge = holdout_block(shapes, u->grid->rows, u->grid->cols);
done:
    free(mask);
    shapes_destroy(&shapes);
    return status;
}

/* Numbers the blocks that hold sites; where they are more than groups, deals them out by seed. */
static enum status group_sites(struct uncertainty *u)
{
    enum status status;
    int32_t *number = NULL;
    struct random_key key = {u->job->seed, random_stream("attribute.groups")};
    int64_t rows = u->grid->rows, cols = u->grid->cols, edge = 0, found = 0;
    TRY(block_edge(u, &edge));
    int64_t across = (cols + edge - 1) / edge, blocks = across * ((rows + edge - 1) / edge);
    TRY(memory_allocate((size_t)blocks, sizeof *number, &number));
    for (int64_t i = 0; i < u->sites; i++) {
        int64_t block = u->site[i] / cols / edge * across + u->site[i] % cols / edge;
        number[block] = number[block] > 0 ? number[block] : (int32_t)++found;
        u->site_group[i] = number[block] - 1;
    }
    u->groups = found < u->request->groups ? found : u->request->groups;
    for (int64_t i = 0; i < u->sites && found > u->groups; i++) {
        u->site_group[i] =
            (int32_t)random_below(key, (uint64_t)u->site_group[i], 0, (uint64_t)u->groups);
    }
done:
    free(number);
    return status;
}

static enum status make_weights(struct uncertainty *u)
{
    enum status status;
    struct kriging *kriging = NULL;
    TRY(kriging_create(&u->kriging, u->sites, u->site_place, u->site_value, &kriging));
    u->capacity = kriging_capacity(kriging);
    size_t entries = (size_t)(u->targets * u->capacity);
    TRY(memory_allocate(entries, sizeof *u->neighbour, &u->neighbour));
    TRY(memory_allocate(entries, sizeof *u->weight, &u->weight));
    kriging_weights(kriging, u->targets, u->target_place, u->neighbour, u->weight, NULL);
    kriging_predict(kriging, u->targets, u->target_place, u->prediction, NULL, NULL);
done:
    kriging_destroy(&kriging);
    return status;
}

/* ---- variances ---------------------------------------------------------------------------- */

/* How the areas' sums change, and those of cells: @p ihs [targets] and @p pollution [targets] (NULL:
 * not at all) are added to the means. @p shares of the areas, less those without change. */
static void take_change(struct uncertainty *u, const double *ihs, const double *pollution,
                        double shares[READINGS])
{
    const struct attribute_period *all = u->request->all;
    double ihs_sum = 0, ihs_new = 0, sum = 0, sum_new = 0, ratios = 0, share_days = 0;
    for (int64_t i = 0; i < u->targets; i++) {
        int64_t cell = u->target[i];
        double days = all->counts[ATTRIBUTE_DAYS][cell], own = all->counts[ATTRIBUTE_SHARE_DAYS][cell];
        double part = (double)all->maps[ATTRIBUTE_IHS][cell];
        double whole = (double)all->maps[ATTRIBUTE_POLLUTION][cell];
        double whole_new = pollution != NULL ? whole + pollution[i] : whole;
        double change[READINGS] = {(part + ihs[i]) / whole_new - part / whole,
                                   ihs[i] * u->inverse[cell]};
        for (int reading = 0; reading < READINGS; reading++) {
            u->sum[reading][i] += change[reading];
            u->squares[reading][i] += change[reading] * change[reading];
        }
        ihs_sum += days * part;
        ihs_new += days * (part + ihs[i]);
        sum += days * whole;
        sum_new += days * whole_new;
        ratios += own * change[READING_MEAN_OF_RATIOS];
        share_days += own;
    }
    shares[READING_RATIO_OF_MEANS] = ihs_new / sum_new - ihs_sum / sum;
    shares[READING_MEAN_OF_RATIOS] = ratios / share_days;
}

/* Sums over replicates of what the areas' shares change by. */
struct spread {
    double sum[READINGS], squares[READINGS];
};

static void spread_add(struct spread *spread, const double shares[READINGS])
{
    for (int reading = 0; reading < READINGS; reading++) {
        spread->sum[reading] += shares[reading];
        spread->squares[reading] += shares[reading] * shares[reading];
    }
}

static double scatter(double sum, double squares, int64_t count)
{
    double left = squares - sum * sum / (double)count;
    return left > 0 ? left : 0;
}

/* Adds @p factor times the scatter of @p count changes to the cells' variances; errors of the areas. */
static void end_part(struct uncertainty *u, const struct spread *spread, int64_t count, double factor,
                     double errors[READINGS])
{
    for (int reading = 0; reading < READINGS; reading++) {
        errors[reading] =
            sqrt(factor * scatter(spread->sum[reading], spread->squares[reading], count));
        for (int64_t i = 0; i < u->targets; i++) {
            u->variance[reading][i] +=
                factor * scatter(u->sum[reading][i], u->squares[reading][i], count);
            u->sum[reading][i] = 0;
            u->squares[reading][i] = 0;
        }
    }
}

/* A replicate's remainders change the pollution, its deweathered mean as much (`recentre` keeps the
 * mean of a cell), and the prediction as its weights say. */
static void take_replicate(struct uncertainty *u, const double *map, double *ihs, double *pollution,
                           struct spread *spread)
{
    double shares[READINGS];
    for (int64_t i = 0; i < u->targets; i++) {
        double predicted = 0;
        for (int64_t k = i * u->capacity; k < (i + 1) * u->capacity; k++) {
            predicted = fma(u->weight[k], map[u->site[u->neighbour[k]]], predicted);
        }
        pollution[i] = map[u->target[i]];
        ihs[i] = pollution[i] - predicted;
    }
    take_change(u, ihs, pollution, shares);
    spread_add(spread, shares);
}

static enum status take_replicates(struct uncertainty *u, int64_t count,
                                   struct spread *spread)
{
    enum status status;
    double *ihs = NULL, *pollution = NULL;
    TRY(memory_allocate((size_t)u->targets, sizeof *ihs, &ihs));
    TRY(memory_allocate((size_t)u->targets, sizeof *pollution, &pollution));
    for (int64_t k = 0; k < count; k++) {
        take_replicate(u, u->maps + k * u->cells, ihs, pollution, spread);
    }
done:
    free(ihs);
    free(pollution);
    return status;
}

/* ---- background left out ------------------------------------------------------------------ */

static bool uses_group(const struct uncertainty *u, int64_t target, int64_t group)
{
    for (int64_t k = target * u->capacity; k < (target + 1) * u->capacity; k++) {
        if (u->site_group[u->neighbour[k]] == group) {
            return true;
        }
    }
    return false;
}

/* What the prediction changes by without @p group, [targets]; 0 where its sites were not used. */
static enum status leave_out(struct uncertainty *u, int64_t group, double *change)
{
    enum status status;
    struct kriging *kriging = NULL;
    double *value = NULL, *prediction = NULL;
    struct position *place = NULL;
    int64_t *which = NULL, count = 0;
    TRY(memory_allocate((size_t)u->sites, sizeof *value, &value));
    TRY(memory_allocate((size_t)u->targets, sizeof *prediction, &prediction));
    TRY(memory_allocate((size_t)u->targets, sizeof *place, &place));
    TRY(memory_allocate((size_t)u->targets, sizeof *which, &which));
    for (int64_t i = 0; i < u->sites; i++) {
        value[i] = u->site_group[i] == group ? NAN : u->site_value[i];
    }
    for (int64_t i = 0; i < u->targets; i++) {
        if (uses_group(u, i, group)) {
            place[count] = u->target_place[i];
            which[count++] = i;
        }
    }
    TRY(kriging_create(&u->kriging, u->sites, u->site_place, value, &kriging));
    kriging_predict(kriging, count, place, prediction, NULL, NULL);
    for (int64_t k = 0; k < count; k++) {
        change[which[k]] = prediction[k] - u->prediction[which[k]];
    }
done:
    kriging_destroy(&kriging);
    free(value);
    free(prediction);
    free(place);
    free(which);
    return status;
}

static enum status leave_out_own(struct uncertainty *u, int64_t first, int64_t count)
{
    enum status status = STATUS_OK;
    for (int64_t k = 0; k < count; k++) {
        if ((first + k) % u->job->size == u->job->rank) {
            TRY(leave_out(u, first + k, u->maps + k * u->targets));
        }
    }
done:
    return status;
}

/* Delete-a-group jackknife: (G - 1) / G sum (d - mean d)^2 (Shao and Tu 1995, 2.3). */
static enum status jackknife(struct uncertainty *u, struct attribute_errors *errors)
{
    enum status status = STATUS_OK;
    struct spread spread = {{0}, {0}};
    double groups = (double)u->groups;
    for (int64_t first = 0; first < u->groups; first += u->room) {
        int64_t left = u->groups - first, count = left < u->room ? left : u->room;
        memset(u->maps, 0, (size_t)(count * u->targets) * sizeof *u->maps);
        TRY_TOGETHER(u->job->comm, leave_out_own(u, first, count));
        share_values(u, u->maps, count * u->targets);
        for (int64_t k = 0; k < count; k++) {
            double *change = u->maps + k * u->targets, shares[READINGS];
            for (int64_t i = 0; i < u->targets; i++) {
                change[i] = -change[i]; /* more background is less of the sources */
            }
            take_change(u, change, NULL, shares);
            spread_add(&spread, shares);
        }
    }
    end_part(u, &spread, u->groups, (groups - 1) / groups, errors->predicted);
done:
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

static enum status create_rows(struct uncertainty *u)
{
    enum status status = STATUS_OK;
    size_t cells = (size_t)u->cells, steps = (size_t)u->steps;
    double *lon = NULL, *lat = NULL;
    int64_t room = u->job->memory_bytes / 4 / (u->cells * (int64_t)sizeof(double));
    int64_t most = u->request->replicates > u->request->groups ? u->request->replicates
                                                               : u->request->groups;
    u->room = room < 1 ? 1 : room < most ? room : most;
    TRY(memory_allocate((size_t)u->room * cells, sizeof *u->maps, &u->maps));
    TRY(memory_allocate(cells, sizeof *u->deweathered, &u->deweathered));
    TRY(memory_allocate(cells, sizeof *u->inverse, &u->inverse));
    TRY(memory_allocate(cells, sizeof *u->place, &u->place));
    TRY(memory_allocate(cells, sizeof *lon, &lon));
    TRY(memory_allocate(cells, sizeof *lat, &lat));
    TRY(memory_allocate(steps + 1, sizeof *u->prefix, &u->prefix));
    TRY(memory_allocate(steps + 1, sizeof *u->prefix_count, &u->prefix_count));
    for (int i = 0; i < 3; i++) {
        TRY(memory_allocate(steps * (size_t)block_cols(u), sizeof(float), &u->block[i]));
    }
    TRY(georeference_lonlat(u->grid, lon, lat));
    for (int64_t cell = 0; cell < u->cells; cell++) {
        u->place[cell] = position_from_lonlat(lon[cell], lat[cell]);
    }
done:
    free(lon);
    free(lat);
    return status;
}

static enum status create_targets(struct uncertainty *u)
{
    enum status status;
    TRY(list_cells(u));
    FAIL_IF(u->targets == 0, STATUS_DATA,
            "--expected %s: no cell has pollution, deweathered and expected on one day",
            option_text(u->job->options, "expected"));
    FAIL_IF(u->sites < 2, STATUS_DATA,
            "--deweathered %s: no background outside the areas, so that nothing tells how sure the "
            "share is; use --replicates 0",
            option_text(u->job->options, "deweathered"));
    TRY(fit_variogram(u));
    TRY(group_sites(u));
    TRY(make_weights(u));
    for (int reading = 0; reading < READINGS; reading++) {
        TRY(memory_allocate((size_t)u->targets, sizeof(double), &u->sum[reading]));
        TRY(memory_allocate((size_t)u->targets, sizeof(double), &u->squares[reading]));
        TRY(memory_allocate((size_t)u->targets, sizeof(double), &u->variance[reading]));
    }
done:
    return status;
}

static enum status bootstrap(struct uncertainty *u, struct attribute_errors *errors)
{
    enum status status = STATUS_OK;
    struct spread spread = {{0}, {0}};
    int64_t replicates = u->request->replicates;
    for (int64_t first = 0; first < replicates; first += u->room) {
        int64_t left = replicates - first, count = left < u->room ? left : u->room;
        TRY(draw(u, first, count));
        if (first == 0) {
            TRY_TOGETHER(u->job->comm, create_targets(u));
        }
        TRY_TOGETHER(u->job->comm, take_replicates(u, count, &spread));
    }
    end_part(u, &spread, replicates, replicates > 1 ? 1.0 / (double)(replicates - 1) : NAN,
             errors->drawn);
done:
    return status;
}

static enum status store(const struct uncertainty *u, struct attribute_errors *errors)
{
    enum status status = STATUS_OK;
    for (int reading = 0; reading < READINGS; reading++) {
        errors->total[reading] = hypot(errors->drawn[reading], errors->predicted[reading]);
        TRY(memory_allocate((size_t)u->cells, sizeof(float), &errors->map[reading]));
        for (int64_t cell = 0; cell < u->cells; cell++) {
            errors->map[reading][cell] = NAN;
        }
        for (int64_t i = 0; i < u->targets; i++) {
            errors->map[reading][u->target[i]] = (float)sqrt(u->variance[reading][i]);
        }
    }
    errors->groups = u->groups;
    if (u->job->rank == 0) {
        log_info("standard error of the share %.4g: %.4g of remainders, %.4g of the background "
                 "predicted from %lld groups of blocks",
                 errors->total[0], errors->drawn[0], errors->predicted[0], (long long)u->groups);
    }
done:
    return status;
}

static void uncertainty_clear(struct uncertainty *u)
{
    void *const blocks[] = {u->place,      u->deweathered,  u->inverse,    u->target,
                            u->site,       u->target_place, u->site_place, u->site_value,
                            u->site_group, u->neighbour,    u->weight,     u->prediction,
                            u->maps,       u->block[0],     u->block[1],   u->block[2],
                            u->prefix,     u->prefix_count};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
    for (int reading = 0; reading < READINGS; reading++) {
        free(u->sum[reading]);
        free(u->squares[reading]);
        free(u->variance[reading]);
    }
}

enum status attribute_uncertainty(const struct attribute_request *request,
                                  struct attribute_errors *errors)
{
    enum status status;
    int64_t steps = input_time(request->pollution)->steps;
    struct uncertainty u = {.request = request,
                            .job = request->job,
                            .grid = input_grid(request->pollution),
                            .steps = steps,
                            .block_days = request->block_days < steps ? request->block_days : steps};
    u.cells = u.grid->rows * u.grid->cols;
    TRY_TOGETHER(request->job->comm, create_rows(&u));
    TRY(bootstrap(&u, errors));
    TRY(jackknife(&u, errors));
    TRY_TOGETHER(request->job->comm, store(&u, errors));
done:
    uncertainty_clear(&u);
    return status;
}
