/* airshed -- GPL-3.0-or-later. STL against R, statsmodels and the Fortran, and its promises on
 * lanes and gaps. ranks: 1
 */
#include "table.h"

#include "base/memory.h"
#include "kernels/stl.h"

/* ---- one run ------------------------------------------------------------------------------ */

struct run {
    int64_t steps;
    double *series;
    struct stl_parts parts;
    enum reason reasons[STL_LANES];
};

static double *block_create(int64_t steps)
{
    double *block = NULL;
    assert_int_equal(memory_allocate((size_t)(steps * STL_LANES), sizeof *block, &block),
                     STATUS_OK);
    return block;
}

static struct run run_create(int64_t steps)
{
    return (struct run){.steps = steps,
                        .series = block_create(steps),
                        .parts = {.trend = block_create(steps),
                                  .seasonal = block_create(steps),
                                  .remainder = block_create(steps),
                                  .weights = block_create(steps)}};
}

static void run_clear(struct run *run)
{
    free(run->series);
    free(run->parts.trend);
    free(run->parts.seasonal);
    free(run->parts.remainder);
    free(run->parts.weights);
}

static void run_decompose(struct run *run, const struct stl_settings *settings)
{
    struct stl_plan *plan = NULL;
    struct stl_workspace *workspace = NULL;
    assert_int_equal(stl_plan_create(settings, run->steps, &plan), STATUS_OK);
    assert_int_equal(stl_workspace_create(plan, &workspace), STATUS_OK);
    stl_decompose(plan, workspace, run->series, &run->parts, run->reasons);
    stl_workspace_destroy(&workspace);
    stl_plan_destroy(&plan);
}

static void lane_set(struct run *run, int lane, const double *values)
{
    for (int64_t i = 0; i < run->steps; i++) {
        run->series[i * STL_LANES + lane] = values[i];
    }
}

/* Largest |block[lane] - expected|. */
static double lane_difference(const double *block, int lane, const double *expected, int64_t steps)
{
    double largest = 0;
    for (int64_t i = 0; i < steps; i++) {
        double difference = fabs(block[i * STL_LANES + lane] - expected[i]);
        largest = difference > largest || isnan(difference) ? difference : largest;
    }
    return largest;
}

static void column_copy(const struct table *table, int column, double *values)
{
    for (int64_t i = 0; i < table->rows; i++) {
        values[i] = table_value(table, i, column);
    }
}

/* ---- fixtures of R and statsmodels -------------------------------------------------------- */

/* Reads "s7.d0.rob1.jdef" (R) or "s7.rob0.j10" (statsmodels). */
static struct stl_settings variant_settings(const char *variant, int64_t period, bool is_r)
{
    bool robust = strstr(variant, ".rob1.") != NULL;
    int64_t seasonal =
        strncmp(variant, "speriodic", 9) == 0 ? STL_PERIODIC : strtoll(variant + 1, NULL, 10);
    struct stl_settings settings =
        stl_settings_preset(is_r ? STL_PRESET_R : STL_PRESET_STATSMODELS, period, seasonal, robust);
    if (strstr(variant, ".d1.") != NULL) {
        settings.seasonal_degree = 1;
    }
    if (is_r && strstr(variant, ".j1") != NULL) {
        settings.seasonal_jump = settings.trend_jump = settings.low_pass_jump = 1;
    }
    if (strstr(variant, ".j10") != NULL) {
        struct stl_settings full = stl_settings_resolve(&settings, 0);
        settings.seasonal_jump = (full.seasonal + 9) / 10;
        settings.trend_jump = (full.trend + 9) / 10;
        settings.low_pass_jump = (full.low_pass + 9) / 10;
    }
    return settings;
}

static int compare_part(const struct table *expected, const char *variant, const char *part,
                        const double *block, double tolerance)
{
    char name[TABLE_NAME];
    snprintf(name, sizeof name, "%.40s.%s", variant, part);
    int column = table_column(expected, name);
    if (column < 0) {
        return 0;
    }
    double *values = malloc((size_t)expected->rows * sizeof *values);
    column_copy(expected, column, values);
    double largest = lane_difference(block, 3, values, expected->rows);
    free(values);
    if (!(largest <= tolerance)) {
        fprintf(stderr, "%s: largest difference %.3g, tolerance %.1g\n", name, largest, tolerance);
        return 1;
    }
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Weights are B(r / 6 median|r|) with slopes up to 1.54, so parts that agree to @p tolerance give
 * weights that agree to 2 * 1.54 * tolerance / (6 median|r|), twice that with the median's own
 * error. It matters where three years leave hardly a remainder (median 2e-6). */
static double weight_tolerance(const struct run *run, double tolerance)
{
    double *size = malloc((size_t)run->steps * sizeof *size);
    for (int64_t i = 0; i < run->steps; i++) {
        size[i] = fabs(run->parts.remainder[i * STL_LANES + 3]);
    }
    qsort(size, (size_t)run->steps, sizeof *size, by_size);
    double width = 6 * size[run->steps / 2];
    free(size);
    return tolerance * fmax(1, 4 * 1.54 / width);
}

/* Non-robust 1e-9; robust 1e-8, because the two tools themselves differ by 2e-9 there. */
static int compare_variant(const struct table *input, const struct table *expected,
                           const char *variant, int64_t period, bool is_r)
{
    struct stl_settings settings = variant_settings(variant, period, is_r);
    double tolerance = settings.robust ? 1e-8 : 1e-9;
    struct run run = run_create(input->rows);
    double *values = malloc((size_t)input->rows * sizeof *values);
    column_copy(input, 0, values);
    lane_set(&run, 3, values);
    run_decompose(&run, &settings);
    int bad = compare_part(expected, variant, "seasonal", run.parts.seasonal, tolerance) +
              compare_part(expected, variant, "trend", run.parts.trend, tolerance) +
              compare_part(expected, variant, "weights", run.parts.weights,
                           settings.robust ? weight_tolerance(&run, tolerance) : tolerance);
    free(values);
    run_clear(&run);
    return bad;
}

static void compare_peer(const char *stem, int64_t period, const char *peer, bool skip_robust)
{
    char name[128];
    snprintf(name, sizeof name, "fixtures/peers/%s_input.csv", stem);
    const char *input_path = testing_shared(name);
    snprintf(name, sizeof name, "fixtures/peers/%s_%s.csv", stem, peer);
    const char *expected_path = testing_shared(name);
    if (input_path == NULL || expected_path == NULL) {
        testing_skip();
        return;
    }
    struct table input = table_read(input_path);
    struct table expected = table_read(expected_path);
    int bad = 0;
    int compared = 0;
    for (int c = 0; c < expected.columns; c++) {
        char *suffix = strstr(expected.name[c], ".seasonal");
        bool robust = strstr(expected.name[c], ".rob1.") != NULL;
        if (suffix != NULL && !(robust && skip_robust)) {
            char variant[TABLE_NAME];
            snprintf(variant, sizeof variant, "%.*s", (int)(suffix - expected.name[c]),
                     expected.name[c]);
            bad += compare_variant(&input, &expected, variant, period, strcmp(peer, "R") == 0);
            compared++;
        }
    }
    table_clear(&input);
    table_clear(&expected);
    assert_true(compared > 0);
    assert_int_equal(bad, 0);
}

static void odd_monthly_series_equals_r(void **state)
{
    (void)state;
    compare_peer("stl_n119_p12", 12, "R", false);
}

static void odd_monthly_series_equals_statsmodels(void **state)
{
    (void)state;
    compare_peer("stl_n119_p12", 12, "statsmodels", false);
}

/* R's median is not the median for even n (README of the fixtures): its robust columns are left
 * out. */
static void even_monthly_series_equals_r(void **state)
{
    (void)state;
    compare_peer("stl_n120_p12", 12, "R", true);
}

static void even_monthly_series_equals_statsmodels(void **state)
{
    (void)state;
    compare_peer("stl_n120_p12", 12, "statsmodels", false);
}

/* With two periods the cycles pass through every point and what remains is rounding error (1e-13):
 * statsmodels' robust columns hold weights made of those errors, which no other sum order gives. */
static void two_periods_equal_statsmodels(void **state)
{
    (void)state;
    compare_peer("stl_n730_p365", 365, "statsmodels", true);
}

static void three_years_of_days_equal_r(void **state)
{
    (void)state;
    compare_peer("stl_n1095_p365", 365, "R", false);
}

static void three_years_of_days_equal_statsmodels(void **state)
{
    (void)state;
    compare_peer("stl_n1095_p365", 365, "statsmodels", false);
}

static void ten_years_of_days_equal_r(void **state)
{
    (void)state;
    compare_peer("stl_n3653_p365", 365, "R", false);
}

static void ten_years_of_days_equal_statsmodels(void **state)
{
    (void)state;
    compare_peer("stl_n3653_p365", 365, "statsmodels", false);
}

/* ---- the Fortran and R on real series ----------------------------------------------------- */

static struct stl_settings fortran_settings(const struct table *parameters, int64_t row)
{
    const double *value = parameters->values + row * parameters->columns;
    struct stl_settings settings =
        stl_settings_preset(STL_PRESET_R, (int64_t)value[2], (int64_t)value[3], false);
    settings.seasonal_degree = (int)value[6];
    settings.trend_degree = (int)value[7];
    if (isnan(value[4])) {
        return settings; /* stlez: the rest derived, as R does */
    }
    settings.trend = (int64_t)value[4];
    settings.low_pass = (int64_t)value[5];
    settings.low_pass_degree = (int)value[8];
    settings.seasonal_jump = (int64_t)value[9];
    settings.trend_jump = (int64_t)value[10];
    settings.low_pass_jump = (int64_t)value[11];
    settings.inner = (int)value[12];
    settings.outer = (int)value[13];
    return settings;
}

static void compare_scenario(const struct table *co2, const struct table *expected,
                             const struct table *parameters, int64_t row)
{
    int64_t steps = (int64_t)table_value(parameters, row, 1);
    struct stl_settings settings = fortran_settings(parameters, row);
    struct run run = run_create(steps);
    double *part[3] = {run.parts.seasonal, run.parts.trend, run.parts.weights};
    double largest = 0;
    int64_t compared = 0;
    for (int64_t i = 0; i < steps; i++) {
        run.series[i * STL_LANES + 5] = table_value(co2, i, 1);
    }
    run_decompose(&run, &settings);
    for (int64_t r = 0; r < expected->rows; r++) {
        int64_t step = (int64_t)table_value(expected, r, 1);
        if (strcmp(expected->texts[r], parameters->texts[row]) == 0) {
            for (int p = 0; p < 3; p++) {
                double got = part[p][step * STL_LANES + 5];
                largest = fmax(largest, fabs(got - table_value(expected, r, 2 + p)));
            }
            compared++;
        }
    }
    run_clear(&run);
    if (!(largest <= 1e-9)) {
        fprintf(stderr, "%s: largest difference %.3g\n", parameters->texts[row], largest);
    }
    assert_int_equal(compared, steps);
    assert_true(largest <= 1e-9);
}

static void carbon_dioxide_equals_the_fortran(void **state)
{
    (void)state;
    const char *co2_path = testing_shared("data/reference/stl/co2_monthly.csv");
    const char *expected_path = testing_shared("data/reference/stl/fortran_stl_co2_expected.csv");
    const char *path = testing_shared("data/reference/stl/fortran_stl_co2_parameters.csv");
    if (co2_path == NULL || expected_path == NULL || path == NULL) {
        testing_skip();
        return;
    }
    struct table co2 = table_read(co2_path);
    struct table expected = table_read(expected_path);
    struct table parameters = table_read(path);
    for (int64_t row = 0; row < parameters.rows; row++) {
        compare_scenario(&co2, &expected, &parameters, row);
    }
    table_clear(&co2);
    table_clear(&expected);
    table_clear(&parameters);
}

static void compare_r_file(const char *file, int64_t period, int64_t seasonal, bool robust)
{
    char name[128];
    snprintf(name, sizeof name, "data/reference/stl/%s", file);
    const char *path = testing_shared(name);
    if (path == NULL) {
        testing_skip();
        return;
    }
    struct table table = table_read(path);
    struct stl_settings settings = stl_settings_preset(STL_PRESET_R, period, seasonal, robust);
    struct run run = run_create(table.rows);
    double *part[4] = {run.parts.seasonal, run.parts.trend, run.parts.remainder, run.parts.weights};
    double *values = malloc((size_t)table.rows * sizeof *values);
    column_copy(&table, 1, values);
    lane_set(&run, 0, values);
    run_decompose(&run, &settings);
    for (int p = 0; p < 4; p++) {
        column_copy(&table, 2 + p, values);
        double largest = lane_difference(part[p], 0, values, table.rows);
        if (!(largest <= (robust ? 1e-8 : 1e-9))) {
            fprintf(stderr, "%s: %s: largest difference %.3g\n", file, table.name[2 + p], largest);
            fail();
        }
    }
    free(values);
    run_clear(&run);
    table_clear(&table);
}

static void real_series_equal_r(void **state)
{
    (void)state;
    compare_r_file("r_stl_elec_equip.csv", 12, 7, false);
    compare_r_file("r_stl_elec_equip_robust.csv", 12, 7, true);
    compare_r_file("r_stl_baoding_pm25_daily_robust.csv", 365, 7, true);
    compare_r_file("r_stl_baoding_pm25_daily_periodic.csv", 365, STL_PERIODIC, false);
}

/* ---- promises on lanes and gaps ------------------------------------------------------------ */

static uint64_t random_state;

static double random_uniform(void)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(random_state >> 11) * 0x1p-53;
}

/* Trend, season and noise with a share of missing values; the same for the same seed. */
static void series_make(double *values, int64_t steps, int64_t period, double gaps, uint64_t seed)
{
    random_state = seed;
    for (int64_t i = 0; i < steps; i++) {
        double phase = 6.283185307179586 * (double)i / (double)period;
        double value = 60 - 0.01 * (double)i + 20 * cos(phase) + 5 * sin(3 * phase) +
                       30 * random_uniform() * random_uniform();
        values[i] = random_uniform() < gaps ? NAN : value;
    }
}

struct promise {
    int64_t steps;
    int64_t period;
    struct stl_settings settings;
};

enum {
    PROMISES = 9
};

static void promises_make(struct promise *promise)
{
    const struct stl_settings kinds[PROMISES] = {
        stl_settings_preset(STL_PRESET_R, 12, 7, false),
        stl_settings_preset(STL_PRESET_R, 12, STL_PERIODIC, false),
        stl_settings_preset(STL_PRESET_STATSMODELS, 12, 7, false),
        stl_settings_preset(STL_PRESET_EXACT, 12, 9, true),
        stl_settings_preset(STL_PRESET_R, 7, 7, true),
        stl_settings_preset(STL_PRESET_STATSMODELS, 73, 7, false),
        stl_settings_preset(STL_PRESET_STATSMODELS, 73, 7, true),
        stl_settings_preset(STL_PRESET_STATSMODELS, 73, 7, false),
        stl_settings_preset(STL_PRESET_EXACT, 73, 7, true),
    };
    for (int i = 0; i < PROMISES; i++) {
        promise[i].settings = kinds[i];
        promise[i].period = kinds[i].period;
        promise[i].steps = kinds[i].period < 20 ? 50 * kinds[i].period + 3 : 730;
    }
    promise[7].settings.trend = promise[8].settings.trend = 301; /* a long window */
}

static bool same_bits(const struct run *a, int lane, const struct run *b, int other)
{
    const double *one[4] = {a->parts.trend, a->parts.seasonal, a->parts.remainder,
                            a->parts.weights};
    const double *two[4] = {b->parts.trend, b->parts.seasonal, b->parts.remainder,
                            b->parts.weights};
    for (int p = 0; p < 4; p++) {
        for (int64_t i = 0; i < a->steps; i++) {
            double x = one[p][i * STL_LANES + lane];
            double y = two[p][i * STL_LANES + other];
            if (isnan(x) != isnan(y) || (!isnan(x) && memcmp(&x, &y, sizeof x) != 0)) {
                return false;
            }
        }
    }
    return a->reasons[lane] == b->reasons[other];
}

/* The same series alone in lane 0 and beside complete, gappy and failing neighbours in each lane.
 */
static void assert_lanes_are_alone(const struct promise *promise, double gaps)
{
    struct run alone = run_create(promise->steps);
    struct run crowd = run_create(promise->steps);
    double *values = malloc((size_t)promise->steps * sizeof *values);
    for (int64_t i = 0; i < promise->steps * STL_LANES; i++) {
        alone.series[i] = NAN;
    }
    series_make(values, promise->steps, promise->period, gaps, 1);
    lane_set(&alone, 0, values);
    run_decompose(&alone, &promise->settings);
    assert_int_equal(alone.reasons[0], REASON_OK);
    for (int lane = 0; lane < STL_LANES; lane++) {
        for (int other = 0; other < STL_LANES; other++) {
            static const double shares[] = {0, 0.1, 0, 0.3, 1, 0, 0.05, 0.9};
            double share = other == lane ? gaps : shares[(other + lane) % STL_LANES];
            series_make(values, promise->steps, promise->period, share,
                        other == lane ? 1 : 100 + (uint64_t)other);
            lane_set(&crowd, other, values);
        }
        run_decompose(&crowd, &promise->settings);
        assert_true(same_bits(&alone, 0, &crowd, lane));
    }
    free(values);
    run_clear(&alone);
    run_clear(&crowd);
}

static void a_lane_depends_on_itself_alone(void **state)
{
    (void)state;
    struct promise promise[PROMISES];
    promises_make(promise);
    for (int i = 0; i < PROMISES; i++) {
        for (int window = STL_GAP_WINDOW_NEAREST; window <= STL_GAP_WINDOW_FIXED; window++) {
            promise[i].settings.gap_window = (enum stl_gap_window)window;
            assert_lanes_are_alone(&promise[i], 0);
            assert_lanes_are_alone(&promise[i], 0.1);
        }
    }
}

/* One value in 20 left out of noise of at most 30: the parts move by less than the noise. (That the
 * two paths are one computation where nothing is missing is proved in tests/unit/loess.c.) */
static void gaps_change_little(void **state)
{
    (void)state;
    struct promise promise[PROMISES];
    promises_make(promise);
    for (int i = 0; i < PROMISES; i++) {
        struct run run = run_create(promise[i].steps);
        double *values = malloc((size_t)promise[i].steps * sizeof *values);
        series_make(values, promise[i].steps, promise[i].period, 0, 5);
        lane_set(&run, 0, values);
        for (int64_t step = 11; step < promise[i].steps; step += 20) {
            values[step] = NAN;
        }
        lane_set(&run, 1, values);
        run_decompose(&run, &promise[i].settings);
        for (int64_t step = 0; step < promise[i].steps; step++) {
            const double *trend = run.parts.trend + step * STL_LANES;
            const double *seasonal = run.parts.seasonal + step * STL_LANES;
            assert_true(fabs(trend[0] - trend[1]) < 5);
            assert_true(fabs(trend[0] + seasonal[0] - trend[1] - seasonal[1]) < 30);
            assert_int_equal(isnan(run.parts.remainder[step * STL_LANES + 1]), isnan(values[step]));
        }
        free(values);
        run_clear(&run);
    }
}

/* Straight line plus an exactly repeating cycle is reproduced by STL with lines, whatever is
 * missing: each local line fits it exactly once the passes have converged. */
static void a_line_and_a_cycle_survive_gaps(void **state)
{
    (void)state;
    for (int window = STL_GAP_WINDOW_NEAREST; window <= STL_GAP_WINDOW_FIXED; window++) {
        struct stl_settings settings = stl_settings_preset(STL_PRESET_EXACT, 12, 7, false);
        settings.gap_window = (enum stl_gap_window)window;
        settings.inner = 40;
        struct run run = run_create(240);
        random_state = 3;
        for (int64_t i = 0; i < 240; i++) {
            double value = 5 + 0.25 * (double)i + 10 * cos(0.5235987755982988 * (double)i);
            bool missing = random_uniform() < 0.15;
            run.series[i * STL_LANES] = missing ? NAN : value;
            run.series[i * STL_LANES + 1] = value;
        }
        run_decompose(&run, &settings);
        for (int64_t i = 0; i < 240; i++) {
            for (int lane = 0; lane < 2; lane++) {
                double fit = run.parts.trend[i * STL_LANES + lane] +
                             run.parts.seasonal[i * STL_LANES + lane];
                assert_true(fabs(fit - run.series[i * STL_LANES + 1]) < 1e-9);
            }
        }
        run_clear(&run);
    }
}

static void reasons_name_what_cannot_be_decomposed(void **state)
{
    (void)state;
    struct stl_settings settings = stl_settings_preset(STL_PRESET_R, 12, 7, false);
    struct run run = run_create(60);
    for (int64_t i = 0; i < 60; i++) {
        double value = sin((double)i) + (double)i;
        double *lane = run.series + i * STL_LANES;
        lane[0] = value;
        lane[1] = NAN;
        lane[2] = i < 23 ? value : NAN;
        lane[3] = i < 24 ? value : NAN;
        lane[4] = i % 12 == 5 ? NAN : value;
        lane[5] = i == 30 ? INFINITY : value;
        lane[6] = 3;
        lane[7] = NAN;
    }
    run_decompose(&run, &settings);
    static const enum reason expected[STL_LANES] = {REASON_OK, REASON_ALL_MISSING, REASON_TOO_SHORT,
                                                    REASON_OK, REASON_EMPTY_PHASE, REASON_OK,
                                                    REASON_OK, REASON_ALL_MISSING};
    for (int lane = 0; lane < STL_LANES; lane++) {
        bool solved = expected[lane] == REASON_OK;
        assert_int_equal(run.reasons[lane], expected[lane]);
        for (int64_t i = 0; i < 60; i++) {
            assert_int_equal(isfinite(run.parts.trend[i * STL_LANES + lane]) != 0, solved);
            assert_int_equal(isfinite(run.parts.seasonal[i * STL_LANES + lane]) != 0, solved);
            bool observed = isfinite(run.series[i * STL_LANES + lane]);
            assert_int_equal(isfinite(run.parts.remainder[i * STL_LANES + lane]) != 0,
                             solved && observed);
        }
    }
    run_clear(&run);
}

static void fewer_than_two_periods_are_too_short(void **state)
{
    (void)state;
    struct stl_settings settings = stl_settings_preset(STL_PRESET_R, 12, 7, false);
    struct run run = run_create(23);
    run_decompose(&run, &settings);
    assert_int_equal(run.reasons[0], REASON_TOO_SHORT);
    assert_true(isnan(run.parts.trend[0]));
    run_clear(&run);
}

/* ---- settings ----------------------------------------------------------------------------- */

/* Windows of P2.22 and P2.23 and of the README of the fixtures. */
static void presets_derive_the_published_windows(void **state)
{
    (void)state;
    struct stl_settings r = stl_settings_preset(STL_PRESET_R, 365, 7, false);
    r = stl_settings_resolve(&r, 3653);
    assert_int_equal(r.trend, 697);
    assert_int_equal(r.low_pass, 365);
    assert_int_equal(r.seasonal_jump, 1);
    assert_int_equal(r.trend_jump, 70);
    assert_int_equal(r.low_pass_jump, 37);
    assert_int_equal(r.seasonal_degree, 0);
    assert_int_equal(r.inner, 2);
    assert_int_equal(r.outer, 0);
    struct stl_settings s = stl_settings_preset(STL_PRESET_STATSMODELS, 365, 0, true);
    s = stl_settings_resolve(&s, 3653);
    assert_int_equal(s.seasonal, 7);
    assert_int_equal(s.trend, 697);
    assert_int_equal(s.low_pass, 367);
    assert_int_equal(s.trend_jump, 1);
    assert_int_equal(s.seasonal_degree, 1);
    assert_int_equal(s.inner, 2);
    assert_int_equal(s.outer, 15);
    struct stl_settings wide = stl_settings_preset(STL_PRESET_EXACT, 365, 365, true);
    wide = stl_settings_resolve(&wide, 3653);
    assert_int_equal(wide.trend, 551);
    assert_int_equal(wide.low_pass, 365);
    assert_int_equal(wide.inner, 1);
    assert_int_equal(wide.outer, 15);
}

static void bad_settings_name_the_option(void **state)
{
    (void)state;
    struct stl_settings good = stl_settings_preset(STL_PRESET_R, 365, 7, false);
    struct stl_settings bad[] = {good, good, good, good, good, good, good, good};
    static const char *const option[] = {"--period",   "--seasonal",   "--trend",
                                         "--low-pass", "--trend-jump", "--low-pass-degree",
                                         "--inner",    "--outer"};
    bad[0].period = 1;
    bad[1].seasonal = 8;
    bad[2].trend = -697;
    bad[3].low_pass = 1;
    bad[4].trend_jump = -1;
    bad[5].low_pass_degree = 2;
    bad[6].inner = 0;
    bad[7].outer = -3;
    assert_int_equal(stl_settings_check(&good), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        failure_clear();
        assert_int_equal(stl_settings_check(&bad[i]), STATUS_USAGE);
        assert_non_null(strstr(failure_message(), option[i]));
    }
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(odd_monthly_series_equals_r),
    cmocka_unit_test(odd_monthly_series_equals_statsmodels),
    cmocka_unit_test(even_monthly_series_equals_r),
    cmocka_unit_test(even_monthly_series_equals_statsmodels),
    cmocka_unit_test(two_periods_equal_statsmodels),
    cmocka_unit_test(three_years_of_days_equal_r),
    cmocka_unit_test(three_years_of_days_equal_statsmodels),
    cmocka_unit_test(ten_years_of_days_equal_r),
    cmocka_unit_test(ten_years_of_days_equal_statsmodels),
    cmocka_unit_test(carbon_dioxide_equals_the_fortran),
    cmocka_unit_test(real_series_equal_r),
    cmocka_unit_test(a_lane_depends_on_itself_alone),
    cmocka_unit_test(gaps_change_little),
    cmocka_unit_test(a_line_and_a_cycle_survive_gaps),
    cmocka_unit_test(reasons_name_what_cannot_be_decomposed),
    cmocka_unit_test(fewer_than_two_periods_are_too_short),
    cmocka_unit_test(presets_derive_the_published_windows),
    cmocka_unit_test(bad_settings_name_the_option),
};

TESTING_MAIN(tests)
