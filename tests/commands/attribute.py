# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/attribute.sh.
import csv
import re

import netCDF4
import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

ROWS, COLS, DAYS, REPLICATES = 12, 10, 800, 40
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

    # Replicates that move the area alone; a flat background.
    flat = np.full(shape, 50.0)
    base = flat.copy()
    base[(slice(None), *INNER)] = 70
    expected = np.full(shape, np.nan)
    expected[(slice(None), *INNER)] = 50
    moves = random.normal(0, 1, (2, REPLICATES, 1, 1)).astype(np.float32)
    inner = np.zeros((1, ROWS, COLS))
    inner[(slice(None), *INNER)] = 1
    save(folder, "drawn", base, base, base, expected)
    replicates(f"{folder}/drawn-deweathered.nc", base[:1] + moves[0] * inner, base[:1] + moves[1] * inner)
    # No replicates, and a background that varies.
    rough = base + random.normal(0, 4, (ROWS, COLS))[None]
    save(folder, "rough", rough, rough, rough, expected)


def replicates(path, pollution, deweathered):
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("replicate", REPLICATES)
        for name, values in (("pollution", pollution), ("deweathered", deweathered)):
            variable = file.createVariable(f"{name}_replicate", "f4", ("replicate", "lat", "lon"))
            variable.units = "ug m-3"
            variable[:] = values


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
    return {key: float(value or "nan") for key, value in row.items() if re.match("share_", key)}


def errors(folder):
    # The area moves as a whole, so the share's error is the deviation over replicates of
    # (change of the part - share x change of the pollution) / pollution, with 20 of 70.
    found = total(folder, "drawn")
    maps = {name: read(f"{folder}/drawn-deweathered.nc", f"{name}_replicate")[:, 5, 4]
            for name in ("pollution", "deweathered")}
    share = 20 / 70
    wanted = (maps["deweathered"] - share * maps["pollution"]).std(ddof=1) / 70
    # Maps are floats near 70: half an ulp of 2^-18 in each, over a deviation of 1.
    check("replicates_spread_the_ratio_of_means", found["share_ratio_of_means_se_remainder"] / wanted - 1,
          2.0 ** -15)
    check("replicates_spread_the_mean_of_ratios", found["share_mean_of_ratios_se_remainder"] /
          (maps["deweathered"].std(ddof=1) / 70) - 1, 2.0 ** -15)
    check("a_flat_background_is_predicted_without_error", found["share_ratio_of_means_se_background"], 1e-10)
    rough = total(folder, "rough")
    check_true("without_replicates_their_part_is_not_known",
               np.isnan(rough["share_ratio_of_means_se_remainder"]), rough)
    check_true("a_rough_background_gives_an_error", rough["share_ratio_of_means_se_background"] > 1e-3, rough)
    check("the_error_is_that_of_the_known_parts", rough["share_ratio_of_means_se"] -
          rough["share_ratio_of_means_se_background"], 1e-15)
    with open(f"{folder}/rough_summary.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check_true("years_and_seasons_have_errors",
               all(float(row["share_ratio_of_means_se"]) > 0 for row in rows), rows)
    shown = read(f"{folder}/rough.nc", "share_standard_error")
    areas = np.zeros((ROWS, COLS), bool)
    areas[INNER] = True
    check_true("the_map_of_errors_covers_the_areas", (np.isnan(shown) == ~areas).all(), shown)
    low, high = (read(f"{folder}/rough.nc", name) for name in ("share_low", "share_high"))
    middle = read(f"{folder}/rough.nc", "share_ratio_of_means")[-1]
    check_values("the_interval_lies_around_the_share", (low + high) / 2, middle, 2.0 ** -22)
    # Twin predictions: no spread.
    with open(f"{folder}/bytes/out_summary.csv", encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["by"] == "all")
    check("equal_networks_do_not_spread", float(row["share_ratio_of_means_se_network"]), 1e-7)


def removals(folder):
    """With distances as weights `expected` is linear in what is around an area: a removal that leaves a mean
    of zero in every cell leaves none to the sources; that of the intercepts is their contrast."""
    found = {}
    for removal in ("recentre", "keep-intercept", "literal"):
        product = f"{folder}/{removal}-deweathered.nc"
        deweathered, expected = read(product, "deweathered"), read(f"{folder}/{removal}-expected.nc", "expected")
        area = ~np.isnan(expected[0])
        # The weights add up to 1 and are positive: an error of rounding in the cells around, one in the
        # cell, one in what is expected of it, one in the difference.
        bound = 4 * half_ulp(deweathered).max()
        mean = read(f"{folder}/{removal}-1.nc", "ihs_mean")[-1][area]
        found[removal] = mean, bound, deweathered.mean(axis=0), read(product, "coef")[0], area
    mean, bound, left, _, area = found["literal"]
    check("the_literal_removal_leaves_nothing_to_the_sources", mean, bound)
    check("the_literal_removal_leaves_no_mean_of_a_cell", left, bound)
    mean, bound, left, intercept, _ = found["keep-intercept"]
    # Coefficients are floats, too; a mean of deweathered values is the intercept where nothing is missing.
    check("without_recentring_a_cell_has_the_intercept_of_its_fit", left - intercept, bound + half_ulp(intercept))
    check_true("its_parts_of_the_sources_lie_within_the_contrasts_of_intercepts",
               (np.abs(mean) <= np.ptp(intercept) + bound).all() and np.abs(mean).max() > 10 * bound, mean)
    true = read(f"{folder}/region/truth.nc", "plume").mean(axis=0)[area].mean()
    miss = {removal: abs(values[0].mean() - true) for removal, values in found.items()}
    check_true("recentring_comes_closest_to_the_true_part", miss["recentre"] == min(miss.values()), (true, miss))


main({"make": make, "daily": daily, "periods": periods, "summary": summary, "errors": errors, "removals": removals})
