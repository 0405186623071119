# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/moran.sh.
import csv
import json
import math
import os
import subprocess

import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

ROWS, COLS = 37, 29
LAT, LON = 30 + 0.25 * np.arange(ROWS), 110 + 0.25 * np.arange(COLS)


def field(seed=3):
    random = np.random.RandomState(seed)
    values = random.randn(ROWS, COLS).cumsum(0).cumsum(1) * 0.3 + random.randn(ROWS, COLS) + 40
    values[random.rand(ROWS, COLS) < 0.1] = np.nan
    values[:3, :3] = np.nan
    values[1, 1] = 44  # an island
    return values.astype(np.float32)


def make(folder):
    write(f"{folder}/map.nc", {"pm25": Variable(field(), "ug m-3")}, None, LAT, LON)
    cube = np.stack([field(s) for s in range(5)])
    cube[1:, 5, 5] = np.nan
    write(f"{folder}/cube.nc", {"pm25": Variable(cube, "ug m-3")}, np.arange(5.0), LAT, LON)
    write(f"{folder}/cube.nc4", {"pm25": Variable(cube, "ug m-3")}, np.arange(5.0), LAT, LON,
          form="NETCDF4", north_up=True)
    write(f"{folder}/flat.nc", {"pm25": Variable(np.full((ROWS, COLS), 7.0), "ug m-3")}, None, LAT, LON)
    write(f"{folder}/empty.nc", {"pm25": Variable(np.full((ROWS, COLS), np.nan), "ug m-3")}, None, LAT,
          LON)
    zones(folder)


# Squares of a chess board of 5 x 6, with a gap, and their centres as a table.
def zones(folder):
    random = np.random.RandomState(9)
    features, rows, links = [], [], []
    name = lambda r, c: f"z{r}_{c}"
    for r in range(5):
        for c in range(6):
            value = None if (r, c) == (2, 2) else float(np.round(random.rand() * 10 + r, 3))
            ring = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1], [c, r]]
            features.append({"type": "Feature", "properties": {"label": name(r, c), "x": value},
                             "geometry": {"type": "Polygon", "coordinates": [ring]}})
            rows.append([name(r, c), c + 0.5, r + 0.5, "" if value is None else repr(value)])
            links += [(name(r, c), name(r + i, c + j)) for i in (-1, 0, 1) for j in (-1, 0, 1)
                      if (i, j) != (0, 0) and 0 <= r + i < 5 and 0 <= c + j < 6]
    with open(f"{folder}/zones.geojson", "w") as file:
        json.dump({"type": "FeatureCollection", "features": features}, file)
    table(f"{folder}/zones.csv", ["label", "lon", "lat", "x"], rows)
    table(f"{folder}/queen.csv", ["from", "to"], links)
    table(f"{folder}/weighted.csv", ["from", "to", "weight"],
          [(a, b, 1 + (i % 5) / 4) for i, (a, b) in enumerate(links)])
    table(f"{folder}/unknown.csv", ["from", "to"], links + [("z0_0", "nowhere")])
    table(f"{folder}/itself.csv", ["from", "to"], links + [("z0_0", "z0_0")])
    table(f"{folder}/twice.csv", ["from", "to"], links + links[:1])
    table(f"{folder}/negative.csv", ["from", "to", "weight"], [(a, b, -1) for a, b in links])


def table(path, names, rows):
    with open(path, "w") as file:
        csv.writer(file).writerows([names] + list(rows))


# ---- the definition, over all pairs ---------------------------------------------------------------

def distance_km(lat1, lon1, lat2, lon2):
    """Great circle on the mean radius of WGS84."""
    lat1, lon1, lat2, lon2 = map(np.radians, (lat1, lon1, lat2, lon2))
    square = np.sin((lat2 - lat1) / 2)**2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2)**2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(square))


def neighbours(kind, reach_km=0):
    row, col = (index.ravel() for index in np.indices((ROWS, COLS)))
    rows, cols = abs(row[:, None] - row), abs(col[:, None] - col)
    if kind == "distance":
        lat, lon = LAT[row], LON[col]
        near = distance_km(lat[:, None], lon[:, None], lat, lon) <= reach_km
    else:
        near = np.maximum(rows, cols) == 1 if kind == "queen" else rows + cols == 1
    return np.where(rows + cols > 0, near, 0).astype(float)


def moran(values, w, is_binary):
    """Cliff and Ord's formulas, with loops of numpy over the whole matrix."""
    y = values.ravel().astype(np.float64)
    kept = ~np.isnan(y)
    y, w = y[kept], w[np.ix_(kept, kept)]
    if not is_binary:
        total = w.sum(1, keepdims=True)
        w = np.divide(w, total, out=np.zeros_like(w), where=total > 0)
    n, z = len(y), y - math.fsum(y) / len(y)
    s0, s1 = w.sum(), ((w + w.T)**2).sum() / 2
    s2 = ((w.sum(0) + w.sum(1))**2).sum()
    i = n / s0 * (z @ w @ z) / (z @ z)
    e = -1 / (n - 1)
    k = (z**4).sum() / n / ((z**2).sum() / n)**2
    normal = (n * n * s1 - n * s2 + 3 * s0**2) / ((n * n - 1) * s0**2) - e * e
    random = ((n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
               - k * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2))
              / ((n - 1) * (n - 2) * (n - 3) * s0**2)) - e * e
    return {"n": n, "links": np.count_nonzero(w), "islands": np.count_nonzero(w.sum(1) == 0), "i": i,
            "expectation": e, "variance_normality": normal, "variance_randomisation": random,
            "z_normality": (i - e) / math.sqrt(normal), "z_randomisation": (i - e) / math.sqrt(random)}


def row_of(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    check_true(f"{os.path.basename(path)}_has_one_row", len(rows) == 1, len(rows))
    return rows[0]


def compare(name, row, expected):
    for key, wanted in expected.items():
        check(f"{name}_{key}", float(row[key]) - wanted, 1e-10 * abs(wanted))


def run(*arguments):
    program = os.environ.get("BUILD", "build") + "/airshed"
    subprocess.run([program, "moran", *arguments, "--quiet"], check=True)


def maps(folder):
    values = field()
    # 61 km: 2 rows, and 2 or 3 columns; no pair lies within 0.3 % of it, the ellipsoid's part.
    for kind, more in (("queen", []), ("rook", []), ("distance", ["--distance", "61"])):
        w = neighbours(kind, 61)
        for style in ("row", "binary"):
            run(f"{folder}/map.nc", "-o", f"{folder}/{kind}-{style}.csv", "--weights", kind, "--style",
                style, "--permutations", "199", *more)
            row = row_of(f"{folder}/{kind}-{style}.csv")
            compare(f"{kind}_{style}", row, moran(values, w, style == "binary"))
            expected, variance = float(row["expectation"]), float(row["variance_randomisation"])
            # The mean of 199 within 5 standard errors, their spread within 5 sqrt(2 / 199) / 2.
            check(f"{kind}_{style}_permutation_mean", float(row["permutation_mean"]) - expected,
                  5 * math.sqrt(variance / 199))
            check(f"{kind}_{style}_permutation_sd", float(row["permutation_sd"]) / math.sqrt(variance) - 1,
                  0.25)
            check(f"{kind}_{style}_p", float(row["p_permutation"]) - 1 / 200, 1e-15)
    means(folder)


def means(folder):
    cube = np.stack([field(s) for s in range(5)]).astype(np.float64)
    cube[1:, 5, 5] = np.nan
    valid = (~np.isnan(cube)).sum(0)
    mean = np.where(valid >= 2.5, np.nansum(cube, 0) / np.maximum(valid, 1), np.nan)
    compare("mean_of_steps", row_of(f"{folder}/bytes/table.csv"), moran(mean, neighbours("queen"), False))
    run(f"{folder}/cube.nc", "-o", f"{folder}/step.csv", "--from", "2015-01-03", "--to", "2015-01-03",
        "--permutations", "0")
    third = field(2)
    third[5, 5] = np.nan
    compare("one_step", row_of(f"{folder}/step.csv"), moran(third, neighbours("queen"), False))
    local(folder, mean)


def local(folder, mean):
    """Maps of local I against the matrix; conditional p against the normal one where that holds."""
    w = neighbours("queen")
    kept = ~np.isnan(mean.ravel())
    w = np.where(kept[None, :] & kept[:, None], w, 0)
    total = w.sum(1)
    w = w / np.where(total > 0, total, 1)[:, None]
    y = np.where(kept, mean.ravel(), 0)
    n, z = kept.sum(), np.where(kept, y - y[kept].mean(), 0)
    m2 = (z @ z) / n
    i = np.where(kept & (total > 0), z / m2 * (w @ z), np.nan).reshape(ROWS, COLS)
    maps = {name: read(f"{folder}/bytes/local.nc", name) for name in
            ("local_i", "lag", "z", "p", "p_permutation", "quadrant", "cluster")}
    lag = (w @ y).reshape(ROWS, COLS)
    none = np.isnan(i)
    for name, wanted in (("local_i", i), ("lag", lag)):
        check(f"{name}_equals_the_matrix", (maps[name] - wanted)[~none], (half_ulp(wanted) + 1e-12)[~none])
        check_true(f"{name}_is_missing_elsewhere", np.isnan(maps[name][none]).all())
    high, around = z.reshape(ROWS, COLS) > 0, (w @ z).reshape(ROWS, COLS) > 0
    quadrant = np.where(np.isnan(i), 0, np.where(high, np.where(around, 1, 4), np.where(around, 2, 3)))
    check("quadrants_are_esdas", maps["quadrant"] - quadrant, 0)
    p, judged = maps["p_permutation"].ravel(), ~np.isnan(maps["p_permutation"].ravel())
    ranks = np.sort(p[judged])
    passed = ranks[ranks <= 0.05 * np.arange(1, len(ranks) + 1) / len(ranks)]
    found = judged & (p <= (passed.max() if passed.size else -1))
    check("clusters_are_discoveries", maps["cluster"].ravel() - np.where(found, quadrant.ravel(), 0), 0)
    row = row_of(f"{folder}/bytes/table.csv")
    check_true("the_table_counts_them", int(row["local_discoveries"]) == found.sum() > 0, found.sum())
    # One-sided p of 499 permutations against half of the two-sided one: 5 standard errors and the
    # law's skewness; nearly all cells.
    half = maps["p"].ravel()[judged] / 2
    near = np.abs(p[judged] - half) <= 5 * np.sqrt(half * (1 - half) / 499) + 0.06
    check_true("conditional_p_is_near_the_normal_one", near.mean() > 0.98, near.mean())


# ---- zones -----------------------------------------------------------------------------------------

def tables(folder):
    queen = row_of(f"{folder}/polygons.csv")
    for name in ("list", "points"):
        row = row_of(f"{folder}/{name}.csv")
        for key in ("n", "links", "i", "variance_randomisation", "permutation_mean"):
            check(f"{name}_gives_{key}_of_polygons", float(row[key]) - float(queen[key]), 1e-15)
    check_true("a_zone_without_a_value_is_left_out", queen["n"] == "29" and queen["missing"] == "1", queen)
    with open(f"{folder}/polygons_local.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    check_true("each_zone_has_a_row", len(rows) == 30 and rows[14]["zone"] == "z2_2" and
               rows[14]["local_i"] == "", rows[14])
    mean = math.fsum(float(r["local_i"]) for r in rows if r["local_i"]) / 29
    check("i_is_the_mean_of_local_i", mean - float(queen["i"]), 1e-14)


def number(text):
    return float(text) if text not in ("", "NA") else math.nan


def references(shared, folder):
    spatial = f"{shared}/data/reference/spatial"
    with open(f"{spatial}/moran_expected.csv", newline="") as file:
        expected = list(csv.DictReader(file))
    for e in expected:
        name = f"{e['dataset']}_{e['weights']}_{e['style']}_{e['variable']}"
        run(f"{spatial}/{e['dataset']}.geojson", "--column", e["variable"], "--weights", e["weights"],
            "--style", "row" if e["style"] == "W" else "binary", "--permutations", "9", "-o",
            f"{folder}/{name}.csv")
        row = row_of(f"{folder}/{name}.csv")
        for key, wanted in (("i", "I"), ("expectation", "EI"), ("variance_normality", "var_normality"),
                            ("variance_randomisation", "var_randomisation"),
                            ("z_randomisation", "z_randomisation"), ("links", "links")):
            # The reference has 12 digits.
            check(f"{name}_{key}", float(row[key]) - float(e[wanted]), 1e-11 * max(1, abs(float(e[wanted]))))
    cities(spatial, folder)
    esda(f"{shared}/fixtures/peers", folder)


def cities(spatial, folder):
    run(f"{spatial}/city_pm25_2015.csv", "--column", "pm25_2015", "--id", "city", "--neighbours",
        f"{spatial}/city_pm25_2015_knn5_neighbours.csv", "-o", f"{folder}/cities.csv")
    with open(f"{spatial}/city_pm25_moran_expected.csv", newline="") as file:
        e = next(csv.DictReader(file))
    row = row_of(f"{folder}/cities.csv")
    for key, wanted in (("i", "I"), ("variance_randomisation", "var_randomisation"), ("z_randomisation", "z")):
        check(f"cities_{key}", float(row[key]) - float(e[wanted]), 1e-10)


def esda(peers, folder):
    """The map of the fixtures; float holds no such numbers, so both get it rounded."""
    with open(f"{peers}/moran_40x50_input.csv", newline="") as file:
        values = np.array([[float(x) for x in r] for r in list(csv.reader(file))[1:]])
    write(f"{folder}/peers.nc", {"z": Variable(values, "1")}, None, 10 + np.arange(40.0), np.arange(50.0))
    answers = {}
    with open(f"{peers}/moran_40x50_expected_esda.csv", newline="") as file:
        for r in csv.DictReader(file):
            answers[r["neighbours"], r["weights"], r["quantity"]] = number(r["value"])
    for kind in ("queen", "rook"):
        for weights, style in (("r", "row"), ("b", "binary")):
            out = f"{folder}/peers-{kind}-{style}.csv"
            run(f"{folder}/peers.nc", "--weights", kind, "--style", style, "-o", out)
            row = row_of(out)
            # Values move by up to 2^-24 of themselves, I by that over their spread: 1e-6 is ample.
            for key, wanted in (("i", "I"), ("variance_normality", "VI_norm"), ("variance_randomisation", "VI_rand")):
                e = answers[kind, weights, wanted]
                check(f"fixture_{kind}_{style}_{key}", float(row[key]) / e - 1, 1e-6)


main({"make": make, "maps": maps, "tables": tables, "references": references})
