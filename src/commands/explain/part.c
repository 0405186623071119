/* airshed -- GPL-3.0-or-later. explain: the numbers of one product at one cell, beside its maps. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "explain.h"

/* ---- facts -------------------------------------------------------------------------------- */

void part_add(struct cell_part *part, json_t *list, json_t *item)
{
    part->failed = json_array_append_new(list, item) != 0 || part->failed;
}

static void set(struct cell_part *part, json_t *object, const char *key, json_t *value)
{
    part->failed = json_object_set_new(object, key, value) != 0 || part->failed;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe(struct cell_part *part, const char *name, const char *long_name,
                        const char *units, const char *verdict)
{
    json_t *fact = json_object();
    set(part, fact, "name", json_string(name));
    set(part, fact, "long_name", json_string(long_name));
    set(part, fact, "units", json_string(units));
    set(part, fact, "verdict", json_string(verdict));
    return fact;
}

void part_note(struct cell_part *part, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    part_add(part, part->notes, json_string(sentence));
}

void part_time(struct cell_part *part, const struct time_axis *time)
{
    char text[CALENDAR_TEXT_BYTES];
    json_t *dates = json_array();
    for (int64_t step = 0; step < time->steps; step++) {
        struct calendar_date date = time_axis_date(time, step);
        bool has_hours = time->step_days > 0 && time->step_days < 1;
        part_add(part, dates,
                 json_string(has_hours ? calendar_format_time(&date, text)
                                       : calendar_format_date(&date, text)));
    }
    set(part, part->facts, "dates", dates);
}

void part_number(struct cell_part *part, const char *name, const char *long_name,
                 const char *units, double value)
{
    json_t *fact = describe(part, name, long_name, units, VERDICT_NO_MAP);
    set(part, fact, "value", number(value));
    part_add(part, part->numbers, fact);
}

void part_meaning(struct cell_part *part, const char *text)
{
    size_t count = json_array_size(part->numbers);
    set(part, json_array_get(part->numbers, count - 1), "meaning", json_string(text));
}

static json_t *values_of(struct cell_part *part, struct part_values series, int64_t steps)
{
    json_t *list = json_array();
    for (int64_t step = 0; step < steps; step++) {
        part_add(part, list, number(series.values[step * series.stride]));
    }
    return list;
}

static int64_t steps_of(const struct cell_part *part)
{
    return (int64_t)json_array_size(json_object_get(part->facts, "dates"));
}

void part_series(struct cell_part *part, const char *name, const char *long_name,
                 const char *units, struct part_values series)
{
    json_t *fact = describe(part, name, long_name, units, VERDICT_NO_MAP);
    set(part, fact, "values", values_of(part, series, steps_of(part)));
    part_add(part, part->series, fact);
}

/* ---- what the maps hold ------------------------------------------------------------------- */

/* Number of a variable, or of a layer of it ("coef[term=2]"); -1 where there is none. */
static int find_variable(const struct cell_part *part, const char *name, int layer)
{
    size_t length = strlen(name);
    for (int i = 0; i < dataset_variable_count(part->stored); i++) {
        const char *has = dataset_variable(part->stored, i)->name;
        const char *equals = strrchr(has, '=');
        bool is_layer = strncmp(has, name, length) == 0 && has[length] == '[' && equals != NULL &&
                        atoi(equals + 1) == layer;
        if (layer < 0 ? strcmp(has, name) == 0 : is_layer) {
            return i;
        }
    }
    return -1;
}

bool part_has(const struct cell_part *part, const char *variable)
{
    return find_variable(part, variable, -1) >= 0;
}

static enum status need_variable(const struct cell_part *part, const char *name, int layer,
                                 int *variable)
{
    enum status status = STATUS_OK;
    *variable = find_variable(part, name, layer);
    FAIL_IF(*variable < 0, STATUS_DATA,
            "%s: has no variable '%s': make it again with this version of airshed %s", part->file,
            name, part->product->command);
done:
    return status;
}

struct window part_window(const struct cell_part *part, int64_t steps)
{
    return (struct window){
        .steps = steps, .row = part->row, .rows = 1, .col = part->col, .cols = 1};
}

/* Reads a map's cell, or its series of @p steps. */
static enum status read_stored(struct cell_part *part, int variable, int64_t steps, float *values)
{
    enum status status = STATUS_OK;
    const struct dataset_variable *facts = dataset_variable(part->stored, variable);
    struct window window = part_window(part, steps);
    int64_t has = facts->time != NULL ? facts->time->steps : 1;
    FAIL_IF(has != steps, STATUS_DATA, "%s: '%s' has %lld steps, and not the %lld of its input",
            part->file, facts->name, (long long)has, (long long)steps);
    TRY(dataset_read(part->stored, variable, &window, values));
    flow_count_read(part->item, steps * (int64_t)sizeof *values);
done:
    return status;
}

/* A missing value is NaN on either side. */
static bool is_same(float computed, float stored)
{
    return computed == stored || (isnan(computed) && isnan(stored));
}

static void label_name(const char *variable, const char *label, char name[256])
{
    snprintf(name, 256, label != NULL ? "%s[%s]" : "%s", variable, label);
}

/* The number of a map, beside @p computed where that is there. */
static enum status add_mapped(struct cell_part *part, const char *variable, int layer,
                              const char *label, const double *computed)
{
    enum status status;
    int at;
    float stored;
    char name[256];
    TRY(need_variable(part, variable, layer, &at));
    TRY(read_stored(part, at, 1, &stored));
    const struct dataset_variable *facts = dataset_variable(part->stored, at);
    const char *verdict = computed == NULL                      ? VERDICT_READ
                          : is_same((float)*computed, stored) ? VERDICT_EQUAL
                                                              : VERDICT_DIFFERS;
    label_name(variable, label, name);
    json_t *fact = describe(part, name, facts->long_name, facts->units, verdict);
    set(part, fact, "value", number(computed != NULL ? *computed : (double)stored));
    set(part, fact, "map", number((double)stored));
    part_add(part, part->numbers, fact);
done:
    return status;
}

enum status part_check(struct cell_part *part, const char *variable, int layer, const char *label,
                       double value)
{
    return add_mapped(part, variable, layer, label, &value);
}

enum status part_read(struct cell_part *part, const char *variable, int layer, const char *label)
{
    return add_mapped(part, variable, layer, label, NULL);
}

/* Adds how many steps differ, and which first. */
static void compare_series(struct cell_part *part, struct part_values series, const float *stored,
                           json_t *fact)
{
    json_int_t differing = 0;
    for (int64_t step = steps_of(part) - 1; step >= 0; step--) {
        double value = series.values[step * series.stride];
        if (!is_same((float)value, stored[step])) {
            differing++;
            set(part, fact, "first_date",
                json_incref(json_array_get(json_object_get(part->facts, "dates"), (size_t)step)));
            set(part, fact, "first_value", number(value));
            set(part, fact, "first_map", number((double)stored[step]));
        }
    }
    set(part, fact, "differing", json_integer(differing));
    set(part, fact, "verdict", json_string(differing > 0 ? VERDICT_DIFFERS : VERDICT_EQUAL));
}

enum status part_check_series(struct cell_part *part, const char *variable,
                              struct part_values series)
{
    enum status status;
    int at;
    float *stored = NULL;
    int64_t steps = steps_of(part);
    TRY(need_variable(part, variable, -1, &at));
    TRY(memory_allocate((size_t)steps, sizeof *stored, &stored));
    TRY(read_stored(part, at, steps, stored));
    const struct dataset_variable *facts = dataset_variable(part->stored, at);
    json_t *fact = describe(part, variable, facts->long_name, facts->units, VERDICT_EQUAL);
    compare_series(part, series, stored, fact);
    set(part, fact, "values", values_of(part, series, steps));
    part_add(part, part->series, fact);
done:
    free(stored);
    return status;
}

enum status part_read_series(struct cell_part *part, const char *variable, const char *as)
{
    enum status status;
    int at;
    float *stored = NULL;
    double *values = NULL;
    int64_t steps = steps_of(part);
    TRY(need_variable(part, variable, -1, &at));
    TRY(memory_allocate((size_t)steps, sizeof *stored, &stored));
    TRY(memory_allocate((size_t)steps, sizeof *values, &values));
    TRY(read_stored(part, at, steps, stored));
    for (int64_t step = 0; step < steps; step++) {
        values[step] = (double)stored[step];
    }
    const struct dataset_variable *facts = dataset_variable(part->stored, at);
    json_t *fact = describe(part, as, facts->long_name, facts->units, VERDICT_READ);
    set(part, fact, "values", values_of(part, (struct part_values){values, 1}, steps));
    part_add(part, part->series, fact);
done:
    free(stored);
    free(values);
    return status;
}

/* ---- inputs ------------------------------------------------------------------------------- */

enum status part_open_input(struct cell_part *part, const char *label, const char *variable,
                            struct input **input)
{
    enum status status;
    char why[256];
    struct input_request request = input_request_for(&part->job, label);
    request.few_cells = true;
    request.variable = variable != NULL ? variable : request.variable;
    TRY(input_open(&part->job, &request, input));
    FAIL_IF(!georeference_is_equal(input_grid(*input),
                                   dataset_variable(part->stored, part->variable)->grid, why,
                                   sizeof why),
            STATUS_DATA, "%s: is no longer the input of %s, whose grid is another one: %s",
            request.path, part->file, why);
done:
    return status;
}

/* ---- one part ----------------------------------------------------------------------------- */

static void describe_cell(struct cell_part *part)
{
    const struct georeference *grid = dataset_variable(part->stored, part->variable)->grid;
    json_t *cell = json_object();
    set(part, cell, "row", json_integer((json_int_t)part->row));
    set(part, cell, "col", json_integer((json_int_t)part->col));
    set(part, cell, "rows", json_integer((json_int_t)grid->rows));
    set(part, cell, "cols", json_integer((json_int_t)grid->cols));
    set(part, cell, grid->is_geographic ? "lon" : "x", json_real(grid->x[part->col]));
    set(part, cell, grid->is_geographic ? "lat" : "y", json_real(grid->y[part->row]));
    set(part, part->facts, "cell", cell);
}

static void describe_options(struct cell_part *part)
{
    json_t *options = json_object();
    for (size_t i = 0; i < part->product->names.count; i++) {
        set(part, options, part->product->names.items[i],
            json_string(part->product->values_of.items[i]));
    }
    set(part, part->facts, "options", options);
}

/* Names of the files that the options named. */
static void describe_inputs(struct cell_part *part)
{
    json_t *inputs = json_object();
    for (size_t i = 0; i < part->product->input_options.count; i++) {
        set(part, inputs, part->product->input_options.items[i],
            json_string(path_name(part->product->input_paths.items[i])));
    }
    set(part, part->facts, "inputs", inputs);
}

static void begin(struct cell_part *part)
{
    part->facts = json_object();
    part->numbers = json_array();
    part->series = json_array();
    part->notes = json_array();
    set(part, part->facts, "product", json_string(path_name(part->file)));
    set(part, part->facts, "command", json_string(part->product->command));
    set(part, part->facts, "title", json_string(part->explainer->title));
    describe_inputs(part);
    describe_options(part);
    if (!part->is_outside) {
        describe_cell(part);
    }
}

enum status part_explain(struct cell_part *part, const struct job *job, struct flow_item *item)
{
    enum status status = STATUS_OK;
    job_init(&part->job, MPI_COMM_SELF, part->product->command, job->command_line, part->options,
             false);
    part->item = item;
    begin(part);
    if (part->is_outside) {
        part_note(part, "The point lies outside its grid.");
    } else {
        status = part->explainer->explain(part);
    }
    set(part, part->facts, "numbers", part->numbers);
    set(part, part->facts, "series", part->series);
    set(part, part->facts, "notes", part->notes);
    if (status != STATUS_OK) {
        failure_prefix("%s", path_name(part->file));
    } else if (part->failed) {
        status = failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory");
    }
    return status;
}
