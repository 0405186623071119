/* airshed -- GPL-3.0-or-later. One figure on its way: a folder, a GMT session in it, two files out. */
#include "report/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"

enum {
    DPI = 130,
    ENVIRONMENT_MAX = 4096,
    ARGUMENTS_MAX = 64,
    FIRST_ARGUMENT = 4,     /* of gmt: sh -c COMMAND gmt ... */
    SHELL_FINDS_NONE = 127, /* POSIX's exit code for a program that is not there */
    FOLDERS = 4 /* variables that name the figure's folder */
};

extern char **environ;

struct figure {
    char *folder;
    char *own[8]; /* the variables that GMT and Ghostscript see beside those of the program */
    const char **environment;
};

#define PACKAGES "the Debian packages gmt, gmt-gshhg-low and ghostscript"

/* ---- programs ----------------------------------------------------------------------------- */

static bool is_on_path(const char *program)
{
    char path[PATH_MAX];
    const char *folders = getenv("PATH");
    while (folders != NULL && *folders != '\0') {
        int length = (int)strcspn(folders, ":");
        snprintf(path, sizeof path, "%.*s/%s", length, folders, program);
        if (access(path, X_OK) == 0) {
            return true;
        }
        folders += length + (folders[length] == ':');
    }
    return false;
}

enum status figure_check(void)
{
    enum status status = STATUS_OK;
    FAIL_IF(
        !is_on_path("gmt"), STATUS_FAILED,
        "figures are drawn by GMT, and there is no program 'gmt' on the PATH: install " PACKAGES);
    FAIL_IF(!is_on_path("gs"), STATUS_FAILED,
            "GMT needs Ghostscript for PNG and PDF, and there is no program 'gs' on the PATH: "
            "install " PACKAGES);
done:
    return status;
}

/* Launchers hand their own variables down; a program that is no rank shall not see them. */
static bool is_handed_on(const char *variable)
{
    static const char *const kept_back[] = {"OMPI_", "PMIX_", "PMI_",  "GMT_",
                                            "HOME=", "LC_",   "LANG=", "SOURCE_DATE_EPOCH="};
    for (size_t i = 0; i < sizeof kept_back / sizeof *kept_back; i++) {
        if (text_starts_with(variable, kept_back[i])) {
            return false;
        }
    }
    return true;
}

static enum status environment_create(struct figure *figure)
{
    enum status status;
    int count = 0;
    const char *const names[FOLDERS] = {"HOME", "GMT_USERDIR", "GMT_TMPDIR", "GS_LIB"};
    for (int i = 0; i < FOLDERS; i++) {
        FAIL_IF(asprintf(&figure->own[i], "%s=%s", names[i], figure->folder) < 0, STATUS_MEMORY,
                "out of memory");
    }
    TRY(memory_copy_text("GMT_SESSION_NAME=airshed", &figure->own[FOLDERS]));
    TRY(memory_copy_text("LC_ALL=C", &figure->own[FOLDERS + 1]));
    TRY(memory_copy_text("SOURCE_DATE_EPOCH=0", &figure->own[FOLDERS + 2]));
    TRY(memory_allocate(ENVIRONMENT_MAX, sizeof *figure->environment, &figure->environment));
    for (char **variable = environ; *variable != NULL && count < ENVIRONMENT_MAX - 8; variable++) {
        if (is_handed_on(*variable)) {
            figure->environment[count++] = *variable;
        }
    }
    for (char **own = figure->own; *own != NULL; own++) {
        figure->environment[count++] = *own;
    }
done:
    return status;
}

/* ---- a session ---------------------------------------------------------------------------- */

/* Sizes in the look of a page; dates by the epoch. */
static const char settings[] = "#\n# GMT 6.4.0 Defaults file\n#\n" /* GMT looks for its name here */
                               "FONT_TITLE = 12p,Helvetica-Bold,black\n"
                               "FONT_LABEL = 10p,Helvetica,black\n"
                               "FONT_ANNOT_PRIMARY = 9p,Helvetica,black\n"
                               "FONT_ANNOT_SECONDARY = 9p,Helvetica,black\n"
                               "MAP_FRAME_TYPE = plain\n"
                               "MAP_FRAME_PEN = 0.8p,black\n"
                               "MAP_TITLE_OFFSET = 8p\n"
                               "MAP_GRID_PEN_PRIMARY = 0.25p,190\n"
                               "FORMAT_GEO_MAP = ddd.xxF\n"
                               "COLOR_NAN = 225\n"
                               "PS_CHAR_ENCODING = ISOLatin1+\n"
                               "GMT_DATA_UPDATE_INTERVAL = off\n"
                               "GMT_HISTORY = true\n";

static enum status write_file(struct figure *figure, const char *name, const char *text)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, name, &file));
    fputs(text, file);
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

/* GMT learns the name of the font, Ghostscript which file it is (see figure_label.c). */
static enum status write_fonts(struct figure *figure)
{
    enum status status = STATUS_OK;
    char map[PATH_MAX + 200];
    const char *font = figure_font();
    if (font == NULL) {
        return STATUS_OK;
    }
    snprintf(map, sizeof map,
             "/STSong-Light << /FileType /TrueType /Path (%s) /SubfontID 0 /CSI [(GB1) 4] >> ;\n",
             font);
    TRY(write_file(figure, "cidfmap", map));
    TRY(write_file(figure, "PSL_custom_fonts.txt", "STSong-Light--UniGB-UTF8-H 0.700 1\n"));
done:
    return status;
}

enum status figure_begin(const char *folder, struct figure **figure)
{
    enum status status;
    char *absolute = NULL; /* GMT works in the folder */
    TRY(memory_allocate(1, sizeof **figure, figure));
    TRY(path_absolute(folder, &absolute));
    FAIL_IF(asprintf(&(*figure)->folder, "%s/airshed-figure-XXXXXX", absolute) < 0, STATUS_MEMORY,
            "out of memory");
    FAIL_IF(mkdtemp((*figure)->folder) == NULL, STATUS_OUTPUT,
            "%s: no folder can be made there for drawing: %s; name another with --scratch", folder,
            strerror(errno));
    TRY(environment_create(*figure));
    TRY(write_file(*figure, "gmt.conf", settings));
    TRY(write_fonts(*figure));
    TRY(figure_call(*figure, "begin\nfigure\npng,pdf\nE%d,A6p", DPI));
done:
    free(absolute);
    if (status != STATUS_OK) {
        figure_destroy(figure);
    }
    return status;
}

enum status figure_file(struct figure *figure, const char *name, FILE **file)
{
    enum status status;
    char *path = NULL;
    TRY(path_join(figure->folder, name, &path));
    *file = fopen(path, "we");
    FAIL_IF(*file == NULL, STATUS_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
done:
    free(path);
    return status;
}

enum status figure_file_close(struct figure *figure, FILE **file)
{
    enum status status = STATUS_OK;
    bool is_bad = ferror(*file) != 0;
    is_bad = fclose(*file) != 0 || is_bad;
    *file = NULL;
    FAIL_IF(is_bad, STATUS_OUTPUT, "%s: a file for drawing cannot be written: %s", figure->folder,
            strerror(errno));
done:
    return status;
}

/* The start of what a module said, as one line. */
static void read_messages(const struct figure *figure, char *said, size_t room)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/messages", figure->folder);
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(said, 1, room - 1, file) : 0;
    said[length] = '\0';
    for (char *byte = said; *byte != '\0'; byte++) {
        *byte = *byte == '\n' ? ' ' : *byte;
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* What asks this run for a checkpoint (flow/signals.h) reaches all processes of a job, and would end GMT. It
 * gives ghostscript a mask of its own, but what is ignored stays so: the shell sets that, and the mask
 * holds until then. */
#define IGNORING_SIGNALS "trap '' USR1 TERM; exec gmt \"$@\""

static void keep_signals_away(posix_spawnattr_t *attributes)
{
    sigset_t kept;
    sigemptyset(&kept);
    sigaddset(&kept, SIGUSR1);
    sigaddset(&kept, SIGTERM);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &kept);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
}

static enum status start(struct figure *figure, char *const *arguments, pid_t *process)
{
    enum status status = STATUS_OK;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    keep_signals_away(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, figure->folder);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "messages", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    int error = posix_spawn(process, "/bin/sh", &actions, &attributes, arguments,
                            (char *const *)figure->environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    FAIL_IF(error != 0, STATUS_FAILED, "GMT cannot be started: %s", strerror(error));
done:
    return status;
}

static enum status run_gmt(struct figure *figure, char *const *arguments)
{
    enum status status;
    char said[1024];
    pid_t process;
    int outcome = 0;
    TRY(start(figure, arguments, &process));
    while (waitpid(process, &outcome, 0) < 0 && errno == EINTR) {
    }
    FAIL_IF(WIFSIGNALED(outcome), STATUS_FAILED, "GMT was ended by signal %d (gmt %s)",
            WTERMSIG(outcome), arguments[FIRST_ARGUMENT]);
    FAIL_IF(WEXITSTATUS(outcome) == SHELL_FINDS_NONE, STATUS_FAILED,
            "GMT cannot be started: install " PACKAGES);
    if (WEXITSTATUS(outcome) != 0) {
        read_messages(figure, said, sizeof said);
        FAIL(
            STATUS_FAILED,
            "GMT could not draw (gmt %s): %s; where it misses a program or data, install " PACKAGES,
            arguments[FIRST_ARGUMENT], said);
    }
done:
    return status;
}

enum status figure_call(struct figure *figure, const char *format, ...)
{
    enum status status;
    char *arguments[ARGUMENTS_MAX] = {(char *)"sh", (char *)"-c", (char *)IGNORING_SIGNALS,
                                      (char *)"gmt"};
    char *lines = NULL;
    int count = FIRST_ARGUMENT;
    va_list values;
    va_start(values, format);
    int length = vasprintf(&lines, format, values);
    va_end(values);
    FAIL_IF(length < 0, STATUS_MEMORY, "out of memory");
    char *rest = lines;
    for (char *line = strsep(&rest, "\n"); line != NULL && count < ARGUMENTS_MAX - 1;
         line = strsep(&rest, "\n")) {
        arguments[count++] = line;
    }
    TRY(run_gmt(figure, arguments));
done:
    free(lines);
    return status;
}

/* ---- the result --------------------------------------------------------------------------- */

/* Width and height stand at byte 16 of every PNG, the most significant byte first. */
static int png_number(const struct picture *picture, int byte)
{
    const unsigned char *bytes = (const unsigned char *)picture->png + byte;
    return bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

enum status picture_read(const char *png, const char *pdf, struct picture *picture)
{
    enum status status;
    size_t png_bytes, pdf_bytes = 0;
    TRY(path_read(png, &picture->png, &png_bytes));
    FAIL_IF(png_bytes < 24, STATUS_DATA, "%s: is no PNG", png);
    if (pdf != NULL) {
        TRY(path_read(pdf, &picture->pdf, &pdf_bytes));
    }
    picture->png_bytes = (int64_t)png_bytes;
    picture->pdf_bytes = (int64_t)pdf_bytes;
    picture->width = png_number(picture, 16);
    picture->height = png_number(picture, 20);
done:
    return status;
}

enum status figure_end(struct figure *figure, struct picture *picture)
{
    enum status status;
    char *png = NULL, *pdf = NULL;
    TRY(figure_call(figure, "end"));
    TRY(path_join(figure->folder, "figure.png", &png));
    TRY(path_join(figure->folder, "figure.pdf", &pdf));
    FAIL_IF(!path_exists(png) || !path_exists(pdf), STATUS_FAILED,
            "GMT made no picture: its Ghostscript may be missing; install " PACKAGES);
    TRY(picture_read(png, pdf, picture));
done:
    free(png);
    free(pdf);
    return status;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    remove(path); /* what stays is only scratch */
    return 0;
}

void figure_folder_remove(const char *folder)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

enum status figure_folder_create(const char *folder)
{
    figure_folder_remove(folder);
    return path_create_folder(folder);
}

void figure_destroy(struct figure **figure)
{
    if (*figure == NULL) {
        return;
    }
    if ((*figure)->folder != NULL) {
        figure_folder_remove((*figure)->folder);
    }
    for (char **own = (*figure)->own; *own != NULL; own++) {
        free(*own);
    }
    free((*figure)->environment);
    free((*figure)->folder);
    free(*figure);
    *figure = NULL;
}

void picture_clear(struct picture *picture)
{
    free(picture->png);
    free(picture->pdf);
    *picture = (struct picture){0};
}
