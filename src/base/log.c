/* airshed -- GPL-3.0-or-later. Messages and progress. */
#include "base/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/timing.h"

enum { TEXT_BYTES = 4096, WARNINGS_KEPT = 100, PROGRESS_WAIT_S = 30, PROGRESS_SHARE = 20 };

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static struct {
    enum log_level level;
    bool json;
    int rank, size;
    int warning_count;
    char *warnings[WARNINGS_KEPT];
} logger = {.level = LOG_INFO};

void log_setup(enum log_level level, bool json, int rank, int size)
{
    logger.level = level;
    logger.json = json;
    logger.rank = rank;
    logger.size = size;
}

static void print_json(enum log_level level, const char *text)
{
    char *time_text = NULL;
    if (timing_utc_text(&time_text) != STATUS_OK) {
        return;
    }
    json_t *line = json_pack("{s:s, s:s, s:i, s:s}", "time", time_text, "level",
                             level_names[level], "rank", logger.rank, "text", text);
    char *printed = json_dumps(line, JSON_COMPACT);
    fprintf(stderr, "%s\n", printed != NULL ? printed : "{}");
    free(printed);
    free(time_text);
    json_decref(line);
}

static void print_text(enum log_level level, const char *text)
{
    char now[16];
    time_t seconds = time(NULL);
    struct tm parts;
    if (logger.level < LOG_DEBUG && level <= LOG_WARNING) {
        fprintf(stderr, "airshed: %s: %s\n", level_names[level], text);
        return;
    }
    localtime_r(&seconds, &parts);
    strftime(now, sizeof now, "%H:%M:%S", &parts);
    if (logger.level < LOG_DEBUG) {
        fprintf(stderr, "airshed: %s %s\n", now, text);
    } else {
        fprintf(stderr, "airshed: %s rank %d of %d, %s: %s\n", now, logger.rank, logger.size,
                level_names[level], text);
    }
}

static void keep_warning(const char *text)
{
    if (logger.warning_count < WARNINGS_KEPT &&
        memory_copy_text(text, &logger.warnings[logger.warning_count]) != STATUS_OK) {
        return;
    }
    logger.warning_count++;
}

static void speak(enum log_level level, const char *format, va_list arguments)
{
    char text[TEXT_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    if (level == LOG_WARNING) {
        keep_warning(text);
    }
    if (level > logger.level || (logger.rank != 0 && logger.level < LOG_DEBUG)) {
        return;
    }
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
    return logger.warning_count < WARNINGS_KEPT ? logger.warning_count : WARNINGS_KEPT;
}

const char *log_warning_text(int index)
{
    return logger.warnings[index];
}

void log_warnings_clear(void)
{
    for (int i = 0; i < log_warning_count(); i++) {
        free(logger.warnings[i]);
    }
    logger.warning_count = 0;
}

/* ---- progress ----------------------------------------------------------------------------- */

void log_progress_begin(struct log_progress *progress, const char *what, int64_t total)
{
    double now_s = timing_wall_s();
    *progress = (struct log_progress){.what = what,
                                      .total = total,
                                      .start_s = now_s,
                                      .last_s = now_s,
                                      .is_terminal = isatty(STDERR_FILENO) != 0};
}

static void describe(const struct log_progress *progress, int64_t reached, char *text,
                     size_t text_bytes)
{
    double passed_s = timing_wall_s() - progress->start_s;
    double rate = passed_s > 0 ? (double)reached / passed_s : 0;
    double left_s = rate > 0 ? (double)(progress->total - reached) / rate : 0;
    snprintf(text, text_bytes, "%s: %3.0f %%, %lld of %lld items, %.3g items/s, %.0f s left",
             progress->what, 100.0 * (double)reached / (double)progress->total, (long long)reached,
             (long long)progress->total, rate, left_s);
}

void log_progress_update(struct log_progress *progress, int64_t reached)
{
    char text[512];
    double now_s = timing_wall_s();
    bool is_line = !progress->is_terminal || logger.json;
    double wait_s = is_line ? PROGRESS_WAIT_S : 0.2;
    bool is_due = now_s - progress->last_s >= wait_s &&
                  (!is_line ||
                   (reached - progress->last_printed) * PROGRESS_SHARE >= progress->total);
    if (logger.rank != 0 || logger.level < LOG_INFO || !is_due) {
        return;
    }
    progress->last_s = now_s;
    progress->last_printed = reached;
    describe(progress, reached, text, sizeof text);
    if (is_line) {
        log_info("%s", text);
    } else {
        fprintf(stderr, "\r\033[K%s", text);
    }
}

void log_progress_end(struct log_progress *progress)
{
    bool was_drawn = progress->is_terminal && !logger.json && progress->last_printed > 0;
    if (was_drawn && logger.rank == 0 && logger.level >= LOG_INFO) {
        fputs("\r\033[K", stderr);
    }
}
