/* airshed -- GPL-3.0-or-later. The weather of a synthetic region on its own, ten times coarser
 * grid.
 *
 * Each of the six fields is a yearly wave about a mean set by the terrain, plus anomalies that
 * remember: an autocorrelated series common to the region and sums of waves over the place (see
 * kernels/waves.h). With height z (m), enclosure E and the day's angle A(t) = 2 pi i(t) / 365:
 *
 * - T2M = 287.5 - 0.0065 z + 14.5 cos(A - A(196)) + 3.2 G1, K
 * - TP = 0.006 (1 + 0.3 z / 1000) (1 + 0.75 cos(A - A(205))) max(0, G2 - 0.4)^2, m a day
 * - SP = P(z) (1 + (500 cos(A - A(15)) + 600 G3) / 101325), P = 101325 exp(-z / 8400), Pa
 * - U10 = (1 - E / 2) (0.6 + 0.3 cos(A - A(20)) + 1.5 G4), m s-1
 * - V10 = (1 - E / 2) (0.2 - 0.5 cos(A - A(30)) + 1.5 G5), m s-1
 * - RH = 54 + 6 cos(A - A(215)) + 30 tanh(0.4 G6), %
 *
 * G are standard normal at every place and step, with a lag-1 correlation of 0.7; G2 shares 0.6 of
 * G6, the others are independent. The day's place in the year i is 0 to 364 by calendar, and 29
 * February is 58.5, between its neighbours: the yearly waves follow the calendar (P2.25) and are
 * pure waves once each 29 February is taken out. No field has a trend or varies between years.
 * Values are rounded to float, as written.
 *
 * Every number is a function of (seed, region, place, step).
 */
#ifndef AIRSHED_KERNELS_CLIMATE_H
#define AIRSHED_KERNELS_CLIMATE_H

#include <stdint.h>

#include "base/status.h"
#include "kernels/landscape.h"

/** The order of P2.30. */
enum climate_field {
    CLIMATE_T2M,
    CLIMATE_TP,
    CLIMATE_SP,
    CLIMATE_U10,
    CLIMATE_V10,
    CLIMATE_RH,
    CLIMATE_FIELDS
};

/** Cells of the region along one cell of the weather's grid, which reaches half to one and a half
 *  of its cells beyond the region on every side: the centre of row j lies at
 *  south + (j - 0.5) CLIMATE_RATIO cells. */
enum {
    CLIMATE_RATIO = 10
};

/** What a day is like over the whole region. */
struct climate_day {
    int year;
    double years;                  /**< since the first step, of 365.25 days */
    double angle;                  /**< A(t) */
    double wind_u, wind_v;         /**< of the region, m s-1, anomalies and yearly wave included */
    double drift_x_km, drift_y_km; /**< way of what the wind carries since the first step */
    double stagnation;             /**< 0 or more, mean 1; see climate_create() */
};

/** Days and anomalies of the region. Read-only after its creation. */
struct climate;

/** Draws the days of @p steps from day @p first_day (days since 1970-01-01 of the standard
 * calendar).
 *
 *  What is carried moves by 0.15 of the day's wind: the net share of the way where breezes turn
 *  within the day (the recirculation of Allwine and Whiteman 1994). Stagnation builds up over calm
 *  days: the sum over the past week of 0.65^k c(t - k), c = exp(-(g4^2 + g5^2) / 0.98), divided by
 *  its mean, where g4 and g5 are the region's wind anomalies over their standard deviation. It is
 *  even in them and does not know the season, so it is uncorrelated with all six fields.
 */
enum status climate_create(const struct landscape *landscape, const struct landscape_region *region,
                           int64_t first_day, int64_t steps, struct climate **climate);

/** Releases *@p climate and sets it to NULL; NULL is allowed. */
void climate_destroy(struct climate **climate);

/** What climate_create() takes. */
int64_t climate_bytes(int64_t steps);

int64_t climate_rows(const struct climate *climate);
int64_t climate_cols(const struct climate *climate);
const struct climate_day *climate_day(const struct climate *climate, int64_t step);

/** Means over whole years of the six fields at node (row, col): the formulas without waves and
 *  anomalies, and for TP the mean of the square. */
void climate_means(const struct climate *climate, int64_t row, int64_t col,
                   double means[CLIMATE_FIELDS]);

/** Fills @p cols nodes of @p row from @p col for @p steps steps: @p values [CLIMATE_FIELDS, steps,
 *  cols]. @return STATUS_OK or STATUS_MEMORY */
enum status climate_fill(const struct climate *climate, int64_t row, int64_t col, int64_t cols,
                         int64_t step, int64_t steps, float *values);

/** Where cell @p index of the region lies between the nodes: between *node and *node + 1, at the
 *  returned share of the way. For rows and columns alike. */
double climate_place(int64_t index, int64_t *node);

#endif
