# airshed -- GPL-3.0-or-later. Regions of known truth through the chain to the interval of the share.
import csv
import math
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cubes import check_true, read

READINGS = ["share_ratio_of_means", "share_mean_of_ratios"]
LIMIT_S = 600


def run(airshed, *arguments):
    done = subprocess.run([airshed, *map(str, arguments), "--quiet"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")


def truth(folder):
    """Both shares of the plume in the cells that were predicted, and what of it lies outside."""
    expected = read(f"{folder}/expected.nc", "expected")
    areas = ~np.isnan(expected).all(axis=0)
    plume, pollution = read(f"{folder}/truth.nc", "plume"), read(f"{folder}/pm25.nc", "pm25")
    own, whole = plume[:, areas], pollution[:, areas]
    has = whole >= 1
    return {"share_ratio_of_means": own.sum() / whole.sum(),
            "share_mean_of_ratios": (own[has] / whole[has]).mean(),
            "plume": own.mean(), "plume_outside": plume[:, ~areas].mean()}


def predict(airshed, folder, seed, method):
    """What the areas have without their sources; by a network also as others of further seeds have it.
    @return options of attribute that name them"""
    options = os.environ.get("OPTIONS", "").replace("@", folder + "/").split()
    others = int(os.environ.get("SEEDS", "2")) if method == "network" else 0
    names = ["expected", *(f"other-{i}" for i in range(1, others + 1))]
    for i, name in enumerate(names):
        run(airshed, "background", folder + "/deweathered.nc", "--variable", "deweathered", "--area",
            folder + "/area.nc", "--method", method, "--score-steps", 16, "--seed", 1 + i, *options,
            "-o", f"{folder}/{name}.nc")
    return [part for name in names[1:] for part in ("--expected-others", f"{folder}/{name}.nc")]


def chain(airshed, folder, seed, plumes, method, days):
    run(airshed, "synth", "--rows", 32, "--cols", 32, "--days", days, "--seed", seed,
        "--gap-fraction", 0, "--rise-tolerance", 5, "--plumes", plumes, "-o", folder)
    run(airshed, "grow", folder + "/dem.tif", "--sources", folder + "/sources.geojson",
        "--rise-tolerance", 5, "-o", folder + "/area.nc")
    area = read(folder + "/area.nc", "area") > 0
    if area.all() or not area.any():
        return None
    run(airshed, "deweather", folder + "/pm25.nc", "--met", folder + "/met.nc", "-o",
        folder + "/deweathered.nc", "--seed", seed, "--replicates",
        os.environ.get("REPLICATES", "8"))
    others = predict(airshed, folder, seed, method)
    run(airshed, "attribute", folder + "/pm25.nc", "--deweathered", folder + "/deweathered.nc",
        "--expected", folder + "/expected.nc", *others, "--seed", seed, "-o", folder + "/ihs.nc")
    with open(folder + "/ihs_summary.csv", encoding="utf-8", newline="") as file:
        return next(row for row in csv.DictReader(file) if row["by"] == "all")


def region(airshed, scratch, seed, plumes, method, days):
    folder = f"{scratch}/{plumes}-{seed}"
    try:
        found = chain(airshed, folder, seed, plumes, method, days)
        if found is None:
            return None
        row = {"plumes": plumes, "seed": seed, "cells": int(found["cells"])}
        known = truth(folder)
        row.update(plume=known["plume"], plume_outside=known["plume_outside"], ihs=float(found["ihs"]))
        for name in READINGS:
            row[name + "_true"] = known[name]
            for part in ("", "_se", "_low", "_high", "_se_remainder", "_se_background", "_se_network"):
                row[name + part] = float(found[name + part] or "nan")
        return row
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binomial_tail(count, hits):
    """Probability of at most so many hits of 95 % each."""
    return sum(math.comb(count, k) * 0.95 ** k * 0.05 ** (count - k) for k in range(hits + 1))


def tell(rows, name):
    """Prints one reading; @return rate, hits and median width over the true share."""
    true = np.array([row[name + "_true"] for row in rows])
    share, error = (np.array([row[name + part] for row in rows]) for part in ("", "_se"))
    low, high = (np.array([row[name + part] for row in rows]) for part in ("_low", "_high"))
    hits = int(((low <= true) & (true <= high)).sum())
    # A region whose sources emit nothing in these years has a true share of 0: its width has no limit.
    relative = np.full(len(rows), np.inf)
    np.divide(high - low, true, out=relative, where=true > 0)
    width = float(np.median(relative))
    z = (share - true) / error
    print(f"  {name}: covered {hits} of {len(rows)} ({100 * hits / len(rows):.1f} %), median width over "
          f"the true share {width:.3f}, mean share {share.mean():.4f}, true {true.mean():.4f}, bias "
          f"{100 * (share.mean() / true.mean() - 1):+.1f} %, (found - true) / error: mean {z.mean():+.2f}, "
          f"root mean square {np.sqrt((z ** 2).mean()):.2f}")
    return hits / len(rows), hits, width


def judge(rows):
    rate, hits, width = tell(rows, READINGS[0])
    count = len(rows)
    if count >= 100:
        check_true("the_interval_covers_the_truth_in_91_to_98_of_100_regions", 0.91 <= rate <= 0.98, rate)
    else:
        check_true("the_interval_covers_the_truth_as_often_as_95_of_100_allow",
                   binomial_tail(count, hits) > 0.001, f"{hits} of {count}")
    check_true("the_median_interval_is_narrower_than_the_share", width < 1, width)
    tell(rows, READINGS[1])
    return 0.91 <= rate <= 0.98 and width < 1 if count >= 100 else binomial_tail(count, hits) > 0.001


def main():
    airshed, scratch, output = sys.argv[1:]
    setting = os.environ.get
    first, days, method = int(setting("FIRST", "1")), setting("DAYS", "1096"), setting("METHOD", "kriging")
    counts = {"confined": int(setting("REGIONS", "200")), "spreading": int(setting("SPREADING", "20"))}
    good = True
    with open(output, "w", encoding="utf-8", newline="") as file, \
            ThreadPoolExecutor(int(setting("JOBS", "2"))) as pool:
        writer = None
        for plumes, count in counts.items():
            pending = [pool.submit(region, airshed, scratch, seed, plumes, method, days)
                       for seed in range(first, first + count)]
            rows = []
            for one in pending:
                row = one.result()
                if row is None:
                    continue
                rows.append(row)
                writer = writer or csv.DictWriter(file, row.keys())
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerow(row)
                file.flush()
            if not rows:
                continue
            print(f"{plumes} plumes, {method}: {len(rows)} regions; {count - len(rows)} are all area or "
                  "have none")
            if plumes == "confined":
                good = judge(rows)
            else:
                for name in READINGS:
                    tell(rows, name)
    sys.exit(0 if good else 1)


main()
