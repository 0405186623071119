/* airshed -- GPL-3.0-or-later. PM2.5 of a synthetic region, made of parts that are known.
 *
 * For cell x and step t (A(t) the day's angle and m the weather of kernels/climate.h, z the height,
 * E the enclosure of kernels/landscape.h, years = t / 365.25), in ug m-3:
 *
 *   pm25 = base(x) + season + weather + background + plume + trend + noise
 *
 * Each part is rounded to float as it is written; the sum is taken in double in this order and
 * rounded once. Where a gap falls, pm25 is missing and the parts are not.
 *
 * - base: 52 + 14 exp(-z / 500).
 *
 * - season: s2(x) cos(2 A(t) - 0.6) + s3(x) cos(3 A(t) - 2.1), s2 about 4, s3 about 1.5: the second
 *   and third wave of the calendar year, orthogonal over whole years of 365 days (each 29 February
 *   taken out) to the yearly waves of the weather.
 *
 * - weather: the sum of a_i(x) (m_i(x, t) - r_i(x)) over T2M, TP, SP, U10, V10, RH (P2.30). m_i is
 *   the written field, joined between nodes by bilinear interpolation in longitude and latitude at
 *   the cell's centre; r_i its mean over whole years (climate_means(), bilinear too); a_i the true
 *   coefficient, about -1 per K, -900 per m, 0.006 per Pa, -4 and 3 per m s-1, 0.5 per %. The reply
 *   is linear and at once, so any linear operator in time keeps it: for a complete series STL (not
 *   robust) gives STL(weather) = sum of a_i STL(m_i) - const, to rounding.
 *
 * - background: 18 exp(-z / 900) exp(0.4 F(x - D(t), t) - 0.08) + 12 E(x) K(t). The first are
 *   patches of haze that the wind carries along, thinner over high ground: F is standard normal
 *   with lengths of some 15 km (10 cells, where that is more), D the drift of climate_day(), the
 *   patches themselves have a memory of 0.8. The second builds up over calm days where terrain
 *   encloses: K is the stagnation, mean 1.
 *
 * - plume: the sum over sources of q_s(t) w_s(x). q is the strength of the source, 0 in years when
 *   it does not operate, changing by a fixed fraction a year, times exp(0.3 n - 0.045), n normal
 *   with memory 0.7. Confined: w = exp(-d / 8 km) (1 - (d / 10 km)^2) in the source's area
 *   (kernels/growth.h with the elevations as written and 10 km) and 0 beyond, so that cells outside
 *   all areas have no plume. Spreading: besides, 0.35 times a Gaussian puff wherever it lies, 7 km
 *   wide where air stands, and drawn out to a centre up to 15 km downwind.
 *
 * - trend: b(x) years, b about the given slope.
 *
 * - noise: sd n(x, t), n standard normal within 3e-6, independent between cells, and between steps
 *   unless it has a memory r: then memory_weights() of the past MEMORY_TERMS steps, whose
 *   correlation at lag h is close to r^h. It comes from the low 32 bits w of random_bits() in
 * stream "synthetic.noise", item row * cols + col, draw MEMORY_TERMS + t: probability (w + 1/2) /
 * 2^32.
 *
 * - gaps: with probability 1 - sqrt(1 - g) the day's clouds, fields of 40 km (15 cells) length,
 *   cover the cell, and with the same probability it is missing by itself: g in all, independent
 *   of all parts, and independent between days.
 *
 * Slowly varying amounts (s2, s3, a_i, b) differ from their centre by at most 30 %, 30 %, 20 % and
 * 40 %, over tens of kilometres.
 *
 * What a regression of baselines recovers: with P = STL (linear, complete series) and X the weather
 * baselines P(m_i) with an intercept, the coefficients are a + e with e = (X'X)^-1 X' P(rest), to
 * rounding, where rest = season + background + plume + trend + noise. All of rest but the spreading
 * puffs is uncorrelated with the weather: F, the modulation, the noise and the gaps are independent
 * of it; K is even in anomalies that are symmetric, and knows no season; haze and weather do not
 * vary between years (kernels/waves.h). So e has mean zero but for the products of what is fixed
 * (season, trend, the sources' years) with finitely many days of anomalies, and the spread of
 * rest's baseline projected on X. A test has every part in the truth file and may compute e; the
 * deweathered truth (recentre) is P(base + rest) + sum of a_i (mean of X_i - r_i), and what is
 * found differs from it by the sum of e_i (X_i - mean of X_i).
 *
 * Every value is a function of (seed, region, settings, cell, step): no value depends on what was
 * made before, on the number of steps, or on which columns are made together.
 */
#ifndef AIRSHED_KERNELS_SYNTHETIC_H
#define AIRSHED_KERNELS_SYNTHETIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/climate.h"
#include "kernels/landscape.h"

/** In the order of the sum. */
enum synthetic_part {
    SYNTHETIC_SEASON,
    SYNTHETIC_WEATHER,
    SYNTHETIC_BACKGROUND,
    SYNTHETIC_PLUME,
    SYNTHETIC_TREND,
    SYNTHETIC_NOISE,
    SYNTHETIC_PARTS
};

struct synthetic_settings {
    struct landscape_region region;
    int64_t first_day; /**< days since 1970-01-01, standard calendar */
    int64_t steps;
    bool plumes_spread;
    double rise_tolerance_m; /**< of the growth that confines plumes; 0: paper mode */
    double gap_fraction;     /**< g, 0 to 0.95 */
    double noise_sd, noise_memory;
    double trend_per_year; /**< centre of b, ug m-3 */
};

/** What is fixed in a cell. */
struct synthetic_cell {
    float elevation_m; /**< NaN where the elevation model has none */
    double enclosure;  /**< E */
    double base;
    double coefficients[CLIMATE_FIELDS], references[CLIMATE_FIELDS]; /**< a_i, r_i */
    double trend_per_year;                                           /**< b */
    double season_second, season_third;                              /**< s2, s3 */
    bool is_in_area; /**< of a source that operates in any year */
};

/** The region with its tables. Read-only after its creation. */
struct synthetic;

/** Draws land, days and fields. @return STATUS_OK or STATUS_MEMORY */
enum status synthetic_create(const struct synthetic_settings *settings,
                             struct synthetic **synthetic);

/** Releases *@p synthetic and sets it to NULL; NULL is allowed. */
void synthetic_destroy(struct synthetic **synthetic);

const struct landscape *synthetic_landscape(const struct synthetic *synthetic);
const struct climate *synthetic_climate(const struct synthetic *synthetic);

/** Bytes of the tables, and of a row of @p cols columns at work. */
int64_t synthetic_bytes(const struct synthetic *synthetic);
int64_t synthetic_row_bytes(const struct synthetic *synthetic, int64_t cols);

/** Columns [col, col + cols) of one row after another. */
struct synthetic_row;

enum status synthetic_row_create(const struct synthetic *synthetic, int64_t col, int64_t cols,
                                 struct synthetic_row **row);

/** Releases *@p row and sets it to NULL; NULL is allowed. */
void synthetic_row_destroy(struct synthetic_row **row);

/** Goes to row @p index of the region. @return STATUS_OK or STATUS_MEMORY */
enum status synthetic_row_go(struct synthetic_row *row, int64_t index);

/** The row's cells, [cols]. Valid until the next call of synthetic_row_go(). */
const struct synthetic_cell *synthetic_row_cells(const struct synthetic_row *row);

/** Fills steps [step, step + steps) of the row: @p parts [SYNTHETIC_PARTS] and @p pm25 point to the
 *  first column of the first step, the next step lies @p stride values on. */
void synthetic_row_fill(struct synthetic_row *row, int64_t step, int64_t steps, int64_t stride,
                        float *const parts[SYNTHETIC_PARTS], float *pm25);

/** Adds the parts up: pm25 without gaps, before rounding to float. */
static inline double synthetic_sum(float base, const float parts[SYNTHETIC_PARTS])
{
    double sum = base;
    for (int part = 0; part < SYNTHETIC_PARTS; part++) {
        sum += parts[part];
    }
    return sum;
}

#endif
