/* airshed -- GPL-3.0-or-later. Numbers printed in a paper, and which of them cannot both be true. */
#include "report/printed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
    OPERANDS_MAX = 64,
    LABELS_MAX = 6
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

double printed_half_digit(const char *text)
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
    const char *exact = scalar(node, "exact");
    bool is_exact = false;
    if (exact != NULL && !text_parse_flag(exact, &is_exact)) {
        return complain(node, "'exact' is true or false");
    }
    number->half = is_exact ? 0 : printed_half_digit(number->text);
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

static double sum_of(const double *x, size_t count, double steps)
{
    (void)steps;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += x[i];
    }
    return sum;
}

static double mean_of(const double *x, size_t count, double steps)
{
    return sum_of(x, count, steps) / (double)count;
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

static double rise_of(const double *x, size_t count, double steps)
{
    return -decline_of(x, count, steps);
}

static double share_rise_of(const double *x, size_t count, double steps)
{
    (void)count, (void)steps;
    return 100 * (x[2] / x[3] / (x[0] / x[1]) - 1);
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
    {"value", 1, false, value_of},
    {"least", 0, false, least_of},
    {"mean", 0, false, mean_of},
    {"difference", 2, false, difference_of},
    {"share", 2, false, share_of},
    {"decline", 2, false, decline_of},
    {"per_step", 1, true, per_step_of},
    {"compound", 2, true, compound_of},
    {"sum", 0, false, sum_of},
    {"rise", 2, false, rise_of},
    {"share_rise", 4, false, share_rise_of},
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

static enum status read_operands(const struct printed *printed, const struct config_node *by,
                                 const struct config_node *node,
                                 const struct printed_number *operands[], size_t *count)
{
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

static void extremes(int making, double steps, struct printed_check *check)
{
    double x[OPERANDS_MAX];
    size_t count = check->by_count;
    check->low = INFINITY;
    check->high = -INFINITY;
    /* Sums, means and least values rise with all operands: two corners say it all. */
    size_t corners = count <= 4 ? (size_t)1 << count : 2;
    for (size_t corner = 0; corner < corners; corner++) {
        for (size_t i = 0; i < count; i++) {
            bool is_up = count <= 4 ? (corner >> i & 1) != 0 : corner != 0;
            x[i] = check->by[i]->value + (is_up ? check->by[i]->half : -check->by[i]->half);
        }
        double made = makings[making].of(x, count, steps);
        check->low = fmin(check->low, made);
        check->high = fmax(check->high, made);
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = check->by[i]->value;
    }
    check->made = makings[making].of(x, count, steps);
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

/* A check without what it makes of the others. */
static enum status begin_check(const struct config_node *node,
                               const struct printed_number *const operands[], size_t count,
                               struct printed_check *check)
{
    enum status status;
    *check = (struct printed_check){.what = scalar_or_nothing(node, "what"),
                                    .is = scalar_or_nothing(node, "is"),
                                    .to = scalar_or_nothing(node, "to"),
                                    .by_count = count};
    TRY(memory_allocate(count, sizeof *check->by, &check->by));
    memcpy(check->by, operands, count * sizeof *check->by);
done:
    return status;
}

static enum status read_check(struct printed *printed, const struct config_node *node)
{
    enum status status;
    const struct printed_number *operands[OPERANDS_MAX];
    struct printed_check *check = &printed->checks[printed->check_count];
    size_t count;
    double steps = NAN;
    const char *steps_text = scalar(node, "steps");
    int making = find_making(scalar(node, "to"));
    if (find(printed, scalar(node, "of")) == NULL) {
        return complain(node, "a check needs 'of', the id of a number");
    }
    TRY(read_operands(printed, config_find(node, "by"), node, operands, &count));
    bool has_steps = steps_text != NULL && text_parse_real(steps_text, &steps);
    if (making == MAKINGS || (makings[making].operands > 0 && makings[making].operands != count) ||
        makings[making].needs_steps != has_steps) {
        return complain(
            node, "'to' must be value, least, mean, sum, difference, share, decline, rise, "
                  "share_rise, per_step or compound, with as many numbers in 'by', and 'steps' "
                  "for the last two");
    }
    printed->check_count++;
    TRY(begin_check(node, operands, count, check));
    check->of = find(printed, scalar(node, "of"));
    extremes(making, steps, check);
    TRY(judge(node, check));
done:
    return status;
}

/* ---- exchanged labels --------------------------------------------------------------------- */

/* Share of label @p label among the amounts of a time, in percent. */
static double share_at(const struct printed_number *const amounts[], size_t labels, size_t time,
                       size_t label)
{
    double sum = 0;
    for (size_t i = 0; i < labels; i++) {
        sum += amounts[time * labels + i]->value;
    }
    return 100 * amounts[time * labels + label]->value / sum;
}

static void shares_of_label(struct printed_check *check, size_t labels, size_t label)
{
    size_t times = check->by_count / labels;
    check->low = INFINITY;
    check->high = -INFINITY;
    for (size_t time = 0; time < times; time++) {
        double share = share_at(check->by, labels, time, label);
        check->made += share / (double)times;
        check->low = fmin(check->low, share);
        check->high = fmax(check->high, share);
    }
}

/* The next order of @p order [count], the last one of all gives false. */
static bool next_order(size_t *order, size_t count)
{
    size_t from = count - 1, with = count - 1;
    while (from > 0 && order[from - 1] > order[from]) {
        from--;
    }
    if (from == 0) {
        return false;
    }
    while (order[with] < order[from - 1]) {
        with--;
    }
    size_t kept = order[from - 1];
    order[from - 1] = order[with];
    order[with] = kept;
    for (size_t last = count - 1; from < last; from++, last--) {
        kept = order[from];
        order[from] = order[last];
        order[last] = kept;
    }
    return true;
}

/* Gives each label the label whose amounts its number fits best. */
static void judge_labels(struct printed_check *checks, size_t labels)
{
    size_t order[LABELS_MAX];
    double nearest = INFINITY;
    for (size_t i = 0; i < labels; i++) {
        order[i] = i;
    }
    do { /* the order as printed comes first, so it stays unless another is nearer */
        double differences = 0;
        for (size_t i = 0; i < labels; i++) {
            double difference = checks[i].of->value - checks[order[i]].made;
            differences += difference * difference;
        }
        for (size_t i = 0; differences < nearest && i < labels; i++) {
            checks[i].label = checks[order[i]].of;
            checks[i].holds = order[i] == i;
        }
        nearest = fmin(nearest, differences);
    } while (next_order(order, labels));
}

static enum status read_labels(struct printed *printed, const struct config_node *node)
{
    enum status status;
    const struct printed_number *labels[OPERANDS_MAX], *amounts[OPERANDS_MAX];
    struct printed_check *checks = &printed->checks[printed->check_count];
    size_t label_count, count;
    TRY(read_operands(printed, config_find(node, "of"), node, labels, &label_count));
    TRY(read_operands(printed, config_find(node, "by"), node, amounts, &count));
    if (label_count > LABELS_MAX || count % label_count != 0 ||
        strcmp(scalar_or_nothing(node, "is"), "labelled") != 0 ||
        strcmp(scalar_or_nothing(node, "to"), "shares") != 0) {
        return complain(node,
                        "a check of a list 'of' needs 'is: labelled', 'to: shares', at most 6 "
                        "labels and as many amounts in 'by', once or several times");
    }
    for (size_t i = 0; i < label_count; i++) {
        printed->check_count++;
        TRY(begin_check(node, amounts, count, &checks[i]));
        checks[i].of = labels[i];
        shares_of_label(&checks[i], label_count, i);
    }
    judge_labels(checks, label_count);
done:
    return status;
}

const char *printed_places(const struct printed_check *check, char *buffer, size_t bytes)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < check->by_count && length < bytes; i++) {
        bool is_told = false;
        for (size_t k = 0; k < i; k++) {
            is_told = is_told || strcmp(check->by[k]->place, check->by[i]->place) == 0;
        }
        if (!is_told) {
            length += (size_t)snprintf(buffer + length, bytes - length, "%s%s",
                                       length > 0 ? "; " : "", check->by[i]->place);
        }
    }
    return buffer;
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
    TRY(memory_allocate(count * LABELS_MAX, sizeof *printed->checks, &printed->checks));
    for (size_t i = 0; i < count; i++) {
        const struct config_node *node = &checks->children[i];
        const struct config_node *of = config_find(node, "of");
        bool has_labels = of != NULL && of->kind == CONFIG_LIST;
        TRY(has_labels ? read_labels(printed, node) : read_check(printed, node));
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
    for (size_t i = 0; i < printed->check_count; i++) {
        free(printed->checks[i].by);
    }
    config_destroy(&printed->root);
    free(printed->numbers);
    free(printed->checks);
    *printed = (struct printed){0};
}
