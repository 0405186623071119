/* airshed -- GPL-3.0-or-later. The U-ConvLSTM in libtorch: airshed-network.so (see learn/network.h). */
#include "network_plugin.h"

#include <dlfcn.h>
#include <malloc.h>
#include <math.h>

#include <deque>
#include <exception>
#include <string>
#include <vector>

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace {

using torch::Tensor;

const int LEVELS = 4;
const int GROUP = 8;
const double NORM_EPSILON = 1e-5;

thread_local std::string message;

struct Parameter {
    std::string name;
    Tensor value;
};

/* A 3x3 convolution with bias, and the group norm behind it. */
struct Block {
    Tensor weight, bias, scale, shift;
};

/* A ConvLSTM with peepholes; gates in the order i, f, c, o. */
struct Recurrence {
    Tensor input, hidden, bias, peephole;
    int64_t channels = 0;
};

struct State {
    Tensor hidden, cell;
};

/* What the encoder makes of one frame: skip connections, and the bottleneck as the last. */
using Features = std::vector<Tensor>;

struct Network {
    int inputs, channels, sequence;
    bool is_recurrent;
    std::vector<Parameter> parameters;
    Block encoder[LEVELS], decoder[LEVELS];
    Recurrence recurrence[LEVELS + 1];
    Tensor out_weight, out_bias;

    Tensor add(const std::string &name, at::IntArrayRef shape)
    {
        Tensor value = torch::zeros(shape).requires_grad_(true);
        parameters.push_back({name, value});
        return value;
    }

    Block add_block(const std::string &name, int64_t from, int64_t to)
    {
        return {add(name + ".weight", {to, from, 3, 3}), add(name + ".bias", {to}),
                add(name + ".norm.weight", {to}), add(name + ".norm.bias", {to})};
    }

    Recurrence add_recurrence(const std::string &name, int64_t channels)
    {
        return {add(name + ".input.weight", {4 * channels, channels, 3, 3}),
                add(name + ".hidden.weight", {4 * channels, channels, 3, 3}),
                add(name + ".bias", {4 * channels}), add(name + ".peephole", {3, channels}),
                channels};
    }

    Network(int inputs, int channels, int sequence, bool is_recurrent)
        : inputs(inputs), channels(channels), sequence(sequence), is_recurrent(is_recurrent)
    {
        for (int level = 0; level < LEVELS; level++) {
            encoder[level] = add_block("encoder." + std::to_string(level),
                                       level == 0 ? inputs : channels << (level - 1),
                                       channels << level);
        }
        for (int level = is_recurrent ? 0 : LEVELS; level <= LEVELS; level++) {
            int width = level == LEVELS ? LEVELS - 1 : level;
            recurrence[level] =
                add_recurrence("recurrence." + std::to_string(level), channels << width);
        }
        for (int level = LEVELS - 1; level >= 0; level--) {
            int above = level == LEVELS - 1 ? level : level + 1;
            decoder[level] = add_block("decoder." + std::to_string(level),
                                       (channels << above) + (channels << level), channels << level);
        }
        out_weight = add("output.weight", {1, channels, 1, 1});
        out_bias = add("output.bias", {1});
    }
};

/* ---- group norm and ReLU ------------------------------------------------------------------ */

/* Mean and variance of a group of channels, cell by cell: the reach stays finite. As chains of tensors
 * these few sums took a third of a pass, for the memory that each of them fills. */

/* Compiled for wide registers as well; every operation is rounded alike in all of them. */
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

const int64_t PIECE = 256; /* cells at a time, whose channels fit the first cache */
const int LANES = 16;      /* partial sums over cells */

/* Channels of one group at work: [channels, plane]. */
struct GroupView {
    int64_t channels, plane;
    const float *scale, *shift; /* [channels] */
    float *unit;    /* [channels, plane], values less their mean over their deviation */
    float *inverse; /* [plane], one over the deviation */
};

CLONES void normalise_group(const GroupView &group, const float *x, float *out)
{
    const float share = 1.0F / static_cast<float>(group.channels); /* a power of two */
    const float epsilon = static_cast<float>(NORM_EPSILON);
    for (int64_t start = 0; start < group.plane; start += PIECE) {
        float mean[PIECE] = {0}, square[PIECE] = {0};
        int64_t cells = group.plane - start < PIECE ? group.plane - start : PIECE;
        float *inverse = group.inverse + start;
        for (int64_t c = 0; c < group.channels; c++) {
            const float *from = x + c * group.plane + start;
            for (int64_t i = 0; i < cells; i++) {
                mean[i] += from[i] * share;
            }
        }
        for (int64_t c = 0; c < group.channels; c++) {
            const float *from = x + c * group.plane + start;
            for (int64_t i = 0; i < cells; i++) {
                float centred = from[i] - mean[i];
                square[i] += centred * centred;
            }
        }
        for (int64_t i = 0; i < cells; i++) {
            inverse[i] = 1.0F / sqrtf(square[i] * share + epsilon);
        }
        for (int64_t c = 0; c < group.channels; c++) {
            const float *from = x + c * group.plane + start;
            float *unit = group.unit + c * group.plane + start, *to = out + c * group.plane + start;
            float scale = group.scale[c], shift = group.shift[c];
            for (int64_t i = 0; i < cells; i++) {
                unit[i] = (from[i] - mean[i]) * inverse[i];
                float value = unit[i] * scale + shift;
                to[i] = value < 0 ? 0 : value; /* NaN stays */
            }
        }
    }
}

double sum_of(const float lanes[LANES])
{
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
        sum += static_cast<double>(lanes[lane]);
    }
    return sum;
}

/* Adds to the gradients of scale and shift, [channels]; @p slope is that of what came out. */
CLONES void normalise_group_back(const GroupView &group, const float *slope, float *x_slope,
                                 double *scale_slope, double *shift_slope)
{
    const float share = 1.0F / static_cast<float>(group.channels);
    for (int64_t start = 0; start < group.plane; start += PIECE) {
        float mean[PIECE] = {0}, along[PIECE] = {0};
        int64_t cells = group.plane - start < PIECE ? group.plane - start : PIECE;
        const float *inverse = group.inverse + start;
        for (int64_t c = 0; c < group.channels; c++) {
            const float *unit = group.unit + c * group.plane + start;
            const float *from = slope + c * group.plane + start;
            float *to = x_slope + c * group.plane + start;
            float scale = group.scale[c], shift = group.shift[c];
            float scales[LANES] = {0}, shifts[LANES] = {0}, passed[PIECE];
            for (int64_t i = 0; i < cells; i++) {
                passed[i] = unit[i] * scale + shift > 0 ? from[i] : 0;
                to[i] = passed[i] * scale;
                mean[i] += to[i];
                along[i] += to[i] * unit[i];
            }
            int64_t whole = cells / LANES * LANES;
            for (int64_t i = 0; i < whole; i += LANES) {
                for (int lane = 0; lane < LANES; lane++) {
                    shifts[lane] += passed[i + lane];
                    scales[lane] += passed[i + lane] * unit[i + lane];
                }
            }
            for (int64_t i = whole; i < cells; i++) {
                shifts[i - whole] += passed[i];
                scales[i - whole] += passed[i] * unit[i];
            }
            scale_slope[c] += sum_of(scales);
            shift_slope[c] += sum_of(shifts);
        }
        for (int64_t c = 0; c < group.channels; c++) {
            const float *unit = group.unit + c * group.plane + start;
            float *to = x_slope + c * group.plane + start;
            for (int64_t i = 0; i < cells; i++) {
                to[i] = inverse[i] * (to[i] - (mean[i] + unit[i] * along[i]) * share);
            }
        }
    }
}

/* Calls @p work(group number, its view) for every group of @p unit [n, channels, rows, cols]. */
template <typename Work>
void for_groups(const Tensor &unit, const Tensor &inverse, const Tensor &scale, const Tensor &shift,
                Work work)
{
    int64_t channels = unit.size(1), plane = unit.size(2) * unit.size(3);
    int64_t width = channels < GROUP ? channels : GROUP, groups = channels / width;
    for (int64_t which = 0; which < unit.size(0) * groups; which++) {
        int64_t first = which % groups * width;
        work(which * width * plane, first,
             GroupView{width, plane, scale.data_ptr<float>() + first,
                       shift.data_ptr<float>() + first,
                       unit.data_ptr<float>() + which * width * plane,
                       inverse.data_ptr<float>() + which * plane});
    }
}

struct Normalise : public torch::autograd::Function<Normalise> {
    static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &input,
                          const Tensor &scale, const Tensor &shift)
    {
        Tensor x = input.contiguous(), out = torch::empty_like(x), unit = torch::empty_like(x);
        int64_t width = x.size(1) < GROUP ? x.size(1) : GROUP;
        Tensor inverse = torch::empty({x.size(0), x.size(1) / width, x.size(2), x.size(3)});
        for_groups(unit, inverse, scale, shift,
                   [&](int64_t place, int64_t, const GroupView &group) {
                       normalise_group(group, x.data_ptr<float>() + place,
                                       out.data_ptr<float>() + place);
                   });
        context->save_for_backward({unit, inverse, scale, shift});
        return out;
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::tensor_list slopes)
    {
        auto saved = context->get_saved_variables();
        Tensor slope = slopes[0].contiguous(), x_slope = torch::empty_like(slope);
        size_t channels = static_cast<size_t>(slope.size(1));
        std::vector<double> scale_slope(channels), shift_slope(channels);
        for_groups(saved[0], saved[1], saved[2], saved[3],
                   [&](int64_t place, int64_t first, const GroupView &group) {
                       normalise_group_back(group, slope.data_ptr<float>() + place,
                                            x_slope.data_ptr<float>() + place,
                                            scale_slope.data() + first, shift_slope.data() + first);
                   });
        Tensor both = torch::empty({2, slope.size(1)});
        for (size_t c = 0; c < channels; c++) {
            both.data_ptr<float>()[c] = static_cast<float>(scale_slope[c]);
            both.data_ptr<float>()[channels + c] = static_cast<float>(shift_slope[c]);
        }
        return {x_slope, both[0], both[1]};
    }
};

Tensor apply(const Block &block, const Tensor &x)
{
    return Normalise::apply(torch::conv2d(x, block.weight, block.bias, 1, 1), block.scale,
                            block.shift);
}

/* Frames [n, inputs, rows, cols], each by itself. */
Features encode(const Network &network, Tensor x)
{
    Features features;
    for (int level = 0; level < LEVELS; level++) {
        Tensor skip = apply(network.encoder[level], x);
        features.push_back(skip);
        x = torch::max_pool2d(skip, 2);
    }
    features.push_back(x);
    return features;
}

/* One step; @p gates holds the input's share of the gates, [1, 4 channels, rows, cols]. */
State advance(const Recurrence &cell, const Tensor &input_share, const State &before)
{
    bool is_first = !before.cell.defined();
    Tensor gates = is_first ? input_share
                            : input_share + torch::conv2d(before.hidden, cell.hidden, {}, 1, 1);
    auto part = gates.chunk(4, 1);
    auto peephole = [&](int which, const Tensor &c) {
        return cell.peephole[which].view({1, cell.channels, 1, 1}) * c;
    };
    Tensor in = torch::sigmoid(is_first ? part[0] : part[0] + peephole(0, before.cell));
    Tensor fresh = in * torch::tanh(part[2]);
    State after;
    after.cell = is_first ? fresh
                          : torch::sigmoid(part[1] + peephole(1, before.cell)) * before.cell + fresh;
    Tensor out = torch::sigmoid(part[3] + peephole(2, after.cell));
    after.hidden = out * torch::tanh(after.cell);
    return after;
}

/* Last hidden state over a sequence of input shares. */
Tensor run(const Recurrence &cell, const std::vector<Tensor> &shares)
{
    State state;
    for (const Tensor &share : shares) {
        state = advance(cell, share, state);
    }
    return state.hidden;
}

Tensor input_share(const Recurrence &cell, const Tensor &x)
{
    return torch::conv2d(x, cell.input, cell.bias, 1, 1);
}

/* From the bottleneck and the skip connections of the last frame to the map [1, 1, rows, cols]. */
Tensor decode(const Network &network, Tensor x, const Features &skips)
{
    for (int level = LEVELS - 1; level >= 0; level--) {
        Tensor doubled = torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
        x = apply(network.decoder[level], torch::cat({doubled, skips[level]}, 1));
    }
    return torch::conv2d(x, network.out_weight, network.out_bias);
}

/* A whole sequence [sequence, inputs, rows, cols] at once. */
Tensor forward(const Network &network, const Tensor &frames)
{
    Features features = encode(network, frames);
    Features last;
    for (int level = 0; level <= LEVELS; level++) {
        const Recurrence &cell = network.recurrence[level];
        if (cell.channels == 0) {
            last.push_back(features[level].slice(0, network.sequence - 1));
        } else {
            last.push_back(run(cell, input_share(cell, features[level]).split(1)));
        }
    }
    return decode(network, last[LEVELS], last);
}

/* What the series keeps of a frame: shares of the gates where there is a recurrence, else features. */
Features digest(const Network &network, const Tensor &frame)
{
    Features features = encode(network, frame);
    for (int level = 0; level <= LEVELS; level++) {
        const Recurrence &cell = network.recurrence[level];
        if (cell.channels > 0) {
            features[level] = input_share(cell, features[level]);
        }
    }
    return features;
}

Tensor decode_window(const Network &network, const std::deque<Features> &window)
{
    Features last;
    for (int level = 0; level <= LEVELS; level++) {
        const Recurrence &cell = network.recurrence[level];
        if (cell.channels == 0) {
            last.push_back(window.back()[level]);
            continue;
        }
        std::vector<Tensor> shares;
        for (const Features &features : window) {
            shares.push_back(features[level]);
        }
        last.push_back(run(cell, shares));
    }
    return decode(network, last[LEVELS], last);
}

Tensor wrap(const float *values, at::IntArrayRef shape)
{
    return torch::from_blob(const_cast<float *>(values), shape);
}

/* Freed memory stays with the process: a pass asks for the same blocks again and again, and giving them
 * back in between costs a fifth of its time in page faults. */
void keep_memory()
{
    const int largest_block = 32 << 20, kept = 1 << 30, step = 64 << 20;
    mallopt(M_MMAP_THRESHOLD, largest_block);
    mallopt(M_TRIM_THRESHOLD, kept);
    mallopt(M_TOP_PAD, step);
}

/* One thread, whatever the environment says: OpenBLAS may have been loaded before it was set. */
void pin_threads()
{
    at::set_num_threads(1);
    void *set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (set != nullptr) {
        reinterpret_cast<void (*)(int)>(set)(1);
    }
}

/* No exception crosses into C. */
template <typename Function> int guarded(Function function)
{
    try {
        function();
        return 0;
    } catch (const std::exception &error) {
        message = error.what();
    } catch (...) {
        message = "unknown failure of libtorch";
    }
    return 1;
}

} // namespace

int airshed_network_version(void)
{
    return AIRSHED_NETWORK_VERSION;
}

const char *airshed_network_message(void)
{
    return message.c_str();
}

int airshed_network_create(int inputs, int channels, int sequence, int is_recurrent, void **network)
{
    return guarded([&] {
        pin_threads();
        keep_memory();
        *network = new Network(inputs, channels, sequence, is_recurrent != 0);
    });
}

void airshed_network_destroy(void *network)
{
    delete static_cast<Network *>(network);
}

int airshed_network_tensor(void *network, int index, char name[48], int64_t shape[4],
                           int *dimensions)
{
    return guarded([&] {
        auto &parameters = static_cast<Network *>(network)->parameters;
        *dimensions = 0;
        if (index < static_cast<int>(parameters.size())) {
            const Parameter &parameter = parameters[index];
            snprintf(name, 48, "%s", parameter.name.c_str());
            *dimensions = static_cast<int>(parameter.value.dim());
            for (int i = 0; i < *dimensions; i++) {
                shape[i] = parameter.value.size(i);
            }
        }
    });
}

int airshed_network_set(void *network, const float *parameters)
{
    return guarded([&] {
        torch::NoGradGuard no_gradient;
        for (Parameter &parameter : static_cast<Network *>(network)->parameters) {
            parameter.value.copy_(wrap(parameters, parameter.value.sizes()));
            parameters += parameter.value.numel();
        }
    });
}

int airshed_network_loss(void *handle, int64_t rows, int64_t cols, const float *input,
                         const float *target, const float *weight, double *loss, float *gradient)
{
    return guarded([&] {
        Network &network = *static_cast<Network *>(handle);
        torch::AutoGradMode with_gradient(gradient != nullptr);
        Tensor weights = wrap(weight, {rows, cols});
        Tensor prediction = forward(network, wrap(input, {network.sequence, network.inputs, rows, cols}));
        Tensor error = ((prediction[0][0] - wrap(target, {rows, cols})).abs() * weights).sum() /
                       weights.sum();
        *loss = error.item<double>();
        if (gradient == nullptr) {
            return;
        }
        std::vector<Tensor> leaves;
        for (const Parameter &parameter : network.parameters) {
            leaves.push_back(parameter.value);
        }
        auto gradients = torch::autograd::grad({error}, leaves, {}, false, false, true);
        for (size_t i = 0; i < leaves.size(); i++) {
            Tensor share = wrap(gradient, leaves[i].sizes());
            if (gradients[i].defined()) {
                share.copy_(gradients[i]);
            } else {
                share.zero_(); /* hidden weights of a sequence of one frame */
            }
            gradient += leaves[i].numel();
        }
    });
}

int airshed_network_predict(void *handle, int64_t rows, int64_t cols, int64_t frames,
                            const float *(*input)(void *context, int64_t frame),
                            void (*output)(void *context, int64_t frame, const float *map),
                            void *context)
{
    return guarded([&] {
        Network &network = *static_cast<Network *>(handle);
        torch::NoGradGuard no_gradient;
        std::deque<Features> window;
        for (int64_t frame = 0; frame < frames; frame++) {
            window.push_back(
                digest(network, wrap(input(context, frame), {1, network.inputs, rows, cols})));
            if (static_cast<int>(window.size()) > network.sequence) {
                window.pop_front();
            }
            if (static_cast<int>(window.size()) == network.sequence) {
                output(context, frame,
                       decode_window(network, window).contiguous().data_ptr<float>());
            }
        }
    });
}
