/* airshed -- GPL-3.0-or-later. STL against R, statsmodels and the Fortran, and its promises on lanes
 * and gaps.
 * ranks: 1
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
    int64_t seasonal = strncmp(variant, "speriodic", 9) == 0 ? STL_PERIODIC
                                                             : strtoll(variant + 1, NULL, 10);
    struct stl_settings settings = stl_settings_preset(
        is_r ? STL_PRESET_R : STL_PRESET_STATSMODELS, period, seasonal, robust);
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
              compare_part(expected, variant, "weights", run.parts.weights, tolerance);
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
    struct stl_settings settings = stl_settings_preset(STL_PRESET_R, (int64_t)value[2],
                                                       (int64_t)value[3], false);
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
    double *part[4] = {run.parts.seasonal, run.parts.trend, run.parts.remainder,
                       run.parts.weights};
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
};

TESTING_MAIN(tests)
