/* airshed -- GPL-3.0-or-later. Smooth random fields that any item can make alone: sums of waves.
 *
 * A field is F(x, t) = sqrt(1 / M) sum over M waves of a_m(t) cos k_m.x' + b_m(t) sin k_m.x', where
 * x' = x - D(t) for a field that drifts. Wave vectors k_m are drawn once; strengths a, b are
 * independent standard normal, so at every place and step F is exactly standard normal, and its
 * covariance over distance is the spectrum's. Every number is keyed, so F is a function of (seed,
 * stream, place, step) that needs no earlier step (spectral simulation: Shinozuka and Jan 1972).
 */
#ifndef AIRSHED_KERNELS_WAVES_H
#define AIRSHED_KERNELS_WAVES_H

#include <stdint.h>

#include "base/random.h"
#include "base/status.h"

/** How far back memory_normals() looks, and the largest memory that this truncates little. */
enum {
    MEMORY_TERMS = 16
};
#define MEMORY_MOST 0.85

/** Weights c r^k, k < MEMORY_TERMS, of unit sum of squares; 1 and zeros for @p memory r = 0. A
 *  moving average of independent values with these weights stands for a first order process: its
 *  correlation at lag h is r^h (1 - r^(2 (MEMORY_TERMS - h))) / (1 - r^(2 MEMORY_TERMS)). */
void memory_weights(double memory, double weights[MEMORY_TERMS]);

/** Standard normal series with memory, as weather has it: value i belongs to step first + i and is
 *  the sum over k of u[k] e(first + i - k) of independent normals e, where u are memory_weights()
 *  less their mean, scaled. Without the mean nothing is left at periods of many steps: what is high
 *  this month says nothing of the year. Lag-1 correlations are 0.58, 0.71, 0.74 for memories 0.6,
 *  0.75, 0.8. Steps may be negative, down to -MEMORY_TERMS. A value depends on (key, item, memory,
 *  step). */
void memory_normals(struct random_key key, uint64_t item, double memory, int64_t first,
                    int64_t count, double *values);

/** Law of the covariance over distance d. */
enum waves_law {
    WAVES_SMOOTH, /**< exp(-d^2 / (2 length^2)) */
    WAVES_ROUGH,  /**< exp(-d / length), without waves shorter than the shortest */
};

/** Most waves of a field. */
enum {
    WAVES_MOST = 64
};

struct waves_spec {
    struct random_key key;
    uint64_t field; /**< tells fields of one key apart */
    int count;      /**< waves; 1 to WAVES_MOST */
    enum waves_law law;
    double length_km;
    double shortest_km; /**< wave length; 0: no bound */
    double memory;      /**< of the strengths, see memory_normals(); 0 to MEMORY_MOST */
    int64_t steps;
    const double *drift_x_km, *drift_y_km; /**< [steps], D(t); NULL: it stays */
};

/** Wave vectors and strengths of all steps. Read-only after its creation. */
struct waves;

/** Takes waves_bytes(). @return STATUS_OK or STATUS_MEMORY */
enum status waves_create(const struct waves_spec *spec, struct waves **waves);

/** Releases *@p waves and sets it to NULL; NULL is allowed. */
void waves_destroy(struct waves **waves);

int64_t waves_bytes(int count, int64_t steps);

/** Doubles of waves_basis() for @p cols columns. */
int64_t waves_basis_count(const struct waves *waves, int64_t cols);

/** Cosines and sines of the waves at the columns' x, for waves_fill(). */
void waves_basis(const struct waves *waves, const double *x_km, int64_t cols, double *basis);

/** The field along one row: @p values [steps, stride], stride a multiple of 16 and at least cols;
 *  columns beyond cols are overwritten. */
void waves_fill(const struct waves *waves, int64_t step, int64_t steps, double y_km,
                const double *basis, int64_t cols, int64_t stride, double *values);

/** Smooth noise in [-1, 1] on a lattice of unit squares: keyed values at the corners, joined by
 *  fifth degree polynomials (two continuous derivatives). Mean 0. */
double lattice_noise(struct random_key key, double x, double y);

#endif
