/* airshed -- GPL-3.0-or-later. Options: arguments, config files, messages, help, canonical text.
 * ranks: 1
 */
#include "testing.h"

#include "base/config.h"
#include "base/options.h"
#include "base/text.h"

static const struct option_spec own_table[] = {
    {.name = "input",
     .kind = OPTION_PATH,
     .argument = "INPUT",
     .flags = OPTION_POSITIONAL | OPTION_REQUIRED | OPTION_INPUT,
     .help = "Cube to decompose."},
    {.name = "more",
     .kind = OPTION_PATH,
     .argument = "MORE",
     .flags = OPTION_POSITIONAL | OPTION_REPEATABLE | OPTION_INPUT,
     .help = "Further cubes."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OUTPUT,
     .help = "Result."},
    {.name = "period",
     .kind = OPTION_INTEGER,
     .fallback = "365",
     .low = 2,
     .high = 100000,
     .help = "Steps of one cycle."},
    {.name = "seasonal",
     .kind = OPTION_INTEGER,
     .fallback = "periodic",
     .choices = "periodic",
     .low = 3,
     .high = 999,
     .help = "Seasonal window."},
    {.name = "distance",
     .kind = OPTION_REAL,
     .fallback = "1000",
     .low = 0,
     .high = 1e12,
     .group = "Numbers",
     .help = "Distance in m."},
    {.name = "preset",
     .kind = OPTION_CHOICE,
     .choices = "r|statsmodels|exact",
     .fallback = "r",
     .help = "Which program to equal."},
    {.name = "robust", .kind = OPTION_FLAG, .help = "Robust weights."},
    {.name = "met-variables", .kind = OPTION_LIST, .help = "Names of the weather variables."},
    {.name = "parts",
     .kind = OPTION_LIST,
     .choices = "trend|seasonal|remainder",
     .fallback = "trend,seasonal",
     .help = "What to write."},
    {.name = "met", .kind = OPTION_PATH, .flags = OPTION_INPUT | OPTION_REPEATABLE},
    {.name = NULL},
};

static const struct option_spec *const all_tables[] = {own_table, options_grid, options_common,
                                                       NULL};
static const char *const sections[] = {"stl", "deweather", "stages", NULL};

static struct options *create(void)
{
    struct options *options = NULL;
    failure_clear();
    assert_int_equal(options_create("stl", all_tables, &options), STATUS_OK);
    options_describe(options, "decompose every cell", "One paragraph of details.",
                     "airshed stl a.nc \\\n  -o b.nc");
    options_allow_sections(options, sections);
    return options;
}

/* Parses words separated by blanks. */
static enum status parse(struct options *options, const char *line)
{
    struct text_list words = {0};
    assert_int_equal(text_list_split(&words, line, ' '), STATUS_OK);
    assert_int_equal(options_parse_arguments(options, (int)words.count, words.items), STATUS_OK);
    text_list_clear(&words);
    return options_finish(options);
}

static void assert_parses(struct options *options, const char *line)
{
    if (parse(options, line) != STATUS_OK) {
        fprintf(stderr, "'%s': %s\n", line, failure_message());
        fail();
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static char folder[64];

static int create_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/airshed-options-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/c.yaml", folder);
    unlink(path);
    return rmdir(folder);
}

/* ---- command lines ------------------------------------------------------------------------ */

static void every_form_of_an_argument_is_understood(void **state)
{
    (void)state;
    struct options *options = create();
    assert_parses(options, "-vq a.nc --period 7 --distance=1e3 -oout.nc --no-robust b.nc "
                           "--bbox -10,20,30.5,40 --met x --met=y -- -odd.nc -");
    assert_string_equal(option_text(options, "input"), "a.nc");
    assert_int_equal(option_count(options, "more"), 3);
    assert_string_equal(option_item(options, "more", 1), "-odd.nc");
    assert_string_equal(option_item(options, "more", 2), "-");
    assert_string_equal(option_text(options, "output"), "out.nc");
    assert_int_equal(option_integer(options, "period"), 7);
    assert_true(option_real(options, "distance") == 1000);
    assert_true(option_flag(options, "quiet") && option_flag(options, "verbose"));
    assert_false(option_flag(options, "robust"));
    assert_true(option_is_set(options, "robust"));
    assert_int_equal(option_count(options, "bbox"), 4);
    assert_true(option_item_real(options, "bbox", 2) == 30.5);
    assert_int_equal(option_count(options, "met"), 2);
    assert_string_equal(option_item(options, "met", 1), "y");
    assert_string_equal(option_origin(options, "period"), "command line");
    options_destroy(&options);
    assert_null(options);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    struct options *options = create();
    assert_parses(options, "a.nc -o b.nc");
    assert_int_equal(option_integer(options, "period"), 365);
    assert_string_equal(option_text(options, "seasonal"), "periodic");
    assert_int_equal(option_bytes(options, "memory"), 1LL << 30);
    assert_int_equal(option_count(options, "parts"), 2);
    assert_string_equal(option_item(options, "parts", 1), "seasonal");
    assert_int_equal(option_count(options, "met-variables"), 0);
    assert_int_equal(option_count(options, "variable"), 0);
    assert_null(option_text(options, "from"));
    assert_string_equal(option_origin(options, "period"), "default");
    assert_string_equal(option_origin(options, "from"), "not set");
    assert_false(option_is_set(options, "period"));
    options_destroy(&options);
}

static void the_last_use_counts(void **state)
{
    (void)state;
    struct options *options = create();
    assert_parses(options, "a.nc -o b.nc --period=5 --set period=6 --parts=trend --set "
                           "parts=remainder,trend --robust --no-robust --robust");
    assert_int_equal(option_integer(options, "period"), 6);
    assert_string_equal(option_origin(options, "period"), "command line (--set)");
    assert_int_equal(option_count(options, "parts"), 2);
    assert_string_equal(option_item(options, "parts", 0), "remainder");
    assert_true(option_flag(options, "robust"));
    options_destroy(&options);
}

static void help_can_be_asked_in_a_broken_line(void **state)
{
    (void)state;
    struct options *options = create();
    char first[] = "--nonsense", second[] = "-h";
    char *arguments[] = {first, second};
    assert_int_equal(options_parse_arguments(options, 2, arguments), STATUS_OK);
    assert_true(option_flag(options, "help"));
    options_destroy(&options);
}

struct broken {
    const char *given;
    const char *message; /* whole, or without its end where it closes with a star */
};

static void assert_message(const struct broken *broken, enum status status)
{
    size_t length = strlen(broken->message);
    bool part = length > 0 && broken->message[length - 1] == '*';
    const char *got = failure_message();
    bool equal =
        part ? strncmp(got, broken->message, length - 1) == 0 : strcmp(got, broken->message) == 0;
    if (status != STATUS_USAGE || !equal) {
        fprintf(stderr, "given:    %s\nexpected: %s\ngot:      %s (status %d)\n", broken->given,
                broken->message, got, (int)status);
        fail();
    }
    failure_clear();
}

static void broken_lines_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct broken cases[] = {
        {"", "command line: missing INPUT: Cube to decompose.\n"
             "command line: missing option --output: Result."},
        {"a -o b --perod=7", "command line: unknown option '--perod'; did you mean '--period'?"},
        {"a -o b --no-robst",
         "command line: unknown option '--no-robst'; did you mean '--no-robust'?"},
        {"a -o b --xyzzy", "command line: unknown option '--xyzzy'"},
        {"a -o b -x", "command line: unknown option '-x'"},
        {"a -o b --period=3.7",
         "command line: option 'period': '3.7' is not a whole number from 2 to 100000"},
        {"a -o b --period=1",
         "command line: option 'period': '1' is not a whole number from 2 to 100000"},
        {"a -o b --period=",
         "command line: option 'period': '' is not a whole number from 2 to 100000"},
        {"a -o b --seasonal=perodic",
         "command line: option 'seasonal': 'perodic' is not a whole number from 3 to 999, or one "
         "of periodic; did you mean 'periodic'?"},
        {"a -o b --distance=1.5km",
         "command line: option 'distance': '1.5km' is not a number of 0 or more"},
        {"a -o b --distance=nan",
         "command line: option 'distance': 'nan' is not a number of 0 or more"},
        {"a -o b --robust=yse", "command line: option 'robust': 'yse' is not true or false"},
        {"a -o b --no-robust=yes", "command line: option '--no-robust' takes no value"},
        {"a -o b --preset=statmodels",
         "command line: option 'preset': 'statmodels' is not one of r|statsmodels|exact; did you "
         "mean 'statsmodels'?"},
        {"a -o b --parts=trend,rest",
         "command line: option 'parts': 'rest' is not one of trend|seasonal|remainder"},
        {"a -o b --memory=1X", "command line: option 'memory': '1X' is not a size such as*"},
        {"a -o b --memory=1K", "command line: option 'memory': '1K' is not a size such as 512M or "
                               "1.5GiB from 64.0 KiB to 1.0 PiB"},
        {"a -o b --from=2016-02-31",
         "command line: option 'from': '2016-02-31' is not a date as YYYY-MM-DD"},
        {"a -o b --bbox=1,2,3", "command line: option 'bbox' needs 4 items, W,S,E,N, not 3"},
        {"a -o b --bbox=1,2,3,x",
         "command line: option 'bbox': 'x' is not a number from -540 to 540"},
        {"a -o b --period", "command line: option '--period' needs a value: --period=N"},
        {"a -o b --period --robust", "command line: option '--period' needs a value: --period=N"},
        {"a -o", "command line: option '--output' needs a value: --output=FILE\n"
                 "command line: missing option --output: Result."},
        {"a -o b --set period", "command line: option '--set': 'period' is not KEY=VALUE"},
        {"a -o b --set peroid=7",
         "command line (--set): unknown option 'peroid'; did you mean 'period'?"},
        {"a -o b --set help=true",
         "command line (--set): 'help' belongs on the command line: --help"},
        {"a -o ./a", "command line: option 'output': './a' is also the input 'input': choose another name"},
        {"a b -o ./b", "command line: option 'output': './b' is also the input 'more': choose another name"},
        {"a -o b --met b", "command line: option 'output': 'b' is also the input 'met': choose another name"},
        {"a -o b --clip=", "command line: option 'clip': '' is not a path"},
        {"a -o b --config=/no/such.yaml",
         "cannot read the config file '/no/such.yaml': No such file or directory"},
        {"a -o b --x --y --period=z", "command line: unknown option '--x'\n"
                                      "command line: unknown option '--y'\n"
                                      "command line: option 'period': 'z' is not a whole number "
                                      "from 2 to 100000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options *options = create();
        assert_message(&cases[i], parse(options, cases[i].given));
        options_destroy(&options);
    }
}

static void too_many_arguments_are_refused(void **state)
{
    (void)state;
    static const struct option_spec one[] = {
        {.name = "input", .kind = OPTION_PATH, .flags = OPTION_POSITIONAL}, {.name = NULL}};
    static const struct option_spec *const tables[] = {one, NULL};
    static const struct broken broken = {"a b", "command line: unexpected argument 'b'"};
    struct options *options = NULL;
    assert_int_equal(options_create("info", tables, &options), STATUS_OK);
    assert_message(&broken, parse(options, broken.given));
    options_destroy(&options);
}

static void negative_numbers_are_plain_arguments(void **state)
{
    (void)state;
    static const struct option_spec place[] = {
        {.name = "latitude", .kind = OPTION_REAL, .flags = OPTION_POSITIONAL},
        {.name = "longitude", .kind = OPTION_REAL, .flags = OPTION_POSITIONAL},
        {.name = NULL}};
    static const struct option_spec *const tables[] = {place, NULL};
    struct options *options = NULL;
    assert_int_equal(options_create("explain", tables, &options), STATUS_OK);
    assert_parses(options, "-33.5 -.25");
    assert_true(option_real(options, "latitude") == -33.5);
    assert_true(option_real(options, "longitude") == -0.25);
    options_destroy(&options);
}

/* ---- config files ------------------------------------------------------------------------- */

static enum status parse_with_config(struct options *options, const char *yaml, const char *line)
{
    char path[128], whole[512];
    snprintf(path, sizeof path, "%s/c.yaml", folder);
    write_file(path, yaml);
    snprintf(whole, sizeof whole, "--config=%s%s%s", path, *line != 0 ? " " : "", line);
    return parse(options, whole);
}

static void the_command_line_wins_over_the_file_and_that_over_defaults(void **state)
{
    (void)state;
    struct options *options = create();
    char path[128];
    assert_int_equal(parse_with_config(options,
                                       "stages: [1, 2]\n"
                                       "deweather: {anything: 1}\n"
                                       "stl:\n"
                                       "  input: in/a.nc\n"
                                       "  output: /abs/b.nc\n"
                                       "  period: 12\n"
                                       "  distance: 5\n"
                                       "  robust: yes\n"
                                       "  met_variables: {t2m: 2t, tp: rain}\n"
                                       "  met: [x.nc, '-', '@other/y']\n",
                                       "--distance 7 --set preset=exact"),
                     STATUS_OK);
    snprintf(path, sizeof path, "%s/in/a.nc", folder);
    assert_string_equal(option_text(options, "input"), path);
    assert_string_equal(option_text(options, "output"), "/abs/b.nc");
    assert_int_equal(option_integer(options, "period"), 12);
    snprintf(path, sizeof path, "%s/c.yaml:6:11", folder);
    assert_string_equal(option_origin(options, "period"), path);
    assert_true(option_real(options, "distance") == 7);
    assert_true(option_flag(options, "robust"));
    assert_string_equal(option_text(options, "preset"), "exact");
    assert_int_equal(option_count(options, "met-variables"), 2);
    assert_string_equal(option_item(options, "met-variables", 1), "tp=rain");
    snprintf(path, sizeof path, "%s/x.nc", folder);
    assert_string_equal(option_item(options, "met", 0), path);
    assert_string_equal(option_item(options, "met", 1), "-");
    assert_string_equal(option_item(options, "met", 2), "@other/y");
    options_destroy(&options);
}

static void a_plain_mapping_is_the_commands_own(void **state)
{
    (void)state;
    struct options *options = create();
    assert_int_equal(parse_with_config(options, "period: 7\nparts: trend, remainder\n", "a -o b"),
                     STATUS_OK);
    assert_int_equal(option_integer(options, "period"), 7);
    assert_string_equal(option_item(options, "parts", 1), "remainder");
    options_destroy(&options);
    options = create();
    assert_int_equal(parse_with_config(options, "", "a -o b"), STATUS_OK);
    options_destroy(&options);
    options = create();
    assert_int_equal(parse_with_config(options, "deweather: {x: 1}\n", "a -o b"), STATUS_OK);
    options_destroy(&options);
}

static void later_mappings_replace_lists_of_earlier_ones(void **state)
{
    (void)state;
    static const char text[] = "first: {met: [a, b], period: 3}\nsecond: {met: [c]}\n";
    struct config_node *root = NULL;
    struct options *options = create();
    assert_int_equal(config_parse(text, strlen(text), "r.yaml", &root), STATUS_OK);
    assert_int_equal(options_set_mapping(options, config_find(root, "first")), STATUS_OK);
    assert_int_equal(options_set_mapping(options, config_find(root, "second")), STATUS_OK);
    config_destroy(&root);
    assert_int_equal(options_set(options, "input", "x", "r.yaml:1:1"), STATUS_OK);
    assert_int_equal(options_set(options, "output", "y", "r.yaml:1:1"), STATUS_OK);
    assert_int_equal(options_finish(options), STATUS_OK);
    assert_int_equal(option_count(options, "met"), 1);
    assert_string_equal(option_item(options, "met", 0), "c");
    assert_int_equal(option_integer(options, "period"), 3);
    options_destroy(&options);
}

static void broken_files_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct broken cases[] = {
        {"stl:\n  perod: 7\n", ":2:3: unknown option 'perod'; did you mean 'period'?"},
        {"perod: 7\n", ":1:1: unknown option 'perod'; did you mean 'period'?"},
        {"period: 3.7\n", ":1:9: option 'period': '3.7' is not a whole number from 2 to 100000"},
        {"distance: 1.5km\n",
         ":1:11: option 'distance': '1.5km' is not a number of 0 or more"},
        {"robust: yse\n", ":1:9: option 'robust': 'yse' is not true or false"},
        {"period:\n", ":1:1: option 'period' has no value"},
        {"period: null\n", ":1:1: option 'period' has no value"},
        {"period: [1, 2]\n", ":1:9: option 'period' takes one value, not a list"},
        {"period: {a: 1}\n", ":1:9: option 'period' takes one value, not a mapping"},
        {"parts: {a: 1}\n", ":1:8: option 'parts' takes a list, not a mapping"},
        {"parts: [trend, [x]]\n", ":1:16: option 'parts': its items must be plain values"},
        {"parts: [trend,\n  saesonal]\n", ":2:3: option 'parts': 'saesonal' is not one of "
                                          "trend|seasonal|remainder; did you mean 'seasonal'?"},
        {"config: other.yaml\n", ":1:1: 'config' belongs on the command line: --config"},
        {"period: 7\nperiod: 8\n", ":2:1: duplicate key 'period' (first on line 1)"},
        {"stl: {period: 7}\ndeweahter: {x: 1}\n",
         ":2:1: 'deweahter' is no section beside 'stl'; did you mean 'deweather'?"},
        {"stl: 7\n", ":1:6: expected options as 'name: value'"},
        {"- period\n", ":1:1: expected options as 'name: value'"},
        {"just text\n", ":1:1: expected options as 'name: value'"},
        {"period: 'x\n", ":2:1: found unexpected end of stream"},
        {"period: 1\nrobust: 2\n",
         ":1:9: option 'period': '1' is not a whole number from 2 to 100000\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options *options = create();
        enum status status = parse_with_config(options, cases[i].given, "a -o b");
        char whole[512];
        size_t length = strlen(cases[i].message);
        bool goes_on = cases[i].message[length - 1] == '\n';
        snprintf(whole, sizeof whole, "%s/c.yaml%s%s", folder, cases[i].message,
                 goes_on ? "*" : "");
        struct broken broken = {cases[i].given, whole};
        assert_message(&broken, status);
        options_destroy(&options);
    }
}

/* ---- texts -------------------------------------------------------------------------------- */

static char *printed(const struct options *options, void (*print)(const struct options *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    print(options, stream);
    fclose(stream);
    return text;
}

static void help_names_every_option_and_stays_narrow(void **state)
{
    (void)state;
    struct options *options = create();
    char *help = printed(options, options_print_help);
    assert_true(text_starts_with(help, "airshed stl: decompose every cell\n\n"
                                       "Usage: airshed stl [OPTION]... INPUT [MORE...] -o FILE\n"));
    assert_non_null(strstr(help, "\nArguments:\n  INPUT                       Cube to decompose. "
                                 "(required)\n"));
    assert_non_null(strstr(help,
                           "\n      --period=N              Steps of one cycle. (2 to 100000; "
                           "default: 365)\n"));
    assert_non_null(strstr(help, " Seasonal window. (3 to 999, or periodic; default:"));
    assert_non_null(strstr(help, " What to write. (of trend, seasonal or remainder; default:"));
    assert_non_null(strstr(help, " Distance in m. (0 or more; default: 1000)\n"));
    assert_non_null(strstr(help, "\nExamples:\n  airshed stl a.nc \\\n    -o b.nc\n\nExit"));
    assert_non_null(strstr(help, "\nNumbers:\n      --distance=X"));
    assert_non_null(strstr(help, "\nExit codes: 0 success, 1 failure, 2 usage or config error, "));
    for (const struct option_spec *const *table = all_tables; *table != NULL; table++) {
        for (const struct option_spec *spec = *table; spec->name != NULL; spec++) {
            char name[64];
            snprintf(name, sizeof name, "--%s", spec->name);
            assert_true(strstr(help, name) != NULL || spec->flags & OPTION_POSITIONAL);
        }
    }
    for (const char *line = help; *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_true(strcspn(line, "\n") <= 90);
    }
    free(help);
    options_destroy(&options);
}

static void printed_config_reads_back_to_the_same_values(void **state)
{
    (void)state;
    struct options *options = create(), *again = create();
    char *before = NULL, *after = NULL;
    assert_parses(options, "a:#b.nc -o b.nc --period 12 --robust --met m1 --met m2 --seasonal 7 "
                           "--met-variables t2m=2t,x:#y --parts= --variable \"'null --seed 9");
    char *config = printed(options, options_print_config);
    assert_non_null(strstr(config, "stl:\n"));
    assert_non_null(strstr(config, "# default\n"));
    assert_non_null(strstr(config, "  period: 12                             # command line\n"));
    if (parse_with_config(again, config, "") != STATUS_OK) {
        fprintf(stderr, "%s\n%s\n", config, failure_message());
        fail();
    }
    assert_int_equal(options_canonical_text(options, &before), STATUS_OK);
    assert_int_equal(options_canonical_text(again, &after), STATUS_OK);
    assert_string_equal(before, after);
    assert_string_equal(option_item(again, "met-variables", 1), "x:#y");
    assert_true(text_ends_with(option_text(again, "input"), "/a:#b.nc"));
    assert_true(option_text(again, "input")[0] == '/');
    assert_int_equal(option_count(again, "parts"), 0);
    free(before);
    free(after);
    free(config);
    options_destroy(&options);
    options_destroy(&again);
}

static void canonical_text_knows_values_not_spellings(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "a -o b --distance=1e3 --robust --period 0365",
        "c -o d --distance=1000.0 --set robust=YES --memory=2G --quiet --resume",
    };
    char *texts[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        struct options *options = create();
        assert_parses(options, lines[i]);
        assert_int_equal(options_canonical_text(options, &texts[i]), STATUS_OK);
        options_destroy(&options);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_true(text_starts_with(texts[0], "distance=1000\n"));
    assert_non_null(strstr(texts[0], "\nparts=trend,seasonal\nperiod=365\npreset=r\n"
                                     "robust=true\nseasonal=periodic\nseed=1\n"));
    assert_null(strstr(texts[0], "memory="));
    assert_null(strstr(texts[0], "input="));
    assert_null(strstr(texts[0], "output="));
    assert_null(strstr(texts[0], "quiet="));
    free(texts[0]);
    free(texts[1]);
}

static void no_value_can_forge_another_in_the_canonical_text(void **state)
{
    (void)state;
    struct options *options = create();
    char *text = NULL;
    assert_int_equal(options_set(options, "variable", "x\nzzz=1,2\\", "command line"), STATUS_OK);
    assert_parses(options, "a -o b");
    assert_int_equal(options_canonical_text(options, &text), STATUS_OK);
    assert_non_null(strstr(text, "\nvariable=x\\nzzz=1\\,2\\\\\n"));
    free(text);
    options_destroy(&options);
}

static void the_man_page_is_clean_roff(void **state)
{
    (void)state;
    struct options *options = create();
    char *page = printed(options, options_print_man);
    char path[128], command[256];
    assert_true(text_starts_with(page, ".TH AIRSHED-stl 1"));
    assert_non_null(strstr(page, ".TP\n\\fB\\-o, \\-\\-output=FILE\\fR\nResult. (required)\n"));
    snprintf(path, sizeof path, "%s/c.yaml", folder);
    write_file(path, page);
    snprintf(command, sizeof command, "groff -man -Tutf8 -ww %s 2>&1 >/dev/null | grep -q .", path);
    if (system("command -v groff >/dev/null 2>&1") != 0) {
        testing_skip(); /* only the text was looked at */
    } else {
        assert_int_not_equal(system(command), 0); /* no warning */
    }
    free(page);
    options_destroy(&options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_form_of_an_argument_is_understood),
    cmocka_unit_test(defaults_hold_where_nothing_is_set),
    cmocka_unit_test(the_last_use_counts),
    cmocka_unit_test(help_can_be_asked_in_a_broken_line),
    cmocka_unit_test(broken_lines_are_refused_with_a_sentence),
    cmocka_unit_test(too_many_arguments_are_refused),
    cmocka_unit_test(negative_numbers_are_plain_arguments),
    cmocka_unit_test_setup_teardown(the_command_line_wins_over_the_file_and_that_over_defaults,
                                    create_folder, remove_folder),
    cmocka_unit_test_setup_teardown(a_plain_mapping_is_the_commands_own, create_folder,
                                    remove_folder),
    cmocka_unit_test(later_mappings_replace_lists_of_earlier_ones),
    cmocka_unit_test_setup_teardown(broken_files_are_refused_with_their_place, create_folder,
                                    remove_folder),
    cmocka_unit_test(help_names_every_option_and_stays_narrow),
    cmocka_unit_test_setup_teardown(printed_config_reads_back_to_the_same_values, create_folder,
                                    remove_folder),
    cmocka_unit_test(canonical_text_knows_values_not_spellings),
    cmocka_unit_test(no_value_can_forge_another_in_the_canonical_text),
    cmocka_unit_test_setup_teardown(the_man_page_is_clean_roff, create_folder, remove_folder),
};

TESTING_MAIN(tests)
