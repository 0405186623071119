/* airshed -- GPL-3.0-or-later. Semivariograms: pairs by lag, models, weighted fit.
 * ranks: 1
 */
#include "testing.h"

#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_gamma.h>

#include "base/random.h"
#include "kernels/matern_internal.h"
#include "kernels/variogram.h"

enum {
    MEUSE_POINTS = 155
};

/* log(zinc) of the Meuse data; false where the shared folder is absent. */
static bool meuse_read(struct position *sites, double *values)
{
    const char *path = testing_shared("data/soil_metals/meuse_155.csv");
    if (path == NULL) {
        testing_skip();
        return false;
    }
    FILE *file = fopen(path, "r");
    char line[512];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < MEUSE_POINTS; i++) {
        double zinc;
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(line, "%lf,%lf,%*f,%*f,%*f,%lf", &sites[i].x, &sites[i].y, &zinc),
                         3);
        sites[i].z = 0.0;
        values[i] = log(zinc);
    }
    fclose(file);
    return true;
}

/* With gstat's defaults: a third of the diagonal of the box, 15 lags. */
static struct variogram_pairs meuse_pairs(const struct position *sites, const double *values)
{
    double box[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < MEUSE_POINTS; i++) {
        box[0] = fmin(box[0], sites[i].x);
        box[1] = fmin(box[1], sites[i].y);
        box[2] = fmax(box[2], sites[i].x);
        box[3] = fmax(box[3], sites[i].y);
    }
    double diagonal = distance_box_diagonal(DISTANCE_PLANAR, box[0], box[1], box[2], box[3]);
    struct variogram_pairs pairs;
    variogram_pairs_init(&pairs, diagonal / 3.0, VARIOGRAM_LAGS_DEFAULT);
    variogram_pairs_add(&pairs, DISTANCE_PLANAR, MEUSE_POINTS, sites, values);
    return pairs;
}

static void pairs_of_meuse_are_those_of_gstat(void **state)
{
    (void)state;
    struct position sites[MEUSE_POINTS];
    double values[MEUSE_POINTS];
    if (!meuse_read(sites, values)) {
        return;
    }
    struct variogram_pairs pairs = meuse_pairs(sites, values);
    FILE *file =
        fopen(testing_shared("data/reference/kriging/meuse_logzinc_variogram_expected.csv"), "r");
    char line[256];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (int lag = 0; lag < VARIOGRAM_LAGS_DEFAULT; lag++) {
        long count;
        double distance;
        double gamma;
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(line, "%ld,%lf,%lf", &count, &distance, &gamma), 3);
        assert_int_equal(pairs.count[lag], count);
        /* Half a unit of the last printed digit, and 600 additions of rounding 1e-16 each. */
        double got = variogram_pairs_distance(&pairs, lag);
        assert_close(&got, &distance, 1, 0.5e-10 + 600 * 1.2e-16 * distance);
        got = variogram_pairs_gamma(&pairs, lag);
        assert_close(&got, &gamma, 1, 0.5e-12 + 600 * 1.2e-16);
    }
    fclose(file);
}

static double squares_of(const struct variogram_pairs *pairs, const struct variogram_model *model)
{
    double sum = 0.0;
    for (int lag = 0; lag < pairs->lags; lag++) {
        double h = variogram_pairs_distance(pairs, lag);
        double residual = variogram_pairs_gamma(pairs, lag) - variogram_gamma(model, h);
        sum += (double)pairs->count[lag] / (h * h) * residual * residual;
    }
    return sum;
}

static void the_fit_of_meuse_is_that_of_gstat(void **state)
{
    (void)state;
    struct position sites[MEUSE_POINTS];
    double values[MEUSE_POINTS];
    if (!meuse_read(sites, values)) {
        return;
    }
    struct variogram_pairs pairs = meuse_pairs(sites, values);
    struct variogram_fit fit = variogram_fit(&pairs, VARIOGRAM_SPHERICAL, 0.0);
    struct variogram_model gstat = {.shape = VARIOGRAM_SPHERICAL,
                                    .nugget = 0.0506624268192,
                                    .partial_sill = 0.59060780221,
                                    .range = 897.020909797};
    double theirs = squares_of(&pairs, &gstat);
    assert_int_equal(fit.outcome, VARIOGRAM_FITTED);
    assert_true(fabs(fit.weighted_squares - squares_of(&pairs, &fit.model)) < 1e-12 * theirs);
    assert_true(fit.weighted_squares <= theirs * (1.0 + 1e-12));
    /* gstat stops when a step changes the sum by less than 1e-5 of itself (its fit_limit): at a
     * smooth minimum that is sqrt(1e-5) in a parameter. */
    assert_true(fit.weighted_squares > theirs * (1.0 - 1e-5));
    double got[] = {fit.model.nugget / gstat.nugget, fit.model.partial_sill / gstat.partial_sill,
                    fit.model.range / gstat.range};
    assert_close(got, ((double[]){1.0, 1.0, 1.0}), 3, 3.2e-3);
}

/* Sums that hold the exact gamma of a model at 15 lags. */
static struct variogram_pairs exact_pairs(const struct variogram_model *model)
{
    struct variogram_pairs pairs;
    variogram_pairs_init(&pairs, 300e3, 15);
    for (int lag = 0; lag < 15; lag++) {
        double h = (lag + 0.55) * 20e3;
        pairs.count[lag] = 1000 + 37 * lag;
        pairs.distance_sum[lag] = h * (double)pairs.count[lag];
        pairs.square_sum[lag] = 2.0 * variogram_gamma(model, h) * (double)pairs.count[lag];
    }
    return pairs;
}

static void every_shape_is_recovered_from_its_own_curve(void **state)
{
    (void)state;
    const struct variogram_model models[] = {
        {VARIOGRAM_SPHERICAL, 5.0, 120.0, 140e3, 0.0},  {VARIOGRAM_SPHERICAL, 0.0, 3.0, 60e3, 0.0},
        {VARIOGRAM_EXPONENTIAL, 5.0, 120.0, 70e3, 0.0}, {VARIOGRAM_GAUSSIAN, 5.0, 120.0, 90e3, 0.0},
        {VARIOGRAM_MATERN, 5.0, 120.0, 40e3, 1.5},      {VARIOGRAM_MATERN, 5.0, 120.0, 30e3, 2.5},
        {VARIOGRAM_MATERN, 5.0, 120.0, 50e3, 0.8},
    };
    for (size_t k = 0; k < sizeof models / sizeof models[0]; k++) {
        struct variogram_pairs pairs = exact_pairs(&models[k]);
        struct variogram_fit fit = variogram_fit(&pairs, models[k].shape, models[k].smoothness);
        double sill = variogram_sill(&models[k]);
        double got[] = {fit.model.nugget / sill, fit.model.partial_sill / sill,
                        fit.model.range / models[k].range};
        double expected[] = {models[k].nugget / sill, models[k].partial_sill / sill, 1.0};
        assert_int_equal(fit.outcome, VARIOGRAM_FITTED);
        /* The sum is flat to rounding within sqrt(1e-16) of its minimum, times the spread of
         * curvatures between the parameters, below a hundred here. */
        assert_close(got, expected, 3, 1e-6);
    }
}

static void the_best_shape_is_the_true_one(void **state)
{
    (void)state;
    const struct variogram_model models[] = {{VARIOGRAM_SPHERICAL, 5.0, 120.0, 140e3, 0.0},
                                             {VARIOGRAM_EXPONENTIAL, 5.0, 120.0, 70e3, 0.0},
                                             {VARIOGRAM_GAUSSIAN, 5.0, 120.0, 90e3, 0.0},
                                             {VARIOGRAM_MATERN, 5.0, 120.0, 40e3, 1.5}};
    for (int k = 0; k < 4; k++) {
        struct variogram_pairs pairs = exact_pairs(&models[k]);
        assert_int_equal(variogram_fit_best(&pairs).model.shape, models[k].shape);
    }
}

static void curves_without_a_sill_or_structure_are_told(void **state)
{
    (void)state;
    struct variogram_pairs pairs;
    variogram_pairs_init(&pairs, 10.0, 10);
    for (int lag = 0; lag < 10; lag++) { /* gamma = h: no sill within reach */
        pairs.count[lag] = 100;
        pairs.distance_sum[lag] = 100.0 * (lag + 0.5);
        pairs.square_sum[lag] = 2.0 * 100.0 * (lag + 0.5);
    }
    struct variogram_fit fit = variogram_fit(&pairs, VARIOGRAM_SPHERICAL, 0.0);
    assert_int_equal(fit.outcome, VARIOGRAM_RANGE_AT_LIMIT);
    for (int lag = 0; lag < 10; lag++) { /* falls with distance */
        pairs.square_sum[lag] = 2.0 * 100.0 * (20.0 - lag);
    }
    fit = variogram_fit(&pairs, VARIOGRAM_EXPONENTIAL, 0.0);
    assert_int_equal(fit.outcome, VARIOGRAM_NO_STRUCTURE);
    assert_true(fit.model.partial_sill == 0.0 && fit.model.nugget > 11.0 && fit.model.range > 0.0);
    double effective = variogram_effective_range(&fit.model);
    assert_close(&effective, &pairs.cutoff, 1, 1e-12 * pairs.cutoff);
    memset(pairs.count + 2, 0, 8 * sizeof pairs.count[0]);
    memset(pairs.square_sum + 2, 0, 8 * sizeof pairs.square_sum[0]);
    fit = variogram_fit(&pairs, VARIOGRAM_MATERN, 1.5);
    assert_int_equal(fit.outcome, VARIOGRAM_TOO_FEW_LAGS);
    assert_true(fit.model.nugget == 0.0 && fit.model.partial_sill == 19.5);
    variogram_pairs_init(&pairs, 10.0, 10);
    fit = variogram_fit(&pairs, VARIOGRAM_SPHERICAL, 0.0);
    assert_int_equal(fit.outcome, VARIOGRAM_TOO_FEW_LAGS);
    assert_true(variogram_sill(&fit.model) == 0.0);
    for (int lag = 0; lag < 10; lag++) { /* a constant field */
        pairs.count[lag] = 100;
        pairs.distance_sum[lag] = 100.0 * (lag + 0.5);
    }
    fit = variogram_fit(&pairs, VARIOGRAM_SPHERICAL, 0.0);
    assert_int_equal(fit.outcome, VARIOGRAM_NO_STRUCTURE);
    assert_true(variogram_sill(&fit.model) == 0.0);
}

static void models_follow_their_formulas(void **state)
{
    (void)state;
    for (double t = 0.001; t < 30.0; t *= 1.3) {
        double h = 7.0 * t;
        double f[] = {t < 1 ? 1.5 * t - 0.5 * t * t * t : 1.0,
                      1 - exp(-t),
                      1 - exp(-t * t),
                      1 - (1 + t) * exp(-t),
                      1 - (1 + t + t * t / 3) * exp(-t),
                      1 - pow(2, 1 - 0.7) / gsl_sf_gamma(0.7) * pow(t, 0.7) *
                              gsl_sf_bessel_Knu(0.7, t)};
        const struct variogram_model models[] = {
            {VARIOGRAM_SPHERICAL, 2, 3, 7, 0}, {VARIOGRAM_EXPONENTIAL, 2, 3, 7, 0},
            {VARIOGRAM_GAUSSIAN, 2, 3, 7, 0},  {VARIOGRAM_MATERN, 2, 3, 7, 1.5},
            {VARIOGRAM_MATERN, 2, 3, 7, 2.5},  {VARIOGRAM_MATERN, 2, 3, 7, 0.7}};
        for (int k = 0; k < 6; k++) {
            double got = variogram_gamma(&models[k], h);
            double expected = 2.0 + 3.0 * f[k];
            assert_close(&got, &expected, 1, 1e-14 * 5); /* some thirty roundings of 1e-16 */
            assert_true(variogram_gamma(&models[k], 0.0) == 0.0);
        }
    }
}

/* The closed forms are special cases of the general one, and it stays finite far out. */
static void matern_is_one_family(void **state)
{
    (void)state;
    const double closed[] = {0.5, 1.5, 2.5};
    for (int k = 0; k < 3; k++) {
        for (double t = 1e-8; t < 1e5; t *= 2.3) {
            struct variogram_model model = {VARIOGRAM_MATERN, 0.0, 1.0, 1.0, closed[k]};
            double got = variogram_gamma(&model, t);
            model.smoothness = nextafter(closed[k], 3.0);
            double general = variogram_gamma(&model, t);
            /* Logarithms up to 40 in size lose 40 times 2e-16 in the exponent, K_nu as much. */
            assert_close(&got, &general, 1, 4e-14);
        }
    }
}

static void the_table_of_a_curve_is_the_curve(void **state)
{
    (void)state;
    const double smoothness[] = {0.05, 0.3, 0.8, 1.0, 3.7, 12.0, 50.0};
    for (int k = 0; k < 7; k++) {
        struct matern_table *table = NULL;
        assert_int_equal(matern_table_create(smoothness[k], &table), STATUS_OK);
        for (double t = 1e-11; t < 1e4; t *= 1.0137) {
            double got = 3.0 * t;
            matern_table_correlate(table, 3.0, 0.75, 1, &got);
            double expected = 0.75 * matern_correlation(smoothness[k], t);
            /* The nodes have the error of the exact form, and so has the comparison. */
            assert_close(&got, &expected, 1, 2 * 1e-14 * (1.0 + smoothness[k]));
        }
        double ends[] = {0.0, INFINITY, NAN};
        matern_table_correlate(table, 3.0, 0.75, 3, ends);
        assert_close(ends, ((double[]){1.0, 0.0, NAN}), 3, 0.0);
        matern_table_destroy(&table);
    }
}

static void effective_ranges_reach_95_percent(void **state)
{
    (void)state;
    const struct variogram_model models[] = {{VARIOGRAM_EXPONENTIAL, 0, 1, 10, 0},
                                             {VARIOGRAM_GAUSSIAN, 0, 1, 10, 0},
                                             {VARIOGRAM_SPHERICAL, 0, 1, 10, 0}};
    double got[3];
    for (int k = 0; k < 3; k++) {
        got[k] = variogram_effective_range(&models[k]);
    }
    assert_close(got, ((double[]){10 * log(20.0), 10 * sqrt(log(20.0)), 10}), 3, 1e-13);
}

static void days_pool_to_the_sum_of_their_pairs(void **state)
{
    (void)state;
    enum {
        SITES = 41
    };
    struct random_key key = {.seed = 3, .stream = 1};
    struct position sites[SITES];
    double values[2][SITES];
    for (int i = 0; i < SITES; i++) {
        sites[i] = position_from_lonlat(110 + 9 * random_uniform(key, (uint64_t)i, 0),
                                        35 + 9 * random_uniform(key, (uint64_t)i, 1));
        values[0][i] = random_normal(key, (uint64_t)i, 2);
        values[1][i] = i % 5 == 0 ? NAN : random_normal(key, (uint64_t)i, 3);
    }
    struct variogram_pairs days[2];
    int64_t count[6] = {0};
    double squares[6] = {0};
    for (int day = 0; day < 2; day++) {
        variogram_pairs_init(&days[day], 400e3, 6);
        variogram_pairs_add(&days[day], DISTANCE_GEODESIC, SITES, sites, values[day]);
        for (int i = 0; i < SITES; i++) {
            for (int j = 0; j < i; j++) {
                double h = position_distance(DISTANCE_GEODESIC, sites[i], sites[j]);
                double apart = values[day][i] - values[day][j];
                int lag = (int)ceil(h / (400e3 / 6)) - 1;
                if (lag < 6 && !isnan(apart)) {
                    count[lag]++;
                    squares[lag] += apart * apart;
                }
            }
        }
    }
    variogram_pairs_merge(&days[0], &days[1]);
    for (int lag = 0; lag < 6; lag++) {
        assert_int_equal(days[0].count[lag], count[lag]);
        double got = variogram_pairs_gamma(&days[0], lag);
        double expected = 0.5 * squares[lag] / (double)count[lag];
        assert_close(&got, &expected, 1, 1e-16 * (double)count[lag] * expected);
    }
}

static void samples_are_valid_distinct_and_fair(void **state)
{
    (void)state;
    enum {
        COUNT = 200,
        LIMIT = 30,
        DAYS = 4000
    };
    double values[COUNT];
    int64_t chosen[COUNT];
    int hits[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) {
        values[i] = i % 4 == 3 ? NAN : i;
    }
    for (uint64_t day = 0; day < DAYS; day++) {
        assert_int_equal(variogram_sample(9, day, COUNT, values, LIMIT, chosen), LIMIT);
        for (int k = 0; k < LIMIT; k++) {
            assert_true(k == 0 || chosen[k] > chosen[k - 1]);
            hits[chosen[k]]++;
        }
    }
    for (int i = 0; i < COUNT; i++) {
        /* Binomial(4000, 30/150): mean 800, sd 25.3; five sd over 150 cells errs once in 10^4. */
        assert_true(i % 4 == 3 ? hits[i] == 0 : abs(hits[i] - 800) < 127);
    }
    assert_int_equal(variogram_sample(9, 0, COUNT, values, COUNT, chosen), 150);
    assert_int_equal(chosen[149], 198);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pairs_of_meuse_are_those_of_gstat),
    cmocka_unit_test(the_fit_of_meuse_is_that_of_gstat),
    cmocka_unit_test(every_shape_is_recovered_from_its_own_curve),
    cmocka_unit_test(the_best_shape_is_the_true_one),
    cmocka_unit_test(curves_without_a_sill_or_structure_are_told),
    cmocka_unit_test(models_follow_their_formulas),
    cmocka_unit_test(matern_is_one_family),
    cmocka_unit_test(the_table_of_a_curve_is_the_curve),
    cmocka_unit_test(effective_ranges_reach_95_percent),
    cmocka_unit_test(days_pool_to_the_sum_of_their_pairs),
    cmocka_unit_test(samples_are_valid_distinct_and_fair),
};

TESTING_MAIN(tests)
