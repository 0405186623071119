# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/deweather.sh.
#
# The expected values take another road than the program: `airshed stl` (checked against R and
# statsmodels by its own test) decomposes each variable into a file, and numpy fits and removes.
import os
import subprocess

import numpy as np

import stl_reference
from cubes import Variable, check, check_true, half_ulp, main, read, write, write_daily

STEPS, ROWS, COLS = 800, 5, 7
DAYS = np.arange(STEPS, dtype=float)
LEAP = 424  # 29 February 2016
LAT, LON = 39.0 + 0.1 * np.arange(ROWS), 115.0 + 0.1 * np.arange(COLS)
# Standard name, unit, mean, amplitude, and effect on the pollution of one unit.
FIELDS = {
    "t2m": ("air_temperature", "K", 285.0, 12.0, 0.8),
    "tp": ("lwe_thickness_of_precipitation_amount", "m", 0.004, 0.003, -900.0),
    "sp": ("surface_air_pressure", "Pa", 99000.0, 900.0, 0.01),
    "u10": ("eastward_wind", "m s-1", 0.5, 2.0, -1.5),
    "v10": ("northward_wind", "m s-1", -0.5, 2.5, 2.5),
    "rh": ("relative_humidity", "%", 55.0, 15.0, 0.3),
}


def field(random, mean, amplitude, rows, cols, steps):
    """A yearly cycle that changes from year to year, other in each cell, and weather on top."""
    day = np.arange(steps)[:, None, None]
    phase = 6.28 * random.rand(rows, cols)
    return (mean + amplitude * np.cos(2 * np.pi * day / 365 + phase) * (1 + day / 4000)
            + 0.3 * amplitude * np.cos(2 * np.pi * day / 1500 + 3 * phase)
            + 0.3 * amplitude * random.randn(steps, rows, cols))


def weather_variables(values):
    return {key: Variable(v, FIELDS[key][1], standard_name=FIELDS[key][0]) for key, v in values.items()}


def make(folder):
    random = np.random.RandomState(11)
    met = {key: field(random, f[2], f[3], ROWS, COLS, STEPS).astype(np.float32)
           for key, f in FIELDS.items()}
    pm = 70 + random.gamma(2, 8, (STEPS, ROWS, COLS)) + 0.01 * DAYS[:, None, None]
    pm += sum(f[4] * (met[key] - f[2]) for key, f in FIELDS.items())
    pm = pm.astype(np.float32)
    write(f"{folder}/pm.nc", {"pm25": Variable(pm, "ug m-3")}, DAYS, LAT, LON)
    write(f"{folder}/met.nc", weather_variables(met), DAYS, LAT, LON)
    gappy_pm, gappy_met = pm.copy(), {key: v.copy() for key, v in met.items()}
    gappy_pm[100:130, 0, 0] = np.nan
    gappy_pm[11::97, 2, :4] = np.nan
    gappy_pm[:, 4, 6] = np.nan
    gappy_met["t2m"][300:320, 0, :2] = np.nan
    gappy_met["rh"][5::61, 3, 3] = np.nan
    gappy_met["sp"][:, 4, 0] = np.nan
    write(f"{folder}/gappy-pm.nc", {"pm25": Variable(gappy_pm, "ug m-3")}, DAYS, LAT, LON)
    write(f"{folder}/gappy-met.nc", weather_variables(gappy_met), DAYS, LAT, LON)
    make_forms(folder, random)
    make_coarse(folder, random, pm)
    make_units(folder, pm, met)
    make_drawn(folder, random)


def make_forms(folder, random):
    """One set of values in three forms; a row takes more than the 1 MB that --memory is rounded to."""
    steps, cols = 90, 320
    lon = 100.0 + 0.1 * np.arange(cols)
    met = {key: field(random, f[2], f[3], ROWS, cols, steps) for key, f in FIELDS.items()}
    pm = 70 + random.gamma(2, 8, (steps, ROWS, cols))
    pm[random.rand(*pm.shape) < 0.01] = np.nan
    pollution = {"pm25": Variable(pm.astype(np.float32), "ug m-3")}
    weather = weather_variables({key: v.astype(np.float32) for key, v in met.items()})
    for name, variables in (("pm", pollution), ("met", weather)):
        write(f"{folder}/classic-{name}.nc", variables, DAYS[:steps], LAT, lon)
        write(f"{folder}/packed-{name}.nc", variables, DAYS[:steps], LAT, lon, form="NETCDF4", north_up=True)
        write_daily(f"{folder}/daily-{name}", variables, DAYS[:steps], LAT, lon)


# ---- coarse weather ---------------------------------------------------------------------------

def bilinear(coarse, lat, lon, to_lat, to_lon):
    """Plain bilinear interpolation between cell centres."""
    row = np.clip(((to_lat - lat[0]) / (lat[1] - lat[0])).astype(int), 0, len(lat) - 2)
    col = np.clip(((to_lon - lon[0]) / (lon[1] - lon[0])).astype(int), 0, len(lon) - 2)
    north = np.round((to_lat - lat[row]) / (lat[1] - lat[0]) * 20) / 20
    east = np.round((to_lon - lon[col]) / (lon[1] - lon[0]) * 20) / 20
    n, e = north[:, None], east[None, :]
    part = lambda r, c: coarse[:, (row + r)[:, None], (col + c)[None, :]]
    return ((1 - n) * (1 - e) * part(0, 0) + (1 - n) * e * part(0, 1)
            + n * (1 - e) * part(1, 0) + n * e * part(1, 1))


def make_coarse(folder, random, pm):
    """Weather ten times coarser. Weights are twentieths, values multiples of 400 units in the last
    place of a small power of two: what is interpolated is exact in float, so that both roads start
    from the same numbers."""
    lat, lon = 38.45 + 1.0 * np.arange(3), 114.45 + 1.0 * np.arange(3)
    quantum = {"t2m": 2**-10, "tp": 2**-25, "sp": 2**-4, "u10": 2**-14, "v10": 2**-14, "rh": 2**-12}
    coarse, fine = {}, {}
    for key, f in FIELDS.items():
        unit = 400 * quantum[key]
        coarse[key] = np.round(field(random, f[2], f[3], 3, 3, STEPS) / unit) * unit
        between = bilinear(coarse[key], lat, lon, LAT, LON)
        fine[key] = np.round(between / quantum[key]) * quantum[key]
        assert np.abs(fine[key] - between).max() < 1e-6 * quantum[key]
        assert np.array_equal(np.float32(fine[key]), fine[key])
    write(f"{folder}/coarse-met.nc", weather_variables(coarse), DAYS, lat, lon)
    write(f"{folder}/fine-met.nc", weather_variables(fine), DAYS, LAT, LON)
    # Weather that ends at 115.5 degrees: the last column lies beyond.
    write(f"{folder}/short-met.nc", weather_variables({k: v[:, :, :2] for k, v in coarse.items()}), DAYS,
          lat, lon[:2] - 0.45)
    # A gap in one coarse cell, which only the two last columns feel, with less than half the weight.
    holed = {key: v.copy() for key, v in coarse.items()}
    holed["t2m"][50:60, 1, 2] = np.nan
    write(f"{folder}/holed-met.nc", weather_variables(holed), DAYS, lat, lon)


def make_units(folder, pm, met):
    """The same weather in other units; those that convert exactly in float."""
    other = weather_variables(met)
    other["sp"] = Variable(met["sp"], "Pa", standard_name=FIELDS["sp"][0])
    named = {"pressure_in_hpa": Variable(np.float32(met["sp"]), "hPa")}
    hundred = weather_variables(met)
    hundred["sp"] = Variable(np.float32(100 * met["sp"].astype(np.float64)), "Pa",
                             standard_name=FIELDS["sp"][0])
    del other["sp"]
    write(f"{folder}/hpa-met.nc", other | named, DAYS, LAT, LON)
    write(f"{folder}/pa-met.nc", hundred, DAYS, LAT, LON)
    wrong = weather_variables(met)
    wrong["t2m"].units = "m s-1"
    write(f"{folder}/wrong-met.nc", wrong, DAYS, LAT, LON)


# ---- the other road ---------------------------------------------------------------------------

def run(*arguments):
    program = os.environ.get("BUILD", "build") + "/airshed"
    subprocess.run([program, *arguments, "--quiet"], check=True)


class Cell:
    """Baselines of one cell as `stl` wrote them, with the most that rounding can have changed."""

    def __init__(self, folder, pm, met, options, name):
        series = [read(pm, "pm25")] + [read(met, key) for key in FIELDS]
        stack = np.concatenate(series, axis=1)
        lat = 0.1 * np.arange(stack.shape[1])
        write(f"{folder}/{name}-in.nc", {"x": Variable(stack, "1")}, DAYS, lat, LON)
        run("stl", f"{folder}/{name}-in.nc", "-o", f"{folder}/{name}-stl.nc", *options)
        parts = [read(f"{folder}/{name}-stl.nc", part) for part in ("trend", "seasonal")]
        shape = (STEPS, len(series), ROWS, COLS)
        self.baseline = sum(parts).reshape(shape)
        self.rounding = sum(half_ulp(part) for part in parts).reshape(shape)
        self.observed = ~np.isnan(stack.reshape(shape)).any(axis=1)


def fit_and_remove(y, x, used, removal):
    """Least squares with intercept by numpy's SVD, and what is left of y at every step."""
    design = np.column_stack([np.ones(used.sum()), x[used]])
    scale = np.linalg.norm(design, axis=0)
    coefficients = np.linalg.lstsq(design / scale, y[used], rcond=None)[0] / scale
    weather = x @ coefficients[1:]
    mean = x[used].mean(axis=0) @ coefficients[1:]
    left = {"recentre": y - (weather - mean), "keep-intercept": y - weather,
            "literal": y - weather - coefficients[0]}[removal]
    return coefficients, left


def rounding_bound(y, x, used, dy, dx, coefficients):
    """How far errors dy of y and dx of x can move coefficients and the values left (first order:
    da = X+ (dy - dX a) + (X'X)^-1 dX' r; doubled for what is beyond it)."""
    design = np.column_stack([np.ones(used.sum()), x[used]])
    triangle = np.linalg.inv(np.linalg.qr(design, mode="r"))
    inverse = triangle @ triangle.T
    residual = np.linalg.norm(y[used] - design @ coefficients)
    column = np.concatenate([[0], np.linalg.norm(dx[used], axis=0)])
    moved = np.linalg.norm(dy[used]) + column @ np.abs(coefficients)
    da = 2 * (np.sqrt(np.diag(inverse)) * moved + np.abs(inverse) @ column * residual)
    # Deviations from the means are what the slopes multiply in the recentred result.
    centred = np.abs(x - x[used].mean(axis=0))
    spread = centred @ da[1:] + 2 * (dx @ np.abs(coefficients[1:]) + dx[used].mean(axis=0)
                                     @ np.abs(coefficients[1:])) + 2 * dy
    return da, spread


def compare(name, folder, product, cell, removal="recentre"):
    """The product against baselines of `stl`, numpy's fit and the removal, cell by cell."""
    deweathered, baseline = read(product, "deweathered"), read(product, "baseline")
    coef, reason, used_map = read(product, "coef"), read(product, "reason"), read(product, "used")
    worst = {"baseline": [], "coef": [], "deweathered": []}
    looseness = 0
    matched = True
    for row in range(ROWS):
        for col in range(COLS):
            b, e = cell.baseline[:, :, row, col], cell.rounding[:, :, row, col]
            exists = ~np.isnan(b).any(axis=1)
            used = exists & cell.observed[:, row, col]
            matched &= used_map[row, col] == used.sum()
            if not exists.any():
                matched &= bool(np.isnan(deweathered[:, row, col]).all()) and reason[row, col] != 0
                continue
            y, x = b[:, 0], b[:, 1:]
            coefficients, left = fit_and_remove(y, np.nan_to_num(x), used, removal)
            da, spread = rounding_bound(y, np.nan_to_num(x), used, e[:, 0], np.nan_to_num(e[:, 1:]),
                                        coefficients)
            shift = {"recentre": 0, "keep-intercept": np.nan_to_num(x)[used].mean(axis=0) @ da[1:],
                     "literal": 0}[removal]
            matched &= np.array_equal(np.isnan(deweathered[:, row, col]), ~exists)
            matched &= reason[row, col] == 0
            looseness = max(looseness, spread.max() / np.ptp(left - y))
            worst["baseline"].append(ratio(baseline[exists, row, col] - y[exists],
                                           e[exists, 0] + half_ulp(y[exists])))
            worst["coef"].append(ratio(coef[:, row, col] - coefficients,
                                       da + half_ulp(coefficients)))
            worst["deweathered"].append(ratio((deweathered[:, row, col] - left)[exists],
                                              (spread + shift + half_ulp(left))[exists]))
    check_true(f"{name}_values_exist_where_they_must", matched)
    check_true(f"{name}_bounds_are_far_below_the_effect_of_weather", looseness < 0.01, looseness)
    for what, ratios in worst.items():
        check(f"{name}_{what}_of_{len(ratios)}_cells_in_bounds", ratios, 1.0)


def ratio(difference, bound):
    worst = np.max(np.abs(difference) / bound)
    return np.inf if np.isnan(worst) else worst


def other_road(folder):
    for name, options, removals in (
            ("plain", [], ("recentre", "keep-intercept", "literal")),
            ("robust", ["--robust", "--preset", "r"], ("recentre",)),
            ("periodic", ["--seasonal", "periodic", "--calendar-days", "drop"], ("literal",)),
            ("interpolate", ["--calendar-days", "interpolate"], ("recentre",)),
            ("naive", ["--calendar-days", "naive", "--preset", "exact"], ("keep-intercept",))):
        cell = Cell(folder, f"{folder}/pm.nc", f"{folder}/met.nc", options, name)
        for removal in removals:
            one_pass(f"{name}_{removal}", folder, "pm.nc", "met.nc", cell, options, removal)
    for window in ("nearest", "fixed"):
        options = ["--gap-window", window]
        cell = Cell(folder, f"{folder}/gappy-pm.nc", f"{folder}/gappy-met.nc", options, f"gappy-{window}")
        one_pass(f"gappy_{window}", folder, "gappy-pm.nc", "gappy-met.nc", cell, options, "recentre")
    check_keeps_mean(folder)


def one_pass(name, folder, pm, met, cell, options, removal):
    product = f"{folder}/{name}.nc"
    run("deweather", f"{folder}/{pm}", "--met", f"{folder}/{met}", "-o", product, "--removal", removal,
        *options)
    compare(f"one_pass_{name}", folder, product, cell, removal)


def check_keeps_mean(folder):
    """P2.31: recentring keeps the mean of a cell, the literal removal leaves none."""
    means = {r: read(f"{folder}/plain_{r}.nc", "deweathered").mean(axis=0)
             for r in ("recentre", "literal")}
    baseline = read(f"{folder}/plain_recentre.nc", "baseline")
    bound = half_ulp(baseline).max() * 2
    check("recentring_keeps_the_mean", means["recentre"] - baseline.mean(axis=0), bound)
    check("the_literal_removal_leaves_no_mean", means["literal"], bound)


def coarse(folder):
    """P2.29: decomposed on its own grid, or interpolated first: the same baselines but for the
    order of sums in double, so the same numbers but for one unit in the last place of float."""
    names = ("deweathered", "coef", "r2", "baseline")
    own, fine, holed = ({v: read(f"{folder}/{road}.nc", v) for v in names}
                        for road in ("own", "fine", "holed"))
    check_true("both_roads_give_every_value", not np.isnan(own["deweathered"]).any())
    # Baselines are sums in double of numbers up to 1e5 (pressure): they differ by some 1e-11
    # relative, which the fit amplifies by its condition at most. Terms are of the size of the
    # values; the bound of 1e-6 leaves the result's own rounding as the larger part.
    condition = read(f"{folder}/own.nc", "condition").max()
    check_true("the_regression_is_well_conditioned", condition < 1e4, condition)
    for name, values in own.items():
        scale = np.abs(values).max(axis=(1, 2), keepdims=True) if name == "coef" else np.abs(values)
        bound = 2 * half_ulp(values) + 1e-11 * condition * scale
        check(f"own_grid_and_fine_grid_agree_in_{name}", values - fine[name], bound)
        away = (..., slice(0, 5))
        check(f"cells_away_from_a_gap_do_not_feel_it_in_{name}", (values - holed[name])[away],
              bound[away])
    check_true("a_gap_of_less_than_half_the_weight_is_bridged", not np.isnan(holed["deweathered"]).any())
    short = read(f"{folder}/short.nc", "reason")
    check_true("cells_beyond_the_weather_have_a_reason",
               (short[:, :6] == 0).all() and (short[:, 6] == 11).all(), short)
    check_true("cells_beyond_the_weather_are_missing",
               np.isnan(read(f"{folder}/short.nc", "deweathered")[:, :, 6]).all())


# ---- replicates -------------------------------------------------------------------------------

PERIOD, DRAWN_STEPS = 30, 240  # days of 2015, without a 29 February


def make_drawn(folder, random):
    """Short series of three blocks of lanes; beside them gaps, one at the end, and an empty cell."""
    shape = (DRAWN_STEPS, 3, 7)
    lat, lon = LAT[:3], LON
    met = {key: field(random, f[2], f[3], *shape[1:], DRAWN_STEPS).astype(np.float32)
           for key, f in FIELDS.items()}
    pm = 70 + 9 * np.cos(2 * np.pi * np.arange(DRAWN_STEPS) / PERIOD)[:, None, None] + random.normal(0, 8, shape)
    pm = (pm + sum(f[4] * (met[key] - f[2]) for key, f in FIELDS.items())).astype(np.float32)
    for name in ("drawn", "lacking"):
        if name == "lacking":
            pm, met = pm.copy(), {key: v.copy() for key, v in met.items()}
            pm[random.rand(*shape) < 0.05] = np.nan
            pm[-9:, 0, :3] = pm[:4, 1, 2] = pm[50:70, 1, 3] = np.nan
            pm[:, 2, 2] = np.nan
            met["t2m"][40:52, 0, 1:4] = np.nan
        write(f"{folder}/{name}-pm.nc", {"pm25": Variable(pm, "ug m-3")}, DAYS[:DRAWN_STEPS], lat, lon)
        write(f"{folder}/{name}-met.nc", weather_variables(met), DAYS[:DRAWN_STEPS], lat, lon)


def philox(counter, key):
    """Philox 4x32 with ten rounds (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def stream_of(name):
    hashed = 2166136261  # FNV-1a
    for byte in name.encode():
        hashed = (hashed ^ byte) * 16777619 & 0xFFFFFFFF
    return hashed


def below(seed, stream, item, draw, bound):
    """An integer below the bound: draw of an item of a stream (include/base/random.h, Lemire 2019)."""
    for attempt in range(256):
        high = draw // 2 | attempt << 56
        words = philox((item & 0xFFFFFFFF, item >> 32, high & 0xFFFFFFFF, high >> 32), (seed, stream))
        product = (words[2 * (draw % 2)] | words[2 * (draw % 2) + 1] << 32) * bound
        if product % 2 ** 64 >= 2 ** 64 % bound:
            return product >> 64
    return None


def sources_of(seed, replicate, steps, block):
    """The step whose remainder each step gets: blocks from starts that only seed and number set."""
    starts = [below(seed, stream_of("deweather.replicates"), replicate, k, steps - block + 1)
              for k in range(-(-steps // block))]
    return np.array([starts[step // block] + step % block for step in range(steps)])


def decompose(y, is_robust=False):
    """Trend plus seasonal part: of a complete series by statsmodels, with gaps by the definition."""
    if np.isnan(y).any():
        return sum(stl_reference.decompose(y, PERIOD, 7, 59, 31, 5))
    from statsmodels.tsa.seasonal import STL
    parts = STL(y, period=PERIOD, robust=is_robust).fit()
    return parts.trend + parts.seasonal


def filled_remainders(y, baseline):
    """A gap has the next remainder that was observed, after the last one the first."""
    remainder, observed = y - baseline, ~np.isnan(y)
    places = np.flatnonzero(observed)
    following = places[np.searchsorted(places, np.arange(y.size)) % places.size]
    return remainder[following], observed


class DrawnCell:
    """A cell's series, what of it stays in each replicate, and the regressors."""

    def __init__(self, folder, name, row, col, is_robust):
        self.is_robust = is_robust
        self.pollution = read(f"{folder}/{name}-pm.nc", "pm25")[:, row, col]
        weather = [read(f"{folder}/{name}-met.nc", key)[:, row, col] for key in FIELDS]
        self.is_empty = np.isnan(self.pollution).all()
        if not self.is_empty:
            self.baseline = decompose(self.pollution, is_robust)
            self.weather = np.column_stack([decompose(w, is_robust) for w in weather])
            self.remainder, self.observed = filled_remainders(self.pollution, self.baseline)
            self.used = self.observed & ~np.isnan(weather).any(axis=0)

    def replicate(self, sources, removal):
        """Means of pollution and of what is left of it, and how far rounding can move the latter: parts
        agree with the peers to 1e-9 where values are of size 100 (fixtures), robust ones to 1e-8."""
        drawn = np.where(self.observed, self.baseline + self.remainder[sources], np.nan)
        smooth = decompose(drawn, self.is_robust)
        coefficients, left = fit_and_remove(smooth, self.weather, self.used, removal)
        relative = 1e-10 if self.is_robust else 1e-11
        dy = np.full(drawn.size, 3 * relative * np.abs(smooth).max())
        dx = np.ones_like(self.weather) * relative * np.abs(self.weather).max(axis=0)
        da, spread = rounding_bound(smooth, self.weather, self.used, dy, dx, coefficients)
        if removal == "keep-intercept":
            spread = spread + self.weather[self.used].mean(axis=0) @ da[1:]
        return drawn[self.observed].mean(), left[self.observed].mean(), spread[self.observed].mean()


def replicates(folder):
    """P2.47, number by number: each replicate from its own draws by Python, numpy and statsmodels."""
    check_true("philox_here_is_the_published_one",
               philox((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8])
    for label, name, removal, block, seed in (
            ("recentred", "drawn", "recentre", 7, 1), ("intercept", "drawn", "keep-intercept", 30, 1),
            ("literal", "drawn", "literal", 30, 9), ("robust", "drawn", "recentre", 30, 2 ** 31 + 5),
            ("gappy", "lacking", "recentre", 11, 1), ("longest_block", "lacking", "recentre", DRAWN_STEPS - 1, 1)):
        is_robust = label == "robust"
        product = f"{folder}/replicates-{label}.nc"
        run("deweather", f"{folder}/{name}-pm.nc", "--met", f"{folder}/{name}-met.nc", "-o", product, "--period",
            str(PERIOD), "--removal", removal, "--replicates", "3", "--block-days", str(block), "--seed",
            str(seed), *(["--robust"] if is_robust else []))
        compare_replicates(label, folder, name, product, removal, block, seed, is_robust)


def compare_replicates(label, folder, name, product, removal, block, seed, is_robust):
    found = [read(product, f"{part}_replicate") for part in ("pollution", "deweathered")]
    wanted, bounds = np.full((2, *found[0].shape), np.nan), np.zeros(found[0].shape)
    for row, col in np.ndindex(found[0].shape[1:]):
        cell = DrawnCell(folder, name, row, col, is_robust)
        for index in range(len(found[0])) if not cell.is_empty else ():
            sources = sources_of(seed, index, DRAWN_STEPS, block)
            *means, bounds[index, row, col] = cell.replicate(sources, removal)
            wanted[:, index, row, col] = means
    missing = np.isnan(wanted[0])
    check_true(f"{label}_replicates_are_missing_where_nothing_was_observed",
               all(np.array_equal(np.isnan(f), missing) for f in found) and missing.any() == (name == "lacking"))
    if removal != "literal" and block < DRAWN_STEPS // 2:  # or all means are nearly the same
        scatter = wanted[1][:, ~missing[0]].std(axis=0)
        check_true(f"{label}_replicates_are_told_apart",
                   (bounds.max(axis=0)[~missing[0]] < 0.01 * scatter).all(), scatter)
    check(f"{label}_replicates_have_the_pollution_of_their_draws", (found[0] - wanted[0])[~missing],
          (half_ulp(wanted[0]) + 1e-9)[~missing])
    check(f"{label}_replicates_are_refitted", (found[1] - wanted[1])[~missing],
          (half_ulp(wanted[1]) + bounds)[~missing])


def spread(folder, count):
    """Deviation over many replicates against closed forms. Draws of single steps are independent with
    the variance of the remainders: a mean of n steps has 1/n of it, and an intercept, linear in the
    pollution by smoother and least squares, the sum of its squared weights. Longer blocks: the
    variance of their sum over all starts. A variance of N nearly normal values is known to a relative
    sqrt(2 / N); the chance of 4.5 times that is below 1e-5 in each of the cells."""
    count = int(count)
    tolerance = 4.5 * np.sqrt(2 / count)
    smoother = np.column_stack([decompose(unit) for unit in np.eye(DRAWN_STEPS)])
    worst = {"means": [], "centres": [], "intercepts": [], "blocks": []}
    for row, col in np.ndindex(3, 7):
        cell = DrawnCell(folder, "drawn", row, col, False)
        design = np.column_stack([np.ones(DRAWN_STEPS), cell.weather])
        scale = np.linalg.norm(design, axis=0)
        weights = (np.linalg.pinv(design / scale)[0] / scale[0]) @ smoother
        at = (slice(None), row, col)
        single = [read(f"{folder}/single.nc", f"{part}_replicate")[at] for part in ("pollution", "deweathered")]
        blocks = read(f"{folder}/blocks.nc", "pollution_replicate")[at]
        variance = cell.remainder.var()
        error = np.sqrt(variance / DRAWN_STEPS)
        sums = np.convolve(cell.remainder, np.ones(PERIOD), mode="valid")
        worst["means"].append(single[0].var(ddof=1) / error ** 2 - 1)
        worst["centres"].append((single[0].mean() - cell.pollution.mean()) / error * np.sqrt(count))
        worst["intercepts"].append(single[1].var(ddof=1) / (variance * (weights ** 2).sum()) - 1)
        worst["blocks"].append(blocks.var(ddof=1) / (sums.var() * (DRAWN_STEPS // PERIOD) / DRAWN_STEPS ** 2) - 1)
    check("single_steps_spread_the_mean_as_independent_draws", worst["means"], tolerance)
    check("single_steps_keep_the_mean", worst["centres"], 4.5)
    check("intercepts_spread_as_least_squares_has_them", worst["intercepts"], tolerance)
    check("blocks_spread_the_mean_as_their_sums", worst["blocks"], tolerance)


def unmoved(plain, drawn):
    """Replicates change nothing of what is written without them."""
    names = ("baseline", "deweathered", "coef", "coef_se", "vif", "met_mean", "r2", "condition",
             "effective_size", "remainder_mean", "used", "reason")
    check_true("replicates_move_no_other_value",
               all(np.array_equal(read(plain, name), read(drawn, name), equal_nan=True) for name in names))


main({"make": make, "other_road": other_road, "coarse": coarse, "replicates": replicates, "spread": spread,
      "unmoved": unmoved})
