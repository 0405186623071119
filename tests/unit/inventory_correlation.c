/* airshed -- GPL-3.0-or-later. Correlated values of an inventory: Iman and Conover's method against itself in
 * NumPy, marginals, ranks, closed forms, and what a draw depends on.
 * ranks: 1
 */
#include "testing.h"

#include "commands/inventory/inputs.h"
#include "kernels/correlation.h"
#include "kernels/iman_conover.h"
#include "scratch_folder.h"

enum {
    BLOCK = SAMPLING_BLOCK,
    MOST = 200 * BLOCK
};

static struct inventory_model model;
static struct inventory_inputs *inputs;
static double alone[4 * MOST], together[4 * MOST];
static const int32_t all[] = {0, 1, 2, 3};

static void release(void)
{
    inventory_inputs_destroy(&inputs);
    inventory_model_clear(&model);
    failure_clear();
}

static enum status make(const char *parameters, const char *values, const char *correlations,
                        struct inventory_settings settings)
{
    release();
    const char *path = scratch_path("model.yaml");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "units: '1'\nregions: {all: [A, B]}\nparameters:\n%svalues:\n%s"
            "sources:\n  - {name: s, formula: 'x'}\n%s",
            parameters, values, correlations);
    fclose(file);
    enum status status = inventory_model_read(path, NULL, false, &model);
    return status == STATUS_OK ? inventory_inputs_create(&model, &settings, &inputs) : status;
}

static void make_sound(const char *parameters, const char *values, const char *correlations,
                       struct inventory_settings settings)
{
    if (make(parameters, values, correlations, settings) != STATUS_OK) {
        fail_msg("%s", failure_message());
    }
}

static struct inventory_settings run_of(int method, int64_t draws)
{
    return (struct inventory_settings){
        .seed = 7, .method = (enum sampling_method)method, .draws = draws, .replicates = 1000};
}

/* Of three families: x goes with y and z, and z with y. */
static const char *const three = "  x: {units: '1', spread: lognormal(cv=30 %)}\n"
                                 "  y: {units: '1', spread: gamma(cv=30 %)}\n"
                                 "  z: {kind: number, units: '1', spread: normal(cv=30 %)}\n";
static const char *const three_values = "  - {parameter: x, value: 1}\n"
                                        "  - {parameter: y, value: 1}\n"
                                        "  - {parameter: z, value: 1}\n";
static const double ranks_of_three[9] = {1, 0.6, -0.3, 0.6, 1, 0.2, -0.3, 0.2, 1};
static const char *const correlations_of_three =
    "correlations:\n  - {parameters: [x, y, z], matrix: [[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, "
    "0.2, 1]]}\n";

/* The same draws alone and together. */
static void draw_twice(const char *parameters, const char *values, const char *correlations,
                       int count, struct inventory_settings settings)
{
    make_sound(parameters, values, "", settings);
    inventory_inputs_draw(inputs, all, count, 0, settings.draws, alone);
    make_sound(parameters, values, correlations, settings);
    inventory_inputs_draw(inputs, all, count, 0, settings.draws, together);
}

static int compare_numbers(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Whether both hold the same numbers, in whatever order. */
static bool is_permutation(const double *a, const double *b, int64_t count)
{
    double *first = malloc((size_t)count * sizeof *first);
    double *second = malloc((size_t)count * sizeof *second);
    memcpy(first, a, (size_t)count * sizeof *first);
    memcpy(second, b, (size_t)count * sizeof *second);
    qsort(first, (size_t)count, sizeof *first, compare_numbers);
    qsort(second, (size_t)count, sizeof *second, compare_numbers);
    bool is_same = memcmp(first, second, (size_t)count * sizeof *first) == 0;
    free(first);
    free(second);
    return is_same;
}

/* In every whole block, and in the last one of a hypercube. The first value is left as it is, others are not. */
static void each_block_holds_the_draws_that_it_has_alone(void **state)
{
    (void)state;
    const int64_t draws = 10000;
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        draw_twice(three, three_values, correlations_of_three, 3, run_of(method, draws));
        for (int value = 0; value < 3; value++) {
            for (int64_t first = 0; first < draws; first += BLOCK) {
                bool is_whole = draws - first >= BLOCK;
                int64_t count = is_whole ? BLOCK : draws - first, start = value * draws + first;
                if (is_whole || method == SAMPLING_LATIN_HYPERCUBE) {
                    assert_true(is_permutation(alone + start, together + start, count));
                }
                bool is_same = memcmp(alone + start, together + start, (size_t)count * 8) == 0;
                assert_int_equal(is_same, value == 0);
            }
        }
    }
    release();
}

static double of_scores(double rank)
{
    return 2 * sin(M_PI / 6 * rank);
}

/* Draw by draw the same numbers as the method in NumPy gives from the draws alone. */
static void draws_lie_where_numpy_puts_them(void **state)
{
    (void)state;
    if (system("/usr/bin/python3 -c 'import numpy, scipy' 2>/dev/null") != 0) {
        testing_skip();
        return;
    }
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        const int64_t draws = method == SAMPLING_LATIN_HYPERCUBE ? 5 * BLOCK - 300 : 5 * BLOCK;
        draw_twice(three, three_values, correlations_of_three, 3, run_of(method, draws));
        const char *path = scratch_path("draws.bin");
        FILE *file = fopen(path, "wb");
        assert_int_equal(fwrite(alone, 8, (size_t)(3 * draws), file), 3 * draws);
        assert_int_equal(fwrite(together, 8, (size_t)(3 * draws), file), 3 * draws);
        fclose(file);
        char command[1024];
        int length = snprintf(command, sizeof command,
                              "/usr/bin/python3 tests/unit/iman_conover.py %s 3 %d", path, BLOCK);
        for (int i = 0; i < 9; i++) {
            double rank = ranks_of_three[i];
            length += snprintf(command + length, sizeof command - (size_t)length, " %.17g",
                               rank == 1 ? 1 : of_scores(rank));
        }
        assert_int_equal(system(command), 0);
    }
    release();
}

static double rank_correlation(const double *a, const double *b, int64_t count)
{
    static double scratch[5 * MOST];
    return correlation_spearman(a, b, count, 1, scratch).r;
}

/* Of two values with this rank correlation: mean and root mean square of what blocks miss it by. */
static void find_misses(double rank, int method, const char *way, double *mean, double *rms)
{
    char correlations[128];
    const int64_t blocks = MOST / BLOCK;
    double sum = 0, square = 0;
    snprintf(correlations, sizeof correlations,
             "correlations:\n  - {parameters: [x, y], rank: %g%s}\n", rank, way);
    make_sound("  x: {units: '1', spread: lognormal(cv=30 %)}\n"
               "  y: {units: '1', spread: gamma(cv=30 %)}\n",
               "  - {parameter: x, value: 1}\n  - {parameter: y, value: 1}\n", correlations,
               run_of(method, MOST));
    inventory_inputs_draw(inputs, all, 2, 0, MOST, together);
    for (int64_t first = 0; first < MOST; first += BLOCK) {
        double miss = rank_correlation(together + first, together + MOST + first, BLOCK) - rank;
        sum += miss;
        square += miss * miss;
    }
    *mean = sum / (double)blocks;
    *rms = sqrt(square / (double)blocks);
}

/* Normal scores have exactly the correlation that is asked for. Given that, Spearman's varies by what the two do not
 * share: with independent values the correlation of Spearman's with Pearson's coefficient is 3 / pi (the square root
 * of its efficiency, Hotelling and Pabst 1936), which leaves sqrt(1 - 9 / pi^2) / sqrt(n) = 0.0093, and less with
 * others. Its mean is that of the population but for 3 (r - tau) / (n + 1) (Moran 1948), under 0.0007, and for what mixed
 * scores differ from their ranks' scores: a sorted normal sample of 1024 correlates with its expectation by sqrt(0.997)
 * (Shapiro and Francia 1972), which takes up to 0.0015. A copula misses
 * by 1 / sqrt(n) = 0.031 for independent values. */
static void ranks_of_each_block_are_correlated_as_asked(void **state)
{
    (void)state;
    const double ranks[] = {-0.9, -0.3, 0, 0.5, 0.95},
                 spread = sqrt((1 - 9 / (M_PI * M_PI)) / BLOCK);
    const double blocks = MOST / BLOCK;
    double mean, rms;
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        for (int i = 0; i < 5; i++) {
            const double bias = 0.0007 + 0.0015;
            find_misses(ranks[i], method, "", &mean, &rms);
            assert_true(fabs(mean) < bias + 5 * spread / sqrt(blocks));
            assert_true(rms < bias + spread * (1 + 5 / sqrt(2 * blocks)));
        }
    }
    find_misses(0, SAMPLING_RANDOM, ", method: gaussian-copula", &mean, &rms);
    assert_true(fabs(rms * sqrt(BLOCK) - 1) < 5 / sqrt(2 * blocks));
    release();
}

/* Var(x + y) = a^2 + b^2 + 2 c, of normal values with c = r a b, of lognormal ones with c = exp(r s t) - 1 (means of
 * 1). The variance of n draws has a relative error of sqrt((k - 1) / n), k = 3 for normal draws and under 8 for
 * lognormal ones with 50 % (of one: 8.9): 5 of them. Blocks of independent draws take from c what the order statistics
 * of 1024 normal draws vary by (the same 0.003 of their variance), and what mixed scores differ: 0.5 % of c. */
static void sums_spread_as_closed_forms_say(void **state)
{
    (void)state;
    const double a = 0.5, b = 0.2, ranks[] = {-0.8, 0.6, 0.95};
    const char *const ways[] = {"", ", method: gaussian-copula"};
    for (int i = 0; i < 3 * 3 * 2 * 2; i++) {
        double rank = ranks[i % 3], r = of_scores(rank);
        int method = i / 3 % 3;
        bool is_normal = i / 9 % 2;
        char correlations[128];
        snprintf(correlations, sizeof correlations,
                 "correlations:\n  - {parameters: [x, y], rank: %g%s}\n", rank, ways[i / 18]);
        make_sound(is_normal ? "  x: {kind: number, units: '1', spread: normal(cv=50 %)}\n"
                               "  y: {kind: number, units: '1', spread: normal(cv=20 %)}\n"
                             : "  x: {units: '1', spread: lognormal(cv=50 %)}\n"
                               "  y: {units: '1', spread: lognormal(cv=20 %)}\n",
                   "  - {parameter: x, value: 1}\n  - {parameter: y, value: 1}\n", correlations,
                   run_of(method, MOST));
        inventory_inputs_draw(inputs, all, 2, 0, MOST, together);
        double mean = 0, variance = 0;
        for (int64_t draw = 0; draw < MOST; draw++) {
            mean += (together[draw] + together[MOST + draw]) / MOST;
        }
        for (int64_t draw = 0; draw < MOST; draw++) {
            double apart = together[draw] + together[MOST + draw] - mean;
            variance += apart * apart / (MOST - 1);
        }
        double s = sqrt(log1p(a * a)), t = sqrt(log1p(b * b));
        double c = is_normal ? r * a * b : exp(r * s * t) - 1;
        double wanted = a * a + b * b + 2 * c;
        double room = 5 * wanted * sqrt((is_normal ? 2.0 : 7.0) / MOST) + 2 * 0.005 * fabs(c);
        assert_true(fabs(variance - wanted) < room);
        /* Error propagation has the closed form of normal values. */
        double scratch[2], gradient[2] = {1, 1};
        double found = inventory_inputs_propagate(inputs, all, 2, gradient, scratch);
        double first_order = sqrt(a * a + b * b + 2 * r * a * b);
        if (is_normal) {
            assert_close(&found, &first_order, 1, 1e-12);
        }
    }
    release();
}

/* y of the nation, z by province, x by province in other order of the table. */
static const char *const nested = "  x: {units: '1', by: [province], spread: lognormal(cv=30 %)}\n"
                                  "  y: {units: '1', spread: gamma(cv=30 %)}\n";
static const char *const nested_values = "  - {parameter: x, province: A, value: 1}\n"
                                         "  - {parameter: y, value: 3}\n"
                                         "  - {parameter: x, province: B, value: 2}\n";
static const char *const nested_correlations =
    "correlations:\n  - {parameters: [x, y], rank: 0.5}\n";

/* Any range, any order of values, any order of tables; a longer run begins with a shorter one, but that of the Latin
 * hypercube. */
static void a_draw_does_not_feel_its_neighbours(void **state)
{
    (void)state;
    static double part[3 * 5000];
    const int64_t draws = 10000;
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        make_sound(nested, nested_values, nested_correlations, run_of(method, draws));
        inventory_inputs_draw(inputs, all, 3, 0, draws, together);
        const int64_t starts[] = {0, 1, 1000, 1024, 1234, 9300, 9999},
                      counts[] = {1, 7, 512, 777, 5000};
        for (int i = 0; i < 7 * 5; i++) {
            int64_t first = starts[i % 7], count = counts[i / 7];
            count = first + count <= draws ? count : draws - first;
            inventory_inputs_draw(inputs, (int32_t[]){2, 0, 1}, 3, first, count, part);
            for (int k = 0; k < 3; k++) {
                assert_memory_equal(part + count * k, together + (k + 2) % 3 * draws + first,
                                    (size_t)count * sizeof *part);
            }
        }
        make_sound("  y: {units: '1', spread: gamma(cv=30 %)}\n"
                   "  x: {units: '1', by: [province], spread: lognormal(cv=30 %)}\n",
                   "  - {parameter: y, value: 3}\n"
                   "  - {parameter: x, province: B, value: 2}\n"
                   "  - {parameter: x, province: A, value: 1}\n",
                   nested_correlations, run_of(method, draws));
        inventory_inputs_draw(inputs, (int32_t[]){2, 0, 1}, 3, 0, draws, alone);
        assert_memory_equal(alone, together, (size_t)(3 * draws) * sizeof *alone);
        make_sound(nested, nested_values, nested_correlations, run_of(method, 2 * draws));
        inventory_inputs_draw(inputs, all, 3, 0, 2 * draws, alone);
        for (int k = 0; k < 3; k++) {
            bool is_same =
                memcmp(alone + 2 * k * draws, together + k * draws, (size_t)draws * 8) == 0;
            assert_int_equal(is_same, method != SAMPLING_LATIN_HYPERCUBE);
        }
    }
    release();
}

/* A value of the nation keeps its order; those of provinces go with it, and by the product with each other: within
 * five standard errors of independent draws, 1 / sqrt(n). */
static void provinces_go_with_the_nation(void **state)
{
    (void)state;
    double r = of_scores(0.5);
    for (int method = SAMPLING_RANDOM; method <= SAMPLING_SOBOL; method++) {
        draw_twice(nested, nested_values, nested_correlations, 3, run_of(method, MOST));
        assert_memory_equal(alone + MOST, together + MOST, MOST * sizeof *alone);
        const double found[3] = {rank_correlation(together, together + MOST, MOST),
                                 rank_correlation(together + 2 * MOST, together + MOST, MOST),
                                 rank_correlation(together, together + 2 * MOST, MOST)};
        const double wanted[3] = {0.5, 0.5, 6 / M_PI * asin(r * r / 2)};
        assert_close(found, wanted, 3, 5 / sqrt(MOST));
    }
    release();
}

/* Two draws, three values: no correlation of scores can be taken out, and nothing else changes. */
static void blocks_too_short_for_a_correction_are_drawn(void **state)
{
    (void)state;
    for (int64_t draws = 1; draws < 6; draws++) {
        draw_twice(three, three_values, correlations_of_three, 3,
                   run_of(SAMPLING_LATIN_HYPERCUBE, draws));
        for (int value = 0; value < 3; value++) {
            assert_true(is_permutation(alone + value * draws, together + value * draws, draws));
        }
    }
    release();
}

static void other_methods_are_refused(void **state)
{
    (void)state;
    const char *const refused[] = {"conover", "''", "[iman-conover]", "IMAN-CONOVER"};
    for (int i = 0; i < 4; i++) {
        char correlations[128];
        snprintf(correlations, sizeof correlations,
                 "correlations:\n  - {parameters: [x, y], rank: 0.5, method: %s}\n", refused[i]);
        assert_int_equal(make(three, three_values, correlations, run_of(SAMPLING_RANDOM, 1000)),
                         STATUS_USAGE);
        assert_non_null(strstr(failure_message(), "model.yaml:"));
        assert_non_null(strstr(failure_message(), "is iman-conover or gaussian-copula"));
    }
    for (int i = 0; i < 2; i++) {
        char correlations[256];
        snprintf(correlations, sizeof correlations,
                 "correlations:\n  - {parameters: [x, y, z], method: %s, matrix: "
                 "[[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]}\n",
                 inventory_correlation_methods[i]);
        assert_int_equal(make(three, three_values, correlations, run_of(SAMPLING_RANDOM, 1000)),
                         STATUS_USAGE);
        assert_non_null(strstr(failure_message(), "model.yaml:"));
        assert_non_null(strstr(failure_message(), "not positive definite"));
    }
    release();
}

/* ---- the order of a block ------------------------------------------------------------------- */

static void check_order(const double *values, int64_t count)
{
    int32_t order[BLOCK];
    iman_conover_order(values, count, order);
    bool seen[BLOCK] = {false};
    for (int64_t i = 0; i < count; i++) {
        assert_true(order[i] >= 0 && order[i] < count && !seen[order[i]]);
        seen[order[i]] = true;
        double before = i > 0 ? values[order[i - 1]] : -INFINITY;
        assert_true(before < values[order[i]] ||
                    (before == values[order[i]] && (i == 0 || order[i - 1] < order[i])));
    }
}

static void equal_and_crowded_values_are_ordered(void **state)
{
    (void)state;
    double values[BLOCK];
    for (int64_t count = 1; count <= BLOCK; count += count < 5 ? 1 : 1019) {
        for (int i = 0; i < count; i++) {
            values[i] = 0.25;
        }
        check_order(values, count);
        for (int i = 0; i < count; i++) {
            values[i] = (double)(i * 7919 % 13) - 6;
        }
        check_order(values, count);
        values[count / 2] = 1e300; /* all others in one part */
        check_order(values, count);
        values[0] = -1e308; /* their distance is beyond double */
        values[count - 1] = 1e308;
        check_order(values, count);
        for (int i = 0; i < count; i++) {
            values[i] = (double)(i * 7919 % 1021) * 0x1p-1074; /* no scale for so little */
        }
        check_order(values, count);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_block_holds_the_draws_that_it_has_alone),
    cmocka_unit_test(draws_lie_where_numpy_puts_them),
    cmocka_unit_test(ranks_of_each_block_are_correlated_as_asked),
    cmocka_unit_test(sums_spread_as_closed_forms_say),
    cmocka_unit_test(a_draw_does_not_feel_its_neighbours),
    cmocka_unit_test(provinces_go_with_the_nation),
    cmocka_unit_test(blocks_too_short_for_a_correction_are_drawn),
    cmocka_unit_test(other_methods_are_refused),
    cmocka_unit_test(equal_and_crowded_values_are_ordered),
};
TESTING_MAIN(tests)
