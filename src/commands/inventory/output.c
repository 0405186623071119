/* airshed -- GPL-3.0-or-later. inventory: its tables. */
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "output_internal.h"

/* ---- names -------------------------------------------------------------------------------- */

const char *inventory_subject_name(enum result_subject subject)
{
    static const char *const names[] = {[SUBJECT_ALL] = "all",
                                        [SUBJECT_SOURCE] = "source",
                                        [SUBJECT_CATEGORY] = "category",
                                        [SUBJECT_RECEPTOR] = "receptor"};
    return names[subject];
}

const char *inventory_subject_member(const struct inventory_model *model,
                                     const struct inventory_result *result)
{
    switch (result->subject) {
    case SUBJECT_SOURCE:
        return model->sources[result->subject_member].name;
    case SUBJECT_CATEGORY:
        return model->categories.items[result->subject_member];
    case SUBJECT_RECEPTOR:
        return model->receptors.items[result->subject_member];
    default:
        return "all";
    }
}

const char *inventory_extent_name(const struct inventory_result *result)
{
    return result->place == PLACE_ALL             ? "nation"
           : result->place == PLACE_REGION        ? "region"
           : result->place_member == KEY_NATIONAL ? "without province"
                                                  : "province";
}

const char *inventory_place_name(const struct inventory_model *model,
                                 const struct inventory_result *result)
{
    return result->place == PLACE_ALL      ? "all"
           : result->place == PLACE_REGION ? model->regions.items[result->place_member]
           : result->place_member == KEY_NATIONAL
               ? "NATIONAL"
               : model->indices[INDEX_PROVINCE].members.items[result->place_member];
}

const char *inventory_year_name(const struct inventory_model *model, int year, char buffer[40])
{
    const struct text_list *years = &model->indices[INDEX_YEAR].members;
    if (year >= 0) {
        return years->items[year];
    }
    snprintf(buffer, 40, "%.12s-%.12s", years->items[0], years->items[years->count - 1]);
    return buffer;
}

/* ---- results ------------------------------------------------------------------------------ */

enum {
    KEY_COLUMNS = 7,
    STATISTIC_COLUMNS = 17,
    RESULT_COLUMNS = KEY_COLUMNS + STATISTIC_COLUMNS + 2
};

static const struct table_column key_columns[KEY_COLUMNS] = {
    {"species", NULL, "what is emitted", TABLE_TEXT},
    {"subject", NULL, "all, a category, a source or a receptor", TABLE_TEXT},
    {"name", NULL, "of the category, source or receptor", TABLE_TEXT},
    {"extent", NULL,
     "nation, region, province; without province: sources with national data only, "
     "which no province or region holds",
     TABLE_TEXT},
    {"place", NULL, "name of the region or province", TABLE_TEXT},
    {"year", NULL, "year, or the sum over the years", TABLE_TEXT},
    {"base_year", NULL, "year that a change is counted from", TABLE_TEXT},
};

static void statistic_columns(const char *units, struct table_column *columns)
{
    const struct table_column all[STATISTIC_COLUMNS] = {
        {"point", units, "all values at their centre", TABLE_NUMBER},
        {"mean", units, "mean of the draws", TABLE_NUMBER},
        {"sd", units, "standard deviation of the draws", TABLE_NUMBER},
        {"median", units, "median of the draws", TABLE_NUMBER},
        {"low", units, "lower end of the interval, of equal tails", TABLE_NUMBER},
        {"high", units, "upper end of the interval", TABLE_NUMBER},
        {"minus_percent", "%", "lower end less the mean, of the mean", TABLE_NUMBER},
        {"plus_percent", "%", "upper end less the mean, of the mean", TABLE_NUMBER},
        {"mean_error", units, "standard error of the mean, from the number of draws", TABLE_NUMBER},
        {"median_error", units, "standard error of the median", TABLE_NUMBER},
        {"low_error", units, "standard error of the lower end", TABLE_NUMBER},
        {"high_error", units, "standard error of the upper end", TABLE_NUMBER},
        {"propagated_sd", units, "standard deviation by error propagation (IPCC approach 1)",
         TABLE_NUMBER},
        {"propagated_low", units, "lower end of its interval", TABLE_NUMBER},
        {"propagated_high", units, "upper end of its interval", TABLE_NUMBER},
        {"propagated_minus_percent", "%", "the same, of the point estimate", TABLE_NUMBER},
        {"propagated_plus_percent", "%", "the same, of the point estimate", TABLE_NUMBER},
    };
    memcpy(columns, all, sizeof all);
}

static void write_key(const struct inventory_model *model, const struct inventory_result *result,
                      struct table_writer *writer)
{
    char year[40], base[40];
    table_writer_text(writer, model->indices[INDEX_SPECIES].members.items[result->species]);
    table_writer_text(writer, inventory_subject_name(result->subject));
    table_writer_text(writer, inventory_subject_member(model, result));
    table_writer_text(writer, inventory_extent_name(result));
    table_writer_text(writer, inventory_place_name(model, result));
    table_writer_text(writer, inventory_year_name(model, result->year, year));
    table_writer_text(writer, result->base_year >= 0
                                  ? inventory_year_name(model, result->base_year, base)
                                  : NULL);
}

static void write_statistics(const struct inventory_statistics *one, double half_width,
                             struct table_writer *writer)
{
    double low = one->point - half_width * one->propagated_sd;
    double high = one->point + half_width * one->propagated_sd;
    const double all[STATISTIC_COLUMNS] = {
        one->point,
        one->mean,
        one->sd,
        one->median,
        one->low,
        one->high,
        output_percent(one->low, one->mean),
        output_percent(one->high, one->mean),
        one->mean_error,
        one->median_error,
        one->low_error,
        one->high_error,
        one->propagated_sd,
        low,
        high,
        output_percent(low, one->point),
        output_percent(high, one->point),
    };
    for (int i = 0; i < STATISTIC_COLUMNS; i++) {
        table_writer_number(writer, all[i]);
    }
}

static enum status write_results(const struct inventory_output *output, enum result_kind first,
                                 enum result_kind second, struct table_writer *writer)
{
    const struct inventory_results *results = output->results;
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *one = &results->results[i];
        if (one->kind == first || one->kind == second) {
            write_key(results->model, one, writer);
            write_statistics(&results->statistics[one->slot], output->half_width, writer);
            table_writer_integer(writer, results->statistics[one->slot].undefined);
            table_writer_text(writer, first == RESULT_TOTAL        ? one->levels
                                      : one->kind == RESULT_CHANGE ? "total"
                                                                   : "share");
        }
    }
    return STATUS_OK;
}

static int64_t result_columns(const char *units, struct table_column last,
                              struct table_column *columns)
{
    memcpy(columns, key_columns, sizeof key_columns);
    statistic_columns(units, columns + KEY_COLUMNS);
    columns[RESULT_COLUMNS - 2] = (struct table_column){
        "undefined_draws", "1", "draws that are no number, left out of the statistics",
        TABLE_INTEGER};
    columns[RESULT_COLUMNS - 1] = last;
    return RESULT_COLUMNS;
}

static int64_t totals_columns(const struct inventory_output *output, struct table_column *columns)
{
    return result_columns(output->results->model->units,
                          (struct table_column){"levels", NULL,
                                                "where the values of each parameter were found",
                                                TABLE_TEXT},
                          columns);
}

static const struct table_column of_column = {"of", NULL, "total or share", TABLE_TEXT};

static int64_t percent_columns(const struct inventory_output *output, struct table_column *columns)
{
    (void)output;
    return result_columns("%", of_column, columns);
}

static enum status totals_rows(const struct inventory_output *output, struct table_writer *writer)
{
    return write_results(output, RESULT_TOTAL, RESULT_TOTAL, writer);
}

static enum status shares_rows(const struct inventory_output *output, struct table_writer *writer)
{
    return write_results(output, RESULT_SHARE, RESULT_SHARE, writer);
}

static enum status changes_rows(const struct inventory_output *output, struct table_writer *writer)
{
    return write_results(output, RESULT_CHANGE, RESULT_SHARE_CHANGE, writer);
}

/* ---- all ---------------------------------------------------------------------------------- */

static const struct output_table tables[] = {
    {"totals", "Emissions with their intervals", totals_columns, totals_rows},
    {"shares", "Shares of the total of a species and year", percent_columns, shares_rows},
    {"changes", "Changes since the first year: of totals, and of shares as a ratio of shares",
     percent_columns, changes_rows},
    {"levels", "Where the value of each parameter was found, for every cell", levels_columns,
     levels_rows},
    {"inputs", "What was read, what counts and what was left out", inputs_columns, inputs_rows},
    {"parameters", "Every value with its distribution", parameters_columns, parameters_rows},
    {"fits", "Distributions fitted to the samples of a value", fits_columns, fits_rows},
    {"bootstrap", "Statistics of samples with their bootstrap intervals", bootstrap_columns,
     bootstrap_rows},
    {"variability", "Spread between samples, and how well it is known", variability_columns,
     variability_rows},
    {"convergence", "Statistics of national totals after so many draws", convergence_columns,
     convergence_rows},
    {"sensitivities",
     "How each uncertain value goes with the totals that need it, by at most the first 65536 draws",
     sensitivities_columns, sensitivities_rows},
    {"sources", "What emits", sources_columns, sources_rows},
    {"printed", "Printed numbers beside recomputed ones", printed_columns, printed_rows},
    {"contradictions", "Printed numbers compared with one another", checks_columns, checks_rows},
};

enum {
    TABLES = sizeof tables / sizeof tables[0]
};

static enum status table_path(const char *folder, const char *name, char **path)
{
    enum status status = STATUS_OK;
    FAIL_IF(asprintf(path, "%s/%s.csv", folder, name) < 0, STATUS_MEMORY, "out of memory");
done:
    return status;
}

enum status inventory_output_declare(struct stage *stage, const char *folder)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < TABLES; i++) {
        char *path = NULL, *json = NULL;
        status = table_path(folder, tables[i].name, &path);
        status = status == STATUS_OK ? stage_add_table(stage, path, &json) : status;
        free(path);
        free(json);
        TRY(status);
    }
done:
    return status;
}

static enum status write_table(const struct inventory_output *output, const struct stage *stage,
                               const struct output_table *table)
{
    enum status status;
    char *path = NULL, *stem = NULL, *json = NULL, *title = NULL;
    struct table_writer *writer = NULL;
    struct table_column columns[OUTPUT_COLUMNS_MAX] = {0};
    int64_t count = table->columns(output, columns);
    TRY(table_path(output->folder, table->name, &path));
    TRY(path_stem(path, &stem));
    FAIL_IF(asprintf(&json, "%s.json", stem) < 0, STATUS_MEMORY, "out of memory");
    FAIL_IF(asprintf(&title, "%s: %s", output->results->model->title, table->title) < 0,
            STATUS_MEMORY, "out of memory");
    TRY(table_writer_create(stage_partial(stage, path), title, columns, count, &writer));
    TRY(table->rows(output, writer));
    TRY(table_writer_close(&writer, stage_partial(stage, json)));
done:
    table_writer_destroy(&writer);
    free(path);
    free(stem);
    free(json);
    free(title);
    return status;
}

enum status inventory_output_write(const struct inventory_output *output, const struct stage *stage)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < TABLES; i++) {
        TRY(write_table(output, stage, &tables[i]));
    }
done:
    return status;
}
