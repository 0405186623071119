/* airshed -- GPL-3.0-or-later. explain: all parts of a cell as JSON, CSV and text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "explain.h"
#include "io/table_writer.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* ---- putting together --------------------------------------------------------------------- */

static void count_verdict(struct explanation *explanation, const char *verdict, int64_t numbers)
{
    explanation->numbers += numbers;
    explanation->equal += strcmp(verdict, VERDICT_EQUAL) == 0 ? numbers : 0;
    explanation->read += strcmp(verdict, VERDICT_READ) == 0 ? numbers : 0;
    explanation->unmapped += strcmp(verdict, VERDICT_NO_MAP) == 0 ? numbers : 0;
}

static void note_first(struct explanation *explanation, const json_t *part, const char *name,
                       const char *date, double value, double map)
{
    if (explanation->first[0] == '\0') {
        snprintf(explanation->first, sizeof explanation->first, "%s of %s%s%s: %.9g, but the map has %.9g",
                 name, text_of(part, "product"), date[0] != '\0' ? " at " : "", date, value, map);
    }
}

static void judge_numbers(struct explanation *explanation, const json_t *part)
{
    size_t index;
    const json_t *fact;
    json_array_foreach(json_object_get(part, "numbers"), index, fact)
    {
        const char *verdict = text_of(fact, "verdict");
        count_verdict(explanation, verdict, 1);
        if (strcmp(verdict, VERDICT_DIFFERS) == 0) {
            explanation->differing++;
            note_first(explanation, part, text_of(fact, "name"), "",
                       number_of(json_object_get(fact, "value")),
                       number_of(json_object_get(fact, "map")));
        }
    }
}

static void judge_series(struct explanation *explanation, const json_t *part, const json_t *fact)
{
    const char *verdict = text_of(fact, "verdict");
    int64_t steps = (int64_t)json_array_size(json_object_get(fact, "values"));
    int64_t differing = json_integer_value(json_object_get(fact, "differing"));
    count_verdict(explanation, verdict, steps);
    explanation->differing += differing;
    if (differing > 0) {
        explanation->equal += steps - differing;
        note_first(explanation, part, text_of(fact, "name"), text_of(fact, "first_date"),
                   number_of(json_object_get(fact, "first_value")),
                   number_of(json_object_get(fact, "first_map")));
    }
}

static const json_t *longest_dates(json_t *const *facts, int64_t count)
{
    const json_t *longest = NULL;
    for (int64_t i = 0; i < count; i++) {
        const json_t *dates = json_object_get(facts[i], "dates");
        longest = json_array_size(dates) > json_array_size(longest) ? dates : longest;
    }
    return longest;
}

/* Extremes and mean of a series, for people. */
static void sum_up(json_t *fact, const json_t *values)
{
    double least = INFINITY, most = -INFINITY, sum = 0;
    size_t index, count = 0;
    const json_t *value;
    json_array_foreach(values, index, value)
    {
        if (json_is_number(value)) {
            double real = json_number_value(value);
            least = fmin(least, real);
            most = fmax(most, real);
            sum += real;
            count++;
        }
    }
    json_object_set_new(fact, "steps", json_integer((json_int_t)json_array_size(values)));
    json_object_set_new(fact, "valid", json_integer((json_int_t)count));
    if (count > 0) {
        json_object_set_new(fact, "mean", json_real(sum / (double)count));
        json_object_set_new(fact, "least", json_real(least));
        json_object_set_new(fact, "greatest", json_real(most));
    }
}

static bool is_taken(const struct explanation *explanation, const char *name)
{
    size_t index;
    const json_t *series;
    json_array_foreach(explanation->series, index, series)
    {
        if (strcmp(text_of(series, "column"), name) == 0) {
            return true;
        }
    }
    return false;
}

/* The name, or with the product before it where another product has a series of that name. */
static void name_column(const struct explanation *explanation, const json_t *part, json_t *fact,
                        char column[256])
{
    const char *name = text_of(fact, "name"), *product = text_of(part, "product");
    snprintf(column, 256, "%s", name);
    for (int number = 2; is_taken(explanation, column); number++) {
        int length = (int)strcspn(product, ".");
        snprintf(column, 256, number == 2 ? "%.*s_%s" : "%.*s_%s_%d", length, product, name, number);
    }
    json_object_set_new(fact, "column", json_string(column));
}

/* Series on the longest axis become columns of the table; others keep their values. */
static enum status take_series(struct explanation *explanation, json_t *part)
{
    enum status status = STATUS_OK;
    size_t index;
    json_t *fact;
    char column[256];
    bool is_main = json_equal(json_object_get(part, "dates"), explanation->dates);
    json_array_foreach(json_object_get(part, "series"), index, fact)
    {
        judge_series(explanation, part, fact);
        sum_up(fact, json_object_get(fact, "values"));
        if (is_main) {
            name_column(explanation, part, fact, column);
            json_t *copy = json_copy(fact);
            FAIL_IF(json_array_append_new(explanation->series, copy) != 0, STATUS_MEMORY,
                    "out of memory");
            json_object_set_new(copy, "product", json_string(text_of(part, "product")));
            json_object_del(fact, "values");
        }
    }
    if (is_main) {
        json_object_set_new(part, "first", json_incref(json_array_get(explanation->dates, 0)));
        json_object_set_new(part, "last",
                            json_incref(json_array_get(explanation->dates,
                                                       json_array_size(explanation->dates) - 1)));
        json_object_del(part, "dates");
    }
done:
    return status;
}

static json_t *verdict_of(const struct explanation *explanation)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "numbers", (json_int_t)explanation->numbers,
                     "equal", (json_int_t)explanation->equal, "differing",
                     (json_int_t)explanation->differing, "read", (json_int_t)explanation->read,
                     "no_map", (json_int_t)explanation->unmapped, "first", explanation->first);
}

enum status explanation_create(double lon, double lat, json_t *const *facts, int64_t count,
                               struct explanation *explanation)
{
    enum status status = STATUS_OK;
    *explanation = (struct explanation){.series = json_array()};
    json_t *parts = json_array();
    const json_t *dates = longest_dates(facts, count);
    explanation->dates = dates != NULL ? json_copy((json_t *)dates) : json_array();
    explanation->root = json_pack("{s:f, s:f, s:o}", "latitude", lat, "longitude", lon, "parts", parts);
    FAIL_IF(explanation->root == NULL, STATUS_MEMORY, "out of memory");
    for (int64_t i = 0; i < count; i++) {
        judge_numbers(explanation, facts[i]);
        TRY(take_series(explanation, facts[i]));
        json_array_append(parts, facts[i]);
    }
    json_object_set_new(explanation->root, "verdict", verdict_of(explanation));
done:
    return status;
}

void explanation_clear(struct explanation *explanation)
{
    json_decref(explanation->root);
    json_decref(explanation->series);
    json_decref(explanation->dates);
    *explanation = (struct explanation){0};
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* As jansson would, but with the fewest digits that give the same number again. */
static void write_value(FILE *file, const json_t *value, int depth);

static void write_string(FILE *file, const char *text)
{
    json_t *string = json_string(text);
    json_dumpf(string, file, JSON_ENCODE_ANY);
    json_decref(string);
}

static void begin_line(FILE *file, bool is_first, int depth)
{
    fprintf(file, "%s\n%*s", is_first ? "" : ",", 2 * depth, "");
}

static bool is_nested(const json_t *list)
{
    const json_t *first = json_array_get(list, 0);
    return json_is_object(first) || json_is_array(first);
}

static void write_list(FILE *file, const json_t *list, int depth)
{
    size_t index;
    const json_t *item;
    bool on_lines = is_nested(list);
    fputc('[', file);
    json_array_foreach(list, index, item)
    {
        if (on_lines) {
            begin_line(file, index == 0, depth + 1);
        } else if (index > 0) {
            fputs(", ", file);
        }
        write_value(file, item, depth + 1);
    }
    if (on_lines) {
        begin_line(file, true, depth);
    }
    fputc(']', file);
}

static void write_object(FILE *file, const json_t *object, int depth)
{
    const char *key;
    json_t *value;
    bool is_first = true;
    fputc('{', file);
    json_object_foreach((json_t *)object, key, value)
    {
        begin_line(file, is_first, depth + 1);
        is_first = false;
        write_string(file, key);
        fputs(": ", file);
        write_value(file, value, depth + 1);
    }
    if (!is_first) {
        begin_line(file, true, depth);
    }
    fputc('}', file);
}

static void write_value(FILE *file, const json_t *value, int depth)
{
    char number[TEXT_NUMBER_BYTES];
    if (json_is_object(value)) {
        write_object(file, value, depth);
    } else if (json_is_array(value)) {
        write_list(file, value, depth);
    } else if (json_is_real(value)) {
        fputs(text_real(json_real_value(value), number), file);
    } else {
        json_dumpf(value, file, JSON_ENCODE_ANY);
    }
}

enum status explanation_write_json(const struct explanation *explanation, const char *path)
{
    enum status status = STATUS_OK;
    FILE *file = fopen(path, "we");
    FAIL_IF(file == NULL, STATUS_OUTPUT, "%s: cannot be written", path);
    write_value(file, explanation->root, 0);
    fputc('\n', file);
    bool is_bad = ferror(file) != 0;
    is_bad = fclose(file) != 0 || is_bad;
    FAIL_IF(is_bad, STATUS_OUTPUT, "%s: cannot be written; is the disk full?", path);
done:
    return status;
}

/* ---- CSV ---------------------------------------------------------------------------------- */

enum status explanation_write_series(const struct explanation *explanation, const char *csv,
                                     const char *json)
{
    enum status status;
    struct table_writer *writer = NULL;
    struct table_column *columns = NULL;
    size_t count = json_array_size(explanation->series);
    TRY(memory_allocate(count + 1, sizeof *columns, &columns));
    columns[0] = (struct table_column){"date", NULL, "start of the step", TABLE_TEXT};
    for (size_t i = 0; i < count; i++) {
        const json_t *series = json_array_get(explanation->series, i);
        columns[i + 1] = (struct table_column){text_of(series, "column"), text_of(series, "units"),
                                               text_of(series, "long_name"), TABLE_NUMBER};
    }
    TRY(table_writer_create(csv, "Every stage of one cell", columns, (int64_t)count + 1, &writer));
    for (size_t step = 0; step < json_array_size(explanation->dates); step++) {
        table_writer_text(writer, json_string_value(json_array_get(explanation->dates, step)));
        for (size_t i = 0; i < count; i++) {
            const json_t *values = json_object_get(json_array_get(explanation->series, i), "values");
            table_writer_number(writer, number_of(json_array_get(values, step)));
        }
    }
    TRY(table_writer_close(&writer, json));
done:
    table_writer_destroy(&writer);
    free(columns);
    return status;
}

/* ---- text --------------------------------------------------------------------------------- */

enum {
    VALUE_BYTES = 32
};

/* Seven digits are those of a float. */
static const char *shown(const json_t *value, char text[VALUE_BYTES])
{
    snprintf(text, VALUE_BYTES, json_is_number(value) ? "%.7g" : "-", number_of(value));
    return text;
}

static const char *shown_units(const json_t *fact)
{
    const char *units = text_of(fact, "units");
    return strcmp(units, "1") == 0 ? "" : units;
}

static void print_cell(const json_t *part, struct text *text)
{
    const json_t *cell = json_object_get(part, "cell");
    bool is_geographic = json_object_get(cell, "lat") != NULL;
    double y = number_of(json_object_get(cell, is_geographic ? "lat" : "y"));
    double x = number_of(json_object_get(cell, is_geographic ? "lon" : "x"));
    if (cell == NULL) {
        return;
    }
    text_add_format(text, "  cell in row %lld of %lld from the south, column %lld of %lld from the west; centre %.7g %s, %.7g %s\n",
                    (long long)json_integer_value(json_object_get(cell, "row")) + 1,
                    (long long)json_integer_value(json_object_get(cell, "rows")),
                    (long long)json_integer_value(json_object_get(cell, "col")) + 1,
                    (long long)json_integer_value(json_object_get(cell, "cols")), y,
                    is_geographic ? "N" : "m", x, is_geographic ? "E" : "m");
}

static void print_numbers(const json_t *part, struct text *text)
{
    size_t index;
    const json_t *fact, *numbers = json_object_get(part, "numbers");
    char value[VALUE_BYTES], map[VALUE_BYTES], meaning[128];
    if (json_array_size(numbers) > 0) {
        text_add_format(text, "  %-34s %14s %14s  %-16s %s\n", "number", "value", "map", "units",
                        "verified");
    }
    json_array_foreach(numbers, index, fact)
    {
        const char *means = text_of(fact, "meaning");
        snprintf(meaning, sizeof meaning, means[0] != '\0' ? " (%s)" : "", means);
        text_add_format(text, "  %-34s %14s %14s  %-16s %s%s\n", text_of(fact, "name"),
                        shown(json_object_get(fact, "value"), value),
                        shown(json_object_get(fact, "map"), map), shown_units(fact),
                        text_of(fact, "verdict"), meaning);
    }
}

static void print_series(const json_t *part, struct text *text)
{
    size_t index;
    const json_t *fact, *series = json_object_get(part, "series");
    char mean[VALUE_BYTES], least[VALUE_BYTES], most[VALUE_BYTES];
    if (json_array_size(series) > 0) {
        text_add_format(text, "  %-20s %8s %12s %12s %12s  %-12s %s\n", "series", "steps", "mean",
                        "least", "greatest", "units", "verified");
    }
    json_array_foreach(series, index, fact)
    {
        json_int_t differing = json_integer_value(json_object_get(fact, "differing"));
        text_add_format(text, "  %-20s %8lld %12s %12s %12s  %-12s %s", text_of(fact, "name"),
                        (long long)json_integer_value(json_object_get(fact, "valid")),
                        shown(json_object_get(fact, "mean"), mean),
                        shown(json_object_get(fact, "least"), least),
                        shown(json_object_get(fact, "greatest"), most), shown_units(fact),
                        text_of(fact, "verdict"));
        if (differing > 0) {
            text_add_format(text, " at %lld steps, first at %s", (long long)differing,
                            text_of(fact, "first_date"));
        }
        text_add(text, "\n");
    }
}

static void print_sources(const json_t *part, struct text *text)
{
    size_t index, step;
    const json_t *source, *height;
    json_array_foreach(json_object_get(part, "sources"), index, source)
    {
        const char *name = text_of(source, "name");
        const json_t *way = json_object_get(source, "elevations_m");
        text_add_format(text, "  source %lld%s%s at %.6g N %.6g E, %.4g km away; elevations on the way (m):",
                        (long long)json_integer_value(json_object_get(source, "source")),
                        name[0] != '\0' ? " " : "", name,
                        number_of(json_object_get(source, "lat")),
                        number_of(json_object_get(source, "lon")),
                        number_of(json_object_get(source, "distance_km")));
        json_array_foreach(way, step, height)
        {
            text_add_format(text, " %.1f", number_of(height));
        }
        text_add(text, "\n");
    }
}

static void print_means(const json_t *part, struct text *text)
{
    enum {
        MOST = 40
    };
    size_t index;
    const json_t *mean, *means = json_object_get(part, "means");
    char value[VALUE_BYTES];
    json_array_foreach(means, index, mean)
    {
        if (index < MOST) {
            text_add_format(text, "  mean from %-24s %14s %14s  %s\n", text_of(mean, "from"),
                            shown(json_object_get(mean, "mean"), value), "", shown_units(mean));
        }
    }
    if (json_array_size(means) > MOST) {
        text_add_format(text, "  ... %zu means in all\n", json_array_size(means));
    }
}

static void print_part(const json_t *part, struct text *text)
{
    size_t index;
    const json_t *note;
    text_add_format(text, "\n%s (%s): %s\n", text_of(part, "product"), text_of(part, "command"),
                    text_of(part, "title"));
    print_cell(part, text);
    json_array_foreach(json_object_get(part, "notes"), index, note)
    {
        text_add_format(text, "  %s\n", json_string_value(note));
    }
    print_sources(part, text);
    print_numbers(part, text);
    print_means(part, text);
    print_series(part, text);
}

void explanation_text(const struct explanation *explanation, struct text *text)
{
    size_t index;
    const json_t *part;
    text_add_format(text, "Every stage at %.7g N %.7g E\n",
                    number_of(json_object_get(explanation->root, "latitude")),
                    number_of(json_object_get(explanation->root, "longitude")));
    json_array_foreach(json_object_get(explanation->root, "parts"), index, part)
    {
        print_part(part, text);
    }
    text_add_format(text,
                    "\n%lld numbers: %lld computed anew and equal to the maps, %lld differ, %lld read "
                    "from maps, %lld computed that no map holds\n",
                    (long long)explanation->numbers, (long long)explanation->equal,
                    (long long)explanation->differing, (long long)explanation->read,
                    (long long)explanation->unmapped);
    if (explanation->differing > 0) {
        text_add_format(text, "DIFFERS: %s\n", explanation->first);
    }
}
