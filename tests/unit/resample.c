/* airshed -- GPL-3.0-or-later. Resampling between grids: weights, edges, gaps, systems.
 * ranks: 1
 */
#include "testing.h"

#include <float.h>

#include "base/memory.h"
#include "grid/regrid.h"
#include "kernels/geodesic.h"

enum {
    ROWS = 5,
    COLS = 7
};

static struct georeference *grid_make(int64_t rows, int64_t cols, double west, double south,
                                      double cell, const char *crs)
{
    struct georeference *grid = NULL;
    assert_int_equal(georeference_create_regular(rows, cols, west, south, cell, cell, crs, &grid),
                     STATUS_OK);
    return grid;
}

static struct resample_plan *plan_make(enum resample_method method,
                                       const struct georeference *source,
                                       const struct georeference *target)
{
    struct resample_plan *plan = NULL;
    assert_int_equal(regrid_create(method, source, target, &plan), STATUS_OK);
    return plan;
}

/* a + b x + c y at the centres of a grid. */
static double plane(double x, double y)
{
    return 3.0 - 2.0 * x + 0.5 * y;
}

static double *plane_on(const struct georeference *grid)
{
    double *values = NULL;
    assert_int_equal(memory_allocate((size_t)(grid->rows * grid->cols), sizeof *values, &values),
                     STATUS_OK);
    for (int64_t i = 0; i < grid->rows * grid->cols; i++) {
        values[i] = plane(grid->x[i % grid->cols], grid->y[i / grid->cols]);
    }
    return values;
}

/* Values are below 300, weights and sums make fewer than 20 roundings of that size. */
static const double rounding = 300 * 20 * DBL_EPSILON;

static void bilinear_reproduces_a_linear_field(void **state)
{
    (void)state;
    struct georeference *source = grid_make(ROWS, COLS, 110, 30, 1, "EPSG:4326");
    struct georeference *target = grid_make(37, 53, 110.52, 30.51, 0.11, "EPSG:4326");
    struct resample_plan *plan = plan_make(RESAMPLE_BILINEAR, source, target);
    double *values = plane_on(source), *expected = plane_on(target);
    double got[37 * 53];
    resample_rows_double(plan, 1, 0, 37, 0, values, got);
    for (int i = 0; i < 37 * 53; i++) {
        double x = target->x[i % 53], y = target->y[i / 53];
        if (x > 116.5 || y > 34.5) { /* beyond the outermost centres: the next test */
            got[i] = expected[i];
        }
    }
    assert_close(got, expected, 37 * 53, rounding);
    free(values);
    free(expected);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

static void bilinear_holds_the_outermost_values_to_the_edge_and_no_further(void **state)
{
    (void)state;
    struct georeference *source = grid_make(ROWS, COLS, 110, 30, 1, "EPSG:4326");
    /* Centres at 109.9, 110.3, 110.7 ... in x and 29.9, 30.3 ... in y. */
    struct georeference *target = grid_make(3, 3, 109.7, 29.7, 0.4, "EPSG:4326");
    struct resample_plan *plan = plan_make(RESAMPLE_BILINEAR, source, target);
    double *values = plane_on(source);
    double got[9];
    double expected[9] = {NAN,
                          NAN,
                          NAN,
                          NAN,
                          plane(110.5, 30.5),
                          plane(110.7, 30.5),
                          NAN,
                          plane(110.5, 30.7),
                          plane(110.7, 30.7)};
    resample_rows_double(plan, 1, 0, 3, 0, values, got);
    assert_close(got, expected, 9, rounding);
    free(values);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

static void missing_cells_are_left_out_down_to_the_least_weight(void **state)
{
    (void)state;
    struct georeference *source = grid_make(1, 2, 0, 0, 1, "EPSG:4326");
    /* Centres at 0.75 and 1.25: weights of the valid west cell 0.75 and 0.25. */
    struct georeference *target = grid_make(1, 2, 0.5, 0.25, 0.5, "EPSG:4326");
    struct resample_plan *plan = plan_make(RESAMPLE_BILINEAR, source, target);
    const double values[] = {8, NAN};
    double got[2];
    resample_rows_double(plan, 0.5, 0, 1, 0, values, got);
    assert_close(got, ((const double[]){8, NAN}), 2, 0);
    resample_rows_double(plan, 0.25, 0, 1, 0, values, got);
    assert_close(got, ((const double[]){8, 8}), 2, 0);
    resample_rows_double(plan, 1, 0, 1, 0, values, got);
    assert_close(got, ((const double[]){NAN, NAN}), 2, 0);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

/* A target at a source's centre takes it alone, so that a gap beside it does not matter. */
static void equal_grids_give_the_same_bits(void **state)
{
    (void)state;
    struct georeference *grid = grid_make(ROWS, COLS, 113.1, 36.3, 0.07, "EPSG:4326");
    float values[ROWS * COLS], got[ROWS * COLS];
    for (int i = 0; i < ROWS * COLS; i++) {
        values[i] = i % 4 == 1 ? NAN : 0.1f * (float)i - 1;
    }
    for (enum resample_method method = RESAMPLE_NEAREST; method <= RESAMPLE_AVERAGE; method++) {
        struct resample_plan *plan = plan_make(method, grid, grid);
        resample_rows(plan, 1, 0, ROWS, 0, values, got);
        for (int i = 0; i < ROWS * COLS; i++) {
            assert_true(isnan(values[i]) ? isnan(got[i]) : got[i] == values[i]);
        }
        resample_destroy(&plan);
    }
    georeference_destroy(&grid);
}

static void a_constant_field_stays_constant(void **state)
{
    (void)state;
    struct georeference *source = grid_make(9, 11, 110, 30, 0.7, "EPSG:4326");
    struct georeference *same = grid_make(21, 23, 110.5, 30.5, 0.13, "EPSG:4326");
    struct georeference *utm = grid_make(21, 23, 250000, 3400000, 7000, "EPSG:32650");
    struct georeference *targets[] = {same, utm};
    float values[9 * 11], got[21 * 23];
    for (int i = 0; i < 9 * 11; i++) {
        values[i] = 0.1f;
    }
    for (int i = 0; i < 2; i++) {
        for (enum resample_method method = RESAMPLE_NEAREST; method <= RESAMPLE_AVERAGE; method++) {
            struct resample_plan *plan = plan_make(method, source, targets[i]);
            int valid = 0;
            resample_rows(plan, 0.5, 0, 21, 0, values, got);
            for (int cell = 0; cell < 21 * 23; cell++) {
                assert_true(isnan(got[cell]) || got[cell] == 0.1f);
                valid += !isnan(got[cell]);
            }
            assert_true(valid > 200);
            resample_destroy(&plan);
        }
    }
    georeference_destroy(&source);
    georeference_destroy(&same);
    georeference_destroy(&utm);
}

/* Total mass: sum of value times area is the same on both grids (the target covers the source). */
static void average_conserves_the_integral(void **state)
{
    (void)state;
    struct georeference *source = grid_make(20, 30, 110, 30, 0.1, "EPSG:4326");
    struct georeference *target = grid_make(7, 9, 109.93, 29.96, 0.37, "EPSG:4326");
    struct resample_plan *plan = plan_make(RESAMPLE_AVERAGE, source, target);
    double values[600], got[63], before = 0, after = 0;
    for (int i = 0; i < 600; i++) {
        values[i] = 50 + 40 * sin(i * 0.7);
        int row = i / 30;
        before +=
            values[i] * geodesic_cell_area_m2(source->y_edges[row], source->y_edges[row + 1], 0.1);
    }
    resample_rows_double(plan, 0, 0, 7, 0, values, got);
    struct resample_term *terms = NULL;
    assert_int_equal(memory_allocate((size_t)resample_terms_max(plan), sizeof *terms, &terms), 0);
    for (int i = 0; i < 63; i++) {
        double covered = 0;
        int64_t count = resample_terms(plan, i / 9, i % 9, terms);
        for (int64_t k = 0; k < count; k++) {
            covered += terms[k].weight;
        }
        double area =
            geodesic_cell_area_m2(target->y_edges[i / 9], target->y_edges[i / 9 + 1], 0.37);
        after += count > 0 ? got[i] * covered * area : 0;
    }
    /* Areas carry 1e-13 over the height of a piece (geodesic.h); the smallest is 0.01 degrees. */
    assert_true(fabs(after - before) < 1e-10 * before);
    free(terms);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

/* 0.3 degree cells over 0.1 degree cells that nest: the plain mean weighted by area. */
static void average_of_nested_cells_is_their_mean(void **state)
{
    (void)state;
    struct georeference *source = grid_make(3, 3, 110, 30, 0.1, "EPSG:3857");
    struct georeference *target = grid_make(1, 1, 110, 30, 0.3, "EPSG:3857");
    struct resample_plan *plan = plan_make(RESAMPLE_AVERAGE, source, target);
    const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 18};
    double got, expected = 6;
    resample_rows_double(plan, 1, 0, 1, 0, values, &got);
    /* Edges of 110 carry 1.4e-14, a hundred-thousandth of a millionth of the cell's 0.1. */
    assert_close(&got, &expected, 1, 1e-11);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

static void a_globe_has_no_seam(void **state)
{
    (void)state;
    struct georeference *source = grid_make(3, 8, -180, -22.5, 45 / 3.0, "EPSG:4326");
    georeference_destroy(&source);
    assert_int_equal(georeference_create_regular(3, 8, -180, -22.5, 45, 15, "EPSG:4326", &source),
                     STATUS_OK);
    struct georeference *target = grid_make(1, 4, 168, -1, 6, "EPSG:4326"); /* 171 ... 189 */
    struct resample_plan *plan = plan_make(RESAMPLE_BILINEAR, source, target);
    struct resample_plan *mean = plan_make(RESAMPLE_AVERAGE, source, target);
    double values[24], got[4];
    for (int i = 0; i < 24; i++) {
        values[i] = i % 8 == 7 ? 90 : i % 8 == 0 ? 45 : NAN; /* centres 157.5 and 202.5 */
    }
    resample_rows_double(plan, 1, 0, 1, 0, values, got);
    const double expected[] = {90 - 13.5, 90 - 19.5, 90 - 25.5, 90 - 31.5};
    assert_close(got, expected, 4, 1e-12);
    resample_rows_double(mean, 1, 0, 1, 0, values, got);
    assert_close(got, ((const double[]){90, 90, 45, 45}), 4, 1e-12);
    resample_destroy(&plan);
    resample_destroy(&mean);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

/* Longitude and latitude as fields, read back on a UTM grid: bilinear gives each target its own
 * coordinates, which PROJ tells by another way. */
static void another_system_finds_its_own_coordinates(void **state)
{
    (void)state;
    struct georeference *source = grid_make(40, 40, 114, 37, 0.1, "EPSG:4326");
    struct georeference *target = grid_make(11, 13, 400000, 4200000, 9000, "EPSG:32650");
    struct resample_plan *plan = plan_make(RESAMPLE_BILINEAR, source, target);
    double field[1600], got[143], lon[143], lat[143];
    assert_int_equal(georeference_lonlat(target, lon, lat), STATUS_OK);
    for (int i = 0; i < 1600; i++) {
        field[i] = source->x[i % 40];
    }
    resample_rows_double(plan, 1, 0, 11, 0, field, got);
    assert_close(got, lon, 143, 1e-9); /* PROJ's way there and back */
    for (int i = 0; i < 1600; i++) {
        field[i] = source->y[i / 40];
    }
    resample_rows_double(plan, 1, 0, 11, 0, field, got);
    assert_close(got, lat, 143, 1e-9);
    resample_destroy(&plan);
    georeference_destroy(&source);
    georeference_destroy(&target);
}

/* Any band of target rows, reading no more source rows than it asked for. */
static void bands_give_the_same_bits(void **state)
{
    (void)state;
    struct georeference *source = grid_make(20, 30, 110, 30, 0.1, "EPSG:4326");
    struct georeference *targets[] = {grid_make(17, 19, 110.2, 30.3, 0.06, "EPSG:4326"),
                                      grid_make(17, 19, 430000, 3370000, 5000, "EPSG:32649")};
    float values[600], whole[17 * 19], band[17 * 19];
    for (int i = 0; i < 600; i++) {
        values[i] = i % 11 == 0 ? NAN : (float)sin(i);
    }
    for (int i = 0; i < 2; i++) {
        for (enum resample_method method = RESAMPLE_NEAREST; method <= RESAMPLE_AVERAGE; method++) {
            struct resample_plan *plan = plan_make(method, source, targets[i]);
            resample_rows(plan, 0.5, 0, 17, 0, values, whole);
            for (int row = 0; row < 17; row += 5) {
                int rows = row + 5 < 17 ? 5 : 17 - row;
                int64_t first, count;
                float *part = NULL;
                resample_source_rows(plan, row, rows, &first, &count);
                assert_int_equal(memory_allocate((size_t)count * 30, sizeof *part, &part), 0);
                memcpy(part, values + first * 30, (size_t)count * 30 * sizeof *part);
                resample_rows(plan, 0.5, row, rows, first, part, band + row * 19);
                free(part);
            }
            assert_memory_equal(band, whole, sizeof whole);
            resample_destroy(&plan);
        }
        georeference_destroy(&targets[i]);
    }
    georeference_destroy(&source);
}

static void grids_apart_are_refused(void **state)
{
    (void)state;
    struct georeference *source = grid_make(2, 2, 10, 10, 1, "EPSG:4326");
    struct georeference *target = grid_make(2, 2, 20, 10, 1, "EPSG:4326");
    struct resample_plan *plan = NULL;
    for (enum resample_method method = RESAMPLE_NEAREST; method <= RESAMPLE_AVERAGE; method++) {
        assert_int_equal(regrid_create(method, source, target, &plan), STATUS_DATA);
        assert_non_null(strstr(failure_message(), "do not overlap"));
        assert_null(plan);
        failure_clear();
    }
    georeference_destroy(&source);
    georeference_destroy(&target);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bilinear_reproduces_a_linear_field),
    cmocka_unit_test(bilinear_holds_the_outermost_values_to_the_edge_and_no_further),
    cmocka_unit_test(missing_cells_are_left_out_down_to_the_least_weight),
    cmocka_unit_test(equal_grids_give_the_same_bits),
    cmocka_unit_test(a_constant_field_stays_constant),
    cmocka_unit_test(average_conserves_the_integral),
    cmocka_unit_test(average_of_nested_cells_is_their_mean),
    cmocka_unit_test(a_globe_has_no_seam),
    cmocka_unit_test(another_system_finds_its_own_coordinates),
    cmocka_unit_test(bands_give_the_same_bits),
    cmocka_unit_test(grids_apart_are_refused),
};

TESTING_MAIN(tests)
