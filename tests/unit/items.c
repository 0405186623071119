/* airshed -- GPL-3.0-or-later. The cut into items.
 * ranks: 1
 */
#include "testing.h"

#include "parallel/items.h"

/* Every cell of the cube lies in exactly one window. */
static void assert_covers(const struct items *items)
{
    int64_t cells = items->steps * items->rows * items->cols;
    char *seen = calloc((size_t)cells, 1);
    for (int64_t index = 0; index < items->count; index++) {
        struct window window = items_window(items, index);
        assert_true(window_is_inside(&window, items->steps, items->rows, items->cols));
        for (int64_t i = 0; i < window_count(&window); i++) {
            int64_t col = window.col + i % window.cols;
            int64_t row = window.row + i / window.cols % window.rows;
            int64_t time = window.time + i / (window.cols * window.rows);
            char *cell = &seen[(time * items->rows + row) * items->cols + col];
            assert_int_equal(*cell, 0);
            *cell = 1;
        }
    }
    assert_null(memchr(seen, 0, (size_t)cells));
    free(seen);
}

static void windows_cover_every_cell_once(void **state)
{
    (void)state;
    struct items items;
    struct items_cost cost = {.fixed_bytes = 100, .unit_bytes = 10};
    /* 7 x 5: whole rows; 3 x 100 with room for 40 cells: blocks of 32; slabs. */
    assert_int_equal(items_cut_rows(4, 7, 5, &cost, 1 << 20, &items), STATUS_OK);
    assert_int_equal(items.count, 7);
    assert_covers(&items);
    assert_int_equal(items_cut_rows(2, 3, 100, &cost, 500, &items), STATUS_OK);
    assert_int_equal(items.block_cols, 32);
    assert_int_equal(items.count, 12);
    assert_covers(&items);
    assert_int_equal(items_cut_steps(1000, 2, 3, &cost, 1 << 20, &items), STATUS_OK);
    assert_int_equal(items.slab_steps, 4);
    assert_covers(&items);
}

static void a_band_is_at_most_a_256th_of_the_rows(void **state)
{
    (void)state;
    struct items items;
    struct items_cost cost = {.unit_bytes = 8};
    assert_int_equal(items_cut_rows(1, 660, 6300, &cost, INT64_C(1) << 40, &items), STATUS_OK);
    assert_int_equal(items.band_rows, 3);
    assert_int_equal(items.count, 220);
}

static void bands_of_a_small_grid_give_long_runs_but_are_at_least_16(void **state)
{
    (void)state;
    struct items items;
    struct items_cost cost = {.unit_bytes = 8};
    assert_int_equal(items_cut_rows(1, 96, 96, &cost, INT64_C(1) << 40, &items), STATUS_OK);
    assert_int_equal(items.band_rows, 6);
    assert_int_equal(items_cut_rows(1, 400, 500, &cost, INT64_C(1) << 40, &items), STATUS_OK);
    assert_int_equal(items.band_rows, 17); /* 17 x 500 floats: more than 32 KiB */
    assert_int_equal(items_cut_rows(1, 256, 8192, &cost, INT64_C(1) << 40, &items), STATUS_OK);
    assert_int_equal(items.band_rows, 1);
    assert_int_equal(items_cut_rows(1, 7, 5, &cost, INT64_C(1) << 40, &items), STATUS_OK);
    assert_int_equal(items.count, 7);
}

static void a_budget_for_less_than_one_item_is_refused_with_what_it_needs(void **state)
{
    (void)state;
    struct items items;
    struct items_cost cost = {.fixed_bytes = 3 << 20, .unit_bytes = 1 << 20};
    failure_clear();
    assert_int_equal(items_cut_rows(1, 9, 100, &cost, 4 << 20, &items), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "--memory 19M"));
    failure_clear();
    assert_int_equal(items_cut_steps(9, 9, 9, &cost, 3 << 20, &items), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "--memory 4M"));
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(windows_cover_every_cell_once),
    cmocka_unit_test(a_band_is_at_most_a_256th_of_the_rows),
    cmocka_unit_test(bands_of_a_small_grid_give_long_runs_but_are_at_least_16),
    cmocka_unit_test(a_budget_for_less_than_one_item_is_refused_with_what_it_needs),
};

TESTING_MAIN(tests)
