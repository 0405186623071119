/* airshed -- GPL-3.0-or-later. inventory: tables of what was drawn: parameters, convergence,
 * sensitivities. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "output_internal.h"

/* ---- parameters --------------------------------------------------------------------------- */

int64_t parameters_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"parameter", NULL, NULL, TABLE_TEXT},
        {"kind", NULL, "activity, factor, share or number", TABLE_TEXT},
        {"keys", NULL, "members that the value is for", TABLE_TEXT},
        {"value", NULL, "centre: as given, of samples their mean", TABLE_NUMBER},
        {"units", NULL, "of all numbers of the row", TABLE_TEXT},
        {"distribution", NULL, "family with its parameters; a constant where the value is certain",
         TABLE_TEXT},
        {"origin", NULL, "where the distribution comes from", TABLE_TEXT},
        {"samples", "1", "measurements that the value is made of", TABLE_INTEGER},
        {"sd", NULL, "standard deviation of the draws, in closed form", TABLE_NUMBER},
        {"low", NULL, "lower end of the interval of the draws", TABLE_NUMBER},
        {"high", NULL, "upper end", TABLE_NUMBER},
        {"minus_percent", "%", "lower end less the value, of the value", TABLE_NUMBER},
        {"plus_percent", "%", "upper end less the value, of the value", TABLE_NUMBER},
        {"used", NULL, "yes where some result needs the value", TABLE_TEXT},
        {"place", NULL, "where it was read", TABLE_TEXT},
        {"reference", NULL, NULL, TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

static const char *kind_name(enum parameter_kind kind)
{
    static const char *const names[] = {[PARAMETER_FACTOR] = "factor",
                                        [PARAMETER_ACTIVITY] = "activity",
                                        [PARAMETER_SHARE] = "share",
                                        [PARAMETER_NUMBER] = "number"};
    return names[kind];
}

static void write_parameter(const struct inventory_output *output, int64_t number,
                            struct table_writer *writer)
{
    const struct inventory_model *model = output->results->model;
    const struct inventory_value *value = &model->values[number];
    const struct inventory_parameter *parameter = &model->parameters[value->parameter];
    const struct distribution *distribution = inventory_inputs_distribution(output->inputs, number);
    double tail = (100 - output->level) / 200,
           centre = inventory_inputs_centre(output->inputs, number);
    double low = distribution_quantile(distribution, tail);
    double high = distribution_quantile(distribution, 1 - tail);
    char keys[512], family[256];
    table_writer_text(writer, parameter->name);
    table_writer_text(writer, kind_name(parameter->kind));
    table_writer_text(writer,
                      inventory_key_text(model, value->parameter, &value->key, keys, sizeof keys));
    table_writer_number(writer, centre);
    table_writer_text(writer, parameter->units);
    table_writer_text(writer, inventory_distribution_text(distribution, family, sizeof family));
    table_writer_text(writer,
                      inventory_origin_names[inventory_inputs_origin(output->inputs, number)]);
    table_writer_integer(writer, value->sample_count);
    table_writer_number(writer, inventory_inputs_sd(output->inputs, number));
    table_writer_number(writer, low);
    table_writer_number(writer, high);
    table_writer_number(writer, output_percent(low, centre));
    table_writer_number(writer, output_percent(high, centre));
    table_writer_text(writer, output->results->is_used[number] ? "yes" : "no");
    table_writer_text(writer, output_place(value->place));
    table_writer_text(writer, value->reference);
}

enum status parameters_rows(const struct inventory_output *output, struct table_writer *writer)
{
    for (int64_t i = 0; i < output->results->model->value_count; i++) {
        write_parameter(output, i, writer);
    }
    return STATUS_OK;
}

/* ---- convergence -------------------------------------------------------------------------- */

int64_t convergence_columns(const struct inventory_output *output, struct table_column *columns)
{
    const char *units = output->results->model->units;
    const struct table_column all[] = {
        {"species", NULL, NULL, TABLE_TEXT},
        {"year", NULL, "year, or the sum over the years", TABLE_TEXT},
        {"draws", "1", "the first so many draws", TABLE_INTEGER},
        {"mean", units, NULL, TABLE_NUMBER},
        {"mean_error", units, "standard error", TABLE_NUMBER},
        {"sd", units, NULL, TABLE_NUMBER},
        {"low", units, "lower end of the interval", TABLE_NUMBER},
        {"low_error", units, "standard error", TABLE_NUMBER},
        {"median", units, NULL, TABLE_NUMBER},
        {"median_error", units, "standard error", TABLE_NUMBER},
        {"high", units, "upper end of the interval", TABLE_NUMBER},
        {"high_error", units, "standard error", TABLE_NUMBER},
    };
    return COPY_COLUMNS(columns, all);
}

/* Place of a headline's checkpoints among those of all. */
static const struct inventory_statistics *checkpoints_of(const struct inventory_output *output,
                                                         int64_t slot)
{
    int64_t before = 0;
    for (int64_t i = 0; i < slot; i++) {
        before += output->is_headline[i];
    }
    return output->statistics + before * output->checkpoints;
}

enum status convergence_rows(const struct inventory_output *output, struct table_writer *writer)
{
    const struct inventory_results *results = output->results;
    const struct inventory_model *model = results->model;
    char year[40];
    for (int64_t i = 0; i < results->count; i++) {
        const struct inventory_result *one = &results->results[i];
        bool is_headline =
            one->kind == RESULT_TOTAL && one->subject == SUBJECT_ALL && one->place == PLACE_ALL;
        for (int k = 0; is_headline && k < output->checkpoints; k++) {
            const struct inventory_statistics *at = checkpoints_of(output, one->slot) + k;
            const double all[] = {at->mean,         at->mean_error, at->sd,
                                  at->low,          at->low_error,  at->median,
                                  at->median_error, at->high,       at->high_error};
            table_writer_text(writer, model->indices[INDEX_SPECIES].members.items[one->species]);
            table_writer_text(writer, inventory_year_name(model, one->year, year));
            table_writer_integer(writer, output->checkpoint[k]);
            for (size_t column = 0; column < sizeof all / sizeof all[0]; column++) {
                table_writer_number(writer, all[column]);
            }
        }
    }
    return STATUS_OK;
}

/* ---- sensitivities ------------------------------------------------------------------------ */

int64_t sensitivities_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"species", NULL, NULL, TABLE_TEXT},
        {"subject", NULL, "all, or a category", TABLE_TEXT},
        {"name", NULL, "of the category", TABLE_TEXT},
        {"year", NULL, "the sum over the years", TABLE_TEXT},
        {"order", "1", "place among the values that the total needs, by size of Pearson",
         TABLE_INTEGER},
        {"parameter", NULL, NULL, TABLE_TEXT},
        {"kind", NULL, "activity, factor, share or number", TABLE_TEXT},
        {"keys", NULL, "members that the value is for", TABLE_TEXT},
        {"pearson", "1", "linear correlation", TABLE_NUMBER},
        {"pearson_p", "1", "two-sided", TABLE_NUMBER},
        {"spearman", "1", "rank correlation", TABLE_NUMBER},
        {"spearman_p", "1", "two-sided", TABLE_NUMBER},
        {"coefficient", "1", "standardised, of the regression on the values with a coefficient",
         TABLE_NUMBER},
        {"coefficient_error", "1", "standard error", TABLE_NUMBER},
        {"coefficient_p", "1", "two-sided", TABLE_NUMBER},
        {"contribution_percent", "%", "to the variance: coefficient times Pearson", TABLE_NUMBER},
        {"explained_percent", "%", "of the variance, by all values of the regression",
         TABLE_NUMBER},
        {"is_significant", NULL, "yes where p of Pearson is below 0.05", TABLE_TEXT},
        {"adjusted_p", "1",
         "of Pearson, by Holm: of all values of the total, the chance that any without influence "
         "has so small a p",
         TABLE_NUMBER},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

static void write_influence(const struct inventory_output *output, int64_t target, int32_t input,
                            const struct sensitivity_share *share, struct table_writer *writer)
{
    const struct inventory_model *model = output->results->model;
    const struct inventory_value *value = &model->values[output->results->input_value[input]];
    const struct influence *found =
        &output->influences[input * output->sensitivity->targets + target];
    int64_t draws = output->sensitivity->draw_count;
    double p = sensitivity_p(found->pearson, draws);
    char keys[512];
    table_writer_text(writer, model->parameters[value->parameter].name);
    table_writer_text(writer, kind_name(model->parameters[value->parameter].kind));
    table_writer_text(writer,
                      inventory_key_text(model, value->parameter, &value->key, keys, sizeof keys));
    table_writer_number(writer, found->pearson);
    table_writer_number(writer, p);
    table_writer_number(writer, found->spearman);
    table_writer_number(writer, sensitivity_p(found->spearman, draws));
    table_writer_number(writer, share->coefficient);
    table_writer_number(writer, share->error);
    table_writer_number(writer, share->p);
    table_writer_number(writer, 100 * share->contribution);
}

static enum status write_target(const struct inventory_output *output, int64_t target,
                                int32_t *order, struct table_writer *writer)
{
    enum status status;
    static const struct sensitivity_share none = {NAN, NAN, NAN, NAN};
    const struct inventory_results *results = output->results;
    const struct inventory_model *model = results->model;
    const struct inventory_result *one = &results->results[output->sensitivity->target[target]];
    const struct inventory_regression *regression = &output->regressions[target];
    int64_t count, targets = output->sensitivity->targets;
    double adjusted = 0;
    char year[40];
    TRY(inventory_sensitivity_order(output->sensitivity, target, output->influences, order,
                                    &count));
    for (int64_t i = 0; i < count; i++) {
        double p = sensitivity_p(output->influences[order[i] * targets + target].pearson,
                                 output->sensitivity->draw_count);
        table_writer_text(writer, model->indices[INDEX_SPECIES].members.items[one->species]);
        table_writer_text(writer, inventory_subject_name(one->subject));
        table_writer_text(writer, inventory_subject_member(model, one));
        table_writer_text(writer, inventory_year_name(model, one->year, year));
        table_writer_integer(writer, i + 1);
        write_influence(output, target, order[i],
                        i < INFLUENCE_INPUTS_MAX ? &regression->shares[i] : &none, writer);
        table_writer_number(writer, 100 * regression->r_squared);
        table_writer_text(writer, isnan(p) ? NULL : p < 0.05 ? "yes" : "no");
        adjusted = fmin(1, fmax(adjusted, (double)(count - i) * p)); /* Holm 1979; p ascends */
        table_writer_number(writer, isnan(p) ? NAN : adjusted);
    }
done:
    return status;
}

enum status sensitivities_rows(const struct inventory_output *output, struct table_writer *writer)
{
    enum status status = STATUS_OK;
    int32_t *order = NULL;
    int64_t targets = output->sensitivity != NULL ? output->sensitivity->targets : 0;
    TRY(memory_allocate((size_t)output->results->input_count, sizeof *order, &order));
    for (int64_t i = 0; i < targets; i++) {
        TRY(write_target(output, i, order, writer));
    }
done:
    free(order);
    return status;
}
