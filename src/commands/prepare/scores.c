/* airshed -- GPL-3.0-or-later. Errors of prepare where each station is predicted from the others. */
#include <math.h>

#include "io/table_writer.h"
#include "prepare.h"

/* Sums of one station's errors, in the order of days. */
struct score {
    int64_t days;
    double error, square, absolute, scaled;
    double x, y, xx, yy, xy;
};

static void score_add(struct score *score, double observed, double predicted, double variance)
{
    double error = predicted - observed;
    if (isnan(error)) {
        return;
    }
    score->days++;
    score->error += error;
    score->square += error * error;
    score->absolute += fabs(error);
    score->scaled += variance > 0 ? error * error / variance : NAN;
    score->x += observed;
    score->y += predicted;
    score->xx += observed * observed;
    score->yy += predicted * predicted;
    score->xy += observed * predicted;
}

static double score_correlation(const struct score *score)
{
    double days = (double)score->days;
    double xx = score->xx - score->x * score->x / days;
    double yy = score->yy - score->y * score->y / days;
    return (score->xy - score->x * score->y / days) / sqrt(xx * yy);
}

static void score_write(const struct sites *sites, int64_t site, const struct score *score,
                        struct table_writer *writer)
{
    double days = score->days > 0 ? (double)score->days : NAN;
    table_writer_text(writer, sites->name[site]);
    table_writer_number(writer, sites->lon[site]);
    table_writer_number(writer, sites->lat[site]);
    table_writer_integer(writer, score->days);
    table_writer_number(writer, score->x / days);
    table_writer_number(writer, score->error / days);
    table_writer_number(writer, score->absolute / days);
    table_writer_number(writer, sqrt(score->square / days));
    table_writer_number(writer, score_correlation(score));
    table_writer_number(writer, score->scaled / days);
}

static struct score score_of(const struct sites *sites, const struct journal_content *content,
                             int64_t site)
{
    struct score score = {0};
    int64_t step = 0;
    for (int64_t i = 0; i < content->record_count; i++) {
        const double *scores = content->records[i].payload;
        int64_t steps =
            content->records[i].payload_bytes / (2 * sites->count * (int64_t)sizeof *scores);
        for (int64_t k = 0; k < steps; k++, step++) {
            score_add(&score, sites->value[step * sites->count + site],
                      scores[2 * k * sites->count + site],
                      scores[(2 * k + 1) * sites->count + site]);
        }
    }
    return score;
}

enum status scores_write(const struct prepare *prepare, const struct stage *stage)
{
    enum status status;
    const char *units = prepare->variables[prepare->at.value].units;
    const struct table_column columns[] = {
        {"station", NULL, "station", TABLE_TEXT},
        {"lon", "degrees_east", NULL, TABLE_NUMBER},
        {"lat", "degrees_north", NULL, TABLE_NUMBER},
        {"days", "1", "days with observation and prediction", TABLE_INTEGER},
        {"mean", units, "mean observation of these days", TABLE_NUMBER},
        {"bias", units, "mean of prediction less observation", TABLE_NUMBER},
        {"mae", units, "mean absolute error", TABLE_NUMBER},
        {"rmse", units, "root mean square error", TABLE_NUMBER},
        {"r", "1", "Pearson correlation", TABLE_NUMBER},
        {"scaled_square", "1",
         "mean of squared error over kriging variance: 1 where the variance "
         "is right",
         TABLE_NUMBER},
    };
    struct journal_content content = {0};
    struct table_writer *writer = NULL;
    const char *path = option_text(prepare->job->options, "scores");
    TRY(stage_records(stage, &content));
    TRY(table_writer_create(stage_partial(stage, path), "errors of leave-one-out prediction",
                            columns, sizeof columns / sizeof *columns, &writer));
    for (int64_t site = 0; site < prepare->sites.count; site++) {
        struct score score = score_of(&prepare->sites, &content, site);
        score_write(&prepare->sites, site, &score, writer);
    }
    TRY(table_writer_close(&writer, stage_partial(stage, prepare->scores_json)));
done:
    table_writer_destroy(&writer);
    journal_content_clear(&content);
    return status;
}
