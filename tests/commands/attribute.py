# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/attribute.sh.
import csv
import re

import netCDF4
import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

ROWS, COLS, DAYS = 12, 10, 800
EPS = 2.0 ** -52
LAT, LON = 30 + 0.01 * np.arange(ROWS), 110 + 0.01 * np.arange(COLS)
INNER = (slice(3, 8), slice(2, 7))  # the area


def save(folder, name, pollution, baseline, deweathered, expected):
    days = np.arange(pollution.shape[0], dtype=float)
    for suffix, parts in (("pm", {"pm25": pollution}), ("expected", {"expected": expected}),
                          ("deweathered", {"baseline": baseline, "deweathered": deweathered})):
        write(f"{folder}/{name}-{suffix}.nc",
              {key: Variable(value.astype(np.float32), "ug m-3") for key, value in parts.items()},
              days, LAT, LON)


def check_values(name, found, wanted, bound):
    """Missing in the same places, and within the bound elsewhere."""
    missing = np.isnan(wanted)
    if not np.array_equal(np.isnan(found), missing) or missing.all():
        check_true(name, False, "missing values differ, or nothing is there")
        return
    check(name, (found - wanted)[~missing], np.broadcast_to(bound, wanted.shape)[~missing])


def make(folder):
    random = np.random.RandomState(8)
    shape = (DAYS, ROWS, COLS)
    days = np.arange(DAYS)[:, None, None]
    baseline = 40 + 25 * np.cos(2 * np.pi * days / 365) + random.normal(0, 3, (ROWS, COLS))[None]
    pollution = np.maximum(baseline + random.normal(0, 12, shape), 0.2)
    deweathered = baseline + 3 * np.sin(days / 40)
    expected = np.full(shape, np.nan)
    expected[(slice(None), *INNER)] = (deweathered - random.uniform(0, 30, shape))[(slice(None), *INNER)]
    expected[:, 5, 4] = 1000  # negative everywhere
    pollution[random.rand(*shape) < 0.05] = np.nan
    pollution[:, 4, 3] = np.nan
    deweathered[30:60] = np.nan
    save(folder, "mixed", pollution, baseline, deweathered, expected)

    # Remainders in the area alone, all cells the same; a flat background.
    series = random.normal(0, 9, DAYS).cumsum() * 0.05 + random.normal(0, 2, DAYS)
    flat = np.full(shape, 50.0)
    base = flat.copy()
    base[(slice(None), *INNER)] = 70
    whole = base.copy()
    whole[(slice(None), *INNER)] += series[:, None, None]
    expected = np.full(shape, np.nan)
    expected[(slice(None), *INNER)] = 50
    save(folder, "drawn", whole, base, base, expected)
    # No remainders, and a background that varies.
    rough = base + random.normal(0, 4, (ROWS, COLS))[None]
    save(folder, "rough", rough, rough, rough, expected)


def parts(folder, name):
    pollution = read(f"{folder}/{name}-pm.nc", "pm25")
    ihs = read(f"{folder}/{name}-deweathered.nc", "deweathered") - read(f"{folder}/{name}-expected.nc",
                                                                        "expected")
    return pollution, ihs


def months_of(path):
    with netCDF4.Dataset(path) as file:
        time = file.variables["time"]
        return netCDF4.num2date(time[:], time.units, time.calendar)


def labels(path):
    with netCDF4.Dataset(path) as file:
        return file.variables["period"].flag_meanings.split()


def holds(label, date):
    """Whether a layer holds a day; winters belong to the year of their January."""
    if label == "all":
        return True
    year, season = (label.split("-") + [None])[:2]
    if season is None:
        return date.year == int(year)
    seasons = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
    return date.month in seasons[season] and date.year + (date.month == 12) == int(year)


def daily(folder):
    pollution, ihs = parts(folder, "mixed")
    path = f"{folder}/bytes/out.nc"
    background = pollution - ihs
    check_values("ihs_is_deweathered_less_expected", read(path, "ihs"), ihs, half_ulp(ihs))
    check_values("background_is_pollution_less_ihs", read(path, "background"), background,
                 half_ulp(background) + 2 * EPS * 1000)
    with np.errstate(invalid="ignore"):
        share = np.where(pollution >= 1, ihs / pollution, np.nan)
    check_values("shares_are_of_days_with_pollution_of_at_least_1", read(path, "share"), share,
                 half_ulp(share) + 4 * EPS * np.abs(share))
    check_values("the_clipped_copy_ends_at_0", read(path, "background_clipped"),
                 np.maximum(background, 0),
                 half_ulp(background) + 2 * EPS * 1000)
    check_true("the_background_is_negative_somewhere", (read(path, "background") < 0).any())


def period_sums(pollution, ihs, dates, label):
    chosen = np.array([holds(label, date) for date in dates])
    has = (chosen[:, None, None] & ~np.isnan(pollution) & ~np.isnan(ihs))
    low = has & (np.nan_to_num(pollution) >= 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(low, ihs / pollution, 0)
    return {"days": has.sum(0), "share_days": low.sum(0), "ratios": ratio.sum(0),
            "pollution": np.where(has, pollution, 0).sum(0), "ihs": np.where(has, ihs, 0).sum(0),
            "negative": (has & (np.nan_to_num(pollution) < np.nan_to_num(ihs))).sum(0)}


def periods(folder):
    pollution, ihs = parts(folder, "mixed")
    path = f"{folder}/bytes/out.nc"
    dates = months_of(path)
    for index, label in enumerate(labels(path)):
        sums = period_sums(pollution, ihs, dates, label)
        with np.errstate(invalid="ignore", divide="ignore"):
            wanted = {"pollution_mean": sums["pollution"] / sums["days"],
                      "ihs_mean": sums["ihs"] / sums["days"],
                      "background_mean": (sums["pollution"] - sums["ihs"]) / sums["days"],
                      "share_ratio_of_means": sums["ihs"] / sums["pollution"],
                      "share_mean_of_ratios": sums["ratios"] / sums["share_days"]}
        # Sums of DAYS addends below 1000, or 5000 for ratios, in another order; cancellation in the
        # background.
        for name, values in wanted.items():
            values = np.where(sums["days"] > 0, values, np.nan)
            check_values(f"{name}_of_{label}", read(path, name)[index], values,
                         half_ulp(values) + 2 * DAYS * EPS * 5000)
        for name in ("days", "share_days"):
            check(f"{name}_of_{label}", read(path, name)[index] - sums[name], 0)
        check(f"negative_days_of_{label}", read(path, "negative_days")[index] - sums["negative"], 0)


def summary(folder):
    pollution, ihs = parts(folder, "mixed")
    path = f"{folder}/bytes/out.nc"
    dates = months_of(path)
    with open(f"{folder}/bytes/out_summary.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check_true("the_table_has_a_row_for_each_period", len(rows) == len(labels(path)), len(rows))
    for row, label in zip(rows, labels(path)):
        sums = period_sums(pollution, ihs, dates, label)
        days, shares = sums["days"].sum(), sums["share_days"].sum()
        wanted = {"cells": (sums["days"] > 0).sum(), "cell_days": days, "share_cell_days": shares,
                  "negative_cell_days": sums["negative"].sum(),
                  "negative_cells": (sums["pollution"] < sums["ihs"]).sum()}
        for name, value in wanted.items():
            check_true(f"{name}_of_{label}_in_the_table", int(row[name]) == value, f"{row[name]}, {value}")
        # Means of maps that are floats: relative 2^-24 of the largest cell.
        bound = 1000 * 2.0 ** -23
        check(f"pollution_of_{label}_in_the_table", float(row["pollution"]) - sums["pollution"].sum() / days, bound)
        check(f"ihs_of_{label}_in_the_table", float(row["ihs"]) - sums["ihs"].sum() / days, bound)
        check(f"ratio_of_means_of_{label}_in_the_table",
              float(row["share_ratio_of_means"]) - sums["ihs"].sum() / sums["pollution"].sum(), 2.0 ** -20)
        check(f"mean_of_ratios_of_{label}_in_the_table",
              float(row["share_mean_of_ratios"]) - sums["ratios"].sum() / shares, 5000 * 2.0 ** -23)


def total(folder, name):
    with open(f"{folder}/{name}_summary.csv", encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["by"] == "all")
    return {key: float(value) for key, value in row.items() if re.match("share_", key)}


def errors(folder):
    # Mean of DAYS / 40 blocks of 40 days with even starts: independent draws of one block's mean.
    found = total(folder, "drawn")
    pollution, _ = parts(folder, "drawn")
    series = pollution[:, 5, 4] - 70
    blocks = np.convolve(series, np.ones(40) / 40, "valid")
    deviation = blocks.std() / np.sqrt(DAYS / 40)
    inverse = (1 / pollution[:, 5, 4]).mean()
    # 20000 replicates of a nearly normal mean: its standard error is known to 1 / sqrt(2 * 20000)
    # = 0.5 %; 2.5 % is five of these.
    wanted = deviation * inverse
    check("remainders_drawn_in_blocks_spread_as_independent_blocks_do",
          found["share_mean_of_ratios_se_remainder"] / wanted - 1, 0.025)
    check("a_flat_background_is_predicted_without_error", found["share_mean_of_ratios_se_background"], 1e-10)
    # share = (20 + m) / (70 + m): its slope in m is 50 / 70^2 at the mean remainder near 0.
    mean = pollution[:, 5, 4].mean()
    check("a_ratio_of_means_spreads_by_its_slope", found["share_ratio_of_means_se_remainder"] /
          (deviation * (1 / mean - 20 / mean ** 2)) - 1, 0.03)
    check("the_interval_is_196_errors_to_either_side",
          found["share_ratio_of_means_high"] - found["share_ratio_of_means"] -
          1.959963984540054 * found["share_ratio_of_means_se"], 1e-15)
    rough = total(folder, "rough")
    check("no_remainders_give_no_error_of_remainders", rough["share_ratio_of_means_se_remainder"], 1e-12)
    check_true("a_rough_background_gives_an_error", rough["share_ratio_of_means_se_background"] > 1e-3, rough)
    shown = read(f"{folder}/rough.nc", "share_standard_error")
    areas = np.zeros((ROWS, COLS), bool)
    areas[INNER] = True
    check_true("the_map_of_errors_covers_the_areas", (np.isnan(shown) == ~areas).all(), shown)


main({"make": make, "daily": daily, "periods": periods, "summary": summary, "errors": errors})
