/* airshed -- GPL-3.0-or-later. Convolution of real lanes through one complex transform of half the
 * length. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "convolution_internal.h"

/* Products modulo X^(2M) + 1 of real series are products modulo X^M - i of complex ones, whose
 * coefficients are x[j] + i x[j + M]; with X = w Y and w^M = i that is a cyclic convolution of
 * length M (the right-angle convolution). What wraps around lands beside the outputs that are asked
 * for. */
struct convolution {
    int64_t points;
    int64_t taps;
    int64_t length;    /* M: complex points */
    double *twist;     /* [length, 2] w^j */
    double *twiddles;  /* stage by stage [length of stage / 4, 3, 2] */
    double *transform; /* [length, 2] of the filter, over length, in the order of the stages */
};

enum {
    COMPLEX = 2 * LANES
};

/* ---- transforms in place, [point, re or im, lane] ------------------------------------------- */

/* Four points a quarter of a stage apart: forward in decimation by frequency. */
static inline __attribute__((always_inline)) void
butterfly_forward(double *restrict x0, double *restrict x1, double *restrict x2,
                  double *restrict x3, const double *restrict w)
{
    EACH_LANE (l) {
        double b0r = x0[l] + x2[l], b0i = x0[LANES + l] + x2[LANES + l];
        double b2r = x0[l] - x2[l], b2i = x0[LANES + l] - x2[LANES + l];
        double b1r = x1[l] + x3[l], b1i = x1[LANES + l] + x3[LANES + l];
        double b3r = x1[LANES + l] - x3[LANES + l], b3i = x3[l] - x1[l];
        double c1r = b0r - b1r, c1i = b0i - b1i;
        double c2r = b2r + b3r, c2i = b2i + b3i;
        double c3r = b2r - b3r, c3i = b2i - b3i;
        x0[l] = b0r + b1r;
        x0[LANES + l] = b0i + b1i;
        x1[l] = __builtin_fma(c1r, w[2], -(c1i * w[3]));
        x1[LANES + l] = __builtin_fma(c1r, w[3], c1i * w[2]);
        x2[l] = __builtin_fma(c2r, w[0], -(c2i * w[1]));
        x2[LANES + l] = __builtin_fma(c2r, w[1], c2i * w[0]);
        x3[l] = __builtin_fma(c3r, w[4], -(c3i * w[5]));
        x3[LANES + l] = __builtin_fma(c3r, w[5], c3i * w[4]);
    }
}

/* Undoes butterfly_forward() times four. */
static inline __attribute__((always_inline)) void
butterfly_backward(double *restrict x0, double *restrict x1, double *restrict x2,
                   double *restrict x3, const double *restrict w)
{
    EACH_LANE (l) {
        double c1r = __builtin_fma(x1[l], w[2], x1[LANES + l] * w[3]);
        double c1i = __builtin_fma(x1[LANES + l], w[2], -(x1[l] * w[3]));
        double c2r = __builtin_fma(x2[l], w[0], x2[LANES + l] * w[1]);
        double c2i = __builtin_fma(x2[LANES + l], w[0], -(x2[l] * w[1]));
        double c3r = __builtin_fma(x3[l], w[4], x3[LANES + l] * w[5]);
        double c3i = __builtin_fma(x3[LANES + l], w[4], -(x3[l] * w[5]));
        double b0r = x0[l] + c1r, b0i = x0[LANES + l] + c1i;
        double b1r = x0[l] - c1r, b1i = x0[LANES + l] - c1i;
        double b2r = c2r + c3r, b2i = c2i + c3i;
        double b3r = c2r - c3r, b3i = c2i - c3i;
        x0[l] = b0r + b2r;
        x0[LANES + l] = b0i + b2i;
        x2[l] = b0r - b2r;
        x2[LANES + l] = b0i - b2i;
        x1[l] = b1r - b3i;
        x1[LANES + l] = b1i + b3r;
        x3[l] = b1r + b3i;
        x3[LANES + l] = b1i - b3r;
    }
}

KERNEL_CLONES
static void stage_forward(double *data, int64_t length, int64_t stage, const double *twiddles)
{
    const int64_t step = stage / 4 * COMPLEX;
    for (double *block = data; block < data + length * COMPLEX; block += 4 * step) {
        for (int64_t j = 0; j < stage / 4; j++) {
            double *x = block + j * COMPLEX;
            butterfly_forward(x, x + step, x + 2 * step, x + 3 * step, twiddles + 6 * j);
        }
    }
}

KERNEL_CLONES
static void stage_backward(double *data, int64_t length, int64_t stage, const double *twiddles)
{
    const int64_t step = stage / 4 * COMPLEX;
    for (double *block = data; block < data + length * COMPLEX; block += 4 * step) {
        for (int64_t j = 0; j < stage / 4; j++) {
            double *x = block + j * COMPLEX;
            butterfly_backward(x, x + step, x + 2 * step, x + 3 * step, twiddles + 6 * j);
        }
    }
}

/* Sums and differences of neighbours: the last stage where the length is no power of four. */
KERNEL_CLONES
static void stage_of_two(double *data, int64_t length)
{
    for (double *x = data; x < data + length * COMPLEX; x += 2 * COMPLEX) {
        for (int part = 0; part < 2; part++) {
            EACH_LANE (l) {
                double a = x[part * LANES + l];
                double b = x[COMPLEX + part * LANES + l];
                x[part * LANES + l] = a + b;
                x[COMPLEX + part * LANES + l] = a - b;
            }
        }
    }
}

static void transform_forward(const struct convolution *convolution, double *data)
{
    const double *twiddles = convolution->twiddles;
    int64_t stage = convolution->length;
    for (; stage >= 4; stage /= 4) {
        stage_forward(data, convolution->length, stage, twiddles);
        twiddles += stage / 4 * 6;
    }
    if (stage == 2) {
        stage_of_two(data, convolution->length);
    }
}

static void transform_backward(const struct convolution *convolution, double *data)
{
    int64_t stage = convolution->length;
    const double *twiddles = convolution->twiddles;
    for (; stage >= 4; stage /= 4) {
        twiddles += stage / 4 * 6;
    }
    if (stage == 2) {
        stage_of_two(data, convolution->length);
    }
    for (stage *= 4; stage <= convolution->length; stage *= 4) {
        twiddles -= stage / 4 * 6;
        stage_backward(data, convolution->length, stage, twiddles);
    }
}

/* ---- between series and transform ---------------------------------------------------------- */

KERNEL_CLONES
static void pack(const double *restrict low, const double *restrict high,
                 const double *restrict twist, double *restrict data, int64_t count)
{
    for (int64_t j = 0; j < count; j++) {
        double c = twist[2 * j];
        double s = twist[2 * j + 1];
        EACH_LANE (l) {
            double re = low[j * LANES + l];
            double im = high != NULL ? high[j * LANES + l] : 0;
            data[j * COMPLEX + l] = __builtin_fma(re, c, -(im * s));
            data[j * COMPLEX + LANES + l] = __builtin_fma(re, s, im * c);
        }
    }
}

KERNEL_CLONES
static void multiply(double *restrict data, const double *restrict transform, int64_t length)
{
    for (int64_t j = 0; j < length; j++) {
        double c = transform[2 * j];
        double s = transform[2 * j + 1];
        EACH_LANE (l) {
            double re = data[j * COMPLEX + l];
            double im = data[j * COMPLEX + LANES + l];
            data[j * COMPLEX + l] = __builtin_fma(re, c, -(im * s));
            data[j * COMPLEX + LANES + l] = __builtin_fma(re, s, im * c);
        }
    }
}

/* Takes the twist off: the real part of point j is output j, the imaginary part output j + length.
 */
KERNEL_CLONES
static void unpack(const double *restrict data, const double *restrict twist, int64_t first,
                   int64_t end, bool imaginary, double *restrict out)
{
    for (int64_t j = first; j < end; j++) {
        double c = twist[2 * j];
        double s = twist[2 * j + 1];
        EACH_LANE (l) {
            double re = data[j * COMPLEX + l];
            double im = data[j * COMPLEX + LANES + l];
            out[(j - first) * LANES + l] =
                imaginary ? __builtin_fma(im, c, -(re * s)) : __builtin_fma(re, c, im * s);
        }
    }
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Twists a series of @p count points, zeros behind, into @p data. */
static void load(const struct convolution *convolution, const double *values, int64_t count,
                 double *data)
{
    const int64_t length = convolution->length;
    const int64_t low = smaller(count, length);
    const int64_t high = count - low;
    if (high > 0) {
        pack(values, values + length * LANES, convolution->twist, data, high);
    }
    pack(values + high * LANES, NULL, convolution->twist + 2 * high, data + high * COMPLEX,
         low - high);
    memset(data + low * COMPLEX, 0, (size_t)((length - low) * COMPLEX) * sizeof *data);
}

void convolution_apply(const struct convolution *convolution, const double *values, double *out,
                       double *scratch)
{
    const int64_t length = convolution->length;
    const int64_t first = convolution->taps - 1;
    load(convolution, values, convolution->points, scratch);
    transform_forward(convolution, scratch);
    multiply(scratch, convolution->transform, length);
    transform_backward(convolution, scratch);
    int64_t split = smaller(length, convolution->points);
    if (first < split) {
        unpack(scratch, convolution->twist, first, split, false, out);
        out += (split - first) * LANES;
    }
    int64_t rest = first > length ? first - length : 0;
    if (convolution->points > length) {
        unpack(scratch, convolution->twist, rest, convolution->points - length, true, out);
    }
}

/* ---- plan ---------------------------------------------------------------------------------- */

static int64_t transform_length(int64_t points)
{
    int64_t length = 4;
    while (2 * length < points) {
        length *= 2;
    }
    return length;
}

/* A transform there and back costs about as much as this many taps at each of its points. */
enum {
    TAPS_PER_POINT = 128
};

bool convolution_pays(int64_t points, int64_t taps)
{
    return (points - taps + 1) * taps > TAPS_PER_POINT * 2 * transform_length(points);
}

static void fill_factors(struct convolution *convolution)
{
    const double pi = 3.14159265358979323846;
    double *twiddle = convolution->twiddles;
    for (int64_t j = 0; j < convolution->length; j++) {
        double angle = 0.5 * pi * (double)j / (double)convolution->length;
        convolution->twist[2 * j] = cos(angle);
        convolution->twist[2 * j + 1] = sin(angle);
    }
    for (int64_t stage = convolution->length; stage >= 4; stage /= 4) {
        for (int64_t j = 0; j < stage / 4; j++) {
            for (int64_t power = 1; power <= 3; power++) {
                double angle = -2 * pi * (double)(power * j) / (double)stage;
                *twiddle++ = cos(angle);
                *twiddle++ = sin(angle);
            }
        }
    }
}

/* The filter turned round, transformed by the same code as the series, over the length. */
static enum status transform_filter(struct convolution *convolution, const double *filter)
{
    enum status status = STATUS_OK;
    const int64_t taps = convolution->taps;
    const int64_t length = convolution->length;
    double *series = NULL;
    double *data = NULL;
    TRY(memory_allocate((size_t)((taps + length) * LANES), sizeof *series, &series));
    TRY(memory_allocate((size_t)(length * COMPLEX), sizeof *data, &data));
    for (int64_t k = 0; k < taps; k++) {
        series[k * LANES] = filter[taps - 1 - k] / (double)length;
    }
    load(convolution, series, taps, data);
    transform_forward(convolution, data);
    for (int64_t j = 0; j < 2 * length; j++) {
        convolution->transform[j] = data[j * LANES];
    }
done:
    free(series);
    free(data);
    return status;
}

enum status convolution_create(int64_t points, const double *filter, int64_t taps,
                               struct convolution **out)
{
    enum status status = STATUS_OK;
    struct convolution *convolution = NULL;
    *out = NULL;
    TRY(memory_allocate(1, sizeof *convolution, &convolution));
    convolution->points = points;
    convolution->taps = taps;
    convolution->length = transform_length(points);
    size_t doubles = 2 * (size_t)convolution->length;
    TRY(memory_allocate(doubles, sizeof(double), &convolution->twist));
    TRY(memory_allocate(doubles, sizeof(double), &convolution->twiddles));
    TRY(memory_allocate(doubles, sizeof(double), &convolution->transform));
    fill_factors(convolution);
    TRY(transform_filter(convolution, filter));
    *out = convolution;
    convolution = NULL;
done:
    convolution_destroy(&convolution);
    return status;
}

void convolution_destroy(struct convolution **convolution)
{
    if (*convolution != NULL) {
        free((*convolution)->twist);
        free((*convolution)->twiddles);
        free((*convolution)->transform);
        free(*convolution);
        *convolution = NULL;
    }
}

size_t convolution_bytes(const struct convolution *convolution)
{
    return sizeof *convolution + 6 * (size_t)convolution->length * sizeof(double);
}

size_t convolution_scratch_size(const struct convolution *convolution)
{
    return (size_t)(convolution->length * COMPLEX);
}
