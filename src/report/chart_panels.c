/* airshed -- GPL-3.0-or-later. Series one below the other on one axis, drawn with GMT. */
#include <stdio.h>

#include "chart_internal.h"
#include "report/chart.h"

#define PANEL_CM 2.4
#define STEP_CM "2.95c"

/* Panels are drawn from the bottom up: GMT's paper ends below the first. */
static enum status draw_panel(struct figure *figure, const struct chart_panels *panels, int number,
                              const struct chart_range *x)
{
    enum status status;
    const struct chart_series *series = &panels->panels[number];
    bool is_bottom = number == panels->count - 1, is_top = number == 0;
    struct chart_range own = {0}, y = {0};
    char title[CHART_LABEL_BYTES], x_label[CHART_LABEL_BYTES], y_label[CHART_LABEL_BYTES];
    char frame[2 * CHART_LABEL_BYTES], axis[2 * CHART_LABEL_BYTES];
    chart_series_ranges(series, &own, &y);
    bool has_values = y.is_known;
    chart_range_widen(&y, 0.1);
    snprintf(frame, sizeof frame, "-BW%srt%s%s", is_bottom ? "S" : "s", is_top ? "+t" : "",
             is_top ? figure_label(panels->title, title, CHART_LABEL_BYTES) : "");
    snprintf(axis, sizeof axis, "-Bxaf%s%s", is_bottom ? "+l" : "",
             is_bottom ? figure_label(panels->x_label, x_label, CHART_LABEL_BYTES) : "");
    TRY(figure_call(figure, "basemap\n-R%.10g/%.10g/%.9g/%.9g\n-JX17c/%.2fc\n%s\n%s\n-Byafg+l%s%s",
                    x->low, x->high, y.low, y.high, PANEL_CM, frame, axis,
                    figure_label(series->y_label, y_label, CHART_LABEL_BYTES),
                    is_bottom ? "" : "\n-Y" STEP_CM));
    TRY(chart_series_lines(figure, series, series->line_count));
    if (series->line_count > 1 && has_values) {
        TRY(figure_call(figure, "legend\n-DjTR+jBR+w%dc+o0c/0.02c\n--FONT_ANNOT_PRIMARY=8p",
                        (series->line_count > 2 ? 4 : 5) * series->line_count));
    }
done:
    return status;
}

enum status chart_panels(struct figure *figure, const struct chart_panels *panels)
{
    enum status status = STATUS_OK;
    struct chart_range x = {0}, y = {0};
    for (int i = 0; i < panels->count; i++) {
        chart_series_ranges(&panels->panels[i], &x, &y);
    }
    if (!x.is_known) {
        return chart_nothing(figure, panels->title);
    }
    chart_range_widen(&x, 0.01);
    for (int i = panels->count - 1; i >= 0; i--) {
        TRY(draw_panel(figure, panels, i, &x));
    }
done:
    return status;
}
