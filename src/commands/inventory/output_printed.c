/* airshed -- GPL-3.0-or-later. inventory: printed numbers beside recomputed ones, and beside one another
 * (P3.20, P3.21). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "output_internal.h"

/* ---- the result that a printed number is -------------------------------------------------- */

/* All that a number may be about but its statistic. */
static struct inventory_result about(const struct inventory_model *model,
                                     const struct inventory_printed *printed)
{
    const int32_t *member = printed->key.member;
    bool has_years = model->indices[INDEX_YEAR].members.count > 1;
    bool has_species = model->indices[INDEX_SPECIES].members.count > 1;
    struct inventory_result like = {.subject = SUBJECT_ALL,
                                    .subject_member = -1,
                                    .place = PLACE_ALL,
                                    .place_member = -1,
                                    .species = has_species ? member[INDEX_SPECIES] : 0,
                                    .year = has_years ? member[INDEX_YEAR] : 0,
                                    .base_year = -1};
    if (member[INDEX_SOURCE] >= 0 || printed->category >= 0 || printed->receptor >= 0) {
        like.subject = member[INDEX_SOURCE] >= 0 ? SUBJECT_SOURCE
                       : printed->category >= 0  ? SUBJECT_CATEGORY
                                                 : SUBJECT_RECEPTOR;
        like.subject_member = member[INDEX_SOURCE] >= 0 ? member[INDEX_SOURCE]
                              : printed->category >= 0  ? printed->category
                                                        : printed->receptor;
    }
    if (member[INDEX_PROVINCE] >= 0 || printed->region >= 0) {
        like.place = printed->region >= 0 ? PLACE_REGION : PLACE_PROVINCE;
        like.place_member = printed->region >= 0 ? printed->region : member[INDEX_PROVINCE];
    }
    return like;
}

static const struct inventory_statistics *find_statistics(const struct inventory_results *results,
                                                          struct inventory_result like,
                                                          enum result_kind kind)
{
    bool is_change = kind == RESULT_CHANGE || kind == RESULT_SHARE_CHANGE;
    like.kind = kind;
    like.base_year = is_change ? 0 : -1;
    const struct inventory_result *result = inventory_result_find(results, &like);
    return result != NULL ? &results->statistics[result->slot] : NULL;
}

struct recomputed {
    double value, low, high; /* low, high: NaN where there is no interval */
};

/* Share of a source in its category: no result by itself, so without an interval. */
static bool recompute_part(const struct inventory_results *results, struct inventory_result like,
                           struct recomputed *recomputed)
{
    const struct inventory_model *model = results->model;
    const struct inventory_statistics *part = find_statistics(results, like, RESULT_TOTAL);
    int category = 0;
    while (strcmp(model->categories.items[category],
                  model->sources[like.subject_member].category) != 0) {
        category++;
    }
    like.subject = SUBJECT_CATEGORY;
    like.subject_member = category;
    const struct inventory_statistics *whole = find_statistics(results, like, RESULT_TOTAL);
    if (part != NULL && whole != NULL) {
        *recomputed = (struct recomputed){100 * part->point / whole->point, NAN, NAN};
    }
    return part != NULL && whole != NULL;
}

static bool recompute(const struct inventory_results *results,
                      const struct inventory_printed *printed, struct recomputed *recomputed)
{
    static const enum result_kind kinds[PRINTED_STATISTICS] = {
        [PRINTED_TOTAL] = RESULT_TOTAL,   [PRINTED_MEAN] = RESULT_TOTAL,
        [PRINTED_SHARE] = RESULT_SHARE,   [PRINTED_PART] = RESULT_TOTAL,
        [PRINTED_CHANGE] = RESULT_CHANGE, [PRINTED_SHARE_CHANGE] = RESULT_SHARE_CHANGE,
        [PRINTED_MINUS] = RESULT_TOTAL,   [PRINTED_PLUS] = RESULT_TOTAL,
    };
    struct inventory_result like = about(results->model, printed);
    if (printed->statistic == PRINTED_PART) {
        return recompute_part(results, like, recomputed);
    }
    const struct inventory_statistics *found =
        find_statistics(results, like, kinds[printed->statistic]);
    double over = printed->statistic == PRINTED_MEAN
                      ? (double)results->model->indices[INDEX_YEAR].members.count
                      : 1;
    bool is_minus = printed->statistic == PRINTED_MINUS;
    if (found != NULL && (is_minus || printed->statistic == PRINTED_PLUS)) {
        double end = is_minus ? found->low : found->high;
        *recomputed = (struct recomputed){100 * (end / found->mean - 1), NAN, NAN};
    } else if (found != NULL) {
        *recomputed =
            (struct recomputed){found->point / over, found->low / over, found->high / over};
    }
    return found != NULL;
}

/* ---- printed and recomputed --------------------------------------------------------------- */

int64_t printed_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"label", NULL, "what is printed", TABLE_TEXT},
        {"statistic", NULL,
         "total, mean of the years, share of the nation's total, part of the category, change "
         "since the "
         "first year, change of the share as a ratio of shares, ends of the interval of the draws "
         "less "
         "their mean",
         TABLE_TEXT},
        {"species", NULL, NULL, TABLE_TEXT},
        {"subject", NULL, "all, a category, a source or a receptor", TABLE_TEXT},
        {"name", NULL, "of the category, source or receptor", TABLE_TEXT},
        {"place", NULL, "all, region or province", TABLE_TEXT},
        {"year", NULL, "year, or the whole period", TABLE_TEXT},
        {"units", NULL, "of the numbers of the row", TABLE_TEXT},
        {"printed", NULL, "as printed", TABLE_NUMBER},
        {"recomputed", NULL, "all values at their centre; ends of intervals from the draws",
         TABLE_NUMBER},
        {"difference", NULL, "recomputed less printed", TABLE_NUMBER},
        {"difference_percent", "%", "of the printed number", TABLE_NUMBER},
        {"low", NULL, "lower end of the interval of the recomputed number", TABLE_NUMBER},
        {"high", NULL, "upper end", TABLE_NUMBER},
        {"agrees", NULL, "yes where the interval holds a number that rounds to the printed one",
         TABLE_TEXT},
        {"printed_at", NULL, "where it is printed", TABLE_TEXT},
        {"read_at", NULL, "where the printed number was read", TABLE_TEXT},
        {"id", NULL, "of the number in its file", TABLE_TEXT},
        {"basis", NULL,
         "synthetic: recomputed from a stand-in, so no evidence for or against the printed "
         "number; tables: from the tables of the config",
         TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

static void write_about(const struct inventory_model *model,
                        const struct inventory_printed *printed, struct table_writer *writer)
{
    char year[40];
    struct inventory_result result = about(model, printed);
    bool is_emission = printed->statistic == PRINTED_TOTAL || printed->statistic == PRINTED_MEAN;
    table_writer_text(writer, printed->label);
    table_writer_text(writer, inventory_statistic_names[printed->statistic]);
    table_writer_text(writer, result.species >= 0
                                  ? model->indices[INDEX_SPECIES].members.items[result.species]
                                  : NULL);
    table_writer_text(writer, inventory_subject_name(result.subject));
    table_writer_text(writer, inventory_subject_member(model, &result));
    table_writer_text(writer, inventory_place_name(model, &result));
    table_writer_text(writer, inventory_year_name(model, result.year, year));
    table_writer_text(writer, is_emission ? model->units : "%");
}

static const char *agreement(const struct inventory_printed *printed,
                             const struct recomputed *recomputed)
{
    bool has_interval = !isnan(recomputed->low);
    bool agrees = recomputed->low <= printed->value + printed->half &&
                  printed->value - printed->half <= recomputed->high;
    return !has_interval ? NULL : agrees ? "yes" : "no";
}

enum status printed_rows(const struct inventory_output *output, struct table_writer *writer)
{
    enum status status = STATUS_OK;
    const struct inventory_results *results = output->results;
    const struct inventory_model *model = results->model;
    for (int64_t i = 0; i < model->printed_count; i++) {
        const struct inventory_printed *one = &model->printed[i];
        struct recomputed recomputed;
        FAIL_IF(!recompute(results, one, &recomputed), STATUS_DATA,
                "%s: the inventory has no such %s: give species, source, province and year that it "
                "has, "
                "or leave the key out for a sum",
                one->place, inventory_statistic_names[one->statistic]);
        write_about(model, one, writer);
        table_writer_number(writer, one->value);
        table_writer_number(writer, recomputed.value);
        table_writer_number(writer, recomputed.value - one->value);
        table_writer_number(writer, (recomputed.value / one->value - 1) * 100);
        table_writer_number(writer, recomputed.low);
        table_writer_number(writer, recomputed.high);
        table_writer_text(writer, agreement(one, &recomputed));
        table_writer_text(writer, one->printed_at);
        table_writer_text(writer, output_place(one->place));
        table_writer_text(writer, one->id);
        table_writer_text(writer, model->is_synthetic ? "synthetic" : "tables");
    }
done:
    return status;
}

/* ---- printed numbers among themselves ----------------------------------------------------- */

int64_t checks_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"check", NULL, "what ought to hold", TABLE_TEXT},
        {"holds", NULL, "no: the printed numbers contradict one another, however they were rounded",
         TABLE_TEXT},
        {"number", NULL, "the number that is checked", TABLE_TEXT},
        {"printed", NULL, "as printed", TABLE_NUMBER},
        {"units", NULL, "of the numbers of the row", TABLE_TEXT},
        {"printed_at", NULL, "where it is printed", TABLE_TEXT},
        {"should_be", NULL, "equal, at least, at most; labelled: nearest to its own amounts",
         TABLE_TEXT},
        {"others", NULL, "what the other printed numbers come to", TABLE_NUMBER},
        {"others_low", NULL, "least that they come to: by rounding; of labels, over the years",
         TABLE_NUMBER},
        {"others_high", NULL, "most", TABLE_NUMBER},
        {"made_by", NULL, "how the other numbers were put together", TABLE_TEXT},
        {"others_at", NULL, "where these are printed", TABLE_TEXT},
        {"difference", NULL, "printed less what the others come to", TABLE_NUMBER},
        {"difference_percent", "%", "of what the others come to", TABLE_NUMBER},
        {"fits", NULL, "of exchanged labels: the number whose amounts it fits", TABLE_TEXT},
        {"paper", NULL, NULL, TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

static void write_check(const struct printed *paper, const struct printed_check *check,
                        struct table_writer *writer)
{
    char places[1024];
    bool is_exchanged = check->label != NULL && !check->holds;
    table_writer_text(writer, check->what);
    table_writer_text(writer, check->holds ? "yes" : "no");
    table_writer_text(writer, check->of->what);
    table_writer_number(writer, check->of->value);
    table_writer_text(writer, check->of->units);
    table_writer_text(writer, check->of->place);
    table_writer_text(writer, check->is);
    table_writer_number(writer, check->made);
    table_writer_number(writer, check->low);
    table_writer_number(writer, check->high);
    table_writer_text(writer, check->to);
    table_writer_text(writer, printed_places(check, places, sizeof places));
    table_writer_number(writer, check->of->value - check->made);
    table_writer_number(writer, (check->of->value / check->made - 1) * 100);
    table_writer_text(writer, is_exchanged ? check->label->what : NULL);
    table_writer_text(writer, paper->paper);
}

enum status checks_rows(const struct inventory_output *output, struct table_writer *writer)
{
    const struct inventory_model *model = output->results->model;
    for (int i = 0; i < model->paper_count; i++) {
        const struct printed *paper = &model->papers[i];
        for (int holds = 0; holds < 2; holds++) { /* contradictions first */
            for (size_t k = 0; k < paper->check_count; k++) {
                if (paper->checks[k].holds == (holds == 1)) {
                    write_check(paper, &paper->checks[k], writer);
                }
            }
        }
    }
    return STATUS_OK;
}
