# airshed -- GPL-3.0-or-later. Data of tests/bench/run: ten years of days, the same at every call.
#
#   data.py series FILE ITEMS [SHARE]   [items, steps] doubles; SHARE of them missing
#   data.py regression FILE ITEMS       [items, 7, steps]: y, then six weather fields
#   data.py kriging FILE ITEMS          [1000, 3] sites (x, y, value), then [items, 2] targets on a map
#   data.py moran FILE ITEMS           [630, 660] a map, smooth and rough; items are permutations of it
#   data.py grids FOLDER GRID PART...   pm-GRID.nc, met-GRID.nc of rows x cols and coarse.nc, weather on
#                                       a coarse grid; of each PART, rows x cols, the same first cells
import sys

import numpy as np

from cubes import Variable, write

DAYS = np.arange(3653.0)
SITES = 1000
EPOCH = "days since 2012-01-01"
FIELDS = {"t2m": ("air_temperature", "K", 285, 12),
          "tp": ("lwe_thickness_of_precipitation_amount", "m", 0.004, 0.002),
          "sp": ("surface_air_pressure", "Pa", 99000, 900), "u10": ("eastward_wind", "m s-1", 0.5, 2),
          "v10": ("northward_wind", "m s-1", -0.5, 2), "rh": ("relative_humidity", "%", 55, 15)}


def cycle(random, items):
    phase = 2 * np.pi * random.rand(items, 1)
    return np.cos(2 * np.pi * DAYS / 365.25 + phase)


def series(path, items, share=0):
    """Cycle, skewed noise and a slow fall, as daily PM2.5 has them."""
    random = np.random.RandomState(1)
    noise = random.rand(items, DAYS.size) * random.rand(items, DAYS.size)
    values = 60 + 20 * cycle(random, items) - 0.004 * DAYS + 40 * noise
    values[random.rand(*values.shape) < float(share)] = np.nan
    values.tofile(path)


def regression(path, items):
    random = np.random.RandomState(2)
    values = np.empty((items, 7, DAYS.size))
    for j, (_, _, mean, amplitude) in enumerate(FIELDS.values()):
        values[:, j + 1] = mean + amplitude * (cycle(random, items) + random.rand(items, DAYS.size))
    amplitudes = np.array([field[3] for field in FIELDS.values()])
    effects = 5 * random.rand(items, 6) / amplitudes
    values[:, 0] = np.einsum("ij,ijt->it", effects, values[:, 1:]) + 10 * random.rand(items, DAYS.size)
    values.tofile(path)


def kriging(path, items):
    random = np.random.RandomState(3)
    x, y = random.rand(2, SITES)
    sites = np.column_stack([x, y, 60 + 20 * np.sin(5 * x) * np.cos(4 * y) + 5 * random.rand(SITES)])
    side = int(np.sqrt(items))
    middles = (np.arange(side) + 0.5) / side
    targets = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    np.concatenate([sites.ravel(), targets.ravel()]).tofile(path)


def moran(path, items):
    random = np.random.RandomState(5)
    row, col = np.mgrid[:630, :660]
    (60 + 20 * np.sin(row / 90) * np.cos(col / 70) + 10 * random.rand(630, 660)).tofile(path)


def field(random, shape, mean, amplitude):
    """In order of cells, so that a part of a grid is cut out of the whole."""
    wave = np.cos(2 * np.pi * DAYS / 365.25)[:, None, None]
    return (mean + amplitude * (wave + random.rand(DAYS.size, *shape))).astype(np.float32)


def weather(random, shape):
    return {key: Variable(field(random, shape, mean, amplitude), units, standard_name=name)
            for key, (name, units, mean, amplitude) in FIELDS.items()}


def cut(variables, rows, cols):
    return {name: Variable(v.values[:, :rows, :cols], v.units, **v.attributes)
            for name, v in variables.items()}


def grids(folder, grid, *parts):
    random = np.random.RandomState(4)
    lat, lon = (start + 0.01 * np.arange(cells) for start, cells in zip((30, 110), rows_and_cols(grid)))
    pollution = {"pm25": Variable(field(random, (lat.size, lon.size), 80, 30), "ug m-3")}
    fields = weather(random, (lat.size, lon.size))
    coarse = [around(axis) for axis in (lat, lon)]
    write(f"{folder}/coarse.nc", weather(random, tuple(axis.size for axis in coarse)), DAYS, *coarse,
          epoch=EPOCH)
    for part in (grid, *parts):
        rows, cols = rows_and_cols(part)
        for name, variables in (("pm", pollution), ("met", fields)):
            write(f"{folder}/{name}-{part}.nc", cut(variables, rows, cols), DAYS, lat[:rows], lon[:cols],
                  epoch=EPOCH)


def rows_and_cols(grid):
    return tuple(map(int, grid.split("x")))


def around(axis):
    """Every 0.25 degree, with a cell beyond each end."""
    return axis[0] + 0.25 * np.arange(-1, int((axis[-1] - axis[0]) / 0.25) + 3)


COMMANDS = {"series": series, "regression": regression, "kriging": kriging, "moran": moran}
if sys.argv[1] == "grids":
    grids(*sys.argv[2:])
else:
    COMMANDS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
