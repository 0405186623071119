/* airshed -- GPL-3.0-or-later. Messages on standard error, and progress (C.23).
 *
 * A line reads "airshed: warning: [14:05:09 0/4] text": level, local time, rank and number of
 * ranks. Before log_setup() the part in brackets is left out. Text of several lines becomes several
 * such lines. With --log-format json each message is one object: time (UTC), level, rank, text.
 *
 * Messages below the level are not printed. Rank 0 speaks for all; with --verbose the other ranks
 * speak too, but for LOG_INFO. Warnings are kept on every rank.
 */
#ifndef AIRSHED_BASE_LOG_H
#define AIRSHED_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_ERROR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG
};

/** Sets who speaks: @p level and lower ones are printed, @p json chooses the form. */
void log_setup(enum log_level level, bool json, int rank, int size);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Printed with --verbose. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Warnings of this rank whose text is kept, for the provenance: the first 100. */
int log_warning_count(void);
const char *log_warning_text(int index);

/** Forgets them: a new stage of `run` begins. */
void log_warnings_clear(void);

/** Progress of one loop. On a terminal one line that is rewritten; otherwise plain lines, not
 * within 30 s of each other, after another 5 % or 10 minutes: percentage, rate and remaining time.
 * No carriage returns in job logs. @c what must outlive the loop. */
struct log_progress {
    const char *what;
    int64_t total, last_printed;
    double start_s, last_s;
    bool is_terminal;
};

void log_progress_begin(struct log_progress *progress, const char *what, int64_t total);

/** Tells that @p reached of the total are done; cheap enough for every item. */
void log_progress_update(struct log_progress *progress, int64_t reached);

/** Removes the line from a terminal. */
void log_progress_end(struct log_progress *progress);

#endif
