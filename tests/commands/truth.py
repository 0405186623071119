# airshed -- GPL-3.0-or-later. Expected values and bounds for tests/commands/truth.sh.
#
# The truth of `synth` (include/kernels/synthetic.h) is, in every cell and on every day,
#
#   pm25 = base + weather + rest,   weather = sum of a_i (m_i - r_i),
#   rest = season + background + plume + trend + noise
#
# with the coefficients a, the fields m and their means r. STL without robustness is a linear
# operator: P for a complete series, G for one with gaps, which depends on where they are alone. With
# X_i = P(m_i), least squares L on the steps with PM2.5 (intercept included, so a constant has no
# slopes), and overbars for means over those steps, `deweather` therefore has to find
#
#   complete: coef = a + e,  e = L P(rest)
#   gaps:     coef = a + e,  e = L [G(rest) + (G - P)(weather)]
#   deweathered = G(pm25) - sum of (a_i + e_i) (X_i - mean X_i)
#
# which is computed here in numpy from the parts. The fit and the removal are numpy's own, the
# operators P and G are `airshed stl` (equal to R and statsmodels by its own tests) applied to parts
# that `deweather` never sees. Only rounding to float remains; errors() bounds it.
#
# How large e is depends on the noise put in; spread() derives its standard error from it.
import os
import subprocess

import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

FIELDS = ("t2m", "tp", "sp", "u10", "v10", "rh")
REST = ("season", "background", "plume", "trend", "noise")
EPOCH = "days since 2012-01-01 00:00:00"
STEPS = 3653
DAYS = np.arange(STEPS, dtype=float)
DATES = np.datetime64("2012-01-01") + np.arange(STEPS)
YEAR = DATES.astype("datetime64[Y]").astype(int) + 1970
IS_LEAP_DAY = np.char.endswith(DATES.astype(str), "-02-29")
PLUS = 2.0**20  # what remains of a rounding is stored so many times larger: a power of two is exact


# ---- STL of anything --------------------------------------------------------------------------

def run(*arguments):
    program = os.environ.get("BUILD", "build") + "/airshed"
    subprocess.run([program, *arguments, "--quiet"], check=True)


def baselines(folder, name, series):
    """Trend plus seasonal of series [STEPS, n] that floats hold exactly, and the most that rounding
    both parts to float can have changed."""
    assert np.array_equal(np.float32(series), series, equal_nan=True)
    rows = -(-series.shape[1] // 48)
    stack = np.zeros((STEPS, rows * 48))
    stack[:, :series.shape[1]] = series
    write(f"{folder}/{name}.nc", {"x": Variable(stack.reshape(STEPS, rows, 48), "1")}, DAYS,
          0.1 * np.arange(rows), 0.1 * np.arange(48), epoch=EPOCH)
    run("stl", f"{folder}/{name}.nc", "-o", f"{folder}/{name}-stl.nc", "--overwrite")
    parts = [read(f"{folder}/{name}-stl.nc", p).reshape(STEPS, -1)[:, :series.shape[1]]
             for p in ("trend", "seasonal")]
    return sum(parts), sum(half_ulp(part) for part in parts)


# ---- the region -------------------------------------------------------------------------------

class Weather:
    """The fields at the nodes of their grid, and how cells lie between them."""

    def __init__(self, folder, lat, lon):
        self.nodes, self.offsets = [], []
        for key in FIELDS:
            values = read(f"{folder}/met.nc", key).reshape(STEPS, -1)
            # Temperature and pressure less a constant: exact within a factor of two (Sterbenz), and
            # their baselines then have small units in the last place.
            offset = float(np.float32(np.median(values))) if key in ("t2m", "sp") else 0.0
            self.nodes.append(values - offset)
            self.offsets.append(offset)
        rows = self.weights(read(f"{folder}/met.nc", "lat"), lat)
        cols = self.weights(read(f"{folder}/met.nc", "lon"), lon)
        self.between = np.einsum("ij,kl->ikjl", rows, cols).reshape(rows.shape[0] * cols.shape[0], -1)
        self.needed = np.flatnonzero(self.between.any(axis=1))

    @staticmethod
    def weights(nodes, places):
        """Linear interpolation: what each node gives to each place."""
        return np.array([np.interp(places, nodes, unit) for unit in np.eye(len(nodes))])

    def at_cells(self, nodes):
        return np.array([values @ self.between[self.needed] for values in nodes])

    def dealt(self, folder):
        """One after another: baselines of the fields at cells with their years dealt anew."""
        orders = list(orders_of_years(np.random.RandomState(7)))
        return (self.at_cells(x) for x, _ in self.baselines(folder, "dealt", orders))

    def baselines(self, folder, name, orders):
        """For each order of the years: baselines of the fields at the nodes, and their rounding."""
        series = [values[order][:, self.needed] for order in orders for values in self.nodes]
        found, rounding = baselines(folder, name, np.concatenate(series, axis=1))
        split = lambda every: np.split(every, len(orders), axis=1)
        six = lambda some: np.split(some, len(FIELDS), axis=1)
        return [(six(x), six(dx)) for x, dx in zip(split(found), split(rounding))]


class Region:
    """Truth and what was found, cells in one axis."""

    def __init__(self, folder, truth=None):
        self.folder, truth = folder, (truth or folder) + "/truth.nc"
        part = lambda name: read(truth, name).reshape(-1, 144)
        self.parts = {name: part(name) for name in REST}
        self.weather, self.area = part("weather"), part("area")[0] > 0
        self.slope = part("trend_slope")[0]
        self.base, self.coef, self.reference = part("base")[0], part("coef"), part("reference")
        self.fields = Weather(folder, read(truth, "lat"), read(truth, "lon"))
        self.pm = read(f"{folder}/pm25.nc", "pm25").reshape(STEPS, 144)
        self.used = ~np.isnan(self.pm)
        self.rest = sum(self.parts.values())
        self.rest32 = np.float32(self.rest).astype(float)
        shift = np.array(self.fields.offsets)[:, None] - self.reference
        fields = self.fields.at_cells([values[:, self.fields.needed] for values in self.fields.nodes])
        self.reply = sum(a * (m + s) for a, m, s in zip(self.coef[1:], fields, shift))
        self.reply_rounding = sum(2.0**-24 * np.abs(a * (m + s)) + np.abs(a) * half_ulp(r) for a, m, s, r in
                                  zip(self.coef[1:], fields, shift, self.reference))
        self.shift = shift
        (x, dx), = self.fields.baselines(folder, "fields", [np.arange(STEPS)])
        self.x, self.dx = self.fields.at_cells(x), self.fields.at_cells(dx)

    def found(self, name, options=""):
        return read(f"{self.folder}/on1{options}/out.nc", name).reshape(-1, 144)


def yearly(values):
    return np.array([values[YEAR == year].mean(axis=0) for year in np.unique(YEAR)])


# ---- least squares of all cells at once -------------------------------------------------------

class Fit:
    """Regression on x [6, STEPS, cells] with intercept over the steps used [STEPS, cells]."""

    def __init__(self, x, used):
        self.x, self.used, self.n = x, used, used.sum(axis=0)
        self.mean = np.einsum("itc,tc->ic", x, used) / self.n
        # Fields in units of their spread: the normal equations are then conditioned by the
        # correlation of the fields alone (a condition below 1e3 loses 1e-13).
        self.z = x - self.mean[:, None]
        self.z *= used
        self.scale = np.sqrt(np.einsum("itc,itc->ic", self.z, self.z))
        self.z /= self.scale[:, None]
        gram = np.einsum("itc,jtc->cij", self.z, self.z)
        self.condition = np.linalg.cond(gram).max()
        self.inverse_of_scaled = np.linalg.inv(gram)
        self.inverse = self.inverse_of_scaled / np.einsum("ic,jc->cij", self.scale, self.scale)

    def slopes(self, products):
        """Slopes [6, cells] from the products of z and y."""
        return np.einsum("cij,jc->ic", self.inverse_of_scaled, products) / self.scale

    def solve(self, y):
        """Intercept and slopes [7, cells]."""
        y = np.where(self.used, y, 0)
        slopes = self.slopes(np.einsum("itc,tc->ic", self.z, y))
        return np.concatenate([[y.sum(axis=0) / self.n - (slopes * self.mean).sum(axis=0)], slopes])

    def errors(self, y, dy, dx, e):
        """How far errors dy of y and dx of x can move the solution e (first order, Stewart and Sun
        1990: de = X+ (dy - dX e) + (X'X)^-1 dX' residual; doubled for what is beyond it and for
        sums in double, some 1e-12)."""
        norm = lambda values: np.sqrt(((values * self.used)**2).sum(axis=-2))
        residual = norm(y - e[0] - (self.x * e[1:, None]).sum(axis=0))
        columns = norm(dx)
        moved = norm(dy) + (columns * np.abs(e[1:])).sum(axis=0)
        diagonal = np.sqrt(np.einsum("cii->ic", self.inverse))
        slopes = 2 * (diagonal * moved
                      + np.einsum("cij,jc->ic", np.abs(self.inverse), columns) * residual)
        mean = lambda values: np.where(self.used, values, 0).sum(axis=-2) / self.n
        intercept = mean(dy) + (slopes * np.abs(self.mean) + np.abs(e[1:]) * mean(dx)).sum(axis=0)
        return np.concatenate([[intercept], slopes])


# ---- 1: what must be found, to rounding -------------------------------------------------------

class Expected:
    """Error e of the coefficients and the deweathered series, from the parts; bounds of both."""

    def __init__(self, region, y, dy, more=0.0):
        """y: G(pm25) less base and sum of a_i (X_i - r_i), with rounding dy."""
        self.fit = Fit(region.x, region.used)
        self.y, self.more = y, more
        self.e = self.fit.solve(y)
        self.de = self.fit.errors(y, dy, region.dx, self.e)
        mean = self.fit.mean
        a = region.coef[1:]
        # X lies about the fields' offsets, so X - r is x + shift.
        self.weather_mean = (a * (mean + region.shift)).sum(axis=0)
        self.removed = (self.e[1:, None] * (region.x - mean[:, None])).sum(axis=0)
        self.deweathered = region.base + self.weather_mean + y - self.removed
        spread = (self.de[1:, None] * np.abs(region.x - mean[:, None])).sum(axis=0)
        dx = region.dx + np.where(region.used, region.dx, 0).sum(axis=1)[:, None] / self.fit.n
        # a_i X_i is added and taken away, each with the rounding of X; base is exact.
        self.bound = spread + dy + 2 * (dx * np.abs(a + self.e[1:])[:, None]).sum(axis=0)


def check_sum(region):
    """The parts add up: half a unit for each rounding to float on the way (coefficients and
    references are floats in the file), and 1e-9 for the sums in double."""
    check("the_weather_is_the_reply_to_its_fields", region.weather - region.reply,
          half_ulp(region.weather) + region.reply_rounding + 1e-9)
    check("the_parts_add_up_to_pm25", region.pm - region.base - region.weather - region.rest,
          half_ulp(region.pm) + 1e-9)
    intercept = (region.base + region.rest.mean(axis=0)
                 - (region.coef[1:] * region.reference).sum(axis=0))
    check("the_true_intercept_is_the_mean_rest_less_the_references", region.coef[0] - intercept,
          half_ulp(region.coef[0]) + half_ulp(region.base)
          + (np.abs(region.coef[1:]) * half_ulp(region.reference)
             + half_ulp(region.coef[1:]) * np.abs(region.reference)).sum(axis=0))


def expect_complete(region):
    """y = P(rest); the remainder of rounding is decomposed too, a million times larger."""
    left = np.float32((region.pm - region.base - region.reply - region.rest32) * PLUS).astype(float)
    found, rounding = baselines(region.folder, "rest", np.concatenate([region.rest32, left], axis=1))
    y = found[:, :144] + found[:, 144:] / PLUS
    dy = rounding[:, :144] + rounding[:, 144:] / PLUS
    # What float loses of `left` is 2^-24 of at most 1e-4, and P amplifies by less than ten.
    return Expected(region, y, dy + 1e-10), found[:, :144]


def expect_gappy(region):
    """y = G(rest) + (G - P)(weather): P(weather) is the sum of a_i (X_i - r_i)."""
    gaps = lambda values: np.where(region.used, values, np.nan)
    left = np.float32((region.pm - region.base - region.weather - region.rest32) * PLUS).astype(float)
    found, rounding = baselines(region.folder, "rest", np.concatenate(
        [gaps(region.rest32), gaps(region.weather), left], axis=1))
    rest, weather, left = np.split(found, 3, axis=1)
    a = region.coef[1:, None]
    more = weather - (a * (region.x + region.shift[:, None])).sum(axis=0)
    dy = sum(part / scale for part, scale in zip(np.split(rounding, 3, axis=1), (1, 1, PLUS)))
    dy = dy + (np.abs(a) * region.dx).sum(axis=0) + 1e-10
    return Expected(region, rest + more + left / PLUS, dy, more), rest


def check_exact(name, region, expected):
    coef = region.found("coef")
    # The intercept is counted from r: base - sum of a_i r_i, plus what the fit adds at x = 0.
    offsets = np.array(region.fields.offsets)[:, None]
    e = expected.e.copy()
    e[0] -= (e[1:] * offsets).sum(axis=0)
    de = expected.de.copy()
    de[0] += (de[1:] * offsets).sum(axis=0)
    true = region.coef.copy()
    true[0] = region.base - (region.coef[1:] * region.reference).sum(axis=0)
    check(f"coefficients_of_the_{name}_region_are_the_truth_and_what_the_rest_adds",
          coef - true - e, de + half_ulp(coef))
    # A tight bound is what makes this a test: errors e of one part in a thousand would be seen.
    loose = ((de + half_ulp(coef)).max(axis=1) / np.sqrt((e**2).mean(axis=1))).max()
    check_true(f"bounds_of_the_{name}_region_are_a_thousandth_of_the_errors", loose < 1e-3, loose)
    check_true(f"the_fit_of_the_{name}_region_is_well_conditioned", expected.fit.condition < 1e3)
    found = region.found("deweathered")
    check(f"the_deweathered_{name}_region_is_the_rest_on_mean_weather",
          found - expected.deweathered, expected.bound + half_ulp(found))
    check_true(f"every_cell_of_the_{name}_region_is_fitted_on_its_observations",
               (region.found("used")[0] == region.used.sum(axis=0)).all()
               and (region.found("reason") == 0).all())


# ---- 2: within the noise put in ---------------------------------------------------------------

DEALS = 19
STUDENTS = 6.0


def orders_of_years(random):
    """Steps with the years dealt anew, the first order left as it is. 29 February keeps its value:
    --calendar-days calendar takes it out."""
    places = np.flatnonzero(~IS_LEAP_DAY).reshape(-1, 365)
    for _ in range(DEALS):
        order = np.arange(STEPS)
        order[places.ravel()] = places[random.permutation(len(places))].ravel()
        yield order


def check_statistical(name, region, expected, rest):
    """The mean over cells of coef - a, against standard errors from the noise put in.

    e = (X'X)^-1 X' P(rest) has the covariance (X'X)^-1 X' Cov(P rest) X (X'X)^-1. Cells are not
    independent (haze and weather are common to the region) and baselines remember for years, so
    Cov is diagonal neither in cells nor in steps. It is estimated in two ways, with years as the
    independent units: weather and noise remember 16 days at most. k is STUDENTS, 6. Gaps add
    L (G - P)(weather), which is known from the truth and the same gaps and taken from e first."""
    error = (region.found("coef") - region.coef)[1:].mean(axis=1)
    more = np.broadcast_to(expected.more, rest.shape)
    by_gaps = expected.fit.solve(more)[1:].mean(axis=1)
    mean, dealt = deal_years(region, rest)
    check(f"coefficients_of_the_{name}_region_are_as_with_other_weather", error - by_gaps - mean,
          STUDENTS * dealt)
    clustered = years_apart(region, expected.fit)
    check(f"coefficients_of_the_{name}_region_are_true_within_the_noise", error - by_gaps,
          STUDENTS * clustered)
    check(f"gaps_add_less_than_the_noise_to_the_{name}_region", by_gaps, STUDENTS * clustered)
    # The bounds tell the sign of every coefficient, or nothing would be known.
    bound = STUDENTS * np.maximum(dealt, clustered) / np.abs(region.coef[1:].mean(axis=1))
    check_true(f"coefficients_of_the_{name}_region_exceed_their_bounds", (bound < 1).all(), bound)


def deal_years(region, rest):
    """Mean and standard error of e from the weather's own years, in another order.

    Years of weather are alike, independent of one another and (plumes confined) of rest. Dealing
    them anew leaves the law of (X, rest) as it is, while all of rest, its trend and the sources'
    years included, stays as it was. Each deal is one more draw of e; 19 of them give its mean and
    deviation, and |e - mean| > 6 sd sqrt(1 + 1/19) has the probability P(|t_18| > 6) = 1.1e-5 for
    each coefficient (Student's t; e is a sum over thousands of days, so close to normal). What the
    deals keep, and the mean therefore holds, is the weather's yearly wave."""
    draws = []
    for x in region.fields.dealt(region.folder):
        draws.append(Fit(x, region.used).solve(rest)[1:].mean(axis=1))
    return np.mean(draws, axis=0), np.std(draws, axis=0, ddof=1) * np.sqrt(1 + 1 / DEALS)


def years_apart(region, fit):
    """Standard error of e from the noise's own years, the yearly wave included.

    e is the sum over years of (X'X)^-1 times the products of X and rest in that year: ten
    independent terms, since what is fixed in rest meets random weather. The variance of the sum is
    ten times theirs (a sandwich with years for clusters). Rest stands for its baseline, as P keeps
    the waves that X, a baseline itself, consists of. With ten terms |e| > 6 se has the probability
    P(|t_9| > 6) = 2.0e-4 for each coefficient."""
    rest = np.where(region.used, region.rest - region.rest.mean(axis=0), 0)
    terms = [fit.slopes(np.einsum("itc,tc->ic", fit.z[:, YEAR == year], rest[YEAR == year])).mean(axis=1)
             for year in np.unique(YEAR)]
    return np.sqrt(len(terms)) * np.std(terms, axis=0, ddof=1)


# ---- 3 and 4: trend and yearly means ----------------------------------------------------------

def check_years(name, region, expected, rest):
    """Yearly means of deweathered against those of the weatherless truth, base + season +
    background + plume + trend on mean weather. What lies between them, year k:

      smoothing_k  mean of G(rest) - rest, which STL leaves in its remainder
      noise_k      mean of the noise, which the truth leaves out
      gaps_k       mean of (G - P)(weather)
      weather_k    mean of sum of e_i (X_i - mean X_i): the errors of the coefficients times the
                   weather's own anomalies

    all known from the truth. The bound adds their sizes, and so holds whatever their signs."""
    true = yearly(region.base + region.rest - region.parts["noise"]) + expected.weather_mean
    found = yearly(region.found("deweathered"))
    rounding = yearly(expected.bound + half_ulp(region.found("deweathered")))
    between = [yearly(rest - region.rest) + yearly(region.parts["noise"]),
               yearly(np.broadcast_to(expected.more, rest.shape)), yearly(expected.removed)]
    size = sum(np.abs(part) for part in between) + rounding
    check(f"yearly_means_of_the_{name}_region_are_true_within_their_bound", found - true, size)
    check_slopes(name, region, true, between, rounding)


def pairs(years):
    one, two = np.triu_indices(years, 1)
    return one, two, (two - one)[:, None]


def slopes_of_pairs(values):
    """Slopes between all pairs of years of [years, cells]."""
    one, two, apart = pairs(len(values))
    return (values[two] - values[one]) / apart


def check_slopes(name, region, true, between, rounding):
    """Sen's slope is the median of the slopes between years. A median grows with each of its values:
    where those move by no more than `moved`, it lies between the medians of slopes - moved and
    slopes + moved."""
    found = read(f"{region.folder}/trend.nc", "slope").ravel()
    one, two, apart = pairs(len(true))
    moved = sum(np.abs(slopes_of_pairs(part)) for part in between)
    moved = moved + (rounding[one] + rounding[two]) / apart
    slopes = slopes_of_pairs(true)
    low, high = (np.median(slopes + sign * moved, axis=0) for sign in (-1, 1))
    check(f"slopes_of_the_{name}_region_are_true_within_their_bound", found - (low + high) / 2,
          (high - low) / 2 + half_ulp(found))
    check_trend(name, region, found, moved)


def check_trend(name, region, found, moved):
    """The trend put in, b a year, over cells without areas, where no sources come and go.

    The weatherless truth is there b k and the yearly means of season and background (and puffs),
    which move slopes between years like the rest; a year of 365 days has 365/365.25 of b, and leap
    years move means by less than a day: together less than 2e-3 of b."""
    away = ~region.area
    check_true(f"the_{name}_region_has_cells_in_areas_and_outside", 20 < away.sum() < 124, away.sum())
    others = yearly(sum(region.parts[part] for part in ("season", "background", "plume")))
    bound = np.median(moved + np.abs(slopes_of_pairs(others)), axis=0) + 2e-3 * np.abs(region.slope)
    check(f"slopes_outside_areas_of_the_{name}_region_are_the_trend_put_in",
          (found - region.slope)[away], bound[away])
    check(f"the_mean_slope_outside_areas_of_the_{name}_region_is_the_trend_put_in",
          (found - region.slope)[away].mean(), bound[away].mean())
    check_true(f"the_trend_put_into_the_{name}_region_exceeds_its_bound",
               bound[away].mean() < np.abs(region.slope[away].mean()), bound[away].mean())


def check_removal(name, region):
    """P2.31 on the steps of the fit: recentring keeps the mean of the baseline, the literal removal
    leaves none. Each value is rounded by half a unit at most, and sums in double add 1e-9."""
    mean = lambda values: np.where(region.used, values, 0).sum(axis=0) / region.used.sum(axis=0)
    kept, baseline = region.found("deweathered"), region.found("baseline")
    literal = region.found("deweathered", "removalliteral")
    check(f"recentring_keeps_the_mean_of_the_{name}_region", mean(kept - baseline),
          mean(half_ulp(kept) + half_ulp(baseline)) + 1e-9)
    check(f"the_literal_removal_leaves_no_mean_in_the_{name}_region", mean(literal),
          mean(half_ulp(literal)) + 1e-9)


# ---- the regions ------------------------------------------------------------------------------

def spreading(folder):
    """Puffs that the wind carries are not independent of the weather, so no statistics here."""
    region = Region(folder)
    check_sum(region)
    expected, rest = expect_complete(region)
    check_exact("spreading", region, expected)
    check_years("spreading", region, expected, rest)


def confined(folder):
    region = Region(folder)
    check_sum(region)
    expected, rest = expect_complete(region)
    check_exact("confined", region, expected)
    check_statistical("confined", region, expected, rest)
    check_years("confined", region, expected, rest)
    check_removal("confined", region)


def gappy(folder, complete):
    region = Region(folder, complete)
    whole = read(f"{complete}/pm25.nc", "pm25").reshape(STEPS, 144)
    check("gaps_leave_what_is_observed_alone", (region.pm - whole)[region.used], 0)
    share = 1 - region.used.mean()
    check_true("gaps_are_there", 0.03 < share < 0.07, share)
    expected, rest = expect_gappy(region)
    check_exact("gappy", region, expected)
    check_statistical("gappy", region, expected, rest)
    check_years("gappy", region, expected, rest)
    check_removal("gappy", region)


# ---- 5: the calendar --------------------------------------------------------------------------

def make_peak(folder):
    """40 units on 19 July of each year, falling off as a Gaussian of standard deviation two days."""
    peak = np.array([np.datetime64(f"{year}-07-19") for year in YEAR])
    from_peak = (DATES - peak).astype(int) / 2
    series = np.float32(40 * np.exp(-from_peak**2 / 2)).reshape(-1, 1, 1)
    write(f"{folder}/peak.nc", {"x": Variable(series, "ug m-3")}, DAYS, [40.0], [116.0], epoch=EPOCH)


def peak(folder):
    """The check of P2.25: three 29 Februaries shift the naive axis by three days, where the flank
    falls 12 units a day; without them every year is the same, and a seasonal holds it."""
    largest = {}
    for mode in ("naive", "drop", "calendar", "interpolate"):
        remainder = read(f"{folder}/peak-{mode}.nc", "remainder").ravel()
        largest[mode] = np.nanmax(np.abs(remainder))
        missing = np.isnan(remainder)
        check_true(f"remainder_exists_with_{mode}",
                   np.array_equal(missing, IS_LEAP_DAY if mode == "drop" else np.zeros(STEPS, bool)))
    check_true("a_calendar_peak_drifts_with_naive", 5 < largest["naive"] < 7, largest)
    check_true("a_calendar_peak_is_seasonal_with_drop", largest["drop"] < 0.2, largest)
    check_true("a_calendar_peak_is_seasonal_with_calendar", largest["calendar"] < 0.2, largest)
    check_true("interpolation_drifts_less_than_naive", largest["interpolate"] < largest["naive"], largest)


main({"spreading": spreading, "confined": confined, "gappy": gappy, "make_peak": make_peak,
      "peak": peak})
