/* airshed -- GPL-3.0-or-later. Figures of an inventory.
 * ranks: 1
 */
#include "testing.h"

#include "report/diagram_internal.h"
#include "scratch_folder.h"

/* A PNG and a PDF of some size, or the reason why not. */
static void draw(enum status (*diagram)(struct figure *, const void *), const void *data,
                 struct picture *picture)
{
    struct figure *figure = NULL;
    const char *folder = scratch_path("drawing");
    assert_int_equal(figure_folder_create(folder), STATUS_OK);
    assert_int_equal(figure_begin(folder, &figure), STATUS_OK);
    enum status status = diagram(figure, data);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", failure_message());
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(figure_end(figure, picture), STATUS_OK);
    figure_destroy(&figure);
    assert_memory_equal(picture->png, "\x89PNG", 4);
    assert_memory_equal(picture->pdf, "%PDF", 4);
}

static enum status as_flux(struct figure *figure, const void *data)
{
    return diagram_flux(figure, data);
}

static enum status as_zones(struct figure *figure, const void *data)
{
    return diagram_zones(figure, data);
}

static enum status as_fan(struct figure *figure, const void *data)
{
    return diagram_fan(figure, data);
}

static void labels_that_meet_move_no_farther_than_needed(void **state)
{
    (void)state;
    double free[] = {1, 2, 3.5}, kept[] = {1, 2, 3.5};
    diagram_spread(free, 3, 0.5, 0, 10);
    assert_close(free, kept, 3, 0);
    double same[] = {5, 5, 5}, around[] = {4, 5, 6};
    diagram_spread(same, 3, 1, 0, 10);
    assert_close(same, around, 3, 1e-15);
    double edge[] = {0, 0, 9.9, 10}, inside[] = {0, 1, 9, 10};
    diagram_spread(edge, 4, 1, 0, 10);
    assert_close(edge, inside, 4, 1e-14);
}

/* Against the definition: no places that keep the gap are nearer in squares, tried on a grid of eighths. */
static void spread_places_are_the_nearest_that_keep_the_gap(void **state)
{
    (void)state;
    for (int code = 0; code < 64; code++) {
        const double want[3] = {code % 4 * 0.75, code % 4 * 0.75 + code / 4 % 4 * 0.75,
                                code % 4 * 0.75 + (code / 4 % 4 + code / 16) * 0.75};
        double at[3], best = INFINITY;
        memcpy(at, want, sizeof at);
        diagram_spread(at, 3, 1.5, -100, 100);
        double own = 0;
        for (int i = 0; i < 3; i++) {
            own += (at[i] - want[i]) * (at[i] - want[i]);
            assert_true(i == 0 || at[i] - at[i - 1] >= 1.5 - 1e-12);
        }
        for (int a = -40; a < 60; a++) {
            for (int b = a + 12; b < a + 60; b++) {
                for (int c = b + 12; c < b + 60; c++) {
                    double x = a / 8.0 - want[0], y = b / 8.0 - want[1], z = c / 8.0 - want[2];
                    best = fmin(best, x * x + y * y + z * z);
                }
            }
        }
        assert_true(own <= best + 1e-12);
    }
}

static const char *const groups[] = {"coal", "oil (heavy)"};
static const char *const receptors[] = {"air", "soil & water"};
static struct diagram_flow flows[] = {
    {"plants", 70, 0, 0}, {"stoves", 7, 0, 0}, {"spills", 0.001, 1, 1}, {"nothing", 0, 1, 1}, {"unknown", NAN, 0, 1}};

static void flows_are_drawn_the_same_each_time(void **state)
{
    (void)state;
    struct picture first = {0}, second = {0};
    const struct diagram_flux flux = {"Flows (t)", "t", flows, 5, groups, 2, receptors, 2};
    if (figure_check() != STATUS_OK) {
        testing_skip();
        return;
    }
    draw(as_flux, &flux, &first);
    draw(as_flux, &flux, &second);
    assert_true(first.width > 600 && first.height > 400 && first.png_bytes > 5000);
    assert_int_equal(first.png_bytes, second.png_bytes);
    assert_memory_equal(first.png, second.png, (size_t)first.png_bytes);
    assert_memory_equal(first.pdf, second.pdf, (size_t)first.pdf_bytes);
    picture_clear(&first);
    picture_clear(&second);
}

static void nothing_to_draw_is_said(void **state)
{
    (void)state;
    struct picture picture = {0};
    const double x[] = {100, 200}, none[] = {NAN, NAN};
    const struct diagram_fan fan = {
        .title = "Nothing", .x_label = "draws", .y_label = "t", .x = x, .count = 2, .lines = {{"a", none, none}}, .line_count = 1};
    if (figure_check() != STATUS_OK) {
        testing_skip();
        return;
    }
    draw(as_fan, &fan, &picture);
    assert_true(picture.width > 100);
    picture_clear(&picture);
}

static void zones_without_a_value_are_drawn_too(void **state)
{
    (void)state;
    struct picture picture = {0};
    const double x[] = {10, 12, 12, 10}, y[] = {40, 40, 41, 41}, x2[] = {12, 13, 13};
    const double values[] = {-3, NAN}, amounts[] = {1, 2, 3, NAN};
    struct polygon polygons[2] = {0};
    const struct diagram_inset inset = {"North", 12.3, amounts};
    const struct diagram_zones zones = {.title = "Change",
                                        .label = "change (%)",
                                        .is_diverging = true,
                                        .count = 2,
                                        .polygons = polygons,
                                        .values = values,
                                        .insets = &inset,
                                        .inset_count = 1,
                                        .groups = groups,
                                        .group_count = 2,
                                        .bars = {"2015", "2019"},
                                        .units = "t"};
    if (figure_check() != STATUS_OK) {
        testing_skip();
        return;
    }
    assert_int_equal(polygon_add_ring(&polygons[0], false, 4, x, y), STATUS_OK);
    assert_int_equal(polygon_add_ring(&polygons[1], false, 3, x2, y), STATUS_OK);
    draw(as_zones, &zones, &picture);
    assert_true(picture.width > 500 && picture.height > 500);
    picture_clear(&picture);
    polygon_clear(&polygons[0]);
    polygon_clear(&polygons[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(labels_that_meet_move_no_farther_than_needed),
    cmocka_unit_test(spread_places_are_the_nearest_that_keep_the_gap),
    cmocka_unit_test(flows_are_drawn_the_same_each_time),
    cmocka_unit_test(nothing_to_draw_is_said),
    cmocka_unit_test(zones_without_a_value_are_drawn_too),
};

TESTING_MAIN(tests)
