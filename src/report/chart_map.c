/* airshed -- GPL-3.0-or-later. Maps, drawn with GMT. */
#include "report/chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "chart_internal.h"
#include "kernels/quantile.h"

enum {
    PIXELS_MAX = 700,
    MERCATOR_LIMIT = 75,
    WIDE = 15, /* degrees: a part of a continent */
    POWERS_MAX = 5 /* of ten, on a logarithmic bar */
};

/* The map on equal cells, at most PIXELS_MAX a side: means of the cells whose centres lie in one. */
struct raster {
    int64_t rows, cols;
    double west, east, south, north;
    float *values; /* [rows, cols] */
    double *count; /* [rows, cols] */
};

static void raster_clear(struct raster *raster)
{
    free(raster->values);
    free(raster->count);
}

static int64_t pixel_of(double at, double from, double to, int64_t count)
{
    int64_t pixel = (int64_t)floor((at - from) / (to - from) * (double)count);
    return pixel < 0 ? 0 : pixel >= count ? count - 1 : pixel;
}

static enum status raster_create(const struct chart_map *map, struct raster *raster)
{
    enum status status;
    const struct georeference *grid = map->grid;
    *raster = (struct raster){.rows = grid->rows < PIXELS_MAX ? grid->rows : PIXELS_MAX,
                              .cols = grid->cols < PIXELS_MAX ? grid->cols : PIXELS_MAX,
                              .west = grid->x_edges[0],
                              .east = grid->x_edges[grid->cols],
                              .south = grid->y_edges[0],
                              .north = grid->y_edges[grid->rows]};
    size_t pixels = (size_t)(raster->rows * raster->cols);
    TRY(memory_allocate(pixels, sizeof *raster->values, &raster->values));
    TRY(memory_allocate(pixels, sizeof *raster->count, &raster->count));
    for (int64_t row = 0; row < grid->rows; row++) {
        int64_t to = pixel_of(grid->y[row], raster->south, raster->north, raster->rows);
        for (int64_t col = 0; col < grid->cols; col++) {
            float value = map->values[row * grid->cols + col];
            int64_t pixel = to * raster->cols +
                            pixel_of(grid->x[col], raster->west, raster->east, raster->cols);
            if (isfinite(value)) {
                raster->count[pixel]++;
                raster->values[pixel] += value;
            }
        }
    }
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        raster->values[pixel] =
            raster->count[pixel] > 0 ? raster->values[pixel] / (float)raster->count[pixel] : NAN;
    }
done:
    return status;
}

/* Colours from the 2nd to the 98th of a hundred values, so that single cells do not use them up. */
static enum status colour_range(const struct chart_map *map, const struct raster *raster,
                                struct chart_range *range)
{
    enum status status;
    double *sorted = NULL;
    int64_t pixels = raster->rows * raster->cols;
    TRY(memory_allocate((size_t)pixels, sizeof *sorted, &sorted));
    for (int64_t i = 0; i < pixels; i++) {
        sorted[i] = (double)raster->values[i];
    }
    int64_t count = quantile_compact(sorted, pixels);
    *range = (struct chart_range){.is_known = count > 0};
    if (count > 0) {
        range->low = quantile(sorted, count, 0.02);
        range->high = quantile(sorted, count, 0.98);
    }
    if (map->palette == CHART_DIVERGING) {
        range->high = fmax(fabs(range->low), fabs(range->high));
        range->low = -range->high;
    }
    if (!(range->high > range->low)) {
        chart_range_widen(range, 0.5);
    }
done:
    free(sorted);
    return status;
}

/* Logarithms from here on: of the 2nd of a hundred values above zero to the greatest, because the few
 * largest cells hold most of what there is. Zeros lie below all colours. */
static enum status take_logarithms(struct raster *raster, struct chart_range *range)
{
    enum status status;
    double *logarithm = NULL;
    int64_t pixels = raster->rows * raster->cols, count = 0;
    TRY(memory_allocate((size_t)pixels, sizeof *logarithm, &logarithm));
    for (int64_t i = 0; i < pixels; i++) {
        if (raster->values[i] > 0) {
            logarithm[count++] = log10((double)raster->values[i]);
        }
    }
    *range = (struct chart_range){.is_known = count > 0};
    if (count > 0) {
        range->high = quantile(logarithm, count, 1);
        range->low = fmax(quantile(logarithm, count, 0.02), range->high - POWERS_MAX);
    }
    if (!(range->high > range->low)) {
        chart_range_widen(range, 0.5);
    }
    for (int64_t i = 0; i < pixels; i++) {
        float value = raster->values[i];
        raster->values[i] = value > 0    ? log10f(value)
                            : value == 0 ? (float)(range->low - 1)
                                         : NAN;
    }
done:
    free(logarithm);
    return status;
}

static enum status write_raster(struct figure *figure, const struct chart_map *map,
                                const struct raster *raster)
{
    enum status status;
    FILE *file = NULL;
    double unit = map->grid->is_geographic ? 1 : 1000; /* projected maps in km */
    TRY(figure_file(figure, "raster", &file));
    fwrite(raster->values, sizeof *raster->values, (size_t)(raster->rows * raster->cols), file);
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(
        figure,
        "xyz2grd\nraster\n-ZBLf\n-Ggrid.nc=nf\n-r\n-I%lld+n/%lld+n\n-R%.10g/%.10g/%.10g/%.10g",
        (long long)raster->cols, (long long)raster->rows, raster->west / unit, raster->east / unit,
        raster->south / unit, raster->north / unit));
done:
    return status;
}

static enum status make_palette(struct figure *figure, enum chart_palette palette,
                                const struct chart_range *range)
{
    if (palette == CHART_MASK) {
        return figure_call(figure, "makecpt\n-C240/240/240,213/94/0\n-T-0.5/1.5/1");
    }
    return figure_call(figure, "makecpt\n-C%s\n-T%.9g/%.9g\n-D%s",
                       palette == CHART_DIVERGING ? "vik" : "batlow", range->low, range->high,
                       palette == CHART_LOGARITHMIC ? "\n-I" : "");
}

/* Holes turn right. */
static bool ring_is_hole(const struct polygon *polygon, int64_t ring)
{
    double twice = 0;
    int64_t first = polygon->start[ring], end = polygon->start[ring + 1];
    for (int64_t v = first; v < end; v++) {
        int64_t next = v + 1 < end ? v + 1 : first;
        twice += polygon->x[v] * polygon->y[next] - polygon->x[next] * polygon->y[v];
    }
    return twice < 0;
}

/* Rings as GMT's segments; with @p values [count] each has its own, for colours. */
static enum status write_polygons(struct figure *figure, const char *name,
                                  const struct polygon *polygons, int64_t count,
                                  const double *values)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, name, &file));
    for (int64_t i = 0; i < count; i++) {
        const struct polygon *polygon = &polygons[i];
        for (int64_t ring = 0; ring < polygon->rings; ring++) {
            fputs(">", file);
            if (values != NULL) {
                fprintf(file, " -Z%.9g%s", values[i], ring_is_hole(polygon, ring) ? " -Ph" : "");
            }
            fputs("\n", file);
            for (int64_t v = polygon->start[ring]; v < polygon->start[ring + 1]; v++) {
                fprintf(file, "%.10g %.10g\n", polygon->x[v], polygon->y[v]);
            }
            int64_t first = polygon->start[ring];
            fprintf(file, "%.10g %.10g\n", polygon->x[first], polygon->y[first]);
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_borders(struct figure *figure, const struct chart_map *map, bool is_wide)
{
    enum status status;
    TRY(write_polygons(figure, "borders", map->borders.polygon, map->borders.count, NULL));
    if (map->borders.count > 0 && map->grid->is_geographic) {
        TRY(figure_call(figure, "plot\nborders\n-W%s,white\n-A", is_wide ? "0.9p" : "1.6p"));
        TRY(figure_call(figure, "plot\nborders\n-W%s,black\n-A", is_wide ? "0.4p" : "0.7p"));
    }
done:
    return status;
}

/* Marked cells above zero, or the others, of every few rows and columns. */
static enum status write_signs(struct figure *figure, const struct chart_map *map, bool is_above,
                               int64_t *count)
{
    enum status status;
    const struct georeference *grid = map->grid;
    double unit = grid->is_geographic ? 1 : 1000;
    int64_t longest = grid->rows > grid->cols ? grid->rows : grid->cols;
    int64_t stride = 1 + longest / 40;
    FILE *file = NULL;
    *count = 0;
    TRY(figure_file(figure, "signs", &file));
    for (int64_t row = stride / 2; row < grid->rows; row += stride) {
        for (int64_t col = stride / 2; col < grid->cols; col += stride) {
            int64_t cell = row * grid->cols + col;
            if (map->dots[cell] && (map->values[cell] > 0) == is_above) {
                fprintf(file, "%.10g %.10g\n", grid->x[col] / unit, grid->y[row] / unit);
                ++*count;
            }
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

/* Plus and minus: both ends of the colours are equally dark in grey print. White below black shows on
 * dark cells, too. */
static enum status draw_signs(struct figure *figure, const struct chart_map *map)
{
    enum status status = STATUS_OK;
    for (int is_above = 0; map->dots != NULL && is_above < 2; is_above++) {
        int64_t count;
        char sign = is_above ? '+' : '-';
        TRY(write_signs(figure, map, is_above, &count));
        if (count > 0) {
            TRY(figure_call(figure, "plot\nsigns\n-S%c6p\n-W2.2p,white", sign));
            TRY(figure_call(figure, "plot\nsigns\n-S%c5p\n-W1p,black", sign));
        }
    }
done:
    return status;
}

/* 1, 2 or 5 times a power of ten, at most a quarter of @p width. */
static double nice_length(double width)
{
    double power = pow(10, floor(log10(width / 4)));
    double times = width / 4 / power;
    return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

/* What lies where on paper, of degrees west, south, east, north; of kilometres where it is not geographic. */
struct frame {
    double west, south, east, north;
    bool is_geographic;
    bool is_wide; /* a part of a continent */
};

static struct frame frame_of(double west, double south, double east, double north,
                             bool is_geographic)
{
    bool is_wide = is_geographic && chart_is_wide(west, south, east, north);
    return (struct frame){west, south, east, north, is_geographic, is_wide};
}

bool chart_is_wide(double west, double south, double east, double north)
{
    return east - west > WIDE && south * north > 0;
}

/* Equal areas where a region is wide, so that colours weigh as they should; Mercator, which keeps shapes,
 * where it is small; near the poles only plain degrees fit. */
const char *chart_projection(double west, double south, double east, double north, double width_cm,
                             char text[CHART_PROJECTION_BYTES])
{
    double height = north - south;
    bool is_polar = fabs(south) > MERCATOR_LIMIT || fabs(north) > MERCATOR_LIMIT;
    if (is_polar || !chart_is_wide(west, south, east, north)) {
        snprintf(text, CHART_PROJECTION_BYTES, "%s%gc", is_polar ? "Q" : "M", width_cm);
    } else {
        snprintf(text, CHART_PROJECTION_BYTES, "B%.4g/%.4g/%.4g/%.4g/%gc", (west + east) / 2,
                 (south + north) / 2, south + height / 6, north - height / 6, width_cm);
    }
    return text;
}

/* A wide map needs no arrow: its meridians are drawn on the frame. */
static enum status draw_scale(struct figure *figure, const struct frame *frame)
{
    double middle = (frame->south + frame->north) / 2;
    double width_km = (frame->east - frame->west) * 111.2 * cos(middle * acos(-1) / 180);
    return figure_call(figure, "basemap\n-LjBL+w%gk+c%g+o%s+f+l\n-F+gwhite@25+c3p+p0.4p%s",
                       nice_length(frame->is_wide ? width_km / 2 : width_km), middle,
                       frame->is_wide ? "1.3c/1.2c" : "0.4c/0.7c", frame->is_wide ? "" : "\n-TdjTR+w0.9c+o0.5c/0.8c+l,,,N");
}

/* Coasts and borders of nations; on a wide map without small lakes and islands. */
static enum status draw_coasts(struct figure *figure, const struct frame *frame)
{
    return figure_call(figure, "coast\n-Da\n%s\n-N1/0.6p,black,5_2",
                       frame->is_wide ? "-A2000\n-W0.4p" : "-W0.6p");
}

/* Numbers on the axes are round in tenths, not in minutes; whole on a wide map. */
static enum status draw_frame(struct figure *figure, const struct frame *frame, const char *text)
{
    char title[CHART_LABEL_BYTES], projection[CHART_PROJECTION_BYTES] = "X";
    double width = frame->east - frame->west, height = frame->north - frame->south;
    double width_cm = height > 1.3 * width ? 10 : 13;
    if (frame->is_geographic) {
        chart_projection(frame->west, frame->south, frame->east, frame->north, width_cm, projection);
    } else {
        snprintf(projection, sizeof projection, "X%gc/0", width_cm);
    }
    return figure_call(
        figure, "basemap\n-R%.10g/%.10g/%.10g/%.10g\n-J%s\n-BWSne+t%s\n-Bxa%gf%g%s\n-Bya%gf%g%s%s",
        frame->west, frame->east, frame->south, frame->north, projection,
        figure_label(text, title, CHART_LABEL_BYTES), nice_length(width), nice_length(width) / 2,
        frame->is_geographic ? "" : "+lkm east", nice_length(height), nice_length(height) / 2,
        frame->is_geographic ? "" : "+lkm north",
        frame->is_wide ? "\n--FORMAT_GEO_MAP=dddF" : "");
}

/* Powers of ten by their numbers; with few of them also 2 and 5 of each. Ticks at all digits. */
static enum status write_powers(struct figure *figure, const struct chart_range *range)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "powers", &file));
    bool has_few = range->high - range->low < 2.5;
    for (int power = (int)floor(range->low); power <= (int)ceil(range->high); power++) {
        for (int digit = 1; digit < 10; digit++) {
            double at = power + log10(digit);
            bool is_named = digit == 1 || (has_few && (digit == 2 || digit == 5));
            if (at >= range->low && at <= range->high) {
                fprintf(file, is_named ? "%.9g a %g\n" : "%.9g f\n", at, digit * pow(10, power));
            }
        }
    }
    TRY(figure_file_close(figure, &file));
done:
    return status;
}

static enum status draw_logarithmic_bar(struct figure *figure, const struct chart_range *range,
                                        const char *label)
{
    enum status status;
    TRY(write_powers(figure, range));
    TRY(figure_call(figure, "colorbar\n-DJMR+w7c/0.4c+o0.6c/0c+e\n-Bxcpowers\n-Bx+l%s", label));
done:
    return status;
}

static enum status draw_bar(struct figure *figure, enum chart_palette palette,
                            const struct chart_range *range, const char *text)
{
    char label[CHART_LABEL_BYTES];
    figure_label(text, label, CHART_LABEL_BYTES);
    if (palette == CHART_LOGARITHMIC) {
        return draw_logarithmic_bar(figure, range, label);
    }
    return palette == CHART_MASK
               ? figure_call(figure, "colorbar\n-DJMR+w4c/0.4c+o0.6c/0c\n-Bxa1+l%s", label)
               : figure_call(figure, "colorbar\n-DJMR+w7c/0.4c+o0.6c/0c+e\n-Bxaf+l%s", label);
}

static enum status draw(struct figure *figure, const struct chart_map *map,
                        const struct raster *raster, const struct chart_range *range)
{
    enum status status;
    double unit = map->grid->is_geographic ? 1 : 1000;
    const struct frame frame = frame_of(raster->west / unit, raster->south / unit, raster->east / unit,
                                        raster->north / unit, map->grid->is_geographic);
    TRY(write_raster(figure, map, raster));
    TRY(make_palette(figure, map->palette, range));
    TRY(draw_frame(figure, &frame, map->title));
    TRY(figure_call(figure, "grdimage\ngrid.nc"));
    TRY(draw_signs(figure, map));
    if (frame.is_geographic) {
        TRY(draw_coasts(figure, &frame));
    }
    TRY(draw_borders(figure, map, frame.is_wide));
    if (frame.is_geographic) {
        TRY(draw_scale(figure, &frame));
    }
    TRY(draw_bar(figure, map->palette, range, map->label));
done:
    return status;
}

enum status chart_map(struct figure *figure, const struct chart_map *map)
{
    enum status status;
    struct raster raster = {0};
    struct chart_range range = {0};
    TRY(raster_create(map, &raster));
    TRY(map->palette == CHART_LOGARITHMIC ? take_logarithms(&raster, &range)
                                          : colour_range(map, &raster, &range));
    TRY(draw(figure, map, &raster, &range));
done:
    raster_clear(&raster);
    return status;
}

/* ---- zones -------------------------------------------------------------------------------- */

/* Bounds of all zones with a margin; the range of their values. */
static void zones_extent(const struct chart_zones *zones, double bounds[4],
                         struct chart_range *range)
{
    struct chart_range x = {0}, y = {0};
    for (int64_t i = 0; i < zones->count; i++) {
        double own[4];
        if (polygon_bounds(&zones->polygon[i], own)) {
            chart_range_add(&x, own[0]);
            chart_range_add(&y, own[1]);
            chart_range_add(&x, own[2]);
            chart_range_add(&y, own[3]);
        }
        chart_range_add(range, zones->values[i]);
    }
    chart_range_widen(&x, 0.03);
    chart_range_widen(&y, 0.03);
    bounds[0] = x.low;
    bounds[1] = y.low;
    bounds[2] = x.high;
    bounds[3] = y.high;
}

static enum status draw_zones(struct figure *figure, const struct chart_zones *zones,
                              const double bounds[4], const struct chart_range *range)
{
    enum status status;
    const struct frame frame = frame_of(bounds[0], bounds[1], bounds[2], bounds[3], true);
    TRY(write_polygons(figure, "zones", zones->polygon, zones->count, zones->values));
    TRY(make_palette(figure, CHART_SEQUENTIAL, range));
    TRY(draw_frame(figure, &frame, zones->title));
    TRY(figure_call(figure, "plot\nzones\n-C\n-L\n-G+z\n-W0.7p"));
    TRY(draw_coasts(figure, &frame));
    TRY(draw_scale(figure, &frame));
    TRY(draw_bar(figure, CHART_SEQUENTIAL, range, zones->label));
done:
    return status;
}

enum status chart_zones(struct figure *figure, const struct chart_zones *zones)
{
    double bounds[4];
    struct chart_range range = {0};
    zones_extent(zones, bounds, &range);
    if (!range.is_known) {
        return chart_nothing(figure, zones->title);
    }
    if (!(range.high > range.low)) {
        chart_range_widen(&range, 0.5);
    }
    return draw_zones(figure, zones, bounds, &range);
}
