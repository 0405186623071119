/* airshed -- GPL-3.0-or-later. inventory: the config of a model (P3.01-P3.09). */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "values.h"

static const char *const index_names[INDEX_OWN] = {"province", "year", "species", "source"};

/* Words that stand for something else in tables and formulas. */
static const char *const reserved[] = {"parameter", "value",    "unit",   "units",   "distribution",
                                       "sd",        "low",      "high",   "samples", "reference",
                                       "NATIONAL",  "DEFAULT",  "region", "category"};

int inventory_member(const struct inventory_index *index, const char *name)
{
    for (size_t i = 0; i < index->members.count; i++) {
        if (strcmp(index->members.items[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int inventory_index_find(const struct inventory_model *model, const char *name)
{
    for (int i = 0; i < model->index_count; i++) {
        if (strcmp(model->indices[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int inventory_parameter_find(const struct inventory_model *model, const char *name)
{
    for (int i = 0; i < model->parameter_count; i++) {
        if (strcmp(model->parameters[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int inventory_quantity_find(const struct inventory_model *model, const char *name)
{
    const struct config_node *quantities = config_find(model->root, "quantities");
    bool has_names = quantities != NULL && quantities->kind == CONFIG_MAPPING;
    for (size_t i = 0; has_names && i < quantities->count; i++) {
        if (strcmp(quantities->children[i].key, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- indices ------------------------------------------------------------------------------ */

static enum status refuse_twins(const struct config_node *node, const struct text_list *members)
{
    for (size_t i = 0; i < members->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (text_equal_ignoring_case(members->items[i], members->items[k])) {
                return inventory_complain(node, "'%s' and '%s' are the same name: give each once",
                                          members->items[k], members->items[i]);
            }
        }
    }
    return STATUS_OK;
}

/* "2015-2019" or "2017". */
static enum status add_years(const struct config_node *node, const char *text,
                             struct text_list *years)
{
    enum status status = STATUS_OK;
    int first, last, taken = 0;
    char year[16];
    bool is_range = sscanf(text, "%4d-%4d%n", &first, &last, &taken) == 2;
    if (!is_range) {
        taken = 0;
        is_range = sscanf(text, "%4d%n", &first, &taken) == 1;
        last = first;
    }
    if (!is_range || text[taken] != '\0' || first < 1 || last < first || last - first > 500) {
        return inventory_complain(node, "'%s' is neither a year nor a range such as 2015-2019", text);
    }
    for (int i = first; i <= last; i++) {
        snprintf(year, sizeof year, "%d", i);
        TRY(text_list_add(years, year));
    }
done:
    return status;
}

static enum status read_years(struct inventory_model *model)
{
    enum status status;
    struct text_list given = {0};
    struct text_list *years = &model->indices[INDEX_YEAR].members;
    const struct config_node *node = config_find(model->root, "years");
    TRY(inventory_list(model->root, "years", &given));
    for (size_t i = 0; i < given.count; i++) {
        TRY(add_years(node, given.items[i], years));
    }
    if (given.count == 0) {
        TRY(text_list_add(years, "")); /* one time that has no name */
    } else {
        TRY(refuse_twins(node, years));
    }
    TRY(memory_allocate(years->count, sizeof *model->year, &model->year));
    for (size_t i = 0; i < years->count; i++) {
        model->year[i] = atoi(years->items[i]);
        if (i > 0 && model->year[i] < model->year[i - 1]) {
            status = inventory_complain(node, "give the years in ascending order");
            goto done;
        }
    }
done:
    text_list_clear(&given);
    return status;
}

static enum status read_regions(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    const struct config_node *regions = config_find(model->root, "regions");
    struct text_list *provinces = &model->indices[INDEX_PROVINCE].members;
    if (regions == NULL) {
        return STATUS_OK;
    }
    if (regions->kind != CONFIG_MAPPING) {
        return inventory_complain(regions, "'regions' takes names of regions, each with a list of "
                                           "provinces");
    }
    for (size_t i = 0; i < regions->count; i++) {
        TRY(text_list_add(&model->regions, regions->children[i].key));
        TRY(inventory_list(regions, regions->children[i].key, provinces));
    }
    TRY(refuse_twins(regions, provinces));
    TRY(memory_allocate(provinces->count, sizeof *model->region_of, &model->region_of));
    size_t province = 0;
    for (size_t i = 0; i < regions->count; i++) {
        const struct config_node *list = &regions->children[i];
        size_t members = list->kind == CONFIG_LIST ? list->count : !config_is_empty(list);
        for (size_t k = 0; k < members; k++) {
            model->region_of[province++] = (int)i;
        }
    }
done:
    return status;
}

static enum status check_index_name(const struct inventory_model *model,
                                    const struct config_node *node)
{
    char place[CONFIG_PLACE_BYTES];
    bool is_taken = inventory_index_find(model, node->key) >= 0;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        is_taken = is_taken || strcmp(node->key, reserved[i]) == 0;
    }
    return is_taken ? failure_record(STATUS_USAGE, __FILE__, __LINE__,
                                     "%s: an index cannot be called '%s': the name is taken",
                                     config_key_place(node, place), node->key)
                    : STATUS_OK;
}

static enum status read_own_indices(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    const struct config_node *indices = config_find(model->root, "indices");
    for (size_t i = 0; indices != NULL && i < indices->count; i++) {
        const struct config_node *node = &indices->children[i];
        if (indices->kind != CONFIG_MAPPING || model->index_count == INDEX_MAX) {
            return inventory_complain(indices, "'indices' takes at most %d names, each with a list "
                                               "of members",
                                      INDEX_MAX - INDEX_OWN);
        }
        TRY(check_index_name(model, node));
        struct inventory_index *index = &model->indices[model->index_count++];
        index->name = node->key;
        TRY(inventory_list(indices, node->key, &index->members));
        if (index->members.count == 0) {
            return inventory_complain(node, "index '%s' needs members", node->key);
        }
        TRY(refuse_twins(node, &index->members));
    }
done:
    return status;
}

static enum status read_indices(struct inventory_model *model)
{
    enum status status;
    struct text_list *species;
    TRY(memory_allocate(INDEX_MAX, sizeof *model->indices, &model->indices));
    for (int i = 0; i < INDEX_OWN; i++) {
        model->indices[i].name = index_names[i];
    }
    model->index_count = INDEX_OWN;
    TRY(read_years(model));
    TRY(read_regions(model));
    species = &model->indices[INDEX_SPECIES].members;
    TRY(inventory_list(model->root, "species", species));
    if (species->count == 0) {
        TRY(text_list_add(species, ""));
    } else {
        TRY(refuse_twins(config_find(model->root, "species"), species));
    }
    TRY(read_own_indices(model));
done:
    return status;
}

/* ---- parameters --------------------------------------------------------------------------- */

static const char *const kind_names[] = {"factor", "activity", "share", "number"};

static enum status read_kind(const struct config_node *node, struct inventory_parameter *parameter)
{
    const char *kind = inventory_scalar(node, "kind");
    for (size_t i = 0; kind != NULL && i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (strcmp(kind, kind_names[i]) == 0) {
            parameter->kind = (enum parameter_kind)i;
            return STATUS_OK;
        }
    }
    return kind == NULL ? STATUS_OK
                        : inventory_complain(config_find(node, "kind"),
                                             "kind '%s' is none of factor, activity, share, number",
                                             kind);
}

/* Marks the indices that a list names. */
static enum status read_index_marks(const struct inventory_model *model,
                                    const struct config_node *node, const char *key,
                                    bool marks[INDEX_MAX])
{
    enum status status;
    struct text_list names = {0};
    TRY(inventory_list(node, key, &names));
    for (size_t i = 0; i < names.count; i++) {
        int index = inventory_index_find(model, names.items[i]);
        if (index < 0) {
            status = inventory_complain(config_find(node, key), "no index is called '%s'",
                                        names.items[i]);
            goto done;
        }
        marks[index] = true;
    }
done:
    text_list_clear(&names);
    return status;
}

static enum status read_exclusive(const struct inventory_model *model,
                                  const struct config_node *node,
                                  struct inventory_parameter *parameter)
{
    const char *complete = inventory_scalar(node, "complete");
    const char *exclusive = inventory_scalar(node, "exclusive");
    const char *name = complete != NULL ? complete : exclusive;
    parameter->share_index = -1;
    parameter->share_is_complete = complete != NULL;
    if (name == NULL) {
        return STATUS_OK;
    }
    parameter->share_index = inventory_index_find(model, name);
    if (parameter->kind != PARAMETER_SHARE || parameter->share_index < 0 ||
        !parameter->by[parameter->share_index]) {
        return inventory_complain(config_find(node, complete != NULL ? "complete" : "exclusive"),
                                  "only a share that varies by '%s' can be one part of it", name);
    }
    return STATUS_OK;
}

static enum status read_unit(const struct config_node *mapping, const char *text,
                             struct unit **unit)
{
    enum status status = unit_parse(text, unit);
    if (status == STATUS_DATA) {
        char place[CONFIG_PLACE_BYTES];
        const struct config_node *node = config_find(mapping, "units");
        failure_prefix("%s", config_place(node != NULL ? node : mapping, place));
        status = STATUS_USAGE;
    }
    return status;
}

static enum status read_parameter(struct inventory_model *model, const struct config_node *node,
                                  struct inventory_parameter *parameter)
{
    enum status status;
    static const char *const known[] = {"kind",      "units",    "by",      "spread", "complete",
                                        "exclusive", "one_draw", "missing", "about",  NULL};
    const char *missing;
    parameter->name = node->key;
    parameter->node = node;
    TRY(inventory_check_keys(node, known));
    TRY(read_kind(node, parameter));
    parameter->units = inventory_scalar(node, "units");
    if (parameter->units == NULL && parameter->kind != PARAMETER_SHARE) {
        status = inventory_complain(node, "parameter '%s' needs units (1 for a plain number)",
                                    parameter->name);
        goto done;
    }
    parameter->units = parameter->units != NULL ? parameter->units : "1";
    TRY(read_unit(node, parameter->units, &parameter->unit));
    TRY(read_index_marks(model, node, "by", parameter->by));
    TRY(read_index_marks(model, node, "one_draw", parameter->one_draw));
    TRY(read_exclusive(model, node, parameter));
    parameter->spread = inventory_scalar(node, "spread");
    missing = inventory_scalar(node, "missing");
    parameter->missing_is_zero = missing != NULL && strcmp(missing, "zero") == 0;
    if (missing != NULL && !parameter->missing_is_zero) {
        status = inventory_complain(config_find(node, "missing"), "'missing' can only be zero");
    }
done:
    return status;
}

static enum status read_parameters(struct inventory_model *model)
{
    enum status status;
    const struct config_node *parameters = config_find(model->root, "parameters");
    if (parameters == NULL || parameters->kind != CONFIG_MAPPING || parameters->count == 0) {
        return inventory_complain(parameters != NULL ? parameters : model->root,
                                  "an inventory needs 'parameters': names, each with units");
    }
    TRY(memory_allocate(parameters->count, sizeof *model->parameters, &model->parameters));
    for (size_t i = 0; i < parameters->count; i++) {
        const struct config_node *node = &parameters->children[i];
        model->parameter_count++;
        TRY(read_parameter(model, node, &model->parameters[i]));
        if (inventory_quantity_find(model, node->key) >= 0) {
            status = inventory_complain(node, "'%s' is a parameter and a quantity", node->key);
            goto done;
        }
    }
done:
    return status;
}

/* ---- formulas ----------------------------------------------------------------------------- */

static enum status add_formula(struct inventory_model *model, const struct config_node *node,
                               const char *name, int quantity)
{
    enum status status;
    struct inventory_formula *formula = &model->formulas[model->formula_count];
    if (node->kind != CONFIG_SCALAR || config_is_empty(node)) {
        return inventory_complain(node, "a formula expected");
    }
    model->formula_count++;
    *formula = (struct inventory_formula){.name = name, .node = node, .quantity = quantity};
    status = formula_parse(node->text, &formula->parsed);
    if (status == STATUS_USAGE) {
        char place[CONFIG_PLACE_BYTES];
        failure_prefix("%s: formula '%.200s'", config_place(node, place), node->text);
    }
    TRY(status);
    TRY(memory_allocate(2 * (size_t)formula->parsed->count, sizeof *formula->scale,
                        &formula->scale));
done:
    return status;
}

static enum status read_quantities(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    const struct config_node *quantities = config_find(model->root, "quantities");
    if (quantities == NULL || config_is_empty(quantities)) {
        return STATUS_OK;
    }
    if (quantities->kind != CONFIG_MAPPING) {
        return inventory_complain(quantities, "'quantities' takes names, each with a formula");
    }
    for (size_t i = 0; i < quantities->count; i++) {
        const struct config_node *node = &quantities->children[i];
        TRY(add_formula(model, node, node->key, (int)i));
    }
    model->quantity_count = model->formula_count;
done:
    return status;
}

static enum status read_source_formulas(struct inventory_model *model,
                                        struct inventory_source *source,
                                        const struct config_node *node)
{
    enum status status;
    const struct inventory_index *species = &model->indices[INDEX_SPECIES];
    const struct config_node *formula = config_find(node, "formula");
    TRY(memory_allocate(species->members.count, sizeof *source->formula, &source->formula));
    if (formula == NULL) {
        return inventory_complain(node, "source '%s' needs a formula", source->name);
    }
    for (size_t i = 0; i < species->members.count; i++) {
        source->formula[i] = formula->kind == CONFIG_SCALAR ? model->formula_count : -1;
    }
    if (formula->kind == CONFIG_SCALAR) {
        return add_formula(model, formula, source->name, -1);
    }
    for (size_t i = 0; i < formula->count; i++) {
        const struct config_node *one = &formula->children[i];
        int member = one->key != NULL ? inventory_member(species, one->key) : -1;
        if (member < 0) {
            return inventory_complain(one, "a formula by species expected: {SPECIES: FORMULA, ...}");
        }
        source->formula[member] = model->formula_count;
        TRY(add_formula(model, one, source->name, -1));
    }
done:
    return status;
}

static enum status add_once(struct text_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return STATUS_OK;
        }
    }
    return text_list_add(list, name);
}

static enum status read_source(struct inventory_model *model, const struct config_node *node,
                               struct inventory_source *source)
{
    enum status status;
    static const char *const known[] = {"name",   "category", "receptor", "extent",
                                        "formula", "about",    NULL};
    const char *extent;
    TRY(inventory_check_keys(node, known));
    TRY(inventory_text(node, "name", &source->name));
    source->node = node;
    source->category = inventory_scalar(node, "category");
    source->category = source->category != NULL ? source->category : source->name;
    source->receptor = inventory_scalar(node, "receptor");
    source->receptor = source->receptor != NULL ? source->receptor : "air";
    extent = inventory_scalar(node, "extent");
    if (extent != NULL && strcmp(extent, "national") != 0 && strcmp(extent, "provinces") != 0) {
        status = inventory_complain(config_find(node, "extent"),
                                    "'extent' is national or provinces");
        goto done;
    }
    source->is_national = model->indices[INDEX_PROVINCE].members.count == 0 ||
                          (extent != NULL && strcmp(extent, "national") == 0);
    TRY(add_once(&model->categories, source->category));
    TRY(add_once(&model->receptors, source->receptor));
    TRY(text_list_add(&model->indices[INDEX_SOURCE].members, source->name));
done:
    return status;
}

static enum status read_sources(struct inventory_model *model)
{
    enum status status;
    const struct config_node *sources = config_find(model->root, "sources");
    size_t quantities = 0, species = model->indices[INDEX_SPECIES].members.count;
    const struct config_node *node = config_find(model->root, "quantities");
    if (sources == NULL || sources->kind != CONFIG_LIST || sources->count == 0) {
        return inventory_complain(sources != NULL ? sources : model->root,
                                  "an inventory needs a list 'sources'");
    }
    quantities = node != NULL ? node->count : 0;
    TRY(memory_allocate(quantities + sources->count * species, sizeof *model->formulas,
                        &model->formulas));
    TRY(memory_allocate(sources->count, sizeof *model->sources, &model->sources));
    TRY(read_quantities(model));
    for (size_t i = 0; i < sources->count; i++) {
        model->source_count++;
        TRY(read_source(model, &sources->children[i], &model->sources[i]));
        TRY(read_source_formulas(model, &model->sources[i], &sources->children[i]));
    }
    TRY(refuse_twins(sources, &model->indices[INDEX_SOURCE].members));
done:
    return status;
}

/* ---- correlations ------------------------------------------------------------------------- */

static enum status read_matrix(const struct config_node *node,
                               struct inventory_correlation *correlation)
{
    const struct config_node *matrix = config_find(node, "matrix");
    size_t count = (size_t)correlation->count;
    if (matrix == NULL || matrix->kind != CONFIG_LIST || matrix->count != count) {
        return inventory_complain(matrix != NULL ? matrix : node,
                                  "give 'rank: NUMBER' or 'matrix: [[1, ...], ...]' of %zu rows", count);
    }
    for (size_t row = 0; row < count; row++) {
        const struct config_node *line = &matrix->children[row];
        if (line->kind != CONFIG_LIST || line->count != count) {
            return inventory_complain(line, "%zu numbers expected", count);
        }
        for (size_t col = 0; col < count; col++) {
            const struct config_node *cell = &line->children[col];
            if (cell->kind != CONFIG_SCALAR ||
                !text_parse_real(cell->text, &correlation->matrix[row * count + col])) {
                return inventory_complain(cell, "a number expected");
            }
        }
    }
    return STATUS_OK;
}

static enum status check_matrix(const struct config_node *node,
                                const struct inventory_correlation *correlation)
{
    int count = correlation->count;
    for (int row = 0; row < count; row++) {
        for (int col = 0; col <= row; col++) {
            double value = correlation->matrix[row * count + col];
            if (value != correlation->matrix[col * count + row] ||
                (row == col ? value != 1 : value <= -1 || value >= 1)) {
                return inventory_complain(node, "correlations are symmetric, 1 on the diagonal and "
                                                "between -1 and 1 beside it");
            }
        }
    }
    return STATUS_OK;
}

const char *const inventory_correlation_methods[CORRELATION_METHODS] = {
    [CORRELATION_IMAN_CONOVER] = "iman-conover", [CORRELATION_GAUSSIAN_COPULA] = "gaussian-copula"};

static enum status read_method(const struct config_node *node, enum correlation_method *method)
{
    const char *const *names = inventory_correlation_methods;
    const char *name = inventory_scalar(node, "method");
    *method = CORRELATION_IMAN_CONOVER;
    if (config_find(node, "method") == NULL) {
        return STATUS_OK;
    }
    while (*method < CORRELATION_METHODS && (name == NULL || strcmp(name, names[*method]) != 0)) {
        ++*method;
    }
    return *method < CORRELATION_METHODS
               ? STATUS_OK
               : inventory_complain(config_find(node, "method"),
                                    "'method' of correlations is %s or %s", names[0], names[1]);
}

static enum status read_correlation(const struct inventory_model *model,
                                    const struct config_node *node,
                                    struct inventory_correlation *correlation)
{
    enum status status;
    static const char *const known[] = {"parameters", "rank", "matrix", "method", "about", NULL};
    struct text_list names = {0};
    char near[128];
    double rank = 0;
    correlation->node = node;
    TRY(inventory_check_keys(node, known));
    TRY(read_method(node, &correlation->method));
    TRY(inventory_list(node, "parameters", &names));
    size_t count = names.count;
    TRY(memory_allocate(count, sizeof *correlation->parameters, &correlation->parameters));
    TRY(memory_allocate(count * count, sizeof *correlation->matrix, &correlation->matrix));
    for (size_t i = 0; i < count; i++) {
        correlation->parameters[i] = inventory_parameter_find(model, names.items[i]);
        if (correlation->parameters[i] < 0) {
            struct text_list all = {0};
            for (int k = 0; k < model->parameter_count; k++) {
                TRY(text_list_add(&all, model->parameters[k].name));
            }
            status = inventory_complain(config_find(node, "parameters"),
                                        "unknown parameter '%s'%s", names.items[i],
                                        inventory_near(names.items[i], &all, near, sizeof near));
            text_list_clear(&all);
            goto done;
        }
    }
    correlation->count = (int)count;
    if (inventory_scalar(node, "rank") == NULL) {
        TRY(read_matrix(node, correlation));
    } else if (count != 2 || !text_parse_real(inventory_scalar(node, "rank"), &rank)) {
        status = inventory_complain(node, "'rank' is one number for two parameters");
        goto done;
    } else {
        memcpy(correlation->matrix, (double[]){1, rank, rank, 1}, 4 * sizeof(double));
    }
    TRY(check_matrix(node, correlation));
done:
    text_list_clear(&names);
    return status;
}

static enum status read_correlations(struct inventory_model *model)
{
    enum status status = STATUS_OK;
    const struct config_node *list = config_find(model->root, "correlations");
    if (list == NULL || config_is_empty(list)) {
        return STATUS_OK;
    }
    if (list->kind != CONFIG_LIST) {
        return inventory_complain(list, "'correlations' takes a list");
    }
    TRY(memory_allocate(list->count, sizeof *model->correlations, &model->correlations));
    for (size_t i = 0; i < list->count; i++) {
        model->correlation_count++;
        TRY(read_correlation(model, &list->children[i], &model->correlations[i]));
    }
done:
    return status;
}

/* ---- the model ---------------------------------------------------------------------------- */

static enum status read_head(struct inventory_model *model)
{
    enum status status;
    static const char *const known[] = {"title",   "units",      "years",      "species", "regions",
                                        "indices", "parameters", "tables",     "values",  "quantities",
                                        "sources", "printed",    "correlations", "grid", "polygons",
                                        "about",   NULL};
    TRY(inventory_check_keys(model->root, known));
    TRY(inventory_text(model->root, "units", &model->units));
    TRY(read_unit(model->root, model->units, &model->unit));
    model->title = inventory_scalar(model->root, "title");
    model->title = model->title != NULL ? model->title : "Emission inventory";
done:
    return status;
}

enum status inventory_model_read_frame(const char *path, struct inventory_model *model)
{
    enum status status;
    *model = (struct inventory_model){.path = path};
    TRY(config_read(path, &model->root));
    TRY(read_head(model));
    TRY(read_indices(model));
    TRY(read_parameters(model));
    TRY(read_sources(model));
    TRY(read_correlations(model));
done:
    return status;
}

enum status inventory_model_read(const char *path, const char *folder, bool content_hash,
                                 struct inventory_model *model)
{
    enum status status;
    TRY(inventory_model_read_frame(path, model));
    model->tables_folder = folder;
    TRY(inventory_values_read(model, content_hash));
done:
    return status;
}

static void clear_values(struct inventory_model *model)
{
    for (int64_t i = 0; i < model->value_count; i++) {
        free(model->values[i].distribution);
        free(model->values[i].samples);
        free(model->values[i].place);
        free(model->values[i].reference);
    }
    for (int i = 0; i < model->table_count; i++) {
        free(model->tables[i].path);
        free(model->tables[i].sheet);
        free(model->tables[i].identity);
        free(model->tables[i].units);
    }
    for (int64_t i = 0; i < model->printed_count; i++) {
        free(model->printed[i].label);
        free(model->printed[i].place);
    }
    free(model->values);
    free(model->slots);
    free(model->tables);
    for (int i = 0; i < model->paper_count; i++) {
        printed_clear(&model->papers[i]);
    }
    text_list_clear(&model->printed_files);
    free(model->printed);
    free(model->papers);
    free(model->synthetic_title);
}

void inventory_model_clear(struct inventory_model *model)
{
    clear_values(model);
    for (int i = 0; i < model->index_count; i++) {
        text_list_clear(&model->indices[i].members);
    }
    for (int i = 0; i < model->parameter_count; i++) {
        unit_destroy(&model->parameters[i].unit);
    }
    for (int i = 0; i < model->formula_count; i++) {
        formula_destroy(&model->formulas[i].parsed);
        unit_destroy(&model->formulas[i].unit);
        free(model->formulas[i].scale);
    }
    for (int i = 0; i < model->source_count; i++) {
        free(model->sources[i].formula);
    }
    for (int i = 0; i < model->correlation_count; i++) {
        free(model->correlations[i].parameters);
        free(model->correlations[i].matrix);
    }
    text_list_clear(&model->regions);
    text_list_clear(&model->categories);
    text_list_clear(&model->receptors);
    free(model->indices);
    free(model->region_of);
    free(model->year);
    free(model->parameters);
    free(model->formulas);
    free(model->sources);
    free(model->correlations);
    unit_destroy(&model->unit);
    config_destroy(&model->root);
    *model = (struct inventory_model){0};
}
