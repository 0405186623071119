/* airshed -- GPL-3.0-or-later. Smooth random fields as sums of keyed waves. */
#include "kernels/waves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/lanes_internal.h"

/* Columns of a block of the basis; draws that stand for steps before the first. */
enum {
    BLOCK = 16,
    DRAWS_BEFORE = 2 * MEMORY_TERMS
};

struct waves {
    int count;
    double *kx, *ky; /* [count], radians per km */
    double *
        strength; /* [steps, count, 2]: real and imaginary part of (a - i b) exp(-i k.D) / sqrt M */
};

/* ---- series ------------------------------------------------------------------------------- */

void memory_weights(double memory, double weights[MEMORY_TERMS])
{
    double power = 1, sum = 0;
    for (int k = 0; k < MEMORY_TERMS; k++) {
        weights[k] = power;
        sum += power * power;
        power *= memory;
    }
    for (int k = 0; k < MEMORY_TERMS; k++) {
        weights[k] /= sqrt(sum);
    }
}

/* Taking the mean away leaves no power at frequency 0. */
static void balanced_weights(double memory, double weights[MEMORY_TERMS])
{
    double mean = 0, sum = 0;
    memory_weights(memory, weights);
    for (int k = 0; k < MEMORY_TERMS; k++) {
        mean += weights[k] / MEMORY_TERMS;
    }
    for (int k = 0; memory > 0 && k < MEMORY_TERMS; k++) {
        weights[k] -= mean;
        sum += weights[k] * weights[k];
    }
    for (int k = 0; memory > 0 && k < MEMORY_TERMS; k++) {
        weights[k] /= sqrt(sum);
    }
}

void memory_normals(struct random_key key, uint64_t item, double memory, int64_t first,
                    int64_t count, double *values)
{
    double weights[MEMORY_TERMS], recent[MEMORY_TERMS] = {0};
    balanced_weights(memory, weights);
    int64_t draw = first - (MEMORY_TERMS - 1) + DRAWS_BEFORE;
    for (int64_t i = 1 - MEMORY_TERMS; i < count; i++, draw++) {
        memmove(recent + 1, recent, sizeof recent - sizeof recent[0]);
        recent[0] = random_normal(key, item, (uint64_t)draw);
        if (i >= 0) {
            double sum = 0;
            for (int k = 0; k < MEMORY_TERMS; k++) {
                sum = fma(weights[k], recent[k], sum);
            }
            values[i] = sum;
        }
    }
}

/* ---- waves -------------------------------------------------------------------------------- */

int64_t waves_bytes(int count, int64_t steps)
{
    return (2 * (int64_t)count * steps + 2 * count + steps) * (int64_t)sizeof(double);
}

/** Length of a wave vector with distribution function @p u: the spectrum of the law in two
 *  dimensions, integrated over directions. */
static double wave_number(const struct waves_spec *spec, double u)
{
    double number = spec->law == WAVES_SMOOTH ? sqrt(-2 * log(1 - u)) / spec->length_km
                                              : sqrt(1 / ((1 - u) * (1 - u)) - 1) / spec->length_km;
    double most = spec->shortest_km > 0 ? 2 * M_PI / spec->shortest_km : INFINITY;
    return number < most ? number : most;
}

/* Lengths are stratified, so that few waves cover the spectrum evenly. */
static void draw_vectors(const struct waves_spec *spec, struct waves *waves)
{
    struct random_key key = {spec->key.seed, spec->key.stream ^ random_stream("vectors")};
    for (int m = 0; m < spec->count; m++) {
        double u = random_uniform(key, spec->field, 2 * (uint64_t)m);
        double angle = 2 * M_PI * random_uniform(key, spec->field, 2 * (uint64_t)m + 1);
        double number = wave_number(spec, (m + u) / spec->count);
        waves->kx[m] = number * cos(angle);
        waves->ky[m] = number * sin(angle);
    }
}

static void draw_strengths(const struct waves_spec *spec, struct waves *waves, double *series)
{
    double scale = sqrt(1.0 / spec->count);
    for (int part = 0; part < 2 * spec->count; part++) {
        uint64_t item = spec->field << 32 | (uint64_t)part;
        memory_normals(spec->key, item, spec->memory, 0, spec->steps, series);
        double sign = part % 2 == 0 ? scale : -scale;
        for (int64_t step = 0; step < spec->steps; step++) {
            waves->strength[step * 2 * spec->count + part] = sign * series[step];
        }
    }
}

static void drift(const struct waves_spec *spec, struct waves *waves)
{
    for (int64_t step = 0; spec->drift_x_km != NULL && step < spec->steps; step++) {
        double *z = waves->strength + step * 2 * spec->count;
        for (int m = 0; m < spec->count; m++, z += 2) {
            double angle =
                waves->kx[m] * spec->drift_x_km[step] + waves->ky[m] * spec->drift_y_km[step];
            double real = z[0] * cos(angle) + z[1] * sin(angle);
            z[1] = z[1] * cos(angle) - z[0] * sin(angle);
            z[0] = real;
        }
    }
}

enum status waves_create(const struct waves_spec *spec, struct waves **out)
{
    enum status status;
    struct waves *waves = NULL;
    double *series = NULL;
    size_t count = (size_t)spec->count;
    TRY(memory_allocate(1, sizeof *waves, &waves));
    waves->count = spec->count;
    TRY(memory_allocate(count, sizeof(double), &waves->kx));
    TRY(memory_allocate(count, sizeof(double), &waves->ky));
    TRY(memory_allocate((size_t)spec->steps * 2 * count, sizeof(double), &waves->strength));
    TRY(memory_allocate((size_t)spec->steps, sizeof(double), &series));
    draw_vectors(spec, waves);
    draw_strengths(spec, waves, series);
    drift(spec, waves);
    *out = waves;
    waves = NULL;
done:
    free(series);
    waves_destroy(&waves);
    return status;
}

void waves_destroy(struct waves **pointer)
{
    struct waves *waves = *pointer;
    if (waves == NULL) {
        return;
    }
    free(waves->kx);
    free(waves->ky);
    free(waves->strength);
    free(waves);
    *pointer = NULL;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* The basis lies in blocks of columns: [block, wave, (cos, sin), BLOCK]. */
int64_t waves_basis_count(const struct waves *waves, int64_t cols)
{
    return (cols + BLOCK - 1) / BLOCK * 2 * waves->count * BLOCK;
}

void waves_basis(const struct waves *waves, const double *x_km, int64_t cols, double *basis)
{
    for (int64_t col = 0; col < (cols + BLOCK - 1) / BLOCK * BLOCK; col++) {
        double *block = basis + col / BLOCK * 2 * waves->count * BLOCK + col % BLOCK;
        double x = x_km[col < cols ? col : cols - 1];
        for (int m = 0; m < waves->count; m++) {
            block[2 * m * BLOCK] = cos(waves->kx[m] * x);
            block[(2 * m + 1) * BLOCK] = sin(waves->kx[m] * x);
        }
    }
}

/** Real part of the sum of weights[m] (cos + i sin) over the waves, for one block of columns. */
LANES_CLONES static void sum_block(const double *restrict weights, int count,
                                   const double *restrict block, double *restrict values)
{
    double sum[BLOCK] = {0};
    for (int m = 0; m < count; m++) {
        double real = weights[2 * m], imaginary = -weights[2 * m + 1];
        const double *cosine = block + 2 * m * BLOCK, *sine = cosine + BLOCK;
        for (int lane = 0; lane < BLOCK; lane++) {
            sum[lane] = fma(imaginary, sine[lane], fma(real, cosine[lane], sum[lane]));
        }
    }
    for (int lane = 0; lane < BLOCK; lane++) {
        values[lane] = sum[lane];
    }
}

void waves_fill(const struct waves *waves, int64_t step, int64_t steps, double y_km,
                const double *basis, int64_t cols, int64_t stride, double *values)
{
    double turned[2 * WAVES_MOST], cosine[WAVES_MOST], sine[WAVES_MOST];
    for (int m = 0; m < waves->count; m++) {
        cosine[m] = cos(waves->ky[m] * y_km);
        sine[m] = sin(waves->ky[m] * y_km);
    }
    for (int64_t t = 0; t < steps; t++) {
        const double *z = waves->strength + (step + t) * 2 * waves->count;
        for (int m = 0; m < waves->count; m++) {
            turned[2 * m] = z[2 * m] * cosine[m] - z[2 * m + 1] * sine[m];
            turned[2 * m + 1] = z[2 * m] * sine[m] + z[2 * m + 1] * cosine[m];
        }
        for (int64_t col = 0; col < cols; col += BLOCK) {
            sum_block(turned, waves->count, basis + col * 2 * waves->count,
                      values + t * stride + col);
        }
    }
}

/* ---- lattice ------------------------------------------------------------------------------ */

static double corner(struct random_key key, double x, double y)
{
    uint64_t item = (uint64_t)(uint32_t)(int32_t)x << 32 | (uint32_t)(int32_t)y;
    return 2 * random_uniform(key, item, 0) - 1;
}

static double fade(double t)
{
    return t * t * t * (t * (6 * t - 15) + 10);
}

double lattice_noise(struct random_key key, double x, double y)
{
    double west = floor(x), south = floor(y);
    double across = fade(x - west), up = fade(y - south);
    double low = corner(key, west, south), low_east = corner(key, west + 1, south);
    double high = corner(key, west, south + 1), high_east = corner(key, west + 1, south + 1);
    low += across * (low_east - low);
    high += across * (high_east - high);
    return low + up * (high - low);
}
