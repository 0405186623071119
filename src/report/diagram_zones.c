/* airshed -- GPL-3.0-or-later. Values of zones on a map, with insets of regions, drawn with GMT. */
#include <math.h>

#include "diagram_internal.h"

/* Centimetres on the page. */
#define MAP_WIDTH 14.0
#define INSET_WIDTH 2.3
#define INSET_HEIGHT 2.6
#define INSET_STEP_X 4.3
#define INSET_STEP_Y 4.3
#define WEST 2.0 /* room for axes */
enum { INSETS_A_ROW = 4 };

struct extent {
    double west, south, east, north;
};

static bool find_extent(const struct diagram_zones *zones, struct extent *extent)
{
    bool is_known = false;
    for (int64_t i = 0; i < zones->count; i++) {
        double bounds[4];
        if (!polygon_bounds(&zones->polygons[i], bounds)) {
            continue;
        }
        extent->west = is_known ? fmin(extent->west, bounds[0]) : bounds[0];
        extent->south = is_known ? fmin(extent->south, bounds[1]) : bounds[1];
        extent->east = is_known ? fmax(extent->east, bounds[2]) : bounds[2];
        extent->north = is_known ? fmax(extent->north, bounds[3]) : bounds[3];
        is_known = true;
    }
    double margin = 0.03 * fmax(extent->east - extent->west, extent->north - extent->south);
    extent->west -= margin;
    extent->east += margin;
    extent->south = fmax(extent->south - margin, -89);
    extent->north = fmin(extent->north + margin, 89);
    return is_known;
}

/* ---- the map ------------------------------------------------------------------------------ */

static enum status make_palette(struct figure *figure, const struct diagram_zones *zones)
{
    struct chart_range range = {0};
    for (int64_t i = 0; i < zones->count; i++) {
        chart_range_add(&range, zones->values[i]);
    }
    if (zones->is_diverging) {
        double far = range.is_known ? fmax(fabs(range.low), fabs(range.high)) : 1;
        range = (struct chart_range){-far, far, true};
    } else if (range.is_known && range.low > 0) {
        range.low = 0; /* amounts are compared with nothing */
    }
    if (!(range.high > range.low)) {
        chart_range_widen(&range, 0.5);
    }
    double step = diagram_step(range.high - range.low, 8);
    return figure_call(figure, "makecpt\n-C%s%s\n-T%.9g/%.9g/%.9g\n-D",
                       zones->is_diverging ? "vik" : "batlow", zones->is_diverging ? "" : "\n-I",
                       step * floor(range.low / step + 1e-9), step * ceil(range.high / step - 1e-9),
                       step);
}

/* Polygons that have a value, each in its colour, or those that have none. */
static enum status write_polygons(struct figure *figure, const char *name,
                                  const struct diagram_zones *zones, bool are_known)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, name, &file));
    for (int64_t i = 0; i < zones->count; i++) {
        const struct polygon *polygon = &zones->polygons[i];
        if ((isfinite(zones->values[i]) != 0) != are_known) {
            continue;
        }
        for (int64_t ring = 0; ring < polygon->rings; ring++) {
            fprintf(file, "> -Z%.9g\n", are_known ? zones->values[i] : 0);
            for (int64_t v = polygon->start[ring]; v < polygon->start[ring + 1]; v++) {
                fprintf(file, "%.7g %.7g\n", polygon->x[v], polygon->y[v]);
            }
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_map(struct figure *figure, const struct diagram_zones *zones,
                            const struct extent *extent, double y)
{
    enum status status;
    char title[CHART_LABEL_BYTES], label[CHART_LABEL_BYTES], projection[CHART_PROJECTION_BYTES];
    double step = diagram_step(extent->east - extent->west, 4);
    chart_projection(extent->west, extent->south, extent->east, extent->north, MAP_WIDTH, projection);
    TRY(make_palette(figure, zones));
    TRY(write_polygons(figure, "zones", zones, true));
    TRY(write_polygons(figure, "unknown", zones, false));
    TRY(figure_call(figure, "basemap\n-R%.7g/%.7g/%.7g/%.7g\n-J%s\n-Xa%gc\n-Ya%gc\n-BWSne+t%s\n-Bxa%g\n-Bya%g\n--FORMAT_GEO_MAP=dddF",
                    extent->west, extent->east, extent->south, extent->north, projection, WEST, y,
                    figure_label(zones->title, title, CHART_LABEL_BYTES), step,
                    diagram_step(extent->north - extent->south, 4)));
    TRY(figure_call(figure, "plot\nunknown\n-G225\n-L\n-W0.5p,60\n-Xa%gc\n-Ya%gc", WEST, y));
    TRY(figure_call(figure, "plot\nzones\n-C\n-G+z\n-L\n-W0.5p,60\n-Xa%gc\n-Ya%gc", WEST, y));
    TRY(figure_call(figure, "colorbar\n-DJMR+w7c/0.4c+o0.8c/0c\n-Bxaf+l%s\n-Xa%gc\n-Ya%gc",
                    figure_label(zones->label, label, CHART_LABEL_BYTES), WEST, y));
done:
    return status;
}

/* ---- insets ------------------------------------------------------------------------------- */

static double bar_sum(const struct diagram_zones *zones, const struct diagram_inset *inset, int bar)
{
    double sum = 0;
    for (int group = 0; group < zones->group_count; group++) {
        double amount = inset->amounts[2 * group + bar];
        sum += amount > 0 ? amount : 0;
    }
    return sum;
}

static enum status write_bars(struct figure *figure, const struct diagram_zones *zones,
                              const struct diagram_inset *inset)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "bars", &file));
    for (int bar = 0; bar < 2; bar++) {
        double from = 0;
        for (int group = 0; group < zones->group_count; group++) {
            double amount = inset->amounts[2 * group + bar];
            if (amount > 0) {
                diagram_rectangle(file, diagram_colour(group), bar + 0.65, bar + 1.35, from,
                                  from + amount);
                from += amount;
            }
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_file(figure, "names", &file));
    fprintf(file, "1 a %s\n2 a %s\n", zones->bars[0], zones->bars[1]);
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_inset(struct figure *figure, const struct diagram_zones *zones,
                              const struct diagram_inset *inset, double x, double y)
{
    enum status status;
    char text[300], title[CHART_LABEL_BYTES];
    double high = fmax(bar_sum(zones, inset, 0), bar_sum(zones, inset, 1));
    high = high > 0 ? 1.1 * high : 1;
    if (isfinite(inset->change)) {
        snprintf(text, sizeof text, "%.200s  %+.1f %%", inset->name, inset->change);
    } else {
        snprintf(text, sizeof text, "%.200s", inset->name);
    }
    TRY(write_bars(figure, zones, inset));
    TRY(figure_call(figure,
                    "basemap\n-R0.4/2.6/0/%.9g\n-JX%gc/%gc\n-Xa%gc\n-Ya%gc\n-BWSrt+t%s\n-Bxcnames\n-Bya%g\n"
                    "--FONT_TITLE=9p,Helvetica-Bold,black\n--MAP_TITLE_OFFSET=3p\n"
                    "--FONT_ANNOT_PRIMARY=8p,Helvetica,black",
                    high, INSET_WIDTH, INSET_HEIGHT, x, y,
                    figure_label(text, title, CHART_LABEL_BYTES), diagram_step(high, 3)));
    TRY(figure_call(figure, "plot\nbars\n-L\n-G200\n-W0.4p,white\n-Xa%gc\n-Ya%gc", x, y));
done:
    return status;
}

static enum status draw_insets(struct figure *figure, const struct diagram_zones *zones, double y)
{
    enum status status;
    FILE *boxes = NULL, *labels = NULL;
    int rows = (zones->inset_count + INSETS_A_ROW - 1) / INSETS_A_ROW;
    char text[300];
    for (int i = 0; i < zones->inset_count; i++) {
        TRY(draw_inset(figure, zones, &zones->insets[i], WEST + 0.6 + i % INSETS_A_ROW * INSET_STEP_X,
                       y + (rows - 1 - i / INSETS_A_ROW) * INSET_STEP_Y));
    }
    TRY(figure_file(figure, "boxes", &boxes));
    TRY(figure_file(figure, "labels", &labels));
    diagram_legend(boxes, labels, zones->groups, zones->group_count, 0, 0.5, 16);
    snprintf(text, sizeof text, "Regions, in %.200s", zones->units);
    diagram_label(labels, 0, 1.1, "10p,Helvetica-Bold,black", "LM", text);
    TRY(figure_file_close(figure, &boxes));
    TRY(figure_file_close(figure, &labels));
    double head = y + (rows - 1) * INSET_STEP_Y + INSET_HEIGHT + 0.6;
    TRY(figure_call(figure, "plot\nboxes\n-R0/17/0/1\n-JX17c/1c\n-L\n-G200\n-W0.3p\n-N\n-Xa%gc\n-Ya%gc",
                    WEST, head));
    TRY(figure_call(figure, "text\nlabels\n-F+f+j\n-N\n-Xa%gc\n-Ya%gc", WEST, head));
done:
    return status;
}

enum status diagram_zones(struct figure *figure, const struct diagram_zones *zones)
{
    enum status status;
    struct extent extent = {0};
    if (!find_extent(zones, &extent)) {
        return chart_nothing(figure, zones->title);
    }
    int rows = (zones->inset_count + INSETS_A_ROW - 1) / INSETS_A_ROW;
    TRY(draw_map(figure, zones, &extent, 1 + rows * INSET_STEP_Y + (rows > 0 ? 1.2 : 0)));
    if (rows > 0) {
        TRY(draw_insets(figure, zones, 1));
    }
done:
    return status;
}
