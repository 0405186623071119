/* airshed -- GPL-3.0-or-later. Bars in groups, drawn with GMT. */
#include <math.h>

#include "diagram_internal.h"

/* Centimetres on the page. */
#define WIDTH 10.0
#define BAR_STEP 0.5
#define GROUP_GAP 1.3
#define WEST 9.0 /* room for names */
#define SOUTH 2.0

static int bars_of(const struct diagram_bars *bars, int group)
{
    int count = 0;
    for (int i = 0; i < bars->bar_count; i++) {
        count += bars->bars[i].group == group && isfinite(bars->bars[i].value);
    }
    return count;
}

static enum status write_group(struct figure *figure, const struct diagram_bars *bars, int group)
{
    enum status status;
    FILE *file = NULL, *names = NULL;
    char label[CHART_LABEL_BYTES];
    int place = 0;
    TRY(figure_file(figure, "bars", &file));
    TRY(figure_file(figure, "names", &names));
    for (int i = 0; i < bars->bar_count; i++) {
        const struct diagram_bar *bar = &bars->bars[i];
        if (bar->group == group && isfinite(bar->value)) {
            place++;
            diagram_rectangle(file, bar->is_filled ? diagram_colour(group) : "white",
                              fmin(bar->value, 0), fmax(bar->value, 0), place - 0.35, place + 0.35);
            fprintf(names, "%d a %s\n", place, figure_label(bar->name, label, CHART_LABEL_BYTES));
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_file_close(figure, &names));
done:
    return status;
}

static enum status draw_group(struct figure *figure, const struct diagram_bars *bars, int group,
                              const struct chart_range *range, bool is_last, double y)
{
    enum status status;
    char title[CHART_LABEL_BYTES], label[CHART_LABEL_BYTES] = "", axis[CHART_LABEL_BYTES + 8] = "";
    int count = bars_of(bars, group);
    TRY(write_group(figure, bars, group));
    if (is_last) {
        snprintf(axis, sizeof axis, "+l%s", figure_label(bars->label, label, CHART_LABEL_BYTES));
    }
    TRY(figure_call(figure,
                    "basemap\n-R%.9g/%.9g/0.4/%.9g\n-JX%gc/-%gc\n-Xa%gc\n-Ya%gc\n-BW%srt+t%s\n-Bxafg%s\n-Bycnames\n"
                    "--FONT_TITLE=10p,Helvetica-Bold,black\n--MAP_TITLE_OFFSET=3p",
                    range->low, range->high, count + 0.6, WIDTH, BAR_STEP * count + 0.1, WEST, y,
                    is_last ? "S" : "b", figure_label(bars->groups[group], title, CHART_LABEL_BYTES),
                    axis));
    TRY(figure_call(figure, "plot\nbars\n-L\n-G200\n-W0.6p\n-Xa%gc\n-Ya%gc", WEST, y));
done:
    return status;
}

enum status diagram_bars(struct figure *figure, const struct diagram_bars *bars)
{
    enum status status = STATUS_OK;
    struct chart_range range = {0};
    FILE *labels = NULL;
    double y = SOUTH;
    int last = -1;
    for (int i = 0; i < bars->bar_count; i++) {
        chart_range_add(&range, bars->bars[i].value);
    }
    if (!range.is_known) {
        return chart_nothing(figure, bars->title);
    }
    chart_range_add(&range, 0);
    chart_range_widen(&range, 0.05);
    for (int group = 0; group < bars->group_count; group++) {
        last = bars_of(bars, group) > 0 ? group : last;
    }
    for (int group = last; group >= 0; group--) { /* from the bottom up */
        if (bars_of(bars, group) > 0) {
            TRY(draw_group(figure, bars, group, &range, group == last, y));
            y += BAR_STEP * bars_of(bars, group) + 0.1 + GROUP_GAP;
        }
    }
    TRY(diagram_labels_begin(figure, &labels));
    diagram_label(labels, 0, 0.2, "12p,Helvetica-Bold,black", "CB", bars->title);
    TRY(figure_file_close(figure, &labels));
    TRY(figure_call(figure, "text\nlabels\n-R-1/1/0/1\n-JX%gc/1c\n-F+f+j\n-N\n-Xa%gc\n-Ya%gc", WIDTH, WEST,
                    y - 0.4));
done:
    return status;
}
