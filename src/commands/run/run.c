/* airshed -- GPL-3.0-or-later. run: the stages of one YAML file in one MPI job. */
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "commands/commands.h"
#include "parallel/agree.h"
#include "readings_run.h"

#define READINGS_GROUP "Readings"

static const struct option_spec run_options[] = {
    {.name = "chain",
     .kind = OPTION_PATH,
     .argument = "CONFIG",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "YAML file with a list `stages`; see the top of this help."},
    {.name = "only",
     .kind = OPTION_LIST,
     .argument = "NAME,...",
     .flags = OPTION_NEUTRAL,
     .help = "Run these stages only."},
    {.name = "readings",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .group = READINGS_GROUP,
     .help = "Then run the chain under other readings of what a paper leaves open, as this YAML file "
             "lists them (configs/readings-p2.yaml), and write what share each gives."},
    {.name = "vary",
     .kind = OPTION_LIST,
     .argument = "NAME,...",
     .group = READINGS_GROUP,
     .help = "Readings of that file to vary; default: all."},
    {.name = "full-grid",
     .kind = OPTION_FLAG,
     .group = READINGS_GROUP,
     .help = "All combinations of their values, instead of one at a time from the chain as it "
             "stands."},
    {.name = "readings-output",
     .kind = OPTION_PATH,
     .argument = "FOLDER",
     .flags = OPTION_NEUTRAL,
     .group = READINGS_GROUP,
     .help = "Folder of their products, one folder in it for each, and of the table readings.csv; "
             "default: readings, beside the output of `attribute`."},
    {.name = "truth",
     .kind = OPTION_PATH,
     .argument = "FILE",
     .flags = OPTION_INPUT,
     .group = READINGS_GROUP,
     .help = "True shares to set beside them: truth.nc of `synth`; default: that of the chain, where "
             "it has a stage of `synth`."},
    {.name = NULL},
};

static bool is_wanted(const struct options *options, const char *name)
{
    size_t count = option_count(options, "only");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option_item(options, "only", i), name) == 0) {
            return true;
        }
    }
    return count == 0;
}

static enum status check_only(const struct chain *chain, const struct options *options)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < option_count(options, "only"); i++) {
        const char *name = option_item(options, "only", i);
        FAIL_IF(chain_find(chain, name, strlen(name)) < 0, STATUS_USAGE,
                "--only %s: the file has no stage of that name", name);
    }
done:
    return status;
}

/* Options that say nothing without --readings would be forgotten silently. */
static enum status check_readings(const struct options *options)
{
    enum status status = STATUS_OK;
    static const char *const needing[] = {"vary", "full-grid", "readings-output", "truth"};
    bool has_readings = option_is_set(options, "readings");
    for (size_t i = 0; i < sizeof needing / sizeof *needing; i++) {
        FAIL_IF(!has_readings && option_is_set(options, needing[i]), STATUS_USAGE,
                "--%s: needs --readings FILE", needing[i]);
    }
done:
    return status;
}

static enum status run_run(struct job *job)
{
    enum status status;
    struct chain *chain = NULL;
    struct readings_work *readings = NULL;
    struct chain_request request = {.path = option_text(job->options, "chain"),
                                    .own = job->options};
    TRY(check_readings(job->options));
    TRY_TOGETHER(job->comm, chain_read(&request, &chain));
    TRY(check_only(chain, job->options));
    if (option_is_set(job->options, "readings")) {
        TRY(readings_begin(job, &request, chain, &readings));
    }
    for (int turn = 0; turn < chain_count(chain); turn++) {
        if (is_wanted(job->options, chain_stage(chain, chain_turn(chain, turn))->name)) {
            TRY(chain_run(job, chain, turn));
        }
    }
    if (readings != NULL) {
        TRY(readings_run(readings));
    }
done:
    readings_end(&readings);
    chain_destroy(&chain);
    return status;
}

static const struct option_spec *const run_tables[] = {run_options, options_common, NULL};

const struct command command_run = {
    .name = "run",
    .summary = "the stages of one YAML file in one MPI job",
    .details =
        "The file holds a list `stages` of {name, command, options...}. A value @NAME is the "
        "output of another stage, @NAME/file a file in its folder; both set the order. A top-level "
        "section named after a command gives its defaults; relative paths start at the file.\n\n"
        "A stage whose inputs, options and outputs are unchanged is skipped; one that is out of "
        "date is done again. After a stop, --resume goes on.\n\n"
        "With --readings FILE the chain is run again under each value of each reading, the others as "
        "the chain has them: only the stages that lead to `attribute` and that the value changes, "
        "into a folder of their own. readings.csv has the shares by both readings of P2.46, their "
        "intervals, their difference from the chain as it stands and, on a synthetic region, the true "
        "ones; `airshed report` draws them. A reading that these data do not allow, or whose plug-in is "
        "not there, is noted in the table.",
    .examples = "airshed run configs/demo.yaml\n"
                "mpirun -n 4 airshed run bth.yaml --memory 4G --resume\n"
                "mpirun -n 2 airshed run configs/demo.yaml --readings configs/readings-p2.yaml \\\n"
                "  --vary removal,background",
    .tables = run_tables,
    .run = run_run,
};
