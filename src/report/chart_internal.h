/* airshed -- GPL-3.0-or-later. What the charts share. */
#ifndef AIRSHED_REPORT_CHART_INTERNAL_H
#define AIRSHED_REPORT_CHART_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "report/figure.h"

enum {
    CHART_LABEL_BYTES = 600 /* escapes of fonts and letters included */
};

/** Extremes of what is drawn; all zero: nothing yet. */
struct chart_range {
    double low, high;
    bool is_known;
};

void chart_range_add(struct chart_range *range, double value);

/** Adds @p share of the width on both sides, so that no range is empty. */
void chart_range_widen(struct chart_range *range, double share);

/** Writes the file "names" for chart_categories(): names on the vertical axis, place 1 at the top; one
 *  that no font has is "row N". */
enum status chart_names(struct figure *figure, int64_t count,
                        const char *(*name)(const void *context, int64_t i), const void *context);

/** The frame of @p count categories, whose names chart_names() has written. */
enum status chart_categories(struct figure *figure, const struct chart_range *range, int64_t count,
                             const char *title, const char *label);

/** Pen, mark and fill of line @p i: colours of Okabe and Ito, each with a dash and a shape of its own,
 *  so that print in grey tells lines apart. */
const char *chart_pen(int i);
const char *chart_mark(int i);
const char *chart_fill(int i);

/** A frame that says that there is nothing to draw. */
enum status chart_nothing(struct figure *figure, const char *title);

enum {
    CHART_PROJECTION_BYTES = 96
};

/** GMT's projection of a map in degrees, @p width_cm wide. @return @p text */
const char *chart_projection(double west, double south, double east, double north, double width_cm,
                             char text[CHART_PROJECTION_BYTES]);

/** True for a part of a continent, which has equal areas and degrees in whole numbers. */
bool chart_is_wide(double west, double south, double east, double north);

struct chart_series;

/** Extremes of the lines where they have a value. */
void chart_series_ranges(const struct chart_series *series, struct chart_range *x,
                         struct chart_range *y);

/** Draws the lines into the frame at hand, and the entries of a legend, @p columns beside each other
 *  (0: below each other). */
enum status chart_series_lines(struct figure *figure, const struct chart_series *series,
                               int columns);

#endif
