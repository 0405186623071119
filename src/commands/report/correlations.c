/* airshed -- GPL-3.0-or-later. Section of a report: correlations of groups with indicators (P2.51). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "io/table.h"
#include "sections.h"

static enum status add_once(struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return STATUS_OK;
        }
    }
    return text_list_add(list, text);
}

static bool row_is(const struct table *table, int64_t row, const char *method, const char *group,
                   const char *column)
{
    return strcmp(section_cell(table, row, "method"), method) == 0 &&
           strcmp(section_cell(table, row, "group"), group) == 0 &&
           strcmp(section_cell(table, row, "column"), column) == 0;
}

/* "0.86 * (n = 10)"; a star: p below 0.05. */
static enum status print_cell(struct text *html, const struct table *table, const char *method,
                              const char *group, const char *column)
{
    enum status status = STATUS_OK;
    double r = NAN, p = NAN, n = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        if (row_is(table, row, method, group, column)) {
            TRY(section_number(table, row, "r", &r));
            TRY(section_number(table, row, "p", &p));
            TRY(section_number(table, row, "n", &n));
        }
    }
    if (isnan(r)) {
        html_table_number(html, NAN);
    } else {
        text_add_format(html, "<td class=\"n\">%.2f%s (n = %.0f)</td>", r, p < 0.05 ? " *" : "", n);
    }
done:
    return status;
}

static enum status print_matrix(struct text *html, const struct table *table, const char *method,
                                const struct text_list *groups, const struct text_list *indicators)
{
    enum status status = STATUS_OK;
    char caption[128];
    snprintf(caption, sizeof caption, "Correlation (%s) by group and indicator; *: p below 0.05",
             method);
    html_table_begin(html, caption);
    html_table_head(html, "group", false);
    for (size_t i = 0; i < indicators->count; i++) {
        html_table_head(html, indicators->items[i], true);
    }
    html_table_body(html);
    for (size_t group = 0; group < groups->count; group++) {
        const char *name = groups->items[group];
        html_table_row(html);
        html_table_row_head(html, name[0] != '\0' ? name : "all rows");
        for (size_t i = 0; i < indicators->count; i++) {
            TRY(print_cell(html, table, method, name, indicators->items[i]));
        }
        html_table_row_end(html);
    }
    html_table_end(html);
done:
    return status;
}

enum status section_write_correlations(struct section_work *work)
{
    enum status status;
    struct table *table = NULL;
    struct text_list groups = {0}, indicators = {0}, methods = {0};
    TRY(section_read_table(work, &table));
    for (int64_t row = 0; row < table->rows; row++) {
        TRY(add_once(&groups, section_cell(table, row, "group")));
        TRY(add_once(&indicators, section_cell(table, row, "column")));
        TRY(add_once(&methods, section_cell(table, row, "method")));
    }
    for (size_t i = 0; i < methods.count; i++) {
        TRY(print_matrix(&work->html, table, methods.items[i], &groups, &indicators));
    }
    TRY(section_print_table(&work->html, table->path, path_name(table->path)));
done:
    text_list_clear(&groups);
    text_list_clear(&indicators);
    text_list_clear(&methods);
    table_destroy(&table);
    return status;
}
