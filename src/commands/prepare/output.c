/* airshed -- GPL-3.0-or-later. Names, texts and variables of prepare's result. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "prepare.h"

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_') {
        return false;
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("_.-", *at) == NULL) {
            return false;
        }
    }
    return strlen(name) < PREPARE_NAME_BYTES;
}

static bool makes_humidity(const struct options *options)
{
    return option_text(options, "dew-point") != NULL ||
           option_text(options, "dew-point-column") != NULL;
}

enum status prepare_name(struct prepare *prepare)
{
    enum status status = STATUS_OK;
    const struct options *options = prepare->job->options;
    const char *name = option_text(options, "as");
    if (name == NULL && makes_humidity(options)) {
        name = "rh";
    } else if (name == NULL) {
        name = prepare->is_table ? option_text(options, "value")
                                 : input_variable(prepare->fields.input)->name;
    }
    FAIL_IF(name == NULL, STATUS_USAGE, "a wide table needs --as NAME: what its values are");
    FAIL_IF(!is_name(name), STATUS_USAGE,
            "--as %s: a name begins with a letter and holds letters, digits, _ . and - only", name);
    snprintf(prepare->name, sizeof prepare->name, "%s", name);
    snprintf(prepare->variance_name, sizeof prepare->variance_name, "%s_variance", name);
    snprintf(prepare->flag_name, sizeof prepare->flag_name, "%s_flag", name);
    snprintf(prepare->outliers_name, sizeof prepare->outliers_name, "%s_outliers", name);
done:
    return status;
}

/* First of the option, the humidity's own text, and that of the input. */
static const char *text_of(const struct prepare *prepare, const char *option, const char *humidity,
                           const char *input)
{
    const struct options *options = prepare->job->options;
    const char *text = option_text(options, option);
    if (text == NULL && makes_humidity(options)) {
        return humidity;
    }
    return text != NULL ? text : input != NULL && input[0] != '\0' ? input : NULL;
}

static void describe_value(struct prepare *prepare, struct cube_variable *value)
{
    static const struct dataset_variable none = {0};
    const struct dataset_variable *facts =
        prepare->is_table ? &none : input_variable(prepare->fields.input);
    const char *input_says = prepare->is_table ? NULL : input_units(prepare->fields.input);
    const char *own = option_text(prepare->job->options, "input-units");
    *value = (struct cube_variable){
        .name = prepare->name,
        .standard_name =
            text_of(prepare, "standard-name", "relative_humidity", facts->standard_name),
        .long_name = text_of(prepare, "long-name", "relative humidity", facts->long_name),
        .units = text_of(prepare, "units", "%", own != NULL ? own : input_says),
        .cell_methods = text_of(prepare, "cell-methods", NULL, facts->cell_methods),
        .ancillary_variables = prepare->ancillary,
        .has_time = true};
}

static void describe_variance(struct prepare *prepare, const char *units,
                              struct cube_variable *variance)
{
    /* UDUNITS reads (degC)2 as a difference squared, and nothing else may follow a blank. */
    snprintf(prepare->variance_units, sizeof prepare->variance_units, "(%s)2",
             units != NULL ? units : "1");
    bool is_temperature = units != NULL && units_are_convertible(units, "K");
    *variance = (struct cube_variable){.name = prepare->variance_name,
                                       .long_name = "kriging variance; 0 where observed",
                                       .units = is_temperature ? "K2" : prepare->variance_units,
                                       .has_time = true};
}

void prepare_describe(struct prepare *prepare)
{
    struct places *at = &prepare->at;
    bool has_variance = prepare->how.method == FILL_KRIGING;
    bool has_outliers = prepare->has_rule && !prepare->is_table;
    *at = (struct places){.value = 0, .variance = -1, .outliers = -1};
    at->count = 1;
    describe_value(prepare, &prepare->variables[at->value]);
    if (has_variance) {
        at->variance = at->count++;
        describe_variance(prepare, prepare->variables[at->value].units,
                          &prepare->variables[at->variance]);
    }
    at->flag = at->count++;
    prepare->variables[at->flag] =
        (struct cube_variable){.name = prepare->flag_name,
                               .long_name = "where a value comes from, or why there is none",
                               .type = CUBE_BYTE,
                               .has_time = true,
                               .flag_meanings = reason_flag_meanings()};
    if (has_outliers) {
        at->outliers = at->count++;
        prepare->variables[at->outliers] =
            (struct cube_variable){.name = prepare->outliers_name,
                                   .long_name = "values taken out as outliers",
                                   .units = "1",
                                   .type = CUBE_INT};
    }
    snprintf(prepare->ancillary, sizeof prepare->ancillary, "%s%s%s", prepare->flag_name,
             has_variance ? " " : "", has_variance ? prepare->variance_name : "");
}

static void describe_method(const struct prepare *prepare, char *text, size_t bytes)
{
    const struct interpolation *how = &prepare->how;
    static const char *const method[] = {
        [FILL_KRIGING] = "ordinary kriging",
        [FILL_INVERSE_DISTANCE] = "inverse distance weighting",
        [FILL_NONE] = "no filling",
    };
    if (how->method == FILL_NONE) {
        snprintf(text, bytes, "%s", method[how->method]);
        return;
    }
    snprintf(text, bytes, "%s from at most %lld observations by geodesic distance",
             method[how->method], (long long)how->neighbours);
}

static void describe_models(const struct prepare *prepare, char *text, size_t bytes)
{
    const struct variogram_model *pooled = &prepare->models.pooled.model;
    text[0] = '\0';
    if (prepare->how.method == FILL_KRIGING && prepare->is_table) {
        snprintf(text, bytes,
                 "; %lld day(s) have a variogram of their own, %lld the pooled one, of values "
                 "divided by their day's deviation: %s, nugget %.4g, partial sill %.4g, range "
                 "%.4g km",
                 (long long)prepare->models.own, (long long)prepare->models.shared,
                 variogram_shape_name(pooled->shape), pooled->nugget, pooled->partial_sill,
                 pooled->range / 1000);
    }
}

static void describe_outliers(const struct prepare *prepare, char *text, size_t bytes)
{
    const struct outlier_rule *rule = &prepare->rule;
    text[0] = '\0';
    if (!prepare->has_rule) {
        return;
    }
    int used = snprintf(text, bytes,
                        "; values %s %.4g interquartile ranges beyond the quartiles "
                        "of their series taken out",
                        rule->both_sides ? "more than" : "above", rule->factor);
    if (prepare->is_table && used > 0 && (size_t)used < bytes) {
        snprintf(text + used, bytes - (size_t)used, ": %lld of %lld, %.3f %%",
                 (long long)prepare->sites.outliers, (long long)prepare->sites.valid,
                 100.0 * (double)prepare->sites.outliers / (double)prepare->sites.valid);
    }
}

const struct time_axis *prepare_time(const struct prepare *prepare)
{
    return prepare->is_table ? prepare->sites.time : input_time(prepare->fields.input);
}

void prepare_describe_cube(struct prepare *prepare)
{
    char method[160], models[400], outliers[240];
    double offset = option_real(prepare->job->options, "utc-offset");
    describe_method(prepare, method, sizeof method);
    describe_models(prepare, models, sizeof models);
    describe_outliers(prepare, outliers, sizeof outliers);
    snprintf(prepare->comment, sizeof prepare->comment, "%s%s%s", method, models, outliers);
    if (isnan(offset)) {
        snprintf(prepare->utc_offset, sizeof prepare->utc_offset, "not given");
    } else {
        snprintf(prepare->utc_offset, sizeof prepare->utc_offset, "%+g h", offset);
    }
    prepare->attributes[0] = (struct cube_attribute){"comment", prepare->comment};
    prepare->attributes[1] = (struct cube_attribute){"utc_offset_of_days", prepare->utc_offset};
    prepare->attributes[2] = (struct cube_attribute){
        "references", "Cressie, Mathematical Geology 17, 563-586, 1985; Bastin et al., Water "
                      "Resources Research 20, 463-470, 1984"};
    prepare->spec = (struct cube_spec){.grid = prepare->target.grid,
                                       .time = prepare_time(prepare),
                                       .variables = prepare->variables,
                                       .variable_count = prepare->at.count,
                                       .attributes = prepare->attributes,
                                       .attribute_count = PREPARE_ATTRIBUTES};
}
