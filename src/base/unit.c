/* airshed -- GPL-3.0-or-later. A unit to reckon with, by UDUNITS-2. */
#include "base/unit.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "units_internal.h"

struct unit {
    ut_unit *unit;
};

/* ---- spellings ---------------------------------------------------------------------------- */

/* Whole words that UDUNITS does not know, or takes for something else. */
static const struct {
    const char *word, *units;
} words[] = {
    {"Wh", "(W.h)"},
    {"kWh", "(kW.h)"},
    {"MWh", "(MW.h)"},
    {"GWh", "(GW.h)"},
    {"TWh", "(TW.h)"},
    {"kt", "(1e3 t)"},
    {"Mt", "(1e6 t)"},
    {"Gt", "(1e9 t)"},
    {"gce", "(29.3076 kJ)"},
    {"kgce", "(29.3076 MJ)"},
    {"tce", "(29.3076 GJ)"},
    {"ktce", "(29.3076 TJ)"},
    {"Mtce", "(29.3076 PJ)"},
    {"kgoe", "(41.868 MJ)"},
    {"toe", "(41.868 GJ)"},
    {"ktoe", "(41.868 TJ)"},
    {"Mtoe", "(41.868 PJ)"},
    {"persons", "person"},
    {"people", "person"},
    {"capita", "person"},
    {"cap", "person"},
    {"inhabitant", "person"},
    {"inhabitants", "person"},
    {"pieces", "piece"},
    {"vehicle", "piece"},
    {"vehicles", "piece"},
    {"head", "piece"},
    {"heads", "piece"},
    {"weight_case", "(50 kg)"},
    {"weight_cases", "(50 kg)"},
};

/* What a mass or an energy is of: tonnes of coal are tonnes. */
static const char *const substances[] = {
    "coal",   "coke",   "oil",   "crude",   "fuel",  "gasoline", "diesel", "kerosene", "gas",
    "metal",  "steel",  "iron",  "cement",  "glass", "clinker",  "ore",    "product",  "waste",
    "sludge", "water",  "ash",   "vanadium", "mercury", "lead",  "arsenic", "selenium", "cadmium",
    "chromium",
};

static const char *translate(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) == 0) {
            return words[i].units;
        }
    }
    for (size_t i = 0; i < sizeof substances / sizeof substances[0]; i++) {
        if (text_equal_ignoring_case(word, substances[i])) {
            return "";
        }
    }
    return word;
}

static bool is_word(char character)
{
    return isalpha((unsigned char)character) || character == '_';
}

/* Adds the word at @p at; a substance only behind another word. @return its length */
static size_t add_word(struct text *text, const char *at, bool *has_unit)
{
    char word[64];
    size_t length = 0;
    while (is_word(at[length])) {
        length++;
    }
    if (length >= sizeof word) {
        text_add_bytes(text, at, length);
        return length;
    }
    memcpy(word, at, length);
    word[length] = '\0';
    const char *known = translate(word);
    text_add(text, known[0] != '\0' || *has_unit ? known : word);
    *has_unit = true;
    return length;
}

/* 10^4 stands for 1e4; `{Hg}` for nothing. @return how much was taken */
static size_t add_other(struct text *text, const char *at)
{
    if (at[0] == '{' && strchr(at, '}') != NULL) {
        return (size_t)(strchr(at, '}') - at) + 1;
    }
    if (strncmp(at, "10^", 3) == 0 && (isdigit((unsigned char)at[3]) || at[3] == '-')) {
        text_add(text, "1e");
        return 3;
    }
    text_add_bytes(text, at, 1);
    return 1;
}

static enum status translate_all(const char *raw, char **translated)
{
    struct text text = {0};
    bool has_unit = false;
    char before = ' ';
    while (*raw != '\0') {
        /* The e of 1e4 is no word. */
        bool is_exponent = (*raw == 'e' || *raw == 'E') && isdigit((unsigned char)before);
        size_t taken = is_word(*raw) && !is_exponent ? add_word(&text, raw, &has_unit)
                                                     : add_other(&text, raw);
        before = raw[taken - 1];
        raw += taken;
    }
    return text_take(&text, translated);
}

/* ---- making ------------------------------------------------------------------------------- */

static enum status wrap(ut_unit *made, struct unit **unit)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **unit, unit));
    (*unit)->unit = made;
    return STATUS_OK;
done:
    ut_free(made);
    return status;
}

/* Degrees Celsius are no amounts. A product with 1 has lost the offset. */
static bool has_offset(const ut_unit *unit)
{
    ut_unit *plain = ut_multiply(unit, ut_get_dimensionless_unit_one(units_system()));
    cv_converter *function = plain != NULL ? ut_get_converter((ut_unit *)unit, plain) : NULL;
    bool is_shifted = function == NULL || cv_convert_double(function, 0) != 0;
    cv_free(function);
    ut_free(plain);
    return is_shifted;
}

static bool holds_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[length])) {
            return true;
        }
    }
    return false;
}

enum status unit_parse(const char *text, struct unit **unit)
{
    enum status status;
    char *translated = NULL;
    ut_unit *made = NULL;
    *unit = NULL;
    FAIL_IF(units_system() == NULL, STATUS_SYSTEM,
            "cannot read the database of UDUNITS: install its package or set UDUNITS2_XML_PATH");
    FAIL_IF(text == NULL, STATUS_DATA, "no units: give them, or 1 for a plain number");
    FAIL_IF(holds_word(text, "ton") || holds_word(text, "tons"), STATUS_DATA,
            "units '%s': a ton may be one of three: write t (1000 kg), short_ton or long_ton", text);
    TRY(translate_all(text, &translated));
    made = units_parse(translated);
    FAIL_IF(made == NULL, STATUS_DATA,
            "unknown units '%s': write them as in t, kg, 10^4 t, GJ, kWh, tce, g/t, mg/kg, t/km2, %% or 1",
            text);
    FAIL_IF(has_offset(made), STATUS_DATA,
            "units '%s': their zero is none, so they are no amounts: give K for differences", text);
    status = wrap(made, unit);
    made = NULL;
done:
    ut_free(made);
    free(translated);
    return status;
}

void unit_destroy(struct unit **unit)
{
    if (*unit != NULL) {
        ut_free((*unit)->unit);
        free(*unit);
        *unit = NULL;
    }
}

/* ---- reckoning ---------------------------------------------------------------------------- */

static enum status take(ut_unit *made, struct unit **unit)
{
    *unit = NULL;
    return made != NULL ? wrap(made, unit)
                        : failure_record(STATUS_DATA, __FILE__, __LINE__,
                                         "UDUNITS cannot make a unit of these");
}

enum status unit_multiply(const struct unit *a, const struct unit *b, struct unit **product)
{
    return take(ut_multiply(a->unit, b->unit), product);
}

enum status unit_divide(const struct unit *a, const struct unit *b, struct unit **quotient)
{
    return take(ut_divide(a->unit, b->unit), quotient);
}

enum status unit_raise(const struct unit *base, int power, int root, struct unit **raised)
{
    enum status status;
    ut_unit *whole = ut_raise(base->unit, power);
    ut_unit *part = whole != NULL && root != 1 ? ut_root(whole, root) : NULL;
    *raised = NULL;
    FAIL_IF(whole == NULL || (root != 1 && part == NULL), STATUS_DATA,
            "the units have no such power");
    status = root != 1 ? wrap(part, raised) : wrap(whole, raised);
    if (root != 1) {
        ut_free(whole);
    }
    return status;
done:
    ut_free(whole);
    return status;
}

bool unit_factor(const struct unit *from, const struct unit *to, double *factor)
{
    cv_converter *function = ut_are_convertible(from->unit, to->unit)
                                 ? ut_get_converter(from->unit, to->unit)
                                 : NULL;
    bool is_found = function != NULL;
    if (is_found) {
        *factor = cv_convert_double(function, 1);
    }
    cv_free(function);
    return is_found;
}

bool unit_is_dimensionless(const struct unit *unit)
{
    return ut_are_convertible(unit->unit, ut_get_dimensionless_unit_one(units_system())) != 0;
}

/* How people write what formulas come to; of equal ones the first. */
static const char *const readable[] = {
    "t",     "kg",    "g",     "t/t",   "g/t",    "GJ",     "kWh",   "km",     "m",       "m2",
    "km2",   "m3",    "s",     "person", "piece", "kg/kWh", "g/kWh", "t/GJ",   "t/m3",    "g/m3",
    "t/km2", "t/s",   "kg/km", "g/km",  "t/person", "t/piece", "GJ/t", "kWh/t", "kWh/person", "m3/t",
    "m3/s",  "t*km",  "person*km", "g/t/km", "t2", "t*GJ", "t*kWh",
};

/* Has the first of those that is this unit; failing that, that measures the same. */
static const char *find_readable(const struct unit *unit)
{
    const char *like = NULL;
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        struct unit *one = NULL;
        double factor;
        bool is_like = unit_parse(readable[i], &one) == STATUS_OK && unit_factor(unit, one, &factor);
        unit_destroy(&one);
        if (is_like && fabs(factor - 1) < 1e-9) {
            return readable[i];
        }
        like = is_like && like == NULL ? readable[i] : like;
    }
    return like;
}

enum status unit_text(const struct unit *unit, char **text)
{
    char buffer[256];
    const char *known = unit_is_dimensionless(unit) ? "1" : find_readable(unit);
    if (known != NULL) {
        return memory_copy_text(known, text);
    }
    int length = ut_format(unit->unit, buffer, sizeof buffer, UT_ASCII);
    bool is_whole = length > 0 && length < (int)sizeof buffer;
    return memory_copy_text(is_whole ? buffer : "(a unit)", text);
}
