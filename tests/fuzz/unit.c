/* airshed -- GPL-3.0-or-later. Any bytes as units, of inventories and of weather files; a second line is
 * a second unit.
 *
 * A unit that is understood measures what it does: it has a name that reads back as the same kind, what a
 * product gained a quotient loses, and values that go to another unit come back.
 */
#include "fuzzing.h"

#include <math.h>

#include "base/unit.h"
#include "base/units.h"

static bool measure_the_same(const struct unit *a, const struct unit *b)
{
    double factor;
    return unit_factor(a, b, &factor);
}

static void check_name(const struct unit *unit)
{
    char *name = NULL;
    struct unit *again = NULL;
    must(unit_text(unit, &name) == STATUS_OK && name[0] != '\0', "a unit has a name");
    if (name[0] != '(' && accepts(unit_parse(name, &again))) {
        must(measure_the_same(unit, again), "a name means what it names");
    }
    unit_destroy(&again);
    free(name);
}

static void check_pair(const struct unit *a, const struct unit *b)
{
    struct unit *product = NULL, *back = NULL, *square = NULL, *root = NULL;
    if (accepts(unit_multiply(a, b, &product))) {
        check_name(product);
        if (accepts(unit_divide(product, b, &back))) {
            must(measure_the_same(a, back), "a quotient undoes a product");
        }
    }
    if (accepts(unit_raise(a, 2, 1, &square)) && accepts(unit_raise(square, 1, 2, &root))) {
        must(measure_the_same(a, root), "a root undoes a square");
    }
    unit_destroy(&product);
    unit_destroy(&back);
    unit_destroy(&square);
    unit_destroy(&root);
}

static void check_amounts(const char *first, const char *second)
{
    struct unit *a = NULL, *b = NULL;
    bool has_first = accepts(unit_parse(first, &a)), has_second = accepts(unit_parse(second, &b));
    must(has_first == (a != NULL) && has_second == (b != NULL), "a refused unit is none");
    if (has_first) {
        check_name(a);
    }
    if (has_first && has_second) {
        check_pair(a, b);
    }
    unit_destroy(&a);
    unit_destroy(&b);
}

static void check_values(const char *from, const char *to)
{
    struct units_converter *converter = NULL;
    bool is_known = units_are_known(from);
    must(units_are_equal(from, from) == is_known, "a known unit equals itself");
    bool converts = accepts(units_converter_create(from, to, &converter));
    must(converts == (converter != NULL), "a refused conversion is none");
    must(!converts || units_are_convertible(from, to), "what converts can be converted");
    if (converts) {
        float single[2] = {1, NAN};
        double plain[2] = {1, NAN};
        units_convert_float(converter, single, 2);
        units_convert_double(converter, plain, 2);
        must(isnan(single[1]) && isnan(plain[1]), "missing values stay missing");
        must(!units_converter_is_identity(converter) || plain[0] == 1, "equal units change nothing");
    }
    units_converter_destroy(&converter);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char *first = malloc(count + 1);
    must(first != NULL, "memory");
    memcpy(first, bytes, count);
    first[count] = '\0';
    char *line = strchr(first, '\n');
    const char *second = line != NULL ? line + 1 : "kg";
    if (line != NULL) {
        *line = '\0';
    }
    check_amounts(first, second);
    check_values(first, second);
    free(first);
    return 0;
}
