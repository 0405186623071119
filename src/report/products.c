/* airshed -- GPL-3.0-or-later. The products of a run, as their sidecars (NAME.prov.json) tell them. */
#include "report/products.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "io/provenance.h"

#define ENDING ".prov.json"

static enum status copy_member(const json_t *object, const char *name, char **copy)
{
    const char *text = json_string_value(json_object_get(object, name));
    return memory_copy_text(text != NULL ? text : "", copy);
}

static enum status read_files(const json_t *root, const char *folder, struct product *product)
{
    enum status status = STATUS_OK;
    size_t index;
    const json_t *output;
    char *path = NULL;
    json_array_foreach(json_object_get(root, "outputs"), index, output)
    {
        const char *name = json_string_value(json_object_get(output, "name"));
        if (name != NULL) {
            TRY(path_join(folder, name, &path));
            TRY(text_list_add(&product->files, path));
            free(path);
            path = NULL;
        }
    }
done:
    free(path);
    return status;
}

static enum status read_options(const json_t *root, struct product *product)
{
    enum status status = STATUS_OK;
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(root, "config"), name, value)
    {
        if (json_is_string(value)) {
            TRY(text_list_add(&product->names, name));
            TRY(text_list_add(&product->values_of, json_string_value(value)));
        }
    }
done:
    return status;
}

static enum status read_inputs(const json_t *root, const char *folder, struct product *product)
{
    enum status status = STATUS_OK;
    size_t index;
    const json_t *input;
    char *joined = NULL;
    json_array_foreach(json_object_get(root, "input_files"), index, input)
    {
        const char *option = json_string_value(json_object_get(input, "option"));
        const char *path = json_string_value(json_object_get(input, "path"));
        if (option != NULL && path != NULL) {
            TRY(path_join(folder, path, &joined));
            TRY(text_list_add(&product->input_options, option));
            TRY(text_list_add(&product->input_paths,
                              path_exists(joined) || path_is_pattern(joined) ? joined : path));
            free(joined);
            joined = NULL;
        }
    }
done:
    free(joined);
    return status;
}

static enum status read_warnings(const json_t *root, struct product *product)
{
    enum status status = STATUS_OK;
    size_t index;
    const json_t *warning;
    json_array_foreach(json_object_get(root, "warnings"), index, warning)
    {
        if (json_is_string(warning)) {
            TRY(text_list_add(&product->warnings, json_string_value(warning)));
        }
    }
done:
    return status;
}

static int64_t number_of(const json_t *root, const char *name)
{
    return json_integer_value(json_object_get(root, name));
}

static enum status read_facts(const json_t *root, struct product *product)
{
    enum status status;
    char *folder = NULL;
    TRY(path_folder(product->sidecar, &folder));
    TRY(copy_member(root, "command", &product->command));
    TRY(copy_member(json_object_get(root, "program"), "version", &product->version));
    TRY(copy_member(root, "start", &product->start));
    TRY(copy_member(root, "command_line", &product->command_line));
    product->ranks = (int64_t)json_array_size(json_object_get(root, "ranks"));
    product->items = number_of(root, "items");
    product->values = number_of(root, "values");
    product->missing = number_of(root, "missing");
    product->seed = number_of(root, "seed");
    TRY(read_files(root, folder, product));
    TRY(read_options(root, product));
    TRY(read_inputs(root, folder, product));
    TRY(read_warnings(root, product));
done:
    free(folder);
    return status;
}

static enum status read_product(const char *sidecar, struct product *product)
{
    enum status status;
    char *fingerprint = NULL;
    json_t *root = NULL;
    TRY(memory_copy_text(sidecar, &product->sidecar));
    TRY(memory_copy_text(sidecar, &product->output));
    product->output[strlen(sidecar) - strlen(ENDING)] = '\0';
    TRY(provenance_check(sidecar, "", &fingerprint, &product->is_intact));
    root = json_load_file(sidecar, 0, NULL);
    FAIL_IF(root == NULL, STATUS_DATA, "%s: cannot be read", sidecar);
    TRY(read_facts(root, product));
done:
    json_decref(root);
    free(fingerprint);
    return status;
}

/* ---- finding ------------------------------------------------------------------------------ */

/* A folder without sidecars is none the worse. */
static void add_matches(const char *folder, const char *pattern, struct text_list *paths)
{
    char *joined = NULL;
    if (path_join(folder, pattern, &joined) == STATUS_OK && path_glob(joined, paths) != STATUS_OK) {
        failure_clear();
    }
    free(joined);
}

static enum status add_extra(const char *file, struct text_list *paths)
{
    enum status status = STATUS_OK;
    char *sidecar = NULL;
    FAIL_IF(asprintf(&sidecar, "%s" ENDING, file) < 0, STATUS_MEMORY, "out of memory");
    FAIL_IF(
        !path_exists(sidecar), STATUS_DATA,
        "--product %s: there is no %s beside it: only complete products of airshed can be shown",
        file, path_name(sidecar));
    for (size_t i = 0; i < paths->count; i++) {
        if (path_is_same(paths->items[i], sidecar)) {
            goto done;
        }
    }
    TRY(text_list_add(paths, sidecar));
done:
    free(sidecar);
    return status;
}

static int compare_products(const void *a, const void *b)
{
    const struct product *first = a, *second = b;
    int order = strcmp(first->start, second->start);
    return order != 0 ? order : strcmp(first->sidecar, second->sidecar);
}

static void product_clear(struct product *product)
{
    free(product->sidecar);
    free(product->output);
    free(product->command);
    free(product->version);
    free(product->start);
    free(product->command_line);
    text_list_clear(&product->files);
    text_list_clear(&product->names);
    text_list_clear(&product->values_of);
    text_list_clear(&product->input_options);
    text_list_clear(&product->input_paths);
    text_list_clear(&product->warnings);
}

static enum status read_all(const struct text_list *paths, const char *except,
                            struct products *products)
{
    enum status status;
    TRY(memory_allocate(paths->count, sizeof *products->item, &products->item));
    for (size_t i = 0; i < paths->count; i++) {
        struct product *product = &products->item[products->count++];
        TRY(read_product(paths->items[i], product));
        if (strcmp(product->command, except) == 0) {
            product_clear(product);
            memset(product, 0, sizeof *product);
            products->count--;
        }
    }
    if (products->count > 0) {
        qsort(products->item, (size_t)products->count, sizeof *products->item, compare_products);
    }
done:
    return status;
}

enum status products_read(const char *folder, const struct text_list *extra, const char *except,
                          struct products *products)
{
    enum status status = STATUS_OK;
    struct text_list paths = {0};
    *products = (struct products){0};
    if (folder != NULL) {
        FAIL_IF(!path_is_folder(folder), STATUS_DATA, "%s: is no folder", folder);
        add_matches(folder, "*" ENDING, &paths);
        add_matches(folder, "*/*" ENDING, &paths);
    }
    for (size_t i = 0; i < extra->count; i++) {
        TRY(add_extra(extra->items[i], &paths));
    }
    TRY(read_all(&paths, except, products));
    FAIL_IF(products->count == 0, STATUS_DATA,
            "%s: holds no complete product of airshed (NAME" ENDING
            "): give the folder of a run, or "
            "--product FILE",
            folder != NULL ? folder : "report");
done:
    text_list_clear(&paths);
    if (status != STATUS_OK) {
        products_clear(products);
    }
    return status;
}

void products_clear(struct products *products)
{
    for (int64_t i = 0; i < products->count; i++) {
        product_clear(&products->item[i]);
    }
    free(products->item);
    *products = (struct products){0};
}

const char *product_option(const struct product *product, const char *name)
{
    for (size_t i = 0; i < product->names.count; i++) {
        if (strcmp(product->names.items[i], name) == 0) {
            return product->values_of.items[i];
        }
    }
    return NULL;
}

const char *product_file(const struct product *product, const char *ending)
{
    for (size_t i = 0; i < product->files.count; i++) {
        if (text_ends_with(product->files.items[i], ending)) {
            return product->files.items[i];
        }
    }
    return NULL;
}
