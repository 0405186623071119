/* airshed -- GPL-3.0-or-later. Times STL: CPU milliseconds per series for the settings that other
 * tools are known by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "kernels/stl.h"

enum {
    STEPS = 3653,
    PERIOD = 365,
    RUNS = 9
};

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static void series_fill(double *series, double gaps)
{
    srand48(1);
    for (int64_t i = 0; i < (int64_t)STEPS * STL_LANES; i++) {
        double phase = 6.283185307179586 * (double)(i / STL_LANES) / PERIOD;
        double value = 60 + 20 * cos(phase) + 40 * drand48() * drand48();
        series[i] = drand48() < gaps ? NAN : value;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_settings(const char *name, struct stl_settings settings, double gaps,
                          double *block)
{
    struct stl_plan *plan = NULL;
    struct stl_workspace *workspace = NULL;
    struct stl_parts parts = {.trend = block + (size_t)STEPS * STL_LANES,
                              .seasonal = block + (size_t)2 * STEPS * STL_LANES,
                              .remainder = block + (size_t)3 * STEPS * STL_LANES};
    enum reason reasons[STL_LANES];
    double ms[RUNS];
    if (stl_plan_create(&settings, STEPS, &plan) != STATUS_OK ||
        stl_workspace_create(plan, &workspace) != STATUS_OK) {
        exit(1);
    }
    series_fill(block, gaps);
    for (int run = 0; run < RUNS; run++) {
        double start = cpu_ms();
        stl_decompose(plan, workspace, block, &parts, reasons);
        ms[run] = (cpu_ms() - start) / STL_LANES;
    }
    qsort(ms, RUNS, sizeof *ms, by_size);
    printf("%-44s %8.3f ms a series (best %.3f), workspace %.1f MB, plan %.1f MB\n", name,
           ms[RUNS / 2], ms[0], 1e-6 * (double)stl_workspace_bytes(plan),
           1e-6 * (double)stl_plan_bytes(plan));
    stl_workspace_destroy(&workspace);
    stl_plan_destroy(&plan);
}

int main(void)
{
    double *block = NULL;
    if (memory_allocate((size_t)4 * STEPS * STL_LANES, sizeof *block, &block) != STATUS_OK) {
        return 1;
    }
    struct stl_settings every = stl_settings_preset(STL_PRESET_R, PERIOD, 7, false);
    every.seasonal_jump = every.trend_jump = every.low_pass_jump = 1;
    struct stl_settings robust = stl_settings_preset(STL_PRESET_STATSMODELS, PERIOD, 7, true);
    struct stl_settings statsmodels = stl_settings_preset(STL_PRESET_STATSMODELS, PERIOD, 7, false);
    struct stl_settings r = stl_settings_preset(STL_PRESET_R, PERIOD, 7, false);
    struct stl_settings r_robust = stl_settings_preset(STL_PRESET_R, PERIOD, 7, true);
    time_settings("statsmodels defaults", statsmodels, 0, block);
    time_settings("R defaults", r, 0, block);
    time_settings("R settings, jump 1", every, 0, block);
    time_settings("statsmodels robust, jump 1", robust, 0, block);
    time_settings("R robust, R jumps", r_robust, 0, block);
    time_settings("statsmodels defaults, 5 % missing", statsmodels, 0.05, block);
    time_settings("R settings, jump 1, 5 % missing", every, 0.05, block);
    time_settings("R defaults, 5 % missing", r, 0.05, block);
    free(block);
    return 0;
}
