/* airshed -- GPL-3.0-or-later. Held-out areas: real shapes, whole blocks, the shares asked for.
 * ranks: 1
 */
#include "testing.h"

#include <stdbool.h>

#include "learn/holdout.h"

enum { ROWS = 40, COLS = 50, BLOCK = 7 };

static uint8_t area[ROWS * COLS], background[ROWS * COLS];

static void mark(int64_t row, int64_t col, int64_t rows, int64_t cols)
{
    for (int64_t r = row; r < row + rows; r++) {
        for (int64_t c = col; c < col + cols; c++) {
            area[r * COLS + c] = 1;
        }
    }
}

/* An upright bar of 5 x 2 and a single cell; a strip without values in the north. */
static struct shapes *make_region(void)
{
    struct shapes *shapes = NULL;
    memset(area, 0, sizeof area);
    mark(3, 4, 5, 2);
    mark(20, 30, 1, 1);
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        background[cell] = area[cell] == 0 && cell < (ROWS - 3) * COLS;
    }
    assert_int_equal(shapes_create(area, ROWS, COLS, &shapes), STATUS_OK);
    return shapes;
}

static struct holdout *make(const struct shapes *shapes, double test, double validation,
                            uint32_t seed)
{
    struct holdout *holdout = NULL;
    struct holdout_request request = {.rows = ROWS,
                                      .cols = COLS,
                                      .is_background = background,
                                      .shapes = shapes,
                                      .block = BLOCK,
                                      .test_share = test,
                                      .validation_share = validation,
                                      .seed = seed};
    assert_int_equal(holdout_create(&request, &holdout), STATUS_OK);
    return holdout;
}

static void shapes_are_the_connected_areas(void **state)
{
    (void)state;
    struct shapes *shapes = make_region();
    assert_int_equal(shapes->count, 2);
    assert_int_equal(shapes->shape[0].rows, 5);
    assert_int_equal(shapes->shape[0].cols, 2);
    assert_int_equal(shapes->shape[0].cells, 10);
    assert_int_equal(shapes->shape[1].cells, 1);
    shapes_destroy(&shapes);
}

/* Of the 8 turns of a bar of 5 x 2, four lie and four stand; the single cell stays one. */
static void a_stamp_is_a_turned_shape_inside_its_box(void **state)
{
    (void)state;
    struct shapes *shapes = make_region();
    const int64_t box[4] = {10, 10, 20, 20};
    bool lay = false, stood = false, was_single = false;
    for (uint64_t item = 0; item < 200; item++) {
        static uint8_t map[ROWS * COLS];
        int64_t low[2] = {ROWS, COLS}, high[2] = {-1, -1}, cells = 0;
        memset(map, 0, sizeof map);
        shapes_stamp(shapes, (struct random_key){5, 6}, item, 0, box, COLS, map);
        for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
            int64_t at[2] = {cell / COLS, cell % COLS};
            for (int axis = 0; map[cell] != 0 && axis < 2; axis++) {
                low[axis] = at[axis] < low[axis] ? at[axis] : low[axis];
                high[axis] = at[axis] > high[axis] ? at[axis] : high[axis];
            }
            cells += map[cell];
        }
        int64_t rows = high[0] - low[0] + 1, cols = high[1] - low[1] + 1;
        assert_true(cells == rows * cols && cells >= 1 && cells <= 10);
        assert_true(low[0] >= 10 && high[0] < 30 && low[1] >= 10 && high[1] < 30);
        lay = lay || (rows == 2 && cols == 5);
        stood = stood || (rows == 5 && cols == 2);
        was_single = was_single || cells == 1;
    }
    assert_true(lay && stood && was_single);
    shapes_destroy(&shapes);
}

/* Cells of one part of the background. */
static double share_of(const struct holdout *holdout, enum holdout_part part)
{
    double own = 0, all = 0;
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        own += background[cell] != 0 && holdout->part[cell] == part;
        all += background[cell];
    }
    return own / all;
}

static void blocks_are_whole_and_shares_are_met(void **state)
{
    (void)state;
    struct shapes *shapes = make_region();
    struct holdout *holdout = make(shapes, 0.2, 0.1, 3);
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        int64_t row = cell / COLS / BLOCK * BLOCK, col = cell % COLS / BLOCK * BLOCK;
        assert_int_equal(holdout->part[cell], holdout->part[row * COLS + col]);
    }
    /* A share is passed by less than one block. */
    double block = (double)(BLOCK * BLOCK) / 1839;
    double test = share_of(holdout, HOLDOUT_TEST);
    double validation = share_of(holdout, HOLDOUT_VALIDATION);
    assert_true(test >= 0.2 && test < 0.2 + block);
    assert_true(validation >= 0.1 && validation < 0.1 + block);
    holdout_destroy(&holdout);
    shapes_destroy(&shapes);
}

static void areas_cover_background_of_their_blocks_only(void **state)
{
    (void)state;
    struct shapes *shapes = make_region();
    struct holdout *holdout = make(shapes, 0.2, 0.1, 3);
    int64_t cells[64] = {0};
    assert_true(holdout->areas > 2 && holdout->areas < 64);
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        int32_t number = holdout->area[cell];
        if (number > 0) {
            assert_true(background[cell] != 0);
            assert_int_equal(holdout->part[cell], holdout->area_part[number - 1]);
            cells[number - 1]++;
        }
    }
    for (int64_t i = 0; i < holdout->areas; i++) {
        assert_int_equal(cells[i], holdout->area_cells[i]);
        assert_true(cells[i] > 0);
    }
    holdout_destroy(&holdout);
    shapes_destroy(&shapes);
}

static void test_areas_do_not_depend_on_validation(void **state)
{
    (void)state;
    struct shapes *shapes = make_region();
    struct holdout *with = make(shapes, 0.2, 0.3, 3);
    struct holdout *without = make(shapes, 0.2, 0, 3);
    struct holdout *other = make(shapes, 0.2, 0, 4);
    bool differs = false;
    for (int64_t cell = 0; cell < ROWS * COLS; cell++) {
        if (with->part[cell] != HOLDOUT_VALIDATION) {
            assert_int_equal(with->area[cell], without->area[cell]);
        }
        differs = differs || without->area[cell] != other->area[cell];
    }
    assert_true(differs); /* another seed, other areas */
    holdout_destroy(&with);
    holdout_destroy(&without);
    holdout_destroy(&other);
    shapes_destroy(&shapes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shapes_are_the_connected_areas),
    cmocka_unit_test(a_stamp_is_a_turned_shape_inside_its_box),
    cmocka_unit_test(blocks_are_whole_and_shares_are_met),
    cmocka_unit_test(areas_cover_background_of_their_blocks_only),
    cmocka_unit_test(test_areas_do_not_depend_on_validation),
};

TESTING_MAIN(tests)
