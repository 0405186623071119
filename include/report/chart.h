/* airshed -- GPL-3.0-or-later. Maps, series, bars and boxes: what a chart shows, drawn with GMT.
 *
 * Colours are those of Crameri's batlow, which keeps its order for colour-blind readers and in grey
 * print, and vik, which does so on each side of zero (Crameri et al., Nature Communications 11, 5444,
 * 2020): signs tell the sides apart. Where there is nothing to draw, the
 * chart says so.
 */
#ifndef AIRSHED_REPORT_CHART_H
#define AIRSHED_REPORT_CHART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/georeference.h"
#include "grid/polygon.h"
#include "report/figure.h"

enum chart_palette {
    CHART_SEQUENTIAL, /**< from the least to the greatest value */
    CHART_DIVERGING,  /**< the same distance to both sides of zero */
    CHART_LOGARITHMIC, /**< from the least above zero to the greatest, dark, over at most five powers of
                            ten; 0 has the colour of the least */
    CHART_MASK        /**< 1 inside, 0 or missing outside */
};

/** Lines on geographic maps: borders of zones in degrees. Projected maps have none. */
struct chart_borders {
    int64_t count;
    const struct polygon *polygon;
};

/** North is up; colour bar, scale bar, borders of zones, coasts and national borders (GSHHG, on
 *  geographic grids). */
struct chart_map {
    const struct georeference *grid;
    const float *values; /**< [rows, cols], row 0 south; NaN: missing */
    enum chart_palette palette;
    const char *title;
    const char *label;         /**< of the colour bar: quantity and units */
    const unsigned char *dots; /**< [rows, cols], 1: a + or - marks the cell, as its value; NULL: none */
    struct chart_borders borders;
};

enum status chart_map(struct figure *figure, const struct chart_map *map);

/** Polygons in the colour of their value; the rest as for chart_map(). */
struct chart_zones {
    const char *title;
    const char *label;             /**< of the colour bar */
    const struct polygon *polygon; /**< [count], in degrees */
    const double *values;          /**< [count], NaN: only the border */
    int64_t count;
};

enum status chart_zones(struct figure *figure, const struct chart_zones *zones);

/** One line; NaN breaks it. */
struct chart_line {
    const char *name;
    const double *x, *y; /**< [count] */
    int64_t count;
};

enum {
    CHART_LINES_MAX = 4
};

struct chart_series {
    const char *title;
    const char *x_label, *y_label;
    struct chart_line lines[CHART_LINES_MAX];
    int line_count;
    bool has_marks; /**< few points: mark each */
    bool has_zero;  /**< the axis of y reaches to 0 */
    bool has_years; /**< x counts whole years: no halves on its axis */
};

enum status chart_series(struct figure *figure, const struct chart_series *series);

/** Series one below the other on one axis of x, each with the label and lines of its own; titles and
 *  labels of x are those of the whole. A panel without values says so. */
struct chart_panels {
    const char *title;
    const char *x_label;
    const struct chart_series *panels; /**< [count], the first at the top */
    int count;
};

enum status chart_panels(struct figure *figure, const struct chart_panels *panels);

/** Horizontal bars, one a category, the first at the top. */
struct chart_bars {
    const char *title;
    const char *label;
    const char *const *names; /**< [count] */
    const double *values;     /**< [count], NaN: no bar */
    int64_t count;
};

enum status chart_bars(struct figure *figure, const struct chart_bars *bars);

/** What a box shows. */
struct chart_box {
    const char *name;
    double median, low, q1, q3, high; /**< low and high: ends of the whiskers */
};

struct chart_boxes {
    const char *title;
    const char *label;
    const struct chart_box *boxes; /**< [count], the first at the top */
    int64_t count;
};

enum status chart_boxes(struct figure *figure, const struct chart_boxes *boxes);

/** Values of categories, with intervals: up to two for each, side by side. */
struct chart_dot_series {
    const char *name;
    const double *value, *low, *high; /**< [count]; low and high NaN: no interval */
    double line;                      /**< a vertical line, such as the truth; NaN: none */
    const char *line_name;
};

enum {
    CHART_DOTS_MAX = 2
};

struct chart_dots {
    const char *title;
    const char *label;
    const char *const *names;         /**< [count], the first at the top */
    const unsigned char *is_filled;   /**< [count], 1: a full mark, such as a default */
    int64_t count;
    struct chart_dot_series series[CHART_DOTS_MAX];
    int series_count;
};

enum status chart_dots(struct figure *figure, const struct chart_dots *dots);

#endif
