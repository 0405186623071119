/* airshed -- GPL-3.0-or-later. Messages on standard error, and progress (C.23).
 *
 * Plain lines read "airshed: warning: text"; with --log-format json each line is one object. Below
 * the level nothing is printed, and ranks above 0 speak with --verbose only; warnings are counted
 * everywhere.
 */
#ifndef AIRSHED_BASE_LOG_H
#define AIRSHED_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/** Sets who speaks: @p level and lower ones are printed, @p json chooses the form. */
void log_setup(enum log_level level, bool json, int rank, int size);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Printed with --verbose. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Warnings of this rank so far (the first 100 keep their text), for the provenance. */
int log_warning_count(void);
const char *log_warning_text(int index);
/** Forgets them: a new stage of `run` begins. */
void log_warnings_clear(void);

/** Progress of one loop. On a terminal one line that is rewritten; otherwise a plain line at most
 *  every 30 s and 5 %, with percentage, rate and remaining time; no carriage returns in job logs. */
struct log_progress {
    const char *what;
    int64_t total, last_printed;
    double start_s, last_s;
    bool is_terminal;
};

void log_progress_begin(struct log_progress *progress, const char *what, int64_t total);
void log_progress_update(struct log_progress *progress, int64_t reached);
void log_progress_end(struct log_progress *progress);

#endif
