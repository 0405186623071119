/* airshed -- GPL-3.0-or-later. Errors of background on the held-out areas, as tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/table_writer.h"

const char *method_name(int method)
{
    static const char *const names[METHODS] = {[INFILL_KRIGING] = "kriging",
                                               [INFILL_INVERSE_DISTANCE] = "idw",
                                               [INFILL_LINEAR] = "linear",
                                               [METHOD_NETWORK] = "network"};
    return names[method];
}

int method_find(const char *name)
{
    int method = 0;
    while (strcmp(method_name(method), name) != 0) {
        method++;
    }
    return method;
}

/* ---- which -------------------------------------------------------------------------------- */

void scores_init(const struct job *job, const struct region *region, int64_t steps, int own,
                 struct scores *scores)
{
    int64_t blocks = (steps + SCORE_BLOCK - 1) / SCORE_BLOCK;
    int64_t wanted = option_integer(job->options, "score-steps") / SCORE_BLOCK;
    wanted = wanted > 0 ? wanted : 1;
    *scores = (struct scores){.region = region,
                              .seed = job->seed,
                              .steps = steps,
                              .every = (blocks + wanted - 1) / wanted};
    for (int method = 0; method < INFILL_METHODS; method++) {
        scores->is_scored[method] = true;
    }
    scores->is_scored[own] = true;
    scores->step_bytes =
        METHODS * (1 + region->holdout->areas) * (int64_t)sizeof(struct metric_sums);
}

/* One block of every so many, at a place drawn anew each time: no season is met twice as often. */
bool scores_has(const struct scores *scores, int64_t step)
{
    struct random_key key = {scores->seed, random_stream("background.scores")};
    int64_t block = step / SCORE_BLOCK;
    int64_t group = block / scores->every;
    int64_t blocks = (scores->steps + SCORE_BLOCK - 1) / SCORE_BLOCK;
    int64_t left = blocks - group * scores->every;
    uint64_t choice = (uint64_t)(left < scores->every ? left : scores->every);
    return block % scores->every == (int64_t)random_below(key, (uint64_t)group, 0, choice);
}

/* Sums of @p method, overall where @p area is 0. */
static struct metric_sums *sums_of(const struct scores *scores, struct metric_sums *sums,
                                   int method, int64_t area)
{
    return sums + method * (1 + scores->region->holdout->areas) + area;
}

void scores_add(const struct scores *scores, int method, const float *map,
                const double *prediction, struct metric_sums *sums)
{
    const struct region *region = scores->region;
    for (int64_t i = 0; i < region->held; i++) {
        int64_t cell = region->held_cell[i];
        metric_add(sums_of(scores, sums, method, 0), (double)map[cell], prediction[i]);
        metric_add(sums_of(scores, sums, method, region->holdout->area[cell]), (double)map[cell],
                   prediction[i]);
    }
}

/* ---- tables ------------------------------------------------------------------------------- */

struct total {
    struct metric_sums *sums;
    int64_t count; /* of a step */
};

static void total_add(void *context, const struct journal_record *record)
{
    const struct total *total = context;
    const struct metric_sums *part = record->payload;
    int64_t parts = record->payload_bytes / (int64_t)sizeof *part;
    for (int64_t k = 0; k < parts; k++) {
        metric_merge(&total->sums[k % total->count], &part[k]);
    }
}

/* Adds up all steps in the order of time. */
static enum status total(const struct scores *scores, const struct stage *stage,
                         struct metric_sums *sums)
{
    struct total whole = {sums, scores->step_bytes / (int64_t)sizeof *sums};
    return stage_visit_records(stage, total_add, &whole);
}

enum status scores_errors(const struct scores *scores, const struct stage *stage, int method,
                          float *error)
{
    enum status status;
    struct metric_sums *sums = NULL;
    const struct region *region = scores->region;
    TRY(memory_allocate((size_t)scores->step_bytes, 1, &sums));
    TRY(total(scores, stage, sums));
    for (int64_t cell = 0; cell < region->cells; cell++) {
        int32_t area = region->is_test[cell] != 0 ? region->holdout->area[cell] : 0;
        error[cell] = area > 0 ? (float)metric_bias(sums_of(scores, sums, method, area)) : NAN;
    }
done:
    free(sums);
    return status;
}

static void write_sums(struct table_writer *writer, const struct metric_sums *sums)
{
    table_writer_integer(writer, sums->count);
    table_writer_number(writer, metric_mean(sums));
    table_writer_number(writer, metric_rmse(sums));
    table_writer_number(writer, metric_mae(sums));
    table_writer_number(writer, metric_bias(sums));
    table_writer_number(writer, metric_correlation(sums));
}

static enum status write_methods(const struct scores *scores, struct metric_sums *sums,
                                 const char *units, const char *csv, const char *json)
{
    enum status status;
    struct table_writer *writer = NULL;
    const struct table_column columns[] = {
        {"method", NULL, "how the held-out areas were predicted", TABLE_TEXT},
        {"n", "1", "cells times steps", TABLE_INTEGER},
        {"mean", units, "mean of the held-out values", TABLE_NUMBER},
        {"rmse", units, "root mean square error", TABLE_NUMBER},
        {"mae", units, "mean absolute error", TABLE_NUMBER},
        {"bias", units, "mean of prediction less held-out value", TABLE_NUMBER},
        {"r", "1", "Pearson correlation", TABLE_NUMBER},
    };
    TRY(table_writer_create(csv, "Errors on held-out background areas", columns,
                            sizeof columns / sizeof *columns, &writer));
    for (int method = METHODS - 1; method >= 0; method--) {
        if (scores->is_scored[method]) {
            table_writer_text(writer, method_name(method));
            write_sums(writer, sums_of(scores, sums, method, 0));
        }
    }
    TRY(table_writer_close(&writer, json));
done:
    table_writer_destroy(&writer);
    return status;
}

static enum status write_areas(const struct scores *scores, struct metric_sums *sums,
                               const char *units, const char *csv, const char *json)
{
    enum status status;
    struct table_writer *writer = NULL;
    const struct holdout *holdout = scores->region->holdout;
    const struct table_column columns[] = {
        {"area", NULL, "number of the held-out area, see the variable held_out", TABLE_INTEGER},
        {"cells", "1", "cells of the area", TABLE_INTEGER},
        {"method", NULL, "how it was predicted", TABLE_TEXT},
        {"n", "1", "cells times steps", TABLE_INTEGER},
        {"mean", units, "mean of the held-out values", TABLE_NUMBER},
        {"rmse", units, "root mean square error", TABLE_NUMBER},
        {"mae", units, "mean absolute error", TABLE_NUMBER},
        {"bias", units, "mean of prediction less held-out value", TABLE_NUMBER},
        {"r", "1", "Pearson correlation", TABLE_NUMBER},
    };
    TRY(table_writer_create(csv, "Errors by held-out background area", columns,
                            sizeof columns / sizeof *columns, &writer));
    for (int64_t area = 0; area < holdout->areas; area++) {
        for (int method = METHODS - 1; method >= 0; method--) {
            if (scores->is_scored[method] && holdout->area_part[area] == HOLDOUT_TEST) {
                table_writer_integer(writer, area + 1);
                table_writer_integer(writer, holdout->area_cells[area]);
                table_writer_text(writer, method_name(method));
                write_sums(writer, sums_of(scores, sums, method, area + 1));
            }
        }
    }
    TRY(table_writer_close(&writer, json));
done:
    table_writer_destroy(&writer);
    return status;
}

enum status scores_tables(const struct scores *scores, const struct stage *stage, const char *units,
                         const char *const paths[4])
{
    enum status status;
    struct metric_sums *sums = NULL;
    TRY(memory_allocate((size_t)scores->step_bytes, 1, &sums));
    TRY(total(scores, stage, sums));
    TRY(write_methods(scores, sums, units, paths[0], paths[1]));
    TRY(write_areas(scores, sums, units, paths[2], paths[3]));
done:
    free(sums);
    return status;
}
