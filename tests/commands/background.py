# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/background.sh.
import csv
import re

import netCDF4
import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

ROWS, COLS, STEPS = 22, 19, 70
TURN = 335  # days from 2015-01-01 to the first step of turn.nc
RADIUS = 6371008.8  # m, of the sphere that airshed measures arcs on


def make(folder):
    random = np.random.RandomState(3)
    lat, lon = 30 + 0.1 * np.arange(ROWS), 110 + 0.1 * np.arange(COLS)
    y, x = np.mgrid[0:ROWS, 0:COLS]
    days = np.arange(STEPS, dtype=float)
    waves = np.cos(0.35 * x[None] + 0.02 * days[:, None, None]) * np.cos(0.3 * y[None])
    values = 50 + 8 * waves + 0.3 * x + random.normal(0, 1, (STEPS, ROWS, COLS))
    values[:, 20:, 16:] = np.nan  # outside the region
    area = np.zeros((ROWS, COLS))
    area[3:8, 4:8] = area[14:17, 10:16] = area[20, 2] = 1
    write(f"{folder}/clean.nc", {"pm": Variable(values.astype(np.float32), "ug m-3")}, days, lat, lon)
    values[random.rand(*values.shape) < 0.02] = np.nan
    values[10] = np.nan
    write(f"{folder}/gappy.nc", {"pm": Variable(values.astype(np.float32), "ug m-3")}, days, lat, lon)
    write(f"{folder}/area.nc", {"area": Variable(area, "1")}, None, lat, lon)
    # The turn of a year after 30 days, where two areas end and one begins; 2014 is not met.
    years = np.stack([0 * area, area, area])
    years[2, 3:8, 4:8] = years[2, 20, 2] = 0
    years[2, 9:12, 1:4] = 1
    write(f"{folder}/turn.nc", {"pm": Variable(values.astype(np.float32), "ug m-3")}, days + TURN, lat, lon)
    write(f"{folder}/years.nc", {"area_yearly": Variable(years, "1")}, np.array([-365.0, 0, 365]), lat, lon)
    write(f"{folder}/early.nc", {"area_yearly": Variable(years[:2], "1")}, np.array([-365.0, 0]), lat, lon)
    write(f"{folder}/none.nc", {"area": Variable(0 * area, "1")}, None, lat, lon)
    write(f"{folder}/shifted.nc", {"area": Variable(area, "1")}, None, lat + 0.05, lon)
    slow = 50 + random.rand(600, 40, 40)
    big = np.zeros((40, 40))
    big[5:12, 5:12] = big[25:30, 20:33] = 1
    axes = 30 + 0.1 * np.arange(40), 110 + 0.1 * np.arange(40)
    write(f"{folder}/slow.nc", {"pm": Variable(slow, "ug m-3")}, np.arange(600.0), *axes)
    write(f"{folder}/slow-area.nc", {"area": Variable(big, "1")}, None, *axes)


# ---- the methods again, with all known cells as neighbours ---------------------------------------

def positions():
    lat, lon = np.radians(30 + 0.1 * np.arange(ROWS)), np.radians(110 + 0.1 * np.arange(COLS))
    a, e2 = 6378137.0, 0.0066943799901413165
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    xyz = [np.outer(n * np.cos(lat), np.cos(lon)), np.outer(n * np.cos(lat), np.sin(lon)),
           np.outer(n * (1 - e2) * np.sin(lat), np.ones(COLS))]
    return np.stack([part.ravel() for part in xyz], axis=1)


def distances(first, second):
    chord = np.sqrt(((first[:, None] - second[None]) ** 2).sum(axis=2))
    return 2 * RADIUS * np.arcsin(chord / (2 * RADIUS))


# f reaches 0.95 there; the matern number solves (1 + t) exp(-t) = 0.05.
REACHES = {"spherical": 1, "exponential": -np.log(0.05), "gaussian": np.sqrt(-np.log(0.05)),
           "matern": 4.743864518}


def kriging(known, values, wanted, place, model):
    """From all cells within the effective range, at least the four nearest."""
    shape, sill, nugget, reach = model

    def correlation(h):
        t = h / reach
        part = {"exponential": np.exp(-t), "gaussian": np.exp(-t * t),
                "spherical": np.where(t < 1, 1 - 1.5 * t + 0.5 * t ** 3, 0),
                "matern": (1 + t) * np.exp(-t)}[shape]
        return np.where(h == 0, nugget + sill, sill * part)

    answers = []
    for target in wanted:
        away = distances(place[[target]], place[known])[0]
        near = np.flatnonzero(away <= max(reach * REACHES[shape], np.sort(away)[3]))
        matrix = np.ones((len(near) + 1, len(near) + 1))
        matrix[-1, -1] = 0
        matrix[:-1, :-1] = correlation(distances(place[known[near]], place[known[near]]))
        right = np.append(correlation(away[near]), 1)
        answers.append(np.linalg.solve(matrix, right)[:-1] @ values[near])
    return np.array(answers)


def inverse_distance(known, values, wanted, place, _):
    weights = distances(place[wanted], place[known]) ** -2.0
    return weights @ values / weights.sum(axis=1)


def linear(known, values, wanted, _, __):
    y, x = np.mgrid[0:ROWS, 0:COLS]
    x, y = x.ravel() / COLS, y.ravel() / ROWS
    terms = np.stack([x ** 0, x, y, x * x, x * y, y * y], axis=1)
    return terms[wanted] @ np.linalg.lstsq(terms[known], values, rcond=None)[0]


METHODS = {"kriging": kriging, "idw": inverse_distance, "linear": linear}


def variogram_of(path):
    with netCDF4.Dataset(path) as file:
        found = re.search(r"variogram (\w+), nugget ([^,]+), partial sill ([^,]+), range (\S+) m",
                          file.comment)
    return found and (found[1], float(found[3]), float(found[2]), float(found[4]))


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def predictions(folder, product):
    """`expected` is what the method gives from all background cells of the step."""
    place = positions()
    for cube in ("clean", "gappy"):
        series = read(f"{folder}/{cube}.nc", "pm").reshape(STEPS, -1)
        area = read(f"{folder}/area.nc", "area").ravel() > 0
        for name, method in METHODS.items():
            path = f"{product}/{cube}-{name}.nc"
            got = read(path, "expected").reshape(STEPS, -1)
            model = variogram_of(path)
            wanted = np.flatnonzero(area)
            for step in (0, 33, STEPS - 1):
                known = np.flatnonzero(~area & ~np.isnan(series[step]))
                expected = method(known, series[step][known].astype(float), wanted, place, model)
                # Rounding to float; the variogram is told to nine digits, and the system of some 400
                # cells is worse conditioned by no more than 1e5.
                check(f"{cube}_{name}_step_{step}", got[step][wanted] - expected,
                      half_ulp(expected) + 1e-4 * (name == "kriging") + 1e-9)
            check_true(f"{cube}_{name}_is_missing_elsewhere", np.isnan(got[:, ~area]).all())
            if cube == "gappy":
                check_true(f"{cube}_{name}_has_no_value_on_an_empty_day", np.isnan(got[10]).all())


def scores(folder, product):
    """The tables hold the errors of predictions from all but areas and test areas."""
    place = positions()
    for cube in ("clean", "gappy"):
        series = read(f"{folder}/{cube}.nc", "pm").reshape(STEPS, -1).astype(float)
        path = f"{product}/{cube}-linear"
        role = read(f"{path}.nc", "role").ravel()
        number = read(f"{path}.nc", "held_out").ravel()
        held = np.flatnonzero(role == 3)
        check_true(f"{cube}_holds_areas_out", len(held) > 20)
        for name in ("linear", "idw"):
            pairs = []
            for step in range(STEPS):
                known = np.flatnonzero(((role == 1) | (role == 4)) & ~np.isnan(series[step]))
                if len(known) == 0:
                    continue
                there = held[~np.isnan(series[step][held])]
                predicted = METHODS[name](known, series[step][known], there, place, None)
                pairs += zip(series[step][there], predicted, number[there])
            x, y, n = (np.array(column) for column in zip(*pairs))
            rows = {row["method"]: row for row in table(f"{path}_scores.csv")}
            compare(f"{cube}_{name}", rows[name], x, y)
            for row in table(f"{path}_areas.csv"):
                if row["method"] == name:
                    own = n == int(row["area"])
                    compare(f"{cube}_{name}_area_{row['area']}", row, x[own], y[own])


def yearly(folder, product):
    """Every step has the areas of its year: cells of other years' areas are background."""
    place = positions()
    series = read(f"{folder}/turn.nc", "pm").reshape(STEPS, -1).astype(float)
    years = read(f"{folder}/years.nc", "area_yearly").reshape(3, -1) > 0
    own = years[1 + (np.arange(STEPS) + TURN >= 365)]  # [steps, cells]
    for name, method in METHODS.items():
        path = f"{product}/yearly-{name}"
        got, model = read(f"{path}.nc", "expected").reshape(STEPS, -1), variogram_of(f"{path}.nc")
        for step in (0, 29, 30, STEPS - 1):
            known, wanted = np.flatnonzero(~own[step] & ~np.isnan(series[step])), np.flatnonzero(own[step])
            expected = method(known, series[step][known], wanted, place, model)
            check(f"yearly_{name}_step_{step}", got[step][wanted] - expected,  # bounds as above
                  half_ulp(expected) + 1e-4 * (name == "kriging") + 1e-9)
        check_true(f"yearly_{name}_is_missing_outside_the_areas_of_the_year", np.isnan(got[~own]).all())
    role = read(f"{product}/yearly-linear.nc", "role").ravel()
    held = np.flatnonzero(role == 3)
    check_true("areas_of_no_year_are_held_out", len(held) > 20 and not years[1:, held].any())
    check_true("an_area_of_any_year_is_one", (role[years.any(axis=0) & (role > 0)] == 2).all())
    rows = {row["method"]: row for row in table(f"{product}/yearly-linear_scores.csv")}
    for name in ("linear", "idw"):
        pairs = []
        for step in range(STEPS):
            known = np.flatnonzero(~own[step] & (role != 3) & ~np.isnan(series[step]))
            if len(known) > 0:
                there = held[~np.isnan(series[step][held])]
                pairs += zip(series[step][there], METHODS[name](known, series[step][known], there, place, None))
        compare(f"yearly_{name}", rows[name], *(np.array(column) for column in zip(*pairs)))


def compare(label, row, x, y):
    check_true(f"{label}_n", int(row["n"]) == len(x))
    expected = {"mean": x.mean(), "rmse": np.sqrt(((y - x) ** 2).mean()), "mae": abs(y - x).mean(),
                "bias": (y - x).mean(), "r": np.corrcoef(x, y)[0, 1]}
    for key, value in expected.items():
        # Sums of some 1e4 values near 50: 1e4 roundings at worst, and squares of 2500 cancel to 10.
        check(f"{label}_{key}", np.array(float(row[key]) - value), 1e-9)


def same_scores(folder, product):
    """Every method is scored on the same cells by all runs."""
    rows = [[row for row in table(f"{product}/clean-{name}_scores.csv")] for name in METHODS]
    check_true("all_runs_score_all_methods_alike", rows[0] == rows[1] == rows[2] and len(rows[0]) == 3)


main({"make": make, "predictions": predictions, "scores": scores, "same_scores": same_scores,
      "yearly": yearly})
