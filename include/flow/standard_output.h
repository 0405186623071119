/* airshed -- GPL-3.0-or-later. Tables on standard output (`-o -`), made as safely as files. */
#ifndef AIRSHED_FLOW_STANDARD_OUTPUT_H
#define AIRSHED_FLOW_STANDARD_OUTPUT_H

#include "base/options.h"
#include "base/status.h"
#include "flow/job.h"

/** --output of a command whose result is a table: an element of its options. */
#define STANDARD_OUTPUT_OPTION                                                                     \
    {                                                                                              \
        .name = "output", .letter = 'o', .kind = OPTION_PATH, .argument = "CSV",                   \
        .flags = OPTION_REQUIRED | OPTION_OUTPUT,                                                  \
        .help = "Result: a CSV file; its columns are described in NAME.json. - is standard output.",  \
        .group = "Output"                                                                          \
    }

/** A folder that stands in for standard output while a stage works. */
struct standard_output;

/** Path under which a stage makes the table @p output: @p output itself, or, where that is "-", a
 *  file in a folder of its own below --scratch or the working folder. Collective.
 *  With --dry-run no folder is made and the path is @p output.
 *  @param[out] path  lives as long as @p stand_in
 *  @return STATUS_OUTPUT where the folder cannot be made */
enum status standard_output_begin(const struct job *job, const char *output,
                                  struct standard_output **stand_in, const char **path);

/** Where "-" was asked for: copies the finished table to standard output. Rank 0 does it.
 *  Collective. @return STATUS_OUTPUT where it cannot be written */
enum status standard_output_deliver(struct standard_output *stand_in);

/** Removes the folder and all files in it, whatever happened; NULL is allowed. Collective only in that
 *  every rank calls it after the stage has ended. */
void standard_output_end(struct standard_output **stand_in);

#endif
