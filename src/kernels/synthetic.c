/* airshed -- GPL-3.0-or-later. PM2.5 of a synthetic region. */
#include "kernels/synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/geodesic.h"
#include "kernels/growth.h"
#include "kernels/lanes_internal.h"
#include "kernels/waves.h"

#include <gsl/gsl_cdf.h>

enum {
    HAZE_WAVES = 48,
    CLOUD_WAVES = 24,
    STEPS_AT_ONCE = 32,
    COLUMN_BLOCK = 16
};

#define HAZE_SPREAD 0.4
#define PLUME_LIMIT_M 10000.0
#define PUFF_REACH_KM 90.0 /* north and south; 1e-6 of a puff lies beyond */
#define PUFF_SHARE 0.35

/** Where the plume of a source is confined to. */
struct area {
    int64_t row, rows, col, cols; /* its window */
    uint8_t *mask;                /* [rows, cols] */
};

struct synthetic {
    struct synthetic_settings settings;
    struct landscape *landscape;
    struct climate *climate;
    struct waves *haze, *clouds; /* clouds: NULL without gaps */
    double cloud_threshold;      /* a cloud lies where the field is above */
    double gap_share;            /* of either kind */
    struct area *areas;          /* [sources] */
    float *strengths;            /* [sources, steps], q */
    int64_t area_cells;          /* in all windows */
};

static struct random_key key_of(const struct synthetic *synthetic, const char *stream)
{
    return (struct random_key){synthetic->settings.region.seed, random_stream(stream)};
}

/* ---- sources ------------------------------------------------------------------------------ */

static double lon_of(const struct landscape_region *region, int64_t col)
{
    return region->west + ((double)col + 0.5) * region->cell_degrees;
}

static double lat_of(const struct landscape_region *region, int64_t row)
{
    return region->south + ((double)row + 0.5) * region->cell_degrees;
}

/** Distances within the window of a source. */
struct surroundings {
    const struct landscape_region *region;
    const struct landscape_source *source;
    const struct area *area;
};

static double source_distance_m(const struct landscape_region *region,
                                const struct landscape_source *source, int64_t row, int64_t col)
{
    return position_distance(DISTANCE_GEODESIC,
                             position_from_lonlat(lon_of(region, col), lat_of(region, row)),
                             position_from_lonlat(source->lon, source->lat));
}

static double window_distance_m(const void *context, int64_t row, int64_t col)
{
    const struct surroundings *around = context;
    return source_distance_m(around->region, around->source, around->area->row + row,
                             around->area->col + col);
}

/* All cells within the limit, with one to spare; degrees are at least 110.5 km high. */
static void cut_window(const struct landscape_region *region, const struct landscape_source *source,
                       struct area *area)
{
    double up = PLUME_LIMIT_M / (110500 * region->cell_degrees);
    double across = up / fmax(0.01, cos((fabs(source->lat) + 0.2) * M_PI / 180));
    int64_t rows = (int64_t)up + 2, cols = (int64_t)across + 2;
    area->row = source->row > rows ? source->row - rows : 0;
    area->col = source->col > cols ? source->col - cols : 0;
    int64_t row_end = source->row + rows + 1, col_end = source->col + cols + 1;
    area->rows = (row_end < region->rows ? row_end : region->rows) - area->row;
    area->cols = (col_end < region->cols ? col_end : region->cols) - area->col;
}

static enum status grow_area(const struct synthetic *synthetic,
                             const struct landscape_source *source, struct area *area)
{
    enum status status;
    float *elevation = NULL;
    int64_t *queue = NULL;
    const struct landscape_region *region = &synthetic->settings.region;
    cut_window(region, source, area);
    size_t cells = (size_t)(area->rows * area->cols);
    TRY(memory_allocate(cells, sizeof *elevation, &elevation));
    TRY(memory_allocate(cells, sizeof *queue, &queue));
    TRY(memory_allocate(cells, 1, &area->mask));
    for (int64_t cell = 0; cell < (int64_t)cells; cell++) {
        elevation[cell] = landscape_elevation_m(synthetic->landscape, area->row + cell / area->cols,
                                                area->col + cell % area->cols);
    }
    struct surroundings around = {region, source, area};
    struct growth_terrain terrain = {.rows = area->rows,
                                     .cols = area->cols,
                                     .elevation_m = elevation,
                                     .distance_m = window_distance_m,
                                     .context = &around,
                                     .limit_m = PLUME_LIMIT_M,
                                     .rise_tolerance_m = synthetic->settings.rise_tolerance_m};
    int64_t start = (source->row - area->row) * area->cols + source->col - area->col;
    growth_fill(&terrain, &start, 1, queue, NULL, area->mask);
done:
    free(elevation);
    free(queue);
    return status;
}

static enum status draw_strengths(struct synthetic *synthetic, int64_t index)
{
    enum status status;
    const struct landscape_source *source = landscape_source(synthetic->landscape, index);
    int64_t steps = synthetic->settings.steps;
    double *series = NULL;
    TRY(memory_allocate((size_t)steps, sizeof *series, &series));
    memory_normals(key_of(synthetic, "synthetic.sources"), (uint64_t)index, 0.7, 0, steps, series);
    for (int64_t step = 0; step < steps; step++) {
        int year = climate_day(synthetic->climate, step)->year;
        double age = (double)(year - synthetic->settings.region.first_year);
        double mean = source->strength * exp(age * log1p(source->yearly_change));
        synthetic->strengths[index * steps + step] =
            landscape_source_operates(source, year)
                ? (float)(mean * exp(0.3 * series[step] - 0.045))
                : 0;
    }
done:
    free(series);
    return status;
}

static enum status draw_sources(struct synthetic *synthetic)
{
    enum status status;
    int64_t count = landscape_source_count(synthetic->landscape);
    TRY(memory_allocate((size_t)count, sizeof *synthetic->areas, &synthetic->areas));
    TRY(memory_allocate((size_t)(count * synthetic->settings.steps), sizeof(float),
                        &synthetic->strengths));
    for (int64_t i = 0; i < count; i++) {
        struct area *area = &synthetic->areas[i];
        TRY(grow_area(synthetic, landscape_source(synthetic->landscape, i), area));
        synthetic->area_cells += area->rows * area->cols;
        TRY(draw_strengths(synthetic, i));
    }
done:
    return status;
}

/* ---- creation ----------------------------------------------------------------------------- */

static enum status draw_drift(const struct synthetic *synthetic, double **x, double **y)
{
    enum status status;
    int64_t steps = synthetic->settings.steps;
    TRY(memory_allocate((size_t)steps, sizeof **x, x));
    TRY(memory_allocate((size_t)steps, sizeof **y, y));
    for (int64_t step = 0; step < steps; step++) {
        (*x)[step] = climate_day(synthetic->climate, step)->drift_x_km;
        (*y)[step] = climate_day(synthetic->climate, step)->drift_y_km;
    }
done:
    return status;
}

/* Patches are a few cells wide at least, however coarse the cells are. */
static enum status draw_fields(struct synthetic *synthetic)
{
    enum status status;
    const struct synthetic_settings *settings = &synthetic->settings;
    double cell_km = 111 * settings->region.cell_degrees;
    double *x = NULL, *y = NULL;
    TRY(draw_drift(synthetic, &x, &y));
    struct waves_spec haze = {.key = key_of(synthetic, "synthetic.haze"),
                              .count = HAZE_WAVES,
                              .law = WAVES_ROUGH,
                              .length_km = fmax(15, 10 * cell_km),
                              .shortest_km = 4 * cell_km,
                              .memory = 0.8,
                              .steps = settings->steps,
                              .drift_x_km = x,
                              .drift_y_km = y};
    TRY(waves_create(&haze, &synthetic->haze));
    struct waves_spec clouds = {.key = key_of(synthetic, "synthetic.clouds"),
                                .count = CLOUD_WAVES,
                                .law = WAVES_SMOOTH,
                                .length_km = fmax(40, 15 * cell_km),
                                .steps = settings->steps};
    synthetic->gap_share = 1 - sqrt(1 - settings->gap_fraction);
    if (settings->gap_fraction > 0) {
        synthetic->cloud_threshold = gsl_cdf_ugaussian_Qinv(synthetic->gap_share);
        TRY(waves_create(&clouds, &synthetic->clouds));
    }
done:
    free(x);
    free(y);
    return status;
}

enum status synthetic_create(const struct synthetic_settings *settings, struct synthetic **out)
{
    enum status status;
    struct synthetic *synthetic = NULL;
    TRY(memory_allocate(1, sizeof *synthetic, &synthetic));
    synthetic->settings = *settings;
    TRY(landscape_create(&settings->region, &synthetic->landscape));
    TRY(climate_create(synthetic->landscape, &settings->region, settings->first_day,
                       settings->steps, &synthetic->climate));
    TRY(draw_fields(synthetic));
    TRY(draw_sources(synthetic));
    *out = synthetic;
    synthetic = NULL;
done:
    synthetic_destroy(&synthetic);
    return status;
}

void synthetic_destroy(struct synthetic **pointer)
{
    struct synthetic *synthetic = *pointer;
    if (synthetic == NULL) {
        return;
    }
    for (int64_t i = 0;
         synthetic->areas != NULL && i < landscape_source_count(synthetic->landscape); i++) {
        free(synthetic->areas[i].mask);
    }
    free(synthetic->areas);
    free(synthetic->strengths);
    waves_destroy(&synthetic->haze);
    waves_destroy(&synthetic->clouds);
    climate_destroy(&synthetic->climate);
    landscape_destroy(&synthetic->landscape);
    free(synthetic);
    *pointer = NULL;
}

const struct landscape *synthetic_landscape(const struct synthetic *synthetic)
{
    return synthetic->landscape;
}

const struct climate *synthetic_climate(const struct synthetic *synthetic)
{
    return synthetic->climate;
}

int64_t synthetic_bytes(const struct synthetic *synthetic)
{
    int64_t steps = synthetic->settings.steps;
    int64_t sources = landscape_source_count(synthetic->landscape);
    return climate_bytes(steps) + waves_bytes(HAZE_WAVES, steps) +
           (synthetic->clouds != NULL ? waves_bytes(CLOUD_WAVES, steps) : 0) +
           sources * steps * (int64_t)sizeof(float) + synthetic->area_cells;
}

/* ---- a row -------------------------------------------------------------------------------- */

/** A source that reaches the row, with its weights over some columns of it. */
struct reach {
    int64_t source;
    int64_t col, cols; /* from the row's first column */
    int64_t first;     /* of its weights */
};

/** Per column, padded: what the lanes of a line need. */
struct lines {
    double *season_second, *season_third, *trend, *haze_height, *trapped;
    double *weather_constant;
    double *coefficients[CLIMATE_FIELDS];
    double *place; /* share of the way between nodes */
    int32_t *node; /* west node, from the row's first */
    double *x_km;
    float *base;
};

struct synthetic_row {
    const struct synthetic *synthetic;
    int64_t col, cols, stride; /* stride: cols padded to whole blocks */
    int64_t index;             /* row of the region, -1 at first */
    struct synthetic_cell *cells;
    struct lines lines;
    double *columns; /* storage of the lines' doubles */
    double *haze_basis, *cloud_basis;
    double *field, *cloud, *plume, *noise; /* [STEPS_AT_ONCE, stride]; noise with terms before */
    uint32_t *words;                       /* [4, stride], see draw_noise() */
    float *gaps;                           /* [STEPS_AT_ONCE, stride], 1 or 0 */
    int64_t first_node, nodes;             /* columns of the weather */
    int64_t node_row;                      /* of the cache's first row, -1: empty */
    float *weather[2];                     /* [CLIMATE_FIELDS, steps, nodes] of two rows of nodes */
    double *weather_means[2];              /* [CLIMATE_FIELDS, nodes] */
    double *joined;                        /* [CLIMATE_FIELDS, 2, nodes]: value, rise to the next */
    double node_share;
    struct reach *reaches;
    int64_t reach_count;
    double *weights;
};

enum {
    DOUBLES_A_COLUMN = 8 + CLIMATE_FIELDS
};

static int64_t padded(int64_t cols)
{
    return (cols + COLUMN_BLOCK - 1) / COLUMN_BLOCK * COLUMN_BLOCK;
}

static int64_t noise_steps(void)
{
    return STEPS_AT_ONCE + MEMORY_TERMS;
}

int64_t synthetic_row_bytes(const struct synthetic *synthetic, int64_t cols)
{
    int64_t stride = padded(cols), steps = synthetic->settings.steps;
    int64_t nodes = cols / CLIMATE_RATIO + 3;
    int64_t doubles = DOUBLES_A_COLUMN + 2 * (HAZE_WAVES + CLOUD_WAVES) + 3 * STEPS_AT_ONCE +
                      noise_steps() + STEPS_AT_ONCE;
    /* A row of nodes is made beside the two that are kept. */
    return stride * doubles * (int64_t)sizeof(double) +
           cols * (int64_t)sizeof(struct synthetic_cell) +
           3 * CLIMATE_FIELDS * steps * nodes * (int64_t)sizeof(float);
}

static enum status allocate_lines(struct synthetic_row *row)
{
    enum status status;
    struct lines *lines = &row->lines;
    double **all[DOUBLES_A_COLUMN - CLIMATE_FIELDS] = {
        &lines->season_second,    &lines->season_third, &lines->trend, &lines->haze_height,
        &lines->weather_constant, &lines->trapped,      &lines->place, &lines->x_km};
    TRY(memory_allocate((size_t)(DOUBLES_A_COLUMN * row->stride), sizeof(double), &row->columns));
    for (int i = 0; i < DOUBLES_A_COLUMN; i++) {
        int field = i - (DOUBLES_A_COLUMN - CLIMATE_FIELDS);
        *(field < 0 ? all[i] : &lines->coefficients[field]) = row->columns + i * row->stride;
    }
    TRY(memory_allocate((size_t)row->stride, sizeof(int32_t), &lines->node));
    TRY(memory_allocate((size_t)row->stride, sizeof(float), &lines->base));
    for (int64_t i = 0; i < row->stride; i++) {
        int64_t node, col = row->col + (i < row->cols ? i : row->cols - 1);
        lines->place[i] = climate_place(col, &node);
        lines->node[i] = (int32_t)(node - row->first_node);
        lines->x_km[i] = landscape_x_km(row->synthetic->landscape, (double)col);
    }
done:
    return status;
}

static enum status allocate_scratch(struct synthetic_row *row)
{
    enum status status;
    const struct synthetic *synthetic = row->synthetic;
    size_t stride = (size_t)row->stride, nodes = (size_t)row->nodes;
    size_t steps = (size_t)synthetic->settings.steps;
    TRY(memory_allocate((size_t)row->cols, sizeof *row->cells, &row->cells));
    TRY(memory_allocate(STEPS_AT_ONCE * stride, sizeof(double), &row->field));
    TRY(memory_allocate(STEPS_AT_ONCE * stride, sizeof(double), &row->cloud));
    TRY(memory_allocate(STEPS_AT_ONCE * stride, sizeof(double), &row->plume));
    TRY(memory_allocate((size_t)noise_steps() * stride, sizeof(double), &row->noise));
    TRY(memory_allocate(4 * stride, sizeof(uint32_t), &row->words));
    TRY(memory_allocate(STEPS_AT_ONCE * stride, sizeof(float), &row->gaps));
    TRY(memory_allocate(2 * CLIMATE_FIELDS * nodes, sizeof(double), &row->joined));
    for (int i = 0; i < 2; i++) {
        TRY(memory_allocate(CLIMATE_FIELDS * steps * nodes, sizeof(float), &row->weather[i]));
        TRY(memory_allocate(CLIMATE_FIELDS * nodes, sizeof(double), &row->weather_means[i]));
    }
done:
    return status;
}

static enum status allocate_bases(struct synthetic_row *row)
{
    enum status status;
    const struct synthetic *synthetic = row->synthetic;
    TRY(memory_allocate((size_t)waves_basis_count(synthetic->haze, row->cols), sizeof(double),
                        &row->haze_basis));
    waves_basis(synthetic->haze, row->lines.x_km, row->cols, row->haze_basis);
    if (synthetic->clouds != NULL) {
        TRY(memory_allocate((size_t)waves_basis_count(synthetic->clouds, row->cols), sizeof(double),
                            &row->cloud_basis));
        waves_basis(synthetic->clouds, row->lines.x_km, row->cols, row->cloud_basis);
    }
done:
    return status;
}

enum status synthetic_row_create(const struct synthetic *synthetic, int64_t col, int64_t cols,
                                 struct synthetic_row **out)
{
    enum status status;
    struct synthetic_row *row = NULL;
    int64_t last_node;
    TRY(memory_allocate(1, sizeof *row, &row));
    row->synthetic = synthetic;
    row->col = col;
    row->cols = cols;
    row->stride = padded(cols);
    row->index = -1;
    row->node_row = -1;
    climate_place(col, &row->first_node);
    climate_place(col + cols - 1, &last_node);
    row->nodes = last_node + 2 - row->first_node;
    TRY(allocate_lines(row));
    TRY(allocate_scratch(row));
    TRY(allocate_bases(row));
    *out = row;
    row = NULL;
done:
    synthetic_row_destroy(&row);
    return status;
}

void synthetic_row_destroy(struct synthetic_row **pointer)
{
    struct synthetic_row *row = *pointer;
    if (row == NULL) {
        return;
    }
    void *blocks[] = {
        row->cells,      row->columns,     row->lines.node,      row->lines.base,
        row->haze_basis, row->cloud_basis, row->field,           row->cloud,
        row->plume,      row->noise,       row->words,           row->gaps,
        row->joined,     row->weather[0],  row->weather[1],      row->weather_means[0],
        row->reaches,    row->weights,     row->weather_means[1]};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    free(row);
    *pointer = NULL;
}

/* ---- to a row ----------------------------------------------------------------------------- */

static enum status make_nodes(struct synthetic_row *row, int slot, int64_t node_row)
{
    const struct climate *climate = row->synthetic->climate;
    for (int64_t i = 0; i < row->nodes; i++) {
        double means[CLIMATE_FIELDS];
        climate_means(climate, node_row, row->first_node + i, means);
        for (int field = 0; field < CLIMATE_FIELDS; field++) {
            row->weather_means[slot][field * row->nodes + i] = means[field];
        }
    }
    return climate_fill(climate, node_row, row->first_node, row->nodes, 0,
                        row->synthetic->settings.steps, row->weather[slot]);
}

/* Ten rows of cells lie between the same rows of nodes; the next ten keep one of them. */
static enum status go_to_nodes(struct synthetic_row *row)
{
    enum status status = STATUS_OK;
    int64_t node_row;
    row->node_share = climate_place(row->index, &node_row);
    if (row->node_row == node_row) {
        goto done;
    }
    bool keeps_one = row->node_row >= 0 && row->node_row + 1 == node_row;
    row->node_row = -1;
    if (keeps_one) {
        float *weather = row->weather[0];
        double *means = row->weather_means[0];
        row->weather[0] = row->weather[1];
        row->weather_means[0] = row->weather_means[1];
        row->weather[1] = weather;
        row->weather_means[1] = means;
    } else {
        TRY(make_nodes(row, 0, node_row));
    }
    TRY(make_nodes(row, 1, node_row + 1));
    row->node_row = node_row;
done:
    return status;
}

/** A slowly varying factor, 1 on average. */
static double varying(const struct synthetic *synthetic, const char *stream, double share,
                      double x_km, double y_km)
{
    return 1 + share * lattice_noise(key_of(synthetic, stream), x_km / 45, y_km / 45);
}

static void fill_coefficients(const struct synthetic *synthetic, double x, double y,
                              double coefficients[CLIMATE_FIELDS])
{
    /* ug m-3 per K, m, Pa, m s-1, m s-1, % */
    static const double centre[CLIMATE_FIELDS] = {-1, -900, 0.006, -4, 3, 0.5};
    static const char *const stream[CLIMATE_FIELDS] = {"synthetic.t2m", "synthetic.tp",
                                                       "synthetic.sp",  "synthetic.u10",
                                                       "synthetic.v10", "synthetic.rh"};
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        coefficients[field] = centre[field] * varying(synthetic, stream[field], 0.2, x, y);
    }
}

static void fill_references(const struct synthetic_row *row, int64_t i, double *references)
{
    int64_t node = row->lines.node[i];
    double across = row->lines.place[i];
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        const double *south = row->weather_means[0] + field * row->nodes + node;
        const double *north = row->weather_means[1] + field * row->nodes + node;
        double west = south[0] + row->node_share * (north[0] - south[0]);
        double east = south[1] + row->node_share * (north[1] - south[1]);
        references[field] = west + across * (east - west);
    }
}

static void fill_cell(struct synthetic_row *row, int64_t i)
{
    const struct synthetic *synthetic = row->synthetic;
    const struct landscape *landscape = synthetic->landscape;
    struct synthetic_cell *cell = &row->cells[i];
    struct lines *lines = &row->lines;
    double x = lines->x_km[i], y = landscape_y_km(landscape, (double)row->index);
    double height = landscape_height_m(landscape, x, y);
    *cell = (struct synthetic_cell){
        .elevation_m = landscape_elevation_m(landscape, row->index, row->col + i),
        .enclosure = landscape_enclosure(landscape, x, y),
        .base = (float)(52 + 14 * exp(-height / 500)),
        .trend_per_year =
            synthetic->settings.trend_per_year * varying(synthetic, "synthetic.trend", 0.4, x, y),
        .season_second = 4 * varying(synthetic, "synthetic.second", 0.3, x, y),
        .season_third = 1.5 * varying(synthetic, "synthetic.third", 0.3, x, y)};
    fill_coefficients(synthetic, x, y, cell->coefficients);
    fill_references(row, i, cell->references);
    lines->weather_constant[i] = 0;
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        lines->coefficients[field][i] = cell->coefficients[field];
        lines->weather_constant[i] -= cell->coefficients[field] * cell->references[field];
    }
    lines->season_second[i] = cell->season_second;
    lines->season_third[i] = cell->season_third;
    lines->trend[i] = cell->trend_per_year;
    lines->haze_height[i] = 18 * exp(-height / 900);
    lines->trapped[i] = 12 * cell->enclosure;
    lines->base[i] = (float)cell->base;
}

/* Weights of one source over the row's columns that it may reach. */
static void weigh(struct synthetic_row *row, const struct area *area,
                  const struct landscape_source *source, const struct reach *reach)
{
    const uint8_t *mask = area->mask + (row->index - area->row) * area->cols - area->col;
    for (int64_t i = 0; i < reach->cols; i++) {
        int64_t col = row->col + reach->col + i;
        double *weight = &row->weights[reach->first + i];
        *weight = 0;
        if (mask[col]) {
            double distance =
                source_distance_m(&row->synthetic->settings.region, source, row->index, col);
            double share = distance / PLUME_LIMIT_M;
            double rest = fmax(0, 1 - share * share);
            *weight = exp(-distance / 8000) * rest;
            row->cells[reach->col + i].is_in_area = true;
        }
    }
}

static enum status go_to_sources(struct synthetic_row *row)
{
    enum status status = STATUS_OK;
    const struct synthetic *synthetic = row->synthetic;
    int64_t count = 0, weights = 0, sources = landscape_source_count(synthetic->landscape);
    free(row->reaches);
    free(row->weights);
    row->weights = NULL;
    TRY(memory_allocate((size_t)sources, sizeof *row->reaches, &row->reaches));
    for (int64_t i = 0; i < sources; i++) {
        const struct area *area = &synthetic->areas[i];
        int64_t west = area->col > row->col ? area->col : row->col;
        int64_t end = area->col + area->cols < row->col + row->cols ? area->col + area->cols
                                                                    : row->col + row->cols;
        if (area->row <= row->index && row->index < area->row + area->rows && west < end) {
            row->reaches[count++] = (struct reach){i, west - row->col, end - west, weights};
            weights += end - west;
        }
    }
    row->reach_count = count;
    TRY(memory_allocate((size_t)weights, sizeof *row->weights, &row->weights));
    for (int64_t i = 0; i < count; i++) {
        const struct reach *reach = &row->reaches[i];
        weigh(row, &synthetic->areas[reach->source],
              landscape_source(synthetic->landscape, reach->source), reach);
    }
done:
    return status;
}

enum status synthetic_row_go(struct synthetic_row *row, int64_t index)
{
    enum status status;
    row->index = index;
    TRY(go_to_nodes(row));
    for (int64_t i = 0; i < row->cols; i++) {
        fill_cell(row, i);
    }
    TRY(go_to_sources(row));
done:
    return status;
}

const struct synthetic_cell *synthetic_row_cells(const struct synthetic_row *row)
{
    return row->cells;
}

/* ---- lines: one step of the row ----------------------------------------------------------- */

LANES_CLONES static void season_line(const struct lines *lines, int64_t cols, double second,
                                     double third, double years, float *restrict season,
                                     float *restrict trend)
{
    for (int64_t i = 0; i < cols; i++) {
        season[i] = (float)fma(lines->season_second[i], second, lines->season_third[i] * third);
        trend[i] = (float)(lines->trend[i] * years);
    }
}

LANES_CLONES static void background_line(const struct lines *lines, int64_t cols,
                                         const double *restrict field, double stagnation,
                                         float *restrict background)
{
    const double top = 4, scale = 54.598150033144236; /* exp(4): lanes_exponential() ends at 0 */
    for (int64_t i = 0; i < cols; i++) {
        double power = fma(HAZE_SPREAD, field[i], -0.5 * HAZE_SPREAD * HAZE_SPREAD) - top;
        double patch = scale * lanes_exponential(power < 0 ? power : 0);
        background[i] = (float)fma(lines->haze_height[i], patch, lines->trapped[i] * stagnation);
    }
}

/** @p joined: for each field the values at the row's latitude, then the rises to the next node. */
LANES_CLONES static void weather_line(const struct lines *lines, int64_t cols,
                                      const double *restrict joined, int64_t nodes,
                                      float *restrict weather)
{
    for (int64_t i = 0; i < cols; i++) {
        double sum = lines->weather_constant[i];
        for (int field = 0; field < CLIMATE_FIELDS; field++) {
            const double *at = joined + 2 * field * nodes + lines->node[i];
            double value = fma(lines->place[i], at[nodes], at[0]);
            sum = fma(lines->coefficients[field][i], value, sum);
        }
        weather[i] = (float)sum;
    }
}

LANES_CLONES static void normal_line(const uint32_t *restrict words, int64_t cols,
                                     double *restrict normals)
{
    for (int64_t i = 0; i < cols; i++) {
        normals[i] = lanes_normal(((double)words[i] + 0.5) * 0x1p-32);
    }
}

LANES_CLONES static void noise_line(const double *restrict normals, int64_t stride, int64_t cols,
                                    const double *restrict weights, int terms, double sd,
                                    float *restrict noise)
{
    for (int64_t i = 0; i < cols; i++) {
        double sum = 0;
        for (int k = 0; k < terms; k++) {
            sum = fma(weights[k], normals[i - k * stride], sum);
        }
        noise[i] = (float)(sd * sum);
    }
}

LANES_CLONES static void sum_line(const float *restrict base, int64_t cols,
                                  float *const parts[SYNTHETIC_PARTS], int64_t at,
                                  const float *restrict gaps, float *restrict pm25)
{
    const float *season = parts[0] + at, *weather = parts[1] + at, *background = parts[2] + at;
    const float *plume = parts[3] + at, *trend = parts[4] + at, *noise = parts[5] + at;
    for (int64_t i = 0; i < cols; i++) {
        double sum = (double)base[i] + season[i] + weather[i] + background[i] + plume[i] +
                     trend[i] + noise[i];
        pm25[i] = gaps[i] != 0 ? NAN : (float)sum;
    }
}

/** A Gaussian puff: strength exp(-(east dx^2 + both dx dy + north dy^2)) about its centre. */
struct puff {
    double x_km, y_km, strength, east, both, north;
};

LANES_CLONES static void puff_line(const struct puff *puff, double y_km,
                                   const double *restrict x_km, int64_t cols,
                                   double *restrict plume)
{
    double dy = y_km - puff->y_km;
    double across = puff->north * dy * dy;
    for (int64_t i = 0; i < cols; i++) {
        double dx = x_km[i] - puff->x_km;
        double power = -fma(fma(puff->east, dx, puff->both * dy), dx, across);
        plume[i] = fma(puff->strength, lanes_exponential(power < 0 ? power : 0), plume[i]);
    }
}

/* ---- filling ------------------------------------------------------------------------------ */

static void join_nodes(const struct synthetic_row *row, int64_t step)
{
    int64_t steps = row->synthetic->settings.steps, nodes = row->nodes;
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        const float *south = row->weather[0] + (field * steps + step) * nodes;
        const float *north = row->weather[1] + (field * steps + step) * nodes;
        double *values = row->joined + 2 * field * nodes, *rises = values + nodes;
        for (int64_t i = 0; i < nodes; i++) {
            values[i] = south[i] + row->node_share * ((double)north[i] - south[i]);
        }
        for (int64_t i = 0; i + 1 < nodes; i++) {
            rises[i] = values[i + 1] - values[i];
        }
    }
}

/* The puff of a day: its centre lies two hours downwind, 15 km at most, and it is drawn out by half
 * the way; its content stays the same. */
static struct puff puff_of(const struct climate_day *day, double x_km, double y_km, double strength)
{
    double speed = hypot(day->wind_u, day->wind_v);
    double way = fmin(15, 7.2 * speed);
    double along = 7 + 0.5 * way, across = 7;
    double u = speed > 0 ? day->wind_u / speed : 1, v = speed > 0 ? day->wind_v / speed : 0;
    double p = 0.5 / (along * along), q = 0.5 / (across * across);
    return (struct puff){.x_km = x_km + way * u,
                         .y_km = y_km + way * v,
                         .strength = PUFF_SHARE * strength * across / along,
                         .east = p * u * u + q * v * v,
                         .both = 2 * (p - q) * u * v,
                         .north = p * v * v + q * u * u};
}

static void add_puffs(const struct synthetic_row *row, int64_t step, double *plume)
{
    const struct synthetic *synthetic = row->synthetic;
    const struct landscape *landscape = synthetic->landscape;
    const struct climate_day *day = climate_day(synthetic->climate, step);
    double y = landscape_y_km(landscape, (double)row->index);
    for (int64_t i = 0; i < landscape_source_count(landscape); i++) {
        const struct landscape_source *source = landscape_source(landscape, i);
        double source_y = landscape_y_km(landscape, (double)source->row);
        double strength = synthetic->strengths[i * synthetic->settings.steps + step];
        if (strength > 0 && fabs(source_y - y) < PUFF_REACH_KM) {
            double x = landscape_x_km(landscape, (double)source->col);
            struct puff puff = puff_of(day, x, source_y, strength);
            puff_line(&puff, y, row->lines.x_km, row->cols, plume);
        }
    }
}

static void fill_plumes(const struct synthetic_row *row, int64_t step, int64_t steps,
                        int64_t stride, float *out)
{
    const struct synthetic *synthetic = row->synthetic;
    for (int64_t t = 0; t < steps; t++) {
        double *plume = row->plume + t * row->stride;
        memset(plume, 0, (size_t)row->stride * sizeof *plume);
        for (int64_t i = 0; i < row->reach_count; i++) {
            const struct reach *reach = &row->reaches[i];
            double strength =
                synthetic->strengths[reach->source * synthetic->settings.steps + step + t];
            const double *weights = row->weights + reach->first;
            for (int64_t k = 0; k < reach->cols; k++) {
                plume[reach->col + k] = fma(strength, weights[k], plume[reach->col + k]);
            }
        }
        if (synthetic->settings.plumes_spread) {
            add_puffs(row, step + t, plume);
        }
        for (int64_t k = 0; k < row->cols; k++) {
            out[t * stride + k] = (float)plume[k];
        }
    }
}

/* Draw MEMORY_TERMS + t of a cell is its step t: the low 32 bits give the noise, the high ones the
 * gap. Two draws come from one block. */
static void draw_words(const struct synthetic_row *row, int64_t pair, uint32_t *noise[2],
                       uint32_t *gaps[2])
{
    const struct synthetic *synthetic = row->synthetic;
    struct random_key key = key_of(synthetic, "synthetic.noise");
    uint64_t first = (uint64_t)(row->index * synthetic->settings.region.cols + row->col);
    for (int64_t i = 0; i < row->cols; i++) {
        uint64_t cell = first + (uint64_t)i;
        uint32_t counter[4] = {(uint32_t)cell, (uint32_t)(cell >> 32), (uint32_t)pair,
                               (uint32_t)((uint64_t)pair >> 32)};
        uint32_t words[4];
        random_block(key, counter, words);
        noise[0][i] = words[0];
        gaps[0][i] = words[1];
        noise[1][i] = words[2];
        gaps[1][i] = words[3];
    }
}

static void fill_gaps(const struct synthetic_row *row, int64_t t, const uint32_t *words)
{
    const struct synthetic *synthetic = row->synthetic;
    double threshold = synthetic->gap_share * 0x1p32;
    for (int64_t i = 0; i < row->cols; i++) {
        row->gaps[t * row->stride + i] =
            (double)words[i] < threshold ||
            row->cloud[t * row->stride + i] > synthetic->cloud_threshold;
    }
}

/* Normals of steps [step - MEMORY_TERMS + 1, step + steps), line MEMORY_TERMS being step's; without
 * a memory only the steps themselves. */
static void draw_noise(const struct synthetic_row *row, int64_t step, int64_t steps)
{
    bool has_gaps = row->synthetic->clouds != NULL;
    int64_t before = row->synthetic->settings.noise_memory > 0 ? MEMORY_TERMS - 1 : 0;
    int64_t first = step - before + MEMORY_TERMS, end = step + steps + MEMORY_TERMS;
    uint32_t *noise[2] = {row->words, row->words + row->stride};
    uint32_t *gaps[2] = {row->words + 2 * row->stride, row->words + 3 * row->stride};
    for (int64_t pair = first / 2; 2 * pair < end; pair++) {
        draw_words(row, pair, noise, gaps);
        for (int half = 0; half < 2; half++) {
            int64_t draw = 2 * pair + half, t = draw - MEMORY_TERMS - step;
            if (draw < first || draw >= end) {
                continue;
            }
            normal_line(noise[half], row->cols, row->noise + (t + MEMORY_TERMS) * row->stride);
            if (has_gaps && t >= 0) {
                fill_gaps(row, t, gaps[half]);
            }
        }
    }
}

static void fill_noise(const struct synthetic_row *row, int64_t step, int64_t steps, int64_t stride,
                       float *out)
{
    const struct synthetic_settings *settings = &row->synthetic->settings;
    double weights[MEMORY_TERMS];
    int terms = settings->noise_memory > 0 ? MEMORY_TERMS : 1;
    memory_weights(settings->noise_memory, weights);
    draw_noise(row, step, steps);
    for (int64_t t = 0; t < steps; t++) {
        noise_line(row->noise + (t + MEMORY_TERMS) * row->stride, row->stride, row->cols, weights,
                   terms, settings->noise_sd, out + t * stride);
    }
}

static void fill_smooth_parts(const struct synthetic_row *row, int64_t step, int64_t steps,
                              int64_t stride, float *const parts[SYNTHETIC_PARTS])
{
    const struct synthetic *synthetic = row->synthetic;
    double y = landscape_y_km(synthetic->landscape, (double)row->index);
    waves_fill(synthetic->haze, step, steps, y, row->haze_basis, row->cols, row->stride,
               row->field);
    if (synthetic->clouds != NULL) {
        waves_fill(synthetic->clouds, step, steps, y, row->cloud_basis, row->cols, row->stride,
                   row->cloud);
    }
    for (int64_t t = 0; t < steps; t++) {
        const struct climate_day *day = climate_day(synthetic->climate, step + t);
        int64_t at = t * stride;
        season_line(&row->lines, row->cols, cos(2 * day->angle - 0.6), cos(3 * day->angle - 2.1),
                    day->years, parts[SYNTHETIC_SEASON] + at, parts[SYNTHETIC_TREND] + at);
        background_line(&row->lines, row->cols, row->field + t * row->stride, day->stagnation,
                        parts[SYNTHETIC_BACKGROUND] + at);
        join_nodes(row, step + t);
        weather_line(&row->lines, row->cols, row->joined, row->nodes,
                     parts[SYNTHETIC_WEATHER] + at);
    }
}

void synthetic_row_fill(struct synthetic_row *row, int64_t step, int64_t steps, int64_t stride,
                        float *const parts[SYNTHETIC_PARTS], float *pm25)
{
    for (int64_t from = 0; from < steps; from += STEPS_AT_ONCE) {
        int64_t count = steps - from < STEPS_AT_ONCE ? steps - from : STEPS_AT_ONCE;
        float *here[SYNTHETIC_PARTS];
        for (int part = 0; part < SYNTHETIC_PARTS; part++) {
            here[part] = parts[part] + from * stride;
        }
        fill_smooth_parts(row, step + from, count, stride, here);
        fill_plumes(row, step + from, count, stride, here[SYNTHETIC_PLUME]);
        fill_noise(row, step + from, count, stride, here[SYNTHETIC_NOISE]);
        for (int64_t t = 0; t < count; t++) {
            sum_line(row->lines.base, row->cols, here, t * stride, row->gaps + t * row->stride,
                     pm25 + (from + t) * stride);
        }
    }
}
