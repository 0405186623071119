/* airshed -- GPL-3.0-or-later. inventory: templates of the tables that a config names. */
#include "template.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "config.h"
#include "standin_grid.h"
#include "values.h"
#include "io/table_writer.h"
#include "parallel/agree.h"

/* ---- rows --------------------------------------------------------------------------------- */

static enum status add_row(struct template_table *table, const struct template_row *row)
{
    enum status status = STATUS_OK;
    if (table->row_count == table->row_room) {
        int64_t room = 2 * table->row_room + 64;
        struct template_row *longer = realloc(table->rows, (size_t)room * sizeof *longer);
        FAIL_IF(longer == NULL, STATUS_MEMORY, "out of memory");
        table->rows = longer;
        table->row_room = room;
    }
    table->rows[table->row_count++] = *row;
done:
    return status;
}

/* Members that an ask has of an index: a list, or all of them; `any` is one open place. */
struct members {
    int32_t *member;
    int count;
};

static enum status name_member(const struct inventory_model *model, int index,
                               const struct config_node *node, const char *name, int32_t *member)
{
    char near[160];
    const struct inventory_index *names = &model->indices[index];
    *member = inventory_member(names, name);
    if (index == INDEX_PROVINCE && strcmp(name, "NATIONAL") == 0) {
        *member = KEY_NATIONAL;
    } else if (index == INDEX_PROVINCE && strcmp(name, "DEFAULT") == 0) {
        *member = KEY_DEFAULT;
    } else if (*member < 0) {
        return inventory_complain(node, "unknown %s '%s'%s", names->name, name,
                                  inventory_near(name, &names->members, near, sizeof near));
    }
    return STATUS_OK;
}

static enum status read_members(const struct inventory_model *model, const struct config_node *ask,
                                int index, bool varies, struct members *members)
{
    enum status status;
    struct text_list names = {0};
    const struct text_list *all = &model->indices[index].members;
    const struct config_node *node =
        ask != NULL ? config_find(ask, model->indices[index].name) : NULL;
    bool is_open =
        !varies || (node != NULL && node->kind == CONFIG_SCALAR && strcmp(node->text, "any") == 0);
    bool is_all = !is_open && node == NULL && all->count > 0 && all->items[0][0] != '\0';
    if (ask != NULL) {
        TRY(inventory_list(ask, model->indices[index].name, &names));
    }
    size_t count = is_all ? all->count : is_open || names.count == 0 ? 1 : names.count;
    TRY(memory_allocate(count, sizeof *members->member, &members->member));
    members->count = (int)count;
    members->member[0] = KEY_ANY;
    for (size_t i = 0; i < count && (is_all || (!is_open && names.count > 0)); i++) {
        members->member[i] = (int32_t)i;
        if (!is_all) {
            TRY(name_member(model, index, node, names.items[i], &members->member[i]));
        }
    }
done:
    text_list_clear(&names);
    return status;
}

/* All combinations of members, the last index fastest. */
static enum status add_combinations(struct template_table *table, const struct members *members,
                                    int index_count, int samples, struct template_row row)
{
    enum status status = STATUS_OK;
    int at[INDEX_MAX] = {0};
    for (int index = 0; index < INDEX_MAX; index++) {
        row.key.member[index] = KEY_ANY;
    }
    for (;;) {
        for (int index = 0; index < index_count; index++) {
            row.key.member[index] = members[index].member[at[index]];
        }
        for (row.sample = 0; row.sample < samples; row.sample++) {
            TRY(add_row(table, &row));
        }
        int index = index_count - 1;
        while (index >= 0 && ++at[index] == members[index].count) {
            at[index--] = 0;
        }
        if (index < 0) {
            break;
        }
    }
done:
    return status;
}

static enum status find_parameter(const struct inventory_model *model,
                                  const struct config_node *node, const char *name, int *parameter)
{
    *parameter = inventory_parameter_find(model, name);
    return *parameter >= 0 ? STATUS_OK : inventory_complain(node, "unknown parameter '%s'", name);
}

static enum status check_ask(const struct inventory_model *model, const struct config_node *ask)
{
    static const char *const known[] = {"parameter", "about", "unit", "synthetic"};
    if (ask->kind != CONFIG_MAPPING) {
        return inventory_complain(ask, "{parameter: NAME, ...} expected");
    }
    for (size_t i = 0; i < ask->count; i++) {
        bool is_known = inventory_index_find(model, ask->children[i].key) >= 0;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            is_known = is_known || config_key_is(ask->children[i].key, known[k]);
        }
        if (!is_known) {
            return inventory_complain(&ask->children[i], "'%s' is no key of what a table asks for",
                                      ask->children[i].key);
        }
    }
    return STATUS_OK;
}

/* Samples that a stand-in has of each key; 1 where `synthetic` says nothing. */
static enum status read_samples(const struct template_table *table, const struct config_node *ask,
                                int *samples)
{
    const struct config_node *synthetic = ask != NULL ? config_find(ask, "synthetic") : NULL;
    const char *text = synthetic != NULL ? inventory_scalar(synthetic, "samples") : NULL;
    int64_t number = 1;
    bool is_sound = text == NULL || (text_parse_integer(text, &number) && number >= 1 &&
                                     number <= 1000 && config_find(table->node, "samples") != NULL);
    *samples = (int)number;
    return is_sound
               ? STATUS_OK
               : inventory_complain(config_find(synthetic, "samples"),
                                    "'samples' is a number up to 1000, in a table that says what "
                                    "its 'samples' mean");
}

/* Rows of one ask, or of the parameter that a table without asks sets. */
static enum status ask_rows(const struct inventory_template *template, struct template_table *table,
                            const struct config_node *ask, const char *name)
{
    enum status status;
    const struct inventory_model *model = template->model;
    int samples = 1;
    struct members members[INDEX_MAX] = {0};
    const struct config_node *set = config_find(table->node, "set");
    struct template_row row = {.ask = ask, .value = NAN};
    if (ask != NULL) {
        TRY(check_ask(model, ask));
    }
    TRY(find_parameter(model, ask != NULL ? ask : table->node, name, &row.parameter));
    for (int index = 0; index < model->index_count; index++) {
        bool is_set = set != NULL && inventory_scalar(set, model->indices[index].name) != NULL;
        bool varies = model->parameters[row.parameter].by[index] && index != table->wide_index;
        TRY(read_members(model, ask, index, varies && !is_set, &members[index]));
    }
    if (template->is_standin) {
        TRY(read_samples(table, ask, &samples));
    }
    TRY(add_combinations(table, members, model->index_count, samples, row));
done:
    for (int index = 0; index < INDEX_MAX; index++) {
        free(members[index].member);
    }
    return status;
}

static enum status add_rows(const struct inventory_template *template, struct template_table *table)
{
    enum status status = STATUS_OK;
    const struct config_node *asks = config_find(table->node, "asks");
    const struct config_node *set = config_find(table->node, "set");
    const char *name = set != NULL ? inventory_scalar(set, "parameter") : NULL;
    if (asks == NULL) {
        return name != NULL ? ask_rows(template, table, NULL, name) : STATUS_OK;
    }
    if (asks->kind != CONFIG_LIST) {
        return inventory_complain(asks, "'asks' takes a list");
    }
    for (size_t i = 0; i < asks->count; i++) {
        const struct config_node *ask = &asks->children[i];
        const char *own = inventory_scalar(ask, "parameter");
        if (own == NULL && name == NULL) {
            return inventory_complain(ask, "which parameter is asked for?");
        }
        TRY(ask_rows(template, table, ask, own != NULL ? own : name));
    }
done:
    return status;
}

/* ---- columns ------------------------------------------------------------------------------ */

static bool has_column(const struct template_table *table, const char *name)
{
    bool has = false;
    for (int i = 0; i < table->column_count; i++) {
        has = has || strcmp(table->columns[i].name, name) == 0;
    }
    return has;
}

static enum status add_column(struct template_table *table, const char *name, int field,
                              const char *text)
{
    enum status status = STATUS_OK;
    if (has_column(table, name)) {
        return STATUS_OK;
    }
    if (table->column_count == TEMPLATE_COLUMNS_MAX) {
        return inventory_complain(table->node, "a template has at most %d columns",
                                  (int)TEMPLATE_COLUMNS_MAX);
    }
    struct template_column *column = &table->columns[table->column_count++];
    *column = (struct template_column){.field = field, .text = text};
    TRY(memory_copy_text(name, &column->name));
done:
    return status;
}

/* Whether the field stands in a column: keys that some row binds, all else that `set` does not. */
static bool needs_column(const struct inventory_model *model, const struct template_table *table,
                         int field, const char *name)
{
    const struct config_node *set = config_find(table->node, "set");
    bool is_bound = field >= INDEX_MAX;
    if (set != NULL && config_find(set, name) != NULL) {
        return false;
    }
    for (int64_t i = 0; i < table->row_count && field < model->index_count; i++) {
        is_bound = is_bound || table->rows[i].key.member[field] != KEY_ANY;
    }
    return is_bound && (field != FIELD_VALUE || table->wide_index < 0);
}

static enum status add_field_column(const struct inventory_model *model,
                                    struct template_table *table, int field)
{
    const char *name = inventory_field_name(model, field);
    const struct config_node *columns = config_find(table->node, "columns");
    const char *renamed = columns != NULL ? inventory_scalar(columns, name) : NULL;
    return needs_column(model, table, field, name)
               ? add_column(table, renamed != NULL ? renamed : name, field, NULL)
               : STATUS_OK;
}

static enum status add_wide_columns(struct template_table *table)
{
    enum status status = STATUS_OK;
    struct text_list names = {0};
    int first, last;
    char year[16];
    const struct config_node *wide = config_find(table->node, "wide");
    if (table->wide_index < 0) {
        return STATUS_OK;
    }
    TRY(inventory_list(wide, wide->children[0].key, &names));
    for (size_t i = 0; i < names.count; i++) {
        bool is_range = sscanf(names.items[i], "%4d-%4d", &first, &last) == 2;
        if (!is_range) {
            TRY(add_column(table, names.items[i], -1, NULL));
        }
        for (int one = is_range ? first : 1; one <= (is_range ? last : 0); one++) {
            snprintf(year, sizeof year, "%d", one);
            TRY(add_column(table, year, -1, NULL));
        }
    }
done:
    text_list_clear(&names);
    return status;
}

/* Columns that rows are chosen by: without them the table could not be read again. */
static enum status add_filter_columns(struct template_table *table, const char *key, bool counts)
{
    enum status status = STATUS_OK;
    const struct config_node *filters = config_find(table->node, key);
    for (size_t i = 0; filters != NULL && i < filters->count; i++) {
        const struct config_node *one = &filters->children[i];
        if (one->key == NULL) {
            return inventory_complain(one, "'%s' takes COLUMN: VALUE or [VALUES]", key);
        }
        bool is_list = one->kind == CONFIG_LIST && one->count > 0;
        const char *text = is_list ? one->children[0].text : one->text;
        TRY(add_column(table, one->key, -1, counts ? text : NULL));
    }
done:
    return status;
}

static enum status add_columns(const struct inventory_model *model, struct template_table *table)
{
    enum status status;
    static const int fields[] = {FIELD_VALUE, FIELD_UNIT, FIELD_DISTRIBUTION, FIELD_SD,
                                 FIELD_LOW,   FIELD_HIGH, FIELD_REFERENCE};
    TRY(add_field_column(model, table, FIELD_PARAMETER));
    for (int index = 0; index < model->index_count; index++) {
        int order = index == 0 ? INDEX_SOURCE : index <= INDEX_SOURCE ? index - 1 : index;
        TRY(add_field_column(model, table, order));
    }
    TRY(add_wide_columns(table));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        TRY(add_field_column(model, table, fields[i]));
    }
    TRY(add_filter_columns(table, "where", true));
    TRY(add_filter_columns(table, "leave_out", false));
    if (config_find(table->node, "asks") != NULL) {
        TRY(add_column(table, "about", FIELD_LABEL, NULL));
    }
done:
    return status;
}

/* ---- tables ------------------------------------------------------------------------------- */

/* Whether the file of @p node was met before; another file of its name cannot lie in one folder. */
static enum status find_name(const struct inventory_template *template,
                             const struct config_node *node, const char *file, bool *is_there)
{
    *is_there = false;
    for (int i = 0; i < template->table_count; i++) {
        const char *other = inventory_scalar(template->tables[i].node, "file");
        *is_there = *is_there || strcmp(other, file) == 0;
        if (strcmp(other, file) != 0 && strcmp(template->tables[i].name, path_name(file)) == 0) {
            return inventory_complain(node, "two tables are called '%s': rename one for a template",
                                      path_name(file));
        }
    }
    return STATUS_OK;
}

static enum status add_table(struct inventory_template *template, const struct config_node *node)
{
    enum status status;
    const struct inventory_model *model = template->model;
    const struct config_node *wide = config_find(node, "wide");
    const char *file;
    bool is_there;
    TRY(inventory_text(node, "file", &file));
    TRY(find_name(template, node, file, &is_there));
    if (is_there) {
        return STATUS_OK; /* one file that several tables read: the first says what it holds */
    }
    struct template_table *table = &template->tables[template->table_count++];
    table->node = node;
    table->name = path_name(file);
    bool is_wide = wide != NULL && wide->kind == CONFIG_MAPPING && wide->count == 1;
    table->wide_index = is_wide ? inventory_index_find(model, wide->children[0].key) : -1;
    TRY(add_rows(template, table));
    TRY(add_columns(model, table));
done:
    return status;
}

enum status inventory_template_create(const struct inventory_model *model, bool is_standin,
                                      struct inventory_template *template)
{
    enum status status;
    const struct config_node *tables = config_find(model->root, "tables");
    size_t count = tables != NULL && tables->kind == CONFIG_LIST ? tables->count : 0;
    *template = (struct inventory_template){.model = model, .is_standin = is_standin};
    TRY(memory_allocate(count, sizeof *template->tables, &template->tables));
    for (size_t i = 0; i < count; i++) {
        const struct config_node *node = &tables->children[i];
        if (!is_standin || config_find(node, "asks") != NULL) {
            TRY(add_table(template, node));
        }
    }
    FAIL_IF(template->table_count == 0, STATUS_USAGE, "%s: it %s", model->path,
            is_standin ? "asks for no table: only 'asks' of a table can be stood in for"
                       : "names no table");
done:
    return status;
}

void inventory_template_clear(struct inventory_template *template)
{
    for (int i = 0; i < template->table_count; i++) {
        for (int k = 0; k < template->tables[i].column_count; k++) {
            free(template->tables[i].columns[k].name);
        }
        free(template->tables[i].rows);
    }
    free(template->tables);
    *template = (struct inventory_template){0};
}

/* ---- files -------------------------------------------------------------------------------- */

const char *inventory_template_unit(const struct inventory_model *model,
                                    const struct template_row *row)
{
    const char *unit = row->ask != NULL ? inventory_scalar(row->ask, "unit") : NULL;
    return unit != NULL ? unit : model->parameters[row->parameter].units;
}

static const char *member_text(const struct inventory_model *model, int index, int32_t member)
{
    return member == KEY_NATIONAL  ? "NATIONAL"
           : member == KEY_DEFAULT ? "DEFAULT"
           : member >= 0           ? model->indices[index].members.items[member]
                                   : NULL;
}

/* What a row says in a text column. */
static const char *cell_text(const struct inventory_model *model, const struct template_row *row,
                             int field, const char *reference)
{
    const struct config_node *synthetic =
        row->ask != NULL && reference != NULL ? config_find(row->ask, "synthetic") : NULL;
    switch (field) {
    case FIELD_PARAMETER:
        return model->parameters[row->parameter].name;
    case FIELD_UNIT:
        return inventory_template_unit(model, row);
    case FIELD_DISTRIBUTION:
        return synthetic != NULL ? inventory_scalar(synthetic, "distribution") : NULL;
    case FIELD_SD:
        return synthetic != NULL ? inventory_scalar(synthetic, "sd") : NULL;
    case FIELD_REFERENCE:
        return reference;
    case FIELD_LABEL:
        return row->ask != NULL ? inventory_scalar(row->ask, "about") : NULL;
    default:
        return field >= 0 && field < INDEX_MAX ? member_text(model, field, row->key.member[field])
                                               : NULL;
    }
}

static enum status write_table(const struct inventory_model *model,
                               const struct template_table *table, const char *reference,
                               const char *path, const char *json)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column columns[TEMPLATE_COLUMNS_MAX];
    char *title = NULL;
    FAIL_IF(asprintf(&title, "%s: %s of %s",
                     reference != NULL ? "SYNTHETIC STAND-IN" : "to fill in", table->name,
                     model->title) < 0,
            STATUS_MEMORY, "out of memory");
    for (int i = 0; i < table->column_count; i++) {
        bool is_value = table->columns[i].field == FIELD_VALUE;
        columns[i] = (struct table_column){.name = table->columns[i].name,
                                           .kind = is_value ? TABLE_NUMBER : TABLE_TEXT};
    }
    TRY(table_writer_create(path, title, columns, table->column_count, &writer));
    for (int64_t row = 0; row < table->row_count; row++) {
        for (int i = 0; i < table->column_count; i++) {
            const struct template_column *column = &table->columns[i];
            if (column->field == FIELD_VALUE) {
                table_writer_number(writer, table->rows[row].value);
            } else {
                table_writer_text(writer, column->field < 0 ? column->text
                                                            : cell_text(model, &table->rows[row],
                                                                        column->field, reference));
            }
        }
    }
    TRY(table_writer_close(&writer, json));
done:
    table_writer_destroy(&writer);
    free(title);
    return status;
}

/* ---- the stage ---------------------------------------------------------------------------- */

/* What is made, and where. */
struct making {
    const struct job *job;
    const char *path, *folder;
    bool is_synthetic;
    struct inventory_model model;
    struct inventory_template template;
    struct standin_grid *grid; /* NULL: none is asked for */
    struct stage *stage;
    char *stage_path;
};

static enum status table_path(const struct making *making, int table, char **path)
{
    enum status status;
    char *joined = NULL, *stem = NULL;
    TRY(path_join(making->folder, making->template.tables[table].name, &joined));
    TRY(path_stem(joined, &stem));
    FAIL_IF(asprintf(path, "%s.csv", stem) < 0, STATUS_MEMORY, "out of memory");
done:
    free(joined);
    free(stem);
    return status;
}

static enum status prepare(struct making *making)
{
    enum status status;
    const char *folder = making->folder;
    FAIL_IF(path_exists(folder) && !path_is_folder(folder), STATUS_OUTPUT,
            "--output %s is a file: name a folder", folder);
    TRY(inventory_model_read_frame(making->path, &making->model));
    TRY(inventory_template_create(&making->model, making->is_synthetic, &making->template));
    if (making->is_synthetic) {
        making->model.leaves_asked = true;
        TRY(inventory_units_check(&making->model));
        TRY(inventory_values_read(&making->model, making->job->content_hash));
        TRY(inventory_standin_fill(&making->model, making->job->seed, &making->template));
        TRY(standin_grid_create(making->job, &making->model, folder, &making->grid));
    }
    TRY(path_join(folder, making->is_synthetic ? "synth" : "template", &making->stage_path));
    TRY(stage_create(making->job, making->stage_path, &making->stage));
    TRY(stage_add_input_file(making->stage, "inventory", making->path));
    for (int i = 0; i < making->template.table_count; i++) {
        char *path = NULL, *json = NULL;
        status = table_path(making, i, &path);
        status = status == STATUS_OK ? stage_add_table(making->stage, path, &json) : status;
        free(path);
        free(json);
        TRY(status);
    }
    if (making->grid != NULL) {
        TRY(standin_grid_declare(making->grid, making->stage));
    }
    if (making->job->rank == 0 && !making->job->dry_run) {
        TRY(path_create_folder(folder));
    }
done:
    return status;
}

static enum status write_tables(const struct making *making)
{
    enum status status = STATUS_OK;
    char reference[64];
    char *path = NULL, *stem = NULL, *json = NULL;
    snprintf(reference, sizeof reference, "synthetic, seed %u", (unsigned)making->job->seed);
    for (int i = 0; i < making->template.table_count; i++) {
        const struct template_table *table = &making->template.tables[i];
        TRY(table_path(making, i, &path));
        TRY(path_stem(path, &stem));
        FAIL_IF(asprintf(&json, "%s.json", stem) < 0, STATUS_MEMORY, "out of memory");
        TRY(write_table(&making->model, table, making->is_synthetic ? reference : NULL,
                        stage_partial(making->stage, path), stage_partial(making->stage, json)));
        log_info("%s: %lld rows %s", path, (long long)table->row_count,
                 making->is_synthetic ? "of a synthetic stand-in" : "to fill in");
        free(path);
        free(stem);
        free(json);
        path = stem = json = NULL;
    }
    if (making->grid != NULL) {
        TRY(standin_grid_write(making->grid, making->stage));
    }
done:
    free(path);
    free(stem);
    free(json);
    return status;
}

static enum status write_item(void *context, struct flow_item *item)
{
    enum status status = STATUS_OK;
    const struct making *making = context;
    if (making->grid != NULL) {
        TRY(standin_grid_put(making->grid, item));
    }
    TRY(flow_payload(item, "", 0));
done:
    return status;
}

static enum status run_stage(struct making *making)
{
    enum status status;
    const struct job *job = making->job;
    struct items items = items_counted(1);
    struct items_cost cost = {0};
    struct flow_work work = {.context = making, .write = write_item};
    TRY(stage_begin(making->stage, &items, &cost));
    if (stage_is_done(making->stage)) {
        goto done;
    }
    TRY(flow_run(making->stage, &work));
    TRY_TOGETHER(job->comm, job->rank == 0 && !job->dry_run ? write_tables(making) : STATUS_OK);
    TRY(stage_commit(making->stage));
done:
    return status;
}

enum status inventory_template_make(const struct job *job, const char *path, bool is_synthetic)
{
    enum status status;
    struct making making = {.job = job,
                            .path = path,
                            .folder = option_text(job->options, "output"),
                            .is_synthetic = is_synthetic};
    TRY_TOGETHER(job->comm, prepare(&making));
    TRY(run_stage(&making));
done:
    stage_destroy(&making.stage);
    standin_grid_destroy(&making.grid);
    inventory_template_clear(&making.template);
    inventory_model_clear(&making.model);
    free(making.stage_path);
    return status;
}
