/* airshed -- GPL-3.0-or-later. What the diagrams share: colours, labels, numbers. */
#include "report/diagram.h"

#include <math.h>
#include <string.h>

#include "diagram_internal.h"

static const char *const colours[DIAGRAM_GROUPS_MAX] = {
    "0/114/178",  "230/159/0", "0/158/115", "204/121/167",
    "86/180/233", "213/94/0",  "240/228/66", "60/60/60"};

const char *diagram_colour(int group)
{
    return group >= 0 && group < DIAGRAM_GROUPS_MAX ? colours[group] : "170/170/170";
}

const char *diagram_amount(double amount, char text[32])
{
    double size = fabs(amount);
    snprintf(text, 32, size >= 1000 ? "%.0f" : size >= 10 ? "%.4g" : "%.2g", amount);
    return text;
}

void diagram_spread(double *at, int count, double gap, double low, double high)
{
    for (int i = 0; i < count; i++) {
        at[i] = fmax(at[i], i > 0 ? at[i - 1] + gap : low);
    }
    for (int i = count - 1; i >= 0; i--) {
        at[i] = fmin(at[i], i < count - 1 ? at[i + 1] - gap : high);
    }
}

enum status diagram_labels_begin(struct figure *figure, FILE **file)
{
    return figure_file(figure, "labels", file);
}

enum status diagram_labels_draw(struct figure *figure, FILE **file, bool has_box)
{
    enum status status;
    TRY(figure_file_close(figure, file));
    TRY(figure_call(figure, "text\nlabels\n-F+f+j\n-N%s", has_box ? "\n-Gwhite@20\n-C1.5p/1p" : ""));
done:
    return status;
}

void diagram_label(FILE *file, double x, double y, const char *font, const char *justify,
                   const char *text)
{
    char label[CHART_LABEL_BYTES];
    fprintf(file, "%.6g %.6g %s %s %s\n", x, y, font, justify,
            figure_label(text, label, CHART_LABEL_BYTES));
}

void diagram_rectangle(FILE *file, const char *fill, double west, double east, double south,
                       double north)
{
    fprintf(file, "> -G%s\n%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n", fill, west, south, east,
            south, east, north, west, north);
}

int diagram_legend(FILE *boxes, FILE *labels, const char *const *groups, int count, double x,
                   double y, double width)
{
    int rows = 1;
    double at = x;
    for (int i = 0; i < count; i++) {
        double needs = 0.75 + 0.19 * (double)strlen(groups[i]);
        if (at > x && at + needs > x + width) {
            at = x;
            y -= 0.5;
            rows++;
        }
        diagram_rectangle(boxes, diagram_colour(i), at, at + 0.3, y - 0.15, y + 0.15);
        diagram_label(labels, at + 0.4, y, "9p,Helvetica,black", "LM", groups[i]);
        at += needs;
    }
    return rows;
}

double diagram_step(double width, double parts)
{
    double power = pow(10, floor(log10(width / parts)));
    double times = width / parts / power;
    return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}
