/* airshed -- GPL-3.0-or-later. Series, bars and boxes, drawn with GMT. */
#include "report/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart_internal.h"

static const char *const pens[CHART_LINES_MAX] = {"1.6p,0/114/178", "1.6p,213/94/0,6_3",
                                                  "1.6p,0/158/115,2_2", "1.6p,204/121/167,8_2_2_2"};
/* Of thousands of values: dashes would be lost, so lines differ in lightness. */
static const char *const thin_pens[CHART_LINES_MAX] = {"0.5p,0/114/178", "0.5p,230/159/0",
                                                       "0.5p,0/0/0", "0.5p,204/121/167"};

enum {
    LONG_LINE = 1000,
    FEW_YEARS = 15
};
static const char *const marks[CHART_LINES_MAX] = {"c6p", "s6p", "t7p", "d7p"};
static const char *const fills[CHART_LINES_MAX] = {"0/114/178", "213/94/0", "0/158/115",
                                                   "204/121/167"};

const char *chart_pen(int i)
{
    return pens[i];
}

const char *chart_mark(int i)
{
    return marks[i];
}

const char *chart_fill(int i)
{
    return fills[i];
}

void chart_range_add(struct chart_range *range, double value)
{
    if (isfinite(value)) {
        range->low = range->is_known ? fmin(range->low, value) : value;
        range->high = range->is_known ? fmax(range->high, value) : value;
        range->is_known = true;
    }
}

void chart_range_widen(struct chart_range *range, double share)
{
    double width = range->high - range->low;
    if (!range->is_known) {
        *range = (struct chart_range){0, 1, true};
        return;
    }
    width = width > 0 ? width : fmax(fabs(range->high), 1);
    range->low -= share * width;
    range->high += share * width;
}

enum status chart_nothing(struct figure *figure, const char *title)
{
    enum status status;
    char label[CHART_LABEL_BYTES];
    FILE *file = NULL;
    TRY(figure_file(figure, "nothing", &file));
    fputs("0.5 0.5 no values to draw\n", file);
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "basemap\n-R0/1/0/1\n-JX12c/3c\n-B+t%s",
                    figure_label(title, label, CHART_LABEL_BYTES)));
    TRY(figure_call(figure, "text\nnothing\n-F+f11p"));
done:
    return status;
}

/* ---- series ------------------------------------------------------------------------------- */

static enum status write_line(struct figure *figure, const char *name,
                              const struct chart_line *line)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, name, &file));
    for (int64_t i = 0; i < line->count; i++) {
        if (isfinite(line->x[i]) && isfinite(line->y[i])) {
            fprintf(file, "%.10g %.9g\n", line->x[i], line->y[i]);
        } else {
            fputs(">\n", file);
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_line(struct figure *figure, const struct chart_series *series, int i,
                             int columns)
{
    enum status status;
    char name[16], beside[16] = "";
    char label[CHART_LABEL_BYTES];
    snprintf(name, sizeof name, "line%d", i);
    TRY(write_line(figure, name, &series->lines[i]));
    bool has_legend = series->line_count > 1;
    if (columns > 0 && i == 0) {
        snprintf(beside, sizeof beside, "+N%d", columns);
    }
    const char *pen = series->lines[i].count > LONG_LINE ? thin_pens[i] : pens[i];
    TRY(figure_call(figure, "plot\n%s\n-W%s%s%s%s", name, pen, has_legend ? "\n-l" : "",
                    has_legend ? figure_label(series->lines[i].name, label, CHART_LABEL_BYTES) : "",
                    has_legend ? beside : ""));
    if (series->has_marks) {
        TRY(figure_call(figure, "plot\n%s\n-S%s\n-Gwhite\n-W1.2p", name, marks[i]));
    }
done:
    return status;
}

void chart_series_ranges(const struct chart_series *series, struct chart_range *x,
                         struct chart_range *y)
{
    for (int i = 0; i < series->line_count; i++) {
        const struct chart_line *line = &series->lines[i];
        for (int64_t j = 0; j < line->count; j++) {
            if (isfinite(line->y[j])) {
                chart_range_add(x, line->x[j]);
                chart_range_add(y, line->y[j]);
            }
        }
    }
    if (series->has_zero && y->is_known) {
        chart_range_add(y, 0);
    }
}

enum status chart_series_lines(struct figure *figure, const struct chart_series *series,
                               int columns)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < series->line_count; i++) {
        TRY(draw_line(figure, series, i, columns));
    }
done:
    return status;
}

enum status chart_series(struct figure *figure, const struct chart_series *series)
{
    enum status status;
    struct chart_range x = {0}, y = {0};
    char title[CHART_LABEL_BYTES], x_label[CHART_LABEL_BYTES], y_label[CHART_LABEL_BYTES];
    chart_series_ranges(series, &x, &y);
    if (!x.is_known) {
        return chart_nothing(figure, series->title);
    }
    chart_range_widen(&x, 0.02);
    chart_range_widen(&y, 0.08);
    TRY(figure_call(
        figure, "basemap\n-R%.10g/%.10g/%.9g/%.9g\n-JX16c/7c\n-BWSrt+t%s\n-Bx%s+l%s\n-Byafg+l%s",
        x.low, x.high, y.low, y.high, figure_label(series->title, title, CHART_LABEL_BYTES),
        series->has_years && x.high - x.low < FEW_YEARS ? "a1" : "af",
        figure_label(series->x_label, x_label, CHART_LABEL_BYTES),
        figure_label(series->y_label, y_label, CHART_LABEL_BYTES)));
    TRY(chart_series_lines(figure, series, series->line_count > 2 ? 2 : series->line_count));
    if (series->line_count > 1) {
        TRY(figure_call(figure, "legend\n-DJBC+jTC+w13c+o0c/1.3c"));
    }
done:
    return status;
}

/* ---- bars and boxes ----------------------------------------------------------------------- */

enum status chart_names(struct figure *figure, int64_t count,
                        const char *(*name)(const void *, int64_t), const void *context)
{
    enum status status;
    char label[CHART_LABEL_BYTES];
    FILE *file = NULL;
    TRY(figure_file(figure, "names", &file));
    for (int64_t i = 0; i < count; i++) {
        const char *text = name(context, i);
        figure_label(text, label, CHART_LABEL_BYTES);
        if (!figure_can_print(text)) {
            snprintf(label, sizeof label, "row %lld", (long long)i + 1);
        }
        fprintf(file, "%lld a %s\n", (long long)i + 1, label);
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

enum status chart_categories(struct figure *figure, const struct chart_range *range, int64_t count,
                             const char *title, const char *label)
{
    enum status status;
    char title_label[CHART_LABEL_BYTES], axis_label[CHART_LABEL_BYTES];
    TRY(figure_call(
        figure, "basemap\n-R%.9g/%.9g/0.4/%.9g\n-JX13c/-%.9gc\n-BWSrt+t%s\n-Bxafg+l%s\n-Bycnames",
        range->low, range->high, (double)count + 0.6, 0.65 * (double)count + 0.6,
        figure_label(title, title_label, CHART_LABEL_BYTES),
        figure_label(label, axis_label, CHART_LABEL_BYTES)));
done:
    return status;
}

static const char *bar_name(const void *context, int64_t i)
{
    return ((const struct chart_bars *)context)->names[i];
}

enum status chart_bars(struct figure *figure, const struct chart_bars *bars)
{
    enum status status;
    struct chart_range range = {0};
    FILE *file = NULL;
    for (int64_t i = 0; i < bars->count; i++) {
        chart_range_add(&range, bars->values[i]);
    }
    if (!range.is_known) {
        return chart_nothing(figure, bars->title);
    }
    chart_range_add(&range, 0);
    chart_range_widen(&range, 0.04);
    TRY(chart_names(figure, bars->count, bar_name, bars));
    TRY(chart_categories(figure, &range, bars->count, bars->title, bars->label));
    TRY(figure_file(figure, "bars", &file));
    for (int64_t i = 0; i < bars->count; i++) {
        if (isfinite(bars->values[i])) {
            fprintf(file, "%.9g %lld\n", bars->values[i], (long long)i + 1);
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\nbars\n-SB0.7u+b0\n-G0/114/178\n-W0.4p"));
done:
    return status;
}

static const char *box_name(const void *context, int64_t i)
{
    return ((const struct chart_boxes *)context)->boxes[i].name;
}

static bool box_is_known(const struct chart_box *box)
{
    return isfinite(box->median) && isfinite(box->low) && isfinite(box->q1) && isfinite(box->q3) &&
           isfinite(box->high);
}

static enum status write_boxes(struct figure *figure, const struct chart_boxes *boxes)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "boxes", &file));
    for (int64_t i = 0; i < boxes->count; i++) {
        const struct chart_box *box = &boxes->boxes[i];
        if (box_is_known(box)) {
            fprintf(file, "%.9g %lld %.9g %.9g %.9g %.9g\n", box->median, (long long)i + 1,
                    box->low, box->q1, box->q3, box->high);
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

enum status chart_boxes(struct figure *figure, const struct chart_boxes *boxes)
{
    enum status status;
    struct chart_range range = {0};
    for (int64_t i = 0; i < boxes->count; i++) {
        if (box_is_known(&boxes->boxes[i])) {
            chart_range_add(&range, boxes->boxes[i].low);
            chart_range_add(&range, boxes->boxes[i].high);
        }
    }
    if (!range.is_known) {
        return chart_nothing(figure, boxes->title);
    }
    chart_range_widen(&range, 0.04);
    TRY(chart_names(figure, boxes->count, box_name, boxes));
    TRY(chart_categories(figure, &range, boxes->count, boxes->title, boxes->label));
    TRY(write_boxes(figure, boxes));
    TRY(figure_call(figure, "plot\nboxes\n-EX+w8p\n-G230/159/0\n-W0.8p"));
done:
    return status;
}
