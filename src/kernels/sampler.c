/* airshed -- GPL-3.0-or-later. Many values of a distribution from uniform numbers, in SIMD lanes. */
#include "kernels/sampler.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "distribution_internal.h"
#include "kernels/lanes.h"
#include "lanes_internal.h"
#include "quantile_curve_internal.h"

enum {
    CHUNK = 256, /* values that stay in the first-level cache from step to step */
    PART = 64,   /* normal scores that are looked at together */
    SCORE_TERMS = 22,
    USUAL = 24 /* pieces of a curve on each side of its middle, where nearly all draws are */
};

#define NEAREST_ONE 0x1.fffffffffffffp-1
#define LARGEST_EXPONENT 709.0 /* exp(709) is 8e307 */

/** Probabilities are start + width x u, or of the upper tail start + width x (1 - u). */
struct sampler {
    enum distribution_family family;
    bool is_high, is_truncated;
    double start, width;
    double low, high; /* truncation */
    double p[DISTRIBUTION_PARAMETERS];
    const double *values;
    double count;
    struct quantile_curve *curve;
};

enum status sampler_create(const struct distribution *distribution, struct sampler **out)
{
    enum status status;
    struct sampler *sampler = NULL;
    const double *p = distribution->parameters;
    TRY(memory_allocate(1, sizeof *sampler, &sampler));
    sampler->family = distribution->family;
    sampler->low = distribution->low;
    sampler->high = distribution->high;
    memcpy(sampler->p, p, sizeof sampler->p);
    if (family_law_of(distribution->family) != NULL) {
        struct truncation part = distribution_truncation(distribution);
        sampler->is_high = part.is_high;
        sampler->start = part.start;
        sampler->width = part.probability;
        sampler->is_truncated = part.is_high || part.start > 0 || part.probability < 1;
    } else if (distribution->family == DISTRIBUTION_EMPIRICAL) {
        int64_t first;
        sampler->count = (double)distribution_kept(distribution, &first);
        sampler->values = distribution->values + first;
    }
    if (sampler->family == DISTRIBUTION_GAMMA || sampler->family == DISTRIBUTION_BETA) {
        struct shape_law law = sampler->family == DISTRIBUTION_GAMMA ? shape_law_gamma(p[0])
                                                                     : shape_law_beta(p[0], p[1]);
        TRY(memory_allocate(1, sizeof *sampler->curve, &sampler->curve));
        quantile_curve_fill(&law, sampler->curve);
    }
    *out = sampler;
    sampler = NULL;
done:
    sampler_destroy(&sampler);
    return status;
}

void sampler_destroy(struct sampler **sampler)
{
    if (*sampler != NULL) {
        free((*sampler)->curve);
        free(*sampler);
        *sampler = NULL;
    }
}

void sampler_prefetch(const struct sampler *sampler)
{
    const char *bytes = (const char *)sampler;
    for (size_t at = 0; at < sizeof *sampler; at += MEMORY_ALIGNMENT) {
        __builtin_prefetch(bytes + at);
    }
    for (int term = 0; sampler->curve != NULL && term < CURVE_TERMS; term++) {
        for (int piece = CURVE_PIECES / 2 - USUAL; piece <= CURVE_PIECES / 2 + USUAL; piece += 8) {
            __builtin_prefetch(&sampler->curve->term[term][piece]);
        }
    }
}

/* ---- normal scores ------------------------------------------------------------------------ */

/* Chebyshev fit of z / (2 p - 1) in w = -log(4 p (1 - p)) over [0, 6.25], relative error 2e-16,
 * in powers of (w - 3.125) / 3.125. */
static const double score_terms[SCORE_TERMS] = {
    2.338620710026593,       1.061359245941065,      -0.08332909352800119,
    -0.03196751615914347,    0.02518482680717281,    -0.005851046090696319,
    -0.0017984444565413331,  0.0017429976429275999,  -0.00037390906570424013,
    -0.00016530469119352918, 0.00013204110193285704, -2.12568373425595e-05,
    -1.591884752802136e-05,  1.0095050171992597e-05, -9.707185542082046e-07,
    -1.5180376928117443e-06, 7.695272816607402e-07,  7.871721149569117e-09,
    -1.4711962077742405e-07, 3.974116489950082e-08,  1.2162607163714905e-08,
    -5.856844625465585e-09,
};

#define SCORE_LIMIT 6.25

LANES_INLINE double near_score(double p, double *w)
{
    *w = -lanes_logarithm(4 * p * (1 - p));
    double x = fma(*w, 0.32, -1);
    double sum = score_terms[SCORE_TERMS - 1];
    for (int k = SCORE_TERMS - 2; k >= 0; k--) {
        sum = fma(sum, x, score_terms[k]);
    }
    return sum * fma(2, p, -1);
}

/** Scores of probabilities [CHUNK]; w tells which lie beyond the polynomial. */
KERNEL_CLONES
static void near_scores(const double *restrict p, double *restrict z, double *restrict w)
{
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        z[i] = near_score(p[i], &w[i]);
    }
}

/** Whether any of w [PART] lies beyond. */
KERNEL_CLONES
static bool has_far(const double *w)
{
    int far = 0;
#pragma omp simd reduction(+ : far)
    for (int i = 0; i < PART; i++) {
        far += w[i] > SCORE_LIMIT;
    }
    return far > 0;
}

/** One score in a thousand is far. */
static void scores(const double *p, double *z)
{
    double w[CHUNK] __attribute__((aligned(64)));
    near_scores(p, z, w);
    for (int part = 0; part < CHUNK; part += PART) {
        if (!has_far(w + part)) {
            continue;
        }
        for (int i = part; i < part + PART; i++) {
            z[i] = w[i] > SCORE_LIMIT ? gsl_cdf_ugaussian_Pinv(p[i]) : z[i];
        }
    }
}

/* ---- from probabilities to values, [CHUNK]; what starts from scores works in place ----------- */

KERNEL_CLONES
static void probabilities(const struct sampler *sampler, const double *restrict u,
                          double *restrict out)
{
    double start = sampler->start, width = sampler->width;
    if (sampler->is_high) {
#pragma omp simd
        for (int i = 0; i < CHUNK; i++) {
            double p = fma(1 - u[i], width, start);
            out[i] = p < NEAREST_ONE ? p : NEAREST_ONE;
        }
        return;
    }
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double p = fma(u[i], width, start);
        out[i] = p < NEAREST_ONE ? p : NEAREST_ONE;
    }
}

LANES_INLINE double exponential(double x)
{
    return lanes_exponential(x < LARGEST_EXPONENT ? x : LARGEST_EXPONENT);
}

KERNEL_CLONES
static void normal_values(const struct sampler *sampler, double sign, double *restrict z)
{
    double mean = sampler->p[0], sd = sign * sampler->p[1];
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        z[i] = fma(z[i], sd, mean);
    }
}

KERNEL_CLONES
static void lognormal_values(const struct sampler *sampler, double sign, double *restrict z)
{
    double mean = sampler->p[0], sd = sign * sampler->p[1];
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        z[i] = exponential(fma(z[i], sd, mean));
    }
}

/** The curve at normal scores, in place. */
KERNEL_CLONES
static void curve_values(const struct quantile_curve *curve, double sign, double *restrict z)
{
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double place = fma(sign * CURVE_PIECES_PER_UNIT, z[i], CURVE_PIECES_PER_UNIT * CURVE_END);
        place = place > 0 ? place : 0;
        place = place < CURVE_PIECES ? place : CURVE_PIECES;
        int32_t piece = (int32_t)place;
        piece = piece < CURVE_PIECES ? piece : CURVE_PIECES - 1;
        double part = place - piece;
        double sum = curve->term[5][piece];
        sum = fma(sum, part, curve->term[4][piece]);
        sum = fma(sum, part, curve->term[3][piece]);
        sum = fma(sum, part, curve->term[2][piece]);
        sum = fma(sum, part, curve->term[1][piece]);
        z[i] = fma(sum, part, curve->term[0][piece]);
    }
}

KERNEL_CLONES
static void gamma_values(const struct sampler *sampler, double *restrict t)
{
    double scale = sampler->p[1];
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        t[i] = scale * exponential(t[i]);
    }
}

/* 1 / (1 + e^-t) from the smaller of both parts, so that nothing cancels at either end. */
KERNEL_CLONES
static void beta_values(const struct sampler *sampler, double *restrict t)
{
    double low = sampler->p[2], high = sampler->p[3], width = high - low;
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double small = exponential(t[i] < 0 ? t[i] : -t[i]);
        double part = width * small / (1 + small);
        t[i] = t[i] < 0 ? low + part : high - part;
    }
}

/* -log of the upper tail, to the power 1 / shape. From lower tails u that is -log1p(-u): what 1 - u
 * rounds off is put back. */
LANES_INLINE double weibull_value(double rest, double lost, double power, double scale)
{
    double hazard = -(lanes_logarithm(rest) + lost);
    return scale * exponential(power * lanes_logarithm(hazard));
}

KERNEL_CLONES
static void weibull_values(const struct sampler *sampler, const double *restrict u,
                           double *restrict out)
{
    double power = 1 / sampler->p[0], scale = sampler->p[1];
    if (sampler->is_high) {
#pragma omp simd
        for (int i = 0; i < CHUNK; i++) {
            out[i] = weibull_value(u[i], 0, power, scale);
        }
        return;
    }
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double rest = 1 - u[i];
        out[i] = weibull_value(rest, (1 - rest) - u[i], power, scale);
    }
}

KERNEL_CLONES
static void uniform_values(const struct sampler *sampler, const double *restrict u,
                           double *restrict out)
{
    double low = sampler->p[0], high = sampler->p[1], width = high - low;
    bool is_high = sampler->is_high;
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double share = u[i] * width;
        out[i] = is_high ? high - share : low + share;
    }
}

KERNEL_CLONES
static void triangular_values(const struct sampler *sampler, const double *restrict u,
                              double *restrict out)
{
    double low = sampler->p[0], mode = sampler->p[1], high = sampler->p[2], width = high - low;
    double rise = width * (mode - low), fall = width * (high - mode), left = mode - low;
    bool is_high = sampler->is_high;
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double below = is_high ? 1 - u[i] : u[i], above = is_high ? u[i] : 1 - u[i];
        double from_low = low + sqrt(below * rise), from_high = high - sqrt(above * fall);
        out[i] = below * width <= left ? from_low : from_high;
    }
}

static void empirical_values(const struct sampler *sampler, const double *u, double *out)
{
    for (int i = 0; i < CHUNK; i++) {
        double rank = ceil(u[i] * sampler->count) - 1;
        out[i] = sampler->values[(int64_t)(rank > 0 ? rank : 0)];
    }
}

KERNEL_CLONES
static void clip(const struct sampler *sampler, double *restrict values)
{
    double low = sampler->low, high = sampler->high;
#pragma omp simd
    for (int i = 0; i < CHUNK; i++) {
        double value = values[i] > low ? values[i] : low;
        values[i] = value < high ? value : high;
    }
}

static void draw_constant(const struct sampler *sampler, double *values)
{
    for (int i = 0; i < CHUNK; i++) {
        values[i] = sampler->p[0];
    }
}

/** Families that start from a normal score. */
static void draw_by_score(const struct sampler *sampler, const double *p, double *values)
{
    double sign = sampler->is_high ? -1 : 1;
    scores(p, values);
    switch (sampler->family) {
    case DISTRIBUTION_NORMAL:
        normal_values(sampler, sign, values);
        break;
    case DISTRIBUTION_LOGNORMAL:
        lognormal_values(sampler, sign, values);
        break;
    case DISTRIBUTION_GAMMA:
        curve_values(sampler->curve, sign, values);
        gamma_values(sampler, values);
        break;
    default:
        curve_values(sampler->curve, sign, values);
        beta_values(sampler, values);
        break;
    }
}

/** @p in and @p values are different. */
static void draw_chunk(const struct sampler *sampler, const double *in, double *values)
{
    double part[CHUNK] __attribute__((aligned(64)));
    const double *p = in;
    if (sampler->is_truncated) {
        probabilities(sampler, in, part);
        p = part;
    }
    switch (sampler->family) {
    case DISTRIBUTION_CONSTANT:
        draw_constant(sampler, values);
        break;
    case DISTRIBUTION_EMPIRICAL:
        empirical_values(sampler, p, values);
        break;
    case DISTRIBUTION_UNIFORM:
        uniform_values(sampler, p, values);
        break;
    case DISTRIBUTION_TRIANGULAR:
        triangular_values(sampler, p, values);
        break;
    case DISTRIBUTION_WEIBULL:
        weibull_values(sampler, p, values);
        break;
    default:
        draw_by_score(sampler, p, values);
        break;
    }
    if (sampler->is_truncated) {
        clip(sampler, values);
    }
}

/** Calls @p work on chunks: copies are made where @p in is @p out, and of the last one, which is filled up
 *  with 1/2. */
static void each_chunk(void (*work)(const struct sampler *, const double *, double *),
                       const struct sampler *sampler, const double *in, int64_t count, double *out)
{
    double from[CHUNK] __attribute__((aligned(64))), to[CHUNK] __attribute__((aligned(64)));
    for (int64_t first = 0; first < count; first += CHUNK) {
        int64_t part = count - first < CHUNK ? count - first : CHUNK;
        if (part == CHUNK && in != out) {
            work(sampler, in + first, out + first);
            continue;
        }
        memcpy(from, in + first, (size_t)part * sizeof *from);
        for (int64_t i = part; i < CHUNK; i++) {
            from[i] = 0.5;
        }
        work(sampler, from, part == CHUNK ? out + first : to);
        if (part < CHUNK) {
            memcpy(out + first, to, (size_t)part * sizeof *to);
        }
    }
}

void sampler_draw(const struct sampler *sampler, const double *uniforms, int64_t count,
                  double *values)
{
    each_chunk(draw_chunk, sampler, uniforms, count, values);
}

static void score_chunk(const struct sampler *sampler, const double *in, double *values)
{
    (void)sampler;
    scores(in, values);
}

void sampler_normal_scores(const double *uniforms, int64_t count, double *scores)
{
    each_chunk(score_chunk, NULL, uniforms, count, scores);
}
