# airshed -- GPL-3.0-or-later. Python's tools on the data of tests/bench/run.
#
#   peers.py ROW TOOL DATA ANSWERS ITEMS
#
# Prints CPU milliseconds an item, the tool and its version; writes the answers as doubles in the
# order of tests/bench/kernels.c (the leading ones, where the tool gives fewer). Ends with 77 and the
# name of what to install where the tool is missing. Each tool first runs once on part of an item.
import importlib
import sys
import time

import numpy as np

sys.path.insert(0, "tests/support")

from stl_reference import decompose

STEPS = 3653
PERIOD = 365
SITES = 1000
MAP = (630, 660)

# Settings of STL(), then of fit(). R's preset jumps by a tenth of the window, rounded up.
STL = {
    "stl-statsmodels": ({}, {}),
    "stl-robust": ({"robust": True}, {}),
    "stl-r-wide": ({"seasonal_deg": 0, "low_pass": 367, "trend_jump": 70, "low_pass_jump": 37},
                   {"inner_iter": 2, "outer_iter": 0}),
}


def measure(work, items, part):
    work(part)
    start = time.process_time()
    answers = [work(item) for item in items]
    return 1e3 * (time.process_time() - start) / len(items), answers


def series(path, items, width=1):
    values = np.fromfile(path, count=items * width * STEPS)
    return values.reshape((items, STEPS) if width == 1 else (items, width, STEPS))


def statsmodels(row, path, items):
    from statsmodels.tsa.seasonal import STL as Decomposition
    settings, passes = STL[row]

    def work(y):
        parts = Decomposition(y, period=PERIOD, **settings).fit(**passes)
        return np.concatenate([parts.trend, parts.seasonal])

    data = series(path, items)
    return measure(work, data, data[0, :2 * PERIOD + 1])


def definition(row, path, items):
    """Not a tool, but what the answer must be."""
    data = series(path, items)
    start = time.process_time()
    answers = [np.concatenate(decompose(y, PERIOD, 7, 697, 367, 5)) for y in data]
    return 1e3 * (time.process_time() - start) / items, answers


def regression(solve, path, items):
    def work(item):
        return solve(np.column_stack([np.ones(item.shape[1]), item[1:].T]), item[0])

    data = series(path, items, 7)
    return measure(work, data, data[0])


def normal_equations(row, path, items):
    return regression(lambda x, y: np.linalg.solve(x.T @ x, x.T @ y), path, items)


def lstsq(row, path, items):
    return regression(lambda x, y: np.linalg.lstsq(x, y, rcond=None)[0], path, items)


def kendalltau(row, path, items):
    from scipy.stats import kendalltau as tau
    data = series(path, items)
    return measure(lambda y: [tau(np.arange(y.size), y)[0]], data, data[0, :500])


def pymannkendall(row, path, items):
    from pymannkendall import original_test
    data = series(path, items)

    def work(y):
        test = original_test(y)
        return [test.Tau, test.p]

    return measure(work, data, data[0, :500])


def theilslopes(row, path, items):
    from scipy.stats import theilslopes as slopes
    data = series(path, items)

    def work(y):
        slope, intercept, low, high = slopes(y, np.arange(y.size), 0.95)
        return [slope, low, high, intercept]

    return measure(work, data, data[0, :500])


def tree_kriging(row, path, items):
    """Ordinary kriging of all targets, a thousand systems at a time; exponential model, nugget 0.1,
    sill 1, range 0.2, 32 nearest sites."""
    from scipy.spatial import cKDTree
    data = np.fromfile(path)
    sites = data[:3 * SITES].reshape(-1, 3)
    targets = data[3 * SITES:].reshape(-1, 2)[:items]

    def covariance(squares):
        return np.where(squares > 0, 0.9 * np.exp(-np.sqrt(squares) / 0.2), 1.0)

    def predict(tree, places):
        distance, near = tree.query(places, 32)
        at = sites[near]
        between = ((at[:, :, None, :2] - at[:, None, :, :2]) ** 2).sum(axis=-1)
        system = np.ones((len(places), 33, 33))
        system[:, :32, :32] = covariance(between)
        system[:, 32, 32] = 0
        right = np.ones((len(places), 33, 1))
        right[:, :32, 0] = covariance(distance ** 2)
        weights = np.linalg.solve(system, right)
        value = (weights[:, :32, 0] * at[:, :, 2]).sum(axis=1)
        return np.column_stack([value, 1 - (weights * right).sum(axis=(1, 2))])

    def work(places):
        tree = cKDTree(sites[:, :2])
        return np.concatenate([predict(tree, places[i:i + 1000]) for i in range(0, len(places), 1000)])

    ms, answers = measure(work, [targets], targets[:100])
    return ms / items, answers


def queens():
    """Neighbours of each cell of the map."""
    counts = np.full(MAP, 8.0)
    counts[[0, -1], :] = counts[:, [0, -1]] = 5
    counts[[0, 0, -1, -1], [0, -1, 0, -1]] = 3
    return counts


def shifts(row, path, items):
    """Moran's I of random orders of a map, its neighbours by sums of shifted maps."""
    values = np.fromfile(path).reshape(MAP)
    z, counts = values - values.mean(), queens()
    random = np.random.default_rng(1)

    def moran(x):
        padded = np.pad(x, 1)
        rows = padded[:-2] + padded[1:-1] + padded[2:]
        lag = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] - x
        return (x * lag / counts).sum() / (x * x).sum()

    ms, _ = measure(lambda _: moran(random.permutation(z.ravel()).reshape(MAP)), range(items), 0)
    return ms, [[moran(z)]] * items


def esda_moran(row, path, items):
    """esda's own permutations, its weights made before."""
    from esda import Moran
    from libpysal.weights import lat2W
    weights = lat2W(*MAP, rook=False)
    weights.transform = "r"
    weights.sparse
    ms, found = measure(lambda count: [Moran(np.fromfile(path), weights, permutations=count).I], [items], 2)
    return ms / items, found * items


def lag_spatial(row, path, items):
    """What esda does for each permutation, without esda, which is not in Debian: a random order by NumPy's
    global generator, and the mean of the neighbours by libpysal from its sparse weights, made before."""
    from libpysal.weights import lat2W
    from libpysal.weights.spatial_lag import lag_spatial as lag
    weights = lat2W(*MAP, rook=False)
    weights.transform = "r"
    values = np.fromfile(path)
    z = values - values.mean()
    squares, s0 = (z * z).sum(), weights.s0

    def moran(x):
        return z.size / s0 * (x * lag(weights, x)).sum() / squares

    ms, _ = measure(lambda _: moran(np.random.permutation(z)), range(items), 0)
    return ms, [[moran(z)]] * items


# Function, module that must be there, Debian's name of it.
TOOLS = {
    "statsmodels": (statsmodels, "statsmodels", "python3-statsmodels"),
    "definition": (definition, "numpy", "python3-numpy"),
    "normal-equations": (normal_equations, "numpy", "python3-numpy"),
    "lstsq": (lstsq, "numpy", "python3-numpy"),
    "kendalltau": (kendalltau, "scipy", "python3-scipy"),
    "pymannkendall": (pymannkendall, "pymannkendall", "pymannkendall is not in Debian"),
    "theilslopes": (theilslopes, "scipy", "python3-scipy"),
    "shifts": (shifts, "numpy", "python3-numpy"),
    "esda": (esda_moran, "esda", "esda is not in Debian"),
    "libpysal": (lag_spatial, "libpysal", "python3-libpysal"),
    "tree-kriging": (tree_kriging, "scipy", "python3-scipy"),
}


def main(row, tool, data, answers, items):
    work, module, package = TOOLS[tool]
    try:
        version = importlib.import_module(module).__version__
    except ImportError:
        print(package)
        sys.exit(77)
    ms, values = work(row, data, int(items))
    np.concatenate([np.ravel(value) for value in values]).astype(np.float64).tofile(answers)
    label = f"{module} {version}" + ("" if tool == module else f" {tool}")
    print(f"{ms:.6g} {label}")


main(*sys.argv[1:])
