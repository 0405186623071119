/* airshed -- GPL-3.0-or-later. info: what a file holds, and everything suspicious about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "commands/commands.h"
#include "report.h"
#include "parallel/agree.h"

static const struct option_spec info_options[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Raster, folder or pattern of rasters, vector file, or table."},
    {.name = "variable",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Only this variable of a raster, by name or standard name."},
    {.name = "full",
     .kind = OPTION_FLAG,
     .help = "Read every value; otherwise a sample spread over time and space."},
    {.name = "strict",
     .kind = OPTION_FLAG,
     .help = "End with exit code 3 where anything is suspicious."},
    {.name = "crs",
     .kind = OPTION_TEXT,
     .argument = "CRS",
     .help = "System of rasters that name none: EPSG:CODE, WKT or a PROJ string."},
    {.name = "json",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_OUTPUT,
     .help = "Also write the report as JSON; - writes it to standard output in place of the text."},
    {.name = NULL},
};

/* Kinds of files by their extensions; what is none of these is a raster. */
static const struct {
    const char *extension;
    enum status (*describe)(const struct job *job, const char *path, struct info_report *report);
} kinds[] = {
    {".csv", info_table},   {".tsv", info_table},      {".txt", info_table},
    {".xlsx", info_table},  {".xlsm", info_table},     {".xls", info_table},
    {".ods", info_table},   {".geojson", info_vector}, {".json", info_vector},
    {".gpkg", info_vector}, {".shp", info_vector},     {".kml", info_vector},
    {".gml", info_vector},  {".fgb", info_vector},
};

static enum status describe(const struct job *job, const char *path, struct info_report *report)
{
    const char *extension = path_extension(path);
    if (!path_is_folder(path)) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (text_equal_ignoring_case(extension, kinds[i].extension)) {
                return kinds[i].describe(job, path, report);
            }
        }
    }
    return info_raster(job, path, report);
}

static void add_list(struct info_report *report, const char *heading, const char *key,
                     const struct text_list *list)
{
    json_t *array = json_array();
    json_object_set_new(report->facts, key, array);
    if (list->count > 0) {
        info_heading(report, "%s", heading);
    }
    for (size_t i = 0; i < list->count; i++) {
        text_add_format(&report->text, "  - %s\n", list->items[i]);
        json_array_append_new(array, json_string(list->items[i]));
    }
}

static bool dump_json(const struct info_report *report, FILE *file)
{
    return json_dumpf(report->facts, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
           fputc('\n', file) != EOF && fflush(file) == 0;
}

/* Nothing half-written ever has the final name (C.20). */
static enum status write_json_file(const struct info_report *report, const char *path)
{
    enum status status = STATUS_OK;
    char *partial = NULL;
    FAIL_IF(asprintf(&partial, "%s.partial", path) < 0, STATUS_MEMORY, "out of memory");
    FILE *file = fopen(partial, "w");
    bool is_written = file != NULL && dump_json(report, file);
    is_written = file != NULL && fclose(file) == 0 && is_written;
    if (!is_written || rename(partial, path) != 0) {
        int error = errno;
        unlink(partial);
        FAIL(STATUS_OUTPUT, "--json %s cannot be written: %s", path, strerror(error));
    }
done:
    free(partial);
    return status;
}

static enum status write_json(const struct job *job, const struct info_report *report,
                              const char *path)
{
    enum status status = STATUS_OK;
    if (strcmp(path, "-") == 0) {
        FAIL_IF(!dump_json(report, stdout), STATUS_OUTPUT, "standard output cannot be written: %s",
                strerror(errno));
        goto done;
    }
    FAIL_IF(path_exists(path) && !job->overwrite, STATUS_OUTPUT,
            "--json %s exists: give another name or --overwrite", path);
    TRY(write_json_file(report, path));
done:
    return status;
}

/* Rank 0 speaks. */
static enum status print(const struct job *job, struct info_report *report)
{
    enum status status = STATUS_OK;
    const char *json = option_text(job->options, "json");
    FAIL_IF(report->text.failed, STATUS_MEMORY, "out of memory");
    if (job->rank != 0) {
        goto done;
    }
    if (json != NULL) {
        TRY(write_json(job, report, json));
    }
    if (json == NULL || strcmp(json, "-") != 0) {
        FAIL_IF(fputs(report->text.data, stdout) == EOF || fflush(stdout) != 0, STATUS_OUTPUT,
                "standard output cannot be written: %s", strerror(errno));
    }
done:
    return status;
}

static void print_plan(const struct job *job, const char *path)
{
    const char *json = option_text(job->options, "json");
    if (job->rank == 0) {
        printf("plan of info for %s: reads %s\n", path,
               option_flag(job->options, "full") ? "every value" : "a sample");
        if (json != NULL) {
            printf("  writes          %s\n", json);
        }
    }
}

static enum status info_run(struct job *job)
{
    enum status status;
    struct info_report report = {0};
    const char *path = option_text(job->options, "input");
    if (job->dry_run) {
        print_plan(job, path);
        return STATUS_OK;
    }
    TRY(status_agree(job->comm, info_report_init(&report)));
    text_add_format(&report.text, "%s\n", path);
    json_object_set_new(report.facts, "path", json_string(path));
    TRY(describe(job, path, &report));
    add_list(&report, "suspicious", "suspicious", &report.suspicions);
    add_list(&report, "remarks", "remarks", &report.remarks);
    if (report.suspicions.count == 0) {
        text_add(&report.text, "\nnothing suspicious\n");
    }
    TRY_TOGETHER(job->comm, print(job, &report));
    FAIL_IF(option_flag(job->options, "strict") && report.suspicions.count > 0, STATUS_DATA,
            "'%s': %zu suspicious thing%s, listed above", path, report.suspicions.count,
            report.suspicions.count == 1 ? "" : "s");
done:
    info_report_clear(&report);
    return status;
}

static const struct option_spec *const info_tables[] = {info_options, options_common, NULL};

const struct command command_info = {
    .name = "info",
    .summary = "tell what a file holds, and everything suspicious about it",
    .details =
        "Rasters (NetCDF, GeoTIFF, anything GDAL reads, folders and patterns of daily files): "
        "format, grid, time axis, variables with their units, storage and values. Vector files "
        "and tables: layers, fields, columns, dates.\n\n"
        "What is suspicious does not stop a command, unless --strict is given: it is for you "
        "to judge.",
    .examples = "airshed info pm25.nc\n"
                "airshed info 'era5/*.nc' --variable t2m --full\n"
                "airshed info pm25.nc --json - | jq .suspicious",
    .tables = info_tables,
    .run = info_run,
};
