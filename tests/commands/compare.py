# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/compare.sh.
import csv
import datetime
import json
import math

import numpy as np

from cubes import Variable, check, check_true, main, write

ROWS, COLS, STEPS = 14, 12, 800
LAT, LON = 30 + 0.1 * np.arange(ROWS), 110 + 0.1 * np.arange(COLS)
# West, south, east, north in cells. `strip` covers 0.4 of the cells of its eastern column.
ZONES = {"south": (0, 0, 12, 5), "north": (0, 7, 9, 14), "strip": (9, 7, 10.4, 14), "off": (20, 20, 22, 22)}


def cube():
    random = np.random.RandomState(11)
    values = 40 + random.gamma(2, 4, (STEPS, ROWS, COLS)) + 3 * random.rand(ROWS, COLS)
    values += np.arange(STEPS)[:, None, None] * -0.01 + 2 * (area() > 0)
    values[random.rand(*values.shape) < 0.1] = np.nan
    values[:, 2, 3] = np.nan
    values[30:, 8, 4] = np.nan  # too few steps in all years but none in the first
    values[:, 9:11, :2] = np.round(values[:, 9:11, :2])
    return values.astype(np.float32)


def area():
    mask = np.zeros((ROWS, COLS))
    mask[3:10, 2:8] = 1
    mask[0, :] = np.nan
    return mask


def make(folder):
    days = np.arange(float(STEPS))
    write(f"{folder}/cube.nc", {"pm25": Variable(cube(), "ug m-3")}, days, LAT, LON)
    write(f"{folder}/cube.nc4", {"pm25": Variable(cube(), "ug m-3")}, days, LAT, LON, form="NETCDF4",
          north_up=True)
    write(f"{folder}/map.nc", {"pm25": Variable(cube()[0], "ug m-3")}, None, LAT, LON)
    write(f"{folder}/area.nc", {"area": Variable(area(), "1")}, None, LAT, LON)
    other = np.zeros((ROWS, COLS))
    other[:4, :4] = 1
    write(f"{folder}/other.nc", {"area": Variable(other, "1")}, None, LAT, LON)
    features = []
    for name, (w, s, e, n) in ZONES.items():
        x, y = [109.95 + 0.1 * i for i in (w, e)], [29.95 + 0.1 * i for i in (s, n)]
        ring = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]], [x[0], y[0]]]
        features.append({"type": "Feature", "properties": {"name": name},
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})
    with open(f"{folder}/zones.geojson", "w") as file:
        json.dump({"type": "FeatureCollection", "features": features}, file)


# ---- expected -------------------------------------------------------------------------------------

def periods():
    first = datetime.date(2015, 1, 1)
    dates = [first + datetime.timedelta(days=i) for i in range(STEPS)]
    yield "all", "", "", np.ones(STEPS, bool)
    for year in (2015, 2016, 2017):
        yield "year", str(year), "", np.array([d.year == year for d in dates])
    seasons = {12: "DJF", 1: "DJF", 2: "DJF"}
    seasons.update({m: ("MAM", "JJA", "SON")[(m - 3) // 3] for m in range(3, 12)})
    labels = [(d.year + (d.month == 12), seasons[d.month]) for d in dates]
    for label in dict.fromkeys(labels):
        yield "season", str(label[0]), label[1], np.array([x == label for x in labels])


def parts(masked, other):
    mask = area()
    if other:
        b = np.zeros((ROWS, COLS))
        b[:4, :4] = 1
        a = mask > 0
        return {"inside": a & ~(b > 0), "outside": (b > 0) & ~a}
    if masked:
        return {"inside": mask > 0, "outside": mask == 0}
    return {"all": np.ones((ROWS, COLS), bool)}


def zone_cells(name, least=0.5):
    """Share of each cell that a zone covers."""
    w, s, e, n = ZONES[name]
    cover = lambda lo, hi, count: np.clip(np.minimum(hi, np.arange(count) + 1) - np.maximum(lo, np.arange(count)), 0, 1)
    return np.outer(cover(s, n, ROWS), cover(w, e, COLS))


def cell_area():
    """On the ellipsoid, relative: the closed form of an authalic sphere's latitude."""
    e = math.sqrt(0.0066943799901413165)
    q = lambda lat: np.sin(lat) / (1 - (e * np.sin(lat))**2) + np.arctanh(e * np.sin(lat)) / e
    edges = np.radians(29.95 + 0.1 * np.arange(ROWS + 1))
    return np.diff(q(edges))[:, None] * np.ones(COLS)


def observations(unit, values, chosen, part, zones):
    """Means of cells over the steps, or area means of the steps."""
    used = values[chosen].astype(np.float64)
    valid = ~np.isnan(used)
    if unit == "cells":
        mean = np.where(valid.sum(0) >= 0.5 * chosen.sum(), np.nansum(used, 0) / np.maximum(valid.sum(0), 1), np.nan)
        taken = part & (np.max([zone_cells(z) for z in zones], 0) >= 0.5) if zones else part
        return mean[taken & ~np.isnan(mean)]
    weight = sum(zone_cells(z) for z in zones) if zones else np.ones((ROWS, COLS))
    weight = np.where(part, weight * cell_area(), 0)
    sums, areas = (np.nan_to_num(used) * weight).sum((1, 2)), (valid * weight).sum((1, 2))
    return sums[areas > 0] / areas[areas > 0]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def near(name, got, wanted, relative):
    if wanted is None or math.isnan(wanted):
        check_true(name, got == "", got)
    else:
        check(name, float(got) - wanted, relative * max(abs(wanted), 1e-280))


def whitney(name, row, radiation, background):
    from scipy import stats
    counts = (int(row["n_radiation"]), int(row["n_background"]))
    check_true(f"{name}_counts", counts == (len(radiation), len(background)), (counts, len(radiation), len(background)))
    if not counts[0] or not counts[1]:
        check_true(f"{name}_is_told", row["u_radiation"] == "" and row["reason"] != "ok", row)
        return
    u, p = stats.mannwhitneyu(radiation, background, method="asymptotic")
    near(f"{name}_u", row["u_radiation"], u, 0)
    near(f"{name}_u_background", row["u_background"], counts[0] * counts[1] - u, 0)
    near(f"{name}_p", row["p"], p, 1e-10)
    near(f"{name}_superiority", row["superiority"], u / (counts[0] * counts[1]), 1e-14)
    near(f"{name}_mean", row["mean_radiation"], np.mean(radiation), 1e-13)
    near(f"{name}_median", row["median_background"], np.median(background), 1e-14)
    if row["p_exact"]:
        exact = stats.mannwhitneyu(radiation, background, method="exact")[1]
        near(f"{name}_exact", row["p_exact"], min(1, exact), 1e-9)


def several(name, kruskal, anova, groups):
    from scipy import stats
    groups = [g for g in groups if len(g)]
    check_true(f"{name}_counts", int(kruskal["n"]) == sum(map(len, groups)) == int(anova["n"]), kruskal)
    if len(groups) < 2:
        check_true(f"{name}_is_told", kruskal["h"] == "" and anova["f"] == "", kruskal)
        return
    for row, key, effect, (value, p) in ((kruskal, "h", "epsilon_squared", stats.kruskal(*groups)),
                                         (anova, "f", "eta_squared", stats.f_oneway(*groups))):
        check(f"{name}_{key}", float(row[key]) - value, 1e-10 * max(1, value))
        near(f"{name}_{key}_p", row["p"], p, 1e-9)
        check_true(f"{name}_{effect}", 0 <= float(row[effect]) <= 1, row[effect])
    check_true(f"{name}_df", (kruskal["df"], anova["df_within"]) ==
               (str(len(groups) - 1), str(sum(map(len, groups)) - len(groups))), anova)


# Zones by ranks; the tables hold periods, then areas in all zones and each, then zones in each part.
def values(path, unit, masked, other, zoned):
    data, rows = cube(), iter(rows_of(path))
    masks, names = parts(masked, other), list(ZONES) if zoned else []
    for by, year, season, chosen in periods():
        label = f"{unit}_{by}{year}{season}"
        take = lambda part, zones: observations(unit, data, chosen, masks[part], zones)
        for zone in ([None] + names if zoned else [None]) if masked else []:
            row = next(rows)
            check_true(f"{label}_{zone}_row", (row["by"], row["year"], row["season"], row["zone"], row["test"]) ==
                       (by, year, season, zone or "", "mann_whitney") or not zoned, row)
            zones = [zone] if zone else names
            whitney(f"{label}_{zone}", row, take("inside", zones), take("outside", zones))
        for part in masks if zoned else []:
            several(f"{label}_{part}", next(rows), next(rows), [take(part, [z]) for z in names])
    check_true(f"{unit}_no_more_rows", next(rows, None) is None)


def boxes(path):
    data, rows, firsts = cube(), iter(rows_of(path)), {}
    masks = parts(True, False)
    for by, year, season, chosen in periods():
        for zone in ZONES:
            for part in ("inside", "outside"):
                row, name = next(rows), f"box_{by}{year}{season}_{zone}_{part}"
                x = observations("cells", data, chosen, masks[part], [zone])
                check_true(f"{name}_is_the_row", (row["zone"], row["part"], int(row["n"])) == (zone, part, len(x)), row)
                if not len(x):
                    continue
                q1, median, q3 = np.percentile(x, (25, 50, 75))
                within = x[(x >= q1 - 1.5 * (q3 - q1)) & (x <= q3 + 1.5 * (q3 - q1))]
                first = firsts.setdefault((by, season, zone, part), (median, q3 - q1))
                wanted = {"mean": x.mean(), "q1": q1, "median": median, "q3": q3, "iqr": q3 - q1,
                          "whisker_low": within.min(), "whisker_high": within.max(), "min": x.min(),
                          "max": x.max(), "outliers": len(x) - len(within)}
                if len(x) > 1:
                    wanted["sd"] = x.std(ddof=1)
                for key, value in wanted.items():
                    check(f"{name}_{key}", float(row[key]) - value, 1e-12 * max(abs(value), 40))
                check(f"{name}_change", float(row["median_change"]) - (median - first[0]), 1e-11)
                check(f"{name}_spread", float(row["iqr_change"]) - (q3 - q1 - first[1]), 1e-11)


def all_values(folder):
    values(f"{folder}/cells/table.csv", "cells", True, False, True)
    values(f"{folder}/steps/table.csv", "steps", True, False, True)
    values(f"{folder}/two.csv", "cells", True, True, False)
    values(f"{folder}/zones.csv", "cells", False, False, True)
    boxes(f"{folder}/cells/groups.csv")


main({"make": make, "values": all_values})
