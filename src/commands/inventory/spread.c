/* airshed -- GPL-3.0-or-later. inventory: how uncertain a value is, from what its row and its parameter say. */
#include "spread.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"

#define POSSIBLE                                                                                   \
    "fixed, normal, lognormal, triangular, uniform, beta, arcsine, gamma, weibull, or empirical "  \
    "for samples, as in normal(cv=5 %%), lognormal(gsd=2), triangular(low=1, high=4), "            \
    "uniform(half=0.5)"

#define NORMAL_97_5 1.959963984540054 /* 97.5 % point of the standard normal */
#define LARGEST_BARE_CV 5.0
#define LEAST_SHAPE 0.05 /* of beta and gamma */

enum spread_key {
    KEY_CV,
    KEY_SD,
    KEY_GSD,
    KEY_REST,
    KEY_HALF,
    KEY_LOW,
    KEY_HIGH,
    KEY_MIN,
    KEY_MAX,
    KEYS
};
static const char *const key_names[KEYS] = {"cv",  "sd",   "gsd", "rest", "half",
                                            "low", "high", "min", "max"};

enum {
    OF_WIDTH = 1 << KEY_CV | 1 << KEY_SD,
    OF_ENDS = 1 << KEY_LOW | 1 << KEY_HIGH
};

enum spread_shape {
    SHAPE_FIXED,
    SHAPE_NORMAL,
    SHAPE_LOGNORMAL,
    SHAPE_TRIANGULAR,
    SHAPE_UNIFORM,
    SHAPE_BETA,
    SHAPE_ARCSINE,
    SHAPE_GAMMA,
    SHAPE_WEIBULL,
    SHAPE_EMPIRICAL,
    SHAPES
};

static const struct {
    const char *name;
    enum distribution_family family;
    int keys;           /* that it takes, beside min and max */
    double sds_of_half; /* half its width in standard deviations; 0: no such width */
} shapes[SHAPES] = {
    [SHAPE_FIXED] = {"fixed", DISTRIBUTION_CONSTANT, 0, 0},
    [SHAPE_NORMAL] = {"normal", DISTRIBUTION_NORMAL, OF_WIDTH | OF_ENDS, 0},
    [SHAPE_LOGNORMAL] = {"lognormal", DISTRIBUTION_LOGNORMAL, OF_WIDTH | OF_ENDS | 1 << KEY_GSD, 0},
    [SHAPE_TRIANGULAR] = {"triangular", DISTRIBUTION_TRIANGULAR, OF_WIDTH | OF_ENDS | 1 << KEY_HALF,
                          2.449489742783178},
    [SHAPE_UNIFORM] = {"uniform", DISTRIBUTION_UNIFORM, OF_WIDTH | OF_ENDS | 1 << KEY_HALF,
                       1.7320508075688772},
    [SHAPE_BETA] = {"beta", DISTRIBUTION_BETA, OF_WIDTH | OF_ENDS | 1 << KEY_REST, 0},
    [SHAPE_ARCSINE] = {"arcsine", DISTRIBUTION_BETA, OF_WIDTH | OF_ENDS | 1 << KEY_HALF,
                       1.4142135623730951},
    [SHAPE_GAMMA] = {"gamma", DISTRIBUTION_GAMMA, OF_WIDTH, 0},
    [SHAPE_WEIBULL] = {"weibull", DISTRIBUTION_WEIBULL, OF_WIDTH, 0},
    [SHAPE_EMPIRICAL] = {"empirical", DISTRIBUTION_EMPIRICAL, 0, 0},
};

/** What is stated, in the parameter's units; NaN for what is not. */
struct spread {
    const struct inventory_parameter *parameter;
    const struct inventory_value *value;
    const char *text; /* NULL: nothing stated */
    bool is_parameters;
    enum spread_shape shape;
    double number[KEYS];
    bool in_percent[KEYS];
};

static enum status complain(const struct spread *spread, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum status complain(const struct spread *spread, const char *format, ...)
{
    char *sentence = NULL;
    enum status status;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    const char *told = length >= 0 ? sentence : format;
    if (spread->is_parameters) {
        char place[CONFIG_PLACE_BYTES];
        const struct config_node *node = config_find(spread->parameter->node, "spread");
        status = failure_record(STATUS_USAGE, __FILE__, __LINE__,
                                "%s: '%s' of parameter '%s' (for the value in %s): %s",
                                config_place(node != NULL ? node : spread->parameter->node, place),
                                spread->text, spread->parameter->name, spread->value->place, told);
    } else {
        status =
            failure_record(STATUS_DATA, __FILE__, __LINE__, "%s: distribution '%s' of '%s': %s",
                           spread->value->place, spread->text != NULL ? spread->text : "",
                           spread->parameter->name, told);
    }
    free(length >= 0 ? sentence : NULL);
    return status;
}

/* ---- text --------------------------------------------------------------------------------- */

static void trim(char *text)
{
    size_t length = strlen(text), start = strspn(text, " \t");
    while (length > start && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    memmove(text, text + start, length - start);
    text[length - start] = '\0';
}

static enum status read_shape(struct spread *spread, const char *name)
{
    const char *names[SHAPES];
    for (int i = 0; i < SHAPES; i++) {
        names[i] = shapes[i].name;
        if (text_equal_ignoring_case(name, names[i])) {
            spread->shape = (enum spread_shape)i;
            return STATUS_OK;
        }
    }
    const char *near = text_suggest(name, names, SHAPES);
    return complain(spread, "unknown distribution '%s'%s%s%s; possible are " POSSIBLE, name,
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?" : "");
}

static enum status read_number(struct spread *spread, enum spread_key key, char *text)
{
    size_t length = strlen(text);
    bool in_percent = length > 0 && text[length - 1] == '%';
    bool is_end = key >= KEY_LOW, is_share = spread->parameter->kind == PARAMETER_SHARE;
    if (in_percent) {
        text[length - 1] = '\0';
        trim(text);
    }
    if (!text_parse_real(text, &spread->number[key])) {
        return complain(spread, "'%s=%s' is not a finite number", key_names[key], text);
    }
    if (in_percent && (key == KEY_GSD || (is_end && !is_share))) {
        return complain(spread, "'%s' takes no %%: it is a number%s", key_names[key],
                        is_end ? " in the unit of the value" : "");
    }
    if (!in_percent && key == KEY_CV && spread->number[key] >= LARGEST_BARE_CV) {
        return complain(spread, "cv=%s is %s00 %%: write 'cv=%s %%' if that is meant", text, text,
                        text);
    }
    spread->number[key] *= in_percent ? 0.01 : 1;
    spread->in_percent[key] = in_percent;
    return STATUS_OK;
}

static enum status read_argument(struct spread *spread, char *argument)
{
    char *equals = strchr(argument, '=');
    int key = 0;
    if (equals == NULL) {
        return complain(spread, "'%s' is not of the form key=number", argument);
    }
    *equals = '\0';
    trim(argument);
    trim(equals + 1);
    while (key < KEYS && strcmp(argument, key_names[key]) != 0) {
        key++;
    }
    bool is_known = key < KEYS && (key >= KEY_MIN || (shapes[spread->shape].keys & 1 << key) != 0);
    if (!is_known || spread->shape == SHAPE_FIXED) {
        return complain(spread, "%s takes no '%s'; possible are " POSSIBLE,
                        shapes[spread->shape].name, argument);
    }
    if (!isnan(spread->number[key])) {
        return complain(spread, "'%s' stands there twice", argument);
    }
    return read_number(spread, (enum spread_key)key, equals + 1);
}

static enum status read_text(struct spread *spread)
{
    enum status status;
    char *text = NULL, *close = NULL, *next = NULL;
    status = memory_copy_text(spread->text, &text);
    if (status != STATUS_OK) {
        return status;
    }
    trim(text);
    size_t length = strlen(text);
    char *open = strchr(text, '(');
    if (open != NULL) {
        close = text[length - 1] == ')' ? text + length - 1 : NULL;
        *open = '\0';
        if (close == NULL) {
            status = complain(spread, "a closing parenthesis is missing; possible are " POSSIBLE);
            goto done;
        }
        *close = '\0';
        trim(text);
    }
    TRY(read_shape(spread, text));
    for (char *at = open != NULL ? open + 1 : NULL; at != NULL; at = next) {
        next = strchr(at, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        trim(at);
        TRY(read_argument(spread, at));
    }
done:
    free(text);
    return status;
}

/* ---- numbers in the parameter's units ----------------------------------------------------- */

/* sd and half in the parameter's units, cv and gsd left as they are. */
static void convert_numbers(struct spread *spread)
{
    double unit = spread->is_parameters ? 1 : spread->value->factor;
    for (int key = 0; key < KEYS; key++) {
        bool is_width = key == KEY_SD || key == KEY_HALF;
        if (spread->in_percent[key]) {
            spread->number[key] *= is_width ? fabs(spread->value->value) : 1;
        } else if (key != KEY_CV && key != KEY_GSD && key != KEY_REST) {
            spread->number[key] *= unit;
        }
    }
}

static bool states(const struct spread *spread, enum spread_key key)
{
    return !isnan(spread->number[key]);
}

static enum status add_columns(struct spread *spread)
{
    const struct inventory_value *value = spread->value;
    bool has_sd = !isnan(value->sd), has_ends = !isnan(value->low) || !isnan(value->high);
    bool says_width = states(spread, KEY_CV) || states(spread, KEY_SD) || states(spread, KEY_GSD) ||
                      states(spread, KEY_REST) || states(spread, KEY_HALF);
    bool says_ends = states(spread, KEY_LOW) || states(spread, KEY_HIGH);
    if (!has_sd && !has_ends) {
        return STATUS_OK;
    }
    if (spread->text == NULL) {
        return complain(
            spread,
            "sd, low or high are given, but not of which distribution: name it in "
            "a column 'distribution' or as 'spread' of the parameter; possible are " POSSIBLE);
    }
    if (!spread->is_parameters && ((has_sd && says_width) || (has_ends && says_ends))) {
        return complain(spread, "the columns sd, low or high say it a second time: keep one");
    }
    if (spread->shape != SHAPE_FIXED) {
        bool clears = has_sd || spread->shape != SHAPE_BETA;
        for (int key = KEY_CV; clears && key <= KEY_HALF; key++) {
            spread->number[key] = NAN;
        }
        spread->number[KEY_SD] = has_sd ? value->sd : spread->number[KEY_SD];
    }
    if (spread->shape != SHAPE_FIXED && (has_ends || spread->shape != SHAPE_BETA)) {
        spread->number[KEY_LOW] = value->low;
        spread->number[KEY_HIGH] = value->high;
    }
    return STATUS_OK;
}

/* How the width is stated has to be one way: cv, sd, gsd, half, or both ends. */
static enum status check_ways(const struct spread *spread)
{
    int ways = 0;
    bool low = states(spread, KEY_LOW), high = states(spread, KEY_HIGH);
    const char *name = shapes[spread->shape].name;
    for (int key = KEY_CV; key <= KEY_HALF; key++) {
        ways += states(spread, (enum spread_key)key);
    }
    if (low != high) {
        return complain(spread, "low and high go together");
    }
    if (low && (shapes[spread->shape].keys & OF_ENDS) == 0) {
        return complain(spread, "%s takes cv or sd, not low and high", name);
    }
    ways += low && spread->shape != SHAPE_BETA;
    if (ways != 1) {
        return complain(spread, "%s of the ways to say how wide it is %s; %s takes %s%s%s",
                        ways == 0 ? "none" : "more than one", ways == 0 ? "is given" : "are given",
                        name, "cv or sd",
                        (shapes[spread->shape].keys & 1 << KEY_HALF) != 0   ? ", half"
                        : (shapes[spread->shape].keys & 1 << KEY_GSD) != 0  ? ", gsd"
                        : (shapes[spread->shape].keys & 1 << KEY_REST) != 0 ? ", rest"
                                                                            : "",
                        (shapes[spread->shape].keys & OF_ENDS) == 0 ? ""
                        : spread->shape == SHAPE_BETA               ? " (low and high are its ends)"
                                                                    : ", or low and high");
    }
    for (int key = KEY_CV; key <= KEY_HALF; key++) {
        if (spread->number[key] < (key == KEY_GSD ? 1 : 0)) {
            return complain(spread, "%s is not %s", key_names[key],
                            key == KEY_GSD ? "below 1" : "negative");
        }
    }
    return STATUS_OK;
}

/* ---- distributions ------------------------------------------------------------------------ */

static struct distribution constant(const struct spread *spread)
{
    return distribution_of(DISTRIBUTION_CONSTANT, spread->value->value, 0, 0, 0);
}

static double stated_sd(const struct spread *spread)
{
    if (states(spread, KEY_CV)) {
        return spread->number[KEY_CV] * fabs(spread->value->value);
    }
    return spread->number[KEY_SD];
}

static enum status between_ends(const struct spread *spread, struct distribution *distribution)
{
    double middle = spread->value->value, half = spread->number[KEY_HALF];
    bool has_ends = states(spread, KEY_LOW);
    if (!has_ends && isnan(half)) {
        half = stated_sd(spread) * shapes[spread->shape].sds_of_half;
    }
    double low = has_ends ? spread->number[KEY_LOW] : middle - half;
    double high = has_ends ? spread->number[KEY_HIGH] : middle + half;
    if (!(low <= middle && middle <= high)) {
        return complain(spread, "the value %g does not lie between low and high, %g and %g", middle,
                        low, high);
    }
    *distribution = low == high ? constant(spread)
                    : spread->shape == SHAPE_UNIFORM
                        ? distribution_of(DISTRIBUTION_UNIFORM, low, high, 0, 0)
                    : spread->shape == SHAPE_TRIANGULAR
                        ? distribution_of(DISTRIBUTION_TRIANGULAR, low, middle, high, 0)
                        : distribution_of(DISTRIBUTION_BETA, 0.5, 0.5, low, high);
    return STATUS_OK;
}

static enum status lognormal_of(const struct spread *spread, struct distribution *distribution)
{
    double mean = spread->value->value, low = spread->number[KEY_LOW];
    double sdlog = log(spread->number[KEY_GSD]);
    if (mean == 0) {
        *distribution = constant(spread);
        return STATUS_OK;
    }
    if (mean < 0 || low <= 0) {
        return complain(spread, "a lognormal value is above 0, and so are low and high");
    }
    if (states(spread, KEY_LOW)) {
        sdlog = log(spread->number[KEY_HIGH] / low) / (2 * NORMAL_97_5);
    } else if (!states(spread, KEY_GSD)) {
        double cv = stated_sd(spread) / mean;
        sdlog = sqrt(log1p(cv * cv));
    }
    *distribution = sdlog == 0 ? constant(spread)
                               : distribution_of(DISTRIBUTION_LOGNORMAL,
                                                 log(mean) - 0.5 * sdlog * sdlog, sdlog, 0, 0);
    return STATUS_OK;
}

static enum status beta_of(const struct spread *spread, double sd,
                           struct distribution *distribution)
{
    bool is_share = spread->parameter->kind == PARAMETER_SHARE, has_ends = states(spread, KEY_LOW);
    double value = spread->value->value;
    double low = has_ends ? spread->number[KEY_LOW] : 0,
           high = has_ends ? spread->number[KEY_HIGH] : 1;
    if (!is_share && !has_ends) {
        return complain(spread,
                        "give the ends of beta as low and high; 0 and 1 are those of shares "
                        "alone");
    }
    double most = sqrt(fmax(0, (value - low) * (high - value)));
    if (!(value >= low && value <= high) || sd >= most) {
        return complain(spread,
                        "a beta distribution from %g to %g with mean %g has a standard "
                        "deviation below %.4g, and this one is %.4g: give less, or another "
                        "distribution (normal draws are cut at the ends of a share)",
                        low, high, value, most, sd);
    }
    *distribution = distribution_from_moments(DISTRIBUTION_BETA, value, sd, low, high);
    return STATUS_OK;
}

/* A part of what lacks to the nearer end: a cv of 10 % of 99 % would leave hardly anything but 0 and 1. */
static double rest_sd(const struct spread *spread)
{
    bool has_ends = states(spread, KEY_LOW);
    double value = spread->value->value;
    double low = has_ends ? spread->number[KEY_LOW] : 0,
           high = has_ends ? spread->number[KEY_HIGH] : 1;
    return spread->number[KEY_REST] * fmax(0, fmin(value - low, high - value));
}

static enum status by_sd(const struct spread *spread, struct distribution *distribution)
{
    double value = spread->value->value;
    double sd = states(spread, KEY_REST) ? rest_sd(spread) : stated_sd(spread);
    if (states(spread, KEY_LOW) && spread->shape == SHAPE_NORMAL) {
        sd = (spread->number[KEY_HIGH] - spread->number[KEY_LOW]) / (2 * NORMAL_97_5);
    }
    if (sd == 0) {
        *distribution = constant(spread);
        return STATUS_OK;
    }
    if (spread->shape == SHAPE_BETA) {
        return beta_of(spread, sd, distribution);
    }
    if (spread->shape != SHAPE_NORMAL && value <= 0) {
        return complain(spread, "a value of %s is above 0", shapes[spread->shape].name);
    }
    *distribution = distribution_from_moments(shapes[spread->shape].family, value, sd, 0, 0);
    return STATUS_OK;
}

struct distribution inventory_spread_cut(struct distribution distribution, enum parameter_kind kind)
{
    if (kind == PARAMETER_NUMBER) {
        return distribution;
    }
    return distribution_truncate(distribution, 0, kind == PARAMETER_SHARE ? 1 : INFINITY);
}

/* Draws of shapes below are at the ends alone, and kernels/sampler.h does not vouch for them. */
static enum status check_shapes(const struct spread *spread,
                                const struct distribution *distribution)
{
    bool is_beta = distribution->family == DISTRIBUTION_BETA;
    bool is_gamma = distribution->family == DISTRIBUTION_GAMMA;
    double least = is_beta    ? fmin(distribution->parameters[0], distribution->parameters[1])
                   : is_gamma ? distribution->parameters[0]
                              : INFINITY;
    return least >= LEAST_SHAPE
               ? STATUS_OK
               : complain(spread,
                          "so wide that nearly all draws lie at the ends (shape %.3g): give "
                          "less%s",
                          least,
                          is_beta ? ", such as rest=20 %, a part of what lacks to the nearer end"
                                  : "");
}

static enum status cut_and_check(const struct spread *spread, struct distribution *distribution)
{
    double low = states(spread, KEY_MIN) ? spread->number[KEY_MIN] : -INFINITY;
    double high = states(spread, KEY_MAX) ? spread->number[KEY_MAX] : INFINITY;
    if (!(low < high)) {
        return complain(spread, "min is not below max");
    }
    if (distribution->family == DISTRIBUTION_CONSTANT) {
        return STATUS_OK;
    }
    *distribution = distribution_truncate(*distribution, low, high);
    struct distribution cut = inventory_spread_cut(*distribution, spread->parameter->kind);
    enum distribution_fault fault = distribution_check(&cut);
    return fault == DISTRIBUTION_SOUND
               ? STATUS_OK
               : complain(spread, "it cannot be drawn from: %s", distribution_fault_text(fault));
}

static enum status make(const struct spread *spread, struct distribution *distribution)
{
    enum status status;
    if (spread->shape == SHAPE_FIXED) {
        *distribution = constant(spread);
        return STATUS_OK;
    }
    if (spread->shape == SHAPE_EMPIRICAL) {
        return complain(spread, "it needs measurements: 'samples: plants' of their table");
    }
    TRY(check_ways(spread));
    if (shapes[spread->shape].sds_of_half > 0) {
        TRY(between_ends(spread, distribution));
    } else if (spread->shape == SHAPE_LOGNORMAL) {
        TRY(lognormal_of(spread, distribution));
    } else {
        TRY(by_sd(spread, distribution));
    }
    TRY(check_shapes(spread, distribution));
    TRY(cut_and_check(spread, distribution));
done:
    return status;
}

static enum status stated(const struct inventory_model *model, const struct inventory_value *value,
                          struct spread *spread)
{
    const struct inventory_parameter *parameter = &model->parameters[value->parameter];
    bool is_parameters = value->distribution == NULL && parameter->spread != NULL;
    *spread =
        (struct spread){.parameter = parameter, .value = value, .is_parameters = is_parameters};
    spread->text = is_parameters ? parameter->spread : value->distribution;
    for (int key = 0; key < KEYS; key++) {
        spread->number[key] = NAN;
    }
    return spread->text != NULL ? read_text(spread) : STATUS_OK;
}

enum status inventory_spread_read(const struct inventory_model *model,
                                  const struct inventory_value *value,
                                  struct distribution *distribution)
{
    enum status status;
    struct spread spread;
    TRY(stated(model, value, &spread));
    convert_numbers(&spread);
    TRY(add_columns(&spread));
    TRY(make(&spread, distribution));
done:
    return status;
}

enum status inventory_spread_family(const struct inventory_model *model,
                                    const struct inventory_value *value,
                                    enum distribution_family *family)
{
    enum status status = STATUS_OK;
    struct spread spread;
    *family = DISTRIBUTION_FAMILY_COUNT;
    if (value->distribution == NULL) {
        return STATUS_OK;
    }
    TRY(stated(model, value, &spread));
    for (int key = 0; key < KEYS; key++) {
        if (states(&spread, (enum spread_key)key)) {
            return complain(&spread, "of samples the family alone can be named: its parameters are "
                                     "fitted");
        }
    }
    if (spread.shape == SHAPE_FIXED || spread.shape == SHAPE_ARCSINE) {
        return complain(&spread,
                        "samples take normal, lognormal, triangular, uniform, beta, gamma, "
                        "weibull or empirical");
    }
    *family = shapes[spread.shape].family;
done:
    return status;
}
