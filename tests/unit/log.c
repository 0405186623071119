/* airshed -- GPL-3.0-or-later. Messages: levels, ranks, JSON, kept warnings, progress.
 * ranks: 1
 */
#include "testing.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <regex.h>

#include "base/log.h"

/* ---- what was printed --------------------------------------------------------------------- */

static int kept_stderr;
static FILE *caught;

static void catch_begin(int descriptor)
{
    fflush(stderr);
    kept_stderr = dup(STDERR_FILENO);
    assert_true(kept_stderr >= 0 && dup2(descriptor, STDERR_FILENO) >= 0);
}

static void catch_end(void)
{
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
}

static void begin(void)
{
    caught = tmpfile();
    assert_non_null(caught);
    catch_begin(fileno(caught));
}

/* What was printed since begin(). */
static const char *end(void)
{
    static char text[8192];
    catch_end();
    rewind(caught);
    text[fread(text, 1, sizeof text - 1, caught)] = '\0';
    fclose(caught);
    return text;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t expression;
    assert_int_equal(regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int code = regexec(&expression, text, 0, NULL, 0);
    regfree(&expression);
    if (code != 0) {
        fprintf(stderr, "'%s' does not match '%s'\n", text, pattern);
        fail();
    }
}

#define BRACKET(rank) "\\[[0-2][0-9]:[0-5][0-9]:[0-6][0-9] " rank "\\] "

static void say_everything(void)
{
    log_error("an error");
    log_warning("a warning");
    log_info("an info");
    log_debug("a debug");
}

/* ---- tests -------------------------------------------------------------------------------- */

static void lines_carry_level_time_and_rank(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false, 0, 4);
    begin();
    say_everything();
    assert_matches(end(), "^airshed: error: " BRACKET("0/4") "an error\n"
                                                             "airshed: warning: " BRACKET(
                                                                 "0/4") "a warning\n"
                                                                        "airshed: info: " BRACKET(
                                                                            "0/4") "an info\n$");
    log_setup(LOG_WARNING, false, 0, 4);
    begin();
    log_info("an info");
    log_error("one\ntwo");
    assert_matches(end(),
                   "^airshed: error: " BRACKET("0/4") "one\n"
                                                      "airshed: error: " BRACKET("0/4") "two\n$");
    log_setup(LOG_INFO, false, 0, 0);
    begin();
    log_error("before the start");
    assert_string_equal(end(), "airshed: error: before the start\n");
}

static void other_ranks_speak_only_when_verbose(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false, 1, 4);
    begin();
    say_everything();
    assert_string_equal(end(), "");
    log_setup(LOG_DEBUG, false, 1, 4);
    begin();
    say_everything();
    assert_matches(end(), "^airshed: error: " BRACKET("1/4") "an error\n"
                                                             "airshed: warning: " BRACKET(
                                                                 "1/4") "a warning\n"
                                                                        "airshed: debug: " BRACKET(
                                                                            "1/4") "a debug\n$");
}

static void json_lines_parse(void **state)
{
    (void)state;
    log_setup(LOG_INFO, true, 0, 2);
    begin();
    log_warning("a \"quoted\"\npath \xff.nc");
    const char *text = end();
    json_error_t error;
    json_t *line = json_loads(text, 0, &error);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "warning");
    assert_int_equal(json_integer_value(json_object_get(line, "rank")), 0);
    assert_string_equal(json_string_value(json_object_get(line, "text")),
                        "a \"quoted\"\npath ?.nc");
    assert_matches(json_string_value(json_object_get(line, "time")), "^20[0-9-]+T[0-9:]+Z$");
    assert_true(strchr(text, '\n') == text + strlen(text) - 1); /* one line */
    json_decref(line);
}

static void warnings_are_kept_even_when_silent(void **state)
{
    (void)state;
    log_warnings_clear();
    log_setup(LOG_ERROR, false, 3, 4);
    for (int i = 0; i < 150; i++) {
        log_warning("number %d", i);
    }
    assert_int_equal(log_warning_count(), 100);
    assert_string_equal(log_warning_text(99), "number 99");
    log_warnings_clear();
    assert_int_equal(log_warning_count(), 0);
}

/* Lets @p seconds pass for the progress only. */
static void pass(struct log_progress *progress, double seconds)
{
    progress->start_s -= seconds;
    progress->last_s -= seconds;
}

static void progress_in_a_job_log_is_rare_plain_lines(void **state)
{
    (void)state;
    struct log_progress progress;
    log_setup(LOG_INFO, false, 0, 1);
    begin();
    log_progress_begin(&progress, "out.nc", 200);
    for (int i = 0; i < 100; i++) {
        log_progress_update(&progress, i); /* too soon */
    }
    pass(&progress, 40);
    log_progress_update(&progress, 9); /* too little */
    log_progress_update(&progress, 100);
    log_progress_update(&progress, 150); /* too soon */
    pass(&progress, 601);
    log_progress_update(&progress, 101); /* little, but long ago */
    log_progress_end(&progress);
    const char *text = end();
    assert_matches(
        text, "^airshed: info: " BRACKET("0/1") "out.nc: 50 %, 100 of 200 items, "
                                                "2\\.[45][0-9]* items/s, 4[0-9] s left\nairshed: "
                                                "info: [^\n]*out.nc: 50 %, 101 of [^\n]*\n$");
    assert_null(strchr(text, '\r'));
    log_setup(LOG_WARNING, false, 0, 1); /* --quiet */
    begin();
    log_progress_begin(&progress, "out.nc", 200);
    pass(&progress, 1000);
    log_progress_update(&progress, 150);
    log_progress_end(&progress);
    assert_string_equal(end(), "");
}

/* What was written to a terminal comes in pieces: reads until @p last is there, or for 10 s in vain. */
static void read_until(int terminal, const char *last, char *text, size_t bytes)
{
    struct pollfd ready = {.fd = terminal, .events = POLLIN};
    size_t length = 0;
    text[0] = '\0';
    while (strstr(text, last) == NULL && poll(&ready, 1, 10000) == 1) {
        ssize_t got = read(terminal, text + length, bytes - 1 - length);
        assert_true(got > 0);
        length += (size_t)got;
        text[length] = '\0';
    }
}

static void progress_on_a_terminal_is_one_line(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        testing_skip(); /* no pseudo-terminals here */
        return;
    }
    int side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(side >= 0);
    setenv("TERM", "xterm", 1);
    log_setup(LOG_INFO, false, 0, 0);
    struct log_progress progress;
    catch_begin(side);
    log_progress_begin(&progress, "a name that is longer than the line of any terminal of old",
                       200);
    pass(&progress, 1);
    log_progress_update(&progress, 20);
    log_warning("between");
    log_progress_end(&progress);
    catch_end();
    char text[4096];
    read_until(terminal, "between", text, sizeof text);
    const char *drawn = strstr(text, "\r\033[Ka name that is longer");
    assert_non_null(drawn);
    assert_non_null(strstr(drawn, "10 %"));
    const char *erased = strstr(drawn + 1, "\r\033[K");
    assert_non_null(erased);
    assert_true(erased - drawn <= 79 + 4);
    assert_true(strncmp(erased, "\r\033[Kairshed: warning: between", 27) == 0);
    close(side);
    close(terminal);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lines_carry_level_time_and_rank),
    cmocka_unit_test(other_ranks_speak_only_when_verbose),
    cmocka_unit_test(json_lines_parse),
    cmocka_unit_test(warnings_are_kept_even_when_silent),
    cmocka_unit_test(progress_in_a_job_log_is_rare_plain_lines),
    cmocka_unit_test(progress_on_a_terminal_is_one_line),
};

TESTING_MAIN(tests)
