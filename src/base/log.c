/* airshed -- GPL-3.0-or-later. Messages and progress. */
#include "base/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/timing.h"

enum {
    MESSAGE_BYTES = 4096,
    WARNINGS_KEPT = 100
};
enum {
    PROGRESS_WAIT_S = 30,
    PROGRESS_LONGEST_S = 600,
    PROGRESS_SHARE = 20
};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static struct {
    enum log_level level;
    bool json;
    int rank, size; /* size 0: not set up */
    bool line_is_drawn;
    int warnings_kept;
    char *warnings[WARNINGS_KEPT];
} logger = {.level = LOG_INFO};

void log_setup(enum log_level level, bool json, int rank, int size)
{
    logger.level = level;
    logger.json = json;
    logger.rank = rank;
    logger.size = size;
}

/* ---- messages ----------------------------------------------------------------------------- */

/* JSON is UTF-8: a path that is not keeps its ASCII. */
static json_t *json_text(const char *text)
{
    char plain[MESSAGE_BYTES];
    json_t *value = json_string(text);
    if (value != NULL) {
        return value;
    }
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c != '\0'; c++) {
        *c = (*c & 0x80) ? '?' : *c;
    }
    return json_string(plain);
}

static void print_json(enum log_level level, const char *text)
{
    char now[TIMING_TEXT_BYTES];
    json_t *line = json_pack("{s:s, s:s, s:i, s:o}", "time", timing_now_text(now), "level",
                             level_names[level], "rank", logger.rank, "text", json_text(text));
    char *printed = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    if (printed != NULL) {
        fprintf(stderr, "%s\n", printed);
    }
    free(printed);
    json_decref(line);
}

static void print_text(enum log_level level, const char *text)
{
    char where[64] = "";
    if (logger.size > 0) {
        time_t seconds = time(NULL);
        struct tm parts;
        localtime_r(&seconds, &parts);
        snprintf(where, sizeof where, "[%02d:%02d:%02d %d/%d] ", parts.tm_hour, parts.tm_min,
                 parts.tm_sec, logger.rank, logger.size);
    }
    do {
        int length = (int)strcspn(text, "\n");
        fprintf(stderr, "airshed: %s: %s%.*s\n", level_names[level], where, length, text);
        text += length + (text[length] == '\n');
    } while (*text != '\0');
}

static void keep_warning(const char *text)
{
    if (logger.warnings_kept < WARNINGS_KEPT &&
        memory_copy_text(text, &logger.warnings[logger.warnings_kept]) == STATUS_OK) {
        logger.warnings_kept++;
    }
}

static bool is_spoken(enum log_level level)
{
    bool may_speak = logger.rank == 0 || (logger.level == LOG_DEBUG && level != LOG_INFO);
    return level <= logger.level && may_speak;
}

static void erase_line(void)
{
    if (logger.line_is_drawn) {
        fputs("\r\033[K", stderr);
        logger.line_is_drawn = false;
    }
}

static void speak(enum log_level level, const char *format, va_list arguments)
{
    char text[MESSAGE_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    if (level == LOG_WARNING) {
        keep_warning(text);
    }
    if (!is_spoken(level)) {
        return;
    }
    erase_line();
    if (logger.json) {
        print_json(level, text);
    } else {
        print_text(level, text);
    }
}

#define SPEAK(level)                                                                               \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        speak(level, format, arguments);                                                           \
        va_end(arguments);                                                                         \
    } while (0)

void log_error(const char *format, ...)
{
    SPEAK(LOG_ERROR);
}

void log_warning(const char *format, ...)
{
    SPEAK(LOG_WARNING);
}

void log_info(const char *format, ...)
{
    SPEAK(LOG_INFO);
}

void log_debug(const char *format, ...)
{
    SPEAK(LOG_DEBUG);
}

int log_warning_count(void)
{
    return logger.warnings_kept;
}

const char *log_warning_text(int index)
{
    return logger.warnings[index];
}

void log_warnings_clear(void)
{
    for (int i = 0; i < logger.warnings_kept; i++) {
        free(logger.warnings[i]);
    }
    logger.warnings_kept = 0;
}

/* ---- progress ----------------------------------------------------------------------------- */

static bool can_rewrite(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(terminal != NULL && strcmp(terminal, "dumb") == 0);
}

void log_progress_begin(struct log_progress *progress, const char *what, int64_t total)
{
    double now_s = timing_wall_s();
    *progress = (struct log_progress){.what = what,
                                      .total = total,
                                      .start_s = now_s,
                                      .last_s = now_s,
                                      .is_terminal = can_rewrite()};
}

static void describe(const struct log_progress *progress, int64_t reached, char *text,
                     size_t text_bytes)
{
    char left[TIMING_TEXT_BYTES] = "unknown time";
    double passed_s = timing_wall_s() - progress->start_s;
    double rate = passed_s > 0 ? (double)reached / passed_s : 0;
    double percent = progress->total > 0 ? 100.0 * (double)reached / (double)progress->total : 100;
    if (rate > 0) {
        timing_duration_text((double)(progress->total - reached) / rate, left);
    }
    snprintf(text, text_bytes, "%s: %.0f %%, %lld of %lld items, %.3g items/s, %s left",
             progress->what, percent, (long long)reached, (long long)progress->total, rate, left);
}

static bool is_plain_due(const struct log_progress *progress, int64_t reached, double waited_s)
{
    bool far = (reached - progress->last_printed) * PROGRESS_SHARE >= progress->total;
    return waited_s >= PROGRESS_WAIT_S && (far || waited_s >= PROGRESS_LONGEST_S);
}

/* A line wider than the terminal would wrap, and a carriage return only reach its last part. */
static void draw(const char *text)
{
    struct winsize window = {0};
    int width = 80;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
        width = window.ws_col;
    }
    fprintf(stderr, "\r\033[K%.*s", width - 1, text);
    logger.line_is_drawn = true;
}

void log_progress_update(struct log_progress *progress, int64_t reached)
{
    char text[512];
    bool is_plain = !progress->is_terminal || logger.json;
    double now_s = timing_wall_s();
    double waited_s = now_s - progress->last_s;
    bool is_due = is_plain ? is_plain_due(progress, reached, waited_s) : waited_s >= 0.2;
    if (logger.rank != 0 || logger.level < LOG_INFO || !is_due) {
        return;
    }
    progress->last_s = now_s;
    progress->last_printed = reached;
    describe(progress, reached, text, sizeof text);
    if (is_plain) {
        log_info("%s", text);
    } else {
        draw(text);
    }
}

void log_progress_end(struct log_progress *progress)
{
    if (progress->is_terminal) {
        erase_line();
    }
}
