/* airshed -- GPL-3.0-or-later. inventory: a synthetic stand-in for tables that are asked of the user. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "config.h"
#include "results.h"
#include "template.h"
#include "values.h"

enum scale { SCALE_NONE, SCALE_PRINTED, SCALE_REST };

/* What `synthetic` of an ask says. */
struct manner {
    double value, total; /* NaN: not given */
    double spread, yearly, change;
    enum scale scale;
};

/* ---- the config --------------------------------------------------------------------------- */

static enum status read_real(const struct config_node *node, const char *key, double fallback,
                             double *value)
{
    const char *text = inventory_scalar(node, key);
    *value = fallback;
    return text == NULL || text_parse_real(text, value)
               ? STATUS_OK
               : inventory_complain(config_find(node, key), "'%s' is a number", key);
}

static enum status read_scale(const struct inventory_parameter *parameter,
                              const struct config_node *node, enum scale *scale)
{
    const char *text = inventory_scalar(node, "scale");
    *scale = text == NULL                    ? SCALE_NONE
             : strcmp(text, "printed") == 0 ? SCALE_PRINTED
                                            : SCALE_REST;
    bool is_known = *scale != SCALE_REST || strcmp(text, "rest") == 0;
    return *scale == SCALE_NONE || (is_known && parameter->by[INDEX_SOURCE])
               ? STATUS_OK
               : inventory_complain(config_find(node, "scale"),
                                    "'scale' is printed or rest, of a parameter that varies by "
                                    "source");
}

static enum status read_manner(const struct inventory_model *model, const struct template_row *row,
                               struct manner *manner)
{
    enum status status;
    static const char *const known[] = {"value", "total", "spread",       "yearly",  "change",
                                        "scale", "sd",    "distribution", "samples", NULL};
    const struct config_node *node = config_find(row->ask, "synthetic");
    const struct inventory_parameter *parameter = &model->parameters[row->parameter];
    if (node == NULL) {
        return inventory_complain(row->ask,
                                  "no stand-in for '%s': say what it is like under "
                                  "'synthetic'",
                                  parameter->name);
    }
    TRY(inventory_check_keys(node, known));
    TRY(read_real(node, "value", NAN, &manner->value));
    TRY(read_real(node, "total", NAN, &manner->total));
    TRY(read_real(node, "spread", 0, &manner->spread));
    TRY(read_real(node, "yearly", 0, &manner->yearly));
    TRY(read_real(node, "change", 0, &manner->change));
    TRY(read_scale(parameter, node, &manner->scale));
    if (isnan(manner->value) == isnan(manner->total)) {
        status = inventory_complain(node, "give 'value', or 'total' of the nation");
    }
done:
    return status;
}

/* ---- numbers at random -------------------------------------------------------------------- */

/* Draws belong to names, so that other rows and another order leave them alone. */
static double draw(const struct inventory_model *model, const struct template_row *row,
                   uint32_t seed, const char *what, bool with_year)
{
    char name[1024];
    size_t length =
        (size_t)snprintf(name, sizeof name, "%s", model->parameters[row->parameter].name);
    for (int index = 0; index < model->index_count && length < sizeof name; index++) {
        int32_t member = row->key.member[index];
        bool counts = member != KEY_ANY && (index != INDEX_YEAR || with_year);
        const char *text = member >= 0 ? model->indices[index].members.items[member] : "nation";
        length += counts
                      ? (size_t)snprintf(name + length, sizeof name - length, "/%d=%s", index, text)
                      : 0;
    }
    struct random_key key = {.seed = seed, .stream = random_stream(what)};
    return random_normal(key, random_stream(name), (uint64_t)row->sample);
}

/* Four digits: what is invented should not look exact, and the last bits of exp() do not show. */
static double shorten(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4g", value);
    text_parse_real(text, &value);
    return value;
}

static double lognormal(double spread, double normal)
{
    return exp(spread * normal - spread * spread / 2);
}

/* The largest value that a row can have: 1 in its unit for shares. */
static enum status most_of(const struct inventory_model *model, const struct template_row *row,
                           double *most)
{
    enum status status;
    struct unit *unit = NULL, *one = NULL;
    double factor = 1;
    *most = INFINITY;
    if (model->parameters[row->parameter].kind != PARAMETER_SHARE) {
        return STATUS_OK;
    }
    TRY(unit_parse(inventory_template_unit(model, row), &unit));
    TRY(unit_parse("1", &one));
    if (unit_factor(one, unit, &factor)) {
        *most = factor;
    }
done:
    unit_destroy(&unit);
    unit_destroy(&one);
    return status;
}

static void draw_row(const struct inventory_model *model, const struct manner *manner,
                     uint32_t seed, struct template_row *row)
{
    double level = isnan(manner->total) ? manner->value : 1;
    int year = row->key.member[INDEX_YEAR];
    double years = year >= 0 ? model->year[year] - model->year[0] : 0;
    row->value = level *
                 lognormal(manner->spread, draw(model, row, seed, "inventory.place", false)) *
                 lognormal(manner->yearly, draw(model, row, seed, "inventory.year", true)) *
                 pow(1 + manner->change / 100, years);
}

static bool differ_in_province_only(const struct template_row *a, const struct template_row *b)
{
    bool same = a->ask == b->ask;
    for (int index = 0; index < INDEX_MAX; index++) {
        same = same && (index == INDEX_PROVINCE || a->key.member[index] == b->key.member[index]);
    }
    return same;
}

/* Makes the provinces of row @p first and its like share the total: rows are at random by now. */
static void share_total(const struct inventory_model *model, const struct manner *manner,
                        struct template_table *table, int64_t first)
{
    const struct template_row *row = &table->rows[first];
    int year = row->key.member[INDEX_YEAR];
    double years = year >= 0 ? model->year[year] - model->year[0] : 0, sum = 0;
    double total = manner->total * pow(1 + manner->change / 100, years);
    struct template_row like = *row;
    for (int64_t i = first; i < table->row_count; i++) {
        sum += differ_in_province_only(&table->rows[i], &like) ? table->rows[i].value : 0;
    }
    for (int64_t i = first; i < table->row_count; i++) {
        if (differ_in_province_only(&table->rows[i], &like)) {
            table->rows[i].value *= total / sum;
        }
    }
}

static bool is_first_of_total(const struct template_table *table, int64_t number)
{
    for (int64_t i = 0; i < number; i++) {
        if (differ_in_province_only(&table->rows[i], &table->rows[number])) {
            return false;
        }
    }
    return true;
}

static enum status draw_table(const struct inventory_model *model, uint32_t seed,
                              struct template_table *table)
{
    enum status status = STATUS_OK;
    struct manner manner = {0};
    for (int64_t i = 0; i < table->row_count; i++) {
        double most;
        TRY(read_manner(model, &table->rows[i], &manner));
        TRY(most_of(model, &table->rows[i], &most));
        draw_row(model, &manner, seed, &table->rows[i]);
        table->rows[i].value = fmin(table->rows[i].value, most);
    }
    for (int64_t i = 0; i < table->row_count; i++) {
        TRY(read_manner(model, &table->rows[i], &manner));
        if (!isnan(manner.total) && is_first_of_total(table, i)) {
            share_total(model, &manner, table, i);
        }
    }
done:
    return status;
}

/* ---- into the model ----------------------------------------------------------------------- */

static enum status add_value(struct inventory_model *model, const struct template_table *table,
                             const struct template_row *row)
{
    enum status status;
    char value[TEXT_NUMBER_BYTES];
    enum entry_outcome outcome;
    double number;
    bool has_samples = config_find(table->node, "samples") != NULL;
    struct inventory_entry entry = {
        .node = row->ask, .table_number = -1, .meaning = has_samples ? SAMPLES_MEAN : SAMPLES_NONE};
    for (int index = 0; index < model->index_count; index++) {
        int32_t member = row->key.member[index];
        entry.text[index] = member == KEY_NATIONAL  ? "NATIONAL"
                            : member == KEY_DEFAULT ? "DEFAULT"
                            : member >= 0           ? model->indices[index].members.items[member]
                                                    : NULL;
    }
    entry.text[FIELD_PARAMETER] = model->parameters[row->parameter].name;
    entry.text[FIELD_UNIT] = inventory_template_unit(model, row);
    entry.text[FIELD_VALUE] = text_real(row->value, value);
    TRY(inventory_entry_add(model, &entry, &outcome, &number));
done:
    return status;
}

/* ---- totals ------------------------------------------------------------------------------- */

/* Point totals of the nation, [sources, years] of the first species. */
static enum status evaluate(struct inventory_model *model, double *total)
{
    enum status status;
    struct inventory_results results = {0};
    int years = (int)model->indices[INDEX_YEAR].members.count;
    bool *is_uncertain = NULL;
    double *values = NULL;
    TRY(memory_allocate((size_t)model->value_count, sizeof *is_uncertain, &is_uncertain));
    TRY(inventory_results_create(model, is_uncertain, &results));
    TRY(memory_allocate((size_t)graph_count(results.graph), sizeof *values, &values));
    graph_point(results.graph, NULL, values);
    for (int i = 0; i < model->source_count * years; i++) {
        struct inventory_result like = {.kind = RESULT_TOTAL,
                                        .subject = SUBJECT_SOURCE,
                                        .subject_member = i / years,
                                        .place = PLACE_ALL,
                                        .place_member = -1,
                                        .year = i % years,
                                        .base_year = -1};
        const struct inventory_result *result = inventory_result_find(&results, &like);
        total[i] = result != NULL ? values[results.node[result->slot]] : NAN;
    }
done:
    inventory_results_clear(&results);
    free(is_uncertain);
    free(values);
    return status;
}

/* ---- printed totals ----------------------------------------------------------------------- */

/* True for the nation's total of @p source; of all sources where it is KEY_ANY. */
static bool is_total_of(const struct inventory_printed *one, int source)
{
    return one->statistic == PRINTED_TOTAL && one->key.member[INDEX_SOURCE] == source &&
           one->key.member[INDEX_PROVINCE] < 0 && one->category < 0 && one->receptor < 0 &&
           one->region < 0;
}

/* The total of @p source in @p year from the printed ones: interpolated between years, as the nearest
 * beyond them; NaN where none is printed. */
static double printed_total(const struct inventory_model *model, int source, int year)
{
    int before = -1, after = -1;
    double low = NAN, high = NAN;
    for (int64_t i = 0; i < model->printed_count; i++) {
        const struct inventory_printed *one = &model->printed[i];
        int at = one->key.member[INDEX_YEAR];
        bool counts = is_total_of(one, source) && at >= 0;
        if (counts && at <= year && at > before) {
            before = at;
            low = one->value;
        }
        if (counts && at >= year && (after < 0 || at < after)) {
            after = at;
            high = one->value;
        }
    }
    if (before < 0 || after < 0 || before == after) {
        return before < 0 ? high : low;
    }
    double part = (double)(model->year[year] - model->year[before]) /
                  (model->year[after] - model->year[before]);
    return low + part * (high - low);
}

/* The sum of all sources in @p year. What the printed sum of all years has beyond those of single years
 * belongs to the years without a number of their own, in equal parts. */
static double printed_sum(const struct inventory_model *model, int year)
{
    int years = (int)model->indices[INDEX_YEAR].members.count, own = 0;
    double beyond = NAN;
    bool has_own = false;
    for (int64_t i = 0; i < model->printed_count; i++) {
        const struct inventory_printed *one = &model->printed[i];
        int at = one->key.member[INDEX_YEAR];
        own += is_total_of(one, KEY_ANY) && at >= 0;
        has_own = has_own || (is_total_of(one, KEY_ANY) && at == year);
        beyond = is_total_of(one, KEY_ANY) && at < 0 ? one->value : beyond;
    }
    for (int i = 0; i < years; i++) {
        beyond -= printed_total(model, KEY_ANY, i);
    }
    double total = printed_total(model, KEY_ANY, year);
    return has_own || isnan(beyond) ? total : total + beyond / (years - own);
}

/* ---- scales ------------------------------------------------------------------------------- */

struct scales {
    const struct inventory_model *model;
    int years;
    double *total;    /* [sources, years], before they are scaled */
    enum scale *scale; /* [sources] */
    double *factor;   /* [sources, years]; NaN: nothing is printed that says */
};

static void scales_clear(struct scales *scales)
{
    free(scales->total);
    free(scales->scale);
    free(scales->factor);
}

static enum status find_scales(const struct inventory_template *template, struct scales *scales)
{
    enum status status = STATUS_OK;
    struct manner manner = {0};
    for (int i = 0; i < template->table_count; i++) {
        for (int64_t k = 0; k < template->tables[i].row_count; k++) {
            const struct template_row *row = &template->tables[i].rows[k];
            int source = row->key.member[INDEX_SOURCE];
            TRY(read_manner(scales->model, row, &manner));
            if (source >= 0 && manner.scale != SCALE_NONE) {
                scales->scale[source] = manner.scale;
            }
        }
    }
done:
    return status;
}

/* Sources whose totals are printed meet them; those of the rest share what then lacks to the printed sum
 * of the year, in proportion to what they have. */
static void find_factors(struct scales *scales, int year)
{
    double rest = printed_sum(scales->model, year), shared = 0;
    for (int i = 0; i < scales->model->source_count; i++) {
        double own = scales->total[i * scales->years + year];
        double printed = printed_total(scales->model, i, year);
        bool is_printed = scales->scale[i] == SCALE_PRINTED;
        scales->factor[i * scales->years + year] = is_printed ? printed / own : 1;
        if (scales->scale[i] == SCALE_REST) {
            shared += own;
        } else if (!is_printed || !isnan(printed)) { /* those without are refused later */
            rest -= is_printed ? printed : own;
        }
    }
    for (int i = 0; i < scales->model->source_count; i++) {
        if (scales->scale[i] == SCALE_REST) {
            scales->factor[i * scales->years + year] = rest > 0 ? rest / shared : NAN;
        }
    }
}

static enum status scales_create(struct inventory_model *model,
                                 const struct inventory_template *template, struct scales *scales)
{
    enum status status;
    int years = (int)model->indices[INDEX_YEAR].members.count;
    size_t sources = (size_t)model->source_count;
    *scales = (struct scales){.model = model, .years = years};
    TRY(memory_allocate(sources * (size_t)years, sizeof *scales->total, &scales->total));
    TRY(memory_allocate(sources * (size_t)years, sizeof *scales->factor, &scales->factor));
    TRY(memory_allocate(sources, sizeof *scales->scale, &scales->scale));
    TRY(evaluate(model, scales->total));
    TRY(find_scales(template, scales));
    for (int year = 0; year < years; year++) {
        find_factors(scales, year);
    }
done:
    return status;
}

static enum status scale_table(const struct scales *scales, struct template_table *table)
{
    enum status status = STATUS_OK;
    struct manner manner = {0};
    for (int64_t i = 0; i < table->row_count; i++) {
        struct template_row *row = &table->rows[i];
        int source = row->key.member[INDEX_SOURCE], year = row->key.member[INDEX_YEAR];
        bool has_factor = source >= 0 && year >= 0;
        TRY(read_manner(scales->model, row, &manner));
        double factor = manner.scale == SCALE_NONE ? 1
                        : has_factor ? scales->factor[source * scales->years + year]
                                     : NAN;
        if (isnan(factor)) {
            return inventory_complain(row->ask, manner.scale == SCALE_PRINTED
                                                    ? "no printed total of its source and years to "
                                                      "scale to"
                                                    : "no printed total of all sources, or one that "
                                                      "leaves nothing for the rest");
        }
        row->value = shorten(row->value * factor);
    }
done:
    return status;
}

/* ---- all ---------------------------------------------------------------------------------- */

enum status inventory_standin_fill(struct inventory_model *model, uint32_t seed,
                                   struct inventory_template *template)
{
    enum status status = STATUS_OK;
    struct scales scales = {0};
    for (int i = 0; i < template->table_count; i++) {
        struct template_table *table = &template->tables[i];
        TRY(draw_table(model, seed, table));
        for (int64_t row = 0; row < table->row_count; row++) {
            TRY(add_value(model, table, &table->rows[row]));
        }
    }
    TRY(scales_create(model, template, &scales));
    for (int i = 0; i < template->table_count; i++) {
        TRY(scale_table(&scales, &template->tables[i]));
    }
done:
    scales_clear(&scales);
    return status;
}
