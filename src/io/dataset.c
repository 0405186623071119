/* airshed -- GPL-3.0-or-later. Files joined to one dataset, read in the canonical order. */
#include "io/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "dataset_internal.h"

/* Where a step lies. */
struct place {
    int64_t file, step;
};

struct member {
    char *path;
    struct calendar_date date; /* of its name */
};

/* A variable of the whole. */
struct joined {
    struct dataset_variable facts;
    struct raster_variable *model; /* of the first file, owned by it */
    struct place *places;          /* [steps] */
    struct units_converter *converter;
    char *target_units;
};

struct dataset {
    char *path;
    char *crs; /* of the options */
    struct dataset_options options;
    char *wanted; /* of NETCDF:"file":variable, or NULL */
    struct member *members;
    int64_t member_count;
    bool dates_from_names; /* other files are checked when they are opened */
    struct raster *first;  /* stays open: it holds what the variables are */
    struct raster *open;   /* another file, the last one read */
    int64_t open_member;
    struct joined *variables;
    int variable_count;
    struct text_list warnings;
};

/* ---- opening -------------------------------------------------------------------------------- */

void dataset_close(struct dataset **dataset)
{
    struct dataset *closed = *dataset;
    if (closed == NULL) {
        return;
    }
    for (int i = 0; i < closed->variable_count; i++) {
        struct time_axis *axis = (struct time_axis *)closed->variables[i].facts.time;
        time_axis_destroy(&axis);
        free(closed->variables[i].places);
        free(closed->variables[i].target_units);
        units_converter_destroy(&closed->variables[i].converter);
    }
    for (int64_t i = 0; i < closed->member_count; i++) {
        free(closed->members[i].path);
    }
    raster_close(&closed->first);
    raster_close(&closed->open);
    text_list_clear(&closed->warnings);
    free(closed->variables);
    free(closed->members);
    free(closed->path);
    free(closed->crs);
    free(closed->wanted);
    free(closed);
    *dataset = NULL;
}

/* Takes NETCDF:"file":variable apart; other paths have no variable. */
static enum status split_name(const char *path, char **file, char **wanted)
{
    enum status status;
    static const char start[] = "NETCDF:";
    *file = NULL;
    *wanted = NULL;
    const char *colon = strrchr(path, ':');
    if (strncasecmp(path, start, sizeof start - 1) != 0 || colon < path + sizeof start) {
        return memory_copy_text(path, file);
    }
    const char *from = path + sizeof start - 1;
    bool is_quoted = *from == '"' && colon[-1] == '"';
    TRY(memory_copy_text(colon + 1, wanted));
    TRY(memory_copy_text(from + is_quoted, file));
    (*file)[(size_t)(colon - from) - 2 * is_quoted] = '\0';
done:
    return status;
}

static enum status list_members(struct dataset *dataset, const char *path)
{
    enum status status;
    struct text_list files = {0};
    TRY(raster_files(path, &files));
    TRY(memory_allocate(files.count, sizeof *dataset->members, &dataset->members));
    for (size_t i = 0; i < files.count; i++) {
        TRY(memory_copy_text(files.items[i], &dataset->members[i].path));
        dataset->member_count = (int64_t)i + 1;
    }
done:
    text_list_clear(&files);
    return status;
}

static int compare_members(const void *first, const void *second)
{
    const struct member *a = first;
    const struct member *b = second;
    int order = calendar_compare(&a->date, &b->date);
    return order != 0 ? order : strcmp(a->path, b->path);
}

/* True where every name has a date of its own; then the members are in their order. */
static bool order_by_names(struct dataset *dataset)
{
    for (int64_t i = 0; i < dataset->member_count; i++) {
        if (!raster_name_date(dataset->members[i].path, &dataset->members[i].date)) {
            return false;
        }
    }
    qsort(dataset->members, (size_t)dataset->member_count, sizeof *dataset->members,
          compare_members);
    for (int64_t i = 1; i < dataset->member_count; i++) {
        if (calendar_compare(&dataset->members[i - 1].date, &dataset->members[i].date) == 0) {
            return false;
        }
    }
    return true;
}

static bool has_single_steps(const struct raster *raster)
{
    for (int i = 0; i < raster->count; i++) {
        if (raster->variables[i].times.steps > 1) {
            return false;
        }
    }
    return true;
}

static const struct raster_variable *find_in(const struct raster *raster, const char *name)
{
    for (int i = 0; i < raster->count; i++) {
        if (strcmp(raster->variables[i].name, name) == 0) {
            return &raster->variables[i];
        }
    }
    /* Rasters without names for their bands are called after their files. */
    return raster->count == 1 && raster->variables[0].bands != NULL ? &raster->variables[0] : NULL;
}

/* ---- checks of further files ---------------------------------------------------------------- */

/* The day that a single step stands for: of its bounds, else of its stamp. */
static struct calendar_date day_of(const struct raster_times *times)
{
    struct calendar_date date = times->bounds != NULL ? times->bounds[0] : times->stamp[0];
    date.seconds = 0;
    return date;
}

/* A warning, once. */
static enum status warn(struct dataset *dataset, const char *sentence)
{
    for (size_t i = 0; i < dataset->warnings.count; i++) {
        if (strcmp(dataset->warnings.items[i], sentence) == 0) {
            return STATUS_OK;
        }
    }
    return text_list_add(&dataset->warnings, sentence);
}

static enum status check_date(struct dataset *dataset, const struct member *member,
                              const struct raster_variable *variable)
{
    char in_name[CALENDAR_TEXT_BYTES];
    char in_file[CALENDAR_TEXT_BYTES];
    char sentence[1024];
    if (variable->times.steps == 0) {
        return STATUS_OK;
    }
    struct calendar_date day = day_of(&variable->times);
    if (calendar_compare(&day, &member->date) == 0) {
        return STATUS_OK;
    }
    snprintf(sentence, sizeof sentence,
             "'%s': the name says %s, the time axis %s: correct one of them", member->path,
             calendar_format_date(&member->date, in_name), calendar_format_date(&day, in_file));
    /* One file alone may well carry another date in its name, such as that of a release. */
    return dataset->options.tolerate_bad_time || dataset->member_count == 1
               ? warn(dataset, sentence)
               : failure_record(STATUS_DATA, __FILE__, __LINE__, "%s", sentence);
}

/* Compares a variable of a further file with the first file's. */
static enum status check_like_first(const struct member *member,
                                    const struct raster_variable *variable,
                                    const struct raster_variable *model)
{
    char why[256];
    if (!georeference_is_equal(variable->grid, model->grid, why, sizeof why)) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "'%s' has another grid than the first file: %s", member->path, why);
    }
    if (strcmp(variable->units, model->units) != 0 &&
        !units_are_equal(variable->units, model->units)) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "'%s' has '%s' in '%s', the first file in '%s': convert it first",
                              member->path, variable->name, variable->units, model->units);
    }
    return STATUS_OK;
}

static enum status find_checked(struct dataset *dataset, int64_t file, const struct raster *raster,
                                const struct raster_variable *model,
                                const struct raster_variable **found)
{
    enum status status;
    const struct member *member = &dataset->members[file];
    *found = find_in(raster, model->name);
    FAIL_IF(*found == NULL, STATUS_DATA, "'%s' has no variable '%s', which the first file has",
            member->path, model->name);
    TRY(check_like_first(member, *found, model));
    if (dataset->dates_from_names) {
        FAIL_IF((*found)->times.steps > 1, STATUS_DATA,
                "'%s' has %lld steps, the first file has one: give such files separately",
                member->path, (long long)(*found)->times.steps);
        TRY(check_date(dataset, member, *found));
    }
done:
    return status;
}

/* The raster of a file: the first, or the one kept open, or opened now. */
static enum status use_member(struct dataset *dataset, int64_t file, struct raster **raster)
{
    enum status status = STATUS_OK;
    if (file == 0) {
        *raster = dataset->first;
        return STATUS_OK;
    }
    if (dataset->open == NULL || dataset->open_member != file) {
        raster_close(&dataset->open);
        TRY(raster_open(dataset->members[file].path, dataset->wanted, &dataset->options,
                        &dataset->open));
        dataset->open_member = file;
    }
    *raster = dataset->open;
done:
    return status;
}

/* ---- joining -------------------------------------------------------------------------------- */

/* Steps gathered over all files. */
struct gathered {
    enum calendar calendar;
    int64_t steps, capacity;
    struct moment {
        struct calendar_date stamp, bounds[2];
        struct place place;
    } * moments;
    bool has_bounds;
};

static enum status gather(struct gathered *all, const struct raster_times *times, int64_t file)
{
    enum status status = STATUS_OK;
    struct moment *longer = NULL;
    if (all->steps + times->steps > all->capacity) {
        int64_t capacity = 2 * all->capacity + times->steps;
        TRY(memory_allocate((size_t)capacity, sizeof *longer, &longer));
        if (all->steps > 0) {
            memcpy(longer, all->moments, (size_t)all->steps * sizeof *longer);
        }
        free(all->moments);
        all->moments = longer;
        all->capacity = capacity;
    }
    all->has_bounds = (all->steps == 0 || all->has_bounds) && times->bounds != NULL;
    all->calendar = all->steps == 0 ? times->calendar : all->calendar;
    for (int64_t i = 0; i < times->steps; i++) {
        struct moment *moment = &all->moments[all->steps++];
        *moment = (struct moment){.stamp = times->stamp[i], .place = {file, i}};
        if (times->bounds != NULL) {
            moment->bounds[0] = times->bounds[2 * i];
            moment->bounds[1] = times->bounds[2 * i + 1];
        }
    }
done:
    return status;
}

static int compare_moments(const void *first, const void *second)
{
    const struct moment *a = first;
    const struct moment *b = second;
    int order = calendar_compare(&a->stamp, &b->stamp);
    return order != 0 ? order : (a->place.file > b->place.file) - (a->place.file < b->place.file);
}

/* What was wrong with the order of steps. */
struct disorder {
    int64_t unsorted, repeated;
    struct calendar_date first_unsorted, first_repeated;
};

/* Sorts and drops repeated moments. */
static struct disorder tidy(struct gathered *all)
{
    struct disorder wrong = {0};
    for (int64_t i = 1; i < all->steps; i++) {
        if (calendar_compare(&all->moments[i].stamp, &all->moments[i - 1].stamp) < 0 &&
            wrong.unsorted++ == 0) {
            wrong.first_unsorted = all->moments[i].stamp;
        }
    }
    qsort(all->moments, (size_t)all->steps, sizeof *all->moments, compare_moments);
    int64_t kept = all->steps > 0;
    for (int64_t i = 1; i < all->steps; i++) {
        if (calendar_compare(&all->moments[i].stamp, &all->moments[kept - 1].stamp) != 0) {
            all->moments[kept++] = all->moments[i];
        } else if (wrong.repeated++ == 0) {
            wrong.first_repeated = all->moments[i].stamp;
        }
    }
    all->steps = kept;
    return wrong;
}

static void put_files_in_order(struct gathered *all, int64_t files)
{
    if (files > 1) {
        /* Files come in the order of their names; their steps need not. Within a file the order
         * is the file's own, so that disorder there is still found. */
        for (int64_t i = 1; i < all->steps; i++) {
            const struct moment *a = &all->moments[i - 1];
            const struct moment *b = &all->moments[i];
            if (a->place.file == b->place.file && calendar_compare(&a->stamp, &b->stamp) >= 0) {
                return;
            }
        }
        qsort(all->moments, (size_t)all->steps, sizeof *all->moments, compare_moments);
    }
}

static const char *moment_text(const struct calendar_date *date,
                               char text[static CALENDAR_TEXT_BYTES])
{
    return date->seconds == 0 ? calendar_format_date(date, text) : calendar_format_time(date, text);
}

static enum status warn_of_disorder(struct dataset *dataset, struct disorder wrong)
{
    enum status status = STATUS_OK;
    char sentence[1024];
    char date[CALENDAR_TEXT_BYTES];
    if (wrong.unsorted > 0) {
        snprintf(sentence, sizeof sentence,
                 "'%s': %lld time step%s before the one that precedes it, first %s: sort the steps",
                 dataset->path, (long long)wrong.unsorted, wrong.unsorted == 1 ? " lies" : "s lie",
                 moment_text(&wrong.first_unsorted, date));
        TRY(warn(dataset, sentence));
    }
    if (wrong.repeated > 0) {
        snprintf(sentence, sizeof sentence,
                 "'%s': %lld time step%s a date, first %s: remove the repeated ones", dataset->path,
                 (long long)wrong.repeated, wrong.repeated == 1 ? " repeats" : "s repeat",
                 moment_text(&wrong.first_repeated, date));
        TRY(warn(dataset, sentence));
    }
done:
    return status;
}

static enum status make_axis(struct dataset *dataset, struct gathered *all, struct joined *variable)
{
    enum status status;
    struct calendar_date *stamps = NULL;
    struct calendar_date *bounds = NULL;
    struct time_axis *axis = NULL;
    put_files_in_order(all, dataset->member_count);
    if (dataset->options.tolerate_bad_time) {
        TRY(warn_of_disorder(dataset, tidy(all)));
    }
    TRY(memory_allocate((size_t)all->steps, sizeof *stamps, &stamps));
    TRY(memory_allocate(2 * (size_t)all->steps, sizeof *bounds, &bounds));
    TRY(memory_allocate((size_t)all->steps, sizeof *variable->places, &variable->places));
    for (int64_t i = 0; i < all->steps; i++) {
        stamps[i] = all->moments[i].stamp;
        bounds[2 * i] = all->moments[i].bounds[0];
        bounds[2 * i + 1] = all->moments[i].bounds[1];
        variable->places[i] = all->moments[i].place;
    }
    status = time_axis_create_dates(all->calendar, all->steps, stamps,
                                    all->has_bounds ? bounds : NULL, &axis);
    if (status != STATUS_OK) {
        failure_prefix("'%s', variable '%s'", dataset->path, variable->model->name);
        goto done;
    }
    variable->facts.time = axis;
done:
    free(stamps);
    free(bounds);
    return status;
}

/* Collects the dates of one variable from all files that were scanned into @p all. */
static enum status take_dates(struct dataset *dataset, int index, struct gathered *all)
{
    struct joined *variable = &dataset->variables[index];
    const struct raster_times *times = &variable->model->times;
    for (int64_t file = 0; file < dataset->member_count && dataset->dates_from_names; file++) {
        const struct raster_times one = {.calendar =
                                             times->steps > 0 ? times->calendar : CALENDAR_STANDARD,
                                         .steps = 1,
                                         .stamp = &dataset->members[file].date};
        enum status status = gather(all, &one, file);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return dataset->dates_from_names ? STATUS_OK : gather(all, times, 0);
}

/* Opens every further file for its dates: names without dates, or several steps a file. */
static enum status scan_members(struct dataset *dataset, struct gathered *all)
{
    enum status status = STATUS_OK;
    const struct raster_variable *found;
    struct raster *raster;
    for (int64_t file = 1; file < dataset->member_count && !dataset->dates_from_names; file++) {
        TRY(use_member(dataset, file, &raster));
        for (int i = 0; i < dataset->variable_count; i++) {
            const struct raster_variable *model = dataset->variables[i].model;
            if (model->times.steps > 0) {
                TRY(find_checked(dataset, file, raster, model, &found));
                TRY(gather(&all[i], &found->times, file));
            }
        }
    }
done:
    return status;
}

static enum status check_join(const struct dataset *dataset)
{
    bool has_time = false;
    for (int i = 0; i < dataset->variable_count; i++) {
        has_time = has_time || dataset->variables[i].model->times.steps > 0;
    }
    if (dataset->member_count > 1 && !dataset->dates_from_names && !has_time) {
        return failure_record(STATUS_DATA, __FILE__, __LINE__,
                              "the files of '%s' have no time axis, and not every name has a date of "
                              "its own: give them names with YYYYMMDD, YYYY-MM-DD or YYYYDDD",
                              dataset->path);
    }
    return STATUS_OK;
}

static void set_facts(const struct dataset *dataset, struct joined *variable)
{
    const struct raster_variable *model = variable->model;
    struct dataset_variable *facts = &variable->facts;
    facts->name = model->name;
    facts->standard_name = model->standard_name;
    facts->long_name = model->long_name;
    facts->units = model->units;
    facts->cell_methods = model->cell_methods;
    facts->layer = model->layer;
    facts->grid = model->grid;
    facts->is_packed = model->packing.is_packed;
    facts->needs_scratch = facts->time != NULL && (dataset->member_count > 1 || model->is_costly);
}

static enum status join(struct dataset *dataset)
{
    enum status status;
    struct gathered *all = NULL;
    int count = dataset->first->count;
    TRY(memory_allocate((size_t)count, sizeof *dataset->variables, &dataset->variables));
    TRY(memory_allocate((size_t)count, sizeof *all, &all));
    dataset->variable_count = count;
    for (int i = 0; i < count; i++) {
        dataset->variables[i].model = &dataset->first->variables[i];
    }
    TRY(check_join(dataset));
    for (int i = 0; i < count; i++) {
        TRY(take_dates(dataset, i, &all[i]));
    }
    TRY(scan_members(dataset, all));
    for (int i = 0; i < count; i++) {
        if (all[i].steps > 0) {
            TRY(make_axis(dataset, &all[i], &dataset->variables[i]));
        }
        set_facts(dataset, &dataset->variables[i]);
    }
done:
    for (int i = 0; all != NULL && i < count; i++) {
        free(all[i].moments);
    }
    free(all);
    return status;
}

static enum status open_all(struct dataset *dataset)
{
    enum status status;
    char *file = NULL;
    TRY(split_name(dataset->path, &file, &dataset->wanted));
    TRY(list_members(dataset, file));
    bool has_dates = order_by_names(dataset);
    TRY(raster_open(dataset->members[0].path, dataset->wanted, &dataset->options, &dataset->first));
    for (size_t i = 0; i < dataset->first->warnings.count; i++) {
        TRY(text_list_add(&dataset->warnings, dataset->first->warnings.items[i]));
    }
    has_dates = has_dates && has_single_steps(dataset->first);
    dataset->dates_from_names = has_dates && dataset->member_count > 1;
    for (int i = 0; i < dataset->first->count && has_dates; i++) {
        TRY(check_date(dataset, &dataset->members[0], &dataset->first->variables[i]));
    }
    TRY(join(dataset));
done:
    free(file);
    return status;
}

enum status dataset_open(const char *path, const struct dataset_options *options,
                         struct dataset **dataset)
{
    enum status status;
    struct dataset *opened = NULL;
    *dataset = NULL;
    TRY(memory_allocate(1, sizeof *opened, &opened));
    TRY(memory_copy_text(path, &opened->path));
    if (options != NULL) {
        opened->options = *options;
    }
    if (opened->options.crs != NULL) {
        TRY(memory_copy_text(opened->options.crs, &opened->crs));
        opened->options.crs = opened->crs;
    }
    TRY(open_all(opened));
    *dataset = opened;
    opened = NULL;
done:
    dataset_close(&opened);
    return status;
}

/* ---- questions ------------------------------------------------------------------------------ */

int dataset_variable_count(const struct dataset *dataset)
{
    return dataset->variable_count;
}

const struct dataset_variable *dataset_variable(const struct dataset *dataset, int variable)
{
    return &dataset->variables[variable].facts;
}

/* True for equal standard names; "_particles" was once left out of them (C.04). */
static bool same_standard_name(const char *first, const char *second)
{
    static const char part[] = "_particles";
    const size_t length = sizeof part - 1;
    while (*first != '\0' || *second != '\0') {
        bool in_first = strncmp(first, part, length) == 0;
        bool in_second = strncmp(second, part, length) == 0;
        if (in_first != in_second) {
            first += in_first ? length : 0;
            second += in_second ? length : 0;
        } else if (*first != *second) {
            return false;
        } else {
            first++;
            second++;
        }
    }
    return true;
}

static int count_matches(const struct dataset *dataset, const char *wanted, bool by_name,
                         int *match)
{
    int count = 0;
    for (int i = 0; i < dataset->variable_count; i++) {
        const struct dataset_variable *facts = &dataset->variables[i].facts;
        bool is_match = wanted == NULL ? true
                        : by_name      ? strcmp(facts->name, wanted) == 0
                                       : facts->standard_name[0] != '\0' &&
                                        same_standard_name(facts->standard_name, wanted);
        if (is_match) {
            *match = i;
            count++;
        }
    }
    return count;
}

int dataset_find_layer(const struct dataset *dataset, const char *name, const char *layer)
{
    size_t length = strlen(name);
    for (int i = 0; i < dataset->variable_count; i++) {
        const struct dataset_variable *facts = &dataset->variables[i].facts;
        bool is_layered = strncmp(facts->name, name, length) == 0 && facts->name[length] == '[';
        if (strcmp(facts->name, name) == 0 || (is_layered && strcmp(facts->layer, layer) == 0)) {
            return i;
        }
    }
    return -1;
}

static enum status list_candidates(const struct dataset *dataset, char **listed)
{
    struct text names = {0};
    for (int i = 0; i < dataset->variable_count && i < 40; i++) {
        const struct dataset_variable *facts = &dataset->variables[i].facts;
        text_add_format(&names, "%s%s", i > 0 ? ", " : "", facts->name);
        if (facts->standard_name[0] != '\0') {
            text_add_format(&names, " (%s)", facts->standard_name);
        }
    }
    return text_take(&names, listed);
}

enum status dataset_find(const struct dataset *dataset, const char *wanted, int *variable)
{
    enum status status = STATUS_OK;
    char *listed = NULL;
    int count = count_matches(dataset, wanted, true, variable);
    if (count == 0) {
        count = count_matches(dataset, wanted, false, variable);
    }
    if (count != 1) {
        TRY(list_candidates(dataset, &listed));
        FAIL_IF(wanted == NULL, STATUS_DATA,
                "'%s' holds %d variables, name one with --variable: %s", dataset->path, count,
                listed);
        FAIL(STATUS_DATA, "'%s' holds %s variable '%s'; it has %s", dataset->path,
             count == 0 ? "no" : "more than one", wanted, listed);
    }
done:
    free(listed);
    return status;
}

enum status dataset_convert(struct dataset *dataset, int variable, const char *units)
{
    enum status status;
    struct joined *joined = &dataset->variables[variable];
    struct units_converter *converter = NULL;
    char *copy = NULL;
    status = units_converter_create(joined->model->units, units, &converter);
    if (status != STATUS_OK) {
        failure_prefix("'%s', variable '%s'", dataset->path, joined->model->name);
        goto done;
    }
    TRY(memory_copy_text(units, &copy));
    units_converter_destroy(&joined->converter);
    free(joined->target_units);
    joined->converter = converter;
    joined->target_units = copy;
    joined->facts.units = copy;
done:
    return status;
}

const struct dataset_storage *dataset_storage(const struct dataset *dataset, int variable)
{
    return &dataset->variables[variable].model->storage;
}

struct dataset_chunk dataset_chunk(const struct dataset *dataset, int variable)
{
    const struct raster_variable *model = dataset->variables[variable].model;
    int64_t rows = model->grid->rows;
    if (model->chunk_steps == 0) {
        return (struct dataset_chunk){1, rows, model->grid->cols, rows};
    }
    struct dataset_chunk chunk = {model->chunk_steps, model->chunk_rows, model->chunk_cols,
                                  model->chunk_rows};
    chunk.rows = chunk.rows < rows ? chunk.rows : rows;
    chunk.cols = chunk.cols < model->grid->cols ? chunk.cols : model->grid->cols;
    chunk.first_rows = chunk.rows;
    if (model->y_order.descends && rows % chunk.rows != 0) {
        chunk.first_rows = rows % chunk.rows;
    }
    return chunk;
}

const char *dataset_attribute(const struct dataset *dataset, const char *name)
{
    const struct text_list *list = &dataset->first->attributes;
    for (size_t i = 0; i + 1 < list->count; i += 2) {
        if (strcmp(list->items[i], name) == 0) {
            return list->items[i + 1];
        }
    }
    return NULL;
}

int64_t dataset_file_count(const struct dataset *dataset)
{
    return dataset->member_count;
}

const char *dataset_file_path(const struct dataset *dataset, int64_t file)
{
    return dataset->members[file].path;
}

void dataset_file_steps(const struct dataset *dataset, int variable, int64_t file, int64_t *first,
                        int64_t *steps)
{
    const struct joined *joined = &dataset->variables[variable];
    int64_t total = joined->facts.time != NULL ? joined->facts.time->steps : 1;
    *first = 0;
    *steps = 0;
    for (int64_t i = 0; i < total && joined->facts.time != NULL; i++) {
        if (joined->places[i].file == file) {
            *first = *steps == 0 ? i : *first;
            *steps = i + 1 - *first;
        }
    }
    if (joined->facts.time == NULL) {
        *steps = file == 0;
    }
}

enum status dataset_identity(const struct dataset *dataset, bool content_hash, char **text)
{
    enum status status = STATUS_OK;
    struct text all = {0};
    char *one = NULL;
    *text = NULL;
    for (int64_t i = 0; i < dataset->member_count; i++) {
        TRY(hash_file_identity(dataset->members[i].path, content_hash, &one));
        text_add(&all, one);
        text_add(&all, "\n");
        free(one);
        one = NULL;
    }
    TRY(text_take(&all, text));
done:
    text_clear(&all);
    free(one);
    return status;
}

int dataset_warning_count(const struct dataset *dataset)
{
    return (int)dataset->warnings.count;
}

const char *dataset_warning(const struct dataset *dataset, int index)
{
    return dataset->warnings.items[index];
}

void dataset_counts(int64_t *files_opened, int64_t *chunks_inflated)
{
    *files_opened = raster_files_opened;
    *chunks_inflated = raster_chunks_inflated;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void reverse_rows(int64_t rows, int64_t cols, float *map, float *line)
{
    size_t bytes = (size_t)cols * sizeof *line;
    for (int64_t row = 0; row < rows / 2; row++) {
        float *low = map + row * cols;
        float *high = map + (rows - 1 - row) * cols;
        memcpy(line, low, bytes);
        memcpy(low, high, bytes);
        memcpy(high, line, bytes);
    }
}

static void reverse_cols(int64_t lines, int64_t cols, float *values)
{
    for (int64_t line = 0; line < lines; line++, values += cols) {
        for (int64_t col = 0; col < cols / 2; col++) {
            float other = values[cols - 1 - col];
            values[cols - 1 - col] = values[col];
            values[col] = other;
        }
    }
}

/* First position in the file of a span of the grid that does not wrap. */
static int64_t source_start(const struct axis_order *order, int64_t extent, int64_t first,
                            int64_t count)
{
    return axis_order_source(order, extent, order->descends ? first + count - 1 : first);
}

/* Columns from @p col on, at most @p cols, that lie side by side in the file. */
static int64_t unbroken(const struct axis_order *order, int64_t extent, int64_t col, int64_t cols)
{
    int64_t seam = (extent - order->shift) % extent; /* the grid column that is the file's first */
    return col < seam && seam < col + cols ? seam - col : cols;
}

/* Reads steps that follow one another in one file; columns do not wrap. */
static enum status read_block(struct raster *raster, const struct raster_variable *variable,
                              int64_t step, const struct window *window, float *values)
{
    enum status status;
    const struct georeference *grid = variable->grid;
    float *line = NULL;
    const struct raster_box box = {
        .step = step,
        .steps = window->steps,
        .row = source_start(&variable->y_order, grid->rows, window->row, window->rows),
        .rows = window->rows,
        .col = source_start(&variable->x_order, grid->cols, window->col, window->cols),
        .cols = window->cols};
    TRY(raster->format->read(raster, variable, &box, values));
    if (variable->y_order.descends && box.rows > 1) {
        TRY(memory_allocate((size_t)box.cols, sizeof *line, &line));
        for (int64_t i = 0; i < box.steps; i++) {
            reverse_rows(box.rows, box.cols, values + i * box.rows * box.cols, line);
        }
    }
    if (variable->x_order.descends) {
        reverse_cols(box.steps * box.rows, box.cols, values);
    }
done:
    free(line);
    return status;
}

/* Reads a window of one file whose columns may wrap: the two parts one after the other. */
static enum status read_wrapped(struct raster *raster, const struct raster_variable *variable,
                                int64_t step, const struct window *window, float *values)
{
    enum status status = STATUS_OK;
    float *part = NULL;
    int64_t whole = unbroken(&variable->x_order, variable->grid->cols, window->col, window->cols);
    if (whole == window->cols) {
        return read_block(raster, variable, step, window, values);
    }
    int64_t lines = window->rows;
    int64_t widest = whole > window->cols - whole ? whole : window->cols - whole;
    TRY(memory_allocate((size_t)(lines * widest), sizeof *part, &part));
    for (int64_t i = 0; i < window->steps; i++) {
        float *map = values + i * window->rows * window->cols;
        struct window side = *window;
        side.steps = 1;
        for (int64_t done_cols = 0; done_cols < window->cols; done_cols += side.cols) {
            side.col = window->col + done_cols;
            side.cols = done_cols == 0 ? whole : window->cols - whole;
            TRY(read_block(raster, variable, step + i, &side, part));
            for (int64_t line = 0; line < lines; line++) {
                memcpy(map + line * window->cols + done_cols, part + line * side.cols,
                       (size_t)side.cols * sizeof *part);
            }
        }
    }
done:
    free(part);
    return status;
}

/* Steps from @p step on that follow one another in the same file. */
static int64_t same_run(const struct place *places, int64_t step, int64_t end)
{
    int64_t run = 1;
    while (step + run < end && places[step + run].file == places[step].file &&
           places[step + run].step == places[step].step + run) {
        run++;
    }
    return run;
}

static enum status read_run(struct dataset *dataset, const struct joined *joined,
                            const struct place *place, const struct window *window, float *values)
{
    enum status status;
    struct raster *raster;
    const struct raster_variable *variable = joined->model;
    TRY(use_member(dataset, place->file, &raster));
    if (place->file > 0) {
        TRY(find_checked(dataset, place->file, raster, joined->model, &variable));
    }
    TRY(read_wrapped(raster, variable, place->step, window, values));
done:
    return status;
}

enum status dataset_read(struct dataset *dataset, int variable, const struct window *window,
                         float *values)
{
    enum status status = STATUS_OK;
    struct joined *joined = &dataset->variables[variable];
    const struct georeference *grid = joined->facts.grid;
    int64_t steps = joined->facts.time != NULL ? joined->facts.time->steps : 1;
    static const struct place only;
    FAIL_IF(!window_is_inside(window, steps, grid->rows, grid->cols), STATUS_FAILED,
            "a window reaches outside '%s' of '%s'", joined->facts.name, dataset->path);
    int64_t end = window->time + window->steps;
    for (int64_t step = window->time; step < end && window->rows > 0 && window->cols > 0;) {
        const struct place *place = joined->places != NULL ? &joined->places[step] : &only;
        struct window run = *window;
        run.steps = joined->places != NULL ? same_run(joined->places, step, end) : 1;
        TRY(read_run(dataset, joined, place, &run,
                     values + (step - window->time) * window->rows * window->cols));
        step += run.steps;
    }
    if (joined->converter != NULL && !units_converter_is_identity(joined->converter)) {
        units_convert_float(joined->converter, values, window_count(window));
    }
done:
    return status;
}
