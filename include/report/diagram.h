/* airshed -- GPL-3.0-or-later. Figures of an inventory, drawn with GMT: flows, shares of years, maps of zones,
 * sensitivities, convergence and fits (P3.12, P3.23).
 *
 * Colours of groups are those of Okabe and Ito, which colour-blind readers tell apart; maps are as those
 * of report/chart.h. Labels that would meet are moved apart, with a line to what they name. Where there
 * is nothing to draw, the figure says so.
 */
#ifndef AIRSHED_REPORT_DIAGRAM_H
#define AIRSHED_REPORT_DIAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "grid/polygon.h"
#include "report/figure.h"

enum {
    DIAGRAM_GROUPS_MAX = 8 /**< groups with a colour of their own; further ones are grey */
};

/** One flow, from a source through its group to a receptor. */
struct diagram_flow {
    const char *name;
    double amount; /**< not above 0, or NaN: not drawn */
    int group, receptor;
};

/** Amounts from left to right; heights are in proportion (P3.23, Figure 1). */
struct diagram_flux {
    const char *title, *units;
    const struct diagram_flow *flows; /**< [flow_count] */
    int flow_count;
    const char *const *groups; /**< [group_count] */
    int group_count;
    const char *const *receptors; /**< [receptor_count] */
    int receptor_count;
};

enum status diagram_flux(struct figure *figure, const struct diagram_flux *flux);

/** One line of a group's panel. */
struct diagram_series {
    const char *name;
    int group;
    const double *values; /**< [years] */
};

/** Shares and amounts of groups by year as stacked bars, and a panel for each group with the series in it
 *  (P3.23, Figure 2). */
struct diagram_years {
    const char *title, *units;
    const char *const *years; /**< [year_count] */
    int year_count;
    const char *const *groups; /**< [group_count] */
    int group_count;
    const double *amounts;    /**< [group_count, year_count]; NaN: none */
    const double *low, *high; /**< [year_count], interval of the sum; NaN: none */
    const struct diagram_series *series; /**< [series_count] */
    int series_count;
};

enum status diagram_years(struct figure *figure, const struct diagram_years *years);

/** Two stacked bars of a region. */
struct diagram_inset {
    const char *name;
    double change;         /**< per cent, printed; NaN: not */
    const double *amounts; /**< [group_count, 2] */
};

/** Values of zones on a map in degrees (P3.23, Figures 3 and S3). */
struct diagram_zones {
    const char *title, *label;
    bool is_diverging; /**< the same distance to both sides of zero */
    int64_t count;
    const struct polygon *polygons; /**< [count] */
    const double *values;           /**< [count], NaN: no value, grey */
    const struct diagram_inset *insets; /**< [inset_count], below the map; none: NULL */
    int inset_count;
    const char *const *groups; /**< [group_count], of the insets */
    int group_count;
    const char *bars[2]; /**< names of the two bars */
    const char *units;   /**< of the bars */
};

enum status diagram_zones(struct figure *figure, const struct diagram_zones *zones);

/** Bars in groups below each other, on one axis (P3.23, Figure 4). */
struct diagram_bar {
    const char *name;
    int group;
    double value;
    bool is_filled; /**< such as: significant */
};

struct diagram_bars {
    const char *title, *label;
    const char *const *groups; /**< [group_count] */
    int group_count;
    const struct diagram_bar *bars; /**< [bar_count], in order within their groups */
    int bar_count;
};

enum status diagram_bars(struct figure *figure, const struct diagram_bars *bars);

enum {
    DIAGRAM_LINES_MAX = 4
};

/** A statistic after so many draws, with its standard error (P3.12). */
struct diagram_fan_line {
    const char *name;
    const double *value, *error; /**< [count]; an error that is not known is NaN */
};

struct diagram_fan {
    const char *title, *x_label, *y_label;
    const double *x; /**< [count], ascending, above 0: on a logarithmic axis */
    int64_t count;
    struct diagram_fan_line lines[DIAGRAM_LINES_MAX];
    int line_count;
};

enum status diagram_fan(struct figure *figure, const struct diagram_fan *fan);

/** A curve beside the data. */
struct diagram_curve {
    const char *name;
    const double *density, *probability; /**< [points] */
};

/** Data as histogram and empirical distribution, with fitted curves (P3.10). */
struct diagram_fit {
    const char *title, *label;
    const double *values; /**< [count], ascending */
    int64_t count;
    const double *x; /**< [points], ascending */
    int64_t points;
    struct diagram_curve curves[DIAGRAM_LINES_MAX]; /**< the chosen one first */
    int curve_count;
};

enum status diagram_fit(struct figure *figure, const struct diagram_fit *fit);

#endif
