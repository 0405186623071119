/* airshed -- GPL-3.0-or-later. What one run of a command was asked to do. */
#include "flow/job.h"

const struct option_spec options_output[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Result: a NetCDF file.",
     .group = "Output"},
    {.name = "format",
     .kind = OPTION_CHOICE,
     .choices = "auto|cdf5|cdf2",
     .fallback = "auto",
     .help = "NetCDF variant: CDF-5 for cubes and CDF-2 for maps (auto), or one of them. GDAL and "
             "QGIS read CDF-2 and NetCDF-4, not CDF-5; CDF-2 holds variables under 4 GiB.",
     .group = "Output"},
    {.name = "geotiff",
     .kind = OPTION_FLAG,
     .help = "Also write each map as a Cloud Optimized GeoTIFF, NAME_VARIABLE.tif.",
     .group = "Output"},
    {.name = "compress",
     .kind = OPTION_FLAG,
     .help = "Also write a compressed NetCDF-4 copy, NAME.nc4.",
     .group = "Output"},
    {.name = "attributes",
     .kind = OPTION_LIST,
     .argument = "NAME=VALUE,...",
     .help = "Global attributes to write, such as institution or license (C.02).",
     .group = "Output"},
    {.name = NULL},
};

void job_init(struct job *job, MPI_Comm comm, const char *command, const char *command_line,
              const struct options *options, bool has_output_options)
{
    *job = (struct job){
        .comm = comm,
        .command = command,
        .command_line = command_line,
        .options = options,
        .resume = option_flag(options, "resume"),
        .overwrite = option_flag(options, "overwrite"),
        .dry_run = option_flag(options, "dry-run"),
        .no_history = option_flag(options, "no-history"),
        .content_hash = option_flag(options, "hash"),
        .memory_bytes = option_bytes(options, "memory"),
        .scratch = option_text(options, "scratch"),
        .seed = (uint32_t)option_integer(options, "seed"),
        .has_output_options = has_output_options,
        .geotiff = has_output_options && option_flag(options, "geotiff"),
        .compress = has_output_options && option_flag(options, "compress"),
    };
    MPI_Comm_rank(comm, &job->rank);
    MPI_Comm_size(comm, &job->size);
}
