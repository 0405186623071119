/* airshed -- GPL-3.0-or-later. explain: prepare, stl, deweather and trend at one cell. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reason.h"
#include "base/text.h"
#include "../decomposition.h"
#include "../deweathering.h"
#include "explain.h"
#include "../trend_test.h"
#include "../weather.h"

/* ---- prepare ------------------------------------------------------------------------------ */

/* Days by their flag: observed, filled, taken out, missing. */
static void count_flags(struct cell_part *part)
{
    char name[96];
    const json_t *flags =
        json_object_get(json_array_get(part->series, json_array_size(part->series) - 1), "values");
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        int64_t count = 0;
        for (size_t step = 0; step < json_array_size(flags); step++) {
            const json_t *flag = json_array_get(flags, step);
            count += json_is_real(flag) && json_real_value(flag) == reason;
        }
        if (count > 0) {
            snprintf(name, sizeof name, "steps_%s", reason_text((enum reason)reason));
            part_number(part, name, "steps whose flag says so", "1", (double)count);
        }
    }
}

/* Warping and kriging need the maps of every step: what prepare made is read. */
enum status explain_prepare(struct cell_part *part)
{
    enum status status;
    char name[160];
    const struct dataset_variable *facts = dataset_variable(part->stored, part->variable);
    FAIL_IF(facts->time == NULL, STATUS_DATA, "'%s' has no time steps", facts->name);
    part_time(part, facts->time);
    TRY(part_read_series(part, facts->name, facts->name));
    snprintf(name, sizeof name, "%.120s_variance", facts->name);
    if (part_has(part, name)) {
        TRY(part_read_series(part, name, name));
    }
    snprintf(name, sizeof name, "%.120s_flag", facts->name);
    if (part_has(part, name)) {
        TRY(part_read_series(part, name, name));
        count_flags(part);
    }
    snprintf(name, sizeof name, "%.120s_outliers", facts->name);
    if (part_has(part, name)) {
        TRY(part_read(part, name, -1, NULL));
    }
    part_note(part, "Read, not computed anew: filling a gap takes the whole map of its day.");
done:
    return status;
}

/* ---- stl ---------------------------------------------------------------------------------- */

static enum status read_cell(struct cell_part *part, struct input *input, float **values)
{
    enum status status;
    int64_t steps = input_time(input)->steps;
    struct window window = part_window(part, steps);
    TRY(memory_allocate((size_t)steps, sizeof **values, values));
    TRY(input_read(input, &window, *values));
    flow_count_read(part->item, steps * (int64_t)sizeof **values);
done:
    return status;
}

static struct part_values first_lane(const double *block)
{
    return (struct part_values){block, LANES};
}

static enum status check_reason(struct cell_part *part, enum reason reason)
{
    enum status status;
    TRY(part_check(part, "reason", -1, NULL, (double)reason));
    part_meaning(part, reason_text(reason));
done:
    return status;
}

enum status explain_stl(struct cell_part *part)
{
    enum status status;
    struct input *input = NULL;
    struct decomposition *d = NULL;
    float *values = NULL;
    double mean[LANES];
    TRY(part_open_input(part, "input", NULL, &input));
    TRY(decomposition_create(part->options, input_time(input), &d));
    TRY(read_cell(part, input, &values));
    decomposition_load(d, values, 1, 0);
    decomposition_run(d);
    part_time(part, input_time(input));
    part_note(part, "%s.", d->summary);
    part_series(part, "value", "what was decomposed", input_units(input), first_lane(d->series));
    TRY(part_check_series(part, "trend", first_lane(d->trend)));
    TRY(part_check_series(part, "seasonal", first_lane(d->seasonal)));
    decomposition_take_remainder(d, mean);
    TRY(part_check_series(part, "remainder", first_lane(d->series)));
    TRY(part_check(part, "remainder_mean", -1, NULL, mean[0]));
    TRY(check_reason(part, d->reasons[0]));
done:
    free(values);
    decomposition_destroy(&d);
    input_close(&input, true);
    return status;
}

/* ---- deweather ---------------------------------------------------------------------------- */

/* Trend, seasonal part and remainder of the pollution. */
static void tell_pollution(struct cell_part *part, struct decomposition *d, const float *values,
                           const char *units)
{
    double mean[LANES];
    decomposition_load(d, values, 1, 0);
    decomposition_run(d);
    part_series(part, "pollution", "as the stage read it", units, first_lane(d->series));
    part_series(part, "trend", "trend of the pollution", units, first_lane(d->trend));
    part_series(part, "seasonal", "seasonal part of the pollution", units, first_lane(d->seasonal));
    decomposition_take_remainder(d, mean);
    part_series(part, "remainder", "pollution less trend and seasonal part", units,
                first_lane(d->series));
}

static void tell_field(struct cell_part *part, const struct weather *weather, int field,
                       const struct weather_parts *parts, const double *baseline)
{
    const char *key = weather->keys[field], *units = weather->units[field];
    char name[64], text[128];
    snprintf(text, sizeof text, "%s", weather->long_names[field]);
    part_series(part, key, text, units, first_lane(parts->value));
    snprintf(name, sizeof name, "%s_trend", key);
    snprintf(text, sizeof text, "trend of %s", weather->long_names[field]);
    part_series(part, name, text, units, first_lane(parts->trend));
    snprintf(name, sizeof name, "%s_seasonal", key);
    snprintf(text, sizeof text, "seasonal part of %s", weather->long_names[field]);
    part_series(part, name, text, units, first_lane(parts->seasonal));
    for (int64_t i = 0; i < weather->steps; i++) {
        parts->value[i * LANES] -= parts->trend[i * LANES];
        parts->value[i * LANES] -= parts->seasonal[i * LANES];
    }
    snprintf(name, sizeof name, "%s_remainder", key);
    snprintf(text, sizeof text, "%s less trend and seasonal part", weather->long_names[field]);
    part_series(part, name, text, units, first_lane(parts->value));
    snprintf(name, sizeof name, "%s_baseline", key);
    snprintf(text, sizeof text, "what the regression took of %s", weather->long_names[field]);
    part_series(part, name, text, units, first_lane(baseline));
}

static enum status tell_weather(struct cell_part *part, const struct deweathering *block)
{
    enum status status;
    const struct weather *weather = block->weather;
    struct window window = part_window(part, weather->steps);
    struct weather_parts parts = {0};
    size_t values = (size_t)weather->steps * LANES;
    TRY(memory_allocate(values, sizeof(double), &parts.value));
    TRY(memory_allocate(values, sizeof(double), &parts.trend));
    TRY(memory_allocate(values, sizeof(double), &parts.seasonal));
    for (int field = 0; field < weather->count; field++) {
        weather_decomposed(weather, field, block->decomposition, &window, 0, &parts);
        tell_field(part, weather, field, &parts, block->weather_baseline[field]);
        if (weather_is_interpolated(weather, field)) {
            part_note(part, "%s lies on a grid of its own: decomposed there, then interpolated.",
                      weather->keys[field]);
        }
    }
done:
    free(parts.value);
    free(parts.trend);
    free(parts.seasonal);
    return status;
}

/* What the weather explains of the baseline: the baseline less what the reading `literal` leaves. */
static enum status tell_fit(struct cell_part *part, const struct deweathering *block,
                            const char *units)
{
    enum status status;
    struct least_squares_block regression = deweathering_regression(block);
    double *fitted = NULL;
    double lag1[LANES];
    TRY(memory_allocate((size_t)regression.steps * LANES, sizeof *fitted, &fitted));
    removal_apply_block(REMOVAL_LITERAL, &regression, block->fits, block->baseline, fitted, lag1);
    for (int64_t i = 0; i < regression.steps; i++) {
        fitted[i * LANES] = block->baseline[i * LANES] - fitted[i * LANES];
    }
    part_series(part, "fitted", "the baseline by the regression on the weather's", units,
                first_lane(fitted));
done:
    free(fitted);
    return status;
}

static enum status check_fit(struct cell_part *part, const struct deweathering *block)
{
    enum status status;
    const struct weather *weather = block->weather;
    const struct least_squares_fit *fit = &block->fits[0];
    for (int term = 0; term <= weather->count; term++) {
        const char *label = term == 0 ? "intercept" : weather->keys[term - 1];
        TRY(part_check(part, "coef", term, label, fit->coefficients[term]));
        TRY(part_check(part, "coef_se", term, label, fit->standard_errors[term]));
    }
    for (int field = 0; field < weather->count; field++) {
        const char *label = weather->keys[field];
        TRY(part_check(part, "vif", field, label, fit->variance_inflation[field]));
        TRY(part_check(part, "met_mean", field, label, fit->x_means[field]));
    }
    TRY(part_check(part, "r2", -1, NULL, fit->r2));
    TRY(part_check(part, "condition", -1, NULL, fit->condition));
    TRY(part_check(part, "effective_size", -1, NULL, block->effective[0]));
    TRY(part_check(part, "remainder_mean", -1, NULL, block->remainder_mean[0]));
    TRY(part_check(part, "used", -1, NULL, (double)fit->used));
    TRY(check_reason(part, block->reasons[0]));
done:
    return status;
}

/* Weather of the cell alone. */
static enum status read_weather(struct cell_part *part, struct input *input, struct weather *weather)
{
    enum status status;
    const struct georeference *grid = input_grid(input);
    struct items items = {.shape = ITEMS_ROW_BANDS,
                          .steps = weather->steps,
                          .rows = grid->rows,
                          .cols = grid->cols,
                          .band_rows = 1,
                          .block_cols = 1,
                          .count = grid->rows * grid->cols};
    struct flow_item own = *part->item;
    own.window = part_window(part, weather->steps);
    TRY(weather_create_buffers(weather, &items));
    TRY(weather_read(weather, &own));
done:
    return status;
}

static enum status tell_deweather(struct cell_part *part, struct input *input,
                                  struct deweathering *block, const float *values)
{
    enum status status;
    const char *units = input_units(input);
    struct window window = part_window(part, block->weather->steps);
    part_time(part, input_time(input));
    part_note(part, "%s.", block->decomposition->summary);
    tell_pollution(part, block->decomposition, values, units);
    deweathering_run(block, values, &window, 0);
    TRY(part_check_series(part, "baseline", first_lane(block->baseline)));
    TRY(tell_fit(part, block, units));
    TRY(part_check_series(part, "deweathered", first_lane(block->removed)));
    TRY(check_fit(part, block));
    TRY(tell_weather(part, block));
done:
    return status;
}

enum status explain_deweather(struct cell_part *part)
{
    enum status status;
    struct input *input = NULL;
    struct decomposition *d = NULL;
    struct weather *weather = NULL;
    struct deweathering *block = NULL;
    float *values = NULL;
    TRY(part_open_input(part, "input", NULL, &input));
    TRY(decomposition_create(part->options, input_time(input), &d));
    TRY(weather_open(&part->job, input, d, WEATHER_FEW_CELLS, &weather));
    TRY(read_weather(part, input, weather));
    TRY(deweathering_create(part->options, d, weather, &block));
    TRY(read_cell(part, input, &values));
    TRY(tell_deweather(part, input, block, values));
done:
    free(values);
    deweathering_destroy(&block);
    weather_close(&weather, true);
    decomposition_destroy(&d);
    input_close(&input, true);
    return status;
}

/* ---- trend -------------------------------------------------------------------------------- */

/* The means that were tested; a table of its own, since its steps are years or months. */
static void tell_means(struct cell_part *part, const struct trend_test *test,
                       const struct time_axis *time, const char *units)
{
    char date[CALENDAR_TEXT_BYTES];
    json_t *means = json_array();
    for (int64_t step = 0, group = -1; step < time->steps; step++) {
        if (test->grouping.group[step] != group) {
            group = test->grouping.group[step];
            struct calendar_date first = time_axis_date(time, step);
            double mean = test->means[group];
            part_add(part, means,
                     json_pack("{s:s, s:o, s:s}", "from", calendar_format_date(&first, date), "mean",
                               isnan(mean) ? json_null() : json_real(mean), "units", units));
        }
    }
    part->failed = json_object_set_new(part->facts, "means", means) != 0 || part->failed;
}

enum status explain_trend(struct cell_part *part)
{
    enum status status;
    struct input *input = NULL;
    struct trend_test test = {0};
    float *values = NULL;
    TRY(part_open_input(part, "input", NULL, &input));
    TRY(trend_test_init(part->options, input_time(input), &test));
    TRY(trend_test_create_buffers(&test));
    TRY(read_cell(part, input, &values));
    struct trend_result result = trend_test_cell(&test, values, input_time(input)->steps, 1);
    part_note(part, "%s of '%s', means by %s.", trend_variants[test.variant].test,
              input_variable(input)->name, option_text(part->options, "by"));
    for (int map = 0; map < TREND_MAPS; map++) {
        TRY(part_check(part, trend_map_names[map], -1, NULL, result.maps[map]));
    }
    TRY(part_check(part, "used", -1, NULL, (double)result.used));
    TRY(check_reason(part, result.reason));
    tell_means(part, &test, input_time(input), input_units(input));
done:
    free(values);
    trend_test_clear(&test);
    input_close(&input, true);
    return status;
}
