/* airshed -- GPL-3.0-or-later. Shares, amounts and series by year, drawn with GMT. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "diagram_internal.h"

/* Centimetres on the page; south is 0. */
#define WIDTH 19.5
#define BARS_WIDTH 7.8
#define BARS_HEIGHT 6.0
#define PANEL_WIDTH 3.3
#define PANEL_HEIGHT 3.4
#define PANEL_STEP_X 6.8
#define PANEL_STEP_Y 5.0
enum { PANELS_A_ROW = 3, LINES_A_PANEL = 6 };

static const char *const line_pens[LINES_A_PANEL] = {"1.5p,0/114/178",      "1.5p,213/94/0,6_3",
                                                     "1.5p,0/158/115,2_2",  "1.5p,204/121/167,8_2_2_2",
                                                     "1.5p,86/180/233,4_2", "1.5p,90/90/90,1_2"};

static double sum_of(const struct diagram_years *years, int year)
{
    double sum = 0;
    for (int group = 0; group < years->group_count; group++) {
        double amount = years->amounts[group * years->year_count + year];
        sum += isnan(amount) ? 0 : amount;
    }
    return sum;
}

/* ---- bars --------------------------------------------------------------------------------- */

static enum status write_bars(struct figure *figure, const struct diagram_years *years,
                              bool are_shares)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "bars", &file));
    for (int year = 0; year < years->year_count; year++) {
        double from = 0, scale = are_shares ? 100 / sum_of(years, year) : 1;
        for (int group = 0; group < years->group_count; group++) {
            double amount = years->amounts[group * years->year_count + year] * scale;
            if (amount > 0 && isfinite(amount)) {
                diagram_rectangle(file, diagram_colour(group), year + 0.65, year + 1.35, from,
                                  from + amount);
                from += amount;
            }
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

/* Names of the years below a frame: all, or every second and so on where they are many. */
static enum status write_years(struct figure *figure, const struct diagram_years *years, int most)
{
    enum status status;
    FILE *file = NULL;
    int stride = (years->year_count + most - 1) / most;
    TRY(figure_file(figure, "years", &file));
    for (int year = 0; year < years->year_count; year++) {
        if (year % stride == 0) {
            fprintf(file, "%d a %s\n", year + 1, years->years[year]);
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_intervals(struct figure *figure, const struct diagram_years *years,
                                  double x, double y)
{
    enum status status;
    FILE *file = NULL, *ends = NULL;
    TRY(figure_file(figure, "intervals", &file));
    TRY(figure_file(figure, "interval_ends", &ends));
    for (int year = 0; year < years->year_count; year++) {
        if (isfinite(years->low[year]) && isfinite(years->high[year])) {
            fprintf(file, ">\n%d %.9g\n%d %.9g\n", year + 1, years->low[year], year + 1,
                    years->high[year]);
            fprintf(ends, "%d %.9g\n%d %.9g\n", year + 1, years->low[year], year + 1,
                    years->high[year]);
        }
    }
    bool is_empty = ftell(file) == 0;
    TRY(figure_file_close(figure, &file));
    TRY(figure_file_close(figure, &ends));
    if (!is_empty) {
        TRY(figure_call(figure, "plot\nintervals\n-W1.3p,black\n-Xa%gc\n-Ya%gc", x, y));
        TRY(figure_call(figure, "plot\ninterval_ends\n-S-6p\n-W1.3p,black\n-Xa%gc\n-Ya%gc", x, y));
    }
done:
    return status;
}

static enum status draw_bars(struct figure *figure, const struct diagram_years *years,
                             bool are_shares, double x, double y)
{
    enum status status;
    double high = 0;
    char units[CHART_LABEL_BYTES], amount[200];
    snprintf(amount, sizeof amount, "amount (%.150s)", years->units);
    for (int year = 0; year < years->year_count; year++) {
        high = fmax(high, fmax(sum_of(years, year), isfinite(years->high[year]) ? years->high[year] : 0));
    }
    TRY(write_years(figure, years, 8));
    TRY(write_bars(figure, years, are_shares));
    TRY(figure_call(figure,
                    "basemap\n-R0.4/%.9g/0/%.9g\n-JX%gc/%gc\n-Xa%gc\n-Ya%gc\n-BWSrt\n-Bxcyears\n-Byafg+l%s",
                    years->year_count + 0.6, are_shares ? 100 : 1.06 * high, BARS_WIDTH, BARS_HEIGHT, x,
                    y, are_shares ? "share (%)" : figure_label(amount, units, CHART_LABEL_BYTES)));
    TRY(figure_call(figure, "plot\nbars\n-L\n-G200\n-W0.4p,white\n-Xa%gc\n-Ya%gc", x, y));
    if (!are_shares) {
        TRY(draw_intervals(figure, years, x, y));
    }
done:
    return status;
}

/* ---- panels of series --------------------------------------------------------------------- */

static double last_of(const struct diagram_years *years, int series)
{
    double last = years->series[series].values[years->year_count - 1];
    return isfinite(last) ? last : 0;
}

/* The largest series of a group, at most so many, the largest first. @return how many; *others: left out */
static int choose_series(const struct diagram_years *years, int group, int chosen[LINES_A_PANEL],
                         int *others)
{
    int count = 0, all = 0;
    for (int i = 0; i < years->series_count; i++) {
        if (years->series[i].group != group) {
            continue;
        }
        int at = count;
        for (; at > 0 && last_of(years, chosen[at - 1]) < last_of(years, i); at--) {
            if (at < LINES_A_PANEL) {
                chosen[at] = chosen[at - 1];
            }
        }
        if (at < LINES_A_PANEL) {
            chosen[at] = i;
        }
        count = count < LINES_A_PANEL ? count + 1 : count;
        all++;
    }
    *others = all - count;
    return count;
}

static enum status draw_line(struct figure *figure, const struct diagram_years *years, int series,
                             const char *pen, double x, double y)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "line", &file));
    for (int year = 0; year < years->year_count; year++) {
        double value = years->series[series].values[year];
        if (isfinite(value)) {
            fprintf(file, "%d %.9g\n", year + 1, value);
        } else {
            fputs(">\n", file);
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\nline\n-W%s\n-Xa%gc\n-Ya%gc", pen, x, y));
    if (years->year_count == 1) {
        TRY(figure_call(figure, "plot\nline\n-Sc5p\n-G0\n-Xa%gc\n-Ya%gc", x, y));
    }
done:
    return status;
}

/* A series' name without that of its group before it, and not longer than there is room for. */
static void shorten(const struct diagram_years *years, const struct diagram_series *series,
                    char name[32])
{
    const char *group = years->groups[series->group];
    size_t length = strlen(group);
    bool has_group = strncmp(series->name, group, length) == 0 && series->name[length] != '\0' &&
                     strchr("._ -", series->name[length]) != NULL;
    const char *own = has_group ? series->name + length + 1 : series->name;
    snprintf(name, 32, strlen(own) > 14 ? "%.12s.." : "%s", own);
}

/* Names at the ends of the lines, in a strip of centimetres right of the panel. */
static enum status label_lines(struct figure *figure, const struct diagram_years *years,
                               const int *chosen, int count, double high, double x, double y)
{
    enum status status;
    double at[LINES_A_PANEL];
    int order[LINES_A_PANEL];
    FILE *labels = NULL, *lines = NULL;
    for (int i = 0; i < count; i++) { /* chosen is from the largest to the smallest at the end */
        order[i] = count - 1 - i;
        at[i] = last_of(years, chosen[order[i]]) / high * PANEL_HEIGHT;
    }
    double ends[LINES_A_PANEL];
    memcpy(ends, at, sizeof at);
    diagram_spread(at, count, 0.4, 0.1, PANEL_HEIGHT - 0.05);
    TRY(figure_file(figure, "ends", &lines));
    TRY(figure_file(figure, "labels", &labels));
    for (int i = 0; i < count; i++) {
        char name[32];
        shorten(years, &years->series[chosen[order[i]]], name);
        diagram_label(labels, 0.3, at[i], "8p,Helvetica,black", "LM", name);
        fprintf(lines, ">\n0 %.6g\n0.25 %.6g\n", ends[i], at[i]);
    }
    TRY(figure_file_close(figure, &lines));
    TRY(figure_file_close(figure, &labels));
    TRY(figure_call(figure, "plot\nends\n-R0/2/0/%g\n-JX2c/%gc\n-W0.4p,90\n-N\n-Xa%gc\n-Ya%gc",
                    PANEL_HEIGHT, PANEL_HEIGHT, x + PANEL_WIDTH, y));
    TRY(figure_call(figure, "text\nlabels\n-F+f+j\n-N\n-Xa%gc\n-Ya%gc", x + PANEL_WIDTH, y));
done:
    return status;
}

static enum status draw_panel(struct figure *figure, const struct diagram_years *years, int group,
                              double x, double y)
{
    enum status status;
    int chosen[LINES_A_PANEL], others = 0;
    int count = choose_series(years, group, chosen, &others);
    double high = 0;
    char title[CHART_LABEL_BYTES], text[300];
    for (int i = 0; i < count; i++) {
        for (int year = 0; year < years->year_count; year++) {
            double value = years->series[chosen[i]].values[year];
            high = isfinite(value) ? fmax(high, value) : high;
        }
    }
    high = high > 0 ? 1.08 * high : 1;
    snprintf(text, sizeof text, others > 0 ? "%.200s (largest)" : "%.200s", years->groups[group]);
    figure_label(text, title, CHART_LABEL_BYTES);
    TRY(write_years(figure, years, 3));
    double margin = years->year_count > 1 ? 0 : 0.5;
    TRY(figure_call(figure,
                    "basemap\n-R%.9g/%.9g/0/%.9g\n-JX%gc/%gc\n-Xa%gc\n-Ya%gc\n-BWSrt+t%s\n-Bxcyears\n-Byafg\n"
                    "--FONT_TITLE=10p,Helvetica-Bold,black\n--MAP_TITLE_OFFSET=3p\n"
                    "--FONT_ANNOT_PRIMARY=8p,Helvetica,black",
                    1 - margin, years->year_count + margin, high, PANEL_WIDTH, PANEL_HEIGHT, x, y,
                    title));
    for (int i = 0; i < count; i++) {
        TRY(draw_line(figure, years, chosen[i], line_pens[i], x, y));
    }
    TRY(label_lines(figure, years, chosen, count, high, x, y));
done:
    return status;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status draw_head(struct figure *figure, const struct diagram_years *years, double y)
{
    enum status status;
    FILE *boxes = NULL, *labels = NULL;
    TRY(figure_file(figure, "boxes", &boxes));
    TRY(figure_file(figure, "labels", &labels));
    int rows = diagram_legend(boxes, labels, years->groups, years->group_count, 1.2, 1.2, WIDTH - 1.5);
    diagram_label(labels, WIDTH / 2, 1.8, "12p,Helvetica-Bold,black", "CB", years->title);
    (void)rows;
    TRY(figure_file_close(figure, &boxes));
    TRY(figure_file_close(figure, &labels));
    TRY(figure_call(figure, "plot\nboxes\n-R0/%g/0/3\n-JX%gc/3c\n-L\n-G200\n-W0.3p\n-N\n-Xa0c\n-Ya%gc",
                    WIDTH, WIDTH, y));
    TRY(figure_call(figure, "text\nlabels\n-F+f+j\n-N\n-Xa0c\n-Ya%gc", y));
done:
    return status;
}

enum status diagram_years(struct figure *figure, const struct diagram_years *years)
{
    enum status status;
    double total = 0;
    for (int year = 0; year < years->year_count; year++) {
        total += sum_of(years, year);
    }
    if (!(total > 0)) {
        return chart_nothing(figure, years->title);
    }
    int rows = (years->group_count + PANELS_A_ROW - 1) / PANELS_A_ROW;
    double bars = 1 + rows * PANEL_STEP_Y + 0.3;
    TRY(draw_bars(figure, years, true, 1.3, bars));
    TRY(draw_bars(figure, years, false, 11.6, bars));
    for (int group = 0; group < years->group_count; group++) {
        TRY(draw_panel(figure, years, group, 1.3 + group % PANELS_A_ROW * PANEL_STEP_X,
                       1 + (rows - 1 - group / PANELS_A_ROW) * PANEL_STEP_Y));
    }
    TRY(draw_head(figure, years, bars + BARS_HEIGHT));
done:
    return status;
}
