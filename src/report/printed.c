/* airshed -- GPL-3.0-or-later. Numbers printed in a paper, and which of them cannot both be true. */
#include "report/printed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
    OPERANDS_MAX = 64
};

static enum status complain(const struct config_node *node, const char *sentence)
{
    char place[CONFIG_PLACE_BYTES];
    return failure_record(STATUS_USAGE, __FILE__, __LINE__, "%s: %s", config_place(node, place),
                          sentence);
}

static const char *scalar(const struct config_node *mapping, const char *key)
{
    const struct config_node *node = config_find(mapping, key);
    return node != NULL && node->kind == CONFIG_SCALAR && node->text != NULL ? node->text : NULL;
}

static const char *scalar_or_nothing(const struct config_node *mapping, const char *key)
{
    const char *text = scalar(mapping, key);
    return text != NULL ? text : "";
}

/* Half a unit of the last digit: 0.005 for 84.90. */
static double half_digit(const char *text)
{
    const char *point = strchr(text, '.');
    return 0.5 * pow(10, point != NULL ? -(double)strlen(point + 1) : 0);
}

static enum status read_number(const struct config_node *node, struct printed_number *number)
{
    *number = (struct printed_number){.id = scalar(node, "id"),
                                      .what = scalar_or_nothing(node, "what"),
                                      .place = scalar_or_nothing(node, "place"),
                                      .text = scalar(node, "value"),
                                      .units = scalar_or_nothing(node, "units"),
                                      .quantity = scalar_or_nothing(node, "quantity"),
                                      .node = node};
    if (number->id == NULL || number->text == NULL ||
        !text_parse_real(number->text, &number->value)) {
        return complain(node, "a printed number needs an id and a value that is a number");
    }
    number->half = half_digit(number->text);
    return STATUS_OK;
}

/* ---- checks ------------------------------------------------------------------------------- */

static const struct printed_number *find(const struct printed *printed, const char *id)
{
    for (size_t i = 0; id != NULL && i < printed->number_count; i++) {
        if (strcmp(printed->numbers[i].id, id) == 0) {
            return &printed->numbers[i];
        }
    }
    return NULL;
}

static double value_of(const double *x, size_t count, double steps)
{
    (void)count, (void)steps;
    return x[0];
}

static double least_of(const double *x, size_t count, double steps)
{
    (void)steps;
    double least = x[0];
    for (size_t i = 1; i < count; i++) {
        least = fmin(least, x[i]);
    }
    return least;
}

static double mean_of(const double *x, size_t count, double steps)
{
    (void)steps;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += x[i];
    }
    return sum / (double)count;
}

static double difference_of(const double *x, size_t count, double steps)
{
    (void)count, (void)steps;
    return x[0] - x[1];
}

static double share_of(const double *x, size_t count, double steps)
{
    (void)count, (void)steps;
    return 100 * x[0] / x[1];
}

static double decline_of(const double *x, size_t count, double steps)
{
    (void)count, (void)steps;
    return 100 * (x[0] - x[1]) / x[0];
}

static double per_step_of(const double *x, size_t count, double steps)
{
    (void)count;
    return x[0] / steps;
}

static double compound_of(const double *x, size_t count, double steps)
{
    (void)count;
    return 100 * (1 - pow(x[1] / x[0], 1 / steps));
}

/* All of them rise or fall with each operand, so their extremes lie in corners. */
static const struct {
    const char *name;
    size_t operands; /* 0: any number */
    bool needs_steps;
    double (*of)(const double *x, size_t count, double steps);
} makings[] = {
    {"value", 1, false, value_of},      {"least", 0, false, least_of},
    {"mean", 0, false, mean_of},        {"difference", 2, false, difference_of},
    {"share", 2, false, share_of},      {"decline", 2, false, decline_of},
    {"per_step", 1, true, per_step_of}, {"compound", 2, true, compound_of},
};

enum {
    MAKINGS = sizeof makings / sizeof *makings
};

static int find_making(const char *name)
{
    int i = 0;
    while (i < MAKINGS && (name == NULL || strcmp(makings[i].name, name) != 0)) {
        i++;
    }
    return i;
}

static enum status read_operands(const struct printed *printed, const struct config_node *node,
                                 const struct printed_number *operands[], size_t *count)
{
    const struct config_node *by = config_find(node, "by");
    *count = 0;
    if (by == NULL || (by->kind == CONFIG_LIST && (by->count == 0 || by->count > OPERANDS_MAX))) {
        return complain(node, "a check needs 'by', the ids of numbers");
    }
    size_t given = by->kind == CONFIG_LIST ? by->count : 1;
    for (size_t i = 0; i < given; i++) {
        const struct config_node *id = by->kind == CONFIG_LIST ? &by->children[i] : by;
        operands[*count] = id->kind == CONFIG_SCALAR ? find(printed, id->text) : NULL;
        if (operands[(*count)++] == NULL) {
            return complain(id, "there is no printed number of this id");
        }
    }
    return STATUS_OK;
}

static void extremes(int making, const struct printed_number *const operands[], size_t count,
                     double steps, struct printed_check *check)
{
    double x[OPERANDS_MAX];
    check->low = INFINITY;
    check->high = -INFINITY;
    /* Means and least values rise with all operands: two corners say it all. */
    size_t corners = count <= 2 ? (size_t)1 << count : 2;
    for (size_t corner = 0; corner < corners; corner++) {
        for (size_t i = 0; i < count; i++) {
            bool is_up = count <= 2 ? (corner >> i & 1) != 0 : corner != 0;
            x[i] = operands[i]->value + (is_up ? operands[i]->half : -operands[i]->half);
        }
        double made = makings[making].of(x, count, steps);
        check->low = fmin(check->low, made);
        check->high = fmax(check->high, made);
    }
}

static enum status judge(const struct config_node *node, struct printed_check *check)
{
    double low = check->of->value - check->of->half, high = check->of->value + check->of->half;
    if (strcmp(check->is, "equal") == 0) {
        check->holds = low <= check->high && high >= check->low;
    } else if (strcmp(check->is, "at_least") == 0) {
        check->holds = high >= check->low;
    } else if (strcmp(check->is, "at_most") == 0) {
        check->holds = low <= check->high;
    } else {
        return complain(node, "'is' must be equal, at_least or at_most");
    }
    return STATUS_OK;
}

static enum status read_check(const struct printed *printed, const struct config_node *node,
                              struct printed_check *check)
{
    enum status status;
    const struct printed_number *operands[OPERANDS_MAX];
    size_t count;
    double steps = NAN;
    const char *steps_text = scalar(node, "steps");
    int making = find_making(scalar(node, "to"));
    *check = (struct printed_check){.what = scalar_or_nothing(node, "what"),
                                    .is = scalar_or_nothing(node, "is"),
                                    .to = scalar_or_nothing(node, "to"),
                                    .of = find(printed, scalar(node, "of"))};
    if (check->of == NULL) {
        return complain(node, "a check needs 'of', the id of a number");
    }
    TRY(read_operands(printed, node, operands, &count));
    bool has_steps = steps_text != NULL && text_parse_real(steps_text, &steps);
    if (making == MAKINGS || (makings[making].operands > 0 && makings[making].operands != count) ||
        makings[making].needs_steps != has_steps) {
        return complain(node,
                        "'to' must be value, least, mean, difference, share, decline, per_step "
                        "or compound, with as many numbers in 'by', and 'steps' for the last two");
    }
    extremes(making, operands, count, steps, check);
    TRY(judge(node, check));
done:
    return status;
}

/* ---- the file ----------------------------------------------------------------------------- */

static enum status read_lists(struct printed *printed, const char *path)
{
    enum status status = STATUS_OK;
    const struct config_node *numbers = config_find(printed->root, "numbers");
    const struct config_node *checks = config_find(printed->root, "checks");
    printed->paper = scalar_or_nothing(printed->root, "paper");
    FAIL_IF(numbers == NULL || numbers->kind != CONFIG_LIST || numbers->count == 0, STATUS_USAGE,
            "%s: has no list 'numbers'", path);
    TRY(memory_allocate(numbers->count, sizeof *printed->numbers, &printed->numbers));
    for (size_t i = 0; i < numbers->count; i++) {
        TRY(read_number(&numbers->children[i], &printed->numbers[i]));
        if (find(printed, printed->numbers[i].id) != NULL) {
            return complain(&numbers->children[i], "another number has this id");
        }
        printed->number_count++;
    }
    size_t count = checks != NULL && checks->kind == CONFIG_LIST ? checks->count : 0;
    TRY(memory_allocate(count, sizeof *printed->checks, &printed->checks));
    for (; printed->check_count < count; printed->check_count++) {
        TRY(read_check(printed, &checks->children[printed->check_count],
                       &printed->checks[printed->check_count]));
    }
done:
    return status;
}

enum status printed_read(const char *path, struct printed *printed)
{
    enum status status;
    *printed = (struct printed){0};
    TRY(config_read(path, &printed->root));
    TRY(read_lists(printed, path));
done:
    if (status != STATUS_OK) {
        printed_clear(printed);
    }
    return status;
}

const char *printed_key(const struct printed_number *number, const char *key)
{
    return scalar(number->node, key);
}

void printed_clear(struct printed *printed)
{
    config_destroy(&printed->root);
    free(printed->numbers);
    free(printed->checks);
    *printed = (struct printed){0};
}
