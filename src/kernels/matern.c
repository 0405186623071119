/* airshed -- GPL-3.0-or-later. The Matern correlation of any smoothness, exactly and by a table. */
#include "kernels/matern_internal.h"

#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A piece is all t whose bits agree in the exponent and the first four digits after it, so that
 * the highest 16 bits of a double number the pieces. Below 2^-30 the exact form serves (the curve
 * is steep there for small nu, and two sites are hardly ever so close); from 2^8 on the correlation
 * is below 1e-60 even for nu = 50. */
enum {
    TERMS = 10,
    PIECE_BITS = 48,
    LOWEST_PIECE = (1023 - 30) * 16,
    PIECES = (30 + 8) * 16
};

struct matern_table {
    double nu;
    double term[PIECES][TERMS]; /* Chebyshev coefficients, the first one halved */
};

/* In logarithms: t^nu and K_nu leave the range of double long before their product does. */
double matern_correlation(double nu, double t)
{
    if (t > 700.0 + 10.0 * nu) {
        return 0.0;
    }
    double logarithm =
        gsl_sf_bessel_lnKnu(nu, t) + nu * log(t) + (1.0 - nu) * M_LN2 - gsl_sf_lngamma(nu);
    return fmin(exp(logarithm), 1.0);
}

static double piece_start(int64_t piece)
{
    uint64_t bits = (uint64_t)(piece + LOWEST_PIECE) << PIECE_BITS;
    double start;
    memcpy(&start, &bits, sizeof start);
    return start;
}

/* Interpolation at the zeros of the Chebyshev polynomial. The nearest singularity, t = 0, lies 33
 * half-widths from the centre of a piece: terms fall like 66^-k, or, where the curve falls by e^-w
 * over half a piece, like w^k / (2^k k!) of a value that is small already. */
static void fit_piece(double nu, double start, double end, double *term)
{
    double value[TERMS];
    for (int node = 0; node < TERMS; node++) {
        double s = cos(M_PI * (node + 0.5) / TERMS);
        value[node] = matern_correlation(nu, start + 0.5 * (s + 1.0) * (end - start));
    }
    for (int k = 0; k < TERMS; k++) {
        double sum = 0.0;
        for (int node = 0; node < TERMS; node++) {
            sum += value[node] * cos(M_PI * k * (node + 0.5) / TERMS);
        }
        term[k] = (k == 0 ? 1.0 : 2.0) / TERMS * sum;
    }
}

enum status matern_table_create(double nu, struct matern_table **table)
{
    enum status status;
    TRY(memory_allocate(1, sizeof **table, table));
    (*table)->nu = nu;
    for (int64_t piece = 0; piece < PIECES; piece++) {
        fit_piece(nu, piece_start(piece), piece_start(piece + 1), (*table)->term[piece]);
    }
done:
    return status;
}

void matern_table_destroy(struct matern_table **table)
{
    free(*table);
    *table = NULL;
}

/* Clenshaw's recurrence. */
static double chebyshev_sum(const double *term, double s)
{
    double next = 0.0;
    double after = 0.0;
    for (int k = TERMS - 1; k > 0; k--) {
        double sum = fma(2.0 * s, next, term[k] - after);
        after = next;
        next = sum;
    }
    return fma(s, next, term[0] - after);
}

static double look_up(const struct matern_table *table, double t)
{
    uint64_t bits;
    memcpy(&bits, &t, sizeof bits);
    int64_t piece = (int64_t)(bits >> PIECE_BITS) - LOWEST_PIECE;
    if (piece < 0) {
        return matern_correlation(table->nu, t);
    }
    if (piece >= PIECES) {
        return isnan(t) ? t : 0.0;
    }
    double start = piece_start(piece);
    double width = piece_start(piece + 1) - start;
    return chebyshev_sum(table->term[piece], 2.0 * (t - start) / width - 1.0);
}

__attribute__((target_clones("arch=x86-64-v3", "default"))) /* for fma() as an instruction */
void matern_table_correlate(const struct matern_table *table, double range, double amplitude,
                            int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++) {
        double t = values[i] / range;
        values[i] = t == 0.0 ? 1.0 : amplitude * look_up(table, t);
    }
}
