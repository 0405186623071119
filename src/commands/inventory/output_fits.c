/* airshed -- GPL-3.0-or-later. inventory: tables of samples: fitted distributions, bootstrap, variability
 * (P3.10, P3.11, P3.22). */
#include <math.h>

#include "fits.h"
#include "output_internal.h"

/* Parameter, keys, units and number of samples begin each row. */
enum {
    LEADING = 4
};
static const struct table_column leading[LEADING] = {
    {"parameter", NULL, NULL, TABLE_TEXT},
    {"keys", NULL, "members that the value is for", TABLE_TEXT},
    {"units", NULL, "of the parameter", TABLE_TEXT},
    {"samples", "1", "how many there are", TABLE_INTEGER},
};

static void write_leading(const struct inventory_output *output,
                          const struct inventory_sample *sample, struct table_writer *writer)
{
    char keys[512];
    const struct inventory_model *model = output->results->model;
    const struct inventory_value *value = &model->values[sample->value];
    const struct inventory_parameter *parameter = &model->parameters[value->parameter];
    table_writer_text(writer, parameter->name);
    table_writer_text(writer,
                      inventory_key_text(model, value->parameter, &value->key, keys, sizeof keys));
    table_writer_text(writer, parameter->units);
    table_writer_integer(writer, sample->count);
}

static int64_t with_leading(const struct table_column *more, int64_t count,
                            struct table_column *columns)
{
    memcpy(columns, leading, sizeof leading);
    memcpy(columns + LEADING, more, (size_t)count * sizeof *more);
    return LEADING + count;
}

/* ---- fits --------------------------------------------------------------------------------- */

int64_t fits_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"family", NULL, NULL, TABLE_TEXT},
        {"method", NULL, "largest likelihood, or moments", TABLE_TEXT},
        {"distribution", NULL, "with its parameters", TABLE_TEXT},
        {"first_error", NULL,
         "standard error of the first parameter, from the observed information", TABLE_NUMBER},
        {"second_error", NULL, "of the second", TABLE_NUMBER},
        {"log_likelihood", "1", NULL, TABLE_NUMBER},
        {"aicc", "1", "Akaike's criterion, corrected for small samples", TABLE_NUMBER},
        {"bic", "1", "Schwarz's criterion", TABLE_NUMBER},
        {"ks", "1", "Kolmogorov-Smirnov distance", TABLE_NUMBER},
        {"ad", "1", "Anderson-Darling, A squared", TABLE_NUMBER},
        {"cvm", "1", "Cramer-von Mises", TABLE_NUMBER},
        {"p_ks", "1", "p of ks by parametric bootstrap", TABLE_NUMBER},
        {"p_ad", "1", "p of ad; none where it is infinite", TABLE_NUMBER},
        {"chosen", NULL,
         "smallest AICc among fits by likelihood with both p at least 0.05; nearest: no "
         "fit passes, the smallest ad is taken",
         TABLE_TEXT},
        {"problem", NULL, "why there is no fit", TABLE_TEXT},
    };
    (void)output;
    return with_leading(all, sizeof all / sizeof *all, columns);
}

static void write_fit(const struct inventory_sample *sample, int number,
                      struct table_writer *writer)
{
    char text[256];
    const struct distribution_fit *fit = &sample->fits[number];
    bool is_sound = fit->reason == REASON_OK, is_chosen = number == sample->chosen;
    const double numbers[] = {fit->standard_errors[0],
                              fit->standard_errors[1],
                              fit->log_likelihood,
                              fit->aicc,
                              fit->bic,
                              fit->ks,
                              fit->ad,
                              fit->cvm,
                              fit->p_ks,
                              fit->p_ad};
    table_writer_text(writer, distribution_family_name(fit->family));
    table_writer_text(writer, fit->method == FIT_LIKELIHOOD ? "likelihood" : "moments");
    table_writer_text(writer,
                      is_sound ? inventory_distribution_text(&fit->distribution, text, sizeof text)
                               : NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        table_writer_number(writer, isfinite(numbers[i]) ? numbers[i] : NAN);
    }
    table_writer_text(writer, !is_chosen                          ? NULL
                              : sample->choice == FIT_CHOICE_AICC ? "yes"
                                                                  : "nearest");
    table_writer_text(writer, is_sound ? NULL : reason_text(fit->reason));
}

enum status fits_rows(const struct inventory_output *output, struct table_writer *writer)
{
    for (int64_t i = 0; i < output->sample_count; i++) {
        const struct inventory_sample *sample = &output->samples[i];
        for (int k = 0; k < sample->fit_count; k++) {
            write_leading(output, sample, writer);
            write_fit(sample, k, writer);
        }
    }
    return STATUS_OK;
}

/* ---- bootstrap ---------------------------------------------------------------------------- */

int64_t bootstrap_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"statistic", NULL, "of the samples: mean, standard deviation, percentiles", TABLE_TEXT},
        {"estimate", NULL, NULL, TABLE_NUMBER},
        {"low", NULL, "95 % interval by percentiles of the bootstrap", TABLE_NUMBER},
        {"high", NULL, NULL, TABLE_NUMBER},
        {"low_error", NULL, "standard error of that end, from the number of replicates",
         TABLE_NUMBER},
        {"high_error", NULL, NULL, TABLE_NUMBER},
        {"bca_low", NULL, "95 % interval, corrected for bias and skewness (BCa)", TABLE_NUMBER},
        {"bca_high", NULL, NULL, TABLE_NUMBER},
        {"bca_low_error", NULL, "standard error of that end", TABLE_NUMBER},
        {"bca_high_error", NULL, NULL, TABLE_NUMBER},
    };
    (void)output;
    return with_leading(all, sizeof all / sizeof *all, columns);
}

static void write_interval(const struct bootstrap_interval *interval, struct table_writer *writer)
{
    table_writer_number(writer, interval->low);
    table_writer_number(writer, interval->high);
    table_writer_number(writer, interval->low_error);
    table_writer_number(writer, interval->high_error);
}

enum status bootstrap_rows(const struct inventory_output *output, struct table_writer *writer)
{
    for (int64_t i = 0; i < output->sample_count; i++) {
        const struct inventory_sample *sample = &output->samples[i];
        for (int k = 0; k < FIT_STATISTICS; k++) {
            write_leading(output, sample, writer);
            table_writer_text(writer, inventory_sample_statistics[k]);
            table_writer_number(writer, sample->bootstrap[k].estimate);
            write_interval(&sample->bootstrap[k].percentile, writer);
            write_interval(&sample->bootstrap[k].bca, writer);
        }
    }
    return STATUS_OK;
}

/* ---- variability -------------------------------------------------------------------------- */

int64_t variability_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"statistic", NULL, "of the spread between samples: percentiles, mean, standard deviation",
         TABLE_TEXT},
        {"probability", "1", "of a percentile", TABLE_NUMBER},
        {"estimate", NULL, "by the distribution that describes the samples best", TABLE_NUMBER},
        {"low", NULL,
         "95 % interval of what so few samples leave open: refits to samples of the same size",
         TABLE_NUMBER},
        {"median", NULL, "of the refits", TABLE_NUMBER},
        {"high", NULL, NULL, TABLE_NUMBER},
    };
    (void)output;
    return with_leading(all, sizeof all / sizeof *all, columns);
}

enum status variability_rows(const struct inventory_output *output, struct table_writer *writer)
{
    for (int64_t i = 0; i < output->sample_count; i++) {
        const struct inventory_sample *sample = &output->samples[i];
        for (int k = 0; k < FIT_PERCENTILES + 2; k++) {
            const struct known_within *one = &sample->variability.known[k];
            bool is_percentile = k < FIT_PERCENTILES;
            write_leading(output, sample, writer);
            table_writer_text(writer, is_percentile          ? "percentile"
                                      : k == FIT_PERCENTILES ? "mean"
                                                             : "sd");
            table_writer_number(writer, is_percentile ? inventory_percentiles[k] : NAN);
            table_writer_number(writer, one->estimate);
            table_writer_number(writer, one->low);
            table_writer_number(writer, one->median);
            table_writer_number(writer, one->high);
        }
    }
    return STATUS_OK;
}
