/* airshed -- GPL-3.0-or-later. The page of a report around its sections. */
#include "page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "io/provenance.h"

enum {
    WHY_BYTES = 256
};

static void begin_section(struct text *html, const char *id, const char *title)
{
    text_add_format(html, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
    html_text(html, title);
    text_add(html, "</h2>\n");
}

static void end_section(struct text *html)
{
    text_add(html, "</section>\n");
}

static bool is_shown(const struct report_page *page, const struct section *section)
{
    for (int64_t i = 0; i < page->part_count; i++) {
        if (page->parts[i].section == section) {
            return true;
        }
    }
    return false;
}

static bool is_of_inventory(const struct section *section)
{
    return strcmp(section->command, "inventory") == 0;
}

/* A page of an inventory does not list what maps of pollution have, nor the other way round. */
static bool is_expected(const struct report_page *page, const struct section *section)
{
    bool has_others = false, has_kin = false;
    for (int64_t i = 0; i < page->part_count; i++) {
        bool is_kin = is_of_inventory(page->parts[i].section) == is_of_inventory(section);
        has_kin = has_kin || is_kin;
        has_others = has_others || !is_kin;
    }
    return has_kin || !(has_others || is_of_inventory(section));
}

static bool is_only_inventory(const struct report_page *page)
{
    bool is_only = page->part_count > 0;
    for (int64_t i = 0; i < page->part_count; i++) {
        is_only = is_only && is_of_inventory(page->parts[i].section);
    }
    return is_only;
}

/* ---- contents ----------------------------------------------------------------------------- */

static void add_link(struct text *html, const char *id, const char *title)
{
    text_add_format(html, "<li><a href=\"#%s\">", id);
    html_text(html, title);
    text_add(html, "</a></li>\n");
}

static void write_contents(const struct report_page *page, struct text *html)
{
    text_add(html, "<nav aria-label=\"Contents\">\n<ul>\n");
    add_link(html, "overview", "What is here, and what is not");
    for (const struct section *section = report_sections; section->id != NULL; section++) {
        if (is_shown(page, section)) {
            add_link(html, section->id, section->title);
        }
    }
    add_link(html, "printed", "Printed and recomputed numbers");
    add_link(html, "readings", "What was run, with which readings");
    add_link(html, "provenance", "Provenance");
    text_add(html, "</ul>\n</nav>\n</header>\n<main id=\"main\">\n");
}

static void write_overview(const struct report_page *page, struct text *html)
{
    begin_section(html, "overview", "What is here, and what is not");
    html_table_begin(html, "Parts of the report");
    html_table_head(html, "part", false);
    html_table_head(html, "of the paper", false);
    html_table_head(html, "state", false);
    html_table_body(html);
    for (const struct section *section = report_sections; section->id != NULL; section++) {
        char state[WHY_BYTES];
        bool shown = is_shown(page, section);
        if (!is_expected(page, section)) {
            continue;
        }
        snprintf(state, sizeof state, shown ? "shown" : "not in this run: airshed %s makes it",
                 strcmp(section->command, "run") == 0 ? "run --readings" : section->command);
        html_table_row(html);
        html_table_row_head(html, section->title);
        html_table_cell(html, section->paper);
        html_table_cell(html, state);
        html_table_row_end(html);
    }
    html_table_end(html);
    end_section(html);
}

static void write_parts(const struct report_page *page, struct text *html)
{
    const struct section *last = NULL;
    for (int64_t i = 0; i < page->part_count; i++) {
        const struct report_part *part = &page->parts[i];
        if (part->section != last) {
            begin_section(html, part->section->id, part->section->title);
            if (part->section->paper[0] != '\0') {
                html_paragraph(html, "In the paper: %s.", part->section->paper);
            }
        }
        last = part->section;
        text_add(html, "<h3>From ");
        html_text(html, path_name(part->product->output));
        text_add(html, "</h3>\n");
        text_add(html, page->written[i]);
        if (i + 1 == page->part_count || page->parts[i + 1].section != last) {
            end_section(html);
        }
    }
}

/* ---- printed numbers ---------------------------------------------------------------------- */

static enum status write_numbers(const struct report_page *page, struct text *html)
{
    enum status status = STATUS_OK;
    html_table_begin(html, "Printed and recomputed");
    html_table_head(html, "quantity", false);
    html_table_head(html, "place in the paper", false);
    html_table_head(html, "printed", true);
    html_table_head(html, "recomputed", true);
    html_table_head(html, "units", false);
    html_table_head(html, "remark", false);
    html_table_body(html);
    for (size_t i = 0; i < page->printed->number_count; i++) {
        const struct printed_number *number = &page->printed->numbers[i];
        char why[WHY_BYTES] = "";
        double value;
        TRY(report_recompute(page->view, number, &value, why, sizeof why));
        html_table_row(html);
        html_table_row_head(html, number->what);
        html_table_cell(html, number->place);
        text_add_format(html, "<td class=\"n\">%s</td>", number->text);
        html_table_number(html, value);
        html_table_cell(html, number->units);
        html_table_cell(html, why);
        html_table_row_end(html);
    }
    html_table_end(html);
done:
    return status;
}

static void write_check(const struct printed_check *check, struct text *html)
{
    char range[256], what[32];
    snprintf(range, sizeof range, "%.5g to %.5g", check->low, check->high);
    if (check->label != NULL && !check->holds) {
        snprintf(range, sizeof range, "%.5g to %.5g; the printed number fits '%s'", check->low,
                 check->high, check->label->what);
    }
    snprintf(what, sizeof what, "%s", check->is);
    for (char *byte = what; *byte != '\0'; byte++) {
        *byte = *byte == '_' ? ' ' : *byte;
    }
    html_table_row(html);
    html_table_row_head(html, check->what);
    html_table_cell(html, check->of->what);
    text_add_format(html, "<td class=\"n\">%s</td>", check->of->text);
    html_table_cell(html, what);
    html_table_cell(html, range);
    html_table_row_end(html);
}

static void write_checks(const struct printed *printed, bool hold, const char *caption,
                         struct text *html)
{
    html_table_begin(html, caption);
    html_table_head(html, "check", false);
    html_table_head(html, "printed quantity", false);
    html_table_head(html, "printed", true);
    html_table_head(html, "should be", false);
    html_table_head(html, "what the other printed numbers come to", false);
    html_table_body(html);
    for (size_t i = 0; i < printed->check_count; i++) {
        if (printed->checks[i].holds == hold) {
            write_check(&printed->checks[i], html);
        }
    }
    html_table_end(html);
}

static enum status write_printed(const struct report_page *page, struct text *html)
{
    enum status status = STATUS_OK;
    begin_section(html, "printed", "Printed and recomputed numbers");
    if (page->printed == NULL) {
        html_paragraph(html, "No file of printed numbers was given: --printed "
                             "configs/paper-p2.yaml holds those of the paper.");
    } else {
        html_paragraph(
            html,
            "Numbers printed in: %s. Recomputed are those of this run's region, with this "
            "run's input; they can equal the printed ones only where both are the "
            "paper's. A printed number stands for all numbers that round to it.",
            page->printed->paper);
        TRY(write_numbers(page, html));
        text_add(html, "<h3 id=\"contradictions\">Printed numbers that cannot both be true</h3>\n");
        write_checks(page->printed, false, "Contradictions among printed numbers", html);
        text_add(html, "<h3>Printed numbers that agree</h3>\n");
        write_checks(page->printed, true, "Checks that hold", html);
    }
    end_section(html);
done:
    return status;
}

/* ---- readings and provenance -------------------------------------------------------------- */

static void write_readings(const struct report_page *page, struct text *html)
{
    const struct products *products = page->view->products;
    begin_section(html, "readings", "What was run, with which readings");
    html_paragraph(html,
                   "Every option that can change a result, with its value in force. Inputs and "
                   "outputs are under provenance.");
    for (int64_t i = 0; i < products->count; i++) {
        const struct product *product = &products->item[i];
        char caption[WHY_BYTES];
        snprintf(caption, sizeof caption, "%s: %.200s", product->command,
                 path_name(product->output));
        html_table_begin(html, caption);
        html_table_head(html, "option", false);
        html_table_head(html, "value", false);
        html_table_body(html);
        for (size_t option = 0; option < product->names.count; option++) {
            html_table_row(html);
            html_table_row_head(html, product->names.items[option]);
            html_table_cell(html, product->values_of.items[option]);
            html_table_row_end(html);
        }
        html_table_end(html);
    }
    end_section(html);
}

static void write_origin(const struct product *product, bool has_history, struct text *html)
{
    html_table_row(html);
    html_table_row_head(html, path_name(product->output));
    html_table_cell(html, product->command);
    html_table_cell(html, product->version);
    text_add_format(html, "<td class=\"n\">%lld</td>", (long long)product->seed);
    text_add_format(html, "<td class=\"n\">%lld</td>", (long long)product->values);
    text_add_format(html, "<td class=\"n\">%lld</td>", (long long)product->missing);
    if (has_history) {
        text_add_format(html, "<td class=\"n\">%lld</td>", (long long)product->ranks);
        html_table_cell(html, product->start);
    }
    html_table_cell(html, product->is_intact ? "as made" : "CHANGED since it was made");
    html_table_row_end(html);
}

static void write_warnings(const struct products *products, struct text *html)
{
    for (int64_t i = 0; i < products->count; i++) {
        for (size_t warning = 0; warning < products->item[i].warnings.count; warning++) {
            html_paragraph(html, "Warning while %s was made: %s",
                           path_name(products->item[i].output),
                           products->item[i].warnings.items[warning]);
        }
    }
}

/* With --no-history what differs between equal runs is left out (C.17). */
static void write_provenance(const struct report_page *page, struct text *html)
{
    bool has_history = !page->view->job->no_history;
    const struct products *products = page->view->products;
    begin_section(html, "provenance", "Provenance");
    html_table_begin(html, "Products");
    static const char *const heads[] = {"product", "command", "version"};
    for (int i = 0; i < 3; i++) {
        html_table_head(html, heads[i], false);
    }
    html_table_head(html, "seed", true);
    html_table_head(html, "values", true);
    html_table_head(html, "missing", true);
    if (has_history) {
        html_table_head(html, "ranks", true);
        html_table_head(html, "begun (UTC)", false);
    }
    html_table_head(html, "files", false);
    html_table_body(html);
    for (int64_t i = 0; i < products->count; i++) {
        write_origin(&products->item[i], has_history, html);
    }
    html_table_end(html);
    write_warnings(products, html);
    if (has_history) {
        html_paragraph(html, "Report by %s, command line: %s", provenance_program(),
                       page->view->job->command_line);
    }
    html_paragraph(html,
                   "Figures by GMT. Coasts and borders of countries: GSHHG and WDBII as GMT "
                   "brings them; they take no side in disputes. Borders of zones: the file that "
                   "was given.");
    end_section(html);
}

enum status report_page_write(const struct report_page *page, struct text *html)
{
    enum status status;
    html_begin(html, page->title);
    html_paragraph(
        html,
        "%s Everything is inside this file; figures lie beside it as PNG and PDF in the folder %s.",
        is_only_inventory(page)
            ? "An emission inventory: the products of one run of airshed."
            : "Where pollution comes from: the products of one run of airshed, after Zeng et al., "
              "Atmosphere 15, 131, 2024.",
        page->view->figures);
    write_contents(page, html);
    write_overview(page, html);
    write_parts(page, html);
    TRY(write_printed(page, html));
    write_readings(page, html);
    write_provenance(page, html);
    html_end(html);
done:
    return status;
}
