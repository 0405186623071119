/* airshed -- GPL-3.0-or-later. inventory: polygons of its provinces. */
#include "polygons.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "config.h"

/* The section, and what is read by it. */
struct reading {
    const struct inventory_model *model;
    const struct config_node *node;
    struct inventory_polygons *polygons;
    int64_t column; /* with the names */
    bool ignores_case;
};

static enum status find_section(const struct inventory_model *model,
                                const struct config_node **node)
{
    static const char *const known[] = {"file", "name", "spellings", "ignore_case",
                                        "synthetic", "about", NULL};
    *node = config_find(model->root, "polygons");
    *node = *node != NULL && config_is_empty(*node) ? NULL : *node;
    return *node != NULL ? inventory_check_keys(*node, known) : STATUS_OK;
}

enum status inventory_polygons_path(const struct inventory_model *model, char **path)
{
    enum status status;
    const struct config_node *node;
    *path = NULL;
    TRY(find_section(model, &node));
    if (node != NULL) {
        TRY(inventory_file(model, node, "file", path));
    }
done:
    return status;
}

/* ---- names -------------------------------------------------------------------------------- */

static enum status find_column(struct reading *reading)
{
    enum status status;
    const char *wanted = inventory_scalar(reading->node, "name");
    const char *flag = inventory_scalar(reading->node, "ignore_case");
    if (flag != NULL && !text_parse_flag(flag, &reading->ignores_case)) {
        return inventory_complain(config_find(reading->node, "ignore_case"),
                                  "'ignore_case' is true or false");
    }
    status = table_column(reading->polygons->layer->attributes, wanted != NULL ? wanted : "name",
                          &reading->column);
    if (status != STATUS_OK) {
        char place[CONFIG_PLACE_BYTES];
        failure_prefix("%s: the polygons' 'name'", config_place(reading->node, place));
    }
    return status;
}

static enum status match_names(struct reading *reading)
{
    enum status status;
    const struct text_list *provinces = &reading->model->indices[INDEX_PROVINCE].members;
    struct inventory_polygons *polygons = reading->polygons;
    const struct vector_layer *layer = polygons->layer;
    const struct config_node *spellings = config_find(reading->node, "spellings");
    TRY(memory_allocate((size_t)layer->count, sizeof *polygons->member, &polygons->member));
    for (int64_t i = 0; i < layer->count; i++) {
        const char *own = table_text(layer->attributes, i, reading->column);
        const char *name = inventory_respell(spellings, "province", own, reading->ignores_case);
        polygons->member[i] = -1;
        for (size_t k = 0; k < provinces->count; k++) {
            if (inventory_is_same(provinces->items[k], name, reading->ignores_case)) {
                polygons->member[i] = (int)k;
            }
        }
        if (polygons->member[i] < 0) {
            log_debug("%s: '%s' is no province of the inventory", polygons->path, own);
        }
    }
done:
    return status;
}

/* Stand-ins say so in a column (standin_grid.h). */
static bool is_standin(const struct table *attributes)
{
    int64_t col = table_find(attributes, "reference");
    return col >= 0 && attributes->rows > 0 &&
           text_starts_with(table_text(attributes, 0, col), "synthetic");
}

/* A province without a polygon is refused, with the names that the polygons have. */
static enum status refuse_missing(const struct reading *reading, const char *province)
{
    enum status status;
    struct text_list names = {0};
    struct text others = {0};
    const struct inventory_polygons *polygons = reading->polygons;
    char place[CONFIG_PLACE_BYTES], near[160];
    for (int64_t i = 0; i < polygons->layer->count; i++) {
        const char *name = table_text(polygons->layer->attributes, i, reading->column);
        if (polygons->member[i] < 0) {
            TRY(text_list_add(&names, name));
            text_add_format(&others, "%s'%s'", others.length > 0 ? ", " : "", name);
        }
    }
    inventory_near(province, &names, near, sizeof near);
    status = failure_record(
        STATUS_DATA, __FILE__, __LINE__,
        "%s: no polygon of %s is called '%s'%s; give its name under 'spellings: {province: {NAME: %s}}'. "
        "Polygons that are no province so far: %.600s",
        config_place(reading->node, place), polygons->path, province, near, province,
        others.length > 0 ? others.data : "none");
done:
    text_list_clear(&names);
    text_clear(&others);
    return status;
}

static enum status check_provinces(const struct reading *reading, const bool *left_out)
{
    const struct text_list *provinces = &reading->model->indices[INDEX_PROVINCE].members;
    for (size_t k = 0; k < provinces->count; k++) {
        bool is_there = left_out != NULL && left_out[k];
        for (int64_t i = 0; i < reading->polygons->layer->count && !is_there; i++) {
            is_there = reading->polygons->member[i] == (int)k;
        }
        if (!is_there) {
            return refuse_missing(reading, provinces->items[k]);
        }
    }
    return STATUS_OK;
}

enum status inventory_polygons_read(const struct job *job, const struct inventory_model *model,
                                    const char *crs, const bool *left_out,
                                    struct inventory_polygons **out)
{
    enum status status;
    struct inventory_polygons *polygons = NULL;
    struct reading reading = {.model = model};
    *out = NULL;
    TRY(find_section(model, &reading.node));
    if (reading.node == NULL) {
        return STATUS_OK;
    }
    TRY(memory_allocate(1, sizeof *polygons, &polygons));
    reading.polygons = polygons;
    TRY(inventory_polygons_path(model, &polygons->path));
    struct vector_source source = {.path = polygons->path, .kinds = VECTOR_POLYGON, .crs = crs};
    TRY(vector_read(&source, &polygons->layer));
    TRY(hash_file_identity(polygons->path, job->content_hash, &polygons->identity));
    polygons->is_synthetic = is_standin(polygons->layer->attributes);
    if (model->indices[INDEX_PROVINCE].members.count > 0) {
        TRY(find_column(&reading));
        TRY(match_names(&reading));
        TRY(check_provinces(&reading, left_out));
    } else {
        TRY(memory_allocate((size_t)polygons->layer->count, sizeof *polygons->member,
                            &polygons->member));
    }
    *out = polygons;
    polygons = NULL;
done:
    inventory_polygons_destroy(&polygons);
    return status;
}

void inventory_polygons_destroy(struct inventory_polygons **polygons_pointer)
{
    struct inventory_polygons *polygons = *polygons_pointer;
    if (polygons != NULL) {
        vector_destroy(&polygons->layer);
        free(polygons->path);
        free(polygons->identity);
        free(polygons->member);
        free(polygons);
        *polygons_pointer = NULL;
    }
}
