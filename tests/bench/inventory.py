# airshed -- GPL-3.0-or-later. The inventory of tests/bench/run: 31 provinces, 21 sources, 5 years, two uncertain
# values in each cell.
#
#   inventory.py make FOLDER             inventory.yaml with its table
#   inventory.py numpy FOLDER ANSWERS    the same by vectorised numpy: prints CPU seconds, the tool and its version
#   inventory.py compare FOLDER ANSWERS TOTALS TOLERANCE   largest difference in standard errors
#
# Answers are mean, standard deviation, and the percentiles 2.5, 50 and 97.5 of each cell, of each source and each
# province by year, and of each year.
import csv
import os
import sys
import time

import numpy as np

PROVINCES, SOURCES, YEARS, DRAWS = 31, 21, 5, 10000
# The same spread, 20 % of the mean, in seven families.
FAMILIES = ["normal", "lognormal", "triangular", "uniform", "beta", "gamma", "weibull"]
SPREAD = 0.2
WEIBULL_SHAPE = 5.797  # of a coefficient of variation of 0.2


def centres():
    """Activity and factor of every cell, [source, province, year]."""
    random = np.random.default_rng(5)
    shape = (SOURCES, PROVINCES, YEARS)
    return random.uniform(50, 150, shape).round(3), random.uniform(0.5, 1.5, shape).round(3)


def spread(family, value):
    if family == "triangular":
        return f"triangular(low={0.5 * value:.9g}, high={1.5 * value:.9g})"
    if family == "uniform":
        return "uniform(half=34.6410161513775 %)"
    if family == "beta":
        return f"beta(sd={SPREAD * value:.9g}, low=0, high={2 * value:.9g})"
    return f"{family}(cv=20 %)"


def make(folder):
    activity, factor = centres()
    with open(os.path.join(folder, "values.csv"), "w") as file:
        file.write("parameter,source,province,year,value,distribution\n")
        for (source, province, year), value in np.ndenumerate(activity):
            family = FAMILIES[source % len(FAMILIES)]
            other = FAMILIES[(source + 3) % len(FAMILIES)]
            for name, number, one in (("activity", value, family),
                                      ("factor", factor[source, province, year], other)):
                file.write(f"{name},s{source},p{province},{2015 + year},{number},\"{spread(one, number)}\"\n")
    regions = "\n".join(f"  r{region}: [{', '.join(f'p{p}' for p in range(PROVINCES) if p % 7 == region)}]"
                        for region in range(7))
    sources = "\n".join(f"  - {{name: s{source}, formula: activity * factor}}" for source in range(SOURCES))
    with open(os.path.join(folder, "inventory.yaml"), "w") as file:
        file.write(f"""units: t
years: 2015-2019
regions:
{regions}
parameters:
  activity: {{kind: activity, units: t, by: [source, province, year]}}
  factor: {{units: t/t, by: [source, province, year]}}
tables:
  - {{file: values.csv, set: {{unit: t}}, where: {{parameter: activity}}}}
  - {{file: values.csv, set: {{unit: t/t}}, where: {{parameter: factor}}}}
sources:
{sources}
""")


def draw(random, family, mean):
    """[..., DRAWS] with these means."""
    mean = mean[..., None]
    shape = mean.shape[:-1] + (DRAWS,)
    if family == "normal":
        return random.normal(mean, SPREAD * mean, shape)
    if family == "lognormal":
        sigma = np.sqrt(np.log(1 + SPREAD ** 2))
        return random.lognormal(np.log(mean) - sigma ** 2 / 2, sigma, shape)
    if family == "triangular":
        return random.triangular(0.5 * mean, mean, 1.5 * mean, shape)
    if family == "uniform":
        half = np.sqrt(3) * SPREAD
        return random.uniform((1 - half) * mean, (1 + half) * mean, shape)
    if family == "beta":
        ab = (1 / SPREAD ** 2 - 1) / 2  # mean 1/2 of [0, 2 mean]
        return random.beta(ab, ab, shape) * (2 * mean)
    if family == "gamma":
        return random.gamma(1 / SPREAD ** 2, SPREAD ** 2 * mean, shape)
    from math import gamma
    return random.weibull(WEIBULL_SHAPE, shape) * (mean / gamma(1 + 1 / WEIBULL_SHAPE))


def statistics(draws):
    return np.concatenate([[draws.mean(axis=-1), draws.std(axis=-1, ddof=1)],
                           np.percentile(draws, [2.5, 50, 97.5], axis=-1)])


def by_numpy(folder, answers):
    activity, factor = centres()
    random = np.random.default_rng(1)
    start = time.process_time()
    found, by_province = {}, np.zeros((PROVINCES, YEARS, DRAWS))
    for source in range(SOURCES):
        cells = draw(random, FAMILIES[source % len(FAMILIES)], activity[source])
        cells *= draw(random, FAMILIES[(source + 3) % len(FAMILIES)], factor[source])
        by_province += cells
        found[f"cell{source}"] = statistics(cells)
        found[f"source{source}"] = statistics(cells.sum(axis=0))
    found["province"] = statistics(by_province)
    found["year"] = statistics(by_province.sum(axis=0))
    print(time.process_time() - start, "numpy", np.__version__)
    np.savez(answers, **found)


def compare(folder, answers, totals, tolerance):
    """Means by numpy and by airshed are of other draws: their difference by its standard error."""
    found = np.load(answers)
    wanted = {}
    with open(totals, newline="") as file:
        for row in csv.DictReader(file):
            if row["year"].isdigit():
                wanted[row["subject"], row["name"], row["place"], int(row["year"]) - 2015] = row
    largest = 0
    for (key, name, place, year), row in wanted.items():
        province = int(place[1:]) if place.startswith("p") else None
        if key == "source" and province is not None:
            one = found[f"cell{name[1:]}"][:, province, year]
        elif key == "source" and place == "all":
            one = found[f"source{name[1:]}"][:, year]
        elif key == "all" and province is not None:
            one = found["province"][:, province, year]
        elif key == "all" and place == "all":
            one = found["year"][:, year]
        else:
            continue
        error = np.sqrt(2) * float(row["mean_error"])
        largest = max(largest, abs(float(row["mean"]) - one[0]) / error)
        for number, column in ((2, "low"), (3, "median"), (4, "high")):
            error = np.sqrt(2) * float(row[column + "_error"])
            largest = max(largest, abs(float(row[column]) - one[number]) / error)
    print(f"{largest:.3g}")
    sys.exit(int(largest > float(tolerance)))


if __name__ == "__main__":
    {"make": make, "numpy": by_numpy, "compare": compare}[sys.argv[1]](*sys.argv[2:])
