/* airshed -- GPL-3.0-or-later. Plans and workspaces of STL. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stl_internal.h"

/* ---- cycle-subseries ---------------------------------------------------------------------- */

static struct stl_row row_trim(const double *row, int64_t points, int64_t offset)
{
    int64_t first = 0;
    int64_t end = points;
    while (first + 1 < end && row[first] == 0) {
        first++;
    }
    while (end > first + 1 && row[end - 1] == 0) {
        end--;
    }
    return (struct stl_row){.first = first, .count = end - first, .offset = offset};
}

/* Makes the rows of one group; with @p weights NULL only measures. */
static int64_t rows_fill(struct stl_cycles *cycles, double *row, double *weights)
{
    int64_t used = 0;
    for (int64_t output = 0; output < cycles->points + 2; output++) {
        loess_row(cycles->loess, output, row, row + cycles->points);
        struct stl_row trimmed = row_trim(row, cycles->points, used);
        cycles->rows[output] = trimmed;
        if (weights != NULL) {
            memcpy(weights + used, row + trimmed.first, (size_t)trimmed.count * sizeof *row);
        }
        used += trimmed.count;
    }
    return used;
}

static enum status cycles_create(const struct stl_plan *plan, struct stl_cycles *cycles)
{
    enum status status = STATUS_OK;
    const struct stl_settings *settings = &plan->settings;
    const struct loess_settings loess = {
        .points = cycles->points,
        .window = stl_seasonal_window(settings, plan->steps),
        .jump = settings->seasonal_jump,
        .degree = settings->seasonal_degree,
        .extend = true,
    };
    double *row = NULL;
    TRY(loess_create(&loess, &cycles->loess));
    TRY(memory_allocate((size_t)cycles->points + 2, sizeof *cycles->rows, &cycles->rows));
    TRY(memory_allocate(2 * (size_t)cycles->points, sizeof *row, &row));
    cycles->weight_count = (size_t)rows_fill(cycles, row, NULL);
    TRY(memory_allocate(cycles->weight_count, sizeof *cycles->weights, &cycles->weights));
    rows_fill(cycles, row, cycles->weights);
done:
    free(row);
    return status;
}

static enum status groups_create(struct stl_plan *plan)
{
    enum status status = STATUS_OK;
    int64_t period = plan->settings.period;
    int64_t longer = plan->steps % period;
    if (longer > 0) {
        plan->cycles[plan->groups++] = (struct stl_cycles){
            .first_phase = 0, .phases = longer, .points = plan->steps / period + 1};
    }
    plan->cycles[plan->groups++] = (struct stl_cycles){
        .first_phase = longer, .phases = period - longer, .points = plan->steps / period};
    for (int64_t group = 0; group < plan->groups; group++) {
        TRY(cycles_create(plan, &plan->cycles[group]));
    }
done:
    return status;
}

/* ---- plan --------------------------------------------------------------------------------- */

enum status stl_plan_create(const struct stl_settings *settings, int64_t steps,
                            struct stl_plan **out)
{
    enum status status = STATUS_OK;
    struct stl_plan *plan = NULL;
    *out = NULL;
    TRY(stl_settings_check(settings));
    TRY(memory_allocate(1, sizeof *plan, &plan));
    plan->settings = stl_settings_resolve(settings, steps);
    plan->steps = steps;
    if (steps / 2 >= settings->period) {
        const struct stl_settings *full = &plan->settings;
        const struct loess_settings trend = {.points = steps,
                                             .window = full->trend,
                                             .jump = full->trend_jump,
                                             .degree = full->trend_degree};
        const struct loess_settings low_pass = {.points = steps,
                                                .window = full->low_pass,
                                                .jump = full->low_pass_jump,
                                                .degree = full->low_pass_degree};
        TRY(loess_create(&trend, &plan->trend));
        TRY(loess_create(&low_pass, &plan->low_pass));
        TRY(groups_create(plan));
    }
    *out = plan;
    plan = NULL;
done:
    stl_plan_destroy(&plan);
    return status;
}

void stl_plan_destroy(struct stl_plan **plan)
{
    if (*plan == NULL) {
        return;
    }
    for (int group = 0; group < STL_CYCLE_GROUPS; group++) {
        loess_destroy(&(*plan)->cycles[group].loess);
        free((*plan)->cycles[group].rows);
        free((*plan)->cycles[group].weights);
    }
    loess_destroy(&(*plan)->trend);
    loess_destroy(&(*plan)->low_pass);
    free(*plan);
    *plan = NULL;
}

const struct stl_settings *stl_plan_settings(const struct stl_plan *plan)
{
    return &plan->settings;
}

size_t stl_plan_bytes(const struct stl_plan *plan)
{
    size_t bytes = sizeof *plan;
    if (plan->groups == 0) {
        return bytes;
    }
    bytes += loess_bytes(plan->trend) + loess_bytes(plan->low_pass);
    for (int64_t group = 0; group < plan->groups; group++) {
        const struct stl_cycles *cycles = &plan->cycles[group];
        bytes += loess_bytes(cycles->loess) + cycles->weight_count * sizeof(double) +
                 (size_t)(cycles->points + 2) * sizeof(struct stl_row);
    }
    return bytes;
}

/* ---- workspace ---------------------------------------------------------------------------- */

static size_t larger_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t cycle_fit_size(const struct stl_plan *plan)
{
    size_t most = 0;
    for (int64_t group = 0; group < plan->groups; group++) {
        const struct loess *loess = plan->cycles[group].loess;
        most = larger_size(most, loess_coefficients_size(loess));
        most = larger_size(most, loess_gaps_coefficients_size(loess));
    }
    return most;
}

static size_t scratch_size(const struct stl_plan *plan)
{
    const struct loess *loess[] = {plan->trend, plan->low_pass, plan->cycles[0].loess,
                                   plan->cycles[1].loess};
    size_t most = 0;
    for (int i = 0; i < 4; i++) {
        size_t size = loess[i] != NULL ? loess_scratch_size(loess[i]) : 0;
        most = size > most ? size : most;
    }
    return most;
}

/* Hands out the storage in pieces that start at cache lines; with NULL storage only measures. */
static double *piece(double *storage, size_t *used, size_t count)
{
    double *start = storage != NULL ? storage + *used : NULL;
    *used += (count + LANES - 1) / LANES * LANES;
    return start;
}

static size_t workspace_lay(struct stl_workspace *workspace, const struct stl_plan *plan)
{
    double *storage = workspace->storage;
    size_t used = 0;
    size_t block = (size_t)plan->steps * LANES;
    size_t longer = block + 2 * (size_t)plan->settings.period * LANES;
    size_t points = plan->groups > 0 ? (size_t)plan->cycles[0].points : 0;
    double **blocks[] = {&workspace->observed, &workspace->valid, &workspace->weights,
                         &workspace->residue, &workspace->weighted};
    double **longer_blocks[] = {&workspace->cycles, &workspace->spare, &workspace->low};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        *blocks[i] = piece(storage, &used, block);
    }
    for (size_t i = 0; i < sizeof longer_blocks / sizeof *longer_blocks; i++) {
        *longer_blocks[i] = piece(storage, &used, longer);
    }
    workspace->trend_fit = piece(storage, &used, loess_coefficients_size(plan->trend));
    workspace->gap_fit = piece(storage, &used, loess_gaps_coefficients_size(plan->trend));
    workspace->cycle_fit = piece(storage, &used, cycle_fit_size(plan));
    workspace->gather = piece(storage, &used, 4 * (points + 2) * LANES);
    workspace->scratch = piece(storage, &used, scratch_size(plan));
    return used;
}

size_t stl_workspace_bytes(const struct stl_plan *plan)
{
    struct stl_workspace measure = {0};
    if (plan->groups == 0) {
        return sizeof measure;
    }
    size_t bytes = sizeof measure + workspace_lay(&measure, plan) * sizeof(double) +
                   LANES * (size_t)plan->steps * sizeof *measure.gaps +
                   stl_gaps_bounds_size(plan) * sizeof *measure.bounds +
                   loess_gaps_bytes(plan->trend);
    for (int64_t group = 0; group < plan->groups; group++) {
        bytes += loess_gaps_bytes(plan->cycles[group].loess);
    }
    return bytes;
}

enum status stl_workspace_create(const struct stl_plan *plan, struct stl_workspace **out)
{
    enum status status = STATUS_OK;
    struct stl_workspace *workspace = NULL;
    *out = NULL;
    TRY(memory_allocate(1, sizeof *workspace, &workspace));
    workspace->plan = plan;
    if (plan->groups > 0) {
        TRY(memory_allocate(workspace_lay(workspace, plan), sizeof(double), &workspace->storage));
        workspace_lay(workspace, plan);
        TRY(memory_allocate(LANES * (size_t)plan->steps, sizeof *workspace->gaps,
                            &workspace->gaps));
        TRY(memory_allocate(stl_gaps_bounds_size(plan), sizeof *workspace->bounds,
                            &workspace->bounds));
        TRY(loess_gaps_create(plan->trend, &workspace->trend_gaps));
        for (int64_t group = 0; group < plan->groups; group++) {
            TRY(loess_gaps_create(plan->cycles[group].loess, &workspace->cycle_gaps[group]));
        }
    }
    *out = workspace;
    workspace = NULL;
done:
    stl_workspace_destroy(&workspace);
    return status;
}

void stl_workspace_destroy(struct stl_workspace **workspace)
{
    if (*workspace != NULL) {
        free((*workspace)->storage);
        free((*workspace)->gaps);
        free((*workspace)->bounds);
        loess_gaps_destroy(&(*workspace)->trend_gaps);
        for (int group = 0; group < STL_CYCLE_GROUPS; group++) {
            loess_gaps_destroy(&(*workspace)->cycle_gaps[group]);
        }
        free(*workspace);
        *workspace = NULL;
    }
}
