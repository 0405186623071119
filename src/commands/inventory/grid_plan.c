/* airshed -- GPL-3.0-or-later. inventory: which sources go to the grid by which proxy. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "config.h"
#include "grid.h"
#include "polygons.h"

/* ---- proxies ------------------------------------------------------------------------------ */

static enum status read_values(const struct config_node *node, struct grid_proxy *proxy)
{
    const char *values = inventory_scalar(node, "values");
    proxy->is_density = values != NULL && strcmp(values, "density") == 0;
    if (values != NULL && !proxy->is_density && strcmp(values, "amount") != 0) {
        return inventory_complain(config_find(node, "values"),
                                  "'values' is amount, for a raster that counts by cell, or density, for "
                                  "one that counts by area");
    }
    return STATUS_OK;
}

/* The step of each year; a raster of one step or without time is for all of them. */
static enum status find_steps(const struct inventory_model *model, struct grid_proxy *proxy)
{
    enum status status;
    const struct dataset_variable *facts = dataset_variable(proxy->dataset, proxy->variable);
    size_t years = model->indices[INDEX_YEAR].members.count;
    TRY(memory_allocate(years, sizeof *proxy->step, &proxy->step));
    for (size_t year = 0; facts->time != NULL && facts->time->steps > 1 && year < years; year++) {
        int found = 0;
        for (int64_t step = 0; step < facts->time->steps; step++) {
            if (time_axis_date(facts->time, step).year == model->year[year]) {
                proxy->step[year] = step;
                found++;
            }
        }
        FAIL_IF(found != 1, STATUS_DATA,
                "%s: the proxy has %s of %d: give it one map for each year of the inventory, or one for "
                "all of them",
                proxy->path, found == 0 ? "no map" : "several maps", model->year[year]);
    }
done:
    return status;
}

static enum status open_proxy(const struct job *job, struct inventory_grid *grid,
                              const struct config_node *node)
{
    enum status status;
    char why[256];
    struct dataset_options how = {.crs = inventory_scalar(node, "crs")};
    struct grid_proxy *proxy = &grid->proxy[grid->proxies++];
    proxy->node = node;
    TRY(inventory_file(grid->model, node, "proxy", &proxy->path));
    TRY(read_values(node, proxy));
    TRY(dataset_open(proxy->path, &how, &proxy->dataset));
    status = dataset_find(proxy->dataset, inventory_scalar(node, "variable"), &proxy->variable);
    if (status != STATUS_OK && strstr(failure_message(), proxy->path) == NULL) {
        failure_prefix("%s", proxy->path);
    }
    TRY(status);
    TRY(dataset_identity(proxy->dataset, job->content_hash, &proxy->identity));
    TRY(find_steps(grid->model, proxy));
    const struct georeference *own = dataset_variable(proxy->dataset, proxy->variable)->grid;
    grid->grid = grid->proxies == 1 ? own : grid->grid;
    FAIL_IF(!georeference_is_equal(own, grid->grid, why, sizeof why), STATUS_DATA,
            "%s: is not on the grid of %s: %s; bring them onto one grid with `prepare`", proxy->path,
            grid->proxy[0].path, why);
    const char *reference = dataset_attribute(proxy->dataset, "reference");
    grid->is_synthetic = grid->is_synthetic ||
                         (reference != NULL && text_starts_with(reference, "synthetic"));
done:
    return status;
}

static enum status name_sources(struct inventory_grid *grid, const struct config_node *node)
{
    enum status status;
    struct text_list names = {0};
    char near[160];
    int first = inventory_scalar(grid->node, "proxy") != NULL; /* of those with sources */
    const struct inventory_index *sources = &grid->model->indices[INDEX_SOURCE];
    TRY(inventory_list(node, "sources", &names));
    if (names.count == 0) {
        status = inventory_complain(node, "name the 'sources' that this proxy is for");
        goto done;
    }
    for (size_t i = 0; i < names.count; i++) {
        int source = inventory_member(sources, names.items[i]);
        if (source < 0 || grid->proxy_of[source] >= first) {
            status = inventory_complain(
                config_find(node, "sources"), "%s '%s'%s",
                source < 0 ? "unknown source" : "a second proxy for source", names.items[i],
                source < 0 ? inventory_near(names.items[i], &sources->members, near, sizeof near)
                           : "");
            goto done;
        }
        grid->proxy_of[source] = grid->proxies - 1;
    }
done:
    text_list_clear(&names);
    return status;
}

/* The proxy of all, which is number 0 where it is there, then the others. */
static enum status read_proxies(const struct job *job, struct inventory_grid *grid)
{
    enum status status;
    static const char *const known[] = {"proxy", "variable", "values", "crs", "sources", "about",
                                        NULL};
    const struct inventory_model *model = grid->model;
    const struct config_node *list = config_find(grid->node, "proxies");
    bool has_default = inventory_scalar(grid->node, "proxy") != NULL;
    size_t count = list != NULL && list->kind == CONFIG_LIST ? list->count : 0;
    if ((list != NULL && list->kind != CONFIG_LIST) || has_default + count == 0) {
        return inventory_complain(list != NULL ? list : grid->node,
                                  "'grid' needs a 'proxy', or 'proxies' as a list");
    }
    TRY(memory_allocate(count + 1, sizeof *grid->proxy, &grid->proxy));
    TRY(memory_allocate((size_t)model->source_count, sizeof *grid->proxy_of, &grid->proxy_of));
    bool has_provinces = model->indices[INDEX_PROVINCE].members.count > 0;
    for (int i = 0; i < model->source_count; i++) {
        bool takes_default = has_default && (!model->sources[i].is_national || !has_provinces);
        grid->proxy_of[i] = takes_default ? 0 : -1;
    }
    if (has_default) {
        TRY(open_proxy(job, grid, grid->node));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(inventory_check_keys(&list->children[i], known));
        TRY(open_proxy(job, grid, &list->children[i]));
        TRY(name_sources(grid, &list->children[i]));
    }
done:
    return status;
}

/* ---- groups ------------------------------------------------------------------------------- */

static bool is_of_group(const struct inventory_model *model, const struct grid_group *group,
                        int source)
{
    const struct inventory_source *own = &model->sources[source];
    if (own->formula[group->species] < 0) {
        return false;
    }
    switch (group->subject) {
    case SUBJECT_SOURCE:
        return source == group->member;
    case SUBJECT_CATEGORY:
        return strcmp(own->category, model->categories.items[group->member]) == 0;
    case SUBJECT_RECEPTOR:
        return strcmp(own->receptor, model->receptors.items[group->member]) == 0;
    default:
        return true;
    }
}

static enum status add_to_part(const struct inventory_grid *grid, struct grid_group *group,
                               int source)
{
    enum status status = STATUS_OK;
    const struct inventory_model *model = grid->model;
    bool is_national = model->sources[source].is_national;
    struct grid_part *part = NULL;
    for (int i = 0; i < group->parts; i++) {
        bool fits = group->part[i].proxy == grid->proxy_of[source] &&
                    group->part[i].is_national == is_national;
        part = fits ? &group->part[i] : part;
    }
    if (part == NULL) {
        part = &group->part[group->parts++];
        *part = (struct grid_part){.proxy = grid->proxy_of[source], .is_national = is_national};
        TRY(memory_allocate((size_t)model->source_count, sizeof *part->source, &part->source));
    }
    part->source[part->sources++] = source;
done:
    return status;
}

static void mark_whole_parts(const struct inventory_grid *grid, struct grid_group *group)
{
    const struct inventory_model *model = grid->model;
    for (int i = 0; i < group->parts; i++) {
        struct grid_part *part = &group->part[i];
        int all = 0;
        for (int source = 0; source < model->source_count; source++) {
            all += is_of_group(model, group, source) &&
                   model->sources[source].is_national == part->is_national;
        }
        part->is_whole = all == part->sources;
    }
    group->has_percentiles = group->parts == 1 && (group->part[0].is_whole ||
                                                   group->part[0].sources == 1);
}

static enum status fill_group(const struct inventory_grid *grid, struct grid_group *group)
{
    enum status status;
    const struct inventory_model *model = grid->model;
    TRY(memory_allocate(2 * (size_t)grid->proxies, sizeof *group->part, &group->part));
    for (int source = 0; source < model->source_count; source++) {
        if (is_of_group(model, group, source) && grid->proxy_of[source] >= 0) {
            TRY(add_to_part(grid, group, source));
        }
    }
    mark_whole_parts(grid, group);
done:
    return status;
}

static const char *member_name(const struct inventory_model *model, const struct grid_group *group)
{
    switch (group->subject) {
    case SUBJECT_SOURCE:
        return model->sources[group->member].name;
    case SUBJECT_CATEGORY:
        return model->categories.items[group->member];
    case SUBJECT_RECEPTOR:
        return model->receptors.items[group->member];
    default:
        return "total";
    }
}

static bool is_taken(const struct inventory_grid *grid, const struct grid_group *group,
                     const char *name)
{
    for (const struct grid_group *other = grid->group; other < group; other++) {
        if (strcmp(other->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "Hg_coal_power": letters, digits and underscores, as every reader of NetCDF takes them. */
static enum status name_group(const struct inventory_grid *grid, struct grid_group *group)
{
    enum status status = STATUS_OK;
    static const char *const kinds[] = {[SUBJECT_ALL] = "",
                                        [SUBJECT_SOURCE] = "",
                                        [SUBJECT_CATEGORY] = "category_",
                                        [SUBJECT_RECEPTOR] = "receptor_"};
    const char *species = grid->model->indices[INDEX_SPECIES].members.items[group->species];
    char *base = NULL, *name = NULL, number[16] = "";
    FAIL_IF(asprintf(&base, "%s%s%s%s", species, species[0] != '\0' ? "_" : "",
                     kinds[group->subject], member_name(grid->model, group)) < 0,
            STATUS_MEMORY, "out of memory");
    for (char *at = base; *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) && (unsigned char)*at < 128 ? *at : '_';
    }
    for (int same = 2;; same++) {
        FAIL_IF(asprintf(&name, "%s%s%s", isalpha((unsigned char)base[0]) ? "" : "emission_", base,
                         number) < 0,
                STATUS_MEMORY, "out of memory");
        if (!is_taken(grid, group, name)) {
            break;
        }
        free(name);
        snprintf(number, sizeof number, "_%d", same);
    }
    group->name = name;
done:
    free(base);
    return status;
}

static enum status add_group(struct inventory_grid *grid, int species,
                             enum result_subject subject, int member)
{
    enum status status;
    struct grid_group *group = &grid->group[grid->groups++];
    *group = (struct grid_group){.species = species, .subject = subject, .member = member};
    TRY(fill_group(grid, group));
    if (group->parts == 0) { /* nothing of it goes to the grid */
        free(group->part);
        grid->groups--;
        return STATUS_OK;
    }
    TRY(name_group(grid, group));
done:
    return status;
}

static const char *const subject_names[] = {[SUBJECT_ALL] = "all",
                                            [SUBJECT_SOURCE] = "source",
                                            [SUBJECT_CATEGORY] = "category",
                                            [SUBJECT_RECEPTOR] = "receptor"};

/* Without `by`: all, and each source where proxies differ, because their sum has no percentiles. */
static enum status read_by(const struct inventory_grid *grid, bool wanted[4])
{
    enum status status;
    struct text_list by = {0};
    TRY(inventory_list(grid->node, "by", &by));
    wanted[SUBJECT_ALL] = by.count == 0;
    wanted[SUBJECT_SOURCE] = by.count == 0 && grid->proxies > 1;
    for (size_t i = 0; i < by.count; i++) {
        size_t found = 0;
        while (found < 4 && strcmp(by.items[i], subject_names[found]) != 0) {
            found++;
        }
        if (found == 4) {
            status = inventory_complain(config_find(grid->node, "by"),
                                        "'%s' is none of all, source, category, receptor",
                                        by.items[i]);
            goto done;
        }
        wanted[found] = true;
    }
done:
    text_list_clear(&by);
    return status;
}

static enum status make_groups(struct inventory_grid *grid)
{
    enum status status;
    const struct inventory_model *model = grid->model;
    bool wanted[4] = {false};
    int species = (int)model->indices[INDEX_SPECIES].members.count;
    const int members[] = {[SUBJECT_ALL] = 1,
                           [SUBJECT_SOURCE] = model->source_count,
                           [SUBJECT_CATEGORY] = (int)model->categories.count,
                           [SUBJECT_RECEPTOR] = (int)model->receptors.count};
    int most = 0;
    TRY(read_by(grid, wanted));
    for (int subject = 0; subject < 4; subject++) {
        most += wanted[subject] * members[subject] * species;
    }
    TRY(memory_allocate((size_t)most, sizeof *grid->group, &grid->group));
    for (int one = 0; one < species; one++) {
        for (int subject = 0; subject < 4; subject++) {
            for (int member = 0; wanted[subject] && member < members[subject]; member++) {
                TRY(add_group(grid, one, (enum result_subject)subject,
                              subject == SUBJECT_ALL ? -1 : member));
            }
        }
    }
    if (grid->groups == 0) {
        status = inventory_complain(grid->node, "none of the sources goes to the grid: give a 'proxy', or "
                                                "name them under 'proxies'");
    }
done:
    return status;
}

/* ---- the plan ----------------------------------------------------------------------------- */

static enum status read_empty(struct inventory_grid *grid)
{
    const char *empty = inventory_scalar(grid->node, "empty");
    grid->refuses_empty = empty != NULL && strcmp(empty, "refuse") == 0;
    if (empty != NULL && !grid->refuses_empty && strcmp(empty, "even") != 0) {
        return inventory_complain(config_find(grid->node, "empty"), "'empty' is even or refuse");
    }
    return STATUS_OK;
}

/* What a grid that only asks for its proxy lacks so far, in *@p path; NULL: nothing. */
static enum status find_lacking(const struct inventory_model *model,
                                const struct config_node *node, char **path)
{
    enum status status = STATUS_OK;
    *path = NULL;
    if (config_find(node, "synthetic") == NULL) {
        return STATUS_OK;
    }
    TRY(inventory_file(model, node, "proxy", path));
    if (path_exists(*path)) {
        free(*path);
        *path = NULL;
        TRY(inventory_polygons_path(model, path));
    }
    if (*path != NULL && path_exists(*path)) {
        free(*path);
        *path = NULL;
    }
done:
    return status;
}

enum status inventory_grid_create(const struct job *job, const struct inventory_model *model,
                                  struct inventory_grid **out)
{
    enum status status;
    static const char *const known[] = {"proxy", "proxies", "variable", "values", "crs",
                                        "by",    "empty",   "leave_out", "synthetic",
                                        "about", NULL};
    const struct config_node *node = config_find(model->root, "grid");
    struct inventory_grid *grid = NULL;
    char *lacking = NULL;
    *out = NULL;
    if (node == NULL || config_is_empty(node)) {
        return STATUS_OK;
    }
    TRY(inventory_check_keys(node, known));
    TRY(find_lacking(model, node, &lacking));
    if (lacking != NULL) {
        log_warning("grid: none is made, because %s is not there: bring it in the folder of --tables; 'airshed "
                    "synth --inventory %s' makes a synthetic one",
                    lacking, model->path);
        goto done;
    }
    TRY(memory_allocate(1, sizeof *grid, &grid));
    grid->model = model;
    grid->node = node;
    TRY(read_empty(grid));
    TRY(read_proxies(job, grid));
    TRY(make_groups(grid));
    TRY(inventory_grid_zones(job, grid));
    *out = grid;
    grid = NULL;
done:
    inventory_grid_destroy(&grid);
    free(lacking);
    return status;
}

static void clear_groups(struct inventory_grid *grid)
{
    for (int i = 0; i < grid->groups; i++) {
        for (int part = 0; part < grid->group[i].parts; part++) {
            free(grid->group[i].part[part].source);
        }
        free(grid->group[i].part);
        free(grid->group[i].name);
    }
    free(grid->group);
}

void inventory_grid_destroy(struct inventory_grid **grid_pointer)
{
    struct inventory_grid *grid = *grid_pointer;
    if (grid == NULL) {
        return;
    }
    clear_groups(grid);
    for (int i = 0; i < grid->proxies; i++) {
        dataset_close(&grid->proxy[i].dataset);
        free(grid->proxy[i].path);
        free(grid->proxy[i].identity);
        free(grid->proxy[i].step);
    }
    for (int i = 0; i < grid->zones; i++) {
        free(grid->zone[i].cell);
        free(grid->zone[i].fraction);
        free(grid->zone[i].area_m2);
    }
    free(grid->proxy);
    free(grid->proxy_of);
    free(grid->zone);
    free(grid->zones_identity);
    free(grid);
    *grid_pointer = NULL;
}
