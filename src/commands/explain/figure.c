/* airshed -- GPL-3.0-or-later. explain: the stages of one cell as the paper's Figure 4 (P2.61). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "explain.h"
#include "report/chart.h"

enum {
    PANELS_MAX = 12,
    ARRAYS_MAX = 32
};

/* The figure in the making. */
struct stages {
    const struct explanation *explanation;
    const char *deweather, *background, *attribute; /* names of the products; NULL: none */
    const char *units;                              /* of the pollution */
    int64_t steps;
    double *year;              /* [steps] decimal */
    double *array[ARRAYS_MAX]; /* [steps] */
    int arrays;
    char labels[PANELS_MAX][64];
    struct chart_series panel[PANELS_MAX];
    int panels;
};

/* ---- what there is ------------------------------------------------------------------------ */

/* The first part of @p command whose product is @p name (NULL: any) and that has the cell. */
static const json_t *find_part(const struct explanation *explanation, const char *command,
                               const char *name)
{
    size_t index;
    const json_t *part;
    json_array_foreach(json_object_get(explanation->root, "parts"), index, part)
    {
        const char *product = json_string_value(json_object_get(part, "product"));
        if (strcmp(json_string_value(json_object_get(part, "command")), command) == 0 &&
            (name == NULL || strcmp(product, name) == 0) && json_object_get(part, "cell") != NULL) {
            return part;
        }
    }
    return NULL;
}

static const char *product_of(const json_t *part)
{
    return json_string_value(json_object_get(part, "product"));
}

/* The attribution with what it was made of; else what there is. */
static void choose_products(struct stages *stages)
{
    const json_t *attribute = find_part(stages->explanation, "attribute", NULL);
    const json_t *inputs = json_object_get(attribute, "inputs");
    const char *deweathered = json_string_value(json_object_get(inputs, "deweathered"));
    const char *expected = json_string_value(json_object_get(inputs, "expected"));
    stages->attribute = product_of(attribute);
    stages->deweather = product_of(find_part(stages->explanation, "deweather", deweathered));
    stages->background = product_of(find_part(stages->explanation, "background", expected));
}

static const json_t *find_series(const struct stages *stages, const char *product, const char *name)
{
    size_t index;
    const json_t *series;
    json_array_foreach(stages->explanation->series, index, series)
    {
        if (product != NULL && strcmp(product_of(series), product) == 0 &&
            strcmp(json_string_value(json_object_get(series, "name")), name) == 0) {
            return series;
        }
    }
    return NULL;
}

/* ---- lines -------------------------------------------------------------------------------- */

static enum status take_values(struct stages *stages, const json_t *series, double **values)
{
    enum status status = STATUS_OK;
    const json_t *list = json_object_get(series, "values");
    FAIL_IF(stages->arrays == ARRAYS_MAX, STATUS_FAILED, "more than %d lines", ARRAYS_MAX);
    TRY(memory_allocate((size_t)stages->steps, sizeof **values, values));
    stages->array[stages->arrays++] = *values;
    for (int64_t step = 0; step < stages->steps; step++) {
        const json_t *value = json_array_get(list, (size_t)step);
        (*values)[step] = json_is_number(value) ? json_number_value(value) : NAN;
    }
done:
    return status;
}

/* Distance from the mean in standard deviations, so that fields of any unit share an axis. */
static void standardise(double *values, int64_t steps)
{
    double sum = 0, squares = 0, count = 0;
    for (int64_t step = 0; step < steps; step++) {
        sum += isnan(values[step]) ? 0 : values[step];
        count += !isnan(values[step]);
    }
    for (int64_t step = 0; step < steps; step++) {
        values[step] -= sum / count;
        squares += isnan(values[step]) ? 0 : values[step] * values[step];
    }
    double spread = sqrt(squares / count);
    for (int64_t step = 0; spread > 0 && step < steps; step++) {
        values[step] /= spread;
    }
}

static struct chart_series *add_panel(struct stages *stages, const char *label, const char *units)
{
    char *text = stages->labels[stages->panels];
    snprintf(text, sizeof stages->labels[0], units[0] != '\0' ? "%s (%s)" : "%s", label, units);
    struct chart_series *panel = &stages->panel[stages->panels++];
    *panel = (struct chart_series){.title = "", .x_label = "", .y_label = text};
    return panel;
}

static enum status add_line(struct stages *stages, struct chart_series *panel, const char *product,
                            const char *name, const char *as)
{
    enum status status = STATUS_OK;
    double *values = NULL;
    const json_t *series = find_series(stages, product, name);
    if (series == NULL) {
        goto done;
    }
    TRY(take_values(stages, series, &values));
    panel->lines[panel->line_count++] =
        (struct chart_line){.name = as, .x = stages->year, .y = values, .count = stages->steps};
done:
    return status;
}

/* ---- panels ------------------------------------------------------------------------------- */

static enum status add_parts(struct stages *stages)
{
    enum status status = STATUS_OK;
    static const char *const parts[][2] = {{"pollution", "PM"},
                                           {"trend", "T"},
                                           {"seasonal", "S"},
                                           {"remainder", "R"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct chart_series *panel = add_panel(stages, parts[i][1], stages->units);
        TRY(add_line(stages, panel, stages->deweather, parts[i][0], parts[i][1]));
    }
done:
    return status;
}

static enum status add_weather(struct stages *stages)
{
    enum status status = STATUS_OK;
    static const char *const keys[] = {"t2m", "sp", "rh", "tp", "u10", "v10"};
    static const char *const series[] = {"t2m_baseline", "sp_baseline",  "rh_baseline",
                                         "tp_baseline",  "u10_baseline", "v10_baseline"};
    struct chart_series *panel = NULL;
    for (int i = 0; i < 6; i++) {
        if (i % 3 == 0) {
            panel = add_panel(stages, "weather (sd)", "");
        }
        TRY(add_line(stages, panel, stages->deweather, series[i], keys[i]));
        if (panel->line_count > i % 3) {
            standardise((double *)panel->lines[panel->line_count - 1].y, stages->steps);
        }
    }
done:
    return status;
}

static enum status add_removal(struct stages *stages)
{
    enum status status;
    struct chart_series *fit = add_panel(stages, "T + S", stages->units);
    TRY(add_line(stages, fit, stages->deweather, "baseline", "baseline"));
    TRY(add_line(stages, fit, stages->deweather, "fitted", "fitted by the weather"));
    struct chart_series *removed = add_panel(stages, "PM_tem", stages->units);
    TRY(add_line(stages, removed, stages->deweather, "deweathered", "deweathered"));
    TRY(add_line(stages, removed, stages->background, "expected", "expected without the sources"));
done:
    return status;
}

static enum status add_shares(struct stages *stages)
{
    enum status status;
    struct chart_series *ihs = add_panel(stages, "PM_ihs", stages->units);
    ihs->has_zero = true;
    TRY(add_line(stages, ihs, stages->attribute, "ihs", "part of the sources"));
    struct chart_series *share = add_panel(stages, "share", "");
    share->has_zero = true;
    TRY(add_line(stages, share, stages->attribute, "share", "share"));
done:
    return status;
}

/* ---- the figure --------------------------------------------------------------------------- */

/* Dates are those of the table: YYYY-MM-DD, which may go on with hours. */
static double decimal_year(const char *date)
{
    int year = 0, month = 1, day = 1;
    sscanf(date, "%d-%d-%d", &year, &month, &day);
    return year + ((month - 1) * 30.4375 + day - 0.5) / 365.25;
}

static enum status make_years(struct stages *stages)
{
    enum status status;
    const json_t *dates = stages->explanation->dates;
    stages->steps = (int64_t)json_array_size(dates);
    TRY(memory_allocate((size_t)stages->steps, sizeof *stages->year, &stages->year));
    for (int64_t step = 0; step < stages->steps; step++) {
        stages->year[step] = decimal_year(json_string_value(json_array_get(dates, (size_t)step)));
    }
done:
    return status;
}

static enum status collect(struct stages *stages)
{
    enum status status;
    choose_products(stages);
    const json_t *pollution = find_series(stages, stages->deweather, "pollution");
    const char *units = json_string_value(json_object_get(pollution, "units"));
    stages->units = units != NULL ? units : "";
    TRY(make_years(stages));
    TRY(add_parts(stages));
    TRY(add_weather(stages));
    TRY(add_removal(stages));
    TRY(add_shares(stages));
done:
    return status;
}

enum status explanation_draw(const struct explanation *explanation, const char *folder,
                             struct picture *picture)
{
    enum status status;
    struct stages stages = {.explanation = explanation};
    struct figure *figure = NULL;
    char title[128];
    snprintf(title, sizeof title, "The stages of the cell at %.6g N %.6g E",
             json_number_value(json_object_get(explanation->root, "latitude")),
             json_number_value(json_object_get(explanation->root, "longitude")));
    TRY(collect(&stages));
    struct chart_panels panels = {
        .title = title, .x_label = "year", .panels = stages.panel, .count = stages.panels};
    TRY(figure_begin(folder, &figure));
    TRY(chart_panels(figure, &panels));
    TRY(figure_end(figure, picture));
done:
    figure_destroy(&figure);
    free(stages.year);
    for (int i = 0; i < stages.arrays; i++) {
        free(stages.array[i]);
    }
    return status;
}
