/* airshed -- GPL-3.0-or-later. Statistics against draws, and data beside fitted curves, drawn with GMT. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "diagram_internal.h"

/* Room for axes and a legend, cm. */
#define WEST 2.0
#define SOUTH 4.0

/* ---- convergence -------------------------------------------------------------------------- */

/* The band covers what errors are known of, and nothing where that is one point at most. */
static enum status write_band(struct figure *figure, const struct diagram_fan *fan,
                              const struct diagram_fan_line *line, bool *has_band)
{
    enum status status;
    FILE *file = NULL;
    int64_t known = 0;
    TRY(figure_file(figure, "band", &file));
    for (int64_t i = 0; i < fan->count; i++) {
        if (isfinite(line->error[i])) {
            fprintf(file, "%.9g %.9g\n", fan->x[i], line->value[i] - line->error[i]);
            known++;
        }
    }
    for (int64_t i = fan->count - 1; i >= 0; i--) {
        if (isfinite(line->error[i])) {
            fprintf(file, "%.9g %.9g\n", fan->x[i], line->value[i] + line->error[i]);
        }
    }
    *has_band = known > 1;
    TRY(figure_file_close(figure, &file));
    TRY(figure_file(figure, "line", &file));
    for (int64_t i = 0; i < fan->count; i++) {
        fprintf(file, "%.9g %.9g\n", fan->x[i], line->value[i]);
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

enum status diagram_fan(struct figure *figure, const struct diagram_fan *fan)
{
    enum status status;
    struct chart_range range = {0};
    char title[CHART_LABEL_BYTES], x_label[CHART_LABEL_BYTES], y_label[CHART_LABEL_BYTES];
    char fill[16];
    for (int k = 0; k < fan->line_count; k++) {
        for (int64_t i = 0; i < fan->count; i++) {
            chart_range_add(&range, fan->lines[k].value[i]);
            chart_range_add(&range, fan->lines[k].value[i] - fan->lines[k].error[i]);
            chart_range_add(&range, fan->lines[k].value[i] + fan->lines[k].error[i]);
        }
    }
    if (!range.is_known || fan->count < 2) {
        return chart_nothing(figure, fan->title);
    }
    chart_range_widen(&range, 0.06);
    TRY(figure_call(figure, "basemap\n-R%.9g/%.9g/%.9g/%.9g\n-JX14cl/8c\n-BWSrt+t%s\n-Bxa2f3g1+l%s\n-Byafg+l%s",
                    fan->x[0], fan->x[fan->count - 1], range.low, range.high,
                    figure_label(fan->title, title, CHART_LABEL_BYTES),
                    figure_label(fan->x_label, x_label, CHART_LABEL_BYTES),
                    figure_label(fan->y_label, y_label, CHART_LABEL_BYTES)));
    for (int k = 0; k < fan->line_count; k++) {
        bool has_band;
        TRY(write_band(figure, fan, &fan->lines[k], &has_band));
        if (has_band) {
            TRY(figure_call(figure, "plot\nband\n-L\n-G%s", diagram_tint(chart_fill(k), fill)));
        }
        TRY(figure_call(figure, "plot\nline\n-W%s\n-l%s%s", chart_pen(k),
                        figure_label(fan->lines[k].name, title, CHART_LABEL_BYTES),
                        k == 0 ? "+N4" : ""));
        TRY(figure_call(figure, "plot\nline\n-S%s\n-Gwhite\n-W1p\n-N", chart_mark(k)));
    }
    TRY(figure_call(figure, "legend\n-DJBC+jTC+o0c/1.4c+w13c\n-F+gwhite+p0.4p"));
done:
    return status;
}

/* ---- fits --------------------------------------------------------------------------------- */

enum { BINS_MAX = 40 };

/* Classes as wide as Freedman and Diaconis (1981) have them. */
static int bins_of(const struct diagram_fit *fit)
{
    double range = fit->values[fit->count - 1] - fit->values[0];
    double quartiles = fit->values[3 * fit->count / 4] - fit->values[fit->count / 4];
    double width = 2 * quartiles / cbrt((double)fit->count);
    double bins = width > 0 ? ceil(range / width) : 5;
    return (int)fmin(fmax(bins, 4), BINS_MAX);
}

static enum status write_histogram(struct figure *figure, const struct diagram_fit *fit,
                                   double *highest)
{
    enum status status;
    FILE *file = NULL;
    int bins = bins_of(fit);
    double low = fit->values[0], width = (fit->values[fit->count - 1] - low) / bins;
    double counts[BINS_MAX] = {0};
    for (int64_t i = 0; i < fit->count; i++) {
        int bin = (int)fmin(floor((fit->values[i] - low) / width), bins - 1);
        counts[bin] += 1 / ((double)fit->count * width);
    }
    TRY(figure_file(figure, "histogram", &file));
    for (int bin = 0; bin < bins; bin++) {
        *highest = fmax(*highest, counts[bin]);
        if (counts[bin] > 0) {
            diagram_rectangle(file, "200/200/200", low + bin * width, low + (bin + 1) * width, 0,
                              counts[bin]);
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_curve(struct figure *figure, const struct diagram_fit *fit, int number,
                              bool is_density, double x)
{
    enum status status;
    FILE *file = NULL;
    char label[CHART_LABEL_BYTES];
    const struct diagram_curve *curve = &fit->curves[number];
    TRY(figure_file(figure, "curve", &file));
    for (int64_t i = 0; i < fit->points; i++) {
        double value = is_density ? curve->density[i] : curve->probability[i];
        if (isfinite(value)) {
            fprintf(file, "%.9g %.9g\n", fit->x[i], value);
        } else {
            fputs(">\n", file);
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\ncurve\n-W%s\n-Xa%gc\n-Ya%gc%s%s%s", chart_pen(number), x, SOUTH,
                    is_density ? "" : "\n-l",
                    is_density ? "" : figure_label(curve->name, label, CHART_LABEL_BYTES),
                    !is_density && number == 0 ? "+N4" : ""));
done:
    return status;
}

static enum status draw_density(struct figure *figure, const struct diagram_fit *fit)
{
    enum status status;
    char label[CHART_LABEL_BYTES];
    double high = 0, histogram = 0;
    TRY(write_histogram(figure, fit, &histogram));
    for (int k = 0; k < fit->curve_count; k++) {
        for (int64_t i = 0; i < fit->points; i++) {
            double value = fit->curves[k].density[i];
            high = isfinite(value) ? fmax(high, value) : high;
        }
    }
    high = fmax(fmin(high, 2.5 * histogram), histogram); /* densities may be infinite at an end */
    TRY(figure_call(figure, "basemap\n-R%.9g/%.9g/0/%.9g\n-JX7.2c/6c\n-Xa%gc\n-Ya%gc\n-BWSrt\n-Bxaf+l%s\n-Byaf+ldensity",
                    fit->x[0], fit->x[fit->points - 1], 1.08 * high, WEST, SOUTH,
                    figure_label(fit->label, label, CHART_LABEL_BYTES)));
    TRY(figure_call(figure, "plot\nhistogram\n-L\n-G200\n-W0.4p,white\n-Xa%gc\n-Ya%gc", WEST, SOUTH));
    for (int k = fit->curve_count - 1; k >= 0; k--) {
        TRY(draw_curve(figure, fit, k, true, WEST));
    }
done:
    return status;
}

static enum status draw_probability(struct figure *figure, const struct diagram_fit *fit)
{
    enum status status;
    const double x = WEST + 9;
    FILE *file = NULL;
    char label[CHART_LABEL_BYTES];
    TRY(figure_file(figure, "data", &file));
    for (int64_t i = 0; i < fit->count; i++) {
        fprintf(file, "%.9g %.9g\n", fit->values[i], ((double)i + 0.5) / (double)fit->count);
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure,
                    "basemap\n-R%.9g/%.9g/0/1\n-JX7.2c/6c\n-Xa%gc\n-Ya%gc\n-BWSrt\n-Bxaf+l%s\n-Byafg+lprobability",
                    fit->x[0], fit->x[fit->points - 1], x, SOUTH,
                    figure_label(fit->label, label, CHART_LABEL_BYTES)));
    TRY(figure_call(figure, "plot\ndata\n-Sc4p\n-G150\n-W0.3p\n-Xa%gc\n-Ya%gc", x, SOUTH));
    for (int k = 0; k < fit->curve_count; k++) {
        TRY(draw_curve(figure, fit, k, false, x));
    }
done:
    return status;
}

enum status diagram_fit(struct figure *figure, const struct diagram_fit *fit)
{
    enum status status;
    FILE *labels = NULL;
    if (fit->count < 2 || !(fit->values[fit->count - 1] > fit->values[0])) {
        return chart_nothing(figure, fit->title);
    }
    TRY(draw_density(figure, fit));
    TRY(draw_probability(figure, fit));
    if (fit->curve_count > 0) {
        TRY(figure_call(figure, "legend\n-R0/16.2/0/1\n-JX16.2c/1c\n-DjBC+jTC+o0c/1.6c+w15c\n-F+gwhite+p0.4p\n-Xa%gc\n-Ya%gc", WEST, SOUTH));
    }
    TRY(diagram_labels_begin(figure, &labels));
    diagram_label(labels, 8.1, 0.3, "12p,Helvetica-Bold,black", "CB", fit->title);
    TRY(figure_file_close(figure, &labels));
    TRY(figure_call(figure, "text\nlabels\n-R0/16.2/0/1\n-JX16.2c/1c\n-F+f+j\n-N\n-Xa%gc\n-Ya%gc", WEST, SOUTH + 6));
done:
    return status;
}
