/* airshed -- GPL-3.0-or-later. The weather of a synthetic region. */
#include "kernels/climate.h"

#include <math.h>
#include <stdlib.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernels/waves.h"

enum {
    ANOMALY_WAVES = 24,
    CALM_DAYS = 7,
    STEPS_AT_ONCE = 64,
    COLUMN_BLOCK = 16
};

#define ANOMALY_LENGTH_KM 250.0
#define ANOMALY_MEMORY 0.75
/* Shares of the region's series and of the waves in an anomaly: squares add up to 1. */
#define COMMON_SHARE 0.8
#define LOCAL_SHARE 0.6
#define WIND_SD 1.5
#define DRIFT_SHARE 0.15
#define KM_PER_DAY 86.4 /* of 1 m s-1 */
#define CALM_SQUARE 0.49
/* Mean of max(0, G - 0.4)^2 for a standard normal G: 1.16 Q(0.4) - 0.4 phi(0.4). */
#define RAIN_MEAN 0.25240287

struct climate {
    const struct landscape *landscape;
    int64_t rows, cols, steps;
    struct climate_day *days;
    double *common[CLIMATE_FIELDS]; /* [steps] */
    struct waves *waves[CLIMATE_FIELDS];
};

/* ---- days --------------------------------------------------------------------------------- */

static double day_angle(double index)
{
    return 2 * M_PI * index / 365;
}

/** 0 to 364; 29 February is half-way between its neighbours. */
static double year_place(const struct calendar_date *date)
{
    int day = calendar_day_of_year(CALENDAR_STANDARD, date) - 1;
    if (calendar_is_leap_day(CALENDAR_STANDARD, date)) {
        return 58.5;
    }
    return calendar_is_leap_year(CALENDAR_STANDARD, date->year) && day > 59 ? day - 1 : day;
}

/* The region's wind anomalies, a week ahead of the first step. */
static void fill_stagnation(struct climate *climate, const double *east, const double *north)
{
    double mean = 0, weight = 1;
    for (int k = 0; k < CALM_DAYS; k++, weight *= 0.65) {
        mean += weight * CALM_SQUARE / (CALM_SQUARE + 1);
    }
    for (int64_t step = 0; step < climate->steps; step++) {
        double sum = 0;
        weight = 1;
        for (int k = 0; k < CALM_DAYS; k++, weight *= 0.65) {
            double u = east[step + CALM_DAYS - k], v = north[step + CALM_DAYS - k];
            sum += weight * exp(-(u * u + v * v) / (2 * CALM_SQUARE));
        }
        climate->days[step].stagnation = sum / mean;
    }
}

static void fill_wind(struct climate *climate, const double *east, const double *north)
{
    double x = 0, y = 0;
    for (int64_t step = 0; step < climate->steps; step++) {
        struct climate_day *day = &climate->days[step];
        day->wind_u = 0.6 + 0.3 * cos(day->angle - day_angle(20)) +
                      WIND_SD * COMMON_SHARE * east[step + CALM_DAYS];
        day->wind_v = 0.2 - 0.5 * cos(day->angle - day_angle(30)) +
                      WIND_SD * COMMON_SHARE * north[step + CALM_DAYS];
        if (step > 0) {
            x += DRIFT_SHARE * KM_PER_DAY * day->wind_u;
            y += DRIFT_SHARE * KM_PER_DAY * day->wind_v;
        }
        day->drift_x_km = x;
        day->drift_y_km = y;
    }
}

static void fill_dates(struct climate *climate, int64_t first_day)
{
    for (int64_t step = 0; step < climate->steps; step++) {
        struct calendar_date date = calendar_date_of_day(CALENDAR_STANDARD, first_day + step);
        climate->days[step] = (struct climate_day){.year = date.year,
                                                   .years = (double)step / 365.25,
                                                   .angle = day_angle(year_place(&date))};
    }
}

static enum status draw_days(struct climate *climate, uint32_t seed, int64_t first_day)
{
    enum status status;
    struct random_key key = {seed, random_stream("climate.common")};
    size_t steps = (size_t)climate->steps;
    TRY(memory_allocate(steps, sizeof *climate->days, &climate->days));
    fill_dates(climate, first_day);
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        TRY(memory_allocate(steps + CALM_DAYS, sizeof(double), &climate->common[field]));
        memory_normals(key, (uint64_t)field, ANOMALY_MEMORY, -CALM_DAYS, climate->steps + CALM_DAYS,
                       climate->common[field]);
    }
    fill_stagnation(climate, climate->common[CLIMATE_U10], climate->common[CLIMATE_V10]);
    fill_wind(climate, climate->common[CLIMATE_U10], climate->common[CLIMATE_V10]);
done:
    return status;
}

/* ---- creation ----------------------------------------------------------------------------- */

static enum status draw_waves(struct climate *climate, const struct landscape_region *region)
{
    enum status status = STATUS_OK;
    struct waves_spec spec = {.key = {region->seed, random_stream("climate.local")},
                              .count = ANOMALY_WAVES,
                              .law = WAVES_ROUGH,
                              .length_km = ANOMALY_LENGTH_KM,
                              .shortest_km = 4 * CLIMATE_RATIO * 111 * region->cell_degrees,
                              .memory = ANOMALY_MEMORY,
                              .steps = climate->steps};
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        spec.field = (uint64_t)field;
        TRY(waves_create(&spec, &climate->waves[field]));
    }
done:
    return status;
}

static int64_t nodes_over(int64_t cells)
{
    return (cells + CLIMATE_RATIO - 1) / CLIMATE_RATIO + 2;
}

enum status climate_create(const struct landscape *landscape, const struct landscape_region *region,
                           int64_t first_day, int64_t steps, struct climate **out)
{
    enum status status;
    struct climate *climate = NULL;
    TRY(memory_allocate(1, sizeof *climate, &climate));
    climate->landscape = landscape;
    climate->rows = nodes_over(region->rows);
    climate->cols = nodes_over(region->cols);
    climate->steps = steps;
    TRY(draw_days(climate, region->seed, first_day));
    TRY(draw_waves(climate, region));
    *out = climate;
    climate = NULL;
done:
    climate_destroy(&climate);
    return status;
}

void climate_destroy(struct climate **pointer)
{
    struct climate *climate = *pointer;
    if (climate == NULL) {
        return;
    }
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        free(climate->common[field]);
        waves_destroy(&climate->waves[field]);
    }
    free(climate->days);
    free(climate);
    *pointer = NULL;
}

int64_t climate_bytes(int64_t steps)
{
    return CLIMATE_FIELDS * (waves_bytes(ANOMALY_WAVES, steps) + steps * (int64_t)sizeof(double)) +
           steps * (int64_t)sizeof(struct climate_day);
}

int64_t climate_rows(const struct climate *climate)
{
    return climate->rows;
}

int64_t climate_cols(const struct climate *climate)
{
    return climate->cols;
}

const struct climate_day *climate_day(const struct climate *climate, int64_t step)
{
    return &climate->days[step];
}

double climate_place(int64_t index, int64_t *node)
{
    int64_t twentieths = 2 * index + 1 + CLIMATE_RATIO; /* (index + 0.5) / 10 + 0.5 nodes */
    *node = twentieths / (2 * CLIMATE_RATIO);
    return (double)(twentieths % (2 * CLIMATE_RATIO)) / (2 * CLIMATE_RATIO);
}

/* ---- fields ------------------------------------------------------------------------------- */

/** The ground at a node. */
struct node {
    double height_m, shelter, pressure;
};

static double node_cell(int64_t node)
{
    return ((double)node - 0.5) * CLIMATE_RATIO - 0.5;
}

/* Height is the mean over nine places of the node's cell. */
static struct node node_at(const struct climate *climate, int64_t row, int64_t col)
{
    const struct landscape *landscape = climate->landscape;
    double sum = 0;
    for (int i = 0; i < 9; i++) {
        double across = node_cell(col) + (i % 3 - 1) * CLIMATE_RATIO / 3.0;
        double up = node_cell(row) + (i / 3 - 1) * CLIMATE_RATIO / 3.0;
        sum += landscape_height_m(landscape, landscape_x_km(landscape, across),
                                  landscape_y_km(landscape, up));
    }
    double enclosure = landscape_enclosure(landscape, landscape_x_km(landscape, node_cell(col)),
                                           landscape_y_km(landscape, node_cell(row)));
    return (struct node){sum / 9, 1 - 0.5 * enclosure, 101325 * exp(-sum / 9 / 8400)};
}

static double rain_scale(const struct node *node)
{
    return 0.006 * (1 + 0.3 * node->height_m / 1000);
}

void climate_means(const struct climate *climate, int64_t row, int64_t col,
                   double means[CLIMATE_FIELDS])
{
    struct node node = node_at(climate, row, col);
    means[CLIMATE_T2M] = 287.5 - 0.0065 * node.height_m;
    means[CLIMATE_TP] = rain_scale(&node) * RAIN_MEAN;
    means[CLIMATE_SP] = node.pressure;
    means[CLIMATE_U10] = 0.6 * node.shelter;
    means[CLIMATE_V10] = 0.2 * node.shelter;
    means[CLIMATE_RH] = 54;
}

/** The six fields at a node from the local anomalies of the day. */
static void node_fields(const struct climate *climate, const struct node *node, int64_t step,
                        const double local[CLIMATE_FIELDS], float *fields[CLIMATE_FIELDS],
                        int64_t at)
{
    double angle = climate->days[step].angle, anomaly[CLIMATE_FIELDS];
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        anomaly[field] =
            COMMON_SHARE * climate->common[field][step + CALM_DAYS] + LOCAL_SHARE * local[field];
    }
    double rain = fmax(0, 0.8 * anomaly[CLIMATE_TP] + 0.6 * anomaly[CLIMATE_RH] - 0.4);
    double values[CLIMATE_FIELDS] = {
        [CLIMATE_T2M] = 287.5 - 0.0065 * node->height_m + 14.5 * cos(angle - day_angle(196)) +
                        3.2 * anomaly[CLIMATE_T2M],
        [CLIMATE_TP] = rain_scale(node) * (1 + 0.75 * cos(angle - day_angle(205))) * rain * rain,
        [CLIMATE_SP] =
            node->pressure *
            (1 + (500 * cos(angle - day_angle(15)) + 600 * anomaly[CLIMATE_SP]) / 101325),
        [CLIMATE_U10] = node->shelter *
                        (0.6 + 0.3 * cos(angle - day_angle(20)) + WIND_SD * anomaly[CLIMATE_U10]),
        [CLIMATE_V10] = node->shelter *
                        (0.2 - 0.5 * cos(angle - day_angle(30)) + WIND_SD * anomaly[CLIMATE_V10]),
        /* tanh(x) = 2 / (1 + exp(-2 x)) - 1 */
        [CLIMATE_RH] = 54 + 6 * cos(angle - day_angle(215)) +
                       30 * (2 / (1 + exp(-0.8 * anomaly[CLIMATE_RH])) - 1),
    };
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        fields[field][at] = (float)values[field];
    }
}

/** Scratch of one row of nodes. */
struct node_row {
    int64_t col, cols, stride;
    double y_km;
    struct node *nodes;            /* [cols] */
    double *x_km;                  /* [cols] */
    double *basis[CLIMATE_FIELDS]; /* each field has wave vectors of its own */
    double *local[CLIMATE_FIELDS]; /* [STEPS_AT_ONCE, stride] */
};

static void node_row_clear(struct node_row *row)
{
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        free(row->basis[field]);
        free(row->local[field]);
    }
    free(row->nodes);
    free(row->x_km);
}

static enum status node_row_init(const struct climate *climate, int64_t row, int64_t col,
                                 int64_t cols, struct node_row *out)
{
    enum status status;
    *out = (struct node_row){.col = col, .cols = cols};
    out->stride = (cols + COLUMN_BLOCK - 1) / COLUMN_BLOCK * COLUMN_BLOCK;
    out->y_km = landscape_y_km(climate->landscape, node_cell(row));
    TRY(memory_allocate((size_t)cols, sizeof *out->nodes, &out->nodes));
    TRY(memory_allocate((size_t)cols, sizeof *out->x_km, &out->x_km));
    for (int64_t i = 0; i < cols; i++) {
        out->nodes[i] = node_at(climate, row, col + i);
        out->x_km[i] = landscape_x_km(climate->landscape, node_cell(col + i));
    }
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        const struct waves *waves = climate->waves[field];
        TRY(memory_allocate((size_t)waves_basis_count(waves, cols), sizeof(double),
                            &out->basis[field]));
        TRY(memory_allocate((size_t)(STEPS_AT_ONCE * out->stride), sizeof(double),
                            &out->local[field]));
        waves_basis(waves, out->x_km, cols, out->basis[field]);
    }
done:
    return status;
}

/** Fills steps [step, step + steps), at most STEPS_AT_ONCE. */
static void node_row_fill(const struct climate *climate, struct node_row *row, int64_t step,
                          int64_t steps, float *fields[CLIMATE_FIELDS])
{
    for (int field = 0; field < CLIMATE_FIELDS; field++) {
        waves_fill(climate->waves[field], step, steps, row->y_km, row->basis[field], row->cols,
                   row->stride, row->local[field]);
    }
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t i = 0; i < row->cols; i++) {
            double local[CLIMATE_FIELDS];
            for (int field = 0; field < CLIMATE_FIELDS; field++) {
                local[field] = row->local[field][t * row->stride + i];
            }
            node_fields(climate, &row->nodes[i], step + t, local, fields, t * row->cols + i);
        }
    }
}

enum status climate_fill(const struct climate *climate, int64_t row, int64_t col, int64_t cols,
                         int64_t step, int64_t steps, float *values)
{
    enum status status;
    struct node_row nodes;
    TRY(node_row_init(climate, row, col, cols, &nodes));
    for (int64_t done_steps = 0; done_steps < steps; done_steps += STEPS_AT_ONCE) {
        int64_t count = steps - done_steps < STEPS_AT_ONCE ? steps - done_steps : STEPS_AT_ONCE;
        float *fields[CLIMATE_FIELDS];
        for (int field = 0; field < CLIMATE_FIELDS; field++) {
            fields[field] = values + (field * steps + done_steps) * cols;
        }
        node_row_fill(climate, &nodes, step + done_steps, count, fields);
    }
done:
    node_row_clear(&nodes);
    return status;
}
