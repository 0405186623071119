/* airshed -- GPL-3.0-or-later. Text: building, lists, strict numbers, near names. No locale counts.
 */
#ifndef AIRSHED_BASE_TEXT_H
#define AIRSHED_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/** Text that grows. Start with `{0}`; a lack of memory is told by text_take(). */
struct text {
    char *data; /**< ends with NUL once something was added; NULL before */
    size_t length, capacity;
    bool failed;
};

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Hands the text over to the caller, who frees it; @p text starts anew. Never gives NULL where it
 *  succeeds. @return STATUS_OK or STATUS_MEMORY */
enum status text_take(struct text *text, char **taken);

/** Releases what was built. */
void text_clear(struct text *text);

/** A list of copied strings. Start with `{0}`. */
struct text_list {
    char **items;
    size_t count, capacity;
};

/** Appends a copy. @return STATUS_OK or STATUS_MEMORY */
enum status text_list_add(struct text_list *list, const char *item);

/** Appends the parts of @p joined between separators, without blanks around each; "" has none, "a,"
 *  has two. @return STATUS_OK or STATUS_MEMORY */
enum status text_list_split(struct text_list *list, const char *joined, char separator);

/** Puts the items in byte order. */
void text_list_sort(struct text_list *list);

void text_list_clear(struct text_list *list);

/** Strict parsers: the whole token or nothing. No blanks around it, no hexadecimal, no inf, no nan,
 *  always a decimal point. *value is only written where they return true. */
bool text_parse_integer(const char *token, int64_t *value);
bool text_parse_real(const char *token, double *value); /* too large for a double: refused */
bool text_parse_flag(const char *token, bool *value);   /* true yes on, false no off, any case */

/** Bytes: digits with K, M, G, T or KiB.. (by 1024), KB.. (by 1000), B or none, any case; a
 * fraction is allowed where the result is rounded down to a byte ("1.5GiB"). */
bool text_parse_size(const char *token, int64_t *bytes);

/** YYYY-MM-DD. Days run to 31, to 30 in February (the 360-day calendar has one): whether the day
 *  exists is for its calendar to say. */
bool text_parse_date(const char *token, int *year, int *month, int *day);

/** Size of the buffers of text_real() and text_float(). */
enum {
    TEXT_NUMBER_BYTES = 32
};

/** Fewest digits that read back as the same number: "0.1", "365", "1e+20", "nan", "-inf".
 *  @return @p buffer */
const char *text_real(double value, char buffer[static TEXT_NUMBER_BYTES]);
const char *text_float(float value, char buffer[static TEXT_NUMBER_BYTES]);

/** Bytes for people: "1.5 GiB". @return @p buffer */
const char *text_size(int64_t bytes, char buffer[static TEXT_NUMBER_BYTES]);

/** ASCII without regard to case. */
bool text_equal_ignoring_case(const char *a, const char *b);
bool text_starts_with(const char *text, const char *start);
bool text_ends_with(const char *text, const char *end);

/** Number of insertions, deletions, replacements and swaps of neighbours that turn @p a into @p b,
 *  without regard to case (optimal string alignment). */
int text_distance(const char *a, const char *b);

/** The name nearest to @p word, or NULL where none is near: more than a third of the word wrong and
 *  not its beginning. The first of equals. @p names are @p count strings, NULL ones are skipped. */
const char *text_suggest(const char *word, const char *const *names, size_t count);

#endif
