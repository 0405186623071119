/* airshed -- GPL-3.0-or-later. Extremes and gaps; blocks of lanes.
 * ranks: 1
 */
#include <stdbool.h>

#include "testing.h"

#include "kernels/lane_blocks.h"
#include "kernels/survey.h"

static void extremes_and_gaps_are_those_of_a_plain_loop(void **state)
{
    (void)state;
    float values[100];
    double wide[100];
    for (int count = 0; count <= 100; count++) {
        struct survey expected = {0, NAN, NAN};
        for (int i = 0; i < count; i++) {
            values[i] = i % 7 == 3 ? NAN : (float)sin(i * 37.0 + count) * 1e3f;
            wide[i] = (double)values[i];
            expected.missing += isnan(values[i]);
            expected.low = fmin(expected.low, wide[i]);
            expected.high = fmax(expected.high, wide[i]);
        }
        struct survey single = survey_floats(values, count);
        struct survey twice = survey_doubles(wide, count);
        assert_int_equal(single.missing, expected.missing);
        assert_int_equal(twice.missing, expected.missing);
        assert_close(&single.low, &expected.low, 1, 0);
        assert_close(&single.high, &expected.high, 1, 0);
        assert_close(&twice.low, &expected.low, 1, 0);
        assert_close(&twice.high, &expected.high, 1, 0);
    }
}

static void nothing_but_gaps_has_no_extremes(void **state)
{
    (void)state;
    float gaps[33];
    for (int i = 0; i < 33; i++) {
        gaps[i] = NAN;
    }
    struct survey survey = survey_floats(gaps, 33);
    assert_int_equal(survey.missing, 33);
    assert_true(isnan(survey.low) && isnan(survey.high));
}

static void blocks_go_there_and_back(void **state)
{
    (void)state;
    enum { STEPS = 5, CELLS = 11 };
    float values[STEPS * CELLS];
    float back[STEPS * CELLS] = {0};
    double block[STEPS * LANES];
    for (int i = 0; i < STEPS * CELLS; i++) {
        values[i] = (float)(i * i);
    }
    for (int64_t first = 0; first < CELLS; first += LANES) {
        lane_block_load(values, STEPS, CELLS, first, block);
        assert_true(first + LANES <= CELLS || isnan(block[LANES - 1]));
        lane_block_store(block, STEPS, CELLS, first, back);
    }
    assert_memory_equal(values, back, sizeof values);
}

static void sums_and_marks_are_those_of_a_plain_loop(void **state)
{
    (void)state;
    enum { STEPS = 21, VALUES = STEPS * LANES };
    double first[VALUES], second[VALUES], sum[VALUES], kept[VALUES], total[LANES];
    double expected[LANES] = {0};
    unsigned char marks[VALUES];
    int64_t count[LANES], marked[LANES] = {0};
    for (int i = 0; i < VALUES; i++) {
        first[i] = i % 5 == 2 ? NAN : sin(i * 37.0);
        second[i] = cos(i * 11.0);
        marks[i] = i % 3 != 1;
    }
    lane_block_add(first, second, STEPS, sum);
    lane_block_mark(first, STEPS, marks);
    lane_block_keep(second, marks, STEPS, kept);
    lane_block_difference(first, second, marks, STEPS, total, count);
    for (int i = 0; i < VALUES; i++) {
        bool is_marked = i % 3 != 1 && i % 5 != 2;
        assert_true(i % 5 == 2 ? isnan(sum[i]) : sum[i] == first[i] + second[i]);
        assert_int_equal(marks[i], is_marked);
        assert_true(is_marked ? kept[i] == second[i] : isnan(kept[i]));
        if (is_marked) {
            expected[i % LANES] += first[i] - second[i];
            marked[i % LANES]++;
        }
    }
    assert_memory_equal(total, expected, sizeof total);
    assert_memory_equal(count, marked, sizeof count);
}

static void interpolation_weighs_its_terms(void **state)
{
    (void)state;
    enum { STEPS = 3, SOURCE = 6 };
    double maps[STEPS * SOURCE];
    double block[STEPS * LANES];
    struct lane_sum sum = {0};
    for (int i = 0; i < STEPS * SOURCE; i++) {
        maps[i] = i;
    }
    for (int lane = 0; lane < LANES; lane++) {
        sum.offset[0][lane] = lane % SOURCE;
        sum.weight[0][lane] = 0.25;
        sum.offset[1][lane] = (lane + 1) % SOURCE;
        sum.weight[1][lane] = 0.75;
    }
    sum.weight[0][LANES - 1] = NAN;
    lane_block_interpolate(maps, STEPS, SOURCE, &sum, block);
    for (int step = 0; step < STEPS; step++) {
        for (int lane = 0; lane < LANES - 1; lane++) {
            double expected = 0.25 * (step * SOURCE + lane % SOURCE) +
                              0.75 * (step * SOURCE + (lane + 1) % SOURCE);
            assert_true(block[step * LANES + lane] == expected);
        }
        assert_true(isnan(block[step * LANES + LANES - 1]));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(extremes_and_gaps_are_those_of_a_plain_loop),
    cmocka_unit_test(nothing_but_gaps_has_no_extremes),
    cmocka_unit_test(blocks_go_there_and_back),
    cmocka_unit_test(sums_and_marks_are_those_of_a_plain_loop),
    cmocka_unit_test(interpolation_weighs_its_terms),
};

TESTING_MAIN(tests)
