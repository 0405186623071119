/* airshed -- GPL-3.0-or-later. The U-ConvLSTM against a plain one in double precision: values, gradients,
 * tiles.
 * ranks: 1
 */
#include "testing.h"

#include "base/random.h"
#include "learn/network.h"

enum { LEVELS = NETWORK_LEVELS, MOST = 512 * 1024 };

static double draw(uint64_t item, uint64_t number)
{
    struct random_key key = {.seed = 5, .stream = 9};
    return 2 * random_uniform(key, item, number) - 1;
}

/* ---- the plain network -------------------------------------------------------------------------- */

/* Maps of some channels, [channels, rows, cols]. */
struct maps {
    int64_t channels, rows, cols;
    double *value;
};

static struct maps maps_create(int64_t channels, int64_t rows, int64_t cols)
{
    struct maps maps = {channels, rows, cols, calloc((size_t)(channels * rows * cols), 8)};
    assert_non_null(maps.value);
    return maps;
}

static double *at(const struct maps *maps, int64_t channel, int64_t row, int64_t col)
{
    return &maps->value[(channel * maps->rows + row) * maps->cols + col];
}

struct plain {
    struct network_settings settings;
    const struct network *network; /* for names and places */
    const double *parameters;
};

static const double *block(const struct plain *plain, const char *start, int number, const char *end)
{
    char name[NETWORK_NAME_BYTES];
    snprintf(name, sizeof name, number < 0 ? "%s%.0d%s" : "%s.%d%s", start, number < 0 ? 0 : number,
             end);
    for (int i = 0; i < network_tensor_count(plain->network); i++) {
        const struct network_tensor *tensor = network_tensor(plain->network, i);
        if (strcmp(tensor->name, name) == 0) {
            return plain->parameters + tensor->offset;
        }
    }
    fail_msg("no parameters are called %s", name);
    return NULL;
}

/* Adds a convolution of odd @p side with zeros beyond the edges. */
static void convolve(const struct maps *in, const double *weight, int side, struct maps *out)
{
    int half = side / 2;
    for (int64_t to = 0; to < out->channels; to++) {
        for (int64_t from = 0; from < in->channels; from++) {
            const double *w = weight + (to * in->channels + from) * side * side;
            for (int64_t row = 0; row < in->rows; row++) {
                for (int64_t col = 0; col < in->cols; col++) {
                    for (int i = 0; i < side * side; i++) {
                        int64_t r = row + i / side - half, c = col + i % side - half;
                        if (r >= 0 && r < in->rows && c >= 0 && c < in->cols) {
                            *at(out, to, row, col) += w[i] * *at(in, from, r, c);
                        }
                    }
                }
            }
        }
    }
}

static void add_bias(struct maps *maps, const double *bias)
{
    int64_t cells = maps->rows * maps->cols;
    for (int64_t i = 0; i < maps->channels * cells; i++) {
        maps->value[i] += bias[i / cells];
    }
}

static void normalise_and_cut(struct maps *x, const double *scale, const double *shift)
{
    int64_t cells = x->rows * x->cols, group = x->channels < 8 ? x->channels : 8;
    for (int64_t first = 0; first < x->channels; first += group) {
        for (int64_t cell = 0; cell < cells; cell++) {
            double mean = 0, square = 0;
            for (int64_t c = first; c < first + group; c++) {
                mean += x->value[c * cells + cell] / (double)group;
            }
            for (int64_t c = first; c < first + group; c++) {
                double from_mean = x->value[c * cells + cell] - mean;
                square += from_mean * from_mean / (double)group;
            }
            for (int64_t c = first; c < first + group; c++) {
                double *v = &x->value[c * cells + cell];
                *v = fmax(0, (*v - mean) / sqrt(square + 1e-5) * scale[c] + shift[c]);
            }
        }
    }
}

static struct maps apply(const struct plain *plain, const char *coder, int level, const struct maps *in)
{
    struct maps out = maps_create((int64_t)plain->settings.channels << level, in->rows, in->cols);
    convolve(in, block(plain, coder, level, ".weight"), 3, &out);
    add_bias(&out, block(plain, coder, level, ".bias"));
    normalise_and_cut(&out, block(plain, coder, level, ".norm.weight"),
                      block(plain, coder, level, ".norm.bias"));
    return out;
}

static struct maps pool(const struct maps *in)
{
    struct maps out = maps_create(in->channels, in->rows / 2, in->cols / 2);
    for (int64_t c = 0; c < out.channels; c++) {
        for (int64_t row = 0; row < out.rows; row++) {
            for (int64_t col = 0; col < out.cols; col++) {
                *at(&out, c, row, col) =
                    fmax(fmax(*at(in, c, 2 * row, 2 * col), *at(in, c, 2 * row, 2 * col + 1)),
                         fmax(*at(in, c, 2 * row + 1, 2 * col), *at(in, c, 2 * row + 1, 2 * col + 1)));
            }
        }
    }
    return out;
}

/* The map doubled, @p skip beside it. */
static struct maps join(const struct maps *x, const struct maps *skip)
{
    struct maps out = maps_create(x->channels + skip->channels, skip->rows, skip->cols);
    for (int64_t c = 0; c < out.channels; c++) {
        for (int64_t row = 0; row < out.rows; row++) {
            for (int64_t col = 0; col < out.cols; col++) {
                *at(&out, c, row, col) = c < x->channels
                                             ? *at(x, c, row / 2, col / 2)
                                             : *at(skip, c - x->channels, row, col);
            }
        }
    }
    return out;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* One step of a ConvLSTM: Eqs 5-9, as they stand. */
static void advance(const struct plain *plain, int level, const struct maps *x, struct maps *hidden,
                    struct maps *memory)
{
    int64_t channels = x->channels, cells = x->rows * x->cols;
    struct maps gates = maps_create(4 * channels, x->rows, x->cols);
    const double *peephole = block(plain, "recurrence", level, ".peephole");
    convolve(x, block(plain, "recurrence", level, ".input.weight"), 3, &gates);
    convolve(hidden, block(plain, "recurrence", level, ".hidden.weight"), 3, &gates);
    add_bias(&gates, block(plain, "recurrence", level, ".bias"));
    for (int64_t i = 0; i < channels * cells; i++) {
        int64_t c = i / cells;
        double *m = &memory->value[i];
        double in = logistic(gates.value[i] + peephole[c] * *m);
        double forget = logistic(gates.value[channels * cells + i] + peephole[channels + c] * *m);
        *m = forget * *m + in * tanh(gates.value[2 * channels * cells + i]);
        double out = logistic(gates.value[3 * channels * cells + i] + peephole[2 * channels + c] * *m);
        hidden->value[i] = out * tanh(*m);
    }
    free(gates.value);
}

static void plain_predict(const struct plain *plain, int64_t rows, int64_t cols, const double *input,
                          double *output)
{
    struct maps state[LEVELS + 1][2] = {{{0}}}, last[LEVELS + 1] = {{0}};
    int64_t inputs = plain->settings.inputs;
    for (int frame = 0; frame < plain->settings.sequence; frame++) {
        struct maps x = maps_create(inputs, rows, cols);
        memcpy(x.value, input + frame * inputs * rows * cols, (size_t)(inputs * rows * cols) * 8);
        for (int level = 0; level <= LEVELS; level++) {
            struct maps features = level < LEVELS ? apply(plain, "encoder", level, &x) : x;
            if (level == LEVELS || plain->settings.is_recurrent) {
                for (int i = 0; frame == 0 && i < 2; i++) {
                    state[level][i] = maps_create(features.channels, features.rows, features.cols);
                }
                advance(plain, level, &features, &state[level][0], &state[level][1]);
            }
            if (level < LEVELS) {
                free(x.value);
                x = pool(&features);
            }
            free(last[level].value);
            last[level] = features;
        }
    }
    struct maps x = state[LEVELS][0];
    for (int level = LEVELS - 1; level >= 0; level--) {
        struct maps joined =
            join(&x, plain->settings.is_recurrent ? &state[level][0] : &last[level]);
        free(x.value);
        x = apply(plain, "decoder", level, &joined);
        free(joined.value);
    }
    struct maps out = maps_create(1, rows, cols);
    convolve(&x, block(plain, "output", -1, ".weight"), 1, &out);
    add_bias(&out, block(plain, "output", -1, ".bias"));
    memcpy(output, out.value, (size_t)(rows * cols) * 8);
    free(x.value);
    free(out.value);
    for (int level = 0; level <= LEVELS; level++) {
        free(last[level].value);
        free(state[level][1].value);
        if (level < LEVELS) {
            free(state[level][0].value);
        }
    }
}

/* ---- a case ------------------------------------------------------------------------------------- */

enum { ROWS = 32, COLS = 16, INPUTS = 2 };

struct trial {
    struct network_settings settings;
    struct network *network;
    int64_t count;
    float parameters[MOST], input[8 * INPUTS * ROWS * COLS], target[ROWS * COLS], weight[ROWS * COLS];
};

/* @return false where the plug-in is missing: the test is skipped */
static bool trial_create(struct trial *trial, int channels, int sequence, bool is_recurrent)
{
    const char *build = getenv("BUILD");
    setenv("AIRSHED_PLUGINS", build != NULL ? build : "build", 0);
    trial->settings = (struct network_settings){INPUTS, channels, sequence, is_recurrent};
    trial->network = NULL;
    if (network_create(&trial->settings, &trial->network) == STATUS_FAILED) {
        testing_skip();
        return false;
    }
    assert_non_null(trial->network);
    trial->count = network_parameter_count(trial->network);
    assert_true(trial->count <= MOST);
    network_draw(trial->network, 1, trial->parameters);
    for (int64_t i = 0; i < trial->count; i++) { /* so that biases and peepholes count, too */
        trial->parameters[i] += (float)(0.2 * draw(0, (uint64_t)i));
    }
    for (int64_t i = 0; i < sequence * INPUTS * ROWS * COLS; i++) {
        trial->input[i] = (float)draw(1, (uint64_t)i);
    }
    for (int64_t i = 0; i < ROWS * COLS; i++) {
        trial->target[i] = (float)draw(2, (uint64_t)i);
        trial->weight[i] = i % 3 == 0;
    }
    assert_int_equal(network_set(trial->network, trial->parameters), STATUS_OK);
    return true;
}

static void to_double(const float *from, int64_t count, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = (double)from[i];
    }
}

static void plain_map(const struct trial *trial, const double *parameters, double *map)
{
    static double input[8 * INPUTS * ROWS * COLS];
    struct plain plain = {trial->settings, trial->network, parameters};
    to_double(trial->input, trial->settings.sequence * INPUTS * ROWS * COLS, input);
    plain_predict(&plain, ROWS, COLS, input, map);
}

static double plain_loss(const struct trial *trial, const double *parameters)
{
    static double map[ROWS * COLS];
    double sum = 0, weights = 0;
    plain_map(trial, parameters, map);
    for (int i = 0; i < ROWS * COLS; i++) {
        sum += (double)trial->weight[i] * fabs(map[i] - (double)trial->target[i]);
        weights += (double)trial->weight[i];
    }
    return sum / weights;
}

/* ---- tests -------------------------------------------------------------------------------------- */

static const struct {
    int channels, sequence;
    bool is_recurrent;
} cases[] = {{2, 3, false}, {2, 3, true}, {4, 1, false}, {8, 2, false}, {1, 4, true}};

enum { CASES = sizeof cases / sizeof *cases };

/* Roundings of float: sums of at most 9 * 128 products in each of some 15 layers, relative error of each
 * below sqrt(1152) * 6e-8 = 2e-6 with signs at random; norms divide by deviations that are a tenth of
 * the values here and there. Outputs are of order 1. */
static const double TOLERANCE = 15 * 2e-6 * 10;

static void values_are_those_of_the_plain_network(void **state)
{
    (void)state;
    static struct trial trial;
    static double parameters[MOST], expected[ROWS * COLS], got[ROWS * COLS];
    static float map[ROWS * COLS];
    for (int i = 0; i < CASES; i++) {
        if (!trial_create(&trial, cases[i].channels, cases[i].sequence, cases[i].is_recurrent)) {
            return;
        }
        to_double(trial.parameters, trial.count, parameters);
        plain_map(&trial, parameters, expected);
        assert_int_equal(network_predict(trial.network, ROWS, COLS, trial.input, map), STATUS_OK);
        to_double(map, ROWS * COLS, got);
        assert_close(got, expected, ROWS * COLS, TOLERANCE);
        struct network_sample sample = {ROWS, COLS, trial.input, trial.target, trial.weight};
        double loss;
        assert_int_equal(network_loss(trial.network, &sample, &loss, NULL), STATUS_OK);
        assert_close(&loss, &(double){plain_loss(&trial, parameters)}, 1, TOLERANCE);
        network_destroy(&trial.network);
    }
}

/* Central differences of the plain loss in double: exact to 1e-8 of the gradient's size unless a ReLU, a
 * maximum or an absolute value changes sides within the step; with steps of 1e-7 none does here. */
static void gradients_are_central_differences(void **state)
{
    (void)state;
    static struct trial trial;
    static double parameters[MOST];
    static float gradient[MOST];
    for (int i = 0; i < CASES; i++) {
        if (!trial_create(&trial, cases[i].channels, cases[i].sequence, cases[i].is_recurrent)) {
            return;
        }
        struct network_sample sample = {ROWS, COLS, trial.input, trial.target, trial.weight};
        double loss, step = 1e-7, largest = 0;
        to_double(trial.parameters, trial.count, parameters);
        assert_int_equal(network_loss(trial.network, &sample, &loss, gradient), STATUS_OK);
        for (int64_t k = 0; k < trial.count; k++) {
            largest = fmax(largest, fabs((double)gradient[k]));
        }
        for (int t = 0; t < network_tensor_count(trial.network); t++) {
            const struct network_tensor *tensor = network_tensor(trial.network, t);
            for (int draws = 0; draws < 3; draws++) { /* three of each block */
                int64_t k = tensor->offset + (tensor->count - 1) * draws / 2;
                double kept = parameters[k];
                parameters[k] = kept + step;
                double above = plain_loss(&trial, parameters);
                parameters[k] = kept - step;
                double below = plain_loss(&trial, parameters);
                parameters[k] = kept;
                double expected = (above - below) / (2 * step);
                assert_close(&(double){(double)gradient[k]}, &expected, 1, 10 * TOLERANCE * largest);
            }
        }
        network_destroy(&trial.network);
    }
}

static void the_same_call_gives_the_same_bits(void **state)
{
    (void)state;
    static struct trial trial;
    static float first[MOST], second[MOST];
    if (!trial_create(&trial, 8, 2, false)) {
        return;
    }
    struct network_sample sample = {ROWS, COLS, trial.input, trial.target, trial.weight};
    double losses[2];
    assert_int_equal(network_loss(trial.network, &sample, &losses[0], first), STATUS_OK);
    network_destroy(&trial.network);
    assert_true(trial_create(&trial, 8, 2, false));
    assert_int_equal(network_loss(trial.network, &sample, &losses[1], second), STATUS_OK);
    assert_memory_equal(losses, losses + 1, sizeof *losses);
    assert_memory_equal(first, second, (size_t)trial.count * sizeof *first);
    network_destroy(&trial.network);
}

static void a_sample_without_weight_has_no_gradient(void **state)
{
    (void)state;
    static struct trial trial;
    static float gradient[MOST];
    if (!trial_create(&trial, 2, 2, false)) {
        return;
    }
    memset(trial.weight, 0, sizeof trial.weight);
    struct network_sample sample = {ROWS, COLS, trial.input, trial.target, trial.weight};
    double loss = 1;
    gradient[3] = 1;
    assert_int_equal(network_loss(trial.network, &sample, &loss, gradient), STATUS_OK);
    assert_true(loss == 0 && gradient[3] == 0);
    network_destroy(&trial.network);
}

/* ---- tiles -------------------------------------------------------------------------------------- */

enum { WIDE = 192, CORE = 32 };

/* Rows [first, first + rows) and the same columns of all frames. */
static void cut(const float *input, int64_t frames, int64_t first, int64_t rows, float *part)
{
    for (int64_t map = 0; map < frames * INPUTS; map++) {
        for (int64_t row = 0; row < rows; row++) {
            memcpy(part + (map * rows + row) * rows, input + (map * WIDE + first + row) * WIDE + first,
                   (size_t)rows * sizeof *part);
        }
    }
}

/* A tile in the middle with a margin as wide as the network's reach against the same cells of the
 * whole; libtorch may add up in another order for another size, so the bits may differ. */
static void a_tile_equals_the_whole(void **state)
{
    (void)state;
    static struct trial trial;
    static float input[2 * INPUTS * WIDE * WIDE], part[2 * INPUTS * WIDE * WIDE];
    static float whole[WIDE * WIDE], tile[WIDE * WIDE], bare[CORE * CORE];
    for (int recurrent = 0; recurrent < 2; recurrent++) {
        if (!trial_create(&trial, 2, 2, recurrent == 1)) {
            return;
        }
        int64_t margin = network_reach(&trial.settings);
        int64_t first = (WIDE - CORE) / 2 - margin, rows = CORE + 2 * margin;
        assert_true(first > 0 && first % NETWORK_CELL == 0 && rows % NETWORK_CELL == 0);
        for (int64_t i = 0; i < 2 * INPUTS * WIDE * WIDE; i++) {
            input[i] = (float)draw(3, (uint64_t)i);
        }
        cut(input, 2, first, rows, part);
        assert_int_equal(network_predict(trial.network, WIDE, WIDE, input, whole), STATUS_OK);
        assert_int_equal(network_predict(trial.network, rows, rows, part, tile), STATUS_OK);
        /* Without a margin something must differ, or the test could not fail. */
        cut(input, 2, first + margin, CORE, part);
        assert_int_equal(network_predict(trial.network, CORE, CORE, part, bare), STATUS_OK);
        double difference = 0;
        for (int64_t row = 0; row < CORE; row++) {
            for (int64_t col = 0; col < CORE; col++) {
                double expected =
                    (double)whole[(first + margin + row) * WIDE + first + margin + col];
                double got = (double)tile[(margin + row) * rows + margin + col];
                assert_close(&got, &expected, 1, TOLERANCE);
                difference = fmax(difference, fabs((double)bare[row * CORE + col] - expected));
            }
        }
        assert_true(difference > 10 * TOLERANCE);
        network_destroy(&trial.network);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_are_those_of_the_plain_network),
    cmocka_unit_test(gradients_are_central_differences),
    cmocka_unit_test(the_same_call_gives_the_same_bits),
    cmocka_unit_test(a_sample_without_weight_has_no_gradient),
    cmocka_unit_test(a_tile_equals_the_whole),
};

TESTING_MAIN(tests)
