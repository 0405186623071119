# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/correlate.sh.
import csv
import datetime
import math

import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write

ROWS, COLS, STEPS = 5, 300, 2200
LAT, LON = 30 + 0.1 * np.arange(ROWS), 110 + 0.01 * np.arange(COLS)


def cubes():
    random = np.random.RandomState(7)
    days = np.arange(STEPS)
    shared = np.sin(days / 300)[:, None, None] * random.rand(ROWS, COLS)
    first = 50 + 5 * shared + random.randn(STEPS, ROWS, COLS)
    second = 20 - 3 * shared + random.randn(STEPS, ROWS, COLS)
    first[random.rand(*first.shape) < 0.1] = np.nan
    second[random.rand(*second.shape) < 0.1] = np.nan
    first[:400, 1, 1] = np.nan     # a year without a mean
    first[:, 1, 2] = np.nan
    second[:, 1, 3] = 4
    second[800:, 1, 4] = np.nan    # two years
    return first.astype(np.float32), second.astype(np.float32)


def make(folder):
    first, second = cubes()
    days = np.arange(float(STEPS))
    write(f"{folder}/first.nc", {"pm25": Variable(first, "ug m-3")}, days, LAT, LON)
    write(f"{folder}/second.nc", {"count": Variable(second, "1")}, days, LAT, LON)
    write(f"{folder}/second.nc4", {"count": Variable(second, "1")}, days, LAT, LON, form="NETCDF4",
          north_up=True)
    write(f"{folder}/grid.nc", {"count": Variable(second[:, :, :5], "1")}, days, LAT, LON[:5])
    write(f"{folder}/dates.nc", {"count": Variable(second, "1")}, days + 1, LAT, LON)
    slow = np.random.RandomState(1).rand(1500, 60, 4)
    write(f"{folder}/slow.nc", {"x": Variable(slow, "1")}, np.arange(1500.0), 30 + 0.1 * np.arange(60), LON[:4])
    tables(folder)


def series():
    """Of each zone: ten years of a mean and of two indicators."""
    random = np.random.RandomState(3)
    for zone in ("Hebei", "Tianjin, city", "Beijing"):
        mean = 60 - 4 * np.arange(10) + 5 * random.rand(10)
        coal = 3 + 0.1 * mean + random.rand(10)
        cars = np.round(random.rand(10) * 4)  # ties
        coal[2] = np.nan
        yield zone, mean, coal, cars


def tables(folder):
    zonal, energy = [], []
    for zone, mean, coal, cars in series():
        for i in range(10):
            zonal.append([zone, "year", 2012 + i, "", repr(mean[i])])
            zonal.append([zone, "season", 2012 + i, "DJF", repr(mean[i] * 2)])
            if (zone, i) != ("Beijing", 4):
                energy.append([2012 + i, zone, "NA" if np.isnan(coal[i]) else repr(coal[i]), cars[i], "t"])
    random = np.random.RandomState(2)
    random.shuffle(energy)
    table(f"{folder}/zonal.csv", ["zone", "by", "year", "season", "mean"], zonal)
    table(f"{folder}/energy.csv", ["year", "zone", "coal", "cars", "note"], energy)
    table(f"{folder}/twice.csv", ["year", "zone", "coal"], [[2012, "Hebei", 1], [2012, "Hebei", 2]])
    table(f"{folder}/others.csv", ["year", "zone", "coal"], [[1990, "Hebei", 1], [1991, "Hebei", 2]])
    table(f"{folder}/words.csv", ["year", "zone", "note"], [[2012, "Hebei", "much"]])
    table(f"{folder}/headers.csv", ["year", "zone", "coal"], [])


def table(path, names, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([names] + rows)


# ---- expected -------------------------------------------------------------------------------------

def correlation(x, y, ranked):
    """scipy's r and p, and Fisher's interval as Bonett and Wright give it for ranks."""
    from scipy import stats
    kept = np.isfinite(x) & np.isfinite(y)
    x, y, n = x[kept], y[kept], int(kept.sum())
    none = {"r": math.nan, "p": math.nan, "low": math.nan, "high": math.nan, "n": n}
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return none
    r, p = stats.spearmanr(x, y) if ranked else stats.pearsonr(x, y)
    if abs(r) > 1 - 1e-13:  # all ranks agree
        r, p = np.sign(r), 0
        return {**none, "r": r, "p": p, **({"low": r, "high": r} if n > 3 else {})}
    if n < 4:
        return {**none, "r": r, "p": p}
    reach = 1.959963984540054 * math.sqrt((1 + r * r / 2 if ranked else 1) / (n - 3))
    return {"r": r, "p": p, "low": math.tanh(math.atanh(r) - reach), "high": math.tanh(math.atanh(r) + reach), "n": n}


def yearly(values):
    first = datetime.date(2015, 1, 1)
    years = np.array([(first + datetime.timedelta(days=i)).year for i in range(STEPS)])
    means = []
    for year in range(years[0], years[-1] + 1):
        v = values[years == year].astype(np.float64)
        valid = np.isfinite(v).sum(0)
        needed = 0.5 * (366 if year % 4 == 0 else 365)
        means.append(np.where(valid >= needed, np.nansum(v, 0) / np.maximum(valid, 1), np.nan))
    return np.array(means)


def maps(folder):
    x, y = map(yearly, cubes())
    names = [f"{m}{end}" for m in ("pearson", "spearman") for end in ("", "_p", "_low", "_high")]
    got = {name: read(f"{folder}/bytes/out.nc", name) for name in names + ["used", "dropped", "reason"]}
    expected = {name: np.full((ROWS, 40), np.nan) for name in names}
    for row in range(ROWS):
        for col in range(40):
            for method in ("pearson", "spearman"):
                e = correlation(x[:, row, col], y[:, row, col], method == "spearman")
                for key, end in (("r", ""), ("p", "_p"), ("low", "_low"), ("high", "_high")):
                    expected[method + end][row, col] = e[key]
    for name in names:
        none = np.isnan(expected[name])
        check_true(f"{name}_is_missing_where_it_must", (np.isnan(got[name][:, :40]) == none).all())
        # Sums in another order; p amplifies by its slope.
        check(f"{name}_equals_scipy", (got[name][:, :40] - expected[name])[~none],
              (half_ulp(expected[name]) + 1e-11)[~none])
    pairs = (np.isfinite(x) & np.isfinite(y)).sum(0)
    check("pairs_are_counted", got["used"] - pairs, 0)
    check("dropped_pairs_are_counted", got["dropped"] - (len(x) - pairs), 0)
    reasons = {(1, 2): 1, (1, 3): 4, (1, 4): 2, (0, 0): 0}
    for (row, col), reason in reasons.items():
        check_true(f"reason_of_{row}_{col}", got["reason"][row, col] == reason, got["reason"][row, col])


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def table_values(folder):
    rows = {(r["group"], r["column"], r["method"]): r for r in rows_of(f"{folder}/groups.csv")}
    check_true("each_group_column_and_method_has_a_row", len(rows) == 3 * 2 * 2, len(rows))
    for zone, mean, coal, cars in series():
        for column, values in (("coal", coal), ("cars", cars)):
            paired = np.arange(10) != (4 if zone == "Beijing" else -1)
            for method in ("pearson", "spearman"):
                row = rows[zone, column, method]
                e = correlation(mean[paired], values[paired], method == "spearman")
                counts = (int(row["n"]), int(row["dropped"]), int(row["unmatched"]))
                wanted = (e["n"], int(np.isnan(values[paired]).sum()), 10 - paired.sum())
                check_true(f"{zone}_{column}_{method}_counts", counts == wanted, counts)
                for key in ("r", "p", "low", "high"):
                    check(f"{zone}_{column}_{method}_{key}", float(row[key]) - e[key], 1e-13)
    one = rows_of(f"{folder}/all.csv")
    check_true("without_groups_all_rows_are_one", len(one) == 2 and one[0]["n"] == "26", one)


main({"make": make, "maps": maps, "tables": table_values})
