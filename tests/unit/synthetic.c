/* airshed -- GPL-3.0-or-later. The synthetic region: its ground, its weather, its PM2.5.
 * ranks: 1
 */
#include "testing.h"

#include <gsl/gsl_cdf.h>

#include "base/calendar.h"
#include "base/random.h"
#include "kernels/geodesic.h"
#include "kernels/growth.h"
#include "kernels/synthetic.h"
#include "kernels/waves.h"

enum {
    ROWS = 21,
    COLS = 37,
    STEPS = 150
};

static struct synthetic_settings settings_of(int64_t rows, int64_t cols, int64_t steps)
{
    return (struct synthetic_settings){.region = {.seed = 3,
                                                  .rows = rows,
                                                  .cols = cols,
                                                  .west = 115,
                                                  .south = 38,
                                                  .cell_degrees = 0.01,
                                                  .cities = 13,
                                                  .first_year = 2012},
                                       .first_day =
                                           calendar_day_number(CALENDAR_STANDARD, 2012, 1, 1),
                                       .steps = steps,
                                       .rise_tolerance_m = 5,
                                       .gap_fraction = 0.2,
                                       .noise_sd = 6,
                                       .noise_memory = 0.5,
                                       .trend_per_year = -1.5};
}

static struct synthetic *create(const struct synthetic_settings *settings)
{
    struct synthetic *synthetic = NULL;
    assert_int_equal(synthetic_create(settings, &synthetic), STATUS_OK);
    return synthetic;
}

/** Parts and pm25 of some rows, columns and steps: [steps, rows, cols] each, pm25 last. */
struct block {
    int64_t row, rows, col, cols, step, steps;
    float *values[SYNTHETIC_PARTS + 1];
    struct synthetic_cell *cells; /* [rows, cols] */
};

static void block_clear(struct block *block)
{
    for (int part = 0; part <= SYNTHETIC_PARTS; part++) {
        free(block->values[part]);
    }
    free(block->cells);
}

/** Makes a block, from its last row to its first where @p backwards. */
static void block_fill(const struct synthetic *synthetic, struct block *block, bool backwards)
{
    struct synthetic_row *row = NULL;
    int64_t cells = block->rows * block->cols;
    for (int part = 0; part <= SYNTHETIC_PARTS; part++) {
        block->values[part] = calloc((size_t)(block->steps * cells), sizeof(float));
    }
    block->cells = calloc((size_t)cells, sizeof *block->cells);
    assert_int_equal(synthetic_row_create(synthetic, block->col, block->cols, &row), STATUS_OK);
    for (int64_t i = 0; i < block->rows; i++) {
        int64_t at = backwards ? block->rows - 1 - i : i;
        float *parts[SYNTHETIC_PARTS];
        for (int part = 0; part < SYNTHETIC_PARTS; part++) {
            parts[part] = block->values[part] + at * block->cols;
        }
        assert_int_equal(synthetic_row_go(row, block->row + at), STATUS_OK);
        synthetic_row_fill(row, block->step, block->steps, cells, parts,
                           block->values[SYNTHETIC_PARTS] + at * block->cols);
        memcpy(block->cells + at * block->cols, synthetic_row_cells(row),
               (size_t)block->cols * sizeof *block->cells);
    }
    synthetic_row_destroy(&row);
}

static float block_value(const struct block *block, int part, int64_t step, int64_t row,
                         int64_t col)
{
    int64_t at =
        ((step - block->step) * block->rows + row - block->row) * block->cols + col - block->col;
    return block->values[part][at];
}

/** Bits of every value of @p part_of equal those of @p whole. */
static void assert_inside(const struct block *part_of, const struct block *whole)
{
    for (int part = 0; part <= SYNTHETIC_PARTS; part++) {
        for (int64_t t = part_of->step; t < part_of->step + part_of->steps; t++) {
            for (int64_t r = part_of->row; r < part_of->row + part_of->rows; r++) {
                for (int64_t c = part_of->col; c < part_of->col + part_of->cols; c++) {
                    float a = block_value(part_of, part, t, r, c);
                    float b = block_value(whole, part, t, r, c);
                    assert_memory_equal(&a, &b, sizeof a);
                }
            }
        }
    }
}

/* ---- any order ---------------------------------------------------------------------------- */

static void any_cell_and_step_can_be_made_alone(void **state)
{
    (void)state;
    for (int spread = 0; spread < 2; spread++) {
        struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
        settings.plumes_spread = spread;
        struct synthetic *synthetic = create(&settings);
        struct block whole = {0, ROWS, 0, COLS, 0, STEPS, {0}, NULL};
        block_fill(synthetic, &whole, false);
        struct block pieces[] = {{0, ROWS, 0, COLS, 0, STEPS, {0}, NULL},
                                 {20, 1, 36, 1, 149, 1, {0}, NULL},
                                 {7, 9, 5, 3, 31, 70, {0}, NULL},
                                 {11, 1, 16, 21, 64, 1, {0}, NULL},
                                 {0, 2, 17, 16, 1, 33, {0}, NULL}};
        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            block_fill(synthetic, &pieces[i], true);
            assert_inside(&pieces[i], &whole);
            block_clear(&pieces[i]);
        }
        block_clear(&whole);
        synthetic_destroy(&synthetic);
    }
}

static void more_days_do_not_change_the_first_ones(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    struct synthetic *few = create(&settings);
    settings.steps = 400;
    struct synthetic *many = create(&settings);
    struct block a = {3, 2, 0, COLS, 0, STEPS, {0}, NULL}, b = a;
    block_fill(few, &a, false);
    block_fill(many, &b, false);
    assert_inside(&a, &b);
    block_clear(&a);
    block_clear(&b);
    synthetic_destroy(&few);
    synthetic_destroy(&many);
}

static void the_seed_changes_everything_that_is_drawn(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    struct synthetic *first = create(&settings);
    settings.region.seed++;
    struct synthetic *second = create(&settings);
    struct block a = {3, 6, 0, COLS, 0, STEPS, {0}, NULL}, b = a;
    block_fill(first, &a, false);
    block_fill(second, &b, false);
    int64_t count = 6 * COLS * STEPS;
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        int64_t same = 0;
        for (int64_t i = 0; i < count; i++) {
            same += a.values[part][i] == b.values[part][i];
        }
        /* plumes are 0 outside their areas, the trend is 0 on the first day */
        assert_true(part == SYNTHETIC_PLUME ? same < count : same <= count / STEPS);
    }
    block_clear(&a);
    block_clear(&b);
    synthetic_destroy(&first);
    synthetic_destroy(&second);
}

/* ---- sums --------------------------------------------------------------------------------- */

static void pm25_is_the_rounded_sum_of_base_and_parts_but_for_gaps(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    struct synthetic *gappy = create(&settings);
    settings.gap_fraction = 0;
    struct synthetic *complete = create(&settings);
    struct block a = {0, ROWS, 0, COLS, 0, STEPS, {0}, NULL}, b = a;
    block_fill(gappy, &a, false);
    block_fill(complete, &b, false);
    int64_t gaps = 0;
    for (int64_t i = 0; i < ROWS * COLS * STEPS; i++) {
        double sum = (float)a.cells[i % (ROWS * COLS)].base;
        for (int part = 0; part < SYNTHETIC_PARTS; part++) {
            assert_true(a.values[part][i] == b.values[part][i]);
            sum = sum + (double)a.values[part][i];
        }
        assert_true(b.values[SYNTHETIC_PARTS][i] == (float)sum);
        assert_true(isnan(a.values[SYNTHETIC_PARTS][i]) ||
                    a.values[SYNTHETIC_PARTS][i] == (float)sum);
        gaps += isnan(a.values[SYNTHETIC_PARTS][i]);
    }
    assert_true(gaps > 0);
    block_clear(&a);
    block_clear(&b);
    synthetic_destroy(&gappy);
    synthetic_destroy(&complete);
}

/* The weather part again, from the written fields, by bilinear interpolation in degrees. Bound: the
 * part's float rounding, at most 2^-24 of 128, and that of the differences in degrees: positions
 * between nodes are good to 1e-12 of a cell, and fields differ by at most 2e4 Pa between nodes, whose
 * coefficient is 0.0072 at most. */
static void weather_is_linear_in_the_written_fields(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    struct synthetic *synthetic = create(&settings);
    const struct climate *climate = synthetic_climate(synthetic);
    int64_t rows = climate_rows(climate), cols = climate_cols(climate), nodes = rows * cols;
    assert_int_equal(rows, 5); /* 21 cells: three nodes over them, one beyond each edge */
    assert_int_equal(cols, 6);
    float *fields = calloc((size_t)(nodes * CLIMATE_FIELDS * STEPS), sizeof(float));
    double *means = calloc((size_t)(nodes * CLIMATE_FIELDS), sizeof(double));
    for (int64_t row = 0; row < rows; row++) {
        float *line = fields + row * cols * CLIMATE_FIELDS * STEPS;
        assert_int_equal(climate_fill(climate, row, 0, cols, 0, STEPS, line), STATUS_OK);
        for (int64_t col = 0; col < cols; col++) {
            climate_means(climate, row, col, means + (row * cols + col) * CLIMATE_FIELDS);
        }
    }
    struct block block = {0, ROWS, 0, COLS, 0, STEPS, {0}, NULL};
    block_fill(synthetic, &block, false);
    for (int64_t at = 0; at < ROWS * COLS; at++) {
        const struct synthetic_cell *cell = &block.cells[at];
        double lat = 38 + 0.01 * ((double)(at / COLS) + 0.5);
        double lon = 115 + 0.01 * ((double)(at % COLS) + 0.5);
        double y = (lat - (38 - 0.05)) / 0.1, x = (lon - (115 - 0.05)) / 0.1;
        int64_t j = (int64_t)floor(y), i = (int64_t)floor(x);
        double weights[4] = {
            (1 - (y - (double)j)) * (1 - (x - (double)i)), (1 - (y - (double)j)) * (x - (double)i),
            (y - (double)j) * (1 - (x - (double)i)), (y - (double)j) * (x - (double)i)};
        for (int64_t t = 0; t < STEPS; t++) {
            double sum = 0;
            for (int field = 0; field < CLIMATE_FIELDS; field++) {
                double value = 0, mean = 0;
                for (int k = 0; k < 4; k++) {
                    int64_t row = j + k / 2, col = i + k % 2;
                    value +=
                        weights[k] *
                        (double)fields[((row * CLIMATE_FIELDS + field) * STEPS + t) * cols + col];
                    mean += weights[k] * means[(row * cols + col) * CLIMATE_FIELDS + field];
                }
                assert_close(&cell->references[field], &mean, 1, 1e-9 * fabs(mean));
                sum += cell->coefficients[field] * (value - mean);
            }
            double got = block.values[SYNTHETIC_WEATHER][t * ROWS * COLS + at];
            assert_close(&got, &sum, 1, 0x1p-24 * 128 + 1e-8);
        }
    }
    block_clear(&block);
    free(fields);
    free(means);
    synthetic_destroy(&synthetic);
}

/* ---- weather ------------------------------------------------------------------------------ */

/* Ten years of one node. Means over whole years: the yearly waves add up to 0 over 365 days and the
 * 29 Februaries are three of 3653 days, so that the mean is off by three days of the wave at most
 * (14.5 K 3 / 3653 = 0.012 K), and by the anomalies' mean, whose standard deviation is at most that
 * of independent ones: sd / sqrt(3653); five of those. */
static void fields_have_their_stated_means_and_stay_in_range(void **state)
{
    (void)state;
    enum {
        DAYS = 3653
    };
    static const double low[CLIMATE_FIELDS] = {240, 0, 70000, -15, -15, 15};
    static const double high[CLIMATE_FIELDS] = {325, 0.3, 106000, 15, 15, 95};
    static const double wave[CLIMATE_FIELDS] = {14.5, 0.75 * 0.002, 500, 0.3, 0.5, 6};
    static const double sd[CLIMATE_FIELDS] = {3.2, 0.006, 600, 1.5, 1.5, 12};
    struct synthetic_settings settings = settings_of(ROWS, COLS, DAYS);
    struct synthetic *synthetic = create(&settings);
    const struct climate *climate = synthetic_climate(synthetic);
    float *fields = calloc(CLIMATE_FIELDS * DAYS, sizeof(float));
    for (int64_t node = 0; node < 5; node++) {
        double means[CLIMATE_FIELDS];
        climate_means(climate, node, node, means);
        assert_int_equal(climate_fill(climate, node, node, 1, 0, DAYS, fields), STATUS_OK);
        for (int field = 0; field < CLIMATE_FIELDS; field++) {
            double sum = 0;
            for (int64_t t = 0; t < DAYS; t++) {
                double value = fields[field * DAYS + t];
                assert_true(low[field] <= value && value <= high[field]);
                sum += value;
            }
            double bound =
                3 * wave[field] / DAYS + 5 * sd[field] / sqrt(DAYS) + 1e-7 * means[field];
            sum /= DAYS;
            assert_close(&sum, &means[field], 1, bound);
        }
    }
    free(fields);
    synthetic_destroy(&synthetic);
}

static void days_follow_the_calendar(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, 1500);
    struct synthetic *synthetic = create(&settings);
    const struct climate *climate = synthetic_climate(synthetic);
    double leap = climate_day(climate, 59)->angle; /* 2012-02-29 */
    double mean = 0.5 * (climate_day(climate, 58)->angle + climate_day(climate, 60)->angle);
    assert_close(&leap, &mean, 1, 1e-14);
    assert_int_equal(climate_day(climate, 365)->year, 2012);
    assert_int_equal(climate_day(climate, 366)->year, 2013);
    for (int64_t t = 0; t < 366; t++) { /* 2012 against 2013 */
        double here = climate_day(climate, t)->angle;
        double next = climate_day(climate, t < 59 ? t + 366 : t + 365)->angle;
        assert_true(t == 59 || here == next);
    }
    double stagnation = 0, x = 0, y = 0;
    for (int64_t t = 0; t < 1500; t++) {
        const struct climate_day *day = climate_day(climate, t);
        stagnation += day->stagnation / 1500;
        if (t > 0) {
            x += 0.15 * 86.4 * day->wind_u;
            y += 0.15 * 86.4 * day->wind_v;
        }
        assert_close(&day->drift_x_km, &x, 1, 1e-8);
        assert_close(&day->drift_y_km, &y, 1, 1e-8);
    }
    /* Standard deviation of c over its mean is sqrt(E[c^2] / E[c]^2 - 1) = 0.92, with E[c^2] = 1 / (1
     * + 2 / 0.49); weeks remember, so that 1500 days are worth at least 1500 / 14. */
    assert_true(fabs(stagnation - 1) < 5 * 0.92 / sqrt(1500.0 / 14));
    synthetic_destroy(&synthetic);
}

/* ---- fields ------------------------------------------------------------------------------- */

/* Without memory steps are independent: mean, variance and covariance over N steps have standard
 * deviations of 1, sqrt(2) and at most sqrt(2) over sqrt(N); five of those. The wave vectors stand
 * for the law with the error of 64 stratified points of a function between -1 and 1: 0.1. */
static void waves_are_standard_normal_with_the_covariance_of_their_law(void **state)
{
    (void)state;
    enum {
        DAYS = 4000
    };
    double x[] = {0, 10, 20, 40};
    for (int law = 0; law < 2; law++) {
        struct waves_spec spec = {.key = {7, random_stream("test")},
                                  .count = 64,
                                  .law = (enum waves_law)law,
                                  .length_km = 20,
                                  .steps = DAYS};
        struct waves *waves = NULL;
        assert_int_equal(waves_create(&spec, &waves), STATUS_OK);
        double *basis = calloc((size_t)waves_basis_count(waves, 4), sizeof(double));
        double *values = calloc(16 * DAYS, sizeof(double));
        waves_basis(waves, x, 4, basis);
        waves_fill(waves, 0, DAYS, 33, basis, 4, 16, values);
        double bound = 5 * sqrt(2.0 / DAYS);
        for (int i = 0; i < 4; i++) {
            double mean = 0, square = 0, product = 0;
            for (int t = 0; t < DAYS; t++) {
                mean += values[16 * t + i] / DAYS;
                square += values[16 * t + i] * values[16 * t + i] / DAYS;
                product += values[16 * t] * values[16 * t + i] / DAYS;
            }
            double expected = law == WAVES_SMOOTH ? exp(-x[i] * x[i] / 800) : exp(-x[i] / 20);
            assert_true(fabs(mean) < bound);
            assert_true(fabs(square - 1) < bound);
            assert_true(fabs(product - expected) < bound + (i > 0 ? 0.1 : 0));
        }
        free(basis);
        free(values);
        waves_destroy(&waves);
    }
}

/* The mean over N places of F(x, t) F(x + d, t + 1): with d the way of the drift it is the waves' own
 * lag-1 correlation, 0.743; the error is that of some N / 16 independent places (N = 4096 places over
 * 20 lengths squared). A pattern that stays would show it at d = 0. */
static void waves_move_with_their_drift(void **state)
{
    (void)state;
    enum {
        SIDE = 64,
        DAYS = 20
    };
    double drift_x[DAYS], drift_y[DAYS], x[SIDE], moved = 0, still = 0;
    for (int t = 0; t < DAYS; t++) {
        drift_x[t] = 25.0 * t;
        drift_y[t] = -10.0 * t;
    }
    for (int i = 0; i < SIDE; i++) {
        x[i] = 5.0 * i;
    }
    struct waves_spec spec = {.key = {9, random_stream("test")},
                              .count = 48,
                              .law = WAVES_ROUGH,
                              .length_km = 15,
                              .shortest_km = 5,
                              .memory = 0.8,
                              .steps = DAYS,
                              .drift_x_km = drift_x,
                              .drift_y_km = drift_y};
    struct waves *waves = NULL;
    assert_int_equal(waves_create(&spec, &waves), STATUS_OK);
    double *basis = calloc((size_t)waves_basis_count(waves, SIDE), sizeof(double));
    double *map = calloc(SIDE * SIDE * DAYS, sizeof(double)); /* [row, step, col] */
    waves_basis(waves, x, SIDE, basis);
    for (int row = 0; row < SIDE; row++) {
        waves_fill(waves, 0, DAYS, 5.0 * row, basis, SIDE, SIDE, map + row * DAYS * SIDE);
    }
    int64_t count = 0;
    for (int row = 2; row < SIDE; row++) {
        for (int t = 0; t + 1 < DAYS; t++) {
            for (int col = 0; col + 5 < SIDE; col++, count++) {
                double here = map[(row * DAYS + t) * SIDE + col];
                moved += here * map[((row - 2) * DAYS + t + 1) * SIDE + col + 5];
                still += here * map[(row * DAYS + t + 1) * SIDE + col];
            }
        }
    }
    assert_true(fabs(moved / (double)count - 0.743) < 0.15);
    assert_true(fabs(still / (double)count) < 0.3);
    free(basis);
    free(map);
    waves_destroy(&waves);
}

/* ---- background --------------------------------------------------------------------------- */

/* Basins, closed by hills, hold more than the open plain; most of it after calm days. */
static void basins_trap_more_than_plains(void **state)
{
    (void)state;
    enum {
        SIDE = 48,
        DAYS = 700
    };
    struct synthetic_settings settings = settings_of(SIDE, SIDE, DAYS);
    struct synthetic *synthetic = create(&settings);
    struct block block = {0, SIDE, 0, SIDE, 0, DAYS, {0}, NULL};
    block_fill(synthetic, &block, false);
    double sum[2][2] = {{0}}, count[2][2] = {{0}}; /* [calm, enclosed] */
    for (int64_t i = 0; i < SIDE * SIDE * DAYS; i++) {
        const struct synthetic_cell *cell = &block.cells[i % (SIDE * SIDE)];
        double calm = climate_day(synthetic_climate(synthetic), i / (SIDE * SIDE))->stagnation;
        bool is_basin = cell->enclosure > 0.9, is_open = cell->enclosure < 0.1;
        if (cell->elevation_m < 250 && (is_basin || is_open)) {
            sum[calm > 1][is_basin] += block.values[SYNTHETIC_BACKGROUND][i];
            count[calm > 1][is_basin]++;
        }
    }
    double excess[2], share[2];
    for (int calm = 0; calm < 2; calm++) {
        assert_true(count[calm][0] > 0 && count[calm][1] > 0);
        excess[calm] = sum[calm][1] / count[calm][1] - sum[calm][0] / count[calm][0];
        share[calm] = count[calm][1] / (count[0][1] + count[1][1]);
    }
    /* Trapped: 12 K times an enclosure that is 0.8 higher at least; haze loses 18 (1 - exp(-250 /
     * 900)) = 4.4 by height at most, and its patches differ by 1 between places at random. */
    double mean = share[0] * excess[0] + share[1] * excess[1];
    assert_true(mean > 12 * 0.8 - 4.4 - 1);
    assert_true(excess[1] > excess[0] + 3);
    block_clear(&block);
    synthetic_destroy(&synthetic);
}

/** Sum of squared differences, per pair, of open cells between two days, the second moved. */
static double mismatch(const double *day, const double *next, const bool *open, int side, int up,
                       int across)
{
    double sum = 0;
    int64_t pairs = 0;
    for (int row = up > 0 ? 0 : -up; row < side && row + up < side; row++) {
        for (int col = across > 0 ? 0 : -across; col < side && col + across < side; col++) {
            int here = row * side + col, there = (row + up) * side + col + across;
            if (open[here] && open[there]) {
                double difference = next[there] - day[here];
                sum += difference * difference;
                pairs++;
            }
        }
    }
    return pairs > 400 ? sum / (double)pairs : INFINITY;
}

/* The move that makes a day's haze most like the next day's is the wind's. Over open low ground,
 * where nothing is trapped, the haze is a function of F alone. The best move may miss by the grid
 * and by what changes on the way; in half of the days it is within two cells. */
static void haze_moves_with_the_wind(void **state)
{
    (void)state;
    enum {
        SIDE = 72,
        DAYS = 24,
        REACH = 14
    };
    static double haze[DAYS][SIDE * SIDE];
    static bool open[SIDE * SIDE];
    struct synthetic_settings settings = settings_of(SIDE, SIDE, DAYS);
    settings.region.cell_degrees = 0.02;
    struct synthetic *synthetic = create(&settings);
    struct block block = {0, SIDE, 0, SIDE, 0, DAYS, {0}, NULL};
    block_fill(synthetic, &block, false);
    for (int64_t cell = 0; cell < SIDE * SIDE; cell++) {
        open[cell] = block.cells[cell].enclosure < 0.05 && block.cells[cell].elevation_m < 100;
        for (int t = 0; t < DAYS; t++) {
            haze[t][cell] = log((double)block.values[SYNTHETIC_BACKGROUND][t * SIDE * SIDE + cell]);
        }
    }
    int good = 0, days = 0, far = 0;
    double width = landscape_x_km(synthetic_landscape(synthetic), 1) -
                   landscape_x_km(synthetic_landscape(synthetic), 0);
    double height = landscape_y_km(synthetic_landscape(synthetic), 1) -
                    landscape_y_km(synthetic_landscape(synthetic), 0);
    for (int t = 0; t + 1 < DAYS; t++) {
        const struct climate_day *day = climate_day(synthetic_climate(synthetic), t + 1);
        double across = 0.15 * 86.4 * day->wind_u / width, up = 0.15 * 86.4 * day->wind_v / height;
        if (fabs(across) > REACH - 2 || fabs(up) > REACH - 2) {
            continue;
        }
        double least = INFINITY, best_across = 0, best_up = 0;
        for (int i = -REACH; i <= REACH; i++) {
            for (int j = -REACH; j <= REACH; j++) {
                double found = mismatch(haze[t], haze[t + 1], open, SIDE, i, j);
                if (found < least) {
                    least = found;
                    best_up = i;
                    best_across = j;
                }
            }
        }
        good += hypot(best_across - across, best_up - up) <= 2;
        far += hypot(across, up) > 4;
        days++;
    }
    assert_true(days >= 12 && far >= days / 2);
    assert_true(2 * good >= days);
    block_clear(&block);
    synthetic_destroy(&synthetic);
}

/* ---- noise and gaps ----------------------------------------------------------------------- */

/* Numbers of the documented key through GSL's inverse. Bound: 3e-6, and float rounding of 6 sd. */
static void noise_is_normal_and_keyed_by_cell_and_day(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    settings.noise_memory = 0;
    settings.noise_sd = 1;
    struct synthetic *synthetic = create(&settings);
    struct block block = {0, ROWS, 0, COLS, 0, STEPS, {0}, NULL};
    block_fill(synthetic, &block, false);
    struct random_key key = {3, random_stream("synthetic.noise")};
    for (int64_t i = 0; i < ROWS * COLS * STEPS; i++) {
        uint64_t bits = random_bits(key, (uint64_t)(i % (ROWS * COLS)),
                                    (uint64_t)(MEMORY_TERMS + i / (ROWS * COLS)));
        double u = ((double)(uint32_t)bits + 0.5) * 0x1p-32;
        double expected = gsl_cdf_ugaussian_Pinv(u), got = block.values[SYNTHETIC_NOISE][i];
        assert_close(&got, &expected, 1, 3e-6 + 6 * 0x1p-24);
    }
    block_clear(&block);
    synthetic_destroy(&synthetic);
}

/* Moments over N = 37 * 21 cells and 150 days of a moving average with correlation r^h: means of N
 * values have at most (1 + r) / (1 - r) times the variance of independent ones. */
static void noise_has_its_deviation_and_memory(void **state)
{
    (void)state;
    double r = 0.5, n = (double)ROWS * COLS * STEPS;
    struct synthetic_settings settings = settings_of(ROWS, COLS, STEPS);
    struct synthetic *synthetic = create(&settings);
    struct block block = {0, ROWS, 0, COLS, 0, STEPS, {0}, NULL};
    block_fill(synthetic, &block, false);
    const float *noise = block.values[SYNTHETIC_NOISE];
    double mean = 0, square = 0, lag = 0, beside = 0;
    for (int64_t i = 0; i < ROWS * COLS * STEPS; i++) {
        mean += noise[i] / n / 6;
        square += (double)noise[i] * noise[i] / n / 36;
        lag += i >= ROWS * COLS ? (double)noise[i] * noise[i - ROWS * COLS] / n / 36 : 0;
        beside += i % COLS > 0 ? (double)noise[i] * noise[i - 1] / n / 36 : 0;
    }
    double bound = 5 * sqrt((1 + r) / (1 - r) / n);
    assert_true(fabs(mean) < bound);
    assert_true(fabs(square - 1) < sqrt(2) * bound);
    assert_true(fabs(lag * STEPS / (STEPS - 1) - r) < sqrt(2) * bound);
    assert_true(fabs(beside * COLS / (COLS - 1)) < sqrt(2) * bound);
    block_clear(&block);
    synthetic_destroy(&synthetic);
}

/* Days are independent and a day's share lies in [0, 1] with mean g, so that its variance is at most
 * g (1 - g): the mean over N days is within five standard deviations. Where a cell is missing, its
 * neighbour is so with probability (s + (1 - s) s^2) / g, s = 1 - sqrt(1 - g), as a cloud of 40 km
 * covers both or none but in 2 % of the cases (arccos(1 - 1 / 3200) / pi = 0.8 %); taken over the g N
 * days that gaps are worth. For two of the shares independent gaps lie outside the bound. */
static void gaps_have_their_share_and_come_in_clouds(void **state)
{
    (void)state;
    static const double shares[] = {0.05, 0.3, 0.8};
    enum {
        DAYS = 900,
        SIDE = 24
    };
    for (int i = 0; i < 3; i++) {
        double g = shares[i];
        struct synthetic_settings settings = settings_of(SIDE, SIDE, DAYS);
        settings.gap_fraction = g;
        struct synthetic *synthetic = create(&settings);
        struct block block = {0, 2, 0, SIDE, 0, DAYS, {0}, NULL};
        block_fill(synthetic, &block, false);
        const float *pm25 = block.values[SYNTHETIC_PARTS];
        double missing = 0, pairs = 0, count = 2.0 * SIDE * DAYS;
        for (int64_t k = 0; k < 2 * SIDE * DAYS; k++) {
            missing += isnan(pm25[k]);
            pairs += k % SIDE > 0 && isnan(pm25[k]) && isnan(pm25[k - 1]);
        }
        assert_true(fabs(missing / count - g) < 5 * sqrt(g * (1 - g) / DAYS));
        double beside = pairs / (missing * (SIDE - 1) / SIDE);
        double alone = 1 - sqrt(1 - g), expected = (alone + (1 - alone) * alone * alone) / g;
        double bound = 0.02 + 5 * sqrt(expected * (1 - expected) / (g * DAYS));
        assert_true(fabs(beside - expected) < bound);
        assert_true(i == 2 || fabs(expected - g) > bound);
        block_clear(&block);
        synthetic_destroy(&synthetic);
    }
}

/* ---- plumes ------------------------------------------------------------------------------- */

struct around {
    double lon, lat;
    int64_t cols;
};

static double exact_distance_m(const void *context, int64_t row, int64_t col)
{
    const struct around *around = context;
    return geodesic_distance_m(around->lon, around->lat, 115 + 0.01 * ((double)col + 0.5),
                               38 + 0.01 * ((double)row + 0.5));
}

/* Areas grown over the whole map with exact distances. */
static void confined_plumes_stay_in_the_grown_areas(void **state)
{
    (void)state;
    enum {
        SIDE = 40,
        DAYS = 30
    };
    static float elevation[SIDE * SIDE];
    static int64_t queue[SIDE * SIDE];
    static uint8_t mask[SIDE * SIDE], any[SIDE * SIDE];
    for (int tolerance = 0; tolerance < 2; tolerance++) {
        struct synthetic_settings settings = settings_of(SIDE, SIDE, DAYS);
        settings.rise_tolerance_m = 5 * tolerance;
        settings.region.missing_fraction = 0.05;
        struct synthetic *synthetic = create(&settings);
        const struct landscape *landscape = synthetic_landscape(synthetic);
        for (int64_t cell = 0; cell < SIDE * SIDE; cell++) {
            elevation[cell] = landscape_elevation_m(landscape, cell / SIDE, cell % SIDE);
        }
        memset(any, 0, sizeof any);
        for (int64_t i = 0; i < landscape_source_count(landscape); i++) {
            const struct landscape_source *source = landscape_source(landscape, i);
            struct around around = {source->lon, source->lat, SIDE};
            struct growth_terrain terrain = {SIDE,    SIDE,  elevation,      exact_distance_m,
                                             &around, 10000, 5.0 * tolerance};
            int64_t start = source->row * SIDE + source->col;
            growth_fill(&terrain, &start, 1, queue, NULL, mask);
            for (int64_t cell = 0; cell < SIDE * SIDE; cell++) {
                any[cell] |= mask[cell];
            }
        }
        struct block block = {0, SIDE, 0, SIDE, 0, DAYS, {0}, NULL};
        block_fill(synthetic, &block, false);
        int64_t inside = 0;
        for (int64_t i = 0; i < SIDE * SIDE * DAYS; i++) {
            int64_t cell = i % (SIDE * SIDE);
            float plume = block.values[SYNTHETIC_PLUME][i];
            assert_int_equal(block.cells[cell].is_in_area, any[cell]);
            assert_true(any[cell] ? plume >= 0 : plume == 0);
            inside += plume > 0;
        }
        assert_true(inside > DAYS);
        block_clear(&block);
        synthetic_destroy(&synthetic);
    }
}

static void spreading_plumes_add_to_confined_ones_beyond_the_areas(void **state)
{
    (void)state;
    struct synthetic_settings settings = settings_of(ROWS, COLS, 40);
    struct synthetic *confined = create(&settings);
    settings.plumes_spread = true;
    struct synthetic *spreading = create(&settings);
    struct block a = {0, ROWS, 0, COLS, 0, 40, {0}, NULL}, b = a;
    block_fill(confined, &a, false);
    block_fill(spreading, &b, false);
    int64_t beyond = 0;
    for (int64_t i = 0; i < ROWS * COLS * 40; i++) {
        assert_true(b.values[SYNTHETIC_PLUME][i] >= a.values[SYNTHETIC_PLUME][i]);
        beyond += !a.cells[i % (ROWS * COLS)].is_in_area && b.values[SYNTHETIC_PLUME][i] > 1;
    }
    assert_true(beyond > 0);
    block_clear(&a);
    block_clear(&b);
    synthetic_destroy(&confined);
    synthetic_destroy(&spreading);
}

/* ---- ground ------------------------------------------------------------------------------- */

static struct landscape *land(uint32_t seed, int64_t rows, int64_t cols)
{
    struct landscape_region region = settings_of(rows, cols, 1).region;
    struct landscape *landscape = NULL;
    region.seed = seed;
    assert_int_equal(landscape_create(&region, &landscape), STATUS_OK);
    return landscape;
}

/* Every region has level plains in whole metres, hills, and basins that water cannot leave without
 * rising 100 m. */
static void terrain_has_plains_hills_and_closed_basins(void **state)
{
    (void)state;
    static const int64_t sides[] = {32, 96};
    for (uint32_t seed = 1; seed <= 12; seed++) {
        int64_t side = sides[seed % 2], level = 0, high = 0;
        struct landscape *landscape = land(seed, side, side);
        float *elevation = calloc((size_t)(side * side), sizeof(float));
        float *filled = calloc((size_t)(side * side), sizeof(float));
        for (int64_t cell = 0; cell < side * side; cell++) {
            elevation[cell] = landscape_elevation_m(landscape, cell / side, cell % side);
            assert_true(elevation[cell] >= 0 && elevation[cell] == floorf(elevation[cell]));
            level += cell % side > 0 && elevation[cell] == elevation[cell - 1];
            high += elevation[cell] > 400;
        }
        assert_true(level > side * side / 20 && high > side * side / 20);
        assert_int_equal(depression_fill(elevation, side, side, filled), STATUS_OK);
        for (int64_t i = 0; i < landscape_basin_count(landscape); i++) {
            double x, y, radius;
            landscape_basin(landscape, i, &x, &y, &radius);
            int64_t row = (int64_t)(y / landscape_y_km(landscape, 0.5));
            int64_t col = (int64_t)(x / landscape_x_km(landscape, 0.5));
            assert_true(filled[row * side + col] - elevation[row * side + col] > 100);
            assert_true(landscape_enclosure(landscape, x, y) > 0.9);
        }
        free(elevation);
        free(filled);
        landscape_destroy(&landscape);
    }
}

static void the_paper_region_has_474_sources_and_small_ones_three(void **state)
{
    (void)state;
    struct landscape_region region = settings_of(660, 630, 1).region;
    struct landscape *landscape = NULL;
    region.west = 113.5;
    region.south = 36;
    assert_int_equal(landscape_create(&region, &landscape), STATUS_OK);
    assert_int_equal(landscape_source_count(landscape), 474);
    int64_t low = 0, open_at_first = 0, open_at_last = 0;
    for (int64_t i = 0; i < 474; i++) {
        const struct landscape_source *source = landscape_source(landscape, i);
        assert_in_range(source->row, 0, 659);
        assert_in_range(source->col, 0, 629);
        assert_true(fabs(source->lon - (113.5 + 0.01 * ((double)source->col + 0.5))) < 1e-12);
        assert_true(source->strength > 0 && source->opened < source->closed);
        low += landscape_elevation_m(landscape, source->row, source->col) < 200;
        open_at_first += landscape_source_operates(source, 2012);
        open_at_last += landscape_source_operates(source, 2021);
    }
    assert_true(low > 474 / 2); /* plains and valleys are favoured */
    assert_true(open_at_first < 474 && open_at_first > 300);
    assert_true(open_at_last < 474 && open_at_last > 250);
    landscape_destroy(&landscape);
    landscape = land(1, 7, 5);
    assert_int_equal(landscape_source_count(landscape), 3);
    landscape_destroy(&landscape);
}

/* Cities neither overlap nor leave a hole: convex, turning left, and their areas add up to the
 * rectangle within the margin, 0.9^2 of the region. Bound: corners are rounded to 1e-6 degrees. */
static void cities_share_the_region_out_but_for_a_margin(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 20; seed++) {
        struct landscape_region region = settings_of(60, 90, 1).region;
        struct landscape *landscape = NULL;
        region.seed = seed;
        region.cities = seed == 1 ? 1 : seed == 2 ? LANDSCAPE_CITIES_MOST : 13;
        assert_int_equal(landscape_create(&region, &landscape), STATUS_OK);
        assert_int_equal(landscape_city_count(landscape), region.cities);
        double total = 0;
        for (int i = 0; i < region.cities; i++) {
            struct landscape_city city;
            landscape_city(landscape, i, &city);
            double area = 0;
            assert_in_range(city.vertices, 3, LANDSCAPE_VERTICES_MOST);
            for (int k = 0; k < city.vertices; k++) {
                int next = (k + 1) % city.vertices;
                area += 0.5 * (city.x[k] * city.y[next] - city.x[next] * city.y[k]);
                assert_true(city.x[k] > 115 + 0.044 && city.x[k] < 115 + 0.856);
                assert_true(city.y[k] > 38 + 0.029 && city.y[k] < 38 + 0.571);
            }
            assert_true(area > 0);
            total += area;
        }
        double expected = 0.81 * 0.9 * 0.6;
        assert_close(&total, &expected, 1, 1e-5);
        landscape_destroy(&landscape);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(any_cell_and_step_can_be_made_alone),
    cmocka_unit_test(more_days_do_not_change_the_first_ones),
    cmocka_unit_test(the_seed_changes_everything_that_is_drawn),
    cmocka_unit_test(pm25_is_the_rounded_sum_of_base_and_parts_but_for_gaps),
    cmocka_unit_test(weather_is_linear_in_the_written_fields),
    cmocka_unit_test(fields_have_their_stated_means_and_stay_in_range),
    cmocka_unit_test(days_follow_the_calendar),
    cmocka_unit_test(waves_are_standard_normal_with_the_covariance_of_their_law),
    cmocka_unit_test(waves_move_with_their_drift),
    cmocka_unit_test(basins_trap_more_than_plains),
    cmocka_unit_test(haze_moves_with_the_wind),
    cmocka_unit_test(noise_is_normal_and_keyed_by_cell_and_day),
    cmocka_unit_test(noise_has_its_deviation_and_memory),
    cmocka_unit_test(gaps_have_their_share_and_come_in_clouds),
    cmocka_unit_test(confined_plumes_stay_in_the_grown_areas),
    cmocka_unit_test(spreading_plumes_add_to_confined_ones_beyond_the_areas),
    cmocka_unit_test(terrain_has_plains_hills_and_closed_basins),
    cmocka_unit_test(the_paper_region_has_474_sources_and_small_ones_three),
    cmocka_unit_test(cities_share_the_region_out_but_for_a_margin),
};

TESTING_MAIN(tests)
