/* airshed -- GPL-3.0-or-later. inventory: the uncertain values of a model, and their draws. */
#include "inputs.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "inputs_internal.h"
#include "spread.h"
#include "kernels/bootstrap.h"
#include "kernels/distribution_fit.h"
#include "kernels/sampler.h"

const char *const inventory_origin_names[] = {
    [ORIGIN_FIXED] = "fixed",   [ORIGIN_STATED] = "stated",       [ORIGIN_BOOTSTRAP] = "bootstrap",
    [ORIGIN_FITTED] = "fitted", [ORIGIN_EMPIRICAL] = "empirical", [ORIGIN_SMALL] = "small sample",
};

/* ---- distributions of samples ------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static void warn(struct inventory_inputs *inputs, const struct inventory_value *value,
                 const char *what)
{
    struct text text = {0};
    char keys[512], *taken = NULL;
    const char *parameter = inputs->model->parameters[value->parameter].name;
    inventory_key_text(inputs->model, value->parameter, &value->key, keys, sizeof keys);
    text_add_format(&text, "%s: '%s'%s%s: %s", value->place, parameter,
                    keys[0] != '\0' ? " of " : "", keys, what);
    inputs->failed = text_take(&text, &taken) != STATUS_OK ||
                     text_list_add(&inputs->warnings, taken) != STATUS_OK || inputs->failed;
    free(taken);
}

static enum status sort_samples(const struct inventory_value *value, struct input *input)
{
    enum status status;
    TRY(memory_allocate((size_t)value->sample_count, sizeof *input->values, &input->values));
    memcpy(input->values, value->samples, (size_t)value->sample_count * sizeof *input->values);
    qsort(input->values, (size_t)value->sample_count, sizeof *input->values, compare_numbers);
done:
    return status;
}

static enum status bootstrap_of(const struct inventory_inputs *inputs,
                                const struct inventory_value *value, struct input *input)
{
    enum status status;
    double *means = NULL;
    int64_t replicates = inputs->settings.replicates;
    struct bootstrap_sample sample = {
        .rows = input->values, /* sorted: the order of rows does not matter */
        .count = value->sample_count,
        .columns = 1,
        .key = {inputs->settings.seed, random_stream("inventory.bootstrap")},
        .item = value->identity,
    };
    TRY(memory_allocate((size_t)replicates, sizeof *means, &means));
    bootstrap_means(&sample, 0, replicates, means);
    qsort(means, (size_t)replicates, sizeof *means, compare_numbers);
    free(input->values);
    input->values = means;
    input->distribution = distribution_empirical(means, replicates);
    input->origin = ORIGIN_BOOTSTRAP;
done:
    return status;
}

static enum status fitted_of(struct inventory_inputs *inputs, const struct inventory_value *value,
                             struct input *input)
{
    enum status status;
    enum distribution_family family;
    struct distribution_fit fit;
    TRY(inventory_spread_family(inputs->model, value, &family));
    if (family == DISTRIBUTION_EMPIRICAL) {
        input->distribution = distribution_empirical(input->values, value->sample_count);
        input->origin = ORIGIN_EMPIRICAL;
        return STATUS_OK;
    }
    TRY(inventory_fit_choose(inputs, value, input->values, family, &fit));
    FAIL_IF(fit.reason != REASON_OK, STATUS_DATA,
            "%s: no %s can be fitted to the %" PRId64 " samples of '%s' (%s): name another one in "
            "'distribution', or 'empirical'",
            value->place,
            family < DISTRIBUTION_FAMILY_COUNT ? distribution_family_name(family) : "distribution",
            value->sample_count, inputs->model->parameters[value->parameter].name,
            reason_text(fit.reason));
    input->distribution = fit.distribution;
    input->origin = ORIGIN_FITTED;
done:
    return status;
}

static enum status samples_of(struct inventory_inputs *inputs, const struct inventory_value *value,
                              struct input *input)
{
    enum status status;
    TRY(sort_samples(value, input));
    if (value->sample_count == 1) {
        TRY(inventory_spread_read(inputs->model, value, &input->distribution));
        input->origin = ORIGIN_STATED;
        if (input->distribution.family == DISTRIBUTION_CONSTANT) {
            warn(inputs, value, "one sample alone, and no spread: it counts as certain");
        }
    } else if (value->sample_count < FIT_SMALL_SAMPLE) {
        distribution_fit_small(input->values, value->sample_count, &input->distribution);
        input->origin = ORIGIN_SMALL;
        warn(inputs, value,
             input->distribution.family == DISTRIBUTION_TRIANGULAR
                 ? "fewer than 5 samples: triangular from the smallest to the largest"
             : input->distribution.family == DISTRIBUTION_UNIFORM
                 ? "fewer than 5 samples: uniform from the smallest to the largest"
                 : "fewer than 5 samples, all equal: it counts as certain");
    } else if (value->meaning == SAMPLES_MEAN) {
        TRY(bootstrap_of(inputs, value, input));
    } else {
        TRY(fitted_of(inputs, value, input));
    }
done:
    return status;
}

static enum status check_drawn(const struct inventory_inputs *inputs,
                               const struct inventory_value *value, const struct input *input)
{
    enum distribution_fault fault = distribution_check(&input->distribution);
    return fault == DISTRIBUTION_SOUND
               ? STATUS_OK
               : failure_record(STATUS_DATA, __FILE__, __LINE__,
                                "%s: the %s distribution of '%s' cannot be drawn from: %s",
                                value->place, distribution_family_name(input->distribution.family),
                                inputs->model->parameters[value->parameter].name,
                                distribution_fault_text(fault));
}

static enum status make_input(struct inventory_inputs *inputs, int64_t number)
{
    enum status status;
    const struct inventory_value *value = &inputs->model->values[number];
    struct input *input = &inputs->inputs[number];
    if (value->meaning == SAMPLES_NONE) {
        TRY(inventory_spread_read(inputs->model, value, &input->distribution));
        input->origin = ORIGIN_STATED;
    } else {
        TRY(samples_of(inputs, value, input));
    }
    if (input->distribution.family == DISTRIBUTION_CONSTANT) {
        input->origin = ORIGIN_FIXED;
        input->distribution = distribution_of(DISTRIBUTION_CONSTANT, value->value, 0, 0, 0);
        return STATUS_OK;
    }
    input->distribution =
        inventory_spread_cut(input->distribution, inputs->model->parameters[value->parameter].kind);
    TRY(check_drawn(inputs, value, input));
    TRY(sampler_create(&input->distribution, &input->sampler));
    input->sd = sqrt(distribution_variance(&input->distribution));
    inputs->is_uncertain[number] = true;
done:
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

enum status inventory_inputs_create(const struct inventory_model *model,
                                    const struct inventory_settings *settings,
                                    struct inventory_inputs **out)
{
    enum status status;
    struct inventory_inputs *inputs = NULL;
    size_t values = (size_t)model->value_count;
    TRY(memory_allocate(1, sizeof *inputs, &inputs));
    inputs->model = model;
    inputs->settings = *settings;
    TRY(memory_allocate(values, sizeof *inputs->inputs, &inputs->inputs));
    TRY(memory_allocate(values, sizeof *inputs->is_uncertain, &inputs->is_uncertain));
    for (int64_t i = 0; i < model->value_count; i++) {
        TRY(make_input(inputs, i));
    }
    FAIL_IF(inputs->failed, STATUS_MEMORY, "no memory for the warnings of the inventory");
    TRY(inventory_factors_make(inputs));
    TRY(inventory_reordering_create(inputs));
    *out = inputs;
    inputs = NULL;
done:
    inventory_inputs_destroy(&inputs);
    return status;
}

void inventory_inputs_destroy(struct inventory_inputs **inputs)
{
    struct inventory_inputs *own = *inputs;
    if (own == NULL) {
        return;
    }
    for (int64_t i = 0; own->inputs != NULL && i < own->model->value_count; i++) {
        sampler_destroy(&own->inputs[i].sampler);
        free(own->inputs[i].values);
    }
    free(own->inputs);
    free(own->is_uncertain);
    free(own->factors);
    free(own->links);
    inventory_reordering_destroy(&own->reordering);
    text_list_clear(&own->warnings);
    free(own);
    *inputs = NULL;
}

const bool *inventory_inputs_uncertain(const struct inventory_inputs *inputs)
{
    return inputs->is_uncertain;
}

double inventory_inputs_centre(const struct inventory_inputs *inputs, int64_t value)
{
    return inputs->model->values[value].value;
}

double inventory_inputs_sd(const struct inventory_inputs *inputs, int64_t value)
{
    return inputs->inputs[value].sd;
}

const struct distribution *inventory_inputs_distribution(const struct inventory_inputs *inputs,
                                                         int64_t value)
{
    return &inputs->inputs[value].distribution;
}

enum input_origin inventory_inputs_origin(const struct inventory_inputs *inputs, int64_t value)
{
    return inputs->inputs[value].origin;
}

const struct text_list *inventory_inputs_warnings(const struct inventory_inputs *inputs)
{
    return &inputs->warnings;
}

struct sampling_plan inventory_inputs_plan(const struct inventory_inputs *inputs)
{
    const struct inventory_settings *settings = &inputs->settings;
    return (struct sampling_plan){.method = settings->method,
                                  .seed = settings->seed,
                                  .draws = settings->draws,
                                  .randomisations =
                                      settings->randomisations > 1 ? settings->randomisations : 1};
}

bool inventory_inputs_reorder(const struct inventory_inputs *inputs)
{
    return inputs->reordering != NULL;
}

int64_t inventory_inputs_factors(const struct inventory_inputs *inputs)
{
    return inputs->factor_count;
}

const char *inventory_distribution_text(const struct distribution *distribution, char *buffer,
                                        size_t bytes)
{
    enum distribution_family family = distribution->family;
    int count = distribution_parameter_count(family);
    size_t length = (size_t)snprintf(buffer, bytes, "%s", distribution_family_name(family));
    for (int i = 0; i < count && length < bytes; i++) {
        char number[TEXT_NUMBER_BYTES];
        length += (size_t)snprintf(buffer + length, bytes - length, "%s%s=%s%s",
                                   i == 0 ? "(" : ", ", distribution_parameter_name(family, i),
                                   text_real(distribution->parameters[i], number),
                                   i + 1 == count ? ")" : "");
    }
    return buffer;
}

/* ---- draws -------------------------------------------------------------------------------- */

void inventory_factor_uniforms(const struct inventory_inputs *inputs, const struct factor *factor,
                               int64_t first, int64_t count, double *uniforms)
{
    const struct sampling_plan plan = inventory_inputs_plan(inputs);
    struct sampling_parameter parameter = {factor->item, factor->dimension};
    sampling_uniforms(&plan, parameter, first, count, uniforms);
}

/* Uniform numbers whose normal scores are the weighted sum of the scores of several factors (a Gaussian
 * copula), so that their distribution stays what it is and they are correlated. */
static void linked_uniforms(const struct inventory_inputs *inputs, const struct input *input,
                            int64_t first, int64_t count, double *uniforms)
{
    double scores[SAMPLING_BLOCK];
    for (int64_t i = 0; i < count; i++) {
        uniforms[i] = 0;
    }
    for (int32_t k = 0; k < input->link_count; k++) {
        const struct factor_link *link = &inputs->links[input->first_link + k];
        inventory_factor_uniforms(inputs, &inputs->factors[link->factor], first, count, scores);
        sampler_normal_scores(scores, count, scores);
        for (int64_t i = 0; i < count; i++) {
            uniforms[i] = fma(link->weight, scores[i], uniforms[i]);
        }
    }
    for (int64_t i = 0; i < count; i++) {
        double uniform = 0.5 * erfc(-uniforms[i] * M_SQRT1_2);
        uniforms[i] = fmax(0x1p-54, fmin(0x1.fffffffffffffp-1, uniform));
    }
}

static void draw_value(const struct inventory_inputs *inputs, int64_t value, int64_t first,
                       int64_t draws, double *out)
{
    const struct input *input = &inputs->inputs[value];
    double uniforms[SAMPLING_BLOCK] __attribute__((aligned(64)));
    sampler_prefetch(
        input->sampler); /* thousands of values take turns: not in the cache any more */
    __builtin_prefetch(input + 1);
    for (int64_t done = 0, count; done < draws; done += count) {
        count = SAMPLING_BLOCK - (first + done) % SAMPLING_BLOCK; /* to the end of the block */
        count = draws - done < count ? draws - done : count;
        if (input->link_count == 1) {
            inventory_factor_uniforms(inputs, &input->own, first + done, count, uniforms);
        } else if (input->is_reordered) {
            inventory_reordered_uniforms(inputs, input, first + done, count, uniforms);
        } else {
            linked_uniforms(inputs, input, first + done, count, uniforms);
        }
        sampler_draw(input->sampler, uniforms, count, out + done);
    }
}

void inventory_inputs_draw(const struct inventory_inputs *inputs, const int32_t *values,
                           int64_t count, int64_t first, int64_t draws, double *block)
{
    for (int64_t i = 0; i < count; i++) {
        double *out = block + i * draws;
        if (inputs->is_uncertain[values[i]]) {
            draw_value(inputs, values[i], first, draws, out);
            continue;
        }
        for (int64_t draw = 0; draw < draws; draw++) {
            out[draw] = inputs->model->values[values[i]].value;
        }
    }
}

double inventory_inputs_propagate(const struct inventory_inputs *inputs, const int32_t *values,
                                  int64_t count, const double *gradient, double *scratch)
{
    double square = 0;
    for (int64_t i = 0; i < count; i++) {
        const struct input *input = &inputs->inputs[values[i]];
        for (int32_t k = 0; k < input->link_count; k++) {
            const struct factor_link *link = &inputs->links[input->first_link + k];
            scratch[link->factor] += gradient[i] * input->sd * link->weight;
        }
    }
    for (int64_t i = 0; i < count; i++) { /* each factor once: it is 0 when it comes again */
        const struct input *input = &inputs->inputs[values[i]];
        for (int32_t k = 0; k < input->link_count; k++) {
            double *factor = &scratch[inputs->links[input->first_link + k].factor];
            square += *factor * *factor;
            *factor = 0;
        }
    }
    return sqrt(square);
}
