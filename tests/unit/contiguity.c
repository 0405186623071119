/* airshed -- GPL-3.0-or-later. Which polygons touch.
 * ranks: 1
 */
#include "testing.h"

#include "grid/contiguity.h"

enum {
    ROWS = 4,
    COLS = 5,
    COUNT = ROWS * COLS
};

static struct polygon square(double x, double y)
{
    struct polygon polygon = {0};
    const double xs[] = {x, x + 1, x + 1, x}, ys[] = {y, y, y + 1, y + 1};
    assert_int_equal(polygon_add_ring(&polygon, false, 4, xs, ys), STATUS_OK);
    return polygon;
}

static void check_board(bool by_edges)
{
    struct polygon board[COUNT];
    struct contiguity found = {0};
    for (int i = 0; i < COUNT; i++) {
        board[i] = square(i % COLS, i / COLS);
    }
    assert_int_equal(contiguity_find(COUNT, board, by_edges, &found), STATUS_OK);
    for (int i = 0; i < COUNT; i++) {
        int64_t at = found.start[i];
        for (int j = 0; j < COUNT; j++) {
            int rows = abs(i / COLS - j / COLS), cols = abs(i % COLS - j % COLS);
            bool touches = i != j && (by_edges ? rows + cols == 1 : rows <= 1 && cols <= 1);
            bool is_listed = at < found.start[i + 1] && found.neighbour[at] == j;
            assert_int_equal(is_listed, touches);
            at += is_listed;
        }
        assert_int_equal(at, found.start[i + 1]);
        polygon_clear(&board[i]);
    }
    contiguity_clear(&found);
}

static void queens_share_corners_and_rooks_edges(void **state)
{
    (void)state;
    check_board(false);
    check_board(true);
}

/* The hole's edge is that of the zone inside it; the far square touches nobody. */
static void holes_touch_what_fills_them(void **state)
{
    (void)state;
    struct polygon zones[3] = {{0}, square(1, 1), square(9, 9)};
    const double x[] = {0, 3, 3, 0}, y[] = {0, 0, 3, 3}, hx[] = {1, 1, 2, 2}, hy[] = {1, 2, 2, 1};
    struct contiguity found = {0};
    assert_int_equal(polygon_add_ring(&zones[0], false, 4, x, y), STATUS_OK);
    assert_int_equal(polygon_add_ring(&zones[0], true, 4, hx, hy), STATUS_OK);
    assert_int_equal(contiguity_find(3, zones, true, &found), STATUS_OK);
    const int64_t start[] = {0, 1, 2, 2}, neighbour[] = {1, 0};
    assert_memory_equal(found.start, start, sizeof start);
    assert_memory_equal(found.neighbour, neighbour, sizeof neighbour);
    contiguity_clear(&found);
    for (int i = 0; i < 3; i++) {
        polygon_clear(&zones[i]);
    }
}

static void no_polygons_have_no_neighbours(void **state)
{
    (void)state;
    struct contiguity found = {0};
    struct polygon none = {0};
    assert_int_equal(contiguity_find(1, &none, false, &found), STATUS_OK);
    assert_int_equal(found.start[1], 0);
    contiguity_clear(&found);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(queens_share_corners_and_rooks_edges),
    cmocka_unit_test(holes_touch_what_fills_them),
    cmocka_unit_test(no_polygons_have_no_neighbours),
};

TESTING_MAIN(tests)
