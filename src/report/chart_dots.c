/* airshed -- GPL-3.0-or-later. Values of categories with their intervals, drawn with GMT. */
#include "report/chart.h"

#include <math.h>
#include <stdio.h>

#include "chart_internal.h"

static const char *name_of(const void *context, int64_t i)
{
    return ((const struct chart_dots *)context)->names[i];
}

/* Vertical place of a value: series of one category stand under one another. */
static double place_of(const struct chart_dots *dots, int series, int64_t i)
{
    double step = dots->series_count > 1 ? 0.3 : 0;
    return (double)i + 1 + step * (series - (dots->series_count - 1) / 2.0);
}

static void find_range(const struct chart_dots *dots, struct chart_range *range)
{
    for (int k = 0; k < dots->series_count; k++) {
        const struct chart_dot_series *series = &dots->series[k];
        for (int64_t i = 0; i < dots->count; i++) {
            if (isfinite(series->value[i])) {
                chart_range_add(range, series->value[i]);
                chart_range_add(range, series->low[i]);
                chart_range_add(range, series->high[i]);
            }
        }
        chart_range_add(range, series->line);
    }
}

static enum status draw_line(struct figure *figure, const struct chart_dots *dots, int k)
{
    enum status status;
    char label[CHART_LABEL_BYTES];
    FILE *file = NULL;
    const struct chart_dot_series *series = &dots->series[k];
    if (!isfinite(series->line)) {
        return STATUS_OK;
    }
    TRY(figure_file(figure, "line", &file));
    fprintf(file, "%.9g 0\n%.9g %.9g\n", series->line, series->line, (double)dots->count + 1);
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\nline\n-W1.2p,%s,%s\n-l%s", chart_fill(k), k == 0 ? "8_3" : "2_2",
                    figure_label(series->line_name, label, CHART_LABEL_BYTES)));
done:
    return status;
}

static enum status draw_intervals(struct figure *figure, const struct chart_dots *dots, int k)
{
    enum status status;
    FILE *file = NULL;
    const struct chart_dot_series *series = &dots->series[k];
    int64_t count = 0;
    TRY(figure_file(figure, "intervals", &file));
    for (int64_t i = 0; i < dots->count; i++) {
        if (isfinite(series->value[i]) && isfinite(series->low[i]) && isfinite(series->high[i])) {
            double place = place_of(dots, k, i);
            fprintf(file, ">\n%.9g %.9g\n%.9g %.9g\n", series->low[i], place, series->high[i],
                    place);
            count++;
        }
    }
    TRY(figure_file_close(figure, &file));
    if (count > 0) {
        TRY(figure_call(figure, "plot\nintervals\n-W1p,%s", chart_fill(k)));
    }
done:
    return status;
}

/* Marks that are full or empty; the legend shows a full one. */
static enum status draw_marks(struct figure *figure, const struct chart_dots *dots, int k,
                              bool is_filled)
{
    enum status status;
    char label[CHART_LABEL_BYTES];
    FILE *file = NULL;
    const struct chart_dot_series *series = &dots->series[k];
    int64_t count = 0;
    TRY(figure_file(figure, "marks", &file));
    for (int64_t i = 0; i < dots->count; i++) {
        if (isfinite(series->value[i]) && (dots->is_filled[i] != 0) == is_filled) {
            fprintf(file, "%.9g %.9g\n", series->value[i], place_of(dots, k, i));
            count++;
        }
    }
    TRY(figure_file_close(figure, &file));
    if (count > 0) {
        TRY(figure_call(figure, "plot\nmarks\n-S%s\n-G%s\n-W1p,%s%s%s", chart_mark(k),
                        is_filled ? chart_fill(k) : "white", chart_fill(k), is_filled ? "\n-l" : "",
                        is_filled ? figure_label(series->name, label, CHART_LABEL_BYTES) : ""));
    }
done:
    return status;
}

enum status chart_dots(struct figure *figure, const struct chart_dots *dots)
{
    enum status status;
    struct chart_range range = {0};
    find_range(dots, &range);
    if (!range.is_known) {
        return chart_nothing(figure, dots->title);
    }
    chart_range_widen(&range, 0.05);
    TRY(chart_names(figure, dots->count, name_of, dots));
    TRY(chart_categories(figure, &range, dots->count, dots->title, dots->label));
    for (int k = 0; k < dots->series_count; k++) {
        TRY(draw_line(figure, dots, k));
    }
    for (int k = 0; k < dots->series_count; k++) {
        TRY(draw_intervals(figure, dots, k));
        TRY(draw_marks(figure, dots, k, false));
        TRY(draw_marks(figure, dots, k, true));
    }
    TRY(figure_call(figure, "legend\n-DJBC+jTC+o0c/1.3c\n-F+gwhite+p0.4p"));
done:
    return status;
}
