/* airshed -- GPL-3.0-or-later. Bootstrap intervals against R's boot, and how often they hold the truth (P3.11).
 * ranks: 1
 */
#include "csv.h"
#include "testing.h"

#include "kernels/bootstrap.h"

enum {
    REPLICATES = 200000
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct bootstrap_sample sample_of(const double *rows, int64_t count, int columns)
{
    return (struct bootstrap_sample){rows, count, columns, {3, random_stream("test")}, 17};
}

/* Sum of the second column over that of the first. */
static double ratio(double *rows, int64_t count, int columns, void *context)
{
    (void)context;
    double u = 0, x = 0;
    for (int64_t i = 0; i < count; i++) {
        u += rows[i * columns];
        x += rows[i * columns + 1];
    }
    return x / u;
}

/* R takes the influence of each row from the regression of the replicates on how often they hold it; with as
 * many replicates that is their covariance, which differs from the jackknife for what is not linear. */
static struct {
    int64_t replicates;
    double first[16], sum, of_row[16], product[16];
} regression;

static double ratio_noted(double *rows, int64_t count, int columns, void *context)
{
    double t = ratio(rows, count, columns, context) - 1.5;
    regression.replicates++;
    regression.sum += t;
    for (int64_t row = 0; row < count; row++) {
        double times = 0;
        for (int64_t i = 0; i < count; i++) {
            times += rows[i * columns] == regression.first[row];
        }
        regression.of_row[row] += times;
        regression.product[row] += times * t;
    }
    return t + 1.5;
}

static double acceleration_by_regression(int64_t count)
{
    double square = 0, cube = 0, n = (double)regression.replicates;
    for (int64_t row = 0; row < count; row++) {
        double one = regression.product[row] / n - regression.of_row[row] / n * regression.sum / n;
        square += one * one;
        cube += one * one * one;
    }
    return cube / (6 * square * sqrt(square));
}

/* Rows of one dataset: numbers of a file, columns from the one called @p header on. */
static int read_rows(const char *path, const char *header, int columns, double *rows)
{
    struct csv table = csv_open(path);
    int col = 0, count = 0;
    while (strcmp(table.cell[col], header) != 0) {
        assert_true(++col < table.cols);
    }
    for (int row = 1; row <= table.rows; row++) {
        char **cells = table.cell + row * CSV_COLUMNS;
        for (int k = 0; k < columns; k++) {
            rows[count++] = atof(cells[col + k]);
        }
    }
    csv_close(&table);
    return count / columns;
}

/* Both have Monte Carlo errors of the same size, that of R with as many replicates: five standard errors of
 * their difference. The data are discrete (sums of 12 whole numbers), so that spacing may be 0: one step of
 * the mean more. */
static void near(double got, double expected, double error, double step)
{
    if (!(fabs(got - expected) <= 5 * M_SQRT2 * error + step)) {
        fail_msg("%.9g instead of %.9g, error %.3g", got, expected, error);
    }
}

static void compare_with_r(char **expected, const struct bootstrap_sample *sample,
                           bootstrap_statistic *statistic, double step)
{
    static double values[REPLICATES], scratch[400], copy[200];
    memcpy(copy, sample->rows, (size_t)(sample->count * sample->columns) * sizeof *copy);
    double estimate = statistic(copy, sample->count, sample->columns, NULL);
    double t0 = atof(expected[1]), mean = 0, square = 0;
    assert_close(&estimate, &t0, 1, 1e-9 * t0); /* R printed 12 digits */
    bootstrap_replicates(sample, statistic, NULL, 0, REPLICATES, scratch, values);
    for (int i = 0; i < REPLICATES; i++) {
        mean += values[i] / REPLICATES;
    }
    for (int i = 0; i < REPLICATES; i++) {
        square += (values[i] - mean) * (values[i] - mean) / (REPLICATES - 1);
    }
    double se = sqrt(square), r_se = atof(expected[4]);
    near(mean - t0, atof(expected[3]), se / sqrt(REPLICATES), 0);
    near(se, r_se, 2 * se / sqrt(2.0 * REPLICATES), 0); /* kurtosis below 9 */
    qsort(values, REPLICATES, sizeof *values, compare);
    struct bootstrap_interval own = bootstrap_percentile_interval(values, REPLICATES, 0.95);
    near(own.low, atof(expected[9]), own.low_error, step);
    near(own.high, atof(expected[10]), own.high_error, step);
    double a = statistic == ratio_noted ? acceleration_by_regression(sample->count)
                                        : bootstrap_acceleration(sample, statistic, NULL, scratch);
    own = bootstrap_bca_interval(values, REPLICATES, estimate, a, 0.95);
    near(own.low, atof(expected[11]), own.low_error, step);
    near(own.high, atof(expected[12]), own.high_error, step);
}

static void intervals_are_those_of_r_boot(void **state)
{
    (void)state;
    const char *path = testing_shared("data/reference/bootstrap/bootstrap_intervals_expected.csv");
    if (path == NULL) {
        testing_skip();
        return;
    }
    static double rows[100];
    struct csv table = csv_open(path);
    int count =
        read_rows(testing_shared("data/reference/bootstrap/aircondit.csv"), "hours", 1, rows);
    struct bootstrap_sample sample = sample_of(rows, count, 1);
    compare_with_r(table.cell + CSV_COLUMNS, &sample, bootstrap_mean, 1.0 / 12);
    count = read_rows(testing_shared("data/reference/bootstrap/city.csv"), "u", 2, rows);
    sample = sample_of(rows, count, 2);
    for (int i = 0; i < count; i++) {
        regression.first[i] = rows[2 * i];
    }
    compare_with_r(table.cell + 2 * CSV_COLUMNS, &sample, ratio_noted, 0);
    count =
        read_rows(testing_shared("data/coal_metals/coal_content_by_province.csv"), "Pb", 1, rows);
    sample = sample_of(rows, count, 1);
    compare_with_r(table.cell + 3 * CSV_COLUMNS, &sample, bootstrap_mean, 0);
    csv_close(&table);
}

/* Replicates do not depend on which are made together; means are those of the statistic. */
static void replicates_stand_for_themselves(void **state)
{
    (void)state;
    enum {
        COUNT = 150
    };
    double rows[COUNT], scratch[2 * COUNT], whole[40], part[7], means[40];
    for (int i = 0; i < COUNT; i++) {
        rows[i] = sqrt(i);
    }
    struct bootstrap_sample sample = sample_of(rows, COUNT, 1);
    bootstrap_replicates(&sample, bootstrap_mean, NULL, 0, 40, scratch, whole);
    bootstrap_replicates(&sample, bootstrap_mean, NULL, 11, 7, scratch, part);
    bootstrap_means(&sample, 0, 40, means);
    assert_memory_equal(part, whole + 11, sizeof part);
    assert_memory_equal(means, whole, sizeof means);
}

/* Every row is as likely as any other: each is within four binomial standard errors of its share. */
static void rows_are_equally_likely(void **state)
{
    (void)state;
    enum {
        COUNT = 10,
        TIMES = 2000
    };
    double rows[COUNT], mean, scratch[2 * COUNT], seen[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) {
        rows[i] = i;
    }
    struct bootstrap_sample sample = sample_of(rows, COUNT, 1);
    for (int64_t r = 0; r < TIMES; r++) {
        bootstrap_replicates(&sample, bootstrap_mean, NULL, r, 1, scratch, &mean);
        for (int i = 0; i < COUNT; i++) { /* a replicate leaves its rows in scratch */
            seen[(int)scratch[i]]++;
        }
    }
    for (int i = 0; i < COUNT; i++) {
        assert_true(fabs(seen[i] - TIMES) < 4 * sqrt(TIMES * 0.9));
    }
}

/* The 2.5 and 97.5 % limits of 1000 seeded samples of 30 normal values hold their mean in 95 % of them, but
 * for what is known of the percentile method: it is narrower than Student's by sqrt((n - 1) / n) and normal
 * in place of t points, which leaves 93.6 % (n = 30). Within 4 binomial standard errors of that; BCa alike. */
static void intervals_hold_the_mean_as_often_as_they_say(void **state)
{
    (void)state;
    enum {
        CASES = 1000,
        COUNT = 30,
        TIMES = 1000
    };
    static double rows[COUNT], means[TIMES], scratch[2 * COUNT];
    int held[2] = {0, 0};
    for (int i = 0; i < CASES; i++) {
        random_normals((struct random_key){9, random_stream("case")}, (uint64_t)i, 0, COUNT, rows);
        struct bootstrap_sample sample = sample_of(rows, COUNT, 1);
        bootstrap_means(&sample, 0, TIMES, means);
        qsort(means, TIMES, sizeof *means, compare);
        struct bootstrap_interval percentile = bootstrap_percentile_interval(means, TIMES, 0.95);
        double a = bootstrap_acceleration(&sample, bootstrap_mean, NULL, scratch);
        struct bootstrap_interval bca =
            bootstrap_bca_interval(means, TIMES, bootstrap_mean(rows, COUNT, 1, NULL), a, 0.95);
        held[0] += percentile.low <= 0 && percentile.high >= 0;
        held[1] += bca.low <= 0 && bca.high >= 0;
    }
    const double expected = 0.93617; /* P(|t| < 1.96 sqrt(29 / 30)), 29 degrees of freedom */
    double error = sqrt(expected * (1 - expected) / CASES);
    assert_true(fabs((double)held[0] / CASES - expected) < 4 * error);
    assert_true(fabs((double)held[1] / CASES - expected) < 4 * error);
}

/* The stated error of an end is the spread of that end over repetitions, within a factor of 1.5: it is
 * itself a noisy number (some 20 %), and its mean over 200 repetitions is compared. */
static void stated_error_is_the_spread_of_the_ends(void **state)
{
    (void)state;
    enum {
        CASES = 200,
        COUNT = 40,
        TIMES = 2000
    };
    static double rows[COUNT], means[TIMES];
    double sum = 0, square = 0, stated = 0;
    random_normals((struct random_key){9, random_stream("one")}, 0, 0, COUNT, rows);
    for (int i = 0; i < CASES; i++) {
        struct bootstrap_sample sample = sample_of(rows, COUNT, 1);
        bootstrap_means(&sample, (int64_t)i * TIMES, TIMES, means);
        qsort(means, TIMES, sizeof *means, compare);
        struct bootstrap_interval own = bootstrap_percentile_interval(means, TIMES, 0.95);
        sum += own.high / CASES;
        square += own.high * own.high / CASES;
        stated += own.high_error / CASES;
    }
    double found = sqrt(square - sum * sum);
    assert_true(stated / found > 1 / 1.5 && stated / found < 1.5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(intervals_are_those_of_r_boot),
    cmocka_unit_test(replicates_stand_for_themselves),
    cmocka_unit_test(rows_are_equally_likely),
    cmocka_unit_test(intervals_hold_the_mean_as_often_as_they_say),
    cmocka_unit_test(stated_error_is_the_spread_of_the_ends),
};
TESTING_MAIN(tests)
