/* airshed -- GPL-3.0-or-later. Config files: the tree, its places, what is refused.
 * ranks: 1
 */
#include "testing.h"

#include "base/config.h"

static struct config_node *parse(const char *text)
{
    struct config_node *root = NULL;
    failure_clear();
    assert_int_equal(config_parse(text, strlen(text), "a.yaml", &root), STATUS_OK);
    assert_non_null(root);
    return root;
}

static void the_tree_keeps_order_and_places(void **state)
{
    (void)state;
    struct config_node *root = parse("# a comment\n"
                                     "stages:\n"
                                     "  - name: first\n"
                                     "    period: 365   # days\n"
                                     "  - {name: 'second', list: [1, \"b c\"]}\n"
                                     "met_variables: ~\n");
    char place[CONFIG_PLACE_BYTES];
    assert_int_equal(root->kind, CONFIG_MAPPING);
    assert_int_equal(root->count, 2);
    const struct config_node *stages = config_find(root, "stages");
    assert_int_equal(stages->kind, CONFIG_LIST);
    assert_int_equal(stages->count, 2);
    const struct config_node *period = config_find(&stages->children[0], "period");
    assert_string_equal(period->text, "365");
    assert_string_equal(config_place(period, place), "a.yaml:4:13");
    assert_string_equal(config_key_place(period, place), "a.yaml:4:5");
    const struct config_node *name = config_find(&stages->children[1], "name");
    assert_string_equal(name->text, "second");
    assert_true(name->quoted);
    const struct config_node *list = config_find(&stages->children[1], "list");
    assert_string_equal(list->children[1].text, "b c");
    assert_true(config_is_empty(config_find(root, "met-variables")));
    assert_null(config_find(root, "none"));
    config_destroy(&root);
    assert_null(root);
}

static void anchors_and_merges_are_resolved(void **state)
{
    (void)state;
    struct config_node *root = parse("base: &base {period: 365, inner: 2}\n"
                                     "more: &more {<<: *base, inner: 5}\n"
                                     "stl: {<<: *more, outer: 1}\n"
                                     "both: {<<: [{outer: 3, inner: 7}, *base]}\n"
                                     "same: *base\n");
    const struct config_node *stl = config_find(root, "stl");
    assert_int_equal(stl->count, 3);
    assert_string_equal(config_find(stl, "inner")->text, "5");
    assert_string_equal(config_find(stl, "period")->text, "365");
    assert_int_equal(config_find(stl, "period")->line, 1);
    assert_string_equal(config_find(config_find(root, "both"), "inner")->text, "7");
    assert_string_equal(config_find(config_find(root, "same"), "inner")->text, "2");
    config_destroy(&root);
}

static void an_empty_file_is_an_empty_mapping(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# only a comment\n", "---\n...\n"};
    for (size_t i = 0; i < 3; i++) {
        struct config_node *root = parse(texts[i]);
        assert_int_equal(root->kind, CONFIG_MAPPING);
        assert_int_equal(root->count, 0);
        config_destroy(&root);
    }
    struct config_node *root = parse(texts[3]); /* an explicit document: one empty value */
    assert_true(config_is_empty(root));
    config_destroy(&root);
}

static void broken_files_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: duplicate key 'a' (first on line 1)"},
        {"met-x: 1\nmet_x: 2\n", "a.yaml:2:1: duplicate key 'met_x'"},
        {"a: [1, 2\nb: 3\n", "a.yaml:"},
        {"a:\n\tb: 1\n", "a.yaml:2:1: found character that cannot start any token"},
        {"a: &x [*x]\n", "nested deeper than 32"},
        {"a: &x {<<: *x}\n", "nested deeper than 32"},
        {"a: *nowhere\n", "a.yaml:1:4: found undefined alias"},
        {"? [1, 2]\n: 3\n", "a.yaml:1:3: a key must be plain text"},
        {"a: 1\n---\nb: 2\n", "a.yaml:3:1: a second document"},
        {"a: {<<: 5}\n", "a.yaml:1:9: '<<' must be followed by"},
        {"a: \"x\\0y\"\n", "a.yaml:1:4: a value holds a NUL"},
        {"\"stl\\0x\": 1\n", "a.yaml:1:1: a key holds a NUL"},
        {"a: \xff\xfe\n", "UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_node *root = NULL;
        failure_clear();
        enum status status = config_parse(cases[i].text, strlen(cases[i].text), "a.yaml", &root);
        if (status != STATUS_USAGE || strstr(failure_message(), cases[i].message) == NULL) {
            fprintf(stderr, "case %zu: status %d, '%s'\n", i, (int)status, failure_message());
            fail();
        }
        assert_null(root);
    }
    failure_clear();
}

static void aliases_cannot_blow_up(void **state)
{
    (void)state;
    static const char *const starts[] = {"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
                                         "a0: &a0 {x: 1, y: 2}\n"};
    for (int merges = 0; merges < 2; merges++) {
        char text[4096];
        int used = snprintf(text, sizeof text, "%s", starts[merges]);
        for (int i = 1; i < 20; i++) {
            const char *format =
                merges ? "a%d: &a%d {<<: [*a%d, *a%d, *a%d]}\n" : "a%d: &a%d [*a%d, *a%d, *a%d]\n";
            used += snprintf(text + used, sizeof text - (size_t)used, format, i, i, i - 1, i - 1,
                             i - 1);
        }
        struct config_node *root = NULL;
        failure_clear();
        assert_int_equal(config_parse(text, (size_t)used, "a.yaml", &root), STATUS_USAGE);
        assert_non_null(strstr(failure_message(), "more than 100000 values"));
        failure_clear();
    }
}

static void a_missing_file_or_a_folder_is_a_usage_error(void **state)
{
    (void)state;
    struct config_node *root = NULL;
    failure_clear();
    assert_int_equal(config_read("/no/such.yaml", &root), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "/no/such.yaml"));
    failure_clear();
    assert_int_equal(config_read("/tmp", &root), STATUS_USAGE);
    assert_non_null(strstr(failure_message(), "'/tmp': Is a directory"));
    failure_clear();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_tree_keeps_order_and_places),
    cmocka_unit_test(anchors_and_merges_are_resolved),
    cmocka_unit_test(an_empty_file_is_an_empty_mapping),
    cmocka_unit_test(broken_files_are_refused_with_their_place),
    cmocka_unit_test(aliases_cannot_blow_up),
    cmocka_unit_test(a_missing_file_or_a_folder_is_a_usage_error),
};

TESTING_MAIN(tests)
