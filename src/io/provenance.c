/* airshed -- GPL-3.0-or-later. NAME.prov.json: where a product came from. */
#include "io/provenance.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <gdal.h>
#include <mpi.h>
#include <netcdf.h>
#include <pnetcdf.h>
#include <proj.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "base/timing.h"

#ifndef AIRSHED_COMMIT
#define AIRSHED_COMMIT "unknown"
#endif

const char *provenance_version(void)
{
    return AIRSHED_VERSION;
}

const char *provenance_program(void)
{
    return "airshed " AIRSHED_VERSION " (commit " AIRSHED_COMMIT ")";
}

const char *provenance_cpu_class(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? "x86-64-v3" : "x86-64";
}

/* ---- writing ------------------------------------------------------------------------------ */

static json_t *inputs_json(const struct provenance *facts)
{
    json_t *list = json_array();
    for (int i = 0; i < facts->input_count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "option", facts->inputs[i].label,
                                              "identity", facts->inputs[i].identity));
    }
    return list;
}

static json_t *input_files_json(const struct provenance *facts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < facts->input_options->count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "option", facts->input_options->items[i],
                                              "path", facts->input_paths->items[i]));
    }
    return list;
}

static json_t *output_json(const char *name, const char *partial)
{
    struct stat file = {0};
    if (stat(partial, &file) != 0) {
        return json_null();
    }
    json_int_t modified_ns =
        (json_int_t)file.st_mtim.tv_sec * 1000000000 + (json_int_t)file.st_mtim.tv_nsec;
    return json_pack("{s:s, s:I, s:I}", "name", name, "bytes",
                     (json_int_t)file.st_size, "modified_ns", modified_ns);
}

static json_t *outputs_json(const struct provenance *facts)
{
    json_t *list = json_array();
    for (int i = 0; i < facts->output_count; i++) {
        json_array_append_new(list, output_json(facts->outputs[i], facts->partials[i]));
    }
    return list;
}

static json_t *ranks_json(const struct provenance *facts)
{
    json_t *list = json_array();
    for (int i = 0; i < facts->rank_count; i++) {
        const struct provenance_rank *rank = &facts->ranks[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "host", rank->host, "items",
                            (json_int_t)rank->items, "bytes_read", (json_int_t)rank->bytes_read,
                            "bytes_written", (json_int_t)rank->bytes_written, "peak_memory_bytes",
                            (json_int_t)rank->peak_bytes, "files_opened",
                            (json_int_t)rank->files_opened, "chunks_inflated",
                            (json_int_t)rank->chunks_inflated));
    }
    return list;
}

static json_t *warnings_json(void)
{
    json_t *list = json_array();
    for (int i = 0; i < log_warning_count(); i++) {
        json_array_append_new(list, json_string(log_warning_text(i)));
    }
    return list;
}

static json_t *program_json(void)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    struct utsname host = {0};
    MPI_Get_library_version(mpi, &length);
    mpi[strcspn(mpi, ",\n")] = '\0';
    uname(&host);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "version",
                     provenance_version(), "commit", AIRSHED_COMMIT, "cpu_class",
                     provenance_cpu_class(), "machine", host.machine, "compiler", __VERSION__,
                     "mpi", mpi, "pnetcdf", ncmpi_inq_libvers(), "netcdf", nc_inq_libvers(),
                     "gdal", GDALVersionInfo("RELEASE_NAME"), "proj", proj_info().version);
}

static void set_config(json_t *root, const char *config)
{
    char hex[65];
    json_t *values = json_object();
    char *lines = NULL;
    hash_sha256_hex(config, strlen(config), hex);
    if (memory_copy_text(config, &lines) == STATUS_OK) {
        char *rest = lines;
        for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
            char *equals = strchr(line, '=');
            if (equals != NULL) {
                *equals = '\0';
                json_object_set_new(values, line, json_string(equals + 1));
            }
        }
    }
    free(lines);
    json_object_set_new(root, "config", values);
    json_object_set_new(root, "config_sha256", json_string(hex));
}

static json_t *root_json(const struct provenance *facts)
{
    char *end_time = NULL;
    json_t *root = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:s}",
                             "command", facts->command, "fingerprint", facts->fingerprint,
                             "program", program_json(), "seed", (json_int_t)facts->seed, "inputs",
                             inputs_json(facts), "outputs", outputs_json(facts), "ranks",
                             ranks_json(facts), "items", (json_int_t)facts->items, "items_reused",
                             (json_int_t)facts->items_reused, "values", (json_int_t)facts->values,
                             "missing", (json_int_t)facts->missing, "warnings", warnings_json(),
                             "start", facts->start_time);
    if (root != NULL && timing_utc_text(&end_time) == STATUS_OK) {
        json_object_set_new(root, "end", json_string(end_time));
        json_object_set_new(root, "input_files", input_files_json(facts));
        set_config(root, facts->config);
        if (facts->command_line != NULL) {
            json_object_set_new(root, "command_line", json_string(facts->command_line));
        }
    }
    free(end_time);
    return root;
}

enum status provenance_write(const char *path, const struct provenance *facts)
{
    enum status status = STATUS_OK;
    json_t *root = root_json(facts);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    FAIL_IF(root == NULL, STATUS_MEMORY, "%s: its facts cannot be put together", path);
    FAIL_IF(descriptor < 0 || json_dumpfd(root, descriptor, JSON_INDENT(2)) != 0 ||
                write(descriptor, "\n", 1) != 1 || fsync(descriptor) != 0,
            STATUS_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
done:
    if (descriptor >= 0) {
        close(descriptor);
    }
    json_decref(root);
    return status;
}

/* ---- checking ----------------------------------------------------------------------------- */

static enum status sidecar_read(const char *path, json_t **root)
{
    enum status status = STATUS_OK;
    *root = json_load_file(path, 0, NULL);
    FAIL_IF(!json_is_string(json_object_get(*root, "fingerprint")) ||
                !json_is_array(json_object_get(*root, "outputs")),
            STATUS_DATA, "%s: is damaged; remove it, or replace the product with --overwrite", path);
done:
    return status;
}

static bool file_is(const char *path, const json_t *output)
{
    struct stat file;
    return stat(path, &file) == 0 &&
           (json_int_t)file.st_size == json_integer_value(json_object_get(output, "bytes")) &&
           (json_int_t)file.st_mtim.tv_sec * 1000000000 + (json_int_t)file.st_mtim.tv_nsec ==
               json_integer_value(json_object_get(output, "modified_ns"));
}

static bool output_is_intact(const char *folder, const json_t *output, const char *ending)
{
    const char *name = json_string_value(json_object_get(output, "name"));
    char *path = NULL;
    char *unfinished = NULL;
    bool is_intact = false;
    if (name != NULL && path_join(folder, name, &path) == STATUS_OK &&
        asprintf(&unfinished, "%s%s", path, ending) >= 0) {
        is_intact = file_is(path_exists(unfinished) ? unfinished : path, output);
    }
    free(path);
    free(unfinished);
    return is_intact;
}

enum status provenance_check(const char *path, const char *ending, char **fingerprint,
                             bool *is_intact)
{
    enum status status;
    char *folder = NULL;
    size_t index;
    const json_t *output;
    json_t *root = NULL;
    TRY(sidecar_read(path, &root));
    TRY(memory_copy_text(json_string_value(json_object_get(root, "fingerprint")), fingerprint));
    TRY(path_folder(path, &folder));
    *is_intact = true;
    json_array_foreach(json_object_get(root, "outputs"), index, output)
    {
        *is_intact = *is_intact && output_is_intact(folder, output, ending);
    }
done:
    free(folder);
    json_decref(root);
    return status;
}

enum status provenance_outputs(const char *path, struct text_list *names)
{
    enum status status;
    char *folder = NULL;
    size_t index;
    const json_t *output;
    json_t *root = NULL;
    TRY(sidecar_read(path, &root));
    TRY(path_folder(path, &folder));
    json_array_foreach(json_object_get(root, "outputs"), index, output)
    {
        if (output_is_intact(folder, output, "")) {
            TRY(text_list_add(names, json_string_value(json_object_get(output, "name"))));
        }
    }
done:
    free(folder);
    json_decref(root);
    return status;
}
