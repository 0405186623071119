/* airshed -- GPL-3.0-or-later. Section of a report: how the share moves with the readings of a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/text.h"
#include "io/table.h"
#include "sections.h"

enum {
    ROWS_DRAWN_MAX = 60,
    KINDS = 2 /* readings of a share (P2.46) */
};

static const char *const kinds[KINDS] = {"share_ratio_of_means", "share_mean_of_ratios"};
static const char *const kind_titles[KINDS] = {"ratio of means", "mean of ratios"};

/* Rows with numbers. */
struct moves {
    struct table *table;
    int64_t count, left_out;
    struct text_list names;
    unsigned char is_default[ROWS_DRAWN_MAX];
    double value[KINDS][ROWS_DRAWN_MAX], low[KINDS][ROWS_DRAWN_MAX], high[KINDS][ROWS_DRAWN_MAX];
    double truth[KINDS]; /* in the cells of the chain; NaN: not known */
};

static const char *cell(const struct table *table, int64_t row, const char *column)
{
    int64_t col = table_find(table, column);
    return col >= 0 ? table_text(table, row, col) : "";
}

static enum status number_of(const struct table *table, int64_t row, const char *kind,
                             const char *ending, double *value)
{
    enum status status;
    char name[64];
    int64_t col;
    snprintf(name, sizeof name, "%s%s", kind, ending);
    TRY(table_column(table, name, &col));
    TRY(table_number(table, row, col, value));
done:
    return status;
}

static bool is_set(const struct table *table, int64_t row, const char *column)
{
    return strcmp(cell(table, row, column), "1") == 0;
}

static enum status name_row(struct moves *moves, int64_t row)
{
    enum status status;
    char name[2 * TABLE_CELL_BYTES + 64];
    const struct table *table = moves->table;
    const char *reading = cell(table, row, "reading");
    if (reading[0] == '\0') {
        TRY(text_list_add(&moves->names, "the chain as it stands"));
        return STATUS_OK;
    }
    snprintf(name, sizeof name, "%.120s: %.120s%s", reading, cell(table, row, "value"),
             is_set(table, row, "is_paper") ? " (paper)" : "");
    TRY(text_list_add(&moves->names, name));
done:
    return status;
}

static enum status add_row(struct moves *moves, int64_t row)
{
    enum status status;
    int64_t at = moves->count;
    if (at == ROWS_DRAWN_MAX) {
        moves->left_out++;
        return STATUS_OK;
    }
    TRY(name_row(moves, row));
    moves->is_default[at] = row == 0 || is_set(moves->table, row, "is_default");
    for (int kind = 0; kind < KINDS; kind++) {
        TRY(number_of(moves->table, row, kinds[kind], "", &moves->value[kind][at]));
        TRY(number_of(moves->table, row, kinds[kind], "_low", &moves->low[kind][at]));
        TRY(number_of(moves->table, row, kinds[kind], "_high", &moves->high[kind][at]));
    }
    moves->count++;
done:
    return status;
}

static enum status moves_read(const char *path, struct moves *moves)
{
    enum status status;
    TRY(table_read(&(struct table_source){.path = path}, &moves->table));
    FAIL_IF(moves->table->rows == 0, STATUS_DATA, "%s: has no rows", path);
    for (int64_t row = 0; row < moves->table->rows; row++) {
        TRY(add_row(moves, row));
    }
    for (int kind = 0; kind < KINDS; kind++) {
        TRY(number_of(moves->table, 0, kinds[kind], "_true", &moves->truth[kind]));
    }
done:
    return status;
}

/* ---- words, figure, table ----------------------------------------------------------------- */

static void tell(struct text *html, const struct moves *moves)
{
    for (int kind = 0; kind < KINDS; kind++) {
        double least = INFINITY, greatest = -INFINITY;
        for (int64_t i = 0; i < moves->count; i++) {
            least = fmin(least, moves->value[kind][i]);
            greatest = fmax(greatest, moves->value[kind][i]);
        }
        html_paragraph(html, "Share as %s: %.2f %% in the chain as it stands, from %.2f %% to %.2f %% "
                             "under other readings.",
                       kind_titles[kind], 100 * moves->value[kind][0], 100 * least, 100 * greatest);
        if (!isnan(moves->truth[kind])) {
            html_paragraph(html, "The region is synthetic: its true share in the same cells is %.2f %%. "
                                 "A reading with areas of its own has a truth of its own, in the table.",
                           100 * moves->truth[kind]);
        }
    }
}

static enum status draw(struct section_work *work, const struct moves *moves)
{
    enum status status;
    struct figure *figure = NULL;
    static const char *const line_names[KINDS] = {"truth (ratio of means)", "truth (mean of ratios)"};
    struct chart_dots dots = {.title = "Share of the sources under several readings",
                              .label = "share (1)",
                              .names = (const char *const *)moves->names.items,
                              .is_filled = moves->is_default,
                              .count = moves->count,
                              .series_count = KINDS};
    for (int kind = 0; kind < KINDS; kind++) {
        dots.series[kind] = (struct chart_dot_series){kind_titles[kind],  moves->value[kind],
                                                      moves->low[kind],   moves->high[kind],
                                                      moves->truth[kind], line_names[kind]};
    }
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_dots(figure, &dots));
    TRY(section_add_picture(work, figure,
                            "Share under each reading with its 95 % interval, one varied at a time unless "
                            "several are named. Full marks: defaults; dashed lines: the truth, where it "
                            "is known.",
                            "Dot chart of the share under each reading; the numbers are in the table below"));
done:
    figure_destroy(&figure);
    return status;
}

static const char *yes(const struct table *table, int64_t row, const char *column)
{
    return is_set(table, row, column) ? "yes" : "";
}

static enum status print_row(struct text *html, const struct table *table, int64_t row)
{
    enum status status = STATUS_OK;
    static const char *const endings[] = {"", "_low", "_high", "_difference", "_true", "_error"};
    const char *reading = cell(table, row, "reading");
    html_table_row(html);
    html_table_row_head(html, reading[0] != '\0' ? reading : "the chain as it stands");
    html_table_cell(html, cell(table, row, "value"));
    html_table_cell(html, yes(table, row, "is_default"));
    html_table_cell(html, yes(table, row, "is_paper"));
    html_table_cell(html, yes(table, row, "is_chain"));
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
            double value;
            TRY(number_of(table, row, kinds[kind], endings[i], &value));
            html_table_number(html, round(1e4 * value) / 1e4);
        }
    }
    html_table_cell(html, cell(table, row, "note"));
    html_table_row_end(html);
done:
    return status;
}

static enum status print_table(struct text *html, const struct moves *moves)
{
    enum status status = STATUS_OK;
    static const char *const texts[] = {"reading", "value", "default", "paper", "in the chain"};
    static const char *const numbers[] = {"", ", low", ", high", ", difference", ", true", ", error"};
    char head[64];
    html_table_begin(html, "Share of the sources under several readings");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        html_table_head(html, texts[i], false);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            snprintf(head, sizeof head, "%s%s", kind_titles[kind], numbers[i]);
            html_table_head(html, head, true);
        }
    }
    html_table_head(html, "note", false);
    html_table_body(html);
    for (int64_t row = 0; row < moves->table->rows; row++) {
        TRY(print_row(html, moves->table, row));
    }
    html_table_end(html);
done:
    return status;
}

enum status section_write_readings(struct section_work *work)
{
    enum status status;
    struct moves *moves = NULL;
    TRY(memory_allocate(1, sizeof *moves, &moves));
    TRY(moves_read(section_table_with(work->product, work->section->column), moves));
    tell(&work->html, moves);
    if (moves->left_out > 0) {
        html_paragraph(&work->html, "The first %d rows are drawn.", ROWS_DRAWN_MAX);
    }
    TRY(draw(work, moves));
    TRY(print_table(&work->html, moves));
done:
    if (moves != NULL) {
        table_destroy(&moves->table);
        text_list_clear(&moves->names);
    }
    free(moves);
    return status;
}
