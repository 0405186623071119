/* airshed -- GPL-3.0-or-later. Growth of a source's area, filling of pits, labels of areas.
 * ranks: 1
 */
#include "testing.h"

#include <stdbool.h>

#include "base/random.h"
#include "kernels/growth.h"
#include "kernels/label.h"

enum {
    MOST = 40 * 40
};

static float elevation[MOST], filled[MOST], expected_level[MOST];
static uint8_t mask[MOST], expected[MOST];
static int64_t queue[MOST];
static int32_t labels[MOST];
static int asked[MOST];

/** Distance on a plane of square cells from a centre that may lie between cells. */
struct plane {
    double row, col, cell_m;
    int64_t cols;
};

static double plane_distance(const void *context, int64_t row, int64_t col)
{
    const struct plane *plane = context;
    asked[row * plane->cols + col]++;
    return plane->cell_m * hypot((double)row - plane->row, (double)col - plane->col);
}

static bool may_join(const struct growth_terrain *terrain, int64_t from, int64_t to)
{
    float g = terrain->elevation_m[from], n = terrain->elevation_m[to];
    const struct plane *plane = terrain->context;
    double row = (double)(to / terrain->cols), col = (double)(to % terrain->cols);
    if (isnan(g) || isnan(n) ||
        plane->cell_m * hypot(row - plane->row, col - plane->col) > terrain->limit_m) {
        return false;
    }
    return terrain->rise_tolerance_m > 0 ? (double)n - (double)g <= terrain->rise_tolerance_m
                                         : n < g;
}

/** The area as the least set that holds the source and is closed: passes over all pairs of
 *  neighbours, in an order of its own, until nothing joins. @return cells */
static int64_t brute_grow(const struct growth_terrain *terrain, const int64_t *source, int count)
{
    int64_t cols = terrain->cols, cells = terrain->rows * cols, total = 0;
    memset(expected, 0, sizeof expected);
    for (int i = 0; i < count; i++) {
        expected[source[i]] = 1;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int64_t a = cells - 1; a >= 0; a--) {
            for (int64_t b = 0; b < cells; b++) {
                bool near = llabs(a / cols - b / cols) <= 1 && llabs(a % cols - b % cols) <= 1;
                if (near && expected[a] && !expected[b] && may_join(terrain, a, b)) {
                    expected[b] = changed = true;
                }
            }
        }
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        total += expected[cell];
    }
    return total;
}

enum kind {
    ROUGH,
    PLATEAUS,
    PITS,
    GAPS,
    FLAT,
    KINDS
};

static void draw_terrain(enum kind kind, uint64_t item, int64_t rows, int64_t cols)
{
    struct random_key key = {23, (uint32_t)kind};
    for (int64_t cell = 0; cell < rows * cols; cell++) {
        double slope = 2 * (double)(cell / cols) + (double)(cell % cols);
        double bump = random_uniform(key, item, 2 * (uint64_t)cell);
        double other = random_uniform(key, item, 2 * (uint64_t)cell + 1);
        double height[KINDS] = {
            [ROUGH] = slope + 6 * bump,
            [PLATEAUS] = floor((slope + 4 * bump) / 5),
            [PITS] = other < 0.2 ? -100 * bump : slope + bump,
            [GAPS] = other < 0.25 ? NAN : round(slope + 8 * bump),
            [FLAT] = 12,
        };
        elevation[cell] = (float)height[kind];
    }
}

/* Sources inside, on the edges and on the corners, one of two cells, between cells, on gaps. */
static void areas_equal_the_closure_by_brute_force(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{7, 5}, {1, 9}, {13, 12}, {1, 1}};
    static const double tolerances[] = {0, 0.5, 1, 3};
    int single = 0, larger = 0;
    for (int trial = 0; trial < 4 * KINDS * 4 * 6; trial++) {
        int64_t rows = shapes[trial % 4][0], cols = shapes[trial % 4][1], cells = rows * cols;
        struct random_key key = {29, 0};
        uint64_t item = (uint64_t)trial;
        draw_terrain((enum kind)(trial / 4 % KINDS), item, rows, cols);
        int64_t source[3];
        int count = 1 + trial % 3;
        for (int i = 0; i < count; i++) {
            source[i] = (int64_t)random_below(key, item, (uint64_t)i, (uint64_t)cells);
        }
        source[0] = trial % 5 == 0 ? 0 : trial % 5 == 1 ? cells - 1 : source[0];
        struct plane plane = {(double)(source[0] / cols) + 0.3, (double)(source[0] % cols), 1,
                              cols};
        struct growth_terrain terrain = {rows,
                                         cols,
                                         elevation,
                                         plane_distance,
                                         &plane,
                                         2 + trial % 7,
                                         tolerances[trial / (4 * KINDS) % 4]};
        memset(asked, 0, sizeof asked);
        int64_t got = growth_fill(&terrain, source, count, queue, NULL, mask);
        assert_int_equal(got, brute_grow(&terrain, source, count));
        assert_memory_equal(mask, expected, (size_t)cells);
        for (int64_t cell = 0; cell < cells; cell++) {
            assert_true(asked[cell] <= 1);
        }
        single += got == 1;
        larger += got > 6;
    }
    assert_true(single > 20 && larger > 50);
}

/* A plane that falls towards the last column: strictly lower neighbours are one column on, so the
 * area is the cone |row - row0| <= col - col0 within the limit. Cells of 1 km, two sources 6 km
 * apart on the slope: the second stands inside the area of the first and is not limited by it, nor
 * limits it, although the union reaches 16 km. */
static void two_sources_on_one_slope_do_not_limit_each_other(void **state)
{
    (void)state;
    enum {
        ROWS = 31,
        COLS = 30
    };
    static uint8_t both[ROWS * COLS];
    int64_t end_of_union = 0;
    for (int cell = 0; cell < ROWS * COLS; cell++) {
        elevation[cell] = 500.0f - (float)(cell % COLS);
    }
    for (int s = 0; s < 2; s++) {
        int64_t row0 = 15, col0 = 2 + 6 * s, source = row0 * COLS + col0;
        struct plane plane = {(double)row0, (double)col0, 1000, COLS};
        struct growth_terrain terrain = {ROWS, COLS, elevation, plane_distance, &plane, 10000, 0};
        growth_fill(&terrain, &source, 1, queue, NULL, mask);
        for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
            int64_t down = cell % COLS - col0, across = llabs(cell / COLS - row0);
            bool inside = across <= down && down * down + across * across <= 100;
            assert_int_equal(mask[cell], inside);
            both[cell] |= mask[cell];
            end_of_union = both[cell] && cell % COLS > end_of_union ? cell % COLS : end_of_union;
        }
        assert_true(mask[row0 * COLS + col0 + 10]);
    }
    assert_int_equal(end_of_union, 2 + 16);
}

/* The rule at its edges: 0.1f and 0.5f steps, and a limit met exactly. */
static void tolerance_zero_is_strict_and_others_are_inclusive(void **state)
{
    (void)state;
    static const struct {
        double tolerance, limit;
        float next;
        int64_t cells;
    } cases[] = {
        {0, 10, 99.99f, 2},    {0, 10, 100, 1}, {1e-6, 10, 100, 2}, {0.5, 10, 100.5f, 2},
        {0.5, 10, 100.51f, 1}, {0, 1, 99, 2},   {0, 0.999, 99, 1},  {5, 10, NAN, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        int64_t source = 0;
        struct plane plane = {0, 0, 1, 2};
        struct growth_terrain terrain = {
            1, 2, elevation, plane_distance, &plane, cases[c].limit, cases[c].tolerance};
        elevation[0] = 100;
        elevation[1] = cases[c].next;
        assert_int_equal(growth_fill(&terrain, &source, 1, queue, NULL, mask), cases[c].cells);
    }
}

/* Each step may climb, so a staircase is climbed; from a source without elevation nothing grows. */
static void tolerance_is_per_step_and_gaps_do_not_grow(void **state)
{
    (void)state;
    int64_t source = 0;
    struct plane plane = {0, 0, 1, 6};
    struct growth_terrain terrain = {1, 6, elevation, plane_distance, &plane, 10, 1};
    for (int i = 0; i < 6; i++) {
        elevation[i] = (float)i;
    }
    assert_int_equal(growth_fill(&terrain, &source, 1, queue, NULL, mask), 6);
    elevation[0] = NAN;
    assert_int_equal(growth_fill(&terrain, &source, 1, queue, NULL, mask), 1);
    assert_int_equal(mask[0], 1);
    elevation[0] = 0;
    elevation[3] = NAN;
    assert_int_equal(growth_fill(&terrain, &source, 1, queue, NULL, mask), 3);
}

/** Lowers a level from infinity: w = max(z, lowest w around), outside and gaps being open, until it
 *  rests. */
static void brute_fill(int64_t rows, int64_t cols)
{
    for (int64_t cell = 0; cell < rows * cols; cell++) {
        expected_level[cell] = isnan(elevation[cell]) ? NAN : INFINITY;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int64_t cell = 0; cell < rows * cols; cell++) {
            float lowest = INFINITY;
            for (int k = 0; k < 9; k++) {
                int64_t row = cell / cols + k / 3 - 1, col = cell % cols + k % 3 - 1;
                bool inside = row >= 0 && row < rows && col >= 0 && col < cols;
                bool open = !inside || isnan(elevation[row * cols + col]);
                lowest = fminf(lowest, open ? -INFINITY : expected_level[row * cols + col]);
            }
            float level = fmaxf(elevation[cell], lowest);
            if (!isnan(elevation[cell]) && level < expected_level[cell]) {
                expected_level[cell] = level;
                changed = true;
            }
        }
    }
}

static void pits_are_filled_to_where_water_leaves(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{7, 5}, {1, 9}, {23, 31}, {1, 1}, {3, 3}};
    int raised = 0;
    for (int trial = 0; trial < 5 * KINDS * 4; trial++) {
        int64_t rows = shapes[trial % 5][0], cols = shapes[trial % 5][1];
        size_t bytes = (size_t)(rows * cols) * sizeof(float);
        draw_terrain((enum kind)(trial / 5 % KINDS), (uint64_t)trial, rows, cols);
        brute_fill(rows, cols);
        assert_int_equal(depression_fill(elevation, rows, cols, filled), STATUS_OK);
        for (int64_t cell = 0; cell < rows * cols; cell++) {
            assert_true(filled[cell] == expected_level[cell] ||
                        (isnan(filled[cell]) && isnan(elevation[cell])));
            raised += filled[cell] > elevation[cell];
        }
        assert_int_equal(depression_fill(elevation, rows, cols, elevation), STATUS_OK);
        assert_memory_equal(elevation, filled, bytes);
    }
    assert_true(raised > 500);
}

/** Spreads the smallest cell number of each area over it, in first [rows, cols]; -1 elsewhere. */
static void brute_first(int64_t rows, int64_t cols, int64_t *first)
{
    for (int64_t cell = 0; cell < rows * cols; cell++) {
        first[cell] = mask[cell] ? cell : -1;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int64_t a = 0; a < rows * cols; a++) {
            for (int64_t b = 0; b < rows * cols; b++) {
                bool near = llabs(a / cols - b / cols) <= 1 && llabs(a % cols - b % cols) <= 1;
                if (near && mask[a] && mask[b] && first[b] < first[a]) {
                    first[a] = first[b];
                    changed = true;
                }
            }
        }
    }
}

static void areas_are_numbered_by_their_first_cell(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{7, 5}, {1, 12}, {12, 13}, {4, 1}};
    static int64_t first[MOST];
    for (int trial = 0; trial < 60; trial++) {
        int64_t rows = shapes[trial % 4][0], cols = shapes[trial % 4][1];
        struct random_key key = {31, 0};
        double share = 0.1 + 0.1 * (trial / 4 % 6);
        for (int64_t cell = 0; cell < rows * cols; cell++) {
            mask[cell] = random_uniform(key, (uint64_t)trial, (uint64_t)cell) < share ? 1 : 0;
        }
        brute_first(rows, cols, first);
        int32_t areas = label_areas(mask, rows, cols, queue, labels), seen = 0;
        for (int64_t cell = 0; cell < rows * cols; cell++) {
            seen += first[cell] == cell;
            int32_t number = first[cell] < 0 ? 0 : first[cell] == cell ? seen : labels[first[cell]];
            assert_int_equal(labels[cell], number);
        }
        assert_int_equal(areas, seen);
    }
}

static void diagonal_cells_touch(void **state)
{
    (void)state;
    static const uint8_t cells[4 * 5] = {
        0, 1, 0, 0, 1, /* */
        1, 0, 0, 0, 1, /* */
        0, 0, 2, 0, 0, /* */
        1, 0, 0, 1, 0,
    };
    static const int32_t numbers[4 * 5] = {
        0, 1, 0, 0, 2, /* */
        1, 0, 0, 0, 2, /* */
        0, 0, 3, 0, 0, /* */
        4, 0, 0, 3, 0,
    };
    assert_int_equal(label_areas(cells, 4, 5, queue, labels), 4);
    assert_memory_equal(labels, numbers, sizeof numbers);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(areas_equal_the_closure_by_brute_force),
    cmocka_unit_test(two_sources_on_one_slope_do_not_limit_each_other),
    cmocka_unit_test(tolerance_zero_is_strict_and_others_are_inclusive),
    cmocka_unit_test(tolerance_is_per_step_and_gaps_do_not_grow),
    cmocka_unit_test(pits_are_filled_to_where_water_leaves),
    cmocka_unit_test(areas_are_numbered_by_their_first_cell),
    cmocka_unit_test(diagonal_cells_touch),
};

TESTING_MAIN(tests)
