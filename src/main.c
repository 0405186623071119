/* airshed -- GPL-3.0-or-later. The program: one sub-command, one message, one exit code. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/timing.h"
#include "commands/commands.h"
#include "flow/run.h"
#include "flow/signals.h"
#include "parallel/agree.h"
#include "parallel/messages.h"

enum { FIRST_SPEAKS_S = 3 };

/* Usage errors end before MPI starts, so rank 0 is known from the launcher only. */
static bool is_first_process(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *rank = getenv(names[i]);
        if (rank != NULL) {
            return strcmp(rank, "0") == 0;
        }
    }
    return true;
}

static void print_overview(FILE *stream)
{
    fputs("airshed: maps of where pollution comes from, on any number of MPI ranks.\n\n"
          "Usage: airshed COMMAND [OPTIONS]\n"
          "       mpirun -n 4 airshed COMMAND [OPTIONS]\n\n"
          "Commands:\n",
          stream);
    for (const struct command *const *command = commands; *command != NULL; command++) {
        fprintf(stream, "  %-11s %s\n", (*command)->name, (*command)->summary);
    }
    fputs("\nOther: airshed COMMAND --help, airshed --version, airshed --citation\n"
          "Exit codes: 0 success, 1 failure, 2 usage or config, 3 bad input data,\n"
          "            4 output exists or is not writable, 75 stopped at a checkpoint (--resume).\n",
          stream);
}

static void print_version(void)
{
    if (is_first_process()) {
        puts("airshed " AIRSHED_VERSION);
    }
}

static void print_citation(void)
{
    static const char citation[] =
#include "citation.inc"
        ;
    fputs(citation, stdout);
}

/* Only the first process speaks, or the message would come from all. The others wait: a launcher
 * kills the job as soon as one of its processes fails, and that must not be before the message. */
static int fail_early(enum status status)
{
    enum { WAIT_S = 5 };
    if (is_first_process()) {
        log_error("%s", failure_message());
    } else {
        sleep(WAIT_S);
    }
    return status_exit_code(status);
}

static enum status unknown_command(const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (; commands[count] != NULL && count < 64; count++) {
        names[count] = commands[count]->name;
    }
    const char *near = text_suggest(name, names, count);
    return failure_record(STATUS_USAGE, __FILE__, __LINE__,
                          "unknown command '%s'%s%s%s airshed --help lists the commands", name,
                          near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'?" : ":");
}

static enum status join_arguments(int argc, char **argv, char **line)
{
    struct text text = {0};
    for (int i = 0; i < argc; i++) {
        const char *name = i == 0 && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[i];
        text_add_format(&text, "%s%s", i > 0 ? " " : "", name);
    }
    return text_take(&text, line);
}

/* With --verbose: what the ranks sent, moved and needed, in all and the most of one rank. One line, so
 * that a script finds it. */
static void tell_counts(int rank, int size)
{
    enum { COUNTS = 9 };
    static const char *const names[COUNTS] = {
        "messages",      "bytes_sent",      "items",           "bytes_read", "bytes_written",
        "halo_steps",    "halo_bytes_read", "peak_memory",     "cpu_ms"};
    struct messages_sent sent = messages_sent();
    struct flow_counts moved = flow_counts();
    const int64_t own[COUNTS] = {sent.messages,
                                 sent.bytes,
                                 moved.items,
                                 moved.bytes_read,
                                 moved.bytes_written,
                                 moved.halo_steps,
                                 moved.halo_bytes,
                                 memory_peak_ever_bytes(),
                                 (int64_t)(1e3 * timing_cpu_s())};
    int64_t total[COUNTS], most[COUNTS];
    struct text line = {0};
    MPI_Reduce(own, total, COUNTS, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Reduce(own, most, COUNTS, MPI_INT64_T, MPI_MAX, 0, MPI_COMM_WORLD);
    if (rank != 0) {
        return;
    }
    for (int i = 0; i < COUNTS; i++) {
        text_add_format(&line, ", %s %lld (most %lld)", names[i], (long long)total[i],
                        (long long)most[i]);
    }
    log_debug("counts of %d rank(s)%s, halo_bytes_sent 0 (halos are read, not sent)", size,
              line.data != NULL ? line.data : "");
    text_clear(&line);
}

static int run_with_mpi(const struct command *command, const struct options *options,
                        const char *command_line)
{
    int rank;
    int size;
    struct job job;
    signals_catch(); /* the launcher may pass one on while MPI is still starting */
    int threads; /* only the first one calls MPI; see flow/run.h */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    enum log_level level = option_flag(options, "quiet")     ? LOG_WARNING
                           : option_flag(options, "verbose") ? LOG_DEBUG
                                                             : LOG_INFO;
    log_setup(level, strcmp(option_text(options, "log-format"), "json") == 0, rank, size);

    job_init(&job, MPI_COMM_WORLD, command->name, command_line, options,
             command_has_output_options(command));
    enum status status = status_agree(MPI_COMM_WORLD, command->run(&job));
    if (status != STATUS_OK && rank == 0) {
        if (status == STATUS_CHECKPOINT) {
            log_info("%s", failure_message());
        } else {
            log_error("%s", failure_message());
        }
        log_debug("recorded at %s", failure_place());
    }
    if (level == LOG_DEBUG) {
        tell_counts(rank, size);
    }
    MPI_Finalize();
    return status_exit_code(status);
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct options *options = NULL;
    char *command_line = NULL;
    int exit_code = 0;

    enum status status = command_options(command, &options);
    if (status == STATUS_OK) {
        status = options_parse_arguments(options, argc - 2, argv + 2);
    }
    if (status == STATUS_OK && option_flag(options, "help")) {
        if (is_first_process()) {
            options_print_help(options, stdout);
        }
        goto done;
    }
    if (status == STATUS_OK && option_flag(options, "version")) {
        print_version();
        goto done;
    }
    if (status == STATUS_OK) {
        status = options_finish(options);
    }
    if (status == STATUS_OK && option_flag(options, "print-config")) {
        if (is_first_process()) {
            options_print_config(options, stdout);
        }
        goto done;
    }
    if (status == STATUS_OK) {
        status = join_arguments(argc, argv, &command_line);
    }
    exit_code = status == STATUS_OK ? run_with_mpi(command, options, command_line)
                                    : fail_early(status);
done:
    options_destroy(&options);
    free(command_line);
    return exit_code;
}

/* `airshed man COMMAND` prints a manual page in roff: for `make man`. */
static int print_man(const char *name)
{
    struct options *options = NULL;
    const struct command *command = command_find(name);
    if (command == NULL) {
        return fail_early(unknown_command(name));
    }
    enum status status = command_options(command, &options);
    if (status == STATUS_OK && is_first_process()) {
        options_print_man(options, stdout);
    }
    options_destroy(&options);
    return status == STATUS_OK ? 0 : fail_early(status);
}

/* Errors of the command line itself come before options are known. */
static bool asks_for_json(int argc, char **argv)
{
    static const char option[] = "--log-format";
    bool asks = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], option) == 0 && i + 1 < argc) {
            asks = strcmp(argv[i + 1], "json") == 0;
        } else if (strncmp(argv[i], option, strlen(option)) == 0) {
            asks = strcmp(argv[i] + strlen(option), "=json") == 0;
        }
    }
    return asks;
}

int main(int argc, char **argv)
{
    log_setup(LOG_INFO, asks_for_json(argc, argv), 0, 0);
    /* One thread a rank; libraries read these when they start. The user's own values win. */
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("OMP_NUM_THREADS", "1", 0);

    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (is_first_process()) {
            print_overview(stdout);
        }
        return argc > 1 ? 0 : status_exit_code(STATUS_USAGE);
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        print_version();
        return 0;
    }
    if (strcmp(name, "--citation") == 0) {
        if (is_first_process()) {
            print_citation();
        }
        return 0;
    }
    if (strcmp(name, "man") == 0 && argc == 3) {
        return print_man(argv[2]);
    }
    const struct command *command = command_find(name);
    return command != NULL ? run_command(command, argc, argv) : fail_early(unknown_command(name));
}
