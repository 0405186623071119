/* airshed -- GPL-3.0-or-later. Units through UDUNITS-2, silently. */
#include "base/units.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <udunits2.h>

#include "base/memory.h"
#include "base/text.h"
#include "units_internal.h"

struct units_converter {
    cv_converter *function; /* NULL: identity */
};

/* Counted things are no plain numbers: 3 t/person times persons is 3 t, and tonnes and persons cannot
 * be added. */
static void add_base_unit(ut_system *system, const char *name)
{
    ut_unit *unit = ut_new_base_unit(system);
    if (unit != NULL) {
        ut_map_name_to_unit(name, UT_ASCII, unit);
        ut_map_unit_to_name(unit, name, UT_ASCII);
        ut_map_unit_to_symbol(unit, name, UT_ASCII); /* products are written in symbols */
    }
    ut_free(unit);
}

/* Read once: some 5 ms. */
ut_system *units_system(void)
{
    static ut_system *read;
    ut_set_error_message_handler(ut_ignore);
    if (read == NULL) {
        read = ut_read_xml(NULL);
        if (read != NULL) {
            add_base_unit(read, "person");
            add_base_unit(read, "piece");
        }
    }
    return read;
}

/* ---- spellings ---------------------------------------------------------------------------- */

/* Whole texts, compared without case and with single blanks. Here UDUNITS would refuse, or see
 * something that no weather file means: coulombs, millibarns. */
static const struct {
    const char *spelling, *units;
} aliases[] = {
    {"", "1"},
    {"-", "1"},
    {"(0 - 1)", "1"},
    {"0-1", "1"},
    {"fraction", "1"},
    {"none", "1"},
    {"unitless", "1"},
    {"dimensionless", "1"},
    {"c", "degC"},
    {"deg c", "degC"},
    {"deg_c", "degC"},
    {"degree c", "degC"},
    {"degrees c", "degC"},
    {"degrees_c", "degC"},
    {"degree celsius", "degC"},
    {"degrees celsius", "degC"},
    {"deg k", "K"},
    {"degree kelvin", "K"},
    {"degrees kelvin", "K"},
    {"deg f", "degF"},
    {"degrees fahrenheit", "degF"},
    {"mb", "mbar"},
    {"mbs", "mbar"},
    {"degrees north", "degree"},
    {"degree north", "degree"},
    {"degrees east", "degree"},
    {"degree east", "degree"},
    {"m of water equivalent", "m"},
    {"m of water", "m"},
    {"ppbv", "ppb"},
    {"ppmv", "ppm"},
    {"kts", "knot"},
    {"mcg/m3", "ug/m3"},
    {"mcg/m^3", "ug/m3"},
    {"ug/m3 (lc)", "ug/m3"},
    {"micrograms/cubic meter", "ug/m3"},
    {"micrograms/cubic meter (lc)", "ug/m3"},
    {"micrograms per cubic meter", "ug/m3"},
};

/* Signs outside of ASCII as UDUNITS writes them in ASCII. */
static const struct {
    const char *sign, *plain;
} signs[] = {
    {"\u00b5", "u"}, {"\u03bc", "u"},    {"\u00b2", "2"}, {"\u00b3", "3"}, {"\u00b9", "1"},
    {"\u2070", "0"}, {"\u2074", "4"},    {"\u207b", "-"}, {"\u2212", "-"}, {"\u00b7", "."},
    {"\u22c5", "."}, {"\u00b0", "deg "}, {"\u00a0", " "}, {"\u2009", " "}, {"\u2103", "degC"},
};

/* In ASCII, without blanks at the ends, with single blanks inside. */
static enum status tidy(const char *raw, char **tidied)
{
    struct text text = {0};
    while (*raw != '\0') {
        const char *plain = NULL;
        size_t length = 1;
        for (size_t i = 0; i < sizeof signs / sizeof signs[0] && plain == NULL; i++) {
            if (text_starts_with(raw, signs[i].sign)) {
                plain = signs[i].plain;
                length = strlen(signs[i].sign);
            }
        }
        bool blank = isspace((unsigned char)*raw) || (plain != NULL && strcmp(plain, " ") == 0);
        if (plain != NULL && !blank) {
            text_add(&text, plain);
        } else if (!blank) {
            text_add_bytes(&text, raw, 1);
        } else if (text.length > 0 && text.data[text.length - 1] != ' ') {
            text_add(&text, " ");
        }
        raw += length;
    }
    if (text.length > 0 && text.data[text.length - 1] == ' ') {
        text.data[--text.length] = '\0';
    }
    return text_take(&text, tidied);
}

/* Words of four letters and more in lower case: names, never symbols, which a case tells apart. */
static void lower_names(char *text)
{
    while (*text != '\0') {
        size_t length = 0;
        while (isalpha((unsigned char)text[length])) {
            length++;
        }
        for (size_t i = 0; length >= 4 && i < length; i++) {
            text[i] = (char)tolower((unsigned char)text[i]);
        }
        text += length > 0 ? length : 1;
    }
}

ut_unit *units_parse(const char *raw)
{
    char *text = NULL;
    ut_unit *unit = NULL;
    ut_system *system = units_system();
    if (raw == NULL || system == NULL || tidy(raw, &text) != STATUS_OK) {
        return NULL;
    }
    const char *known = text;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (text_equal_ignoring_case(text, aliases[i].spelling)) {
            known = aliases[i].units;
        }
    }
    unit = ut_parse(system, known, UT_ASCII);
    if (unit == NULL && known == text) {
        lower_names(text);
        unit = ut_parse(system, text, UT_ASCII);
    }
    free(text);
    return unit;
}

/* ---- converting --------------------------------------------------------------------------- */

static enum status check_pair(const char *from, const char *to, const ut_unit *from_unit,
                              const ut_unit *to_unit)
{
    enum status status = STATUS_OK;
    FAIL_IF(units_system() == NULL, STATUS_SYSTEM,
            "cannot read the database of UDUNITS: install its package or set UDUNITS2_XML_PATH");
    FAIL_IF(from == NULL || to == NULL, STATUS_DATA, "no units: cannot convert %s to %s",
            from != NULL ? from : "values without units", to != NULL ? to : "values without units");
    FAIL_IF(from_unit == NULL, STATUS_DATA, "unknown units '%s': cannot convert to '%s'", from, to);
    FAIL_IF(to_unit == NULL, STATUS_DATA, "unknown units '%s': cannot convert '%s' to them", to,
            from);
    FAIL_IF(!ut_are_convertible(from_unit, to_unit), STATUS_DATA,
            "cannot convert '%s' to '%s': they measure different things", from, to);
done:
    return status;
}

enum status units_converter_create(const char *from, const char *to,
                                   struct units_converter **converter)
{
    enum status status;
    ut_unit *from_unit = units_parse(from), *to_unit = units_parse(to);
    *converter = NULL;
    TRY(check_pair(from, to, from_unit, to_unit));
    TRY(memory_allocate(1, sizeof **converter, converter));
    if (ut_compare(from_unit, to_unit) != 0) {
        (*converter)->function = ut_get_converter(from_unit, to_unit);
        FAIL_IF((*converter)->function == NULL, STATUS_DATA, "cannot convert '%s' to '%s'", from,
                to);
    }
done:
    ut_free(from_unit);
    ut_free(to_unit);
    if (status != STATUS_OK) {
        units_converter_destroy(converter);
    }
    return status;
}

void units_converter_destroy(struct units_converter **converter)
{
    if (*converter != NULL) {
        cv_free((*converter)->function);
        free(*converter);
        *converter = NULL;
    }
}

bool units_converter_is_identity(const struct units_converter *converter)
{
    return converter->function == NULL;
}

void units_convert_float(const struct units_converter *converter, float *values, int64_t count)
{
    if (converter->function != NULL) {
        cv_convert_floats(converter->function, values, (size_t)count, values);
    }
}

void units_convert_double(const struct units_converter *converter, double *values, int64_t count)
{
    if (converter->function != NULL) {
        cv_convert_doubles(converter->function, values, (size_t)count, values);
    }
}

/* ---- asking ------------------------------------------------------------------------------- */

bool units_are_equal(const char *a, const char *b)
{
    ut_unit *a_unit = units_parse(a), *b_unit = units_parse(b);
    bool equal = a_unit != NULL && b_unit != NULL && ut_compare(a_unit, b_unit) == 0;
    ut_free(a_unit);
    ut_free(b_unit);
    return equal;
}

bool units_are_convertible(const char *a, const char *b)
{
    ut_unit *a_unit = units_parse(a), *b_unit = units_parse(b);
    bool both = a_unit != NULL && b_unit != NULL && ut_are_convertible(a_unit, b_unit);
    ut_free(a_unit);
    ut_free(b_unit);
    return both;
}

bool units_are_known(const char *text)
{
    ut_unit *unit = units_parse(text);
    ut_free(unit);
    return unit != NULL;
}
