/* airshed -- GPL-3.0-or-later. inventory: what each of its figures shows. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "figures.h"
#include "output.h"
#include "io/dataset.h"
#include "report/chart.h"

enum { TITLE_BYTES = 400 };

/* ---- looking things up -------------------------------------------------------------------- */

static const char *species_name(const struct inventory_figures *figures, int species)
{
    return figures->model->indices[INDEX_SPECIES].members.items[species];
}

static int year_count(const struct inventory_figures *figures)
{
    return (int)figures->model->indices[INDEX_YEAR].members.count;
}

/* The whole period, or the only year. */
static int period_of(const struct inventory_figures *figures)
{
    return year_count(figures) > 1 ? -1 : 0;
}

static const struct inventory_total *find(const struct inventory_figures *figures,
                                          const struct inventory_totals *totals, int species,
                                          const struct inventory_result *result, const char *of)
{
    char year[40];
    const struct inventory_total like = {
        .species = species_name(figures, species),
        .subject = inventory_subject_name(result->subject),
        .name = inventory_subject_member(figures->model, result),
        .extent = inventory_extent_name(result),
        .place = inventory_place_name(figures->model, result),
        .year = inventory_year_name(figures->model, result->year, year),
        .of = of};
    return inventory_totals_find(totals, &like);
}

static double total_of(const struct inventory_figures *figures, int species,
                       enum result_subject subject, int member, enum result_place place,
                       int place_member, int year)
{
    const struct inventory_result result = {.subject = subject,
                                            .subject_member = member,
                                            .place = place,
                                            .place_member = place_member,
                                            .year = year};
    const struct inventory_total *row = find(figures, &figures->totals, species, &result, "");
    return row != NULL ? inventory_total_centre(row) : NAN;
}

static double change_of(const struct inventory_figures *figures, int species,
                        enum result_place place, int place_member)
{
    const struct inventory_result result = {.subject = SUBJECT_ALL,
                                            .subject_member = -1,
                                            .place = place,
                                            .place_member = place_member,
                                            .year = year_count(figures) - 1};
    const struct inventory_total *row =
        find(figures, &figures->changes, species, &result, "total");
    return row != NULL ? inventory_total_centre(row) : NAN;
}

static int place_in(const struct text_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* What a figure of a stand-in says of itself. */
static const char *warning_of(const struct inventory_figures *figures)
{
    bool is_standin = figures->model->is_synthetic ||
                      (figures->polygons != NULL && figures->polygons->is_synthetic) ||
                      (figures->grid != NULL && figures->grid->is_synthetic);
    return is_standin ? " - SYNTHETIC STAND-IN" : "";
}

/* "Hg: what follows" */
static void make_title(const struct inventory_figures *figures, int species, const char *words,
                       char title[TITLE_BYTES])
{
    const char *name = species_name(figures, species);
    snprintf(title, TITLE_BYTES, "%.60s%s%.250s%s", name, name[0] != '\0' ? ": " : "", words,
             warning_of(figures));
    title[0] = (char)(name[0] == '\0' ? toupper((unsigned char)title[0]) : title[0]);
}

/* ---- flows -------------------------------------------------------------------------------- */

static enum status draw_flux(const struct inventory_figures *figures,
                             const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    struct diagram_flow *flows = NULL;
    char words[200], title[TITLE_BYTES], year[40];
    TRY(memory_allocate((size_t)model->source_count, sizeof *flows, &flows));
    for (int i = 0; i < model->source_count; i++) {
        const struct inventory_source *source = &model->sources[i];
        flows[i] = (struct diagram_flow){
            .name = source->name,
            .amount = total_of(figures, one->species, SUBJECT_SOURCE, i, PLACE_ALL, -1,
                               period_of(figures)),
            .group = place_in(&model->categories, source->category),
            .receptor = place_in(&model->receptors, source->receptor)};
    }
    snprintf(words, sizeof words, "from source to receptor, %.40s (%.60s)",
             inventory_year_name(model, period_of(figures), year), model->units);
    make_title(figures, one->species, words, title);
    const struct diagram_flux flux = {.title = title,
                                      .units = model->units,
                                      .flows = flows,
                                      .flow_count = model->source_count,
                                      .groups = (const char *const *)model->categories.items,
                                      .group_count = (int)model->categories.count,
                                      .receptors = (const char *const *)model->receptors.items,
                                      .receptor_count = (int)model->receptors.count};
    TRY(diagram_flux(figure, &flux));
done:
    free(flows);
    return status;
}

/* ---- years -------------------------------------------------------------------------------- */

/* Amounts of one figure of years. */
struct yearly {
    double *amounts, *low, *high, *values; /* [categories, years], [years], [years], [sources, years] */
    struct diagram_series *series;
};

static enum status gather_years(const struct inventory_figures *figures, int species,
                                struct yearly *yearly)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    int years = year_count(figures), categories = (int)model->categories.count;
    size_t count = (size_t)years;
    TRY(memory_allocate((size_t)categories * count, sizeof(double), &yearly->amounts));
    TRY(memory_allocate(count, sizeof(double), &yearly->low));
    TRY(memory_allocate(count, sizeof(double), &yearly->high));
    TRY(memory_allocate((size_t)model->source_count * count, sizeof(double), &yearly->values));
    TRY(memory_allocate((size_t)model->source_count, sizeof *yearly->series, &yearly->series));
    for (int year = 0; year < years; year++) {
        const struct inventory_result all = {
            .subject = SUBJECT_ALL, .subject_member = -1, .place = PLACE_ALL, .year = year};
        const struct inventory_total *row = find(figures, &figures->totals, species, &all, "");
        yearly->low[year] = row != NULL ? row->low : NAN;
        yearly->high[year] = row != NULL ? row->high : NAN;
        for (int i = 0; i < categories; i++) {
            yearly->amounts[i * years + year] =
                total_of(figures, species, SUBJECT_CATEGORY, i, PLACE_ALL, -1, year);
        }
        for (int i = 0; i < model->source_count; i++) {
            yearly->values[i * years + year] =
                total_of(figures, species, SUBJECT_SOURCE, i, PLACE_ALL, -1, year);
        }
    }
    for (int i = 0; i < model->source_count; i++) {
        yearly->series[i] = (struct diagram_series){
            .name = model->sources[i].name,
            .group = place_in(&model->categories, model->sources[i].category),
            .values = yearly->values + (size_t)i * count};
    }
done:
    return status;
}

static enum status draw_years(const struct inventory_figures *figures,
                              const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    struct yearly yearly = {0};
    char title[TITLE_BYTES];
    TRY(gather_years(figures, one->species, &yearly));
    make_title(figures, one->species, "shares and amounts by year", title);
    const struct diagram_years years = {
        .title = title,
        .units = model->units,
        .years = (const char *const *)model->indices[INDEX_YEAR].members.items,
        .year_count = year_count(figures),
        .groups = (const char *const *)model->categories.items,
        .group_count = (int)model->categories.count,
        .amounts = yearly.amounts,
        .low = yearly.low,
        .high = yearly.high,
        .series = yearly.series,
        .series_count = model->source_count};
    TRY(diagram_years(figure, &years));
done:
    free(yearly.amounts);
    free(yearly.low);
    free(yearly.high);
    free(yearly.values);
    free(yearly.series);
    return status;
}

/* ---- maps --------------------------------------------------------------------------------- */

struct regional {
    struct diagram_inset *insets;
    double *amounts; /* [regions, categories, 2] */
};

static enum status gather_regions(const struct inventory_figures *figures, int species,
                                  struct regional *regional)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    int regions = (int)model->regions.count, categories = (int)model->categories.count;
    TRY(memory_allocate((size_t)regions, sizeof *regional->insets, &regional->insets));
    TRY(memory_allocate((size_t)(2 * regions * categories), sizeof(double), &regional->amounts));
    for (int region = 0; region < regions; region++) {
        double *amounts = regional->amounts + 2 * region * categories;
        regional->insets[region] = (struct diagram_inset){
            .name = model->regions.items[region],
            .change = change_of(figures, species, PLACE_REGION, region),
            .amounts = amounts};
        for (int i = 0; i < 2 * categories; i++) {
            amounts[i] = total_of(figures, species, SUBJECT_CATEGORY, i / 2, PLACE_REGION, region,
                                  i % 2 == 0 ? 0 : year_count(figures) - 1);
        }
    }
done:
    return status;
}

static enum status draw_map(const struct inventory_figures *figures,
                            const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    const struct inventory_polygons *polygons = figures->polygons;
    const char *const *years = (const char *const *)model->indices[INDEX_YEAR].members.items;
    bool is_change = one->kind == FIGURE_CHANGE;
    int last = year_count(figures) - 1;
    double *values = NULL;
    struct regional regional = {0};
    char words[200], title[TITLE_BYTES], label[160], year[40];
    TRY(memory_allocate((size_t)polygons->layer->count, sizeof *values, &values));
    for (int64_t i = 0; i < polygons->layer->count; i++) {
        int member = polygons->member[i];
        values[i] = member < 0  ? NAN
                    : is_change ? change_of(figures, one->species, PLACE_PROVINCE, member)
                                : total_of(figures, one->species, SUBJECT_ALL, -1, PLACE_PROVINCE,
                                           member, period_of(figures));
    }
    snprintf(words, sizeof words, is_change ? "change from %.40s to %.40s" : "sum of %.40s",
             is_change ? years[0] : inventory_year_name(model, period_of(figures), year),
             years[last]);
    make_title(figures, one->species, words, title);
    snprintf(label, sizeof label, is_change ? "change (%%)" : "amount (%.100s)", model->units);
    struct diagram_zones zones = {.title = title,
                                  .label = label,
                                  .is_diverging = is_change,
                                  .count = polygons->layer->count,
                                  .polygons = polygons->layer->polygon,
                                  .values = values,
                                  .groups = (const char *const *)model->categories.items,
                                  .group_count = (int)model->categories.count,
                                  .bars = {years[0], years[last]},
                                  .units = model->units};
    if (is_change) {
        TRY(gather_regions(figures, one->species, &regional));
        zones.insets = regional.insets;
        zones.inset_count = (int)model->regions.count;
    }
    TRY(diagram_zones(figure, &zones));
done:
    free(values);
    free(regional.insets);
    free(regional.amounts);
    return status;
}

/* ---- the grid ----------------------------------------------------------------------------- */

const struct grid_group *inventory_figure_group(const struct inventory_figures *figures, int species)
{
    const struct grid_group *best = NULL;
    for (int i = 0; figures->grid != NULL && i < figures->grid->groups; i++) {
        const struct grid_group *group = &figures->grid->group[i];
        bool is_better = best == NULL || (group->subject == SUBJECT_ALL && best->subject != SUBJECT_ALL);
        best = group->species == species && is_better ? group : best;
    }
    return best;
}

/* "t in a cell of 0.25 x 0.25 degrees" */
static void label_cells(const struct inventory_figures *figures, const struct georeference *grid,
                        char label[160])
{
    double unit = grid->is_geographic ? 1 : 1000;
    int length = snprintf(label, 160, "%.60s in a cell", figures->model->units);
    if (georeference_is_regular(grid)) {
        snprintf(label + length, 160 - (size_t)length, " of %.4g x %.4g %s",
                 (grid->x_edges[grid->cols] - grid->x_edges[0]) / (double)grid->cols / unit,
                 (grid->y_edges[grid->rows] - grid->y_edges[0]) / (double)grid->rows / unit,
                 grid->is_geographic ? "degrees" : "km");
    }
}

static enum status draw_grid(const struct inventory_figures *figures,
                             const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    const struct grid_group *group = inventory_figure_group(figures, one->species);
    const struct georeference *grid = figures->grid->grid;
    struct dataset *dataset = NULL;
    float *values = NULL;
    char *path = NULL, words[200], title[TITLE_BYTES], label[160], year[40];
    int variable, last = year_count(figures) - 1;
    struct window map = {.time = last, .steps = 1, .rows = grid->rows, .cols = grid->cols};
    const char *name = inventory_year_name(figures->model, last, year);
    TRY(path_join(figures->folder, "grid.nc", &path));
    TRY(dataset_open(path, &(struct dataset_options){0}, &dataset));
    TRY(dataset_find(dataset, group->name, &variable));
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), sizeof *values, &values));
    TRY(dataset_read(dataset, variable, &map, values));
    snprintf(words, sizeof words, "mean%s%.40s on the grid%s%.80s", name[0] != '\0' ? " of " : "", name,
             group->subject == SUBJECT_ALL ? "" : ", ", group->subject == SUBJECT_ALL ? "" : group->name);
    make_title(figures, one->species, words, title);
    label_cells(figures, grid, label);
    struct chart_map drawn = {.grid = grid,
                              .values = values,
                              .palette = CHART_LOGARITHMIC,
                              .title = title,
                              .label = label};
    if (figures->polygons != NULL) {
        drawn.borders = (struct chart_borders){figures->polygons->layer->count,
                                               figures->polygons->layer->polygon};
    }
    TRY(chart_map(figure, &drawn));
done:
    dataset_close(&dataset);
    free(values);
    free(path);
    return status;
}

/* ---- sensitivities ------------------------------------------------------------------------ */

enum { BAR_GROUPS = 3, BARS_A_GROUP = 10, NAME_MOST = 50 };
static const char *const bar_groups[BAR_GROUPS] = {"Activity", "Factors", "Shares and other numbers"};

struct influences {
    struct diagram_bar bars[BAR_GROUPS * BARS_A_GROUP];
    char names[BAR_GROUPS * BARS_A_GROUP][160];
    int count, in_group[BAR_GROUPS];
};

static int group_of_kind(const char *kind)
{
    return strcmp(kind, "activity") == 0 ? 0 : strcmp(kind, "factor") == 0 ? 1 : 2;
}

/* Columns of sensitivities.csv that are drawn. */
enum { S_SPECIES, S_SUBJECT, S_YEAR, S_PARAMETER, S_KIND, S_KEYS, S_PEARSON, S_ADJUSTED, S_COLUMNS };
static const char *const influence_columns[S_COLUMNS] = {
    "species", "subject", "year", "parameter", "kind", "keys", "pearson", "adjusted_p"};

static enum status read_table(const struct inventory_figures *figures, const char *name,
                              const char *const *columns, int count, struct table **table,
                              int64_t *col)
{
    enum status status;
    char *path = NULL;
    FAIL_IF(asprintf(&path, "%s/%s.csv", figures->folder, name) < 0, STATUS_MEMORY,
            "out of memory");
    TRY(table_read(&(struct table_source){.path = path}, table));
    for (int i = 0; i < count; i++) {
        TRY(table_column(*table, columns[i], &col[i]));
    }
done:
    free(path);
    return status;
}

/* Rows are in the order of their size. */
static enum status add_influence(const struct table *table, int64_t row, const int64_t *col,
                                 struct influences *all)
{
    enum status status = STATUS_OK;
    int group = group_of_kind(table_text(table, row, col[S_KIND]));
    double value, p;
    if (all->in_group[group] == BARS_A_GROUP) {
        return STATUS_OK;
    }
    TRY(table_number(table, row, col[S_PEARSON], &value));
    TRY(table_number(table, row, col[S_ADJUSTED], &p));
    const char *keys = table_text(table, row, col[S_KEYS]);
    char *name = all->names[all->count];
    int length = snprintf(name, sizeof all->names[0], "%.60s%s%.80s",
                          table_text(table, row, col[S_PARAMETER]), keys[0] != '\0' ? ": " : "",
                          keys);
    if (length > NAME_MOST) {
        strcpy(name + NAME_MOST - 2, "..");
    }
    all->bars[all->count] = (struct diagram_bar){
        .name = all->names[all->count],
        .group = group,
        .value = value,
        .is_filled = p < 0.05};
    all->count++;
    all->in_group[group]++;
done:
    return status;
}

static enum status draw_sensitivities(const struct inventory_figures *figures,
                                      const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    struct table *table = NULL;
    struct influences *all = NULL;
    int64_t col[S_COLUMNS];
    char title[TITLE_BYTES], year[40];
    const char *period = inventory_year_name(figures->model, period_of(figures), year);
    TRY(memory_allocate(1, sizeof *all, &all));
    TRY(read_table(figures, "sensitivities", influence_columns, S_COLUMNS, &table, col));
    for (int64_t row = 0; row < table->rows; row++) {
        bool is_meant = strcmp(table_text(table, row, col[S_SPECIES]),
                               species_name(figures, one->species)) == 0 &&
                        strcmp(table_text(table, row, col[S_SUBJECT]), "all") == 0 &&
                        strcmp(table_text(table, row, col[S_YEAR]), period) == 0;
        if (is_meant) {
            TRY(add_influence(table, row, col, all));
        }
    }
    make_title(figures, one->species, "what the uncertainty of the total comes from", title);
    const struct diagram_bars bars = {.title = title,
                                      .label = "Pearson correlation with the total; hollow: may be chance",
                                      .groups = bar_groups,
                                      .group_count = BAR_GROUPS,
                                      .bars = all->bars,
                                      .bar_count = all->count};
    TRY(diagram_bars(figure, &bars));
done:
    table_destroy(&table);
    free(all);
    return status;
}

/* ---- convergence -------------------------------------------------------------------------- */

enum { FAN_LINES = 3, FAN_POINTS_MAX = 64 };
enum { C_SPECIES, C_YEAR, C_DRAWS, C_LINES, C_COLUMNS = C_LINES + 2 * FAN_LINES };
static const char *const fan_columns[C_COLUMNS] = {
    "species", "year", "draws", "high", "high_error", "median", "median_error", "low", "low_error"};
static const char *const fan_names[FAN_LINES] = {"upper end", "median", "lower end"};

struct fan {
    double x[FAN_POINTS_MAX], value[FAN_LINES][FAN_POINTS_MAX], error[FAN_LINES][FAN_POINTS_MAX];
    int64_t count;
};

static enum status add_point(const struct table *table, int64_t row, const int64_t *col,
                             struct fan *fan)
{
    enum status status;
    TRY(table_number(table, row, col[C_DRAWS], &fan->x[fan->count]));
    for (int k = 0; k < FAN_LINES; k++) {
        TRY(table_number(table, row, col[C_LINES + 2 * k], &fan->value[k][fan->count]));
        TRY(table_number(table, row, col[C_LINES + 2 * k + 1], &fan->error[k][fan->count]));
    }
    fan->count += isfinite(fan->value[0][fan->count]) && fan->x[fan->count] > 0;
done:
    return status;
}

static enum status draw_convergence(const struct inventory_figures *figures,
                                    const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    struct table *table = NULL;
    struct fan *fan = NULL;
    int64_t col[C_COLUMNS];
    char words[200], title[TITLE_BYTES], year[40];
    const char *period = inventory_year_name(figures->model, period_of(figures), year);
    TRY(memory_allocate(1, sizeof *fan, &fan));
    TRY(read_table(figures, "convergence", fan_columns, C_COLUMNS, &table, col));
    for (int64_t row = 0; row < table->rows && fan->count < FAN_POINTS_MAX; row++) {
        bool is_meant = strcmp(table_text(table, row, col[C_SPECIES]),
                               species_name(figures, one->species)) == 0 &&
                        strcmp(table_text(table, row, col[C_YEAR]), period) == 0;
        if (is_meant) {
            TRY(add_point(table, row, col, fan));
        }
    }
    char label[160];
    snprintf(label, sizeof label, "amount (%.100s)", figures->model->units);
    snprintf(words, sizeof words, "interval of the total of %.40s", period);
    make_title(figures, one->species, words, title);
    struct diagram_fan drawn = {.title = title,
                                .x_label = "draws",
                                .y_label = label,
                                .x = fan->x,
                                .count = fan->count,
                                .line_count = FAN_LINES};
    for (int k = 0; k < FAN_LINES; k++) {
        drawn.lines[k] = (struct diagram_fan_line){fan_names[k], fan->value[k], fan->error[k]};
    }
    TRY(diagram_fan(figure, &drawn));
done:
    table_destroy(&table);
    free(fan);
    return status;
}

/* ---- fits --------------------------------------------------------------------------------- */

enum { CURVE_POINTS = 201 };

struct curves {
    struct distribution_fit fits[DISTRIBUTION_FAMILY_COUNT];
    int count;
    double x[CURVE_POINTS];
    double density[DIAGRAM_LINES_MAX][CURVE_POINTS], probability[DIAGRAM_LINES_MAX][CURVE_POINTS];
    char names[DIAGRAM_LINES_MAX][80];
};

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Name of the family that fits.csv has chosen for the value, "" where it has none. */
static enum status find_chosen(const struct inventory_figures *figures, const char *parameter,
                               const char *keys, char chosen[32])
{
    enum status status;
    static const char *const columns[] = {"parameter", "keys", "family", "chosen"};
    struct table *table = NULL;
    int64_t col[4];
    chosen[0] = '\0';
    TRY(read_table(figures, "fits", columns, 4, &table, col));
    for (int64_t row = 0; row < table->rows; row++) {
        if (strcmp(table_text(table, row, col[0]), parameter) == 0 &&
            strcmp(table_text(table, row, col[1]), keys) == 0 &&
            table_text(table, row, col[3])[0] != '\0') {
            snprintf(chosen, 32, "%.31s", table_text(table, row, col[2]));
        }
    }
done:
    table_destroy(&table);
    return status;
}

/* Fits by likelihood, the chosen one first, then by AICc. */
static void fit_families(const double *sorted, int64_t count, bool is_share, const char *chosen,
                         struct curves *curves)
{
    for (int family = DISTRIBUTION_NORMAL; family < DISTRIBUTION_EMPIRICAL; family++) {
        struct distribution_fit fit = distribution_fit((enum distribution_family)family,
                                                       FIT_LIKELIHOOD, sorted, count, 0, 1);
        if (fit.reason != REASON_OK || (family == DISTRIBUTION_BETA && !is_share)) {
            continue;
        }
        bool is_chosen = strcmp(distribution_family_name(fit.family), chosen) == 0;
        double own = is_chosen ? -INFINITY : isnan(fit.aicc) ? fit.aic : fit.aicc;
        int at = curves->count++;
        for (; at > 0; at--) {
            const struct distribution_fit *other = &curves->fits[at - 1];
            bool other_is_chosen = strcmp(distribution_family_name(other->family), chosen) == 0;
            if (other_is_chosen || (isnan(other->aicc) ? other->aic : other->aicc) <= own) {
                break;
            }
            curves->fits[at] = *other;
        }
        curves->fits[at] = fit;
    }
}

static void fill_curves(const double *sorted, int64_t count, const char *chosen,
                        struct curves *curves)
{
    double low = sorted[0], high = sorted[count - 1], margin = 0.15 * (high - low);
    double from = low >= 0 ? fmax(0, low - margin) : low - margin;
    for (int i = 0; i < CURVE_POINTS; i++) {
        curves->x[i] = from + (high + margin - from) * i / (CURVE_POINTS - 1);
    }
    curves->count = curves->count < DIAGRAM_LINES_MAX ? curves->count : DIAGRAM_LINES_MAX;
    for (int k = 0; k < curves->count; k++) {
        const struct distribution *distribution = &curves->fits[k].distribution;
        const char *family = distribution_family_name(distribution->family);
        snprintf(curves->names[k], sizeof curves->names[0], "%s%s", family,
                 strcmp(family, chosen) == 0 ? " (chosen)" : "");
        for (int i = 0; i < CURVE_POINTS; i++) {
            curves->density[k][i] = distribution_density(distribution, curves->x[i]);
            curves->probability[k][i] = distribution_cdf(distribution, curves->x[i]);
        }
    }
}

static enum status draw_fit(const struct inventory_figures *figures,
                            const struct inventory_figure *one, struct figure *figure)
{
    enum status status;
    const struct inventory_model *model = figures->model;
    const struct inventory_value *value = &model->values[one->value];
    const struct inventory_parameter *parameter = &model->parameters[value->parameter];
    size_t count = (size_t)value->sample_count;
    double *sorted = NULL;
    struct curves *curves = NULL;
    char keys[512], title[TITLE_BYTES], label[200], chosen[32];
    inventory_key_text(model, value->parameter, &value->key, keys, sizeof keys);
    TRY(memory_allocate(count, sizeof *sorted, &sorted));
    TRY(memory_allocate(1, sizeof *curves, &curves));
    memcpy(sorted, value->samples, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    TRY(find_chosen(figures, parameter->name, keys, chosen));
    fit_families(sorted, value->sample_count, parameter->kind == PARAMETER_SHARE, chosen, curves);
    fill_curves(sorted, value->sample_count, chosen, curves);
    snprintf(title, sizeof title, "%.80s%s%.200s, %lld samples%s", parameter->name,
             keys[0] != '\0' ? ": " : "", keys, (long long)value->sample_count,
             warning_of(figures));
    snprintf(label, sizeof label, "%.80s (%.80s)", parameter->name, parameter->units);
    struct diagram_fit fit = {.title = title,
                              .label = label,
                              .values = sorted,
                              .count = value->sample_count,
                              .x = curves->x,
                              .points = CURVE_POINTS,
                              .curve_count = curves->count};
    for (int k = 0; k < curves->count; k++) {
        fit.curves[k] =
            (struct diagram_curve){curves->names[k], curves->density[k], curves->probability[k]};
    }
    TRY(diagram_fit(figure, &fit));
done:
    free(sorted);
    free(curves);
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

static const struct {
    const char *stem, *caption, *alternative;
    enum status (*draw)(const struct inventory_figures *, const struct inventory_figure *,
                        struct figure *);
} kinds[] = {
    [FIGURE_FLUX] = {"flux", "From sources through categories to receptors; heights are in proportion.",
                     "Flow diagram; its numbers are in totals.csv", draw_flux},
    [FIGURE_YEARS] = {"years",
                      "Shares and amounts of the categories by year, with the interval of their sum, and "
                      "the largest sources of each.",
                      "Stacked bars and line charts; their numbers are in shares.csv and totals.csv",
                      draw_years},
    [FIGURE_CHANGE] = {"change",
                       "Change of provinces from the first to the last year, and amounts of regions in "
                       "both. Sources without provinces are in neither; grey: no value.",
                       "Map of provinces with bars of regions; its numbers are in changes.csv", draw_map},
    [FIGURE_CUMULATIVE] = {"cumulative",
                           "Sum over the period by province, without sources that have national data "
                           "only; grey: no value.",
                           "Map of provinces; its numbers are in totals.csv", draw_map},
    [FIGURE_GRID] = {"grid",
                     "Mean of the draws in each cell: the totals of provinces in the last year, spread by a "
                     "proxy. Colours are logarithmic; sources that are not on the grid are named with its "
                     "table of sums.",
                     "Map of cells; its numbers are in grid.nc", draw_grid},
    [FIGURE_SENSITIVITIES] = {"sensitivities",
                              "Correlation of uncertain values with the total, the ten largest of each "
                              "group; filled: p below 0.05.",
                              "Bars in three groups; their numbers are in sensitivities.csv",
                              draw_sensitivities},
    [FIGURE_CONVERGENCE] = {"convergence",
                            "Interval and median after so many draws, with their standard errors.",
                            "Lines against draws; their numbers are in convergence.csv",
                            draw_convergence},
    [FIGURE_FIT] = {"fit",
                    "Samples as histogram and empirical distribution, beside fitted distributions: the "
                    "chosen one and the next by AICc.",
                    "Histogram and curves; their numbers are in fits.csv", draw_fit},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

enum status inventory_figure_draw(const struct inventory_figures *figures,
                                  const struct inventory_figure *one, const char *drawing,
                                  struct picture *picture)
{
    enum status status;
    struct figure *figure = NULL;
    TRY(figure_begin(drawing, &figure));
    TRY(kinds[one->kind].draw(figures, one, figure));
    TRY(figure_end(figure, picture));
done:
    figure_destroy(&figure);
    return status;
}

static int kind_of(const char *name)
{
    int kind = 0;
    while (kind < KINDS - 1 && strncmp(name, kinds[kind].stem, strlen(kinds[kind].stem)) != 0) {
        kind++;
    }
    return kind;
}

const char *inventory_figure_caption(const char *name)
{
    return kinds[kind_of(name)].caption;
}

const char *inventory_figure_alternative(const char *name)
{
    return kinds[kind_of(name)].alternative;
}
