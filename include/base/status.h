/* airshed -- GPL-3.0-or-later. What a call can come to, and how a failure is told. */
#ifndef AIRSHED_BASE_STATUS_H
#define AIRSHED_BASE_STATUS_H

/** One list for codes, exit codes (C.22) and names. */
#define STATUS_LIST(X)                                                                             \
    X(STATUS_OK, 0, "success")                                                                     \
    X(STATUS_FAILED, 1, "failure")                                                                 \
    X(STATUS_MEMORY, 1, "out of memory")                                                           \
    X(STATUS_SYSTEM, 1, "system error")                                                            \
    X(STATUS_MPI, 1, "MPI error")                                                                  \
    X(STATUS_USAGE, 2, "usage or config error")                                                    \
    X(STATUS_DATA, 3, "bad input data")                                                            \
    X(STATUS_OUTPUT, 4, "output exists or is not writable")                                        \
    X(STATUS_CHECKPOINT, 75, "stopped at a checkpoint")

enum status {
#define X(code, exit_code, text) code,
    STATUS_LIST(X)
#undef X
};

/** Exit code of the program for @p status (C.22). */
int status_exit_code(enum status status);

/** Short name of @p status for logs. */
const char *status_text(enum status status);

/** Records a failure of this rank: one sentence that names the path or option at fault and says
 *  what to do. The first failure wins until failure_clear(), so the deepest cause is kept.
 *
 *  @return @p status, so that it can be assigned where it is recorded
 */
enum status failure_record(enum status status, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Puts @p format in front of the recorded sentence, as "context: sentence". */
void failure_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The recorded sentence, or "" where nothing failed. Lives until the next record or clear. */
const char *failure_message(void);

/** Source file and line of the record as "file:line", or "". */
const char *failure_place(void);

/** Forgets the recorded failure: for callers that can go on without what failed. */
void failure_clear(void);

/** Evaluates a call and goes to `done:` unless it succeeded. Needs `enum status status` in scope. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != STATUS_OK) {                                                                 \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

/** Records a failure and goes to `done:`. */
#define FAIL(code, ...)                                                                            \
    do {                                                                                           \
        status = failure_record((code), __FILE__, __LINE__, __VA_ARGS__);                          \
        goto done;                                                                                 \
    } while (0)

/** FAIL where @p condition holds. */
#define FAIL_IF(condition, code, ...)                                                              \
    do {                                                                                           \
        if (condition) {                                                                           \
            FAIL(code, __VA_ARGS__);                                                               \
        }                                                                                          \
    } while (0)

#endif
