/* airshed -- GPL-3.0-or-later. Text that grows, lists, strict numbers and near names. */
#include "base/text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- text that grows ---------------------------------------------------------------------- */

static bool text_reserve(struct text *text, size_t more)
{
    if (text->failed) {
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed > text->capacity) {
        size_t capacity = needed < 64 ? 64 : needed * 2;
        char *grown = realloc(text->data, capacity);
        if (grown == NULL) {
            text->failed = true;
            return false;
        }
        text->data = grown;
        text->capacity = capacity;
    }
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    if (text_reserve(text, count)) {
        memcpy(text->data + text->length, bytes, count);
        text->length += count;
        text->data[text->length] = '\0';
    }
}

void text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0) {
        text->failed = true;
    } else if (text_reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

enum status text_take(struct text *text, char **taken)
{
    text_add(text, "");
    *taken = text->failed ? NULL : text->data;
    if (text->failed) {
        text_clear(text);
        return failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory for a text");
    }
    *text = (struct text){0};
    return STATUS_OK;
}

void text_clear(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

/* ---- lists -------------------------------------------------------------------------------- */

enum status text_list_add(struct text_list *list, const char *item)
{
    enum status status;
    char *copy = NULL;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        char **grown = realloc(list->items, capacity * sizeof *grown);
        FAIL_IF(grown == NULL, STATUS_MEMORY, "out of memory for a list of %zu texts", capacity);
        list->items = grown;
        list->capacity = capacity;
    }
    TRY(memory_copy_text(item, &copy));
    list->items[list->count++] = copy;
done:
    return status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum status text_list_add_part(struct text_list *list, const char *start, const char *end)
{
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    enum status status;
    struct text part = {0};
    char *item = NULL;
    text_add_bytes(&part, start, (size_t)(end - start));
    TRY(text_take(&part, &item));
    TRY(text_list_add(list, item));
done:
    free(item);
    return status;
}

enum status text_list_split(struct text_list *list, const char *joined, char separator)
{
    if (*joined == '\0') {
        return STATUS_OK;
    }
    const char *start = joined;
    for (;;) {
        const char *end = strchr(start, separator);
        enum status status =
            text_list_add_part(list, start, end != NULL ? end : start + strlen(start));
        if (status != STATUS_OK || end == NULL) {
            return status;
        }
        start = end + 1;
    }
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void text_list_sort(struct text_list *list)
{
    if (list->count > 1) {
        qsort(list->items, list->count, sizeof *list->items, compare_items);
    }
}

void text_list_clear(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct text_list){0};
}

/* ---- strict numbers ----------------------------------------------------------------------- */

/* Libraries may switch the process to a locale with decimal commas; ours is always "C". */
static locale_t plain_locale(void)
{
    static locale_t locale;
    if (locale == (locale_t)0) {
        locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    }
    return locale;
}

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9') {
        text++;
    }
    return text;
}

static const char *skip_sign(const char *text)
{
    return *text == '+' || *text == '-' ? text + 1 : text;
}

/* End of the decimal number at @p text ([sign] digits [. digits] [e [sign] digits]), or NULL. */
static const char *decimal_end(const char *text)
{
    const char *start = skip_sign(text);
    const char *end = skip_digits(start);
    ptrdiff_t digits = end - start;
    if (*end == '.') {
        start = end + 1;
        end = skip_digits(start);
        digits += end - start;
    }
    if (digits == 0) {
        return NULL;
    }
    if (*end == 'e' || *end == 'E') {
        start = skip_sign(end + 1);
        const char *exponent_end = skip_digits(start);
        if (exponent_end > start) {
            end = exponent_end;
        }
    }
    return end;
}

bool text_parse_integer(const char *token, int64_t *value)
{
    const char *p = skip_sign(token);
    bool negative = *token == '-';
    if (*p == '\0' || *skip_digits(p) != '\0') {
        return false;
    }
    int64_t sum = 0;
    for (; *p != '\0'; p++) {
        int digit = negative ? '0' - *p : *p - '0';
        if (__builtin_mul_overflow(sum, (int64_t)10, &sum) ||
            __builtin_add_overflow(sum, (int64_t)digit, &sum)) {
            return false;
        }
    }
    *value = sum;
    return true;
}

bool text_parse_real(const char *token, double *value)
{
    const char *end = decimal_end(token);
    if (end == NULL || *end != '\0') {
        return false;
    }
    double parsed = strtod_l(token, NULL, plain_locale());
    if (!isfinite(parsed)) {
        return false;
    }
    *value = parsed;
    return true;
}

bool text_parse_flag(const char *token, bool *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true},   {"yes", true}, {"on", true},
                 {"false", false}, {"no", false}, {"off", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal_ignoring_case(token, words[i].word)) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

/* Factor of a suffix such as "", "B", "K", "KiB", "KB", or 0. */
static double size_factor(const char *suffix)
{
    static const char letters[] = "kmgt";
    if (*suffix == '\0' || text_equal_ignoring_case(suffix, "b")) {
        return 1;
    }
    const char *letter = strchr(letters, tolower((unsigned char)*suffix));
    if (letter == NULL) {
        return 0;
    }
    double power = (double)(letter - letters + 1);
    if (suffix[1] == '\0' || text_equal_ignoring_case(suffix + 1, "ib")) {
        return exp2(10 * power);
    }
    return text_equal_ignoring_case(suffix + 1, "b") ? pow(1000, power) : 0;
}

bool text_parse_size(const char *token, int64_t *bytes)
{
    const char *end = decimal_end(token);
    if (end == NULL || *token == '-' || *token == '+') {
        return false;
    }
    double factor = size_factor(*end == ' ' ? end + 1 : end);
    int64_t whole;
    struct text digits = {0};
    text_add_bytes(&digits, token, (size_t)(end - token));
    bool is_whole = !digits.failed && text_parse_integer(digits.data, &whole);
    text_clear(&digits);
    if (factor == 0) {
        return false;
    }
    if (is_whole && !__builtin_mul_overflow(whole, (int64_t)factor, bytes)) {
        return true;
    }
    double product = strtod_l(token, NULL, plain_locale()) * factor;
    if (is_whole || !(product < 0x1p63)) {
        return false;
    }
    *bytes = (int64_t)product;
    return true;
}

bool text_parse_date(const char *token, int *year, int *month, int *day)
{
    static const int longest[] = {31, 30, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(token) != 10) {
        return false;
    }
    int field[3] = {0, 0, 0};
    for (int i = 0; i < 10; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? token[i] != '-' : !(token[i] >= '0' && token[i] <= '9')) {
            return false;
        }
        int *part = &field[i < 4 ? 0 : i < 7 ? 1 : 2];
        *part = dash ? *part : *part * 10 + (token[i] - '0');
    }
    if (field[1] < 1 || field[1] > 12 || field[2] < 1 || field[2] > longest[field[1] - 1]) {
        return false;
    }
    *year = field[0];
    *month = field[1];
    *day = field[2];
    return true;
}

/* ---- numbers as text ---------------------------------------------------------------------- */

enum {
    MOST_DIGITS = 17 /* tell every double from its neighbours */
};

static const char *number_text(double value, int fewest, int most, bool is_float, char *buffer)
{
    locale_t before = uselocale(plain_locale());
    for (int digits = fewest; digits <= most; digits++) {
        snprintf(buffer, TEXT_NUMBER_BYTES, "%.*g", digits, value);
        bool same = is_float ? strtof(buffer, NULL) == (float)value : strtod(buffer, NULL) == value;
        if (same) {
            break;
        }
    }
    uselocale(before);
    if (isnan(value)) {
        snprintf(buffer, TEXT_NUMBER_BYTES, "nan"); /* without a sign bit's "-nan" */
    }
    return buffer;
}

/** Significant digits with the power of ten of the first. */
struct decimal {
    char digits[MOST_DIGITS];
    int exponent;
};

/* Rounds to @p count digits; a tail of exactly a half must not be there. */
static struct decimal decimal_round(struct decimal decimal, int count)
{
    bool carries = decimal.digits[count] >= '5';
    for (int i = count - 1; i >= 0 && carries; i--) {
        carries = decimal.digits[i] == '9';
        decimal.digits[i] = carries ? '0' : (char)(decimal.digits[i] + 1);
    }
    if (carries) { /* all were 9 */
        decimal.digits[0] = '1';
        decimal.exponent++;
    }
    return decimal;
}

/* As "%.*g" of @p count digits lays them out. */
static void decimal_text(const struct decimal *decimal, int count, bool is_negative, char *out)
{
    int exponent = decimal->exponent, places = count;
    bool has_power = exponent < -4 || exponent >= count;
    int before = has_power ? 1 : exponent + 1; /* digits before the point */
    while (places > 1 && decimal->digits[places - 1] == '0') {
        places--;
    }
    if (is_negative) {
        *out++ = '-';
    }
    if (before <= 0) {
        out = stpcpy(out, "0.");
        memset(out, '0', (size_t)-before);
        out += -before;
    }
    for (int i = 0; i < places || i < before; i++) {
        if (i == before && before > 0) {
            *out++ = '.';
        }
        *out++ = i < places ? decimal->digits[i] : '0';
    }
    *out = '\0';
    if (has_power) {
        snprintf(out, TEXT_NUMBER_BYTES - MOST_DIGITS - 3, "e%+03d", exponent);
    }
}

/* The text that number_text() gives, by one conversion to decimal, where its 17 digits tell: rounded to 15
 * or 16 they are what a direct conversion gives, unless just a half is cut off, which may stand for a little
 * more or less. Half the distance of neighbouring doubles is at most 11.1 units of digit 17.
 * @return false where they do not tell */
static bool real_text(double value, char *buffer)
{
    char text[TEXT_NUMBER_BYTES];
    struct decimal decimal, rounded;
    snprintf(text, sizeof text, "%.16e", fabs(value)); /* d.dddddddddddddddde+dd */
    decimal.digits[0] = text[0];
    memcpy(decimal.digits + 1, text + 2, MOST_DIGITS - 1);
    decimal.exponent = (int)strtol(text + MOST_DIGITS + 2, NULL, 10);
    int last = decimal.digits[MOST_DIGITS - 1] - '0';
    for (int count = MOST_DIGITS - 2; count < MOST_DIGITS; count++) {
        bool is_short = count < MOST_DIGITS - 1;
        int tail = is_short ? 10 * (decimal.digits[count] - '0') + last : last;
        int half = is_short ? 50 : 5, off = tail < half ? tail : 2 * half - tail;
        if (tail == half) {
            return false;
        }
        if (off < 12) {
            rounded = decimal_round(decimal, count);
            decimal_text(&rounded, count, signbit(value), buffer);
            if (strtod(buffer, NULL) == value) {
                return true;
            }
        }
    }
    decimal_text(&decimal, MOST_DIGITS, signbit(value), buffer);
    return true;
}

const char *text_real(double value, char buffer[static TEXT_NUMBER_BYTES])
{
    bool is_done = false;
    if (isnormal(value)) {
        locale_t before = uselocale(plain_locale());
        is_done = real_text(value, buffer);
        uselocale(before);
    }
    return is_done ? buffer : number_text(value, MOST_DIGITS - 2, MOST_DIGITS, false, buffer);
}

const char *text_float(float value, char buffer[static TEXT_NUMBER_BYTES])
{
    return number_text((double)value, 6, 9, true, buffer);
}

const char *text_size(int64_t bytes, char buffer[static TEXT_NUMBER_BYTES])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (fabs(value) >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    locale_t before = uselocale(plain_locale());
    snprintf(buffer, TEXT_NUMBER_BYTES, "%.*f %s", unit > 0 && value < 100 ? 1 : 0, value,
             units[unit]);
    uselocale(before);
    return buffer;
}

/* ---- comparing ---------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_ignoring_case(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool text_starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Longer words are never near anything; their distance is taken over this many characters. */
enum {
    WORD_LENGTH = 96
};

int text_distance(const char *a, const char *b)
{
    int rows[3][WORD_LENGTH + 1];
    int a_length = (int)strnlen(a, WORD_LENGTH), b_length = (int)strnlen(b, WORD_LENGTH);
    for (int j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; i <= a_length; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y) {
                row[j] = smaller(row[j], second[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

static bool is_beginning(const char *word, const char *name)
{
    size_t length = strlen(word);
    if (length < 3 || length > strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (lower(word[i]) != lower(name[i])) {
            return false;
        }
    }
    return true;
}

const char *text_suggest(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    int length = (int)strnlen(word, WORD_LENGTH);
    int best_distance = length < 3 ? 1 : length / 3;
    bool best_begins = false;
    for (size_t i = 0; i < count; i++) {
        if (names[i] == NULL) {
            continue;
        }
        int distance = text_distance(word, names[i]);
        bool begins = is_beginning(word, names[i]);
        bool nearer = distance < best_distance || (best == NULL && distance == best_distance);
        if ((!best_begins && nearer) || (best == NULL && begins)) {
            best = names[i];
            best_begins = begins && distance > best_distance;
            best_distance = best_begins ? best_distance : smaller(distance, best_distance);
        }
    }
    return best;
}
