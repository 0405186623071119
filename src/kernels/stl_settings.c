/* airshed -- GPL-3.0-or-later. Defaults of STL after R, statsmodels and the paper. */
#include "kernels/stl_settings.h"

#include <math.h>

enum {
    SEASONAL_DEFAULT = 7
};

static int64_t next_odd(int64_t number)
{
    return number % 2 == 0 ? number + 1 : number;
}

struct stl_settings stl_settings_preset(enum stl_preset preset, int64_t period, int64_t seasonal,
                                        bool robust)
{
    return (struct stl_settings){
        .preset = preset,
        .robust = robust,
        .gap_window = STL_GAP_WINDOW_NEAREST,
        .period = period,
        .seasonal = seasonal == 0 ? SEASONAL_DEFAULT : seasonal,
        .seasonal_degree = STL_DERIVED,
        .trend_degree = STL_DERIVED,
        .low_pass_degree = STL_DERIVED,
        .inner = STL_DERIVED,
        .outer = STL_DERIVED,
    };
}

static enum status check_window(const char *option, int64_t window)
{
    enum status status = STATUS_OK;
    FAIL_IF(window < 3 || window % 2 == 0, STATUS_USAGE,
            "%s %lld: a loess window is an odd number of steps, at least 3", option,
            (long long)window);
done:
    return status;
}

static enum status check_windows(const struct stl_settings *settings)
{
    enum status status = STATUS_OK;
    if (settings->seasonal != STL_PERIODIC) {
        TRY(check_window("--seasonal", settings->seasonal));
    }
    if (settings->trend != 0) {
        TRY(check_window("--trend", settings->trend));
    }
    if (settings->low_pass != 0) {
        TRY(check_window("--low-pass", settings->low_pass));
    }
done:
    return status;
}

static enum status check_jumps(const struct stl_settings *settings)
{
    enum status status = STATUS_OK;
    const struct {
        const char *option;
        int64_t jump;
        int degree;
    } smoother[3] = {
        {"seasonal", settings->seasonal_jump, settings->seasonal_degree},
        {"trend", settings->trend_jump, settings->trend_degree},
        {"low-pass", settings->low_pass_jump, settings->low_pass_degree},
    };
    for (int i = 0; i < 3; i++) {
        FAIL_IF(smoother[i].jump < 0, STATUS_USAGE, "--%s-jump %lld: a jump is at least 1 step",
                smoother[i].option, (long long)smoother[i].jump);
        FAIL_IF(smoother[i].degree != STL_DERIVED &&
                    (smoother[i].degree < 0 || smoother[i].degree > 1),
                STATUS_USAGE, "--%s-degree %d: the degree of a local fit is 0 or 1",
                smoother[i].option, smoother[i].degree);
    }
done:
    return status;
}

enum status stl_settings_check(const struct stl_settings *settings)
{
    enum status status = STATUS_OK;
    FAIL_IF(settings->period < 2, STATUS_USAGE, "--period %lld: a period has at least 2 time steps",
            (long long)settings->period);
    TRY(check_windows(settings));
    TRY(check_jumps(settings));
    FAIL_IF(settings->inner != STL_DERIVED && settings->inner < 1, STATUS_USAGE,
            "--inner %d: STL needs at least 1 inner pass", settings->inner);
    FAIL_IF(settings->outer != STL_DERIVED && settings->outer < 0, STATUS_USAGE,
            "--outer %d: the number of robustness passes is 0 or more", settings->outer);
done:
    return status;
}

int64_t stl_seasonal_window(const struct stl_settings *settings, int64_t steps)
{
    return settings->seasonal == STL_PERIODIC ? 10 * steps + 1 : settings->seasonal;
}

static void derive(int *field, int value)
{
    if (*field == STL_DERIVED) {
        *field = value;
    }
}

static int64_t jump_or(const struct stl_settings *settings, int64_t jump, int64_t window)
{
    if (jump != 0) {
        return jump;
    }
    return settings->preset == STL_PRESET_R ? (window + 9) / 10 : 1;
}

static void resolve_passes(struct stl_settings *settings)
{
    static const int inner[][2] = {
        [STL_PRESET_R] = {2, 1}, [STL_PRESET_STATSMODELS] = {5, 2}, [STL_PRESET_EXACT] = {2, 1}};
    derive(&settings->inner, inner[settings->preset][settings->robust]);
    derive(&settings->outer, settings->robust ? 15 : 0);
}

struct stl_settings stl_settings_resolve(const struct stl_settings *settings, int64_t steps)
{
    struct stl_settings full = *settings;
    int64_t seasonal = stl_seasonal_window(settings, steps);
    if (full.trend == 0) {
        double width = 1.5 * (double)full.period / (1 - 1.5 / (double)seasonal);
        full.trend = next_odd((int64_t)ceil(width));
    }
    if (full.low_pass == 0) {
        full.low_pass = next_odd(full.period + (full.preset == STL_PRESET_STATSMODELS ? 1 : 0));
        full.low_pass = full.low_pass < 3 ? 3 : full.low_pass;
    }
    full.seasonal_jump = jump_or(&full, full.seasonal_jump, seasonal);
    full.trend_jump = jump_or(&full, full.trend_jump, full.trend);
    full.low_pass_jump = jump_or(&full, full.low_pass_jump, full.low_pass);
    derive(&full.seasonal_degree, full.preset == STL_PRESET_R ? 0 : 1);
    derive(&full.trend_degree, 1);
    derive(&full.low_pass_degree, 1);
    if (full.seasonal == STL_PERIODIC) {
        full.seasonal_degree = 0;
    }
    resolve_passes(&full);
    return full;
}
