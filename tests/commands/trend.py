# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/trend.sh.
import csv
import datetime
import os
import subprocess

import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write, write_daily


def make(folder):
    random = np.random.RandomState(5)
    steps, cols = 900, 320  # a row takes more than the 1 MB that --memory is rounded to
    days = np.arange(steps, dtype=float)
    lat, lon = 30 + 0.1 * np.arange(5), 110 + 0.1 * np.arange(cols)
    values = 50 + 0.01 * days[:, None, None] + random.gamma(2, 5, (steps, 5, cols))
    values[random.rand(*values.shape) < 0.03] = np.nan
    values[:, 1, 1] = np.nan
    values[:, 1, 2] = 7
    cube = {"pm25": Variable(values.astype(np.float32), "ug m-3")}
    write(f"{folder}/classic.nc", cube, days, lat, lon)
    write(f"{folder}/packed.nc4", cube, days, lat, lon, form="NETCDF4", north_up=True)
    write_daily(f"{folder}/daily", {"pm25": Variable(values[:130].astype(np.float32), "ug m-3")},
                days[:130], lat, lon)
    write(f"{folder}/first.nc", {"pm25": Variable(values[:130].astype(np.float32), "ug m-3")},
          days[:130], lat, lon)
    slow = 50 + random.rand(1500, 60, 4)
    write(f"{folder}/slow.nc", {"pm25": Variable(slow, "ug m-3")}, np.arange(1500.0), 
          30 + 0.1 * np.arange(60), lon[:4])


# ---- references -------------------------------------------------------------------------------

def run(*arguments):
    program = os.environ.get("BUILD", "build") + "/airshed"
    subprocess.run([program, *arguments, "--quiet"], check=True)


def rows_of(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def day_number(year, month):
    return (datetime.date(year, month, 1) - datetime.date(2015, 1, 1)).days


def number(text):
    return float(text) if text not in ("", "NA") else np.nan


def product(folder, name, series, days, by, *more):
    """`trend` of series in the cells of a cube, one row; shorter ones end with missing values."""
    steps = max(len(s) for s in series)
    cube = np.full((steps, 1, len(series)), np.nan)
    for i, one in enumerate(series):
        cube[:len(one), 0, i] = one
    write(f"{folder}/{name}-in.nc", {"x": Variable(cube, "1")}, days, [30.0], 100.0 + np.arange(len(series)))
    run("trend", f"{folder}/{name}-in.nc", "-o", f"{folder}/{name}.nc", "--by", by, *more)
    return {key: read(f"{folder}/{name}.nc", key)[0] for key in
            ("s", "z", "p", "tau", "slope", "slope_per_day", "slope_low", "slope_high", "intercept")}


def compare(name, got, expected, digits):
    """Bound: rounding to float, and what the reference's digits leave open."""
    for key, wanted in expected.items():
        check(f"{name}_{key}", got[key] - wanted, half_ulp(wanted) + digits * max(abs(wanted), 1e-300))


def expected(path, series, test="original"):
    row = next(r for r in rows_of(path) if r["series"] == series and r["test"] == test)
    return {key: float(row[key]) for key in ("s", "z", "p", "tau", "sen_slope", "intercept")}


def original(path, series):
    return expected(path, series)


def references(shared, folder):
    reference = f"{shared}/data/reference/trend"
    yearly(reference, folder)
    monthly(reference, folder)
    variants(reference, folder)
    fixtures(f"{shared}/fixtures/peers", folder)


# Values are scaled to integers, which float holds exactly; slopes scale with them.
def yearly(reference, folder):
    lakes = [100 * float(r["precip"]) for r in rows_of(f"{reference}/precip_great_lakes.csv")]
    beijing = [1000 * float(r["pm25"]) for r in rows_of(f"{reference}/beijing_pm25_annual_2009_2016.csv")]
    days = [day_number(1900 + i, 1) for i in range(len(lakes))]
    got = product(folder, "yearly", [np.round(lakes), np.round(beijing)], days, "year")
    for i, (name, scale) in enumerate((("precip_great_lakes", 100), ("beijing_pm25_annual_2009_2016", 1000))):
        e = original(f"{reference}/pymannkendall_expected.csv", name)
        cell = {key: values[i] for key, values in got.items()}
        # A proleptic year of the default calendar has 365.2425 days.
        compare(f"yearly_{name}", cell, {"s": e["s"], "z": e["z"], "p": e["p"],
                                         "slope": scale * e["sen_slope"],
                                         "slope_per_day": scale * e["sen_slope"] / 365.2425,
                                         "intercept": scale * e["intercept"]}, 1e-11)


def monthly(reference, folder):
    for name, column, scale, first in (("beijing_pm25_monthly_2009_2016", "pm25", 1000, 2009),
                                       ("guelph_phosphorus", "phosphorus", 10000, 1972)):
        series = [np.round(scale * number(r[column])) for r in rows_of(f"{reference}/{name}.csv")]
        days = [day_number(first + i // 12, i % 12 + 1) for i in range(len(series))]
        got = product(folder, name, [series], days, "month")
        e = original(f"{reference}/pymannkendall_expected.csv", name)
        cell = {key: values[0] for key, values in got.items()}
        expected = {"s": e["s"], "z": e["z"], "p": e["p"]}
        # pyMannKendall counts the values that are left, so only a complete series has its slope.
        kept = np.array(series)
        slopes = [(kept[j] - kept[i]) / (j - i) for i in range(len(kept)) for j in range(i + 1, len(kept))]
        expected["slope"] = 12 * np.nanmedian(slopes)
        compare(f"monthly_{name}", cell, expected, 1e-11)


# pyMannKendall's detrending closes gaps, so that with gaps only the seasonal test is the same.
def variants(reference, folder):
    answers = f"{reference}/pymannkendall_expected.csv"
    for name, column, scale, by, days in (
            ("precip_great_lakes", "precip", 100, "year", [day_number(1900 + i, 1) for i in range(87)]),
            ("beijing_pm25_annual_2009_2016", "pm25", 1000, "year", [day_number(2009 + i, 1) for i in range(8)])):
        series = [np.round(scale * number(r[column])) for r in rows_of(f"{reference}/{name}.csv")]
        for variant, test in (("hamed-rao", "hamed_rao"), ("trend-free", "trend_free_pre_whitening")):
            e = expected(answers, name, test)
            got = product(folder, f"{name}-{variant}", [series], days, by, "--variant", variant)
            compare(f"{variant}_{name}", {key: values[0] for key, values in got.items()},
                    {"s": e["s"], "z": e["z"], "p": e["p"], "slope": scale * e["sen_slope"]}, 1e-10)
    for name, column, scale, first in (("beijing_pm25_monthly_2009_2016", "pm25", 1000, 2009),
                                       ("guelph_phosphorus", "phosphorus", 10000, 1972)):
        series = [np.round(scale * number(r[column])) for r in rows_of(f"{reference}/{name}.csv")]
        days = [day_number(first + i // 12, i % 12 + 1) for i in range(len(series))]
        e = expected(answers, name, "seasonal_period12")
        got = product(folder, f"{name}-seasonal", [series], days, "month", "--variant", "seasonal")
        # Its seasonal slope is per year.
        compare(f"seasonal_{name}", {key: values[0] for key, values in got.items()},
                {"s": e["s"], "z": e["z"], "p": e["p"], "slope": scale * e["sen_slope"]}, 1e-10)


def fixtures(peers, folder):
    cases = {}
    for row in rows_of(f"{peers}/mk_input.csv"):
        cases.setdefault(row["case"], []).append(np.round(1e4 * float(row["y"])))
    answers = {}
    for row in rows_of(f"{peers}/mk_expected_python.csv"):
        answers[row["case"], row["tool"], row["quantity"]] = number(row["value"])
    tail = {(r["case"], r["quantity"]): number(r["value"]) for r in rows_of(f"{peers}/mk_expected_R.csv")
            if r["tool"] == "trend::mk.test"}
    exact = {name: s for name, s in cases.items() if max(np.abs(s)) < 2**24}
    check_true("all_fixtures_are_exact_in_float", len(exact) == 6, sorted(exact))
    got = product(folder, "fixtures", list(exact.values()), np.arange(3653.0), "day")
    year = 365.2425
    for i, name in enumerate(exact):
        mk = lambda key: answers[name, "pymannkendall.original_test", key]
        sen = lambda key: answers[name, "scipy.theilslopes(0.95)", key]
        cell = {key: values[i] for key, values in got.items()}
        p = tail[name, "p"] if not np.isnan(tail[name, "p"]) else mk("p")
        expected = {"s": mk("s"), "z": mk("z"), "slope_per_day": 1e4 * mk("slope"),
                    "slope": 1e4 * year * mk("slope"), "intercept": 1e4 * mk("intercept"),
                    "slope_low": 1e4 * year * sen("lo95"), "slope_high": 1e4 * year * sen("hi95")}
        # Float ends at 1e-45: a smaller p is written as 0.
        expected["p"] = p if p > 1e-37 else 0.0
        tau = answers[name, "scipy.kendalltau(asymptotic)", "tau_b"]
        if np.isnan(tau):
            check_true(f"fixture_{name}_has_no_tau", np.isnan(cell["tau"]), cell["tau"])
        else:
            expected["tau"] = tau
        compare(f"fixture_{name}", cell, expected, 1e-9)


main({"make": make, "references": references})
