/* airshed -- GPL-3.0-or-later. Numbers printed in a paper, and which of them cannot both be true.
 *
 * A file of printed numbers is YAML:
 *
 *   paper: what is cited
 *   numbers:
 *     - {id: pm_mean, what: "...", place: "section 3.2", value: 84.90, units: ug m-3,
 *        quantity: map_mean, variable: pm25}
 *   checks:
 *     - {what: "...", of: share, is: equal, to: share, by: [ihs_mean, pm_mean]}
 *
 * `quantity` and what follows it name how a run computes the same thing (commands/report). A check
 * compares the number `of` with what `to` makes of the numbers `by`: value, least, mean, sum, difference
 * (first less second), share (100 first / second), decline (100 (first - second) / first), rise (100
 * (second - first) / first), share_rise (rise of first / second to third / fourth), per_step
 * (first / (count `steps`)), compound (yearly decline in percent from first to second in `steps` years).
 * `is`: equal, at_least or at_most.
 *
 * Each printed number stands for all numbers that round to it, so for an interval; a check fails where
 * no numbers of the intervals fulfil it. A number with `exact: true` stands for itself: a count.
 *
 * Whether labels were exchanged: `{of: [a, b, c], is: labelled, to: shares, by: [...]}`. `by` holds
 * amounts in the order of `of`, once or several times (years); `shares` is their part of the sum, in
 * percent, and the mean of the times. It makes one check of each label, which fails where another
 * order of the labels is nearer (least sum of squared differences).
 */
#ifndef AIRSHED_REPORT_PRINTED_H
#define AIRSHED_REPORT_PRINTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/status.h"

struct printed_number {
    const char *id, *what, *place, *text, *units, *quantity; /**< "" where nothing is given */
    double value, half; /**< half a unit of the last printed digit */
    const struct config_node *node;
};

struct printed_check {
    const char *what, *is, *to;
    const struct printed_number *of;
    const struct printed_number **by; /**< [by_count] */
    size_t by_count;
    double made;      /**< what the others come to, as printed */
    double low, high; /**< ... and with all that rounds to them; of labels, over the times */
    bool holds;
    const struct printed_number *label; /**< of labels: whose number this is; NULL otherwise */
};

struct printed {
    struct config_node *root;
    const char *paper;
    size_t number_count, check_count;
    struct printed_number *numbers;
    struct printed_check *checks;
};

/** Reads and checks. @return STATUS_USAGE with place for what is not as told above */
enum status printed_read(const char *path, struct printed *printed);

/** Half a unit of the last digit of a number as written: 0.005 for 84.90. */
double printed_half_digit(const char *text);

/** Text of a key of a number, or NULL. */
const char *printed_key(const struct printed_number *number, const char *key);

/** "section 3.1; Table 2" of the numbers that a check compares with. @return @p buffer */
const char *printed_places(const struct printed_check *check, char *buffer, size_t bytes);

void printed_clear(struct printed *printed);

#endif
