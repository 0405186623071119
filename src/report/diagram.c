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

const char *diagram_tint(const char *colour, char text[16])
{
    int part[3] = {128, 128, 128};
    sscanf(colour, "%d/%d/%d", &part[0], &part[1], &part[2]);
    for (int i = 0; i < 3; i++) {
        part[i] = 255 - (255 - part[i]) * 45 / 100;
    }
    snprintf(text, 16, "%d/%d/%d", part[0], part[1], part[2]);
    return text;
}

const char *diagram_amount(double amount, char text[32])
{
    double size = fabs(amount);
    snprintf(text, 32, size >= 1000 ? "%.0f" : size >= 10 ? "%.4g" : "%.2g", amount);
    return text;
}

/* Isotonic regression of the places less their gaps: neighbours that would meet share the mean of what they
 * want, so that labels stay as near as they can (pool adjacent violators). */
void diagram_spread(double *at, int count, double gap, double low, double high)
{
    int size[DIAGRAM_LABELS_MAX], blocks = 0;
    double mean[DIAGRAM_LABELS_MAX];
    count = count < DIAGRAM_LABELS_MAX ? count : DIAGRAM_LABELS_MAX;
    for (int i = 0; i < count; i++) {
        mean[blocks] = at[i] - i * gap;
        size[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
            int both = size[blocks - 2] + size[blocks - 1];
            mean[blocks - 2] =
                (mean[blocks - 2] * size[blocks - 2] + mean[blocks - 1] * size[blocks - 1]) / both;
            size[--blocks - 1] = both;
        }
    }
    for (int block = 0, i = 0; block < blocks; block++) {
        double place = fmax(fmin(mean[block], high - (count - 1) * gap), low);
        for (int k = 0; k < size[block]; k++, i++) {
            at[i] = place + i * gap;
        }
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
