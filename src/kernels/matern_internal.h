/* airshed -- GPL-3.0-or-later. The Matern correlation of any smoothness, exactly and by a table. */
#ifndef AIRSHED_KERNELS_MATERN_INTERNAL_H
#define AIRSHED_KERNELS_MATERN_INTERNAL_H

#include <stdint.h>

#include "base/status.h"

/** 2^(1 - nu) / Gamma(nu) t^nu K_nu(t) for nu in (0, 50] and t > 0, error below 4e-14; some 300 ns.
 */
double matern_correlation(double nu, double t);

/** The same curve in pieces: 16 to an octave of t, each a Chebyshev sum of ten terms. */
struct matern_table;

/** Tabulates nu; takes some 2 ms. *@p table is the caller's. @return STATUS_OK, STATUS_MEMORY */
enum status matern_table_create(double nu, struct matern_table **table);

/** Releases *@p table and sets it to NULL; NULL is allowed. */
void matern_table_destroy(struct matern_table **table);

/** Turns distances @p values [count] into amplitude times the correlation at distance / range, in
 *  place, and distance 0 into 1. Error as that of matern_correlation(). */
void matern_table_correlate(const struct matern_table *table, double range, double amplitude,
                            int64_t count, double *values);

#endif
